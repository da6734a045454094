//! A drop test: the lander alone on an even floor under even gravity, on the feet it lands with.
//!
//! Owns: [`DropTest`]. Does not own: contact (`contact`), motion and liquid (`dynamics`, `integrate`): they
//! are the ones that fly; what pushes on board (the caller). For landings whose outcome is known in closed
//! form, and for many landings on one slope.
//! Frames: the floor is fixed in inertial space, `L` has its origin on it and z against gravity.

use crate::contact::{Feet, Ground, Leg, Pose, Soil, Stability};
use crate::dynamics::slosh::{Coupling, Slosh, SloshMass};
use crate::dynamics::{Held, Liquid, MassProperties, Motion, Wrench};
use crate::integrate::{Increments, rigid_body_step};
use crate::vehicle::{Hull, Legs, Propellant, Tanks};
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
    /// What of the liquid moves, and the body with it at rest.
    liquid: Option<(SloshMass, MassProperties)>,
    gravity_m_s2: f64,
    /// Step of integration, s.
    step_s: f64,
    /// Height of the lowest point, m.
    clearance_m: f64,
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
            liquid: None,
            gravity_m_s2: floor.gravity_m_s2,
            step_s,
            clearance_m: 0.0,
        };
        test.clearance_m = test.feet.look(&pose(&motion, &motion.R_IB()), &test.ground);
        test
    }

    /// The same with liquid that swings in its tanks. The mass handed over is that with it at rest.
    pub fn with_liquid(
        mut self,
        tanks: &Tanks,
        propellant: &Propellant,
        propellant_kg: f64,
        slosh: Slosh,
    ) -> Self {
        self.liquid = Some((SloshMass::new(tanks, propellant, propellant_kg), self.held.mass));
        self.motion.slosh = slosh;
        self
    }

    /// From now on a force, N, and a torque about the body origin, N m, both in body axes: its jets'.
    pub fn push(&mut self, f_B: Vector3<f64>, t_B: Vector3<f64>) {
        self.held.thrust = Wrench { f_B, t_B };
    }

    /// One step.
    pub fn step(&mut self) {
        if let Some((liquid, mass)) = &self.liquid {
            let slosh = &self.motion.slosh;
            let middle = slosh.shift_B + slosh.rate_B * (0.5 * self.step_s);
            let shift_B = Vector3::new(middle.x, middle.y, 0.0);
            self.held.mass = mass.shifted(liquid.mass_kg, &liquid.p_BS_B, &shift_B);
            self.held.liquid.slosh = Some(Coupling::new(liquid, &self.held.mass, &shift_B));
        }
        let (feet, ground) = (&self.feet, &self.ground);
        let push =
            |motion: &Motion, R_IB: &Matrix3<f64>, _: f64| feet.wrench(&pose(motion, R_IB), ground);
        let mut unused = Increments::default();
        rigid_body_step(&mut self.motion, 0.0, self.step_s, &self.held, &push, &mut unused);
        let now = pose(&self.motion, &self.motion.R_IB());
        self.clearance_m = self.feet.settle(&now, &self.ground);
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

    /// Attitude.
    pub fn q_LB(&self) -> Quaternion<L, B> {
        Quaternion::from_si(self.motion.q_IB.into())
    }

    /// Height of the lowest point above the floor, m; negative where it is pressed in.
    pub fn clearance_m(&self) -> f64 {
        self.clearance_m
    }

    /// Whether anything presses on the floor.
    pub fn touching(&self) -> bool {
        self.feet.touching()
    }

    /// Largest load at one point of the hull so far, N, and whether that was more than it bears.
    pub fn hull(&self) -> (f64, bool) {
        (self.feet.hull_load_N(), self.feet.hull_broken())
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
