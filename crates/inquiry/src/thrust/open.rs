//! An engine that goes on after the ground was met and all valves were told to shut.
//!
//! Owns: [`left_open`]. Does not own: engines in flight (`thrust`), when the ground was met (`control`).
//! As programmed: a lander that was set down and has not fallen over either stands or hops. In a hop nothing pushes it, or
//! an engine that stays open does, steadily by what it gives, whatever else the ground does in between: so a stretch of
//! cycles that feel the one and not the other is worth the share of the ground's forces that chance would put there.
//! What weighs as much as on the ground stands there and says nothing. Where others are told to burn, taking off again, the
//! main engine shows in what is felt beyond them, second by second.
//! Refuses: engines whose thrust is little against a hop's errors; what is open before the ground is met shows in flight.

use super::body::Body;
use super::levels::{Course, THRUSTERS, Tick, engine, name};
use crate::evidence::Evidence;
use crate::finding::{Cause, Channel, Fault, Finding, Grade, Seen};
use crate::library::{LN_LOOKS, Library};
use crate::mission::Mission;
use crate::prior::{SHARE_FOR_GOOD, SHARE_FROM_START};
use crate::replayed::Replayed;
use icd::bus::CYCLE;
use icd::constants::MOON_GRAVITY_M_S2;
use icd::time::{Span, Time};
use nalgebra::{UnitQuaternion, Vector3};
use truth::vehicle::Vehicle;

/// Cycles of steady force that are a hop, and by how much force changes from one to the next, m/s²: the ground's does by
/// more. Assumed.
const HOP: usize = 3;
const STEADY_M_S2: f64 = 0.02;
/// Force is an engine's, or none, within this share of the engine's: the liquid swings after a blow. Assumed.
const NEAR: f64 = 0.1;
/// An engine gives so much at least, m/s²: ten times what a hop's errors are.
const LEAST_M_S2: f64 = 0.3;
/// A lander stands whose force is its weight to so much, m/s².
const STANDS_M_S2: f64 = 0.15;
/// Share of stretches of steady force that are hops. Assumed.
const HOPS: f64 = 0.3;
/// A lander that turned further since it met the ground has fallen over, rad.
const FALLEN_RAD: f64 = 1.0;
/// An engine that gives no more of its thrust has become shut.
const SHUT: f64 = 1e-3;
/// Cycles before contact from which commands are followed.
const BEFORE: usize = 50;
/// Cycles over which is averaged what others' pulses leave.
const FRAME: usize = 50;

/// A cycle with all valves shut, as it was felt.
struct Quiet {
    t: Time,
    /// Specific force without what turning makes of it, m/s²; `None` where nothing is known.
    felt: Option<Vector3<f64>>,
}

/// What was felt from contact on.
#[derive(Default)]
struct After {
    /// Cycles with all valves shut.
    quiet: Vec<Quiet>,
    /// Means of so many cycles in which the main engine was told to be shut and others burnt, less what these give, m/s².
    beyond: Vec<Vector3<f64>>,
}

/// The engine that went on, if one did.
///
/// - `contact`: when the ground was met. `left_kg`: propellant at that time.
pub(crate) fn left_open(
    mission: &Mission,
    (evidence, replayed, library): (&Evidence, &Replayed, &Library),
    contact: Time,
    left_kg: f64,
) -> Option<Finding> {
    let vehicle = mission.stand.scenario.machine();
    let body = Body::of(&vehicle, left_kg);
    let ticks = Course::of(evidence, replayed, evidence.cycles.len()).ticks;
    let met = ticks.partition_point(|tick| tick.t < contact);
    let pushes = (0..THRUSTERS).map(|n| push(&vehicle, &body, n)).collect::<Vec<_>>();
    let After { quiet, beyond } = after(&vehicle, evidence, (&body, &pushes), &ticks, met);
    let one = |n: usize| {
        let beyond: &[_] = if n == 0 { &beyond } else { &[] };
        let (goes_on, since) = (worth(&quiet, beyond, &pushes[n])?, shut_before(&ticks, met, n));
        let until = quiet.first().map_or(contact, |quiet| quiet.t);
        let flight_s = (until - ticks.first()?.t).s().max(CYCLE.s());
        let within_s = (until - since).s();
        let begins = (1.0 - SHARE_FROM_START) * (within_s / flight_s).clamp(1e-6, 1.0);
        let gain = goes_on + libm::log(begins * SHARE_FOR_GOOD);
        Some((gain, n, since + Span::from_s(0.5 * within_s), within_s / 12.0_f64.sqrt()))
    };
    let best = (0..THRUSTERS).filter_map(one).max_by(|a, b| a.0.total_cmp(&b.0));
    let (gain, n, t, sigma_s) = best.filter(|(gain, ..)| *gain > 0.0)?;
    let cause = Cause { on: name(n), kind: "stuck_on" };
    let held = library.holds(&cause.on, cause.kind);
    let text = format!("{} goes on after all valves were told to shut on the ground", cause.on);
    let fault = Fault { cause, numbers: Vec::new(), from: (t, sigma_s), until: None };
    Some(Finding {
        channel: Channel::Thrust,
        faults: held.then_some(fault).into_iter().collect(),
        gain: if held { gain } else { gain - LN_LOOKS },
        seen: vec![Seen { t: quiet.first().map(|own| own.t), grade: Grade::Derived, text }],
    })
}

/// What an engine gives that is open, m/s².
fn push(vehicle: &Vehicle, body: &Body, n: usize) -> Vector3<f64> {
    let spec = engine(vehicle, n);
    let force = Vector3::from(spec.d_B) * spec.thrust_N;
    let answer = body.to_force(&Vector3::from(spec.p_BA_B), &force);
    Vector3::new(answer[0], answer[1], answer[2])
}

/// From contact on until the lander fell over.
fn after(
    vehicle: &Vehicle,
    evidence: &Evidence,
    (body, pushes): (&Body, &[Vector3<f64>]),
    ticks: &[Tick],
    met: usize,
) -> After {
    let first = met.saturating_sub(BEFORE);
    let course = Course { ticks: ticks.get(first..).unwrap_or(&[]).to_vec() };
    let series: Vec<_> = (0..THRUSTERS).map(|n| course.series(vehicle, n, &[])).collect();
    let mut turned = UnitQuaternion::identity();
    let (mut out, mut frame) = (After::default(), Vec::new());
    for (k, (tick, cycle)) in ticks.iter().zip(&evidence.cycles).enumerate().skip(met) {
        let imu = &cycle.sensors.imu;
        let turn = Vector3::from(imu.dtheta_B_rad);
        turned *= UnitQuaternion::from_scaled_axis(turn);
        if (turned * Vector3::z()).angle(&Vector3::z()) > FALLEN_RAD {
            break;
        }
        let level = |n: usize| series[n].level.get(k - first).copied().unwrap_or(1.0);
        let known = imu.healthy && !imu.saturated && imu.dv_B_m_s != [0.0; 3];
        let (s, w) = (Vector3::from(imu.dv_B_m_s) / CYCLE.s(), turn / CYCLE.s());
        let felt = (known && tick.missing == 0).then(|| s - w.cross(&w.cross(&body.arm_B)));
        if (0..THRUSTERS).all(|n| level(n) <= SHUT) {
            out.quiet.push(Quiet { t: tick.t, felt });
        } else if level(0) <= SHUT {
            let given: Vector3<f64> = (1..THRUSTERS).map(|n| pushes[n] * level(n)).sum();
            frame.extend(felt.map(|felt| felt - given));
        } else {
            frame.clear();
        }
        if frame.len() == FRAME {
            out.beyond.push(frame.iter().sum::<Vector3<f64>>() / FRAME as f64);
            frame.clear();
        }
    }
    out
}

/// ln p of what was felt with this push going on, less that with none; nothing where the push is little.
fn worth(quiet: &[Quiet], beyond: &[Vector3<f64>], push: &Vector3<f64>) -> Option<f64> {
    let near_m_s2 = NEAR * push.norm();
    if push.norm() < LEAST_M_S2 {
        return None;
    }
    let near = |s: &Vector3<f64>, way: f64| {
        let stands = (s.norm() - MOON_GRAVITY_M_S2).abs() < STANDS_M_S2;
        !stands && (s - push * way).norm() < near_m_s2
    };
    let pushes = |own: &Quiet, way: f64| own.felt.filter(|s| near(s, way));
    let hops = |way: f64| {
        let goes_on = |a: &Quiet, b: &Quiet| match (pushes(a, way), pushes(b, way)) {
            (Some(a), Some(b)) => (a - b).amax() < STEADY_M_S2,
            _ => false,
        };
        let hops = quiet.chunk_by(goes_on).filter(|run| run.len() >= HOP).count();
        (hops + beyond.iter().filter(|s| near(s, way)).count()) as f64
    };
    let chance = (near_m_s2 / MOON_GRAVITY_M_S2).powi(3).min(HOPS);
    Some((hops(1.0) - hops(0.0)) * libm::log(HOPS / chance))
}

/// When an engine was shut for the last time before contact: all but the main engine are between their pulses.
fn shut_before(ticks: &[Tick], met: usize, thruster: usize) -> Time {
    let flown = &ticks[..met];
    let lately = match thruster {
        0 => flown.iter().rposition(|tick| tick.commanded.main_open).unwrap_or(0),
        _ => met,
    };
    let shut = flown[..lately].iter().rposition(|tick| !tick.commanded.main_open || thruster > 0);
    shut.and_then(|k| ticks.get(k)).or(ticks.first()).map_or(Time::default(), |tick| tick.t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::healthy;
    use icd::bus::{ASSIST_ENGINES, JETS};

    const PUSH_M_S2: f64 = 1.18;

    /// What is felt of these accelerations along the thrust axis, a cycle each.
    fn felt(along: &[f64]) -> f64 {
        let one = |z: &f64| Quiet { t: Time::default(), felt: Some(Vector3::new(0.01, -0.02, *z)) };
        let quiet: Vec<Quiet> = along.iter().map(one).collect();
        worth(&quiet, &[], &Vector3::new(0.0, 0.0, PUSH_M_S2)).unwrap()
    }

    #[test]
    fn what_pushes_between_two_blows_of_the_ground_is_an_engine_and_what_does_not_is_none() {
        let hops = |z: f64| [vec![4.0, 2.5], vec![z; 4], vec![3.0], vec![z + 0.01; 5]].concat();
        assert!(felt(&hops(PUSH_M_S2)) > 10.0, "{}", felt(&hops(PUSH_M_S2)));
        assert!(felt(&hops(0.0)) < -10.0);
        // A lander that stands, one that swings on its legs, one that hangs on one of them.
        assert_eq!(felt(&[MOON_GRAVITY_M_S2; 500]), 0.0);
        let swings: Vec<f64> =
            (0..500).map(|k| 1.6 + 0.6 * libm::sin(0.25 * f64::from(k))).collect();
        assert_eq!(felt(&swings), 0.0);
        assert_eq!(felt(&[0.7; 500]), 0.0);
        assert_eq!(worth(&[], &[], &Vector3::new(0.0, 0.0, 0.1)), None, "a jet");
    }

    #[test]
    fn what_pushes_beyond_others_pulses_second_by_second_is_the_main_engine() {
        let push = Vector3::new(0.0, 0.0, PUSH_M_S2);
        let seconds = |z: f64| worth(&[], &[Vector3::new(0.02, 0.0, z); 5], &push).unwrap();
        assert!(seconds(1.05 * PUSH_M_S2) > 10.0 && seconds(0.03) < -10.0);
        assert_eq!(seconds(0.5 * PUSH_M_S2), 0.0);
        assert_eq!(seconds(MOON_GRAVITY_M_S2), 0.0, "it stands");
    }

    /// A flight that meets the ground half-way: shut down, it is felt to hop with `z_m_s2` along the thrust axis.
    fn landed(z_m_s2: f64, library: &Library) -> Option<Finding> {
        let mission = &healthy().mission;
        let mut evidence = Evidence::read(&healthy().record.packets);
        let mut replayed = Replayed::of(mission, &evidence);
        let half = evidence.cycles.len() / 2;
        let met = evidence.cycles[half].sensors.t;
        for (k, cycle) in evidence.cycles.iter_mut().enumerate().skip(half) {
            let own = &mut replayed.commanded[k];
            (own.main_open, own.assist_on_us, own.jet_on_us) =
                (false, [0; ASSIST_ENGINES], [0; JETS]);
            let blow = if k % 10 < 3 { 2.0 } else { 0.0 };
            cycle.sensors.imu.dv_B_m_s = [0.0, 0.0, (z_m_s2 + blow) * CYCLE.s()];
            cycle.sensors.imu.dtheta_B_rad = [1e-5, 0.0, 0.0];
        }
        left_open(mission, (&evidence, &replayed, library), met, 100.0)
    }

    #[test]
    fn a_main_engine_that_goes_on_while_the_lander_takes_off_again_is_named() {
        let mission = &healthy().mission;
        let vehicle = mission.stand.scenario.machine();
        let body = Body::of(&vehicle, 100.0);
        let flown = |main: f64| {
            let mut evidence = Evidence::read(&healthy().record.packets);
            let mut replayed = Replayed::of(mission, &evidence);
            let half = evidence.cycles.len() / 2;
            let met = evidence.cycles[half].sensors.t;
            let assists: Vector3<f64> =
                (1..=ASSIST_ENGINES).map(|n| push(&vehicle, &body, n)).sum();
            let felt = (assists + push(&vehicle, &body, 0) * main) * CYCLE.s();
            for (k, cycle) in evidence.cycles.iter_mut().enumerate().skip(half) {
                let own = &mut replayed.commanded[k];
                own.main_open = false;
                own.jet_on_us = [0; JETS];
                own.assist_on_us = [100_000; ASSIST_ENGINES];
                cycle.sensors.imu.dv_B_m_s = felt.into();
                cycle.sensors.imu.dtheta_B_rad = [1e-5, 0.0, 0.0];
            }
            let library = Library::default();
            left_open(mission, (&evidence, &replayed, &library), met, 100.0)
        };
        let found = flown(1.0).unwrap();
        assert_eq!(found.faults[0].cause.on, "main");
        assert!(found.gain > 20.0, "{}", found.gain);
        assert_eq!(flown(0.0), None);
    }

    #[test]
    fn a_main_engine_that_goes_on_after_contact_is_named_from_when_it_was_open() {
        let mission = &healthy().mission;
        let vehicle = mission.stand.scenario.machine();
        let push = vehicle.main.thrust_N / Body::of(&vehicle, 100.0).mass_kg;
        let found = landed(push, &Library::default()).unwrap();
        let cause = &found.faults[0].cause;
        assert_eq!((&cause.on[..], cause.kind), ("main", "stuck_on"));
        assert!(found.gain > 20.0, "{}", found.gain);
        assert_eq!(landed(0.0, &Library::default()), None);
        let unnamed = landed(push, &Library::without(&[("main".into(), "stuck_on".into())]));
        assert!(unnamed.unwrap().faults.is_empty());
    }
}
