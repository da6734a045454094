//! Touchdown switches.

use super::{Checked, within};

/// Touchdown switches, one a leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Switches {
    /// Time for which a switch must be pressed without a break before it reports contact, s.
    pub close_s: f64,
    /// Time for which it must be free without a break before it reports none, s.
    pub open_s: f64,
}

impl Switches {
    pub(super) fn check(&self) -> Checked {
        within("switches.close_s", self.close_s, "s", 0.0, 10.0)?;
        within("switches.open_s", self.open_s, "s", 0.0, 10.0)
    }
}
