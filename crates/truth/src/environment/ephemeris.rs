//! Where the Earth and the Sun are, seen from the Moon's centre: JPL's DE421, or a kernel of the user's.
//!
//! Owns: the excerpt (`data/de421/README.md`) and the sums that lead from the Moon to a body.
//! Does not own: interpolation (see `chebyshev`), files of the user's (see `kernel`), light time and
//! aberration; positions are geometric.
//!
//! As published, [DE421], [SPK]: each body relative to a centre of its own: Moon and Earth to their
//! barycentre (EMB), EMB and Sun to that of the solar system.
//! As programmed: a body from the Moon is a weighted sum of segments; of the excerpt
//!     Earth − Moon = −(1 + 1/μ) (Moon − EMB),  μ the mass ratio Earth : Moon,
//!     Sun − Moon = Sun − (Moon − EMB) − EMB.
//! Refuses: instants outside the excerpt, 2022-06-01 to 2032-01-01 TDB, or the user's kernel (`None`).

use super::chebyshev::{self, HEADER_BYTES, Segment};
use icd::constants::EARTH_MOON_MASS_RATIO;
use icd::frames::{I, Position, Vector};
use icd::time::Time;
use nalgebra::Vector3;
use std::sync::{Arc, OnceLock};

/// The excerpt; the format is in `data/de421/README.md`.
pub(super) const EXCERPT: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/de421/de421_2022_2032.bin"));
/// First and last instant of the excerpt, TDB seconds past J2000: JD 2459731.5 and 2463232.5.
pub(super) const EXCERPT_TDB_S: (f64, f64) =
    ((2_459_731.5 - 2_451_545.0) * 86_400.0, (2_463_232.5 - 2_451_545.0) * 86_400.0);

/// One term of a sum: a weight and the number of its segment.
pub(super) type Term = (f64, usize);

/// What the positions are computed from, km.
#[derive(Debug)]
pub(super) struct Parts {
    /// First and last instant of use, TDB seconds past J2000.
    pub span_s: (f64, f64),
    /// Bodies relative to their centres.
    pub segments: Vec<Segment>,
    /// The sum that is the Earth from the Moon.
    pub earth: Vec<Term>,
    /// The sum that is the Sun from the Moon.
    pub sun: Vec<Term>,
}

/// Positions of Earth and Sun. Cheap to clone: the coefficients are shared.
#[derive(Clone, Debug)]
pub struct Ephemeris(Arc<Parts>);

impl Ephemeris {
    /// The DE421 excerpt, 2022-06-01 to 2032-01-01 TDB.
    pub fn de421() -> Self {
        static SHARED: OnceLock<Ephemeris> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let (moon_from_emb, _, next) = chebyshev::excerpt(EXCERPT, HEADER_BYTES);
                let (emb_from_ssb, _, next) = chebyshev::excerpt(EXCERPT, next);
                let (sun_from_ssb, _, _) = chebyshev::excerpt(EXCERPT, next);
                Self::of(Parts {
                    span_s: EXCERPT_TDB_S,
                    segments: vec![moon_from_emb, emb_from_ssb, sun_from_ssb],
                    earth: vec![(-(1.0 + 1.0 / EARTH_MOON_MASS_RATIO), 0)],
                    sun: vec![(1.0, 2), (-1.0, 0), (-1.0, 1)],
                })
            })
            .clone()
    }

    /// An ephemeris of its parts.
    pub(super) fn of(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Whether `t` lies inside the ephemeris.
    pub fn covers(&self, t: Time) -> bool {
        self.inside(t).is_some()
    }

    /// The Earth's centre from the Moon's, geometric; `None` outside the ephemeris. Cost: about 0.2
    /// µs.
    pub fn earth(&self, t: Time) -> Option<Vector<Position, I>> {
        self.sum(&self.0.earth, self.inside(t)?)
    }

    /// The Sun's centre from the Moon's, geometric; `None` outside the ephemeris. Cost: about 0.3
    /// µs.
    pub fn sun(&self, t: Time) -> Option<Vector<Position, I>> {
        self.sum(&self.0.sun, self.inside(t)?)
    }

    fn inside(&self, t: Time) -> Option<f64> {
        let (tdb_s, (from_s, to_s)) = (t.tdb_s(), self.0.span_s);
        (from_s <= tdb_s && tdb_s <= to_s).then_some(tdb_s)
    }

    fn sum(&self, terms: &[Term], tdb_s: f64) -> Option<Vector<Position, I>> {
        let mut sum_km = Vector3::zeros();
        for &(weight, segment) in terms {
            sum_km += weight * self.0.segments.get(segment)?.at(tdb_s)?;
        }
        Some(Vector::from_si(1e3 * sum_km))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::chebyshev::SEGMENT_HEADER_BYTES;
    use icd::time::Span;

    #[test]
    fn the_excerpt_is_exactly_its_three_segments() {
        assert_eq!(&EXCERPT[..8], b"DE421CUT");
        // Moon from EMB, EMB and Sun from the solar system's barycentre, by the codes of [SPK].
        let mut next = HEADER_BYTES;
        for expected in [(301, 3), (3, 0), (10, 0)] {
            let (segment, bodies, end) = chebyshev::excerpt(EXCERPT, next);
            assert_eq!(bodies, expected);
            assert_eq!((end - next - SEGMENT_HEADER_BYTES) / 8, segment.coefficients.len());
            next = end;
        }
        assert_eq!(EXCERPT.len(), next);
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
        let moon = &ephemeris.0.segments[0];
        let start_s = moon.start_s;
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
