//! A drop test: the lander alone on an even floor under even gravity, on the feet it lands with.
//!
//! Owns: [`DropTest`]. Does not own: contact (`contact`), motion (`dynamics`, `integrate`): they are
//! the ones that fly. For landings whose outcome is known in closed form.
//! Frames: the floor is fixed in inertial space, `L` has its origin on it and z against gravity.

use crate::contact::{Feet, Ground, Leg, Pose, Soil, Stability};
use crate::dynamics::slosh::Slosh;
use crate::dynamics::{Held, Liquid, MassProperties, Motion, Wrench};
use crate::integrate::{Increments, rigid_body_step};
use crate::vehicle::{Hull, Legs};
use icd::bus::LEGS;
use icd::frames::{B, L, Position, Rate, Vector, Velocity};
use icd::rotation::Quaternion;
use nalgebra::{Matrix3, Vector3, Vector4};

/// The floor stands this far from the origin of the integration, where gravity's point mass would be.
const ASIDE_M: f64 = 1000.0;

/// What is dropped, and onto what.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// Soil of the floor.
    pub soil: Soil,
    /// Rise of the floor along x and y.
    pub rise: [f64; 2],
    /// Gravity along −z, m/s².
    pub gravity_m_s2: f64,
}

/// How it is released.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    /// Position of the body origin.
    pub p_LB_L: Vector<Position, L>,
    /// Its velocity.
    pub v_LB_L: Vector<Velocity, L>,
    /// Attitude.
    pub q_LB: Quaternion<L, B>,
    /// Body rate.
    pub w_LB_B: Vector<Rate, B>,
}

/// A lander falling onto a floor.
#[derive(Clone, Debug)]
pub struct DropTest {
    feet: Feet,
    ground: Ground,
    held: Held,
    motion: Motion,
    gravity_m_s2: f64,
    /// Step of integration, s.
    step_s: f64,
}

fn pose(motion: &Motion, R_IB: &Matrix3<f64>) -> Pose {
    Pose {
        p_GB_G: motion.p_I - Vector3::z() * ASIDE_M,
        v_GB_G: motion.v_I,
        R_GB: *R_IB,
        w_GB_B: motion.w_B,
    }
}

impl DropTest {
    /// Releases a lander; `step_s` is the step of integration, not divided any further.
    pub fn new(
        legs: &Legs,
        hull: &Hull,
        mass: MassProperties,
        floor: &Floor,
        release: &Release,
        step_s: f64,
    ) -> Self {
        let held = Held {
            mass,
            thrust: Wrench::default(),
            perturbation_I: Vector3::new(0.0, 0.0, -floor.gravity_m_s2),
            perturbation_slope_I: Vector3::zeros(),
            gm_m3_s2: 0.0,
            p_BA_B: Vector3::zeros(),
            liquid: Liquid::default(),
        };
        let motion = Motion {
            p_I: release.p_LB_L.si() + Vector3::z() * ASIDE_M,
            v_I: release.v_LB_L.si(),
            q_IB: Vector4::from(release.q_LB.si()),
            w_B: release.w_LB_B.si(),
            slosh: Slosh::default(),
        };
        let mut test = Self {
            feet: Feet::new(legs, hull, floor.soil),
            ground: Ground::even(floor.rise),
            held,
            motion,
            gravity_m_s2: floor.gravity_m_s2,
            step_s,
        };
        test.feet.look(&pose(&motion, &motion.R_IB()), &test.ground);
        test
    }

    /// One step.
    pub fn step(&mut self) {
        let (feet, ground) = (&self.feet, &self.ground);
        let push =
            |motion: &Motion, R_IB: &Matrix3<f64>, _: f64| feet.wrench(&pose(motion, R_IB), ground);
        let mut unused = Increments::default();
        rigid_body_step(&mut self.motion, 0.0, self.step_s, &self.held, &push, &mut unused);
        self.feet.settle(&pose(&self.motion, &self.motion.R_IB()), &self.ground);
    }

    /// Position of the centre of mass.
    pub fn p_LC_L(&self) -> Vector<Position, L> {
        let pose = self.pose();
        Vector::from_si(pose.p_GB_G + pose.R_GB * self.held.mass.p_BC_B)
    }

    /// Its velocity.
    pub fn v_LC_L(&self) -> Vector<Velocity, L> {
        let (pose, arm_B) = (self.pose(), self.held.mass.p_BC_B);
        Vector::from_si(pose.v_GB_G + pose.R_GB * pose.w_GB_B.cross(&arm_B))
    }

    /// Body rate.
    pub fn w_LB_B(&self) -> Vector<Rate, B> {
        Vector::from_si(self.motion.w_B)
    }

    /// Direction of the body's z.
    pub fn axis_L(&self) -> Vector3<f64> {
        self.motion.R_IB().column(2).into()
    }

    /// Which pads press on the floor.
    pub fn closed(&self) -> [bool; LEGS] {
        self.feet.closed()
    }

    /// What became of each leg.
    pub fn legs(&self) -> [Leg; LEGS] {
        self.feet.legs()
    }

    /// Distance from toppling.
    pub fn stability(&self) -> Stability {
        self.feet.stability(&self.pose(), &self.held.mass, self.gravity_m_s2)
    }

    /// Energy of motion and height, J; what the elastic parts hold is not in it.
    pub fn energy_J(&self) -> f64 {
        let mass = &self.held.mass;
        let w_B = self.motion.w_B;
        let v2 = self.v_LC_L().si().norm_squared();
        mass.mass_kg * (0.5 * v2 + self.gravity_m_s2 * self.p_LC_L().z())
            + 0.5 * w_B.dot(&(mass.inertia_kg_m2 * w_B))
    }

    fn pose(&self) -> Pose {
        pose(&self.motion, &self.motion.R_IB())
    }
}

#[cfg(test)]
impl DropTest {
    /// Energy in the elastic parts, J.
    pub(crate) fn elastic_J(&self) -> f64 {
        self.feet.elastic_J(&self.pose(), &self.ground)
    }
}

#[cfg(test)]
mod tests;
