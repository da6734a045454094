//! Engines and jets.

use super::{Checked, point, unit, within};

/// One engine or jet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engine {
    /// Steady thrust in vacuum, N.
    pub thrust_N: f64,
    /// Specific impulse in vacuum, s.
    pub isp_s: f64,
    /// Point where the thrust acts, from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Direction of the force on the vehicle (not of the jet), unit.
    pub d_B: [f64; 3],
    /// Time constant of the first order rise and decay, s; 0 for none.
    pub lag_s: f64,
    /// Time from the command to the valve's opening, s.
    pub opens_after_s: f64,
    /// Time from the command to the valve's closing, s. What it exceeds `opens_after_s` by is added to
    /// every pulse.
    pub shuts_after_s: f64,
    /// Shortest command that gives thrust, s: the minimum impulse bit over the thrust. A shorter one
    /// opens nothing.
    pub on_min_s: f64,
    /// Propellant that every opening wastes, as seconds of steady flow. A pulse of width w has the
    /// specific impulse `isp_s` × w / (w + `waste_s`).
    pub waste_s: f64,
    /// A pulse command is a throttle setting, its width over the pulse frame the share of full thrust, instead
    /// of a valve that is open so long at full thrust.
    pub throttled: bool,
}

/// Standard deviations of one class of engine, drawn once per engine and run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EngineDispersion {
    /// Thrust, relative.
    pub thrust_sigma: f64,
    /// Specific impulse, relative.
    pub isp_sigma: f64,
    /// Direction of thrust, about each of two axes across it, rad.
    pub alignment_sigma_rad: f64,
}

impl Engine {
    pub(super) fn check(&self, name: &str) -> Checked {
        let key = |field: &str| format!("{name}.{field}");
        within(&key("thrust_N"), self.thrust_N, "N", 0.0, 1e6)?;
        within(&key("isp_s"), self.isp_s, "s", 10.0, 1000.0)?;
        point(&key("p_BA_B"), &self.p_BA_B)?;
        unit(&key("d_B"), &self.d_B)?;
        within(&key("lag_s"), self.lag_s, "s", 0.0, 5.0)?;
        within(&key("opens_after_s"), self.opens_after_s, "s", 0.0, 1.0)?;
        within(&key("shuts_after_s"), self.shuts_after_s, "s", 0.0, 1.0)?;
        within(&key("on_min_s"), self.on_min_s, "s", 0.0, 1.0)?;
        within(&key("waste_s"), self.waste_s, "s", 0.0, 1.0)
    }
}

impl EngineDispersion {
    pub(super) fn check(&self, name: &str) -> Checked {
        let key = |field: &str| format!("dispersions.{name}.{field}");
        within(&key("thrust_sigma"), self.thrust_sigma, "", 0.0, 0.3)?;
        within(&key("isp_sigma"), self.isp_sigma, "", 0.0, 0.3)?;
        within(&key("alignment_sigma_rad"), self.alignment_sigma_rad, "rad", 0.0, 0.3)
    }
}
