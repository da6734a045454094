//! One suspect against the innovations: every beginning, every end, every size.
//!
//! As programmed: what innovations say of a beginning is a row of [`super::system::Adjoint`]. An end is the same error with
//! the other sign; what both have in common is the error carried from beginning to end through the filter, on a grid of
//! nodes, refined about the best. Evidence is summed over beginnings and ends with the weights of [`crate::prior`].

use super::size::{evidence, fitted, ln_sum_exp};
use super::suspects::Suspect;
use super::system::{Place, System};
use super::window::refine;
use crate::prior::{DURATION_S, SHARE_FOR_GOOD, SHARE_FROM_START};
use nalgebra::{DMatrix, DVector, Matrix3, Vector3};
use rayon::prelude::*;

/// Least distance of nodes, s, and most of them.
pub const NODE_S: f64 = 1.0;
/// See [`NODE_S`].
pub const NODES: usize = 400;
/// What lies so many nats below the best is not worth a sum.
const DEEP: f64 = 20.0;
/// A window between nodes is moved to where it fits best from this share of the evidence for one that lasts. Assumed.
const COARSE: f64 = 0.9;
/// Evidence that cannot exceed this is looked at here and there only.
const FAINT: f64 = 2.0;
/// One of so many of these.
const STRIDE: usize = 16;

/// What the readings say of a suspect that begins at a place: its channels alone.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    /// Where.
    pub place: Place,
    /// Σ gᵀν/S.
    pub h: Vector3<f64>,
    /// Σ gᵀg/S.
    pub J: Matrix3<f64>,
}

/// What the readings say of anything that begins at a node.
pub struct Node {
    /// Where.
    pub place: Place,
    /// When, s.
    pub t_s: f64,
    h: DVector<f64>,
    J: DMatrix<f64>,
}

/// What one backward pass leaves.
pub struct Pass {
    /// By suspect, in the order of time; the first is the start.
    pub locals: Vec<Vec<Local>>,
    /// Nodes, in the order of time; the first is the start.
    pub nodes: Vec<Node>,
}

/// One suspect with signs, size and times as they fit best.
#[derive(Clone, Debug)]
pub struct Fit {
    /// ln of the evidence, everything integrated out.
    pub gain: f64,
    /// ln of the evidence for these times alone.
    pub here: f64,
    /// Beginning; the place before everything for "from the start".
    pub from: Place,
    /// Its standard deviation, s.
    pub sigma_s: f64,
    /// End.
    pub until: Option<Place>,
    /// Signs of the channels.
    pub pattern: Vec<f64>,
    /// Size in units of the typical one.
    pub size: f64,
    /// Its standard deviation.
    pub sigma: f64,
}

/// Best signs and mean evidence.
#[derive(Clone, Debug)]
pub struct Signed {
    /// ln of the evidence, signs and size integrated out.
    pub ln: f64,
    /// Best signs, and u and w of them.
    pub pattern: Vec<f64>,
    /// As [`super::size::evidence`] takes it.
    pub u: f64,
    /// As [`super::size::evidence`] takes it.
    pub w: f64,
}

fn along(h: &Vector3<f64>, J: &Matrix3<f64>, pattern: &[f64]) -> (f64, f64) {
    let (mut u, mut w) = (0.0, 0.0);
    for (i, a) in pattern.iter().enumerate() {
        u += a * h[i];
        for (j, b) in pattern.iter().enumerate() {
            w += a * b * J[(i, j)];
        }
    }
    (u, w.max(0.0))
}

/// No evidence of these readings exceeds this logarithm.
fn bound(h: &Vector3<f64>, J: &Matrix3<f64>, patterns: &[Vec<f64>]) -> f64 {
    let one = |pattern: &Vec<f64>| {
        let (u, w) = along(h, J, pattern);
        if w > 0.0 { 0.5 * u * u / w } else { 0.0 }
    };
    patterns.iter().map(one).fold(0.0, f64::max)
}

/// Evidence over all signs and sizes.
pub fn signed(h: &Vector3<f64>, J: &Matrix3<f64>, patterns: &[Vec<f64>]) -> Signed {
    let mut terms = Vec::with_capacity(2 * patterns.len());
    let mut best: Option<(f64, Vec<f64>, f64, f64)> = None;
    for pattern in patterns {
        let (u, w) = along(h, J, pattern);
        for sign in [1.0, -1.0] {
            let term = evidence(sign * u, w);
            terms.push(term);
            if best.as_ref().is_none_or(|(top, ..)| term > *top) {
                best = Some((term, pattern.iter().map(|s| s * sign).collect(), sign * u, w));
            }
        }
    }
    let ln = ln_sum_exp(&terms) - libm::log(terms.len().max(1) as f64);
    let (_, pattern, u, w) = best.unwrap_or_default();
    Signed { ln, pattern, u, w }
}

/// Where nodes stand: the start, then epochs at least so far apart.
fn node_places(system: &System) -> Vec<Place> {
    let step_s = NODE_S.max(system.end_s() / NODES as f64);
    let mut out = Vec::new();
    let mut next_s = f64::NEG_INFINITY;
    for (k, epoch) in system.epochs.iter().enumerate() {
        if k == 0 || epoch.t_s >= next_s {
            out.push(Place::before(k));
            next_s = epoch.t_s + if k == 0 { 0.0 } else { step_s };
        }
    }
    out
}

/// Goes through the flight backwards once, for all suspects.
pub fn pass(system: &System, suspects: &[Suspect]) -> Pass {
    let places = node_places(system);
    let mut next = places.iter().rev().peekable();
    let mut locals: Vec<Vec<Local>> = vec![Vec::new(); suspects.len()];
    let mut nodes = Vec::with_capacity(places.len());
    let grown = suspects.iter().flat_map(|suspect| &suspect.grows);
    let grown = grown.filter_map(|state| system.growing.iter().position(|own| own == state));
    let growing: Vec<usize> = grown.collect();
    system.backwards(&growing, |place, h, J| {
        if next.next_if(|node| **node == place).is_some() {
            let t_s = system.t_s(place);
            nodes.push(Node { place, t_s, h: h.clone(), J: J.clone() });
        }
        let device = system.epochs[place.epoch].readings.get(place.reading).map(|r| r.device);
        for (suspect, out) in suspects.iter().zip(&mut locals) {
            if place.reading == 0 || device == Some(suspect.device) {
                let (h, J) = restricted(&suspect.begins(), h, J);
                out.push(Local { place, h, J });
            }
        }
    });
    nodes.reverse();
    locals.iter_mut().for_each(|own| own.reverse());
    Pass { locals, nodes }
}

/// What all states say, seen by the channels alone.
fn restricted(
    channels: &[Vec<(usize, f64)>],
    h: &DVector<f64>,
    J: &DMatrix<f64>,
) -> (Vector3<f64>, Matrix3<f64>) {
    let (mut own_h, mut own_J) = (Vector3::zeros(), Matrix3::zeros());
    for (i, one) in channels.iter().enumerate() {
        own_h[i] = one.iter().map(|(state, by)| h[*state] * by).sum();
        for (j, other) in channels.iter().enumerate() {
            let terms = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
            own_J[(i, j)] = terms.map(|(a, b)| a.1 * b.1 * J[(a.0, b.0)]).sum();
        }
    }
    (own_h, own_J)
}

/// Logarithms of the evidence for every beginning that lasts, with the logarithms of their weights; the start first.
/// What cannot count is looked at here and there.
pub fn beginnings(system: &System, suspect: &Suspect, locals: &[Local]) -> Vec<(usize, f64, f64)> {
    let patterns = suspect.patterns();
    let bounds: Vec<f64> = locals.iter().map(|own| bound(&own.h, &own.J, &patterns)).collect();
    let top = bounds.iter().copied().fold(0.0, f64::max);
    let flight_s = system.end_s().max(1e-3);
    let mut out = Vec::new();
    let (mut before_s, mut skipped_s) = (0.0, 0.0);
    for (n, own) in locals.iter().enumerate() {
        let t_s = system.t_s(own.place).clamp(0.0, flight_s);
        let width_s = (t_s - before_s).max(0.0) + skipped_s;
        before_s = before_s.max(t_s);
        let counts = bounds[n] > FAINT && bounds[n] > top - DEEP;
        if n > 0 && !counts && n % STRIDE != 0 && n + 1 != locals.len() {
            skipped_s = width_s;
            continue;
        }
        skipped_s = 0.0;
        let share =
            if n == 0 { SHARE_FROM_START } else { (1.0 - SHARE_FROM_START) * width_s / flight_s };
        if share > 0.0 {
            out.push((n, signed(&own.h, &own.J, &patterns).ln, libm::log(share)));
        }
    }
    out
}

/// A suspect that ends: evidence over all pairs of nodes, and the best of them.
struct Windows {
    /// ln of the weighted sum, with the share of the law that the grid covers.
    terms: Vec<f64>,
    covered: f64,
    best: Option<(f64, Place, Place)>,
}

impl Windows {
    fn join(mut self, other: Self) -> Self {
        self.terms.extend(other.terms);
        self.covered += other.covered;
        if other.best.is_some_and(|(ln, ..)| self.best.is_none_or(|(own, ..)| ln > own)) {
            self.best = other.best;
        }
        self
    }
}

fn windows(system: &System, suspect: &Suspect, nodes: &[Node]) -> Windows {
    let patterns = suspect.patterns();
    let from_node = |a: usize| windows_from(system, suspect, &patterns, nodes, a);
    let parts: Vec<Windows> = (0..nodes.len()).into_par_iter().map(from_node).collect();
    let none = Windows { terms: Vec::new(), covered: 0.0, best: None };
    parts.into_iter().fold(none, Windows::join)
}

fn windows_from(
    system: &System,
    suspect: &Suspect,
    patterns: &[Vec<f64>],
    nodes: &[Node],
    a: usize,
) -> Windows {
    let mut out = Windows { terms: Vec::new(), covered: 0.0, best: None };
    let flight_s = system.end_s().max(1e-3);
    let (least_s, longest_s) = DURATION_S;
    let own = &nodes[a];
    let before_s = if a > 0 { nodes[a - 1].t_s } else { 0.0 };
    let share = match a {
        0 => SHARE_FROM_START,
        _ => (1.0 - SHARE_FROM_START) * (own.t_s - before_s) / flight_s,
    };
    let begins = suspect.begins();
    let (h_a, J_a) = restricted(&begins, &own.h, &own.J);
    let mut columns: Vec<Vec<f64>> = begins.iter().map(|added| column(system, added)).collect();
    let mut last_s = least_s;
    let mut at = own.place.epoch;
    for node in nodes.iter().skip(a + 1) {
        let age_s = node.t_s - own.t_s;
        if age_s > longest_s {
            break;
        }
        if age_s <= last_s {
            continue;
        }
        carry_to(system, &mut columns, &mut at, node.place.epoch);
        let law = libm::log(age_s / last_s) / libm::log(longest_s / least_s);
        last_s = age_s;
        let weight = share * law;
        if weight <= 0.0 {
            continue;
        }
        out.covered += weight;
        let (h, J) = ended(suspect, &columns, node, age_s, (h_a, J_a));
        if bound(&h, &J, patterns) < FAINT && !out.terms.len().is_multiple_of(STRIDE) {
            out.terms.push(libm::log(weight)); // evidence near one: not worth the sum
            continue;
        }
        let ln = signed(&h, &J, patterns).ln + libm::log(weight);
        out.terms.push(ln);
        if out.best.is_none_or(|(top, ..)| ln > top) {
            out.best = Some((ln, own.place, node.place));
        }
    }
    out
}

fn column(system: &System, added: &[(usize, f64)]) -> Vec<f64> {
    let mut column = vec![0.0; system.width()];
    added.iter().for_each(|(state, by)| column[*state] += by);
    column
}

/// Carries columns from before the readings of one epoch to before those of another.
fn carry_to(system: &System, columns: &mut [Vec<f64>], at: &mut usize, to: usize) {
    while *at < to {
        for column in columns.iter_mut() {
            system.pass(*at, column);
            system.carry(*at + 1, column);
        }
        *at += 1;
    }
}

/// What the readings say of an error that began earlier, is `columns` now and ends here.
fn ended(
    suspect: &Suspect,
    columns: &[Vec<f64>],
    node: &Node,
    age_s: f64,
    (h_a, J_a): (Vector3<f64>, Matrix3<f64>),
) -> (Vector3<f64>, Matrix3<f64>) {
    let ends = suspect.ends(age_s);
    let (h_b, J_b) = restricted(&ends, &node.h, &node.J);
    let mut cross = Matrix3::zeros();
    for (j, end) in ends.iter().enumerate() {
        for (i, column) in columns.iter().enumerate() {
            for (state, by) in end {
                let along: f64 = node.J.column(*state).iter().zip(column).map(|(J, e)| J * e).sum();
                cross[(i, j)] += by * along;
            }
        }
    }
    (h_a + h_b, J_a + J_b + cross + cross.transpose())
}

/// All of one suspect: its evidence, and when, how large it fits best; `known`: a window in which it may act.
pub fn scan(
    system: &System,
    suspect: &Suspect,
    locals: &[Local],
    nodes: &[Node],
    known: Option<(Place, Place)>,
) -> Option<Fit> {
    let lasting = lasting(system, suspect, locals)?;
    let mut fit = lasting.clone();
    let mut terms = vec![lasting.gain];
    let passing = windows(system, suspect, nodes);
    let ends = libm::log(1.0 - SHARE_FOR_GOOD);
    let mut passed = ln_sum_exp(&passing.terms);
    let rest = (1.0 - SHARE_FOR_GOOD) * (1.0 - passing.covered).max(0.0);
    terms.push(libm::log(rest.max(f64::MIN_POSITIVE)));
    // The larger an error the more its window loses between two nodes.
    let least = (lasting.gain - DEEP).min(COARSE * lasting.gain).max(FAINT);
    let coarse = passing.best.filter(|(ln, ..)| ln + ends > least);
    let mut top = lasting.gain;
    for (from, until) in coarse.map(|(_, from, until)| (from, until)).into_iter().chain(known) {
        let fine = refine(system, suspect, from, until);
        passed = passed.max(fine.weight); // the same window, seen sharper
        if fine.weight + ends > top {
            top = fine.weight + ends;
            fit = fit_of(suspect, &fine.local, &fine.local, Some(fine.until));
            fit.sigma_s = fine.sigma_s;
        }
    }
    terms.push(passed + ends);
    fit.gain = ln_sum_exp(&terms);
    Some(fit)
}

/// A suspect that acts from the start and lasts.
pub fn from_start(suspect: &Suspect, locals: &[Local]) -> Option<Fit> {
    let own = locals.first()?;
    Some(fit_of(suspect, own, own, None))
}

/// A suspect that lasts: when, how large it fits best, its evidence.
pub fn lasting(system: &System, suspect: &Suspect, locals: &[Local]) -> Option<Fit> {
    let all = beginnings(system, suspect, locals);
    let best = all.iter().max_by(|a, b| (a.1 + a.2).total_cmp(&(b.1 + b.2)))?;
    let own = locals.get(best.0)?;
    let mut fit = fit_of(suspect, own, own, None);
    fit.sigma_s = spread_s(system, locals, &all, best.0);
    let terms: Vec<f64> = all.iter().map(|(_, ln, weight)| ln + weight).collect();
    fit.gain = ln_sum_exp(&terms) + libm::log(SHARE_FOR_GOOD);
    Some(fit)
}

fn fit_of(suspect: &Suspect, from: &Local, says: &Local, until: Option<Place>) -> Fit {
    let signed = signed(&says.h, &says.J, &suspect.patterns());
    let (size, sigma) = fitted(signed.u, signed.w);
    Fit {
        gain: 0.0,
        here: signed.ln,
        from: from.place,
        sigma_s: 0.0,
        until,
        pattern: signed.pattern,
        size,
        sigma,
    }
}

/// Standard deviation of the beginning; 0 when it is the start.
fn spread_s(system: &System, locals: &[Local], all: &[(usize, f64, f64)], best: usize) -> f64 {
    if best == 0 {
        return 0.0;
    }
    let top = all.iter().map(|(_, ln, weight)| ln + weight).fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut mean, mut square) = (0.0, 0.0, 0.0);
    for (n, ln, weight) in all.iter().filter(|(n, ..)| *n > 0) {
        let p = libm::exp(ln + weight - top);
        let t_s = system.t_s(locals[*n].place);
        sum += p;
        mean += p * t_s;
        square += p * t_s * t_s;
    }
    (square / sum - (mean / sum) * (mean / sum)).max(0.0).sqrt().max(0.02)
}
