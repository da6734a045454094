//! What is sent at once at which bit rate; the rest waits in the store.
//!
//! Owns: [`Plan`]. As programmed: the first line of a table whose octets a second fit into the share `FILLED` of
//! what frames carry at that rate. Sizes are counted from the dictionary, so a longer list is planned for; the
//! share that is left carries events, answers and what the store holds.
//! Refuses: to send nothing. At the lowest rate the last line is flown, and what does not fit waits.

use super::{FRAME_DATA, NAV_LIST, ON_AIR};
use icd::beacon;
use icd::link::packet::{PACKET_MAX, SOURCE_DATA_MAX};
use icd::tm::{LISTS, RECEIVER};

/// What is sent as soon as it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Time between two packets of essentials, ms.
    pub essential_ms: u32,
    /// Time between two lists of navigation, ms.
    pub nav_ms: u32,
    /// Time between two of each other list, ms.
    pub rest_ms: u32,
    /// Whether raw cycles are sent too.
    pub raw: bool,
}

/// From everything to nearly nothing.
const PLANS: [Plan; 12] = [
    plan(1_000, 100, 100, true),
    plan(1_000, 100, 100, false),
    plan(1_000, 100, 200, false),
    plan(1_000, 100, 500, false),
    plan(1_000, 100, 1_000, false),
    plan(1_000, 200, 1_000, false),
    plan(1_000, 500, 2_000, false),
    plan(1_000, 1_000, 5_000, false),
    plan(1_000, 2_000, 20_000, false),
    plan(2_000, 5_000, 60_000, false),
    plan(5_000, 10_000, 120_000, false),
    plan(10_000, 30_000, 600_000, false),
];

const fn plan(essential_ms: u32, nav_ms: u32, rest_ms: u32, raw: bool) -> Plan {
    Plan { essential_ms, nav_ms, rest_ms, raw }
}

/// Share of the rate that is planned with, percent: assumed, the rest is for what cannot be planned.
const FILLED: u64 = 80;
/// Octets a second of raw cycles, more than a descent with every device makes (measured: 4.6 kB/s on the M2
/// mission, whose camera and hazard lidar are off; 50 × 68 octets with nothing but the inertial unit).
const RAW_OCTETS_S: u64 = 8_000;
/// Octets of a packet beside its source data.
const AROUND: u64 = (PACKET_MAX - SOURCE_DATA_MAX) as u64;

/// Octets of a housekeeping packet of each list: of navigation, of the others together.
fn sizes() -> (u64, u64) {
    let size = |list: &icd::tm::List| AROUND + 1 + list.octets() as u64;
    let nav = LISTS.iter().filter(|list| list.id == NAV_LIST).map(size).sum();
    (nav, LISTS.iter().filter(|list| list.id != NAV_LIST).map(size).sum())
}

impl Plan {
    /// Octets a second that the plan makes.
    fn octets_s(&self, (nav, rest): (u64, u64)) -> u64 {
        let essential = AROUND + 1 + beacon::LIST.octets() as u64;
        let receiver = AROUND + 1 + RECEIVER.octets() as u64;
        let raw = if self.raw { RAW_OCTETS_S } else { 0 };
        let each = |octets: u64, ms: u32| (octets * 1_000).div_ceil(u64::from(ms.max(1)));
        let listed = each(nav, self.nav_ms) + each(rest, self.rest_ms);
        let receiver = each(receiver, self.rest_ms.max(1_000));
        each(essential, self.essential_ms) + receiver + listed + raw
    }

    /// The plan of a bit rate, bit/s on the air, marker and frame included.
    pub fn of(bit_rate: u32) -> Self {
        let carried = u64::from(bit_rate) / 8 * FRAME_DATA as u64 / ON_AIR as u64;
        let (room, sizes) = (carried * FILLED / 100, sizes());
        let fits = PLANS.iter().find(|plan| plan.octets_s(sizes) <= room);
        *fits.or(PLANS.last()).unwrap_or(&plan(10_000, 30_000, 600_000, false))
    }
}
