use super::*;
use crate::environment::terrain::TerrainConfig;
use icd::constants::GM_MOON_M3_S2;

fn point_mass(p: Vector<Position, I>, _: Time) -> Option<Vector<Acceleration, I>> {
    Some(Vector::from_si(p.si() * (-GM_MOON_M3_S2 / p.norm().powi(3))))
}

/// 20 km by 100 km above 1737.4 km, inclined, at perilune; and its period, 2π √(a³/GM).
fn low_orbit() -> (Coast, f64) {
    let (perilune, apolune) = (1_757_400.0_f64, 1_837_400.0_f64);
    let a = 0.5 * (perilune + apolune);
    let speed = (GM_MOON_M3_S2 * (2.0 / perilune - 1.0 / a)).sqrt();
    let period_s = core::f64::consts::TAU * (a.powi(3) / GM_MOON_M3_S2).sqrt();
    ((Vector::new(perilune, 0.0, 0.0), Vector::new(0.0, 0.6 * speed, 0.8 * speed)), period_s)
}

fn environment(degree: usize) -> Environment {
    let ground = TerrainConfig {
        seed: 1,
        age_gyr: 3.6,
        rock_abundance: 0.01,
        relief: false,
        tiles: Vec::new(),
    };
    Environment::new(degree, &ground).unwrap()
}

fn landing() -> Time {
    Time::from_utc("2025-06-05T19:17:00").unwrap()
}

#[test]
fn a_two_body_orbit_closes_and_keeps_its_energy() {
    let (start, period_s) = low_orbit();
    let energy = |(p, v): Coast| 0.5 * v.si().norm_squared() - GM_MOON_M3_S2 / p.si().norm();
    let t0 = Time::default();
    let end = coast(start, (t0, t0 + Span::from_s(period_s)), point_mass).unwrap();
    let miss = ((end.0 - start.0).norm(), (end.1 - start.1).norm());
    // The span ends on a whole nanosecond: up to 1 µm.
    assert!(miss.0 < 2e-5 && miss.1 < 2e-8, "{miss:?}");
    assert!((energy(end) / energy(start) - 1.0).abs() < 1e-12);
}

#[test]
fn the_stated_error_of_a_coast_holds_under_full_gravity() {
    let (environment, (start, period_s), t0) = (environment(60), low_orbit(), landing());
    let t1 = t0 + Span::from_s(period_s);
    let evaluations = core::cell::Cell::new(0);
    let counted = |p, t| {
        evaluations.set(evaluations.get() + 1);
        environment.acceleration_I(p, t, 0.0)
    };
    let end = coast(start, (t0, t1), counted).unwrap();
    // Against the same orbit in pieces of 5 s, each a step of its own.
    let mut fine = start;
    let pieces = (period_s / 5.0) as i64;
    let at = |n: i64| t0 + Span::from_ns((t1 - t0).ns() / pieces * n);
    for n in 0..pieces {
        let to = if n == pieces - 1 { t1 } else { at(n + 1) };
        fine = propagate_coast(&environment, fine, (at(n), to), 0.0).unwrap();
    }
    let miss_m = (end.0 - fine.0).norm();
    println!("{miss_m:e} m, {} evaluations", evaluations.get());
    assert!(miss_m < 2e-5 && evaluations.get() < 3000, "{miss_m:e} m {}", evaluations.get());
}

#[test]
fn a_coast_forwards_and_back_returns_to_its_start() {
    let (environment, (start, _), t0) = (environment(20), low_orbit(), landing());
    let t1 = t0 + Span::from_s(4321.0);
    // The path enters the Moon's shadow after an hour: under sunlight its edge is a kink in the force.
    for (exposure_m2_kg, limit_m) in [(0.0, 2e-5), (0.005, 5e-3)] {
        let there = propagate_coast(&environment, start, (t0, t1), exposure_m2_kg).unwrap();
        let back = propagate_coast(&environment, there, (t1, t0), exposure_m2_kg).unwrap();
        let miss = ((back.0 - start.0).norm(), (back.1 - start.1).norm());
        assert!(miss.0 < limit_m && miss.1 < 1e-3 * limit_m, "{miss:?}");
        assert!((there.0 - start.0).norm() > 1e5);
    }
}

#[test]
fn a_coast_beyond_the_ephemeris_is_refused_with_its_time() {
    let (environment, (start, _)) = (environment(2), low_orbit());
    let t0 = Time::from_utc("2031-12-31T23:00:00").unwrap();
    let refused = propagate_coast(&environment, start, (t0, t0 + Span::from_s(9000.0)), 0.0);
    let Err(CoastError::OutsideEphemeris { t }) = refused else { panic!("{refused:?}") };
    assert!(t > t0 && t < t0 + Span::from_s(9000.0), "{t}");
}

#[test]
fn a_fall_to_the_centre_is_an_error() {
    let t0 = Time::default();
    let start = (Vector::new(1.8e6, 0.0, 0.0), Vector::zero());
    let refused = coast(start, (t0, t0 + Span::from_s(4000.0)), point_mass);
    assert!(matches!(refused, Err(CoastError::Failed { .. })), "{refused:?}");
}

#[test]
fn apsides_and_altitudes_stop_a_coast_forwards_and_backwards() {
    let (environment, (start, period_s), t0) = (environment(20), low_orbit(), landing());
    let radial_m_s = |(p, v): &Coast| p.dot(*v) / p.norm();
    let stop = |span_s: f64, stop| {
        let span = (t0, t0 + Span::from_s(span_s));
        coast_to(&environment, start, span, 0.0, stop).unwrap()
    };
    for sign in [1.0, -1.0] {
        let (t, apolune) = stop(sign * period_s, Stop::Apolune).unwrap();
        assert!(radial_m_s(&apolune).abs() < 1e-7, "{}", radial_m_s(&apolune));
        assert!(((t - t0).s() - 0.5 * sign * period_s).abs() < 0.02 * period_s);
        assert!((apolune.0.norm() - 1_837_400.0).abs() < 5e3);
        let altitude = Stop::Altitude { altitude_m: 60_000.0 };
        let (_, at) = stop(sign * period_s, altitude).unwrap();
        assert!((at.0.norm() - MOON_RADIUS_M - 60_000.0).abs() < 1e-5);
        // Forwards it climbs through it, backwards the same passage lies before the start.
        assert!(radial_m_s(&at) * sign > 10.0);
    }
    let (t, perilune) = stop(1.2 * period_s, Stop::Perilune).unwrap();
    assert!((t - t0).s() > 0.9 * period_s && radial_m_s(&perilune).abs() < 1e-7);
    // A state at an event is the state that a coast to that time gives.
    let direct = propagate_coast(&environment, start, (t0, t), 0.0).unwrap();
    let miss = ((direct.0 - perilune.0).norm(), (direct.1 - perilune.1).norm());
    assert!(miss.0 < 1e-4 && miss.1 < 1e-7, "{miss:?}");
    assert_eq!(stop(100.0, Stop::Apolune), None);
}

#[test]
fn sunlight_moves_a_coast_by_what_its_pressure_does() {
    let (environment, (start, _), t0) = (environment(2), low_orbit(), landing());
    let t1 = t0 + Span::from_s(600.0);
    let dark = propagate_coast(&environment, start, (t0, t1), 0.0).unwrap();
    let lit = propagate_coast(&environment, start, (t0, t1), 0.02).unwrap();
    // 4.6e-6 N/m² · 0.02 m²/kg for 600 s, or nothing in the shadow: 17 mm, stretched a little by the tide.
    let moved_m = (lit.0 - dark.0).norm();
    let sun = environment.ephemeris.sun(t0).unwrap();
    let lit_start = start.0.dot(sun) > 0.0;
    assert_eq!(moved_m > 0.01, lit_start, "{moved_m}");
    assert!(moved_m < 0.03);
}
