//! Gathers the measures of a run while it flies.
//!
//! Owns: [`Watch`]. Does not own: the list of measures (see `measures`).
//! Facts come from truth and from the sensor bus. The flight software's telemetry is asked for what no fact
//! tells: which burn it calls braking, the altitude it believes in, what it made of its ranges, what it
//! announces and which sensors it has shut out.
//! Passing an altitude is interpolated linearly between pulse frames: 4 m and 0.2 m/s at 42 m/s.

use crate::measures::Measures;
use icd::bus::{CYCLE, Sensors, ShotQuality};
use icd::events::Event;
use icd::time::{Span, Time};
use icd::tm::{self, Outcome, Phase, Snapshot};
use std::collections::VecDeque;
use truth::contact::{Landing, Leg};
use truth::world::{TruthView, World};

/// Height below which every frame is watched, m: beyond any rangefinder here (assumed).
const NEAR_M: f64 = 12_000.0;
/// How far back a late range can be matched with the state at its shot, s.
const MEMORY: Span = Span::from_ms(12_000);
/// Announcing the ground from higher than this over it is false, m (assumed: the spread of four feet on a
/// slope, and a bounce).
const FALSE_M: f64 = 5.0;
/// Tanks holding less than this are empty, kg.
pub const EMPTY_KG: f64 = 1e-6;
/// Body axis and velocity within this of the vertical count as vertical: 10°.
const VERTICAL_RAD: f64 = 10.0 * std::f64::consts::PI / 180.0;

/// What is remembered of a pulse frame.
#[derive(Clone, Copy, Debug)]
struct Moment {
    t: Time,
    altitude_m: f64,
    v_up_m_s: f64,
    v_horizontal_m_s: f64,
    altitude_error_m: f64,
}

/// From the time at which the believed altitude was first zero: what has been flown through since.
#[derive(Clone, Copy, Debug)]
struct Hover {
    since: Time,
    frames: u32,
    altitude_sum_m: f64,
}

/// Gathers the measures of one run.
#[derive(Clone, Debug)]
pub struct Watch {
    measures: Measures,
    planned_touchdown: Time,
    start: Time,
    deorbit: Option<Time>,
    ignition: Option<Time>,
    first_valid: Option<Time>,
    passed_192_m: Option<Time>,
    hover: Option<Hover>,
    dry: Option<Time>,
    rejected: u32,
    fused_at_rejection: u32,
    dv_m_s: f64,
    last: Option<Moment>,
    memory: VecDeque<Moment>,
}

impl Watch {
    /// Before the first cycle.
    pub fn new(start: Time, planned_touchdown: Time) -> Self {
        Self {
            measures: Measures::default(),
            planned_touchdown,
            start,
            deorbit: None,
            ignition: None,
            first_valid: None,
            passed_192_m: None,
            hover: None,
            dry: None,
            rejected: 0,
            fused_at_rejection: 0,
            dv_m_s: 0.0,
            last: None,
            memory: VecDeque::new(),
        }
    }

    /// Whether braking has begun: from then on every pulse frame counts.
    pub fn braking(&self) -> bool {
        self.ignition.is_some()
    }

    /// Whether every frame counts: braking, and near enough to the ground for anything that is measured.
    pub fn near(&self) -> bool {
        self.braking() && self.last.is_none_or(|last| last.altitude_m < NEAR_M)
    }

    /// One cycle: what the bus carried, and what the engines then did.
    pub fn cycle(&mut self, sensors: &Sensors, phase: Phase, world: &World) {
        let thrust = world.thrust();
        if world.touchdown().is_none() {
            self.dv_m_s += (thrust.main_N + thrust.assist_N) / world.mass_kg() * CYCLE.s();
        }
        if thrust.main_N > 0.0 {
            if phase <= Phase::Deorbit {
                self.deorbit.get_or_insert(sensors.t);
            } else if phase >= Phase::Braking && self.ignition.is_none() {
                self.ignite(sensors.t, &world.view());
            }
        }
        if let Some(shot) = sensors.rangefinder
            && shot.quality == ShotQuality::Valid
            && self.braking()
            && self.first_valid.is_none()
        {
            self.first_valid = Some(shot.t);
            let at = self.memory.iter().rev().find(|moment| moment.t <= shot.t);
            self.measures.first_valid_range_m = Some(f64::from(shot.range_m));
            self.measures.speed_at_first_valid_m_s = at.map(|m| -m.v_up_m_s);
            self.measures.horizontal_speed_at_first_valid_m_s = at.map(|m| m.v_horizontal_m_s);
            self.measures.altitude_error_at_first_valid_m = at.map(|m| m.altitude_error_m);
        }
    }

    fn ignite(&mut self, t: Time, view: &TruthView) {
        self.ignition = Some(t);
        self.measures.ignition_before_planned_s = Some((self.planned_touchdown - t).s());
        self.measures.ignition_altitude_m = Some(view.altitude_m);
        self.measures.ignition_speed_m_s = Some(view.v_horizontal_m_s);
        let p = view.p_LB_L;
        // L is a plane, the Moon is not: the distance is measured along the ground's circle.
        let radius_m = icd::constants::MOON_RADIUS_M;
        let angle_rad = libm::atan2(libm::hypot(p.x(), p.y()), radius_m + p.z());
        self.measures.ignition_distance_m = Some(angle_rad * radius_m);
    }

    /// What the flight software announced, and the height of the lowest foot then, m.
    pub fn announced(&mut self, event: Event, altitude_m: f64) {
        let ground = matches!(event, Event::Contact | Event::EnginesCutOff | Event::Landed);
        if ground && altitude_m > FALSE_M {
            *self.measures.false_landed.get_or_insert(0.0) += 1.0;
        }
    }

    /// One pulse frame.
    pub fn frame(&mut self, view: &TruthView, telemetry: &Snapshot) {
        let now = Moment {
            t: view.t,
            altitude_m: view.altitude_m,
            v_up_m_s: view.v_up_m_s,
            v_horizontal_m_s: view.v_horizontal_m_s,
            altitude_error_m: telemetry.nav.altitude_m - view.altitude_m,
        };
        if self.braking()
            && let Some(last) = self.last
        {
            self.pass(&last, &now);
            let upright = view.tilt_rad < VERTICAL_RAD;
            let falling = -view.v_up_m_s * libm::tan(VERTICAL_RAD) > view.v_horizontal_m_s;
            if upright && falling && self.measures.vertical_at_m.is_none() {
                self.measures.vertical_at_m = Some(view.altitude_m);
            }
        }
        self.last = Some(now);
        self.memory.push_back(now);
        while self.memory.front().is_some_and(|moment| now.t - moment.t > MEMORY) {
            self.memory.pop_front();
        }
        let ranges = &telemetry.rangefinder;
        self.measures.ranges_rejected = Some(f64::from(ranges.rejected));
        if ranges.rejected > self.rejected {
            (self.rejected, self.fused_at_rejection) = (ranges.rejected, ranges.fused);
        }
        if self.rejected > 0 {
            let after = ranges.fused.saturating_sub(self.fused_at_rejection);
            self.measures.ranges_fused_after_rejection = Some(f64::from(after));
        }
        if self.braking() {
            self.hovering(view, telemetry.nav.altitude_m);
        }
    }

    /// What an altitude that is believed to be zero high above the ground leads to.
    fn hovering(&mut self, view: &TruthView, believed_m: f64) {
        if self.hover.is_none() && believed_m <= 0.0 {
            self.hover = Some(Hover { since: view.t, frames: 0, altitude_sum_m: 0.0 });
            self.measures.height_at_estimate_zero_m = Some(view.altitude_m);
        }
        if let Some(hover) = &mut self.hover
            && self.dry.is_none()
        {
            hover.frames += 1;
            hover.altitude_sum_m += view.altitude_m;
            self.measures.hover_mean_m = Some(hover.altitude_sum_m / f64::from(hover.frames));
            if view.propellant_kg <= EMPTY_KG {
                self.dry = Some(view.t);
                self.measures.time_zero_to_dry_s = Some((view.t - hover.since).s());
            }
        }
    }

    fn pass(&mut self, last: &Moment, now: &Moment) {
        let crossing = |altitude_m: f64| {
            let crossed = last.altitude_m > altitude_m && now.altitude_m <= altitude_m;
            crossed.then(|| (last.altitude_m - altitude_m) / (last.altitude_m - now.altitude_m))
        };
        let speed = |share: f64| -(last.v_up_m_s + share * (now.v_up_m_s - last.v_up_m_s));
        let m = &mut self.measures;
        for (altitude_m, slot) in [
            (3000.0, &mut m.speed_at_3_km_m_s),
            (1000.0, &mut m.speed_at_1_km_m_s),
            (192.0, &mut m.speed_at_192_m_m_s),
            (20.0, &mut m.speed_at_20_m_m_s),
        ] {
            if let Some(share) = crossing(altitude_m)
                && slot.is_none()
            {
                *slot = Some(speed(share));
            }
        }
        if let Some(share) = crossing(192.0)
            && self.passed_192_m.is_none()
        {
            let t = last.t + Span::from_s(share * (now.t - last.t).s());
            self.passed_192_m = Some(t);
            m.time_from_first_valid_to_192_m_s = self.first_valid.map(|first| (t - first).s());
        }
    }

    /// After first contact: the worst lean until rest.
    pub fn on_the_ground(&mut self, view: &TruthView) {
        let tilt_deg = view.tilt_rad.to_degrees();
        self.measures.tilt_deg = Some(self.measures.tilt_deg.map_or(tilt_deg, |t| t.max(tilt_deg)));
    }

    /// What the landing did to the lander.
    fn landing(&mut self, landing: &Landing, tilt_rad: f64) {
        let legs = &landing.legs;
        let most = |read: fn(&Leg) -> f64| Some(legs.iter().map(read).fold(0.0, f64::max));
        let number = |x: f64| x.is_finite().then_some(x);
        let m = &mut self.measures;
        m.residual_tilt_deg = Some(tilt_rad.to_degrees());
        m.leg_stroke_m = most(|leg| leg.stroke_m);
        m.leg_stroke_share = most(|leg| leg.stroke_share);
        m.leg_load_N = most(|leg| leg.load_N_max);
        m.legs_broken = Some(legs.iter().filter(|leg| leg.broken).count() as f64);
        m.pad_sunk_m = most(|leg| leg.sunk_m);
        m.hull_load_N = Some(landing.hull_load_N_max);
        m.lift_offs = Some(f64::from(landing.lift_offs));
        m.bounce_m = Some(landing.bounce_m);
        m.slide_m = Some(landing.slide_m);
        m.stability_deg = number(landing.stability.angle_rad.to_degrees());
        m.topple_margin_J_kg = number(landing.margin_J_kg_min);
        let tilt_deg = landing.tilt_rad_max.to_degrees();
        m.tilt_deg = Some(m.tilt_deg.map_or(tilt_deg, |t| t.max(tilt_deg)));
    }

    /// After the last cycle: the measures.
    ///
    /// - `telemetry`: the last snapshot.
    pub fn finish(mut self, world: &World, telemetry: &Snapshot) -> Measures {
        let view = world.view();
        if let Some(touchdown) = world.touchdown() {
            let t = touchdown.t;
            let m = &mut self.measures;
            m.descent_s = Some((t - self.deorbit.unwrap_or(self.start)).s());
            m.powered_s = self.ignition.map(|ignition| (t - ignition).s());
            m.time_192_m_to_impact_s = self.passed_192_m.map(|passed| (t - passed).s());
            m.fall_s = self.dry.map(|dry| (t - dry).s());
            m.impact_speed_m_s = Some(libm::hypot(touchdown.v_up_m_s, touchdown.v_horizontal_m_s));
            m.loss_before_planned_s = Some((self.planned_touchdown - t).s());
            m.pads_slope_deg = Some(touchdown.pads_slope_rad.to_degrees());
            m.pads_rock_m = Some(touchdown.pads_rock_m);
            m.v_vertical_m_s = Some(-touchdown.v_up_m_s);
            m.v_horizontal_m_s = Some(touchdown.v_horizontal_m_s);
            let tilt_deg = touchdown.tilt_rad.to_degrees();
            m.tilt_deg = Some(m.tilt_deg.map_or(tilt_deg, |t| t.max(tilt_deg)));
        }
        if let Some(landing) = world.landing() {
            self.landing(&landing, view.tilt_rad);
        }
        let m = &mut self.measures;
        m.false_landed.get_or_insert(0.0);
        m.sensors_shut_out = Some(shut_out(telemetry));
        m.dv_m_s = Some(self.dv_m_s);
        m.miss_m = Some(libm::hypot(view.p_LB_L.x(), view.p_LB_L.y()));
        m.miss_east_m = Some(view.p_LB_L.x());
        m.miss_north_m = Some(view.p_LB_L.y());
        m.propellant_kg = Some(view.propellant_kg);
        self.measures
    }
}

/// Sensors shut out for good: by their own line, or by an alarm that stands when the last report could not
/// even be compared.
fn shut_out(telemetry: &Snapshot) -> f64 {
    let locked_out = f64::from(Outcome::LockedOut as u8);
    let lines = tm::parameters().filter(|parameter| parameter.line.key.ends_with(".outcome"));
    let lines = lines.filter(|line| (line.read)(telemetry).total_cmp(&locked_out).is_eq()).count();
    let stands = |bit: usize| telemetry.alarms >> bit & 1 == 1;
    let alarms = tm::ALARMS.iter().enumerate().filter(|(_, name)| name.ends_with("locked out"));
    lines.max(alarms.filter(|(bit, _)| stands(*bit)).count()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_announced_in_flight_is_counted_and_on_the_ground_is_not() {
        let mut watch = Watch::new(Time::default(), Time::default());
        for event in [Event::Contact, Event::EnginesCutOff, Event::Landed, Event::TerminalStarted] {
            watch.announced(event, 0.3);
        }
        assert_eq!(watch.measures.false_landed, None);
        watch.announced(Event::Contact, 4000.0);
        watch.announced(Event::Landed, 20.0);
        watch.announced(Event::TerminalStarted, 20.0);
        assert_eq!(watch.measures.false_landed, Some(2.0));
    }
}
