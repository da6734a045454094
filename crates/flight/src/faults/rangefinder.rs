//! What to believe about the rangefinder: gate, lock-out or re-acquisition, stuck and late.
//!
//! Owns: [`RangeWatch`]. The two configurations of the project meet here in one code base.
//! Re-acquisition, derived: rejected innovations over a few seconds are fitted by ν(t) = a + b t. A
//! healthy sensor over ground that navigation does not expect is repeatable (scatter near its noise)
//! and follows the inertial motion (b near 0); a failed sensor is not. Then the altitude, not the
//! sensor, is wrong, and its variance is widened by a².

use crate::load::{Gate, Load};
use crate::nav::aid::{EMPTY, Prediction, put, slant_range};
use crate::nav::covariance::{P, Row};
use crate::nav::state::Pose;
use crate::nav::{Nav, Site, filter};
use icd::bus::{ShotQuality, SlantRange};
use icd::constants::MOON_RADIUS_M;
use icd::events::Event;
use icd::time::Time;
use icd::tm::{Innovation, Outcome, Use};
use nalgebra::Vector3;

use crate::announce::Announce;

/// Rejected samples kept, and how many must agree.
const WINDOW: usize = 30;
const WINDOW_MIN: usize = 15;
/// The window reaches back this far, s.
const WINDOW_S: f64 = 3.0;
/// Least time between re-initialisations, s, and how many a descent may see.
const REINITIALISE_S_MIN: f64 = 5.0;
const REINITIALISE_COUNT_MAX: u32 = 4;
/// Exact repeats that make a sensor stuck.
const REPEATS: u32 = 4;
/// Prior altitude deviation above which a range is underweighted, m.
const WIDE_M: f64 = 100.0;
/// Silence inside the reach that makes the sensor late, s.
const LATE_S: f64 = 3.0;
/// Probability of a late rangefinder before it was missed, and after. Assumed: one landing in five; once
/// silent in its reach it is late for certain but for a slow start.
const LATE_PRIOR: f64 = 0.2;
const LATE: f64 = 0.98;
/// Terrain slope that the rate test allows for, tan: the 99 % slope of a mare at 100 m is near 0.1.
const SLOPE: f64 = 0.1;

/// Heights above the reference sphere that a landing can pass through, m: the Moon's lowest ground lies near
/// −9 km, braking begins near 20 km; by physics, not by navigation.
const HEIGHT_M_MIN: f64 = -10_000.0;
const HEIGHT_M_MAX: f64 = 30_000.0;

/// Memory about the rangefinder.
#[derive(Clone, Debug)]
pub struct RangeWatch {
    window: [Option<(Time, f64)>; WINDOW],
    next: usize,
    in_a_row: u32,
    last_range_m: f32,
    repeats: u32,
    reinitialised: u32,
    t_reinitialised: Option<Time>,
    t_in_reach: Option<Time>,
    last_hit_M: Option<Vector3<f64>>,
    /// Shut out for good.
    pub locked_out: bool,
    /// Silent where it should see the ground.
    pub late: bool,
    /// Repeats itself.
    pub stuck: bool,
    /// Some range has been fused.
    pub acquired: bool,
}

impl RangeWatch {
    /// Nothing known yet.
    pub const fn new() -> Self {
        Self {
            window: [None; WINDOW],
            next: 0,
            in_a_row: 0,
            last_range_m: f32::NAN,
            repeats: 0,
            reinitialised: 0,
            t_reinitialised: None,
            t_in_reach: None,
            last_hit_M: None,
            locked_out: false,
            late: false,
            stuck: false,
            acquired: false,
        }
    }

    /// Probability that the ground is not seen by the planned altitude but somewhere below.
    pub fn late_probability(&self) -> f64 {
        if self.late { LATE } else { LATE_PRIOR }
    }

    /// Altitude that braking decisions use while it is open whether the rangefinder or navigation is wrong,
    /// m: the lower of the two.
    pub fn low_altitude_m(&self, nav_altitude_m: f64) -> f64 {
        nav_altitude_m
    }

    /// It is open whether the rangefinder or navigation is wrong.
    pub fn unresolved(&self) -> bool {
        false
    }

    /// Takes one shot through gate and bookkeeping.
    pub fn take(
        &mut self,
        load: &Load,
        site: &Site,
        nav: &mut Nav,
        shot: &SlantRange,
        line: &mut Innovation,
        announce: &mut Announce,
    ) {
        let measured = f64::from(shot.range_m);
        match shot.quality {
            ShotQuality::Valid => {}
            ShotQuality::NoReturn => {
                self.watch_silence(load, site, nav, shot.t, announce);
                return;
            }
            ShotQuality::Fault => {
                announce.edge(Event::RangefinderFault, line.outcome != Outcome::Unusable);
                filter::note(line, measured, None, 0.0, Outcome::Unusable);
                return;
            }
        }
        self.watch_repeats(shot.range_m, announce);
        let Some(pose) = nav.history.at(shot.t) else {
            announce.edge(Event::TimeTagRefused, filter::refuse_tag(line));
            return;
        };
        let usable = !self.stuck && measured.is_finite();
        let echo = if usable { self.expected(load, site, nav, &pose) } else { None };
        let Some(prediction) = echo else {
            filter::note(line, measured, None, 0.0, Outcome::Unusable);
            return;
        };
        let mut c = filter::compare(nav, &prediction, measured);
        let gate = match load.faults.gate {
            Gate::Fixed { half_width_m, .. } => half_width_m * range_per_height(nav, &prediction.h),
            Gate::Sigma { k } => k * c.sigma,
        };
        // As flown: the first range of all is what the gate is laid around.
        let first = !self.acquired && matches!(load.faults.gate, Gate::Fixed { .. });
        let mut inside = first || c.nu.abs() <= gate || line.usage == Use::Force;
        if self.locked_out || line.usage == Use::Inhibit {
            let why = if self.locked_out { Outcome::LockedOut } else { Outcome::Inhibited };
            filter::note(line, measured, Some(&c), gate, why);
            return;
        }
        if !inside {
            self.reject(load, shot.t, c.nu, announce);
            if load.faults.reacquire
                && let Some(step_m) = self.consistent(load, nav, shot.t, prediction.r)
            {
                widen(nav, step_m);
                c = filter::compare(nav, &prediction, measured);
                inside = true;
                self.reinitialised += 1;
                self.t_reinitialised = Some(shot.t);
                announce.now(Event::RangefinderReacquired);
            }
        }
        if inside {
            self.in_a_row = 0;
            self.window = [None; WINDOW];
            self.t_in_reach = None;
            self.late = false;
            announce.edge(Event::RangefinderAcquired, !self.acquired);
            self.acquired = true;
            filter::fuse(nav, &c, WIDE_M);
        }
        let outcome = if inside { Outcome::Fused } else { Outcome::Rejected };
        filter::note(line, measured, Some(&c), gate, outcome);
    }

    /// What the shot at `pose` should read; lets the terrain bias fade with the ground passed since.
    fn expected(
        &mut self,
        load: &Load,
        site: &Site,
        nav: &mut Nav,
        pose: &Pose,
    ) -> Option<Prediction> {
        let echo = slant_range::predict(load, site, nav, pose)?;
        let travel = self.last_hit_M.map_or(0.0, |last| (echo.hit_M - last).norm_squared());
        self.last_hit_M = Some(echo.hit_M);
        if !load.faults.use_map {
            return Some(echo.prediction);
        }
        nav.forget_terrain(load, libm::sqrt(travel));
        slant_range::predict(load, site, nav, pose).map(|echo| echo.prediction)
    }

    fn watch_repeats(&mut self, range_m: f32, announce: &mut Announce) {
        let same = range_m.to_bits() == self.last_range_m.to_bits();
        self.repeats = if same { self.repeats.saturating_add(1) } else { 0 };
        self.last_range_m = range_m;
        let stuck = self.repeats >= REPEATS;
        announce.edge(Event::RangefinderStuck, stuck && !self.stuck);
        self.stuck = stuck;
    }

    /// Silence counts only where the beam surely reaches the ground.
    fn watch_silence(
        &mut self,
        load: &Load,
        site: &Site,
        nav: &Nav,
        t: Time,
        announce: &mut Announce,
    ) {
        let reach_m = 0.9 * load.vehicle.rangefinder.range_m_max;
        let pose = nav.history.at(t);
        let expected = pose.and_then(|pose| {
            let p = slant_range::predict(load, site, nav, &pose)?.prediction;
            let c = filter::compare(nav, &p, p.value);
            Some(p.value + c.sigma)
        });
        if expected.is_none_or(|range_m| range_m > reach_m) {
            self.t_in_reach = None;
            return;
        }
        let since = *self.t_in_reach.get_or_insert(t);
        if (t - since).s() >= LATE_S {
            announce.edge(Event::RangefinderLate, !self.late);
            self.late = true;
        }
    }

    fn reject(&mut self, load: &Load, t: Time, nu: f64, announce: &mut Announce) {
        announce.edge(Event::RangeRejected, self.in_a_row == 0);
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Some(slot) = self.window.get_mut(self.next) {
            *slot = Some((t, nu));
        }
        self.next = (self.next + 1) % WINDOW;
        if let Gate::Fixed { lock_out_after, .. } = load.faults.gate
            && self.in_a_row >= lock_out_after
        {
            self.locked_out = true;
            announce.now(Event::RangefinderLockedOut);
        }
    }

    /// The altitude step that the rejected ranges agree on, m; `None` while they do not.
    fn consistent(&self, load: &Load, nav: &Nav, t: Time, r: f64) -> Option<f64> {
        let soon = self.t_reinitialised.is_some_and(|last| (t - last).s() < REINITIALISE_S_MIN);
        if soon || self.reinitialised >= REINITIALISE_COUNT_MAX {
            return None;
        }
        let samples = || {
            let kept = self.window.iter().flatten();
            kept.map(|(at, nu)| ((*at - t).s(), *nu)).filter(|(x, _)| *x > -WINDOW_S)
        };
        let n = samples().count();
        if n < WINDOW_MIN {
            return None;
        }
        let count = n as f64;
        let mean_t = samples().map(|(x, _)| x).sum::<f64>() / count;
        let mean = samples().map(|(_, y)| y).sum::<f64>() / count;
        let stt = samples().map(|(x, _)| (x - mean_t) * (x - mean_t)).sum::<f64>();
        if stt < 0.5 {
            return None;
        }
        let sty = samples().map(|(x, y)| (x - mean_t) * (y - mean)).sum::<f64>();
        let slope = sty / stt;
        let residual = |(x, y): (f64, f64)| y - mean - slope * (x - mean_t);
        let scatter = samples().map(residual).map(|e| e * e).sum::<f64>() / (count - 2.0);
        let v = nav.v_ground_I(load).si();
        let up = nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0);
        let v_up = v.dot(&up);
        let v_horizontal = libm::sqrt((v.norm_squared() - v_up * v_up).max(0.0));
        let sigma_v = libm::sqrt(nav.covariance.variance(crate::nav::covariance::V, &up));
        let rough_m = 10.0;
        let sigma_b2 = scatter / stt;
        let rate = libm::sqrt(sigma_b2 + sigma_v * sigma_v + libm::pow(v_horizontal * SLOPE, 2.0));
        let repeatable = scatter < 9.0 * (r + rough_m * rough_m);
        let follows = slope.abs() < 3.0 * rate.max(0.5);
        let step_m = mean - slope * mean_t;
        let height_m = nav.p_MB_I.norm() - MOON_RADIUS_M + step_m;
        let plausible = height_m > HEIGHT_M_MIN && height_m < HEIGHT_M_MAX;
        (repeatable && follows && plausible).then_some(step_m)
    }
}

impl Default for RangeWatch {
    fn default() -> Self {
        Self::new()
    }
}

/// How much range one metre of height makes along this beam.
fn range_per_height(nav: &Nav, h: &Row) -> f64 {
    let up = nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0);
    h.iter().skip(P).take(3).zip(up.iter()).map(|(h, u)| h * u).sum::<f64>().abs().max(1.0)
}

/// Widens the radial position variance by `step_m` squared.
fn widen(nav: &mut Nav, step_m: f64) {
    let up = nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0);
    let mut a = EMPTY;
    put(&mut a, P, up);
    nav.covariance.add(&a, step_m * step_m);
}
