//! The error of the map at its nodes.
//!
//! Owns: [`field`], of unit variance; the equation stands at the head of `load`.

use super::{Grid, boxed};
use flight::load::{MAP_ACROSS, MAP_ALONG};

/// A field of unit variance whose neighbours are correlated by `phi` along either axis.
pub(super) fn field(phi: f64, mut normal: impl FnMut() -> f64) -> Grid {
    let fresh = (1.0 - phi * phi).sqrt();
    let mut out = vec![[0.0_f32; MAP_ACROSS]; MAP_ALONG];
    let mut previous = [0.0_f64; MAP_ACROSS];
    for (i, row) in out.iter_mut().enumerate() {
        let mut left = 0.0;
        for (j, (slot, before)) in row.iter_mut().zip(&mut previous).enumerate() {
            left = if j == 0 { normal() } else { phi * left + fresh * normal() };
            *before = if i == 0 { left } else { phi * *before + fresh * left };
            *slot = *before as f32;
        }
    }
    boxed(out)
}
