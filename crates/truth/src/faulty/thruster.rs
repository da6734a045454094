//! What faults do to a thruster: its valve, its level, its answer.
//!
//! As programmed: a command that a fault delays waits in the wrapper and reaches the valve at its own
//! time, not on the grid of cycles; a missed pulse reaches it as no pulse.

use super::{FaultKind, Faulty, Now};
use crate::actuators::engine::Thruster;
use crate::dynamics::Wrench;
use icd::bus::CYCLE;
use icd::time::{Span, Time};

/// What a valve is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Open for so long.
    Pulse(Span),
    /// Stay open for at least so long.
    Hold(Span),
    /// Shut.
    Release,
}

impl Faulty<Thruster, Command> {
    /// Notes the beginning and end of faults and passes on commands that are due; once a cycle.
    #[inline]
    pub fn follow(&mut self, now: &Now) {
        if self.faults.none() {
            return;
        }
        self.faults.follow(now);
        self.pass_on(now.t);
    }

    /// Commands the valve at `t`, late or not at all if faults say so.
    #[inline]
    pub fn command(&mut self, t: Time, command: Command) {
        if self.faults.none() {
            apply(&mut self.device, t, command);
            return;
        }
        let (mut delay_s, mut command) = (0.0, command);
        for fault in &self.faults.armed {
            if fault.age_s(t).is_none() {
                continue;
            }
            match fault.kind {
                FaultKind::Latency { latency_s } => delay_s += latency_s,
                FaultKind::Dropout { probability } if fault.chance(t).uniform() < probability => {
                    command = Command::Pulse(Span::default());
                }
                _ => {}
            }
        }
        self.faults.late.push_back((t + Span::from_s(delay_s), command));
        self.pass_on(t);
    }

    /// Gives the valve what is due before the next cycle.
    fn pass_on(&mut self, t: Time) {
        while let Some((due, command)) = self.faults.late.front().copied() {
            if due >= t + CYCLE {
                return;
            }
            apply(&mut self.device, due, command);
            self.faults.late.pop_front();
        }
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
        for fault in &self.faults.armed {
            let Some(age_s) = fault.age_s(t) else { continue };
            level = match fault.kind {
                FaultKind::Scale { factor } => level * factor,
                FaultKind::Drift { rate } => level * (1.0 + rate[0] * age_s),
                FaultKind::Noise { sigma, growth } => {
                    level * (1.0 + (sigma + growth * age_s) * fault.chance(t).normal())
                }
                FaultKind::Saturation { limit } => level.min(limit),
                _ => level,
            };
        }
        if level > 0.0 { self.device.add(level, wrench, used_kg) } else { 0.0 }
    }
}

#[inline]
fn apply(device: &mut Thruster, t: Time, command: Command) {
    match command {
        Command::Pulse(width) => device.pulse(t, width),
        Command::Hold(width) => device.hold(t, width),
        Command::Release => device.release(t),
    }
}
