//! Another landing place by order: what of it can be reached, and that the law in force goes there.
//!
//! Owns: the check of a divert, the new landing point. Does not own: the laws that fly there (`command`, `guidance`).
//! What is refused depends on where the lander is.
//! - Before braking is armed a few kilometres aside cost nothing that matters: 5 km are 0.2° of the way. The target must
//!   stay as near the plane of motion as a go asks for (`hold`).
//! - Of all diverts together no more than [`TOTAL_M`] is flown.
//! - In braking, and armed for it, the steering is solved again for the new gate. It must converge within the collective that braking has,
//!   lean aside by no more than the law may, and leave the propellant that the plan takes from the gate on.
//! - After the gate, down to [`LOW_GATE_M`], the law of the approach is flown ahead of time, on a point mass with the
//!   attitude's lag. It must arrive and be at rest over the place, with propellant left.
//!
//! Refuses: to weigh the ground there (see `avoid`); from braking on diverts with an engine out, whose aim is where
//! thrust takes it, and under Apollo's law, whose own redesignation is not programmed.

use crate::Flight;
use crate::guidance::approach::{self, Approach};
use crate::guidance::braking::{self, Range};
use crate::nav::{Site, map};
use icd::constants::{MOON_GRAVITY_M_S2, MOON_RADIUS_M};
use icd::events::Event;
use icd::frames::{M, Position, Vector};
use icd::tc::Refusal;
use icd::tm::Phase;
use nalgebra::Vector3;

/// Altitude below which no divert is begun, m: that of the first look for hazards.
pub(crate) const LOW_GATE_M: f64 = 500.0;
/// How far all diverts together may move the landing point, m. Assumed: a third of what a
/// revolution of waiting puts the target aside (`hold`), so that both together can be braked.
const TOTAL_M: f64 = 5000.0;
/// Iterations of the steering.
const ITERATIONS: usize = 16;
/// Time to go below which braking is left alone, s; share of the largest lean aside that may be asked for. Assumed.
const TGO_S_MIN: f64 = 40.0;
const LEAN: f64 = 0.75;
/// Steps of the flight ahead and their length, s; they end at this altitude, m.
const STEPS: usize = 600;
const STEP_S: f64 = 0.25;
const END_M: f64 = 15.0;
/// Lag of the attitude, s; distance and speed with which a place counts as reached, m and m/s.
const LAG_S: f64 = 1.2;
const REACHED: (f64, f64) = (8.0, 0.8);
/// Standard deviations of the propellant that are left alone.
const SIGMAS: f64 = 2.0;

impl Flight<'_> {
    /// Moves the landing point by order, `east_m` and `north_m` from where it is.
    pub(crate) fn order_divert(&mut self, east_m: f64, north_m: f64) -> Result<(), Refusal> {
        let [east, north] = self.desk.divert_m;
        let total_m = [east + east_m, north + north_m];
        if libm::hypot(total_m[0], total_m[1]) > TOTAL_M {
            return Err(Refusal::OutOfReach);
        }
        let site = self.aside(east_m, north_m);
        let own_law = self.apollo_due_s().is_none();
        match self.mode.phase {
            Phase::OrbitCoast | Phase::Deorbit | Phase::DescentCoast => self.near_plane(&site)?,
            Phase::Ignition if !own_law => self.near_plane(&site)?,
            Phase::Ignition | Phase::Braking if own_law => self.reached_by_braking(&site)?,
            Phase::PitchUp | Phase::Terminal if own_law => self.reached_by_approach(&site)?,
            _ => return Err(Refusal::WrongPhase),
        }
        self.landing = site;
        self.aim = site;
        self.avoid.site = None;
        self.course.drop_all();
        self.desk.divert_m = total_m;
        self.announce.now(Event::Diverted);
        Ok(())
    }

    /// The landing point moved, on the ground as mapped; track and map still count from the first one.
    fn aside(&self, east_m: f64, north_m: f64) -> Site {
        let load = self.load;
        let from = self.landing.p_MT_M.si();
        let offset = self.landing.R_ML.si() * Vector3::new(east_m, north_m, 0.0);
        let size = libm::sqrt((from + offset).norm_squared()).max(1.0);
        let to = (from + offset) / size * libm::sqrt(from.norm_squared());
        let level_m = |p_M: Vector3<f64>| {
            let p_M: Vector<Position, M> = Vector::from_si(p_M);
            let use_map = load.faults.use_map;
            map::ground(&load.map, &load.target, &self.site.track, use_map, p_M).elevation_m
        };
        // The target's own height stays what it is; the map tells the difference.
        let raised_m = level_m(to) - level_m(from);
        let p_MT_M = Vector::from_si(to * (1.0 + raised_m / MOON_RADIUS_M));
        let target = crate::load::Target { p_MT_M, ..load.target };
        Site { track: self.site.track, ..Site::new(&target) }
    }

    /// Whether braking can be steered to the gate before `site`.
    fn reached_by_braking(&self, site: &Site) -> Result<(), Refusal> {
        let waiting = self.mode.phase == Phase::Ignition;
        let Some(mut s) = self.solution else {
            return if waiting { self.near_plane(site) } else { Err(Refusal::WrongPhase) };
        };
        let free = self.guide.range == Range::Met && !self.short_of_thrust();
        if !(free || waiting) || s.tgo_s < TGO_S_MIN {
            return Err(Refusal::OutOfReach);
        }
        let p = self.propulsion();
        let mut across_m_s = 0.0;
        for _ in 0..ITERATIONS {
            let (arc, _, across) = self.arc_to(site, s.tgo_s);
            s.improve(&arc, &p, true);
            across_m_s = across;
        }
        let most = self.guide.roof.min(self.duty_max());
        let bounds = braking::COLLECTIVE_MIN..=most;
        let steers = s.step < braking::CONVERGED && bounds.contains(&s.u);
        if waiting && s.u < braking::COLLECTIVE_MIN {
            // That little thrust would do: there is time, ignition comes later.
            return self.near_plane(site);
        }
        let thrust_m_s2 = p.scale * (p.main.0 + s.u * p.assist.0) / self.mass_kg().max(1.0);
        let lean = braking::lean(across_m_s, thrust_m_s2, s.tgo_s).abs();
        if !steers || lean > LEAN * braking::LEAN_MAX {
            return Err(Refusal::OutOfReach);
        }
        let burnt_kg = p.scale * (p.main.1 + s.u * p.assist.1) * s.tgo_s;
        let enough = self.spare_at_gate_kg(burnt_kg, SIGMAS) > 0.0;
        if enough { Ok(()) } else { Err(Refusal::OutOfReach) }
    }

    /// Whether the law of the approach arrives at `site` with propellant left.
    fn reached_by_approach(&self, site: &Site) -> Result<(), Refusal> {
        if self.guide.altitude_m < LOW_GATE_M || self.monitors.corridor.stands {
            return Err(Refusal::WrongPhase);
        }
        let (end_m, off_m, v_m_s, dv_m_s) = self.fly_ahead(site);
        if self.short_of_thrust() || end_m >= END_M || off_m > REACHED.0 || v_m_s > REACHED.1 {
            return Err(Refusal::OutOfReach);
        }
        let last_s = self.plan().planned_s(END_M);
        let need_kg = self.propellant_for_kg(dv_m_s + MOON_GRAVITY_M_S2 * last_s);
        let sigma_kg = self.propellant_sigma_kg(self.propellant_kg);
        let enough = self.propellant_kg - SIGMAS * sigma_kg > need_kg;
        if enough { Ok(()) } else { Err(Refusal::OutOfReach) }
    }

    /// Flies the approach to `site` ahead of time: altitude, distance from it and horizontal speed at its end, m and m/s,
    /// and the velocity change that it takes, m/s.
    fn fly_ahead(&self, site: &Site) -> (f64, f64, f64, f64) {
        let (mut p, mut v) = (self.nav.p_LB_L(site).si(), self.nav.v_LB_L(self.load, site).si());
        let mut altitude_m = self.guide.altitude_m;
        let plan = self.plan();
        let lean = (self.nav.R_LB(site).si() * Vector3::z()).xy();
        let (most_m_s2, gravity_m_s2) = (self.most_m_s2(), MOON_GRAVITY_M_S2);
        let mut across = lean * gravity_m_s2;
        let mut dv_m_s = 0.0;
        for _ in 0..STEPS {
            if altitude_m < END_M {
                break;
            }
            let asked = approach::thrust_acceleration(&Approach {
                p_L: p,
                v_L: v,
                altitude_m,
                speed: plan.planned(altitude_m),
                turning: false,
                stopping: false,
                most_m_s2,
                gravity_m_s2,
            });
            across += (asked.xy() - across) * (STEP_S / LAG_S);
            let thrust = Vector3::new(across.x, across.y, asked.z);
            v += (thrust - Vector3::z() * gravity_m_s2) * STEP_S;
            p += v * STEP_S;
            altitude_m += v.z * STEP_S;
            dv_m_s += libm::sqrt(thrust.norm_squared()) * STEP_S;
        }
        (altitude_m, libm::hypot(p.x, p.y), libm::hypot(v.x, v.y), dv_m_s)
    }
}
