//! Files that are damaged in any way are read or refused, without a panic and without much memory.

use super::labels::Made;
use super::*;
use proptest::prelude::*;

fn valid(tiled: bool, deflate: bool) -> Vec<u8> {
    let made = GeoTiff {
        tile: tiled.then_some(16),
        deflate,
        no_data: Some(-9999.0),
        scale: Some(0.5),
        ..GeoTiff::new(20, 24, mare(0.01))
    };
    made.bytes(waves)
}

/// Overwrites bytes, or cuts the file.
fn mutate(bytes: &mut Vec<u8>, changes: &[(usize, u8)], cut: Option<usize>) {
    let n = bytes.len();
    for &(at, value) in changes {
        bytes[at % n] = value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut % n);
    }
}

/// Looks at what could be opened.
fn look(path: &std::path::Path) {
    match Tile::read(path) {
        Ok(tile) => {
            for k in 0..20 {
                let k = f64::from(k);
                let (a, b) = ((61.0 - k * 0.01).to_radians(), (-5.0 + k * 0.01).to_radians());
                let _ = (tile.elevation_m(a, b), tile.ceiling_m(a, b, k * 1e-4));
            }
        }
        Err(reason) => {
            let text = reason.to_string();
            assert!(text.contains(env!("CARGO_TARGET_TMPDIR")), "{text}");
        }
    }
}

/// Places that mean most: the header and the directory, which is at the end.
fn places() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..8, (0_usize..400).prop_map(|k| usize::MAX / 2 - k), any::<usize>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn a_mutated_geotiff_is_read_or_refused(
        changes in prop::collection::vec((places(), any::<u8>()), 0..6),
        from_end in prop::collection::vec((0_usize..420, any::<u8>()), 0..4),
        cut in prop::option::weighted(0.2, any::<usize>()),
        tiled in any::<bool>(),
        deflate in any::<bool>(),
    ) {
        let mut bytes = valid(tiled, deflate);
        let n = bytes.len();
        mutate(&mut bytes, &changes, None);
        for (back, value) in from_end {
            bytes[n - 1 - back % n] = value;
        }
        mutate(&mut bytes, &[], cut);
        look(&scratch("mutated.tif", &bytes));
    }

    #[test]
    fn a_mutated_label_is_read_or_refused(
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        digits in prop::collection::vec((any::<usize>(), b'0'..=b'9'), 0..3),
        cut in prop::option::weighted(0.2, any::<usize>()),
        image in 0_usize..4000,
    ) {
        let made = Made::ldem()
            .with("LINES", "24")
            .with("LINE_SAMPLES", "20")
            .with("LINE_PROJECTION_OFFSET", "243.5")
            .with("MAXIMUM_LATITUDE", "61.0")
            .with("MINIMUM_LATITUDE", "55.0");
        let mut text = made.text("RECORD_BYTES = 1200\r\n^IMAGE = (\"MUTATED-IMAGE.IMG\", 2)").into_bytes();
        mutate(&mut text, &changes, cut);
        // Digits for digits: sizes, offsets and scales of any kind.
        let places: Vec<usize> = (0..text.len()).filter(|&k| text[k].is_ascii_digit()).collect();
        for (k, digit) in digits.into_iter().filter(|_| !places.is_empty()) {
            text[places[k % places.len()]] = digit;
        }
        scratch("mutated-image.img", &vec![1; image]);
        look(&scratch("mutated-image.lbl", &text));
    }
}

#[test]
fn sizes_that_no_memory_holds_are_refused() {
    // 4 billion columns and rows; then tiles and strips of as many.
    for (tiled, tags) in [
        (false, &[256_u16, 257][..]),
        (true, &[256, 257][..]),
        (true, &[322, 323][..]),
        (false, &[256][..]),
        (false, &[278][..]),
    ] {
        let mut bytes = valid(tiled, false);
        let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let entries = u16::from_le_bytes(bytes[directory..directory + 2].try_into().unwrap());
        for entry in 0..usize::from(entries) {
            let at = directory + 2 + 12 * entry;
            if tags.contains(&u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())) {
                bytes[at + 8..at + 12].copy_from_slice(&u32::MAX.to_le_bytes());
            }
        }
        // A strip of more rows than there are is the whole grid.
        match Tile::read(&scratch("vast.tif", &bytes)) {
            Ok(_) => assert_eq!(tags, &[278]),
            Err(reason) => assert!(reason.to_string().contains("vast.tif"), "{tags:?}: {reason}"),
        }
    }
}
