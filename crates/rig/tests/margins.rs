//! The attitude loop's stability margins along the flights of every vehicle.
//!
//! GIVEN each vehicle in its own nominal flight, its liquid, valves and pulses as modelled.
//! WHEN the loop is broken at the engines, every 20 s of powered flight, about each axis.
//! THEN its gain may rise or fall by 6 dB and its phase lag by 30° more, and its computer may take a whole pulse
//! frame; and no mode of the liquid loses more than two thirds of the damping that it has without control.

use rig::margins::{AXES, GAIN_DB, PHASE_DEG, Study};
use rig::scenario::{REFERENCE_RUN, Scenario};
use std::path::Path;

const FLIGHTS: [&str; 8] = [
    "m2-nominal",
    "m2-nominal-b-from-ignition",
    "apollo-11",
    "blue-ghost",
    "chandrayaan-3",
    "chang-e-3",
    "slim",
    "apex-1",
];
const EVERY_S: f64 = 20.0;

#[test]
fn every_vehicle_keeps_6_db_and_30_degrees_along_its_flight() {
    for name in FLIGHTS {
        let file = format!("../../scenarios/{name}.toml");
        let scenario = Scenario::read(Path::new(&file)).unwrap();
        let study = Study::of(scenario, REFERENCE_RUN, EVERY_S).unwrap();
        assert!(study.points.len() > 15, "{name}: {} points", study.points.len());
        let mut least = [f64::INFINITY; 4];
        for point in &study.points {
            for ((axis, margins), one) in AXES.iter().zip(&point.margins).zip(&point.loops) {
                let t_s = point.at.t_s;
                let gain_db = 20.0 * margins.gain_up.min(1.0 / margins.gain_down).log10();
                let phase_deg = margins.phase_rad.to_degrees();
                let damping = margins.slosh.1 / one.plant.open_slosh().1;
                let all = [gain_db, phase_deg, margins.delay_s, damping];
                least.iter_mut().zip(all).for_each(|(least, value)| *least = least.min(value));
                assert!(margins.stable, "{name} {axis} {t_s}");
                assert!(
                    gain_db >= GAIN_DB && phase_deg >= PHASE_DEG,
                    "{name} {axis} {t_s}: {all:?}"
                );
                assert!(
                    margins.delay_s >= 0.1 && damping > 1.0 / 3.0,
                    "{name} {axis} {t_s}: {all:?}"
                );
            }
        }
        println!("{name}: least gain dB, phase deg, delay s, share of damping {least:?}");
    }
}
