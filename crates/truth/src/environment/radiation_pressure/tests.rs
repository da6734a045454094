use super::*;
use crate::environment::ephemeris::Ephemeris;
use icd::time::Time;

/// Share of the Sun's disc that rays from `p` reach past a ball, by brute force: 400 × 400 points of the
/// disc, seen as the circle in which the cone of view touches the Sun.
fn sun_seen_by_rays(p: Vector3<f64>, sun: Vector3<f64>, ball: Vector3<f64>, radius_m: f64) -> f64 {
    let to_sun = sun - p;
    let d = to_sun.norm();
    let axis = to_sun / d;
    let side = axis.cross(&Vector3::new(0.3, -0.5, 0.81)).normalize();
    let up = axis.cross(&side);
    let half_angle = (SUN_RADIUS_M / d).asin();
    let (mut seen, mut all) = (0.0, 0.0);
    for i in 0..400 {
        for j in 0..400 {
            let (x, y) = ((f64::from(i) + 0.5) / 200.0 - 1.0, (f64::from(j) + 0.5) / 200.0 - 1.0);
            if x * x + y * y > 1.0 {
                continue;
            }
            all += 1.0;
            let ray = (axis + (side * x + up * y) * half_angle.tan()).normalize();
            let along = ray.dot(&(ball - p));
            let miss = (ball - p - ray * along).norm();
            if along < 0.0 || miss > radius_m {
                seen += 1.0;
            }
        }
    }
    seen / all
}

fn far_earth() -> Vector<Position, I> {
    Vector::new(0.0, 0.0, 3.844e8)
}

#[test]
fn in_full_sun_the_force_is_that_of_the_inverse_square() {
    let sun = Vector::new(1.5e11, 2e10, -1e10);
    let p: Vector<Position, I> = Vector::new(2e6, 1e5, 3e5);
    let a = acceleration_I(p, sun, far_earth(), 0.02).si();
    let away = p.si() - sun.si();
    let exact = 0.02 * 1361.0 / 299_792_458.0 * (1.495_978_707e11 / away.norm()).powi(2);
    assert!((a.norm() / exact - 1.0).abs() < 1e-14);
    assert!(a.normalize().dot(&away.normalize()) > 1.0 - 1e-15);
}

#[test]
fn the_pressure_at_one_astronomical_unit_is_the_textbooks() {
    // [MontenbruckGill2000] §3.4: about 4.56e-6 N/m², from 1367 W/m²; the modern irradiance is 0.44 % less.
    let sun = Vector::new(-ASTRONOMICAL_UNIT_M, 0.0, 0.0);
    let a = acceleration_I(Vector::new(2e6, 0.0, 0.0), sun, far_earth(), 1.0);
    // 1.8e-9 is in no shadow: the Moon lies between by no more than the line to its centre.
    assert!(a.norm() < 1e-30, "behind the Moon it is dark: {a:?}");
    let a = acceleration_I(Vector::new(-2e6, 0.0, 0.0), sun, far_earth(), 1.0);
    assert!((a.x() / 4.56e-6 - 1.0).abs() < 6e-3 && a.x() > 0.0, "{a:?}");
}

#[test]
fn the_shadow_of_the_moon_is_what_rays_say_it_is() {
    // Across the edge of the shadow, 20 km and 100 km up and at four radii.
    let sun = Vector3::new(1.47e11, 0.0, 0.0);
    for r_m in [1_757_400.0, 1_837_400.0, 6.9e6] {
        let edge = core::f64::consts::PI - (MOON_RADIUS_M / r_m).asin();
        let mut partial = 0;
        for n in -8..=8 {
            let angle = edge + f64::from(n) * 0.0009;
            let p = r_m * Vector3::new(angle.cos(), angle.sin(), 0.0);
            let formula =
                sun_seen(Vector::from_si(p), Vector::from_si(sun), Vector::new(0.0, 0.0, 3.8e8));
            let rays = sun_seen_by_rays(p, sun, Vector3::zeros(), MOON_RADIUS_M);
            // Discs on a sphere are drawn on a plane: 0.05 % at most; the rays count 126 000 points.
            assert!((formula - rays).abs() < 1.5e-3, "{n} at {r_m}: {formula} {rays}");
            partial += i32::from(formula > 0.01 && formula < 0.99);
        }
        assert!(partial >= 4, "the penumbra was crossed");
    }
}

#[test]
fn the_earth_eclipses_the_sun_totally_and_in_part() {
    let (sun, earth) = (Vector3::new(1.5e11, 0.0, 0.0), Vector3::new(3.844e8, 0.0, 0.0));
    for (offset_m, outcome) in [(0.0, 0), (4.0e6, 0), (6.5e6, 1), (7.5e6, 1), (9.0e6, 2)] {
        let p = Vector3::new(2e6, offset_m, 0.0);
        let seen = sun_seen(Vector::from_si(p), Vector::from_si(sun), Vector::from_si(earth));
        let rays = sun_seen_by_rays(p, sun, earth, EARTH_RADIUS_M);
        assert!((seen - rays).abs() < 1.5e-3, "{offset_m}: {seen} {rays}");
        let kind = if seen <= 0.0 { 0 } else { 1 + i32::from(seen >= 1.0) };
        assert_eq!(kind, outcome, "{offset_m}: {seen}");
    }
}

#[test]
fn a_body_inside_the_disc_takes_the_ratio_of_the_areas() {
    // The Moon before the Sun from far away: an annular eclipse.
    let (p, sun) = (Vector3::new(-4.1e8, 0.0, 0.0), Vector3::new(1.5e11, 0.0, 0.0));
    let away = Vector::new(0.0, 9e8, 0.0);
    let seen = sun_seen(Vector::from_si(p), Vector::from_si(sun), away);
    let ratio = (MOON_RADIUS_M / 4.1e8).asin() / (SUN_RADIUS_M / (1.5e11 + 4.1e8)).asin();
    assert!((seen - (1.0 - ratio * ratio)).abs() < 1e-12 && ratio < 1.0, "{seen}");
}

#[test]
fn the_moon_passed_through_the_earths_shadow_in_march_2025() {
    // Total lunar eclipse of 2025-03-14, greatest at 06:58:46 UT; a point of the near side.
    let ephemeris = Ephemeris::de421();
    let at = |utc: &str| {
        let t = Time::from_utc(utc).unwrap();
        let (sun, earth) = (ephemeris.sun(t).unwrap(), ephemeris.earth(t).unwrap());
        let near = Vector::from_si(earth.si().normalize() * 1.8e6);
        sun_seen(near, sun, earth)
    };
    assert_eq!(at("2025-03-14T06:58:46"), 0.0);
    assert_eq!(at("2025-03-14T12:00:00"), 1.0);
    let partial = at("2025-03-14T05:00:00");
    assert!((0.0..1.0).contains(&partial), "{partial}");
}
