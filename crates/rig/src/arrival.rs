//! Ground planning: the orbit, the deorbit burn and the ignition state that lead to the target.
//!
//! Owns: the way back from the target to the parking orbit. Does not own: steering (`flight` corrects
//! what the plan leaves), forces (`truth::integrate` carries the coast under full gravity and sunlight).
//!
//! As planned: the ignition point lies a given distance before the target, at a given height over its
//! level, falling, on an ellipse whose perilune lies a given height over that level and whose apolune
//! touches the circular parking orbit. The ellipse at ignition is Kepler's [Vallado2013] §1.3:
//!     v² = GM (2/r − 1/a),    cos γ = √(GM p) / (r v),    p = a (1 − e²)
//! From there the coast is carried back under full gravity to its apolune, and the apolune asked of
//! Kepler is corrected until the one found under full gravity is the parking orbit's (secant steps).
//! At the apolune the burn is an impulse against the velocity; the burn's real length is shared
//! evenly before and after it. The plane holds the target at the planned touchdown: the Moon turns.
//! Refuses: lighting, communication windows, plane changes.

use crate::scenario::Scenario;
use flight::control::allocate::DUTY_MIN;
use icd::bus::PULSE_FRAME;
use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M, STANDARD_GRAVITY_M_S2};
use icd::frames::{I, Position, Vector, Velocity};
use icd::time::{Span, Time};
use nalgebra::Vector3;
use truth::environment::{Environment, Site};
use truth::integrate::coast::{CoastError, Stop, coast_to, propagate_coast};

/// How far before ignition the apolune may lie, s: more than half the period of any orbit a scenario may ask.
const APOLUNE_BEFORE_S_MAX: f64 = 7200.0;
/// Secant steps at the most; three suffice.
const ITERATIONS: usize = 12;
/// Apolune is met to this, m: a thousandth of the orbit determination's error.
const APOLUNE_WITHIN_M: f64 = 0.02;

/// Why no approach was found.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ArrivalError {
    /// The ignition point cannot lie on the descent ellipse.
    #[error(
        "ignition {ignition_m} m over the target's level is not between perilune ({perilune_m} m) \
         and apolune ({apolune_m} m)"
    )]
    OffEllipse {
        /// Height of ignition over the target's level, m.
        ignition_m: f64,
        /// Height of perilune, m.
        perilune_m: f64,
        /// Height of apolune, m.
        apolune_m: f64,
    },
    /// The ephemeris does not reach.
    #[error("the ephemeris does not cover {from} to {to} UTC")]
    OutsideEphemeris {
        /// Earliest instant needed.
        from: Time,
        /// Latest instant needed.
        to: Time,
    },
    /// The coast between ignition and the parking orbit has no solution.
    #[error(transparent)]
    Coast(CoastError),
    /// No apolune was found within an orbit before ignition.
    #[error("no apolune lies within {before_s} s before ignition")]
    NoApolune {
        /// How far back was looked, s.
        before_s: f64,
    },
    /// The apolune under full gravity could not be brought to the parking orbit.
    #[error("after {ITERATIONS} corrections the apolune is still {miss_m} m off the parking orbit")]
    NotConverged {
        /// Remaining distance, m.
        miss_m: f64,
    },
}

/// What the scenario asks of the approach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Approach {
    /// Planned touchdown.
    pub touchdown: Time,
    /// Height of the circular parking orbit above the sphere of 1737.4 km, m.
    pub orbit_altitude_m: f64,
    /// Height of perilune over the target's level, m.
    pub perilune_above_target_m: f64,
    /// Height of ignition over the target's level, m.
    pub ignition_above_target_m: f64,
    /// Ground distance from ignition to target, m.
    pub ignition_distance_m: f64,
    /// Time of ignition before the planned touchdown, s.
    pub ignition_before_touchdown_s: f64,
    /// Azimuth of the ground track at the target, from north towards east, rad.
    pub azimuth_rad: f64,
    /// Time on the parking orbit before the deorbit burn, s.
    pub coast_before_deorbit_s: f64,
    /// Time by which the load arms the ignition before the planned one, s.
    pub arm_before_ignition_s: f64,
}

/// A position and velocity at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrbitState {
    /// Time.
    pub t: Time,
    /// Position.
    pub p_MB_I: Vector<Position, I>,
    /// Velocity.
    pub v_MB_I: Vector<Velocity, I>,
}

/// The plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// On the parking orbit, before the deorbit burn.
    pub orbit: OrbitState,
    /// Start of the deorbit burn.
    pub t_deorbit: Time,
    /// Its velocity change, against the velocity, m/s.
    pub deorbit_dv_m_s: f64,
    /// Its length, s.
    pub deorbit_s: f64,
    /// At braking ignition.
    pub ignition: OrbitState,
    /// Before braking ignition: from here on the flight software may look for it.
    pub armed: OrbitState,
}

impl Arrival {
    /// Plans the approach of a scenario.
    ///
    /// # Errors
    /// [`ArrivalError`] when no such approach exists. Cost: about five coasts of an hour.
    pub fn plan(
        scenario: &Scenario,
        environment: &Environment,
        site: &Site,
    ) -> Result<Self, ArrivalError> {
        let machine = &scenario.vehicle.machine;
        let mass_kg = machine.dry.mass_kg + scenario.start.propellant_kg.reference();
        // By the main engine; without one by the others, at the lowest setting that they can burn at.
        let ring = machine.assist.iter().map(|engine| engine.thrust_N).sum::<f64>();
        let (thrust_N, isp_s) = if machine.main.thrust_N > 0.0 {
            (machine.main.thrust_N, machine.main.isp_s)
        } else {
            let least = machine.assist[0].on_min_s / PULSE_FRAME.s();
            (ring * least.max(DUTY_MIN), machine.assist[0].isp_s)
        };
        let exhaust_m_s = isp_s * STANDARD_GRAVITY_M_S2;
        let burn_s = |dv_m_s: f64| {
            let share = 1.0 - libm::exp(-dv_m_s / exhaust_m_s);
            mass_kg * share * exhaust_m_s / thrust_N
        };
        let exposure_m2_kg = machine.optics.exposure_m2_kg(mass_kg);
        let nature = Nature { environment, exposure_m2_kg };
        plan(&scenario.approach, &nature, site, burn_s)
    }
}

/// What acts on a coast.
#[derive(Clone, Copy, Debug)]
pub struct Nature<'a> {
    /// Gravity and the bodies.
    pub environment: &'a Environment,
    /// Area times reflectivity coefficient over mass, m²/kg: what sunlight acts on.
    pub exposure_m2_kg: f64,
}

/// Plans an approach; `burn_s` gives the length of a main engine burn from its velocity change.
///
/// # Errors
/// As [`Arrival::plan`].
pub fn plan(
    approach: &Approach,
    nature: &Nature<'_>,
    site: &Site,
    burn_s: impl Fn(f64) -> f64,
) -> Result<Arrival, ArrivalError> {
    let (ignition, apolune) = descent_ellipse(approach, nature, site)?;
    let (p, v) = (apolune.p_MB_I.si(), apolune.v_MB_I.si());
    let along = v / v.norm();
    let circular_m_s = (GM_MOON_M3_S2 / p.norm()).sqrt();
    let deorbit_dv_m_s = circular_m_s - v.norm();
    let deorbit_s = burn_s(deorbit_dv_m_s);
    let t_deorbit = apolune.t - Span::from_s(0.5 * deorbit_s);
    let t_start = t_deorbit - Span::from_s(approach.coast_before_deorbit_s);
    let parking = OrbitState { v_MB_I: Vector::from_si(along * circular_m_s), ..apolune };
    let orbit = carried(nature, &parking, t_start, approach.touchdown)?;
    let t_arm = ignition.t - Span::from_s(approach.arm_before_ignition_s);
    let armed = carried(nature, &ignition, t_arm, approach.touchdown)?;
    Ok(Arrival { orbit, t_deorbit, deorbit_dv_m_s, deorbit_s, ignition, armed })
}

/// The coast to another time, or why there is none.
fn carried(
    nature: &Nature<'_>,
    from: &OrbitState,
    t: Time,
    latest: Time,
) -> Result<OrbitState, ArrivalError> {
    let (start, span) = ((from.p_MB_I, from.v_MB_I), (from.t, t));
    let end = propagate_coast(nature.environment, start, span, nature.exposure_m2_kg);
    let (p_MB_I, v_MB_I) = end.map_err(|error| refused(error, t, latest))?;
    Ok(OrbitState { t, p_MB_I, v_MB_I })
}

fn refused(error: CoastError, from: Time, to: Time) -> ArrivalError {
    match error {
        CoastError::OutsideEphemeris { .. } => ArrivalError::OutsideEphemeris { from, to },
        error => ArrivalError::Coast(error),
    }
}

/// Ignition and the apolune before it, under full gravity.
fn descent_ellipse(
    approach: &Approach,
    nature: &Nature<'_>,
    site: &Site,
) -> Result<(OrbitState, OrbitState), ArrivalError> {
    let wanted_m = MOON_RADIUS_M + approach.orbit_altitude_m;
    let miss = |asked_m: f64| -> Result<(f64, OrbitState, OrbitState), ArrivalError> {
        let ignition = ignition_state(approach, nature.environment, site, asked_m)?;
        let apolune = apolune_before(nature, &ignition, approach.touchdown)?;
        Ok((apolune.p_MB_I.norm() - wanted_m, ignition, apolune))
    };
    let mut asked_m = wanted_m;
    let (mut miss_m, mut ignition, mut apolune) = miss(asked_m)?;
    let mut slope = 1.0;
    for _ in 0..ITERATIONS {
        if miss_m.abs() <= APOLUNE_WITHIN_M {
            return Ok((ignition, apolune));
        }
        let next_m = asked_m - miss_m / slope;
        let (next_miss_m, i, a) = miss(next_m)?;
        let change = (next_miss_m - miss_m) / (next_m - asked_m);
        if change.is_finite() && change > 0.1 {
            slope = change;
        }
        (asked_m, miss_m, ignition, apolune) = (next_m, next_miss_m, i, a);
    }
    Err(ArrivalError::NotConverged { miss_m })
}

/// The state at ignition on the Kepler ellipse with the apolune radius `apolune_m`.
fn ignition_state(
    approach: &Approach,
    environment: &Environment,
    site: &Site,
    apolune_m: f64,
) -> Result<OrbitState, ArrivalError> {
    let t = approach.touchdown - Span::from_s(approach.ignition_before_touchdown_s);
    let level_m = site.p_ML_M.norm();
    let (r_m, perilune_m) =
        (level_m + approach.ignition_above_target_m, level_m + approach.perilune_above_target_m);
    if !(perilune_m <= r_m && r_m < apolune_m) {
        return Err(ArrivalError::OffEllipse {
            ignition_m: approach.ignition_above_target_m,
            perilune_m: approach.perilune_above_target_m,
            apolune_m: apolune_m - level_m,
        });
    }
    let a_m = 0.5 * (perilune_m + apolune_m);
    let semilatus_m = 2.0 * perilune_m * apolune_m / (perilune_m + apolune_m);
    let speed_m_s = (GM_MOON_M3_S2 * (2.0 / r_m - 1.0 / a_m)).sqrt();
    let horizontal_m_s = (GM_MOON_M3_S2 * semilatus_m).sqrt() / r_m;
    let fall_m_s = (speed_m_s * speed_m_s - horizontal_m_s * horizontal_m_s).max(0.0).sqrt();

    let (up_T, ahead_T) = track_at_target(approach, environment, site)?;
    let angle_rad = approach.ignition_distance_m / level_m;
    let (sin, cos) = libm::sincos(angle_rad);
    let up = up_T * cos - ahead_T * sin;
    let ahead = up_T * sin + ahead_T * cos;
    Ok(OrbitState {
        t,
        p_MB_I: Vector::from_si(up * r_m),
        v_MB_I: Vector::from_si(ahead * horizontal_m_s - up * fall_m_s),
    })
}

/// Directions up and ahead at the target at the planned touchdown, in `I`.
///
/// # Errors
/// The planned touchdown lies outside the Moon's orientation.
pub fn track_at_target(
    approach: &Approach,
    environment: &Environment,
    site: &Site,
) -> Result<(Vector3<f64>, Vector3<f64>), ArrivalError> {
    let t = approach.touchdown;
    let R_IM = environment.R_IM(t).ok_or(ArrivalError::OutsideEphemeris { from: t, to: t })?;
    let R_IL = (R_IM * site.R_ML).si();
    let (sin, cos) = libm::sincos(approach.azimuth_rad);
    Ok((R_IL * Vector3::z(), R_IL * Vector3::new(sin, cos, 0.0)))
}

/// The last apolune before `ignition`.
fn apolune_before(
    nature: &Nature<'_>,
    ignition: &OrbitState,
    latest: Time,
) -> Result<OrbitState, ArrivalError> {
    let from = (ignition.p_MB_I, ignition.v_MB_I);
    let earliest = ignition.t - Span::from_s(APOLUNE_BEFORE_S_MAX);
    let span = (ignition.t, earliest);
    let found = coast_to(nature.environment, from, span, nature.exposure_m2_kg, Stop::Apolune)
        .map_err(|error| refused(error, earliest, latest))?;
    let (t, (p_MB_I, v_MB_I)) =
        found.ok_or(ArrivalError::NoApolune { before_s: APOLUNE_BEFORE_S_MAX })?;
    Ok(OrbitState { t, p_MB_I, v_MB_I })
}

#[cfg(test)]
mod tests;
