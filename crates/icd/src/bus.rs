//! The bus between the machine and its computer: what the wire carries and no more.
//!
//! Owns: [`Sensors`] (machine to computer) and [`Actuators`] (computer to machine).
//! Refuses: truth. A field that no real wire carries does not belong here.

use crate::time::{Span, Time};

/// Assist engines, numbered 0..6 by azimuth from body x.
pub const ASSIST_ENGINES: usize = 6;
/// Reaction control jets, numbered as in the vehicle file.
pub const JETS: usize = 8;
/// Landing legs, each with one touchdown switch.
pub const LEGS: usize = 4;
/// Most landmarks that one camera frame reports.
pub const LANDMARKS: usize = 12;
/// Shots in one line of the hazard lidar.
pub const SHOTS: usize = 64;
/// Octets of one telecommand packet at the most.
pub const UPLINK_MAX: usize = 64;
/// Period of the flight computer's minor cycle: one [`Sensors`] in, one [`Actuators`] out.
pub const CYCLE: Span = Span::from_ms(20);
/// Period of the pulse frame: pulse commands are given once a frame, at its first cycle.
pub const PULSE_FRAME: Span = Span::from_ms(100);

/// Everything the flight computer reads in one cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sensors {
    /// On-board clock at the end of this cycle's inertial sample.
    pub t: Time,
    /// Inertial measurement unit; one sample a cycle.
    pub imu: Imu,
    /// Star tracker solution, when one arrived in this cycle.
    pub star_tracker: Option<StarTracker>,
    /// Laser rangefinder result, when one arrived in this cycle; a silent shot arrives too.
    pub rangefinder: Option<SlantRange>,
    /// Doppler velocimeter result, when one arrived in this cycle.
    pub velocimeter: Option<BeamSpeeds>,
    /// Radar altimeter result, when one arrived in this cycle; a silent pulse arrives too.
    pub radar_altimeter: Option<SlantRange>,
    /// Landmarks of one camera frame, when a frame's result arrived in this cycle.
    pub camera: Option<Landmarks>,
    /// Propellant gauge reading, when one arrived in this cycle.
    pub gauge: Option<Gauge>,
    /// Line of shots of the hazard lidar, when one arrived in this cycle.
    pub hazard_lidar: Option<LidarLine>,
    /// Touchdown switches, closed on ground contact.
    pub touchdown: [bool; LEGS],
    /// Telecommand packet, when the receiver let one through in this cycle: authentic, in sequence.
    pub uplink: Option<Uplink>,
}

/// One telecommand packet as the receiver hands it on, not yet read: see [`crate::tc`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uplink {
    len: u8,
    octets: [u8; UPLINK_MAX],
}

impl Uplink {
    /// A packet of 1 to [`UPLINK_MAX`] octets; `None` for any other number.
    pub fn new(packet: &[u8]) -> Option<Self> {
        let mut octets = [0; UPLINK_MAX];
        octets.get_mut(..packet.len())?.copy_from_slice(packet);
        let len = u8::try_from(packet.len()).ok().filter(|len| *len > 0)?;
        Some(Self { len, octets })
    }
    /// Its octets.
    pub fn packet(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

/// Integrated inertial increments over the cycle that ends at [`Sensors::t`], body axes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imu {
    /// Integrated specific force, m/s.
    pub dv_B_m_s: [f64; 3],
    /// Integrated angular rate, rad.
    pub dtheta_B_rad: [f64; 3],
    /// A channel hit its limit during the cycle.
    pub saturated: bool,
    /// The unit's own self-test.
    pub healthy: bool,
}

/// One attitude solution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarTracker {
    /// Time of the exposure.
    pub t: Time,
    /// Attitude `q_IB`, scalar first, Hamilton.
    pub q_IB: [f64; 4],
}

/// What became of one rangefinder shot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShotQuality {
    /// An echo crossed the threshold.
    Valid,
    /// The laser fired and nothing came back.
    NoReturn,
    /// The unit reports itself unfit.
    Fault,
}

/// One rangefinder shot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlantRange {
    /// Time of the shot, by the on-board clock.
    pub t: Time,
    /// Range along the beam, m; meaningful only when `quality` is `Valid`.
    pub range_m: f32,
    /// Outcome of the shot.
    pub quality: ShotQuality,
}

/// Line-of-sight speeds of three Doppler beams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeamSpeeds {
    /// Time of the measurement, by the on-board clock.
    pub t: Time,
    /// Speed of the lander along each beam's direction, m/s; positive towards the ground.
    pub speed_m_s: [f32; 3],
    /// Which beams hold lock.
    pub locked: [bool; 3],
}

/// One landmark as the image processing matched it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Landmark {
    /// Number of the landmark in the on-board catalogue.
    pub id: u16,
    /// Where its centre lies in the image, from the principal point, pixel: right and down.
    pub pixel: [f32; 2],
}

/// What one camera frame showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmarks {
    /// Time of the exposure, by the on-board clock.
    pub t: Time,
    /// How many entries of `seen` count; the rest is zero.
    pub count: u8,
    /// Landmarks matched to the catalogue, right or wrong.
    pub seen: [Landmark; LANDMARKS],
}

/// One reading of the propellant gauge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Time of the reading, by the on-board clock.
    pub t: Time,
    /// Propellant indicated, kg.
    pub propellant_kg: f32,
    /// The point sensor near the tank's floor has been dry.
    pub low: bool,
}

/// A line that the hazard lidar is to sweep: shots at even steps between two directions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sweep {
    /// Number that comes back with the result.
    pub line: u8,
    /// Directions of the first and the last shot, body axes; unit vectors, the shots between them lie evenly
    /// on the chord.
    pub ends_B: [[f32; 3]; 2],
}

/// One line of shots of the hazard lidar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LidarLine {
    /// Time of the line, by the on-board clock.
    pub t: Time,
    /// The sweep as the mirror's encoders read it.
    pub sweep: Sweep,
    /// Ranges in the order of the shots, cm; zero where no echo came back.
    pub range_cm: [u16; SHOTS],
}

/// Everything the flight computer commands in one cycle.
///
/// Pulse widths hold for the pulse frame that begins at `t`; a cycle inside a frame repeats them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Actuators {
    /// Time at which the command takes effect.
    pub t: Time,
    /// `true` on the first cycle of a pulse frame: the widths below are new and start now.
    pub new_frame: bool,
    /// Main engine valve, open or shut.
    pub main_open: bool,
    /// Width of each assist engine's pulse in this frame, µs, 0 to the whole frame.
    pub assist_on_us: [u32; ASSIST_ENGINES],
    /// Width of each jet's pulse in this frame, µs, 0 to the whole frame.
    pub jet_on_us: [u32; JETS],
    /// Line that the hazard lidar is to sweep at the end of this cycle.
    pub sweep: Option<Sweep>,
    /// Take the rangefinder's power away and give it back.
    pub restart_rangefinder: bool,
    /// Restart the flight computer after this cycle.
    pub reboot: Option<Reboot>,
}

/// How the flight computer is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reboot {
    /// With the state that was saved.
    Warm = 0,
    /// With nothing but the load.
    Cold = 1,
}

impl Actuators {
    /// All valves shut.
    pub const fn safe(t: Time) -> Self {
        Self {
            t,
            new_frame: true,
            main_open: false,
            assist_on_us: [0; ASSIST_ENGINES],
            jet_on_us: [0; JETS],
            sweep: None,
            restart_rangefinder: false,
            reboot: None,
        }
    }
}
