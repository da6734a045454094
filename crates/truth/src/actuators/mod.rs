//! Engines and jets: from valve commands to forces, torques and propellant used.
//!
//! Owns: [`Propulsion`], all thrusters of a vehicle on one propellant budget.
//! Does not own: the valve and lag of one thruster (see [`engine`]), its faults (see `faulty`).
//! As programmed: over one step each thruster gives its exact mean thrust; when the tanks run dry
//! inside a step every thruster is cut to the same fraction of that step, and to nothing afterwards.

pub mod engine;

use crate::dynamics::Wrench;
use crate::faulty::{Command, Fault, Faulty, Now};
use crate::random::Key;
use crate::vehicle::{Dispersions, Vehicle};
use engine::Thruster;
use icd::bus::{ASSIST_ENGINES, Actuators, CYCLE, JETS};
use icd::time::{Span, Time};
use nalgebra::{Matrix3, Vector3};

/// What the thrusters gave over one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Thrust {
    /// Mean force and torque about the body origin.
    pub wrench: Wrench,
    /// Propellant used, kg.
    pub used_kg: f64,
    /// Mean thrust of the main engine, N.
    pub main_N: f64,
    /// Mean thrust of the assist engines together, N.
    pub assist_N: f64,
    /// Mean thrust of the jets together, N.
    pub jets_N: f64,
    /// How much earlier than in the middle of the step its impulse came, N s² and N m s².
    pub early: Wrench,
    /// Sum over the exits of what left there (kg) times their place r from the body origin, kg m.
    pub exits_kg_m: Vector3<f64>,
    /// The same with r² 1 − r rᵀ, kg m².
    pub exits_kg_m2: Matrix3<f64>,
}

/// All thrusters of one vehicle.
#[derive(Clone, Debug)]
pub struct Propulsion {
    main: Faulty<Thruster, Command>,
    assist: [Faulty<Thruster, Command>; ASSIST_ENGINES],
    jets: [Faulty<Thruster, Command>; JETS],
}

impl Propulsion {
    /// Draws each thruster's own thrust, specific impulse and alignment, and wraps its faults.
    ///
    /// - `step`: the step of integration. `start`: the time faults count from.
    pub fn new(
        vehicle: &Vehicle,
        dispersions: &Dispersions,
        faults: &[Fault],
        step: Span,
        start: Time,
        key: Key<'_>,
    ) -> Self {
        let thruster = |name: String, spec, spread| {
            let device = Thruster::new(spec, spread, step, &mut key.constants(&name));
            Faulty::new(device, &name, faults, start, (key.seed, key.run))
        };
        let assist =
            |n: usize| thruster(format!("assist.{n}"), &vehicle.assist[n], &dispersions.assist);
        let jet = |n: usize| thruster(format!("jet.{n}"), &vehicle.jets[n], &dispersions.jets);
        Self {
            main: thruster("main".to_owned(), &vehicle.main, &dispersions.main),
            assist: core::array::from_fn(assist),
            jets: core::array::from_fn(jet),
        }
    }

    /// Other random numbers of every fault from now on: those of `key`.
    pub fn rekey(&mut self, key: u64) {
        let all = self.assist.iter_mut().chain(&mut self.jets);
        all.chain([&mut self.main]).for_each(|thruster| thruster.faults.rekey(key));
    }

    /// Takes the commands of the cycle that begins now.
    pub fn command(&mut self, now: &Now, actuators: &Actuators) {
        let t = now.t;
        self.main.follow(now);
        self.assist.iter_mut().chain(&mut self.jets).for_each(|thruster| thruster.follow(now));
        let main = if actuators.main_open { Command::Hold(CYCLE) } else { Command::Release };
        self.main.command(t, main);
        if actuators.new_frame {
            let pulse = |on_us: u32| Command::Pulse(Span::from_us(i64::from(on_us)));
            for (thruster, on_us) in self.assist.iter_mut().zip(actuators.assist_on_us) {
                thruster.command(t, pulse(on_us));
            }
            for (thruster, on_us) in self.jets.iter_mut().zip(actuators.jet_on_us) {
                thruster.command(t, pulse(on_us));
            }
        }
    }

    /// Mean thrust over the step that begins at `t` with `propellant_kg` in the tanks.
    #[inline]
    pub fn over_step(&mut self, t: Time, propellant_kg: f64) -> Thrust {
        let mut total = Thrust::default();
        if propellant_kg <= 0.0 {
            self.starve();
            return total;
        }
        total.main_N = total.of(&mut self.main, t);
        for thruster in &mut self.assist {
            total.assist_N += total.of(thruster, t);
        }
        for thruster in &mut self.jets {
            total.jets_N += total.of(thruster, t);
        }
        if total.used_kg > propellant_kg {
            total.scale(propellant_kg / total.used_kg);
            total.used_kg = propellant_kg;
        }
        total
    }

    fn starve(&mut self) {
        self.main.device.starve();
        self.assist.iter_mut().for_each(|thruster| thruster.device.starve());
        self.jets.iter_mut().for_each(|thruster| thruster.device.starve());
    }
}

impl Thrust {
    /// Adds one thruster's mean over the step that begins at `t`; returns its thrust, N.
    #[inline]
    fn of(&mut self, thruster: &mut Faulty<Thruster, Command>, t: Time) -> f64 {
        let before_kg = self.used_kg;
        let thrust_N = thruster.add_mean(t, &mut self.wrench, &mut self.used_kg);
        let used_kg = self.used_kg - before_kg;
        if used_kg > 0.0 {
            self.early = self.early + thruster.device.early(thrust_N);
            self.exits_kg_m += thruster.device.exit_B * used_kg;
            self.exits_kg_m2 += thruster.device.exit_spread * used_kg;
        }
        thrust_N
    }

    /// Adds `share` of another step's means; its propellant in full.
    pub fn accumulate(&mut self, other: &Self, share: f64) {
        self.wrench.f_B += other.wrench.f_B * share;
        self.wrench.t_B += other.wrench.t_B * share;
        self.used_kg += other.used_kg;
        self.exits_kg_m += other.exits_kg_m;
        self.exits_kg_m2 += other.exits_kg_m2;
        self.main_N += other.main_N * share;
        self.assist_N += other.assist_N * share;
        self.jets_N += other.jets_N * share;
    }

    fn scale(&mut self, factor: f64) {
        self.wrench.f_B *= factor;
        self.wrench.t_B *= factor;
        self.main_N *= factor;
        self.assist_N *= factor;
        self.jets_N *= factor;
        self.early.f_B *= factor;
        self.early.t_B *= factor;
        self.exits_kg_m *= factor;
        self.exits_kg_m2 *= factor;
    }
}
