//! A descent as planned, and what becomes of it in the complete equations.
//!
//! Owns: the nodes of a plan, thrust in between, and the propagation that must pass before it is flown.
//! Programmed: between nodes the size of thrust acceleration is linear, as σ is, and its direction that of the
//! linear vector: the vector itself would be too short where thrust turns fast, and fall below the least
//! thrust. What that changes between two nodes is a defect that the next pass takes into account. Propagated by the method of Runge and Kutta of
//! order 4, four steps between nodes, with gravity as it is at the place, rotation, and mass by the thrust
//! that is flown. What is checked at each of these steps is thrust itself, not its convex bound.

use super::interior::Outcome;
use super::problem::{Field, Limits, Start, Target};
use nalgebra::Vector3;

/// Propagated steps between two nodes.
const STEPS: u32 = 4;

/// A descent at `N` nodes, equally spaced in time.
#[derive(Clone, Copy, Debug)]
pub struct Plan<const N: usize> {
    /// Time from the first to the last node, s.
    pub duration_s: f64,
    /// Thrust acceleration, `L`, m/s².
    pub a_L: [Vector3<f64>; N],
    /// Position in `L`, m.
    pub p_L: [Vector3<f64>; N],
    /// Velocity, `L`, m/s.
    pub v_L: [Vector3<f64>; N],
    /// Mass, kg.
    pub mass_kg: [f64; N],
    /// Propellant, kg.
    pub propellant_kg: f64,
    /// Largest (σ − |u|) / σ at a node: zero where the convexification lost nothing.
    pub slack: f64,
    /// How the solver ended.
    pub outcome: Outcome,
}

impl<const N: usize> Plan<N> {
    /// Nothing planned.
    pub(super) fn empty(outcome: Outcome) -> Self {
        let none = [Vector3::zeros(); N];
        Self {
            duration_s: 0.0,
            a_L: none,
            p_L: none,
            v_L: none,
            mass_kg: [0.0; N],
            propellant_kg: 0.0,
            slack: 0.0,
            outcome,
        }
    }

    /// Thrust acceleration `t_s` after the start, `L`, m/s²; outside the plan that of its nearer end.
    pub fn at(&self, t_s: f64) -> Vector3<f64> {
        let last = N - 1;
        let at = (t_s / self.duration_s.max(1e-9) * last as f64).clamp(0.0, last as f64);
        let mut out = self.a_L.last().copied().unwrap_or_default();
        for (k, pair) in self.a_L.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            let part = at - k as f64;
            if (0.0..=1.0).contains(&part) {
                out = between(a, b, part);
                break;
            }
        }
        out
    }

    /// Position, m, and velocity, m/s, in `L`, `t_s` after the start: cubic between nodes, as linear thrust makes
    /// them; outside the plan those of its nearer end.
    pub fn state(&self, t_s: f64) -> (Vector3<f64>, Vector3<f64>) {
        let last = N - 1;
        let h = self.duration_s.max(1e-9) / last as f64;
        let at = (t_s / h).clamp(0.0, last as f64);
        let ends = (self.p_L.last().copied(), self.v_L.last().copied());
        let mut out = (ends.0.unwrap_or_default(), ends.1.unwrap_or_default());
        for (k, (p, v)) in self.p_L.windows(2).zip(self.v_L.windows(2)).enumerate() {
            let ([p0, p1], [v0, v1]) = (p, v) else { continue };
            let part = at - k as f64;
            if (0.0..=1.0).contains(&part) {
                let (two, three) = (part * part, part * part * part);
                let rise = 3.0 * two - 2.0 * three;
                let place = p0 + (p1 - p0) * rise;
                let bend = v0 * (part - 2.0 * two + three) + v1 * (three - two);
                let mean = (p1 - p0) * (6.0 * (part - two) / h);
                let speed = v0 * (1.0 - 4.0 * part + 3.0 * two) + v1 * (3.0 * two - 2.0 * part);
                out = (place + bend * h, mean + speed);
                break;
            }
        }
        out
    }
}

/// What a plan misses or exceeds when it is propagated. Zero or negative excess: kept.
#[derive(Clone, Copy, Debug)]
pub struct Residuals {
    /// Distance from the target at the end, m.
    pub position_m: f64,
    /// Velocity error at the end, m/s.
    pub velocity_m_s: f64,
    /// Thrust below the least, as a share of it.
    pub thrust_low: f64,
    /// Thrust above the most, as a share of it.
    pub thrust_high: f64,
    /// Angle of thrust from vertical beyond the largest allowed, rad.
    pub pointing_rad: f64,
    /// Depth below the glide slope's cone, m.
    pub slope_m: f64,
    /// Above the largest speed, m/s.
    pub speed_m_s: f64,
    /// Mass missing at the end, kg.
    pub mass_kg: f64,
}

impl Residuals {
    /// Limits of what may be flown, assumed: an end much nearer than navigation knows it, thrust to what
    /// its calibration is worth, tilt to what attitude control is worth, a path that sags between nodes by less than
    /// the map is wrong.
    pub const FLYABLE: Self = Self {
        position_m: 0.1,
        velocity_m_s: 0.02,
        thrust_low: 0.01,
        thrust_high: 0.01,
        pointing_rad: 0.02,
        slope_m: 2.0,
        speed_m_s: 0.5,
        mass_kg: 0.1,
    };

    fn parts(&self) -> [f64; 8] {
        [
            self.position_m,
            self.velocity_m_s,
            self.thrust_low,
            self.thrust_high,
            self.pointing_rad,
            self.slope_m,
            self.speed_m_s,
            self.mass_kg,
        ]
    }

    /// Nothing above `limits`; what is not a number is above everything.
    pub fn within(&self, limits: &Self) -> bool {
        self.parts().iter().zip(limits.parts()).all(|(x, limit)| *x <= limit)
    }
}

fn size(a: &Vector3<f64>) -> f64 {
    libm::sqrt(a.dot(a))
}

/// Thrust acceleration at a share of the way between two nodes.
fn between(a: &Vector3<f64>, b: &Vector3<f64>, part: f64) -> Vector3<f64> {
    let straight = a + (b - a) * part;
    let (short, full) = (size(&straight), size(a) + (size(b) - size(a)) * part);
    if short > 0.1 * full { straight * (full / short) } else { straight }
}

#[derive(Clone, Copy)]
struct Point {
    p: Vector3<f64>,
    v: Vector3<f64>,
    mass_kg: f64,
}

/// Propagates `plan` from `start` with thrust as planned; `target` is where positions of `field` count from.
pub fn verify<const N: usize>(
    plan: &Plan<N>,
    start: &Start,
    target: &Target,
    limits: &Limits,
    field: &Field,
) -> Residuals {
    propagate(plan, start, target, limits, field, &mut [[Vector3::zeros(); 2]; N])
}

/// What motion between two nodes adds to that of the solver's equations: position, m, and velocity, m/s.
pub type Defects<const N: usize> = [[Vector3<f64>; 2]; N];

/// The same; adds to `defects` what the step from each node has more than the plan's nodes say.
pub(super) fn propagate<const N: usize>(
    plan: &Plan<N>,
    start: &Start,
    target: &Target,
    limits: &Limits,
    field: &Field,
    defects: &mut Defects<N>,
) -> Residuals {
    let mut worst = Residuals {
        position_m: 0.0,
        velocity_m_s: 0.0,
        thrust_low: f64::NEG_INFINITY,
        thrust_high: f64::NEG_INFINITY,
        pointing_rad: f64::NEG_INFINITY,
        slope_m: f64::NEG_INFINITY,
        speed_m_s: f64::NEG_INFINITY,
        mass_kg: 0.0,
    };
    let dt_s = plan.duration_s / ((N - 1) as f64 * f64::from(STEPS));
    let mut at = Point { p: start.p_L - target.p_L, v: start.v_L, mass_kg: start.mass_kg };
    let mut before = [Vector3::zeros(); 2];
    let planned = plan.p_L.iter().zip(&plan.v_L).skip(1);
    let steps = plan.a_L.windows(2).zip(planned).zip(defects).enumerate();
    for (k, ((pair, (p, v)), defect)) in steps {
        let [a, b] = pair else { continue };
        // Constraints of place hold from the second node to the last but one.
        let inner = k > 0 && k + 2 < N;
        for i in 0..STEPS {
            let (from, half) = (f64::from(i) / f64::from(STEPS), 0.5 / f64::from(STEPS));
            let thrust = |part: f64| between(a, b, part);
            let left_s = plan.duration_s - dt_s * (k as f64 * f64::from(STEPS) + f64::from(i));
            check(
                &mut worst,
                &at,
                &thrust(from),
                limits,
                (plan.duration_s - left_s, left_s, inner),
            );
            let ends = [thrust(from), thrust(from + half), thrust(from + 2.0 * half)];
            at = advance(&at, &ends, dt_s, limits.exhaust_m_s, field);
        }
        let (place, speed) = (at.p + target.p_L - p, at.v - v);
        let ([more_place, more_speed], [was_place, was_speed]) = (defect, before);
        *more_place += place - was_place - was_speed * (dt_s * f64::from(STEPS));
        *more_speed += speed - was_speed;
        before = [place, speed];
    }
    if let Some(a) = plan.a_L.last() {
        check(&mut worst, &at, a, limits, (plan.duration_s, 0.0, false));
    }
    let miss = at.v - target.v_L;
    worst.position_m = size(&at.p);
    worst.velocity_m_s = size(&miss);
    worst.mass_kg = limits.dry_kg - at.mass_kg;
    worst
}

fn check(
    worst: &mut Residuals,
    at: &Point,
    a: &Vector3<f64>,
    limits: &Limits,
    (past_s, left_s, inner): (f64, f64, bool),
) {
    let [low, high] = limits.thrust_N;
    let thrust = size(a) * at.mass_kg;
    worst.thrust_low = worst.thrust_low.max(1.0 - thrust / low);
    worst.thrust_high = worst.thrust_high.max(thrust / high - 1.0);
    if let Some(angle) = limits.tilt_rad(past_s, left_s) {
        let tilt = libm::atan2(libm::hypot(a.x, a.y), a.z);
        worst.pointing_rad = worst.pointing_rad.max(tilt - angle);
    }
    if !inner {
        return;
    }
    if let Some(slope) = limits.glide_slope_rad {
        let across = libm::hypot(at.p.x, at.p.y);
        let depth = across * libm::sin(slope) - (at.p.z + limits.apex_m) * libm::cos(slope);
        worst.slope_m = worst.slope_m.max(depth);
    }
    if let Some(speed) = limits.speed_m_s {
        let most = speed + limits.speed_per_m * at.p.z;
        worst.speed_m_s = worst.speed_m_s.max(size(&at.v) - most);
    }
}

/// One step of Runge and Kutta; `thrust` at its begin, middle and end.
fn advance(
    at: &Point,
    thrust: &[Vector3<f64>; 3],
    dt_s: f64,
    exhaust_m_s: f64,
    field: &Field,
) -> Point {
    let [first, middle, last] = thrust;
    let half = 0.5 * dt_s;
    let rate = |p: &Vector3<f64>, v: &Vector3<f64>, a: &Vector3<f64>| a + field.acceleration(p, v);
    let a1 = rate(&at.p, &at.v, first);
    let v2 = at.v + a1 * half;
    let a2 = rate(&(at.p + at.v * half), &v2, middle);
    let v3 = at.v + a2 * half;
    let a3 = rate(&(at.p + v2 * half), &v3, middle);
    let v4 = at.v + a3 * dt_s;
    let a4 = rate(&(at.p + v3 * dt_s), &v4, last);
    // ln m falls by the integral of thrust acceleration over exhaust speed; rule of Simpson.
    let spent = (size(first) + 4.0 * size(middle) + size(last)) * dt_s / (6.0 * exhaust_m_s);
    Point {
        p: at.p + (at.v + (v2 + v3) * 2.0 + v4) * (dt_s / 6.0),
        v: at.v + (a1 + (a2 + a3) * 2.0 + a4) * (dt_s / 6.0),
        mass_kg: at.mass_kg * libm::exp(-spent),
    }
}

#[cfg(test)]
mod tests {
    use super::super::planner::Planner;
    use super::*;

    fn divert() -> (Plan<20>, Start, Target, Limits, Field) {
        let field = Field {
            gravity_m_s2: 1.622,
            curvature_per_m: 5.8e-7,
            w_L: Vector3::new(0.0, 1e-6, 2e-6),
        };
        let start = Start {
            p_L: Vector3::new(-100.0, 20.0, 500.0),
            v_L: Vector3::new(5.0, 0.0, -18.0),
            mass_kg: 450.0,
        };
        let target = Target { p_L: Vector3::new(3.0, 4.0, 5.0), v_L: Vector3::new(0.0, 0.0, -1.0) };
        let limits = Limits {
            thrust_N: [420.0, 1716.0],
            exhaust_m_s: 2900.0,
            dry_kg: 340.0,
            pointing_rad: Some(0.7),
            turning: None,
            upright: None,
            glide_slope_rad: Some(0.2),
            apex_m: 1.0,
            speed_m_s: Some(30.0),
            speed_per_m: 0.05,
        };
        let plan = Planner::new(field).plan_in(&start, &target, &limits, 40.0).unwrap();
        (plan, start, target, limits, field)
    }

    #[test]
    fn the_size_of_thrust_is_linear_between_nodes_and_held_outside() {
        let (plan, ..) = divert();
        let step = plan.duration_s / 19.0;
        let (a, b) = (plan.a_L[3], plan.a_L[4]);
        let middle = plan.at(3.5 * step);
        assert!((middle.norm() - 0.5 * (a.norm() + b.norm())).abs() < 1e-12);
        assert!(middle.cross(&(a + b)).norm() < 1e-12);
        assert!((plan.at(7.0 * step) - plan.a_L[7]).norm() < 1e-12);
        assert!(plan.at(-1.0) == plan.a_L[0] && plan.at(1e3) == plan.a_L[19]);
    }

    #[test]
    fn the_state_between_nodes_is_where_its_own_thrust_leads() {
        let (plan, start, target, limits, field) = divert();
        let step = plan.duration_s / 19.0;
        for k in 0..19 {
            let t_s = step * f64::from(k);
            let (p, v) = plan.state(t_s);
            assert!((p - plan.p_L[k as usize]).norm() < 1e-9);
            assert!((v - plan.v_L[k as usize]).norm() < 1e-9);
            // A third of the way on, by the thrust in between.
            let mut at = Point { p: p - target.p_L, v, mass_kg: start.mass_kg };
            for i in 0..10 {
                let from = t_s + step * f64::from(i) / 30.0;
                let a = [0.0, 0.5, 1.0].map(|part| plan.at(from + part * step / 30.0));
                at = advance(&at, &a, step / 30.0, limits.exhaust_m_s, &field);
            }
            let (p, v) = plan.state(t_s + step / 3.0);
            let (far, fast) = ((at.p + target.p_L - p).norm(), (at.v - v).norm());
            assert!(far < 0.02 && fast < 0.03, "{k}: {far} {fast}");
        }
        assert!(plan.state(-1.0).0 == plan.p_L[0] && plan.state(1e3).1 == plan.v_L[19]);
    }

    /// Each defect is seen by the number that is meant for it, and by that number first.
    #[test]
    fn verification_sees_what_is_wrong_with_a_plan() {
        let (plan, start, target, limits, field) = divert();
        let good = verify(&plan, &start, &target, &limits, &field);
        assert!(good.within(&Residuals::FLYABLE) && good.position_m < 1e-3, "{good:?}");
        let of = |plan: &Plan<20>, limits: &Limits, field: &Field| {
            verify(plan, &start, &target, limits, field)
        };
        let mut bad = plan;
        bad.a_L[9] *= 1.02;
        assert!(of(&bad, &limits, &field).position_m > Residuals::FLYABLE.position_m);
        let other = Field { gravity_m_s2: 1.63, ..field };
        assert!(of(&plan, &limits, &other).velocity_m_s > Residuals::FLYABLE.velocity_m_s);
        let most =
            plan.a_L.iter().zip(&plan.mass_kg).map(|(a, m)| a.norm() * m).fold(0.0, f64::max);
        let weak = Limits { thrust_N: [420.0, 0.9 * most], ..limits };
        assert!((of(&plan, &weak, &field).thrust_high - 1.0 / 0.9 + 1.0).abs() < 0.005);
        let strong = Limits { thrust_N: [600.0, 1716.0], ..limits };
        assert!((of(&plan, &strong, &field).thrust_low - 0.3).abs() < 0.005);
        let upright = Limits { pointing_rad: Some(0.0), ..limits };
        assert!(of(&plan, &upright, &field).pointing_rad > Residuals::FLYABLE.pointing_rad);
        let late = Limits { upright: Some((10.0, 0.0)), ..limits };
        assert!(of(&plan, &late, &field).pointing_rad > Residuals::FLYABLE.pointing_rad);
        let steep = Limits { glide_slope_rad: Some(1.5), ..limits };
        assert!(of(&plan, &steep, &field).slope_m > Residuals::FLYABLE.slope_m);
        let slow = Limits { speed_m_s: Some(5.0), speed_per_m: 0.0, ..limits };
        assert!(of(&plan, &slow, &field).speed_m_s > Residuals::FLYABLE.speed_m_s);
        let dry = Limits { dry_kg: 449.0, ..limits };
        assert!(of(&plan, &dry, &field).mass_kg > Residuals::FLYABLE.mass_kg);
        bad.a_L[9].x = f64::NAN;
        assert!(!of(&bad, &limits, &field).within(&Residuals::FLYABLE));
    }
}
