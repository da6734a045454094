//! Sampling the ground under a flight for the page's maps.
//!
//! Owns: which rectangles are shown. Does not own: the ground (see `truth::environment::terrain`).

use super::relief::TerrainPatch;
use super::series::{Columns, FINAL_S};
use icd::frames::{L, Position, Vector};
use truth::environment::Site;
use truth::environment::terrain::Terrain;

/// Samples along each side of a map.
const SIDE: usize = 240;
/// Least half width of the close map, m (assumed: shows the ellipse of a good landing).
const CLOSE_M: f64 = 400.0;

/// Two maps: the last three minutes of the track, and the ground around target and end.
///
/// Empty when the record has no track. Cost: 115 000 evaluations of the terrain.
pub fn survey(terrain: &Terrain, site: &Site, columns: &dyn Columns) -> Vec<TerrainPatch> {
    let Some(track) = track(columns) else { return Vec::new() };
    let Some(&end) = track.last() else { return Vec::new() };
    let near = [[0.0, 0.0], end];
    [
        ("last three minutes", square(&track, 0.08, 0.0)),
        ("around the target", square(&near, 0.6, CLOSE_M)),
    ]
    .into_iter()
    .map(|(title, ([east, north], half_m))| patch(terrain, site, title, [east, north], half_m))
    .collect()
}

/// East and north of the last three minutes, with the target among them.
fn track(columns: &dyn Columns) -> Option<Vec<[f64; 2]>> {
    let (t_s, east, north) = (
        columns.column("t_s")?,
        columns.column("truth.p_LB_L.0")?,
        columns.column("truth.p_LB_L.1")?,
    );
    let since = t_s.last()? - FINAL_S;
    let places = t_s.iter().zip(east.iter().zip(north.iter()));
    let late = places.filter(|(t, _)| **t >= since).map(|(_, (e, n))| [*e, *n]);
    Some(std::iter::once([0.0, 0.0]).chain(late).collect())
}

/// Centre and half width of the square that holds all points with a margin, as a share of the width.
fn square(points: &[[f64; 2]], margin: f64, half_min: f64) -> ([f64; 2], f64) {
    let side = |k: usize| {
        let low = points.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max);
        (0.5 * (low + high), 0.5 * (high - low))
    };
    let (east, north) = (side(0), side(1));
    ([east.0, north.0], (east.1.max(north.1) * (1.0 + margin)).max(half_min))
}

fn patch(
    terrain: &Terrain,
    site: &Site,
    title: &str,
    centre: [f64; 2],
    half_m: f64,
) -> TerrainPatch {
    let cell_m = 2.0 * half_m / (SIDE - 1) as f64;
    let at = |k: usize, i: usize| centre[k] - half_m + cell_m * i as f64;
    let mut elevation_m = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let p_LA_L: Vector<Position, L> = Vector::new(at(0, column), at(1, row), 0.0);
            let p_MA_M = site.p_MA_M(p_LA_L);
            let height = terrain.elevation_m(p_MA_M, cell_m) - site.elevation_m;
            #[allow(clippy::cast_possible_truncation)] // heights of some kilometres
            elevation_m.push(height as f32);
        }
    }
    TerrainPatch {
        title: title.to_string(),
        east_m: [centre[0] - half_m, centre[0] + half_m],
        north_m: [centre[1] - half_m, centre[1] + half_m],
        columns: SIDE,
        rows: SIDE,
        elevation_m,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_holds_its_points_and_is_never_smaller_than_asked() {
        let ([east, north], half) = square(&[[0.0, 0.0], [100.0, -40.0]], 0.1, 0.0);
        assert!((east - 50.0).abs() < 1e-12 && (north + 20.0).abs() < 1e-12);
        assert!((half - 55.0).abs() < 1e-9);
        assert_eq!(square(&[[0.0, 0.0], [1.0, 1.0]], 0.1, 400.0).1, 400.0);
    }
}
