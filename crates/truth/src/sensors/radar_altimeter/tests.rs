use super::*;
use icd::time::Span;

const ALPHA: f64 = 0.35;

/// Antenna at the origin of axes with z up, looking straight down but for a tilt towards +x.
fn looking(tilt_rad: f64, height_m: impl Fn(Vector3<f64>, f64) -> f64) -> f64 {
    let (sin, cos) = libm::sincos(tilt_rad);
    nearest_m(Vector3::new(sin, 0.0, -cos), Vector3::z(), ALPHA, height_m).unwrap()
}

/// A plane `h_m` below the antenna that rises at `slope_rad` towards the azimuth.
fn plane(h_m: f64, slope_rad: f64, azimuth_rad: f64) -> impl Fn(Vector3<f64>, f64) -> f64 {
    let tangent = slope_rad.tan();
    move |p, _| h_m + p.z - tangent * (p.x * azimuth_rad.cos() + p.y * azimuth_rad.sin())
}

#[test]
fn over_level_ground_the_range_is_the_height_until_the_vertical_leaves_the_cone() {
    for tilt_rad in [0.0, 0.1, 0.34] {
        assert!((looking(tilt_rad, plane(1000.0, 0.0, 0.0)) - 1000.0).abs() < 1e-6);
    }
    for tilt_rad in [0.5, 0.9] {
        let edge_m = 1000.0 / (tilt_rad - ALPHA).cos();
        let seen = looking(tilt_rad, plane(1000.0, 0.0, 0.0));
        assert!((seen - edge_m).abs() < 1e-6, "{seen} {edge_m}");
    }
}

#[test]
fn on_a_slope_it_reads_low_by_the_closed_form() {
    for azimuth_rad in [0.0, 0.3, 1.0, 2.5, 4.0] {
        // The foot of the perpendicular, h cos s, while it is inside the cone.
        for slope_rad in [0.05, 0.2, 0.34] {
            let seen = looking(0.0, plane(1000.0, slope_rad, azimuth_rad));
            let exact = 1000.0 * slope_rad.cos();
            assert!((seen - exact).abs() < 1e-6, "{slope_rad} {azimuth_rad}: {seen} {exact}");
        }
        // Beyond, the rim of the cone on the uphill side.
        let slope_rad = 0.6_f64;
        let seen = looking(0.0, plane(1000.0, slope_rad, azimuth_rad));
        let exact = 1000.0 * slope_rad.cos() / (slope_rad - ALPHA).cos();
        assert!((seen - exact).abs() < 1e-6, "{azimuth_rad}: {seen} {exact}");
    }
}

#[test]
fn over_an_edge_it_reads_the_upper_level() {
    // Ground 1000 m below, and 900 m below from 100 m ahead on: the cone's rim reaches 365 m.
    let cliff = |p: Vector3<f64>, _| p.z + if p.x > 100.0 { 900.0 } else { 1000.0 };
    let seen = looking(0.0, cliff);
    // The nearest point is the top of the edge, √(900² + 100²); rays find the ledge at 900/cos α at worst.
    assert!(seen >= 905.0 && seen <= 900.0 / ALPHA.cos() + 1e-6, "{seen}");
    assert!(seen < 1000.0);
    // A ledge outside the cone is not seen.
    let far = |p: Vector3<f64>, _| p.z + if p.x > 400.0 { 900.0 } else { 1000.0 };
    assert!((looking(0.0, far) - 1000.0).abs() < 1e-6);
}

#[test]
fn underground_or_level_it_sees_nothing() {
    let down = -Vector3::z();
    assert_eq!(nearest_m(down, Vector3::z(), ALPHA, |p, _| p.z - 1.0), None);
    assert_eq!(nearest_m(Vector3::z(), Vector3::z(), ALPHA, plane(10.0, 0.0, 0.0)), None);
}

#[test]
fn noise_is_a_share_of_the_range_and_out_of_range_is_silence() {
    let spec = vehicle::RadarAltimeter {
        p_BA_B: [0.0; 3],
        d_B: [0.0, 0.0, -1.0],
        half_angle_rad: ALPHA,
        range_m_min: 5.0,
        range_m_max: 3000.0,
        noise: 0.015,
        sigma_m: 0.2,
        latency_s: 0.0,
        period_s: 0.02,
    };
    let mut unit = RadarAltimeter::new(&spec, Time::default(), (1, 1));
    let at = |n: i64| Time::default() + Span::from_ms(20 * n);
    let n = 10_000;
    let sum2: f64 = (0..n)
        .filter_map(|k| unit.sense(at(k), || Some(1000.0)))
        .map(|r| (f64::from(r.range_m) - 1000.0).powi(2))
        .sum();
    let ratio = sum2 / n as f64 / (15.0 * 15.0 + 0.04);
    assert!((ratio - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt(), "{ratio}");
    for (k, range_m) in [(n, Some(3000.1)), (n + 1, Some(4.9)), (n + 2, None)] {
        let quality = unit.sense(at(k), || range_m).map(|r| r.quality);
        assert_eq!(quality, Some(ShotQuality::NoReturn));
    }
}

#[test]
fn a_hollow_below_the_first_looks_resolution_is_ranged_all_the_same() {
    // At 64 m the ground is smoothed to 1 m over the antenna; finer looks find it 8 m below.
    let height_m = |offset: Vector3<f64>, resolution_m: f64| {
        offset.z + if resolution_m > 32.0 { -1.0 } else { 8.0 }
    };
    let found = nearest_m(-Vector3::z(), Vector3::z(), 0.35, height_m).unwrap();
    assert!((found - 8.0).abs() < 1e-9, "{found}");
}
