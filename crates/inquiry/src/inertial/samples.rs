//! The inertial unit's samples one by one, and how often a healthy unit gives zeros or repeats itself.
//!
//! As programmed: an axis of noise σ a sample and step q gives the same number again, or zero while nothing moves, with a
//! probability of at most erf(q/(2√2 σ)); the three axes of a triad are independent.

use crate::evidence::Evidence;
use crate::replayed::Replayed;
use icd::time::Time;
use truth::vehicle::Imu;

/// Gyros, accelerometers: places in what comes by triad.
pub const TRIADS: usize = 2;
/// A triad moves while one of its axes reads more than so many steps and standard deviations.
const MOVING: f64 = 6.0;
/// Thrust is felt for so long after an engine was commanded, samples.
const AFTER: usize = 15;
/// A triad that moves gives three zeros with this probability at the most; assumed.
const ZERO_WHILE_MOVING: f64 = 1e-6;
/// Length of a cycle, s.
pub const CYCLE_S: f64 = 0.02;

/// One sample.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Its time.
    pub t: Time,
    /// Since the first one, s.
    pub t_s: f64,
    /// Mean rates, rad/s, and specific forces, m/s².
    pub rates: [[f64; 3]; TRIADS],
    /// All three axes are exactly zero.
    pub zero: [bool; TRIADS],
    /// All three axes are exactly those of the sample before.
    pub same: [bool; TRIADS],
    /// ln of the probability of three zeros from a healthy unit.
    pub ln_zero: [f64; TRIADS],
    /// Main or assist engines are commanded, or were a moment ago.
    pub burning: bool,
    /// The unit calls itself healthy.
    pub healthy: bool,
    /// The unit says that a channel hit its limit.
    pub saturated: bool,
}

/// ln of the probability that a healthy triad repeats itself.
pub fn ln_same(imu: &Imu) -> [f64; TRIADS] {
    let axis = |quantum: f64, walk: f64| {
        let sigma = walk * CYCLE_S.sqrt();
        let p = if sigma > 0.0 {
            libm::erf(quantum / (2.0 * std::f64::consts::SQRT_2 * sigma))
        } else {
            1.0
        };
        3.0 * libm::log(p.clamp(0.01, 1.0))
    };
    [axis(imu.dtheta_quantum_rad, imu.arw_rad_sqrt_s), axis(imu.dv_quantum_m_s, imu.vrw_m_s_sqrt_s)]
}

/// Noise and step of a triad together, as rates.
pub fn fine(imu: &Imu) -> [f64; TRIADS] {
    let of = |quantum: f64, walk: f64| {
        (walk * walk * CYCLE_S + quantum * quantum / 12.0).sqrt() / CYCLE_S
    };
    [of(imu.dtheta_quantum_rad, imu.arw_rad_sqrt_s), of(imu.dv_quantum_m_s, imu.vrw_m_s_sqrt_s)]
}

/// All samples but the first, which covers no time. Gyros that turned before and after a zero turned in it; accelerometers
/// feel an engine that is commanded.
pub fn samples(evidence: &Evidence, replayed: &Replayed, imu: &Imu) -> Vec<Sample> {
    let quiet = ln_same(imu);
    let fine = fine(imu);
    let Some(first) = evidence.cycles.first().map(|cycle| cycle.sensors.t) else {
        return Vec::new();
    };
    let mut out: Vec<Sample> = Vec::with_capacity(evidence.cycles.len());
    let (mut burning, mut since) = (0, 2 * AFTER);
    // Whether it moved before the first sample that is not zero nobody knows.
    let mut felt = [false; TRIADS];
    for (n, cycle) in evidence.cycles.iter().enumerate().skip(1) {
        let own = &cycle.sensors.imu;
        let rates = [own.dtheta_B_rad.map(|x| x / CYCLE_S), own.dv_B_m_s.map(|x| x / CYCLE_S)];
        let zero = rates.map(|triad| triad == [0.0; 3]);
        let before = &evidence.cycles[n - 1].sensors.imu;
        let same = [before.dtheta_B_rad == own.dtheta_B_rad, before.dv_B_m_s == own.dv_B_m_s];
        // The command of the cycle before is what this sample feels.
        let commanded = replayed.commanded.get(n - 1);
        burning = match commanded {
            Some(own) if own.main_open || own.assist_on_us.iter().any(|us| *us > 0) => burning + 1,
            _ => 0,
        };
        since = if burning > 0 { 0 } else { since + 1 };
        for n in 0..TRIADS {
            if !zero[n] {
                felt[n] = rates[n].iter().any(|rate: &f64| rate.abs() > MOVING * fine[n]);
            }
        }
        let ln_zero = [felt[0], felt[1] && burning > AFTER].map(f64::from);
        let t = cycle.sensors.t;
        let (healthy, saturated) = (own.healthy, own.saturated);
        let t_s = (t - first).s();
        let burning = since < AFTER;
        out.push(Sample { t, t_s, rates, zero, same, ln_zero, burning, healthy, saturated });
    }
    let mut felt = [true; TRIADS];
    for sample in out.iter_mut().rev() {
        for n in 0..TRIADS {
            if !sample.zero[n] {
                felt[n] = sample.rates[n].iter().any(|rate: &f64| rate.abs() > MOVING * fine[n]);
            }
        }
        let moving = [0, 1].map(|n| felt[n] && sample.ln_zero[n] > 0.0);
        sample.ln_zero =
            [0, 1].map(|n| if moving[n] { libm::log(ZERO_WHILE_MOVING) } else { quiet[n] });
    }
    out
}
