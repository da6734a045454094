//! Tests of the ground as a whole and of tiles.

use super::*;
use std::io::Cursor;
use tiff::encoder::{TiffEncoder, colortype};
use tiff::tags::Tag;

pub(super) fn bare() -> Terrain {
    terrain(1, false, Vec::new())
}

pub(super) fn terrain(seed: u64, relief: bool, tiles: Vec<Tile>) -> Terrain {
    Terrain::new(&TerrainConfig { seed, age_gyr: 3.5, rock_abundance: 0.01, relief, tiles })
        .unwrap()
}

pub(super) fn place(latitude_deg: f64, longitude_deg: f64) -> Vector3<f64> {
    let (a, b) = (latitude_deg.to_radians(), longitude_deg.to_radians());
    Vector3::new(a.cos() * b.cos(), a.cos() * b.sin(), a.sin())
}

pub(super) fn elevation_m(terrain: &Terrain, u: Vector3<f64>, resolution_m: f64) -> f64 {
    terrain.elevation_m(Vector::from_si(u), resolution_m)
}

/// A geographic GeoTIFF of float32 samples: north-west corner and step in degrees.
pub(super) struct Made {
    pub(super) corner_deg: (f64, f64),
    pub(super) step_deg: f64,
    pub(super) side: u32,
    pub(super) radius_m: f64,
    pub(super) model: u16,
}

impl Made {
    pub(super) fn mare() -> Self {
        Self {
            corner_deg: (-6.0, 62.0),
            step_deg: 0.03,
            side: 100,
            radius_m: 1_737_400.0,
            model: 2,
        }
    }

    pub(super) fn bytes(&self, height_m: impl Fn(u32, u32) -> f32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
        let mut image = encoder.new_image::<colortype::Gray32Float>(self.side, self.side).unwrap();
        let tags = image.encoder();
        let (west, north) = self.corner_deg;
        tags.write_tag(Tag::ModelPixelScaleTag, &[self.step_deg, self.step_deg, 0.0][..]).unwrap();
        tags.write_tag(Tag::ModelTiepointTag, &[0.0, 0.0, 0.0, west, north, 0.0][..]).unwrap();
        let keys: [u16; 16] =
            [1, 1, 0, 3, 1024, 0, 1, self.model, 1025, 0, 1, 1, 2057, 34_736, 1, 0];
        tags.write_tag(Tag::GeoKeyDirectoryTag, &keys[..]).unwrap();
        tags.write_tag(Tag::GeoDoubleParamsTag, &[self.radius_m][..]).unwrap();
        let samples: Vec<f32> =
            (0..self.side * self.side).map(|k| height_m(k % self.side, k / self.side)).collect();
        image.write_data(&samples).unwrap();
        bytes.into_inner()
    }

    pub(super) fn tile(&self, height_m: impl Fn(u32, u32) -> f32) -> Tile {
        let raster = Arc::new(opened(&self.bytes(height_m)).unwrap());
        Tile { raster, landform: None }
    }
}

fn opened(bytes: &[u8]) -> Result<Raster, TerrainError> {
    geotiff::parse(Cursor::new(bytes.to_vec()), bytes.len() as u64, Path::new("made.tif"))
}

fn refusal(bytes: &[u8]) -> String {
    opened(bytes).unwrap_err().to_string()
}

#[test]
fn the_coarse_grid_puts_known_places_at_their_heights() {
    let ground = bare();
    // GLD100 at full posting [Scholten2012]: Mare Frigoris site −2451 m, Atlas floor near 47.5 N
    // 44.4 E −3138 m, Mare Crisium −3646 m, Apollo 11 −1931 m. At 10.7 km posting the two craters
    // and the mare agree to some hundred metres; maria, being flat, to 150 m.
    for (latitude, longitude, elevation, tolerance) in [
        (60.5, -4.6, -2451.0, 150.0),
        (47.5, 44.4, -3138.0, 700.0),
        (18.562, 61.810, -3646.0, 150.0),
        (0.674, 23.473, -1931.0, 150.0),
    ] {
        let found = elevation_m(&ground, place(latitude, longitude), FINEST_M);
        assert!((found - elevation).abs() < tolerance, "{latitude} {longitude}: {found}");
    }
}

#[test]
fn the_whole_moon_has_lolas_range_and_mean() {
    // LOLA: −9.1 km (Antoniadi) to +10.8 km (far-side highlands), [Smith2010]; the grid is smoothed
    // and looked at every degree.
    let ground = bare();
    let (mut low, mut high, mut sum, mut weights) = (0.0_f64, 0.0_f64, 0.0, 0.0);
    for k in 0..180 * 360 {
        let (latitude, longitude) = (f64::from(k / 360) - 89.5, f64::from(k % 360));
        let e = elevation_m(&ground, place(latitude, longitude), FINEST_M);
        (low, high) = (low.min(e), high.max(e));
        sum += e * latitude.to_radians().cos();
        weights += latitude.to_radians().cos();
    }
    assert!((-9_200.0..-7_500.0).contains(&low), "{low}");
    assert!((8_500.0..10_900.0).contains(&high), "{high}");
    // Mean radius 1737.15 km, [Smith2010]: 0.25 km below the reference sphere.
    assert!((sum / weights + 250.0).abs() < 50.0, "{}", sum / weights);
}

#[test]
fn the_same_seed_makes_the_same_ground_and_another_seed_another() {
    let (one, same, other) =
        (terrain(9, true, vec![]), terrain(9, true, vec![]), terrain(8, true, vec![]));
    for k in 0..200 {
        let u = place(60.0 + f64::from(k) * 0.001, -4.0);
        assert_eq!(elevation_m(&one, u, 2.0).to_bits(), elevation_m(&same, u, 2.0).to_bits());
        assert_ne!(elevation_m(&one, u, 2.0), elevation_m(&other, u, 2.0));
    }
}

#[test]
fn no_ground_rises_above_what_is_returned_and_the_bound() {
    let (ground, measured) = (terrain(3, true, vec![]), bare());
    assert_eq!(ground.generated_bound_m(FINEST_M), 0.0);
    assert_eq!(measured.generated_bound_m(f64::INFINITY), 0.0);
    let everything_m = ground.generated_bound_m(f64::INFINITY);
    // Mare and highland, scattered and along a line.
    for k in 0..40_000 {
        let k = f64::from(k);
        for u in [
            place(60.0 + k * 0.000_37, -4.0 + k * 0.000_71),
            place(-60.0 + (k * 0.618) % 120.0, (k * 0.755) % 360.0),
            place(5.0 + k * 2e-7, 150.0),
        ] {
            let all = elevation_m(&ground, u, FINEST_M);
            for resolution_m in [1.0, 8.0, 64.0, 512.0, 1024.0, 1e5] {
                let rise = all - elevation_m(&ground, u, resolution_m);
                let bound_m = ground.generated_bound_m(resolution_m);
                assert!(rise <= bound_m, "{rise} above {bound_m} at {resolution_m}");
            }
            assert!(all - elevation_m(&measured, u, FINEST_M) <= everything_m);
        }
    }
}

#[test]
fn the_ground_is_continuous_everywhere() {
    let ground = terrain(3, true, vec![Made::mare().tile(|c, r| (c * r) as f32 * 0.1)]);
    // Along parallels and meridians through a tile, its edges, the date line and a cube's edges.
    for (start, step) in [
        (place(60.0, -6.2), place(60.0, -6.1) - place(60.0, -6.2)),
        (place(62.2, -5.0), place(62.1, -5.0) - place(62.2, -5.0)),
        (place(20.0, 179.999), place(20.0, 180.001) - place(20.0, 179.999)),
        (place(0.0, 44.999), place(0.0, 45.001) - place(0.0, 44.999)),
        (place(89.99, 10.0), place(89.99, 190.0) - place(89.99, 10.0)),
    ] {
        let length_m = step.norm() * MOON_RADIUS_M;
        let n = 10_000;
        let at =
            |k: i32| elevation_m(&ground, start + step * (f64::from(k) / f64::from(n)), FINEST_M);
        let limit_m = 1.8 * length_m / f64::from(n); // 61°
        assert!((0..n).all(|k| (at(k + 1) - at(k)).abs() < limit_m + 1e-6), "{start}");
    }
}

#[test]
fn normals_of_a_tilted_plane_follow_the_closed_form() {
    // A tile rising one in ten to the north: 0.03° of latitude are 909.7 m.
    let made = Made { corner_deg: (-6.0, 1.5), ..Made::mare() };
    let per_row_m = 0.03_f64.to_radians() * MOON_RADIUS_M * 0.1;
    let ground = terrain(1, false, vec![made.tile(|_, r| (50.0 - r as f32) * per_row_m as f32)]);
    let u = place(0.0, -4.5);
    let n = ground.normal(Vector::from_si(u), 10.0).si();
    let expected = (u - Vector3::z() * 0.1).normalize();
    assert!((n - expected).norm() < 1e-5, "{n} {expected}");
}

#[test]
fn a_tile_replaces_the_coarse_grid_and_silences_what_it_has_measured() {
    let tile = Made::mare().tile(|_, _| 1234.0);
    let (with, without) = (terrain(1, false, vec![tile.clone()]), bare());
    let (inside, outside) = (place(60.5, -4.5), place(55.0, -4.5));
    assert!((elevation_m(&with, inside, 2.0) - 1234.0).abs() < 1e-9);
    assert_eq!(elevation_m(&with, outside, 2.0), elevation_m(&without, outside, 2.0));
    assert!(tile.covers(inside.z.asin(), -4.5_f64.to_radians()) && !tile.covers(0.0, 0.0));
    // Posting 0.9 km: nothing above 1.8 km is generated inside, everything outside.
    let relief = terrain(1, true, vec![tile]);
    let plain = terrain(1, true, vec![]);
    let roughness = |ground: &Terrain, bare: &Terrain, u| {
        elevation_m(ground, u, 1000.0) - elevation_m(bare, u, 1000.0)
    };
    assert_eq!(roughness(&relief, &with, inside), 0.0);
    assert_eq!(roughness(&relief, &with, outside), roughness(&plain, &without, outside));
    assert!(roughness(&plain, &without, inside).abs() > 1e-3);
}

#[test]
fn the_first_of_two_tiles_has_the_last_word() {
    let tiles = vec![Made::mare().tile(|_, _| 100.0), Made::mare().tile(|_, _| 200.0)];
    let ground = terrain(1, false, tiles);
    assert!((elevation_m(&ground, place(60.5, -4.5), 2.0) - 100.0).abs() < 1e-9);
}

#[test]
fn a_file_that_is_no_map_of_the_moon_is_refused_by_name() {
    let flat = |_: u32, _: u32| 0.0_f32;
    let good = Made::mare().bytes(flat);
    assert!(opened(&good).is_ok());
    assert!(refusal(b"PNG, not TIFF").starts_with("made.tif: not a readable TIFF"));
    // Cut anywhere: an error or, where only padding is lost, still a grid; never a panic.
    for cut in (0..good.len()).step_by(97) {
        let _ = opened(&good[..cut]);
    }
    assert!(refusal(&good[..good.len() / 2]).contains("made.tif"));
    let earth = Made { radius_m: 6_378_137.0, ..Made::mare() }.bytes(flat);
    assert!(refusal(&earth).contains("6378137"), "{}", refusal(&earth));
    let nonsense = Made { radius_m: f64::NAN, ..Made::mare() }.bytes(flat);
    assert!(refusal(&nonsense).contains("NaN"));
    let geocentric = Made { model: 3, ..Made::mare() }.bytes(flat);
    assert!(refusal(&geocentric).contains("model type 3"));
    let beyond = Made { corner_deg: (0.0, 91.0), ..Made::mare() }.bytes(flat);
    assert!(refusal(&beyond).contains("latitude"), "{}", refusal(&beyond));
    assert!(refusal(&Made { side: 3, ..Made::mare() }.bytes(flat)).contains("3 x 3"));
    let void = Made::mare().bytes(|_, _| f32::NAN);
    assert!(refusal(&void).contains("not one sample"), "{}", refusal(&void));
    let feet = Made::mare().bytes(|_, _| -40_000.0);
    assert!(refusal(&feet).contains("-40000"));
    let absent = Tile::read(Path::new("no/such/tile.tif")).unwrap_err().to_string();
    assert!(absent.contains("no/such/tile.tif"), "{absent}");
}

#[test]
fn flipped_bytes_in_a_tile_never_panic() {
    let good = Made { side: 8, ..Made::mare() }.bytes(|c, r| (c + r) as f32);
    for k in 0..good.len() {
        for flip in [0xff, 0x80, 0x01] {
            let mut bad = good.clone();
            bad[k] ^= flip;
            let _ = opened(&bad);
        }
    }
}

#[test]
fn an_impossible_age_is_refused() {
    for age_gyr in [-0.1, 4.6, f64::NAN] {
        let config =
            TerrainConfig { seed: 1, age_gyr, rock_abundance: 0.0, relief: true, tiles: vec![] };
        assert!(matches!(Terrain::new(&config), Err(TerrainError::Age { .. })));
    }
}

/// Grids to bound: rough enough that cubic convolution overshoots at every other sample.
pub(super) fn rugged(c: u32, r: u32) -> f32 {
    let mixed = (c.wrapping_mul(73_856_093) ^ r.wrapping_mul(19_349_663)) % 2000;
    f32::from(mixed as u16) - 1000.0
}

/// The highest of many elevations inside a disc.
fn highest_m(ground: &Terrain, u: Vector3<f64>, reach_rad: f64) -> f64 {
    let aside = if u.z.abs() < 0.7 { Vector3::z() } else { Vector3::x() };
    let e1 = aside.cross(&u).normalize();
    let e2 = u.cross(&e1);
    (0..40 * 40)
        .map(|k| {
            let (ring, turn) = (f64::from(k / 40) / 39.0, f64::from(k % 40) * 0.157_08);
            let (angle, around) = (reach_rad * ring, e1 * turn.cos() + e2 * turn.sin());
            elevation_m(ground, u * angle.cos() + around * angle.sin(), FINEST_M)
        })
        .fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn the_ceiling_is_never_below_the_ground_it_covers() {
    let tile = Made::mare().tile(rugged);
    let ground = terrain(1, false, vec![tile]);
    for k in 0..1500 {
        let kf = f64::from(k);
        // Inside the tile, over its edges, over the date line, and near both poles.
        let u = match k % 5 {
            0 | 1 => place(58.6 + (kf * 0.618) % 4.0, -6.5 + (kf * 0.755) % 4.0),
            2 => place(-60.0 + (kf * 0.618) % 120.0, 179.0 + (kf * 0.755) % 2.0),
            3 => place(86.0 + (kf * 0.618) % 4.0, (kf * 7.55) % 360.0),
            _ => place(-86.0 - (kf * 0.618) % 4.0, (kf * 7.55) % 360.0),
        };
        let reach_rad = 1e-5 * 1.5_f64.powi(k % 23);
        let (bound, found) =
            (ground.measured_ceiling_m(u, reach_rad), highest_m(&ground, u, reach_rad));
        assert!(bound >= found, "{k}: {bound} {found} within {reach_rad}");
        assert!(bound <= 12_000.0, "{bound}");
    }
    // A disc as wide as the Moon, a negative one, and one that is no number.
    assert!(ground.measured_ceiling_m(place(0.0, 0.0), 4.0) > 8_500.0);
    let u = place(60.5, -4.5);
    assert_eq!(ground.measured_ceiling_m(u, -1.0), ground.measured_ceiling_m(u, 0.0));
    assert!(ground.measured_ceiling_m(u, f64::NAN) >= elevation_m(&ground, u, FINEST_M));
}

#[test]
fn the_ceiling_is_close_to_the_ground_it_covers() {
    // A cone 5 km high in the middle of a tile: slope 1 in 9, so that a square four times as wide
    // as the disc can be higher by the slope times its diagonal.
    let cone = |c: u32, r: u32| {
        let (x, y) = (f64::from(c) - 50.0, f64::from(r) - 50.0);
        (5000.0 - 100.0 * (x * x + y * y).sqrt()) as f32
    };
    let ground = terrain(1, false, vec![Made::mare().tile(cone)]);
    let posting_rad = 0.03_f64.to_radians();
    for k in 0..200 {
        let kf = f64::from(k);
        let u = place(60.0 + (kf * 0.618) % 1.0, -5.0 + (kf * 0.755) % 1.0);
        let postings = 2.0 + kf * 0.05;
        let reach_rad = postings * posting_rad;
        let above_m = ground.measured_ceiling_m(u, reach_rad) - highest_m(&ground, u, reach_rad);
        // Twice as many columns as rows at 60° N. Sides of at most 8 or twice the disc's width.
        let side = 8.0_f64.max(4.0 * postings);
        assert!(above_m <= 100.0 * (1.5 * side + 3.0), "{postings}: {above_m}");
    }
    // Level ground is bounded by itself.
    let level = terrain(1, false, vec![Made::mare().tile(|_, _| -2000.0)]);
    let bound = level.measured_ceiling_m(place(60.5, -4.5), 1e-3);
    assert!((-2000.0..-1999.99).contains(&bound), "{bound}");
}
