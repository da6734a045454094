//! What faults do to a thruster: its valve, its level, its answer.

use super::{FaultKind, Faulty, Now};
use crate::actuators::engine::Thruster;
use crate::dynamics::Wrench;
use icd::time::{Span, Time};

impl Faulty<Thruster> {
    /// Notes the beginning and end of faults; once a cycle.
    pub fn follow(&mut self, now: &Now) {
        self.faults.follow(now);
    }

    /// Opens the valve for one pulse, late or not at all if faults say so.
    pub fn pulse(&mut self, t: Time, width: Span) {
        let (mut delay_s, mut missed) = (0.0, false);
        for fault in &mut self.faults.armed {
            if fault.age_s(t).is_none() {
                continue;
            }
            match fault.kind {
                FaultKind::Latency { latency_s } => delay_s += latency_s,
                FaultKind::Dropout { probability } => {
                    missed |= fault.stream.uniform() < probability;
                }
                _ => {}
            }
        }
        self.device.pulse(t + Span::from_s(delay_s), if missed { Span::default() } else { width });
    }

    /// Adds the mean wrench and the flow of the step that begins at `t`; returns the thrust, N.
    #[inline]
    pub fn add_mean(&mut self, t: Time, wrench: &mut Wrench, used_kg: &mut f64) -> f64 {
        let mut open = self.device.open_in_step(t);
        if self.faults.armed.is_empty() {
            let level = self.device.mean_level(open);
            return if level > 0.0 { self.device.add(level, wrench, used_kg) } else { 0.0 };
        }
        for fault in self.faults.armed.iter().filter(|fault| fault.age_s(t).is_some()) {
            match fault.kind {
                FaultKind::Dead => open = Span::default(),
                FaultKind::StuckOn => open = self.device.step(),
                _ => {}
            }
        }
        let mut level = self.device.mean_level(open);
        for fault in &mut self.faults.armed {
            let Some(age_s) = fault.age_s(t) else { continue };
            level = match fault.kind {
                FaultKind::Scale { factor } => level * factor,
                FaultKind::Drift { rate } => level * (1.0 + rate[0] * age_s),
                FaultKind::Noise { sigma, growth } => {
                    level * (1.0 + (sigma + growth * age_s) * fault.stream.normal())
                }
                FaultKind::Saturation { limit } => level.min(limit),
                _ => level,
            };
        }
        if level > 0.0 { self.device.add(level, wrench, used_kg) } else { 0.0 }
    }
}
