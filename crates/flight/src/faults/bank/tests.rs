//! Synthetic sequences: a lander sinks, a sensor reads, the bank judges. Noise is a fixed sequence.

use super::*;
use crate::test_load::normal as noise;

/// A lander that sinks from `height_m` at `fall_m_s`; navigation is right to `sigma_m`.
struct Descent {
    bank: Bank,
    height_m: f64,
    fall_m_s: f64,
    sigma_m: f64,
    i: u32,
}

impl Descent {
    fn new(height_m: f64, fall_m_s: f64, sigma_m: f64) -> Self {
        Self { bank: Bank::new(), height_m, fall_m_s, sigma_m, i: 0 }
    }

    /// Shots at 10 Hz for `seconds`; `read` makes a reading of the true height and the shot's number.
    fn fly(&mut self, seconds: f64, read: impl Fn(f64, u32) -> f64) -> [f64; HYPOTHESES] {
        #[allow(clippy::cast_possible_truncation)]
        let mut left = (seconds * 10.0).round() as u32;
        while left > 0 {
            (left, self.i) = (left - 1, self.i + 1);
            self.height_m -= 0.1 * self.fall_m_s;
            let r = 4.0 + (0.002 * self.height_m).powi(2);
            self.bank.update(&Sample {
                dt_s: 0.1,
                nu: read(self.height_m, self.i) + 2.0 * noise(self.i) - self.height_m,
                s: self.sigma_m * self.sigma_m + r,
                r,
                per_height: 1.0,
                expected_m: self.height_m,
                sigma_v_m_s: 0.3,
                ground_m_s: 0.5,
                reach_m: 3000.0,
            });
        }
        self.bank.p
    }
}

#[test]
fn a_step_of_three_kilometres_that_follows_the_motion_is_a_wrong_datum() {
    let mut d = Descent::new(4000.0, 60.0, 30.0);
    assert!(d.fly(2.0, |h, _| h)[NOMINAL] > 0.95);
    let p = d.fly(3.0, |h, _| h + 3000.0);
    assert!(p[DATUM] > 0.95, "{p:?}");
    let (step_m, sigma_m) = d.bank.step_m();
    assert!((step_m - 3000.0).abs() < 3.0 * sigma_m + 5.0, "{step_m} ± {sigma_m}");
}

#[test]
fn a_stuck_sensor_is_invalid() {
    let mut d = Descent::new(2000.0, 60.0, 10.0);
    d.fly(2.0, |h, _| h);
    let p = d.fly(3.0, |_, i| 1880.0 - 2.0 * noise(i)); // without any noise
    assert!(p[INVALID] > 0.95, "{p:?}");
}

#[test]
fn a_ghost_close_by_is_invalid_or_of_another_scale() {
    let mut d = Descent::new(2000.0, 60.0, 10.0);
    d.fly(2.0, |h, _| h);
    let p = d.fly(3.0, |_, _| 4.0);
    assert!(p[INVALID] + p[SCALE] > 0.95, "{p:?}");
}

#[test]
fn a_tenth_too_much_is_a_wrong_scale() {
    let mut d = Descent::new(2000.0, 60.0, 10.0);
    d.fly(2.0, |h, _| h);
    let p = d.fly(6.0, |h, _| 1.1 * h);
    assert!(p[SCALE] > 0.9, "{p:?}");
}

#[test]
fn one_outlier_in_five_leaves_the_nominal_explanation_standing() {
    let mut d = Descent::new(2500.0, 50.0, 10.0);
    let mut least = 1.0_f64;
    let mut below = 0;
    for _ in 0..300 {
        let p =
            d.fly(0.1, |h, i| if noise(i * 7).abs() > 1.28 { h + 500.0 * noise(i * 3) } else { h });
        least = least.min(p[NOMINAL]);
        below = if p[NOMINAL] < 0.5 { below + 1 } else { 0 };
        assert!(below < 10, "nominal below one half for a second");
    }
    assert!(d.fly(1.0, |h, _| h)[NOMINAL] > 0.95, "{least}");
}

#[test]
fn a_bias_that_jumps_looks_like_a_wrong_datum_of_that_size() {
    let mut d = Descent::new(2500.0, 50.0, 5.0);
    d.fly(3.0, |h, _| h);
    let p = d.fly(3.0, |h, _| h + 600.0);
    assert!(p[DATUM] > 0.9, "alone a sensor cannot show which of the two it is: {p:?}");
    assert!((d.bank.step_m().0 - 600.0).abs() < 20.0);
}

#[test]
fn every_explanation_recovers_when_the_readings_are_right_again() {
    let wrongs: [fn(f64, u32) -> f64; 4] =
        [|h, _| h + 3000.0, |_, _| 1500.0, |h, _| 1.3 * h, |h, i| h + 900.0 * noise(i * 11)];
    for wrong in wrongs {
        let mut d = Descent::new(30_000.0, 50.0, 10.0);
        d.fly(2.0, |h, _| h);
        let p = d.fly(200.0, wrong);
        assert!(p.iter().all(|p| *p >= PROBABILITY_MIN), "{p:?}");
        let p = d.fly(2.0, |h, _| h);
        assert!(p[NOMINAL] > 0.95, "{p:?}");
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn navigation_that_corrects_itself_takes_the_step_away() {
    let mut d = Descent::new(4000.0, 60.0, 30.0);
    d.fly(2.0, |h, _| h);
    d.fly(2.0, |h, _| h + 900.0);
    let (before, _) = d.bank.step_m();
    d.bank.shift(900.0, 0.0);
    assert!((d.bank.step_m().0 - (before - 900.0)).abs() < 1e-12);
    // From here on navigation expects what the sensor reads.
    let p = d.fly(2.0, |h, _| h);
    assert!(p[NOMINAL] > 0.95, "{p:?}");
}
