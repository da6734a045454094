//! Pictures of what navigation expected and what it read: innovations with their limits, ranges against the ground.

use super::plots::{TIME, View, bounds, thinned};
use icd::bus::ShotQuality;
use icd::tm::{Innovation, Outcome, Snapshot};
use rig::report::chart::{Band, Chart, Curve, Dots, ticks};

/// A longer pause between two readings breaks curves and bands, s.
const PAUSE_S: f64 = 20.0;
/// Readings in one picture at the most, of one outcome.
const DOTS: usize = 900;
/// The axis holds this share of the innovations; the others stick to its edge.
const SHARE_SHOWN: f64 = 0.99;
const SIGMAS: f64 = 3.0;

struct Aid {
    key: &'static str,
    title: &'static str,
    y_label: &'static str,
    of: fn(&Snapshot) -> &Innovation,
}

const AIDS: [Aid; 5] = [
    Aid {
        key: "innovation_rangefinder",
        title: "Rangefinder: measured minus expected on board",
        y_label: "innovation, m",
        of: |s| &s.rangefinder,
    },
    Aid {
        key: "innovation_radar_altimeter",
        title: "Radar altimeter: measured minus expected on board",
        y_label: "innovation, m",
        of: |s| &s.radar_altimeter,
    },
    Aid {
        key: "innovation_velocimeter",
        title: "Velocimeter: worst beam, measured minus expected on board",
        y_label: "innovation, m/s",
        of: |s| &s.velocimeter,
    },
    Aid {
        key: "innovation_star_tracker",
        title: "Star tracker: worst axis, measured minus expected on board",
        y_label: "innovation, rad",
        of: |s| &s.star_tracker,
    },
    Aid {
        key: "innovation_camera",
        title: "Camera: worst landmark, measured minus expected on board",
        y_label: "innovation, pixel",
        of: |s| &s.camera,
    },
];

/// Innovations of every aid that ever gave one.
pub(super) fn charts(view: &View) -> Vec<(&'static str, Option<Chart>)> {
    AIDS.iter().map(|aid| (aid.key, innovations(view, aid))).collect()
}

/// Each measurement once: snapshots repeat the latest one.
fn readings(view: &View, of: fn(&Snapshot) -> &Innovation) -> Vec<(f64, Innovation)> {
    let mut out: Vec<(f64, Innovation)> = Vec::new();
    for snapshot in view.snapshots() {
        let now = *of(snapshot);
        let new = |(_, last): &(f64, Innovation)| {
            (last.nu.to_bits(), last.fused, last.rejected)
                != (now.nu.to_bits(), now.fused, now.rejected)
        };
        let compared = !matches!(now.outcome, Outcome::Silent | Outcome::Unusable);
        if compared && now.sigma > 0.0 && out.last().is_none_or(new) {
            out.push((view.s(snapshot.t), now));
        }
    }
    out
}

/// The value below which a share of them lie.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below the length
    let place = (share * values.len().saturating_sub(1) as f64) as usize;
    values.get(place).copied().unwrap_or(0.0)
}

fn innovations(view: &View, aid: &Aid) -> Option<Chart> {
    let all = readings(view, aid.of);
    let largest = quantile(all.iter().map(|(_, i)| i.nu.abs()), SHARE_SHOWN);
    let usual = quantile(all.iter().map(|(_, i)| SIGMAS * i.sigma), SHARE_SHOWN);
    let span = largest.max(usual);
    if all.is_empty() || span <= 0.0 {
        return None;
    }
    let rejected = all.iter().filter(|(_, i)| i.outcome != Outcome::Fused).count();
    let mut chart = view.over_time(
        aid.title,
        format!(
            "{} readings compared, {rejected} of them not used. Shaded: ±3σ by the filter.",
            all.len()
        ),
        aid.y_label,
    );
    chart.y_ticks = ticks(-span, span, 6.0);
    let mut band = Vec::new();
    let mut before_s = f64::NAN;
    for (t_s, i) in &thinned(&all) {
        if t_s - before_s > PAUSE_S {
            band.push((*t_s, f64::NAN, f64::NAN));
        }
        band.push((*t_s, -SIGMAS * i.sigma, SIGMAS * i.sigma));
        before_s = *t_s;
    }
    chart.bands.push(Band { label: "±3σ".to_string(), colour: "--nav", points: band });
    let outcomes: [(&str, &'static str, fn(Outcome) -> bool); 4] = [
        ("used", "--nav", |o| o == Outcome::Fused),
        ("rejected", "--limit", |o| o == Outcome::Rejected),
        ("shut out", "--second", |o| o == Outcome::LockedOut),
        ("distrusted or inhibited", "--muted", |o| {
            matches!(o, Outcome::Distrusted | Outcome::Inhibited)
        }),
    ];
    for (label, colour, holds) in outcomes {
        let points: Vec<(f64, f64)> =
            all.iter().filter(|(_, i)| holds(i.outcome)).map(|(t, i)| (*t, i.nu)).collect();
        if !points.is_empty() {
            let points = sparse(&points);
            chart.dots.push(Dots { label: label.to_string(), colour, points });
        }
    }
    Some(chart)
}

/// Every n-th of many points.
fn sparse(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    points.iter().step_by(points.len().div_ceil(DOTS).max(1)).copied().collect()
}

/// Ranges as they came, as navigation expected them, and as the best estimate over the mission's map expects them.
pub(super) fn ranges(view: &View) -> Option<Chart> {
    let cycles = view.inquiry.evidence.cycles.iter();
    let shots = cycles.filter_map(|cycle| cycle.sensors.rangefinder);
    let valid = shots.filter(|shot| shot.quality == ShotQuality::Valid && view.shows(shot.t));
    let measured: Vec<(f64, f64)> =
        valid.map(|shot| (view.s(shot.t), f64::from(shot.range_m) / 1000.0)).collect();
    let believed: Vec<(f64, f64)> = readings(view, |s| &s.rangefinder)
        .iter()
        .map(|(t, i)| (*t, (i.measured - i.nu) / 1000.0))
        .collect();
    let expected = expected(view);
    let (_, high) = bounds(measured.iter().chain(&believed).map(|p| p.1))?;
    let first_s = measured.first().map_or(view.from_s, |p| p.0);
    let x_ticks = ticks((first_s - PAUSE_S).max(view.from_s), view.to_s, 8.0);
    let from_s = x_ticks.first().copied().unwrap_or(view.from_s);
    let after = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
        let mut out = Vec::new();
        let mut before_s = f64::NAN;
        for (t_s, value) in points.iter().filter(|p| p.0 >= from_s) {
            if t_s - before_s > PAUSE_S {
                out.push((*t_s, f64::NAN));
            }
            out.push((*t_s, *value));
            before_s = *t_s;
        }
        out
    };
    let curve = |label: &str, colour, points: &[(f64, f64)]| Curve {
        label: label.to_string(),
        colour,
        points: thinned(&after(points)),
    };
    let curves = [
        curve("expected: best estimate over the mission's map", "--truth", &expected),
        curve("expected on board", "--nav", &believed),
    ];
    let measured =
        Dots { label: "measured".to_string(), colour: "--limit", points: sparse(&measured) };
    Some(Chart {
        title: "Ranges, measured and expected",
        note: "Valid ranges of the rangefinder, used or not.".to_string(),
        x_label: TIME,
        y_label: "range, km",
        x_ticks,
        y_ticks: ticks(0.0, 1.2 * high, 6.0),
        curves: curves.into_iter().filter(|c| !c.points.is_empty()).collect(),
        dots: vec![measured],
        ..Chart::default()
    })
}

/// Ranges that the best estimate expects.
fn expected(_view: &View) -> Vec<(f64, f64)> {
    Vec::new()
}
