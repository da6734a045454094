//! What to believe about the velocimeter: whether its speeds have led navigation away from the ranges.
//!
//! Owns: [`BeamWatch`]. Does not own: the gate of a single beam (`sense`), what follows (`respond`).
//! A speed that is wrong from one report to the next fails its gate. One that drifts does not: each report moves
//! velocity a little, inside the gate, and once velocity is wrong it is the ranges that seem to be.
//! Three witnesses settle that: the inertial unit, the beams and the ranges. The *pull* is what the beams alone
//! have added to the inertial velocity; the *drift* is that of the ranges against navigation's motion. Where
//! taking the pull back would explain most of the drift, ranges and inertial unit agree against the beams.
//! Where the inertial unit is wrong the beams pull as well, but then the ranges agree with them and do not drift.
//! Refuses: a verdict without ranges. Two witnesses that disagree settle nothing.

use super::monitors::Persistent;
use super::table;
use super::window::Line;
use crate::announce::Announce;
use icd::events::Event;
use nalgebra::Vector3;

/// The pull is forgotten in this time, s: an accelerometer's own error of 1 mm/s² then comes to 0.12 m/s.
const FORGOTTEN_S: f64 = 120.0;
/// The drift is smoothed over this time, s, and one line's deviation then counts by this share: lines through
/// 3 s of shots, one every 0.1 s, average as √(3.2 / (2 · 5)).
const SMOOTHED_S: f64 = 5.0;
const SMOOTHED: f64 = 0.57;
/// Deviations by which a drift must stand out; share of it that must be explained.
const DEVIATIONS: f64 = 3.0;
const EXPLAINED: f64 = 0.5;
/// Deviations within which a beam agrees again.
pub const AGREES: f64 = 3.0;

/// Memory about the velocimeter.
#[derive(Clone, Copy, Debug)]
pub struct BeamWatch {
    pull_I: Vector3<f64>,
    drift_m_s: [f64; 2],
    /// All beams of the last report agreed with navigation.
    pub agrees: bool,
    contradicted: Persistent,
    agreed: Persistent,
    /// Weighed, not used.
    pub distrusted: bool,
}

/// What a verdict against the beams takes back: velocity along `pull_I` by `v_m_s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Direction, unit length, `I`.
    pub pull_I: Vector3<f64>,
    /// Size, m/s.
    pub v_m_s: f64,
}

impl BeamWatch {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self {
            pull_I: Vector3::zeros(),
            drift_m_s: [0.0; 2],
            agrees: false,
            contradicted: Persistent::of(&table::VELOCITY_CONTRADICTED),
            agreed: Persistent::of(&table::VELOCITY_TRUST),
            distrusted: false,
        }
    }

    /// The beams have moved navigation's velocity by `dv_I`, m/s.
    pub fn pulled(&mut self, dv_I: &Vector3<f64>) {
        self.pull_I += dv_I;
    }

    /// A frame's worth of evidence.
    ///
    /// - `lines`: drift of each ranging sensor's shots against navigation, where there is one.
    /// - `ground_m_s`: speed at which unmapped ground may rise under a beam.
    pub fn weigh(
        &mut self,
        lines: [Option<Line>; 2],
        up_I: &Vector3<f64>,
        ground_m_s: f64,
        dt_s: f64,
        announce: &mut Announce,
    ) -> Option<Verdict> {
        self.pull_I *= 1.0 - (dt_s / FORGOTTEN_S).min(1.0);
        let pull_m_s = self.pull_I.dot(up_I);
        let mut against: f64 = 0.0;
        for (line, drift_m_s) in lines.iter().zip(&mut self.drift_m_s) {
            let Some(line) = line else {
                *drift_m_s = 0.0;
                continue;
            };
            *drift_m_s += (line.slope - *drift_m_s) * (dt_s / SMOOTHED_S).min(1.0);
            let room = DEVIATIONS * libm::hypot(SMOOTHED * line.sigma, ground_m_s);
            let stands_out = drift_m_s.abs() > table::VELOCITY_CONTRADICTED.threshold.max(room);
            let explained = (*drift_m_s + pull_m_s).abs() < EXPLAINED * drift_m_s.abs();
            if stands_out && explained {
                against = against.max(drift_m_s.abs());
            }
        }
        let stood = self.contradicted.stands;
        let wrong = against > 0.0 && !self.distrusted;
        self.contradicted.update(wrong, Event::VelocimeterDistrusted, announce);
        if self.contradicted.stands && !stood {
            let size = libm::sqrt(self.pull_I.norm_squared()).max(1e-9);
            let verdict = Verdict { pull_I: self.pull_I / size, v_m_s: size.max(against) };
            *self = Self { distrusted: true, contradicted: self.contradicted, ..Self::new() };
            return Some(verdict);
        }
        let agreed = self.agrees && self.distrusted;
        self.agreed.update(agreed, Event::VelocimeterTrusted, announce);
        self.distrusted &= !self.agreed.stands;
        None
    }
}

impl Default for BeamWatch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT_S: f64 = 0.1;

    /// Frames until the verdict, over 90 s; at `t` the beams have pulled velocity up by `pull(t)` and the ranges
    /// drift by `drift(t)`, both m/s.
    fn frames(pull: impl Fn(f64) -> f64, drift: impl Fn(f64) -> f64) -> Option<(usize, Verdict)> {
        let (mut watch, up) = (BeamWatch::new(), Vector3::z());
        (0..900).find_map(|i| {
            let t = DT_S * i as f64;
            watch.pulled(&(up * (pull(t + DT_S) - pull(t))));
            let line = Line { now: 0.0, slope: drift(t), sigma: 0.2, scatter: 1.0 };
            let verdict = watch.weigh([Some(line), None], &up, 0.0, DT_S, &mut Announce::default());
            verdict.map(|verdict| (i, verdict))
        })
    }

    #[test]
    fn beams_that_drift_are_found_by_the_ranges_before_they_are_half_a_metre_a_second_wrong() {
        // 0.01 m/s² downwards; the ranges then rise against navigation as fast as it is wrong.
        let (frame, verdict) = frames(|t| -0.01 * t, |t| 0.01 * t).unwrap();
        // By hand: the smoothed drift lags by 5 s and must pass 3 · 0.57 · 0.2 = 0.34 m/s for 2 s: 41 s.
        assert!((40.0..43.0).contains(&(DT_S * frame as f64)), "{frame}");
        assert!((verdict.pull_I + Vector3::z()).norm() < 1e-9);
        assert!((0.3..0.5).contains(&verdict.v_m_s), "{verdict:?}");
    }

    #[test]
    fn an_accelerometer_that_drifts_is_not_blamed_on_the_beams() {
        // The beams hold velocity against it, and the ranges agree with what comes out.
        assert_eq!(frames(|t| -0.01 * t, |_| 0.0), None);
    }

    #[test]
    fn a_range_that_drifts_is_not_blamed_on_the_beams() {
        assert_eq!(frames(|_| 0.0, |_| 0.5), None);
        // Nor where the beams pull the other way, or far less than it would take.
        assert_eq!(frames(|t| 0.01 * t, |t| 0.01 * t), None);
        assert_eq!(frames(|t| -0.002 * t, |t| 0.01 * t), None);
    }

    #[test]
    fn beams_are_believed_again_once_they_agree() {
        let (mut watch, mut announce) = (BeamWatch::new(), Announce::default());
        watch.distrusted = true;
        let mut frame = |agrees: bool| {
            watch.agrees = agrees;
            watch.weigh([None, None], &Vector3::z(), 0.0, DT_S, &mut announce);
            watch.distrusted
        };
        // 5 s of frames.
        assert!((1..50).all(|_| frame(true)));
        assert!(frame(false), "one report outside, and it begins anew");
        assert!((1..50).all(|_| frame(true)));
        assert!(!frame(true));
        assert_eq!(announce.events(), [Event::VelocimeterTrusted]);
    }
}
