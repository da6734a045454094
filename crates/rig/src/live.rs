//! A flight as mission control gets it: through the radio, frame by frame, in the order of arrival.
//!
//! Owns: [`Live`]: the closed loop with downlink, radio and stations around it. Does not own: pace and sockets (the
//! front door), the frames' content (`flight::downlink`), what the radio lets through (`truth::radio`).
//! As programmed, once a cycle of 20 ms: frames that began since the last cycle leave, each on every path that is
//! locked; commands that have arrived go to the receiver; then sensors, flight software, nature; then the packets
//! of the cycle are made. A frame holds what was so when it began; it counts if it comes through at its end, and
//! reaches its station a light time later.
//! A station tells about itself once a second and when it gains or loses lock. It keeps frames of idle data to itself
//! but for one a second, which shows the state of commanding.
//! When nature has ended (an impact, a fall), the clock runs on: nothing more is computed on board, what still can
//! send sends what the store holds.
//! Refuses: to depend on the pace. Commands come at the loop's own time; without them equal runs deliver equal octets.

mod air;
mod edges;
mod link;
pub mod mission;
mod onair;
pub mod recorded;

#[cfg(test)]
mod tests;

pub use air::Delivery;
pub use flight::downlink::Class;
pub use link::{Link, Path};
pub use onair::OnAir;

use crate::closed_loop::{Flown, Frame, Running, Simulation};
use crate::record::Recording;
use crate::scenario::ScenarioError;
use crate::stand::Stand;
use crate::verdict::End;
use air::{Air, Load};
use edges::{Edges, Seen};
use flight::downlink::{Block, Downlink, Tally};
use flight::load as board;
use flight::uplink::Receiver;
use icd::bus::{CYCLE, Uplink};
use icd::events::Event;
use icd::link::delivery::Content;
use icd::link::frame::Channel;
use icd::link::packet::{self, PACKET_MAX};
use icd::link::security::{KEY_OCTETS, Key};
use icd::station::{self, Station};
use icd::tc::{Order, Refusal, Transmitter};
use icd::time::{Span, Time};
use icd::tm::Snapshot;
use std::collections::{BTreeMap, VecDeque};
use truth::world;

/// Memory of the store on board: 4 MiB in blocks of 128 octets. Assumed.
const BLOCKS: usize = 4 * 1024 * 1024 / size_of::<Block>();
/// How often a station tells about itself without cause, and lets a frame of idle data through.
const TELLS: Span = Span::from_ms(1_000);

/// The receiver of commands before the flight, with the key that ground and lander share.
pub fn receiver(key: [u8; KEY_OCTETS]) -> Receiver {
    Receiver::new(Key(key), 0)
}

/// What became of a flight's telemetry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// By class, as [`Class::ALL`]: on board.
    pub classes: [Tally; 5],
    /// Octets in the store on board now.
    pub stored_octets: u32,
    /// Frames that left the lander: main path, backup path.
    pub frames: [u64; 2],
    /// Of those, how many some station had whole.
    pub received: [u64; 2],
    /// Frames that stations delivered, the same frame by two of them counted twice.
    pub delivered: u64,
    /// Frames that reached a station that was on the signal, damaged.
    pub damaged: u64,
    /// Units delivered of every kind.
    pub units: u64,
    /// Packets of stations about themselves.
    pub told: u64,
    /// Commands that were radiated, and those that reached the receiver on board.
    pub commands: [u64; 2],
}

/// A frame that a transmitter has begun.
#[derive(Clone, Debug)]
struct Begun {
    by: Transmitter,
    octets: Vec<u8>,
    starts: Time,
    ends: Time,
    idle: bool,
}

/// What a station has been through.
#[derive(Clone, Copy, Debug)]
struct Watcher {
    seen: Station,
    /// When it tells about itself next, when it lets a frame of idle data through next.
    tells: Time,
    idle: Time,
}

/// One flight in progress, with what it takes to hear of it.
pub struct Live<'a> {
    stand: &'a Stand,
    running: Running<'a>,
    link: Box<dyn Link + Send + 'a>,
    downlink: Downlink<Vec<Block>>,
    receiver: Receiver,
    /// Packets that the receiver let through and the computer has not had yet.
    packets: VecDeque<Uplink>,
    /// What the backup path has been shown last.
    latched: Option<Snapshot>,
    now: Time,
    /// When the receiver of commands is sampled next.
    next_receiver: Time,
    ended: Option<End>,
    flown: Option<Flown>,
    watchers: BTreeMap<u8, Watcher>,
    /// Frames whose last bit has not left, of each transmitter in order.
    begun: VecDeque<Begun>,
    air: Air,
    /// Command link transmission units on their way up, by arrival.
    up: BTreeMap<(Time, u64), Vec<u8>>,
    edges: Edges,
    totals: Totals,
}

impl<'a> Live<'a> {
    /// Powers up run number `run` beside a radio; `load` is [`Stand::load`] of the same run.
    ///
    /// - `receiver`: of commands, with the key that authenticates them.
    ///
    /// # Errors
    /// When truth refuses to start.
    pub fn new(
        stand: &'a Stand,
        load: &'a board::Load,
        run: u64,
        recording: Recording,
        link: Box<dyn Link + Send + 'a>,
        receiver: Receiver,
    ) -> Result<Self, ScenarioError> {
        let running = Running::new(stand, load, run, recording)?;
        let now = running.simulation().world().state().t;
        Ok(Self {
            stand,
            running,
            downlink: Downlink::new(
                vec![Block::EMPTY; BLOCKS],
                link.bit_rate(Transmitter::Main),
                now,
            ),
            link,
            receiver,
            packets: VecDeque::new(),
            latched: None,
            now,
            next_receiver: now,
            ended: None,
            flown: None,
            watchers: BTreeMap::new(),
            begun: VecDeque::new(),
            air: Air::default(),
            up: BTreeMap::new(),
            edges: Edges::default(),
            totals: Totals::default(),
        })
    }

    /// Time at the lander and on Earth: that of the next cycle.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The verdict, once nature has ended or the scenario's time is over; telemetry may still be on its way.
    pub fn flown(&self) -> Option<&Flown> {
        self.flown.as_ref()
    }

    /// The loop itself.
    pub fn simulation(&self) -> &Simulation<'a> {
        self.running.simulation()
    }

    /// A station radiates a command link transmission unit now; `number` is the one of the ground's order.
    pub fn uplink(&mut self, station: u8, cltu: &[u8], number: u64) {
        self.totals.commands[0] += 1;
        if let Some(way_s) = self.link.way_up_s(station) {
            let arrives = self.now + Span::from_s(way_s);
            self.up.insert((arrives, self.totals.commands[0]), cltu.to_vec());
        }
        let payload = number.to_be_bytes().to_vec();
        let load = Load { content: Content::Radiated, station, received: self.now, payload };
        self.air.send(self.now, load);
    }

    /// One cycle; what has arrived at mission control by its time.
    ///
    /// - `observer`: as in [`crate::closed_loop::fly`].
    ///
    /// # Errors
    /// A terrain tile that could not be read on the way.
    pub fn step(
        &mut self,
        observer: &mut impl FnMut(&Frame<'_>),
    ) -> Result<Vec<Delivery>, ScenarioError> {
        let now = self.now;
        self.link.look(self.running.simulation(), now);
        self.downlink.set_bit_rate(self.link.bit_rate(Transmitter::Main));
        self.downlink.set_contact(self.link.contact(), now);
        self.send(now);
        self.receive(now);
        if !self.stands_still() {
            self.fly(now, observer)?;
        }
        self.tell(now);
        self.now = now + CYCLE;
        Ok(self.air.deliver(now))
    }

    /// What became of the telemetry so far.
    pub fn totals(&self) -> Totals {
        Totals {
            classes: self.downlink.tallies(),
            stored_octets: self.downlink.stored_octets(),
            units: self.air.delivered(),
            ..self.totals
        }
    }

    /// After any end but rest and the scenario's time nature stands still.
    fn stands_still(&self) -> bool {
        let goes_on = [None, Some(End::Nature(world::End::AtRest)), Some(End::Duration)];
        !goes_on.contains(&self.ended)
    }

    /// Sensors, flight software, nature; then the cycle's packets.
    fn fly(
        &mut self,
        now: Time,
        observer: &mut impl FnMut(&Frame<'_>),
    ) -> Result<(), ScenarioError> {
        let Self { running, downlink, latched, link, packets, .. } = self;
        if let Some(packet) = packets.pop_front() {
            running.uplink(packet);
        }
        let mut orders: Vec<Order> = Vec::new();
        let end = running.step_with(observer, &mut |simulation, exchange| {
            let (up, powered_up) = simulation.computer();
            if !up {
                return;
            }
            let flight = simulation.flight();
            flight.events().iter().for_each(|event| downlink.event(*event, now));
            for report in flight.reports() {
                downlink.add(Class::Report, now, true, |count, out| {
                    packet::report(report, now, count, out)
                });
            }
            orders.extend(flight.link_orders());
            downlink.cycle(&exchange.sensors, powered_up);
            let snapshot = flight.down();
            if snapshot.t == exchange.sensors.t {
                downlink.snapshot(snapshot);
                *latched = Some(*snapshot);
            }
        });
        for order in orders {
            if let Order::Transmitter { .. } = order {
                downlink.event(Event::TransmitterOrdered, now);
            }
            match order {
                Order::Dump { from, to } => downlink.dump(from, to, now),
                Order::Housekeeping { list, on } => downlink.set_list(list, on),
                order => link.obey(&order, now),
            }
        }
        let first = self.ended.is_none();
        let later = self.ended == Some(End::Duration);
        if let Some(end) = end.filter(|end| first || (later && *end != End::Duration)) {
            self.ended = Some(end);
            self.downlink.send_raw(now);
            self.flown = Some(self.running.clone().finish(self.stand, end)?);
        }
        Ok(())
    }

    /// Frames of both paths: those that began since the last cycle, then those that have left whole.
    fn send(&mut self, now: Time) {
        let clcw = self.receiver.clcw();
        while let Some(sent) = self.downlink.next_frame(now, clcw) {
            let (by, idle) = (Transmitter::Main, sent.channel == Channel::Idle);
            let (starts, ends, octets) = (sent.starts, sent.ends, sent.octets.to_vec());
            self.begun.push_back(Begun { by, octets, starts, ends, idle });
        }
        let rate = self.link.bit_rate(Transmitter::Backup);
        let latched = self.latched;
        while let Some(sent) = latched.and_then(|s| self.downlink.next_beacon(now, rate, &s, clcw))
        {
            let (by, idle) = (Transmitter::Backup, false);
            let (starts, ends, octets) = (sent.starts, sent.ends, sent.octets.to_vec());
            self.begun.push_back(Begun { by, octets, starts, ends, idle });
        }
        for _ in 0..self.begun.len() {
            match self.begun.pop_front() {
                Some(frame) if frame.ends <= now => self.radiate(&frame),
                Some(frame) => self.begun.push_back(frame),
                None => break,
            }
        }
    }

    /// One frame whose last bit has left, on every path of its transmitter; one that broke off is nowhere whole.
    fn radiate(&mut self, frame: &Begun) {
        let Begun { by, starts, ends, idle, .. } = *frame;
        self.totals.frames[by as usize] += 1;
        let silent = self.running.simulation().silenced() || self.link.bit_rate(by) == 0;
        let mut heard = false;
        for n in 0..self.link.paths().len() {
            let path = self.link.paths()[n];
            if path.transmitter != by {
                continue;
            }
            let whole = self.link.survives(n, frame.octets.len());
            let Some(watcher) = self.watchers.get_mut(&path.station) else { continue };
            if silent || !path.frame_locked {
                continue;
            }
            heard |= whole;
            let way = Span::from_s(path.light_time_s);
            let mut payload = frame.octets.clone();
            let content = if whole {
                watcher.seen.frames_good += 1;
                Content::Frame
            } else {
                // Any burst of up to 16 bits fails the frame's checksum.
                let at = watcher.seen.frames_bad as usize % payload.len();
                payload[at] ^= 0xA5;
                watcher.seen.frames_bad += 1;
                self.totals.damaged += 1;
                Content::BadFrame
            };
            if idle && whole {
                if starts < watcher.idle {
                    continue;
                }
                watcher.idle = starts + TELLS;
            }
            self.totals.delivered += u64::from(whole);
            let load = Load { content, station: path.station, received: starts + way, payload };
            self.air.send(ends + way, load);
        }
        self.totals.received[by as usize] += u64::from(heard);
    }

    /// Commands that have arrived; what is new of the link.
    fn receive(&mut self, now: Time) {
        let mut forged = false;
        while let Some(entry) = self.up.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let cltu = entry.remove();
            if !self.link.hears() {
                continue;
            }
            self.totals.commands[1] += 1;
            let taken = self.receiver.take(&cltu);
            forged |= matches!(taken, Err(Refusal::Forged | Refusal::Replayed));
            if let Ok(Some(packet)) = taken {
                self.link.hear(now);
                self.packets.push_back(packet);
            }
        }
        let hears = self.link.hears();
        self.receiver.lock(hears, hears);
        let seen = Seen {
            contact: self.link.contact(),
            silence_s: self.link.silence_s(),
            bit_rate: self.link.bit_rate(Transmitter::Main),
            locked_out: self.receiver.clcw().lockout,
            dumping: self.downlink.dumping(),
            forged,
        };
        if !self.stands_still() {
            let told = self.edges.follow(now, &seen);
            told.into_iter().for_each(|event| self.downlink.event(event, now));
        }
        if now >= self.next_receiver {
            self.next_receiver = now + TELLS;
            self.downlink.receiver(&self.receiver.down(now));
        }
    }

    /// Each station about itself: its receiver as it is when what leaves the lander now gets there.
    fn tell(&mut self, now: Time) {
        let mut numbers: Vec<u8> = self.link.paths().iter().map(|path| path.station).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let ways = self.link.paths().iter().filter(|path| path.station == number);
            // What it is on; the main transmitter where it is on both, or on none.
            let on = |path: &&Path| {
                let main = path.transmitter == Transmitter::Main;
                (path.carrier_locked, path.frame_locked, main, !path.via_relay)
            };
            let Some(path) = ways.max_by_key(on) else { continue };
            let seen = Station {
                t: now + Span::from_s(path.light_time_s),
                number,
                carrier_locked: path.carrier_locked,
                frame_locked: path.frame_locked,
                doppler_Hz: path.doppler_Hz,
                // Nothing comes in: 0 dB Hz is far below what any receiver finds.
                cn0_dBHz: path.cn0_dBHz.max(0.0),
                bit_rate_bit_s: f64::from(path.bit_rate),
                elevation_rad: path.elevation_rad,
                light_time_s: path.light_time_s,
                frames_good: 0,
                frames_bad: 0,
                transmitter: path.transmitter as u8,
                via_relay: path.via_relay,
            };
            let first = Watcher { seen, tells: now, idle: now };
            let watcher = self.watchers.entry(number).or_insert(first);
            let state =
                |s: &Station| (s.carrier_locked, s.frame_locked, s.transmitter, s.via_relay);
            let changed = state(&watcher.seen) != state(&seen);
            let (frames_good, frames_bad) = (watcher.seen.frames_good, watcher.seen.frames_bad);
            watcher.seen = Station { frames_good, frames_bad, ..seen };
            if now < watcher.tells && !changed {
                continue;
            }
            watcher.tells = now + TELLS;
            let mut out = [0; PACKET_MAX];
            let count = u16::try_from(self.totals.told & 0x3FFF).unwrap_or(0);
            self.totals.told += 1;
            let octets = packet::housekeeping(&station::LIST, &watcher.seen, count, &mut out);
            let payload = out[..octets].to_vec();
            let load =
                Load { content: Content::Station, station: number, received: seen.t, payload };
            self.air.send(seen.t, load);
        }
    }
}
