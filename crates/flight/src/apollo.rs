//! Apollo's law flown: the state it is told, its cycle, ignition, and what it asks of control.
//!
//! Owns: the guidance frame and its freeze near the site, the coast ahead to full throttle, the hold of a command
//! between two cycles, how P63, P64 and P66 map to phases (braking, pitch-up, terminal descent).
//! Does not own: the law (`guidance::apollo`).
//! As programmed: the frame is erected as Luminary does, x along the site's radius, y along (LAND − R) × LAND,
//! and kept once the site is near; the commanded direction is held in inertial space for a cycle, 2 s, 1 s in
//! P66. The trim burns against the velocity in the coast ahead.
//! Refuses: the speed corridor and the weighing of risks, which are not Apollo's.

use crate::Flight;
use crate::guidance::Demand;
use crate::guidance::apollo::{APOLLO_11, Apollo, Command, Plan, Program, State};
use crate::load::{Law, after};
use crate::nav::gravity;
use icd::bus::PULSE_FRAME;
use icd::frames::{I, Position, Vector};
use icd::time::{Span, Time};
use icd::tm::Phase;
use nalgebra::{Matrix3, Vector3};

/// Pulse frames between two guidance cycles: P63 and P64, P66.
const FRAMES: [u32; 2] = [20, 10];
/// Nearer than this along the ground the guidance frame is kept, m. Assumed: a second at the low gate.
const KEPT_M: f64 = 30.0;
/// Steps of the coast ahead.
const STEPS: u32 = 4;

/// What is kept between two cycles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    law: Option<Apollo>,
    thrust_N: f64,
    d_I: Vector3<f64>,
    forward_M: Vector3<f64>,
    due_s: f64,
    frames: u32,
}

/// Position and velocity, `I`.
#[derive(Clone, Copy)]
struct Motion {
    p: Vector3<f64>,
    v: Vector3<f64>,
}

impl Memory {
    /// Nothing known yet.
    pub(crate) fn new() -> Self {
        Self {
            law: None,
            thrust_N: 0.0,
            d_I: Vector3::zeros(),
            forward_M: Vector3::zeros(),
            due_s: f64::INFINITY,
            frames: 0,
        }
    }

    /// The program that runs.
    fn program(&self) -> Program {
        self.law.map_or(Program::P63, |law| law.program)
    }
}

/// Coasts by `span_s` under central gravity with `push_m_s2` against the velocity.
fn ahead(from: Motion, gm: f64, push_m_s2: f64, span_s: f64) -> Motion {
    let rate = |m: &Motion| {
        let against = m.v / -libm::sqrt(m.v.norm_squared()).max(1.0);
        (m.v, gravity::point_mass(gm, m.p) + against * push_m_s2)
    };
    let h = span_s / f64::from(STEPS);
    let mut m = from;
    for _ in 0..STEPS {
        let at =
            |k: (Vector3<f64>, Vector3<f64>), w: f64| Motion { p: m.p + k.0 * w, v: m.v + k.1 * w };
        let k1 = rate(&m);
        let k2 = rate(&at(k1, 0.5 * h));
        let k3 = rate(&at(k2, 0.5 * h));
        let k4 = rate(&at(k3, h));
        m = Motion {
            p: m.p + (k1.0 + (k2.0 + k3.0) * 2.0 + k4.0) * (h / 6.0),
            v: m.v + (k1.1 + (k2.1 + k3.1) * 2.0 + k4.1) * (h / 6.0),
        };
    }
    m
}

impl Flight<'_> {
    /// The plan of Apollo's law, where it is the one that flies.
    fn apollo_plan(&self) -> Option<&'static Plan> {
        (self.load.law == Law::Apollo11).then_some(&APOLLO_11)
    }

    /// Time until full throttle would be due at the trim's end, s; `None` under another law.
    pub(crate) fn apollo_due_s(&self) -> Option<f64> {
        self.apollo_plan().map(|_| self.apollo.due_s)
    }

    /// Whether a phase is over by the program that runs; `None` under another law.
    pub(crate) fn apollo_past(&self, phase: Phase) -> Option<bool> {
        let last = if phase == Phase::Braking { Program::P63 } else { Program::P64 };
        self.apollo_plan().map(|_| self.apollo.program() > last)
    }

    /// Time to go in the present program, s.
    pub(crate) fn apollo_tgo_s(&self) -> Option<f64> {
        self.apollo.law.map(|law| -law.t_s)
    }

    /// The demand of this frame; `None` under another law.
    pub(crate) fn apollo(&mut self, burning: bool) -> Option<Demand> {
        let plan = self.apollo_plan()?;
        let now = Motion { p: self.nav.p_MB_I.si(), v: self.nav.v_MB_I.si() };
        if burning {
            self.apollo_cycle(plan, now);
        } else {
            self.apollo_wait(plan, now);
        }
        let p = self.propulsion();
        let most_N = (p.scale * p.assist.0).max(1.0);
        let collective = if burning { self.apollo.thrust_N / most_N } else { 0.0 };
        let right = self.guidance_axes(now.p, self.nav.t).column(1).into_owned();
        self.guide.collective = collective;
        self.guide.a_I = self.apollo.d_I * (self.apollo.thrust_N / self.mass_kg().max(1.0));
        self.guide.speed_m_s = plan.fall_m_s;
        Some(Demand { d_I: self.apollo.d_I, left_I: -right, main: false, collective })
    }

    /// The guidance frame's axes at `t` as columns, `I`: up, right, forward.
    fn guidance_axes(&self, p_I: Vector3<f64>, t: Time) -> Matrix3<f64> {
        let R_IM = self.load.orientation.R_IM(t);
        let site = self.site_I(t);
        let up = site / libm::sqrt(site.norm_squared()).max(1.0);
        let ahead = site - p_I;
        let level = ahead - up * ahead.dot(&up);
        let size = libm::sqrt(level.norm_squared());
        let kept = R_IM.si() * self.apollo.forward_M;
        let raw =
            if size > KEPT_M || kept.norm_squared() < 0.5 { level / size.max(1e-3) } else { kept };
        let right = raw.cross(&up);
        let right = right / libm::sqrt(right.norm_squared()).max(1e-6);
        Matrix3::from_columns(&[up, right, up.cross(&right)])
    }

    fn site_I(&self, t: Time) -> Vector3<f64> {
        let p_MT_I: Vector<Position, I> =
            self.load.orientation.R_IM(t) * self.nav.target_M(&self.landing);
        p_MT_I.si()
    }

    /// What the law is told of a motion at `t`, and the frame's axes.
    fn told(&self, m: Motion, t: Time) -> (State, Matrix3<f64>) {
        let axes = self.guidance_axes(m.p, t);
        let to_G = axes.transpose();
        let site = self.site_I(t);
        let turn = self.load.orientation.w_IM_I.si().cross(&m.p);
        let feet = Vector3::new(self.load.vehicle.foot_z_m, 0.0, 0.0);
        let local = m.p / libm::sqrt(m.p.norm_squared()).max(1.0);
        let tilt = (self.nav.q_IB.rotation().si() * Vector3::z()).dot(&local);
        let state = State {
            p_m: to_G * (m.p - site) + feet,
            v_m_s: to_G * (m.v - turn),
            g_m_s2: to_G * gravity::point_mass(self.load.gravity.gm_m3_s2, m.p),
            mass_kg: self.mass_kg(),
            felt: [self.nav.frame_m_s2, tilt],
        };
        (state, axes)
    }

    /// The wait for ignition: the state at the trim's end, and the attitude for it.
    fn apollo_wait(&mut self, plan: &Plan, now: Motion) {
        let (trim_s, trim_N) = plan.trim;
        let gm = self.load.gravity.gm_m3_s2;
        let then = ahead(now, gm, trim_N / self.mass_kg().max(1.0), trim_s);
        let t = self.nav.t + Span::from_s(trim_s);
        let (state, axes) = self.told(then, t);
        self.apollo.due_s = plan.ignition.due_in_s(state.p_m, state.v_m_s);
        let mut law = Apollo::new(plan, state.p_m, state.v_m_s);
        self.apollo.d_I = axes * law.cycle(plan, &state, 0.0).d;
        self.apollo.thrust_N = 0.0;
        self.apollo.frames = 0;
        self.apollo.law = None;
    }

    /// One frame of the burn: a guidance cycle where one is due.
    fn apollo_cycle(&mut self, plan: &Plan, now: Motion) {
        let t = self.nav.t;
        let (state, axes) = self.told(now, t);
        let (trim_s, trim_N) = plan.trim;
        let trimming = self.mode.phase == Phase::Braking && after(t, self.mode.t_phase) < trim_s;
        let first = self.apollo.law.is_none();
        let mut law = self.apollo.law.unwrap_or_else(|| Apollo::new(plan, state.p_m, state.v_m_s));
        let [long, short] = FRAMES;
        let every = if law.program == Program::P66 { short } else { long };
        if first || self.apollo.frames >= every {
            let dt_s = if first { 0.0 } else { f64::from(self.apollo.frames) * PULSE_FRAME.s() };
            let Command { d, thrust_N } = law.cycle(plan, &state, dt_s);
            law.fixed |= trimming;
            self.apollo.d_I = axes * d;
            self.apollo.thrust_N = if trimming { trim_N } else { thrust_N };
            self.apollo.frames = 0;
            let R_MI = self.load.orientation.R_IM(t).inverse();
            self.apollo.forward_M = R_MI.si() * axes.column(2);
        }
        self.apollo.frames = self.apollo.frames.wrapping_add(1);
        self.apollo.law = Some(law);
    }
}
