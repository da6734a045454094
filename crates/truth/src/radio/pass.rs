//! When stations see a place near the Moon: what planners know before a flight.
//!
//! Owns: [`passes`]. Does not own: the radio's own look in a run.

use super::geometry::{Earth, Mover};
use super::stations::Station;
use crate::environment::Environment;
use icd::time::{Span, Time};
use nalgebra::Vector3;

/// One pass of a station.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pass {
    /// Number of the station.
    pub station: u8,
    /// When it begins and ends; both ends of the time asked for count as such.
    pub from: Time,
    /// When it ends.
    pub to: Time,
    /// Highest elevation in it, rad.
    pub elevation_rad_max: f64,
}

/// Elevation over a station's horizon of a point near the Moon, rad; `None` outside the ephemeris.
#[must_use]
pub fn elevation_rad(
    environment: &Environment,
    station: &Station,
    p_m: Vector3<f64>,
    t: Time,
) -> Option<f64> {
    let from = Mover { p_m, v_m_s: Vector3::zeros() };
    Some(Earth::at(environment, t)?.line_to(station, &from).1)
}

/// The passes of a station between two times, of the Moon's centre, to the step; what the Moon hides is not taken out.
#[must_use]
pub fn passes(
    environment: &Environment,
    station: &Station,
    (from, to): (Time, Time),
    elevation_rad_min: f64,
    step: Span,
) -> Vec<Pass> {
    let mut out: Vec<Pass> = Vec::new();
    let mut open: Option<Pass> = None;
    let mut t = from;
    while t <= to && step.ns() > 0 {
        let elevation = elevation_rad(environment, station, Vector3::zeros(), t);
        let up = elevation.filter(|elevation| *elevation >= elevation_rad_min);
        match (up, &mut open) {
            (Some(elevation), Some(pass)) => {
                pass.to = t;
                pass.elevation_rad_max = pass.elevation_rad_max.max(elevation);
            }
            (Some(elevation_rad_max), None) => {
                open = Some(Pass { station: station.number, from: t, to: t, elevation_rad_max });
            }
            (None, _) => out.extend(open.take()),
        }
        t += step;
    }
    out.extend(open);
    out
}
