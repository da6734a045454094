//! What a campaign costs: whole powered descents with their results written, on one thread and on two. The speed-up
//! is the ratio of the two figures.

use campaign::runs::{forget, run};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rig::scenario::Scenario;
use rig::stand::Stand;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// Runs of one campaign.
const RUNS: u64 = 40;

fn campaigns(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let scenario = Scenario::read(&folder.join("m2-nominal-from-ignition.toml"));
    let Ok(stand) = scenario.and_then(Stand::new) else { return };
    let out = std::env::temp_dir().join(format!("frigoris-{}-bench", std::process::id()));
    let mut group = c.benchmark_group("campaign");
    group.sample_size(10).measurement_time(Duration::from_secs(30));
    group.throughput(Throughput::Elements(RUNS));
    for threads in [1, 2] {
        let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(threads).build() else { return };
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| {
                let _ = forget(&out);
                black_box(pool.install(|| run(&stand, 1..1 + RUNS, &out, |_| {})).is_ok())
            });
        });
    }
    group.finish();
    let _ = std::fs::remove_dir_all(&out);
}

criterion_group!(benches, campaigns);
criterion_main!(benches);
