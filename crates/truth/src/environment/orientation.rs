//! Orientation of the Moon: the series of the IAU working group, and the fixed turn between its two
//! frames.
//!
//! Owns: `M` (mean Earth / polar axis) in `I`, `P` (principal axes) in `M`, the Moon's rate.
//! Does not own: what the flight software was told about it.
//!
//! As published, [Archinal2018] with the constants of [PCK11] (BODY301): pole α, δ and prime
//! meridian W, each a polynomial plus a sum over the angles E1…E13, T in centuries and d in days of
//! TDB past J2000; [Williams2008] by [FK080317]: `v_PA = T3(67.92″) T2(78.56″) T1(0.30″) v_ME`,
//! where Tk(a) turns the axes by a about axis k.
//! As programmed: R_MI = T3(W) T1(90° − δ) T3(90° + α), and its rate in closed form,
//!     ω = (90° + α)˙ z_I + (90° − δ)˙ node + W˙ z_M.
//! Refuses: nothing. The series is 67 m (mean) to 142 m (largest) from the DE421 orientation, at
//! the surface, measured daily from 2020 to 2036; it defines the Moon of this simulation.

use icd::frames::{I, M, P, Rate, Vector};
use icd::rotation::Rotation;
use icd::time::Time;
use nalgebra::{Matrix3, Vector3};

const DEG: f64 = core::f64::consts::PI / 180.0;
const ARCSECOND: f64 = DEG / 3600.0;
const DAY_S: f64 = 86_400.0;
const CENTURY_S: f64 = 36_525.0 * DAY_S;

/// E1…E13: degrees and degrees per century. [PCK11] BODY3_NUT_PREC_ANGLES.
const ANGLES_DEG: [(f64, f64); 13] = [
    (125.045, -1_935.536_452_5),
    (250.089, -3_871.072_905),
    (260.008, 475_263.332_872_5),
    (176.625, 487_269.629_985),
    (357.529, 35_999.050_957_5),
    (311.589, 964_468.499_31),
    (134.963, 477_198.869_325),
    (276.617, 12_006.300_765),
    (34.226, 63_863.513_242_5),
    (15.134, -5_806.609_357_5),
    (119.743, 131.840_64),
    (239.961, 6_003.150_382_5),
    (25.053, 473_327.796_42),
];
/// Amplitudes of sin E in α, of cos E in δ, of sin E in W, degrees. [PCK11] BODY301_NUT_PREC_*.
const AMPLITUDES_DEG: [(f64, f64, f64); 13] = [
    (-3.8787, 1.5419, 3.5610),
    (-0.1204, 0.0239, 0.1208),
    (0.0700, -0.0278, -0.0642),
    (-0.0172, 0.0068, 0.0158),
    (0.0, 0.0, 0.0252),
    (0.0072, -0.0029, -0.0066),
    (0.0, 0.0009, -0.0047),
    (0.0, 0.0, -0.0046),
    (0.0, 0.0, 0.0028),
    (-0.0052, 0.0008, 0.0052),
    (0.0, 0.0, 0.0040),
    (0.0, 0.0, 0.0019),
    (0.0043, -0.0009, -0.0044),
];
/// Right ascension of the pole: degrees, degrees per century. [PCK11] BODY301_POLE_RA.
const POLE_RA_DEG: (f64, f64) = (269.9949, 0.0031);
/// Declination of the pole: degrees, degrees per century. [PCK11] BODY301_POLE_DEC.
const POLE_DEC_DEG: (f64, f64) = (66.5392, 0.0130);
/// Prime meridian: degrees, degrees per day, degrees per day². [PCK11] BODY301_PM.
const MERIDIAN_DEG: (f64, f64, f64) = (38.3213, 13.176_358_15, -1.4e-12);
/// Turns from `M` to `P` about axes 3, 2, 1, arcseconds. [FK080317] MOON_ME_DE421.
const M_TO_P_ARCSECONDS: (f64, f64, f64) = (67.92, 78.56, 0.30);

/// The three angles 90° + α, 90° − δ, W in radians, and their rates in radians per second.
fn angles(t: Time) -> ([f64; 3], [f64; 3]) {
    let tdb_s = t.tdb_s();
    let (centuries, days) = (tdb_s / CENTURY_S, tdb_s / DAY_S);
    let mut alpha = POLE_RA_DEG.0 + POLE_RA_DEG.1 * centuries;
    let mut delta = POLE_DEC_DEG.0 + POLE_DEC_DEG.1 * centuries;
    let mut meridian = MERIDIAN_DEG.0 + days * (MERIDIAN_DEG.1 + days * MERIDIAN_DEG.2);
    let mut alpha_rate = POLE_RA_DEG.1 / CENTURY_S;
    let mut delta_rate = POLE_DEC_DEG.1 / CENTURY_S;
    let mut meridian_rate = (MERIDIAN_DEG.1 + 2.0 * days * MERIDIAN_DEG.2) / DAY_S;
    for (&(start, per_century), &(in_alpha, in_delta, in_meridian)) in
        ANGLES_DEG.iter().zip(&AMPLITUDES_DEG)
    {
        let e = (start + per_century * centuries) * DEG;
        let (sin, cos) = (libm::sin(e), libm::cos(e));
        let e_rate = per_century * DEG / CENTURY_S;
        alpha += in_alpha * sin;
        delta += in_delta * cos;
        meridian += in_meridian * sin;
        alpha_rate += in_alpha * cos * e_rate;
        delta_rate -= in_delta * sin * e_rate;
        meridian_rate += in_meridian * cos * e_rate;
    }
    (
        [(90.0 + alpha) * DEG, (90.0 - delta) * DEG, libm::fmod(meridian, 360.0) * DEG],
        [alpha_rate * DEG, -delta_rate * DEG, meridian_rate * DEG],
    )
}

/// Axes turned by `angle_rad` about x: T1 of the header.
fn turn_1(angle_rad: f64) -> Matrix3<f64> {
    let (s, c) = (libm::sin(angle_rad), libm::cos(angle_rad));
    Matrix3::new(1.0, 0.0, 0.0, 0.0, c, s, 0.0, -s, c)
}

/// Axes turned about y: T2.
fn turn_2(angle_rad: f64) -> Matrix3<f64> {
    let (s, c) = (libm::sin(angle_rad), libm::cos(angle_rad));
    Matrix3::new(c, 0.0, -s, 0.0, 1.0, 0.0, s, 0.0, c)
}

/// Axes turned about z: T3.
fn turn_3(angle_rad: f64) -> Matrix3<f64> {
    let (s, c) = (libm::sin(angle_rad), libm::cos(angle_rad));
    Matrix3::new(c, s, 0.0, -s, c, 0.0, 0.0, 0.0, 1.0)
}

/// The Moon-fixed mean-Earth frame in the inertial frame at `t`. Cost: about 1 µs.
pub fn R_IM(t: Time) -> Rotation<I, M> {
    let ([node, tilt, meridian], _) = angles(t);
    Rotation::from_si((turn_3(meridian) * turn_1(tilt) * turn_3(node)).transpose())
}

/// The principal axes in the mean-Earth frame: constant, 0.0288° (875 m at the surface).
pub fn R_MP() -> Rotation<M, P> {
    let (about_3, about_2, about_1) = M_TO_P_ARCSECONDS;
    let R_PM =
        turn_3(about_3 * ARCSECOND) * turn_2(about_2 * ARCSECOND) * turn_1(about_1 * ARCSECOND);
    Rotation::from_si(R_PM.transpose())
}

/// Angular rate of `M` (and of `P`) relative to `I`, expressed in `I`, at `t`.
pub fn w_IM_I(t: Time) -> Vector<Rate, I> {
    let ([node, tilt, meridian], [node_rate, tilt_rate, meridian_rate]) = angles(t);
    let along_node = Vector3::new(libm::cos(node), libm::sin(node), 0.0);
    let R_MI = turn_3(meridian) * turn_1(tilt) * turn_3(node);
    let pole = R_MI.transpose() * Vector3::z();
    Vector::from_si(node_rate * Vector3::z() + tilt_rate * along_node + meridian_rate * pole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::constants::MOON_RADIUS_M;
    use icd::frames::Position;
    use icd::time::Span;

    /// Largest displacement of a surface point when one rotation is taken for the other, metres.
    fn apart_m(one: Matrix3<f64>, other: Matrix3<f64>) -> f64 {
        let cos = ((one.transpose() * other).trace() - 1.0) / 2.0;
        let sin = (one.transpose() * other - other.transpose() * one).norm() / 8.0_f64.sqrt();
        libm::atan2(sin, cos) * MOON_RADIUS_M
    }

    #[test]
    fn the_rate_is_the_derivative_of_the_orientation() {
        for day in 0..40 {
            let t = Time::from_utc("2025-06-05T19:17:00").unwrap() + Span::from_s(day as f64 * 9e4);
            let h_s = 60.0;
            let at = |dt: f64| R_IM(t + Span::from_s(dt)).si();
            let derivative = (at(h_s) - at(-h_s)) / (2.0 * h_s);
            let w = derivative * R_IM(t).si().transpose();
            let numeric = Vector3::new(w[(2, 1)], w[(0, 2)], w[(1, 0)]);
            // Argument rounding 1e-7 s of TDB, over 120 s.
            assert!((numeric - w_IM_I(t).si()).norm() < 2e-14, "{numeric} {:?}", w_IM_I(t));
        }
    }

    #[test]
    fn orientation_is_a_proper_rotation() {
        let m = R_IM(Time::from_utc("2025-06-05T19:17:00").unwrap()).si();
        assert!((m * m.transpose() - Matrix3::identity()).norm() < 1e-15);
        assert!((m.determinant() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_two_moon_fixed_frames_lie_875_m_apart_at_the_surface() {
        // [FK080317] gives 0.0288473° for the angle between them.
        let apart = apart_m(R_MP().si(), Matrix3::identity());
        assert!((apart - 0.028_847_3 * DEG * MOON_RADIUS_M).abs() < 0.1, "{apart}");
        assert!((apart - 875.0).abs() < 0.5, "{apart}");
    }

    #[test]
    fn the_kernels_own_example_is_reproduced() {
        // [FK080317] "Program output": the Earth from the Moon, km, in MOON_ME and in MOON_PA.
        let in_me: Vector<Position, M> = Vector::new(379_892.825, 33_510.118, -12_661.527_8);
        let in_pa = (R_MP().inverse() * in_me).si();
        let printed = Vector3::new(379_908.634, 33_385.003, -12_516.885_9);
        // Half a unit of the last digit printed, on both sides.
        assert!((in_pa - printed).amax() < 1e-3, "{in_pa}");
    }

    #[test]
    fn the_series_agrees_with_the_integrated_librations_of_de421() {
        // [DE421] at JD 2460000.5 TDB: Euler angles of the principal axes, rad, as printed by its
        // kernel.
        let (phi, theta, psi) = (-0.042_333_358_5, 0.387_704_724, 4_508.766_41);
        let R_PI = turn_3(psi) * turn_1(theta) * turn_3(phi);
        let R_MI = R_MP().si() * R_PI;
        // 2023-02-25T00:00:00 TDB is 69.184 s earlier in UTC; the 1.5 ms of TDB − TT are 0.006 m
        // here.
        let t = Time::from_utc("2023-02-24T23:58:50.816").unwrap();
        let apart = apart_m(R_IM(t).si().transpose(), R_MI);
        // [FK080317]: amplitude 155 m, mean 76 m; psi is printed to 5e-6 rad, 9 m.
        assert!(apart < 155.0 + 9.0, "{apart}");
    }
}
