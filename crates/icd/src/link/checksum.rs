//! Checksums: CRC-16 of packets and frames, CRC-32 of what stations deliver.
//!
//! As published: [CCSDS132] §4.1.6, [ECSS41] annex B: x¹⁶ + x¹² + x⁵ + 1, all ones at first; over data and their
//! checksum the result is zero. CRC-32: [V42] §8.1.1.6.2, reflected, all ones at first, inverted in the end.
//! As programmed: a table of the 256 octets, made by the compiler.

const TABLE_16: [u16; 256] = table_16();
const TABLE_32: [u32; 256] = table_32();

#[allow(clippy::cast_possible_truncation)] // below 256
const fn table_16() -> [u16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut rest = (octet as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 0x8000 == 0 { rest << 1 } else { (rest << 1) ^ 0x1021 };
            bit += 1;
        }
        table[octet] = rest;
        octet += 1;
    }
    table
}

#[allow(clippy::cast_possible_truncation)] // below 256
const fn table_32() -> [u32; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut rest = octet as u32;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 0 { rest >> 1 } else { (rest >> 1) ^ 0xEDB8_8320 };
            bit += 1;
        }
        table[octet] = rest;
        octet += 1;
    }
    table
}

/// CRC-16 of the octets; zero when their last two are the checksum of those before.
pub fn crc16(octets: &[u8]) -> u16 {
    octets.iter().fold(0xFFFF, |rest: u16, octet| {
        let [high, low] = rest.to_be_bytes();
        (u16::from(low) << 8) ^ TABLE_16[usize::from(high ^ octet)]
    })
}

/// CRC-32 of the octets.
pub fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0, |rest: u32, octet| {
        let [.., low] = rest.to_be_bytes();
        (rest >> 8) ^ TABLE_32[usize::from(low ^ octet)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_are_the_published_ones() {
        // The four of [ECSS41] annex B; 29B1 and CBF43926 are the catalogued check values of both.
        assert_eq!(crc16(b"123456789"), 0x29B1);
        assert_eq!(crc16(&[0x00, 0x00]), 0x1D0F);
        assert_eq!(crc16(&[0x00, 0x00, 0x00]), 0xCC9C);
        assert_eq!(crc16(&[0xAB, 0xCD, 0xEF, 0x01]), 0x04A2);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc16(&[0x14, 0x56, 0xF8, 0x9A, 0x00, 0x01]), 0x7FD5);
        assert_eq!(crc16(&[0xAB, 0xCD, 0xEF, 0x01, 0x04, 0xA2]), 0);
    }
}
