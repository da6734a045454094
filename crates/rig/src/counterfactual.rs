//! What would have had to be different: a scenario flown with features of the other configuration.
//!
//! Owns: which sets of features are flown, in which order, which of them are the smallest that suffice.
//! Does not own: what a feature is (`scenario::Feature`), one flight (`closed_loop`), tables (`text`) and the
//! page (`page`).
//! A feature counts as changed when it differs from the scenario as written: from as flown to resilient, each
//! of the eight is a change. All flights have the same seed and run, hence the same weather of errors.
//! Sufficient: the flight is landed, at rest on its legs within the touchdown limits. Minimal: sufficient,
//! and no set inside it is. Sets are flown by ascending size; one that holds a sufficient set is not flown,
//! as nothing is gained by it; it need not land, for a change can also do harm, and the set of all changes,
//! which is always flown, shows whether it does.
//! The vehicle carries what may be changed in: sensors of `vehicles/resilience-sensors.toml` that the
//! scenario's own vehicle lacks are mounted, and the flight as written is flown with and without them, to show
//! that carrying them unused changes no bit.

mod page;
mod text;

pub use page::page;
pub use text::{csv, lines};

use crate::closed_loop::{Flown, fly};
use crate::measures::Measures;
use crate::record::Recording;
use crate::scenario::{Feature, Features, Scenario, ScenarioError, VehicleFile};
use crate::stand::Stand;
use crate::statistics::Share;
use crate::verdict::{Class, Outcome};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A profile reaches up to here, m.
const PROFILE_M: f64 = 6000.0;
/// Points of a profile are this far apart, m or m/s: less cannot be seen.
const PROFILE_STEP: (f64, f64) = (15.0, 0.5);

/// What to fly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The run all sets are compared in.
    pub run: u64,
    /// Dispersed runs of each minimal set, from run 1 on.
    pub dispersed: u64,
}

/// How far a study is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Flights flown.
    pub flights: u64,
    /// What was flown.
    pub what: String,
}

/// One set of changes, flown.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The set.
    pub changes: Features,
    /// How the flight ended.
    pub outcome: Outcome,
    /// What the touchdown did to the lander.
    pub class: Option<Class>,
    /// Its figures.
    pub measures: Measures,
    /// Digest of the flight: equal flights have equal digests.
    pub digest: [u8; 32],
    /// Descent speed, m/s, and altitude over ground, m, below 6 km.
    pub profile: Vec<(f64, f64)>,
}

impl Trial {
    /// Whether the lander stands on its legs within the touchdown limits.
    pub fn landed(&self) -> bool {
        self.outcome == Outcome::Landed
    }
}

/// A smallest set that suffices, with how robustly it does.
#[derive(Clone, Debug)]
pub struct Minimal {
    /// The set.
    pub changes: Features,
    /// Dispersed runs that landed.
    pub landed: Share,
    /// Dispersed runs that broke up or ran dry.
    pub lost: u64,
}

/// The study of one scenario.
#[derive(Clone, Debug)]
pub struct Study {
    /// Short name of the scenario.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Seed.
    pub seed: u64,
    /// Run.
    pub run: u64,
    /// The features that can be changed.
    pub features: Features,
    /// Whether sensors that are carried and not used leave every bit as it is.
    pub carried_is_same: bool,
    /// Every set flown, by ascending size: none first, all last.
    pub trials: Vec<Trial>,
    /// The smallest sets that suffice.
    pub minimal: Vec<Minimal>,
}

impl Study {
    /// Flies all that is needed.
    ///
    /// - `sensors`: the vehicle whose radar altimeter and camera are mounted where the scenario's has none.
    /// - `progress`: called from any thread after each flight.
    ///
    /// # Errors
    /// A scenario that cannot be flown.
    pub fn of(
        scenario: &Scenario,
        sensors: &VehicleFile,
        options: &Options,
        progress: impl Fn(Progress) + Sync,
    ) -> Result<Self, ScenarioError> {
        let plain = Stand::new(scenario.clone())?;
        let mut equipped = scenario.clone();
        equipped.carry(sensors);
        let stand = Stand::new(equipped)?;
        let machine = &stand.scenario.vehicle.machine;
        let now = stand.scenario.flight.features(machine);
        let known: Features =
            Feature::ALL.into_iter().filter(|feature| feature.carried(machine)).collect();
        let bench = Bench { stand: &stand, run: options.run, flights: AtomicU64::new(0), progress };
        let as_written = trial(&plain, Features::NONE, options.run)?;
        let first = bench.trial(Features::NONE)?;
        let mut study = Self {
            name: scenario.name(),
            title: scenario.title.clone(),
            seed: scenario.seed,
            run: options.run,
            features: known.differing(now),
            carried_is_same: as_written.digest == first.digest,
            trials: vec![first],
            minimal: Vec::new(),
        };
        study.search(&bench)?;
        for minimal in &mut study.minimal {
            bench.disperse(minimal, options.dispersed)?;
        }
        Ok(study)
    }

    /// Set by set, by ascending size.
    fn search(&mut self, bench: &Bench<'_, impl Fn(Progress) + Sync>) -> Result<(), ScenarioError> {
        for count in 1..=self.features.count() {
            let found: Vec<Features> = self.minimal.iter().map(|minimal| minimal.changes).collect();
            let all = count == self.features.count();
            let open = |set: &Features| all || !found.iter().any(|small| set.contains_all(*small));
            let sets: Vec<Features> = self.features.subsets(count).filter(open).collect();
            let flown: Result<Vec<Trial>, _> =
                sets.into_par_iter().map(|set| bench.trial(set)).collect();
            for trial in flown? {
                let inside = found.iter().any(|small| trial.changes.contains_all(*small));
                if trial.landed() && !inside {
                    let (changes, landed) = (trial.changes, Share::new(0, 0));
                    self.minimal.push(Minimal { changes, landed, lost: 0 });
                }
                self.trials.push(trial);
            }
        }
        Ok(())
    }

    /// The trial of a set, if it was flown.
    pub fn trial(&self, changes: Features) -> Option<&Trial> {
        self.trials.iter().find(|trial| trial.changes == changes)
    }

    /// Whether a set is one of the minimal ones.
    pub fn minimal(&self, changes: Features) -> Option<&Minimal> {
        self.minimal.iter().find(|minimal| minimal.changes == changes)
    }

    /// Features without which no sufficient set was found.
    pub fn necessary(&self) -> Features {
        let all = |feature: &Feature| self.minimal.iter().all(|m| m.changes.contains(*feature));
        match self.minimal.is_empty() {
            true => Features::NONE,
            false => self.features.iter().filter(all).collect(),
        }
    }
}

/// Where trials are flown.
struct Bench<'a, F> {
    stand: &'a Stand,
    run: u64,
    flights: AtomicU64,
    progress: F,
}

impl<F: Fn(Progress) + Sync> Bench<'_, F> {
    fn tell(&self, changes: Features, outcome: Outcome) {
        let flights = self.flights.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(Progress { flights, what: format!("{changes}: {}", outcome.name()) });
    }

    fn trial(&self, changes: Features) -> Result<Trial, ScenarioError> {
        let trial = trial(&self.stand.with_changes(changes)?, changes, self.run)?;
        self.tell(changes, trial.outcome);
        Ok(trial)
    }

    fn disperse(&self, minimal: &mut Minimal, runs: u64) -> Result<(), ScenarioError> {
        let stand = self.stand.with_changes(minimal.changes)?;
        let one = |run: u64| {
            let flown = fly(&stand, run, Recording::Off, |_| {})?;
            self.tell(minimal.changes, flown.judgement.outcome);
            Ok(flown.judgement.outcome)
        };
        let outcomes: Vec<Outcome> =
            (1..=runs).into_par_iter().map(one).collect::<Result<_, ScenarioError>>()?;
        let count = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|o| is(o)).count() as u64;
        minimal.landed = Share::new(count(|o| *o == Outcome::Landed), runs);
        minimal.lost = count(|o| matches!(o, Outcome::Lost | Outcome::RanDry));
        Ok(())
    }
}

/// One flight.
fn trial(stand: &Stand, changes: Features, run: u64) -> Result<Trial, ScenarioError> {
    let mut profile: Vec<(f64, f64)> = Vec::new();
    let flown = fly(stand, run, Recording::Off, |frame| {
        let (speed, altitude_m) = (-frame.view.v_up_m_s, frame.view.altitude_m);
        let apart = |(v, h): &(f64, f64)| {
            (v - speed).abs() > PROFILE_STEP.1 || (h - altitude_m).abs() > PROFILE_STEP.0
        };
        if altitude_m < PROFILE_M && profile.last().is_none_or(apart) {
            profile.push((speed, altitude_m));
        }
    })?;
    let digest = flown.digest();
    let Flown { judgement, measures, .. } = flown;
    let (outcome, class) = (judgement.outcome, judgement.class);
    Ok(Trial { changes, outcome, class, measures, digest, profile })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flown(changes: Features, outcome: Outcome) -> Trial {
        let measures = Measures { v_vertical_m_s: Some(1.25), ..Measures::default() };
        let profile = vec![(60.0, 3000.0), (1.0, 0.0)];
        Trial { changes, outcome, class: Some(Class::Upright), measures, digest: [0; 32], profile }
    }

    /// Two ways to land: the camera alone, or map and gate together.
    pub(super) fn study() -> Study {
        let set = |features: &[Feature]| features.iter().copied().collect::<Features>();
        let (map, gate) = (Feature::Map, Feature::Gate);
        let sufficient = [set(&[Feature::Camera]), set(&[map, gate])];
        let features = set(&[map, gate, Feature::Camera]);
        let outcome = |changes: Features| {
            let enough = sufficient.iter().any(|small| changes.contains_all(*small));
            if enough { Outcome::Landed } else { Outcome::Lost }
        };
        let sets = [set(&[]), set(&[map]), set(&[gate]), sufficient[0], sufficient[1], features];
        Study {
            name: "m9-as-flown".into(),
            title: "A <flight>".into(),
            seed: 7,
            run: 0,
            features,
            carried_is_same: true,
            trials: sets.into_iter().map(|changes| flown(changes, outcome(changes))).collect(),
            minimal: sufficient
                .map(|changes| Minimal { changes, landed: Share::new(19, 20), lost: 1 })
                .to_vec(),
        }
    }

    #[test]
    fn a_feature_is_necessary_when_every_way_to_land_needs_it() {
        let mut study = study();
        assert_eq!(study.necessary(), Features::NONE);
        study.minimal.remove(0);
        assert_eq!(study.necessary().to_string(), "map + gate");
    }

    #[test]
    fn the_tables_name_every_single_change_and_every_smallest_set() {
        let lines = lines(&study()).join("\n");
        for needle in ["map + gate", "camera", "95 %", "19 of 20", "same flight, bit for bit"] {
            assert!(lines.contains(needle), "{needle}: {lines}");
        }
        let csv = csv(&[study()]);
        assert_eq!(csv.lines().count(), 1 + study().trials.len());
        let columns = |line: &str| line.split(',').count();
        assert!(csv.lines().all(|line| columns(line) == columns(csv.lines().next().unwrap())));
    }

    #[test]
    fn the_page_stands_alone() {
        let page = page(&[study()]);
        for needle in ["src=", "@import", "url(http", "<script", "NaN", "A <flight>"] {
            assert!(!page.contains(needle), "{needle}");
        }
        assert!(page.contains("<svg") && page.contains("<td class=\"word landed\">"), "{page}");
    }
}
