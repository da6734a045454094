//! The study as lines of text.

use super::{Line, Study};

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

/// Predicted over found.
pub(super) fn ratio(line: &Line) -> String {
    let ratio = line.found.filter(|found| found.sigma > 0.0);
    ratio.map_or("–".to_string(), |found| format!("{:.2}", line.predicted / found.sigma))
}

/// What run 0 tells of the high gate, in one sentence.
pub(super) fn gate(study: &Study) -> Option<String> {
    let gate = study.prediction.gate?;
    Some(format!(
        "At the high gate the falls of {:.0} m/s are off by σ {:.0} m in height and {:.2} m/s in speed, correlated by \
         {:.2}: σ {:.1} m/s of velocity change.",
        gate.fall_m_s, gate.height_m, gate.speed_m_s, gate.correlation, gate.dv_m_s
    ))
}

/// The table: σ as predicted from run 0, beside σ of the runs with its 95 % interval.
pub fn lines(study: &Study) -> Vec<String> {
    let runs = study.flights.len();
    let mut out = vec![
        format!(
            "{}: σ predicted from run 0, and found in {runs} runs (seed {})",
            study.name, study.seed
        ),
        String::new(),
        format!(
            "{:42} {:>5} {:>9} {:>9} {:>21} {:>6} {:>9} {:>8} {:>5}",
            "", "", "predicted", "found", "95 %", "ratio", "middle", "common", "> 4 σ"
        ),
    ];
    for line in study.lines() {
        let start = format!("{:42} {:>5} {:>9}", line.what, line.unit, figure(line.predicted));
        out.push(match line.found {
            None => start,
            Some(found) => {
                let (low, high) = found.interval;
                let interval = format!("[{}, {}]", figure(low), figure(high));
                format!(
                    "{start} {:>9} {interval:>21} {:>6} {:>9} {:>8} {:>5}",
                    figure(found.sigma),
                    ratio(&line),
                    figure(found.middle),
                    figure(found.mean),
                    found.outside
                )
            }
        });
    }
    out.push(String::new());
    out.extend(gate(study));
    out.push("middle: half of the span of the middle 68 %; common: size of the mean of errors, or of the figure itself.".to_string());
    out
}
