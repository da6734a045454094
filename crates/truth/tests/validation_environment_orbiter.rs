//! Validation: a lunar orbiter carried for two hours, against an evaluator and an integrator of another kind.
//! Sources: the forward column method [HolmesFeatherstone2002] for the field (in `fixture/harmonics.rs`),
//! the difference of two attractions for Earth and Sun [MontenbruckGill2000] §3.3, and the modified
//! midpoint rule extrapolated in the step [Hairer1993] §II.9 for the motion; none is used by the room.
//! Compared: position and velocity after 2 h from 20 by 100 km, polar, degree 150 with Earth and Sun.
//! Both sides share the field's coefficients, the ephemeris and the orientation, which have validations of
//! their own.
//! Tolerance: 1 mm and 1 µm/s, five orders below what the harmonics above degree 100 do to the orbit.
#![allow(non_snake_case)]

#[path = "fixture/harmonics.rs"]
mod harmonics;

use icd::constants::{GM_EARTH_M3_S2, GM_SUN_M3_S2};
use icd::frames::Vector;
use icd::time::{Span, Time};
use nalgebra::Vector3;
use truth::environment::Environment;
use truth::environment::terrain::TerrainConfig;
use truth::integrate::propagate_coast;

type State = (Vector3<f64>, Vector3<f64>);

/// Second evaluator of all gravity, in `I`.
fn acceleration(environment: &Environment, p: Vector3<f64>, t: Time) -> Vector3<f64> {
    let R_IP = environment.R_IP(t).unwrap();
    let moon = R_IP.si()
        * harmonics::acceleration(&environment.gravity, Vector::from_si(R_IP.si().tr_mul(&p)));
    let earth = environment.ephemeris.earth(t).unwrap().si();
    let sun = environment.ephemeris.sun(t).unwrap().si();
    let mut a = moon;
    for (s, gm) in [(earth, GM_EARTH_M3_S2), (sun, GM_SUN_M3_S2)] {
        let d = s - p;
        a += gm * (d / d.norm().powi(3) - s / s.norm().powi(3));
    }
    a
}

/// One macro step: midpoint rule with 2, 4, … 12 substeps, extrapolated to none by Neville's scheme.
fn extrapolated(
    f: &impl Fn(Vector3<f64>, f64) -> Vector3<f64>,
    (p0, v0): State,
    (t_s, length_s): (f64, f64),
) -> State {
    let mut row: Vec<State> = Vec::new();
    for k in 1..=6 {
        let h = length_s / (2 * k) as f64;
        let (mut before, mut now) = ((p0, v0), (p0 + v0 * h, v0 + f(p0, t_s) * h));
        for n in 1..2 * k {
            let (p, v) = (now.1 * (2.0 * h), f(now.0, t_s + n as f64 * h) * (2.0 * h));
            (before, now) = (now, (before.0 + p, before.1 + v));
        }
        let (p, v) = (now.1 * h, f(now.0, t_s + length_s) * h);
        let mut next = vec![(0.5 * (before.0 + now.0 + p), 0.5 * (before.1 + now.1 + v))];
        for (j, coarser) in row.iter().enumerate() {
            let ratio = (k as f64 / (k - j - 1) as f64).powi(2) - 1.0;
            let finer = next[j];
            next.push((
                finer.0 + (finer.0 - coarser.0) / ratio,
                finer.1 + (finer.1 - coarser.1) / ratio,
            ));
        }
        row = next;
    }
    row[5]
}

#[test]
fn a_low_orbiter_is_the_same_after_two_hours_by_other_means() {
    let smooth =
        TerrainConfig { seed: 1, age_gyr: 3.5, rock_abundance: 0.01, relief: false, tiles: vec![] };
    let environment = Environment::new(150, &smooth).unwrap();
    let t0 = Time::from_utc("2025-06-05T17:00:00").unwrap();
    let (perilune, apolune) = (1_757_400.0_f64, 1_837_400.0_f64);
    let gm = environment.gravity.gm_m3_s2();
    let speed = (gm * (2.0 / perilune - 2.0 / (perilune + apolune))).sqrt();
    let start: State = (
        perilune * Vector3::new(0.6, 0.64, 0.48),
        speed * Vector3::new(-0.6, 0.0, 0.8).cross(&Vector3::new(0.6, 0.64, 0.48)).normalize(),
    );
    let t1 = t0 + Span::from_s(7200.0);
    let from = (Vector::from_si(start.0), Vector::from_si(start.1));
    let (p, v) = propagate_coast(&environment, from, (t0, t1), 0.0).unwrap();

    let f = |p: Vector3<f64>, t_s: f64| acceleration(&environment, p, t0 + Span::from_s(t_s));
    let mut other = start;
    let step_s = 30.0;
    for n in 0..240 {
        other = extrapolated(&f, other, (f64::from(n) * step_s, step_s));
    }
    let (miss_m, miss_m_s) = ((p.si() - other.0).norm(), (v.si() - other.1).norm());
    println!("after 2 h: {miss_m:.1e} m, {miss_m_s:.1e} m/s");
    assert!(miss_m < 1e-3 && miss_m_s < 1e-6, "{miss_m:e} m, {miss_m_s:e} m/s");
    assert!((p.si() - start.0).norm() > 1e5, "it did fly");
}
