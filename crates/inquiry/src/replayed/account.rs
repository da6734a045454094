//! Expectation against fact, aid by aid, as the flight software saw it.
//!
//! Owns: [`Account`]. Does not own: the comparison itself (`flight::nav::filter`).
//! As programmed: a reading counts as compared where the aid's line of the snapshot has changed and says so; of several
//! readings within one pulse frame the last is seen. Where no cycles were received the lines are those downlinked.

use super::Replayed;
use crate::evidence::Evidence;
use crate::finding::Device;
use icd::time::Time;
use icd::tm::{Belief, Innovation, Outcome, Snapshot};

/// Standard deviations beyond which a reading is no longer what was expected.
pub const APART: f64 = 3.0;
/// So many such readings in a row are no chance: 5 of them by a normal law, 10⁻¹³.
pub const LASTING: usize = 5;

/// One reading as the flight software compared it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Time of the snapshot that shows it, at most one pulse frame late.
    pub t: Time,
    /// Measured value, in the account's unit.
    pub measured: f64,
    /// Measured less expected, same unit.
    pub nu: f64,
    /// Standard deviation of `nu` by the filter, same unit.
    pub sigma: f64,
    /// Largest |nu| that passed, same unit.
    pub gate: f64,
    /// What became of it.
    pub outcome: Outcome,
}

impl Compared {
    /// Whether it lies more than [`APART`] standard deviations from what was expected.
    pub fn apart(&self) -> bool {
        self.nu.is_nan() || self.nu.abs() > APART * self.sigma
    }
}

/// All readings of one aid that were compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The aid.
    pub aid: Device,
    /// Unit of its values, as NOTATION.md spells it.
    pub unit: &'static str,
    /// In the order of time.
    pub compared: Vec<Compared>,
    /// Made again by the replay; else as downlinked, which shows some of the readings only.
    pub replayed: bool,
}

/// A device, its unit, its line of telemetry.
type Aid = (Device, &'static str, fn(&Snapshot) -> &Innovation);

/// The aids of navigation with their units and their lines.
const AIDS: [Aid; 5] = [
    (Device::Rangefinder, "m", |s| &s.rangefinder),
    (Device::Velocimeter, "m/s", |s| &s.velocimeter),
    (Device::StarTracker, "rad", |s| &s.star_tracker),
    (Device::RadarAltimeter, "m", |s| &s.radar_altimeter),
    (Device::Camera, "pixel", |s| &s.camera),
];

impl Account {
    /// Readings that were fused, and that were not.
    pub fn counts(&self) -> (usize, usize) {
        let fused = self.compared.iter().filter(|one| one.outcome == Outcome::Fused).count();
        (fused, self.compared.len() - fused)
    }

    /// The first reading that is not what was expected, and the first of [`LASTING`] such in a row.
    pub fn parting(&self) -> (Option<&Compared>, Option<&Compared>) {
        let first = self.compared.iter().find(|one| one.apart());
        let mut runs = self.compared.windows(LASTING);
        let lasting = runs.find(|run| run.iter().all(Compared::apart));
        (first, lasting.and_then(<[Compared]>::first))
    }

    fn of(
        (aid, unit): (Device, &'static str),
        lines: impl Iterator<Item = (Time, Innovation)>,
        replayed: bool,
    ) -> Self {
        let (mut compared, mut last) = (Vec::new(), Innovation::default());
        for (t, line) in lines {
            let Innovation { measured, nu, sigma, gate, outcome, .. } = line;
            let bits = |line: &Innovation| {
                let values = [line.measured, line.nu, line.sigma].map(f64::to_bits);
                (values, line.fused, line.rejected)
            };
            let told = !matches!(outcome, Outcome::Silent | Outcome::Unusable);
            if told && bits(&line) != bits(&last) {
                compared.push(Compared { t, measured, nu, sigma, gate, outcome });
            }
            last = line;
        }
        Self { aid, unit, compared, replayed }
    }
}

impl Replayed {
    /// Every aid's account; those that compared nothing are left out.
    pub fn accounts(&self, evidence: &Evidence) -> Vec<Account> {
        let account = |(aid, unit, line): (_, _, fn(&Snapshot) -> &Innovation)| {
            if self.snapshots.is_empty() {
                return Account::of((aid, unit), downlinked(evidence, aid).into_iter(), false);
            }
            Account::of((aid, unit), self.snapshots.iter().map(|s| (s.t, *line(s))), true)
        };
        AIDS.into_iter().map(account).filter(|account| !account.compared.is_empty()).collect()
    }

    /// What the hypothesis bank believed about a ranging sensor, each time that it changed. Empty for other devices, and
    /// where nothing was replayed.
    pub fn beliefs(&self, device: Device) -> Vec<(Time, Belief)> {
        let belief = |s: &Snapshot| match device {
            Device::Rangefinder => Some(s.rangefinder_belief),
            Device::RadarAltimeter => Some(s.radar_belief),
            _ => None,
        };
        let all = self.snapshots.iter().filter_map(|s| Some((s.t, belief(s)?)));
        let mut out: Vec<(Time, Belief)> = all.collect();
        out.dedup_by(|later, first| later.1 == first.1);
        out
    }
}

/// An aid's lines as downlinked.
fn downlinked(evidence: &Evidence, aid: Device) -> Vec<(Time, Innovation)> {
    let series = |what: &str| evidence.series(&format!("{}.{what}", aid.name()));
    let [measured, nu, sigma, gate] = ["measured", "nu", "sigma", "gate"].map(series);
    let outcomes = series("outcome");
    let (fused, rejected) = (series("fused"), series("rejected"));
    // All of one list is sampled together: the n-th of each belong together.
    let mut out = Vec::with_capacity(nu.len());
    for (n, (t, nu)) in nu.into_iter().enumerate() {
        let at = |series: &[(Time, f64)]| series.get(n).map_or(f64::NAN, |(_, value)| *value);
        let count = |series: &[(Time, f64)]| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
            let count = at(series) as u32;
            count
        };
        out.push((
            t,
            Innovation {
                measured: at(&measured),
                nu,
                sigma: at(&sigma),
                gate: at(&gate),
                outcome: outcome(at(&outcomes)),
                fused: count(&fused),
                rejected: count(&rejected),
                ..Innovation::default()
            },
        ));
    }
    out
}

fn outcome(code: f64) -> Outcome {
    const ALL: [Outcome; 7] = [
        Outcome::Silent,
        Outcome::Fused,
        Outcome::Rejected,
        Outcome::Unusable,
        Outcome::LockedOut,
        Outcome::Inhibited,
        Outcome::Distrusted,
    ];
    let known = ALL.into_iter().find(|outcome| f64::from(*outcome as u8).total_cmp(&code).is_eq());
    known.unwrap_or(Outcome::Silent)
}
