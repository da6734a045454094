//! Telecommand transfer frames, the secured ones among them.
//!
//! Owns: [`seal`] and [`directive`] (packet or directive in, frame out), [`TcFrame`] (frame in, what it holds out).
//! Does not own: coding for the radio (`cltu`), acceptance (`cop`), the code itself (`security`).
//! As published: [CCSDS232] §4.1, [CCSDS355]. As programmed: no segment header; frames of types AD and BD
//! carry a security header (index of the parameters, 2 octets; sequence number, 4) before the packet and the
//! authentication code after it. The code covers header, security header and packet, with the frame's
//! number set to zero: the sender may number a frame anew when it repeats it. Directives (type BC) are not
//! secured, as [CCSDS355] has it: a forged one can disturb the numbering of frames and nothing else; it is no sign of
//! the ground either.

use super::checksum::crc16;
use super::cop::CHANNEL;
use super::frame::SCID;
use super::packet::put;
use super::security::{Key, MAC_OCTETS, mac, matches};
use crate::bus::UPLINK_MAX;
use crate::tc::Refusal;

/// Octets of the primary header.
const HEAD: usize = 5;
/// Octets of the security header.
const SECURITY: usize = 6;
/// Octets of a frame at the most.
pub const TC_FRAME_MAX: usize = HEAD + SECURITY + UPLINK_MAX + MAC_OCTETS + 2;
/// Index of the security parameters in use. Assumed.
pub const SPI: u16 = 1;

/// What kind of frame it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A packet, accepted in sequence alone: type AD.
    Sequenced,
    /// A packet, accepted at once: type BD.
    Bypass,
    /// A directive to the acceptance mechanism: type BC.
    Control,
}

/// A directive to the acceptance mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// End the lockout.
    Unlock,
    /// Expect this number next.
    SetExpected(u8),
}

/// A frame with a good checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcFrame<'a> {
    /// What kind it is.
    pub content: Content,
    /// Its number, N(S); zero where it does not count.
    pub number: u8,
    /// Everything between header and checksum.
    pub data: &'a [u8],
    head: [u8; HEAD],
}

fn head(content: Content, number: u8, octets: usize) -> Option<[u8; HEAD]> {
    let flags: u16 = match content {
        Content::Sequenced => 0,
        Content::Bypass => 0x2000,
        Content::Control => 0x3000,
    };
    let length = u16::try_from(octets.checked_sub(1)?).ok().filter(|length| *length < 1024)?;
    let [a, b] = (flags | SCID).to_be_bytes();
    let [c, d] = ((u16::from(CHANNEL) << 10) | length).to_be_bytes();
    Some([a, b, c, d, number])
}

/// The header with everything that the authentication code does not cover set to zero.
const fn masked([a, b, c, d, _]: [u8; HEAD]) -> [u8; HEAD] {
    [a, b, c, d, 0]
}

/// Writes a secured frame with one packet. Returns its octets; `None` when the packet is longer than
/// [`UPLINK_MAX`] or the content is a directive.
///
/// - `sequence`: security sequence number, larger than any used before with this key.
/// - `number`: of the frame, N(S); of a frame that bypasses the sequence it is zero.
pub fn seal(
    key: &Key,
    sequence: u32,
    content: Content,
    number: u8,
    packet: &[u8],
    out: &mut [u8; TC_FRAME_MAX],
) -> Option<usize> {
    if content == Content::Control || packet.len() > UPLINK_MAX {
        return None;
    }
    let octets = HEAD + SECURITY + packet.len() + MAC_OCTETS + 2;
    let head = head(content, number, octets)?;
    let mut at = put(out, 0, &head)?;
    at = put(out, at, &SPI.to_be_bytes())?;
    at = put(out, at, &sequence.to_be_bytes())?;
    at = put(out, at, packet)?;
    let code = mac(key, &[&masked(head), out.get(HEAD..at)?]);
    at = put(out, at, &code)?;
    let checksum = crc16(out.get(..at)?);
    put(out, at, &checksum.to_be_bytes())
}

/// Gives a secured frame another number, N(S), as the sender does when it repeats it.
pub fn renumber(frame: &mut [u8], number: u8) {
    if let Some(slot) = frame.get_mut(HEAD - 1) {
        *slot = number;
    }
    if let Some((body, checksum)) = frame.split_last_chunk_mut::<2>() {
        *checksum = crc16(body).to_be_bytes();
    }
}

/// Writes a frame with a directive. Returns its octets.
pub fn directive(directive: Directive, out: &mut [u8; TC_FRAME_MAX]) -> usize {
    let write = |data: &[u8], out: &mut [u8]| {
        let head = head(Content::Control, 0, HEAD + data.len() + 2)?;
        let at = put(out, 0, &head)?;
        let at = put(out, at, data)?;
        let checksum = crc16(out.get(..at)?);
        put(out, at, &checksum.to_be_bytes())
    };
    match directive {
        Directive::Unlock => write(&[0], out),
        Directive::SetExpected(number) => write(&[0x82, 0, number], out),
    }
    .unwrap_or(0)
}

impl<'a> TcFrame<'a> {
    /// Reads the frame at the start of `octets`; what follows it is fill.
    pub fn read(octets: &'a [u8]) -> Result<Self, Refusal> {
        let (head, _) = octets.split_first_chunk::<HEAD>().ok_or(Refusal::BrokenFrame)?;
        let [a, b, c, d, number] = *head;
        let (first, second) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let whole = octets.get(..usize::from(second & 0x3FF) + 1).ok_or(Refusal::BrokenFrame)?;
        let (body, _) = whole.split_last_chunk::<2>().ok_or(Refusal::BrokenFrame)?;
        let data = body.get(HEAD..).ok_or(Refusal::BrokenFrame)?;
        if crc16(whole) != 0 {
            return Err(Refusal::FrameChecksum);
        }
        let content = match first >> 10 {
            0b00_00_00 => Content::Sequenced,
            0b00_10_00 => Content::Bypass,
            0b00_11_00 => Content::Control,
            _ => return Err(Refusal::BrokenFrame),
        };
        if first & 0x3FF != SCID || second >> 10 != u16::from(CHANNEL) {
            return Err(Refusal::ForeignSpacecraft);
        }
        Ok(Self { content, number, data, head: *head })
    }

    /// The packet of a secured frame and its security sequence number, if its code is right.
    ///
    /// Nothing is remembered: whoever accepts the frame must then take the number.
    pub fn open(&self, key: &Key) -> Result<(u32, &'a [u8]), Refusal> {
        if self.content == Content::Control {
            return Err(Refusal::BrokenFrame);
        }
        let split = self.data.split_last_chunk::<MAC_OCTETS>();
        let (covered, code) = split.ok_or(Refusal::BrokenFrame)?;
        let (security, packet) =
            covered.split_first_chunk::<SECURITY>().ok_or(Refusal::BrokenFrame)?;
        let [a, b, sequence @ ..] = *security;
        if u16::from_be_bytes([a, b]) != SPI || !matches(key, &[&masked(self.head), covered], code)
        {
            return Err(Refusal::Forged);
        }
        Ok((u32::from_be_bytes(sequence), packet))
    }
}

#[cfg(test)]
mod tests;
