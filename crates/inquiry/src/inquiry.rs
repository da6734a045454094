//! One inquiry from beginning to end.
//!
//! Owns: the order of the steps, [`investigate`]. Does not own: any of them.

use crate::counterfactual::{self, Saved};
use crate::evidence::Evidence;
use crate::explanation::rank::{self, Case};
use crate::explanation::refly::{self, Bench};
use crate::explanation::{Explained, Explanation};
use crate::finding::{Device, Fault, Finding, Trust};
use crate::library::Library;
use crate::mission::Mission;
use crate::motion;
use crate::replayed::Replayed;
use crate::sensors;
use crate::thrust::{self, Account};
use crate::timeline::{Entry, timeline};
use crate::trajectory::linear::Linear;
use crate::trajectory::{self, Trajectory};
use crate::work::{Work, WorkError};
use crate::{computer, control, inertial};
use icd::time::{Span, Time};
use rig::scenario::{ScenarioError, VehicleFile};
use std::path::PathBuf;

/// How an inquiry is conducted.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where its journal is kept; nothing is kept without.
    pub folder: Option<PathBuf>,
    /// The program's code version (`campaign::code`), for the journal.
    pub code: String,
    /// Few flights and no counterfactuals: for many inquiries at once.
    pub quick: bool,
    /// A vehicle whose radar altimeter and camera counterfactuals may mount where the mission's has none.
    pub sensors: Option<VehicleFile>,
    /// Faults struck from the library, as family of devices (`assist`, `rangefinder`) and kind: to see whether what it does
    /// not hold is recognised as such.
    pub withheld: Vec<(String, String)>,
}

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The flight software again.
    Replay,
    /// How the readings come.
    Streams,
    /// The motion.
    Trajectory,
    /// How the machine answers its commands.
    Thrust,
    /// How all readings fit one motion.
    Motion,
    /// Findings put together and flown again.
    Explanation,
    /// What would have saved the lander.
    Counterfactuals,
}

impl Step {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Replay => "flight software again",
            Self::Streams => "how the readings come",
            Self::Trajectory => "best-estimated trajectory",
            Self::Motion => "one motion under all readings",
            Self::Thrust => "answers to commands",
            Self::Explanation => "explanations, flown again",
            Self::Counterfactuals => "what would have saved it",
        }
    }
}

/// How far an inquiry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The step at work.
    pub step: Step,
    /// What of it was done last; empty at its beginning.
    pub what: String,
}

/// Why there is no inquiry.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// The mission cannot be flown.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// The journal cannot be kept.
    #[error(transparent)]
    Work(#[from] WorkError),
}

impl From<ScenarioError> for InquiryError {
    fn from(reason: ScenarioError) -> Self {
        Self::Scenario(Box::new(reason))
    }
}

/// One inquiry, finished.
pub struct Inquiry {
    /// What was known.
    pub mission: Mission,
    /// What was received.
    pub evidence: Evidence,
    /// What happened, as it was received and follows from it.
    pub timeline: Vec<Entry>,
    /// The flight software again.
    pub replayed: Replayed,
    /// The motion.
    pub trajectory: Trajectory,
    /// The filter as if nothing were wrong, as far as the motion was judged.
    pub linear: Linear,
    /// Readings that mean nothing, and how noisy the others are.
    pub trust: Trust,
    /// How the machine answered its commands.
    pub thrust: Account,
    /// What each channel says.
    pub findings: Vec<Finding>,
    /// What happened.
    pub explained: Explained,
    /// Start of every flight flown for it: zero of their times.
    pub flown_from: Time,
    /// What would have saved the lander; `None` in a quick inquiry, and where nothing can be said.
    pub saved: Option<Saved>,
}

/// Conducts an inquiry.
///
/// - `progress`: called from any thread.
///
/// # Errors
/// A mission that cannot be flown; a journal that cannot be kept. Evidence that is empty or damaged is no error: the
/// inquiry says what can still be said.
pub fn investigate(
    mission: Mission,
    mut evidence: Evidence,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Inquiry, InquiryError> {
    let tell = |step: Step, what: String| progress(Progress { step, what });
    let begin = |step: Step| tell(step, String::new());
    evidence.align(mission.nav.t);
    let work = journal(&mission, &evidence, options)?;
    begin(Step::Replay);
    if let Some(aside) = work.aside() {
        tell(Step::Replay, format!("journal of another inquiry kept as {}", aside.display()));
    }
    let replayed = Replayed::of(&mission, &evidence);
    let timeline = timeline(&mission, &evidence, &replayed);
    let library = Library::without(&options.withheld);
    let read =
        Read { mission: &mission, evidence: &evidence, replayed: &replayed, library: &library };
    let Judged { findings, trust, trajectory, linear, thrust } = read.judged(&begin);
    begin(Step::Explanation);
    let case = Case {
        mission: &mission,
        evidence: &evidence,
        replayed: &replayed,
        trajectory: &trajectory,
        linear: &linear,
        findings: &findings,
        quick: options.quick,
    };
    let explained = match evidence.cycles.is_empty() {
        true => Explained::default(),
        false => rank::explain(&case, &work, &|what| tell(Step::Explanation, what))?,
    };
    let bench = Bench::of(&mission, &trajectory);
    let flown_from = bench.start.t;
    let saved = match explained.ranking.first().filter(|_| !options.quick) {
        Some(first) => {
            begin(Step::Counterfactuals);
            let told = |what: &str| tell(Step::Counterfactuals, what.to_string());
            match saved(&bench, first, options, &work, &told) {
                // What it says cannot be flown: nothing is known of what would have saved it.
                Err(InquiryError::Scenario(reason)) if !first.faults.is_empty() => {
                    told(&reason.to_string());
                    None
                }
                found => Some(found?),
            }
        }
        None => None,
    };
    Ok(Inquiry {
        mission,
        evidence,
        timeline,
        replayed,
        trajectory,
        linear,
        trust,
        thrust,
        findings,
        explained,
        flown_from,
        saved,
    })
}

/// What was received, read and flown again.
struct Read<'a> {
    mission: &'a Mission,
    evidence: &'a Evidence,
    replayed: &'a Replayed,
    library: &'a Library,
}

/// The reported trajectory goes on so long after contact that its feet are in it.
const FEET: Span = Span::from_ms(500);

/// What all channels say.
struct Judged {
    findings: Vec<Finding>,
    trust: Trust,
    trajectory: Trajectory,
    linear: Linear,
    thrust: Account,
}

impl Read<'_> {
    /// Every channel judged: the machine as far as it was under control, the motion as far as it met
    /// nothing and its inertial unit delivered, either.
    fn judged(&self, begin: &dyn Fn(Step)) -> Judged {
        let Self { mission, evidence: all, replayed, library } = *self;
        let lost = control::lost(all, mission.load.vehicle.slew_rad_s_max);
        let contact = control::contact(all);
        let until_lost = lost.map(|t| all.until(t));
        // A foot may close some cycles after the blow.
        let until_contact = contact.map(|t| all.until(t + FEET));
        let evidence = until_lost.as_ref().unwrap_or(all);
        let to_the_ground = until_contact.as_ref().unwrap_or(all);
        begin(Step::Streams);
        let (unit, unit_trust) = inertial::patterns(mission, evidence, replayed, library);
        let blind = control::blind(all, &unit_trust);
        let until = [lost, contact, blind].into_iter().flatten().min().map(|t| all.until(t));
        let in_flight = until.as_ref().unwrap_or(all);
        let (mut streams, mut trust) =
            sensors::patterns(mission, evidence, replayed, library, contact);
        trust.join(&unit_trust);
        begin(Step::Trajectory);
        let against = |trajectory: &Trajectory| {
            let (found, mut trust) =
                sensors::against(mission, evidence, replayed, trajectory, library, contact);
            trust.join(&unit_trust);
            (found, trust)
        };
        let estimate = |trust: &Trust| trajectory::estimate(mission, in_flight, replayed, trust);
        let mut estimated = estimate(&trust);
        if let Some((trajectory, _)) = &estimated {
            (streams, trust) = against(trajectory);
            estimated = estimate(&trust);
        }
        let (mut trajectory, linear) = estimated.unwrap_or_default();
        begin(Step::Thrust);
        let account = |of: &Evidence| thrust::account(mission, of, replayed, library, contact);
        let mut thrust = account(evidence);
        let accelerometers = |fault: &&Fault| fault.cause.on == Device::Accelerometers.name();
        let shown = thrust.findings.iter().flat_map(|finding| &finding.faults);
        let shown: Vec<Fault> = shown.filter(accelerometers).cloned().collect();
        begin(Step::Motion);
        let mut moved = motion::findings(mission, in_flight, replayed, &trust, &linear, &shown);
        moved.retain(|finding| library.allows(finding));
        let torn = moved.first().filter(|best| best.gain > TORN);
        let wrong = torn.map_or(&[][..], |best| &best.faults);
        if !wrong.is_empty() || in_flight.cycles.len() < to_the_ground.cycles.len() {
            let read = (mission, to_the_ground, replayed);
            if let Some((own, _)) = motion::trajectory_without(read, &trust, wrong) {
                trajectory = own;
            }
        }
        if !wrong.is_empty() {
            streams = against(&trajectory).0;
        }
        // What the unit itself reads wrong is no engine's doing; it moves the liquid that is thought of, too.
        let freed = motion::unit_without(evidence, wrong).map(|freed| account(&freed));
        if let Some(again) = freed.filter(|again| again.unknown() < thrust.unknown()) {
            thrust = again;
        }
        self.left_open(&mut thrust, contact.filter(|met| lost.is_none_or(|lost| *met < lost)));
        let mut findings = [streams, unit, moved, thrust.findings.clone()].concat();
        findings.extend(computer::findings(evidence, replayed, library));
        findings.extend(inertial::switches_in_flight(
            mission,
            in_flight,
            replayed,
            &trajectory,
            library,
        ));
        findings.sort_by(|a, b| a.channel.cmp(&b.channel).then(b.gain.total_cmp(&a.gain)));
        Judged { findings, trust, trajectory, linear, thrust }
    }
}

impl Read<'_> {
    /// What an engine did after the ground was met under control.
    fn left_open(&self, thrust: &mut Account, met: Option<Time>) {
        let read = (self.evidence, self.replayed, self.library);
        let found = met.and_then(|t| thrust::left_open(self.mission, read, t, thrust.left_kg));
        found.into_iter().for_each(|found| thrust.join(&found));
    }
}

/// From this gain on the motion is believed to be as its best explanation has it, nats; what devices show is judged against
/// that.
const TORN: f64 = 100.0;

/// The journal of this inquiry.
fn journal(mission: &Mission, evidence: &Evidence, options: &Options) -> Result<Work, WorkError> {
    let Some(folder) = &options.folder else { return Ok(Work::in_memory()) };
    let (first, last) = (evidence.start(), evidence.end());
    let damage = &evidence.damage;
    let load = rig::load::digest(&mission.load, &mission.nav);
    // Another inquiry may fly another flight by the same key: its own code counts beside that of the flights.
    let head = format!(
        "frigoris inquiry {} {} {} {load} {first:?} {last:?} {} {damage:?}",
        env!("FRIGORIS_INQUIRY"),
        options.code,
        mission.stand.scenario.hash(),
        evidence.cycles.len(),
    );
    Work::open(folder, &head)
}

/// What would have saved the lander, in one explanation.
fn saved(
    bench: &Bench<'_>,
    explanation: &Explanation,
    options: &Options,
    work: &Work,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Saved, InquiryError> {
    let stand = bench.stand(&explanation.faults)?;
    let case = counterfactual::Case {
        stand: &stand,
        load: &bench.mission.load,
        nav: bench.mission.nav,
        start: *bench.start(&explanation.faults),
        run: refly::RUN,
        sensors: options.sensors.as_ref(),
    };
    Ok(counterfactual::study(&case, &counterfactual::Options::WHOLE, work, progress)?)
}
