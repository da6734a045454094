//! From the bus to navigation: which sensor is read how.
//!
//! Owns: the order of aids in a cycle, the rule "valves shut: calibrate, do not integrate".

use crate::control::allocate::invert;
use crate::faults::rangefinder::Scene;
use crate::faults::table;
use crate::faults::velocimeter::AGREES;
use crate::load::{Legacy, after};
use crate::nav::Nav;
use crate::nav::aid::{beam_speed, quiet, star_tracker};
use crate::nav::covariance::{Row, V};
use crate::nav::filter::{self, Epoch};
use crate::nav::state::Pose;
use crate::{Flight, Lines};
use icd::bus::{BeamSpeeds, CYCLE, PULSE_FRAME, Sensors, StarTracker};
use icd::events::Event;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::Time;
use icd::tm::{Innovation, Outcome, Phase, Use};
use nalgebra::{Matrix3, Vector3};

/// Error that a star tracker's time may have, s: while the body turns its reports say little. Assumed.
const STAR_TIME_S: f64 = 0.5;
/// Gate of star tracker and velocimeter, standard deviations.
const GATE: f64 = table::VELOCITY_GATE.threshold;

/// First speeds count as steady while they move from one to the next by less than this, m/s, and are believed
/// after so many. Assumed: six deviations of a beam's noise; what locks onto something else jumps.
const STEADY_M_S: f64 = 0.3;
const STEADY_SPEEDS: u32 = 4;

/// Speeds of one beam before any was used: the last innovation, m/s, and how many in a row were alike.
///
/// Navigation without a velocity reference can be wrong by more than five of its deviations where its attitude
/// is, for one misalignment stands behind all of its error. The correction is the filter's own: what
/// the misalignment did to the altitude is put right with the speed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FirstSpeeds {
    nu: f64,
    alike: u32,
}

impl FirstSpeeds {
    /// The gate of the next one, standard deviations.
    fn gate(&mut self, nu: f64) -> f64 {
        let steady = (nu - self.nu).abs() < STEADY_M_S;
        self.alike = if steady { self.alike.saturating_add(1) } else { 0 };
        self.nu = nu;
        if self.alike >= STEADY_SPEEDS { table::VELOCITY_FIRST.threshold } else { GATE }
    }
}

/// By which velocity the beams of one report miss: least squares.
#[derive(Clone, Copy, Debug)]
struct Missed {
    normal: Matrix3<f64>,
    right: Vector3<f64>,
    inside: bool,
}

impl Missed {
    /// No beam yet.
    fn new() -> Self {
        Self { normal: Matrix3::zeros(), right: Vector3::zeros(), inside: false }
    }

    /// One beam: partials of its speed, innovation in m/s, whether it failed its gate.
    fn add(&mut self, h: &Row, nu: f64, rejected: bool) {
        let mut along = Vector3::zeros();
        for (a, h) in along.iter_mut().zip(h.iter().skip(V)) {
            *a = *h;
        }
        self.normal += along * along.transpose();
        self.right += along * nu;
        self.inside |= !rejected;
    }

    /// The velocity, `I`; `None` where a beam was inside its gate or they do not span space.
    fn velocity_I(&self) -> Option<Vector3<f64>> {
        let spread = invert(&self.normal).filter(|_| !self.inside)?;
        Some(spread * self.right)
    }
}

/// Where navigation was before a correction.
#[derive(PartialEq)]
struct Anchor {
    p: Vector3<f64>,
    v: Vector3<f64>,
    terrain_m: f64,
}

impl Anchor {
    fn of(nav: &Nav) -> Self {
        Self { p: nav.p_MB_I.si(), v: nav.v_MB_I.si(), terrain_m: nav.terrain_bias_m }
    }
}

impl Flight<'_> {
    /// Everything that a cycle's sensors say.
    pub(crate) fn sense(&mut self, sensors: &Sensors, frame: bool) {
        // From braking to the ground the accelerometers always count; in a coast only while valves work.
        let thrusting = sensors.t <= self.thrusting_until || self.mode.phase >= Phase::Braking;
        let flying = self.mode.phase < Phase::Contact;
        let unfit = sensors.imu.saturated || !sensors.imu.healthy;
        let event = if sensors.imu.saturated { Event::ImuSaturated } else { Event::ImuFault };
        self.monitors.imu.update(unfit, event, &mut self.announce);
        self.propagate(sensors, thrusting);
        let mut anchor = Anchor::of(&self.nav);
        self.quiet_cycles = if thrusting { 0 } else { self.quiet_cycles.saturating_add(1) };
        self.quiet_sum += Vector3::from(sensors.imu.dv_B_m_s);
        if frame {
            let dt_s = PULSE_FRAME.s();
            if self.quiet_cycles >= 5 && self.nav.aligned {
                let mean = self.quiet_sum / dt_s;
                let mut epoch = Epoch::<3>::new();
                for axis in 0..3 {
                    let p = quiet::predict(self.load, self.nav.accelerometer_bias, axis, dt_s);
                    let c = filter::compare(&self.nav, &p, mean[axis]);
                    if c.nu.abs() < GATE * c.sigma {
                        epoch.take(&c, f64::INFINITY);
                    }
                }
                epoch.fuse(&mut self.nav);
            }
            self.quiet_sum = Vector3::zeros();
            self.nav.propagate_covariance(self.load, dt_s);
            let (v_m_s, turn_rad) = core::mem::take(&mut self.doubt);
            self.nav.doubt(v_m_s, turn_rad);
            for line in [
                &mut self.lines.rangefinder,
                &mut self.lines.velocimeter,
                &mut self.lines.star_tracker,
                &mut self.lines.radar_altimeter,
                &mut self.lines.camera,
            ] {
                line.age_s = (line.age_s + dt_s).min(1e6);
            }
        }
        if let Some(report) = sensors.star_tracker.as_ref().filter(|_| !self.nav.folded) {
            self.take_star_tracker(report);
        }
        self.follow(&mut anchor);
        if let Some(shot) = sensors.rangefinder.as_ref().filter(|_| flying) {
            let scene = Scene {
                load: self.load,
                peer: self.radar.peer(self.nav.t),
                gate: self.desk.tuned.gate,
            };
            self.watch.take(
                &scene,
                &self.site,
                &mut self.nav,
                shot,
                &mut self.lines.rangefinder,
                &mut self.announce,
            );
            // What the rangefinder itself has corrected belongs to its watch as well.
            self.follow(&mut anchor);
        }
        if let Some(beams) =
            sensors.velocimeter.as_ref().filter(|_| flying && self.load.vehicle.velocimeter.fitted)
        {
            self.take_velocimeter(beams);
        }
        self.follow(&mut anchor);
        self.sense_ground(sensors, frame);
        self.follow(&mut anchor);
    }

    /// Carries the state to the sample's time: over a gap by coasting, over a void sample by what is known.
    fn propagate(&mut self, sensors: &Sensors, thrusting: bool) {
        self.tell_resumed();
        let dt_s = after(sensors.t, self.nav.t);
        if dt_s <= 0.0 {
            // Time that runs backwards is not followed, unless it goes on doing so.
            self.backwards = self.backwards.saturating_add(1);
            self.announce.edge(Event::ClockJumped, self.backwards == 1 && dt_s < 0.0);
            if f64::from(self.backwards) * CYCLE.s() > table::CLOCK.threshold {
                self.nav.jump(self.load, sensors.t);
                self.backwards = 0;
            }
            return;
        }
        self.backwards = 0;
        let legacy = self.load.faults.legacy;
        if dt_s > table::CLOCK.threshold {
            self.announce.now(Event::ClockJumped);
            let w = Vector3::from(sensors.imu.dtheta_B_rad) / CYCLE.s() - self.nav.gyro_bias;
            self.nav.coast(self.load, sensors.t - CYCLE, w);
            self.mode.abandoned |=
                legacy == Legacy::Beresheet && self.mode.phase > Phase::OrbitCoast;
        }
        if matches!(legacy, Legacy::Schiaparelli | Legacy::Luna25) {
            self.nav.propagate(self.load, &sensors.imu, sensors.t, thrusting);
            return;
        }
        let asked = if thrusting { self.asked_m_s2() } else { 0.0 };
        let screened = self.inertial.screen(&sensors.imu, CYCLE.s(), asked, &mut self.announce);
        self.nav.propagate(self.load, &screened.imu, sensors.t, thrusting);
        self.doubt.0 = libm::hypot(self.doubt.0, screened.doubt.0);
        self.doubt.1 = libm::hypot(self.doubt.1, screened.doubt.1);
    }

    /// Tells the watches how far navigation has moved itself since `anchor`.
    fn follow(&mut self, anchor: &mut Anchor) {
        let now = Anchor::of(&self.nav);
        if now == *anchor {
            return;
        }
        let up = now.p / libm::sqrt(now.p.norm_squared()).max(1.0);
        let height_m = (now.p - anchor.p).dot(&up) - (now.terrain_m - anchor.terrain_m);
        let v_m_s = (now.v - anchor.v).dot(&up);
        *anchor = now;
        if height_m != 0.0 || v_m_s != 0.0 {
            self.watch.shift(self.nav.t, height_m, v_m_s);
            self.radar.shift(self.nav.t, height_m, v_m_s);
        }
    }

    fn take_star_tracker(&mut self, report: &StarTracker) {
        let report_IB: Quaternion<I, B> = Quaternion::from_si(report.q_IB);
        let Some(pose) = self.pose_at(report.t, |lines| &mut lines.star_tracker) else { return };
        if !self.nav.aligned {
            // The body has turned since the exposure.
            let before = self.nav.q_IB;
            let now = report_IB * (pose.q_IB.inverse() * before);
            self.nav.align(self.load, now);
            let (zero, turn) = (Vector3::zeros(), (now * before.inverse()).log());
            self.nav.history.correct(self.nav.t, zero, zero, turn);
            self.nav.doubt(0.0, STAR_TIME_S * self.nav.w_IB_B.norm());
            return;
        }
        let z = star_tracker::measured(&pose, report_IB);
        let mut epoch = Epoch::<3>::new();
        for (axis_B, sigma_rad) in star_tracker::axes(&self.load.vehicle.inertial) {
            let mut p = star_tracker::predict(&self.nav, &pose, axis_B, sigma_rad);
            let smear = STAR_TIME_S * libm::sqrt(pose.w_B.norm_squared());
            p.r += smear * smear;
            let line = &mut self.lines.star_tracker;
            filter::gate(&self.nav, &mut epoch, &p, z.dot(&axis_B), GATE, line);
        }
        epoch.fuse(&mut self.nav);
    }

    fn take_velocimeter(&mut self, beams: &BeamSpeeds) {
        self.beams.agreed_at = None;
        if !beams.locked.contains(&true) {
            return;
        }
        let Some(pose) = self.pose_at(beams.t, |lines| &mut lines.velocimeter) else { return };
        let mut epoch = Epoch::<3>::new();
        let mut again: f64 = 0.0;
        let before_I = self.nav.v_MB_I.si();
        // What the first report takes away is the inertial unit's error of before.
        let known = self.lines.velocimeter.fused > 0;
        let (mut agrees, mut missed) = (true, Missed::new());
        let each = beams.speed_m_s.iter().zip(&beams.locked).zip(&mut self.first_speeds);
        for (beam, ((speed, locked), first_speeds)) in each.enumerate() {
            if !locked {
                continue;
            }
            let p = beam_speed::predict(self.load, &self.nav, &pose, beam);
            let line = &mut self.lines.velocimeter;
            let (first, before) = (line.fused == 0, line.outcome);
            let gate = if first && self.load.faults.bank {
                first_speeds.gate(f64::from(*speed) - p.value)
            } else {
                GATE
            };
            let speed = f64::from(*speed);
            let outcome = if self.beams.distrusted && line.usage == Use::Edit {
                filter::weigh(&self.nav, &p, speed, gate, line)
            } else {
                filter::gate(&self.nav, &mut epoch, &p, speed, gate, line)
            };
            agrees &= line.nu.abs() < AGREES * line.sigma;
            missed.add(&p.h, line.nu, outcome == Outcome::Rejected);
            if outcome == Outcome::Rejected && self.load.faults.legacy == Legacy::Dart {
                // As DART did: set the velocity anew from the very sensor that disagrees, unguarded.
                again = again.max(line.nu.abs());
            }
            self.announce.edge(Event::VelocimeterAcquired, first && outcome == Outcome::Fused);
            let rejected = outcome == Outcome::Rejected && before != Outcome::Rejected;
            self.announce.edge(Event::VelocityRejected, rejected);
        }
        epoch.fuse(&mut self.nav);
        if known {
            self.beams.pulled(&(self.nav.v_MB_I.si() - before_I));
        }
        self.beams.agreed_at = agrees.then_some(self.nav.t);
        self.beams.missed(self.nav.t, missed.velocity_I());
        self.nav.doubt(again, 0.0);
    }

    /// The pose at a measurement's own time; a tag that memory does not reach is refused.
    pub(crate) fn pose_at(
        &mut self,
        t: Time,
        line: fn(&mut Lines) -> &mut Innovation,
    ) -> Option<Pose> {
        let pose = self.nav.history.at(t);
        if pose.is_none() {
            let first = filter::refuse_tag(line(&mut self.lines));
            self.announce.edge(Event::TimeTagRefused, first);
        }
        pose
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nav::aid::{EMPTY, put};

    #[test]
    fn first_speeds_are_believed_once_they_stay_alike() {
        let mut first = FirstSpeeds::default();
        let gates: [f64; 6] = core::array::from_fn(|i| first.gate(8.0 + 0.05 * i as f64));
        // The first differs from nothing known, then four alike.
        assert_eq!(gates, [GATE, GATE, GATE, GATE, table::VELOCITY_FIRST.threshold, 10.0]);
        assert_eq!(first.gate(-3.0), GATE, "a jump begins anew");
        // One that locks onto dust now and then is never alike for long.
        let mut dusty = FirstSpeeds::default();
        assert!((0..100).all(|i| dusty.gate(if i % 3 == 0 { 70.0 } else { 0.1 }) == GATE));
    }

    #[test]
    fn one_velocity_explains_the_beams_that_miss() {
        let dv_I = Vector3::new(0.4, -0.2, 1.5);
        let beam = |n: usize| {
            let (c, a) = (25f64.to_radians(), (120.0 * n as f64).to_radians());
            [libm::sin(c) * libm::cos(a), libm::sin(c) * libm::sin(a), -libm::cos(c)]
        };
        let all = |count: usize, inside: usize| {
            let mut missed = Missed::new();
            for n in 0..count {
                let mut h = EMPTY;
                put(&mut h, V, Vector3::from(beam(n)));
                missed.add(&h, Vector3::from(beam(n)).dot(&dv_I), n != inside);
            }
            missed.velocity_I()
        };
        assert!((all(3, 9).unwrap() - dv_I).norm() < 1e-12);
        assert_eq!(all(2, 9), None, "two do not span space");
        assert_eq!(all(3, 1), None, "one is inside its gate");
    }
}
