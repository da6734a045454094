//! How far the attitude loop is from instability along a flight: linear analysis of what flies.
//!
//! Owns: [`Study`], the points of a flight it looks at, what each axis is made of there.
//! Does not own: the linear model (`plant`), the margins of a loop (`sampled`), page and table (`page`, `text`).
//! As programmed: the scenario is flown; every so many seconds of powered flight mass, inertia, thrust and liquid are
//! nature's at that instant, gains and believed inertia the flight software's own, and what the engines make of a
//! torque is asked of its own allocation: each axis belongs to the assist engines where they burn and stand off
//! it, else to the jets.
//! What is required, 6 dB and 30°, is customary for launchers and landers (assumed).
//! The jets save impulses below their shortest pulse: an axis on jets is shown as if they did not, and moves in a
//! small limit cycle instead.
//! Refuses: the coasts (a deadband, not a linear loop), saturation, engines dispersed or failed other than flown.

mod page;
mod plant;
mod sampled;
#[cfg(test)]
mod tests;
mod text;

pub use page::page;
pub use plant::{Actuator, Liquid, Plant};
pub use sampled::{Loop, Margins};
pub use text::lines;

use crate::closed_loop::{Frame, fly};
use crate::record::Recording;
use crate::scenario::{Scenario, ScenarioError};
use crate::stand::Stand;
use flight::control::allocate::{self, Jets};
use flight::control::attitude::{BURNING, believed_inertia};
use icd::bus::{ASSIST_ENGINES, JETS, PULSE_FRAME};
use icd::tm::Phase;
use nalgebra::Vector3;
use truth::dynamics::slosh::SloshMass;
use truth::dynamics::{MassProperties, mass_properties};
use truth::vehicle::{Engine, Vehicle};

/// Required gain margin, up and down, dB.
pub const GAIN_DB: f64 = 6.0;
/// Required phase margin, deg.
pub const PHASE_DEG: f64 = 30.0;
/// Usual time between two points, s.
pub const EVERY_S: f64 = 2.0;
/// Names of the axes: body x, y, z.
pub const AXES: [&str; 3] = ["x", "y", "z"];
/// Torque with which allocation is asked, N m, and how often it is doubled until jets answer.
const ASKED_NM: f64 = 1.0;
const DOUBLINGS: u32 = 20;

/// What flies at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Instant {
    /// Time since the start of the run, s.
    pub t_s: f64,
    /// Phase.
    pub phase: Phase,
    /// Height of the feet over ground, m.
    pub altitude_m: f64,
    /// Propellant on board, kg.
    pub propellant_kg: f64,
    /// The same as believed, kg.
    pub believed_kg: f64,
    /// The main engine burns.
    pub main: bool,
    /// Collective of the assist engines; 0 when they are shut.
    pub collective: f64,
    /// Their duties.
    pub duties: [f64; ASSIST_ENGINES],
}

/// One point of the flight.
#[derive(Clone, Debug)]
pub struct Point {
    /// What flies.
    pub at: Instant,
    /// Mass, kg.
    pub mass_kg: f64,
    /// Thrust acceleration, m/s².
    pub thrust_m_s2: f64,
    /// The loop of each axis.
    pub loops: [Loop; 3],
    /// Its margins.
    pub margins: [Margins; 3],
}

/// The margins along one flight.
#[derive(Clone, Debug)]
pub struct Study {
    /// The scenario's short name.
    pub name: String,
    /// The vehicle's name.
    pub vehicle: String,
    /// Points in order of time.
    pub points: Vec<Point>,
}

impl Study {
    /// Flies `run` of the scenario and analyses it every `every_s` of powered flight; [`EVERY_S`] is usual.
    ///
    /// # Errors
    /// As [`Stand::new`] and [`fly`].
    pub fn of(scenario: Scenario, run: u64, every_s: f64) -> Result<Self, ScenarioError> {
        let stand = Stand::new(scenario)?;
        let load = stand.load(run);
        let machine = &stand.scenario.vehicle.machine;
        let (mut instants, mut next_s) = (Vec::new(), f64::NEG_INFINITY);
        fly(&stand, run, Recording::Off, |frame| {
            if let Some(instant) = Instant::of(frame)
                && frame.t_s >= next_s
            {
                instants.push(instant);
                next_s = frame.t_s + every_s - 0.5 * PULSE_FRAME.s();
            }
        })?;
        let point = |at: &Instant| Point::new(machine, &load.vehicle, *at);
        Ok(Self {
            name: stand.scenario.name(),
            vehicle: machine.name.clone(),
            points: instants.iter().map(point).collect(),
        })
    }

    /// The point at which `value` of an axis is least, and that value.
    pub fn least(&self, axis: usize, value: impl Fn(&Margins) -> f64) -> Option<(&Point, f64)> {
        let all = self.points.iter().map(|point| (point, value(&point.margins[axis])));
        all.min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl Instant {
    /// Powered flight under the attitude law; `None` otherwise.
    pub fn of(frame: &Frame<'_>) -> Option<Self> {
        let down = frame.telemetry;
        let (main, duties) = (down.control.main > 0, down.control.assist);
        let burns = duties.iter().any(|duty| *duty > 0.0);
        (main || burns).then_some(Self {
            t_s: frame.t_s,
            phase: down.phase,
            altitude_m: frame.view.altitude_m,
            propellant_kg: frame.view.propellant_kg,
            believed_kg: down.nav.propellant_kg,
            main,
            collective: if burns { down.guidance.throttle } else { 0.0 },
            duties,
        })
    }
}

impl Point {
    /// Loops and margins of `machine`, flown as `believed`.
    pub fn new(machine: &Vehicle, believed: &flight::load::Vehicle, at: Instant) -> Self {
        let mass = mass_properties(&machine.dry, &machine.propellant, at.propellant_kg);
        let assist_N: f64 = machine.assist.iter().zip(at.duties).map(|(e, u)| e.thrust_N * u).sum();
        let thrust_N = assist_N + if at.main { machine.main.thrust_N } else { 0.0 };
        let (inertia, _) = believed_inertia(believed, at.believed_kg);
        let loops = core::array::from_fn(|axis| Loop {
            plant: Plant::new(
                mass.inertia_kg_m2[(axis, axis)],
                liquid(machine, &mass, at.propellant_kg, thrust_N, axis),
                actuator(machine, believed, &mass, &at, axis),
            ),
            gains: BURNING,
            believed_kg_m2: inertia[axis],
        });
        Self {
            at,
            mass_kg: mass.mass_kg,
            thrust_m_s2: thrust_N / mass.mass_kg,
            margins: loops.map(|one: Loop| one.margins()),
            loops,
        }
    }
}

/// The liquid under `thrust_N`, as an axis feels it.
fn liquid(
    machine: &Vehicle,
    mass: &MassProperties,
    propellant_kg: f64,
    thrust_N: f64,
    axis: usize,
) -> Liquid {
    let Some(tanks) = &machine.tanks else {
        return Liquid {
            takes: 0.0,
            rides: 0.0,
            free: 1.0,
            leans: 0.0,
            omega_rad_s: 1.0,
            zeta: 1.0,
        };
    };
    let moving = SloshMass::new(tanks, &machine.propellant, propellant_kg);
    let (omega2, damping) = moving.spring(thrust_N / mass.mass_kg, &Vector3::zeros());
    let omega_rad_s = libm::sqrt(omega2);
    let zeta = 0.5 * damping / omega_rad_s.max(1e-9);
    if axis == 2 {
        let takes = moving.ring_kg_m2;
        return Liquid { takes, rides: 1.0, free: 1.0, leans: 0.0, omega_rad_s, zeta };
    }
    let (share, d_m) = (moving.mass_kg / mass.mass_kg, moving.p_BS_B.z - mass.p_BC_B.z);
    Liquid {
        takes: moving.mass_kg * d_m,
        rides: d_m,
        free: 1.0 - share,
        leans: thrust_N * share,
        omega_rad_s,
        zeta,
    }
}

/// What becomes of a torque asked about an axis.
fn actuator(
    machine: &Vehicle,
    believed: &flight::load::Vehicle,
    mass: &MassProperties,
    at: &Instant,
    axis: usize,
) -> Actuator {
    let unit = Vector3::from_fn(|i, _| if i == axis { 1.0 } else { 0.0 });
    let beyond = allocate::beyond_assist(believed, unit);
    let mean = |engines: &[Engine], duties: &[f64]| {
        let (mut force, mut torque) = (Vector3::zeros(), Vector3::zeros());
        for (engine, duty) in engines.iter().zip(duties) {
            let f = Vector3::from(engine.d_B) * (engine.thrust_N * duty);
            force += f;
            torque += (Vector3::from(engine.p_BA_B) - mass.p_BC_B).cross(&f);
        }
        (force, torque)
    };
    let frame_s = PULSE_FRAME.s();
    if at.collective > 0.0 && beyond[axis] == 0.0 {
        let fitted = machine.assist.iter().map(|engine| engine.thrust_N > 0.0);
        let mut out = [false; ASSIST_ENGINES];
        for ((out, duty), fitted) in out.iter_mut().zip(&at.duties).zip(fitted) {
            *out = fitted && *duty <= 0.0;
        }
        let duties = |size: f64| allocate::assist(believed, at.collective, unit * size, out);
        let (_, above) = mean(&machine.assist, &duties(ASKED_NM));
        let (_, below) = mean(&machine.assist, &duties(-ASKED_NM));
        let engine = &machine.assist[0];
        let burning = at.duties.iter().filter(|duty| **duty > 0.0).count().max(1);
        let duty = at.duties.iter().sum::<f64>() / burning as f64;
        return Actuator {
            gain: (above - below)[axis] / (2.0 * ASKED_NM),
            side_m_s2_Nm: 0.0,
            delay_s: if engine.throttled { 0.0 } else { duty * frame_s + engine.shuts_after_s },
            lag_s: engine.lag_s,
            held: engine.throttled,
        };
    }
    let (_, fill) = believed_inertia(believed, at.believed_kg);
    let [empty_m, full_m] = believed.cm_z_m;
    let cm_z_m = empty_m + (full_m - empty_m) * fill;
    let (mut size, mut duties) = (ASKED_NM, [0.0; JETS]);
    for _ in 0..DOUBLINGS {
        duties = Jets::new().duties(believed, cm_z_m, unit * size);
        // Large enough that no pod saves its share up, small enough that none is cut.
        if duties.iter().any(|duty| *duty > 0.4) {
            break;
        }
        size *= 2.0;
    }
    let (force, torque) = mean(&machine.jets, &duties);
    let gain = torque[axis] / size;
    // A torque about y comes with a force along x; about x with one along −y, seen with the liquid's shift.
    let side_N = [-force.y, force.x, 0.0][axis] / size;
    let engine = &machine.jets[0];
    Actuator {
        gain,
        side_m_s2_Nm: side_N / gain.abs().max(1e-9) / mass.mass_kg,
        delay_s: engine.on_min_s + engine.shuts_after_s,
        lag_s: engine.lag_s,
        held: false,
    }
}
