use super::plant::Plant;
use super::*;
use flight::control::attitude::{Attitude, Gains, Plant as Turned};
use icd::bus::{Actuators, CYCLE};
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use std::path::Path;

const RIGID: Liquid =
    Liquid { takes: 0.0, rides: 0.0, free: 1.0, leans: 0.0, omega_rad_s: 1.0, zeta: 0.5 };
const AT_ONCE: Actuator =
    Actuator { gain: 1.0, side_m_s2_Nm: 0.0, delay_s: 0.0, lag_s: 0.0, held: false };

fn scenario(name: &str) -> Scenario {
    Scenario::read(Path::new(&format!("../../scenarios/{name}.toml"))).unwrap()
}

fn instant(propellant_kg: f64, main: bool, collective: f64) -> Instant {
    Instant {
        t_s: 0.0,
        phase: Phase::Braking,
        altitude_m: 2e4,
        propellant_kg,
        believed_kg: propellant_kg,
        main,
        collective,
        duties: [collective; ASSIST_ENGINES],
    }
}

#[test]
fn a_sampled_rate_loop_has_the_margins_worked_by_hand() {
    // L = k/(z − 1) with k = K_R T: unstable at k = 2; |L| = 1 where 2 sin(ωT/2) = k, 90° − ωT/2 from −1.
    for rate_1_s in [1.8, 3.6, 8.0] {
        let gains = Gains { attitude_1_s: 0.0, rate_1_s, integral_1_s2: 0.0 };
        let one = Loop { plant: Plant::new(300.0, RIGID, AT_ONCE), gains, believed_kg_m2: 300.0 };
        let margins = one.margins();
        let k = 0.1 * rate_1_s;
        // The engines' lag is a thousandth of the frame where there is none.
        assert!((margins.gain_up * k / 2.0 - 1.0).abs() < 2e-3, "{margins:?}");
        let phase_rad = core::f64::consts::FRAC_PI_2 - libm::asin(0.5 * k);
        assert!((margins.phase_rad - phase_rad).abs() < 2e-3, "{margins:?} {phase_rad}");
    }
}

#[test]
fn a_fast_sampled_position_loop_with_delay_has_the_textbook_margins() {
    // L(s) = K_R (s + K_P)/s² e^(−sτ): ω⁴ = K_R² (ω² + K_P²) at the crossover, phase margin
    // atan(ω/K_P) − ωτ, delay margin that over ω. Sampled with T, impulses turn it by T z/(z − 1): the rate half a
    // frame late, the angle not, so that K_P T/2 of the angle counts as rate.
    let (rate_1_s, attitude_1_s, delay_s, frame_s) = (14.0_f64, 5.0_f64, 0.05, 0.01);
    let gains = Gains { attitude_1_s, rate_1_s, integral_1_s2: 1e-3 };
    let actuator = Actuator { delay_s, ..AT_ONCE };
    let plant = Plant { frame_s, cycle_s: 1e-4, ..Plant::new(300.0, RIGID, actuator) };
    let margins = Loop { plant, gains, believed_kg_m2: 300.0 }.margins();
    let more = 1.0 + 0.5 * attitude_1_s * frame_s;
    let (k_r, k_p) = (rate_1_s * more, attitude_1_s / more);
    let square = k_r * k_r;
    let omega = (0.5 * (square + (square * square + 4.0 * square * k_p * k_p).sqrt())).sqrt();
    let phase_rad = (omega / k_p).atan() - omega * (delay_s + 0.5 * frame_s);
    assert!((margins.crossover_rad_s / omega - 1.0).abs() < 3e-3, "{margins:?} {omega}");
    assert!((margins.phase_rad - phase_rad).abs() < 3e-3, "{margins:?} {phase_rad}");
    // A later impulse is seen at the same sample until it misses it: up to a frame more than without sampling.
    let beyond_s = margins.delay_s - phase_rad / omega;
    assert!(beyond_s > 0.0 && beyond_s < frame_s, "{margins:?} {beyond_s}");
}

#[test]
fn a_delay_beyond_what_is_looked_at_is_no_panic() {
    let plant = Plant::new(300.0, RIGID, Actuator { delay_s: 5.0, ..AT_ONCE });
    let margins = Loop { plant, gains: BURNING, believed_kg_m2: 300.0 }.margins();
    assert!(!margins.stable && margins.delay_s == 0.0, "{margins:?}");
}

#[test]
fn the_liquid_on_springs_swings_as_a_pendulum_hung_in_the_accelerated_body() {
    // Lagrange's equations of a free body M₀, I₀ under a thrust along itself, acceleration a, with a pendulum
    // of length l hinged at b over its centre: ω² = a/l (M/M₀ + m b (b − l)/I₀).
    let machine = scenario("m2-nominal").vehicle.machine;
    for (kg, thrust_N) in [(460.0, 1500.0), (200.0, 1300.0), (40.0, 700.0)] {
        let mass = mass_properties(&machine.dry, &machine.propellant, kg);
        let mut tanks = machine.tanks.unwrap();
        tanks.damping_ratio = 0.0;
        let moving = SloshMass::new(&tanks, &machine.propellant, kg);
        let (m, all, z) = (moving.mass_kg, mass.mass_kg, moving.p_BS_B.z);
        let (rest, l, a) = (all - m, 1.0 / moving.stiffness_per_m, thrust_N / all);
        let z_rest = (all * mass.p_BC_B.z - m * z) / rest;
        let inertia = mass.inertia_kg_m2[(0, 0)] - m * rest / all * (z - z_rest) * (z - z_rest);
        let b = z + l - z_rest;
        let omega = (a / l * (all / rest + m * b * (b - l) / inertia)).sqrt();
        let bare = Vehicle { tanks: Some(tanks), ..machine.clone() };
        let plant =
            Plant::new(mass.inertia_kg_m2[(0, 0)], liquid(&bare, &mass, kg, thrust_N, 0), AT_ONCE);
        let (seen, zeta) = plant.open_slosh();
        assert!((seen / omega - 1.0).abs() < 1e-9 && zeta == 0.0, "{seen} {omega}");
        // And as an eigenvalue of the sampled body, with damping, when the law asks for nothing.
        let plant = Plant { liquid: liquid(&machine, &mass, kg, thrust_N, 0), ..plant };
        let idle = Loop { plant, gains: BURNING, believed_kg_m2: 0.0 };
        let (free, slosh) = (plant.open_slosh(), idle.margins().slosh);
        assert!((slosh.0 / free.0 - 1.0).abs() < 1e-6, "{slosh:?} {free:?}");
        assert!((slosh.1 - free.1).abs() < 1e-6, "{slosh:?} {free:?}");
    }
}

#[test]
fn the_law_that_is_analysed_is_the_law_that_flies() {
    let inertia = Vector3::new(300.0, 280.0, 200.0);
    let (mut control, mut integral) = (Attitude::new(), 0.0);
    let plant = Turned { inertia, slew_rad_s_max: 0.1, powered: true, thrust_N: 1500.0, dt_s: 0.1 };
    for n in 0..50 {
        let (angle, rate) = (1e-4 * f64::from(n % 7 - 3), 1e-4 * f64::from(n % 5 - 2));
        let q: Quaternion<I, B> =
            Quaternion::<I, B>::identity() * Quaternion::<B, B>::exp(Vector3::new(0.0, angle, 0.0));
        let given = control.torque(Quaternion::identity(), q, Vector3::new(0.0, rate, 0.0), &plant);
        let turn = -(BURNING.attitude_1_s * angle + rate);
        integral += inertia.y * BURNING.integral_1_s2 * 0.1 * turn;
        let by_hand = inertia.y * BURNING.rate_1_s * turn + integral;
        assert!((given.y - by_hand).abs() < 1e-9, "{n}: {} {by_hand}", given.y);
    }
}

/// Flies the law and the allocation against nature, liquid and valves, with an extra gain and a delay of so
/// many cycles at the engines, after a command of 4 mrad about x: the rate about x, rad/s, and the tilt of the liquid
/// that belongs to it, rad, each in the second and in the last quarter of `seconds`, root mean square.
fn grown(stand: &Stand, at: &Instant, gain: f64, late: usize, seconds: usize) -> [[f64; 2]; 2] {
    let load = stand.load(crate::scenario::REFERENCE_RUN);
    let start = stand.start(crate::scenario::REFERENCE_RUN);
    let mut world = stand.world(crate::scenario::REFERENCE_RUN, &start, Vec::new()).unwrap();
    let held = world.state().q_IB;
    let command = held * Quaternion::<B, B>::exp(Vector3::new(0.004, 0.0, 0.0));
    let mut control = Attitude::new();
    let mut jets = Jets::new();
    let cycles = seconds * 50;
    let mut queue: Vec<Actuators> = Vec::new();
    let mut sums = [[0.0_f64; 2]; 2];
    let commands = |torque: Vector3<f64>, t, new_frame, jets: &mut Jets| {
        let torque = torque * gain;
        let duties = allocate::assist(&load.vehicle, at.collective, torque, [false; 6]);
        let turn = allocate::beyond_assist(&load.vehicle, torque);
        Actuators {
            t,
            new_frame,
            main_open: at.main,
            assist_on_us: duties.map(allocate::width_us),
            jet_on_us: jets.duties(&load.vehicle, 0.9, turn).map(allocate::width_us),
            sweep: None,
            restart_rangefinder: false,
            reboot: None,
        }
    };
    for n in 0..cycles {
        let sensors = world.sense();
        let state = *world.state();
        let w = Vector3::from(sensors.imu.dtheta_B_rad) / CYCLE.s();
        let new_frame = n % 5 == 0;
        if new_frame {
            let (inertia, _) = believed_inertia(&load.vehicle, state.propellant_kg);
            let plant =
                Turned { inertia, slew_rad_s_max: 0.1, powered: true, thrust_N: 1000.0, dt_s: 0.1 };
            let torque = control.torque(command, state.q_IB, w, &plant);
            queue.push(commands(torque, state.t, true, &mut jets));
        } else {
            let mut same = *queue.last().unwrap();
            same.new_frame = false;
            queue.push(same);
        }
        let acts = n.checked_sub(late).map_or_else(
            || commands(Vector3::zeros(), state.t, new_frame, &mut Jets::new()),
            |k| queue[k],
        );
        world.step(&acts);
        let quarter = if (cycles / 4..cycles / 2).contains(&n) {
            0
        } else if n >= cycles * 3 / 4 {
            1
        } else {
            continue;
        };
        for (sum, value) in sums.iter_mut().zip([state.w_IB_B.x(), world.slosh_rad()[1]]) {
            sum[quarter] += value * value / (cycles / 4) as f64;
        }
    }
    sums.map(|both| both.map(f64::sqrt))
}

/// The stand of a scenario with so much propellant at the start.
fn holding(name: &str, propellant_kg: f64) -> Stand {
    let mut scenario = scenario(name);
    scenario.start.propellant_kg = crate::scenario::Dispersed::Fixed(propellant_kg);
    Stand::new(scenario).unwrap()
}

#[test]
fn a_simulated_lander_becomes_unstable_where_the_gain_and_delay_margins_say() {
    let stand = holding("m2-nominal-from-ignition", 300.0);
    let load = stand.load(crate::scenario::REFERENCE_RUN);
    let at = instant(298.0, true, 0.85);
    let margins = Point::new(&stand.scenario.vehicle.machine, &load.vehicle, at).margins[0];
    // Calm: the rate dies away, to less than the command first gave. Wild: it grows until the engines' torque ends.
    let calm = |[[early, last], _]: [[f64; 2]; 2]| last < 0.7 * early && early < 1e-3;
    let wild = |[[_, last], _]: [[f64; 2]; 2]| last > 1e-2;
    let (inside, outside) = (0.93 * margins.gain_up, 1.07 * margins.gain_up);
    let (inside, outside) = (grown(&stand, &at, inside, 0, 20), grown(&stand, &at, outside, 0, 20));
    println!("gain margin {}: {inside:?} inside, {outside:?} outside", margins.gain_up);
    assert!(calm(inside) && wild(outside), "{inside:?} {outside:?}");
    let cycles = margins.delay_s / CYCLE.s();
    let (inside, outside) = (cycles.floor() as usize - 1, cycles.ceil() as usize + 1);
    let (inside, outside) =
        (grown(&stand, &at, 1.0, inside, 30), grown(&stand, &at, 1.0, outside, 30));
    println!("delay margin {} s: {inside:?} inside, {outside:?} outside", margins.delay_s);
    assert!(calm(inside) && wild(outside), "{inside:?} {outside:?}");
}

#[test]
fn the_liquid_of_a_simulated_lander_grows_and_decays_as_its_damping_says() {
    // Baffled with the loop as flown, and bare with a gain so low that the loop just matches the liquid.
    for (damping_ratio, gain) in [(0.03, 1.0), (0.005, 0.4)] {
        let mut stand = holding("blue-ghost", 115.0);
        let scenario = std::sync::Arc::make_mut(&mut stand.scenario);
        scenario.vehicle.machine.tanks.as_mut().unwrap().damping_ratio = damping_ratio;
        let load = stand.load(crate::scenario::REFERENCE_RUN);
        // In the middle of the minute flown.
        let at = instant(103.0, false, 0.64);
        let point = Point::new(&stand.scenario.vehicle.machine, &load.vehicle, at);
        let one = Loop { believed_kg_m2: gain * point.loops[0].believed_kg_m2, ..point.loops[0] };
        let (omega, zeta) = one.margins().slosh;
        let [_, [early, last]] = grown(&stand, &at, gain, 0, 60);
        let seen = (last / early).ln() / 30.0;
        println!("{damping_ratio} {gain}: grows with {seen} 1/s, by its mode {}", -zeta * omega);
        assert!((seen + zeta * omega).abs() < 0.004, "{seen} {zeta} {omega}");
        assert!(one.stable(1.0, 0.0) == (seen < 0.0));
    }
}

#[test]
fn the_page_stands_alone_and_the_table_names_what_is_required() {
    let stand = Stand::new(scenario("m2-nominal-from-ignition")).unwrap();
    let load = stand.load(crate::scenario::REFERENCE_RUN);
    let machine = &stand.scenario.vehicle.machine;
    let point = |t_s: f64| {
        let at = Instant { t_s, ..instant(450.0 - 0.5 * t_s, t_s < 100.0, 0.8) };
        Point::new(machine, &load.vehicle, at)
    };
    let study = Study {
        name: "a <b>".to_string(),
        vehicle: machine.name.clone(),
        points: (0..4).map(|k| point(50.0 * f64::from(k))).collect(),
    };
    let page = page(&study);
    for needle in ["src=", "@import", "url(http", "<script", "NaN", ">inf", "<b>"] {
        assert!(!page.contains(needle), "{needle}");
    }
    assert_eq!(page.matches("<svg").count(), 5);
    let text = lines(&study).join("\n");
    assert!(text.contains("required 6 dB: met") && text.contains("required 30 deg: met"), "{text}");
}

#[test]
fn frequency_response_and_powers_of_the_closed_loop_agree_on_the_gain_margin() {
    let gains = Gains { attitude_1_s: 5.0, rate_1_s: 14.0, integral_1_s2: 1e-3 };
    for k in 0..12 {
        let delay_s = 0.05 + 0.0025 * f64::from(k);
        let actuator = Actuator { delay_s, ..AT_ONCE };
        let plant = Plant { frame_s: 0.01, cycle_s: 1e-3, ..Plant::new(300.0, RIGID, actuator) };
        let one = Loop { plant, gains, believed_kg_m2: 300.0 };
        let up = one.margins().gain_up;
        assert!(one.stable(0.999 * up, 0.0) && !one.stable(1.001 * up, 0.0), "{delay_s} {up}");
    }
}
