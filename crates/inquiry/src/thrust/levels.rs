//! What every engine gives when it does as it is told, cycle by cycle, and what it gives with a fault.
//!
//! Owns: [`Course`] (cycles and commands without holes), [`Series`] (the level of one engine). Does not own: valves and
//! chambers (`truth::actuators`), faults (`truth::faulty`): both are used as they are, without spread.
//! As programmed: the level of cycle k is the mean over the 20 ms that end with its inertial sample. A gyro sample is
//! the angle turned in the cycle, so that two neighbours differ by
//!     θₖ − θₖ₋₁ = h² (αₖ + αₖ₋₁)/2 + e(αₖ) − e(αₖ₋₁),
//! e the earliness of the impulse in its cycle: the level that turns is that mean of two, shifted by e.

use crate::evidence::Evidence;
use crate::replayed::{Commanded, Replayed};
use icd::bus::{ASSIST_ENGINES, CYCLE, JETS};
use icd::time::{Span, Time};
use icd::tm::Phase;
use nalgebra::Vector3;
use truth::actuators::engine::Thruster;
use truth::dynamics::Wrench;
use truth::faulty::{Command, Fault, Faulty, Now};
use truth::random::Stream;
use truth::vehicle::{Engine, EngineDispersion, Vehicle};

/// Main engine, assist engines, jets: in this order.
pub(super) const THRUSTERS: usize = 1 + ASSIST_ENGINES + JETS;
/// Cycles after a hole in which no level is known: pulses of before are over, the first whole frame has begun.
const SETTLE: u32 = 12;
/// Cycles of a hole that are followed; after so many every valve has done what it was told.
const MISSING_MAX: i64 = 1000;

/// Name as faults spell it.
pub(super) fn name(thruster: usize) -> String {
    match thruster {
        0 => "main".to_owned(),
        n if n <= ASSIST_ENGINES => format!("assist.{}", n - 1),
        n => format!("jet.{}", n - 1 - ASSIST_ENGINES),
    }
}

/// Its description.
pub(super) fn engine(vehicle: &Vehicle, thruster: usize) -> &Engine {
    let mut all = core::iter::once(&vehicle.main).chain(&vehicle.assist).chain(&vehicle.jets);
    all.nth(thruster).unwrap_or(&vehicle.main)
}

/// Its spread.
pub(super) fn spread(
    dispersions: &truth::vehicle::Dispersions,
    thruster: usize,
) -> &EngineDispersion {
    match thruster {
        0 => &dispersions.main,
        n if n <= ASSIST_ENGINES => &dispersions.assist,
        _ => &dispersions.jets,
    }
}

/// One received cycle as engines see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick {
    /// Time of the inertial sample.
    pub t: Time,
    /// What was commanded at that time.
    pub commanded: Commanded,
    /// Cycles missing before this one, and whether the computer was down in them.
    pub missing: u32,
    pub down: bool,
    /// What every engine does in the cycle is known.
    pub known: bool,
}

/// The flight as engines see it.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub ticks: Vec<Tick>,
}

impl Course {
    /// Of what was received, up to `end` cycles.
    pub fn of(evidence: &Evidence, replayed: &Replayed, end: usize) -> Self {
        let mut ticks: Vec<Tick> = Vec::with_capacity(end);
        let mut settled = SETTLE;
        let cycles = evidence.cycles.iter().zip(&replayed.commanded).take(end);
        for (place, (cycle, commanded)) in cycles.enumerate() {
            let t = cycle.sensors.t;
            let since = ticks.last().map_or(CYCLE, |last| t - last.t);
            let missing = (since.ns() / CYCLE.ns() - 1).clamp(0, MISSING_MAX) as u32;
            let gap = evidence.gaps.iter().find(|gap| gap.before == place);
            let down = missing > 0 && gap.is_none_or(|gap| gap.lost == 0);
            settled = if missing > 0 && !down { 0 } else { settled.saturating_add(1) };
            let whole = since.ns() % CYCLE.ns() == 0;
            let known = settled >= SETTLE && missing == 0 && whole && place > 0;
            ticks.push(Tick { t, commanded: *commanded, missing, down, known });
        }
        Self { ticks }
    }

    /// The level of one engine under `faults`, whose times count from the first cycle.
    pub fn series(&self, vehicle: &Vehicle, thruster: usize, faults: &[Fault]) -> Series {
        let spec = engine(vehicle, thruster);
        let Some(first) = self.ticks.first() else { return Series::default() };
        let count = self.ticks.len();
        let mut own = One::new(spec, thruster, faults, first.t);
        let mut out = Series::of(count);
        if spec.thrust_N <= 0.0 {
            return out;
        }
        self.follow(&mut own, &mut out, |_, _, _| false);
        out
    }

    /// The level of one healthy engine that some commands to open do not reach: those without which `score` of level,
    /// turning and propellant used, cycle by cycle and `ahead` in all, whatever reaches it then, is `more` above that with them. `note` is told
    /// the cycle in which each command begins to act, and whether it was missed.
    pub fn missing(
        &self,
        vehicle: &Vehicle,
        thruster: usize,
        (ahead, more): (usize, f64),
        score: impl Fn(usize, [f64; 2], f64) -> f64,
        mut note: impl FnMut(usize, bool),
    ) -> Series {
        let spec = engine(vehicle, thruster);
        let count = self.ticks.len();
        let mut out = Series::of(count);
        let Some(first) = self.ticks.first().filter(|_| spec.thrust_N > 0.0) else { return out };
        let mut own = One::new(spec, thruster, &[], first.t);
        self.follow(&mut own, &mut out, |k, own, before| {
            if !own.opens(&self.ticks[k].commanded) {
                return false;
            }
            let [with, without] = [false, true]
                .map(|missed| self.ahead(own.clone(), (k, missed), before, ahead, &score));
            let missed = without > with + more;
            note(k + 1, missed);
            missed
        });
        out
    }

    /// The best score from one cycle on, for so many that follow each other.
    fn ahead(
        &self,
        mut own: One,
        (k, missed): (usize, bool),
        before: [f64; 2],
        left: usize,
        score: &impl Fn(usize, [f64; 2], f64) -> f64,
    ) -> f64 {
        let Some([last, tick]) = self.ticks.get(k..k + 2) else { return 0.0 };
        if left == 0 || tick.missing > 0 {
            return 0.0;
        }
        let now = own.cycle(last.t, Some(&last.commanded), missed);
        let here = score(k + 1, turned(now, before), own.used_kg);
        let opens = own.opens(&tick.commanded);
        let other = opens.then(|| self.ahead(own.clone(), (k + 1, true), now, left - 1, score));
        let next = self.ahead(own, (k + 1, false), now, left - 1, score);
        here + other.map_or(next, |other| other.max(next))
    }

    /// Follows an engine through the flight; `missed`: whether the command of a cycle does not reach it.
    fn follow(
        &self,
        own: &mut One,
        out: &mut Series,
        mut missed: impl FnMut(usize, &One, [f64; 2]) -> bool,
    ) {
        let mut before = [0.0; 2];
        for (k, pair) in self.ticks.windows(2).enumerate() {
            let (last, tick) = (&pair[0], &pair[1]);
            let lost = missed(k, own, before);
            let mut now = own.cycle(last.t, Some(&last.commanded), lost);
            for n in 0..tick.missing {
                before = now;
                let t = last.t + Span::from_ns(CYCLE.ns() * i64::from(n + 1));
                let shut = shut(t);
                now = own.cycle(t, tick.down.then_some(&shut), false);
            }
            [out.level[k + 1], out.turning[k + 1]] = turned(now, before);
            out.used_kg[k + 1] = own.used_kg;
            before = now;
        }
    }
}

/// Level and turning of a cycle, of level and earliness there and in the one before.
fn turned([x, e]: [f64; 2], [x_before, e_before]: [f64; 2]) -> [f64; 2] {
    [x, 0.5 * (x + x_before) + e - e_before]
}

/// All valves shut, as the drivers do while the computer is down.
fn shut(t: Time) -> Commanded {
    Commanded {
        t,
        new_frame: true,
        main_open: false,
        assist_on_us: [0; ASSIST_ENGINES],
        jet_on_us: [0; JETS],
        phase: Phase::default(),
    }
}

/// Levels of one engine, one for each cycle: shares of its thrust.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// Mean over the cycle.
    pub level: Vec<f64>,
    /// What two neighbouring gyro samples differ by: see the header.
    pub turning: Vec<f64>,
    /// Propellant used since the first cycle, kg.
    pub used_kg: Vec<f64>,
}

impl Series {
    /// Level and turning of a cycle.
    pub fn at(&self, k: usize) -> [f64; 2] {
        [self.level[k], self.turning[k]]
    }

    /// Nothing, for so many cycles.
    fn of(count: usize) -> Self {
        Self { level: vec![0.0; count], turning: vec![0.0; count], used_kg: vec![0.0; count] }
    }
}

/// One engine with its command.
#[derive(Clone)]
struct One {
    device: Faulty<Thruster, Command>,
    thruster: usize,
    thrust_N: f64,
    d_B: Vector3<f64>,
    used_kg: f64,
}

impl One {
    fn new(spec: &Engine, thruster: usize, faults: &[Fault], start: Time) -> Self {
        let mut none = Stream::new(0, 0, "nominal");
        let device = Thruster::new(spec, &EngineDispersion::default(), CYCLE, &mut none);
        Self {
            device: Faulty::new(device, &name(thruster), faults, start, (0, 0)),
            thruster,
            thrust_N: spec.thrust_N,
            d_B: Vector3::from(spec.d_B),
            used_kg: 0.0,
        }
    }

    /// Level over the cycle from `t`, and its earliness in squares of the cycle; a missed command is one for no time.
    fn cycle(&mut self, t: Time, commanded: Option<&Commanded>, missed: bool) -> [f64; 2] {
        let now = Now { t, altitude_m: f64::INFINITY, phase: Phase::default() };
        self.device.follow(&now);
        if let Some(command) = commanded.and_then(|commanded| self.command(commanded)) {
            let command = if missed { Command::Pulse(Span::default()) } else { command };
            self.device.command(t, command);
        }
        let mut wrench = Wrench::default();
        let thrust_N = self.device.add_mean(t, &mut wrench, &mut self.used_kg);
        if thrust_N <= 0.0 {
            return [0.0; 2];
        }
        let early_s2 = self.device.device.early(thrust_N).f_B.dot(&self.d_B) / self.thrust_N;
        let h = CYCLE.s();
        [thrust_N / self.thrust_N, early_s2 / (h * h)]
    }

    /// Whether it is told to open.
    fn opens(&self, commanded: &Commanded) -> bool {
        match self.command(commanded) {
            Some(Command::Hold(_)) => true,
            Some(Command::Pulse(width)) => width > Span::default(),
            _ => false,
        }
    }

    fn command(&self, commanded: &Commanded) -> Option<Command> {
        if self.thruster == 0 {
            return Some(if commanded.main_open { Command::Hold(CYCLE) } else { Command::Release });
        }
        let mut widths = commanded.assist_on_us.iter().chain(&commanded.jet_on_us);
        let on_us = widths.nth(self.thruster - 1)?;
        commanded.new_frame.then(|| Command::Pulse(Span::from_us(i64::from(*on_us))))
    }
}
