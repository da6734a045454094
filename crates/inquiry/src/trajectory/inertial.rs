//! The inertial unit's increments as they can be used: cycle by cycle, with what is lost or means nothing filled in.
//!
//! Owns: [`Step`], [`received`], [`filled`]. Does not own: the unit's own errors (`states`), which cycles mean nothing (`finding::Trust`).
//! As programmed: where cycles are missing, or a triad's readings are masked, its mean over [`ASIDE_S`] on either side is
//! taken, straight between the two; what that may be wrong by is noise, worth a constant error over the whole hole. While
//! the computer is down its valves are shut: nothing pushes.
//! While no valve is open and the accelerometers agree that nothing pushes, there is no force: what they read is their error.
//! Refuses: what pushed in a hole, by the commands; clocks that run back (such cycles are left out).

use crate::evidence::Evidence;
use crate::finding::{Device, Trust};
use crate::replayed::{Commanded, Replayed};
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Time on either side of a hole over which a triad's mean is taken, s.
const ASIDE_S: f64 = 0.5;
/// Longest step, s; longer holes are several.
const STEP_S: f64 = 0.02;
/// Longest time that is bridged step by step, s; a hole that is longer is bridged in longer steps.
const FINE_S: f64 = 600.0;
/// What the mean force is wrong by in a hole: a share of it and a constant, m/s². Assumed: engines are pulsed and the valve
/// of the main engine may have changed.
const FORCE: (f64, f64) = (0.3, 0.02);
/// What the mean rate is wrong by in a hole, rad/s. Assumed: attitude control turns at some 0.1 rad/s at the most.
const RATE_RAD_S: f64 = 0.01;
/// The same while the computer is down, no jet turning.
const DOWN_RAD_S: f64 = 0.005;
/// What engines still give after the computer has gone down, m/s. Assumed: 30 ms of 3 m/s².
const DOWN_M_S: f64 = 0.1;
/// No valve was open for so long: engines have tailed off, cycles.
const QUIET: usize = 15;
/// Sensed mean above which something pushes though no valve is open, m/s², beside five times the specified bias. Assumed:
/// half of what the least jet gives.
const PUSHED_M_S2: f64 = 0.01;

/// Yet nothing does where it is no more than this, m/s², and turns the body no faster than this, rad/s², over so long, s: what is
/// read is the accelerometers' own then. Assumed: beyond the main engine's axis every engine turns it a hundred times as fast,
/// and the main engine gives twice as much.
const READ_M_S2: f64 = 0.5;
const UNTURNED_RAD_S2: f64 = 5e-4;
const UNTURNED_S: f64 = 2.0;

/// One step of the reference motion: ends with a cycle, or within a hole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Its end.
    pub t: Time,
    /// Its length, s.
    pub dt_s: f64,
    /// Place of its cycle in `Evidence::cycles`; of the cycle after the hole within one.
    pub cycle: usize,
    /// Integrated rate as read, rad.
    pub dtheta_B_rad: Vector3<f64>,
    /// Integrated specific force as read, m/s.
    pub dv_B_m_s: Vector3<f64>,
    /// Nothing pushes.
    pub coasting: bool,
    /// The computer was down: valves were shut.
    pub down: bool,
    /// What filling in adds to the variance of attitude, each axis, rad².
    pub turn_rad2: f64,
    /// And to that of velocity, m²/s².
    pub push_m2_s2: f64,
}

/// One triad's use of a cycle.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Read,
    Fill,
}

/// Steps as received, and which of them each triad's readings can be used in.
pub struct Received {
    /// From the start of navigation to the last cycle; holes are cut into steps.
    pub steps: Vec<Step>,
    gyros: Vec<Use>,
    accelerometers: Vec<Use>,
}

/// The steps from `from` to the last cycle as they were received.
pub fn received(evidence: &Evidence, trust: &Trust, from: Time) -> Received {
    let mut steps = raw(evidence, from);
    let uses = |device: Device| -> Vec<Use> {
        let used = |step: &Step| step.turn_rad2 == 0.0 && trust.uses(device, number(step.cycle));
        steps.iter().map(|step| if used(step) { Use::Read } else { Use::Fill }).collect()
    };
    let (gyros, accelerometers) = (uses(Device::Gyros), uses(Device::Accelerometers));
    for step in &mut steps {
        step.turn_rad2 = 0.0;
    }
    Received { steps, gyros, accelerometers }
}

/// Steps as they can be used, holes filled; `steps`: those received, or the same put right.
pub fn filled(
    mut steps: Vec<Step>,
    received: &Received,
    replayed: &Replayed,
    bias_m_s2: f64,
) -> Vec<Step> {
    let Received { gyros, accelerometers, .. } = received;
    fill(
        &mut steps,
        gyros,
        |step| &mut step.dtheta_B_rad,
        |step, _, hole_s| {
            let sigma = if step.down { DOWN_RAD_S } else { RATE_RAD_S };
            step.turn_rad2 += sigma * sigma * hole_s * step.dt_s;
        },
    );
    fill(
        &mut steps,
        accelerometers,
        |step| &mut step.dv_B_m_s,
        |step, mean, hole_s| {
            if step.down {
                (step.dv_B_m_s, step.coasting) = (Vector3::zeros(), true);
                step.push_m2_s2 += DOWN_M_S * DOWN_M_S * step.dt_s / hole_s;
            } else {
                let sigma = FORCE.0 * mean.norm() + FORCE.1;
                step.push_m2_s2 += sigma * sigma * hole_s * step.dt_s;
            }
        },
    );
    coast(&mut steps, &replayed.commanded, accelerometers, bias_m_s2);
    steps
}

/// Place of a cycle as `Trust` counts.
pub(super) fn number(cycle: usize) -> u32 {
    u32::try_from(cycle).unwrap_or(u32::MAX)
}

/// Steps as received, holes cut into steps; those within a hole carry a variance of turn as their mark.
fn raw(evidence: &Evidence, from: Time) -> Vec<Step> {
    let mut steps = Vec::with_capacity(evidence.cycles.len());
    let mut last = from;
    for (cycle, received) in evidence.cycles.iter().enumerate() {
        let sensors = &received.sensors;
        let gap_s = (sensors.t - last).s();
        if gap_s <= 0.0 {
            continue;
        }
        let sample_s = if gap_s < 1.5 * STEP_S { gap_s } else { STEP_S };
        let hole_s = gap_s - sample_s;
        let read = Step {
            t: sensors.t,
            dt_s: sample_s,
            cycle,
            dtheta_B_rad: Vector3::from(sensors.imu.dtheta_B_rad),
            dv_B_m_s: Vector3::from(sensors.imu.dv_B_m_s),
            coasting: false,
            down: false,
            turn_rad2: 0.0,
            push_m2_s2: 0.0,
        };
        if hole_s > 0.0 {
            let down = evidence.gaps.iter().any(|gap| gap.before == cycle && gap.lost == 0);
            let each_s = STEP_S * (hole_s / FINE_S).max(1.0);
            let count = (hole_s / each_s).ceil().max(1.0);
            steps.extend((1..=count as i64).map(|n| Step {
                t: last + Span::from_s(hole_s * n as f64 / count),
                dt_s: hole_s / count,
                down,
                turn_rad2: 1.0,
                ..read
            }));
        }
        steps.push(read);
        last = sensors.t;
    }
    steps
}

/// Fills one triad's holes.
fn fill(
    steps: &mut [Step],
    uses: &[Use],
    of: impl Fn(&mut Step) -> &mut Vector3<f64>,
    mut mark: impl FnMut(&mut Step, Vector3<f64>, f64),
) {
    let mut at = 0;
    while at < steps.len() {
        if uses[at] == Use::Read {
            at += 1;
            continue;
        }
        let end = (at..steps.len()).find(|n| uses[*n] == Use::Read).unwrap_or(steps.len());
        let before = mean(steps, uses, (0..at).rev(), &of);
        let after = mean(steps, uses, end..steps.len(), &of);
        let [first, last] = match (before, after) {
            (Some(before), Some(after)) => [before, after],
            (Some(one), None) | (None, Some(one)) => [one, one],
            (None, None) => [Vector3::zeros(); 2],
        };
        let hole_s: f64 = steps[at..end].iter().map(|step| step.dt_s).sum();
        let mut passed_s = 0.0;
        for step in &mut steps[at..end] {
            passed_s += step.dt_s;
            let share = (passed_s - 0.5 * step.dt_s) / hole_s.max(step.dt_s);
            let rate = first * (1.0 - share) + last * share;
            *of(step) = rate * step.dt_s;
            mark(step, rate, hole_s);
        }
        at = end;
    }
}

/// Mean rate of a triad over the nearest readings on one side.
fn mean(
    steps: &mut [Step],
    uses: &[Use],
    side: impl Iterator<Item = usize>,
    of: &impl Fn(&mut Step) -> &mut Vector3<f64>,
) -> Option<Vector3<f64>> {
    let (mut sum, mut time_s) = (Vector3::zeros(), 0.0);
    for n in side {
        if uses[n] == Use::Fill {
            continue;
        }
        sum += *of(&mut steps[n]);
        time_s += steps[n].dt_s;
        if time_s >= ASIDE_S {
            break;
        }
    }
    (time_s > 0.0).then(|| sum / time_s)
}

/// Marks the steps in which nothing pushes.
fn coast(steps: &mut [Step], commanded: &[Commanded], uses: &[Use], bias_m_s2: f64) {
    let open = |command: &Commanded| {
        command.main_open || command.assist_on_us.iter().chain(&command.jet_on_us).any(|us| *us > 0)
    };
    let mut quiet = 0;
    let shut: Vec<bool> = commanded
        .iter()
        .map(|command| {
            quiet = if open(command) { 0 } else { quiet + 1 };
            quiet > QUIET
        })
        .collect();
    let may = |n: usize, step: &Step| uses[n] == Use::Read && shut.get(step.cycle) == Some(&true);
    let mut may: Vec<bool> = steps.iter().enumerate().map(|(n, step)| may(n, step)).collect();
    // A valve that stays open unasked pushes for part of a stretch.
    for (n, step) in steps.iter().enumerate() {
        if uses[n] == Use::Read && step.dv_B_m_s.norm() > READ_M_S2 * step.dt_s {
            let near = n.saturating_sub(QUIET)..(n + QUIET).min(steps.len());
            may[near].iter_mut().for_each(|may| *may = false);
        }
    }
    let mut at = 0;
    while at < steps.len() {
        let end = (at..steps.len()).find(|n| !may[*n]).unwrap_or(steps.len());
        if end > at {
            let time_s: f64 = steps[at..end].iter().map(|step| step.dt_s).sum();
            let sum: Vector3<f64> = steps[at..end].iter().map(|step| step.dv_B_m_s).sum();
            let read_m_s2 = (sum / time_s).norm();
            let rate = |step: &Step| step.dtheta_B_rad / step.dt_s;
            let turned_rad_s = (rate(&steps[end - 1]) - rate(&steps[at])).norm();
            let unturned = time_s > UNTURNED_S && turned_rad_s < UNTURNED_RAD_S2 * time_s;
            let still =
                read_m_s2 < PUSHED_M_S2 + 5.0 * bias_m_s2 || read_m_s2 < READ_M_S2 && unturned;
            steps[at..end].iter_mut().for_each(|step| step.coasting = still);
        }
        at = end.max(at + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::tm::Phase;

    fn shut(phase: Phase) -> Commanded {
        Commanded {
            t: Time::default(),
            new_frame: false,
            main_open: false,
            assist_on_us: Default::default(),
            jet_on_us: Default::default(),
            phase,
        }
    }

    /// Whether a minute of this is taken for coast, valves shut or not.
    fn coasts(read_m_s2: f64, turned_rad_s2: f64, open: bool) -> bool {
        let step = |n: usize| Step {
            t: Time::default(),
            dt_s: 0.02,
            cycle: n,
            dtheta_B_rad: Vector3::x() * (0.01 + turned_rad_s2 * 0.02 * n as f64) * 0.02,
            dv_B_m_s: Vector3::y() * read_m_s2 * 0.02,
            coasting: false,
            down: false,
            turn_rad2: 0.0,
            push_m2_s2: 0.0,
        };
        let mut steps: Vec<Step> = (0..3000).map(step).collect();
        let one = Commanded { main_open: open, ..shut(Phase::Braking) };
        let commanded = vec![one; 3000];
        coast(&mut steps, &commanded, &[Use::Read; 3000], 1e-3);
        steps.iter().skip(QUIET).all(|step| step.coasting)
    }

    #[test]
    fn what_pushes_for_part_of_a_stretch_is_no_error_of_the_accelerometers() {
        let read = |n: usize| if n < 500 { 2.5 } else { 0.001 };
        let step = |n: usize| Step {
            t: Time::default(),
            dt_s: 0.02,
            cycle: n,
            dtheta_B_rad: Vector3::zeros(),
            dv_B_m_s: Vector3::z() * read(n) * 0.02,
            coasting: false,
            down: false,
            turn_rad2: 0.0,
            push_m2_s2: 0.0,
        };
        let mut steps: Vec<Step> = (0..4000).map(step).collect();
        coast(&mut steps, &[shut(Phase::Braking); 4000], &[Use::Read; 4000], 1e-3);
        assert!(steps[..500].iter().all(|step| !step.coasting));
        assert!(steps[500 + QUIET..].iter().all(|step| step.coasting));
    }

    #[test]
    fn what_is_read_without_a_turn_is_the_accelerometers_own() {
        assert!(coasts(0.0, 0.0, false) && coasts(0.01, 1e-3, false));
        assert!(coasts(0.08, 0.0, false), "a bias");
        assert!(!coasts(0.08, 1e-3, false), "a jet that stays open turns the body");
        assert!(!coasts(1.5, 0.0, false), "so much is the main engine's");
        assert!(!coasts(0.0, 0.0, true));
    }
}
