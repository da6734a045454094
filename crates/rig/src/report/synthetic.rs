//! A made-up flight for the tests of this module: smooth curves of the right shape, no physics.

use super::series::Columns;
use super::{Anchor, Criterion, EventLine, FlightSheet, Limit, TerrainPatch, Tone, VerdictCard};
use icd::events::Event;
use icd::time::{Span, Time};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A record of invented columns.
pub struct Synthetic {
    pub times_s: Vec<f64>,
    columns: BTreeMap<String, Vec<f64>>,
}

impl Columns for Synthetic {
    fn column(&self, key: &str) -> Option<Cow<'_, [f64]>> {
        self.columns.get(key).map(|column| Cow::Borrowed(&column[..]))
    }
}

impl Synthetic {
    /// One row at the planned touchdown.
    pub fn one_row(values: &[(&str, f64)]) -> Self {
        let columns = values.iter().map(|(key, x)| (key.to_string(), vec![*x])).collect();
        Self { times_s: vec![0.0], columns }
    }

    /// A flight that begins `duration_s` before the planned touchdown, sampled at `rate_hz`.
    pub fn flight(duration_s: f64, rate_hz: f64) -> Self {
        let rows = (duration_s * rate_hz) as usize + 1;
        let times_s: Vec<f64> = (0..rows).map(|i| i as f64 / rate_hz - duration_s).collect();
        let mut flight = Self { times_s, columns: BTreeMap::new() };
        flight.add("phase", |t| match t {
            t if t < -780.0 => 2.0,
            t if t < -736.0 => 3.0,
            t if t < -104.0 => 4.0,
            t if t < -90.0 => 5.0,
            _ => 6.0,
        });
        let fall = |t: f64| (-t).max(0.0);
        flight.add("truth.altitude_m", move |t| 0.0385 * fall(t).powi(2).min(5.2e5));
        flight.add("truth.v_up_m_s", move |t| -(0.077 * fall(t)).min(60.0) - 1.0);
        flight.add("truth.v_horizontal_m_s", move |t| (2.6 * (fall(t) - 90.0)).clamp(0.0, 1690.0));
        flight.add("truth.tilt_rad", move |t| if t < -95.0 { 1.3 } else { 0.02 });
        flight.add("truth.propellant_kg", move |t| 50.0 + 0.55 * fall(t).min(740.0));
        flight.add("truth.p_LB_L.0", move |t| -12.0 * (fall(t) - 90.0).max(0.0) - fall(t));
        flight.add("truth.p_LB_L.1", move |t| 30.0 * (fall(t) - 90.0).max(0.0) + 0.5 * fall(t));
        flight.add("nav.p_LB_L.0", move |t| -12.0 * (fall(t) - 90.0).max(0.0) + 150.0);
        flight.add("nav.p_LB_L.1", move |t| 30.0 * (fall(t) - 90.0).max(0.0) - 90.0);
        let wrong = |t: f64| if t < -40.0 { 300.0 } else { 2.0 };
        flight.add("nav.altitude_m", move |t| 0.0385 * fall(t).powi(2).min(5.2e5) + wrong(t));
        flight.add("nav.sigma_altitude_m", move |t| 0.5 * wrong(t));
        flight.add("nav.v_up_m_s", move |t| -(0.077 * fall(t)).min(60.0) - 0.7);
        flight.add("nav.sigma_v_up_m_s", |_| 0.2);
        flight.add("nav.tilt_rad", move |t| if t < -95.0 { 1.302 } else { 0.021 });
        flight.add("nav.propellant_kg", move |t| 52.0 + 0.548 * fall(t).min(740.0));
        flight.add("guidance.v_up_m_s", move |t| -(0.076 * fall(t)).min(60.0) - 1.0);
        flight.add("guidance.corridor_m_s", move |t| 4.0 + 0.4 * fall(t));
        flight.add("guidance.throttle", |t| 0.8 + 0.1 * (t / 20.0).sin());
        for k in 0..6 {
            flight.add(&format!("control.assist.{k}"), move |t| {
                0.8 + 0.1 * (t / 20.0).sin() + 0.03 * (t + f64::from(k)).sin()
            });
        }
        flight.add("control.main", |t| if (-736.0..-69.0).contains(&t) { 1.0 } else { 0.0 });
        flight.add("rangefinder.nu", |t| if t < -42.0 { 600.0 } else { 3.0 * (7.0 * t).sin() });
        flight.add("rangefinder.gate", |t| if t < -42.0 { 200.0 } else { 20.0 });
        flight.add("rangefinder.outcome", |t| match t {
            t if t < -45.0 => 0.0,
            t if t < -42.0 => 2.0,
            _ => 1.0,
        });
        flight.add("rangefinder.fused", |t| (10.0 * (t + 42.0)).max(0.0).floor());
        flight.add("rangefinder.rejected", |t| (10.0 * (t + 45.0)).clamp(0.0, 30.0).floor());
        flight
    }

    fn add(&mut self, key: &str, f: impl Fn(f64) -> f64) {
        let column = self.times_s.iter().map(|&t| f(t)).collect();
        self.columns.insert(key.to_string(), column);
    }
}

/// A sheet around a synthetic record.
pub fn sheet<'a>(name: &str, record: &'a Synthetic) -> FlightSheet<'a> {
    let planned = Time::from_utc("2025-06-05T19:17:00").unwrap();
    let event = |t_s: f64, event: Event| EventLine {
        t: planned + Span::from_s(t_s),
        name: event.name().into(),
        text: event.text().into(),
        severity: event.severity(),
    };
    FlightSheet {
        name: name.into(),
        title: format!("Synthetic flight {name}"),
        purpose: "REQ-NONE: exercise the page".into(),
        facts: vec![("seed".into(), "1".into()), ("run".into(), "0".into())],
        planned_touchdown: planned,
        times: record.times_s.iter().map(|&t| planned + Span::from_s(t)).collect(),
        columns: record,
        events: vec![
            event(-736.0, Event::BrakingStarted),
            event(-104.0, Event::PitchUpStarted),
            event(-45.0, Event::RangeRejected),
            event(-41.5, Event::SpeedExceedsCorridor),
        ],
        card: VerdictCard {
            outcome: "lost".into(),
            tone: Tone::Lost,
            grade: "pass".into(),
            as_expected: true,
            reasons: Vec::new(),
            criteria: vec![Criterion {
                what: "vertical speed at contact".into(),
                unit: "m/s".into(),
                limit: Limit::AtMost(2.0),
                measured: 31.0,
                judged: false,
            }],
        },
        anchors: vec![Anchor {
            what: "descent speed at first valid range".into(),
            unit: "m/s".into(),
            planned: "44".into(),
            published: "66".into(),
            here: 65.2,
            inside: Some(true),
        }],
        terrain: vec![bowl()],
    }
}

/// A shallow bowl with ripples, 20 km across.
fn bowl() -> TerrainPatch {
    let n: usize = 120;
    let height = |i: usize| {
        let (x, y) = ((i % n) as f32 / 60.0 - 1.0, (i / n) as f32 / 60.0 - 1.0);
        200.0 * (x * x + y * y) + 15.0 * (20.0 * x).sin() * (17.0 * y).cos()
    };
    TerrainPatch {
        title: "approach".into(),
        east_m: [-10_000.0, 10_000.0],
        north_m: [-10_000.0, 10_000.0],
        columns: n,
        rows: n,
        elevation_m: (0..n * n).map(height).collect(),
    }
}
