//! Faults as a scenario names them: device, kind, numbers, from when, until when.
//!
//! Owns: the keys of `[[fault]]` with their units and limits; what fails in the test stand itself, the
//! computer and, where there is no radio, the link to the ground. Does not own: which device can fail in which way, nor what the fault does
//! (`truth::faulty`).
//! Which of them a run has: all, but those with a `chance` in that share of runs only, and of those that are `one_of` the
//! same choice just one, drawn by `weight`; the reference run has what is likeliest.
//! As written: `at_s`, `below_m` or `phase` says when it begins, the first two at a moment drawn anew for each run where
//! they stand as `{ min, max }`; `until_s`, `until_below_m` or `until_phase` says when it ends (none of them: never), and
//! of the rangefinder `until_restart = true`: a restart by order clears it.

mod made;

use super::dispersion::{Dispersed, WEIGHTS};
use super::error::ScenarioError;
use super::reader::{Reader, unit_of};
use super::sampling::{Design, Drawing};
use icd::time::Span;
use icd::tm::Phase;
use truth::faulty::{self, FaultKind, LinkTerm, Moment};
use truth::radio;

pub use made::FaultRefused;

const DEG: f64 = std::f64::consts::PI / 180.0;
const DEG_H: f64 = DEG / 3600.0;

/// The flight computer: kinds and their one number.
const COMPUTER: &str = "computer";
/// What can be restarted by order.
const RANGEFINDER: &str = "rangefinder";
/// The radio link.
const LINK: &str = "link";
const OUTAGE_S: Number = Number { key: Key::Fixed("outage_s"), min: 0.02, max: 1000.0, si: 1.0 };

/// How the readings of one device are written.
struct Family {
    /// Names of devices that begin so.
    device: &'static str,
    /// Keys of the channels before the unit.
    channels: &'static [&'static str],
    /// Unit as keys spell it, and one of it in SI.
    unit: &'static str,
    si: f64,
    /// Key of a false value before the unit.
    quantity: &'static str,
    /// Largest plausible error, in the unit. Assumed: it catches a wrong unit.
    limit: f64,
}

const FAMILIES: &[Family] = &[
    Family {
        device: "rangefinder",
        channels: &["bias"],
        unit: "m",
        si: 1.0,
        quantity: "range",
        limit: 1e5,
    },
    Family {
        device: "radar_altimeter",
        channels: &["bias"],
        unit: "m",
        si: 1.0,
        quantity: "range",
        limit: 1e5,
    },
    Family {
        device: "velocimeter",
        channels: &["beam_0", "beam_1", "beam_2"],
        unit: "m_s",
        si: 1.0,
        quantity: "speed",
        limit: 1e4,
    },
    Family {
        device: "star_tracker",
        channels: &["roll", "pitch", "yaw"],
        unit: "deg",
        si: DEG,
        quantity: "angle",
        limit: 180.0,
    },
    Family {
        device: "camera",
        channels: &["right", "down"],
        unit: "pixel",
        si: 1.0,
        quantity: "position",
        limit: 1e4,
    },
    Family {
        device: "hazard_lidar",
        channels: &["bias"],
        unit: "m",
        si: 1.0,
        quantity: "range",
        limit: 1e5,
    },
    Family {
        device: "gauge",
        channels: &["bias"],
        unit: "kg",
        si: 1.0,
        quantity: "propellant",
        limit: 1e5,
    },
    Family {
        device: "gyros",
        channels: &["x", "y", "z"],
        unit: "deg_h",
        si: DEG_H,
        quantity: "rate",
        limit: 1e6,
    },
    Family {
        device: "accelerometers",
        channels: &["x", "y", "z"],
        unit: "m_s2",
        si: 1.0,
        quantity: "specific_force",
        limit: 100.0,
    },
    // The rest: engines and jets, in shares of full thrust; what has no value at all.
    Family { device: "", channels: &["share"], unit: "", si: 1.0, quantity: "share", limit: 10.0 },
];

/// Key of a number: as it stands, or put together from the family's names.
#[derive(Clone, Copy)]
enum Key {
    Fixed(&'static str),
    /// A channel, with this after the unit.
    Channel(usize, &'static str),
    /// A word, the unit, and this after it.
    Of(&'static str, &'static str),
    /// The family's quantity and unit.
    Quantity,
}

/// One number of a fault: its key, limits in the file's unit, and that unit in SI.
#[derive(Clone, Copy)]
struct Number {
    key: Key,
    min: f64,
    max: f64,
    si: f64,
}

fn joined(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("_")
}

impl Number {
    fn name(&self, family: &Family) -> String {
        match self.key {
            Key::Fixed(name) => name.to_string(),
            Key::Channel(n, after) => joined(&[family.channels[n], family.unit, after]),
            Key::Of(word, after) => joined(&[word, family.unit, after]),
            Key::Quantity => joined(&[family.quantity, family.unit]),
        }
    }
}

impl Family {
    fn of(device: &str) -> &'static Self {
        let found = FAMILIES.iter().find(|family| device.starts_with(family.device));
        found.unwrap_or(&FAMILIES[FAMILIES.len() - 1])
    }

    /// The numbers that a kind of fault needs on a device of this family.
    fn numbers(&self, kind: &str) -> Vec<Number> {
        let fixed = |name, min, max| Number { key: Key::Fixed(name), min, max, si: 1.0 };
        let own = |key, min| Number { key, min, max: self.limit, si: self.si };
        let channels = |after: &'static str| {
            (0..self.channels.len()).map(|n| own(Key::Channel(n, after), -self.limit)).collect()
        };
        let share = fixed("probability", 0.0, 1.0);
        match kind {
            "bias" => channels(""),
            "drift" => channels("s"),
            "scale" => vec![fixed("factor", -10.0, 10.0)],
            "noise" => vec![own(Key::Of("sigma", ""), 0.0), own(Key::Of("growth", "s"), 0.0)],
            "dropout" => vec![share],
            "outliers" => vec![share, own(Key::Of("sigma", ""), 0.0)],
            "ghost" => vec![share, own(Key::Quantity, -self.limit)],
            "latency" => vec![fixed("latency_s", 0.0, 100.0)],
            "saturation" => vec![own(Key::Of("limit", ""), 0.0)],
            "time_tag" => vec![fixed("offset_s", -1e4, 1e4)],
            "range_limit" => vec![fixed("range_m_max", 0.0, 1e6)],
            "weak_surface" | "weak_laser" | "weak_receiver" => vec![fixed("factor", 0.0, 1e3)],
            "weak_at_speed" => vec![fixed("factor", 1e-6, 1.0)],
            "restart" | "cold_restart" => vec![OUTAGE_S],
            "weak" => vec![fixed("loss_db", 0.0, 200.0)],
            _ => vec![],
        }
    }
}

/// A fault as checked; its numbers may still be drawn anew for each run.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Device, as `truth::faulty` names it, or `computer` or `link`.
    pub on: String,
    /// Kind, as the file spells it.
    pub kind: &'static str,
    /// Numbers in the file's units, with their keys.
    pub numbers: Vec<(String, Dispersed)>,
    /// When it begins; at the mean where that is drawn.
    pub from: Moment,
    /// What is drawn in place of it: the key and its value.
    pub from_drawn: Option<(&'static str, Dispersed)>,
    /// When it ends; `None` for never.
    pub until: Option<Moment>,
    /// Share of the runs that have it; `None` for all.
    pub chance: Option<f64>,
    /// The choice that it is one of, and its weight there.
    pub one_of: Option<(String, f64)>,
}

/// What a run's faults do to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// For truth's wrappers.
    pub faults: Vec<faulty::Fault>,
    /// When the computer restarts.
    pub restarts: Vec<Restart>,
    /// For the radio.
    pub radio: Vec<radio::Fault>,
    /// When nothing is received.
    pub silences: Vec<(Moment, Option<Moment>)>,
}

/// The computer goes down and comes back. Its valve drivers shut every valve meanwhile (assumed).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restart {
    /// When it goes down.
    pub from: Moment,
    /// How long it is down, s.
    pub outage_s: f64,
    /// Whether it has forgotten everything but its load.
    pub cold: bool,
}

/// Devices that a fault can name, with the kinds each can have.
fn known() -> Vec<(String, Vec<&'static str>)> {
    let own = [(COMPUTER, vec!["restart", "cold_restart"]), (LINK, vec!["loss"])];
    let own = own.into_iter().map(|(name, kinds)| (name.to_string(), kinds));
    let radio = radio::DEVICES.iter().map(|(name, _, kinds)| ((*name).to_string(), kinds.to_vec()));
    faulty::known().into_iter().chain(own).chain(radio).collect()
}

/// Reads every `[[fault]]`.
pub(super) fn faults(root: &Reader<'_>) -> Result<Vec<Fault>, ScenarioError> {
    root.tables("fault")?.iter().map(fault).collect()
}

fn fault(t: &Reader<'_>) -> Result<Fault, ScenarioError> {
    let known = known();
    let devices: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let (on, kinds) = &known[t.choice("on", &devices)?];
    let kind = kinds[t.choice("kind", kinds)?];
    let family = Family::of(on);
    let read = |number: &Number| {
        let key = number.name(family);
        let value = t.dispersed(&key, number.min, number.max)?;
        Ok((key, value))
    };
    let numbers = family.numbers(kind).iter().map(read).collect::<Result<_, ScenarioError>>()?;
    let from_drawn = if t.has("at_s") {
        Some(("at_s", t.dispersed("at_s", 0.0, 1e5)?))
    } else if t.has("below_m") {
        Some(("below_m", t.dispersed("below_m", 0.0, 1e6)?))
    } else {
        None
    };
    let from = match &from_drawn {
        Some((key, value)) => begins(key, value.reference()),
        None => match t.choice_if_any("phase", &Phase::ALL.map(Phase::name))? {
            Some(n) => Moment::Phase(Phase::ALL[n]),
            None => Moment::After(Span::from_s(t.number("at_s", 0.0, 1e5)?)), // refuses what is missing
        },
    };
    let restart = on == RANGEFINDER && t.has("until_restart") && t.flag("until_restart")?;
    let until = match restart {
        true => Some(Moment::Restart),
        false => moment(t, ["until_s", "until_below_m", "until_phase"])?,
    };
    let chance = t.number_if_any("chance", 0.0, 1.0)?;
    let one_of = match t.text_if_any("one_of")? {
        Some((name, _)) => Some((name.to_string(), t.number("weight", WEIGHTS.0, WEIGHTS.1)?)),
        None => None,
    };
    t.finish()?;
    Ok(Fault { on: on.clone(), kind, numbers, from, from_drawn, until, chance, one_of })
}

/// The moment that a key and its number stand for.
pub(super) fn begins(key: &str, value: f64) -> Moment {
    if key == "below_m" { Moment::Below(value) } else { Moment::After(Span::from_s(value)) }
}

/// The first of the three keys that is there.
fn moment(
    t: &Reader<'_>,
    [time, height, phase]: [&str; 3],
) -> Result<Option<Moment>, ScenarioError> {
    if let Some(s) = t.number_if_any(time, 0.0, 1e5)? {
        return Ok(Some(Moment::After(Span::from_s(s))));
    }
    if let Some(m) = t.number_if_any(height, 0.0, 1e6)? {
        return Ok(Some(Moment::Below(m)));
    }
    let names = Phase::ALL.map(Phase::name);
    Ok(t.choice_if_any(phase, &names)?.map(|n| Moment::Phase(Phase::ALL[n])))
}

impl Fault {
    /// The key of one of its numbers as an input; the `n`-th fault of its device and kind has the `n`-th draws.
    fn named(&self, n: usize, key: &str) -> String {
        let nth = if n == 0 { String::new() } else { format!(".{n}") };
        format!("fault.{}.{}.{key}{nth}", self.on, self.kind)
    }

    /// The device of the radio that it is on, if it is on one.
    fn radio_device(&self) -> Option<radio::Device> {
        let known = radio::DEVICES.iter().find(|(name, ..)| *name == self.on);
        known.map(|(_, device, _)| *device)
    }

    /// Whether it is on a device of the radio.
    pub fn on_radio(&self) -> bool {
        self.radio_device().is_some()
    }

    /// Whether it occurs, as 0 or 1.
    fn occurs(&self) -> Dispersed {
        match self.chance {
            Some(chance) if chance > 0.0 && chance < 1.0 => {
                Dispersed::Discrete { values: vec![0.0, 1.0], weights: vec![1.0 - chance, chance] }
            }
            Some(chance) => Dispersed::Fixed(chance),
            None => Dispersed::Fixed(1.0),
        }
    }
}

/// How many faults of its device and kind stand before the one at `place`.
fn nth(faults: &[Fault], place: usize) -> usize {
    let fault = &faults[place];
    let alike = |other: &&Fault| (&other.on, other.kind) == (&fault.on, fault.kind);
    faults[..place].iter().filter(alike).count()
}

/// What the number of a fault in a choice is called.
fn choice(name: &str) -> String {
    format!("fault.one_of.{name}")
}

/// The faults of a choice by their places there, with their weights.
fn choices(faults: &[Fault], name: &str) -> Dispersed {
    let named = faults.iter().filter_map(|fault| fault.one_of.as_ref());
    let weights: Vec<f64> = named.filter(|(own, _)| own == name).map(|(_, w)| *w).collect();
    Dispersed::Discrete { values: (0..weights.len()).map(|n| n as f64).collect(), weights }
}

/// How many of the same choice stand before the fault at `place`.
fn place_in_choice(faults: &[Fault], place: usize, name: &str) -> usize {
    let same = |fault: &&Fault| fault.one_of.as_ref().is_some_and(|(own, _)| own == name);
    faults[..place].iter().filter(same).count()
}

/// What may be drawn of the faults, in their order.
pub(super) fn drawings(faults: &[Fault]) -> Vec<Drawing> {
    let mut out = Vec::new();
    for (place, fault) in faults.iter().enumerate() {
        let n = nth(faults, place);
        let mut add = |key: &str, value: &Dispersed, limits| {
            let name = fault.named(n, key);
            let mut drawing = Drawing::new(&name, &format!("scenario.{name}"), value, limits);
            drawing.input.unit = unit_of(key);
            out.push(drawing);
        };
        if fault.chance.is_some() {
            add("occurs", &fault.occurs(), (0.0, 1.0));
        }
        if let Some((key, value)) = &fault.from_drawn {
            add(key, value, (0.0, f64::INFINITY));
        }
        for ((key, value), number) in
            fault.numbers.iter().zip(Family::of(&fault.on).numbers(fault.kind))
        {
            add(key, value, (number.min, number.max));
        }
        if let Some((name, _)) = &fault.one_of
            && place_in_choice(faults, place, name) == 0
        {
            let (key, value) = (choice(name), choices(faults, name));
            let limits = (0.0, f64::INFINITY);
            out.push(Drawing::new(&key, &format!("scenario.{key}"), &value, limits));
        }
    }
    out
}

/// What one run's faults are.
pub(crate) fn drawn(faults: &[Fault], design: &Design, seed: u64, run: u64) -> Drawn {
    let mut out = Drawn::default();
    for (place, fault) in faults.iter().enumerate() {
        let n = nth(faults, place);
        let draw =
            |key: &str, value: &Dispersed| design.draw(&fault.named(n, key), value, seed, run);
        let si =
            |((key, value), number): (&(String, Dispersed), Number)| draw(key, value) * number.si;
        let numbers: Vec<f64> =
            fault.numbers.iter().zip(Family::of(&fault.on).numbers(fault.kind)).map(si).collect();
        let from = match &fault.from_drawn {
            Some((key, value)) => begins(key, draw(key, value)),
            None => fault.from,
        };
        let chosen = fault.one_of.as_ref().is_none_or(|(name, _)| {
            let drawn = design.draw(&choice(name), &choices(faults, name), seed, run);
            drawn == place_in_choice(faults, place, name) as f64
        });
        if !chosen || draw("occurs", &fault.occurs()) < 0.5 {
            continue;
        }
        let until = fault.until;
        if let Some(on) = fault.radio_device() {
            let kind = radio_kind(fault.kind, &numbers);
            out.radio.extend(kind.map(|kind| radio::Fault { on, kind, from, until }));
        } else if fault.on == LINK {
            out.silences.push((from, until));
        } else if fault.on == COMPUTER {
            let outage_s = numbers.first().copied().unwrap_or_default();
            out.restarts.push(Restart { from, outage_s, cold: fault.kind == "cold_restart" });
        } else if let Some(kind) = kind_of(fault.kind, &numbers) {
            out.faults.push(faulty::Fault { on: fault.on.clone(), kind, from, until });
        }
    }
    out
}

/// The radio's fault from its name and numbers.
fn radio_kind(name: &str, numbers: &[f64]) -> Option<radio::FaultKind> {
    Some(match (name, numbers) {
        ("dead", []) => radio::FaultKind::Dead,
        ("hung", []) => radio::FaultKind::Hung,
        ("stuck", []) => radio::FaultKind::Stuck,
        ("dropout", &[probability]) => radio::FaultKind::Dropout { probability },
        ("weak", &[loss_dB]) => radio::FaultKind::Weak { loss_dB },
        _ => return None,
    })
}

/// Truth's fault from its name and numbers in SI.
fn kind_of(name: &str, numbers: &[f64]) -> Option<FaultKind> {
    let three = || std::array::from_fn(|n| numbers.get(n).copied().unwrap_or_default());
    let weak = |term, factor| FaultKind::Weak { term, factor };
    Some(match (name, numbers) {
        ("not_enabled", []) => FaultKind::NotEnabled,
        ("dead", []) => FaultKind::Dead,
        ("unfit", []) => FaultKind::Unfit,
        ("stuck", []) => FaultKind::Stuck,
        ("stuck_on", []) => FaultKind::StuckOn,
        ("bias", [_, ..]) => FaultKind::Bias { value: three() },
        ("drift", [_, ..]) => FaultKind::Drift { rate: three() },
        ("scale", &[factor]) => FaultKind::Scale { factor },
        ("noise", &[sigma, growth]) => FaultKind::Noise { sigma, growth },
        ("dropout", &[probability]) => FaultKind::Dropout { probability },
        ("outliers", &[probability, sigma]) => FaultKind::Outliers { probability, sigma },
        ("ghost", &[probability, value]) => FaultKind::Ghost { probability, value },
        ("latency", &[latency_s]) => FaultKind::Latency { latency_s },
        ("saturation", &[limit]) => FaultKind::Saturation { limit },
        ("time_tag", &[offset_s]) => FaultKind::TimeTag { offset_s },
        ("range_limit", &[range_m_max]) => FaultKind::RangeLimit { range_m_max },
        ("weak_surface", &[factor]) => weak(LinkTerm::Surface, factor),
        ("weak_laser", &[factor]) => weak(LinkTerm::Laser, factor),
        ("weak_receiver", &[factor]) => weak(LinkTerm::Receiver, factor),
        ("weak_at_speed", &[factor]) => weak(LinkTerm::Speed, factor),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{CampaignPlan, Sampling};

    #[test]
    fn every_kind_that_truth_knows_can_be_written_and_built() {
        for (on, kinds) in faulty::known() {
            for kind in kinds {
                let numbers = Family::of(&on).numbers(kind);
                let values: Vec<f64> = numbers.iter().map(|_| 0.5).collect();
                let built = kind_of(kind, &values).unwrap();
                assert_eq!(built.name(), kind);
                let (from, until) = (Moment::After(Span::default()), None);
                let fault = faulty::Fault { on: on.clone(), kind: built, from, until };
                assert_eq!(fault.check(), Ok(()));
            }
        }
    }

    #[test]
    fn every_kind_that_the_radio_knows_can_be_written_and_built() {
        for (on, _, kinds) in &radio::DEVICES {
            for kind in *kinds {
                let numbers = Family::of(on).numbers(kind);
                let values: Vec<f64> = numbers.iter().map(|_| 0.5).collect();
                assert!(radio_kind(kind, &values).is_some(), "{on} {kind}");
            }
        }
    }

    #[test]
    fn keys_carry_the_unit_of_the_device() {
        let keys = |on: &str, kind| -> Vec<String> {
            let family = Family::of(on);
            family.numbers(kind).iter().map(|number| number.name(family)).collect()
        };
        assert_eq!(keys("rangefinder", "bias"), ["bias_m"]);
        assert_eq!(keys("rangefinder", "ghost"), ["probability", "range_m"]);
        assert_eq!(keys("star_tracker", "bias"), ["roll_deg", "pitch_deg", "yaw_deg"]);
        assert_eq!(keys("accelerometers", "drift"), ["x_m_s2_s", "y_m_s2_s", "z_m_s2_s"]);
        assert_eq!(keys("gyros", "noise"), ["sigma_deg_h", "growth_deg_h_s"]);
        assert_eq!(keys("assist.3", "drift"), ["share_s"]);
        assert_eq!(keys("main", "saturation"), ["limit"]);
        assert_eq!(keys("velocimeter", "ghost"), ["probability", "speed_m_s"]);
    }

    fn draw(faults: &[Fault], seed: u64, run: u64) -> Drawn {
        let sampling = Sampling::MonteCarlo;
        let plan = CampaignPlan { sampling, runs: 1, correlations: Vec::new(), point: Vec::new() };
        drawn(faults, &Design::of(drawings(faults), &plan), seed, run)
    }

    fn limit(on: &str, kind: &'static str, key: &str, value: Dispersed) -> Fault {
        let numbers = vec![(key.to_string(), value)];
        let from = Moment::After(Span::default());
        Fault {
            on: on.to_string(),
            kind,
            numbers,
            from,
            from_drawn: None,
            until: None,
            chance: None,
            one_of: None,
        }
    }

    #[test]
    fn a_moment_between_bounds_is_drawn_for_each_run_and_repeats() {
        let mut fault = limit("assist.0", "scale", "factor", Dispersed::Fixed(0.5));
        fault.from_drawn = Some(("at_s", Dispersed::Uniform { min: 60.0, max: 800.0 }));
        let from = |run| draw(std::slice::from_ref(&fault), 7, run).faults[0].from;
        assert_eq!(from(0), Moment::After(Span::from_s(430.0)), "the reference run takes the mean");
        let Moment::After(first) = from(1) else { panic!("a time stays a time") };
        assert!((60.0..800.0).contains(&first.s()) && from(1) == from(1) && from(1) != from(2));
    }

    #[test]
    fn a_dispersed_fault_is_drawn_per_run_and_repeats() {
        let value = Dispersed::Normal { mean: 893.0, sigma: 10.0 };
        let fault = limit("rangefinder", "range_limit", "range_m_max", value);
        let limit = |run| match draw(std::slice::from_ref(&fault), 7, run).faults[0].kind {
            FaultKind::RangeLimit { range_m_max } => range_m_max,
            _ => f64::NAN,
        };
        assert_eq!(limit(3).to_bits(), limit(3).to_bits());
        let mean = (0..400).map(limit).sum::<f64>() / 400.0;
        assert!((mean - 893.0).abs() < 4.0 * 10.0 / 20.0, "{mean}");
    }

    #[test]
    fn two_faults_of_one_kind_are_drawn_apart_and_the_first_as_if_alone() {
        let value = Dispersed::Uniform { min: 0.0, max: 1.0 };
        let fault = limit("gauge", "dropout", "probability", value);
        let shares = |faults: &[Fault]| -> Vec<f64> {
            let share = |fault: &faulty::Fault| match fault.kind {
                FaultKind::Dropout { probability } => probability,
                _ => f64::NAN,
            };
            draw(faults, 7, 3).faults.iter().map(share).collect()
        };
        let alone = shares(std::slice::from_ref(&fault));
        let both = shares(&[fault.clone(), fault]);
        assert_eq!(both[0], alone[0]);
        assert!((both[1] - both[0]).abs() > 1e-3, "{both:?}");
    }

    #[test]
    fn a_fault_with_a_chance_comes_in_that_share_of_runs() {
        let sometimes =
            Fault { chance: Some(0.1), ..limit("gauge", "dead", "", Dispersed::Fixed(0.0)) };
        let sometimes = Fault { numbers: vec![], ..sometimes };
        let always = Fault { chance: None, ..sometimes.clone() };
        let faults = [sometimes, always];
        let counts = (1..=4000).map(|run| draw(&faults, 7, run).faults.len());
        let twice = counts.filter(|count| *count == 2).count() as f64;
        assert!((twice - 400.0).abs() < 4.0 * 19.0, "{twice}");
        assert_eq!(draw(&faults, 7, 0).faults.len(), 1, "the reference run has what is likelier");
    }

    #[test]
    fn one_fault_of_a_choice_comes_in_each_run_as_often_as_its_weight_says() {
        let of = |on: &str, name: &str, weight| {
            let fault = limit(on, "dead", "", Dispersed::Fixed(0.0));
            Fault { numbers: vec![], one_of: Some((name.to_string(), weight)), ..fault }
        };
        let faults = [
            of("assist.0", "engine", 1.0),
            of("gauge", "sensor", 1.0),
            of("assist.1", "engine", 3.0),
        ];
        let drawn = |run| draw(&faults, 7, run).faults;
        let mut second = 0.0;
        for run in 1..=4000 {
            let drawn = drawn(run);
            assert_eq!(drawn.len(), 2, "one engine and the sensor");
            assert!(drawn.iter().any(|fault| fault.on == "gauge"));
            second += if drawn.iter().any(|fault| fault.on == "assist.1") { 1.0 } else { 0.0 };
        }
        assert!((second - 3000.0_f64).abs() < 4.0 * 27.4, "{second}");
        assert!(drawn(0).iter().any(|fault| fault.on == "assist.1"), "the likeliest");
    }

    #[test]
    fn no_draw_leaves_the_limits_of_its_key() {
        let value = Dispersed::Normal { mean: 0.5, sigma: 1.0 };
        let fault = limit("rangefinder", "latency", "latency_s", value);
        for run in 0..200 {
            for fault in draw(std::slice::from_ref(&fault), 7, run).faults {
                assert_eq!(fault.check(), Ok(()), "run {run}");
            }
        }
    }

    #[test]
    fn the_computer_and_the_link_fail_in_the_test_stand() {
        let value = Dispersed::Fixed(2.0);
        let restart = limit(COMPUTER, "cold_restart", "outage_s", value.clone());
        let silence = Fault { numbers: vec![], ..limit(LINK, "loss", "", value) };
        let drawn = draw(&[restart, silence], 1, 1);
        let from = Moment::After(Span::default());
        assert_eq!(drawn.restarts, [Restart { from, outage_s: 2.0, cold: true }]);
        assert_eq!(drawn.silences, [(from, None)]);
        assert!(drawn.faults.is_empty());
    }
}
