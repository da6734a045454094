//! Tests of rays, of slopes, and of what is remembered between near places.

use super::super::tests::{Made, elevation_m, place, rugged, terrain};
use super::super::{Landform, TerrainConfig, Tile};
use super::*;

/// A ray from `height_m` over the sphere at a place, `off_deg` off the nadir towards `azimuth_rad`.
fn beam(
    u: Vector3<f64>,
    height_m: f64,
    off_deg: f64,
    azimuth_rad: f64,
) -> (Vector3<f64>, Vector3<f64>) {
    let east = Vector3::z().cross(&u).normalize();
    let side = east * libm::cos(azimuth_rad) + u.cross(&east) * libm::sin(azimuth_rad);
    let off = off_deg.to_radians();
    (u * (MOON_RADIUS_M + height_m), -u * libm::cos(off) + side * libm::sin(off))
}

fn shoot(ground: &Terrain, (p, d): (Vector3<f64>, Vector3<f64>), range_m_max: f64) -> Option<f64> {
    ground.ray(Vector::from_si(p), Vector::from_si(d), range_m_max)
}

#[test]
fn rays_meet_a_level_tile_at_the_range_of_the_closed_form() {
    let ground = terrain(1, false, vec![Made::mare().tile(|_, _| -2000.0)]);
    let u = place(60.5, -4.5);
    for off_deg in [0.0, 20.0, 60.0] {
        let (p, d) = beam(u, 3000.0, off_deg, 1.0);
        let (b, c) = (p.dot(&d), p.norm_squared() - (MOON_RADIUS_M - 2000.0).powi(2));
        let expected_m = -b - (b * b - c).sqrt();
        let hit = shoot(&ground, (p, d), 2e4).unwrap();
        assert!((hit - expected_m).abs() < 0.02, "{off_deg}: {hit} {expected_m}");
        // Nothing is reported beyond the range asked for.
        assert!(shoot(&ground, (p, d), expected_m - 1.0).is_none());
    }
}

#[test]
fn rays_into_the_sky_meet_nothing_and_rays_from_below_begin_there() {
    let ground = terrain(1, true, vec![]);
    let u = place(60.5, -4.5);
    for height_m in [0.0, 5e4] {
        let (p, _) = beam(u, height_m, 0.0, 0.0);
        assert!(shoot(&ground, (p, u), 1e6).is_none());
    }
    let (p, d) = beam(u, -9_500.0, 0.0, 0.0);
    assert_eq!(shoot(&ground, (p, d), 1e3).unwrap(), 0.0);
    // From orbit, past the limb.
    let (p, d) = beam(u, 1e5, 89.0, 0.0);
    assert!(shoot(&ground, (p, d), 1e7).is_none());
    // From orbit, straight down: the altitude.
    let (p, d) = beam(u, 1e5, 0.0, 0.0);
    let altitude_m = ground.altitude_m(Vector::from_si(p));
    assert!((shoot(&ground, (p, d), 2e5).unwrap() - altitude_m).abs() < 0.05);
}

#[test]
fn the_hit_lies_on_the_ground() {
    let ground = terrain(17, true, vec![]);
    for k in 0..200 {
        let kf = f64::from(k);
        let (p, d) = beam(place(60.0 + kf * 0.01, -4.0), 3000.0, kf * 0.35, kf);
        let hit = shoot(&ground, (p, d), 5e4).unwrap();
        let altitude_m = ground.altitude_m(Vector::from_si(p + d * hit));
        assert!(altitude_m.abs() < 0.05, "{altitude_m}");
    }
}

/// A tile of 4.5 m posting, 3.6 km wide, over the mare.
fn fine_tile(height_m: impl Fn(u32, u32) -> f32) -> Tile {
    Made { corner_deg: (-4.6, 60.5), step_deg: 1.5e-4, side: 800, ..Made::mare() }.tile(height_m)
}

/// Brute force: takes nothing for granted but that no slope exceeds `steepest`, looks at the finest
/// ground only and never steps less than 0.05 m.
fn brute(
    ground: &Terrain,
    (p, d): (Vector3<f64>, Vector3<f64>),
    far_m: f64,
    steepest: f64,
) -> Option<f64> {
    let above = |s_m: f64| ground.altitude_m(Vector::from_si(p + d * s_m));
    let (mut s_m, mut before_m) = (0.0, 0.0);
    loop {
        let above_m = above(s_m);
        if above_m <= 0.0 {
            let (mut clear_m, mut hit_m) = (before_m, s_m);
            while hit_m - clear_m > 1e-3 {
                let middle_m = 0.5 * (clear_m + hit_m);
                *(if above(middle_m) > 0.0 { &mut clear_m } else { &mut hit_m }) = middle_m;
            }
            return Some(hit_m);
        }
        if s_m >= far_m {
            return None;
        }
        before_m = s_m;
        s_m = (s_m + (above_m / (1.0 + steepest)).max(0.05)).min(far_m);
    }
}

/// Shoots `count` rays from 0.1 m to 3 km above a square, from straight down to 10° above the
/// horizon, and compares them with brute force.
fn compare(
    ground: &Terrain,
    ((latitude_deg, longitude_deg), size_deg): ((f64, f64), f64),
    steepest: f64,
    count: u32,
) {
    const FAR_M: f64 = 6000.0;
    let mut met = 0;
    for k in 0..count {
        let part = |stride: f64| (f64::from(k) * stride) % 1.0;
        let u = place(
            latitude_deg + size_deg * part(0.569_840_29),
            longitude_deg + size_deg * part(0.754_877_67),
        );
        let above_m = 0.1 * libm::pow(30_000.0, part(0.220_744_08));
        let level_m = elevation_m(ground, u, FINEST_M);
        let ray = beam(u, level_m + above_m, 100.0 * part(0.856_674_88), f64::from(k));
        let (found, expected) = (shoot(ground, ray, FAR_M), brute(ground, ray, FAR_M, steepest));
        met += u32::from(expected.is_some());
        let (found_m, expected_m) = (found.unwrap_or(FAR_M), expected.unwrap_or(FAR_M));
        // Nearer, where ground truly is: brute force has stepped over something thin.
        let at_hit_m = ground.altitude_m(Vector::from_si(ray.0 + ray.1 * found_m));
        let thin = found_m < expected_m && at_hit_m.abs() < 0.02;
        assert!(thin || (found_m - expected_m).abs() < 0.1, "{k}: {found_m} {expected_m}");
        let meets = ground.meets(
            Vector::from_si(ray.0),
            Vector::from_si(ray.1),
            FAR_M,
            &mut Nearby::default(),
        );
        assert_eq!(meets, found.is_some(), "{k}");
    }
    assert!(met > count / 2, "{met} of {count}");
}

#[test]
fn rays_over_generated_ground_are_those_of_brute_force() {
    let mare = ((59.0, -6.0), 2.0);
    compare(&terrain(17, true, vec![]), mare, 4.0, 500);
    compare(&terrain(17, true, vec![]), ((-9.0, 150.0), 2.0), 4.0, 500);
    let rocky =
        TerrainConfig { seed: 17, age_gyr: 3.5, rock_abundance: 0.1, relief: true, tiles: vec![] };
    compare(&Terrain::new(&rocky).unwrap(), mare, 4.0, 500);
}

#[test]
fn rays_over_steep_measured_ground_are_those_of_brute_force() {
    let inner = ((60.40, -4.58), 0.08);
    // Ridges 120 m high and 180 m apart: slopes to 64°.
    let ridge = |c: u32, r: u32| {
        let phase = (f64::from(c) + 0.5 * f64::from(r)) * 0.17;
        (-2400.0 + 60.0 * libm::sin(phase)) as f32
    };
    compare(&terrain(17, true, vec![fine_tile(ridge)]), inner, 4.0, 300);
    // Walls one posting thick and 80 m high: slopes to 87°.
    let wall = |_: u32, r: u32| if r % 40 == 20 { -2320.0 } else { -2400.0 };
    compare(&terrain(17, true, vec![fine_tile(wall)]), inner, 30.0, 200);
    compare(&terrain(17, false, vec![fine_tile(wall)]), inner, 30.0, 200);
}

#[test]
fn rays_over_the_wall_of_a_landform_are_those_of_brute_force() {
    let atlas = || vec![Tile::landform(Landform::Atlas, 17).unwrap()];
    // From the foot of the northern wall to the crest and beyond.
    let wall = ((47.6, 44.0), 0.8);
    compare(&terrain(17, true, atlas()), wall, 4.0, 300);
    compare(&terrain(17, false, atlas()), wall, 4.0, 200);
}

#[test]
fn near_places_have_the_same_ground_to_the_bit() {
    for rock_abundance in [0.01, 0.1] {
        let config =
            TerrainConfig { seed: 5, age_gyr: 3.6, rock_abundance, relief: true, tiles: vec![] };
        let ground = Terrain::new(&config).unwrap();
        // Lines in all directions, by steps of 1 cm to 300 m, over edges and corners of the cube too.
        for line in 0..120 {
            let l = f64::from(line);
            let start = match line % 3 {
                0 => Vector3::new(1.0, 1.0, 1.0),
                1 => Vector3::new(1.0, 0.3, 1.0),
                _ => Vector3::new(libm::sin(1.3 * l), libm::cos(0.7 * l), libm::sin(2.1 * l)),
            };
            let along = Vector3::new(libm::cos(5.3 * l), libm::cos(2.7 * l), libm::sin(3.1 * l))
                .normalize();
            let step_m = libm::pow(10.0, -2.0 + 0.0375 * l);
            let mut nearby = Nearby::default();
            for k in -200_i32..200 {
                let p = Vector::from_si(
                    start.normalize() * MOON_RADIUS_M + along * (step_m * f64::from(k)),
                );
                let resolution_m = [FINEST_M, 5.0, 100.0, FINEST_M][k.rem_euclid(4) as usize];
                let near_m = ground.elevation_near_m(p, resolution_m, &mut nearby);
                assert_eq!(near_m.to_bits(), ground.elevation_m(p, resolution_m).to_bits());
            }
        }
    }
}

/// Slopes of the ground along a direction at scattered places, over 2 · `half_m`.
fn slopes(ground: &Terrain, resolution_m: f64, half_m: f64, corner: (f64, f64)) -> Vec<f64> {
    (0..20_000)
        .map(|k| {
            let kf = f64::from(k);
            let u = place(corner.0 + (kf * 0.618_034) % 2.0, corner.1 + (kf * 0.754_878) % 2.0);
            let (p, d) = beam(u, 0.0, 90.0, 2.4 * kf);
            let at = |s_m: f64| elevation_m(ground, p + d * s_m, resolution_m);
            (at(half_m) - at(-half_m)).abs() / (2.0 * half_m)
        })
        .collect()
}

#[test]
fn generated_ground_is_less_steep_than_rays_take_it_for() {
    let config =
        TerrainConfig { seed: 3, age_gyr: 3.5, rock_abundance: 0.0, relief: true, tiles: vec![] };
    let ground = Terrain::new(&config).unwrap();
    for corner in [(59.0, -6.0), (-9.0, 150.0)] {
        for resolution_m in [FINEST_M, 8.0, 128.0] {
            let slopes = slopes(&ground, resolution_m, 0.1 * resolution_m, corner);
            // The coarse grid's own slope included.
            let steepest = slopes.iter().copied().fold(0.0, f64::max);
            assert!((0.3..SLOPE).contains(&steepest), "{steepest}");
            let steep = slopes.iter().filter(|slope| **slope > 0.8).count();
            assert!(steep <= 10, "{steep} of 20,000");
        }
    }
    // A rock seen from beside it: 32/27 at a third of its radius.
    let mean = |y: f64| (1.0 - y) * (1.0 + y) * (1.0 + y);
    let highest = (0..1000).map(|k| mean(f64::from(k) * 1e-3)).fold(0.0, f64::max);
    assert!(highest <= ROCK_SLOPE && ROCK_SLOPE < highest + 0.01, "{highest}");
}

#[test]
fn measured_ground_is_nowhere_steeper_than_its_bound() {
    let ground = terrain(1, false, vec![Made::mare().tile(rugged)]);
    let mut closest = 0.0_f64;
    for k in 0..1500 {
        let kf = f64::from(k);
        // Inside the tile, over its edges, over the date line, and near both poles.
        let u = match k % 5 {
            0 | 1 => place(58.6 + (kf * 0.618) % 4.0, -6.5 + (kf * 0.755) % 4.0),
            2 => place(-60.0 + (kf * 0.618) % 120.0, 179.0 + (kf * 0.755) % 2.0),
            3 => place(89.0 + (kf * 0.618) % 1.0, (kf * 7.55) % 360.0),
            _ => place(-89.0 - (kf * 0.618) % 1.0, (kf * 7.55) % 360.0),
        };
        let reach_rad = 1e-6 * 1.5_f64.powi(k % 23);
        let bound = ground.measured_slope(u, reach_rad);
        for j in 0..40 {
            // Chords inside the disc, of 2 m to its width.
            let reach_m = reach_rad * MOON_RADIUS_M;
            let (p, d) = beam(u, 0.0, 90.0, f64::from(j));
            let (_, across) = beam(u, 0.0, 90.0, f64::from(j) + 1.57);
            let aside = across * (0.5 * reach_m * f64::from(j % 5 - 2) / 2.0);
            let half_m =
                (reach_m * 0.8 * (f64::from(j % 8) + 1.0) / 8.0).max(0.5 * reach_m.min(1.0));
            let at = |s_m: f64| elevation_m(&ground, p + aside + d * s_m, FINEST_M);
            let slope = (at(half_m) - at(-half_m)).abs() / (2.0 * half_m);
            assert!(slope <= bound * 1.0001 + 1e-6, "{k}, {reach_rad}: {slope} {bound}");
            closest = closest.max(slope / bound);
        }
    }
    assert!(closest > 0.5, "{closest}");
    // A tilted plane is as steep as it is: one in ten to the north, see above.
    let made = Made { corner_deg: (-6.0, 1.5), ..Made::mare() };
    let per_row_m = 0.03_f64.to_radians() * MOON_RADIUS_M * 0.1;
    let tilted = terrain(1, false, vec![made.tile(|_, r| (50.0 - r as f32) * per_row_m as f32)]);
    for reach_rad in [1e-6, 1e-4, 2e-3] {
        let slope = tilted.measured_slope(place(0.0, -4.5), reach_rad);
        assert!((0.1..0.1001).contains(&slope), "{slope}");
    }
}

#[test]
fn what_a_beam_remembers_changes_no_bit_of_its_range() {
    // Down a slanting way over the mare, over rocks, over a tile's edge, and over an edge of the cube.
    let rocky = TerrainConfig {
        seed: 5,
        age_gyr: 3.5,
        rock_abundance: 0.1,
        relief: true,
        tiles: vec![fine_tile(|c, r| -2400.0 + 40.0 * ((c + r) as f32 * 0.05).sin())],
    };
    let grounds = [terrain(17, true, vec![]), Terrain::new(&rocky).unwrap()];
    let mut hits = 0;
    for (ground, corner) in grounds.iter().flat_map(|g| [(g, (60.49, -4.58)), (g, (20.0, 44.99))]) {
        let mut beams: [Nearby; 4] = Default::default();
        for k in 0..300 {
            let kf = f64::from(k);
            let u = place(corner.0 + 1e-4 * kf, corner.1 + 2e-4 * kf);
            let height_m =
                elevation_m(ground, u, FINEST_M) + 20.0 + 0.1 * (300.0 - kf) * (300.0 - kf);
            for (n, nearby) in beams.iter_mut().enumerate() {
                let off_deg = 15.0 * n as f64 + 0.1 * kf;
                let (p, d) = beam(u, height_m, off_deg, n as f64);
                let (p_M, d_M) = (Vector::from_si(p), Vector::from_si(d));
                let cold = ground.ray(p_M, d_M, 8000.0);
                let warm = ground.ray_near(p_M, d_M, 8000.0, nearby);
                assert_eq!(cold.map(f64::to_bits), warm.map(f64::to_bits), "{k} {n}");
                let Some(range_m) = cold else { continue };
                hits += 1;
                let hit_M = Vector::from_si(p + d * range_m);
                let normal = ground.normal(hit_M, 4.0).si();
                assert_eq!(normal, ground.normal_near(hit_M, 4.0, nearby).si());
                let level_m = ground.elevation_near_m(hit_M, FINEST_M, nearby);
                assert_eq!(level_m.to_bits(), ground.elevation_m(hit_M, FINEST_M).to_bits());
            }
        }
    }
    assert!(hits > 4000, "{hits}");
}
