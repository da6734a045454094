//! Packets out of the frames of one virtual channel, in whatever order the frames come.
//!
//! Owns: [`Joiner`]: a ring of the last 256 frames by the channel's counter. What lies whole inside a frame is handed on
//! at once; what reaches over a frame's end is handed on as soon as the frames it lies in are there, whichever came
//! last. A frame that is there already is dropped.
//! Does not own: a frame's and a packet's checksum (both are checked, before and after).
//!
//! The counter has 8 bits: a frame is placed within 128 of the newest one. Frames are neighbours only if they are by
//! the counter so extended, so an old turn's frame is never joined to a new one's.

use icd::link::frame::{Frame, IDLE_APID, NO_START, ONLY_IDLE};
use icd::link::packet::PACKET_MAX;

/// Turn of the counter.
const TURN: u64 = 256;
/// Octets of a packet's primary header.
const HEAD: usize = 6;
/// Frames a packet can reach over at the most: the shortest frame's data has more than 40 octets.
const REACH: u64 = 2 + (PACKET_MAX / 40) as u64;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// New.
    New,
    /// It was there already.
    Again,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    /// Extended counter; `None` if empty.
    count: Option<u64>,
    first_header: u16,
    data: Vec<u8>,
    /// Where the packet begins that reaches over the end.
    tail: Option<usize>,
}

/// The frames of one virtual channel.
#[derive(Debug)]
pub struct Joiner {
    slots: Vec<Slot>,
    newest: Option<u64>,
    /// Frames that are new, and the first and last of the unbroken count, for [`Joiner::missing`].
    seen: u64,
    first: u64,
    whole: Vec<u8>,
}

impl Default for Joiner {
    fn default() -> Self {
        let slots = (0..TURN).map(|_| Slot::default()).collect();
        Self { slots, newest: None, seen: 0, first: 0, whole: Vec::new() }
    }
}

/// Length that a packet's header claims, and whether it is an idle packet.
fn claim(octets: &[u8]) -> Option<(usize, bool)> {
    let [a, b, _, _, c, d] = *octets.first_chunk::<HEAD>()?;
    let idle = u16::from_be_bytes([a, b]) & 0x7FF == IDLE_APID;
    Some((usize::from(u16::from_be_bytes([c, d])) + HEAD + 1, idle))
}

impl Joiner {
    /// Frames between the first and the newest that have not come.
    pub fn missing(&self) -> u64 {
        self.newest.map_or(0, |newest| (newest + 1).saturating_sub(self.first + self.seen))
    }

    /// Takes a frame and hands on each packet that is complete with it.
    pub fn take(&mut self, frame: &Frame<'_>, mut packet: impl FnMut(&[u8])) -> Placed {
        let count = self.place(frame.channel_count);
        let slot = self.slot_mut(count);
        let same = slot.first_header == frame.first_header && slot.data == frame.data;
        if slot.count == Some(count) && same {
            return Placed::Again;
        }
        let late = slot.count.is_some_and(|old| old >= count);
        slot.count = Some(count);
        slot.first_header = frame.first_header;
        slot.data.clear();
        slot.data.extend_from_slice(frame.data);
        slot.tail = None;
        if !late {
            self.seen += 1;
        }
        if self.newest.is_none_or(|newest| count > newest) {
            self.newest = Some(count);
        }
        if frame.first_header == ONLY_IDLE {
            return Placed::New;
        }
        let tail = inside(frame, &mut packet);
        self.slot_mut(count).tail = tail;
        if tail.is_some() {
            self.join(count, &mut packet);
        }
        if frame.first_header > 0 {
            self.join_back(count, &mut packet);
        }
        Placed::New
    }

    fn place(&mut self, counter: u8) -> u64 {
        let counter = u64::from(counter);
        let Some(newest) = self.newest else {
            // Some room below, for frames that are older than the first that came.
            self.first = TURN + counter;
            return self.first;
        };
        let ahead = counter.wrapping_sub(newest) % TURN;
        let count =
            if ahead < TURN / 2 { newest + ahead } else { (newest + ahead).saturating_sub(TURN) };
        self.first = self.first.min(count);
        count
    }

    fn slot_mut(&mut self, count: u64) -> &mut Slot {
        let at = usize::from((count % TURN) as u8);
        &mut self.slots[at]
    }

    fn slot(&self, count: u64) -> Option<&Slot> {
        self.slots.get(usize::from((count % TURN) as u8)).filter(|slot| slot.count == Some(count))
    }

    /// The frame continues a packet that began earlier: looks for its beginning.
    fn join_back(&mut self, count: u64, packet: &mut impl FnMut(&[u8])) {
        for back in 1..=REACH {
            let Some(slot) = count.checked_sub(back).and_then(|count| self.slot(count)) else {
                return;
            };
            if slot.tail.is_some() {
                self.join(count - back, packet);
                return;
            }
            if slot.first_header != NO_START {
                return;
            }
        }
    }

    /// Completes the packet that reaches over the end of a frame, if all of it is there.
    fn join(&mut self, count: u64, packet: &mut impl FnMut(&[u8])) {
        let mut whole = std::mem::take(&mut self.whole);
        whole.clear();
        if self.gather(count, &mut whole) {
            packet(&whole);
        }
        self.whole = whole;
    }

    fn gather(&self, count: u64, whole: &mut Vec<u8>) -> bool {
        let Some(begin) = self.slot(count) else { return false };
        let tail = begin.tail.and_then(|tail| begin.data.get(tail..));
        whole.extend_from_slice(tail.unwrap_or_default());
        for next in 1..=REACH {
            if let Some((length, idle)) = claim(whole) {
                if idle || length > PACKET_MAX {
                    return false;
                }
                if whole.len() >= length {
                    whole.truncate(length);
                    return true;
                }
            }
            let Some(slot) = self.slot(count + next) else { return false };
            let end = match slot.first_header {
                NO_START => slot.data.len(),
                first => usize::from(first),
            };
            whole.extend_from_slice(slot.data.get(..end).unwrap_or_default());
            if slot.first_header != NO_START {
                // Nothing of the packet lies behind the first header of this frame.
                let complete = claim(whole).is_some_and(|(length, idle)| {
                    !idle && length <= PACKET_MAX && whole.len() == length
                });
                return complete;
            }
        }
        false
    }
}

/// Hands on what lies whole inside the frame; returns where the packet begins that does not.
fn inside(frame: &Frame<'_>, packet: &mut impl FnMut(&[u8])) -> Option<usize> {
    if frame.first_header >= ONLY_IDLE {
        return None;
    }
    let mut at = usize::from(frame.first_header);
    loop {
        let rest = frame.data.get(at..).filter(|rest| !rest.is_empty())?;
        let Some((length, idle)) = claim(rest) else { return Some(at) };
        if !idle && length > PACKET_MAX {
            return None;
        }
        let Some(whole) = rest.get(..length) else { return Some(at) };
        if !idle {
            packet(whole);
        }
        at += length;
    }
}

#[cfg(test)]
#[path = "join/tests.rs"]
mod tests;
