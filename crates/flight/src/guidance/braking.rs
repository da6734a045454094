//! Braking: linear-tangent steering at near-constant thrust to the high gate, downrange included.
//!
//! Owns: the four-parameter solution and its ignition criterion.
//! As published — linear-tangent steering tan γ = A + B τ is optimal for flat gravity [Bryson1975] §2.7,
//! and is the family that powered explicit guidance [McHenry1979] flies.
//! As programmed: the pair (A, B), the time to go T and the assist collective u solve four conditions at
//! the gate — radius, radial speed, horizontal speed, downrange angle — by Newton's method on a numerical
//! predictor (Runge–Kutta, [`STEPS`] steps in polar coordinates over a central field), one iteration a
//! call. The thrust that the accelerometers sense scales the prediction. Before ignition u rises as
//! the target nears; ignition is due when it reaches the planned collective, which leaves the reserve
//! above it for downrange control.
//! Refuses: crossrange by prediction; it is nulled by a velocity law in `demand`.

use super::linear::solve;
use nalgebra::Vector3;

/// Runge–Kutta steps of one prediction.
const STEPS: usize = 16;
/// Iterations of one search at the most.
const ITERATIONS: usize = 8;
/// Newton step below which a solution counts as converged.
pub const CONVERGED: f64 = 0.05;
/// Below this time to go the solution is frozen, s.
const FREEZE_S: f64 = 6.0;
/// Below this time to go, s, the tangent of pitch stays above this.
const LAST_S: f64 = 30.0;
const LAST_TANGENT: f64 = 0.364;
/// Bounds of the collective, leaving room for torque: see `control::allocate`.
pub const COLLECTIVE_MIN: f64 = 0.70;
/// Upper bound of the collective in braking.
pub const COLLECTIVE_MAX: f64 = 0.95;

/// Thrust and flow that the predictor uses.
#[derive(Clone, Copy, Debug)]
pub struct Propulsion {
    /// Main engine thrust, N, and flow, kg/s.
    pub main: (f64, f64),
    /// All assist engines at full duty: thrust, N, and flow, kg/s.
    pub assist: (f64, f64),
    /// Sensed over commanded thrust.
    pub scale: f64,
}

/// Where the lander is, relative to where it should be at the gate.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    /// Gravitational parameter, m³/s².
    pub gm: f64,
    /// Mass now, kg.
    pub mass_kg: f64,
    /// Radius, m; radial and horizontal speed, m/s: now.
    pub now: [f64; 3],
    /// Radius, radial and horizontal speed, and angle from here: wanted at the gate.
    pub gate: [f64; 4],
    /// Radial gravity in excess of the central field, m/s².
    pub excess: f64,
}

/// What becomes of the range while the collective rests on one of its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The collective meets the target.
    Met,
    /// All the thrust there is ends beyond the target.
    Long,
    /// The least thrust ends before it.
    Short,
}

/// The steering solution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solution {
    /// Tangent of the pitch above horizontal now.
    pub a: f64,
    /// Its rate, 1/s.
    pub b: f64,
    /// Time to go, s.
    pub tgo_s: f64,
    /// Collective.
    pub u: f64,
    /// Size of the last Newton step, relative; small once converged.
    pub step: f64,
}

impl Solution {
    /// A start that Newton's method converges from for landers of this class.
    ///
    /// - `v_m_s`: speed to lose. `thrust_m_s2`: thrust acceleration now; `u`: planned collective.
    pub fn guess(v_m_s: f64, thrust_m_s2: f64, exhaust_m_s: f64, u: f64) -> Self {
        let tau_s = exhaust_m_s / thrust_m_s2.max(0.1);
        let tgo_s = tau_s * (1.0 - libm::exp(-v_m_s / exhaust_m_s.max(1.0))) * 1.06;
        Self { a: 0.0, b: 0.35 / tgo_s.max(1.0), tgo_s, u, step: 1.0 }
    }

    /// Carries the solution on by `dt_s`.
    pub fn advance(&mut self, dt_s: f64) {
        self.a += self.b * dt_s;
        self.tgo_s -= dt_s;
    }

    /// Constant thrust direction that takes both speeds to those of the gate, wherever that is: with f the mean thrust
    /// acceleration and g the mean excess of weight over centrifugal force,
    ///     (f t)² = Δv_h² + (Δv_r + g t)².
    /// `None` where the thrust cannot hold the weight.
    pub fn constant(arc: &Arc, propulsion: &Propulsion, u: f64) -> Option<Self> {
        let [r, v_r, v_h] = arc.now;
        let (dv_r, dv_h) = (arc.gate[1] - v_r, v_h - arc.gate[2]);
        let g = arc.gm / (r * r) - arc.excess - v_h * v_h / (3.0 * r);
        let thrust = propulsion.scale * (propulsion.main.0 + u * propulsion.assist.0);
        let flow = propulsion.scale * (propulsion.main.1 + u * propulsion.assist.1);
        let mut tgo_s: f64 = 0.0;
        for _ in 0..ITERATIONS {
            let f = thrust / (arc.mass_kg - 0.5 * flow * tgo_s).max(50.0);
            let (p, q) = (f * f - g * g, g * dv_r);
            if p <= 0.0 {
                return None;
            }
            tgo_s = (q + libm::sqrt(q * q + p * (dv_r * dv_r + dv_h * dv_h))) / p;
        }
        let a = ((dv_r + g * tgo_s) / dv_h.max(1.0)).clamp(-3.0, 5.0);
        Some(Self { a, b: 0.0, tgo_s: tgo_s.clamp(1.0, 2000.0), u, step: 1.0 })
    }

    /// Some iterations with the collective inside `bounds`, and how far beyond the gate it ends, rad.
    ///
    /// Where a bound holds the collective the range is given up: what is left, (A, B, T) against radius and
    /// both speeds, is the steering of least propellant at that thrust. The target is aimed at again once the bound
    /// would no longer miss it.
    pub fn solve(
        &mut self,
        arc: &Arc,
        propulsion: &Propulsion,
        bounds: [f64; 2],
        range: Range,
    ) -> (Range, f64) {
        let [low, high] = bounds;
        let mut range = range;
        if self.tgo_s < FREEZE_S {
            return (range, 0.0);
        }
        if range == Range::Met {
            self.improve(arc, propulsion, true);
            range = match self.u {
                u if u > high => Range::Long,
                u if u < low => Range::Short,
                _ => return (Range::Met, 0.0),
            };
        }
        self.u = if range == Range::Long { high } else { low };
        self.improve(arc, propulsion, false);
        if self.step > CONVERGED {
            self.search(arc, propulsion);
        }
        let beyond = predict(self, arc, propulsion)[3] - arc.gate[3];
        let met = if range == Range::Long { beyond < 0.0 } else { beyond > 0.0 };
        (if met && self.step < CONVERGED { Range::Met } else { range }, beyond)
    }

    /// Newton's method from where it stands, and then from the constant direction; that one is flown where
    /// neither converges.
    fn search(&mut self, arc: &Arc, propulsion: &Propulsion) {
        let constant = Self::constant(arc, propulsion, self.u);
        for start in [Some(*self), constant].into_iter().flatten() {
            let mut tried = start;
            for _ in 0..ITERATIONS {
                tried.improve(arc, propulsion, false);
                if tried.step < CONVERGED {
                    *self = tried;
                    return;
                }
            }
        }
        *self = constant.unwrap_or(*self);
    }

    /// One Newton iteration; frozen near the gate. `fixed_u` holds the collective (a saturated one).
    pub fn improve(&mut self, arc: &Arc, propulsion: &Propulsion, free_u: bool) {
        if self.tgo_s < FREEZE_S {
            return;
        }
        let deltas = [1e-3, 1e-3 / self.tgo_s, 0.05, 1e-3];
        let [a, b, tgo_s, u] = deltas;
        let moved = [
            Self { a: self.a + a, ..*self },
            Self { b: self.b + b, ..*self },
            Self { tgo_s: self.tgo_s + tgo_s, ..*self },
            Self { u: self.u + u, ..*self },
            *self,
        ];
        // Together: each waits for its own last step, not for the others.
        let [there @ .., base] = predict_each(&moved, arc, propulsion);
        let mut jacobian = [[0.0; 4]; 4];
        for (k, (there, delta)) in there.iter().zip(&deltas).enumerate() {
            for (row, (p, q)) in jacobian.iter_mut().zip(there.iter().zip(&base)) {
                row[k] = (p - q) / delta;
            }
        }
        let miss: [f64; 4] = core::array::from_fn(|i| arc.gate[i] - base[i]);
        let dx = if free_u {
            solve(jacobian, miss)
        } else {
            let small = core::array::from_fn(|i| core::array::from_fn(|j| jacobian[i][j]));
            solve::<3>(small, [miss[0], miss[1], miss[2]]).map(|x| [x[0], x[1], x[2], 0.0])
        };
        let Some(dx) = dx else { return };
        // Damped: no more than these changes in one iteration.
        let limit = [0.3, 0.3 / self.tgo_s, 0.2 * self.tgo_s, 0.15];
        let worst = dx.iter().zip(&limit).map(|(d, l)| d.abs() / l).fold(0.0, f64::max);
        if !worst.is_finite() {
            return;
        }
        let k = if worst > 1.0 { 1.0 / worst } else { 1.0 };
        self.a = (self.a + k * dx[0]).clamp(-3.0, 5.0);
        self.b += k * dx[1];
        self.tgo_s = (self.tgo_s + k * dx[2]).clamp(1.0, 2000.0);
        self.u = (self.u + k * dx[3]).clamp(0.2, 1.5);
        self.step = worst;
    }

    /// Unit thrust direction now as (radial, along the motion).
    ///
    /// Near the gate the thrust keeps at least 20° of upward pitch: a solution that runs out of thrust
    /// would otherwise trade the last altitude for downrange.
    pub fn direction(&self) -> (f64, f64) {
        let a = if self.tgo_s < LAST_S { self.a.max(LAST_TANGENT) } else { self.a };
        let secant = 1.0 / libm::sqrt(1.0 + a * a);
        (a * secant, -secant)
    }
}

/// Some states side by side: radii, radial speeds, horizontal speeds, angles.
type States<const N: usize> = [[f64; N]; 4];

/// Derivatives of some states, each under its own thrust acceleration (up, along).
fn rates<const N: usize>(y: &States<N>, thrust: &[[f64; N]; 2], arc: &Arc) -> States<N> {
    let [r, vr, vh, _] = y;
    let [up, along] = thrust;
    let mut rates = [*vr, [0.0; N], [0.0; N], [0.0; N]];
    for n in 0..N {
        let per_m = 1.0 / r[n];
        let turn = vh[n] * per_m;
        rates[1][n] = up[n] - arc.gm * per_m * per_m + arc.excess + vh[n] * turn;
        rates[2][n] = along[n] - vr[n] * turn;
        rates[3][n] = turn;
    }
    rates
}

/// Flies `s` from `arc.now` to its end: (radius, radial speed, horizontal speed, angle).
pub fn predict(s: &Solution, arc: &Arc, propulsion: &Propulsion) -> [f64; 4] {
    let [end] = predict_each(&[*s], arc, propulsion);
    end
}

/// As [`predict`], to the bit, for some solutions at once.
fn predict_each<const N: usize>(
    solutions: &[Solution; N],
    arc: &Arc,
    propulsion: &Propulsion,
) -> [[f64; 4]; N] {
    let of = |s: &Solution, main: f64, assist: f64| propulsion.scale * (main + s.u * assist);
    let each =
        |of: &dyn Fn(&Solution) -> f64| -> [f64; N] { core::array::from_fn(|n| of(&solutions[n])) };
    let thrust = each(&|s| of(s, propulsion.main.0, propulsion.assist.0));
    let flow = each(&|s| of(s, propulsion.main.1, propulsion.assist.1));
    let h = each(&|s| s.tgo_s / STEPS as f64);
    let at = |steps: f64| {
        let mut out = [[0.0; N]; 2];
        for n in 0..N {
            let t = steps * h[n];
            let tan = solutions[n].a + solutions[n].b * t;
            let mass_kg = (arc.mass_kg - flow[n] * t).max(50.0);
            let along = thrust[n] / (mass_kg * libm::sqrt(1.0 + tan * tan));
            out[0][n] = along * tan;
            out[1][n] = -along;
        }
        out
    };
    let [r, vr, vh] = arc.now;
    let mut y = [[r; N], [vr; N], [vh; N], [0.0; N]];
    let mut before = at(0.0);
    for i in 0..STEPS {
        let (middle, after) = (at(i as f64 + 0.5), at(i as f64 + 1.0));
        let add = |k: &States<N>, share: f64| -> States<N> {
            core::array::from_fn(|j| core::array::from_fn(|n| y[j][n] + share * h[n] * k[j][n]))
        };
        let k1 = rates(&y, &before, arc);
        let k2 = rates(&add(&k1, 0.5), &middle, arc);
        let k3 = rates(&add(&k2, 0.5), &middle, arc);
        let k4 = rates(&add(&k3, 1.0), &after, arc);
        for (j, y) in y.iter_mut().enumerate() {
            for n in 0..N {
                y[n] += h[n] / 6.0 * (k1[j][n] + 2.0 * (k2[j][n] + k3[j][n]) + k4[j][n]);
            }
        }
        before = after;
    }
    core::array::from_fn(|n| core::array::from_fn(|j| y[j][n]))
}

/// Largest sideways share of the thrust direction.
pub const LEAN_MAX: f64 = 0.2;

/// Sideways share of the thrust direction that nulls `v_across_m_s` in a third of the time to go.
pub fn lean(v_across_m_s: f64, acceleration_m_s2: f64, tgo_s: f64) -> f64 {
    -3.0 * v_across_m_s / (acceleration_m_s2.max(0.1) * tgo_s.max(5.0))
}

/// The same within what braking may lean.
pub fn across(v_across_m_s: f64, acceleration_m_s2: f64, tgo_s: f64) -> f64 {
    lean(v_across_m_s, acceleration_m_s2, tgo_s).clamp(-LEAN_MAX, LEAN_MAX)
}

/// Thrust direction in `I` from radial, forward and rightward unit vectors.
pub fn direction_I(
    s: &Solution,
    up: Vector3<f64>,
    forward: Vector3<f64>,
    right: Vector3<f64>,
    sideways: f64,
) -> Vector3<f64> {
    let (radial, along) = s.direction();
    let k = libm::sqrt(1.0 - sideways * sideways);
    (up * radial + forward * along) * k + right * sideways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading_a() -> (Arc, Propulsion) {
        let arc = Arc {
            gm: 4.9028e12,
            mass_kg: 800.0,
            now: [1_757_400.0, 0.0, 1692.6],
            gate: [1_740_400.0, -76.0, 35.0, 586.6e3 / 1_737_400.0],
            excess: 0.0,
        };
        let main = (420.0, 420.0 / (320.0 * 9.80665));
        let assist = (1296.0, 1296.0 / (275.0 * 9.80665));
        (arc, Propulsion { main, assist, scale: 1.0 })
    }

    #[test]
    fn newton_converges_to_the_gate_from_a_rough_guess() {
        let (arc, propulsion) = reading_a();
        let mut s = Solution::guess(1690.0, 1651.0 / 800.0, 2800.0, 0.9);
        for _ in 0..15 {
            s.improve(&arc, &propulsion, true);
        }
        let end = predict(&s, &arc, &propulsion);
        assert!(
            (end[0] - arc.gate[0]).abs() < 0.1 && (end[1] + 76.0).abs() < 1e-3,
            "{s:?} {end:?}"
        );
        assert!((end[2] - 35.0).abs() < 1e-3 && (end[3] - arc.gate[3]).abs() * 1.7e6 < 1.0);
        // The prototype's own descent takes 633 s at 0.95; ours is asked for the same gate.
        assert!((s.tgo_s - 633.0).abs() < 12.0 && (s.u - 0.95).abs() < 0.03, "{s:?}");
    }

    #[test]
    fn thrust_that_is_short_gives_up_the_range_and_keeps_altitude_and_speeds() {
        let (arc, mut propulsion) = reading_a();
        propulsion.assist = (4.0 * 216.0, 4.0 * 216.0 / (275.0 * 9.80665));
        let mut s = Solution::guess(1690.0, 1300.0 / 800.0, 2800.0, 0.9);
        let (mut range, mut beyond_rad) = (Range::Met, 0.0);
        for _ in 0..60 {
            (range, beyond_rad) = s.solve(&arc, &propulsion, [0.7, 1.0], range);
        }
        let end = predict(&s, &arc, &propulsion);
        assert_eq!((range, s.u), (Range::Long, 1.0));
        assert!((end[0] - arc.gate[0]).abs() < 1.0 && (end[1] + 76.0).abs() < 0.1);
        assert!((end[2] - 35.0).abs() < 0.1 && s.step < CONVERGED);
        // Minimum-fuel integration at 1284 N from the same state ends some 190 km further.
        assert!((beyond_rad * 1737.4 - 190.0).abs() < 25.0, "{} km", beyond_rad * 1737.4);
        // With the thrust back the target is met again.
        let (_, propulsion) = reading_a();
        for _ in 0..60 {
            (range, _) = s.solve(&arc, &propulsion, [0.7, 1.0], range);
        }
        let end = predict(&s, &arc, &propulsion);
        assert!(range == Range::Met && (end[3] - arc.gate[3]).abs() * 1.7e6 < 10.0, "{s:?}");
    }

    #[test]
    fn more_thrust_than_the_least_collective_needs_ends_short() {
        let (mut arc, propulsion) = reading_a();
        arc.gate[3] *= 1.4;
        let mut s = Solution::guess(1690.0, 1651.0 / 800.0, 2800.0, 0.9);
        let (mut range, mut beyond_rad) = (Range::Met, 0.0);
        for _ in 0..60 {
            (range, beyond_rad) = s.solve(&arc, &propulsion, [0.7, 1.0], range);
        }
        assert!(range == Range::Short && beyond_rad < 0.0 && s.u == 0.7, "{s:?}");
    }

    #[test]
    fn a_constant_direction_takes_both_speeds_away_on_flat_ground() {
        let (_, propulsion) = reading_a();
        // Far out a centre with the same pull is flat ground.
        let (gm, r) = (4.9028e12 * 1e6, 1.7404e9);
        let (now, gate) = ([r, -77.0, 160.0], [r, 0.0, 0.0, 0.0]);
        let arc = Arc { gm, mass_kg: 430.0, now, gate, excess: 0.0 };
        let s = Solution::constant(&arc, &propulsion, 0.95).unwrap();
        let end = predict(&s, &arc, &propulsion);
        assert!(end[1].abs() < 2.0 && end[2].abs() < 2.0, "{s:?} {end:?}");
        let weak = Propulsion { scale: 0.3, ..propulsion };
        assert!(Solution::constant(&arc, &weak, 0.95).is_none(), "less thrust than weight");
    }

    #[test]
    fn an_engine_lost_late_in_braking_is_answered_by_a_new_solution_at_once() {
        let (_, mut propulsion) = reading_a();
        let r = 1_737_400.0;
        let gate = [r + 1000.0, -32.0, 12.0, 0.0];
        let arc = Arc {
            gm: 4.9028e12,
            mass_kg: 440.0,
            now: [r + 6000.0, -77.0, 160.0],
            gate,
            excess: 0.0,
        };
        // Half a minute to the old gate, as the flight had it.
        let mut s = Solution { a: 0.5, b: 0.001, tgo_s: 35.0, u: 0.9, step: 0.01 };
        propulsion.assist = (4.0 * 216.0, 4.0 * 216.0 / (275.0 * 9.80665));
        let (range, _) = s.solve(&arc, &propulsion, [0.7, 1.0], Range::Long);
        let end = predict(&s, &arc, &propulsion);
        assert!(range == Range::Long && s.step < CONVERGED, "{s:?}");
        assert!((end[0] - gate[0]).abs() < 5.0 && (end[1] + 32.0).abs() < 0.5, "{end:?}");
    }

    #[test]
    fn without_thrust_the_predictor_keeps_energy_and_angular_momentum() {
        let (arc, mut propulsion) = reading_a();
        propulsion.scale = 0.0;
        let s = Solution { a: 0.0, b: 0.0, tgo_s: 600.0, u: 0.9, step: 0.0 };
        let end = predict(&s, &arc, &propulsion);
        let h0 = arc.now[0] * arc.now[2];
        assert!((end[0] * end[2] / h0 - 1.0).abs() < 1e-9);
        let energy = |r: f64, vr: f64, vh: f64| 0.5 * (vr * vr + vh * vh) - arc.gm / r;
        let (e0, e1) = (energy(arc.now[0], 0.0, arc.now[2]), energy(end[0], end[1], end[2]));
        assert!((e1 / e0 - 1.0).abs() < 1e-9);
    }
}
