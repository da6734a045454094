//! Touchdown criteria, and whether a run did what its scenario expects.
//!
//! Owns: [`Outcome`], [`Class`], [`Grade`], [`Expect`], [`judge`]. No other room knows what a good landing is.
//! Does not own: the figures (see `measures`).
//!
//! Grades, exactly one a run:
//! - *pass*: the outcome is the expected one and every limit, band and expected event is met;
//! - *degraded*: the expected landing, soft and upright, but off in place, propellant or events;
//! - *fail*: anything else that the simulation followed to its end;
//! - *invalid*: the simulation itself broke down; nothing is said about the lander.
//!
//! Beside the outcome stands the class of the touchdown, which no scenario expects: what the landing
//! did to the lander, whatever its speed was. The worst that applies:
//! - *crash*: the outcome is lost or ran dry: the structure broke, or two legs did;
//! - *toppled*: it fell over;
//! - *hard*: a leg broke or used more than 80 % of its stroke, or the hull met the ground;
//! - *tilted*: it stands more than 12° from the vertical;
//! - *bounced*: it left the ground again by more than 10 cm;
//! - *upright*: none of these.

use crate::measures::{Measures, measure};
use icd::events::Event;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// At rest on its legs within the touchdown limits.
    Landed,
    /// At rest, but a touchdown limit on speed or tilt was exceeded.
    HardLanding,
    /// Fell over after contact.
    TippedOver,
    /// Struck the ground harder than the structure or two legs stand, or far too fast, with propellant left.
    Lost,
    /// Ran out of propellant before the ground and struck it.
    RanDry,
    /// Still moving when the scenario's duration was over.
    TimedOut,
    /// The simulation left its range of validity.
    Invalid,
}

impl Outcome {
    /// Every outcome, best first.
    pub const ALL: [Outcome; 7] = [
        Outcome::Landed,
        Outcome::HardLanding,
        Outcome::TippedOver,
        Outcome::Lost,
        Outcome::RanDry,
        Outcome::TimedOut,
        Outcome::Invalid,
    ];
    /// Name in scenario files, records and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Landed => "landed",
            Outcome::HardLanding => "hard landing",
            Outcome::TippedOver => "tipped over",
            Outcome::Lost => "lost",
            Outcome::RanDry => "ran dry",
            Outcome::TimedOut => "timed out",
            Outcome::Invalid => "invalid",
        }
    }
    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
    /// Whether the lander is at rest on its legs, whatever the touchdown limits say.
    pub const fn stands(self) -> bool {
        matches!(self, Outcome::Landed | Outcome::HardLanding)
    }
    /// Whether it struck the ground, with propellant left or without.
    pub const fn struck(self) -> bool {
        matches!(self, Outcome::Lost | Outcome::RanDry)
    }
}

/// What a touchdown did to the lander; see the head of this module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Stands as it should.
    Upright,
    /// Left the ground again before it came to rest.
    Bounced,
    /// Stands, leaning.
    Tilted,
    /// Stands on legs that are used up or broken, or on its hull.
    Hard,
    /// Fell over.
    Toppled,
    /// Broke up.
    Crash,
}

/// Broken legs with which a lander is lost. Assumed: one can be stood on, as in February 2024.
const LEGS_BROKEN_LOST: f64 = 2.0;
/// Share of the stroke beyond which a landing is hard. Assumed: a fifth is the reserve.
const STROKE_SHARE_HARD: f64 = 0.8;
/// Speed of first contact beyond which a lander that fell over is lost. Assumed: twice that whose energy
/// the legs take, 4.3 m/s.
const FALL_LOST_M_S: f64 = 8.6;
/// Tilt beyond which a lander stands tilted, degrees: the slope that the landers of Apollo and of
/// Chandrayaan-3 were built for.
const TILTED_DEG: f64 = 12.0;
/// Height of a bounce that counts, m. Assumed.
const BOUNCED_M: f64 = 0.1;

impl Class {
    /// Every class, best first.
    pub const ALL: [Class; 6] =
        [Class::Upright, Class::Bounced, Class::Tilted, Class::Hard, Class::Toppled, Class::Crash];
    /// Name in records and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Upright => "upright",
            Class::Bounced => "bounced",
            Class::Tilted => "tilted",
            Class::Hard => "hard",
            Class::Toppled => "toppled",
            Class::Crash => "crash",
        }
    }

    /// The class of a touchdown; `None` when the lander never met the ground.
    pub fn of(outcome: Outcome, measures: &Measures) -> Option<Self> {
        let above = |value: Option<f64>, limit: f64| value.is_some_and(|value| value > limit);
        measures.v_vertical_m_s?;
        let m = measures;
        Some(match outcome {
            Outcome::Lost | Outcome::RanDry => Class::Crash,
            Outcome::TippedOver => Class::Toppled,
            _ if above(m.legs_broken, 0.0)
                || above(m.leg_stroke_share, STROKE_SHARE_HARD)
                || above(m.hull_load_N, 0.0) =>
            {
                Class::Hard
            }
            _ if above(m.residual_tilt_deg, TILTED_DEG) => Class::Tilted,
            _ if above(m.bounce_m, BOUNCED_M) => Class::Bounced,
            _ => Class::Upright,
        })
    }
}

/// What became of a run against its expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// As expected in everything.
    Pass,
    /// Landed softly and upright, but not everything as expected.
    Degraded,
    /// Not as expected.
    Fail,
    /// The simulation broke down.
    Invalid,
}

impl Grade {
    /// Every grade, best first.
    pub const ALL: [Grade; 4] = [Grade::Pass, Grade::Degraded, Grade::Fail, Grade::Invalid];
    /// Name in records and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Pass => "pass",
            Grade::Degraded => "degraded",
            Grade::Fail => "fail",
            Grade::Invalid => "invalid",
        }
    }
}

/// A measure's permitted range.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Which measure: a key of [`crate::measures::MEASURES`].
    pub key: &'static str,
    /// Least permitted, in the measure's unit.
    pub min: f64,
    /// Largest permitted, in the measure's unit.
    pub max: f64,
}

/// What a scenario expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// How the run must end.
    pub outcome: Outcome,
    /// Largest descent speed at first contact, m/s.
    pub v_vertical_m_s_max: f64,
    /// Largest horizontal speed at first contact, m/s.
    pub v_horizontal_m_s_max: f64,
    /// Largest tilt from contact to rest, degrees.
    pub tilt_deg_max: f64,
    /// Largest distance from the target, m.
    pub miss_m_max: f64,
    /// Least propellant left, kg.
    pub propellant_kg_min: f64,
    /// Further ranges that measures must keep.
    pub bands: Vec<Band>,
    /// Events that must be raised.
    pub events: Vec<Event>,
}

/// One limit and how far from it the run stayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The measure.
    pub key: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The measured value; `None` when the run never came to the point.
    pub value: Option<f64>,
    /// Least permitted.
    pub min: f64,
    /// Largest permitted.
    pub max: f64,
    /// Distance to the nearer limit, in the unit; negative when exceeded, NaN without a value.
    pub margin: f64,
    /// Whether the value is within the limits.
    pub met: bool,
}

/// The verdict on one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How the run ended.
    pub outcome: Outcome,
    /// What the touchdown did to the lander.
    pub class: Option<Class>,
    /// Against the scenario's expectation.
    pub grade: Grade,
    /// `true` when the grade is *pass*.
    pub as_expected: bool,
    /// The touchdown limits; judged only where the scenario expects a landing.
    pub limits: Vec<Limit>,
    /// The scenario's further bands.
    pub bands: Vec<Limit>,
    /// Expected events that were never raised.
    pub missing_events: Vec<Event>,
    /// One sentence for each thing that is not as expected.
    pub reasons: Vec<String>,
}

impl Judgement {
    /// Outcome and class in words.
    pub fn headline(&self) -> String {
        let class = self.class.map_or(String::new(), |class| format!(" ({})", class.name()));
        format!("{}{class}", self.outcome.name())
    }
}

/// How the simulation of a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As truth found.
    Nature(truth::world::End),
    /// The scenario's duration is over.
    Duration,
}

/// The outcome of a run.
///
/// - `ran_dry`: whether the tanks were empty before first contact.
pub fn outcome(end: End, ran_dry: bool, measures: &Measures, expect: &Expect) -> Outcome {
    use truth::world::End as Nature;
    let crash = if ran_dry { Outcome::RanDry } else { Outcome::Lost };
    match end {
        End::Duration => Outcome::TimedOut,
        End::Nature(Nature::OutsideEphemeris | Nature::NotFinite) => Outcome::Invalid,
        End::Nature(Nature::Impact) => crash,
        End::Nature(Nature::TippedOver)
            if measures.impact_speed_m_s.is_some_and(|speed| speed > FALL_LOST_M_S) =>
        {
            crash
        }
        End::Nature(Nature::TippedOver) => Outcome::TippedOver,
        End::Nature(Nature::AtRest)
            if measures.legs_broken.is_some_and(|broken| broken >= LEGS_BROKEN_LOST) =>
        {
            crash
        }
        End::Nature(Nature::AtRest) => {
            let soft = touchdown(measures, expect).iter().all(|limit| limit.met);
            if soft { Outcome::Landed } else { Outcome::HardLanding }
        }
    }
}

/// The limits that make a touchdown soft and upright.
fn touchdown(measures: &Measures, expect: &Expect) -> Vec<Limit> {
    let most = |key, max| limit(key, measures, f64::NEG_INFINITY, max);
    vec![
        most("v_vertical_m_s", expect.v_vertical_m_s_max),
        most("v_horizontal_m_s", expect.v_horizontal_m_s_max),
        most("tilt_deg", expect.tilt_deg_max),
    ]
}

fn limit(key: &'static str, measures: &Measures, min: f64, max: f64) -> Limit {
    let found = measure(key);
    let value = found.and_then(|measure| (measure.read)(measures));
    let margin = value.map_or(f64::NAN, |value| (value - min).min(max - value));
    let unit = found.map_or("", |measure| measure.unit);
    Limit { key, unit, value, min, max, margin, met: margin >= 0.0 }
}

/// Judges a run.
pub fn judge(
    outcome: Outcome,
    measures: &Measures,
    events: &[Event],
    expect: &Expect,
) -> Judgement {
    let mut limits = touchdown(measures, expect);
    limits.push(limit("miss_m", measures, f64::NEG_INFINITY, expect.miss_m_max));
    limits.push(limit("propellant_kg", measures, expect.propellant_kg_min, f64::INFINITY));
    let bands: Vec<_> =
        expect.bands.iter().map(|band| limit(band.key, measures, band.min, band.max)).collect();
    let missing = |event: &&Event| !events.contains(event);
    let missing_events: Vec<_> = expect.events.iter().filter(missing).copied().collect();

    let mut reasons = Vec::new();
    if outcome != expect.outcome {
        reasons.push(format!("ended as {}, not as {}", outcome.name(), expect.outcome.name()));
    }
    let judged = if expect.outcome == Outcome::Landed { &limits[..] } else { &[] };
    for limit in judged.iter().chain(&bands).filter(|limit| !limit.met) {
        reasons.push(sentence(limit));
    }
    for event in &missing_events {
        reasons.push(format!("event {} was never raised", event.name()));
    }
    let grade = match outcome {
        Outcome::Invalid => Grade::Invalid,
        _ if reasons.is_empty() => Grade::Pass,
        Outcome::Landed if expect.outcome == Outcome::Landed => Grade::Degraded,
        _ => Grade::Fail,
    };
    let as_expected = grade == Grade::Pass;
    let class = Class::of(outcome, measures);
    Judgement { outcome, class, grade, as_expected, limits, bands, missing_events, reasons }
}

fn sentence(limit: &Limit) -> String {
    let Limit { key, unit, min, max, .. } = limit;
    let Some(value) = limit.value else { return format!("{key} was never measured") };
    match (min.is_finite(), max.is_finite()) {
        (true, true) => format!("{key} = {value:.3} {unit} lies outside [{min}, {max}]"),
        (true, false) => format!("{key} = {value:.3} {unit} is below {min}"),
        _ => format!("{key} = {value:.3} {unit} is above {max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use truth::world::End as Nature;

    const REST: End = End::Nature(Nature::AtRest);
    const IMPACT: End = End::Nature(Nature::Impact);

    fn expect(outcome: Outcome) -> Expect {
        Expect {
            outcome,
            v_vertical_m_s_max: 2.0,
            v_horizontal_m_s_max: 1.0,
            tilt_deg_max: 8.0,
            miss_m_max: 100.0,
            propellant_kg_min: 0.0,
            bands: Vec::new(),
            events: Vec::new(),
        }
    }

    fn soft() -> Measures {
        Measures {
            v_vertical_m_s: Some(1.2),
            v_horizontal_m_s: Some(0.3),
            tilt_deg: Some(2.0),
            miss_m: Some(40.0),
            propellant_kg: Some(30.0),
            ..Measures::default()
        }
    }

    fn judged(end: End, ran_dry: bool, measures: &Measures, expect: &Expect) -> Judgement {
        judge(outcome(end, ran_dry, measures, expect), measures, &[Event::Landed], expect)
    }

    #[test]
    fn a_soft_landing_on_target_passes_with_its_margins() {
        let judgement = judged(REST, false, &soft(), &expect(Outcome::Landed));
        assert_eq!((judgement.outcome, judgement.grade), (Outcome::Landed, Grade::Pass));
        let margins: Vec<f64> = judgement.limits.iter().map(|limit| limit.margin).collect();
        for (margin, by_hand) in margins.iter().zip([0.8, 0.7, 6.0, 60.0, 30.0]) {
            assert!((margin - by_hand).abs() < 1e-12, "{margins:?}");
        }
    }

    #[test]
    fn a_soft_landing_off_target_is_degraded() {
        let measures = Measures { miss_m: Some(140.0), ..soft() };
        let judgement = judged(REST, false, &measures, &expect(Outcome::Landed));
        assert_eq!((judgement.outcome, judgement.grade), (Outcome::Landed, Grade::Degraded));
        assert_eq!(judgement.reasons, ["miss_m = 140.000 m is above 100"]);
    }

    #[test]
    fn coming_to_rest_too_fast_is_a_hard_landing_and_a_failure() {
        let measures = Measures { v_vertical_m_s: Some(2.5), ..soft() };
        let judgement = judged(REST, false, &measures, &expect(Outcome::Landed));
        assert_eq!((judgement.outcome, judgement.grade), (Outcome::HardLanding, Grade::Fail));
    }

    #[test]
    fn an_expected_loss_passes_and_its_bands_are_judged() {
        let mut expect = expect(Outcome::Lost);
        expect.bands = vec![Band { key: "impact_speed_m_s", min: 25.0, max: 37.0 }];
        let measures = Measures { impact_speed_m_s: Some(31.0), ..Measures::default() };
        assert_eq!(judged(IMPACT, false, &measures, &expect).grade, Grade::Pass);
        let slow = Measures { impact_speed_m_s: Some(14.0), ..Measures::default() };
        assert_eq!(judged(IMPACT, false, &slow, &expect).grade, Grade::Fail);
        let never = judged(IMPACT, false, &Measures::default(), &expect);
        assert_eq!(never.reasons, ["impact_speed_m_s was never measured"]);
    }

    #[test]
    fn empty_tanks_before_the_ground_are_told_from_a_loss() {
        let expect = expect(Outcome::Landed);
        assert_eq!(outcome(IMPACT, true, &soft(), &expect), Outcome::RanDry);
        assert_eq!(outcome(IMPACT, false, &soft(), &expect), Outcome::Lost);
    }

    #[test]
    fn one_broken_leg_is_a_hard_landing_and_two_are_a_loss() {
        let expect = expect(Outcome::Landed);
        let fast = Measures { v_vertical_m_s: Some(6.5), ..soft() };
        let ended = |legs_broken: f64| {
            let measures = Measures { legs_broken: Some(legs_broken), ..fast };
            let judgement = judged(REST, false, &measures, &expect);
            (judgement.outcome, judgement.class)
        };
        assert_eq!(ended(0.0), (Outcome::HardLanding, Some(Class::Upright)));
        assert_eq!(ended(1.0), (Outcome::HardLanding, Some(Class::Hard)));
        assert_eq!(ended(2.0), (Outcome::Lost, Some(Class::Crash)));
        let two = Measures { legs_broken: Some(2.0), ..fast };
        assert_eq!(outcome(REST, true, &two, &expect), Outcome::RanDry);
    }

    #[test]
    fn falling_over_at_the_speed_of_a_crash_is_a_loss() {
        let expect = expect(Outcome::Landed);
        let ended = |speed: f64| {
            let measures = Measures { impact_speed_m_s: Some(speed), ..soft() };
            outcome(End::Nature(Nature::TippedOver), false, &measures, &expect)
        };
        assert_eq!((ended(3.0), ended(469.0)), (Outcome::TippedOver, Outcome::Lost));
    }

    #[test]
    fn the_class_of_a_touchdown_is_the_worst_that_applies() {
        let class = |change: fn(&mut Measures)| {
            let mut measures = soft();
            change(&mut measures);
            Class::of(Outcome::Landed, &measures)
        };
        assert_eq!(class(|_| {}), Some(Class::Upright));
        assert_eq!(class(|m| m.bounce_m = Some(0.11)), Some(Class::Bounced));
        assert_eq!(class(|m| m.bounce_m = Some(0.09)), Some(Class::Upright));
        let tilted: fn(&mut Measures) = |m| {
            m.residual_tilt_deg = Some(13.0);
            m.bounce_m = Some(1.0);
        };
        assert_eq!(class(tilted), Some(Class::Tilted));
        assert_eq!(class(|m| m.leg_stroke_share = Some(0.81)), Some(Class::Hard));
        assert_eq!(class(|m| m.hull_load_N = Some(1.0)), Some(Class::Hard));
        assert_eq!(Class::of(Outcome::TippedOver, &soft()), Some(Class::Toppled));
        assert_eq!(Class::of(Outcome::Lost, &soft()), Some(Class::Crash));
        assert_eq!(Class::of(Outcome::TimedOut, &Measures::default()), None);
        assert!(Class::ALL.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_broken_simulation_says_nothing_about_the_lander() {
        let judgement =
            judged(End::Nature(Nature::NotFinite), false, &soft(), &expect(Outcome::Landed));
        assert_eq!(judgement.grade, Grade::Invalid);
    }

    #[test]
    fn an_expected_event_that_never_came_is_named() {
        let mut expect = expect(Outcome::Landed);
        expect.events = vec![Event::Landed, Event::CorridorRaised];
        let judgement = judged(REST, false, &soft(), &expect);
        assert_eq!(judgement.missing_events, [Event::CorridorRaised]);
        assert_eq!(judgement.grade, Grade::Degraded);
    }

    #[test]
    fn outcome_names_lead_back_to_outcomes() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_name(outcome.name()), Some(outcome));
        }
    }
}
