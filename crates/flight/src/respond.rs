//! What is done when monitors contradict each other: altitude without ground, a silent velocimeter.
//!
//! Owns: the altitude reset. A lander at rest on its engines where navigation sees the ground, and
//! feels none, is not on the ground: navigation's altitude is wrong, whatever its deviation says.
//! Mission 1 ended so. Then every range may set the altitude anew, if it follows the motion.

use crate::Flight;
use crate::faults::{rangefinder, table};
use crate::load::after;
use icd::constants::MOON_GRAVITY_M_S2;
use icd::events::Event;
use icd::tm::Phase;

/// At rest: vertical speed, m/s, and thrust about the weight, share.
const REST_M_S: f64 = 0.5;
const WEIGHT_SHARE: f64 = 0.15;
/// A range that came this recently, s, can set the altitude anew.
const HEARD_S: f64 = 2.0;
/// Altitude is known again below this deviation, m; two resets lie at least this far apart, s.
const KNOWN_M: f64 = 100.0;
const APART_S: f64 = 10.0;

impl Flight<'_> {
    /// Once a frame, after the gate.
    pub(crate) fn watch_contradictions(&mut self) {
        let altitude_m = self.guide.altitude_m;
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let v_up = self.nav.v_ground_I(self.load).si().dot(&up);
        let weight = self.nav.frame_m_s2 / MOON_GRAVITY_M_S2;
        let rests = v_up.abs() < REST_M_S && (weight - 1.0).abs() < WEIGHT_SHARE;
        let sunk = altitude_m < table::SUNK.threshold;
        let hovering = rests && altitude_m <= table::HOVERING.threshold;
        let event = Event::AltitudeContradiction;
        let before = self.monitors.contradiction.stands || self.monitors.hovering.stands;
        self.monitors.contradiction.update(sunk, event, &mut self.announce);
        self.monitors.hovering.update(hovering, event, &mut self.announce);
        let stands = self.monitors.contradiction.stands || self.monitors.hovering.stands;
        if self.guide.sigma_m < KNOWN_M && !stands {
            self.altitude_reset = None;
        }
        let long_ago = self.altitude_reset.is_none_or(|t| after(self.nav.t, t) > APART_S);
        let heard = self.watch.heard(self.nav.t, HEARD_S) || self.radar.heard(self.nav.t, HEARD_S);
        if stands && (long_ago || !before) && heard && self.load.faults.bank {
            self.reset_altitude();
        }
        let terminal = matches!(self.mode.phase, Phase::PitchUp | Phase::Terminal);
        let beams = &self.lines.velocimeter;
        let lost = terminal && beams.fused > 0 && beams.age_s > table::VELOCIMETER_LOST.threshold;
        self.monitors.velocimeter.update(lost, Event::VelocimeterLost, &mut self.announce);
    }

    fn reset_altitude(&mut self) {
        rangefinder::widen(&mut self.nav, table::RESET.threshold);
        self.watch.reopen();
        self.radar.reopen();
        self.altitude_reset = Some(self.nav.t);
        self.announce.now(Event::AltitudeReset);
    }
}
