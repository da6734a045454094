//! What the filter costs: one step of the covariance, one scalar, one report of three.
#![allow(missing_docs, non_snake_case)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use flight::nav::covariance::{
    BEAM, BEAM_SCALE, Covariance, EMPTY, LEVER, P, Row, STATES, TERRAIN, THETA, Transition, V,
};
use nalgebra::{Matrix3, Vector3};
use std::hint::black_box;

/// Correlated everywhere, as after some minutes of flight.
fn covariance() -> Covariance {
    let mut p = Covariance::zero();
    for i in 0..STATES {
        let mut a = EMPTY;
        for (j, x) in a.iter_mut().enumerate() {
            *x = libm::sin((i * STATES + j) as f64 * 1.7);
        }
        p.renew(i, 0.0, 1.0);
        p.add(&a, 0.1);
    }
    p
}

fn transition() -> Transition {
    Transition {
        dt_s: 0.1,
        dv_I: Vector3::new(0.1, -0.2, 0.3),
        R_IB: Matrix3::identity(),
        turn_I: Matrix3::identity() * 0.01,
        sensing: true,
        gradient: Matrix3::from_diagonal(&Vector3::new(2e-6, -1e-6, -1e-6)),
        q: [1e-8, 1e-12],
    }
}

/// Partials of a slant range and of a Doppler beam.
fn rows() -> [Row; 2] {
    let put = |first: &[usize]| {
        let mut h = EMPTY;
        for i in first {
            for k in 0..3 {
                h[i + k] = 0.3 + 0.1 * k as f64;
            }
        }
        h
    };
    let (mut range, mut beam) = (put(&[P, THETA, LEVER]), put(&[V, THETA, LEVER]));
    range[TERRAIN] = -1.0;
    (beam[BEAM_SCALE], beam[BEAM]) = (60.0, 1.0);
    [range, beam]
}

fn filter(c: &mut Criterion) {
    let mut group = c.benchmark_group("filter");
    let start = covariance();
    let t = transition();
    let [range, beam] = rows();
    group.bench_function("step of the covariance", |b| {
        let mut p = start.clone();
        b.iter(|| p.propagate(black_box(&t)));
    });
    group.bench_function("variance of an innovation", |b| b.iter(|| start.hph(black_box(&range))));
    for (name, h) in [("slant range", range), ("beam", beam)] {
        group.bench_function(format!("scalar with what is given back: {name}"), |b| {
            b.iter_batched_ref(
                || start.clone(),
                |p| {
                    let gain = p.update(black_box(&h), 1.0);
                    p.give_back(&gain);
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("renewal of one bias", |b| {
        let mut p = start.clone();
        b.iter(|| p.renew(black_box(TERRAIN), 0.99, 1.0));
    });
    group.finish();
}

criterion_group!(benches, filter);
criterion_main!(benches);
