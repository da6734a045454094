//! Whether a device's reports carry a value where they had to.
//!
//! Owns: [`Model`] (the probability of a value for each measurement, by the mission's models), [`parts`] (the faults that
//! silence). Does not own: what was to be seen (`expected`), values (`scatter`, `exact`).
//!
//! As programmed: P_k is the probability that a healthy device has something to report. What the model does not know is
//! integrated over, for all measurements at once, as far without a fault as with one: how far the trajectory is off along
//! the beam, in its own standard deviations and with long tails, and how strong the rangefinder's echo is (its logarithm,
//! 0.3). With a fault
//!     dropout      P (1 − p)                 range limit     P Φ((R − r)/s)
//!     dead, not enabled, unfit               no other answer
//!     weak link    the link's own P with a factor on its echo
//! The ground's slope within a footprint, which the map does not show, spreads the incidence by [`SLOPE_RAD`].
//! Refuses: dust; beams of the velocimeter that fail one at a time.

use super::expected::{ALONG, ASTRAY, Look, Met, Pose, below};
use super::part::{Clock, Fit, Nothing, PRESENCE, Part, fitted, flexible, sound, stretches};
use super::readings::LOST_S;
use super::stream::{Outcome, Slot, Stream, reports_silence};
use super::window::ln_sum;
use crate::finding::{Device, Grade, Seen};
use crate::library::LN_LOOKS;
use icd::time::Time;
use truth::sensors::link::{Health, Link, Target};
use truth::vehicle::Vehicle;

/// Off the trajectory along the beam, in standard deviations, and how probable that is. Assumed: normal with longer tails.
const OFF: [(f64, f64); 5] = [(0.0, 0.5), (1.5, 0.2), (-1.5, 0.2), (5.0, 0.05), (-5.0, 0.05)];
/// Nothing is expected lower than this above the reach of dust, m, and three standard deviations. Assumed.
const NEAR_M: f64 = 30.0;
/// Factors on the healthy echo and how probable they are: albedo and surface as far as the map does not know them. Assumed.
const STRENGTH: [(f64, f64); 3] = [(1.0, 0.5), (0.7, 0.25), (1.4, 0.25)];
/// Slope of the ground over some metres beyond what the map shows, rad. Assumed: 6 deg, old mare.
const SLOPE_RAD: f64 = 0.1;
/// A healthy unit that always reports misses a report as often as this; calls itself unfit as often as that. Assumed.
pub(super) const LOST: f64 = 1e-4;
const UNFIT: f64 = 1e-6;
/// No probability of a value is lower or higher than this: what no model knows. Assumed.
const NEVER: f64 = 3e-4;
const ALWAYS: f64 = 1e-3;
/// Against a fault after which there is only one answer, for each other answer.
const CONTRADICTED: f64 = -20.0;
/// No healthy value ends where a range limit is looked for beyond this share of it.
const EDGE: f64 = 0.01;

/// ln of the probability of a measurement under a fault: its numbers, set of unknowns, measurement.
type Hit<'m> = Box<dyn Fn(&[f64], usize, usize) -> f64 + 'm>;

/// Measurements with what was to be expected of each.
pub(crate) struct Model {
    /// The device.
    pub device: Device,
    /// Those whose outcome says something, ascending.
    pub slots: Vec<Slot>,
    /// Their times.
    pub clock: Clock,
    /// Sets of unknowns: ln of the probability of each.
    ln_weights: Vec<f64>,
    /// Probability of a value, by set of unknowns and measurement; NaN where nothing is known.
    valid: Vec<Vec<f64>>,
    /// What the rangefinder's beam met, by measurement.
    met: Vec<Option<Met>>,
    link: Option<Link>,
    gate_m: f64,
}

/// Measurements whose outcome needs no trajectory: whether a report came, whether it calls itself unfit.
pub(crate) fn bare(stream: &Stream, slots: &[Slot]) -> Model {
    model(stream, slots.iter().map(|slot| (*slot, vec![f64::NAN], None)).collect(), vec![0.0])
}

/// Measurements with the probability of a value from the trajectory.
pub(crate) fn expected(
    stream: &Stream,
    slots: &[Slot],
    look: &Look<'_>,
    vehicle: &Vehicle,
    burning: impl Fn(Time) -> Option<bool>,
) -> Model {
    match stream.device {
        Device::Rangefinder => ranging(stream, slots, look, vehicle),
        device => {
            let dust_m = look.dust_m();
            let ranges = matches!(device, Device::Velocimeter | Device::RadarAltimeter);
            let astray: &[(f64, f64)] = if ranges { &ASTRAY } else { &[(0.0, 1.0)] };
            let all = |p: f64| vec![p; astray.len()];
            let probability = |slot: &Slot| -> Option<Vec<f64>> {
                let pose = look.pose(slot.taken)?;
                match device {
                    _ if ranges && hidden(&pose, dust_m) => None,
                    Device::Velocimeter => {
                        Some(look.locks(&pose).map_or_else(|| all(0.0), Vec::from))
                    }
                    Device::RadarAltimeter => {
                        Some(look.echoes(&pose).map_or_else(|| all(0.0), Vec::from))
                    }
                    Device::StarTracker => {
                        let seen = look.stars(&pose)?;
                        let thrust = burning(slot.taken)?;
                        let solved = !thrust || vehicle.star_tracker.usable_under_thrust;
                        Some(all(if seen && solved { 1.0 } else { 0.0 }))
                    }
                    Device::Gauge => burning(slot.taken).filter(|burns| *burns).map(|_| all(1.0)),
                    _ => Some(all(f64::NAN)),
                }
            };
            let said = |(slot, p): (&Slot, &[f64])| {
                p.iter().any(|p| p.is_nan() || *p > NEVER) || odd(device, slot)
            };
            let rows = slots
                .iter()
                .filter_map(|slot| probability(slot).map(|p| (*slot, p, None)))
                .filter(|(slot, p, _)| said((slot, p)))
                .collect();
            model(stream, rows, astray.iter().map(|(_, share)| libm::log(*share)).collect())
        }
    }
}

/// Whether nothing can be expected: the lander may be so low that dust hides the ground, or flew without its inertial unit.
fn hidden(pose: &Pose, dust_m: f64) -> bool {
    let (altitude_m, sigma_m) = pose.altitude_m;
    let low = altitude_m - 3.0 * sigma_m.min(100.0) < dust_m + NEAR_M;
    low || pose.blind_s > LOST_S
}

/// Whether an outcome is not what a unit delivers that has nothing to see.
fn odd(device: Device, slot: &Slot) -> bool {
    let nothing = if reports_silence(device) { Outcome::Empty } else { Outcome::Absent };
    slot.outcome() != nothing
}

fn model(stream: &Stream, rows: Vec<(Slot, Vec<f64>, Option<Met>)>, ln_weights: Vec<f64>) -> Model {
    let clock = Clock::new(stream.over, rows.iter().map(|(slot, ..)| slot.taken));
    let sets = ln_weights.len();
    let valid = (0..sets).map(|j| rows.iter().map(|(_, p, _)| p[j]).collect()).collect();
    let met = rows.iter().map(|(.., met)| *met).collect();
    let slots = rows.into_iter().map(|(slot, ..)| slot).collect();
    let device = stream.device;
    Model { device, slots, clock, ln_weights, valid, met, link: None, gate_m: f64::INFINITY }
}

fn ranging(stream: &Stream, slots: &[Slot], look: &Look<'_>, vehicle: &Vehicle) -> Model {
    let spec = &vehicle.rangefinder;
    let (link, gate_m) = (Link::new(spec), spec.range_m_max);
    let dust_m = look.dust_m();
    let mut rows = Vec::new();
    for slot in slots {
        let Some(pose) = look.pose(slot.taken) else { continue };
        if hidden(&pose, dust_m) {
            continue;
        }
        let met = look.met(&pose, &spec.p_BA_B, &spec.d_B, spec.range_m_max).map(|met| {
            let unsure_m = ALONG * met.target.range_m;
            let sigma_m = (met.sigma_m * met.sigma_m + unsure_m * unsure_m).sqrt();
            Met { sigma_m, ..met }
        });
        let strong = |(off, _): (f64, f64), (factor, _): (f64, f64)| {
            let health = Health { laser: factor, ..Health::HEALTHY };
            met.map_or(0.0, |met| detection(&link, gate_m, &met, off, &health))
        };
        let p: Vec<f64> =
            OFF.iter().flat_map(|off| STRENGTH.iter().map(move |s| strong(*off, *s))).collect();
        if p.iter().any(|p| *p > NEVER) || odd(Device::Rangefinder, slot) {
            rows.push((*slot, p, met));
        }
    }
    let weight = |off: f64, strength: f64| libm::log(off * strength);
    let ln_weights =
        OFF.iter().flat_map(|off| STRENGTH.iter().map(move |s| weight(off.1, s.1))).collect();
    Model { link: Some(link), gate_m, ..model(stream, rows, ln_weights) }
}

/// Probability of an echo with the trajectory `off` standard deviations off.
fn detection(link: &Link, gate_m: f64, met: &Met, off: f64, health: &Health) -> f64 {
    let range_m = met.target.range_m + off * met.sigma_m;
    if range_m <= 0.5 {
        return 0.5;
    }
    let soft_m = 5.0 + 0.3 * met.sigma_m + EDGE * range_m;
    let in_gate = below((gate_m - range_m) / soft_m);
    if in_gate < NEVER {
        return 0.0;
    }
    let incidence_rad = libm::acos(met.target.cos_incidence.clamp(-1.0, 1.0));
    let at = |turn_rad: f64| {
        let cos_incidence = libm::cos((incidence_rad + turn_rad).abs().min(1.5));
        link.echo(&Target { range_m, cos_incidence, ..met.target }, health).detection
    };
    in_gate * (at(-SLOPE_RAD) + at(0.0) + at(SLOPE_RAD)) / 3.0
}

impl Model {
    /// The same without the reports in these cycles.
    pub fn without(&self, places: &[u32]) -> Self {
        let keeps = |slot: &Slot| {
            slot.report.is_none_or(|report| places.binary_search(&report.place).is_err())
        };
        let kept: Vec<bool> = self.slots.iter().map(keeps).collect();
        let chosen = |k: &usize| kept[*k];
        let all = || (0..self.slots.len()).filter(chosen);
        let slots: Vec<Slot> = all().map(|k| self.slots[k]).collect();
        Self {
            device: self.device,
            clock: Clock::new(self.clock.over, slots.iter().map(|slot| slot.taken)),
            slots,
            ln_weights: self.ln_weights.clone(),
            valid: self.valid.iter().map(|p| all().map(|k| p[k]).collect()).collect(),
            met: all().map(|k| self.met[k]).collect(),
            link: self.link,
            gate_m: self.gate_m,
        }
    }

    /// ln of the probability of an outcome when a value has the probability `p`.
    fn ln_outcome(&self, outcome: Outcome, p: f64) -> f64 {
        let reports = reports_silence(self.device);
        let p = if p.is_nan() { p } else { p.clamp(NEVER, 1.0 - ALWAYS) };
        match outcome {
            Outcome::Unfit => libm::log(UNFIT),
            Outcome::Absent if reports || self.device == Device::Camera => libm::log(LOST),
            Outcome::Absent if p.is_nan() => 0.0,
            Outcome::Valid | Outcome::Empty if p.is_nan() => 0.0,
            Outcome::Absent | Outcome::Empty => libm::log(1.0 - p),
            Outcome::Valid => libm::log(p),
        }
    }

    /// ln of the probability of measurement `k` with nothing wrong, the unknowns averaged.
    pub fn ln_healthy(&self, k: usize) -> f64 {
        let outcome = self.slots[k].outcome();
        let sets = self.ln_weights.iter().zip(&self.valid);
        ln_sum(sets.map(|(weight, valid)| weight + self.ln_outcome(outcome, valid[k])))
    }

    /// With nothing wrong.
    fn nothing(&self) -> Nothing {
        let one = |(weight, valid): (&f64, &Vec<f64>)| {
            let rows = self.slots.iter().zip(valid);
            (*weight, rows.map(|(slot, p)| self.ln_outcome(slot.outcome(), *p)).collect())
        };
        Nothing::new(self.ln_weights.iter().zip(&self.valid).map(one))
    }

    /// The kinds of fault that silence, each with its gain.
    fn silencing(&self) -> Vec<Part> {
        let name = self.device.name();
        let nothing = self.nothing();
        let known = rig::severity::SEVERITIES.iter().filter(|severity| severity.on == name);
        let mut out = Vec::new();
        let mut weak: Option<Fit> = None;
        for kind in known.map(|severity| severity.kind) {
            let Some(hit) = self.hit(kind) else { continue };
            let base = nothing.ln_evidence();
            let alike = matches!(kind, "weak_surface" | "weak_laser" | "weak_receiver");
            // A weak link has a free strength of its own.
            let stride = if kind.starts_with("weak") { STRENGTH.len() } else { 1 };
            let fit = match weak.clone().filter(|_| alike) {
                Some(fit) => fit,
                None => fitted(name, kind, |numbers| {
                    let probability = |j: usize, k: usize| hit(numbers, j, k);
                    nothing.instead(&self.clock.axis, stride, probability)
                }),
            };
            weak = if alike { Some(fit.clone()) } else { weak };
            let (from, until) = self.clock.window(&fit.acting);
            let gain = fit.ln_evidence - base;
            let numbers = fit.numbers;
            let seen = self.seen(kind, from.0, until);
            let kind = Some(kind);
            out.push(Part { kind, aspects: PRESENCE, gain, numbers, from, until, seen });
        }
        out.push(self.unknown(nothing.ln_evidence()));
        out
    }

    /// ln of the probability of measurement `k` under a kind of fault: numbers, set of unknowns, measurement.
    fn hit<'m>(&'m self, kind: &str) -> Option<Hit<'m>> {
        let reports = reports_silence(self.device);
        let only = |wanted: Outcome| -> Hit<'m> {
            Box::new(
                move |_, _, k| {
                    if self.slots[k].outcome() == wanted { 0.0 } else { CONTRADICTED }
                },
            )
        };
        let informed = !self.valid.iter().flatten().all(|p| p.is_nan());
        match kind {
            "not_enabled" => Some(only(Outcome::Absent)),
            "dead" if reports && !informed => None,
            "dead" => Some(only(if reports { Outcome::Empty } else { Outcome::Absent })),
            "unfit" => Some(only(Outcome::Unfit)),
            "dropout" => Some(Box::new(move |numbers, j, k| {
                let share = numbers.first().copied().unwrap_or(0.5);
                self.dropped(share, self.slots[k].outcome(), self.valid[j][k])
            })),
            "range_limit" if self.link.is_some() => Some(Box::new(move |numbers, j, k| {
                let limit_m = numbers.first().copied().unwrap_or(f64::INFINITY);
                let p = self.valid[j][k] * self.within(limit_m, j, k);
                self.ln_outcome(self.slots[k].outcome(), p)
            })),
            "weak_surface" | "weak_laser" | "weak_receiver" | "weak_at_speed" => {
                self.link.as_ref()?;
                let at_speed = kind == "weak_at_speed";
                Some(Box::new(move |numbers, j, k| {
                    let factor = numbers.first().copied().unwrap_or(1.0);
                    self.ln_outcome(self.slots[k].outcome(), self.weak(factor, at_speed, j, k))
                }))
            }
            _ => None,
        }
    }

    /// ln of the probability of an outcome when a share of the readings is lost.
    fn dropped(&self, share: f64, outcome: Outcome, p: f64) -> f64 {
        let lost = if reports_silence(self.device) { Outcome::Empty } else { Outcome::Absent };
        if p.is_nan() && reports_silence(self.device) {
            return self.ln_outcome(outcome, p);
        }
        let p = if p.is_nan() { 1.0 - ALWAYS } else { p.clamp(NEVER, 1.0 - ALWAYS) };
        match outcome {
            _ if outcome == lost => libm::log(share + (1.0 - share) * (1.0 - p)),
            Outcome::Valid => libm::log((1.0 - share) * p),
            Outcome::Empty => libm::log(1.0 - share),
            other => self.ln_outcome(other, p),
        }
    }

    /// Probability that a range is within a limit.
    fn within(&self, limit_m: f64, j: usize, k: usize) -> f64 {
        let off = OFF[j / STRENGTH.len()].0;
        let Some(met) = self.met[k] else { return 0.0 };
        let expected_m = met.target.range_m + off * met.sigma_m;
        let soft_m = 5.0 + 0.3 * met.sigma_m + EDGE * expected_m;
        let read_m = self.slots[k].valid().map(|report| report.value[0]);
        match read_m.filter(|read_m| (read_m - expected_m).abs() < 6.0 * soft_m) {
            Some(read_m) => below((limit_m - read_m) / 1.0),
            None => below((limit_m - expected_m) / soft_m),
        }
    }

    /// Probability of an echo from a weak link.
    fn weak(&self, factor: f64, at_speed: bool, j: usize, k: usize) -> f64 {
        let (off, strength) = (OFF[j / STRENGTH.len()].0, STRENGTH[j % STRENGTH.len()].0);
        let (Some(link), Some(met)) = (&self.link, self.met[k]) else { return 0.0 };
        let left = left(factor, at_speed);
        let health = Health { laser: strength * left.laser, ..left };
        // A link that is as good as healthy is that: no need to work it out.
        if factor >= 1.0 && at_speed {
            return self.valid[j][k];
        }
        detection(link, self.gate_m, &met, off, &health)
    }

    /// Something that the library does not hold: shares of outcomes that are free in each of some stretches.
    fn unknown(&self, base: f64) -> Part {
        let healthy: Vec<f64> = (0..self.slots.len()).map(|k| self.ln_healthy(k)).collect();
        // Dirichlet's law with one half each, summed in closed form.
        let free = stretches(&healthy, |within| {
            let mut seen = [0.5; 4];
            let mut sum = 0.0;
            for slot in &self.slots[within] {
                let place = slot.outcome() as usize;
                sum += libm::log(seen[place] / seen.iter().sum::<f64>());
                seen[place] += 1.0;
            }
            sum
        });
        let text = format!(
            "Whether the {} answers follows none of the failures that the library holds.",
            self.device.name()
        );
        let ln = |j: usize, k: usize| self.ln_outcome(self.slots[k].outcome(), self.valid[j][k]);
        let base = sound(&self.ln_weights, self.slots.len(), ln).max(base);
        let gain = free - base - LN_LOOKS;
        // Only what is expected of a beam hangs on the ground and the strength of its echo.
        let sees_ground = reports_silence(self.device);
        Part {
            kind: None,
            aspects: PRESENCE,
            gain: if sees_ground { flexible(gain) } else { gain },
            numbers: Vec::new(),
            from: (self.clock.over.0, 0.0),
            until: None,
            seen: vec![Seen { t: None, grade: Grade::Derived, text }],
        }
    }

    /// What the outcomes show between two times.
    fn seen(&self, kind: &str, from: Time, until: Option<Time>) -> Vec<Seen> {
        let within =
            |slot: &&Slot| slot.taken >= from && until.is_none_or(|until| slot.taken < until);
        let (mut count, mut expected) = ([0_u32; 4], 0.0);
        for (k, slot) in self.slots.iter().enumerate().filter(|(_, slot)| within(slot)) {
            count[slot.outcome() as usize] += 1;
            let sets = self.ln_weights.iter().zip(&self.valid);
            expected += sets.map(|(weight, valid)| libm::exp(*weight) * valid[k]).sum::<f64>();
        }
        let [absent, empty, unfit, valid] = count;
        let name = self.device.name();
        let mut text = format!(
            "Of {} measurements of the {name} that say something about `{kind}`, {valid} carry a value",
            absent + empty + unfit + valid
        );
        if !expected.is_nan() {
            text += &format!(" where {expected:.0} were to be expected");
        }
        text +=
            &format!("; {empty} found nothing, {absent} are missing, {unfit} call the unit unfit.");
        let mut out = vec![Seen { t: Some(from), grade: Grade::Derived, text }];
        let first = self.slots.iter().filter(within).find_map(Slot::valid);
        if let Some(first) = first.filter(|first| first.value[0].is_finite()) {
            let unit = match self.device {
                Device::Rangefinder | Device::RadarAltimeter => " m",
                Device::Velocimeter => " m/s",
                _ => "",
            };
            let text = format!("First value of the {name}: {:.1}{unit}.", first.value[0]);
            out.push(Seen { t: Some(first.tag), grade: Grade::Measured, text });
        }
        out
    }
}

/// What a weak link is left with.
fn left(factor: f64, at_speed: bool) -> Health {
    match at_speed {
        true => Health { smear: factor, ..Health::HEALTHY },
        false => Health { laser: factor, ..Health::HEALTHY },
    }
}

/// What an explanation leaves of the link; `None` of one that is no weak link.
pub(crate) fn weak_link(part: &Part) -> Option<Health> {
    let factor = part.numbers.first()?.value;
    match part.kind? {
        "weak_at_speed" => Some(left(factor, true)),
        "weak_surface" | "weak_laser" | "weak_receiver" => Some(left(factor, false)),
        _ => None,
    }
}

/// The faults that silence, and one more where a second acts on top of the best.
pub(crate) fn parts(model: &Model) -> Vec<Part> {
    if model.slots.is_empty() {
        return Vec::new();
    }
    model.silencing()
}
