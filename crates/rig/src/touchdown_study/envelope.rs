//! The envelope: the largest rectangle of slope and speed inside which landings end upright.
//!
//! Owns: the survey, the choice, what landings inside came to. Does not own: one landing (`drop`), classes
//! (`verdict`), intervals (`statistics`).
//! A survey is landings drawn evenly over a box of slope and speed. Every rectangle in the box's corner at the
//! level and at rest has its own count of them. It holds when the lower end of the exact interval of its share
//! [ClopperPearson1934] exceeds what is asked by a reserve, for the best of many rectangles is flattered; too
//! few landings hold nothing. The envelope is the rectangle that holds with the largest area, degrees times m/s:
//! a tenth more of either counts as much. What it is worth is counted again on draws of another seed.
//! Refuses: envelopes of another shape.

use super::{After, Draw, Drop, Meeting, Study, Way};
use crate::measures::Measures;
use crate::statistics::Share;
use crate::verdict::Class;
use rayon::prelude::*;

/// Steepest slope of the survey, degrees: the 12 of Apollo's and Chandrayaan-3's landers, of which nothing
/// that stands on it is upright by much.
pub const SLOPE_DEG_MAX: f64 = 12.0;
/// Fastest horizontal speed of the survey, m/s: a quarter more than the 4 ft/s of Apollo's lander.
pub const SURVEY_M_S_MAX: f64 = 1.5;
/// Share of landings inside an envelope that must end upright.
pub const ASKED: f64 = 0.995;
/// The same of the lower end of the interval of the landings that choose it. Assumed: a fifth of what may be lost.
pub const CHOSEN: f64 = 0.996;
/// Steps in which slopes and speeds of envelopes are looked for.
const SLOPE_STEP_DEG: f64 = 1.0;
const SPEED_STEP_M_S: f64 = 0.1;

/// Slope and horizontal speed up to which a lander is asked to end upright.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// Steepest slope, degrees.
    pub slope_deg: f64,
    /// Fastest horizontal speed at contact, any way, m/s.
    pub v_m_s: f64,
}

impl Envelope {
    /// Nothing.
    pub const NONE: Self = Self { slope_deg: 0.0, v_m_s: 0.0 };

    /// Whether a slope and a speed lie inside.
    pub fn has(&self, slope_deg: f64, v_m_s: f64) -> bool {
        slope_deg <= self.slope_deg && v_m_s <= self.v_m_s
    }
}

/// One landing of a survey.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Slope, degrees.
    pub slope_deg: f64,
    /// Horizontal speed, m/s.
    pub v_m_s: f64,
    /// The class of the touchdown.
    pub class: Class,
    /// It came to rest.
    pub rests: bool,
}

impl Spot {
    /// Whether it stands as it should.
    pub fn upright(&self) -> bool {
        self.rests && self.class == Class::Upright
    }
}

/// Landings drawn evenly over [`SLOPE_DEG_MAX`] and [`SURVEY_M_S_MAX`].
#[derive(Clone, Debug)]
pub struct Survey(pub Vec<Spot>);

impl Survey {
    /// The landings inside an envelope that ended upright.
    pub fn held(&self, envelope: &Envelope) -> Share {
        let (mut count, mut of) = (0, 0);
        for spot in self.0.iter().filter(|spot| envelope.has(spot.slope_deg, spot.v_m_s)) {
            (count, of) = (count + u64::from(spot.upright()), of + 1);
        }
        Share::new(count, of)
    }

    /// For every slope the fastest envelope that may be chosen; speed 0 where none does.
    pub fn fastest(&self) -> Vec<Envelope> {
        let steps = |max: f64, step: f64| {
            (1..=(max / step).round() as u32).map(move |n| f64::from(n) * step)
        };
        let fastest = |slope_deg| {
            let each =
                steps(SURVEY_M_S_MAX, SPEED_STEP_M_S).map(|v_m_s| Envelope { slope_deg, v_m_s });
            let mut holds = each.filter(|envelope| self.held(envelope).low >= CHOSEN);
            holds.next_back().unwrap_or(Envelope { slope_deg, v_m_s: 0.0 })
        };
        steps(SLOPE_DEG_MAX, SLOPE_STEP_DEG).map(fastest).collect()
    }

    /// The largest envelope that holds; the steepest of several.
    pub fn envelope(&self) -> Envelope {
        let area = |envelope: &Envelope| envelope.slope_deg * envelope.v_m_s;
        let larger =
            |best: Envelope, next: Envelope| if area(&next) >= area(&best) { next } else { best };
        self.fastest().into_iter().filter(|e| e.v_m_s > 0.0).fold(Envelope::NONE, larger)
    }
}

/// What landings inside given limits came to.
#[derive(Clone, Debug)]
pub struct Landings {
    /// How many stand as they should, at rest.
    pub upright: Share,
    /// How many stand on their legs.
    pub stand: Share,
    /// How many of each class.
    pub classes: Vec<(Class, Share)>,
    /// How many were not at rest in the end: fallen, or sliding on.
    pub moving: Share,
    /// How far from the limits they stayed.
    pub margins: Vec<Margin>,
}

/// How far from a limit landings stayed.
#[derive(Clone, Debug)]
pub struct Margin {
    /// What.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Median, worst in a hundred and worst over the landings.
    pub values: [f64; 3],
}

impl Study {
    /// Landings `0..count`, each at its own share of the box's slope and speed.
    pub fn survey(&self, after: After, count: u64) -> Survey {
        let all = Envelope { slope_deg: SLOPE_DEG_MAX, v_m_s: SURVEY_M_S_MAX };
        let spot = |number| {
            let (meeting, drop) = self.land_inside(&all, after, false, number);
            let (slope_deg, v_m_s) = (meeting.slope_rad.to_degrees(), meeting.v_m_s);
            Spot { slope_deg, v_m_s, class: drop.class, rests: drop.rests }
        };
        Survey((0..count).into_par_iter().map(spot).collect())
    }

    /// Landing `number` with slope and speed drawn evenly inside the limits, or at them.
    fn land_inside(
        &self,
        limits: &Envelope,
        after: After,
        at_limits: bool,
        number: u64,
    ) -> (Meeting, Drop) {
        let shares = Draw::new(self.seed, number).shares;
        let [slope, speed] = if at_limits { [1.0; 2] } else { shares };
        let slope_rad = slope * limits.slope_deg.to_radians();
        let meeting = Meeting { slope_rad, v_m_s: speed * limits.v_m_s, way: Way::Any, after };
        (meeting, self.land(&meeting, number))
    }

    /// Landings `0..count` with slope and speed drawn evenly inside the limits, or all of them at the limits.
    pub fn inside(&self, limits: &Envelope, after: After, at_limits: bool, count: u64) -> Landings {
        let drops: Vec<Drop> = (0..count)
            .into_par_iter()
            .map(|number| self.land_inside(limits, after, at_limits, number).1)
            .collect();
        let of = drops.len() as u64;
        let count = |is: &dyn Fn(&Drop) -> bool| {
            Share::new(drops.iter().filter(|drop| is(drop)).count() as u64, of)
        };
        let classes = Class::ALL.iter().map(|class| (*class, count(&|drop| drop.class == *class)));
        Landings {
            upright: count(&Drop::upright),
            stand: count(&Drop::stands),
            moving: count(&|drop| !drop.rests),
            classes: classes.collect(),
            margins: margins(&drops),
        }
    }
}

/// What is left of stroke, stability and standing, over all landings.
fn margins(drops: &[Drop]) -> Vec<Margin> {
    type Read = fn(&Measures) -> Option<f64>;
    let rows: [(&str, &str, Read); 5] = [
        ("stroke left of the leg that crushed most", "%", |m| {
            Some(100.0 * (1.0 - m.leg_stroke_share?))
        }),
        ("least work that ever lacked to topple it", "J/kg", |m| m.topple_margin_J_kg),
        ("angle left to the edge at the end", "°", |m| m.stability_deg),
        ("lean below the 12° that count as tilted", "°", |m| Some(12.0 - m.residual_tilt_deg?)),
        ("bounce below the 0.1 m that counts", "m", |m| Some(0.1 - m.bounce_m?)),
    ];
    let margin = |(what, unit, read): (&'static str, &'static str, Read)| {
        let mut all: Vec<f64> = drops.iter().filter_map(|drop| read(&drop.measures)).collect();
        all.sort_by(f64::total_cmp);
        let at = |n: usize| all.get(n).copied().unwrap_or(f64::NAN);
        Margin { what, unit, values: [at(all.len() / 2), at(all.len() / 100), at(0)] }
    };
    rows.map(margin).into()
}
