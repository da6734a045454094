//! What the flight software and the receiver of commands show of themselves, sampled together.

use crate::bus::{ASSIST_ENGINES, JETS};
use crate::time::Time;

/// Mission phases, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    /// On the parking orbit, waiting for deorbit.
    #[default]
    OrbitCoast = 0,
    /// Retrograde burn that lowers the perilune.
    Deorbit = 1,
    /// Unpowered fall to perilune.
    DescentCoast = 2,
    /// Turned to the burn attitude, waiting for the ignition solution.
    Ignition = 3,
    /// Full-thrust braking to the high gate.
    Braking = 4,
    /// Turning upright while braking.
    PitchUp = 5,
    /// Vertical descent.
    Terminal = 6,
    /// Legs sense the ground.
    Contact = 7,
    /// Valves shut, waiting for rest.
    CutOff = 8,
    /// At rest on the ground.
    Landed = 9,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 10] = [
        Phase::OrbitCoast,
        Phase::Deorbit,
        Phase::DescentCoast,
        Phase::Ignition,
        Phase::Braking,
        Phase::PitchUp,
        Phase::Terminal,
        Phase::Contact,
        Phase::CutOff,
        Phase::Landed,
    ];
    /// Name for screens and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::OrbitCoast => "orbit coast",
            Phase::Deorbit => "deorbit",
            Phase::DescentCoast => "descent coast",
            Phase::Ignition => "ignition",
            Phase::Braking => "braking",
            Phase::PitchUp => "pitch-up",
            Phase::Terminal => "terminal descent",
            Phase::Contact => "contact",
            Phase::CutOff => "cut-off",
            Phase::Landed => "landed",
        }
    }
}

/// What navigation did with the latest measurement of an aid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Nothing arrived yet.
    #[default]
    Silent = 0,
    /// Inside the gate and used.
    Fused = 1,
    /// Outside the gate.
    Rejected = 2,
    /// Not comparable: no prediction, stale, flagged by the unit.
    Unusable = 3,
    /// The aid is shut out.
    LockedOut = 4,
    /// Compared, and not used by the ground's order.
    Inhibited = 5,
    /// Weighed by the hypothesis bank, not used.
    Distrusted = 6,
}

/// What the ground has ordered about an aid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// Used where it passes the gate.
    #[default]
    Edit = 0,
    /// Compared and shown, never used.
    Inhibit = 1,
    /// Used whatever the gate says.
    Force = 2,
}

/// The latest innovation of one aid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Innovation {
    /// Measured value (m for a range, m/s for a beam, rad for an attitude, pixel for a landmark).
    pub measured: f64,
    /// Measured minus predicted, same unit.
    pub nu: f64,
    /// Standard deviation of `nu` by the filter, same unit.
    pub sigma: f64,
    /// Largest |nu| that the gate accepted, same unit.
    pub gate: f64,
    /// What became of it.
    pub outcome: Outcome,
    /// Measurements fused since start.
    pub fused: u32,
    /// Measurements rejected since start.
    pub rejected: u32,
    /// Measurements rejected since the last fused one.
    pub in_a_row: u32,
    /// What the ground has ordered.
    pub usage: Use,
    /// Time since the last fused measurement, s; large when there was none.
    pub age_s: f64,
}

/// What the hypothesis bank believes about one ranging sensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Belief {
    /// Probability that sensor and navigation are both right.
    pub nominal: f64,
    /// Probability that the sensor's ranges mean nothing.
    pub invalid: f64,
    /// Probability that navigation's altitude is wrong.
    pub datum: f64,
    /// Probability that the sensor's scale is wrong, or the echo another's.
    pub scale: f64,
    /// How much higher than navigation believes the lander is if navigation is wrong, m.
    pub step_m: f64,
    /// Drift of the ranges against the inertial motion, m/s.
    pub rate_m_s: f64,
    /// Largest drift that the rate test passes, m/s.
    pub rate_m_s_max: f64,
    /// Noise of the ranges as they come, 1 sigma, m.
    pub noise_m: f64,
    /// Probability that a silent sensor is healthy and only out of reach.
    pub health: f64,
}

/// Navigation as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Nav {
    /// Position of the body origin from the target, frame L, m.
    pub p_LB_L: [f64; 3],
    /// Velocity over ground, frame L, m/s.
    pub v_LB_L: [f64; 3],
    /// Attitude `q_IB`, scalar first.
    pub q_IB: [f64; 4],
    /// Body rate, rad/s.
    pub w_IB_B: [f64; 3],
    /// Altitude of the landing legs over the ground that guidance believes in, m.
    pub altitude_m: f64,
    /// Vertical speed over ground, up positive, m/s.
    pub v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// Angle between the body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Standard deviation of altitude, m.
    pub sigma_altitude_m: f64,
    /// Standard deviation of vertical speed, m/s.
    pub sigma_v_up_m_s: f64,
    /// Root sum square of the horizontal position standard deviations, m.
    pub sigma_horizontal_m: f64,
    /// Root sum square of the horizontal velocity standard deviations, m/s.
    pub sigma_v_horizontal_m_s: f64,
    /// Root sum square of the attitude standard deviations, rad.
    pub sigma_attitude_rad: f64,
    /// Estimated mass, kg.
    pub mass_kg: f64,
    /// Estimated propellant, kg.
    pub propellant_kg: f64,
}

/// Guidance as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guidance {
    /// Commanded thrust acceleration, frame L, m/s².
    pub a_L: [f64; 3],
    /// Commanded collective of the assist engines, 0 to 1.
    pub throttle: f64,
    /// Reference vertical speed, up positive, m/s.
    pub v_up_m_s: f64,
    /// Largest descent speed that can still be stopped above the worst believed ground, m/s.
    pub corridor_m_s: f64,
    /// Altitude that braking decisions use, m.
    pub altitude_m: f64,
    /// Standard deviations of altitude that the corridor keeps off the ground.
    pub k_sigma: f64,
    /// Probability, as weighed, that the first range comes too late to stop.
    pub risk_outrun: f64,
    /// Probability, as weighed, that the tanks are empty before the ground.
    pub risk_dry: f64,
    /// Time to go in the present phase, s.
    pub tgo_s: f64,
    /// Distance to the target along the ground track, m; positive ahead.
    pub downrange_m: f64,
    /// Distance of the target to the right of the ground track, m.
    pub crossrange_m: f64,
}

/// Control as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Control {
    /// Attitude error, body axes, rad.
    pub error_B_rad: [f64; 3],
    /// Duty of each assist engine in the present pulse frame, 0 to 1.
    pub assist: [f64; ASSIST_ENGINES],
    /// Duty of each jet in the present pulse frame, 0 to 1.
    pub jets: [f64; JETS],
    /// Main engine valve, 0 or 1.
    pub main: u8,
}

/// Everything the flight software shows of itself, sampled together once a pulse frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// On-board time of the sample.
    pub t: Time,
    /// Mission phase.
    pub phase: Phase,
    /// Navigation.
    pub nav: Nav,
    /// Rangefinder innovation, m.
    pub rangefinder: Innovation,
    /// Velocimeter innovation of the worst beam, m/s.
    pub velocimeter: Innovation,
    /// Star tracker innovation of the worst axis, rad.
    pub star_tracker: Innovation,
    /// Radar altimeter innovation, m.
    pub radar_altimeter: Innovation,
    /// Camera innovation of the landmark that fits worst, pixel; counts are of landmarks.
    pub camera: Innovation,
    /// Belief about the rangefinder.
    pub rangefinder_belief: Belief,
    /// Belief about the radar altimeter.
    pub radar_belief: Belief,
    /// Guidance.
    pub guidance: Guidance,
    /// Control.
    pub control: Control,
    /// Alarms that stand, one bit each: bit n is the n-th of [`ALARMS`].
    pub alarms: u16,
    /// Touchdown switches as read, one bit each: bit n is leg n.
    pub touchdown: u8,
    /// What the ground ordered.
    pub orders: Orders,
}

/// The ground's orders as they stand on board.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Orders {
    /// Commands accepted since the start.
    pub accepted: u16,
    /// Commands refused since the start.
    pub refused: u16,
    /// Code of the last refusal, [`crate::tc::Refusal::code`]; zero before the first.
    pub refusal: u8,
    /// Packet sequence count of the last command accepted.
    pub last: u16,
    /// Code of the hazardous command that is armed; zero when none is.
    pub armed: u8,
    /// The ground said no go: the lander stays where it is.
    pub held: bool,
    /// The landing is called off.
    pub waved_off: bool,
    /// Commands waiting in the schedule.
    pub scheduled: u8,
    /// Scheduled commands are carried out.
    pub schedule_runs: bool,
    /// How far the ground moved the landing point, east and north, m.
    pub divert_m: [f64; 2],
}

/// The receiver of commands, as downlinked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    /// On-board time of the sample.
    pub t: Time,
    /// Locked to a carrier.
    pub locked: bool,
    /// Command link transmission units received since the start.
    pub units: u16,
    /// Codeblocks in which one bit was corrected.
    pub corrected: u16,
    /// Frames that passed every check.
    pub frames_good: u16,
    /// Frames that were refused.
    pub frames_bad: u16,
    /// Code of the last refusal, [`crate::tc::Refusal::code`]; zero before the first.
    pub refusal: u8,
    /// Security sequence number of the last good frame.
    pub sequence: u32,
    /// Number of the next frame expected, V(R).
    pub expected: u8,
    /// Frame acceptance is locked out.
    pub lockout: bool,
}

/// Standing alarms, by bit of [`Snapshot::alarms`].
pub const ALARMS: &[&str] = &[
    "rangefinder late",
    "rangefinder locked out",
    "rangefinder stuck",
    "speed exceeds corridor",
    "thrust deviates",
    "imu",
    "altitude contradiction",
    "propellant low",
    "rangefinder distrusted",
    "rangefinder noisy",
    "radar altimeter distrusted",
    "velocimeter lost",
    "accelerometers silent",
    "engine out",
    "jet stuck",
    "altitude reset",
];
