//! What one sample of the inertial unit, the star tracker and the camera costs.
#![allow(missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use icd::frames::Vector;
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
use nalgebra::Vector3;
use std::hint::black_box;
use truth::environment::Site;
use truth::environment::landmarks::Catalogue;
use truth::environment::terrain::{Terrain, TerrainConfig};
use truth::integrate::Increments;
use truth::random::Stream;
use truth::sensors::camera::{Camera, Scene};
use truth::sensors::imu::Imu;
use truth::sensors::star_tracker::{Exposure, StarTracker};
use truth::vehicle;

fn inertial(c: &mut Criterion) {
    let spec = vehicle::Imu {
        p_BA_B: [0.0; 3],
        arw_rad_sqrt_s: 1e-6,
        vrw_m_s_sqrt_s: 1e-4,
        gyro_bias_sigma_rad_s: 1e-7,
        gyro_drift_sigma_rad_s: 1e-8,
        gyro_drift_tau_s: 3600.0,
        accelerometer_bias_sigma_m_s2: 1e-4,
        accelerometer_drift_sigma_m_s2: 1e-5,
        accelerometer_drift_tau_s: 3600.0,
        gyro_scale_sigma: 1e-5,
        accelerometer_scale_sigma: 1e-4,
        gyro_misalignment_sigma_rad: 1e-5,
        accelerometer_misalignment_sigma_rad: 1e-5,
        gyro_g_sensitivity_sigma_rad_s_m: 1e-8,
        dtheta_quantum_rad: 1e-7,
        dv_quantum_m_s: 1e-5,
        rate_rad_s_max: 6.0,
        specific_force_m_s2_max: 250.0,
    };
    let mut imu = Imu::new(&spec, (1, 1));
    let increments = Increments {
        dv_B: Vector3::new(1e-3, -2e-3, 0.05),
        dtheta_B: Vector3::new(1e-4, 2e-4, -1e-4),
        dt_s: 0.02,
    };
    c.bench_function("inertial unit, one cycle", |b| {
        b.iter(|| black_box(imu.sense(black_box(&increments))));
    });
}

fn stars(c: &mut Criterion) {
    let spec = vehicle::StarTracker {
        d_B: [0.0, 1.0, 0.0],
        sigma_cross_rad: 3e-5,
        sigma_boresight_rad: 2e-4,
        alignment_sigma_rad: 7e-4,
        period_s: 0.02,
        rate_rad_s_smear: 0.01,
        rate_rad_s_max: 0.03,
        moon_limb_rad_min: 0.3,
        sun_rad_min: 0.6,
        usable_under_thrust: false,
    };
    let mut t = Time::default();
    let mut tracker = StarTracker::new(&spec, t, (1, 1));
    let exposure = Exposure {
        p_MB_I: Vector::new(0.0, 1.837e6, 0.0),
        q_IB: Quaternion::identity(),
        rate_rad_s: 1e-3,
        burning: false,
    };
    c.bench_function("star tracker, one solution", |b| {
        b.iter(|| {
            t += Span::from_ms(20);
            black_box(tracker.sense(t, &exposure, || Some(Vector::new(1.0, 0.0, 0.0))))
        });
    });
}

fn landmarks(c: &mut Criterion) {
    let config =
        TerrainConfig { seed: 1, age_gyr: 3.5, rock_abundance: 0.01, relief: false, tiles: vec![] };
    let terrain = Terrain::new(&config).expect("the fixture is sound");
    let site = Site::new(1.05, -0.08, &terrain);
    let mut stream = Stream::new(1, 0, "landmarks");
    let catalogue = Catalogue::along(&terrain, &site, 0.2, || stream.uniform());
    let spec = vehicle::Camera {
        p_BA_B: [0.0; 3],
        d_B: [0.0, 0.0, -1.0],
        right_B: [0.0, -1.0, 0.0],
        focal_px: 1100.0,
        half_px: [512.0, 512.0],
        sigma_px: 0.7,
        period_s: 0.02,
        latency_s: 0.0,
        rate_rad_s_max: 0.1,
        size_px_min: 8.0,
        size_px_full: 16.0,
        size_px_max: 250.0,
        sun_rad_min: 0.03,
        sun_rad_full: 0.2,
        sight_rad_min: 0.25,
        detection_probability: 0.8,
        mismatch_probability: 0.02,
    };
    let scene = Scene {
        p_MA_M: site.p_MA_M(Vector::new(0.0, 0.0, 15_000.0)),
        R_MB: Rotation::from_si(site.R_ML.si()),
        sun_M: Some(Vector::from_si(site.R_ML.si() * Vector3::new(0.6, 0.0, 0.8))),
        rate_rad_s: 0.0,
        transmission: 1.0,
        landmarks: catalogue.landmarks(),
    };
    let mut t = Time::default();
    let mut camera = Camera::new(&spec, t, (1, 1));
    c.bench_function("camera, one frame of the whole catalogue", |b| {
        b.iter(|| {
            t += Span::from_ms(20);
            black_box(camera.sense(t, || scene))
        });
    });
}

criterion_group!(benches, inertial, stars, landmarks);
criterion_main!(benches);
