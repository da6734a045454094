//! A short memory of past states, so that a late measurement is compared with its own time.
//!
//! Owns: [`History`], a ring of states at cycle spacing. As [Carpenter2018] ch. 4 on delayed
//! measurements: predict at the time tag, carry the partials to now ([`crate::nav::Nav::carry`]).
//! As programmed: a correction of the present is not applied to every past state but booked as a sum; a
//! past state is corrected when it is read, by what the sum has grown since it was remembered. What the
//! filter learnt about biases is not traced back: over the memory it moves a past state by millimetres.

use crate::nav::state::Pose;
use icd::frames::I;
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::Vector3;

/// Memory: 5.1 s at 20 ms; the slowest known sensor takes 2 s, and more than 3 s with its dispersion.
const LENGTH: usize = 256;

/// Corrections since the first pose. Position moves by dp − dv (now − t) at the time t of a pose: the part
/// that does not depend on t, with times counted from the first pose, and the one that grows with it.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    p: Vector3<f64>,
    v: Vector3<f64>,
    theta: Vector3<f64>,
}

/// Ring of past poses.
#[derive(Clone, Debug)]
pub struct History {
    ring: [Option<(Pose, Sum)>; LENGTH],
    next: usize,
    first: Option<Time>,
    sum: Sum,
}

impl History {
    /// No memory yet.
    pub fn new() -> Self {
        Self { ring: [None; LENGTH], next: 0, first: None, sum: Sum::default() }
    }

    /// Remembers a pose, later than the last; the oldest is forgotten.
    pub fn push(&mut self, pose: Pose) {
        self.first.get_or_insert(pose.t);
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = Some((pose, self.sum));
        }
        self.next = (self.next + 1) % LENGTH;
    }

    /// The pose at `t`, from the latest remembered one before it; `None` when `t` lies in the future or
    /// further back than the memory.
    pub fn at(&self, t: Time) -> Option<Pose> {
        let mut index = self.next;
        for back in 0..LENGTH {
            index = index.checked_sub(1).unwrap_or(LENGTH - 1);
            let (pose, then) = self.ring.get(index).copied().flatten()?;
            if pose.t <= t {
                let beyond = back == 0 && pose.t < t;
                return (!beyond).then(|| self.corrected(pose, &then).advanced(t));
            }
        }
        None
    }

    /// Books a correction of the present.
    ///
    /// A past position differs from the present one by the velocity in between, so the correction of
    /// velocity counts backwards in time.
    pub fn correct(&mut self, now: Time, dp: Vector3<f64>, dv: Vector3<f64>, dtheta: Vector3<f64>) {
        let now_s = self.first.map_or(0.0, |first| (now - first).s());
        self.sum.p += dp - dv * now_s;
        self.sum.v += dv;
        self.sum.theta += dtheta;
    }

    fn corrected(&self, pose: Pose, then: &Sum) -> Pose {
        let t_s = self.first.map_or(0.0, |first| (pose.t - first).s());
        let dv = self.sum.v - then.v;
        Pose {
            p_I: pose.p_I + (self.sum.p - then.p) + dv * t_s,
            v_I: pose.v_I + dv,
            q_IB: Quaternion::<I, I>::exp(self.sum.theta - then.theta) * pose.q_IB,
            ..pose
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    fn pose(i: i64) -> Pose {
        let s = i as f64 * 0.02;
        Pose {
            t: Time::from_tai_ns(1_000_000_000) + Span::from_ms(20 * i),
            p_I: Vector3::new(10.0 * s, 0.0, 0.0),
            v_I: Vector3::new(10.0, 0.0, 0.0),
            q_IB: Quaternion::identity(),
            w_B: Vector3::zeros(),
            dv_I: Vector3::zeros(),
        }
    }

    #[test]
    fn a_tag_from_the_future_or_from_before_the_memory_has_no_pose() {
        let mut history = History::new();
        assert!(history.at(pose(0).t).is_none());
        for i in 0..400 {
            history.push(pose(i));
        }
        assert!(history.at(pose(399).t).is_some());
        assert!(history.at(pose(399).t + Span::from_ns(1)).is_none());
        assert!(history.at(pose(399).t - Span::from_s(3.0)).is_some(), "three seconds are kept");
        assert!(history.at(pose(100).t).is_none());
        let between = history.at(pose(390).t + Span::from_ms(7)).unwrap();
        assert!((between.p_I.x - 10.0 * (7.8 + 0.007)).abs() < 1e-12);
    }

    /// Against shifting every remembered pose at once.
    #[test]
    fn a_correction_counts_backwards_in_time_and_only_for_what_was_remembered_before_it() {
        let mut history = History::new();
        for i in 0..100 {
            history.push(pose(i));
        }
        let (dp, dv) = (Vector3::new(1.0, 2.0, 3.0), Vector3::new(0.1, -0.2, 0.3));
        let turn = Vector3::new(1e-4, 0.0, -2e-4);
        history.correct(pose(99).t, dp, dv, turn);
        history.push(pose(100));
        history.correct(pose(100).t, dp * 2.0, -dv * 3.0, turn * 0.0);
        let found = history.at(pose(50).t).unwrap();
        let expected = pose(50).p_I + dp - dv * 0.98 + dp * 2.0 + dv * 3.0;
        assert!((found.p_I - expected).norm() < 1e-12);
        assert!((found.v_I - (pose(50).v_I - dv * 2.0)).norm() < 1e-12);
        assert!((found.q_IB.log() - turn).norm() < 1e-12);
        let late = history.at(pose(100).t).unwrap();
        assert!((late.p_I - (pose(100).p_I + dp * 2.0)).norm() < 1e-12);
        assert!(late.q_IB.log().norm() < 1e-15);
    }
}
