//! The load: what the ground puts on board before the flight. Read only from then on.
//!
//! Owns: the vehicle as believed, the target, lunar orientation and gravity as uploaded, the terrain
//! map, the deorbit plan and the fault-management configuration.
//! Does not own: how the values were made (ground planning does), nor the values themselves.

mod avoidance;
pub mod image;

pub use avoidance::{Avoidance, DivertLaw};

use icd::bus::{ASSIST_ENGINES, JETS};
use icd::frames::{B, Direction, I, M, Position, Rate, Vector, Velocity};
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
use icd::tm::Use;

mod gravity;

pub use gravity::{Gravity, Omitted};

/// Degree and order of the on-board gravity field at the most.
pub const GRAVITY_DEGREE_MAX: usize = 50;
/// Map nodes along the approach track.
pub const MAP_ALONG: usize = 256;
/// Map nodes across the approach track.
pub const MAP_ACROSS: usize = 32;

/// Everything loaded before the flight. About 140 kB: keep it in one place and lend it.
#[derive(Clone, Debug)]
pub struct Load {
    /// The machine as believed.
    pub vehicle: Vehicle,
    /// Where to land and how to come in.
    pub target: Target,
    /// Lunar rotation over the flight.
    pub orientation: Orientation,
    /// Lunar gravity.
    pub gravity: Gravity,
    /// Elevation along the approach.
    pub map: Map,
    /// Landmarks along the approach.
    pub landmarks: Landmarks,
    /// The deorbit burn.
    pub deorbit: DeorbitPlan,
    /// Law of braking and approach.
    pub law: Law,
    /// Reaction to disagreeing sensors.
    pub faults: FaultManagement,
    /// What the ground has ordered about each aid.
    pub aids: AidFlags,
}

/// Law of braking and approach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Ours: linear-tangent braking, then down a profile of speed.
    Own,
    /// P63, P64 and P66 with the targets of Apollo 11.
    Apollo11,
}

/// One kind of engine as believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engine {
    /// Thrust of one engine, N.
    pub thrust_N: f64,
    /// Specific impulse, s.
    pub isp_s: f64,
    /// Shortest pulse, s.
    pub on_s_min: f64,
    /// Propellant that one opening wastes, in seconds of steady flow.
    pub waste_s: f64,
}

impl Engine {
    /// Mass flow of one engine at full thrust, kg/s.
    pub fn flow_kg_s(&self) -> f64 {
        self.thrust_N / (self.isp_s * icd::constants::STANDARD_GRAVITY_M_S2)
    }
}

/// The machine as believed on board.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vehicle {
    /// Mass without usable propellant, kg.
    pub dry_kg: f64,
    /// Usable propellant at the start of the load, kg.
    pub propellant_kg: f64,
    /// Its standard deviation, kg.
    pub propellant_sigma_kg: f64,
    /// Propellant that must be left at touchdown by the plan, kg; below it an alarm is raised.
    pub reserve_kg: f64,
    /// Centre of mass above the base plane: [empty, full], m.
    pub cm_z_m: [f64; 2],
    /// Propellant mass that "full" refers to, kg.
    pub full_kg: f64,
    /// Principal moments of inertia about x, y, z: [empty, full], kg m².
    pub inertia_kg_m2: [[f64; 3]; 2],
    /// Main engine, on the base plane's centre, along +z; without thrust where there is none.
    pub main: Engine,
    /// One assist engine.
    pub assist: Engine,
    /// How many assist engines there are, one to all.
    pub assist_count: usize,
    /// Positions of the assist engines; all push along +z.
    pub p_assist_B: [[f64; 3]; ASSIST_ENGINES],
    /// One jet.
    pub jet: Engine,
    /// Positions of the jets.
    pub p_jet_B: [[f64; 3]; JETS],
    /// Directions in which the jets push.
    pub d_jet_B: [[f64; 3]; JETS],
    /// Height of the legs' feet in B, m; negative.
    pub foot_z_m: f64,
    /// Fastest turn that control may command, rad/s.
    pub slew_rad_s_max: f64,
    /// Laser rangefinder.
    pub rangefinder: Rangefinder,
    /// Doppler velocimeter.
    pub velocimeter: Velocimeter,
    /// Radar altimeter.
    pub radar_altimeter: RadarAltimeter,
    /// Terrain-relative camera.
    pub camera: Camera,
    /// Hazard lidar and feet.
    pub avoidance: Avoidance,
    /// Star tracker and inertial unit, 1 sigma.
    pub inertial: Inertial,
}

/// The rangefinder as believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rangefinder {
    /// Position of the receiver.
    pub p_BA_B: [f64; 3],
    /// Direction of the beam.
    pub d_B: [f64; 3],
    /// Specified reach, m.
    pub range_m_max: f64,
    /// Noise of one shot, 1 sigma, m.
    pub sigma_m: f64,
}

/// The velocimeter as believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Velocimeter {
    /// `false` when the flight goes without one.
    pub fitted: bool,
    /// Position of the aperture.
    pub p_BA_B: [f64; 3],
    /// Directions of the three beams.
    pub d_B: [[f64; 3]; 3],
    /// Noise of one beam, 1 sigma, m/s.
    pub sigma_m_s: f64,
    /// Bias of each beam, 1 sigma, m/s.
    pub bias_m_s: f64,
    /// Scale factor common to all beams, 1 sigma, dimensionless.
    pub scale: f64,
}

/// The radar altimeter as believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarAltimeter {
    /// `false` when the flight goes without one.
    pub fitted: bool,
    /// Position of the antenna.
    pub p_BA_B: [f64; 3],
    /// Direction of the beam's axis.
    pub d_B: [f64; 3],
    /// Half angle of the beam, rad.
    pub half_angle_rad: f64,
    /// Specified reach, m.
    pub range_m_max: f64,
    /// Noise, 1 sigma: share of the range, and floor, m.
    pub sigma: [f64; 2],
}

/// The terrain-relative camera as believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// `false` when the flight goes without one.
    pub fitted: bool,
    /// Position of the pinhole.
    pub p_BA_B: [f64; 3],
    /// Boresight.
    pub d_B: [f64; 3],
    /// Direction in which the image's x axis points.
    pub right_B: [f64; 3],
    /// Focal length, pixel.
    pub focal_px: f64,
    /// Noise of a landmark's place in the image, 1 sigma each way, pixel.
    pub sigma_px: f64,
}

/// Inertial unit and star tracker as believed, 1 sigma.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inertial {
    /// Position of the inertial unit.
    pub p_BA_B: [f64; 3],
    /// Angle random walk, rad/√s.
    pub arw_rad_sqrt_s: f64,
    /// Velocity random walk, m/s/√s.
    pub vrw_m_s_sqrt_s: f64,
    /// Gyro bias at start, rad/s.
    pub gyro_bias_rad_s: f64,
    /// The part of it that wanders in the run: deviation, rad/s, and correlation time, s.
    pub gyro_drift: (f64, f64),
    /// Accelerometer bias at start, m/s².
    pub accelerometer_bias_m_s2: f64,
    /// The part of it that wanders in the run: deviation, m/s², and correlation time, s.
    pub accelerometer_drift: (f64, f64),
    /// Accelerometer scale factor, dimensionless.
    pub accelerometer_scale: f64,
    /// Misalignment of the accelerometers, rad.
    pub accelerometer_misalignment_rad: f64,
    /// Gyro scale factor, dimensionless.
    pub gyro_scale: f64,
    /// Lever arm from the inertial unit to the other sensors, per axis, m.
    pub lever_m: f64,
    /// Boresight of the star tracker.
    pub star_tracker_d_B: [f64; 3],
    /// Star tracker noise: about an axis across the boresight, and about the boresight, rad.
    pub star_tracker_rad: [f64; 2],
    /// Constant misalignment of the star tracker to the inertial unit, per axis, rad.
    pub alignment_rad: f64,
}

/// Where to land.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The target, on the ground as mapped.
    pub p_MT_M: Vector<Position, M>,
    /// Azimuth of the approach ground track at the target, from north towards east, rad.
    pub azimuth_rad: f64,
    /// Vertical speed at the high gate, m/s, up positive.
    pub gate_v_up_m_s: f64,
    /// Horizontal speed at the high gate, m/s.
    pub gate_v_horizontal_m_s: f64,
    /// Altitude of the high gate by the plan, m.
    pub gate_altitude_m: f64,
    /// Distance of the high gate before the target, m.
    pub gate_downrange_m: f64,
    /// Collective of the assist engines that the braking plan counts on, 0 to 1.
    pub braking_collective: f64,
    /// Altitude below which the main engine may be shut down, m.
    pub main_off_m: f64,
    /// Planned altitude and descent speed after the gate: (m, m/s), ascending, speeds positive down.
    pub profile: [(f64, f64); 5],
}

/// Lunar rotation: a fixed axis over the flight.
#[derive(Clone, Copy, Debug)]
pub struct Orientation {
    /// Reference time.
    pub t0: Time,
    /// Attitude of the Moon at `t0`.
    pub R_IM0: Rotation<I, M>,
    /// Rate of the Moon.
    pub w_IM_I: Vector<Rate, I>,
}

impl Orientation {
    /// `R_IM` at `t`.
    pub fn R_IM(&self, t: Time) -> Rotation<I, M> {
        let turn: Quaternion<I, I> = Quaternion::exp(self.w_IM_I.si() * (t - self.t0).s());
        turn.rotation() * self.R_IM0
    }
}

/// Elevation along the approach: a grid in (along, across) of the track through the target.
#[derive(Clone, Debug)]
pub struct Map {
    /// Elevation above the reference sphere, m, `[along][across]`.
    pub elevation_m: [[f32; MAP_ACROSS]; MAP_ALONG],
    /// Distance of the first node before the target, m (negative).
    pub along_m_first: f64,
    /// Spacing of nodes, both ways, m; the middle of the across nodes lies on the track.
    pub spacing_m: f64,
    /// Relief that the map does not show, root mean square around each row of nodes, m.
    pub relief_m: [f32; MAP_ALONG],
    /// Error of what it shows, 1 sigma, m.
    pub sigma_m: f64,
    /// Distance over which that error keeps its value, m.
    pub correlation_m: f64,
}

/// Most landmarks on board.
pub const LANDMARKS_MAX: usize = 2048;

/// The landmarks that the camera may report, by number, where the map has them.
#[derive(Clone, Debug)]
pub struct Landmarks {
    /// Centres, from the Moon's centre, `M`, m; the first `count` of them.
    pub p_MK_M: [[f64; 3]; LANDMARKS_MAX],
    /// How many there are.
    pub count: usize,
    /// Error common to map and landmarks, per axis, 1 sigma, m.
    pub tie_m: f64,
    /// Error of one landmark beside it, per axis, 1 sigma, m.
    pub sigma_m: f64,
}

impl Landmarks {
    /// No landmarks at all.
    pub const NONE: Self =
        Self { p_MK_M: [[0.0; 3]; LANDMARKS_MAX], count: 0, tie_m: 0.0, sigma_m: 0.0 };
}

/// The deorbit burn, by the main engine alone, against the velocity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeorbitPlan {
    /// Ignition; a start after it means that the burn is over.
    pub t_ignition: Time,
    /// Velocity change, m/s.
    pub dv_m_s: f64,
    /// From here on the braking ignition is solved for.
    pub t_arm: Time,
}

/// The gate that a range must pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gate {
    /// A constant half width in altitude, m: the range is taken times the beam's own cosine.
    Fixed {
        /// Half width, m.
        half_width_m: f64,
        /// Shut the rangefinder out for good after this many rejections in a row.
        lock_out_after: u32,
    },
    /// A multiple of the innovation's own standard deviation.
    Sigma {
        /// Multiple.
        k: f64,
    },
}

/// Gate of the resilient configuration, standard deviations of the innovation.
pub const GATE_SIGMAS: f64 = 5.0;
/// Rejections in a row after which the as-flown configuration shuts the rangefinder out; assumed.
pub const LOCK_OUT_AFTER: u32 = 10;

/// Logic that lost other landers, switched on to show that it does: see `scenarios`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Legacy {
    /// None of it.
    #[default]
    None,
    /// Mars Polar Lander: touchdown latched from leg deployment on, acted on below 40 m.
    MarsPolarLander,
    /// Schiaparelli: a saturated inertial unit integrated as it is, engines cut off on navigation's
    /// altitude alone.
    Schiaparelli,
    /// Luna 25: the burn ends by its velocity change or late by a timer; nobody looks at accelerometers
    /// that say nothing.
    Luna25,
    /// Beresheet: a restart in flight leaves the engines off.
    Beresheet,
    /// DART: navigation is set anew on every disagreement, however often.
    Dart,
    /// Vikram: thrust as modelled, attitude held before the gate, the target chased to the ground.
    Vikram,
}

impl Legacy {
    /// Every one, none first.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::MarsPolarLander,
        Self::Schiaparelli,
        Self::Luna25,
        Self::Beresheet,
        Self::Dart,
        Self::Vikram,
    ];

    /// Name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::MarsPolarLander => "mars-polar-lander",
            Self::Schiaparelli => "schiaparelli",
            Self::Luna25 => "luna-25",
            Self::Beresheet => "beresheet",
            Self::Dart => "dart",
            Self::Vikram => "vikram",
        }
    }
}

impl Gate {
    /// Largest innovation that passes, m.
    /// - `per_height`: range that one metre of height makes; `sigma`: of the innovation, m.
    pub fn width(&self, per_height: f64, sigma: f64) -> f64 {
        match *self {
            Self::Fixed { half_width_m, .. } => half_width_m * per_height,
            Self::Sigma { k } => k * sigma,
        }
    }
}

/// Fault management: one code base, two configurations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultManagement {
    /// Gate of the rangefinder.
    pub gate: Gate,
    /// Predict ranges over the map, not over a plain at the target's level.
    pub use_map: bool,
    /// Re-initialise altitude on mutually consistent rejected ranges.
    pub reacquire: bool,
    /// Bound the descent speed by what the altitude uncertainty allows.
    pub corridor: bool,
    /// Weigh hypotheses about a rangefinder that disagrees.
    pub bank: bool,
    /// Use another mission's logic where it failed.
    pub legacy: Legacy,
}

impl FaultManagement {
    /// As flown: a fixed gate with permanent lock-out, no map, guidance that trusts navigation altitude.
    ///
    /// Source: the logic is [HakutoM1Report] as read in [HakutoM2Report]; the gate's half width and the
    /// count are assumed. Until a first range is taken the gate is twice as wide: it takes the 1.1 km step
    /// of Mission 2. Later ranges that follow a flank lag by some 500 m, behind the rim of Atlas by 1.4 km.
    pub const AS_FLOWN: Self = Self {
        gate: Gate::Fixed { half_width_m: 1000.0, lock_out_after: LOCK_OUT_AFTER },
        use_map: false,
        reacquire: false,
        corridor: false,
        bank: false,
        legacy: Legacy::None,
    };
    /// Resilient: map-aided prediction, honest gate, guarded re-acquisition, speed corridor.
    pub const RESILIENT: Self = Self {
        gate: Gate::Sigma { k: GATE_SIGMAS },
        use_map: true,
        reacquire: true,
        corridor: true,
        bank: true,
        legacy: Legacy::None,
    };
}

/// The ground's orders about the aids: edit (the rule), inhibit or force each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AidFlags {
    /// Rangefinder.
    pub rangefinder: Use,
    /// Velocimeter.
    pub velocimeter: Use,
    /// Star tracker.
    pub star_tracker: Use,
    /// Radar altimeter.
    pub radar_altimeter: Use,
    /// Terrain-relative camera.
    pub camera: Use,
}

impl AidFlags {
    /// Every aid is edited.
    pub const EDIT: Self = Self {
        rangefinder: Use::Edit,
        velocimeter: Use::Edit,
        star_tracker: Use::Edit,
        radar_altimeter: Use::Edit,
        camera: Use::Edit,
    };
}

/// Navigation at the start of the load: the last orbit determination.
///
/// Tracking knows an orbit's period, hence its energy, far better than radius or speed: the speed error
/// along track is −n times the radial error (n the mean motion) plus an independent part.
#[derive(Clone, Copy, Debug)]
pub struct NavStart {
    /// Time of the state.
    pub t: Time,
    /// Position of the body origin.
    pub p_MB_I: Vector<Position, I>,
    /// Its velocity.
    pub v_MB_I: Vector<Velocity, I>,
    /// Standard deviation of position: radial, along track, across track, m.
    pub sigma_p_m: [f64; 3],
    /// Standard deviation of velocity: radial, along track beyond the tie above, across track, m/s.
    pub sigma_v_m_s: [f64; 3],
}

/// Unit vector of the raw components; +z when they have no direction.
pub(crate) fn direction(raw: [f64; 3]) -> Vector<Direction, B> {
    let v: Vector<Position, B> = Vector::new(raw[0], raw[1], raw[2]);
    v.direction().unwrap_or(Vector::new(0.0, 0.0, 1.0))
}

/// Seconds from `since` to `t`.
pub(crate) fn after(t: Time, since: Time) -> f64 {
    let span: Span = t - since;
    span.s()
}
