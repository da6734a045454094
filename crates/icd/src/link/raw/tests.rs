//! A cycle survives its way to the ground bit by bit; no octets break the reader.

use super::packet::{Packet, decode, encode_time};
use super::*;
use crate::bus::{LEGS, UPLINK_MAX};
use proptest::array::{uniform3, uniform4};
use proptest::option;
use proptest::prelude::*;

/// Any bits, NaN payloads and infinities included.
fn double() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits)
}
fn single() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits)
}
fn time() -> impl Strategy<Value = Time> {
    any::<i64>().prop_map(Time::from_tai_ns)
}

fn shot() -> impl Strategy<Value = SlantRange> {
    let quality = prop_oneof![
        Just(ShotQuality::Valid),
        Just(ShotQuality::NoReturn),
        Just(ShotQuality::Fault)
    ];
    (time(), single(), quality).prop_map(|(t, range_m, quality)| SlantRange { t, range_m, quality })
}

fn frame() -> impl Strategy<Value = Landmarks> {
    let landmark = (any::<u16>(), single(), single())
        .prop_map(|(id, right, down)| Landmark { id, pixel: [right, down] });
    let seen = proptest::collection::vec(landmark, 0..=LANDMARKS);
    (time(), any::<u8>(), seen).prop_map(|(t, count, list)| {
        let mut seen = [Landmark::default(); LANDMARKS];
        seen[..list.len()].copy_from_slice(&list);
        Landmarks { t, count, seen }
    })
}

prop_compose! {
    fn sensors()(
        t in time(),
        dv_B_m_s in uniform3(double()),
        dtheta_B_rad in uniform3(double()),
        (saturated, healthy) in any::<(bool, bool)>(),
        star_tracker in option::of(
            (time(), uniform4(double())).prop_map(|(t, q_IB)| StarTracker { t, q_IB })),
        rangefinder in option::of(shot()),
        velocimeter in option::of((time(), uniform3(single()), any::<[bool; 3]>())
            .prop_map(|(t, speed_m_s, locked)| BeamSpeeds { t, speed_m_s, locked })),
        radar_altimeter in option::of(shot()),
        camera in option::of(frame()),
        gauge in option::of((time(), single(), any::<bool>())
            .prop_map(|(t, propellant_kg, low)| Gauge { t, propellant_kg, low })),
        hazard_lidar in option::of((time(), any::<u8>(), uniform3(single()), uniform3(single()),
            proptest::collection::vec(any::<u16>(), SHOTS)).prop_map(|(t, line, a, b, ranges)| {
                let mut range_cm = [0; SHOTS];
                range_cm.copy_from_slice(&ranges);
                LidarLine { t, sweep: Sweep { line, ends_B: [a, b] }, range_cm }
            })),
        touchdown in any::<[bool; LEGS]>(),
        uplink in option::of(proptest::collection::vec(any::<u8>(), 1..=UPLINK_MAX)
            .prop_map(|packet| Uplink::new(&packet).unwrap())),
    ) -> Sensors {
        let imu = Imu { dv_B_m_s, dtheta_B_rad, saturated, healthy };
        Sensors { t, imu, star_tracker, rangefinder, velocimeter, radar_altimeter, camera, gauge, hazard_lidar, touchdown, uplink }
    }
}

/// Equal bits: NaN has none of its own in `==`, so the text of the bits is compared.
fn bits(cycle: &Cycle) -> std::string::String {
    let mut packer = Octets { octets: [0; CYCLE_OCTETS_MAX], count: 0 };
    packer.cycle(&cycle.sensors, cycle.powered_up);
    std::format!("{} {:?}", cycle.number, &packer.octets[..packer.count])
}

extern crate std;

fn sent(all: &[(Sensors, bool)]) -> std::vec::Vec<u8> {
    let (mut packer, mut octets) = (Packer::new(), std::vec::Vec::new());
    let mut out = [0; PACKET_MAX];
    let mut count = 0;
    for (sensors, powered_up) in all {
        if !packer.add(sensors, *powered_up) {
            let written = packer.take(count, &mut out);
            octets.extend_from_slice(&out[..written]);
            count += 1;
            assert!(packer.add(sensors, *powered_up), "a cycle does not fit an empty packet");
        }
    }
    let written = packer.take(count, &mut out);
    octets.extend_from_slice(&out[..written]);
    assert_eq!(packer.take(count, &mut out), 0, "an empty packet was sent");
    octets
}

fn received(mut octets: &[u8]) -> std::vec::Vec<Cycle> {
    let mut out = std::vec::Vec::new();
    while !octets.is_empty() {
        let (packet, length) = decode(octets).unwrap();
        let Packet::Raw { data, .. } = packet else { unreachable!() };
        out.extend(cycles(data).map(Result::unwrap));
        octets = &octets[length..];
    }
    out
}

fn plain(i: i64) -> Sensors {
    Sensors {
        t: Time::from_tai_ns(i * 20_000_000),
        imu: Imu { dv_B_m_s: [0.1, -0.0, 1e-300], healthy: true, ..Imu::default() },
        star_tracker: None,
        rangefinder: None,
        velocimeter: None,
        radar_altimeter: None,
        camera: None,
        gauge: None,
        hazard_lidar: None,
        touchdown: [false, true, false, true],
        uplink: None,
    }
}

#[test]
fn eight_plain_cycles_share_a_packet() {
    let all: std::vec::Vec<_> = (0..20).map(|i| (plain(i), i == 0)).collect();
    let octets = sent(&all);
    let (packet, length) = decode(&octets).unwrap();
    let Packet::Raw { t, data } = packet else { unreachable!() };
    assert_eq!(cycles(data).count(), 8);
    assert_eq!(encode_time(t), encode_time(all[7].0.t));
    assert!(length <= PACKET_MAX);
    let back = received(&octets);
    assert_eq!(back.len(), 20);
    assert!(back.iter().zip(&all).all(|(cycle, (sensors, _))| cycle.sensors == *sensors));
    assert!(back.iter().enumerate().all(|(i, cycle)| cycle.number as usize == i));
    assert!(back.iter().all(|cycle| cycle.powered_up == (cycle.number == 0)));
}

#[test]
fn a_report_cut_short_ends_in_an_error_and_foreign_structures_in_nothing() {
    let octets = sent(&[(plain(1), true)]);
    let Packet::Raw { data, .. } = decode(&octets).unwrap().0 else { unreachable!() };
    for length in HEAD + 1..data.len() {
        let read: std::vec::Vec<_> = cycles(&data[..length]).collect();
        assert_eq!(read, [Err(DecodeError::Truncated(HEAD))], "{length}");
    }
    assert_eq!(cycles(&[STRUCTURE + 1, 0, 0, 0, 0, 1, 2, 3]).count(), 0);
}

proptest! {
    #[test]
    fn every_cycle_comes_back_bit_by_bit(
        all in proptest::collection::vec((sensors(), any::<bool>()), 1..12)
    ) {
        let back = received(&sent(&all));
        prop_assert_eq!(back.len(), all.len());
        for (i, (cycle, (sensors, powered_up))) in back.iter().zip(&all).enumerate() {
            let number = u32::try_from(i).unwrap();
            let flown = Cycle { number, powered_up: *powered_up, sensors: *sensors };
            prop_assert_eq!(bits(cycle), bits(&flown));
        }
    }

    #[test]
    fn no_octets_break_the_reader(
        mut octets in proptest::collection::vec(any::<u8>(), 0..600), ours in any::<bool>()
    ) {
        if let Some(first) = octets.first_mut().filter(|_| ours) {
            *first = STRUCTURE;
        }
        prop_assert!(cycles(&octets).count() <= octets.len());
    }
}
