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
use flight::downlink::{Block, Class, Downlink, Sent};
use flight::guidance::convex::{Course, Field, Limits, Planner, Start, Target};
use flight::load::image::{self, Refused};
use flight::load::{Load, NavStart};
use flight::uplink::Receiver;
use icd::bus::{Actuators, Sensors, UPLINK_MAX, Uplink};
use icd::events::Event;
use icd::link::cltu::{self, CLTU_MAX};
use icd::link::command_frame::{self, Content, Directive, TC_FRAME_MAX};
use icd::link::cop::Clcw;
use icd::link::delivery::{self, Unit};
use icd::link::frame::{BEACON_FRAME, Channel, Frame, FrameWriter, TM_FRAME};
use icd::link::packet;
use icd::link::raw::Packer;
use icd::link::reassemble::{Packets, Taken};
use icd::link::security::Key;
use icd::tc::{self, Header, Order, Refusal, Report};
use icd::time::Time;
use icd::tm::{self, Snapshot};

/// Nodes of a plan on board.
const NODES: usize = 50;

/// The store of telemetry.
pub type Memory = [Block; 2048];

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
    flight.events().len() + flight.reports().len() + flight.link_orders().len()
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

/// The beacon, and what the receiver of commands says of itself; returns the octets written in all.
#[unsafe(no_mangle)]
pub extern "C" fn beacon(
    snapshot: &Snapshot,
    receiver: &tm::Receiver,
    count: u16,
    out: &mut [u8; packet::PACKET_MAX],
) -> usize {
    packet::housekeeping(&icd::beacon::LIST, snapshot, count, out)
        + packet::housekeeping(&icd::tm::RECEIVER, receiver, count, out)
}

/// An answer to a command.
#[unsafe(no_mangle)]
pub extern "C" fn answer(
    report: &Report,
    t: &Time,
    count: u16,
    out: &mut [u8; packet::PACKET_MAX],
) -> usize {
    packet::report(report, *t, count, out)
}

/// A packet into a telemetry frame; the frame when it was full.
#[unsafe(no_mangle)]
pub extern "C" fn frame(
    writer: &mut FrameWriter<TM_FRAME>,
    channel: Channel,
    packet: &&[u8],
    clcw: &Clcw,
    out: &mut [u8; TM_FRAME],
) -> bool {
    if writer.push(channel, packet) && writer.room(channel) > 0 {
        return false;
    }
    writer.take(channel, *clcw, out);
    true
}

/// A beacon's frame.
#[unsafe(no_mangle)]
pub extern "C" fn beacon_frame(
    writer: &mut FrameWriter<BEACON_FRAME>,
    packet: &&[u8],
    clcw: &Clcw,
    out: &mut [u8; BEACON_FRAME],
) -> bool {
    let pushed = writer.push(Channel::RealTime, packet);
    writer.take(Channel::RealTime, *clcw, out);
    pushed
}

/// What arrives by radio: codeblocks, frame, authentication, acceptance, sequence; then what is said of it.
#[unsafe(no_mangle)]
pub extern "C" fn receive_command(
    receiver: &mut Receiver,
    unit: &&[u8],
    out: &mut Option<Result<Uplink, Refusal>>,
    clcw: &mut Clcw,
    t: &Time,
    down: &mut tm::Receiver,
) {
    receiver.lock(true, true);
    *out = receiver.take(unit).transpose();
    (*clcw, *down) = (receiver.clcw(), receiver.down(*t));
}

/// A command packet as the computer reads it.
#[unsafe(no_mangle)]
pub extern "C" fn read_command(
    packet: &Uplink,
    out: &mut Option<Result<(Header, Order), Refusal>>,
) {
    *out = Some(tc::decode(packet.packet()).map_err(|(_, why)| why));
}

/// Telemetry from its making on, with nothing sent yet, into the caller's storage.
#[unsafe(no_mangle)]
pub extern "C" fn downlink_begin<'a>(
    memory: &'a mut Memory,
    t: &Time,
    downlink: &mut core::mem::MaybeUninit<Downlink<&'a mut Memory>>,
) {
    downlink.write(Downlink::new(memory, 0, *t));
}

/// One cycle of it: everything that can be made, asked for, sent.
#[unsafe(no_mangle)]
pub extern "C" fn downlink(
    downlink: &mut Downlink<&mut Memory>,
    cycle: &(Time, Sensors, bool),
    said: &(&Snapshot, &tm::Receiver, Event, &Report),
    link: &(u32, bool, Clcw),
    frame: &mut Option<Sent<TM_FRAME>>,
    beacon: &mut Option<Sent<BEACON_FRAME>>,
) {
    let (now, sensors, up) = cycle;
    let (snapshot, receiver, event, report) = *said;
    let (bit_rate, held, clcw) = *link;
    downlink.set_bit_rate(bit_rate);
    downlink.set_contact(held, *now);
    *frame = downlink.next_frame(*now, clcw);
    *beacon = downlink.next_beacon(*now, bit_rate, snapshot, clcw);
    downlink.cycle(sensors, *up);
    downlink.event(event, *now);
    downlink.snapshot(snapshot);
    downlink.receiver(receiver);
    downlink.set_list(3, held);
    downlink.dump(*now, sensors.t, *now);
    downlink.add(Class::Report, *now, true, |count, out| packet::report(report, *now, count, out));
    downlink.tallies();
}

/// An order as the ground sends it, or a directive; returns the octets to be radiated.
#[unsafe(no_mangle)]
pub extern "C" fn send_command(
    order: Option<&Order>,
    key: &Key,
    sequence: u32,
    number: u8,
    out: &mut [u8; CLTU_MAX],
) -> usize {
    let (mut packet, mut frame) = ([0; UPLINK_MAX], [0; TC_FRAME_MAX]);
    let octets = match order {
        Some(order) => {
            let octets = tc::encode(order, Header::new(number.into()), &mut packet);
            let packet = packet.get(..octets).unwrap_or(&[]);
            command_frame::seal(key, sequence, Content::Sequenced, number, packet, &mut frame)
        }
        None => Some(command_frame::directive(Directive::SetExpected(number), &mut frame)),
    };
    cltu::encode(octets.and_then(|octets| frame.get(..octets)).unwrap_or(&[]), out)
}

/// What arrives on the ground: a unit, its frame, the packets in it and their values; returns their sum.
#[unsafe(no_mangle)]
pub extern "C" fn receive_telemetry(
    octets: &&[u8],
    join: &mut Packets,
    taken: &mut Taken,
    sum: &mut f64,
) -> bool {
    let Ok((Unit { payload, .. }, _)) = delivery::read(octets) else { return false };
    let Ok(frame) = Frame::read(payload) else { return false };
    *taken = join.take(&frame, |octets| {
        if let Ok((packet::Packet::Housekeeping { list, data, .. }, _)) = packet::decode(octets) {
            *sum += packet::values(list, data).map(|(_, value)| value).sum::<f64>();
        }
    });
    true
}

/// A unit as a station sends it.
#[unsafe(no_mangle)]
pub extern "C" fn deliver(unit: &Unit<'_>, out: &mut &mut [u8]) -> usize {
    delivery::write(unit, out).unwrap_or(0)
}

/// Reads memory at an index that nobody checked: the link must fail, or the proof proves nothing.
#[cfg(feature = "counterexample")]
#[unsafe(no_mangle)]
pub extern "C" fn counterexample(octets: &[u8; packet::PACKET_MAX], at: usize) -> u8 {
    octets[at]
}
