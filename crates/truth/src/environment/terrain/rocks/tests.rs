//! Tests of rocks: number, shape, young craters.

use super::super::cube;
use super::*;
use icd::constants::MOON_RADIUS_M;

#[test]
fn the_number_of_rocks_is_the_integral_of_the_area_they_cover() {
    // Differentiated: dF = −(π/4) D² dN. By central differences at several sizes.
    for k in [0.005, 0.02, 0.1] {
        let q = 1.79 + 0.152 / k;
        for d in [0.3, 0.5, 1.0, 2.0] {
            let (e, area) = (1e-4, |d: f64| k * libm::exp(-q * d));
            let dn = per_m2(k, d - e) - per_m2(k, d + e);
            let df = area(d - e) - area(d + e);
            let covered = core::f64::consts::FRAC_PI_4 * d * d * dn;
            assert!((covered / df - 1.0).abs() < 1e-3, "{k} {d}: {covered} {df}");
        }
    }
}

#[test]
fn as_many_rocks_lie_there_as_published_at_every_size() {
    // A circle of 500 m in the middle of a face: four standard deviations, plus 2 % for the steps
    // of the table of sizes.
    let areas = Areas::new();
    for abundance in [0.01, 0.02, 0.05] {
        let rocks = Rocks::new(11, abundance);
        let faces = Faces::new(cube::direction(2, 0.2, -0.3), 500.0);
        let mut found = Vec::new();
        rocks.around(&faces, &areas, 500.0, |thing, _| found.push(thing.diameter_m));
        for d_m in [0.3, 0.4, 0.6, 0.9, 1.2, 2.0] {
            let number = found.iter().filter(|d| **d >= d_m).count() as f64;
            let expected = core::f64::consts::PI * 500.0 * 500.0 * per_m2(abundance, d_m);
            let tolerance = 4.0 * expected.sqrt() + 0.02 * expected + 1.0;
            assert!(
                (number - expected).abs() < tolerance,
                "{abundance}, {d_m} m: {number} for {expected}"
            );
        }
    }
}

#[test]
fn rocks_cover_the_share_of_ground_they_should() {
    // Where a dome stands; [GolombekRapp1997]: F(0.3 m).
    let (areas, rocks) = (Areas::new(), Rocks::new(3, 0.05));
    let n = 400_000;
    let covered = (0..n)
        .filter(|&k| {
            let (i, j) = (f64::from(k % 632), f64::from(k / 632));
            let faces = Faces::new(cube::direction(2, i * 1.3e-6, j * 1.7e-6), 20.0);
            rocks.height_m(&faces, &areas, 0.0, 0.3, |_| 1.0, None) > 0.0
        })
        .count();
    let expected = 0.05 * libm::exp(-(1.79 + 0.152 / 0.05) * 0.3);
    // Neighbouring points lie 2 m apart and more: independent; overlaps hide a percent.
    let share = covered as f64 / f64::from(n);
    assert!((share / expected - 1.0).abs() < 0.06, "{share} {expected}");
}

#[test]
fn rocks_are_half_as_high_as_wide_and_bounded() {
    let (areas, rocks) = (Areas::new(), Rocks::new(11, 0.02));
    let faces = Faces::new(cube::direction(2, 0.2, -0.3), 300.0);
    let mut seen = 0;
    rocks.around(&faces, &areas, 300.0, |thing, face| {
        let u = cube::direction(face, thing.on_face[0], thing.on_face[1]);
        let at = |resolution_m: f64| {
            rocks.height_m(&Faces::new(u, 20.0), &areas, 0.0, resolution_m, |_| 1.0, None)
        };
        // Higher only where a larger rock stands on the same place.
        assert!(at(0.3) >= 0.5 * thing.diameter_m - 1e-3, "{} {}", at(0.3), thing.diameter_m);
        assert!(at(0.3) - at(1.0) <= rocks.bound_m(1.0));
        assert!(at(0.3) <= rocks.bound_m(f64::INFINITY));
        seen += 1;
    });
    assert!(seen > 1000);
    assert_eq!(rocks.bound_m(0.3), 0.0);
    assert!(rocks.bound_m(f64::INFINITY) <= 10.0 * HEIGHT);
}

#[test]
fn young_rims_are_rocky_and_a_surface_without_rocks_has_none_anywhere() {
    let areas = Areas::new();
    let (some, none) = (Rocks::new(3, 0.005), Rocks::new(3, 0.0));
    let covered = |rocks: &Rocks, young: f64| {
        (0..20_000)
            .filter(|&k| {
                let faces = Faces::new(cube::direction(2, f64::from(k) * 1.3e-6, 0.1), 20.0);
                rocks.height_m(&faces, &areas, young, 0.3, |_| 1.0, None) > 0.0
            })
            .count()
    };
    let [away, near, rim] = [0.0, 0.5, 1.0].map(|young| covered(&some, young));
    assert!(away < near && near < rim, "{away} {near} {rim}");
    // [GolombekRapp1997] for k = RIM_SHARE: 3.7 % of the ground; up to 1/0.85 of that, since some
    // stand half sunk and more of them for it (see `cells`).
    let expected = 20_000.0 * RIM_SHARE * libm::exp(-(1.79 + 0.152 / RIM_SHARE) * 0.3);
    let spread = 4.0 * expected.sqrt();
    let (fewest, most) = (expected - spread, expected / 0.85 + spread);
    assert!((fewest..most).contains(&(rim as f64)), "{rim} {expected}");
    assert_eq!([covered(&none, 0.0), covered(&none, 1.0)], [0, 0]);
}

#[test]
fn rocks_are_continuous_in_place_and_in_what_is_young() {
    let (areas, rocks) = (Areas::new(), Rocks::new(5, 0.05));
    let at = |k: i32| {
        let along = f64::from(k) * 0.002 / MOON_RADIUS_M;
        let faces = Faces::new(cube::direction(0, cube::HALF - 1e-5 + along, 0.2), 20.0);
        let young = (0.5 + f64::from(k) / 40_000.0).clamp(0.0, 1.0);
        rocks.height_m(&faces, &areas, young, 0.3, |_| 1.0, None)
    };
    // Domes rise by 57° at most; what grows with `young` grows by less than a centimetre a step.
    assert!((0..20_000).all(|k| (at(k) - at(k + 1)).abs() < 0.002 * 1.55 + 0.01));
}
