//! The way to a chosen landing place, planned by convex programming: when a plan is made, how it is flown, when
//! it is left.
//!
//! Owns: what is asked of the planner ([`crate::guidance::convex`]), its work spread over the cycles, the feedback
//! around the plan, and the conditions under which the closed form ([`crate::avoid`]) flies instead.
//! Asked: least propellant to rest over the place at [`END_M`], there with the descent speed that the profile has;
//! thrust of the engines that carry the lander, tilt as a divert may have, speed below a line under the corridor.
//! Made: [`STEPS`] steps of the solver a cycle. The search for the duration begins at the state foreseen for its
//! end; once it is over the plan begins at the state foreseen for [`FINISH_S`] later. Until then, and wherever
//! there is no plan, the closed form flies, or the plan before.
//! Flown: with the plan's state (p, v) and thrust acceleration a at the same time,
//!     a_cmd = a(t + lead) + K_p (p − p̂) + K_v (v − v̂).
//! Numbers without a reason beside them are assumed.
//! Refuses: to reach further than the closed form does: places are chosen by what that one can reach, so that a
//! plan may be dropped at any time.

use crate::Flight;
use crate::control::allocate;
use crate::guidance::convex::{
    Bounds, Draft, Field, Limits, Plan, Planner, Progress, Start, Target,
};
use crate::guidance::divert;
use crate::hazard::choose::Best;
use crate::load::{DivertLaw, after};
use crate::thrust::TERMINAL_COLLECTIVE_MAX;
use icd::constants::MOON_GRAVITY_M_S2;
use icd::events::Event;
use icd::frames::{I, Position, Rate, Vector};
use icd::time::{Span, Time};
use icd::tm::Phase;
use nalgebra::Vector3;

/// Nodes of a plan, one about every second.
pub(crate) const NODES: usize = 30;
/// Steps of the solver in a cycle: with them the worst cycle takes half as many instructions more than without.
const STEPS: u32 = 2;
/// Share of its duration that the cheapest plan is searched to: it costs little there to be a little off.
const WIDTH: f64 = 0.03;
/// Time that the search takes, s, and what follows it, as foreseen; together they took 2.3 s when tried.
const SEARCH_S: f64 = 1.5;
const FINISH_S: f64 = 0.4;
/// Time after which a plan in the making is given up, s.
const MAKING_S_MAX: f64 = 5.0;
/// Altitude at which a plan ends, and below which none is begun, m. Assumed.
const END_M: f64 = 15.0;
const BEGIN_M: f64 = 140.0;
/// Altitude must be known to this, 1 sigma, m.
const SIGMA_M_MAX: f64 = 5.0;
/// Largest speed of a plan, by the profile's, at its begin and its end; a line in between. Tried from 1.3 to 2.0 on
/// 24 grounds of the example `hazards`: below, less is saved; above, the next place is often out of reach.
const HASTE: f64 = 1.7;
const END_HASTE: f64 = 1.5;
/// Share of the height over the end of a plan in which the assist engines alone must be able to stop.
const STOPS: f64 = 0.8;
/// Shares of the tilt and of the most thrust that a plan may use; feedback has the rest.
const TILT: f64 = 0.8;
const THRUST: f64 = 0.88;
/// Share of the closed form's largest acceleration aside that a plan's duration must leave room for: faster ones
/// turn their thrust faster than the attitude can follow.
const ASIDE: f64 = 0.95;
/// Least tilt that a plan may begin with, rad, and how fast it may grow, by the attitude's fastest turn.
const TILT_RAD: f64 = 0.05;
const TURN: f64 = 0.7;
/// Share of what the assist engines give that feedback may ask for: from 0.97 on the main engine is lit.
const UNLIT: f64 = 0.96;
/// Thrust by the weight from which the assist engines are said to carry the lander.
const CARRIES: f64 = 1.2;
/// Least thrust, by the weight: what attitude control needs.
const THRUST_MIN: f64 = 0.4;
/// Time before its end from which a plan is nearly upright, s, and its largest tilt from then on, rad.
const UPRIGHT: (f64, f64) = (3.0, 0.11);
/// Least elevation of the path over the place, rad, seen from this depth under the plan's end, m.
const GLIDE_RAD: f64 = 0.35;
const APEX_M: f64 = 20.0;
/// Feedback on position, 1/s², and velocity, 1/s: 0.49 rad/s and 0.82 of critical, as the closed form's last.
const K_P: f64 = 0.24;
const K_V: f64 = 0.8;
/// By how much thrust is asked for ahead of its time, s: lag of the attitude.
const LEAD_S: f64 = 0.5;
/// The tube: errors of position, m, and velocity, m/s, beyond which a plan is left.
const TUBE: (f64, f64) = (12.0, 4.0);
/// The ground underneath may stand higher than that at the place by 1 less this of the height over the place, and
/// this more, m.
const UNDER: f64 = 0.7;
const UNDER_M: f64 = 5.0;
/// A place that moves by no more than this takes its plan with it, m.
const SAME_M: f64 = 1.0;
/// Change of thrust that ends a plan, N.
const THRUST_N: f64 = 1.0;
/// Least vertical thrust, by the weight, as in the approach.
const LIFT_MIN: f64 = 0.3;
/// Plans after one that was left.
const AGAIN: u32 = 3;

/// What is remembered about plans.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    planner: Planner<NODES>,
    making: Option<Making>,
    flown: Option<Flown>,
    /// A plan is due.
    wanted: bool,
    left: u32,
}

/// A plan in the making: its place in `H`, m, when it was begun, when it is to begin, the thrust counted on.
#[derive(Clone, Copy, Debug)]
struct Making {
    draft: Draft,
    place_m: Vector3<f64>,
    t_asked: Time,
    t_start: Time,
    thrust_N: [f64; 2],
}

/// A plan that is flown.
#[derive(Clone, Copy, Debug)]
struct Flown {
    plan: Plan<NODES>,
    place_m: Vector3<f64>,
    t_start: Time,
    thrust_N: [f64; 2],
}

impl Course {
    /// No plan.
    pub fn new() -> Self {
        let field = Field { gravity_m_s2: 0.0, curvature_per_m: 0.0, w_L: Vector3::zeros() };
        Self { planner: Planner::new(field), making: None, flown: None, wanted: false, left: 0 }
    }

    /// No way to any place: the landing point has moved.
    pub fn drop_all(&mut self) {
        (self.making, self.flown, self.wanted) = (None, None, false);
    }

    /// A place was chosen: its plan is due, unless the one that is flown leads there.
    pub fn want(&mut self, best: &Best) {
        if let Some(flown) = &mut self.flown {
            let place_m = place_of(best);
            if libm::sqrt((place_m - flown.place_m).norm_squared()) <= SAME_M {
                flown.place_m = place_m;
                self.making = None;
                return;
            }
        }
        self.wanted = true;
    }
}

impl Flight<'_> {
    /// One cycle's share of the work on a plan.
    pub(crate) fn plan_on(&mut self) {
        if self.load.vehicle.avoidance.law != DivertLaw::Convex {
            return;
        }
        if self.mode.phase != Phase::Terminal {
            // Asked first: what is none already is not written again, every cycle.
            if self.course.making.is_some() || self.course.flown.is_some() {
                (self.course.making, self.course.flown) = (None, None);
            }
            return;
        }
        if core::mem::take(&mut self.course.wanted) {
            self.course.making = self.ask();
            return;
        }
        let Some(mut making) = self.course.making.take() else { return };
        let progress = self.course.planner.work(&mut making.draft, STEPS);
        let stale = after(self.nav.t, making.t_asked) > MAKING_S_MAX;
        match progress {
            Progress::Refused(_) => self.refuse(),
            Progress::Working | Progress::Searched if stale => self.refuse(),
            Progress::Working => self.course.making = Some(making),
            Progress::Searched => {
                making.draft.start = self.foreseen(&making.place_m, FINISH_S);
                making.t_start = self.nav.t + Span::from_s(FINISH_S);
                self.course.making = Some(making);
            }
            Progress::Ready => {
                let Making { place_m, t_start, thrust_N, .. } = making;
                let made = self.course.planner.made();
                self.course.flown =
                    made.map(|plan| Flown { plan: *plan, place_m, t_start, thrust_N });
                self.announce.now(Event::PlanReady);
            }
        }
    }

    /// There is no plan: the closed form flies.
    fn refuse(&mut self) {
        self.course.flown = None;
        self.announce.now(Event::PlanInfeasible);
    }

    /// Thrust of the main engine and of the assist engines that plans count on, N: the former stays a reserve where
    /// the others carry the lander.
    fn counted_N(&self) -> [f64; 2] {
        let p = self.propulsion();
        let alone_N = THRUST * p.scale * TERMINAL_COLLECTIVE_MAX * p.assist.0;
        let carries = alone_N > CARRIES * self.mass_kg() * MOON_GRAVITY_M_S2;
        [if carries { 0.0 } else { p.main.0 }, p.assist.0]
    }

    /// Begins a plan to the chosen place; none where it would be too late, or the altitude is not known.
    fn ask(&mut self) -> Option<Making> {
        let place_m = place_of(&self.avoid.site?);
        let altitude_m = self.off_place(&place_m).0.z;
        let known = self.guide.sigma_m < SIGMA_M_MAX && !self.watch.unresolved();
        if altitude_m < BEGIN_M || !known || self.monitors.corridor.stands {
            self.course.flown = None;
            return None;
        }
        let profile = self.plan();
        let target = Target {
            p_L: Vector3::new(0.0, 0.0, END_M),
            v_L: Vector3::new(0.0, 0.0, -profile.planned(END_M).0),
        };
        let start = self.foreseen(&place_m, SEARCH_S);
        let aside_m_s2 = ASIDE * Self::divert_m_s2(altitude_m);
        let least_s = divert::needed_s(start.p_L.xy(), start.v_L.xy(), aside_m_s2);
        let down_s = (profile.planned_s(altitude_m) - profile.planned_s(END_M)) / HASTE;
        let search = Bounds { guess_s: down_s.max(least_s).max(1.0), least_s, width: WIDTH };
        self.course.planner.set_field(self.field());
        let limits = self.plan_limits(&start);
        let draft = self.course.planner.begin(&start, &target, &limits, search);
        let Ok(draft) = draft else {
            self.refuse();
            return None;
        };
        let (t, thrust_N) = (self.nav.t, self.counted_N());
        Some(Making { draft, place_m, t_asked: t, t_start: t + Span::from_s(SEARCH_S), thrust_N })
    }

    /// Gravity and rotation at the place.
    fn field(&self) -> Field {
        let R_IL = self.nav.R_IM * self.site.R_ML;
        let gravity_I = Vector::<Position, I>::from_si(self.nav.gravity_I(self.load));
        let w_IL_I: Vector<Rate, I> = self.load.orientation.w_IM_I;
        Field {
            gravity_m_s2: -(R_IL.inverse() * gravity_I).si().z,
            curvature_per_m: 1.0 / self.nav.p_MB_I.norm().max(1.0),
            w_L: (R_IL.inverse() * w_IL_I).si(),
        }
    }

    /// What a plan from `start` must keep to.
    fn plan_limits(&self, start: &Start) -> Limits {
        let p = self.propulsion();
        let [main_N, assist_N] = self.counted_N();
        let weight_N = start.mass_kg * MOON_GRAVITY_M_S2;
        let least_N = main_N + allocate::duty_min(&self.load.vehicle) * assist_N;
        let most_N = main_N + TERMINAL_COLLECTIVE_MAX * assist_N;
        let main_kg_s = if main_N > 0.0 { p.main.1 } else { 0.0 };
        let R_LB = self.nav.R_LB(&self.site).si();
        let tilt_rad = libm::acos(R_LB[(2, 2)].clamp(-1.0, 1.0));
        let profile = self.plan();
        let high_m = start.p_L.z.max(END_M + 1.0);
        let fall = libm::sqrt(start.v_L.norm_squared());
        let end_m_s = END_HASTE * profile.planned(END_M).0;
        let safe_m_s = self.guide.corridor_m_s;
        // With the main engine counted on: what the others can stop should it fail, where they carry the lander at all.
        // That grows as the root of the height; a line lies below it.
        let alone_m_s2 =
            p.scale * TERMINAL_COLLECTIVE_MAX * assist_N / start.mass_kg - MOON_GRAVITY_M_S2;
        let room_m2_s2 = 2.0 * alone_m_s2 * (high_m - END_M);
        let stops_m_s = if main_N > 0.0 && alone_m_s2 > 0.0 {
            libm::sqrt(end_m_s * end_m_s + STOPS * room_m2_s2)
        } else {
            f64::INFINITY
        };
        let high_m_s = (HASTE * profile.planned(high_m).0).min(safe_m_s).min(stops_m_s);
        let high_m_s = high_m_s.max(1.05 * fall);
        // What the last metres by the profile take stays in the tanks.
        let hover_kg_s = weight_N / self.exhaust_m_s().max(1.0);
        let last_kg = hover_kg_s * (profile.planned_s(END_M) + 5.0);
        Limits {
            thrust_N: [(p.scale * least_N).max(THRUST_MIN * weight_N), THRUST * p.scale * most_N],
            exhaust_m_s: (main_N + 0.5 * assist_N) / (main_kg_s + 0.5 * p.assist.1).max(1e-6),
            dry_kg: self.load.vehicle.dry_kg + last_kg,
            pointing_rad: Some(TILT * divert::tilt_max_rad(high_m)),
            turning: Some((tilt_rad.max(TILT_RAD), TURN * self.load.vehicle.slew_rad_s_max)),
            upright: Some(UPRIGHT),
            glide_slope_rad: Some(GLIDE_RAD),
            apex_m: APEX_M,
            speed_m_s: Some(end_m_s),
            speed_per_m: (high_m_s - end_m_s).max(0.0) / (high_m - END_M),
        }
    }

    /// Position of the feet from a place, and velocity, `L`. The height is that of the scan: the ground underneath
    /// may stand otherwise than that at the place.
    fn off_place(&self, place_m: &Vector3<f64>) -> (Vector3<f64>, Vector3<f64>) {
        let foot_m = Vector3::new(0.0, 0.0, self.load.vehicle.foot_z_m);
        (self.avoid.p_HB_H + foot_m - place_m, self.avoid.v_m_s)
    }

    /// The state `lead_s` ahead: by the plan that is flown, with its present error, else with thrust as it is.
    fn foreseen(&self, place_m: &Vector3<f64>, lead_s: f64) -> Start {
        let (p, v) = self.off_place(place_m);
        if let Some(flown) = &self.course.flown {
            let t_s = after(self.nav.t, flown.t_start);
            let (now, then) = (flown.plan.state(t_s), flown.plan.state(t_s + lead_s));
            let thrust = flown.plan.at(t_s + 0.5 * lead_s);
            return Start {
                p_L: p + then.0 - now.0,
                v_L: v + then.1 - now.1,
                mass_kg: self.mass_after(&thrust, lead_s),
            };
        }
        let R_IL = self.nav.R_IM * self.site.R_ML;
        let thrust = (R_IL.inverse() * Vector::<Position, I>::from_si(self.guide.a_I)).si();
        let a = thrust + self.field().acceleration(&p, &v);
        Start {
            p_L: p + (v + a * (0.5 * lead_s)) * lead_s,
            v_L: v + a * lead_s,
            mass_kg: self.mass_after(&thrust, lead_s),
        }
    }

    /// Mass after `lead_s` with a thrust acceleration, kg.
    fn mass_after(&self, thrust_L: &Vector3<f64>, lead_s: f64) -> f64 {
        let speed = libm::sqrt(thrust_L.norm_squared()) * lead_s;
        self.mass_kg() * (1.0 - speed / self.exhaust_m_s().max(1.0))
    }

    /// The thrust acceleration by the plan, if one is flown; else `closed_L`, the closed form's.
    pub(crate) fn on_course(&mut self, closed_L: Vector3<f64>) -> Vector3<f64> {
        let Some(flown) = &self.course.flown else { return closed_L };
        let t_s = after(self.nav.t, flown.t_start);
        if t_s >= flown.plan.duration_s || self.guide.altitude_m < END_M {
            self.course.flown = None;
            return closed_L;
        }
        let (p, v) = self.off_place(&flown.place_m);
        let (p_plan, v_plan) = flown.plan.state(t_s);
        let (p_off, v_off) = (p_plan - p, v_plan - v);
        let ([main_N, assist_N], there_is) = (flown.thrust_N, self.propulsion());
        // An engine that the plan does without may fail.
        let as_planned = (main_N <= 0.0 || (there_is.main.0 - main_N).abs() < THRUST_N)
            && (there_is.assist.0 - assist_N).abs() < THRUST_N;
        let inside = p_off.norm() < TUBE.0 && v_off.norm() < TUBE.1;
        let high = self.guide.altitude_m > UNDER * p.z - UNDER_M;
        let safe = high
            && -v.z <= self.guide.corridor_m_s
            && !self.monitors.corridor.stands
            && !self.watch.unresolved();
        if !(as_planned && inside && safe) {
            self.announce.now(Event::PlanLeft);
            self.course.flown = None;
            self.course.left += 1;
            self.course.wanted = self.course.left <= AGAIN;
            return closed_L;
        }
        let a = flown.plan.at(t_s + LEAD_S) + p_off * K_P + v_off * K_V;
        self.guide.speed_m_s = -v_plan.z;
        self.held(a)
    }

    /// The acceleration that tilt and thrust allow: height before place.
    fn held(&self, a_L: Vector3<f64>) -> Vector3<f64> {
        let [main_N, assist_N] = self.counted_N();
        let counted_N = main_N + TERMINAL_COLLECTIVE_MAX * assist_N;
        // A plan without the main engine does not light it.
        let most = self.propulsion().scale * UNLIT * counted_N / self.mass_kg().max(1.0);
        let most = most.min(self.most_m_s2());
        let up = a_L.z.max(LIFT_MIN * MOON_GRAVITY_M_S2).min(most);
        let left = libm::sqrt((most * most - up * up).max(0.0));
        let limit = left.min(up * libm::tan(divert::tilt_max_rad(self.guide.altitude_m)));
        let size = libm::hypot(a_L.x, a_L.y);
        let share = if size > limit { limit / size } else { 1.0 };
        Vector3::new(a_L.x * share, a_L.y * share, up)
    }

    /// Time to go of the plan that is flown, s; zero without one.
    pub(crate) fn course_left_s(&self) -> f64 {
        self.course.flown.as_ref().map_or(0.0, |flown| flown.left_s(self.nav.t))
    }
}

/// A place in `H`, m.
fn place_of(best: &Best) -> Vector3<f64> {
    let [x, y] = best.place_m;
    Vector3::new(x, y, best.height_m)
}

impl Flown {
    fn left_s(&self, t: Time) -> f64 {
        (self.plan.duration_s - after(t, self.t_start)).max(0.0)
    }
}

#[cfg(test)]
mod tests;
