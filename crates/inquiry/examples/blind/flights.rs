//! Flights that were lost by a known cause: drawn, flown, and kept only where the cause is the cause.
//!
//! A flight counts when the lander stands without the faults and not with them, of two faults each is needed, and all this
//! is so in most flights with other errors too: what a lander loses by chance has no cause to be found. Two faults are made
//! milder or worse until it is so.

use icd::time::Span;
use inquiry::prior::{Onset, sizes};
use miette::IntoDiagnostic;
use rayon::prelude::*;
use rig::closed_loop::fly;
use rig::record::{Record, Recording};
use rig::scenario::Scenario;
use rig::scenario::fault::Fault;
use rig::severity::SEVERITIES;
use rig::stand::Stand;
use rig::verdict::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use truth::faulty::Moment;
use truth::random::Stream;

/// Flights of one cause, or of one pair of devices, at the most: no cause may carry the whole result.
const ALIKE_MAX: usize = 14;
/// Further runs with the same fault, and how many of them must be lost.
const AGAIN: (u64, u64) = (3, 2);
/// The same of two faults, and so many must stand with one of them: what loses every other lander by itself is no pair, nor
/// are two of which one does nothing.
const BOTH_AGAIN: (u64, u64) = (6, 5);
/// Numbers of those runs, beyond the first one's.
const APART: u64 = 50_000_000;
/// About how long a flight lasts, s: readings A and B.
const FLIGHT_S: f64 = 800.0;
/// Candidates flown between two looks at what is there.
const BATCH: u64 = 64;

/// One injected fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Injected {
    /// Device.
    pub on: String,
    /// Kind.
    pub kind: String,
    /// Its numbers in the file's units.
    pub numbers: Vec<f64>,
    /// Beginning, s.
    pub from_s: f64,
    /// End, s.
    pub until_s: Option<f64>,
}

/// One lost flight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Place in [`BASES`].
    pub base: usize,
    /// Run number; with the seed of the test it fixes every draw.
    pub run: u64,
    /// What was injected.
    pub faults: Vec<Injected>,
    /// How it ended.
    pub outcome: String,
}

/// Kinds whose smaller numbers are the worse ones: a reach, a limit, what is left of an echo.
const WORSE_SMALL: [&str; 6] =
    ["range_limit", "saturation", "weak_surface", "weak_laser", "weak_receiver", "weak_at_speed"];

/// An engine that gives less than this of its thrust is dead, whatever it is called: such a fault has no name of its own to
/// be found by, and is not drawn.
const NOTHING: f64 = 0.05;

/// What is flown: name, shipped scenario, whether a velocimeter is fitted.
pub const BASES: [(&str, &str, bool); 4] = [
    ("a", "m2-nominal-from-ignition", false),
    ("b", "m2-nominal-b-from-ignition", false),
    ("a-velocimeter", "m2-nominal-from-ignition", true),
    ("b-velocimeter", "m2-nominal-b-from-ignition", true),
];

/// The scenario files of the four, written into a folder, and their stands.
///
/// # Errors
/// A folder that cannot be written, a scenario that cannot be set up.
pub fn bases(folder: &Path, seed: u64) -> miette::Result<Vec<Stand>> {
    std::fs::create_dir_all(folder).into_diagnostic()?;
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let scenarios = scenarios.canonicalize().into_diagnostic()?;
    let stand = |(name, extends, velocimeter): (&str, &str, bool)| {
        let extends = scenarios.join(format!("{extends}.toml"));
        let file = folder.join(format!("{name}.toml"));
        let text = format!(
            "extends = {extends:?}\nseed = {seed}\n[flight]\nconfiguration = \"as-flown\"\n\
             velocimeter = {velocimeter}\nradar_altimeter = false\ncamera = false\nhazard_lidar = false\n"
        );
        std::fs::write(&file, text).into_diagnostic()?;
        Stand::new(Scenario::read(&file)?).into_diagnostic()
    };
    BASES.into_iter().map(stand).collect()
}

impl Injected {
    /// One of `causes`, `less` standard deviations milder than it would be.
    fn drawn(causes: &[(&str, &str)], less: f64, stream: &mut Stream) -> Self {
        let (family, kind) = causes[(stream.uniform() * causes.len() as f64) as usize];
        let like = match family {
            "assist.0" => 6.0,
            "jet.0" => 8.0,
            "switch.0" => 4.0,
            _ => 0.0,
        };
        let nth = (stream.uniform() * like) as usize;
        let on = match family.split_once('.') {
            Some((family, _)) => format!("{family}.{nth}"),
            None => family.to_string(),
        };
        let milder = if WORSE_SMALL.contains(&kind) { less } else { -less };
        let z = stream.normal() + milder;
        let numbers =
            sizes(&on, kind).iter().map(|size| size.at(z, stream.uniform() < 0.5)).collect();
        let Onset { from_s, until_s } = Onset::draw(FLIGHT_S, stream);
        Self { on, kind: kind.to_string(), numbers, from_s, until_s }
    }

    /// As a scenario has it; `None` where a number lies outside its limits, or makes it another kind.
    pub fn fault(&self) -> Option<Fault> {
        let engine = ["main", "assist", "jet"].contains(&self.family().as_str());
        let left =
            matches!(self.kind.as_str(), "scale" | "saturation").then(|| self.numbers.first());
        if engine && left.flatten().is_some_and(|left| *left < NOTHING) {
            return None;
        }
        let moment = |s| Moment::After(Span::from_s(s));
        Fault::of(
            &self.on,
            &self.kind,
            &self.numbers,
            moment(self.from_s),
            self.until_s.map(moment),
        )
        .ok()
    }

    /// Device, like devices as one.
    pub fn family(&self) -> String {
        self.on.split('.').next().unwrap_or_default().to_string()
    }

    /// Device and kind, like devices as one.
    pub fn name(&self) -> String {
        format!("{} {}", self.family(), self.kind)
    }
}

impl Case {
    /// Names of what was injected, in order of the alphabet.
    pub fn name(&self) -> String {
        let mut names: Vec<String> = self.faults.iter().map(Injected::name).collect();
        names.sort();
        names.join(" + ")
    }

    /// What the ground received.
    ///
    /// # Errors
    /// A flight that cannot be started.
    pub fn record(&self, stands: &[Stand]) -> miette::Result<Record> {
        let stand = with(&stands[self.base], &self.faults)?;
        let flown = fly(&stand, self.run, Recording::Full, |_| {})?;
        flown.record.ok_or_else(|| miette::miette!("run {}: nothing recorded", self.run))
    }
}

fn with(stand: &Stand, faults: &[Injected]) -> miette::Result<Stand> {
    let faults = faults.iter().filter_map(Injected::fault).collect();
    stand.again(stand.scenario.with_faults(faults)).into_diagnostic()
}

fn outcome(stand: &Stand, faults: &[Injected], run: u64) -> miette::Result<Outcome> {
    Ok(fly(&with(stand, faults)?, run, Recording::Off, |_| {})?.judgement.outcome)
}

fn stands(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Landed | Outcome::HardLanding)
}

/// What can fail on a lander with rangefinder, star tracker and inertial unit; with a velocimeter where it has one.
fn causes(velocimeter: bool) -> Vec<(&'static str, &'static str)> {
    let absent = ["radar_altimeter", "camera", "gauge", "hazard_lidar"];
    let on_board = |on: &str| !absent.contains(&on) && (velocimeter || on != "velocimeter");
    let tried = SEVERITIES.iter().filter(|tried| on_board(tried.on));
    let restarts = [("computer", "restart"), ("computer", "cold_restart")];
    tried.map(|tried| (tried.on, tried.kind)).chain(restarts).collect()
}

/// Groups of causes that can need each other, as on Mission 2: what hides the ground, what leads navigation astray, what
/// takes thrust.
const HIDES: &[(&str, &str)] = &[
    ("rangefinder", "dead"),
    ("rangefinder", "not_enabled"),
    ("rangefinder", "unfit"),
    ("rangefinder", "range_limit"),
    ("rangefinder", "weak_laser"),
    ("rangefinder", "weak_at_speed"),
    ("rangefinder", "saturation"),
    ("rangefinder", "dropout"),
    ("rangefinder", "latency"),
    ("rangefinder", "noise"),
];
const ASTRAY: &[(&str, &str)] = &[
    ("star_tracker", "bias"),
    ("star_tracker", "drift"),
    ("accelerometers", "bias"),
    ("accelerometers", "drift"),
    ("accelerometers", "scale"),
    ("gyros", "bias"),
    ("gyros", "drift"),
    ("gyros", "scale"),
];
const TAKES: &[(&str, &str)] = &[
    ("main", "scale"),
    ("main", "saturation"),
    ("main", "drift"),
    ("assist.0", "dead"),
    ("assist.0", "scale"),
    ("assist.0", "saturation"),
];
const TOGETHER: [[&[(&str, &str)]; 2]; 4] =
    [[HIDES, ASTRAY], [HIDES, ASTRAY], [HIDES, TAKES], [ASTRAY, TAKES]];

/// A fault is made milder where it alone loses the lander, both worse where they do not: the first step, standard
/// deviations, by what factor each further one is shorter, and how many there are.
const STEP: (f64, f64, usize) = (0.8, 0.75, 7);

/// One fault of all, kept if it loses the lander.
fn single(stands: &[Stand], seed: u64, run: u64) -> miette::Result<Option<Case>> {
    let mut stream = Stream::new(seed, run, "blind test");
    let base = (stream.uniform() * BASES.len() as f64) as usize;
    let fault = Injected::drawn(&causes(BASES[base].2), 0.0, &mut stream);
    if fault.fault().is_none() {
        return Ok(None);
    }
    let faults = vec![fault];
    let found = outcome(&stands[base], &faults, run)?;
    kept(stands, Case { base, run, faults, outcome: found.name().to_string() }, found)
}

/// Two faults that lose the lander together and none of them alone, their sizes moved until it is so.
fn pair(stands: &[Stand], seed: u64, run: u64) -> miette::Result<Option<Case>> {
    let mut stream = Stream::new(seed, run, "blind test");
    let base = (stream.uniform() * BASES.len() as f64) as usize;
    let groups = TOGETHER[(stream.uniform() * TOGETHER.len() as f64) as usize];
    let stand = &stands[base];
    if !self::stands(outcome(stand, &[], run)?) {
        return Ok(None);
    }
    let (mut step, shorter, count) = STEP;
    let mut less = [0.0; 2];
    for _ in 0..count {
        let fault = |n: usize| {
            let mut stream = Stream::new(seed, run, &format!("blind test {n}"));
            Injected::drawn(groups[n], less[n], &mut stream)
        };
        let faults = vec![fault(0), fault(1)];
        let sized: Vec<bool> = faults.iter().map(|fault| !fault.numbers.is_empty()).collect();
        if faults.iter().any(|fault| fault.fault().is_none()) || !sized.contains(&true) {
            return Ok(None);
        }
        let found = outcome(stand, &faults, run)?;
        let mut both = !self::stands(found) && found != Outcome::Invalid;
        let mut alone = [false; 2];
        for (alone, fault) in alone.iter_mut().zip(&faults) {
            *alone = !self::stands(outcome(stand, std::slice::from_ref(fault), run)?);
        }
        if both && alone == [false; 2] {
            (both, alone) = again(stand, &faults, run)?;
            if both && alone == [false; 2] {
                let outcome = found.name().to_string();
                return Ok(Some(Case { base, run, faults, outcome }));
            }
        }
        if alone.iter().zip(&sized).any(|(lost, sized)| *lost && !sized) {
            return Ok(None);
        }
        for (less, lost) in less.iter_mut().zip(alone) {
            *less += match (lost, both) {
                (true, _) => step,
                (false, false) => -step,
                (false, true) => 0.0,
            };
        }
        step *= shorter;
    }
    Ok(None)
}

/// Whether two faults lose the lander in most other flights too, and which of them alone loses more than few.
fn again(stand: &Stand, faults: &[Injected], run: u64) -> miette::Result<(bool, [bool; 2])> {
    let (further, most) = BOTH_AGAIN;
    let both = lost_again(stand, faults, run, further)? >= most;
    let mut alone = [false; 2];
    for (alone, fault) in alone.iter_mut().zip(faults) {
        *alone = lost_again(stand, std::slice::from_ref(fault), run, further)? > further - most;
    }
    Ok((both, alone))
}

/// The case of one fault, if the lander stands without it and falls with it in most other flights too.
fn kept(stands: &[Stand], case: Case, found: Outcome) -> miette::Result<Option<Case>> {
    let Case { base, run, faults, .. } = &case;
    let stand = &stands[*base];
    if self::stands(found) || found == Outcome::Invalid || !self::stands(outcome(stand, &[], *run)?)
    {
        return Ok(None);
    }
    let (further, most) = AGAIN;
    let lost = lost_again(stand, faults, *run, further)?;
    Ok((lost >= most).then_some(case))
}

/// How many of so many further runs with these faults are lost.
fn lost_again(stand: &Stand, faults: &[Injected], run: u64, further: u64) -> miette::Result<u64> {
    let outcomes = (1..=further).map(|n| outcome(stand, faults, run + n * APART));
    let outcomes = outcomes.collect::<miette::Result<Vec<Outcome>>>()?;
    Ok(outcomes.into_iter().filter(|outcome| !stands(*outcome)).count() as u64)
}

/// The first `wanted` lost flights with so many faults each, from the candidate `first` on; not more than a few alike.
/// `known`: those that an earlier call found; `keep` is called for each new one.
///
/// # Errors
/// A flight that cannot be started.
pub fn lost(
    stands: &[Stand],
    seed: u64,
    first: u64,
    count: usize,
    wanted: usize,
    known: Vec<Case>,
    keep: impl Fn(&Case) -> miette::Result<()>,
) -> miette::Result<Vec<Case>> {
    let mut alike: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = known;
    let mut next = out.last().map_or(first, |case| case.run + 1);
    out.iter().for_each(|case| *alike.entry(case.name()).or_default() += 1);
    while out.len() < wanted {
        let tried: Vec<miette::Result<Option<Case>>> = (next..next + BATCH)
            .into_par_iter()
            .map(|run| if count == 1 { single(stands, seed, run) } else { pair(stands, seed, run) })
            .collect();
        next += BATCH;
        for case in tried {
            let Some(case) = case? else { continue };
            let same = alike.entry(case.name()).or_default();
            if *same < ALIKE_MAX.div_ceil(count * count) && out.len() < wanted {
                *same += 1;
                keep(&case)?;
                out.push(case);
            }
        }
        eprintln!(
            "{} of {wanted} lost flights with {count} faults, {} candidates",
            out.len(),
            next - first
        );
    }
    Ok(out)
}
