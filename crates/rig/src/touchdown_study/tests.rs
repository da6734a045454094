//! What every drop must do, whatever the draw.

use super::*;
use std::path::Path;

fn study_of(vehicle: &str) -> Study {
    let vehicles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vehicles");
    let file = vehicles.join(format!("{vehicle}.toml"));
    Study::of(&VehicleFile::read(&file).unwrap(), 7)
}

fn study() -> Study {
    study_of("resilience")
}

fn meeting(slope_deg: f64, v_m_s: f64, way: Way, after: After) -> Meeting {
    Meeting { slope_rad: slope_deg.to_radians(), v_m_s, way, after }
}

#[test]
fn the_closed_forms_are_those_of_the_contact_model() {
    let study = study();
    let geometry = study.geometry();
    // Feet at 1.3 m between the axes: the edge is at 1.3 m over the root of two.
    assert!((geometry.edge_m - 1.3 / 2f64.sqrt()).abs() < 1e-9, "{geometry:?}");
    assert!((geometry.static_rad() - (geometry.edge_m / geometry.height_m).atan()).abs() < 1e-12);
    // The published table of a lander with b 1.1, h 1.0 and k² 0.6 (validation of `truth`).
    let other = Geometry { edge_m: 1.1, height_m: 1.0, gyration_m2: 0.6 };
    for (deg, printed_m_s) in [(0.0_f64, 2.106), (10.0, 1.683), (15.0, 1.467)] {
        let found = other.trips_m_s(deg.to_radians());
        assert!((found / printed_m_s - 1.0).abs() < 2e-3, "{deg}: {found}");
    }
    assert!(geometry.trips_m_s(geometry.static_rad()) < 1e-9);
    // The lander and the speeds of the validation of `truth` for a level lander on a slope, under 1.622 m/s².
    let narrow = Geometry { edge_m: 0.9, height_m: 1.4, gyration_m2: 0.55 };
    for (deg, down_m_s, validated_m_s) in [(6.0_f64, 1.0, 1.1375), (12.0, 0.5, 0.7096)] {
        let found = narrow.rocks_m_s(deg.to_radians(), down_m_s);
        assert!((found / validated_m_s - 1.0).abs() < 5e-3, "{deg}: {found}");
    }
    // On the level and without sink rate it is the speed that trips, over the share that the second impact keeps.
    let (trips, rocks) = (narrow.trips_m_s(0.0), narrow.rocks_m_s(0.0, 0.0));
    let inertia = 0.55 + 0.9 * 0.9 + 1.4 * 1.4;
    assert!((rocks * (0.55 + 1.4 * 1.4 - 0.9 * 0.9) / inertia / trips - 1.0).abs() < 1e-12);
    // Where the fall alone topples it, no speed is left; the wide lander is stopped by the second impact.
    assert_eq!(narrow.rocks_m_s(20f64.to_radians(), 2.0), 0.0);
    assert_eq!(Geometry { edge_m: 2.0, ..narrow }.rocks_m_s(0.1, 1.0), f64::INFINITY);
}

#[test]
fn a_slow_landing_on_the_level_stands_with_all_its_margins() {
    let study = study();
    for number in 0..4 {
        for after in [After::Shut, After::Settled] {
            let drop = study.land(&meeting(0.0, 0.0, Way::Any, after), number);
            assert!(drop.stands() && drop.class == Class::Upright, "{number} {after:?} {drop:?}");
            let tilt_deg = drop.measures.residual_tilt_deg.unwrap();
            assert!(tilt_deg < 8.0, "{tilt_deg}");
        }
    }
}

#[test]
fn what_is_beyond_every_limit_falls_over_and_repeats_bit_by_bit() {
    let study = study();
    let steep = meeting(40.0, 0.0, Way::Down, After::Shut);
    let (one, two) = (study.land(&steep, 3), study.land(&steep, 3));
    assert!(!one.stands(), "{one:?}");
    assert_eq!(one.measures, two.measures);
    let other = study.land(&steep, 4);
    assert_ne!(one.measures, other.measures);
}

#[test]
fn laying_down_saves_landings_on_a_slope_that_topple_with_everything_shut() {
    let study = study();
    let stood = |after| {
        let stands =
            |number: &u64| study.land(&meeting(16.0, 0.2, Way::Down, after), *number).stands();
        (0..12).filter(stands).count()
    };
    let (shut, settled) = (stood(After::Shut), stood(After::Settled));
    assert!(settled > shut + 2, "{shut} of 12 shut, {settled} laid down");
}

#[test]
fn the_page_and_the_picture_stand_alone_and_hold_no_nonsense() {
    let found = study().findings(1, 6, 16, 8);
    let (page, picture) = (page(&found), picture(&found));
    for needle in ["src=", "@import", "url(http", "<script", "NaN", ">inf", "inf,"] {
        assert!(!page.contains(needle) && !picture.contains(needle), "{needle}");
    }
    assert_eq!(page.matches("<polyline").count(), 6);
    assert_eq!(picture.matches("<polyline").count(), 6);
    let of: u64 = found.inside.classes.iter().map(|(_, share)| share.count).sum();
    assert_eq!(of, 16);
    assert_eq!(found.corner.upright.of, 4);
    let text = lines(&found).join("\n");
    assert!(text.contains("Static limit") && text.contains("99.5 % upright asked"), "{text}");
}

/// A survey spread evenly over the box, `side` by `side`, upright where `is` says so.
fn spread(side: u32, is: impl Fn(f64, f64) -> bool) -> Survey {
    let share = |n: u32| (f64::from(n) + 0.5) / f64::from(side);
    let spot = |n: u32| {
        let (slope_deg, v_m_s) =
            (SLOPE_DEG_MAX * share(n / side), SURVEY_M_S_MAX * share(n % side));
        let class = if is(slope_deg, v_m_s) { Class::Upright } else { Class::Tilted };
        Spot { slope_deg, v_m_s, class, rests: true }
    };
    Survey((0..side * side).map(spot).collect())
}

#[test]
fn an_envelope_ends_where_landings_stop_to_be_upright() {
    let all = Envelope { slope_deg: SLOPE_DEG_MAX, v_m_s: SURVEY_M_S_MAX };
    assert_eq!(spread(60, |_, _| true).envelope(), all);
    let found = spread(60, |deg, v_m_s| deg < 9.0 && v_m_s < 1.0).envelope();
    assert!((found.slope_deg - 9.0).abs() < 1e-9 && (found.v_m_s - 1.0).abs() < 1e-9, "{found:?}");
    // One in fifty is too many anywhere; one that is never at rest is not upright.
    let mut rare = spread(60, |_, _| true);
    rare.0.iter_mut().step_by(50).for_each(|spot| spot.rests = false);
    assert_eq!(rare.envelope(), Envelope::NONE);
}

#[test]
fn too_few_landings_hold_no_envelope_however_they_ended() {
    // 0.025^(1/n) reaches 0.996 with 921 landings.
    let all = Envelope { slope_deg: SLOPE_DEG_MAX, v_m_s: SURVEY_M_S_MAX };
    assert_eq!(spread(30, |_, _| true).envelope(), Envelope::NONE);
    assert_eq!(spread(31, |_, _| true).envelope(), all);
}

#[test]
fn every_lander_ends_upright_inside_eight_degrees_and_half_a_metre_per_second() {
    let limits = Envelope { slope_deg: 8.0, v_m_s: 0.5 };
    for vehicle in [
        "resilience",
        "resilience-b",
        "slim",
        "apollo-lm",
        "blue-ghost",
        "chandrayaan-3",
        "apex-1",
        "chang-e-3",
    ] {
        let landings = study_of(vehicle).inside(&limits, After::Settled, false, 24);
        assert_eq!(landings.upright.count, 24, "{vehicle}: {landings:?}");
    }
}

#[test]
fn the_corner_of_an_envelope_is_harder_than_its_inside() {
    let limits = Envelope { slope_deg: 12.0, v_m_s: 1.2 };
    let study = study();
    let inside = study.inside(&limits, After::Shut, false, 40);
    let corner = study.inside(&limits, After::Shut, true, 40);
    assert!(corner.upright.count + 10 < inside.upright.count, "{inside:?} {corner:?}");
}
