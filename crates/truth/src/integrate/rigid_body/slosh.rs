//! The liquid and the body together, by the production step: frequency, decay, momentum.

use super::*;
use crate::dynamics::slosh::{Coupling, SloshMass};
use crate::dynamics::{Liquid, Streams, mass_properties};
use crate::vehicle::{Dry, Propellant, Tanks};
use nalgebra::Vector4;

fn tanks() -> Tanks {
    Tanks { radius_m: 0.28, ring_radius_m: 0.45, damping_ratio: 0.005, held_m_s2: 0.1 }
}

fn propellant() -> Propellant {
    Propellant {
        capacity_kg: 480.0,
        p_BC_B_full: [0.0, 0.0, 0.75],
        p_BC_B_empty: [0.0, 0.0, 0.55],
        gyration_radius_m: 0.45,
    }
}

fn dry() -> Dry {
    Dry { mass_kg: 340.0, p_BC_B: [0.01, -0.02, 1.0], inertia_kg_m2: [190.0, 180.0, 150.0] }
}

/// A lander of 300 kg of propellant under `thrust`, without gravity, flown by the production step.
struct Rig {
    motion: Motion,
    liquid: SloshMass,
    dry: Dry,
    thrust: Wrench,
}

impl Rig {
    fn new(tanks: &Tanks, thrust_N: f64) -> Self {
        Self {
            motion: Motion {
                p_I: Vector3::new(1.0, 0.0, 0.0),
                v_I: Vector3::zeros(),
                q_IB: Vector4::new(1.0, 0.0, 0.0, 0.0),
                w_B: Vector3::zeros(),
                slosh: Slosh::default(),
            },
            liquid: SloshMass::new(tanks, &propellant(), 300.0),
            dry: dry(),
            thrust: Wrench { f_B: Vector3::new(0.0, 0.0, thrust_N), t_B: Vector3::zeros() },
        }
    }

    fn held(&self, dt_s: f64) -> Held {
        let slosh = &self.motion.slosh;
        let middle = slosh.shift_B + slosh.rate_B * (0.5 * dt_s);
        let shift_B = Vector3::new(middle.x, middle.y, 0.0);
        let mass = mass_properties(&self.dry, &propellant(), 300.0);
        let mass = mass.shifted(self.liquid.mass_kg, &self.liquid.p_BS_B, &shift_B);
        Held {
            mass,
            thrust: self.thrust,
            perturbation_I: Vector3::zeros(),
            perturbation_slope_I: Vector3::zeros(),
            gm_m3_s2: 0.0,
            p_BA_B: Vector3::zeros(),
            liquid: Liquid {
                slosh: Some(Coupling::new(&self.liquid, &mass, &shift_B)),
                streams: Streams::default(),
            },
        }
    }

    fn step(&mut self, dt_s: f64) {
        let held = self.held(dt_s);
        let none = |_: &Motion, _: &Matrix3<f64>, _: f64| Wrench::default();
        let mut unused = Increments::default();
        rigid_body_step(&mut self.motion, 0.0, dt_s, &held, &none, &mut unused);
    }

    /// Linear momentum, and angular momentum about the origin of `I`, liquid included.
    fn momentum(&self) -> (Vector3<f64>, Vector3<f64>) {
        let (held, m) = (self.held(0.0), &self.motion);
        let (mass, liquid) = (held.mass, self.liquid.mass_kg);
        let R_IB = m.R_IB();
        let shift = Vector3::new(m.slosh.shift_B.x, m.slosh.shift_B.y, 0.0);
        let rate = Vector3::new(m.slosh.rate_B.x, m.slosh.rate_B.y, 0.0) * liquid;
        let arm = self.liquid.p_BS_B + shift - mass.p_BC_B;
        let p = (m.v_I + R_IB * m.w_B.cross(&mass.p_BC_B)) * mass.mass_kg + R_IB * rate;
        let ring = Vector3::new(0.0, 0.0, self.liquid.ring_kg_m2 * m.slosh.rate_B.z);
        let spin = R_IB * (mass.inertia_kg_m2 * m.w_B + arm.cross(&rate) + ring);
        (p, (m.p_I + R_IB * mass.p_BC_B).cross(&p) + spin)
    }
}

#[test]
fn the_liquid_swings_at_the_published_frequency_and_decay() {
    // A body a million times heavier than the lander stands still: the tank is fixed.
    for thrust_m_s2 in [1.6, 4.0] {
        let mut rig = Rig::new(&tanks(), 0.0);
        rig.dry = Dry { mass_kg: 3.4e8, p_BC_B: [0.0, 0.0, 1.0], inertia_kg_m2: [2e8; 3] };
        rig.thrust.f_B.z = thrust_m_s2 * (3.4e8 + 300.0);
        rig.motion.slosh.shift_B = Vector3::new(1e-4, 0.0, 1e-4);
        let omega = (thrust_m_s2 * 1.841 / 0.28 * (1.841_f64 * 0.25 / 0.28).tanh()).sqrt();
        let omega_d = omega * (1.0 - 0.005_f64 * 0.005).sqrt();
        let dt_s = 0.005;
        let (mut ups, mut peak) = (vec![], 0.0_f64);
        for n in 0..20_000 {
            let before = rig.motion.slosh.shift_B.x;
            rig.step(dt_s);
            let after = rig.motion.slosh.shift_B.x;
            if before < 0.0 && after >= 0.0 {
                ups.push(dt_s * (n as f64 + before / (before - after)));
            }
            if n > 19_000 {
                peak = peak.max(after.abs());
            }
        }
        let period_s = (ups[ups.len() - 1] - ups[0]) / (ups.len() - 1) as f64;
        let exact_s = core::f64::consts::TAU / omega_d;
        assert!((period_s / exact_s - 1.0).abs() < 2e-4, "{period_s} against {exact_s}");
        // Peaks fall as exp(−ζ ω t); the last one seen lies within a period after 95 s.
        let (late, early) = (0.005 * omega * 95.0, 0.005 * omega * (95.0 + period_s));
        let logarithm = -(peak / 1e-4).ln();
        assert!((late - 1e-3..early).contains(&logarithm), "{late} {logarithm} {early}");
        let turn = rig.motion.slosh.shift_B.z;
        assert!((turn - rig.motion.slosh.shift_B.x).abs() < 1e-7, "the ring swings alike");
    }
}

#[test]
fn without_outer_forces_momentum_is_kept_while_the_liquid_swings() {
    let steady = Tanks { held_m_s2: 3.0, ..tanks() };
    let drift = |dt_s: f64| {
        let mut rig = Rig::new(&steady, 0.0);
        rig.motion.w_B = Vector3::new(0.03, -0.02, 0.05);
        rig.motion.slosh.shift_B = Vector3::new(0.05, -0.03, 0.02);
        rig.motion.slosh.rate_B = Vector3::new(0.1, 0.2, -0.3);
        let (p0, h0) = rig.momentum();
        let mut moved = 0.0_f64;
        for _ in 0..(20.0 / dt_s) as usize {
            rig.step(dt_s);
            moved = moved.max((rig.motion.w_B - Vector3::new(0.03, -0.02, 0.05)).norm());
        }
        assert!(moved > 0.01, "the liquid does move the body: {moved} rad/s");
        let (p, h) = rig.momentum();
        ((p - p0).norm() / p0.norm(), (h - h0).norm() / h0.norm())
    };
    // The liquid's place is held over a step at its middle: the error falls with the square of the step.
    let (coarse, fine) = (drift(0.02), drift(0.005));
    println!("drift of momentum, 20 ms {coarse:?}, 5 ms {fine:?}");
    assert!(coarse.0 < 1e-4 && coarse.1 < 1e-4, "{coarse:?}");
    assert!(fine.0 < coarse.0 / 12.0 && fine.1 < coarse.1 / 12.0, "{fine:?}");
}

#[test]
fn a_steady_side_force_tilts_the_surface_by_its_share() {
    // 3 % of the axial force sideways, at the height of the centre of mass: the surface tilts by 0.03 rad.
    let mut rig = Rig::new(&Tanks { damping_ratio: 0.3, ..tanks() }, 1500.0);
    rig.dry.inertia_kg_m2 = [1e9; 3];
    rig.thrust.f_B.x = 45.0;
    for _ in 0..4000 {
        rig.step(0.01);
    }
    let tilt = rig.liquid.tilt_rad(&rig.motion.slosh);
    // The wall stiffens the spring by 0.03², the tilt is less by as much.
    assert!((tilt[0] + 0.03).abs() < 1e-4 && tilt[1].abs() < 1e-4, "{tilt:?}");
}

#[test]
fn without_thrust_the_liquid_is_held_and_comes_to_rest() {
    let mut rig = Rig::new(&tanks(), 0.0);
    rig.motion.slosh.shift_B = Vector3::new(0.2, 0.1, 0.3);
    for _ in 0..12_000 {
        rig.step(0.01);
        assert!(rig.motion.slosh.shift_B.norm() < 0.375);
    }
    let slosh = rig.motion.slosh;
    assert!(slosh.shift_B.norm() < 1e-6 && slosh.rate_B.norm() < 1e-6, "{slosh:?}");
    assert!(rig.motion.w_B.norm() < 1e-6, "{}", rig.motion.w_B);
}

#[test]
fn a_wild_tumble_does_not_blow_it_up() {
    let mut rig = Rig::new(&tanks(), 1600.0);
    rig.motion.w_B = Vector3::new(1.5, -1.0, 2.0);
    for n in 0..6000 {
        rig.thrust.f_B.z = if n % 200 < 100 { 1600.0 } else { 0.0 };
        rig.step(0.02);
    }
    let slosh = rig.motion.slosh;
    assert!(slosh.shift_B.norm() < 3.0 && slosh.rate_B.norm() < 20.0, "{slosh:?}");
    assert!(rig.motion.w_B.norm() < 5.0, "{}", rig.motion.w_B);
}
