//! The link as the live loop needs it.
//!
//! Owns: [`Link`], the door between the loop and the radio; [`Path`], one way to a station.
//! Does not own: the radio itself (`truth::radio`).

use crate::closed_loop::Simulation;
use icd::tc::{Order, Transmitter};
use icd::time::Time;

/// One way from a transmitter on board to a station, as it is when a signal leaves the lander.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// The station's number.
    pub station: u8,
    /// Which transmitter.
    pub transmitter: Transmitter,
    /// Through a relay.
    pub via_relay: bool,
    /// The station's receiver follows the carrier.
    pub carrier_locked: bool,
    /// It finds frames in it.
    pub frame_locked: bool,
    /// Carrier to noise density, dBHz.
    pub cn0_dBHz: f64,
    /// Shift of the carrier, Hz.
    pub doppler_Hz: f64,
    /// Elevation of the lander, or of the relay, at the station, rad.
    pub elevation_rad: f64,
    /// One way, s.
    pub light_time_s: f64,
    /// Bit rate that the receiver is set to, bit/s.
    pub bit_rate: u32,
}

/// What the live loop asks of a radio.
pub trait Link {
    /// Looks at the machine at `now`; every cycle. `clock` may run on when nature stands still.
    fn look(&mut self, simulation: &Simulation<'_>, now: Time);
    /// Every way to a station, whether anything gets through or not.
    fn paths(&self) -> &[Path];
    /// Bit rate that a transmitter sends at, bit/s; 0 when it is silent.
    fn bit_rate(&self, transmitter: Transmitter) -> u32;
    /// Whether the receiver on board holds a station's carrier: commands come in.
    fn hears(&self) -> bool;
    /// Whether the ground hears the lander too, as far as can be known on board: its answers come in.
    fn contact(&self) -> bool;
    /// Time since the ground was last heard, but for what the Moon hides, s.
    fn silence_s(&self) -> f64;
    /// Light time from a station to the lander, s; `None` when what it radiates now does not arrive.
    fn way_up_s(&self, station: u8) -> Option<f64>;
    /// Whether a frame of so many octets that goes along [`Self::paths`]`[path]` now is received whole. Every frame
    /// on every path is asked for once, lock or not.
    fn survives(&mut self, path: usize, octets: usize) -> bool;
    /// A command about transmitters or bit rate.
    fn obey(&mut self, order: &Order, now: Time);
    /// The receiver has let a command through: the ground is there.
    fn hear(&mut self, now: Time);
}
