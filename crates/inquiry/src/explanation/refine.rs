//! Numbers and beginning of an explanation's faults, refined by flying it again.
//!
//! Owns: [`refine`]. Does not own: what the findings say of them (their means and standard deviations are the prior here).
//! As programmed: maximum a posteriori, number by number: ln p = agreement − Σ z²/2 with z in standard deviations of the
//! finding, tried at the value and one deviation to either side, then at the vertex of the parabola through the three;
//! what is better is kept. Two flights a number and one for the vertex; the noise is the same in all.

use super::Reflown;
use super::refly::{Bench, Recorded, agreement};
use crate::finding::Fault;
use crate::work::Work;
use icd::time::Span;
use rayon::prelude::*;
use rig::scenario::ScenarioError;

/// Numbers that are refined at most: those that are known worst for their size.
const NUMBERS_MAX: usize = 6;
/// A vertex is looked for this far at the most, standard deviations.
const FAR: f64 = 2.0;

/// One number of the faults.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Number(usize, usize),
    From(usize),
}

/// The faults moved by `z` standard deviations in one number.
fn moved(faults: &[Fault], place: Place, z: f64) -> Vec<Fault> {
    let mut out = faults.to_vec();
    match place {
        Place::Number(fault, n) => {
            if let Some(number) = out.get_mut(fault).and_then(|fault| fault.numbers.get_mut(n)) {
                number.value += z * number.sigma;
            }
        }
        Place::From(fault) => {
            if let Some(fault) = out.get_mut(fault) {
                fault.from.0 += Span::from_s(z * fault.from.1);
            }
        }
    }
    out
}

/// What there is to refine, the worst known first.
fn places(faults: &[Fault]) -> Vec<Place> {
    let mut out: Vec<(f64, Place)> = Vec::new();
    for (f, fault) in faults.iter().enumerate() {
        for (n, number) in fault.numbers.iter().enumerate() {
            let share = number.sigma / number.value.abs();
            let known = number.sigma > 0.0 && share.is_finite();
            out.extend(known.then_some((share, Place::Number(f, n))));
        }
        // Seconds of a beginning count as tenths of a minute.
        out.extend((fault.from.1 > 0.0).then_some((fault.from.1 / 10.0, Place::From(f))));
    }
    out.sort_by(|a, b| b.0.total_cmp(&a.0));
    out.truncate(NUMBERS_MAX);
    out.into_iter().map(|(_, place)| place).collect()
}

/// Where the parabola through (−1, a), (0, b), (1, c) is highest; `None` where it has no top.
fn vertex(a: f64, b: f64, c: f64) -> Option<f64> {
    let curvature = a - 2.0 * b + c;
    (curvature < -1e-9).then(|| (0.5 * (a - c) / curvature).clamp(-FAR, FAR))
}

/// The faults with better numbers, and the agreement of their flight with the recorded one.
///
/// # Errors
/// A mission that cannot be flown.
pub fn refine(
    bench: &Bench<'_>,
    work: &Work,
    recorded: &Recorded,
    faults: &[Fault],
) -> Result<(Vec<Fault>, f64, Reflown), ScenarioError> {
    let weigh = |faults: &[Fault], z: f64| {
        let flown = bench.fly(work, faults, 0)?;
        let fits = agreement(recorded, std::slice::from_ref(&flown));
        Ok::<_, ScenarioError>((fits - 0.5 * z * z, fits, flown))
    };
    let mut best = faults.to_vec();
    let (mut top, mut fits, mut flown) = weigh(&best, 0.0)?;
    for place in places(faults) {
        let sides = [-1.0, 1.0].par_iter().map(|z| {
            let tried = moved(&best, place, *z);
            weigh(&tried, *z).map(|weighed| (*z, tried, weighed))
        });
        let mut tried = sides.collect::<Result<Vec<_>, _>>()?;
        let (below, above) = (tried[0].2.0, tried[1].2.0);
        // Prior and agreement are both in the tops; that of this number stands at zero.
        if let Some(z) = vertex(below, top, above) {
            let at = moved(&best, place, z);
            let weighed = weigh(&at, z)?;
            tried.push((z, at, weighed));
        }
        for (_, at, weighed) in tried {
            if weighed.0 > top {
                (best, (top, fits, flown)) = (at, weighed);
            }
        }
        // The next number's prior starts from zero again.
        top = fits;
    }
    Ok((best, fits, flown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Cause, Fitted};
    use icd::time::Time;

    #[test]
    fn the_vertex_of_a_parabola_is_found_and_a_valley_has_none() {
        let f = |x: f64| 3.0 - 2.0 * (x - 0.4) * (x - 0.4);
        assert!((vertex(f(-1.0), f(0.0), f(1.0)).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(vertex(1.0, 0.0, 1.0), None);
        assert_eq!(vertex(0.0, 1.0, 1.99), Some(FAR));
    }

    #[test]
    fn what_is_known_worst_is_refined_first_and_what_is_known_exactly_not() {
        let number = |value, sigma| Fitted { key: String::new(), value, sigma };
        let fault = Fault {
            cause: Cause { on: "rangefinder".into(), kind: "latency" },
            numbers: vec![number(2.0, 0.0), number(1.0, 0.1), number(1.0, 0.5)],
            from: (Time::default(), 0.0),
            until: None,
        };
        assert_eq!(
            places(std::slice::from_ref(&fault)),
            [Place::Number(0, 2), Place::Number(0, 1)]
        );
        let moved = moved(&[fault], Place::Number(0, 2), -1.0);
        assert_eq!(moved[0].numbers[2].value, 0.5);
    }
}
