//! What each device let be heard of itself: first and last report, long silences, flags, switches.

use super::{Entry, figure};
use crate::evidence::{Cycle, Evidence};
use crate::finding::Device;
use icd::bus::{LEGS, Sensors, ShotQuality, SlantRange};
use icd::time::Time;

/// A silence is told that is longer than this, and longer than [`WAITS`] usual waits, s. Assumed.
const SILENCE_S: f64 = 5.0;
const WAITS: f64 = 10.0;
/// Silences of one device that are told, the longest.
const TOLD: usize = 5;

/// A device's report in a cycle: `None` for none, else whether it measures anything, and what.
type Reading = fn(&Sensors) -> Option<Option<String>>;

fn shot(shot: Option<&SlantRange>) -> Option<Option<String>> {
    let shot = shot?;
    let valid = shot.quality == ShotQuality::Valid;
    Some(valid.then(|| format!("{} m", figure(f64::from(shot.range_m)))))
}

const READINGS: [(Device, Reading); 7] = [
    (Device::Rangefinder, |s| shot(s.rangefinder.as_ref())),
    (Device::RadarAltimeter, |s| shot(s.radar_altimeter.as_ref())),
    (Device::Velocimeter, |s| {
        let beams = s.velocimeter?;
        let locked = beams.locked.iter().filter(|locked| **locked).count();
        Some((locked > 0).then(|| format!("{locked} beams in lock")))
    }),
    (Device::StarTracker, |s| s.star_tracker.map(|_| Some("attitude".to_string()))),
    (Device::Camera, |s| {
        let frame = s.camera?;
        Some((frame.count > 0).then(|| format!("{} landmarks", frame.count)))
    }),
    (Device::Gauge, |s| {
        let gauge = s.gauge?;
        Some(Some(format!("{} kg", figure(f64::from(gauge.propellant_kg)))))
    }),
    (Device::HazardLidar, |s| s.hazard_lidar.map(|_| Some("a line of shots".to_string()))),
];

/// First and last report and measurement of each device, and its long silences.
pub(super) fn reports(evidence: &Evidence, out: &mut Vec<Entry>) {
    for (device, read) in READINGS {
        let name = device.name().replace('_', " ");
        let mut heard: Vec<Time> = Vec::new();
        let mut measured: Vec<(Time, usize)> = Vec::new();
        for (place, cycle) in evidence.cycles.iter().enumerate() {
            if let Some(reading) = read(&cycle.sensors) {
                heard.push(cycle.sensors.t);
                if reading.is_some() {
                    measured.push((cycle.sensors.t, place));
                }
            }
        }
        let mut tell = |t, text| out.push(Entry::measured(t, "reading on the bus", text));
        let Some(first) = heard.first() else { continue };
        tell(*first, format!("First report of the {name}"));
        let value = |place: usize| {
            let cycle: Option<&Cycle> = evidence.cycles.get(place);
            cycle.and_then(|cycle| read(&cycle.sensors)).flatten().unwrap_or_default()
        };
        if let Some((t, place)) = measured.first() {
            tell(*t, format!("First measurement of the {name}: {}", value(*place)));
        } else {
            tell(*first, format!("The {name} reports and never measures anything"));
        }
        if let Some((t, place)) = measured.last() {
            tell(*t, format!("Last measurement of the {name} received: {}", value(*place)));
        }
        let times: Vec<Time> = measured.iter().map(|(t, _)| *t).collect();
        silences(&name, &times, out);
    }
}

/// The longest times without a measurement between two.
fn silences(name: &str, times: &[Time], out: &mut Vec<Entry>) {
    let mut waits: Vec<(f64, Time, Time)> = times
        .windows(2)
        .filter_map(|pair| {
            let [a, b] = pair else { return None };
            Some(((*b - *a).s(), *a, *b))
        })
        .collect();
    waits.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let usual = waits.get(waits.len() / 2).map_or(0.0, |wait| wait.0);
    for (wait_s, from, to) in waits.into_iter().take(TOLD) {
        if wait_s > SILENCE_S.max(WAITS * usual) {
            let text = format!("The {name} measures nothing for {} s", figure(wait_s));
            out.push(Entry::measured(from, "reading on the bus", text).until(to));
        }
    }
}

/// Flags of the inertial unit, and touchdown switches.
pub(super) fn unit_and_switches(evidence: &Evidence, out: &mut Vec<Entry>) {
    type Flag = (&'static str, fn(&Sensors) -> bool);
    let flags: [Flag; 2] = [
        ("Inertial unit saturated", |s| s.imu.saturated),
        ("Inertial unit reports itself unfit", |s| !s.imu.healthy),
    ];
    for (text, set) in flags {
        let all: Vec<Time> =
            evidence.cycles.iter().map(|c| &c.sensors).filter(|s| set(s)).map(|s| s.t).collect();
        if let (Some(first), Some(last)) = (all.first(), all.last()) {
            let text = format!("{text} in {} cycles", all.len());
            out.push(Entry::measured(*first, "flag of the inertial unit", text).until(*last));
        }
    }
    for leg in 0..LEGS {
        let closed = |s: &Sensors| s.touchdown.get(leg).copied().unwrap_or(false);
        let mut was = false;
        let mut edges: Vec<(Time, bool)> = Vec::new();
        for sensors in evidence.cycles.iter().map(|cycle| &cycle.sensors) {
            if closed(sensors) != was {
                was = !was;
                edges.push((sensors.t, was));
            }
        }
        let Some((first, _)) = edges.first() else { continue };
        let times = edges.iter().filter(|(_, on)| *on).count();
        let text = match times {
            1 => format!("Touchdown switch of leg {leg} closes"),
            _ => format!("Touchdown switch of leg {leg} closes, {times} times in all"),
        };
        let entry = Entry::measured(*first, "touchdown switch", text);
        out.push(match edges.last() {
            Some((last, false)) => entry.until(*last),
            _ => entry,
        });
    }
}
