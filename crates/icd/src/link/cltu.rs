//! Command link transmission units: a telecommand frame as it is radiated.
//!
//! Owns: start sequence, codeblocks with their single error correction, tail sequence.
//! Does not own: the randomizer, modulation, errors on the way (`truth::radio`).
//! As published: [CCSDS231]: BCH (63, 56), g(x) = x⁷ + x⁶ + x² + 1, the seven parity bits inverted, a
//! fill bit of zero after them; start EB90; tail C5C5C5C5C5C5C579, which no codeblock is.
//! As programmed: decoding ends at the first block that is wrong in more than one bit, be it the tail or not.
//! Held against the codeblocks of [YamcsBch5].

use super::command_frame::TC_FRAME_MAX;

/// Start sequence.
pub const START: [u8; 2] = [0xEB, 0x90];
/// Tail sequence.
pub const TAIL: [u8; 8] = [0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0xC5, 0x79];
/// Octets of a frame in one codeblock.
const INFORMATION: usize = 7;
/// Octets of one codeblock.
const BLOCK: usize = 8;
/// Codeblocks at the most.
const BLOCKS_MAX: usize = TC_FRAME_MAX.div_ceil(INFORMATION);
/// Octets of a unit at the most.
pub const CLTU_MAX: usize = START.len() + BLOCKS_MAX * BLOCK + TAIL.len();
/// Octets decoded from one at the most: the frame and its fill.
pub const DECODED_MAX: usize = BLOCKS_MAX * INFORMATION;
/// What fills the last codeblock.
const FILL: u8 = 0x55;
/// g(x) without its leading term.
const POLYNOMIAL: u8 = 0x45;

/// x · p modulo g, of a remainder of seven bits.
const fn shift(p: u8) -> u8 {
    let shifted = (p << 1) & 0x7F;
    if p & 0x40 == 0 { shifted } else { shifted ^ POLYNOMIAL }
}

/// x⁷ · p modulo g: the remainder, before inversion, that belongs to the information bits.
fn remainder(information: &[u8; INFORMATION]) -> u8 {
    information.iter().fold(0, |rest: u8, octet| {
        (0..8).rev().fold(rest, |rest, bit| {
            // The bit enters at x⁷: as if it had been added to the leading term.
            shift(rest ^ (((octet >> bit) & 1) << 6))
        })
    })
}

/// The parity octet of seven information octets.
pub fn parity(information: &[u8; INFORMATION]) -> u8 {
    (!remainder(information) & 0x7F) << 1
}

/// Corrects one wrong bit; `None` when more than one is wrong. Returns whether one was.
fn correct(information: &mut [u8; INFORMATION], parity: u8) -> Option<bool> {
    let syndrome = remainder(information) ^ (!(parity >> 1) & 0x7F);
    if syndrome == 0 {
        return Some(false);
    }
    if syndrome.is_power_of_two() {
        return Some(true); // a parity bit
    }
    // What one wrong bit would leave, from the last information bit to the first.
    let mut wrong = POLYNOMIAL;
    for octet in information.iter_mut().rev() {
        for bit in 0..8 {
            if wrong == syndrome {
                *octet ^= 1 << bit;
                return Some(true);
            }
            wrong = shift(wrong);
        }
    }
    None
}

/// Writes the unit of a frame. Returns its octets; 0 when the frame is longer than [`TC_FRAME_MAX`].
pub fn encode(frame: &[u8], out: &mut [u8; CLTU_MAX]) -> usize {
    if frame.len() > TC_FRAME_MAX {
        return 0;
    }
    let blocks = frame.chunks(INFORMATION).flat_map(|chunk| {
        let mut information = [FILL; INFORMATION];
        for (slot, octet) in information.iter_mut().zip(chunk) {
            *slot = *octet;
        }
        information.into_iter().chain([parity(&information)])
    });
    let mut octets = 0;
    for (slot, octet) in out.iter_mut().zip(START.into_iter().chain(blocks).chain(TAIL)) {
        *slot = octet;
        octets += 1;
    }
    octets
}

/// What a unit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    octets: [u8; DECODED_MAX],
    count: usize,
    /// Codeblocks in which one bit was wrong.
    pub corrected: u16,
}

impl Decoded {
    /// The frame, followed by fill.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.count).unwrap_or(&[])
    }
}

/// Reads a unit that begins at the start of `octets`; `None` without a start sequence, of which one bit may be
/// wrong.
pub fn decode(octets: &[u8]) -> Option<Decoded> {
    let (start, rest) = octets.split_first_chunk::<2>()?;
    if (u16::from_be_bytes(*start) ^ u16::from_be_bytes(START)).count_ones() > 1 {
        return None;
    }
    let mut decoded = Decoded { octets: [0; DECODED_MAX], count: 0, corrected: 0 };
    let blocks = rest.chunks_exact(BLOCK).zip(decoded.octets.chunks_exact_mut(INFORMATION));
    for (block, slots) in blocks {
        let Some((information, [parity])) = block.split_first_chunk::<INFORMATION>() else { break };
        let mut information = *information;
        let Some(corrected) = correct(&mut information, *parity) else { break };
        decoded.corrected += u16::from(corrected);
        for (slot, octet) in slots.iter_mut().zip(information) {
            *slot = octet;
        }
        decoded.count += INFORMATION;
    }
    Some(decoded)
}

#[cfg(test)]
mod tests;
