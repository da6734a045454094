//! The mission plan for the ground, `mission.json`: what planners know before a flight, and no truth.
//!
//! Owns: [`plan`]. Does not own: its reader (`ground::mission`).
//! As programmed: site, planned times and corridor as the scenario has them; passes of the stations on duty over the
//! Moon's centre; hidden times of the planned orbit, seen from the Earth's centre; the ground as mapped at the
//! grid's spacing. Times after the high gate follow from the planned descent speeds.
//! Refuses: dispersions, faults, the run's number: the plan is the same for every run of a scenario.

use crate::arrival::OrbitState;
use crate::report::Json;
use crate::scenario::StartAt;
use crate::stand::Stand;
use icd::constants::SPEED_OF_LIGHT_M_S;
use icd::frames::{L, Position, Vector};
use icd::link::frame::SCID;
use icd::time::{Span, Time};
use nalgebra::Vector3;
use truth::integrate::coast::propagate_coast;
use truth::radio::Station;
use truth::radio::geometry::{Earth, hidden};
use truth::radio::pass::passes;

/// Samples along each side of the ground's grid, and their spacing, m: 3 km around the target (assumed).
const SIDE: usize = 121;
const SPACING_M: f64 = 25.0;
/// Passes are looked for so long before the start and after the planned touchdown, to the step.
const BEFORE: Span = Span::from_ms(3 * 3_600_000);
const AFTER: Span = Span::from_ms(12 * 3_600_000);
const PASS_STEP: Span = Span::from_ms(60_000);
/// Hidden times are found to the step.
const ORBIT_STEP: Span = Span::from_ms(10_000);

/// The plan's text.
///
/// Cost: a coast of an hour in steps, 15 000 evaluations of the terrain.
pub fn plan(stand: &Stand) -> String {
    let scenario = &stand.scenario;
    let link = scenario.link.as_ref();
    let stations: &[&Station] = link.map_or(&[], |link| &link.stations);
    let touchdown = scenario.approach.touchdown;
    let start = stand.planned_start().t;
    let [latitude_rad, longitude_rad] = scenario.target_rad;
    let deg = |rad: f64| Json::Number(rad.to_degrees());
    let from_orbit = scenario.start.at == StartAt::Orbit;
    let mut fields = vec![
        ("title", Json::text(&*scenario.title)),
        ("mission", Json::text(scenario.name())),
        (
            "site",
            Json::object([
                ("latitude_deg", deg(latitude_rad)),
                ("longitude_deg", deg(longitude_rad)),
                ("name", Json::text("planned landing site")),
            ]),
        ),
        ("epoch", utc(start)),
        ("planned_touchdown_utc", utc(touchdown)),
        ("ignition_utc", utc(stand.arrival.ignition.t)),
        ("scid", Json::Number(f64::from(SCID))),
        ("light_time_s", Json::Number(light_time_s(stand, touchdown))),
        ("stations", Json::List(stations.iter().map(|s| station(s)).collect())),
        ("relays", Json::Number(link.map_or(0, |link| link.relays.len()) as f64)),
        ("passes", Json::List(all_passes(stand, (start - BEFORE, touchdown + AFTER)))),
        ("occultations", Json::List(occultations(stand))),
        ("corridor", corridor(stand)),
        ("terrain", terrain(stand)),
        ("timeline", timeline(stand)),
    ];
    if from_orbit {
        fields.push(("deorbit_utc", utc(stand.arrival.t_deorbit)));
    }
    let named = fields.into_iter().map(|(key, value)| (key.to_string(), value));
    Json::Object(named.collect()).to_script()
}

fn utc(t: Time) -> Json {
    Json::text(format!("{t}Z"))
}

/// From the Moon's centre to the Earth's, s; that of the mean distance outside the ephemeris.
fn light_time_s(stand: &Stand, t: Time) -> f64 {
    const MEAN_M: f64 = 384_400e3;
    let earth = Earth::at(&stand.environment, t);
    earth.map_or(MEAN_M, |earth| earth.p_m().norm()) / SPEED_OF_LIGHT_M_S
}

fn station(station: &Station) -> Json {
    Json::object([
        ("number", Json::Number(f64::from(station.number))),
        ("name", Json::text(station.name)),
        ("latitude_deg", Json::Number(station.latitude_deg)),
        ("longitude_deg", Json::Number(station.longitude_deg)),
        ("diameter_m", Json::Number(station.diameter_m)),
    ])
}

fn all_passes(stand: &Stand, span: (Time, Time)) -> Vec<Json> {
    let mut out = Vec::new();
    let Some(link) = &stand.scenario.link else { return out };
    for station in &link.stations {
        let least = link.elevation_rad_min;
        for pass in passes(&stand.environment, station, span, least, PASS_STEP) {
            out.push(Json::object([
                ("station", Json::Number(f64::from(pass.station))),
                ("name", Json::text(station.name)),
                ("aos_utc", utc(pass.from)),
                ("los_utc", utc(pass.to)),
                ("max_elevation_deg", Json::Number(pass.elevation_rad_max.to_degrees())),
            ]));
        }
    }
    out
}

fn occultations(stand: &Stand) -> Vec<Json> {
    let hidden =
        |(from, to): &(Time, Time)| Json::object([("from_utc", utc(*from)), ("to_utc", utc(*to))]);
    hidden_times(stand).iter().map(hidden).collect()
}

/// When the Moon hides the lander on its planned way, deorbit and braking left out: coasts before and after the one, and
/// from ignition on the target in place of the lander.
fn hidden_times(stand: &Stand) -> Vec<(Time, Time)> {
    let (arrival, start) = (&stand.arrival, stand.planned_start().t);
    let (ignition, touchdown) = (arrival.ignition.t, stand.scenario.approach.touchdown);
    let mut out: Vec<(Time, Time)> = Vec::new();
    let mut last_hidden = None;
    let (mut t, mut state) = (start, coasting(stand, start));
    while t <= touchdown {
        let p_m = match &state {
            Some(state) if t < ignition => Some(state.p_MB_I.si()),
            _ => stand.environment.R_IM(t).map(|R_IM| (R_IM * stand.site.p_ML_M).si() * 1.0001),
        };
        if p_m.is_some_and(|p_m| is_hidden(stand, t, p_m)) {
            match (last_hidden, out.last_mut()) {
                (Some(before), Some(open)) if before == t - ORBIT_STEP => open.1 = t,
                _ => out.push((t, t)),
            }
            last_hidden = Some(t);
        }
        let next = t + ORBIT_STEP;
        state = match state {
            Some(_) if t < arrival.t_deorbit && next >= arrival.t_deorbit => coasting(stand, next),
            Some(state) => carried(stand, &state, next),
            None => None,
        };
        t = next;
    }
    out
}

/// The planned coast that holds at `t`: that of the parking orbit before the deorbit burn, that to ignition after it.
fn coasting(stand: &Stand, t: Time) -> Option<OrbitState> {
    let arrival = &stand.arrival;
    carried(stand, if t < arrival.t_deorbit { &arrival.orbit } else { &arrival.ignition }, t)
}

fn carried(stand: &Stand, from: &OrbitState, t: Time) -> Option<OrbitState> {
    let start = (from.p_MB_I, from.v_MB_I);
    let (p_MB_I, v_MB_I) = propagate_coast(&stand.environment, start, (from.t, t), 0.0).ok()?;
    Some(OrbitState { t, p_MB_I, v_MB_I })
}

fn is_hidden(stand: &Stand, t: Time, p_m: Vector3<f64>) -> bool {
    let seen = Earth::at(&stand.environment, t).zip(stand.environment.R_IM(t));
    let Some((earth, R_IM)) = seen else { return false };
    let to = earth.p_m() - p_m;
    hidden(&stand.environment, R_IM, (p_m, to / to.norm()), to.norm())
}

/// Planned descent speed by altitude, from the ground to the high gate.
fn points(stand: &Stand) -> impl Iterator<Item = (f64, f64)> + '_ {
    let flight = &stand.scenario.flight;
    flight.profile_altitude_m.iter().copied().zip(flight.profile_descent_m_s)
}

fn corridor(stand: &Stand) -> Json {
    let point = |(altitude_m, descent_m_s)| {
        Json::object([
            ("altitude_m", Json::Number(altitude_m)),
            ("descent_m_s", Json::Number(descent_m_s)),
        ])
    };
    Json::List(points(stand).map(point).collect())
}

/// Time from an altitude of the corridor to the ground by the planned speeds, straight between two points, s.
fn fall_s(stand: &Stand, from_m: f64) -> f64 {
    let points: Vec<(f64, f64)> = points(stand).collect();
    let each = points.windows(2).map(|pair| {
        let [(low_m, low_m_s), (high_m, high_m_s)] = [pair[0], pair[1]];
        let top_m = high_m.min(from_m);
        if top_m <= low_m {
            return 0.0;
        }
        let share = (top_m - low_m) / (high_m - low_m);
        let top_m_s = low_m_s + share * (high_m_s - low_m_s);
        2.0 * (top_m - low_m) / (low_m_s + top_m_s).max(0.1)
    });
    each.sum()
}

fn timeline(stand: &Stand) -> Json {
    let (scenario, arrival) = (&stand.scenario, &stand.arrival);
    let touchdown = scenario.approach.touchdown;
    let before = |altitude_m: f64| touchdown - Span::from_s(fall_s(stand, altitude_m));
    let gate_m = scenario.flight.gate_altitude_m;
    let mut moments = vec![
        (arrival.ignition.t, "braking", "Braking burn begins".to_string()),
        (before(gate_m), "pitch-up", format!("High gate, {gate_m:.0} m: the lander turns upright")),
        (
            before(scenario.flight.main_off_m),
            "terminal descent",
            format!("Main engine off, {:.0} m", scenario.flight.main_off_m),
        ),
        (touchdown, "contact", "Touchdown".to_string()),
    ];
    if scenario.start.at == StartAt::Orbit {
        moments.insert(0, (arrival.t_deorbit, "deorbit", "Deorbit burn begins".to_string()));
        let ends = arrival.t_deorbit + Span::from_s(arrival.deorbit_s);
        moments.insert(1, (ends, "descent coast", "Coast to perilune".to_string()));
    }
    moments.sort_by_key(|(t, ..)| *t);
    let moment = |(t, phase, text): (Time, &str, String)| {
        Json::object([("utc", utc(t)), ("phase", Json::text(phase)), ("text", Json::text(text))])
    };
    Json::List(moments.into_iter().map(moment).collect())
}

/// Heights over the target, rows from south to north.
fn terrain(stand: &Stand) -> Json {
    let half_m = 0.5 * SPACING_M * (SIDE - 1) as f64;
    let place = |n: usize| SPACING_M * n as f64 - half_m;
    let mut heights_m = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let p_LA_L: Vector<Position, L> = Vector::new(place(column), place(row), 0.0);
            let p_MA_M = stand.site.p_MA_M(p_LA_L);
            let elevation_m = stand.environment.terrain.overview_m(p_MA_M, SPACING_M);
            heights_m.push(elevation_m - stand.site.elevation_m);
        }
    }
    Json::object([
        ("spacing_m", Json::Number(SPACING_M)),
        ("columns", Json::Number(SIDE as f64)),
        ("rows", Json::Number(SIDE as f64)),
        ("heights_m", Json::Curve { values: heights_m, digits: 5 }),
    ])
}
