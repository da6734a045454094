//! The last metres: the ground below, the steps taken on it, and the facts of the landing.
//!
//! As programmed: below [`WATCH_M`] a frame `G` is laid on the ground (see `contact`), and every step
//! asks how far the lowest point of the lander is from the terrain under it. A step in which it could
//! touch is divided, into parts of [`SUBSTEP`] while the lander moves; one that sits still takes as many as its
//! elastic legs need. The Moon's turning within a step is in the velocity of the ground.

use super::motion::Local;
use super::*;
use crate::contact::{Pose, SUBSTEP, WATCH_M};

/// Baseline of the slope that a touchdown reports, m: the spread of the feet.
const FOOTPRINT_M: f64 = 2.6;
/// A frame on the ground serves this far around it, m: the Moon falls away by 0.7 mm.
const SERVES_M: f64 = 50.0;
/// Slower than this the lander sits still: m/s and rad/s. Assumed.
const STILL: f64 = 0.02;
/// Largest angle of the fastest elastic motion in one step, rad: the fourth-order method damps it up to
/// 2.8 rad and follows it to a percent below 1 rad.
const PHASE_RAD: f64 = 1.0;

/// The ground's frame at the start of a step.
pub(super) struct Axes {
    p_MG_I: Vector3<f64>,
    R_IG: Matrix3<f64>,
    w_IM_I: Vector3<f64>,
}

impl Axes {
    fn of(ground: &Ground, moon: &Moon, t: Time) -> Self {
        let R_IM = moon.R_IM(t).si();
        Self { p_MG_I: R_IM * ground.p_MG_M, R_IG: R_IM * ground.R_MG, w_IM_I: moon.w_IM_I }
    }

    fn pose(&self, motion: &Motion, R_IB: &Matrix3<f64>, elapsed_s: f64) -> Pose {
        let ground_v_I = self.w_IM_I.cross(&motion.p_I);
        let p_GB_I = motion.p_I - ground_v_I * elapsed_s - self.p_MG_I;
        Pose {
            p_GB_G: self.R_IG.tr_mul(&p_GB_I),
            v_GB_G: self.R_IG.tr_mul(&(motion.v_I - ground_v_I)),
            R_GB: self.R_IG.tr_mul(R_IB),
            w_GB_B: motion.w_B - R_IB.tr_mul(&self.w_IM_I),
        }
    }
}

/// What is remembered between contacts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounce {
    aloft: bool,
    lift_offs: u32,
    height_m: f64,
    tilt_rad_max: f64,
    margin_J_kg_min: f64,
    /// Height of the lowest point, m.
    clearance_m: f64,
}

impl Default for Bounce {
    fn default() -> Self {
        Self {
            aloft: false,
            lift_offs: 0,
            height_m: 0.0,
            tilt_rad_max: 0.0,
            margin_J_kg_min: f64::INFINITY,
            clearance_m: f64::INFINITY,
        }
    }
}

impl World {
    /// Measures the height over the terrain as often as the lander could come near it: the next look
    /// is due before a fifth of the height over [`WATCH_M`] can be covered, at most a second later.
    pub(super) fn look_at_ground(&mut self) {
        if self.state.t < self.look_next {
            return;
        }
        self.look_next = self.state.t + Span::from_ns(1); // once an instant, at the least
        let local = self.local();
        let height_m = self.environment.terrain.altitude_near_m(local.p_MB_M, &mut self.below);
        self.altitude_m = height_m + self.feet.lowest_m(local.up_B);
        let touching = self.feet.touching();
        if self.altitude_m < WATCH_M || touching {
            self.lay_frame(&local, touching);
            if height_m <= 0.0 && self.touchdown.is_none() {
                self.touch(); // the hull went through between its points
                self.ended = Some(End::Impact);
            }
            return;
        }
        self.ground = None;
        let speed_m_s = local.v_over_ground_M.norm();
        let wait_s = (0.2 * (self.altitude_m - WATCH_M) / (speed_m_s + 1.0)).min(1.0);
        self.look_next = self.state.t + Span::from_s(wait_s);
    }

    fn lay_frame(&mut self, local: &Local, touching: bool) {
        let p_M = local.p_MB_M.si();
        let far = |ground: &Ground| (p_M - ground.p_MG_M).norm() > SERVES_M;
        if self.ground.is_none() || (!touching && self.ground.as_ref().is_some_and(far)) {
            self.feet.lift();
            self.ground = Some(Ground::under(&self.environment, p_M, self.feet.posting_m()));
        }
    }

    /// The ground's frame when a point may meet the ground within this step or presses on it already.
    pub(super) fn axes_near(&mut self) -> Option<Axes> {
        let ground = self.ground.as_ref()?;
        let axes = Axes::of(ground, &self.moon, self.state.t);
        let motion = Motion::of(&self.state);
        let pose = axes.pose(&motion, &motion.R_IB(), 0.0);
        self.bounce.clearance_m = self.feet.look(&pose, ground);
        // A foot sits about 1.5 m from the origin: allow for the rate at twice that arm.
        let speed_m_s = pose.v_GB_G.norm() + 3.0 * pose.w_GB_B.norm();
        (self.bounce.clearance_m < 0.05 + 2.0 * speed_m_s * self.step.s()).then_some(axes)
    }

    /// Into how many parts a step on the ground is divided.
    fn substeps(&self, pose: &Pose, held: &Held) -> i64 {
        let still = pose.v_GB_G.norm() < STILL && pose.w_GB_B.norm() < STILL;
        let thrust = held.thrust.f_B.norm() > 0.0;
        let elastic = self.feet.fastest_rad_s(&held.mass) * self.step.s() / PHASE_RAD;
        let needed = elastic.ceil().max(1.0) as i64;
        if still && !thrust { needed } else { needed.max(self.step.ns() / SUBSTEP.ns()) }
    }

    pub(super) fn integrate_on_ground(&mut self, mut motion: Motion, held: &Held, axes: &Axes) {
        let Some(ground) = self.ground.take() else { return };
        let substeps = self.substeps(&axes.pose(&motion, &motion.R_IB(), 0.0), held);
        let dt_s = self.step.s() / substeps as f64;
        for n in 0..substeps {
            let start_s = dt_s * n as f64;
            let before = motion;
            let feet = &self.feet;
            let push = |motion: &Motion, R_IB: &Matrix3<f64>, elapsed_s: f64| {
                feet.wrench(&axes.pose(motion, R_IB, elapsed_s), &ground)
            };
            rigid_body_step(&mut motion, start_s, dt_s, held, &push, &mut self.increments);
            self.feet.settle(&axes.pose(&motion, &motion.R_IB(), start_s + dt_s), &ground);
            if self.touchdown.is_none() && self.feet.touching() {
                let t = self.state.t;
                before.write(&mut self.state);
                self.state.t = t + Span::from_s(start_s);
                self.touch();
                self.state.t = t;
            }
        }
        self.ground = Some(ground);
        motion.write(&mut self.state);
        self.slosh = motion.slosh;
        if self.feet.hull_broken() {
            self.ended = Some(End::Impact);
        }
    }

    /// Records the first contact from the present state.
    fn touch(&mut self) {
        let local = self.local();
        let p_LB_L = self.site.p_LA_L(local.p_MB_M);
        let w_IM_B = self.state.q_IB.rotation().si().tr_mul(&self.moon.w_IM_I);
        let up_M = local.p_MB_M.si() / local.p_MB_M.norm();
        let n_M = self.environment.terrain.normal(local.p_MB_M, FOOTPRINT_M).si();
        let heading_M = self.moon.R_IM(self.state.t).si().tr_mul(&self.state.q_IB.rotation().si());
        let footing =
            standing::under(&self.environment.terrain, local.p_MB_M, heading_M, &self.vehicle.legs);
        self.touchdown = Some(Touchdown {
            t: self.state.t,
            p_LB_L,
            v_up_m_s: local.v_up_m_s,
            v_horizontal_m_s: local.v_horizontal_m_s,
            tilt_rad: local.tilt_rad,
            rate_rad_s: (self.state.w_IB_B.si() - w_IM_B).norm(),
            miss_m: libm::hypot(p_LB_L.x(), p_LB_L.y()),
            slope_rad: libm::acos(n_M.dot(&up_M).clamp(-1.0, 1.0)),
            pads_slope_rad: footing.slope_rad,
            pads_rock_m: footing.rock_m,
            propellant_kg: self.state.propellant_kg,
        });
    }

    /// After a cycle on the ground: bounces, leaning, the margin against toppling.
    pub(super) fn follow_landing(&mut self, local: &Local) {
        let margin_J_kg = self.stability().map_or(f64::INFINITY, |now| now.margin_J_kg);
        let bounce = &mut self.bounce;
        bounce.tilt_rad_max = bounce.tilt_rad_max.max(local.tilt_rad);
        bounce.margin_J_kg_min = bounce.margin_J_kg_min.min(margin_J_kg);
        // A pad that presses nothing in its own hole has not left the ground.
        let aloft = !self.feet.touching() && bounce.clearance_m > 0.0;
        if aloft && !bounce.aloft {
            bounce.lift_offs += 1;
        }
        if aloft && bounce.clearance_m.is_finite() {
            bounce.height_m = bounce.height_m.max(bounce.clearance_m);
        }
        bounce.aloft = aloft;
    }

    fn stability(&self) -> Option<Stability> {
        let ground = self.ground.as_ref()?;
        let axes = Axes::of(ground, &self.moon, self.state.t);
        let motion = Motion::of(&self.state);
        let pose = axes.pose(&motion, &motion.R_IB(), 0.0);
        let vehicle = &self.vehicle;
        let mass = mass_properties(&vehicle.dry, &vehicle.propellant, self.state.propellant_kg);
        let radius_m = motion.p_I.norm();
        let gravity_m_s2 = self.environment.gravity.gm_m3_s2() / (radius_m * radius_m);
        Some(self.feet.stability(&pose, &mass, gravity_m_s2))
    }

    /// What has happened since the first contact; `None` before it.
    pub fn landing(&self) -> Option<Landing> {
        let touchdown = self.touchdown.as_ref()?;
        let p_LB_L = self.site.p_LA_L(self.local().p_MB_M);
        let fallen = Stability { angle_rad: f64::NAN, margin_J_kg: f64::NAN };
        let moved = p_LB_L - touchdown.p_LB_L;
        Some(Landing {
            legs: self.feet.legs(),
            hull_load_N_max: self.feet.hull_load_N(),
            hull_broken: self.feet.hull_broken(),
            lift_offs: self.bounce.lift_offs,
            bounce_m: self.bounce.height_m,
            tilt_rad_max: self.bounce.tilt_rad_max.max(touchdown.tilt_rad),
            slide_m: libm::hypot(moved.x(), moved.y()),
            stability: self.stability().unwrap_or(fallen),
            margin_J_kg_min: self.bounce.margin_J_kg_min,
        })
    }
}
