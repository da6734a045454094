//! Any smooth first-order system, with steps of its own choice: the method of Dormand and Prince of order 8.
//!
//! Owns: step size control, dense output, events (see [`propagate`]). Does not own: what is integrated, in
//! which unit.
//!
//! As published — [Hairer1993] §II.5 (method and estimate of the error) and §II.6 (dense output of
//! order 7): with k_i the stages, h the step and the scale s_j = absolute_j + relative · max |y_j|,
//!     y(t + h) = y + h Σ b_i k_i,      err = h e₅² / √((e₅² + 0.01 e₃²) N),
//!     e_n² = Σ_j (Σ_i (b_i − b̂_i) k_ij / s_j)²,  b̂ the weights of the embedded solution of order n,
//!     h_new = h · clamp(0.9 err^(−1/8), 1/3, 6);
//! a step is taken when err ≤ 1. Between its ends the solution is, with x from 0 to 1 and x̄ = 1 − x,
//!     y + x (F₀ + x̄ (F₁ + x (F₂ + x̄ (F₃ + x (F₄ + x̄ (F₅ + x F₆)))))),
//!     F₀ = Δy,  F₁ = h k_first − Δy,  F₂ = 2 Δy − h (k_first + k_end),  F₃… = h Σ d_i k_i.
//! As programmed: the same; err^(1/8) is three square roots, so that every bit repeats.
//! Refuses: stiff systems; they end in [`Failure::TooManySteps`].

mod events;
mod tableau;

pub use events::{Crossing, Direction, Event, Outcome, propagate};
use tableau::{A, C, DENSE, FIFTH_ORDER_ERROR, Row, STAGES, STAGES_DENSE, THIRD_ORDER};

/// Safety factor and limits of the change of step. [Hairer1993] §II.4.
const SAFETY: f64 = 0.9;
const SHRINK_MOST: f64 = 1.0 / 3.0;
const GROW_MOST: f64 = 6.0;

/// Why an integration ended without an answer. `t` is in the system's own unit of time.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The settings ask for what cannot be had.
    #[error("a tolerance or the longest step is not a positive number")]
    Settings,
    /// The start, or the end of the span, is not a number.
    #[error("the start at t = {t} is not finite")]
    StartNotFinite {
        /// Start of the span.
        t: f64,
    },
    /// The derivative does not exist at a point that a step needs.
    #[error("the derivative is not defined at t = {t}")]
    Undefined {
        /// Where it was asked for.
        t: f64,
    },
    /// The tolerance cannot be held: a singularity, or a derivative that is not a number.
    #[error("the step shrank to {step} at t = {t}")]
    StepTooSmall {
        /// Where.
        t: f64,
        /// The step that was still too long.
        step: f64,
    },
    /// The limit on steps was reached.
    #[error("{steps} steps led only to t = {t}")]
    TooManySteps {
        /// Where.
        t: f64,
        /// Steps taken and rejected.
        steps: usize,
    },
}

/// How accurately, how far at once, how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings<const N: usize> {
    /// Tolerance of the local error relative to each component.
    pub relative: f64,
    /// Tolerance added to it, in the unit of each component.
    pub absolute: [f64; N],
    /// Longest step, in the system's unit of time; may be infinite.
    pub step_max: f64,
    /// Most steps, rejected ones included.
    pub steps_max: usize,
}

impl<const N: usize> Settings<N> {
    /// The same tolerance relative and absolute, steps of any length, a hundred thousand of them.
    pub const fn within(tolerance: f64) -> Self {
        Self {
            relative: tolerance,
            absolute: [tolerance; N],
            step_max: f64::INFINITY,
            steps_max: 100_000,
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let tolerances = self.absolute.iter().all(|a| a.is_finite() && *a >= 0.0);
        let scaled = self.relative.is_finite() && self.relative > 0.0;
        if tolerances && scaled && self.step_max > 0.0 { Ok(()) } else { Err(Failure::Settings) }
    }

    /// Scale of the error of component `j`.
    fn scale(&self, j: usize, y: f64, other: f64) -> f64 {
        self.absolute[j] + self.relative * y.abs().max(other.abs())
    }
}

/// What an integration cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Steps taken.
    pub steps: usize,
    /// Steps tried and rejected.
    pub rejected: usize,
    /// Evaluations of the derivative.
    pub evaluations: usize,
}

/// The solution over one step, of order 7.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dense<const N: usize> {
    /// Start of the step.
    pub t: f64,
    /// Length of the step; negative backwards.
    pub step: f64,
    start: [f64; N],
    terms: [[f64; N]; 7],
}

impl<const N: usize> Dense<N> {
    /// The state at `t`; meant for the step, an extrapolation outside it.
    pub fn at(&self, t: f64) -> [f64; N] {
        let x = (t - self.t) / self.step;
        std::array::from_fn(|j| {
            let mut sum = 0.0;
            for (n, term) in self.terms.iter().enumerate().rev() {
                sum = (sum + term[j]) * if n % 2 == 0 { x } else { 1.0 - x };
            }
            self.start[j] + sum
        })
    }
}

/// An integration in progress, one step at a time.
#[derive(Clone, Debug)]
pub struct Stepper<const N: usize, F> {
    system: F,
    settings: Settings<N>,
    t: f64,
    y: [f64; N],
    end: f64,
    /// Length of the next attempt, with its sign.
    step: f64,
    /// Stages of the last step; the one after [`STAGES`] is the derivative at the present state.
    stages: [[f64; N]; STAGES_DENSE],
    t_before: f64,
    y_before: [f64; N],
    cost: Cost,
}

impl<const N: usize, F: FnMut(f64, &[f64; N]) -> Option<[f64; N]>> Stepper<N, F> {
    /// Prepares to go from `(t, y)` to `end`, forwards or backwards.
    ///
    /// - `system`: the derivative at a time and state; `None` where there is none.
    /// - Cost: two evaluations.
    ///
    /// # Errors
    /// [`Failure`] when the settings or the start are unusable or the system is undefined there.
    pub fn new(
        mut system: F,
        (t, end): (f64, f64),
        y: [f64; N],
        settings: Settings<N>,
    ) -> Result<Self, Failure> {
        settings.check()?;
        if !(t.is_finite() && end.is_finite() && y.iter().all(|c| c.is_finite())) {
            return Err(Failure::StartNotFinite { t });
        }
        let slope = system(t, &y).ok_or(Failure::Undefined { t })?;
        let mut stages = [[0.0; N]; STAGES_DENSE];
        stages[STAGES] = slope;
        let cost = Cost { evaluations: 1, ..Cost::default() };
        let (t_before, y_before) = (t, y);
        let mut new =
            Self { system, settings, t, y, end, step: 0.0, stages, t_before, y_before, cost };
        new.step = new.first_step()?;
        Ok(new)
    }

    /// The present time.
    pub fn t(&self) -> f64 {
        self.t
    }

    /// The present state.
    pub fn y(&self) -> &[f64; N] {
        &self.y
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Whether the end is reached.
    #[allow(clippy::float_cmp)] // the last step ends on `end` itself
    pub fn done(&self) -> bool {
        self.t == self.end
    }

    fn derivative(&mut self, t: f64, y: &[f64; N]) -> Result<[f64; N], Failure> {
        self.cost.evaluations += 1;
        (self.system)(t, y).ok_or(Failure::Undefined { t })
    }

    /// Root mean square of a vector in units of the tolerance at the present state.
    fn measure(&self, vector: &[f64; N]) -> f64 {
        let mut sum = 0.0;
        for (j, v) in vector.iter().enumerate() {
            let ratio = v / self.settings.scale(j, self.y[j], self.y[j]);
            sum += ratio * ratio;
        }
        (sum / N as f64).sqrt()
    }

    /// Length of the first attempt, [Hairer1993] §II.4: an explicit Euler step estimates the second
    /// derivative.
    fn first_step(&mut self) -> Result<f64, Failure> {
        let span = self.end - self.t;
        let limit = self.settings.step_max.min(span.abs());
        let slope = self.stages[STAGES];
        let (size, rate) = (self.measure(&self.y), self.measure(&slope));
        let guess = if size > 1e-5 && rate > 1e-5 { 0.01 * size / rate } else { 1e-6 };
        let probe = guess.min(limit).copysign(span);
        let euler = std::array::from_fn(|j| self.y[j] + probe * slope[j]);
        let ahead = self.derivative(self.t + probe, &euler)?;
        let bend: [f64; N] = std::array::from_fn(|j| ahead[j] - slope[j]);
        let strongest = rate.max(self.measure(&bend) / probe.abs());
        let wanted = if strongest <= 1e-15 {
            (1e-3 * guess).max(1e-6)
        } else {
            eighth_root(0.01 / strongest)
        };
        let step = wanted.min(100.0 * guess).min(limit);
        Ok(if step.is_finite() { step.copysign(span) } else { probe })
    }

    /// Takes one step; nothing happens at the end. Cost: twelve evaluations an attempt.
    ///
    /// # Errors
    /// [`Failure`]; the state is then that of the last step taken.
    pub fn advance(&mut self) -> Result<(), Failure> {
        if self.done() {
            return Ok(());
        }
        self.stages[0] = self.stages[STAGES];
        let mut after_rejection = false;
        loop {
            let tried = self.cost.steps + self.cost.rejected;
            if tried >= self.settings.steps_max {
                return Err(Failure::TooManySteps { t: self.t, steps: tried });
            }
            let left = self.end - self.t;
            let last = self.step.abs() >= left.abs();
            let h = if last { left } else { self.step };
            let t_next = if last { self.end } else { self.t + h };
            if !last && h.abs() <= 4.0 * f64::EPSILON * self.t.abs().max(self.end.abs()) {
                return Err(Failure::StepTooSmall { t: self.t, step: h });
            }
            let (y_next, error) = self.attempt(h, t_next)?;
            let factor = (SAFETY / eighth_root(error)).clamp(SHRINK_MOST, GROW_MOST);
            if error <= 1.0 {
                self.stages[STAGES] = self.derivative(t_next, &y_next)?;
                (self.t_before, self.y_before) = (self.t, self.y);
                (self.t, self.y) = (t_next, y_next);
                self.cost.steps += 1;
                let factor = if after_rejection { factor.min(1.0) } else { factor };
                // A step cut short by the end says nothing of the step to come.
                if !last || factor < 1.0 {
                    self.step = (h * factor).abs().min(self.settings.step_max).copysign(h);
                }
                return Ok(());
            }
            self.cost.rejected += 1;
            after_rejection = true;
            self.step = h * if error.is_finite() { factor } else { SHRINK_MOST };
        }
    }

    /// Solution of order 8 after a step and its error in units of the tolerance.
    fn attempt(&mut self, h: f64, t_next: f64) -> Result<([f64; N], f64), Failure> {
        for i in 1..STAGES {
            let sum = combined(A[i], &self.stages);
            let y = std::array::from_fn(|j| self.y[j] + h * sum[j]);
            let t = if i == STAGES - 1 { t_next } else { self.t + C[i] * h };
            self.stages[i] = self.derivative(t, &y)?;
        }
        let slope = combined(A[STAGES], &self.stages);
        let third = combined(THIRD_ORDER, &self.stages);
        let fifth = combined(FIFTH_ORDER_ERROR, &self.stages);
        let y_next: [f64; N] = std::array::from_fn(|j| self.y[j] + h * slope[j]);
        let (mut square3, mut square5) = (0.0, 0.0);
        for j in 0..N {
            let scale = self.settings.scale(j, self.y[j], y_next[j]);
            let (e3, e5) = ((slope[j] - third[j]) / scale, fifth[j] / scale);
            square3 += e3 * e3;
            square5 += e5 * e5;
        }
        let both = square5 + 0.01 * square3;
        let error = if both == 0.0 { 0.0 } else { h.abs() * square5 / (both * N as f64).sqrt() };
        Ok((y_next, error))
    }

    /// The solution over the last step. Cost: three evaluations.
    ///
    /// # Errors
    /// [`Failure::Undefined`], or [`Failure::Settings`] before the first step.
    #[allow(clippy::float_cmp)] // equal only when no step was taken
    pub fn dense(&mut self) -> Result<Dense<N>, Failure> {
        if self.t == self.t_before {
            return Err(Failure::Settings);
        }
        let step = self.t - self.t_before;
        for i in STAGES + 1..STAGES_DENSE {
            let sum = combined(A[i], &self.stages);
            let y = std::array::from_fn(|j| self.y_before[j] + step * sum[j]);
            self.stages[i] = self.derivative(self.t_before + C[i] * step, &y)?;
        }
        let (first, end) = (&self.stages[0], &self.stages[STAGES]);
        let mut terms = [[0.0; N]; 7];
        for j in 0..N {
            let change = self.y[j] - self.y_before[j];
            terms[0][j] = change;
            terms[1][j] = step * first[j] - change;
            terms[2][j] = 2.0 * change - step * (first[j] + end[j]);
        }
        for (term, row) in terms[3..].iter_mut().zip(DENSE) {
            *term = combined(row, &self.stages).map(|sum| step * sum);
        }
        Ok(Dense { t: self.t_before, step, start: self.y_before, terms })
    }
}

/// Σ coefficient · stage.
fn combined<const N: usize>(row: Row, stages: &[[f64; N]; STAGES_DENSE]) -> [f64; N] {
    let mut sum = [0.0; N];
    for &(stage, weight) in row {
        for (total, k) in sum.iter_mut().zip(&stages[stage]) {
            *total += weight * k;
        }
    }
    sum
}

fn eighth_root(x: f64) -> f64 {
    x.sqrt().sqrt().sqrt()
}

#[cfg(test)]
mod tests;
