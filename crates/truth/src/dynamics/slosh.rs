//! Sloshing: the free surface in the tanks as one mass on springs, and a ring about the axis.
//!
//! Owns: [`SloshMass`] (mass, place and stiffness of the moving liquid at one filling), [`Slosh`] (its
//! motion), its coupling to the body. Does not own: the body's equations (`dynamics`), mass properties
//! of the liquid at rest (there as well).
//!
//! As published, per upright cylindrical tank of radius R filled to h, κ = ξ h/R and ξ = 1.8412 the
//! first zero of J₁′ — [Abramson1966] ch. 6, [Dodge2000] ch. 3, first lateral mode under the axial
//! specific force a:
//!     ω² = a ξ/R tanh κ            m₁ = m 2 tanh κ / (ξ (ξ² − 1) h/R)
//!     z₁ = h − (2R/ξ) tanh(κ/2)    above the bottom, for a mass on a lateral spring
//! The mass rides the tank along its axis, so that the moment a m₁ x of the displaced liquid is there.
//! As programmed: opposite tanks are equal, all are filled alike and at one height, so all have one
//! frequency. Of their 2n lateral motions the body can drive three and feels three: all tanks the same
//! way in x, in y (one mass M = Σ m₁ on the axis of the ring), and all along the ring (a ring of inertia
//! J = M ρ²). The rest is neither driven nor felt, to first order. With d the place of M from the centre
//! of mass, and A, α the acceleration of that centre and of the body as the liquid leaves them:
//!     ẍ = −ω² (1 + q) x − 2 ζ ω ẋ − [A + α × d + ω × (ω × d) + 2 ω × ẋ]ₓᵧ,    ψ̈ likewise with α_z
//! solved together with the body: its own equations take −M ẍ at d and −J ψ̈ about z, so total momentum
//! is kept whatever the liquid does. Mass and stiffness are renewed when 0.1 kg has been used.
//! q = (x² + y² + ρ²ψ²)/x_w² stiffens the springs as the surface climbs the wall (assumed; x_w is the shift
//! at which the surface stands at 1 rad). Where the axial force is less than `held_m_s2`, as in coast,
//! vanes hold the liquid as that force would, at half critical damping (assumed).
//! Refuses: higher modes (m₂ is 3 % of m₁ in a deep tank), swirl, tanks drained unequally, liquid thrown
//! about by a negative axial force.

use crate::dynamics::MassProperties;
use crate::vehicle::{Propellant, Tanks};
use nalgebra::{Matrix3, Vector3};

/// First zero of the derivative of the Bessel function J₁, [AbramowitzStegun1964] table 9.5.
const XI: f64 = 1.841_183_78;
/// Damping ratio of liquid held by vanes without thrust; assumed.
const HELD_DAMPING: f64 = 0.5;
/// Change of propellant after which mass and stiffness are renewed, kg.
const RENEWAL_KG: f64 = 0.1;

/// Shift and rate of the moving liquid, body axes: x and y in m and m/s, the ring's turn in rad and rad/s.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slosh {
    /// Shift of the mass in x and y, m, and turn of the ring, rad.
    pub shift_B: Vector3<f64>,
    /// Its rate, m/s and rad/s.
    pub rate_B: Vector3<f64>,
}

/// The moving part of the liquid at one filling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SloshMass {
    /// The filling it belongs to, kg.
    propellant_kg: f64,
    /// Moving mass of all tanks, kg.
    pub mass_kg: f64,
    /// Where it rests, from the body origin, m.
    pub p_BS_B: Vector3<f64>,
    /// Its inertia about the axis of the ring, kg m².
    pub ring_kg_m2: f64,
    /// ω² per unit of axial specific force, 1/m: the inverse length of the equal pendulum.
    pub stiffness_per_m: f64,
    ring_radius_m: f64,
    damping_ratio: f64,
    held_m_s2: f64,
}

impl SloshMass {
    /// The liquid that moves when the tanks hold `propellant_kg`, equally.
    pub fn new(tanks: &Tanks, propellant: &Propellant, propellant_kg: f64) -> Self {
        let filled = propellant_kg / propellant.capacity_kg;
        let (full, empty) =
            (Vector3::from(propellant.p_BC_B_full), Vector3::from(propellant.p_BC_B_empty));
        let centroid = empty + (full - empty) * filled;
        let bottom_m = empty.z;
        // Of a dry tank the limit: its last liquid moves as a whole.
        let depth_m = (2.0 * (centroid.z - bottom_m)).max(1e-6 * tanks.radius_m);
        let kappa = XI * depth_m / tanks.radius_m;
        let tanh = libm::tanh(kappa);
        let share = 2.0 * tanh / ((XI * XI - 1.0) * kappa);
        let half = libm::tanh(0.5 * kappa);
        let height_m = depth_m - 2.0 * tanks.radius_m / XI * half;
        let mass_kg = share * propellant_kg;
        Self {
            propellant_kg,
            mass_kg,
            p_BS_B: Vector3::new(centroid.x, centroid.y, bottom_m + height_m),
            ring_kg_m2: mass_kg * tanks.ring_radius_m * tanks.ring_radius_m,
            stiffness_per_m: XI / tanks.radius_m * tanh,
            ring_radius_m: tanks.ring_radius_m,
            damping_ratio: tanks.damping_ratio,
            held_m_s2: tanks.held_m_s2,
        }
    }

    /// Renews itself when the filling has changed enough.
    pub(crate) fn follow(&mut self, tanks: &Tanks, propellant: &Propellant, propellant_kg: f64) {
        if (propellant_kg - self.propellant_kg).abs() > RENEWAL_KG {
            *self = Self::new(tanks, propellant, propellant_kg);
        }
    }

    /// Tilt of the surface about which the liquid stands, towards x and y, rad: the angle of the equal
    /// pendulum, which under a steady lateral force is that of the surface.
    pub fn tilt_rad(&self, slosh: &Slosh) -> [f64; 2] {
        [slosh.shift_B.x * self.stiffness_per_m, slosh.shift_B.y * self.stiffness_per_m]
    }

    /// ω² and 2 ζ ω under an axial specific force, for a shift of `shift_B`.
    #[inline]
    pub fn spring(&self, axial_m_s2: f64, shift_B: &Vector3<f64>) -> (f64, f64) {
        let held = axial_m_s2 < self.held_m_s2;
        let (axial_m_s2, zeta) =
            if held { (self.held_m_s2, HELD_DAMPING) } else { (axial_m_s2, self.damping_ratio) };
        let omega2 = self.stiffness_per_m * axial_m_s2;
        let along_m = self.ring_radius_m * shift_B.z;
        let out2 = shift_B.x * shift_B.x + shift_B.y * shift_B.y + along_m * along_m;
        let stiffer = 1.0 + out2 * self.stiffness_per_m * self.stiffness_per_m;
        (omega2 * stiffer, 2.0 * zeta * omega2.sqrt())
    }
}

/// The moving liquid tied to a body of given mass properties, held over one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coupling {
    liquid: SloshMass,
    /// From the centre of mass to the moving mass, m.
    d_B: Vector3<f64>,
    /// Angular acceleration that a unit of each of ẍ, ÿ, ψ̈ takes from the body.
    taken: Matrix3<f64>,
    /// Inverse of the matrix that ties ẍ, ÿ, ψ̈ to each other through the body.
    solve: Matrix3<f64>,
}

/// What the liquid does at one instant, and what is left for the body.
pub(crate) struct Answer {
    /// ẍ, ÿ, ψ̈.
    pub acceleration_B: Vector3<f64>,
    /// Force less the liquid's inertia, N.
    pub f_B: Vector3<f64>,
    /// Angular acceleration less what the liquid takes, rad/s².
    pub alpha_B: Vector3<f64>,
}

impl Coupling {
    /// Ties `liquid` to the body whose properties `mass` are those with the liquid at `shift_B`.
    pub fn new(liquid: &SloshMass, mass: &MassProperties, shift_B: &Vector3<f64>) -> Self {
        let d = liquid.p_BS_B + Vector3::new(shift_B.x, shift_B.y, 0.0) - mass.p_BC_B;
        let m = liquid.mass_kg;
        let pulls = Matrix3::from_columns(&[
            Vector3::new(0.0, m * d.z, -m * d.y),
            Vector3::new(-m * d.z, 0.0, m * d.x),
            Vector3::new(0.0, 0.0, liquid.ring_kg_m2),
        ]);
        let taken = mass.inertia_inverse * pulls;
        let free = 1.0 - m / mass.mass_kg;
        let mut ties = Matrix3::from_diagonal(&Vector3::new(free, free, 1.0));
        for n in 0..3 {
            let column = taken.column(n);
            ties[(0, n)] -= column[1] * d.z - column[2] * d.y;
            ties[(1, n)] -= column[2] * d.x - column[0] * d.z;
            ties[(2, n)] -= column[2];
        }
        Self { liquid: *liquid, d_B: d, taken, solve: inverse(&ties) }
    }

    /// The liquid's acceleration under a force `f_B` and a torque about the centre of mass on the whole.
    ///
    /// - `torque_C`: without the gyroscopic torque of the liquid. The force along z is the tanks' axial one.
    #[inline]
    pub fn answer(
        &self,
        slosh: &Slosh,
        mass: &MassProperties,
        w_B: &Vector3<f64>,
        f_B: &Vector3<f64>,
        torque_C: &Vector3<f64>,
    ) -> Answer {
        let (w, d) = (w_B, &self.d_B);
        let (liquid, v) = (&self.liquid, &slosh.rate_B);
        let turning = w.cross(&Vector3::new(v.x, v.y, 0.0)) * 2.0;
        let ring = liquid.ring_kg_m2 * v.z;
        let f = f_B - turning * liquid.mass_kg;
        let torque = torque_C
            - d.cross(&turning) * liquid.mass_kg
            - Vector3::new(w.y * ring, -w.x * ring, 0.0);
        let alpha = mass.inertia_inverse * torque;
        let felt = f / mass.mass_kg + alpha.cross(d) + w.cross(&w.cross(d)) + turning;
        let (omega2, damping) = liquid.spring(f_B.z / mass.mass_kg, &slosh.shift_B);
        let wanted = -slosh.shift_B * omega2 - v * damping - Vector3::new(felt.x, felt.y, alpha.z);
        let u = self.solve * wanted;
        Answer {
            acceleration_B: u,
            f_B: Vector3::new(f.x - liquid.mass_kg * u.x, f.y - liquid.mass_kg * u.y, f.z),
            alpha_B: alpha - self.taken * u,
        }
    }
}

/// Inverse by cofactors of a matrix near the identity.
fn inverse(m: &Matrix3<f64>) -> Matrix3<f64> {
    let row = |n: usize| Vector3::new(m[(n, 0)], m[(n, 1)], m[(n, 2)]);
    let (a, b, c) = (row(0), row(1), row(2));
    let (bc, ca, ab) = (b.cross(&c), c.cross(&a), a.cross(&b));
    Matrix3::from_columns(&[bc, ca, ab]) * (1.0 / a.dot(&bc))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_moving_mass_is_that_of_the_published_cylinder() {
        // [Abramson1966], [Dodge2000]: m₁/m = tanh(1.84 h/R) R/(2.2 h), to the digits of its constants.
        let propellant = propellant();
        for kg in [60.0, 240.0, 480.0] {
            let liquid = SloshMass::new(&tanks(), &propellant, kg);
            let ratio = 0.4 * kg / 480.0 / 0.28;
            let share = (1.84 * ratio).tanh() / (2.2 * ratio);
            assert!(
                (liquid.mass_kg / kg / share - 1.0).abs() < 2e-3,
                "{kg} kg: {}",
                liquid.mass_kg
            );
            let stiffness = 1.841 / 0.28 * (1.841 * ratio).tanh();
            assert!((liquid.stiffness_per_m / stiffness - 1.0).abs() < 2e-4);
        }
        // Nearly dry: 2/(ξ² − 1) of the liquid, at the bottom.
        let drop = SloshMass::new(&tanks(), &propellant, 1e-3);
        assert!((drop.mass_kg / 1e-3 - 2.0 / (XI * XI - 1.0)).abs() < 1e-4);
        assert!((drop.p_BS_B.z - 0.55).abs() < 1e-5);
        assert_eq!(SloshMass::new(&tanks(), &propellant, 0.0).mass_kg, 0.0);
    }

    #[test]
    fn force_and_moment_are_those_of_the_wave_in_the_tank() {
        // From the potential J₁(ξ r/R) cosh(ξ (z + h)/R) cos θ: pressure on wall and bottom together acts at
        // the height h − (R/ξ)(cosh κ − 2)/sinh κ, which is the hinge of the pendulum, z₁ + 1/stiffness.
        for kg in [30.0, 120.0, 300.0, 480.0] {
            let liquid = SloshMass::new(&tanks(), &propellant(), kg);
            let depth_m = 0.4 * kg / 480.0;
            let kappa = XI * depth_m / 0.28;
            let hinge_m = depth_m - 0.28 / XI * (kappa.cosh() - 2.0) / kappa.sinh();
            let height_m = liquid.p_BS_B.z - 0.55 + 1.0 / liquid.stiffness_per_m;
            assert!((height_m - hinge_m).abs() < 1e-12, "{kg} kg: {height_m} against {hinge_m}");
        }
    }
}
