//! Telemetry: one coherent snapshot a pulse frame.

use crate::Flight;
use crate::load::after;
use crate::nav::covariance::{ALIGNMENT, THETA, V};
use icd::bus::PULSE_FRAME;
use icd::frames::{I, Position, Vector};
use icd::time::Time;
use icd::tm::{self, Phase, Snapshot};
use nalgebra::Vector3;

impl Flight<'_> {
    /// Samples everything together.
    pub(crate) fn refresh_snapshot(&mut self) {
        self.snapshot = Snapshot {
            t: self.nav.t,
            phase: self.mode.phase,
            nav: self.nav_down(),
            rangefinder: self.lines.rangefinder,
            velocimeter: self.lines.velocimeter,
            star_tracker: self.lines.star_tracker,
            rangefinder_belief: self.watch.belief(),
            radar_belief: self.radar.belief(),
            radar_altimeter: self.lines.radar_altimeter,
            camera: self.lines.camera,
            guidance: self.guidance_down(),
            control: self.control_down(),
            alarms: self.alarms(),
            touchdown: self.switches,
            orders: self.desk.down(self.nav.t),
        };
    }

    fn nav_down(&self) -> tm::Nav {
        let nav = &self.nav;
        let p_L = nav.p_LB_L(&self.site).si();
        let v_L = nav.v_LB_L(self.load, &self.site).si();
        let up = nav.p_MB_I.si() / nav.p_MB_I.norm().max(1.0);
        let v_ground = nav.v_ground_I(self.load).si();
        let v_up = v_ground.dot(&up);
        let horizontal = (v_ground.norm_squared() - v_up * v_up).max(0.0);
        let body_up = (nav.q_IB.rotation().si() * Vector3::z()).dot(&up).clamp(-1.0, 1.0);
        let variance = |first: usize| {
            let vertical = nav.covariance.variance(first, &up);
            (vertical, (nav.covariance.trace(first) - vertical).max(0.0))
        };
        let (v_vertical, v_horizontal) = variance(V);
        let (p_vertical, p_all) = nav.from_target(&up);
        let p_horizontal = (p_all - p_vertical).max(0.0);
        tm::Nav {
            p_LB_L: p_L.into(),
            v_LB_L: v_L.into(),
            q_IB: nav.q_IB.si(),
            w_IB_B: nav.w_IB_B.si().into(),
            altitude_m: self.guide.altitude_m,
            v_up_m_s: v_up,
            v_horizontal_m_s: libm::sqrt(horizontal),
            tilt_rad: libm::acos(body_up),
            sigma_altitude_m: self.guide.sigma_m,
            sigma_v_up_m_s: libm::sqrt(v_vertical),
            sigma_horizontal_m: libm::sqrt(p_horizontal),
            sigma_v_horizontal_m_s: libm::sqrt(v_horizontal),
            sigma_attitude_rad: libm::sqrt(
                nav.covariance.trace(THETA) + nav.covariance.trace(ALIGNMENT),
            ),
            mass_kg: self.mass_kg(),
            propellant_kg: self.propellant_kg,
        }
    }

    fn guidance_down(&self) -> tm::Guidance {
        let R_LI = (self.nav.R_IM * self.site.R_ML).inverse();
        let a_L = R_LI * Vector::<Position, I>::from_si(self.guide.a_I);
        let tgo_s = match self.mode.phase {
            Phase::Ignition | Phase::Braking => {
                self.apollo_tgo_s().or(self.solution.map(|s| s.tgo_s)).unwrap_or(0.0)
            }
            Phase::PitchUp => self.apollo_tgo_s().unwrap_or(0.0),
            Phase::OrbitCoast => self.coast_left_s(self.desk.hold.plan.t_ignition),
            Phase::DescentCoast => self.coast_left_s(self.desk.hold.plan.t_arm),
            _ => self.course_left_s(),
        };
        tm::Guidance {
            a_L: a_L.si().into(),
            throttle: self.guide.collective,
            v_up_m_s: -self.guide.speed_m_s,
            corridor_m_s: self.guide.corridor_m_s,
            altitude_m: self.guide.low_m,
            k_sigma: self.guide.k,
            risk_outrun: self.guide.risk.outrun,
            risk_dry: self.guide.risk.dry,
            tgo_s,
            downrange_m: self.guide.along_across_m.0,
            crossrange_m: self.guide.along_across_m.1,
        }
    }

    /// Time to the end of a coast, s: by plan, or to the next chance.
    fn coast_left_s(&self, planned: Time) -> f64 {
        self.chance_in_s().unwrap_or(after(planned, self.nav.t))
    }

    fn control_down(&self) -> tm::Control {
        let frame_us = PULSE_FRAME.s() * 1e6;
        tm::Control {
            error_B_rad: self.attitude.error.into(),
            assist: self.actuators.assist_on_us.map(|us| f64::from(us) / frame_us),
            jets: self.actuators.jet_on_us.map(|us| f64::from(us) / frame_us),
            main: u8::from(self.actuators.main_open),
        }
    }

    /// Bits in the order of [`tm::ALARMS`].
    fn alarms(&self) -> u16 {
        let m = &self.monitors;
        let all = [
            self.watch.late,
            self.watch.locked_out,
            self.watch.stuck,
            m.corridor.stands,
            m.thrust.stands,
            m.imu.stands,
            m.contradiction.stands || m.hovering.stands,
            m.propellant.stands,
            self.watch.distrusted,
            self.watch.noisy,
            self.radar.distrusted,
            m.velocimeter.stands,
            self.inertial.silent,
            self.engines.any_out(),
            self.engines.jet_stuck,
            self.altitude_reset.is_some(),
        ];
        all.iter().rev().fold(0, |bits, alarm| (bits << 1) | u16::from(*alarm))
    }
}
