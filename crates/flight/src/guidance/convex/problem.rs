//! The descent in the solver's units.
//!
//! Owns: what is asked, in SI, and its translation: time in durations, acceleration in the most thrust there
//! is over the mass at the start, mass as ζ = (z − z(0)) / ε with ε = α a T, so that ζ' = −σ.

use super::interior::{Outcome, Workspace};
use super::plan::{Defects, Plan};
use super::rows::Rows;
use nalgebra::Vector3;

/// Gravity and rotation at the target.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Gravity less the centrifugal part at the target, m/s², downwards.
    pub gravity_m_s2: f64,
    /// One over the distance to the body's centre, 1/m; zero for uniform gravity.
    pub curvature_per_m: f64,
    /// Rate of `L` in inertial space, components in `L`, rad/s.
    pub w_L: Vector3<f64>,
}

impl Field {
    /// Acceleration without thrust of a point at `p_L`, `v_L` from the target, m/s².
    pub fn acceleration(&self, p_L: &Vector3<f64>, v_L: &Vector3<f64>) -> Vector3<f64> {
        let q = self.curvature_per_m;
        let up = Vector3::new(q * p_L.x, q * p_L.y, q * p_L.z + 1.0);
        let square = up.dot(&up).max(1e-6);
        let pull = -self.gravity_m_s2 / (square * libm::sqrt(square));
        let w = &self.w_L;
        up * pull - w.cross(v_L) * 2.0 - w.cross(&w.cross(p_L))
    }
}

/// Where a descent begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Position in `L`, m.
    pub p_L: Vector3<f64>,
    /// Velocity over ground, `L`, m/s.
    pub v_L: Vector3<f64>,
    /// Mass, kg.
    pub mass_kg: f64,
}

/// Where it ends.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Position in `L`, m.
    pub p_L: Vector3<f64>,
    /// Velocity over ground, `L`, m/s.
    pub v_L: Vector3<f64>,
}

/// What the machine can do and may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Least and most thrust, N; least above zero.
    pub thrust_N: [f64; 2],
    /// Thrust over mass flow, m/s.
    pub exhaust_m_s: f64,
    /// Mass that must be left, kg.
    pub dry_kg: f64,
    /// Largest angle of thrust from vertical, rad.
    pub pointing_rad: Option<f64>,
    /// Largest angle from vertical at the start, rad, and by how much it grows from there, rad/s.
    pub turning: Option<(f64, f64)>,
    /// Time before the end, s, and largest angle from vertical, rad, from then on.
    pub upright: Option<(f64, f64)>,
    /// Least elevation as seen from the apex, rad; zero: not below the apex.
    pub glide_slope_rad: Option<f64>,
    /// Depth of the glide slope's apex below the target, m.
    pub apex_m: f64,
    /// Largest speed at the target's height, m/s.
    pub speed_m_s: Option<f64>,
    /// And how much more for every metre above it, 1/s.
    pub speed_per_m: f64,
}

impl Limits {
    /// Largest angle of thrust from vertical `past_s` after the start and `left_s` before the end, rad.
    pub fn tilt_rad(&self, past_s: f64, left_s: f64) -> Option<f64> {
        let first = self.turning.map(|(angle, rate)| angle + rate * past_s.max(0.0));
        let last = self.upright.filter(|(from_s, _)| left_s <= *from_s).map(|(_, angle)| angle);
        let all = [self.pointing_rad, first, last];
        all.into_iter().flatten().reduce(f64::min)
    }

    /// Numbers that a problem can be made of.
    pub fn sound(&self) -> bool {
        let [least, most] = self.thrust_N;
        let angle = |x: Option<f64>, most: f64| x.is_none_or(|x| (0.0..=most).contains(&x));
        let positive = |x: f64| x.is_finite() && x > 0.0;
        positive(least)
            && positive(most)
            && least < most
            && positive(self.exhaust_m_s)
            && positive(self.dry_kg)
            && angle(self.pointing_rad, core::f64::consts::PI)
            && angle(self.upright.map(|(_, rad)| rad), core::f64::consts::PI)
            && self.upright.is_none_or(|(s, _)| s.is_finite())
            && angle(self.turning.map(|(rad, _)| rad), core::f64::consts::PI)
            && self.turning.is_none_or(|(_, rate)| rate.is_finite() && rate >= 0.0)
            && angle(self.glide_slope_rad, 1.57)
            && self.apex_m >= 0.0
            && self.speed_m_s.is_none_or(positive)
            && self.speed_per_m >= 0.0
    }
}

/// SI of one scaled unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Units {
    pub time_s: f64,
    pub length_m: f64,
    pub speed_m_s: f64,
    pub acceleration_m_s2: f64,
    /// Change of ln m for a unit of ζ.
    pub epsilon: f64,
}

impl Units {
    pub fn new(start: &Start, limits: &Limits, time_s: f64) -> Self {
        let [_, most] = limits.thrust_N;
        let acceleration_m_s2 = most / start.mass_kg;
        let speed_m_s = acceleration_m_s2 * time_s;
        Self {
            time_s,
            length_m: speed_m_s * time_s,
            speed_m_s,
            acceleration_m_s2,
            epsilon: speed_m_s / limits.exhaust_m_s,
        }
    }
}

/// What one descent is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task<'a> {
    pub start: &'a Start,
    pub target: &'a Target,
    pub limits: &'a Limits,
    pub field: &'a Field,
    /// The mass that must be left is a constraint; else what comes out is only judged by it.
    pub sparing: bool,
}

impl Task<'_> {
    /// Writes the problem of a descent of `units.time_s` into the workspace. Mass and disturbance are those
    /// along a plan for the same start and target, without one those of a burn at most thrust and of the
    /// cubic between the ends. `defects` are added to the motion.
    pub fn write<const N: usize>(
        &self,
        units: &Units,
        workspace: &mut Workspace<N>,
        along: Option<&Plan<N>>,
        defects: &Defects<N>,
    ) {
        let p = self.start.p_L - self.target.p_L;
        let (v, end) = (self.start.v_L, self.target.v_L);
        let (length, speed) = (1.0 / units.length_m, 1.0 / units.speed_m_s);
        workspace.start =
            [p.x * length, p.y * length, p.z * length, v.x * speed, v.y * speed, v.z * speed, 0.0];
        workspace.end = [0.0, 0.0, 0.0, end.x * speed, end.y * speed, end.z * speed];
        let far = libm::sqrt(p.dot(&p)).max(1.0);
        let h = 1.0 / (N - 1) as f64;
        let mut before: Option<Vector3<f64>> = None;
        let mut drifts = [[0.0; 6]; N];
        for (k, (point, drift)) in workspace.points.iter_mut().zip(&mut drifts).enumerate() {
            let part = k as f64 * h;
            let (p, v, mass) =
                along.and_then(|plan| self.planned(plan, k, units)).unwrap_or_else(|| {
                    let (p, v) = self.cubic(part, units.time_s);
                    (p, v, self.burnt(part, units))
                });
            let pull = self.field.acceleration(&p, &v);
            point.rows = self.rows(units, mass, far, k == 0, k + 1 == N);
            // A node early, so that the step that ends there is upright where it must be.
            let left_s = (1.0 - part - h) * units.time_s;
            if let Some(angle) = self.limits.tilt_rad(part * units.time_s, left_s) {
                let angle = angle.min(core::f64::consts::PI);
                point.rows.pointing = [1.0, -libm::cos(angle), 0.0];
            }
            let now = pull / units.acceleration_m_s2;
            // Belongs to the step from the node before to this one.
            if let Some(before) = before {
                let place = (before * 2.0 + now) * (h * h / 6.0);
                let speed = (before + now) * (0.5 * h);
                *drift = [place.x, place.y, place.z, speed.x, speed.y, speed.z];
            }
            before = Some(now);
        }
        let steps = drifts.iter().skip(1).zip(defects);
        for (point, (drift, [more_place, more_speed])) in workspace.points.iter_mut().zip(steps) {
            let (place, rate) = (more_place * length, more_speed * speed);
            let more = [place.x, place.y, place.z, rate.x, rate.y, rate.z];
            for (to, (from, more)) in point.drift.iter_mut().zip(drift.iter().zip(more)) {
                *to = from + more;
            }
        }
    }

    /// Reads the workspace's solution into a plan.
    pub fn read<const N: usize>(
        &self,
        units: &Units,
        workspace: &Workspace<N>,
        outcome: Outcome,
        plan: &mut Plan<N>,
    ) {
        plan.duration_s = units.time_s;
        plan.outcome = outcome;
        plan.slack = 0.0;
        let places =
            plan.a_L.iter_mut().zip(&mut plan.p_L).zip(&mut plan.v_L).zip(&mut plan.mass_kg);
        for ((((a, p), v), mass_kg), (w, x)) in places.zip(workspace.nodes()) {
            let [ux, uy, uz, sigma] = w;
            let u = Vector3::new(ux, uy, uz);
            plan.slack = plan.slack.max(1.0 - libm::sqrt(u.dot(&u)) / sigma.max(1e-9));
            *a = u * units.acceleration_m_s2;
            let [rx, ry, rz, vx, vy, vz, mass] = x;
            *p = self.target.p_L + Vector3::new(rx, ry, rz) * units.length_m;
            *v = Vector3::new(vx, vy, vz) * units.speed_m_s;
            *mass_kg = self.start.mass_kg * libm::exp(mass * units.epsilon);
        }
        let left_kg = plan.mass_kg.last().copied().unwrap_or(self.start.mass_kg);
        plan.propellant_kg = self.start.mass_kg - left_kg;
    }

    /// Position from the target, velocity and ζ at a node of a plan.
    fn planned<const N: usize>(
        &self,
        plan: &Plan<N>,
        k: usize,
        units: &Units,
    ) -> Option<(Vector3<f64>, Vector3<f64>, f64)> {
        let (p, v, mass_kg) = (plan.p_L.get(k)?, plan.v_L.get(k)?, plan.mass_kg.get(k)?);
        let mass = libm::log(mass_kg / self.start.mass_kg) / units.epsilon;
        Some((p - self.target.p_L, *v, mass))
    }

    /// Position from the target and velocity on the cubic between the ends, at a share of the time.
    fn cubic(&self, part: f64, time_s: f64) -> (Vector3<f64>, Vector3<f64>) {
        let p = self.start.p_L - self.target.p_L;
        let (v, w) = (self.start.v_L * time_s, self.target.v_L * time_s);
        let (two, three) = (-p * 3.0 - v * 2.0 - w, p * 2.0 + v + w);
        let place = p + (v + (two + three * part) * part) * part;
        let speed = v + (two * 2.0 + three * (3.0 * part)) * part;
        (place, speed / time_s)
    }

    /// ζ after a share of the time at most thrust, not below what must be left.
    fn burnt(&self, part: f64, units: &Units) -> f64 {
        let left = (1.0 - units.epsilon * part).max(self.limits.dry_kg / self.start.mass_kg);
        libm::log(left) / units.epsilon
    }

    /// The constraints of a node whose mass is expected at `mass`.
    fn rows(&self, units: &Units, mass: f64, far_m: f64, first: bool, last: bool) -> Rows {
        let limits = self.limits;
        let d = units.epsilon * mass;
        let most = libm::exp(-d);
        let [low, high] = limits.thrust_N;
        let least = most * low / high;
        let mut rows = Rows::FREE;
        rows.least = [2.0 / least, 2.0 * units.epsilon];
        rows.least_one = [-1.0 - 2.0 * d, -3.0 - 2.0 * d, -2.0 * d];
        rows.most = [-1.0, -most * units.epsilon, most * (1.0 + d)];
        if last && self.sparing {
            let dry = libm::log(limits.dry_kg / self.start.mass_kg) / units.epsilon;
            rows.mass = [-1.0 / dry.min(-1e-9), 1.0];
        }
        if first || last {
            return rows;
        }
        if let Some(slope) = limits.glide_slope_rad {
            let (sine, cosine) = (libm::sin(slope), libm::cos(slope));
            let scale = units.length_m / far_m;
            rows.slope = [cosine * scale, sine * scale, cosine * limits.apex_m / far_m];
        }
        if let Some(speed) = limits.speed_m_s {
            let per = 1.0 / speed;
            rows.speed = [limits.speed_per_m * units.length_m * per, units.speed_m_s * per, 1.0];
        }
        rows
    }
}
