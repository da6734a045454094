//! Which inertial samples mean something, and what stands in for those that do not.
//!
//! Owns: [`InertialWatch`]. Does not own: what the doubt does to the covariance (`nav::gap`).
//! A saturated sample is void: a channel at its limit has not been measured, and integrated as it is it
//! turned Schiaparelli's horizon over [TolkerNielsen2017]. In its place the last good rate is held, for
//! a second at the most, and the thrust that was asked for. Samples of a triad that are all alike to the
//! last bit come from a unit that does not measure: zeros of one never enabled lost Luna 25, a
//! healthy one always shows noise. A unit that calls itself unfit but measures plausibly is used with
//! doubt: no flag shuts it out.

use super::table;
use crate::announce::Announce;
use icd::bus::Imu;
use icd::events::Event;
use nalgebra::Vector3;

/// Rate that a lander under control does not exceed, rad/s: thrice its fastest turn.
const RATE_MAX: f64 = 0.3;
/// A saturated sample with a rate above this says where the gyros end, rad/s.
const TURNING_RAD_S: f64 = 0.03;
/// Deviation of a held rate, rad/s, and of a modelled force, m/s². Assumed: a fifth of the fastest turn, a tenth of
/// the thrust. Both are errors that last, so that what they make of attitude and speed grows with time.
const RATE_DOUBT: f64 = 0.02;
const FORCE_DOUBT: f64 = 0.3;
/// Longest time for which a rate is held, s.
const HELD_S: f64 = 1.0;
/// Sensed force that is plausible: this far from the modelled one, as a share of it and at the least, m/s².
const PLAUSIBLE_SHARE: f64 = 0.3;
const PLAUSIBLE_M_S2: f64 = 0.5;

/// A sample to integrate, and the doubt that comes with it.
#[derive(Clone, Copy, Debug)]
pub struct Screened {
    /// What to integrate.
    pub imu: Imu,
    /// Deviations that it adds, as independent of those before: speed, m/s, and attitude, rad.
    pub doubt: (f64, f64),
}

/// Memory about the inertial unit.
#[derive(Clone, Copy, Debug)]
pub struct InertialWatch {
    rate: Vector3<f64>,
    held_s: f64,
    doubted_s: f64,
    modelled_s: f64,
    last: Imu,
    alike: [u32; 2],
    missed_m_s: f64,
    /// Fastest turn that the gyros can measure for certain, rad/s.
    pub rate_max: f64,
    /// The accelerometers say nothing.
    pub silent: bool,
    /// The present sample was void.
    pub void: bool,
}

impl InertialWatch {
    /// All well.
    pub fn new() -> Self {
        Self {
            rate: Vector3::zeros(),
            held_s: 0.0,
            doubted_s: 0.0,
            modelled_s: 0.0,
            last: Imu::default(),
            alike: [0; 2],
            missed_m_s: 0.0,
            rate_max: f64::INFINITY,
            silent: false,
            void: false,
        }
    }

    /// Judges one sample over `dt_s`.
    ///
    /// - `asked_m_s2`: thrust acceleration asked for over it, along body z; zero while valves are shut.
    pub fn screen(
        &mut self,
        imu: &Imu,
        dt_s: f64,
        asked_m_s2: f64,
        announce: &mut Announce,
    ) -> Screened {
        let dt_s = dt_s.max(1e-3);
        self.count_alike(imu);
        let limit = table::SILENT.threshold;
        let frozen = self.alike.map(|n| f64::from(n) >= limit);
        let flagged = imu.saturated || !imu.healthy;
        let rate = Vector3::from(imu.dtheta_B_rad) / dt_s;
        let force = Vector3::from(imu.dv_B_m_s) / dt_s;
        let model = Vector3::new(0.0, 0.0, asked_m_s2);
        let off = libm::sqrt((force - model).norm_squared());
        let burning = asked_m_s2 > 0.0;
        let no_force = burning
            && (frozen[0] || (flagged && off > PLAUSIBLE_M_S2.max(PLAUSIBLE_SHARE * asked_m_s2)));
        let size = libm::sqrt(rate.norm_squared());
        let wild = size.is_nan() || size > RATE_MAX;
        let dead = !imu.healthy && rate.norm_squared() <= 0.0;
        let no_rate =
            frozen[1] || dead || (imu.saturated && self.held_s < HELD_S) || (flagged && wild);
        let largest = rate.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        if imu.saturated && largest > TURNING_RAD_S {
            self.rate_max = self.rate_max.min(table::SLOWER.threshold * largest);
        }
        let mut out = Screened { imu: *imu, doubt: (0.0, 0.0) };
        if no_force {
            out.imu.dv_B_m_s = (model * dt_s).into();
            self.modelled_s += dt_s;
            out.doubt.0 = FORCE_DOUBT * grown(self.modelled_s, dt_s);
        } else {
            self.modelled_s = 0.0;
        }
        self.watch_silence(frozen[0] && burning, asked_m_s2 * dt_s, &mut out, announce);
        if no_rate {
            self.held_s += dt_s;
            out.imu.dtheta_B_rad = (self.rate * dt_s).into();
            self.doubted_s += dt_s;
            out.doubt.1 = RATE_DOUBT * grown(self.doubted_s, dt_s);
        } else {
            if !imu.saturated {
                (self.held_s, self.doubted_s) = (0.0, 0.0);
            }
            self.rate = rate;
        }
        self.void = no_force || no_rate || flagged;
        out
    }

    /// Samples in a row that repeat the last one to the last bit: accelerometers, gyros.
    fn count_alike(&mut self, imu: &Imu) {
        let bits = |v: [f64; 3]| v.map(f64::to_bits);
        let same = [
            bits(imu.dv_B_m_s) == bits(self.last.dv_B_m_s),
            bits(imu.dtheta_B_rad) == bits(self.last.dtheta_B_rad),
        ];
        for (count, same) in self.alike.iter_mut().zip(same) {
            *count = if same { count.saturating_add(1) } else { 0 };
        }
        self.last = *imu;
    }

    /// Announces silent accelerometers, and makes up for what they missed until they were known to be.
    fn watch_silence(
        &mut self,
        silent: bool,
        step_m_s: f64,
        out: &mut Screened,
        announce: &mut Announce,
    ) {
        if silent && !self.silent {
            out.imu.dv_B_m_s[2] += self.missed_m_s;
            out.doubt.0 += 0.1 * self.missed_m_s;
        }
        announce.edge(Event::AccelerometersSilent, silent && !self.silent);
        self.silent = silent;
        let missing = !silent && self.alike[0] > 0;
        self.missed_m_s = if missing { self.missed_m_s + step_m_s } else { 0.0 };
    }
}

/// What `dt_s` more adds to an error that has grown for `since_s`, as the root of a difference of squares.
fn grown(since_s: f64, dt_s: f64) -> f64 {
    let before = (since_s - dt_s).max(0.0);
    libm::sqrt((since_s * since_s - before * before).max(0.0))
}

impl Default for InertialWatch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT_S: f64 = 0.02;

    fn sample(i: u32, force: f64, rate: f64) -> Imu {
        let jitter = 1e-6 * f64::from(i % 7);
        Imu {
            dv_B_m_s: [jitter, -jitter, force * DT_S + jitter],
            dtheta_B_rad: [rate * DT_S + jitter * 1e-3, 0.0, jitter * 1e-3],
            saturated: false,
            healthy: true,
        }
    }

    #[test]
    fn a_good_sample_passes_as_it_is() {
        let mut watch = InertialWatch::new();
        let mut announce = Announce::default();
        for i in 0..100 {
            let imu = sample(i, 3.0, 0.05);
            let out = watch.screen(&imu, DT_S, 3.1, &mut announce);
            assert_eq!((out.imu, out.doubt), (imu, (0.0, 0.0)));
        }
        assert!(announce.events().is_empty());
    }

    #[test]
    fn a_saturated_rate_is_not_integrated() {
        let mut watch = InertialWatch::new();
        let mut announce = Announce::default();
        for i in 0..10 {
            watch.screen(&sample(i, 3.0, 0.05), DT_S, 3.0, &mut announce);
        }
        let mut turned = 0.0;
        for i in 10..60 {
            let imu = Imu { saturated: true, ..sample(i, 3.0, 5.0) };
            let out = watch.screen(&imu, DT_S, 3.0, &mut announce);
            turned += out.imu.dtheta_B_rad[0];
            assert!(out.doubt.1 > 0.0 && watch.void);
        }
        assert!((turned - 0.05).abs() < 1e-3, "{turned} rad in a second at 0.05 rad/s");
        assert!(!watch.screen(&sample(60, 3.0, 0.05), DT_S, 3.0, &mut announce).imu.saturated);
        assert!(!watch.void);
    }

    #[test]
    fn accelerometers_that_say_nothing_are_replaced_and_lose_nothing() {
        let mut watch = InertialWatch::new();
        let mut announce = Announce::default();
        let mut gained = 0.0;
        for i in 0..100 {
            let mut imu = sample(i, 0.0, 0.01);
            imu.dv_B_m_s = [0.0; 3];
            gained += watch.screen(&imu, DT_S, 2.0, &mut announce).imu.dv_B_m_s[2];
        }
        assert!((gained - 4.0).abs() < 2.0 * DT_S + 1e-9, "{gained} m/s in two seconds at 2 m/s²");
        assert_eq!(announce.events(), [Event::AccelerometersSilent]);
        watch.screen(&sample(101, 2.0, 0.01), DT_S, 2.0, &mut announce);
        assert!(!watch.silent, "it is heard again when it speaks");
    }

    #[test]
    fn an_engine_that_gives_nothing_is_no_silent_accelerometer() {
        let mut watch = InertialWatch::new();
        let mut announce = Announce::default();
        for i in 0..100 {
            let imu = sample(i, 0.0, 0.01);
            assert_eq!(watch.screen(&imu, DT_S, 2.0, &mut announce).imu, imu);
        }
    }

    #[test]
    fn an_unfit_unit_that_measures_well_is_used() {
        let mut watch = InertialWatch::new();
        let mut announce = Announce::default();
        for i in 0..200 {
            let imu = Imu { healthy: false, ..sample(i, 3.0, 0.05) };
            let out = watch.screen(&imu, DT_S, 3.0, &mut announce);
            assert_eq!(out.imu.dv_B_m_s, imu.dv_B_m_s);
            assert_eq!(out.imu.dtheta_B_rad, imu.dtheta_B_rad);
        }
    }
}
