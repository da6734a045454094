//! What a powered descent costs, against the least it could: flown, bound, and where the rest went.

#[path = "minimum_fuel.rs"]
pub mod minimum_fuel;

use icd::bus::CYCLE;
use icd::constants::STANDARD_GRAVITY_M_S2;
use icd::tm::Phase;
use minimum_fuel::{Burn, Optimum, Place};
use rig::closed_loop::{Simulation, Stand};
use rig::scenario::Scenario;
use std::path::Path;

/// Largest collective of braking: the rest turns the vehicle.
const COLLECTIVE_MAX: f64 = 0.95;

/// One descent in figures.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Velocity change of main and assist engines in braking, in the turn at the gate, after it, m/s.
    pub flown_m_s: [f64; 3],
    /// The same of the jets, over the whole descent.
    pub jets_m_s: f64,
    /// Durations of the same, s.
    pub flown_s: [f64; 3],
    /// Least braking between the flown ends: with the collective planned, and with the largest.
    pub planned: Optimum,
    pub least: Optimum,
    /// Least braking from ignition to the gate as planned, before it is raised, with the largest collective.
    pub to_plan: Optimum,
    /// Least from ignition to rest on the ground, with the largest collective.
    pub to_ground: Optimum,
    /// Range flown in braking, m.
    pub range_m: f64,
}

impl Budget {
    /// Velocity change flown, m/s.
    pub fn total_m_s(&self) -> f64 {
        self.flown_m_s.iter().sum()
    }

    /// Least braking, and the terminal descent as it was flown, m/s.
    pub fn bound_m_s(&self) -> f64 {
        self.least.dv_m_s + self.flown_m_s[1] + self.flown_m_s[2]
    }
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [braking, turn, terminal] = self.flown_m_s;
        let [braking_s, turn_s, terminal_s] = self.flown_s;
        let least = self.least.dv_m_s;
        let mut row = |what: &str, dv_m_s: f64, note: String| {
            writeln!(f, "  {what:<52} {dv_m_s:8.1} m/s  {note}")
        };
        let burn = |o: &Optimum| format!("{:.0} s, {:.1} km", o.burn_s, o.range_m / 1e3);
        row("least, ignition to rest on the ground", self.to_ground.dv_m_s, burn(&self.to_ground))?;
        row("least, ignition to the gate as planned", self.to_plan.dv_m_s, burn(&self.to_plan))?;
        row("  gate met as flown, raised", least - self.to_plan.dv_m_s, String::new())?;
        row("  thrust kept for steering", self.planned.dv_m_s - least, burn(&self.planned))?;
        row(
            "  steering, attitude, start, the Moon's field",
            braking - self.planned.dv_m_s,
            String::new(),
        )?;
        let km = format!("{braking_s:.0} s, {:.1} km", self.range_m / 1e3);
        row("braking as flown", braking, km)?;
        row("turn at the gate", turn, format!("{turn_s:.0} s"))?;
        row("terminal descent", terminal, format!("{terminal_s:.0} s"))?;
        let over_m_s = turn + terminal - (self.to_ground.dv_m_s - self.to_plan.dv_m_s);
        row("  of both, over the least from the gate down", over_m_s, String::new())?;
        row("flown", self.total_m_s(), format!("jets beside it {:.1} m/s", self.jets_m_s))?;
        let ratio =
            format!("flown is {:+.2} %", 100.0 * (self.total_m_s() / self.bound_m_s() - 1.0));
        row("bound: least braking, terminal descent as flown", self.bound_m_s(), ratio)
    }
}

/// Radius, radial and transverse speed now.
fn place(simulation: &Simulation<'_>) -> Place {
    let state = simulation.world().state();
    let (p, v) = (state.p_MB_I.si(), state.v_MB_I.si());
    let radial = v.dot(&p) / p.norm();
    [p.norm(), radial, (v.norm_squared() - radial * radial).max(0.0).sqrt()]
}

/// Flies a scenario's reference run and budgets it.
pub fn budget(name: &str) -> Budget {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../scenarios/{name}.toml"));
    let stand = Stand::new(Scenario::read(&file).unwrap()).unwrap();
    let load = stand.load(0);
    let mut simulation = Simulation::new(&stand, &load, 0).unwrap();
    let (mut flown_m_s, mut flown_s, mut jets_m_s) = ([0.0; 3], [0.0; 3], 0.0);
    let mut ends: [Option<(Place, f64)>; 2] = [None; 2];
    let mut ground: [Option<nalgebra::Vector3<f64>>; 2] = [None; 2];
    while simulation.world().ended().is_none() {
        simulation.step();
        let part = match simulation.flight().down().phase {
            Phase::Braking => 0,
            Phase::PitchUp => 1,
            Phase::Terminal => 2,
            _ => continue,
        };
        let mass_kg = simulation.world().mass_kg();
        if let Some(slot) = ends.get_mut(part)
            && slot.is_none()
        {
            *slot = Some((place(&simulation), mass_kg));
            ground[part] = Some(simulation.world().state().p_MB_I.si().normalize());
        }
        let thrust = simulation.world().thrust();
        flown_m_s[part] += (thrust.main_N + thrust.assist_N) / mass_kg * CYCLE.s();
        jets_m_s += thrust.jets_N / mass_kg * CYCLE.s();
        flown_s[part] += CYCLE.s();
    }
    let (from, mass_kg) = ends[0].unwrap();
    let (to, _) = ends[1].unwrap();
    let machine = &stand.scenario.vehicle.machine;
    let flow =
        |engine: &truth::vehicle::Engine| engine.thrust_N / (engine.isp_s * STANDARD_GRAVITY_M_S2);
    let least = |to: Place, collective: f64| {
        let assist = machine.assist.iter().map(|e| e.thrust_N).sum::<f64>() * collective;
        let assist_flow = machine.assist.iter().map(flow).sum::<f64>() * collective;
        let thrust_N = machine.main.thrust_N + assist;
        let exhaust_m_s = thrust_N / (flow(&machine.main) + assist_flow);
        Burn { from, to, mass_kg, thrust_N, exhaust_m_s }.solve()
    };
    let plan = &stand.scenario.flight;
    let level_m = stand.site.p_ML_M.norm();
    // The Moon's turn at the gate is a few metres a second at the most: as flown.
    let turn_m_s = to[2] - plan.gate_horizontal_m_s;
    let gate = [
        level_m + plan.gate_altitude_m,
        -plan.gate_descent_m_s,
        plan.gate_horizontal_m_s + turn_m_s,
    ];
    let angle = ground[0].unwrap().angle(&ground[1].unwrap());
    Budget {
        flown_m_s,
        jets_m_s,
        flown_s,
        planned: least(to, plan.braking_collective),
        least: least(to, COLLECTIVE_MAX),
        to_plan: least(gate, COLLECTIVE_MAX),
        to_ground: least([level_m, 0.0, 0.0], COLLECTIVE_MAX),
        range_m: angle * level_m,
    }
}
