//! The library of faults as an inquiry may use it: whole, or with kinds struck out.
//!
//! Owns: [`Library`]. Does not own: the kinds (`truth::faulty`), which of them no evidence tells apart
//! (`catalogue::class`).
//! As programmed: what is struck out names nothing and cleans nothing, and neither does a kind that no evidence tells
//! from it. What readings look like, to the bit, is seen without a name for it: such patterns are looked for all the
//! same, and one that no kind held explains comes out as "not in the library".

use crate::catalogue;
use crate::finding::{Cause, Finding};

/// ln of how many ways there are for reports, samples and cycles to look odd (repeated, zero, missing, cut off, ...
/// of one device or of another): what the library does not hold may look like any of them, each with the same share.
/// Assumed: 30.
pub const LN_LOOKS: f64 = 3.4;

/// Kinds of the computer, which `truth::faulty` does not know.
const COMPUTER: (&str, [&str; 2]) = ("computer", ["restart", "cold_restart"]);

/// Kinds of fault that may explain something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    /// Family of devices (`assist`, `rangefinder`) and kind of what is struck out.
    struck: Vec<(String, &'static str)>,
}

/// A device's family: like devices are one.
fn family(on: &str) -> &str {
    on.split_once('.').map_or(on, |(family, _)| family)
}

impl Library {
    /// The library without some kinds, given as family of devices and kind, and without what no evidence tells from
    /// them.
    pub fn without(withheld: &[(String, String)]) -> Self {
        let mut known = truth::faulty::known();
        known.push((COMPUTER.0.to_string(), COMPUTER.1.to_vec()));
        let mut struck = Vec::new();
        for (on, kinds) in &known {
            let class = |kind: &'static str| catalogue::class(&Cause { on: on.clone(), kind });
            let own = |kind: &&str| {
                withheld.iter().any(|(own, struck)| own == family(on) && struck == *kind)
            };
            for gone in kinds.iter().copied().filter(own) {
                let alike = kinds.iter().copied().filter(|kind| class(kind) == class(gone));
                struck.extend(alike.map(|kind| (family(on).to_string(), kind)));
            }
        }
        struck.sort_unstable();
        struck.dedup();
        Self { struck }
    }

    /// Whether a device's kind may explain anything.
    pub fn holds(&self, on: &str, kind: &str) -> bool {
        !self.struck.iter().any(|(own, gone)| own == family(on) && *gone == kind)
    }

    /// Whether all faults of a finding may explain anything; one that names none always may.
    pub fn allows(&self, finding: &Finding) -> bool {
        finding.faults.iter().all(|fault| self.holds(&fault.cause.on, fault.cause.kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_from_what_is_struck_out_is_struck_out_too() {
        let struck = |on: &str, kind: &str| Library::without(&[(on.into(), kind.into())]);
        let library = struck("star_tracker", "dead");
        assert!(!library.holds("star_tracker", "dead"));
        assert!(!library.holds("star_tracker", "not_enabled"), "silent both ways");
        assert!(library.holds("star_tracker", "stuck") && library.holds("gyros", "dead"));
        let library = struck("assist", "saturation");
        assert!(!library.holds("assist.4", "scale") && library.holds("main", "scale"));
        assert!(!struck("computer", "cold_restart").holds("computer", "cold_restart"));
        assert!(struck("computer", "cold_restart").holds("computer", "restart"));
        assert!(Library::default().holds("rangefinder", "weak_laser"));
        assert!(!struck("rangefinder", "weak_surface").holds("rangefinder", "weak_laser"));
    }
}
