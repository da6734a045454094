//! The ground near the lander, fine enough for a pad.
//!
//! Owns: the frame `G` of one landing and the surface in it. Does not own: the relief (`environment`).
//!
//! As programmed: `G` is fixed to the Moon, its origin on the ground under the lander, z up there.
//! The surface is the terrain sampled at the nodes of a square lattice and bilinear between them: it
//! has no step anywhere, so that a foot crossing a cell gains nothing. Nodes are sampled when a point
//! of the lander first comes over their cell: about a microsecond each, a few at a time.
//! Refuses: relief between the nodes, overhangs.

use crate::environment::Environment;
use crate::environment::terrain::FINEST_M;
use icd::constants::MOON_RADIUS_M;
use icd::frames::Vector;
use nalgebra::{Matrix3, Vector3};
use std::sync::Arc;

/// Number of the furthest cell.
const FAR: f64 = 1e15;

/// What the surface is made of.
#[derive(Clone, Debug)]
enum Surface {
    /// The terrain of the Moon.
    Relief(Arc<Environment>),
    /// An even slope: its rise along x and y.
    Even([f64; 2]),
}

/// The ground under one landing.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    surface: Surface,
    posting_m: f64,
    /// Origin of `G`.
    pub p_MG_M: Vector3<f64>,
    /// Axes of `G`.
    pub R_MG: Matrix3<f64>,
}

/// Four nodes of the lattice; the point of the lander above them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    i: [i64; 2],
    /// Heights at (0, 0), (1, 0), (0, 1), (1, 1), m.
    z_m: [f64; 4],
    /// The highest of them, m.
    pub top_m: f64,
}

/// The surface at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footing {
    /// Height in `G`, m.
    pub z_m: f64,
    /// Outward normal, unit.
    pub n_G: Vector3<f64>,
}

impl Ground {
    /// The ground under a place above the Moon.
    pub fn under(environment: &Arc<Environment>, p_M: Vector3<f64>, posting_m: f64) -> Self {
        let up = p_M / p_M.norm();
        let elevation_m = environment.terrain.elevation_m(Vector::from_si(p_M), FINEST_M);
        let aside = if up.z.abs() < 0.7 { Vector3::z() } else { Vector3::x() };
        let e1 = aside.cross(&up);
        let e1 = e1 / e1.norm();
        Self {
            surface: Surface::Relief(environment.clone()),
            posting_m,
            p_MG_M: up * (MOON_RADIUS_M + elevation_m),
            R_MG: Matrix3::from_columns(&[e1, up.cross(&e1), up]),
        }
    }

    /// An even slope through the origin, `G` being the frame of a test stand.
    pub fn even(rise: [f64; 2]) -> Self {
        Self {
            surface: Surface::Even(rise),
            posting_m: 1.0,
            p_MG_M: Vector3::zeros(),
            R_MG: Matrix3::identity(),
        }
    }

    fn node_m(&self, i: [i64; 2]) -> f64 {
        let [x_m, y_m] = i.map(|i| i as f64 * self.posting_m);
        match &self.surface {
            Surface::Even([x_rise, y_rise]) => x_rise * x_m + y_rise * y_m,
            Surface::Relief(environment) => {
                let q_M = self.p_MG_M + self.R_MG * Vector3::new(x_m, y_m, 0.0);
                let elevation_m = environment.terrain.elevation_m(Vector::from_si(q_M), FINEST_M);
                let on_M = q_M * ((MOON_RADIUS_M + elevation_m) / q_M.norm());
                (on_M - self.p_MG_M).dot(&self.R_MG.column(2))
            }
        }
    }

    /// The cell under a point; the one given when it still is.
    pub fn cell(&self, p_G: &Vector3<f64>, known: Option<Cell>) -> Cell {
        // A foot of a wreck may be anywhere: far cells are one.
        let far = |x: f64| x.clamp(-FAR, FAR) as i64;
        let i = [p_G.x, p_G.y].map(|x_m| far((x_m / self.posting_m).floor()));
        match known {
            Some(cell) if cell.i == i => cell,
            _ => {
                let corner = |a: i64, b: i64| self.node_m([i[0] + a, i[1] + b]);
                let z_m = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
                Cell { i, z_m, top_m: z_m.iter().fold(f64::NEG_INFINITY, |top, z| top.max(*z)) }
            }
        }
    }

    /// The surface under a point of a cell, continued a little beyond its edges.
    #[inline]
    pub fn footing(&self, cell: &Cell, p_G: &Vector3<f64>) -> Footing {
        let (x, y) =
            (p_G.x / self.posting_m - cell.i[0] as f64, p_G.y / self.posting_m - cell.i[1] as f64);
        let [a, b, c, d] = cell.z_m;
        let (near_m, far_m) = (a + (b - a) * x, c + (d - c) * x);
        let (rise_x, rise_y) =
            ((b - a + (d - c - b + a) * y) / self.posting_m, (far_m - near_m) / self.posting_m);
        let n_G = Vector3::new(-rise_x, -rise_y, 1.0);
        Footing { z_m: near_m + (far_m - near_m) * y, n_G: n_G / n_G.norm() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::terrain::TerrainConfig;
    use icd::frames::{M, Position};

    fn rough() -> Arc<Environment> {
        let config = TerrainConfig {
            seed: 3,
            age_gyr: 3.5,
            rock_abundance: 0.01,
            relief: true,
            tiles: vec![],
        };
        Arc::new(Environment::new(2, &config).unwrap())
    }

    fn place() -> Vector3<f64> {
        Vector3::new(0.49, -0.04, 0.87).normalize() * 1_737_000.0
    }

    #[test]
    fn the_lattice_lies_on_the_terrain() {
        let environment = rough();
        let ground = Ground::under(&environment, place(), 0.15);
        for (i, j) in [(0, 0), (7, -3), (-150, 90)] {
            let p_G = Vector3::new(f64::from(i) * 0.15, f64::from(j) * 0.15, 0.0);
            let footing = ground.footing(&ground.cell(&p_G, None), &p_G);
            let on_M = ground.p_MG_M + ground.R_MG * Vector3::new(p_G.x, p_G.y, footing.z_m);
            let point: Vector<Position, M> = Vector::from_si(on_M);
            let above_m = environment.terrain.altitude_m(point);
            assert!(above_m.abs() < 2e-4, "({i}, {j}): {above_m} m");
        }
    }

    #[test]
    fn the_surface_has_no_step_at_the_edge_of_a_cell() {
        let ground = Ground::under(&rough(), place(), 0.15);
        for (x_m, y_m) in [(0.15, 0.07), (0.3, -0.4), (-0.6, 0.01)] {
            let (left, right) =
                (Vector3::new(x_m - 1e-9, y_m, 0.0), Vector3::new(x_m + 1e-9, y_m, 0.0));
            let (a, b) = (ground.cell(&left, None), ground.cell(&right, None));
            assert!(a.i != b.i, "two cells");
            let step_m = ground.footing(&a, &left).z_m - ground.footing(&b, &right).z_m;
            assert!(step_m.abs() < 1e-8, "{step_m} m");
        }
    }

    #[test]
    fn the_normal_is_that_of_the_heights() {
        let ground = Ground::under(&rough(), place(), 0.15);
        let p_G = Vector3::new(0.31, 0.52, 0.0);
        let cell = ground.cell(&p_G, None);
        let z_m = |dx: f64, dy: f64| ground.footing(&cell, &(p_G + Vector3::new(dx, dy, 0.0))).z_m;
        let (dx, dy) = (z_m(1e-4, 0.0) - z_m(-1e-4, 0.0), z_m(0.0, 1e-4) - z_m(0.0, -1e-4));
        let normal = Vector3::new(-dx / 2e-4, -dy / 2e-4, 1.0).normalize();
        assert!((ground.footing(&cell, &p_G).n_G - normal).norm() < 1e-8);
        let even = Ground::even([0.1, -0.2]);
        let found = even.footing(&even.cell(&p_G, None), &p_G);
        assert!((found.z_m - (0.031 - 0.104)).abs() < 1e-12);
        assert!((found.n_G - Vector3::new(-0.1, 0.2, 1.0).normalize()).norm() < 1e-12);
    }
}
