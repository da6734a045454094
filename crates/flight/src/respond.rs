//! What is done when monitors contradict each other: altitude without ground, a velocimeter that drifts or is silent.
//!
//! Owns: the altitude reset, the choice between two ranging sensors, what follows when the velocimeter is wrong.
//! A lander at rest on its engines where navigation sees the ground, and feels none, is not on the ground:
//! navigation's altitude is wrong, whatever its deviation says.
//! Mission 1 ended so. Then every range may set the altitude anew, if it follows the motion.

use crate::Flight;
use crate::faults::rangefinder::{self, Peer, Ranging};
use crate::faults::table;
use crate::load::{Legacy, after};
use crate::nav::aid::{EMPTY, put};
use crate::nav::covariance::V;
use icd::bus::PULSE_FRAME;
use icd::constants::MOON_GRAVITY_M_S2;
use icd::events::Event;
use icd::tm::Phase;

/// At rest: vertical speed, m/s, and thrust about the weight, share.
const REST_M_S: f64 = 0.5;
const WEIGHT_SHARE: f64 = 0.15;
/// A range that came this recently, s, can set the altitude anew.
const HEARD_S: f64 = 2.0;
/// Least disagreement of two ranging sensors, m. Assumed: roughness in the radar's footprint.
const APART_M: f64 = 8.0;
/// Time in which a wrong velocity moves the altitude before it is found out, s. Assumed: that of smoothing.
const FOUND_S: f64 = 5.0;
/// Altitude is known again below this deviation, m; two resets lie at least this far apart, s.
const KNOWN_M: f64 = 100.0;
const APART_S: f64 = 10.0;

impl Flight<'_> {
    /// Once a frame, after the gate.
    pub(crate) fn watch_contradictions(&mut self) {
        self.weigh_two();
        self.weigh_beams();
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

    /// Of two ranging sensors that disagree, both following the motion, the lower is believed: if it is
    /// wrong the ground does not come, and that is noticed; if the higher one is, it comes too soon.
    pub(crate) fn weigh_two(&mut self) {
        let (a, b) = (self.watch.peer(self.nav.t), self.radar.peer(self.nav.t));
        let free = !self.watch.distrusted && !self.radar.distrusted;
        let lower = |high: &Peer, low: &Peer| {
            let (step_m, sigma_m) = low.step_m;
            let room_m = APART_M + table::OVERRULED.threshold * sigma_m;
            high.used
                && high.nominal > table::TRUST.threshold
                && low.datum > table::REACQUIRE.threshold
                && low.follows
                && step_m < -room_m
        };
        let now = match (free && self.load.faults.bank, lower(&a, &b), lower(&b, &a)) {
            (true, true, _) => Some(Ranging::Rangefinder),
            (true, _, true) => Some(Ranging::RadarAltimeter),
            _ => None,
        };
        let (last, since) = self.disagreement;
        self.disagreement = (now, if now.is_some() && now == last { since } else { self.nav.t });
        if after(self.nav.t, self.disagreement.1) < table::OVERRULED.persistence_s {
            return;
        }
        let (t, announce) = (self.nav.t, &mut self.announce);
        let step_m = match now {
            Some(Ranging::Rangefinder) => {
                self.watch.overrule(t, announce);
                self.radar.follow(t);
                b.step_m.0
            }
            Some(Ranging::RadarAltimeter) => {
                self.radar.overrule(t, announce);
                self.watch.follow(t);
                a.step_m.0
            }
            None => return,
        };
        rangefinder::widen(&mut self.nav, step_m);
        self.disagreement = (None, t);
    }

    /// Where ranges and inertial unit agree against the velocimeter, what it did is taken back: velocity may be
    /// wrong by as much along the way it was moved, and altitude by what that came to while it was found out.
    /// Where beams and ranges agree against navigation, its velocity is opened to the beams.
    fn weigh_beams(&mut self) {
        let faults = &self.load.faults;
        if !faults.bank || faults.legacy == Legacy::Dart {
            return;
        }
        let now = self.nav.t;
        let lines = [self.watch.drift(now), self.radar.drift(now)];
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let ground_m_s = rangefinder::ground_m_s(self.load, &self.nav);
        let (beams, dt_s) = (&mut self.beams, PULSE_FRAME.s());
        let against = beams.weigh(now, lines, &up, ground_m_s, dt_s, &mut self.announce);
        let opened = beams.weigh_velocity(now, lines, &up, ground_m_s, &mut self.announce);
        if let Some(wrong) = against.or(opened) {
            let mut row = EMPTY;
            put(&mut row, V, wrong.pull_I);
            self.nav.covariance.add(&row, wrong.v_m_s * wrong.v_m_s);
        }
        let Some(wrong) = against else { return };
        rangefinder::widen(&mut self.nav, wrong.v_m_s * FOUND_S);
        self.watch.on_trial();
        self.radar.on_trial();
    }

    fn reset_altitude(&mut self) {
        // What was believed until now has led below the ground: the other is asked first.
        let (first, second) = (self.watch.distrusted, self.radar.distrusted);
        let (t, announce) = (self.nav.t, &mut self.announce);
        rangefinder::widen(&mut self.nav, table::RESET.threshold);
        self.watch.reopen();
        self.radar.reopen();
        if first && !second {
            self.radar.overrule(t, announce);
        } else if second && !first {
            self.watch.overrule(t, announce);
        }
        self.altitude_reset = Some(t);
        self.announce.now(Event::AltitudeReset);
    }
}
