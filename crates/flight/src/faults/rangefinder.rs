//! What to believe about a ranging sensor: time tags, repeats, noise, gate, distrust, a new altitude.
//!
//! Owns: [`RangeWatch`], one a ranging sensor. The two configurations of the project meet here in one
//! code base: as flown, a fixed gate with a lock-out; resilient, the hypothesis bank ([`super::bank`])
//! decides what a disagreement means, and no decision is for good.
//! Without the bank a new altitude needs what the bank weighs: rejected ranges that lie close to a line
//! (repeatable) whose slope is that of the inertial motion (the rate test).
//! A new altitude is the step's square added to the altitude's variance, then the range fused as any.

mod altitude;
mod checks;

pub use altitude::ground_m_s;

use super::bank::Bank;
use super::window::{Line, Window};
use crate::announce::Announce;
use crate::load::{GATE_SIGMAS, Gate, Load};
use crate::nav::aid::slant_range::{self, Beam};
use crate::nav::aid::{EMPTY, Prediction, put};
use crate::nav::covariance::{P, Row};
use crate::nav::state::Pose;
use crate::nav::{Nav, Site, filter};
use icd::bus::{ShotQuality, SlantRange};
use icd::events::Event;
use icd::time::Time;
use icd::tm::{Belief, Innovation, Outcome, Use};
use nalgebra::Vector3;

/// Prior altitude deviation above which a range is underweighted, m.
const WIDE_M: f64 = 100.0;
/// As flown: width of the fixed gate until a first range is taken, over its width from then on. Assumed.
const FIRST_WIDTH: f64 = 2.0;
/// Ground before the target is no higher above it than this, m: the Moon's relief within one approach.
const HIGHER_M: f64 = 6000.0;
/// A sensor is in use that gave a range this recently, s.
const USED_S: f64 = 1.0;
/// Below this range silence is no news: least ranges and dust, m; what was believed last stands for so long, s. Assumed.
const NEAR_M: f64 = 20.0;
const NEAR_S: f64 = 30.0;
/// The drift is that of so many shots at least over this time, s.
const DRIFT_S: f64 = 3.2;
const DRIFT_SAMPLES: usize = 12;
/// Roughness that a repeatable sensor may show, m.
const ROUGH_M: f64 = 10.0;
/// Prior probability of a healthy sensor, as log-odds: 0.99; and the most that looks can make of it.
const HEALTH: f64 = 4.595;
/// Probability of a late rangefinder before it was missed: one landing in five, assumed; and the most
/// that silence makes of it.
const LATE_PRIOR: f64 = 0.2;
const LATE_MAX: f64 = 0.98;
/// Which sensor is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranging {
    /// The laser rangefinder.
    Rangefinder,
    /// The radar altimeter.
    RadarAltimeter,
}

impl Ranging {
    fn acquired(self) -> Event {
        match self {
            Self::Rangefinder => Event::RangefinderAcquired,
            Self::RadarAltimeter => Event::RadarAcquired,
        }
    }

    fn distrusted(self) -> Event {
        match self {
            Self::Rangefinder => Event::RangefinderDistrusted,
            Self::RadarAltimeter => Event::RadarDistrusted,
        }
    }

    fn trusted(self) -> Event {
        match self {
            Self::Rangefinder => Event::RangefinderTrusted,
            Self::RadarAltimeter => Event::RadarTrusted,
        }
    }

    fn rejected(self) -> Event {
        match self {
            Self::Rangefinder => Event::RangeRejected,
            Self::RadarAltimeter => Event::RadarRejected,
        }
    }
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
    /// Its ranges follow the motion.
    pub follows: bool,
    /// Its ranges are being used, or were until it came too near the ground.
    pub used: bool,
}

/// What surrounds a shot.
pub struct Scene<'a> {
    /// The load.
    pub load: &'a Load,
    /// Another ranging sensor's belief.
    pub peer: Peer,
    /// The rangefinder's gate.
    pub gate: Gate,
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
    t_overruled: Option<Time>,
    /// The last range used was a near one.
    t_near: Option<Time>,
    t_last: Option<Time>,
    t_trial: Option<Time>,
    t_look: Option<Time>,
    health: f64,
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
            t_overruled: None,
            t_near: None,
            t_last: None,
            t_trial: None,
            t_look: None,
            health: HEALTH,
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
                let reach_m = scene.load.vehicle.rangefinder.range_m_max;
                self.watch_silence(reach_m, expected, t, announce);
                return;
            }
            ShotQuality::Fault => {
                announce.edge(Event::RangefinderFault, line.outcome != Outcome::Unusable);
                filter::note(line, f64::from(shot.range_m), None, 0.0, Outcome::Unusable);
                return;
            }
        }
        let Some(pose) = nav.history.at(t) else {
            announce.edge(Event::TimeTagRefused, filter::refuse_tag(line));
            return;
        };
        let echo = self.expected(scene.load, site, nav, &pose);
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
            self.unresolved = false;
            filter::note(line, measured, None, 0.0, Outcome::Unusable);
            return;
        }
        if faults.bank {
            prediction.r = self.real_noise(&prediction, t, announce);
        }
        let mut c = filter::compare(nav, &prediction, measured);
        let rule = self.rule(scene);
        let narrow = rule.width(per_height, c.sigma);
        // As flown: wider around an altitude that no range has set yet.
        let first = !self.acquired && matches!(rule, Gate::Fixed { .. });
        let gate = if first { FIRST_WIDTH * narrow } else { narrow };
        let mut inside = c.nu.abs() <= gate || line.usage == Use::Force;
        if self.locked_out || line.usage == Use::Inhibit {
            let why = if self.locked_out { Outcome::LockedOut } else { Outcome::Inhibited };
            filter::note(line, measured, Some(&c), gate, why);
            return;
        }
        if !inside {
            self.reject(rule, announce);
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
        let used = inside && (!self.distrusted || line.usage == Use::Force);
        if inside {
            self.in_a_row = 0;
            self.window.inside();
        }
        if used {
            self.hears(shot, announce);
            filter::fuse(nav, &c, WIDE_M);
        }
        let outcome = match (used, inside) {
            (true, _) => Outcome::Fused,
            (_, true) => Outcome::Distrusted,
            _ => Outcome::Rejected,
        };
        filter::note(line, measured, Some(&c), gate, outcome);
    }

    /// The gate that this sensor's ranges must pass.
    fn rule(&self, scene: &Scene<'_>) -> Gate {
        match self.sensor {
            Ranging::Rangefinder => scene.gate,
            Ranging::RadarAltimeter => Gate::Sigma { k: GATE_SIGMAS },
        }
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
        (self.t_overruled, self.t_near) = (None, None);
        self.window = Window::new();
    }

    /// Another sensor is believed in its place, and the altitude set anew by that one.
    pub fn overrule(&mut self, t: Time, announce: &mut Announce) {
        announce.edge(self.sensor.distrusted(), !self.distrusted);
        self.bank = Bank::new();
        self.distrusted = true;
        self.trust = Hold(None);
        self.t_trial = Some(t);
        self.t_overruled = Some(t);
    }

    /// Its step of the altitude was taken.
    pub fn follow(&mut self, t: Time) {
        self.bank = Bank::new();
        self.distrusted = false;
        self.t_reinitialised = Some(t);
    }

    /// Whether a range came in the last `span_s`, used or not, from a sensor that is not stuck.
    pub fn heard(&self, now: Time, span_s: f64) -> bool {
        !self.stuck && self.window.last().is_some_and(|t| (now - t).s() < span_s)
    }

    /// The drift of the last shots, used or not, against navigation's motion, as height.
    pub fn drift(&self, now: Time) -> Option<Line> {
        if !self.heard(now, USED_S) {
            return None;
        }
        let line = self.window.line_of_all(now, DRIFT_S, DRIFT_SAMPLES)?;
        let (slope, sigma) = (line.slope, line.sigma);
        let per_height = self.window.per_height().max(1.0);
        Some(Line { slope: slope / per_height, sigma: sigma / per_height, ..line })
    }

    /// What this sensor tells another's watch.
    pub fn peer(&self, now: Time) -> Peer {
        let [nominal, _, datum, _] = self.bank.p;
        let near = !self.stuck && self.t_near.is_some_and(|t| (now - t).s() < NEAR_S);
        let used = self.acquired && !self.distrusted && (self.heard(now, USED_S) || near);
        Peer { datum, nominal, step_m: self.bank.step_m(), follows: self.follows, used }
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
        (1.0 - self.healthy()).clamp(LATE_PRIOR, LATE_MAX)
    }

    /// A range is used: the sensor is there.
    fn hears(&mut self, shot: &SlantRange, announce: &mut Announce) {
        self.t_look = None;
        self.t_near = (f64::from(shot.range_m) < NEAR_M).then_some(shot.t);
        self.health = HEALTH;
        self.late = false;
        announce.edge(self.sensor.acquired(), !self.acquired);
        self.acquired = true;
    }

    /// What the shot at `pose` should read; the terrain bias becomes that of the ground it meets.
    fn expected(
        &mut self,
        load: &Load,
        site: &Site,
        nav: &mut Nav,
        pose: &Pose,
    ) -> Option<Prediction> {
        let beam = Beam::new(load, nav, pose);
        let mut at = beam.meet(load, site, nav)?;
        if load.faults.use_map {
            nav.move_terrain(at.hit_M);
            at = beam.meet(load, site, nav)?;
        }
        Some(beam.expect(load, nav, pose, &at))
    }

    /// The range expected at `t` with its deviation added; `None` too where it is far beyond the reach.
    fn could_read(&self, load: &Load, site: &Site, nav: &Nav, t: Time) -> Option<f64> {
        let lowest_m = nav.p_MB_I.norm() - load.target.p_MT_M.norm() - HIGHER_M;
        if lowest_m > load.vehicle.rangefinder.range_m_max {
            return None;
        }
        let pose = nav.history.at(t)?;
        let p = slant_range::predict(load, site, nav, &pose)?;
        Some(p.value + filter::compare(nav, &p, p.value).sigma)
    }

    fn reject(&mut self, gate: Gate, announce: &mut Announce) {
        announce.edge(self.sensor.rejected(), self.in_a_row == 0);
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Gate::Fixed { lock_out_after, .. } = gate
            && self.in_a_row >= lock_out_after
        {
            self.locked_out = true;
            announce.now(Event::RangefinderLockedOut);
        }
    }
}

fn up(nav: &Nav) -> Vector3<f64> {
    nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0)
}

/// How much range one metre of height makes along this beam.
fn range_per_height(nav: &Nav, h: &Row) -> f64 {
    let up = up(nav);
    h.iter().skip(P).take(3).zip(up.iter()).map(|(h, u)| h * u).sum::<f64>().abs().max(1.0)
}

/// Widens the radial position variance by `step_m` squared.
pub fn widen(nav: &mut Nav, step_m: f64) {
    let up = up(nav);
    let mut row = EMPTY;
    put(&mut row, P, up);
    nav.covariance.add(&row, step_m * step_m);
}
