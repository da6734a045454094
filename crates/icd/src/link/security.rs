//! Who may command: an authentication code over every frame that carries an order, and a number used once.
//!
//! Owns: the code ([`mac`], [`matches`]), the sequence ([`Sequence`]).
//! Does not own: where they stand in a frame (`command_frame`), how the key comes on board (it is loaded before
//! the flight), encryption: commands are no secret.
//! As published: HMAC-SHA-256 [RFC2104], [FIPS180], the first 128 bits of it; anti-replay by a number that
//! must grow [CCSDS355].

use crate::tc::Refusal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Octets of the authentication code.
pub const MAC_OCTETS: usize = 16;
/// Octets of a key.
pub const KEY_OCTETS: usize = 32;
/// How far ahead of the last one a sequence number may be.
pub const WINDOW: u32 = 65_536;

/// The secret that ground and lander share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(pub [u8; KEY_OCTETS]);

/// Does not show the key.
impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Key")
    }
}

fn hmac(key: &Key, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    for (slot, octet) in block.iter_mut().zip(key.0) {
        *slot = octet;
    }
    // A key of one block, zeros at its end, is the same key.
    let mut hmac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    parts.iter().for_each(|part| hmac.update(part));
    hmac
}

/// The authentication code of the parts, one after the other.
pub fn mac(key: &Key, parts: &[&[u8]]) -> [u8; MAC_OCTETS] {
    let whole: [u8; 32] = hmac(key, parts).finalize().into_bytes().into();
    let mut mac = [0; MAC_OCTETS];
    for (slot, octet) in mac.iter_mut().zip(whole) {
        *slot = octet;
    }
    mac
}

/// Whether a code is that of the parts; takes as long whatever is wrong with it.
pub fn matches(key: &Key, parts: &[&[u8]], code: &[u8; MAC_OCTETS]) -> bool {
    hmac(key, parts).verify_truncated_left(code).is_ok()
}

/// Sequence numbers that were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    last: u32,
}

impl Sequence {
    /// Nothing up to `last` may be used again.
    pub const fn after(last: u32) -> Self {
        Self { last }
    }
    /// The last number used.
    pub const fn last(self) -> u32 {
        self.last
    }
    /// Uses a number; refuses what was used or passed over, and what is more than [`WINDOW`] ahead.
    pub fn take(&mut self, number: u32) -> Result<(), Refusal> {
        match number.checked_sub(self.last) {
            Some(1..=WINDOW) => {
                self.last = number;
                Ok(())
            }
            _ => Err(Refusal::Replayed),
        }
    }
}
