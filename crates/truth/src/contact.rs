//! Feet on the ground: springs, dampers, friction, and what the first contact was like.
//!
//! Owns: the ground as a plane under the lander, the forces on the feet, the switches, [`Touchdown`].
//! Does not own: the terrain (`environment`), when a run ends (`world`).
//!
//! As programmed, per foot, with the depth δ below the plane and the velocity over ground
//! (normal v_n, tangential v_t):
//!     N = max(0, k δ − c v_n),       F_t = −k x_t − c v_t,  cut to μ N
//! where x_t is the shift from the point where the foot last held; a sliding foot drags that point
//! along, so a lander on a slope comes to rest instead of creeping. The plane is that of the terrain
//! under the body origin, renewed every cycle while no foot holds, and kept while one does.
//! Refuses: crushing legs, sinking into the soil, boulders, feet on ground of different height.

use crate::dynamics::{Motion, Wrench};
use crate::vehicle;
use icd::bus::LEGS;
use icd::frames::{L, Position, Vector};
use icd::time::Time;
use nalgebra::{Matrix3, Vector3};

/// Height of the lowest foot below which contact is watched, m.
pub const WATCH_M: f64 = 10.0;
/// Integration steps are divided by this near the ground: 1 ms at the usual 5 ms.
pub const SUBSTEPS: i64 = 5;

/// The state of the lander when its first foot met the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touchdown {
    /// Time of contact.
    pub t: Time,
    /// Position of the body origin.
    pub p_LB_L: Vector<Position, L>,
    /// Vertical speed over ground, up positive, m/s.
    pub v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// Angle between the body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Body rate relative to the ground, rad/s.
    pub rate_rad_s: f64,
    /// Horizontal distance from the target, m.
    pub miss_m: f64,
    /// Slope of the ground, rad.
    pub slope_rad: f64,
    /// Propellant left, kg.
    pub propellant_kg: f64,
}

/// The ground under the lander as a plane, in inertial axes at the beginning of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    /// A point of it.
    pub p_MG_I: Vector3<f64>,
    /// Outward normal, unit.
    pub n_I: Vector3<f64>,
    /// Rate of the Moon.
    pub w_IM_I: Vector3<f64>,
    /// `R_IM`, for what the feet remember of the ground.
    pub R_IM: Matrix3<f64>,
}

/// The feet and what holds them.
#[derive(Clone, Debug)]
pub(crate) struct Feet {
    legs: vehicle::Legs,
    p_BF_B: [Vector3<f64>; LEGS],
    /// Where each foot last held the ground, from the plane's point, in `M`; `None` in the air.
    anchors_M: [Option<Vector3<f64>>; LEGS],
}

/// One foot against the plane.
struct Foot {
    depth_m: f64,
    /// From the plane's point.
    p_GF_I: Vector3<f64>,
    normal_N: f64,
    /// Tangential shift from the anchor, m.
    shift_I: Vector3<f64>,
    tangential_I: Vector3<f64>,
    sliding: bool,
}

impl Feet {
    pub fn new(legs: &vehicle::Legs) -> Self {
        Self { legs: *legs, p_BF_B: legs.p_BF_B.map(Vector3::from), anchors_M: [None; LEGS] }
    }

    /// Which feet press on the ground.
    pub fn closed(&self) -> [bool; LEGS] {
        self.anchors_M.map(|anchor| anchor.is_some())
    }

    /// Height of the lowest foot relative to the body origin along `up_B`, m; usually negative.
    pub fn lowest_m(&self, up_B: Vector3<f64>) -> f64 {
        self.p_BF_B.iter().map(|p_BF_B| p_BF_B.dot(&up_B)).fold(f64::INFINITY, f64::min)
    }

    fn foot(
        &self,
        n: usize,
        plane: &Plane,
        motion: &Motion,
        R_IB: &Matrix3<f64>,
        elapsed_s: f64,
    ) -> Foot {
        let legs = &self.legs;
        let p_MG_I = plane.p_MG_I + plane.w_IM_I.cross(&plane.p_MG_I) * elapsed_s;
        let arm_I = R_IB * self.p_BF_B[n];
        let p_GF_I = motion.p_I - p_MG_I + arm_I;
        let depth_m = -p_GF_I.dot(&plane.n_I);
        let zero = Vector3::zeros();
        if depth_m <= 0.0 {
            let (shift_I, tangential_I) = (zero, zero);
            return Foot { depth_m, p_GF_I, normal_N: 0.0, shift_I, tangential_I, sliding: false };
        }
        let v_foot_I = motion.v_I + R_IB * motion.w_B.cross(&self.p_BF_B[n])
            - plane.w_IM_I.cross(&(p_MG_I + p_GF_I));
        let v_n = v_foot_I.dot(&plane.n_I);
        let v_t = v_foot_I - plane.n_I * v_n;
        let normal_N = (legs.stiffness_N_m * depth_m - legs.damping_N_s_m * v_n).max(0.0);
        let anchor_I = self.anchors_M[n].map_or(p_GF_I, |anchor_M| plane.R_IM * anchor_M);
        let from_anchor = p_GF_I - anchor_I;
        let shift_I = from_anchor - plane.n_I * from_anchor.dot(&plane.n_I);
        let wanted = -shift_I * legs.stiffness_N_m - v_t * legs.damping_N_s_m;
        let (limit_N, size_N) = (legs.friction * normal_N, wanted.norm());
        let sliding = size_N > limit_N;
        let tangential_I = if sliding { wanted * (limit_N / size_N) } else { wanted };
        Foot { depth_m, p_GF_I, normal_N, shift_I, tangential_I, sliding }
    }

    /// Force and torque about the body origin at one stage of the integration.
    pub fn wrench(
        &self,
        plane: &Plane,
        motion: &Motion,
        R_IB: &Matrix3<f64>,
        elapsed_s: f64,
    ) -> Wrench {
        let mut total = Wrench::default();
        for (n, p_BF_B) in self.p_BF_B.iter().enumerate() {
            let foot = self.foot(n, plane, motion, R_IB, elapsed_s);
            if foot.depth_m > 0.0 {
                let f_B = R_IB.tr_mul(&(plane.n_I * foot.normal_N + foot.tangential_I));
                total.f_B += f_B;
                total.t_B += p_BF_B.cross(&f_B);
            }
        }
        total
    }

    /// After a step: feet that lifted off forget the ground, sliding feet drag their anchor along.
    pub fn settle(&mut self, plane: &Plane, motion: &Motion, elapsed_s: f64) {
        let R_IB = motion.R_IB();
        for n in 0..LEGS {
            let foot = self.foot(n, plane, motion, &R_IB, elapsed_s);
            self.anchors_M[n] = if foot.depth_m <= 0.0 {
                None
            } else {
                let kept_m = self.legs.friction * foot.normal_N / self.legs.stiffness_N_m;
                let shift_m = foot.shift_I.norm();
                let drag = foot.sliding && shift_m > kept_m;
                let keep = if drag { kept_m / shift_m } else { 1.0 };
                Some(plane.R_IM.tr_mul(&(foot.p_GF_I - foot.shift_I * keep)))
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::slosh::Slosh;
    use crate::dynamics::{Held, Liquid, mass_properties};
    use crate::integrate::{Increments, rigid_body_step};
    use crate::vehicle::{Dry, Propellant};
    use nalgebra::Vector4;

    const GRAVITY_M_S2: f64 = 1.62;

    fn legs(friction: f64) -> vehicle::Legs {
        vehicle::Legs {
            p_BF_B: [[1.3, 0.0, -0.5], [0.0, 1.3, -0.5], [-1.3, 0.0, -0.5], [0.0, -1.3, -0.5]],
            stiffness_N_m: 18_000.0,
            damping_N_s_m: 2000.0,
            friction,
            crash_speed_m_s: 6.0,
        }
    }

    /// 400 kg standing on a plane at rest that leans by `slope_rad`; gravity along −z.
    fn stand(friction: f64, slope_rad: f64, duration_s: f64) -> (Motion, Feet) {
        let dry = Dry { mass_kg: 400.0, p_BC_B: [0.0; 3], inertia_kg_m2: [200.0; 3] };
        let tank = Propellant {
            capacity_kg: 1.0,
            p_BC_B_full: [0.0; 3],
            p_BC_B_empty: [0.0; 3],
            gyration_radius_m: 0.0,
        };
        let held = Held {
            mass: mass_properties(&dry, &tank, 0.0),
            thrust: Wrench::default(),
            perturbation_I: Vector3::new(0.0, 0.0, -GRAVITY_M_S2),
            perturbation_slope_I: Vector3::zeros(),
            gm_m3_s2: 0.0,
            p_BA_B: Vector3::zeros(),
            liquid: Liquid::default(),
        };
        let n_I = Vector3::new(slope_rad.sin(), 0.0, slope_rad.cos());
        let plane = Plane {
            p_MG_I: Vector3::new(0.0, 0.0, 1.0),
            n_I,
            w_IM_I: Vector3::zeros(),
            R_IM: Matrix3::identity(),
        };
        let half = 0.5 * slope_rad;
        let mut motion = Motion {
            p_I: plane.p_MG_I + n_I * 0.495,
            v_I: Vector3::zeros(),
            q_IB: Vector4::new(half.cos(), 0.0, half.sin(), 0.0),
            w_B: Vector3::zeros(),
            slosh: Slosh::default(),
        };
        let mut feet = Feet::new(&legs(friction));
        feet.settle(&plane, &motion, 0.0);
        for _ in 0..(duration_s / 0.001) as usize {
            let push = |m: &Motion, R_IB: &Matrix3<f64>, s: f64| feet.wrench(&plane, m, R_IB, s);
            let mut unused = Increments::default();
            rigid_body_step(&mut motion, 0.0, 0.001, &held, &push, &mut unused);
            feet.settle(&plane, &motion, 0.0);
        }
        (motion, feet)
    }

    #[test]
    fn friction_holds_a_lander_on_a_slope_below_its_angle() {
        let (motion, feet) = stand(0.5, 0.17, 20.0);
        assert!(motion.v_I.norm() < 1e-9 && motion.w_B.norm() < 1e-9, "{motion:?}");
        assert_eq!(feet.closed(), [true; LEGS]);
    }

    #[test]
    fn a_lander_on_a_slope_above_the_friction_angle_slides_as_coulomb_says() {
        let (friction, slope_rad, duration_s) = (0.1, 0.17_f64, 4.0);
        let (motion, _) = stand(friction, slope_rad, duration_s);
        let along = Vector3::new(slope_rad.cos(), 0.0, -slope_rad.sin());
        let a_m_s2 = GRAVITY_M_S2 * (slope_rad.sin() - friction * slope_rad.cos());
        let exact = a_m_s2 * duration_s;
        let speed_m_s = motion.v_I.dot(&along);
        // The springs are loaded out of balance at first: a few mm/s.
        assert!((speed_m_s - exact).abs() < 0.01, "{speed_m_s} against {exact}");
    }

    #[test]
    fn a_foot_in_the_air_pushes_nothing_and_remembers_nothing() {
        let (mut motion, mut feet) = stand(0.5, 0.0, 0.1);
        motion.p_I.z += 0.1;
        let plane = Plane {
            p_MG_I: Vector3::new(0.0, 0.0, 1.0),
            n_I: Vector3::z(),
            w_IM_I: Vector3::zeros(),
            R_IM: Matrix3::identity(),
        };
        feet.settle(&plane, &motion, 0.0);
        assert_eq!(feet.closed(), [false; LEGS]);
        assert_eq!(feet.wrench(&plane, &motion, &motion.R_IB(), 0.0), Wrench::default());
        assert!((feet.lowest_m(Vector3::z()) + 0.5).abs() < 1e-15);
    }
}
