use super::reading::Reading;
use super::*;
use crate::actuators::engine::Thruster;
use crate::dynamics::Wrench;
use crate::vehicle::{Engine, EngineDispersion};
use icd::bus::{BeamSpeeds, Gauge, Landmark, Landmarks, ShotQuality, SlantRange, StarTracker};
use icd::frames::{B, I};
use icd::rotation::Quaternion;
use icd::tm::Phase;
use nalgebra::Vector3;

fn at(n: i64) -> Time {
    Time::default() + Span::from_ms(20 * n)
}

fn after_ms(ms: i64) -> Moment {
    Moment::After(Span::from_ms(ms))
}

fn fault(on: &str, kind: FaultKind) -> Fault {
    Fault { on: on.to_owned(), kind, from: after_ms(40), until: None }
}

fn now(n: i64) -> Now {
    Now { t: at(n), altitude_m: 1e4, phase: Phase::Braking }
}

fn wrapped<R: Reading>(on: &str, faults: &[Fault]) -> Faults<R> {
    Faults::new(on, faults, at(0), (1, 1))
}

/// What arrives in cycles 0 to `count` of readings made by `reading`, taken and delivered at once.
fn arrivals<R: Reading>(
    on: &str,
    faults: &[Fault],
    count: i64,
    reading: impl Fn(i64) -> R,
) -> Vec<Option<R>> {
    let mut unit = wrapped(on, faults);
    (0..count)
        .map(|n| {
            unit.follow(&now(n));
            unit.pass(at(n), Some(reading(n)))
        })
        .collect()
}

fn shot(n: i64) -> SlantRange {
    SlantRange { t: at(n), range_m: 1000.0 - 10.0 * n as f32, quality: ShotQuality::Valid }
}

/// Five shots at 1000 m, 990 m, 980 m …; the fault begins with the third.
fn shots(kind: FaultKind) -> Vec<(f32, ShotQuality)> {
    let arrived = arrivals("rangefinder", &[fault("rangefinder", kind)], 5, shot);
    arrived.into_iter().flatten().map(|shot| (shot.range_m, shot.quality)).collect()
}

#[test]
fn each_fault_of_a_range_does_what_its_name_says_from_its_beginning() {
    use ShotQuality::{NoReturn, Valid};
    let before = [(1000.0, Valid), (990.0, Valid)];
    let valid = |values: [f32; 3]| values.map(|value| (value, Valid));
    let value = |first| [first, 0.0, 0.0];
    let cases = [
        (
            FaultKind::RangeLimit { range_m_max: 975.0 },
            [(0.0, NoReturn), (970.0, Valid), (960.0, Valid)],
        ),
        (FaultKind::Bias { value: value(-30.0) }, valid([950.0, 940.0, 930.0])),
        (FaultKind::Drift { rate: value(100.0) }, valid([980.0, 972.0, 964.0])),
        (FaultKind::Scale { factor: 2.0 }, valid([1960.0, 1940.0, 1920.0])),
        (FaultKind::Saturation { limit: 965.0 }, valid([965.0, 965.0, 960.0])),
        (FaultKind::Stuck, valid([990.0; 3])),
        (FaultKind::Dead, [(0.0, NoReturn); 3]),
        (FaultKind::Dropout { probability: 1.0 }, [(0.0, NoReturn); 3]),
        (FaultKind::Unfit, [(0.0, ShotQuality::Fault); 3]),
        (FaultKind::Ghost { probability: 1.0, value: 5.0 }, valid([5.0; 3])),
        (FaultKind::Outliers { probability: 0.0, sigma: 1e3 }, valid([980.0, 970.0, 960.0])),
        (FaultKind::Noise { sigma: 0.0, growth: 0.0 }, valid([980.0, 970.0, 960.0])),
    ];
    for (kind, after) in cases {
        let seen = shots(kind);
        assert_eq!(seen[..2], before, "{kind:?}");
        assert_eq!(seen[2..], after, "{kind:?}");
    }
    assert_eq!(shots(FaultKind::NotEnabled).len(), 2);
}

#[test]
fn several_faults_act_in_the_order_of_the_scenario() {
    let (bias, scale) = (FaultKind::Bias { value: [10.0; 3] }, FaultKind::Scale { factor: 2.0 });
    let last = |kinds: [FaultKind; 2]| {
        let faults = kinds.map(|kind| fault("rangefinder", kind));
        arrivals("rangefinder", &faults, 3, shot)[2].unwrap().range_m
    };
    assert_eq!(last([bias, scale]), 1980.0);
    assert_eq!(last([scale, bias]), 1970.0);
}

#[test]
fn a_fault_ends_when_it_is_told_to() {
    let dead = Fault { until: Some(after_ms(80)), ..fault("rangefinder", FaultKind::Dead) };
    let arrived = arrivals("rangefinder", &[dead], 6, shot);
    let valid: Vec<bool> = arrived.into_iter().flatten().map(|shot| shot.is_valid()).collect();
    assert_eq!(valid, [true, true, false, false, true, true]);
}

#[test]
fn a_late_reading_keeps_its_time_and_its_place_in_the_queue() {
    let late = FaultKind::Latency { latency_s: 0.05 };
    let ends = Fault { until: Some(after_ms(80)), ..fault("rangefinder", late) };
    let tags: Vec<Option<i64>> = arrivals("rangefinder", &[ends], 8, shot)
        .into_iter()
        .map(|arrived| arrived.map(|shot| (shot.t - at(0)).ns() / 20_000_000))
        .collect();
    // Shots 2 and 3 come 2.5 cycles late; those behind them wait, one comes out a cycle.
    assert_eq!(tags, [Some(0), Some(1), None, None, None, Some(2), Some(3), Some(4)]);
}

#[test]
fn a_wrong_time_tag_leaves_the_value_alone() {
    let kind = FaultKind::TimeTag { offset_s: -0.5 };
    let arrived = arrivals("rangefinder", &[fault("rangefinder", kind)], 3, shot);
    let last = arrived[2].unwrap();
    assert_eq!((last.t, last.range_m), (at(2) - Span::from_ms(500), 980.0));
}

#[test]
fn random_faults_have_the_stated_share_and_size() {
    let n = 20_000;
    let steady = |n| SlantRange { range_m: 2000.0, ..shot(n) };
    let errors = |kind| -> Vec<f64> {
        arrivals("rangefinder", &[fault("rangefinder", kind)], n + 2, steady)[2..]
            .iter()
            .map(|arrived| f64::from(arrived.unwrap().range_m) - 2000.0)
            .collect()
    };
    let near = |share: f64, p: f64| (share - p).abs() < 4.0 * (p * (1.0 - p) / n as f64).sqrt();
    let variance = |errors: &[f64]| errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
    let spread = |count: usize| 4.0 * (2.0 / count as f64).sqrt();

    let mut hit = errors(FaultKind::Outliers { probability: 0.2, sigma: 100.0 });
    hit.retain(|error| error.abs() > 0.0);
    assert!(near(hit.len() as f64 / n as f64, 0.2), "{}", hit.len());
    assert!((variance(&hit) / 1e4 - 1.0).abs() < spread(hit.len()));

    let lost = errors(FaultKind::Dropout { probability: 0.3 });
    let share = lost.iter().filter(|error| **error < -1999.0).count() as f64 / n as f64;
    assert!(near(share, 0.3), "{share}");

    let noisy = errors(FaultKind::Noise { sigma: 20.0, growth: 0.0 });
    assert!((variance(&noisy) / 400.0 - 1.0).abs() < spread(noisy.len()));
    // Growing by 0.1 m a second over 400 s: the mean square is 40²/3.
    let growing = errors(FaultKind::Noise { sigma: 0.0, growth: 0.1 });
    let expected = 40.0_f64.powi(2) / 3.0;
    assert!((variance(&growing) / expected - 1.0).abs() < 0.06, "{}", variance(&growing));
}

#[test]
fn every_kind_of_reading_can_be_biased_stuck_and_silenced() {
    let bias = |value: f64| FaultKind::Bias { value: [value, 0.0, -value] };
    let beams = |n| BeamSpeeds { t: at(n), speed_m_s: [10.0 + n as f32; 3], locked: [true; 3] };
    let speeds = |kind| arrivals("velocimeter", &[fault("velocimeter", kind)], 4, beams)[3];
    assert_eq!(speeds(bias(1.0)).unwrap().speed_m_s, [14.0, 13.0, 12.0]);
    assert_eq!(speeds(FaultKind::Stuck).unwrap(), BeamSpeeds { t: at(3), ..beams(1) });
    assert_eq!(speeds(FaultKind::Dead).unwrap().locked, [false; 3]);
    assert_eq!(speeds(FaultKind::NotEnabled), None);

    let stars = |n| StarTracker { t: at(n), q_IB: [1.0, 0.0, 0.0, 0.0] };
    let attitude = |kind| arrivals("star_tracker", &[fault("star_tracker", kind)], 3, stars)[2];
    let q = Quaternion::<I, B>::from_si(attitude(bias(2e-3)).unwrap().q_IB);
    assert!((q.log() - Vector3::new(2e-3, 0.0, -2e-3)).norm() < 1e-15);
    assert_eq!(attitude(FaultKind::Dead), None);

    let image = |kind| arrivals("camera", &[fault("camera", kind)], 3, two_landmarks)[2];
    let moved = image(bias(3.0)).unwrap();
    assert_eq!((moved.seen[1].pixel, moved.seen[2].pixel), ([103.0, -50.0], [0.0, 0.0]));
    assert_eq!(image(FaultKind::Dead), None);

    let tanks = |n| Gauge { t: at(n), propellant_kg: 100.0 - n as f32, low: false };
    let gauge = |kind| arrivals("gauge", &[fault("gauge", kind)], 4, tanks)[3].unwrap();
    assert_eq!(gauge(bias(5.0)).propellant_kg, 102.0);
    assert_eq!(gauge(FaultKind::Stuck).propellant_kg, 99.0);
}

#[test]
fn an_inertial_triad_is_zero_and_healthy_when_not_enabled_and_unhealthy_when_dead() {
    let sample = |n| Inertial { t: at(n), rates: [1.0, 2.0, 3.0], saturated: false, healthy: true };
    let triad = |kind| arrivals("gyros", &[fault("gyros", kind)], 3, sample)[2].unwrap();
    assert_eq!(triad(FaultKind::NotEnabled), Inertial { rates: [0.0; 3], ..sample(2) });
    assert_eq!(triad(FaultKind::Dead), Inertial { rates: [0.0; 3], healthy: false, ..sample(2) });
    assert_eq!(triad(FaultKind::Unfit), Inertial { healthy: false, ..sample(2) });
    let clipped = triad(FaultKind::Saturation { limit: 2.5 });
    assert_eq!((clipped.rates, clipped.saturated), ([1.0, 2.0, 2.5], true));
}

#[test]
fn a_switch_can_stay_open_or_closed() {
    let switch = |kind, on| wrapped_switch(kind).switch(at(2), on);
    assert!(!switch(FaultKind::Dead, true) && switch(FaultKind::StuckOn, false));
    assert!(!switch(FaultKind::Dropout { probability: 1.0 }, true));
    assert!(wrapped_switch(FaultKind::Dead).switch(at(1), true), "not yet");
}

fn two_landmarks(n: i64) -> Landmarks {
    let mut seen = [Landmark::default(); icd::bus::LANDMARKS];
    seen[1] = Landmark { id: 7, pixel: [100.0, -50.0] };
    Landmarks { t: at(n), count: 2, seen }
}

fn wrapped_switch(kind: FaultKind) -> Faults<()> {
    Faults::new("switch.2", &[fault("switch.2", kind)], at(0), (1, 1))
}

#[test]
fn a_weak_link_multiplies_the_term_it_names() {
    let weak = |term, factor| fault("rangefinder", FaultKind::Weak { term, factor });
    let faults =
        [weak(LinkTerm::Laser, 0.5), weak(LinkTerm::Laser, 0.4), weak(LinkTerm::Surface, 0.3)];
    let unit: Faults<SlantRange> = wrapped("rangefinder", &faults);
    let factor = |term| unit.link_factor(term, at(2));
    assert!((factor(LinkTerm::Laser) - 0.2).abs() < 1e-15);
    assert_eq!((factor(LinkTerm::Surface), factor(LinkTerm::Receiver)), (0.3, 1.0));
    assert_eq!(unit.link_factor(LinkTerm::Laser, at(1)), 1.0);
}

/// 10 N without lag or dead time.
fn jet_spec() -> Engine {
    Engine {
        thrust_N: 10.0,
        isp_s: 300.0,
        p_BA_B: [0.0; 3],
        d_B: [0.0, 0.0, 1.0],
        lag_s: 0.0,
        on_min_s: 0.0,
        opens_after_s: 0.0,
        shuts_after_s: 0.0,
        waste_s: 0.0,
        throttled: false,
    }
}

/// Impulse over 100 ms, N s, of a 10 N thruster without lag pulsed for 50 ms.
fn impulse(kind: FaultKind) -> f64 {
    let spec = jet_spec();
    let step = Span::from_ms(5);
    let mut stream = Stream::new(1, 1, "jet.0");
    let device = Thruster::new(&spec, &EngineDispersion::default(), step, &mut stream);
    let faults = [Fault { from: after_ms(0), ..fault("jet.0", kind) }];
    let mut jet: Faulty<Thruster, Command> = Faulty::new(device, "jet.0", &faults, at(0), (1, 1));
    jet.follow(&now(0));
    jet.command(at(0), Command::Pulse(Span::from_ms(50)));
    let (mut wrench, mut used_kg, mut sum) = (Wrench::default(), 0.0, 0.0);
    for n in 0..20 {
        let t = at(0) + Span::from_ms(5 * n);
        if n % 4 == 0 {
            jet.follow(&now(n / 4));
        }
        sum += jet.add_mean(t, &mut wrench, &mut used_kg) * step.s();
    }
    sum
}

#[test]
fn a_thruster_can_be_dead_stuck_weak_weakening_clogged_or_miss_a_pulse() {
    let near = |kind, expected: f64| {
        let given = impulse(kind);
        assert!((given - expected).abs() < 1e-12, "{kind:?}: {given}");
    };
    near(FaultKind::Scale { factor: 1.0 }, 0.5);
    near(FaultKind::Dead, 0.0);
    near(FaultKind::StuckOn, 1.0);
    near(FaultKind::Scale { factor: 0.4 }, 0.2);
    near(FaultKind::Saturation { limit: 0.7 }, 0.35);
    near(FaultKind::Dropout { probability: 1.0 }, 0.0);
    // −1 a second: at the beginnings of ten steps of 5 ms, 0.05 (10 − 0.005 Σ 0…9).
    near(FaultKind::Drift { rate: [-1.0, 0.0, 0.0] }, 0.05 * (10.0 - 0.005 * 45.0));
    near(FaultKind::Latency { latency_s: 0.03 }, 0.5);
}

#[test]
fn a_late_valve_opens_late_and_gives_its_impulse_all_the_same() {
    // Pulses of 10 ms every 100 ms, a quarter of a second late: the first two and a half are missing.
    let late = fault("jet.0", FaultKind::Latency { latency_s: 0.255 });
    let step = Span::from_ms(5);
    let thrust_at = |faults: &[Fault]| {
        let mut stream = Stream::new(1, 1, "jet.0");
        let device = Thruster::new(&jet_spec(), &EngineDispersion::default(), step, &mut stream);
        let mut jet: Faulty<Thruster, Command> =
            Faulty::new(device, "jet.0", faults, at(0), (1, 1));
        let (mut wrench, mut used_kg) = (Wrench::default(), 0.0);
        let mut out = Vec::new();
        for n in 0..50 {
            jet.follow(&now(n));
            if n % 5 == 0 {
                jet.command(at(n), Command::Pulse(Span::from_ms(10)));
            }
            for k in 0..4 {
                let t = at(n) + Span::from_ms(5 * k);
                out.push(jet.add_mean(t, &mut wrench, &mut used_kg));
            }
        }
        out
    };
    let (prompt, late) = (thrust_at(&[]), thrust_at(&[Fault { from: after_ms(0), ..late }]));
    assert_eq!(late[51..], prompt[..149], "the same pulses 51 steps of 5 ms later");
    assert!(late[..51].iter().all(|thrust_N| *thrust_N <= 0.0));
}

#[test]
fn when_a_valve_is_no_longer_late_the_last_command_stands() {
    // Frames of 100 ms, half a second late until 1 s: the commands before are given at their times, those
    // after wait for them and arrive at 1.4 s; from then on the valve is prompt.
    let kind = FaultKind::Latency { latency_s: 0.5 };
    let late = Fault { from: after_ms(0), until: Some(after_ms(1000)), ..fault("jet.0", kind) };
    let step = Span::from_ms(20);
    let mut stream = Stream::new(1, 1, "jet.0");
    let device = Thruster::new(&jet_spec(), &EngineDispersion::default(), step, &mut stream);
    let mut jet: Faulty<Thruster, Command> = Faulty::new(device, "jet.0", &[late], at(0), (1, 1));
    let (mut wrench, mut used_kg) = (Wrench::default(), 0.0);
    let mut open_ms = vec![];
    for frame in 0..20 {
        let mut sum_s = 0.0;
        for n in 5 * frame..5 * frame + 5 {
            jet.follow(&now(n));
            if n % 5 == 0 {
                jet.command(at(n), Command::Pulse(Span::from_ms(1 + frame)));
            }
            sum_s += jet.add_mean(at(n), &mut wrench, &mut used_kg) / 10.0 * step.s();
        }
        open_ms.push(libm::round(sum_s * 1e6) * 1e-3);
    }
    let exact = [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 20].map(f64::from);
    assert_eq!(open_ms, exact);
}

#[test]
fn a_unit_stuck_from_its_start_repeats_its_first_good_value() {
    let stuck = Fault { from: after_ms(0), ..fault("rangefinder", FaultKind::Stuck) };
    let arrived = arrivals("rangefinder", &[stuck], 5, |n| match n {
        0 => SlantRange { quality: ShotQuality::NoReturn, range_m: 0.0, ..shot(0) },
        n => shot(n),
    });
    let ranges: Vec<f32> = arrived.into_iter().flatten().map(|shot| shot.range_m).collect();
    assert_eq!(ranges, [0.0, 990.0, 990.0, 990.0, 990.0]);
}

#[test]
fn what_one_fault_takes_away_shifts_nothing_in_another() {
    // The noise of a camera's frame is the same whether or not the frame before was lost.
    let frames = |faults: &[FaultKind]| {
        let faults: Vec<Fault> = faults.iter().map(|kind| fault("camera", *kind)).collect();
        let seen = [Landmark { id: 1, pixel: [0.0; 2] }; icd::bus::LANDMARKS];
        arrivals("camera", &faults, 200, |n| Landmarks { t: at(n), count: 1, seen })
    };
    let noise = FaultKind::Noise { sigma: 1.0, growth: 0.0 };
    let (all, some) = (frames(&[noise]), frames(&[FaultKind::Dropout { probability: 0.5 }, noise]));
    let left = all.iter().zip(&some).filter(|(_, some)| some.is_some());
    let kept = left.clone().count();
    assert!((60..140).contains(&kept), "{kept} of 200");
    assert!(left.into_iter().all(|(all, some)| all == some));
    // Nor does a frame that the device itself never took.
    let mut unit = wrapped("camera", &[fault("camera", noise)]);
    for (n, expected) in (0..).zip(&all) {
        unit.follow(&now(n));
        let seen = [Landmark { id: 1, pixel: [0.0; 2] }; icd::bus::LANDMARKS];
        let taken = (n % 3 > 0).then_some(Landmarks { t: at(n), count: 1, seen });
        assert_eq!(unit.pass(at(n), taken), taken.and(*expected));
    }
    // Nor does a fault of another kind before it.
    let (bias, none) = (FaultKind::Bias { value: [0.0; 3] }, FaultKind::Scale { factor: 1.0 });
    assert_eq!(frames(&[bias, none, noise]), all);
    assert_ne!(frames(&[noise, noise]), all);
}

#[test]
fn every_known_fault_is_accepted_and_wrong_ones_are_named() {
    let weak = |term| FaultKind::Weak { term, factor: 0.1 };
    let kinds = [
        FaultKind::NotEnabled,
        FaultKind::Dead,
        FaultKind::Unfit,
        FaultKind::Stuck,
        FaultKind::StuckOn,
        FaultKind::Bias { value: [30.0, 0.0, 0.0] },
        FaultKind::Drift { rate: [0.1; 3] },
        FaultKind::Scale { factor: 1.1 },
        FaultKind::Noise { sigma: 1.0, growth: 0.1 },
        FaultKind::Dropout { probability: 0.5 },
        FaultKind::Outliers { probability: 0.2, sigma: 300.0 },
        FaultKind::Ghost { probability: 0.2, value: 50.0 },
        FaultKind::Latency { latency_s: 1.0 },
        FaultKind::Saturation { limit: 1.0 },
        FaultKind::TimeTag { offset_s: 0.1 },
        FaultKind::RangeLimit { range_m_max: 893.0 },
        weak(LinkTerm::Surface),
        weak(LinkTerm::Laser),
        weak(LinkTerm::Receiver),
        weak(LinkTerm::Speed),
    ];
    let mut accepted = 0;
    for (device, names) in known() {
        for kind in kinds {
            let checked = fault(&device, kind).check();
            assert_eq!(checked.is_ok(), names.contains(&kind.name()), "{device} {kind:?}");
            accepted += usize::from(checked.is_ok());
        }
    }
    let listed: usize = known().iter().map(|(_, names)| names.len()).sum();
    assert_eq!(accepted, listed, "a kind on the list that no value here has");
    let text = fault("jet.8", FaultKind::Dead).check().unwrap_err().to_string();
    assert!(text.contains("no `jet.8`") && text.contains("jet.7"), "{text}");
    let backwards = Fault { until: Some(after_ms(40)), ..fault("main", FaultKind::Dead) };
    assert!(backwards.check().unwrap_err().to_string().contains("until_s"));
    let wrong = FaultKind::Bias { value: [f64::NAN, 0.0, 0.0] };
    let text = fault("rangefinder", wrong).check().unwrap_err().to_string();
    assert!(text.contains("value = NaN"), "{text}");
}
