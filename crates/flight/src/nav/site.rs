//! The landing site: its frame `L` and the approach track through it.
//!
//! Owns: [`Site`] (`L` seen from `M`), [`Track`] (distances along and across the approach).

use crate::load::Target;
use icd::constants::MOON_RADIUS_M;
use icd::frames::{L, M, Position, Vector};
use icd::rotation::Rotation;
use nalgebra::Vector3;

/// The great circle of the approach through the target, in `M`.
#[derive(Clone, Copy, Debug)]
pub struct Track {
    /// Up at the target.
    pub up: Vector3<f64>,
    /// Forward along the approach at the target.
    pub forward: Vector3<f64>,
    /// To the right of the approach: normal of the great circle.
    pub across: Vector3<f64>,
}

impl Track {
    /// Distances of the place `up_M` (unit vector) from the target, on the reference sphere, m: along
    /// the approach (positive beyond the target) and across it (positive to the right).
    pub fn along_across(&self, up_M: Vector3<f64>) -> (f64, f64) {
        let along = libm::atan2(up_M.dot(&self.forward), up_M.dot(&self.up));
        let across = libm::asin(up_M.dot(&self.across).clamp(-1.0, 1.0));
        (along * MOON_RADIUS_M, across * MOON_RADIUS_M)
    }
    /// Horizontal direction along the track at the place `up_M`.
    pub fn along(&self, up_M: Vector3<f64>) -> Vector3<f64> {
        let t = up_M.cross(&self.across);
        t / libm::sqrt(t.norm_squared()).max(1e-9)
    }
}

/// The site frame: origin on the target, x east, y north, z up.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The target.
    pub p_MT_M: Vector<Position, M>,
    /// `R_ML`.
    pub R_ML: Rotation<M, L>,
    /// The approach.
    pub track: Track,
    /// Forward along the approach, `L`.
    pub forward_L: Vector3<f64>,
}

impl Site {
    /// From the target of the load; a target at a pole takes `M`'s y axis as east.
    pub fn new(target: &Target) -> Self {
        let up = target.p_MT_M.si() / target.p_MT_M.norm().max(1.0);
        let east = Vector3::z().cross(&up);
        let length = libm::sqrt(east.norm_squared());
        let east = if length > 1e-9 { east / length } else { Vector3::y() };
        let north = up.cross(&east);
        let (s, c) = (libm::sin(target.azimuth_rad), libm::cos(target.azimuth_rad));
        let forward = north * c + east * s;
        Self {
            p_MT_M: target.p_MT_M,
            R_ML: Rotation::from_columns(east, north, up),
            track: Track { up, forward, across: forward.cross(&up) },
            forward_L: Vector3::new(s, c, 0.0),
        }
    }

    /// The site `along_rad` further along its track, at the same radius: its frame is turned with it. Track and map
    /// still count from the first one.
    pub fn moved(&self, along_rad: f64) -> Self {
        let Track { up, forward, across } = self.track;
        let (s, c) = (libm::sin(along_rad), libm::cos(along_rad));
        let turned = |v: Vector3<f64>| {
            let (u, f) = (v.dot(&up), v.dot(&forward));
            up * (u * c - f * s) + forward * (f * c + u * s) + across * v.dot(&across)
        };
        let R = self.R_ML.si();
        let column = |i: usize| turned(R.column(i).into_owned());
        Self {
            p_MT_M: Vector::from_si(turned(self.p_MT_M.si())),
            R_ML: Rotation::from_columns(column(0), column(1), column(2)),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(azimuth_rad: f64) -> Target {
        Target {
            p_MT_M: Vector::new(0.5 * MOON_RADIUS_M, 0.0, 0.75f64.sqrt() * MOON_RADIUS_M),
            azimuth_rad,
            gate_v_up_m_s: 0.0,
            gate_v_horizontal_m_s: 0.0,
            gate_altitude_m: 0.0,
            gate_downrange_m: 0.0,
            braking_collective: 0.9,
            main_off_m: 0.0,
            profile: [(0.0, 0.0); 5],
        }
    }

    #[test]
    fn a_place_north_of_the_target_lies_ahead_on_a_northbound_track() {
        let site = Site::new(&target(0.0));
        // 60° north at 0° east; one degree further north, by hand.
        let north = Vector3::new(61f64.to_radians().cos(), 0.0, 61f64.to_radians().sin());
        let (along, across) = site.track.along_across(north);
        assert!((along - 1f64.to_radians() * MOON_RADIUS_M).abs() < 1e-6 && across.abs() < 1e-6);
        let on = site.track.along(site.track.up);
        assert!((on - site.track.forward).norm() < 1e-12, "the track's direction is the flight's");
    }

    #[test]
    fn a_site_moved_along_its_track_lies_there_with_its_own_vertical() {
        let site = Site::new(&target(0.3));
        let moved = site.moved(0.05);
        let up = moved.p_MT_M.si() / moved.p_MT_M.norm();
        let (along, across) = site.track.along_across(up);
        assert!((along - 0.05 * MOON_RADIUS_M).abs() < 1e-6 && across.abs() < 1e-6);
        assert!((moved.R_ML.si() * Vector3::z() - up).norm() < 1e-12);
        let ahead = moved.R_ML.si() * moved.forward_L;
        assert!((ahead - site.track.along(up)).norm() < 1e-12, "it looks along the track");
        assert!((site.moved(0.0).R_ML.si() - site.R_ML.si()).norm() < 1e-15);
    }

    #[test]
    fn east_is_to_the_right_of_north() {
        let site = Site::new(&target(0.0));
        let p_L = site.R_ML.si() * Vector3::new(1000.0, 0.0, 0.0) + site.p_MT_M.si();
        let (_, across) = site.track.along_across(p_L / libm::sqrt(p_L.norm_squared()));
        assert!((across - 1000.0).abs() < 0.01, "{across}");
    }
}
