//! The evidence of families of causes.
//!
//! Owns: [`Weighed`]. Does not own: the weights (`sampling`), what is told of them (`told`).
//! As programmed: the evidence of so many causes of some families is the sum of their weights over their prior, with the
//! relative variance Σ w²/(Σ w)².

use super::draw::{Kind, Space};
use super::proposal::worth;
use super::sampling::Drawn;
use crate::catalogue::Family;

/// What the points say of so many causes of some families.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// In words.
    pub name: String,
    /// How many causes.
    pub causes: usize,
    /// Their probability before the points.
    pub prior: f64,
    /// ln p(points | these families), and its standard deviation from the number of flights.
    pub ln_evidence: (f64, f64),
}

/// What the points say of each number and families of causes, most probable first.
pub(super) fn evidence(space: &Space, drawn: &[Drawn]) -> Vec<Weighed> {
    let one = |(count, (families, sets)): (usize, Kind)| {
        let of = |d: &&Drawn| {
            let set = d.hypothesis.set();
            set.len() == count && space.families(&set) == families
        };
        let ln: Vec<f64> = drawn.iter().filter(of).map(|d| d.ln_weight).collect();
        let best = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = || ln.iter().map(|ln| libm::exp(ln - best));
        let sum: f64 = weights().sum();
        let sigma = 1.0 / worth(weights()).sqrt();
        let ln_prior = space.ln_prior_of(&sets);
        let names: Vec<&str> = families.iter().map(|family| family.text(None)).collect();
        let nothing = Family::Design.text(None);
        let name = if count == 0 { nothing.to_string() } else { names.join(" and ") };
        let ln_evidence = (best + libm::log(sum) - ln_prior, sigma);
        (!ln.is_empty()).then(|| Weighed {
            name,
            causes: count,
            prior: libm::exp(ln_prior),
            ln_evidence,
        })
    };
    let kinds = (0..=2).flat_map(|count| space.kinds(count).into_iter().map(move |k| (count, k)));
    let mut out: Vec<Weighed> = kinds.filter_map(one).collect();
    let after = |of: &Weighed| libm::log(of.prior) + of.ln_evidence.0;
    out.sort_by(|a, b| after(b).total_cmp(&after(a)).then(a.name.cmp(&b.name)));
    out
}
