//! The radio of `truth` as the live loop's link.
//!
//! Owns: [`OnAir`]: which sender carries the main stream, commands for the radio. Does not own: the radio.
//! As programmed: the radio is looked at ten times a second, and at once when the lander has met the
//! ground. The main stream goes by the sender of the path on which
//! the receiver on board hears a station best, the proximity radio for one through a relay; without any it stays.

use super::link::{Link, Path};
use crate::closed_loop::Simulation;
use icd::tc::{Order, Transmitter};
use icd::time::{Span, Time};
use truth::radio::{Lander, Radio, Sender, Sending};

/// Time between two looks at the radio.
const LOOK: Span = Span::from_ms(100);

/// Contact is where an answer of the ground is not older, s: assumed. With the light time there and back it stays within
/// the downlink's guard of 10 s.
const ANSWERED_S: f64 = 3.0;

/// One run's radio beside its loop.
#[derive(Clone, Debug)]
pub struct OnAir {
    radio: Radio,
    /// Sends the main stream.
    sender: Sender,
    next: Time,
    /// Whether the lander had met the ground, and nature had ended, at the last look.
    over: (bool, bool),
    paths: Vec<Path>,
}

impl OnAir {
    /// Before the first look at the radio.
    pub fn new(radio: Radio) -> Self {
        let next = radio.view().t;
        Self { radio, sender: Sender::Main, next, over: (false, false), paths: Vec::new() }
    }

    fn sending(&self, transmitter: Transmitter) -> Option<Sending> {
        let view = self.radio.view();
        match (transmitter, self.sender) {
            (Transmitter::Backup, _) => view.backup,
            (Transmitter::Main, Sender::Proximity) => view.proximity,
            (Transmitter::Main, _) => Some(view.main),
        }
    }
}

/// Bit rates are positive and below 4 Gbit/s.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(bit_s: f64) -> u32 {
    bit_s as u32
}

impl Link for OnAir {
    fn look(&mut self, simulation: &Simulation<'_>, now: Time) {
        let world = simulation.world();
        let over = (world.touchdown().is_some(), world.ended().is_some());
        if now < self.next && over == self.over {
            return;
        }
        (self.next, self.over) = (now + LOOK, over);
        let view = self.radio.step(&Lander::of(world).at(now));
        if let Some(path) = view.uplink {
            self.sender = path.sender;
        }
        let own = |sender| match sender {
            Sender::Backup => Transmitter::Backup,
            Sender::Main | Sender::Proximity => Transmitter::Main,
        };
        let path = |seen: &truth::radio::PathView| Path {
            station: seen.path.station,
            transmitter: own(seen.path.sender),
            via_relay: seen.path.relay.is_some(),
            carrier_locked: seen.carrier_locked,
            // Only the sender that is in use has the stream.
            frame_locked: seen.frame_locked
                && (seen.path.sender == Sender::Backup || seen.path.sender == self.sender),
            cn0_dBHz: seen.cn0_dBHz,
            doppler_Hz: seen.doppler_Hz,
            elevation_rad: seen.elevation_rad,
            light_time_s: seen.light_time_s,
            bit_rate: whole(seen.bit_rate_bit_s),
        };
        self.paths = view.paths.iter().map(path).collect();
    }

    fn paths(&self) -> &[Path] {
        &self.paths
    }

    fn bit_rate(&self, transmitter: Transmitter) -> u32 {
        let sending = self.sending(transmitter).filter(|sending| sending.frames);
        sending.map_or(0, |sending| whole(sending.bit_rate_bit_s))
    }

    fn hears(&self) -> bool {
        self.radio.view().uplink_locked
    }

    fn contact(&self) -> bool {
        self.hears() && self.radio.view().answered_s < ANSWERED_S
    }

    fn silence_s(&self) -> f64 {
        self.radio.view().silence_s
    }

    fn way_up_s(&self, station: u8) -> Option<f64> {
        let view = self.radio.view();
        let mut ways = view.paths.iter().filter(|seen| {
            seen.path.station == station && seen.uplink_cn0_dBHz.is_finite() && view.uplink_locked
        });
        ways.next().map(|seen| seen.light_time_s)
    }

    fn survives(&mut self, path: usize, octets: usize) -> bool {
        self.radio.frame_survives(path, octets)
    }

    fn obey(&mut self, order: &Order, _now: Time) {
        match *order {
            Order::Transmitter { which, on } => {
                let sender = if which == Transmitter::Main { self.sender } else { Sender::Backup };
                self.radio.switch(sender, on);
            }
            // Ordered with the slowest first, kept with the fastest first.
            Order::BitRate { index } => {
                let rates = &self.radio.link().on_board.main.transmitter.rates_bit_s;
                let slowest = rates.len().saturating_sub(1);
                self.radio.set_rate(slowest.saturating_sub(usize::from(index)));
            }
            Order::Antenna { number } => self.radio.set_antenna(number),
            _ => {}
        }
    }

    fn hear(&mut self, now: Time) {
        self.radio.hear(now);
    }
}
