//! Engines and jets: from valve commands to forces, torques and propellant used.
//!
//! Owns: [`Propulsion`], all thrusters of a vehicle on one propellant budget.
//! Does not own: the valve and lag of one thruster (see [`engine`]), its faults (see `faulty`).
//! As programmed: over one step each thruster gives its exact mean thrust; when the tanks run dry
//! inside a step every thruster is cut to the same fraction of that step, and to nothing afterwards.

pub mod engine;

use crate::dynamics::Wrench;
use crate::faulty::{Fault, Faulty, Now};
use crate::random::Stream;
use crate::vehicle::{Dispersions, Vehicle};
use engine::Thruster;
use icd::bus::{ASSIST_ENGINES, Actuators, CYCLE, JETS};
use icd::time::{Span, Time};

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
}

/// All thrusters of one vehicle.
#[derive(Clone, Debug)]
pub struct Propulsion {
    main: Faulty<Thruster>,
    assist: [Faulty<Thruster>; ASSIST_ENGINES],
    jets: [Faulty<Thruster>; JETS],
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
        (seed, run): (u64, u64),
    ) -> Self {
        let thruster = |name: String, spec, spread| {
            let device = Thruster::new(spec, spread, step, &mut Stream::new(seed, run, &name));
            Faulty::new(device, &name, faults, start, (seed, run))
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

    /// Takes the commands of the cycle that begins now.
    pub fn command(&mut self, now: &Now, actuators: &Actuators) {
        let t = now.t;
        self.main.follow(now);
        self.assist.iter_mut().chain(&mut self.jets).for_each(|thruster| thruster.follow(now));
        if actuators.main_open {
            self.main.device.hold(t, CYCLE);
        } else {
            self.main.device.release(t);
        }
        if actuators.new_frame {
            for (thruster, on_us) in self.assist.iter_mut().zip(actuators.assist_on_us) {
                thruster.pulse(t, Span::from_us(i64::from(on_us)));
            }
            for (thruster, on_us) in self.jets.iter_mut().zip(actuators.jet_on_us) {
                thruster.pulse(t, Span::from_us(i64::from(on_us)));
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
        total.main_N = self.main.add_mean(t, &mut total.wrench, &mut total.used_kg);
        for thruster in &mut self.assist {
            total.assist_N += thruster.add_mean(t, &mut total.wrench, &mut total.used_kg);
        }
        for thruster in &mut self.jets {
            total.jets_N += thruster.add_mean(t, &mut total.wrench, &mut total.used_kg);
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
    /// Adds `share` of another step's means; its propellant in full.
    pub fn accumulate(&mut self, other: &Self, share: f64) {
        self.wrench.f_B += other.wrench.f_B * share;
        self.wrench.t_B += other.wrench.t_B * share;
        self.used_kg += other.used_kg;
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
    }
}
