//! A window between two nodes, moved to where it fits best.
//!
//! As programmed: beginning and end move in turn over the places within a node's distance; each window's shifts are carried
//! through the whole filter.

use super::scan::{Local, NODE_S, NODES, signed};
use super::suspects::Suspect;
use super::system::{Injection, Place, System};
use crate::prior::{DURATION_S, SHARE_FROM_START};
use nalgebra::{Matrix3, Vector3};
use rayon::prelude::*;

/// What is added to which states.
type Added = Vec<(usize, f64)>;

/// What the readings say of a suspect between two places.
fn between(system: &System, suspect: &Suspect, from: Place, until: Place) -> Local {
    let age_s = system.t_s(until) - system.t_s(from);
    let ends = suspect.ends(age_s);
    let shift = |(begins, ends): (Added, &Added)| {
        system.shifts(&[
            Injection { place: from, added: begins },
            Injection { place: until, added: ends.clone() },
        ])
    };
    let shifts: Vec<Vec<f64>> = suspect.begins().into_iter().zip(&ends).map(shift).collect();
    let nu = system.innovations();
    let (mut h, mut J) = (Vector3::zeros(), Matrix3::zeros());
    for (i, own) in shifts.iter().enumerate() {
        h[i] = system.product(own, &nu);
        for (j, other) in shifts.iter().enumerate() {
            J[(i, j)] = system.product(own, other);
        }
    }
    Local { place: from, h, J }
}

/// A window between two nodes, moved to where it fits best.
pub struct Fine {
    /// What the readings say of it.
    pub local: Local,
    /// Its end.
    pub until: Place,
    /// ln of evidence and weight.
    pub weight: f64,
    /// Standard deviation of the beginning, s.
    pub sigma_s: f64,
}

/// Moves beginning and end in turn over the places within a node's distance; sums over both.
pub fn refine(system: &System, suspect: &Suspect, from: Place, until: Place) -> Fine {
    let patterns = suspect.patterns();
    let flight_s = system.end_s().max(1e-3);
    let (least_s, longest_s) = DURATION_S;
    let ln_e = |from: Place, until: Place| {
        let own = between(system, suspect, from, until);
        (signed(&own.h, &own.J, &patterns).ln, own)
    };
    let (mut from, mut until) = (from, until);
    let mut local = between(system, suspect, from, until);
    let (mut of_from, mut of_until, mut sigma_s) = (0.0, 0.0, 0.0);
    let mut top = f64::NEG_INFINITY;
    for round in 0..2 {
        let reach_s = NODE_S.max(flight_s / NODES as f64);
        let near = if from.epoch == 0 { vec![from] } else { near(system, suspect, from, reach_s) };
        let tried: Vec<(Place, f64, Local)> = near
            .par_iter()
            .filter(|place| **place < until)
            .map(|place| (*place, ln_e(*place, until)))
            .map(|(place, (ln, own))| (place, ln, own))
            .collect();
        let whole = |t: &(Place, f64, Local)| (t.1, system.t_s(t.0));
        let found: Vec<(f64, f64)> = tried.iter().map(whole).collect();
        if let Some((place, ln, own)) = tried.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            (from, top, local) = (place, ln, own);
            (of_from, sigma_s) = width(&found);
        }
        let near = self::near(system, suspect, until, reach_s);
        let tried: Vec<(Place, f64, Local)> = near
            .par_iter()
            .filter(|place| **place > from)
            .map(|place| (*place, ln_e(from, *place)))
            .map(|(place, (ln, own))| (place, ln, own))
            .collect();
        let found: Vec<(f64, f64)> = tried.iter().map(|t| (t.1, system.t_s(t.0))).collect();
        if let Some((place, ln, own)) = tried.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            (until, top, local) = (place, ln, own);
            (of_until, _) = width(&found);
        }
        if round == 1 {
            break;
        }
    }
    let age_s = (system.t_s(until) - system.t_s(from)).max(least_s);
    let law = of_until / age_s / libm::log(longest_s / least_s);
    let begins = match from.epoch {
        0 => SHARE_FROM_START,
        _ => (1.0 - SHARE_FROM_START) * of_from / flight_s,
    };
    Fine { local, until, weight: top + libm::log((begins * law).max(f64::MIN_POSITIVE)), sigma_s }
}

/// ∫ E dt over the largest E, and the standard deviation of t.
fn width(found: &[(f64, f64)]) -> (f64, f64) {
    let top = found.iter().map(|(ln, _)| *ln).fold(f64::NEG_INFINITY, f64::max);
    let (mut sum, mut mean, mut square, mut area) = (0.0, 0.0, 0.0, 0.0);
    let mut before: Option<f64> = None;
    for (ln, t_s) in found {
        let p = libm::exp(ln - top);
        sum += p;
        mean += p * t_s;
        square += p * t_s * t_s;
        area += before.map_or(0.0, |before| (t_s - before).max(0.0) * p);
        before = Some(*t_s);
    }
    let area = area.max(0.02);
    (area, (square / sum - (mean / sum) * (mean / sum)).max(0.0).sqrt().max(0.02))
}

/// Places next to one at which a suspect may begin or end.
fn near(system: &System, suspect: &Suspect, place: Place, reach_s: f64) -> Vec<Place> {
    let t_s = system.t_s(place);
    let close = |k: &usize| (system.epochs[*k].t_s - t_s).abs() <= reach_s + 0.25;
    let epochs = (1..system.epochs.len()).filter(close);
    let of_epoch = |k: usize| {
        let readings = system.epochs[k].readings.iter().enumerate();
        let own = readings.filter(|(n, reading)| *n > 0 && reading.device == suspect.device);
        std::iter::once(0)
            .chain(own.map(|(n, _)| n))
            .map(move |reading| Place { epoch: k, reading })
    };
    epochs.flat_map(of_epoch).collect()
}
