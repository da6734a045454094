//! Rigid body with mass flow: Newton–Euler about the moving centre of mass.
//!
//! Owns: [`State`], mass properties as the tanks empty, the derivative of the motion.
//! Does not own: the integration (`integrate`), where the forces come from (`actuators`, `contact`).
//!
//! As published — [Wertz1978] ch. 16 (Euler) and Newton's law for the centre of mass C; the thrust
//! carries the momentum of the jet [Sutton2017] ch. 2:
//!     I ω̇ = τ_C − ω × I ω,        m a_C = F + m g(p_C)
//! As programmed: the state is the motion of the body origin B, a point of the hull, so that the
//! centre may wander in the hull (r = p_BC_B) without a jump:
//!     a_B = R (F/m − ω̇ × r − ω × (ω × r)) + g(p_B + R r)
//! and the specific force at an accelerometer A (arm a) is F/m + ω̇ × (a − r) + ω × (ω × (a − r)).
//! Mass, r and I are those of the middle of the step, with the liquid where it then is.
//! Propellant on its way out is a stream inside a turning hull [EkeMao2002]: with k = Σ ṁ r_e + d(m r)/dt,
//! r_e the exits and ṁ > 0 outward, and I_B the inertia about B, the hull feels
//!     −2 ω × k        and, about B,   −(İ_B ω + Σ ṁ r_e × (ω × r_e))
//! which is jet damping, İ ω and 2 ω × ṙ in one (for a lander of 800 kg turning at 0.1 rad/s: 0.1 N and
//! 0.1 N m). The torque of gravity's gradient is 3 GM/r³ û × I û, û the local vertical [Wertz1978] ch. 17.
//! The liquid's sloshing is in `slosh`.
//! Refuses: whirl of the streams in tanks and pipes, flexible structure.

pub mod slosh;

use crate::vehicle::{Dry, Propellant};
use icd::frames::{B, I, Position, Rate, Vector, Velocity};
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::{Matrix3, Vector3, Vector4};
use slosh::{Coupling, Slosh};

/// The lander's motion and what is left in its tanks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// Time.
    pub t: Time,
    /// Position of the body origin.
    pub p_MB_I: Vector<Position, I>,
    /// Velocity of the body origin.
    pub v_MB_I: Vector<Velocity, I>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Body rate.
    pub w_IB_B: Vector<Rate, B>,
    /// Propellant left, kg.
    pub propellant_kg: f64,
}

/// Mass, centre of mass and inertia at one filling of the tanks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MassProperties {
    /// Mass, kg.
    pub mass_kg: f64,
    /// Centre of mass from the body origin, m.
    pub p_BC_B: Vector3<f64>,
    /// Inertia about the centre of mass, body axes, kg m².
    pub inertia_kg_m2: Matrix3<f64>,
    /// Its inverse.
    pub inertia_inverse: Matrix3<f64>,
}

/// Mass properties of the vehicle holding `propellant_kg`.
///
/// Two bodies joined by the parallel axis theorem: with s the distance of their centres and
/// μ = m₁ m₂ / (m₁ + m₂), I = I₁ + I₂ + μ (s² 1 − s sᵀ).
pub fn mass_properties(dry: &Dry, propellant: &Propellant, propellant_kg: f64) -> MassProperties {
    let mass_kg = dry.mass_kg + propellant_kg;
    let filled = propellant_kg / propellant.capacity_kg;
    let (full, empty) =
        (Vector3::from(propellant.p_BC_B_full), Vector3::from(propellant.p_BC_B_empty));
    let r_dry = Vector3::from(dry.p_BC_B);
    let s = empty + (full - empty) * filled - r_dry;
    let p_BC_B = r_dry + s * (propellant_kg / mass_kg);
    let mu = dry.mass_kg * propellant_kg / mass_kg;
    let k2 = propellant_kg * propellant.gyration_radius_m * propellant.gyration_radius_m;
    let mut inertia = s * s.transpose() * -mu;
    let spherical = k2 + mu * s.norm_squared();
    for (n, moment) in dry.inertia_kg_m2.iter().enumerate() {
        inertia[(n, n)] += moment + spherical;
    }
    MassProperties::of(mass_kg, p_BC_B, inertia)
}

impl MassProperties {
    pub(crate) fn of(mass_kg: f64, p_BC_B: Vector3<f64>, inertia_kg_m2: Matrix3<f64>) -> Self {
        let inertia_inverse = symmetric_inverse(&inertia_kg_m2);
        Self { mass_kg, p_BC_B, inertia_kg_m2, inertia_inverse }
    }

    /// The same body after `moved_kg` of it went from `from_B` by `shift_B`.
    pub(crate) fn shifted(
        &self,
        moved_kg: f64,
        from_B: &Vector3<f64>,
        shift_B: &Vector3<f64>,
    ) -> Self {
        let (d0, d1) = (from_B - self.p_BC_B, from_B - self.p_BC_B + shift_B);
        let r = shift_B * (moved_kg / self.mass_kg);
        let inertia =
            self.inertia_kg_m2 + (spread(&d1) - spread(&d0)) * moved_kg - spread(&r) * self.mass_kg;
        Self::of(self.mass_kg, self.p_BC_B + r, inertia)
    }

    /// Torque of gravity's gradient about the centre of mass, body axes, N m.
    ///
    /// - `p_MC_B`: from the Moon's centre, m. `gm_m3_s2`: gravitational parameter.
    pub fn gravity_gradient(&self, p_MC_B: &Vector3<f64>, gm_m3_s2: f64) -> Vector3<f64> {
        let r2 = p_MC_B.norm_squared();
        p_MC_B.cross(&(self.inertia_kg_m2 * p_MC_B)) * (3.0 * gm_m3_s2 / (r2 * r2 * r2.sqrt()))
    }
}

/// r² 1 − r rᵀ: inertia of a unit mass at r.
pub(crate) fn spread(r: &Vector3<f64>) -> Matrix3<f64> {
    let (xx, yy, zz) = (r.x * r.x, r.y * r.y, r.z * r.z);
    let (xy, xz, yz) = (-r.x * r.y, -r.x * r.z, -r.y * r.z);
    Matrix3::new(yy + zz, xy, xz, xy, xx + zz, yz, xz, yz, xx + yy)
}

/// What the propellant's way through the turning hull does to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Streams {
    /// Mean momentum of the streams inside the hull, kg m/s.
    pub momentum_B: Vector3<f64>,
    /// Torque about the body origin per rate, reversed, N m s.
    pub damping_Nms: Matrix3<f64>,
}

impl Streams {
    /// Streams of a step of `dt_s` in which `used_kg` left the tanks at `propellant_kg` (mean).
    ///
    /// - `exits_kg_m`, `exits_kg_m2`: sums over the exits r of what left there times r, and times
    ///   r² 1 − r rᵀ.
    pub fn new(
        propellant: &Propellant,
        propellant_kg: f64,
        used_kg: f64,
        (exits_kg_m, exits_kg_m2): (&Vector3<f64>, &Matrix3<f64>),
        dt_s: f64,
    ) -> Self {
        let (full, empty) =
            (Vector3::from(propellant.p_BC_B_full), Vector3::from(propellant.p_BC_B_empty));
        let slope = (full - empty) / propellant.capacity_kg;
        let c = empty + slope * propellant_kg;
        let (k2, cc) = (propellant.gyration_radius_m * propellant.gyration_radius_m, spread(&c));
        // d(m c)/dm and d(m (k² 1 + spread(c)))/dm, of which used_kg has gone.
        let first = c + slope * propellant_kg;
        let sum = (spread(&(c + slope)) - cc - spread(&slope)) * propellant_kg;
        let second = cc + sum + Matrix3::from_diagonal(&Vector3::repeat(k2));
        Self {
            momentum_B: (exits_kg_m - first * used_kg) / dt_s,
            damping_Nms: (exits_kg_m2 - second * used_kg) / dt_s,
        }
    }
}

/// The liquid in the tanks over one step: its sloshing and its way out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Liquid {
    /// `None` when nothing moves.
    pub slosh: Option<Coupling>,
    /// Streams on their way out.
    pub streams: Streams,
}

/// Inverse of a symmetric positive definite matrix by its cofactors.
fn symmetric_inverse(m: &Matrix3<f64>) -> Matrix3<f64> {
    let (a, b, c) = (m[(0, 0)], m[(0, 1)], m[(0, 2)]);
    let (d, e, f) = (m[(1, 1)], m[(1, 2)], m[(2, 2)]);
    let (ca, cb, cc) = (d * f - e * e, c * e - b * f, b * e - c * d);
    let k = 1.0 / (a * ca + b * cb + c * cc);
    let (cd, ce, cf) = (a * f - c * c, b * c - a * e, a * d - b * b);
    Matrix3::new(ca, cb, cc, cb, cd, ce, cc, ce, cf) * k
}

/// Motion in raw numbers: what the integrator works on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Motion {
    pub p_I: Vector3<f64>,
    pub v_I: Vector3<f64>,
    /// Scalar first.
    pub q_IB: Vector4<f64>,
    pub w_B: Vector3<f64>,
    /// The liquid in the tanks.
    pub slosh: Slosh,
}

/// Derivative of a motion, with the specific force at the accelerometers beside it.
#[derive(Clone, Copy)]
pub(crate) struct Flow {
    pub v_I: Vector3<f64>,
    pub a_I: Vector3<f64>,
    pub dq_IB: Vector4<f64>,
    pub w_B: Vector3<f64>,
    pub alpha_B: Vector3<f64>,
    /// Specific force at the accelerometers, body axes, m/s².
    pub s_B: Vector3<f64>,
    /// Rate and acceleration of the liquid.
    pub slosh: Slosh,
}

/// A force and its torque about the body origin, body axes: N and N m.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wrench {
    /// Force, N.
    pub f_B: Vector3<f64>,
    /// Torque about the body origin, N m.
    pub t_B: Vector3<f64>,
}

impl core::ops::Add for Wrench {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { f_B: self.f_B + other.f_B, t_B: self.t_B + other.t_B }
    }
}

/// What is held over one step of integration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub mass: MassProperties,
    /// Engines, averaged over the step.
    pub thrust: Wrench,
    /// Gravity beyond the point mass at the start of the step, m/s², and its slope, m/s³.
    pub perturbation_I: Vector3<f64>,
    pub perturbation_slope_I: Vector3<f64>,
    pub gm_m3_s2: f64,
    /// Arm of the accelerometers from the body origin, m.
    pub p_BA_B: Vector3<f64>,
    /// The liquid in the tanks.
    pub liquid: Liquid,
}

impl Motion {
    /// The motion of `state`, the liquid at rest.
    pub fn of(state: &State) -> Self {
        Self {
            p_I: state.p_MB_I.si(),
            v_I: state.v_MB_I.si(),
            q_IB: Vector4::from(state.q_IB.si()),
            w_B: state.w_IB_B.si(),
            slosh: Slosh::default(),
        }
    }

    pub fn write(&self, state: &mut State) {
        state.p_MB_I = Vector::from_si(self.p_I);
        state.v_MB_I = Vector::from_si(self.v_I);
        state.q_IB = Quaternion::from_si([self.q_IB.x, self.q_IB.y, self.q_IB.z, self.q_IB.w]);
        state.w_IB_B = Vector::from_si(self.w_B);
    }

    pub fn advanced(&self, flow: &Flow, dt_s: f64) -> Self {
        Self {
            p_I: self.p_I + flow.v_I * dt_s,
            v_I: self.v_I + flow.a_I * dt_s,
            q_IB: self.q_IB + flow.dq_IB * dt_s,
            w_B: self.w_B + flow.alpha_B * dt_s,
            slosh: Slosh {
                shift_B: self.slosh.shift_B + flow.slosh.shift_B * dt_s,
                rate_B: self.slosh.rate_B + flow.slosh.rate_B * dt_s,
            },
        }
    }

    /// Turns the body by a small angle about its own axes.
    pub fn turn(&mut self, angle_B: &Vector3<f64>) {
        self.q_IB += quaternion_rate(&self.q_IB, angle_B);
        self.q_IB /= self.q_IB.norm_squared().sqrt();
    }

    /// `R_IB` of the stage; the quaternion's length differs from 1 by less than 1e-9 inside a step.
    #[inline]
    pub fn R_IB(&self) -> Matrix3<f64> {
        let [w, x, y, z]: [f64; 4] = self.q_IB.into();
        let (xx, yy, zz) = (x * x, y * y, z * z);
        let (xy, xz, yz, wx, wy, wz) = (x * y, x * z, y * z, w * x, w * y, w * z);
        Matrix3::new(
            1.0 - 2.0 * (yy + zz),
            2.0 * (xy - wz),
            2.0 * (xz + wy),
            2.0 * (xy + wz),
            1.0 - 2.0 * (xx + zz),
            2.0 * (yz - wx),
            2.0 * (xz - wy),
            2.0 * (yz + wx),
            1.0 - 2.0 * (xx + yy),
        )
    }
}

/// Half of q ⊗ (0, w), scalar first (in `x`).
#[inline]
fn quaternion_rate(q: &Vector4<f64>, w: &Vector3<f64>) -> Vector4<f64> {
    Vector4::new(
        -q.y * w.x - q.z * w.y - q.w * w.z,
        q.x * w.x + q.z * w.z - q.w * w.y,
        q.x * w.y - q.y * w.z + q.w * w.x,
        q.x * w.z + q.y * w.y - q.z * w.x,
    ) * 0.5
}

/// The derivative at `elapsed_s` into the step; `external` is what depends on the motion itself.
#[inline]
pub(crate) fn flow(
    motion: &Motion,
    elapsed_s: f64,
    held: &Held,
    external: &impl Fn(&Motion, &Matrix3<f64>, f64) -> Wrench,
) -> Flow {
    let (r, w) = (held.mass.p_BC_B, motion.w_B);
    let R_IB = motion.R_IB();
    let wrench = held.thrust + external(motion, &R_IB, elapsed_s);
    let streams = &held.liquid.streams;
    let f_B = wrench.f_B - w.cross(&streams.momentum_B) * 2.0;
    let torque_C = wrench.t_B
        - streams.damping_Nms * w
        - r.cross(&f_B)
        - w.cross(&(held.mass.inertia_kg_m2 * w));
    let (f_B, alpha_B, liquid_B) = match &held.liquid.slosh {
        Some(coupling) => {
            let answer = coupling.answer(&motion.slosh, &held.mass, &w, &f_B, &torque_C);
            (answer.f_B, answer.alpha_B, answer.acceleration_B)
        }
        None => (f_B, held.mass.inertia_inverse * torque_C, Vector3::zeros()),
    };
    let f = f_B / held.mass.mass_kg;
    let at = |arm: Vector3<f64>| f + alpha_B.cross(&arm) + w.cross(&w.cross(&arm));
    let p_MC_I = motion.p_I + R_IB * r;
    let r2 = p_MC_I.norm_squared();
    let gravity_I = p_MC_I * (-held.gm_m3_s2 / (r2 * r2.sqrt()))
        + held.perturbation_I
        + held.perturbation_slope_I * elapsed_s;
    Flow {
        v_I: motion.v_I,
        a_I: R_IB * at(-r) + gravity_I,
        dq_IB: quaternion_rate(&motion.q_IB, &w),
        w_B: w,
        alpha_B,
        s_B: at(held.p_BA_B - r),
        slosh: Slosh { shift_B: motion.slosh.rate_B, rate_B: liquid_B },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halves_of_a_dumbbell_have_the_inertia_worked_by_hand() {
        // 3 kg at z = 0 and 1 kg at z = 4: centre at z = 1, 3·1² + 1·3² = 12 kg m² across the bar.
        let dry = Dry { mass_kg: 3.0, p_BC_B: [0.0; 3], inertia_kg_m2: [0.5, 0.5, 0.5] };
        let tank = Propellant {
            capacity_kg: 2.0,
            p_BC_B_full: [0.0, 0.0, 6.0],
            p_BC_B_empty: [0.0, 0.0, 2.0],
            gyration_radius_m: 0.25,
        };
        let mass = mass_properties(&dry, &tank, 1.0);
        assert!((mass.p_BC_B - Vector3::new(0.0, 0.0, 1.0)).norm() < 1e-15);
        let across = 12.0 + 0.5 + 0.0625;
        let by_hand = Matrix3::from_diagonal(&Vector3::new(across, across, 0.5625));
        assert!((mass.inertia_kg_m2 - by_hand).norm() < 1e-14, "{}", mass.inertia_kg_m2);
    }

    #[test]
    fn the_inverse_of_a_full_inertia_matrix_is_its_inverse() {
        let m = Matrix3::new(4.0, -1.0, 0.5, -1.0, 5.0, 0.25, 0.5, 0.25, 3.0);
        assert!((symmetric_inverse(&m) * m - Matrix3::identity()).norm() < 1e-15);
    }

    #[test]
    fn the_quaternion_rate_is_half_q_times_omega() {
        let q: Quaternion<I, B> = Quaternion::from_si([0.4, -0.3, 0.7, 0.2]);
        let w = Vector3::new(0.3, -0.2, 0.5);
        let step = 1e-5;
        let turned = |angle: f64| q * Quaternion::<B, B>::exp(w * angle);
        let (ahead, behind) = (turned(step), turned(-step));
        let state = State {
            t: Time::default(),
            p_MB_I: Vector::new(2e6, 0.0, 0.0),
            v_MB_I: Vector::zero(),
            q_IB: q,
            w_IB_B: Vector::from_si(w),
            propellant_kg: 0.0,
        };
        let dry = Dry { mass_kg: 3.0, p_BC_B: [0.0; 3], inertia_kg_m2: [1.0; 3] };
        let tank = Propellant {
            capacity_kg: 1.0,
            p_BC_B_full: [0.0; 3],
            p_BC_B_empty: [0.0; 3],
            gyration_radius_m: 0.0,
        };
        let held = Held {
            mass: mass_properties(&dry, &tank, 0.0),
            thrust: Wrench::default(),
            perturbation_I: Vector3::zeros(),
            perturbation_slope_I: Vector3::zeros(),
            gm_m3_s2: 0.0,
            p_BA_B: Vector3::zeros(),
            liquid: Liquid::default(),
        };
        let flow = flow(&Motion::of(&state), 0.0, &held, &|_, _, _| Wrench::default());
        for n in 0..4 {
            let numeric = (ahead.si()[n] - behind.si()[n]) / (2.0 * step);
            assert!((numeric - flow.dq_IB[n]).abs() < 1e-9);
        }
    }
}
