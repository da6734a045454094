//! Second-order cones and half lines: what an interior-point method asks of them.
//!
//! Owns: the scaling point of Nesterov and Todd, products in the cone's algebra, the longest step inside.
//! Published — [NesterovTodd1997], written out for this cone in [Domahidi2013] §II: for s and z inside,
//!     W z = W⁻¹ s = λ,   W = η [w₀ w₁ᵀ; w₁ I + w₁ w₁ᵀ / (1 + w₀)],   w₀² − |w₁|² = 1.
//! Programmed: the same. A cone of dimension D is an array, its first element the bound of the others' norm.

/// Least determinant that is divided by: below it a point counts as on the boundary.
const TINY: f64 = 1e-280;

fn tail<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    let mut sum = 0.0;
    for i in 1..D {
        sum += a[i] * b[i];
    }
    sum
}

fn root(x: f64) -> f64 {
    libm::sqrt(x.max(0.0))
}

/// Product in the cone's algebra: (aᵀb, a₀ b₁ + b₀ a₁).
pub fn product<const D: usize>(a: &[f64; D], b: &[f64; D]) -> [f64; D] {
    let mut out = [a[0] * b[0] + tail(a, b); D];
    for i in 1..D {
        out[i] = a[0] * b[i] + b[0] * a[i];
    }
    out
}

/// The smaller eigenvalue, a₀ − |a₁|: positive inside.
pub fn depth<const D: usize>(a: &[f64; D]) -> f64 {
    a[0] - root(tail(a, a))
}

/// Scaling of one pair (s, z), and the point λ that both are scaled to.
#[derive(Clone, Copy, Debug)]
pub struct Scaling<const D: usize> {
    eta: f64,
    per_eta: f64,
    w: [f64; D],
    lambda: [f64; D],
    /// √det λ and its inverse.
    size: f64,
    per_size: f64,
}

impl<const D: usize> Scaling<D> {
    /// That changes nothing.
    pub fn identity() -> Self {
        let mut w = [0.0; D];
        if let Some(first) = w.first_mut() {
            *first = 1.0;
        }
        Self { eta: 1.0, per_eta: 1.0, w, lambda: w, size: 1.0, per_size: 1.0 }
    }

    /// Of a pair strictly inside.
    pub fn new(s: &[f64; D], z: &[f64; D]) -> Self {
        let det = |a: &[f64; D]| {
            let norm = root(tail(a, a));
            ((a[0] - norm) * (a[0] + norm)).max(TINY)
        };
        let (det_s, det_z) = (libm::sqrt(det(s)), libm::sqrt(det(z)));
        let (per_s, per_z) = (1.0 / det_s, 1.0 / det_z);
        let gamma = root(0.5 + 0.5 * (s[0] * z[0] + tail(s, z)) * per_s * per_z);
        let half = 0.5 / gamma.max(TINY);
        let mut w = [(s[0] * per_s + z[0] * per_z) * half; D];
        for i in 1..D {
            w[i] = (s[i] * per_s - z[i] * per_z) * half;
        }
        let eta = libm::sqrt(det_s * per_z);
        let size = libm::sqrt(det_s * det_z);
        let mut new = Self { eta, per_eta: 1.0 / eta, w, lambda: *z, size, per_size: 1.0 / size };
        new.lambda = new.by(z);
        new
    }

    /// W x.
    pub fn by(&self, x: &[f64; D]) -> [f64; D] {
        let dot = tail(&self.w, x);
        let along = x[0] + dot / (1.0 + self.w[0]);
        let mut out = [self.eta * (self.w[0] * x[0] + dot); D];
        for i in 1..D {
            out[i] = self.eta * (x[i] + along * self.w[i]);
        }
        out
    }

    /// W⁻¹ x.
    pub fn per(&self, x: &[f64; D]) -> [f64; D] {
        let dot = tail(&self.w, x);
        let along = dot / (1.0 + self.w[0]) - x[0];
        let mut out = [self.per_eta * (self.w[0] * x[0] - dot); D];
        for i in 1..D {
            out[i] = self.per_eta * (x[i] + along * self.w[i]);
        }
        out
    }

    /// The vector ŵ = (w₀, −w₁) and 1/η²: W⁻² = (2 ŵ ŵᵀ − J) / η², J = diag(1, −1, …).
    pub fn inverse_square(&self) -> (f64, [f64; D]) {
        let mut w = [self.w[0]; D];
        for i in 1..D {
            w[i] = -self.w[i];
        }
        (self.per_eta * self.per_eta, w)
    }

    /// λ.
    pub fn lambda(&self) -> &[f64; D] {
        &self.lambda
    }

    /// The x for which λ ∘ x = d.
    pub fn divide(&self, d: &[f64; D]) -> [f64; D] {
        let l = &self.lambda;
        let dot = tail(l, d);
        let first = (l[0] * d[0] - dot) * self.per_size * self.per_size;
        let per = 1.0 / l[0];
        let mut out = [first; D];
        for i in 1..D {
            out[i] = per * (d[i] - first * l[i]);
        }
        out
    }

    /// Inverse of the longest step along the scaled direction `d` from λ; at most zero: no limit.
    pub fn inverse_step(&self, d: &[f64; D]) -> f64 {
        let l = &self.lambda;
        let across = (l[0] * d[0] - tail(l, d)) * self.per_size;
        let factor = (across + d[0]) / (l[0] + self.size);
        let mut norm2 = 0.0;
        for i in 1..D {
            let x = d[i] - factor * l[i];
            norm2 += x * x;
        }
        (root(norm2) - across) * self.per_size
    }
}

/// The same for a half line.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// √(s / z) and its inverse.
    pub w: f64,
    pub per_w: f64,
    /// √(s z) and its inverse.
    pub lambda: f64,
    pub per_lambda: f64,
}

impl Line {
    /// That changes nothing.
    pub fn identity() -> Self {
        Self { w: 1.0, per_w: 1.0, lambda: 1.0, per_lambda: 1.0 }
    }

    /// Of a pair of positive numbers.
    pub fn new(s: f64, z: f64) -> Self {
        let (root_s, root_z) = (libm::sqrt(s.max(TINY)), libm::sqrt(z.max(TINY)));
        let (per_s, per_z) = (1.0 / root_s, 1.0 / root_z);
        Self {
            w: root_s * per_z,
            per_w: root_z * per_s,
            lambda: root_s * root_z,
            per_lambda: per_s * per_z,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inside() -> impl Strategy<Value = [f64; 4]> {
        (-3.0..3.0f64, -3.0..3.0f64, -3.0..3.0f64, 1e-3..2.0f64)
            .prop_map(|(x, y, z, d)| [libm::sqrt(x * x + y * y + z * z) + d, x, y, z])
    }

    fn near(a: &[f64; 4], b: &[f64; 4], size: f64) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-8 * size)
    }

    proptest! {
        #[test]
        fn both_points_scale_to_the_same(s in inside(), z in inside()) {
            let scaling = Scaling::new(&s, &z);
            prop_assert!(near(&scaling.by(&z), &scaling.per(&s), 1e2));
            prop_assert!(near(&scaling.per(&scaling.by(&s)), &s, 1e3));
            let (q, w) = scaling.inverse_square();
            let dot: f64 = w.iter().zip(&s).map(|(a, b)| a * b).sum();
            let mut square = [0.0; 4];
            for i in 0..4 {
                let j = if i == 0 { s[0] } else { -s[i] };
                square[i] = q * (2.0 * w[i] * dot - j);
            }
            prop_assert!(near(&square, &z, 1e2), "{square:?} {z:?}");
        }

        #[test]
        fn division_undoes_the_product_and_the_longest_step_ends_on_the_boundary(
            s in inside(), z in inside(), d in inside(),
        ) {
            let scaling = Scaling::new(&s, &z);
            let x = scaling.divide(&d);
            prop_assert!(near(&product(scaling.lambda(), &x), &d, 1e3));
            let back = d.map(|x| -x);
            let step = 1.0 / scaling.inverse_step(&back);
            let mut end = *scaling.lambda();
            for i in 0..4 {
                end[i] += step * back[i];
            }
            prop_assert!(step > 0.0 && depth(&end).abs() < 1e-6 * scaling.lambda()[0].max(1.0));
        }
    }
}
