//! Landings on an even floor: friction, memory of the ground, energy.

use super::*;
use crate::contact::{HARD_FLOOR, REGOLITH};
use crate::dynamics::mass_properties;
use crate::vehicle::{Dry, Propellant};
use proptest::prelude::*;

const GRAVITY_M_S2: f64 = 1.62;

fn legs(friction: f64) -> Legs {
    Legs {
        p_BF_B: [[1.3, 0.0, -0.5], [0.0, 1.3, -0.5], [-1.3, 0.0, -0.5], [0.0, -1.3, -0.5]],
        pad_diameter_m: 0.3,
        crush_load_N: [2400.0, 4800.0],
        crush_stroke_m: [0.1, 0.15],
        stop_stiffness_N_m: 1e6,
        ultimate_load_N: 1e5,
        stiffness_N_m: 1e6,
        lateral_stiffness_N_m: 3e5,
        lateral_damping_N_s_m: 2000.0,
        dissipation_s_m: 5.0,
        friction,
    }
}

fn hull() -> Hull {
    Hull {
        radius_m: 0.8,
        base_height_m: 0.0,
        top_height_m: 1.8,
        nozzle_height_m: -0.2,
        patch_diameter_m: 0.2,
        load_N_max: 1e5,
    }
}

fn mass(p_BC_B: [f64; 3]) -> MassProperties {
    let dry = Dry { mass_kg: 400.0, p_BC_B, inertia_kg_m2: [200.0, 220.0, 150.0] };
    let tank = Propellant {
        capacity_kg: 1.0,
        p_BC_B_full: [0.0; 3],
        p_BC_B_empty: [0.0; 3],
        gyration_radius_m: 0.0,
    };
    mass_properties(&dry, &tank, 0.0)
}

/// Standing on a floor that falls by `slope_rad` along x, the feet just above it.
fn standing(friction: f64, slope_rad: f64, soil: Soil) -> DropTest {
    let n_L = Vector3::new(slope_rad.sin(), 0.0, slope_rad.cos());
    let floor = Floor { soil, rise: [-slope_rad.tan(), 0.0], gravity_m_s2: GRAVITY_M_S2 };
    let release = Release {
        p_LB_L: Vector::from_si(n_L * 0.5001),
        v_LB_L: Vector::zero(),
        q_LB: Quaternion::exp(Vector3::new(0.0, slope_rad, 0.0)),
        w_LB_B: Vector::zero(),
    };
    DropTest::new(&legs(friction), &hull(), mass([0.0; 3]), &floor, &release, 1e-3)
}

#[test]
fn friction_holds_a_lander_on_a_slope_below_its_angle() {
    for soil in [HARD_FLOOR, REGOLITH] {
        let mut test = standing(0.5, 0.17, soil);
        for _ in 0..20_000 {
            test.step();
        }
        let (v_m_s, w_rad_s) = (test.v_LC_L().norm(), test.w_LB_B().norm());
        assert!(v_m_s < 1e-9 && w_rad_s < 1e-9, "{v_m_s} {w_rad_s}");
        assert_eq!(test.closed(), [true; LEGS]);
    }
}

#[test]
fn a_foot_in_the_air_pushes_nothing_and_remembers_nothing() {
    let mut test = standing(0.5, 0.0, REGOLITH);
    for _ in 0..500 {
        test.step();
    }
    assert_eq!(test.closed(), [true; LEGS]);
    assert!(test.legs().iter().all(|leg| leg.sunk_m > 0.0));
    test.motion.p_I.z += 0.1;
    let pose = test.pose();
    test.feet.settle(&pose, &test.ground);
    assert_eq!(test.closed(), [false; LEGS]);
    assert_eq!(test.feet.wrench(&pose, &test.ground), Wrench::default());
    assert!(test.legs().iter().all(|leg| leg.sunk_m == 0.0), "it left its holes");
    assert!((test.feet.lowest_m(Vector3::z()) + 0.5).abs() < 1e-15);
}

#[test]
fn a_sunk_pad_that_is_pulled_sideways_ploughs() {
    // Without friction the soil alone holds the lander on a gentle slope.
    let mut slippery = standing(0.0, 0.02, HARD_FLOOR);
    let mut soft = standing(0.0, 0.02, REGOLITH);
    for _ in 0..5000 {
        slippery.step();
        soft.step();
    }
    assert!(slippery.v_LC_L().norm() > 0.1, "{:?}", slippery.v_LC_L());
    assert!(soft.v_LC_L().norm() < 1e-6, "{:?}", soft.v_LC_L());
}

#[test]
fn a_leg_loaded_beyond_its_ultimate_load_carries_nothing_any_more() {
    let fragile = Legs { ultimate_load_N: 6000.0, ..legs(0.5) };
    let floor = Floor { soil: REGOLITH, rise: [0.0; 2], gravity_m_s2: GRAVITY_M_S2 };
    let release = Release {
        p_LB_L: Vector::new(0.0, 0.0, 0.6),
        v_LB_L: Vector::new(0.0, 0.0, -6.0),
        q_LB: Quaternion::exp(Vector3::zeros()),
        w_LB_B: Vector::zero(),
    };
    let mut test = DropTest::new(&fragile, &hull(), mass([0.0, 0.0, 1.0]), &floor, &release, 5e-4);
    for _ in 0..2000 {
        test.step();
    }
    assert!(test.legs().iter().all(|leg| leg.broken && leg.load_N_max > 6000.0));
    // It lies on its nozzle or on its base: the legs do not hold it up.
    assert!(test.p_LC_L().z() < 1.25, "{:?}", test.p_LC_L());
    assert!(test.feet.hull_load_N() > 0.0);
}

/// A release, the rise of the floor, friction, whether the floor is hard.
fn released() -> impl Strategy<Value = ([[f64; 3]; 3], [f64; 2], f64, bool)> {
    let v_m_s = [-2.0..2.0_f64, -2.0..2.0, -5.0..-0.5];
    let turn_rad = [-0.6..0.6_f64, -0.6..0.6, -3.0..3.0];
    let w_rad_s = [-0.8..0.8_f64, -0.8..0.8, -0.8..0.8];
    let rise = [-0.3..0.3_f64, -0.3..0.3];
    ((v_m_s, turn_rad, w_rad_s), rise, 0.0..1.0_f64, any::<bool>()).prop_map(
        |((v_m_s, turn_rad, w_rad_s), rise, friction, hard)| {
            ([v_m_s, turn_rad, w_rad_s], rise, friction, hard)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Height, motion and elastic parts together; what the integration errs by is measured against
    /// the energy that there is.
    #[test]
    fn energy_never_grows(
        ([v_m_s, turn_rad, w_rad_s], rise, friction, hard) in released()
    ) {
        let soil = if hard { HARD_FLOOR } else { REGOLITH };
        let floor = Floor { soil, rise, gravity_m_s2: GRAVITY_M_S2 };
        let release = Release {
            p_LB_L: Vector::new(0.0, 0.0, 2.0),
            v_LB_L: Vector::from_si(Vector3::from(v_m_s)),
            q_LB: Quaternion::exp(Vector3::from(turn_rad)),
            w_LB_B: Vector::from_si(Vector3::from(w_rad_s)),
        };
        let body = mass([0.05, -0.03, 1.0]);
        let mut test = DropTest::new(&legs(friction), &hull(), body, &floor, &release, 2.5e-4);
        let floor_J = -3.0 * 400.0 * GRAVITY_M_S2;
        let start_J = test.energy_J() - floor_J;
        let (mut least_J, mut worst_J) = (start_J, 0.0_f64);
        for _ in 0..8000 {
            test.step();
            let now_J = test.energy_J() + test.elastic_J() - floor_J;
            worst_J = worst_J.max(now_J - least_J);
            least_J = least_J.min(now_J);
        }
        prop_assert!(worst_J < 1e-4 * start_J, "{worst_J} J of {start_J} J");
    }
}
