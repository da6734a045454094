//! Where the Earth and the Sun are, seen from the Moon's centre: an excerpt of JPL's DE421.
//!
//! Owns: the excerpt (`data/de421/README.md`) and its interpolation. Does not own: light time and
//! aberration; positions are geometric.
//!
//! As published, [DE421], [SPK] type 2: per interval and coordinate, a Chebyshev series
//! Σ c_k T_k(τ), τ in [−1, 1] over the interval.
//! As programmed: the same, by Clenshaw's recurrence, for Moon and Earth-Moon barycentre (EMB):
//!     Earth − Moon = −(1 + 1/μ) (Moon − EMB),  μ the mass ratio Earth : Moon,
//!     Sun − Moon = Sun − EMB − (Moon − EMB).
//! Refuses: instants outside 2022-06-01 to 2032-01-01 TDB (`None`).

use icd::constants::EARTH_MOON_MASS_RATIO;
use icd::frames::{I, Position, Vector};
use icd::time::Time;
use nalgebra::Vector3;
use std::sync::{Arc, OnceLock};

/// The excerpt; the format is in `data/de421/README.md`.
const EXCERPT: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/de421/de421_2022_2032.bin"));
/// First and last instant of the excerpt, TDB seconds past J2000: JD 2459731.5 and 2463232.5.
const SPAN_TDB_S: (f64, f64) =
    ((2_459_731.5 - 2_451_545.0) * 86_400.0, (2_463_232.5 - 2_451_545.0) * 86_400.0);
/// Bytes before the first segment, and of each segment before its coefficients.
const HEADER_BYTES: usize = 12;
const SEGMENT_HEADER_BYTES: usize = 32;

/// One body relative to another: Chebyshev coefficients per interval, km.
#[derive(Debug)]
struct Segment {
    start_s: f64,
    interval_s: f64,
    /// Coefficients per coordinate.
    count: usize,
    coefficients: Vec<f64>,
}

#[derive(Debug)]
struct Segments {
    moon_from_emb: Segment,
    emb_from_ssb: Segment,
    sun_from_ssb: Segment,
}

/// Positions of Earth and Sun. Cheap to clone: the coefficients are shared.
#[derive(Clone, Debug)]
pub struct Ephemeris(Arc<Segments>);

impl Ephemeris {
    /// The DE421 excerpt, 2022-06-01 to 2032-01-01 TDB.
    pub fn de421() -> Self {
        static SHARED: OnceLock<Ephemeris> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let (moon_from_emb, _, next) = segment(EXCERPT, HEADER_BYTES);
                let (emb_from_ssb, _, next) = segment(EXCERPT, next);
                let (sun_from_ssb, _, _) = segment(EXCERPT, next);
                Self(Arc::new(Segments { moon_from_emb, emb_from_ssb, sun_from_ssb }))
            })
            .clone()
    }

    /// Whether `t` lies inside the excerpt.
    pub fn covers(&self, t: Time) -> bool {
        inside(t).is_some()
    }

    /// The Earth's centre from the Moon's, geometric; `None` outside the excerpt. Cost: about 0.2
    /// µs.
    pub fn earth(&self, t: Time) -> Option<Vector<Position, I>> {
        let moon_km = self.0.moon_from_emb.at(inside(t)?)?;
        Some(Vector::from_si(-1e3 * (1.0 + 1.0 / EARTH_MOON_MASS_RATIO) * moon_km))
    }

    /// The Sun's centre from the Moon's, geometric; `None` outside the excerpt. Cost: about 0.3 µs.
    pub fn sun(&self, t: Time) -> Option<Vector<Position, I>> {
        let tdb_s = inside(t)?;
        let (sun_km, emb_km) = (self.0.sun_from_ssb.at(tdb_s)?, self.0.emb_from_ssb.at(tdb_s)?);
        let moon_km = self.0.moon_from_emb.at(tdb_s)?;
        Some(Vector::from_si(1e3 * ((sun_km - emb_km) - moon_km)))
    }
}

fn inside(t: Time) -> Option<f64> {
    let tdb_s = t.tdb_s();
    (SPAN_TDB_S.0 <= tdb_s && tdb_s <= SPAN_TDB_S.1).then_some(tdb_s)
}

impl Segment {
    /// Position, km; `None` outside the segment.
    fn at(&self, tdb_s: f64) -> Option<Vector3<f64>> {
        let intervals = (tdb_s - self.start_s) / self.interval_s;
        if intervals < 0.0 {
            return None;
        }
        let size = 3 * self.count;
        // The last instant belongs to the last interval.
        let last = self.coefficients.len() / size - 1;
        let record = (intervals as usize).min(last);
        let tau = 2.0 * (intervals - record as f64) - 1.0;
        if tau > 1.0 {
            return None;
        }
        let row = &self.coefficients[record * size..(record + 1) * size];
        let sum = |axis: usize| chebyshev(&row[axis * self.count..(axis + 1) * self.count], tau);
        Some(Vector3::new(sum(0), sum(1), sum(2)))
    }
}

/// Σ c_k T_k(τ) by Clenshaw's recurrence.
fn chebyshev(c: &[f64], tau: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &ck in c.iter().skip(1).rev() {
        (b1, b2) = (ck + 2.0 * tau * b1 - b2, b1);
    }
    c[0] + tau * b1 - b2
}

/// The segment that starts at `offset`, its (target, centre), and where the next one starts.
fn segment(bytes: &[u8], offset: usize) -> (Segment, (u32, u32), usize) {
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
    use icd::time::Span;

    #[test]
    fn the_excerpt_is_exactly_its_three_segments() {
        assert_eq!(&EXCERPT[..8], b"DE421CUT");
        // Moon from EMB, EMB and Sun from the solar system's barycentre, by the codes of [SPK].
        let mut next = HEADER_BYTES;
        for expected in [(301, 3), (3, 0), (10, 0)] {
            let (segment, bodies, end) = segment(EXCERPT, next);
            assert_eq!(bodies, expected);
            assert_eq!((end - next - SEGMENT_HEADER_BYTES) / 8, segment.coefficients.len());
            next = end;
        }
        assert_eq!(EXCERPT.len(), next);
    }

    #[test]
    fn chebyshev_series_are_cosines_of_multiples() {
        // T_k(cos x) = cos k x.
        let c = [0.3, -1.0, 0.25, 2.0];
        for x in [0.1_f64, 1.0, 2.5] {
            let expected: f64 = (0..4).map(|k| c[k] * (k as f64 * x).cos()).sum();
            assert!((chebyshev(&c, x.cos()) - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn outside_the_excerpt_nothing_is_known() {
        let ephemeris = Ephemeris::de421();
        for (utc, known) in [
            ("2022-05-31T23:50:00", false),
            ("2022-06-01T00:00:00", true),
            ("2031-12-31T23:50:00", true),
            ("2032-01-01T00:00:00", false),
        ] {
            let t = Time::from_utc(utc).unwrap();
            assert_eq!(ephemeris.earth(t).is_some(), known, "{utc}");
            assert_eq!(ephemeris.sun(t).is_some(), known, "{utc}");
            assert_eq!(ephemeris.covers(t), known, "{utc}");
        }
    }

    #[test]
    fn positions_are_continuous_across_intervals() {
        // Every interval boundary of the Moon's segment lies on a multiple of 4 days.
        let ephemeris = Ephemeris::de421();
        let start_s = ephemeris.0.moon_from_emb.start_s;
        let moon = &ephemeris.0.moon_from_emb;
        for k in 1..800 {
            let t_s = start_s + f64::from(k) * 4.0 * 86_400.0;
            let step = moon.at(t_s + 1e-3).unwrap() - moon.at(t_s - 1e-3).unwrap();
            // About 1 km/s for 2 ms, and JPL's own fit.
            assert!(step.norm() < 2.5e-3, "{step}");
        }
    }

    #[test]
    fn the_moon_keeps_its_month() {
        // The Earth's direction comes back after one mean sidereal month, 27.321661 d, to the
        // few degrees that the eccentricity allows.
        let ephemeris = Ephemeris::de421();
        let t = Time::from_utc("2025-06-05T19:17:00").unwrap();
        let now = ephemeris.earth(t).unwrap().direction().unwrap();
        let later = ephemeris.earth(t + Span::from_s(27.321_661 * 86_400.0)).unwrap();
        assert!(now.dot(later.direction().unwrap()) > 0.99);
    }
}
