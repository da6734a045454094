//! The points at which the lander meets the ground: four pads on crushable struts, and the hull.
//!
//! Owns: the force at each point, what each has crushed and sunk, where it holds.
//! Does not own: the row of elastic, honeycomb and soil (`column`), the surface (`ground`).
//!
//! As programmed, per point at the depth δ below the surface and the velocity over ground (normal
//! v_n, tangential v_t): the normal load is N (1 − λ v_n) with the load N of its column, not below
//! zero and not above what yields, as in [HuntCrossley1975]: no step at first contact, no pull
//! at the last. Sideways
//!     F_t = −k x_t − c v_t,  cut to μ N + H(δ)
//! where x_t is the shift from the place where the point last held, k the stiffness of the secondary
//! struts and H what it takes to plough; a sliding point drags its place along, so a lander on a slope
//! comes to rest instead of creeping. A pad in its hole that presses nothing can still push its walls. A strut crushes along the body's z; the pad moves with it.
//! A leg loaded beyond its ultimate load breaks and carries nothing from then on.
//! Refuses: secondary struts that crush, holes that are remembered when a pad has left them.

use super::column::{Column, Honeycomb, Squeeze};
use super::ground::{Cell, Footing, Ground};
use super::soil::Soil;
use super::{Leg, Stability, stability};
use crate::dynamics::{MassProperties, Wrench};
use crate::vehicle::{HULL_POINTS, Hull, Legs};
use icd::bus::LEGS;
use nalgebra::{Matrix3, Vector3};

/// Points of the hull this far above the highest ground under the feet are not looked at, m.
const HULL_NEAR_M: f64 = 1.0;

/// A point this far above all nodes of its cell meets no ground within a step: 0.5 ms at 200 m/s, m.
const NEAR_M: f64 = 0.1;

/// The lander as seen from the ground.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pose {
    pub p_GB_G: Vector3<f64>,
    /// Velocity of the body origin over ground.
    pub v_GB_G: Vector3<f64>,
    pub R_GB: Matrix3<f64>,
    /// Rate relative to the ground.
    pub w_GB_B: Vector3<f64>,
}

/// One point of contact.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// Where it is before anything is crushed.
    p_BP_B: Vector3<f64>,
    column: Column,
    dissipation_s_m: f64,
    lateral_N_m: f64,
    lateral_N_s_m: f64,
    friction: f64,
    diameter_m: f64,
    /// Load that breaks it, N.
    ultimate_N: f64,
    crushed_m: f64,
    sunk_m: f64,
    /// Where it holds the ground, `G`; `None` above it.
    anchor_G: Option<Vector3<f64>>,
    cell: Option<Cell>,
    /// Whether it could meet the ground within a step.
    near: bool,
    load_N: f64,
    load_N_max: f64,
    broken: bool,
}

/// A point against the ground.
struct Touch {
    footing: Footing,
    p_GP_G: Vector3<f64>,
    squeeze: Squeeze,
    normal_N: f64,
    shift_G: Vector3<f64>,
    tangential_G: Vector3<f64>,
    /// The largest tangential force it can bear, N.
    grip_N: f64,
    sliding: bool,
}

impl Point {
    fn place_B(&self) -> Vector3<f64> {
        self.p_BP_B + Vector3::z() * self.crushed_m
    }

    /// `None` above the ground.
    fn touch(&self, pose: &Pose, ground: &Ground, soil: &Soil) -> Option<Touch> {
        let cell = self.cell.as_ref().filter(|_| self.near)?;
        let p_BP_B = self.place_B();
        let p_GP_G = pose.p_GB_G + pose.R_GB * p_BP_B;
        let footing = ground.footing(cell, &p_GP_G);
        let depth_m = (footing.z_m - p_GP_G.z) * footing.n_G.z;
        if depth_m <= 0.0 {
            return None;
        }
        let n_G = footing.n_G;
        let v_G = pose.v_GB_G + pose.R_GB * pose.w_GB_B.cross(&p_BP_B);
        let (v_n, cos) = (v_G.dot(&n_G), pose.R_GB.column(2).dot(&n_G));
        let squeeze = self.column.squeeze(depth_m, cos, self.crushed_m, self.sunk_m);
        let yield_N = self.column.yield_N(cos, squeeze.crushed_m, squeeze.sunk_m);
        let normal_N =
            (squeeze.normal_N * (1.0 - self.dissipation_s_m * v_n)).min(yield_N).max(0.0);
        let from_anchor = p_GP_G - self.anchor_G.unwrap_or(p_GP_G);
        let shift_G = from_anchor - n_G * from_anchor.dot(&n_G);
        let wanted = -shift_G * self.lateral_N_m - (v_G - n_G * v_n) * self.lateral_N_s_m;
        let sunk_m = depth_m.min(squeeze.sunk_m);
        let grip_N = self.friction * normal_N + soil.ploughing_N(self.diameter_m, sunk_m);
        let size_N = wanted.norm();
        let sliding = size_N > grip_N;
        let tangential_G = if sliding { wanted * (grip_N / size_N) } else { wanted };
        Some(Touch { footing, p_GP_G, squeeze, normal_N, shift_G, tangential_G, grip_N, sliding })
    }

    /// After a step: keeps what was crushed and sunk, drags the place where it holds.
    fn settle(&mut self, pose: &Pose, ground: &Ground, soil: &Soil) {
        let Some(touch) = self.touch(pose, ground, soil) else {
            // Out of its hole; the next one is new.
            (self.anchor_G, self.sunk_m, self.load_N) = (None, 0.0, 0.0);
            return;
        };
        // The pad moves along the strut as it crushes, and the place that it holds moves with it: the
        // secondary struts are not loaded by that.
        let along_G = pose.R_GB.column(2) * (touch.squeeze.crushed_m - self.crushed_m);
        (self.crushed_m, self.sunk_m) = (touch.squeeze.crushed_m, touch.squeeze.sunk_m);
        self.load_N = touch.normal_N;
        self.load_N_max = self.load_N_max.max(touch.normal_N);
        self.broken |= touch.normal_N > self.ultimate_N;
        let kept_m = touch.grip_N / self.lateral_N_m;
        let shift_m = touch.shift_G.norm();
        let keep = if touch.sliding && shift_m > kept_m { kept_m / shift_m } else { 1.0 };
        self.anchor_G = Some(touch.p_GP_G + along_G - touch.shift_G * keep);
    }
}

/// The pads and the hull, and what holds them.
#[derive(Clone, Debug)]
pub(crate) struct Feet {
    soil: Soil,
    legs: [Point; LEGS],
    hull: [Point; HULL_POINTS],
    hull_N_max: f64,
    /// The legs in order of azimuth.
    around: [usize; LEGS],
    stroke_m: f64,
}

impl Feet {
    pub fn new(legs: &Legs, hull: &Hull, soil: Soil) -> Self {
        let [first, second] = legs.crush_stroke_m;
        let honeycomb = Honeycomb {
            load_N: legs.crush_load_N,
            end_m: [first, first + second],
            stop_N_m: legs.stop_stiffness_N_m,
        };
        let point = |p_BP_B: [f64; 3], honeycomb, diameter_m, ultimate_N| Point {
            p_BP_B: Vector3::from(p_BP_B),
            column: Column {
                honeycomb,
                stiffness_N_m: legs.stiffness_N_m,
                soil_N_m: soil.bearing_N_m(diameter_m),
            },
            dissipation_s_m: legs.dissipation_s_m,
            lateral_N_m: legs.lateral_stiffness_N_m,
            lateral_N_s_m: legs.lateral_damping_N_s_m,
            friction: legs.friction,
            diameter_m,
            ultimate_N,
            crushed_m: 0.0,
            sunk_m: 0.0,
            anchor_G: None,
            cell: None,
            near: false,
            load_N: 0.0,
            load_N_max: 0.0,
            broken: false,
        };
        let pad = |p| point(p, honeycomb, legs.pad_diameter_m, legs.ultimate_load_N);
        let skin = |p| point(p, Honeycomb::NONE, hull.patch_diameter_m, f64::INFINITY);
        let mut around: [usize; LEGS] = core::array::from_fn(|n| n);
        let azimuth = |n: usize| libm::atan2(legs.p_BF_B[n][1], legs.p_BF_B[n][0]);
        around.sort_by(|a, b| azimuth(*a).total_cmp(&azimuth(*b)));
        Self {
            soil,
            legs: legs.p_BF_B.map(pad),
            hull: hull.points_B().map(skin),
            hull_N_max: hull.load_N_max,
            around,
            stroke_m: first + second,
        }
    }

    /// Distance of the nodes that suits the pads, m.
    pub fn posting_m(&self) -> f64 {
        0.5 * self.legs[0].diameter_m
    }

    /// Which pads press on the ground.
    pub fn closed(&self) -> [bool; LEGS] {
        self.legs.each_ref().map(|leg| leg.load_N > 0.0)
    }

    /// Whether the hull presses on the ground.
    pub fn hull_down(&self) -> bool {
        self.hull.iter().any(|point| point.load_N > 0.0)
    }

    /// Whether anything presses on the ground.
    pub fn touching(&self) -> bool {
        self.closed().contains(&true) || self.hull_down()
    }

    /// The largest load of a point of the hull so far, N.
    pub fn hull_load_N(&self) -> f64 {
        self.hull.iter().fold(0.0, |most, point| f64::max(most, point.load_N_max))
    }

    /// Whether the hull was struck harder than it bears.
    pub fn hull_broken(&self) -> bool {
        self.hull_load_N() > self.hull_N_max
    }

    /// What became of each leg.
    pub fn legs(&self) -> [Leg; LEGS] {
        self.legs.each_ref().map(|leg| Leg {
            stroke_m: leg.crushed_m,
            stroke_share: leg.crushed_m / self.stroke_m,
            load_N_max: leg.load_N_max,
            sunk_m: leg.sunk_m,
            broken: leg.broken,
        })
    }

    /// Forgets the ground, for a new one.
    pub fn lift(&mut self) {
        for point in self.legs.iter_mut().chain(&mut self.hull) {
            (point.anchor_G, point.cell, point.near) = (None, None, false);
            (point.sunk_m, point.load_N) = (0.0, 0.0);
        }
    }

    /// Height of the lowest foot relative to the body origin along `up_B`, m; usually negative.
    pub fn lowest_m(&self, up_B: Vector3<f64>) -> f64 {
        self.legs.iter().map(|leg| leg.place_B().dot(&up_B)).fold(f64::INFINITY, f64::min)
    }

    /// Looks at the ground below every point; returns the height of the lowest, m: that of a point of
    /// the hull over the highest node of its cell.
    pub fn look(&mut self, pose: &Pose, ground: &Ground) -> f64 {
        let (mut lowest_m, mut top_m) = (f64::INFINITY, f64::NEG_INFINITY);
        for leg in &mut self.legs {
            let p_G = pose.p_GB_G + pose.R_GB * leg.place_B();
            let cell = ground.cell(&p_G, leg.cell);
            top_m = top_m.max(cell.top_m);
            lowest_m = lowest_m.min(p_G.z - ground.footing(&cell, &p_G).z_m);
            leg.near = !leg.broken && p_G.z < cell.top_m + NEAR_M;
            leg.cell = Some(cell);
        }
        for point in &mut self.hull {
            let p_G = pose.p_GB_G + pose.R_GB * point.p_BP_B;
            point.cell = (p_G.z < top_m + HULL_NEAR_M).then(|| ground.cell(&p_G, point.cell));
            let above_m = point.cell.map_or(f64::INFINITY, |cell| p_G.z - cell.top_m);
            point.near = above_m < NEAR_M;
            lowest_m = lowest_m.min(above_m);
        }
        lowest_m
    }

    /// Force and torque about the body origin at one stage of the integration.
    pub fn wrench(&self, pose: &Pose, ground: &Ground) -> Wrench {
        let mut total = Wrench::default();
        for point in self.legs.iter().chain(&self.hull) {
            if let Some(touch) = point.touch(pose, ground, &self.soil) {
                let f_G = touch.footing.n_G * touch.normal_N + touch.tangential_G;
                let f_B = pose.R_GB.tr_mul(&f_G);
                total.f_B += f_B;
                total.t_B += point.place_B().cross(&f_B);
            }
        }
        total
    }

    /// After a step: what was crushed and sunk stays, what slides drags its place along. Returns the height
    /// of the lowest point, m, as [`Self::look`].
    pub fn settle(&mut self, pose: &Pose, ground: &Ground) -> f64 {
        for point in self.legs.iter_mut().chain(&mut self.hull) {
            if point.near || point.anchor_G.is_some() {
                point.settle(pose, ground, &self.soil);
            }
        }
        self.look(pose, ground)
    }

    /// How far the lander is from toppling over the polygon of its feet.
    pub fn stability(&self, pose: &Pose, mass: &MassProperties, gravity_m_s2: f64) -> Stability {
        let foot = |n: usize| pose.p_GB_G + pose.R_GB * self.legs[n].place_B();
        stability::of(&self.around.map(foot), pose, mass, gravity_m_s2)
    }

    /// Bound of the fastest motion on the legs, rad/s: all of them elastic, at the arm of a foot.
    pub fn fastest_rad_s(&self, mass: &MassProperties) -> f64 {
        let arm2_m2 = self
            .legs
            .iter()
            .fold(0.0, |most, leg| f64::max(most, (leg.p_BP_B - mass.p_BC_B).norm_squared()));
        let inertia = mass.inertia_kg_m2.diagonal().min();
        let inverse_kg = LEGS as f64 * (1.0 / mass.mass_kg + arm2_m2 / inertia);
        let leg = &self.legs[0];
        let stiffest_N_m = leg.column.stiffness_N_m.max(leg.lateral_N_m);
        let elastic_rad_s = (stiffest_N_m * inverse_kg).sqrt();
        elastic_rad_s.max(leg.lateral_N_s_m * inverse_kg)
    }

    /// Energy held by elastic parts, J.
    #[cfg(test)]
    pub fn elastic_J(&self, pose: &Pose, ground: &Ground) -> f64 {
        let held = |point: &Point| {
            point.touch(pose, ground, &self.soil).map_or(0.0, |touch| {
                let normal_N = touch.squeeze.normal_N;
                0.5 * normal_N * normal_N / point.column.stiffness_N_m
                    + 0.5 * point.lateral_N_m * touch.shift_G.norm_squared()
            })
        };
        self.legs.iter().chain(&self.hull).map(held).sum()
    }
}
