//! Units on their way to mission control: in the order in which they are whole at their station.
//!
//! Owns: [`Air`]. Does not own: whether a frame survives (the link), what a unit looks like (`icd::link::delivery`).
//! A unit is numbered when it is delivered, by one sender for all stations: the numbers have no gap.

use icd::link::delivery::{self, Content, OVERHEAD, Unit};
use icd::time::Time;
use std::collections::BTreeMap;

/// A unit as it reaches mission control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When its last bit was at the station.
    pub at: Time,
    /// Its number.
    pub number: u64,
    /// The unit, octet by octet.
    pub octets: Vec<u8>,
}

/// What a unit will carry.
#[derive(Clone, Debug)]
pub struct Load {
    /// Kind of payload.
    pub content: Content,
    /// Station that delivers it.
    pub station: u8,
    /// When its first bit is at the station.
    pub received: Time,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Everything that is on its way.
#[derive(Debug, Default)]
pub struct Air {
    flying: BTreeMap<(Time, u64), Load>,
    sent: u64,
    delivered: u64,
}

impl Air {
    /// Sends something that will be whole at its station at `whole`.
    pub fn send(&mut self, whole: Time, load: Load) {
        self.flying.insert((whole, self.sent), load);
        self.sent += 1;
    }

    /// What is whole at its station by `now`, in order.
    pub fn deliver(&mut self, now: Time) -> Vec<Delivery> {
        let mut out = Vec::new();
        while let Some(entry) = self.flying.first_entry() {
            let (at, _) = *entry.key();
            if at > now {
                break;
            }
            let load = entry.remove();
            self.delivered += 1;
            out.extend(unit(&load, at, self.delivered));
        }
        out
    }

    /// Units delivered so far.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }
}

/// `None` for a payload that is too long for a unit, which no frame is.
fn unit(load: &Load, at: Time, number: u64) -> Option<Delivery> {
    let Load { content, station, received, payload } = load;
    let unit = Unit { content: *content, station: *station, number, received: *received, payload };
    let mut octets = vec![0; payload.len() + OVERHEAD];
    delivery::write(&unit, &mut octets)?;
    Some(Delivery { at, number, octets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    #[test]
    fn units_come_in_the_order_of_their_last_bits_and_are_numbered_without_a_gap() {
        let mut air = Air::default();
        let t = |ms| Time::from_tai_ns(0) + Span::from_ms(ms);
        for (k, ms) in [300, 100, 200, 100].into_iter().enumerate() {
            let payload = vec![k as u8];
            let load = Load { content: Content::Frame, station: 1, received: t(ms - 50), payload };
            air.send(t(ms), load);
        }
        assert_eq!(air.deliver(t(99)), []);
        let mut seen = Vec::new();
        for now in [150, 400] {
            for delivery in air.deliver(t(now)) {
                let (unit, length) = delivery::read(&delivery.octets).unwrap();
                assert_eq!((unit.number, length), (delivery.number, delivery.octets.len()));
                seen.push((unit.number, unit.payload[0], delivery.at));
            }
        }
        assert_eq!(seen, [(1, 1, t(100)), (2, 3, t(100)), (3, 2, t(200)), (4, 0, t(300))]);
    }
}
