//! Propellant gauge: what a level probe says of the liquid at its place, and a point sensor below it.
//!
//! As programmed, with m the propellant and θ the angle of its surface in the probe's plane:
//!     level = m + κ θ                                 what the probe's place seems to hold
//!     smooth ← smooth + (1 − exp(−T/τ)) (level − smooth)     once a reading, T its period
//!     reading = Q(smooth + bias + noise), not below 0
//! The point sensor lies dry when `level` falls below its height, without smoothing, and stays dry: so
//! slosh uncovers it early, as on Apollo 11, whose low-level light came on too soon [A11MissionReport].
//! No reading while nothing presses the liquid onto the floor. κ and a linear surface stand for the
//! tank's shape.
//! Refuses: density and temperature, several tanks that drain unevenly, liquid that creeps up the wall.

use super::Schedule;
use crate::random::{Key, Normals, Stream};
use crate::vehicle;
use icd::bus;
use icd::time::Time;

/// A gauge as it is in this run.
#[derive(Clone, Debug)]
pub struct Gauge {
    spec: vehicle::Gauge,
    bias_kg: f64,
    /// Share of the way to a new level that one reading goes.
    gain: f64,
    smooth_kg: Option<f64>,
    dry: bool,
    schedule: Schedule,
    noise: Stream,
}

/// The liquid at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Liquid {
    /// Propellant, kg.
    pub propellant_kg: f64,
    /// Angle of the liquid's surface in the probe's plane, up at the probe, rad.
    pub slosh_rad: f64,
    /// Thrust or weight presses it onto the floor.
    pub settled: bool,
}

impl Gauge {
    /// Draws the constant error from the stream `gauge.bias`; noise from `gauge`.
    pub fn new<'a>(spec: &vehicle::Gauge, start: Time, key: impl Into<Key<'a>>) -> Self {
        let key = key.into();
        let gain =
            if spec.lag_s > 0.0 { 1.0 - libm::exp(-spec.period_s / spec.lag_s) } else { 1.0 };
        Self {
            spec: *spec,
            bias_kg: key.constants("gauge.bias").normal() * spec.bias_sigma_kg,
            gain,
            smooth_kg: None,
            dry: false,
            schedule: Schedule::new(start, spec.period_s),
            noise: key.stream("gauge"),
        }
    }

    /// Other noise from now on: that of `key`.
    pub fn rekey(&mut self, key: u64) {
        self.noise.rekey(key);
    }

    /// The reading of this cycle, if one is due and the liquid lies still enough to have a level.
    pub fn sense(&mut self, t: Time, liquid: &Liquid) -> Option<bus::Gauge> {
        let spec = &self.spec;
        let level_kg = liquid.propellant_kg + spec.slosh_kg_rad * liquid.slosh_rad;
        self.dry |= liquid.settled && level_kg < spec.low_kg;
        if !self.schedule.due(t) {
            return None;
        }
        let noise_kg = self.noise.normal() * spec.sigma_kg;
        if !liquid.settled {
            return None;
        }
        let before_kg = self.smooth_kg.unwrap_or(level_kg);
        let smooth_kg = before_kg + self.gain * (level_kg - before_kg);
        self.smooth_kg = Some(smooth_kg);
        let raw_kg = (smooth_kg + self.bias_kg + noise_kg).max(0.0);
        let quantum_kg = spec.quantum_kg;
        let read_kg =
            if quantum_kg > 0.0 { libm::round(raw_kg / quantum_kg) * quantum_kg } else { raw_kg };
        Some(bus::Gauge { t, propellant_kg: read_kg as f32, low: self.dry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Span;

    fn spec() -> vehicle::Gauge {
        vehicle::Gauge {
            bias_sigma_kg: 0.0,
            sigma_kg: 0.0,
            slosh_kg_rad: 50.0,
            lag_s: 0.0,
            period_s: 0.1,
            quantum_kg: 0.0,
            low_kg: 20.0,
        }
    }

    fn at(n: i64) -> Time {
        Time::default() + Span::from_ms(100 * n)
    }

    fn liquid(propellant_kg: f64, slosh_rad: f64) -> Liquid {
        Liquid { propellant_kg, slosh_rad, settled: true }
    }

    fn reading(unit: &mut Gauge, n: i64, liquid: &Liquid) -> f64 {
        f64::from(unit.sense(at(n), liquid).unwrap().propellant_kg)
    }

    #[test]
    fn slosh_moves_the_reading_and_smoothing_follows_with_its_time_constant() {
        let mut plain = Gauge::new(&spec(), at(0), (1, 1));
        assert!((reading(&mut plain, 0, &liquid(100.0, 0.2)) - 110.0).abs() < 1e-5);
        assert!((reading(&mut plain, 1, &liquid(100.0, -0.2)) - 90.0).abs() < 1e-5);
        // A step of 10 kg is followed as 1 − exp(−t/τ).
        let mut slow = Gauge::new(&vehicle::Gauge { lag_s: 0.5, ..spec() }, at(0), (1, 1));
        reading(&mut slow, 0, &liquid(100.0, 0.0));
        for n in 1..20 {
            let exact = 100.0 + 10.0 * (1.0 - (-0.1 * n as f64 / 0.5).exp());
            let read = reading(&mut slow, n, &liquid(110.0, 0.0));
            assert!((read - exact).abs() < 1e-5, "{n}: {read} against {exact}");
        }
    }

    #[test]
    fn slosh_uncovers_the_point_sensor_early_and_it_stays_dry() {
        let mut still = Gauge::new(&spec(), at(0), (1, 1));
        let mut sloshing = still.clone();
        // 1 kg a second from 40 kg, the surface swinging by 0.1 rad: 5 kg at the probe.
        let first_low = |unit: &mut Gauge, amplitude_rad: f64| {
            (0..400).find(|n| {
                let angle_rad = amplitude_rad * (0.5 * *n as f64).sin();
                unit.sense(at(*n), &liquid(40.0 - 0.1 * *n as f64, angle_rad)).unwrap().low
            })
        };
        assert_eq!(first_low(&mut still, 0.0), Some(201));
        let early = first_low(&mut sloshing, 0.1).unwrap();
        assert!((151..=164).contains(&early), "{early}: at most 5 kg early, within one swing");
        assert!(sloshing.sense(at(401), &liquid(30.0, 0.0)).unwrap().low);
    }

    #[test]
    fn noise_and_bias_have_the_stated_statistics_and_steps_are_whole() {
        let spec = vehicle::Gauge { sigma_kg: 0.5, bias_sigma_kg: 2.0, quantum_kg: 0.25, ..spec() };
        let (runs, mut bias2, mut noise2) = (2000, 0.0, 0.0);
        for run in 0..runs {
            let mut unit = Gauge::new(&spec, at(0), (1, run));
            let read = reading(&mut unit, 0, &liquid(100.0, 0.0));
            assert_eq!(read % 0.25, 0.0);
            bias2 += unit.bias_kg * unit.bias_kg / runs as f64;
            noise2 += (read - 100.0 - unit.bias_kg).powi(2) / runs as f64;
        }
        let tolerance = 4.0 * (2.0 / runs as f64).sqrt();
        assert!((bias2 / 4.0 - 1.0).abs() < tolerance, "{bias2}");
        // The step adds the variance of a uniform rounding error.
        let exact = 0.25 + 0.25 * 0.25 / 12.0;
        assert!((noise2 / exact - 1.0).abs() < tolerance, "{noise2}");
    }

    #[test]
    fn floating_liquid_gives_no_reading_and_shifts_no_noise() {
        let spec = vehicle::Gauge { sigma_kg: 0.5, ..spec() };
        let mut one = Gauge::new(&spec, at(0), (1, 1));
        let mut other = one.clone();
        let still = liquid(100.0, 0.0);
        one.sense(at(0), &still);
        assert_eq!(other.sense(at(0), &Liquid { settled: false, ..still }), None);
        assert_eq!(one.sense(at(1), &still), other.sense(at(1), &still));
    }
}
