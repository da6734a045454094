//! Until when a lander flew, and was under control.
//!
//! Owns: [`contact`], [`lost`], [`blind`]. Does not own: what happened before.
//! As programmed: a lander that turns several times as fast as its software turns it is out of control. What it shows after
//! that follows from what happened before: nothing there is judged, engines, motion and readings alike. The ground is met
//! where a foot closes and it is felt, or others follow it, or two stay closed, or where the accelerometers feel what only the ground can exert and something else says so too: a
//! foot, a turn that began with it, the end of the recording.

use crate::evidence::{Cycle, Evidence};
use crate::finding::{Device, Trust};
use icd::bus::CYCLE;
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Force on the lander that only the ground can exert, m/s over a cycle: twice what its engines can. Assumed.
const BLOW_M_S: f64 = 0.25;
/// Change of force from cycle to cycle that no engine makes, m/s: ten times one's; how near to a foot's closing it is
/// contact, cycles; and after how many more others follow a first foot.
const JOLT_M_S: f64 = 0.06;
const FELT: usize = 3;
const FOLLOWED: usize = 150;
/// A turn that a blow begins, rad over a cycle: 0.05 rad/s more than before. Assumed.
const TURNED_RAD: f64 = 1e-3;
/// A foot closes within so many cycles of a blow; a recording ends within so many of a fall.
const NEAR: usize = 25;
const LAST: usize = 100;
/// So many times as fast as its software turns it, for most of so many cycles. Assumed.
const TUMBLES: (f64, usize) = (2.0, 50);
/// Cycles without the inertial unit after which nobody knows where the lander is to its sensors' accuracy: 2 s. Assumed.
const BLIND: u32 = 100;
/// So much of a flight is always judged: what fails in the first moment must have shown itself.
const LEAST: Span = Span::from_ms(4000);

/// When the lander met the ground.
pub(crate) fn contact(evidence: &Evidence) -> Option<Time> {
    let cycles = &evidence.cycles;
    let feet = |cycle: &Cycle| cycle.sensors.touchdown.iter().filter(|closed| **closed).count();
    let force = |k: usize| Vector3::from(cycles[k].sensors.imu.dv_B_m_s);
    // A sample that was lost feels nothing, and neither does one before a hole.
    let sound = |k: usize| {
        let imu = &cycles[k].sensors.imu;
        imu.healthy && !imu.saturated && imu.dv_B_m_s != [0.0; 3]
    };
    let jolts = |k: usize| {
        let next = k > 0 && cycles[k].number == cycles[k - 1].number + 1;
        next && sound(k) && sound(k - 1) && (force(k) - force(k - 1)).norm() > JOLT_M_S
    };
    let met = |k: usize| {
        let now = feet(&cycles[k]);
        if k > 0 && now > feet(&cycles[k - 1]) {
            let near = k.saturating_sub(FELT)..(k + FELT + 1).min(cycles.len());
            let later = &cycles[k..];
            let stands = later.iter().filter(|cycle| feet(cycle) >= 2).count();
            let followed = || later.iter().take(FOLLOWED).any(|cycle| feet(cycle) > now);
            if near.into_iter().any(jolts) || followed() || 2 * stands > later.len() {
                return true;
            }
        }
        if force(k).norm() <= BLOW_M_S || !cycles[k].sensors.imu.healthy {
            return false;
        }
        let near = &cycles[k.saturating_sub(NEAR)..(k + NEAR).min(cycles.len())];
        let turn = |k: usize| Vector3::from(cycles[k].sensors.imu.dtheta_B_rad);
        let turned = k > 0 && (turn(k) - turn(k - 1)).norm() > TURNED_RAD;
        turned || k + LAST > cycles.len() || near.iter().any(|cycle| feet(cycle) > 0)
    };
    (0..cycles.len()).find(|k| met(*k)).map(|k| cycles[k].sensors.t)
}

/// When the lander got out of control, by its gyros; `slew_rad_s`: the fastest turn commanded.
pub(crate) fn lost(evidence: &Evidence, slew_rad_s: f64) -> Option<Time> {
    let (times, cycles) = TUMBLES;
    let fast = |cycle: &Cycle| {
        let imu = &cycle.sensors.imu;
        let turn_rad = Vector3::from(imu.dtheta_B_rad).norm();
        imu.healthy && turn_rad > times * slew_rad_s * CYCLE.s()
    };
    let fast: Vec<bool> = evidence.cycles.iter().map(fast).collect();
    let mut many = fast.windows(cycles.min(fast.len()).max(1));
    let begins =
        |window: &[bool]| window[0] && 2 * window.iter().filter(|on| **on).count() > cycles;
    let lost = evidence.cycles[many.position(begins)?].sensors.t;
    evidence.start().map(|start| lost.max(start + LEAST))
}

/// When the inertial unit stopped delivering anything that counts, for longer than the motion can be followed without;
/// `trust`: with what of its samples means nothing.
pub(crate) fn blind(evidence: &Evidence, trust: &Trust) -> Option<Time> {
    let mut first: Option<(Time, u32)> = None;
    for (place, cycle) in (0..).zip(&evidence.cycles) {
        let fails = [Device::Gyros, Device::Accelerometers];
        if fails.into_iter().all(|device| trust.uses(device, place)) {
            first = None;
            continue;
        }
        let (t, since) = *first.get_or_insert((cycle.sensors.t, place));
        if place - since >= BLIND {
            return Some(t);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::healthy;

    /// A healthy minute and a half, and a cycle of it.
    fn flown() -> (Evidence, usize) {
        let evidence = Evidence::read(&healthy().record.packets);
        let half = evidence.cycles.len() / 2;
        (evidence, half)
    }

    #[test]
    fn a_healthy_flight_is_under_control_and_meets_nothing() {
        let (evidence, _) = flown();
        let slew_rad_s = healthy().mission.load.vehicle.slew_rad_s_max;
        assert_eq!((lost(&evidence, slew_rad_s), contact(&evidence)), (None, None));
    }

    #[test]
    fn control_is_lost_with_the_first_cycle_that_turns_too_fast_for_good() {
        let (mut evidence, half) = flown();
        let fast_rad = 3.0 * CYCLE.s();
        for cycle in &mut evidence.cycles[half..] {
            cycle.sensors.imu.dtheta_B_rad = [0.0, fast_rad, 0.0];
        }
        // A single odd sample before is none.
        evidence.cycles[half - 300].sensors.imu.dtheta_B_rad = [0.0, fast_rad, 0.0];
        assert_eq!(lost(&evidence, 1.0), Some(evidence.cycles[half].sensors.t));
        assert_eq!(lost(&evidence, 1.6), None);
        evidence.cycles.drain(..half);
        let start = evidence.cycles[0].sensors.t;
        assert_eq!(lost(&evidence, 1.0), Some(start + LEAST));
    }

    #[test]
    fn the_motion_ends_where_the_unit_fails_for_seconds_and_not_where_it_loses_samples() {
        let (evidence, half) = flown();
        let masked =
            |cycles: Vec<u32>| Trust { masked: vec![(Device::Gyros, cycles)], ..Trust::default() };
        let (from, t) = (half as u32, evidence.cycles[half].sensors.t);
        assert_eq!(blind(&evidence, &masked((from..from + 150).collect())), Some(t));
        assert_eq!(blind(&evidence, &masked((from..from + 90).collect())), None);
        assert_eq!(blind(&evidence, &masked((from..from + 900).step_by(2).collect())), None);
    }

    #[test]
    fn a_blow_that_nothing_bears_out_is_a_stray_and_no_contact() {
        let (mut evidence, half) = flown();
        let t = evidence.cycles[half].sensors.t;
        evidence.cycles[half].sensors.imu.dv_B_m_s = [0.0, 0.0, 0.4];
        assert_eq!(contact(&evidence), None);
        evidence.cycles[half + 3].sensors.touchdown[1] = true;
        assert_eq!(contact(&evidence), Some(t));
        evidence.cycles[half + 3].sensors.touchdown[1] = false;
        evidence.cycles[half].sensors.imu.dtheta_B_rad[0] += 5e-3;
        assert_eq!(contact(&evidence), Some(t));
        let (mut evidence, half) = flown();
        for cycle in &mut evidence.cycles[half..half + 100] {
            cycle.sensors.touchdown = [true, false, true, false];
        }
        assert_eq!(contact(&evidence), None, "two switches that close and open again in flight");
        for cycle in &mut evidence.cycles[half..] {
            cycle.sensors.touchdown = [true, false, true, false];
        }
        assert_eq!(contact(&evidence), Some(t));
    }
}
