//! From explanations of single aspects to findings of a device.
//!
//! Owns: [`findings`]. Does not own: the explanations.
//! Gains of different aspects add. The largest gain of a device is [`MOST`]: all others keep their distance from it, so
//! that what an exact pattern leaves open stays open.

use super::part::Part;
use crate::finding::{Cause, Channel, Device, Fault, Finding};

/// Largest gain of a finding.
const MOST: f64 = 2000.0;
/// Explanations with less than this explain nothing worth a second fault.
const WORTH: f64 = 1.0;

/// All findings of a device, best first: single faults, pairs and triples of different aspects, and "not in the library".
pub(crate) fn findings(device: Device, parts: &[Part]) -> Vec<Finding> {
    let (named, unnamed): (Vec<&Part>, Vec<&Part>) =
        parts.iter().filter(|part| part.gain > 0.0).partition(|part| part.kind.is_some());
    let mut out: Vec<Finding> = sets(&named).iter().map(|set| finding(device, set)).collect();
    // Something that the library does not hold, in all aspects that it explains.
    let unknown = sets(&unnamed).into_iter().map(|set| finding(device, &set));
    out.extend(unknown.max_by(|a, b| a.gain.total_cmp(&b.gain)));
    out.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let over = out.first().map_or(0.0, |first| (first.gain - MOST).max(0.0));
    out.iter_mut().for_each(|finding| finding.gain -= over);
    out.retain(|finding| finding.gain > 0.0);
    out
}

/// Single parts, and two and three of different aspects.
fn sets<'p>(parts: &[&'p Part]) -> Vec<Vec<&'p Part>> {
    let mut sets: Vec<Vec<&Part>> = parts.iter().map(|part| vec![*part]).collect();
    let worth: Vec<&Part> = parts.iter().filter(|part| part.gain > WORTH).copied().collect();
    for (n, a) in worth.iter().enumerate() {
        for (m, b) in worth.iter().enumerate().skip(n + 1) {
            if a.aspects & b.aspects != 0 {
                continue;
            }
            sets.push(vec![*a, *b]);
            let rest = worth.iter().skip(m + 1);
            let others = rest.filter(|c| c.aspects & (a.aspects | b.aspects) == 0);
            sets.extend(others.map(|c| vec![*a, *b, *c]));
        }
    }
    sets
}

fn finding(device: Device, set: &[&Part]) -> Finding {
    let fault = |part: &&Part| {
        let cause = Cause { on: device.name().to_string(), kind: part.kind? };
        let (numbers, from, until) = (part.numbers.clone(), part.from, part.until);
        Some(Fault { cause, numbers, from, until })
    };
    Finding {
        channel: Channel::Stream(device),
        faults: set.iter().filter_map(fault).collect(),
        gain: set.iter().map(|part| part.gain).sum(),
        seen: set.iter().flat_map(|part| part.seen.iter().cloned()).collect(),
    }
}
