use icd::constants::MOON_RADIUS_M;
use icd::frames::{M, Position, Vector};
use nalgebra::Vector3;
use std::hint::black_box;
use std::time::Instant;
use truth::environment::terrain::*;
fn places(latitude_deg: f64, longitude_deg: f64) -> Vec<Vector<Position, M>> {
    (0..4096)
        .map(|k| {
            let k = f64::from(k);
            let latitude = (latitude_deg + (k * 0.618_034) % 1.0).to_radians();
            let longitude = (longitude_deg + (k * 0.754_878) % 1.0).to_radians();
            let (c, s) = (libm::cos(latitude), libm::sin(latitude));
            Vector::from_si(
                Vector3::new(c * libm::cos(longitude), c * libm::sin(longitude), s) * MOON_RADIUS_M,
            )
        })
        .collect()
}
fn main() {
    let ground = Terrain::new(&TerrainConfig {
        seed: 3,
        age_gyr: 3.6,
        rock_abundance: 0.01,
        relief: true,
        tiles: Vec::new(),
    })
    .unwrap();
    for (kind, a, b) in [("mare", 59.5, -6.0), ("high", -9.0, 150.0)] {
        let p = places(a, b);
        for r in std::env::args()
            .nth(1)
            .map_or(vec![0.3, 1.0, 5.0, 100.0, 1000.0, 1e6], |a| vec![a.parse().unwrap()])
        {
            let mut best = f64::MAX;
            let mut best2 = f64::MAX;
            for _ in 0..30 {
                let t = Instant::now();
                for q in &p {
                    black_box(ground.elevation_m(*q, r));
                }
                best = best.min(t.elapsed().as_nanos() as f64 / 4096.0);
                let t = Instant::now();
                for k in 0..4096 {
                    black_box(
                        ground
                            .elevation_m(Vector::from_si(p[0].si() + Vector3::x() * (k as f64)), r),
                    );
                }
                best2 = best2.min(t.elapsed().as_nanos() as f64 / 4096.0);
            }
            println!("{kind} {r:>9}: scattered {best:7.1} ns, line {best2:7.1} ns");
        }
    }
}
