//! The archive against every way to stop that we know.

use super::record::{HEADER, Kind};
use super::*;
use proptest::prelude::*;

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("frigoris-archive-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn record(payload: &[u8]) -> Record<'_> {
    Record { kind: Kind::Stream, stream: 1, at_ns: 5, payload }
}

fn open(folder: &Path) -> (Archive, Recovery, Vec<Vec<u8>>) {
    let mut found = Vec::new();
    let (archive, recovery) =
        Archive::open(folder, |_, _, record| found.push(record.payload.to_vec())).unwrap();
    (archive, recovery, found)
}

fn confirm(archive: &mut Archive) {
    let confirmation = archive.confirmation().unwrap();
    let answer = confirmation.wait();
    archive.answered(&confirmation, &answer).unwrap();
}

fn payloads(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|k| vec![k; 3 + 7 * usize::from(k)]).collect()
}

#[test]
fn what_was_written_is_read_in_order_over_many_segments_and_from_any_place() {
    let folder = folder("order");
    let (mut archive, ..) = open(&folder);
    archive.segment_octets = 500;
    let all = payloads(40);
    let mut places = Vec::new();
    for two in all.chunks(2) {
        let records: Vec<_> = two.iter().map(|payload| record(payload)).collect();
        places.push(archive.append(&records).unwrap());
    }
    confirm(&mut archive);
    assert_eq!(
        (archive.confirmed(), archive.unconfirmed_octets(), archive.files.len()),
        (40, 0, 1)
    );
    assert!(archive.segment > 5);
    drop(archive);
    let (_archive, recovery, found) = open(&folder);
    assert_eq!(found, all);
    assert_eq!((recovery.records, recovery.damage.len()), (40, 0));
    let (position, number) = places[13];
    let mut reader = Reader::new(&folder, position).unwrap();
    let (at, found, first) = reader.next().unwrap().unwrap();
    assert_eq!((at, found, first.payload), (position, number, &all[26][..]));
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn cut_at_any_octet_all_whole_records_are_kept_the_rest_is_set_aside_and_it_goes_on() {
    let folder = folder("cut");
    let (mut archive, ..) = open(&folder);
    let all = payloads(4);
    let ends: Vec<u64> = all
        .iter()
        .map(|payload| {
            archive.append(&[record(payload)]).unwrap();
            archive.end
        })
        .collect();
    drop(archive);
    let path = segment_path(&folder, 1);
    let whole = std::fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        std::fs::write(&path, &whole[..cut]).unwrap();
        let (mut archive, recovery, found) = open(&folder);
        let kept = ends.iter().filter(|end| **end <= cut as u64).count();
        assert_eq!(found, all[..kept], "cut at {cut}");
        let good = if kept == 0 { SEGMENT_HEADER } else { ends[kept - 1] };
        let torn = (cut as u64).saturating_sub(good);
        assert_eq!(recovery.damage.iter().map(|d| d.octets).sum::<u64>(), torn, "cut at {cut}");
        if torn > 0 {
            let aside = std::fs::read(path.with_extension(format!("torn-{good}"))).unwrap();
            assert_eq!(aside, whole[usize::try_from(good).unwrap()..cut]);
        }
        archive.append(&[record(b"after")]).unwrap();
        drop(archive);
        let (_, recovery, found) = open(&folder);
        assert_eq!(found.last().map(Vec::as_slice), Some(&b"after"[..]));
        assert_eq!((found.len(), recovery.damage.len()), (kept + 1, 0));
    }
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn a_damaged_record_costs_itself_alone_and_is_told() {
    let folder = folder("damaged");
    let (mut archive, ..) = open(&folder);
    let all = payloads(6);
    let places: Vec<_> =
        all.iter().map(|p| archive.append(&[record(p)]).unwrap().0.offset).collect();
    drop(archive);
    let path = segment_path(&folder, 1);
    let mut octets = std::fs::read(&path).unwrap();
    octets[usize::try_from(places[2]).unwrap() + HEADER + 5] ^= 4;
    std::fs::write(&path, octets).unwrap();
    let (archive, recovery, found) = open(&folder);
    assert_eq!(found, [&all[..2], &all[3..]].concat());
    let octets = (HEADER + all[2].len()) as u64;
    assert_eq!(recovery.damage, [Damage { file: path, offset: places[2], octets }]);
    assert_eq!(archive.next, 7);
    let _ = std::fs::remove_dir_all(&folder);
}

/// A file of records as a station might send it, numbers from `first`.
fn nested(first: u64, count: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for number in first..first + count {
        record::write(number, &record(b"of another archive"), &mut out);
    }
    out
}

#[test]
fn records_inside_a_torn_or_damaged_record_are_not_believed() {
    let all = [b"one".to_vec(), b"two".to_vec()];
    for first in [0, 1, 2, 60, u64::MAX - 1] {
        let folder = folder("nested");
        let (mut archive, ..) = open(&folder);
        archive.append(&[record(&all[0]), record(&all[1])]).unwrap();
        let good = archive.end;
        let payload = [&[9; 12][..], &nested(first, 1), &[7; 900]].concat();
        archive.append(&[record(&payload)]).unwrap();
        let (torn, path) = (archive.end - 1, segment_path(&folder, 1));
        archive.append(&[record(b"four")]).unwrap();
        drop(archive);
        let mut octets = std::fs::read(&path).unwrap();
        octets[usize::try_from(good).unwrap() + HEADER] ^= 1;
        std::fs::write(&path, &octets).unwrap();
        let (archive, recovery, found) = open(&folder);
        assert_eq!(found, [&all[..], &[b"four".to_vec()]].concat(), "damaged, {first}");
        assert_eq!((archive.next, recovery.damage.len()), (5, 1));
        drop(archive);
        octets.truncate(usize::try_from(torn).unwrap());
        std::fs::write(&path, &octets).unwrap();
        let (archive, _, found) = open(&folder);
        assert_eq!((found, archive.next, archive.end), (all.to_vec(), 3, good), "torn, {first}");
        let _ = std::fs::remove_dir_all(&folder);
    }
}

#[test]
fn a_disk_that_refuses_to_confirm_loses_nothing_and_shows_nothing_twice() {
    let folder = folder("refuses");
    let (mut archive, ..) = open(&folder);
    archive.append(&[record(b"safe")]).unwrap();
    confirm(&mut archive);
    archive.append(&[record(b"one")]).unwrap();
    archive.append(&[record(b"two")]).unwrap();
    let confirmation = archive.confirmation().unwrap();
    let refusal =
        ArchiveError::Unwritable { file: folder.clone(), reason: std::io::Error::other("no") };
    archive.answered(&confirmation, &Err(refusal)).unwrap();
    assert_eq!((archive.confirmed(), archive.segment, archive.files.len()), (1, 2, 1));
    archive.append(&[record(b"three")]).unwrap();
    confirm(&mut archive);
    assert_eq!(archive.confirmed(), 4);
    drop(archive);
    assert_eq!(open(&folder).2, [&b"safe"[..], b"one", b"two", b"three"]);
    // The first segment's pages were lost indeed.
    let first = segment_path(&folder, 1);
    let octets = std::fs::read(&first).unwrap();
    std::fs::write(&first, &octets[..16 + HEADER + 4]).unwrap();
    assert_eq!(open(&folder).2, [&b"safe"[..], b"one", b"two", b"three"]);
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn a_disk_that_goes_on_refusing_is_spared_and_is_given_nothing_more() {
    let folder = folder("goes-on");
    let (mut archive, ..) = open(&folder);
    archive.append(&[record(b"one")]).unwrap();
    for segment in [2, 2, 2] {
        let confirmation = archive.confirmation();
        let Some(confirmation) = confirmation else { continue };
        let reason = std::io::Error::other("no");
        let refusal = ArchiveError::Unwritable { file: folder.clone(), reason };
        archive.answered(&confirmation, &Err(refusal)).unwrap();
        assert_eq!((archive.segment, archive.suspect()), (segment, true));
    }
    let error = archive.append(&[record(b"two")]).unwrap_err();
    assert!(matches!(error, ArchiveError::Refused { .. }), "{error}");
    archive.retry().unwrap();
    assert_eq!(archive.segment, 2, "it is not time yet");
    archive.again_at = Instant::now();
    archive.append(&[record(b"two")]).unwrap();
    assert_eq!((archive.segment, archive.confirmed()), (3, 0));
    confirm(&mut archive);
    assert_eq!((archive.confirmed(), archive.suspect()), (2, false));
    drop(archive);
    assert_eq!(open(&folder).2, [&b"one"[..], b"two"]);
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn what_was_set_aside_before_is_not_overwritten() {
    let folder = folder("aside");
    let (mut archive, ..) = open(&folder);
    archive.append(&[record(b"one")]).unwrap();
    let (end, path) = (archive.end, segment_path(&folder, 1));
    drop(archive);
    let whole = std::fs::read(&path).unwrap();
    for (torn, name) in [("first", format!("torn-{end}")), ("other", format!("torn-{end}-2"))] {
        std::fs::write(&path, [&whole[..], torn.as_bytes()].concat()).unwrap();
        drop(open(&folder));
        assert_eq!(std::fs::read(path.with_extension(name)).unwrap(), torn.as_bytes());
    }
    let first = std::fs::read(path.with_extension(format!("torn-{end}"))).unwrap();
    assert_eq!(first, b"first");
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn a_write_that_fails_is_repeated_without_a_trace() {
    let folder = folder("fails");
    let (mut archive, ..) = open(&folder);
    archive.append(&[record(b"one")]).unwrap();
    let path = segment_path(&folder, 1);
    let good = archive.files.pop().unwrap();
    archive.files.push((Arc::new(File::open(&path).unwrap()), path.clone()));
    let error = archive.append(&[record(b"two")]).unwrap_err().to_string();
    assert!(error.contains("segment-000001.frar: cannot be written"), "{error}");
    assert!(archive.torn);
    archive.files = vec![good];
    std::fs::write(&path, [&std::fs::read(&path).unwrap()[..], b"FREC half"].concat()).unwrap();
    archive.append(&[record(b"two")]).unwrap();
    drop(archive);
    let (_, recovery, found) = open(&folder);
    assert_eq!((found, recovery.damage.len()), (vec![b"one".to_vec(), b"two".to_vec()], 0));
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn what_is_in_the_way_is_named() {
    let folder = folder("way");
    let (archive, ..) = open(&folder);
    let second = Archive::open(&folder, |_, _, _| {}).unwrap_err();
    assert!(matches!(second, ArchiveError::InUse { .. }), "{second}");
    drop(archive);
    std::fs::write(segment_path(&folder, 7), "a text of another program").unwrap();
    let foreign = Archive::open(&folder, |_, _, _| {}).unwrap_err().to_string();
    assert!(foreign.contains("segment-000007.frar: is no segment"), "{foreign}");
    let file = folder.join("file");
    std::fs::write(&file, "").unwrap();
    let below = Archive::open(&file.join("below"), |_, _, _| {}).unwrap_err().to_string();
    assert!(below.contains("file/below: the archive's folder cannot be used"), "{below}");
    let _ = std::fs::remove_dir_all(&folder);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_octets_break_the_reader_and_none_are_believed(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let folder = folder("any");
        std::fs::create_dir_all(&folder).unwrap();
        let path = segment_path(&folder, 1);
        std::fs::write(&path, [&SEGMENT_MAGIC[..], &octets, b"FREC\0\0\0\x01", &octets].concat()).unwrap();
        prop_assert!(open(&folder).2.is_empty());
        let _ = std::fs::remove_dir_all(&folder);
    }
}
