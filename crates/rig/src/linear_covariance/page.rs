//! The study as one HTML page without script: deviations along the flight, and the table.

use super::text::{LEGEND, figure, gate, ratios};
use super::{QUANTITIES, Sample, Study};
use crate::report::chart::{CHART_STYLE, Chart, Curve, ticks};
use crate::report::{Shell, escape};
use std::fmt::Write;

/// Last stretch of the flight, shown once more by itself, s.
const LAST_S: f64 = 100.0;
/// Runs that must have come so far for their scatter to be drawn.
const RUNS_MIN: usize = 10;

/// The page.
pub fn page(study: &Study) -> String {
    let charts: String = charts(study).iter().map(Chart::figure).collect();
    let runs = study.flights.len();
    let gate = gate(study).map_or(String::new(), |text| format!("<p>{}</p>", escape(&text)));
    let shell = Shell {
        title: "linear covariance",
        what: "linear covariance",
        style: &[CHART_STYLE],
        theme: false,
    };
    shell.page(&format!(
        "<h1>How far flights of {} scatter, from one run</h1>\n\
         <p class=\"purpose\">Predicted from run 0; found in runs 1 to {runs}, seed {}.</p>\n{gate}\n\
         <section class=\"card\">{}</section>\n<div class=\"plots\">\n{charts}</div>\n\
         <footer>{} Found: standard deviation about the mean, several axes summed by squares, with its exact 95 % \
         interval for normal samples.</footer>",
        escape(&study.name),
        study.seed,
        table(study),
        escape(&LEGEND.join(" "))
    ))
}

fn table(study: &Study) -> String {
    let mut out = String::from(
        "<table><thead><tr><th></th><th></th><th class=\"number\">on board σ</th><th class=\"number\">predicted σ</th>\
         <th class=\"number\">found σ</th><th class=\"number\">95 %</th><th class=\"number\">ratio</th>\
         <th class=\"number\">middle</th><th class=\"number\">ratio</th><th class=\"number\">common</th>\
         <th class=\"number\">beyond 4 σ</th></tr></thead><tbody>\n",
    );
    for line in study.lines() {
        let [whole, half] = ratios(&line);
        let cells = line.found.map_or([(); 7].map(|()| String::new()), |found| {
            let (low, high) = found.interval;
            [
                figure(found.sigma),
                format!("{} to {}", figure(low), figure(high)),
                whole.clone(),
                figure(found.middle),
                half.clone(),
                figure(found.mean),
                format!("{} of {}", found.outside, found.runs),
            ]
        });
        let _ = write!(
            out,
            "<tr><th>{}</th><td><i>{}</i></td><td class=\"number\">{}</td><td class=\"number\">{}</td>",
            escape(&line.what),
            line.unit,
            figure(line.with_common),
            figure(line.predicted)
        );
        cells.iter().for_each(|cell| {
            let _ = write!(out, "<td class=\"number\">{cell}</td>");
        });
        out += "</tr>\n";
    }
    out + "</tbody></table>"
}

fn charts(study: &Study) -> Vec<Chart> {
    const TITLES: [[&str; 2]; 5] = [
        ["Altitude", "Altitude, the last part"],
        ["Horizontal position", "Horizontal position, the last part"],
        ["Vertical speed", "Vertical speed, the last part"],
        ["Horizontal velocity", "Horizontal velocity, the last part"],
        ["Attitude", "Attitude, the last part"],
    ];
    const LABELS: [&str; 5] = ["σ, m", "σ, m", "σ, m/s", "σ, m/s", "σ, mrad"];
    let end_s = study.prediction.along.last().map_or(0.0, |sample| sample.t_s);
    let quantity = |q: usize| {
        let own = |s: &Sample| (s.t_s, s.sigma[q]);
        let predicted: Vec<_> = study.prediction.along.iter().map(own).collect();
        let found = found(study, q);
        let one = move |from_s: f64, title| {
            let after = |points: &[(f64, f64)]| {
                points.iter().copied().filter(|p| p.0 >= from_s).collect::<Vec<_>>()
            };
            let curves = vec![
                Curve {
                    label: "predicted from run 0".into(),
                    colour: "--nav",
                    points: after(&predicted),
                },
                Curve { label: "found".into(), colour: "--truth", points: after(&found) },
            ];
            let most = curves.iter().flat_map(|c| &c.points).map(|p| p.1).filter(|y| y.is_finite());
            Chart {
                title,
                note: String::new(),
                x_label: "time since the start, s",
                y_label: LABELS[q],
                x_ticks: ticks(from_s, end_s, 8.0),
                y_ticks: ticks(0.0, most.fold(1e-3, f64::max), 6.0),
                curves,
                ..Chart::default()
            }
        };
        [one(0.0, TITLES[q][0]), one(end_s - LAST_S, TITLES[q][1])]
    };
    (0..QUANTITIES.len()).flat_map(quantity).collect()
}

/// Scatter of the errors in one quantity at each time that is kept.
fn found(study: &Study, q: usize) -> Vec<(f64, f64)> {
    let times = study.prediction.along.len();
    let at = |k: usize| {
        let samples: Vec<&Sample> = study.flights.iter().filter_map(|f| f.along.get(k)).collect();
        let n = samples.len();
        if n < RUNS_MIN {
            return None;
        }
        let variance: f64 = (0..QUANTITIES[q].axes)
            .map(|axis| {
                let mean = samples.iter().map(|s| s.error[q][axis]).sum::<f64>() / n as f64;
                let square = |s: &&Sample| (s.error[q][axis] - mean) * (s.error[q][axis] - mean);
                samples.iter().map(square).sum::<f64>() / (n - 1) as f64
            })
            .sum();
        Some((samples[0].t_s, variance.sqrt()))
    };
    (0..times).filter_map(at).collect()
}
