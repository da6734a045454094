//! The time-tagged schedule: packets that wait for their time.
//!
//! Owns: sixteen places, which packet is next, the switch that lets them pass unobeyed. PUS service 11 [ECSS41] §6.11.
//! A packet whose time comes while the schedule is disabled is dropped, as that service has it; so is one that the
//! computer slept over by more than [`LATE_S`]: what was right then may be wrong now.

use crate::load::after;
use icd::tc::{Refusal, SCHEDULE_MAX, Scheduled};
use icd::time::Time;

/// How late a packet may be carried out, s. Assumed: a warm restart.
const LATE_S: f64 = 5.0;

/// What waits for its time: first by time, at equal times as it came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    entries: [Option<Scheduled>; SCHEDULE_MAX],
    /// Packets whose time comes are carried out.
    pub runs: bool,
}

/// What became of an entry whose time has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Due {
    /// To be carried out.
    Now(Scheduled),
    /// Dropped: too late, or the schedule is disabled.
    Dropped(Scheduled),
}

impl Schedule {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self { entries: [None; SCHEDULE_MAX], runs: true }
    }

    /// How many wait.
    pub fn count(&self) -> u8 {
        u8::try_from(self.entries.iter().flatten().count()).unwrap_or(u8::MAX)
    }

    /// What waits, in its order.
    pub fn entries(&self) -> impl Iterator<Item = &Scheduled> {
        self.entries.iter().flatten()
    }

    /// Takes a packet in at `now`.
    pub fn insert(&mut self, entry: &Scheduled, now: Time) -> Result<(), Refusal> {
        if entry.at <= now {
            return Err(Refusal::TimePassed);
        }
        let free = self.entries.iter().position(|slot| slot.is_none());
        let free = free.ok_or(Refusal::ScheduleFull)?;
        if let Some(slot) = self.entries.get_mut(free) {
            *slot = Some(*entry);
        }
        // Down past every later one: few enough for the simplest way.
        for place in (1..=free).rev() {
            let Some([before, own]) = self.entries.get_mut(place - 1..=place) else { break };
            if before.is_none_or(|before| before.at <= entry.at) {
                break;
            }
            core::mem::swap(before, own);
        }
        Ok(())
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.entries = [None; SCHEDULE_MAX];
    }

    /// Takes the earliest packet out whose time has come.
    pub fn due(&mut self, now: Time) -> Option<Due> {
        let [first, ..] = &mut self.entries;
        let entry = first.take_if(|entry| entry.at <= now)?;
        self.entries.rotate_left(1);
        let carried_out = self.runs && after(now, entry.at) <= LATE_S;
        Some(if carried_out { Due::Now(entry) } else { Due::Dropped(entry) })
    }
}
