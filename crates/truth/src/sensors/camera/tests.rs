use super::*;
use icd::constants::MOON_RADIUS_M;
use icd::time::Span;

/// Looks along −x of the body, its right along y: down is −x × y = −z.
fn spec() -> vehicle::Camera {
    vehicle::Camera {
        p_BA_B: [0.0; 3],
        d_B: [-1.0, 0.0, 0.0],
        right_B: [0.0, 1.0, 0.0],
        focal_px: 1000.0,
        half_px: [512.0, 384.0],
        sigma_px: 0.0,
        period_s: 1.0,
        latency_s: 0.0,
        rate_rad_s_max: 0.1,
        size_px_min: 5.0,
        size_px_full: 10.0,
        size_px_max: 200.0,
        sun_rad_min: 0.1,
        sun_rad_full: 0.3,
        sight_rad_min: 0.2,
        detection_probability: 1.0,
        mismatch_probability: 0.0,
    }
}

fn at(n: i64) -> Time {
    Time::default() + Span::from_ms(1000 * n)
}

/// A landmark `y`, `z` metres beside the point (R, 0, 0), on the sphere.
fn landmark(y: f64, z: f64, diameter_m: f64) -> Landmark {
    let r_m = MOON_RADIUS_M;
    Landmark { p_MK_M: Vector::new((r_m * r_m - y * y - z * z).sqrt(), y, z), diameter_m }
}

/// 10 km above (R, 0, 0), looking straight down, the Sun at an elevation there.
fn scene(landmarks: &[Landmark], sun_rad: f64) -> Scene<'_> {
    Scene {
        p_MA_M: Vector::new(MOON_RADIUS_M + 1e4, 0.0, 0.0),
        R_MB: Rotation::identity(),
        sun_M: Some(Vector::new(sun_rad.sin(), sun_rad.cos(), 0.0)),
        rate_rad_s: 0.0,
        transmission: 1.0,
        landmarks,
    }
}

fn frame(spec: &vehicle::Camera, scene: &Scene<'_>) -> Landmarks {
    Camera::new(spec, at(0), (1, 1)).sense(at(0), || *scene).unwrap()
}

#[test]
fn a_landmark_falls_where_the_pinhole_puts_it() {
    let list = [landmark(1500.0, -2000.0, 200.0), landmark(-3000.0, 1000.0, 150.0)];
    let seen = frame(&spec(), &scene(&list, 1.0));
    assert_eq!(seen.count, 2);
    for (k, landmark) in list.iter().enumerate() {
        let p = landmark.p_MK_M;
        let depth_m = MOON_RADIUS_M + 1e4 - p.x();
        let exact = [1000.0 * p.y() / depth_m, -1000.0 * p.z() / depth_m];
        assert_eq!(usize::from(seen.seen[k].id), k);
        for (pixel, exact) in seen.seen[k].pixel.iter().zip(exact) {
            let off_px = f64::from(*pixel) - exact;
            assert!(off_px.abs() < 1e-4, "{k}: {off_px}");
        }
    }
    assert_eq!(seen.seen[2], bus::Landmark::default());
}

#[test]
fn what_lies_outside_behind_or_beyond_the_limits_is_not_seen() {
    let count = |landmark: Landmark, change: &dyn Fn(&mut Scene<'_>)| {
        let list = [landmark];
        let mut scene = scene(&list, 1.0);
        change(&mut scene);
        frame(&spec(), &scene).count
    };
    let same = |_: &mut Scene<'_>| {};
    assert_eq!(count(landmark(0.0, 0.0, 150.0), &same), 1);
    // Half the width is 512/1000 of 10 km, half the height 384/1000.
    assert_eq!(count(landmark(5090.0, 0.0, 150.0), &same), 1);
    assert_eq!(count(landmark(5140.0, 0.0, 150.0), &same), 0);
    assert_eq!(count(landmark(0.0, 3820.0, 150.0), &same), 1);
    assert_eq!(count(landmark(0.0, 3860.0, 150.0), &same), 0);
    // 5 pixels are 50 m, 200 pixels 2 km.
    assert_eq!(count(landmark(0.0, 0.0, 49.0), &same), 0);
    assert_eq!(count(landmark(0.0, 0.0, 2010.0), &same), 0);
    let behind = |s: &mut Scene<'_>| s.R_MB = half_turn_about_z();
    assert_eq!(count(landmark(0.0, 0.0, 150.0), &behind), 0);
    let fast = |s: &mut Scene<'_>| s.rate_rad_s = 0.11;
    assert_eq!(count(landmark(0.0, 0.0, 150.0), &fast), 0);
    let dust = |s: &mut Scene<'_>| s.transmission = 0.0;
    assert_eq!(count(landmark(0.0, 0.0, 150.0), &dust), 0);
    let night = |s: &mut Scene<'_>| s.sun_M = Some(Vector::new(-0.1, 0.0, 1.0));
    assert_eq!(count(landmark(0.0, 0.0, 150.0), &night), 0);
    let unknown = |s: &mut Scene<'_>| s.sun_M = None;
    assert_eq!(count(landmark(0.0, 0.0, 150.0), &unknown), 0);
}

fn half_turn_about_z() -> Rotation<M, B> {
    Rotation::from_columns(-Vector3::x(), -Vector3::y(), Vector3::z())
}

#[test]
fn the_horizon_hides_and_a_flat_line_of_sight_shortens() {
    // Level flight: the boresight −x of the body along y of the Moon, towards a landmark 80 km on.
    let R_MB = Rotation::from_columns(-Vector3::y(), Vector3::z(), -Vector3::x());
    let far = landmark(8e4, 0.0, 8000.0);
    let list = [far];
    let mut spec = vehicle::Camera { sight_rad_min: 0.0, ..spec() };
    let level = Scene { R_MB, ..scene(&list, 1.0) };
    let unit = Camera::new(&spec, at(0), (1, 1));
    let image = unit.image(&level, &unit.axes_M(&level), &far).unwrap();
    // By hand: the line of sight drops by atan(h'/80 km) less the turn of the vertical over 80 km.
    let v = (far.p_MK_M - level.p_MA_M).si();
    let turn_rad = (8e4 / MOON_RADIUS_M).asin();
    let elevation_rad = (-v.x / v.y).atan() - turn_rad;
    let exact = 1000.0 * 8000.0 / v.norm() * elevation_rad.sin();
    assert!((image.size_px / exact - 1.0).abs() < 1e-9, "{} against {exact}", image.size_px);
    spec.sight_rad_min = elevation_rad + 1e-6;
    assert_eq!(frame(&spec, &level).count, 0);
    // The horizon of 10 km is 187 km away: 200 km on, e is negative.
    let beyond = [landmark(2e5, 0.0, 8e4)];
    spec = vehicle::Camera { sight_rad_min: 0.0, ..spec };
    assert_eq!(frame(&spec, &Scene { landmarks: &beyond, ..level }).count, 0);
}

/// Share of landmarks seen and mean square of the pixel error over many frames of one landmark.
fn statistics(spec: &vehicle::Camera, diameter_m: f64, sun_rad: f64, dust: f64) -> (f64, f64, f64) {
    let list = [landmark(0.0, 0.0, diameter_m)];
    let scene = Scene { transmission: dust, ..scene(&list, sun_rad) };
    let mut unit = Camera::new(spec, at(0), (1, 1));
    let n = 4000;
    let (mut hits, mut sum2) = (0.0, 0.0);
    for k in 0..n {
        let seen = unit.sense(at(k), || scene).unwrap();
        hits += f64::from(seen.count);
        let first = seen.seen[0].pixel.map(f64::from);
        sum2 += 0.5 * (first[0] * first[0] + first[1] * first[1]);
    }
    (hits / n as f64, sum2 / f64::max(hits, 1.0), n as f64)
}

#[test]
fn matches_come_as_often_as_size_light_and_dust_say() {
    let spec = vehicle::Camera { sigma_px: 0.7, detection_probability: 0.9, ..spec() };
    for (diameter_m, sun_rad, dust, exact) in [
        (150.0, 1.0, 1.0, 0.9),
        (75.0, 1.0, 1.0, 0.45),    // 7.5 pixels: half way from 5 to 10
        (150.0, 0.15, 1.0, 0.225), // a quarter of the way from 0.1 to 0.3 rad
        (150.0, 1.0, 0.5, 0.45),
        (150.0, 0.09, 1.0, 0.0),
    ] {
        let (share, variance, n) = statistics(&spec, diameter_m, sun_rad, dust);
        let tolerance = 4.0 * (exact * (1.0 - exact) / n).sqrt();
        assert!((share - exact).abs() <= tolerance, "{diameter_m}: {share} against {exact}");
        if exact > 0.0 {
            // Two axes a match.
            let tolerance = 4.0 * (2.0 / (2.0 * n * exact)).sqrt();
            assert!((variance / 0.49 - 1.0).abs() < tolerance, "{variance}");
        }
    }
}

#[test]
fn a_wrong_match_carries_the_nearest_neighbours_number() {
    let spec = vehicle::Camera { mismatch_probability: 0.2, ..spec() };
    let list = [
        landmark(0.0, 0.0, 150.0),
        landmark(9e4, 0.0, 150.0), // out of view
        landmark(9.1e4, 0.0, 150.0),
        landmark(8e4, 0.0, 150.0),
    ];
    let mut unit = Camera::new(&spec, at(0), (1, 1));
    let n = 5000;
    let mut wrong = 0.0;
    for k in 0..n {
        let seen = unit.sense(at(k), || scene(&list, 1.0)).unwrap();
        assert_eq!(seen.count, 1);
        assert!([0, 3].contains(&seen.seen[0].id), "{:?}", seen.seen[0]);
        wrong += f64::from(u8::from(seen.seen[0].id == 3)) / n as f64;
    }
    assert!((wrong - 0.2).abs() < 4.0 * (0.16 / n as f64).sqrt(), "{wrong}");
}

#[test]
fn the_largest_twelve_are_reported_late_with_their_time() {
    let spec = vehicle::Camera { latency_s: 2.0, ..spec() };
    let list: Vec<Landmark> =
        (0..20).map(|k| landmark(100.0 * f64::from(k), 0.0, 120.0 + f64::from(k))).collect();
    let mut unit = Camera::new(&spec, at(0), (1, 1));
    for k in 0..6 {
        let result = unit.sense(at(k), || scene(&list, 1.0));
        assert_eq!(result.map(|r| r.t), (k >= 2).then(|| at(k - 2)));
        if let Some(seen) = result {
            assert_eq!(usize::from(seen.count), LANDMARKS);
            let ids: Vec<u16> = seen.seen.iter().map(|landmark| landmark.id).collect();
            assert_eq!(ids, (8..20).rev().collect::<Vec<u16>>());
        }
    }
}

#[test]
fn what_one_frame_shows_shifts_nothing_in_the_next() {
    let spec = vehicle::Camera { sigma_px: 1.0, detection_probability: 0.7, ..spec() };
    let list: Vec<Landmark> = (0..8).map(|k| landmark(200.0 * f64::from(k), 0.0, 150.0)).collect();
    let mut one = Camera::new(&spec, at(0), (1, 1));
    let mut other = one.clone();
    one.sense(at(0), || scene(&list, 1.0));
    other.sense(at(0), || scene(&[], -1.0));
    assert_eq!(one.sense(at(1), || scene(&list, 1.0)), other.sense(at(1), || scene(&list, 1.0)));
}
