//! What the radio shows of itself at one instant.
//!
//! Owns: [`RadioView`], [`PathView`], [`Lander`] (what the radio must know of the vehicle). All of a view holds for what
//! leaves the lander now; it arrives [`PathView::light_time_s`] later.

use super::ladder::{Mode, Rung};
use crate::faulty::Now;
use crate::world::{End, World};
use icd::frames::{B, I, Position, Vector, Velocity};
use icd::link::frame::{BEACON_FRAME, TM_FRAME};
use icd::rotation::Quaternion;
use icd::time::Time;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// The main radio, to the Earth.
    Main,
    /// The backup path, to the Earth.
    Backup,
    /// The radio towards relays.
    Proximity,
}

impl Sender {
    /// Name in the names of random streams.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Backup => "backup",
            Self::Proximity => "proximity",
        }
    }

    /// Octets of the frames that it sends, without their mark.
    #[must_use]
    pub const fn frame_octets(self) -> usize {
        match self {
            Self::Main | Self::Proximity => TM_FRAME,
            Self::Backup => BEACON_FRAME,
        }
    }
}

/// A way from the lander to a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// Who sends.
    pub sender: Sender,
    /// Number of the station.
    pub station: u8,
    /// Number of the relay in the scenario, from 0; `None` for none.
    pub relay: Option<u8>,
}

/// One way at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathView {
    /// Which.
    pub path: Path,
    /// Whether nothing stands in the way and the station looks there, whatever is sent.
    pub visible: bool,
    /// Whether the Moon stands in the way.
    pub occulted: bool,
    /// Elevation over the station's horizon of what it listens to, rad.
    pub elevation_rad: f64,
    /// Length of the whole way, m.
    pub range_m: f64,
    /// Time of the signal on the whole way, s.
    pub light_time_s: f64,
    /// Shift of the carrier that the station hears, Hz.
    pub doppler_Hz: f64,
    /// Carrier to noise density where it is least along the way, dBHz; −∞ when nothing is sent or seen.
    pub cn0_dBHz: f64,
    /// Energy a bit over noise density at the worse hop, dB; likewise.
    pub ebn0_dB: f64,
    /// The station (and the relay) is on the carrier.
    pub carrier_locked: bool,
    /// Frames come out.
    pub frame_locked: bool,
    /// Bit rate sent, bit/s; 0 when no frames are sent.
    pub bit_rate_bit_s: f64,
    /// The highest bit rate that would close with the planned margin, bit/s.
    pub bit_rate_bit_s_max: f64,
    /// What the lander would receive of this station's commands, dBHz; −∞ when nothing. Main and proximity paths only.
    pub uplink_cn0_dBHz: f64,
}

/// What one sender does at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sending {
    /// Sends frames: some are due every `octets × 8 / bit_rate_bit_s`.
    pub frames: bool,
    /// Sends a carrier, with or without frames.
    pub carrier: bool,
    /// Bit rate, bit/s.
    pub bit_rate_bit_s: f64,
    /// Its number, 0 the highest.
    pub rate: usize,
    /// Energy left in its battery, Wh; NaN where it has none of its own.
    pub battery_Wh: f64,
}

/// Everything at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct RadioView {
    /// When.
    pub t: Time,
    /// Every way: main to each station, backup to each station, through each relay to each station; in an order that
    /// never changes in a run.
    pub paths: Vec<PathView>,
    /// The main radio.
    pub main: Sending,
    /// The backup path; `None` where there is none.
    pub backup: Option<Sending>,
    /// The radio towards relays.
    pub proximity: Option<Sending>,
    /// What the main radio does.
    pub mode: Mode,
    /// Antenna and transmitter of the main radio in use.
    pub antenna: u8,
    /// The transmitter.
    pub unit: u8,
    /// The receiver on board is on a station's carrier: commands come in.
    pub uplink_locked: bool,
    /// The path whose station it hears best.
    pub uplink: Option<Path>,
    /// Time since the ground was last heard, but for what the Moon hides, s.
    pub silence_s: f64,
    /// Time since the ground was last heard, s.
    pub answered_s: f64,
    /// The last step that the radio took by itself.
    pub rung: Option<(Time, Rung)>,
    /// The radios are destroyed.
    pub destroyed: bool,
}

impl RadioView {
    /// The path with frames and the most energy a bit, if any has frames.
    #[must_use]
    pub fn best(&self, sender: Sender) -> Option<&PathView> {
        let able = self.paths.iter().filter(|view| view.path.sender == sender && view.frame_locked);
        able.max_by(|a, b| a.ebn0_dB.total_cmp(&b.ebn0_dB))
    }
}

/// What the radio must know of the lander at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Lander {
    /// Time, height and phase.
    pub now: Now,
    /// Position.
    pub p_MB_I: Vector<Position, I>,
    /// Velocity.
    pub v_MB_I: Vector<Velocity, I>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Thrust of main and assist engines together, N.
    pub thrust_N: f64,
    /// Speed at which it met the ground, m/s; `None` before.
    pub contact_m_s: Option<f64>,
    /// Whether the structure gave way.
    pub destroyed: bool,
}

impl Lander {
    /// The lander of a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let (state, thrust) = (world.state(), world.thrust());
        let contact = |t: &crate::contact::Touchdown| libm::hypot(t.v_up_m_s, t.v_horizontal_m_s);
        Self {
            now: world.now(),
            p_MB_I: state.p_MB_I,
            v_MB_I: state.v_MB_I,
            q_IB: state.q_IB,
            thrust_N: thrust.main_N + thrust.assist_N,
            contact_m_s: world.touchdown().map(contact),
            destroyed: world.ended() == Some(End::Impact),
        }
    }

    /// The same at a later time: for a world that has ended and stands still.
    #[must_use]
    pub fn at(self, t: Time) -> Self {
        Self { now: Now { t, ..self.now }, ..self }
    }
}
