//! Guidance by phase: what is asked of control in the frame that begins now.
//!
//! Owns: the choice of law for a phase, the altitude that decisions use, ignition and gate criteria, the
//! main engine's rule (it burns while the assist engines alone could not give the thrust).

use crate::Flight;
use crate::control::allocate;
use crate::guidance::approach::{self, Approach};
use crate::guidance::braking::{self, Arc, Range, Solution};
use crate::guidance::risk::Risk;
use crate::guidance::{Demand, chase, corridor};
use crate::load::Legacy;
use crate::nav::covariance::{P, TERRAIN};
use crate::nav::{Site, map};
use crate::thrust::TERMINAL_COLLECTIVE_MAX;
use icd::bus::PULSE_FRAME;
use icd::events::Event;
use icd::frames::{I, M, Position, Vector};
use icd::time::Span;
use icd::tm::Phase;
use nalgebra::Vector3;

/// A speed counts as measured for so long, s.
const MEASURED_S: f64 = 1.0;
/// Shares of the assist engines' thrust: below the first the main engine goes off, above the second
/// it comes back.
const MAIN_OFF_SHARE: f64 = 0.85;
const MAIN_ON_SHARE: f64 = 0.97;
/// Least time between two switchings of the main engine, s. Source: prototype §1.1, relight about 1 s.
const MAIN_SWITCH_S: f64 = 1.0;
/// How near the planned collective the solution that waits for ignition is improved every frame.
const NEAR_IGNITION: f64 = 0.02;
/// Cosine between motion and target within which braking steers for the target.
const ON_COURSE: f64 = 0.8;
/// Frames between two improvements of the braking solution.
const BRAKING_FRAMES: u32 = 5;
/// Horizontal speed against the thrust axis that full thrust may still take away in the pitch-up, m/s.
const SLOWING_M_S: f64 = 6.0;
/// Upward share of the thrust above which a fall that is too fast is braked in the turn already.
const HALF: f64 = 0.5;

/// What guidance remembers and shows.
#[derive(Clone, Copy, Debug)]
pub struct Guide {
    /// Altitude of the feet over the believed ground, m.
    pub altitude_m: f64,
    /// Its standard deviation, m.
    pub sigma_m: f64,
    /// Altitude that braking decisions use, m.
    pub low_m: f64,
    /// Corridor speed, m/s.
    pub corridor_m_s: f64,
    /// Reference descent speed, m/s.
    pub speed_m_s: f64,
    /// Commanded thrust acceleration, I, m/s².
    pub a_I: Vector3<f64>,
    /// Commanded collective.
    pub collective: f64,
    /// Extra altitude of the high gate, m.
    pub raise_m: f64,
    /// The risks taken; before braking they are not weighed.
    pub risk: Risk,
    /// Standard deviations of altitude that the corridor keeps off the ground.
    pub k: f64,
    /// The corridor is relaxed for want of propellant.
    pub relaxed: bool,
    /// Caution about an open question has used its propellant.
    pub caution_over: bool,
    /// The fall can only be stopped with all the thrust there is.
    pub urgent: bool,
    /// Time near believed ground without contact, s.
    pub hover_s: f64,
    /// Distance to the target along and across the track, m.
    pub along_across_m: (f64, f64),
    /// Pulse frames since start.
    pub frames: u32,
    /// The ground is searched at the creep speed.
    pub creeping: bool,
    /// The corridor bounds the descent speed.
    pub limited: bool,
    /// Largest collective that the torque leaves in braking, smoothed.
    pub roof: f64,
    /// The ground underneath, from the Moon's centre, smoothed, m; 0 while it is far.
    pub level_m: f64,
    /// What becomes of the range in braking.
    pub range: Range,
    /// How far the aim lies beyond the target, rad.
    pub aim_rad: f64,
    main: bool,
    main_age_s: f64,
}

impl Guide {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self {
            altitude_m: 0.0,
            sigma_m: 0.0,
            low_m: 0.0,
            corridor_m_s: 0.0,
            speed_m_s: 0.0,
            a_I: Vector3::zeros(),
            collective: 0.0,
            raise_m: 0.0,
            risk: Risk { k: corridor::K_SIGMA, ..Risk::default() },
            k: corridor::K_SIGMA,
            relaxed: false,
            caution_over: false,
            hover_s: 0.0,
            urgent: false,
            along_across_m: (0.0, 0.0),
            roof: braking::COLLECTIVE_MAX,
            level_m: 0.0,
            range: Range::Met,
            aim_rad: 0.0,
            main: false,
            main_age_s: 0.0,
            frames: 0,
            creeping: false,
            limited: false,
        }
    }
}

/// Directions of the motion at the lander.
pub(crate) struct Axes {
    up: Vector3<f64>,
    forward: Vector3<f64>,
    right: Vector3<f64>,
}

impl Flight<'_> {
    /// The demand of this frame; `None` once the valves are to stay shut.
    pub(crate) fn guide(&mut self) -> Option<Demand> {
        self.update_altitude();
        self.watch_thrust();
        // Without a first attitude a turn could only lose the stars.
        let blind = !self.nav.aligned && self.mode.phase < Phase::Braking;
        if self.mode.abandoned || blind {
            return None;
        }
        self.guide.frames = self.guide.frames.wrapping_add(1);
        match self.mode.phase {
            Phase::OrbitCoast | Phase::DescentCoast => Some(self.along_velocity(false)),
            Phase::Deorbit => Some(self.along_velocity(true)),
            Phase::Ignition => self.apollo(false).or_else(|| Some(self.brake(false))),
            Phase::Braking => self.apollo(true).or_else(|| Some(self.brake(true))),
            Phase::PitchUp | Phase::Terminal => self.apollo(true).or_else(|| Some(self.approach())),
            Phase::Contact | Phase::CutOff | Phase::Landed => None,
        }
    }

    /// Altitude over the believed ground with its variance; what braking and touchdown may rely on.
    fn update_altitude(&mut self) {
        let load = self.load;
        let p_M: Vector<Position, M> = self.nav.R_IM.inverse() * self.nav.p_MB_I;
        let mapped = Vector::from_si(p_M.si() + self.nav.tie_M);
        let ground =
            map::ground(&load.map, &load.target, &self.site.track, load.faults.use_map, mapped);
        let up_I = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        self.nav.ground_error = ground.error;
        // The bias was measured where a beam met the ground; here it holds by what both places share.
        let away_m = self.nav.from_terrain(p_M.si());
        let (along, across) = self.site.track.along_across(p_M.si() / p_M.norm().max(1.0));
        let (phi, own) = if load.faults.use_map {
            let (phi, own) = map::shared(ground.error, away_m.unwrap_or(0.0));
            (phi, own + map::unseen(&load.map, along, away_m))
        } else {
            (1.0, 0.0)
        };
        let bias_m = phi * self.nav.terrain_bias_m;
        let level_m = icd::constants::MOON_RADIUS_M + ground.elevation_m + bias_m;
        let upright = (self.nav.q_IB.rotation().si() * Vector3::z()).dot(&up_I);
        self.guide.altitude_m = p_M.norm() - level_m + load.vehicle.foot_z_m * upright;
        self.follow_level(level_m);
        let terrain = (TERRAIN, Vector3::new(-phi, 0.0, 0.0));
        let variance = self.nav.covariance.variance_of_two((P, up_I), terrain);
        self.guide.sigma_m = libm::sqrt(variance + own);
        let margin = if load.faults.corridor { self.guide.k * self.guide.sigma_m } else { 0.0 };
        self.guide.low_m = self.guide.altitude_m - margin;
        self.guide.along_across_m = (-along, -across);
    }

    /// Thrust axis against the velocity: deorbit attitude, and the coast's.
    fn along_velocity(&self, burn: bool) -> Demand {
        let v = self.nav.v_MB_I.si();
        let d_I = -v / self.nav.v_MB_I.norm().max(1.0);
        let left_I = v.cross(&self.nav.p_MB_I.si()) * -1.0;
        let collective = if burn { self.deorbit_collective() } else { 0.0 };
        Demand { d_I, left_I, main: burn, collective }
    }

    /// What the assist engines do in the deorbit burn: nothing beside a main engine; alone they burn as low as
    /// they can, so that little comes after the cut-off.
    pub(crate) fn deorbit_collective(&self) -> f64 {
        let alone = self.load.vehicle.main.thrust_N <= 0.0;
        if alone { allocate::duty_min(&self.load.vehicle) } else { 0.0 }
    }

    /// Up, forward to where the target will be at `tgo_s`, and right.
    fn axes(&self, p_MT_I: Vector3<f64>) -> Axes {
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let ahead = p_MT_I - up * p_MT_I.dot(&up);
        let size = libm::sqrt(ahead.norm_squared());
        let v = self.nav.v_MB_I.si();
        let along = v - up * v.dot(&up);
        let speed = libm::sqrt(along.norm_squared());
        // Over the target its direction is not defined, and past it not what braking is to turn to: keep to the motion.
        let on_course = ahead.dot(&along) > ON_COURSE * size * speed;
        let raw = if size > 50.0 && on_course { ahead / size } else { along };
        let forward = raw / libm::sqrt(raw.norm_squared()).max(1e-9);
        Axes { up, forward, right: forward.cross(&up) }
    }

    /// The arc from here to the gate before `aim`, at the present time to go.
    pub(crate) fn arc_to(&self, aim: &Site, tgo_s: f64) -> (Arc, Axes, f64) {
        let load = self.load;
        let target = &load.target;
        let R_IM = load.orientation.R_IM(self.nav.t + Span::from_s(tgo_s));
        let p_MT_I: Vector<Position, I> = R_IM * self.nav.target_M(aim);
        let axes = self.axes(p_MT_I.si());
        let (p, v) = (self.nav.p_MB_I.si(), self.nav.v_MB_I.si());
        let site_v = load.orientation.w_IM_I.cross(p_MT_I).si();
        let angle = libm::atan2(p_MT_I.si().dot(&axes.forward), p_MT_I.si().dot(&axes.up));
        let radius = p_MT_I.norm();
        let gate = self.gate(radius);
        // At the gate "forward" has turned by the arc still to fly.
        let forward_gate = axes.forward * libm::cos(angle) - axes.up * libm::sin(angle);
        let excess = (self.nav.gravity_I(load)).dot(&axes.up)
            + load.gravity.gm_m3_s2 / p.norm_squared().max(1.0);
        let arc = Arc {
            gm: load.gravity.gm_m3_s2,
            mass_kg: self.mass_kg(),
            now: [libm::sqrt(p.norm_squared()), v.dot(&axes.up), v.dot(&axes.forward)],
            gate: [
                gate.radius_m - load.vehicle.foot_z_m,
                gate.v_up_m_s,
                gate.v_horizontal_m_s + site_v.dot(&forward_gate),
                angle - target.gate_downrange_m / radius.max(1.0),
            ],
            excess,
        };
        let across = v.dot(&axes.right) - site_v.dot(&axes.right);
        (arc, axes, across)
    }

    /// Braking, and the wait for it: the same solution, flown or only watched.
    fn brake(&mut self, burning: bool) -> Demand {
        let p = self.propulsion();
        let planned = self.desk.tuned.braking_collective;
        let thrust = p.main.0 + planned * p.assist.0;
        let flow = p.main.1 + planned * p.assist.1;
        let v_m_s = self.nav.v_MB_I.norm();
        let mass_kg = self.mass_kg();
        let mut s = self.solution.unwrap_or_else(|| {
            Solution::guess(v_m_s, thrust / mass_kg, thrust / flow.max(1e-6), planned)
        });
        if burning {
            s.advance(PULSE_FRAME.s());
        }
        if self.load.faults.corridor {
            self.raise_gate(s.tgo_s, thrust, flow);
        }
        let (arc, axes, across) = self.arc_to(&self.aim, s.tgo_s);
        if burning && self.load.faults.legacy == Legacy::Vikram && chase::holds(s.tgo_s) {
            self.solution = Some(s);
            let d_I = self.guide.a_I / libm::sqrt(self.guide.a_I.norm_squared()).max(1e-6);
            return Demand {
                d_I,
                left_I: -axes.right,
                main: true,
                collective: self.guide.collective,
            };
        }
        let due = self.guide.frames.is_multiple_of(BRAKING_FRAMES);
        let open = s.step >= braking::CONVERGED || s.u > planned - NEAR_IGNITION;
        if !burning && (due || open) {
            s.improve(&arc, &p, true);
        } else if burning && due {
            let bounds = [braking::COLLECTIVE_MIN, self.guide.roof.min(self.duty_max())];
            let (range, beyond_rad) = s.solve(&arc, &p, bounds, self.guide.range);
            self.guide.range = self.follow_range(range, beyond_rad, s.step < braking::CONVERGED);
        }
        self.solution = Some(s);
        let sideways = braking::across(across, thrust / mass_kg, s.tgo_s);
        let d_I = braking::direction_I(&s, axes.up, axes.forward, axes.right, sideways);
        // A gate that a correction has put below the path is not flown to by pushing down.
        let down = d_I.dot(&axes.up).min(0.0);
        let level = d_I - axes.up * down;
        let d_I = level / libm::sqrt(level.norm_squared()).max(1e-6);
        let d_I = if burning { self.held_up(d_I, axes.up) } else { d_I };
        // On the roof everything is asked for: what torque takes of it is in the prediction.
        let spent = self.guide.range == Range::Long;
        let collective = if spent { self.duty_max() } else { s.u };
        let collective = collective.max(braking::COLLECTIVE_MIN).min(self.duty_max());
        self.guide.collective = if burning { collective } else { 0.0 };
        self.guide.a_I = d_I * (p.scale * (p.main.0 + collective * p.assist.0) / mass_kg);
        self.guide.speed_m_s = -self.load.target.gate_v_up_m_s;
        self.guide.main = burning;
        Demand { d_I, left_I: -axes.right, main: burning, collective: self.guide.collective }
    }

    /// Ignition is due when the solution asks for the planned collective.
    pub(crate) fn ignition_due(&self) -> bool {
        if let Some(due_s) = self.apollo_due_s() {
            return due_s <= 0.0;
        }
        self.solution.is_some_and(|s| {
            s.step < braking::CONVERGED && s.u >= self.desk.tuned.braking_collective
        })
    }

    /// The gate is reached by time, or by an altitude that leaves no choice.
    pub(crate) fn at_gate(&self) -> bool {
        if let Some(past) = self.apollo_past(Phase::Braking) {
            return past;
        }
        let due = self.solution.is_none_or(|s| s.tgo_s <= PULSE_FRAME.s());
        // Where the range is given up the gate may move with the ground: its horizontal speed ends braking too.
        if self.guide.range == Range::Long && self.slow_as_at_gate() {
            return true;
        }
        if self.short_of_thrust() {
            return due || self.guide.altitude_m < 0.97 * self.gate(0.0).altitude_m;
        }
        // Once speeds are measured as much higher as the corridor wants it: the altitude that the first of them
        // put right may lie below. Until then a gate that wants more thrust than there is would come too soon.
        let measured = self.lines.velocimeter.age_s < MEASURED_S;
        let raise_m = if measured { self.guide.raise_m } else { 0.0 };
        let gate_m = self.load.target.gate_altitude_m + raise_m;
        due || self.guide.altitude_m < 0.97 * gate_m
    }

    /// Pitch-up and terminal descent.
    fn approach(&mut self) -> Demand {
        let load = self.load;
        let net = self.net_deceleration();
        let speed = self.reference_speed(net);
        self.guide.speed_m_s = speed.0;
        let R_IL = self.nav.R_IM * self.aim.R_ML;
        let gravity_I = self.nav.gravity_I(load);
        let gravity_L = (R_IL.inverse() * Vector::<Position, I>::from_si(gravity_I)).si();
        let v_L = self.nav.v_LB_L(load, &self.aim).si();
        let turning = self.mode.phase == Phase::PitchUp;
        let stop_m_s2 = approach::stop_m_s2(-v_L.z, self.guide.altitude_m, -gravity_L.z);
        self.guide.urgent = load.faults.corridor && stop_m_s2 > net - gravity_L.z;
        let a_L = approach::thrust_acceleration(&Approach {
            p_L: self.nav.p_LB_L(&self.aim).si(),
            v_L,
            altitude_m: self.guide.altitude_m,
            speed,
            turning,
            stopping: load.faults.corridor && self.monitors.corridor.stands,
            most_m_s2: self.most_m_s2(),
            gravity_m_s2: -gravity_L.z,
        });
        let a_L = if load.faults.legacy == Legacy::Vikram {
            let left_s = self.corridor(0.0, 0.0, net, 0.0).planned_s(self.guide.altitude_m);
            let p_L = self.nav.p_LB_L(&self.aim).si();
            chase::thrust_acceleration(p_L, v_L, left_s, -gravity_L.z)
        } else {
            let closed = self.towards_site(a_L);
            self.on_course(closed)
        };
        let late = load.faults.corridor && -v_L.z > self.guide.corridor_m_s + 3.0;
        self.monitors.corridor.update(late, Event::SpeedExceedsCorridor, &mut self.announce);
        self.watch_contradictions();
        let low = self.propellant_kg < self.desk.tuned.reserve_kg;
        self.monitors.propellant.update(low, Event::PropellantLow, &mut self.announce);
        let a_I = (R_IL * Vector::<Position, icd::frames::L>::from_si(a_L)).si();
        self.throttle(a_I, turning)
    }

    /// Factor on thrust while the axis still turns towards `d_I`.
    ///
    /// As long as thrust takes horizontal speed away the vertical share is kept up; else only the useful
    /// component is asked for.
    fn while_turning(&self, d_I: Vector3<f64>, body_up: Vector3<f64>, turning: bool) -> f64 {
        if !turning {
            return 1.0;
        }
        let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        // Too fast to stop by the law: half of the thrust upwards is better than none.
        if self.monitors.corridor.stands && self.short_of_thrust() && body_up.dot(&up) > HALF {
            return (d_I.dot(&up) / body_up.dot(&up)).max(1.0);
        }
        let v = self.nav.v_ground_I(self.load).si();
        let across = v - up * v.dot(&up);
        if body_up.dot(&across) < -SLOWING_M_S {
            return (d_I.dot(&up) / body_up.dot(&up).max(0.25)).max(1.0);
        }
        d_I.dot(&body_up).clamp(0.3, 1.0)
    }

    /// Main engine and collective for the wanted thrust acceleration.
    fn throttle(&mut self, a_I: Vector3<f64>, turning: bool) -> Demand {
        let p = self.propulsion();
        let size = libm::sqrt(a_I.norm_squared());
        let d_I = a_I / size.max(1e-6);
        let body_up = self.nav.q_IB.rotation().si() * Vector3::z();
        let wanted = size * self.mass_kg() / p.scale * self.while_turning(d_I, body_up, turning);
        let assist_alone = TERMINAL_COLLECTIVE_MAX * p.assist.0;
        let dt_s = PULSE_FRAME.s();
        self.guide.main_age_s += dt_s;
        if self.guide.main_age_s >= MAIN_SWITCH_S {
            let enough = wanted < MAIN_OFF_SHARE * assist_alone;
            let up = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
            let rising = self.nav.v_ground_I(self.load).si().dot(&up) > 0.0;
            // A plan that ends the main burn at the gate does not wait for the turn.
            let main_off_m = self.desk.tuned.main_off_m;
            let ends = !turning || main_off_m >= self.load.target.gate_altitude_m;
            let change = if self.guide.main {
                // One that outweighs the lander goes off wherever it would carry it up.
                enough && (rising || ends && self.guide.altitude_m < main_off_m)
            } else {
                wanted > MAIN_ON_SHARE * assist_alone
            };
            if change {
                self.announce.edge(Event::MainEngineOff, self.guide.main && p.main.0 > 0.0);
                self.guide.main = !self.guide.main;
                self.guide.main_age_s = 0.0;
            }
        }
        let main = if self.guide.main { p.main.0 } else { 0.0 };
        let most = self.collective_max();
        let collective =
            ((wanted - main) / p.assist.0).max(allocate::duty_min(&self.load.vehicle)).min(most);
        self.guide.collective = collective;
        self.guide.a_I = a_I;
        let forward = self.aim.forward_L;
        let right_L = forward.cross(&Vector3::z());
        let R_IL = self.nav.R_IM * self.aim.R_ML;
        let left_I = -(R_IL * Vector::<Position, icd::frames::L>::from_si(right_L)).si();
        Demand { d_I, left_I, main: self.guide.main, collective }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::{flight_in, load};

    #[test]
    fn a_fall_too_fast_on_short_thrust_is_braked_in_the_turn_as_if_it_were_over() {
        let load = load();
        let mut flight = flight_in(&load, 2000.0, Phase::PitchUp);
        let up = flight.nav.p_MB_I.si() / flight.nav.p_MB_I.norm();
        let v = flight.nav.v_ground_I(&load).si();
        let across = v - up * v.dot(&up);
        // The thrust leans with the motion: it takes nothing of it away.
        let leaning = |deg: f64| {
            let rad = deg.to_radians();
            up * libm::cos(rad) + across.normalize() * libm::sin(rad)
        };
        let wanted = leaning(10.0);
        let patient = |deg: f64| leaning(10.0).dot(&leaning(deg)).clamp(0.3, 1.0);
        for deg in [15.0, 40.0, 59.0, 61.0, 85.0] {
            let factor = flight.while_turning(wanted, leaning(deg), true);
            assert!((factor - patient(deg)).abs() < 1e-12, "{deg}: nothing is out");
        }
        flight.engines.give_up(3, flight.nav.t);
        flight.monitors.corridor.stands = true;
        for deg in [15.0, 40.0, 59.0] {
            let factor = flight.while_turning(wanted, leaning(deg), true);
            // What is wanted upwards is had upwards, whatever goes aside.
            let upwards = factor * leaning(deg).dot(&up);
            assert!((upwards - wanted.dot(&up)).abs() < 1e-12, "{deg}: {factor}");
        }
        for deg in [61.0, 85.0] {
            let factor = flight.while_turning(wanted, leaning(deg), true);
            assert!((factor - patient(deg)).abs() < 1e-12, "{deg}: too little of it is upwards");
        }
        assert_eq!(flight.while_turning(wanted, leaning(40.0), false), 1.0);
    }
}
