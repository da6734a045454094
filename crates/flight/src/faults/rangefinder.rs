//! What to believe about a ranging sensor: time tags, repeats, noise, gate, distrust, a new altitude.
//!
//! Owns: [`RangeWatch`], one a ranging sensor. The two configurations of the project meet here in one
//! code base: as flown, a fixed gate with a lock-out; resilient, the hypothesis bank ([`super::bank`])
//! decides what a disagreement means, and no decision is for good.
//! Without the bank a new altitude needs what the bank weighs: rejected ranges that lie close to a line
//! (repeatable) whose slope is that of the inertial motion (the rate test).
//! A new altitude is the step's square added to the altitude's variance, then the range fused as any.

use super::bank::{self, Bank};
use super::table;
use super::window::{Line, Window};
use crate::announce::Announce;
use crate::load::{Gate, Legacy, Load};
use crate::nav::aid::{Prediction, slant_range};
use crate::nav::covariance::{P, Row, V};
use crate::nav::filter::{self, Comparison};
use crate::nav::{Nav, Site};
use icd::bus::{ShotQuality, SlantRange};
use icd::constants::MOON_RADIUS_M;
use icd::events::Event;
use icd::time::{Span, Time};
use icd::tm::{Belief, Innovation, Outcome};
use nalgebra::{Matrix3, Vector3};

/// The rate test looks back this far, s; samples that it needs, with the bank and without.
const RATE_S: f64 = 2.5;
const RATE_SAMPLES: usize = 8;
const ALONE_S: f64 = 3.0;
const ALONE_SAMPLES: usize = 15;
/// Prior altitude deviation above which a range is underweighted, m.
const WIDE_M: f64 = 100.0;
/// Terrain slope that the rate test allows for, tan: the 99 % slope of a mare at 100 m is near 0.1.
const SLOPE: f64 = 0.1;
/// Roughness that a repeatable sensor may show, m.
const ROUGH_M: f64 = 10.0;
/// A count that is spent allows one more after this time, s. Assumed.
const FORGIVEN_S: f64 = 60.0;
/// Deviation that a locked altitude is granted beside its own, m. Source: prototype §4.4.
const LOCKED_M: f64 = 40.0;
/// Noise is measured over this time, s, and counts from this factor on.
const NOISE_S: f64 = 3.2;
const NOISE_FACTOR: f64 = 2.0;
/// Noise above this share of the range is no noise but nonsense. Assumed.
const NOISE_SHARE_MAX: f64 = 0.1;
/// Smallest spread by motion that shows a frozen sensor, m.
const FROZEN_M: f64 = 5.0;
/// Age of a range whose tag is replaced, s, and the time that it is granted for error.
const USUAL_AGE: Span = Span::from_ms(100);
const TAG_ERROR_S: f64 = 0.5;
/// Chance of an echo well inside the reach, and time after which a silence is another look, s.
const ECHO: f64 = 0.9;
const LOOK_S: f64 = 0.5;
/// Prior probability of a healthy sensor, as log-odds: 0.99; and the most that looks can make of it.
const HEALTH: f64 = 4.595;
const HEALTH_MIN: f64 = -6.0;
/// Probability of a late sensor before it was missed: one landing in twenty, assumed.
const LATE_PRIOR: f64 = 0.05;
/// Disagreement counts for guidance at the most this long, s: caution costs propellant. Assumed.
const UNRESOLVED_S: f64 = 20.0;

/// Heights above the reference sphere that a landing can pass through, m: the Moon's lowest ground lies near
/// −9 km, braking begins near 20 km; by physics, not by navigation.
const HEIGHT_M_MIN: f64 = -10_000.0;
const HEIGHT_M_MAX: f64 = 30_000.0;

/// Which sensor is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranging {
    /// The laser rangefinder.
    Rangefinder,
    /// The radar altimeter.
    RadarAltimeter,
}

/// What one watch tells another about a wrong altitude.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer {
    /// Probability that the altitude is wrong.
    pub datum: f64,
    /// Probability that sensor and navigation are right.
    pub nominal: f64,
    /// By how much the lander is higher, m, and the deviation of that.
    pub step_m: (f64, f64),
}

/// What surrounds a shot.
pub struct Scene<'a> {
    /// The load.
    pub load: &'a Load,
    /// Another ranging sensor's belief.
    pub peer: Peer,
}

/// A condition by time.
#[derive(Clone, Copy, Debug, Default)]
struct Hold(Option<Time>);

impl Hold {
    /// Whether `condition` has now held for `needed_s`.
    fn stands(&mut self, condition: bool, t: Time, needed_s: f64) -> bool {
        self.0 = if condition { Some(self.0.unwrap_or(t)) } else { None };
        self.0.is_some_and(|since| (t - since).s() >= needed_s)
    }
}

/// Memory about one ranging sensor.
#[derive(Clone, Debug)]
pub struct RangeWatch {
    sensor: Ranging,
    bank: Bank,
    window: Window,
    in_a_row: u32,
    last_range_m: f32,
    repeats: u32,
    alone: u32,
    t_reinitialised: Option<Time>,
    last_step_m: Option<f64>,
    t_last: Option<Time>,
    t_trial: Option<Time>,
    t_look: Option<Time>,
    health: f64,
    last_hit_M: Option<Vector3<f64>>,
    tags: Hold,
    datum: Hold,
    distrust: Hold,
    trust: Hold,
    noise: Hold,
    disagreement: Hold,
    unresolved: bool,
    tag_refused: bool,
    line: Option<Line>,
    follows: bool,
    reopened: bool,
    rate_m_s_max: f64,
    noise_m: f64,
    /// Shut out for good.
    pub locked_out: bool,
    /// Silent where it should see the ground.
    pub late: bool,
    /// Repeats itself, or does not follow the motion at all.
    pub stuck: bool,
    /// Some range has been fused.
    pub acquired: bool,
    /// Weighed, not used.
    pub distrusted: bool,
    /// Much noisier than specified.
    pub noisy: bool,
}

impl RangeWatch {
    /// Nothing known yet.
    pub fn new(sensor: Ranging) -> Self {
        Self {
            sensor,
            bank: Bank::new(),
            window: Window::new(),
            in_a_row: 0,
            last_range_m: f32::NAN,
            repeats: 0,
            alone: 0,
            t_reinitialised: None,
            last_step_m: None,
            t_last: None,
            t_trial: None,
            t_look: None,
            health: HEALTH,
            last_hit_M: None,
            tags: Hold(None),
            datum: Hold(None),
            distrust: Hold(None),
            trust: Hold(None),
            noise: Hold(None),
            disagreement: Hold(None),
            unresolved: false,
            tag_refused: false,
            line: None,
            follows: false,
            reopened: false,
            rate_m_s_max: 0.0,
            noise_m: 0.0,
            locked_out: false,
            late: false,
            stuck: false,
            acquired: false,
            distrusted: false,
            noisy: false,
        }
    }

    /// Takes one rangefinder shot through prediction, gate and bookkeeping.
    pub fn take(
        &mut self,
        scene: &Scene<'_>,
        site: &Site,
        nav: &mut Nav,
        shot: &SlantRange,
        line: &mut Innovation,
        announce: &mut Announce,
    ) {
        let Some((t, tag_r)) = self.tag(nav, shot.t, announce) else {
            filter::note(line, f64::from(shot.range_m), None, 0.0, Outcome::Unusable);
            return;
        };
        match shot.quality {
            ShotQuality::Valid => {}
            ShotQuality::NoReturn => {
                let expected = self.could_read(scene.load, site, nav, t);
                self.watch_silence(
                    scene.load.vehicle.rangefinder.range_m_max,
                    expected,
                    t,
                    announce,
                );
                return;
            }
            ShotQuality::Fault => {
                announce.edge(Event::RangefinderFault, line.outcome != Outcome::Unusable);
                filter::note(line, f64::from(shot.range_m), None, 0.0, Outcome::Unusable);
                return;
            }
        }
        let echo = self.expected(scene.load, site, nav, t);
        let echo = echo.map(|p| Prediction { r: p.r + tag_r, ..p });
        self.judge(scene, nav, &SlantRange { t, ..*shot }, echo, line, announce);
    }

    /// Judges one valid range against its prediction, and fuses it when it is believed.
    ///
    /// - `echo`: what navigation expects; `None` when the beam meets no ground.
    pub fn judge(
        &mut self,
        scene: &Scene<'_>,
        nav: &mut Nav,
        shot: &SlantRange,
        echo: Option<Prediction>,
        line: &mut Innovation,
        announce: &mut Announce,
    ) {
        let faults = &scene.load.faults;
        let (t, measured) = (shot.t, f64::from(shot.range_m));
        self.watch_repeats(shot.range_m, announce);
        let Some(mut prediction) = echo.filter(|_| measured.is_finite()) else {
            filter::note(line, measured, None, 0.0, Outcome::Unusable);
            return;
        };
        let per_height = range_per_height(nav, &prediction.h);
        self.window.push(t, measured, measured - prediction.value, per_height);
        self.watch_frozen(faults.bank, t, announce);
        if self.stuck {
            filter::note(line, measured, None, 0.0, Outcome::Unusable);
            return;
        }
        if faults.bank {
            prediction.r = self.real_noise(&prediction, t, announce);
        }
        let mut c = filter::compare(nav, &prediction, measured);
        let gate = match faults.gate {
            Gate::Fixed { half_width_m, .. } => half_width_m * per_height,
            Gate::Sigma { k } => k * c.sigma,
        };
        let mut inside = c.nu.abs() <= gate;
        if self.locked_out {
            filter::note(line, measured, Some(&c), gate, Outcome::LockedOut);
            return;
        }
        if !inside {
            self.reject(faults.gate, announce);
        }
        let step_m = self.new_altitude(scene, nav, t, &c, &prediction, inside, announce);
        if let Some(step_m) = step_m {
            widen(nav, step_m);
            c = filter::compare(nav, &prediction, measured);
            inside = true;
        }
        if self.reopened {
            let repeatable = |line: &Line| line.scatter < 9.0 * (prediction.r + ROUGH_M * ROUGH_M);
            let shown = self.follows && self.line.as_ref().is_some_and(repeatable);
            self.reopened = !shown;
            inside &= shown;
        }
        let used = inside && !self.distrusted;
        if inside {
            self.in_a_row = 0;
            self.window.inside();
        }
        if used {
            self.hears(announce);
            filter::fuse(nav, &c, WIDE_M);
        }
        let outcome = match (used, inside) {
            (true, _) => Outcome::Fused,
            (_, true) => Outcome::Distrusted,
            _ => Outcome::Rejected,
        };
        filter::note(line, measured, Some(&c), gate, outcome);
    }

    /// Navigation has moved itself by other sensors: up by `height_m`, faster upwards by `v_m_s`.
    pub fn shift(&mut self, now: Time, height_m: f64, v_m_s: f64) {
        self.bank.shift(height_m, v_m_s);
        self.window.shift(now, height_m, v_m_s);
    }

    /// The altitude is believed no longer: every explanation is as likely as another.
    pub fn on_trial(&mut self) {
        self.bank.even();
        self.distrusted = false;
        (self.datum, self.distrust) = (Hold(None), Hold(None));
    }

    /// The altitude is reset: ranges may set it anew once they are shown to follow the motion.
    pub fn reopen(&mut self) {
        self.on_trial();
        self.reopened = true;
        self.window = Window::new();
    }

    /// Whether a range came in the last `span_s`, used or not, from a sensor that is not stuck.
    pub fn heard(&self, now: Time, span_s: f64) -> bool {
        !self.stuck && self.window.last().is_some_and(|t| (now - t).s() < span_s)
    }

    /// What this sensor tells another's watch.
    pub fn peer(&self) -> Peer {
        let [nominal, _, datum, _] = self.bank.p;
        Peer { datum, nominal, step_m: self.bank.step_m() }
    }

    /// Whether a disagreement stands that guidance should be careful about.
    pub fn unresolved(&self) -> bool {
        self.unresolved
    }

    /// The lower of the altitudes that are believed in, m.
    pub fn low_altitude_m(&self, nav_altitude_m: f64) -> f64 {
        let step_m = self.bank.step_m().0;
        if self.unresolved { nav_altitude_m + step_m.min(0.0) } else { nav_altitude_m }
    }

    /// For telemetry.
    pub fn belief(&self) -> Belief {
        let [nominal, invalid, datum, scale] = self.bank.p;
        Belief {
            nominal,
            invalid,
            datum,
            scale,
            step_m: self.bank.step_m().0,
            rate_m_s: self.line.map_or(0.0, |line| line.slope),
            rate_m_s_max: self.rate_m_s_max,
            noise_m: self.noise_m,
            health: self.healthy(),
        }
    }

    /// Probability that a sensor that says nothing is healthy.
    pub fn healthy(&self) -> f64 {
        1.0 / (1.0 + libm::exp(-self.health))
    }

    /// Probability that the ground is not seen by the planned altitude but somewhere below: the prior of
    /// a landing, or what silence has made of it.
    pub fn late_probability(&self) -> f64 {
        LATE_PRIOR.max(1.0 - self.healthy())
    }

    /// The time at which a shot counts as taken and the variance that this adds, m²; `None` for a shot
    /// that is not to be used.
    pub fn tag(&mut self, nav: &Nav, t: Time, announce: &mut Announce) -> Option<(Time, f64)> {
        let age_s = (nav.t - t).s();
        let repeated = self.t_last.is_some_and(|last| t <= last);
        let good = age_s > -1e-3 && age_s < table::TIME_TAG.threshold && !repeated;
        announce.edge(Event::TimeTagRefused, !good && !self.tag_refused);
        self.tag_refused = !good;
        let long = self.tags.stands(!good, nav.t, table::TIME_TAG_REPLACED.persistence_s);
        if good {
            self.t_last = Some(t);
            return Some((t, 0.0));
        }
        // Last tags may lie in the future: they are forgotten with the first replacement.
        if long {
            self.t_last = None;
        }
        let error_m = TAG_ERROR_S * nav.v_MB_I.si().dot(&up(nav));
        long.then_some((nav.t - USUAL_AGE, error_m * error_m))
    }

    /// A range is used: the sensor is there.
    fn hears(&mut self, announce: &mut Announce) {
        self.t_look = None;
        self.health = HEALTH;
        self.late = false;
        let first = !self.acquired && self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderAcquired, first);
        self.acquired = true;
    }

    /// What the shot of time `t` should read; lets the terrain bias fade with the ground passed since.
    fn expected(&mut self, load: &Load, site: &Site, nav: &mut Nav, t: Time) -> Option<Prediction> {
        let (age_s, pose) = ((nav.t - t).s(), nav.history.at(t)?);
        let echo = slant_range::predict(load, site, &pose, age_s, nav.terrain_bias_m)?;
        if load.faults.use_map {
            let travel = self.last_hit_M.map_or(0.0, |last| (echo.hit_M - last).norm_squared());
            nav.forget_terrain(load, libm::sqrt(travel));
        }
        self.last_hit_M = Some(echo.hit_M);
        let echo = slant_range::predict(load, site, &pose, age_s, nav.terrain_bias_m)?;
        let block = nav.covariance.block(P, P);
        let slide2 = echo.slope_per_m * echo.slope_per_m * block.trace().max(0.0);
        Some(Prediction { r: echo.prediction.r + slide2, ..echo.prediction })
    }

    /// The range expected at `t` with its deviation added.
    fn could_read(&self, load: &Load, site: &Site, nav: &Nav, t: Time) -> Option<f64> {
        let pose = nav.history.at(t)?;
        let age_s = (nav.t - t).s();
        let p = slant_range::predict(load, site, &pose, age_s, nav.terrain_bias_m)?.prediction;
        Some(p.value + filter::compare(nav, &p, p.value).sigma)
    }

    fn watch_repeats(&mut self, range_m: f32, announce: &mut Announce) {
        let same = range_m.to_bits() == self.last_range_m.to_bits();
        self.repeats = if same { self.repeats.saturating_add(1) } else { 0 };
        self.last_range_m = range_m;
        let stuck = f64::from(self.repeats) >= table::STUCK.threshold;
        announce.edge(Event::RangefinderStuck, stuck && !self.stuck);
        self.stuck = stuck;
    }

    fn watch_frozen(&mut self, asked: bool, t: Time, announce: &mut Announce) {
        let spread = self.window.spread(t, table::FROZEN.persistence_s);
        let frozen = spread.is_some_and(|(read, expected)| {
            expected > FROZEN_M && read < table::FROZEN.threshold * expected
        });
        announce.edge(Event::RangefinderStuck, asked && frozen && !self.stuck);
        self.stuck |= asked && frozen;
    }

    /// The variance that ranges really have: the model's, or what their differences show.
    fn real_noise(&mut self, echo: &Prediction, t: Time, announce: &mut Announce) -> f64 {
        let r = echo.r;
        let model = libm::sqrt(r.max(0.0));
        let (noise_m, middle_m) = self.window.noise_m(t, NOISE_S).unwrap_or((model, 0.0));
        self.noise_m = noise_m;
        let high = self.noise_m > table::NOISY.threshold * model;
        let noisy = self.noise.stands(high, t, table::NOISY.persistence_s);
        let event = self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderNoisy, event && noisy && !self.noisy);
        self.noisy = noisy;
        // Noise lies about what is expected; what lies elsewhere is another matter.
        let counts = noise_m > NOISE_FACTOR * model
            && noise_m < NOISE_SHARE_MAX * echo.value.abs()
            && middle_m.abs() < noise_m;
        if counts { self.noise_m * self.noise_m } else { r }
    }

    /// A shot without an echo. `expected_m`: range that navigation expects, its deviation added.
    pub fn watch_silence(
        &mut self,
        reach_m: f64,
        expected_m: Option<f64>,
        t: Time,
        announce: &mut Announce,
    ) {
        let since_s = self.t_look.map_or(0.0, |last| (t - last).s());
        self.t_look = Some(t);
        // Chance of an echo: falls from well inside the reach to nothing at it.
        let inside = expected_m.map_or(0.0, |m| (1.0 - m / reach_m.max(1.0)) / 0.1);
        let chance = ECHO * inside.clamp(0.0, 1.0);
        let looks = since_s.clamp(0.0, LOOK_S) / LOOK_S;
        self.health = (self.health + looks * libm::log(1.0 - chance)).max(HEALTH_MIN);
        let late = self.healthy() < table::LATE.threshold;
        let event = self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderLate, event && late && !self.late);
        self.late = late;
    }

    fn reject(&mut self, gate: Gate, announce: &mut Announce) {
        let first = self.in_a_row == 0 && self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangeRejected, first);
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Gate::Fixed { lock_out_after, .. } = gate
            && self.in_a_row >= lock_out_after
        {
            self.locked_out = true;
            announce.now(Event::RangefinderLockedOut);
        }
    }

    /// Weighs what the shot says; returns the step of altitude to take, if one is to be taken now.
    #[allow(clippy::too_many_arguments)] // one shot, seen from every side
    fn new_altitude(
        &mut self,
        scene: &Scene<'_>,
        nav: &Nav,
        t: Time,
        c: &Comparison,
        prediction: &Prediction,
        inside: bool,
        announce: &mut Announce,
    ) -> Option<f64> {
        let faults = &scene.load.faults;
        if faults.legacy == Legacy::Dart && !inside {
            announce.now(Event::RangefinderReacquired);
            return Some(c.nu);
        }
        self.follows = self.rate_test(scene.load, nav, t, faults.bank);
        let step_m = if faults.bank {
            let wanted = self.weigh(scene.load, nav, t, c, prediction, announce) && self.follows;
            let stands = self.datum.stands(wanted, t, table::REACQUIRE.persistence_s);
            (stands && !inside).then(|| self.bank.step_m().0)
        } else {
            let line = self.line.filter(|_| faults.reacquire && !inside && self.follows)?;
            let spread = table::REACQUIRE_ALONE.threshold * table::REACQUIRE_ALONE.threshold;
            (line.scatter < spread * (prediction.r + ROUGH_M * ROUGH_M)).then_some(line.now)
        };
        let step_m = step_m?;
        let agreed = agrees(&scene.peer, step_m);
        if !self.may_step(nav, t, step_m, agreed, faults.bank) {
            return None;
        }
        self.alone = if agreed { self.alone } else { self.alone.saturating_add(1) };
        self.t_reinitialised = Some(t);
        self.last_step_m = Some(step_m);
        self.on_trial();
        self.bank = Bank::new();
        announce.now(Event::RangefinderReacquired);
        Some(step_m)
    }

    /// Feeds the bank, decides on distrust and trust; returns whether a wrong altitude explains the shots.
    fn weigh(
        &mut self,
        load: &Load,
        nav: &Nav,
        t: Time,
        c: &Comparison,
        prediction: &Prediction,
        announce: &mut Announce,
    ) -> bool {
        let (sigma_v, across) = motion(load, nav);
        let reach_m = match self.sensor {
            Ranging::Rangefinder => load.vehicle.rangefinder.range_m_max,
            Ranging::RadarAltimeter => load.vehicle.radar_altimeter.range_m_max,
        };
        self.bank.update(&bank::Sample {
            dt_s: self.window.step_s().unwrap_or(0.1),
            nu: c.nu,
            s: c.sigma * c.sigma,
            r: prediction.r,
            per_height: range_per_height(nav, &prediction.h),
            expected_m: prediction.value,
            sigma_v_m_s: sigma_v,
            ground_m_s: SLOPE * across,
            reach_m: reach_m.max(prediction.value + c.nu),
        });
        let p = self.bank.p;
        let meaningless = p[bank::INVALID] + p[bank::SCALE] > table::DISTRUST.threshold;
        let (distrusted, trusted) = match self.sensor {
            Ranging::Rangefinder => (Event::RangefinderDistrusted, Event::RangefinderTrusted),
            Ranging::RadarAltimeter => (Event::RadarDistrusted, Event::RadarTrusted),
        };
        if self.distrust.stands(meaningless, t, table::DISTRUST.persistence_s) && !self.distrusted {
            self.distrusted = true;
            self.t_trial = Some(t);
            announce.now(distrusted);
        }
        let right = p[bank::NOMINAL] > table::TRUST.threshold;
        if self.trust.stands(right, t, table::TRUST.persistence_s) && self.distrusted {
            self.distrusted = false;
            announce.now(trusted);
        }
        let due = self.t_trial.is_none_or(|last| (t - last).s() >= table::TRIAL.threshold);
        if self.distrusted && due && !right {
            self.t_trial = Some(t);
            self.bank.even();
        }
        let doubtful = p[bank::NOMINAL] < 1.0 - table::TRUST.threshold;
        let long = self.disagreement.stands(doubtful, t, UNRESOLVED_S);
        self.unresolved = doubtful && !long;
        p[bank::DATUM] > table::REACQUIRE.threshold
    }

    /// Whether the ranges' drift is that of the inertial motion.
    fn rate_test(&mut self, load: &Load, nav: &Nav, t: Time, bank: bool) -> bool {
        let (span_s, least) = if bank { (RATE_S, RATE_SAMPLES) } else { (ALONE_S, ALONE_SAMPLES) };
        self.line = self.window.line(t, span_s, least);
        let (sigma_v, across) = motion(load, nav);
        let sigma_b = self.line.map_or(0.0, |line| line.sigma);
        let ground = across * SLOPE;
        let rate = libm::sqrt(sigma_b * sigma_b + sigma_v * sigma_v + ground * ground);
        self.rate_m_s_max = table::RATE_TEST.threshold * rate.max(0.5);
        // The test must be able to fail a sensor that stands still, or have its full time.
        let fall = nav.v_ground_I(load).si().dot(&up(nav)).abs();
        let sharp = self.rate_m_s_max < 0.7 * fall || self.window.covers(t, 0.85 * span_s);
        self.line.is_some_and(|line| line.slope.abs() < self.rate_m_s_max) && sharp
    }

    /// The loop guards, and heights that a landing can have.
    fn may_step(&self, nav: &Nav, t: Time, step_m: f64, agreed: bool, bank: bool) -> bool {
        let apart_s = table::REACQUIRE_APART.threshold;
        let soon = self.t_reinitialised.is_some_and(|last| (t - last).s() < apart_s);
        let forgiven = self.t_reinitialised.is_some_and(|last| (t - last).s() > FORGIVEN_S);
        let spent = f64::from(self.alone) >= table::REACQUIRE_COUNT.threshold && !forgiven;
        let height_m = nav.p_MB_I.norm() - MOON_RADIUS_M + step_m;
        let plausible = height_m > HEIGHT_M_MIN && height_m < HEIGHT_M_MAX;
        let variance = nav.covariance.variance(P, &up(nav)) + LOCKED_M * LOCKED_M;
        let large = step_m.abs() > table::REACQUIRE_LOCKED.threshold * libm::sqrt(variance);
        // A step that undoes the last one goes back to what was believed before.
        let undone = self.last_step_m.is_some_and(|last| {
            (step_m + last).abs() < 0.1 * last.abs() + 5.0 * libm::sqrt(variance)
        });
        let refused = (spent || (bank && self.acquired && large && !undone)) && !agreed;
        !soon && plausible && !refused
    }
}

/// Whether another sensor sees the same step of altitude.
fn agrees(peer: &Peer, step_m: f64) -> bool {
    let (theirs, sigma) = peer.step_m;
    let room = 3.0 * sigma.min(100.0) + LOCKED_M + 0.05 * step_m.abs();
    peer.datum > table::TRUST.threshold && (theirs - step_m).abs() < room
}

fn up(nav: &Nav) -> Vector3<f64> {
    nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0)
}

/// Deviation of the vertical speed, and horizontal speed over ground, m/s.
fn motion(load: &Load, nav: &Nav) -> (f64, f64) {
    let (v, up) = (nav.v_ground_I(load).si(), up(nav));
    let v_up = v.dot(&up);
    let across = libm::sqrt((v.norm_squared() - v_up * v_up).max(0.0));
    (libm::sqrt(nav.covariance.variance(V, &up)), across)
}

/// How much range one metre of height makes along this beam.
fn range_per_height(nav: &Nav, h: &Row) -> f64 {
    let up = up(nav);
    h.iter().skip(P).take(3).zip(up.iter()).map(|(h, u)| h * u).sum::<f64>().abs().max(1.0)
}

/// Widens the radial position variance by `step_m` squared.
pub fn widen(nav: &mut Nav, step_m: f64) {
    let up = up(nav);
    let added: Matrix3<f64> = up * up.transpose() * (step_m * step_m);
    let block = nav.covariance.block(P, P) + added;
    nav.covariance.set_block(P, P, &block);
}
