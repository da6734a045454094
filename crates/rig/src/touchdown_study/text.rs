//! The study as lines for a terminal.

use super::{
    ASKED, After, Boundary, CHOSEN, Envelope, Findings, Landings, RATE_DEG_S, ROCKS_M_S,
    SLOPE_DEG_MAX, SURVEY_M_S_MAX, TILT_DEG, V_DOWN_M_S, V_M_S_MAX, Way,
};
use crate::statistics::Share;

/// Envelopes that others publish or ask for, which the survey is asked about too: the scenarios' limits of tilt and
/// speed; Chandrayaan-3's specification of slope and speed.
const ASKED_ABOUT: [Envelope; 2] =
    [Envelope { slope_deg: 8.0, v_m_s: 1.0 }, Envelope { slope_deg: 12.0, v_m_s: 0.5 }];

impl Way {
    /// Name in tables and keys.
    pub const fn name(self) -> &'static str {
        match self {
            Way::Down => "downhill",
            Way::Across => "across",
            Way::Any => "any way",
        }
    }
}

impl After {
    /// Name in tables and keys.
    pub const fn name(self) -> &'static str {
        match self {
            After::Shut => "everything shut at contact",
            After::Settled => "laid down and held",
        }
    }
}

/// The study in plain text, a line each.
pub fn lines(found: &Findings) -> Vec<String> {
    let mut out = vec![format!("Touchdown of {}", found.vehicle), String::new()];
    out.extend(map(found));
    out.push(String::new());
    out.extend(envelope(found));
    out
}

fn map(found: &Findings) -> Vec<String> {
    let geometry = &found.geometry;
    let first = found.boundaries.first();
    let slopes: Vec<f64> =
        first.map_or(vec![], |line| line.points.iter().map(|point| point.0).collect());
    let heads: String = slopes.iter().map(|deg| format!("{:>10}", format!("{deg}°"))).collect();
    let mut out = vec![
        format!(
            "Horizontal speed up to which it stands, m/s, least and median of {} landings, at most {V_M_S_MAX}:",
            found.draws
        ),
        format!("  {:40}{heads}", "slope"),
    ];
    let row = |line: &Boundary| {
        let cell = |(_, least, median): &(f64, f64, f64)| {
            format!("{:>10}", format!("{least:.1} {median:.1}"))
        };
        let cells: String = line.points.iter().map(cell).collect();
        format!("  {:40}{cells}", format!("{}, {}", line.way.name(), line.after.name()))
    };
    out.extend(found.boundaries.iter().map(row));
    let trips: String = slopes
        .iter()
        .map(|deg| format!("{:>10.2}", geometry.trips_m_s(deg.to_radians())))
        .collect();
    out.push(format!("  {:40}{trips}", "feet that stick, downhill, closed form"));
    let rocks: String = slopes
        .iter()
        .map(|deg| format!("{:>10.2}", geometry.rocks_m_s(deg.to_radians(), ROCKS_M_S)))
        .collect();
    out.push(format!("  {:40}{rocks}", "falls over its upper feet, closed form"));
    out.push(format!(
        "  Static limit {:.1}°: feet {:.2} m aside, centre of mass {:.2} m up.",
        geometry.static_rad().to_degrees(),
        geometry.edge_m,
        geometry.height_m
    ));
    out
}

fn envelope(found: &Findings) -> Vec<String> {
    let (survey, chosen) = (&found.survey, &found.envelope);
    let mut out = vec![format!(
        "Survey of {} landings, slope to {SLOPE_DEG_MAX:.0}°, {SURVEY_M_S_MAX} m/s any way, {} to {:.1} m/s down, tilt to \
         {TILT_DEG}°, {RATE_DEG_S}°/s; upright at rest inside:",
        survey.0.len(),
        V_DOWN_M_S[0],
        V_DOWN_M_S[1]
    )];
    let line = |envelope: &Envelope| {
        let Envelope { slope_deg, v_m_s } = envelope;
        format!("  {slope_deg:>4.0}°, {v_m_s:.1} m/s: {}", counted(&survey.held(envelope)))
    };
    out.extend(ASKED_ABOUT.iter().map(line));
    out.push(format!("Fastest with {:.1} % at the lower end of its interval:", 100.0 * CHOSEN));
    out.extend(survey.fastest().iter().filter(|e| e.v_m_s > 0.0).map(line));
    out.push(format!(
        "Envelope, the largest of these: slope to {:.0}°, {:.1} m/s. On draws of another seed:",
        chosen.slope_deg, chosen.v_m_s
    ));
    for (name, landings) in found.tables() {
        out.push(String::new());
        out.extend(table(name, landings));
    }
    let upright = &found.inside.upright;
    let met = |met| if met { "met" } else { "not met" };
    out.push(format!(
        "  {:.1} % upright asked inside: {}, by the lower end of the interval {}",
        100.0 * ASKED,
        met(upright.count as f64 >= ASKED * upright.of as f64),
        met(upright.low >= ASKED)
    ));
    out
}

/// A share with its interval.
fn counted(share: &Share) -> String {
    format!(
        "{} of {}, {:.2} % [{:.2}, {:.2}]",
        share.count,
        share.of,
        100.0 * share.count as f64 / share.of.max(1) as f64,
        100.0 * share.low,
        100.0 * share.high
    )
}

fn table(name: &str, landings: &Landings) -> Vec<String> {
    let mut out = vec![
        format!("{name}: upright {}", counted(&landings.upright)),
        format!("  stands on its legs {}", counted(&landings.stand)),
    ];
    let counts =
        landings.classes.iter().map(|(class, share)| format!("{} {}", class.name(), share.count));
    out.push(format!(
        "  {}; not at rest {}",
        counts.collect::<Vec<_>>().join(", "),
        landings.moving.count
    ));
    for margin in &landings.margins {
        let [median, hundredth, worst] = margin.values;
        out.push(format!(
            "  {:48}{median:>9.2} median{hundredth:>9.2} one in 100{worst:>9.2} worst {}",
            margin.what, margin.unit
        ));
    }
    out
}
