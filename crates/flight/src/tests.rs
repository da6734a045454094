//! Whole-flight-software behaviour on a bench: sensors by hand, no world behind them.

use super::*;
use crate::faults::rangefinder::{Peer, Scene};
use crate::load::{FaultManagement, Gate};
use crate::nav::aid::slant_range;
use crate::nav::covariance::{P, V};
use crate::test_load::{flight_in, load, quiet};
use icd::bus::{BeamSpeeds, CYCLE, ShotQuality, SlantRange, StarTracker};
use icd::tm::{Outcome, Phase, Use};

/// A flight in terminal descent, `altitude_m` over the plain by its own belief.
fn terminal(load: &Load, altitude_m: f64) -> Flight<'_> {
    let mut flight = flight_in(load, altitude_m, Phase::Terminal);
    flight.nav.history.push(flight.nav.pose());
    flight
}

/// A frame later, motionless.
fn later(flight: &mut Flight<'_>) {
    flight.nav.t += PULSE_FRAME;
    flight.nav.history.push(flight.nav.pose());
}

fn valves_shut(a: &Actuators) -> bool {
    !a.main_open && a.assist_on_us == [0; 6] && a.jet_on_us == [0; 8]
}

#[test]
fn landed_needs_contact_and_rest() {
    let mut load = load();
    load.faults = FaultManagement::AS_FLOWN;
    // Navigation believes to be under the ground; no switch is closed.
    let mut flight = terminal(&load, -50.0);
    let mut t = flight.nav.t;
    let mut n = 0;
    let mut step = |flight: &mut Flight, legs: usize, rate: f64| {
        t += CYCLE;
        let mut sensors = quiet(t);
        sensors.imu.dtheta_B_rad = [rate * CYCLE.s(), 0.0, 0.0];
        // The weight, and a little noise: a unit without any is not believed.
        n += 1;
        sensors.imu.dv_B_m_s = [1e-6 * f64::from(n % 7), 0.0, 1.62 * CYCLE.s()];
        sensors.touchdown = core::array::from_fn(|i| i < legs);
        flight.step(&sensors)
    };
    for _ in 0..300 {
        let actuators = step(&mut flight, 0, 0.0);
        assert!(flight.mode.phase == Phase::Terminal && !valves_shut(&actuators));
    }
    assert!(flight.monitors.contradiction.stands);
    for _ in 0..10 {
        step(&mut flight, 1, 0.0);
        assert_eq!(flight.mode.phase, Phase::Terminal, "one leg is not contact");
    }
    step(&mut flight, 2, 0.0);
    assert_eq!(flight.mode.phase, Phase::Terminal, "one cycle is not contact");
    let actuators = step(&mut flight, 2, 0.0);
    assert!(flight.mode.phase == Phase::Contact && valves_shut(&actuators));
    for _ in 0..300 {
        assert!(valves_shut(&step(&mut flight, 3, 0.1)));
        assert_ne!(flight.mode.phase, Phase::Landed, "a tumbling lander has not landed");
    }
    for _ in 0..101 {
        step(&mut flight, 4, 0.0);
    }
    assert_eq!(flight.mode.phase, Phase::Landed);
}

#[test]
fn engines_cut_off_in_free_fall_burn_again() {
    let load = load();
    let mut flight = terminal(&load, 300.0);
    flight.mode.phase = Phase::CutOff;
    let mut t = flight.nav.t;
    for i in 0..60 {
        t += CYCLE;
        let mut sensors = quiet(t);
        sensors.imu.dv_B_m_s = [1e-6 * f64::from(i % 7), 0.0, 0.0];
        flight.step(&sensors);
    }
    assert_eq!(flight.mode.phase, Phase::Terminal);
}

/// Steps a flight that comes down at `altitude_m` onto `legs` feet and turns at `rate`; returns the phase and
/// what opened in the last cycle.
fn landing(flight: &mut Flight<'_>, cycles: i32, legs: usize, rate: f64, weight: f64) -> Actuators {
    let mut t = flight.nav.t;
    let mut last = Actuators::safe(t);
    for n in 0..cycles {
        t += CYCLE;
        let mut sensors = quiet(t);
        sensors.imu.dtheta_B_rad = [rate * CYCLE.s(), 0.0, 0.0];
        sensors.imu.dv_B_m_s = [1e-6 * f64::from(n % 7), 0.0, weight * 1.62 * CYCLE.s()];
        sensors.touchdown = core::array::from_fn(|i| i < legs);
        last = flight.step(&sensors);
    }
    last
}

fn thrust_us(a: &Actuators) -> u32 {
    a.assist_on_us.iter().sum()
}

#[test]
fn a_lander_on_two_feet_is_laid_down_by_its_engines_and_held_by_its_jets() {
    let load = load();
    let mut flight = terminal(&load, 0.3);
    landing(&mut flight, 20, 0, 0.0, 1.0);
    landing(&mut flight, 2, 2, 0.0, 1.0);
    assert_eq!(flight.mode.phase, Phase::Contact);
    // It falls over these feet: the engines brake the turn.
    let braking = landing(&mut flight, 10, 2, 0.2, 1.0);
    assert!(flight.mode.phase == Phase::Contact && thrust_us(&braking) > 0 && !braking.main_open);
    let cut = landing(&mut flight, 1, 3, 0.2, 1.0);
    assert!(flight.mode.phase == Phase::CutOff && valves_shut(&cut));
    let held = landing(&mut flight, 6, 3, 0.2, 1.0);
    assert!(thrust_us(&held) == 0 && held.jet_on_us.iter().any(|us| *us > 0));
    let at_rest = landing(&mut flight, 110, 3, 0.0, 1.0);
    assert!(flight.mode.phase == Phase::Landed && valves_shut(&at_rest));
}

#[test]
fn contact_that_was_none_is_over_before_the_lander_has_fallen_a_metre() {
    let load = load();
    let mut flight = terminal(&load, 0.5);
    landing(&mut flight, 20, 0, 0.0, 1.0);
    // Two switches close that should not; the lander does not turn and hangs on its engines.
    landing(&mut flight, 2, 2, 0.0, 0.2);
    let mut cycles = 0;
    while flight.mode.phase != Phase::Terminal {
        landing(&mut flight, 1, 2, 0.0, 0.02);
        cycles += 1;
        assert!(cycles < 100, "{:?}", flight.mode.phase);
    }
    // 0.3 s until nothing turns, 1 s of free fall: 1.4 m/s.
    assert!(f64::from(cycles) * CYCLE.s() < 1.5, "{cycles} cycles");
}

#[test]
fn switches_alone_do_not_cut_engines_high_above_the_ground() {
    let load = load();
    let mut flight = terminal(&load, 3000.0);
    let mut t = flight.nav.t;
    for i in 0..500 {
        t += CYCLE;
        let mut sensors = quiet(t);
        let felt = flight.asked_m_s2() * CYCLE.s();
        sensors.imu.dv_B_m_s = [1e-6 * f64::from(i % 7), 0.0, felt];
        sensors.touchdown = [i > 50; 4];
        flight.step(&sensors);
        assert_eq!(flight.mode.phase, Phase::Terminal, "cycle {i}");
    }
}

#[test]
fn ignition_does_not_wait_for_ever() {
    let load = load();
    let mut flight = terminal(&load, 20_000.0);
    flight.mode.phase = Phase::Ignition;
    flight.mode.t_phase = flight.nav.t;
    flight.change_mode(&quiet(flight.nav.t));
    assert_eq!(flight.mode.phase, Phase::Ignition, "without a solution there is time to wait");
    flight.mode.t_phase = flight.nav.t - Span::from_s(241.0);
    flight.change_mode(&quiet(flight.nav.t));
    assert_eq!(flight.mode.phase, Phase::Braking);
}

#[test]
fn two_equal_states_take_equal_steps() {
    let load = load();
    let mut one = terminal(&load, 800.0);
    let mut two = one.clone();
    let mut t = one.nav.t;
    for i in 0..200 {
        t += CYCLE;
        let mut sensors = quiet(t);
        sensors.imu.dv_B_m_s = [0.0, 0.001 * f64::from(i), 0.04];
        assert_eq!(one.step(&sensors), two.step(&sensors));
        assert_eq!(one.down(), two.down());
    }
}

/// Feeds `n` shots at 10 Hz whose range is the predicted one plus `offset(i)`.
fn shoot(flight: &mut Flight, n: u32, offset: impl Fn(u32) -> f64) {
    for i in 0..n {
        let pose = flight.nav.pose();
        let echo = slant_range::predict(flight.load, &flight.site, &flight.nav, &pose);
        let p = echo.unwrap();
        #[allow(clippy::cast_possible_truncation)]
        let range_m = (p.value + offset(i)) as f32;
        let shot = SlantRange { t: flight.nav.t, range_m, quality: ShotQuality::Valid };
        let scene =
            Scene { load: flight.load, peer: Peer::default(), gate: flight.load.faults.gate };
        let (line, announce) = (&mut flight.lines.rangefinder, &mut flight.announce);
        flight.watch.take(&scene, &flight.site, &mut flight.nav, &shot, line, announce);
        later(flight);
        flight.nav.propagate_covariance(flight.load, 0.1);
    }
}

#[test]
fn as_flown_shuts_a_healthy_rangefinder_out_for_good() {
    let mut load = load();
    load.faults = FaultManagement::AS_FLOWN;
    let mut flight = terminal(&load, 5000.0);
    // The first range is what the gate is laid around.
    shoot(&mut flight, 1, |_| 1.0);
    shoot(&mut flight, 10, |i| 3000.0 + 0.1 * f64::from(i));
    assert!(flight.watch.locked_out);
    // The sensor agrees again, and is not asked.
    shoot(&mut flight, 20, |i| 0.1 * f64::from(i));
    assert_eq!(flight.lines.rangefinder.outcome, Outcome::LockedOut);
    assert_eq!(flight.lines.rangefinder.fused, 1);
}

#[test]
fn resilient_takes_a_repeatable_step_and_corrects_its_altitude() {
    let load = load();
    let mut flight = terminal(&load, 2000.0);
    let before_m = flight.nav.p_MB_I.norm();
    // 900 m is more than five deviations of the 100 m prior; the readings follow the motion. The
    // prediction moves with each correction, so the step is kept against the true ground.
    let start = flight.nav.clone();
    for i in 0..40 {
        let mut truth = start.clone();
        truth.t = flight.nav.t;
        let echo = slant_range::predict(&load, &flight.site, &truth, &truth.pose());
        let p = echo.unwrap();
        #[allow(clippy::cast_possible_truncation)]
        let range_m = (p.value + 900.0 + 0.01 * f64::from(i)) as f32;
        let shot = SlantRange { t: flight.nav.t, range_m, quality: ShotQuality::Valid };
        let scene =
            Scene { load: flight.load, peer: Peer::default(), gate: flight.load.faults.gate };
        let (line, announce) = (&mut flight.lines.rangefinder, &mut flight.announce);
        flight.watch.take(&scene, &flight.site, &mut flight.nav, &shot, line, announce);
        later(&mut flight);
    }
    let risen_m = flight.nav.p_MB_I.norm() - before_m;
    assert!((risen_m - 900.0).abs() < 40.0, "{risen_m}");
    assert!(flight.announce.events().contains(&Event::RangefinderReacquired));
}

#[test]
fn resilient_refuses_a_consistent_step_to_where_no_landing_passes() {
    let load = load();
    let mut flight = terminal(&load, 2000.0);
    shoot(&mut flight, 40, |i| 40_000.0 + 0.01 * f64::from(i));
    assert_eq!(flight.lines.rangefinder.fused, 0);
}

#[test]
fn resilient_does_not_follow_an_erratic_sensor() {
    let load = load();
    let mut flight = terminal(&load, 2000.0);
    let before_m = flight.nav.p_MB_I.norm();
    shoot(&mut flight, 60, |i| 900.0 + 300.0 * libm::sin(f64::from(i) * 2.1));
    assert!((flight.nav.p_MB_I.norm() - before_m).abs() < 1.0);
    assert_eq!(flight.lines.rangefinder.fused, 0);
    assert!(!flight.watch.locked_out, "it is asked again when it recovers");
}

#[test]
fn a_time_tag_out_of_memory_is_refused_and_announced_once() {
    let load = load();
    let mut flight = terminal(&load, 1500.0);
    let (mut t, mut range_m) = (flight.nav.t, 1495.0);
    let mut step = |flight: &mut Flight, tag: Span| {
        t += CYCLE;
        let mut sensors = quiet(t);
        sensors.rangefinder = Some(SlantRange { t: t + tag, range_m, quality: ShotQuality::Valid });
        range_m -= 1.25;
        sensors.velocimeter =
            Some(BeamSpeeds { t: t + tag, speed_m_s: [50.0; 3], locked: [true; 3] });
        sensors.star_tracker = Some(StarTracker { t: t + tag, q_IB: flight.nav.q_IB.si() });
        flight.step(&sensors);
        flight.events().iter().filter(|event| **event == Event::TimeTagRefused).count()
    };
    for _ in 0..10 {
        step(&mut flight, Span::from_s(-4.0));
    }
    let fused = [flight.lines.rangefinder, flight.lines.velocimeter, flight.lines.star_tracker];
    assert!(fused.iter().all(|line| line.fused == 0 && line.outcome == Outcome::Unusable));
    for tag in [Span::from_ns(1), Span::from_s(100.0), Span::from_s(-1e6)] {
        step(&mut flight, Span::from_ms(0));
        assert!(flight.lines.star_tracker.outcome != Outcome::Unusable);
        assert_eq!(step(&mut flight, tag), 3, "one event a sensor");
        assert_eq!(step(&mut flight, tag), 0, "on the edge only");
    }
}

#[test]
fn an_order_from_the_ground_reaches_the_aid_and_the_telemetry() {
    let mut load = load();
    load.aids.rangefinder = Use::Inhibit;
    let mut flight = terminal(&load, 1500.0);
    shoot(&mut flight, 10, |i| 3.0 + 0.1 * f64::from(i));
    assert_eq!(flight.lines.rangefinder.outcome, Outcome::Inhibited);
    assert_eq!(flight.lines.rangefinder.fused, 0);
    flight.refresh_snapshot();
    assert_eq!(flight.down().rangefinder.usage, Use::Inhibit);
    assert_eq!(flight.down().velocimeter.usage, Use::Edit);

    load.aids.rangefinder = Use::Force;
    let mut flight = terminal(&load, 1500.0);
    shoot(&mut flight, 1, |_| 2000.0);
    assert_eq!((flight.lines.rangefinder.fused, flight.lines.rangefinder.rejected), (1, 0));
}

#[test]
fn a_frozen_range_is_not_believed() {
    let mut load = load();
    load.faults.gate = Gate::Fixed { half_width_m: 5000.0, lock_out_after: 1000 };
    let mut flight = terminal(&load, 1500.0);
    for _ in 0..20 {
        let shot = SlantRange { t: flight.nav.t, range_m: 1490.0, quality: ShotQuality::Valid };
        let scene =
            Scene { load: flight.load, peer: Peer::default(), gate: flight.load.faults.gate };
        let (line, announce) = (&mut flight.lines.rangefinder, &mut flight.announce);
        flight.watch.take(&scene, &flight.site, &mut flight.nav, &shot, line, announce);
        later(&mut flight);
    }
    assert!(flight.watch.stuck);
    assert_eq!(flight.lines.rangefinder.outcome, Outcome::Unusable);
    assert!(flight.lines.rangefinder.fused <= 4);
}

/// One shot of a sinking lander, a tenth of a second after the last; `read` makes the reading of the true
/// range, which is what navigation expected before any shot moved it.
fn sink(flight: &mut Flight, truth: &mut nav::Nav, read: impl Fn(f64) -> f64) {
    for nav in [&mut flight.nav, &mut *truth] {
        nav.t += PULSE_FRAME;
        let v = nav.v_MB_I.si();
        nav.p_MB_I += icd::frames::Vector::from_si(v * 0.1);
        nav.history.push(nav.pose());
    }
    flight.nav.propagate_covariance(flight.load, 0.1);
    let (load, site) = (flight.load, flight.site);
    let p = slant_range::predict(load, &site, truth, &truth.pose()).unwrap();
    #[allow(clippy::cast_possible_truncation)]
    let range_m = read(p.value) as f32;
    let shot = SlantRange { t: flight.nav.t, range_m, quality: ShotQuality::Valid };
    let peer = flight.radar.peer(flight.nav.t);
    let scene = Scene { load, peer, gate: load.faults.gate };
    let before = (flight.nav.p_MB_I.si(), flight.nav.v_MB_I.si());
    let (line, announce) = (&mut flight.lines.rangefinder, &mut flight.announce);
    flight.watch.take(&scene, &site, &mut flight.nav, &shot, line, announce);
    let up = before.0 / before.0.norm();
    let moved = |now: Vector3<f64>, then: Vector3<f64>| (now - then).dot(&up);
    let dh = moved(flight.nav.p_MB_I.si(), before.0);
    flight.watch.shift(flight.nav.t, dh, moved(flight.nav.v_MB_I.si(), before.1));
}

/// A sensor's ways to go wrong, by number; `i` counts shots.
fn wrong(kind: u8, range_m: f64, i: u32) -> f64 {
    let noise = libm::sin(f64::from(i) * 12.9898) * 1.7;
    match kind {
        0 => 1234.5,
        1 => 4.0 + 0.01 * noise,
        2 => range_m * 1.2 + noise,
        3 => range_m + 600.0 + noise,
        4 => range_m + 300.0 * noise,
        5 => range_m - 3000.0 + noise,
        _ => f64::NAN,
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_went_wrong_a_sensor_that_reads_right_is_used_again(
        segments in proptest::collection::vec((0u8..7, 1u32..60), 1..6)
    ) {
        is_used_again_after(&segments)?;
    }
}

#[test]
fn two_wild_readings_let_in_do_not_keep_the_right_ones_out() {
    // Between the bank's three deviations and the gate's five neither the one nor the other took them.
    is_used_again_after(&[(3, 31), (3, 52), (2, 35), (4, 7)]).unwrap();
}

fn is_used_again_after(segments: &[(u8, u32)]) -> Result<(), proptest::test_runner::TestCaseError> {
    let load = load();
    let mut flight = terminal(&load, 9000.0);
    let mut truth = flight.nav.clone();
    let mut i = 0;
    let mut shots = |flight: &mut Flight, n: u32, kind: Option<u8>| {
        for _ in 0..n {
            i += 1;
            let noise = libm::sin(f64::from(i) * 78.233) * 1.4;
            sink(flight, &mut truth, |m| kind.map_or(m + noise, |kind| wrong(kind, m, i)));
        }
    };
    shots(&mut flight, 30, None);
    for (kind, n) in segments {
        shots(&mut flight, *n, Some(*kind));
    }
    let before = flight.lines.rangefinder.fused;
    shots(&mut flight, 120, None);
    let watch = &flight.watch;
    proptest::prop_assert!(!watch.distrusted && !watch.stuck && !watch.locked_out);
    proptest::prop_assert!(flight.lines.rangefinder.fused > before + 30, "{:?}", watch.belief());
    let off = (flight.nav.p_MB_I.norm() - truth.p_MB_I.norm()).abs();
    proptest::prop_assert!(off < 60.0, "{off} m");
    Ok(())
}

#[test]
fn a_bias_that_jumps_after_lock_is_not_taken_for_the_ground() {
    let load = load();
    let mut flight = terminal(&load, 2800.0);
    let mut truth = flight.nav.clone();
    for i in 0..50 {
        sink(&mut flight, &mut truth, |m| m + libm::sin(f64::from(i) * 78.233));
    }
    for i in 0..150 {
        sink(&mut flight, &mut truth, |m| m + 600.0 + libm::sin(f64::from(i) * 78.233));
    }
    let off = flight.nav.p_MB_I.norm() - truth.p_MB_I.norm();
    assert!(off.abs() < 40.0, "{off} m");
}

#[test]
fn a_range_that_ends_at_a_limit_does_not_slow_the_descent_for_ever() {
    let load = load();
    let mut flight = terminal(&load, 2800.0);
    let mut truth = flight.nav.clone();
    for i in 0..30 {
        sink(&mut flight, &mut truth, |m| m + libm::sin(f64::from(i) * 78.233));
    }
    for i in 0..20 {
        sink(&mut flight, &mut truth, |m| m - 800.0 + libm::sin(f64::from(i) * 78.233));
    }
    assert!(flight.watch.unresolved() && flight.watch.low_altitude_m(2000.0) < 1300.0);
    for _ in 0..20 {
        sink(&mut flight, &mut truth, |_| 1000.0);
    }
    assert!(!flight.watch.unresolved() && flight.watch.low_altitude_m(2000.0) > 1999.0);
}

#[test]
fn noise_beyond_the_specified_one_is_weighed_and_not_shut_out() {
    let load = load();
    let mut flight = terminal(&load, 2800.0);
    let mut truth = flight.nav.clone();
    for i in 0..200 {
        let noise = 40.0 * libm::sin(f64::from(i) * 12.9898) * 1.4;
        sink(&mut flight, &mut truth, |m| m + noise);
    }
    assert!(flight.watch.noisy && !flight.watch.distrusted);
    assert!(flight.lines.rangefinder.fused > 100, "{:?}", flight.lines.rangefinder);
    let off = flight.nav.p_MB_I.norm() - truth.p_MB_I.norm();
    assert!(off.abs() < 25.0, "{off} m");
}

#[test]
fn what_was_distrusted_does_not_set_the_altitude_where_the_other_sensor_comes_too_near() {
    let load = load();
    let above = terminal(&load, 100.0);
    let echo = slant_range::predict(&load, &above.site, &above.nav, &above.nav.pose());
    let mut flight = terminal(&load, 110.0 - echo.unwrap().value);
    for i in 0..3 {
        flight.nav.covariance.renew(P + i, 0.0, 1.0);
        flight.nav.covariance.renew(V + i, 0.0, 1e-4);
    }
    let up = flight.nav.p_MB_I.si() / flight.nav.p_MB_I.norm();
    flight.nav.v_MB_I =
        load.orientation.w_IM_I.cross(flight.nav.p_MB_I) + icd::frames::Vector::from_si(up * -0.5);
    let mut truth = flight.nav.clone();
    let radar_min_m = 5.0;
    for i in 0..150_u32 {
        let (t, now) = (flight.nav.t + PULSE_FRAME, f64::from(i) * 0.1);
        let height_m = 10.0 - 0.5 * (now + 0.1);
        #[allow(clippy::cast_possible_truncation)]
        let range_m = height_m as f32;
        let quality =
            if height_m > radar_min_m { ShotQuality::Valid } else { ShotQuality::NoReturn };
        // It drifts by 0.3 m/s, and has come to 270 m.
        sink(&mut flight, &mut truth, |m| m + 270.0 + 0.3 * now + 0.3 * libm::sin(now * 783.0));
        if i % 2 == 0 {
            let radar_altimeter = Some(SlantRange { t, range_m, quality });
            flight.sense_ground(&Sensors { radar_altimeter, ..quiet(t) }, false);
        }
    }
    assert!(flight.lines.radar_altimeter.fused > 40, "{:?}", flight.lines.radar_altimeter);
    assert_eq!(flight.lines.rangefinder.fused, 0);
    let off = flight.nav.p_MB_I.norm() - truth.p_MB_I.norm();
    assert!(off.abs() < 3.0, "{off} m");
}
