//! The sensors of one vehicle, each in the wrapper that lets it fail.
//!
//! Owns: [`Devices`], one reading of all of them. Does not own: the devices (`sensors`), their faults
//! (`faulty`), what they look at (`sight`).

use super::sight::Sight;
use crate::environment::landmarks::Catalogue;
use crate::faulty::{Fault, Faulty};
use crate::integrate::Increments;
use crate::sensors::camera::{Camera, Scene};
use crate::sensors::gauge::{Gauge, Liquid};
use crate::sensors::imu::Imu;
use crate::sensors::rangefinder::Rangefinder;
use crate::sensors::star_tracker::{Exposure, StarTracker};
use crate::sensors::switches::TouchdownSwitches;
use crate::sensors::velocimeter::Velocimeter;
use crate::vehicle::Vehicle;
use icd::bus::{BeamSpeeds, LEGS, Landmarks, Sensors};
use icd::time::Time;

/// All sensors of one vehicle.
#[derive(Clone, Debug)]
pub(super) struct Devices {
    imu: Faulty<Imu>,
    star_tracker: Faulty<StarTracker>,
    rangefinder: Faulty<Rangefinder, f32>,
    velocimeter: Option<Faulty<Velocimeter, BeamSpeeds>>,
    camera: Option<Camera>,
    landmarks: Catalogue,
    gauge: Option<Gauge>,
    switches: TouchdownSwitches,
}

/// What the sensors feel of the lander itself at one instant.
pub(super) struct Felt<'a> {
    /// What an ideal inertial unit accumulated over the last cycle.
    pub increments: &'a Increments,
    /// The main or an assist engine gives thrust, or did a moment ago.
    pub burning: bool,
    /// Which feet press on the ground.
    pub contact: [bool; LEGS],
    /// A shock presses every touchdown switch.
    pub shaken: bool,
    /// Angle of the liquid's surface in the plane of the gauge's probe, rad.
    pub slosh_rad: f64,
}

impl Devices {
    /// The sensors of `vehicle` in run `key`, powered at `t`.
    pub fn new(
        vehicle: &Vehicle,
        faults: &[Fault],
        landmarks: &Catalogue,
        t: Time,
        key: (u64, u64),
    ) -> Self {
        let star_tracker = StarTracker::new(&vehicle.star_tracker, t, key);
        let rangefinder = Rangefinder::new(&vehicle.rangefinder, t, key);
        Self {
            imu: Faulty::new(Imu::new(&vehicle.imu, key), "imu", faults, t, key),
            star_tracker: Faulty::new(star_tracker, "star_tracker", faults, t, key),
            rangefinder: Faulty::new(rangefinder, "rangefinder", faults, t, key),
            velocimeter: vehicle.velocimeter.as_ref().map(|spec| {
                Faulty::new(Velocimeter::new(spec, t, key), "velocimeter", faults, t, key)
            }),
            camera: vehicle.camera.as_ref().map(|spec| Camera::new(spec, t, key)),
            landmarks: landmarks.clone(),
            gauge: vehicle.gauge.as_ref().map(|spec| Gauge::new(spec, t, key)),
            switches: TouchdownSwitches::new(&vehicle.switches),
        }
    }

    /// Reads every device.
    pub fn sense(&mut self, vehicle: &Vehicle, sight: Sight<'_>, felt: &Felt<'_>) -> Sensors {
        let (t, state) = (sight.state.t, sight.state);
        let lrf = &vehicle.rangefinder;
        let rangefinder = self.rangefinder.sense(t, || {
            (!sight.out_of_reach(lrf.range_m_max))
                .then(|| sight.range_m(&lrf.p_BA_B, &lrf.d_B, lrf.range_m_max))
                .flatten()
        });
        let velocimeter = match (&mut self.velocimeter, &vehicle.velocimeter) {
            (Some(unit), Some(spec)) => unit.sense(t, || {
                let reach = !sight.out_of_reach(spec.range_m_max);
                let meets = |d_B: &[f64; 3]| {
                    reach && sight.meets_ground(&spec.p_BA_B, d_B, spec.range_m_max)
                };
                (sight.v_over_ground_B(&spec.p_BA_B), spec.d_B.each_ref().map(meets))
            }),
            _ => None,
        };
        let exposure = Exposure {
            p_MB_I: state.p_MB_I,
            q_IB: state.q_IB,
            rate_rad_s: state.w_IB_B.norm(),
            burning: felt.burning,
        };
        let liquid = Liquid {
            propellant_kg: state.propellant_kg,
            slosh_rad: felt.slosh_rad,
            settled: felt.burning || felt.contact.contains(&true),
        };
        Sensors {
            t,
            imu: self.imu.sense(t, felt.increments),
            star_tracker: self.star_tracker.sense(t, &exposure, || sight.sun_I()),
            rangefinder,
            velocimeter,
            radar_altimeter: None,
            camera: self.look(vehicle, sight, exposure.rate_rad_s),
            gauge: self.gauge.as_mut().and_then(|unit| unit.sense(t, &liquid)),
            touchdown: self.switches.sense(t, felt.contact, felt.shaken),
        }
    }

    fn look(&mut self, vehicle: &Vehicle, sight: Sight<'_>, rate_rad_s: f64) -> Option<Landmarks> {
        let (unit, spec) = (self.camera.as_mut()?, vehicle.camera.as_ref()?);
        unit.sense(sight.state.t, || {
            let (p_MA_M, R_MB) = sight.pose(&spec.p_BA_B);
            let sun_M = sight.sun_I().map(|sun_I| sight.R_IM.inverse() * sun_I);
            let landmarks = self.landmarks.landmarks();
            // No dust as yet.
            Scene { p_MA_M, R_MB, sun_M, rate_rad_s, transmission: 1.0, landmarks }
        })
    }

    /// Exact range of the last rangefinder shot, m, when ground was within its longest range.
    pub fn exact_range_m(&self) -> Option<f64> {
        self.rangefinder.device.exact_range_m()
    }
}
