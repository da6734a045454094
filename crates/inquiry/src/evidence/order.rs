//! Packets each once and in the order in which they were made.
//!
//! Owns: [`in_order`]. Does not own: the order of what is in them.
//! As programmed: sequence counts have 14 bits. They are continued through their wraps once in the order of the file and
//! once in that of the packets' times, and the order in which fewer packets are missing is believed: the first where the
//! clock leaps, the second where the file was shuffled.

use super::packets::Found;
use icd::link::packet::APID;

/// A packet with its place among all that the lander made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub found: Found<'a>,
    /// Its sequence count without the wraps. `None` for a station's.
    pub place: Option<i64>,
}

/// What [`in_order`] makes.
#[derive(Debug, Default)]
pub(super) struct Ordered<'a> {
    /// The lander's by place, then the stations' in the order of the file.
    pub packets: Vec<Placed<'a>>,
    pub repeated: u64,
    pub reordered: u64,
    pub missing: u64,
}

/// Counts of 14 bits continued through their wraps.
fn unwrapped(counts: impl Iterator<Item = u16>) -> Vec<i64> {
    let (mut place, mut last) = (0i64, None);
    let mut out = Vec::new();
    for count in counts {
        let step = count.wrapping_sub(last.unwrap_or(count)) & 0x3FFF;
        place += i64::from(step) - if step >= 0x2000 { 0x4000 } else { 0 };
        last = Some(count);
        out.push(place);
    }
    out
}

/// How many places between the first and the last are empty.
fn missing(places: &[i64]) -> u64 {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return 0 };
    (last - first + 1).unsigned_abs() - sorted.len() as u64
}

/// Packets each once and in the order in which they were made.
pub(super) fn in_order(mut found: Vec<Found<'_>>) -> Ordered<'_> {
    let all = found.len();
    found.sort_by(|a, b| (a.t, a.count, a.octets, a.at).cmp(&(b.t, b.count, b.octets, b.at)));
    found.dedup_by(|again, first| again.octets == first.octets);
    let repeated = (all - found.len()) as u64;
    let (mut own, mut stations): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| found.apid == APID);
    let by_time = unwrapped(own.iter().map(|found| found.count));
    let in_file = |own: &[Found<'_>]| {
        let mut places: Vec<usize> = (0..own.len()).collect();
        places.sort_unstable_by_key(|n| own.get(*n).map(|found| found.at));
        places
    };
    let file = in_file(&own);
    let counts = file.iter().filter_map(|n| own.get(*n).map(|found| found.count));
    let by_file = unwrapped(counts);
    let mut places = by_time;
    if missing(&by_file) <= missing(&places) {
        for (n, place) in file.iter().zip(by_file) {
            if let Some(slot) = places.get_mut(*n) {
                *slot = place;
            }
        }
    }
    let (mut highest, mut reordered) = (i64::MIN, 0);
    for place in file.iter().filter_map(|n| places.get(*n)) {
        reordered += u64::from(*place < highest);
        highest = highest.max(*place);
    }
    let missing = missing(&places);
    let mut packets: Vec<Placed<'_>> = own
        .drain(..)
        .zip(places)
        .map(|(found, place)| Placed { found, place: Some(place) })
        .collect();
    packets.sort_by_key(|placed| placed.place);
    stations.sort_by_key(|found| found.at);
    packets.extend(stations.into_iter().map(|found| Placed { found, place: None }));
    Ordered { packets, repeated, reordered, missing }
}
