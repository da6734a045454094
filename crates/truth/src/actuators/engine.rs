//! One thruster: a valve that opens and shuts at the nanosecond, and a first order chamber behind it.
//!
//! Published nowhere in particular: the usual lag model, τ dF/dt = u F_max − F with u the valve.
//! As programmed: integrated exactly. With the level x = F/F_max and the valve open for the first
//! `open` of a step of `dt`, the mean level is
//!     x̄ = open/dt − (τ/dt) (x₁ − x₀)
//! so that the impulse of a whole pulse is F_max times its width at any step size. A decaying level
//! below 1e-9 is emptied into the same step.
//! Refuses: ignition transients, mixture shifts, thrust roughness, minimum off time.

use crate::dynamics::Wrench;
use crate::random::Stream;
use crate::vehicle::{Engine, EngineDispersion};
use icd::constants::STANDARD_GRAVITY_M_S2;
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// Level below which a decaying chamber is emptied at once.
const LEVEL_EMPTY: f64 = 1e-9;

/// One thruster as it is in this run.
#[derive(Clone, Debug)]
pub struct Thruster {
    /// Force and torque about the body origin at full thrust.
    full: Wrench,
    thrust_N: f64,
    /// Mass flow at full thrust times the step, kg.
    used_kg_full_step: f64,
    lag_s: f64,
    on_min: Span,
    step: Span,
    step_s: f64,
    /// exp(−step/τ).
    decay: f64,
    /// Chamber level, 0 to 1.
    level: f64,
    opened: Time,
    shut: Time,
}

impl Thruster {
    /// Draws thrust, specific impulse and alignment, in this order, from `stream`.
    pub fn new(spec: &Engine, spread: &EngineDispersion, step: Span, stream: &mut Stream) -> Self {
        let thrust_N = spec.thrust_N * (1.0 + spread.thrust_sigma * stream.normal());
        let isp_s = spec.isp_s * (1.0 + spread.isp_sigma * stream.normal());
        let (tilt_a_rad, tilt_b_rad) = (stream.normal(), stream.normal());
        let d = Vector3::from(spec.d_B);
        let across = if d.z.abs() < 0.9 { Vector3::z() } else { Vector3::x() };
        let a = d.cross(&across).normalize();
        let b = d.cross(&a);
        let tilted = d + (a * tilt_a_rad + b * tilt_b_rad) * spread.alignment_sigma_rad;
        let f_B = tilted.normalize() * thrust_N;
        let step_s = step.s();
        Self {
            full: Wrench { f_B, t_B: Vector3::from(spec.p_BA_B).cross(&f_B) },
            thrust_N,
            used_kg_full_step: thrust_N / (isp_s * STANDARD_GRAVITY_M_S2) * step_s,
            lag_s: spec.lag_s,
            on_min: Span::from_s(spec.on_min_s),
            step,
            step_s,
            decay: if spec.lag_s > 0.0 { libm::exp(-step_s / spec.lag_s) } else { 0.0 },
            level: 0.0,
            opened: Time::from_tai_ns(i64::MIN),
            shut: Time::from_tai_ns(i64::MIN),
        }
    }

    /// Opens the valve at `t` for `width`; a width below the minimum leaves it shut.
    pub fn pulse(&mut self, t: Time, width: Span) {
        self.opened = t;
        self.shut = if width.ns() <= 0 || width < self.on_min { t } else { t + width };
    }

    /// Keeps the valve open from `t` for at least `width`.
    pub fn hold(&mut self, t: Time, width: Span) {
        if self.shut < t {
            self.opened = t;
        }
        self.shut = t + width;
    }

    /// Shuts a held valve at `t`, or when its minimum on time is over.
    pub fn release(&mut self, t: Time) {
        let earliest = self.opened + self.on_min;
        if self.shut > t || earliest > t {
            self.shut = earliest.max(t);
        }
    }

    /// No propellant: the chamber empties at once.
    pub fn starve(&mut self) {
        self.level = 0.0;
    }

    /// Steady thrust of this thruster, N.
    pub fn thrust_N(&self) -> f64 {
        self.thrust_N
    }

    /// The step of integration.
    pub fn step(&self) -> Span {
        self.step
    }

    /// How long the valve is open in the step that begins at `t`.
    #[inline]
    pub fn open_in_step(&self, t: Time) -> Span {
        (self.shut - t).clamp(Span::from_ns(0), self.step)
    }

    /// Mean level over one step with the valve open for its first `open`; advances the chamber.
    #[inline]
    pub fn mean_level(&mut self, open: Span) -> f64 {
        let idle = open.ns() == 0;
        if idle && self.level <= 0.0 {
            return 0.0;
        }
        let fraction = if open == self.step { 1.0 } else { open.s() / self.step_s };
        if self.lag_s <= 0.0 {
            return fraction;
        }
        let before = self.level;
        self.level = if idle {
            before * self.decay
        } else if open == self.step {
            1.0 - (1.0 - before) * self.decay
        } else {
            let rise = libm::exp(-open.s() / self.lag_s);
            (1.0 - (1.0 - before) * rise) * (self.decay / rise)
        };
        if idle && self.level < LEVEL_EMPTY {
            self.level = 0.0;
        }
        fraction - self.lag_s / self.step_s * (self.level - before)
    }

    /// Adds `level` of the full wrench and flow; returns the thrust, N.
    #[inline]
    pub fn add(&self, level: f64, wrench: &mut Wrench, used_kg: &mut f64) -> f64 {
        wrench.f_B += self.full.f_B * level;
        wrench.t_B += self.full.t_B * level;
        *used_kg += self.used_kg_full_step * level;
        self.thrust_N * level
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(lag_s: f64) -> Engine {
        Engine {
            thrust_N: 216.0,
            isp_s: 275.0,
            p_BA_B: [0.9, 0.0, 0.0],
            d_B: [0.0, 0.0, 1.0],
            lag_s,
            on_min_s: 0.004,
        }
    }

    fn thruster(lag_s: f64, step: Span) -> Thruster {
        let mut stream = Stream::new(1, 1, "assist.0");
        Thruster::new(&engine(lag_s), &EngineDispersion::default(), step, &mut stream)
    }

    /// Impulse (N s) and propellant (kg) of one pulse, integrated long past its end.
    fn impulse(lag_s: f64, step_ms: i64, width_us: i64) -> (f64, f64) {
        let step = Span::from_ms(step_ms);
        let mut thruster = thruster(lag_s, step);
        thruster.pulse(Time::default(), Span::from_us(width_us));
        let (mut t, mut sum, mut used) = (Time::default(), 0.0, 0.0);
        for _ in 0..(2000 / step_ms) {
            let level = thruster.mean_level(thruster.open_in_step(t));
            sum += thruster.add(level, &mut Wrench::default(), &mut used) * step.s();
            t += step;
        }
        (sum, used)
    }

    #[test]
    fn a_pulse_that_ends_inside_a_step_keeps_its_impulse() {
        for lag_s in [0.0, 0.008, 0.05] {
            for step_ms in [1, 5, 10, 20] {
                for width_us in [5_000, 10_000, 12_345, 37_001, 95_000, 100_000] {
                    let (sum, used) = impulse(lag_s, step_ms, width_us);
                    let exact = 216.0 * width_us as f64 * 1e-6;
                    assert!((sum / exact - 1.0).abs() < 1e-12, "{lag_s} {step_ms} {width_us}");
                    let flow = exact / (275.0 * 9.80665);
                    assert!((used / flow - 1.0).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn the_chamber_follows_the_exponential_at_any_step() {
        // After 10 ms open and 10 ms shut with τ = 8 ms: x = (1 − e^(−10/8)) e^(−10/8).
        let by_hand = (1.0 - (-1.25_f64).exp()) * (-1.25_f64).exp();
        for step_ms in [1, 2, 5, 20] {
            let step = Span::from_ms(step_ms);
            let mut thruster = thruster(0.008, step);
            thruster.pulse(Time::default(), Span::from_ms(10));
            let mut t = Time::default();
            for _ in 0..(20 / step_ms) {
                thruster.mean_level(thruster.open_in_step(t));
                t += step;
            }
            assert!((thruster.level - by_hand).abs() < 1e-14, "{step_ms}: {}", thruster.level);
        }
    }

    #[test]
    fn a_command_below_the_minimum_opens_nothing() {
        assert_eq!(impulse(0.0, 5, 3_999).0, 0.0);
        assert!(impulse(0.0, 5, 4_000).0 > 0.0);
    }

    #[test]
    fn a_held_valve_shuts_when_released_but_not_before_its_minimum() {
        let step = Span::from_ms(5);
        let mut thruster = thruster(0.0, step);
        thruster.on_min = Span::from_ms(30);
        let at = |ms| Time::default() + Span::from_ms(ms);
        thruster.hold(at(0), Span::from_ms(20));
        thruster.release(at(20));
        assert_eq!(thruster.open_in_step(at(20)), step);
        assert_eq!(thruster.open_in_step(at(25)), step);
        assert_eq!(thruster.open_in_step(at(30)), Span::from_ns(0));
        thruster.release(at(40));
        assert_eq!(thruster.open_in_step(at(40)), Span::from_ns(0));
    }

    #[test]
    fn alignment_turns_the_force_and_keeps_its_size() {
        let spread = EngineDispersion { alignment_sigma_rad: 0.01, ..Default::default() };
        let n = 2000;
        let mut sum2 = 0.0;
        for run in 0..n {
            let mut stream = Stream::new(1, run, "main");
            let thruster = Thruster::new(&engine(0.0), &spread, Span::from_ms(5), &mut stream);
            assert!((thruster.full.f_B.norm() - 216.0).abs() < 1e-9);
            sum2 += (thruster.full.f_B.x / 216.0).powi(2) / n as f64;
        }
        // Four standard errors of a variance: 4 √(2/n).
        assert!((sum2 / 1e-4 - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt(), "{sum2}");
    }
}
