//! What is tried whatever the search over windows finds.
//!
//! Owns: [`from_the_start`], [`from_the_oddities`], [`after`], [`late`], [`twin`]. Does not own: the search (`scan`), the exact answer (`exact`).
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
/// And a growth, 1/s.
const GROWTH: f64 = 1e-3;
/// A healthy machine is left where more than so many cycles are unusual, each less than so many from the next; and how many
/// such stretches are looked at.
const ODD: usize = 12;
const APART: usize = 50;
const STRETCHES: usize = 3;
/// An engine that gives less than this share for no longer than so many seconds may answer late since.
const GAP: (f64, f64) = (0.5, 2.0);

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
    let kinds = factors.map(|factor| Kind::Scale(*factor)).chain([Kind::Dead, Kind::StuckOn]);
    let begins = libm::log(SHARE_FROM_START);
    kinds.map(|kind| guess(thruster, kind, (0.0, 0.0), begins)).collect()
}

/// What one engine may have had since the moments at which a healthy machine was left.
pub(super) fn from_the_oddities(fit: &Fit, thruster: usize, flight_s: f64) -> Vec<Tried> {
    let factors: &[f64] = if thruster <= ASSIST_ENGINES { &FACTORS } else { &[] };
    let kinds = || factors.iter().map(|factor| Kind::Scale(*factor));
    let begins = libm::log((1.0 - SHARE_FROM_START) * GROUP_S / flight_s.max(GROUP_S));
    let from = |first: usize| {
        let from_s = first as f64 * CYCLE.s();
        let kinds =
            kinds().chain([Kind::Dead, Kind::StuckOn, Kind::Drift(GROWTH), Kind::Drift(-GROWTH)]);
        kinds.map(move |kind| guess(thruster, kind, (from_s, GROUP_S), begins))
    };
    oddities(&fit.unusual).into_iter().flat_map(from).collect()
}

/// The other name of what makes an engine weaker: one that is always told to burn at full thrust cannot tell them apart.
pub(super) fn twin(one: &Tried) -> Option<Tried> {
    let kind = match one.kind {
        Kind::Scale(factor) if (0.0..1.0).contains(&factor) => Kind::Saturation(factor),
        Kind::Saturation(limit) => Kind::Scale(limit),
        _ => return None,
    };
    let on = name(one.thruster);
    let occam = one.occam + size(&on, kind, one.sigma) - size(&on, one.kind, one.sigma);
    Some(Tried { kind, occam, ..*one })
}

/// What is dead by another name by its own.
pub(super) fn named(one: Tried) -> Tried {
    if !one.kind.is_dead() {
        return one;
    }
    let own = size(&name(one.thruster), one.kind, one.sigma);
    Tried { kind: Kind::Dead, sigma: 0.0, occam: one.occam - own, ..one }
}

/// What acts from where another ends, the other way: what has acted since changed the healthy machine that the other was
/// held against.
pub(super) fn after(one: &Tried) -> Option<Tried> {
    let (Kind::Scale(factor), Some(until_s)) = (one.kind, one.until_s) else { return None };
    let kind = Kind::Scale(1.0 / factor.clamp(0.1, 10.0));
    Some(Tried { kind, from_s: until_s, until_s: None, ..*one })
}

/// An engine that becomes late while it burns stops until its late commands come, and goes on.
pub(super) fn late(one: &Tried) -> Option<Tried> {
    let (share, longest_s) = GAP;
    let gone = match one.kind {
        Kind::Dead => true,
        Kind::Scale(left) | Kind::Saturation(left) => left < share,
        _ => false,
    };
    let latency_s = one.until_s.filter(|_| gone && one.from_s > 0.0)? - one.from_s;
    let kind = Kind::Latency(latency_s);
    let on = name(one.thruster);
    let sigma = GROUP_S;
    let occam = one.occam + size(&on, kind, sigma) - size(&on, one.kind, one.sigma);
    (latency_s < longest_s).then_some(Tried { kind, sigma, until_s: None, occam, ..*one })
}

/// First cycles of stretches in which a healthy machine is left often, the first ones of the flight.
fn oddities(unusual: &[bool]) -> Vec<usize> {
    let mut out: Vec<(usize, usize, usize)> = Vec::new();
    for (k, _) in unusual.iter().enumerate().filter(|(_, odd)| **odd) {
        match out.last_mut() {
            Some((_, last, count)) if k - *last < APART => (*last, *count) = (k, *count + 1),
            _ => out.push((k, k, 1)),
        }
    }
    let many = out.into_iter().filter(|(first, _, count)| *first > 0 && *count > ODD);
    many.map(|(first, ..)| first).take(STRETCHES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_begin_with_their_first_odd_cycle_however_thin_they_are() {
        let mut unusual = vec![false; 2000];
        // Now and then, for long; a moment; every cycle.
        (300..900).step_by(7).for_each(|k| unusual[k] = true);
        unusual[1200..1205].fill(true);
        unusual[1500..1600].fill(true);
        assert_eq!(oddities(&unusual), [300, 1500]);
        assert_eq!(oddities(&[false; 100]), [0; 0]);
    }

    #[test]
    fn a_weaker_engine_has_two_names() {
        let weak = guess(0, Kind::Scale(0.4), (100.0, 1.0), 0.0);
        let limited = twin(&weak).unwrap();
        assert_eq!((limited.kind, limited.from_s), (Kind::Saturation(0.4), 100.0));
        let back = twin(&limited).unwrap();
        assert_eq!(back.kind, weak.kind);
        assert!((back.occam - weak.occam).abs() < 1e-9, "each has its own prior");
        for other in [Kind::Scale(1.2), Kind::Scale(-0.1), Kind::Dead, Kind::Latency(0.1)] {
            assert!(twin(&Tried { kind: other, ..weak }).is_none(), "{other:?}");
        }
    }

    #[test]
    fn an_engine_that_is_gone_for_a_moment_may_be_late_since() {
        let gone = Tried { until_s: Some(744.3), ..guess(0, Kind::Scale(0.14), (744.0, 0.1), 0.0) };
        let late = late(&gone).unwrap();
        assert!(matches!(late.kind, Kind::Latency(s) if (s - 0.3).abs() < 1e-9));
        assert_eq!((late.from_s, late.until_s), (744.0, None));
        for other in [
            Tried { kind: Kind::Scale(0.8), ..gone },
            Tried { until_s: None, ..gone },
            Tried { until_s: Some(750.0), ..gone },
            Tried { from_s: 0.0, ..gone },
        ] {
            assert!(super::late(&other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn after_what_seems_too_strong_for_a_while_an_engine_is_too_weak_for_good() {
        let one = guess(0, Kind::Scale(1.25), (100.0, 1.0), 0.0);
        assert_eq!(after(&one).map(|other| other.from_s), None);
        let ended = Tried { until_s: Some(130.0), ..one };
        let other = after(&ended).unwrap();
        assert_eq!((other.from_s, other.until_s), (130.0, None));
        assert!(matches!(other.kind, Kind::Scale(factor) if (factor - 0.8).abs() < 1e-12));
        assert!(after(&Tried { kind: Kind::Dead, ..ended }).is_none());
    }
}
