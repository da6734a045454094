//! What hazard avoidance is told of its lidar and of the lander's feet, and by which law to divert.

/// The law that flies to a place chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivertLaw {
    /// The closed form alone: down the profile of speed, aside by the law of [DSouza1997].
    ClosedForm,
    /// The plan of least propellant, the closed form where there is none.
    Convex,
}

/// The hazard lidar as believed, and what stands on the ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Avoidance {
    /// `false` when the flight goes without one, or is not to use it.
    pub fitted: bool,
    /// Place of the mirror.
    pub p_BA_B: [f64; 3],
    /// Longest range, m.
    pub range_m_max: f64,
    /// Noise of one range, 1 sigma, m.
    pub sigma_m: f64,
    /// Distance of the pads' middles from the axis, m.
    pub foot_radius_m: f64,
    /// Diameter of a pad, m.
    pub pad_diameter_m: f64,
    /// How a place is flown to.
    pub law: DivertLaw,
}

impl Avoidance {
    /// No hazard lidar.
    pub const NONE: Self = Self {
        fitted: false,
        p_BA_B: [0.0; 3],
        range_m_max: 0.0,
        sigma_m: 1.0,
        foot_radius_m: 1.0,
        pad_diameter_m: 0.3,
        law: DivertLaw::ClosedForm,
    };
}
