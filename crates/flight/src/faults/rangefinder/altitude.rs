//! Distrust, trust and a new altitude: what a disagreement means, and the guards of the one response that
//! cannot be taken back at once.

use super::{Peer, ROUGH_M, RangeWatch, Ranging, Scene, range_per_height, up};
use crate::announce::Announce;
use crate::faults::bank::{self, Bank};
use crate::faults::table;
use crate::load::{Legacy, Load};
use crate::nav::Nav;
use crate::nav::aid::Prediction;
use crate::nav::covariance::{P, V};
use crate::nav::filter::Comparison;
use icd::constants::MOON_RADIUS_M;
use icd::events::Event;
use icd::time::Time;

/// The rate test looks back this far, s; samples that it needs, with the bank and without.
const RATE_S: f64 = 2.5;
const RATE_SAMPLES: usize = 8;
const ALONE_S: f64 = 3.0;
const ALONE_SAMPLES: usize = 15;
/// Terrain slope that the rate test allows for, tan: the 99 % slope of a mare at 100 m is near 0.1.
pub(super) const SLOPE: f64 = 0.1;
/// A count that is spent allows one more after this time, s. Assumed.
const FORGIVEN_S: f64 = 60.0;
/// Deviation that a locked altitude is granted beside its own, m. Source: prototype §4.4.
const LOCKED_M: f64 = 40.0;
/// Probability of a wrong altitude that braking decisions mind. Assumed.
const UNRESOLVED: f64 = 0.05;
/// Disagreement counts for guidance at the most this long, s: caution costs propellant. Assumed.
const UNRESOLVED_S: f64 = 20.0;
/// Heights above the reference sphere that a landing can pass through, m: the Moon's lowest ground lies near
/// −9 km, braking begins near 20 km; by physics, not by navigation.
const HEIGHT_M_MIN: f64 = -10_000.0;
const HEIGHT_M_MAX: f64 = 30_000.0;

impl RangeWatch {
    /// Weighs what the shot says; returns the step of altitude to take, if one is to be taken now.
    #[allow(clippy::too_many_arguments)] // one shot, seen from every side
    pub(super) fn new_altitude(
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
            let shot = (c, inside);
            let wanted = self.weigh(scene.load, nav, t, shot, prediction, announce) && self.follows;
            let stands = self.datum.stands(wanted, t, table::REACQUIRE.persistence_s);
            (stands && !inside).then(|| self.bank.step_m().0)
        } else {
            let line = self.line.filter(|_| faults.reacquire && !inside && self.follows)?;
            let spread = table::REACQUIRE_ALONE.threshold * table::REACQUIRE_ALONE.threshold;
            (line.scatter < spread * (prediction.r + ROUGH_M * ROUGH_M)).then_some(line.now)
        };
        let step_m = step_m?;
        let agreed = agrees(&scene.peer, step_m);
        // Against another sensor that navigation agrees with, one alone decides nothing: `respond` does.
        let contested =
            faults.bank && scene.peer.used && scene.peer.nominal > table::TRUST.threshold;
        if contested || !self.may_step(nav, t, step_m, agreed, faults.bank) {
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
        (c, inside): (&Comparison, bool),
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
        if self.distrust.stands(meaningless, t, table::DISTRUST.persistence_s) && !self.distrusted {
            self.distrusted = true;
            self.t_trial = Some(t);
            announce.now(self.sensor.distrusted());
        }
        // A wrong altitude inside the gate is the filter's own to put right.
        let fits = p[bank::NOMINAL] + if inside { p[bank::DATUM] } else { 0.0 };
        let right = fits > table::TRUST.threshold;
        if self.trust.stands(right, t, table::TRUST.persistence_s) && self.distrusted {
            self.distrusted = false;
            announce.now(self.sensor.trusted());
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

    /// Whether a disagreement stands that guidance should be careful about.
    pub fn unresolved(&self) -> bool {
        let [_, _, datum, _] = self.bank.p;
        self.unresolved && self.follows && datum > UNRESOLVED
    }

    /// The lower of the altitudes that are believed in, m.
    pub fn low_altitude_m(&self, nav_altitude_m: f64) -> f64 {
        let step_m = self.bank.step_m().0;
        if self.unresolved() { nav_altitude_m + step_m.min(0.0) } else { nav_altitude_m }
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
        let overruled = self.t_overruled.is_some_and(|since| (t - since).s() < FORGIVEN_S);
        let refused =
            (spent || overruled || (bank && self.acquired && large && !undone)) && !agreed;
        !soon && plausible && !refused
    }
}

/// Whether another sensor sees the same step of altitude.
fn agrees(peer: &Peer, step_m: f64) -> bool {
    let (theirs, sigma) = peer.step_m;
    let room = 3.0 * sigma.min(100.0) + LOCKED_M + 0.05 * step_m.abs();
    peer.datum > table::TRUST.threshold && (theirs - step_m).abs() < room
}

/// Speed at which unmapped ground may rise under a lander that moves across it, m/s.
pub fn ground_m_s(load: &Load, nav: &Nav) -> f64 {
    SLOPE * motion(load, nav).1
}

/// Deviation of the vertical speed, and horizontal speed over ground, m/s.
pub(super) fn motion(load: &Load, nav: &Nav) -> (f64, f64) {
    let (v, up) = (nav.v_ground_I(load).si(), up(nav));
    let v_up = v.dot(&up);
    let across = libm::sqrt((v.norm_squared() - v_up * v_up).max(0.0));
    (libm::sqrt(nav.covariance.variance(V, &up)), across)
}
