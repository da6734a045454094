//! The last shots of a ranging sensor: does their drift follow the inertial motion, do they freeze, how
//! noisy are they.
//!
//! Owns: [`Window`], a ring of shots beside what navigation expected of them.
//! Derived: the innovations of a sensor that is right about a wrong altitude obey ν(t) = a + b t with b
//! near zero, for range then changes as the inertial vertical speed says; those of a failed sensor do
//! not. The deviation of b from n samples of scatter s over a time T is √12 s/(T √n): 5 m/s for 25 m of
//! scatter, 30 samples and 3 s.
//! Noise is read off the differences of successive innovations, which hold neither offset nor trend:
//! their median size is 0.6745 √2 σ, and one outlier in five moves a median little.

use icd::time::Time;

/// Shots kept.
const LENGTH: usize = 32;
/// Median size of the difference of two samples of unit normal noise.
const MEDIAN_OF_DIFFERENCE: f64 = 0.6745 * core::f64::consts::SQRT_2;
/// Differences needed to tell noise.
const DIFFERENCES_MIN: usize = 9;

/// One shot.
#[derive(Clone, Copy, Debug)]
struct Shot {
    t: Time,
    measured: f64,
    nu: f64,
    per_height: f64,
    /// Outside the gate, and none inside since.
    outside: bool,
}

/// A straight line through innovations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Innovation now, m.
    pub now: f64,
    /// Its drift, m/s, and that one's standard deviation.
    pub slope: f64,
    /// Standard deviation of the drift, m/s.
    pub sigma: f64,
    /// Mean square distance from the line, m².
    pub scatter: f64,
}

/// The last shots.
#[derive(Clone, Debug)]
pub struct Window {
    ring: [Option<Shot>; LENGTH],
    next: usize,
}

impl Window {
    /// Nothing seen.
    pub const fn new() -> Self {
        Self { ring: [None; LENGTH], next: 0 }
    }

    /// Remembers a shot; the oldest is forgotten.
    pub fn push(&mut self, t: Time, measured: f64, nu: f64, per_height: f64) {
        if let Some(slot) = self.ring.get_mut(self.next) {
            *slot = Some(Shot { t, measured, nu, per_height, outside: true });
        }
        self.next = (self.next + 1) % LENGTH;
    }

    /// Some shot fell inside the gate: what was outside before is no run any more.
    pub fn inside(&mut self) {
        for shot in self.ring.iter_mut().flatten() {
            shot.outside = false;
        }
    }

    /// Navigation has moved itself: up by `height_m` now, faster upwards by `v_m_s`.
    pub fn shift(&mut self, now: Time, height_m: f64, v_m_s: f64) {
        for shot in self.ring.iter_mut().flatten() {
            shot.nu -= shot.per_height * (height_m - v_m_s * (now - shot.t).s());
        }
    }

    /// Time of the last shot.
    pub fn last(&self) -> Option<Time> {
        self.shots().last().map(|shot| shot.t)
    }

    /// Range per metre of height of the last shot; zero without one.
    pub fn per_height(&self) -> f64 {
        self.shots().last().map_or(0.0, |shot| shot.per_height)
    }

    /// Time between the last two shots, s.
    pub fn step_s(&self) -> Option<f64> {
        let mut last = (None, None);
        for shot in self.shots() {
            last = (last.1, Some(shot.t));
        }
        Some((last.1? - last.0?).s())
    }

    /// Whether the shots outside the gate reach back by `span_s`.
    pub fn covers(&self, now: Time, span_s: f64) -> bool {
        self.shots().any(|shot| shot.outside && (now - shot.t).s() >= span_s)
    }

    /// In order of time.
    fn shots(&self) -> impl Iterator<Item = &Shot> {
        let (late, early) = self.ring.split_at_checked(self.next).unwrap_or((&self.ring, &[]));
        early.iter().chain(late).flatten()
    }

    fn recent(&self, now: Time, span_s: f64) -> impl Iterator<Item = &Shot> {
        self.shots().filter(move |shot| (now - shot.t).s() < span_s)
    }

    /// The line through the innovations outside the gate in the last `span_s`; `None` with fewer than
    /// `least` of them or when they are too close in time.
    pub fn line(&self, now: Time, span_s: f64, least: usize) -> Option<Line> {
        self.line_of(now, span_s, least, |shot| shot.outside)
    }

    /// The line through all innovations of the last `span_s`, as [`Self::line`].
    pub fn line_of_all(&self, now: Time, span_s: f64, least: usize) -> Option<Line> {
        self.line_of(now, span_s, least, |_| true)
    }

    fn line_of(
        &self,
        now: Time,
        span_s: f64,
        least: usize,
        counts: fn(&Shot) -> bool,
    ) -> Option<Line> {
        let samples = || {
            let counted = self.recent(now, span_s).filter(|shot| counts(shot));
            counted.map(|shot| ((shot.t - now).s(), shot.nu))
        };
        let n = samples().count();
        if n < least.max(3) {
            return None;
        }
        let count = n as f64;
        let mean_t = samples().map(|(x, _)| x).sum::<f64>() / count;
        let mean = samples().map(|(_, y)| y).sum::<f64>() / count;
        let stt = samples().map(|(x, _)| (x - mean_t) * (x - mean_t)).sum::<f64>();
        if stt < 0.05 {
            return None;
        }
        let sty = samples().map(|(x, y)| (x - mean_t) * (y - mean)).sum::<f64>();
        let slope = sty / stt;
        let residual = |(x, y): (f64, f64)| y - mean - slope * (x - mean_t);
        let scatter = samples().map(residual).map(|e| e * e).sum::<f64>() / (count - 2.0);
        let sigma = libm::sqrt(scatter / stt);
        Some(Line { now: mean - slope * mean_t, slope, sigma, scatter })
    }

    /// Standard deviation of the shots' noise and their middle innovation, m; `None` while too few are
    /// known.
    pub fn noise_m(&self, now: Time, span_s: f64) -> Option<(f64, f64)> {
        let mut differences = [f64::NAN; LENGTH];
        let mut n = 0;
        let mut last: Option<f64> = None;
        let mut all = [f64::NAN; LENGTH];
        let shots = self.recent(now, span_s).zip(differences.iter_mut().zip(&mut all));
        for (shot, (slot, nu)) in shots {
            *nu = shot.nu;
            if let Some(before) = last {
                *slot = shot.nu - before;
                n += 1;
            }
            last = Some(shot.nu);
        }
        if n < DIFFERENCES_MIN {
            return None;
        }
        let trend = median(&differences)?;
        let sizes = differences.map(|d| (d - trend).abs());
        Some((median(&sizes)? / MEDIAN_OF_DIFFERENCE, median(&all)?))
    }

    /// How far the readings spread over the last `span_s`, and how far navigation expected them to, m;
    /// `None` while that time is not covered.
    pub fn spread(&self, now: Time, span_s: f64) -> Option<(f64, f64)> {
        let mut read = (f64::INFINITY, f64::NEG_INFINITY);
        let mut expected = read;
        let (mut n, mut oldest_s) = (0, 0.0_f64);
        for shot in self.recent(now, span_s + 0.05) {
            let e = shot.measured - shot.nu;
            read = (read.0.min(shot.measured), read.1.max(shot.measured));
            expected = (expected.0.min(e), expected.1.max(e));
            oldest_s = oldest_s.max((now - shot.t).s());
            n += 1;
        }
        (n >= 8 && oldest_s > 0.9 * span_s).then_some((read.1 - read.0, expected.1 - expected.0))
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::new()
    }
}

/// The middle value of those that are numbers.
fn median(values: &[f64]) -> Option<f64> {
    let n = values.iter().filter(|v| v.is_finite()).count();
    let below = |x: f64| values.iter().filter(|v| **v < x).count();
    let upto = |x: f64| values.iter().filter(|v| **v <= x).count();
    values
        .iter()
        .copied()
        .filter(|v| v.is_finite())
        .find(|v| below(*v) <= n / 2 && upto(*v) > n / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::normal;
    use icd::time::Span;

    fn at(i: u32) -> Time {
        Time::from_tai_ns(800_000_000_000_000_000) + Span::from_ms(100 * i64::from(i))
    }

    #[test]
    fn a_line_is_found_again_with_its_uncertainty() {
        let mut window = Window::new();
        for i in 0..30 {
            window.push(at(i), 0.0, 3000.0 - 4.0 * 0.1 * f64::from(i) + 25.0 * normal(i), 1.0);
        }
        let line = window.line(at(29), 3.05, 15).unwrap();
        // σ_b = √12 s/(T √n) = 5.3 m/s for T = 3 s.
        assert!((line.sigma - 5.3).abs() < 1.6, "{}", line.sigma);
        assert!((line.slope + 4.0).abs() < 3.0 * line.sigma);
        window.inside();
        assert!(window.line(at(29), 3.05, 15).is_none(), "a shot inside ends the run");
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(median(&[3.0, f64::NAN, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[f64::NAN]), None);
        assert_eq!(median(&[5.0, 5.0, 5.0]), Some(5.0));
    }

    #[test]
    fn noise_is_told_from_trend_and_from_outliers() {
        let mut window = Window::new();
        for i in 0..32 {
            let outlier = if i % 5 == 0 { 400.0 * normal(100 + i) } else { 0.0 };
            window.push(at(i), 0.0, 6.0 * f64::from(i) + 2.0 * normal(i) + outlier, 1.0);
        }
        let noise_m = window.noise_m(at(31), 3.2).unwrap().0;
        assert!(noise_m > 1.0 && noise_m < 6.0, "{noise_m}");
    }

    #[test]
    fn a_correction_of_navigation_moves_the_innovations_with_it() {
        let mut window = Window::new();
        for i in 0..20 {
            window.push(at(i), 0.0, 500.0 + 2.0 * 0.1 * (f64::from(i) - 19.0), 1.0);
        }
        window.shift(at(19), 500.0, 2.0);
        let line = window.line(at(19), 3.0, 15).unwrap();
        assert!(line.now.abs() < 1e-9 && line.slope.abs() < 1e-9, "{line:?}");
    }
}
