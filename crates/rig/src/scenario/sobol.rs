//! The points of Sobol, scrambled.
//!
//! Owns: [`scrambled`] and the directions behind it. Does not own: who takes which coordinate (`sampling`).
//! As published — [JoeKuo2008]: digit k of a coordinate has the direction v_k = m_k/2ᵏ, odd m_1 … m_s given with the primitive
//! polynomial of degree s and coefficients a_j, and m_k = 2 a_1 m_{k−1} ⊕ … ⊕ 2ˢ⁻¹ a_{s−1} m_{k−s+1} ⊕ 2ˢ m_{k−s} ⊕ m_{k−s}; the i-th point
//! is ⊕ v_k over the ones of i ⊕ ⌊i/2⌋ [AntonovSaleev1979]. Scrambling [Owen1995]: every digit is turned or not by chance,
//! anew for each sequence of digits before it, which leaves the nets what they are and makes each point uniform.
//! As programmed: 53 digits; the chance is a hash of the digits before, as in [Burley2020], so any point can be had alone.
//! Refuses: more dimensions than the table has.

use std::sync::OnceLock;
use truth::random::Stream;

/// Dimensions there are.
pub const DIMENSIONS: usize = 256;
/// Digits of a coordinate: those of a double.
const DIGITS: usize = 53;
/// Dimension, degree, coefficients and first m of each dimension from the second on, one line each.
const TABLE: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/joe-kuo-6/directions.txt"));

/// v_k · 2⁵³ of one dimension, k from 1.
type Directions = [u64; DIGITS];

/// The directions of every dimension.
fn directions() -> &'static [Directions] {
    static ALL: OnceLock<Vec<Directions>> = OnceLock::new();
    ALL.get_or_init(|| {
        let first = std::array::from_fn(|k| 1 << (DIGITS - 1 - k));
        let others = TABLE.lines().skip(1).filter_map(|line| {
            let numbers: Vec<u64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            let &[_, _, a, ref m @ ..] = &numbers[..] else { return None };
            (!m.is_empty()).then(|| of_polynomial(a, m))
        });
        std::iter::once(first).chain(others).collect()
    })
}

fn of_polynomial(a: u64, m: &[u64]) -> Directions {
    let degree = m.len();
    let mut v = [0_u64; DIGITS];
    for k in 0..DIGITS {
        v[k] = if k < degree {
            m[k] << (DIGITS - 1 - k)
        } else {
            let oldest = v[k - degree];
            let middle = (1..degree).filter(|j| a >> (degree - 1 - j) & 1 == 1);
            middle.fold(oldest ^ (oldest >> degree), |sum, j| sum ^ v[k - j])
        };
    }
    v
}

/// Coordinate `dimension` of point `index` times 2⁵³; 0 in a dimension that there is not.
fn plain(index: u64, dimension: usize) -> u64 {
    let Some(v) = directions().get(dimension) else { return 0 };
    let gray = index ^ (index >> 1);
    v.iter().enumerate().filter(|(k, _)| gray >> k & 1 == 1).fold(0, |sum, (_, v)| sum ^ v)
}

/// Coordinate `dimension` of point `index`, scrambled by `seed` and `name`; in (0, 1].
pub fn scrambled(seed: u64, index: u64, dimension: usize, name: &str) -> f64 {
    let x = plain(index, dimension);
    let key = Stream::new(seed, 0, &format!("sobol.{name}")).bits();
    let mut y = x;
    for level in 0..DIGITS {
        let before = 1 << level | x >> (DIGITS - level);
        let turn = Stream::part(key, before).bits() >> 63;
        y ^= turn << (DIGITS - 1 - level);
    }
    (y as f64 + 0.5) / (1_u64 << DIGITS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(index: u64, dimension: usize) -> f64 {
        plain(index, dimension) as f64 / (1_u64 << DIGITS) as f64
    }

    #[test]
    fn the_first_points_are_the_published_ones() {
        // As other programs with the same directions print them, three dimensions.
        let published = [
            [0.5, 0.5, 0.5],
            [0.75, 0.25, 0.25],
            [0.25, 0.75, 0.75],
            [0.375, 0.375, 0.625],
            [0.875, 0.875, 0.125],
            [0.625, 0.125, 0.875],
            [0.125, 0.625, 0.375],
            [0.1875, 0.3125, 0.9375],
            [0.6875, 0.8125, 0.4375],
            [0.9375, 0.0625, 0.6875],
        ];
        for (i, point) in (1..).zip(published) {
            assert_eq!([0, 1, 2].map(|dimension| unit(i, dimension)), point, "{i}");
        }
        assert_eq!([0, 1, 255].map(|dimension| unit(0, dimension)), [0.0; 3]);
    }
}
