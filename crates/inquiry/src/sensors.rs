//! How each device's own reports come: what of them means nothing, and what can be wrong with the device.
//!
//! Owns: [`patterns`] (what needs no trajectory), [`against`] (what needs one). Does not own: biases, drifts and scales of
//! what measures motion (`motion`), the inertial unit and the switches.
//! As programmed: a device's reports have three aspects, each explained for itself: when they come (`timing`), whether they
//! carry a value (`presence`), how the values scatter (`scatter`); exact patterns (`exact`) explain two of them at once.
//! Explanations of different aspects add up to one of two or three faults. A weak link explains how its ranges scatter, too.
//! The findings of [`against`] take the place of those of [`patterns`] for the same devices.
//! Refuses: two faults of one aspect (readings lost within a limited reach); biases, drifts and scales of the gauge.

mod exact;
mod expected;
mod findings;
mod part;
mod presence;
mod readings;
mod scatter;
mod stream;
#[cfg(test)]
mod tests;
mod timing;
mod window;

use crate::evidence::{Cycle, Evidence};
use crate::finding::{Device, Finding, Trust};
use crate::library::Library;
use crate::mission::Mission;
use crate::replayed::Replayed;
use crate::trajectory::Trajectory;
use exact::Exact;
use expected::Look;
use icd::time::{Span, Time};
use icd::tm::Phase;
use part::{Part, VALUES};
use scatter::Scatter;
use stream::{Slot, Stream, stream};
use truth::vehicle::Vehicle;

/// Devices whose reports carry a time tag.
const DEVICES: [Device; 7] = [
    Device::Rangefinder,
    Device::RadarAltimeter,
    Device::Velocimeter,
    Device::StarTracker,
    Device::Camera,
    Device::Gauge,
    Device::HazardLidar,
];
/// An engine's thrust and its command may be apart by this, s.
const AFTERGLOW_S: f64 = 1.5;
/// A push that only an engine gives, m/s over a cycle. Assumed: ten times what jets give a lander of 300 kg.
const PUSH_M_S: f64 = 0.004;
/// Gains from here on change what is taken for a measurement.
const CREDIBLE: f64 = 6.0;
/// The same before there is a trajectory, when the ground and the lander's turning count as scatter.
const RAW_CREDIBLE: f64 = 60.0;
/// Readings further off than this many standard deviations are outliers, where there are outliers.
const STRAY_SIGMAS: f64 = 5.0;
/// What scatter says of a weak link counts from here on, nats.
const WORTH: f64 = 1.0;
/// Noise in a part of the readings smaller than this masks them; in a larger one it counts for all.
const SHARE: f64 = 0.3;

/// What the reports show by themselves; `contact`: when the ground was met.
pub fn patterns(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    library: &Library,
    contact: Option<Time>,
) -> (Vec<Finding>, Trust) {
    look_at(&Given::new(mission, evidence, replayed, library, contact), None)
}

/// What they show against the estimated trajectory; with it everything that [`patterns`] finds, sharper.
pub fn against(
    mission: &Mission,
    evidence: &Evidence,
    replayed: &Replayed,
    trajectory: &Trajectory,
    library: &Library,
    contact: Option<Time>,
) -> (Vec<Finding>, Trust) {
    let given = Given::new(mission, evidence, replayed, library, contact);
    let mut look = Look::along(mission, evidence, trajectory);
    let ranges = stream(Device::Rangefinder, &given.vehicle, evidence);
    if let (Some(look), Some(ranges)) = (&mut look, ranges) {
        look.anchor(&ranges.unrepeated(), given.contact);
    }
    look_at(&given, look.as_ref())
}

/// What is looked at.
struct Given<'a> {
    evidence: &'a Evidence,
    library: &'a Library,
    vehicle: Vehicle,
    /// When the ground was met: nothing is expected any more.
    contact: Option<Time>,
    /// Times at which the main or an assist engine was told to burn, ascending.
    burns: Vec<Time>,
    /// Times at which a push was felt, ascending.
    pushes: Vec<Time>,
}

impl<'a> Given<'a> {
    fn new(
        mission: &Mission,
        evidence: &'a Evidence,
        replayed: &Replayed,
        library: &'a Library,
        met: Option<Time>,
    ) -> Self {
        let commanded = replayed.commanded.iter();
        let burns =
            commanded.filter(|one| one.main_open || one.assist_on_us.iter().any(|us| *us > 0));
        let burns = burns.map(|one| one.t).collect();
        let pushed = |cycle: &&Cycle| {
            let dv = cycle.sensors.imu.dv_B_m_s;
            dv.iter().map(|dv| dv * dv).sum::<f64>() > PUSH_M_S * PUSH_M_S
        };
        let pushes = evidence.cycles.iter().filter(pushed).map(|cycle| cycle.sensors.t).collect();
        let down = replayed.commanded.iter().find(|one| one.phase >= Phase::Contact);
        let contact = [met, down.map(|one| one.t)].into_iter().flatten().min();
        let vehicle = mission.stand.scenario.machine();
        Self { evidence, library, vehicle, contact, burns, pushes }
    }

    /// Whether an engine burnt at `t`; `None` where that is too close to tell, or commands and what is felt do not agree.
    fn burning(&self, t: Time) -> Option<bool> {
        let near = Span::from_s(AFTERGLOW_S);
        let within = |times: &[Time], from: Time, to: Time| {
            let after = times.partition_point(|burn| *burn < from);
            times.get(after).is_some_and(|burn| *burn < to)
        };
        let at = |times: &[Time]| (within(times, t - near, t), within(times, t, t + near));
        let all = [at(&self.burns), at(&self.pushes)];
        let burns = all[0].0;
        (all == [(burns, burns); 2]).then_some(burns)
    }
}

fn look_at(given: &Given<'_>, look: Option<&Look<'_>>) -> (Vec<Finding>, Trust) {
    let (mut findings, mut trust) = (Vec::new(), Trust::default());
    for device in DEVICES {
        if let Some(stream) = stream(device, &given.vehicle, given.evidence) {
            let (found, parts) = device_parts(given, look, &stream);
            doubt(&mut trust, &found);
            findings.extend(findings::findings(device, &parts));
        }
    }
    (findings, trust)
}

/// What a device's readings are worth.
struct Doubt {
    device: Device,
    masked: Vec<u32>,
    noise: f64,
    time_s: f64,
}

fn doubt(trust: &mut Trust, found: &Doubt) {
    if !found.masked.is_empty() {
        let mut masked = found.masked.clone();
        masked.sort_unstable();
        masked.dedup();
        trust.masked.push((found.device, masked));
    }
    if found.noise > 1.0 {
        trust.noise.push((found.device, found.noise));
    }
    if found.time_s != 0.0 {
        trust.time_s.push((found.device, found.time_s));
    }
}

fn device_parts(given: &Given<'_>, look: Option<&Look<'_>>, stream: &Stream) -> (Doubt, Vec<Part>) {
    let device = stream.device;
    let held = |part: &Part| part.kind.is_none_or(|kind| given.library.holds(device.name(), kind));
    let timing = timing::timing(stream, held);
    let slots =
        stream.slots(given.evidence, |t| timing.late(t), |report| timing.ahead(stream, report));
    let before = |slot: &Slot| given.contact.is_none_or(|contact| slot.taken < contact);
    let slots: Vec<Slot> = slots.into_iter().filter(before).collect();
    let model = match look {
        Some(look) => {
            presence::expected(stream, &slots, look, &given.vehicle, |t| given.burning(t))
        }
        None => presence::bare(stream, &slots),
    };
    // Exact patterns show in measurements that had nothing to see, too.
    let all = presence::bare(stream, &slots);
    let off = readings::off(device, &all.slots, look, &given.vehicle);
    let exact = Exact::new(&all, &off, exact::step(device, &given.vehicle));
    let mut patterns = exact.patterns();
    let mut doubt = Doubt { device, masked: Vec::new(), noise: 1.0, time_s: 0.0 };
    let unnamed = exact::unnamed(&patterns);
    patterns.retain(|pattern| pattern.known && held(&pattern.part));
    let all = patterns.iter().chain(&unnamed);
    let best = all.max_by(|a, b| a.part.gain.total_cmp(&b.part.gain));
    if let Some(best) = best.filter(|best| best.part.gain > CREDIBLE) {
        doubt.masked.extend(exact.worthless(best));
    }
    let worthless =
        |slot: &&Slot| slot.report.is_none_or(|report| !doubt.masked.contains(&report.place));
    let rest: Vec<Slot> = slots.iter().filter(worthless).copied().collect();
    let rows = readings::readings(stream, &rest, look, (given.evidence, &given.vehicle));
    let scatter = Scatter::new(device, stream.over, stream.period, &rows);
    let mut scattered = scatter::parts(&scatter);
    scattered.retain(held);
    // What an exact pattern explains is not looked at for silence once more.
    let mut present = presence::parts(&model.without(&doubt.masked));
    if let Some(look) = look {
        smear(&mut present, &scatter, (stream, &rest), (look, &given.vehicle));
    }
    mistime(&mut doubt, stream, &timing);
    distrust(&mut doubt, &scattered, (&scatter, &rows), look.is_none());
    let mut parts = timing.parts;
    parts.extend(present.into_iter().filter(held));
    parts.extend(patterns.into_iter().chain(unnamed).map(|pattern| pattern.part));
    // Before there is a trajectory the ground scatters as well.
    let least = if look.is_none() { RAW_CREDIBLE } else { 0.0 };
    parts.extend(scattered.into_iter().filter(|part| part.gain > least));
    (doubt, parts)
}

/// A weak link's own echoes are smeared: how its ranges scatter speaks for it or against it.
fn smear(
    parts: &mut [Part],
    scatter: &Scatter,
    (stream, slots): (&Stream, &[Slot]),
    (look, vehicle): (&Look<'_>, &Vehicle),
) {
    let weak = parts.iter_mut().filter(|part| part.gain > CREDIBLE);
    let healthy = std::cell::LazyCell::new(|| scatter.ln_evidence());
    for (part, left) in weak.filter_map(|part| presence::weak_link(part).map(|left| (part, left))) {
        let acts = |slot: &Slot| {
            slot.taken >= part.from.0 && part.until.is_none_or(|until| slot.taken < until)
        };
        let left = |slot: &Slot| acts(slot).then_some(left);
        let rows = readings::ranges(stream, slots, Some(look), (vehicle, &left));
        let weak = Scatter::new(stream.device, stream.over, stream.period, &rows);
        let more = weak.ln_evidence() - *healthy;
        if more.abs() > WORTH {
            part.gain += more;
            part.aspects |= VALUES;
        }
    }
}

/// Wrong time tags: put right where most are wrong the same way, else the wrong ones are not used. Times that no fault of
/// the library explains are not used either.
fn mistime(doubt: &mut Doubt, stream: &Stream, timing: &timing::Timing) {
    doubt.masked.extend(timing.unexplained(stream));
    let Some(lacks_s) = timing.tags_lack_s() else { return };
    let wrong = |report: &&stream::Report| timing.ahead(stream, report) != Span::default();
    let n = stream.reports.iter().filter(wrong).count();
    let most = 2 * n > stream.reports.len();
    let others = stream.reports.iter().filter(|report| wrong(report) != most);
    doubt.masked.extend(others.map(|report| report.place));
    doubt.time_s = if most { lacks_s } else { 0.0 };
}

/// Noise beyond the specified, and outliers.
fn distrust(
    doubt: &mut Doubt,
    parts: &[Part],
    (scatter, rows): (&Scatter, &[scatter::Reading]),
    raw: bool,
) {
    let best = parts.iter().max_by(|a, b| a.gain.total_cmp(&b.gain));
    let credible = if raw { RAW_CREDIBLE } else { CREDIBLE };
    let Some(best) = best.filter(|part| part.gain > credible) else { return };
    let within = |t: Time| t >= best.from.0 && best.until.is_none_or(|until| t < until);
    let hit: Vec<u32> = rows.iter().filter(|row| within(row.taken)).map(|row| row.place).collect();
    match best.kind {
        Some("outliers") => doubt.masked.extend(scatter.strays(rows, 2.0, STRAY_SIGMAS)),
        Some("noise") if (hit.len() as f64) < SHARE * rows.len() as f64 => doubt.masked.extend(hit),
        _ => {
            doubt.noise = scatter.spread().max(1.0);
        }
    }
}
