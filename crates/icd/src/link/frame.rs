//! Telemetry transfer frames: packets go in on board, frames of one length come out.
//!
//! Owns: [`FrameWriter`], the reading of one frame ([`Frame`]), the attached sync marker.
//! Does not own: packets out of frames (`reassemble`), which packet is sent when (`flight::downlink`), coding
//! and modulation, which `truth::radio` models by their effect.
//! As published: [CCSDS132] §4: primary header, data field, operational control field, error control field.
//! As programmed: no secondary header; packets span frames of their virtual channel; what is left open is
//! filled with an idle packet [CCSDS133], a whole frame on virtual channel 7. Marker: [CCSDS131].

use super::checksum::crc16;
use super::cop::Clcw;
use super::packet::PACKET_MAX;

/// Octets of a frame of the main transmitter: what a Reed-Solomon block of depth 5 holds, [CCSDS131].
pub const TM_FRAME: usize = 1115;
/// Octets of a frame of the backup transmitter: one beacon.
pub const BEACON_FRAME: usize = 64;
/// Octets before the data field.
pub const HEAD: usize = 6;
/// Octets after it: operational control and error control.
pub const TAIL: usize = 6;
/// Octets of packets in a frame of the backup transmitter.
pub const BEACON_DATA: usize = BEACON_FRAME - HEAD - TAIL;
/// Attached sync marker, before each frame of a stream.
pub const ASM: [u8; 4] = [0x1A, 0xCF, 0xFC, 0x1D];
/// Spacecraft identifier of the main transmitter. Assumed.
pub const SCID: u16 = 0x5D;
/// Spacecraft identifier of the backup transmitter. Assumed.
pub const SCID_BACKUP: u16 = SCID + 1;
/// First header pointer: no packet begins in this frame.
pub const NO_START: u16 = 0x7FF;
/// First header pointer: nothing but idle data.
pub const ONLY_IDLE: u16 = 0x7FE;
/// Application process identifier of idle packets.
pub const IDLE_APID: u16 = 0x7FF;
/// Octets of the shortest packet.
const PACKET_MIN: usize = 7;
/// What idle data is filled with; any pattern will do.
const FILL: u8 = 0x55;

/// Virtual channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Channel {
    /// As it happens.
    RealTime = 0,
    /// Stored, and sent again.
    Stored = 1,
    /// Nothing to say.
    Idle = 7,
}

/// One virtual channel's frame under construction.
#[derive(Clone, Debug)]
struct Open<const OCTETS: usize> {
    /// Frames closed so far, modulo 256.
    count: u8,
    /// Data field so far; [`HEAD`] octets before it are left for the header.
    frame: [u8; OCTETS],
    /// Where the next octet goes.
    at: usize,
    /// Where the first packet begins, from the start of the data field.
    first: Option<usize>,
    /// Rest of a packet that did not fit, and how much of it counts.
    rest: [u8; PACKET_MAX],
    left: usize,
}

/// Puts packets into frames of `OCTETS` octets.
#[derive(Clone, Debug)]
pub struct FrameWriter<const OCTETS: usize> {
    scid: u16,
    master: u8,
    idle: u8,
    real_time: Open<OCTETS>,
    stored: Open<OCTETS>,
}

impl<const OCTETS: usize> Open<OCTETS> {
    const END: usize = OCTETS - TAIL;
    const NEW: Self = Self {
        count: 0,
        frame: [0; OCTETS],
        at: HEAD,
        first: None,
        rest: [0; PACKET_MAX],
        left: 0,
    };

    fn room(&self) -> usize {
        Self::END.saturating_sub(self.at)
    }

    fn push(&mut self, packet: &[u8]) -> bool {
        let room = self.room();
        if room == 0 || packet.len() > PACKET_MAX || packet.is_empty() {
            return false;
        }
        if self.first.is_none() {
            self.first = Some(self.at - HEAD);
        }
        let (now, later) = packet.split_at_checked(room).unwrap_or((packet, &[]));
        self.append(now);
        self.left = later.len();
        copy(&mut self.rest, later);
        true
    }

    fn append(&mut self, octets: &[u8]) {
        if let Some(open) = self.frame.get_mut(self.at..Self::END) {
            self.at += copy(open, octets);
        }
    }

    /// Fills what is open with an idle packet; one that would be too short reaches into the next frame.
    fn fill(&mut self) {
        let room = self.room();
        if room == 0 {
            return;
        }
        let mut idle = [FILL; OCTETS];
        let length = room.max(PACKET_MIN);
        let claimed = u16::try_from(length - PACKET_MIN).unwrap_or(0).to_be_bytes();
        let [a, b] = IDLE_APID.to_be_bytes();
        copy(&mut idle, &[a, b, 0xC0, 0, claimed[0], claimed[1]]);
        self.first = self.first.or(Some(self.at - HEAD));
        let whole = idle.get(..length).unwrap_or(&idle);
        let (now, later) = whole.split_at_checked(room).unwrap_or((whole, &[]));
        self.append(now);
        self.left = later.len();
        copy(&mut self.rest, later);
    }

    /// The next frame, begun with what is left of the last packet.
    fn next(&mut self) {
        self.count = self.count.wrapping_add(1);
        (self.at, self.first) = (HEAD, None);
        let (rest, left) = (self.rest, self.left.min(PACKET_MAX));
        let rest = rest.get(..left).unwrap_or(&[]);
        let (now, later) = rest.split_at_checked(self.room()).unwrap_or((rest, &[]));
        self.append(now);
        self.left = later.len();
        copy(&mut self.rest, later);
    }
}

impl<const OCTETS: usize> FrameWriter<OCTETS> {
    /// Octets of packets in one frame.
    pub const DATA: usize = OCTETS - HEAD - TAIL;

    /// Before the first frame of a spacecraft identifier.
    pub const fn new(scid: u16) -> Self {
        Self { scid: scid & 0x3FF, master: 0, idle: 0, real_time: Open::NEW, stored: Open::NEW }
    }

    fn open(&mut self, channel: Channel) -> &mut Open<OCTETS> {
        if channel == Channel::Stored { &mut self.stored } else { &mut self.real_time }
    }

    /// Octets that the channel's open frame still takes.
    pub fn room(&self, channel: Channel) -> usize {
        if channel == Channel::Stored { self.stored.room() } else { self.real_time.room() }
    }

    /// Whether the channel's open frame holds anything.
    pub fn begun(&self, channel: Channel) -> bool {
        let open = if channel == Channel::Stored { &self.stored } else { &self.real_time };
        open.at > HEAD
    }

    /// Adds a packet to the channel's open frame; what does not fit begins the channel's next one.
    ///
    /// `false` when the frame is full, then [`Self::take`] it first; or when the packet is longer than
    /// [`PACKET_MAX`] or empty. What is not stored counts as real time.
    pub fn push(&mut self, channel: Channel, packet: &[u8]) -> bool {
        self.open(channel).push(packet)
    }

    /// Closes the channel's frame into `out`, filling it up. The idle channel gives a frame of idle data.
    pub fn take(&mut self, channel: Channel, clcw: Clcw, out: &mut [u8; OCTETS]) {
        let (scid, master) = (self.scid, self.master);
        self.master = self.master.wrapping_add(1);
        if channel == Channel::Idle {
            *out = [FILL; OCTETS];
            close(out, scid, channel, (master, self.idle), ONLY_IDLE, clcw);
            self.idle = self.idle.wrapping_add(1);
            return;
        }
        let open = self.open(channel);
        open.fill();
        *out = open.frame;
        let first = open.first.and_then(|at| u16::try_from(at).ok()).unwrap_or(NO_START);
        close(out, scid, channel, (master, open.count), first, clcw);
        open.next();
    }
}

/// Header, control field and checksum round the data.
fn close<const OCTETS: usize>(
    out: &mut [u8; OCTETS],
    scid: u16,
    channel: Channel,
    (master, count): (u8, u8),
    first: u16,
    clcw: Clcw,
) {
    // Version 0; operational control field present.
    let [a, b] = (((scid & 0x3FF) << 4) | (u16::from(channel as u8 & 7) << 1) | 1).to_be_bytes();
    // No secondary header, octets in order of packets, segment length 3 as it must be.
    let [c, d] = ((3 << 11) | (first & 0x7FF)).to_be_bytes();
    copy(out, &[a, b, master, count, c, d]);
    let [.., o0, o1, o2, o3, _, _] = out.as_mut_slice() else { return };
    [*o0, *o1, *o2, *o3] = clcw.encode();
    let Some((body, checksum)) = out.split_last_chunk_mut::<2>() else { return };
    *checksum = crc16(body).to_be_bytes();
}

/// Copies as much as both hold; returns how much.
fn copy(to: &mut [u8], from: &[u8]) -> usize {
    let octets = to.len().min(from.len());
    for (slot, octet) in to.iter_mut().zip(from) {
        *slot = *octet;
    }
    octets
}

/// One frame as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Spacecraft identifier.
    pub scid: u16,
    /// Virtual channel, 0 to 7.
    pub channel: u8,
    /// Counts the spacecraft's frames, modulo 256.
    pub master_count: u8,
    /// Counts the channel's frames, modulo 256.
    pub channel_count: u8,
    /// Where the first packet begins in `data`; also [`NO_START`], [`ONLY_IDLE`].
    pub first_header: u16,
    /// Packets, or parts of them.
    pub data: &'a [u8],
    /// What the receiver of commands reports.
    pub clcw: Option<Clcw>,
}

/// Why octets are not a telemetry frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// Too short for header and checksum.
    Short,
    /// The checksum is wrong.
    Checksum,
    /// Not version 1 (coded 0), or of a shape that is never sent here.
    Foreign,
}

impl<'a> Frame<'a> {
    /// Reads a whole frame, without its sync marker.
    pub fn read(octets: &'a [u8]) -> Result<Self, BadFrame> {
        let (head, rest) = octets.split_first_chunk::<HEAD>().ok_or(BadFrame::Short)?;
        let (rest, _) = rest.split_last_chunk::<2>().ok_or(BadFrame::Short)?;
        if crc16(octets) != 0 {
            return Err(BadFrame::Checksum);
        }
        let [a, b, master_count, channel_count, c, d] = *head;
        let (identifier, status) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        // Version, then: secondary header, unsynchronised data.
        if identifier >> 14 != 0 || status & 0xC000 != 0 {
            return Err(BadFrame::Foreign);
        }
        let (data, clcw) = match identifier & 1 {
            1 => {
                let (data, field) = rest.split_last_chunk::<4>().ok_or(BadFrame::Short)?;
                (data, Clcw::decode(*field))
            }
            _ => (rest, None),
        };
        let [_, channel] = ((identifier >> 1) & 7).to_be_bytes();
        Ok(Self {
            scid: (identifier >> 4) & 0x3FF,
            channel,
            master_count,
            channel_count,
            first_header: status & 0x7FF,
            data,
            clcw,
        })
    }

    /// Octets of a frame of this spacecraft; `None` for another's.
    pub const fn octets_of(scid: u16) -> Option<usize> {
        match scid {
            SCID => Some(TM_FRAME),
            SCID_BACKUP => Some(BEACON_FRAME),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
