//! Orientation of the Moon: the integrated librations of DE421, or a kernel of the user's, and the
//! fixed turn between the Moon's two frames.
//!
//! Owns: `P` (principal axes) in `I`, `M` (mean Earth / polar axis) in `P`, the Moon's rate; the excerpt
//! (`data/de421-librations/README.md`).
//! Does not own: interpolation (see `chebyshev`), files of the user's (see `kernel`), what the flight
//! software was told about it.
//!
//! As published, [DE421]: the three Euler angles φ, θ, ψ of the principal axes, about axes 3, 1, 3 of
//! the ICRF, as Chebyshev series. [Williams2008] by [FK080317]: `v_PA = T3(67.92″) T2(78.56″) T1(0.30″)
//! v_ME`, where Tk(a) turns the axes by a about axis k; for DE440 [FK220930] has other angles.
//! As programmed: R_PI = T3(ψ) T1(θ) T3(φ), and its rate in closed form,
//!     ω = φ˙ z_I + θ˙ node + ψ˙ z_P,
//!     R_IM = R_IP R_PM.
//! Refuses: instants outside the excerpt, 2022-06-01 to 2032-01-01 TDB, or the user's kernel (`None`).
//! The IAU's series [Archinal2018], 63 m (mean) to 131 m (largest) from this in the excerpt, serves as a check in
//! `crates/truth/tests/validation_environment_orientation.rs` and nowhere else.

use super::chebyshev::{self, HEADER_BYTES, Segment};
use super::ephemeris::EXCERPT_TDB_S;
use icd::frames::{I, M, P, Rate, Vector};
use icd::rotation::Rotation;
use icd::time::Time;
use nalgebra::{Matrix3, Vector3};
use std::sync::{Arc, OnceLock};

const ARCSECOND: f64 = core::f64::consts::PI / (180.0 * 3600.0);

/// The excerpt; the format is in `data/de421/README.md`.
pub(super) const EXCERPT: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../data/de421-librations/librations_2022_2032.bin"
));

/// A principal axes frame, as NAIF numbers it, and its turn from `M`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// NAIF's number, that of the frame in a binary kernel.
    pub id: i32,
    /// NAIF's name.
    pub name: &'static str,
    /// Turns from `M` to `P` about axes 3, 2, 1, arcseconds.
    pub M_to_P_arcseconds: [f64; 3],
}

/// The frames whose turn from `M` is known: [FK080317] MOON_ME_DE421 and [FK220930]
/// MOON_ME_DE440_ME421, which realises the same `M`.
pub const FRAMES: [Frame; 2] = [
    Frame { id: 31_006, name: "MOON_PA_DE421", M_to_P_arcseconds: [67.92, 78.56, 0.30] },
    Frame { id: 31_008, name: "MOON_PA_DE440", M_to_P_arcseconds: [67.8526, 78.6944, 0.2785] },
];

/// What an orientation is computed from.
#[derive(Debug)]
struct Parts {
    /// First and last instant of use, TDB seconds past J2000.
    span_s: (f64, f64),
    /// φ, θ, ψ, rad.
    angles: Segment,
    R_MP: Rotation<M, P>,
}

/// Orientation of the Moon. Cheap to clone: the coefficients are shared.
#[derive(Clone, Debug)]
pub struct Orientation(Arc<Parts>);

impl Orientation {
    /// The DE421 excerpt, 2022-06-01 to 2032-01-01 TDB.
    pub fn de421() -> Self {
        static SHARED: OnceLock<Orientation> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let (angles, _, _) = chebyshev::excerpt(EXCERPT, HEADER_BYTES);
                Self::of(angles, EXCERPT_TDB_S, &FRAMES[0])
            })
            .clone()
    }

    /// The orientation whose principal axes `frame` have the Euler angles `angles`, rad, within
    /// `span_s`, TDB seconds past J2000.
    pub(super) fn of(angles: Segment, span_s: (f64, f64), frame: &Frame) -> Self {
        let [about_3, about_2, about_1] = frame.M_to_P_arcseconds.map(|turn| turn * ARCSECOND);
        let R_PM = turn_3(about_3) * turn_2(about_2) * turn_1(about_1);
        Self(Arc::new(Parts { span_s, angles, R_MP: Rotation::from_si(R_PM.transpose()) }))
    }

    /// Whether `t` lies inside the orientation's span.
    pub fn covers(&self, t: Time) -> bool {
        self.inside(t).is_some()
    }

    /// The principal axes in the inertial frame; `None` outside the span. Cost: below 1 µs, most of it
    /// the conversion to TDB.
    pub fn R_IP(&self, t: Time) -> Option<Rotation<I, P>> {
        let angles = self.0.angles.at(self.inside(t)?)?;
        Some(Rotation::from_si(R_PI(&angles).transpose()))
    }

    /// The mean-Earth frame in the inertial frame; `None` outside the span. Cost: as of [`Self::R_IP`].
    pub fn R_IM(&self, t: Time) -> Option<Rotation<I, M>> {
        Some(self.R_IP(t)? * self.0.R_MP.inverse())
    }

    /// The principal axes in the mean-Earth frame: constant, 0.0288° (875 m at the surface).
    pub fn R_MP(&self) -> Rotation<M, P> {
        self.0.R_MP
    }

    /// Angular rate of `M` (and of `P`) relative to `I`, in `I`; `None` outside the span.
    pub fn w_IM_I(&self, t: Time) -> Option<Vector<Rate, I>> {
        let (angles, rates) = self.0.angles.at_with_rate(self.inside(t)?)?;
        let node = Vector3::new(libm::cos(angles.x), libm::sin(angles.x), 0.0);
        let pole = R_PI(&angles).transpose() * Vector3::z();
        Some(Vector::from_si(rates.x * Vector3::z() + rates.y * node + rates.z * pole))
    }

    fn inside(&self, t: Time) -> Option<f64> {
        let (tdb_s, (from_s, to_s)) = (t.tdb_s(), self.0.span_s);
        (from_s <= tdb_s && tdb_s <= to_s).then_some(tdb_s)
    }
}

/// The principal axes' rotation from φ, θ, ψ.
fn R_PI(angles: &Vector3<f64>) -> Matrix3<f64> {
    turn_3(angles.z) * turn_1(angles.y) * turn_3(angles.x)
}

/// Axes turned by `angle_rad` about x: T1 of the header.
fn turn_1(angle_rad: f64) -> Matrix3<f64> {
    let (s, c) = libm::sincos(angle_rad);
    Matrix3::new(1.0, 0.0, 0.0, 0.0, c, s, 0.0, -s, c)
}

/// Axes turned about y: T2.
fn turn_2(angle_rad: f64) -> Matrix3<f64> {
    let (s, c) = libm::sincos(angle_rad);
    Matrix3::new(c, 0.0, -s, 0.0, 1.0, 0.0, s, 0.0, c)
}

/// Axes turned about z: T3.
fn turn_3(angle_rad: f64) -> Matrix3<f64> {
    let (s, c) = libm::sincos(angle_rad);
    Matrix3::new(c, s, 0.0, -s, c, 0.0, 0.0, 0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::constants::MOON_RADIUS_M;
    use icd::frames::Position;
    use icd::time::Span;

    fn landing() -> Time {
        Time::from_utc("2025-06-05T19:17:00").unwrap()
    }

    #[test]
    fn the_excerpt_is_exactly_its_segment() {
        assert_eq!(&EXCERPT[..8], b"DE421CUT");
        let (segment, frames, end) = chebyshev::excerpt(EXCERPT, HEADER_BYTES);
        assert_eq!((frames, end), ((31_006, 1), EXCERPT.len()));
        let (from_s, to_s) = EXCERPT_TDB_S;
        assert!(segment.at(from_s).is_some() && segment.at(to_s).is_some());
    }

    #[test]
    fn the_rate_is_the_derivative_of_the_orientation() {
        let orientation = Orientation::de421();
        for day in 0..40 {
            let t = landing() + Span::from_s(f64::from(day) * 9e4);
            let h_s = 60.0;
            let at = |dt: f64| orientation.R_IM(t + Span::from_s(dt)).unwrap().si();
            let derivative = (at(h_s) - at(-h_s)) / (2.0 * h_s);
            let w = derivative * at(0.0).transpose();
            let numeric = Vector3::new(w[(2, 1)], w[(0, 2)], w[(1, 0)]);
            // Truncation w³h²/6: 1.1e-14; ψ of 4700 rad is summed to its last bit, 9e-13, at either end of
            // 120 s: 1.5e-14; TDB rounds to 0.6e-7 s: 0.3e-14.
            let exact = orientation.w_IM_I(t).unwrap();
            assert!((numeric - exact.si()).norm() < 2.9e-14, "{:e}", (numeric - exact.si()).norm());
        }
    }

    #[test]
    fn orientation_is_a_proper_rotation() {
        let m = Orientation::de421().R_IM(landing()).unwrap().si();
        assert!((m * m.transpose() - Matrix3::identity()).norm() < 1e-15);
        assert!((m.determinant() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_orientation_is_continuous_across_intervals() {
        let angles = &Orientation::de421().0.angles;
        for k in 1..438 {
            let boundary_s = angles.start_s + f64::from(k) * angles.interval_s;
            let (before, rate) = angles.at_with_rate(boundary_s - 1e-3).unwrap();
            let jump = angles.at(boundary_s + 1e-3).unwrap() - before - rate * 2e-3;
            // JPL's own fit: a tenth of a millimetre at the surface.
            assert!(jump.amax() * MOON_RADIUS_M < 1e-4, "{k}: {jump}");
        }
    }

    #[test]
    fn outside_the_excerpt_nothing_is_known() {
        let orientation = Orientation::de421();
        for (utc, known) in [
            ("2022-05-31T23:50:00", false),
            ("2022-06-01T00:00:00", true),
            ("2031-12-31T23:50:00", true),
            ("2032-01-01T00:00:00", false),
        ] {
            let t = Time::from_utc(utc).unwrap();
            assert_eq!(orientation.covers(t), known, "{utc}");
            assert_eq!(orientation.R_IP(t).is_some(), known, "{utc}");
            assert_eq!(orientation.R_IM(t).is_some(), known, "{utc}");
            assert_eq!(orientation.w_IM_I(t).is_some(), known, "{utc}");
        }
    }

    #[test]
    fn the_two_moon_fixed_frames_lie_875_m_apart_at_the_surface() {
        // [FK080317] gives 0.0288473° for the angle between them.
        let turn = Orientation::de421().R_MP().si();
        let sin = (turn - turn.transpose()).norm() / 8.0_f64.sqrt();
        let apart_m = libm::asin(sin) * MOON_RADIUS_M;
        assert!((apart_m - 0.028_847_3_f64.to_radians() * MOON_RADIUS_M).abs() < 0.1, "{apart_m}");
        assert!((apart_m - 875.0).abs() < 0.5, "{apart_m}");
    }

    #[test]
    fn the_kernels_own_examples_are_reproduced() {
        // "Program output" of [FK080317] and of [FK220930]: the Earth from the Moon, km, in MOON_ME
        // and in MOON_PA.
        let examples = [
            ([379_892.825, 33_510.118, -12_661.527_8], [379_908.634, 33_385.003, -12_516.885_9]),
            ([374_008.654, -23_435.970, 10_141.334], [373_997.028, -23_558.987, 10_284.057]),
        ];
        for (frame, (in_me, in_pa)) in FRAMES.iter().zip(examples) {
            let (angles, _, _) = chebyshev::excerpt(EXCERPT, HEADER_BYTES);
            let orientation = Orientation::of(angles, EXCERPT_TDB_S, frame);
            let in_me: Vector<Position, M> = Vector::from_si(Vector3::from(in_me));
            let turned = (orientation.R_MP().inverse() * in_me).si();
            // Half a unit of the last digit printed, on both sides.
            assert!((turned - Vector3::from(in_pa)).amax() < 1e-3, "{}: {turned}", frame.name);
        }
    }
}
