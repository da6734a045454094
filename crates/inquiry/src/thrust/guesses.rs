//! What is tried whatever the search over windows finds.
//!
//! Owns: [`from_the_start`], [`from_the_first_oddity`]. Does not own: the search (`scan`), the exact answer (`exact`).
//! As programmed: nothing shows the beginning of what acts from the start, and the search may miss a fault that hides
//! behind a level of nothing or all for a while: such faults of every engine are looked at by themselves.

use super::fit::Fit;
use super::levels::name;
use super::scan::{GROUP_S, Kind, Tried, size};
use crate::prior::{SHARE_FOR_GOOD, SHARE_FROM_START};
use icd::bus::{ASSIST_ENGINES, CYCLE};

/// Factors that are looked at, and how well a guessed one is known.
const FACTORS: [f64; 4] = [0.4, 0.7, 0.87, 1.15];
const SIGMA_GUESSED: f64 = 1e-3;
/// A healthy machine is left for good where most of so many cycles are unusual.
const ODD: usize = 25;

/// A guess that lasts; `ln_begins`: of the prior of its beginning.
fn guess(thruster: usize, kind: Kind, (from_s, from_sigma_s): (f64, f64), ln_begins: f64) -> Tried {
    let size = size(&name(thruster), kind, SIGMA_GUESSED);
    Tried {
        thruster,
        kind,
        sigma: SIGMA_GUESSED,
        from_s,
        from_sigma_s,
        until_s: None,
        at_best: 0.0,
        occam: size + ln_begins + libm::log(SHARE_FOR_GOOD),
    }
}

/// What one engine may have had from the start and for good.
pub(super) fn from_the_start(fit: &Fit, thruster: usize, gross: bool) -> Vec<Tried> {
    let fitted = 1.0 + fit.coefficients[3 * thruster];
    let others: &[f64] = if gross && thruster <= ASSIST_ENGINES { &FACTORS } else { &[] };
    let factors = others.iter().chain([&fitted]).filter(|factor| (**factor - 1.0).abs() > 1e-3);
    let kinds = factors.map(|factor| Kind::Scale(*factor)).chain([Kind::Dead]);
    let begins = libm::log(SHARE_FROM_START);
    kinds.map(|kind| guess(thruster, kind, (0.0, 0.0), begins)).collect()
}

/// What one engine may have had since the first moment at which a healthy machine was left for good.
pub(super) fn from_the_first_oddity(fit: &Fit, thruster: usize, flight_s: f64) -> Vec<Tried> {
    let many = |around: &[bool]| around.iter().filter(|odd| **odd).count() > ODD / 2;
    let first = fit.unusual.windows(ODD).position(many);
    let odd = |first: usize| (first..first + ODD).find(|k| fit.unusual[*k]);
    let Some(first) = first.and_then(odd).filter(|first| *first > 0) else { return Vec::new() };
    let from_s = first as f64 * CYCLE.s();
    let factors: &[f64] = if thruster <= ASSIST_ENGINES { &FACTORS } else { &[] };
    let kinds = factors.iter().map(|factor| Kind::Scale(*factor));
    let begins = libm::log((1.0 - SHARE_FROM_START) * GROUP_S / flight_s.max(GROUP_S));
    let kinds = kinds.chain([Kind::Dead, Kind::StuckOn]);
    kinds.map(|kind| guess(thruster, kind, (from_s, GROUP_S), begins)).collect()
}
