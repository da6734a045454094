//! One thruster: a valve that opens and shuts at the nanosecond, and a first order chamber behind it.
//!
//! Published nowhere in particular: the usual lag model, τ dF/dt = u F_max − F with u the valve.
//! As programmed: integrated exactly. With the level x = F/F_max and the valve open for `open` of a
//! step of `dt`, wherever in it, the mean level is
//!     x̄ = open/dt − (τ/dt) (x₁ − x₀)
//! so that the impulse of a whole pulse is F_max times its width at any step size. A decaying level
//! below 1e-9 is emptied into the same step. How much earlier than in its middle the impulse of a step
//! comes is kept too, so that the position it leads to is that of the pulse and not of its mean:
//!     e = ∫ x (dt/2 − t) dt = Σ (b − a)(dt/2 − (a + b)/2) + τ dt ((x₀ + x₁)/2 − x̄)
//! over the openings a … b of the step. A throttled engine stays open and its chamber goes to the share s
//! that was commanded: τ dF/dt = s F_max − F, and s takes the place of 1 in all of this. The valve follows its command after a dead time, one for
//! opening, one for closing; commands that follow without a gap keep it open. Every opening wastes a
//! fixed mass (dribble volume, cold start), so that a pulse of width w has w/(w + w₀) of the steady
//! specific impulse (assumed form).
//! Refuses: ignition transients, mixture shifts, blow-down (the feed is regulated), thrust roughness,
//! the warmth that pulses leave behind, minimum off time.

use crate::dynamics::{Wrench, spread};
use crate::random::Normals;
use crate::vehicle::{Engine, EngineDispersion};
use icd::bus::PULSE_FRAME;
use icd::constants::STANDARD_GRAVITY_M_S2;
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};

/// Level below which a decaying chamber is emptied at once.
const LEVEL_EMPTY: f64 = 1e-9;
/// Openings a valve can have ahead of it. Pulses come once a frame and dead times are shorter, so two
/// are in use.
const OPENINGS: usize = 4;
const NEVER: Time = Time::from_tai_ns(i64::MIN);
const NO_TIME: Span = Span::from_ns(0);

/// When a valve is open: from, until.
type Opening = (Time, Time);

/// One valve with its commands.
#[derive(Clone, Debug)]
struct Valve {
    opens_after: Span,
    shuts_after: Span,
    on_min: Span,
    /// When the last command began and when it ends.
    commanded: Opening,
    /// Openings that are not over, in order of time. The last may be empty (it would end before it
    /// begins): a command that is still too short for the dead time, and may yet be prolonged.
    openings: [Opening; OPENINGS],
    count: usize,
}

impl Valve {
    /// Commands it open from `t` for `width`, in place of what was commanded beyond `t`.
    fn command(&mut self, t: Time, width: Span) {
        let continues = self.commanded.1 >= t && self.count > 0;
        if continues {
            self.last().1 = t + width + self.shuts_after;
            self.commanded.1 = t + width;
            return;
        }
        let opening = (t + self.opens_after, t + width + self.shuts_after);
        self.commanded = (t, t + width);
        if self.count > 0 && is_empty(self.last()) {
            self.count -= 1;
        }
        let joins = self.count > 0 && (self.last().1 >= opening.0 || self.count == OPENINGS);
        if joins {
            self.last().1 = opening.1;
            return;
        }
        self.openings[self.count] = opening;
        self.count += 1;
    }

    /// Commands it shut at `t`, if it is commanded open until then or longer.
    fn shut(&mut self, t: Time) {
        if self.commanded.1 >= t && self.count > 0 {
            self.last().1 = t + self.shuts_after;
            self.commanded.1 = t;
        }
    }

    fn last(&mut self) -> &mut Opening {
        &mut self.openings[self.count.max(1) - 1]
    }

    /// Forgets what is over at `t`.
    #[inline]
    fn forget(&mut self, t: Time) {
        while self.count > 0 && self.openings[0].1.max(self.openings[0].0) <= t {
            self.openings.copy_within(1.., 0);
            self.count -= 1;
        }
    }

    /// Openings that begin before `end`, in order of time.
    #[inline]
    fn before(&self, end: Time) -> impl Iterator<Item = &Opening> {
        let openings = self.openings[..self.count].iter();
        openings.filter(move |opening| opening.0 < end && !is_empty(opening))
    }
}

fn is_empty(opening: &Opening) -> bool {
    opening.1 <= opening.0
}

/// The openings inside one step.
#[derive(Clone, Copy, Debug, Default)]
struct Pattern {
    /// How long the valve is open.
    open: Span,
    /// How often it opens.
    opened: u32,
    /// ∫ (dt/2 − t) over them, s².
    early_s2: f64,
}

/// One thruster as it is in this run.
#[derive(Clone, Debug)]
pub struct Thruster {
    /// Force and torque about the body origin at full thrust.
    full: Wrench,
    thrust_N: f64,
    /// Where the jet leaves, from the body origin, m, and r² 1 − r rᵀ of it, m².
    pub(super) exit_B: Vector3<f64>,
    pub(super) exit_spread: Matrix3<f64>,
    /// Mass flow at full thrust times the step, kg.
    used_kg_full_step: f64,
    /// Mass that one opening wastes, kg.
    wasted_kg: f64,
    lag_s: f64,
    step: Span,
    step_s: f64,
    /// exp(−step/τ), and the same over the dead time of opening.
    decay: f64,
    before_opening: f64,
    /// Chamber level, 0 to 1.
    level: f64,
    throttled: bool,
    /// Level that the open chamber goes to: 1, or the throttle's setting.
    setting: f64,
    valve: Valve,
    /// The step last asked for, and what it holds.
    from: Time,
    pattern: Pattern,
    /// Openings of the last step, with or without a fault.
    opened: f64,
    /// Mean level of the last step, and how early its impulse came (∫ x (dt/2 − t) dt, s²).
    mean: f64,
    early_s2: f64,
}

impl Thruster {
    /// Draws thrust, specific impulse and alignment, in this order, from `stream`.
    pub fn new(
        spec: &Engine,
        spread_of: &EngineDispersion,
        step: Span,
        stream: &mut impl Normals,
    ) -> Self {
        let thrust_N = spec.thrust_N * (1.0 + spread_of.thrust_sigma * stream.normal());
        let isp_s = spec.isp_s * (1.0 + spread_of.isp_sigma * stream.normal());
        let (tilt_a_rad, tilt_b_rad) = (stream.normal(), stream.normal());
        let d = Vector3::from(spec.d_B);
        let across = if d.z.abs() < 0.9 { Vector3::z() } else { Vector3::x() };
        let a = d.cross(&across).normalize();
        let b = d.cross(&a);
        let tilted = d + (a * tilt_a_rad + b * tilt_b_rad) * spread_of.alignment_sigma_rad;
        let f_B = tilted.normalize() * thrust_N;
        let exit_B = Vector3::from(spec.p_BA_B);
        let step_s = step.s();
        let flow_kg_s = thrust_N / (isp_s * STANDARD_GRAVITY_M_S2);
        let opens_after = Span::from_s(spec.opens_after_s);
        let fading = |span: Span| {
            if spec.lag_s > 0.0 { libm::exp(-span.s() / spec.lag_s) } else { 0.0 }
        };
        Self {
            full: Wrench { f_B, t_B: exit_B.cross(&f_B) },
            thrust_N,
            exit_B,
            exit_spread: spread(&exit_B),
            used_kg_full_step: flow_kg_s * step_s,
            wasted_kg: flow_kg_s * spec.waste_s,
            lag_s: spec.lag_s,
            step,
            step_s,
            decay: fading(step),
            before_opening: fading(opens_after),
            level: 0.0,
            throttled: spec.throttled,
            setting: 1.0,
            valve: Valve {
                opens_after,
                shuts_after: Span::from_s(spec.shuts_after_s),
                on_min: Span::from_s(spec.on_min_s),
                commanded: (NEVER, NEVER),
                openings: [(NEVER, NEVER); OPENINGS],
                count: 0,
            },
            from: NEVER,
            pattern: Pattern::default(),
            opened: 0.0,
            mean: 0.0,
            early_s2: 0.0,
        }
    }

    /// Commands the valve open at `t` for `width`, instead of whatever was commanded beyond `t`; a
    /// width below the minimum shuts it. A throttle is set to the width's share of the pulse frame at once.
    pub fn pulse(&mut self, t: Time, width: Span) {
        if width <= NO_TIME || width < self.valve.on_min {
            self.valve.shut(t);
        } else if self.throttled {
            self.setting = (width.s() / PULSE_FRAME.s()).min(1.0);
            self.valve.command(t, PULSE_FRAME);
        } else {
            self.valve.command(t, width);
        }
    }

    /// Keeps the valve open from `t` for at least `width`.
    pub fn hold(&mut self, t: Time, width: Span) {
        self.valve.command(t, width);
    }

    /// Shuts a held valve at `t`, or when its minimum on time is over.
    pub fn release(&mut self, t: Time) {
        let (since, until) = self.valve.commanded;
        let earliest = since + self.valve.on_min;
        if until >= t && earliest > t {
            self.valve.command(t, earliest - t);
        } else {
            self.valve.shut(t);
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

    /// How long the valve is open in the step that begins at `t`; steps are asked for in order.
    #[inline]
    pub fn open_in_step(&mut self, t: Time) -> Span {
        self.from = t;
        self.pattern = Pattern::default();
        if self.valve.count == 0 {
            return NO_TIME;
        }
        self.valve.forget(t);
        let end = t + self.step;
        for (from, until) in self.valve.before(end) {
            let (a, b) = ((*from).max(t) - t, (*until).min(end) - t);
            let open = Span::from_ns(b.ns() - a.ns());
            self.pattern.open = Span::from_ns(self.pattern.open.ns() + open.ns());
            self.pattern.opened += u32::from(*from >= t);
            self.pattern.early_s2 += open.s() * 0.5 * (self.step_s - a.s() - b.s());
        }
        self.pattern.open
    }

    /// Mean level over the step last asked for with the valve open for `open` of it; advances the chamber.
    ///
    /// An `open` other than that of [`Self::open_in_step`], by a fault, counts from the step's beginning.
    #[inline]
    pub fn mean_level(&mut self, open: Span) -> f64 {
        if open == NO_TIME && self.level <= 0.0 {
            (self.opened, self.mean, self.early_s2) = (0.0, 0.0, 0.0);
            return 0.0;
        }
        let before = self.level;
        self.mean = self.advance(open);
        let lag = self.lag_s * self.step_s * (0.5 * (before + self.level) - self.mean);
        let valve = self.setting
            * if open == self.pattern.open {
                self.pattern.early_s2
            } else {
                0.5 * open.s() * (self.step_s - open.s())
            };
        self.early_s2 = if self.lag_s > 0.0 { valve + lag } else { valve };
        self.mean
    }

    fn advance(&mut self, open: Span) -> f64 {
        let idle = open == NO_TIME;
        let as_commanded = open == self.pattern.open;
        self.opened = if as_commanded { f64::from(self.pattern.opened) } else { 0.0 };
        let set = self.setting;
        let fraction = set * if open == self.step { 1.0 } else { open.s() / self.step_s };
        if self.lag_s <= 0.0 {
            return fraction;
        }
        let before = self.level;
        self.level = if idle {
            before * self.decay
        } else if open == self.step {
            set - (set - before) * self.decay
        } else if as_commanded {
            self.level_at_end()
        } else {
            let risen = set - (set - before) * self.fading(open);
            risen * self.fading(Span::from_ns(self.step.ns() - open.ns()))
        };
        if idle && self.level < LEVEL_EMPTY {
            self.level = 0.0;
        }
        fraction - self.lag_s / self.step_s * (self.level - before)
    }

    fn fading(&self, span: Span) -> f64 {
        match span {
            NO_TIME => 1.0,
            // Pulses begin with a step more often than not: the valve then opens so long after.
            span if span == self.valve.opens_after => self.before_opening,
            span => libm::exp(-span.s() / self.lag_s),
        }
    }

    /// Level at the end of a step in which the valve moves.
    fn level_at_end(&self) -> f64 {
        let (mut at, end) = (self.from, self.from + self.step);
        // What is left of the step's decay: the last part takes the rest of it.
        let (mut level, mut rest) = (self.level, self.decay);
        let mut fade = |from: Time, until: Time| {
            let factor = if until == end && rest > 0.0 { rest } else { self.fading(until - from) };
            rest /= factor;
            factor
        };
        for (from, until) in self.valve.before(end) {
            let (from, until) = ((*from).max(at), (*until).min(end));
            let shut = level * fade(at, from);
            level = self.setting - (self.setting - shut) * fade(from, until);
            at = until;
        }
        if at < end { level * fade(at, end) } else { level }
    }

    /// How much earlier than in the middle the impulse of the last step came, when the thruster gave
    /// `thrust_N` of mean thrust: N s² and N m s².
    #[inline]
    pub fn early(&self, thrust_N: f64) -> Wrench {
        if self.early_s2 == 0.0 || self.mean <= 0.0 || self.thrust_N <= 0.0 {
            return Wrench::default();
        }
        let share = thrust_N / (self.thrust_N * self.mean) * self.early_s2;
        Wrench { f_B: self.full.f_B * share, t_B: self.full.t_B * share }
    }

    /// Adds `level` of the full wrench and flow; returns the thrust, N.
    #[inline]
    pub fn add(&self, level: f64, wrench: &mut Wrench, used_kg: &mut f64) -> f64 {
        wrench.f_B += self.full.f_B * level;
        wrench.t_B += self.full.t_B * level;
        *used_kg += self.used_kg_full_step * level + self.wasted_kg * self.opened;
        self.thrust_N * level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn engine(lag_s: f64) -> Engine {
        Engine {
            thrust_N: 216.0,
            isp_s: 275.0,
            p_BA_B: [0.9, 0.0, 0.0],
            d_B: [0.0, 0.0, 1.0],
            lag_s,
            opens_after_s: 0.0,
            shuts_after_s: 0.0,
            on_min_s: 0.004,
            waste_s: 0.0,
            throttled: false,
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
            let open = thruster.open_in_step(t);
            let level = thruster.mean_level(open);
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
                let open = thruster.open_in_step(t);
                thruster.mean_level(open);
                t += step;
            }
            assert!((thruster.level - by_hand).abs() < 1e-14, "{step_ms}: {}", thruster.level);
        }
    }

    #[test]
    fn a_throttled_engine_gives_its_setting_and_follows_a_new_one_with_its_lag() {
        let step = Span::from_ms(20);
        let spec = Engine { throttled: true, ..engine(0.3) };
        let mut stream = Stream::new(1, 1, "assist.0");
        let mut thruster = Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
        let (mut t, mut level, mut sum, mut used) = (Time::default(), 0.0, 0.0, 0.0);
        let mut thrust = |thruster: &mut Thruster, t: Time| {
            let open = thruster.open_in_step(t);
            level = thruster.mean_level(open);
            sum += thruster.add(level, &mut Wrench::default(), &mut used) * step.s();
            level
        };
        // 60 % for 3 s, then 30 %: the level is 0.6 (1 − e^(−10)), and 0.3 s later 0.3 + 0.3/e.
        for n in 0..165 {
            if n % 5 == 0 {
                thruster.pulse(t, Span::from_ms(if n < 150 { 60 } else { 30 }));
            }
            thrust(&mut thruster, t);
            t += step;
        }
        let after = 0.3 + (0.6 * (1.0 - (-10.0_f64).exp()) - 0.3) * (-1.0_f64).exp();
        assert!((thruster.level - after).abs() < 1e-12, "{}", thruster.level);
        let impulse = 216.0 * (0.6 * 3.0 + 0.3 * 0.3 - 0.3 * after);
        assert!((sum / impulse - 1.0).abs() < 1e-12, "{sum} {impulse}");
        assert!((used * 275.0 * 9.80665 / sum - 1.0).abs() < 1e-12);
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
        thruster.valve.on_min = Span::from_ms(30);
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

    /// Commands pulses (start and width, µs) to a thruster with dead times; returns its impulse over
    /// the thrust, s, its propellant over the flow, s, and its level every 20 ms.
    fn fly(step_ms: i64, spec: &Engine, pulses: &[(i64, i64)]) -> (f64, f64, Vec<f64>) {
        let step = Span::from_ms(step_ms);
        let mut stream = Stream::new(1, 1, "jet.0");
        let mut thruster = Thruster::new(spec, &EngineDispersion::default(), step, &mut stream);
        for (start_us, width_us) in pulses {
            let start = Time::default() + Span::from_us(*start_us);
            thruster.pulse(start, Span::from_us(*width_us));
        }
        let (mut t, mut open_s, mut used_kg, mut levels) = (Time::default(), 0.0, 0.0, vec![]);
        for n in 0..(400 / step_ms) {
            let open = thruster.open_in_step(t);
            let level = thruster.mean_level(open);
            if level > 0.0 {
                let thrust_N = thruster.add(level, &mut Wrench::default(), &mut used_kg);
                open_s += thrust_N / 216.0 * step.s();
            }
            t += step;
            if ((n + 1) * step_ms) % 20 == 0 {
                levels.push(thruster.level);
            }
        }
        (open_s, used_kg / (216.0 / (275.0 * 9.80665)), levels)
    }

    #[test]
    fn pulses_anywhere_in_a_step_keep_impulse_and_decay_at_any_step() {
        let sets: [&[(i64, i64)]; 4] = [
            &[(0, 5_000)],
            &[(3_100, 2_300)],
            &[(20_700, 37_123), (120_000, 100_000), (220_000, 9_999)],
            &[(1_000, 2_000), (5_000, 2_000), (9_000, 2_000)], // three in a step of 20 ms
        ];
        for (pulses, delay_s) in sets.into_iter().flat_map(|p| [(p, 0.0), (p, 0.0057)]) {
            let spec = Engine {
                on_min_s: 0.001,
                opens_after_s: delay_s,
                shuts_after_s: delay_s,
                ..engine(0.004)
            };
            let commanded_s = pulses.iter().map(|pulse| pulse.1 as f64 * 1e-6).sum::<f64>();
            let fine = fly(1, &spec, pulses).2;
            assert!(fine.iter().any(|level| *level > 1e-3));
            for step_ms in [1, 2, 5, 10, 20] {
                let (open_s, used_s, levels) = fly(step_ms, &spec, pulses);
                assert!((open_s / commanded_s - 1.0).abs() < 1e-12, "{step_ms}: {open_s}");
                assert!((used_s / commanded_s - 1.0).abs() < 1e-12, "{step_ms}: {used_s}");
                for (coarse, fine) in levels.iter().zip(&fine) {
                    assert!((coarse - fine).abs() < 2e-9, "{step_ms}: {coarse} against {fine}");
                }
            }
        }
    }

    #[test]
    fn the_impulse_of_every_step_is_placed_where_the_pulse_has_it() {
        // Two openings with dead time: the position of a unit mass, from mean and earliness of each step,
        // is that of steps a hundred times finer without earliness, to their own error.
        let position = |step_us: i64, placed: f64| {
            let spec = Engine { opens_after_s: 0.003, shuts_after_s: 0.003, ..engine(0.008) };
            let step = Span::from_us(step_us);
            let mut stream = Stream::new(1, 1, "jet.0");
            let mut thruster =
                Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
            thruster.pulse(Time::default() + Span::from_us(4_300), Span::from_us(17_700));
            thruster.pulse(Time::default() + Span::from_us(61_000), Span::from_us(25_300));
            let (mut t, mut p, mut v) = (Time::default(), 0.0, 0.0);
            for _ in 0..(200_000 / step_us) {
                let open = thruster.open_in_step(t);
                let mean = thruster.mean_level(open);
                let early = thruster.early(216.0 * mean).f_B.z / 216.0;
                p += step.s() * (v + 0.5 * step.s() * mean) + placed * early;
                v += step.s() * mean;
                t += step;
            }
            p
        };
        let fine = position(100, 0.0);
        for step_us in [1000, 5000, 10_000, 20_000] {
            let coarse = position(step_us, 1.0);
            assert!((coarse - fine).abs() < 1e-7 * fine, "{step_us}: {coarse} against {fine}");
        }
        assert!((position(20_000, 0.0) - fine).abs() > 1e-4 * fine, "it does matter");
    }

    #[test]
    fn a_late_valve_moves_the_pulse_and_keeps_its_width() {
        let spec = Engine { opens_after_s: 0.012, shuts_after_s: 0.013, ..engine(0.0) };
        let step = Span::from_ms(5);
        let mut stream = Stream::new(1, 1, "jet.0");
        let mut late = Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
        late.pulse(Time::default(), Span::from_ms(10));
        let open_ms = |n: i64| late.open_in_step(Time::default() + Span::from_ms(5 * n)).s() * 1e3;
        // Open from 12 ms to 23 ms: a millisecond longer than commanded, as the dead times differ.
        assert_eq!([0, 1, 2, 3, 4, 5].map(open_ms), [0.0, 0.0, 3.0, 5.0, 3.0, 0.0]);
    }

    #[test]
    fn frames_of_full_pulses_do_not_shut_the_valve_between_them() {
        let spec = Engine { opens_after_s: 0.008, shuts_after_s: 0.005, ..engine(0.0) };
        let step = Span::from_ms(20);
        let mut stream = Stream::new(1, 1, "jet.0");
        let mut full = Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
        let mut open_s = 0.0;
        for n in 0..30 {
            let t = Time::default() + Span::from_ms(20 * n);
            if n % 5 == 0 {
                full.pulse(t, Span::from_ms(100));
            }
            open_s += full.open_in_step(t).s();
        }
        assert!((open_s - (0.6 - 0.008)).abs() < 1e-12, "{open_s}");
    }

    #[test]
    fn a_valve_slower_than_a_cycle_opens_all_the_same_when_held() {
        // 35 ms to open, 5 ms to shut, held for ten cycles of 20 ms: open from 35 ms to 205 ms.
        let spec = Engine { opens_after_s: 0.035, shuts_after_s: 0.005, ..engine(0.0) };
        let step = Span::from_ms(20);
        let mut stream = Stream::new(1, 1, "main");
        let mut slow = Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
        let mut open_s = 0.0;
        for n in 0..15 {
            let t = Time::default() + Span::from_ms(20 * n);
            if n < 10 {
                slow.hold(t, step)
            } else {
                slow.release(t)
            }
            open_s += slow.open_in_step(t).s();
        }
        assert!((open_s - 0.17).abs() < 1e-12, "{open_s}");
    }

    #[test]
    fn a_valve_shut_before_it_opened_stays_shut() {
        // Commanded open for 100 ms, shut 20 ms later: it would open at 35 ms and shut at 23 ms.
        let spec = Engine { opens_after_s: 0.035, shuts_after_s: 0.003, ..engine(0.004) };
        let step = Span::from_ms(20);
        let mut stream = Stream::new(1, 1, "jet.0");
        let mut slow = Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
        slow.pulse(Time::default(), Span::from_ms(100));
        for n in 0..5 {
            let t = Time::default() + Span::from_ms(20 * n);
            if n == 1 {
                slow.pulse(t, Span::default());
            }
            let open = slow.open_in_step(t);
            assert_eq!((open, slow.mean_level(open)), (NO_TIME, 0.0), "step {n}");
        }
        // The next pulse is one of its own.
        slow.pulse(Time::default() + Span::from_ms(100), Span::from_ms(100));
        let open_ms = |n: i64| slow.open_in_step(Time::default() + Span::from_ms(20 * n)).s() * 1e3;
        assert_eq!([5, 6, 7, 8, 9, 10].map(open_ms), [0.0, 5.0, 20.0, 20.0, 20.0, 3.0]);
    }

    #[test]
    fn a_new_frame_without_a_pulse_cuts_the_one_before() {
        let mut thruster = thruster(0.0, Span::from_ms(20));
        thruster.pulse(Time::default(), Span::from_ms(150));
        let later = Time::default() + Span::from_ms(100);
        thruster.pulse(later, Span::from_ns(0));
        assert_eq!(thruster.open_in_step(later - Span::from_ms(20)), Span::from_ms(20));
        assert_eq!(thruster.open_in_step(later), Span::from_ns(0));
    }

    #[test]
    fn every_opening_wastes_its_propellant_once() {
        // Isp of one pulse: 275 w / (w + 10 ms): half at 10 ms, ten elevenths at 100 ms.
        for (width_us, share) in [(10_000, 0.5), (100_000, 10.0 / 11.0)] {
            for step_ms in [1, 5, 20] {
                let spec = Engine { waste_s: 0.01, opens_after_s: 0.006, ..engine(0.008) };
                let spec = Engine { shuts_after_s: 0.006, ..spec };
                let (open_s, used_s, _) = fly(step_ms, &spec, &[(0, width_us)]);
                assert!((open_s / used_s - share).abs() < 1e-12, "{width_us}: {open_s} {used_s}");
            }
        }
        // Two frames without a gap between them are one opening.
        let spec = Engine { waste_s: 0.01, ..engine(0.008) };
        let (open_s, used_s, _) = fly(5, &spec, &[(0, 100_000), (100_000, 60_000)]);
        assert!((used_s - open_s - 0.01).abs() < 1e-12, "{used_s} {open_s}");
    }
}
