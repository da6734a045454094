//! Where the lander is while nobody hears it: the last state carried on, with an uncertainty that grows as
//! ignorance does.
//!
//! Owns: [`LastState`], [`extrapolate`], [`impact`]. Does not own: when the signal counts as lost (`watch`) and what
//! became of the lander (`status`).
//!
//! Derived: motion in a vertical plane over a sphere, r = R + h, with h altitude, u vertical and w horizontal speed,
//! f and g the thrust accelerations along them:
//!     h' = u        u' = f − μ/r² + w²/r        w' = g − u w / r
//! As programmed: fourth-order Runge–Kutta, steps of at most 0.5 s.
//!
//! Assumed: f and g stay as last seen while there is propellant, zero after; engines that have stopped the descent
//! hold it at [`TOUCHDOWN_M_S`]; without thrust nothing acts but gravity. Uncertainty, with t since the last state:
//!     σ_u² = σ_u0² + (σ_f t)²    σ_h² = σ_h0² + (σ_u0 t)² + (σ_f t²/2)² + σ_g²
//! σ_f is f/√3 (thrust anywhere between none and twice the last seen), plus 2 w σ_w / r for the speed's own error,
//! plus [`UNSEEN_BURN_M_S2`] from a planned ignition that nobody saw; σ_g is ground that the lander flew on over:
//! 3 % of the distance, at most 1.5 km.
//! Refuses: terrain below the track, attitude, guidance's plans. Nothing here knows what the lander will do.

use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M};
use icd::time::{Span, Time};
use icd::tm::Phase;

/// Descent speed that engines hold once they have stopped the fall, m/s: planned touchdown speed of
/// Mission 1, [ASTV].
pub const TOUCHDOWN_M_S: f64 = 1.0;
/// Spread of the acceleration after a planned ignition that nobody saw, m/s²: all engines of a 461 kg lander, assumed.
pub const UNSEEN_BURN_M_S2: f64 = 3.5;
/// Longest step of the integration, s.
const STEP_S: f64 = 0.5;
/// No motion is carried further than this, s: six hours.
const HORIZON_S: f64 = 21_600.0;
/// No impact is looked for beyond this, s.
const IMPACT_HORIZON_S: f64 = 1200.0;

/// The last state that was received.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastState {
    /// On-board time.
    pub t: Time,
    /// Mission phase.
    pub phase: Phase,
    /// Altitude of the feet over the ground, m, and its standard deviation.
    pub altitude_m: f64,
    /// One sigma of the altitude, m.
    pub sigma_altitude_m: f64,
    /// Vertical speed, up positive, m/s.
    pub v_up_m_s: f64,
    /// One sigma of the vertical speed, m/s.
    pub sigma_v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// One sigma of the horizontal speed, m/s.
    pub sigma_v_horizontal_m_s: f64,
    /// Angle between body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Propellant, kg.
    pub propellant_kg: f64,
    /// Thrust acceleration upwards, m/s², from the change of the vertical speed.
    pub thrust_up_m_s2: f64,
    /// Thrust acceleration along the horizontal speed, m/s²; negative when braking.
    pub thrust_along_m_s2: f64,
    /// Propellant flow, kg/s.
    pub flow_kg_s: f64,
}

/// The state carried on to a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extrapolated {
    /// On-board time that it is for.
    pub t: Time,
    /// Altitude, m; zero once on the ground by this reckoning.
    pub altitude_m: f64,
    /// One sigma of the altitude, m.
    pub sigma_altitude_m: f64,
    /// Vertical speed, up positive, m/s; as it was on arrival once on the ground.
    pub v_up_m_s: f64,
    /// One sigma of the vertical speed, m/s.
    pub sigma_v_up_m_s: f64,
    /// Horizontal speed, m/s.
    pub v_horizontal_m_s: f64,
    /// Propellant, kg.
    pub propellant_kg: f64,
    /// The reckoning has reached the ground.
    pub grounded: bool,
    /// Engines taken as burning.
    pub powered: bool,
}

/// When the ground comes, by the last state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impact {
    /// No thrust from the last state on, two sigma low and fast.
    pub earliest: Time,
    /// Thrust as last seen; `None` when that reckoning does not reach the ground in 20 minutes.
    pub expected: Option<Time>,
    /// Speed at `expected`, m/s.
    pub speed_m_s: f64,
    /// Thrust as last seen, two sigma high and slow; `None` as above.
    pub latest: Option<Time>,
    /// Speed at `latest`, m/s: the gentlest that the last state allows with the thrust last seen.
    pub gentlest_m_s: f64,
}

#[derive(Clone, Copy)]
struct State {
    h: f64,
    u: f64,
    w: f64,
}

fn airborne(phase: Phase) -> bool {
    phase < Phase::Contact
}

/// Phases in which the engines burn.
pub fn burning(phase: Phase) -> bool {
    matches!(phase, Phase::Deorbit | Phase::Braking | Phase::PitchUp | Phase::Terminal)
}

/// Gravity less what the curved path takes off it, m/s², down positive.
pub fn weight_m_s2(altitude_m: f64, v_horizontal_m_s: f64) -> f64 {
    let r = MOON_RADIUS_M + altitude_m.max(0.0);
    GM_MOON_M3_S2 / (r * r) - v_horizontal_m_s * v_horizontal_m_s / r
}

fn rates(s: State, f: f64, g: f64) -> State {
    let r = MOON_RADIUS_M + s.h;
    State { h: s.u, u: f - weight_m_s2(s.h, s.w), w: g - s.u * s.w / r }
}

fn step(s: State, f: f64, g: f64, dt: f64) -> State {
    let add = |a: State, k: State, dt: f64| State {
        h: a.h + dt * k.h,
        u: a.u + dt * k.u,
        w: a.w + dt * k.w,
    };
    let k1 = rates(s, f, g);
    let k2 = rates(add(s, k1, dt / 2.0), f, g);
    let k3 = rates(add(s, k2, dt / 2.0), f, g);
    let k4 = rates(add(s, k3, dt), f, g);
    let mean = |a: f64, b: f64, c: f64, d: f64| (a + 2.0 * b + 2.0 * c + d) / 6.0;
    let k = State {
        h: mean(k1.h, k2.h, k3.h, k4.h),
        u: mean(k1.u, k2.u, k3.u, k4.u),
        w: mean(k1.w, k2.w, k3.w, k4.w),
    };
    add(s, k, dt)
}

/// Thrust of one moment: `f` up and `g` along, m/s².
fn thrust(last: &LastState, s: State, burnt_out: bool) -> (f64, f64) {
    if burnt_out || !burning(last.phase) {
        return (0.0, 0.0);
    }
    let along = if s.w > TOUCHDOWN_M_S { last.thrust_along_m_s2 } else { 0.0 };
    if last.phase >= Phase::PitchUp && s.u >= -TOUCHDOWN_M_S {
        return (weight_m_s2(s.h, s.w), along); // stopped: held, not climbing
    }
    (last.thrust_up_m_s2.max(0.0), along)
}

/// Time that the propellant lasts at the flow last seen, s; infinite when none was seen to flow.
pub fn burn_left_s(last: &LastState) -> f64 {
    match last.propellant_kg {
        dry if dry <= 0.0 => 0.0,
        left if last.flow_kg_s > 1e-6 => left / last.flow_kg_s,
        _ => f64::INFINITY,
    }
}

/// Carries a state on until `span_s` or the ground; gives the time used, the state and whether it is the ground.
fn carry(last: &LastState, from: State, span_s: f64, powered: bool) -> (f64, State, bool) {
    let dry_s = if powered { burn_left_s(last) } else { 0.0 };
    let (mut s, mut t) = (from, 0.0);
    while t < span_s {
        let dt = STEP_S.min(span_s - t);
        let (f, g) = thrust(last, s, t >= dry_s);
        let next = step(s, f, g, dt);
        if next.h <= 0.0 && next.u < 0.0 {
            // The fall is so near uniform over half a second that one division finds the ground to a millisecond.
            let part = if s.h > 0.0 { s.h / (s.h - next.h) } else { 0.0 };
            return (t + part * dt, step(s, f, g, part * dt), true);
        }
        let stopped = s.u < -TOUCHDOWN_M_S && next.u > -TOUCHDOWN_M_S && f > 0.0;
        s = if stopped && last.phase >= Phase::PitchUp {
            State { u: -TOUCHDOWN_M_S, ..next }
        } else {
            next
        };
        t += dt;
    }
    (t, s, false)
}

fn start(last: &LastState, sigmas: f64) -> State {
    State {
        h: (last.altitude_m + sigmas * last.sigma_altitude_m).max(0.0),
        u: last.v_up_m_s + sigmas * last.sigma_v_up_m_s,
        w: last.v_horizontal_m_s,
    }
}

/// The last state carried on to `t`.
///
/// - `ignition`: planned ignition; past it, a lander last seen coasting may burn unseen.
/// - `None` before the last state, and beyond six hours after it: nothing honest can be said.
pub fn extrapolate(last: &LastState, ignition: Option<Time>, t: Time) -> Option<Extrapolated> {
    let span_s = (t - last.t).s();
    if !(0.0..=HORIZON_S).contains(&span_s) {
        return None;
    }
    if !airborne(last.phase) {
        return Some(Extrapolated {
            t,
            altitude_m: last.altitude_m,
            sigma_altitude_m: last.sigma_altitude_m,
            v_up_m_s: 0.0,
            sigma_v_up_m_s: last.sigma_v_up_m_s,
            v_horizontal_m_s: 0.0,
            propellant_kg: last.propellant_kg,
            grounded: true,
            powered: false,
        });
    }
    let powered = burning(last.phase);
    let (used_s, s, grounded) = carry(last, start(last, 0.0), span_s, powered);
    let (sigma_altitude_m, sigma_v_up_m_s) = sigmas(last, ignition, used_s);
    Some(Extrapolated {
        t,
        altitude_m: if grounded { 0.0 } else { s.h },
        sigma_altitude_m,
        v_up_m_s: s.u,
        sigma_v_up_m_s,
        v_horizontal_m_s: s.w,
        propellant_kg: (last.propellant_kg - last.flow_kg_s * if powered { used_s } else { 0.0 })
            .max(0.0),
        grounded,
        powered: powered && used_s < burn_left_s(last),
    })
}

/// Standard deviations of altitude and vertical speed, `t_s` after the last state.
fn sigmas(last: &LastState, ignition: Option<Time>, t_s: f64) -> (f64, f64) {
    let r = MOON_RADIUS_M + last.altitude_m;
    let thrust = if burning(last.phase) {
        (last.thrust_up_m_s2.powi(2) + last.thrust_along_m_s2.powi(2)).sqrt() / 3f64.sqrt()
    } else {
        0.0
    };
    let path = 2.0 * last.v_horizontal_m_s / r * last.sigma_v_horizontal_m_s;
    let sigma_f = (thrust * thrust + path * path).sqrt();
    let unseen_s = match ignition {
        Some(ignition) if last.phase < Phase::Braking => {
            (t_s - (ignition - last.t).s().max(0.0)).max(0.0)
        }
        _ => 0.0,
    };
    let ground = (0.03 * last.v_horizontal_m_s * t_s).min(1500.0);
    let sum = |parts: &[f64]| parts.iter().map(|p| p * p).sum::<f64>().sqrt();
    let altitude = sum(&[
        last.sigma_altitude_m,
        last.sigma_v_up_m_s * t_s,
        0.5 * sigma_f * t_s * t_s,
        0.5 * UNSEEN_BURN_M_S2 * unseen_s * unseen_s,
        ground,
    ]);
    (altitude, sum(&[last.sigma_v_up_m_s, sigma_f * t_s, UNSEEN_BURN_M_S2 * unseen_s]))
}

/// When the ground comes; `None` on the ground already, or when even free fall takes over 20 minutes.
pub fn impact(last: &LastState) -> Option<Impact> {
    if !airborne(last.phase) {
        return None;
    }
    let at = |s: f64| last.t + Span::from_s(s);
    let speed = |s: State| (s.u * s.u + s.w * s.w).sqrt();
    let (earliest_s, _, falls) = carry(last, start(last, -2.0), IMPACT_HORIZON_S, false);
    if !falls {
        return None;
    }
    let (expected_s, arrival, arrives) = carry(last, start(last, 0.0), IMPACT_HORIZON_S, true);
    let (latest_s, gentle, late) = carry(last, start(last, 2.0), IMPACT_HORIZON_S, true);
    Some(Impact {
        earliest: at(earliest_s),
        expected: arrives.then(|| at(expected_s)),
        speed_m_s: speed(arrival),
        latest: late.then(|| at(latest_s)),
        gentlest_m_s: speed(gentle),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(phase: Phase, altitude_m: f64, v_up_m_s: f64) -> LastState {
        LastState {
            t: Time::from_utc("2025-06-05T19:15:45").unwrap(),
            phase,
            altitude_m,
            sigma_altitude_m: 0.0,
            v_up_m_s,
            sigma_v_up_m_s: 0.0,
            v_horizontal_m_s: 0.0,
            sigma_v_horizontal_m_s: 0.0,
            tilt_rad: 0.0,
            propellant_kg: 30.0,
            thrust_up_m_s2: 0.0,
            thrust_along_m_s2: 0.0,
            flow_kg_s: 0.0,
        }
    }

    #[test]
    fn mission_2_as_published_hits_the_ground_within_seconds_and_fast() {
        // 192 m, 42 m/s down, slowing by 1.85 m/s² net: closed form gives 5.2 s and 32.5 m/s.
        let thrust_up_m_s2 = 1.85 + weight_m_s2(192.0, 0.0);
        let m2 =
            LastState { thrust_up_m_s2, flow_kg_s: 0.5, ..last(Phase::Terminal, 192.0, -42.0) };
        let ground = impact(&m2).unwrap();
        let after_s = |t: Time| (t - m2.t).s();
        assert!((after_s(ground.expected.unwrap()) - 5.15).abs() < 0.02);
        assert!((ground.speed_m_s - (42f64.powi(2) - 2.0 * 1.85 * 192.0).sqrt()).abs() < 0.05);
        // Free fall: 192 = 42 t + 0.81 t².
        assert!((after_s(ground.earliest) - 4.22).abs() < 0.02, "{}", after_s(ground.earliest));
        assert!(ground.gentlest_m_s > 32.0);
    }

    #[test]
    fn a_coast_follows_keplers_ellipse() {
        // From the 100 km apolune of a 100 x 20 km orbit; half a period later it is at 20 km.
        let (ra, rp) = (MOON_RADIUS_M + 100e3, MOON_RADIUS_M + 20e3);
        let a = (ra + rp) / 2.0;
        let v = (GM_MOON_M3_S2 * (2.0 / ra - 1.0 / a)).sqrt();
        let apolune = LastState { v_horizontal_m_s: v, ..last(Phase::DescentCoast, 100e3, 0.0) };
        let half_s = std::f64::consts::PI * (a * a * a / GM_MOON_M3_S2).sqrt();
        let there = extrapolate(&apolune, None, apolune.t + Span::from_s(half_s)).unwrap();
        assert!((there.altitude_m - 20e3).abs() < 1.0, "{}", there.altitude_m);
        assert!(there.v_up_m_s.abs() < 0.01 && !there.grounded);
    }

    #[test]
    fn engines_that_stop_the_fall_hold_the_touchdown_speed_until_the_tanks_are_dry() {
        let hover = LastState {
            thrust_up_m_s2: 3.0,
            flow_kg_s: 0.5,
            propellant_kg: 20.0,
            ..last(Phase::Terminal, 1000.0, -10.0)
        };
        let at = |s: f64| extrapolate(&hover, None, hover.t + Span::from_s(s)).unwrap();
        assert!((at(30.0).v_up_m_s + TOUCHDOWN_M_S).abs() < 0.05, "{:?}", at(30.0));
        assert!(at(30.0).powered && !at(45.0).powered);
        // Dry after 40 s: the rest is free fall, 1.62 m/s².
        assert!((at(50.0).v_up_m_s + 1.0 + 16.2).abs() < 0.3, "{:?}", at(50.0));
    }

    #[test]
    fn uncertainty_only_grows_and_a_missed_ignition_opens_it_wide() {
        let coast = LastState {
            v_horizontal_m_s: 1600.0,
            sigma_v_horizontal_m_s: 0.5,
            sigma_altitude_m: 200.0,
            ..last(Phase::DescentCoast, 60e3, -10.0)
        };
        let ignition = coast.t + Span::from_s(600.0);
        let sigma = |s: f64| {
            let there = extrapolate(&coast, Some(ignition), coast.t + Span::from_s(s)).unwrap();
            there.sigma_altitude_m
        };
        let all: Vec<f64> = (0..80).map(|k| sigma(f64::from(k) * 10.0)).collect();
        assert!(all.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(
            sigma(590.0) < 2000.0 && sigma(700.0) > 15_000.0,
            "{} {}",
            sigma(590.0),
            sigma(700.0)
        );
        assert!(extrapolate(&coast, None, coast.t - Span::from_s(1.0)).is_none());
    }

    #[test]
    fn a_lander_on_the_ground_stays_there() {
        let landed = last(Phase::Landed, 0.1, 0.0);
        let later = extrapolate(&landed, None, landed.t + Span::from_s(600.0)).unwrap();
        assert!(later.grounded && later.v_up_m_s == 0.0);
        assert!(impact(&landed).is_none());
    }
}
