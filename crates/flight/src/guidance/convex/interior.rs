//! An interior-point method for the scaled problem, in storage of fixed size.
//!
//! Owns: the iteration, when it ends, and the certificate that nothing fits.
//! The problem, over the controls w alone: the motion is rolled out, so it holds exactly at every iterate.
//!     minimise cᵀw  with  E w = b (the end),  s = Λ w + h in the cones;  c weighs σ by the trapezoidal rule.
//! Published — homogeneous self-dual embedding with the scaling of Nesterov and Todd and the
//! predictor-corrector of Mehrotra, as in [Domahidi2013] and [Andersen2003]: find τ, κ ≥ 0 and s, z in the cones with
//!     Eᵀν − Λᵀz + c τ = 0,   E w = b τ,   s = Λ w + h τ,   κ = −cᵀw − bᵀν − hᵀz.
//! τ > 0: w/τ is optimal. κ > 0 with bᵀν + hᵀz < 0: (ν, z) proves that nothing satisfies the constraints.
//! Programmed: the same; each step's linear system is solved by `riccati`, once factored, three times solved.
//! A certificate need not be exact: controls are bounded by the thrust limits, so an error of
//! ‖Eᵀν − Λᵀz‖ < −(bᵀν + hᵀz) / Σ|w| still leaves no control that could satisfy the constraints.
//! Refuses: a fixed number of steps is all it takes; what is not solved then is reported as it is.

mod run;
mod start;

use super::riccati::{
    Backward, Control, End, Stage, State, Step, back, next, solve, transposed, with_own,
};
use super::rows::Rows;
use super::slack::{DEGREE, Scale, Slack};

/// Steps at the most.
pub const STEPS_MAX: u32 = 40;
/// Residuals and gap at which a solution counts as optimal, and at which it still may be flown after it
/// has been verified; scaled units.
const RESIDUAL: f64 = 1e-9;
const GAP: f64 = 2e-8;
const ROUGH: f64 = 1e-6;
/// Relative error of a certificate that nothing fits: 1 / 10 of 1 / Σ|w| for 50 nodes of 4 controls below 5.
const CERTIFICATE: f64 = 1e-4;
/// Share of the way to the boundary of the cones.
const SHARE: f64 = 0.99;

/// How a solution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Residuals and gap within their limits.
    Optimal,
    /// A certificate shows that no control satisfies the constraints.
    Infeasible,
    /// Steps used up, or numbers no longer good enough; see the residuals.
    Unfinished,
}

/// What the last iterate was like; scaled units.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Steps taken.
    pub steps: u32,
    /// Largest error of the end and of a constraint.
    pub primal: f64,
    /// Largest error of the gradient.
    pub dual: f64,
    /// Relative gap between cost and bound.
    pub gap: f64,
    /// Cost cᵀw.
    pub cost: f64,
}

impl Outcome {
    /// Worth verifying.
    pub fn usable(&self) -> bool {
        self.status == Status::Optimal
            || (self.status == Status::Unfinished
                && self.primal.max(self.dual).max(self.gap) < ROUGH)
    }
}

/// One node: its constraints and its part of the iterate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub rows: Rows,
    /// What gravity adds to position and velocity by the next node.
    pub drift: [f64; 6],
    /// State of the motion without control, and its slacks.
    free: State,
    h: Slack,
    pub x: State,
    pub w: Control,
    s: Slack,
    z: Slack,
    scale: Scale,
    /// W⁻¹ h; the solution for (−c, b, h): control, W z.
    scaled_h: Slack,
    unit_w: Control,
    unit_z: Slack,
    /// Residuals, the one of the slacks times W⁻¹.
    of_w: Control,
    of_s: Slack,
    /// The corrector's right side, and W z of the direction.
    right: Slack,
    turn_z: Slack,
}

impl Point {
    fn new() -> Self {
        Self {
            rows: Rows::FREE,
            drift: [0.0; 6],
            free: [0.0; 7],
            h: Slack::ZERO,
            x: [0.0; 7],
            w: [0.0; 4],
            s: Slack::CENTRE,
            z: Slack::CENTRE,
            scale: Scale::identity(),
            scaled_h: Slack::ZERO,
            unit_w: [0.0; 4],
            unit_z: Slack::ZERO,
            of_w: [0.0; 4],
            of_s: Slack::ZERO,
            right: Slack::ZERO,
            turn_z: Slack::ZERO,
        }
    }
}

/// Sums over all nodes that one step needs.
#[derive(Clone, Copy, Debug)]
struct Sums {
    of_end: [f64; 6],
    of_tau: f64,
    mu: f64,
}

/// Storage of a solver for `N` nodes, some 2.5 kB a node; owned by the caller, kept between solutions.
#[derive(Clone, Debug)]
pub struct Workspace<const N: usize> {
    pub(super) points: [Point; N],
    stages: [Stage; N],
    pub(super) start: State,
    pub(super) end: [f64; 6],
    kinds: [Step; 3],
    h: f64,
    b: [f64; 6],
    nu: [f64; 6],
    unit_nu: [f64; 6],
    tau: f64,
    kappa: f64,
    /// A solution is there to start from.
    warm: bool,
    /// The run under way.
    run: run::Run,
}

impl<const N: usize> Default for Workspace<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Workspace<N> {
    /// Two intervals at the least: fewer nodes do not compile.
    const BETWEEN: usize = N - 2;

    /// Nothing solved yet. The last node's time is one.
    pub fn new() -> Self {
        let _ = Self::BETWEEN;
        let h = 1.0 / (N - 1) as f64;
        Self {
            points: [Point::new(); N],
            stages: [Stage::NEW; N],
            start: [0.0; 7],
            end: [0.0; 6],
            kinds: Step::kinds(h),
            h,
            b: [0.0; 6],
            nu: [0.0; 6],
            unit_nu: [0.0; 6],
            tau: 1.0,
            kappa: 1.0,
            warm: false,
            run: run::Run::NONE,
        }
    }

    /// Forgets the last solution: the next starts cold.
    pub fn forget(&mut self) {
        self.warm = false;
    }

    /// Controls and states of the nodes, scaled units.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (Control, State)> + '_ {
        let per = 1.0 / self.tau;
        self.points.iter().map(move |p| (p.w.map(|x| x * per), p.x.map(|x| x * per)))
    }

    fn kind(kinds: &[Step; 3], k: usize) -> &Step {
        let [first, middle, last] = kinds;
        if k == 0 {
            first
        } else if k + 1 == N {
            last
        } else {
            middle
        }
    }

    /// Weight of σ of node `k` in the cost.
    fn weight(&self, k: usize) -> f64 {
        if k == 0 || k + 1 == N { 0.5 * self.h } else { self.h }
    }

    /// States and slacks without control, and what the controls must add to the end.
    fn free_motion(&mut self) {
        let mut x = self.start;
        let mut end = x;
        for point in &mut self.points {
            point.free = x;
            point.h = point.rows.slack(&x, &[0.0; 4], 1.0);
            end = x;
            for j in 0..3 {
                x[j] += self.h * x[3 + j] + point.drift[j];
            }
            for j in 3..6 {
                x[j] += point.drift[j];
            }
        }
        for j in 0..6 {
            self.b[j] = self.end[j] - end[j];
        }
    }

    /// States of the controls alone, without start and drift.
    fn roll(&mut self) {
        let mut x = [0.0; 7];
        for (k, point) in self.points.iter_mut().enumerate() {
            let step = Self::kind(&self.kinds, k);
            let own = with_own(step, &x, &point.w);
            x = next(step, &x, &point.w);
            for j in 0..7 {
                point.x[j] = own[j] + self.tau * point.free[j];
            }
        }
    }

    /// Factors the system at the present scaling.
    fn factor(&mut self) -> Option<End> {
        let mut backward = Backward::new();
        let pairs = self.stages.iter_mut().zip(&self.points).enumerate();
        for (k, (stage, point)) in pairs.rev() {
            let hessian = point.rows.hessian(&point.scale);
            backward.node(Self::kind(&self.kinds, k), &hessian, stage);
        }
        backward.finish()
    }

    /// Residuals of the present iterate.
    fn residuals(&mut self) -> Sums {
        self.roll();
        let mut sums = self.sums_of_nothing();
        let mut x = [0.0; 7];
        let mut product = self.kappa * self.tau;
        let mut bound = self.kappa;
        for (k, point) in self.points.iter_mut().enumerate() {
            let slack = point.rows.slack(&point.x, &point.w, self.tau);
            point.of_s = point.s.zip(&slack, |s, a| s - a);
            product += point.s.dot(&point.z);
            let weight = if k == 0 || k + 1 == N { 0.5 * self.h } else { self.h };
            bound += point.h.dot(&point.z) + weight * point.w[3];
            x = point.x;
        }
        for j in 0..6 {
            sums.of_end[j] = x[j] - self.end[j] * self.tau;
            bound += self.b[j] * self.nu[j];
        }
        sums.mu = product / (DEGREE * N + 1) as f64;
        sums.of_tau = bound;
        let mut p = [0.0; 7];
        for (p, nu) in p.iter_mut().zip(&self.nu) {
            *p = *nu;
        }
        for (k, point) in self.points.iter_mut().enumerate().rev() {
            let step = Self::kind(&self.kinds, k);
            let (gx, gw) = point.rows.transposed(&point.z);
            let gx = gx.map(|x| -x);
            let (own, by) = (transposed(&step.o, &gx), transposed(&step.b, &p));
            for i in 0..4 {
                point.of_w[i] = own[i] + by[i] - gw[i];
            }
            let weight = if k == 0 || k + 1 == N { 0.5 * self.h } else { self.h };
            point.of_w[3] += weight * self.tau;
            p = back(step, &p, &gx);
        }
        sums
    }

    fn sums_of_nothing(&self) -> Sums {
        Sums { of_end: [f64::INFINITY; 6], of_tau: 0.0, mu: f64::INFINITY }
    }

    fn outcome(&self, status: Status, steps: u32, sums: &Sums) -> Outcome {
        let per = 1.0 / self.tau;
        let largest = |a: f64, b: &f64| a.max(b.abs());
        let mut primal = sums.of_end.iter().fold(0.0, largest);
        let (mut dual, mut cost) = (0.0, 0.0);
        for (k, point) in self.points.iter().enumerate() {
            let slack = &point.of_s;
            let parts: [&[f64]; 5] =
                [&slack.thrust, &slack.least, &slack.slope, &slack.speed, &slack.line];
            primal = parts.iter().fold(primal, |a, part| part.iter().fold(a, largest));
            dual = point.of_w.iter().fold(dual, largest);
            cost += self.weight(k) * point.w[3];
        }
        let (cost, gap) = (cost * per, (sums.mu * (DEGREE * N) as f64) * per * per);
        let gap = gap / cost.abs().max(1e-3);
        Outcome { status, steps, primal: primal * per, dual: dual * per, gap, cost }
    }

    /// The multipliers show that nothing fits.
    fn certificate(&self) -> bool {
        let mut bound = 0.0;
        for j in 0..6 {
            bound -= self.b[j] * self.nu[j];
        }
        let mut error = 0.0f64;
        for (k, point) in self.points.iter().enumerate() {
            bound -= point.h.dot(&point.z);
            let [x, y, z, sigma] = point.of_w;
            let sigma = sigma - self.weight(k) * self.tau;
            error = error.max(x.abs()).max(y.abs()).max(z.abs()).max(sigma.abs());
        }
        bound > 0.0 && error < CERTIFICATE * bound
    }

    /// One step; false when the numbers give none.
    fn step(&mut self, sums: &Sums) -> bool {
        for point in &mut self.points {
            point.scale = Scale::new(&point.s, &point.z);
        }
        let Some(factor) = self.factor() else { return false };
        let unit = self.unit_direction(&factor);
        for point in &mut self.points {
            point.of_s = point.scale.per(&point.of_s);
            point.right = point.scale.lambda();
        }
        let kappa_tau = self.kappa * self.tau;
        let guess = self.direction(&factor, sums, unit, 1.0, -kappa_tau);
        let reach = (1.0 / self.inverse_step(&guess).max(1.0)).min(1.0);
        let left = (1.0 - reach) * (1.0 - reach) * (1.0 - reach);
        let centre = left * sums.mu;
        for point in &mut self.points {
            let of_s = point.right.zip(&point.turn_z, |a, b| -a - b);
            point.right = point.scale.corrector(&of_s, &point.turn_z, centre);
        }
        let product = centre - kappa_tau - guess.tau * guess.kappa;
        let turn = self.direction(&factor, sums, unit, 1.0 - left, product);
        let length = (SHARE / self.inverse_step(&turn).max(1e-12)).min(1.0);
        self.advance(&turn, length);
        length > 1e-8
    }

    /// Solution for (−c, b, h); returns κ/τ + |W z|², what Δτ is divided by.
    fn unit_direction(&mut self, factor: &End) -> f64 {
        for k in 0..N {
            let weight = self.weight(k);
            let pair = (self.points.get_mut(k), self.stages.get_mut(k));
            let (Some(point), Some(stage)) = pair else { continue };
            point.scaled_h = point.scale.per(&point.h);
            (stage.gx, stage.gw) = point.rows.transposed(&point.scale.per(&point.scaled_h));
            stage.gw[3] += weight;
        }
        self.unit_nu = solve(&mut self.stages, &self.kinds, factor, &self.b);
        let mut sum = self.kappa / self.tau;
        for (stage, point) in self.stages.iter().zip(&mut self.points) {
            let moved = point.scale.per(&point.rows.slack(&stage.x, &stage.w, 0.0));
            point.unit_w = stage.w;
            point.unit_z = moved.zip(&point.scaled_h, |a, b| -a - b);
            sum += point.unit_z.dot(&point.unit_z);
        }
        sum
    }

    /// Direction for the right sides in the points; `share` of the residuals is to vanish, and κ Δτ + τ Δκ to
    /// be `product`. Leaves W z of the direction in the points, its control in the stages.
    fn direction(
        &mut self,
        factor: &End,
        sums: &Sums,
        unit: f64,
        share: f64,
        product: f64,
    ) -> Turn {
        for (stage, point) in self.stages.iter_mut().zip(&mut self.points) {
            point.turn_z = point.right.zip(&point.of_s, |q, r| q - share * r);
            (stage.gx, stage.gw) = point.rows.transposed(&point.scale.per(&point.turn_z));
            for i in 0..4 {
                stage.gw[i] += share * point.of_w[i];
            }
        }
        let end = sums.of_end.map(|x| -share * x);
        let mut nu = solve(&mut self.stages, &self.kinds, factor, &end);
        let mut sum = 0.0;
        for (k, (stage, point)) in self.stages.iter().zip(&mut self.points).enumerate() {
            let moved = point.scale.per(&point.rows.slack(&stage.x, &stage.w, 0.0));
            point.turn_z = moved.zip(&point.turn_z, |a, b| -a - b);
            let weight = if k == 0 || k + 1 == N { 0.5 * self.h } else { self.h };
            sum += point.scaled_h.dot(&point.turn_z) + weight * stage.w[3];
        }
        for j in 0..6 {
            sum += self.b[j] * nu[j];
        }
        let tau = (share * sums.of_tau + product / self.tau + sum) / unit;
        for (stage, point) in self.stages.iter_mut().zip(&mut self.points) {
            point.turn_z = point.turn_z.zip(&point.unit_z, |a, b| a + tau * b);
            for i in 0..4 {
                stage.w[i] += tau * point.unit_w[i];
            }
        }
        for j in 0..6 {
            nu[j] += tau * self.unit_nu[j];
        }
        Turn { nu, tau, kappa: (product - self.kappa * tau) / self.tau }
    }

    /// Inverse of the longest step inside the cones.
    fn inverse_step(&self, turn: &Turn) -> f64 {
        let mut most = (-turn.tau / self.tau).max(-turn.kappa / self.kappa);
        for point in &self.points {
            let of_s = point.right.zip(&point.turn_z, |a, b| -a - b);
            most = most
                .max(point.scale.inverse_step(&of_s))
                .max(point.scale.inverse_step(&point.turn_z));
        }
        most
    }

    fn advance(&mut self, turn: &Turn, length: f64) {
        for (stage, point) in self.stages.iter().zip(&mut self.points) {
            let of_s = point.right.zip(&point.turn_z, |a, b| -a - b);
            point.s = point.s.zip(&point.scale.by(&of_s), |a, d| a + length * d);
            point.z = point.z.zip(&point.scale.per(&point.turn_z), |a, d| a + length * d);
            for i in 0..4 {
                point.w[i] += length * stage.w[i];
            }
        }
        for j in 0..6 {
            self.nu[j] += length * turn.nu[j];
        }
        self.tau += length * turn.tau;
        self.kappa += length * turn.kappa;
    }
}

/// Change of what is not kept in the nodes.
#[derive(Clone, Copy, Debug)]
struct Turn {
    nu: [f64; 6],
    tau: f64,
    kappa: f64,
}
