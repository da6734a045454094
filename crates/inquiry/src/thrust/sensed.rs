//! Accelerometers that begin to be off in flight, as the balance of the engines shows.
//!
//! Owns: [`sensed`]. Does not own: what is off from the start (`motion`: masses and engines may make that up).
//! As programmed: what is felt beyond the fitted machine is a step, a growth or a share of what was sensed, of one size for
//! the three axes, each with its own sign (`prior`). Sums over stretches of 0.1 s give ½ u²/w for every beginning and end,
//! against what the usual cycles say of the machine but for its offsets in stretches; the best window is weighed exactly, with all that the machine may make
//! up for, and its size integrated out.

use super::body::Six;
use super::exact::errors;
use super::fit::{Fit, Given};
use super::scan::{DURATIONS_S, GROUP, GROUP_S};
use crate::finding::{Cause, Channel, Device, Fault, Finding, Fitted, Grade, Seen};
use crate::motion::size_evidence;
use crate::prior::{self, DURATION_S, Law, SHARE_FOR_GOOD, SHARE_FROM_START, Size};
use icd::bus::CYCLE;
use icd::time::{Span, Time};

/// Stretches between two beginnings that are tried first, and those by which the best is moved.
const STRIDE: usize = 10;
const MOVES: [usize; 4] = [8, 4, 2, 1];
/// Less than this says nothing, nats.
const LEAST: f64 = 1.0;

/// How an error of the accelerometers goes on from its beginning.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Step,
    Growth,
    Share,
}

/// Sums over the stretches before each, of each axis: W e, W, both times t, W t², and those of what was sensed.
type Row = [[f64; 7]; 3];

/// One kind of error.
struct Kind<'a> {
    name: &'static str,
    shape: Shape,
    sizes: Vec<Size>,
    fit: &'a Fit,
    given: &'a Given<'a>,
    rows: &'a [Row],
}

/// A window in stretches.
#[derive(Clone, Copy)]
struct Window {
    from: usize,
    until: Option<usize>,
}

fn rows(fit: &Fit, given: &Given<'_>) -> Vec<Row> {
    let mut sum = [[0.0; 7]; 3];
    let mut out = vec![sum];
    for (k, we) in fit.we_usual.iter().enumerate() {
        let t = k as f64 * CYCLE.s();
        let offset = fit.offset(k);
        for (n, own) in sum.iter_mut().enumerate() {
            let (w, s) = (fit.w[k][n], given.felt.sensed[k][n]);
            let e = we[n] + w * offset[n];
            let adds = [e, w, e * t, w * t, w * t * t, e * s, w * s * s];
            own.iter_mut().zip(adds).for_each(|(own, add)| *own += add);
        }
        if (k + 1) % GROUP == 0 {
            out.push(sum);
        }
    }
    out
}

impl Kind<'_> {
    fn groups(&self) -> usize {
        self.rows.len() - 1
    }

    /// One of the typical size.
    fn typical(&self) -> f64 {
        let size = &self.sizes[0];
        if size.law == Law::Factor { size.typical - 1.0 } else { size.typical }
    }

    /// u and w of each axis, for the typical size.
    fn axes(&self, window: Window) -> [[f64; 2]; 3] {
        let last = &self.rows[window.until.unwrap_or(self.groups())];
        let first = &self.rows[window.from];
        let (t, c) = (window.from as f64 * GROUP_S, self.typical());
        std::array::from_fn(|n| {
            let [e, w, et, wt, wtt, es, wss] = std::array::from_fn(|i| last[n][i] - first[n][i]);
            let (u, w) = match self.shape {
                Shape::Step => (e, w),
                Shape::Growth => (et - t * e, wtt - 2.0 * t * wt + t * t * w),
                Shape::Share => (es, wss),
            };
            [c * u, c * c * w]
        })
    }

    /// Signs of the axes that fit best.
    fn signs(&self, axes: &[[f64; 2]; 3]) -> [f64; 3] {
        let sum: f64 = axes.iter().map(|[u, _]| u).sum();
        axes.map(|[u, _]| if self.shape == Shape::Share { sum } else { u }.signum())
    }

    fn worth(&self, window: Window) -> f64 {
        let axes = self.axes(window);
        let u: f64 = axes.iter().zip(self.signs(&axes)).map(|([u, _], sign)| u * sign).sum();
        let w: f64 = axes.iter().map(|[_, w]| w).sum();
        if w > 0.0 { 0.5 * u * u / w + self.times(window) } else { f64::NEG_INFINITY }
    }

    /// ln of the prior of a window whose edges are known to a stretch.
    fn times(&self, window: Window) -> f64 {
        let flight_s = self.groups() as f64 * GROUP_S;
        let begins = libm::log((1.0 - SHARE_FROM_START) * GROUP_S / flight_s);
        let ends = window.until.map_or(SHARE_FOR_GOOD, |until| {
            let lasts_s = (until - window.from) as f64 * GROUP_S;
            let range = libm::log(DURATION_S.1 / DURATION_S.0);
            (1.0 - SHARE_FOR_GOOD) * GROUP_S / (lasts_s.max(DURATION_S.0) * range)
        });
        begins + libm::log(ends)
    }

    fn best(&self) -> Option<Window> {
        let groups = self.groups();
        let mut best: Option<(f64, Window)> = None;
        let mut take = |window: Window| {
            let Window { from, until } = window;
            let inside = from > 0 && from < until.unwrap_or(groups) && until.unwrap_or(0) < groups;
            let own = if inside { self.worth(window) } else { f64::NEG_INFINITY };
            if own > best.map_or(0.0, |(top, _)| top) {
                best = Some((own, window));
            }
            best
        };
        for from in (STRIDE..groups).step_by(STRIDE) {
            take(Window { from, until: None });
            for duration_s in DURATIONS_S {
                take(Window { from, until: Some(from + (duration_s / GROUP_S) as usize) });
            }
        }
        for step in MOVES {
            for _ in 0..STRIDE {
                let (_, Window { from, until }) = take(Window { from: 0, until: None })?;
                for moved in [from.saturating_sub(step), from + step] {
                    take(Window { from: moved, until });
                }
                for moved in until.iter().flat_map(|end| [end.saturating_sub(step), end + step]) {
                    take(Window { from, until: Some(moved) });
                }
            }
        }
        best.map(|(_, window)| window)
    }

    /// What the best window is worth, and how much of that the model's errors may be.
    fn finding(&self, start: Time) -> Option<(Finding, f64)> {
        let window = self.best()?;
        let Window { from, until } = window;
        let (signs, c) = (self.signs(&self.axes(window)), self.typical());
        let end = until.unwrap_or(self.groups()) * GROUP;
        let cycles = from * GROUP..end.min(self.fit.w.len());
        let since_s = |k: usize| (k as f64 - cycles.start as f64) * CYCLE.s();
        let felt = |k: usize| {
            let one = |n: usize| match self.shape {
                Shape::Step => c,
                Shape::Growth => c * since_s(k),
                Shape::Share => c * self.given.felt.sensed[k][n],
            };
            let known = self.fit.w[k].max() > 0.0;
            known.then(|| Six::from_fn(|n, _| if n < 3 { signs[n] * one(n) } else { 0.0 }))
        };
        let (u, w) = self.fit.worth_of(self.given, cycles.clone(), felt);
        if u <= 0.0 || w <= 0.0 {
            return None;
        }
        let share = self.shape == Shape::Share;
        let ln_signs = if share { 1.0 } else { 3.0 } * core::f64::consts::LN_2;
        let gain = size_evidence(u, w) - ln_signs + self.times(window);
        let at_best = 0.5 * u * u / w;
        let wrong = at_best - at_best / (1.0 + errors(cycles.len() as f64));
        let (size, sigma) = (u / w, 1.0 / w.sqrt());
        let numbers = self.sizes.iter().zip(signs).map(|(one, sign)| Fitted {
            key: one.key.clone(),
            value: if share { 1.0 } else { 0.0 } + c * size * sign,
            sigma: (c * sigma).abs(),
        });
        let at = |group: usize| start + Span::from_s(group as f64 * GROUP_S);
        let fault = Fault {
            cause: Cause { on: Device::Accelerometers.name().to_string(), kind: self.name },
            numbers: numbers.collect(),
            from: (at(from), GROUP_S),
            until: until.map(at),
        };
        let text = format!(
            "all engines together give other specific forces than are sensed from {:.1} s after the first cycle on",
            from as f64 * GROUP_S
        );
        let seen = vec![Seen { t: Some(at(from)), grade: Grade::Derived, text }];
        let found = Finding { channel: Channel::Thrust, faults: vec![fault], gain, seen };
        (gain > LEAST).then_some((found, wrong))
    }
}

/// What the accelerometers may have begun to be off by, each kind with how much of its gain the model's errors may be.
pub(super) fn sensed(fit: &Fit, given: &Given<'_>, start: Time) -> Vec<(Finding, f64)> {
    let rows = rows(fit, given);
    let kinds = [("bias", Shape::Step), ("drift", Shape::Growth), ("scale", Shape::Share)];
    let one = |(name, shape)| {
        let sizes = prior::sizes(Device::Accelerometers.name(), name);
        let kind = Kind { name, shape, sizes, fit, given, rows: &rows };
        (!kind.sizes.is_empty()).then(|| kind.finding(start)).flatten()
    };
    kinds.into_iter().filter_map(one).collect()
}
