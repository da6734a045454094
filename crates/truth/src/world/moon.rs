//! The Moon as one run sees it: its orientation and its slow gravity, remembered between calls.
//!
//! As programmed: `R_IM(t) = exp(w (t − t₀)) R_IM(t₀)` with w the rotation from t₀ to t₀ + 1 s, so that
//! it is exact at both ends; the slow forces are extrapolated by the parabola through their last three
//! evaluations. Largest error before a refresh on the way down from 100 km to the ground at degree 150,
//! measured in the tests: 5e-7 m/s² when refreshed every 0.5 s (4e-6 every second, 1e-7 every quarter). They
//! change with the way covered, so slower flight stretches the refresh, by [`STRETCH_MAX`] at most; in a
//! powered descent whose thrust jumps by 2 m/s² now and then the error stays below 5e-7 m/s², measured too.

use crate::environment::Environment;
use crate::environment::orientation::Orientation;
use icd::frames::{I, M, Position, Vector};
use icd::rotation::{Quaternion, Rotation};
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Orientation of the Moon, exact once a second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moon {
    t0: Time,
    R0_IM: Rotation<I, M>,
    R1_IM: Rotation<I, M>,
    /// Mean rate from `t0` to one second later, inertial axes, rad/s.
    pub w_IM_I: Vector3<f64>,
}

const RENEWAL: Span = Span::from_ms(1000);

impl Moon {
    /// `None` outside the orientation's span.
    pub fn new(orientation: &Orientation, t0: Time) -> Option<Self> {
        Some(Self::between(t0, orientation.R_IM(t0)?, orientation.R_IM(t0 + RENEWAL)?))
    }

    fn between(t0: Time, R0_IM: Rotation<I, M>, R1_IM: Rotation<I, M>) -> Self {
        let turn: Rotation<I, I> = R1_IM * R0_IM.inverse();
        Self { t0, R0_IM, R1_IM, w_IM_I: Quaternion::from_rotation(turn).log() / RENEWAL.s() }
    }

    /// Moves the remembered second on when `t` has left it; `None` outside the orientation's span.
    pub fn follow(&mut self, orientation: &Orientation, t: Time) -> Option<()> {
        let next = self.t0 + RENEWAL;
        if t >= self.t0 && t < next {
            return Some(());
        }
        *self = if t >= next && t < next + RENEWAL {
            Self::between(next, self.R1_IM, orientation.R_IM(next + RENEWAL)?)
        } else {
            Self::new(orientation, t)?
        };
        Some(())
    }

    /// `R_IM` at a time within the remembered second.
    pub fn R_IM(&self, t: Time) -> Rotation<I, M> {
        let turned = Quaternion::<I, I>::exp(self.w_IM_I * (t - self.t0).s());
        turned.rotation() * self.R0_IM
    }
}

/// Speed at which the slow forces are refreshed as configured, m/s: that of low orbit.
const FAST_M_S: f64 = 1700.0;
/// How much longer than configured they are held when the lander is slow.
const STRETCH_MAX: f64 = 4.0;

/// Slow forces, refreshed now and then: see [`Environment::perturbation`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Perturbation {
    refresh: Span,
    /// The last three evaluations, oldest first: time and m/s².
    nodes: [(Time, Vector3<f64>); 3],
    /// First and second divided differences at the newest, m/s³ and m/s⁴.
    slope_I: Vector3<f64>,
    bend_I: Vector3<f64>,
}

impl Perturbation {
    /// `None` outside the ephemeris. The first two refreshes are evaluated in advance, along free fall.
    pub fn new(
        environment: &Environment,
        (p_MB_I, v_I): (Vector<Position, I>, Vector3<f64>),
        t: Time,
        refresh: Span,
        exposure_m2_kg: f64,
    ) -> Option<Self> {
        let a_I = environment.acceleration_I(p_MB_I, t, exposure_m2_kg)?.si();
        let mut nodes = [(t, Vector3::zeros()); 3];
        for (n, node) in nodes.iter_mut().enumerate() {
            let then = t + Span::from_ns(refresh.ns() * n as i64);
            let ahead_s = (then - t).s();
            let p = p_MB_I.si() + (v_I + a_I * (0.5 * ahead_s)) * ahead_s;
            let force_I = environment.perturbation(Vector::from_si(p), then, exposure_m2_kg)?;
            *node = (then, force_I.si());
        }
        Some(Self::through(nodes, refresh))
    }

    fn through(nodes: [(Time, Vector3<f64>); 3], refresh: Span) -> Self {
        let [(t0, a0), (t1, a1), (t2, a2)] = nodes;
        let slope_I = (a2 - a1) / (t2 - t1).s();
        let bend_I = (slope_I - (a1 - a0) / (t1 - t0).s()) / (t2 - t0).s();
        Self { refresh, nodes, slope_I, bend_I }
    }

    /// Whether an evaluation is due at `t`, flying at `speed_m_s`.
    fn due(&self, t: Time, speed_m_s: f64) -> bool {
        let [_, _, (newest, _)] = self.nodes;
        if t - newest < self.refresh {
            return false;
        }
        let stretch = (FAST_M_S / speed_m_s.max(1.0)).clamp(1.0, STRETCH_MAX);
        (t - newest).s() >= self.refresh.s() * stretch
    }

    /// Evaluates again when it is due; `None` outside the ephemeris.
    pub fn follow(
        &mut self,
        environment: &Environment,
        (p_MB_I, v_I): (Vector<Position, I>, Vector3<f64>),
        t: Time,
        exposure_m2_kg: f64,
    ) -> Option<()> {
        if !self.due(t, v_I.norm()) {
            return Some(());
        }
        let [_, middle, newest] = self.nodes;
        let a_I = environment.perturbation(p_MB_I, t, exposure_m2_kg)?.si();
        *self = Self::through([middle, newest, (t, a_I)], self.refresh);
        Some(())
    }

    /// Value at `t`, m/s², and slope, m/s³.
    pub fn at(&self, t: Time) -> (Vector3<f64>, Vector3<f64>) {
        let [_, (t1, _), (t2, a2)] = self.nodes;
        let (x, y) = ((t - t2).s(), (t - t1).s());
        (a2 + self.slope_I * x + self.bend_I * (x * y), self.slope_I + self.bend_I * (x + y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::terrain::TerrainConfig;

    /// The highest degree held over ground without relief.
    fn smooth_moon() -> Environment {
        let smooth = TerrainConfig {
            seed: 1,
            age_gyr: 3.5,
            rock_abundance: 0.01,
            relief: false,
            tiles: vec![],
        };
        Environment::new(150, &smooth).unwrap()
    }

    #[test]
    fn the_remembered_orientation_stays_on_the_exact_one() {
        let start = Time::from_tai_ns(802_422_000_000_000_000);
        let orientation = Orientation::de421();
        let mut moon = Moon::new(&orientation, start).unwrap();
        let mut worst_m = 0.0_f64;
        for n in 0..500 {
            let t = start + Span::from_ms(37 * n);
            moon.follow(&orientation, t).unwrap();
            let error = (moon.R_IM(t).si() - orientation.R_IM(t).unwrap().si()).norm();
            worst_m = worst_m.max(error * icd::constants::MOON_RADIUS_M);
        }
        // A double resolves the time past J2000 to 0.1 µs: 0.5 µm of turn, and the rate likewise.
        assert!(worst_m < 1e-5, "{worst_m} m on the surface");
    }

    #[test]
    fn the_rate_is_that_of_the_orientation() {
        let t = Time::from_tai_ns(802_422_000_000_000_000);
        let orientation = Orientation::de421();
        let w = Moon::new(&orientation, t).unwrap().w_IM_I;
        assert!((w - orientation.w_IM_I(t).unwrap().si()).norm() < 1e-11, "{w}");
    }

    /// Largest difference, m/s², between the remembered forces and their evaluation, just before each
    /// refresh, on free fall from 100 km to `ground_m` over the sphere of 1737.4 km.
    fn worst_on_the_way_down(
        environment: &Environment,
        (node_rad, ground_m): (f64, f64),
        refresh: Span,
    ) -> f64 {
        let (high_m, low_m) = (1.8374e6, 1.7374e6 + ground_m);
        let gm = environment.gravity.gm_m3_s2();
        let speed_m_s = (gm * (2.0 / high_m - 2.0 / (high_m + low_m))).sqrt();
        // Polar, beginning over the equator at the given node; half an orbit to the ground.
        let mut p = high_m * Vector3::new(node_rad.cos(), node_rad.sin(), 0.0);
        let mut v = Vector3::new(0.0, 0.0, speed_m_s);
        let start = Time::from_utc("2025-06-05T18:00:00").unwrap();
        let pull = |p: &Vector3<f64>| environment.point_mass(Vector::from_si(*p)).si();
        let mut held =
            Perturbation::new(environment, (Vector::from_si(p), v), start, refresh, 0.006).unwrap();
        let (mut worst, step) = (0.0_f64, Span::from_ms(100));
        for n in 0_i64.. {
            let t = start + Span::from_ns(step.ns() * n);
            if p.norm() < low_m + 0.5 {
                break;
            }
            if held.due(t, v.norm()) {
                let exact = environment.perturbation(Vector::from_si(p), t, 0.006).unwrap().si();
                worst = worst.max((held.at(t).0 - exact).norm());
            }
            held.follow(environment, (Vector::from_si(p), v), t, 0.006).unwrap();
            let half = v + pull(&p) * (0.5 * step.s());
            p += half * step.s();
            v = half + pull(&p) * (0.5 * step.s());
            if p.norm() > 1.85e6 || n > 60_000 {
                panic!("the path misses the ground");
            }
        }
        worst
    }

    #[test]
    fn the_remembered_forces_stay_on_the_evaluated_ones_down_to_the_ground() {
        // The highest degree held, on four meridians, to the sphere and to the floor of the deepest basin.
        let environment = smooth_moon();
        let mut worst = 0.0_f64;
        for node_rad in [0.0, 0.8, 2.4, 3.9] {
            for ground_m in [0.0, -8000.0] {
                let refresh = Span::from_ms(500);
                let here = worst_on_the_way_down(&environment, (node_rad, ground_m), refresh);
                worst = worst.max(here);
            }
        }
        println!("refreshed every 500 ms: {worst:.2e} m/s²");
        assert!(worst < 1e-6 && worst > 1e-12, "{worst:e}");
    }

    #[test]
    fn they_stay_on_them_in_a_powered_descent_whose_thrust_jumps() {
        // From 15 km: 3.5 m/s² against the motion, then 2 m/s² more or less every seven seconds, down to 30 m/s.
        let environment = smooth_moon();
        let start = Time::from_utc("2025-06-05T18:00:00").unwrap();
        let (mut worst, mut longest_s) = (0.0_f64, 0.0_f64);
        for node_rad in [0.0_f64, 0.8, 2.4, 3.9] {
            let mut p = 1.7524e6 * Vector3::new(node_rad.cos(), node_rad.sin(), 0.0);
            let mut v = Vector3::new(0.0, 0.0, 1690.0);
            let place = |p: Vector3<f64>| Vector::<Position, I>::from_si(p);
            let refresh = Span::from_ms(500);
            let mut held =
                Perturbation::new(&environment, (place(p), v), start, refresh, 0.006).unwrap();
            for n in 0_i64..6000 {
                let t = start + Span::from_ms(100 * n);
                if v.norm() < 30.0 {
                    break;
                }
                if held.due(t, v.norm()) {
                    let exact = environment.perturbation(place(p), t, 0.006).unwrap().si();
                    worst = worst.max((held.at(t).0 - exact).norm());
                    longest_s = longest_s.max((t - held.nodes[2].0).s());
                }
                held.follow(&environment, (place(p), v), t, 0.006).unwrap();
                let jump = if (n / 70) % 2 == 0 { 2.0 } else { 0.0 };
                // Lift that holds the path near level: gravity less the centrifugal part, and 20 m/s down.
                let up = p / p.norm();
                let level = v - up * v.dot(&up);
                let lift = (-20.0 - v.dot(&up)) * 0.1;
                let a = -level / level.norm().max(1.0) * (2.5 + jump) + up * lift;
                let turn = -up * (level.norm_squared() / p.norm());
                p += v * 0.1 + (a + turn) * 0.005;
                v += (a + turn) * 0.1;
            }
        }
        println!("held for {longest_s} s at most: {worst:.2e} m/s²");
        assert!(worst < 1e-6 && longest_s > 1.9, "{worst:e}, {longest_s} s");
    }

    #[test]
    fn a_jump_in_time_is_followed() {
        let t = Time::from_tai_ns(802_422_000_000_000_000);
        let orientation = Orientation::de421();
        let mut moon = Moon::new(&orientation, t).unwrap();
        for seconds in [500, -300] {
            let there = t + Span::from_ms(1000 * seconds);
            moon.follow(&orientation, there).unwrap();
            let exact = orientation.R_IM(there).unwrap();
            assert!((moon.R_IM(there).si() - exact.si()).norm() < 1e-15);
        }
    }

    #[test]
    fn where_the_orientation_ends_the_moon_ends() {
        let orientation = Orientation::de421();
        let last = Time::from_utc("2031-12-31T23:58:50").unwrap();
        let mut moon = Moon::new(&orientation, last - Span::from_ms(1000)).unwrap();
        assert!(moon.follow(&orientation, last + Span::from_ms(900)).is_none());
        assert!(Moon::new(&orientation, last + Span::from_ms(900)).is_none());
    }
}
