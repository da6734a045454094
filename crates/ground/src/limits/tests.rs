//! Limits by phase, and patience.

use super::*;

const KEYS: &[(&str, &str)] =
    &[("nav.tilt_rad", "nav.tilt_rad"), ("station.1.cn0_dBHz", "station.cn0_dBHz")];

fn t(ms: i64) -> Time {
    Time::from_tai_ns(ms * 1_000_000)
}

fn with(change: impl FnOnce(&mut LimitOverride)) -> Result<Limits, LimitError> {
    let mut written = LimitOverride { key: "nav.tilt_rad".to_string(), ..LimitOverride::default() };
    change(&mut written);
    Limits::new(KEYS, &[written])
}

#[test]
fn a_limit_holds_in_its_phases_alone_and_the_plan_goes_before_the_dictionary() {
    let limits = Limits::new(KEYS, &[]).unwrap();
    assert_eq!(limits.level(0, Phase::Terminal, 0.5), Level::Yellow);
    assert_eq!(limits.level(0, Phase::Terminal, f64::NAN), Level::Red);
    assert_eq!(limits.level(0, Phase::Braking, 1.5), Level::Normal);
    assert_eq!(limits.level(1, Phase::OrbitCoast, 20.0), Level::Red);
    let limits = with(|l| {
        l.phases = vec!["braking".to_string()];
        l.red_high = Some(1.0);
    })
    .unwrap();
    assert_eq!(limits.level(0, Phase::Braking, 1.5), Level::Red);
    assert_eq!(limits.level(0, Phase::Terminal, 0.5), Level::Yellow);
    assert_eq!(limits.rules(0)[0].limit.persistence_s, 1.0);
}

#[test]
fn limits_of_a_plan_that_make_no_sense_are_named() {
    let said = |change: fn(&mut LimitOverride)| with(change).unwrap_err().to_string();
    assert!(said(|l| l.key = "nav.mood".to_string()).contains("no such parameter"));
    assert!(said(|l| l.phases = vec!["lunch".to_string()]).contains("no phase \"lunch\""));
    let crossed = said(|l| (l.yellow_high, l.red_high) = (Some(2.0), Some(1.0)));
    assert_eq!(crossed, "limits[0] of nav.tilt_rad: yellow_high = 2 lies beyond red_high = 1");
    assert!(said(|l| l.persistence_s = Some(-1.0)).contains("-1 lies outside [0, 3600]"));
}

#[test]
fn an_alarm_needs_patience_both_ways_and_late_samples_move_nothing() {
    let mut watch = Watch::default();
    let mut hear = |ms, level| watch.hear(t(ms), level, Span::from_ms(500));
    use Verdict::{Clear, Raise, Same};
    assert_eq!(hear(0, Level::Yellow), Same);
    assert_eq!(hear(400, Level::Normal), Same);
    assert_eq!(hear(500, Level::Yellow), Same); // begins anew
    assert_eq!(hear(900, Level::Red), Same);
    assert_eq!(hear(450, Level::Red), Same); // late
    assert_eq!(hear(1_000, Level::Red), Raise(Level::Yellow));
    assert_eq!(hear(1_400, Level::Red), Raise(Level::Red));
    assert_eq!(hear(2_000, Level::Yellow), Same);
    assert_eq!(hear(2_100, Level::Normal), Same);
    assert_eq!(hear(2_600, Level::Normal), Clear);
    assert_eq!(hear(9_000, Level::Normal), Same);
}

#[test]
fn after_a_restart_the_first_good_value_clears_what_stood_before() {
    let mut watch = Watch::default();
    assert_eq!(watch.hear(t(0), Level::Normal, Span::default()), Verdict::Clear);
    assert_eq!(watch.hear(t(1), Level::Normal, Span::default()), Verdict::Same);
}
