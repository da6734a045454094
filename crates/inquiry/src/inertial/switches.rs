//! Touchdown switches: closed where nothing is touched, open where everything stands, loose.
//!
//! As programmed: the ground and a shock close several switches within moments of each other. One that is closed alone long
//! before any other is stuck; one that stays open while the others are closed may be dead or over a dip; one that opens and
//! closes again from sample to sample is loose.
//! Once there is a trajectory, one that closes high above the ground is stuck too, whatever the others do.
//! Refuses: contact from the trajectory near the ground: a lander that fell on its side closes whatever it likes.

use super::exact::{Found, flag, ln_begins, ln_binomial, ln_ends};
use super::samples::{CYCLE_S, Sample};
use icd::bus::LEGS;

/// Names of the switches.
pub const NAMES: [&str; LEGS] = ["switch.0", "switch.1", "switch.2", "switch.3"];
/// A foot that touches first is followed within so long, s; assumed: 0.5 m of uneven ground at the least speed of descent.
const ALONE_S: f64 = 3.0;
/// A lander at rest leaves one given foot off the ground with this probability; assumed: of four feet on rough ground three
/// carry.
const OFF_GROUND: f64 = 0.25;
/// Others must be closed for so long before one that is open says anything, s.
const STANDING_S: f64 = 1.0;
/// A switch on the ground changes from sample to sample with this probability; assumed: a bounce takes half a second.
const CHANGE: f64 = 0.02;

/// What the switches show; `closed` has one entry a sample.
pub fn switches(samples: &[Sample], closed: &[[bool; LEGS]]) -> Vec<Found> {
    if samples.len() < 2 || closed.len() != samples.len() {
        return Vec::new();
    }
    let each = 0..LEGS;
    let of = |leg: usize| {
        [stuck_on(samples, closed, leg), dead(samples, closed, leg), loose(samples, closed, leg)]
    };
    each.flat_map(of).flatten().collect()
}

fn found(leg: usize, kind: &'static str, gain: f64, from: usize, shown: usize) -> Found {
    Found {
        on: NAMES[leg],
        kind,
        named: true,
        numbers: Vec::new(),
        from,
        until: None,
        sigma_s: 0.0,
        gain,
        shown,
        masked: Vec::new(),
        flags: 0,
    }
}

/// Switches that close where nothing can be touched; `high`: whether a sample's time is such.
pub fn in_flight(
    samples: &[Sample],
    closed: &[[bool; LEGS]],
    high: impl Fn(&Sample) -> bool,
) -> Vec<Found> {
    let rows = || samples.iter().zip(closed);
    let first = |leg: usize| {
        let high = rows().position(|(sample, all)| all[leg] && high(sample))?;
        (0..=high).rev().take_while(|n| closed[*n][leg]).last()
    };
    let one = |leg: usize| Some(closed_from(samples, closed, leg, first(leg)?));
    (0..LEGS).filter_map(one).collect()
}

fn stuck_on(samples: &[Sample], closed: &[[bool; LEGS]], leg: usize) -> Option<Found> {
    let others = |all: &[bool; LEGS]| all.iter().enumerate().any(|(n, on)| n != leg && *on);
    let first = closed.iter().position(|all| all[leg])?;
    let touched = closed.iter().position(others).unwrap_or(closed.len() - 1);
    if touched <= first || samples[touched].t_s - samples[first].t_s < ALONE_S {
        return None;
    }
    Some(closed_from(samples, closed, leg, first))
}

/// A switch that is closed from a sample on though nothing closed it.
fn closed_from(samples: &[Sample], closed: &[[bool; LEGS]], leg: usize, first: usize) -> Found {
    let last = (first..closed.len()).find(|n| !closed[*n][leg]).unwrap_or(closed.len()) - 1;
    let until = (last + 1 < closed.len()).then_some(last + 1);
    let low = first.checked_sub(1);
    let gain = 2.0 * flag() + ln_begins(samples, low, first) + ln_ends(samples, first, last, until);
    Found { until, ..found(leg, "stuck_on", gain, first, last + 1 - first) }
}

fn dead(samples: &[Sample], closed: &[[bool; LEGS]], leg: usize) -> Option<Found> {
    let standing = |all: &[bool; LEGS]| (0..LEGS).all(|n| n == leg || all[n]);
    let at: Vec<usize> = (0..closed.len()).filter(|n| standing(&closed[*n])).collect();
    let first = *at.first()?;
    let open = closed.iter().all(|all| !all[leg]);
    if !open || (at.len() as f64) * CYCLE_S < STANDING_S {
        return None;
    }
    let end = samples.len() - 1;
    let times = ln_begins(samples, None, first) + ln_ends(samples, 0, end, None);
    Some(found(leg, "dead", times - libm::log(OFF_GROUND), 0, at.len()))
}

fn loose(samples: &[Sample], closed: &[[bool; LEGS]], leg: usize) -> Option<Found> {
    let others = |all: &[bool; LEGS]| all.iter().enumerate().any(|(n, on)| n != leg && *on);
    let first = closed.iter().position(|all| all[leg])?;
    let during: Vec<bool> =
        closed[first..].iter().filter(|all| others(all)).map(|all| all[leg]).collect();
    let changes = during.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let open = during.iter().filter(|on| !**on).count();
    if changes < 4 {
        return None;
    }
    let (ln, p, sigma) = ln_binomial(NAMES[leg], "dropout", open, during.len())?;
    let steady = during.len() - 1 - changes;
    let natural = changes as f64 * libm::log(CHANGE) + steady as f64 * libm::log(1.0 - CHANGE);
    let times = ln_begins(samples, None, first) + ln_ends(samples, 0, samples.len() - 1, None);
    let gain = ln - natural + times;
    Some(Found { numbers: vec![(p, sigma)], ..found(leg, "dropout", gain, 0, open) })
}
