//! Which value each dispersed input takes in each run.
//!
//! Owns: the list of inputs of a scenario ([`Input`]), the coordinate of each in the unit cube by the scenario's
//! [`Sampling`], correlation between them ([`Design`]); how they are written stands in `written`.
//! Does not own: the laws (`dispersion`), the points of Sobol (`sobol`).
//! As published — Monte Carlo: a stream of its own for each input, or its
//! place in its component's, for each seed and run. Latin hypercube [McKay1979]:
//! u = (π(i) + v)/N, i = 0 … N − 1, π a permutation and v uniform. Scrambled Sobol: `sobol`. Correlation by the Gaussian
//! copula [Nelsen2006]: with standard normal z of the coordinates and L Lᵀ the matrix of the coefficients, the inputs'
//! normal deviates are L z.
//! As programmed: everything is a function of (seed, run, input), so any run can be had alone. π is the swap-or-not
//! shuffle [Hoang2012] keyed by seed and input; the runs after the first N are further hypercubes of N. A row of L holds an
//! input and those before it that it is tied to, so only they are looked at.
//! Refuses: keeping the strata of correlated inputs: the first of them keeps its own, the others have them in
//! z only. The coefficient is that of the normal deviates; for other laws than normal the inputs' own is smaller.

pub(super) mod written;

use super::dispersion::{Dispersed, REFERENCE_RUN};
use super::fault;
use super::reader::unit_of;
use super::scenario::Scenario;
use super::sobol;
use crate::normal;
use std::sync::Arc;
use truth::random::{Given, Stream};
use truth::world::constants::constants;

/// How the coordinates of the runs are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// Every run for itself.
    #[default]
    MonteCarlo,
    /// Each of N equal shares of every input once in N runs.
    LatinHypercube,
    /// The sequence of Sobol, scrambled.
    Sobol,
}

impl Sampling {
    /// All, in the order of their names.
    pub const ALL: [Self; 3] = [Self::MonteCarlo, Self::LatinHypercube, Self::Sobol];

    /// The name in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::MonteCarlo => "monte-carlo",
            Self::LatinHypercube => "latin-hypercube",
            Self::Sobol => "sobol",
        }
    }
}

/// Two inputs that vary together.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation {
    /// Their keys.
    pub between: [String; 2],
    /// Coefficient of correlation of their normal deviates.
    pub coefficient: f64,
}

/// How a scenario is flown many times.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignPlan {
    /// How the coordinates are chosen.
    pub sampling: Sampling,
    /// Runs of a campaign: the shares of a Latin hypercube.
    pub runs: u64,
    /// Which inputs vary together.
    pub correlations: Vec<Correlation>,
    /// Coordinates of inputs that are the same in every run.
    pub point: Vec<(String, f64)>,
}

/// One dispersed input of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name: of a value of the scenario where it is written, as `start.along_m`.
    pub key: String,
    /// Unit as printed; empty for none.
    pub unit: &'static str,
    /// Its law.
    pub value: Dispersed,
}

/// An input as it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Drawing {
    /// What is drawn.
    pub input: Input,
    /// The stream that it is drawn from, and how many normal deviates are drawn there before it.
    pub stream: String,
    pub nth: usize,
    /// What is drawn outside is set to.
    pub limits: (f64, f64),
}

impl Drawing {
    /// A value of the scenario.
    pub fn new(key: &str, stream: &str, value: &Dispersed, limits: (f64, f64)) -> Self {
        let unit = unit_of(key.rsplit('.').next().unwrap_or(key));
        let input = Input { key: key.to_string(), unit, value: value.clone() };
        Self { input, stream: stream.to_string(), nth: 0, limits }
    }

    /// A normal deviate of a stream, which stands for `sigma` of the unit.
    fn nth(key: &str, stream: &str, nth: usize, sigma: f64) -> Self {
        let value = Dispersed::Normal { mean: 0.0, sigma };
        Self { nth, ..Self::new(key, stream, &value, UNBOUNDED) }
    }

    /// Whether there is anything to draw.
    fn spreads(&self) -> bool {
        match self.input.value {
            Dispersed::Fixed(_) => false,
            Dispersed::Normal { sigma, .. } => sigma > 0.0,
            _ => true,
        }
    }

    /// Its name to what scrambles and shuffles.
    fn name(&self) -> String {
        if self.nth == 0 { self.stream.clone() } else { format!("{}.{}", self.stream, self.nth) }
    }
}

/// The plan that gives every run the values of its inputs.
#[derive(Clone, Debug, Default)]
pub struct Design {
    sampling: Sampling,
    runs: u64,
    drawings: Arc<[Drawing]>,
    /// For each input its row of L, as (input, factor); empty for an input on its own.
    rows: Arc<[Vec<(usize, f64)>]>,
    /// The coordinate of each input that has the same in every run.
    point: Arc<[Option<f64>]>,
}

const UNBOUNDED: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
/// What the keys of nature's constants begin with.
const NATURE: &str = "nature.";
/// Where the delivery errors stand, in order; their streams are named by place.
pub(crate) const DELIVERY: [[&str; 3]; 2] = [
    ["start.radial_m", "start.along_m", "start.across_m"],
    ["start.radial_m_s", "start.along_m_s", "start.across_m_s"],
];
/// What orbit determination is wrong by, believed minus true: its six normal deviates in order.
pub(crate) const ORBIT: [[&str; 3]; 2] = [
    ["knowledge.orbit_radial_m", "knowledge.orbit_along_m", "knowledge.orbit_across_m"],
    ["knowledge.orbit_radial_m_s", "knowledge.orbit_along_m_s", "knowledge.orbit_across_m_s"],
];
/// How far the map lies from where the ground is.
pub(crate) const MAP_TIE: [&str; 2] = ["knowledge.map_tie_east_m", "knowledge.map_tie_north_m"];
/// Where the propellant stands.
pub(crate) const PROPELLANT: &str = "start.propellant_kg";

/// Every dispersed value of a scenario.
fn drawings(scenario: &Scenario) -> Vec<Drawing> {
    let start = &scenario.start;
    let capacity_kg = scenario.vehicle.machine.propellant.capacity_kg;
    let stream = format!("scenario.{PROPELLANT}");
    let mut out = vec![Drawing::new(PROPELLANT, &stream, &start.propellant_kg, (0.0, capacity_kg))];
    let both = [(&start.delivery_m, "m"), (&start.delivery_m_s, "m_s")];
    for (keys, (values, unit)) in DELIVERY.iter().zip(both) {
        for (i, (key, value)) in keys.iter().zip(values).enumerate() {
            let stream = format!("scenario.start.delivery_{unit}.{i}");
            out.push(Drawing::new(key, &stream, value, UNBOUNDED));
        }
    }
    out.extend(fault::drawings(&scenario.faults));
    if scenario.truth.dispersions {
        let vehicle = scenario.machine();
        for constant in constants(&vehicle, &scenario.vehicle.dispersions) {
            let key = format!("{NATURE}{}", constant.name);
            out.push(Drawing::nth(&key, &constant.component, constant.nth, constant.sigma));
        }
    }
    let knowledge = &scenario.knowledge;
    let both = [(ORBIT[0], &knowledge.orbit_sigma_m), (ORBIT[1], &knowledge.orbit_sigma_m_s)];
    for (n, (key, sigma)) in
        both.iter().flat_map(|(keys, sigmas)| keys.iter().zip(*sigmas)).enumerate()
    {
        out.push(Drawing::nth(key, "orbit determination", n, *sigma));
    }
    for (n, key) in MAP_TIE.iter().enumerate() {
        out.push(Drawing::nth(key, "map tie", n, knowledge.map_tie_sigma_m));
    }
    out.retain(Drawing::spreads);
    out
}

impl Design {
    /// The design of a scenario. Correlations whose inputs are no longer dispersed are left out.
    pub fn new(scenario: &Scenario) -> Self {
        Self::of(drawings(scenario), &scenario.campaign)
    }

    /// The design of what is drawn.
    pub(super) fn of(mut drawings: Vec<Drawing>, plan: &CampaignPlan) -> Self {
        drawings.retain(Drawing::spreads);
        let mut rows = Rows::new(drawings.len());
        for correlation in &plan.correlations {
            let place = |key: &String| drawings.iter().position(|d| d.input.key == *key);
            if let [Some(one), Some(other)] = [0, 1].map(|i| place(&correlation.between[i])) {
                rows.set(one, other, correlation.coefficient);
            }
        }
        let rows = rows.factor().unwrap_or_else(|_| vec![Vec::new(); drawings.len()]);
        let fixed = |d: &Drawing| plan.point.iter().find(|(key, _)| *key == d.input.key);
        let point = drawings.iter().map(|drawing| fixed(drawing).map(|(_, u)| *u)).collect();
        let (drawings, rows) = (drawings.into(), rows.into());
        Self { sampling: plan.sampling, runs: plan.runs.max(1), drawings, rows, point }
    }

    /// The same with every run at one point of the unit cube; a coordinate that is not there is one half.
    pub fn at_point(&self, mut unit: Vec<f64>) -> Self {
        unit.resize(self.drawings.len(), 0.5);
        Self { point: unit.into_iter().map(Some).collect(), ..self.clone() }
    }

    /// Whether any input has the same coordinate in every run.
    pub fn has_point(&self) -> bool {
        self.point.iter().any(Option::is_some)
    }

    /// The coordinates that are the same in every run, as `[point]` of a scenario file; nothing without.
    pub fn point_toml(&self) -> String {
        let fixed = self.drawings.iter().zip(self.point.iter()).filter_map(|(drawing, u)| {
            let (key, u) = (&drawing.input.key, (*u)?);
            Some(format!("{key:?} = {u:?}\n"))
        });
        let lines: String = fixed.collect();
        if lines.is_empty() { lines } else { format!("[point]\n{lines}") }
    }

    /// Whether an input has its reference in a run: nothing that it is tied to has a coordinate.
    fn is_reference(&self, i: usize, run: u64) -> bool {
        let free = |j: usize| self.point[j].is_none();
        run == REFERENCE_RUN && free(i) && self.rows[i].iter().all(|(j, _)| free(*j))
    }

    /// The inputs.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.drawings.iter().map(|drawing| &drawing.input)
    }

    /// The values of all inputs in one run, in their order.
    pub fn drawn(&self, seed: u64, run: u64) -> Vec<f64> {
        (0..self.drawings.len()).map(|i| self.value(i, seed, run)).collect()
    }

    /// The value of a key in one run: what is fixed is what it is, what this design does not know is drawn from
    /// a stream of its own.
    pub fn draw(&self, key: &str, value: &Dispersed, seed: u64, run: u64) -> f64 {
        if let Dispersed::Fixed(value) = value {
            return *value;
        }
        let place = self.drawings.iter().position(|drawing| drawing.input.key == key);
        match place {
            Some(i) => self.value(i, seed, run),
            None if run == REFERENCE_RUN => value.reference(),
            None => value.from_stream(&mut Stream::new(seed, run, &format!("scenario.{key}"))),
        }
    }

    fn value(&self, i: usize, seed: u64, run: u64) -> f64 {
        let Drawing { input, stream, limits, .. } = &self.drawings[i];
        let law = &input.value;
        if self.is_reference(i, run) {
            return law.reference();
        }
        let value = match self.coordinate(i, seed, run) {
            _ if self.drawings[i].nth > 0 || !self.rows[i].is_empty() => {
                law.at_normal(self.correlated(i, seed, run))
            }
            Some(u) => law.quantile(u),
            None => law.from_stream(&mut Stream::new(seed, run, stream)),
        };
        value.clamp(limits.0, limits.1)
    }

    /// The standard normal deviate behind a key that is normally distributed; that of its stream where this design
    /// does not know the key, zero in the reference run.
    pub(crate) fn normal(
        &self,
        key: &str,
        (stream, nth): (&str, usize),
        seed: u64,
        run: u64,
    ) -> f64 {
        let place = self.drawings.iter().position(|drawing| drawing.input.key == key);
        match place {
            Some(i) => self.correlated(i, seed, run),
            None if run == REFERENCE_RUN => 0.0,
            None => nth_normal(seed, run, stream, nth),
        }
    }

    /// What nature is given for its constants in one run, in place of what it would draw: the same numbers in a
    /// Monte Carlo without correlations.
    pub(crate) fn given(&self, seed: u64, run: u64) -> Vec<Given> {
        let mut out: Vec<Given> = Vec::new();
        for (i, drawing) in self.drawings.iter().enumerate() {
            if !drawing.input.key.starts_with(NATURE) {
                continue;
            }
            let component = &drawing.stream;
            if out.last().is_none_or(|given| given.component != *component) {
                out.push(Given { component: component.clone(), normals: Vec::new() });
            }
            if let Some(given) = out.last_mut() {
                // What does not spread stands between what does.
                let own = |n| nth_normal(seed, run, component, n);
                given.normals.extend((given.normals.len()..drawing.nth).map(own));
                given.normals.push(self.correlated(i, seed, run));
            }
        }
        out
    }

    /// The standard normal deviate of an input.
    fn correlated(&self, i: usize, seed: u64, run: u64) -> f64 {
        if self.rows[i].is_empty() {
            return self.deviate(i, seed, run);
        }
        self.rows[i].iter().map(|(j, factor)| factor * self.deviate(*j, seed, run)).sum()
    }

    /// The standard normal deviate of an input before correlation.
    fn deviate(&self, i: usize, seed: u64, run: u64) -> f64 {
        if run == REFERENCE_RUN && self.point[i].is_none() {
            return 0.0;
        }
        match self.coordinate(i, seed, run) {
            Some(u) => normal::quantile(u),
            None => nth_normal(seed, run, &self.drawings[i].stream, self.drawings[i].nth),
        }
    }

    /// The coordinate of an input in a run, strictly between 0 and 1; `None` for Monte Carlo, which draws from the
    /// law.
    fn coordinate(&self, i: usize, seed: u64, run: u64) -> Option<f64> {
        let name = || self.drawings[i].name();
        let u = match (self.point[i], self.sampling) {
            (Some(u), _) => u,
            (None, Sampling::MonteCarlo) => return None,
            (None, Sampling::LatinHypercube) => {
                stratified(seed, run.wrapping_sub(1), self.runs, &name())
            }
            (None, Sampling::Sobol) => sobol::scrambled(seed, run.wrapping_sub(1), i, &name()),
        };
        Some(u.clamp(f64::MIN_POSITIVE, 1.0 - 0.5 * f64::EPSILON))
    }
}

/// The normal deviate of a stream after `nth` others.
fn nth_normal(seed: u64, run: u64, stream: &str, nth: usize) -> f64 {
    let mut stream = Stream::new(seed, run, stream);
    for _ in 0..nth {
        let _ = stream.normal();
    }
    stream.normal()
}

/// A matrix of coefficients, and its factor.
struct Rows {
    matrix: Vec<Vec<f64>>,
}

impl Rows {
    fn new(n: usize) -> Self {
        let row = |i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
        Self { matrix: (0..n).map(row).collect() }
    }

    fn set(&mut self, one: usize, other: usize, coefficient: f64) {
        self.matrix[one][other] = coefficient;
        self.matrix[other][one] = coefficient;
    }

    /// The rows of the Cholesky factor, without their zeros; rows of the identity are empty. The first row that
    /// cannot be, when the matrix is not positive definite.
    fn factor(&self) -> Result<Vec<Vec<(usize, f64)>>, usize> {
        let n = self.matrix.len();
        let mut L: Vec<Vec<f64>> = vec![vec![0.0; n]; n];
        for i in 0..n {
            for j in 0..=i {
                let inner: f64 = (0..j).map(|k| L[i][k] * L[j][k]).sum();
                let left = self.matrix[i][j] - inner;
                if i != j {
                    L[i][j] = left / L[j][j];
                } else if left > DEFINITE {
                    L[i][i] = left.sqrt();
                } else {
                    return Err(i);
                }
            }
        }
        let alone = |i: usize| (0..n).all(|j| j == i || self.matrix[i][j] == 0.0);
        let sparse = |(i, row): (usize, &Vec<f64>)| {
            let terms = row.iter().copied().enumerate().filter(|(_, factor)| *factor != 0.0);
            if alone(i) { Vec::new() } else { terms.collect() }
        };
        Ok(L.iter().enumerate().map(sparse).collect())
    }
}

/// Least variance that an input may keep of its own beside those that it is tied to. Assumed: rounding.
const DEFINITE: f64 = 1e-12;

/// The coordinate of the `index`-th run in a Latin hypercube of `n`.
fn stratified(seed: u64, index: u64, n: u64, name: &str) -> f64 {
    let (cube, place) = (index / n, index % n);
    let key = Stream::new(seed, cube, &format!("latin hypercube.{name}")).bits();
    let within = Stream::new(seed, index, &format!("latin hypercube within.{name}")).uniform();
    (shuffled(key, place, n) as f64 + within) / n as f64
}

/// Where the swap-or-not shuffle of 0 … n − 1 puts `place`. Cost: two hashes a round.
///
/// A round pairs x with k − x (mod n), k drawn, and swaps each pair by a bit drawn for its larger member. As
/// published, the distance from a random permutation falls by a factor with every few rounds, and rounds in proportion
/// to the bits of n are enough; six to a bit and 24 more are assumed, so that small n are as good.
fn shuffled(key: u64, place: u64, n: u64) -> u64 {
    let rounds = u64::from(24 + 6 * (64 - n.leading_zeros()));
    let mut x = place;
    for round in 0..rounds {
        let mut own = Stream::part(key, round);
        let partner = (own.bits() % n + n - x) % n;
        if Stream::part(own.bits(), x.max(partner)).bits() >> 63 == 1 {
            x = partner;
        }
    }
    x
}

#[cfg(test)]
mod tests;
