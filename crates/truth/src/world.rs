//! One run: the vehicle, its devices and the Moon around it, stepped a cycle at a time.
//!
//! Owns: [`World`]. Does not own: what drives it (`rig`), the models it puts together.
//! Order of one cycle: `sense` reads the devices at t, `step` takes the commands and integrates from
//! t to t + [`CYCLE`]. The first sample of the inertial unit covers no time and is zero.
//! As programmed: engines are averaged exactly over each step and their impulse placed where in it they
//! came; the lander on the ground is integrated in steps of at most 0.5 ms. The on-board clock shows the
//! true time.
//! Refuses: clock drift, tanks that leak, shocks that shake the touchdown switches; sunlight is among the
//! slow forces, which the accelerometers do not feel (3e-9 g).

pub mod constants;
mod devices;
pub mod drop_test;
mod landing;
mod moon;
mod motion;
mod sight;
pub mod standing;

use crate::actuators::{Propulsion, Thrust};
use crate::contact::{Feet, Ground, Landing, REGOLITH, Stability, Touchdown};
use crate::dynamics::slosh::{Coupling, Slosh, SloshMass};
use crate::dynamics::{Held, Liquid, Motion, State, Streams, Wrench, mass_properties};
use crate::environment::landmarks::Catalogue;
use crate::environment::terrain::Nearby;
use crate::environment::{Environment, Site};
use crate::faulty::{Fault, FaultError, Now};
use crate::integrate::{Increments, rigid_body_step};
use crate::random::{Key, Normals};
use crate::sensors::dust::Dust;
use crate::vehicle::{Dispersions, Vehicle, VehicleError};
use devices::{Devices, Felt};
use icd::bus::{Actuators, CYCLE, PULSE_FRAME, Sensors, Sweep};
use icd::frames::{B, I, L, M, Position, Rate, Vector, Velocity};
use icd::rotation::Quaternion;
use icd::time::{Span, Time};
use icd::tm::Phase;
use landing::Bounce;
use moon::{Moon, Perturbation};
use nalgebra::{Matrix3, Vector3};
use sight::Sight;
use std::sync::Arc;

/// Where and how a run begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Time.
    pub t: Time,
    /// Position of the body origin.
    pub p_MB_I: Vector<Position, I>,
    /// Velocity of the body origin.
    pub v_MB_I: Vector<Velocity, I>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Body rate.
    pub w_IB_B: Vector<Rate, B>,
    /// Propellant on board before its dispersion, kg.
    pub propellant_kg: f64,
}

/// Everything one run needs beside the environment and its seed.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// The vehicle as described.
    pub vehicle: Vehicle,
    /// How far it may differ from its description.
    pub dispersions: Dispersions,
    /// What breaks, and when.
    pub faults: Vec<Fault>,
    /// The landing site.
    pub site: Site,
    /// What the camera may find on the ground; empty for nothing.
    pub landmarks: Catalogue,
    /// Initial state.
    pub start: Start,
    /// Step of integration; divides [`CYCLE`]. 20 ms is usual.
    pub step: Span,
    /// Time between evaluations of the gravity perturbation in low orbit; up to four times as long in slower
    /// flight. 0.5 s is usual.
    pub gravity_refresh: Span,
}

/// Why a world could not be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WorldError {
    /// The vehicle or its dispersions are described wrongly.
    #[error(transparent)]
    Vehicle(#[from] VehicleError),
    /// A fault is named wrongly.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The step of integration does not fit the cycle.
    #[error("step = {step_s} s does not divide the cycle of {cycle_s} s")]
    StepDoesNotDivideCycle {
        /// The step given, s.
        step_s: f64,
        /// The cycle, s.
        cycle_s: f64,
    },
    /// The gravity refresh is not positive.
    #[error("gravity_refresh = {refresh_s} s; it must be positive")]
    RefreshNotPositive {
        /// The refresh given, s.
        refresh_s: f64,
    },
    /// The initial state is not a number or lies inside the Moon.
    #[error("the start's {key} is not a finite state above 1000 km from the Moon's centre")]
    StartNotFinite {
        /// Which part of the state.
        key: &'static str,
    },
    /// More propellant than the tanks hold, or less than none.
    #[error("start.propellant_kg = {propellant_kg} kg lies outside [0, {capacity_kg}]")]
    PropellantBeyondTanks {
        /// The propellant given, kg.
        propellant_kg: f64,
        /// What the tanks hold, kg.
        capacity_kg: f64,
    },
    /// The start lies outside the ephemeris or the orientation.
    #[error("the ephemeris does not cover the start, {t}")]
    OutsideEphemeris {
        /// The start.
        t: Time,
    },
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Struck the ground harder than the structure bears.
    Impact,
    /// On the ground and still. The world may be stepped on.
    AtRest,
    /// Fell over after contact, and lies still or has rolled on for a quarter of a minute.
    TippedOver,
    /// The ephemeris or the orientation ran out.
    OutsideEphemeris,
    /// The state is no longer a number: a defect of the model.
    NotFinite,
}

/// The facts of one instant, for records and verdicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthView {
    /// Time.
    pub t: Time,
    /// Position of the body origin from the target.
    pub p_LB_L: Vector<Position, L>,
    /// Velocity over ground.
    pub v_LB_L: Vector<Velocity, L>,
    /// Attitude.
    pub q_IB: Quaternion<I, B>,
    /// Body rate.
    pub w_IB_B: Vector<Rate, B>,
    /// Height of the lowest foot over the ground under the body origin, m.
    pub altitude_m: f64,
    /// Vertical speed over ground, up positive, m/s.
    pub v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// Angle between the body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Mass, kg.
    pub mass_kg: f64,
    /// Propellant left, kg.
    pub propellant_kg: f64,
    /// Mean thrust of the main engine over the last cycle, N.
    pub main_thrust_N: f64,
    /// Mean thrust of the assist engines together over the last cycle, N.
    pub assist_thrust_N: f64,
    /// Mean thrust of the jets together over the last cycle, N.
    pub jets_thrust_N: f64,
    /// Exact range of the last rangefinder shot, m, when ground was within its longest range.
    pub range_m: Option<f64>,
}

/// Slower than this for [`REST`], the lander is at rest: m/s and rad/s. Assumed: one that rocks from two
/// feet onto a third does so at a few milliradians a second.
const REST_SPEED: f64 = 0.001;
const REST: Span = Span::from_ms(2000);
/// A lander leaning further than this after contact has fallen over: cosine of 60°. Assumed.
const TIPPED_COS: f64 = 0.5;
/// How long a lander that leans further is followed before it counts as fallen, still or not. Assumed.
const FALL: Span = Span::from_ms(15_000);
/// How long after thrust the star tracker stays blind: bridges the pauses between pulses. Assumed.
const BLIND: Span = Span::from_ns(2 * PULSE_FRAME.ns());

/// One run.
#[derive(Clone, Debug)]
pub struct World {
    environment: Arc<Environment>,
    vehicle: Vehicle,
    site: Site,
    step: Span,
    state: State,
    slosh: Slosh,
    /// What of the liquid moves; `None` when the vehicle's does not.
    slosh_mass: Option<SloshMass>,
    propulsion: Propulsion,
    devices: Devices,
    moon: Moon,
    perturbation: Perturbation,
    feet: Feet,
    ground: Option<Ground>,
    /// Height of the feet when the ground was last looked at, m, and when to look again.
    altitude_m: f64,
    look_next: Time,
    /// What the last look has found of the ground below.
    below: Nearby,
    phase: Phase,
    increments: Increments,
    thrust: Thrust,
    dust: Dust,
    /// What the hazard lidar was told to sweep.
    sweep: Option<Sweep>,
    last_burn: Time,
    moved_last: Time,
    upright_last: Time,
    bounce: Bounce,
    touchdown: Option<Touchdown>,
    ended: Option<End>,
}

/// Draws the vehicle that flies: dry mass, propellant, centre of mass, in this order.
fn drawn(config: &WorldConfig, key: Key<'_>) -> (Vehicle, f64) {
    let mut stream = key.constants("vehicle.mass");
    let mut vehicle = config.vehicle.clone();
    let spread = &config.dispersions;
    let dry_kg = vehicle.dry.mass_kg + spread.dry_mass_sigma_kg * stream.normal();
    vehicle.dry.mass_kg = dry_kg.max(0.5 * config.vehicle.dry.mass_kg);
    let propellant_kg = config.start.propellant_kg + spread.propellant_sigma_kg * stream.normal();
    for axis in 0..2 {
        vehicle.dry.p_BC_B[axis] += spread.cm_sigma_m * stream.normal();
    }
    let capacity_kg = vehicle.propellant.capacity_kg;
    (vehicle, propellant_kg.clamp(0.0, capacity_kg))
}

impl WorldConfig {
    /// Checks everything that can be wrong before a run.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn check(&self) -> Result<(), WorldError> {
        self.vehicle.check()?;
        self.dispersions.check()?;
        for fault in &self.faults {
            fault.check()?;
            let carried = match fault.on.as_str() {
                "velocimeter" => self.vehicle.velocimeter.is_some(),
                "radar_altimeter" => self.vehicle.radar_altimeter.is_some(),
                "camera" => self.vehicle.camera.is_some(),
                "gauge" => self.vehicle.gauge.is_some(),
                "hazard_lidar" => self.vehicle.hazard_lidar.is_some(),
                _ => true,
            };
            if !carried {
                return Err(FaultError::no_such_device(&fault.on).into());
            }
        }
        if self.step.ns() <= 0 || CYCLE.ns() % self.step.ns() != 0 {
            let (step_s, cycle_s) = (self.step.s(), CYCLE.s());
            return Err(WorldError::StepDoesNotDivideCycle { step_s, cycle_s });
        }
        if self.gravity_refresh.ns() <= 0 {
            return Err(WorldError::RefreshNotPositive { refresh_s: self.gravity_refresh.s() });
        }
        let radius_m = self.start.p_MB_I.norm();
        if !(radius_m.is_finite() && radius_m > 1e6) {
            return Err(WorldError::StartNotFinite { key: "p_MB_I" });
        }
        if !self.start.v_MB_I.norm().is_finite() {
            return Err(WorldError::StartNotFinite { key: "v_MB_I" });
        }
        if !self.start.w_IB_B.norm().is_finite() {
            return Err(WorldError::StartNotFinite { key: "w_IB_B" });
        }
        let (propellant_kg, capacity_kg) =
            (self.start.propellant_kg, self.vehicle.propellant.capacity_kg);
        if !(0.0..=capacity_kg).contains(&propellant_kg) {
            return Err(WorldError::PropellantBeyondTanks { propellant_kg, capacity_kg });
        }
        Ok(())
    }
}

impl World {
    /// Builds run number `run` of the campaign with `seed`.
    ///
    /// # Errors
    /// [`WorldError`] when the configuration does not pass [`WorldConfig::check`] or the ephemeris
    /// does not cover the start.
    pub fn new(
        config: &WorldConfig,
        environment: Arc<Environment>,
        seed: u64,
        run: u64,
    ) -> Result<Self, WorldError> {
        Self::with_constants(config, environment, Key::new(seed, run, &[]))
    }

    /// As [`Self::new`], with some of what is constant in the run given; see [`constants`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_constants(
        config: &WorldConfig,
        environment: Arc<Environment>,
        key: Key<'_>,
    ) -> Result<Self, WorldError> {
        config.check()?;
        let start = &config.start;
        let t = start.t;
        let (vehicle, propellant_kg) = drawn(config, key);
        let refresh = config.gravity_refresh;
        let (p, v) = (start.p_MB_I, start.v_MB_I.si());
        let exposure_m2_kg = vehicle.optics.exposure_m2_kg(vehicle.dry.mass_kg + propellant_kg);
        let perturbation = Perturbation::new(&environment, (p, v), t, refresh, exposure_m2_kg)
            .ok_or(WorldError::OutsideEphemeris { t })?;
        let moon =
            Moon::new(&environment.orientation, t).ok_or(WorldError::OutsideEphemeris { t })?;
        let faults = &config.faults;
        let spread = &config.dispersions;
        let liquid = |tanks| SloshMass::new(tanks, &vehicle.propellant, propellant_kg);
        Ok(Self {
            slosh: Slosh::default(),
            slosh_mass: vehicle.tanks.as_ref().map(liquid),
            propulsion: Propulsion::new(&vehicle, spread, faults, config.step, t, key),
            devices: Devices::new(&vehicle, faults, &config.landmarks, t, key),
            state: State {
                t,
                p_MB_I: start.p_MB_I,
                v_MB_I: start.v_MB_I,
                q_IB: start.q_IB,
                w_IB_B: start.w_IB_B,
                propellant_kg,
            },
            feet: Feet::new(&vehicle.legs, &vehicle.hull, REGOLITH),
            moon,
            perturbation,
            environment,
            vehicle,
            site: config.site,
            step: config.step,
            ground: None,
            altitude_m: f64::INFINITY,
            look_next: t,
            below: Nearby::default(),
            phase: Phase::default(),
            increments: Increments::default(),
            thrust: Thrust::default(),
            dust: Dust::default(),
            sweep: None,
            last_burn: Time::from_tai_ns(i64::MIN),
            moved_last: t,
            upright_last: t,
            bounce: Bounce::default(),
            touchdown: None,
            ended: None,
        })
    }

    /// Other noise from now on, that of `key`: of every sensor and every fault. What is constant in a run, and
    /// what has been drawn, stays. Two worlds with the same past and other keys part.
    pub fn rekey(&mut self, key: u64) {
        self.devices.rekey(key);
        self.propulsion.rekey(key);
    }

    /// Reads every device at the present time; once a cycle, before [`Self::step`].
    pub fn sense(&mut self) -> Sensors {
        self.follow_moon();
        self.look_at_ground();
        let now = self.now();
        let burning = self.state.t - self.last_burn < BLIND;
        let contact = self.feet.closed();
        // Shocks of the structure are not computed: see the header. The gauge's probe lies in the x plane.
        let (shaken, [slosh_rad, _]) = (false, self.slosh_rad());
        let (increments, sweep) = (&self.increments, self.sweep.take());
        let felt = Felt { increments, burning, contact, shaken, slosh_rad, sweep };
        let ground = (self.altitude_m, self.dust);
        let sight = Sight::of(&self.state, &self.moon, &self.environment, ground);
        self.devices.sense(&self.vehicle, sight, &felt, &now)
    }

    /// Tells which phase the flight software reports: faults may begin and end with it, nothing else
    /// depends on it.
    pub fn note_phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// What decides on the beginning and end of faults.
    pub fn now(&self) -> Now {
        Now { t: self.state.t, altitude_m: self.altitude_m, phase: self.phase }
    }

    /// Takes the commands and carries everything on by one [`CYCLE`]; nothing moves after an end
    /// other than [`End::AtRest`].
    pub fn step(&mut self, actuators: &Actuators) {
        self.sweep = actuators.sweep;
        self.increments = Increments::default();
        self.thrust = Thrust::default();
        if !matches!(self.ended, None | Some(End::AtRest)) {
            return;
        }
        self.devices.command(actuators, self.state.t);
        let now = self.now();
        self.propulsion.command(&now, actuators);
        self.follow_moon();
        self.look_at_ground();
        let steps = CYCLE.ns() / self.step.ns();
        for _ in 0..steps {
            if !matches!(self.ended, None | Some(End::AtRest)) {
                return;
            }
            self.integrate(1.0 / steps as f64);
        }
        if self.thrust.main_N + self.thrust.assist_N > 0.0 {
            self.last_burn = self.state.t;
        }
        self.dust.follow(self.thrust.main_N + self.thrust.assist_N, CYCLE.s());
        self.judge();
    }

    /// The present state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The present mass, kg.
    pub fn mass_kg(&self) -> f64 {
        self.vehicle.dry.mass_kg + self.state.propellant_kg
    }

    /// Tilt of the liquid's surface in the tanks towards x and y, rad: mean over the tanks, against the
    /// plane across their axes. Zero when the vehicle's liquid does not slosh.
    pub fn slosh_rad(&self) -> [f64; 2] {
        self.slosh_mass.map_or([0.0; 2], |liquid| liquid.tilt_rad(&self.slosh))
    }

    /// Mean thrust over the last cycle.
    pub fn thrust(&self) -> &Thrust {
        &self.thrust
    }

    /// The vehicle as drawn for this run.
    pub fn vehicle(&self) -> &Vehicle {
        &self.vehicle
    }

    /// The facts of this instant. Cost: one look-up of the terrain.
    pub fn view(&self) -> TruthView {
        self.view_near(&mut Nearby::default())
    }

    /// As [`Self::view`], to the bit, for many instants: `nearby` is what the last view has found of the ground.
    pub fn view_near(&self, nearby: &mut Nearby) -> TruthView {
        let state = &self.state;
        let local = self.local();
        let height_m = self.environment.terrain.altitude_near_m(local.p_MB_M, nearby);
        TruthView {
            t: state.t,
            p_LB_L: self.site.p_LA_L(local.p_MB_M),
            v_LB_L: self.site.R_ML.inverse() * local.v_over_ground_M,
            q_IB: state.q_IB,
            w_IB_B: state.w_IB_B,
            altitude_m: height_m + self.feet.lowest_m(local.up_B),
            v_up_m_s: local.v_up_m_s,
            v_horizontal_m_s: local.v_horizontal_m_s,
            tilt_rad: local.tilt_rad,
            mass_kg: self.mass_kg(),
            propellant_kg: state.propellant_kg,
            main_thrust_N: self.thrust.main_N,
            assist_thrust_N: self.thrust.assist_N,
            jets_thrust_N: self.thrust.jets_N,
            range_m: self.devices.exact_range_m(),
        }
    }

    /// Exact range along the rangefinder's beam now, m; `None` beyond `range_m_max`. Cost: one ray.
    pub fn exact_range_m(&self, range_m_max: f64) -> Option<f64> {
        let ground = (self.altitude_m, self.dust);
        let sight = Sight::of(&self.state, &self.moon, &self.environment, ground);
        let spec = &self.vehicle.rangefinder;
        sight.range_m(&spec.p_BA_B, &spec.d_B, range_m_max)
    }

    /// The first contact, once it has happened.
    pub fn touchdown(&self) -> Option<&Touchdown> {
        self.touchdown.as_ref()
    }

    /// How the run ended, once it has.
    pub fn ended(&self) -> Option<End> {
        self.ended
    }
}
