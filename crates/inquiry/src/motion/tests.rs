//! A system with known answers: motion along a line, seen by a rangefinder and by three beams.

use super::scan::{self, signed};
use super::size::ln_sum_exp;
use super::suspects::{Channel, Suspect};
use super::system::{Epoch, Injection, Place, Reading, System, moved};
use super::*;
use crate::finding::Cause;
use crate::prior::{self, Law, Onset, SIGMA_LN, Size};
use nalgebra::{Matrix6, Vector6};
use truth::random::Stream;

/// States: position, velocity, bias of the rangefinder, of each beam.
const STATES: usize = 6;
const DT_S: f64 = 1.0;
const EPOCHS: usize = 60;
const ROUGH: f64 = 0.05;
const RANGE_M: f64 = 5.0;
const BEAM_M_S: f64 = 0.3;

/// What is wrong with a measurement: state of its bias, value at the beginning, growth; from, until.
#[derive(Clone, Copy)]
struct Wrong {
    values: [f64; 4],
    grows: bool,
    from_s: f64,
    until_s: f64,
}

const RIGHT: Wrong = Wrong { values: [0.0; 4], grows: false, from_s: 0.0, until_s: 0.0 };

/// One flight through a Kalman filter that knows of no fault; the same stream gives the same noise.
fn flown(stream: &mut Stream, wrong: &[Wrong]) -> System {
    let mut P = Matrix6::from_diagonal(&Vector6::new(100.0, 1.0, 1.0, 0.0025, 0.0025, 0.0025));
    let mut truth = P.map(f64::sqrt) * Vector6::from_fn(|_, _| stream.normal());
    let mut estimate = Vector6::<f64>::zeros();
    let mut epochs = vec![];
    let mut phi = Matrix6::<f64>::identity();
    phi[(0, 1)] = DT_S;
    for k in 0..EPOCHS {
        let t_s = DT_S * k as f64;
        if k > 0 {
            truth = phi * truth;
            truth[1] += ROUGH * stream.normal();
            estimate = phi * estimate;
            P = phi * P * phi.transpose();
            P[(1, 1)] += ROUGH * ROUGH;
        }
        let mut readings = vec![];
        for n in 0..4 {
            let h = [(if n == 0 { 0 } else { 1 }, 1.0), (2 + n, 1.0)];
            let noise = if n == 0 { RANGE_M } else { BEAM_M_S };
            let row =
                Vector6::from_fn(|i, _| f64::from(u8::from(h.iter().any(|(at, _)| *at == i))));
            let mut read = row.dot(&truth) + noise * stream.normal();
            for wrong in wrong.iter().filter(|w| (w.from_s..w.until_s).contains(&t_s)) {
                read += wrong.values[n] * if wrong.grows { t_s - wrong.from_s } else { 1.0 };
            }
            let nu = read - row.dot(&estimate);
            let s = (row.transpose() * P * row)[0] + noise * noise;
            let gain = P * row / s;
            estimate += gain * nu;
            P -= gain * (row.transpose() * P);
            let device = if n == 0 { Device::Rangefinder } else { Device::Velocimeter };
            let gain = gain.iter().copied().collect();
            let (component, cycle) = (n as u8, k as u32);
            readings.push(Reading { device, component, cycle, t_s, h: h.to_vec(), nu, s, gain });
        }
        let entries = (0..6).flat_map(|i| (0..6).map(move |j| (i, j)));
        let entries = entries.map(|(i, j)| (i, j, phi[(i, j)])).filter(|(.., v)| *v != 0.0);
        let phi = moved(entries);
        epochs.push(Epoch { t_s, phi, readings });
    }
    System { states: STATES, growing: vec![2, 3, 4, 5], epochs }
}

fn suspect(on: &str, kind: &'static str, typical: f64) -> Suspect {
    let (device, states) = match on {
        "rangefinder" => (Device::Rangefinder, 2..3),
        _ => (Device::Velocimeter, 3..6),
    };
    let law = Law::Signed;
    let size = |_| Size { key: "bias".into(), typical, law, limits: (-1e9, 1e9) };
    let drift = kind == "drift";
    let at = |state| if drift { STATES + state - 2 } else { state };
    let channel = |(number, state)| Channel { number, added: vec![(at(state), typical)] };
    Suspect {
        cause: Cause { on: on.into(), kind },
        device,
        sizes: states.clone().map(size).collect(),
        channels: states.clone().enumerate().map(channel).collect(),
        grows: if drift { states.collect() } else { vec![] },
    }
}

fn library() -> [Suspect; 4] {
    [
        suspect("rangefinder", "bias", 10.0),
        suspect("rangefinder", "drift", 0.5),
        suspect("velocimeter", "bias", 0.5),
        suspect("velocimeter", "drift", 0.02),
    ]
}

/// A fault drawn from the prior.
fn drawn(suspect: &Suspect, stream: &mut Stream) -> Wrong {
    let size = libm::exp(SIGMA_LN * stream.normal());
    let mut values = [0.0; 4];
    for (channel, own) in suspect.channels.iter().zip(&suspect.sizes) {
        let sign = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
        let state = channel.added[0].0;
        let at = if suspect.grows.is_empty() { state - 2 } else { state - STATES };
        values[at] = sign * size * own.typical;
    }
    let onset = Onset::draw(DT_S * (EPOCHS - 1) as f64, stream);
    let until_s = onset.until_s.unwrap_or(f64::INFINITY);
    Wrong { values, grows: !suspect.grows.is_empty(), from_s: onset.from_s, until_s }
}

#[test]
fn shifts_are_what_the_filter_does_with_a_fault() {
    let wrong = Wrong { values: [7.0, 0.2, -0.2, 0.2], grows: false, from_s: 20.0, until_s: 41.0 };
    let ramp = Wrong { values: [0.3, 0.0, 0.0, 0.01], grows: true, ..wrong };
    for wrong in [wrong, ramp] {
        let right = flown(&mut Stream::new(1, 1, "noise"), &[]);
        let shifted = flown(&mut Stream::new(1, 1, "noise"), &[wrong]);
        let at = |n: usize| if wrong.grows { STATES + n } else { 2 + n };
        let begins: Vec<(usize, f64)> = (0..4).map(|n| (at(n), wrong.values[n])).collect();
        let mut ends: Vec<(usize, f64)> = begins.iter().map(|(n, v)| (*n, -v)).collect();
        if wrong.grows {
            ends.extend((0..4).map(|n| (2 + n, -21.0 * wrong.values[n])));
        }
        let predicted = right.shifts(&[
            Injection { place: Place::before(20), added: begins },
            Injection { place: Place::before(41), added: ends },
        ]);
        let found = shifted.innovations().into_iter().zip(right.innovations()).map(|(a, b)| a - b);
        for (found, predicted) in found.zip(predicted) {
            assert!((found - predicted).abs() < 1e-9, "{found} against {predicted}");
        }
    }
}

#[test]
fn one_pass_backwards_says_of_every_place_what_its_own_shifts_say() {
    let system = flown(&mut Stream::new(1, 2, "noise"), &[]);
    let nu = system.innovations();
    let places =
        [(3, 0), (17, 2), (40, 0), (59, 3)].map(|(epoch, reading)| Place { epoch, reading });
    let other = system.shifts(&[Injection { place: Place::before(9), added: vec![(7, 0.3)] }]);
    let common = system.common(&other, &places);
    let mut met = 0;
    system.backwards(&[0, 1, 2, 3], |place, h, J| {
        let Some(n) = places.iter().position(|own| *own == place) else { return };
        met += 1;
        let shifts: Vec<Vec<f64>> = (0..system.width())
            .map(|state| system.shifts(&[Injection { place, added: vec![(state, 1.0)] }]))
            .collect();
        for (i, own) in shifts.iter().enumerate() {
            assert!((system.product(own, &nu) - h[i]).abs() < 1e-9 * (1.0 + h[i].abs()));
            assert!((system.product(own, &other) - common[n][i]).abs() < 1e-9);
            for (j, other) in shifts.iter().enumerate() {
                let exact = system.product(own, other);
                assert!((exact - J[(i, j)]).abs() < 1e-9 * (1.0 + exact.abs()));
            }
        }
    });
    assert_eq!(met, places.len());
}

#[test]
fn evidence_for_known_times_is_that_of_brute_quadrature() {
    let suspect = &library()[2];
    let wrong = Wrong { values: [0.0, 0.3, -0.3, 0.3], grows: false, from_s: 0.0, until_s: 1e9 };
    let system = flown(&mut Stream::new(1, 3, "noise"), &[wrong]);
    let pass = scan::pass(&system, std::slice::from_ref(suspect));
    let own = pass.locals[0].iter().find(|own| own.place == Place::before(30)).unwrap();
    let found = signed(&own.h, &own.J, &suspect.patterns()).ln;
    let mut terms = vec![];
    let (step, count) = (0.002, 8001);
    for signs in 0..8 {
        let sign = |n: usize| if signs >> n & 1 == 1 { -1.0 } else { 1.0 };
        let added = (0..3).map(|n| (3 + n, 0.5 * sign(n))).collect();
        let shifts = system.shifts(&[Injection { place: Place::before(30), added }]);
        for n in 0..count {
            let z = -8.0 + step * f64::from(n);
            let size = libm::exp(SIGMA_LN * z);
            // Straight from the densities of all innovations.
            let ratio: f64 = system
                .readings()
                .zip(&shifts)
                .map(|(r, g)| (r.nu * r.nu - (r.nu - size * g) * (r.nu - size * g)) / (2.0 * r.s))
                .sum();
            terms.push(ratio - 0.5 * z * z);
        }
    }
    let brute = ln_sum_exp(&terms) + libm::log(step / 8.0 / (2.0 * std::f64::consts::PI).sqrt());
    assert!((found - brute).abs() < 3e-3, "{found} against {brute}");
}

/// What each of the library gains on a flight.
fn gains(system: &System, library: &[Suspect]) -> Vec<f64> {
    let pass = scan::pass(system, library);
    let of = |(suspect, locals): (&Suspect, &Vec<scan::Local>)| {
        scan::scan(system, suspect, locals, &pass.nodes, None).unwrap().gain
    };
    library.iter().zip(&pass.locals).map(of).collect()
}

#[test]
fn stated_probabilities_hold_over_two_thousand_flights() {
    let library = library();
    let mut stream = Stream::new(20, 1, "draws");
    let (mut bins, mut first) = ([(0.0, 0.0, 0.0); 5], (0.0, 0.0, 0.0));
    for _ in 0..2000 {
        let cause = (stream.uniform() * 5.0) as usize; // 4: nothing
        let wrong = library.get(cause).map(|suspect| drawn(suspect, &mut stream));
        let system = flown(&mut stream, &wrong.into_iter().collect::<Vec<_>>());
        let mut gains = gains(&system, &library);
        gains.push(0.0);
        let whole = ln_sum_exp(&gains);
        for (n, gain) in gains.iter().enumerate() {
            let p = libm::exp(gain - whole);
            let bin = &mut bins[((p * 5.0) as usize).min(4)];
            *bin = (bin.0 + p, bin.1 + f64::from(u8::from(n == cause)), bin.2 + 1.0);
        }
        let best = (0..5).max_by(|a, b| gains[*a].total_cmp(&gains[*b])).unwrap();
        let p = libm::exp(gains[best] - whole);
        let right = f64::from(u8::from(best == cause));
        first = (first.0 + p, first.1 + right, first.2 + p * (1.0 - p));
    }
    for (stated, came, n) in bins {
        let (stated, came) = (stated / n, came / n);
        // Four standard errors of a frequency, and a hundredth for the grid of beginnings and ends.
        let tolerance = 4.0 * (stated * (1.0 - stated) / n).sqrt() + 0.01;
        assert!((stated - came).abs() < tolerance, "stated {stated}, came {came} of {n}: {bins:?}");
    }
    let (stated, came, variance) = first;
    assert!((stated - came).abs() < 4.0 * variance.sqrt() + 20.0, "{first:?}");
}

#[test]
fn a_fault_that_ends_is_found_with_its_times_and_size() {
    let suspect = suspect("rangefinder", "bias", 10.0);
    let wrong = Wrong { values: [-25.0, 0.0, 0.0, 0.0], grows: false, from_s: 20.0, until_s: 32.0 };
    let system = flown(&mut Stream::new(2, 1, "noise"), &[wrong]);
    let pass = scan::pass(&system, std::slice::from_ref(&suspect));
    let fit = scan::scan(&system, &suspect, &pass.locals[0], &pass.nodes, None).unwrap();
    assert_eq!((fit.from.epoch, fit.until.unwrap().epoch), (20, 32));
    let value = suspect.numbers(fit.size, &fit.pattern)[0];
    let sigma = suspect.sigmas(fit.sigma)[0];
    assert!((value + 25.0).abs() < 4.0 * sigma && sigma < 5.0, "{value} ± {sigma}");
    assert!(fit.gain > 50.0, "{}", fit.gain);
}

#[test]
fn two_faults_are_found_together_where_neither_explains_all() {
    let library = library();
    let bias = Wrong { values: [30.0, 0.0, 0.0, 0.0], grows: false, from_s: 15.0, until_s: 1e9 };
    let drift = Wrong { values: [0.0, 0.03, 0.03, -0.03], grows: true, from_s: 0.0, until_s: 1e9 };
    let system = flown(&mut Stream::new(3, 1, "noise"), &[bias, drift]);
    let pass = scan::pass(&system, &library);
    let fit =
        |n: usize| scan::scan(&system, &library[n], &pass.locals[n], &pass.nodes, None).unwrap();
    let (first, second) = (fit(0), fit(3));
    let one = |n: usize, fit| One { suspect: &library[n], fit, locals: &pass.locals[n] };
    let both = pairs::pair(&system, one(0, &first), one(3, &second)).unwrap();
    assert!(both.gain > first.gain.max(second.gain) + 20.0, "{both:?} {first:?} {second:?}");
    let [a, b] = both.fits;
    assert_eq!(a.from.epoch, 15);
    let bias = library[0].numbers(a.size, &a.pattern)[0];
    assert!((bias - 30.0).abs() < 4.0 * library[0].sigmas(a.sigma)[0], "{bias}");
    let drift = library[3].numbers(b.size, &b.pattern);
    assert!(drift[0] > 0.0 && drift[1] > 0.0 && drift[2] < 0.0, "{drift:?}");
}

#[test]
fn an_error_of_its_own_way_costs_more_than_a_fitting_fault_and_wins_where_none_fits() {
    let own_way = |system: &System| {
        let columns: Vec<Vec<f64>> = (0..8)
            .map(|n| Injection { place: Place::before(n * EPOCHS / 8), added: vec![(2, 10.0)] })
            .map(|injection| system.shifts(&[injection]))
            .collect();
        unknown::loose(system, &columns).unwrap().gain
    };
    let library = library();
    let best = |system: &System| gains(system, &library).into_iter().fold(0.0, f64::max);
    let bias = Wrong { values: [30.0, 0.0, 0.0, 0.0], grows: false, from_s: 23.0, until_s: 1e9 };
    let system = flown(&mut Stream::new(4, 1, "noise"), &[bias]);
    assert!(own_way(&system) + 3.0 < best(&system), "{} {}", own_way(&system), best(&system));
    // Up, down, up again: nothing in the library.
    let step = |value, from_s, until_s| Wrong {
        values: [value, 0.0, 0.0, 0.0],
        grows: false,
        from_s,
        until_s,
    };
    let odd = [step(40.0, 8.0, 22.0), step(-40.0, 22.0, 37.0), step(40.0, 37.0, 52.0)];
    let system = flown(&mut Stream::new(4, 2, "noise"), &odd);
    assert!(own_way(&system) > best(&system) + 3.0, "{} {}", own_way(&system), best(&system));
    let system = flown(&mut Stream::new(4, 3, "noise"), &[RIGHT]);
    assert!(own_way(&system) < 1.0 && best(&system) < 3.0);
}

#[test]
fn laws_and_signs_of_the_library_reach_the_file_s_numbers() {
    let sizes = prior::sizes("velocimeter", "bias");
    let channels = (0..3).map(|number| Channel { number, added: vec![(number, 1.0)] }).collect();
    let cause = Cause { on: "velocimeter".into(), kind: "bias" };
    let bias = Suspect { cause, device: Device::Velocimeter, sizes, channels, grows: vec![] };
    assert_eq!(bias.numbers(2.0, &[1.0, 1.0, -1.0]), [1.0, -1.0, -1.0]);
    let sizes = prior::sizes("rangefinder", "scale");
    let channels = vec![Channel { number: 0, added: vec![(0, 0.05)] }];
    let cause = Cause { on: "rangefinder".into(), kind: "scale" };
    let scale = Suspect { cause, device: Device::Rangefinder, sizes, channels, grows: vec![] };
    assert!((scale.numbers(2.0, &[-1.0])[0] - 0.9).abs() < 1e-12);
    assert!((scale.sigmas(0.1)[0] - 0.005).abs() < 1e-12);
}

#[test]
fn a_unit_is_freed_of_its_own_faults_and_of_nothing_else() {
    let evidence = Evidence::read(&crate::sample::healthy().record.packets);
    let half = evidence.cycles.len() / 2;
    let fault = |on: &str| Fault {
        cause: Cause { on: on.into(), kind: "bias" },
        numbers: ["x_m_s2", "y_m_s2", "z_m_s2"]
            .map(|key| Fitted { key: key.into(), value: 0.5, sigma: 0.1 })
            .to_vec(),
        from: (evidence.cycles[half].sensors.t, 0.0),
        until: None,
    };
    assert_eq!(unit_without(&evidence, &[fault("rangefinder")]), None);
    let freed = unit_without(&evidence, &[fault("accelerometers")]).unwrap();
    for (n, (now, before)) in freed.cycles.iter().zip(&evidence.cycles).enumerate() {
        let (now, before) = (&now.sensors.imu, &before.sensors.imu);
        let taken = if n < half { 0.0 } else { 0.5 * 0.02 };
        for (now, before) in now.dv_B_m_s.iter().zip(&before.dv_B_m_s) {
            assert!((before - now - taken).abs() < 1e-12, "{n}");
        }
        assert_eq!(now.dtheta_B_rad, before.dtheta_B_rad);
    }
}

#[test]
fn a_long_fault_ends_where_it_ended() {
    let mut stream = Stream::new(1, 17, "noise");
    let wrong = Wrong { values: [0.0, 1.0, 1.0, 1.0], grows: false, from_s: 0.0, until_s: 52.0 };
    let system = flown(&mut stream, &[wrong]);
    let suspect = suspect("velocimeter", "bias", 0.5);
    let pass = scan::pass(&system, std::slice::from_ref(&suspect));
    let fit = scan::scan(&system, &suspect, &pass.locals[0], &pass.nodes, None).unwrap();
    let until_s = fit.until.map(|until| system.t_s(until)).unwrap();
    assert!((until_s - 52.0).abs() <= DT_S, "until {until_s} s");
}

#[test]
fn a_gross_fault_that_ends_between_two_nodes_is_found_there() {
    // One that begins there with the other sign, after a start that far off, fits better than one that ends at a node.
    let values = [2000.0, 0.0, 0.0, 0.0];
    let wrong = Wrong { values, grows: false, from_s: 0.0, until_s: 21.0 };
    let system = flown(&mut Stream::new(1, 18, "noise"), &[wrong]);
    let suspect = suspect("rangefinder", "bias", 10.0);
    let mut pass = scan::pass(&system, std::slice::from_ref(&suspect));
    let ends_at = |nodes: &[scan::Node], known| {
        let fit = scan::scan(&system, &suspect, &pass.locals[0], nodes, known).unwrap();
        fit.until.map(|until| system.t_s(until))
    };
    let coarse: Vec<scan::Node> = pass.nodes.drain(..).step_by(2).collect();
    assert_eq!(ends_at(&coarse, None), Some(21.0));
    // What another channel shows needs no node.
    let known = Some((Place::before(0), Place::before(21)));
    assert_eq!(ends_at(&coarse[..2], None), None);
    assert_eq!(ends_at(&coarse[..2], known), Some(21.0));
}
