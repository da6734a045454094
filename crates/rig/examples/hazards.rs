//! Hazard avoidance over many fields of rocks and craters, with either law of divert, beside the same flights
//! without it.
//! `cargo run -p frigoris-rig --example hazards -- [RUNS [FIRST [FILE [ROCKS_PERCENT]]]]`
//!
//! Every number is another ground (terrain seed) and another run (errors of everything). A touchdown is safe
//! when the plane under the pads slopes by less than 10° and no rock above 0.3 m lies under a pad. Whether a
//! safe place is in reach is asked of truth: places every 2 m within [`REACH_M`] of where the flight without
//! avoidance came down.

#![allow(non_snake_case)] // monograms such as `p_LB_L`: see NOTATION.md

use flight::load::DivertLaw;
use icd::events::Event;
use nalgebra::Vector3;
use rayon::prelude::*;
use rig::closed_loop::{Flown, Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use rig::verdict::Outcome;
use std::path::Path;
use truth::world::standing;

const SLOPE_DEG_MAX: f64 = 10.0;
const ROCK_M_MAX: f64 = 0.3;
/// Radius around the touchdown without avoidance within which a safe place counts as in reach, m.
const REACH_M: f64 = 40.0;
const STEP_M: f64 = 2.0;

/// One ground, flown with avoidance and without.
struct Pair {
    number: u64,
    /// By plan, and by the closed form alone.
    with: Flown,
    closed: Flown,
    without: Flown,
    /// Share of the places in reach that are safe.
    safe_share: f64,
}

fn safe(flown: &Flown) -> bool {
    let m = &flown.measures;
    m.pads_slope_deg.is_some_and(|deg| deg < SLOPE_DEG_MAX)
        && m.pads_rock_m.is_some_and(|rock_m| rock_m <= ROCK_M_MAX)
}

/// Share of the places around the touchdown of `flown` on which a lander stands safely.
fn safe_share(stand: &Stand, flown: &Flown) -> f64 {
    let (x_m, y_m) =
        (flown.measures.miss_east_m.unwrap_or(0.0), flown.measures.miss_north_m.unwrap_or(0.0));
    let steps = (REACH_M / STEP_M) as i32;
    let (mut all, mut good) = (0.0, 0.0);
    for i in -steps..=steps {
        for j in -steps..=steps {
            let (dx, dy) = (STEP_M * f64::from(i), STEP_M * f64::from(j));
            if libm::hypot(dx, dy) > REACH_M {
                continue;
            }
            let p_L = Vector3::new(x_m + dx, y_m + dy, 0.0);
            let p_M = stand.site.p_ML_M.si() + stand.site.R_ML.si() * p_L;
            let found = standing::upright(
                &stand.environment.terrain,
                icd::frames::Vector::from_si(p_M),
                stand.scenario.approach.azimuth_rad,
                &stand.scenario.vehicle.machine.legs,
            );
            all += 1.0;
            if found.slope_rad.to_degrees() < SLOPE_DEG_MAX && found.rock_m <= ROCK_M_MAX {
                good += 1.0;
            }
        }
    }
    good / all
}

fn pair(scenario: &Scenario, number: u64) -> miette::Result<Pair> {
    let mut scenario = scenario.clone();
    scenario.terrain.seed = number;
    scenario.flight.divert_law = DivertLaw::Convex;
    let mut closed = scenario.clone();
    closed.flight.divert_law = DivertLaw::ClosedForm;
    let mut blind = scenario.clone();
    blind.flight.hazard_lidar = false;
    let (sees, closed, blind) = (Stand::new(scenario)?, Stand::new(closed)?, Stand::new(blind)?);
    let with = fly(&sees, number, Recording::Off, |_| {})?;
    let closed = fly(&closed, number, Recording::Off, |_| {})?;
    let without = fly(&blind, number, Recording::Off, |_| {})?;
    let safe_share = safe_share(&blind, &without);
    Ok(Pair { number, with, closed, without, safe_share })
}

fn describe(name: &str, list: &[&Flown]) {
    let n = list.len() as f64;
    let share = |f: &dyn Fn(&Flown) -> bool| {
        100.0 * list.iter().filter(|flown| f(flown)).count() as f64 / n
    };
    let mean = |f: &dyn Fn(&Flown) -> Option<f64>| {
        list.iter().filter_map(|flown| f(flown)).sum::<f64>() / n
    };
    println!(
        "{name:8} safe touchdown {:5.1} %, slope < 10 deg {:5.1} %, no rock > 0.3 m {:5.1} %, no rock at all {:5.1} %",
        share(&safe),
        share(&|f| f.measures.pads_slope_deg.is_some_and(|deg| deg < SLOPE_DEG_MAX)),
        share(&|f| f.measures.pads_rock_m.is_some_and(|m| m <= ROCK_M_MAX)),
        share(&|f| f.measures.pads_rock_m.is_some_and(|m| m <= 0.0)),
    );
    println!(
        "         landed {:5.1} %, toppled or lost {:4.1} %; mean: {:.2} m/s down, {:.2} m/s across, tilt {:.1} deg, {:.1} kg left, {:.0} m off target",
        share(&|f| f.judgement.outcome == Outcome::Landed),
        share(&|f| !matches!(f.judgement.outcome, Outcome::Landed | Outcome::HardLanding)),
        mean(&|f| f.measures.v_vertical_m_s),
        mean(&|f| f.measures.v_horizontal_m_s),
        mean(&|f| f.measures.tilt_deg),
        mean(&|f| f.measures.propellant_kg),
        mean(&|f| f.measures.miss_m),
    );
}

/// The two laws on the same grounds: plans, propellant, duration.
fn compare(pairs: &[&Pair]) {
    let counted = |event: Event| {
        let of = |pair: &&Pair| pair.with.events.iter().filter(|(_, now)| *now == event).count();
        pairs.iter().map(of).sum::<usize>()
    };
    println!(
        "plans    flown {}, infeasible {}, left {}",
        counted(Event::PlanReady),
        counted(Event::PlanInfeasible),
        counted(Event::PlanLeft)
    );
    let spread = |read: &dyn Fn(&Flown) -> Option<f64>| {
        let more = |pair: &&Pair| Some(read(&pair.with)? - read(&pair.closed)?);
        let list: Vec<f64> = pairs.iter().filter_map(more).collect();
        let n = list.len() as f64;
        let mean = list.iter().sum::<f64>() / n;
        let square = list.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        (mean, square.sqrt() / n.sqrt())
    };
    let (saved, sigma) = spread(&|f| f.measures.propellant_kg);
    let (longer_s, _) = spread(&|f| Some(f.simulated_s));
    println!(
        "plan less closed form on the same ground: {saved:+.3} +- {sigma:.3} kg left, {longer_s:+.2} s"
    );
}

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, other: u64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(other);
    let file = arguments.get(2).map_or("scenarios/hazard-avoidance.toml", String::as_str);
    let (runs, first) = (number(0, 500), number(1, 1));
    let mut scenario = Scenario::read(Path::new(file))?;
    if let Some(percent) = arguments.get(3).and_then(|a| a.parse::<f64>().ok()) {
        scenario.terrain.rock_abundance = 0.01 * percent;
    }
    let pairs: Vec<Pair> = (first..first + runs)
        .into_par_iter()
        .map(|number| pair(&scenario, number))
        .collect::<miette::Result<_>>()?;
    let reachable: Vec<&Pair> = pairs.iter().filter(|pair| pair.safe_share > 0.0).collect();
    println!(
        "{} grounds, rocks {:.0} %; a safe place in reach on {}; of the places in reach {:.0} % are safe",
        pairs.len(),
        100.0 * scenario.terrain.rock_abundance,
        reachable.len(),
        100.0 * pairs.iter().map(|pair| pair.safe_share).sum::<f64>() / pairs.len() as f64,
    );
    describe("plan", &reachable.iter().map(|pair| &pair.with).collect::<Vec<_>>());
    describe("closed", &reachable.iter().map(|pair| &pair.closed).collect::<Vec<_>>());
    describe("without", &reachable.iter().map(|pair| &pair.without).collect::<Vec<_>>());
    compare(&reachable);
    let good = |flown: &Flown| safe(flown) && flown.judgement.outcome == Outcome::Landed;
    let both = reachable
        .iter()
        .flat_map(|pair| [("plan", *pair, &pair.with), ("closed", *pair, &pair.closed)]);
    for (law, pair, flown) in both.filter(|(.., flown)| !good(flown)) {
        let m = &flown.measures;
        let value = |value: Option<f64>| value.unwrap_or(f64::NAN);
        println!(
            "ground {:4}, {law:6}: {:13} slope {:5.1} deg, rock {:4.2} m, {:5.1} m off target, {:.1} m/s down, {:.1} m/s across, tilt {:.1} deg; safe share {:.2}",
            pair.number,
            flown.judgement.outcome.name(),
            value(m.pads_slope_deg),
            value(m.pads_rock_m),
            value(m.miss_m),
            value(m.v_vertical_m_s),
            value(m.v_horizontal_m_s),
            value(m.tilt_deg),
            pair.safe_share,
        );
    }
    Ok(())
}
