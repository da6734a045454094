//! The beacon: the essential state in one short packet, sent by the backup transmitter frame by frame.
//!
//! Owns: the list. It is a housekeeping list like the others, read from the same snapshot, and fills one
//! short frame exactly (see `link::frame`), so that no beacon waits for the next frame.
//! Does not own: how often it is sent (`flight::downlink`).

use crate::link::frame::BEACON_DATA;
use crate::link::packet::OVERHEAD;
use crate::tc::Refusal;
use crate::tm::{ALARMS, Kind, Line, List, PHASES, Parameter, Snapshot, Wire, p};

/// Bits of `beacon.discretes`, the lowest first.
pub const DISCRETES: &[&str] =
    &["leg 0", "leg 1", "leg 2", "leg 3", "main engine", "assist engines", "jets"];

#[rustfmt::skip] // a table
const PARAMETERS: &[Parameter] = &[
    p!("beacon.phase", "", U8, "Mission phase", PHASES, |s| f64::from(s.phase as u8)),
    p!("beacon.alarms", "", U16, "Alarms that stand", Kind::Bits(ALARMS), |s| f64::from(s.alarms)),
    p!("beacon.altitude_m", "m", F32, "Altitude of the legs over the ground", |s| s.nav.altitude_m),
    p!("beacon.sigma_altitude_m", "m", F32, "Standard deviation of altitude", |s| s.nav.sigma_altitude_m),
    p!("beacon.v_up_m_s", "m/s", F32, "Vertical speed, up positive", |s| s.nav.v_up_m_s),
    p!("beacon.v_horizontal_m_s", "m/s", F32, "Horizontal speed over ground", |s| s.nav.v_horizontal_m_s),
    p!("beacon.tilt_rad", "rad", F32, "Angle between the body axis and the vertical", |s| s.nav.tilt_rad),
    p!("beacon.propellant_kg", "kg", F32, "Propellant left, estimated", |s| s.nav.propellant_kg),
    p!("beacon.discretes", "", U8, "Touchdown switches closed, engines burning", Kind::Bits(DISCRETES), discretes),
    p!("beacon.orders", "", U8, "Commands accepted since the start, modulo 256", |s| f64::from(s.orders.accepted & 0xFF)),
    p!("beacon.refusal", "", U8, "Why the last command was refused", Kind::Enumeration(Refusal::NAMES), |s| f64::from(s.orders.refusal)),
];

/// The beacon's list.
pub const LIST: List = List { id: 20, name: "beacon", parameters: PARAMETERS };

/// The build stops where the packet does not fill its frame.
const _: [(); BEACON_DATA] = [(); octets() + OVERHEAD];

/// Octets of structure identifier and values.
const fn octets() -> usize {
    let mut octets = 1;
    let mut n = 0;
    while n < PARAMETERS.len() {
        octets += PARAMETERS[n].line.wire.octets();
        n += 1;
    }
    octets
}

fn discretes(s: &Snapshot) -> f64 {
    let burning = |duties: &[f64]| duties.iter().any(|duty| *duty > 0.0);
    let engines = [s.control.main != 0, burning(&s.control.assist), burning(&s.control.jets)];
    let bits = engines.iter().rev().fold(0, |bits, on| (bits << 1) | u8::from(*on));
    f64::from((s.touchdown & 0x0F) | (bits << 4))
}
