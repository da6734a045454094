//! The plots of a report: one table, read top to bottom on the page.
//!
//! Owns: which series stand together, their units, labels and roles; the published profile points.
//! Refuses: colours and sizes (`assets/report.css`, `assets/report.js`).

/// The stretch of the flight a plot shows at first; the reader can zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// From the first sample to the last.
    Whole,
    /// From the turn to the burn attitude on.
    Powered,
    /// The last three minutes.
    Final,
}

impl Window {
    /// Name on the page's side.
    pub const fn name(self) -> &'static str {
        match self {
            Window::Whole => "whole",
            Window::Powered => "powered",
            Window::Final => "final",
        }
    }
}

/// What a curve stands for; the style sheet gives each role its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// What nature did.
    Truth,
    /// What the flight software believed.
    Nav,
    /// A second estimate beside the first.
    Second,
    /// What guidance wanted.
    Reference,
    /// What must not be exceeded.
    Limit,
    /// Edge of a 3-sigma band: drawn as a fill.
    Edge,
    /// Measurements used.
    Good,
    /// Measurements refused.
    Bad,
}

impl Role {
    /// Name on the page's side.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Truth => "truth",
            Role::Nav => "nav",
            Role::Second => "second",
            Role::Reference => "reference",
            Role::Limit => "limit",
            Role::Edge => "edge",
            Role::Good => "good",
            Role::Bad => "bad",
        }
    }
}

/// One curve of a plot.
pub struct Curve {
    /// Series name, as [`super::series::Grid::series`] reads it.
    pub series: &'static str,
    /// Label in the legend.
    pub label: &'static str,
    /// What it stands for.
    pub role: Role,
}

/// One plot against time.
pub struct Plot {
    /// Identifier on the page.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// Unit of the vertical axis.
    pub unit: &'static str,
    /// One sentence on how to read it; may be empty.
    pub note: &'static str,
    /// First view.
    pub window: Window,
    /// Curves; two successive [`Role::Edge`] curves (low, high) enclose a band.
    pub curves: &'static [Curve],
}

macro_rules! curves {
    ($($role:ident $series:literal $label:literal),+ $(,)?) => {
        &[$(Curve { series: $series, label: $label, role: Role::$role }),+]
    };
}

const ALTITUDE: &[Curve] = curves![
    Edge "nav.altitude_m:low" "estimate − 3σ",
    Edge "nav.altitude_m:high" "estimate + 3σ",
    Truth "truth.altitude_m" "truth",
    Nav "nav.altitude_m" "estimate",
];
const SPEED: &[Curve] = curves![
    Truth "truth.v_up_m_s:down" "descent, truth",
    Nav "nav.v_up_m_s:down" "descent, estimate",
    Second "truth.v_horizontal_m_s" "horizontal, truth",
    Reference "guidance.v_up_m_s:down" "descent, reference",
    Limit "guidance.corridor_m_s:set" "corridor limit",
];

/// Every plot against time, in the page's order.
pub const PLOTS: &[Plot] = &[
    Plot {
        id: "altitude",
        title: "Altitude over ground, whole flight",
        unit: "m",
        note: "Height of the landing legs over the terrain below; band: what the filter believes, ±3σ.",
        window: Window::Whole,
        curves: ALTITUDE,
    },
    Plot {
        id: "altitude-final",
        title: "Altitude, last three minutes",
        unit: "m",
        note: "",
        window: Window::Final,
        curves: ALTITUDE,
    },
    Plot {
        id: "speed",
        title: "Speed over ground, powered descent",
        unit: "m/s",
        note: "",
        window: Window::Powered,
        curves: SPEED,
    },
    Plot {
        id: "speed-final",
        title: "Speed, last three minutes",
        unit: "m/s",
        note: "Above the corridor limit the engines can no longer stop the lander over the worst believed ground.",
        window: Window::Final,
        curves: SPEED,
    },
    Plot {
        id: "tilt",
        title: "Tilt from local vertical",
        unit: "deg",
        note: "",
        window: Window::Powered,
        curves: curves![
            Truth "truth.tilt_rad:deg" "truth",
            Nav "nav.tilt_rad:deg" "estimate",
        ],
    },
    Plot {
        id: "pointing",
        title: "Attitude error against the command",
        unit: "deg",
        note: "",
        window: Window::Powered,
        curves: curves![Nav "control.error_rad:deg" "angle to the commanded attitude"],
    },
    Plot {
        id: "engines",
        title: "Engines",
        unit: "%",
        note: "Duty of the six assist engines (mean and spread), commanded collective, main engine valve.",
        window: Window::Powered,
        curves: curves![
            Edge "control.assist_low:percent" "assist, lowest",
            Edge "control.assist_high:percent" "assist, highest",
            Nav "control.assist_mean:percent" "assist, mean duty",
            Reference "guidance.throttle:percent" "collective, commanded",
            Truth "control.main:percent" "main engine valve",
        ],
    },
    Plot {
        id: "propellant",
        title: "Propellant left",
        unit: "kg",
        note: "",
        window: Window::Powered,
        curves: curves![
            Truth "truth.propellant_kg" "truth",
            Nav "nav.propellant_kg" "estimate",
        ],
    },
    Plot {
        id: "rangefinder",
        title: "Rangefinder: measured minus predicted",
        unit: "m",
        note: "Inside the gate a range corrects the estimate; outside it is refused.",
        window: Window::Final,
        curves: curves![
            Limit "rangefinder.gate:set" "gate, upper",
            Limit "rangefinder.gate:set:minus" "gate, lower",
            Good "rangefinder.nu:fused" "used",
            Bad "rangefinder.nu:rejected" "refused",
        ],
    },
    Plot {
        id: "velocimeter",
        title: "Velocimeter: measured minus predicted, worst beam",
        unit: "m/s",
        note: "",
        window: Window::Final,
        curves: curves![
            Limit "velocimeter.gate:set" "gate, upper",
            Limit "velocimeter.gate:set:minus" "gate, lower",
            Good "velocimeter.nu:fused" "used",
            Bad "velocimeter.nu:rejected" "refused",
        ],
    },
    Plot {
        id: "star-tracker",
        title: "Star tracker: measured minus predicted, worst axis",
        unit: "mrad",
        note: "",
        window: Window::Powered,
        curves: curves![
            Limit "star_tracker.gate:set:mrad" "gate, upper",
            Limit "star_tracker.gate:set:minus:mrad" "gate, lower",
            Good "star_tracker.nu:fused:mrad" "used",
            Bad "star_tracker.nu:rejected:mrad" "refused",
        ],
    },
    Plot {
        id: "error-height",
        title: "Navigation error: height",
        unit: "m",
        note: "Estimate minus truth along the local vertical. An honest filter keeps it inside its own ±3σ.",
        window: Window::Powered,
        curves: curves![
            Edge "nav.sigma_altitude_m:3sigma:minus" "−3σ",
            Edge "nav.sigma_altitude_m:3sigma" "+3σ",
            Nav "error.height_m" "error",
        ],
    },
    Plot {
        id: "error-v-up",
        title: "Navigation error: vertical speed",
        unit: "m/s",
        note: "",
        window: Window::Powered,
        curves: curves![
            Edge "nav.sigma_v_up_m_s:3sigma:minus" "−3σ",
            Edge "nav.sigma_v_up_m_s:3sigma" "+3σ",
            Nav "error.v_up_m_s" "error",
        ],
    },
    Plot {
        id: "error-horizontal",
        title: "Navigation error: horizontal position",
        unit: "m",
        note: "Distance between estimate and truth against the root sum square of both axes' 3σ.",
        window: Window::Powered,
        curves: curves![
            Limit "nav.sigma_horizontal_m:3sigma" "3σ",
            Nav "error.horizontal_m" "error",
        ],
    },
    Plot {
        id: "error-v-horizontal",
        title: "Navigation error: horizontal velocity",
        unit: "m/s",
        note: "",
        window: Window::Powered,
        curves: curves![
            Limit "nav.sigma_v_horizontal_m_s:3sigma" "3σ",
            Nav "error.v_horizontal_m_s" "error",
        ],
    },
    Plot {
        id: "error-attitude",
        title: "Navigation error: attitude",
        unit: "mrad",
        note: "",
        window: Window::Powered,
        curves: curves![
            Limit "nav.sigma_attitude_rad:3sigma:mrad" "3σ",
            Nav "error.attitude_rad:mrad" "error",
        ],
    },
];

/// A published point of a descent profile.
pub struct ProfilePoint {
    /// Altitude over ground, m.
    pub altitude_m: f64,
    /// Descent speed, m/s.
    pub speed_m_s: f64,
}

/// Planned profile of the lander as briefed and as the broadcast showed it [ASTV], [MYN0424]:
/// 300 km/h at 3 km, 120 km/h at 1 km, 17 km/h at 20 m, rounded to what was published.
pub const PLANNED: &[ProfilePoint] = &[
    ProfilePoint { altitude_m: 3000.0, speed_m_s: 83.0 },
    ProfilePoint { altitude_m: 1000.0, speed_m_s: 33.0 },
    ProfilePoint { altitude_m: 20.0, speed_m_s: 4.7 },
];

/// Mission 2 as flown: 66 m/s at the first valid range, 42 m/s at the last telemetry [NIH], [NAT].
/// The figure 893 m for "below 900 m" is a remembered digit of the final report [NIH].
pub const FLOWN: &[ProfilePoint] = &[
    ProfilePoint { altitude_m: 893.0, speed_m_s: 66.0 },
    ProfilePoint { altitude_m: 192.0, speed_m_s: 42.0 },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn plot_identifiers_are_unique_and_edges_come_in_pairs() {
        let ids: BTreeSet<_> = PLOTS.iter().map(|plot| plot.id).collect();
        assert_eq!(ids.len(), PLOTS.len());
        for plot in PLOTS {
            let edges: Vec<_> =
                plot.curves.iter().map(|c| c.role == Role::Edge).take_while(|&e| e).collect();
            let all = plot.curves.iter().filter(|c| c.role == Role::Edge).count();
            assert!(all == edges.len() && all % 2 == 0, "{}", plot.id);
        }
    }

    #[test]
    fn every_telemetry_key_that_a_plot_reads_is_in_the_dictionary() {
        let known: BTreeSet<_> = icd::tm::parameters().map(|p| p.line.key).collect();
        for curve in PLOTS.iter().flat_map(|plot| plot.curves) {
            let key = curve.series.split(':').next().unwrap();
            let composed = ["truth.", "error.", "control.error_rad", "control.assist_"];
            if !composed.iter().any(|prefix| key.starts_with(prefix)) {
                assert!(known.contains(key), "{key}");
            }
        }
    }
}
