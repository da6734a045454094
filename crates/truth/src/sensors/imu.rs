//! Inertial measurement unit: three gyros and three accelerometers along the body axes.
//!
//! As published — [IEEE952] (gyro) and [IEEE1293] (accelerometer): bias of the run, bias in the run
//! as a first-order Gauss-Markov process, random walk, scale factor, misalignment of the input axes,
//! g-sensitivity, quantisation. As programmed, per triad and cycle of `dt`:
//!     out = Q((1 + M) Δ + G Δv + (b + β) dt + N √dt n),   n standard normal, |out| ≤ limit dt
//! with Δ the true increment, M the scale errors on the diagonal and six independent small angles
//! beside it (mounting and non-orthogonality together), G for the gyros alone, and Q carrying its
//! remainder into the next cycle. The bias in the run is renewed once a second, exactly:
//!     β(t + s) = φ β(t) + σ √(1 − φ²) n,   φ = exp(−s/τ),   β(0) = σ n.
//! Δ are the plain integrals of rate and specific force in body axes over the cycle: coning and
//! sculling inside a cycle are in them, and neither is compensated by the unit.
//! Refuses: bandwidth, vibration rectification, temperature, scale factor asymmetry, rate random walk,
//! the distance between the three accelerometers.

use crate::integrate::Increments;
use crate::random::{Key, Normals, Stream};
use crate::vehicle;
use icd::bus;
use nalgebra::{Matrix3, Vector3};

/// The bias in the run is held for so long, s: a hundredth of the shortest correlation times in use.
const RENEWAL_S: f64 = 1.0;

/// The bias in the run.
#[derive(Clone, Debug)]
struct Drift {
    sigma: f64,
    tau_s: f64,
    age_s: f64,
    value: Vector3<f64>,
}

impl Drift {
    fn new(sigma: f64, tau_s: f64, noise: &mut Stream) -> Self {
        Self { sigma, tau_s, age_s: 0.0, value: noise.normal3() * sigma }
    }

    /// The value that holds over the next `dt_s`.
    fn over(&mut self, dt_s: f64, noise: &mut Stream) -> Vector3<f64> {
        if self.age_s >= RENEWAL_S {
            let keep = libm::exp(-self.age_s / self.tau_s);
            let fresh = (1.0 - keep * keep).sqrt();
            self.value = self.value * keep + noise.normal3() * (self.sigma * fresh);
            self.age_s = 0.0;
        }
        self.age_s += dt_s;
        self.value
    }
}

#[derive(Clone, Debug)]
struct Triad {
    bias: Vector3<f64>,
    drift: Drift,
    /// Scale and misalignment, M of the header.
    skew: Matrix3<f64>,
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
    /// G of the header, (rad/s)/(m/s²).
    g_sensitivity: Matrix3<f64>,
    noise: Stream,
    drift: Stream,
}

impl Imu {
    /// Draws biases and scale factors from the stream `imu.bias`, the other constants of the run from
    /// `imu.misalignment`; the bias in the run comes from `imu.drift`, noise from `imu`.
    pub fn new<'a>(spec: &vehicle::Imu, key: impl Into<Key<'a>>) -> Self {
        let key = key.into();
        let mut draws = key.constants("imu.bias");
        let mut angles = key.constants("imu.misalignment");
        let mut drift = key.stream("imu.drift");
        let gyros = Triad {
            bias: draws.normal3() * spec.gyro_bias_sigma_rad_s,
            skew: Matrix3::from_diagonal(&(draws.normal3() * spec.gyro_scale_sigma))
                + off_diagonal(&mut angles) * spec.gyro_misalignment_sigma_rad,
            drift: Drift::new(spec.gyro_drift_sigma_rad_s, spec.gyro_drift_tau_s, &mut drift),
            walk: spec.arw_rad_sqrt_s,
            quantum: spec.dtheta_quantum_rad,
            limit: spec.rate_rad_s_max,
            remainder: Vector3::zeros(),
        };
        let (sigma, tau_s) = (spec.accelerometer_drift_sigma_m_s2, spec.accelerometer_drift_tau_s);
        let accelerometers = Triad {
            bias: draws.normal3() * spec.accelerometer_bias_sigma_m_s2,
            skew: Matrix3::from_diagonal(&(draws.normal3() * spec.accelerometer_scale_sigma))
                + off_diagonal(&mut angles) * spec.accelerometer_misalignment_sigma_rad,
            drift: Drift::new(sigma, tau_s, &mut drift),
            walk: spec.vrw_m_s_sqrt_s,
            quantum: spec.dv_quantum_m_s,
            limit: spec.specific_force_m_s2_max,
            remainder: Vector3::zeros(),
        };
        let g_sensitivity =
            Matrix3::from_fn(|_, _| angles.normal() * spec.gyro_g_sensitivity_sigma_rad_s_m);
        let noise = key.stream("imu");
        Self { gyros, accelerometers, g_sensitivity, noise, drift }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
        self.drift.rekey(key);
    }

    /// The sample over the cycle whose true increments are given.
    pub fn sense(&mut self, increments: &Increments) -> bus::Imu {
        let dt_s = increments.dt_s;
        let felt = self.g_sensitivity * increments.dv_B
            + self.gyros.drift.over(dt_s, &mut self.drift) * dt_s;
        let drifted = self.accelerometers.drift.over(dt_s, &mut self.drift) * dt_s;
        let n = self.noise.normal3();
        let (dtheta, rate_high) = self.gyros.measure(increments.dtheta_B, felt, dt_s, n);
        let n = self.noise.normal3();
        let (dv, force_high) = self.accelerometers.measure(increments.dv_B, drifted, dt_s, n);
        bus::Imu {
            dv_B_m_s: dv.into(),
            dtheta_B_rad: dtheta.into(),
            saturated: rate_high || force_high,
            healthy: true,
        }
    }
}

/// Six independent normal deviates beside a diagonal of zeros.
fn off_diagonal(stream: &mut impl Normals) -> Matrix3<f64> {
    Matrix3::from_fn(|i, j| if i == j { 0.0 } else { stream.normal() })
}

impl Triad {
    /// - `truth`: true increment. `added`: what else accumulates in the cycle. `n`: standard normal.
    fn measure(
        &mut self,
        truth: Vector3<f64>,
        added: Vector3<f64>,
        dt_s: f64,
        n: Vector3<f64>,
    ) -> (Vector3<f64>, bool) {
        let limit = self.limit * dt_s;
        let raw = truth
            + self.skew * truth
            + added
            + self.bias * dt_s
            + n * (self.walk * dt_s.sqrt())
            + self.remainder;
        let saturated = raw.iter().any(|x| x.abs() > limit);
        let held = raw.map(|x| x.clamp(-limit, limit));
        if self.quantum <= 0.0 {
            return (held, saturated);
        }
        let per_quantum = 1.0 / self.quantum;
        let out = held.map(|x| libm::rint(x * per_quantum) * self.quantum);
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
            gyro_drift_sigma_rad_s: 0.0,
            gyro_drift_tau_s: 100.0,
            accelerometer_bias_sigma_m_s2: 0.0,
            accelerometer_drift_sigma_m_s2: 0.0,
            accelerometer_drift_tau_s: 100.0,
            gyro_scale_sigma: 0.0,
            accelerometer_scale_sigma: 0.0,
            gyro_misalignment_sigma_rad: 0.0,
            accelerometer_misalignment_sigma_rad: 0.0,
            gyro_g_sensitivity_sigma_rad_s_m: 0.0,
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

    /// Runs of a unit at rest, one sample per run and axis from `read`.
    fn samples(
        spec: &vehicle::Imu,
        runs: u64,
        read: impl Fn(&mut Imu) -> Vector3<f64>,
    ) -> Vec<f64> {
        (0..runs).flat_map(|run| <[f64; 3]>::from(read(&mut Imu::new(spec, (11, run))))).collect()
    }

    fn mean_square(samples: &[f64]) -> f64 {
        samples.iter().map(|x| x * x).sum::<f64>() / samples.len() as f64
    }

    /// Half the squared difference of the mean rates of two neighbouring clusters: its mean is the Allan
    /// variance at the cluster's length, [IEEE952] annex C.
    fn cluster_difference(imu: &mut Imu, cycles: usize, dt_s: f64) -> Vector3<f64> {
        let rest = Increments { dt_s, ..Increments::default() };
        let mut mean = || {
            let sum: Vector3<f64> =
                (0..cycles).map(|_| Vector3::from(imu.sense(&rest).dtheta_B_rad)).sum();
            sum / (cycles as f64 * dt_s)
        };
        let first = mean();
        (mean() - first) * 0.5_f64.sqrt()
    }

    #[test]
    fn allan_variance_of_the_random_walk_falls_with_time() {
        let spec = vehicle::Imu { arw_rad_sqrt_s: 2e-5, gyro_bias_sigma_rad_s: 1e-3, ..spec() };
        for cycles in [1, 10, 100] {
            let differences = samples(&spec, 700, |imu| cluster_difference(imu, cycles, 0.02));
            let exact = 2e-5 * 2e-5 / (0.02 * cycles as f64);
            let ratio = mean_square(&differences) / exact;
            let tolerance = 4.0 * (2.0 / differences.len() as f64).sqrt();
            assert!((ratio - 1.0).abs() < tolerance, "{cycles} cycles: {ratio}");
        }
    }

    /// A first-order Gauss-Markov process has, [IEEE952] annex C with q² = 2σ²/T,
    ///     σ_A²(τ) = 2σ² T/τ (1 − T/(2τ) (3 − 4 exp(−τ/T) + exp(−2τ/T))),
    /// and its deviation is largest, 0.618 σ, at τ = 1.89 T: what a data sheet calls bias instability.
    #[test]
    fn allan_variance_of_the_bias_in_run_has_its_published_form_and_peak() {
        let (sigma, T) = (3e-6, 100.0);
        let spec = vehicle::Imu { gyro_drift_sigma_rad_s: sigma, gyro_drift_tau_s: T, ..spec() };
        for cycles in [20, 189, 600] {
            let differences = samples(&spec, 1200, |imu| cluster_difference(imu, cycles, 1.0));
            let x = cycles as f64 / T;
            let bracket = 3.0 - 4.0 * (-x).exp() + (-2.0 * x).exp();
            let exact = 2.0 * sigma * sigma / x * (1.0 - bracket / (2.0 * x));
            let ratio = mean_square(&differences) / exact;
            let tolerance = 4.0 * (2.0 / differences.len() as f64).sqrt();
            assert!((ratio - 1.0).abs() < tolerance, "{cycles} s: {ratio}");
            if cycles == 189 {
                assert!((exact.sqrt() / sigma - 0.618).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn the_bias_in_run_keeps_its_variance_and_forgets_at_its_time_constant() {
        let (sigma, tau_s) = (1e-3, 50.0);
        let spec = vehicle::Imu {
            accelerometer_drift_sigma_m_s2: sigma,
            accelerometer_drift_tau_s: tau_s,
            ..spec()
        };
        let rest = Increments { dt_s: 1.0, ..Increments::default() };
        let (mut later, mut products) = (vec![], vec![]);
        for run in 0..2000 {
            let mut imu = Imu::new(&spec, (11, run));
            let first = imu.sense(&rest).dv_B_m_s;
            let last = (0..50).fold(first, |_, _| imu.sense(&rest).dv_B_m_s);
            later.extend(last);
            products.extend(first.iter().zip(last).map(|(a, b)| a * b));
        }
        let n = later.len() as f64;
        let variance = mean_square(&later) / (sigma * sigma);
        assert!((variance - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{variance}");
        // 50 s apart; the variance of the product of correlated normals is 1 + ρ².
        let correlation = products.iter().sum::<f64>() / products.len() as f64 / (sigma * sigma);
        let exact = (-1.0_f64).exp();
        let tolerance = 4.0 * ((1.0 + exact * exact) / n).sqrt();
        assert!((correlation - exact).abs() < tolerance, "{correlation} against {exact}");
    }

    #[test]
    fn a_tilted_axis_reads_its_share_of_the_other_axes() {
        let sigma = 1e-3;
        let spec = vehicle::Imu {
            gyro_misalignment_sigma_rad: sigma,
            accelerometer_misalignment_sigma_rad: 2.0 * sigma,
            ..spec()
        };
        let mut imu = Imu::new(&spec, (5, 1));
        let (tilt, lean) = (imu.gyros.skew, imu.accelerometers.skew);
        let turn = Increments {
            dtheta_B: Vector3::new(0.0, 0.01, 0.0),
            dv_B: Vector3::new(0.0, 0.0, 0.05),
            dt_s: 0.02,
        };
        let sample = imu.sense(&turn);
        let dtheta = Vector3::from(sample.dtheta_B_rad);
        let exact = Vector3::new(0.01 * tilt[(0, 1)], 0.01, 0.01 * tilt[(2, 1)]);
        assert!((dtheta - exact).norm() < 1e-17, "{dtheta}");
        let dv = Vector3::from(sample.dv_B_m_s);
        let exact = Vector3::new(0.05 * lean[(0, 2)], 0.05 * lean[(1, 2)], 0.05);
        assert!((dv - exact).norm() < 1e-17, "{dv}");
        let angles: Vec<f64> = (0..500)
            .map(|run| Imu::new(&spec, (5, run)).gyros.skew)
            .flat_map(|m| [m[(0, 1)], m[(0, 2)], m[(1, 0)], m[(1, 2)], m[(2, 0)], m[(2, 1)]])
            .collect();
        let ratio = mean_square(&angles) / (sigma * sigma);
        assert!((ratio - 1.0).abs() < 4.0 * (2.0 / angles.len() as f64).sqrt(), "{ratio}");
    }

    #[test]
    fn specific_force_turns_a_gyro_with_g_sensitivity_and_no_other() {
        let g = 2e-7;
        let spec = vehicle::Imu { gyro_g_sensitivity_sigma_rad_s_m: g, ..spec() };
        let push = Increments {
            dv_B: Vector3::new(0.02, -0.01, 0.06),
            dtheta_B: Vector3::zeros(),
            dt_s: 0.02,
        };
        let rates = samples(&spec, 1000, |imu| Vector3::from(imu.sense(&push).dtheta_B_rad));
        let ratio = mean_square(&rates) / (g * g * push.dv_B.norm_squared());
        assert!((ratio - 1.0).abs() < 4.0 * (2.0 / rates.len() as f64).sqrt(), "{ratio}");
        let none = Imu::new(&self::spec(), (1, 1)).sense(&push);
        assert_eq!(none.dtheta_B_rad, [0.0; 3]);
    }

    #[test]
    fn further_terms_leave_the_noise_and_the_biases_where_they_were() {
        let noisy = vehicle::Imu {
            arw_rad_sqrt_s: 1e-5,
            vrw_m_s_sqrt_s: 1e-4,
            gyro_bias_sigma_rad_s: 1e-6,
            ..spec()
        };
        let more = vehicle::Imu {
            gyro_drift_sigma_rad_s: 1e-6,
            gyro_misalignment_sigma_rad: 1e-4,
            gyro_g_sensitivity_sigma_rad_s_m: 1e-8,
            ..noisy
        };
        let (mut one, mut other) = (Imu::new(&noisy, (1, 1)), Imu::new(&more, (1, 1)));
        let rest = Increments { dt_s: 0.02, ..Increments::default() };
        for _ in 0..200 {
            let (a, b) = (one.sense(&rest), other.sense(&rest));
            assert_eq!(a.dv_B_m_s, b.dv_B_m_s);
            let drifted = (Vector3::from(b.dtheta_B_rad) - Vector3::from(a.dtheta_B_rad)) / 0.02;
            assert!((drifted - other.gyros.drift.value).norm() < 1e-16, "{drifted}");
        }
    }
}
