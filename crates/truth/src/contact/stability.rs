//! How far a lander is from toppling over its feet.
//!
//! Owns: [`Stability`]. As published — [Messuri1985]: the energy stability margin is the least work
//! that lifts the centre of mass over an edge of the support polygon. As programmed, per edge with the
//! unit vector e, r from the edge to the centre of mass across e, ψ the edge's slope:
//!     angle = from r to the plane of e and the vertical,    work = m g cos ψ |r| (1 − cos angle)
//! less the energy that the motion has about that edge, H² / 2 I, when it carries the lander outwards:
//! that of a lander whose feet along the edge stick at this moment. On an even slope and for a sideways
//! motion alone the margin is zero at
//!     v = √(2 g L (1 − cos(φ − θ)) (k² + L²)) / h,     L² = h² + b²,  tan φ = b / h,
//! the speed at which a lander trips.
//! Refuses: crushing and sliding while it topples (both make the margin larger), edges that are not
//! yet on the ground.

use super::feet::Pose;
use crate::dynamics::MassProperties;
use icd::bus::LEGS;
use nalgebra::Vector3;

/// How far a lander is from toppling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stability {
    /// Angle by which it could be turned about the nearest edge before it falls, rad; negative when
    /// the centre of mass is beyond the edge.
    pub angle_rad: f64,
    /// Work that is missing to topple it, the energy of its motion taken off, J for each kg.
    pub margin_J_kg: f64,
}

/// Over the polygon of the feet, counterclockwise from above.
pub(crate) fn of(
    feet_G: &[Vector3<f64>; LEGS],
    pose: &Pose,
    mass: &MassProperties,
    gravity_m_s2: f64,
) -> Stability {
    let arm_G = pose.R_GB * mass.p_BC_B;
    let w_G = pose.R_GB * pose.w_GB_B;
    let (c_G, v_G) = (pose.p_GB_G + arm_G, pose.v_GB_G + w_G.cross(&arm_G));
    let spin_G = pose.R_GB * (mass.inertia_kg_m2 * pose.w_GB_B);
    let mut least = Stability { angle_rad: f64::INFINITY, margin_J_kg: f64::INFINITY };
    for n in 0..LEGS {
        let (a, b) = (feet_G[n], feet_G[(n + 1) % LEGS]);
        let length_m = (b - a).norm();
        let e = (b - a) / length_m;
        let up = Vector3::z() - e * e.z;
        let cos_slope = up.norm();
        // Two feet at one place, or one above the other: no edge to fall over.
        if !(length_m > 1e-6 && cos_slope > 1e-6) {
            continue;
        }
        let r = (c_G - a) - e * (c_G - a).dot(&e);
        let inward = (up / cos_slope).cross(&e);
        let angle_rad = libm::atan2(r.dot(&inward), r.dot(&up) / cos_slope);
        let lift_m = cos_slope * r.norm() - r.dot(&up);
        let outwards = mass.mass_kg * r.cross(&v_G).dot(&e) + spin_G.dot(&e);
        let e_B = pose.R_GB.tr_mul(&e);
        let inertia = mass.mass_kg * r.norm_squared() + e_B.dot(&(mass.inertia_kg_m2 * e_B));
        let motion_J = 0.5 * outwards.max(0.0) * outwards.max(0.0) / inertia;
        let work_J_kg = gravity_m_s2 * if angle_rad > 0.0 { lift_m } else { -lift_m };
        least.angle_rad = least.angle_rad.min(angle_rad);
        least.margin_J_kg = least.margin_J_kg.min(work_J_kg - motion_J / mass.mass_kg);
    }
    least
}
