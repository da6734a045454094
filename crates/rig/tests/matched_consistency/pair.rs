//! One run: a filter and the truth that it is held against.

use super::{Cycle, Innovations, Reference, Suite};
use flight::nav::Nav;
use flight::nav::aid::{beam_speed, landmark, quiet, radar_altitude, slant_range, star_tracker};
use flight::nav::covariance::{EMPTY, Row, STATES};
use flight::nav::filter::{self, Epoch};
use flight::nav::state::Pose;
use icd::bus::Imu;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::time::{Span, Time};
use nalgebra::{DMatrix, DVector, Vector3};
use truth::random::Stream;

/// The filter and the truth it is held against.
pub struct Pair<'a> {
    reference: &'a Reference,
    pub nav: Nav,
    pub truth: Nav,
    chance: Stream,
    sights: Vec<u8>,
    last_pulse_M: Option<Vector3<f64>>,
    quiet_sum: Vector3<f64>,
    t_drift: Time,
    pub found: Innovations,
}

/// A draw from the covariance of `nav`.
fn draw(nav: &Nav, chance: &mut Stream) -> Row {
    let at = |i: usize| nav.covariance.get(i, i);
    let random: Vec<usize> = (0..STATES).filter(|i| at(*i) > 0.0).collect();
    let scale: Vec<f64> = random.iter().map(|i| at(*i).sqrt()).collect();
    let n = random.len();
    let correlation = DMatrix::from_fn(n, n, |a, b| {
        nav.covariance.get(random[a], random[b]) / (scale[a] * scale[b])
            + if a == b { 1e-12 } else { 0.0 }
    });
    let normal = DVector::from_fn(n, |_, _| chance.normal());
    let drawn = correlation.cholesky().expect("a covariance").l() * normal;
    let mut dx = EMPTY;
    for ((i, scale), x) in random.iter().zip(&scale).zip(drawn.iter()) {
        dx[*i] = scale * x;
    }
    dx
}

impl<'a> Pair<'a> {
    pub fn new(reference: &'a Reference, suite: Suite, run: u64) -> Self {
        let mut chance = suite.chance(run);
        let nav = Nav::new(&reference.load, &reference.start);
        let mut truth = nav.clone();
        truth.correct(&draw(&nav, &mut chance));
        // Attitude: the truth is what the machine flew with; the first stars show it, with their noise.
        truth.aligned = true;
        truth.q_IB = reference.q_IB * Quaternion::<B, B>::exp(truth.considered.alignment);
        Self {
            reference,
            t_drift: nav.t,
            nav,
            truth,
            chance,
            sights: vec![0; reference.load.landmarks.count],
            last_pulse_M: None,
            quiet_sum: Vector3::zeros(),
            found: Innovations::default(),
        }
    }

    pub fn propagate(&mut self, cycle: &Cycle, dt_s: f64) {
        let load = &*self.reference.load;
        let unit = load.vehicle.inertial;
        let root = dt_s.sqrt();
        let noisy = |read: [f64; 3], sigma: f64, chance: &mut Stream| {
            let noise = chance.normal3() * (sigma * root);
            (Vector3::from(read) + noise).into()
        };
        // In the coast nothing pushes: the unit reads its own errors.
        let dv_B_m_s = if cycle.braking {
            cycle.imu.dv_B_m_s
        } else {
            (self.truth.accelerometer_bias * dt_s).into()
        };
        let exact = Imu { dv_B_m_s, ..cycle.imu };
        let read = Imu {
            dv_B_m_s: noisy(exact.dv_B_m_s, unit.vrw_m_s_sqrt_s, &mut self.chance),
            dtheta_B_rad: noisy(exact.dtheta_B_rad, unit.arw_rad_sqrt_s, &mut self.chance),
            ..cycle.imu
        };
        self.truth.propagate(load, &exact, cycle.t, cycle.braking);
        self.nav.propagate(load, &read, cycle.t, cycle.braking);
        self.quiet_sum += Vector3::from(read.dv_B_m_s);
    }

    /// The covariance's frame, and what the truth does at random in it.
    pub fn frame(&mut self, dt_s: f64, quiet: bool) {
        let load = &*self.reference.load;
        if quiet && self.nav.aligned {
            let mean = self.quiet_sum / dt_s;
            let mut epoch = Epoch::<3>::new();
            for axis in 0..3 {
                let p = quiet::predict(load, self.nav.accelerometer_bias, axis, dt_s);
                let c = filter::compare(&self.nav, &p, mean[axis]);
                self.found.quiet.push(c.nu / c.sigma);
                epoch.take(&c, f64::INFINITY);
            }
            epoch.fuse(&mut self.nav);
        }
        self.quiet_sum = Vector3::zeros();
        let q_drift = self.nav.tracker_drift(dt_s);
        self.nav.propagate_covariance(load, dt_s);
        let kick = self.chance.normal3() * q_drift.sqrt();
        self.truth.q_IB = Quaternion::<I, I>::exp(kick) * self.truth.q_IB;
        let elapsed = self.truth.t - self.t_drift;
        if elapsed >= Span::from_ms(1000) {
            self.t_drift = self.truth.t;
            let passed = self.truth.passed(load, elapsed.s());
            let up = self.truth.p_MB_I.si().normalize();
            let (level, radial) = (self.chance.normal3(), self.chance.normal());
            let fresh =
                level * passed.level2.sqrt() + up * (radial * (passed.up2 - passed.level2).sqrt());
            self.truth.anomaly_I = self.truth.anomaly_I * passed.keep + fresh;
            let inertial = load.vehicle.inertial;
            let n = [self.chance.normal3(), self.chance.normal3()];
            let renewed = |was: Vector3<f64>, n: Vector3<f64>, sigma: f64, drift: (f64, f64)| {
                let rate = drift.0 * drift.0 / (sigma * sigma * drift.1);
                let keep = libm::exp(-elapsed.s() * rate);
                was * keep + n * (sigma * (1.0 - keep * keep).sqrt())
            };
            let (gyro, accelerometer) = (self.truth.gyro_bias, self.truth.accelerometer_bias);
            self.truth.gyro_bias =
                renewed(gyro, n[0], inertial.gyro_bias_rad_s, inertial.gyro_drift);
            self.truth.accelerometer_bias = renewed(
                accelerometer,
                n[1],
                inertial.accelerometer_bias_m_s2,
                inertial.accelerometer_drift,
            );
        }
    }

    pub fn stars(&mut self) {
        let load = &*self.reference.load;
        let mut noise = Vector3::zeros();
        for (axis_B, sigma_rad) in star_tracker::axes(&load.vehicle.inertial) {
            noise += axis_B * (self.chance.normal() * sigma_rad);
        }
        let report: Quaternion<I, B> = self.truth.q_IB * Quaternion::<B, B>::exp(noise);
        if !self.nav.aligned {
            self.nav.align(load, report);
            return;
        }
        let pose = self.nav.pose();
        let z = star_tracker::measured(&pose, report);
        let mut epoch = Epoch::<3>::new();
        for (axis_B, sigma_rad) in star_tracker::axes(&load.vehicle.inertial) {
            let p = star_tracker::predict(&self.nav, &pose, axis_B, sigma_rad);
            let c = filter::compare(&self.nav, &p, z.dot(&axis_B));
            self.found.star.push(c.nu / c.sigma);
            epoch.take(&c, f64::INFINITY);
        }
        epoch.fuse(&mut self.nav);
    }

    pub fn fold(&mut self) {
        let beta = self.truth.considered.alignment;
        self.truth.q_IB = self.truth.q_IB * Quaternion::<B, B>::exp(-beta);
        self.truth.considered.alignment = Vector3::zeros();
        self.truth.folded = true;
        self.nav.fold_alignment();
    }

    pub fn beams(&mut self, t: Time) {
        let load = &*self.reference.load;
        let (Some(pose), Some(fact)) = (self.nav.history.at(t), self.truth.history.at(t)) else {
            return;
        };
        let mut epoch = Epoch::<3>::new();
        for beam in 0..3 {
            let exact = beam_speed::predict(load, &self.truth, &fact, beam);
            let p = beam_speed::predict(load, &self.nav, &pose, beam);
            let measured = exact.value + self.chance.normal() * p.r.sqrt();
            let c = filter::compare(&self.nav, &p, measured);
            self.found.beams.push(c.nu / c.sigma);
            epoch.take(&c, f64::INFINITY);
        }
        epoch.fuse(&mut self.nav);
    }

    pub fn range(&mut self, t: Time) {
        let (load, site) = (&*self.reference.load, &self.reference.site);
        let (Some(pose), Some(fact)) = (self.nav.history.at(t), self.truth.history.at(t)) else {
            return;
        };
        let predict = |nav: &Nav, pose: &Pose| slant_range::predict(load, site, nav, pose);
        let beam = slant_range::Beam::new(load, &self.nav, &pose);
        let Some(at) = beam.meet(load, site, &self.nav) else { return };
        self.move_terrain(at.hit_M);
        let (Some(p), Some(exact)) = (predict(&self.nav, &pose), predict(&self.truth, &fact))
        else {
            return;
        };
        let measured = exact.value + self.chance.normal() * p.r.sqrt();
        let c = filter::compare(&self.nav, &p, measured);
        self.found.ranges.push(c.nu / c.sigma);
        filter::fuse(&mut self.nav, &c, f64::INFINITY);
    }

    /// The terrain bias becomes that of another place; in truth too, where what is new is drawn.
    fn move_terrain(&mut self, place_M: Vector3<f64>) {
        let load = &*self.reference.load;
        let travel_m = self.nav.move_terrain(place_M);
        self.truth.move_terrain(place_M);
        let keep = libm::exp(-travel_m / load.map.correlation_m);
        let fresh = load.map.sigma_m * (1.0 - keep * keep).sqrt() * self.chance.normal();
        self.truth.terrain_bias_m += fresh;
    }

    pub fn pulse(&mut self, t: Time) {
        let (load, site) = (&*self.reference.load, &self.reference.site);
        let (Some(pose), Some(fact)) = (self.nav.history.at(t), self.truth.history.at(t)) else {
            return;
        };
        let below_M = (self.nav.R_IM.inverse() * self.nav.p_MB_I).si();
        let below_M = below_M * (icd::constants::MOON_RADIUS_M / below_M.norm());
        let travel_m = self.last_pulse_M.map_or(0.0, |last| (below_M - last).norm());
        self.last_pulse_M = Some(below_M);
        self.move_terrain(below_M);
        let predict = |nav: &Nav, pose| radar_altitude::predict(load, site, nav, pose, travel_m);
        let (Some(p), Some(exact)) = (predict(&self.nav, &pose), predict(&self.truth, &fact))
        else {
            return;
        };
        let measured = exact.value + self.chance.normal() * p.r.sqrt();
        let c = filter::compare(&self.nav, &p, measured);
        self.found.pulses.push(c.nu / c.sigma);
        filter::fuse(&mut self.nav, &c, f64::INFINITY);
    }

    /// A frame, landmark by landmark: each is compared with what those before it taught.
    pub fn image(&mut self, t: Time, ids: &[u16]) {
        let load = &*self.reference.load;
        if !self.nav.aligned {
            return;
        }
        let Some(mut fact) = self.truth.history.at(t) else { return };
        if !self.truth.folded {
            // Until then the attitude state is the tracker's; the camera turns with the body.
            let beta = self.truth.considered.alignment;
            fact.q_IB = fact.q_IB * Quaternion::<B, B>::exp(-beta);
        }
        for id in ids {
            let Some(pose) = self.nav.history.at(t) else { return };
            let Some(sights) = self.sights.get_mut(usize::from(*id)) else { continue };
            let sight = (*id, sights.saturating_add(1));
            let place = landmark::predict(load, &self.nav, &pose, sight);
            let exact = landmark::predict(load, &self.truth, &fact, sight);
            let (Some(place), Some(exact)) = (place, exact) else { continue };
            *sights = sights.saturating_add(1);
            let mut noisy =
                |i: usize| exact.pixel[i].value + self.chance.normal() * place.pixel[i].r.sqrt();
            let measured = [noisy(0), noisy(1)];
            let (both, _) = filter::compare_two(&self.nav, &place.pixel, measured);
            let mut epoch = Epoch::<2>::new();
            for c in &both {
                // Before the fold the tracker's alignment is considered: what the filter is not to learn
                // from one sight stays in the next, and innovations are not white.
                if self.truth.folded {
                    self.found.landmarks.push(c.nu / c.sigma);
                }
                epoch.take(c, f64::INFINITY);
            }
            epoch.fuse(&mut self.nav);
        }
    }
}
