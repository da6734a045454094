use super::*;
use crate::vehicle;

const RANGEFINDER: vehicle::Rangefinder = vehicle::Rangefinder {
    p_BA_B: [0.0; 3],
    d_B: [0.0, 0.0, -1.0],
    range_m_min: 0.5,
    range_m_max: 8000.0,
    sigma_m: 0.0,
    latency_s: 0.0,
    period_s: 0.02,
    detection_probability: 1.0,
};

fn at(n: i64) -> Time {
    Time::default() + Span::from_ms(20 * n)
}

fn fault(on: &str, kind: FaultKind) -> Fault {
    Fault { on: on.to_owned(), kind, onset: Span::from_ms(0), end: None }
}

fn rangefinder(kind: FaultKind, spec: vehicle::Rangefinder) -> Faulty<Rangefinder, f32> {
    let faults = [Fault { onset: Span::from_ms(40), ..fault("rangefinder", kind) }];
    let device = Rangefinder::new(&spec, at(0), (1, 1));
    Faulty::new(device, "rangefinder", &faults, at(0), (1, 1))
}

/// Five shots at 1000 m, 990 m, 980 m …; the fault begins with the third.
fn shots(kind: FaultKind) -> Vec<(f32, ShotQuality)> {
    let mut unit = rangefinder(kind, RANGEFINDER);
    (0..5)
        .filter_map(|n| unit.sense(at(n), || Some(1000.0 - 10.0 * n as f64)))
        .map(|shot| (shot.range_m, shot.quality))
        .collect()
}

#[test]
fn each_rangefinder_fault_does_what_its_name_says_from_its_onset() {
    use ShotQuality::{NoReturn, Valid};
    let before = [(1000.0, Valid), (990.0, Valid)];
    let cases = [
        (
            FaultKind::RangeLimit { range_m_max: 975.0 },
            [(0.0, NoReturn), (970.0, Valid), (960.0, Valid)],
        ),
        (FaultKind::Bias { bias_m: -30.0 }, [(950.0, Valid), (940.0, Valid), (930.0, Valid)]),
        (FaultKind::Scale { factor: 2.0 }, [(1960.0, Valid), (1940.0, Valid), (1920.0, Valid)]),
        (FaultKind::Stuck, [(990.0, Valid); 3]),
        (FaultKind::Dead, [(0.0, NoReturn); 3]),
        (FaultKind::Unfit, [(0.0, ShotQuality::Fault); 3]),
        (FaultKind::Ghost { probability: 1.0, range_m: 5.0 }, [(5.0, Valid); 3]),
        (
            FaultKind::Outliers { probability: 0.0, sigma_m: 1e3 },
            [(980.0, Valid), (970.0, Valid), (960.0, Valid)],
        ),
    ];
    for (kind, after) in cases {
        let seen = shots(kind);
        assert_eq!(seen[..2], before, "{kind:?}");
        assert_eq!(seen[2..], after, "{kind:?}");
    }
}

#[test]
fn a_fault_ends_when_it_is_told_to() {
    let mut dead = fault("rangefinder", FaultKind::Dead);
    dead.end = Some(Span::from_ms(40));
    let device = Rangefinder::new(&RANGEFINDER, at(0), (1, 1));
    let mut unit: Faulty<_, f32> = Faulty::new(device, "rangefinder", &[dead], at(0), (1, 1));
    let valid: Vec<bool> = (0..4)
        .filter_map(|n| unit.sense(at(n), || Some(10.0)))
        .map(|shot| shot.quality == ShotQuality::Valid)
        .collect();
    assert_eq!(valid, [false, false, true, true]);
    assert!(unit.acts(at(1)) && !unit.acts(at(2)));
}

#[test]
fn outliers_have_the_stated_share_and_size() {
    let kind = FaultKind::Outliers { probability: 0.2, sigma_m: 100.0 };
    let mut unit = rangefinder(kind, RANGEFINDER);
    let n = 20_000;
    let errors: Vec<f64> = (0..n)
        .filter_map(|k| unit.sense(at(k), || Some(2000.0)))
        .map(|shot| f64::from(shot.range_m) - 2000.0)
        .filter(|error| error.abs() > 0.0)
        .collect();
    let share = errors.len() as f64 / n as f64;
    assert!((share - 0.2).abs() < 4.0 * (0.2 * 0.8 / n as f64).sqrt(), "{share}");
    let variance = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
    assert!((variance / 1e4 - 1.0).abs() < 4.0 * (2.0 / errors.len() as f64).sqrt(), "{variance}");
}

#[test]
fn a_dead_inertial_unit_says_so() {
    let spec = vehicle::Imu {
        p_BA_B: [0.0; 3],
        arw_rad_sqrt_s: 1e-5,
        vrw_m_s_sqrt_s: 1e-4,
        gyro_bias_sigma_rad_s: 0.0,
        gyro_drift_sigma_rad_s: 0.0,
        gyro_drift_tau_s: 3600.0,
        accelerometer_bias_sigma_m_s2: 0.0,
        accelerometer_drift_sigma_m_s2: 0.0,
        accelerometer_drift_tau_s: 3600.0,
        gyro_scale_sigma: 0.0,
        accelerometer_scale_sigma: 0.0,
        gyro_misalignment_sigma_rad: 0.0,
        accelerometer_misalignment_sigma_rad: 0.0,
        gyro_g_sensitivity_sigma_rad_s_m: 0.0,
        dtheta_quantum_rad: 0.0,
        dv_quantum_m_s: 0.0,
        rate_rad_s_max: 1.0,
        specific_force_m_s2_max: 50.0,
    };
    let faults = [fault("imu", FaultKind::Dead)];
    let mut unit: Faulty<Imu> = Faulty::new(Imu::new(&spec, (1, 1)), "imu", &faults, at(0), (1, 1));
    let moved = Increments { dv_B: Vector3::x(), dtheta_B: Vector3::y(), dt_s: 0.02 };
    assert_eq!(unit.sense(at(0), &moved), bus::Imu::default());
}

#[test]
fn velocimeter_faults_unlock_freeze_or_remove_it() {
    let spec = vehicle::Velocimeter {
        p_BA_B: [0.0; 3],
        d_B: [[0.0, 0.0, -1.0]; 3],
        range_m_max: 1000.0,
        speed_m_s_max: 100.0,
        sigma_m_s: 0.0,
        period_s: 0.02,
        latency_s: 0.0,
    };
    let speeds = |kind| {
        let faults = [Fault { onset: Span::from_ms(20), ..fault("velocimeter", kind) }];
        let device = Velocimeter::new(&spec, at(0), (1, 1));
        let mut unit: Faulty<_, bus::BeamSpeeds> =
            Faulty::new(device, "velocimeter", &faults, at(0), (1, 1));
        let sense = |n| {
            let v_B = Vector3::new(0.0, 0.0, -10.0 - n as f64);
            unit.sense(at(n), || (v_B, [true; 3])).map(|b| (b.t, b.speed_m_s[0], b.locked[0]))
        };
        (0..3).map(sense).collect::<Vec<_>>()
    };
    let first = Some((at(0), 10.0, true));
    assert_eq!(speeds(FaultKind::Absent), [first, None, None]);
    let dead = |n| Some((at(n), 0.0, false));
    assert_eq!(speeds(FaultKind::Dead), [first, dead(1), dead(2)]);
    let stuck = |n| Some((at(n), 10.0, true));
    assert_eq!(speeds(FaultKind::Stuck), [first, stuck(1), stuck(2)]);
    let scaled = |n, speed| Some((at(n), speed, true));
    let half = FaultKind::Scale { factor: 0.5 };
    assert_eq!(speeds(half), [first, scaled(1, 5.5), scaled(2, 6.0)]);
}

#[test]
fn every_known_fault_is_accepted_and_wrong_ones_are_named() {
    let kinds = [
        FaultKind::Absent,
        FaultKind::Dead,
        FaultKind::Stuck,
        FaultKind::RangeLimit { range_m_max: 893.0 },
        FaultKind::Bias { bias_m: 30.0 },
        FaultKind::Scale { factor: 1.1 },
        FaultKind::Outliers { probability: 0.2, sigma_m: 300.0 },
        FaultKind::Ghost { probability: 0.2, range_m: 50.0 },
        FaultKind::Unfit,
        FaultKind::Misalignment { rotation_B_rad: [0.0, 0.002, 0.0] },
        FaultKind::AccelerometerBias { bias_B_m_s2: [0.0; 3] },
        FaultKind::GyroBias { bias_B_rad_s: [0.0; 3] },
        FaultKind::ThrustScale { factor: 0.9 },
        FaultKind::StuckOn,
    ];
    let mut accepted = 0;
    for (device, names) in known() {
        for kind in kinds {
            let checked = fault(&device, kind).check();
            assert_eq!(checked.is_ok(), names.contains(&kind.name()), "{device} {kind:?}");
            accepted += usize::from(checked.is_ok());
        }
    }
    assert_eq!(accepted, 8 + 4 + 3 + 3 + 15 * 3);
    let text = fault("jet.8", FaultKind::Dead).check().unwrap_err().to_string();
    assert!(text.contains("no `jet.8`") && text.contains("jet.7"), "{text}");
    let backwards = Fault {
        onset: Span::from_ms(5),
        end: Some(Span::from_ms(5)),
        ..fault("main", FaultKind::Dead)
    };
    assert!(backwards.check().unwrap_err().to_string().contains("end_s"));
    let text = fault("rangefinder", FaultKind::Bias { bias_m: f64::NAN }).check().unwrap_err();
    assert!(text.to_string().contains("bias_m = NaN m"), "{text}");
}
