//! A search of a real scenario, small enough for every day: what it leaves replays what it found.

use campaign::search::{Against, Request, SearchError, Study, json, lines, page};
use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::scenario::{REFERENCE_RUN, Scenario};
use rig::verdict::Outcome;
use std::path::{Path, PathBuf};

fn scenario(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    root.join("scenarios").join(name)
}

fn folder(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("frigoris-search-{name}-{}", std::process::id()))
}

fn request(folder: &Path, fresh: bool) -> Request {
    Request {
        file: scenario("m2-before-flight.toml"),
        against: Against::Scenario(scenario("m2-nominal-from-ignition.toml")),
        runs: 80,
        seed: Some(616),
        folder: folder.to_path_buf(),
        fresh,
    }
}

fn search(folder: &Path, threads: usize, fresh: bool) -> Study {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| Study::of(&request(folder, fresh), &|_| {}).unwrap())
}

/// What was found, less the folder it is in.
fn told(study: &Study, folder: &Path) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    lines(study).into_iter().skip(2).map(|line| line.replace(&folder, "")).collect()
}

#[test]
fn a_failure_replays_bit_by_bit_from_its_file_whatever_the_threads_and_after_a_stop() {
    let (one, two) = (folder("one"), folder("two"));
    let study = search(&one, 1, true);
    assert!(study.flights <= 80 && !study.failures.is_empty(), "{:?}", lines(&study));
    for failure in &study.failures {
        let against = failure.file.replace(".toml", "-against.toml");
        let other = failure.other.as_ref().unwrap();
        for (file, ending) in [(&failure.file, &failure.own), (&against, other)] {
            let written = std::fs::read_to_string(one.join(file)).unwrap();
            assert!(written.starts_with("extends = \"../"), "{written}");
            let scenario = Scenario::read(&one.join(file)).unwrap();
            let stand = Stand::new(scenario).unwrap();
            let flown = fly(&stand, REFERENCE_RUN, Recording::Off, |_| {}).unwrap();
            assert_eq!(flown.digest(), ending.digest, "{file}");
            assert!(flown.judgement.as_expected, "{file}: {:?}", flown.judgement.reasons);
        }
        let lost = [Outcome::Lost, Outcome::RanDry];
        assert!(lost.contains(&failure.own.outcome) && !lost.contains(&other.outcome));
    }
    let page = page(&study);
    let first = format!("frigoris fly {}", one.join("failure-01.toml").display());
    assert!(page.contains(&first) && json(&study).contains(&first), "{first}");
    for needle in ["src=", "@import", "url(http", "<script", "NaN"] {
        assert!(!page.contains(needle), "{needle}");
    }
    // A stop in the middle of a line: the rest is flown again, and two threads give the same.
    let log = std::fs::read(one.join("flights.log")).unwrap();
    std::fs::create_dir_all(&two).unwrap();
    std::fs::write(two.join("flights.log"), &log[..log.len() / 2]).unwrap();
    let again = search(&two, 2, false);
    assert!(again.resumed > 10, "{}", again.resumed);
    assert_eq!(told(&again, &two), told(&study, &one));
    // Another search is refused and leaves the log alone.
    let other = Request { seed: Some(617), ..request(&two, false) };
    let before = std::fs::read(two.join("flights.log")).unwrap();
    let refused = Study::of(&other, &|_| {});
    assert!(matches!(refused, Err(SearchError::Foreign { .. })), "{refused:?}");
    assert_eq!(std::fs::read(two.join("flights.log")).unwrap(), before);
    for folder in [one, two] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn a_scenario_that_is_lost_undisturbed_is_refused() {
    let folder = folder("lost");
    let file = scenario("history-luna-25-legacy.toml");
    let request = Request { file, against: Against::Nothing, ..request(&folder, false) };
    let refused = Study::of(&request, &|_| {});
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(
        matches!(refused, Err(SearchError::LostAlready { outcome: "lost", .. })),
        "{refused:?}"
    );
}
