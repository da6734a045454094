//! Belief about a ranging sensor that may disagree: four explanations, weighed against each other.
//!
//! Owns: [`Bank`]. Does not own: what is done about it ([`super::rangefinder`]).
//! Explanations of the innovation ν of the main filter (predicted range ρ, variance S, c = range per
//! height): nominal, ν ~ N(0, S); invalid, the reading is anything within the reach; datum, navigation
//! is δ too low and sinks δ̇ too fast, ν = c δ + noise; scale, the range is (1 + κ) times what it should be
//! or the echo of something else, ν = κ ρ + noise.
//! As published — [BlomBarShalom1988], the interacting multiple model recursion: c_j = Σ p_ij μ_i,
//! μ_j = L_j c_j / Σ L c. As programmed: δ and κ are small Kalman filters relative to the main one, which
//! all share with its inertial solution; in place of mixing states, δ and κ are born anew while the
//! nominal explanation holds, for a step that has not happened has no size. Every explanation but
//! "invalid" grants the sensor a share of false readings, so that a single outlier decides nothing.
//! No explanation is ever given up: relative likelihoods and probabilities have floors.
//! Where δ or κ is too small to tell from the nominal explanation it may not be likelier than that.

use nalgebra::{Matrix2, Vector2};

/// Explanations.
pub const HYPOTHESES: usize = 4;
/// Sensor and navigation are right.
pub const NOMINAL: usize = 0;
/// The sensor's ranges mean nothing.
pub const INVALID: usize = 1;
/// Navigation's altitude is wrong.
pub const DATUM: usize = 2;
/// The sensor's scale is wrong, or the echo another's.
pub const SCALE: usize = 3;

/// Probability of going from one explanation to another between two samples; assumed: a fault a
/// thousand samples, recovery within ten to fifty; between a wrong datum and a wrong scale, which look alike
/// while nothing moves, the datum.
const TRANSITION: [[f64; HYPOTHESES]; HYPOTHESES] = [
    [0.9975, 0.001, 0.001, 0.0005],
    [0.02, 0.976, 0.002, 0.002],
    [0.1, 0.002, 0.8975, 0.0005],
    [0.1, 0.002, 0.03, 0.868],
];
/// Least relative likelihood, and least probability. Source: usual floors of such banks.
const LIKELIHOOD_MIN: f64 = 1e-12;
/// Least probability of an explanation.
pub const PROBABILITY_MIN: f64 = 1e-3;
/// Share of false readings that a sound sensor is granted, assumed.
const CLUTTER: f64 = 0.1;
/// Prior deviation of a wrong altitude, m: the step of Mission 1.
pub const STEP_SIGMA_M: f64 = 3000.0;
/// Prior deviation of a wrong scale, assumed.
const SCALE_SIGMA: f64 = 0.3;
/// Least deviation of the vertical speed that goes with a wrong altitude, m/s, assumed.
const V_SIGMA_MIN: f64 = 0.5;
/// Growth of the two filters' variances: (m/s)² a second, and squares of scale a second. Assumed.
const V_GROWTH: f64 = 0.0025;
const SCALE_GROWTH: f64 = 1e-7;
/// A wrong scale must fit so many times better than a wrong datum to count as the better explanation.
const TELLING: f64 = 2.0;
/// Deviations within which the nominal explanation holds.
const EXPLAINED: f64 = 3.0;
/// Misses in a row after which a filter starts anew, at first; twice as many each time, up to the last,
/// for an explanation that has to start anew again and again explains nothing.
const MISSES: [u32; 2] = [10, 80];

/// One shot as the bank sees it.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Time since the last sample, s.
    pub dt_s: f64,
    /// Innovation of the main filter, m.
    pub nu: f64,
    /// Its variance by the main filter, m².
    pub s: f64,
    /// Variance of the measurement alone, m².
    pub r: f64,
    /// Range per metre of height.
    pub per_height: f64,
    /// Predicted range, m.
    pub expected_m: f64,
    /// Standard deviation of navigation's vertical speed, m/s.
    pub sigma_v_m_s: f64,
    /// Speed at which unmapped ground may rise under the beam, m/s.
    pub ground_m_s: f64,
    /// Ranges that the sensor can give, m.
    pub reach_m: f64,
}

/// A wrong altitude: its size, m, and rate, m/s.
#[derive(Clone, Copy, Debug)]
struct Step {
    x: Vector2<f64>,
    P: Matrix2<f64>,
    patience: Patience,
}

/// A wrong scale.
#[derive(Clone, Copy, Debug)]
struct Scale {
    kappa: f64,
    variance: f64,
    patience: Patience,
}

/// How long a filter may miss before it starts anew.
#[derive(Clone, Copy, Debug)]
struct Patience {
    misses: u32,
    most: u32,
}

impl Patience {
    const NEW: Self = Self { misses: 0, most: MISSES[0] };

    /// Whether the filter has missed for too long.
    fn ends(&mut self, hit: bool) -> bool {
        self.misses = if hit { 0 } else { self.misses.saturating_add(1) };
        if self.misses < self.most {
            return false;
        }
        *self = Self { misses: 0, most: self.most.saturating_mul(2).min(MISSES[1]) };
        true
    }
}

/// The four explanations of one sensor.
#[derive(Clone, Copy, Debug)]
pub struct Bank {
    /// Probabilities, by [`NOMINAL`], [`INVALID`], [`DATUM`], [`SCALE`].
    pub p: [f64; HYPOTHESES],
    step: Step,
    scale: Scale,
}

fn normal(x: f64, variance: f64) -> f64 {
    let variance = variance.max(1e-12);
    libm::exp(-0.5 * x * x / variance) / libm::sqrt(core::f64::consts::TAU * variance)
}

impl Step {
    fn born(v: f64) -> Self {
        let P = Matrix2::new(STEP_SIGMA_M * STEP_SIGMA_M, 0.0, 0.0, v * v);
        Self { x: Vector2::zeros(), P, patience: Patience::NEW }
    }

    fn carry(&mut self, sample: &Sample) {
        let dt = sample.dt_s.clamp(0.0, 5.0);
        let F = Matrix2::new(1.0, dt, 0.0, 1.0);
        self.x = F * self.x;
        self.P = F * self.P * F.transpose();
        self.P[(0, 0)] += sample.ground_m_s * sample.ground_m_s * dt;
        self.P[(1, 1)] += V_GROWTH * dt;
    }

    /// Residual and its variance.
    fn compare(&self, sample: &Sample) -> (f64, f64) {
        let c = sample.per_height;
        (sample.nu - c * self.x.x, c * c * self.P[(0, 0)] + sample.r)
    }

    fn fuse(&mut self, sample: &Sample) {
        let (e, s) = self.compare(sample);
        let c = sample.per_height;
        let gain = Vector2::new(self.P[(0, 0)], self.P[(1, 0)]) * (c / s.max(1e-12));
        self.x += gain * e;
        self.P -= gain * gain.transpose() * s;
        self.P[(0, 0)] = self.P[(0, 0)].max(1e-6);
        self.P[(1, 1)] = self.P[(1, 1)].max(1e-8);
    }
}

impl Scale {
    const BORN: Self =
        Self { kappa: 0.0, variance: SCALE_SIGMA * SCALE_SIGMA, patience: Patience::NEW };

    fn compare(&self, sample: &Sample) -> (f64, f64) {
        let rho = sample.expected_m;
        (sample.nu - rho * self.kappa, rho * rho * self.variance + sample.r)
    }

    fn fuse(&mut self, sample: &Sample) {
        let (e, s) = self.compare(sample);
        let gain = self.variance * sample.expected_m / s.max(1e-12);
        self.kappa += gain * e;
        self.variance = (self.variance - gain * gain * s).max(1e-12);
    }
}

impl Bank {
    /// Nothing speaks against the nominal explanation.
    pub fn new() -> Self {
        let p = [1.0 - 3.0 * PROBABILITY_MIN, PROBABILITY_MIN, PROBABILITY_MIN, PROBABILITY_MIN];
        Self { p, step: Step::born(V_SIGMA_MIN), scale: Scale::BORN }
    }

    /// On trial: every explanation is as likely as any other.
    pub fn even(&mut self) {
        self.p = [0.25; HYPOTHESES];
    }

    /// How much higher the lander is if navigation is wrong, m, and the deviation of that.
    pub fn step_m(&self) -> (f64, f64) {
        (self.step.x.x, libm::sqrt(self.step.P[(0, 0)].max(0.0)))
    }

    /// Navigation has moved itself: up by `height_m`, faster upwards by `v_m_s`.
    pub fn shift(&mut self, height_m: f64, v_m_s: f64) {
        self.step.x -= Vector2::new(height_m, v_m_s);
    }

    /// Weighs one shot.
    pub fn update(&mut self, sample: &Sample) {
        self.step.carry(sample);
        self.scale.variance += SCALE_GROWTH * sample.dt_s.clamp(0.0, 5.0);
        let flat = 1.0 / sample.reach_m.max(1.0);
        let density = |(e, s): (f64, f64)| (1.0 - CLUTTER) * normal(e, s) + CLUTTER * flat;
        let own = |(e, s): (f64, f64)| {
            let n = (1.0 - CLUTTER) * normal(e, s);
            n / (n + CLUTTER * flat)
        };
        let width = EXPLAINED * libm::sqrt(sample.s.max(0.0));
        let (by_step, by_scale) = (self.step.compare(sample), self.scale.compare(sample));
        let nominal = density((sample.nu, sample.s));
        let capped = |likelihood: f64, size: f64| {
            if size.abs() < width { likelihood.min(nominal) } else { likelihood }
        };
        let v = libm::hypot(sample.sigma_v_m_s, sample.ground_m_s);
        let v_sigma = v.max(V_SIGMA_MIN);
        // The rate test: what does not follow the motion is no wrong altitude.
        let follows = self.step.x.y.abs() < EXPLAINED * v_sigma;
        let by_datum = if follows { density(by_step) } else { CLUTTER * flat };
        let datum = capped(by_datum, sample.per_height * self.step.x.x);
        let scale = capped(density(by_scale), sample.expected_m * self.scale.kappa);
        // While both fit alike it is the datum: a wrong scale shows only in motion.
        let scale = if scale < TELLING * datum { scale.min(datum / TELLING) } else { scale };
        self.weigh([nominal, flat, datum, scale]);
        let explained = sample.nu.abs() < width;
        let hit = own(by_step) > 0.5;
        if explained && self.p[DATUM] < 0.5 {
            self.step = Step::born(v_sigma);
        } else if self.step.patience.ends(hit) {
            self.step = Step { patience: self.step.patience, ..Step::born(v_sigma) };
        } else if hit {
            self.step.fuse(sample);
        }
        let hit = own(by_scale) > 0.5;
        if explained && self.p[SCALE] < 0.5 {
            self.scale = Scale::BORN;
        } else if self.scale.patience.ends(hit) {
            self.scale = Scale { patience: self.scale.patience, ..Scale::BORN };
        } else if hit {
            self.scale.fuse(sample);
        }
    }

    fn weigh(&mut self, likelihood: [f64; HYPOTHESES]) {
        let best = likelihood.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let mut next = [0.0; HYPOTHESES];
        for (from, row) in self.p.iter().zip(&TRANSITION) {
            for (to, share) in next.iter_mut().zip(row) {
                *to += from * share;
            }
        }
        for (to, l) in next.iter_mut().zip(&likelihood) {
            *to *= (l / best).max(LIKELIHOOD_MIN);
        }
        let sum: f64 = next.iter().sum();
        if !(sum.is_finite() && sum > 0.0) {
            return;
        }
        // The floor first, the rest shared out: the sum stays one and no floor is undercut.
        let spare = 1.0 - HYPOTHESES as f64 * PROBABILITY_MIN;
        self.p = next.map(|x| PROBABILITY_MIN + spare * x / sum);
    }
}

impl Default for Bank {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[path = "bank/tests.rs"]
mod tests;
