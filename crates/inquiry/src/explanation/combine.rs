//! Findings of different channels put together.
//!
//! Owns: [`combine`], [`Candidate`]. Does not own: priors (`catalogue`), what a re-flight says (`refly`).
//! As programmed: a set S of at most four suspects is scored by ln p(S) + Σ over channels of the largest gain among the
//! findings all of whose faults are in S, 0 where there is none. Findings of one channel compete, those of different
//! channels add; a fault that two channels see pays its prior once. A set one of whose suspects gains nothing by being
//! there is left out: what it says, a smaller set says. What follows from a suspect of the set needs no fault of its own
//! and counts [`FOLLOWS`] of its gain: whatever hangs on inertial unit or computer after these have failed, the scatter of
//! a device whose readings are off, and thrust that accelerometers feign which are off.

use crate::catalogue::{self, Suspect, ln_prior};
use crate::finding::{Channel, Device, Fault, Finding};
use crate::inertial::SHAKEN;
use icd::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Most suspects that are combined: of each channel the best, and the best of all.
const OF_CHANNEL: usize = 14;
const OF_ALL: usize = 56;
/// Suspects that are combined by four: the best of all.
const BY_FOUR: usize = 14;
/// A failure of what others hang on must have gained this much before it explains them.
const SURE: f64 = 10.0;
/// See the head of this module; assumed.
const FOLLOWS: f64 = 0.9;
/// A beginning is known to this: what begins no earlier before a failure may follow from it. Assumed.
const ABOUT: Span = Span::from_ms(1000);
/// Kinds that a stream of readings off by a bias, drift or factor looks like.
const SCATTER: [&str; 2] = ["noise", "outliers"];
/// Kinds that put readings off, so that the motion finds a bias, drift or factor in them.
const OFF: [&str; 4] = ["outliers", "time_tag", "ghost", "stuck"];
/// Kinds of engines that accelerometers feign.
const FEIGNED: [&str; 3] = ["scale", "drift", "noise"];
/// Least specific force of a burn, m/s², how long an error grows in it, s, and by what share of its thrust a healthy engine
/// is off. Assumed.
const FORCE_M_S2: f64 = 1.6;
const GROWS_S: f64 = 500.0;
const OWN: f64 = 0.02;
/// Kinds that no trajectory, however wrong, makes readings look like.
const EXACT: [&str; 5] = ["stuck", "latency", "time_tag", "ghost", "saturation"];
/// Place of a gain that no finding of the set's own has.
pub const CONSEQUENCE: usize = usize::MAX;
/// Sets whose score is lower than the best by more than this are forgotten.
const DEPTH: f64 = 30.0;
/// Most sets that are kept.
const SETS_MAX: usize = 400;

/// One set of suspects and what it explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The set, ascending.
    pub suspects: Vec<Suspect>,
    /// ln of its prior.
    pub prior: f64,
    /// By channel the finding that it takes, as its place among all, and its gain.
    pub channels: Vec<(Channel, usize, f64)>,
}

impl Candidate {
    /// ln of prior and gains.
    pub fn score(&self) -> f64 {
        self.prior + self.channels.iter().map(|(.., gain)| gain).sum::<f64>()
    }
}

/// What a finding suspects.
pub fn suspects(finding: &Finding) -> Vec<Suspect> {
    if finding.faults.is_empty() {
        return vec![Suspect::Unknown(finding.channel)];
    }
    let known = finding.faults.iter().map(|fault| Suspect::Known(fault.cause.clone()));
    known.collect::<BTreeSet<_>>().into_iter().collect()
}

/// One finding by the numbers of its suspects.
struct Numbered {
    channel: Channel,
    place: usize,
    gain: f64,
    mask: u64,
    /// Devices of its faults; of one that the library does not hold, that of its channel.
    on: Vec<String>,
    /// Its faults.
    faults: Vec<Fault>,
    /// When the first of what says so was seen; the beginning of time for the whole flight.
    seen: Time,
}

impl Numbered {
    fn all(&self, kinds: &[&str]) -> bool {
        self.faults.iter().all(|fault| kinds.contains(&fault.cause.kind))
    }

    /// When the first of its faults began; nothing of what the library does not hold.
    fn from(&self) -> Option<Time> {
        self.faults.iter().map(|fault| fault.from.0).min()
    }

    /// When something failed that others hang on; when it was first seen where that has no name.
    fn failed(&self) -> Option<Time> {
        let sure = reference(self.channel) && self.gain > SURE && !slight(self);
        sure.then(|| self.from().unwrap_or(self.seen))
    }

    /// Whether it may follow from a failure of inertial unit or computer at a time.
    fn after(&self, failure: Time) -> bool {
        let exact = matches!(self.channel, Channel::Stream(_))
            && self.faults.iter().any(|fault| EXACT.contains(&fault.cause.kind));
        hangs(self.channel) && !exact && self.from().is_none_or(|from| from + ABOUT >= failure)
    }
}

/// Every set worth a thought, best first; the empty one is always among them.
pub fn combine(findings: &[Finding]) -> Vec<Candidate> {
    let chosen = chosen(findings);
    let mask_of = |finding: &Finding| {
        let place = |suspect: &Suspect| chosen.iter().position(|own| own == suspect);
        let places = suspects(finding).iter().map(place).collect::<Option<Vec<_>>>();
        places.map(|places| places.iter().fold(0, |mask, n| mask | 1_u64 << n))
    };
    let numbered: Vec<Numbered> = findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.gain > 0.0)
        .filter_map(|(place, finding)| {
            let (channel, gain) = (finding.channel, finding.gain);
            let on = devices(finding);
            let faults = finding.faults.clone();
            let seen = finding.seen.first().and_then(|seen| seen.t).unwrap_or_default();
            mask_of(finding).map(|mask| Numbered { channel, place, gain, mask, on, faults, seen })
        })
        .collect();
    let mut out = vec![candidate(&[], &chosen, &numbered)];
    let leading: Vec<usize> = (0..chosen.len().min(BY_FOUR)).collect();
    let all = sets(chosen.len()).into_iter().chain(fours(&leading));
    for set in all {
        let found = candidate(&set, &chosen, &numbered);
        if set.iter().all(|n| found.score() > without(*n, &set, &numbered) + found.prior) {
            out.push(found);
        }
    }
    let empty = out[0].clone();
    out.sort_by(|a, b| b.score().total_cmp(&a.score()).then_with(|| a.suspects.cmp(&b.suspects)));
    let least = out.first().map_or(0.0, Candidate::score) - DEPTH;
    out.retain(|one| one.score() >= least);
    out.truncate(SETS_MAX);
    if !out.iter().any(|one| one.suspects.is_empty()) {
        out.push(empty);
    }
    out
}

/// The suspects that are combined, the best first.
fn chosen(findings: &[Finding]) -> Vec<Suspect> {
    let mut of_channel: BTreeMap<Channel, Vec<(f64, Suspect)>> = BTreeMap::new();
    let mut best: BTreeMap<Suspect, f64> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.gain > 0.0) {
        for suspect in suspects(finding) {
            let merit = finding.gain + ln_prior(&suspects(finding));
            of_channel.entry(finding.channel).or_default().push((merit, suspect.clone()));
            let own = best.entry(suspect).or_insert(merit);
            *own = own.max(merit);
        }
    }
    let mut out = BTreeSet::new();
    for merits in of_channel.values_mut() {
        merits.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (_, suspect) in merits.iter() {
            let of_this = merits.iter().filter(|(_, other)| out.contains(other)).count();
            if of_this < OF_CHANNEL && out.len() < OF_ALL {
                out.insert(suspect.clone());
            }
        }
    }
    let mut all: Vec<(Suspect, f64)> = best.into_iter().collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for (suspect, _) in &all {
        if out.len() < OF_ALL {
            out.insert(suspect.clone());
        }
    }
    all.into_iter().map(|(suspect, _)| suspect).filter(|suspect| out.contains(suspect)).collect()
}

/// All sets of one, two and three of `count`.
fn sets(count: usize) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    for a in 0..count {
        out.push(vec![a]);
        for b in a + 1..count {
            out.push(vec![a, b]);
            out.extend((b + 1..count).map(|c| vec![a, b, c]));
        }
    }
    out
}

/// All sets of four of some.
fn fours(of: &[usize]) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    for (n, a) in of.iter().enumerate() {
        for (m, b) in of.iter().enumerate().skip(n + 1) {
            for (k, c) in of.iter().enumerate().skip(m + 1) {
                out.extend(of.iter().skip(k + 1).map(|d| vec![*a, *b, *c, *d]));
            }
        }
    }
    out
}

fn mask(set: &[usize]) -> u64 {
    set.iter().fold(0, |mask, n| mask | 1 << n)
}

/// The devices that a finding speaks of.
fn devices(finding: &Finding) -> Vec<String> {
    match (finding.channel, finding.faults.is_empty()) {
        (Channel::Stream(device), true) => vec![device.name().to_string()],
        _ => finding.faults.iter().map(|fault| fault.cause.on.clone()).collect(),
    }
}

/// The best finding of each channel among those that a set holds, and what follows from what the set has fail.
fn taken(mask: u64, numbered: &[Numbered]) -> BTreeMap<Channel, (usize, f64)> {
    let mut out: BTreeMap<Channel, (usize, f64)> = BTreeMap::new();
    let mut own: Vec<&Numbered> = Vec::new();
    for one in numbered.iter().filter(|one| one.mask & !mask == 0) {
        own.push(one);
        let best = out.entry(one.channel).or_insert((one.place, one.gain));
        if one.gain > best.1 {
            *best = (one.place, one.gain);
        }
    }
    let failure = own.iter().filter_map(|one| one.failed()).min();
    for one in numbered {
        let after = failure.is_some_and(|failure| one.after(failure));
        if !after && !own.iter().any(|other| follows(one, other)) {
            continue;
        }
        let best = out.entry(one.channel).or_insert((CONSEQUENCE, 0.0));
        if FOLLOWS * one.gain > best.1 {
            *best = (CONSEQUENCE, FOLLOWS * one.gain);
        }
    }
    out
}

/// Whether the others hang on what a channel shows.
fn reference(channel: Channel) -> bool {
    matches!(channel, Channel::Stream(Device::Gyros | Device::Accelerometers | Device::Computer))
}

/// Whether what a channel shows hangs on inertial unit and computer.
fn hangs(channel: Channel) -> bool {
    !reference(channel) && channel != Channel::Stream(Device::Switches)
}

/// Whether a finding follows from another one.
fn follows(one: &Numbered, other: &Numbered) -> bool {
    same(one, other) || feigned(one, other) || shaken(one, other)
}

/// Whether the inertial unit scatters no more than engines out of balance make it, which puts no motion off.
fn slight(one: &Numbered) -> bool {
    let within = |fault: &Fault| {
        let sigma = fault.numbers.iter().find(|number| number.key.starts_with("sigma"));
        let most = if fault.cause.on == Device::Gyros.name() { SHAKEN.0 } else { SHAKEN.1 };
        sigma.is_some_and(|sigma| sigma.value < most)
    };
    let unit = one.channel == Channel::Stream(Device::Gyros);
    unit && !one.faults.is_empty() && one.all(&SCATTER) && one.faults.iter().all(within)
}

/// Whether the inertial unit scatters because an engine shakes the lander, named or not: with one that fails the others'
/// pulses do not balance any more.
fn shaken(one: &Numbered, other: &Numbered) -> bool {
    let failed = other.channel == Channel::Thrust && other.gain > SURE;
    // What may have begun earlier was not seen before.
    let from = |one: &Numbered| one.from().map_or(one.seen, |from| from.max(one.seen));
    slight(one) && failed && from(one) + ABOUT >= from(other)
}

/// Whether two findings speak of one device and nothing else, and the one follows from the other: readings that are off
/// scatter, and strays, false returns and repetitions are off, and so is what bears a wrong time.
fn same(one: &Numbered, other: &Numbered) -> bool {
    let follows = match (one.channel, other.channel) {
        (Channel::Stream(_), Channel::Motion) => one.all(&SCATTER),
        (Channel::Motion, Channel::Stream(_)) => other.all(&OFF),
        _ => false,
    };
    let device = one.on.first();
    follows
        && device.is_some()
        && one.on.iter().chain(&other.on).all(|on| Some(on) == device)
        && !other.on.is_empty()
        && !other.faults.is_empty()
}

/// Whether engines seem off by no more than accelerometers that are off make them seem.
fn feigned(one: &Numbered, other: &Numbered) -> bool {
    if one.channel != Channel::Thrust || one.faults.is_empty() || !one.all(&FEIGNED) {
        return false;
    }
    let number =
        |fault: &Fault| fault.numbers.iter().map(|number| number.value.abs()).fold(0.0, f64::max);
    let share = |fault: &Fault| match fault.cause.kind {
        "scale" => fault.numbers.first().map_or(0.0, |factor| (factor.value - 1.0).abs()),
        "bias" | "noise" | "outliers" => number(fault) / FORCE_M_S2,
        "drift" => number(fault) * GROWS_S / FORCE_M_S2,
        _ => 0.0,
    };
    let measures = |fault: &&Fault| fault.cause.on == Device::Accelerometers.name();
    let felt = other.faults.iter().filter(measures).map(share).fold(0.0, f64::max);
    let seems = |fault: &Fault| match fault.cause.kind {
        "scale" => share(fault),
        _ => number(fault),
    };
    felt > 0.0 && one.faults.iter().all(|fault| seems(fault) <= 2.0 * felt + OWN)
}

fn without(n: usize, set: &[usize], numbered: &[Numbered]) -> f64 {
    taken(mask(set) & !(1 << n), numbered).values().map(|(_, gain)| gain).sum()
}

fn candidate(set: &[usize], chosen: &[Suspect], numbered: &[Numbered]) -> Candidate {
    let mut suspects: Vec<Suspect> = set.iter().filter_map(|n| chosen.get(*n).cloned()).collect();
    suspects.sort();
    let taken = taken(mask(set), numbered).into_iter();
    let channels = taken.map(|(channel, (place, gain))| (channel, place, gain)).collect();
    Candidate { prior: ln_prior(&suspects), suspects, channels }
}

/// Suspects by what stands for them; `None` where two of a set cannot be told apart.
pub fn classes(suspects: &[Suspect]) -> Option<Vec<Suspect>> {
    let class = |suspect: &Suspect| match suspect {
        Suspect::Known(cause) => Suspect::Known(catalogue::class(cause)),
        other => other.clone(),
    };
    let out: BTreeSet<Suspect> = suspects.iter().map(class).collect();
    (out.len() == suspects.len()).then(|| out.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Cause, Device, Fault, Grade, Seen};

    fn finding(channel: Channel, causes: &[(&str, &'static str)], gain: f64) -> Finding {
        let fault = |(on, kind): &(&str, &'static str)| Fault {
            cause: Cause { on: (*on).to_string(), kind },
            numbers: vec![],
            from: (Time::default(), 0.0),
            until: None,
        };
        Finding { channel, faults: causes.iter().map(fault).collect(), gain, seen: vec![] }
    }

    fn names(candidate: &Candidate) -> Vec<String> {
        let name = |suspect: &Suspect| match suspect {
            Suspect::Known(Cause { on, kind }) => format!("{on} {kind}"),
            Suspect::Unknown(channel) => format!("{channel:?}"),
        };
        candidate.suspects.iter().map(name).collect()
    }

    #[test]
    fn findings_of_different_channels_add_and_those_of_one_compete() {
        let stream = Channel::Stream(Device::Rangefinder);
        let all = combine(&[
            finding(stream, &[("rangefinder", "range_limit"), ("rangefinder", "latency")], 60.0),
            finding(stream, &[("rangefinder", "range_limit")], 30.0),
            finding(stream, &[("rangefinder", "dropout")], 20.0),
            finding(Channel::Motion, &[("star_tracker", "bias")], 40.0),
            finding(Channel::Motion, &[("accelerometers", "bias")], 38.0),
        ]);
        let expected = ["rangefinder latency", "rangefinder range_limit", "star_tracker bias"];
        assert_eq!(names(&all[0]), expected);
        assert!((all[0].score() - all[0].prior - 100.0).abs() < 1e-12);
        assert_eq!(names(&all[1])[0], "accelerometers bias");
        assert!(
            all.iter().all(|one| names(one) != ["rangefinder dropout", "rangefinder range_limit"])
        );
    }

    #[test]
    fn a_fault_that_two_channels_see_pays_once() {
        let all = combine(&[
            finding(Channel::Stream(Device::StarTracker), &[("star_tracker", "drift")], 50.0),
            finding(Channel::Motion, &[("star_tracker", "drift")], 20.0),
            finding(Channel::Motion, &[("gyros", "bias")], 21.0),
        ]);
        assert_eq!(names(&all[0]), ["star_tracker drift"]);
        assert!((all[0].score() - all[0].prior - 70.0).abs() < 1e-12);
    }

    #[test]
    fn what_hangs_on_a_dead_inertial_unit_needs_no_fault_of_its_own() {
        let all = combine(&[
            finding(Channel::Stream(Device::Gyros), &[("imu", "dead")], 95.0),
            finding(Channel::Motion, &[("star_tracker", "bias")], 48.0),
            finding(Channel::Stream(Device::Rangefinder), &[], 49.0),
        ]);
        assert_eq!(names(&all[0]), ["imu dead"]);
        assert_eq!(all[0].channels.len(), 3);
        assert!((all[0].score() - all[0].prior - (95.0 + FOLLOWS * 97.0)).abs() < 1e-12);
    }

    #[test]
    fn what_hangs_on_an_inertial_unit_that_fails_without_a_name_needs_no_fault_either() {
        let all = combine(&[
            finding(Channel::Stream(Device::Gyros), &[], 95.0),
            finding(Channel::Motion, &[("star_tracker", "bias")], 48.0),
        ]);
        assert_eq!(all[0].suspects, [Suspect::Unknown(Channel::Stream(Device::Gyros))]);
        assert!((all[0].score() - all[0].prior - (95.0 + FOLLOWS * 48.0)).abs() < 1e-12);
    }

    #[test]
    fn what_was_wrong_before_the_inertial_unit_failed_does_not_follow_from_it() {
        let mut dead = finding(Channel::Stream(Device::Gyros), &[("imu", "dead")], 95.0);
        dead.faults[0].from.0 = Time::default() + Span::from_s(100.0);
        let off = finding(Channel::Motion, &[("star_tracker", "bias")], 48.0);
        let late =
            finding(Channel::Stream(Device::Rangefinder), &[("rangefinder", "latency")], 40.0);
        let both = ["imu dead", "star_tracker bias"];
        assert_eq!(names(&combine(&[dead.clone(), off])[0]), both);
        dead.faults[0].from.0 = Time::default();
        let both = ["imu dead", "rangefinder latency"];
        assert_eq!(names(&combine(&[dead, late])[0]), both, "no motion makes ranges late");
    }

    #[test]
    fn scatter_of_a_device_that_is_off_needs_no_second_fault_and_that_of_another_does() {
        let stream = |on: &str, device| finding(Channel::Stream(device), &[(on, "noise")], 40.0);
        let off = finding(Channel::Motion, &[("rangefinder", "bias")], 60.0);
        let all = combine(&[off.clone(), stream("rangefinder", Device::Rangefinder)]);
        assert_eq!(names(&all[0]), ["rangefinder bias"]);
        let late = [("rangefinder", "latency")];
        let late = finding(Channel::Stream(Device::Rangefinder), &late, 40.0);
        let both = ["rangefinder bias", "rangefinder latency"];
        assert_eq!(names(&combine(&[off.clone(), late])[0]), both, "a bias is not late");
        let all = combine(&[off, stream("velocimeter", Device::Velocimeter)]);
        assert_eq!(names(&all[0]), ["rangefinder bias", "velocimeter noise"]);
    }

    #[test]
    fn accelerometers_that_are_off_make_engines_seem_off_by_as_much() {
        let with = |channel, on: &str, factor: f64| {
            let mut out = finding(channel, &[(on, "scale")], 45.0);
            let key = "factor".to_string();
            out.faults[0].numbers.push(crate::finding::Fitted { key, value: factor, sigma: 1e-4 });
            out
        };
        let off = with(Channel::Motion, "accelerometers", 1.004);
        let found = combine(&[off.clone(), with(Channel::Thrust, "main", 1.015)]);
        assert_eq!(names(&found[0]), ["accelerometers scale"]);
        let found = combine(&[off, with(Channel::Thrust, "main", 0.8)]);
        assert_eq!(names(&found[0]), ["accelerometers scale", "main scale"]);
    }

    #[test]
    fn a_unit_scatters_a_little_where_an_engine_fails_and_not_much() {
        let strays = |sigma: f64| {
            let mut out = finding(Channel::Stream(Device::Gyros), &[("gyros", "outliers")], 45.0);
            let key = "sigma_deg_h".to_string();
            out.faults[0].numbers.push(crate::finding::Fitted { key, value: sigma, sigma: 1.0 });
            out
        };
        let dead = finding(Channel::Thrust, &[("assist.1", "dead")], 50.0);
        assert_eq!(names(&combine(&[dead.clone(), strays(600.0)])[0]), ["assist.1 dead"]);
        let unnamed = finding(Channel::Thrust, &[], 50.0);
        let first = &combine(&[unnamed, strays(600.0)])[0];
        assert_eq!(first.suspects, [Suspect::Unknown(Channel::Thrust)]);
        assert_eq!(names(&combine(&[dead.clone(), strays(6000.0)])[0]), ["gyros outliers"]);
        // From the start, as far as anyone knows, but seen only after the engine had failed.
        let at = |s: f64| Time::default() + Span::from_s(s);
        let late = Fault { from: (at(93.0), 0.0), ..dead.faults[0].clone() };
        let late = Finding { faults: vec![late], ..dead };
        let seen = |s: f64| {
            let seen = Seen { t: Some(at(s)), grade: Grade::Derived, text: String::new() };
            Finding { seen: vec![seen], ..strays(1400.0) }
        };
        assert_eq!(names(&combine(&[late.clone(), seen(100.0)])[0]), ["assist.1 dead"]);
        assert_eq!(names(&combine(&[late, seen(50.0)])[0]), ["assist.1 dead", "gyros outliers"]);
    }

    #[test]
    fn four_faults_are_found_where_all_four_say_much() {
        let on =
            [("a", Device::Rangefinder), ("b", Device::Velocimeter), ("c", Device::StarTracker)];
        let mut findings: Vec<Finding> = on
            .iter()
            .map(|(on, device)| finding(Channel::Stream(*device), &[(on, "latency")], 60.0))
            .collect();
        findings.push(finding(Channel::Thrust, &[("main", "dead")], 60.0));
        assert_eq!(names(&combine(&findings)[0]).len(), 4);
    }

    #[test]
    fn small_gains_do_not_outweigh_that_nothing_broke() {
        let findings = [
            finding(Channel::Thrust, &[("main", "scale")], 2.5),
            finding(Channel::Motion, &[("gyros", "bias")], 2.9),
        ];
        assert!(combine(&findings)[0].suspects.is_empty());
    }

    #[test]
    fn what_no_fault_explains_is_said_to_be_outside_the_library() {
        let all = combine(&[
            finding(Channel::Motion, &[], 90.0),
            finding(Channel::Motion, &[("gyros", "bias")], 60.0),
        ]);
        assert_eq!(all[0].suspects, [Suspect::Unknown(Channel::Motion)]);
    }
}
