//! Inertial measurement unit.

use super::{Checked, point, within};

/// Inertial measurement unit, axes along `B`.
///
/// "per run" is drawn once and stays; "in run" wanders as a first-order Gauss-Markov process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imu {
    /// Place of the accelerometers from the body origin, m.
    pub p_BA_B: [f64; 3],
    /// Angle random walk of each gyro, rad/√s.
    pub arw_rad_sqrt_s: f64,
    /// Velocity random walk of each accelerometer, (m/s)/√s.
    pub vrw_m_s_sqrt_s: f64,
    /// Gyro bias per run, standard deviation, rad/s.
    pub gyro_bias_sigma_rad_s: f64,
    /// Gyro bias in run, standard deviation, rad/s.
    pub gyro_drift_sigma_rad_s: f64,
    /// Correlation time of the gyro bias in run, s.
    pub gyro_drift_tau_s: f64,
    /// Accelerometer bias per run, standard deviation, m/s².
    pub accelerometer_bias_sigma_m_s2: f64,
    /// Accelerometer bias in run, standard deviation, m/s².
    pub accelerometer_drift_sigma_m_s2: f64,
    /// Correlation time of the accelerometer bias in run, s.
    pub accelerometer_drift_tau_s: f64,
    /// Gyro scale factor error per run, standard deviation, relative.
    pub gyro_scale_sigma: f64,
    /// Accelerometer scale factor error per run, standard deviation, relative.
    pub accelerometer_scale_sigma: f64,
    /// Angle of each gyro's axis towards each of the two others per run, standard deviation, rad.
    pub gyro_misalignment_sigma_rad: f64,
    /// The same of each accelerometer's axis, rad.
    pub accelerometer_misalignment_sigma_rad: f64,
    /// Gyro bias per specific force along each axis, per run, standard deviation, (rad/s)/(m/s²).
    pub gyro_g_sensitivity_sigma_rad_s_m: f64,
    /// Least step of an angle increment, rad; 0 for none.
    pub dtheta_quantum_rad: f64,
    /// Least step of a velocity increment, m/s; 0 for none.
    pub dv_quantum_m_s: f64,
    /// Largest rate a gyro measures, rad/s.
    pub rate_rad_s_max: f64,
    /// Largest specific force an accelerometer measures, m/s².
    pub specific_force_m_s2_max: f64,
}

impl Imu {
    pub(super) fn check(&self) -> Checked {
        point("imu.p_BA_B", &self.p_BA_B)?;
        within("imu.arw_rad_sqrt_s", self.arw_rad_sqrt_s, "rad/√s", 0.0, 0.1)?;
        within("imu.vrw_m_s_sqrt_s", self.vrw_m_s_sqrt_s, "(m/s)/√s", 0.0, 1.0)?;
        within("imu.gyro_bias_sigma_rad_s", self.gyro_bias_sigma_rad_s, "rad/s", 0.0, 0.1)?;
        within("imu.gyro_drift_sigma_rad_s", self.gyro_drift_sigma_rad_s, "rad/s", 0.0, 0.1)?;
        within("imu.gyro_drift_tau_s", self.gyro_drift_tau_s, "s", 10.0, 1e6)?;
        let bias = self.accelerometer_bias_sigma_m_s2;
        within("imu.accelerometer_bias_sigma_m_s2", bias, "m/s²", 0.0, 1.0)?;
        let drift = self.accelerometer_drift_sigma_m_s2;
        within("imu.accelerometer_drift_sigma_m_s2", drift, "m/s²", 0.0, 1.0)?;
        let tau_s = self.accelerometer_drift_tau_s;
        within("imu.accelerometer_drift_tau_s", tau_s, "s", 10.0, 1e6)?;
        within("imu.gyro_scale_sigma", self.gyro_scale_sigma, "", 0.0, 0.1)?;
        within("imu.accelerometer_scale_sigma", self.accelerometer_scale_sigma, "", 0.0, 0.1)?;
        let angle = self.gyro_misalignment_sigma_rad;
        within("imu.gyro_misalignment_sigma_rad", angle, "rad", 0.0, 0.1)?;
        let angle = self.accelerometer_misalignment_sigma_rad;
        within("imu.accelerometer_misalignment_sigma_rad", angle, "rad", 0.0, 0.1)?;
        let g = self.gyro_g_sensitivity_sigma_rad_s_m;
        within("imu.gyro_g_sensitivity_sigma_rad_s_m", g, "rad s/m", 0.0, 0.01)?;
        within("imu.dtheta_quantum_rad", self.dtheta_quantum_rad, "rad", 0.0, 0.01)?;
        within("imu.dv_quantum_m_s", self.dv_quantum_m_s, "m/s", 0.0, 0.1)?;
        within("imu.rate_rad_s_max", self.rate_rad_s_max, "rad/s", 1e-3, 1e3)?;
        let limit = self.specific_force_m_s2_max;
        within("imu.specific_force_m_s2_max", limit, "m/s²", 0.1, 1e5)
    }
}
