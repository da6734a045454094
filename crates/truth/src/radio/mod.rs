//! The radio: what the lander sends, how it reaches the Earth, and what is heard of it.
//!
//! Owns: [`Radio`], one run's senders, receivers and the ways between them. Does not own: frames and packets (`icd`,
//! `flight`), where the lander is (`world`), what people do on the ground.
//!
//! How it is used, a few times a second beside a [`crate::world::World`]:
//! ```text
//! let mut radio = Radio::new(&config, environment, start, key)?;       // RadioConfig { link, faults }; (seed, run) or Key
//! let view = radio.step(&Lander::of(&world));                         // &RadioView: paths, senders, mode of the radio
//! let through = radio.frame_survives(n, octets);                      // path number n of view.paths, one frame
//! radio.hear(t);                                                      // a command was authenticated on board
//! radio.set_rate(2); radio.set_antenna(1); radio.switch(Sender::Backup, false);  // what commands do
//! ```
//! A view holds for what leaves the lander at its time; what leaves now on a path arrives after its `light_time_s`, and
//! arrives at all if the path is `frame_locked` and `frame_survives` says so. After an impact, step on with
//! [`Lander::at`]: the carrier ends, the stations let go.
//!
//! As programmed: see `geometry` (who sees whom), `budget` (how well), `lock` (what a receiver makes of it), `ladder` (what
//! the radio tries by itself), `relay`, `multipath`. Random numbers by seed, run and name: `radio.plume`,
//! `radio.lock.SENDER.STATION`, `radio.frame.SENDER.STATION` (with the relay's number behind); one number a frame and path,
//! whether the frame has a chance or not.
//! The ground sends a carrier whenever it looks, and a short word while it receives anything (assumed): that word, one
//! way there and back after the signal, is what ends a silence on board.
//! Refuses: interference, rain, pointing errors of stations, time to turn a station's dish, sunlight on the batteries.

pub mod budget;
pub mod earth;
pub mod fault;
pub mod geometry;
pub mod ladder;
pub mod lock;
pub mod multipath;
pub mod pass;
pub mod relay;
mod spec;
pub mod stations;
mod view;
mod ways;

pub use budget::Antenna;
pub use fault::{DEVICES, Device, Fault, FaultKind};
pub use ladder::{Ladder, Mode, Rung};
pub use multipath::Mirror;
pub use relay::Relay;
pub use spec::{
    Backup, Link, Main, OnBoard, Proximity, RadioConfig, RadioError, Receiver, Transmitter,
};
pub use stations::{STATIONS, Station};
pub use view::{Lander, Path, PathView, RadioView, Sender, Sending};

use crate::environment::Environment;
use crate::random::{Key, Stream};
use fault::Faults;
use icd::frames::{I, M};
use icd::link::command_frame::TC_FRAME_MAX;
use icd::rotation::Rotation;
use icd::time::{Span, Time};
use ladder::{Choice, Hand};
use lock::Lock;
use std::collections::VecDeque;
use std::sync::Arc;

/// Words from the ground that are on their way, at most: some seconds of them.
const WORDS_MAX: usize = 256;
/// So much earlier and later the Moon may hide a lander, s: a hundred kilometres along its way. Assumed.
const ASIDE_S: f64 = 60.0;
/// An hour, s.
const HOUR_S: f64 = 3600.0;

/// One way with its receivers and random numbers.
#[derive(Clone, Debug)]
struct Way {
    lock: Lock,
    frames: Stream,
    dropouts: Stream,
}

/// One run's radio.
#[derive(Clone, Debug)]
pub struct Radio {
    environment: Arc<Environment>,
    link: Link,
    faults: Faults,
    /// Loss in the engines' jets in this run, dB.
    plume_dB: f64,
    /// The Moon's axes at each relay's epoch.
    relay_axes: Vec<Rotation<I, M>>,
    hand: Hand,
    on: [bool; 3],
    /// Energy left to the main radio and to the backup path, Wh.
    battery_Wh: [f64; 2],
    ways: Vec<Way>,
    uplink: Lock,
    /// When words of the ground reach the lander.
    words: VecDeque<Time>,
    begun: bool,
    view: RadioView,
}

impl Radio {
    /// The radio of one run that begins at `start`.
    ///
    /// # Errors
    /// [`RadioError`], the first thing found wrong with the link.
    pub fn new<'a>(
        config: &RadioConfig,
        environment: Arc<Environment>,
        start: Time,
        key: impl Into<Key<'a>>,
    ) -> Result<Self, RadioError> {
        config.link.check()?;
        let (key, link): (Key<'a>, _) = (key.into(), config.link.clone());
        let paths = ways::paths(&link);
        let each = |path: &Path| {
            let station = STATIONS[usize::from(path.station - 1)].key;
            let relay = path.relay.map_or(String::new(), |relay| format!(".{relay}"));
            let name = |what| format!("radio.{what}.{}.{station}{relay}", path.sender.name());
            Way {
                lock: Lock::new(key.stream(&name("lock")), path.sender.frame_octets()),
                frames: key.stream(&name("frame")),
                dropouts: key.stream(&name("dropout")),
            }
        };
        let on_board = &link.on_board;
        let axes = |relay: &Relay| environment.R_IM(relay.epoch).unwrap_or(Rotation::identity());
        let main_Wh = on_board.main.battery_Wh;
        let backup_Wh = on_board.backup.as_ref().map_or(0.0, |backup| backup.battery_Wh);
        Ok(Self {
            faults: Faults::new(&config.faults, start),
            plume_dB: on_board.plume_dB_max * key.stream("radio.plume").uniform(),
            relay_axes: link.relays.iter().map(axes).collect(),
            hand: Hand::new(link.rate, start),
            on: [true; 3],
            battery_Wh: [main_Wh, backup_Wh],
            ways: paths.iter().map(each).collect(),
            uplink: Lock::new(key.stream("radio.lock.uplink"), TC_FRAME_MAX),
            words: VecDeque::new(),
            begun: false,
            view: ways::nothing(start, &paths),
            environment,
            link,
        })
    }

    /// Everything at the lander's time: carries the radio on from the last call. Call it every second or more often.
    ///
    /// Cost: some microseconds; near the limb of the Moon and near the ground a ray for each station more.
    pub fn step(&mut self, lander: &Lander) -> &RadioView {
        let t = lander.now.t;
        let dt_s = (t - self.view.t).s().max(0.0);
        self.faults.follow(&lander.now);
        while self.words.front().is_some_and(|word| *word <= t) {
            self.words.pop_front();
            if self.view.uplink_locked {
                self.hear(t);
            }
        }
        let broken = lander.destroyed
            || lander.contact_m_s.is_some_and(|v| v > self.link.on_board.contact_m_s_max);
        self.view.destroyed |= broken;
        if self.nobody_is_there(lander) {
            self.hand.wait(Span::from_s(dt_s));
        }
        let choice = self.choice();
        self.hand.follow(t, &self.link.on_board.main.ladder, choice, &mut self.faults);
        self.view.t = t;
        self.senders(dt_s);
        self.look(lander);
        self.receive();
        self.begun = true;
        &self.view
    }

    /// The last view.
    #[must_use]
    pub fn view(&self) -> &RadioView {
        &self.view
    }

    /// The link as configured.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Whether a frame of `octets` that is sent now arrives on way number `way` of the view. Draws the same numbers
    /// whether it does or not.
    pub fn frame_survives(&mut self, way: usize, octets: usize) -> bool {
        let t = self.view.t;
        let (Some(view), Some(own)) = (self.view.paths.get(way), self.ways.get_mut(way)) else {
            return false;
        };
        let device = match view.path.sender {
            Sender::Main => Device::Transmitter(self.hand.unit),
            Sender::Backup => Device::BackupTransmitter,
            Sender::Proximity => Device::RelayTransmitter,
        };
        let (drawn, dropped) = (own.frames.uniform(), own.dropouts.uniform());
        let loss = budget::frame_loss(view.ebn0_dB, octets);
        view.frame_locked && drawn >= loss && dropped >= self.faults.dropout(device, t)
    }

    /// A command was authenticated on board at `t`: the silence ends.
    pub fn hear(&mut self, t: Time) {
        let lowest = self.choice().rates.saturating_sub(1);
        self.hand.hear(t, lowest);
    }

    /// Sets the main radio's bit rate by its number; one that does not exist is the lowest. Frames are sent again.
    pub fn set_rate(&mut self, rate: usize) {
        let lowest = self.choice().rates.saturating_sub(1);
        self.hand.order(rate.min(lowest));
    }

    /// Sets the main radio's antenna by its number, where it exists and the switch moves.
    pub fn set_antenna(&mut self, antenna: u8) {
        let moves = self.faults.moves(Device::AntennaSwitch, self.view.t);
        if moves && usize::from(antenna) < self.link.on_board.main.antennas.len() {
            self.hand.antenna = antenna;
        }
    }

    /// Switches a sender on or off.
    pub fn switch(&mut self, sender: Sender, on: bool) {
        self.on[sender as usize] = on;
    }

    /// Whether the Moon, as a sphere, hides the Earth's centre, now or within [`ASIDE_S`] before or after along the
    /// present velocity, and no relay is in view: what the plan on board knows.
    fn nobody_is_there(&self, lander: &Lander) -> bool {
        if self.view.paths.iter().any(|seen| seen.path.relay.is_some() && seen.visible) {
            return false;
        }
        let Some(p_ME_I) = self.environment.ephemeris.earth(lander.now.t) else { return true };
        let (p_m, v_m_s) = (lander.p_MB_I.si(), lander.v_MB_I.si());
        [0.0, -ASIDE_S, ASIDE_S].into_iter().any(|aside_s| {
            let from_m = p_m + v_m_s * aside_s;
            let to_m = p_ME_I.si() - from_m;
            let range_m = to_m.norm();
            geometry::behind_the_sphere(from_m, to_m / range_m, range_m)
        })
    }

    fn choice(&self) -> Choice {
        let main = &self.link.on_board.main;
        let antennas = u8::try_from(main.antennas.len()).unwrap_or(1);
        Choice { rates: main.transmitter.rates_bit_s.len(), antennas, units: main.units }
    }

    /// What each sender does, and what it takes from its battery.
    fn senders(&mut self, dt_s: f64) {
        let t = self.view.t;
        let (on_board, view) = (&self.link.on_board, &mut self.view);
        let main = &on_board.main;
        let powered = self.faults.works(Device::Radio, t) && !view.destroyed;
        let off = matches!(self.hand.mode, Mode::Off(_));
        let (sends, frames) = self.hand.sends(t, &main.ladder);
        let main_on = self.on[Sender::Main as usize] && self.battery_Wh[0] > 0.0 && powered;
        let taken_W = match (main_on && !off, main_on && sends) {
            (_, true) => main.transmitter.supply_W + main.receiver.supply_W,
            (true, false) => main.receiver.supply_W,
            (false, false) => 0.0,
        };
        self.battery_Wh[0] = (self.battery_Wh[0] - taken_W * dt_s / HOUR_S).max(0.0);
        let alive = self.faults.works(Device::Transmitter(self.hand.unit), t);
        view.main = Sending {
            carrier: main_on && sends && alive,
            frames: main_on && frames && alive,
            bit_rate_bit_s: main.transmitter.rates_bit_s[self.hand.rate],
            rate: self.hand.rate,
            battery_Wh: self.battery_Wh[0],
        };
        let last = |rates: &[f64]| rates.first().copied().unwrap_or_default();
        view.backup = on_board.backup.as_ref().map(|backup| {
            let on =
                self.on[Sender::Backup as usize] && self.battery_Wh[1] > 0.0 && !view.destroyed;
            if on {
                let taken_Wh = backup.transmitter.supply_W * dt_s / HOUR_S;
                self.battery_Wh[1] = (self.battery_Wh[1] - taken_Wh).max(0.0);
            }
            let sends = on && self.faults.works(Device::BackupTransmitter, t);
            let bit_rate_bit_s = last(&backup.transmitter.rates_bit_s);
            let battery_Wh = self.battery_Wh[1];
            Sending { carrier: sends, frames: sends, bit_rate_bit_s, rate: 0, battery_Wh }
        });
        view.proximity = on_board.proximity.as_ref().map(|proximity| {
            let on = self.on[Sender::Proximity as usize] && !view.destroyed;
            let sends = on && self.faults.works(Device::RelayTransmitter, t);
            let bit_rate_bit_s = last(&proximity.transmitter.rates_bit_s);
            Sending { carrier: sends, frames: sends, bit_rate_bit_s, rate: 0, battery_Wh: f64::NAN }
        });
        (view.mode, view.antenna, view.unit) = (self.hand.mode, self.hand.antenna, self.hand.unit);
        view.silence_s = (t - self.hand.heard).s();
        view.answered_s = (t - self.hand.answered).s();
        view.rung = self.hand.last;
    }

    /// What every receiver makes of what comes in.
    fn receive(&mut self) {
        let t = self.view.t;
        let mut soonest: Option<Time> = None;
        for (way, seen) in self.ways.iter_mut().zip(&mut self.view.paths) {
            let sending = match seen.path.sender {
                Sender::Main => Some(self.view.main),
                Sender::Backup => self.view.backup,
                Sender::Proximity => self.view.proximity,
            };
            let frames = sending.is_some_and(|sending| sending.frames);
            let comes_in = seen.cn0_dBHz.is_finite();
            let suppressed_dB = if frames { budget::LOSSES_DB } else { 0.0 };
            let carrier = comes_in.then_some(seen.cn0_dBHz - suppressed_dB);
            let data = (comes_in && frames).then_some((seen.bit_rate_bit_s, seen.ebn0_dB));
            if !self.begun && carrier.is_some_and(|carrier| carrier > lock::LOCK_DBHZ) {
                way.lock.hold(t);
            }
            way.lock.follow(t, carrier, data);
            seen.carrier_locked = way.lock.carrier();
            seen.frame_locked = way.lock.frames();
            let confirms = match self.hand.mode {
                Mode::Carrier => seen.carrier_locked && comes_in,
                _ => seen.frame_locked,
            };
            if confirms && seen.path.sender != Sender::Backup {
                let word = t + Span::from_s(2.0 * seen.light_time_s);
                soonest = Some(soonest.map_or(word, |soonest| soonest.min(word)));
            }
        }
        if let Some(word) = soonest
            && self.words.len() < WORDS_MAX
        {
            self.words.push_back(word);
        }
        self.receive_on_board();
    }

    /// What the receiver on board makes of the stations' carriers.
    fn receive_on_board(&mut self) {
        let t = self.view.t;
        let best =
            self.view.paths.iter().max_by(|a, b| a.uplink_cn0_dBHz.total_cmp(&b.uplink_cn0_dBHz));
        let off = matches!(self.hand.mode, Mode::Off(_)) || self.battery_Wh[0] <= 0.0;
        let works = self.faults.works(Device::Receiver, t)
            && self.faults.works(Device::Radio, t)
            && !off
            && !self.view.destroyed;
        let heard = best.filter(|best| works && best.uplink_cn0_dBHz.is_finite());
        let carrier = heard.map(|best| best.uplink_cn0_dBHz);
        if !self.begun && carrier.is_some_and(|carrier| carrier > lock::LOCK_DBHZ) {
            self.uplink.hold(t);
        }
        self.uplink.follow(t, carrier, None);
        self.view.uplink_locked = carrier.is_some() && self.uplink.carrier();
        self.view.uplink = heard.map(|best| best.path).filter(|_| self.view.uplink_locked);
    }
}

#[cfg(test)]
mod tests;
