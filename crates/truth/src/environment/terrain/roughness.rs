//! Undulation between the craters: a self-affine surface of gradient noise.
//!
//! Owns: noise octaves from 16 km to 0.8 m wavelength. Does not own: craters, which make most of
//! the slopes below some hundred metres.
//!
//! As published, [Perlin2002]: gradient noise on an integer lattice with the quintic fade;
//! [Rosenburg2011]: lunar relief is self-affine, deviation ∝ baseline^H, with H about 0.95 in
//! highlands and 0.76 in maria; median slopes at 17 m are 7.5° and 2.0°.
//! As programmed: octaves of wavelength λ, a factor of 3 apart, with rms height `HEIGHT_M (λ/1 km)^H`, in
//! space (not on a map), so there is no seam anywhere on the globe; the lattice is shifted per
//! octave by the seed. The height goes over from highland to mare with the share of mare. Both
//! heights are assumed: chosen with the craters so that their sum has the published slopes (see the
//! tests of `relief`).
//! Refuses: ridges, rilles, layers, anything with a direction.

use super::hash;
use nalgebra::Vector3;

/// Longest wavelength, m: just below what the coarse grid resolves.
const LONGEST_M: f64 = 16_000.0;
/// Ratio of neighbouring wavelengths, and octaves: down to 0.81 m.
const RATIO: f64 = 3.0;
const OCTAVES: usize = 10;
/// Exponent of the self-affine relief: highland, mare. [Rosenburg2011].
const HURST: [f64; 2] = [0.97, 0.85];
/// Root mean square height of an octave of 1 km, m: highland, mare. See the header.
const HEIGHT_M: [f64; 2] = [11.5, 2.6];
/// Root mean square of the raw noise over space, measured (see the tests).
const NOISE_RMS: f64 = 0.270;
/// The raw noise never exceeds this.
const NOISE_MAX: f64 = 1.04;
/// The twelve edges of a cube, four of them twice: [Perlin2002].
const GRADIENTS: [[f64; 3]; 16] = [
    [1.0, 1.0, 0.0],
    [-1.0, 1.0, 0.0],
    [1.0, -1.0, 0.0],
    [-1.0, -1.0, 0.0],
    [1.0, 0.0, 1.0],
    [-1.0, 0.0, 1.0],
    [1.0, 0.0, -1.0],
    [-1.0, 0.0, -1.0],
    [0.0, 1.0, 1.0],
    [0.0, -1.0, 1.0],
    [0.0, 1.0, -1.0],
    [0.0, -1.0, -1.0],
    [1.0, 1.0, 0.0],
    [0.0, -1.0, 1.0],
    [-1.0, 1.0, 0.0],
    [0.0, -1.0, -1.0],
];

/// The noise octaves of one seed.
#[derive(Clone, Debug)]
pub(super) struct Roughness {
    octaves: [Octave; OCTAVES],
}

#[derive(Clone, Copy, Debug)]
struct Octave {
    wavelength_m: f64,
    per_m: f64,
    /// Height per raw noise, m: highland, mare.
    height_m: [f64; 2],
    /// Added to lattice coordinates: keeps them positive and differs with the seed.
    shift: [f64; 3],
    key: u32,
}

/// A cube of an octave's lattice: the gradients at its corners, so that the next point in the same
/// cube need not hash again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lattice {
    cell: [u32; 3],
    /// By axis and corner; z runs fastest.
    gradients: [[f64; 8]; 3],
    /// What each corner's plane is at the first corner.
    offsets: [f64; 8],
}

/// The cubes of all octaves around one point.
pub(super) type Lattices = [Lattice; OCTAVES];

impl Roughness {
    /// No cube seen yet.
    pub(super) const UNSEEN: Lattices = [Lattice::UNSEEN; OCTAVES];

    pub(super) fn new(seed: u64) -> Self {
        let octaves = core::array::from_fn(|k| {
            let wavelength_m = LONGEST_M / libm::pow(RATIO, k as f64);
            let h = hash::mix(seed ^ hash::mix(0x5eed_0000 + k as u64));
            // 2^22 exceeds the Moon's radius in the shortest wavelengths.
            let offset = |j: u32| 4_194_304.0 + f64::from((h >> (16 * j)) as u16) / 65_536.0;
            Octave {
                wavelength_m,
                per_m: 1.0 / wavelength_m,
                height_m: [0, 1].map(|of: usize| {
                    HEIGHT_M[of] * libm::pow(wavelength_m / 1000.0, HURST[of]) / NOISE_RMS
                }),
                shift: [offset(0), offset(1), offset(2)],
                key: (h >> 32) as u32,
            }
        });
        Self { octaves }
    }

    /// Upper bound of the octaves that `height_m` leaves out at `resolution_m`, m.
    pub(super) fn bound_m(&self, resolution_m: f64) -> f64 {
        let left_out =
            self.octaves.iter().filter(|octave| octave.wavelength_m < 2.0 * resolution_m);
        left_out.map(|octave| NOISE_MAX * octave.height_m[0].max(octave.height_m[1])).sum()
    }

    /// Height, m, at `p_m` (metres, on the reference sphere); octaves shorter than twice
    /// `resolution_m` are left out, the others weighted by `gain(wavelength_m)`. `mare`: share of
    /// mare, 0 to 1. `lattices`: those of the last point, if any.
    pub(super) fn height_m(
        &self,
        p_m: Vector3<f64>,
        mare: f64,
        resolution_m: f64,
        gain: impl Fn(f64) -> f64,
        mut lattices: Option<&mut Lattices>,
    ) -> f64 {
        let mut sum = 0.0;
        for (k, octave) in self.octaves.iter().enumerate() {
            if octave.wavelength_m < 2.0 * resolution_m {
                break;
            }
            let [highland_m, mare_m] = octave.height_m;
            let weight = gain(octave.wavelength_m) * (highland_m + mare * (mare_m - highland_m));
            if weight > 0.0 {
                let mut unseen;
                let lattice = match &mut lattices {
                    Some(lattices) => &mut lattices[k],
                    None => {
                        unseen = Lattice::UNSEEN;
                        &mut unseen
                    }
                };
                sum += weight * octave.noise(p_m * octave.per_m, lattice);
            }
        }
        sum
    }
}

impl Octave {
    /// Gradient noise at a lattice position, about ±1.
    fn noise(&self, at: Vector3<f64>, lattice: &mut Lattice) -> f64 {
        let mut cell = [0_u32; 3];
        let mut f = [0.0; 3];
        for axis in 0..3 {
            let x = at[axis] + self.shift[axis];
            let whole = x as i32; // positive: truncation is the floor
            cell[axis] = whole as u32;
            f[axis] = x - f64::from(whole);
        }
        if lattice.cell != cell {
            lattice.fill(cell, self.key);
        }
        let fade = f.map(|t| t * t * t * (t * (t * 6.0 - 15.0) + 10.0));
        let ([gx, gy, gz], offset) = (&lattice.gradients, &lattice.offsets);
        let corner: [f64; 8] =
            core::array::from_fn(|n| (gx[n] * f[0] + gy[n] * f[1]) + (gz[n] * f[2] + offset[n]));
        // Halves of the cube, of a face, of an edge: neighbours are mixed side by side.
        let side: [f64; 4] = core::array::from_fn(|n| mix(fade[0], corner[n], corner[n + 4]));
        let edge: [f64; 2] = core::array::from_fn(|n| mix(fade[1], side[n], side[n + 2]));
        mix(fade[2], edge[0], edge[1])
    }
}

impl Lattice {
    const UNSEEN: Self = Self { cell: [u32::MAX; 3], gradients: [[0.0; 8]; 3], offsets: [0.0; 8] };

    fn fill(&mut self, cell: [u32; 3], key: u32) {
        self.cell = cell;
        let hx = [cell[0], cell[0].wrapping_add(1)].map(|i| i.wrapping_mul(0x8da6_b343));
        let hy = [cell[1], cell[1].wrapping_add(1)].map(|i| i.wrapping_mul(0xd816_3841));
        let hz = [cell[2], cell[2].wrapping_add(1)].map(|i| i.wrapping_mul(0xcb1a_b31f));
        for n in 0..8 {
            let [i, j, k] = [n >> 2, n >> 1 & 1, n & 1];
            let mut h = (hx[i] ^ hy[j] ^ hz[k] ^ key).wrapping_mul(0x9e37_79b1);
            h = (h ^ (h >> 15)).wrapping_mul(0x85eb_ca77);
            let g = GRADIENTS[(h >> 28) as usize];
            for (axis, g) in self.gradients.iter_mut().zip(g) {
                axis[n] = g;
            }
            self.offsets[n] = -(g[0] * i as f64 + g[1] * j as f64 + g[2] * k as f64);
        }
    }
}

fn mix(weight: f64, zero: f64, one: f64) -> f64 {
    zero + weight * (one - zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(octave: &Octave, at: Vector3<f64>) -> f64 {
        octave.noise(at, &mut Lattice::UNSEEN.clone())
    }

    #[test]
    fn the_noise_has_the_stated_spread_and_no_offset() {
        let octave = Roughness::new(7).octaves[3];
        let n = 200_000;
        let (mut sum, mut squares) = (0.0, 0.0);
        for k in 0..n {
            let k = f64::from(k);
            // Irrational strides fill space evenly.
            let z =
                noise(&octave, Vector3::new(k * 0.754_877, k * 0.569_840, k * 0.430_159) * 0.37);
            sum += z;
            squares += z * z;
        }
        let rms = (squares / f64::from(n)).sqrt();
        assert!((sum / f64::from(n)).abs() < 5e-3);
        assert!((rms / NOISE_RMS - 1.0).abs() < 0.02, "{rms}");
    }

    #[test]
    fn the_noise_is_continuous_across_lattice_planes() {
        let octave = Roughness::new(7).octaves[0];
        for k in 0..200 {
            let k = f64::from(k);
            let p = Vector3::new(k - octave.shift[0], 0.31 * k, -0.77 * k);
            let e = Vector3::new(1e-7, 0.0, 0.0);
            assert!((noise(&octave, p + e) - noise(&octave, p - e)).abs() < 1e-6);
        }
    }
}
