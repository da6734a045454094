//! The sensors of one vehicle, each in the wrapper that lets it fail.
//!
//! Owns: [`Devices`], one reading of all of them. Does not own: the devices (`sensors`), their faults
//! (`faulty`), what they look at (`sight`).

use super::sight::Sight;
use crate::environment::landmarks::Catalogue;
use crate::environment::terrain::Nearby;
use crate::faulty::{Fault, Faults, Faulty, Inertial, LinkTerm, Now};
use crate::integrate::Increments;
use crate::random::Key;
use crate::sensors::camera::{Camera, Scene};
use crate::sensors::gauge::{Gauge, Liquid};
use crate::sensors::hazard_lidar::HazardLidar;
use crate::sensors::imu::Imu;
use crate::sensors::link::Health;
use crate::sensors::radar_altimeter::RadarAltimeter;
use crate::sensors::rangefinder::{self, Rangefinder};
use crate::sensors::star_tracker::{Exposure, StarTracker};
use crate::sensors::switches::TouchdownSwitches;
use crate::sensors::velocimeter::Velocimeter;
use crate::vehicle::Vehicle;
use icd::bus::{
    self, Actuators, BeamSpeeds, LEGS, Landmarks, LidarLine, Sensors, SlantRange, Sweep,
};
use icd::frames::{B, Direction, Vector};
use icd::time::Time;
use nalgebra::Vector3;

/// All sensors of one vehicle.
#[derive(Clone, Debug)]
pub(super) struct Devices {
    imu: Imu,
    gyros: Faults<Inertial>,
    accelerometers: Faults<Inertial>,
    star_tracker: Faulty<StarTracker, bus::StarTracker>,
    rangefinder: Faulty<Rangefinder, SlantRange>,
    /// Until when it restarts.
    rangefinder_off: Option<Time>,
    velocimeter: Option<Faulty<Velocimeter, BeamSpeeds>>,
    radar_altimeter: Option<Faulty<RadarAltimeter, SlantRange>>,
    camera: Option<Faulty<Camera, Landmarks>>,
    landmarks: Catalogue,
    gauge: Option<Faulty<Gauge, bus::Gauge>>,
    hazard_lidar: Option<Faulty<HazardLidar, LidarLine>>,
    switches: TouchdownSwitches,
    switch_faults: [Faults<()>; LEGS],
    seen: Seen,
}

/// What each beam's last shots have found of the ground.
#[derive(Clone, Debug, Default)]
struct Seen {
    rangefinder: Nearby,
    velocimeter: [Nearby; 3],
    radar_altimeter: Nearby,
    hazard_lidar: Nearby,
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
    /// What the hazard lidar was told to sweep now.
    pub sweep: Option<Sweep>,
}

impl Devices {
    /// The sensors of `vehicle` in run `key`, powered at `t`.
    pub fn new(
        vehicle: &Vehicle,
        faults: &[Fault],
        landmarks: &Catalogue,
        t: Time,
        given: Key<'_>,
    ) -> Self {
        let key = (given.seed, given.run);
        let star_tracker = StarTracker::new(&vehicle.star_tracker, t, given);
        let rangefinder = Rangefinder::new(&vehicle.rangefinder, t, key);
        let triad = |name: &str| Faults::new(name, faults, t, key).and_of("imu", faults, t, key);
        Self {
            imu: Imu::new(&vehicle.imu, given),
            gyros: triad("gyros"),
            accelerometers: triad("accelerometers"),
            star_tracker: Faulty::new(star_tracker, "star_tracker", faults, t, key),
            rangefinder: Faulty::new(rangefinder, "rangefinder", faults, t, key),
            rangefinder_off: None,
            velocimeter: vehicle.velocimeter.as_ref().map(|spec| {
                Faulty::new(Velocimeter::new(spec, t, given), "velocimeter", faults, t, key)
            }),
            radar_altimeter: vehicle.radar_altimeter.as_ref().map(|spec| {
                let unit = RadarAltimeter::new(spec, t, key);
                Faulty::new(unit, "radar_altimeter", faults, t, key)
            }),
            camera: vehicle
                .camera
                .as_ref()
                .map(|spec| Faulty::new(Camera::new(spec, t, key), "camera", faults, t, key)),
            landmarks: landmarks.clone(),
            gauge: vehicle
                .gauge
                .as_ref()
                .map(|spec| Faulty::new(Gauge::new(spec, t, given), "gauge", faults, t, key)),
            hazard_lidar: vehicle.hazard_lidar.as_ref().map(|spec| {
                Faulty::new(HazardLidar::new(spec, given), "hazard_lidar", faults, t, key)
            }),
            switches: TouchdownSwitches::new(&vehicle.switches),
            switch_faults: core::array::from_fn(|n| {
                Faults::new(&format!("switch.{n}"), faults, t, key)
            }),
            seen: Seen::default(),
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
        let t = sight.state.t;
        let contact = self.switches.sense(t, felt.contact, felt.shaken);
        Sensors {
            t,
            imu: self.inertial(t, felt.increments),
            star_tracker: self.attitude(&sight, felt),
            rangefinder: self.range(vehicle, &sight),
            velocimeter: self.speeds(vehicle, &sight),
            radar_altimeter: self.radar_range(vehicle, &sight),
            camera: self.landmarks(vehicle, &sight),
            gauge: self.propellant(&sight, felt),
            hazard_lidar: self.hazard_line(vehicle, &sight, felt),
            touchdown: core::array::from_fn(|n| self.switch_faults[n].switch(t, contact[n])),
            uplink: None,
        }
    }

    /// Other noise from now on, of every device and fault: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.imu.rekey(key);
        self.gyros.rekey(key);
        self.accelerometers.rekey(key);
        self.star_tracker.device.rekey(key);
        self.star_tracker.faults.rekey(key);
        self.rangefinder.device.rekey(key);
        self.rangefinder.faults.rekey(key);
        if let Some(unit) = &mut self.velocimeter {
            unit.device.rekey(key);
            unit.faults.rekey(key);
        }
        if let Some(unit) = &mut self.radar_altimeter {
            unit.device.rekey(key);
            unit.faults.rekey(key);
        }
        if let Some(unit) = &mut self.camera {
            unit.device.rekey(key);
            unit.faults.rekey(key);
        }
        if let Some(unit) = &mut self.gauge {
            unit.device.rekey(key);
            unit.faults.rekey(key);
        }
        if let Some(unit) = &mut self.hazard_lidar {
            unit.device.rekey(key);
            unit.faults.rekey(key);
        }
        self.switch_faults.iter_mut().for_each(|switch| switch.rekey(key));
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
        if let Some(unit) = &mut self.camera {
            unit.faults.follow(now);
        }
        if let Some(unit) = &mut self.gauge {
            unit.faults.follow(now);
        }
        if let Some(unit) = &mut self.hazard_lidar {
            unit.faults.follow(now);
        }
        self.switch_faults.iter_mut().for_each(|switch| switch.follow(now));
    }

    fn attitude(&mut self, sight: &Sight<'_>, felt: &Felt<'_>) -> Option<bus::StarTracker> {
        let state = sight.state;
        let exposure = Exposure {
            p_MB_I: state.p_MB_I,
            q_IB: state.q_IB,
            rate_rad_s: state.w_IB_B.norm(),
            burning: felt.burning,
        };
        let solution = self.star_tracker.device.sense(state.t, &exposure, || sight.sun_I());
        self.star_tracker.faults.pass(state.t, solution)
    }

    fn range(&mut self, vehicle: &Vehicle, sight: &Sight<'_>) -> Option<SlantRange> {
        let (t, spec) = (sight.state.t, &vehicle.rangefinder);
        let health = self.rangefinder_health(t);
        let seen = &mut self.seen.rangefinder;
        let shot = self.rangefinder.device.sense(t, &health, || {
            (!sight.out_of_reach(spec.range_m_max))
                .then(|| sight.target((&spec.p_BA_B, &spec.d_B), spec.range_m_max, seen))
                .flatten()
        });
        let shown = self.rangefinder.faults.pass(t, shot);
        shown.filter(|_| self.rangefinder_off.is_none_or(|until| t >= until))
    }

    /// Takes the commands of `t`: the rangefinder is switched off and on again, and what that clears is over.
    pub fn command(&mut self, actuators: &Actuators, t: Time) {
        if actuators.restart_rangefinder {
            self.rangefinder.faults.restarted(t);
            self.rangefinder_off = Some(t + rangefinder::RESTART);
        }
    }

    /// What faults leave of the rangefinder's link.
    fn rangefinder_health(&self, t: Time) -> Health {
        let faults = &self.rangefinder.faults;
        if faults.none() {
            return Health::HEALTHY;
        }
        Health {
            laser: faults.link_factor(LinkTerm::Laser, t),
            receiver: faults.link_factor(LinkTerm::Receiver, t),
            surface: faults.link_factor(LinkTerm::Surface, t),
            smear: faults.link_factor(LinkTerm::Speed, t),
        }
    }

    fn speeds(&mut self, vehicle: &Vehicle, sight: &Sight<'_>) -> Option<BeamSpeeds> {
        let (unit, spec) = (self.velocimeter.as_mut()?, vehicle.velocimeter.as_ref()?);
        let (t, seen) = (sight.state.t, &mut self.seen.velocimeter);
        let beams = unit.device.sense(t, || {
            let mut locks = [false; 3];
            for ((locks, d_B), seen) in locks.iter_mut().zip(&spec.d_B).zip(seen) {
                *locks = sight.locks(spec, d_B, seen);
            }
            (sight.v_over_ground_B(&spec.p_BA_B), locks)
        });
        unit.faults.pass(t, beams)
    }

    fn radar_range(&mut self, vehicle: &Vehicle, sight: &Sight<'_>) -> Option<SlantRange> {
        let (unit, spec) = (self.radar_altimeter.as_mut()?, vehicle.radar_altimeter.as_ref()?);
        let (t, seen) = (sight.state.t, &mut self.seen.radar_altimeter);
        let pulse = unit.device.sense(t, || {
            (!sight.out_of_reach(spec.range_m_max))
                .then(|| sight.nearest_m((&spec.p_BA_B, &spec.d_B), spec.half_angle_rad, seen))
                .flatten()
        });
        unit.faults.pass(t, pulse)
    }

    fn landmarks(&mut self, vehicle: &Vehicle, sight: &Sight<'_>) -> Option<Landmarks> {
        let (unit, spec) = (self.camera.as_mut()?, vehicle.camera.as_ref()?);
        let t = sight.state.t;
        let catalogue = &self.landmarks;
        let frame = unit.device.sense(t, || {
            let (p_MA_M, R_MB) = sight.pose(&spec.p_BA_B);
            let d_M = R_MB * Vector::<Direction, B>::from_si(Vector3::from(spec.d_B));
            Scene {
                p_MA_M,
                R_MB,
                sun_M: sight.sun_I().map(|sun_I| sight.R_IM.inverse() * sun_I),
                rate_rad_s: sight.state.w_IB_B.norm(),
                transmission: sight.transmission(p_MA_M, d_M),
                landmarks: catalogue.landmarks(),
            }
        });
        unit.faults.pass(t, frame)
    }

    fn propellant(&mut self, sight: &Sight<'_>, felt: &Felt<'_>) -> Option<bus::Gauge> {
        let unit = self.gauge.as_mut()?;
        let (t, propellant_kg) = (sight.state.t, sight.state.propellant_kg);
        let settled = felt.burning || felt.contact.contains(&true);
        let liquid = Liquid { propellant_kg, slosh_rad: felt.slosh_rad, settled };
        let reading = unit.device.sense(t, &liquid);
        unit.faults.pass(t, reading)
    }

    fn hazard_line(
        &mut self,
        vehicle: &Vehicle,
        sight: &Sight<'_>,
        felt: &Felt<'_>,
    ) -> Option<LidarLine> {
        let (unit, spec) = (self.hazard_lidar.as_mut()?, vehicle.hazard_lidar.as_ref()?);
        let (t, seen) = (sight.state.t, &mut self.seen.hazard_lidar);
        let line = unit.device.sense(t, felt.sweep.as_ref(), |d_B| {
            sight.echo((&spec.p_BA_B, &d_B.into()), spec.range_m_max, seen)
        });
        unit.faults.pass(t, line)
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
