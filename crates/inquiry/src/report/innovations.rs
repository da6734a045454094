//! Pictures of what navigation expected and what it read: innovations with their limits, ranges against the ground.

use super::plots::{TIME, View, bounds, thinned};
use crate::finding::Device;
use crate::replayed::{Account, Compared};
use crate::trajectory::expect::Expect;
use icd::bus::ShotQuality;
use icd::time::{Span, Time};
use icd::tm::Outcome;
use rig::report::chart::{Band, Chart, Curve, Dots, ticks};

/// A longer pause between two readings breaks curves and bands, s.
const PAUSE_S: f64 = 20.0;
/// Readings in one picture at the most, of one outcome.
const DOTS: usize = 900;
/// The axis holds this share of the innovations; the others stick to its edge.
const SHARE_SHOWN: f64 = 0.99;
const SIGMAS: f64 = 3.0;
const KM: f64 = 1000.0;
/// Readings so long before what the other pictures show are shown too, s.
const BEFORE_S: f64 = 600.0;
/// Points of the range that the best estimate expects.
const EXPECTED: u32 = 300;
/// Longest range that is looked for, m.
const LOOKED_M: f64 = 60_000.0;

/// Key, title and label of the axis of an aid's picture.
const fn names(aid: Device) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match aid {
        Device::Rangefinder => (
            "innovation_rangefinder",
            "Rangefinder: measured minus expected on board",
            "innovation, m",
        ),
        Device::RadarAltimeter => (
            "innovation_radar_altimeter",
            "Radar altimeter: measured minus expected on board",
            "innovation, m",
        ),
        Device::Velocimeter => (
            "innovation_velocimeter",
            "Velocimeter, worst beam: measured minus expected on board",
            "innovation, m/s",
        ),
        Device::StarTracker => (
            "innovation_star_tracker",
            "Star tracker, worst axis: measured minus expected on board",
            "innovation, rad",
        ),
        Device::Camera => (
            "innovation_camera",
            "Camera, worst landmark: measured minus expected on board",
            "innovation, pixel",
        ),
        _ => return None,
    })
}

/// Innovations of every aid that compared anything.
pub(super) fn charts(view: &View) -> Vec<(&'static str, Option<Chart>)> {
    let accounts = view.told.replayed.accounts(view.told.evidence);
    let one = |account: &Account| {
        let (key, title, y_label) = names(account.aid)?;
        Some((key, innovations(view, account, title, y_label)))
    };
    accounts.iter().filter_map(one).collect()
}

/// The value below which a share of them lie.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below the length
    let place = (share * values.len().saturating_sub(1) as f64) as usize;
    values.get(place).copied().unwrap_or(0.0)
}

/// The stretch in which an aid's readings came, as far as it lies in the descent or shortly before.
fn own_time<'a>(view: &View<'a>, account: &Account) -> Option<View<'a>> {
    let times = account.compared.iter().map(|one| view.s(one.t));
    let (first, last) = bounds(times.filter(|s| *s >= view.from_s - BEFORE_S))?;
    Some(view.between(first - 1.0, (last + 1.0).min(view.to_s)))
}

fn innovations(
    view: &View,
    account: &Account,
    title: &'static str,
    y_label: &'static str,
) -> Option<Chart> {
    let view = &own_time(view, account)?;
    let shown = account.compared.iter().filter(|one| view.shows(one.t));
    let all: Vec<(f64, Compared)> = shown.map(|one| (view.s(one.t), *one)).collect();
    let largest = quantile(all.iter().map(|(_, i)| i.nu.abs()), SHARE_SHOWN);
    let usual = quantile(all.iter().map(|(_, i)| SIGMAS * i.sigma), SHARE_SHOWN);
    let span = largest.max(usual);
    if all.is_empty() || span <= 0.0 {
        return None;
    }
    let refused = all.iter().filter(|(_, i)| i.outcome != Outcome::Fused).count();
    let whose = match account.replayed {
        true => "by the flight software run again",
        false => "as downlinked",
    };
    let count = all.len();
    let mut chart = view.over_time(
        title,
        format!(
            "{count} readings, {refused} of them not used, {whose}. Shaded: ±3σ of the filter."
        ),
        y_label,
    );
    chart.y_ticks = ticks(-span, span, 6.0);
    let limits = thinned(&all);
    let mut band = Vec::new();
    let mut before_s = f64::NAN;
    for (t_s, i) in &limits {
        if t_s - before_s > PAUSE_S {
            band.push((*t_s, f64::NAN, f64::NAN));
        }
        band.push((*t_s, -SIGMAS * i.sigma, SIGMAS * i.sigma));
        before_s = *t_s;
    }
    chart.bands.push(Band { label: "±3σ".to_string(), colour: "--nav", points: band });
    chart.dots = dots(&all);
    Some(chart)
}

/// Innovations by what became of them.
fn dots(all: &[(f64, Compared)]) -> Vec<Dots> {
    type Holds = fn(Outcome) -> bool;
    let outcomes: [(&str, &'static str, Holds); 4] = [
        ("used", "--nav", |o| o == Outcome::Fused),
        ("rejected", "--limit", |o| o == Outcome::Rejected),
        ("shut out", "--second", |o| o == Outcome::LockedOut),
        ("distrusted or inhibited", "--muted", |o| {
            matches!(o, Outcome::Distrusted | Outcome::Inhibited)
        }),
    ];
    let one = |(label, colour, holds): (&str, &'static str, Holds)| {
        let of = all.iter().filter(|(_, i)| holds(i.outcome));
        let points: Vec<(f64, f64)> = of.map(|(t, i)| (*t, i.nu)).collect();
        Dots { label: label.to_string(), colour, points: sparse(&points) }
    };
    outcomes.into_iter().map(one).filter(|dots| !dots.points.is_empty()).collect()
}

/// Every n-th of many points.
fn sparse(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    points.iter().step_by(points.len().div_ceil(DOTS).max(1)).copied().collect()
}

/// A curve without lines across pauses.
fn broken(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    let mut before_s = f64::NAN;
    for (t_s, value) in thinned(points) {
        if t_s - before_s > PAUSE_S {
            out.push((t_s, f64::NAN));
        }
        out.push((t_s, value));
        before_s = t_s;
    }
    out
}

/// Ranges as they came, as navigation expected them, and as the best estimate over the mission's map expects them.
pub(super) fn ranges(view: &View) -> Option<Chart> {
    let cycles = view.told.evidence.cycles.iter();
    let shots = cycles.filter_map(|cycle| cycle.sensors.rangefinder);
    let valid = shots.filter(|shot| shot.quality == ShotQuality::Valid && view.shows(shot.t));
    let measured: Vec<(f64, f64)> =
        valid.map(|shot| (view.s(shot.t), f64::from(shot.range_m) / KM)).collect();
    let accounts = view.told.replayed.accounts(view.told.evidence);
    let own = accounts.iter().find(|account| account.aid == Device::Rangefinder);
    let tags = tags(view);
    let believed: Vec<(f64, f64)> = (own.iter().flat_map(|account| &account.compared))
        .filter(|one| view.shows(one.t))
        .map(|one| (view.s(tagged(&tags, one.t)), (one.measured - one.nu) / KM))
        .collect();
    let (_, high) = bounds(measured.iter().chain(&believed).map(|p| p.1))?;
    let first_s = measured.first().map_or(view.from_s, |p| p.0);
    let x_ticks = ticks((first_s - PAUSE_S).max(view.from_s), view.to_s, 8.0);
    let from_s = x_ticks.first().copied().unwrap_or(view.from_s);
    let most = 1.2 * high;
    let mut expected = expected(view, from_s);
    expected.retain(|(_, range)| *range <= most);
    let curve = |label: &str, colour, points: &[(f64, f64)]| Curve {
        label: label.to_string(),
        colour,
        points: broken(points),
    };
    let curves = [
        curve("expected by the best estimate over the mission's map", "--truth", &expected),
        curve("expected on board", "--nav", &believed),
    ];
    let measured =
        Dots { label: "measured".to_string(), colour: "--limit", points: sparse(&measured) };
    Some(Chart {
        title: "Ranges, measured and expected",
        note: "Valid ranges of the rangefinder, used or not, by their time tags.".to_string(),
        x_label: TIME,
        y_label: "range, km",
        x_ticks,
        y_ticks: ticks(0.0, most, 6.0),
        curves: curves.into_iter().filter(|c| !c.points.is_empty()).collect(),
        dots: vec![measured],
        ..Chart::default()
    })
}

/// When each range arrived, and when it was taken by its tag.
fn tags(view: &View) -> Vec<(Time, Time)> {
    let cycles = view.told.evidence.cycles.iter();
    cycles.filter_map(|c| c.sensors.rangefinder.map(|shot| (c.sensors.t, shot.t))).collect()
}

/// When the last range that had arrived at a time was taken.
fn tagged(tags: &[(Time, Time)], t: Time) -> Time {
    let after = tags.partition_point(|(arrived, _)| *arrived <= t);
    after.checked_sub(1).and_then(|n| tags.get(n)).map_or(t, |(_, tag)| *tag)
}

/// Ranges that the best estimate expects over the mission's map.
fn expected(view: &View, from_s: f64) -> Vec<(f64, f64)> {
    let expect = Expect::of(view.told.mission);
    let step_s = (0.0 - from_s) / f64::from(EXPECTED);
    let at = |n: u32| {
        let t_s = from_s + step_s * f64::from(n);
        let pose = view.told.trajectory.pose(view.zero + Span::from_s(t_s))?;
        let (range, _) = expect.range(&pose, LOOKED_M)?;
        Some((t_s, range.value / KM))
    };
    (0..EXPECTED).filter_map(at).collect()
}
