//! From a state to a plan that has been verified, or to the reason why there is none.
//!
//! Owns: the passes that bring in rotation, gravity's shape and mass; the search for the duration; the
//! divert with its fallback.
//! Programmed: propellant as a function of duration falls and rises again; it is bracketed and then searched
//! by parabola and golden section, each duration one solution that begins at the last. A duration that does
//! not fit counts as infinitely dear; propellant is not limited before the cheapest is found. Every loop has
//! its number of solutions as bound: 24 and 2 in the search, 5 times 5 after it, each of 40 steps at the most.

use super::interior::{Outcome, Status, Workspace};
use super::plan::{Defects, Plan, Residuals, propagate};
use super::problem::{Field, Limits, Start, Target, Task, Units};
use crate::guidance::analytic::{Aim, dsouza_time_s, fractional};
use nalgebra::Vector3;

/// Solutions of one plan at a given duration: the first by published mass and cubic, the others along the
/// last and with its defects; two at the least, no more once the end is missed by less than this, m and m/s.
pub const PASSES: u32 = 5;
const MISS: f64 = 5e-4;
/// Solutions in a search for the duration, and the share of the duration that it is searched to.
pub const SOLUTIONS_MAX: u32 = 24;
const WIDTH: f64 = 0.004;
/// First step of the search, and durations tried, by the guess, when the guess itself does not fit.
const STRIDE: f64 = 1.08;
const OTHERS: [f64; 8] = [1.2, 0.85, 1.45, 0.7, 1.8, 0.55, 2.4, 3.2];
/// Durations tried, by the cheapest, until one passes verification.
const LONGER: [f64; 5] = [1.0, 1.005, 1.02, 1.05, 1.1];
/// Inner point of a golden section.
const GOLDEN: f64 = 0.381_966_011_250_105;
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

    /// The plan of least propellant; its duration is searched from `guess_s`.
    pub fn plan(
        &mut self,
        start: &Start,
        target: &Target,
        limits: &Limits,
        guess_s: f64,
    ) -> Result<Plan<N>, Refusal> {
        self.begin(start, limits, guess_s)?;
        let field = self.field;
        let task = Task { start, target, limits, field: &field, sparing: false };
        let duration_s = self.search(&task, guess_s)?;
        let task = Task { sparing: true, ..task };
        // The cheapest may be the shortest that fits, and then the next pass's equations just do not.
        let mut refusal = Refusal::Infeasible { duration_s };
        for longer in LONGER {
            match self.finish(task, duration_s * longer) {
                Ok(plan) => return Ok(plan),
                Err(why) => refusal = why,
            }
        }
        Err(refusal)
    }

    /// The plan of least propellant with a given duration.
    pub fn plan_in(
        &mut self,
        start: &Start,
        target: &Target,
        limits: &Limits,
        duration_s: f64,
    ) -> Result<Plan<N>, Refusal> {
        self.begin(start, limits, duration_s)?;
        let field = self.field;
        self.finish(Task { start, target, limits, field: &field, sparing: true }, duration_s)
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
        self.begin(start, limits, duration_s)?;
        let field = self.field;
        let task = Task { start, target, limits, field: &field, sparing: true };
        let outcome = self.solve(&task, duration_s);
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

    fn begin(&mut self, start: &Start, limits: &Limits, duration_s: f64) -> Result<(), Refusal> {
        (self.solutions, self.steps, self.along) = (0, 0, None);
        self.defects = [[Vector3::zeros(); 2]; N];
        let finite = start.p_L.dot(&start.p_L) + start.v_L.dot(&start.v_L);
        let sound = limits.sound()
            && finite.is_finite()
            && start.mass_kg > limits.dry_kg
            && start.mass_kg.is_finite()
            && duration_s > 0.0
            && duration_s.is_finite();
        if sound { Ok(()) } else { Err(Refusal::Unsound) }
    }

    /// One solution; leaves the plan in `along` where it is usable.
    fn solve(&mut self, task: &Task<'_>, duration_s: f64) -> Outcome {
        let units = Units::new(task.start, task.limits, duration_s);
        task.write(&units, &mut self.workspace, self.along.as_ref(), &self.defects);
        let outcome = self.workspace.solve();
        self.solutions += 1;
        self.steps += outcome.steps;
        if outcome.usable() {
            let plan = self.along.get_or_insert_with(|| Plan::empty(outcome));
            task.read(&units, &self.workspace, outcome, plan);
        }
        outcome
    }

    /// Propellant that a duration costs, kg.
    fn cost_kg(&mut self, task: &Task<'_>, duration_s: f64) -> f64 {
        if !self.solve(task, duration_s).usable() {
            return f64::INFINITY;
        }
        self.along.as_ref().map_or(f64::INFINITY, |plan| plan.propellant_kg)
    }

    fn finish(&mut self, task: Task<'_>, duration_s: f64) -> Result<Plan<N>, Refusal> {
        self.defects = [[Vector3::zeros(); 2]; N];
        let mut refusal = Refusal::Unsound;
        for pass in 0..PASSES {
            let outcome = self.solve(&task, duration_s);
            if outcome.status == Status::Infeasible {
                return Err(Refusal::Infeasible { duration_s });
            }
            let (true, Some(plan)) = (outcome.usable(), self.along.as_ref()) else {
                return Err(Refusal::Unfinished(outcome));
            };
            let residuals = propagate(
                plan,
                task.start,
                task.target,
                task.limits,
                task.field,
                &mut self.defects,
            );
            let flyable = residuals.within(&Residuals::FLYABLE);
            let met = residuals.position_m.max(residuals.velocity_m_s) < MISS;
            if flyable && ((pass > 0 && met) || pass + 1 == PASSES) {
                return Ok(*plan);
            }
            refusal = Refusal::Unverified(residuals);
            if pass > 0 && met {
                break;
            }
        }
        Err(refusal)
    }

    /// The cheapest duration, s.
    fn search(&mut self, task: &Task<'_>, guess_s: f64) -> Result<f64, Refusal> {
        let mut middle = (guess_s, self.cost_kg(task, guess_s));
        for other in OTHERS {
            if middle.1.is_finite() {
                break;
            }
            middle = (guess_s * other, self.cost_kg(task, guess_s * other));
        }
        if !middle.1.is_finite() {
            return Err(Refusal::Infeasible { duration_s: guess_s });
        }
        let next = |s: f64| (s * STRIDE, s / STRIDE);
        let (longer, shorter) = next(middle.0);
        let mut high = (longer, self.cost_kg(task, longer));
        let mut low = (shorter, f64::INFINITY);
        if high.1 >= middle.1 {
            low.1 = self.cost_kg(task, shorter);
        }
        // Walk downhill until both sides are dearer.
        while self.solutions < SOLUTIONS_MAX && (high.1 < middle.1 || low.1 < middle.1) {
            if high.1 < middle.1 {
                (low, middle) = (middle, high);
                let s = next(high.0).0;
                high = (s, self.cost_kg(task, s));
            } else {
                (high, middle) = (middle, low);
                let s = next(low.0).1;
                low = (s, self.cost_kg(task, s));
            }
        }
        while self.solutions < SOLUTIONS_MAX && high.0 - low.0 > WIDTH * middle.0 {
            let s = inner(low, middle, high);
            let now = (s, self.cost_kg(task, s));
            if now.1 < middle.1 {
                if s > middle.0 {
                    low = middle
                } else {
                    high = middle
                }
                middle = now;
            } else if s > middle.0 {
                high = now;
            } else {
                low = now;
            }
        }
        Ok(middle.0)
    }
}

/// Where to look next between three durations and their costs: the parabola's vertex if it is well inside the
/// larger part, else its golden section.
fn inner(low: (f64, f64), middle: (f64, f64), high: (f64, f64)) -> f64 {
    let (left, right) = (middle.0 - low.0, high.0 - middle.0);
    let golden = if right > left { middle.0 + GOLDEN * right } else { middle.0 - GOLDEN * left };
    if !(low.1.is_finite() && high.1.is_finite()) {
        return golden;
    }
    let (rise_l, rise_r) = (low.1 - middle.1, high.1 - middle.1);
    let below = left * rise_r + right * rise_l;
    let vertex =
        middle.0 + 0.5 * (right * right * rise_l - left * left * rise_r) / below.max(1e-12);
    let least = 0.1 * WIDTH * middle.0;
    let inside = vertex > low.0 + least && vertex < high.0 - least;
    if inside && (vertex - middle.0).abs() > least {
        vertex
    } else if inside {
        // The vertex is where we are: close in from the larger side.
        middle.0 + if right > left { 4.0 * least } else { -4.0 * least }
    } else {
        golden
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
