//! Craters everywhere, from 8 km down to 1 m: drawn from the production function, shaped, worn,
//! erasing each other, found again by hashing.
//!
//! Owns: the shape of craters, their wear, what they do to each other. Does not own: how many there
//! ought to be (see [`super::production`]), how they are found (see [`super::cells`]).
//!
//! As published: fresh simple craters are 0.196 D deep below a rim 0.036 D high, [Pike1977];
//! below a kilometre they are the shallower the smaller, from about 0.2 to about 0.1 of their
//! diameter, [Sun2018]; craters wear by diffusion, which takes the rim before the bowl, the life of
//! a crater growing as D², [FassettThomson2014], [Trask1966]; the mean crater of decimetres to
//! metres is 0.061 D deep, [Wu2021].
//! As programmed: with x = (distance / radius)², u uniform the crater's age over its life, D_eq the
//! diameter of equilibrium, q the bowl's depth over that of the freshest:
//!     height = D f (−0.164 q (1 − x)² + 0.036 q² x² (3 − 2x))     x < 1
//!     height = D f 0.036 q² (1 − y)⁵ (1 + 5y), y = (x − 1)/1.56    1 ≤ x < 2.56, nothing beyond,
//!     q = 1 / (1 + WEAR u min(1, (D_eq/D)²)),
//! which is smooth and 32° steep at most when fresh; the outer part follows the cubic fall of
//! ejecta [McGetchin1973] to a quarter of the rim height and ends there. f is 1 from 400 m up and falls to 0.65 at
//! 50 m; the course between is assumed.
//! Superposition: of craters of one octave the deepest bowl and the highest rim count, not their
//! sum. A crater erases what is smaller and older: inside its rim wholly, fading to one and a half
//! radii. Age runs on one clock: u (D/D_eq)² of the surface's age in equilibrium, u above.
//! Highland surfaces are taken to be [`HIGHLAND_GYR`] old, maria as old as the scenario says.
//! Refuses: secondaries, rays, craters above 8 km, complex forms.

use super::cells::{Areas, Block, Cells, Faces, Thing};
use super::{hash, production};

/// Smallest diameter of the largest octave, m.
pub(super) const LARGEST_OCTAVE_M: f64 = 4096.0;
/// Octaves: 4.1–8.2 km down to 1–2 m.
const OCTAVES: usize = 13;
/// A crater is felt to this multiple of its radius; its square is the 2.56 of the header.
const REACH: f64 = 1.6;
/// The same for the largest crater of all, m.
pub(super) const REACH_M: f64 = REACH * LARGEST_OCTAVE_M;
/// Depth of the bowl's floor under the old surface, and height of the rim, per diameter.
/// [Pike1977].
const FLOOR: f64 = 0.164;
const RIM: f64 = 0.036;
/// How much deeper a crater is than its rim is high, at most.
pub(super) const DEPTH_PER_RIM: f64 = FLOOR / RIM;
/// Wear of a crater at the end of its life: depth divided by 1 + this. Chosen so that the slopes
/// are those published (see the tests of `relief`).
const WEAR: f64 = 12.0;
/// Depth of fresh craters of `SHALLOW_M` and less over that of fresh craters of `DEEP_M` and more:
/// 0.13 against 0.2 of the diameter, inside the range of [Sun2018].
const FRESH_SMALL: f64 = 0.65;
const SHALLOW_M: f64 = 50.0;
const DEEP_M: f64 = 400.0;
/// Age of highland surfaces, Gyr: Nectarian to early Imbrian. Assumed.
const HIGHLAND_GYR: f64 = 4.0;
/// Square of the distance, in radii, to which a crater erases what was there: 1.5 radii. Assumed.
const ERASED: f64 = 2.25;
/// Craters remembered at a point for what they erase. More are not met in practice.
const REMEMBERED: usize = 6;
/// Smallest crater that strews rocks, m: it digs through some metres of regolith. Assumed.
const ROCKY_M: f64 = 64.0;

/// The craters of one seed and age.
#[derive(Clone, Debug)]
pub(super) struct Craters {
    octaves: [Octave; OCTAVES],
}

#[derive(Clone, Debug)]
struct Octave {
    cells: Cells,
    /// `f D` per D of the header.
    fresh: f64,
    /// `WEAR min(1, (D_eq/D)²)` of the header: highland, mare.
    wear: [f64; 2],
    /// Life of a crater over the age of the surface, not above 1: in highlands. The same clock runs
    /// in maria: who is older must not depend on the place that asks.
    life: f64,
}

/// The cells of all octaves around one point.
pub(super) type Blocks = [Block; OCTAVES];

/// What the craters make of a point.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cratered {
    pub height_m: f64,
    /// How young the youngest larger crater is whose rim or bowl this is: 0 to 1.
    pub young: f64,
}

/// A crater, as it lies there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crater {
    pub thing: Thing,
    pub face: u32,
    /// From floor to rim, m.
    pub depth_m: f64,
}

/// What craters met so far at a point have erased there: (age, share).
#[derive(Clone, Copy, Debug, Default)]
struct Erased {
    by: [(f64, f64); REMEMBERED],
    count: usize,
}

impl Erased {
    fn add(&mut self, age: f64, share: f64) {
        if self.count < REMEMBERED {
            self.by[self.count] = (age, share);
            self.count += 1;
        }
    }

    /// What the first so many have left of something so old.
    fn left(&self, first: usize, age: f64) -> f64 {
        let older = self.by[..first].iter().filter(|(when, _)| age > *when);
        older.map(|(_, share)| 1.0 - share).product()
    }
}

impl Craters {
    /// No cell seen yet.
    pub(super) const UNSEEN: Blocks = [Block::UNSEEN; OCTAVES];

    /// - `age_gyr`: age of the maria; 0 is a surface without craters, highlands included.
    pub(super) fn new(seed: u64, age_gyr: f64) -> Self {
        let highland_gyr = if age_gyr > 0.0 { age_gyr.max(HIGHLAND_GYR) } else { 0.0 };
        let octaves = core::array::from_fn(|k| {
            let diameter_m = LARGEST_OCTAVE_M / f64::from(1_u32 << k);
            let key = hash::mix(seed ^ hash::mix(0xc0a7_0000 + k as u64));
            Octave::new(diameter_m, key, [highland_gyr, age_gyr])
        });
        Self { octaves }
    }

    /// Upper bound of the octaves that `at` leaves out at `resolution_m`, m: rims.
    pub(super) fn bound_m(&self, resolution_m: f64) -> f64 {
        let left_out =
            self.octaves.iter().filter(|octave| octave.cells.diameter_m < 2.0 * resolution_m);
        left_out.map(|octave| RIM * 2.0 * octave.cells.diameter_m * octave.fresh).sum()
    }

    /// Height at a point; octaves that begin below twice `resolution_m` are left out, the others weighted
    /// by `gain(diameter_m)`. `mare`: share of mare, 0 to 1. `blocks`: those of the last point, if any.
    pub(super) fn at(
        &self,
        faces: &Faces,
        areas: &Areas,
        mare: f64,
        resolution_m: f64,
        gain: impl Fn(f64) -> f64,
        mut blocks: Option<&mut Blocks>,
    ) -> Cratered {
        let mut found = Cratered::default();
        let mut erased = Erased::default();
        for (k, octave) in self.octaves.iter().enumerate() {
            if octave.cells.diameter_m < 2.0 * resolution_m {
                break;
            }
            let weight = gain(octave.cells.diameter_m);
            if weight > 0.0 {
                let mut unseen;
                let block = match &mut blocks {
                    Some(blocks) => &mut blocks[k],
                    None => {
                        unseen = Block::UNSEEN;
                        &mut unseen
                    }
                };
                octave.at(faces, areas, (mare, weight), block, &mut found, &mut erased);
            }
        }
        found
    }

    /// Visits every crater of at least `diameter_m` within `reach_m` of the middle of `faces`, the
    /// erased ones included.
    pub(super) fn around(
        &self,
        faces: &Faces,
        areas: &Areas,
        mare: f64,
        (reach_m, diameter_m): (f64, f64),
        mut visit: impl FnMut(Crater),
    ) {
        for octave in self.octaves.iter().filter(|o| 2.0 * o.cells.diameter_m > diameter_m) {
            for at in faces.iter() {
                octave.cells.within(at, areas, mare, reach_m, |thing| {
                    if thing.diameter_m >= diameter_m {
                        let (_, q) = octave.worn(thing.age, mare);
                        let depth_m = thing.diameter_m * octave.fresh * q * (FLOOR + RIM * q);
                        visit(Crater { thing, face: at.face, depth_m });
                    }
                });
            }
        }
    }
}

impl Octave {
    fn new(diameter_m: f64, key: u64, [highland_gyr, mare_gyr]: [f64; 2]) -> Self {
        let per_m2 =
            |age_gyr: f64| move |d_m: f64| 1e-6 * production::present_per_km2(d_m / 1e3, age_gyr);
        let (highland, mare) = (per_m2(highland_gyr), per_m2(mare_gyr));
        let cells = Cells::new(key, diameter_m, 0.5 * REACH, [&highland, &mare]);
        let ratio2 = [highland_gyr, mare_gyr].map(|age_gyr| {
            let ratio = 1e3 * production::equilibrium_diameter_km(age_gyr) / diameter_m;
            ratio * ratio
        });
        let shallow = libm::log2(diameter_m / SHALLOW_M) / libm::log2(DEEP_M / SHALLOW_M);
        Self {
            cells,
            fresh: FRESH_SMALL + (1.0 - FRESH_SMALL) * shallow.clamp(0.0, 1.0),
            wear: ratio2.map(|r| WEAR * r.min(1.0)),
            life: (1.0 / ratio2[0]).min(1.0),
        }
    }

    /// Age on the common clock, and depth over that of the freshest, `u` of its life having passed.
    fn worn(&self, u: f64, mare: f64) -> (f64, f64) {
        let wear = self.wear[0] + mare * (self.wear[1] - self.wear[0]);
        (u * self.life, 1.0 / (1.0 + wear * u))
    }

    /// Adds this octave's craters to what is found at a point, and to what they erase.
    fn at(
        &self,
        faces: &Faces,
        areas: &Areas,
        (mare, gain): (f64, f64),
        block: &mut Block,
        found: &mut Cratered,
        erased: &mut Erased,
    ) {
        let (mut bowl_m, mut rim_m) = (0.0_f64, 0.0_f64);
        let before = erased.count;
        for at in faces.iter() {
            self.cells.felt(at, areas, (mare, 0.0), block, |thing| {
                let d_m = thing.diameter_m;
                let x = 4.0 * thing.distance2_m2 / (d_m * d_m);
                if x >= REACH * REACH {
                    return;
                }
                let (age, q) = self.worn(thing.age, mare);
                let there = thing.weight * erased.left(before, age);
                let scale_m = d_m * self.fresh * there * q;
                bowl_m = bowl_m.min(scale_m * bowl(x));
                rim_m = rim_m.max(scale_m * q * rim(x));
                // Nothing smaller lives longer than a quarter of this octave's life.
                if x < ERASED && 4.0 * age < self.life {
                    erased.add(age, gain * there * (1.0 - smooth((x - 1.0) / (ERASED - 1.0))));
                }
                if d_m > ROCKY_M {
                    let young =
                        (2.0 * q - 1.0).max(0.0) * there * smooth(1.0 - x / (REACH * REACH));
                    found.young = found.young.max(young);
                }
            });
        }
        found.height_m += gain * (bowl_m + rim_m);
    }
}

/// 0 below 0, 1 above 1, smooth between.
fn smooth(x: f64) -> f64 {
    let t = x.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Depth over diameter of a fresh bowl at (distance / radius)² = `x`.
fn bowl(x: f64) -> f64 {
    let z = (1.0 - x).max(0.0);
    -FLOOR * z * z
}

/// Height over diameter of a fresh rim at (distance / radius)² = `x`, 0 to 2.56.
fn rim(x: f64) -> f64 {
    if x < 1.0 {
        RIM * x * x * (3.0 - 2.0 * x)
    } else {
        let y = (x - 1.0) / (REACH * REACH - 1.0);
        let z = (1.0 - y).max(0.0);
        let z2 = z * z;
        RIM * z2 * z2 * z * (1.0 + 5.0 * y)
    }
}

#[cfg(test)]
mod tests;
