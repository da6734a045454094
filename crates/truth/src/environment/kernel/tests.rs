//! A kernel written here, from the built-in series, must give back what is built in; whatever is wrong
//! with a kernel must be said and never panic.

use super::super::chebyshev::{self, HEADER_BYTES, Segment};
use super::super::terrain::TerrainConfig;
use super::super::{Environment, ephemeris, orientation};
use super::*;
use icd::constants::EARTH_MOON_MASS_RATIO;
use proptest::prelude::*;
use std::sync::OnceLock;

/// A run of an hour around the planned landing of M2.
fn need() -> Need {
    let middle = Time::from_utc("2025-06-05T19:17:00").unwrap();
    Need { from: middle - Span::from_s(1800.0), to: middle + Span::from_s(1800.0) }
}

/// One array to write: its integers before the type, and its records.
struct Written<'a> {
    ids: &'a [i32],
    data_type: i32,
    segment: &'a Segment,
}

/// The part of a built-in segment around the run: 12 intervals.
fn around(segment: &Segment, scale: f64) -> Segment {
    let first = ((need().from.tdb_s() - segment.start_s) / segment.interval_s) as usize - 6;
    let size = 3 * segment.count;
    let kept = &segment.coefficients[first * size..(first + 12) * size];
    Segment {
        start_s: segment.start_s + first as f64 * segment.interval_s,
        coefficients: kept.iter().map(|c| c * scale).collect(),
        ..*segment
    }
}

/// A DAF file of type-2 or type-3 arrays; `per_record` summaries in each summary record.
fn daf(word: &[u8; 8], integers: i32, arrays: &[Written<'_>], per_record: usize) -> Vec<u8> {
    let blocks = arrays.chunks(per_record).count();
    let mut file = vec![0; 1024 * (1 + 2 * blocks)];
    file[..8].copy_from_slice(word);
    file[8..12].copy_from_slice(&2_i32.to_le_bytes());
    file[12..16].copy_from_slice(&integers.to_le_bytes());
    file[76..80].copy_from_slice(&2_i32.to_le_bytes());
    file[80..84].copy_from_slice(&(2 * blocks as i32).to_le_bytes());
    file[88..96].copy_from_slice(b"LTL-IEEE");
    for (block, arrays) in arrays.chunks(per_record).enumerate() {
        let start = 1024 * (1 + 2 * block);
        let next = if block + 1 < blocks { 2 * (block + 1) + 2 } else { 0 };
        let header = [next as f64, (2 * block) as f64, arrays.len() as f64];
        for (k, number) in header.iter().enumerate() {
            file[start + 8 * k..start + 8 * k + 8].copy_from_slice(&number.to_le_bytes());
        }
        for (place, array) in arrays.iter().enumerate() {
            let summary = summary_of(array, &mut file);
            let at = start + 24 + 40 * place;
            file[at..at + summary.len()].copy_from_slice(&summary);
        }
    }
    file.resize(file.len().next_multiple_of(1024), 0);
    file
}

/// Appends an array to the file and returns its summary.
fn summary_of(array: &Written<'_>, file: &mut Vec<u8>) -> Vec<u8> {
    let segment = array.segment;
    let (size, first) = (3 * segment.count, file.len() / 8 + 1);
    let records = segment.coefficients.len() / size;
    let rates = if array.data_type == 3 { size } else { 0 };
    for (k, coefficients) in segment.coefficients.chunks(size).enumerate() {
        let middle_s = segment.start_s + (k as f64 + 0.5) * segment.interval_s;
        let mut numbers = vec![middle_s, 0.5 * segment.interval_s];
        numbers.extend(coefficients);
        numbers.resize(2 + size + rates, 0.0);
        numbers.iter().for_each(|number| file.extend(number.to_le_bytes()));
    }
    let directory =
        [segment.start_s, segment.interval_s, (2 + size + rates) as f64, records as f64];
    directory.iter().for_each(|number| file.extend(number.to_le_bytes()));
    let end_s = segment.start_s + records as f64 * segment.interval_s;
    let mut summary = Vec::new();
    summary.extend(segment.start_s.to_le_bytes());
    summary.extend(end_s.to_le_bytes());
    let mut integers = array.ids.to_vec();
    integers.extend([array.data_type, first as i32, (file.len() / 8) as i32]);
    integers.iter().for_each(|number| summary.extend(number.to_le_bytes()));
    summary
}

/// The built-in series around the run: Moon from EMB, EMB and Sun from the solar system's barycentre.
fn built_in() -> [Segment; 3] {
    let (moon, _, next) = chebyshev::excerpt(ephemeris::EXCERPT, HEADER_BYTES);
    let (emb, _, next) = chebyshev::excerpt(ephemeris::EXCERPT, next);
    let (sun, _, _) = chebyshev::excerpt(ephemeris::EXCERPT, next);
    [&moon, &emb, &sun].map(|segment| around(segment, 1.0))
}

fn librations() -> Segment {
    around(&chebyshev::excerpt(orientation::EXCERPT, HEADER_BYTES).0, 1.0)
}

/// An SPK as JPL lays it out: Moon and Earth from EMB, EMB and Sun from the barycentre.
fn spk_of(frame: i32, data_type: i32, per_record: usize) -> Vec<u8> {
    let [moon, emb, sun] = built_in();
    let earth = around(
        &chebyshev::excerpt(ephemeris::EXCERPT, HEADER_BYTES).0,
        -1.0 / EARTH_MOON_MASS_RATIO,
    );
    let each = [(301, 3, &moon), (399, 3, &earth), (3, 0, &emb), (10, 0, &sun)];
    let ids = each.map(|(target, center, _)| [target, center, frame]);
    let arrays: Vec<_> = ids
        .iter()
        .zip(&each)
        .map(|(ids, (_, _, segment))| Written { ids, data_type, segment })
        .collect();
    daf(b"DAF/SPK ", 6, &arrays, per_record)
}

fn spk() -> Vec<u8> {
    spk_of(1, 2, 25)
}

fn bpc_of(id: i32, segment: &Segment) -> Vec<u8> {
    daf(b"DAF/PCK ", 5, &[Written { ids: &[id, 1], data_type: 2, segment }], 25)
}

fn bpc() -> Vec<u8> {
    bpc_of(31_006, &librations())
}

fn tpc(text: &str) -> Vec<u8> {
    format!("KPL/PCK\n\nA remark.\n\n\\begindata\n\n{text}\n\n\\begintext\n").into_bytes()
}

fn read(files: &[Vec<u8>]) -> Result<Kernels, KernelError> {
    let file = Path::new("test.kernel");
    Kernels::of(files.iter().map(|bytes| (file, bytes.clone())).collect(), need())
}

fn environment() -> Environment {
    static SHARED: OnceLock<Environment> = OnceLock::new();
    let bare = TerrainConfig {
        seed: 1,
        age_gyr: 3.5,
        rock_abundance: 0.01,
        relief: false,
        tiles: Vec::new(),
    };
    SHARED.get_or_init(|| Environment::new(2, &bare).unwrap()).clone()
}

/// Largest difference of the Earth, the Sun and the Moon's surface between two environments, m.
fn apart_m(one: &Environment, other: &Environment) -> [f64; 3] {
    let mut worst = [0.0_f64; 3];
    for k in 0..=60 {
        let t = need().from + Span::from_s(60.0 * f64::from(k));
        let earth = one.ephemeris.earth(t).unwrap() - other.ephemeris.earth(t).unwrap();
        let sun = one.ephemeris.sun(t).unwrap() - other.ephemeris.sun(t).unwrap();
        let moon = one.R_IM(t).unwrap().si() - other.R_IM(t).unwrap().si();
        let surface_m = moon.norm() / 2.0_f64.sqrt() * icd::constants::MOON_RADIUS_M;
        for (slot, m) in worst.iter_mut().zip([earth.norm(), sun.norm(), surface_m]) {
            *slot = slot.max(m);
        }
    }
    worst
}

#[test]
fn kernels_written_from_the_built_in_series_give_the_built_in_moon() {
    for per_record in [25, 1] {
        for data_type in [2, 3] {
            let kernels = read(&[bpc(), spk_of(1, data_type, per_record)]).unwrap();
            let environment = environment();
            let apart = apart_m(&environment, &environment.clone().with_kernels(kernels));
            // (Earth − EMB) − (Moon − EMB) rounds otherwise than −(1 + 1/μ)(Moon − EMB), in the last
            // bit of 4e8 m; the Sun and the angles are the same sums.
            assert!(apart[0] < 2e-7 && apart[1..] == [0.0; 2], "{apart:?}");
        }
    }
}

#[test]
fn a_kernel_that_differs_makes_a_difference() {
    // The Moon 100 m further along: the Earth moves by that, to the mass ratio.
    let [mut moon, emb, sun] = built_in();
    let earth = around(
        &chebyshev::excerpt(ephemeris::EXCERPT, HEADER_BYTES).0,
        -1.0 / EARTH_MOON_MASS_RATIO,
    );
    let size = 3 * moon.count;
    moon.coefficients.chunks_mut(size).for_each(|row| row[0] += 0.1);
    let each = [(301, 3, &moon), (399, 3, &earth), (3, 0, &emb), (10, 0, &sun)];
    let ids = each.map(|(target, center, _)| [target, center, 1]);
    let arrays: Vec<_> = ids
        .iter()
        .zip(&each)
        .map(|(ids, (_, _, segment))| Written { ids, data_type: 2, segment })
        .collect();
    let kernels = read(&[daf(b"DAF/SPK ", 6, &arrays, 25)]).unwrap();
    let (one, t) = (environment(), need().from);
    let other = one.clone().with_kernels(kernels);
    let moved = other.ephemeris.earth(t).unwrap() - one.ephemeris.earth(t).unwrap();
    assert!((moved - Vector::new(-100.0, 0.0, 0.0)).norm() < 1e-6, "{moved:?}");
    assert_eq!(one.R_IM(t).unwrap().si(), other.R_IM(t).unwrap().si());
}

#[test]
fn the_frame_of_de440_has_its_own_turn() {
    // The same angles under the two names give the same P and another M, [FK220930]: in arcseconds
    // (67.92 − 67.8526, 78.56 − 78.6944, 0.30 − 0.2785), to second order in the turns of 100″.
    let kernels = read(&[bpc_of(31_008, &librations())]).unwrap();
    let (one, t) = (environment(), need().from);
    let other = one.clone().with_kernels(kernels);
    assert_eq!(one.R_IP(t).unwrap().si(), other.R_IP(t).unwrap().si());
    let apart = (one.R_IM(t).unwrap().si() - other.R_IM(t).unwrap().si()).norm() / 2.0_f64.sqrt();
    let expected = Vector3::new(0.0674_f64, 0.1344, 0.0215).norm() / 3600.0_f64;
    assert!((apart - expected.to_radians()).abs() < 1e-3 * expected.to_radians(), "{apart}");
}

#[test]
fn constants_replace_what_they_name_and_never_the_moons() {
    let text = "BODY399_GM = ( 398600.5 )\nBODY301_GM = ( 1.0 )\nBODY301_RADII = ( 1. 1. 1. )";
    let (one, kernels) = (environment(), read(&[tpc(text)]).unwrap());
    let other = one.clone().with_kernels(kernels);
    assert_eq!(other.gm_earth_m3_s2, 398_600.5 * 1e9);
    assert_eq!(other.gm_sun_m3_s2, GM_SUN_M3_S2);
    assert_eq!(other.gravity.gm_m3_s2(), one.gravity.gm_m3_s2());
    let both = read(&[tpc("BODY10_GM = ( 1.3271244004127942D+11 )"), tpc(text)]).unwrap();
    assert_eq!(both.gm_sun_m3_s2, Some(1.327_124_400_412_794_2e11 * 1e9));
}

#[test]
fn what_is_no_kernel_is_refused() {
    for bytes in [&b""[..], b"DAF", b"DAFETF NAIF DAF ENCODED TRANSFER FILE", b"KPL/LSK\n"] {
        let error = read(&[bytes.to_vec()]).unwrap_err();
        assert!(matches!(error, KernelError::NotAKernel { .. }), "{error}");
    }
    let absent = Kernels::read(&[PathBuf::from("no such.bsp")], need().from, need().to);
    assert!(matches!(absent, Err(KernelError::Unreadable { .. })), "{absent:?}");
}

#[test]
fn a_kernel_of_the_other_byte_order_is_refused() {
    let mut bytes = spk();
    bytes[88..96].copy_from_slice(b"BIG-IEEE");
    let error = read(&[bytes]).unwrap_err();
    assert!(error.to_string().contains("BIG-IEEE"), "{error}");
}

#[test]
fn a_kernel_cut_short_is_refused_wherever_it_is_cut() {
    for whole in [spk(), bpc()] {
        for length in (0..whole.len() - 1024).step_by(257) {
            let error = read(&[whole[..length].to_vec()]).unwrap_err();
            let said = matches!(error, KernelError::NotAKernel { .. } | KernelError::Broken { .. });
            assert!(said, "{length}: {error}");
        }
    }
}

#[test]
fn a_chain_of_records_that_runs_in_a_circle_is_refused() {
    // `anise` would follow it for ever.
    let mut bytes = spk();
    bytes[1024..1032].copy_from_slice(&2.0_f64.to_le_bytes());
    let error = read(&[bytes]).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[test]
fn rubbish_behind_the_last_summary_does_no_harm() {
    let mut bytes = spk();
    bytes[1024 + 24 + 4 * 40..2048].fill(0xff);
    assert!(read(&[bytes]).is_ok());
}

#[test]
fn a_kernel_of_another_time_is_refused_with_both_times() {
    let later = Span::from_s(200.0 * 86_400.0);
    let need = Need { from: need().from + later, to: need().to + later };
    for bytes in [spk(), bpc()] {
        let error = Kernels::of(vec![(Path::new("k"), bytes)], need).unwrap_err();
        let KernelError::Span { from, to, need_from, .. } = &error else { panic!("{error}") };
        assert!(from < to && to < need_from, "{error}");
    }
}

#[test]
fn missing_bodies_and_frames_are_named_with_what_is_there() {
    let [moon, emb, _] = built_in();
    let arrays = [
        Written { ids: &[301, 3, 1], data_type: 2, segment: &moon },
        Written { ids: &[3, 0, 1], data_type: 2, segment: &emb },
    ];
    let error = read(&[daf(b"DAF/SPK ", 6, &arrays, 25)]).unwrap_err();
    let KernelError::NoBody { id, held, .. } = &error else { panic!("{error}") };
    assert_eq!((*id, held.as_str()), (399, "301 from 3, 3 from 0"));
    let error = read(&[bpc_of(31_007, &librations())]).unwrap_err();
    assert!(matches!(&error, KernelError::NoFrame { held, .. } if held == "31007"), "{error}");
}

#[test]
fn unknown_axes_and_types_are_refused() {
    let error = read(&[spk_of(17, 2, 25)]).unwrap_err();
    assert!(matches!(error, KernelError::UnknownFrame { frame: 17, .. }), "{error}");
    let error = read(&[spk_of(1, 13, 25)]).unwrap_err();
    assert!(matches!(error, KernelError::UnknownType { data_type: 13, .. }), "{error}");
}

#[test]
fn bodies_that_go_round_in_a_circle_are_refused() {
    let [moon, emb, _] = built_in();
    let arrays = [
        Written { ids: &[301, 3, 1], data_type: 2, segment: &moon },
        Written { ids: &[3, 301, 1], data_type: 2, segment: &emb },
    ];
    let error = read(&[daf(b"DAF/SPK ", 6, &arrays, 25)]).unwrap_err();
    assert!(matches!(error, KernelError::NoBody { id: 399, .. }), "{error}");
}

#[test]
fn another_moon_is_refused() {
    let metres = {
        let [moon, emb, sun] = built_in().map(|segment| Segment {
            coefficients: segment.coefficients.iter().map(|c| 1e3 * c).collect(),
            ..segment
        });
        let each = [(301, 399, &moon), (399, 0, &emb), (10, 0, &sun)];
        let ids = each.map(|(target, center, _)| [target, center, 1]);
        let arrays: Vec<_> = ids
            .iter()
            .zip(&each)
            .map(|(ids, (_, _, segment))| Written { ids, data_type: 2, segment })
            .collect();
        daf(b"DAF/SPK ", 6, &arrays, 25)
    };
    let error = read(&[metres]).unwrap_err();
    assert!(error.to_string().contains("Earth's distance"), "{error}");
    // ψ turned by half a revolution, almost; θ and φ exchanged.
    let mut turned = librations();
    let count = turned.count;
    turned.coefficients.chunks_mut(3 * count).for_each(|row| row[2 * count] += 3.0);
    let error = read(&[bpc_of(31_006, &turned)]).unwrap_err();
    assert!(error.to_string().contains("prime meridian"), "{error}");
    let mut exchanged = librations();
    exchanged.coefficients.chunks_mut(3 * count).for_each(|row| {
        let (phi, theta) = row.split_at_mut(count);
        phi.swap_with_slice(&mut theta[..count]);
    });
    let error = read(&[bpc_of(31_006, &exchanged)]).unwrap_err();
    assert!(error.to_string().contains("pole"), "{error}");
    let error = read(&[tpc("BODY399_GM = ( 3.986D14 )")]).unwrap_err();
    assert!(error.to_string().contains("BODY399_GM = 3986"), "{error}");
}

#[test]
fn constants_that_are_none_are_refused() {
    let error = read(&[tpc("BODY599_GM = ( 126686531.9 )")]).unwrap_err();
    assert!(matches!(error, KernelError::NoConstant { .. }), "{error}");
    for value in ["'heavy'", "( 1 2 )", "()"] {
        let error = read(&[tpc(&format!("BODY399_GM = {value}"))]).unwrap_err();
        assert!(matches!(error, KernelError::NotANumber { .. }), "{value}: {error}");
    }
}

#[test]
fn the_same_thing_twice_is_refused() {
    for bytes in [spk(), bpc(), tpc("BODY399_GM = ( 398600.5 )")] {
        let error = read(&[bytes.clone(), bytes]).unwrap_err();
        assert!(matches!(error, KernelError::Twice { .. }), "{error}");
    }
}

/// Whatever is read must also be computed without a panic.
fn must_not_panic(bytes: Vec<u8>) {
    if let Ok(kernels) = read(&[bytes]) {
        let environment = environment().with_kernels(kernels);
        for t in need().samples() {
            let at = environment.acceleration_I(Vector::new(1.8e6, 0.0, 0.0), t, 0.0);
            assert!(at.is_some_and(|a| a.norm().is_finite()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_octets_never_panic(
        which in 0_usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        in_header in any::<bool>(),
    ) {
        static WHOLE: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
        let whole =
            WHOLE.get_or_init(|| [spk(), bpc(), tpc("BODY399_GM = ( 398600.5 )\nBODY10_GM = 1")]);
        let mut bytes = whole[which].clone();
        // Half of the time only where the structure is.
        let reach = if in_header { bytes.len().min(2048) } else { bytes.len() };
        for (index, octet) in changes {
            bytes[index.index(reach)] = octet;
        }
        must_not_panic(bytes);
    }

    #[test]
    fn absurd_numbers_never_panic(
        which in 0_usize..2,
        place in 0_usize..64,
        number in prop_oneof![any::<f64>(), Just(f64::MAX), Just(-1.0), Just(0.0), Just(1e300)],
    ) {
        // In the summaries' record, and in the last words of the first array.
        let mut bytes = if which == 0 { spk() } else { bpc() };
        let last = i32::from_le_bytes(
            bytes[1024 + 24 + 16 + 20 - 4 * which..][..4].try_into().unwrap(),
        ) as usize;
        let at = if place < 32 { 1024 + 8 * place } else { 8 * (last - 1 - (place - 32)) };
        bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        must_not_panic(bytes);
    }

    #[test]
    fn noise_never_panics(
        word in prop::sample::select(vec!["DAF/SPK ", "DAF/PCK ", "KPL/PCK\n", ""]),
        noise in prop::collection::vec(any::<u8>(), 0..6000),
    ) {
        must_not_panic([word.as_bytes(), &noise].concat());
    }

    #[test]
    fn any_constants_never_panic(text in "(BODY|body)?[0-9_A-Z=() .,'+\\n-]{0,200}") {
        must_not_panic(tpc(&text));
    }
}
