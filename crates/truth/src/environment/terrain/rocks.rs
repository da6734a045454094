//! Rocks lying on the ground, from 0.3 m to 10 m.
//!
//! Owns: how many rocks there are, their shape. Does not own: how they are found (see
//! [`super::cells`]), which craters are young (see [`super::craters`]).
//!
//! As published, [GolombekRapp1997]: the share of ground covered by rocks of diameter D (m) and
//! more, k being that covered by all,
//!     F(D) = k exp(−q D),   q = 1.79 + 0.152/k,
//! hence N(D) = ∫ 4 k q exp(−q δ) / (π δ²) dδ rocks per m². Chang'e-3's rocks and Surveyor's follow
//! the same form, [Di2016]. Fresh large craters carry up to some ten percent, [Bandfield2011].
//! As programmed: octaves of diameter; a rock is a dome h = 0.5 D (1 − x)², x = (distance/radius)²,
//! half as high as wide (assumed: a half-buried ball); where domes overlap the highest counts.
//! Around young craters of 64 m and more the rocks go over into those of k = [`RIM_SHARE`].
//! Refuses: overhangs, rocks of 10 m and more, rocks that lie on rocks.

use super::cells::{Areas, Block, Cells, Faces, Thing};
use super::{Craters, FINEST_M, Relief, Terrain, craters, direction, geographic, hash};
use icd::frames::{M, Position, Vector};

/// Smallest diameter, m.
const SMALLEST_M: f64 = 0.3;
/// Octaves at most: 0.3–0.6 m to 4.8–9.6 m.
const OCTAVES: usize = 5;
/// Height over diameter. Assumed.
pub(super) const HEIGHT: f64 = 0.5;
/// Share of ground covered by rocks at the rim of the youngest craters. [Bandfield2011].
const RIM_SHARE: f64 = 0.1;
/// An octave with fewer rocks than this at the youngest rims, per m², is left out: one in 1000 km².
const RARE_PER_M2: f64 = 1e-9;

/// What was found around the last point.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    blocks: [Block; OCTAVES],
    /// How far around a point rocks are looked for, m.
    pub aside_m: f64,
    /// Whether any may be felt so near; set, never reset here.
    pub near: bool,
}

/// The rocks of one seed and abundance.
#[derive(Clone, Debug)]
pub(super) struct Rocks {
    /// From small to large.
    octaves: Vec<Cells>,
}

impl Rocks {
    /// No cell seen yet.
    pub(super) const UNSEEN: Seen =
        Seen { blocks: [Block::UNSEEN; OCTAVES], aside_m: 0.0, near: false };

    /// - `abundance`: share of ground covered by rocks away from young craters, `k` of the header;
    ///   0 for no rocks anywhere.
    pub(super) fn new(seed: u64, abundance: f64) -> Self {
        let rim = abundance.max(RIM_SHARE);
        let present = |share: f64| move |d_m: f64| per_m2(share, d_m);
        let octaves = (0..if abundance > 0.0 { OCTAVES } else { 0 })
            .map(|k| (k, SMALLEST_M * f64::from(1_u32 << k)))
            .take_while(|&(_, d_m)| per_m2(rim, d_m) - per_m2(rim, 2.0 * d_m) > RARE_PER_M2)
            .map(|(k, d_m)| {
                let key = hash::mix(seed ^ hash::mix(0x60c5_0000 + k as u64));
                Cells::new(key, d_m, 0.5, [&present(rim), &present(abundance)])
            })
            .collect();
        Self { octaves }
    }

    /// Smallest diameter of the largest octave, m; 0 without rocks.
    pub(super) fn largest_m(&self) -> f64 {
        self.octaves.last().map_or(0.0, |cells| cells.diameter_m)
    }

    /// Upper bound of the octaves that `height_m` leaves out at `resolution_m`, m.
    pub(super) fn bound_m(&self, resolution_m: f64) -> f64 {
        let left_out = self.octaves.iter().filter(|cells| cells.diameter_m < resolution_m);
        left_out.map(|cells| HEIGHT * 2.0 * cells.diameter_m).fold(0.0, f64::max)
    }

    /// Height of the rock at a point, m; octaves that begin below `resolution_m` are left out.
    /// `young`: how near a young crater's rim is, 0 to 1; `gain`: weight by diameter; `seen`: what
    /// was found around the last point, if any.
    pub(super) fn height_m(
        &self,
        faces: &Faces,
        areas: &Areas,
        young: f64,
        resolution_m: f64,
        gain: impl Fn(f64) -> f64,
        mut seen: Option<&mut Seen>,
    ) -> f64 {
        let mut height_m = 0.0_f64;
        for (k, cells) in self.octaves.iter().enumerate().rev() {
            if cells.diameter_m < resolution_m {
                break;
            }
            let weight = gain(cells.diameter_m);
            let mut unseen;
            let (block, aside_m) = match &mut seen {
                Some(seen) => {
                    seen.near |= seen.aside_m > cells.aside_m_max();
                    let aside_m = if seen.near { 0.0 } else { seen.aside_m };
                    (&mut seen.blocks[k.min(OCTAVES - 1)], aside_m)
                }
                None => {
                    unseen = Block::UNSEEN;
                    (&mut unseen, 0.0)
                }
            };
            let mut met = false;
            for at in faces.iter() {
                cells.felt(at, areas, (1.0 - young, aside_m), block, |thing| {
                    met = true;
                    let d_m = thing.diameter_m;
                    let z = (1.0 - 4.0 * thing.distance2_m2 / (d_m * d_m)).max(0.0);
                    height_m = height_m.max(weight * thing.weight * HEIGHT * d_m * z * z);
                });
            }
            if let Some(seen) = &mut seen {
                seen.near |= met;
            }
        }
        height_m
    }

    /// Height of the tallest rock that a point lies on, m. As [`Self::height_m`], whatever part of it.
    fn tallest_m(
        &self,
        faces: &Faces,
        areas: &Areas,
        young: f64,
        gain: impl Fn(f64) -> f64,
    ) -> f64 {
        let mut tallest_m = 0.0_f64;
        for cells in &self.octaves {
            for at in faces.iter() {
                cells.felt(at, areas, (1.0 - young, 0.0), &mut Block::UNSEEN.clone(), |thing| {
                    let d_m = thing.diameter_m;
                    if 4.0 * thing.distance2_m2 < d_m * d_m {
                        tallest_m = tallest_m.max(gain(d_m) * thing.weight * HEIGHT * d_m);
                    }
                });
            }
        }
        tallest_m
    }

    /// Visits every rock within `reach_m` of the middle of `faces`, away from young craters.
    pub(super) fn around(
        &self,
        faces: &Faces,
        areas: &Areas,
        reach_m: f64,
        mut visit: impl FnMut(Thing, u32),
    ) {
        for cells in &self.octaves {
            for at in faces.iter() {
                cells.within(at, areas, 1.0, reach_m, |thing| visit(thing, at.face));
            }
        }
    }
}

impl Terrain {
    /// Height of the tallest rock that the place under `p_MA_M` lies on, from foot to top, m; 0 for none.
    ///
    /// Cost: about a microsecond.
    pub fn rock_m(&self, p_MA_M: Vector<Position, M>) -> f64 {
        let Some(relief) = &self.relief else { return 0.0 };
        let Relief { craters, rocks, areas, .. } = &**relief;
        let u = direction(p_MA_M);
        let (latitude_rad, longitude_rad) = geographic(u);
        let base = self.base(latitude_rad, longitude_rad, 0.0);
        let gain = |length_m: f64| base.gain(length_m);
        let mare = self.smooth_share(u, latitude_rad, longitude_rad);
        let faces = Faces::new(u, craters::REACH_M);
        let young = Craters::at(craters, &faces, areas, mare, FINEST_M, gain, None).young;
        rocks.tallest_m(&faces, areas, young, gain)
    }
}

/// Rocks of `diameter_m` and more per m² where the share `k` of the ground is covered.
///
/// The integral by Simpson's rule over z = ln δ, to 10 m or to where nothing more is added.
pub(super) fn per_m2(k: f64, diameter_m: f64) -> f64 {
    const LARGEST_M: f64 = 10.0;
    const STEPS: usize = 48;
    if k <= 0.0 || diameter_m >= LARGEST_M {
        return 0.0;
    }
    let q = 1.79 + 0.152 / k;
    let end_m = LARGEST_M.min(diameter_m + 25.0 / q);
    let width = libm::log(end_m / diameter_m) / STEPS as f64;
    // With dδ = δ dz the integrand is exp(−q δ)/δ.
    let at = |n: usize| {
        let d = diameter_m * libm::exp(n as f64 * width);
        libm::exp(-q * d) / d
    };
    let inner: f64 = (1..STEPS).map(|n| if n.is_multiple_of(2) { 2.0 } else { 4.0 } * at(n)).sum();
    4.0 * k * q / core::f64::consts::PI * width / 3.0 * (at(0) + inner + at(STEPS))
}

#[cfg(test)]
mod tests;
