use super::*;
use crate::test_load::{flight_in, load, quiet};
use icd::bus::{CYCLE, UPLINK_MAX, Uplink};
use icd::time::Span;

/// Sends an order in the next cycle; what the lander answers.
fn send<'a>(flight: &'a mut Flight<'_>, order: &Order, sequence: u16) -> &'a [Report] {
    let mut packet = [0; UPLINK_MAX];
    let octets = tc::encode(order, Header::new(sequence), &mut packet);
    raw(flight, &packet[..octets])
}

fn raw<'a>(flight: &'a mut Flight<'_>, packet: &[u8]) -> &'a [Report] {
    let sensors = Sensors { uplink: Uplink::new(packet), ..quiet(flight.nav.t + CYCLE) };
    flight.step(&sensors);
    flight.reports()
}

/// The same, armed in the cycle before.
fn send_armed<'a>(flight: &'a mut Flight<'_>, order: &Order, sequence: u16) -> &'a [Report] {
    let code = order.parts().0.code;
    send(flight, &Order::Arm { code }, 900);
    send(flight, order, sequence)
}

fn wait(flight: &mut Flight<'_>, cycles: u32) {
    for _ in 0..cycles {
        flight.step(&quiet(flight.nav.t + CYCLE));
    }
}

#[test]
fn a_ping_is_answered_accepted_and_completed() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let header = Header::new(7);
    let answers = [Report::Accepted(header), Report::Alive, Report::Completed(header)];
    assert_eq!(send(&mut flight, &Order::Ping, 7), answers);
    assert_eq!(flight.events().first(), Some(&Event::OrderAccepted));
    wait(&mut flight, 1);
    assert!(flight.reports().is_empty(), "said once");
    // Only what was asked for is reported; a refusal always.
    let mut packet = [0; UPLINK_MAX];
    let silent = Header { acknowledge: 0, ..Header::new(8) };
    let octets = tc::encode(&Order::Ping, silent, &mut packet);
    assert_eq!(raw(&mut flight, &packet[..octets]), [Report::Alive]);
}

#[test]
fn noise_is_counted_and_not_answered() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    assert!(raw(&mut flight, &[0x55; 20]).is_empty());
    assert_eq!(flight.events().first(), Some(&Event::OrderRefused));
    let down = flight.desk.down(flight.nav.t);
    assert_eq!((down.accepted, down.refused), (0, 1));
    assert_eq!(down.refusal, Refusal::NotAPacket.code());
}

#[test]
fn an_arming_serves_once_in_time_for_its_own_command() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let refused = |sequence, why| [Report::Refused(Header::new(sequence), why)];
    assert_eq!(send(&mut flight, &Order::WaveOff, 1), refused(1, Refusal::NotArmed));
    let arm = Order::Arm { code: tc::code::WAVE_OFF };
    send(&mut flight, &arm, 2);
    assert_eq!(flight.desk.down(flight.nav.t).armed, tc::code::WAVE_OFF);
    let other = Order::Reboot(Reboot::Cold);
    assert_eq!(send(&mut flight, &other, 3), refused(3, Refusal::NotArmed));
    assert_eq!(send(&mut flight, &Order::WaveOff, 4), refused(4, Refusal::NotArmed), "used up");
    send(&mut flight, &arm, 5);
    wait(&mut flight, 501);
    assert_eq!(send(&mut flight, &Order::WaveOff, 6), refused(6, Refusal::NotArmed), "too late");
    send(&mut flight, &arm, 7);
    assert_eq!(send(&mut flight, &Order::WaveOff, 8).len(), 2);
    let down = flight.desk.down(flight.nav.t);
    assert!(down.waved_off && down.held && down.armed == 0, "{down:?}");
}

#[test]
fn the_ground_has_no_say_over_the_burns_once_braking_has_begun() {
    let load = load();
    for order in [Order::Go, Order::NoGo] {
        let mut flight = flight_in(&load, 2000.0, Phase::Braking);
        let refused = [Report::Refused(Header::new(1), Refusal::WrongPhase)];
        assert_eq!(send(&mut flight, &order, 1), refused);
    }
    let mut flight = flight_in(&load, 2000.0, Phase::Braking);
    send(&mut flight, &Order::Arm { code: tc::code::WAVE_OFF }, 1);
    let refused = [Report::Refused(Header::new(2), Refusal::WrongPhase)];
    assert_eq!(send(&mut flight, &Order::WaveOff, 2), refused);
    assert!(!flight.desk.down(flight.nav.t).waved_off);
}

#[test]
fn sixteen_packets_wait_and_are_carried_out_in_the_order_of_their_times() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let begun = flight.nav.t;
    let at = |n: i64| begun + Span::from_ms(2_000 + 100 * n);
    let put = |n: i64, sequence: u16| {
        let ask = Order::ReportParameter { parameter: 1 };
        Order::scheduled(at(n), &ask, Header::new(sequence)).unwrap()
    };
    // In no order of time: 7 n mod 16 takes each once.
    for n in 0..16_u16 {
        let place = i64::from(7 * n % 16);
        assert_eq!(send(&mut flight, &put(place, 100 + n), n).len(), 2, "{n}");
    }
    let full = [Report::Refused(Header::new(16), Refusal::ScheduleFull)];
    assert_eq!(send(&mut flight, &put(3, 200), 16), full);
    let told = send(&mut flight, &Order::ScheduleReport, 17);
    let Some(Report::Schedule { count, entries }) = told.get(1) else { unreachable!("{told:?}") };
    assert!(*count == 16 && entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
    let mut done = 0;
    while flight.nav.t < at(15) + Span::from_ms(100) {
        wait(&mut flight, 1);
        for report in flight.reports() {
            if let Report::Completed(header) = report {
                let n = i64::from(7 * (header.sequence - 100) % 16);
                assert_eq!(n, done, "in order");
                let late = flight.nav.t - at(n);
                assert!((0..CYCLE.ns()).contains(&late.ns()), "{n}: {late:?}");
                done += 1;
            }
        }
    }
    assert_eq!(done, 16);
}

#[test]
fn a_hazardous_packet_is_armed_when_it_is_scheduled_and_not_again() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let at = flight.nav.t + Span::from_ms(30_000);
    let later = Order::scheduled(at, &Order::WaveOff, Header::new(50)).unwrap();
    let refused = [Report::Refused(Header::new(1), Refusal::NotArmed)];
    assert_eq!(send(&mut flight, &later, 1), refused);
    send(&mut flight, &Order::Arm { code: tc::code::WAVE_OFF }, 2);
    assert_eq!(send(&mut flight, &later, 3).len(), 2);
    wait(&mut flight, 1500);
    assert!(flight.desk.down(flight.nav.t).waved_off);
}

#[test]
fn a_packet_that_was_slept_over_is_dropped_and_so_is_one_from_the_past() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let ping = |flight: &Flight<'_>, ms| {
        let at = flight.nav.t + Span::from_ms(ms);
        Order::scheduled(at, &Order::Ping, Header::new(50)).unwrap()
    };
    let past = ping(&flight, -1_000);
    let refused = [Report::Refused(Header::new(1), Refusal::TimePassed)];
    assert_eq!(send(&mut flight, &past, 1), refused);
    let soon = ping(&flight, 1_000);
    send(&mut flight, &soon, 2);
    // The computer was down for eight seconds.
    flight.step(&quiet(flight.nav.t + Span::from_ms(8_000)));
    assert_eq!(flight.reports(), [Report::Refused(Header::new(50), Refusal::TimePassed)]);
}

#[test]
fn loaded_values_are_used_told_and_kept_over_a_restart() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    for parameter in tc::PARAMETERS {
        let value = 0.5 * (parameter.min + parameter.max);
        let order = Order::LoadParameter { parameter: parameter.id, value };
        let refused = Report::Refused(Header::new(1), Refusal::NotFitted);
        if parameter.name == "gate_half_width_m" {
            assert_eq!(send_armed(&mut flight, &order, 1), [refused], "not of this configuration");
            continue;
        }
        let deorbit = parameter.id == tuned::DEORBIT_DV;
        assert_eq!(send_armed(&mut flight, &order, 1).len(), if deorbit { 1 } else { 2 });
        let ask = Order::ReportParameter { parameter: parameter.id };
        let told = send(&mut flight, &ask, 2)[1];
        let value = if deorbit { load.deorbit.dv_m_s } else { value };
        assert_eq!(
            told,
            Report::Parameter { parameter: parameter.id, value },
            "{}",
            parameter.name
        );
    }
    send(&mut flight, &Order::SensorUse { sensor: Sensor::Rangefinder, usage: Use::Inhibit }, 3);
    send(&mut flight, &Order::NoGo, 4);
    let start = crate::load::NavStart {
        t: flight.nav.t,
        p_MB_I: flight.nav.p_MB_I,
        v_MB_I: flight.nav.v_MB_I,
        sigma_p_m: [100.0; 3],
        sigma_v_m_s: [0.1; 3],
    };
    let again = flight.restarted(&start, flight.nav.t + CYCLE);
    assert_eq!(again.desk.tuned.reserve_kg, flight.desk.tuned.reserve_kg);
    assert_eq!(again.lines.rangefinder.usage, Use::Inhibit);
    assert!(!again.desk.hold.go, "a restart does not let the lander go");
}

#[test]
fn a_sensor_that_is_not_there_has_no_use() {
    let mut load = load();
    load.vehicle.camera.fitted = false;
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let order = Order::SensorUse { sensor: Sensor::Camera, usage: Use::Force };
    let refused = [Report::Refused(Header::new(1), Refusal::NotFitted)];
    assert_eq!(send(&mut flight, &order, 1), refused);
}

#[test]
fn a_restart_of_the_rangefinder_is_over_when_it_fires_and_has_failed_when_it_does_not() {
    let load = load();
    let header = Header::new(1);
    for fires in [true, false] {
        let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
        let begun = [Report::Accepted(header), Report::Started(header)];
        assert_eq!(send(&mut flight, &Order::RestartRangefinder, 1), begun);
        assert!(flight.actuators.restart_rangefinder);
        wait(&mut flight, 1);
        assert!(!flight.actuators.restart_rangefinder, "for one cycle");
        wait(&mut flight, 250);
        let t = flight.nav.t + CYCLE;
        let quality = icd::bus::ShotQuality::NoReturn;
        let shot = icd::bus::SlantRange { t, range_m: 0.0, quality };
        let sensors = Sensors { rangefinder: fires.then_some(shot), ..quiet(t) };
        flight.step(&sensors);
        if fires {
            assert_eq!(flight.reports(), [Report::Completed(header)]);
        } else {
            let mut told = None;
            for _ in 0..1000 {
                wait(&mut flight, 1);
                told = told.or(flight.reports().first().copied());
            }
            assert_eq!(told, Some(Report::Failed(header, Refusal::Silent)));
        }
    }
}

#[test]
fn what_the_link_carries_out_is_handed_on_for_one_cycle() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let order = Order::BitRate { index: 2 };
    send(&mut flight, &order, 1);
    assert_eq!(flight.link_orders(), [order]);
    wait(&mut flight, 1);
    assert!(flight.link_orders().is_empty());
}

#[test]
fn no_single_packet_loads_a_value_and_no_deorbit_burn_far_from_the_plan() {
    let mut load = load();
    load.deorbit.t_ignition += Span::from_ms(60_000);
    let own = load.deorbit.dv_m_s;
    let mut flight = flight_in(&load, 2000.0, Phase::OrbitCoast);
    let dv = |value| Order::LoadParameter { parameter: tuned::DEORBIT_DV, value };
    let refused = |why| [Report::Refused(Header::new(1), why)];
    assert_eq!(send(&mut flight, &dv(own), 1), refused(Refusal::NotArmed));
    for value in [0.0, own - 2.1, own + 2.1, 60.0] {
        let why = Refusal::OutOfRange { argument: 1 };
        assert_eq!(send_armed(&mut flight, &dv(value), 1), refused(why), "{value} m/s");
    }
    assert_eq!(send_armed(&mut flight, &dv(own + 1.9), 1).len(), 2);
    assert_eq!(flight.desk.hold.plan.dv_m_s, own + 1.9);
}

#[test]
fn orders_outlive_a_restart_that_forgets_everything_else() {
    let mut load = load();
    load.faults.bank = false;
    let again = |flight: &Flight<'_>| {
        let start = crate::load::NavStart {
            t: flight.nav.t,
            p_MB_I: flight.nav.p_MB_I,
            v_MB_I: flight.nav.v_MB_I,
            sigma_p_m: [100.0; 3],
            sigma_v_m_s: [0.1; 3],
        };
        flight.restarted(&start, flight.nav.t + CYCLE).mode.phase
    };
    let mut flight = flight_in(&load, 2000.0, Phase::OrbitCoast);
    wait(&mut flight, 1);
    assert_eq!(again(&flight), Phase::DescentCoast, "as flown: by the clock");

    let mut flight = flight_in(&load, 2000.0, Phase::OrbitCoast);
    send(&mut flight, &Order::NoGo, 1);
    send_armed(&mut flight, &Order::Divert { east_m: 300.0, north_m: 0.0 }, 2);
    send_armed(&mut flight, &Order::LoadParameter { parameter: 3, value: 77.0 }, 3);
    send(&mut flight, &Order::SensorUse { sensor: Sensor::Rangefinder, usage: Use::Inhibit }, 4);
    let at = flight.nav.t + Span::from_ms(60_000);
    send(&mut flight, &Order::scheduled(at, &Order::Ping, Header::new(50)).unwrap(), 5);
    assert_eq!(send_armed(&mut flight, &Order::Reboot(Reboot::Cold), 6).len(), 2);
    assert_eq!(again(&flight), Phase::OrbitCoast, "the burn was held");
    let start = crate::load::NavStart {
        t: flight.nav.t,
        p_MB_I: flight.nav.p_MB_I,
        v_MB_I: flight.nav.v_MB_I,
        sigma_p_m: [100.0; 3],
        sigma_v_m_s: [0.1; 3],
    };
    let mut again = flight.restarted(&start, flight.nav.t + Span::from_ms(2_000));
    assert_eq!(again.landing.p_MT_M, flight.landing.p_MT_M);
    assert_eq!(again.lines.rangefinder.usage, Use::Inhibit);
    assert_eq!(again.desk.tuned.reserve_kg, 77.0);
    wait(&mut again, 1);
    assert_eq!(again.reports(), [Report::Completed(Header::new(6))]);
    let down = again.desk.down(again.nav.t);
    assert!(down.held && down.scheduled == 1 && down.divert_m == [300.0, 0.0], "{down:?}");
    assert_eq!(again.mode.phase, Phase::OrbitCoast);
}

#[test]
fn low_down_neither_the_computer_nor_the_only_ranges_are_taken_away() {
    let load = load();
    let refused = [Report::Refused(Header::new(1), Refusal::WrongPhase)];
    let reboot = Order::Reboot(Reboot::Cold);
    for (altitude_m, phase, low) in [
        (2000.0, Phase::Terminal, false),
        (400.0, Phase::Terminal, true),
        (1.0, Phase::Contact, true),
        (1.0, Phase::Landed, false),
    ] {
        let mut flight = flight_in(&load, altitude_m, phase);
        wait(&mut flight, 1);
        flight.mode.phase = phase;
        let answers = send_armed(&mut flight, &reboot, 1);
        assert_eq!(answers == refused, low, "{phase:?} {altitude_m} m: {answers:?}");
        assert_eq!(flight.actuators.reboot.is_some(), !low);
    }
    // Ranges a second old, measurements of the altimeter likewise, and none of one or the other.
    for (ranges_s, radar_s, taken) in [(1.0, 1e6, false), (1.0, 1.0, true), (60.0, 1e6, true)] {
        let mut flight = flight_in(&load, 400.0, Phase::Terminal);
        wait(&mut flight, 1);
        (flight.lines.rangefinder.age_s, flight.lines.radar_altimeter.age_s) = (ranges_s, radar_s);
        let answers = send(&mut flight, &Order::RestartRangefinder, 1);
        assert_eq!(answers != refused, taken, "{ranges_s} s, {radar_s} s: {answers:?}");
    }
}

#[test]
fn diverts_add_up_to_what_can_be_flown_and_no_further() {
    let mut load = load();
    load.deorbit.t_arm += Span::from_ms(60_000);
    let divert = Order::Divert { east_m: 0.0, north_m: 2000.0 };
    let refused = [Report::Refused(Header::new(1), Refusal::OutOfReach)];
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    for _ in 0..2 {
        assert_eq!(send_armed(&mut flight, &divert, 1).len(), 2);
    }
    let landing = flight.landing;
    assert_eq!(send_armed(&mut flight, &divert, 1), refused);
    assert_eq!(flight.desk.down(flight.nav.t).divert_m, [0.0, 4000.0]);
    assert_eq!(flight.landing.p_MT_M, landing.p_MT_M, "nothing of it");
    // A plane of motion 40 km east of the target.
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let aside = flight.site.R_ML.si() * nalgebra::Vector3::new(40e3, 0.0, 0.0);
    let p_M: icd::frames::Vector<icd::frames::Position, icd::frames::M> =
        icd::frames::Vector::from_si(flight.site.p_MT_M.si() + aside);
    flight.nav.p_MB_I = flight.nav.R_IM * p_M;
    assert_eq!(send_armed(&mut flight, &divert, 1), refused);
}

#[test]
fn of_two_packets_for_the_same_time_the_first_sent_is_carried_out_first() {
    let load = load();
    let mut flight = flight_in(&load, 2000.0, Phase::DescentCoast);
    let begun = flight.nav.t;
    let put = |flight: &mut Flight<'_>, ms: i64, sequence: u16| {
        let at = begun + Span::from_ms(ms);
        let entry = Order::scheduled(at, &Order::Ping, Header::new(sequence)).unwrap();
        assert_eq!(send(flight, &entry, 900).len(), 2);
    };
    // The first place is free again when the third is put in.
    put(&mut flight, 100, 1);
    put(&mut flight, 1_000, 2);
    wait(&mut flight, 10);
    put(&mut flight, 1_000, 3);
    let mut done = [0; 2];
    for _ in 0..50 {
        wait(&mut flight, 1);
        if let Some(Report::Completed(header)) = flight.reports().last() {
            done = [done[1], header.sequence];
        }
    }
    assert_eq!(done, [2, 3]);
}
