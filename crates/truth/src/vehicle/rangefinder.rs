//! Laser rangefinder.

use super::{Checked, point, unit, within};

/// Laser rangefinder: laser, optics, receiver and range gate. What a shot makes of them is in
/// `sensors::link`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rangefinder {
    /// Aperture from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Beam, unit.
    pub d_B: [f64; 3],
    /// Energy of one laser pulse, J.
    pub pulse_energy_J: f64,
    /// Wavelength, m.
    pub wavelength_m: f64,
    /// Width of the pulse as the receiver sees it from a flat target, full at half maximum, s.
    pub pulse_width_s: f64,
    /// Full angle of the transmitted beam, rad.
    pub divergence_rad: f64,
    /// Diameter of the receiving aperture, m.
    pub aperture_m: f64,
    /// Share of the laser's light that leaves the instrument, 0 to 1.
    pub transmit_efficiency: f64,
    /// Share of the light on the aperture that reaches the detector, 0 to 1.
    pub receive_efficiency: f64,
    /// Noise of the receiver without signal, daylight included: 1 sigma of the optical power, W.
    pub noise_W: f64,
    /// Bandwidth of the receiver, Hz.
    pub bandwidth_hz: f64,
    /// Excess noise factor of the detector over its quantum efficiency.
    pub excess_noise: f64,
    /// Pulses a second while a shot is integrated, Hz.
    pub pulse_rate_hz: f64,
    /// Time over which the echoes of one shot are averaged, s.
    pub integration_s: f64,
    /// Detection threshold over the noise of the averaged echo, standard deviations.
    pub threshold_sigma: f64,
    /// Where the range gate opens, m.
    pub range_m_min: f64,
    /// Where the range gate closes, m.
    pub range_m_max: f64,
    /// Noise of a shot with a strong echo, m.
    pub sigma_m: f64,
    /// Step of the range counter, m; 0 for none.
    pub quantum_m: f64,
    /// Time from shot to result, s.
    pub latency_s: f64,
    /// Time between shots, s.
    pub period_s: f64,
}

impl Rangefinder {
    pub(super) fn check(&self) -> Checked {
        point("rangefinder.p_BA_B", &self.p_BA_B)?;
        unit("rangefinder.d_B", &self.d_B)?;
        self.check_optics()?;
        within("rangefinder.noise", self.noise_W, "W", 1e-18, 1.0)?;
        within("rangefinder.bandwidth", self.bandwidth_hz, "Hz", 1e3, 1e11)?;
        within("rangefinder.excess_noise", self.excess_noise, "", 0.0, 1e3)?;
        within("rangefinder.integration", self.integration_s, "s", 1e-9, 10.0)?;
        within("rangefinder.pulse_rate", self.pulse_rate_hz, "Hz", 0.1, 1e9)?;
        within("rangefinder pulses a shot", self.pulses(), "", 1.0, 1e9)?;
        within("rangefinder.threshold_sigma", self.threshold_sigma, "", 1.0, 1e3)?;
        within("rangefinder.range_m_max", self.range_m_max, "m", 0.1, 1e6)?;
        within("rangefinder.range_m_min", self.range_m_min, "m", 0.0, self.range_m_max)?;
        within("rangefinder.sigma_m", self.sigma_m, "m", 0.0, 1e4)?;
        within("rangefinder.quantum_m", self.quantum_m, "m", 0.0, 1e3)?;
        within("rangefinder.latency_s", self.latency_s, "s", 0.0, 10.0)?;
        within("rangefinder.period_s", self.period_s, "s", 0.02, 60.0)
    }

    fn check_optics(&self) -> Checked {
        within("rangefinder.pulse_energy", self.pulse_energy_J, "J", 1e-12, 1e3)?;
        within("rangefinder.wavelength", self.wavelength_m, "m", 1e-7, 2e-5)?;
        within("rangefinder.pulse_width", self.pulse_width_s, "s", 1e-13, 1e-3)?;
        within("rangefinder.divergence", self.divergence_rad, "rad", 0.0, 0.5)?;
        within("rangefinder.aperture", self.aperture_m, "m", 1e-4, 10.0)?;
        within("rangefinder.transmit_efficiency", self.transmit_efficiency, "", 1e-6, 1.0)?;
        within("rangefinder.receive_efficiency", self.receive_efficiency, "", 1e-6, 1.0)
    }

    /// Pulses averaged in one shot: a whole number, at least one in a vehicle that passed its check.
    pub fn pulses(&self) -> f64 {
        libm::floor(self.pulse_rate_hz * self.integration_s + 1e-6)
    }
}
