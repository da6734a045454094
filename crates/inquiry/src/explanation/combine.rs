//! Findings of different channels put together.
//!
//! Owns: [`combine`], [`Candidate`]. Does not own: priors (`catalogue`), what a re-flight says (`refly`).
//! As programmed: a set S of at most three suspects is scored by ln p(S) + Σ over channels of the largest gain among the
//! findings all of whose faults are in S, 0 where there is none. Findings of one channel compete, those of different
//! channels add; a fault that two channels see pays its prior once. A set one of whose suspects gains nothing by being
//! there is left out: what it says, a smaller set says.

use crate::catalogue::{self, Suspect, ln_prior};
use crate::finding::{Channel, Device, Finding};
use std::collections::{BTreeMap, BTreeSet};

/// Most suspects that are combined: of each channel the best, and the best of all.
const OF_CHANNEL: usize = 14;
const OF_ALL: usize = 56;
/// A failure of what others hang on must have gained this much before it explains them.
const SURE: f64 = 10.0;
/// See the head of this module; assumed.
const SAME: f64 = 0.9;
/// Kinds that readings off by something else look like, and that look like it.
const LOOSE: [&str; 5] = ["noise", "outliers", "time_tag", "ghost", "stuck"];
/// Kinds that take readings of the inertial unit away, or the computer.
const FAILS: [&str; 8] =
    ["not_enabled", "dead", "unfit", "stuck", "dropout", "saturation", "restart", "cold_restart"];
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
    /// All its faults are of the kinds [`LOOSE`].
    loose: bool,
    /// One of its faults takes readings away.
    fails: bool,
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
            let loose = finding.faults.iter().all(|fault| LOOSE.contains(&fault.cause.kind));
            let fails = finding.faults.iter().any(|fault| FAILS.contains(&fault.cause.kind));
            mask_of(finding).map(|mask| Numbered { channel, place, gain, mask, on, loose, fails })
        })
        .collect();
    let mut out = vec![candidate(&[], &chosen, &numbered)];
    for set in sets(chosen.len()) {
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

/// The suspects that are combined.
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
    for (suspect, _) in all {
        if out.len() < OF_ALL {
            out.insert(suspect);
        }
    }
    out.into_iter().collect()
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
    let lost = own.iter().any(|one| reference(one.channel) && one.fails && one.gain > SURE);
    for one in numbered {
        let share = match lost {
            true if hangs(one.channel) => 1.0,
            _ if own.iter().any(|other| same(one, other)) => SAME,
            _ => continue,
        };
        let best = out.entry(one.channel).or_insert((CONSEQUENCE, 0.0));
        if share * one.gain > best.1 {
            *best = (CONSEQUENCE, share * one.gain);
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

/// Whether two findings of stream and motion speak of one device and nothing else, the stream of what is [`LOOSE`].
fn same(one: &Numbered, other: &Numbered) -> bool {
    let apart = match (one.channel, other.channel) {
        (Channel::Motion, Channel::Stream(_)) => other.loose,
        (Channel::Stream(_), Channel::Motion) => one.loose,
        _ => false,
    };
    let device = one.on.first();
    apart
        && device.is_some()
        && one.on.iter().chain(&other.on).all(|on| Some(on) == device)
        && !other.on.is_empty()
}

fn without(n: usize, set: &[usize], numbered: &[Numbered]) -> f64 {
    taken(mask(set) & !(1 << n), numbered).values().map(|(_, gain)| gain).sum()
}

fn candidate(set: &[usize], chosen: &[Suspect], numbered: &[Numbered]) -> Candidate {
    let suspects: Vec<Suspect> = set.iter().filter_map(|n| chosen.get(*n).cloned()).collect();
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
    use crate::finding::{Cause, Device, Fault};
    use icd::time::Time;

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
            finding(Channel::Stream(Device::Rangefinder), &[], 80.0),
        ]);
        assert_eq!(names(&all[0]), ["imu dead"]);
        assert_eq!(all[0].channels.len(), 3);
        assert!((all[0].score() - all[0].prior - 223.0).abs() < 1e-12);
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
