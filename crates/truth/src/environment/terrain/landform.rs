//! Named landforms whose shape is known from measurement, for where the coarse grid blurs them.
//!
//! Owns: the shape of Atlas, the crater in which Mission 1 of HAKUTO-R was to land. Does not own: what
//! becomes of the samples (see [`super::raster`]), relief on top.
//!
//! As measured, [Scholten2012], elevation model GLD100 at 118 m, by azimuths of 2°, each profile stretched to
//! its own highest point between 34 and 52 km from 46.7° N 44.4° E: the rim lies 44.1 ± 2.2 km from the
//! centre and at −330 ± 240 m, and the mean profile is [`PROFILE_M`]. The floor is 2.4 km below the rim
//! where a fresh crater of this size would be 4.0 km deep, [Pike1977]: Atlas's floor was lifted and broken
//! after it formed. Its rim stands 1.6 km above the ground around, [Pike1977] has 1.4 km.
//! As programmed: at distance r and azimuth α, x = r / (R (1 + a(α))), Keys's cubic c through the profile,
//!     elevation = c(x) + H h(α) w(x) + T sin(2π (x − 0.68)/0.09 + 6 t(α)) v(x)
//! with a, h and t sums over harmonics 2 to 7 of amplitude ∝ 1/k and seeded phases, whose root mean squares
//! are those measured (1 for t), w a hump over the rim, v one over the wall: the terraces, whose height and
//! number are assumed. The floor carries the relief of a mare (assumed: melt and lava have flooded it).
//! Between 1.5 and 2 rim radii it blends into the coarse grid.
//! The same shape can be put anywhere else: what it has above the ground around Atlas, −1.95 km, times a factor
//! is then added to the coarse grid: a crater that nobody has looked for under an approach.
//! Refuses: where each hill of the real crater stands; the two central peaks' own places, which are a ring
//! here; the fractures of the floor, the ramparts of its neighbour Hercules.

use super::grid::Grid;
use super::projection::Projection;
use super::raster::{Raster, smooth, weights};
use super::{TerrainError, hash, lola};
use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;
use std::path::Path;

/// A landform that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Landform {
    /// Crater of 88 km at 46.7° N 44.4° E.
    Atlas,
    /// A crater of its shape elsewhere.
    Crater {
        /// Latitude of the centre, rad.
        latitude_rad: f64,
        /// Longitude of the centre, rad.
        longitude_rad: f64,
        /// Factor on its relief; 1 for that of Atlas.
        relief: f64,
    },
}

/// Where Atlas was measured from, latitude and longitude, degrees, and its mean rim radius, m.
const CENTER_DEG: [f64; 2] = [46.7, 44.4];
/// The same as a unit vector.
const CENTER: [f64; 3] = [0.48999847635737814, 0.4798419597945423, 0.7277727576572105];
const RIM_M: f64 = 44_100.0;
/// Standard deviation of the rim's radius, as a share of it, and of its elevation, m.
const OUT_OF_ROUND: f64 = 0.05;
const UNEVEN_M: f64 = 240.0;
/// Mean elevation, m above the sphere of 1737.4 km, at steps of 1/20 of the rim's radius from the centre.
#[rustfmt::skip]
const PROFILE_M: [f64; 41] = [
    -3060.0, -2940.0, -2710.0, -2550.0, -2680.0, -2740.0, -2770.0, -2810.0, -2830.0, -2870.0,
    -2910.0, -2930.0, -2920.0, -2860.0, -2680.0, -2430.0, -2220.0, -1960.0, -1600.0,  -980.0,
     -330.0,  -610.0,  -770.0,  -850.0,  -950.0, -1110.0, -1270.0, -1430.0, -1580.0, -1680.0,
    -1760.0, -1820.0, -1870.0, -1910.0, -1920.0, -1920.0, -1920.0, -1920.0, -1930.0, -1940.0,
    -1950.0,
];
const PER_RADIUS: f64 = 20.0;
/// Elevation of the ground around it, m: where the profile ends.
const AROUND_M: f64 = PROFILE_M[PROFILE_M.len() - 1];
/// Height of a terrace over its mean slope, m. Assumed.
const TERRACE_M: f64 = 110.0;
/// Rim radii between which the smooth floor ends. Assumed: at the foot of the wall.
const FLOOR: [f64; 2] = [0.62, 0.75];
/// Rim radii between which the coarse grid takes over.
const BLEND: [f64; 2] = [1.5, 2.0];
/// Posting, m, and half the width of the grid: the shape has nothing finer than 2 km.
const POSTING_M: f64 = 400.0;
const HALF_M: f64 = 97_000.0;
/// Harmonics of azimuth.
const HARMONICS: core::ops::RangeInclusive<u32> = 2..=7;

impl Landform {
    /// Every one that has a place of its own.
    pub const NAMED: [Self; 1] = [Self::Atlas];

    /// Name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Atlas => "atlas",
            Self::Crater { .. } => "crater",
        }
    }

    /// Latitude and longitude of its centre, rad.
    fn center_rad(self) -> [f64; 2] {
        match self {
            Self::Atlas => CENTER_DEG.map(f64::to_radians),
            Self::Crater { latitude_rad, longitude_rad, .. } => [latitude_rad, longitude_rad],
        }
    }

    /// Factor on the relief that is added to the coarse grid; `None` where the profile stands for itself.
    const fn added(self) -> Option<f64> {
        match self {
            Self::Atlas => None,
            Self::Crater { relief, .. } => Some(relief),
        }
    }

    /// Share of smooth ground that it brings to a direction: the floor of Atlas carries the relief of a mare, a
    /// crater elsewhere that of the ground it is added to.
    pub(super) fn plain_share(self, u: Vector3<f64>) -> f64 {
        if self != Self::Atlas {
            return 0.0;
        }
        let [x, y, z] = CENTER;
        let off = (u - Vector3::new(x, y, z)).norm() * MOON_RADIUS_M / RIM_M;
        let [from, to] = FLOOR;
        1.0 - smooth((off - from) / (to - from))
    }

    /// The landform as a grid.
    pub(super) fn raster(self, seed: u64) -> Result<Raster, TerrainError> {
        let coarse = lola()?;
        let [latitude_rad, longitude_rad] = self.center_rad();
        let shape = Shape::new(seed, [latitude_rad, longitude_rad], self.added());
        let number = (2.0 * HALF_M / POSTING_M) as usize;
        let half = 0.5 * (number as f64 - 1.0);
        let step_y_rad = POSTING_M / MOON_RADIUS_M;
        let step_x_rad = step_y_rad / libm::cos(latitude_rad);
        let projection = Projection::Cylindrical {
            west_rad: longitude_rad - half * step_x_rad,
            north_rad: latitude_rad + half * step_y_rad,
            step_x_rad,
            step_y_rad,
        };
        let sample = |k: usize| {
            let [latitude, longitude] = projection.place((k % number) as f64, (k / number) as f64);
            let around_m = coarse.at(latitude, longitude).0;
            shape.elevation_m(latitude, longitude, around_m) as f32
        };
        let samples = (0..number * number).map(sample).collect();
        Raster::new(Grid::whole(number, number, samples), projection, Path::new(self.name()))
    }
}

/// Sum over harmonics of azimuth with root mean square 1.
struct Wave([[f64; 2]; 6]);

impl Wave {
    fn new(seed: u64, which: u64) -> Self {
        let squares: f64 = HARMONICS.map(|k| 0.5 / f64::from(k * k)).sum();
        let mut out = [[0.0; 2]; 6];
        for (slot, k) in out.iter_mut().zip(HARMONICS) {
            let drawn = hash::mix(seed ^ hash::mix(0xa71a_5000 + 16 * which + u64::from(k)));
            let phase = core::f64::consts::TAU * super::cells::part(drawn >> 40, 24);
            let (sin, cos) = libm::sincos(phase);
            let amplitude = 1.0 / (f64::from(k) * squares.sqrt());
            *slot = [amplitude * cos, amplitude * sin];
        }
        Self(out)
    }

    /// Value at the azimuth whose cosine and sine are given.
    fn at(&self, [cos, sin]: [f64; 2]) -> f64 {
        let turned = |[a, b]: [f64; 2]| [a * cos - b * sin, a * sin + b * cos];
        let (mut power, mut sum) = (turned([cos, sin]), 0.0);
        for [a, b] in self.0 {
            sum += a * power[0] - b * power[1];
            power = turned(power);
        }
        sum
    }
}

struct Shape {
    center: Vector3<f64>,
    east: Vector3<f64>,
    north: Vector3<f64>,
    radius: Wave,
    height: Wave,
    terraces: Wave,
    added: Option<f64>,
}

impl Shape {
    fn new(seed: u64, [latitude_rad, longitude_rad]: [f64; 2], added: Option<f64>) -> Self {
        let center = unit(latitude_rad, longitude_rad);
        let east = Vector3::z().cross(&center).normalize();
        let north = center.cross(&east);
        let wave = |which| Wave::new(seed, which);
        Self { center, east, north, radius: wave(0), height: wave(1), terraces: wave(2), added }
    }

    /// - `around_m`: elevation of the coarse grid there.
    fn elevation_m(&self, latitude_rad: f64, longitude_rad: f64, around_m: f64) -> f64 {
        let u = unit(latitude_rad, longitude_rad);
        let (e, n) = (u.dot(&self.east), u.dot(&self.north));
        let aside = libm::hypot(e, n);
        let r = libm::atan2(aside, u.dot(&self.center)) * MOON_RADIUS_M / RIM_M;
        let azimuth = if aside > 0.0 { [n / aside, e / aside] } else { [1.0, 0.0] };
        // Round at the centre, where no azimuth is defined.
        let x = r / (1.0 + OUT_OF_ROUND * self.radius.at(azimuth) * smooth(2.0 * r));
        let rim = smooth((x - 0.6) / 0.4) * (1.0 - smooth((x - 1.0) / 0.5));
        let wall = smooth((x - 0.68) / 0.07) * (1.0 - smooth((x - 0.9) / 0.07));
        let terrace = core::f64::consts::TAU * (x - 0.68) / 0.09 + 6.0 * self.terraces.at(azimuth);
        let own_m = profile_m(x)
            + UNEVEN_M * self.height.at(azimuth) * rim
            + TERRACE_M * libm::sin(terrace) * wall;
        let [from, to] = BLEND;
        let beyond = smooth((r - from) / (to - from));
        match self.added {
            Some(relief) => around_m + (1.0 - beyond) * relief * (own_m - AROUND_M),
            None => own_m + beyond * (around_m - own_m),
        }
    }
}

fn unit(latitude_rad: f64, longitude_rad: f64) -> Vector3<f64> {
    let (sin, cos) = libm::sincos(latitude_rad);
    let (sin_l, cos_l) = libm::sincos(longitude_rad);
    Vector3::new(cos * cos_l, cos * sin_l, sin)
}

/// The mean profile at a distance in rim radii.
fn profile_m(x: f64) -> f64 {
    let last = PROFILE_M.len() - 1;
    let s = (x * PER_RADIUS).clamp(0.0, last as f64);
    let first = (s as usize).min(last - 1);
    // The same on the far side of the centre.
    let at = |k: isize| PROFILE_M[k.unsigned_abs().min(last)];
    let k = first as isize - 1;
    let terms = weights(s - first as f64);
    terms.iter().zip(k..).map(|(weight, k)| weight * at(k)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{elevation_m, place, terrain};
    use super::super::{FINEST_M, Tile};
    use super::*;

    fn at(x: f64, azimuth_deg: f64) -> [f64; 2] {
        let [latitude, longitude] = CENTER_DEG.map(f64::to_radians);
        let (sin, cos) = libm::sincos(azimuth_deg.to_radians());
        let (s, c) = libm::sincos(x * RIM_M / MOON_RADIUS_M);
        let center = unit(latitude, longitude);
        let east = Vector3::z().cross(&center).normalize();
        let u = center * c + (east * sin + center.cross(&east) * cos) * s;
        [libm::asin(u.z), libm::atan2(u.y, u.x)]
    }

    fn mean_m(tile: &Tile, x: f64) -> f64 {
        let at = |k: i32| {
            let [latitude, longitude] = at(x, f64::from(k));
            tile.elevation_m(latitude, longitude).unwrap()
        };
        (0..360).map(at).sum::<f64>() / 360.0
    }

    #[test]
    fn atlas_has_its_measured_floor_flank_and_rim() {
        for seed in [1, 2, 3] {
            let tile = Tile::landform(Landform::Atlas, seed).unwrap();
            // Where the profile is nearly straight, stretching it leaves the mean as it is.
            for (x, elevation_m) in [(0.35, -2810.0), (0.5, -2910.0), (1.15, -850.0)] {
                let mean_m = mean_m(&tile, x);
                assert!((mean_m - elevation_m).abs() < 40.0, "{seed}, {x}: {mean_m}");
            }
            let rims: Vec<(f64, f64)> = (0..360)
                .map(|azimuth| {
                    let profile = (0..=80).map(|k| {
                        let x = 0.8 + 0.005 * f64::from(k);
                        let [latitude, longitude] = at(x, f64::from(azimuth));
                        (x, tile.elevation_m(latitude, longitude).unwrap())
                    });
                    profile.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
                })
                .collect();
            let mean = |of: fn(&(f64, f64)) -> f64| rims.iter().map(of).sum::<f64>() / 360.0;
            let (radius, rim_m) = (mean(|r| r.0), mean(|r| r.1));
            assert!(
                (radius - 1.0).abs() < 0.01 && (rim_m + 330.0).abs() < 40.0,
                "{radius} {rim_m}"
            );
            let spread = rims.iter().map(|r| (r.1 - rim_m) * (r.1 - rim_m)).sum::<f64>() / 360.0;
            assert!((spread.sqrt() / UNEVEN_M - 1.0).abs() < 0.1, "{}", spread.sqrt());
        }
    }

    #[test]
    fn the_smooth_floor_lies_around_the_centre_and_ends_at_the_wall() {
        let [latitude, longitude] = CENTER_DEG.map(f64::to_radians);
        let share = |x: f64| {
            let [latitude, longitude] = at(x, 123.0);
            Landform::Atlas.plain_share(unit(latitude, longitude))
        };
        let [x, y, z] = CENTER;
        assert!((unit(latitude, longitude) - Vector3::new(x, y, z)).norm() < 1e-12);
        assert_eq!((share(0.0), share(0.6), share(0.76)), (1.0, 1.0, 0.0));
        assert!((0.01..0.99).contains(&share(0.69)));
    }

    #[test]
    fn a_crater_elsewhere_adds_its_relief_to_the_ground_that_is_there() {
        let [latitude_rad, longitude_rad] = [60.0, -5.0].map(f64::to_radians);
        let crater = |relief| {
            let landform = Landform::Crater { latitude_rad, longitude_rad, relief };
            Tile::landform(landform, 1).unwrap().elevation_m(latitude_rad, longitude_rad).unwrap()
        };
        // The floor under the centre: the profile's first value below its last, and nothing at factor zero.
        let ground_m = lola().unwrap().at(latitude_rad, longitude_rad).0;
        assert!((crater(0.0) - ground_m).abs() < 1.0, "{} {ground_m}", crater(0.0));
        // Beyond two radii nothing of it is left.
        let far_rad = longitude_rad + 2.1 * RIM_M / MOON_RADIUS_M / libm::cos(latitude_rad);
        let landform = |relief| Landform::Crater { latitude_rad, longitude_rad, relief };
        let at = |relief| {
            Tile::landform(landform(relief), 1).unwrap().elevation_m(latitude_rad, far_rad).unwrap()
        };
        assert!((at(1.0) - at(0.0)).abs() < 0.5, "{} {}", at(1.0), at(0.0));
        for relief in [0.5, 1.0] {
            let deep_m = relief * (PROFILE_M[0] - AROUND_M);
            let found_m = crater(relief) - crater(0.0);
            assert!((found_m - deep_m).abs() < 0.02 * deep_m.abs(), "{found_m} {deep_m}");
        }
    }

    #[test]
    fn another_seed_makes_another_atlas_and_the_same_seed_the_same() {
        let [one, same, other] =
            [1, 1, 2].map(|seed| Tile::landform(Landform::Atlas, seed).unwrap());
        let [latitude, longitude] = at(0.97, 10.0);
        let at = |tile: &Tile| tile.elevation_m(latitude, longitude).unwrap();
        assert_eq!(at(&one).to_bits(), at(&same).to_bits());
        assert!((at(&one) - at(&other)).abs() > 1.0);
    }

    #[test]
    fn a_landform_ends_without_a_step_and_keeps_the_relief_on_top() {
        let tile = || vec![Tile::landform(Landform::Atlas, 5).unwrap()];
        let (with, without) = (terrain(5, false, tile()), terrain(5, false, vec![]));
        for azimuth_deg in [0.0, 77.0, 200.0, 311.0] {
            let mut before_m = None;
            for k in 0..400 {
                let [latitude, longitude] = at(1.4 + 0.003 * f64::from(k), azimuth_deg);
                let u = place(latitude.to_degrees(), longitude.to_degrees());
                let here_m = elevation_m(&with, u, FINEST_M);
                // 132 m apart: 0.3 of slope at most.
                assert!(before_m.is_none_or(|before: f64| (here_m - before).abs() < 40.0));
                before_m = Some(here_m);
                if k > 250 {
                    let coarse_m = elevation_m(&without, u, FINEST_M);
                    assert!((here_m - coarse_m).abs() < 20.0, "{k}: {here_m} {coarse_m}");
                }
            }
        }
        // Outside the smooth floor the relief is that of the ground without it.
        let (rough, bare) = (terrain(5, true, tile()), terrain(5, true, vec![]));
        let u = place(48.2, 44.1);
        let relief = elevation_m(&rough, u, FINEST_M) - elevation_m(&with, u, FINEST_M);
        let expected = elevation_m(&bare, u, FINEST_M) - elevation_m(&without, u, FINEST_M);
        assert!((relief - expected).abs() < 1e-6 && relief.abs() > 1.0, "{relief} {expected}");
    }
}
