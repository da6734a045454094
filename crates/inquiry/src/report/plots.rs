//! The pictures: what the lander did, what it believed, what it measured, how it answered.
//!
//! Owns: which curves stand together. Does not own: their drawing (`rig::report::chart`), innovations (`innovations`).

use super::adapt::Material;
use super::sheet::Panel;
use super::{innovations, stopping};
use crate::trajectory::Sample;
use icd::bus::{CYCLE, PULSE_FRAME};
use icd::constants::MOON_RADIUS_M;
use icd::frames::{I, Position, Vector};
use icd::time::{Span, Time};
use icd::tm::{Belief, Phase, Snapshot};
use rig::report::chart::{Band, Chart, Curve, ticks};

/// Points of a curve at the most.
const POINTS: usize = 500;
/// Shown before braking, s.
const LEAD_S: f64 = 20.0;
/// Length of the second picture of altitude, s.
const LAST_S: f64 = 150.0;
/// Sensed and commanded acceleration are means over this, s.
const MEAN_S: f64 = 1.0;
/// The ground is looked at with this resolution, m.
const GROUND_M: f64 = 60.0;
const KM: f64 = 1000.0;
/// Marks nearer to each other than this share of the axis would cover each other.
const MARKS_APART: f64 = 0.05;
/// Width of the shaded areas in standard deviations.
const SIGMAS: f64 = 3.0;

/// What the pictures are drawn of, and when.
pub(super) struct View<'a> {
    pub told: Material<'a>,
    /// Zero of the time axis.
    pub zero: Time,
    /// First time shown, s.
    pub from_s: f64,
    /// Last time shown, s.
    pub to_s: f64,
}

pub(super) const TIME: &str = "time from loss of signal, s";

impl<'a> View<'a> {
    /// The powered descent, or all there is of a flight that never came so far; `None` without evidence.
    pub fn of(told: Material<'a>) -> Option<Self> {
        let zero = told.evidence.end()?;
        let at = |t: Time| (t - zero).s();
        let braking = told.replayed.snapshots.iter().find(|s| s.phase >= Phase::Braking);
        let first = told.evidence.start().map_or(-LAST_S, at);
        let from_s = braking.map_or(first, |s| (at(s.t) - LEAD_S).max(first));
        let impact = told.trajectory.samples.last().map_or(0.0, |sample| at(sample.t));
        let to_s = impact.clamp(0.0, 10.0 * LAST_S);
        Some(Self { told, zero, from_s: from_s.min(-1.0), to_s })
    }

    /// The same over its last stretch.
    fn last(&self) -> Self {
        Self { from_s: self.from_s.max(self.to_s - LAST_S), ..*self }
    }

    pub fn s(&self, t: Time) -> f64 {
        (t - self.zero).s()
    }

    pub fn shows(&self, t: Time) -> bool {
        (self.from_s..=self.to_s).contains(&self.s(t))
    }

    /// The same over another stretch.
    pub fn between(&self, from_s: f64, to_s: f64) -> Self {
        Self { from_s, to_s, ..*self }
    }

    pub fn snapshots(&self) -> impl Iterator<Item = &'a Snapshot> {
        let (from_s, to_s, zero) = (self.from_s, self.to_s, self.zero);
        let shown = move |s: &&Snapshot| (from_s..=to_s).contains(&(s.t - zero).s());
        self.told.replayed.snapshots.iter().filter(shown)
    }

    fn samples(&self) -> impl Iterator<Item = &'a Sample> {
        let (from_s, to_s, zero) = (self.from_s, self.to_s, self.zero);
        let shown = move |s: &&Sample| (from_s..=to_s).contains(&(s.t - zero).s());
        self.told.trajectory.samples.iter().filter(shown)
    }

    /// An empty picture over the time shown, with the phases marked.
    pub fn over_time(&self, title: &'static str, note: String, y_label: &'static str) -> Chart {
        let x_ticks = ticks(self.from_s, self.to_s, 8.0);
        let marks = self.marks(&x_ticks);
        Chart { title, note, x_label: TIME, y_label, x_ticks, marks, ..Chart::default() }
    }

    /// Beginnings of phases, and the last packet.
    fn marks(&self, x_ticks: &[f64]) -> Vec<(f64, String)> {
        let span = x_ticks.last().zip(x_ticks.first()).map_or(1.0, |(b, a)| b - a);
        let mut marks = Vec::new();
        if x_ticks.last().is_some_and(|last| *last >= 0.0) {
            marks.push((0.0, "last packet".to_string()));
        }
        let mut before = None;
        for snapshot in &self.told.replayed.snapshots {
            let begins = before.is_some_and(|phase| phase != snapshot.phase);
            before = Some(snapshot.phase);
            let s = self.s(snapshot.t);
            let inside = bounds(x_ticks.iter().copied()).is_some_and(|(a, b)| (a..=b).contains(&s));
            let free = inside
                && marks
                    .iter()
                    .all(|(other, _): &(f64, String)| (other - s).abs() > MARKS_APART * span);
            if begins && self.shows(snapshot.t) && free {
                marks.push((s, snapshot.phase.name().to_string()));
            }
        }
        marks
    }
}

/// Every n-th item, so that not too many are left; the last one always.
pub(super) fn thinned<T: Copy>(items: &[T]) -> Vec<T> {
    let step = items.len().div_ceil(POINTS).max(1);
    let mut out: Vec<T> = items.iter().step_by(step).copied().collect();
    if !(items.len().max(1) - 1).is_multiple_of(step) {
        out.extend(items.last());
    }
    out
}

/// All pictures that the evidence allows.
pub(super) fn plots(told: Material) -> Vec<Panel> {
    let Some(view) = View::of(told) else { return Vec::new() };
    let mut out = Vec::new();
    let mut put = |key: &'static str, chart: Option<Chart>| {
        out.extend(chart.map(|chart| Panel { key, chart }));
    };
    put("altitude", altitude(&view, "Altitude", KM, "altitude, km"));
    put("altitude_last", altitude(&view.last(), "Altitude, the last of it", 1.0, "altitude, m"));
    put("altitude_over_speed", profile(&view));
    put("ground", ground(&view));
    put("range", innovations::ranges(&view));
    for (key, chart) in innovations::charts(&view) {
        put(key, chart);
    }
    let belief = |of: fn(&Snapshot) -> &Belief| move |s: &Snapshot| *of(s);
    put(
        "belief_rangefinder",
        beliefs(&view, "What was believed of the rangefinder", belief(|s| &s.rangefinder_belief)),
    );
    put(
        "belief_radar_altimeter",
        beliefs(&view, "What was believed of the radar altimeter", belief(|s| &s.radar_belief)),
    );
    let (both, difference) = thrust(&view).unzip();
    put("thrust", both);
    put("thrust_difference", difference);
    put("stopping", stopping::chart(&view));
    out
}

/// Estimate and on-board belief of altitude.
fn altitude(view: &View, title: &'static str, unit_m: f64, y_label: &'static str) -> Option<Chart> {
    let row = |s: &Sample| (view.s(s.t), s.altitude_m.0 / unit_m, s.altitude_m.1 / unit_m);
    let estimate: Vec<(f64, f64, f64)> =
        view.samples().filter(|s| view.s(s.t) <= 0.0).map(row).collect();
    let after: Vec<(f64, f64, f64)> =
        view.samples().filter(|s| view.s(s.t) >= 0.0).map(row).collect();
    let believed: Vec<(f64, f64, f64)> = view
        .snapshots()
        .map(|s| (view.s(s.t), s.nav.altitude_m / unit_m, s.nav.sigma_altitude_m / unit_m))
        .collect();
    let [estimate, after, believed] = [estimate, after, believed].map(|all| thinned(&all));
    let all = estimate.iter().chain(&after).chain(&believed);
    let (low, high) = bounds(all.map(|p| p.1))?;
    let mut chart = view.over_time(
        title,
        "Above the ground below; shaded: three standard deviations.".to_string(),
        y_label,
    );
    chart.y_ticks = ticks(low.min(0.0), high, 6.0);
    for (points, label, colour) in [
        (estimate, "best estimate", "--truth"),
        (after, "carried on after the last packet", "--second"),
        (believed, "as believed on board", "--nav"),
    ] {
        if points.len() < 2 {
            continue;
        }
        let area = |(x, y, s): &(f64, f64, f64)| (*x, y - SIGMAS * s, y + SIGMAS * s);
        chart.bands.push(Band {
            label: String::new(),
            colour,
            points: points.iter().map(area).collect(),
        });
        chart.curves.push(Curve {
            label: label.to_string(),
            colour,
            points: points.iter().map(|(x, y, _)| (*x, *y)).collect(),
        });
    }
    Some(chart)
}

/// Least and largest of what is finite.
pub(super) fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut finite = values.filter(|v| v.is_finite());
    let first = finite.next()?;
    Some(finite.fold((first, first), |(low, high), v| (low.min(v), high.max(v))))
}

/// Altitude over descent speed, with the plan.
fn profile(view: &View) -> Option<Chart> {
    let after = |phase: Phase| phase >= Phase::PitchUp;
    let from = view.snapshots().find(|s| after(s.phase)).map(|s| view.s(s.t));
    let from = from.unwrap_or(view.to_s - LAST_S);
    let estimate: Vec<(f64, f64)> = (view.samples().filter(|s| view.s(s.t) >= from))
        .map(|s| (-s.v_up_m_s.0, s.altitude_m.0))
        .collect();
    let believed: Vec<(f64, f64)> = (view.snapshots().filter(|s| view.s(s.t) >= from))
        .map(|s| (-s.nav.v_up_m_s, s.nav.altitude_m))
        .collect();
    let both = estimate.iter().chain(&believed);
    let (_, fastest) = bounds(both.clone().map(|p| p.0))?;
    let (low, high) = bounds(both.map(|p| p.1))?;
    let flight = &view.told.mission.stand.scenario.flight;
    let plan: Vec<(f64, f64)> = (flight.profile_descent_m_s.iter())
        .zip(&flight.profile_altitude_m)
        .map(|(v, h)| (*v, *h))
        .filter(|(_, h)| *h <= high)
        .collect();
    let curve = |label: &str, colour, points: &[(f64, f64)]| Curve {
        label: label.to_string(),
        colour,
        points: thinned(points),
    };
    let plan_fastest = plan.iter().map(|p| p.0).fold(0.0, f64::max);
    let curves = vec![
        curve("best estimate", "--truth", &estimate),
        curve("as believed on board", "--nav", &believed),
        curve("planned", "--reference", &plan),
    ];
    Some(Chart {
        title: "Altitude over descent speed",
        note: "After braking; the flight goes from the upper right to the ground.".to_string(),
        x_label: "descent speed, m/s",
        y_label: "altitude, m",
        x_ticks: ticks(0.0, fastest.max(plan_fastest).max(1.0), 8.0),
        y_ticks: ticks(low.min(0.0), high.max(1.0), 6.0),
        curves: curves.into_iter().filter(|c| !c.points.is_empty()).collect(),
        ..Chart::default()
    })
}

/// Height of the ground below the track, and of the lander, above the target.
fn ground(view: &View) -> Option<Chart> {
    let stand = &view.told.mission.stand;
    let (environment, site) = (&stand.environment, &stand.site);
    let samples: Vec<Sample> = view.samples().copied().collect();
    let heights = thinned(&samples).into_iter().filter_map(|sample| {
        let p_MB_I: Vector<Position, I> = Vector::from_si(sample.p_MB_I_m);
        let p_MB_M = environment.R_IM(sample.t)?.inverse() * p_MB_I;
        let below_m = environment.terrain.elevation_m(p_MB_M, GROUND_M) - site.elevation_m;
        let own_m = p_MB_I.norm() - MOON_RADIUS_M - site.elevation_m;
        Some((view.s(sample.t), below_m / KM, own_m / KM))
    });
    let heights: Vec<(f64, f64, f64)> = heights.collect();
    let (low, high) = bounds(heights.iter().flat_map(|h| [h.1, h.2]))?;
    let mut chart = view.over_time(
        "The ground below the track",
        "By the mission's map along the best estimate; heights above the target.".to_string(),
        "height above the target, km",
    );
    chart.y_ticks = ticks(low, high.max(low + 0.1), 6.0);
    let curve = |label: &str, colour, of: fn(&(f64, f64, f64)) -> f64| Curve {
        label: label.to_string(),
        colour,
        points: heights.iter().map(|h| (h.0, of(h))).collect(),
    };
    chart.curves = vec![
        curve("ground below", "--second", |h| h.1),
        curve("lander, best estimate", "--truth", |h| h.2),
    ];
    Some(chart)
}

/// Probabilities of the hypothesis bank; `None` where it had none.
fn beliefs(view: &View, title: &'static str, of: impl Fn(&Snapshot) -> Belief) -> Option<Chart> {
    let all: Vec<(f64, Belief)> = view.snapshots().map(|s| (view.s(s.t), of(s))).collect();
    let moved = |b: &Belief| b.invalid.max(b.datum).max(b.scale) > 1e-3;
    if !all.iter().any(|(_, b)| moved(b)) {
        return None;
    }
    let all = thinned(&all);
    let curve = |label: &str, colour, value: fn(&Belief) -> f64| Curve {
        label: label.to_string(),
        colour,
        points: all.iter().map(|(t, b)| (*t, value(b))).collect(),
    };
    let mut chart = view.over_time(
        title,
        "Probabilities of the hypothesis bank, by the flight software run again.".to_string(),
        "probability",
    );
    chart.y_ticks = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0].to_vec();
    chart.curves = vec![
        curve("all right", "--reference", |b| b.nominal),
        curve("ranges mean nothing", "--limit", |b| b.invalid),
        curve("navigation's altitude wrong", "--nav", |b| b.datum),
        curve("scale wrong", "--second", |b| b.scale),
    ];
    Some(chart)
}

/// Acceleration by thrust as commanded and as sensed, and the difference.
fn thrust(view: &View) -> Option<(Chart, Chart)> {
    let (commanded, sensed) = accelerations(view);
    let (_, high) = bounds(commanded.iter().chain(&sensed).map(|p: &(f64, f64)| p.1))?;
    let pairs = commanded.iter().zip(&sensed);
    let difference: Vec<(f64, f64)> = pairs.map(|(c, s)| (c.0, s.1 - c.1)).collect();
    let (low, most) = bounds(difference.iter().map(|p| p.1))?;
    let mut both = view.over_time(
        "Thrust commanded and sensed",
        "Specified thrust of the valves commanded over the mass believed on board, and the accelerometers; means of a second."
            .to_string(),
        "acceleration, m/s²",
    );
    both.y_ticks = ticks(0.0, high.max(0.1), 6.0);
    let curve = |label: &str, colour, points: &[(f64, f64)]| Curve {
        label: label.to_string(),
        colour,
        points: thinned(points),
    };
    both.curves =
        vec![curve("commanded", "--second", &commanded), curve("sensed", "--truth", &sensed)];
    let mut apart = view.over_time(
        "Thrust sensed less commanded",
        "The difference of the two; engines rise and fall within a second of each command."
            .to_string(),
        "acceleration, m/s²",
    );
    apart.y_ticks = ticks(low.min(-0.02), most.max(0.02), 6.0);
    apart.curves = vec![curve("", "--truth", &difference)];
    Some((both, apart))
}

/// Times, s, with their values.
type Points = Vec<(f64, f64)>;

/// Means over a second: acceleration by specified thrust of what was commanded, and by the accelerometers.
fn accelerations(view: &View) -> (Points, Points) {
    let told = &view.told;
    let machine = &told.mission.stand.scenario.vehicle.machine;
    let (mut commanded, mut sensed) = (Vec::new(), Vec::new());
    let (mut bin_s, mut sum_N, mut sum, mut count) = (f64::NEG_INFINITY, 0.0, [0.0; 3], 0.0);
    let mut masses = told.replayed.snapshots.iter().peekable();
    let mut mass_kg = f64::NAN;
    for (cycle, command) in told.evidence.cycles.iter().zip(&told.replayed.commanded) {
        let t_s = view.s(cycle.sensors.t);
        while let Some(snapshot) = masses.next_if(|s| s.t <= cycle.sensors.t) {
            mass_kg = snapshot.nav.mass_kg;
        }
        if t_s < view.from_s {
            continue;
        }
        if t_s >= bin_s + MEAN_S {
            if count > 0.0 {
                let norm = sum.iter().map(|x: &f64| x * x).sum::<f64>().sqrt();
                commanded.push((bin_s + 0.5 * MEAN_S, sum_N / count / mass_kg));
                sensed.push((bin_s + 0.5 * MEAN_S, norm / (count * CYCLE.s())));
            }
            if count > 0.0 && t_s > bin_s + 3.0 * MEAN_S {
                commanded.push((bin_s + MEAN_S, f64::NAN));
                sensed.push((bin_s + MEAN_S, f64::NAN));
            }
            (bin_s, sum_N, sum, count) = (t_s, 0.0, [0.0; 3], 0.0);
        }
        let frame_us = PULSE_FRAME.s() * 1e6;
        let assist = machine.assist.iter().zip(command.assist_on_us);
        let assist: f64 = assist.map(|(e, us)| e.thrust_N * f64::from(us) / frame_us).sum();
        sum_N += assist + if command.main_open { machine.main.thrust_N } else { 0.0 };
        sum.iter_mut().zip(cycle.sensors.imu.dv_B_m_s).for_each(|(sum, dv)| *sum += dv);
        count += 1.0;
    }
    (commanded, sensed)
}

/// A time that flights flown again count from their start.
pub(super) fn flown_s(view: &View, t_s: f64) -> f64 {
    view.s(view.told.flown_from + Span::from_s(t_s))
}
