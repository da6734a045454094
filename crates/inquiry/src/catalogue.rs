//! Causes as people group them: families, and causes that no evidence can tell apart.
//!
//! Owns: [`Family`]. Does not own: what a kind does (`truth::faulty`).

/// What a fault does to the flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// The rangefinder sees late or not at all, or its readings come late.
    LateRangefinder,
    /// The rangefinder gives wrong ranges.
    WrongRange,
    /// Navigation is led astray: attitude, inertial unit, speeds, or where it was told to start.
    WrongNavigation,
    /// Another sensor is silent or wrong.
    OtherSensor,
    /// Engines or jets give other thrust than commanded.
    Thrust,
    /// The flight computer restarts.
    Computer,
    /// Nothing broke: the software met what it was not made for.
    Design,
    /// Nothing that the library holds.
    Unknown,
}
