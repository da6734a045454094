//! Frame acceptance on board and its report to the ground: COP-1.
//!
//! Owns: [`Farm`] (the receiver's state machine), [`Clcw`] (the word that every telemetry frame carries).
//! Does not own: the sender's half, which repeats what is missing (`ground`).
//! As published: [CCSDS2321] §6, table 6-1; [CCSDS232] §4.2. As programmed: the table's events E1 to E11 in its
//! words; the window is [`WINDOW`] wide, half of it ahead. There is always room for a frame, so the state
//! "wait" is never entered.

use super::command_frame::{Content, TcFrame};
use crate::tc::Refusal;

/// Width of the sliding window.
pub const WINDOW: u8 = 20;
/// Virtual channel of commands. Assumed.
pub const CHANNEL: u8 = 0;

/// Command link control word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clcw {
    /// Virtual channel of commands that it speaks of.
    pub channel: u8,
    /// The receiver has no carrier that it could use.
    pub no_carrier: bool,
    /// The receiver has no bit synchronisation.
    pub no_bit_lock: bool,
    /// A frame far outside the window came: only an unlock command is taken.
    pub lockout: bool,
    /// No room for a frame.
    pub wait: bool,
    /// A frame is missing: send again from `expected` on.
    pub retransmit: bool,
    /// Frames without sequence taken, modulo 4.
    pub bypassed: u8,
    /// Number of the next frame expected, V(R).
    pub expected: u8,
}

impl Clcw {
    /// The word's four octets.
    pub const fn encode(self) -> [u8; 4] {
        // Type 0, version 0, status 0; COP-1 in effect.
        let flags = ((self.no_carrier as u8) << 7)
            | ((self.no_bit_lock as u8) << 6)
            | ((self.lockout as u8) << 5)
            | ((self.wait as u8) << 4)
            | ((self.retransmit as u8) << 3)
            | ((self.bypassed & 3) << 1);
        [0x01, (self.channel & 0x3F) << 2, flags, self.expected]
    }
    /// The inverse; `None` for another word than a command link control word under COP-1.
    pub const fn decode([kind, channel, flags, expected]: [u8; 4]) -> Option<Self> {
        if kind & 0xE3 != 0x01 {
            return None;
        }
        Some(Self {
            channel: channel >> 2,
            no_carrier: flags & 0x80 != 0,
            no_bit_lock: flags & 0x40 != 0,
            lockout: flags & 0x20 != 0,
            wait: flags & 0x10 != 0,
            retransmit: flags & 0x08 != 0,
            bypassed: flags >> 1 & 3,
            expected,
        })
    }
}

/// Frame acceptance and reporting mechanism.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Farm {
    expected: u8,
    lockout: bool,
    retransmit: bool,
    bypassed: u8,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// Its packet goes on.
    Packet,
    /// It was for the mechanism itself.
    Control,
}

impl Farm {
    /// Before the first frame.
    pub const fn new() -> Self {
        Self { expected: 0, lockout: false, retransmit: false, bypassed: 0 }
    }

    /// Decides about a frame whose checksum is good.
    pub fn accept(&mut self, frame: &TcFrame<'_>) -> Result<Accepted, Refusal> {
        match frame.content {
            Content::Sequenced => self.sequenced(frame.number),
            Content::Bypass => {
                self.bypassed = self.bypassed.wrapping_add(1) & 3;
                Ok(Accepted::Packet)
            }
            Content::Control => self.control(frame.data),
        }
    }

    /// Type AD.
    fn sequenced(&mut self, number: u8) -> Result<Accepted, Refusal> {
        if self.lockout {
            return Err(Refusal::LockedOut);
        }
        let ahead = number.wrapping_sub(self.expected);
        if ahead == 0 {
            self.expected = self.expected.wrapping_add(1);
            self.retransmit = false;
            return Ok(Accepted::Packet);
        }
        if ahead < WINDOW / 2 {
            self.retransmit = true;
        } else if ahead < 0u8.wrapping_sub(WINDOW / 2) {
            self.lockout = true;
            return Err(Refusal::LockedOut);
        }
        Err(Refusal::OutOfSequence)
    }

    /// Type BC: unlock, or set V(R).
    fn control(&mut self, data: &[u8]) -> Result<Accepted, Refusal> {
        self.bypassed = self.bypassed.wrapping_add(1) & 3;
        match *data {
            [0] => (self.lockout, self.retransmit) = (false, false),
            [0x82, 0, _] if self.lockout => {}
            [0x82, 0, expected] => (self.expected, self.retransmit) = (expected, false),
            _ => {
                self.bypassed = self.bypassed.wrapping_sub(1) & 3;
                return Err(Refusal::BrokenFrame);
            }
        }
        Ok(Accepted::Control)
    }

    /// What is reported to the ground; the receiver adds what it knows of the carrier.
    pub const fn clcw(&self) -> Clcw {
        Clcw {
            channel: CHANNEL,
            no_carrier: false,
            no_bit_lock: false,
            lockout: self.lockout,
            wait: false,
            retransmit: self.retransmit,
            bypassed: self.bypassed,
            expected: self.expected,
        }
    }
}
