//! The lander and its liquid about one axis, linear around a steady burn.
//!
//! Owns: [`Plant`], its eigenvalue, its exact response over a pulse frame ([`Plant::frame`]).
//! As published: the body's equations are those of `truth::dynamics` and `truth::dynamics::slosh`
//! ([Abramson1966] ch. 6 for the liquid), about x or y with M, I, F mass, inertia and thrust, m the mass that
//! moves, d its height over the centre of mass, s its shift, f the jets' side force that comes with a torque:
//!     I α + m d s̈ = τ + F m s / M           d α + (1 − m/M) s̈ = −ω² s − 2 ζ ω ṡ − f / M
//! About z the same with the ring: I α + J ψ̈ = τ, α + ψ̈ = −ω² ψ − 2 ζ ω ψ̇. Without control the liquid's pole
//! solves p² + 2 ζ ω (I/D) p + (I ω² + d F m/M)/D = 0 with D = I (1 − m/M) − m d².
//! As programmed: the torque τ of the engines is a state behind their first-order lag. A pulse that begins with its
//! frame and lasts the share w of it is, to small changes, an impulse where it ends: modulation at the trailing
//! edge. A throttle is held over its frame. Response over a frame: the matrix exponential, by scaling and a
//! series, so that nothing is lost between samples.
//! Refuses: coupling of the axes by a centre of mass off the axis (millimetres on metres), jet damping (1 N m s
//! beside 300 of the rate loop), the stiffening of large swings, pulses at their limits.

use icd::bus::{CYCLE, PULSE_FRAME};
use nalgebra::{SMatrix, SVector};

/// Angle, rate, shift of the liquid, its rate, torque of the engines.
const STATES: usize = 5;
/// The same with the input held, for the exponential.
const HELD: usize = STATES + 1;
const ANGLE: usize = 0;
const RATE: usize = 1;
const SHIFT: usize = 2;
const SHIFT_RATE: usize = 3;
const TORQUE: usize = 4;

/// States after a frame, with the angle a cycle before its end: the gyros give the mean rate over that cycle.
pub(super) const SAMPLED: usize = STATES + 1;
/// Angle now and a cycle ago, in the sampled state.
pub(super) const ANGLE_NOW: usize = ANGLE;
pub(super) const ANGLE_BEFORE: usize = STATES;

type Matrix = SMatrix<f64, HELD, HELD>;
type State = SVector<f64, HELD>;

/// The liquid as one axis feels it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Liquid {
    /// Torque that a unit of its acceleration takes, kg m or kg m²: m d, or J.
    pub takes: f64,
    /// Acceleration of its tank by a unit of α: d, or 1.
    pub rides: f64,
    /// Share of its acceleration that is left to it: 1 − m/M, or 1.
    pub free: f64,
    /// Torque that a unit of its shift gives, N: F m/M, or 0.
    pub leans: f64,
    /// Frequency in a tank that stands still, rad/s.
    pub omega_rad_s: f64,
    /// Its damping ratio.
    pub zeta: f64,
}

/// How a command becomes torque.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Actuator {
    /// Torque given for torque asked.
    pub gain: f64,
    /// Side force with it, over the mass, m/s² for 1 N m.
    pub side_m_s2_Nm: f64,
    /// Where in the frame a small change of the command acts, s: the end of a pulse, or the beginning.
    pub delay_s: f64,
    /// First-order lag, s.
    pub lag_s: f64,
    /// A throttle, held over the frame.
    pub held: bool,
}

/// One axis of the lander at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plant {
    /// Moment of inertia, kg m².
    pub inertia_kg_m2: f64,
    /// The liquid.
    pub liquid: Liquid,
    /// The engines.
    pub actuator: Actuator,
    /// Frame of the pulses and of the law, s.
    pub frame_s: f64,
    /// Cycle over which the gyros integrate, s.
    pub cycle_s: f64,
}

/// What a frame does to the sampled state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Of the state before.
    pub state: SMatrix<f64, SAMPLED, SAMPLED>,
    /// Of the command `late` frames ago, and of the one before it.
    pub input: [SVector<f64, SAMPLED>; 2],
    /// Whole frames of delay.
    pub late: usize,
}

impl Plant {
    /// The frame and the cycle of the bus.
    pub fn new(inertia_kg_m2: f64, liquid: Liquid, actuator: Actuator) -> Self {
        let (frame_s, cycle_s) = (PULSE_FRAME.s(), CYCLE.s());
        Self { inertia_kg_m2, liquid, actuator, frame_s, cycle_s }
    }

    /// I (1 − m/M) − m d².
    fn determinant(&self) -> f64 {
        self.inertia_kg_m2 * self.liquid.free - self.liquid.takes * self.liquid.rides
    }

    /// Frequency, rad/s, and damping ratio of the liquid with the body free and no control.
    pub fn open_slosh(&self) -> (f64, f64) {
        let (l, inertia) = (&self.liquid, self.inertia_kg_m2);
        let stiffness = inertia * l.omega_rad_s * l.omega_rad_s + l.rides * l.leans;
        let omega = libm::sqrt((stiffness / self.determinant()).max(0.0));
        let damping = l.zeta * l.omega_rad_s * inertia / self.determinant();
        (omega, damping / omega.max(1e-9))
    }

    /// The derivative, the command in the last place.
    fn flow(&self) -> Matrix {
        let (l, a, inertia) = (&self.liquid, &self.actuator, self.inertia_kg_m2);
        let det = self.determinant();
        let (square, damping) = (l.omega_rad_s * l.omega_rad_s, 2.0 * l.zeta * l.omega_rad_s);
        // Right sides of the two equations by state: torque, and acceleration of the liquid.
        let sides = [
            (SHIFT, l.leans, -square),
            (SHIFT_RATE, 0.0, -damping),
            (TORQUE, 1.0, -a.side_m_s2_Nm),
        ];
        let mut flow = Matrix::zeros();
        flow[(ANGLE, RATE)] = 1.0;
        flow[(SHIFT, SHIFT_RATE)] = 1.0;
        for (state, torque, push) in sides {
            flow[(RATE, state)] = (l.free * torque - l.takes * push) / det;
            flow[(SHIFT_RATE, state)] = (inertia * push - l.rides * torque) / det;
        }
        // A lag of nothing is one too short to matter.
        let lag_s = a.lag_s.max(1e-3 * self.frame_s);
        flow[(TORQUE, TORQUE)] = -1.0 / lag_s;
        if a.held {
            flow[(TORQUE, STATES)] = a.gain / lag_s;
        }
        flow
    }

    /// Response over one frame with `extra_s` of delay between law and engines.
    pub(super) fn frame(&self, extra_s: f64) -> Frame {
        let flow = self.flow();
        let delay_s = self.actuator.delay_s + extra_s;
        let whole = libm::floor(delay_s / self.frame_s + 1e-12).max(0.0);
        let at_s = (delay_s - whole * self.frame_s).max(0.0);
        let look_s = self.frame_s - self.cycle_s;
        let [first_s, second_s] = if at_s < look_s { [at_s, look_s] } else { [look_s, at_s] };
        let parts = [first_s, second_s - first_s, self.frame_s - second_s];
        let parts = parts.map(|dt_s| exponential(&flow, dt_s));
        let lag_s = self.actuator.lag_s.max(1e-3 * self.frame_s);
        let kick = self.actuator.gain * self.frame_s / lag_s;
        let held = self.actuator.held;
        let over = |mut x: State, now: f64, before: f64| {
            x[STATES] = if held { before } else { 0.0 };
            let mut seen = 0.0;
            for (k, part) in parts.iter().enumerate() {
                x = part * x;
                let acts = (k == 0 && at_s < look_s) || (k == 1 && at_s >= look_s);
                if k == 2 {
                    break;
                }
                if !acts {
                    seen = x[ANGLE];
                } else if held {
                    x[STATES] = now;
                } else {
                    x[TORQUE] += kick * now;
                }
            }
            SVector::<f64, SAMPLED>::from_fn(|i, _| if i == ANGLE_BEFORE { seen } else { x[i] })
        };
        let mut state = SMatrix::<f64, SAMPLED, SAMPLED>::zeros();
        for n in 0..STATES {
            let unit = State::from_fn(|i, _| if i == n { 1.0 } else { 0.0 });
            state.set_column(n, &over(unit, 0.0, 0.0));
        }
        let input = [over(State::zeros(), 1.0, 0.0), over(State::zeros(), 0.0, 1.0)];
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small and not negative
        Frame { state, input, late: whole as usize }
    }
}

/// exp(A dt): a series on a power of two of it, squared back.
fn exponential(flow: &Matrix, dt_s: f64) -> Matrix {
    let size = flow.amax() * dt_s * HELD as f64;
    let mut halvings = 0;
    let mut scaled = flow * dt_s;
    let mut left = size;
    while left > 0.25 && halvings < 60 {
        (scaled, left) = (scaled * 0.5, left * 0.5);
        halvings += 1;
    }
    let (mut sum, mut term) = (Matrix::identity(), Matrix::identity());
    for k in 1..=12 {
        term = term * scaled / f64::from(k);
        sum += term;
    }
    for _ in 0..halvings {
        sum = sum * sum;
    }
    sum
}
