//! Tests of craters: shape, number, wear, what they erase.

use super::super::cube;
use super::*;
use icd::constants::MOON_RADIUS_M;
use nalgebra::Vector3;

fn height(r: f64, q: f64) -> f64 {
    q * (bowl(r * r) + q * rim(r * r))
}

#[test]
fn a_fresh_crater_is_a_fifth_as_deep_as_wide_and_32_degrees_steep() {
    assert!((height(1.0, 1.0) - height(0.0, 1.0) - 0.2).abs() < 1e-15);
    // Heights are per diameter, distances per radius: dh/dr = slope/2 · D/R = slope.
    let slope = |r: f64| (height(r + 1e-5, 1.0) - height(r - 1e-5, 1.0)) / 1e-5;
    let steepest = (0..200).map(|k| slope(f64::from(k) * 0.01).abs()).fold(0.0, f64::max);
    assert!((steepest.atan().to_degrees() - 32.0).abs() < 1.0, "{steepest}");
    assert!(slope(1.0).abs() < 1e-3 && height(REACH, 1.0) == 0.0 && slope(REACH).abs() < 1e-3);
}

#[test]
fn wear_takes_the_rim_before_the_bowl() {
    // [FassettThomson2014]: when half the depth is left, less than half the rim is.
    let (fresh, worn) = (height(1.0, 1.0), height(1.0, 0.5));
    assert!(worn < 0.3 * fresh);
    assert!((height(0.0, 0.5) / height(0.0, 1.0) - 0.5).abs() < 1e-12);
}

/// A view of one face at (X, Y) that reaches `reach_m`.
fn faces(X: f64, Y: f64, reach_m: f64) -> Faces {
    Faces::new(cube::direction(4, X, Y), reach_m)
}

/// Craters drawn within `reach_m` of a place: diameters and depths, m, and weights.
fn drawn(age_gyr: f64, mare: f64, X: f64, reach_m: f64, diameter_m: f64) -> Vec<(f64, f64, f64)> {
    let mut found = Vec::new();
    let around = faces(X, X, reach_m);
    let craters = Craters::new(11, age_gyr);
    craters.around(&around, &Areas::new(), mare, (reach_m, diameter_m), |crater| {
        found.push((crater.thing.diameter_m, crater.depth_m, crater.thing.weight));
    });
    found
}

#[test]
fn as_many_craters_lie_there_as_published_at_every_size() {
    // Counted in circles in the middle of a face and near its corner, where cells are most
    // distorted. Numbers are binomial: four standard deviations of Poisson's distribution, plus 2 %
    // for the curvature of the sphere and the steps of the tables of area and size.
    let areas = core::f64::consts::PI;
    for (mare, age_gyr) in [(1.0, 3.5), (0.0, HIGHLAND_GYR)] {
        for X in [0.1, 0.75] {
            for (reach_m, smallest_m) in [(20.0, 1.0), (200.0, 8.0), (2e3, 60.0), (2e4, 500.0)] {
                let found = drawn(3.5, mare, X, reach_m, smallest_m);
                for factor in [1.0, 1.4, 2.0, 3.0, 5.0] {
                    let d_m = factor * smallest_m;
                    let number: f64 = found.iter().filter(|c| c.0 >= d_m).map(|c| c.2).sum();
                    let area_km2 = areas * reach_m * reach_m * 1e-6;
                    let per_km2 = |d_m: f64| production::present_per_km2(d_m / 1e3, age_gyr);
                    let expected = area_km2 * (per_km2(d_m) - per_km2(2.0 * LARGEST_OCTAVE_M));
                    let tolerance = 4.0 * expected.sqrt() + 0.02 * expected;
                    assert!(
                        (number - expected).abs() < tolerance,
                        "mare {mare}, {X}, {d_m} m: {number} for {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn old_mare_is_in_production_above_and_in_equilibrium_below() {
    let per_km2 = |d_m: f64| production::present_per_km2(d_m / 1e3, 3.5);
    assert_eq!(per_km2(600.0), production::produced_per_km2(0.6, 3.5));
    assert_eq!(per_km2(16.0), production::equilibrium_per_km2(0.016));
    assert!(production::produced_per_km2(0.016, 3.5) > 10.0 * per_km2(16.0));
}

#[test]
fn depths_over_diameters_are_those_published() {
    let ratio = |of: &[(f64, f64, f64)]| -> Vec<f64> { of.iter().map(|c| c.1 / c.0).collect() };
    // Small craters that can still be told (deeper than 0.03 of their diameter, assumed): mean
    // 0.061 at Chang'e-4, [Wu2021].
    let small = ratio(&drawn(3.5, 1.0, 0.1, 60.0, 1.0));
    let seen: Vec<f64> = small.iter().copied().filter(|r| *r > 0.03).collect();
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    assert!(seen.len() > 100 && (mean - 0.061).abs() < 0.012, "{mean} of {}", seen.len());
    // The freshest reach 0.13, none is deeper: [Sun2018].
    let deepest = small.iter().copied().fold(0.0, f64::max);
    assert!((0.115..=0.13).contains(&deepest), "{deepest}");
    // Kilometre craters of a mare are hardly worn: between 0.13 and 0.2, [Pike1977].
    let large = ratio(&drawn(3.5, 1.0, 0.1, 2e4, 1000.0));
    assert!(!large.is_empty() && large.iter().all(|r| (0.1..=0.2).contains(r)), "{large:?}");
}

#[test]
fn a_drawn_crater_is_a_hole_in_the_ground() {
    // Every fresh crater of 64 m and more within 3 km: the middle lies below the mean of the rim by
    // the depth stated, give or take what other craters (erased or not) make of so much ground.
    let (craters, areas) = (Craters::new(11, 3.5), Areas::new());
    let mut fresh = Vec::new();
    craters.around(&faces(0.1, 0.1, 3e3), &areas, 1.0, (3e3, 64.0), |crater| {
        if crater.depth_m > 0.08 * crater.thing.diameter_m {
            fresh.push(crater);
        }
    });
    assert!(fresh.len() > 20);
    let holes = fresh.iter().filter(|crater| {
        let [X, Y] = crater.thing.on_face;
        let middle = cube::direction(crater.face, X, Y);
        let at = |u: Vector3<f64>| {
            craters.at(&Faces::new(u, REACH_M), &areas, 1.0, 5.0, |_| 1.0, None).height_m
        };
        let e1 = Vector3::z().cross(&middle).normalize();
        let e2 = middle.cross(&e1);
        let radius = 0.5 * crater.thing.diameter_m / MOON_RADIUS_M;
        let rim_m = (0..16)
            .map(|k| {
                let (s, c) = (f64::from(k) * core::f64::consts::PI / 8.0).sin_cos();
                at((middle + radius * (e1 * c + e2 * s)).normalize())
            })
            .sum::<f64>()
            / 16.0;
        let depth_m = rim_m - at(middle);
        (depth_m / crater.depth_m - 1.0).abs() < 0.3
    });
    let share = holes.count() as f64 / fresh.len() as f64;
    assert!(share > 0.7, "{share}");
}

#[test]
fn a_young_crater_has_erased_the_older_ones_under_it() {
    let mut erased = Erased::default();
    erased.add(0.1, 1.0);
    erased.add(0.5, 0.25);
    assert_eq!((erased.left(2, 0.05), erased.left(2, 0.2), erased.left(2, 0.6)), (1.0, 0.0, 0.0));
    assert_eq!((erased.left(0, 0.6), erased.left(1, 0.05)), (1.0, 1.0));
    // Fresh large craters, younger than an eighth of the life of those of 128 m and more: few of
    // these on their floors, all of them around.
    let (craters, areas) = (Craters::new(11, 3.5), Areas::new());
    let (mut inside, mut outside) = (0.0, 0.0);
    craters.around(&faces(0.1, 0.1, 2e4), &areas, 1.0, (2e4, 300.0), |crater| {
        let octave = craters.octaves.iter().find(|o| o.cells.diameter_m <= crater.thing.diameter_m);
        let age = octave.unwrap().worn(crater.thing.age, 1.0).0;
        if age < 0.003 {
            let [X, Y] = crater.thing.on_face;
            let radius = 0.5 * crater.thing.diameter_m / MOON_RADIUS_M;
            for k in 0..20 {
                let off = (f64::from(k) / 20.0 - 0.5) * radius;
                let far = 4.0 * radius + off;
                let bare = |X: f64, Y: f64| {
                    let faces = Faces::new(cube::direction(crater.face, X, Y), REACH_M);
                    let whole = craters.at(&faces, &areas, 1.0, 64.0, |_| 1.0, None).height_m;
                    whole - craters.at(&faces, &areas, 1.0, 128.0, |_| 1.0, None).height_m
                };
                inside += bare(X + off, Y).abs();
                outside += bare(X + far, Y).abs();
            }
        }
    });
    assert!(inside < 0.5 * outside, "{inside} {outside}");
}

#[test]
fn an_ageless_surface_is_bare() {
    let (craters, areas) = (Craters::new(5, 0.0), Areas::new());
    for k in 0..1000 {
        let u = Vector3::new(f64::from(k).sin(), f64::from(k).cos(), 0.3).normalize();
        for mare in [0.0, 1.0] {
            let here = craters.at(&Faces::new(u, REACH_M), &areas, mare, 0.3, |_| 1.0, None);
            assert_eq!((here.height_m, here.young), (0.0, 0.0));
        }
    }
}

#[test]
fn relief_is_continuous_across_cells_faces_and_borders_of_mare() {
    let (craters, areas) = (Craters::new(5, 3.5), Areas::new());
    // Along arcs across edges of the cube (longitude 45°, latitude about 35°), steps of 0.02 m: no
    // more than a slope of 60° per step, while the ground turns from highland to mare.
    for (start, along, mare) in [
        (Vector3::new(1.0, 1.0, 0.2), Vector3::new(-1.0, 1.0, 0.0), 0.1),
        (Vector3::new(1.0, 0.3, 1.0), Vector3::new(-1.0, 0.0, 1.0), 0.5),
        (Vector3::new(0.2, -0.4, 1.0), Vector3::new(1.0, 0.0, 0.0), 0.9),
    ] {
        let start = start.normalize();
        let step = along.normalize() * (0.02 / MOON_RADIUS_M);
        let at = |k: i32| {
            let u = (start + step * f64::from(k)).normalize();
            // A border of mare as sharp as there is: a cell of 20 km.
            let mare = mare + f64::from(k) * 0.02 / 20_000.0;
            craters.at(&Faces::new(u, REACH_M), &areas, mare, 0.3, |_| 1.0, None).height_m
        };
        for k in -6000..6000 {
            assert!((at(k) - at(k + 1)).abs() < 0.02 * 1.73, "{k}");
        }
    }
}

#[test]
fn nothing_left_out_rises_above_the_bound() {
    let (craters, areas) = (Craters::new(7, 4.5), Areas::new());
    for k in 0..40_000 {
        let k = f64::from(k);
        let u = Vector3::new((k * 0.31).sin(), (k * 0.17).cos(), (k * 0.23).sin()).normalize();
        let at = |resolution_m: f64| {
            craters.at(&Faces::new(u, REACH_M), &areas, 0.0, resolution_m, |_| 1.0, None).height_m
        };
        for resolution_m in [3.0, 50.0, 1000.0] {
            assert!(at(0.3) - at(resolution_m) <= craters.bound_m(resolution_m));
        }
        assert!(at(0.3) <= craters.bound_m(f64::INFINITY));
    }
}
