//! One hypothesis flown, and what of it is kept.
//!
//! Owns: [`Flight`]. Does not own: the flight (`rig::closed_loop`), what agrees with the points (`score`).

use super::draw::{DIMENSIONS, Hypothesis, START_SIGMAS, Space};
use super::file::{Event, Points};
use super::sampling::{END, OWN, WIDENED};
use super::score::{Moment, Scorer};
use crate::catalogue::NAVIGATION;
use crate::mission::Mission;
use crate::prior::SIGMA_LN;
use flight::load::NavStart;
use icd::frames::Vector;
use icd::tm::Phase;
use nalgebra::Vector3;
use rig::arrival::OrbitState;
use rig::closed_loop::{Frame, Running};
use rig::load::{nav_start, radial_along_across};
use rig::scenario::{Scenario, ScenarioError};
use rig::watch::EMPTY_KG;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The track is kept below this, m, a row every so often, s.
const TRACK_M: f64 = 8000.0;
const TRACK_S: f64 = 5.0;

/// What is kept of a flight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flight {
    /// ln L of each point, by widening.
    pub ln: Vec<Vec<f64>>,
    /// `rig::verdict::Outcome::name`.
    pub outcome: String,
    /// First contact: s after the planned touchdown, speed in m/s.
    pub impact: Option<[f64; 2]>,
    /// First valid range after ignition, m.
    pub first_range_m: Option<f64>,
    /// What altitude navigation believed in over the true one at 2 km, or at the lowest it came to, m.
    pub believed_over_true_m: f64,
    /// s after the planned touchdown, altitude in m, descent speed in m/s.
    pub track: Vec<[f64; 3]>,
}

/// Where what navigation believes is compared with what is, m: where the last decisions fall.
const COMPARED_M: f64 = 2000.0;

impl Flight {
    /// ln L of all points.
    pub fn ln_likelihood(&self) -> f64 {
        self.ln.iter().map(|point| point[OWN]).sum()
    }

    /// ln L a part of the way from nothing said to the points' own uncertainties: first of one point, then of the others.
    pub fn ln_at(&self, first: usize, way: f64) -> f64 {
        let one = |(n, ln): (usize, &Vec<f64>)| part(ln, if n == first { way } else { way - END });
        self.ln.iter().enumerate().map(one).sum()
    }
}

/// ln L of one point a part of the way: whole numbers are the widenings in their order from 1 on, between them powers; at 0
/// nothing is said.
fn part(ln: &[f64], way: f64) -> f64 {
    let from = way.clamp(0.0, END);
    let low = (from as usize).min(ln.len() - 1);
    let below = low.checked_sub(1).map_or(0.0, |n| ln[n]);
    below + (from - low as f64) * (ln[low] - below)
}

/// Flies a hypothesis.
pub(super) fn fly(
    mission: &Mission,
    space: &Space,
    hypothesis: &Hypothesis,
    points: &Points,
) -> Result<Flight, ScenarioError> {
    let run = hypothesis.run;
    let mut scenario = Scenario::clone(&mission.stand.scenario);
    scenario.faults = hypothesis.faults(space);
    let mut stand = mission.stand.clone();
    stand.scenario = Arc::new(scenario);
    let stand = stand.at_point(hypothesis.point());
    let load = stand.load(run);
    let start = stand.start(run);
    let mut nav = nav_start(&stand.scenario, &start, run);
    for (place, z) in &hypothesis.causes {
        if space.entries[*place].cause.on == NAVIGATION {
            lead_astray(&mut nav, &start, z);
        }
    }
    let mut running = Running::uploaded(&stand, &load, nav, &start, run)?;
    let planned = stand.scenario.approach.touchdown;
    let mut seen = Seen::new(points, (start.t - planned).s());
    loop {
        if let Some(end) = running.step(&mut |frame| seen.frame(frame)) {
            let flown = running.finish(&stand, end)?;
            return Ok(seen.finish(&flown));
        }
    }
}

/// The start of navigation is wrong beyond what was stated: each component as its sign and place in the pattern says, all by
/// a common factor.
fn lead_astray(nav: &mut NavStart, start: &OrbitState, z: &[f64; DIMENSIONS]) {
    let size = START_SIGMAS * libm::exp(SIGMA_LN * z[0]);
    let [p, v] = [[1, 2, 3], [5, 6, 7]].map(|at| Vector3::from(at.map(|n| z[n] * size)));
    let R = radial_along_across(start);
    let sigma = [Vector3::from(nav.sigma_p_m), Vector3::from(nav.sigma_v_m_s)];
    nav.p_MB_I += Vector::from_si(R * p.component_mul(&sigma[0]));
    nav.v_MB_I += Vector::from_si(R * v.component_mul(&sigma[1]));
}

/// What is noted along a flight.
struct Seen<'a> {
    scorer: Scorer<'a>,
    start_s: f64,
    /// When the flight software took the first range, s after the planned touchdown.
    first_range_s: Option<f64>,
    /// Altitude, and what was believed over it.
    compared: (f64, f64),
    track: Vec<[f64; 3]>,
}

impl<'a> Seen<'a> {
    fn new(points: &'a Points, start_s: f64) -> Self {
        let scorer = Scorer::new(&points.points, &WIDENED);
        let compared = (f64::INFINITY, f64::NAN);
        Self { scorer, start_s, first_range_s: None, compared, track: Vec::new() }
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        let (view, nav) = (frame.view, &frame.telemetry.nav);
        if frame.telemetry.phase < Phase::Ignition {
            return;
        }
        let t_s = self.start_s + frame.t_s;
        let descent_m_s = -view.v_up_m_s;
        let speed_m_s = libm::hypot(descent_m_s, view.v_horizontal_m_s);
        let moment: Moment = [t_s, view.altitude_m, nav.altitude_m, descent_m_s, speed_m_s];
        self.scorer.follow(&moment);
        if frame.telemetry.phase >= Phase::PitchUp && nav.altitude_m <= 0.0 {
            self.scorer.event(Event::EstimatedZero, moment);
        }
        if view.propellant_kg <= EMPTY_KG {
            self.scorer.event(Event::PropellantEnd, moment);
        }
        let acquired = icd::events::Event::RangefinderAcquired;
        if self.first_range_s.is_none() {
            let found = frame.events.iter().find(|(_, event)| *event == acquired);
            self.first_range_s = found.map(|(s, _)| self.start_s + s);
        }
        if self.compared.0 > COMPARED_M && view.altitude_m < self.compared.0 {
            self.compared = (view.altitude_m, nav.altitude_m - view.altitude_m);
        }
        let far = self.track.last().is_none_or(|last| t_s - last[0] >= TRACK_S);
        if view.altitude_m < TRACK_M && far {
            self.track.push([t_s, view.altitude_m, descent_m_s]);
        }
    }

    fn finish(mut self, flown: &rig::closed_loop::Flown) -> Flight {
        let m = &flown.measures;
        let impact = flown.touchdown.zip(m.loss_before_planned_s).map(|(_, before_s)| {
            let speed = m.impact_speed_m_s.unwrap_or(0.0);
            [-before_s, speed]
        });
        if let (Some([t_s, speed_m_s]), Some(descent_m_s)) = (impact, m.v_vertical_m_s) {
            let moment = [t_s, 0.0, f64::NAN, descent_m_s, speed_m_s];
            self.scorer.event(Event::Impact, moment);
            if flown.judgement.outcome.struck() {
                self.scorer.event(Event::LossOfSignal, moment);
            }
        }
        if let (Some(range_m), Some(descent_m_s)) =
            (m.first_valid_range_m, m.speed_at_first_valid_m_s)
        {
            let error_m = m.altitude_error_at_first_valid_m.unwrap_or(f64::NAN);
            let across = m.horizontal_speed_at_first_valid_m_s.unwrap_or(0.0);
            let speed_m_s = libm::hypot(descent_m_s, across);
            let t_s = self.first_range_s.unwrap_or(f64::NAN);
            let moment = [t_s, range_m, range_m + error_m, descent_m_s, speed_m_s];
            self.scorer.event(Event::FirstValidRange, moment);
        }
        let compared = if self.compared.1.is_nan() { 0.0 } else { self.compared.1 };
        Flight {
            ln: self.scorer.finish(),
            outcome: flown.judgement.outcome.name().to_string(),
            impact,
            first_range_m: m.first_valid_range_m,
            believed_over_true_m: compared,
            track: self.track,
        }
    }
}
