//! The ground under the track, packed for the page: heights as 16-bit steps in base64.
//!
//! Owns: [`TerrainPatch`] and its packing; the page shades it. Refuses: drawing.

use super::json::Json;

/// A rectangle of terrain heights around the target, in the site frame's east and north.
#[derive(Clone, Debug, PartialEq)]
pub struct TerrainPatch {
    /// What it shows, for the title.
    pub title: String,
    /// West and east edge from the target, m.
    pub east_m: [f64; 2],
    /// South and north edge from the target, m.
    pub north_m: [f64; 2],
    /// Samples along east.
    pub columns: usize,
    /// Samples along north.
    pub rows: usize,
    /// Height over the target, m: `rows` rows from south to north of `columns` samples from west to east.
    pub elevation_m: Vec<f32>,
}

impl TerrainPatch {
    /// The patch as the page reads it; `None` when the samples do not fill the rectangle.
    pub(super) fn to_json(&self) -> Option<Json> {
        if self.elevation_m.len() != self.columns * self.rows || self.elevation_m.is_empty() {
            return None;
        }
        let finite = || self.elevation_m.iter().copied().filter(|h| h.is_finite());
        let low = finite().fold(f32::INFINITY, f32::min);
        let high = finite().fold(f32::NEG_INFINITY, f32::max);
        if low > high {
            return None;
        }
        let step = ((high - low) / f32::from(u16::MAX)).max(1e-6);
        let mut bytes = Vec::with_capacity(2 * self.elevation_m.len());
        for h in &self.elevation_m {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let code = ((h - low) / step).round() as u16; // float to integer `as` saturates
            bytes.extend(code.to_le_bytes());
        }
        let number = |x: f64| Json::Number(x);
        Some(Json::object([
            ("title", Json::text(&*self.title)),
            ("east", Json::List(self.east_m.map(number).to_vec())),
            ("north", Json::List(self.north_m.map(number).to_vec())),
            ("columns", Json::Number(self.columns as f64)),
            ("rows", Json::Number(self.rows as f64)),
            ("low", Json::Number(f64::from(low))),
            ("step", Json::Curve { values: vec![f64::from(step)], digits: 9 }),
            ("heights", Json::text(base64(&bytes))),
        ]))
    }
}

/// Base64 with padding [RFC4648].
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for k in 0..4 {
            let letter = ALPHABET[(word >> (18 - 6 * k) & 63) as usize];
            out.push(if k <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_vectors_of_rfc_4648() {
        // [RFC4648] section 10.
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn a_patch_with_a_missing_sample_is_not_drawn() {
        let mut patch = TerrainPatch {
            title: "site".into(),
            east_m: [-1.0, 1.0],
            north_m: [-1.0, 1.0],
            columns: 2,
            rows: 2,
            elevation_m: vec![0.0, 1.0, 2.0, 3.0],
        };
        assert!(patch.to_json().is_some());
        patch.elevation_m.pop();
        assert!(patch.to_json().is_none());
    }
}
