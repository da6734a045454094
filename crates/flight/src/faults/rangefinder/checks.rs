//! What can be told of a shot by itself: its time tag, repeats, noise, and how long there was none.

use super::{RangeWatch, Ranging, up};
use crate::announce::Announce;
use crate::faults::table;
use crate::nav::Nav;
use crate::nav::aid::Prediction;
use icd::events::Event;
use icd::time::{Span, Time};

/// Noise is measured over this time, s, and counts from this factor on.
const NOISE_S: f64 = 3.2;
const NOISE_FACTOR: f64 = 2.0;
/// Noise above this share of the range is no noise but nonsense. Assumed.
const NOISE_SHARE_MAX: f64 = 0.1;
/// Smallest spread by motion that shows a frozen sensor, m.
const FROZEN_M: f64 = 5.0;
/// Age of a range whose tag is replaced, s, and the time that it is granted for error.
const USUAL_AGE: Span = Span::from_ms(100);
const TAG_ERROR_S: f64 = 0.5;
/// Chance of an echo well inside the reach, and time after which a silence is another look, s.
const ECHO: f64 = 0.9;
const LOOK_S: f64 = 0.5;
const HEALTH_MIN: f64 = -6.0;
/// Range below which silence says nothing, m. Assumed.
const NEAR_M: f64 = 20.0;

impl RangeWatch {
    /// The time at which a shot counts as taken and the variance that this adds, m²; `None` for a shot
    /// that is not to be used.
    pub fn tag(&mut self, nav: &Nav, t: Time, announce: &mut Announce) -> Option<(Time, f64)> {
        let age_s = (nav.t - t).s();
        let old = age_s >= table::TIME_TAG.threshold;
        // Neither the future nor a time already reported can be right; old news may be, and is of no use.
        let wrong = age_s < -1e-3 || self.t_last.is_some_and(|last| t == last);
        announce.edge(Event::TimeTagRefused, (old || wrong) && !self.tag_refused);
        self.tag_refused = old || wrong;
        let long = self.tags.stands(wrong, nav.t, table::TIME_TAG_REPLACED.persistence_s);
        self.t_last = Some(t);
        if !self.tag_refused {
            return Some((t, 0.0));
        }
        let error_m = TAG_ERROR_S * nav.v_MB_I.si().dot(&up(nav));
        (wrong && long).then_some((nav.t - USUAL_AGE, error_m * error_m))
    }

    pub(super) fn watch_repeats(&mut self, range_m: f32, announce: &mut Announce) {
        let same = range_m.to_bits() == self.last_range_m.to_bits();
        self.repeats = if same { self.repeats.saturating_add(1) } else { 0 };
        self.last_range_m = range_m;
        let stuck = f64::from(self.repeats) >= table::STUCK.threshold;
        let event = self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderStuck, event && stuck && !self.stuck);
        self.stuck = stuck;
    }

    pub(super) fn watch_frozen(&mut self, asked: bool, t: Time, announce: &mut Announce) {
        let spread = self.window.spread(t, table::FROZEN.persistence_s);
        let frozen = spread.is_some_and(|(read, expected)| {
            expected > FROZEN_M && read < table::FROZEN.threshold * expected
        });
        let event = asked && self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderStuck, event && frozen && !self.stuck);
        self.stuck |= asked && frozen;
    }

    /// The variance that ranges really have: the model's, or what their differences show.
    pub(super) fn real_noise(
        &mut self,
        echo: &Prediction,
        t: Time,
        announce: &mut Announce,
    ) -> f64 {
        let r = echo.r;
        let model = libm::sqrt(r.max(0.0));
        let (noise_m, middle_m) = self.window.noise_m(t, NOISE_S).unwrap_or((model, 0.0));
        self.noise_m = noise_m;
        let high = self.noise_m > table::NOISY.threshold * model;
        let noisy = self.noise.stands(high, t, table::NOISY.persistence_s);
        let event = self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderNoisy, event && noisy && !self.noisy);
        self.noisy = noisy;
        // Noise lies about what is expected; what lies elsewhere is another matter.
        let counts = noise_m > NOISE_FACTOR * model
            && noise_m < NOISE_SHARE_MAX * echo.value.abs()
            && middle_m.abs() < noise_m;
        if counts { self.noise_m * self.noise_m } else { r }
    }

    /// A shot without an echo. `expected_m`: range that navigation expects, its deviation added.
    pub fn watch_silence(
        &mut self,
        reach_m: f64,
        expected_m: Option<f64>,
        t: Time,
        announce: &mut Announce,
    ) {
        let since_s = self.t_look.map_or(0.0, |last| (t - last).s());
        self.t_look = Some(t);
        self.unresolved = false;
        // Chance of an echo: falls from well inside the reach to nothing at it.
        // Nearer than this dust and the unit's own least range silence any sensor.
        let seen_m = expected_m.filter(|m| *m > NEAR_M);
        let inside = seen_m.map_or(0.0, |m| (1.0 - m / reach_m.max(1.0)) / 0.1);
        let chance = ECHO * inside.clamp(0.0, 1.0);
        let looks = since_s.clamp(0.0, LOOK_S) / LOOK_S;
        self.health = (self.health + looks * libm::log(1.0 - chance)).max(HEALTH_MIN);
        let late = self.healthy() < table::LATE.threshold;
        let event = self.sensor == Ranging::Rangefinder;
        announce.edge(Event::RangefinderLate, event && late && !self.late);
        self.late = late;
    }
}
