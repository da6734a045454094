use super::super::link::Surface;
use super::*;
use icd::time::Span;

/// A unit far beyond need: every shot is detected, exact, and nothing is ever invented.
fn perfect() -> vehicle::Rangefinder {
    vehicle::Rangefinder {
        pulse_energy_J: 1.0,
        noise_W: 1e-9,
        excess_noise: 0.0,
        threshold_sigma: 20.0,
        range_m_min: 5.0,
        range_m_max: 3000.0,
        sigma_m: 0.0,
        latency_s: 0.06,
        period_s: 0.02,
        ..unit()
    }
}

fn unit() -> vehicle::Rangefinder {
    super::super::link::tests::UNIT
}

fn below(range_m: f64) -> Option<Target> {
    Some(Target {
        range_m,
        cos_incidence: 1.0,
        surface: Surface { normal_albedo: 0.25, lommel_seeliger: 1.0 },
        closing_m_s: 0.0,
        transmission: 1.0,
    })
}

fn at(n: i64) -> Time {
    Time::default() + Span::from_ms(20 * n)
}

fn shots(spec: &vehicle::Rangefinder, n: i64, target: Option<Target>) -> Vec<SlantRange> {
    let spec = vehicle::Rangefinder { period_s: 0.02, ..*spec };
    let mut unit = Rangefinder::new(&spec, at(0), (1, 1));
    (0..n).filter_map(|k| unit.sense(at(k), &Health::HEALTHY, || target)).collect()
}

#[test]
fn a_result_carries_the_time_of_its_shot_and_arrives_late() {
    let mut unit = Rangefinder::new(&perfect(), at(0), (1, 1));
    for n in 0..10 {
        let result = unit.sense(at(n), &Health::HEALTHY, || below(1000.0));
        assert_eq!(result.map(|r| (r.t, r.range_m)), (n >= 3).then(|| (at(n - 3), 1000.0)));
    }
}

#[test]
fn out_of_the_gate_is_silence_and_silence_arrives_too() {
    let spec = vehicle::Rangefinder { latency_s: 0.0, ..perfect() };
    let mut unit = Rangefinder::new(&spec, at(0), (1, 1));
    let mut quality = |n, target| unit.sense(at(n), &Health::HEALTHY, || target).map(|r| r.quality);
    assert_eq!(quality(0, below(3000.1)), Some(ShotQuality::NoReturn));
    assert_eq!(quality(1, below(4.9)), Some(ShotQuality::NoReturn));
    assert_eq!(quality(2, None), Some(ShotQuality::NoReturn));
    assert_eq!(quality(3, below(2999.9)), Some(ShotQuality::Valid));
}

#[test]
fn echoes_come_as_often_and_as_noisy_as_the_link_says() {
    // A threshold so high that noise alone never crosses it.
    let spec = vehicle::Rangefinder { range_m_max: 1e5, threshold_sigma: 9.0, ..unit() };
    let link = Link::new(&spec);
    let surface = Surface { normal_albedo: 0.25, lommel_seeliger: 1.0 };
    let reach_m = link.threshold_range_m(surface, 0.0, 0.0, &Health::HEALTHY);
    let n = 20_000;
    for share in [0.95, 1.0, 1.04] {
        let target = below(share * reach_m);
        let echo = link.echo(&target.unwrap(), &Health::HEALTHY);
        let results = shots(&spec, n, target);
        let errors: Vec<f64> = results
            .iter()
            .filter(|shot| shot.quality == ShotQuality::Valid)
            .map(|shot| f64::from(shot.range_m) - share * reach_m)
            .collect();
        let (p, seen) = (echo.detection, errors.len() as f64 / n as f64);
        assert!((seen - p).abs() < 4.0 * (p * (1.0 - p) / n as f64).sqrt(), "{seen} of {p}");
        let variance = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
        let ratio = variance / (echo.sigma_m * echo.sigma_m);
        // The bus carries single precision: steps of 1 mm at 16 km.
        assert!((ratio - 1.0).abs() < 4.0 * (2.0 / errors.len() as f64).sqrt() + 1e-3, "{ratio}");
    }
}

#[test]
fn a_low_threshold_invents_ranges_evenly_over_the_gate() {
    let spec = vehicle::Rangefinder { threshold_sigma: 4.2, ..unit() };
    let p = Link::new(&spec).false_alarm();
    assert!(p > 0.05 && p < 0.9, "{p}");
    let n = 20_000;
    let false_m: Vec<f64> = shots(&spec, n, None)
        .iter()
        .filter(|shot| shot.quality == ShotQuality::Valid)
        .map(|shot| f64::from(shot.range_m))
        .collect();
    let seen = false_m.len() as f64 / n as f64;
    assert!((seen - p).abs() < 4.0 * (p * (1.0 - p) / n as f64).sqrt(), "{seen} of {p}");
    // Even over 0.5 m to 8 km: mean in the middle, variance a twelfth of the square.
    let mean = false_m.iter().sum::<f64>() / false_m.len() as f64;
    let sigma_m = 7999.5 / 12.0_f64.sqrt();
    assert!((mean - 4000.25).abs() < 4.0 * sigma_m / (false_m.len() as f64).sqrt(), "{mean}");
    // With ground at 2 km, which is always seen, only the first quarter of the gate can come before it.
    let early = shots(&spec, n, below(2000.0));
    assert!(early.iter().all(|shot| shot.quality == ShotQuality::Valid && shot.range_m < 2010.0));
    let before = early.iter().filter(|shot| shot.range_m < 1990.0).count() as f64 / n as f64;
    let expected = p * 1989.5 / 7999.5;
    let tolerance = 4.0 * (expected * (1.0 - expected) / n as f64).sqrt();
    assert!((before - expected).abs() < tolerance, "{before} of {expected}");
}

#[test]
fn a_range_is_counted_in_steps() {
    let spec = vehicle::Rangefinder { quantum_m: 0.25, latency_s: 0.0, ..perfect() };
    assert_eq!(shots(&spec, 1, below(1000.13))[0].range_m, 1000.25);
    assert_eq!(shots(&spec, 1, below(1000.12))[0].range_m, 1000.0);
}

#[test]
fn what_the_beam_meets_does_not_shift_later_draws() {
    let unit = unit();
    let lit = shots(&unit, 40, below(1000.0));
    let mut mixed =
        Rangefinder::new(&vehicle::Rangefinder { period_s: 0.02, ..unit }, at(0), (1, 1));
    for k in 0..40 {
        let target = if k < 20 { None } else { below(1000.0) };
        let shot = mixed.sense(at(k), &Health::HEALTHY, || target).unwrap();
        assert!(k < 20 || shot == lit[usize::try_from(k).unwrap()]);
    }
}
