//! The healthy machine fitted to what was felt, and what a change of one engine's level adds to the fit.
//!
//! Owns: [`Fit`]. Does not own: which changes are tried (`scan`, `exact`).
//! Published: the linear model with normal errors and a normal prior on its coefficients [Bierman1977].
//! As programmed: r = N β + v + n, with r what engines give beyond their commands at nominal strength, N one column for
//! each thing that a healthy machine may have (thrust and tilt of every engine, centre of mass, mass, flow, bias and
//! scale of the accelerometers, scale of the gyros or the inertia), β normal with the vehicle's spreads, n white. With
//! C = (P⁻¹ + Nᵀ W N)⁻¹ and e = r − N C Nᵀ W r a change v of the felt acceleration is worth
//!     ln p(r | v) − ln p(r | 0) = vᵀ W e − ½ (vᵀ W v − (Nᵀ W v)ᵀ C (Nᵀ W v)).
//! Noise is that of the inertial unit and an assumed error of this model, `weights`.

use super::body::{across, split};
use super::felt::{BLOCK, Felt};
use super::levels::{Series, THRUSTERS, engine, spread};
use super::weights::weights;
use crate::thrust::body::Six;
use icd::bus::CYCLE;
use nalgebra::{DMatrix, DVector, SMatrix, Vector3};
use truth::vehicle::{Dispersions, Vehicle};

/// Columns of an engine: thrust, and tilt about two axes.
const OWN: usize = 3;
const CM: usize = OWN * THRUSTERS;
const MASS: usize = CM + 2;
const FLOW: usize = MASS + 1;
const BIAS: usize = FLOW + 2;
const SCALES: usize = BIAS + 3;
const WANDER: usize = SCALES + 2;
/// Stretches of the flight in which each component has an offset of its own.
const STRETCHES: usize = 16;
/// All columns.
pub(super) const COLUMNS: usize = WANDER + 6 * STRETCHES;
/// Bias that accelerometers may have without being an engine's doing, m/s²; assumed, many times a healthy one.
const BIAS_M_S2: f64 = 0.05;
/// Error that lasts for one of [`STRETCHES`], same units: accelerometers' bias in the run and what changes with the
/// filling. Assumed, likewise.
const WANDER_SIGMA: [f64; 6] = [6e-4, 6e-4, 6e-4, 3e-4, 3e-4, 3e-4];

/// Odd cycles this near may be of one thing.
const NEAR: usize = 5;
/// A healthy machine is felt within so many standard deviations of its spreads.
const USUAL: f64 = 5.0;

/// Columns of one block of cycles per unit of level.
type Answers = [[Six; OWN]; THRUSTERS];

/// The fitted machine.
pub(super) struct Fit {
    /// W e by cycle; zero where nothing was felt.
    pub we: Vec<Six>,
    /// The same with coefficients from those cycles alone that a healthy machine's spreads allow.
    pub we_usual: Vec<Six>,
    /// The other cycles.
    pub unusual: Vec<bool>,
    /// Diagonal of W by cycle.
    pub w: Vec<Six>,
    /// What is felt of one unit of each engine's level, by block.
    pub answers: Vec<Answers>,
    /// To what is sensed of a torque, by block.
    torques: Vec<SMatrix<f64, 6, 3>>,
    /// Mass by block, kg.
    mass_kg: Vec<f64>,
    /// C.
    pub covariance: DMatrix<f64>,
    /// Standard deviations of β before anything was felt, and what β became.
    pub prior: DVector<f64>,
    pub coefficients: DVector<f64>,
    /// Coefficients from the usual cycles alone.
    pub usual: DVector<f64>,
    /// Specific force that the engines should give, m/s²: what was sensed would let noise explain itself.
    model: Vec<Six>,
    flow_kg: [f64; THRUSTERS],
    forces: [Vector3<f64>; THRUSTERS],
}

/// Everything that a fit is made of.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub vehicle: &'a Vehicle,
    pub dispersions: &'a Dispersions,
    pub felt: &'a Felt,
    pub series: &'a [Series],
    pub used_kg: &'a [f64],
}

impl Fit {
    /// Fits the machine.
    ///
    /// - `model`: what healthy engines should have made felt. `r`: what was felt beyond it. `left_out`: cycles that are
    ///   not looked at.
    pub fn of(
        given: &Given<'_>,
        model: &[Six],
        r: &[Six],
        left_out: &[core::ops::Range<usize>],
    ) -> Self {
        let mut fit = Self::empty(given);
        fit.w = weights(given);
        for cycles in left_out {
            let end = cycles.end.min(fit.w.len());
            fit.w[cycles.start.min(end)..end].fill(Six::zeros());
        }
        fit.model = model.to_vec();
        let mut usual = Normal::new(&fit.prior);
        let mut unusual =
            Normal { gram: DMatrix::zeros(COLUMNS, COLUMNS), right: DVector::zeros(COLUMNS) };
        let mut row = Row::default();
        fit.unusual = fit.odd(given, r);
        fit.leave_lone();
        for (k, felt) in r.iter().enumerate() {
            let w = fit.w[k];
            if w.max() > 0.0 {
                fit.row(given, k, &mut row);
                let normal = if fit.unusual[k] { &mut unusual } else { &mut usual };
                normal.add(&row, &w, felt);
            }
        }
        fit.usual = usual.solved().1;
        usual.join(&unusual);
        let (covariance, coefficients) = usual.solved();
        (fit.covariance, fit.coefficients) = (covariance, coefficients);
        for (k, felt) in r.iter().enumerate() {
            fit.row(given, k, &mut row);
            let rest = |coefficients: &DVector<f64>| {
                let all = row.columns.iter().map(|(i, column)| column * coefficients[*i]);
                all.fold(*felt, |rest, one| rest - one).component_mul(&fit.w[k])
            };
            let (we, usual) = (rest(&fit.coefficients), rest(&fit.usual));
            fit.we.push(we);
            fit.we_usual.push(usual);
        }
        fit
    }

    /// The cycles that a healthy machine's spreads do not allow.
    fn odd(&self, given: &Given<'_>, r: &[Six]) -> Vec<bool> {
        let mut row = Row::default();
        let one = |(k, felt): (usize, &Six)| {
            let w = self.w[k];
            if w.max() <= 0.0 {
                return false;
            }
            self.row(given, k, &mut row);
            !row.expects(&self.prior, &w, felt)
        };
        r.iter().enumerate().map(one).collect()
    }

    /// Leaves out odd cycles that have no other near them: no engine's fault lasts for one.
    fn leave_lone(&mut self) {
        let lone = |k: &usize| {
            let near = k.saturating_sub(NEAR)..(k + NEAR + 1).min(self.unusual.len());
            self.unusual[*k] && self.unusual[near].iter().filter(|odd| **odd).count() == 1
        };
        let lone: Vec<usize> = (0..self.unusual.len()).filter(lone).collect();
        for k in lone {
            (self.unusual[k], self.w[k]) = (false, Six::zeros());
        }
    }

    fn empty(given: &Given<'_>) -> Self {
        let vehicle = given.vehicle;
        let specs = core::array::from_fn::<_, THRUSTERS, _>(|n| engine(vehicle, n));
        let forces = specs.map(|spec| Vector3::from(spec.d_B) * spec.thrust_N);
        let flow = |spec: &truth::vehicle::Engine| {
            spec.thrust_N / (spec.isp_s * icd::constants::STANDARD_GRAVITY_M_S2) * CYCLE.s()
        };
        let mut answers = Vec::with_capacity(given.felt.bodies.len());
        let mut torques = Vec::with_capacity(given.felt.bodies.len());
        for body in &given.felt.bodies {
            answers.push(core::array::from_fn(|n| {
                let place = Vector3::from(specs[n].p_BA_B);
                let d = Vector3::from(specs[n].d_B);
                let (a, b) = across(&d);
                [d, a, b].map(|d| body.to_force(&place, &(d * specs[n].thrust_N)))
            }));
            let unit = |n: usize| body.to_torque(&Vector3::ith(n, 1.0));
            torques.push(SMatrix::from_columns(&[unit(0), unit(1), unit(2)]));
        }
        Self {
            we: Vec::new(),
            we_usual: Vec::new(),
            unusual: Vec::new(),
            w: Vec::new(),
            answers,
            torques,
            mass_kg: given.felt.bodies.iter().map(|body| body.mass_kg).collect(),
            covariance: DMatrix::zeros(0, 0),
            prior: prior(given.dispersions),
            coefficients: DVector::zeros(COLUMNS),
            usual: DVector::zeros(COLUMNS),
            model: Vec::new(),
            flow_kg: specs.map(flow),
            forces,
        }
    }

    /// The columns that are not zero in a cycle.
    fn row(&self, given: &Given<'_>, k: usize, out: &mut Row) {
        out.columns.clear();
        let block = k / BLOCK;
        let answers = &self.answers[block];
        let (mut force, mut turning_force) = (Vector3::zeros(), Vector3::zeros());
        let (mut pushed, mut turned) = (Six::zeros(), Six::zeros());
        for (n, one) in given.series.iter().enumerate() {
            let (x, u) = (one.level[k], one.turning[k]);
            if x == 0.0 && u == 0.0 {
                continue;
            }
            for (place, answer) in answers[n].iter().enumerate() {
                out.columns.push((OWN * n + place, split(answer, x, u)));
            }
            pushed += split(&answers[n][0], x, 0.0);
            turned += split(&answers[n][0], 0.0, u);
            force += self.forces[n] * x;
            turning_force += self.forces[n] * u;
        }
        for axis in 0..2 {
            // Of the dry body: the less propellant, the more of the whole.
            let share = given.vehicle.dry.mass_kg / self.mass_kg[block];
            let shift = -Vector3::ith(axis, share);
            let s = self.torques[block] * shift.cross(&force);
            let t = self.torques[block] * shift.cross(&turning_force);
            out.columns.push((CM + axis, Six::new(s[0], s[1], s[2], t[3], t[4], t[5])));
        }
        // Of the model and not of what was sensed: its noise would fit itself.
        let lighter = pushed / self.mass_kg[block];
        out.columns.push((MASS, -lighter));
        let main_kg = given.series.first().map_or(0.0, |one| one.used_kg[k]);
        out.columns.push((FLOW, lighter * main_kg));
        out.columns.push((FLOW + 1, lighter * (given.used_kg[k] - main_kg)));
        (0..3).for_each(|n| out.columns.push((BIAS + n, first(&Vector3::ith(n, 1.0)))));
        out.columns.push((SCALES, pushed));
        out.columns.push((SCALES + 1, turned));
        let stretch = stretch(k, given.series.first().map_or(1, |one| one.level.len()));
        (0..6).for_each(|n| out.columns.push((WANDER + 6 * stretch + n, Six::ith(n, 1.0))));
    }

    /// What the usual fit has laid into the offsets of a cycle's stretch.
    pub fn offset(&self, k: usize) -> Six {
        let first = WANDER + 6 * stretch(k, self.we.len());
        Six::from_fn(|n, _| self.usual[first + n])
    }

    /// What is felt of one unit of an engine's level in a cycle.
    pub fn answer(&self, k: usize, thruster: usize) -> &Six {
        &self.answers[k / BLOCK][thruster][0]
    }

    /// What a change of one engine's level is worth: vᵀ W e and what its square is after the fit.
    pub fn worth(&self, given: &Given<'_>, (thruster, change): (usize, &Series)) -> (f64, f64) {
        let mut surplus = Surplus::default();
        self.worth_of(given, 0..change.level.len(), |k| {
            surplus.follow(self, thruster, change.level[k]);
            let felt = !surplus.nothing(change, k) && self.w[k].max() > 0.0;
            felt.then(|| self.changed(given, thruster, change.at(k), k, surplus.kg))
        })
    }

    /// The same of anything that is felt in some of these cycles.
    pub fn worth_of(
        &self,
        given: &Given<'_>,
        cycles: core::ops::Range<usize>,
        mut felt: impl FnMut(usize) -> Option<Six>,
    ) -> (f64, f64) {
        let (mut along, mut square) = (0.0, 0.0);
        let mut with = DVector::<f64>::zeros(COLUMNS);
        let mut row = Row::default();
        for k in cycles {
            let Some(v) = felt(k) else { continue };
            along += v.dot(&self.we[k]);
            let wv = v.component_mul(&self.w[k]);
            square += wv.dot(&v);
            self.row(given, k, &mut row);
            row.columns.iter().for_each(|(i, column)| with[*i] += wv.dot(column));
        }
        let explained = with.dot(&(&self.covariance * &with));
        (along, (square - explained).max(0.0))
    }

    /// How many cycles say what a change of one engine's level is worth.
    pub fn cycles(&self, given: &Given<'_>, (thruster, change): (usize, &Series)) -> f64 {
        let (mut sum, mut square) = (0.0, 0.0);
        let mut surplus = Surplus::default();
        for k in 0..change.level.len() {
            surplus.follow(self, thruster, change.level[k]);
            if surplus.nothing(change, k) || self.w[k].max() <= 0.0 {
                continue;
            }
            let v = self.changed(given, thruster, change.at(k), k, surplus.kg);
            let own = v.component_mul(&self.w[k]).dot(&v);
            (sum, square) = (sum + own, square + own * own);
        }
        if square > 0.0 { sum * sum / square } else { 0.0 }
    }

    /// What is felt more when an engine's level and turning change, the machine being so much heavier.
    pub fn changed(
        &self,
        given: &Given<'_>,
        thruster: usize,
        [x, u]: [f64; 2],
        k: usize,
        surplus_kg: f64,
    ) -> Six {
        let block = k / BLOCK;
        if surplus_kg.abs() < 0.05 {
            return split(&self.answers[block][thruster][0], x, u);
        }
        // The machine with this mass was another block's; forces go by the mass itself.
        let mass_kg = self.mass_kg[block] + surplus_kg;
        let other = self.block_of(mass_kg, block);
        let ratio = self.mass_kg[other] / mass_kg;
        let mut all = split(&self.answers[other][thruster][0], x, u);
        for (n, one) in given.series.iter().enumerate() {
            if one.level[k] != 0.0 || one.turning[k] != 0.0 {
                all += split(&self.answers[other][n][0], one.level[k], one.turning[k]);
            }
        }
        (0..3).for_each(|n| all[n] *= ratio);
        all - self.model[k]
    }

    /// The block at whose mass the machine was nearest to `mass_kg`.
    fn block_of(&self, mass_kg: f64, block: usize) -> usize {
        let after = self.mass_kg.partition_point(|own| *own > mass_kg);
        let nearest = |n: &usize| (self.mass_kg[*n] - mass_kg).abs();
        let both = [after.saturating_sub(1), after.min(self.mass_kg.len() - 1)];
        both.into_iter().min_by(|a, b| nearest(a).total_cmp(&nearest(b))).unwrap_or(block)
    }

    /// What was felt less a change of one engine's level, mass included.
    pub fn without(
        &self,
        given: &Given<'_>,
        r: &[Six],
        (thruster, change): (usize, &Series),
    ) -> Vec<Six> {
        let mut surplus = Surplus::default();
        let mut out = r.to_vec();
        for (k, rest) in out.iter_mut().enumerate() {
            surplus.follow(self, thruster, change.level[k]);
            if !surplus.nothing(change, k) {
                *rest -= self.changed(given, thruster, change.at(k), k, surplus.kg);
            }
        }
        out
    }
}

/// The stretch that a cycle lies in.
fn stretch(k: usize, cycles: usize) -> usize {
    (k * STRETCHES / cycles.max(1)).min(STRETCHES - 1)
}

/// How much heavier the machine is than commands leave it, kg.
#[derive(Default)]
struct Surplus {
    kg: f64,
}

impl Surplus {
    fn follow(&mut self, fit: &Fit, thruster: usize, change: f64) {
        self.kg -= change * fit.flow_kg[thruster];
    }

    fn nothing(&self, change: &Series, k: usize) -> bool {
        self.kg.abs() < 1e-6 && change.level[k] == 0.0 && change.turning[k] == 0.0
    }
}

/// Sums of the linear model.
struct Normal {
    gram: DMatrix<f64>,
    right: DVector<f64>,
}

impl Normal {
    fn new(prior: &DVector<f64>) -> Self {
        let gram = DMatrix::from_diagonal(&prior.map(|sigma| 1.0 / (sigma * sigma)));
        Self { gram, right: DVector::zeros(COLUMNS) }
    }

    fn add(&mut self, row: &Row, w: &Six, r: &Six) {
        let wr = r.component_mul(w);
        for (place, (i, column)) in row.columns.iter().enumerate() {
            self.right[*i] += column.dot(&wr);
            let wc = column.component_mul(w);
            for (j, other) in row.columns.iter().take(place + 1) {
                self.gram[(*i.max(j), *i.min(j))] += wc.dot(other);
            }
        }
    }

    /// Adds further sums.
    fn join(&mut self, other: &Self) {
        self.gram += &other.gram;
        self.right += &other.right;
    }

    /// Covariance and coefficients.
    fn solved(&self) -> (DMatrix<f64>, DVector<f64>) {
        let whole = DMatrix::from_fn(COLUMNS, COLUMNS, |i, j| self.gram[(i.max(j), i.min(j))]);
        let covariance = inverse(whole);
        let coefficients = &covariance * &self.right;
        (covariance, coefficients)
    }
}

/// What healthy engines should make felt, cycle by cycle.
pub(super) fn model(vehicle: &Vehicle, felt: &Felt, series: &[Series]) -> Vec<Six> {
    let specs = core::array::from_fn::<_, THRUSTERS, _>(|n| engine(vehicle, n));
    let mut out = Vec::with_capacity(felt.pushed.len());
    let mut answers = [Six::zeros(); THRUSTERS];
    for k in 0..felt.pushed.len() {
        if k % BLOCK == 0 {
            let body = &felt.bodies[k / BLOCK];
            answers = specs.map(|spec| {
                let force = Vector3::from(spec.d_B) * spec.thrust_N;
                body.to_force(&Vector3::from(spec.p_BA_B), &force)
            });
        }
        let given = series.iter().zip(&answers);
        let all = given.map(|(one, answer)| split(answer, one.level[k], one.turning[k]));
        out.push(all.fold(Six::zeros(), |sum, one| sum + one));
    }
    out
}

/// Columns of one cycle that are not zero.
#[derive(Default)]
struct Row {
    columns: Vec<(usize, Six)>,
}

impl Row {
    /// Whether a healthy machine's spreads allow what was felt.
    fn expects(&self, prior: &DVector<f64>, w: &Six, r: &Six) -> bool {
        let mut variance = w.map(|w| if w > 0.0 { 1.0 / w } else { f64::INFINITY });
        for (i, column) in &self.columns {
            variance += column.component_mul(column) * (prior[*i] * prior[*i]);
        }
        r.iter().zip(variance.iter()).all(|(r, variance)| r * r < USUAL * USUAL * variance)
    }
}

fn first(s: &Vector3<f64>) -> Six {
    Six::new(s.x, s.y, s.z, 0.0, 0.0, 0.0)
}

/// Standard deviations of the coefficients.
fn prior(dispersions: &Dispersions) -> DVector<f64> {
    let mut out = DVector::zeros(COLUMNS);
    for n in 0..THRUSTERS {
        let own = spread(dispersions, n);
        out[OWN * n] = own.thrust_sigma;
        out[OWN * n + 1] = own.alignment_sigma_rad;
        out[OWN * n + 2] = own.alignment_sigma_rad;
    }
    let (dry, propellant) = (dispersions.dry_mass_sigma_kg, dispersions.propellant_sigma_kg);
    let main = &dispersions.main;
    out[CM] = dispersions.cm_sigma_m;
    out[CM + 1] = dispersions.cm_sigma_m;
    out[MASS] = libm::hypot(dry, propellant);
    out[FLOW] = libm::hypot(main.isp_sigma, main.thrust_sigma);
    let assist = &dispersions.assist;
    out[FLOW + 1] = libm::hypot(assist.isp_sigma, assist.thrust_sigma) / 6.0_f64.sqrt();
    (0..3).for_each(|n| out[BIAS + n] = BIAS_M_S2);
    out[SCALES] = main.thrust_sigma;
    out[SCALES + 1] = dispersions.jets.thrust_sigma;
    for n in 0..6 * STRETCHES {
        out[WANDER + n] = WANDER_SIGMA[n % 6];
    }
    // A spread of nothing is a small one: rounding, and what is not described.
    out.map(|sigma: f64| sigma.max(1e-4))
}

fn inverse(gram: DMatrix<f64>) -> DMatrix<f64> {
    // The prior makes it positive; scaled by its diagonal it is well-conditioned.
    let scale = DVector::from_iterator(COLUMNS, gram.diagonal().iter().map(|x| 1.0 / x.sqrt()));
    let scaled = DMatrix::from_fn(COLUMNS, COLUMNS, |i, j| gram[(i, j)] * scale[i] * scale[j]);
    let solved = scaled.cholesky().map_or_else(
        || DMatrix::from_diagonal(&DVector::repeat(COLUMNS, 1.0)),
        |cholesky| cholesky.inverse(),
    );
    DMatrix::from_fn(COLUMNS, COLUMNS, |i, j| solved[(i, j)] * scale[i] * scale[j])
}
