//! The sensors of one vehicle, each in the wrapper that lets it fail.
//!
//! Owns: [`Devices`], one reading of all of them. Does not own: the devices (`sensors`), their faults
//! (`faulty`), what they look at (`sight`).

use super::sight::Sight;
use crate::faulty::{Fault, Faults, Faulty, Inertial, LinkTerm, Now};
use crate::integrate::Increments;
use crate::sensors::imu::Imu;
use crate::sensors::link::Health;
use crate::sensors::radar_altimeter::RadarAltimeter;
use crate::sensors::rangefinder::Rangefinder;
use crate::sensors::star_tracker::StarTracker;
use crate::sensors::velocimeter::Velocimeter;
use crate::vehicle::Vehicle;
use icd::bus::{self, BeamSpeeds, LEGS, Sensors, SlantRange};
use icd::time::Time;

/// All sensors of one vehicle.
#[derive(Clone, Debug)]
pub(super) struct Devices {
    imu: Imu,
    gyros: Faults<Inertial>,
    accelerometers: Faults<Inertial>,
    star_tracker: Faulty<StarTracker, bus::StarTracker>,
    rangefinder: Faulty<Rangefinder, SlantRange>,
    velocimeter: Option<Faulty<Velocimeter, BeamSpeeds>>,
    radar_altimeter: Option<Faulty<RadarAltimeter, SlantRange>>,
    switches: [Faults<()>; LEGS],
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
        let triad =
            |name: &str| Faults::new(name, faults, t, key).and_of("imu", name, faults, t, key);
        Self {
            imu: Imu::new(&vehicle.imu, key),
            gyros: triad("gyros"),
            accelerometers: triad("accelerometers"),
            star_tracker: Faulty::new(star_tracker, "star_tracker", faults, t, key),
            rangefinder: Faulty::new(rangefinder, "rangefinder", faults, t, key),
            velocimeter: vehicle.velocimeter.as_ref().map(|spec| {
                Faulty::new(Velocimeter::new(spec, t, key), "velocimeter", faults, t, key)
            }),
            radar_altimeter: vehicle.radar_altimeter.as_ref().map(|spec| {
                let unit = RadarAltimeter::new(spec, t, key);
                Faulty::new(unit, "radar_altimeter", faults, t, key)
            }),
            switches: core::array::from_fn(|n| Faults::new(&format!("switch.{n}"), faults, t, key)),
        }
    }

    /// Reads every device.
    pub fn sense(
        &mut self,
        vehicle: &Vehicle,
        sight: Sight<'_>,
        felt: &Felt<'_>,
        now: &Now,
    ) -> Sensors {
        self.follow(now);
        let (t, state) = (sight.state.t, sight.state);
        let lrf = &vehicle.rangefinder;
        let health = self.rangefinder_health(t);
        let rangefinder = self.rangefinder.device.sense(t, &health, || {
            (!sight.out_of_reach(lrf.range_m_max))
                .then(|| sight.target(&lrf.p_BA_B, &lrf.d_B, lrf.range_m_max))
                .flatten()
        });
        let velocimeter = match (&mut self.velocimeter, &vehicle.velocimeter) {
            (Some(unit), Some(spec)) => {
                let beams = unit.device.sense(t, || {
                    let locks = |d_B: &[f64; 3]| sight.locks(spec, d_B);
                    (sight.v_over_ground_B(&spec.p_BA_B), spec.d_B.each_ref().map(locks))
                });
                unit.faults.pass(t, beams)
            }
            _ => None,
        };
        let radar_altimeter = match (&mut self.radar_altimeter, &vehicle.radar_altimeter) {
            (Some(unit), Some(spec)) => {
                let pulse = unit.device.sense(t, || {
                    (!sight.out_of_reach(spec.range_m_max))
                        .then(|| sight.nearest_m(&spec.p_BA_B, &spec.d_B, spec.half_angle_rad))
                        .flatten()
                });
                unit.faults.pass(t, pulse)
            }
            _ => None,
        };
        let rate_rad_s = state.w_IB_B.norm();
        let attitude = self.star_tracker.device.sense(t, state.q_IB, rate_rad_s, felt.burning);
        Sensors {
            t,
            imu: self.inertial(t, felt.increments),
            star_tracker: self.star_tracker.faults.pass(t, attitude),
            rangefinder: self.rangefinder.faults.pass(t, rangefinder),
            velocimeter,
            radar_altimeter,
            camera: None,
            gauge: None,
            touchdown: core::array::from_fn(|n| self.switches[n].switch(t, felt.contact[n])),
        }
    }

    /// What faults leave of the rangefinder's link.
    fn rangefinder_health(&self, t: Time) -> Health {
        if self.rangefinder.faults.none() {
            return Health::HEALTHY;
        }
        let factor = |term| self.rangefinder.faults.link_factor(term, t);
        Health {
            laser: factor(LinkTerm::Laser),
            receiver: factor(LinkTerm::Receiver),
            surface: factor(LinkTerm::Surface),
            smear: factor(LinkTerm::Speed),
        }
    }

    /// Notes which faults begin and end.
    fn follow(&mut self, now: &Now) {
        self.gyros.follow(now);
        self.accelerometers.follow(now);
        self.star_tracker.faults.follow(now);
        self.rangefinder.faults.follow(now);
        if let Some(unit) = &mut self.velocimeter {
            unit.faults.follow(now);
        }
        if let Some(unit) = &mut self.radar_altimeter {
            unit.faults.follow(now);
        }
        self.switches.iter_mut().for_each(|switch| switch.follow(now));
    }

    /// The inertial unit: each triad through its own faults and those of the whole unit.
    fn inertial(&mut self, t: Time, increments: &Increments) -> bus::Imu {
        let sample = self.imu.sense(increments);
        let dt_s = increments.dt_s;
        if dt_s <= 0.0 || (self.gyros.none() && self.accelerometers.none()) {
            return sample;
        }
        let triad = |sums: [f64; 3]| Inertial {
            t,
            rates: sums.map(|sum| sum / dt_s),
            saturated: sample.saturated,
            healthy: sample.healthy,
        };
        let gyros = self.gyros.pass(t, Some(triad(sample.dtheta_B_rad)));
        let accelerometers = self.accelerometers.pass(t, Some(triad(sample.dv_B_m_s)));
        let (Some(gyros), Some(accelerometers)) = (gyros, accelerometers) else {
            return bus::Imu::default();
        };
        bus::Imu {
            dv_B_m_s: accelerometers.rates.map(|rate| rate * dt_s),
            dtheta_B_rad: gyros.rates.map(|rate| rate * dt_s),
            saturated: gyros.saturated || accelerometers.saturated,
            healthy: gyros.healthy && accelerometers.healthy,
        }
    }

    /// Exact range of the last rangefinder shot, m, when ground was within its longest range.
    pub fn exact_range_m(&self) -> Option<f64> {
        self.rangefinder.device.exact_range_m()
    }
}
