//! Causes as people group them: how probable before anything is seen, which cannot be told apart, families, words.
//!
//! Owns: [`ln_prior`], [`class`], [`Family`], [`words`]. Does not own: what a kind does (`truth::faulty`), laws of sizes
//! and onsets (`prior`).
//! As programmed: without faults [`NONE`] of the flights that are looked into; every further fault a tenth as probable as
//! the one before; of each kind of each device the same share, which like devices divide between them. Assumed: of the
//! eleven losses and near losses of 1999 to 2025 that the scenarios reproduce, about half had no broken part, and
//! two faults at once are rare and not unheard of.

use crate::finding::{Cause, Channel, Device, Fault, Fitted};
use rig::severity::SEVERITIES;
use std::collections::BTreeSet;

/// Share of the flights looked into in which nothing broke, before anything is seen; assumed.
const NONE: f64 = 0.5;
/// Each further fault makes a combination this much less probable; assumed.
const FURTHER: f64 = 0.1;
/// Share of what failed that is not in the library; assumed.
const OUTSIDE: f64 = 0.05;
/// Kinds of the library beside `SEVERITIES`: two restarts of the computer, and the start of navigation.
const OWN_KINDS: usize = 3;
/// What navigation was told to start with, as a cause: beyond its stated uncertainty.
pub const NAVIGATION: &str = "navigation";

/// Something that may be at work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspect {
    /// A fault of the library.
    Known(Cause),
    /// Something in one channel that the library does not hold.
    Unknown(Channel),
}

/// How many like devices there are.
fn like(on: &str) -> f64 {
    match on.split_once('.').map_or(on, |(family, _)| family) {
        "assist" => 6.0,
        "jet" => 8.0,
        "switch" => 4.0,
        _ => 1.0,
    }
}

/// Logarithm of the share of one suspect among all single ones.
fn ln_share(suspect: &Suspect) -> f64 {
    let kinds = (SEVERITIES.len() + OWN_KINDS) as f64;
    match suspect {
        Suspect::Known(cause) => libm::log((1.0 - OUTSIDE) / kinds / like(&cause.on)),
        // A stream for each device, the motion, the thrust.
        Suspect::Unknown(_) => libm::log(OUTSIDE / (Device::ALL.len() + 2) as f64),
    }
}

/// Logarithm of the prior probability of a set of suspects.
pub fn ln_prior(suspects: &[Suspect]) -> f64 {
    let count = suspects.len();
    if count == 0 {
        return libm::log(NONE);
    }
    let number = (1.0 - NONE) * (1.0 - FURTHER) * libm::pow(FURTHER, (count - 1) as f64);
    // A set has no order.
    let orders: f64 = (1..=count).map(|n| n as f64).product();
    libm::log(number * orders) + suspects.iter().map(ln_share).sum::<f64>()
}

/// The cause that stands for all that no evidence can tell from this one: the terms of the laser link that scale alike;
/// a silent unit and one that was never switched on, where a silent unit sends nothing; an engine, which is open or
/// shut, that gives less and one that gives no more; halves of the inertial unit that call the unit unfit.
pub fn class(cause: &Cause) -> Cause {
    let silent = ["star_tracker", "camera", "gauge", "hazard_lidar"].contains(&cause.on.as_str());
    let engine = ["main", "assist", "jet"].iter().any(|family| cause.on.starts_with(family));
    let kind = match cause.kind {
        "weak_surface" | "weak_receiver" => "weak_laser",
        "not_enabled" if silent => "dead",
        "saturation" if engine => "scale",
        kind => kind,
    };
    // One flag speaks for both halves of the inertial unit.
    let flag = kind == "unfit" && ["gyros", "accelerometers"].contains(&cause.on.as_str());
    Cause { on: if flag { "imu".to_string() } else { cause.on.clone() }, kind }
}

/// What a fault does to the flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The rangefinder sees late or not at all, or its readings come late.
    LateRangefinder,
    /// The rangefinder gives wrong ranges.
    WrongRange,
    /// Navigation is led astray: attitude, inertial unit, speeds, or where it was told to start.
    WrongNavigation,
    /// Another sensor is silent or wrong.
    OtherSensor,
    /// Engines or jets give other thrust than commanded.
    Thrust,
    /// The flight computer restarts.
    Computer,
    /// Nothing broke: the software met what it was not made for.
    Design,
    /// Nothing that the library holds.
    Unknown,
}

/// Kinds of a rangefinder that sees late, or speaks late.
const LATE: [&str; 10] = [
    "not_enabled",
    "dead",
    "unfit",
    "dropout",
    "latency",
    "range_limit",
    "weak_surface",
    "weak_laser",
    "weak_receiver",
    "weak_at_speed",
];

impl Family {
    /// The family of a cause.
    pub fn of(cause: &Cause) -> Self {
        match cause.on.split_once('.').map_or(cause.on.as_str(), |(family, _)| family) {
            "rangefinder" if LATE.contains(&cause.kind) => Self::LateRangefinder,
            "rangefinder" => Self::WrongRange,
            "star_tracker" | "gyros" | "accelerometers" | "imu" | NAVIGATION => {
                Self::WrongNavigation
            }
            "main" | "assist" | "jet" => Self::Thrust,
            "computer" => Self::Computer,
            _ => Self::OtherSensor,
        }
    }

    /// In words; `too_high`: whether navigation believed itself too high where it mattered, if it was wrong at all.
    pub const fn text(self, too_high: Option<bool>) -> &'static str {
        match (self, too_high) {
            (Self::LateRangefinder, _) => "late or silent rangefinder",
            (Self::WrongRange, _) => "wrong ranges",
            (Self::WrongNavigation, Some(true)) => "navigation too high",
            (Self::WrongNavigation, Some(false)) => "navigation too low",
            (Self::WrongNavigation, None) => "navigation led astray",
            (Self::OtherSensor, _) => "another sensor",
            (Self::Thrust, _) => "engines or jets",
            (Self::Computer, _) => "flight computer",
            (Self::Design, _) => "nothing broke: design",
            (Self::Unknown, _) => "not in the library",
        }
    }
}

/// Families of a set of suspects, each once, in order; the design where there is none.
pub fn families(suspects: &[Suspect]) -> Vec<Family> {
    if suspects.is_empty() {
        return vec![Family::Design];
    }
    let family = |suspect: &Suspect| match suspect {
        Suspect::Known(cause) => Family::of(cause),
        Suspect::Unknown(_) => Family::Unknown,
    };
    suspects.iter().map(family).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What a kind of fault does, in words.
fn deed(kind: &str) -> &str {
    match kind {
        "not_enabled" => "never switched on",
        "dead" => "dead",
        "unfit" => "calls itself unfit",
        "stuck" => "repeats its last value",
        "stuck_on" => "stuck on",
        "bias" => "off by a constant",
        "drift" => "drifts",
        "scale" => "off by a factor",
        "noise" => "noisy",
        "dropout" => "loses readings",
        "outliers" => "gives strays",
        "ghost" => "gives false returns",
        "latency" => "late",
        "saturation" => "ends at a limit",
        "time_tag" => "carries a wrong time",
        "range_limit" => "sees no farther than a limit",
        "weak_surface" => "weak: little light from the surface",
        "weak_laser" => "weak laser",
        "weak_receiver" => "weak receiver",
        "weak_at_speed" => "weak at speed",
        "restart" => "restarts and remembers",
        "cold_restart" => "restarts and has forgotten",
        "start" => "started beyond its stated uncertainty",
        other => other,
    }
}

/// A cause in words.
pub fn name(cause: &Cause) -> String {
    format!("{} {}", cause.on.replace('_', " "), deed(cause.kind))
}

/// Three digits that count, with an exponent where there would be more places than that.
fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if !(1e-3..1e5).contains(&size) {
        return format!("{value:.2e}");
    }
    let places = (2.0 - libm::floor(libm::log10(size))).clamp(0.0, 5.0) as usize;
    format!("{value:.places$}")
}

/// A number with its uncertainty: as many places as the uncertainty has two digits.
fn figure(number: &Fitted) -> String {
    let Fitted { key, value, sigma } = number;
    let known = *sigma > 0.0 && sigma.is_finite();
    if !known {
        return format!("{key} = {}", short(*value));
    }
    let plain = (1e-4..1e5).contains(sigma) && value.abs() < 1e6;
    let places = (1.0 - libm::floor(libm::log10(*sigma))).clamp(0.0, 5.0) as usize;
    match plain {
        true => format!("{key} = {value:.places$} ± {sigma:.places$}"),
        false => format!("{key} = {} ± {}", short(*value), short(*sigma)),
    }
}

/// A fault in words, with its numbers.
pub fn words(fault: &Fault) -> String {
    let numbers: Vec<String> = fault.numbers.iter().map(figure).collect();
    let numbers =
        if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
    format!("{}{numbers}", name(&fault.cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(on: &str, kind: &'static str) -> Suspect {
        Suspect::Known(Cause { on: on.to_string(), kind })
    }

    #[test]
    fn single_suspects_share_what_single_faults_have() {
        let mut sum = 0.0;
        for (on, kinds) in truth::faulty::known() {
            sum += kinds.iter().map(|kind| libm::exp(ln_prior(&[known(&on, kind)]))).sum::<f64>();
        }
        for (on, kind) in
            [("computer", "restart"), ("computer", "cold_restart"), (NAVIGATION, "start")]
        {
            sum += libm::exp(ln_prior(&[known(on, kind)]));
        }
        for channel in
            Device::ALL.map(Channel::Stream).into_iter().chain([Channel::Motion, Channel::Thrust])
        {
            sum += libm::exp(ln_prior(&[Suspect::Unknown(channel)]));
        }
        assert!((sum - (1.0 - NONE) * (1.0 - FURTHER)).abs() < 1e-12, "{sum}");
    }

    #[test]
    fn a_further_fault_costs_its_share_and_a_tenth() {
        let (one, other) = (known("rangefinder", "dead"), known("assist.3", "scale"));
        let cost = ln_prior(&[one.clone(), other.clone()]) - ln_prior(&[one]);
        assert!((cost - (libm::log(2.0 * FURTHER) + ln_share(&other))).abs() < 1e-12);
    }

    #[test]
    fn what_stands_for_others_stands_for_itself() {
        for (on, kinds) in truth::faulty::known() {
            for kind in kinds {
                let once = class(&Cause { on: on.clone(), kind });
                assert_eq!(class(&once), once);
            }
        }
        let weak = |kind| class(&Cause { on: "rangefinder".into(), kind });
        assert_eq!(weak("weak_surface"), weak("weak_receiver"));
        assert_ne!(weak("weak_laser"), weak("weak_at_speed"));
        assert_ne!(weak("dead"), weak("not_enabled"), "no echo and no report differ");
    }

    #[test]
    fn every_kind_of_the_library_has_words() {
        for tried in SEVERITIES {
            assert!(tried.kind == "dead" || deed(tried.kind) != tried.kind, "{}", tried.kind);
        }
        let number = Fitted { key: "latency_s".into(), value: 1.8734, sigma: 0.21 };
        assert_eq!(figure(&number), "latency_s = 1.87 ± 0.21");
        let lost = Fitted { key: "x".into(), value: -3.2e-6, sigma: 1e148 };
        assert_eq!(figure(&lost), "x = -3.20e-6 ± 1.00e148");
    }
}
