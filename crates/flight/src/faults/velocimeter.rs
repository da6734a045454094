//! What to believe about the velocimeter: whether its speeds have led navigation away from the ranges.
//!
//! Owns: [`BeamWatch`]. Does not own: the gate of a single beam (`sense`), what follows (`respond`).
//! A speed that is wrong from one report to the next fails its gate. One that drifts does not: each report moves
//! velocity a little, inside the gate, and once velocity is wrong it is the ranges that seem to be.
//! Three witnesses settle that: the inertial unit, the beams and the ranges. The *pull* is what the beams alone
//! have added to the inertial velocity; the *drift* is that of the ranges against navigation's motion. Where
//! taking the pull back would explain most of the drift, ranges and inertial unit agree against the beams.
//! Where the inertial unit is wrong the beams pull as well, but then the ranges agree with them and do not drift.
//! A second ranging sensor that would drift once the pull is taken back speaks for the beams, and there is no verdict.
//! The other way round too: where all beams miss by one velocity, and every ranging sensor drifts by its vertical
//! part, it is navigation's velocity that is wrong (a camera that scales its image has moved it, say), however sure it
//! is; then the beams that failed the gate are let in.
//! Refuses: a verdict without ranges, for two witnesses that disagree settle nothing; a verdict on one beam, for all
//! are believed or none.

use super::monitors::Persistent;
use super::table;
use super::window::Line;
use crate::announce::Announce;
use icd::events::Event;
use icd::time::Time;
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
/// An agreement is as old as this at the most, s: reports come every 0.1 s. Assumed.
const HEARD_S: f64 = 0.25;

/// Memory about the velocimeter.
#[derive(Clone, Copy, Debug)]
pub struct BeamWatch {
    pull_I: Vector3<f64>,
    /// When, and by how much faster the lander moves if the last report is right, which failed the gate with every beam.
    missed_I: Option<(Time, Vector3<f64>)>,
    drift_m_s: [f64; 2],
    /// When all beams of a report last agreed with navigation; `None` when those of the last one did not.
    pub agreed_at: Option<Time>,
    contradicted: Persistent,
    velocity: Persistent,
    agreed: Persistent,
    /// Weighed, not used.
    pub distrusted: bool,
}

/// What a verdict opens: velocity along `pull_I` by `v_m_s`.
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
            missed_I: None,
            drift_m_s: [0.0; 2],
            agreed_at: None,
            contradicted: Persistent::of(&table::VELOCITY_CONTRADICTED),
            velocity: Persistent::of(&table::VELOCITY_WRONG),
            agreed: Persistent::of(&table::VELOCITY_TRUST),
            distrusted: false,
        }
    }

    /// The beams have moved navigation's velocity by `dv_I`, m/s.
    pub fn pulled(&mut self, dv_I: &Vector3<f64>) {
        self.pull_I += dv_I;
    }

    /// What a report says of navigation's velocity: the velocity by which every beam of it misses, `None` where
    /// one of them is inside its gate or there are too few.
    pub fn missed(&mut self, now: Time, dv_I: Option<Vector3<f64>>) {
        self.missed_I = dv_I.map(|dv_I| (now, dv_I));
    }

    /// Whether beams and ranges agree that navigation's velocity is wrong; after [`Self::weigh`] of the same frame.
    pub fn weigh_velocity(
        &mut self,
        now: Time,
        lines: [Option<Line>; 2],
        up_I: &Vector3<f64>,
        ground_m_s: f64,
        announce: &mut Announce,
    ) -> Option<Verdict> {
        let fresh = |(t, _): &(Time, Vector3<f64>)| (now - *t).s() < HEARD_S && !self.distrusted;
        let missed_I = self.missed_I.filter(fresh).map_or_else(Vector3::zeros, |(_, dv_I)| dv_I);
        let missed_m_s = missed_I.dot(up_I);
        let (mut agree, mut oppose) = (false, false);
        for (line, drift_m_s) in lines.iter().zip(&self.drift_m_s) {
            let Some(line) = line else { continue };
            let room = DEVIATIONS * libm::hypot(SMOOTHED * line.sigma, ground_m_s);
            let near = (drift_m_s - missed_m_s).abs() < (EXPLAINED * missed_m_s.abs()).max(room);
            let stands_out = drift_m_s.abs() > room;
            agree |= near && stands_out;
            oppose |= !near;
        }
        let wrong = agree && !oppose && missed_m_s.abs() > table::VELOCITY_WRONG.threshold;
        let stood = self.velocity.stands;
        self.velocity.update(wrong, Event::VelocityReopened, announce);
        if !self.velocity.stands || stood {
            return None;
        }
        let size = libm::sqrt(missed_I.norm_squared()).max(1e-9);
        *self = Self { velocity: self.velocity, ..Self::new() };
        Some(Verdict { pull_I: missed_I / size, v_m_s: size })
    }

    /// A frame's worth of evidence.
    ///
    /// - `now`: the frame's time.
    /// - `lines`: drift of each ranging sensor's shots against navigation, m of height, where there is one.
    /// - `ground_m_s`: speed at which unmapped ground may rise under a beam.
    pub fn weigh(
        &mut self,
        now: Time,
        lines: [Option<Line>; 2],
        up_I: &Vector3<f64>,
        ground_m_s: f64,
        dt_s: f64,
        announce: &mut Announce,
    ) -> Option<Verdict> {
        self.pull_I *= 1.0 - (dt_s / FORGOTTEN_S).min(1.0);
        let pull_m_s = self.pull_I.dot(up_I);
        let (mut against, mut acquitted) = (0.0_f64, false);
        for (line, drift_m_s) in lines.iter().zip(&mut self.drift_m_s) {
            let Some(line) = line else {
                *drift_m_s = 0.0;
                continue;
            };
            *drift_m_s += (line.slope - *drift_m_s) * (dt_s / SMOOTHED_S).min(1.0);
            let room = DEVIATIONS * libm::hypot(SMOOTHED * line.sigma, ground_m_s);
            let least_m_s = table::VELOCITY_CONTRADICTED.threshold.max(room);
            let without_m_s = (*drift_m_s + pull_m_s).abs();
            if without_m_s < EXPLAINED * drift_m_s.abs() {
                let stands_out = drift_m_s.abs() > least_m_s;
                against = if stands_out { against.max(drift_m_s.abs()) } else { against };
            } else {
                acquitted |= without_m_s > least_m_s;
            }
        }
        let stood = self.contradicted.stands;
        let wrong = against > 0.0 && !acquitted && !self.distrusted;
        self.contradicted.update(wrong, Event::VelocimeterDistrusted, announce);
        if self.contradicted.stands && !stood {
            let size = libm::sqrt(self.pull_I.norm_squared()).max(1e-9);
            let verdict = Verdict { pull_I: self.pull_I / size, v_m_s: size.max(against) };
            *self = Self { distrusted: true, contradicted: self.contradicted, ..Self::new() };
            return Some(verdict);
        }
        let fresh = self.agreed_at.is_some_and(|t| (now - t).s() < HEARD_S);
        let agreed = fresh && self.distrusted;
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
    use icd::time::Span;

    const FRAME: Span = Span::from_ms(100);

    fn at(frame: i64) -> Time {
        Time::from_tai_ns(0) + Span::from_ns(FRAME.ns() * frame)
    }

    /// Time of the verdict, s, over 90 s; at `t` the beams have pulled velocity up by `pull(t)` and the ranges of two
    /// sensors drift by `drift(t)`, all m/s.
    fn found(
        pull: impl Fn(f64) -> f64,
        drift: impl Fn(f64) -> [Option<f64>; 2],
    ) -> Option<(f64, Verdict)> {
        let (mut watch, up) = (BeamWatch::new(), Vector3::z());
        let line = |slope| Line { now: 0.0, slope, sigma: 0.2, scatter: 1.0 };
        (0..900).find_map(|i| {
            let t = FRAME.s() * i as f64;
            watch.pulled(&(up * (pull(t + FRAME.s()) - pull(t))));
            let lines = drift(t).map(|slope| slope.map(line));
            let verdict = watch.weigh(at(i), lines, &up, 0.0, FRAME.s(), &mut Announce::default());
            verdict.map(|verdict| (t, verdict))
        })
    }

    #[test]
    fn beams_that_drift_are_found_by_the_ranges_before_they_are_half_a_metre_a_second_wrong() {
        // 0.01 m/s² downwards; the ranges then rise against navigation as fast as it is wrong.
        let (t, verdict) = found(|t| -0.01 * t, |t| [Some(0.01 * t), None]).unwrap();
        // By hand: the smoothed drift lags by 5 s and must pass 3 · 0.57 · 0.2 = 0.34 m/s for 2 s: 41 s.
        assert!((40.0..43.0).contains(&t), "{t}");
        assert!((verdict.pull_I + Vector3::z()).norm() < 1e-9);
        assert!((0.3..0.5).contains(&verdict.v_m_s), "{verdict:?}");
        // Two ranging sensors see the same, and no later.
        let both = found(|t| -0.01 * t, |t| [Some(0.01 * t); 2]).unwrap();
        assert_eq!(both, (t, verdict));
    }

    /// Time at which velocity is opened, s, where every beam misses by `missed_I` and the ranges drift by `drift`, m/s.
    fn opened(missed_I: Vector3<f64>, drift: [Option<f64>; 2]) -> Option<(f64, Verdict)> {
        opened_while(600, missed_I, drift)
    }

    /// The same with so many reports and silence after them.
    fn opened_while(
        heard: i64,
        missed_I: Vector3<f64>,
        drift: [Option<f64>; 2],
    ) -> Option<(f64, Verdict)> {
        let (mut watch, up) = (BeamWatch::new(), Vector3::z());
        let lines = drift
            .map(|slope| slope.map(|slope| Line { now: 0.0, slope, sigma: 0.2, scatter: 1.0 }));
        let mut announce = Announce::default();
        (0..600).find_map(|i| {
            if i < heard {
                watch.missed(at(i), Some(missed_I));
            }
            let against = watch.weigh(at(i), lines, &up, 0.0, FRAME.s(), &mut announce);
            assert_eq!(against, None);
            let verdict = watch.weigh_velocity(at(i), lines, &up, 0.0, &mut announce);
            verdict.map(|verdict| (FRAME.s() * i as f64, verdict))
        })
    }

    #[test]
    fn beams_outside_their_gate_are_let_in_where_the_ranges_say_the_same() {
        let missed_I = Vector3::new(0.3, 0.0, -1.1);
        let (t, verdict) = opened(missed_I, [Some(-1.1), None]).unwrap();
        // By hand: the smoothed drift passes half of 1.1 m/s after 5 s · ln 2, and that holds for 2 s.
        assert!((5.2..5.7).contains(&t), "{t}");
        assert!((verdict.pull_I * verdict.v_m_s - missed_I).norm() < 1e-9);
        assert!(opened(missed_I, [Some(-1.1), Some(-1.0)]).is_some());
        assert_eq!(opened_while(40, missed_I, [Some(-1.1), None]), None, "what was said long ago");
        // Not where the ranges follow navigation, one of them does, or there are none: the beams alone are wrong.
        assert_eq!(opened(missed_I, [Some(0.0), None]), None);
        assert_eq!(opened(missed_I, [Some(-1.1), Some(0.0)]), None);
        assert_eq!(opened(missed_I, [None, None]), None);
        // Nor where a range drifts and the beams miss by something else.
        assert_eq!(opened(Vector3::zeros(), [Some(-1.1), None]), None);
        assert_eq!(opened(missed_I, [Some(1.1), None]), None);
    }

    #[test]
    fn an_accelerometer_that_drifts_is_not_blamed_on_the_beams() {
        // The beams hold velocity against it, and the ranges agree with what comes out.
        assert_eq!(found(|t| -0.01 * t, |_| [Some(0.0), None]), None);
    }

    #[test]
    fn a_range_that_drifts_is_not_blamed_on_the_beams() {
        assert_eq!(found(|_| 0.0, |_| [Some(0.5), None]), None);
        // Nor where the beams pull the other way, or far less than it would take.
        assert_eq!(found(|t| 0.01 * t, |t| [Some(0.01 * t), None]), None);
        assert_eq!(found(|t| -0.002 * t, |t| [Some(0.01 * t), None]), None);
        // Nor where it looks like it and the other ranging sensor says that the beams are right.
        assert!(found(|t| -0.015 * t, |t| [Some(0.01 * t), None]).is_some());
        assert_eq!(found(|t| -0.015 * t, |t| [Some(0.01 * t), Some(0.0)]), None);
    }

    #[test]
    fn beams_are_believed_again_once_they_go_on_agreeing() {
        let (mut watch, mut announce) = (BeamWatch::new(), Announce::default());
        watch.distrusted = true;
        let mut frames = 0;
        // Of a report: whether it agrees; `None` without one.
        let mut frame = |report: Option<bool>| {
            frames += 1;
            if let Some(agrees) = report {
                watch.agreed_at = agrees.then_some(at(frames));
            }
            watch.weigh(at(frames), [None, None], &Vector3::z(), 0.0, FRAME.s(), &mut announce);
            watch.distrusted
        };
        // 10 s of frames.
        assert!((1..100).all(|_| frame(Some(true))));
        assert!(frame(Some(false)), "one report outside, and it begins anew");
        assert!((1..200).all(|i| frame((i == 1).then_some(true))), "one report and then silence");
        assert!((1..100).all(|_| frame(Some(true))));
        assert!(!frame(Some(true)));
        assert_eq!(announce.events(), [Event::VelocimeterTrusted]);
    }
}
