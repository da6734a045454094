//! Chebyshev series of three coordinates in time: what JPL's ephemerides and librations are stored as.
//!
//! Owns: [`Segment`], its evaluation and the reading of our own excerpts.
//! Does not own: what the three numbers are (see `ephemeris`, `orientation`), SPICE's files (`kernel`).
//!
//! As published, [SPK] type 2: per interval and coordinate Σ c_k T_k(τ), τ in [−1, 1] over the interval.
//! As programmed: the same, by Clenshaw's recurrence, and its derivative by the recurrence's own
//! derivative,
//!     b_k = c_k + 2τ b_{k+1} − b_{k+2},    b'_k = 2 b_{k+1} + 2τ b'_{k+1} − b'_{k+2},
//!     p = c_0 + τ b_1 − b_2,               p' = b_1 + τ b'_1 − b'_2.
//! Refuses: instants outside the intervals (`None`).

use nalgebra::Vector3;

/// Bytes before the first segment of an excerpt, and of each segment before its coefficients.
pub(super) const HEADER_BYTES: usize = 12;
pub(super) const SEGMENT_HEADER_BYTES: usize = 32;

/// Three coordinates in time, in intervals of equal length.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// Start of the first interval, TDB seconds past J2000.
    pub start_s: f64,
    /// Length of an interval, s.
    pub interval_s: f64,
    /// Coefficients per coordinate.
    pub count: usize,
    /// Per interval all of the first coordinate, all of the second, all of the third.
    pub coefficients: Vec<f64>,
}

impl Segment {
    /// The coefficients of the interval around an instant, and the instant's τ.
    fn row(&self, tdb_s: f64) -> Option<(&[f64], f64)> {
        let intervals = (tdb_s - self.start_s) / self.interval_s;
        if intervals < 0.0 || intervals.is_nan() {
            return None;
        }
        let size = 3 * self.count;
        // The last instant belongs to the last interval.
        let last = (self.coefficients.len() / size).checked_sub(1)?;
        let record = (intervals as usize).min(last);
        // Starts are whole seconds: their difference from the instant is exact, their ratio is not.
        let since_s = tdb_s - (self.start_s + record as f64 * self.interval_s);
        if since_s > self.interval_s {
            return None;
        }
        let tau = 2.0 * (since_s / self.interval_s) - 1.0;
        Some((&self.coefficients[record * size..(record + 1) * size], tau))
    }

    /// The three values at an instant; `None` outside the segment. Cost: about 0.1 µs.
    pub fn at(&self, tdb_s: f64) -> Option<Vector3<f64>> {
        let (row, tau) = self.row(tdb_s)?;
        let sum = |axis: usize| series(&row[axis * self.count..(axis + 1) * self.count], tau);
        Some(Vector3::new(sum(0), sum(1), sum(2)))
    }

    /// The three values and their rates per second; `None` outside the segment.
    pub fn at_with_rate(&self, tdb_s: f64) -> Option<(Vector3<f64>, Vector3<f64>)> {
        let (row, tau) = self.row(tdb_s)?;
        let both =
            |axis: usize| series_and_slope(&row[axis * self.count..(axis + 1) * self.count], tau);
        let [x, y, z] = [both(0), both(1), both(2)];
        let slope = Vector3::new(x.1, y.1, z.1);
        Some((Vector3::new(x.0, y.0, z.0), slope * (2.0 / self.interval_s)))
    }
}

/// Σ c_k T_k(τ).
fn series(c: &[f64], tau: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &ck in c.iter().skip(1).rev() {
        (b1, b2) = (ck + 2.0 * tau * b1 - b2, b1);
    }
    c[0] + tau * b1 - b2
}

/// Σ c_k T_k(τ) and its derivative with respect to τ.
fn series_and_slope(c: &[f64], tau: f64) -> (f64, f64) {
    let (mut b1, mut b2, mut s1, mut s2) = (0.0, 0.0, 0.0, 0.0);
    for &ck in c.iter().skip(1).rev() {
        (s1, s2) = (2.0 * b1 + 2.0 * tau * s1 - s2, s1);
        (b1, b2) = (ck + 2.0 * tau * b1 - b2, b1);
    }
    (c[0] + tau * b1 - b2, b1 + tau * s1 - s2)
}

/// The segment of an excerpt that starts at `offset`, its (target, centre), and where the next one
/// starts. The format is in `data/de421/README.md`.
pub(super) fn excerpt(bytes: &[u8], offset: usize) -> (Segment, (u32, u32), usize) {
    let u32_at =
        |k: usize| u32::from_le_bytes([bytes[k], bytes[k + 1], bytes[k + 2], bytes[k + 3]]);
    let f64_at = |k: usize| {
        let mut raw = [0; 8];
        raw.copy_from_slice(&bytes[k..k + 8]);
        f64::from_le_bytes(raw)
    };
    let (count, records) = (u32_at(offset + 24) as usize, u32_at(offset + 28) as usize);
    let (data, numbers) = (offset + SEGMENT_HEADER_BYTES, 3 * count * records);
    let segment = Segment {
        start_s: f64_at(offset + 8),
        interval_s: f64_at(offset + 16),
        count,
        coefficients: (0..numbers).map(|k| f64_at(data + 8 * k)).collect(),
    };
    (segment, (u32_at(offset), u32_at(offset + 4)), data + 8 * numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chebyshev_series_are_cosines_of_multiples() {
        // T_k(cos x) = cos k x, and its derivative k sin(k x)/sin x.
        let c = [0.3, -1.0, 0.25, 2.0];
        for x in [0.1_f64, 1.0, 2.5] {
            let expected: f64 = (0..4).map(|k| c[k] * (k as f64 * x).cos()).sum();
            let slope: f64 = (0..4).map(|k| c[k] * k as f64 * (k as f64 * x).sin() / x.sin()).sum();
            assert!((series(&c, x.cos()) - expected).abs() < 1e-14);
            let both = series_and_slope(&c, x.cos());
            assert_eq!(both.0, series(&c, x.cos()));
            assert!((both.1 - slope).abs() < 1e-12, "{} {slope}", both.1);
        }
    }

    #[test]
    fn rates_are_per_second() {
        // In the second of two intervals of 10 s, x = 3 + 2τ, y = τ, z = 4: half an interval is 5 s.
        let mut coefficients = vec![0.0; 6];
        coefficients.extend([3.0, 2.0, 0.0, 1.0, 4.0, 0.0]);
        let segment = Segment { start_s: 100.0, interval_s: 10.0, count: 2, coefficients };
        let (value, rate) = segment.at_with_rate(117.5).unwrap();
        assert_eq!(value, Vector3::new(4.0, 0.5, 4.0));
        assert_eq!(rate, Vector3::new(0.4, 0.2, 0.0));
        assert!(segment.at(120.0).is_some() && segment.at(120.1).is_none());
        assert!(segment.at(99.9).is_none() && segment.at(f64::NAN).is_none());
    }
}
