//! Which engines do what they are told: by the force and the torque that are missing or left over.
//!
//! Owns: [`EngineWatch`]. Does not own: allocation without an engine (`control::allocate`).
//! Derived: an assist engine i at (x_i, y_i) that gives nothing leaves out the force F d_i along z and the
//! torque F d_i (y_i, −x_i), d_i its duty. The residual torque τ = I ẇ + w × I w − τ_asked, smoothed over
//! a few frames, is compared with each engine's signature; the missing force must agree. An engine that is given
//! up is tried with short pulses beside the allocation: dead it changes nothing, alive it turns the lander a little,
//! and that is its way back. A jet that stays open leaves its torque about the long axis, of either sign.
//! The residual is also what the attitude loop has to carry ([`EngineWatch::disturbance`]).
//! Refuses: to tell which jet; the attitude loop's integral carries it whichever it is. To tell how weak an
//! engine is that still gives half: its torque is carried, and guidance counts on the thrust that is sensed.

use super::table;
use crate::announce::Announce;
use crate::load::Vehicle;
use icd::bus::{ASSIST_ENGINES, Actuators, PULSE_FRAME};
use icd::events::Event;
use icd::time::Time;
use nalgebra::Vector3;

/// Smoothing of residuals, s: of those about engines and the long axis, and of the force that is in excess.
const SMOOTH_S: f64 = 0.3;
const SLOW_S: f64 = 1.0;
/// Share of the missing force that must agree with the missing torque, least and most.
const FORCE_SHARE: [f64; 2] = [0.3, 2.0];
/// Residual torque beside the signature, as a share of it.
const BESIDE: f64 = 0.6;
/// An engine given up is tried so often, s, for so long, s, with this duty; the share of its torque that shows it
/// alive.
const TRIAL_EVERY_S: f64 = 20.0;
const TRIAL_S: f64 = 1.0;
const TRIAL_DUTY: f64 = 0.15;
const TRIAL_SHARE: f64 = 0.6;
/// Least duty at which an engine can be judged.
const DUTY_MIN: f64 = 0.15;

/// What one pulse frame has shown.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The vehicle as believed.
    pub vehicle: &'a Vehicle,
    /// What was commanded.
    pub actuators: &'a Actuators,
    /// Principal moments of inertia, kg m².
    pub inertia: Vector3<f64>,
    /// Body rate now, rad/s.
    pub w_B: Vector3<f64>,
    /// Sensed and asked thrust, N.
    pub thrust_N: [f64; 2],
    /// Now.
    pub t: Time,
}

/// Memory about the engines.
#[derive(Clone, Copy, Debug)]
pub struct EngineWatch {
    w_before: Option<Vector3<f64>>,
    steady_s: f64,
    torque: Vector3<f64>,
    about_z_Nm: f64,
    missing_N: f64,
    missing_slow_N: f64,
    duty: [f64; ASSIST_ENGINES],
    suspect: Option<usize>,
    suspect_s: f64,
    excess_s: f64,
    jet_s: f64,
    given_up: [Option<Time>; ASSIST_ENGINES],
    main_s: f64,
    /// The main engine gives nothing.
    pub main_out: bool,
    /// A jet seems to stay open.
    pub jet_stuck: bool,
    /// More thrust than asked for.
    pub excess: bool,
}

impl EngineWatch {
    /// All well.
    pub fn new() -> Self {
        Self {
            w_before: None,
            steady_s: 0.0,
            torque: Vector3::zeros(),
            about_z_Nm: 0.0,
            missing_N: 0.0,
            missing_slow_N: 0.0,
            duty: [0.0; ASSIST_ENGINES],
            suspect: None,
            suspect_s: 0.0,
            excess_s: 0.0,
            jet_s: 0.0,
            given_up: [None; ASSIST_ENGINES],
            main_s: 0.0,
            main_out: false,
            jet_stuck: false,
            excess: false,
        }
    }

    /// Engines that are not asked for anything.
    pub fn out(&self) -> [bool; ASSIST_ENGINES] {
        self.given_up.map(|since| since.is_some())
    }

    /// Some engine is given up.
    pub fn any_out(&self) -> bool {
        self.given_up.iter().any(Option::is_some)
    }

    /// Torque about x and y that nothing asked for, N m; nothing while the numbers mean nothing.
    pub fn disturbance(&self) -> Option<Vector3<f64>> {
        let known = self.steady_s > 3.0 * SMOOTH_S;
        known.then(|| Vector3::new(self.torque.x, self.torque.y, 0.0))
    }

    /// Adds the pulses of trials to `duties`: each engine given up is asked a little now and then, none while
    /// another's trial runs.
    pub fn try_again(&self, t: Time, duties: &mut [f64; ASSIST_ENGINES]) {
        for (duty, since) in duties.iter_mut().zip(&self.given_up) {
            if since.is_some_and(|since| on_trial((t - since).s())) {
                *duty = TRIAL_DUTY;
                return;
            }
        }
    }

    /// Judges the frame that has ended; `steady` when engines burn and the numbers mean something.
    pub fn judge(&mut self, frame: &Frame<'_>, steady: bool, announce: &mut Announce) {
        let dt_s = PULSE_FRAME.s();
        let before = self.w_before.replace(frame.w_B);
        let Some(before) = before.filter(|_| steady) else {
            self.forget();
            self.steady_s = 0.0;
            return;
        };
        self.steady_s += dt_s;
        let momentum = frame.inertia.component_mul(&frame.w_B);
        let turned = frame.inertia.component_mul(&((frame.w_B - before) / dt_s));
        let residual = turned + frame.w_B.cross(&momentum) - asked_torque(frame, self.out());
        let (gain, slow) = (dt_s / SMOOTH_S, dt_s / SLOW_S);
        self.torque += (residual - self.torque) * gain;
        self.about_z_Nm += (residual.z - self.about_z_Nm) * slow;
        let [felt, asked] = frame.thrust_N;
        self.missing_N += (asked - felt - self.missing_N) * gain;
        self.missing_slow_N += (asked - felt - self.missing_slow_N) * slow;
        for (duty, us) in self.duty.iter_mut().zip(&frame.actuators.assist_on_us) {
            *duty += (f64::from(*us) * 1e-6 / dt_s - *duty) * gain;
        }
        self.judge_engines(frame, announce);
        self.judge_trials(frame);
        self.judge_main(frame, announce);
        let over = -self.missing_slow_N > table::EXCESS.threshold * asked;
        let excess = persists(&mut self.excess_s, over, table::EXCESS.persistence_s);
        announce.edge(Event::ThrustInExcess, excess && !self.excess);
        self.excess = excess;
        let jet = frame.vehicle.p_jet_B.first().map_or(0.0, |p| libm::hypot(p[0], p[1]))
            * frame.vehicle.jet.thrust_N;
        let open = self.about_z_Nm.abs() > table::JET_STUCK.threshold * jet;
        let stuck = persists(&mut self.jet_s, open, table::JET_STUCK.persistence_s);
        announce.edge(Event::JetStuck, stuck && !self.jet_stuck);
        self.jet_stuck = stuck;
    }

    fn judge_engines(&mut self, frame: &Frame<'_>, announce: &mut Announce) {
        let force = frame.vehicle.assist.thrust_N;
        let mut best: Option<(usize, f64)> = None;
        let engines = frame.vehicle.p_assist_B.iter().zip(&self.duty).enumerate();
        for (i, (p, duty)) in engines {
            if *duty < DUTY_MIN || self.given_up.get(i).is_some_and(Option::is_some) {
                continue;
            }
            let size = -force * duty;
            let (x, y) = (size * p[1], -size * p[0]);
            let square = (x * x + y * y).max(1e-6);
            let share = (self.torque.x * x + self.torque.y * y) / square;
            let beside = libm::hypot(self.torque.x - share * x, self.torque.y - share * y);
            let missing = self.missing_N / (force * duty);
            let agrees = missing > FORCE_SHARE[0] && missing < FORCE_SHARE[1];
            let alike = beside < BESIDE * libm::sqrt(square);
            if share > table::ENGINE_OUT.threshold && agrees && alike {
                let better = best.is_none_or(|(_, last)| beside < last);
                best = if better { Some((i, beside)) } else { best };
            }
        }
        let now = best.map(|(i, _)| i);
        self.suspect_s = if now.is_some() && now == self.suspect {
            self.suspect_s + PULSE_FRAME.s()
        } else {
            0.0
        };
        self.suspect = now;
        if self.suspect_s >= table::ENGINE_OUT.persistence_s
            && let Some(engine) = now
        {
            self.give_up(engine, frame.t);
            self.forget();
            announce.now(Event::EngineOut);
        }
    }

    /// Asks nothing more of an assist engine, trials apart.
    pub(crate) fn give_up(&mut self, engine: usize, t: Time) {
        if let Some(slot) = self.given_up.get_mut(engine) {
            *slot = Some(t);
        }
    }

    /// The main engine pushes along the axis: what is missing with no torque beside it is its thrust. Once given
    /// up it is counted on for nothing, and comes back as thrust left over.
    fn judge_main(&mut self, frame: &Frame<'_>, announce: &mut Announce) {
        let main = frame.vehicle.main.thrust_N;
        let missing = if self.main_out { main + self.missing_N } else { self.missing_N };
        let gone = frame.actuators.main_open && missing > table::MAIN_OUT.threshold * main;
        let turned = self.suspect.is_some();
        let other = frame.actuators.main_open && !turned && gone != self.main_out;
        if persists(&mut self.main_s, other, table::MAIN_OUT.persistence_s) {
            self.main_out = gone;
            self.forget();
            announce.edge(Event::EngineOut, gone);
        }
    }

    /// Takes an engine back whose trial pulses turn the lander: they are not among what was counted as asked.
    fn judge_trials(&mut self, frame: &Frame<'_>) {
        let force = frame.vehicle.assist.thrust_N * TRIAL_DUTY;
        let engines = frame.vehicle.p_assist_B.iter().zip(&mut self.given_up);
        let mut back = false;
        for (p, slot) in engines {
            let age_s = slot.map_or(0.0, |since| (frame.t - since).s());
            let late = on_trial(age_s) && !on_trial(age_s + 2.0 * PULSE_FRAME.s());
            let (x, y) = (force * p[1], -force * p[0]);
            let share = (self.torque.x * x + self.torque.y * y) / (x * x + y * y).max(1e-6);
            if slot.is_some() && late && share > TRIAL_SHARE {
                (*slot, back) = (None, true);
            }
        }
        if back {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.torque = Vector3::zeros();
        (self.missing_N, self.missing_slow_N, self.about_z_Nm) = (0.0, 0.0, 0.0);
        self.duty = [0.0; ASSIST_ENGINES];
        (self.suspect, self.suspect_s, self.excess_s, self.jet_s) = (None, 0.0, 0.0, 0.0);
        self.main_s = 0.0;
        (self.jet_stuck, self.excess) = (false, false);
    }
}

impl Default for EngineWatch {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether an engine given up so long ago is being tried.
fn on_trial(age_s: f64) -> bool {
    age_s > TRIAL_EVERY_S && libm::fmod(age_s, TRIAL_EVERY_S) < TRIAL_S
}

fn persists(so_far_s: &mut f64, condition: bool, needed_s: f64) -> bool {
    *so_far_s = if condition { *so_far_s + PULSE_FRAME.s() } else { 0.0 };
    *so_far_s >= needed_s
}

/// Torque of what was commanded of the engines that are not given up, about the body axes; main engine and centre of mass on the axis.
fn asked_torque(frame: &Frame<'_>, out: [bool; ASSIST_ENGINES]) -> Vector3<f64> {
    let share = |us: &u32| f64::from(*us) * 1e-6 / PULSE_FRAME.s();
    let vehicle = frame.vehicle;
    let mut torque = Vector3::zeros();
    let engines = vehicle.p_assist_B.iter().zip(&frame.actuators.assist_on_us).zip(&out);
    for ((p, us), out) in engines {
        let force = if *out { 0.0 } else { vehicle.assist.thrust_N * share(us) };
        torque += Vector3::new(force * p[1], -force * p[0], 0.0);
    }
    let jets = vehicle.p_jet_B.iter().zip(&vehicle.d_jet_B).zip(&frame.actuators.jet_on_us);
    for ((p, d), us) in jets {
        let force = vehicle.jet.thrust_N * share(us);
        torque.z += force * (p[0] * d[1] - p[1] * d[0]);
    }
    torque
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_load::load;
    use icd::time::Span;

    const INERTIA: [f64; 3] = [200.0, 200.0, 160.0];

    /// Frames of a body that turns freely, `dead` and a jet's torque about z given.
    fn fly(frames: u32, dead: Option<usize>, jet_Nm: f64) -> (EngineWatch, Announce) {
        let load = load();
        let mut watch = EngineWatch::new();
        let mut announce = Announce::default();
        let mut actuators = Actuators::safe(crate::test_load::t0());
        actuators.assist_on_us = [60_000; ASSIST_ENGINES];
        let inertia = Vector3::from(INERTIA);
        let mut w = Vector3::zeros();
        for i in 0..frames {
            let given = |n: usize| if Some(n) == dead { 0.0 } else { 0.6 * 216.0 };
            let mut torque = Vector3::new(0.0, 0.0, jet_Nm);
            for (n, p) in load.vehicle.p_assist_B.iter().enumerate() {
                torque += Vector3::new(given(n) * p[1], -given(n) * p[0], 0.0);
            }
            w += torque.component_div(&inertia) * 0.1;
            let felt: f64 = (0..6).map(given).sum();
            let frame = Frame {
                vehicle: &load.vehicle,
                actuators: &actuators,
                inertia,
                w_B: w,
                thrust_N: [felt, 6.0 * 0.6 * 216.0],
                t: actuators.t + Span::from_ms(100 * i64::from(i)),
            };
            watch.judge(&frame, true, &mut announce);
        }
        (watch, announce)
    }

    #[test]
    fn a_dead_engine_is_told_by_force_and_torque() {
        for dead in 0..ASSIST_ENGINES {
            let (watch, announce) = fly(40, Some(dead), 0.0);
            let expected = core::array::from_fn(|i| i == dead);
            assert_eq!(watch.out(), expected, "engine {dead}");
            assert!(announce.events().contains(&Event::EngineOut));
        }
        assert!(!fly(100, None, 0.0).0.any_out());
    }

    #[test]
    fn a_dead_engine_is_given_up_after_seven_tenths_of_a_second_its_torque_known() {
        // One frame to difference the rates, one that shows it, for duty and torque are smoothed alike, and half a
        // second that it lasts.
        assert!(!fly(6, Some(2), 0.0).0.any_out());
        assert!(fly(7, Some(2), 0.0).0.any_out());
        let seen = 1.0 - libm::pow(2.0 / 3.0, 5.0);
        let (x, y) = (load().vehicle.p_assist_B[2][0], load().vehicle.p_assist_B[2][1]);
        let missing = Vector3::new(-y, x, 0.0) * (0.6 * 216.0);
        let torque = fly(6, Some(2), 0.0).0.torque;
        assert!((torque - missing * seen).norm() < 1e-9, "{torque:?} {missing:?}");
    }

    #[test]
    fn the_torque_to_carry_is_told_once_the_numbers_mean_something() {
        // Three times the smoothing: nine frames, and the next; engines that do as they are told leave none.
        assert_eq!(fly(9, None, 0.0).0.disturbance(), None);
        let carried = fly(11, None, 0.0).0.disturbance().unwrap();
        assert!(carried.norm() < 1e-9, "{carried:?}");
    }

    /// Frames of `watch` in which `alive` says which engines answer; what is asked of those given up are trials.
    fn go_on(
        watch: &mut EngineWatch,
        frames: core::ops::Range<u32>,
        alive: impl Fn(usize) -> bool,
    ) {
        let load = load();
        let mut announce = Announce::default();
        let inertia = Vector3::from(INERTIA);
        let mut w = Vector3::zeros();
        for i in frames {
            let t = crate::test_load::t0() + Span::from_ms(100 * i64::from(i));
            let out = watch.out();
            let mut duties = out.map(|out| if out { 0.0 } else { 0.6 });
            watch.try_again(t, &mut duties);
            let mut actuators = Actuators::safe(t);
            actuators.assist_on_us = duties.map(crate::control::allocate::width_us);
            let (mut torque, mut felt) = (Vector3::zeros(), 0.0);
            for (n, p) in load.vehicle.p_assist_B.iter().enumerate() {
                let force = if alive(n) { duties[n] * 216.0 } else { 0.0 };
                torque += Vector3::new(force * p[1], -force * p[0], 0.0);
                felt += force;
            }
            // The loop about the watch keeps the rest in balance: only what is not asked for turns the lander.
            let asked: Vector3<f64> = load
                .vehicle
                .p_assist_B
                .iter()
                .zip(&duties)
                .zip(&out)
                .map(|((p, duty), out)| {
                    if *out {
                        Vector3::zeros()
                    } else {
                        Vector3::new(duty * 216.0 * p[1], -duty * 216.0 * p[0], 0.0)
                    }
                })
                .sum();
            w += torque.component_div(&inertia) * 0.1;
            let commanded = duties.iter().sum::<f64>() * 216.0;
            let frame = Frame {
                vehicle: &load.vehicle,
                actuators: &actuators,
                inertia,
                w_B: w,
                thrust_N: [felt, commanded],
                t,
            };
            watch.judge(&frame, true, &mut announce);
            w -= asked.component_div(&inertia) * 0.1;
            watch.w_before = watch.w_before.map(|_| w);
        }
    }

    #[test]
    fn an_engine_given_up_comes_back_by_its_trials_and_a_dead_one_does_not() {
        let (mut watch, _) = fly(20, Some(4), 0.0);
        assert!(watch.out()[4]);
        go_on(&mut watch, 20..400, |n| n != 4);
        assert!(watch.out()[4], "a trial of a dead engine changes nothing");
        go_on(&mut watch, 400..700, |_| true);
        assert!(!watch.any_out(), "a trial of one that burns turns the lander");
    }

    #[test]
    fn a_main_engine_that_gives_nothing_is_told_from_an_assist_engine_and_comes_back() {
        let load = load();
        let (main, inertia) = (load.vehicle.main.thrust_N, Vector3::from(INERTIA));
        let mut watch = EngineWatch::new();
        let mut announce = Announce::default();
        let mut actuators = Actuators::safe(crate::test_load::t0());
        actuators.assist_on_us = [60_000; ASSIST_ENGINES];
        actuators.main_open = true;
        let assist = 6.0 * 0.6 * 216.0;
        for i in 0..60 {
            let gives = !(10..30).contains(&i);
            let counted = if watch.main_out { 0.0 } else { main };
            let frame = Frame {
                vehicle: &load.vehicle,
                actuators: &actuators,
                inertia,
                w_B: Vector3::zeros(),
                thrust_N: [assist + if gives { main } else { 0.0 }, assist + counted],
                t: actuators.t + Span::from_ms(100 * i),
            };
            watch.judge(&frame, true, &mut announce);
            match i {
                9 => assert!(!watch.main_out),
                29 => assert!(watch.main_out && !watch.any_out()),
                _ => {}
            }
        }
        assert!(!watch.main_out && announce.events() == [Event::EngineOut]);
    }

    #[test]
    fn a_jet_that_stays_open_is_told_by_the_turn_about_the_long_axis() {
        let (watch, announce) = fly(60, None, 22.0);
        assert!(watch.jet_stuck && !watch.any_out());
        assert_eq!(announce.events(), [Event::JetStuck]);
        assert!(!fly(60, None, 5.0).0.jet_stuck);
    }
}
