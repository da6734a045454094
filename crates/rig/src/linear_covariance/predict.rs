//! The prediction, from run 0 flown twice: as it is, and with gravity beyond the on-board degree known.

use super::sample::{CHECKPOINTS, Flight, Gather, LAST_M, Sample};
use crate::closed_loop::{Frame, Simulation};
use crate::scenario::{REFERENCE_RUN, Scenario, ScenarioError};
use crate::stand::Stand;
use icd::bus::PULSE_FRAME;
use icd::constants::STANDARD_GRAVITY_M_S2;
use icd::time::Span;
use icd::tm::Phase;

/// Last seconds above a metre over which control's own error is taken. Assumed: two periods of its loop.
const SETTLED_S: f64 = 4.0;
/// Lower than a metre and believed this near to the target, a lander has met its aim, m. Assumed: what guidance
/// leaves of a correction that comes late.
const AIM_M: f64 = 10.0;
/// Gravity at the ground, m/s².
const G_M_S2: f64 =
    icd::constants::GM_MOON_M3_S2 / (icd::constants::MOON_RADIUS_M * icd::constants::MOON_RADIUS_M);
/// Time before the gate over which the growth of the variance of height is taken, s.
const GROWTH_S: f64 = 2.0;

/// A dispersion of truth that one run predicts.
#[derive(Clone, Copy, Debug)]
pub struct Dispersion {
    /// What, and where.
    pub what: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Axes whose deviations are summed by squares.
    pub axes: usize,
    /// Predicted deviation.
    pub sigma: f64,
    /// The same quantity of a flight.
    pub read: fn(&Flight) -> Option<Vec<f64>>,
}

/// What the high gate leaves to chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// Descent speed there, m/s.
    pub fall_m_s: f64,
    /// Deviations of height, m, and fall speed, m/s, and their correlation.
    pub height_m: f64,
    /// Of fall speed, m/s.
    pub speed_m_s: f64,
    /// Correlation of the errors of height and vertical speed.
    pub correlation: f64,
    /// Deviation of the velocity change that follows, m/s.
    pub dv_m_s: f64,
}

/// Deviations predicted from run 0.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// At each checkpoint that run 0 reached: what differs from run to run.
    pub scatter: [Option<Sample>; CHECKPOINTS.len()],
    /// The same with the allowance for unknown gravity, as navigation states it in flight.
    pub whole: [Option<Sample>; CHECKPOINTS.len()],
    /// Along the flight: what differs from run to run.
    pub along: Vec<Sample>,
    /// The high gate; `None` when run 0 never came to it.
    pub gate: Option<Gate>,
    /// Of truth.
    pub dispersions: Vec<Dispersion>,
}

/// What run 0 tells beside its samples.
struct Pass {
    at: [Option<Sample>; CHECKPOINTS.len()],
    along: Vec<Sample>,
    /// Time and variance of height in the last pulse frames before the gate.
    heights: Vec<(f64, f64)>,
    /// Per frame near the end: time, commanded less estimated vertical speed, square of the estimated horizontal one.
    settled: Vec<[f64; 3]>,
    /// Velocity change by main and assist engines, m/s.
    dv_m_s: [f64; 2],
    start_kg: f64,
    end_kg: f64,
}

impl Prediction {
    /// From run 0 of a stand.
    ///
    /// # Errors
    /// When truth refuses to start.
    pub fn of(stand: &Stand) -> Result<Self, ScenarioError> {
        let whole = pass(stand, false)?;
        let own = pass(stand, true)?;
        let gate = gate(&own);
        let dispersions = dispersions(&stand.scenario, &own, gate.as_ref());
        Ok(Self { scatter: own.at, whole: whole.at, along: own.along, gate, dispersions })
    }
}

/// Flies run 0 to the ground; `known`: with nothing of gravity left unknown on board.
fn pass(stand: &Stand, known: bool) -> Result<Pass, ScenarioError> {
    let mut load = stand.load(REFERENCE_RUN);
    if known {
        load.gravity.omitted.sigma_m_s2 = 0.0;
    }
    let mut simulation = Simulation::new(stand, &load, REFERENCE_RUN)?;
    let mut gather = Gather::new(stand, REFERENCE_RUN);
    let start = simulation.world().state().t;
    let end = start + Span::from_s(stand.scenario.duration_s_max);
    let mut out = Pass {
        at: Default::default(),
        along: vec![],
        heights: vec![],
        settled: vec![],
        dv_m_s: [0.0; 2],
        start_kg: simulation.world().mass_kg(),
        end_kg: 0.0,
    };
    while simulation.world().touchdown().is_none()
        && simulation.world().ended().is_none()
        && simulation.world().state().t < end
    {
        let exchange = simulation.exchange();
        let telemetry = simulation.flight().down();
        if telemetry.t == exchange.sensors.t {
            let view = simulation.world().view();
            let t_s = (exchange.sensors.t - start).s();
            let (sensors, actuators) = (&exchange.sensors, &exchange.actuators);
            let frame = Frame { t_s, view: &view, sensors, actuators, telemetry, events: &[] };
            gather.frame(&frame);
            out.frame(&frame);
        }
        simulation.carry_on(&exchange);
        let (thrust, mass_kg) = (simulation.world().thrust(), simulation.world().mass_kg());
        for (dv_m_s, thrust_N) in out.dv_m_s.iter_mut().zip([thrust.main_N, thrust.assist_N]) {
            *dv_m_s += thrust_N / mass_kg * icd::bus::CYCLE.s();
        }
    }
    out.end_kg = simulation.world().mass_kg();
    (out.at, out.along) = (gather.at, gather.along);
    Ok(out)
}

impl Pass {
    fn frame(&mut self, frame: &Frame<'_>) {
        let (nav, guidance) = (&frame.telemetry.nav, &frame.telemetry.guidance);
        if frame.telemetry.phase == Phase::Braking {
            self.heights.push((frame.t_s, nav.sigma_altitude_m * nav.sigma_altitude_m));
        }
        let flying = (Phase::PitchUp..Phase::Contact).contains(&frame.telemetry.phase);
        if flying && frame.view.altitude_m > LAST_M {
            let off = guidance.v_up_m_s - nav.v_up_m_s;
            let [x, y, _] = nav.v_LB_L;
            self.settled.push([frame.t_s, off, x * x + y * y]);
        }
    }
}

/// Deviations at the gate and what follows of them.
fn gate(pass: &Pass) -> Option<Gate> {
    let at = pass.at[1]?;
    let (t1, last) = *pass.heights.last()?;
    let (t0, first) = *pass.heights.iter().rev().find(|(t_s, _)| t1 - t_s >= GROWTH_S)?;
    let [height_m, _, speed_m_s, ..] = at.sigma;
    let fall_m_s = -at.state[3];
    // d(σ²)/dt = 2 cov(h, v).
    let together = 0.5 * (last - first) / (t1 - t0);
    let correlation = (together / (height_m * speed_m_s)).clamp(-1.0, 1.0);
    let per_height = G_M_S2 / fall_m_s;
    let variance = (per_height * height_m) * (per_height * height_m) + speed_m_s * speed_m_s
        - 2.0 * per_height * correlation * height_m * speed_m_s;
    Some(Gate { fall_m_s, height_m, speed_m_s, correlation, dv_m_s: variance.max(0.0).sqrt() })
}

fn rss(parts: &[f64]) -> f64 {
    parts.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// What the length of a pulse frame leaves of something that changes at a rate.
fn frame(rate: f64) -> f64 {
    rate * PULSE_FRAME.s() / 12.0_f64.sqrt()
}

fn dispersions(scenario: &Scenario, pass: &Pass, gate: Option<&Gate>) -> Vec<Dispersion> {
    let mut out = Vec::new();
    let mut put = |what, unit, axes, sigma: f64, read| {
        if sigma.is_finite() {
            out.push(Dispersion { what, unit, axes, sigma, read });
        }
    };
    if let Some(before) = &pass.at[0] {
        // The path to ignition is the same in every run, its end is not. Half the variance lies along the track.
        let sigma = rss(&[before.sigma[1] / 2.0_f64.sqrt(), frame(before.state[4])]);
        put("ignition: place along the track", "m", 1, sigma, |f| {
            Some(vec![f.measures.ignition_distance_m?])
        });
    }
    if let Some(at) = &pass.at[1] {
        let s = &at.state;
        let level = libm::hypot(s[4], s[5]);
        let sigma = rss(&[at.sigma[0], frame(s[3])]);
        put("high gate: height over the target", "m", 1, sigma, |f| Some(vec![f.at[1]?.state[0]]));
        let sigma = rss(&[at.sigma[1], frame(level)]);
        put("high gate: place", "m", 2, sigma, |f| f.at[1].map(|s| s.state[1..3].to_vec()));
        put("high gate: vertical speed", "m/s", 1, at.sigma[2], |f| Some(vec![f.at[1]?.state[3]]));
        put("high gate: horizontal velocity", "m/s", 2, at.sigma[3], |f| {
            f.at[1].map(|s| s.state[4..6].to_vec())
        });
    }
    if let Some(at) = &pass.at[5] {
        let each = at.sigma[1] / 2.0_f64.sqrt();
        put("touchdown: miss east", "m", 1, each, |f| Some(vec![f.measures.miss_east_m?]));
        put("touchdown: miss north", "m", 1, each, |f| Some(vec![f.measures.miss_north_m?]));
        put("touchdown, aim met: miss east", "m", 1, each, |f| {
            aim_met(f).then_some(vec![f.measures.miss_east_m?])
        });
        put("touchdown, aim met: miss north", "m", 1, each, |f| {
            aim_met(f).then_some(vec![f.measures.miss_north_m?])
        });
        let [vertical, level] = settled(pass);
        let sigma = rss(&[at.sigma[2], vertical]);
        put("touchdown: vertical speed", "m/s", 1, sigma, |f| {
            Some(vec![f.measures.v_vertical_m_s?])
        });
        let sigma = rss(&[at.sigma[3], level]);
        put("1 m: horizontal velocity", "m/s", 2, sigma, |f| {
            f.at[5].map(|s| s.state[4..6].to_vec())
        });
    }
    if let Some(gate) = gate {
        put("velocity change", "m/s", 1, gate.dv_m_s, |f| Some(vec![f.measures.dv_m_s?]));
        let sigma = propellant_kg(scenario, pass, gate.dv_m_s);
        put("propellant left", "kg", 1, sigma, |f| Some(vec![f.measures.propellant_kg?]));
    }
    out
}

/// Whether a lander comes down where it believes its target to be.
fn aim_met(flight: &Flight) -> bool {
    flight.at[5].is_some_and(|last| last.believed_miss_m() < AIM_M)
}

/// What control leaves of the commanded velocity over the last seconds: vertical scatter about a straight line (a
/// lag behind the command is the same in every run), horizontal mean square.
fn settled(pass: &Pass) -> [f64; 2] {
    let Some([end_s, ..]) = pass.settled.last() else { return [0.0; 2] };
    let near = pass.settled.iter().filter(|[t_s, ..]| end_s - t_s <= SETTLED_S);
    let near: Vec<_> = near.collect();
    let n = near.len() as f64;
    let mean = |of: &dyn Fn(&[f64; 3]) -> f64| near.iter().map(|s| of(s)).sum::<f64>() / n;
    let (t, off) = (mean(&|s| s[0]), mean(&|s| s[1]));
    let t2 = mean(&|s| (s[0] - t) * (s[0] - t)).max(1e-9);
    let slope = mean(&|s| (s[0] - t) * (s[1] - off)) / t2;
    let line = |s: &[f64; 3]| s[1] - off - slope * (s[0] - t);
    [mean(&|s| line(s) * line(s)).sqrt(), mean(&|s| s[2]).sqrt()]
}

/// Deviation of the propellant left, kg, by the derivatives of m_f = m_0 exp(−Σ Δv_i/c_i).
fn propellant_kg(scenario: &Scenario, pass: &Pass, dv_m_s: f64) -> f64 {
    let spread = &scenario.vehicle.dispersions;
    let machine = &scenario.vehicle.machine;
    let [main_m_s, assist_m_s] = pass.dv_m_s;
    let [main_c, assist_c] =
        [machine.main.isp_s, machine.assist[0].isp_s].map(|isp_s| isp_s * STANDARD_GRAVITY_M_S2);
    let burning = machine.assist.iter().filter(|engine| engine.thrust_N > 0.0).count().max(1);
    let (left_kg, share) = (pass.end_kg, pass.end_kg / pass.start_kg);
    // Where a scenario asks for no dispersions of the vehicle there are none.
    let drawn = if scenario.truth.dispersions { 1.0 } else { 0.0 };
    let per_dv = left_kg * (main_m_s / main_c + assist_m_s / assist_c) / (main_m_s + assist_m_s);
    rss(&[
        drawn * share * spread.propellant_sigma_kg,
        drawn * (1.0 - share) * spread.dry_mass_sigma_kg,
        drawn * left_kg * main_m_s / main_c * spread.main.isp_sigma,
        drawn * left_kg * assist_m_s / assist_c * spread.assist.isp_sigma / (burning as f64).sqrt(),
        drawn * left_kg * main_m_s * (1.0 / main_c - 1.0 / assist_c) * spread.main.thrust_sigma,
        per_dv * dv_m_s,
    ])
}
