//! What a vehicle's rangefinder can see: its link budget, its reach, and what it takes to lose it.
//!
//! Owns: the conditions looked at, the sums, what each of the published candidate causes would have to be.
//! Does not own: the budget (`truth::sensors::link`), the page (`page`).
//! Published of Mission 2: a valid altitude was due by 3 km at the latest and came at 893 m (the digits are
//! remembered, the report says below 900 m); four candidate causes, no single one [HakutoM2Report]: less
//! light from the surface, less from the laser, worse at high closing speed, degraded in space.
//! Reach goes with the root of the echo's power, so a deficit is (wanted / seen)², 11.3 or 10.5 dB from
//! 3 km to 893 m, and factors of several causes multiply.
//! Two readings of the deficit stand side by side: a unit that just reaches 3 km, and the unit of the file,
//! which was sized to reach the ground from 3 km of altitude in the attitude of braking.
//! Refuses: which cause it was.

mod page;
mod text;

pub use page::page;
pub use text::lines;

use crate::scenario::VehicleFile;
use truth::sensors::link::{Echo, Health, Link, SMEAR_SPEED_M_S, Surface, Target};
use truth::vehicle::Rangefinder;

/// Altitude by which a valid range was due, m: [HakutoM2Report].
pub const REQUIRED_M: f64 = 3000.0;
/// First valid range of Mission 2, m: [HakutoM2Report], the digits remembered.
pub const SEEN_M: f64 = 893.0;
/// Descent speed at the first valid range, m/s: [NIH].
pub const SEEN_CLOSING_M_S: f64 = 66.0;
/// Planned descent speed at 3 km, m/s: [ASTV], of the same lander's first flight.
const PLANNED_CLOSING_M_S: f64 = 83.0;

/// Descent speed planned where the first valid range came, m/s: remembered of accounts of
/// [HakutoM2Report].
const PLANNED_AT_SEEN_M_S: f64 = 44.0;

/// One row of the budget: what it is, its unit, its value in each condition.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is counted.
    pub what: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Value in each of [`Study::conditions`].
    pub values: Vec<f64>,
    /// A sum or a result rather than a term.
    pub sum: bool,
}

/// A condition at which the budget is worked out.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Name.
    pub name: String,
    /// What the shot meets.
    pub target: Target,
}

/// What one of the published candidates would have to be, alone, to leave 893 m of reach.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The candidate, as published.
    pub name: &'static str,
    /// The quantity of the model that stands for it.
    pub quantity: &'static str,
    /// Unit of the quantity.
    pub unit: &'static str,
    /// Value of the unit that just reaches 3 km, healthy and failed.
    pub required: (f64, f64),
    /// Value of the unit of the file, healthy and failed.
    pub here: (f64, f64),
    /// As health of the device, for the unit of the file.
    pub health: Health,
    /// Facts to hold against it.
    pub remark: String,
}

/// The study of one vehicle's rangefinder.
#[derive(Clone, Debug)]
pub struct Study {
    /// Name of the vehicle.
    pub vehicle: String,
    /// The instrument.
    pub spec: Rangefinder,
    /// The ground it is expected to meet.
    pub surface: Surface,
    /// Angle between beam and ground normal in the attitude of braking, rad.
    pub incidence_rad: f64,
    /// Closing speed there, m/s.
    pub closing_m_s: f64,
    link: Link,
}

impl Study {
    /// The study of a vehicle file.
    pub fn of(file: &VehicleFile) -> Self {
        let spec = file.machine.rangefinder;
        Self {
            vehicle: file.machine.name.clone(),
            spec,
            surface: file.believed.ranging_surface,
            incidence_rad: file.believed.ranging_incidence_rad,
            closing_m_s: file.believed.ranging_closing_m_s,
            link: Link::new(&spec),
        }
    }

    /// Where half of the shots are detected, m, had the range gate no end; healthy, in clear sight.
    pub fn reach_m(&self, surface: Surface, incidence_rad: f64, closing_m_s: f64) -> f64 {
        let health = Health::HEALTHY;
        self.link.threshold_range_m(surface, incidence_rad, closing_m_s, &health)
    }

    /// Chance that a shot of the healthy unit is detected, upright at the speed of the first valid range,
    /// and with `power` of the echo left.
    pub fn detection(&self, range_m: f64, power: f64) -> f64 {
        let health = Health { laser: power, ..Health::HEALTHY };
        self.link.echo(&self.upright(range_m, SEEN_CLOSING_M_S), &health).detection
    }

    /// Share of the healthy reach, upright at the speed of the first valid range, up to which shots are
    /// detected with at least this chance; to a thousandth, from 0.5 to 1.5.
    pub fn reach_share(&self, chance: f64) -> f64 {
        let reach_m = self.reach_m(self.surface, 0.0, SEEN_CLOSING_M_S);
        let shares = (0..=1000).map(|k| 0.5 + f64::from(k) * 1e-3);
        let seen = |share: &f64| self.detection(share * reach_m, 1.0) >= chance;
        shares.take_while(seen).last().unwrap_or(0.5)
    }

    /// How far a unit that just reaches 3 km upright sees along its beam in the attitude of braking, m.
    pub fn required_sideways_m(&self) -> f64 {
        let (required, here) = self.deficits();
        let health = Health { laser: required / here, ..Health::HEALTHY };
        let (angle_rad, speed) = (self.incidence_rad, self.closing_m_s);
        self.link.threshold_range_m(self.surface, angle_rad, speed, &health)
    }

    fn upright(&self, range_m: f64, closing_m_s: f64) -> Target {
        let surface = self.surface;
        Target { range_m, cos_incidence: 1.0, surface, closing_m_s, transmission: 1.0 }
    }

    /// The three conditions of the budget.
    pub fn conditions(&self) -> Vec<Condition> {
        let cosine = libm::cos(self.incidence_rad);
        let braking = Target {
            range_m: REQUIRED_M / cosine,
            cos_incidence: cosine,
            ..self.upright(REQUIRED_M, self.closing_m_s)
        };
        let tilt_deg = self.incidence_rad.to_degrees();
        let named = |name: String, target| Condition { name, target };
        vec![
            named(format!("3 km up, braking ({tilt_deg:.0}° off)"), braking),
            named("3 km up, upright".into(), self.upright(REQUIRED_M, PLANNED_CLOSING_M_S)),
            named("893 m up, upright".into(), self.upright(SEEN_M, SEEN_CLOSING_M_S)),
        ]
    }

    /// The link budget, one row a term: decibels add up from the laser to the margin.
    pub fn budget(&self) -> Vec<Row> {
        let conditions = self.conditions();
        let echoes: Vec<Echo> =
            conditions.iter().map(|at| self.link.echo(&at.target, &Health::HEALTHY)).collect();
        let each = |value: &dyn Fn(&Target, &Echo) -> f64| -> Vec<f64> {
            conditions.iter().zip(&echoes).map(|(at, echo)| value(&at.target, echo)).collect()
        };
        let row = |what, unit, sum, value: &dyn Fn(&Target, &Echo) -> f64| Row {
            what,
            unit,
            values: each(value),
            sum,
        };
        let spec = &self.spec;
        let area_m2 = std::f64::consts::PI * spec.aperture_m * spec.aperture_m / 4.0;
        let threshold_W = self.link.threshold_W();
        vec![
            row("range along the beam", "m", false, &|at, _| at.range_m),
            row("closing speed", "m/s", false, &|at, _| at.closing_m_s),
            row("laser, peak of a pulse", "dBm", false, &|_, _| {
                dbm(spec.pulse_energy_J / spec.pulse_width_s)
            }),
            row("transmitting optics", "dB", false, &|_, _| db(spec.transmit_efficiency)),
            row("ground, normal albedo / π", "dB/sr", false, &|at, _| {
                db(at.surface.normal_albedo / std::f64::consts::PI)
            }),
            row("ground, law of incidence", "dB", false, &|at, _| {
                db(at.surface.reflectance(at.cos_incidence) / at.surface.normal_albedo)
            }),
            row("aperture over range²", "dB sr", false, &|at, _| {
                db(area_m2 / (at.range_m * at.range_m))
            }),
            row("receiving optics", "dB", false, &|_, _| db(spec.receive_efficiency)),
            row("echo longer than the pulse", "dB", false, &|_, echo| {
                db(spec.pulse_width_s / echo.width_s)
            }),
            row("peak of the echo on the detector", "dBm", true, &|_, echo| dbm(echo.peak_W)),
            row("threshold", "dBm", false, &|_, _| dbm(threshold_W)),
            row("margin over the threshold", "dB", true, &|_, echo| db(echo.peak_W / threshold_W)),
            row("chance of detection", "", true, &|_, echo| echo.detection),
            row("noise of the range, 1σ", "m", true, &|_, echo| echo.sigma_m),
        ]
    }

    /// Power by which a unit upright over this ground misses its reach when it sees only 893 m: of a unit
    /// that just reaches 3 km, and of the unit of the file.
    pub fn deficits(&self) -> (f64, f64) {
        let here_m = self.reach_m(self.surface, 0.0, SEEN_CLOSING_M_S);
        (squared(REQUIRED_M / SEEN_M), squared(here_m / SEEN_M))
    }

    /// The four published candidates, each alone.
    pub fn candidates(&self) -> Vec<Candidate> {
        let (required, here) = self.deficits();
        let spec = &self.spec;
        // The unit that just reaches 3 km has the same receiver and a weaker laser.
        let weaker_uJ = spec.pulse_energy_J * 1e6 * required / here;
        let energy_uJ = spec.pulse_energy_J * 1e6;
        let albedo = self.surface.normal_albedo;
        let whole = Health::HEALTHY;
        let smears = |power: f64| self.smeared_m(power);
        vec![
            Candidate {
                name: "less light returned by the surface",
                quantity: "normal albedo",
                unit: "",
                required: (albedo, albedo / required),
                here: (albedo, albedo / here),
                health: Health { surface: 1.0 / here, ..whole },
                remark: "Computed from the maps of [Sato2014] at 643 nm: 0.13 at Apollo 11's site, 0.19 in \
                         Mare Frigoris, 0.24 at Atlas; brighter in the infrared."
                    .into(),
            },
            Candidate {
                name: "lower laser output",
                quantity: "pulse energy",
                unit: "µJ",
                required: (weaker_uJ, weaker_uJ / required),
                here: (energy_uJ, energy_uJ / here),
                health: Health { laser: 1.0 / here, ..whole },
                remark: format!(
                    "{:.1} % of the energy of a unit that just reaches 3 km, {:.2} % of this one's.",
                    100.0 / required,
                    100.0 / here
                ),
            },
            Candidate {
                name: "worse at high closing speed",
                quantity: "smear over one shot at 66 m/s",
                unit: "m",
                required: (smears(1.0), smears(required)),
                here: (smears(1.0), smears(here)),
                health: Health { smear: self.smear_left(here), ..whole },
                remark: format!(
                    "No more pulses averaged. In health, closing at 66 m/s instead of the planned 44 m/s \
                     takes {:.1} % of the reach. Alone of the four it would show: at 893 m the ranges of a \
                     unit that just reaches 3 km would scatter by {:.1} m, of this one by {:.0} m (1 sigma).",
                    100.0 * (1.0 - self.reach_m(self.surface, 0.0, SEEN_CLOSING_M_S)
                        / self.reach_m(self.surface, 0.0, PLANNED_AT_SEEN_M_S)),
                    self.scatter_m(required),
                    self.scatter_m(here)
                ),
            },
            Candidate {
                name: "receiver degraded in space",
                quantity: "transmission of window and optics",
                unit: "",
                required: (spec.receive_efficiency, spec.receive_efficiency / required),
                here: (spec.receive_efficiency, spec.receive_efficiency / here),
                health: Health { receiver: 1.0 / here, ..whole },
                remark: format!(
                    "The same as a noise of {:.1} nW instead of {:.1} nW in a unit that just reaches 3 km, \
                     of {:.0} nW in this one.",
                    spec.noise_W * 1e9 * required,
                    spec.noise_W * 1e9,
                    spec.noise_W * 1e9 * here
                ),
            },
        ]
    }

    /// Way that the ground comes nearer over one shot, m, when the echo has `power` times less of a peak
    /// than a healthy one, all of it by this.
    fn smeared_m(&self, power: f64) -> f64 {
        let healthy_m = SEEN_CLOSING_M_S * self.spec.integration_s;
        let pulse_m = 0.5 * icd::constants::SPEED_OF_LIGHT_M_S * self.spec.pulse_width_s;
        let width2_m2 = squared(power) * (squared(pulse_m) + squared(healthy_m));
        libm::sqrt(width2_m2 - squared(pulse_m))
    }

    /// Noise of the ranges at the limit of 893 m, 1 sigma, m, of a unit that has lost `power` times of its
    /// peak by smear and the rest of its deficit by a weaker laser.
    fn scatter_m(&self, power: f64) -> f64 {
        let laser = power / self.deficits().1;
        let health = Health { laser, smear: self.smear_left(power), ..Health::HEALTHY };
        self.link.echo(&self.upright(SEEN_M, SEEN_CLOSING_M_S), &health).sigma_m
    }

    /// The same as [`Health::smear`].
    fn smear_left(&self, power: f64) -> f64 {
        let speed = SMEAR_SPEED_M_S / SEEN_CLOSING_M_S;
        1.0 / libm::sqrt(1.0 + (squared(power) - 1.0) * squared(speed))
    }
}

fn squared(x: f64) -> f64 {
    x * x
}

/// Decibels of a ratio of powers.
fn db(ratio: f64) -> f64 {
    10.0 * libm::log10(ratio)
}

/// Decibels over a milliwatt.
fn dbm(power_W: f64) -> f64 {
    db(power_W / 1e-3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    pub(super) fn study() -> Study {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vehicles/resilience.toml");
        Study::of(&VehicleFile::read(&root).unwrap())
    }

    #[test]
    fn the_terms_of_the_budget_add_up_to_the_echo_and_its_margin() {
        let rows = study().budget();
        let sum_at = |what: &str| rows.iter().position(|row| row.what.starts_with(what)).unwrap();
        let (first, peak) = (sum_at("laser"), sum_at("peak"));
        for (k, received_dbm) in rows[peak].values.iter().enumerate() {
            let terms: f64 = rows[first..peak].iter().map(|row| row.values[k]).sum();
            assert!((terms - received_dbm).abs() < 1e-9, "{terms} {received_dbm}");
            let margin = received_dbm - rows[sum_at("threshold")].values[k];
            assert!((margin - rows[sum_at("margin")].values[k]).abs() < 1e-9);
        }
    }

    #[test]
    fn the_required_unit_lacks_the_published_decibels() {
        let (required, here) = study().deficits();
        assert!(
            (required - 11.286).abs() < 5e-4 && (db(required) - 10.5).abs() < 0.05,
            "{required}"
        );
        assert!(here > required);
    }

    #[test]
    fn every_candidate_alone_leaves_the_published_range() {
        let study = study();
        for candidate in study.candidates() {
            let seen_m = study.link.threshold_range_m(
                study.surface,
                0.0,
                SEEN_CLOSING_M_S,
                &candidate.health,
            );
            assert!((seen_m - SEEN_M).abs() < 1e-3, "{}: {seen_m}", candidate.name);
        }
    }

    #[test]
    fn physical_values_of_the_candidates_leave_the_published_range_too() {
        let study = study();
        let reach = |spec: Rangefinder, surface| {
            let health = Health::HEALTHY;
            Link::new(&spec).threshold_range_m(surface, 0.0, SEEN_CLOSING_M_S, &health)
        };
        let [surface, laser, smear, receiver] = &study.candidates()[..] else { panic!("four") };
        // In the unit of the file, then in the one that just reaches 3 km.
        let weak = Rangefinder { pulse_energy_J: laser.required.0 * 1e-6, ..study.spec };
        assert!((reach(weak, study.surface) - REQUIRED_M).abs() < 1e-3);
        for (spec, of) in
            [(study.spec, Candidate::here as fn(&_) -> _), (weak, Candidate::required)]
        {
            let dark = Surface { normal_albedo: of(surface).1, ..study.surface };
            let low = Rangefinder { pulse_energy_J: of(laser).1 * 1e-6, ..spec };
            let blind = Rangefinder { receive_efficiency: of(receiver).1, ..spec };
            // A longer shot with no more pulses in it.
            let longer_s = of(smear).1 / SEEN_CLOSING_M_S;
            let slower_hz = spec.pulses() / longer_s;
            let long = Rangefinder { integration_s: longer_s, pulse_rate_hz: slower_hz, ..spec };
            for (spec, ground) in
                [(spec, dark), (low, study.surface), (blind, study.surface), (long, study.surface)]
            {
                let seen_m = reach(spec, ground);
                assert!((seen_m - SEEN_M).abs() < 1e-3, "{seen_m}");
            }
        }
    }

    impl Candidate {
        fn here(&self) -> (f64, f64) {
            self.here
        }
        fn required(&self) -> (f64, f64) {
            self.required
        }
    }

    /// The ranges of an echo that is L long and k sigma high scatter by L / (2 ln 2) / k. To the variance its
    /// own shot noise adds 2 hν X B k / (√N σ₀), a quarter here; the instrument adds half a metre.
    #[test]
    fn only_smear_makes_the_ranges_scatter_and_by_the_length_of_the_echo() {
        let study = study();
        let (required, here) = study.deficits();
        let (spec, c) = (study.spec, icd::constants::SPEED_OF_LIGHT_M_S);
        let pulse_m = 0.5 * c * spec.pulse_width_s;
        let photon_J = 6.626_070_15e-34 * c / spec.wavelength_m;
        let shots = 2.0 * photon_J * spec.excess_noise * spec.bandwidth_hz * spec.threshold_sigma;
        let shot = 1.0 + shots / (spec.pulses().sqrt() * spec.noise_W);
        assert!((1.2..1.3).contains(&shot), "{shot}");
        for power in [required, here] {
            let length_m = libm::hypot(pulse_m, study.smeared_m(power));
            let echo_m = length_m / (2.0 * core::f64::consts::LN_2) / spec.threshold_sigma;
            let expected_m = libm::hypot(echo_m * shot.sqrt(), spec.sigma_m);
            let scatter_m = study.scatter_m(power);
            assert!((scatter_m / expected_m - 1.0).abs() < 1e-9, "{scatter_m} {expected_m}");
        }
        assert!(study.scatter_m(1.0) < 1.2 * study.spec.sigma_m);
    }

    #[test]
    fn four_equal_shares_multiply_to_the_whole_deficit() {
        let study = study();
        let here = study.deficits().1;
        let share = 1.0 / libm::sqrt(libm::sqrt(here));
        let health = Health {
            laser: share,
            receiver: share,
            surface: share,
            smear: study.smear_left(1.0 / share),
        };
        let seen_m = study.link.threshold_range_m(study.surface, 0.0, SEEN_CLOSING_M_S, &health);
        assert!((seen_m - SEEN_M).abs() < 1e-3, "{seen_m}");
    }

    #[test]
    fn the_shipped_unit_keeps_the_published_requirement_in_the_attitude_of_braking() {
        let study = study();
        let needed_m = REQUIRED_M / libm::cos(study.incidence_rad);
        let reach_m = study.reach_m(study.surface, study.incidence_rad, study.closing_m_s);
        assert!(reach_m > needed_m && reach_m < study.spec.range_m_max, "{needed_m} {reach_m}");
    }
}
