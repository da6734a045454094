//! What would tell explanations apart: the marks that their flights leave, and tests of what is said to have failed.
//!
//! Owns: [`decide`]. Does not own: the flights (`refly`).
//! As programmed: for every two of the first explanations that were flown, what differs most between their flights in
//! units of the larger of their spread and what the measurement resolves: where the lander lies (an orbiter's camera), how
//! fast it struck and after how long (the carrier's Doppler shift), how much propellant was left. For what is said to have
//! failed, the test of the unit's twin on the ground.

use super::{Decider, Explanation, Prediction, Reflown};
use crate::finding::Fault;
use crate::trajectory::Trajectory;

/// Explanations that are compared.
const FIRST: usize = 4;
/// A difference of fewer standard deviations decides nothing.
const DECIDES: f64 = 2.0;
/// What a narrow-angle camera on orbit resolves of a place, m; what the carrier's Doppler shift does of speed, m/s, and
/// of time, s; how well propellant left can be told from the crater and its rays, kg. Assumed, the first three within
/// what is published of M1, M2 and Beresheet.
const RESOLVED: [f64; 5] = [5.0, 5.0, 1.0, 0.5, 20.0];
/// Scatter of a single flight that nothing else tells, in the same order; assumed.
const SINGLE: [f64; 5] = [100.0, 100.0, 5.0, 5.0, 10.0];
const MARKS: [(&str, &str); 5] = [
    ("image of the place from orbit", "m east of the target"),
    ("image of the place from orbit", "m north of the target"),
    ("radio: Doppler shift to the end", "m/s at the ground"),
    ("radio: time of the end", "s after the start"),
    ("image of the crater's surroundings", "kg of propellant left"),
];

/// The marks of one flight, in the order of [`MARKS`].
fn marks(flight: &Reflown) -> [Option<f64>; 5] {
    let [east, north] = [0, 1].map(|n| flight.ground_m.map(|ground| ground[n]));
    let speed = flight.speed_m_s.map(|[v_up, across]| libm::hypot(v_up, across));
    [east, north, speed, Some(flight.end_s), flight.propellant_kg]
}

/// Mean and spread of one mark over the flights of an explanation.
fn spread(flights: &[Reflown], mark: usize) -> Option<(f64, f64)> {
    let values: Vec<f64> = flights.iter().filter_map(|flight| marks(flight)[mark]).collect();
    let count = values.len() as f64;
    if values.is_empty() {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    let sigma = match values.len() {
        1 => SINGLE[mark],
        _ => libm::sqrt(square / (count - 1.0)).max(RESOLVED[mark]),
    };
    Some((mean, sigma))
}

/// Adds to each explanation what it predicts, and says what would decide between them, best first.
pub fn decide(
    ranking: &mut [Explanation],
    flights: &[&[Reflown]],
    trajectory: &Trajectory,
) -> Vec<Decider> {
    let mut out = Vec::new();
    for a in 0..ranking.len().min(FIRST) {
        for b in a + 1..ranking.len().min(FIRST) {
            out.extend(marked((a, b), flights));
            out.extend(tested((a, b), ranking));
        }
    }
    for (one, flights) in ranking.iter_mut().zip(flights) {
        one.predicts = (0..MARKS.len())
            .filter_map(|mark| {
                let (mean, sigma) = spread(flights, mark)?;
                let (test, unit) = MARKS[mark];
                let says = format!("{mean:.1} ± {sigma:.1} {unit}");
                Some(Prediction { test: test.to_string(), says })
            })
            .collect();
        one.predicts.extend(
            one.faults
                .iter()
                .filter_map(test)
                .map(|(test, says, _)| Prediction { test: test.to_string(), says }),
        );
    }
    if let (Some(impact), Some(first)) = (trajectory.impacts.first(), ranking.first_mut()) {
        let says = format!(
            "{:.4}° N, {:.4}° E ± {:.0} m by the trajectory, whatever the cause",
            impact.latitude_deg, impact.longitude_deg, impact.sigma_m
        );
        first.predicts.push(Prediction { test: MARKS[0].0.to_string(), says });
    }
    out.sort_by(|a, b| {
        let of = |decider: &Decider| decider.sigmas.unwrap_or(0.0);
        a.between.cmp(&b.between).then(of(b).total_cmp(&of(a)))
    });
    out
}

/// The mark that differs most between two explanations.
fn marked((a, b): (usize, usize), flights: &[&[Reflown]]) -> Option<Decider> {
    let of = |n: usize, mark| flights.get(n).and_then(|flights| spread(flights, mark));
    let compared = (0..MARKS.len()).filter_map(|mark| {
        let ((x, sigma_x), (y, sigma_y)) = (of(a, mark)?, of(b, mark)?);
        Some((mark, (x - y).abs() / libm::hypot(sigma_x, sigma_y), [(x, sigma_x), (y, sigma_y)]))
    });
    let (mark, sigmas, values) = compared.max_by(|one, other| one.1.total_cmp(&other.1))?;
    let (test, unit) = MARKS[mark];
    let says = values.map(|(mean, sigma)| format!("{mean:.1} ± {sigma:.1} {unit}"));
    (sigmas >= DECIDES).then(|| Decider {
        between: (a, b),
        test: test.to_string(),
        says,
        sigmas: Some(sigmas),
    })
}

/// A test on the ground of what one of them says has failed and the other does not.
fn tested((a, b): (usize, usize), ranking: &[Explanation]) -> Option<Decider> {
    let (one, other) = (ranking.get(a)?, ranking.get(b)?);
    let has = |all: &[Fault], fault: &Fault| all.iter().any(|own| own.cause == fault.cause);
    let own = one.faults.iter().find(|fault| !has(&other.faults, fault) && test(fault).is_some());
    let fault = match own {
        Some(fault) => fault,
        None => other.faults.iter().find(|fault| !has(&one.faults, fault))?,
    };
    let (name, _, holds) = test(fault)?;
    let says = [one, other].map(|all| outcome(all, fault, name, holds));
    let [Some(x), Some(y)] = says else { return None };
    (x != y).then(|| Decider {
        between: (a, b),
        test: name.to_string(),
        says: [x, y],
        sigmas: None,
    })
}

/// What an explanation says that the test `name`, made for `fault`, shows; `None` where it has the device fail in a way that
/// the test is not made for.
fn outcome(all: &Explanation, fault: &Fault, name: &str, holds: &str) -> Option<String> {
    let same = all.faults.iter().filter(|own| own.cause.on == fault.cause.on);
    let failing: Vec<String> = (all.faults.iter())
        .filter_map(|own| test(own).filter(|(other, ..)| *other == name))
        .map(|(_, fails, _)| fails)
        .collect();
    match (failing.is_empty(), same.count()) {
        (false, _) => Some(failing.join(" and ")),
        (true, 0) => Some(holds.to_string()),
        (true, _) => None,
    }
}

/// The test of a device's twin, what it shows where this fault is real, and what where it is not.
fn test(fault: &Fault) -> Option<(&'static str, String, &'static str)> {
    let on = fault.cause.on.split_once('.').map_or(fault.cause.on.as_str(), |(family, _)| family);
    let (test, holds) = match (on, fault.cause.kind) {
        ("rangefinder", "weak_at_speed") => (
            "rangefinder's twin against a target that closes at the speed of descent",
            "full range at every speed",
        ),
        ("rangefinder", "range_limit" | "weak_laser" | "weak_surface" | "weak_receiver") => (
            "rangefinder's twin in vacuum and cold: laser energy, and range against a target of the ground's reflectance",
            "range as specified",
        ),
        ("rangefinder", "latency" | "time_tag") => (
            "rangefinder and flight computer on the bench: arrival and time tag of each shot against a moved target",
            "delay as specified",
        ),
        ("star_tracker", "bias" | "drift") => (
            "alignment records of star tracker and inertial unit; attitude over the sky before the descent",
            "alignment as specified",
        ),
        ("gyros" | "accelerometers" | "imu", _) => (
            "inertial readings in coast before the descent, and the unit's twin on a turntable",
            "as specified",
        ),
        ("main" | "assist" | "jet", _) => (
            "thrust of earlier burns by radio Doppler, pressures and valve records",
            "thrust as specified",
        ),
        ("navigation", _) => {
            ("orbit determination repeated with all tracking", "the uploaded orbit")
        }
        ("computer", _) => ("memory and power records of the computer", "no restart"),
        ("rangefinder" | "radar_altimeter" | "velocimeter" | "camera" | "switch", _) => {
            ("the unit's twin through the descent's temperatures and motion", "as specified")
        }
        _ => return None,
    };
    Some((test, crate::catalogue::words(fault), holds))
}
