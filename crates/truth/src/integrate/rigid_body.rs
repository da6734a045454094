//! The rigid body's step in time.
//!
//! Owns: the classical Runge–Kutta method of fourth order. Does not own: derivatives (`dynamics`),
//! step sizes (configuration).
//! As published — [Hairer1993] §II.1. As programmed: the same; the quaternion is normalised after
//! the step; the integrals an inertial unit measures (specific force and rate, body axes) are
//! integrated beside the motion with the same weights.
//! Refuses: adaptive steps. A run must repeat bit for bit and its steps are counted in nanoseconds.

use crate::dynamics::slosh::Slosh;
use crate::dynamics::{Flow, Held, Motion, Wrench, flow};
use nalgebra::{Matrix3, SVector, Vector3};

/// What an ideal inertial unit accumulates, body axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Increments {
    /// Integrated specific force, m/s.
    pub dv_B: Vector3<f64>,
    /// Integrated rate, rad.
    pub dtheta_B: Vector3<f64>,
    /// Time covered, s.
    pub dt_s: f64,
}

/// One step of the rigid body; `start_s` is where in the held interval it begins.
#[inline]
pub(crate) fn rigid_body_step(
    motion: &mut Motion,
    start_s: f64,
    dt_s: f64,
    held: &Held,
    external: &impl Fn(&Motion, &Matrix3<f64>, f64) -> Wrench,
    increments: &mut Increments,
) {
    let half_s = 0.5 * dt_s;
    let a = flow(motion, start_s, held, external);
    let b = flow(&motion.advanced(&a, half_s), start_s + half_s, held, external);
    let c = flow(&motion.advanced(&b, half_s), start_s + half_s, held, external);
    let d = flow(&motion.advanced(&c, dt_s), start_s + dt_s, held, external);
    let mean = mean([&a, &b, &c, &d]);
    *motion = motion.advanced(&mean, dt_s);
    motion.q_IB /= motion.q_IB.norm_squared().sqrt();
    increments.dv_B += mean.s_B * dt_s;
    increments.dtheta_B += mean.w_B * dt_s;
    increments.dt_s += dt_s;
}

/// Weighted mean of one part of the four stages.
#[inline]
fn weighed<const N: usize>(
    stages: [&Flow; 4],
    part: impl Fn(&Flow) -> SVector<f64, N>,
) -> SVector<f64, N> {
    let [a, b, c, d] = stages.map(part);
    (a + (b + c) * 2.0 + d) * (1.0 / 6.0)
}

#[inline]
fn mean(stages: [&Flow; 4]) -> Flow {
    Flow {
        v_I: weighed(stages, |flow| flow.v_I),
        a_I: weighed(stages, |flow| flow.a_I),
        dq_IB: weighed(stages, |flow| flow.dq_IB),
        w_B: weighed(stages, |flow| flow.w_B),
        alpha_B: weighed(stages, |flow| flow.alpha_B),
        s_B: weighed(stages, |flow| flow.s_B),
        slosh: Slosh {
            shift_B: weighed(stages, |flow| flow.slosh.shift_B),
            rate_B: weighed(stages, |flow| flow.slosh.rate_B),
        },
    }
}

#[cfg(test)]
mod check_cases;
#[cfg(test)]
mod slosh;
#[cfg(test)]
mod validation;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::{Liquid, MassProperties, mass_properties};
    use crate::vehicle::{Dry, Propellant};
    use nalgebra::Vector4;

    fn body() -> MassProperties {
        let dry = Dry {
            mass_kg: 340.0,
            p_BC_B: [0.02, -0.01, 1.0],
            inertia_kg_m2: [190.0, 170.0, 150.0],
        };
        let tank = Propellant {
            capacity_kg: 465.0,
            p_BC_B_full: [0.0, 0.0, 0.75],
            p_BC_B_empty: [0.0, 0.0, 0.55],
            gyration_radius_m: 0.45,
        };
        mass_properties(&dry, &tank, 300.0)
    }

    fn held(thrust: Wrench, gm_m3_s2: f64) -> Held {
        Held {
            mass: body(),
            thrust,
            perturbation_I: Vector3::zeros(),
            perturbation_slope_I: Vector3::zeros(),
            gm_m3_s2,
            p_BA_B: Vector3::zeros(),
            liquid: Liquid::default(),
        }
    }

    fn tumbling() -> Motion {
        Motion {
            p_I: Vector3::new(100.0, 0.0, 0.0),
            v_I: Vector3::zeros(),
            q_IB: Vector4::new(1.0, 0.0, 0.0, 0.0),
            w_B: Vector3::new(0.3, -0.2, 0.25),
            slosh: Slosh::default(),
        }
    }

    #[test]
    fn free_rotation_conserves_momentum_and_energy() {
        let held = held(Wrench::default(), 0.0);
        let inertia = held.mass.inertia_kg_m2;
        let momentum = |m: &Motion| m.R_IB() * (inertia * m.w_B);
        let energy = |m: &Motion| 0.5 * m.w_B.dot(&(inertia * m.w_B));
        let centre_v = |m: &Motion| m.v_I + m.R_IB() * m.w_B.cross(&held.mass.p_BC_B);
        let mut motion = tumbling();
        let (h0, e0, v0) = (momentum(&motion), energy(&motion), centre_v(&motion));
        let mut increments = Increments::default();
        for _ in 0..20_000 {
            let none = |_: &Motion, _: &Matrix3<f64>, _: f64| Wrench::default();
            rigid_body_step(&mut motion, 0.0, 0.005, &held, &none, &mut increments);
        }
        assert!((momentum(&motion) - h0).norm() / h0.norm() < 1e-9);
        assert!((energy(&motion) / e0 - 1.0).abs() < 1e-9);
        // The centre of mass keeps its velocity while the body origin circles around it.
        assert!((centre_v(&motion) - v0).norm() < 1e-8);
        assert!((motion.w_B - tumbling().w_B).norm() > 1e-3, "the body did tumble");
    }

    #[test]
    fn an_accelerometer_off_the_centre_feels_the_spin() {
        // Spin about z at 2 rad/s, centre of mass on the axis: at 0.5 m the specific force is
        // −ω² r = −2 m/s² along the arm.
        let mut held = held(Wrench::default(), 0.0);
        held.mass.p_BC_B = Vector3::zeros();
        held.mass.inertia_kg_m2 = Matrix3::identity();
        held.mass.inertia_inverse = Matrix3::identity();
        held.p_BA_B = Vector3::new(0.5, 0.0, 0.0);
        let mut motion = tumbling();
        motion.w_B = Vector3::new(0.0, 0.0, 2.0);
        let mut increments = Increments::default();
        let none = |_: &Motion, _: &Matrix3<f64>, _: f64| Wrench::default();
        rigid_body_step(&mut motion, 0.0, 0.005, &held, &none, &mut increments);
        assert!((increments.dv_B - Vector3::new(-0.01, 0.0, 0.0)).norm() < 1e-12);
        assert!((increments.dtheta_B - Vector3::new(0.0, 0.0, 0.01)).norm() < 1e-12);
    }

    #[test]
    fn a_constant_torque_about_a_principal_axis_gives_a_parabola_of_angle() {
        let mut held = held(Wrench::default(), 0.0);
        held.mass.p_BC_B = Vector3::zeros();
        held.mass.inertia_kg_m2 = Matrix3::from_diagonal(&Vector3::new(2.0, 3.0, 4.0));
        held.mass.inertia_inverse = Matrix3::from_diagonal(&Vector3::new(0.5, 1.0 / 3.0, 0.25));
        held.thrust.t_B = Vector3::new(0.0, 0.0, 0.2);
        let mut motion = tumbling();
        motion.w_B = Vector3::zeros();
        let mut increments = Increments::default();
        for _ in 0..400 {
            let none = |_: &Motion, _: &Matrix3<f64>, _: f64| Wrench::default();
            rigid_body_step(&mut motion, 0.0, 0.005, &held, &none, &mut increments);
        }
        // After 2 s: rate 0.1 rad/s, angle 0.1 rad.
        assert!((motion.w_B.z - 0.1).abs() < 1e-13);
        assert!((increments.dtheta_B.z - 0.1).abs() < 1e-13);
        assert!((2.0 * libm::asin(motion.q_IB[3]) - 0.1).abs() < 1e-10);
    }
}
