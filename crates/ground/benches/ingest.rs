//! How many packets a second one core archives and decodes: `cargo bench -p frigoris-ground`.
//!
//! One thread takes delivery units of full frames, as one connection would bring them (64 kB at once), through
//! archive, decoder, limits, alarms and memory. The disk confirms meanwhile, on a thread that waits.
//! Measured twice: by the clock, which counts what other programs take of the core; and by the time that this thread
//! was on a core (Linux tells it), which does not.

#![allow(missing_docs)] // criterion writes functions without

#[path = "../tests/support/traffic.rs"]
#[allow(dead_code)]
mod traffic;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ground::{Ground, Mission, Options, Source};
use icd::link::delivery::Content;
use std::time::{Duration, Instant};
use traffic::Lander;

/// Samples of one measured stretch: a minute and a half of flight.
const SAMPLES: u64 = 1_000;
/// Octets that a socket gives at once.
const AT_ONCE: usize = 1 << 16;

fn ingest(c: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("frigoris-bench-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let options = Options { archive: folder.clone(), mission: Mission::none() };
    let ground = Ground::open(options).unwrap();
    let stream = ground.connect("bench").unwrap().stream;
    let (mut lander, mut number) = (Lander::default(), 0);
    let packets = icd::tm::LISTS.len() as u64 * SAMPLES;
    let mut group = c.benchmark_group("ground");
    group.throughput(Throughput::Elements(packets)).sample_size(20);
    let cases = [
        ("packets archived and decoded, by the clock", true),
        ("the same, time on the core", false),
    ];
    for (name, by_the_clock) in cases {
        let now = if by_the_clock { clock } else { core };
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    let mut octets = Vec::new();
                    for frame in lander.frames(SAMPLES) {
                        number += 1;
                        let at = traffic::snapshot(lander.samples()).t;
                        octets.extend(traffic::unit(1, number, Content::Frame, at, &frame));
                    }
                    let before = ground.link().packets;
                    let start = now();
                    for piece in octets.chunks(AT_ONCE) {
                        ground.ingest(&[(Source::Stream(stream), piece)]).unwrap();
                    }
                    spent += now() - start;
                    let decoded = ground.link().packets - before;
                    assert!(decoded.abs_diff(packets) < 40, "{decoded}");
                }
                spent
            });
        });
    }
    group.finish();
    drop(ground);
    let _ = std::fs::remove_dir_all(&folder);
}

/// Since the first call.
fn clock() -> Duration {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}

/// Time that this thread has been on a core; the clock's where the system does not tell.
fn core() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = told.and_then(|text| text.split(' ').next()?.parse().ok());
    ns.map_or_else(clock, Duration::from_nanos)
}

criterion_group!(benches, ingest);
criterion_main!(benches);
