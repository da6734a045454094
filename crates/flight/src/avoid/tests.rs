//! The whole flight software over ground that is known exactly: what it feels is what it asked for, so that
//! its navigation is the truth; the lidar's shots are worked out by hand.

#![allow(clippy::cast_possible_truncation)]

use super::*;
use crate::load::{Avoidance, DivertLaw, Load, NavStart};
use crate::test_load::{flight_state, load, quiet};
use icd::bus::Actuators;
use icd::frames::{Vector, Velocity};
use icd::rotation::Quaternion as Turn;

const MIRROR: [f64; 3] = [0.0, -0.6, 0.0];

/// A load whose map is so good that the altitude is known.
fn mapped() -> Load {
    let mut load = load();
    load.map.sigma_m = 1.0;
    load
}

pub(crate) fn equipped() -> Load {
    let mut load = mapped();
    load.vehicle.avoidance = Avoidance {
        fitted: true,
        p_BA_B: MIRROR,
        range_m_max: 650.0,
        sigma_m: 0.02,
        foot_radius_m: 1.3,
        pad_diameter_m: 0.3,
        law: DivertLaw::ClosedForm,
    };
    load
}

/// A lander 500 m over level ground, upright and falling by the plan, and a world that obeys it.
#[derive(Clone)]
pub(crate) struct Bench<'a> {
    pub flight: Flight<'a>,
    start_L: Vector3<f64>,
    level_m: f64,
    n: u32,
    actuators: Actuators,
}

impl<'a> Bench<'a> {
    pub fn new(load: &'a Load) -> Self {
        let (nav, site) = flight_state(load, 500.0, 0.0);
        let v_L: Vector<Velocity, L> = Vector::new(0.0, 0.0, -22.0);
        let ground_I = load.orientation.w_IM_I.cross(nav.p_MB_I);
        let v_I = nav.R_IM * (site.R_ML * v_L);
        let start = NavStart {
            t: nav.t,
            p_MB_I: nav.p_MB_I,
            v_MB_I: v_I + ground_I,
            sigma_p_m: [1.0; 3],
            sigma_v_m_s: [0.01; 3],
        };
        let mut flight = Flight::new(load, &start);
        flight.nav.align(load, nav.q_IB);
        flight.mode.phase = Phase::Terminal;
        flight.propellant_kg = 80.0;
        flight.nav.history.push(flight.nav.pose());
        let start_L = flight.nav.p_LB_L(&flight.site).si();
        let t = flight.nav.t;
        let mut bench = Self { flight, start_L, level_m: 0.0, n: 0, actuators: Actuators::safe(t) };
        bench.flight.guide();
        bench.level_m = -(bench.flight.guide.altitude_m - load.vehicle.foot_z_m);
        bench
    }

    /// Where the lander is from where it started.
    pub fn p(&self) -> Vector3<f64> {
        self.flight.nav.p_LB_L(&self.flight.site).si() - self.start_L
    }

    /// One cycle: the body turns towards the demand as fast as it may, the engines push as asked.
    pub fn step(&mut self, ground_m: &impl Fn(f64, f64) -> f64, echoes: bool) {
        let dt_s = CYCLE.s();
        let flight = &self.flight;
        let line = self.actuators.sweep.filter(|_| echoes).map(|sweep| self.line(&sweep, ground_m));
        let d_B = flight.nav.q_IB.rotation().si().tr_mul(&flight.guide.a_I);
        let axis = Vector3::z().cross(&d_B);
        let off = libm::atan2(axis.norm(), d_B.z).min(flight.load.vehicle.slew_rad_s_max * dt_s);
        let turn = if axis.norm() > 1e-9 { axis / axis.norm() * off } else { Vector3::zeros() };
        let mut sensors = quiet(flight.nav.t + CYCLE);
        sensors.imu.dtheta_B_rad = turn.into();
        self.n += 1;
        let noise = 1e-6 * f64::from(self.n % 7);
        sensors.imu.dv_B_m_s = [noise, 0.0, flight.asked_m_s2() * dt_s];
        sensors.hazard_lidar = line.map(|line| LidarLine { t: sensors.t, ..line });
        self.actuators = self.flight.step(&sensors);
    }

    /// A line from where the lander will be when its result is read, without any noise.
    fn line(&self, sweep: &Sweep, ground_m: &impl Fn(f64, f64) -> f64) -> LidarLine {
        let nav = &self.flight.nav;
        let dt_s = CYCLE.s();
        let v = nav.v_LB_L(self.flight.load, &self.flight.site).si();
        let q_IB = nav.q_IB * Turn::<B, B>::exp(nav.w_IB_B.si() * dt_s);
        let R_LB = self.flight.R_LB_of(q_IB);
        let p = self.p() + v * dt_s + R_LB * Vector3::from(MIRROR);
        let [a, b] = sweep.ends_B.map(|end| R_LB * Vector3::from(end.map(f64::from)));
        let mut range_cm = [0; SHOTS];
        for (k, slot) in range_cm.iter_mut().enumerate() {
            let share = k as f64 / (SHOTS - 1) as f64;
            let d = (a * (1.0 - share) + b * share).normalize();
            let mut range_m = (p.z - self.level_m) / -d.z;
            for _ in 0..20 {
                let at = p + d * range_m;
                range_m += 0.7 * (at.z - self.level_m - ground_m(at.x, at.y)) / -d.z;
            }
            *slot = (100.0 * range_m).round() as u16;
        }
        LidarLine { t: nav.t, sweep: *sweep, range_cm }
    }

    /// Down to the height of a man.
    fn land(&mut self, ground_m: impl Fn(f64, f64) -> f64, echoes: bool) {
        for _ in 0..50 * 300 {
            if self.flight.guide.altitude_m < 1.5 {
                return;
            }
            self.step(&ground_m, echoes);
        }
        unreachable!("still {} m up", self.flight.guide.altitude_m);
    }
}

/// Ripples 12 m long and 3 m high everywhere but within 12 m of a place.
pub(crate) fn rough_but_at(x_m: f64, y_m: f64) -> impl Fn(f64, f64) -> f64 {
    move |x, y| {
        let away_m = libm::hypot(x - x_m, y - y_m);
        let rough = ((away_m - 12.0) / 6.0).clamp(0.0, 1.0);
        1.5 * rough * libm::sin(0.52 * x) * libm::cos(0.45 * y + 1.0)
    }
}

#[test]
fn from_500_m_the_only_good_place_up_to_100_m_aside_is_found_and_reached() {
    let load = equipped();
    for (x_m, y_m) in [(68.0, 15.0), (-40.0, 57.0), (20.0, 98.0)] {
        let mut bench = Bench::new(&load);
        bench.flight.load = &load;
        bench.land(rough_but_at(x_m, y_m), true);
        let (p, v) = (bench.p(), bench.flight.nav.v_LB_L(&load, &bench.flight.site).si());
        let ground = rough_but_at(x_m, y_m);
        for k in 0..16 {
            let (sin, cos) = libm::sincos(core::f64::consts::PI * f64::from(k) / 16.0);
            let pad = |side: f64| ground(p.x + side * 1.3 * cos, p.y + side * 1.3 * sin);
            let rise = (pad(1.0) - pad(-1.0)) / 2.6;
            assert!(rise.abs() < 0.17, "({x_m}, {y_m}): on a slope of {rise} at {p:?}");
        }
        assert!(libm::hypot(v.x, v.y) < 0.2, "{v:?}");
        let [x, y] = bench.flight.avoid.site.unwrap().place_m;
        let a = bench.flight.avoid.p_HB_H;
        assert!(
            libm::hypot(a.x - x, a.y - y) < 0.3,
            "{} m from its place",
            libm::hypot(a.x - x, a.y - y)
        );
    }
}

#[test]
fn a_silent_lidar_is_told_and_changes_nothing() {
    let (equipped, plain) = (equipped(), mapped());
    let level = |_: f64, _: f64| 0.0;
    let (mut silent, mut without) = (Bench::new(&equipped), Bench::new(&plain));
    let mut told = 0;
    while silent.flight.guide.altitude_m > 1.5 {
        silent.step(&level, false);
        without.step(&level, false);
        let events = silent.flight.events();
        told += events.iter().filter(|event| **event == Event::HazardLidarSilent).count();
        assert_eq!(silent.p(), without.p());
    }
    assert_eq!(told, SCANS.len());
    assert!(silent.flight.avoid.site.is_none());
}

#[test]
fn over_level_ground_nothing_is_moved_far_and_the_descent_takes_no_longer() {
    let [looked_s, blind_s] = [equipped(), mapped()].map(|load| {
        let mut bench = Bench::new(&load);
        let t = bench.flight.nav.t;
        bench.land(|_, _| 0.0, true);
        after(bench.flight.nav.t, t)
    });
    assert!(looked_s < blind_s + 5.0, "{looked_s} s, {blind_s} s without looking");
}

#[test]
fn the_frame_of_the_map_does_not_jump_with_a_correction_of_the_position() {
    let load = equipped();
    let mut bench = Bench::new(&load);
    for _ in 0..200 {
        bench.step(&|_, _| 0.0, true);
    }
    let before = bench.flight.avoid.p_HB_H;
    bench.flight.nav.p_MB_I += Vector::new(30.0, -20.0, 10.0);
    bench.step(&|_, _| 0.0, true);
    let moved = bench.flight.avoid.p_HB_H - before;
    assert!((moved.norm() - 22.0 * 0.02).abs() < 0.05, "{moved:?}");
}

/// Largest overshoot of a return from 3 m aside by an attitude that follows with `lag_s`, m.
fn overshoot_m(lead: bool, lag_s: f64) -> f64 {
    let (mut r, mut v, mut a) = (Vector2::new(3.0, 0.0), Vector2::zeros(), Vector2::zeros());
    let mut least_m = 0.0_f64;
    for _ in 0..3000 {
        let (ahead_r, ahead_v) = if lead { led(r, v, a) } else { (r, v) };
        let [wanted, _] = divert::accelerations(ahead_r, ahead_v, divert::FLOOR_S);
        let dt_s = 0.01;
        a += (wanted - a) * (dt_s / lag_s);
        v += a * dt_s;
        r += v * dt_s;
        least_m = least_m.min(r.x);
    }
    assert!(r.norm() < 0.01, "{r:?}");
    -least_m
}

#[test]
fn a_lander_that_leans_late_comes_to_rest_over_its_place_without_swinging() {
    let (as_it_leans, as_asked) = (overshoot_m(true, LAG_S), overshoot_m(false, LAG_S));
    assert!(as_it_leans < 0.05 && as_asked > 5.0 * as_it_leans, "{as_it_leans} {as_asked}");
    // A quarter of the lag more or less changes little.
    assert!(overshoot_m(true, 0.75 * LAG_S) < 0.05 && overshoot_m(true, 1.25 * LAG_S) < 0.1);
}
