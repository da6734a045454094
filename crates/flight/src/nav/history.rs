//! A short memory of past states, so that a late measurement is compared with its own time.
//!
//! Owns: [`History`], a ring of states at cycle spacing. As [Carpenter2018] ch. 4 on delayed
//! measurements: predict at the time tag; the partials are carried to now by the caller.

use crate::nav::state::Pose;
use icd::frames::I;
use icd::rotation::Quaternion;
use icd::time::Time;
use nalgebra::Vector3;

/// Memory: 2.6 s at 20 ms; the slowest known sensor takes 2 s.
const LENGTH: usize = 128;

/// Ring of past poses.
#[derive(Clone, Debug)]
pub struct History {
    ring: [Option<Pose>; LENGTH],
    next: usize,
}

impl History {
    /// No memory yet.
    pub const fn new() -> Self {
        Self { ring: [None; LENGTH], next: 0 }
    }

    /// Remembers a pose, later than the last; the oldest is forgotten.
    pub fn push(&mut self, pose: Pose) {
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = Some(pose);
        }
        self.next = (self.next + 1) % LENGTH;
    }

    /// The pose at `t`, from the latest remembered one before it; `None` when `t` is too old.
    pub fn at(&self, t: Time) -> Option<Pose> {
        // From the newest backwards: most measurements are a few cycles old.
        let (newer, older) = self.ring.split_at(self.next.min(LENGTH));
        let latest = newer.iter().rev().chain(older.iter().rev()).flatten().find(|p| p.t <= t)?;
        Some(latest.advanced(t))
    }

    /// Shifts every remembered pose, after the filter has corrected the present.
    ///
    /// A past position differs from the present one by the velocity in between, so the correction of
    /// velocity counts backwards in time. Corrections too small to matter over the memory are skipped.
    pub fn correct(&mut self, now: Time, dp: Vector3<f64>, dv: Vector3<f64>, dtheta: Vector3<f64>) {
        let turned = dtheta.norm_squared() > 1e-11;
        if !turned && dp.norm_squared() < 1e-6 && dv.norm_squared() < 1e-10 {
            return;
        }
        let turn: Quaternion<I, I> = Quaternion::exp(dtheta);
        for pose in self.ring.iter_mut().flatten() {
            let ago_s = (now - pose.t).s();
            pose.p_I += dp - dv * ago_s;
            pose.v_I += dv;
            if turned {
                pose.q_IB = turn * pose.q_IB;
            }
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}
