//! What was found about engines, in the inquiry's words.
//!
//! Owns: faults as files spell them, sentences, what no fault of the library explains. Does not own: the search.
//! As programmed, for the last: against the healthy machine bent to fit, one whose engines may be as strong as they like, and
//! one as its usual cycles have it, each component's variance free in stretches; one number a stretch [Schwarz1978].

use super::exact::Exact;
use super::fit::Fit;
use super::levels::{THRUSTERS, Tick, name};
use super::scan::{Kind, Rough, Tried};
use crate::finding::{Cause, Channel, Fault, Finding, Fitted, Grade, Seen};
use crate::prior;
use icd::time::{Span, Time};
use nalgebra::DVector;

/// Most stretches in which scatter is free, and cycles that one must have.
const STRETCHES: usize = 32;
const CYCLES_MIN: usize = 50;
/// Mean squares up to this say nothing: the model's errors hang together from cycle to cycle. Assumed.
const ALLOWED: f64 = 4.0;
/// Spread of thrust of an engine of which nothing is known.
const FREE: f64 = 0.5;

/// The fault as files spell it.
pub(super) fn fault(tried: &Tried, start: Time) -> Fault {
    let on = name(tried.thruster);
    let kind = tried.kind.name();
    let sizes = prior::sizes(&on, kind);
    let mut number = tried.kind.number();
    // What has a second number, a growth, keeps it as the library has it: none.
    let numbers = sizes.into_iter().map(|size| {
        let (value, sigma) = number.take().map_or((size.typical, 0.0), |x| (x, tried.sigma));
        Fitted { key: size.key, value, sigma }
    });
    Fault {
        cause: Cause { on, kind },
        numbers: numbers.collect(),
        from: (tried.from(start), tried.from_sigma_s),
        until: tried.until_s.map(|s| start + Span::from_s(s)),
    }
}

/// What says so.
pub(super) fn seen(exact: &Exact<'_>, tried: &Tried, start: Time) -> Seen {
    let t = (tried.from_s > 0.0).then(|| tried.from(start));
    if let Kind::Rough(rough) = tried.kind {
        let text = match rough {
            Rough::Noise(sigma) => format!(
                "{} scatters by {:.1} % of its thrust from cycle to cycle",
                name(tried.thruster),
                100.0 * sigma
            ),
            Rough::Dropout(share) => {
                format!("{} misses {:.1} % of its pulses", name(tried.thruster), 100.0 * share)
            }
        };
        return Seen { t, grade: Grade::Derived, text };
    }
    let change = exact.change(tried);
    let own = &exact.given.series[tried.thruster];
    let (mut asked, mut given) = (0.0, 0.0);
    for (x, change) in own.level.iter().zip(&change.level) {
        if *change != 0.0 {
            asked += x;
            given += x + change;
        }
    }
    let (asked_s, given_s) = (asked * 0.02, given * 0.02);
    let spec = super::levels::engine(exact.given.vehicle, tried.thruster);
    let what = match tried.kind {
        Kind::Dead => "gives nothing".to_owned(),
        Kind::StuckOn => "stays open".to_owned(),
        Kind::Scale(factor) => format!("gives {:.1} % of its thrust", 100.0 * factor),
        Kind::Drift(rate) => format!("changes by {:+.4} % a second", 100.0 * rate),
        Kind::Saturation(limit) => format!("gives {:.1} % of its thrust at most", 100.0 * limit),
        Kind::Latency(s) => format!("answers {:.0} ms late", 1000.0 * s),
        Kind::Rough(_) => String::new(),
    };
    let text = format!(
        "{} of {:.0} N {what}: asked for {:.0} N s and felt {:.0} N s where it differs",
        name(tried.thruster),
        spec.thrust_N,
        asked_s * spec.thrust_N,
        given_s * spec.thrust_N,
    );
    Seen { t, grade: Grade::Derived, text }
}

/// The gain of something that the library does not hold: the better of two machines that no fault describes.
pub(super) fn unknown(fit: &Fit, ticks: &[Tick]) -> Option<Finding> {
    let cycles = fit.we.len();
    let stretches = (cycles / CYCLES_MIN).clamp(1, STRETCHES);
    // Twice the logarithms, of a healthy machine bent to fit and of a usual one.
    let bent = |coefficients: &DVector<f64>| {
        let all = coefficients.iter().zip(fit.prior.iter());
        all.map(|(x, sigma)| (x / sigma) * (x / sigma)).sum::<f64>()
    };
    let mut scatters = 0.5 * (bent(&fit.coefficients) - bent(&fit.usual));
    let mut differs = 0.0;
    for n in 0..THRUSTERS {
        let z = fit.coefficients[3 * n] / fit.prior[3 * n];
        differs += (0.5 * z * z - libm::log(FREE / fit.prior[3 * n])).max(0.0);
    }
    let mut worst = (0.0, 0, 0);
    for stretch in 0..stretches {
        let within = stretch * cycles / stretches..(stretch + 1) * cycles / stretches;
        for component in 0..6 {
            let (mut n, mut healthy, mut usual) = (0.0, 0.0, 0.0);
            for k in within.clone() {
                let w = fit.w[k][component];
                if w > 0.0 {
                    n += 1.0;
                    healthy += fit.we[k][component] * fit.we[k][component] / w;
                    usual += fit.we_usual[k][component] * fit.we_usual[k][component] / w;
                }
            }
            let free = |square: f64| {
                let ratio = f64::max(square / f64::max(n, 1.0), 1.0);
                let scattered = n * (1.0 + libm::log(ratio)) + libm::log(n.max(1.0)) + 2.0;
                square.min(scattered.max(ALLOWED * n))
            };
            scatters += 0.5 * (healthy - free(usual));
            differs += 0.5 * (healthy - free(healthy));
            let own = (healthy - free(healthy)) / n.max(1.0);
            worst = if own > worst.0 { (own, stretch, component) } else { worst };
        }
    }
    let at = ticks.get(worst.1 * cycles / stretches);
    let axis = ["x", "y", "z"][worst.2 % 3];
    let what = if worst.2 < 3 { "specific force along" } else { "angular acceleration about" };
    let text = format!("{what} {axis} is not that of the commanded engines");
    let seen = vec![Seen { t: at.map(|tick| tick.t), grade: Grade::Derived, text }];
    let gain = f64::max(scatters, differs);
    Some(Finding { channel: Channel::Thrust, faults: Vec::new(), gain, seen })
}
