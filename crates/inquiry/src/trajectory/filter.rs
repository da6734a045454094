//! One pass over all readings: forward, and back for what later ones say about earlier times.
//!
//! Owns: [`forward`], [`backward`]. Does not own: the linearisation (`readings`), the passes (`trajectory`).
//! As published: the Kalman filter with readings taken one by one, and the fixed-interval smoother of Rauch, Tung and
//! Striebel [RauchTungStriebel1965] in Bierman's form [Bierman1977], which inverts nothing: back from the last epoch,
//!     λ ← (I − K H)ᵀ λ − Hᵀ ν/S    Λ ← (I − K H)ᵀ Λ (I − K H) + Hᵀ H/S    between epochs λ ← Φᵀ λ, Λ ← Φᵀ Λ Φ
//!     x_s = x − P λ    P_s = P − P Λ P
//! As programmed: only rows of the motion are kept of each epoch's covariance.

use super::linear::{Epoch, Linear, Reading, Transition, dot};
use super::readings::{Compared, Measured, remaining};
use super::reference::{Noise, Reference};
use super::states::*;
use crate::finding::Device;
use icd::time::Time;
use nalgebra::{Matrix3, SMatrix, Vector3};

/// Rows of the motion.
pub type Rows = [Errors; MOTION];
/// Covariance of the motion.
pub type Motion = SMatrix<f64, MOTION, MOTION>;

/// What an epoch is made of before the filter runs.
pub struct Plan {
    /// Pose of the reference.
    pub pose: usize,
    /// When.
    pub t: Time,
    /// From the epoch before.
    pub transition: Transition,
    /// What the way from there adds.
    pub noise: Noise,
    /// Its readings, places in the list of differences.
    pub readings: Vec<usize>,
    /// Errors of the motion at which its readings were expected.
    pub from: [f64; MOTION],
}

/// What a forward pass leaves of each epoch, after its readings.
pub struct Passed {
    /// The estimate.
    pub x: Errors,
    /// Rows of its covariance.
    pub rows: Box<Rows>,
}

/// Covariance, symmetric.
type Covariance = Vec<Errors>;

/// Covariance before any reading.
pub fn start(prior: &Prior) -> Covariance {
    let mut P: Covariance = vec![[0.0; N]; N];
    let axis = |k: usize| prior.axes.column(k).into_owned();
    let mut add = |parts: &[(usize, Vector3<f64>)], sigma: f64| {
        let mut row = [0.0; N];
        for (first, v) in parts {
            for k in 0..3 {
                row[first + k] += v[k] * sigma;
            }
        }
        for (slots, a) in P.iter_mut().zip(row) {
            for (slot, b) in slots.iter_mut().zip(row) {
                *slot += a * b;
            }
        }
    };
    for k in 0..3 {
        let tied = if k == 0 { axis(1) * prior.tie_per_s } else { Vector3::zeros() };
        add(&[(POSITION, axis(k)), (VELOCITY, tied)], prior.sigma[POSITION + k]);
        add(&[(VELOCITY, axis(k))], prior.sigma[VELOCITY + k]);
    }
    for (k, row) in P.iter_mut().enumerate().skip(ATTITUDE) {
        row[k] = prior.sigma[k] * prior.sigma[k];
    }
    P
}

/// The filter as it stands.
struct Filter<'a> {
    x: Errors,
    P: Covariance,
    prior: &'a Prior,
}

impl Filter<'_> {
    fn advance(&mut self, transition: &Transition, noise: &Noise) {
        self.x = transition.carry(&self.x);
        // Φ P, rows of the motion.
        let mut rows: Rows = [[0.0; N]; MOTION];
        for (row, partials) in rows.iter_mut().zip(transition.motion.iter()) {
            for (partial, of) in partials.iter().zip(&self.P) {
                if *partial != 0.0 {
                    row.iter_mut().zip(of).for_each(|(slot, p)| *slot += partial * p);
                }
            }
        }
        let kept = &transition.keep;
        for (j, row) in self.P.iter_mut().enumerate().skip(MOTION) {
            let own = kept[j - MOTION];
            for (slot, keep) in row.iter_mut().skip(MOTION).zip(kept.iter()) {
                *slot *= own * keep;
            }
        }
        for (i, row) in rows.iter().enumerate() {
            for (j, keep) in kept.iter().enumerate() {
                let value = row[MOTION + j] * keep;
                self.P[i][MOTION + j] = value;
                self.P[MOTION + j][i] = value;
            }
            for (l, partials) in transition.motion.iter().enumerate().skip(i) {
                let value = dot(row, partials);
                self.P[i][l] = value;
                self.P[l][i] = value;
            }
        }
        self.disturb(transition, noise);
    }

    fn disturb(&mut self, transition: &Transition, noise: &Noise) {
        let (q, dt_s) = (noise.push_m2_s2, noise.dt_s);
        for k in 0..3 {
            let (p, v) = (POSITION + k, VELOCITY + k);
            self.P[p][p] += q * dt_s * dt_s / 3.0;
            self.P[p][v] += q * dt_s / 2.0;
            self.P[v][p] += q * dt_s / 2.0;
            self.P[v][v] += q;
            self.P[ATTITUDE + k][ATTITUDE + k] += noise.turn_rad2;
        }
        for (j, keep) in transition.keep.iter().enumerate().filter(|(_, keep)| **keep < 1.0) {
            let sigma = self.prior.sigma[MOTION + j];
            self.P[MOTION + j][MOTION + j] += sigma * sigma * (1.0 - keep * keep);
        }
    }

    /// Takes one scalar.
    fn take(&mut self, innovation: f64, partial: &Errors, noise: f64) -> Option<(f64, Errors)> {
        let mut u = [0.0; N];
        for (h, row) in partial.iter().zip(&self.P) {
            if *h != 0.0 {
                u.iter_mut().zip(row).for_each(|(slot, p)| *slot += h * p);
            }
        }
        let variance = dot(partial, &u) + noise;
        if !(variance.is_finite() && variance > 0.0 && innovation.is_finite()) {
            return None;
        }
        let gain = u.map(|u| u / variance);
        for (row, gain) in self.P.iter_mut().zip(gain) {
            row.iter_mut().zip(&u).for_each(|(slot, u)| *slot -= gain * u);
        }
        self.x.iter_mut().zip(gain).for_each(|(x, gain)| *x += gain * innovation);
        Some((variance, gain))
    }

    fn passed(&self) -> Passed {
        let mut rows: Box<Rows> = Box::new([[0.0; N]; MOTION]);
        rows.copy_from_slice(&self.P[..MOTION]);
        Passed { x: self.x, rows }
    }
}

/// Forward through all epochs.
///
/// Returns the variances of all errors after the last reading too.
///
/// - `mean`: expectation of the errors before any reading. `noise`: factor on a report's standard deviation.
pub fn forward(
    prior: &Prior,
    mean: &Errors,
    plans: &[Plan],
    (measured, compared): (&[Measured], &[Compared]),
    noise: impl Fn(Device) -> f64,
) -> (Linear, Vec<Passed>, Errors) {
    let mut filter = Filter { x: *mean, P: start(prior), prior };
    let mut linear = Linear { start: filter.P.clone(), ..Linear::default() };
    let mut passed = Vec::with_capacity(plans.len());
    for plan in plans {
        filter.advance(&plan.transition, &plan.noise);
        let first = linear.readings.len();
        for compared in plan.readings.iter().filter_map(|place| compared.get(*place)) {
            let of = &measured[compared.of];
            let factor = noise(of.device);
            let innovation = remaining(compared, &filter.x, &plan.from);
            let partial = compared.scalar.partial;
            let own = (compared.scalar.variance + compared.added) * factor * factor;
            let Some((variance, gain)) = filter.take(innovation, &partial, own) else { continue };
            linear.readings.push(Reading {
                device: of.device,
                component: compared.component,
                cycle: super::inertial::number(of.cycle),
                t: of.t,
                innovation,
                variance,
                partial,
                gain,
            });
        }
        let readings = first..linear.readings.len();
        linear.epochs.push(Epoch { t: plan.t, transition: plan.transition.clone(), readings });
        passed.push(filter.passed());
    }
    let variance = std::array::from_fn(|i| filter.P.get(i).map_or(0.0, |row| row[i]));
    (linear, passed, variance)
}

/// What all readings say about one epoch.
pub struct Smoothed {
    /// Errors of the motion.
    pub motion: [f64; MOTION],
    /// Their covariance; zero where it was not asked for.
    pub covariance: Motion,
}

/// Back from the last epoch: every epoch's motion, what is learnt of all errors at the start, the covariance of the motion
/// there.
///
/// - `whole`: with covariances.
pub fn backward(
    linear: &Linear,
    passed: &[Passed],
    whole: bool,
) -> (Vec<Smoothed>, Errors, Motion) {
    let mut l = [0.0; N];
    let mut L: Covariance = vec![[0.0; N]; N];
    let mut out: Vec<Smoothed> = Vec::with_capacity(passed.len());
    for (epoch, passed) in linear.epochs.iter().zip(passed).rev() {
        let motion = std::array::from_fn(|i| passed.x[i] - dot(&passed.rows[i], &l));
        let covariance = if whole { covariance(&passed.rows, &L) } else { Motion::zeros() };
        out.push(Smoothed { motion, covariance });
        for reading in linear.readings[epoch.readings.clone()].iter().rev() {
            untake(reading, &mut l, &mut L, whole);
        }
        l = epoch.transition.carry_back(&l);
        if whole {
            carry_back(&epoch.transition, &mut L);
        }
    }
    out.reverse();
    let at_start = std::array::from_fn(|i| linear.start.get(i).map_or(0.0, |row| -dot(row, &l)));
    let mut rows: Rows = [[0.0; N]; MOTION];
    for (slot, row) in rows.iter_mut().zip(&linear.start) {
        *slot = *row;
    }
    let before = if whole { covariance(&rows, &L) } else { Motion::zeros() };
    (out, at_start, before)
}

/// P − P Λ P of the motion.
fn covariance(rows: &Rows, L: &Covariance) -> Motion {
    let mut through: Rows = [[0.0; N]; MOTION];
    for (slots, row) in through.iter_mut().zip(rows) {
        for (p, l) in row.iter().zip(L) {
            slots.iter_mut().zip(l).for_each(|(slot, l)| *slot += p * l);
        }
    }
    Motion::from_fn(|i, j| rows[i][j] - dot(&through[i], &rows[j]))
}

/// One reading on the way back.
fn untake(reading: &Reading, l: &mut Errors, L: &mut Covariance, whole: bool) {
    let Reading { partial, gain, variance, innovation, .. } = reading;
    let back = dot(gain, l) + innovation / variance;
    l.iter_mut().zip(partial).for_each(|(slot, h)| *slot -= h * back);
    if !whole {
        return;
    }
    let mut a = [0.0; N]; // Λ K
    for (slot, row) in a.iter_mut().zip(L.iter()) {
        *slot = dot(row, gain);
    }
    let own = dot(gain, &a) + 1.0 / variance;
    for (r, row) in L.iter_mut().enumerate() {
        let (h, a_r) = (partial[r], a[r]);
        for (c, slot) in row.iter_mut().enumerate() {
            *slot += -h * a[c] - a_r * partial[c] + h * own * partial[c];
        }
    }
}

/// Φᵀ Λ Φ.
fn carry_back(transition: &Transition, L: &mut Covariance) {
    for row in L.iter_mut() {
        *row = transition.carry_back(row);
    }
    // Λ is symmetric and so is the result: the rows of Φᵀ (Λ Φ).
    let mut out: Covariance = vec![[0.0; N]; N];
    for (j, slots) in out.iter_mut().enumerate().skip(MOTION) {
        let keep = transition.keep[j - MOTION];
        slots.iter_mut().zip(&L[j]).for_each(|(slot, l)| *slot += keep * l);
    }
    for (partials, row) in transition.motion.iter().zip(L.iter()) {
        for (slots, partial) in out.iter_mut().zip(partials) {
            if *partial != 0.0 {
                slots.iter_mut().zip(row).for_each(|(slot, l)| *slot += partial * l);
            }
        }
    }
    *L = out;
}

/// Position's and velocity's parts of a covariance.
pub fn part(covariance: &Motion, first: usize) -> Matrix3<f64> {
    covariance.fixed_view::<3, 3>(first, first).into_owned()
}

/// Epochs: at every reading of the ground, every second otherwise.
pub fn plan(
    reference: &Reference,
    steps: &[super::inertial::Step],
    (imu, gm_m3_s2): (&truth::vehicle::Imu, f64),
    poses: &[usize],
) -> Vec<Plan> {
    let mut last = 0;
    poses
        .iter()
        .map(|pose| {
            let (transition, noise) = reference.transition((imu, gm_m3_s2), steps, (last, *pose));
            last = *pose;
            let t = reference.poses[*pose].t;
            Plan { pose: *pose, t, transition, noise, readings: Vec::new(), from: [0.0; MOTION] }
        })
        .collect()
}
