//! What the ground is told of the link beside the events of the flight software: each change once.
//!
//! Owns: [`Edges`]. Does not own: the link, the receiver of commands, the store: they are looked at every cycle.
//! As programmed: the silence is the radio's own, so a plan that hides the Earth loses no contact. Refused commands and
//! changes of the bit rate are told at most once each [`AGAIN`]: a flood of them must not fill the downlink.

use icd::events::Event;
use icd::time::{Span, Time};

/// Silence that is told as contact lost, s: the first step of the radio's ladder. Assumed.
const LOST_S: f64 = 60.0;
/// Least time between two events of a kind that others can bring about. Assumed.
const AGAIN: Span = Span::from_ms(10_000);

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Both directions stand.
    pub contact: bool,
    /// Time since the ground was last heard, s.
    pub silence_s: f64,
    /// Of the main stream, bit/s; 0 for silence.
    pub bit_rate: u32,
    /// Acceptance of command frames is locked.
    pub locked_out: bool,
    /// A dump that the ground asked for is not done.
    pub dumping: bool,
    /// A command was refused as forged or used before.
    pub forged: bool,
}

/// What was told last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edges {
    lost: bool,
    bit_rate: Option<u32>,
    rate_told: Option<Time>,
    locked_out: bool,
    dumping: bool,
    forged_told: Option<Time>,
}

impl Edges {
    /// What is new at `now`.
    pub fn follow(&mut self, now: Time, seen: &Seen) -> Vec<Event> {
        let mut out = Vec::new();
        let due = |told: Option<Time>| told.is_none_or(|told| now - told >= AGAIN);
        if seen.forged && due(self.forged_told) {
            self.forged_told = Some(now);
            out.push(Event::UplinkForged);
        }
        let changed = seen.bit_rate != 0 && self.bit_rate != Some(seen.bit_rate);
        if changed && due(self.rate_told) && self.bit_rate.replace(seen.bit_rate).is_some() {
            self.rate_told = Some(now);
            out.push(Event::BitRateChanged);
        }
        if seen.locked_out && !self.locked_out {
            out.push(Event::UplinkLockedOut);
        }
        self.locked_out = seen.locked_out;
        if seen.dumping != self.dumping {
            out.push(if seen.dumping { Event::DumpStarted } else { Event::DumpEnded });
        }
        self.dumping = seen.dumping;
        if !self.lost && seen.silence_s >= LOST_S {
            self.lost = true;
            out.push(Event::ContactLost);
        } else if self.lost && seen.contact {
            self.lost = false;
            out.push(Event::ContactRegained);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_once_and_a_flood_of_forgeries_once_each_ten_seconds() {
        let quiet = Seen {
            contact: true,
            silence_s: 0.0,
            bit_rate: 128_000,
            locked_out: false,
            dumping: false,
            forged: false,
        };
        let mut edges = Edges::default();
        let mut told = |s: i64, seen: Seen| {
            let now = Time::default() + Span::from_ms(1_000 * s);
            (0..50).flat_map(|_| edges.follow(now, &seen)).collect::<Vec<_>>()
        };
        assert_eq!(told(0, quiet), []);
        assert_eq!(told(1, Seen { forged: true, ..quiet }), [Event::UplinkForged]);
        assert_eq!(told(10, Seen { forged: true, ..quiet }), []);
        assert_eq!(told(11, Seen { forged: true, ..quiet }), [Event::UplinkForged]);
        assert_eq!(told(12, Seen { locked_out: true, ..quiet }), [Event::UplinkLockedOut]);
        assert_eq!(told(13, Seen { dumping: true, ..quiet }), [Event::DumpStarted]);
        assert_eq!(told(14, quiet), [Event::DumpEnded]);
        let away = Seen { contact: false, silence_s: 59.0, bit_rate: 32_000, ..quiet };
        assert_eq!(told(15, away), [Event::BitRateChanged]);
        assert_eq!(told(16, Seen { silence_s: 60.0, ..away }), [Event::ContactLost]);
        assert_eq!(told(17, Seen { bit_rate: 0, ..away }), []);
        assert_eq!(told(30, quiet), [Event::BitRateChanged, Event::ContactRegained]);
    }
}
