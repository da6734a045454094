//! Validation of the rigid body as the world flies it, by the production step.
//! Sources: a free asymmetric body integrated with a Taylor series of 20 digits (printed to 15). NASA's check
//! cases are in `check_cases`.
//! Tolerances: stated where they are used, with the reason.

use super::*;
use crate::dynamics::{Liquid, MassProperties, Streams, mass_properties, spread};
use crate::vehicle::{Dry, Propellant};
use nalgebra::Vector4;

struct Body {
    motion: Motion,
    held: Held,
}

impl Body {
    fn new(inertia_kg_m2: Matrix3<f64>, q_IB: [f64; 4], w_B: [f64; 3]) -> Self {
        let motion = Motion {
            p_I: Vector3::new(1.0, 0.0, 0.0),
            v_I: Vector3::zeros(),
            q_IB: Vector4::from(q_IB),
            w_B: Vector3::from(w_B),
            slosh: Slosh::default(),
        };
        let held = Held {
            mass: MassProperties::of(1000.0, Vector3::zeros(), inertia_kg_m2),
            thrust: Wrench::default(),
            perturbation_I: Vector3::zeros(),
            perturbation_slope_I: Vector3::zeros(),
            gm_m3_s2: 0.0,
            p_BA_B: Vector3::zeros(),
            liquid: Liquid::default(),
        };
        Self { motion, held }
    }

    fn fly(&mut self, steps: usize, dt_s: f64) {
        let none = |_: &Motion, _: &Matrix3<f64>, _: f64| Wrench::default();
        let mut unused = Increments::default();
        for _ in 0..steps {
            rigid_body_step(&mut self.motion, 0.0, dt_s, &self.held, &none, &mut unused);
        }
    }

    /// Size of the angular momentum and rotational energy.
    fn invariants(&self) -> (f64, f64) {
        let h = self.held.mass.inertia_kg_m2 * self.motion.w_B;
        (h.norm(), 0.5 * h.dot(&self.motion.w_B))
    }
}

/// I = diag(400, 500, 700) kg m², q(0) = 1: time (s), rate (rad/s) and attitude as printed.
const FREE: [(f64, [f64; 3], [f64; 4]); 3] = [
    (
        10.0,
        [0.033_391_320_752_830_8, 0.045_409_510_436_227_8, 0.098_001_429_000_687],
        [
            0.844_629_847_600_811,
            0.191_940_368_041_924,
            0.152_765_473_801_254,
            0.475_838_234_773_164,
        ],
    ),
    (
        100.0,
        [0.045_125_882_609_912_2, -0.030_925_485_645_527_2, 0.099_335_427_836_536_5],
        [
            0.622_074_827_281_689,
            -0.309_392_443_348_618,
            0.036_812_846_748_854_8,
            -0.718_292_447_105_021,
        ],
    ),
    (
        600.0,
        [0.015_586_558_701_706_9, 0.055_753_663_784_597_1, 0.096_721_900_034_748_7],
        [
            0.425_989_557_090_014,
            0.214_502_685_323_521,
            0.272_432_981_975_227,
            0.835_644_521_056_255,
        ],
    ),
];

/// At the steps the world can be flown with, 20 ms the longest, with momentum and energy kept to 1e-12 over
/// 600 s. Tolerance: 1e-12 at 10 s and at 600 s; 1e-9 at 100 s, where the table is 1e-10 off the motion that
/// meets it to 1e-13 at both other times.
#[test]
fn a_free_asymmetric_body_follows_the_exact_solution() {
    let inertia = Matrix3::from_diagonal(&Vector3::new(400.0, 500.0, 700.0));
    for step_ms in [5, 10, 20] {
        let mut body = Body::new(inertia, [1.0, 0.0, 0.0, 0.0], [0.05, 0.02, 0.10]);
        let (h0, e0) = body.invariants();
        assert!((h0 - 73.484_692_283_495_34).abs() < 1e-13 * h0 && (e0 - 4.1).abs() < 1e-14);
        let (mut flown_s, mut drift) = (0.0, 0.0_f64);
        for (t_s, w, q) in FREE {
            let steps = ((t_s - flown_s) * 1000.0) as usize / step_ms;
            body.fly(steps, step_ms as f64 * 1e-3);
            flown_s = t_s;
            let dw = (body.motion.w_B - Vector3::from(w)).norm();
            let dq = (body.motion.q_IB - Vector4::from(q)).norm();
            println!("{step_ms} ms, {t_s} s: rate {dw:.1e} rad/s, attitude {dq:.1e}");
            let limit = if t_s == 100.0 { 1e-9 } else { 1e-12 };
            assert!(dw < limit && dq < limit, "{step_ms} ms, {t_s} s: {dw:e} {dq:e}");
            let (h, e) = body.invariants();
            drift = drift.max((h / h0 - 1.0).abs()).max((e / e0 - 1.0).abs());
        }
        println!("{step_ms} ms: invariants to {drift:.1e}");
        assert!(drift < 1e-12, "{step_ms} ms: {drift:e}");
    }
}

/// A dumbbell swings about the vertical of a circular orbit with √3 of the mean motion in the plane.
#[test]
fn a_dumbbell_librates_with_the_published_frequency() {
    let (gm, radius_m) = (4.902_8e12, 1.837_4e6_f64);
    let mean = (gm / (radius_m * radius_m * radius_m)).sqrt();
    let inertia = Matrix3::from_diagonal(&Vector3::new(100.0, 100.0, 1e-4));
    // At rest in the turning orbital frame, tilted by 1 mrad in the orbit's plane (x–z): y is its normal.
    let half = 0.5e-3_f64;
    let mut body = Body::new(inertia, [half.cos(), 0.0, half.sin(), 0.0], [0.0, mean, 0.0]);
    let dt_s = 1.0;
    let (mut crossings, mut before) = (vec![], 1e-3);
    for n in 0..20_000 {
        let turned = mean * dt_s * n as f64;
        let up_I = Vector3::new(turned.sin(), 0.0, turned.cos());
        let p_MC_B = body.motion.R_IB().tr_mul(&up_I) * radius_m;
        let tilt = -p_MC_B.x / radius_m;
        if before > 0.0 && tilt <= 0.0 {
            crossings.push(dt_s * (n as f64 - 1.0 + before / (before - tilt)));
        }
        before = tilt;
        body.held.thrust.t_B = body.held.mass.gravity_gradient(&p_MC_B, gm);
        body.fly(1, dt_s);
    }
    let period_s = (crossings[crossings.len() - 1] - crossings[0]) / (crossings.len() - 1) as f64;
    let exact_s = core::f64::consts::TAU / (mean * 3.0_f64.sqrt());
    assert!((period_s / exact_s - 1.0).abs() < 1e-3, "{period_s} against {exact_s}");
}

/// Propellant that leaves through a nozzle on the spin axis takes no angular momentum: I ω stays.
/// Propellant that leaves where it was stored changes nothing.
#[test]
fn streams_take_away_just_their_angular_momentum() {
    let dry = Dry { mass_kg: 300.0, p_BC_B: [0.0; 3], inertia_kg_m2: [100.0, 100.0, 150.0] };
    let k_m = 0.45;
    let tank = Propellant {
        capacity_kg: 400.0,
        p_BC_B_full: [0.0; 3],
        p_BC_B_empty: [0.0; 3],
        gyration_radius_m: k_m,
    };
    let dt_s = 0.01;
    for (exit, exponent) in [(Vector3::zeros(), 1.0), (Vector3::new(k_m, 0.0, 0.0), 0.0)] {
        let mut body = Body::new(Matrix3::identity(), [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5]);
        let mut kg = 400.0;
        for _ in 0..10_000 {
            body.held.mass = mass_properties(&dry, &tank, kg - 0.015);
            let exits = (&(exit * 0.03), &(spread(&exit) * 0.03));
            body.held.liquid.streams = Streams::new(&tank, kg - 0.015, 0.03, exits, dt_s);
            body.fly(1, dt_s);
            kg -= 0.03;
        }
        let inertia = |kg: f64| 150.0 + kg * k_m * k_m;
        let exact = 0.5 * (inertia(400.0) / inertia(100.0)).powf(exponent);
        let w_z = body.motion.w_B.z;
        assert!((w_z / exact - 1.0).abs() < 1e-6, "{exit}: {w_z} against {exact}");
    }
}

/// Moments of the mass before and after a step, plus what left through the exit.
#[test]
fn streams_are_the_change_of_the_first_and_second_moments_and_what_left() {
    let dry = Dry { mass_kg: 340.0, p_BC_B: [0.0, 0.0, 1.0], inertia_kg_m2: [190.0; 3] };
    let tank = Propellant {
        capacity_kg: 480.0,
        p_BC_B_full: [0.1, 0.0, 0.75],
        p_BC_B_empty: [0.0, 0.05, 0.55],
        gyration_radius_m: 0.45,
    };
    let about_B = |kg: f64| {
        let mass = mass_properties(&dry, &tank, kg);
        (mass.p_BC_B * mass.mass_kg, mass.inertia_kg_m2 + spread(&mass.p_BC_B) * mass.mass_kg)
    };
    let (used_kg, dt_s, exit) = (0.01, 0.02, Vector3::new(0.9, 0.3, -0.1));
    let exits = (&(exit * used_kg), &(spread(&exit) * used_kg));
    let streams = Streams::new(&tank, 250.0, used_kg, exits, dt_s);
    let (after, before) = (about_B(249.995), about_B(250.005));
    let momentum = (after.0 - before.0 + exit * used_kg) / dt_s;
    let damping = (after.1 - before.1 + spread(&exit) * used_kg) / dt_s;
    assert!((streams.momentum_B - momentum).norm() < 1e-9, "{}", streams.momentum_B - momentum);
    assert!((streams.damping_Nms - damping).norm() < 1e-9, "{}", streams.damping_Nms - damping);
}
