//! How far a lander falls before all its thrust has stopped it: a bound that no software can beat.
//!
//! Owns: [`stopping_m`]. Does not own: a flight.
//! As programmed: every engine at full specified thrust, straight up, from now on; the horizontal speed is left as it is and
//! carries its part of the weight:
//!     dv/dt = F/m − (g − v_h²/r),    dm/dt = −Σ F/(Isp g₀)
//! A lander nearer to the ground than that is lost, whatever is done. One that is further away need not be saved: it still
//! has to turn upright, to stop sideways and to find the ground.
//! Refuses: engines that are slow to light, propellant that runs out.

use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M, STANDARD_GRAVITY_M_S2};
use truth::vehicle::Vehicle;

/// Step, s: 0.2 m at 60 m/s and 3 m/s² over the whole way.
const STEP_S: f64 = 0.02;
/// Longest way down that is followed, s.
const LONGEST_S: f64 = 600.0;

/// One moment of a flight beside the bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stopping {
    /// s after the start of the flight.
    pub t_s: f64,
    /// Altitude, m.
    pub altitude_m: f64,
    /// Descent speed, m/s.
    pub descent_m_s: f64,
    /// Way down until the descent is stopped, m.
    pub stopping_m: f64,
}

/// Way down until all the thrust there is has stopped the descent, m; infinite where it cannot.
///
/// - `descent_m_s`, `horizontal_m_s`: speeds over ground.
pub fn stopping_m(vehicle: &Vehicle, mass_kg: f64, descent_m_s: f64, horizontal_m_s: f64) -> f64 {
    let engines = vehicle.assist.iter().chain(std::iter::once(&vehicle.main));
    let (mut thrust_N, mut flow_kg_s) = (0.0, 0.0);
    for engine in engines.filter(|engine| engine.thrust_N > 0.0) {
        thrust_N += engine.thrust_N;
        flow_kg_s += engine.thrust_N / (engine.isp_s * STANDARD_GRAVITY_M_S2);
    }
    let gravity = GM_MOON_M3_S2 / (MOON_RADIUS_M * MOON_RADIUS_M);
    let weight = gravity - horizontal_m_s * horizontal_m_s / MOON_RADIUS_M;
    let (mut v, mut m, mut way_m, mut t_s) = (descent_m_s, mass_kg, 0.0, 0.0);
    while v > 0.0 {
        if t_s > LONGEST_S || m <= 0.0 {
            return f64::INFINITY;
        }
        let next = v - (thrust_N / m - weight) * STEP_S;
        way_m += 0.5 * (v + next.max(0.0)) * STEP_S * (v / (v - next)).clamp(0.0, 1.0);
        (v, m, t_s) = (next, m - flow_kg_s * STEP_S, t_s + STEP_S);
    }
    way_m
}

#[cfg(test)]
mod tests {
    use super::*;
    use rig::scenario::VehicleFile;
    use std::path::Path;

    #[test]
    fn the_way_down_is_that_of_the_rocket_equation() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let file = VehicleFile::read(&root.join("vehicles/resilience.toml")).unwrap();
        let mut machine = file.machine;
        // One exhaust speed for all: then v(t) and the way are closed forms of the mass.
        let isp_s = machine.main.isp_s;
        machine.assist.iter_mut().for_each(|engine| engine.isp_s = isp_s);
        let count = machine.assist.iter().filter(|engine| engine.thrust_N > 0.0).count();
        let thrust_N = machine.main.thrust_N + count as f64 * machine.assist[0].thrust_N;
        let c = isp_s * STANDARD_GRAVITY_M_S2;
        let (m0, v0, k) = (460.0, 66.0, thrust_N / c);
        let g = GM_MOON_M3_S2 / (MOON_RADIUS_M * MOON_RADIUS_M);
        let v = |t: f64| v0 - c * libm::log(m0 / (m0 - k * t)) + g * t;
        // ∫ ln(m0/(m0 − kt)) dt = t − (m0/k − t) ln(m0/(m0 − kt))
        let integral = |t: f64| t - (m0 / k - t) * libm::log(m0 / (m0 - k * t));
        let way = |t: f64| v0 * t - c * integral(t) + 0.5 * g * t * t;
        let (mut low, mut high) = (0.0, 60.0);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if v(middle) > 0.0 { low = middle } else { high = middle }
        }
        let found = stopping_m(&machine, m0, v0, 0.0);
        assert!((found - way(low)).abs() < 0.5, "{found} {}", way(low));
        // Published: 893 m at 66 m/s and 460 kg were not enough.
        assert!(found > 893.0 && found < 1200.0, "{found}");
        assert!(stopping_m(&machine, m0, 0.0, 0.0) == 0.0);
        machine.main.thrust_N = 0.0;
        machine.assist.iter_mut().for_each(|engine| engine.thrust_N *= 0.1);
        assert!(stopping_m(&machine, m0, 10.0, 0.0).is_infinite());
    }
}
