//! Inertial measurement unit: three gyros and three accelerometers along the body axes.
//!
//! As published — [IEEE952] (gyro) and [IEEE1293] (accelerometer), the terms bias, scale factor,
//! random walk and quantisation. As programmed, per axis and cycle of `dt`:
//!     out = Q((1 + k) Δ + b dt + N √dt n),   n standard normal, |out| ≤ limit dt
//! with Δ the true increment and Q carrying its remainder into the next cycle.
//! Refuses: in-run bias drift, misalignment, g-sensitivity, coning corrections: the increments are
//! plain integrals in body axes.

use crate::integrate::Increments;
use crate::random::Stream;
use crate::vehicle;
use icd::bus;
use nalgebra::Vector3;

#[derive(Clone, Debug)]
struct Triad {
    bias: Vector3<f64>,
    scale: Vector3<f64>,
    walk: f64,
    quantum: f64,
    limit: f64,
    remainder: Vector3<f64>,
}

/// An inertial unit as it is in this run.
#[derive(Clone, Debug)]
pub struct Imu {
    gyros: Triad,
    accelerometers: Triad,
    noise: Stream,
}

impl Imu {
    /// Draws biases and scale factors from the stream `imu.bias`; noise comes from `imu`.
    pub fn new(spec: &vehicle::Imu, (seed, run): (u64, u64)) -> Self {
        let mut draws = Stream::new(seed, run, "imu.bias");
        let gyros = Triad {
            bias: draws.normal3() * spec.gyro_bias_sigma_rad_s,
            scale: draws.normal3() * spec.gyro_scale_sigma,
            walk: spec.arw_rad_sqrt_s,
            quantum: spec.dtheta_quantum_rad,
            limit: spec.rate_rad_s_max,
            remainder: Vector3::zeros(),
        };
        let accelerometers = Triad {
            bias: draws.normal3() * spec.accelerometer_bias_sigma_m_s2,
            scale: draws.normal3() * spec.accelerometer_scale_sigma,
            walk: spec.vrw_m_s_sqrt_s,
            quantum: spec.dv_quantum_m_s,
            limit: spec.specific_force_m_s2_max,
            remainder: Vector3::zeros(),
        };
        Self { gyros, accelerometers, noise: Stream::new(seed, run, "imu") }
    }

    /// The sample over the cycle whose true increments are given.
    pub fn sense(&mut self, increments: &Increments) -> bus::Imu {
        let dt_s = increments.dt_s;
        let (dtheta, rate_high) =
            self.gyros.measure(increments.dtheta_B, dt_s, self.noise.normal3());
        let (dv, force_high) =
            self.accelerometers.measure(increments.dv_B, dt_s, self.noise.normal3());
        bus::Imu {
            dv_B_m_s: dv.into(),
            dtheta_B_rad: dtheta.into(),
            saturated: rate_high || force_high,
            healthy: true,
        }
    }
}

impl Triad {
    fn measure(&mut self, truth: Vector3<f64>, dt_s: f64, n: Vector3<f64>) -> (Vector3<f64>, bool) {
        let limit = self.limit * dt_s;
        let raw = truth
            + self.scale.component_mul(&truth)
            + self.bias * dt_s
            + n * (self.walk * dt_s.sqrt())
            + self.remainder;
        let saturated = raw.iter().any(|x| x.abs() > limit);
        let held = raw.map(|x| x.clamp(-limit, limit));
        if self.quantum <= 0.0 {
            return (held, saturated);
        }
        let out = held.map(|x| libm::round(x / self.quantum) * self.quantum);
        self.remainder = held - out;
        (out, saturated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn spec() -> vehicle::Imu {
        vehicle::Imu {
            p_BA_B: [0.0; 3],
            arw_rad_sqrt_s: 0.0,
            vrw_m_s_sqrt_s: 0.0,
            gyro_bias_sigma_rad_s: 0.0,
            accelerometer_bias_sigma_m_s2: 0.0,
            gyro_scale_sigma: 0.0,
            accelerometer_scale_sigma: 0.0,
            dtheta_quantum_rad: 0.0,
            dv_quantum_m_s: 0.0,
            rate_rad_s_max: 1.0,
            specific_force_m_s2_max: 50.0,
        }
    }

    fn cycle(dv: f64, dtheta: f64) -> Increments {
        Increments {
            dv_B: Vector3::new(dv, 0.0, -dv),
            dtheta_B: Vector3::new(0.0, dtheta, 0.0),
            dt_s: 0.02,
        }
    }

    #[test]
    fn a_perfect_unit_passes_the_increments_through() {
        let sample = Imu::new(&spec(), (1, 1)).sense(&cycle(0.03, 0.001));
        assert_eq!(sample.dv_B_m_s, [0.03, 0.0, -0.03]);
        assert_eq!(sample.dtheta_B_rad, [0.0, 0.001, 0.0]);
        assert!(!sample.saturated && sample.healthy);
    }

    #[test]
    fn quantisation_loses_nothing_over_many_cycles() {
        let mut imu = Imu::new(&vehicle::Imu { dv_quantum_m_s: 1e-3, ..spec() }, (1, 1));
        let sum: f64 = (0..1000).map(|_| imu.sense(&cycle(0.000_37, 0.0)).dv_B_m_s[0]).sum();
        assert!((sum - 0.37).abs() <= 0.5e-3 + 1e-12, "{sum}");
    }

    #[test]
    fn a_limit_clips_and_says_so() {
        let mut imu = Imu::new(&spec(), (1, 1));
        let sample = imu.sense(&cycle(2.0, 0.0));
        assert!(sample.saturated);
        assert_eq!(sample.dv_B_m_s, [1.0, 0.0, -1.0]);
    }

    #[test]
    fn random_walk_grows_with_the_root_of_time_and_bias_with_time() {
        let walk = 2e-3;
        let bias = 0.01;
        let spec = vehicle::Imu {
            vrw_m_s_sqrt_s: walk,
            accelerometer_bias_sigma_m_s2: bias,
            specific_force_m_s2_max: 1e3,
            ..spec()
        };
        let (runs, cycles) = (400, 500);
        let (mut of_mean, mut of_noise) = (0.0, 0.0);
        for run in 0..runs {
            let mut imu = Imu::new(&spec, (3, run));
            let true_bias = imu.accelerometers.bias.x;
            let sum: f64 = (0..cycles).map(|_| imu.sense(&cycle(0.0, 0.0)).dv_B_m_s[0]).sum();
            of_noise += (sum - true_bias * 10.0).powi(2) / runs as f64;
            of_mean += true_bias.powi(2) / runs as f64;
        }
        // 10 s: variance walk² · 10; four standard errors of a variance over the runs.
        let tolerance = 4.0 * (2.0 / runs as f64).sqrt();
        assert!((of_noise / (walk * walk * 10.0) - 1.0).abs() < tolerance, "{of_noise}");
        assert!((of_mean / (bias * bias) - 1.0).abs() < tolerance, "{of_mean}");
    }
}
