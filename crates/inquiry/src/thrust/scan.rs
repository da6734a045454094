//! Every kind of fault of every engine, tried over the flight: which fits best, from when, until when.
//!
//! Owns: [`scan`], [`Tried`]. Does not own: the exact answer to a fault (`exact`), scatter (`scatter`).
//! As programmed: the change of level that a kind makes is v a with one number a (or one of a few v with a = 1); sums of
//! vᵀ W e, vᵀ W v and vᵀ W n over stretches of 0.1 s, n the engine's own column, give for any beginning and end
//!     ln p(a) − ln p(0) = a A − ½ a² J,   J = B − C²/(J₀ + 1/σ²),
//! the other columns neglected. What is gross bends the fit; it is looked for beside it, against coefficients from the
//! usual cycles and with J = B. Size and times are integrated out over their prior by Laplace's method.

use super::body::split;
use super::exact::LASTING;
use super::fit::Fit;
use super::levels::{Course, Series, name};
use crate::prior::{self, DURATION_S, SHARE_FOR_GOOD, SHARE_FROM_START, SIGMA_LN};
use icd::time::{Span, Time};
use truth::faulty::{Fault, FaultKind, Moment};
use truth::vehicle::Vehicle;

/// Cycles of one stretch.
pub(super) const GROUP: usize = 5;
pub(super) const GROUP_S: f64 = 0.1;
/// Stretches between two beginnings that are tried first.
const STRIDE: usize = 10;
/// Ends that are tried first, s after the beginning.
pub(super) const DURATIONS_S: [f64; 12] =
    [0.2, 0.4, 0.8, 1.5, 3.0, 5.0, 8.0, 14.0, 25.0, 40.0, 65.0, 100.0];
/// Shares of thrust and delays that are tried first.
const LIMITS: [f64; 7] = [0.97, 0.93, 0.87, 0.75, 0.6, 0.4, 0.2];
const DELAYS: [f64; 8] = [0.004, 0.01, 0.02, 0.035, 0.06, 0.1, 0.2, 0.4];

/// A share of thrust that is none: what lasts the model may be wrong by as much.
const NOTHING: f64 = LASTING;

/// What changes a level in a known way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Dead,
    StuckOn,
    /// Factor on the level.
    Scale(f64),
    /// Growth of that factor from one, 1/s.
    Drift(f64),
    /// Largest share.
    Saturation(f64),
    /// s.
    Latency(f64),
    /// See [`Rough`].
    Rough(Rough),
}

/// What spreads a level in a way that is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rough {
    /// Standard deviation of the level, its share.
    Noise(f64),
    /// Share of pulses that are missed.
    Dropout(f64),
}

impl Kind {
    pub fn name(self) -> &'static str {
        self.fault().name()
    }

    fn fault(self) -> FaultKind {
        match self {
            Self::Dead => FaultKind::Dead,
            Self::StuckOn => FaultKind::StuckOn,
            Self::Scale(factor) => FaultKind::Scale { factor },
            Self::Drift(rate) => FaultKind::Drift { rate: [rate; 3] },
            Self::Saturation(limit) => FaultKind::Saturation { limit },
            Self::Latency(latency_s) => FaultKind::Latency { latency_s },
            Self::Rough(Rough::Noise(sigma)) => FaultKind::Noise { sigma, growth: 0.0 },
            Self::Rough(Rough::Dropout(probability)) => FaultKind::Dropout { probability },
        }
    }

    /// Its number, where it has one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Dead | Self::StuckOn => None,
            Self::Scale(x) | Self::Drift(x) | Self::Saturation(x) | Self::Latency(x) => Some(x),
            Self::Rough(Rough::Noise(x) | Rough::Dropout(x)) => Some(x),
        }
    }

    /// Whether it is [`Kind::Dead`] by another name: an engine that gives nothing.
    pub fn is_dead(self) -> bool {
        match self {
            Self::Scale(share) | Self::Saturation(share) => share < NOTHING,
            // Gone before a frame is over.
            Self::Drift(rate) => rate * GROUP_S <= NOTHING - 1.0,
            Self::Rough(Rough::Dropout(share)) => share > 1.0 - NOTHING,
            _ => false,
        }
    }

    /// The same with another number.
    pub fn with(self, x: f64) -> Self {
        match self {
            Self::Dead | Self::StuckOn | Self::Rough(_) => self,
            Self::Scale(_) => Self::Scale(x),
            Self::Drift(_) => Self::Drift(x),
            Self::Saturation(_) => Self::Saturation(x),
            Self::Latency(_) => Self::Latency(x),
        }
    }
}

/// One fault of one engine as it fits best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried {
    pub thruster: usize,
    pub kind: Kind,
    /// Standard deviation of its number.
    pub sigma: f64,
    /// Beginning and end after the first cycle, s; 0 for "from the start", and how well they are known.
    pub from_s: f64,
    pub from_sigma_s: f64,
    pub until_s: Option<f64>,
    /// ln p(evidence | this) − ln p(evidence | nothing) at the best, and what integrating over size and times adds.
    pub at_best: f64,
    pub occam: f64,
}

impl Tried {
    pub fn gain(&self) -> f64 {
        self.at_best + self.occam
    }

    /// The fault as the machine's model takes it.
    pub fn fault(&self) -> Fault {
        Fault {
            on: name(self.thruster),
            kind: self.kind.fault(),
            from: Moment::After(Span::from_s(self.from_s)),
            until: self.until_s.map(|s| Moment::After(Span::from_s(s))),
        }
    }

    /// Time of its beginning.
    pub fn from(&self, start: Time) -> Time {
        start + Span::from_s(self.from_s)
    }
}

/// Sums over the stretches before each: A, B, C of a constant factor, and moments in time for a growing one.
struct Sums {
    rows: Vec<[f64; 8]>,
    own: f64,
    /// Spread of the engine's own column, squared; `None` where no column follows.
    spread2: Option<f64>,
}

/// ln p and what a window's amplitude must be.
#[derive(Clone, Copy)]
struct Window {
    along: f64,
    square: f64,
}

impl Sums {
    /// Of a change of `level` and `turning` by cycle.
    fn of(
        (fit, gross): (&Fit, bool),
        thruster: usize,
        series: &Series,
        change: impl Fn(usize) -> (f64, f64),
    ) -> Self {
        let cycles = series.level.len();
        let mut rows = Vec::with_capacity(cycles / GROUP + 2);
        let mut sum = [0.0; 8];
        let mut own = 0.0;
        let we = if gross { &fit.we_usual } else { &fit.we };
        rows.push(sum);
        for (k, we) in we.iter().enumerate().take(cycles) {
            let (x, u) = (series.level[k], series.turning[k]);
            let (dx, du) = change(k);
            if dx != 0.0 || du != 0.0 || x != 0.0 || u != 0.0 {
                let answer = fit.answer(k, thruster);
                let v = split(answer, dx, du);
                let n = split(answer, x, u);
                let wv = v.component_mul(&fit.w[k]);
                let (a, b, c) = (v.dot(we), wv.dot(&v), wv.dot(&n));
                let t = k as f64 * 0.02;
                let adds = [a, b, c, a * t, b * t, b * t * t, c * t];
                sum.iter_mut().zip(adds).for_each(|(sum, add)| *sum += add);
                own += n.component_mul(&fit.w[k]).dot(&n);
            }
            if (k + 1) % GROUP == 0 {
                rows.push(sum);
            }
        }
        rows.push(sum);
        let sigma = fit.prior[3 * thruster];
        Self { rows, own, spread2: (!gross).then_some(sigma * sigma) }
    }

    fn groups(&self) -> usize {
        self.rows.len() - 1
    }

    /// Of a constant change between two stretches.
    fn constant(&self, from: usize, until: usize) -> Window {
        let [a, b, c, ..] = self.between(from, until);
        Window { along: a, square: self.left(b, c) }
    }

    /// Of a change that grows from the first.
    fn growing(&self, from: usize, until: usize) -> Window {
        let t = from as f64 * GROUP_S;
        let [a, b, c, at, bt, btt, ct, _] = self.between(from, until);
        let square = btt - 2.0 * t * bt + t * t * b;
        Window { along: at - t * a, square: self.left(square, ct - t * c) }
    }

    fn between(&self, from: usize, until: usize) -> [f64; 8] {
        let (first, last) = (&self.rows[from], &self.rows[until.min(self.groups())]);
        core::array::from_fn(|n| last[n] - first[n])
    }

    fn left(&self, square: f64, with: f64) -> f64 {
        let follows = |spread2: f64| with * with / (self.own + 1.0 / spread2);
        (square - self.spread2.map_or(0.0, follows)).max(1e-9)
    }
}

/// How the number enters a window.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Constant,
    Growing,
}

/// One kind over all windows.
struct Search<'a> {
    sums: &'a Sums,
    shape: Shape,
    /// Amplitudes that are allowed: one, or any that the number gives.
    kind: Kind,
    thruster: usize,
    flight_s: f64,
}

impl Search<'_> {
    fn window(&self, from: usize, until: usize) -> Window {
        match self.shape {
            Shape::Constant => self.sums.constant(from, until),
            Shape::Growing => self.sums.growing(from, until),
        }
    }

    /// The best amplitude and its worth.
    fn best(&self, from: usize, until: usize) -> (f64, f64, f64) {
        let Window { along, square } = self.window(from, until);
        let a = match self.kind {
            Kind::Scale(_) => (along / square).clamp(-11.0, 9.0),
            Kind::Drift(_) => (along / square).clamp(-1.0, 1.0),
            Kind::Dead => -1.0,
            _ => 1.0,
        };
        (a, a * along - 0.5 * a * a * square, square)
    }

    /// The best window: from, until (`None`: to the end) and its worth with the prior of its times.
    fn search(&self) -> (usize, Option<usize>, f64) {
        let groups = self.sums.groups();
        let worth = |from: usize, until: Option<usize>| {
            let width = self.best(from, until.unwrap_or(groups)).1;
            width + self.times(from, until, 1.0)
        };
        let mut best = (0, None, worth(0, None));
        let mut take = |from: usize, until: Option<usize>| {
            let now = worth(from, until);
            if now > best.2 {
                best = (from, until, now);
            }
        };
        for from in (0..groups).step_by(STRIDE) {
            take(from, None);
            for duration_s in DURATIONS_S {
                let until = from + (duration_s / GROUP_S) as usize;
                if until < groups {
                    take(from, Some(until));
                }
            }
        }
        let mut step = STRIDE * 2;
        while step > 0 {
            let before = best.2;
            let (from, until, _) = best;
            for moved in [from.saturating_sub(step), (from + step).min(groups - 1)] {
                for end in [until, until.map(|end| end + moved - from.min(end + moved))] {
                    if end.is_none_or(|end| end > moved && end < groups) {
                        let now = worth(moved, end);
                        best = if now > best.2 { (moved, end, now) } else { best };
                    }
                }
            }
            if let (from, Some(end), _) = best {
                for moved in [end.saturating_sub(step), end + step] {
                    if moved > from && moved < groups {
                        let now = worth(from, Some(moved));
                        best = if now > best.2 { (from, Some(moved), now) } else { best };
                    }
                }
            }
            // What is no number is no better either.
            let better = best.2 > before;
            if !better {
                step /= 2;
            }
        }
        best
    }

    /// ln of the prior of a window whose edges are known to `width` stretches.
    fn times(&self, from: usize, until: Option<usize>, width: f64) -> f64 {
        let begins = match from {
            0 => libm::log(SHARE_FROM_START),
            _ => libm::log((1.0 - SHARE_FROM_START) * (width * GROUP_S / self.flight_s).min(1.0)),
        };
        let ends = match until {
            None => libm::log(SHARE_FOR_GOOD),
            Some(until) => {
                let duration_s = ((until - from) as f64 * GROUP_S).max(DURATION_S.0);
                let beyond = if duration_s > DURATION_S.1 { -20.0 } else { 0.0 };
                let per_s = 1.0 / (duration_s * libm::log(DURATION_S.1 / DURATION_S.0));
                beyond + libm::log((1.0 - SHARE_FOR_GOOD) * per_s * width * GROUP_S)
            }
        };
        begins + ends
    }

    /// How well an edge is known, stretches: two over the loss by a shift of one.
    fn width(&self, shifted: f64, best: f64) -> f64 {
        (2.0 / (best - shifted).max(1e-3)).min(200.0)
    }

    fn tried(&self) -> Option<Tried> {
        let (from, until, _) = self.search();
        let groups = self.sums.groups();
        let end = until.unwrap_or(groups);
        let (a, at_best, square) = self.best(from, end);
        let kind = match self.kind {
            Kind::Scale(_) => Kind::Scale(1.0 + a),
            Kind::Drift(_) => Kind::Drift(a),
            kind => kind,
        };
        let shifted = |from: usize, end: usize| self.best(from.min(end - 1), end).1;
        let later = shifted(from + 1, end).max(shifted(from.saturating_sub(1), end));
        let begins = if from == 0 { 1.0 } else { self.width(later, at_best) };
        let sooner = shifted(from, (end - 1).max(from + 1)).max(shifted(from, end + 1));
        let ends = if until.is_none() { 1.0 } else { self.width(sooner, at_best) };
        let times = (self.times(from, until, 1.0)
            + if from == 0 { 0.0 } else { libm::log(begins) }
            + if until.is_none() { 0.0 } else { libm::log(ends) })
        .min(libm::log(0.25));
        let sigma = match self.kind {
            Kind::Scale(_) | Kind::Drift(_) => 1.0 / square.sqrt(),
            Kind::Saturation(limit) => 0.05 * (1.0 - limit),
            Kind::Latency(s) => 0.05 * s,
            _ => 0.0,
        };
        let size = size(&name(self.thruster), kind, sigma);
        let from_sigma_s = if from == 0 { 0.0 } else { 0.3 * begins * GROUP_S };
        (at_best > 1.0 && size.is_finite()).then_some(Tried {
            thruster: self.thruster,
            kind,
            sigma,
            from_s: from as f64 * GROUP_S,
            from_sigma_s,
            until_s: until.map(|until| until as f64 * GROUP_S),
            at_best,
            occam: size + times,
        })
    }
}

/// ln of the prior of a number that is known to `sigma`, integrated over it.
pub(super) fn size(on: &str, kind: Kind, sigma: f64) -> f64 {
    let (Some(x), Some(law)) = (kind.number(), prior::sizes(on, kind.name()).into_iter().next())
    else {
        return 0.0;
    };
    let z = law.z(x);
    let density = -0.5 * z * z - 0.5 * libm::log(core::f64::consts::TAU);
    // How far z moves with the number.
    let distance = match law.law {
        prior::Law::Factor => (x - 1.0).abs(),
        _ => x.abs(),
    };
    let sigma_z = (sigma / (SIGMA_LN * distance.max(1e-12))).max(1e-6);
    let width = libm::log(sigma_z * core::f64::consts::TAU.sqrt()).min(0.0);
    let signs = match law.law {
        prior::Law::Signed | prior::Law::Factor => -core::f64::consts::LN_2,
        _ => 0.0,
    };
    // Where the number is hardly known the prior's own mass counts and not its density.
    (density + width).min(0.0) + signs
}

/// The best of every kind of one engine.
///
/// `gross`: against what a healthy machine made of its usual cycles, nothing following what is unusual; else against the
/// fit to all.
pub(super) fn scan(
    fit: &Fit,
    vehicle: &Vehicle,
    course: &Course,
    series: &[Series],
    thruster: usize,
    gross: bool,
) -> Vec<Tried> {
    let Some(own) = series.get(thruster).filter(|own| own.level.len() > 10 * GROUP) else {
        return Vec::new();
    };
    let flight_s = own.level.len() as f64 * 0.02;
    let search = |sums: &Sums, shape: Shape, kind: Kind| {
        Search { sums, shape, kind, thruster, flight_s }.tried()
    };
    let mut out = Vec::new();
    let factor = Sums::of((fit, gross), thruster, own, |k| (own.level[k], own.turning[k]));
    out.extend(search(&factor, Shape::Constant, Kind::Scale(1.0)));
    out.extend(search(&factor, Shape::Constant, Kind::Dead));
    out.extend(search(&factor, Shape::Growing, Kind::Drift(0.0)));
    let open =
        Sums::of((fit, gross), thruster, own, |k| (1.0 - own.level[k], 1.0 - own.turning[k]));
    out.extend(search(&open, Shape::Constant, Kind::StuckOn));
    let best = |tried: Vec<Option<Tried>>| {
        tried.into_iter().flatten().max_by(|a, b| a.gain().total_cmp(&b.gain()))
    };
    let limited = LIMITS.map(|limit| {
        let cut = |x: f64| x.min(limit) - x;
        let sums =
            Sums::of((fit, gross), thruster, own, |k| (cut(own.level[k]), cut(own.turning[k])));
        search(&sums, Shape::Constant, Kind::Saturation(limit))
    });
    out.extend(best(limited.into()));
    let late = DELAYS.map(|latency_s| {
        let fault = Fault {
            on: name(thruster),
            kind: FaultKind::Latency { latency_s },
            from: Moment::After(Span::from_s(0.0)),
            until: None,
        };
        let late = course.series(vehicle, thruster, &[fault]);
        let change = |k: usize| (late.level[k] - own.level[k], late.turning[k] - own.turning[k]);
        search(
            &Sums::of((fit, gross), thruster, own, change),
            Shape::Constant,
            Kind::Latency(latency_s),
        )
    });
    out.extend(best(late.into()));
    out
}
