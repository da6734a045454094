//! Sensors in a world: what one of them does not do to the others.
#![allow(non_snake_case)]

mod fixture;

use fixture::*;
use icd::bus::{Actuators, Sensors};
use icd::time::Span;
use truth::environment::landmarks::Catalogue;
use truth::random::Stream;
use truth::world::World;

#[test]
fn a_camera_and_a_gauge_change_no_other_device() {
    let environment = environment(2);
    let mut config = config(&environment, 2000.0);
    imperfect(&mut config);
    let mut plain = World::new(&config, environment.clone(), 42, 7).unwrap();
    config.vehicle.camera = Some(camera());
    config.vehicle.gauge = Some(gauge());
    let mut stream = Stream::new(1, 0, "landmarks");
    config.landmarks =
        Catalogue::along(&environment.terrain, &config.site, 0.2, || stream.uniform());
    let mut equipped = World::new(&config, environment.clone(), 42, 7).unwrap();
    let mut left_kg = vec![];
    let (mut frames, mut seen, mut readings) = (0, 0, 0);
    for n in 0..500 {
        let command = |actuators: &mut Actuators| {
            actuators.main_open = n % 200 < 150;
            actuators.assist_on_us = [50_000; 6];
            actuators.jet_on_us[n / 5 % 8] = 12_000;
        };
        let (a, b) = (cycle(&mut plain, n, command), cycle(&mut equipped, n, command));
        assert_eq!(a, Sensors { camera: None, gauge: None, ..b });
        if let Some(frame) = b.camera {
            assert_eq!((b.t - frame.t).ns(), Span::from_ms(500).ns());
            (frames, seen) = (frames + 1, seen + usize::from(frame.count));
        }
        readings += usize::from(b.gauge.is_some());
        left_kg.extend(b.gauge.map(|gauge| gauge.propellant_kg));
    }
    assert_eq!(plain.state(), equipped.state());
    // 10 s at 1 Hz, half a second late; the tanks hold 60 kg at the start and lose some each second.
    assert_eq!(frames, 10);
    assert!(seen > 2 * frames, "{seen}");
    assert!(readings >= 9 && left_kg.is_sorted_by(|a, b| a > b), "{left_kg:?}");
}
