//! From a run's record, measures and judgement to the sheet that a page shows.
//!
//! Owns: the labels of the measures and the published figures that stand beside them.
//! Does not own: the figures (see `measures`), the limits (see `verdict`).

use super::series::Columns;
use super::{Anchor, Criterion, EventLine, FlightSheet, Limit, TerrainPatch, Tone, VerdictCard};
use crate::measures::{MEASURES, Measures};
use crate::record::Record;
use crate::verdict::{self, Judgement, Outcome};
use icd::time::Span;
use std::borrow::Cow;

/// How a measure is labelled, and what was published of it.
pub struct Figure {
    /// Key in [`MEASURES`].
    pub key: &'static str,
    /// Label for people.
    pub label: &'static str,
    /// The lander's plan as published; empty where nothing was.
    pub planned: &'static str,
    /// The flight of Mission 2 as published; empty where nothing was.
    pub published: &'static str,
}

macro_rules! figures {
    ($($key:literal $label:literal $planned:literal $published:literal;)+) => {
        &[$(Figure { key: $key, label: $label, planned: $planned, published: $published }),+]
    };
}

/// A label for every measure, and the published figures.
///
/// Plan: [MYN0424], [ASTV] (profile), [INNO] (range valid by 3 km at the latest). Mission 2: [NIH]
/// (first valid range below 900 m, the digit 893 remembered), [NAT] (192 m, 42 m/s), [NTOMO] (impact
/// about 5 s after the last telemetry), [LRZ], [EXT] (signal lost 65 to 105 s early), [NTD] (impact 282 m
/// south and 236 m east of the target).
pub const FIGURES: &[Figure] = figures![
    "descent_s" "deorbit to contact" "about 60 min" "";
    "ignition_before_planned_s" "braking ignition before the planned touchdown" "about 15 min" "";
    "ignition_altitude_m" "altitude at braking ignition" "20–25 km" "";
    "ignition_speed_m_s" "horizontal speed at braking ignition" "1667" "";
    "ignition_distance_m" "ground distance to the target at ignition" "" "";
    "powered_s" "braking ignition to contact" "about 15 min" "";
    "dv_m_s" "velocity change spent" "" "";
    "speed_at_3_km_m_s" "descent speed at 3 km" "83" "";
    "speed_at_1_km_m_s" "descent speed at 1 km" "33" "";
    "speed_at_20_m_m_s" "descent speed at 20 m" "4.7" "";
    "vertical_at_m" "vertical from an altitude of" "2000" "";
    "first_valid_range_m" "first valid range" "by 3000" "893 (below 900)";
    "speed_at_first_valid_m_s" "descent speed at the first valid range" "" "66";
    "horizontal_speed_at_first_valid_m_s" "horizontal speed at the first valid range" "" "";
    "altitude_error_at_first_valid_m" "altitude believed minus true, then" "" "";
    "speed_at_192_m_m_s" "descent speed at 192 m" "" "42";
    "time_from_first_valid_to_192_m_s" "first valid range to 192 m" "" "";
    "time_192_m_to_impact_s" "192 m to contact" "" "about 5";
    "height_at_estimate_zero_m" "altitude when the believed one is zero" "" "";
    "hover_mean_m" "mean altitude from then to empty tanks" "" "";
    "time_zero_to_dry_s" "from then to empty tanks" "" "";
    "fall_s" "empty tanks to contact" "" "";
    "impact_speed_m_s" "speed at contact" "about 1" "";
    "loss_before_planned_s" "contact before the planned touchdown" "0" "signal lost 65–105";
    "v_vertical_m_s" "vertical speed at contact" "about 1" "";
    "v_horizontal_m_s" "horizontal speed at contact" "" "";
    "tilt_deg" "largest tilt from contact to rest" "" "";
    "residual_tilt_deg" "tilt at the end" "" "";
    "leg_stroke_m" "largest stroke of a leg" "" "";
    "leg_stroke_share" "share of its stroke" "" "";
    "leg_load_N" "largest load of a foot" "" "";
    "legs_broken" "legs broken" "" "";
    "pad_sunk_m" "deepest pad in the soil" "" "";
    "hull_load_N" "largest load of the hull on the ground" "" "";
    "lift_offs" "times it left the ground again" "" "";
    "bounce_m" "greatest height meanwhile" "" "";
    "slide_m" "way from first contact to rest" "" "";
    "stability_deg" "angle left before it topples" "" "";
    "topple_margin_J_kg" "least work missing to topple it" "" "";
    "pads_slope_deg" "slope under the pads" "" "";
    "pads_rock_m" "tallest rock under a pad" "" "";
    "miss_m" "distance from the target" "" "368";
    "miss_east_m" "east of the target" "" "236";
    "miss_north_m" "north of the target" "" "−282";
    "propellant_kg" "propellant left" "" "";
    "ranges_rejected" "ranges refused by the filter" "" "";
    "false_landed" "contact, cut-off or landed announced in flight" "" "";
    "sensors_shut_out" "sensors shut out at the end" "" "";
    "ranges_fused_after_rejection" "ranges taken after the last refused" "" "";
];

/// Label of a measure; its key when the table lacks it.
pub fn label(key: &'static str) -> &'static str {
    FIGURES.iter().find(|figure| figure.key == key).map_or(key, |figure| figure.label)
}

/// What is not as expected and is not seen already as a broken limit.
pub fn reasons(judgement: &Judgement) -> Vec<String> {
    let limits: Vec<_> = judgement.limits.iter().chain(&judgement.bands).collect();
    let shown =
        |reason: &str| limits.iter().any(|limit| reason.starts_with(&format!("{} ", limit.key)));
    judgement.reasons.iter().filter(|reason| !shown(reason)).cloned().collect()
}

impl Columns for Record {
    fn column(&self, key: &str) -> Option<Cow<'_, [f64]>> {
        Record::column(self, key).map(Cow::Borrowed)
    }
}

impl<'a> FlightSheet<'a> {
    /// The sheet of one run.
    ///
    /// - `name`: short name, as the scenario's file is called. `terrain`: ground under the track, may be empty.
    pub fn of(
        name: &str,
        record: &'a Record,
        measures: &Measures,
        judgement: &Judgement,
        terrain: Vec<TerrainPatch>,
    ) -> Self {
        let header = &record.header;
        let at = |t_s: f64| header.start + Span::from_s(t_s);
        let events = record.events.iter().map(|(t_s, event)| EventLine {
            t: at(*t_s),
            name: event.name().to_string(),
            text: event.text().to_string(),
            severity: event.severity(),
        });
        Self {
            name: name.to_string(),
            title: header.title.clone(),
            purpose: header.purpose.clone(),
            facts: vec![
                ("scenario".to_string(), name.to_string()),
                ("seed".to_string(), header.seed.to_string()),
                ("run".to_string(), header.run.to_string()),
                ("start".to_string(), format!("{} UTC", header.start)),
                ("planned touchdown".to_string(), format!("{} UTC", header.planned_touchdown)),
            ],
            planned_touchdown: header.planned_touchdown,
            times: Record::column(record, "t_s")
                .unwrap_or_default()
                .iter()
                .map(|&t| at(t))
                .collect(),
            columns: record,
            events: events.collect(),
            card: card(judgement),
            anchors: anchors(measures, judgement),
            terrain,
        }
    }
}

fn card(judgement: &Judgement) -> VerdictCard {
    let tone = match judgement.outcome {
        Outcome::Landed => Tone::Safe,
        Outcome::HardLanding | Outcome::TimedOut => Tone::Doubtful,
        Outcome::Lost | Outcome::RanDry | Outcome::TippedOver => Tone::Lost,
        Outcome::Invalid => Tone::Void,
    };
    let limits = judgement.limits.iter().chain(&judgement.bands);
    VerdictCard {
        outcome: judgement.headline(),
        tone,
        grade: judgement.grade.name().to_string(),
        as_expected: judgement.as_expected,
        reasons: reasons(judgement),
        criteria: limits.map(|limit| criterion(limit, judgement.as_expected)).collect(),
    }
}

/// A limit for the page; one that is broken and yet as expected was not judged.
fn criterion(limit: &verdict::Limit, as_expected: bool) -> Criterion {
    let bound = match (limit.min.is_finite(), limit.max.is_finite()) {
        (true, true) => Limit::Between(limit.min, limit.max),
        (true, false) => Limit::AtLeast(limit.min),
        _ => Limit::AtMost(limit.max),
    };
    Criterion {
        what: label(limit.key).to_string(),
        unit: limit.unit.to_string(),
        limit: bound,
        measured: limit.value.unwrap_or(f64::NAN),
        judged: limit.met || !as_expected,
    }
}

/// Every measure that this flight took or that was published, in the order of a flight.
fn anchors(measures: &Measures, judgement: &Judgement) -> Vec<Anchor> {
    let mut out = Vec::new();
    for measure in MEASURES {
        let here = (measure.read)(measures);
        let figure = FIGURES.iter().find(|figure| figure.key == measure.key);
        let (planned, published) = figure.map_or(("", ""), |f| (f.planned, f.published));
        if here.is_none() && published.is_empty() {
            continue;
        }
        out.push(Anchor {
            what: label(measure.key).to_string(),
            unit: measure.unit.to_string(),
            planned: planned.to_string(),
            published: published.to_string(),
            here: here.unwrap_or(f64::NAN),
            inside: judgement.bands.iter().find(|b| b.key == measure.key).map(|b| b.met),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Band, Expect, judge};

    fn expect() -> Expect {
        Expect {
            outcome: Outcome::Lost,
            v_vertical_m_s_max: 2.0,
            v_horizontal_m_s_max: 1.0,
            tilt_deg_max: 8.0,
            miss_m_max: 500.0,
            propellant_kg_min: 0.0,
            bands: vec![Band { key: "impact_speed_m_s", min: 25.0, max: 37.0 }],
            events: Vec::new(),
        }
    }

    #[test]
    fn every_measure_has_exactly_one_label() {
        for measure in MEASURES {
            let found = FIGURES.iter().filter(|figure| figure.key == measure.key).count();
            assert_eq!(found, 1, "{}", measure.key);
        }
        assert_eq!(FIGURES.len(), MEASURES.len());
    }

    #[test]
    fn an_expected_loss_is_shown_as_lost_and_as_expected() {
        let measures = Measures { impact_speed_m_s: Some(31.0), ..Measures::default() };
        let judgement = judge(Outcome::Lost, &measures, &[], &expect());
        let card = card(&judgement);
        assert_eq!(
            (card.outcome.as_str(), card.tone, card.as_expected),
            ("lost", Tone::Lost, true)
        );
        assert!(
            !card.criteria[0].judged,
            "a touchdown limit is not judged where a loss is expected"
        );
        let band = card.criteria.last().unwrap();
        assert_eq!((band.limit, band.measured), (Limit::Between(25.0, 37.0), 31.0));
    }

    #[test]
    fn a_published_figure_is_listed_even_when_this_flight_never_took_it() {
        let judgement = judge(Outcome::Lost, &Measures::default(), &[], &expect());
        let anchors = anchors(&Measures::default(), &judgement);
        let range = anchors.iter().find(|a| a.what == "first valid range").unwrap();
        assert!(range.here.is_nan());
        assert_eq!(range.inside, None);
    }
}
