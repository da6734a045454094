//! The radio as a vehicle's file describes it, and the link as a scenario does.
//!
//! Owns: [`OnBoard`], [`Link`], their limits. Does not own: how they are written (`rig`).

use super::budget::Antenna;
use super::fault::Fault;
use super::ladder::Ladder;
use super::multipath::Mirror;
use super::relay::Relay;
use super::stations::Station;

/// A transmitter.
#[derive(Clone, Debug, PartialEq)]
pub struct Transmitter {
    /// Power, W.
    pub power_W: f64,
    /// Frequency, Hz.
    pub frequency_Hz: f64,
    /// Loss of the line to the antenna, dB.
    pub line_loss_dB: f64,
    /// Bit rates, the highest first, bit/s.
    pub rates_bit_s: Vec<f64>,
    /// What it takes from its battery while it sends, W.
    pub supply_W: f64,
}

/// A receiver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Receiver {
    /// Frequency, Hz.
    pub frequency_Hz: f64,
    /// Noise temperature of the system, K.
    pub noise_K: f64,
    /// What it takes from its battery, W.
    pub supply_W: f64,
}

/// The main radio.
#[derive(Clone, Debug, PartialEq)]
pub struct Main {
    /// Its transmitter; a second one, if there is one, is equal.
    pub transmitter: Transmitter,
    /// How many: one or two.
    pub units: u8,
    /// Antennas, one or two, the first in use first. Both directions go through the same.
    pub antennas: Vec<Antenna>,
    /// Its receiver.
    pub receiver: Receiver,
    /// Energy for it when nothing charges, Wh.
    pub battery_Wh: f64,
    /// What it does when nobody answers.
    pub ladder: Ladder,
}

/// The backup path: sends always, has no receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Backup {
    /// Its transmitter.
    pub transmitter: Transmitter,
    /// Its antenna.
    pub antenna: Antenna,
    /// Energy in its own battery, Wh.
    pub battery_Wh: f64,
}

/// The radio towards relays.
#[derive(Clone, Debug, PartialEq)]
pub struct Proximity {
    /// Its transmitter: it takes the highest of its rates that closes with the planned margin.
    pub transmitter: Transmitter,
    /// Its antenna.
    pub antenna: Antenna,
}

/// Everything on board.
#[derive(Clone, Debug, PartialEq)]
pub struct OnBoard {
    /// The main radio.
    pub main: Main,
    /// The backup path, if there is one.
    pub backup: Option<Backup>,
    /// The radio towards relays, if there is one.
    pub proximity: Option<Proximity>,
    /// Speed of contact that the radios survive, m/s.
    pub contact_m_s_max: f64,
    /// Half angle of the cone around the engines' jets in which they disturb, rad.
    pub plume_rad: f64,
    /// Most that they take; each run draws its own share, dB.
    pub plume_dB_max: f64,
}

/// The link of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The radio on board.
    pub on_board: OnBoard,
    /// Stations on duty.
    pub stations: Vec<&'static Station>,
    /// Elevation below which a station does not look, rad.
    pub elevation_rad_min: f64,
    /// Number of the main radio's bit rate at the start, 0 the highest.
    pub rate: usize,
    /// Relays.
    pub relays: Vec<Relay>,
    /// The ground as a mirror.
    pub mirror: Mirror,
}

/// Everything that one run's radio needs.
#[derive(Clone, Debug)]
pub struct RadioConfig {
    /// The link.
    pub link: Link,
    /// What breaks, and when.
    pub faults: Vec<Fault>,
}

/// What is wrong with a radio or a link. `rig` adds the file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RadioError {
    /// Numbers that must fall do not.
    #[error("{which}.rates_bit_s must fall from each to the next and be positive")]
    RatesDoNotFall {
        /// Whose.
        which: &'static str,
    },
    /// None or more than two.
    #[error("{which}: {number} given; there is one, or there are two")]
    NotOneOrTwo {
        /// Of what.
        which: &'static str,
        /// How many were given.
        number: usize,
    },
    /// A direction of no length.
    #[error("{which}.direction is no direction")]
    NoDirection {
        /// Whose.
        which: &'static str,
    },
    /// A number that must be positive is not.
    #[error("{which}.{key} = {value}; it must be positive")]
    NotPositive {
        /// Whose.
        which: &'static str,
        /// Which.
        key: &'static str,
        /// The number given.
        value: f64,
    },
    /// The starting rate does not exist.
    #[error("link.rate = {rate}; the main radio has {rates} bit rates, numbered from 0")]
    NoSuchRate {
        /// The number given.
        rate: usize,
        /// How many there are.
        rates: usize,
    },
    /// Relays without a radio towards them.
    #[error("the scenario has relays and the radio on board has no [proximity]")]
    NoProximity,
    /// The perilune of a relay lies in the Moon.
    #[error("relay {name}: its lowest point is {perilune_m} m from the Moon's centre")]
    RelayInTheMoon {
        /// Its name.
        name: String,
        /// Its perilune, m.
        perilune_m: f64,
    },
    /// Nobody listens.
    #[error("link.stations names no station")]
    NoStation,
}

fn transmitter(which: &'static str, t: &Transmitter) -> Result<(), RadioError> {
    let falls = t.rates_bit_s.windows(2).all(|pair| pair[0] > pair[1]);
    if !falls || t.rates_bit_s.last().is_none_or(|last| *last <= 0.0) {
        return Err(RadioError::RatesDoNotFall { which });
    }
    for (key, value) in
        [("power_W", t.power_W), ("frequency_ghz", t.frequency_Hz), ("supply_W", t.supply_W)]
    {
        if value <= 0.0 {
            return Err(RadioError::NotPositive { which, key, value });
        }
    }
    Ok(())
}

fn antenna(which: &'static str, a: &Antenna) -> Result<(), RadioError> {
    let [x, y, z] = a.d_B;
    let length = x * x + y * y + z * z;
    if (length - 1.0).abs() > 1e-6 {
        return Err(RadioError::NoDirection { which });
    }
    Ok(())
}

impl Link {
    /// Checks everything that can be wrong before a run.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn check(&self) -> Result<(), RadioError> {
        let main = &self.on_board.main;
        transmitter("main", &main.transmitter)?;
        if !(1..=2).contains(&main.units) {
            let number = usize::from(main.units);
            return Err(RadioError::NotOneOrTwo { which: "main.transmitters", number });
        }
        if !(1..=2).contains(&main.antennas.len()) {
            let number = main.antennas.len();
            return Err(RadioError::NotOneOrTwo { which: "main.antenna", number });
        }
        for each in &main.antennas {
            antenna("main.antenna", each)?;
        }
        if let Some(backup) = &self.on_board.backup {
            transmitter("backup", &backup.transmitter)?;
            antenna("backup.antenna", &backup.antenna)?;
        }
        if let Some(proximity) = &self.on_board.proximity {
            transmitter("proximity", &proximity.transmitter)?;
            antenna("proximity.antenna", &proximity.antenna)?;
        } else if !self.relays.is_empty() {
            return Err(RadioError::NoProximity);
        }
        for relay in &self.relays {
            let perilune_m = relay.semi_major_axis_m * (1.0 - relay.eccentricity);
            if perilune_m < icd::constants::MOON_RADIUS_M {
                return Err(RadioError::RelayInTheMoon { name: relay.name.clone(), perilune_m });
            }
        }
        if self.stations.is_empty() {
            return Err(RadioError::NoStation);
        }
        let rates = main.transmitter.rates_bit_s.len();
        if self.rate >= rates {
            return Err(RadioError::NoSuchRate { rate: self.rate, rates });
        }
        Ok(())
    }
}
