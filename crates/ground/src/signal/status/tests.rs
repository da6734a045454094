use super::super::extrapolate::{impact, weight_m_s2};
use super::*;

fn at(s: f64) -> Time {
    Time::from_utc("2025-06-05T19:15:00").unwrap() + Span::from_s(s)
}

fn state(t_s: f64, phase: Phase, altitude_m: f64, v_up_m_s: f64) -> LastState {
    LastState {
        t: at(t_s),
        phase,
        altitude_m,
        sigma_altitude_m: 2.0,
        v_up_m_s,
        sigma_v_up_m_s: 0.2,
        v_horizontal_m_s: 0.3,
        sigma_v_horizontal_m_s: 0.3,
        tilt_rad: 0.01,
        propellant_kg: 40.0,
        thrust_up_m_s2: weight_m_s2(altitude_m, 0.0),
        thrust_along_m_s2: 0.0,
        flow_kg_s: 0.5,
    }
}

/// Facts at `now_s` with a last state and a carrier that was held until `carrier_s`.
fn facts(now_s: f64, last: LastState, carrier_s: f64) -> Facts {
    Facts {
        now: at(now_s),
        planned_touchdown: Some(at(120.0)),
        planned_ignition: Some(at(-600.0)),
        expected: true,
        fresh: now_s - (last.t - at(0.0)).s() < 2.0,
        carrier: Some(at(carrier_s)),
        locked: carrier_s >= now_s - 1.0,
        doppler: None,
        last: Some(last),
        impact: impact(&last),
        contact: None,
        cut_off: false,
        landed_on_board: false,
        too_fast: false,
        planned_descent_m_s: None,
        contradiction: false,
        tried_all: false,
    }
}

fn rest() -> Doppler {
    Doppler { rate_m_s2: 0.01, off_rest_m_s: Some(0.1), over_s: 20.0 }
}

fn says(facts: &Facts) -> Call {
    call(facts).0
}

/// The published end of Mission 2: 192 m, 42 m/s down, slowing by 1.85 m/s² net.
fn mission_2() -> LastState {
    LastState {
        thrust_up_m_s2: 1.85 + weight_m_s2(192.0, 0.0),
        ..state(45.0, Phase::Terminal, 192.0, -42.0)
    }
}

#[test]
fn mission_2_as_flown_is_called_lost_seconds_after_the_ground_must_have_come() {
    let seen = |now_s, carrier_s| Facts { too_fast: true, ..facts(now_s, mission_2(), carrier_s) };
    assert_eq!(says(&seen(46.0, 46.0)), Call::InFlight); // telemetry a second ago
    assert_eq!(says(&seen(48.0, 45.0)), Call::InFlight); // silent, but still falling
    // The radio died with the lander, 5 s after the last state that was decoded.
    let (lost, evidence) = call(&seen(62.0, 50.0));
    assert_eq!(lost, Call::Lost, "{evidence:?}");
    assert!(evidence.iter().any(|e| e.id == "carrier ends at impact"));
    // The radio died 5 s before the ground: nothing ties the two, and still silence and speed agree.
    assert_eq!(says(&seen(62.0, 45.0)), Call::Lost);
    // Without a station that could hear it, silence means nothing and the call stays open.
    let unheard = Facts { expected: false, ..seen(62.0, 45.0) };
    assert_eq!(says(&unheard), Call::Unknown);
}

#[test]
fn a_radio_that_dies_on_the_planned_profile_is_no_loss_of_the_lander() {
    // 200 m, 20 m/s, not braking yet: by the thrust last seen it arrives fast, but it had room to brake.
    let last = state(45.0, Phase::Terminal, 200.0, -20.0);
    let on_plan = |planned| Facts { planned_descent_m_s: planned, ..facts(90.0, last, 45.0) };
    assert_eq!(says(&on_plan(Some(19.0))), Call::Unknown);
    // At twice the planned speed and more it had not; here no alarm says so.
    let off_plan = Facts { planned_descent_m_s: Some(14.0), ..facts(62.0, mission_2(), 45.0) };
    assert_eq!(says(&off_plan), Call::Lost);
}

fn touched(now_s: f64, carrier_s: f64) -> Facts {
    Facts {
        contact: Some(Contact { t: at(118.0), speed_m_s: 1.1 }),
        cut_off: true,
        landed_on_board: true,
        ..facts(now_s, state(119.0, Phase::Landed, 0.1, 0.0), carrier_s)
    }
}

#[test]
fn contact_and_a_carrier_that_outlives_it_is_landed() {
    // One second after, only the switches speak: not enough for "landed".
    assert_eq!(says(&touched(119.5, 119.5)), Call::Probable);
    let later = Facts { doppler: Some(rest()), ..touched(140.0, 140.0) };
    assert_eq!(says(&later), Call::Landed);
    assert_eq!(says(&touched(140.0, 140.0)), Call::Landed);
    // It stays landed when the carrier goes later on, behind the horizon or for want of power.
    assert_eq!(says(&touched(4000.0, 900.0)), Call::Landed);
}

#[test]
fn contact_and_then_silence_is_probable_at_best() {
    let silent = touched(200.0, 118.5);
    assert_eq!(says(&silent), Call::Probable);
    let tried = Facts { tried_all: true, landed_on_board: false, ..silent };
    assert_eq!(says(&tried), Call::Unknown);
}

/// Mission 1: navigation at zero, 5 km up, engines burning, nothing touched.
fn hover(now_s: f64) -> Facts {
    let last = LastState { propellant_kg: 25.0, ..state(now_s - 0.5, Phase::Terminal, 0.0, -0.7) };
    Facts { doppler: Some(rest()), contradiction: true, fresh: true, ..facts(now_s, last, now_s) }
}

#[test]
fn a_hover_at_zero_by_navigation_is_not_landed_with_or_without_telemetry() {
    for now_s in [121.0, 150.0, 180.0] {
        let (call, evidence) = call(&hover(now_s));
        assert_eq!(call, Call::InFlight);
        assert!(evidence.iter().any(|e| e.source == Source::Estimate && e.weight == 0));
        // Telemetry stops, the carrier stays, Doppler says rest: propellant may still last.
        let mute = Facts { fresh: false, ..hover(now_s) };
        assert!(!matches!(says(&mute), Call::Landed | Call::Probable), "{:?}", says(&mute));
    }
}

#[test]
fn mission_1_falling_is_in_flight_while_heard_and_lost_after() {
    let falling = LastState {
        propellant_kg: 0.0,
        thrust_up_m_s2: 0.0,
        flow_kg_s: 0.0,
        ..state(300.0, Phase::Terminal, -4000.0, -120.0)
    };
    let doppler = Some(Doppler { rate_m_s2: 1.4, off_rest_m_s: None, over_s: 10.0 });
    let heard = Facts { doppler, fresh: true, contradiction: true, ..facts(300.5, falling, 300.5) };
    assert_eq!(says(&heard), Call::InFlight);
    let mute = Facts { fresh: false, ..heard };
    assert_eq!(says(&mute), Call::InFlight);
    let gone = Facts { contradiction: true, ..facts(480.0, falling, 303.0) };
    assert_eq!(says(&gone), Call::Lost);
}

#[test]
fn landed_is_found_without_a_word_from_on_board() {
    // Telemetry ended at 300 m; the carrier is still there when no propellant can be left, and turns with the Moon.
    let last = LastState { thrust_up_m_s2: 2.5, ..state(60.0, Phase::Terminal, 300.0, -12.0) };
    let mute = |now_s| Facts { doppler: Some(rest()), ..facts(now_s, last, now_s) };
    assert_ne!(says(&mute(130.0)), Call::Landed); // 40 kg at 0.5 kg/s: it may hover
    assert_eq!(says(&mute(60.0 + 80.0 + 151.0)), Call::Landed);
    let carrier_only = Facts { doppler: None, ..mute(300.0) };
    assert_eq!(says(&carrier_only), Call::Probable);
}

#[test]
fn the_estimate_alone_never_lands_and_never_loses() {
    let estimate =
        Facts { fresh: false, ..facts(200.0, state(119.0, Phase::Terminal, 0.2, -0.8), 100.0) };
    assert!(matches!(says(&estimate), Call::Unknown));
    // Whatever else holds, taking the estimate away changes no call: its weight is zero.
    assert!(RULES.iter().filter(|r| r.source == Source::Estimate).all(|r| r.weight == 0));
}

#[test]
fn behind_the_moon_on_orbit_it_is_in_flight() {
    let coast = LastState {
        v_horizontal_m_s: 1640.0,
        thrust_up_m_s2: 0.0,
        flow_kg_s: 0.0,
        ..state(0.0, Phase::DescentCoast, 80_000.0, -8.0)
    };
    let hidden = Facts {
        planned_ignition: Some(at(2400.0)),
        planned_touchdown: Some(at(3100.0)),
        expected: false,
        ..facts(1500.0, coast, 0.0)
    };
    assert_eq!(says(&hidden), Call::InFlight);
    // Not back long after the planned ignition: open, not lost, not landed.
    assert_eq!(says(&Facts { now: at(3000.0), ..hidden }), Call::Unknown);
}

#[test]
fn waved_off_and_on_its_orbit_it_is_not_called_down_whatever_the_clock_says() {
    let coast = LastState {
        v_horizontal_m_s: 1640.0,
        thrust_up_m_s2: 0.0,
        flow_kg_s: 0.0,
        ..state(0.0, Phase::OrbitCoast, 80_000.0, 0.0)
    };
    // Carrier locked, telemetry gone for a moment, Doppler at its turning point.
    let locked = Facts { doppler: Some(rest()), ..facts(120.0 + 900.0, coast, 120.0 + 900.0) };
    assert_eq!(says(&locked), Call::Unknown);
    // Nor does silence count before the ground can come.
    let (_, evidence) = call(&facts(120.0 + 900.0, coast, 120.0 + 600.0));
    assert!(evidence.iter().all(|e| e.weight >= 0), "{evidence:?}");
}

#[test]
fn an_impact_that_was_felt_is_not_a_landing() {
    let hit = Facts {
        contact: Some(Contact { t: at(50.0), speed_m_s: 32.0 }),
        ..facts(70.0, mission_2(), 50.0)
    };
    assert_eq!(says(&hit), Call::Lost);
}

#[test]
fn every_rule_can_hold_and_has_a_reason() {
    let cases = [
        touched(140.0, 140.0),
        Facts { doppler: Some(rest()), ..touched(140.0, 140.0) },
        touched(200.0, 118.5),
        hover(160.0),
        Facts { too_fast: true, ..facts(62.0, mission_2(), 50.0) },
        Facts {
            tried_all: true,
            planned_descent_m_s: Some(14.0),
            ..facts(62.0, mission_2(), 45.0)
        },
        Facts {
            contact: Some(Contact { t: at(50.0), speed_m_s: 32.0 }),
            ..facts(70.0, mission_2(), 50.0)
        },
        Facts {
            doppler: Some(Doppler { rate_m_s2: 1.4, off_rest_m_s: None, over_s: 10.0 }),
            ..facts(480.0, state(300.0, Phase::Terminal, -4000.0, -120.0), 480.0)
        },
    ];
    let silent = state(60.0, Phase::Terminal, 300.0, -12.0);
    let cases = [&cases[..], &[facts(300.0, silent, 300.0), facts(155.0, silent, 155.0)]].concat();
    for rule in RULES {
        assert!(cases.iter().any(|facts| (rule.holds)(facts).is_some()), "{}", rule.id);
        assert!(!rule.why.is_empty() && rule.weight.abs() <= 4);
    }
}
