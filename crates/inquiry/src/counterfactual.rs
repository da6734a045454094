//! What would have saved the lander, and from when on nothing could.
//!
//! Owns: [`Case`] (the explanation that is flown again), [`Saved`] and how its flights are chosen. Does not own: what a
//! feature of the software is (`rig::scenario::Feature`), the changes (`change`), the moment of no return (`no_return`),
//! one flight (`rig::closed_loop`).
//! Method: but-for tests on one and the same flight [HalpernPearl2005]: models, constants, noise, start and everything that
//! was uploaded stay, one thing is changed. Sets of features are flown by ascending size; one that holds a sufficient set is
//! not flown, as in `rig::counterfactual`. Sufficient: at rest on its legs. Whether
//! within the touchdown limits hangs on the crater it comes down in, to which no explanation is true: a hard landing is named.
//! What was uploaded stays what it was: of the changed software only what the change is about is put into it, so map, target
//! and their errors are those that flew.
//! Refuses: changes to the ground, the Moon and the plan of the orbit.

mod change;
mod no_return;
mod stopping;

pub use change::{Change, Kind, Setting};
pub use no_return::{Fork, NoReturn};
pub use stopping::{Stopping, stopping_m};

use crate::work::Work;
use change::Changed;
use flight::load::{Load, NavStart};
use icd::time::Time;
use rayon::prelude::*;
use rig::arrival::OrbitState;
use rig::closed_loop::{Frame, Running};
use rig::scenario::{Feature, Features, ScenarioError, VehicleFile};
use rig::stand::Stand;
use rig::verdict::{End, Outcome};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

/// Points of a profile are this far apart at the least, s.
const PROFILE_S: f64 = 1.0;

/// The flight that is asked about: an explanation on the mission's models.
pub struct Case<'a> {
    /// Models with the constants of nature and the faults of the explanation.
    pub stand: &'a Stand,
    /// What was uploaded.
    pub load: &'a Load,
    /// Where navigation was told to start.
    pub nav: NavStart,
    /// Where the lander was.
    pub start: OrbitState,
    /// Whose noise is flown.
    pub run: u64,
    /// A vehicle whose radar altimeter and camera are mounted where the mission's has none; `None`: nothing is mounted.
    pub sensors: Option<&'a VehicleFile>,
}

/// How much is flown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Largest set of features that is flown.
    pub set_max: u32,
    /// Moments that are tried for the moment of no return before it is bisected; 0 for none.
    pub forks: usize,
}

impl Options {
    /// All sets, a fine search.
    pub const WHOLE: Self = Self { set_max: Feature::ALL.len() as u32, forks: 16 };
    /// Single changes, a coarse search.
    pub const QUICK: Self = Self { set_max: 1, forks: 6 };
}

/// How one of these flights ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// `rig::verdict::Outcome::name`.
    pub outcome: String,
    /// When its simulation ended, s after the start of the flight.
    pub end_s: f64,
    /// When it first met the ground, s after the start of the flight.
    pub contact_s: Option<f64>,
    /// Vertical and horizontal speed then, m/s.
    pub speed_m_s: Option<[f64; 2]>,
    /// Distance from the target then, m.
    pub miss_m: Option<f64>,
    /// Propellant left then, kg.
    pub propellant_kg: Option<f64>,
    /// First valid range after braking ignition: time, s after the start of the flight; altitude, m; descent speed, m/s.
    pub first_range: Option<[f64; 3]>,
    /// Every second or so from braking to the first contact: time since the start, s; altitude, m; descent speed, m/s; horizontal speed, m/s;
    /// mass, kg; propellant, kg.
    pub profile: Vec<[f64; 6]>,
}

impl Tried {
    /// When it first met the ground, or its simulation ended, s after the start of the flight.
    pub fn over_s(&self) -> f64 {
        self.contact_s.unwrap_or(self.end_s)
    }

    /// Whether the lander stands on its legs, whatever the touchdown limits say.
    pub fn stands(&self) -> bool {
        Outcome::from_name(&self.outcome).is_some_and(Outcome::stands)
    }
}

/// One change, flown.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The change.
    pub change: Change,
    /// What sort of change that is.
    pub kind: Kind,
    /// In words.
    pub text: String,
    /// How it ended.
    pub tried: Tried,
}

/// What would have saved the lander.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The explanation as it stands.
    pub base: Tried,
    /// Every single change.
    pub rows: Vec<Row>,
    /// Sets of features that were flown beside, with how they ended.
    pub sets: Vec<(Features, Tried)>,
    /// The smallest sets of changes that suffice, by size: single changes to software, sensors, settings and procedure, and
    /// sets of features. Nothing that cannot be chosen, as that a fault had not occurred.
    pub minimal: Vec<Vec<String>>,
    /// From when on nothing could have saved it; `None` where it was not looked for or the lander was not lost.
    pub no_return: Option<NoReturn>,
    /// Flights, those looked up included.
    pub flights: u64,
}

type Flown<T> = Result<T, ScenarioError>;

/// Where the flights are flown and counted.
pub(crate) struct Bench<'a> {
    case: &'a Case<'a>,
    /// The case on a vehicle that carries what may be changed in.
    equipped: Stand,
    work: &'a Work,
    progress: &'a (dyn Fn(&str) + Sync),
    head: String,
    flights: AtomicU64,
}

impl<'a> Bench<'a> {
    fn new(case: &'a Case<'a>, work: &'a Work, progress: &'a (dyn Fn(&str) + Sync)) -> Flown<Self> {
        let scenario = &case.stand.scenario;
        let equipped = match case.sensors {
            None => case.stand.clone(),
            Some(sensors) => {
                let mut carrying = rig::scenario::Scenario::clone(scenario);
                carrying.carry(sensors);
                case.stand.again(carrying)?
            }
        };
        let digest = rig::load::digest(case.load, &case.nav);
        let (hash, faults) = (scenario.hash(), &scenario.faults);
        let point = scenario.design.point_toml();
        let head = format!("{hash} {digest} {point} {faults:?} {:?} {}", case.start, case.run);
        Ok(Self { case, equipped, work, progress, head, flights: AtomicU64::new(0) })
    }

    /// The flight as changed.
    fn fly(&self, changed: &Changed) -> Flown<Tried> {
        self.once(&changed.name, || self.flown(changed, None))
    }

    /// As `make` says, or as the journal knows.
    fn once(&self, name: &str, make: impl FnOnce() -> Flown<Tried>) -> Flown<Tried> {
        let key = format!("counterfactual {name} of {}", self.head);
        let tried = self.work.once(&key, make)?;
        let flights = self.flights.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(&format!("{flights} flights, {name}: {}", tried.outcome));
        Ok(tried)
    }

    /// One flight; `over`: when another load takes over, s after the start, and which.
    fn flown(&self, changed: &Changed, over: Option<(f64, &Load)>) -> Flown<Tried> {
        let Changed { stand, load, nav, start, .. } = changed;
        let mut running = Running::uploaded(stand, load, *nav, start, self.case.run)?;
        let mut seen = Seen::default();
        let mut pending = over;
        loop {
            if let Some((at_s, load)) = pending
                && (running.simulation().world().state().t - start.t).s() >= at_s
            {
                running.hand_over(load);
                pending = None;
            }
            if let Some(end) = running.step(&mut |frame| seen.frame(frame)) {
                return seen.finish(running, stand, start.t, end);
            }
        }
    }
}

/// What is noted of a flight.
#[derive(Default)]
struct Seen {
    profile: Vec<[f64; 6]>,
    last: Option<[f64; 6]>,
    first_range: Option<[f64; 3]>,
}

impl Seen {
    fn frame(&mut self, frame: &Frame<'_>) {
        let (view, t_s) = (frame.view, frame.t_s);
        if frame.telemetry.phase < icd::tm::Phase::Ignition {
            return;
        }
        let (altitude_m, descent_m_s) = (view.altitude_m, -view.v_up_m_s);
        let row =
            [t_s, altitude_m, descent_m_s, view.v_horizontal_m_s, view.mass_kg, view.propellant_kg];
        if self.profile.last().is_none_or(|last| t_s - last[0] >= PROFILE_S) {
            self.profile.push(row);
        }
        self.last = Some(row);
        let acquired =
            frame.events.iter().find(|(_, e)| *e == icd::events::Event::RangefinderAcquired);
        if self.first_range.is_none()
            && let Some((acquired_s, _)) = acquired
        {
            self.first_range = Some([*acquired_s, altitude_m, descent_m_s]);
        }
    }

    fn finish(
        mut self,
        running: Running<'_>,
        stand: &Stand,
        start: Time,
        end: End,
    ) -> Flown<Tried> {
        let flown = running.finish(stand, end)?;
        let m = &flown.measures;
        let met = flown.touchdown;
        let contact_s = met.map(|at| (at.t - start).s());
        self.profile.extend(self.last.filter(|last| self.profile.last() != Some(last)));
        // What bounces is no descent any more.
        self.profile.retain(|row| contact_s.is_none_or(|contact_s| row[0] <= contact_s));
        Ok(Tried {
            outcome: flown.judgement.outcome.name().to_string(),
            end_s: flown.simulated_s,
            contact_s,
            speed_m_s: m.v_vertical_m_s.zip(m.v_horizontal_m_s).map(<[f64; 2]>::from),
            miss_m: met.map(|at| at.miss_m),
            propellant_kg: met.map(|at| at.propellant_kg),
            first_range: self.first_range,
            profile: self.profile,
        })
    }
}

/// Flies everything that is asked.
///
/// - `work`: what was flown before is not flown again.
/// - `progress`: told after each flight, from any thread.
///
/// # Errors
/// A case that cannot be flown.
pub fn study(
    case: &Case<'_>,
    options: &Options,
    work: &Work,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Saved, ScenarioError> {
    let bench = Bench::new(case, work, progress)?;
    let base = bench.fly(&bench.unchanged())?;
    let changes = bench.singles();
    let rows = changes.into_par_iter().map(|change| {
        let changed = bench.changed(&change)?;
        let tried = bench.fly(&changed)?;
        Ok(Row { kind: change.kind(), text: changed.text, change, tried })
    });
    let rows = rows.collect::<Flown<Vec<Row>>>()?;
    let mut saved =
        Saved { base, rows, sets: Vec::new(), minimal: Vec::new(), no_return: None, flights: 0 };
    if !saved.base.stands() {
        saved.search(&bench, options.set_max)?;
        if options.forks > 0 {
            saved.no_return = no_return::search(&bench, &saved.base, options.forks)?;
        }
    }
    saved.flights = bench.flights.load(Ordering::Relaxed);
    Ok(saved)
}

impl Saved {
    /// Sets of features by ascending size, and the smallest sets of all changes.
    fn search(&mut self, bench: &Bench<'_>, set_max: u32) -> Flown<()> {
        let mut found: Vec<Features> = Vec::new();
        for row in &self.rows {
            let chosen = !matches!(row.kind, Kind::Fault);
            if row.tried.stands() && chosen {
                self.minimal.push(vec![row.text.clone()]);
                if let Change::Feature(feature) = row.change {
                    found.push(Features::NONE.with(feature));
                }
            }
        }
        let features = bench.features();
        for count in 2..=features.count().min(set_max) {
            let open = |set: &Features| !found.iter().any(|small| set.contains_all(*small));
            let sets: Vec<Features> = features.subsets(count).filter(open).collect();
            let flown = sets.into_par_iter().map(|set| Ok((set, bench.fly(&bench.with(set)?)?)));
            for (set, tried) in flown.collect::<Flown<Vec<_>>>()? {
                if tried.stands() {
                    self.minimal.push(set.iter().map(|f| f.name().to_string()).collect());
                    found.push(set);
                }
                self.sets.push((set, tried));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
