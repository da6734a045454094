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
            assert_eq!(send(&mut flight, &order, 1), [refused], "not of this configuration");
            continue;
        }
        let deorbit = parameter.id == tuned::DEORBIT_DV;
        assert_eq!(send(&mut flight, &order, 1).len(), if deorbit { 1 } else { 2 });
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
