//! From a state to a plan that has been verified, or to the reason why there is none.
//!
//! Owns: the passes that bring in rotation, gravity's shape and mass, at the duration that `search` finds; the
//! divert with its fallback.
//! Programmed: propellant is not limited before the cheapest duration is found. All is done in portions of a
//! few steps of the solver ([`Planner::work`]), so that a flight computer can spread it over its cycles; what
//! comes out does not depend on the portions. Bounds: 24 and 2 solutions in the search, 5 times 5 after it,
//! each of 40 steps at the most.

use super::interior::{Outcome, STEPS_MAX, Status, Workspace};
use super::plan::{Defects, Plan, Residuals, propagate};
use super::problem::{Field, Limits, Start, Target, Task, Units};
use super::search::{Bounds, Next, SOLUTIONS_MAX, Search};
use crate::guidance::analytic::{Aim, dsouza_time_s, fractional};
use nalgebra::Vector3;

/// Solutions of one plan at a given duration: the first by published mass and cubic, the others along the
/// last and with its defects; two at the least, no more once the end is missed by less than this, m and m/s.
pub const PASSES: u32 = 5;
const MISS: f64 = 5e-4;
/// Durations tried, by the cheapest, until one passes verification.
const TRIES: u32 = 5;
const LONGER: [f64; TRIES as usize] = [1.0, 1.005, 1.02, 1.05, 1.1];
/// Portions of whole solutions that a plan can take.
const PORTIONS_MAX: u32 = SOLUTIONS_MAX + 2 + TRIES * PASSES;
/// Durations of the fallback, by that of D'Souza.
const STRETCHES: [f64; 7] = [1.0, 1.1, 1.25, 1.4, 1.6, 1.8, 2.0];
/// Time before arrival in which the fallback no longer steers for position: its gain grows with 1 / time².
const LAST_S: f64 = 2.0;
/// Points of the fallback's course that are looked at.
const SAMPLES: u32 = 24;

/// Why there is no plan.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// Start, target or limits hold numbers that no problem can be made of.
    Unsound,
    /// Nothing satisfies the constraints at this duration, s, nor at any other that was tried.
    Infeasible {
        /// Duration, s.
        duration_s: f64,
    },
    /// The solver used up its steps.
    Unfinished(Outcome),
    /// Propagated, the plan misses or exceeds too much.
    Unverified(Residuals),
}

/// The law of [Lu2020] with a fixed time of arrival: flown when no plan may be.
#[derive(Clone, Copy, Debug)]
pub struct Fallback {
    /// Where and how it ends, positions in `L`.
    pub aim: Aim,
    /// Time of arrival after the start, s.
    pub arrival_s: f64,
    /// Gravity, `L`, m/s².
    pub g_L: Vector3<f64>,
    /// Thrust acceleration that it may not exceed, m/s².
    pub most_m_s2: f64,
    /// Every point looked at lies above the target and below the most thrust.
    pub fits: bool,
}

impl Fallback {
    /// Thrust acceleration, `L`, m/s², `t_s` after the start; in the last seconds velocity alone is steered.
    pub fn at(&self, t_s: f64, p_L: &Vector3<f64>, v_L: &Vector3<f64>) -> Vector3<f64> {
        let tgo_s = self.arrival_s - t_s;
        let a = if tgo_s > LAST_S {
            fractional(p_L, v_L, &self.aim, &self.g_L, tgo_s)
        } else {
            (self.aim.v - v_L) / LAST_S - self.g_L
        };
        let size = libm::sqrt(a.dot(&a));
        if size > self.most_m_s2 { a * (self.most_m_s2 / size) } else { a }
    }
}

/// What is to be flown.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::large_enum_variant)] // there is no heap to put the larger one
pub enum Course<const N: usize> {
    /// The plan, verified.
    Planned(Plan<N>),
    /// The closed form, and why.
    Closed(Fallback, Refusal),
}

impl<const N: usize> Course<N> {
    /// Thrust acceleration, `L`, m/s², `t_s` after the start at this position and velocity.
    pub fn at(&self, t_s: f64, p_L: &Vector3<f64>, v_L: &Vector3<f64>) -> Vector3<f64> {
        match self {
            Self::Planned(plan) => plan.at(t_s),
            Self::Closed(law, _) => law.at(t_s, p_L, v_L),
        }
    }
}

/// A plan in the making: what is asked, and how far it is.
#[derive(Clone, Copy, Debug)]
pub struct Draft {
    /// Where the plan is to begin. May be replaced by a state nearby once the duration is found.
    pub start: Start,
    target: Target,
    limits: Limits,
    stage: Stage,
    /// A solution has begun and is not over.
    running: bool,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Searching(Search),
    /// The duration found, the one tried, which of [`LONGER`] is next, and the pass.
    Finishing {
        duration_s: f64,
        at_s: f64,
        tried: usize,
        pass: u32,
    },
}

impl Stage {
    fn at_s(&self) -> f64 {
        match self {
            Self::Searching(search) => search.at_s,
            Self::Finishing { at_s, .. } => *at_s,
        }
    }
}

/// What a portion of work led to.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// There is more to do.
    Working,
    /// The duration is found; there is more to do.
    Searched,
    /// The plan is there, verified.
    Ready,
    /// There is none.
    Refused(Refusal),
}

/// What a pass led to.
enum Verdict {
    Flyable,
    Again,
    Refused(Refusal),
}

/// A planner with its storage.
#[derive(Clone, Debug)]
pub struct Planner<const N: usize> {
    field: Field,
    workspace: Workspace<N>,
    /// The last solution for the present start and target.
    along: Option<Plan<N>>,
    /// What its propagation adds to the solver's motion.
    defects: Defects<N>,
    solutions: u32,
    steps: u32,
}

impl<const N: usize> Planner<N> {
    /// What motion between nodes adds to the solver's equations, as the last plan's passes found it.
    pub fn defects(&self) -> &Defects<N> {
        &self.defects
    }

    /// For gravity and rotation at the target.
    pub fn new(field: Field) -> Self {
        Self {
            field,
            workspace: Workspace::new(),
            along: None,
            defects: [[Vector3::zeros(); 2]; N],
            solutions: 0,
            steps: 0,
        }
    }

    /// Solutions, and steps of the solver in all, that the last plan took.
    pub fn effort(&self) -> (u32, u32) {
        (self.solutions, self.steps)
    }

    /// Takes other gravity and rotation, and forgets what was found with the former.
    pub fn set_field(&mut self, field: Field) {
        self.field = field;
        self.workspace.forget();
    }

    /// The plan of least propellant; its duration is searched from `guess_s`.
    pub fn plan(
        &mut self,
        start: &Start,
        target: &Target,
        limits: &Limits,
        guess_s: f64,
    ) -> Result<Plan<N>, Refusal> {
        let draft = self.begin(start, target, limits, Bounds::from(guess_s))?;
        self.complete(draft)
    }

    /// The plan of least propellant with a given duration.
    pub fn plan_in(
        &mut self,
        start: &Start,
        target: &Target,
        limits: &Limits,
        duration_s: f64,
    ) -> Result<Plan<N>, Refusal> {
        let mut draft = self.begin(start, target, limits, Bounds::from(duration_s))?;
        draft.stage =
            Stage::Finishing { duration_s, at_s: duration_s, tried: LONGER.len(), pass: 0 };
        self.complete(draft)
    }

    /// Begins a plan of least propellant, as [`Self::plan`], that [`Self::work`] then makes.
    pub fn begin(
        &mut self,
        start: &Start,
        target: &Target,
        limits: &Limits,
        search: Bounds,
    ) -> Result<Draft, Refusal> {
        (self.solutions, self.steps, self.along) = (0, 0, None);
        self.defects = [[Vector3::zeros(); 2]; N];
        let finite = start.p_L.dot(&start.p_L) + start.v_L.dot(&start.v_L);
        let sound = limits.sound()
            && finite.is_finite()
            && start.mass_kg > limits.dry_kg
            && start.mass_kg.is_finite()
            && search.guess_s > 0.0
            && (search.guess_s + search.least_s + search.width).is_finite();
        let stage = Stage::Searching(Search::new(search));
        let draft =
            Draft { start: *start, target: *target, limits: *limits, stage, running: false };
        if sound { Ok(draft) } else { Err(Refusal::Unsound) }
    }

    /// Goes on with `draft` by at most `steps` steps of the solver, one at the least; to begin a solution costs
    /// about as much as one.
    pub fn work(&mut self, draft: &mut Draft, mut steps: u32) -> Progress {
        let field = self.field;
        let Draft { start, target, limits, .. } = *draft;
        let sparing = matches!(draft.stage, Stage::Finishing { .. });
        let task = Task { start: &start, target: &target, limits: &limits, field: &field, sparing };
        let units = Units::new(&start, &limits, draft.stage.at_s());
        if !draft.running {
            task.write(&units, &mut self.workspace, self.along.as_ref(), &self.defects);
            self.workspace.begin();
            self.solutions += 1;
            draft.running = true;
            steps = steps.saturating_sub(1).max(1);
        }
        let Some(outcome) = self.workspace.advance_by(steps) else { return Progress::Working };
        draft.running = false;
        self.take(&task, &units, outcome);
        match draft.stage {
            Stage::Searching(mut search) => {
                let made = self.along.as_ref().filter(|_| outcome.usable());
                let cost_kg = made.map_or(f64::INFINITY, |plan| plan.propellant_kg);
                let next = search.told(cost_kg);
                draft.stage = Stage::Searching(search);
                match next {
                    Next::Try => Progress::Working,
                    Next::Nothing { guess_s } => {
                        Progress::Refused(Refusal::Infeasible { duration_s: guess_s })
                    }
                    Next::Found { duration_s } => {
                        self.defects = [[Vector3::zeros(); 2]; N];
                        draft.stage =
                            Stage::Finishing { duration_s, at_s: duration_s, tried: 1, pass: 0 };
                        Progress::Searched
                    }
                }
            }
            Stage::Finishing { duration_s, at_s, tried, pass } => {
                let verdict = self.judge(&task, at_s, outcome, pass);
                let next = LONGER.get(tried).map(|longer| duration_s * longer);
                draft.stage = match (verdict, next) {
                    (Verdict::Flyable, _) => return Progress::Ready,
                    (Verdict::Again, _) => {
                        Stage::Finishing { duration_s, at_s, tried, pass: pass + 1 }
                    }
                    // The cheapest may be the shortest that fits, and then the next pass's equations just do not.
                    (Verdict::Refused(_), Some(at_s)) => {
                        self.defects = [[Vector3::zeros(); 2]; N];
                        Stage::Finishing { duration_s, at_s, tried: tried + 1, pass: 0 }
                    }
                    (Verdict::Refused(why), None) => return Progress::Refused(why),
                };
                Progress::Working
            }
        }
    }

    /// The plan that [`Self::work`] made; meaningful once it is ready.
    pub fn made(&self) -> Option<&Plan<N>> {
        self.along.as_ref()
    }

    /// Works until there is a plan or none.
    fn complete(&mut self, mut draft: Draft) -> Result<Plan<N>, Refusal> {
        for _ in 0..PORTIONS_MAX {
            match self.work(&mut draft, STEPS_MAX + 2) {
                Progress::Ready => return self.along.ok_or(Refusal::Unsound),
                Progress::Refused(why) => return Err(why),
                Progress::Working | Progress::Searched => {}
            }
        }
        Err(Refusal::Unsound)
    }

    /// One solution alone, with the published mass history and the disturbance along the cubic between start
    /// and target; not verified. What [`Self::plan_in`] begins with.
    pub fn plan_once(
        &mut self,
        start: &Start,
        target: &Target,
        limits: &Limits,
        duration_s: f64,
    ) -> Result<Plan<N>, Refusal> {
        self.begin(start, target, limits, Bounds::from(duration_s))?;
        let field = self.field;
        let task = Task { start, target, limits, field: &field, sparing: true };
        let units = Units::new(start, limits, duration_s);
        task.write(&units, &mut self.workspace, None, &self.defects);
        self.workspace.begin();
        let ended = self.workspace.advance_by(STEPS_MAX + 1);
        let outcome = ended.unwrap_or_else(|| self.workspace.last());
        self.solutions += 1;
        self.take(&task, &units, outcome);
        self.along.ok_or(match outcome.status {
            Status::Infeasible => Refusal::Infeasible { duration_s },
            _ => Refusal::Unfinished(outcome),
        })
    }

    /// Forgets the last solution, so that the next starts cold.
    pub fn forget(&mut self) {
        self.workspace.forget();
    }

    /// A plan to the target, by itself or, with the reason, the closed form.
    pub fn divert(&mut self, start: &Start, target: &Target, limits: &Limits) -> Course<N> {
        let law = self.fallback(start, target, limits);
        match self.plan(start, target, limits, law.arrival_s) {
            Ok(plan) => Course::Planned(plan),
            Err(why) => Course::Closed(law, why),
        }
    }

    /// The closed form: the time of [DSouza1997], stretched until thrust suffices and the way stays above the
    /// target.
    pub fn fallback(&self, start: &Start, target: &Target, limits: &Limits) -> Fallback {
        let g_L = Vector3::new(0.0, 0.0, -self.field.gravity_m_s2);
        let [_, most] = limits.thrust_N;
        let p = start.p_L - target.p_L;
        let time_s = dsouza_time_s(&p, &(start.v_L - target.v_L), &g_L, 0.0).unwrap_or(10.0);
        let mut law = Fallback {
            aim: Aim { p: target.p_L, v: target.v_L, a: -g_L, gamma: 1.0, k: 12.0 },
            arrival_s: time_s,
            g_L,
            most_m_s2: most / start.mass_kg.max(1.0),
            fits: false,
        };
        for stretch in STRETCHES {
            law.arrival_s = time_s * stretch;
            law.fits = law_fits(&law, start);
            if law.fits {
                break;
            }
        }
        law
    }

    /// Keeps a solution in `along` where it is usable.
    fn take(&mut self, task: &Task<'_>, units: &Units, outcome: Outcome) {
        self.steps += outcome.steps;
        if outcome.usable() {
            let plan = self.along.get_or_insert_with(|| Plan::empty(outcome));
            task.read(units, &self.workspace, outcome, plan);
        }
    }

    /// Propagates a solution of the passes that end in a plan.
    fn judge(&mut self, task: &Task<'_>, at_s: f64, outcome: Outcome, pass: u32) -> Verdict {
        if outcome.status == Status::Infeasible {
            return Verdict::Refused(Refusal::Infeasible { duration_s: at_s });
        }
        let (true, Some(plan)) = (outcome.usable(), self.along.as_ref()) else {
            return Verdict::Refused(Refusal::Unfinished(outcome));
        };
        let Task { start, target, limits, field, .. } = *task;
        let residuals = propagate(plan, start, target, limits, field, &mut self.defects);
        let met = residuals.position_m.max(residuals.velocity_m_s) < MISS;
        let last = (pass > 0 && met) || pass + 1 == PASSES;
        match (last, residuals.within(&Residuals::FLYABLE)) {
            (false, _) => Verdict::Again,
            (true, true) => Verdict::Flyable,
            (true, false) => Verdict::Refused(Refusal::Unverified(residuals)),
        }
    }
}

/// Flies the law in steps and looks at thrust and height.
fn law_fits(law: &Fallback, start: &Start) -> bool {
    let dt_s = law.arrival_s / f64::from(SAMPLES);
    let (mut p, mut v) = (start.p_L, start.v_L);
    let mut fits = true;
    for i in 0..SAMPLES - 1 {
        let t_s = dt_s * f64::from(i);
        let free = Fallback { most_m_s2: f64::INFINITY, ..*law };
        let middle = (p + v * (0.5 * dt_s), v);
        let a = free.at(t_s, &p, &v);
        let size = libm::sqrt(a.dot(&a));
        fits &= size <= law.most_m_s2 && p.z >= law.aim.p.z;
        let half = free.at(t_s + 0.5 * dt_s, &middle.0, &(middle.1 + (a + law.g_L) * (0.5 * dt_s)));
        p += (v + (half + law.g_L) * (0.5 * dt_s)) * dt_s;
        v += (half + law.g_L) * dt_s;
    }
    fits
}

#[cfg(test)]
mod tests;
