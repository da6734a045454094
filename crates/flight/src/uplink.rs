//! The command receiver: from what the radio demodulates to packets that may be obeyed.
//!
//! Owns: the order of the checks, the counts, the report to the ground. Does not own: each check ([`icd::link`]), what a
//! packet orders ([`crate::orders`]). It is a unit of its own beside the flight computer and is not restarted with it.
//! In this order, and what fails ends it with its reason:
//! 1. start sequence and code blocks, one wrong bit corrected in each;
//! 2. frame: checksum, spacecraft, channel;
//! 3. authentication code, in constant time. Directives to the acceptance mechanism carry none;
//! 4. security sequence number: larger than every one that was accepted;
//! 5. frame number, by the acceptance mechanism [CCSDS2321].
//!
//! The fourth is looked at before the fifth and taken after it: a frame that was sent before cannot move the numbering,
//! a frame that is out of sequence does not use up its security number.

use icd::bus::Uplink;
use icd::link::cltu;
use icd::link::command_frame::{Content, TcFrame};
use icd::link::cop::{Accepted, Clcw, Farm};
use icd::link::security::{Key, Sequence};
use icd::tc::Refusal;
use icd::time::Time;
use icd::tm;

/// The receiver's memory.
#[derive(Clone, Copy, Debug)]
pub struct Receiver {
    key: Key,
    sequence: Sequence,
    farm: Farm,
    carrier: bool,
    bits: bool,
    units: u16,
    corrected: u16,
    good: u16,
    bad: u16,
    last: Option<Refusal>,
}

impl Receiver {
    /// A receiver without signal.
    ///
    /// - `key`: loaded before the flight. `used`: the last security sequence number used with it.
    pub const fn new(key: Key, used: u32) -> Self {
        Self {
            key,
            sequence: Sequence::after(used),
            farm: Farm::new(),
            carrier: false,
            bits: false,
            units: 0,
            corrected: 0,
            good: 0,
            bad: 0,
            last: None,
        }
    }

    /// What the demodulator holds: the carrier, and the bits on it.
    pub fn lock(&mut self, carrier: bool, bits: bool) {
        (self.carrier, self.bits) = (carrier, bits);
    }

    /// Takes one command link transmission unit.
    ///
    /// - `octets`: from its start sequence on; what follows its tail is ignored.
    /// - Returns the packet that it brought, if all is well with it; none for a directive, which is obeyed here.
    ///
    /// # Errors
    /// The first check that fails; it is counted, and shown by [`Self::down`].
    pub fn take(&mut self, octets: &[u8]) -> Result<Option<Uplink>, Refusal> {
        self.units = self.units.saturating_add(1);
        let taken = self.check(octets);
        match taken {
            Ok(_) => self.good = self.good.saturating_add(1),
            Err(why) => {
                self.bad = self.bad.saturating_add(1);
                self.last = Some(why);
            }
        }
        taken
    }

    fn check(&mut self, octets: &[u8]) -> Result<Option<Uplink>, Refusal> {
        let decoded = cltu::decode(octets).ok_or(Refusal::BrokenFrame)?;
        self.corrected = self.corrected.saturating_add(decoded.corrected);
        let frame = TcFrame::read(decoded.octets())?;
        if frame.content == Content::Control {
            return self.farm.accept(&frame).map(|_| None);
        }
        let (number, packet) = frame.open(&self.key)?;
        let mut sequence = self.sequence;
        sequence.take(number)?;
        match self.farm.accept(&frame)? {
            Accepted::Control => Ok(None),
            Accepted::Packet => {
                self.sequence = sequence;
                Uplink::new(packet).map(Some).ok_or(Refusal::WrongLength)
            }
        }
    }

    /// The report to the ground that every telemetry frame carries.
    pub fn clcw(&self) -> Clcw {
        Clcw { no_carrier: !self.carrier, no_bit_lock: !self.bits, ..self.farm.clcw() }
    }

    /// Why the last unit that was refused was refused.
    pub fn last_refusal(&self) -> Option<Refusal> {
        self.last
    }

    /// For the telemetry at `t`.
    pub fn down(&self, t: Time) -> tm::Receiver {
        let Clcw { expected, lockout, .. } = self.farm.clcw();
        tm::Receiver {
            t,
            locked: self.carrier,
            units: self.units,
            corrected: self.corrected,
            frames_good: self.good,
            frames_bad: self.bad,
            refusal: self.last.map_or(0, Refusal::code),
            sequence: self.sequence.last(),
            expected,
            lockout,
        }
    }
}

#[cfg(test)]
mod tests;
