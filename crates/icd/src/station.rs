//! What a ground station says of itself, once a second and at each change.
//!
//! Owns: [`Station`] and its list, a housekeeping packet of an application process of its own.
//! Does not own: how frames travel from the station to mission control (`link::delivery`).

use crate::time::Time;
use crate::tm::{Kind, Line, List, NO_YES, Parameter, Source, Wire, p};

/// Application process identifier of stations. Assumed.
pub const APID: u16 = 0x5A;

/// One station's receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Station {
    /// Time at the station.
    pub t: Time,
    /// Number of the station in the mission's plan.
    pub number: u8,
    /// The receiver follows a carrier.
    pub carrier_locked: bool,
    /// Frames are found in what it carries.
    pub frame_locked: bool,
    /// Frequency received less the nominal one, Hz.
    pub doppler_Hz: f64,
    /// Carrier power to noise density, dB Hz.
    pub cn0_dBHz: f64,
    /// Bit rate that the receiver is set to, bit/s.
    pub bit_rate_bit_s: f64,
    /// Elevation of the antenna, rad.
    pub elevation_rad: f64,
    /// One-way light time by prediction, s.
    pub light_time_s: f64,
    /// Frames received with a good checksum.
    pub frames_good: u32,
    /// Frames received with a bad one.
    pub frames_bad: u32,
    /// Which transmitter is heard: [`crate::tc::Transmitter`].
    pub transmitter: u8,
    /// What is received came through a relay.
    pub via_relay: bool,
}

impl Source for Station {
    const APID: u16 = APID;
    fn t(&self) -> Time {
        self.t
    }
}

const TRANSMITTERS: Kind = Kind::Enumeration(&[(0, "main"), (1, "backup")]);

#[rustfmt::skip] // a table
const PARAMETERS: &[Parameter<Station>] = &[
    p!("station.number", "", U8, "Number of the station", |s| f64::from(s.number)),
    p!("station.carrier_locked", "", U8, "Receiver follows the carrier", NO_YES, |s| f64::from(s.carrier_locked)),
    p!("station.frame_locked", "", U8, "Frames are found", NO_YES, |s| f64::from(s.frame_locked)),
    p!("station.doppler_Hz", "Hz", F64, "Frequency received less the nominal one", |s| s.doppler_Hz),
    p!("station.cn0_dBHz", "dB Hz", F32, "Carrier power to noise density", |s| s.cn0_dBHz),
    p!("station.bit_rate_bit_s", "bit/s", F32, "Bit rate that the receiver is set to", |s| s.bit_rate_bit_s),
    p!("station.elevation_rad", "rad", F32, "Elevation of the antenna", |s| s.elevation_rad),
    p!("station.light_time_s", "s", F64, "One-way light time by prediction", |s| s.light_time_s),
    p!("station.frames_good", "", U32, "Frames with a good checksum", |s| f64::from(s.frames_good)),
    p!("station.frames_bad", "", U32, "Frames with a bad checksum", |s| f64::from(s.frames_bad)),
    p!("station.transmitter", "", U8, "Transmitter that is heard", TRANSMITTERS, |s| f64::from(s.transmitter)),
    p!("station.via_relay", "", U8, "Received through a relay", NO_YES, |s| f64::from(s.via_relay)),
];

/// The station's list.
pub const LIST: List<Station> = List { id: 30, name: "station", parameters: PARAMETERS };
