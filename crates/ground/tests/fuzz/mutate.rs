//! Broken inputs from good ones, the same in every run.
//!
//! Owns: [`fuzz`], which runs one decoder on many inputs and prints the input on which it panics.
//! A checksum would stop nearly every broken input at the door, so each target says how to put checksum and length
//! right again, and half of the inputs are. Some must get through and some must not: else nothing was tried.
//! How many inputs: FRIGORIS_FUZZ_INPUTS, 100,000 by default.

/// Inputs for each decoder by default.
const INPUTS: u64 = 100_000;
/// No input grows beyond this.
const LONGEST: usize = 6_000;

/// A shift register of 64 bits.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    /// A number below `limit`; 0 for none.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }
}

/// The input that is being tried, printed if the decoder panics on it.
struct Tried<'a> {
    name: &'a str,
    octets: Vec<u8>,
}

impl Drop for Tried<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let hex: String = self.octets.iter().map(|octet| format!("{octet:02x}")).collect();
            eprintln!("{}: panics on {hex}", self.name);
        }
    }
}

/// Runs `decode` on inputs made from `good`; it says whether it took the input.
pub fn fuzz(
    name: &str,
    good: &[Vec<u8>],
    repair: impl Fn(&mut [u8]),
    mut decode: impl FnMut(&[u8]) -> bool,
) {
    let inputs = std::env::var("FRIGORIS_FUZZ_INPUTS").map_or(INPUTS, |n| n.parse().unwrap());
    let mut random = Random::new(seed(name));
    let mut tried = Tried { name, octets: Vec::new() };
    let mut taken = 0u64;
    for octets in good {
        tried.octets.clone_from(octets);
        assert!(decode(&tried.octets), "{name}: does not take a good input");
    }
    for _ in 0..inputs {
        tried.octets.clone_from(&good[random.below(good.len())]);
        for _ in 0..=random.below(3) {
            mutate(&mut random, good, &mut tried.octets);
        }
        tried.octets.truncate(LONGEST);
        if random.below(2) == 0 {
            repair(&mut tried.octets);
        }
        taken += u64::from(decode(&tried.octets));
    }
    println!("{name}: {inputs} inputs, {taken} of them taken, no panic");
    assert!(taken > 0 && taken < inputs, "{name}: {taken} of {inputs} taken");
}

/// A number of the name's own.
fn seed(name: &str) -> u64 {
    name.bytes().fold(1469, |sum: u64, octet| sum.wrapping_mul(31).wrapping_add(u64::from(octet)))
}

/// One change of one kind.
fn mutate(random: &mut Random, good: &[Vec<u8>], octets: &mut Vec<u8>) {
    let length = octets.len();
    let at = random.below(length);
    let count = 1 + random.below(8).min(length.saturating_sub(at + 1));
    match random.below(9) {
        _ if octets.is_empty() => octets.extend(&good[random.below(good.len())]),
        0..=2 => octets[at] ^= 1 << random.below(8),
        3 => octets[at] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF][random.below(6)],
        4 => octets[at] = random.next() as u8,
        5 => octets.truncate(at),
        6 => {
            octets.drain(at..at + count);
        }
        7 => {
            let part: Vec<u8> = octets[at..at + count].to_vec();
            octets.splice(at..at, part);
        }
        _ => {
            let other = &good[random.below(good.len())];
            octets.truncate(at);
            octets.extend(other.get(random.below(other.len())..).unwrap_or_default());
        }
    }
}
