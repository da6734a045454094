use super::*;
use crate::finding::Fitted;
use crate::sample::{self, Sample};
use icd::bus::CYCLE;
use icd::time::Span;
use rig::scenario::Dispersed;
use rig::scenario::fault::Fault as Written;
use truth::faulty::Moment;

fn told(sample: &Sample) -> (Account, Evidence) {
    let evidence = Evidence::read(&sample.record.packets);
    let replayed = Replayed::of(&sample.mission, &evidence);
    (account(&sample.mission, &evidence, &replayed, &Library::default(), None), evidence)
}

fn broken(on: &str, kind: &'static str, until_ms: Option<i64>) -> Sample {
    let fault = Written {
        on: on.into(),
        kind,
        numbers: Vec::<(String, Dispersed)>::new(),
        from: Moment::After(Span::from_ms(70_000)),
        from_drawn: None,
        until: until_ms.map(|ms| Moment::After(Span::from_ms(ms))),
        chance: None,
        one_of: None,
    };
    sample::with_faults(vec![fault], 80.0)
}

#[test]
fn a_healthy_flight_with_its_spreads_shows_no_fault() {
    let (account, _) = told(sample::healthy());
    assert!(account.findings.iter().all(|found| found.gain < 3.0), "{:?}", account.findings);
    assert_eq!(account.dry, None);
    let last = account.answers.last().unwrap();
    assert!((last.sensed_N / last.commanded_N - 1.0).abs() < 0.03, "{last:?}");
}

#[test]
fn an_assist_engine_that_dies_is_named_with_its_time() {
    let (account, evidence) = told(&broken("assist.2", "dead", None));
    let first = &account.findings[0];
    let named: Vec<(&str, &str)> =
        first.faults.iter().map(|fault| (&fault.cause.on[..], fault.cause.kind)).collect();
    assert!(named.contains(&("assist.2", "dead")), "{named:?} {}", first.gain);
    let fault = first.faults.iter().find(|fault| fault.cause.on == "assist.2").unwrap();
    let after_s = (fault.from.0 - evidence.cycles[0].sensors.t).s();
    assert!((after_s - 70.0).abs() < 0.05, "{after_s}");
}

#[test]
fn a_jet_that_stays_open_for_a_while_is_named_with_its_times() {
    let (account, evidence) = told(&broken("jet.5", "stuck_on", Some(73_000)));
    let first = account.findings.iter().find(|found| found.faults.len() == 1).unwrap();
    let fault = &first.faults[0];
    assert_eq!((&fault.cause.on[..], fault.cause.kind), ("jet.5", "stuck_on"));
    let start = evidence.cycles[0].sensors.t;
    let times = [(fault.from.0 - start).s(), (fault.until.unwrap() - start).s()];
    assert!((times[0] - 70.0).abs() < 0.05 && (times[1] - 73.0).abs() < 0.05, "{times:?}");
}

#[test]
fn accelerometers_that_begin_to_be_off_are_named_and_no_engine() {
    let from = Moment::After(Span::from_ms(75_000));
    let numbers = [0.02, -0.02, 0.02];
    let fault = Written::of("accelerometers", "bias", &numbers, from, None).unwrap();
    let (account, evidence) = told(&sample::with_faults(vec![fault], 88.0));
    let fault = &account.findings[0].faults[0];
    assert_eq!((&fault.cause.on[..], fault.cause.kind), ("accelerometers", "bias"));
    let after_s = (fault.from.0 - evidence.cycles[0].sensors.t).s();
    assert!((after_s - 75.0).abs() < 0.11 && fault.until.is_none(), "{after_s} {fault:?}");
    for (number, flown) in fault.numbers.iter().zip(numbers) {
        assert!((number.value - flown).abs() < 0.1 * flown.abs(), "{number:?}");
    }
}

#[test]
fn an_engine_without_a_name_is_not_in_the_library() {
    let sample = broken("assist.2", "dead", None);
    let evidence = Evidence::read(&sample.record.packets);
    let replayed = Replayed::of(&sample.mission, &evidence);
    let kinds = ["dead", "scale", "drift", "noise", "saturation", "latency", "dropout"];
    let struck = kinds.map(|kind| ("assist".to_string(), kind.to_string()));
    let library = Library::without(&struck);
    let account = account(&sample.mission, &evidence, &replayed, &library, None);
    assert!(account.findings[0].faults.is_empty(), "{:?}", account.findings[0]);
}

#[test]
fn levels_keep_the_impulse_of_what_was_commanded() {
    let sample = sample::healthy();
    let evidence = Evidence::read(&sample.record.packets);
    let replayed = Replayed::of(&sample.mission, &evidence);
    let vehicle = sample.mission.stand.scenario.machine();
    let course = Course::of(&evidence, &replayed, evidence.cycles.len());
    let series = course.series(&vehicle, 3, &[]);
    let widths = replayed.commanded.iter().filter(|one| one.new_frame);
    let asked_s: f64 = widths.map(|one| f64::from(one.assist_on_us[2]) * 1e-6).sum();
    let given_s: f64 = series.level.iter().sum::<f64>() * CYCLE.s();
    assert!((given_s - asked_s).abs() < 0.2 && given_s > 10.0, "{given_s} of {asked_s}");
    // A gyro's differences sum up to the same.
    let turned_s: f64 = series.turning.iter().sum::<f64>() * CYCLE.s();
    assert!((turned_s - given_s).abs() < 0.02, "{turned_s}");
}

#[test]
fn nothing_is_said_of_nothing() {
    let mission = &sample::healthy().mission;
    let account =
        account(mission, &Evidence::default(), &Replayed::default(), &Library::default(), None);
    assert_eq!(account, Account::default());
}

#[test]
fn an_assist_engine_that_stays_open_is_named_though_it_was_nearly_open_before() {
    let (account, evidence) = told(&broken("assist.3", "stuck_on", None));
    let first = &account.findings[0];
    let fault = first.faults.first().unwrap();
    assert_eq!((&fault.cause.on[..], fault.cause.kind), ("assist.3", "stuck_on"));
    let after_s = (fault.from.0 - evidence.cycles[0].sensors.t).s();
    assert!((after_s - 70.0).abs() < 1.0, "{after_s}");
    assert!(account.unknown() < first.gain);
}

#[test]
fn what_went_on_after_contact_adds_to_what_was_found_before() {
    let fault = |on: &str, kind: &'static str| crate::finding::Fault {
        cause: crate::finding::Cause { on: on.to_string(), kind },
        numbers: Vec::new(),
        from: (Time::default(), 0.0),
        until: None,
    };
    let finding = |faults: Vec<crate::finding::Fault>, gain: f64| Finding {
        channel: Channel::Thrust,
        faults,
        gain,
        seen: Vec::new(),
    };
    let found = vec![finding(vec![fault("jet.1", "dead")], 20.0), finding(vec![], 9.0)];
    let mut before = Account { findings: found, ..Account::default() };
    before.join(&finding(vec![fault("main", "stuck_on")], 30.0));
    let told: Vec<(usize, f64)> =
        before.findings.iter().map(|one| (one.faults.len(), one.gain)).collect();
    assert_eq!(told, [(2, 50.0), (0, 39.0 - LN_LOOKS), (1, 30.0), (1, 20.0)]);
    // Seen in flight already: one fault.
    let found = vec![finding(vec![fault("main", "stuck_on")], 5.0)];
    let mut before = Account { findings: found, ..Account::default() };
    before.join(&finding(vec![fault("main", "stuck_on")], 30.0));
    assert_eq!(before.findings[0].gain, 35.0);
}

#[test]
fn an_engine_that_misses_pulses_is_named_with_their_share() {
    // Valve held open, told anew in every cycle; and one pulse a frame.
    for (on, share, seconds) in [("main", 0.3, 80.0), ("assist.2", 0.3, 88.0)] {
        let from = Moment::After(Span::from_ms(70_000));
        let fault = Written::of(on, "dropout", &[share], from, None).unwrap();
        let (account, evidence) = told(&sample::with_faults(vec![fault], seconds));
        let first = &account.findings[0];
        assert_eq!(first.faults.len(), 1, "{on}: {:?}", account.findings);
        let fault = &first.faults[0];
        assert_eq!((&fault.cause.on[..], fault.cause.kind), (on, "dropout"));
        let after_s = (fault.from.0 - evidence.cycles[0].sensors.t).s();
        assert!((after_s - 70.0).abs() < 1.0 && fault.until.is_none(), "{on}: {after_s}");
        let Fitted { value, sigma, .. } = &fault.numbers[0];
        assert!((value - share).abs() < 4.0 * sigma, "{on}: {value} ± {sigma}");
    }
}

#[test]
fn what_gives_next_to_nothing_is_dead() {
    let tried = |kind: Kind| Tried {
        thruster: 2,
        kind,
        sigma: 1e-3,
        from_s: 10.0,
        from_sigma_s: 0.0,
        until_s: None,
        at_best: 100.0,
        occam: -3.0 + scan::size("assist.1", kind, 1e-3),
    };
    let all = Kind::Rough(scan::Rough::Dropout(0.99));
    for kind in [Kind::Scale(0.04), Kind::Saturation(0.04), Kind::Drift(-23.6), all] {
        let named = guesses::named(tried(kind));
        assert_eq!(named.kind, Kind::Dead, "{kind:?}");
        assert!((named.occam + 3.0).abs() < 1e-9, "no number to be known: {}", named.occam);
    }
    for kind in [Kind::Scale(0.2), Kind::Drift(-1.0)] {
        assert_eq!(guesses::named(tried(kind)).kind, kind);
    }
}
