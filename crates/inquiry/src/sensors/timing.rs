//! When a device's reports come: late readings and wrong time tags.
//!
//! Owns: [`timing`]. Does not own: the reports (`stream`).
//! A report comes in the first cycle that is not before its measurement plus the latency; both stand on the grid of cycles,
//! so the time from tag to arrival is always the same. One that is later by λ has a true tag; a tag that is off by δ makes
//! the same report seem to come later by −δ. What tells them apart: an arrival lies on the grid of cycles and a delay is a
//! whole number of them, a wrong tag is any; a delay is never negative; a delay that begins leaves a pause as long as
//! itself, a wrong tag none; a tag before the first cycle cannot be a true one.
//! When a delay ends, what was on its way comes out one report a cycle.
//! A time that is off without a fault of the library for it is one of some thousand, the same for all reports of a window
//! or each report's own.

use super::part::{Clock, Part, TIMING, exact};
use super::presence::LOST;
use super::stream::{Report, Stream};
use super::window::{acting, ln_add};
use crate::finding::{Grade, Seen};
use crate::library::LN_LOOKS;
use crate::prior;
use icd::bus::CYCLE;
use icd::time::Span;

/// ln of the ratio with which a report of the right delay speaks for the fault. Assumed: one report in three million has
/// another delay for no reason; for all reports together no more than the second figure.
const REPORT: f64 = 15.0;
const ALL: f64 = 1500.0;
/// ln of how many delays there are. Assumed: a hundred seconds, in tenths.
const DELAYS: f64 = 6.9;
/// Fewest reports with a wrong delay that are looked at.
const FEWEST: usize = 3;

/// What the reports' times show, and what is added to a report's tag to have the time of its measurement, with what later
/// it came, under the best explanation.
pub(crate) struct Timing {
    /// Explanations, best first; none where nothing is wrong.
    pub parts: Vec<Part>,
    /// Whether the best one is a delay, and by how much; else a wrong tag, by how much.
    late: Option<Span>,
    offset: Option<Span>,
}

/// Time from tag to arrival beyond the specified.
fn excess(stream: &Stream, report: &Report) -> Span {
    Span::from_ns((report.arrival - report.tag).ns() - stream.latency.ns())
}

/// Looks at the times of all reports; `held`: whether the library has what a part says.
pub(crate) fn timing(stream: &Stream, held: impl Fn(&Part) -> bool) -> Timing {
    let healthy = Timing { parts: Vec::new(), late: None, offset: None };
    let mut odd: Vec<i64> = stream
        .reports
        .iter()
        .map(|report| excess(stream, report).ns())
        .filter(|ns| *ns != 0)
        .collect();
    odd.sort_unstable();
    let all = odd.len();
    let runs = odd.chunk_by(|a, b| a == b);
    let Some(commonest) = runs.max_by_key(|run| run.len()).filter(|run| run.len() >= FEWEST) else {
        return healthy;
    };
    let excess_ns = commonest[0];
    let excess = Span::from_ns(excess_ns);
    let weight = REPORT.min(ALL / all as f64);
    let known = [late(stream, excess, weight), tagged(stream, excess, weight)];
    let mut parts: Vec<Part> = known.into_iter().flatten().filter(held).collect();
    parts.push(unknown(stream, excess, (all, weight)));
    parts.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let first = parts.first().and_then(|part| part.kind);
    Timing {
        late: (first == Some("latency")).then_some(excess),
        offset: (first == Some("time_tag")).then_some(Span::from_ns(-excess_ns)),
        parts,
    }
}

impl Timing {
    /// Places in `Evidence::cycles` of reports whose time is off for a reason that the library does not hold.
    pub fn unexplained(&self, stream: &Stream) -> Vec<u32> {
        let first = self.parts.first().filter(|part| part.kind.is_none() && part.gain > 0.0);
        let off = |report: &&Report| first.is_some() && excess(stream, report).ns() != 0;
        stream.reports.iter().filter(off).map(|report| report.place).collect()
    }

    /// How much later than specified a report of a measurement made at `t` arrives.
    pub fn late(&self, t: icd::time::Time) -> Span {
        let acts = |part: &&Part| t >= part.from.0 && part.until.is_none_or(|until| t < until);
        match (self.late, self.parts.first().filter(acts)) {
            (Some(late), Some(_)) => late,
            _ => Span::default(),
        }
    }

    /// What is to be added to a report's tag.
    pub fn ahead(&self, stream: &Stream, report: &Report) -> Span {
        match self.offset {
            Some(offset) if excess(stream, report).ns() == -offset.ns() => {
                Span::from_ns(-offset.ns())
            }
            _ => Span::default(),
        }
    }

    /// What the tags lack, s, if they are wrong.
    pub fn tags_lack_s(&self) -> Option<f64> {
        self.offset.map(|offset| -offset.s())
    }
}

/// The clock of arrivals as they ought to have been, and the ratios of one explanation.
fn judged(
    stream: &Stream,
    arrives: impl Fn(&Report) -> icd::time::Time,
    fits: impl Fn(usize) -> bool,
    weight: f64,
) -> (Clock, Vec<f64>) {
    let l = (0..stream.reports.len()).map(|k| {
        let right = excess(stream, &stream.reports[k]).ns() == 0;
        match (fits(k), right) {
            (true, _) => weight,
            (false, true) => -weight,
            (false, false) => 0.0,
        }
    });
    let l: Vec<f64> = l.collect();
    let start = stream.over.0;
    let times = stream.reports.iter().map(|report| arrives(report).max(start));
    (Clock::new(stream.over, times), l)
}

/// A delay; nothing where it would be none: negative, or no whole number of cycles.
fn late(stream: &Stream, late: Span, weight: f64) -> Option<Part> {
    let ((numbers, ln_prior), name) =
        sized(stream, "latency", late.s().max(1e-9), 0.25 * CYCLE.s())?;
    if late.ns() < 0 || late.ns() % CYCLE.ns() != 0 {
        return None;
    }
    let reports = &stream.reports;
    let fits = |k: usize| {
        let own = excess(stream, &reports[k]).ns();
        let drained = k > 0 && (reports[k].arrival - reports[k - 1].arrival).ns() <= CYCLE.ns();
        own == late.ns() || (drained && own > 0 && own < late.ns())
    };
    let (clock, l) = judged(stream, |report| report.tag + stream.latency, fits, weight);
    let acts = acting(&clock.axis, &l);
    // A report that claims to be older than the first cycle has a wrong tag.
    let old = (0..reports.len()).filter(|k| fits(*k) && reports[*k].tag < stream.over.0).count();
    let gain = acts.ln_evidence + ln_prior - old as f64 * REPORT;
    let (from, until) = clock.window(&acts);
    let n = (0..reports.len()).filter(|k| fits(*k)).count();
    let text = format!(
        "{n} of {} reports of the {name} come {:.2} s later than its latency allows.",
        reports.len(),
        late.s()
    );
    let seen = vec![Seen { t: Some(from.0), grade: Grade::Measured, text }];
    Some(Part { kind: Some("latency"), aspects: TIMING, gain, numbers, from, until, seen })
}

fn tagged(stream: &Stream, excess_span: Span, weight: f64) -> Option<Part> {
    let reports = &stream.reports;
    let offset_s = -excess_span.s();
    let ((numbers, ln_prior), name) = sized(stream, "time_tag", offset_s, 0.25 * CYCLE.s())?;
    let fits = |k: usize| excess(stream, &reports[k]).ns() == excess_span.ns();
    let (clock, l) =
        judged(stream, |report| report.tag + excess_span + stream.latency, fits, weight);
    let acts = acting(&clock.axis, &l);
    let (from, until) = clock.window(&acts);
    // Where a delay begins no report comes for as long; where tags go wrong those reports would have been lost by chance.
    let first = (0..reports.len()).find(|k| fits(*k));
    let lost = first.map_or(0, |k| {
        let before = if k == 0 {
            stream.over.0 - Span::from_ns(stream.period.ns() - stream.latency.ns())
        } else {
            reports[k - 1].arrival
        };
        let pause = reports[k].arrival - before;
        let as_long = excess_span.ns() >= stream.period.ns()
            && pause.ns() >= stream.period.ns() + excess_span.ns() / 2
            && pause.ns() <= 2 * stream.period.ns() + excess_span.ns();
        if as_long { pause.ns() / stream.period.ns() - 1 } else { 0 }
    });
    let gain = acts.ln_evidence + ln_prior - libm::log(2.0) + lost as f64 * libm::log(LOST);
    let n = (0..reports.len()).filter(|k| fits(*k)).count();
    let text = format!(
        "The time tags of {n} of {} reports of the {name} are {:.3} s away from where its latency puts them.",
        reports.len(),
        offset_s
    );
    let seen = vec![Seen { t: Some(from.0), grade: Grade::Measured, text }];
    Some(Part { kind: Some("time_tag"), aspects: TIMING, gain, numbers, from, until, seen })
}

/// Numbers of a kind with ln of the prior's mass for them; nothing where the device cannot fail so.
fn sized(
    stream: &Stream,
    kind: &str,
    value: f64,
    sigma: f64,
) -> Option<((Vec<crate::finding::Fitted>, f64), &'static str)> {
    let name = stream.device.name();
    let known = !prior::sizes(name, kind).is_empty();
    known.then(|| (exact(name, kind, &[(value, sigma)]), name))
}

/// Times of any kind: the commonest delay in one window, or each report's its own.
fn unknown(stream: &Stream, commonest: Span, (odd, weight): (usize, f64)) -> Part {
    let reports = &stream.reports;
    let fits = |k: usize| excess(stream, &reports[k]).ns() == commonest.ns();
    let (clock, l) = judged(stream, |report| report.tag + commonest + stream.latency, fits, weight);
    let common = acting(&clock.axis, &l);
    // Whether a report is off, each with the same unknown chance, and then one of all delays; both as much as all reports
    // may say.
    let (hits, others) = (odd as f64, (reports.len() - odd) as f64);
    let ln_beta = |a: f64, b: f64| libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let chance = ln_beta(hits + 0.5, others + 0.5) - ln_beta(0.5, 0.5);
    let own = weight / REPORT * (hits * (REPORT - DELAYS) + chance);
    let text = format!(
        "{odd} of {} reports of the {} come at times that its latency does not allow.",
        stream.reports.len(),
        stream.device.name()
    );
    let seen = vec![Seen { t: None, grade: Grade::Measured, text }];
    let (from, until) = clock.window(&common);
    let gain = ln_add(common.ln_evidence - DELAYS, own) - libm::log(2.0) - LN_LOOKS;
    Part { kind: None, aspects: TIMING, gain, numbers: Vec::new(), from, until, seen }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Outcome;
    use super::*;
    use crate::finding::Device;
    use icd::time::Time;

    /// A minute of ranges, ten a second, each later than specified by so many cycles.
    fn stream(late: impl Fn(i64) -> i64) -> Stream {
        let start = Time::default();
        let (period, latency) = (Span::from_ms(100), Span::from_ms(100));
        let report = |n: i64| {
            let tag = start + Span::from_ms(100 * n);
            let arrival = tag + latency + Span::from_ns(late(n) * CYCLE.ns());
            let (value, quaternion) = ([1000.0, f64::NAN, f64::NAN], [f64::NAN; 4]);
            let (place, outcome, bits) = ((5 * n) as u32, Outcome::Valid, 1);
            Report { place, arrival, tag, outcome, value, quaternion, bits, largest: 1000.0 }
        };
        let over = (start, start + Span::from_ms(65_000));
        let device = Device::Rangefinder;
        Stream { device, period, latency, over, reports: (0..600).map(report).collect() }
    }

    #[test]
    fn a_delay_is_named_and_outside_of_a_library_without_it() {
        let late = stream(|_| 95);
        let named = timing(&late, |_| true);
        assert_eq!(named.parts[0].kind, Some("latency"));
        assert!(named.unexplained(&late).is_empty());
        let unnamed = timing(&late, |part| part.kind.is_none());
        assert_eq!(unnamed.parts.len(), 1);
        assert!(unnamed.parts[0].gain > 0.9 * named.parts[0].gain);
        assert!(unnamed.parts[0].gain < named.parts[0].gain - 1.0);
        assert_eq!(unnamed.unexplained(&late).len(), 600);
        assert_eq!(unnamed.late(Time::default()), Span::default());
    }

    #[test]
    fn many_times_that_are_off_each_in_its_own_way_are_outside_of_the_library() {
        let strewn = stream(|n| 1 + (7 * n) % 31);
        let found = timing(&strewn, |_| true);
        assert_eq!(found.parts[0].kind, None, "{:?}", found.parts);
        assert!(found.parts[0].gain > 300.0, "{}", found.parts[0].gain);
        assert!(timing(&stream(|_| 0), |_| true).parts.is_empty());
    }
}
