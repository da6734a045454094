//! Validation: landings on an even floor against closed forms.
//!
//! Source: the momentum of a plastic impact about a stuck edge and the work to lift the centre of mass
//! over it (tripping); the work of a constant crush load (stroke); Coulomb's friction (stop);
//! similarity of models at a sixth of the size under six times the gravity, as drop tests on Earth use
//! it. Apollo's gear was judged by stroke and toppling in the same way [Rogers1972].
//! Compared: the speed that topples, ±1 %: the legs are stiff but not rigid. Stroke, ±0.5 %: half a
//! millimetre goes into their elasticity. Stop, ±1 %: the springs are loaded out of balance at first.
//! The slope that topples at rest, 0.005 rad on either side; the speed at which a level lander falls over its
//! upper feet, ±1 %. Symmetry, 1e-9; similarity, 0.1 %; half the step, 1 %.
//! What is dropped is the contact code that flies, through `truth::world::drop_test`.
#![allow(non_snake_case)]

mod fixture;

use fixture::vehicle;
use icd::constants::STANDARD_GRAVITY_M_S2;
use icd::frames::Vector;
use icd::rotation::Quaternion;
use nalgebra::Vector3;
use truth::contact::{HARD_FLOOR, REGOLITH, Soil};
use truth::dynamics::{MassProperties, mass_properties};
use truth::vehicle::{Dry, Hull, Legs, Propellant};
use truth::world::drop_test::{DropTest, Floor, Release};

const GRAVITY_M_S2: f64 = 1.622;
const MASS_KG: f64 = 400.0;

fn mass(mass_kg: f64, p_BC_B: [f64; 3], inertia_kg_m2: [f64; 3]) -> MassProperties {
    let tank = Propellant {
        capacity_kg: 1.0,
        p_BC_B_full: [0.0; 3],
        p_BC_B_empty: [0.0; 3],
        gyration_radius_m: 0.0,
    };
    mass_properties(&Dry { mass_kg, p_BC_B, inertia_kg_m2 }, &tank, 0.0)
}

/// Legs that hardly give: the pads `b_m` ahead and behind, `h_m` below the centre of mass.
fn stiff(b_m: f64, h_m: f64) -> Legs {
    Legs {
        p_BF_B: [[b_m, 1.6, -h_m], [-b_m, 1.6, -h_m], [-b_m, -1.6, -h_m], [b_m, -1.6, -h_m]],
        pad_diameter_m: 0.3,
        crush_load_N: [1e9; 2],
        crush_stroke_m: [0.1; 2],
        stop_stiffness_N_m: 1e8,
        ultimate_load_N: 1e12,
        stiffness_N_m: 1e8,
        lateral_stiffness_N_m: 1e8,
        lateral_damping_N_s_m: 1e5,
        dissipation_s_m: 5.0,
        friction: 0.4,
    }
}

/// A hull that stays out of the way.
fn small_hull() -> Hull {
    Hull {
        radius_m: 0.05,
        base_height_m: 0.0,
        top_height_m: 0.1,
        nozzle_height_m: 0.0,
        ..vehicle().hull
    }
}

fn floor(soil: Soil, slope_rad: f64) -> Floor {
    Floor { soil, rise: [-slope_rad.tan(), 0.0], gravity_m_s2: GRAVITY_M_S2 }
}

/// Upright on a floor that falls along x, sliding downhill at `v_m_s`, the pads on the floor.
fn sliding(slope_rad: f64, h_m: f64, v_m_s: f64) -> Release {
    let (sin, cos) = slope_rad.sin_cos();
    Release {
        p_LB_L: Vector::from_si(Vector3::new(sin, 0.0, cos) * h_m),
        v_LB_L: Vector::from_si(Vector3::new(cos, 0.0, -sin) * v_m_s),
        q_LB: Quaternion::exp(Vector3::new(0.0, slope_rad, 0.0)),
        w_LB_B: Vector::zero(),
    }
}

/// Whether a lander whose pads stick topples over the downhill pair.
fn topples(slope_rad: f64, v_m_s: f64) -> bool {
    let (b_m, h_m, k2_m2) = (1.1, 1.0, 0.6);
    let legs = Legs { friction: 1e4, dissipation_s_m: 20.0, ..stiff(b_m, h_m) };
    let body = mass(MASS_KG, [0.0; 3], [MASS_KG * k2_m2; 3]);
    let mut test = DropTest::new(
        &legs,
        &small_hull(),
        body,
        &floor(HARD_FLOOR, slope_rad),
        &sliding(slope_rad, h_m, v_m_s),
        1e-4,
    );
    for n in 0..200_000 {
        test.step();
        if test.stability().angle_rad < 0.0 {
            return true;
        }
        if n > 1000 && test.w_LB_B().y() < 0.0 {
            return false; // it falls back
        }
    }
    panic!("undecided after 20 s at {v_m_s} m/s");
}

#[test]
fn the_speed_that_trips_a_lander_is_that_of_a_plastic_impact() {
    for (slope_deg, printed_m_s) in
        [(0.0_f64, 2.106), (5.0, 1.896), (10.0, 1.683), (12.0, 1.597), (15.0, 1.467)]
    {
        let slope_rad = slope_deg.to_radians();
        // The closed form itself, to the digits of the table.
        let (b_m, h_m, k2_m2) = (1.1_f64, 1.0, 0.6);
        let arm_m = b_m.hypot(h_m);
        let lift = 1.0 - ((b_m / h_m).atan() - slope_rad).cos();
        let exact_m_s = (2.0 * GRAVITY_M_S2 * arm_m * lift * (k2_m2 + arm_m * arm_m)).sqrt() / h_m;
        assert!((exact_m_s - printed_m_s).abs() < 1e-3, "{exact_m_s} {printed_m_s}");
        let (mut stays, mut falls) = (0.95 * exact_m_s, 1.05 * exact_m_s);
        assert!(!topples(slope_rad, stays) && topples(slope_rad, falls), "{slope_deg}°");
        for _ in 0..6 {
            let middle = 0.5 * (stays + falls);
            if topples(slope_rad, middle) { falls = middle } else { stays = middle }
        }
        println!("{slope_deg}°: {stays:.4} to {falls:.4} m/s, closed form {exact_m_s:.4}");
        assert!((stays / exact_m_s - 1.0).abs() < 0.01, "{stays} {exact_m_s}");
        assert!((falls / exact_m_s - 1.0).abs() < 0.01, "{falls} {exact_m_s}");
    }
}

/// Centre of mass, edge and radius of gyration of a narrow lander, much as RESILIENCE.
const NARROW: (f64, f64, f64) = (0.9, 1.4, 0.55);

/// A narrow lander with feet that stick; `level`: it is not turned to the slope and meets it with its upper feet.
fn narrow(slope_rad: f64, v_m_s: [f64; 2], level: bool) -> DropTest {
    let (b_m, h_m, k2_m2) = NARROW;
    // Impacts that give nothing back, along the ground neither.
    let legs = Legs {
        friction: 1e4,
        dissipation_s_m: 60.0,
        lateral_damping_N_s_m: 3e5,
        ..stiff(b_m, h_m)
    };
    let body = mass(MASS_KG, [0.0; 3], [MASS_KG * k2_m2; 3]);
    let release = if level {
        Release {
            p_LB_L: Vector::new(0.0, 0.0, h_m + b_m * slope_rad.tan()),
            v_LB_L: Vector::new(v_m_s[0], 0.0, -v_m_s[1]),
            q_LB: Quaternion::exp(Vector3::zeros()),
            w_LB_B: Vector::zero(),
        }
    } else {
        sliding(slope_rad, h_m, 0.0)
    };
    DropTest::new(&legs, &small_hull(), body, &floor(HARD_FLOOR, slope_rad), &release, 1e-4)
}

/// Whether it lies far beyond its lower edge after eight seconds.
fn falls(mut test: DropTest) -> bool {
    (0..80_000).any(|_| {
        test.step();
        test.stability().angle_rad < -0.1
    })
}

#[test]
fn a_lander_at_rest_topples_beyond_its_static_slope_and_not_before() {
    let (b_m, h_m, _) = NARROW;
    let limit_rad = (b_m / h_m).atan();
    assert!(!falls(narrow(limit_rad - 0.005, [0.0; 2], false)));
    assert!(falls(narrow(limit_rad + 0.005, [0.0; 2], false)));
}

#[test]
fn a_level_lander_falls_over_its_upper_feet_as_a_block_that_rocks() {
    // Two plastic impacts, about the upper and about the lower feet, as [Housner1963] has them. Where the turn
    // after the first one, times b, is faster than the sink rate, the upper feet would have to be pulled: not here.
    let (b, h, k2) = NARROW;
    let inertia = k2 + b * b + h * h;
    for (slope_deg, down_m_s) in [(6.0_f64, 1.0), (8.0, 1.0), (10.0, 0.8), (12.0, 0.5), (12.0, 0.8)]
    {
        let slope_rad = slope_deg.to_radians();
        let lift_m = b.hypot(h) * (1.0 - ((b / h).atan() - slope_rad).cos());
        let fall_m = h * (1.0 - slope_rad.cos()) + b * slope_rad.sin();
        let kept = (k2 + h * h - b * b) / inertia;
        let w1_2 = 2.0 * GRAVITY_M_S2 * (lift_m / (kept * kept) - fall_m) / inertia;
        let exact_m_s = (inertia * w1_2.sqrt() - b * down_m_s) / h;
        let (mut stays, mut over) = (0.8 * exact_m_s, 1.2 * exact_m_s);
        let at = |v_m_s| falls(narrow(slope_rad, [v_m_s, down_m_s], true));
        assert!(!at(stays) && at(over), "{slope_deg}° {down_m_s} m/s: {exact_m_s}");
        for _ in 0..7 {
            let middle = 0.5 * (stays + over);
            if at(middle) { over = middle } else { stays = middle }
        }
        println!(
            "{slope_deg}°, {down_m_s}: {stays:.4} to {over:.4} m/s, closed form {exact_m_s:.4}"
        );
        assert!((stays / exact_m_s - 1.0).abs() < 0.01, "{stays} {exact_m_s}");
        assert!((over / exact_m_s - 1.0).abs() < 0.01, "{over} {exact_m_s}");
    }
}

#[test]
fn the_margin_against_toppling_is_zero_at_the_speed_that_trips() {
    for (slope_deg, v_m_s) in [(0.0_f64, 2.106), (10.0, 1.683), (15.0, 1.467)] {
        let slope_rad = slope_deg.to_radians();
        let body = mass(MASS_KG, [0.0; 3], [MASS_KG * 0.6; 3]);
        let release = sliding(slope_rad, 1.0, v_m_s);
        let floor = floor(HARD_FLOOR, slope_rad);
        let test = DropTest::new(&stiff(1.1, 1.0), &small_hull(), body, &floor, &release, 1e-4);
        let stability = test.stability();
        let angle_rad = 1.1_f64.atan() - slope_rad;
        assert!((stability.angle_rad - angle_rad).abs() < 1e-9, "{stability:?}");
        // Half a unit of the last digit of the speed is 0.03 % of 0.5 v²: 1 mJ/kg.
        assert!(stability.margin_J_kg.abs() < 2e-3, "{stability:?}");
    }
}

#[test]
fn a_constant_crush_load_gives_the_stroke_of_its_work() {
    let load_N = 5.0 * STANDARD_GRAVITY_M_S2 * MASS_KG;
    let honeycomb =
        Legs { crush_load_N: [load_N / 4.0; 2], crush_stroke_m: [0.1, 0.2], ..stiff(1.1, 1.0) };
    for (v_m_s, printed_mm) in [(2.0, 42.0), (3.0, 95.0), (3.5, 129.0)] {
        let body = mass(MASS_KG, [0.0; 3], [240.0; 3]);
        let mut release = sliding(0.0, 1.0, 0.0);
        release.v_LB_L = Vector::new(0.0, 0.0, -v_m_s);
        let floor = floor(HARD_FLOOR, 0.0);
        let mut test = DropTest::new(&honeycomb, &small_hull(), body, &floor, &release, 1e-4);
        for _ in 0..5000 {
            test.step();
        }
        let exact_m = v_m_s * v_m_s / (2.0 * (load_N / MASS_KG - GRAVITY_M_S2));
        assert!((1e3 * exact_m - printed_mm).abs() < 0.5, "{exact_m}");
        for leg in test.legs() {
            println!("{v_m_s} m/s: {:.3} mm, closed form {:.3}", 1e3 * leg.stroke_m, 1e3 * exact_m);
            assert!((leg.stroke_m / exact_m - 1.0).abs() < 5e-3, "{leg:?} {exact_m}");
            assert!((leg.load_N_max / (load_N / 4.0) - 1.0).abs() < 1e-9, "{leg:?}");
        }
    }
}

#[test]
fn a_sliding_lander_stops_where_coulomb_says() {
    for (slope_deg, v_m_s) in [(0.0_f64, 1.0), (5.0, 1.0), (10.0, 0.7)] {
        let slope_rad = slope_deg.to_radians();
        let body = mass(MASS_KG, [0.0; 3], [240.0; 3]);
        let release = sliding(slope_rad, 0.3, v_m_s);
        let floor = floor(HARD_FLOOR, slope_rad);
        let mut test = DropTest::new(&stiff(1.1, 0.3), &small_hull(), body, &floor, &release, 1e-4);
        let start = test.p_LC_L();
        for _ in 0..60_000 {
            test.step();
        }
        let went_m = (test.p_LC_L() - start).norm();
        let (sin, cos) = slope_rad.sin_cos();
        let exact_m = v_m_s * v_m_s / (2.0 * GRAVITY_M_S2 * (0.4 * cos - sin));
        println!("{slope_deg}°: {went_m:.4} m, closed form {exact_m:.4}");
        assert!((went_m / exact_m - 1.0).abs() < 0.01, "{went_m} {exact_m}");
        assert!(test.v_LC_L().norm() < 1e-6);
    }
}

#[test]
fn two_legs_that_land_together_turn_the_lander_about_their_line_only() {
    let real = vehicle();
    let body = mass(MASS_KG, [0.0, 0.0, 1.0], [200.0, 220.0, 150.0]);
    // Turned about y: the pair at +45° and −45° comes down first.
    let release = Release {
        p_LB_L: Vector::new(0.0, 0.0, 1.0),
        v_LB_L: Vector::new(0.3, 0.0, -2.0),
        q_LB: Quaternion::exp(Vector3::new(0.0, 0.15, 0.0)),
        w_LB_B: Vector::zero(),
    };
    let floor = floor(REGOLITH, 0.0);
    let mut test = DropTest::new(&real.legs, &real.hull, body, &floor, &release, 5e-4);
    let (mut across, mut along) = (0.0_f64, 0.0_f64);
    for _ in 0..6000 {
        test.step();
        let w = test.w_LB_B();
        across = across.max(w.x().abs()).max(w.z().abs());
        along = along.max(w.y().abs());
    }
    assert!(across < 1e-9, "{across} rad/s");
    assert!(along > 0.1, "it did land on one pair first: {along} rad/s");
    let [a, b, c, d] = test.legs();
    assert!((a.stroke_m - d.stroke_m).abs() < 1e-9 && (b.stroke_m - c.stroke_m).abs() < 1e-9);
    assert!(a.stroke_m > b.stroke_m);
}

/// The reference vehicle and its floor, `scale` times as large at the same speeds.
fn scaled(scale: f64, step_s: f64) -> DropTest {
    let real = vehicle();
    let force = scale * scale;
    let legs = Legs {
        p_BF_B: real.legs.p_BF_B.map(|p| p.map(|c| c * scale)),
        pad_diameter_m: real.legs.pad_diameter_m * scale,
        crush_load_N: real.legs.crush_load_N.map(|load_N| load_N * force),
        crush_stroke_m: real.legs.crush_stroke_m.map(|stroke_m| stroke_m * scale),
        stop_stiffness_N_m: real.legs.stop_stiffness_N_m * scale,
        ultimate_load_N: real.legs.ultimate_load_N * force,
        stiffness_N_m: real.legs.stiffness_N_m * scale,
        lateral_stiffness_N_m: real.legs.lateral_stiffness_N_m * scale,
        lateral_damping_N_s_m: real.legs.lateral_damping_N_s_m * force,
        dissipation_s_m: real.legs.dissipation_s_m,
        friction: real.legs.friction,
    };
    let hull = Hull {
        radius_m: real.hull.radius_m * scale,
        base_height_m: real.hull.base_height_m * scale,
        top_height_m: real.hull.top_height_m * scale,
        nozzle_height_m: real.hull.nozzle_height_m * scale,
        patch_diameter_m: real.hull.patch_diameter_m * scale,
        load_N_max: real.hull.load_N_max * force,
    };
    let (volume, fifth) = (force * scale, force * force * scale);
    let inertia = [200.0, 220.0, 150.0].map(|moment| moment * fifth);
    let body = mass(MASS_KG * volume, [0.02 * scale, 0.0, scale], inertia);
    let soil = Soil {
        frictional_N_m3: REGOLITH.frictional_N_m3 / scale,
        // The soil's own weight enters with the Moon's gravity: denser instead of heavier.
        density_kg_m3: REGOLITH.density_kg_m3 / scale,
        ..REGOLITH
    };
    let floor = Floor { soil, rise: [0.1, -0.05], gravity_m_s2: GRAVITY_M_S2 / scale };
    let release = Release {
        p_LB_L: Vector::new(0.0, 0.0, scale),
        v_LB_L: Vector::new(0.8, -0.4, -2.5),
        q_LB: Quaternion::exp(Vector3::new(0.05, 0.1, 0.4)),
        w_LB_B: Vector::new(0.02 / scale, -0.03 / scale, 0.0),
    };
    DropTest::new(&legs, &hull, body, &floor, &release, step_s * scale)
}

/// Centre of mass, axis, stroke of each leg, least work missing to topple it.
fn figures(mut test: DropTest, steps: usize, scale: f64) -> Vec<f64> {
    let mut margin_J_kg = f64::INFINITY;
    for _ in 0..steps {
        test.step();
        margin_J_kg = margin_J_kg.min(test.stability().margin_J_kg);
    }
    let p = test.p_LC_L();
    let mut out = vec![p.x() / scale, p.y() / scale, p.z() / scale, margin_J_kg];
    out.extend(test.axis_L().xy().iter());
    out.extend(test.legs().iter().map(|leg| leg.stroke_m / scale));
    out.extend(test.legs().iter().map(|leg| leg.sunk_m / scale));
    out
}

#[test]
fn a_model_of_a_sixth_lands_like_the_lander() {
    let (large, small) = (scaled(1.0, 5e-4), scaled(1.0 / 6.0, 5e-4));
    let (large, small) = (figures(large, 6000, 1.0), figures(small, 6000, 1.0 / 6.0));
    for (a, b) in large.iter().zip(&small) {
        assert!((a - b).abs() < 1e-3 * a.abs().max(1e-3), "{large:?} {small:?}");
    }
    assert!(large[6..10].iter().any(|stroke_m| *stroke_m > 0.05), "{large:?}");
}

#[test]
fn half_the_step_leaves_the_landing_as_it_is() {
    let (step_s, seconds) = (5e-4, 4.0);
    let run = |step_s: f64| figures(scaled(1.0, step_s), (seconds / step_s) as usize, 1.0);
    let (whole, half) = (run(step_s), run(0.5 * step_s));
    println!("{whole:.5?}\n{half:.5?}");
    for (a, b) in whole.iter().zip(&half) {
        // One percent of the figure; millimetres and milliradians need not agree closer than that.
        assert!((a - b).abs() < 0.01 * b.abs().max(0.1), "{whole:?} {half:?}");
    }
}
