//! Two suspects together, where one alone does not explain the innovations.
//!
//! As programmed: the first is held where it fits best alone, the second is tried at every beginning; then the second is held
//! there and the first is tried again. What both have in common at every beginning is one pass backwards over the first's
//! shifts. A fault that ends is held throughout.
//! Refuses: three at once; two that both end other than they do alone.

use super::scan::{Fit, Local};
use super::size::{Two, evidence_of_two, ln_sum_exp};
use super::suspects::Suspect;
use super::system::{Injection, Place, System};
use crate::prior::{SHARE_FOR_GOOD, SHARE_FROM_START};
use nalgebra::{DVector, Matrix3, Vector3};

/// The flight is looked at in so many stretches, each at its best place.
const STRETCHES: usize = 24;
/// Signs that fit so many nats worse are left out.
const DEEP: f64 = 14.0;

/// One of the two: the suspect, how it fits alone, what the readings say of its beginnings.
#[derive(Clone, Copy)]
pub struct One<'a> {
    /// The suspect.
    pub suspect: &'a Suspect,
    /// Alone.
    pub fit: &'a Fit,
    /// By beginning.
    pub locals: &'a [Local],
}

/// Both as they fit best together.
#[derive(Clone, Debug)]
pub struct Pair {
    /// ln of the evidence.
    pub gain: f64,
    /// Each of them, as they were given.
    pub fits: [Fit; 2],
}

/// One of the two where it is held.
struct Held {
    fit: Fit,
    says: Local,
    shifts: Vec<Vec<f64>>,
    /// ln of the weight of its times, those near by included.
    weight: f64,
}

fn held(system: &System, suspect: &Suspect, fit: Fit, weight: f64) -> Held {
    let age_s = fit.until.map(|until| system.t_s(until) - system.t_s(fit.from));
    let ends = age_s.map(|age_s| suspect.ends(age_s));
    let shift = |(n, begins): (usize, Vec<(usize, f64)>)| {
        let mut injections = vec![Injection { place: fit.from, added: begins }];
        if let (Some(place), Some(ends)) = (fit.until, &ends) {
            injections.push(Injection { place, added: ends[n].clone() });
        }
        system.shifts(&injections)
    };
    let shifts: Vec<Vec<f64>> = suspect.begins().into_iter().enumerate().map(shift).collect();
    let nu = system.innovations();
    let (mut h, mut J) = (Vector3::zeros(), Matrix3::zeros());
    for (i, own) in shifts.iter().enumerate() {
        h[i] = system.product(own, &nu);
        for (j, other) in shifts.iter().enumerate() {
            J[(i, j)] = system.product(own, other);
        }
    }
    let says = Local { place: fit.from, h, J };
    Held { fit, says, shifts, weight }
}

/// One beginning of the free suspect beside the held one.
struct Beside {
    place: Place,
    ln: f64,
    signs: [Vec<f64>; 2],
    two: Two,
}

/// All signs of both: evidence, best signs.
fn beside(held: &Held, free: &Local, cross: &Matrix3<f64>, suspects: [&Suspect; 2]) -> Beside {
    let along = |h: &Vector3<f64>, J: &Matrix3<f64>, signs: &[f64]| {
        let u: f64 = signs.iter().enumerate().map(|(i, s)| s * h[i]).sum();
        let terms = signs.iter().enumerate();
        let w: f64 = terms
            .map(|(i, a)| signs.iter().enumerate().map(|(j, b)| a * b * J[(i, j)]).sum::<f64>())
            .sum();
        (u, w.max(0.0))
    };
    let both = |pattern: &Vec<f64>| [pattern.clone(), pattern.iter().map(|s| -s).collect()];
    let all = |suspect: &Suspect| suspect.patterns().iter().flat_map(both).collect::<Vec<_>>();
    let (first, second) = (all(suspects[0]), all(suspects[1]));
    let count = (first.len() * second.len()).max(1) as f64;
    let mut tried = Vec::new();
    for one in &first {
        let (u_a, w_a) = along(&held.says.h, &held.says.J, one);
        for other in &second {
            let (u_b, w_b) = along(&free.h, &free.J, other);
            let c: f64 = one
                .iter()
                .enumerate()
                .map(|(i, a)| {
                    other.iter().enumerate().map(|(j, b)| a * b * cross[(i, j)]).sum::<f64>()
                })
                .sum();
            let two = Two { u: [u_a, u_b], w: [w_a, w_b], c };
            tried.push((ceiling(&two), two, one, other));
        }
    }
    let top = tried.iter().map(|(ln, ..)| *ln).fold(0.0, f64::max);
    tried.retain(|(ln, ..)| *ln > top - DEEP);
    let found = tried.iter().map(|(_, two, one, other)| (evidence_of_two(two), two, one, other));
    let found: Vec<_> = found.collect();
    let terms: Vec<f64> = found.iter().map(|(ln, ..)| *ln).collect();
    let best = found.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    let zero = Two { u: [0.0; 2], w: [0.0; 2], c: 0.0 };
    let (two, signs) = best.map_or((zero, [vec![], vec![]]), |(_, two, one, other)| {
        (**two, [one.to_vec(), other.to_vec()])
    });
    Beside { place: free.place, ln: ln_sum_exp(&terms) - libm::log(count), signs, two }
}

/// No evidence for these signs exceeds this logarithm.
fn ceiling(two: &Two) -> f64 {
    let alone =
        |n: usize| if two.w[n] > 0.0 && two.u[n] > 0.0 { two.u[n].powi(2) / two.w[n] } else { 0.0 };
    let edge = 0.5 * alone(0).max(alone(1));
    match two.best() {
        (ln, [a, b]) if a > 0.0 && b > 0.0 => ln,
        _ => edge,
    }
}

fn crossed(channels: &[Vec<(usize, f64)>], common: &[&DVector<f64>]) -> Matrix3<f64> {
    let mut cross = Matrix3::zeros();
    for (i, own) in common.iter().enumerate() {
        for (j, channel) in channels.iter().enumerate() {
            cross[(i, j)] = channel.iter().map(|(state, by)| by * own[*state]).sum();
        }
    }
    cross
}

/// The free suspect at every beginning beside the held one: the best, and ln of the sum of all with their weights.
fn search(system: &System, held: &Held, of: &Suspect, free: One<'_>) -> Option<(Beside, f64)> {
    let places: Vec<Place> = free.locals.iter().map(|local| local.place).collect();
    let common: Vec<Vec<DVector<f64>>> =
        held.shifts.iter().map(|shifts| system.common(shifts, &places)).collect();
    let begins = free.suspect.begins();
    let flight_s = system.end_s().max(1e-3);
    let mut stretches: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); STRETCHES + 1];
    let mut before_s = 0.0;
    for (n, local) in free.locals.iter().enumerate() {
        let own: Vec<&DVector<f64>> = common.iter().filter_map(|all| all.get(n)).collect();
        let cross = crossed(&begins, &own);
        let t_s = system.t_s(local.place).clamp(0.0, flight_s);
        let share = match n {
            0 => SHARE_FROM_START,
            _ => (1.0 - SHARE_FROM_START) * (t_s - before_s).max(0.0) / flight_s,
        };
        before_s = before_s.max(t_s);
        let place = (t_s / flight_s * STRETCHES as f64) as usize;
        let stretch = if n == 0 { 0 } else { 1 + place.min(STRETCHES - 1) };
        stretches[stretch].push((n, share, quick(held, local, &cross)));
    }
    let at = |stretch: &Vec<(usize, f64, f64)>| {
        let (n, _, top) = *stretch.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
        let own: Vec<&DVector<f64>> = common.iter().filter_map(|all| all.get(n)).collect();
        let cross = crossed(&begins, &own);
        let found = beside(held, &free.locals[n], &cross, [of, free.suspect]);
        let width: f64 = stretch.iter().map(|(_, w, ln)| w * libm::exp(ln - top)).sum();
        let weight = libm::log((width * SHARE_FOR_GOOD).max(f64::MIN_POSITIVE));
        Some((found, weight))
    };
    let tops: Vec<f64> =
        stretches.iter().map(|s| s.iter().map(|(.., ln)| *ln).fold(0.0, f64::max)).collect();
    let top = tops.iter().copied().fold(0.0, f64::max);
    let worth = stretches.iter().zip(&tops).filter(|(_, own)| **own > top - DEEP);
    let found: Vec<(Beside, f64)> = worth.filter_map(|(stretch, _)| at(stretch)).collect();
    let terms: Vec<f64> = found.iter().map(|(beside, weight)| beside.ln + weight).collect();
    let whole = ln_sum_exp(&terms);
    let best = found.into_iter().max_by(|a, b| (a.0.ln + a.1).total_cmp(&(b.0.ln + b.1)))?;
    Some((best.0, whole))
}

/// Largest of the likelihood over all sizes of all channels: a quick look.
fn quick(held: &Held, free: &Local, cross: &Matrix3<f64>) -> f64 {
    let mut J = nalgebra::Matrix6::<f64>::zeros();
    J.fixed_view_mut::<3, 3>(0, 0).copy_from(&held.says.J);
    J.fixed_view_mut::<3, 3>(3, 3).copy_from(&free.J);
    J.fixed_view_mut::<3, 3>(0, 3).copy_from(cross);
    J.fixed_view_mut::<3, 3>(3, 0).copy_from(&cross.transpose());
    // Sizes far from the typical one are not wanted: a wide prior holds what the readings do not.
    for n in 0..6 {
        J[(n, n)] += 1e-4;
    }
    let mut h = nalgebra::Vector6::<f64>::zeros();
    h.fixed_rows_mut::<3>(0).copy_from(&held.says.h);
    h.fixed_rows_mut::<3>(3).copy_from(&free.h);
    J.cholesky().map_or(0.0, |root| 0.5 * h.dot(&root.solve(&h)))
}

/// The most probable sizes and their standard deviations: those of the likelihood, kept positive.
fn sizes(two: &Two) -> ([f64; 2], [f64; 2]) {
    let (_, best) = two.best();
    let det = (two.w[0] * two.w[1] - two.c * two.c).max(f64::MIN_POSITIVE);
    let sigma = [(two.w[1] / det).sqrt(), (two.w[0] / det).sqrt()];
    if best.iter().all(|a| *a > 0.0) {
        return (best, sigma);
    }
    let one = [super::size::fitted(two.u[0], two.w[0]), super::size::fitted(two.u[1], two.w[1])];
    ([one[0].0, one[1].0], [one[0].1, one[1].1])
}

/// Whether the first of two is the one that is held first.
fn order(ones: &[One<'_>; 2]) -> bool {
    let [first, second] = ones;
    match (first.fit.until, second.fit.until) {
        (None, Some(_)) => false,
        (Some(_), _) => true,
        _ => first.fit.gain >= second.fit.gain,
    }
}

/// Both together.
pub fn pair(system: &System, first: One<'_>, second: One<'_>) -> Option<Pair> {
    // Held is what explains more alone; one that ends is held always.
    let (a, b) = if order(&[first, second]) { (first, second) } else { (second, first) };
    let own = held(system, a.suspect, a.fit.clone(), a.fit.gain - a.fit.here);
    let (found, whole) = search(system, &own, a.suspect, b)?;
    let of_b = Fit { from: found.place, until: None, here: found.ln, ..b.fit.clone() };
    let swap = !order(&[first, second]);
    if a.fit.until.is_some() {
        return Some(joined(whole + own.weight, [a.fit.clone(), of_b], &found, false, swap));
    }
    let other = held(system, b.suspect, of_b, whole - found.ln);
    let (again, whole) = search(system, &other, b.suspect, a)?;
    let of_a = Fit { from: again.place, until: None, ..a.fit.clone() };
    Some(joined(whole + other.weight, [of_a, other.fit], &again, true, swap))
}

fn joined(gain: f64, mut fits: [Fit; 2], found: &Beside, turned: bool, swap: bool) -> Pair {
    let (size, sigma) = sizes(&found.two);
    for (n, fit) in fits.iter_mut().enumerate() {
        let place = if turned { 1 - n } else { n };
        fit.size = size[place];
        fit.sigma = sigma[place];
        fit.pattern.clone_from(&found.signs[place]);
    }
    if swap {
        fits.reverse();
    }
    Pair { gain, fits }
}
