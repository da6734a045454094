//! The sphere as six faces of a cube, each with equal-angle coordinates: nearly square cells
//! without a seam.
//!
//! Owns: face coordinates, the metric there, the area of a cell. Does not own: what lies in the
//! cells.
//!
//! As published, [Ronchi1996]: on the face around +x, X = atan(y/x), Y = atan(z/x), −π/4 … π/4;
//! with a = tan X, b = tan Y, δ² = 1 + a² + b² the metric of the unit sphere is
//!     g_XX = (1+a²)²(1+b²)/δ⁴,  g_YY = (1+a²)(1+b²)²/δ⁴,  g_XY = −a b (1+a²)(1+b²)/δ⁴,
//! its area density (1+a²)(1+b²)/δ³.
//! As programmed: the same; a point just outside a face keeps (extended) coordinates on it, so what
//! lies near an edge is felt on both sides of it.

use nalgebra::Vector3;

/// Half the extent of a face, radians.
pub(super) const HALF: f64 = core::f64::consts::FRAC_PI_4;

/// A point as one face sees it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OnFace {
    /// Which face, 0 to 5.
    pub face: u32,
    /// Equal-angle coordinates, radians, from −π/4 to π/4 on the face itself.
    pub X: f64,
    pub Y: f64,
    /// Metric of the unit sphere: g_XX, g_XY, g_YY.
    pub metric: [f64; 3],
    /// |∇X| and |∇Y|, radians of coordinate per radian of arc.
    pub gradient: [f64; 2],
}

/// The faces within `reach_rad` of which the unit vector `u` lies: one, near an edge two or three.
pub(super) fn faces(u: Vector3<f64>, reach_rad: f64) -> ([OnFace; 3], usize) {
    let mut found = [OnFace::default(); 3];
    let mut count = 0;
    let largest = u.amax();
    for axis in 0..3 {
        let (c, p, q) = (u[axis], u[(axis + 1) % 3], u[(axis + 2) % 3]);
        // tan(π/4 + reach) is 1 + 2 reach to first order; 3 leaves room.
        if c.abs() * (1.0 + 3.0 * reach_rad) < largest {
            continue;
        }
        let face = 2 * axis as u32 + u32::from(c < 0.0);
        found[count] = on_face(face, p / c.abs(), q / c.abs());
        count += 1;
    }
    (found, count)
}

fn on_face(face: u32, a: f64, b: f64) -> OnFace {
    let (a2, b2) = (1.0 + a * a, 1.0 + b * b);
    let delta2 = a2 + b * b;
    let k = a2 * b2 / (delta2 * delta2);
    OnFace {
        face,
        X: libm::atan(a),
        Y: libm::atan(b),
        metric: [k * a2, -k * a * b, k * b2],
        gradient: [(delta2 / a2).sqrt(), (delta2 / b2).sqrt()],
    }
}

/// Unit vector towards the coordinates (X, Y) of a face.
pub(super) fn direction(face: u32, X: f64, Y: f64) -> Vector3<f64> {
    let axis = face as usize / 2;
    let mut u = Vector3::zeros();
    u[axis] = if face.is_multiple_of(2) { 1.0 } else { -1.0 };
    u[(axis + 1) % 3] = libm::tan(X);
    u[(axis + 2) % 3] = libm::tan(Y);
    u.normalize()
}

/// Area of the unit sphere per square radian of coordinates at (X, Y): 1 at the centre, never more.
pub(super) fn area_density(X: f64, Y: f64) -> f64 {
    let (a, b) = (libm::tan(X), libm::tan(Y));
    let delta2 = 1.0 + a * a + b * b;
    (1.0 + a * a) * (1.0 + b * b) / (delta2 * delta2.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faces_cover_the_sphere_once() {
        // Σ area over one face is 4π/6.
        let n = 400;
        let step = 2.0 * HALF / f64::from(n);
        let at = |k: i32| -HALF + (f64::from(k) + 0.5) * step;
        let sum: f64 = (0..n * n).map(|k| area_density(at(k / n), at(k % n)) * step * step).sum();
        assert!((sum - 4.0 * core::f64::consts::PI / 6.0).abs() < 1e-5, "{sum}");
    }

    #[test]
    fn coordinates_and_directions_are_inverse_and_edges_are_seen_twice() {
        for face in 0..6 {
            let (found, count) = faces(direction(face, 0.3, -0.6), 1e-3);
            assert_eq!((count, found[0].face), (1, face));
            assert!((found[0].X - 0.3).abs() < 1e-15 && (found[0].Y + 0.6).abs() < 1e-15);
            assert_eq!(faces(direction(face, HALF - 5e-4, 0.1), 1e-3).1, 2);
            assert_eq!(faces(direction(face, -HALF, HALF), 1e-3).1, 3);
        }
    }

    #[test]
    fn the_metric_measures_small_arcs() {
        for (X, Y) in [(0.0, 0.0), (0.7, -0.2), (-0.75, 0.75)] {
            let at = faces(direction(4, X, Y), 0.0).0[0];
            for (dX, dY) in [(1e-5, 0.0), (0.0, 1e-5), (1e-5, -1e-5)] {
                let arc =
                    (direction(4, X + dX, Y + dY) - direction(4, X - dX, Y - dY)).norm() / 2.0;
                let [xx, xy, yy] = at.metric;
                let measured = (xx * dX * dX + 2.0 * xy * dX * dY + yy * dY * dY).sqrt();
                assert!((measured / arc - 1.0).abs() < 1e-8, "{measured} {arc}");
            }
            // |∇X|² is the XX element of the inverse metric.
            let [xx, xy, yy] = at.metric;
            assert!((at.gradient[0].powi(2) * (xx * yy - xy * xy) / yy - 1.0).abs() < 1e-12);
        }
    }
}
