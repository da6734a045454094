//! The bar of long work; hidden where there is no terminal, and plain lines are printed instead.

use crate::fly::live;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar to `len` that shows what stands in `after` behind how much is done of it, or nothing known of the end.
///
/// - `after`: fields as `indicatif` spells them.
pub fn bar(len: Option<u64>, after: &str) -> ProgressBar {
    if !live() {
        return ProgressBar::with_draw_target(len, ProgressDrawTarget::hidden());
    }
    let head = if len.is_some() { "{bar:40.cyan/blue} {pos}/{len}" } else { "{spinner}" };
    let style = ProgressStyle::with_template(&format!("{head} {after}"));
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("█▉░");
    ProgressBar::with_draw_target(len, ProgressDrawTarget::stdout()).with_style(style)
}
