//! Radar pulses, camera frames and contact by hand, no world behind them.

#![allow(clippy::cast_possible_truncation)]

use super::*;
use crate::load::{Load, MAP_ACROSS, MAP_ALONG};
use crate::nav::covariance::{TERRAIN, V};
use crate::nav::state::Pose;
use crate::test_load::{flight_in, flight_state, load, quiet, t0};
use icd::bus::Landmark;
use icd::frames::Vector;

const PIXELS: [[f64; 2]; 8] = [
    [0.0, -300.0],
    [-250.0, -100.0],
    [120.0, 60.0],
    [420.0, 300.0],
    [-400.0, 380.0],
    [10.0, 450.0],
    [300.0, -350.0],
    [-150.0, 200.0],
];

/// A load over level ground whose landmarks a lander at `altitude_m` sees at [`PIXELS`].
fn over_landmarks(altitude_m: f64) -> Load {
    let mut load = load();
    load.map.elevation_m = [[0.0; MAP_ACROSS]; MAP_ALONG];
    load.landmarks.sigma_m = 1.0;
    load.landmarks.count = PIXELS.len();
    let (nav, _) = flight_state(&load, altitude_m, 0.0);
    let pose = nav.pose();
    let camera = load.vehicle.camera;
    let (d, right) = (Vector3::from(camera.d_B), Vector3::from(camera.right_B));
    let R_IB = pose.q_IB.rotation().si();
    let up = pose.p_I / pose.p_I.norm();
    let a = pose.p_I + R_IB * Vector3::from(camera.p_BA_B);
    for (slot, [u, v]) in load.landmarks.p_MK_M.iter_mut().zip(PIXELS) {
        let ray = R_IB * (d + (right * u + d.cross(&right) * v) / camera.focal_px);
        // Down the ray to a level that differs between landmarks, so that depths do.
        let height = altitude_m * (1.0 - 0.1 * (u / 500.0));
        let s = ray * (height / -ray.dot(&up));
        *slot = (load.orientation.R_IM(pose.t).si().transpose() * (a + s)).into();
    }
    load
}

fn flight(load: &Load, altitude_m: f64) -> Flight<'_> {
    let mut flight = flight_in(load, altitude_m, Phase::Terminal);
    flight.nav.fold_alignment();
    flight.nav.history.push(flight.nav.pose());
    flight
}

/// What the camera of a lander at `pose` reports.
fn frame(load: &Load, pose: &Pose) -> Landmarks {
    let (mut nav, _) = flight_state(load, 1500.0, 0.0);
    nav.t = pose.t;
    nav.folded = true;
    let mut out =
        Landmarks { t: pose.t, count: PIXELS.len() as u8, seen: [Landmark::default(); LANDMARKS] };
    for (id, slot) in out.seen.iter_mut().enumerate().take(PIXELS.len()) {
        let seen = landmark::predict(load, &nav, pose, (id as u16, 1));
        *slot = Landmark { id: id as u16, pixel: seen.unwrap().pixel.map(|p| p.value as f32) };
    }
    out
}

/// The next second: the frame of a lander displaced by `by` from where navigation was a moment ago.
fn look(flight: &mut Flight<'_>, frame: &Landmarks) {
    flight.nav.t += icd::time::Span::from_ms(1000);
    flight.nav.history.push(flight.nav.pose());
    flight.sense_ground(&Sensors { camera: Some(*frame), ..quiet(flight.nav.t) }, false);
}

#[test]
fn landmarks_bring_navigation_to_where_the_lander_is() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let mut pose = flight.nav.pose();
    // The lander is 30 m from where navigation has it, inside its deviation.
    let off = Vector3::new(12.0, -24.0, 14.0);
    pose.p_I += off;
    let before = flight.nav.p_MB_I.si();
    flight.sense_ground(&Sensors { camera: Some(frame(&load, &pose)), ..quiet(pose.t) }, false);
    let line = flight.lines.camera;
    assert_eq!((line.fused, line.rejected), (8, 0));
    assert_eq!(flight.announce.events(), [Event::CameraAcquired]);
    let left = (flight.nav.p_MB_I.si() - before - off).norm();
    assert!(left < 4.0, "{left}");
    let sigma = flight.nav.covariance.trace(P).sqrt();
    assert!(left < 3.0 * sigma && sigma < 5.0, "{left} {sigma}");
}

#[test]
fn one_wrong_number_is_edited_and_the_rest_of_the_frame_is_used() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let mut seen = frame(&load, &flight.nav.pose());
    seen.seen[2].id = 6;
    flight.sense_ground(&Sensors { camera: Some(seen), ..quiet(t0()) }, false);
    let line = flight.lines.camera;
    assert_eq!((line.fused, line.rejected), (7, 1));
    assert_eq!(flight.ground.sights(2), 0);
    assert_eq!(flight.ground.sights(3), 1);
}

#[test]
fn a_single_landmark_is_not_used() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let mut seen = frame(&load, &flight.nav.pose());
    seen.count = 1;
    flight.sense_ground(&Sensors { camera: Some(seen), ..quiet(t0()) }, false);
    let line = flight.lines.camera;
    assert_eq!((line.fused, line.rejected, line.outcome), (0, 0, Outcome::Unusable));
}

#[test]
fn a_camera_that_looks_elsewhere_moves_nothing_and_is_taken_again_when_it_is_right() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let before = flight.nav.p_MB_I.si();
    flight.nav.v_MB_I = Vector::zero();
    let good = frame(&load, &flight.nav.pose());
    for _ in 0..8 {
        let mut bent = frame(&load, &flight.nav.pose());
        for seen in &mut bent.seen {
            seen.pixel = [seen.pixel[0] + 500.0, seen.pixel[1] - 260.0];
        }
        bent.t = flight.nav.t + icd::time::Span::from_ms(1000);
        look(&mut flight, &bent);
    }
    assert_eq!((flight.lines.camera.fused, flight.ground.followed), (0, 0));
    assert_eq!(flight.nav.p_MB_I.si(), before);
    let t = flight.nav.t + icd::time::Span::from_ms(1000);
    look(&mut flight, &Landmarks { t, ..good });
    assert_eq!(flight.lines.camera.fused, 8);
}

#[test]
fn frames_without_anything_in_common_move_nothing() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let before = flight.nav.p_MB_I.si();
    for n in 0..10 {
        let mut mixed = frame(&load, &flight.nav.pose());
        for (k, seen) in mixed.seen.iter_mut().enumerate().take(8) {
            seen.id = ((k + 1 + n % 6) % 8) as u16;
        }
        flight.sense_ground(&Sensors { camera: Some(mixed), ..quiet(t0()) }, false);
    }
    assert_eq!((flight.lines.camera.fused, flight.ground.followed), (0, 0));
    assert_eq!(flight.nav.p_MB_I.si(), before);
}

#[test]
fn landmarks_that_agree_on_a_displacement_reopen_the_position() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    flight.nav.v_MB_I = Vector::zero();
    flight.nav.history = crate::nav::history::History::new();
    flight.nav.history.push(flight.nav.pose());
    // Navigation is sure to a metre and wrong by 400 m along the ground.
    for i in 0..3 {
        flight.nav.covariance.renew(P + i, 0.0, 1.0);
    }
    let across = flight.nav.q_IB.rotation().si() * Vector3::y();
    let mut pose = flight.nav.pose();
    pose.p_I += across * 400.0;
    for n in 1..=5_u32 {
        pose.t = flight.nav.t + icd::time::Span::from_ms(1000);
        let seen = frame(&load, &pose);
        look(&mut flight, &seen);
        assert_eq!(flight.ground.followed, u32::from(n == AGREEING_FRAMES), "frame {n}");
    }
    assert!(flight.announce.events().contains(&Event::PositionReopened));
    let left = (flight.nav.p_MB_I.si() - pose.p_I).norm();
    assert!(left < 20.0, "{left}");
}

#[test]
fn radar_altitudes_correct_height_and_a_wrong_one_is_refused_without_consequence() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let pulse = |flight: &mut Flight, range_m: f64| {
        flight.nav.t += icd::time::Span::from_ms(200);
        flight.nav.history.push(flight.nav.pose());
        let (t, range_m) = (flight.nav.t, range_m as f32);
        let radar_altimeter = Some(SlantRange { t, range_m, quality: ShotQuality::Valid });
        flight.sense_ground(&Sensors { radar_altimeter, ..quiet(t) }, false);
    };
    pulse(&mut flight, 700.0);
    assert_eq!(flight.announce.events(), [Event::RadarRejected]);
    let before = flight.nav.p_MB_I.norm();
    for n in 0..60 {
        pulse(&mut flight, 1540.0 + 3.0 * f64::from(n % 3 - 1));
    }
    let line = flight.lines.radar_altimeter;
    assert_eq!((line.fused, line.rejected), (60, 1));
    let risen = flight.nav.p_MB_I.norm() - before - flight.nav.terrain_bias_m;
    assert!((risen - 40.0).abs() < 5.0, "{risen}");
}

#[test]
fn a_time_tag_that_memory_does_not_reach_is_refused_and_announced() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let t = t0() - icd::time::Span::from_ms(10_000);
    let seen = Landmarks { t, ..frame(&load, &flight.nav.pose()) };
    let pulse = SlantRange { t, range_m: 1500.0, quality: ShotQuality::Valid };
    let late = Sensors { camera: Some(seen), radar_altimeter: Some(pulse), ..quiet(t0()) };
    flight.sense_ground(&late, false);
    assert_eq!(flight.announce.events(), [Event::TimeTagRefused, Event::TimeTagRefused]);
    assert_eq!(flight.lines.camera.outcome, Outcome::Unusable);
    assert_eq!(flight.lines.radar_altimeter.outcome, Outcome::Unusable);
}

#[test]
fn silence_and_faults_of_the_radar_move_nothing() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1500.0);
    let before = flight.nav.clone();
    for (quality, outcome) in
        [(ShotQuality::NoReturn, Outcome::Silent), (ShotQuality::Fault, Outcome::Unusable)]
    {
        let pulse = SlantRange { t: t0(), range_m: 1500.0, quality };
        flight.sense_ground(&Sensors { radar_altimeter: Some(pulse), ..quiet(t0()) }, false);
        assert_eq!(flight.lines.radar_altimeter.outcome, outcome);
    }
    assert_eq!(flight.nav.p_MB_I, before.p_MB_I);
}

#[test]
fn at_rest_on_two_legs_navigation_stands_on_the_ground() {
    let load = over_landmarks(1500.0);
    let mut flight = flight(&load, 1.0);
    flight.nav.v_MB_I =
        load.orientation.w_IM_I.cross(flight.nav.p_MB_I) + Vector::new(0.3, -0.2, 0.1);
    flight.guide.altitude_m = 8.0;
    let variance = |flight: &Flight<'_>| {
        let up = flight.nav.p_MB_I.si() / flight.nav.p_MB_I.norm();
        let c = &flight.nav.covariance;
        let cross: f64 = (0..3).map(|i| c.get(P + i, TERRAIN) * up[i]).sum();
        c.variance(P, &up) + c.get(TERRAIN, TERRAIN) - 2.0 * cross
    };
    let contact = Sensors { touchdown: [true, true, false, false], ..quiet(t0()) };
    let before = flight.nav.clone();
    for _ in 0..20 {
        flight.sense_ground(&contact, true);
    }
    assert_eq!(flight.nav.p_MB_I, before.p_MB_I, "not in flight");
    flight.mode.phase = Phase::CutOff;
    for _ in 0..9 {
        flight.sense_ground(&contact, true);
    }
    assert_eq!(flight.nav.p_MB_I, before.p_MB_I, "not before it has been still for a second");
    for _ in 0..11 {
        flight.sense_ground(&contact, true);
    }
    assert!(variance(&flight).sqrt() < 0.31, "{}", variance(&flight).sqrt());
    let v = flight.nav.v_ground_I(&load).norm();
    assert!(v < 0.05, "{v}");
    assert!(flight.nav.covariance.trace(V).sqrt() < 0.05);
}
