//! On-board gravity: spherical harmonics of low degree in Cartesian form, free of pole singularities.
//!
//! Owns: [`point_mass`], [`perturbation`] (all but the point mass), [`gradient`] (of the point mass, enough for the
//! covariance).
//! As published — [Cunningham1970] as given in [MontenbruckGill2000] §3.2.4–3.2.5: with V, W obeying the
//! recursions (3.29)–(3.31) the acceleration is the sum (3.33). As programmed: fully normalised V and W,
//! so that degree 50 neither overflows nor loses digits; n runs outermost, so that memory is read in order and
//! neighbouring orders do not wait for each other.
//! What lies beyond the on-board degree is unknown to it but not without bounds: [`unknown`]. By degree the
//! radial acceleration has the mean square (GM/r²)² (n + 1)² (R/r)^2n Σ_m (C² + S²), on level axes half as
//! much, n (n + 1)/2 for (n + 1)², and the correlation P_n(cos ψ), whose integral over the ground near by is
//! r/(n + ½) ([HeiskanenMoritz1967] ch. 7). As programmed: one mean degree stands for all; in place a
//! first-order Gauss–Markov process of that variance and integral, in height what the mean degree does.
//! The Earth's tide, up to 3e-5 m/s² and 150 m after an hour, is added from a fixed place in the sky; the
//! Sun's, 200 times smaller, is refused.

use crate::load::{GRAVITY_DEGREE_MAX, Gravity};
use icd::constants::GM_EARTH_M3_S2;
use icd::frames::{Acceleration, I, M, Position, Vector};
use icd::rotation::Rotation;
use nalgebra::{Matrix3, Vector3};

/// Degrees in the tables: one more than the field has.
const N: usize = GRAVITY_DEGREE_MAX + 2;
/// Orders summed side by side, so that one sum does not wait for another.
const LANES: usize = 2;
/// Orders in a row, a multiple of [`LANES`] with room beyond the highest on both sides.
const ROW: usize = N + 2 * LANES - N % LANES;

/// One number for each order; order m stands at m + 1, so that m − 1 and m + 1 have their places too.
type Row = [f64; ROW];

/// Factors of the normalised recursions and sums; they depend on (n, m) only.
struct Table {
    /// `[n]`, by order: factor of z·V(n−1, m).
    a: [Row; N],
    /// `[n]`, by order: factor of r²·V(n−2, m).
    b: [Row; N],
    /// `[m]`: factor of the diagonal step.
    d: [f64; N],
    /// `[n]`, by order: factors of V(n+1, m), V(n+1, m+1) and V(n+1, m−1) in the acceleration.
    same: [Row; N],
    up: [Row; N],
    down: [Row; N],
}

/// Computed by the compiler: no start-up cost on board, no square roots in the loop.
static TABLE: Table = Table::new();

/// Square root of a ratio of small integers, by Newton's method.
const fn root(numerator: usize, denominator: usize) -> f64 {
    if denominator == 0 || numerator == 0 {
        return 0.0;
    }
    let x = numerator as f64 / denominator as f64;
    let mut y = if x > 1.0 { x } else { 1.0 };
    let mut i = 0;
    while i < 20 {
        y = 0.5 * (y + x / y);
        i += 1;
    }
    y
}

impl Table {
    const fn new() -> Self {
        let zero = [[0.0; ROW]; N];
        let mut t = Self { a: zero, b: zero, d: [0.0; N], same: zero, up: zero, down: zero };
        let mut m = 0;
        while m < N {
            t.d[m] = if m == 1 { root(3, 1) } else { root(2 * m + 1, 2 * m) };
            let mut n = m;
            while n < N {
                if n > m {
                    t.a[n][m + 1] = root((2 * n + 1) * (2 * n - 1), (n - m) * (n + m));
                }
                if n > m + 1 {
                    let factor = (2 * n + 1) * (n + m - 1) * (n - m - 1);
                    t.b[n][m + 1] = root(factor, (2 * n - 3) * (n - m) * (n + m));
                }
                let k = root(2 * n + 1, 2 * n + 3);
                t.same[n][m + 1] = k * root((n + 1 - m) * (n + 1 + m), 1);
                if m == 0 {
                    t.up[n][m + 1] = k * root((n + 1) * (n + 2), 2);
                } else {
                    t.up[n][m + 1] = 0.5 * k * root((n + m + 1) * (n + m + 2), 1);
                    let twice = if m == 1 { 2 } else { 1 };
                    t.down[n][m + 1] = 0.5 * k * root(twice * (n + 1 - m) * (n + 2 - m), 1);
                }
                n += 1;
            }
            m += 1;
        }
        t
    }
}

/// The normalised V and W of one degree.
#[derive(Clone, Copy)]
struct Harmonics {
    v: Row,
    w: Row,
}

impl Harmonics {
    const ZERO: Self = Self { v: [0.0; ROW], w: [0.0; ROW] };

    /// Makes this that of degree `n` from the two degrees before; `xy` and `z` as in [`field`]. Whatever it
    /// was before must have been of a lower degree.
    fn follow(&mut self, n: usize, one: &Self, two: &Self, [x, y]: [f64; 2], z: f64, rr: f64) {
        let t = &TABLE;
        let (Some(a), Some(b)) = (t.a.get(n), t.b.get(n)) else { return };
        for k in 1..=n.min(ROW - 1) {
            let (a, b) = (a[k] * z, b[k] * rr);
            self.v[k] = a * one.v[k] - b * two.v[k];
            self.w[k] = a * one.w[k] - b * two.w[k];
        }
        // The diagonal: order n stands at n + 1, order n − 1 of the degree before at n.
        if let (Some(d), Some(v), Some(w)) = (t.d.get(n), one.v.get(n), one.w.get(n))
            && let (Some(to_v), Some(to_w)) = (self.v.get_mut(n + 1), self.w.get_mut(n + 1))
        {
            *to_v = d * (x * v - y * w);
            *to_w = d * (x * w + y * v);
        }
    }
}

/// Adds the acceleration that the coefficients of degree `n` make, `high` being the harmonics of n + 1.
fn add_degree(sums: &mut [[f64; LANES]; 3], g: &Gravity, n: usize, high: &Harmonics) {
    let t = &TABLE;
    let (Some(c), Some(s)) = (g.C.get(n), g.S.get(n)) else { return };
    let (Some(same), Some(up), Some(down)) = (t.same.get(n), t.up.get(n), t.down.get(n)) else {
        return;
    };
    let [sum_x, sum_y, sum_z] = sums;
    for m in (0..=n).step_by(LANES) {
        for lane in 0..LANES {
            let m = m + lane;
            // Beyond the degree the factors are zero.
            let (Some(c), Some(s)) = (c.get(m), s.get(m)) else { continue };
            let k = m + 1;
            let (v, w) = (&high.v[k - 1..k + 2], &high.w[k - 1..k + 2]);
            let (f, h) = (up[k], down[k]);
            sum_z[lane] -= same[k] * (c * v[1] + s * w[1]);
            sum_x[lane] += h * (c * v[0] + s * w[0]) - f * (c * v[2] + s * w[2]);
            sum_y[lane] += h * (s * v[0] - c * w[0]) + f * (s * v[2] - c * w[2]);
        }
    }
}

/// Acceleration at `p_P` in the principal-axis frame, m/s².
fn field(g: &Gravity, p_P: Vector3<f64>) -> Vector3<f64> {
    let degree = g.degree.min(GRAVITY_DEGREE_MAX);
    let r2 = p_P.norm_squared();
    if r2 < 1.0 {
        return Vector3::zeros();
    }
    let rho = g.radius_m / r2;
    let (x, y, z) = (p_P.x * rho, p_P.y * rho, p_P.z * rho);
    let rr = g.radius_m * rho;
    let mut harmonics = [Harmonics::ZERO; 3];
    let [mut two, mut one, mut high] = harmonics.each_mut();
    one.v[1] = libm::sqrt(rr);
    let mut sums = [[0.0; LANES]; 3];
    for n in 0..=degree {
        high.follow(n + 1, one, two, [x, y], z, rr);
        add_degree(&mut sums, g, n, high);
        (two, one, high) = (one, high, two);
    }
    let a = Vector3::from(sums.map(|lanes| lanes.iter().sum::<f64>()));
    a * (g.gm_m3_s2 / (g.radius_m * g.radius_m))
}

/// Point-mass acceleration at `p`, m/s².
pub fn point_mass(gm_m3_s2: f64, p: Vector3<f64>) -> Vector3<f64> {
    let r2 = p.norm_squared().max(1.0);
    p * (-gm_m3_s2 / (r2 * libm::sqrt(r2)))
}

/// What the field adds to the point mass, `I`, m/s². Cost: about 5 µs at degree 50.
pub fn perturbation(
    g: &Gravity,
    R_IM: Rotation<I, M>,
    p_MB_I: Vector<Position, I>,
) -> Vector<Acceleration, I> {
    let R_PI = g.R_PM * R_IM.si().transpose();
    let p_P = R_PI * p_MB_I.si();
    let a_P = field(g, p_P) - point_mass(g.gm_m3_s2, p_P);
    Vector::from_si(R_PI.transpose() * a_P + tide((R_IM * g.p_ME_M).si(), p_MB_I.si()))
}

/// Mean square of the acceleration that the on-board field has not, at `radius_m`: radial and on each level
/// axis, m²/s⁴.
pub fn unknown(g: &Gravity, radius_m: f64) -> [f64; 2] {
    let omitted = g.omitted;
    let fall = libm::pow(g.radius_m / radius_m.max(1.0), omitted.degree + 2.0);
    let sigma = omitted.sigma_m_s2 * fall;
    [sigma * sigma, 0.5 * sigma * sigma]
}

/// What passing over other ground does to the acceleration that the on-board field has not.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// Share of the old value that the new one keeps.
    pub keep: f64,
    /// Mean square of what is new: radial and on each level axis, m²/s⁴.
    pub up2: f64,
    /// See `up2`.
    pub level2: f64,
}

/// After `dt_s` at `p`, with the velocity `v` over ground, both `I`.
pub fn passed(g: &Gravity, p: Vector3<f64>, v: Vector3<f64>, dt_s: f64) -> Passed {
    let radius_m = libm::sqrt(p.norm_squared()).max(1.0);
    let v_up = v.dot(&p) / radius_m;
    let across = libm::sqrt((v.norm_squared() - v_up * v_up).max(0.0));
    let length_m = radius_m / (g.omitted.degree + 0.5);
    let share = libm::exp(-across * dt_s / length_m);
    let growth = libm::exp(-(g.omitted.degree + 2.0) * v_up * dt_s / radius_m);
    let [up2, level2] = unknown(g, radius_m).map(|mean2| mean2 * (1.0 - share * share));
    Passed { keep: share * growth, up2, level2 }
}

/// Tidal acceleration at `p` by a far Earth at `earth`, first order in p/earth, m/s².
fn tide(earth: Vector3<f64>, p: Vector3<f64>) -> Vector3<f64> {
    let d2 = earth.norm_squared().max(1.0);
    let k = GM_EARTH_M3_S2 / (d2 * libm::sqrt(d2));
    (earth * (3.0 * earth.dot(&p) / d2) - p) * k
}

/// Gravity gradient of the point mass, s⁻².
pub fn gradient(gm_m3_s2: f64, p: Vector3<f64>) -> Matrix3<f64> {
    let r2 = p.norm_squared().max(1.0);
    let k = gm_m3_s2 / (r2 * libm::sqrt(r2));
    (p * p.transpose() * (3.0 / r2) - Matrix3::identity()) * k
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Omitted;

    const DIM: usize = GRAVITY_DEGREE_MAX + 1;

    fn empty(degree: usize) -> Gravity {
        Gravity {
            gm_m3_s2: 4.9028e12,
            radius_m: 1.738e6,
            degree,
            C: [[0.0; DIM]; DIM],
            S: [[0.0; DIM]; DIM],
            R_PM: Matrix3::identity(),
            p_ME_M: Vector::new(3.844e8, 0.0, 0.0),
            omitted: Omitted { sigma_m_s2: 3.6e-4, degree: 55.0 },
        }
    }

    #[test]
    fn degree_zero_is_the_point_mass() {
        let mut g = empty(0);
        g.C[0][0] = 1.0;
        let p = Vector3::new(1.0e6, -0.9e6, 1.3e6);
        let a = field(&g, p);
        assert!((a - point_mass(g.gm_m3_s2, p)).norm() < 1e-15 * 1e3);
    }

    #[test]
    fn j2_matches_its_closed_form() {
        let mut g = empty(2);
        g.C[0][0] = 1.0;
        g.C[2][0] = -9.088e-5;
        let p = Vector3::new(1.1e6, -0.7e6, 1.4e6);
        let j2 = -g.C[2][0] * libm::sqrt(5.0);
        let (r2, r) = (p.norm_squared(), libm::sqrt(p.norm_squared()));
        let k = 1.5 * j2 * g.gm_m3_s2 * g.radius_m * g.radius_m / (r2 * r2 * r);
        let s = 5.0 * p.z * p.z / r2;
        let closed = Vector3::new(p.x * (s - 1.0), p.y * (s - 1.0), p.z * (s - 3.0)) * k;
        let a = field(&g, p) - point_mass(g.gm_m3_s2, p);
        assert!((a - closed).norm() < 1e-13, "{a:?} {closed:?}");
    }

    #[test]
    fn the_field_has_neither_divergence_nor_curl() {
        let mut g = empty(GRAVITY_DEGREE_MAX);
        g.C[0][0] = 1.0;
        for n in 2..DIM {
            for m in 0..=n {
                let k = 1e-4 / (n * n) as f64;
                g.C[n][m] = k * libm::cos((n * 7 + m * 3) as f64);
                g.S[n][m] = if m == 0 { 0.0 } else { k * libm::sin((n * 5 + m * 11) as f64) };
            }
        }
        let p = Vector3::new(0.9e6, 1.2e6, -0.9e6);
        let h = 20.0;
        let d = |axis: usize| {
            let mut e = Vector3::zeros();
            e[axis] = h;
            (field(&g, p + e) - field(&g, p - e)) / (2.0 * h)
        };
        let (dx, dy, dz) = (d(0), d(1), d(2));
        let scale = 1.6 / 1.7e6;
        assert!((dx.x + dy.y + dz.z).abs() < 1e-5 * scale);
        assert!((dx.y - dy.x).abs() < 1e-5 * scale && (dy.z - dz.y).abs() < 1e-5 * scale);
        assert!((dz.x - dx.z).abs() < 1e-5 * scale);
    }

    #[test]
    fn the_tide_is_the_difference_of_two_pulls_to_first_order() {
        let (earth, p) = (Vector3::new(2.9e8, 2.1e8, -1.2e8), Vector3::new(0.9e6, 1.2e6, -0.9e6));
        let pull = |d: Vector3<f64>| d * (GM_EARTH_M3_S2 / libm::pow(d.norm_squared(), 1.5));
        let exact = pull(earth - p) - pull(earth);
        // The next order is p/earth, 0.5 %, of the first.
        assert!((tide(earth, p) - exact).norm() < 0.01 * exact.norm());
    }

    #[test]
    fn unknown_gravity_keeps_its_mean_square_over_the_ground_and_grows_towards_it() {
        let g = empty(2);
        let p = Vector3::new(0.0, 0.0, g.radius_m + 15_000.0);
        let [up2, level2] = unknown(&g, p.z);
        let fall = libm::pow(g.radius_m / p.z, 57.0);
        assert!((libm::sqrt(up2) - 3.6e-4 * fall).abs() < 1e-15 && level2 == 0.5 * up2);
        let level = passed(&g, p, Vector3::new(1600.0, 0.0, 0.0), 1.0);
        assert!((level.keep * level.keep * up2 + level.up2 - up2).abs() < 1e-12 * up2);
        // A stretch of r/(n + 1/2) leaves 1/e.
        assert!((libm::log(level.keep) + 1600.0 * 55.5 / p.z).abs() < 1e-12);
        // Straight down nothing is new; it only grows: by a kilometre at most by its second order.
        let down = passed(&g, p, Vector3::new(0.0, 0.0, -100.0), 10.0);
        let below = unknown(&g, p.z - 1000.0)[0];
        assert!(down.up2 == 0.0 && (down.keep * down.keep * up2 / below - 1.0).abs() < 1e-4);
    }

    #[test]
    fn the_gradient_is_that_of_the_point_mass() {
        let p = Vector3::new(0.9e6, 1.2e6, -0.9e6);
        let g = gradient(4.9028e12, p);
        for axis in 0..3 {
            let mut e = Vector3::zeros();
            e[axis] = 1.0;
            let d = (point_mass(4.9028e12, p + e) - point_mass(4.9028e12, p - e)) / 2.0;
            assert!((d - g.column(axis)).norm() < 1e-12);
        }
    }
}
