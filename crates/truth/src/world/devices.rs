//! The sensors of one vehicle, each in the wrapper that lets it fail.
//!
//! Owns: [`Devices`], one reading of all of them. Does not own: the devices (`sensors`), their faults
//! (`faulty`), what they look at (`sight`).

use super::sight::Sight;
use crate::faulty::{Fault, Faulty};
use crate::integrate::Increments;
use crate::sensors::imu::Imu;
use crate::sensors::radar_altimeter::RadarAltimeter;
use crate::sensors::rangefinder::Rangefinder;
use crate::sensors::star_tracker::StarTracker;
use crate::sensors::velocimeter::Velocimeter;
use crate::vehicle::Vehicle;
use icd::bus::{BeamSpeeds, LEGS, Sensors};
use icd::time::Time;

/// All sensors of one vehicle.
#[derive(Clone, Debug)]
pub(super) struct Devices {
    imu: Faulty<Imu>,
    star_tracker: Faulty<StarTracker>,
    rangefinder: Faulty<Rangefinder, f32>,
    velocimeter: Option<Faulty<Velocimeter, BeamSpeeds>>,
    radar_altimeter: Option<RadarAltimeter>,
}

/// What the sensors feel of the lander itself at one instant.
pub(super) struct Felt<'a> {
    /// What an ideal inertial unit accumulated over the last cycle.
    pub increments: &'a Increments,
    /// The main or an assist engine gives thrust, or did a moment ago.
    pub burning: bool,
    /// Which feet press on the ground.
    pub contact: [bool; LEGS],
}

impl Devices {
    /// The sensors of `vehicle` in run `key`, powered at `t`.
    pub fn new(vehicle: &Vehicle, faults: &[Fault], t: Time, key: (u64, u64)) -> Self {
        let star_tracker = StarTracker::new(&vehicle.star_tracker, t, key);
        let rangefinder = Rangefinder::new(&vehicle.rangefinder, t, key);
        Self {
            imu: Faulty::new(Imu::new(&vehicle.imu, key), "imu", faults, t, key),
            star_tracker: Faulty::new(star_tracker, "star_tracker", faults, t, key),
            rangefinder: Faulty::new(rangefinder, "rangefinder", faults, t, key),
            velocimeter: vehicle.velocimeter.as_ref().map(|spec| {
                Faulty::new(Velocimeter::new(spec, t, key), "velocimeter", faults, t, key)
            }),
            radar_altimeter: vehicle
                .radar_altimeter
                .as_ref()
                .map(|spec| RadarAltimeter::new(spec, t, key)),
        }
    }

    /// Reads every device.
    pub fn sense(&mut self, vehicle: &Vehicle, sight: Sight<'_>, felt: &Felt<'_>) -> Sensors {
        let (t, state) = (sight.state.t, sight.state);
        let lrf = &vehicle.rangefinder;
        let rangefinder = self.rangefinder.sense(t, || {
            (!sight.out_of_reach(lrf.range_m_max))
                .then(|| sight.target(&lrf.p_BA_B, &lrf.d_B, lrf.range_m_max))
                .flatten()
        });
        let velocimeter = match (&mut self.velocimeter, &vehicle.velocimeter) {
            (Some(unit), Some(spec)) => unit.sense(t, || {
                let locks = |d_B: &[f64; 3]| sight.locks(spec, d_B);
                (sight.v_over_ground_B(&spec.p_BA_B), spec.d_B.each_ref().map(locks))
            }),
            _ => None,
        };
        let radar_altimeter = match (&mut self.radar_altimeter, &vehicle.radar_altimeter) {
            (Some(unit), Some(spec)) => unit.sense(t, || {
                (!sight.out_of_reach(spec.range_m_max))
                    .then(|| sight.nearest_m(&spec.p_BA_B, &spec.d_B, spec.half_angle_rad))
                    .flatten()
            }),
            _ => None,
        };
        let rate_rad_s = state.w_IB_B.norm();
        Sensors {
            t,
            imu: self.imu.sense(t, felt.increments),
            star_tracker: self.star_tracker.sense(t, state.q_IB, rate_rad_s, felt.burning),
            rangefinder,
            velocimeter,
            radar_altimeter,
            camera: None,
            gauge: None,
            touchdown: felt.contact,
        }
    }

    /// Exact range of the last rangefinder shot, m, when ground was within its longest range.
    pub fn exact_range_m(&self) -> Option<f64> {
        self.rangefinder.device.exact_range_m()
    }
}
