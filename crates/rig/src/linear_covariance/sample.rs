//! What is taken of a flight, and where: navigation's errors and deviations, and the state of truth.
//!
//! Errors are estimate minus truth in the directions of truth, [`Sample::of`]; the target as mapped is leaned
//! against the one that is by the map tie over the Moon's radius, which is taken out, as in
//! `tests/consistency.rs`.

use crate::closed_loop::Frame;
use crate::measures::Measures;
use crate::stand::Stand;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::tm::Phase;
use nalgebra::{Matrix3, Vector3};

/// A quantity that navigation errs in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// In words.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Axes whose deviations are summed by squares.
    pub axes: usize,
}

/// What navigation errs in.
pub const QUANTITIES: [Quantity; 5] = [
    Quantity { name: "altitude", unit: "m", axes: 1 },
    Quantity { name: "horizontal position", unit: "m", axes: 2 },
    Quantity { name: "vertical speed", unit: "m/s", axes: 1 },
    Quantity { name: "horizontal velocity", unit: "m/s", axes: 2 },
    Quantity { name: "attitude", unit: "mrad", axes: 3 },
];

/// Components of truth kept of a sample: height, along, across, up, forward, right.
pub const STATES: usize = 6;

/// Where flights are compared: the last frame before braking, the first of the pitch-up, the first below three
/// altitudes over ground after it, and the last above a metre: below it the ground begins to push.
pub const CHECKPOINTS: [&str; 6] = ["before braking", "high gate", "3 km", "1 km", "200 m", "1 m"];
/// Those altitudes, m.
const BELOW_M: [f64; 3] = [3000.0, 1000.0, 200.0];
/// The last, m.
pub(super) const LAST_M: f64 = 1.0;
/// Time between two samples along the flight, s.
pub(super) const EVERY_S: f64 = 2.0;

/// One instant of a flight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Time since the start, s.
    pub t_s: f64,
    /// Errors of navigation, in the order of [`QUANTITIES`].
    pub error: [[f64; 3]; QUANTITIES.len()],
    /// Deviations that navigation states, root sum square over axes.
    pub sigma: [f64; QUANTITIES.len()],
    /// Truth: height over the target's level, distance past it along the track and right of it, m; velocity over ground
    /// up, forward and right, m/s.
    pub state: [f64; STATES],
}

/// What is kept of one flight.
#[derive(Clone, Debug)]
pub struct Flight {
    /// At each of [`CHECKPOINTS`] that it reached.
    pub at: [Option<Sample>; CHECKPOINTS.len()],
    /// Along the flight, one every two seconds.
    pub along: Vec<Sample>,
    /// Its figures.
    pub measures: Measures,
}

/// Directions that all samples of a run share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes {
    /// From the axes at the target as mapped to those at the target.
    R_LL: Matrix3<f64>,
    radius_m: f64,
    forward_L: Vector3<f64>,
}

impl Axes {
    pub(super) fn new(stand: &Stand, run: u64) -> Self {
        let mapped = flight::nav::Site::new(&stand.load(run).target);
        let (sin, cos) = libm::sincos(stand.scenario.approach.azimuth_rad);
        Self {
            R_LL: stand.site.R_ML.si().transpose() * mapped.R_ML.si(),
            radius_m: stand.site.p_ML_M.norm(),
            forward_L: Vector3::new(sin, cos, 0.0),
        }
    }
}

impl Sample {
    /// Distance from the target as the lander believes both, m.
    pub(super) fn believed_miss_m(&self) -> f64 {
        let [along_m, across_m] = [1, 2].map(|i| self.state[i] + self.error[1][i - 1]);
        libm::hypot(along_m, across_m)
    }

    /// Of one frame.
    pub(super) fn of(axes: &Axes, frame: &Frame<'_>) -> Self {
        let nav = &frame.telemetry.nav;
        let (p, v) = (frame.view.p_LB_L.si(), frame.view.v_LB_L.si());
        let from_centre = Vector3::new(p.x, p.y, p.z + axes.radius_m);
        let up = from_centre.normalize();
        // The track's plane, not the motion's: hovering has no direction.
        let right = axes.forward_L.cross(&Vector3::z());
        let forward = up.cross(&right).normalize();
        let forward = if forward.dot(&axes.forward_L) < 0.0 { -forward } else { forward };
        let right = forward.cross(&up);
        let dp = axes.R_LL * Vector3::from(nav.p_LB_L) - p;
        let dv = axes.R_LL * Vector3::from(nav.v_LB_L) - v;
        let believed: Quaternion<I, B> = Quaternion::from_si(nav.q_IB);
        let turned = believed * frame.view.q_IB.inverse();
        let theta_mrad = turned.log() * 1e3;
        let along_m = libm::atan2(from_centre.dot(&axes.forward_L), from_centre.z) * MOON_RADIUS_M;
        let across_m = p.dot(&axes.forward_L.cross(&Vector3::z()));
        Self {
            t_s: frame.t_s,
            error: [
                [nav.altitude_m - frame.view.altitude_m, 0.0, 0.0],
                [dp.dot(&forward), dp.dot(&right), 0.0],
                [dv.dot(&up), 0.0, 0.0],
                [dv.dot(&forward), dv.dot(&right), 0.0],
                theta_mrad.into(),
            ],
            sigma: [
                nav.sigma_altitude_m,
                nav.sigma_horizontal_m,
                nav.sigma_v_up_m_s,
                nav.sigma_v_horizontal_m_s,
                nav.sigma_attitude_rad * 1e3,
            ],
            state: [
                from_centre.norm() - axes.radius_m,
                along_m,
                across_m,
                v.dot(&up),
                v.dot(&forward),
                v.dot(&right),
            ],
        }
    }
}

/// Takes the samples of one flight.
pub(super) struct Gather {
    axes: Axes,
    pub(super) at: [Option<Sample>; CHECKPOINTS.len()],
    pub(super) along: Vec<Sample>,
}

impl Gather {
    pub(super) fn new(stand: &Stand, run: u64) -> Self {
        Self { axes: Axes::new(stand, run), at: Default::default(), along: Vec::new() }
    }

    pub(super) fn frame(&mut self, frame: &Frame<'_>) {
        let phase = frame.telemetry.phase;
        if phase >= Phase::Contact {
            return;
        }
        let sample = Sample::of(&self.axes, frame);
        let [before, gate, below @ .., last] = &mut self.at;
        if phase < Phase::Braking {
            *before = Some(sample);
        }
        if phase >= Phase::PitchUp {
            gate.get_or_insert(sample);
            for (slot, below_m) in below.iter_mut().zip(BELOW_M) {
                if frame.view.altitude_m < below_m {
                    slot.get_or_insert(sample);
                }
            }
            if frame.view.altitude_m > LAST_M {
                *last = Some(sample);
            }
        }
        if frame.t_s >= self.along.len() as f64 * EVERY_S {
            self.along.push(sample);
        }
    }

    pub(super) fn finish(self, measures: &Measures) -> Flight {
        Flight { at: self.at, along: self.along, measures: *measures }
    }
}
