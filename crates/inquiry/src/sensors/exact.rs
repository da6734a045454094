//! Exact patterns: values that repeat to the last bit, one false value again and again, values cut off at a limit.
//!
//! Owns: [`Exact`]. Does not own: silence (`presence`), scatter (`scatter`).
//! Nature does not repeat itself: that a reading has exactly the value of the one before has the probability of one step of
//! its counter within its noise, and of one bit where it has no counter. As programmed, for each measurement:
//!     stuck        a value, and that of the one before, to the bit; nothing else
//!     ghost        the commonest value, to the bit, in a share p of the measurements, whatever there is to see
//!     saturation   the largest value of all, to the bit, where more was to be seen, and never more
//! Where the trajectory says what was to be seen, the value must also be wrong, or beyond the limit. A value where the
//! measurements around it have none is as improbable as they say.
//! The patterns are there whether or not the library has a fault that makes them; their sum, each with the same share
//! ([`LN_LOOKS`]), is the evidence for something that it does not hold.
//! Refuses: several false values, several limits.

use super::part::{Nothing, PRESENCE, Part, VALUES, exact, fitted};
use super::presence::Model;
use super::stream::{Outcome, Report};
use super::window::{acting, ln_sum};
use crate::finding::{Device, Grade, Seen};
use crate::library::LN_LOOKS;
use crate::prior;

/// ln of the probability that a value is one to the bit. Assumed where there is no counter.
const BIT: f64 = -15.0;
/// The same of a value that nothing speaks for.
const LEAST: f64 = -15.0;
/// Against a fault after which a measurement would have looked otherwise.
const CONTRADICTED: f64 = -20.0;
/// Values further from the expected one than this many standard deviations contradict.
const SIGMAS: f64 = 6.0;
/// Fewest equal values that are a pattern.
const FEWEST: usize = 4;
/// A device reports a value as often as it does in so many measurements before and after, the false ones apart. Assumed: what
/// there is to see comes and goes slowly.
const AROUND: usize = 25;

/// One pattern as it explains the reports.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// What it explains.
    pub part: Part,
    /// Which one: `stuck`, `ghost` or `saturation`.
    look: &'static str,
    /// Whether the library has it for this device.
    pub known: bool,
}

/// Something that the library does not hold and that makes one of these patterns.
pub(crate) fn unnamed(patterns: &[Pattern]) -> Option<Pattern> {
    let best = patterns.iter().max_by(|a, b| a.part.gain.total_cmp(&b.part.gain))?;
    let gain = ln_sum(patterns.iter().map(|pattern| pattern.part.gain)) - LN_LOOKS;
    let part = Part { kind: None, gain, numbers: Vec::new(), ..best.part.clone() };
    (gain > 0.0).then(|| Pattern { part, ..best.clone() })
}

/// What the trajectory says of a value: how far it is off, and the standard deviation of that, SI.
pub(crate) type Off = Option<(f64, f64)>;

/// The measurements of a device, marked.
pub(crate) struct Exact<'m> {
    model: &'m Model,
    off: &'m [Off],
    /// Step of the counter over the noise of a difference; `None` for a device without a counter.
    step: Option<f64>,
    /// Values like the one before; the commonest one; the largest one.
    repeated: Vec<bool>,
    ghost: Option<u64>,
    limit: Option<f64>,
    /// ln of the probability of a value, by what the other measurements around have.
    ln_around: Vec<f64>,
}

/// Step of a device's counter, as a share of the noise of one reading.
pub(crate) fn step(device: Device, vehicle: &truth::vehicle::Vehicle) -> Option<f64> {
    let share = match device {
        Device::Rangefinder => vehicle.rangefinder.quantum_m / vehicle.rangefinder.sigma_m,
        Device::Gauge => vehicle.gauge.as_ref().map(|unit| unit.quantum_kg / unit.sigma_kg)?,
        _ => return None,
    };
    (share > 0.0 && share.is_finite()).then_some(share)
}

/// ln of the share of values among the `other` measurements around each.
fn around(slots: &[super::stream::Slot], other: impl Fn(&super::stream::Slot) -> bool) -> Vec<f64> {
    let mut before = vec![[0usize; 2]];
    let mut sum = [0; 2];
    for slot in slots {
        let counts = usize::from(other(slot));
        sum = [sum[0] + counts, sum[1] + counts * usize::from(slot.valid().is_some())];
        before.push(sum);
    }
    let one = |k: usize| {
        let (first, last) = (k.saturating_sub(AROUND), (k + AROUND + 1).min(slots.len()));
        let [all, valid] = [0, 1].map(|n| before[last][n] - before[first][n]);
        libm::log((valid + 1) as f64 / (all + 1) as f64)
    };
    (0..slots.len()).map(one).collect()
}

impl<'m> Exact<'m> {
    /// Marks the measurements of a model; `off`: one for each.
    pub fn new(model: &'m Model, off: &'m [Off], step: Option<f64>) -> Self {
        let mut repeated = Vec::with_capacity(model.slots.len());
        let mut before: Option<u64> = None;
        let mut values: Vec<u64> = Vec::new();
        let mut largest: Vec<f64> = Vec::new();
        for slot in &model.slots {
            let bits = slot.valid().map(|report| report.bits);
            repeated.push(bits.is_some() && bits == before);
            before = bits.or(before);
            values.extend(bits);
            largest.extend(slot.valid().map(|report| report.largest).filter(|x| x.is_finite()));
        }
        values.sort_unstable();
        let runs = values.chunk_by(|a, b| a == b);
        let ghost = runs.max_by_key(|run| run.len()).filter(|run| run.len() >= FEWEST);
        let most = largest.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let cut = largest.iter().filter(|x| x.total_cmp(&most).is_eq()).count() >= FEWEST;
        let ghost = ghost.map(|run| run[0]);
        let other = |slot: &super::stream::Slot| {
            slot.valid().map(|report| report.bits).is_none_or(|bits| ghost != Some(bits))
        };
        let ln_around = around(&model.slots, other);
        Self { model, off, step, repeated, ghost, limit: cut.then_some(most), ln_around }
    }

    fn is_ghost(&self, report: &Report) -> bool {
        self.ghost == Some(report.bits)
    }

    fn is_cut(&self, report: &Report) -> bool {
        self.limit.is_some_and(|limit| report.largest.total_cmp(&limit).is_eq())
    }

    /// ln of the probability that a healthy reading is there and has exactly its value, given that it is marked.
    fn ln_value(&self, k: usize) -> f64 {
        let ghost = self.model.slots[k].valid().is_some_and(|report| self.is_ghost(report));
        let there = if ghost { self.ln_around[k] } else { 0.0 };
        there + self.ln_exactly(k)
    }

    /// The same of a reading that is there.
    fn ln_exactly(&self, k: usize) -> f64 {
        let step = self.step.map_or(BIT, |step| libm::log(step / 3.545)); // two readings: 2√π
        match self.off[k] {
            Some((off, sigma)) => (step - 0.5 * (off / sigma) * (off / sigma)).max(LEAST),
            None => step,
        }
    }

    /// ln of the probability of each measurement with nothing wrong.
    fn healthy(&self) -> Vec<f64> {
        let one = |k: usize| {
            let marked = self.model.slots[k].valid().is_some_and(|report| {
                self.repeated[k] || self.is_ghost(report) || self.is_cut(report)
            });
            self.model.ln_healthy(k) + if marked { self.ln_value(k) } else { 0.0 }
        };
        (0..self.model.slots.len()).map(one).collect()
    }

    /// What there is of repetition, of a false value and of a limit.
    pub fn patterns(&self) -> Vec<Pattern> {
        let (model, name) = (self.model, self.model.device.name());
        let any = self.repeated.iter().filter(|again| **again).count() + 1 >= FEWEST;
        if !(any || self.ghost.is_some() || self.limit.is_some()) {
            return Vec::new();
        }
        let healthy = self.healthy();
        let mut out = Vec::new();
        if any {
            out.push(self.stuck(&healthy));
        }
        if let Some(bits) = self.ghost {
            out.extend(self.ghosts(&healthy, bits));
        }
        if let Some(limit) = self.limit {
            out.push(self.saturated(&healthy, limit));
        }
        out.retain(|part| part.gain.is_finite() && !model.slots.is_empty());
        let pattern = |part: Part| {
            let look = part.kind.unwrap_or_default();
            let severities = rig::severity::SEVERITIES.iter();
            let known = severities.into_iter().any(|one| one.on == name && one.kind == look);
            Pattern { part, look, known }
        };
        out.into_iter().map(pattern).collect()
    }

    fn part(
        &self,
        kind: &'static str,
        aspects: u8,
        acts: &super::window::Acting,
        (gain, text): (f64, String),
    ) -> Part {
        let (from, until) = self.model.clock.window(acts);
        let seen = vec![Seen { t: Some(from.0), grade: Grade::Measured, text }];
        Part { kind: Some(kind), aspects, gain, numbers: Vec::new(), from, until, seen }
    }

    fn stuck(&self, healthy: &[f64]) -> Part {
        let mut any = false;
        let one = |(k, slot): (usize, &super::stream::Slot)| {
            let first = !any && slot.valid().is_some();
            any |= first;
            let held = match slot.outcome() {
                Outcome::Valid if self.repeated[k] => 0.0,
                // The first good value stays; it must be a true one.
                Outcome::Valid if first => {
                    let wrong = self.off[k].is_some_and(|(off, sigma)| off.abs() > SIGMAS * sigma);
                    healthy[k] + if wrong { CONTRADICTED } else { 0.0 }
                }
                Outcome::Valid | Outcome::Unfit => CONTRADICTED,
                Outcome::Empty if any => CONTRADICTED,
                Outcome::Empty | Outcome::Absent => healthy[k],
            };
            held - healthy[k]
        };
        let l: Vec<f64> = self.model.slots.iter().enumerate().map(one).collect();
        let acts = acting(&self.model.clock.axis, &l);
        let n = self.repeated.iter().filter(|again| **again).count();
        let name = self.model.device.name();
        let text = format!("{n} readings of the {name} repeat the one before to the last bit.");
        let gain = acts.ln_evidence;
        self.part("stuck", PRESENCE | VALUES, &acts, (gain, text))
    }

    fn ghosts(&self, healthy: &[f64], bits: u64) -> Option<Part> {
        let name = self.model.device.name();
        let mut found = self.model.slots.iter().filter_map(|slot| slot.valid());
        let value = found.find(|report| report.bits == bits)?.value[0];
        let nothing = Nothing::new(std::iter::once((0.0, healthy.to_vec())));
        let base = nothing.ln_evidence();
        let fit = fitted(name, "ghost", |numbers| {
            let share = numbers.first().copied().unwrap_or(0.5);
            nothing.instead(&self.model.clock.axis, 1, |_, k| {
                let slot = &self.model.slots[k];
                match slot.valid() {
                    Some(report) if self.is_ghost(report) => libm::log(share),
                    Some(_) => libm::log(1.0 - share) + healthy[k],
                    None if slot.outcome() == Outcome::Empty => libm::log(1.0 - share) + healthy[k],
                    None => healthy[k],
                }
            })
        });
        let typical = prior::sizes(name, "ghost").get(1).map_or(f64::NAN, |size| size.typical);
        let other = typical.is_nan() || (value - typical).abs() > 1e-4 * typical.abs().max(1.0);
        // A value that the library does not know beforehand is free: the first reading that has it says nothing.
        let penalty = if other { -BIT } else { 0.0 };
        let n = self.model.slots.iter().filter_map(|slot| slot.valid());
        let n = n.filter(|report| self.is_ghost(report)).count();
        let text = format!(
            "{n} readings of the {name} are {value} to the last bit, whatever the readings between them are."
        );
        let gain = fit.ln_evidence - base - penalty;
        let mut part = self.part("ghost", PRESENCE | VALUES, &fit.acting, (gain, text));
        part.numbers = fit.numbers;
        if let Some(number) = part.numbers.get_mut(1) {
            number.value = value;
        }
        Some(part)
    }

    fn saturated(&self, healthy: &[f64], limit: f64) -> Part {
        let name = self.model.device.name();
        let one = |(k, slot): (usize, &super::stream::Slot)| {
            let Some(report) = slot.valid() else { return 0.0 };
            let expected = self.off[k].map(|(off, sigma)| (report.value[0] - off, sigma));
            let (cut, seen) = (self.is_cut(report), report.largest);
            let right = expected.is_none_or(|(value, sigma)| match cut {
                true => value >= limit - SIGMAS * sigma,
                false => value <= limit + SIGMAS * sigma,
            });
            match (cut, right) {
                (_, false) => CONTRADICTED,
                (true, true) => -self.ln_value(k),
                (false, true) if seen > limit => CONTRADICTED,
                (false, true) => 0.0,
            }
        };
        let l: Vec<f64> = self.model.slots.iter().enumerate().map(one).collect();
        debug_assert_eq!(l.len(), healthy.len());
        let acts = acting(&self.model.clock.axis, &l);
        let (numbers, ln_prior) = exact(name, "saturation", &[(limit, 1e-3 * limit.abs())]);
        let n = self.model.slots.iter().filter_map(|slot| slot.valid());
        let n = n.filter(|report| self.is_cut(report)).count();
        let text = format!("{n} readings of the {name} end at {limit} exactly, none is larger.");
        let gain = acts.ln_evidence + ln_prior;
        Part { numbers, ..self.part("saturation", VALUES, &acts, (gain, text)) }
    }

    /// Places in `Evidence::cycles` of the readings that a pattern makes worthless.
    pub fn worthless(&self, Pattern { part, look, .. }: &Pattern) -> Vec<u32> {
        let within =
            |t: icd::time::Time| t >= part.from.0 && part.until.is_none_or(|until| t < until);
        let marked = |(k, slot): (usize, &super::stream::Slot)| {
            let report = slot.valid().filter(|_| within(slot.taken))?;
            let worthless = match *look {
                "stuck" => self.repeated[k],
                "ghost" => self.is_ghost(report),
                "saturation" => self.is_cut(report),
                _ => false,
            };
            worthless.then_some(report.place)
        };
        self.model.slots.iter().enumerate().filter_map(marked).collect()
    }
}
