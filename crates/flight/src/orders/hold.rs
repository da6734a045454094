//! Go and no-go: the two gates before which the ground may hold the lander, and when the next chance comes.
//!
//! Owns: the ground's word ([`Hold`]), the chances to burn, the wave-off. Does not own: the burns (`mode`, `command`).
//! There are two gates: before the deorbit burn, and before braking. The ground's word is go until it says otherwise: a
//! silent ground stops no landing. Held before the deorbit burn the lander stays on its orbit; held before braking it
//! passes its perilune and climbs back to its apolune. Apollo 14 flew such an orbit, 17 by 109 km,
//! from one day to the next before it landed from there [A14FlightJournal].
//! Of a chance that passed the lander remembers where it was: by the angle, in the plane of its motion, from itself to
//! the target as that turns with the Moon,
//!     α = atan2(p̂_T · ŝ, p̂_T · û),   û up, ŝ along the motion.
//! Where that angle comes again, a revolution later, the next chance is. Braking is solved for the target's distance
//! anyhow; what grows is the target's distance from the plane of motion, by what the Moon turns in a revolution: 16 km
//! at 60° latitude under a polar orbit. Braking nulls that by its velocity law up to [`CROSS_M_MAX`]; further off a
//! go is refused, and only a new load helps.
//! A go that comes up to [`WINDOW_S`] late still burns: the perilune moves by that time's way along the track, which
//! braking's own ignition takes up.
//! Refuses: plane changes; raising the perilune again; a new landing place for another revolution (see `divert`).

use crate::Flight;
use crate::guidance::braking;
use crate::load::{DeorbitPlan, after};
use crate::nav::Site;
use icd::constants::MOON_RADIUS_M;
use icd::events::Event;
use icd::tc::Refusal;
use icd::time::{Span, Time};
use icd::tm::Phase;

/// How late a deorbit burn may begin, s. Assumed: 50 km along the track, in which an orbit of 100 by 17 km falls or
/// climbs by some 100 m about where braking begins.
const WINDOW_S: f64 = 30.0;
/// Largest distance of the target from the plane of motion at touchdown, m. Assumed: braking asks for three times
/// the speed across in its time to go, 0.15 of its thrust for 25 km; it may lean by 0.2. Flown with 16 km.
const CROSS_M_MAX: f64 = 25_000.0;
/// From the arming of braking to touchdown, s, to foretell where the target will be: the Moon turns 2 m a second.
const LANDING_S: f64 = 900.0;
/// Under Apollo's law, which knows no collective, a held ignition is missed after so long, s. Assumed.
const APOLLO_LATE_S: f64 = 5.0;
const TURN_RAD: f64 = 2.0 * core::f64::consts::PI;

/// What to do about the burn that is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chance {
    /// Not yet, or not at all.
    Wait,
    /// It is due.
    Now,
    /// It was due and is over.
    Missed,
}

/// The ground's word about the next burn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    /// The landing may go on.
    pub go: bool,
    /// It was called off.
    pub waved_off: bool,
    /// The deorbit burn as planned, or as it came.
    pub plan: DeorbitPlan,
    /// The chance that was let pass.
    missed: Option<Missed>,
    /// Angle to the target where braking was armed, rad.
    arm_rad: f64,
    told: bool,
}

/// A chance that was let pass.
#[derive(Clone, Copy, Debug)]
struct Missed {
    /// Angle to the target there, rad.
    at_rad: f64,
    /// How far there is to go until it comes again, rad; zero to a turn.
    left_rad: f64,
    /// When it came last, as long as that counts.
    came: Option<Time>,
}

/// An angle within zero to a turn.
fn turned(rad: f64) -> f64 {
    if rad < 0.0 { rad + TURN_RAD } else { rad }
}

impl Missed {
    /// At the angle `ahead_rad`, having passed the one at `at_rad`.
    fn new(at_rad: f64, ahead_rad: f64, came: Option<Time>) -> Self {
        let left_rad = turned(ahead_rad - at_rad);
        // Here and now: it comes again a whole turn later.
        let left_rad = if left_rad > 0.0 { left_rad } else { TURN_RAD };
        Self { at_rad, left_rad, came }
    }

    /// Whether it comes again, now that the target lies at `ahead_rad`.
    fn follow(&mut self, ahead_rad: f64, t: Time) -> bool {
        let left_rad = turned(ahead_rad - self.at_rad);
        let comes = left_rad > self.left_rad + 0.5 * TURN_RAD;
        self.left_rad = left_rad;
        if comes {
            self.came = Some(t);
        }
        comes
    }
}

impl Hold {
    /// The next burn was due and has been let pass.
    pub fn held_on(&self) -> bool {
        self.missed.is_some()
    }

    /// By plan.
    pub fn new(plan: DeorbitPlan) -> Self {
        Self { go: true, waved_off: false, plan, missed: None, arm_rad: 0.0, told: false }
    }
}

impl Flight<'_> {
    /// Angle from here to the target in the plane of motion, rad, zero to a turn.
    fn ahead_rad(&self) -> f64 {
        let (p, v) = (self.nav.p_MB_I.si(), self.nav.v_MB_I.si());
        let up = p / libm::sqrt(p.norm_squared()).max(1.0);
        let level = v - up * v.dot(&up);
        let along = level / libm::sqrt(level.norm_squared()).max(1e-6);
        let target = (self.nav.R_IM * self.nav.target_M(&self.landing)).si();
        turned(libm::atan2(target.dot(&along), target.dot(&up)))
    }

    /// Time of a revolution, s: by the energy of the motion.
    fn revolution_s(&self) -> f64 {
        let gm = self.load.gravity.gm_m3_s2;
        let v = self.nav.v_MB_I.norm();
        let per_axis = (2.0 / self.nav.p_MB_I.norm().max(1.0) - v * v / gm).max(1e-8);
        TURN_RAD / libm::sqrt(gm * per_axis * per_axis * per_axis)
    }

    /// Time until a chance that was let pass comes again, s, as on a circle; `None` when none was.
    pub(crate) fn chance_in_s(&self) -> Option<f64> {
        let missed = self.desk.hold.missed?;
        Some(missed.left_rad / TURN_RAD * self.revolution_s())
    }

    /// How far the target will lie from the plane of motion when the lander comes there, m.
    fn cross_m(&self, site: &Site, in_s: f64) -> f64 {
        let normal = self.nav.p_MB_I.si().cross(&self.nav.v_MB_I.si());
        let normal = normal / libm::sqrt(normal.norm_squared()).max(1.0);
        let R_IM = self.load.orientation.R_IM(self.nav.t + Span::from_s(in_s));
        let target = (R_IM * self.nav.target_M(site)).si();
        let share = target.dot(&normal) / libm::sqrt(target.norm_squared()).max(1.0);
        MOON_RADIUS_M * libm::asin(share.clamp(-1.0, 1.0))
    }

    /// Time until the lander may be down, s, before braking: by the next chance, or by plan.
    fn landing_in_s(&self) -> f64 {
        let plan = self.load.deorbit;
        let arm_in_s = match self.desk.hold.missed {
            Some(missed) if !self.in_window(&missed) => {
                let on_orbit = self.mode.phase == Phase::OrbitCoast;
                let coast_s = if on_orbit { after(plan.t_arm, plan.t_ignition) } else { 0.0 };
                self.chance_in_s().unwrap_or(0.0) + coast_s
            }
            _ => after(self.desk.hold.plan.t_arm, self.nav.t).max(0.0),
        };
        arm_in_s + LANDING_S
    }

    /// Whether the lander comes near enough to a landing point before braking.
    pub(crate) fn near_plane(&self, site: &Site) -> Result<(), Refusal> {
        let near = self.cross_m(site, self.landing_in_s()).abs() <= CROSS_M_MAX;
        if near { Ok(()) } else { Err(Refusal::OutOfReach) }
    }

    /// Whether a chance to deorbit that came still counts.
    fn in_window(&self, missed: &Missed) -> bool {
        missed.came.is_some_and(|came| after(self.nav.t, came) <= WINDOW_S)
    }

    /// The ground says go.
    pub(crate) fn order_go(&mut self) -> Result<(), Refusal> {
        if self.mode.phase > Phase::Ignition {
            return Err(Refusal::WrongPhase);
        }
        if let Some(missed) = self.desk.hold.missed
            && !self.in_window(&missed)
        {
            self.near_plane(&self.landing)?;
        }
        let hold = &mut self.desk.hold;
        (hold.go, hold.waved_off) = (true, false);
        self.announce.now(Event::Released);
        Ok(())
    }

    /// The ground says no go.
    pub(crate) fn order_no_go(&mut self) -> Result<(), Refusal> {
        if self.mode.phase > Phase::Ignition {
            return Err(Refusal::WrongPhase);
        }
        self.desk.hold.go = false;
        Ok(())
    }

    /// The ground calls the landing off. Once braking has begun no engine could climb back to an orbit.
    pub(crate) fn order_wave_off(&mut self) -> Result<(), Refusal> {
        if self.mode.phase > Phase::Ignition {
            return Err(Refusal::WrongPhase);
        }
        let hold = &mut self.desk.hold;
        (hold.go, hold.waved_off) = (false, true);
        if let Some(missed) = &mut hold.missed {
            missed.came = None;
        }
        self.announce.now(Event::WavedOff);
        Ok(())
    }

    /// Once a cycle, before the phase changes: what is to be done about the next burn.
    pub(crate) fn chance(&mut self, in_phase_s: f64, longest_s: f64) -> Chance {
        match self.mode.phase {
            Phase::OrbitCoast => self.deorbit_chance(),
            Phase::Deorbit if self.desk.hold.waved_off => Chance::Missed,
            Phase::DescentCoast => self.arm_chance(),
            Phase::Ignition => self.ignition_chance(in_phase_s > longest_s),
            _ => Chance::Wait,
        }
    }

    fn deorbit_chance(&mut self) -> Chance {
        let t = self.nav.t;
        let hold = self.desk.hold;
        let Some(mut missed) = hold.missed else {
            if t < hold.plan.t_ignition {
                return Chance::Wait;
            }
            if hold.go {
                return Chance::Now;
            }
            self.let_pass((!hold.waved_off).then_some(t));
            return Chance::Wait;
        };
        let comes = missed.follow(self.ahead_rad(), t);
        if hold.waved_off {
            missed.came = None;
        }
        self.desk.hold.missed = Some(missed);
        if hold.go && self.in_window(&missed) {
            // The descent is as long as planned, from whenever it begins.
            let plan = self.load.deorbit;
            let later = t - plan.t_ignition;
            let hold = &mut self.desk.hold;
            (hold.plan.t_ignition, hold.plan.t_arm) = (t, plan.t_arm + later);
            hold.missed = None;
            return Chance::Now;
        }
        self.announce.edge(Event::HeldByGround, comes);
        Chance::Wait
    }

    fn arm_chance(&mut self) -> Chance {
        let t = self.nav.t;
        let hold = self.desk.hold;
        let comes = match hold.missed {
            None => t >= hold.plan.t_arm,
            Some(mut missed) => {
                let comes = missed.follow(self.ahead_rad(), t);
                self.desk.hold.missed = Some(missed);
                comes
            }
        };
        if !comes {
            return Chance::Wait;
        }
        if hold.waved_off {
            self.let_pass(None);
            return Chance::Wait;
        }
        let arm_rad = self.ahead_rad();
        let hold = &mut self.desk.hold;
        (hold.missed, hold.arm_rad, hold.told) = (None, arm_rad, false);
        Chance::Now
    }

    fn ignition_chance(&mut self, too_long: bool) -> Chance {
        let hold = self.desk.hold;
        let due = self.ignition_due();
        if hold.go {
            return if due || too_long { Chance::Now } else { Chance::Wait };
        }
        self.announce.edge(Event::HeldByGround, due && !hold.told && !hold.waved_off);
        self.desk.hold.told |= due;
        let missed = too_long || hold.waved_off || self.too_late_to_brake();
        if missed { Chance::Missed } else { Chance::Wait }
    }

    /// Braking would now ask for more thrust than it may count on to stop before the target.
    fn too_late_to_brake(&self) -> bool {
        if let Some(due_s) = self.apollo_due_s() {
            return due_s < -APOLLO_LATE_S;
        }
        let s = self.solution.filter(|s| s.step < braking::CONVERGED);
        s.is_some_and(|s| s.u > braking::COLLECTIVE_MAX)
    }

    /// Lets the chance that is here pass; `came`: when it counts as having come, as long as it may still be taken.
    fn let_pass(&mut self, came: Option<Time>) {
        let ahead_rad = self.ahead_rad();
        self.desk.hold.missed = Some(Missed::new(ahead_rad, ahead_rad, came));
        self.announce.now(Event::HeldByGround);
    }

    /// The phase to go back to, and what to say, where a chance was missed.
    pub(crate) fn go_back(&mut self) -> (Phase, Event) {
        let ahead_rad = self.ahead_rad();
        let burning = self.mode.phase == Phase::Deorbit;
        let at_rad = if burning { ahead_rad } else { self.desk.hold.arm_rad };
        self.desk.hold.missed = Some(Missed::new(at_rad, ahead_rad, None));
        if burning {
            // What is left of the burn comes at the same place of a later revolution.
            return (Phase::OrbitCoast, Event::DeorbitBroken);
        }
        self.solution = None;
        (Phase::DescentCoast, Event::OpportunityMissed)
    }
}
