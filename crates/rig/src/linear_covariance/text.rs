//! The study as lines of text.

use super::{Line, Study};

/// How the columns are to be read.
pub(super) const LEGEND: [&str; 3] = [
    "On board: what the lander states in flight, gravity that it does not know included; predicted: without that, which",
    "over one site is the same in all runs (common: size of the mean). Middle: half of the span of the middle 68 %,",
    "which the few that gave up their target do not move. Aim met: believed within 10 m of the target at the end.",
];

/// Three significant digits.
pub(super) fn figure(x: f64) -> String {
    if !x.is_finite() {
        return "–".to_string();
    }
    let decimals = match x.abs() {
        x if x >= 100.0 => 0,
        x if x >= 10.0 => 1,
        x if x >= 1.0 => 2,
        x if x >= 0.1 => 3,
        _ => 4,
    };
    format!("{x:.decimals$}")
}

/// Predicted over found, and over the middle of what was found.
pub(super) fn ratios(line: &Line) -> [String; 2] {
    let over = |of: f64| {
        let ratio = line.predicted / of;
        if ratio.is_finite() { format!("{ratio:.2}") } else { "–".to_string() }
    };
    line.found.map_or([(); 2].map(|()| String::new()), |f| [over(f.sigma), over(f.middle)])
}

/// What run 0 tells of the high gate, in one sentence.
pub(super) fn gate(study: &Study) -> Option<String> {
    let gate = study.prediction.gate?;
    Some(format!(
        "At the high gate, falling at {:.0} m/s, height is off by σ {:.0} m and speed by σ {:.2} m/s, correlated by {:.2}: \
         σ {:.1} m/s of velocity change.",
        gate.fall_m_s, gate.height_m, gate.speed_m_s, gate.correlation, gate.dv_m_s
    ))
}

/// The table: σ as predicted from run 0, beside σ of the runs with its 95 % interval.
pub fn lines(study: &Study) -> Vec<String> {
    let (name, runs, seed) = (&study.name, study.flights.len(), study.seed);
    let mut out = vec![
        format!("{name}: σ predicted from run 0, and found in {runs} runs (seed {seed})"),
        String::new(),
        format!(
            "{:38} {:>4} {:>8} {:>9} {:>8} {:>18} {:>6} {:>8} {:>6} {:>7} {:>5} {:>5}",
            "",
            "",
            "on board",
            "predicted",
            "found",
            "95 %",
            "ratio",
            "middle",
            "ratio",
            "common",
            "> 4 σ",
            "runs"
        ),
    ];
    out.extend(study.lines().iter().map(text));
    out.push(String::new());
    out.extend(gate(study));
    out.extend(LEGEND.map(str::to_string));
    out
}

fn text(line: &Line) -> String {
    let [on_board, predicted] = [line.with_common, line.predicted].map(figure);
    let start = format!("{:38} {:>4} {on_board:>8} {predicted:>9}", line.what, line.unit);
    let [whole, half] = ratios(line);
    let Some(found) = line.found else { return start };
    let (low, high) = found.interval;
    let interval = format!("[{}, {}]", figure(low), figure(high));
    let [sigma, middle, mean] = [found.sigma, found.middle, found.mean].map(figure);
    let (far, runs) = (found.outside, found.runs);
    format!(
        "{start} {sigma:>8} {interval:>18} {whole:>6} {middle:>8} {half:>6} {mean:>7} {far:>5} {runs:>5}"
    )
}
