//! Pictures of a survey: shaded relief, slope classes, sunlight. North is up.
//!
//! Owns: colours, PNG files. Refuses: text in pictures; legends stand on the page.

use super::{SLOPE_LIMITS_DEG, Survey};

/// A picture of RGB pixels, rows from north to south.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Pixels along a side.
    pub side: usize,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// Heights on a square grid, rows from north to south.
pub(super) struct Heights<'a> {
    /// Samples along a side.
    pub side: usize,
    /// Length of a cell, m.
    pub cell_m: f64,
    /// Heights, m.
    pub elevation_m: &'a [f64],
}

/// Red, green, blue, 0 to 1.
type Colour = [f64; 3];

/// Colours of the slope classes, from gentle to steeper than the last limit.
pub const SLOPE_COLOURS: [Colour; 4] =
    [[0.16, 0.45, 0.35], [0.85, 0.75, 0.30], [0.88, 0.48, 0.20], [0.70, 0.13, 0.17]];
/// Low, middle and high ground.
const TINTS: [Colour; 3] = [[0.33, 0.37, 0.46], [0.62, 0.60, 0.56], [0.93, 0.89, 0.80]];
/// Steepest contrast of the relief's shading: a slope of 1 over this turns black or white.
const SHADING: f64 = 2.2;

impl Picture {
    fn of(side: usize, colour: impl Fn(usize) -> Colour) -> Self {
        let byte = |x: f64| (x.clamp(0.0, 1.0) * 255.0).round() as u8; // float to integer saturates
        let rgb = (0..side * side).flat_map(|k| colour(k).map(byte)).collect();
        Self { side, rgb }
    }

    /// Height as tint, shaded by a lamp in the north-west at 45°.
    pub fn relief(survey: &Survey) -> Self {
        let heights = Heights {
            side: survey.view.pixels,
            cell_m: survey.cell_m,
            elevation_m: &survey.elevation_m,
        };
        Self::shaded(&heights, median(&survey.slope_rad))
    }

    /// As [`Self::relief`], of heights whose median slope is known, rad.
    pub(super) fn shaded(ground: &Heights<'_>, slope_rad: f64) -> Self {
        let (n, heights) = (ground.side, ground.elevation_m);
        let low = heights.iter().copied().fold(f64::INFINITY, f64::min);
        let high = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Gentle ground would be flat to the eye: the median slope is drawn as 6°.
        let exaggeration = (0.1 / slope_rad.max(1e-4)).clamp(1.0, 30.0);
        Self::of(n, |k| {
            let (row, column) = (k / n, k % n);
            let step = |from: usize, to: usize, cells: usize| {
                (heights[to] - heights[from]) / (cells.max(1) as f64 * ground.cell_m)
            };
            let (west, east) = (column.saturating_sub(1), (column + 1).min(n - 1));
            let (north, south) = (row.saturating_sub(1), (row + 1).min(n - 1));
            let to_east = step(row * n + west, row * n + east, east - west);
            let to_north = step(south * n + column, north * n + column, south - north);
            let facing = exaggeration * (to_east - to_north) * std::f64::consts::FRAC_1_SQRT_2;
            let shade = 0.5 + 0.5 * libm::tanh(SHADING * facing);
            let tint = ramp((heights[k] - low) / (high - low).max(1e-9));
            tint.map(|c| c * (0.35 + 0.95 * shade))
        })
    }

    /// Slope classes, bounded by [`SLOPE_LIMITS_DEG`].
    pub fn slope(survey: &Survey) -> Self {
        let limits = SLOPE_LIMITS_DEG.map(f64::to_radians);
        Self::of(survey.view.pixels, |k| {
            let slope_rad = survey.slope_rad[k];
            let class = limits.iter().filter(|limit| slope_rad > **limit).count();
            let base = if class == 0 { 0.0 } else { limits[class - 1] };
            let top = limits.get(class).copied().unwrap_or(2.0 * base);
            let within = ((slope_rad - base) / (top - base)).clamp(0.0, 1.0);
            SLOPE_COLOURS[class].map(|c| c * (0.72 + 0.28 * within))
        })
    }

    /// The ground as the Sun lights it, from above; shadow is blue-black.
    pub fn sunlight(survey: &Survey) -> Self {
        let mut sorted = survey.radiance.clone();
        sorted.sort_by(f64::total_cmp);
        let bright = sorted.get(sorted.len() * 99 / 100).copied().unwrap_or(0.0).max(1e-6);
        Self::of(survey.view.pixels, |k| {
            let grey = (survey.radiance[k] / bright).min(1.0).sqrt();
            let shadow = 1.0 - survey.sunlight[k];
            [grey, grey, grey + 0.16 * shadow]
        })
    }

    /// The picture as a PNG file's bytes.
    ///
    /// # Errors
    /// What the encoder refuses; a picture made here is never refused.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let side = u32::try_from(self.side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(bytes)
    }
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

fn ramp(x: f64) -> Colour {
    let (from, to, share) =
        if x < 0.5 { (TINTS[0], TINTS[1], 2.0 * x) } else { (TINTS[1], TINTS[2], 2.0 * x - 1.0) };
    std::array::from_fn(|k| from[k] + (to[k] - from[k]) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_survives_the_way_through_its_file() {
        let picture = Picture::of(4, |k| [k as f64 / 15.0, 0.5, 1.0 - k as f64 / 15.0]);
        let bytes = picture.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut back = vec![0; 4 * 4 * 3];
        reader.next_frame(&mut back).unwrap();
        assert_eq!(back, picture.rgb);
    }

    #[test]
    fn tints_run_from_low_to_high() {
        assert_eq!((ramp(0.0), ramp(0.5), ramp(1.0)), (TINTS[0], TINTS[1], TINTS[2]));
    }
}
