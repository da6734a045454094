//! The computer's restarts, as what was received shows them.
//!
//! Owns: [`findings`]. Does not own: gaps of the link (`evidence`), what the flight software does after a restart.
//! As programmed: cycles that were never computed leave a hole in the times and none in the numbers; that is an outage. A
//! cycle marked as the first after a power-up behind it says that the restart was cold. An outage of n cycles has lasted
//! for n − ½ ± 0.29 of them. A restart that the ground had ordered is no fault. That nothing was computed is certain, and
//! where the library has no name for it, that is said.
//! Refuses: restarts while the link was lost as well; what made the computer restart.

use crate::evidence::Evidence;
use crate::finding::{Cause, Channel, Device, Fault, Finding, Fitted, Grade, Seen};
use crate::library::{LN_LOOKS, Library};
use crate::replayed::Replayed;
use icd::bus::CYCLE;
use icd::events::Event;
use icd::time::{Span, Time};

/// Gain of what cannot be anything else.
const CERTAIN: f64 = 2000.0;
/// How long before an outage the order for it was read.
const ORDERED: Span = Span::from_ms(100);

/// Restarts that nobody ordered: one finding, all of them together; and one of something that the library does not hold.
pub fn findings(evidence: &Evidence, replayed: &Replayed, library: &Library) -> Vec<Finding> {
    let ordered = |t: Time| {
        let mut orders = replayed.events.iter().filter(|(_, event)| *event == Event::Rebooting);
        orders.any(|(at, _)| *at <= t && t - *at <= ORDERED)
    };
    let down = evidence.gaps.iter().filter(|gap| gap.lost == 0 && gap.before > 0);
    let mut finding = Finding {
        channel: Channel::Stream(Device::Computer),
        faults: Vec::new(),
        gain: CERTAIN,
        seen: Vec::new(),
    };
    for gap in down {
        let (last, first) = gap.between;
        let missing = (first - last).ns() / CYCLE.ns() - 1;
        if missing < 1 || ordered(last) {
            continue;
        }
        let cold = evidence.cycles.get(gap.before).is_some_and(|cycle| cycle.powered_up);
        let (kind, how) = if cold { ("cold_restart", "cold") } else { ("restart", "warm") };
        let from = last + CYCLE;
        let outage_s = (missing as f64 - 0.5) * CYCLE.s();
        let sigma = CYCLE.s() / libm::sqrt(12.0);
        let text = format!(
            "the computer computed nothing for {outage_s:.2} ± {sigma:.2} s: a {how} restart"
        );
        finding.faults.push(Fault {
            cause: Cause { on: "computer".to_owned(), kind },
            numbers: vec![Fitted { key: "outage_s".to_owned(), value: outage_s, sigma }],
            from: (from, sigma),
            until: None,
        });
        finding.seen.push(Seen { t: Some(from), grade: Grade::Measured, text });
    }
    if finding.faults.is_empty() {
        return Vec::new();
    }
    let (channel, seen) = (finding.channel, finding.seen.clone());
    let unnamed = Finding { channel, faults: Vec::new(), gain: CERTAIN - LN_LOOKS, seen };
    let named = library.allows(&finding).then_some(finding);
    named.into_iter().chain([unnamed]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{healthy, restarted, with_faults};
    use rig::scenario::fault::Fault as Written;
    use truth::faulty::Moment;

    #[test]
    fn an_outage_is_one_restart_with_its_time_and_length_and_a_healthy_computer_has_none() {
        let sample = restarted();
        let evidence = Evidence::read(&sample.record.packets);
        let replayed = Replayed::of(&sample.mission, &evidence);
        let found = findings(&evidence, &replayed, &Library::default());
        assert_eq!(found.len(), 2);
        assert!(found[1].faults.is_empty() && found[1].gain < found[0].gain);
        let struck = Library::without(&[("computer".into(), "cold_restart".into())]);
        assert_eq!(findings(&evidence, &replayed, &struck), found[1..], "cold, whatever it is");
        let fault = &found[0].faults[0];
        assert_eq!(fault.cause, Cause { on: "computer".to_owned(), kind: "cold_restart" });
        let after_s = (fault.from.0 - evidence.cycles[0].sensors.t).s();
        assert!((after_s - 20.0).abs() < 0.021, "{after_s}");
        let outage = &fault.numbers[0];
        assert!((outage.value - 0.3).abs() < 0.0101, "{outage:?}");
        let evidence = Evidence::read(&healthy().record.packets);
        let replayed = Replayed::of(&healthy().mission, &evidence);
        assert_eq!(findings(&evidence, &replayed, &Library::default()), vec![]);
    }

    #[test]
    fn a_warm_restart_is_called_as_the_library_calls_it() {
        let at = Moment::After(Span::from_s(20.0));
        let written = Written::of("computer", "restart", &[0.3], at, None).unwrap();
        let sample = with_faults(vec![written], 30.0);
        let mut evidence = Evidence::read(&sample.record.packets);
        // What a warm restart leaves of its power-up is for the flight software to say.
        evidence.cycles.iter_mut().for_each(|cycle| cycle.powered_up = false);
        let replayed = Replayed::of(&sample.mission, &evidence);
        let found = findings(&evidence, &replayed, &Library::default());
        let cause = &found[0].faults[0].cause;
        assert_eq!(cause.kind, "restart");
        assert!(Written::of(&cause.on, cause.kind, &[0.3], at, None).is_ok());
    }
}
