//! How well what was felt is known, cycle by cycle.
//!
//! Owns: [`weights`]: noise of the inertial unit and an assumed error of the machine's model.

use super::body::Six;
use super::fit::Given;
use icd::bus::CYCLE;

/// Error of the model from cycle to cycle, specific force (m/s²) and angular acceleration (rad/s²): the liquid's waves
/// after a turn move healthy flights so much across the axis, the rest is less. Assumed, after healthy flights.
const MODEL: [f64; 6] = [4.5e-3, 4.5e-3, 1.5e-3, 3e-3, 3e-3, 3e-3];
/// And more while the lander turns: of the specific force, m, by angular acceleration and by the square of the rate, for the
/// centre of mass is not where it is believed and the liquid lags; of the angular acceleration, shares. Assumed, after
/// flights that tumble from the first moment.
const TURNING: [[f64; 2]; 2] = [[0.05, 0.01], [0.01, 0.005]];
/// 1/σ² of each component by cycle.
pub(super) fn weights(given: &Given<'_>) -> Vec<Six> {
    let (imu, h) = (&given.vehicle.imu, CYCLE.s());
    let quantum = |q: f64| q * q / 12.0;
    let dv2 = imu.vrw_m_s_sqrt_s * imu.vrw_m_s_sqrt_s * h + quantum(imu.dv_quantum_m_s);
    let turn2 = imu.arw_rad_sqrt_s * imu.arw_rad_sqrt_s * h + quantum(imu.dtheta_quantum_rad);
    let sensor = [dv2 / (h * h), 2.0 * turn2 / (h * h * h * h)];
    let of = |(valid, [rate, change]): (&[bool; 2], &[f64; 2])| {
        Six::from_fn(|n, _| {
            let kind = n / 3;
            let [by_change, by_rate] = TURNING[kind];
            let model = libm::hypot(MODEL[n], by_change * change + by_rate * rate * rate);
            if valid[kind] { 1.0 / (sensor[kind] + model * model) } else { 0.0 }
        })
    };
    given.felt.valid.iter().zip(&given.felt.turning).map(of).collect()
}
