//! Faults as a scenario names them: device, kind, numbers, time.
//!
//! Owns: the keys of `[[fault]]` with their units and limits. Does not own: which device can fail in
//! which way, nor what the fault does (`truth::faulty`).
//! One kind is ours: `latency` of the rangefinder replaces the figure of the vehicle file in nature,
//! while the flight software keeps believing the vehicle file.

use super::error::ScenarioError;
use super::reader::{Dispersed, Reader};
use icd::time::Span;
use truth::faulty::{self, FaultKind};

const DEG: f64 = std::f64::consts::PI / 180.0;
const DEG_H: f64 = DEG / 3600.0;
/// Our own kind, on [`LATENT`].
const LATENCY: &str = "latency";
const LATENT: &str = "rangefinder";

/// One number of a fault: key, least, largest, and the factor that turns it into SI.
type Number = (&'static str, f64, f64, f64);

/// Kinds with their numbers. Limits are assumed: they catch a wrong unit.
const KINDS: &[(&str, &[Number])] = &[
    ("absent", &[]),
    ("dead", &[]),
    ("stuck", &[]),
    ("unfit", &[]),
    ("stuck_on", &[]),
    ("range_limit", &[("range_m_max", 0.0, 1e6, 1.0)]),
    (LATENCY, &[("latency_s", 0.0, 10.0, 1.0)]),
    ("bias", &[("bias_m", -1e5, 1e5, 1.0)]),
    ("scale", &[("factor", 0.0, 10.0, 1.0)]),
    ("thrust_scale", &[("factor", 0.0, 1.5, 1.0)]),
    ("outliers", &[("probability", 0.0, 1.0, 1.0), ("sigma_m", 0.0, 1e6, 1.0)]),
    ("ghost", &[("probability", 0.0, 1.0, 1.0), ("range_m", 0.0, 1e6, 1.0)]),
    (
        "misalignment",
        &[
            ("roll_deg", -180.0, 180.0, DEG),
            ("pitch_deg", -180.0, 180.0, DEG),
            ("yaw_deg", -180.0, 180.0, DEG),
        ],
    ),
    (
        "accelerometer_bias",
        &[
            ("x_m_s2", -100.0, 100.0, 1.0),
            ("y_m_s2", -100.0, 100.0, 1.0),
            ("z_m_s2", -100.0, 100.0, 1.0),
        ],
    ),
    (
        "gyro_bias",
        &[
            ("x_deg_h", -1e6, 1e6, DEG_H),
            ("y_deg_h", -1e6, 1e6, DEG_H),
            ("z_deg_h", -1e6, 1e6, DEG_H),
        ],
    ),
];

/// A fault as checked; its numbers may still be drawn anew for each run.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// Device, as `truth::faulty` names it.
    pub on: String,
    /// Kind, as the file spells it.
    pub kind: &'static str,
    /// Numbers in the file's units, in the order of the kind's keys.
    pub numbers: Vec<(&'static str, Dispersed)>,
    /// Onset since the start of the run, s.
    pub at_s: f64,
    /// End since the start of the run, s; `None` for never.
    pub until_s: Option<f64>,
}

/// What a run's faults do to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// For truth's wrappers.
    pub faults: Vec<faulty::Fault>,
    /// Rangefinder latency in nature, s, when it is not the vehicle file's.
    pub rangefinder_latency_s: Option<f64>,
}

/// Devices that a fault can name, with the kinds each can have.
fn known() -> Vec<(String, Vec<&'static str>)> {
    let extended = |(name, kinds): (String, &'static [&'static str])| {
        let own = (name == LATENT).then_some(LATENCY);
        (name, kinds.iter().copied().chain(own).collect())
    };
    faulty::known().into_iter().map(extended).collect()
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
    let numbers = KINDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, keys)| keys);
    let read = |(key, min, max, _): &Number| Ok((*key, t.dispersed(key, *min, *max)?));
    let numbers = numbers.iter().map(read).collect::<Result<_, ScenarioError>>()?;
    let (mut at_s, mut until_s) = (0.0, None);
    if kind != LATENCY {
        at_s = t.number("at_s", 0.0, 1e5)?;
        until_s = t.number_if_any("until_s", at_s, 1e5)?;
    }
    t.finish()?;
    Ok(Fault { on: on.clone(), kind, numbers, at_s, until_s })
}

impl Fault {
    fn drawn(&self, seed: u64, run: u64) -> Vec<f64> {
        let keys = KINDS.iter().find(|(name, _)| *name == self.kind).map_or(&[][..], |(_, k)| k);
        let si = |((key, value), number): (&(&str, Dispersed), &Number)| {
            value.draw(seed, run, &format!("scenario.fault.{}.{}.{key}", self.on, self.kind))
                * number.3
        };
        self.numbers.iter().zip(keys).map(si).collect()
    }
}

/// Draws the numbers of one run's faults.
pub fn draw(faults: &[Fault], seed: u64, run: u64) -> Drawn {
    let mut out = Drawn::default();
    for fault in faults {
        let numbers = fault.drawn(seed, run);
        if fault.kind == LATENCY {
            out.rangefinder_latency_s = numbers.first().copied();
        } else if let Some(kind) = kind_of(fault.kind, &numbers) {
            let (onset, end) = (Span::from_s(fault.at_s), fault.until_s.map(Span::from_s));
            out.faults.push(faulty::Fault { on: fault.on.clone(), kind, onset, end });
        }
    }
    out
}

/// Truth's fault from its name and numbers in SI.
fn kind_of(name: &str, numbers: &[f64]) -> Option<FaultKind> {
    Some(match (name, numbers) {
        ("absent", []) => FaultKind::Absent,
        ("dead", []) => FaultKind::Dead,
        ("stuck", []) => FaultKind::Stuck,
        ("unfit", []) => FaultKind::Unfit,
        ("stuck_on", []) => FaultKind::StuckOn,
        ("range_limit", &[range_m_max]) => FaultKind::RangeLimit { range_m_max },
        ("bias", &[bias_m]) => FaultKind::Bias { bias_m },
        ("scale", &[factor]) => FaultKind::Scale { factor },
        ("thrust_scale", &[factor]) => FaultKind::ThrustScale { factor },
        ("outliers", &[probability, sigma_m]) => FaultKind::Outliers { probability, sigma_m },
        ("ghost", &[probability, range_m]) => FaultKind::Ghost { probability, range_m },
        ("misalignment", &[x, y, z]) => FaultKind::Misalignment { rotation_B_rad: [x, y, z] },
        ("accelerometer_bias", &[x, y, z]) => {
            FaultKind::AccelerometerBias { bias_B_m_s2: [x, y, z] }
        }
        ("gyro_bias", &[x, y, z]) => FaultKind::GyroBias { bias_B_rad_s: [x, y, z] },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_truth_knows_can_be_written_and_built() {
        for (on, kinds) in known() {
            for kind in kinds {
                let (_, keys) = KINDS.iter().find(|(name, _)| *name == kind).unwrap();
                let values: Vec<f64> = keys.iter().map(|_| 0.5).collect();
                match kind_of(kind, &values) {
                    Some(built) => {
                        assert_eq!(built.name(), kind);
                        let (onset, end) = (Span::default(), None);
                        let fault = faulty::Fault { on: on.clone(), kind: built, onset, end };
                        assert_eq!(fault.check(), Ok(()));
                    }
                    None => assert_eq!((on.as_str(), kind), (LATENT, LATENCY)),
                }
            }
        }
    }

    #[test]
    fn a_dispersed_fault_is_drawn_per_run_and_repeats() {
        let numbers = vec![("range_m_max", Dispersed::Normal { mean: 893.0, sigma: 10.0 })];
        let fault = Fault {
            on: LATENT.to_string(),
            kind: "range_limit",
            numbers,
            at_s: 0.0,
            until_s: None,
        };
        let limit = |run| match draw(std::slice::from_ref(&fault), 7, run).faults[0].kind {
            FaultKind::RangeLimit { range_m_max } => range_m_max,
            _ => f64::NAN,
        };
        assert_eq!(limit(3).to_bits(), limit(3).to_bits());
        let mean = (0..400).map(limit).sum::<f64>() / 400.0;
        assert!((mean - 893.0).abs() < 4.0 * 10.0 / 20.0, "{mean}");
    }
}
