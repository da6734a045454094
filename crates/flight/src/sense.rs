//! From the bus to navigation: which sensor is read how.
//!
//! Owns: the order of aids in a cycle, the rule "valves shut: calibrate, do not integrate".

use crate::nav::aid::{beam_speed, quiet, star_tracker};
use crate::nav::filter::{self, Epoch};
use crate::nav::state::Pose;
use crate::{Flight, Lines};
use icd::bus::{BeamSpeeds, PULSE_FRAME, Sensors, StarTracker};
use icd::events::Event;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::Time;
use icd::tm::{Innovation, Outcome, Phase};
use nalgebra::Vector3;

/// Gate of star tracker and velocimeter, standard deviations.
const GATE: f64 = 5.0;

impl Flight<'_> {
    /// Everything that a cycle's sensors say.
    pub(crate) fn sense(&mut self, sensors: &Sensors, frame: bool) {
        // From braking to the ground the accelerometers always count; in a coast only while valves work.
        let thrusting = sensors.t <= self.thrusting_until || self.mode.phase >= Phase::Braking;
        let flying = self.mode.phase < Phase::Contact;
        let unfit = sensors.imu.saturated || !sensors.imu.healthy;
        let event = if sensors.imu.saturated { Event::ImuSaturated } else { Event::ImuFault };
        self.monitors.imu.update(unfit, event, &mut self.announce);
        self.nav.propagate(self.load, &sensors.imu, sensors.t, thrusting);
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
        if let Some(shot) = sensors.rangefinder.as_ref().filter(|_| flying) {
            self.watch.take(
                self.load,
                &self.site,
                &mut self.nav,
                shot,
                &mut self.lines.rangefinder,
                &mut self.announce,
            );
        }
        if let Some(beams) =
            sensors.velocimeter.as_ref().filter(|_| flying && self.load.vehicle.velocimeter.fitted)
        {
            self.take_velocimeter(beams);
        }
        self.sense_ground(sensors, frame);
    }

    fn take_star_tracker(&mut self, report: &StarTracker) {
        let report_IB: Quaternion<I, B> = Quaternion::from_si(report.q_IB);
        if !self.nav.aligned {
            self.nav.align(self.load, report_IB);
            return;
        }
        let Some(pose) = self.pose_at(report.t, |lines| &mut lines.star_tracker) else { return };
        let z = star_tracker::measured(&pose, report_IB);
        let mut epoch = Epoch::<3>::new();
        for (axis_B, sigma_rad) in star_tracker::axes(&self.load.vehicle.inertial) {
            let p = star_tracker::predict(&self.nav, &pose, axis_B, sigma_rad);
            let line = &mut self.lines.star_tracker;
            filter::gate(&self.nav, &mut epoch, &p, z.dot(&axis_B), GATE, line);
        }
        epoch.fuse(&mut self.nav);
    }

    fn take_velocimeter(&mut self, beams: &BeamSpeeds) {
        if !beams.locked.contains(&true) {
            return;
        }
        let Some(pose) = self.pose_at(beams.t, |lines| &mut lines.velocimeter) else { return };
        let mut epoch = Epoch::<3>::new();
        for (beam, (speed, locked)) in beams.speed_m_s.iter().zip(&beams.locked).enumerate() {
            if !locked {
                continue;
            }
            let p = beam_speed::predict(self.load, &self.nav, &pose, beam);
            let line = &mut self.lines.velocimeter;
            let (first, before) = (line.fused == 0, line.outcome);
            let outcome = filter::gate(&self.nav, &mut epoch, &p, f64::from(*speed), GATE, line);
            self.announce.edge(Event::VelocimeterAcquired, first && outcome == Outcome::Fused);
            let rejected = outcome == Outcome::Rejected && before != Outcome::Rejected;
            self.announce.edge(Event::VelocityRejected, rejected);
        }
        epoch.fuse(&mut self.nav);
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
