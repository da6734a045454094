//! Telemetry on its way to the transmitter: what goes first, what waits, what is kept for later.
//!
//! Owns: [`Downlink`]: importance, the rate plan (`plan`), the store (`store`), the frames of the main path and of
//! the backup path. Does not own: packets and frames (`icd::link`), the radio (`truth`), what is measured.
//! As programmed: every packet is kept in the store by its class. What the plan of the present bit rate lets
//! through goes out at once on virtual channel 0, most important first; the frames that are left carry what the
//! store holds on channel 1, or nothing on channel 7. Without contact all goes out all the same, since nobody on
//! board can know that nobody hears, and counts as not sent; what went out within [`GUARD`] of a loss does too.
//! With contact again the store is dumped, most important class first, oldest packet first.
//! Frames and virtual channels: [CCSDS132] §4; services: [ECSS41] §6.3 housekeeping, §6.15 storage.
//! Refuses: knowing what was lost on the way while contact stood: the ground asks for it by time.

mod plan;
mod store;
#[cfg(test)]
mod tests;
mod waiting;

pub use plan::Plan;
pub use store::{Block, CLASSES};

use icd::beacon;
use icd::bus::{CYCLE, Sensors};
use icd::events::Event;
use icd::link::cop::Clcw;
use icd::link::frame::{ASM, BEACON_FRAME, Channel, FrameWriter, SCID, SCID_BACKUP, TM_FRAME};
use icd::link::packet::{self, PACKET_MAX};
use icd::link::raw::Packer;
use icd::time::{Span, Time};
use icd::tm::{self, Phase, Snapshot};
use store::{Kept, Store};
use waiting::{Next, Waiting};

/// The list of navigation: more important than the others.
const NAV_LIST: u8 = 1;
/// What was sent within this time before a loss of contact may not have arrived, and what is sent within it
/// after contact returned may not be heard yet: two light times to the Moon, the detection of the loss and the
/// ground's return to lock come to some 7 s. Assumed.
pub const GUARD: Span = Span::from_ms(10_000);
/// Longest wait of what is sent at once for its frame to fill. Assumed.
const WAIT: Span = Span::from_ms(200);
/// Age at which a packet that was not sent at once counts as left to the store. Assumed.
const LEFT: Span = Span::from_ms(1_000);
/// Period of housekeeping while nothing burns.
const SLOW: Span = Span::from_ms(1_000);
/// Octets of packets in a frame.
const FRAME_DATA: usize = FrameWriter::<TM_FRAME>::DATA;
/// Octets of a frame on the air, with its marker.
const ON_AIR: usize = TM_FRAME + ASM.len();
/// Packets in one frame at the most: the shortest has 16 octets.
const PACKETS_MAX: usize = FRAME_DATA / 16;

/// What a packet is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// Answers to commands, and events.
    Report = 0,
    /// The essential state.
    Essential = 1,
    /// The list of navigation.
    Nav = 2,
    /// The other lists.
    Rest = 3,
    /// Raw cycles.
    Raw = 4,
}

impl Class {
    /// Every class, the most important first.
    pub const ALL: [Self; CLASSES] =
        [Self::Report, Self::Essential, Self::Nav, Self::Rest, Self::Raw];
    /// Name for summaries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Report => "events and answers",
            Self::Essential => "essential state",
            Self::Nav => "navigation",
            Self::Rest => "other lists",
            Self::Raw => "raw cycles",
        }
    }
}

/// What became of the packets of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Made.
    pub made: u32,
    /// Sent at once.
    pub live: u32,
    /// Sent from the store; a packet that is sent again counts again.
    pub dumped: u32,
    /// Forgotten before they were sent with the ground in contact.
    pub dropped: u32,
    /// In the store now, sent or not.
    pub stored: u32,
}

/// A frame and when the transmitter begins and ends with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sent<const N: usize> {
    /// First bit of the marker.
    pub starts: Time,
    /// Last bit.
    pub ends: Time,
    /// The frame without its marker.
    pub octets: [u8; N],
    /// Its virtual channel.
    pub channel: Channel,
}

/// A packet whose end goes out in the next frame of its channel.
#[derive(Clone, Copy, Debug)]
struct Spanning {
    kept: Kept,
    /// When it began.
    since: Time,
    /// Its beginning was sent with the ground in contact.
    heard: bool,
}

/// Contact with the ground as the lander knows it: it hears a station, and the station has answered of late.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Contact {
    Lost,
    Since(Time),
}

/// Telemetry from its making to its frame.
#[derive(Clone, Debug)]
pub struct Downlink<M> {
    store: Store<M>,
    waiting: [Waiting; CLASSES],
    /// Of the real-time channel, of the stored one.
    spanning: [Option<Spanning>; 2],
    frames: FrameWriter<TM_FRAME>,
    beacons: FrameWriter<BEACON_FRAME>,
    beacon_free: Time,
    bit_rate: u32,
    plan: Plan,
    /// When the transmitter is done with the last frame.
    free: Time,
    contact: Contact,
    next_sample: Time,
    next_essential: Time,
    next_nav: Time,
    next_rest: Time,
    next_receiver: Time,
    lists_off: u16,
    raw: Packer,
    packets: u16,
    tallies: [Tally; CLASSES],
}

impl<M: AsRef<[Block]> + AsMut<[Block]>> Downlink<M> {
    /// Begins at `t` with an empty store in `memory`.
    pub fn new(memory: M, bit_rate: u32, t: Time) -> Self {
        Self {
            store: Store::new(memory),
            waiting: [Waiting::EMPTY; CLASSES],
            spanning: [None; 2],
            frames: FrameWriter::new(SCID),
            beacons: FrameWriter::new(SCID_BACKUP),
            beacon_free: t,
            bit_rate,
            plan: Plan::of(bit_rate),
            free: t,
            contact: Contact::Lost,
            next_sample: t,
            next_essential: t,
            next_nav: t,
            next_rest: t,
            next_receiver: t,
            lists_off: 0,
            raw: Packer::new(),
            packets: 0,
            tallies: [Tally::default(); CLASSES],
        }
    }

    /// Bit rate of the main transmitter from now on, bit/s, marker and frames included; 0 for silence.
    pub fn set_bit_rate(&mut self, bit_rate: u32) {
        if bit_rate != self.bit_rate {
            (self.bit_rate, self.plan) = (bit_rate, Plan::of(bit_rate));
        }
    }

    /// What is sent at once at present.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// A housekeeping list on or off.
    pub fn set_list(&mut self, list: u8, on: bool) {
        let bit = 1u16.checked_shl(u32::from(list)).unwrap_or(0);
        self.lists_off = if on { self.lists_off & !bit } else { self.lists_off | bit };
    }

    /// Sends again what was made between two on-board times, as far as it is kept.
    pub fn dump(&mut self, from: Time, to: Time, now: Time) {
        self.store.ask(from, to, now);
    }

    /// Whether a dump that the ground asked for is not done.
    pub fn dumping(&self) -> bool {
        self.store.asked()
    }

    /// Whether contact stands in both directions; every cycle.
    pub fn set_contact(&mut self, held: bool, now: Time) {
        match (self.contact, held) {
            (Contact::Lost, true) => self.contact = Contact::Since(now),
            (Contact::Since(_), false) => {
                self.store.doubt(now - GUARD);
                self.contact = Contact::Lost;
                for spanning in core::mem::take(&mut self.spanning).into_iter().flatten() {
                    self.store.not_sent(spanning.kept);
                }
            }
            _ => {}
        }
    }

    /// Whether what is sent now counts as received.
    fn heard(&self, now: Time) -> bool {
        matches!(self.contact, Contact::Since(since) if now - since >= GUARD)
    }

    /// Makes one packet of a class, keeps it and, where the plan lets it through, queues it.
    ///
    /// - `pack` writes it under the sequence count given and returns its octets, 0 for none.
    pub fn add(
        &mut self,
        class: Class,
        t: Time,
        at_once: bool,
        pack: impl FnOnce(u16, &mut [u8; PACKET_MAX]) -> usize,
    ) {
        let mut out = [0; PACKET_MAX];
        let octets = pack(self.packets, &mut out);
        let Some(whole) = out.get(..octets).filter(|whole| !whole.is_empty()) else { return };
        self.packets = self.packets.wrapping_add(1) & 0x3FFF;
        let kept = self.store.put(class as usize, t, whole, t - GUARD);
        if let Some(tally) = self.tallies.get_mut(class as usize) {
            tally.made = tally.made.saturating_add(1);
        }
        if let (Some(kept), true) = (kept, at_once)
            && let Some(waiting) = self.waiting.get_mut(class as usize)
        {
            waiting.push(Next { kept, t, octets });
        }
    }

    /// An event of this cycle.
    pub fn event(&mut self, event: Event, t: Time) {
        self.add(Class::Report, t, true, |count, out| packet::event(event, t, count, out));
    }

    /// A cycle as the flight software read it.
    ///
    /// - `powered_up`: it was the first cycle after a power-up.
    pub fn cycle(&mut self, sensors: &Sensors, powered_up: bool) {
        if !self.raw.add(sensors, powered_up) {
            self.send_raw(sensors.t);
            self.raw.add(sensors, powered_up);
        }
    }

    /// Closes the packet of raw cycles that is being filled.
    pub fn send_raw(&mut self, t: Time) {
        let mut raw = core::mem::take(&mut self.raw);
        self.add(Class::Raw, t, self.plan.raw, |count, out| raw.take(count, out));
        self.raw = raw;
    }

    /// A snapshot: the lists that are due. Housekeeping is sampled at 10 Hz from ignition to cut-off and in the
    /// deorbit burn, once a second otherwise; of the samples the plan sends some at once.
    pub fn snapshot(&mut self, s: &Snapshot) {
        if s.t >= self.next_essential {
            self.next_essential = s.t + period(self.plan.essential_ms);
            self.add(Class::Essential, s.t, true, |count, out| {
                packet::housekeeping(&beacon::LIST, s, count, out)
            });
        }
        let fast =
            s.phase == Phase::Deorbit || (Phase::Ignition..=Phase::CutOff).contains(&s.phase);
        if !fast && s.t < self.next_sample {
            return;
        }
        self.next_sample = s.t + SLOW;
        let (nav, rest) = (s.t >= self.next_nav, s.t >= self.next_rest);
        self.next_nav = if nav { s.t + period(self.plan.nav_ms) } else { self.next_nav };
        self.next_rest = if rest { s.t + period(self.plan.rest_ms) } else { self.next_rest };
        for list in tm::LISTS {
            if self.is_off(list.id) {
                continue;
            }
            let (class, at_once) =
                if list.id == NAV_LIST { (Class::Nav, nav) } else { (Class::Rest, rest) };
            self.add(class, s.t, at_once, |count, out| packet::housekeeping(list, s, count, out));
        }
    }

    /// The ground has switched a housekeeping list off.
    fn is_off(&self, list: u8) -> bool {
        self.lists_off & 1u16.checked_shl(u32::from(list)).unwrap_or(0) != 0
    }

    /// What the receiver of commands says of itself.
    pub fn receiver(&mut self, receiver: &tm::Receiver) {
        if self.is_off(tm::RECEIVER.id) {
            return;
        }
        let at_once = receiver.t >= self.next_receiver;
        if at_once {
            self.next_receiver = receiver.t + period(self.plan.rest_ms);
        }
        self.add(Class::Rest, receiver.t, at_once, |count, out| {
            packet::housekeeping(&tm::RECEIVER, receiver, count, out)
        });
    }

    /// The next frame of the main path that begins before `now`; call until there is none, each cycle, before
    /// this cycle's packets are added. `None` when the transmitter is busy.
    ///
    /// - `clcw`: what the receiver says of the commands it took, into every frame.
    pub fn next_frame(&mut self, now: Time, clcw: Clcw) -> Option<Sent<TM_FRAME>> {
        let starts = self.free.max(now - CYCLE);
        if self.bit_rate == 0 || starts >= now {
            return None;
        }
        let ends = starts + duration(ON_AIR, self.bit_rate);
        self.free = ends;
        let heard = self.heard(starts);
        let channel = if self.live_is_due(starts) {
            Channel::RealTime
        } else if heard && self.something_stored(starts) {
            Channel::Stored
        } else if self.live_octets() > 0 {
            Channel::RealTime
        } else {
            Channel::Idle
        };
        self.fill(channel, starts, heard);
        let mut octets = [0; TM_FRAME];
        self.frames.take(channel, clcw, &mut octets);
        Some(Sent { starts, ends, octets, channel })
    }

    /// Fills the open frame of a channel with what waits for it.
    fn fill(&mut self, channel: Channel, now: Time, heard: bool) {
        if channel == Channel::Idle {
            return;
        }
        if let Some(Spanning { kept, heard: begun, .. }) = self.spanning_on(channel).take() {
            // Its end goes out now: heard only if its beginning was.
            match heard && begun {
                true => self.store.sent(kept, now),
                false => self.store.not_sent(kept),
            }
        }
        let mut out = [0; PACKET_MAX];
        for _ in 0..PACKETS_MAX {
            if self.frames.room(channel) == 0 {
                break;
            }
            let next = match channel {
                Channel::RealTime => self.next_waiting(),
                _ => self.store.next(now - LEFT).map(|kept| (kept, None)),
            };
            let Some((kept, class)) = next else { break };
            let octets = self.store.get(kept, &mut out);
            let (room, packet) = (self.frames.room(channel), out.get(..octets).unwrap_or(&[]));
            if !self.frames.push(channel, packet) {
                continue; // forgotten meanwhile
            }
            if heard {
                self.store.sent(kept, now);
            }
            if octets > room {
                *self.spanning_on(channel) = Some(Spanning { kept, since: now, heard });
            }
            self.count_sent(kept, class);
        }
    }

    /// The most important packet that waits to be sent at once, and its class.
    fn next_waiting(&mut self) -> Option<(Kept, Option<usize>)> {
        let next = self.waiting.iter_mut().enumerate();
        next.filter_map(|(class, waiting)| Some((waiting.pop()?.kept, Some(class)))).next()
    }

    fn count_sent(&mut self, kept: Kept, live: Option<usize>) {
        let class = live.unwrap_or(kept.class());
        let Some(tally) = self.tallies.get_mut(class) else { return };
        let count = if live.is_some() { &mut tally.live } else { &mut tally.dumped };
        *count = count.saturating_add(1);
    }

    fn spanning_on(&mut self, channel: Channel) -> &mut Option<Spanning> {
        let [real_time, stored] = &mut self.spanning;
        if channel == Channel::Stored { stored } else { real_time }
    }

    /// The next frame of the backup path, as [`Self::next_frame`]: one packet of essentials as they are now.
    pub fn next_beacon(
        &mut self,
        now: Time,
        bit_rate: u32,
        s: &Snapshot,
        clcw: Clcw,
    ) -> Option<Sent<BEACON_FRAME>> {
        let starts = self.beacon_free.max(now - CYCLE);
        if bit_rate == 0 || starts >= now {
            return None;
        }
        let ends = starts + duration(BEACON_FRAME + ASM.len(), bit_rate);
        self.beacon_free = ends;
        let mut out = [0; PACKET_MAX];
        let octets = packet::housekeeping(&beacon::LIST, s, self.packets, &mut out);
        self.packets = self.packets.wrapping_add(1) & 0x3FFF;
        self.beacons.push(Channel::RealTime, out.get(..octets).unwrap_or(&[]));
        let mut octets = [0; BEACON_FRAME];
        self.beacons.take(Channel::RealTime, clcw, &mut octets);
        Some(Sent { starts, ends, octets, channel: Channel::RealTime })
    }

    /// What became of the packets of each class.
    pub fn tallies(&self) -> [Tally; CLASSES] {
        let mut tallies = self.tallies;
        let kept = self.store.packets().into_iter().zip(self.store.dropped());
        for (tally, (stored, dropped)) in tallies.iter_mut().zip(kept) {
            (tally.stored, tally.dropped) = (stored, dropped);
        }
        tallies
    }

    /// Octets of the packets in the store.
    pub fn stored_octets(&self) -> u32 {
        self.store.octets()
    }

    fn live_octets(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(|waiting| waiting.octets).sum();
        waiting + FRAME_DATA.saturating_sub(self.frames.room(Channel::RealTime))
    }

    /// Reports, essentials and a full frame do not wait, the others only [`WAIT`].
    fn live_is_due(&self, now: Time) -> bool {
        let urgent = |waiting: &Waiting| waiting.count > 0;
        let late = |since: Time| now - since >= WAIT;
        let [spanning, _] = &self.spanning;
        self.waiting.iter().take(Class::Nav as usize).any(urgent)
            || self.live_octets() >= FRAME_DATA
            || self.waiting.iter().any(|waiting| waiting.oldest().is_some_and(late))
            || spanning.is_some_and(|spanning| late(spanning.since))
    }

    fn something_stored(&mut self, now: Time) -> bool {
        let [_, spanning] = &self.spanning;
        spanning.is_some() || self.store.next(now - LEFT).is_some()
    }
}

fn period(ms: u32) -> Span {
    Span::from_ms(i64::from(ms))
}

/// Time on the air, rounded up to a nanosecond.
fn duration(octets: usize, bit_rate: u32) -> Span {
    let bits = octets as i64 * 8;
    Span::from_ns((bits * 1_000_000_000 + i64::from(bit_rate) - 1) / i64::from(bit_rate.max(1)))
}
