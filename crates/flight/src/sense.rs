//! From the bus to navigation: which sensor is read how.
//!
//! Owns: the order of aids in a cycle, the rule "valves shut: calibrate, do not integrate".

use crate::Flight;
use crate::faults::rangefinder::Scene;
use crate::faults::table;
use crate::nav::aid::{beam_speed, quiet, star_tracker};
use crate::nav::filter;
use icd::bus::{BeamSpeeds, PULSE_FRAME, Sensors, StarTracker};
use icd::events::Event;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::tm::{Outcome, Phase};
use nalgebra::Vector3;

/// Gate of star tracker and velocimeter, standard deviations.
const GATE: f64 = table::VELOCITY_GATE.threshold;

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
                for axis in 0..3 {
                    let p = quiet::predict(self.load, self.nav.accelerometer_bias, axis, dt_s);
                    let c = filter::compare(&self.nav, &p, mean[axis]);
                    if c.nu.abs() < GATE * c.sigma {
                        filter::fuse_plainly(&mut self.nav, &c);
                    }
                }
            }
            self.quiet_sum = Vector3::zeros();
            self.nav.propagate_covariance(self.load, dt_s);
            for line in [
                &mut self.lines.rangefinder,
                &mut self.lines.velocimeter,
                &mut self.lines.star_tracker,
            ] {
                line.age_s = (line.age_s + dt_s).min(1e6);
            }
        }
        if let Some(report) = sensors.star_tracker.as_ref().filter(|_| !self.nav.folded) {
            self.take_star_tracker(report);
        }
        if let Some(shot) = sensors.rangefinder.as_ref().filter(|_| flying) {
            let scene = Scene { load: self.load, peer: self.radar.peer() };
            self.watch.take(
                &scene,
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
    }

    fn take_star_tracker(&mut self, report: &StarTracker) {
        let report_IB: Quaternion<I, B> = Quaternion::from_si(report.q_IB);
        if !self.nav.aligned {
            self.nav.align(self.load, report_IB);
            return;
        }
        for (axis_B, sigma_rad) in star_tracker::axes(&self.load.vehicle.inertial) {
            // Each axis sees what the last one corrected.
            let Some(pose) = self.nav.history.at(report.t) else { return };
            let z = star_tracker::measured(&pose, report_IB);
            let p = star_tracker::predict(&pose, axis_B, sigma_rad);
            let line = &mut self.lines.star_tracker;
            filter::gate_and_fuse(&mut self.nav, &p, z.dot(&axis_B), GATE, line);
        }
    }

    fn take_velocimeter(&mut self, beams: &BeamSpeeds) {
        let all = self.load.vehicle.velocimeter.d_B.iter().zip(&beams.speed_m_s).zip(&beams.locked);
        for ((d_B, speed), locked) in all {
            let Some(pose) = self.nav.history.at(beams.t).filter(|_| *locked) else {
                continue;
            };
            let p = beam_speed::predict(self.load, &pose, *d_B);
            let line = &mut self.lines.velocimeter;
            let (first, before) = (line.fused == 0, line.outcome);
            let measured = f64::from(*speed);
            let outcome = filter::gate_and_fuse(&mut self.nav, &p, measured, GATE, line);
            self.announce.edge(Event::VelocimeterAcquired, first && outcome == Outcome::Fused);
            let rejected = outcome == Outcome::Rejected && before != Outcome::Rejected;
            self.announce.edge(Event::VelocityRejected, rejected);
        }
    }
}
