//! A load and a state for the tests of this crate; the values are those of `vehicles/resilience.toml`.

#![allow(clippy::cast_possible_truncation)]

use crate::Flight;
use crate::load::*;
use crate::nav::{Nav, Site};
use icd::bus::{Imu, LEGS, Sensors};
use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M, MOON_ROTATION_RAD_S};
use icd::frames::{L, Vector, Velocity};
use icd::rotation::{Quaternion, Rotation};
use icd::time::Time;
use icd::tm::Phase;
use nalgebra::{Matrix3, Vector3};

/// Time at which the test Moon's axes coincide with `I`.
pub fn t0() -> Time {
    Time::from_tai_ns(800_000_000_000_000_000)
}

type Points<const N: usize> = [[f64; 3]; N];

fn rings() -> (Points<6>, Points<8>, Points<8>) {
    let assist = core::array::from_fn(|i| {
        let a = (30.0 + 60.0 * i as f64).to_radians();
        [0.9 * libm::cos(a), 0.9 * libm::sin(a), 0.0]
    });
    let at = |i: usize| (90.0 * (i / 2) as f64).to_radians();
    let p = core::array::from_fn(|i| [1.1 * libm::cos(at(i)), 1.1 * libm::sin(at(i)), 1.8]);
    let d = core::array::from_fn(|i| {
        let k = if i % 2 == 0 { 1.0 } else { -1.0 };
        [-k * libm::sin(at(i)), k * libm::cos(at(i)), 0.0]
    });
    (assist, p, d)
}

/// A beam 25° off straight down.
fn canted(azimuth_deg: f64) -> [f64; 3] {
    let (c, a) = (25f64.to_radians(), azimuth_deg.to_radians());
    [libm::sin(c) * libm::cos(a), libm::sin(c) * libm::sin(a), -libm::cos(c)]
}

fn camera() -> Camera {
    Camera {
        fitted: true,
        p_BA_B: [-0.4, 0.0, 0.2],
        d_B: [-0.5f64.sqrt(), 0.0, -0.5f64.sqrt()],
        right_B: [0.0, -1.0, 0.0],
        focal_px: 1100.0,
        sigma_px: 0.7,
    }
}

fn vehicle() -> Vehicle {
    let (p_assist_B, p_jet_B, d_jet_B) = rings();
    Vehicle {
        dry_kg: 340.0,
        propellant_kg: 460.0,
        propellant_sigma_kg: 3.0,
        reserve_kg: 10.0,
        cm_z_m: [1.0, 0.87],
        full_kg: 465.0,
        inertia_kg_m2: [[190.0, 190.0, 150.0], [300.0, 300.0, 240.0]],
        main: Engine { thrust_N: 420.0, isp_s: 320.0, on_s_min: 1.0, waste_s: 0.02 },
        assist: Engine { thrust_N: 216.0, isp_s: 275.0, on_s_min: 0.01, waste_s: 0.001 },
        assist_count: 6,
        p_assist_B,
        jet: Engine { thrust_N: 20.0, isp_s: 220.0, on_s_min: 0.01, waste_s: 0.01 },
        p_jet_B,
        d_jet_B,
        foot_z_m: -0.5,
        slew_rad_s_max: 0.0995,
        rangefinder: Rangefinder {
            p_BA_B: [0.5, 0.0, 0.0],
            d_B: [0.0, 0.0, -1.0],
            range_m_max: 3000.0,
            sigma_m: 1.0,
        },
        velocimeter: Velocimeter {
            fitted: true,
            p_BA_B: [-0.6, 0.0, 0.0],
            d_B: [canted(0.0), canted(120.0), canted(240.0)],
            sigma_m_s: 0.03,
            bias_m_s: 0.002,
            scale: 1e-5,
        },
        radar_altimeter: RadarAltimeter {
            fitted: true,
            p_BA_B: [0.0, 0.6, 0.0],
            d_B: [0.0, 0.0, -1.0],
            half_angle_rad: 0.35,
            range_m_max: 10_000.0,
            sigma: [0.015, 0.3],
        },
        camera: camera(),
        avoidance: Avoidance::NONE,
        inertial: Inertial {
            p_BA_B: [0.2, 0.1, 1.1],
            arw_rad_sqrt_s: 2e-5,
            vrw_m_s_sqrt_s: 3e-4,
            gyro_bias_rad_s: 5e-7,
            gyro_drift: (2.4e-7, 3600.0),
            accelerometer_bias_m_s2: 3e-4,
            accelerometer_drift: (5e-5, 3600.0),
            accelerometer_scale: 1e-4,
            accelerometer_misalignment_rad: 1e-4,
            gyro_scale: 1e-4,
            lever_m: 0.005,
            star_tracker_d_B: [0.0, 0.8660254037844386, 0.5],
            star_tracker_rad: [3e-5, 2e-4],
            alignment_rad: 7e-4,
        },
    }
}

/// A complete load over a smooth hill, target at 60° N on the prime meridian, approach from the south.
pub fn load() -> Load {
    let mut elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
    for (i, row) in elevation_m.iter_mut().enumerate() {
        for (j, e) in row.iter_mut().enumerate() {
            *e = (60.0 * libm::sin(i as f64 * 0.11) + 40.0 * libm::cos(j as f64 * 0.2)) as f32;
        }
    }
    const DIM: usize = GRAVITY_DEGREE_MAX + 1;
    let mut C = [[0.0; DIM]; DIM];
    C[0][0] = 1.0;
    Load {
        vehicle: vehicle(),
        target: Target {
            p_MT_M: Vector::new(0.5 * MOON_RADIUS_M, 0.0, 0.75f64.sqrt() * MOON_RADIUS_M),
            azimuth_rad: 0.0,
            gate_v_up_m_s: -76.0,
            gate_v_horizontal_m_s: 35.0,
            gate_altitude_m: 3000.0,
            gate_downrange_m: 290.0,
            braking_collective: 0.9,
            main_off_m: 1000.0,
            profile: [(0.0, 1.0), (5.0, 1.0), (20.0, 4.7), (1000.0, 33.0), (3000.0, 76.0)],
        },
        orientation: Orientation {
            t0: t0(),
            R_IM0: Rotation::identity(),
            w_IM_I: Vector::new(0.0, 0.0, MOON_ROTATION_RAD_S),
        },
        gravity: Gravity {
            gm_m3_s2: GM_MOON_M3_S2,
            radius_m: 1_738_000.0,
            degree: 0,
            C,
            S: [[0.0; DIM]; DIM],
            R_PM: Matrix3::identity(),
            p_ME_M: Vector::new(3.844e8, 0.0, 0.0),
            omitted: Omitted { sigma_m_s2: 3.6e-4, degree: 55.0 },
        },
        map: Map {
            elevation_m,
            along_m_first: -96_000.0,
            spacing_m: 500.0,
            relief_m: [3.0; MAP_ALONG],
            sigma_m: 30.0,
            correlation_m: 1000.0,
        },
        landmarks: Landmarks::NONE,
        deorbit: DeorbitPlan { t_ignition: t0(), dv_m_s: 18.6, t_arm: t0() },
        law: Law::Own,
        faults: FaultManagement::RESILIENT,
        aids: AidFlags::EDIT,
    }
}

/// A state `altitude_m` above the target's level, 4 km before it, moving down and forward, with the body
/// axis `tilt_rad` back from vertical.
pub fn flight_state(load: &Load, altitude_m: f64, tilt_rad: f64) -> (Nav, Site) {
    let site = Site::new(&load.target);
    let place = Vector3::new(0.0, -4000.0, 0.0);
    let p_M = site.p_MT_M.si() + site.R_ML.si() * place;
    let up = p_M / p_M.norm();
    let level = load.target.p_MT_M.norm() + altitude_m;
    let v_L: Vector<Velocity, L> = Vector::new(1.0, 30.0, -60.0);
    let start = NavStart {
        t: t0(),
        p_MB_I: Vector::from_si(up * level),
        v_MB_I: Vector::from_si((site.R_ML * v_L).si()),
        sigma_p_m: [100.0, 200.0, 50.0],
        sigma_v_m_s: [0.1; 3],
    };
    let mut nav = Nav::new(load, &start);
    // Thrust axis in the plane of north and the local vertical, leaning back to the south.
    let north = up.cross(&site.R_ML.si().column(0).into_owned());
    let z = up * libm::cos(tilt_rad) - north / north.norm() * libm::sin(tilt_rad);
    let west = -site.R_ML.si().column(0).into_owned();
    let q = crate::control::attitude::pointing(z, west);
    nav.align(load, Quaternion::from_si(q.si()));
    (nav, site)
}

/// What a cycle reads when no sensor reports.
pub fn quiet(t: Time) -> Sensors {
    Sensors {
        t,
        imu: Imu { healthy: true, ..Imu::default() },
        star_tracker: None,
        rangefinder: None,
        velocimeter: None,
        radar_altimeter: None,
        camera: None,
        gauge: None,
        hazard_lidar: None,
        touchdown: [false; LEGS],
        uplink: None,
    }
}

/// Normal deviates of a fixed sequence: a sum of twelve uniform ones.
pub fn normal(i: u32) -> f64 {
    let mut x = u64::from(i).wrapping_add(77).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut sum = 0.0;
    for _ in 0..12 {
        x ^= x >> 30;
        x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x ^= x >> 27;
        sum += (x >> 11) as f64 / (1u64 << 53) as f64;
    }
    sum - 6.0
}

/// The flight software in that state, upright, in `phase`.
pub fn flight_in(load: &Load, altitude_m: f64, phase: Phase) -> Flight<'_> {
    let (nav, _) = flight_state(load, altitude_m, 0.0);
    let start = NavStart {
        t: nav.t,
        p_MB_I: nav.p_MB_I,
        v_MB_I: nav.v_MB_I,
        sigma_p_m: [100.0, 200.0, 50.0],
        sigma_v_m_s: [0.1; 3],
    };
    let mut flight = Flight::new(load, &start);
    flight.nav = nav;
    flight.mode.phase = phase;
    flight
}
