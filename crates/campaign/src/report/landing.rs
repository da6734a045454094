//! Where the runs came down.
//!
//! Owns: the ellipses, the circles, the ground under them.
//! As published — ellipse that holds the next landing with probability p, for normal errors whose mean and
//! covariance are those of n landings, [Chew1966]: d² = (n² − 1)/n ((1 − p)^(−2/(n − 2)) − 1), which becomes
//! −2 ln(1 − p) for many. Circles of equal probability about the target are quantiles of the distance, with order
//! statistics as their interval: no distribution is assumed.
//! How many landings each ellipse in fact holds is counted beside it.

use super::table::Table;
use crate::order::{interval, quantile, upper_bound};
use rig::scenario::Ground;
use rig::verdict::Outcome;
use std::path::Path;

/// Probabilities of the ellipses.
pub const ELLIPSES: [f64; 3] = [0.50, 0.95, 0.99];
/// Fewer landings have no ellipse.
const ELLIPSE_MIN: usize = 8;

/// An ellipse about the mean landing point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// Probability that the next landing lies inside.
    pub probability: f64,
    /// Semi-axes, m, the longer first.
    pub semi_m: [f64; 2],
    /// Landings inside.
    pub holds: u64,
}

/// Landing points of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Landing {
    /// Places in the table of the runs that came down, whatever became of them.
    pub places: Vec<usize>,
    /// East and north of the target, m, in the same order.
    pub points_m: Vec<[f64; 2]>,
    /// Whether each came to rest; ellipses and circles are of these where there are any.
    pub at_rest: Vec<bool>,
    /// Whether any came to rest; if none did, every contact counts.
    pub rested: bool,
    /// Mean of the runs at rest, m.
    pub mean_m: [f64; 2],
    /// Azimuth of the longer axis from north over east, rad, 0 to π.
    pub azimuth_rad: f64,
    /// The ellipses; none with few landings.
    pub ellipses: Vec<Ellipse>,
    /// Ascending distances from the target of the runs at rest, m.
    pub distances_m: Vec<f64>,
}

impl Landing {
    /// Of a campaign; `None` when no run came down.
    pub fn of(table: &Table) -> Option<Self> {
        let (east, north) = (table.column("miss_east_m")?, table.column("miss_north_m")?);
        let down = |i: &usize| east.values[*i].is_finite() && north.values[*i].is_finite();
        let places: Vec<usize> = (0..table.runs.len()).filter(down).collect();
        let points_m: Vec<[f64; 2]> =
            places.iter().map(|i| [east.values[*i], north.values[*i]]).collect();
        let rests = |i: &usize| {
            matches!(
                table.outcomes[*i],
                Outcome::Landed | Outcome::HardLanding | Outcome::TippedOver
            )
        };
        let mut at_rest: Vec<bool> = places.iter().map(rests).collect();
        let rested = at_rest.contains(&true);
        if !rested {
            at_rest.fill(true);
        }
        let counted: Vec<[f64; 2]> =
            points_m.iter().zip(&at_rest).filter(|(_, rest)| **rest).map(|(p, _)| *p).collect();
        let (mean_m, azimuth_rad, ellipses) = ellipses(&counted)?;
        let mut distances_m: Vec<f64> = counted.iter().map(|[e, n]| libm::hypot(*e, *n)).collect();
        distances_m.sort_by(f64::total_cmp);
        Some(Self { places, points_m, at_rest, rested, mean_m, azimuth_rad, ellipses, distances_m })
    }

    /// Radius about the target that holds a share of the landings, with its 95 % interval.
    pub fn circle_m(&self, share: f64) -> (f64, Option<(f64, f64)>) {
        let radius = quantile(&self.distances_m, share).unwrap_or(f64::NAN);
        (radius, interval(&self.distances_m, share, 0.95))
    }

    /// Radius that a share of all landings keep to with a confidence.
    pub fn bound_m(&self, share: f64, confidence: f64) -> Option<f64> {
        upper_bound(&self.distances_m, share, confidence)
    }
}

/// Mean, azimuth of the longer axis, ellipses.
fn ellipses(points: &[[f64; 2]]) -> Option<([f64; 2], f64, Vec<Ellipse>)> {
    let n = points.len() as f64;
    if points.is_empty() {
        return None;
    }
    let sum = |of: &dyn Fn(&[f64; 2]) -> f64| points.iter().map(of).sum::<f64>();
    let mean = [sum(&|p| p[0]) / n, sum(&|p| p[1]) / n];
    if points.len() < ELLIPSE_MIN {
        return Some((mean, 0.0, Vec::new()));
    }
    let moment = |a: usize, b: usize| sum(&|p| (p[a] - mean[a]) * (p[b] - mean[b])) / (n - 1.0);
    let (ee, en, nn) = (moment(0, 0), moment(0, 1), moment(1, 1));
    let (half, apart) = (0.5 * (ee + nn), libm::hypot(0.5 * (ee - nn), en));
    let axes = [half + apart, (half - apart).max(0.0)];
    let azimuth = 0.5 * libm::atan2(2.0 * en, nn - ee);
    let along = [libm::sin(azimuth), libm::cos(azimuth)];
    let squared = |p: &[f64; 2]| {
        let (e, n) = (p[0] - mean[0], p[1] - mean[1]);
        let (u, v) = (e * along[0] + n * along[1], e * along[1] - n * along[0]);
        u * u / axes[0].max(1e-12) + v * v / axes[1].max(1e-12)
    };
    let ellipse = |probability: f64| {
        let most = (n * n - 1.0) / n * libm::expm1(-2.0 / (n - 2.0) * libm::log1p(-probability));
        Ellipse {
            probability,
            semi_m: axes.map(|axis| (most * axis).sqrt()),
            holds: points.iter().filter(|p| squared(p) <= most).count() as u64,
        }
    };
    let azimuth = if azimuth < 0.0 { azimuth + std::f64::consts::PI } else { azimuth };
    Some((mean, azimuth, ELLIPSES.map(ellipse).to_vec()))
}

/// The ground around the target as PNG, north up; says why where it cannot be drawn.
///
/// - `size_m`: length of a side.
pub(super) fn relief(table: &Table, size_m: f64, pixels: usize) -> Result<Vec<u8>, String> {
    let number = |key: &str| table.number(key).ok_or_else(|| format!("the file lacks {key}"));
    let place_rad =
        [number("site.latitude_deg")?.to_radians(), number("site.longitude_deg")?.to_radians()];
    let mut ground = Ground::of_settings(
        |key| table.setting(&format!("terrain.{key}")),
        |key| table.list(&format!("terrain.{key}")).into_iter().map(str::to_string).collect(),
    )
    .ok_or("the file does not say what the ground is")?;
    let path = Path::new(table.flown_file());
    // A scenario names its tiles from its own folder, the command line from the one it stands in.
    for tile in &mut ground.tiles {
        let beside = path.with_file_name("").join(&*tile);
        if beside.exists() {
            *tile = beside;
        }
    }
    let picture = rig::site::relief(&ground, path, place_rad, size_m, pixels);
    let picture = picture.map_err(|reason| reason.to_string())?;
    picture.png().map_err(|reason| reason.to_string())
}
