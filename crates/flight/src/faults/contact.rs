//! Is the lander on the ground? Decided from dissimilar evidence: switches, inertial sensing, altitude.
//!
//! Owns: [`ContactWatch`]. Does not own: what a phase does about it (`mode`).
//! Evidence: a touchdown switch counts when it was seen open since contact is looked for and is closed
//! now; what the accelerometers feel beyond thrust is the ground's push (a shock when the legs take up
//! the sink rate, the weight when they carry the lander); altitude can speak for contact or against it
//! and decides nothing alone. A single switch, a switch stuck from before, a transient at leg deployment
//! or an engine start do not cut engines in flight; with every switch dead the push decides.
//! As published — [CasaniMPL2000]: clear the latch when contact is first looked for, ask for
//! persistence, ask for a second kind of evidence.

use super::table;
use crate::announce::Announce;
use icd::bus::{CYCLE, LEGS};
use icd::constants::MOON_GRAVITY_M_S2;
use icd::events::Event;
use nalgebra::Vector3;

/// The push is summed over this time, s.
const PUSH_S: f64 = 0.4;
/// A shock is remembered for this time, s.
const SHOCK_S: f64 = 1.0;
/// Altitude speaks against contact when it is above this by that many deviations, m; known when its
/// deviation is below this, m.
const HIGH_M: f64 = 10.0;
const HIGH_SIGMAS: f64 = 4.0;
/// Rest: rate, rad/s, and speed, m/s.
const STILL_RAD_S: f64 = 0.02;
const STILL_M_S: f64 = 0.6;
/// Where altitude speaks against it contact is inferred after so many times as long.
const DOUBTED: f64 = 4.0;

/// What a cycle shows.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    /// Touchdown switches.
    pub switches: [bool; LEGS],
    /// Sensed specific force along the body axis, and what thrust was asked for, m/s².
    pub felt_m_s2: f64,
    /// Thrust acceleration asked for, m/s².
    pub asked_m_s2: f64,
    /// Size of the sensed specific force, m/s².
    pub force_m_s2: f64,
    /// A first foot counts: a lander that is then laid down, not cut off.
    pub first_foot: bool,
    /// Most that the jets open now could give of it, m/s².
    pub jets_m_s2: f64,
    /// Body rate, rad/s.
    pub rate_rad_s: f64,
    /// Altitude of the feet, m, and its deviation.
    pub altitude_m: (f64, f64),
    /// Some range was used in the last seconds.
    pub ranged: bool,
    /// Vertical speed, up positive, and what guidance asked for, m/s.
    pub v_up_m_s: f64,
    /// Vertical speed that guidance asks for, up positive, m/s.
    pub wanted_m_s: f64,
}

/// Memory about contact.
#[derive(Clone, Copy, Debug)]
pub struct ContactWatch {
    opened: [bool; LEGS],
    closed_s: [f64; LEGS],
    disbelieved: bool,
    armed: bool,
    push_m_s: f64,
    smooth: Option<Vector3<f64>>,
    shock_s: f64,
    both_s: f64,
    foot_s: f64,
    carried_s: f64,
    falling_s: f64,
    rest_s: f64,
    latched: bool,
    /// A foot is on the ground, by its switch.
    pub touches: bool,
    latch_cycles: u32,
}

/// What made contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// Switches, and nothing against them.
    Switches,
    /// One switch, a shock, and the ground near by altitude: the first foot, perhaps for long the only one.
    FirstFoot,
    /// The ground carries the lander; switches say too little.
    Inferred,
}

impl ContactWatch {
    /// Not looking yet.
    pub const fn new() -> Self {
        Self {
            opened: [false; LEGS],
            closed_s: [0.0; LEGS],
            disbelieved: false,
            armed: false,
            push_m_s: 0.0,
            smooth: None,
            shock_s: 0.0,
            both_s: 0.0,
            foot_s: 0.0,
            carried_s: 0.0,
            falling_s: 0.0,
            rest_s: 0.0,
            latched: false,
            touches: false,
            latch_cycles: 0,
        }
    }

    /// Looks for contact in one cycle of powered flight after the gate.
    pub fn flying(&mut self, e: &Evidence, announce: &mut Announce) -> Option<Contact> {
        let dt_s = CYCLE.s();
        self.disarmed_until_open(e, dt_s, announce);
        let fresh = self.fresh(e);
        self.touches = fresh > 0;
        // A leaky sum: what the ground has pushed over the last fraction of a second.
        let excess = e.felt_m_s2 - e.asked_m_s2;
        self.push_m_s += excess * dt_s - self.push_m_s * (dt_s / PUSH_S);
        let shock = self.push_m_s.abs() > table::SHOCK.threshold;
        self.shock_s = if shock { SHOCK_S } else { (self.shock_s - dt_s).max(0.0) };
        let enough = fresh as f64 >= table::CONTACT.threshold;
        self.both_s = if enough { self.both_s + dt_s } else { 0.0 };
        let (altitude_m, sigma_m) = e.altitude_m;
        let against = altitude_m - HIGH_SIGMAS * sigma_m > HIGH_M;
        let for_it = altitude_m < HIGH_M;
        let plain = !against && (for_it || self.shock_s > 0.0);
        let near =
            altitude_m < table::FIRST_FOOT.threshold && sigma_m < table::FIRST_FOOT.threshold;
        self.foot_s = if fresh > 0 && near && e.first_foot { self.foot_s + dt_s } else { 0.0 };
        if self.shock_s > 0.0 && self.foot_s > table::FIRST_FOOT.persistence_s + 0.5 * dt_s {
            return Some(Contact::FirstFoot);
        }
        // Two cycles, the first included.
        if plain && self.both_s > table::CONTACT.persistence_s + 0.5 * dt_s {
            return Some(Contact::Switches);
        }
        let carried = self.carried(e, dt_s);
        let unknown = !against || carried;
        if unknown && self.both_s > table::CONTACT_UNKNOWN.persistence_s && (carried || !against) {
            return Some(Contact::Switches);
        }
        let needed_s = table::CARRIED.persistence_s * if against { DOUBTED } else { 1.0 };
        (self.carried_s >= needed_s && !(against && e.ranged)).then_some(Contact::Inferred)
    }

    /// Engines are off: `Some(true)` when the lander turns out to fall, `Some(false)` when it rests.
    pub fn cut_off(&mut self, e: &Evidence) -> Option<bool> {
        let dt_s = CYCLE.s();
        let weight = e.force_m_s2 / MOON_GRAVITY_M_S2;
        let falls = weight < table::FREE_FALL.threshold + e.jets_m_s2 / MOON_GRAVITY_M_S2;
        self.falling_s = if falls { self.falling_s + dt_s } else { 0.0 };
        if self.falling_s >= table::FREE_FALL.persistence_s {
            return Some(true);
        }
        let stands = e.switches.contains(&true) || (weight > 0.8 && weight < 1.2);
        let still = stands && !falls && e.rate_rad_s < table::LANDED.threshold;
        self.rest_s = if still { self.rest_s + dt_s } else { 0.0 };
        (self.rest_s >= table::LANDED.persistence_s).then_some(false)
    }

    /// The logic that lost Mars Polar Lander: any two readings ever since the legs were deployed count,
    /// once the altitude is below `enable_m`.
    pub fn latched(&mut self, switches: [bool; LEGS], altitude_m: f64, enable_m: f64) -> bool {
        let closed = switches.iter().filter(|closed| **closed).count() as f64;
        let counts = closed >= table::CONTACT.threshold;
        self.latch_cycles = if counts { self.latch_cycles + 1 } else { 0 };
        self.latched |= self.latch_cycles >= 2;
        self.latched && altitude_m < enable_m
    }

    /// A switch that is closed when contact is first looked for, or alone for long, has no vote until
    /// it opens.
    fn disarmed_until_open(&mut self, e: &Evidence, dt_s: f64, announce: &mut Announce) {
        let closed = e.switches.iter().filter(|closed| **closed).count();
        let lonely = (closed as f64) < table::CONTACT.threshold;
        let each = e.switches.iter().zip(self.opened.iter_mut().zip(&mut self.closed_s));
        let mut bad = false;
        for (closed, (opened, closed_s)) in each {
            *closed_s = if *closed { *closed_s + dt_s } else { 0.0 };
            if !closed {
                *opened = true;
            } else if !self.armed || (lonely && *closed_s > table::SWITCH.threshold) {
                *opened = false;
            }
            bad |= *closed && !*opened;
        }
        self.armed = true;
        announce.edge(Event::SwitchDisbelieved, bad && !self.disbelieved);
        self.disbelieved = bad;
    }

    /// Switches closed now that were seen open before.
    fn fresh(&self, e: &Evidence) -> usize {
        e.switches.iter().zip(&self.opened).filter(|(closed, opened)| **closed && **opened).count()
    }

    /// At rest against the command to sink, with more force than thrust gives: the ground carries. Pulses of
    /// the engines shake the legs, hence smoothed.
    fn carried(&mut self, e: &Evidence, dt_s: f64) -> bool {
        let share = (dt_s / PUSH_S).min(1.0);
        let now = Vector3::new(e.felt_m_s2 - e.asked_m_s2, e.force_m_s2, e.rate_rad_s);
        let smooth = self.smooth.get_or_insert(now);
        *smooth += (now - *smooth) * share;
        let (excess, weight) = (smooth.x / MOON_GRAVITY_M_S2, smooth.y / MOON_GRAVITY_M_S2);
        let rests = smooth.z < STILL_RAD_S
            && e.v_up_m_s.abs() < STILL_M_S
            && e.v_up_m_s > 0.5 * e.wanted_m_s
            && (weight - 1.0).abs() < 0.2;
        let carries = rests && excess > table::CARRIED.threshold;
        // Single pulses leave single cycles without an excess: the sum leaks rather than ends.
        let gain = if carries { dt_s } else { -0.5 * dt_s };
        self.carried_s = (self.carried_s + gain).max(0.0);
        self.carried_s > 0.5
    }

    /// After a cut-off that was none: contact is looked for anew.
    pub fn again(&mut self) {
        *self = Self::new();
    }
}

impl Default for ContactWatch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Terminal descent at 1 m/s on thrust that equals the weight, altitude known.
    fn sinking(altitude_m: f64) -> Evidence {
        Evidence {
            switches: [false; LEGS],
            felt_m_s2: MOON_GRAVITY_M_S2,
            asked_m_s2: MOON_GRAVITY_M_S2,
            force_m_s2: MOON_GRAVITY_M_S2,
            first_foot: true,
            jets_m_s2: 0.0,
            rate_rad_s: 0.001,
            altitude_m: (altitude_m, 0.5),
            ranged: true,
            v_up_m_s: -1.0,
            wanted_m_s: -1.0,
        }
    }

    /// On the ground: thrust reduced, for the command to sink is not followed; the ground gives the rest.
    fn carried(altitude_m: f64) -> Evidence {
        let asked_m_s2 = 0.6 * MOON_GRAVITY_M_S2;
        Evidence { asked_m_s2, v_up_m_s: 0.0, ..sinking(altitude_m) }
    }

    fn watch() -> (ContactWatch, Announce) {
        let (mut watch, mut announce) = (ContactWatch::new(), Announce::default());
        for _ in 0..100 {
            assert_eq!(watch.flying(&sinking(50.0), &mut announce), None);
        }
        (watch, announce)
    }

    /// Seconds until contact, `None` for a minute without.
    fn until(w: &mut ContactWatch, e: &Evidence) -> Option<(f64, Contact)> {
        let mut announce = Announce::default();
        (1..3000).find_map(|i| Some((f64::from(i) * CYCLE.s(), w.flying(e, &mut announce)?)))
    }

    fn legs(n: usize) -> [bool; LEGS] {
        core::array::from_fn(|i| i < n)
    }

    #[test]
    fn two_switches_near_the_ground_are_contact_in_two_cycles() {
        let mut w = watch().0;
        let e = Evidence { switches: legs(2), ..carried(0.1) };
        assert_eq!(until(&mut w, &e), Some((0.04, Contact::Switches)));
    }

    #[test]
    fn switches_stuck_from_the_start_never_cut_engines_in_flight() {
        for n in 1..=LEGS {
            let (mut w, mut announce) = (ContactWatch::new(), Announce::default());
            for i in 0..60_000 {
                let altitude_m = 1200.0 - 0.02 * f64::from(i);
                let e = Evidence { switches: legs(n), ..sinking(altitude_m) };
                assert_eq!(w.flying(&e, &mut announce), None, "{n} switches, {altitude_m} m");
            }
            assert_eq!(announce.events(), [Event::SwitchDisbelieved]);
        }
    }

    #[test]
    fn two_switches_that_close_high_up_do_not_cut_engines() {
        let mut w = watch().0;
        assert_eq!(until(&mut w, &Evidence { switches: legs(2), ..sinking(50.0) }), None);
    }

    #[test]
    fn a_transient_at_an_engine_start_is_not_contact() {
        let (mut w, mut announce) = watch();
        for i in 0..400 {
            // A tenth of a second of all switches, with a kick.
            let switches = if (50..55).contains(&i) { [true; LEGS] } else { [false; LEGS] };
            let kick = if (50..55).contains(&i) { 6.0 } else { 0.0 };
            let e = sinking(900.0);
            let e = Evidence { switches, felt_m_s2: e.felt_m_s2 + kick, ..e };
            assert_eq!(w.flying(&e, &mut announce), None);
        }
    }

    /// One switch closes at `altitude_m` and the ground pushes by `push_m_s2` for a tenth of a second.
    fn first_foot(altitude_m: f64, push_m_s2: f64, first_foot: bool) -> Option<Contact> {
        let mut w = watch().0;
        let e = Evidence { switches: legs(1), first_foot, ..sinking(altitude_m) };
        let e = Evidence { felt_m_s2: e.felt_m_s2 + push_m_s2, ..e };
        let mut announce = Announce::default();
        (0..5).find_map(|_| w.flying(&e, &mut announce))
    }

    #[test]
    fn a_first_foot_counts_near_the_ground_and_with_a_shock_alone() {
        assert_eq!(first_foot(0.3, 6.0, true), Some(Contact::FirstFoot));
        assert_eq!(first_foot(0.3, 0.0, true), None, "without a shock");
        assert_eq!(first_foot(5.0, 6.0, true), None, "too high up");
        assert_eq!(first_foot(0.3, 6.0, false), None, "where it would cut the engines off");
    }

    #[test]
    fn jets_that_push_do_not_hide_a_fall() {
        let e = Evidence { force_m_s2: 0.4, jets_m_s2: 0.3, ..sinking(5.0) };
        let mut w = ContactWatch::new();
        assert_eq!((0..100).find_map(|_| w.cut_off(&e)), Some(true));
        let mut w = ContactWatch::new();
        let e = Evidence { jets_m_s2: 0.0, rate_rad_s: 0.1, ..e };
        assert_eq!((0..100).find_map(|_| w.cut_off(&e)), None);
    }

    #[test]
    fn with_every_switch_dead_the_ground_is_felt() {
        let mut w = watch().0;
        let (s, contact) = until(&mut w, &carried(0.3)).unwrap();
        assert_eq!(contact, Contact::Inferred);
        assert!((table::CARRIED.persistence_s..4.0).contains(&s), "{s} s");
    }

    #[test]
    fn an_unknown_altitude_needs_switches_that_stay() {
        let mut w = watch().0;
        let e = Evidence { switches: legs(2), altitude_m: (400.0, 300.0), ..carried(0.0) };
        let (s, _) = until(&mut w, &e).unwrap();
        assert!((s - 1.0).abs() < 0.1, "{s} s");
    }

    #[test]
    fn more_thrust_than_asked_for_is_not_the_ground() {
        let mut w = watch().0;
        // An engine gives a third too much and the loop has reduced what it asks for: the sink goes on.
        let e = Evidence { asked_m_s2: 0.7 * MOON_GRAVITY_M_S2, ..sinking(40.0) };
        assert_eq!(until(&mut w, &e), None);
    }

    #[test]
    fn a_wrong_altitude_does_not_keep_a_lander_on_the_ground_from_knowing_it() {
        let mut w = watch().0;
        let e = Evidence { switches: legs(4), ranged: false, ..carried(200.0) };
        assert!(until(&mut w, &e).unwrap().0 < 2.0, "switches and weight");
        let mut w = watch().0;
        let e = Evidence { ranged: false, ..carried(200.0) };
        assert!(until(&mut w, &e).unwrap().0 < 14.0, "the weight alone, and time");
    }

    #[test]
    fn after_cut_off_falling_and_resting_are_told_apart() {
        let (falling, mut w) = (Evidence { force_m_s2: 0.0, ..sinking(40.0) }, ContactWatch::new());
        assert_eq!((0..100).find_map(|_| w.cut_off(&falling)), Some(true));
        let mut w = ContactWatch::new();
        assert_eq!((0..200).find_map(|_| w.cut_off(&carried(0.0))), Some(false));
        let tumbling = Evidence { rate_rad_s: 0.1, ..carried(0.0) };
        let mut w = ContactWatch::new();
        assert_eq!((0..500).find_map(|_| w.cut_off(&tumbling)), None);
    }

    #[test]
    fn the_latch_of_mars_polar_lander_remembers_a_transient() {
        let mut w = ContactWatch::new();
        for i in 0..100 {
            let switches = if i == 10 || i == 11 { legs(3) } else { legs(0) };
            assert!(!w.latched(switches, 1000.0, 40.0));
        }
        assert!(w.latched(legs(0), 39.9, 40.0));
    }
}
