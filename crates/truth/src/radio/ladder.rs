//! What the radio on board tries by itself when nobody answers.
//!
//! Owns: [`Ladder`] (how long a silence leads to which step), [`Hand`] (what the radio does now). Does not own: what a
//! step does to the link.
//! As programmed: silence is the time since the ground was last heard. It sends a short word as long as it receives
//! something (assumed), so silence on board means that either direction is broken. While the Moon hides the Earth by the
//! plan on board, which is right (assumed), no silence is counted. In the order of their times: the next
//! lower bit rate each [`Ladder::rate_s`]; the other antenna; the other transmitter; all power in the carrier; the radio
//! off and on again, back on its first antenna; then listening with little power, a beacon now and then. Contact ends a
//! silence and leaves what was found, but for two: from listening the radio goes back to frames, from the bare carrier to
//! frames at the lowest rate. After [`RISE_S`] of contact without a break it tries the next higher rate, up to the one that
//! was ordered; a try that ends in silence doubles the time to the next one, up to [`RISE_S_MAX`].
//! Refuses: steps that the ground orders beyond bit rate and transmitter (they go through [`Hand`]).

use super::fault::{Device, Faults};
use icd::time::{Span, Time};

/// Contact before the next higher bit rate is tried, s: assumed.
const RISE_S: f64 = 300.0;
/// Longest wait for it, s: assumed.
const RISE_S_MAX: f64 = 3600.0;
/// Contact that was not heard for so long has been broken, s: assumed.
const BREAK_S: f64 = 10.0;

/// When a silence leads to which step, s; `None` for never.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// To the next lower bit rate, and again after as long.
    pub rate_s: Option<f64>,
    /// To the other antenna.
    pub antenna_s: Option<f64>,
    /// To the other transmitter.
    pub transmitter_s: Option<f64>,
    /// To the bare carrier.
    pub carrier_s: Option<f64>,
    /// Off and on again.
    pub reboot_s: Option<f64>,
    /// To listening.
    pub listen_s: Option<f64>,
    /// How long off and on again takes, s.
    pub reboot_takes_s: f64,
    /// Time between two beacons while listening, s.
    pub beacon_every_s: f64,
    /// Length of one, s.
    pub beacon_s: f64,
}

/// A step of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// The next lower bit rate.
    Rate,
    /// The other antenna.
    Antenna,
    /// The other transmitter.
    Transmitter,
    /// The bare carrier.
    Carrier,
    /// Off and on again.
    Reboot,
    /// Listening.
    Listen,
    /// The next higher bit rate.
    Rise,
}

/// What the main radio does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Sends frames.
    Frames,
    /// Sends a carrier and no frames.
    Carrier,
    /// Off, to be switched on again at this time.
    Off(Time),
    /// Listens since then, sends now and then.
    Listening(Time),
}

/// What the main radio is set to, and its patience.
#[derive(Clone, Debug)]
pub struct Hand {
    /// Mode.
    pub mode: Mode,
    /// Number of the bit rate, 0 the highest.
    pub rate: usize,
    /// Number of the antenna in use.
    pub antenna: u8,
    /// Number of the transmitter in use.
    pub unit: u8,
    /// When the ground was last heard, moved on by the time in which nobody can answer.
    pub heard: Time,
    /// When the ground was last heard.
    pub answered: Time,
    /// The last step taken.
    pub last: Option<(Time, Rung)>,
    /// The bit rate that was ordered, and what was there in the beginning.
    ordered: usize,
    /// Since when contact has no break.
    since: Time,
    /// Contact before the next higher rate is tried, s.
    patience_s: f64,
    /// The last change of rate was a try of a higher one.
    tried: bool,
    rates_dropped: u32,
    taken: [bool; 5],
}

/// How many there are to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Bit rates.
    pub rates: usize,
    /// Antennas, one or two.
    pub antennas: u8,
    /// Transmitters, one or two.
    pub units: u8,
}

impl Hand {
    /// As planned: first antenna, first transmitter, just heard.
    #[must_use]
    pub fn new(rate: usize, t: Time) -> Self {
        Self {
            mode: Mode::Frames,
            rate,
            antenna: 0,
            unit: 0,
            heard: t,
            answered: t,
            last: None,
            ordered: rate,
            since: t,
            patience_s: RISE_S,
            tried: false,
            rates_dropped: 0,
            taken: [false; 5],
        }
    }

    /// The ground was heard.
    ///
    /// - `lowest`: number of the lowest bit rate.
    pub fn hear(&mut self, t: Time, lowest: usize) {
        if (t - self.heard).s() > BREAK_S {
            self.since = t;
        }
        (self.heard, self.answered) = (t, t);
        self.rates_dropped = 0;
        self.taken = [false; 5];
        match self.mode {
            Mode::Listening(_) => self.mode = Mode::Frames,
            Mode::Carrier => (self.mode, self.rate) = (Mode::Frames, lowest),
            Mode::Frames | Mode::Off(_) => {}
        }
    }

    /// A bit rate ordered by the ground: frames are sent at it.
    pub fn order(&mut self, rate: usize) {
        (self.rate, self.ordered) = (rate, rate);
        (self.patience_s, self.tried) = (RISE_S, false);
        self.mode = Mode::Frames;
    }

    /// Time in which nobody can answer, by the plan: no silence.
    pub fn wait(&mut self, dt: Span) {
        self.heard += dt;
        self.since += dt;
    }

    /// Takes the steps that are due at `t`.
    pub fn follow(&mut self, t: Time, ladder: &Ladder, choice: Choice, faults: &mut Faults) {
        if let Mode::Off(until) = self.mode {
            if t >= until {
                faults.reboot(t);
                self.mode = Mode::Frames;
                if faults.moves(Device::AntennaSwitch, t) {
                    self.antenna = 0;
                }
            }
            return;
        }
        self.rise(t);
        let silence_s = (t - self.heard).s();
        if let Some(rate_s) = ladder.rate_s {
            while f64::from(self.rates_dropped + 1) * rate_s <= silence_s
                && self.rate + 1 < choice.rates
            {
                self.rates_dropped += 1;
                self.rate += 1;
                self.last = Some((t, Rung::Rate));
                if core::mem::take(&mut self.tried) {
                    self.patience_s = (2.0 * self.patience_s).min(RISE_S_MAX);
                }
            }
        }
        let steps = [
            (ladder.antenna_s, Rung::Antenna),
            (ladder.transmitter_s, Rung::Transmitter),
            (ladder.carrier_s, Rung::Carrier),
            (ladder.reboot_s, Rung::Reboot),
            (ladder.listen_s, Rung::Listen),
        ];
        for (n, (after_s, rung)) in steps.into_iter().enumerate() {
            if !self.taken[n] && after_s.is_some_and(|after_s| after_s <= silence_s) {
                self.taken[n] = true;
                self.last = Some((t, rung));
                self.take(t, rung, ladder, choice, faults);
            }
        }
    }

    /// The next higher rate, where contact has stood long enough.
    fn rise(&mut self, t: Time) {
        let stands = self.mode == Mode::Frames && (t - self.heard).s() <= BREAK_S;
        if !stands || self.rate <= self.ordered || (t - self.since).s() < self.patience_s {
            return;
        }
        self.rate -= 1;
        self.last = Some((t, Rung::Rise));
        // The try before has held.
        self.patience_s = if self.tried { RISE_S } else { self.patience_s };
        (self.since, self.tried) = (t, true);
    }

    fn take(&mut self, t: Time, rung: Rung, ladder: &Ladder, choice: Choice, faults: &Faults) {
        match rung {
            Rung::Rate | Rung::Rise => {}
            Rung::Antenna => {
                if choice.antennas > 1 && faults.moves(Device::AntennaSwitch, t) {
                    self.antenna = 1 - self.antenna;
                }
            }
            Rung::Transmitter => {
                if choice.units > 1 {
                    self.unit = 1 - self.unit;
                }
            }
            Rung::Carrier => self.mode = Mode::Carrier,
            Rung::Reboot => self.mode = Mode::Off(t + Span::from_s(ladder.reboot_takes_s)),
            Rung::Listen => self.mode = Mode::Listening(t),
        }
    }

    /// Whether it sends at `t`, and whether frames.
    #[must_use]
    pub fn sends(&self, t: Time, ladder: &Ladder) -> (bool, bool) {
        match self.mode {
            Mode::Frames => (true, true),
            Mode::Carrier => (true, false),
            Mode::Off(_) => (false, false),
            Mode::Listening(since) => {
                let age_s = (t - since).s();
                let beacon = age_s >= ladder.beacon_every_s
                    && libm::fmod(age_s, ladder.beacon_every_s) < ladder.beacon_s;
                (beacon, beacon)
            }
        }
    }
}
