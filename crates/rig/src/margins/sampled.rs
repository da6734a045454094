//! The attitude loop, sampled: broken at the engines, and closed.
//!
//! Owns: [`Loop`], its margins. Does not own: the body ([`Plant`]), the gains (`flight::control::attitude`).
//! As published: with L(z) the loop broken at one place, an extra gain k there makes it unstable at
//! L = −1/k, an extra phase at |L| = 1 [Franklin1998] ch. 6 and 7. The gain margins are the nearest such k above
//! and below 1, the phase margin is the least over all crossings: a swinging liquid makes several.
//! As programmed: the law is that of `flight::control::attitude` at small errors without a command,
//!     u = −I_b (K_R + K_I T z/(z − 1)) (K_P θ + w)
//! with I_b the inertia believed on board and w the mean rate over the last cycle. What an extra delay does is not
//! approximated: the delay margin is found by halving between a closed loop that is stable and one that is not,
//! by whether its powers die away. A mode of the liquid is followed from the open loop to the closed one.
//! Refuses: filters of navigation (attitude and rate are the gyros'), the law of guidance around it.

use super::plant::{ANGLE_BEFORE, ANGLE_NOW, Frame, Plant, SAMPLED};
use flight::control::attitude::Gains;
use nalgebra::{Complex, SMatrix, SVector};

/// Frequencies looked at, from the first, rad/s, to half of the sampling frequency.
const FREQUENCIES: usize = 800;
const OMEGA_FIRST: f64 = 0.02;
/// Halvings in the search for a crossing.
const HALVINGS: usize = 40;
/// Steps in which a mode is followed from the open to the closed loop.
const STEPS: usize = 40;
/// Newton's steps at each, and the distance over which a slope is taken.
const NEWTON: usize = 4;
const NEAR: f64 = 1e-6;
/// L on a pole.
const HUGE: f64 = 1e100;
/// Squarings that tell whether a matrix's powers die away: 2²⁴ frames.
const SQUARINGS: u32 = 24;
/// Commands on their way: the longest delay looked at is one frame less.
const LATE: usize = 12;
/// Sampled state, integral, commands on their way.
const CLOSED: usize = SAMPLED + 1 + LATE;
const INTEGRAL: usize = SAMPLED;
const ON_WAY: usize = SAMPLED + 1;

type C = Complex<f64>;

/// One axis, closed by the law.
#[derive(Clone, Copy, Debug)]
pub struct Loop {
    /// The lander.
    pub plant: Plant,
    /// The law's gains.
    pub gains: Gains,
    /// Inertia believed on board, kg m².
    pub believed_kg_m2: f64,
}

/// How far the loop is from instability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margins {
    /// Stable as it is.
    pub stable: bool,
    /// Least factor above 1 that makes it unstable; infinite for none.
    pub gain_up: f64,
    /// Largest factor below 1; 0 for none.
    pub gain_down: f64,
    /// Least phase, rad.
    pub phase_rad: f64,
    /// Least delay, s; as far as it was looked for where there is none.
    pub delay_s: f64,
    /// Highest frequency at which |L| = 1, rad/s.
    pub crossover_rad_s: f64,
    /// Frequency, rad/s, and damping ratio of the liquid in the closed loop.
    pub slosh: (f64, f64),
}

impl Loop {
    /// All margins of this loop.
    pub fn margins(&self) -> Margins {
        let frame = self.plant.frame(0.0);
        let (gain_up, gain_down, phase_rad, crossover_rad_s) = self.crossings(&frame);
        Margins {
            stable: self.stable(1.0, 0.0),
            gain_up,
            gain_down,
            phase_rad,
            delay_s: self.delay_margin_s(),
            crossover_rad_s,
            slosh: self.slosh(&frame),
        }
    }

    /// The law without its K_P θ + w, per unit of rate.
    fn law(&self, z: C) -> C {
        let t_s = self.plant.frame_s;
        let integral = z / (z - 1.0) * (self.gains.integral_1_s2 * t_s);
        (integral + self.gains.rate_1_s) * self.believed_kg_m2
    }

    /// L at a frequency, rad/s.
    fn at(&self, frame: &Frame, omega: f64) -> C {
        let angle = omega * self.plant.frame_s;
        self.broken(frame, C::new(libm::cos(angle), libm::sin(angle)))
    }

    /// L at any z.
    fn broken(&self, frame: &Frame, z: C) -> C {
        let back = C::new(1.0, 0.0) / z;
        let mut late = C::new(1.0, 0.0);
        for _ in 0..frame.late {
            late *= back;
        }
        let state = frame.state.map(|x| C::new(-x, 0.0));
        let system = state + SMatrix::<C, SAMPLED, SAMPLED>::identity() * z;
        let input: SVector<C, SAMPLED> =
            frame.input[0].zip_map(&frame.input[1], |now, before| (back * before + now) * late);
        // Exactly on a pole.
        let Some(x) = system.lu().solve(&input) else { return C::new(HUGE, 0.0) };
        let rate = (x[ANGLE_NOW] - x[ANGLE_BEFORE]) / self.plant.cycle_s;
        self.law(z) * (x[ANGLE_NOW] * self.gains.attitude_1_s + rate)
    }

    /// Gain margins up and down, phase margin, crossover.
    fn crossings(&self, frame: &Frame) -> (f64, f64, f64, f64) {
        let half = core::f64::consts::PI / self.plant.frame_s;
        let ratio = libm::log(half / OMEGA_FIRST) / FREQUENCIES as f64;
        let omega = |k: usize| OMEGA_FIRST * libm::exp(ratio * k as f64);
        let (mut up, mut down) = (f64::INFINITY, 0.0_f64);
        let (mut phase, mut crossover) = (core::f64::consts::PI, 0.0);
        let mut gain = |l: C| {
            if l.re < 0.0 {
                let k = -1.0 / l.re;
                if k > 1.0 { up = up.min(k) } else { down = down.max(k) }
            }
        };
        let mut last = (omega(0), self.at(frame, omega(0)));
        for k in 1..=FREQUENCIES {
            let now = (omega(k), self.at(frame, omega(k)));
            if (last.1.im > 0.0) != (now.1.im > 0.0) && k < FREQUENCIES {
                gain(self.found(frame, last.0, now.0, |l| l.im).1);
            }
            let beyond = |l: C| l.norm_sqr() - 1.0;
            if (beyond(last.1) > 0.0) != (beyond(now.1) > 0.0) {
                let (at, l) = self.found(frame, last.0, now.0, beyond);
                // Angle between L and −1.
                phase = phase.min(libm::atan2(l.im, -l.re).abs());
                crossover = at;
            }
            last = now;
        }
        // At half of the sampling frequency L is real.
        gain(C::new(last.1.re, 0.0));
        (up, down, phase, crossover)
    }

    /// Where `of` L passes through zero between two frequencies.
    fn found(&self, frame: &Frame, a: f64, b: f64, of: impl Fn(C) -> f64) -> (f64, C) {
        let (mut low, mut high) = (a, b);
        let rises = of(self.at(frame, low)) < 0.0;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if (of(self.at(frame, middle)) < 0.0) == rises { low = middle } else { high = middle }
        }
        let middle = 0.5 * (low + high);
        (middle, self.at(frame, middle))
    }

    /// The closed loop from frame to frame, with `gain` at the engines.
    fn closed(&self, frame: &Frame, gain: f64) -> SMatrix<f64, CLOSED, CLOSED> {
        let (p, t_s) = (self.gains, self.plant.frame_s);
        // K_P θ + w by sampled state, with the law's sign.
        let mut turn = SVector::<f64, CLOSED>::zeros();
        turn[ANGLE_NOW] = -(p.attitude_1_s + 1.0 / self.plant.cycle_s);
        turn[ANGLE_BEFORE] = 1.0 / self.plant.cycle_s;
        let integral = {
            let mut row = turn * (self.believed_kg_m2 * p.integral_1_s2 * t_s);
            row[INTEGRAL] += 1.0;
            row
        };
        let command = (turn * (self.believed_kg_m2 * p.rate_1_s) + integral) * gain;
        let mut out = SMatrix::<f64, CLOSED, CLOSED>::zeros();
        out.fixed_view_mut::<SAMPLED, SAMPLED>(0, 0).copy_from(&frame.state);
        // A longer delay than there is room for counts as the longest.
        let on_way = [frame.late.min(LATE), (frame.late + 1).min(LATE)];
        for (input, late) in frame.input.iter().zip(on_way) {
            for i in 0..SAMPLED {
                if late == 0 {
                    for n in 0..CLOSED {
                        out[(i, n)] += input[i] * command[n];
                    }
                } else {
                    out[(i, ON_WAY + late - 1)] += input[i];
                }
            }
        }
        out.set_row(INTEGRAL, &integral.transpose());
        out.set_row(ON_WAY, &command.transpose());
        for n in 1..LATE {
            out[(ON_WAY + n, ON_WAY + n - 1)] = 1.0;
        }
        out
    }

    /// Whether the closed loop is stable with an extra gain and an extra delay at the engines: whether its powers die
    /// away.
    pub fn stable(&self, gain: f64, extra_s: f64) -> bool {
        let mut power = self.closed(&self.plant.frame(extra_s), gain);
        // Logarithm of the size of the matrix to the power 2ⁿ, over 2ⁿ: it tends to that of the largest eigenvalue.
        let (mut growth, mut share) = (0.0, 1.0);
        for _ in 0..SQUARINGS {
            let size = power.amax();
            if size <= 0.0 {
                return true;
            }
            growth += share * libm::log(size);
            power /= size;
            power = power * power;
            share *= 0.5;
        }
        growth + share * libm::log(power.amax().max(f64::MIN_POSITIVE)) < 0.0
    }

    fn delay_margin_s(&self) -> f64 {
        let late = self.plant.frame(0.0).late;
        let mut high = LATE.saturating_sub(late + 2) as f64 * self.plant.frame_s;
        if !self.stable(1.0, 0.0) {
            return 0.0;
        }
        // The first instability, not any: two slow steps before halving.
        let step = 0.5 * self.plant.frame_s;
        let mut low = 0.0;
        while low + step < high {
            if !self.stable(1.0, low + step) {
                high = low + step;
                break;
            }
            low += step;
        }
        for _ in 0..20 {
            let middle = 0.5 * (low + high);
            if self.stable(1.0, middle) { low = middle } else { high = middle }
        }
        low
    }

    /// The liquid's mode of the closed loop: frequency, rad/s, and damping ratio.
    ///
    /// Root of 1/L(z) + k as k goes from 0, where it is the open loop's, to 1; Newton's steps.
    fn slosh(&self, frame: &Frame) -> (f64, f64) {
        let (omega, zeta) = self.plant.open_slosh();
        let t_s = self.plant.frame_s;
        let size = libm::exp(-zeta * omega * t_s);
        let angle = omega * libm::sqrt((1.0 - zeta * zeta).max(0.0)) * t_s;
        let mut mode = C::new(size * libm::cos(angle), size * libm::sin(angle));
        let one = C::new(1.0, 0.0);
        for k in 0..=STEPS {
            let gain = k as f64 / STEPS as f64;
            let left = |z: C| one / self.broken(frame, z) + gain;
            for _ in 0..NEWTON {
                let slope = (left(mode + NEAR) - left(mode - NEAR)) / (2.0 * NEAR);
                let step = left(mode) / slope;
                // Where the law moves nothing L is nothing, and the mode stays.
                if !step.re.is_finite() || !step.im.is_finite() {
                    break;
                }
                mode -= step;
            }
        }
        // z = exp(s T).
        let s = C::new(0.5 * libm::log(mode.norm_sqr()), libm::atan2(mode.im, mode.re)) / t_s;
        let omega = libm::sqrt(s.norm_sqr());
        (omega, -s.re / omega.max(1e-9))
    }
}
