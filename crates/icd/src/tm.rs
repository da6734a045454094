//! The telemetry dictionary: one table packs the bytes, decodes them, names the columns of a record, labels
//! the plots, and tells mission control what each value means.
//!
//! Owns: [`Snapshot`] (what the flight software samples together), [`LISTS`] (which parameter goes
//! into which packet, with its unit, wire type and text), [`Layout`] (any list, of whatever source).
//! Does not own: the beacon (`beacon`), what a station says of itself (`station`), limits (`limits`).
//! Rule: the key is the field's path. All of one list is sampled in one cycle.

mod lists;
mod snapshot;

pub(crate) use lists::p;
pub use lists::{LISTS, RECEIVER};
pub use snapshot::*;

use crate::time::Time;
use crate::{beacon, station};

/// How a value travels, big-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// IEEE 754 single.
    F32,
    /// IEEE 754 double.
    F64,
}

impl Wire {
    /// Octets on the wire.
    pub const fn octets(self) -> usize {
        match self {
            Wire::U8 => 1,
            Wire::U16 => 2,
            Wire::U32 | Wire::F32 => 4,
            Wire::F64 => 8,
        }
    }
    /// What a value is when nothing else is said of it.
    pub const fn kind(self) -> Kind {
        match self {
            Wire::U8 | Wire::U16 | Wire::U32 => Kind::Integer,
            Wire::F32 | Wire::F64 => Kind::Float,
        }
    }
}

/// What a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A measure, in its unit.
    Float,
    /// A count.
    Integer,
    /// One of these: value and name, by ascending value.
    Enumeration(&'static [(u8, &'static str)]),
    /// Bits with names, the lowest first.
    Bits(&'static [&'static str]),
}

/// One line of the dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Path of the field: the one name from code to plot label.
    pub key: &'static str,
    /// Unit, as NOTATION.md spells it; empty for counts and codes.
    pub unit: &'static str,
    /// Wire type.
    pub wire: Wire,
    /// A few words for a person.
    pub text: &'static str,
    /// What the value means.
    pub kind: Kind,
}

/// A line, and where its value is read from.
pub struct Parameter<S: 'static = Snapshot> {
    /// Name, unit, wire type, meaning.
    pub line: Line,
    /// Reads the value.
    pub read: fn(&S) -> f64,
}

/// What a list's values are read from.
pub trait Source {
    /// Application process that sends it.
    const APID: u16;
    /// Time of the sample.
    fn t(&self) -> Time;
}

impl Source for Snapshot {
    const APID: u16 = crate::link::packet::APID;
    fn t(&self) -> Time {
        self.t
    }
}

impl Source for Receiver {
    const APID: u16 = crate::link::packet::APID;
    fn t(&self) -> Time {
        self.t
    }
}

/// One housekeeping packet's content.
pub struct List<S: 'static = Snapshot> {
    /// Structure identifier in PUS service 3 [ECSS41]; no two lists share one, whoever sends them.
    pub id: u8,
    /// Name for people.
    pub name: &'static str,
    /// Parameters in order of transmission.
    pub parameters: &'static [Parameter<S>],
}

impl<S> List<S> {
    /// Octets of its values in a packet.
    pub fn octets(&self) -> usize {
        self.parameters.iter().map(|p| p.line.wire.octets()).sum()
    }
}

/// [`Phase`] by value.
pub const PHASES: Kind = Kind::Enumeration(&[
    (0, "orbit coast"),
    (1, "deorbit"),
    (2, "descent coast"),
    (3, "ignition"),
    (4, "braking"),
    (5, "pitch-up"),
    (6, "terminal descent"),
    (7, "contact"),
    (8, "cut-off"),
    (9, "landed"),
]);
/// [`Outcome`] by value.
pub const OUTCOMES: Kind = Kind::Enumeration(&[
    (0, "silent"),
    (1, "fused"),
    (2, "rejected"),
    (3, "unusable"),
    (4, "locked out"),
    (5, "inhibited"),
    (6, "distrusted"),
]);
/// [`Use`] by value.
pub const USES: Kind = Kind::Enumeration(&[(0, "edit"), (1, "inhibit"), (2, "force")]);
/// A valve.
pub const VALVE: Kind = Kind::Enumeration(&[(0, "shut"), (1, "open")]);
/// A flag.
pub const NO_YES: Kind = Kind::Enumeration(&[(0, "no"), (1, "yes")]);
/// Touchdown switches by bit of [`Snapshot::touchdown`].
pub const SWITCHES: &[&str] = &["leg 0", "leg 1", "leg 2", "leg 3"];

/// Any list, whatever its values are read from: what a decoder and a dictionary's reader need.
#[derive(Clone, Copy)]
pub enum Layout {
    /// Of the flight software's snapshot; the beacon too.
    Lander(&'static List),
    /// Of the receiver of commands.
    Receiver(&'static List<Receiver>),
    /// Of a ground station.
    Station(&'static List<station::Station>),
}

impl Layout {
    /// The list of that structure identifier.
    pub fn find(id: u8) -> Option<Self> {
        layouts().find(|layout| layout.id() == id)
    }
    /// Structure identifier.
    pub const fn id(self) -> u8 {
        match self {
            Self::Lander(list) => list.id,
            Self::Receiver(list) => list.id,
            Self::Station(list) => list.id,
        }
    }
    /// Name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lander(list) => list.name,
            Self::Receiver(list) => list.name,
            Self::Station(list) => list.name,
        }
    }
    /// Application process that sends it.
    pub const fn apid(self) -> u16 {
        match self {
            Self::Lander(_) | Self::Receiver(_) => crate::link::packet::APID,
            Self::Station(_) => station::APID,
        }
    }
    /// Its n-th line.
    pub fn line(self, n: usize) -> Option<&'static Line> {
        match self {
            Self::Lander(list) => list.parameters.get(n).map(|p| &p.line),
            Self::Receiver(list) => list.parameters.get(n).map(|p| &p.line),
            Self::Station(list) => list.parameters.get(n).map(|p| &p.line),
        }
    }
    /// Its lines in order of transmission.
    pub fn lines(self) -> impl Iterator<Item = &'static Line> {
        (0..).map_while(move |n| self.line(n))
    }
    /// Octets of its values in a packet.
    pub fn octets(self) -> usize {
        self.lines().map(|line| line.wire.octets()).sum()
    }
}

/// Every list there is: the flight software's, the receiver's, the beacon, a station's.
pub fn layouts() -> impl Iterator<Item = Layout> {
    let others = [
        Layout::Receiver(&RECEIVER),
        Layout::Lander(&beacon::LIST),
        Layout::Station(&station::LIST),
    ];
    LISTS.iter().map(Layout::Lander).chain(others)
}

/// Every parameter of the flight software's own lists, in order.
pub fn parameters() -> impl Iterator<Item = &'static Parameter> {
    LISTS.iter().flat_map(|list| list.parameters)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::link::packet::SOURCE_DATA_MAX;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_is_unique_and_every_list_fits_a_packet() {
        let lines = || layouts().flat_map(Layout::lines);
        let keys: BTreeSet<_> = lines().map(|line| line.key).collect();
        assert_eq!(keys.len(), lines().count());
        let ids: BTreeSet<_> = layouts().map(Layout::id).collect();
        assert_eq!(ids.len(), layouts().count());
        for layout in layouts() {
            let octets = layout.octets();
            assert!(octets < SOURCE_DATA_MAX, "{}: {octets}", layout.name());
        }
    }

    #[test]
    fn every_line_says_what_it_is_and_names_ascend() {
        for line in layouts().flat_map(Layout::lines) {
            assert!(!line.text.is_empty(), "{}", line.key);
            match line.kind {
                Kind::Float => assert!(matches!(line.wire, Wire::F32 | Wire::F64), "{}", line.key),
                Kind::Integer => {
                    assert!(!matches!(line.wire, Wire::F32 | Wire::F64), "{}", line.key)
                }
                Kind::Enumeration(names) => assert!(names.is_sorted_by_key(|(value, _)| *value)),
                Kind::Bits(names) => assert!(names.len() <= 8 * line.wire.octets(), "{}", line.key),
            }
        }
    }

    #[test]
    fn enumerations_are_those_of_the_types() {
        let Kind::Enumeration(phases) = PHASES else { unreachable!() };
        let own = Phase::ALL.map(|phase| (phase as u8, phase.name()));
        assert_eq!(phases, own);
        let Kind::Enumeration(outcomes) = OUTCOMES else { unreachable!() };
        assert_eq!(outcomes.last().unwrap().0, Outcome::Distrusted as u8);
        let Kind::Enumeration(uses) = USES else { unreachable!() };
        assert_eq!(uses.last().unwrap().0, Use::Force as u8);
    }
}
