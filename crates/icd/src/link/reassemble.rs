//! Packets out of the frames of one virtual channel, which come in order.
//!
//! Owns: [`Packets`], which joins what spans frames, skips idle packets, sees gaps by the channel's counter and
//! finds its way back after one by the first header pointer. One is needed for each virtual channel.
//! Does not own: whether a packet is good (`packet::decode` has its checksum), frames that come late, over
//! several stations or twice in other order: mission control has a joiner of its own.
//! A frame with the number of the one before is taken for that one again; it could also be the 256th after it.

use super::frame::{Frame, IDLE_APID, ONLY_IDLE};
use super::packet::PACKET_MAX;

/// Octets of a packet's primary header.
const HEAD: usize = 6;

/// What became of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Frames of this channel missing before it, as far as a counter of 256 tells.
    pub missing: u8,
    /// Packets that were cut by a gap or claimed a length that no packet has.
    pub broken: u8,
    /// Packets handed on.
    pub packets: u16,
}

/// Joins the packets of one virtual channel.
#[derive(Clone, Debug)]
pub struct Packets {
    last: Option<u8>,
    /// What there is of a packet that goes on in the next frame.
    part: [u8; PACKET_MAX],
    held: usize,
    /// Octets of an idle packet still to come.
    skip: usize,
    /// Where a packet begins is not known.
    lost: bool,
}

impl Default for Packets {
    fn default() -> Self {
        Self::new()
    }
}

impl Packets {
    /// Before the first frame.
    pub const fn new() -> Self {
        Self { last: None, part: [0; PACKET_MAX], held: 0, skip: 0, lost: true }
    }

    /// Takes the channel's next frame and hands on each packet that is complete.
    pub fn take(&mut self, frame: &Frame<'_>, mut packet: impl FnMut(&[u8])) -> Taken {
        let mut taken = Taken::default();
        if self.last == Some(frame.channel_count) {
            return taken;
        }
        if let Some(last) = self.last {
            taken.missing = frame.channel_count.wrapping_sub(last).wrapping_sub(1);
        }
        self.last = Some(frame.channel_count);
        if taken.missing > 0 {
            self.lose(&mut taken);
        }
        if frame.first_header == ONLY_IDLE {
            return taken;
        }
        let mut data = frame.data;
        if self.lost {
            // What comes before the first header belongs to a packet whose beginning is gone.
            let first = usize::from(frame.first_header);
            match data.get(first..) {
                Some(begun) if frame.first_header < ONLY_IDLE => data = begun,
                _ => return taken,
            }
            self.lost = false;
        }
        self.join(data, &mut taken, &mut packet);
        taken
    }

    fn lose(&mut self, taken: &mut Taken) {
        if self.held > 0 {
            taken.broken = taken.broken.saturating_add(1);
        }
        (self.held, self.skip, self.lost) = (0, 0, true);
    }

    fn join(&mut self, mut data: &[u8], taken: &mut Taken, packet: &mut impl FnMut(&[u8])) {
        // Each turn consumes data or ends.
        while !data.is_empty() && !self.lost {
            if self.skip > 0 {
                let skipped = self.skip.min(data.len());
                self.skip -= skipped;
                data = data.get(skipped..).unwrap_or(&[]);
                continue;
            }
            let wanted = if self.held < HEAD { HEAD } else { self.length() };
            let now = wanted.saturating_sub(self.held).min(data.len());
            let (part, rest) = data.split_at_checked(now).unwrap_or((data, &[]));
            for (slot, octet) in self.part.iter_mut().skip(self.held).zip(part) {
                *slot = *octet;
            }
            self.held += part.len();
            data = rest;
            if self.held == HEAD {
                self.begin(taken);
            } else if self.held > HEAD && self.held == self.length() {
                packet(self.part.get(..self.held).unwrap_or(&[]));
                taken.packets = taken.packets.saturating_add(1);
                self.held = 0;
            }
        }
    }

    /// Length that the header in `part` claims.
    fn length(&self) -> usize {
        let [.., a, b] = self.part.first_chunk::<HEAD>().copied().unwrap_or([0; HEAD]);
        usize::from(u16::from_be_bytes([a, b])) + HEAD + 1
    }

    /// A header is complete: idle packets are skipped, impossible ones end the synchronisation.
    fn begin(&mut self, taken: &mut Taken) {
        let [a, b, ..] = self.part;
        if u16::from_be_bytes([a, b]) & 0x7FF == IDLE_APID {
            (self.skip, self.held) = (self.length() - HEAD, 0);
        } else if self.length() > PACKET_MAX {
            self.lose(taken);
        }
    }
}
