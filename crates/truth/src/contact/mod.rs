//! Feet and hull on the ground, and what a landing was like.
//!
//! Owns: [`Touchdown`] and [`Landing`], the facts of a landing; below it the ground under the feet, the
//! soil, the struts, friction, the margin against toppling. Does not own: the terrain
//! (`environment`), when a run ends (`world`), what a good landing is (`rig`).
//!
//! Each point that can meet the ground has its own footing: height and slope of the terrain under that
//! pad, soil that sinks, a strut that crushes and does not spring back. The equations are in `column`,
//! `feet`, `ground`, `soil` and `stability`.
//! Refuses: dust, soil that remembers earlier feet, feet that bend, heat of honeycomb.

mod column;
mod feet;
mod ground;
mod soil;
mod stability;

pub use soil::{HARD_FLOOR, REGOLITH, Soil};
pub use stability::Stability;

pub(crate) use feet::{Feet, Pose};
pub(crate) use ground::Ground;

use icd::bus::LEGS;
use icd::frames::{L, Position, Vector};
use icd::time::{Span, Time};

/// Height of the lowest foot below which contact is watched, m.
pub const WATCH_M: f64 = 10.0;
/// Longest step of integration while a foot moves on the ground.
pub const SUBSTEP: Span = Span::from_us(500);

/// The state of the lander when it first met the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touchdown {
    /// Time of contact.
    pub t: Time,
    /// Position of the body origin.
    pub p_LB_L: Vector<Position, L>,
    /// Vertical speed over ground, up positive, m/s.
    pub v_up_m_s: f64,
    /// Horizontal speed over ground, m/s.
    pub v_horizontal_m_s: f64,
    /// Angle between the body axis and local vertical, rad.
    pub tilt_rad: f64,
    /// Body rate relative to the ground, rad/s.
    pub rate_rad_s: f64,
    /// Horizontal distance from the target, m.
    pub miss_m: f64,
    /// Slope of the ground, rad.
    pub slope_rad: f64,
    /// Slope of the plane that fits the ground under the four pads best, rad.
    pub pads_slope_rad: f64,
    /// Height of the tallest rock that a pad stands on, touches or overlaps, m; 0 for none.
    pub pads_rock_m: f64,
    /// Propellant left, kg.
    pub propellant_kg: f64,
}

/// What a landing did to one leg.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Leg {
    /// Honeycomb crushed, m.
    pub stroke_m: f64,
    /// The same as a share of the stroke there is; above 1 the hard stop has yielded.
    pub stroke_share: f64,
    /// Largest load of the foot along the ground's normal so far, N.
    pub load_N_max: f64,
    /// Depth of the pad in the soil, m.
    pub sunk_m: f64,
    /// Loaded beyond its ultimate load: it carries nothing any more.
    pub broken: bool,
}

/// What has happened since the first contact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landing {
    /// The legs.
    pub legs: [Leg; LEGS],
    /// Largest load at one point of the hull, N; zero when it never met the ground.
    pub hull_load_N_max: f64,
    /// Whether that was more than the hull bears.
    pub hull_broken: bool,
    /// How often everything left the ground again.
    pub lift_offs: u32,
    /// Greatest height of the lowest point meanwhile, m.
    pub bounce_m: f64,
    /// Greatest angle between the body axis and local vertical, rad.
    pub tilt_rad_max: f64,
    /// Horizontal distance of the body origin from where it was at first contact, m.
    pub slide_m: f64,
    /// Distance from toppling now.
    pub stability: Stability,
    /// Least work that was ever missing to topple it, J for each kg; see [`Stability::margin_J_kg`].
    pub margin_J_kg_min: f64,
}
