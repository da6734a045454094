//! Where the iteration begins.
//!
//! Owns: the cold start, [Domahidi2013] §III: the least slacks that meet the equations, and the least
//! multipliers, each moved into the cones together; the warm start: the last solution, each cone's part moved
//! inside on its own. An iterate on the boundary is a bad one to start from, hence the depth.

use super::super::riccati::solve;
use super::super::slack::{DEGREE, Scale, Slack};
use super::Workspace;

/// Depth inside the cones from which a warm start begins; found by trial, steps are fewest about here.
const WARM: f64 = 0.03;

impl<const N: usize> Workspace<N> {
    /// Least squares for the slacks, then for the multipliers, each lifted into the cones.
    pub(super) fn start_cold(&mut self) -> bool {
        (self.tau, self.kappa) = (1.0, 1.0);
        for point in &mut self.points {
            point.scale = Scale::identity();
        }
        let Some(factor) = self.factor() else { return false };
        for (stage, point) in self.stages.iter_mut().zip(&self.points) {
            (stage.gx, stage.gw) = point.rows.transposed(&point.h);
        }
        solve(&mut self.stages, &self.kinds, &factor, &self.b);
        let mut depth = f64::INFINITY;
        for (stage, point) in self.stages.iter().zip(&mut self.points) {
            point.w = stage.w;
            let slack = point.rows.slack(&stage.x, &stage.w, 0.0);
            point.s = slack.zip(&point.h, |a, b| a + b);
            depth = depth.min(point.s.depth());
        }
        let lift = if depth > 0.0 { 0.0 } else { 1.0 - depth };
        for point in &mut self.points {
            point.s = point.s.zip(&Slack::CENTRE, |a, e| a + lift * e);
        }
        for k in 0..N {
            let weight = self.weight(k);
            if let Some(stage) = self.stages.get_mut(k) {
                (stage.gx, stage.gw) = ([0.0; 7], [0.0, 0.0, 0.0, weight]);
            }
        }
        self.nu = solve(&mut self.stages, &self.kinds, &factor, &[0.0; 6]);
        let mut depth = f64::INFINITY;
        for (stage, point) in self.stages.iter().zip(&mut self.points) {
            let slack = point.rows.slack(&stage.x, &stage.w, 0.0);
            point.z = slack.zip(&slack, |a, _| -a);
            depth = depth.min(point.z.depth());
        }
        let lift = if depth > 0.0 { 0.0 } else { 1.0 - depth };
        for point in &mut self.points {
            point.z = point.z.zip(&Slack::CENTRE, |a, e| a + lift * e);
        }
        true
    }

    /// The last controls and multipliers, lifted into the cones of the new problem.
    pub(super) fn start_warm(&mut self) -> bool {
        let per = 1.0 / self.tau;
        if !per.is_finite() {
            return false;
        }
        self.tau = 1.0;
        self.nu = self.nu.map(|x| x * per);
        for point in &mut self.points {
            point.w = point.w.map(|x| x * per);
        }
        self.roll();
        let mut sum = 0.0;
        for point in &mut self.points {
            let z = point.z.zip(&point.z, |a, _| a * per);
            point.s = point.rows.slack(&point.x, &point.w, 1.0).at_least(WARM);
            point.z = z.at_least(WARM);
            sum += point.s.dot(&point.z);
        }
        self.kappa = sum / (DEGREE * N) as f64;
        self.kappa.is_finite()
    }
}
