//! Each step of the ladder restores the link where only that step can; without it, it stays lost.

use super::*;

/// How long each trial lasts, s: the whole ladder and the search after it.
const TRIAL_S: f64 = 2400.0;

/// Whether the link of a standing lander is there in the last minute, and whether frames come.
fn ends(link: &Link, faults: &[Fault]) -> (bool, bool) {
    let standing = Standing::new();
    let t = frozen();
    let mut radio = standing.radio(link.clone(), faults.to_vec(), t);
    let (mut carrier, mut frames) = (false, false);
    for n in 0..(TRIAL_S as i32) {
        let view = radio.step(&standing.at(t + Span::from_s(f64::from(n)), 0.0));
        let path = &view.paths[0];
        if f64::from(n) >= TRIAL_S - 60.0 {
            carrier |= path.carrier_locked && path.cn0_dBHz.is_finite();
            frames |= path.frame_locked;
        }
    }
    (carrier, frames)
}

fn both_weak(loss_dB: f64) -> Vec<Fault> {
    let weak = |unit| fault(Device::Transmitter(unit), FaultKind::Weak { loss_dB });
    vec![weak(0), weak(1)]
}

/// C/N0 of the healthy lander to Goonhilly, dBHz.
fn healthy_dBHz() -> f64 {
    let standing = Standing::new();
    let mut radio = standing.radio(link(&["goonhilly"]), vec![], frozen());
    radio.step(&standing.at(frozen(), 0.0)).paths[0].cn0_dBHz
}

fn without(change: impl Fn(&mut Ladder)) -> Link {
    let mut link = link(&["goonhilly"]);
    change(&mut link.on_board.main.ladder);
    link
}

#[test]
fn a_lower_rate_brings_frames_back() {
    // 43 dBHz: 128 kbit/s need 54.8, 2 kbit/s 36.8.
    let weak = both_weak(healthy_dBHz() - 43.0);
    // The bare carrier would lead to the lowest rate too.
    assert_eq!(ends(&without(|ladder| ladder.carrier_s = None), &weak), (true, true));
    let neither = without(|ladder| (ladder.rate_s, ladder.carrier_s) = (None, None));
    assert!(!ends(&neither, &weak).1);
}

#[test]
fn the_other_antenna_brings_the_link_back() {
    let dead = [fault(Device::Antenna(0), FaultKind::Dead)];
    assert_eq!(ends(&without(|_| ()), &dead), (true, true));
    assert_eq!(ends(&without(|ladder| ladder.antenna_s = None), &dead), (false, false));
}

#[test]
fn the_other_transmitter_brings_the_link_back() {
    let dead = [fault(Device::Transmitter(0), FaultKind::Dead)];
    assert_eq!(ends(&without(|_| ()), &dead), (true, true));
    assert_eq!(ends(&without(|ladder| ladder.transmitter_s = None), &dead), (false, false));
}

#[test]
fn the_bare_carrier_is_heard_where_nothing_else_is() {
    // 29.5 dBHz: half of it in the carrier is 26.5, which no search finds; all of it is.
    let weak = both_weak(healthy_dBHz() - 29.5);
    assert_eq!(ends(&without(|_| ()), &weak), (true, false));
    assert_eq!(ends(&without(|ladder| ladder.carrier_s = None), &weak), (false, false));
}

#[test]
fn from_the_bare_carrier_it_comes_back_to_frames_and_climbs_to_its_rate() {
    let standing = Standing::new();
    let t = frozen();
    let weak = |fault: Fault| Fault { until: Some(Moment::After(Span::from_s(700.0))), ..fault };
    let faults = both_weak(healthy_dBHz() - 29.5).into_iter().map(weak).collect();
    let mut radio = standing.radio(link(&["goonhilly"]), faults, t);
    run(&standing, &mut radio, (t, 700.0), 1.0);
    // Ten minutes of silence, a search on the bare carrier, a word: frames at 500 bit/s, still too weak.
    let view = radio.view();
    assert_eq!((view.mode, view.main.rate), (Mode::Frames, 5));
    assert!(!view.paths[0].frame_locked);
    run(&standing, &mut radio, (t + Span::from_s(700.0), 200.0), 1.0);
    assert!(radio.view().paths[0].frame_locked && radio.view().main.rate == 5);
    // Four rates, five minutes each.
    run(&standing, &mut radio, (t + Span::from_s(900.0), 1200.0), 1.0);
    let view = radio.view();
    assert_eq!((view.main.rate, view.mode), (1, Mode::Frames));
    assert_eq!(view.rung.map(|(_, rung)| rung), Some(Rung::Rise));
}

#[test]
fn off_and_on_again_brings_the_link_back() {
    let hung = [fault(Device::Radio, FaultKind::Hung)];
    assert_eq!(ends(&without(|_| ()), &hung), (true, true));
    assert_eq!(ends(&without(|ladder| ladder.reboot_s = None), &hung), (false, false));
}

/// Whether frames come again after the station has set and risen.
fn through_the_night(listens: bool) -> bool {
    let standing = Standing::new();
    let mut link = link(&["goonhilly"]);
    if !listens {
        link.on_board.main.ladder.listen_s = None;
    }
    let t = frozen();
    let mut radio = standing.radio(link, vec![], t);
    let (mut set, mut again) = (false, false);
    for n in 0..(26 * 1800) {
        let view = radio.step(&standing.at(t + Span::from_s(2.0 * f64::from(n)), 0.0));
        set |= !view.paths[0].visible;
        again |= set && view.paths[0].frame_locked;
    }
    assert!(set);
    again
}

#[test]
fn listening_with_a_beacon_lives_through_the_hours_without_a_station() {
    // One station: it sets in the evening and rises again half a day later, when 800 Wh at 72 W are long gone.
    assert!(through_the_night(true));
    assert!(!through_the_night(false));
}

#[test]
fn a_healthy_link_takes_no_step() {
    let standing = Standing::new();
    let t = frozen();
    let mut radio = standing.radio(link(&["goonhilly"]), vec![], t);
    let end = run(&standing, &mut radio, (t, 3600.0), 1.0);
    let view = radio.view();
    assert_eq!((view.rung, view.mode), (None, Mode::Frames));
    assert!(view.silence_s < 5.0 && view.main.rate == 1 && end > t);
}

#[test]
fn a_deaf_receiver_is_a_silence_too_and_a_command_ends_it() {
    let standing = Standing::new();
    let t = frozen();
    let deaf = vec![fault(Device::Receiver, FaultKind::Dead)];
    let mut radio = standing.radio(link(&["goonhilly"]), deaf, t);
    run(&standing, &mut radio, (t, 130.0), 1.0);
    assert_eq!(radio.view().main.rate, 3, "two minutes, two rates");
    assert!(!radio.view().uplink_locked);
    radio.hear(t + Span::from_s(130.0));
    run(&standing, &mut radio, (t + Span::from_s(130.0), 50.0), 1.0);
    assert_eq!(radio.view().main.rate, 3, "what was found stays");
}

#[test]
fn rates_fall_by_four_each_minute_of_silence_to_the_lowest() {
    let standing = Standing::new();
    let t = frozen();
    let mut radio = standing.radio(link(&["new-norcia"]), vec![], t); // below its horizon
    let rates: Vec<f64> = (0..6)
        .map(|minute| {
            let at = t + Span::from_s(60.0 * f64::from(minute));
            radio.step(&standing.at(at, 0.0)).main.bit_rate_bit_s
        })
        .collect();
    assert_eq!(rates, [128e3, 32e3, 8e3, 2e3, 500.0, 500.0]);
}
