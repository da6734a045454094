//! A shared library that links only when no panic can be reached from the flight software.
//!
//! The panic handler calls a symbol that nobody defines, and the linker is told to accept no
//! undefined symbol. If the optimiser removed every path to the handler, the call is gone and the
//! library links; if one path is left, the link fails and names it. There is no std and no allocator
//! in this library, so linking also shows that neither is needed.
//!
//! What it shows holds for this compiler, this optimisation level and these entry points. It says
//! nothing of overflow checks, which the release profile does not make.
#![no_std]

use flight::Flight;
use flight::guidance::convex::{Course, Field, Limits, Planner, Start, Target};
use flight::load::image::{self, Refused};
use flight::load::{Load, NavStart};
use icd::bus::{Actuators, Sensors};
use icd::link::packet;
use icd::link::raw::Packer;
use icd::tm::Snapshot;

/// Nodes of a plan on board.
const NODES: usize = 50;

unsafe extern "C" {
    safe fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn handler(_: &core::panic::PanicInfo) -> ! {
    a_panic_is_reachable()
}

/// Named by the unwind tables of the compiler's own prebuilt routines; nothing here unwinds.
#[unsafe(no_mangle)]
pub extern "C" fn rust_eh_personality() {}

/// The load from its image, into the caller's storage.
#[unsafe(no_mangle)]
pub extern "C" fn receive_load(
    octets: &&[u8],
    out: &mut core::mem::MaybeUninit<(Load, NavStart)>,
    refused: &mut Option<Refused>,
) {
    match image::unpack(octets) {
        Ok(load) => {
            out.write(load);
        }
        Err(why) => *refused = Some(why),
    }
}

/// `Flight::new`, into the caller's storage.
#[unsafe(no_mangle)]
pub extern "C" fn power_up<'a>(
    load: &'a Load,
    start: &NavStart,
    flight: &mut core::mem::MaybeUninit<Flight<'a>>,
) {
    flight.write(Flight::new(load, start));
}

/// `Flight::step`, then what can be asked of it afterwards.
#[unsafe(no_mangle)]
pub extern "C" fn step(
    flight: &mut Flight<'_>,
    sensors: &Sensors,
    actuators: &mut Actuators,
    snapshot: &mut Snapshot,
) -> usize {
    *actuators = flight.step(sensors);
    *snapshot = *flight.down();
    flight.events().len()
}

/// A planner, into the caller's storage.
#[unsafe(no_mangle)]
pub extern "C" fn planner(field: &Field, planner: &mut core::mem::MaybeUninit<Planner<NODES>>) {
    planner.write(Planner::new(*field));
}

/// A divert planned, verified, or closed; its thrust acceleration at a time.
#[unsafe(no_mangle)]
pub extern "C" fn divert(
    planner: &mut Planner<NODES>,
    start: &Start,
    target: &Target,
    limits: &Limits,
    t_s: f64,
    out: &mut Course<NODES>,
) -> f64 {
    *out = planner.divert(start, target, limits);
    out.at(t_s, &start.p_L, &start.v_L).z
}

/// Every housekeeping list of a snapshot, one after the other; returns the octets written in all.
#[unsafe(no_mangle)]
pub extern "C" fn housekeeping(
    snapshot: &Snapshot,
    count: u16,
    out: &mut [u8; packet::PACKET_MAX],
) -> usize {
    let mut octets = 0;
    for list in icd::tm::LISTS {
        octets += packet::housekeeping(list, snapshot, count, out);
    }
    octets
}

/// A cycle into raw telemetry; returns the octets of the packet that was full, if one was.
#[unsafe(no_mangle)]
pub extern "C" fn raw_cycle(
    packer: &mut Packer,
    sensors: &Sensors,
    powered_up: bool,
    count: u16,
    out: &mut [u8; packet::PACKET_MAX],
) -> usize {
    if packer.add(sensors, powered_up) {
        return 0;
    }
    let octets = packer.take(count, out);
    packer.add(sensors, powered_up);
    octets
}

/// Reads memory at an index that nobody checked: the link must fail, or the proof proves nothing.
#[cfg(feature = "counterexample")]
#[unsafe(no_mangle)]
pub extern "C" fn counterexample(octets: &[u8; packet::PACKET_MAX], at: usize) -> u8 {
    octets[at]
}
