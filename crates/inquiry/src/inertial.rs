//! What the inertial unit and the touchdown switches show by themselves: samples that mean nothing, scatter, strays.
//!
//! Owns: [`patterns`]. Does not own: biases, drifts and scales of the unit (`motion`).
//! As programmed: faults of the whole unit, of its gyros and of its accelerometers explain the same samples and compete in
//! one channel, [`Channel::Stream`] of the gyros; what gyros and accelerometers show apart from each other adds up to one
//! finding of both. Samples that mean nothing are masked for both triads' devices by themselves.
//! Zeros, repetition, flags, limits, loss and scatter are seen whether or not the library has a fault that makes them:
//! their sum, each with the same share ([`LN_LOOKS`]), is the evidence for something that it does not hold.
//! Refuses: more than one window a kind and part.

mod exact;
mod samples;
mod scatter;
mod switches;

use crate::evidence::Evidence;
use crate::finding::{Cause, Channel, Device, Fault, Finding, Fitted, Grade, Seen, Trust};
use crate::library::{LN_LOOKS, Library};
use crate::mission::Mission;
use crate::motion::ln_sum_exp;
use crate::replayed::Replayed;
use crate::trajectory::Trajectory;
use exact::{CERTAIN, Found, PARTS, flag};
use icd::bus::LEGS;
use icd::time::Time;
use rig::scenario::fault::Fault as Written;
use samples::Sample;

/// What says less is not reported, nats.
const LEAST: f64 = 0.5;
/// Findings of gyros and of accelerometers that say so much are reported together too, nats.
const STRONG: f64 = 5.0;

/// Nothing is touched so high above the ground, m, and standard deviations of the height beside.
const HIGH: (f64, f64) = (20.0, 4.0);
/// Engines out of balance make gyros (deg/h) and accelerometers (m/s²) scatter no more than this: seen up to 1364 and 0.035;
/// one assist engine that pushes for a whole cycle turns the empty vehicle by 4200 deg/h. Assumed.
pub(crate) const SHAKEN: (f64, f64) = (1600.0, 0.05);

/// What the unit and the switches show, and which of their samples mean nothing.
pub fn patterns(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    library: &Library,
) -> (Vec<Finding>, Trust) {
    let imu = mission.stand.scenario.vehicle.machine.imu;
    let samples = samples::samples(evidence, replayed, &imu);
    let Some(first) = evidence.start() else { return Default::default() };
    let limits = [imu.rate_rad_s_max, imu.specific_force_m_s2_max];
    let same = samples::ln_same(&imu);
    let shown: Vec<Found> =
        PARTS.iter().flat_map(|part| exact::exact(&samples, *part, &same, limits)).collect();
    let nothing = meaningless(&samples, &explained(&shown, library));
    let closed: Vec<[bool; LEGS]> =
        evidence.cycles.iter().skip(1).map(|cycle| cycle.sensors.touchdown).collect();
    let scattered = scatter::scatter(&samples, &imu, replayed, &closed, &nothing);
    let found = explained(&[shown, scattered].concat(), library);
    let mut trust = Trust::default();
    for device in [Device::Gyros, Device::Accelerometers] {
        let cycles: Vec<u32> = masked(&found, device).into_iter().map(|n| n as u32 + 1).collect();
        if !cycles.is_empty() {
            trust.masked.push((device, cycles));
        }
        let factor = noise_factor(&found, device, &imu);
        if factor > 1.0 {
            trust.noise.push((device, factor));
        }
    }
    let scene = (samples.as_slice(), first);
    let mut out: Vec<Finding> =
        found.iter().map(|own| finding(scene, Device::Gyros, &[own], own.gain)).collect();
    out.extend(together(scene, &found));
    certain(&mut out);
    let switches = explained(&switches::switches(&samples, &closed), library);
    out.extend(switches.iter().map(|own| finding(scene, Device::Switches, &[own], own.gain)));
    out.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    (out, trust)
}

/// Switches that close where the trajectory has the lander high above the ground, one by one and all together.
pub fn switches_in_flight(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    trajectory: &Trajectory,
    library: &Library,
) -> Vec<Finding> {
    let imu = mission.stand.scenario.vehicle.machine.imu;
    let samples = samples::samples(evidence, replayed, &imu);
    let Some(first) = evidence.start() else { return Vec::new() };
    let closed: Vec<[bool; LEGS]> =
        evidence.cycles.iter().skip(1).map(|cycle| cycle.sensors.touchdown).collect();
    let high = |sample: &Sample| {
        let after = trajectory.samples.partition_point(|own| own.t < sample.t);
        let near = trajectory.samples.get(after).filter(|_| after < trajectory.after_loss);
        near.is_some_and(|own| own.altitude_m.0 - HIGH.1 * own.altitude_m.1 > HIGH.0)
    };
    let found = explained(&switches::in_flight(&samples, &closed, high), library);
    let scene = (samples.as_slice(), first);
    let each = found.iter().map(|own| finding(scene, Device::Switches, &[own], own.gain));
    let mut out: Vec<Finding> = each.collect();
    let all: Vec<&Found> = found.iter().filter(|own| own.named).collect();
    if all.len() > 1 {
        let gain = all.iter().map(|own| own.gain).sum();
        out.push(finding(scene, Device::Switches, &all, gain));
    }
    out
}

/// What is shown as far as the library has a name for it, and all of it as something that it does not hold.
fn explained(shown: &[Found], library: &Library) -> Vec<Found> {
    let mut out: Vec<Found> =
        shown.iter().filter(|own| library.holds(own.on, own.kind)).cloned().collect();
    let gains: Vec<f64> = shown.iter().map(|own| own.gain).collect();
    let best = shown.iter().max_by(|a, b| a.gain.total_cmp(&b.gain));
    let gain = ln_sum_exp(&gains) - LN_LOOKS;
    out.extend(best.map(|best| Found { named: false, gain, ..best.clone() }));
    out.retain(|own| own.gain > LEAST);
    out
}

/// No pattern says more than [`CERTAIN`] against nothing; what one says against another stays.
fn certain(findings: &mut Vec<Finding>) {
    let top = findings.iter().map(|finding| finding.gain).fold(0.0, f64::max);
    let over = (top - CERTAIN).max(0.0);
    findings.iter_mut().for_each(|finding| finding.gain -= over);
    findings.retain(|finding| finding.gain > LEAST);
}

/// Samples of each triad that an exact pattern of some weight says mean nothing.
fn meaningless(samples: &[Sample], found: &[Found]) -> [Vec<bool>; 2] {
    [Device::Gyros, Device::Accelerometers].map(|device| {
        let mut out = vec![false; samples.len()];
        masked(found, device).into_iter().for_each(|n| out[n] = true);
        out
    })
}

/// Whether strays of the gyros are so small that engines out of balance may have made them: true turns, which the motion
/// must not lack.
fn shaken(own: &Found) -> bool {
    let sigma = own.numbers.get(1).map_or(f64::INFINITY, |(sigma, _)| *sigma);
    (own.on, own.kind) == ("gyros", "outliers") && sigma < SHAKEN.0 * exact::unit(own.on)
}

/// Samples of a triad that mean nothing, ascending.
fn masked(found: &[Found], device: Device) -> Vec<usize> {
    let strong = found
        .iter()
        .filter(|own| own.gain > STRONG && (own.on == "imu" || own.on == device.name()))
        .filter(|own| !shaken(own));
    let mut out: Vec<usize> = strong.flat_map(|own| own.masked.iter().copied()).collect();
    out.sort_unstable();
    out.dedup();
    out
}

fn noise_factor(found: &[Found], device: Device, imu: &truth::vehicle::Imu) -> f64 {
    let triad = usize::from(device == Device::Accelerometers);
    let fine = samples::fine(imu)[triad];
    let own = found.iter().find(|own| own.kind == "noise" && own.on == device.name());
    let sigma = own.and_then(|own| own.numbers.first()).map_or(0.0, |(sigma, _)| *sigma);
    (1.0 + sigma * sigma / (fine * fine)).sqrt()
}

/// The best of the gyros with the best of the accelerometers, and two kinds of one of them.
fn together(scene: (&[Sample], Time), found: &[Found]) -> Vec<Finding> {
    let mut out = Vec::new();
    for (n, one) in found.iter().enumerate().filter(|(_, own)| own.named && own.gain > STRONG) {
        for other in found.iter().skip(n + 1).filter(|own| own.named && own.gain > STRONG) {
            let apart = one.on != other.on && one.on != "imu" && other.on != "imu";
            let aspects = scatter::of_scatter(one.kind) != scatter::of_scatter(other.kind);
            if !apart && !aspects {
                continue;
            }
            // A flag that both explain counts once.
            let flags = one.flags.min(other.flags) as f64 * flag();
            let gain = one.gain + other.gain - flags.min(one.gain.min(other.gain));
            if gain > one.gain.max(other.gain) {
                out.push(finding(scene, Device::Gyros, &[one, other], gain));
            }
        }
    }
    out
}

fn finding(
    (samples, first): (&[Sample], Time),
    device: Device,
    found: &[&Found],
    gain: f64,
) -> Finding {
    let time = |n: usize| samples.get(n).map_or(first, |sample| sample.t);
    let fault = |own: &Found| {
        let keys = Written::keys(own.on, own.kind);
        let unit = exact::unit(own.on);
        let si = |key: &str| {
            if key == "probability" || own.on.starts_with("switch") { 1.0 } else { unit }
        };
        let number = |(n, (key, ..)): (usize, (String, f64, f64))| {
            let (value, sigma) = own.numbers.get(n).copied().unwrap_or_default();
            Fitted { value: value / si(&key), sigma: sigma / si(&key), key }
        };
        Fault {
            cause: Cause { on: own.on.to_string(), kind: own.kind },
            numbers: keys.into_iter().enumerate().map(number).collect(),
            from: (if own.from == 0 { first } else { time(own.from) }, own.sigma_s),
            until: own.until.map(time),
        }
    };
    let seen = |own: &&Found| {
        let shown = own.masked.first().filter(|_| own.kind == "outliers").copied();
        let t = shown.or((own.from > 0).then_some(own.from)).map(time);
        let since = samples.get(own.from).map_or(0.0, |sample| sample.t_s);
        let text = format!(
            "{}: {} samples {} from {since:.2} s after the first cycle on{}",
            own.on.replace('_', " "),
            own.shown,
            saying(own.kind),
            own.until
                .and_then(|n| samples.get(n))
                .map_or(String::new(), |s| format!(" to {:.2} s", s.t_s)),
        );
        let measured =
            matches!(own.kind, "noise" | "outliers" | "dead" if own.on.starts_with("switch"));
        Seen { t, grade: if measured { Grade::Derived } else { Grade::Measured }, text }
    };
    Finding {
        channel: Channel::Stream(device),
        faults: found.iter().filter(|own| own.named).map(|own| fault(own)).collect(),
        gain,
        seen: found.iter().map(seen).collect(),
    }
}

/// What samples show.
fn saying(kind: &str) -> &'static str {
    match kind {
        "not_enabled" => "exactly zero, and the unit calls itself healthy,",
        "dead" => "without any reading",
        "unfit" => "in which the unit calls itself unfit,",
        "stuck" => "exactly like the one before",
        "stuck_on" => "closed where nothing closes it",
        "dropout" => "lost, one here and one there,",
        "saturation" => "exactly at one limit below the unit's own",
        "noise" => "that scatter more than specified",
        _ => "far off their neighbours",
    }
}

#[cfg(test)]
mod tests;
