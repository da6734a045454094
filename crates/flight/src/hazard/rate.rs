//! How likely a place is bad to stand on.
//!
//! Owns: [`Footprint`] (the disc that a lander takes, whatever its heading), [`rate`].
//!
//! As known from flight-tested systems [Strahan2010]: fit a plane under the lander, take slope and what
//! stands above it, and turn both into the probability that the limits hold, given the noise.
//! As programmed, on the disc of the nodes within R of a place (R covers the pads and the distance by
//! which the lander may miss the place), x and y from its middle, n nodes:
//!     z = a + g·(x, y),  g = Σ z (x, y) / Σ x²,   e = z − plane,   peak = max e,   s² = Σ e²/n
//! slope = |g|, or that of the pads' own heights on two crossed diagonals, the steeper of two
//! positions 45° apart, where the posting resolves the pads.
//!     P(safe) = Φ((tan 10° − slope)/σ_g) · Φ((h − peak + c σ)/σ_h)
//! h is half of the 0.3 m that a pad must not meet: between shots the top of such a rock may be missed. σ_g
//! is the noise of the fit and what relief between the nodes may add; a map too coarse for the
//! footprint sees the larger relief of a larger disc, which is taken to shrink with the disc. Of n shots
//! the highest stands c ≈ 2 deviations of the noise too high. The risk is 1 − P.
//! Refuses: pits as such (they tilt the plane and the pads), soft ground.

use super::grid::{Grid, LINES};
use icd::bus::SHOTS;

/// Limit of the slope: tangent of 10°. The requirement on this project.
pub const SLOPE_MAX: f32 = 0.176_327;
/// Height of a rock that a pad must not meet, m. The requirement on this project.
pub const ROCK_M_MAX: f32 = 0.3;
/// Share of it that a map must not show. Assumed: a dome twice as wide as high, shots 0.7 of a radius apart.
const SHOWN: f32 = 0.5;
/// By how many deviations of the noise the highest of a disc's shots stands too high.
const HIGHEST_SIGMAS: f32 = 2.0;
/// Least deviation of a peak, m, and of a slope. Assumed: relief between the shots.
const PEAK_SIGMA_M: f32 = 0.03;
const SLOPE_SIGMA: f32 = 0.015;
/// Share of the rms residual that is taken as unseen slope over the footprint's diameter.
const UNSEEN: f32 = 0.7;
/// Largest radius of a disc, nodes.
const REACH: usize = 9;
/// Rows of the widest disc.
const ROWS: usize = 2 * REACH + 1;

/// What stands on the ground.
#[derive(Clone, Copy, Debug)]
pub struct Lander {
    /// Middles of the pads from the axis, m.
    pub foot_radius_m: f64,
    /// Diameter of a pad, m.
    pub pad_diameter_m: f64,
    /// Noise of a height, 1 sigma, m.
    pub sigma_m: f64,
}

impl Lander {
    /// Before a load says better.
    pub const UNKNOWN: Self = Self { foot_radius_m: 1.0, pad_diameter_m: 0.3, sigma_m: 1.0 };
}

/// The disc of one map.
#[derive(Clone, Copy, Debug)]
pub struct Footprint {
    /// Radius, nodes.
    n: usize,
    /// Half widths of the rows, nodes, from the first row.
    half: [usize; ROWS],
    nodes: f32,
    /// Σ x² over the disc, m².
    squares_m2: f32,
    posting_m: f32,
    /// Radius of the footprint alone over that of the disc.
    shrink: f32,
    /// Pads: the radius of their circle in nodes and at 45°; none when the map is too coarse.
    pads: Option<(usize, usize)>,
    radius_m: f32,
    sigma_m: f32,
    spread: usize,
}

impl Footprint {
    /// - `spread_m`: how far from a chosen place the lander may come down.
    pub fn new(lander: &Lander, posting_m: f64, spread_m: f64) -> Self {
        let nodes = |m: f64| whole(m / posting_m);
        let radius_m = lander.foot_radius_m + 0.5 * lander.pad_diameter_m;
        let disc_m = radius_m.max(2.0 * posting_m);
        let n = nodes(disc_m).clamp(2, REACH);
        let (mut half, mut count, mut squares) = ([0; ROWS], 0.0, 0.0);
        for (row, half) in half.iter_mut().enumerate().take(2 * n + 1) {
            let y = row as f64 - n as f64;
            let width = libm::sqrt((n * n) as f64 + 0.5 - y * y);
            *half = (0..=REACH).rev().find(|k| *k as f64 <= width).unwrap_or(0);
            count += (2 * *half + 1) as f64;
            squares += (2 * *half + 1) as f64 * y * y;
        }
        let fine = posting_m < 0.45 * lander.foot_radius_m;
        Self {
            n,
            half,
            nodes: single(count),
            squares_m2: single(squares * posting_m * posting_m),
            posting_m: single(posting_m),
            shrink: single((radius_m / (n as f64 * posting_m)).min(1.0)),
            pads: fine.then(|| {
                (
                    nodes(lander.foot_radius_m),
                    nodes(core::f64::consts::FRAC_1_SQRT_2 * lander.foot_radius_m),
                )
            }),
            radius_m: single(lander.foot_radius_m),
            sigma_m: single(lander.sigma_m),
            spread: if spread_m > posting_m { nodes(spread_m).min(REACH) } else { 0 },
        }
    }

    /// Lines that must be known beyond a rated one.
    pub fn margin(&self) -> usize {
        self.n
    }

    /// Lines and columns by which the lander may miss a place.
    pub fn spread_lines(&self) -> usize {
        self.spread
    }
}

#[allow(clippy::cast_possible_truncation)] // a map needs no more digits
fn single(x: f64) -> f32 {
    x as f32
}

/// The nearest whole number of nodes, a few dozen at the most.
fn whole(x: f64) -> usize {
    (0..=LINES).find(|k| *k as f64 + 0.5 >= x).unwrap_or(LINES)
}

/// Risk of a place that no disc of the map shows: the rim, and what was not measured. Nobody goes there.
pub const UNKNOWN: f32 = f32::INFINITY;

/// Risk and discomfort of every place.
#[derive(Clone, Debug)]
pub struct Rated {
    risk: [[f32; SHOTS]; LINES],
    /// Slope and peak as shares of their limits, together: what tells one safe place from another.
    strain: [[f32; SHOTS]; LINES],
}

impl Rated {
    /// Nothing known.
    pub fn new() -> Self {
        Self { risk: [[UNKNOWN; SHOTS]; LINES], strain: [[0.0; SHOTS]; LINES] }
    }

    /// Back to nothing known.
    pub fn forget(&mut self) {
        self.risk.as_flattened_mut().fill(UNKNOWN);
    }

    /// Risk of every place, `[y][x]`, 0 to 1, or [`UNKNOWN`].
    pub fn risk(&self) -> &[[f32; SHOTS]; LINES] {
        &self.risk
    }

    /// Strain of every place.
    pub fn strain(&self) -> &[[f32; SHOTS]; LINES] {
        &self.strain
    }
}

impl Default for Rated {
    fn default() -> Self {
        Self::new()
    }
}

/// Probability that a normal deviate stays below `x`.
fn below(x: f32) -> f32 {
    0.5 * libm::erfcf(-x * core::f32::consts::FRAC_1_SQRT_2)
}

/// Slope and peak of the disc around a node; `None` at the rim and where heights are missing.
struct Disc {
    slope: f32,
    peak_m: f32,
    rms_m: f32,
}

fn disc(grid: &Grid, f: &Footprint, line: usize, column: usize) -> Option<Disc> {
    let first = line.checked_sub(f.n)?;
    let rows = || (first..).zip(f.half.iter().take(2 * f.n + 1));
    let (mut sum, mut sum_x, mut sum_y) = (0.0_f32, 0.0_f32, 0.0_f32);
    let mut y = -(f.n as f32);
    for (row, half) in rows() {
        let cells = grid.row(row)?.get(column.checked_sub(*half)?..=column + half)?;
        let mut x = -(*half as f32);
        let mut line_sum = 0.0;
        for z in cells {
            line_sum += z;
            sum_x += x * z;
            x += 1.0;
        }
        sum += line_sum;
        sum_y += y * line_sum;
        y += 1.0;
    }
    let mean = sum / f.nodes;
    let per_node = f.posting_m * f.posting_m / f.squares_m2;
    let (gx, gy) = (sum_x * per_node, sum_y * per_node); // rise per node
    let (mut peak_m, mut squares) = (f32::NEG_INFINITY, 0.0_f32);
    let mut y = -(f.n as f32);
    for (row, half) in rows() {
        let cells = grid.row(row)?.get(column.checked_sub(*half)?..=column + half)?;
        let mut plane = mean + gy * y - gx * *half as f32;
        for z in cells {
            let e = z - plane;
            peak_m = peak_m.max(e);
            squares += e * e;
            plane += gx;
        }
        y += 1.0;
    }
    if !squares.is_finite() {
        return None;
    }
    let slope = libm::sqrtf(gx * gx + gy * gy) / f.posting_m;
    let slope = f.pads.map_or(Some(slope), |pads| {
        Some(slope.max(pads_slope(grid, f.posting_m, pads, line, column)?))
    })?;
    Some(Disc { slope, peak_m, rms_m: libm::sqrtf(squares / f.nodes) })
}

/// Mean height of a node and its four neighbours, m: a pad.
fn pad_m(grid: &Grid, line: usize, column: usize) -> Option<f32> {
    let here = grid.row(line)?;
    let beside = here.get(column.checked_sub(1)?..=column + 1)?.iter().sum::<f32>();
    let around = [line.checked_sub(1)?, line + 1];
    let mut sum = beside;
    for row in around {
        sum += grid.row(row)?.get(column)?;
    }
    Some(0.2 * sum)
}

/// The steeper slope of the pads, standing on the axes or between them.
fn pads_slope(
    grid: &Grid,
    posting_m: f32,
    (far, near): (usize, usize),
    line: usize,
    column: usize,
) -> Option<f32> {
    let fall = |a: (usize, usize), b: (usize, usize)| -> Option<f32> {
        Some(pad_m(grid, a.0, a.1)? - pad_m(grid, b.0, b.1)?)
    };
    let (x0, x1) = (column.checked_sub(far)?, column + far);
    let (y0, y1) = (line.checked_sub(far)?, line + far);
    let (u0, u1) = (column.checked_sub(near)?, column + near);
    let (v0, v1) = (line.checked_sub(near)?, line + near);
    let (a, b) = (fall((line, x1), (line, x0))?, fall((y1, column), (y0, column))?);
    let (c, d) = (fall((v1, u1), (v0, u0))?, fall((v1, u0), (v0, u1))?);
    let across_m = 2.0 * posting_m * far as f32;
    let aslant_m = 2.0 * core::f32::consts::SQRT_2 * posting_m * near as f32;
    let (upright, between) =
        ((a * a + b * b) / (across_m * across_m), (c * c + d * d) / (aslant_m * aslant_m));
    Some(libm::sqrtf(upright.max(between)))
}

/// Rates every place of a line. Cost: some 10 µs for the finest map.
pub fn rate(grid: &Grid, f: &Footprint, line: usize, out: &mut Rated) {
    let (Some(risks), Some(strains)) = (out.risk.get_mut(line), out.strain.get_mut(line)) else {
        return;
    };
    let fit = f.sigma_m / libm::sqrtf(f.squares_m2.max(1e-6));
    let pads = if f.pads.is_some() { 0.3 * f.sigma_m / f.radius_m } else { 0.0 };
    for (column, (risk, strain)) in risks.iter_mut().zip(strains).enumerate() {
        let Some(found) = disc(grid, f, line, column) else { continue };
        let peak_m = (found.peak_m - HIGHEST_SIGMAS * f.sigma_m).max(0.0) * f.shrink;
        let rough_m =
            libm::sqrtf((found.rms_m * found.rms_m - f.sigma_m * f.sigma_m).max(0.0)) * f.shrink;
        let unseen = if f.pads.is_some() { 0.0 } else { UNSEEN * rough_m / f.radius_m };
        let sigma_slope =
            libm::sqrtf(fit * fit + pads * pads + unseen * unseen + SLOPE_SIGMA * SLOPE_SIGMA);
        let sigma_peak = libm::hypotf(f.sigma_m, PEAK_SIGMA_M);
        let safe = below((SLOPE_MAX - found.slope) / sigma_slope)
            * below((SHOWN * ROCK_M_MAX - peak_m) / sigma_peak);
        *risk = 1.0 - safe;
        *strain = found.slope / SLOPE_MAX + peak_m / (SHOWN * ROCK_M_MAX);
    }
}
