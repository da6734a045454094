//! Until when a lander flew, and was under control.
//!
//! Owns: [`contact`], [`lost`]. Does not own: what happened before.
//! As programmed: a lander that turns several times as fast as its software turns it is out of control. What it shows after
//! that follows from what happened before: nothing there is judged, engines, motion and readings alike. The ground is met
//! where two feet close, or where the accelerometers feel what only the ground can exert and something else says so too: a
//! foot, a turn that began with it, the end of the recording.

use crate::evidence::{Cycle, Evidence};
use icd::bus::CYCLE;
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Force on the lander that only the ground can exert, m/s over a cycle: twice what its engines can. Assumed.
const BLOW_M_S: f64 = 0.25;
/// A turn that a blow begins, rad over a cycle: 0.05 rad/s more than before. Assumed.
const TURNED_RAD: f64 = 1e-3;
/// A foot closes within so many cycles of a blow; a recording ends within so many of a fall.
const NEAR: usize = 25;
const LAST: usize = 100;
/// So many times as fast as its software turns it, for most of so many cycles. Assumed.
const TUMBLES: (f64, usize) = (2.0, 50);
/// So much of a flight is always judged: what fails in the first moment must have shown itself.
const LEAST: Span = Span::from_ms(4000);

/// When the lander met the ground.
pub(crate) fn contact(evidence: &Evidence) -> Option<Time> {
    let cycles = &evidence.cycles;
    let feet = |cycle: &Cycle| cycle.sensors.touchdown.iter().filter(|closed| **closed).count();
    let met = |k: usize| {
        if feet(&cycles[k]) >= 2 {
            return true;
        }
        if Vector3::from(cycles[k].sensors.imu.dv_B_m_s).norm() <= BLOW_M_S {
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
