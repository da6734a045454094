//! What would tell explanations apart: the marks that their flights leave, and tests of what is said to have failed.
//!
//! Owns: [`decide`]. Does not own: the flights (`refly`), the way to the ground (`trajectory`).
//! As programmed: for every two of the first explanations, what differs most between their flights in units of the larger
//! of their spread and what the measurement resolves: where the lander lies (an orbiter's camera), how fast and when it
//! struck (the carrier's Doppler shift). A difference that what was received shows already, [`Known`], is not
//! offered: it has been weighed. For what is said to have failed, the test of the unit's twin on the ground.
//! Refuses: what telemetry held, as propellant or the inertial readings of the coast.

use super::{Decider, Explanation, Prediction, Reflown};
use crate::finding::Fault;
use crate::trajectory::{Impact, Trajectory};
use icd::constants::MOON_RADIUS_M;

/// Explanations that are compared, and those less probable than this are not.
const FIRST: usize = 4;
const LEAST: f64 = 1e-3;
/// A difference of fewer standard deviations decides nothing.
const DECIDES: f64 = 2.0;
/// Marks that a flight leaves.
const COUNT: usize = 4;
/// What a narrow-angle camera on orbit resolves of a place, m; what the carrier's Doppler shift does of speed, m/s, and
/// of time, s. Assumed, within what is published of M1, M2 and Beresheet.
const RESOLVED: [f64; COUNT] = [5.0, 5.0, 1.0, 0.5];
/// Scatter of a single flight that nothing else tells, in the same order; assumed.
const SINGLE: [f64; COUNT] = [100.0, 100.0, 5.0, 5.0];
const MARKS: [(&str, &str); COUNT] = [
    ("image of the place from orbit", "m east of the target"),
    ("image of the place from orbit", "m north of the target"),
    ("radio: Doppler shift of the carrier after the last packet", "m/s at the ground"),
    ("radio: end of the carrier", "s after the start, at the ground"),
];

/// The marks of one flight, in the order of [`MARKS`].
fn marks(flight: &Reflown) -> [Option<f64>; COUNT] {
    let [east, north] = [0, 1].map(|n| flight.ground_m.map(|ground| ground[n]));
    let speed = flight.speed_m_s.map(|[v_up, across]| libm::hypot(v_up, across));
    [east, north, speed, flight.contact_s]
}

/// How well what was received tells each mark, standard deviations: those of the ways to the ground, or half of what lies
/// between two ways, whichever is more; `None` where none was found.
type Known = Option<[f64; COUNT]>;

fn known(impacts: &[Impact]) -> Known {
    let mut out = None;
    for (n, one) in impacts.iter().enumerate() {
        let mut put = |own: [f64; COUNT]| {
            let before = out.unwrap_or([0.0; COUNT]);
            out = Some(std::array::from_fn(|mark| own[mark].max(before[mark])));
        };
        put([one.sigma_m, one.sigma_m, one.sigma_m_s, one.sigma_s]);
        for other in impacts.iter().skip(n + 1) {
            let north_m = (one.latitude_deg - other.latitude_deg).to_radians() * MOON_RADIUS_M;
            let east_m = (one.longitude_deg - other.longitude_deg).to_radians()
                * MOON_RADIUS_M
                * libm::cos(one.latitude_deg.to_radians());
            let speed_m_s = one.speed_m_s - other.speed_m_s;
            put([east_m, north_m, speed_m_s, (one.t - other.t).s()].map(|d| 0.5 * d.abs()));
        }
    }
    out
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
    let known = known(&trajectory.impacts);
    let count = ranking.iter().take(FIRST).take_while(|one| one.probability >= LEAST).count();
    let mut out = Vec::new();
    for a in 0..count {
        for b in a + 1..count {
            out.extend(marked((a, b), flights, known));
            out.extend(tested((a, b), ranking));
        }
    }
    for (place, one) in ranking.iter_mut().enumerate() {
        one.predicts = predicted(place, one, &out);
    }
    out.sort_by(|a, b| {
        let of = |decider: &Decider| decider.sigmas.unwrap_or(0.0);
        a.between.cmp(&b.between).then(of(b).total_cmp(&of(a)))
    });
    out
}

/// What the explanation at a place says that a rival does not, and the tests of what it says has failed; each once.
fn predicted(place: usize, one: &Explanation, deciders: &[Decider]) -> Vec<Prediction> {
    let said = deciders.iter().filter_map(|decider| {
        let (a, b) = decider.between;
        let side = [a, b].iter().position(|own| *own == place)?;
        let says = decider.says.get(side)?.clone();
        Some(Prediction { test: decider.test.clone(), says })
    });
    let failed = one.faults.iter().filter_map(test);
    let failed = failed.map(|(test, says, _)| Prediction { test: test.to_string(), says });
    let mut out: Vec<Prediction> = Vec::new();
    for prediction in said.chain(failed) {
        if !out.iter().any(|other| other.test == prediction.test) {
            out.push(prediction);
        }
    }
    out
}

/// The mark that differs most between two explanations, among those that are not known yet.
fn marked((a, b): (usize, usize), flights: &[&[Reflown]], known: Known) -> Option<Decider> {
    let of = |n: usize, mark| flights.get(n).and_then(|flights| spread(flights, mark));
    let compared = (0..COUNT).filter_map(|mark| {
        let ((x, sigma_x), (y, sigma_y)) = (of(a, mark)?, of(b, mark)?);
        let apart = (x - y).abs();
        let open = known.is_none_or(|sigmas| apart < DECIDES * sigmas[mark]);
        let sigmas = apart / libm::hypot(sigma_x, sigma_y);
        open.then_some((mark, sigmas, [(x, sigma_x), (y, sigma_y)]))
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
        ("star_tracker", "bias" | "drift") => {
            ("alignment records of star tracker and inertial unit", "alignment as specified")
        }
        ("gyros" | "accelerometers" | "imu", _) => (
            "the inertial unit's twin on a turntable, through the descent's temperatures",
            "as specified",
        ),
        ("main" | "assist" | "jet", _) => (
            "thrust of earlier burns by radio Doppler; acceptance records of engines and valves",
            "thrust as specified",
        ),
        ("navigation", _) => {
            ("orbit determination repeated with all tracking", "the uploaded orbit")
        }
        ("computer", _) => {
            ("the computer's twin under the descent's load and supply", "no restart")
        }
        (
            "rangefinder" | "radar_altimeter" | "velocimeter" | "camera" | "switch" | "gauge"
            | "hazard_lidar",
            _,
        ) => ("the unit's twin through the descent's temperatures and motion", "as specified"),
        _ => return None,
    };
    Some((test, crate::catalogue::words(fault), holds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explanation::Parts;
    use crate::finding::Cause;
    use icd::time::Time;

    fn explanation(on: &str, kind: &'static str, probability: f64) -> Explanation {
        let fault = Fault {
            cause: Cause { on: on.into(), kind },
            numbers: vec![],
            from: (Time::from_tai_ns(0), 0.0),
            until: None,
        };
        Explanation {
            faults: vec![fault],
            unknown: vec![],
            mechanism: None,
            name: format!("{on} {kind}"),
            families: vec![],
            equals: vec![],
            probability,
            ln_posterior: 0.0,
            parts: Parts::default(),
            seen: vec![],
            reflown: None,
            predicts: vec![],
        }
    }

    /// Ends so far north of the target, all else alike.
    fn flight(north_m: f64) -> Reflown {
        Reflown {
            outcome: "lost".into(),
            end_s: 300.0,
            contact_s: Some(299.0),
            ground_m: Some([0.0, north_m]),
            speed_m_s: Some([-30.0, 4.0]),
            propellant_kg: Some(north_m),
            profile: vec![],
            events: vec![],
        }
    }

    fn impact(sigma_m: f64, latitude_deg: f64) -> Impact {
        Impact {
            case: String::new(),
            t: Time::from_tai_ns(0),
            sigma_s: 1.0,
            latitude_deg,
            longitude_deg: 20.0,
            sigma_m,
            speed_m_s: 30.0,
            sigma_m_s: 1.0,
        }
    }

    fn tests_offered(impacts: Vec<Impact>) -> Vec<String> {
        let mut ranking =
            [explanation("gyros", "bias", 0.6), explanation("velocimeter", "scale", 0.4)];
        let flown = [0.0, 2000.0].map(|north_m| vec![flight(north_m); 3]);
        let flights: Vec<&[Reflown]> = flown.iter().map(Vec::as_slice).collect();
        let trajectory = Trajectory { impacts, ..Trajectory::default() };
        let deciders = decide(&mut ranking, &flights, &trajectory);
        deciders.into_iter().map(|decider| decider.test).collect()
    }

    #[test]
    fn what_was_received_already_decides_nothing() {
        let image = MARKS[1].0.to_string();
        assert!(tests_offered(vec![]).contains(&image));
        assert!(tests_offered(vec![impact(3000.0, 60.0)]).contains(&image));
        assert!(!tests_offered(vec![impact(30.0, 60.0)]).contains(&image));
        // Two ways to the ground, each well known, and nobody saw which: 0.2° of latitude are 6 km.
        assert!(tests_offered(vec![impact(30.0, 60.0), impact(30.0, 60.2)]).contains(&image));
        assert!(!tests_offered(vec![impact(30.0, 60.0), impact(30.0, 60.001)]).contains(&image));
    }

    #[test]
    fn the_units_twin_is_tested_and_who_is_out_of_question_is_not() {
        let (test, says, holds) = test(&explanation("gyros", "bias", 1.0).faults[0]).unwrap();
        let mut ranking = [
            explanation("gyros", "bias", 0.6),
            explanation("velocimeter", "scale", 0.399),
            explanation("camera", "dead", 1e-5),
        ];
        let deciders = decide(&mut ranking, &[], &Trajectory::default());
        let [only] = &deciders[..] else { panic!("{deciders:?}") };
        assert_eq!((only.between, &*only.test), ((0, 1), test));
        assert_eq!(only.says, [says.clone(), holds.to_string()]);
        assert_eq!(ranking[0].predicts, [Prediction { test: test.to_string(), says }]);
    }
}
