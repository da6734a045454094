//! Single changes: what they are called, what they change.
//!
//! Owns: [`Change`], and putting one into a case. Does not own: flying it.
//! How much a setting is changed is assumed: about as much as a designer would dare without a new vehicle.

use super::{Bench, Flown};
use crate::prior::{Law, sizes};
use flight::load::{Load, NavStart};
use rig::arrival::OrbitState;
use rig::scenario::fault::Fault;
use rig::scenario::{Dispersed, Feature, Features, Scenario};
use rig::stand::Stand;
use std::sync::Arc;

/// The high gate is raised by this, m.
const GATE_HIGHER_M: f64 = 1000.0;
/// The planned descent after the gate is slowed to this share.
const PROFILE_SLOWER: f64 = 0.75;
/// Share of the collective that braking counts on: what is kept back makes it begin earlier.
const COLLECTIVE_LESS: f64 = 0.9;
/// More propellant, kg, as far as the tanks hold it.
const PROPELLANT_MORE_KG: f64 = 20.0;
/// The laser's energy is raised by this: by the link budget the reach doubles.
const ENERGY_MORE: f64 = 4.0;
/// A reach that a fault limits to half the fault.
const REACH_OF_HALF: f64 = 2.0;

/// One thing that might have been otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A feature of the other configuration.
    Feature(Feature),
    /// The explanation's fault at this place does not occur.
    Without(usize),
    /// It is half as large.
    Half(usize),
    /// A value of the plan or the vehicle.
    Setting(Setting),
}

/// Values of plan and vehicle that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// High gate higher up.
    GateHigher,
    /// Slower descent from the gate on.
    ProfileSlower,
    /// Braking that keeps thrust back, and so begins earlier.
    BrakingEarlier,
    /// More propellant.
    Propellant,
    /// A rangefinder with more laser energy.
    LaserEnergy,
}

impl Setting {
    /// All, in the order of the table.
    pub const ALL: [Self; 5] = [
        Self::GateHigher,
        Self::ProfileSlower,
        Self::BrakingEarlier,
        Self::Propellant,
        Self::LaserEnergy,
    ];

    /// In words.
    pub fn text(self) -> String {
        match self {
            Self::GateHigher => format!("high gate {GATE_HIGHER_M:.0} m higher"),
            Self::ProfileSlower => {
                let share = PROFILE_SLOWER * 100.0;
                format!("descent from the high gate on at {share:.0} % of the planned speeds")
            }
            Self::BrakingEarlier => {
                let share = COLLECTIVE_LESS * 100.0;
                format!("braking planned with {share:.0} % of the thrust, hence earlier")
            }
            Self::Propellant => format!("{PROPELLANT_MORE_KG:.0} kg more propellant"),
            Self::LaserEnergy => {
                format!("rangefinder with {ENERGY_MORE:.0} times the laser energy, twice the reach")
            }
        }
    }
}

/// Sorts of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Flight software.
    Software,
    /// A sensor that was not there or not used.
    Sensor,
    /// A value in the plan.
    Parameter,
    /// What is done before the flight.
    Procedure,
    /// What failed had not failed so: shows what was needed for the loss, and is no fix.
    Fault,
}

impl Kind {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Sensor => "sensor",
            Self::Parameter => "parameter",
            Self::Procedure => "procedure",
            Self::Fault => "fault",
        }
    }
}

impl Change {
    /// What sort of change it is.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Feature(Feature::Velocimeter | Feature::RadarAltimeter | Feature::Camera)
            | Self::Setting(Setting::LaserEnergy) => Kind::Sensor,
            Self::Feature(_) => Kind::Software,
            Self::Without(_) | Self::Half(_) => Kind::Fault,
            Self::Setting(Setting::Propellant) => Kind::Procedure,
            Self::Setting(_) => Kind::Parameter,
        }
    }
}

/// A case with a change in it.
pub(crate) struct Changed {
    pub stand: Stand,
    pub load: Box<Load>,
    pub nav: NavStart,
    pub start: OrbitState,
    /// What it is called in the journal.
    pub name: String,
    /// In words.
    pub text: String,
}

impl Bench<'_> {
    /// The features that can be changed: those that are not in force.
    pub(super) fn features(&self) -> Features {
        let scenario = &self.equipped.scenario;
        let machine = &scenario.vehicle.machine;
        let known: Features =
            Feature::ALL.into_iter().filter(|feature| feature.carried(machine)).collect();
        let now = scenario.flight.features(machine);
        known.iter().filter(|feature| !now.contains(*feature)).collect()
    }

    /// All single changes.
    pub(super) fn singles(&self) -> Vec<Change> {
        let faults = &self.equipped.scenario.faults;
        let features = self.features().iter().map(Change::Feature).collect::<Vec<_>>();
        let without = (0..faults.len()).map(Change::Without);
        let half = (0..faults.len()).filter(|n| halved(&faults[*n]).is_some()).map(Change::Half);
        let settings = Setting::ALL.map(Change::Setting);
        without.chain(half).chain(features).chain(settings).collect()
    }

    /// The case as it stands.
    pub(super) fn unchanged(&self) -> Changed {
        Changed {
            stand: self.equipped.clone(),
            load: Box::new(self.case.load.clone()),
            nav: self.case.nav,
            start: self.case.start,
            name: "nothing".to_string(),
            text: "nothing changed".to_string(),
        }
    }

    /// With one change.
    pub(super) fn changed(&self, change: &Change) -> Flown<Changed> {
        let own = &self.equipped.scenario;
        let mut out = self.unchanged();
        let mut scenario = Scenario::clone(own);
        let what = |n: usize| format!("{} {}", own.faults[n].on, own.faults[n].kind);
        match *change {
            Change::Feature(feature) => return self.with(Features::NONE.with(feature)),
            Change::Without(n) => {
                out.text = format!("without {}", what(n));
                scenario.faults.remove(n);
            }
            Change::Half(n) => {
                out.text = format!("{} half as large", what(n));
                if let Some(half) = halved(&own.faults[n]) {
                    scenario.faults[n] = half;
                }
            }
            Change::Setting(setting) => {
                out.text = setting.text();
                set(setting, &mut scenario, &mut out.load);
            }
        }
        out.name = out.text.clone();
        out.stand.scenario = Arc::new(scenario);
        Ok(out)
    }

    /// With features of the other configuration.
    pub(crate) fn with(&self, features: Features) -> Flown<Changed> {
        let stand = self.equipped.with_changes(features)?;
        let load = self.uploaded_for(&stand);
        let name = features.to_string();
        Ok(Changed { stand, load, text: name.clone(), name, ..self.unchanged() })
    }

    /// What was uploaded, with what the changed software of `stand` needs.
    fn uploaded_for(&self, stand: &Stand) -> Box<Load> {
        let mut out = Box::new(self.case.load.clone());
        let other = stand.load(self.case.run);
        out.faults = other.faults;
        out.vehicle.velocimeter = other.vehicle.velocimeter;
        out.vehicle.radar_altimeter = other.vehicle.radar_altimeter;
        out.vehicle.camera = other.vehicle.camera;
        if out.landmarks.count == 0 && other.vehicle.camera.fitted {
            // Charted with the map that was uploaded: displaced as its target is, level there.
            let own = out.target.p_MT_M.si();
            let moved = own - other.target.p_MT_M.si();
            let up = own.normalize();
            let level = moved - up * up.dot(&moved);
            out.landmarks = other.landmarks;
            for p in out.landmarks.p_MK_M.iter_mut().take(out.landmarks.count) {
                *p = (nalgebra::Vector3::from(*p) + level).into();
            }
        }
        out
    }
}

/// Puts a setting into plan, vehicle and load.
fn set(setting: Setting, scenario: &mut Scenario, load: &mut Load) {
    let machine = &mut scenario.vehicle.machine;
    match setting {
        Setting::GateHigher => load.target.gate_altitude_m += GATE_HIGHER_M,
        Setting::ProfileSlower => {
            load.target.gate_v_up_m_s *= PROFILE_SLOWER;
            // The lowest two are how it touches down.
            load.target.profile.iter_mut().skip(2).for_each(|(_, v)| *v *= PROFILE_SLOWER);
        }
        Setting::BrakingEarlier => load.target.braking_collective *= COLLECTIVE_LESS,
        Setting::Propellant => {
            let was = scenario.start.propellant_kg.reference();
            let now = (was + PROPELLANT_MORE_KG).min(machine.propellant.capacity_kg);
            scenario.start.propellant_kg = Dispersed::Fixed(now);
            load.vehicle.propellant_kg += now - was;
        }
        Setting::LaserEnergy => {
            let unit = &mut machine.rangefinder;
            unit.pulse_energy_J *= ENERGY_MORE;
            unit.range_m_max *= ENERGY_MORE.sqrt();
            load.vehicle.rangefinder.range_m_max *= ENERGY_MORE.sqrt();
        }
    }
}

/// A fault half as large; `None` for one that has no size.
fn halved(fault: &Fault) -> Option<Fault> {
    let laws = sizes(&fault.on, fault.kind);
    let mut out = fault.clone();
    let mut any = false;
    for (key, value) in &mut out.numbers {
        let law = laws.iter().find(|size| size.key == *key).map(|size| size.law);
        let was = value.reference();
        let half = match (law, fault.kind) {
            (_, "range_limit" | "saturation") => was * REACH_OF_HALF,
            // Half the loss in decibels.
            (_, "weak_surface" | "weak_laser" | "weak_receiver" | "weak_at_speed") => was.sqrt(),
            (Some(Law::Factor), _) => 1.0 + 0.5 * (was - 1.0),
            (Some(Law::Fixed), _) => continue,
            _ => 0.5 * was,
        };
        *value = Dispersed::Fixed(half);
        any = true;
    }
    any.then_some(out)
}
