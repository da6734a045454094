//! Numbers from places: the same cell always yields the same craters, and nothing is stored.
//!
//! As published, [Steele2014], the finaliser of SplitMix64; as programmed, the same.

/// A well-mixed 64-bit number from any 64-bit number.
pub(super) fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_outputs_of_splitmix64_are_the_published_ones() {
        // The reference implementation seeded with 1234567: the stream adds the increment each
        // time.
        let increment = 0x9e37_79b9_7f4a_7c15_u64;
        let stream: Vec<u64> = (0..3_u64)
            .map(|k| super::mix(1_234_567_u64.wrapping_add(increment.wrapping_mul(k))))
            .collect();
        assert_eq!(
            stream,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
