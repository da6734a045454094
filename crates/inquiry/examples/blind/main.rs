//! The blind test: lost flights whose cause is known here and told to nobody, investigated from their telemetry alone.
//!
//! `cargo run --release -p frigoris-inquiry --example blind -- [--seed N] [--singles N] [--pairs N] [--withheld N]`
//! `  [--out FOLDER] [--flights-only]`
//!
//! OUT/cases.jsonl holds the flights, OUT/said.jsonl what each inquiry said: what is there is taken, so that an
//! interrupted test goes on. OUT/blind.md and OUT/reliability.svg hold the result. The missions that the inquiries know
//! have another seed than the flights.

mod flights;
mod score;

use flight::load::image;
use flights::Case;
use inquiry::evidence::Evidence;
use inquiry::explanation::Explanation;
use inquiry::inquiry::{Options, investigate};
use inquiry::mission::Mission;
use miette::{IntoDiagnostic, miette};
use rayon::prelude::*;
use rig::stand::Stand;
use score::{Part, Ranked, Said};
use serde::{Serialize, de::DeserializeOwned};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

struct Arguments {
    seed: u64,
    wanted: [usize; 3],
    out: PathBuf,
    flights_only: bool,
}

impl Arguments {
    fn read() -> miette::Result<Self> {
        let out = PathBuf::from("out/blind");
        let mut read = Self { seed: 8, wanted: [225, 75, 30], out, flights_only: false };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| miette!("`{word}` needs a value"));
            match word.as_str() {
                "--seed" => read.seed = value()?.parse().into_diagnostic()?,
                "--singles" => read.wanted[0] = value()?.parse().into_diagnostic()?,
                "--pairs" => read.wanted[1] = value()?.parse().into_diagnostic()?,
                "--withheld" => read.wanted[2] = value()?.parse().into_diagnostic()?,
                "--out" => read.out = value()?.into(),
                "--flights-only" => read.flights_only = true,
                other => return Err(miette!("`{other}` is not an argument of the blind test")),
            }
        }
        Ok(read)
    }
}

/// A file of one value a line, added to as work is done; a last line that was cut off is dropped.
struct Lines(Mutex<std::fs::File>);

impl Lines {
    fn open<T: DeserializeOwned>(path: &Path) -> miette::Result<(Self, Vec<T>)> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let known: Vec<T> =
            text.lines().map_while(|line| serde_json::from_str(line).ok()).collect();
        let whole: usize = text.split_inclusive('\n').take(known.len()).map(str::len).sum();
        let file = OpenOptions::new().create(true).append(true).open(path).into_diagnostic()?;
        file.set_len(whole as u64).into_diagnostic()?;
        Ok((Self(Mutex::new(file)), known))
    }

    fn add(&self, value: &impl Serialize) -> miette::Result<()> {
        let line = serde_json::to_string(value).into_diagnostic()? + "\n";
        let mut file = self.0.lock().map_err(|_| miette!("a thread has failed"))?;
        file.write_all(line.as_bytes()).into_diagnostic()
    }
}

/// The parts of the test: how many faults, number of the first candidate.
const PARTS: [(Part, usize, u64); 3] =
    [(Part::Single, 1, 1), (Part::Pair, 2, 1_000_001), (Part::Withheld, 1, 2_000_001)];

fn cases(arguments: &Arguments, stands: &[Stand]) -> miette::Result<Vec<(Part, Case)>> {
    let (lines, mut known) = Lines::open::<(Part, Case)>(&arguments.out.join("cases.jsonl"))?;
    for ((part, count, first), wanted) in PARTS.into_iter().zip(arguments.wanted) {
        let own: Vec<Case> =
            known.iter().filter(|(own, _)| *own == part).map(|(_, case)| case.clone()).collect();
        let have = own.len();
        let keep = |case: &Case| lines.add(&(part, case));
        let found = flights::lost(stands, arguments.seed, first, count, wanted, own, keep)?;
        known.extend(found.into_iter().skip(have).map(|case| (part, case)));
    }
    Ok(known)
}

/// Kinds that do the same to what is received, each group: what is struck from the library with one of them, for what
/// remained would tell the same story.
const ALIKE: [&[&str]; 4] = [
    // A unit that reads nothing repeats it.
    &["dead", "not_enabled", "unfit", "dropout", "stuck"],
    &["range_limit", "weak_surface", "weak_laser", "weak_receiver", "weak_at_speed"],
    &["bias", "drift", "scale"],
    &["noise", "outliers"],
];
/// The same of engines, which are open or shut.
const ENGINES: &[&str] = &["dead", "scale", "drift", "noise", "saturation", "latency"];

/// What is struck with a fault: device, the unit that it is a part of and its parts, and the kinds like its own.
fn alike(fault: &flights::Injected) -> Vec<(String, String)> {
    let (family, kind) = (fault.family(), fault.kind.as_str());
    let devices: &[&str] = match family.as_str() {
        "imu" | "gyros" | "accelerometers" => &["imu", "gyros", "accelerometers"],
        own => &[own],
    };
    let engine = ["main", "assist", "jet"].contains(&family.as_str());
    let groups = ALIKE.into_iter().chain(engine.then_some(ENGINES));
    let mut kinds = vec![kind];
    kinds.extend(groups.filter(|group| group.contains(&kind)).flatten());
    let all = kinds.iter().flat_map(|kind| devices.iter().map(move |on| (*on, *kind)));
    all.map(|(on, kind)| (on.to_string(), kind.to_string())).collect()
}

/// One flight's telemetry, investigated.
fn inquire(part: Part, case: &Case, flown: &[Stand], known: &[Stand]) -> miette::Result<Said> {
    let record = case.record(flown)?;
    let start = Instant::now();
    let (load, nav) = image::unpack(&record.uploaded)
        .map_err(|refused| miette!("the load of run {}: {refused:?}", case.run))?;
    let stand = known[case.base].clone();
    let mission = Mission { stand, load: Box::new(load), nav, uploaded: true };
    let withheld = match part {
        Part::Withheld => case.faults.iter().flat_map(alike).collect(),
        _ => Vec::new(),
    };
    let options = Options { quick: true, withheld, ..Options::default() };
    let evidence = Evidence::read(&record.packets);
    let inquiry = investigate(mission, evidence, &options, &|_| {}).into_diagnostic()?;
    let explained = &inquiry.explained;
    Ok(Said {
        part,
        case: case.clone(),
        ranking: explained.ranking.iter().take(10).map(ranked).collect(),
        outside: explained.outside_library,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn ranked(explanation: &Explanation) -> Ranked {
    let own = explanation.faults.iter().map(|fault| &fault.cause).collect::<Vec<_>>();
    let equals = explanation.equals.iter().map(|set| set.iter().collect::<Vec<_>>());
    let names = |set: Vec<&inquiry::finding::Cause>| {
        let mut names: Vec<(String, String)> =
            set.into_iter().map(|cause| (cause.on.clone(), cause.kind.to_string())).collect();
        names.sort();
        names
    };
    let causes = std::iter::once(own).chain(equals).map(names).collect();
    Ranked { causes, probability: explanation.probability }
}

fn main() -> miette::Result<()> {
    let arguments = Arguments::read()?;
    let (out, seed) = (&arguments.out, arguments.seed);
    let flown = flights::bases(&out.join("flown"), seed)?;
    let known = flights::bases(&out.join("known"), seed + 1)?;
    let cases = cases(&arguments, &flown)?;
    if arguments.flights_only {
        return Ok(());
    }
    let (lines, mut said) = Lines::open::<Said>(&out.join("said.jsonl"))?;
    let done = |part: Part, case: &Case, said: &[Said]| {
        // By its number: a float may read back as its neighbour.
        let one = (part, case.base, case.run);
        said.iter().any(|said| (said.part, said.case.base, said.case.run) == one)
    };
    let open: Vec<&(Part, Case)> =
        cases.iter().filter(|(part, case)| !done(*part, case, &said)).collect();
    let all = open.len();
    let count = std::sync::atomic::AtomicUsize::new(0);
    let more: miette::Result<Vec<Said>> = open
        .into_par_iter()
        .map(|(part, case)| {
            let said = inquire(*part, case, &flown, &known)?;
            lines.add(&said)?;
            let done = 1 + count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let place =
                said.place().map_or("not found".to_string(), |place| format!("{}", place + 1));
            eprintln!(
                "{done} of {all}  {part:?} {}: {place}, outside {:.2}",
                case.name(),
                said.outside
            );
            Ok(said)
        })
        .collect();
    said.extend(more?);
    said.sort_by_key(|said| (said.part, said.case.base, said.case.run));
    let heading = format!("# Blind test\n\nSeed {seed}; {} flights.", said.len());
    let (bins, _) = score::reliability(&said);
    std::fs::write(out.join("blind.md"), score::summary(&said, &heading)).into_diagnostic()?;
    std::fs::write(out.join("reliability.svg"), score::picture(&bins)).into_diagnostic()?;
    print!("{}", score::summary(&said, &heading));
    Ok(())
}
