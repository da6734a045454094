//! What can go wrong with the radio.
//!
//! Owns: which of its devices can fail in which way; when: [`crate::faulty::Window`]. Does not own: the other devices
//! (`faulty`), files (`rig`).

use crate::faulty::{Moment, Now, Window};
use icd::time::Time;

/// A device of the radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// One of the main radio's transmitters, by number.
    Transmitter(u8),
    /// One of its antennas, by number.
    Antenna(u8),
    /// The switch between them.
    AntennaSwitch,
    /// Its receiver.
    Receiver,
    /// What transmitters, receiver and antennas have in common: supply and control.
    Radio,
    /// The backup path's transmitter.
    BackupTransmitter,
    /// Its antenna.
    BackupAntenna,
    /// The transmitter towards relays.
    RelayTransmitter,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Gives nothing.
    Dead,
    /// Gives nothing until the radio is switched off and on again.
    Hung,
    /// Stays as it is.
    Stuck,
    /// Frames are lost with this probability.
    Dropout {
        /// Share of frames, 0 to 1.
        probability: f64,
    },
    /// Less power goes through.
    Weak {
        /// Loss, dB.
        loss_dB: f64,
    },
}

/// One fault of a scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// Device.
    pub on: Device,
    /// Kind.
    pub kind: FaultKind,
    /// When it begins.
    pub from: Moment,
    /// When it ends; `None` for never.
    pub until: Option<Moment>,
}

const TRANSMITTER_KINDS: &[&str] = &["dead", "hung", "dropout", "weak"];
const ANTENNA_KINDS: &[&str] = &["dead", "weak"];

/// Every device of the radio that a fault can name, and the kinds it can have.
pub const DEVICES: [(&str, Device, &[&str]); 10] = [
    ("transmitter", Device::Transmitter(0), TRANSMITTER_KINDS),
    ("transmitter.1", Device::Transmitter(1), TRANSMITTER_KINDS),
    ("antenna.0", Device::Antenna(0), ANTENNA_KINDS),
    ("antenna.1", Device::Antenna(1), ANTENNA_KINDS),
    ("antenna_switch", Device::AntennaSwitch, &["stuck"]),
    ("receiver", Device::Receiver, &["dead", "hung"]),
    ("radio", Device::Radio, &["dead", "hung"]),
    ("backup_transmitter", Device::BackupTransmitter, &["dead", "dropout", "weak"]),
    ("backup_antenna", Device::BackupAntenna, ANTENNA_KINDS),
    ("relay_transmitter", Device::RelayTransmitter, &["dead", "dropout", "weak"]),
];

/// Faults armed for a run.
#[derive(Clone, Debug)]
pub struct Faults(Vec<(Fault, Window, bool)>);

impl Faults {
    /// Those of a run that begins at `start`.
    #[must_use]
    pub fn new(faults: &[Fault], start: Time) -> Self {
        let armed = |fault: &Fault| (*fault, Window::new(fault.from, fault.until, start), false);
        Self(faults.iter().map(armed).collect())
    }

    /// Notes whether the moments have come.
    pub fn follow(&mut self, now: &Now) {
        self.0.iter_mut().for_each(|(_, window, _)| window.follow(now));
    }

    /// The radio is switched off and on again: what hung has gone.
    pub fn reboot(&mut self, t: Time) {
        for (fault, window, cleared) in &mut self.0 {
            *cleared |= fault.kind == FaultKind::Hung && window.age(t).is_some();
        }
    }

    fn acting(&self, on: Device, t: Time) -> impl Iterator<Item = FaultKind> {
        let acts = move |(fault, window, cleared): &&(Fault, Window, bool)| {
            fault.on == on && !cleared && window.age(t).is_some()
        };
        self.0.iter().filter(acts).map(|(fault, ..)| fault.kind)
    }

    /// Whether a device gives anything.
    #[must_use]
    pub fn works(&self, on: Device, t: Time) -> bool {
        !self.acting(on, t).any(|kind| matches!(kind, FaultKind::Dead | FaultKind::Hung))
    }

    /// Whether it can be switched.
    #[must_use]
    pub fn moves(&self, on: Device, t: Time) -> bool {
        !self.acting(on, t).any(|kind| kind == FaultKind::Stuck)
    }

    /// What it loses, dB.
    #[must_use]
    pub fn loss_dB(&self, on: Device, t: Time) -> f64 {
        let each = self.acting(on, t).map(|kind| match kind {
            FaultKind::Weak { loss_dB } => loss_dB,
            _ => 0.0,
        });
        each.sum()
    }

    /// Probability that a frame gets lost in it.
    #[must_use]
    pub fn dropout(&self, on: Device, t: Time) -> f64 {
        let kept = self.acting(on, t).map(|kind| match kind {
            FaultKind::Dropout { probability } => 1.0 - probability,
            _ => 1.0,
        });
        1.0 - kept.product::<f64>()
    }
}
