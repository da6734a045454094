//! The part of the load that says how the Moon pulls: the field on board, and the size of what it lacks.

use super::GRAVITY_DEGREE_MAX;
use icd::frames::{M, Position, Vector};

/// Lunar gravity field, fully normalised coefficients in the principal-axis frame.
#[derive(Clone, Debug)]
pub struct Gravity {
    /// Gravitational parameter, m³/s².
    pub gm_m3_s2: f64,
    /// Reference radius, m.
    pub radius_m: f64,
    /// Degree used, at most [`GRAVITY_DEGREE_MAX`].
    pub degree: usize,
    /// `C[n][m]`.
    pub C: [[f64; GRAVITY_DEGREE_MAX + 1]; GRAVITY_DEGREE_MAX + 1],
    /// `S[n][m]`.
    pub S: [[f64; GRAVITY_DEGREE_MAX + 1]; GRAVITY_DEGREE_MAX + 1],
    /// Fixed rotation between the Moon's axes: takes components in M to components in P.
    pub R_PM: nalgebra::Matrix3<f64>,
    /// Where the Earth stands in the Moon's sky; it librates by less than a degree over a landing.
    pub p_ME_M: Vector<Position, M>,
    /// What the field lacks.
    pub omitted: Omitted,
}

/// Gravity beyond the degree on board, as the ground knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Omitted {
    /// Root mean square over the globe of its radial part at the field's reference radius, m/s².
    pub sigma_m_s2: f64,
    /// Mean degree, weighted by the squares that make up `sigma_m_s2`.
    pub degree: f64,
}
