//! What of the inertial unit's samples is the engines' doing, cycle by cycle.
//!
//! Owns: [`Felt`]. Does not own: what the engines should have done (`levels`), the machine (`body`).
//! As programmed: from specific force and angular acceleration of a cycle, sensed, what the liquid and the turning of the
//! body give without any engine is taken away. Samples that no engine could have caused are left out: a unit that calls
//! itself unfit or at its limit, increments of exactly nothing while engines burn, the same increments again and again,
//! and forces or torques beyond those of all engines together. The flight ends here with the first contact.

use super::body::{Body, Six, Sway};
use super::levels::{Series, THRUSTERS, Tick, engine};
use crate::evidence::{Cycle, Evidence};
use icd::bus::CYCLE;
use icd::time::Time;
use nalgebra::Vector3;
use truth::vehicle::Vehicle;

/// Cycles for which mass and liquid are held.
pub(super) const BLOCK: usize = 10;
/// The same increments so often are none: two quanta of noise do not repeat so.
const REPEATED: usize = 5;
/// A sample is beyond the engines when it exceeds what all of them give together by this factor; assumed.
const BEYOND: f64 = 1.3;
/// Cycles before contact that are not looked at: a foot may slide before it presses.
const BEFORE_CONTACT: usize = 15;
/// Last cycles of a recording: a fall may end in them.
const LAST: usize = 3;
/// Whether the liquid's motion is known: it is not for as long as it was not followed, and its waves' decay after that.
#[derive(Default)]
struct Blind {
    missed: u32,
    left: u32,
}

impl Blind {
    /// Cycles without a sample that the liquid bears, and its decay, cycles: three times that of a wave.
    const BORNE: u32 = 10;
    const DECAY: u32 = 1500;

    fn follow(&mut self, sampled: bool) {
        self.missed = if sampled { 0 } else { self.missed + 1 };
        self.left =
            if self.missed > Self::BORNE { Self::DECAY } else { self.left.saturating_sub(1) };
        // Two gyro samples make a difference.
        self.left = if sampled { self.left } else { self.left.max(2) };
    }

    fn stands(&self) -> bool {
        self.left > 0
    }
}

/// What engines did as far as it was sensed.
#[derive(Clone, Debug, Default)]
pub(super) struct Felt {
    /// Specific force (m/s²) and angular acceleration (rad/s²) beyond what comes without engines.
    pub pushed: Vec<Six>,
    /// Specific force as sensed, m/s².
    pub sensed: Vec<Vector3<f64>>,
    /// How fast the lander turns, rad/s, and how fast that changes, rad/s².
    pub turning: Vec<[f64; 2]>,
    /// Whether accelerometers and gyros say something in this cycle.
    pub valid: Vec<[bool; 2]>,
    /// The machine, one for each [`BLOCK`] cycles.
    pub bodies: Vec<Body>,
}

/// Cycles before the ground: all but the last, where it was not met.
pub(super) fn airborne(evidence: &Evidence, contact: Option<Time>) -> usize {
    let Some(contact) = contact else { return evidence.cycles.len().saturating_sub(LAST) };
    let place = evidence.cycles.partition_point(|cycle| cycle.sensors.t < contact);
    place.saturating_sub(BEFORE_CONTACT)
}

impl Felt {
    /// Of the first cycles of what was received, as many as `ticks`; `used_kg` by cycle, `loaded_kg` at the first.
    pub fn of(
        vehicle: &Vehicle,
        evidence: &Evidence,
        ticks: &[Tick],
        used_kg: &[f64],
        loaded_kg: f64,
    ) -> Self {
        let mut out = Self::default();
        let h = CYCLE.s();
        let limits = limits(vehicle);
        let turns = angular(evidence, ticks);
        let mut sway = Sway::default();
        let mut w = Vector3::zeros();
        let mut blind = Blind::default();
        let cycles = &evidence.cycles;
        for (k, tick) in ticks.iter().enumerate() {
            if k % BLOCK == 0 {
                out.bodies.push(Body::of(
                    vehicle,
                    loaded_kg - used_kg.get(k + BLOCK / 2).or(used_kg.last()).unwrap_or(&0.0),
                ));
            }
            let (Some(body), Some(cycle)) = (out.bodies.last(), cycles.get(k)) else { break };
            let imu = &cycle.sensors.imu;
            let s = Vector3::from(imu.dv_B_m_s) / h;
            let (alpha, smooth) = turns.get(k).copied().unwrap_or_default();
            let before = w;
            w = Vector3::from(imu.dtheta_B_rad) / h;
            // The specific force is a mean over the cycle; two gyro samples differ by what was at its beginning.
            let middle = sway.ahead(0.5 * h);
            let own = body.unpushed(&middle, &w, &s);
            let turning = body.unpushed(&sway, &((before + w) * 0.5), &s);
            let pushed =
                Six::from_fn(|n, _| if n < 3 { s[n] - own[n] } else { alpha[n - 3] - turning[n] });
            let fit = imu.healthy && imu.dv_B_m_s != [0.0; 3];
            blind.follow(fit && tick.missing == 0);
            let works = imu.healthy && !imu.saturated && tick.known && !blind.stands();
            let body_limits = limits(body);
            let within = |from: usize| (from..from + 3).all(|n| pushed[n].abs() < body_limits[n]);
            out.valid.push([works && within(0), works && within(3)]);
            out.pushed.push(pushed);
            out.sensed.push(s);
            out.turning.push([w.norm(), smooth.norm()]);
            if w.norm() > 10.0 || s.norm() > 100.0 {
                (w, sway) = (Vector3::zeros(), Sway::default());
            }
            sway.step(body, &s, &w, &smooth, h);
            if tick.missing > 0 {
                sway = Sway::default();
            }
        }
        out.leave_out(evidence, ticks.len());
        out
    }

    /// Leaves out increments that are none.
    fn leave_out(&mut self, evidence: &Evidence, count: usize) {
        let cycles = evidence.cycles.get(..count).unwrap_or(&[]);
        for (triad, nothing) in NOTHING.into_iter().enumerate() {
            let of = |cycle: &Cycle| match triad {
                0 => cycle.sensors.imu.dv_B_m_s,
                _ => cycle.sensors.imu.dtheta_B_rad,
            };
            let mut run = 0;
            for k in 0..cycles.len() {
                let same = k > 0 && of(&cycles[k]) == of(&cycles[k - 1]);
                run = if same { run + 1 } else { 0 };
                // A sample of nothing between others of something.
                let moved = k > 0 && of(&cycles[k - 1]).iter().any(|x| x.abs() > nothing);
                let none = moved && of(&cycles[k]) == [0.0; 3];
                // A gyro sample is in two differences, an accelerometer's in one.
                let after = if triad == 1 { 2 } else { 1 };
                if run >= REPEATED || none {
                    let back = if run >= REPEATED { REPEATED } else { 0 };
                    for n in k.saturating_sub(back)..(k + after).min(count) {
                        self.valid[n][triad] = false;
                    }
                }
            }
        }
    }
}

/// Increments larger than these are something: m/s and rad.
const NOTHING: [f64; 2] = [2e-3, 1e-4];

/// Angular acceleration between the middles of a cycle and of the one before, and smoothed over it, rad/s².
fn angular(evidence: &Evidence, ticks: &[Tick]) -> Vec<(Vector3<f64>, Vector3<f64>)> {
    let h2 = CYCLE.s() * CYCLE.s();
    let turned = |k: usize| {
        evidence.cycles.get(k).map(|cycle| Vector3::from(cycle.sensors.imu.dtheta_B_rad))
    };
    let difference = |k: usize| {
        let whole = ticks.get(k).is_some_and(|tick| tick.missing == 0 && k > 0);
        match (turned(k), turned(k.wrapping_sub(1))) {
            (Some(now), Some(before)) if whole => (now - before) / h2,
            _ => Vector3::zeros(),
        }
    };
    let both = |k: usize| (difference(k), (difference(k) + difference(k + 1)) * 0.5);
    (0..ticks.len()).map(both).collect()
}

/// Largest acceleration of each kind that engines can give.
fn limits(vehicle: &Vehicle) -> impl Fn(&Body) -> Six {
    let engines: Vec<(Vector3<f64>, Vector3<f64>)> = (0..THRUSTERS)
        .map(|n| engine(vehicle, n))
        .filter(|spec| spec.thrust_N > 0.0)
        .map(|spec| (Vector3::from(spec.p_BA_B), Vector3::from(spec.d_B) * spec.thrust_N))
        .collect();
    move |body: &Body| {
        let all = engines.iter().map(|(p, f)| body.to_force(p, f).abs());
        all.fold(Six::repeat(1e-2), |sum, one| sum + one) * BEYOND
    }
}

/// Propellant used by all engines by cycle, kg.
pub(super) fn used_kg(series: &[Series], cycles: usize) -> Vec<f64> {
    let of = |k: usize| series.iter().map(|one| one.used_kg.get(k).unwrap_or(&0.0)).sum();
    (0..cycles).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::healthy;

    #[test]
    fn what_a_recording_ends_in_is_no_engine_and_neither_is_what_comes_before_contact() {
        let evidence = Evidence::read(&healthy().record.packets);
        let all = evidence.cycles.len();
        assert_eq!(airborne(&evidence, None), all - LAST);
        let met = evidence.cycles[all / 2].sensors.t;
        assert_eq!(airborne(&evidence, Some(met)), all / 2 - BEFORE_CONTACT);
    }
}
