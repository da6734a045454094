//! The study as lines for a terminal.

use super::{
    ASKED, After, Boundary, Findings, Landings, RATE_DEG_S, SLOPE_DEG, TILT_DEG, V_DOWN_M_S,
    V_M_S_MAX, Way,
};

impl Way {
    /// Name in tables and keys.
    pub const fn name(self) -> &'static str {
        match self {
            Way::Down => "downhill",
            Way::Across => "across",
            Way::Up => "uphill",
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
    out.push(format!(
        "  Static limit {:.1}°: feet {:.2} m aside, centre of mass {:.2} m up.",
        geometry.static_rad().to_degrees(),
        geometry.edge_m,
        geometry.height_m
    ));
    out
}

fn envelope(found: &Findings) -> Vec<String> {
    let mut out = vec![format!(
        "Envelope: slope to {SLOPE_DEG:.0}°, {:.1} m/s any way, {} to {:.1} m/s down, tilt to {TILT_DEG}°, \
         {RATE_DEG_S}°/s; with everything shut at contact {:.1} m/s.",
        found.v_m_s, V_DOWN_M_S[0], V_DOWN_M_S[1], found.v_shut_m_s
    )];
    for (name, landings) in found.tables() {
        out.push(String::new());
        out.extend(table(name, landings));
    }
    let stand = &found.inside.stand;
    let met = stand.count as f64 >= ASKED * stand.of as f64;
    out.push(format!(
        "  {:.1} % asked inside: {}",
        100.0 * ASKED,
        if met { "met" } else { "not met" }
    ));
    out
}

fn table(name: &str, landings: &Landings) -> Vec<String> {
    let percent = |x: f64| 100.0 * x;
    let stand = &landings.stand;
    let mut out = vec![format!(
        "{name}: {} of {} stand, {:.2} % [{:.2}, {:.2}]",
        stand.count,
        stand.of,
        percent(stand.count as f64 / stand.of.max(1) as f64),
        percent(stand.low),
        percent(stand.high)
    )];
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
