//! The same descent as one sparse problem, for Clarabel [Goulart2024]: what the solver on board is held against.
//!
//! Written from the published constraints, with states as variables and units of its own; it shares with
//! the solver on board the nodes, the linear thrust between them, and nothing else.
#![allow(dead_code)] // tests, bench and examples each use a part

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettingsBuilder, DefaultSolver, IPSolver, SolverStatus, SupportedConeT,
};
use flight::guidance::convex::{Defects, Field, Limits, Plan, Start, Target};
use nalgebra::Vector3;

/// Units of the variables: position, velocity, acceleration.
const UNIT: [f64; 3] = [1000.0, 100.0, 10.0];
/// Variables of a node: r, v, z, u, σ.
const VARIABLES: usize = 11;

/// What is asked for.
pub enum Wish {
    /// The least propellant to the target.
    LeastPropellant,
    /// The furthest place in this horizontal direction of the target, to be reached with the propellant there is.
    Furthest(Vector3<f64>),
}

pub struct Problem {
    linear: CscMatrix<f64>,
    square: CscMatrix<f64>,
    cost: Vec<f64>,
    right: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
    mass_kg: f64,
    nodes: usize,
}

pub struct Answer {
    pub status: SolverStatus,
    pub propellant_kg: f64,
    pub reach_m: f64,
    pub steps: u32,
}

impl Answer {
    pub fn solved(&self) -> bool {
        self.status == SolverStatus::Solved
    }

    pub fn infeasible(&self) -> bool {
        matches!(self.status, SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible)
    }
}

/// Rows A x + s = b under construction; entries are of G with s = b − A x, given as s = Σ c x + d.
#[derive(Default)]
struct Rows {
    i: Vec<usize>,
    j: Vec<usize>,
    v: Vec<f64>,
    right: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
}

impl Rows {
    /// One row s = Σ c x + d.
    fn row(&mut self, entries: &[(usize, f64)], constant: f64) {
        let at = self.right.len();
        for (j, c) in entries {
            self.i.push(at);
            self.j.push(*j);
            self.v.push(-c);
        }
        self.right.push(constant);
    }

    fn cone(&mut self, rows: &[(&[(usize, f64)], f64)]) {
        for (entries, constant) in rows {
            self.row(entries, *constant);
        }
        self.cones.push(SupportedConeT::SecondOrderConeT(rows.len()));
    }
}

/// The reference mass of each node: published, or that of a plan.
fn masses<const N: usize>(
    start: &Start,
    limits: &Limits,
    duration_s: f64,
    nodes: usize,
    along: Option<&Plan<N>>,
) -> Vec<f64> {
    (0..nodes)
        .map(|k| match along {
            Some(plan) => plan.mass_kg[k],
            None => {
                let t = duration_s * k as f64 / (nodes - 1) as f64;
                let burnt = limits.thrust_N[1] / limits.exhaust_m_s * t;
                (start.mass_kg - burnt).max(limits.dry_kg)
            }
        })
        .collect()
}

/// The problem at `nodes` nodes; gravity and rotation uniform, or along the plan.
pub fn problem<const N: usize>(
    (start, target, limits, field): (&Start, &Target, &Limits, &Field),
    duration_s: f64,
    nodes: usize,
    along: Option<(&Plan<N>, &Defects<N>)>,
    wish: &Wish,
) -> Problem {
    let h = duration_s / (nodes - 1) as f64;
    let mass = masses(start, limits, duration_s, nodes, along.map(|(plan, _)| plan));
    let columns = nodes * VARIABLES + 1;
    let reach = nodes * VARIABLES;
    let at = |k: usize, i: usize| k * VARIABLES + i;
    let mut rows = Rows::default();
    ends(&mut rows, start, target, nodes, wish);
    let pull: Vec<Vector3<f64>> = (0..nodes)
        .map(|k| match along {
            Some((plan, _)) => field.acceleration(&(plan.p_L[k] - target.p_L), &plan.v_L[k]),
            None => Vector3::new(0.0, 0.0, -field.gravity_m_s2),
        })
        .collect();
    let defects: Vec<_> = along.map_or(vec![], |(_, defects)| defects.to_vec());
    motion(&mut rows, &pull, &defects, h, limits.exhaust_m_s);
    rows.cones.push(SupportedConeT::ZeroConeT(rows.right.len()));
    for (k, mass_kg) in mass.iter().enumerate() {
        let tilt = limits.tilt_rad(h * k as f64, duration_s - h * (k + 1) as f64);
        let here = Limits { pointing_rad: tilt, ..*limits };
        node(&mut rows, k * VARIABLES, *mass_kg, start, &here, k > 0 && k + 1 < nodes);
    }
    let dry = libm::log(limits.dry_kg / start.mass_kg);
    rows.row(&[(at(nodes - 1, 6), 1.0)], -dry);
    rows.row(&[(reach, 1.0)], 1.0);
    rows.cones.push(SupportedConeT::NonnegativeConeT(2));
    let mut cost = vec![0.0; columns];
    match wish {
        Wish::LeastPropellant => {
            cost[at(nodes - 1, 6)] = -10.0;
            // What is not asked for is held by its price.
            cost[reach] = 1.0;
        }
        Wish::Furthest(_) => cost[reach] = -1.0,
    }
    Problem {
        linear: CscMatrix::new_from_triplets(rows.right.len(), columns, rows.i, rows.j, rows.v),
        square: CscMatrix::zeros((columns, columns)),
        cost,
        right: rows.right,
        cones: rows.cones,
        mass_kg: start.mass_kg,
        nodes,
    }
}

/// Start and end.
fn ends(rows: &mut Rows, start: &Start, target: &Target, nodes: usize, wish: &Wish) {
    let [lr, lv, _] = UNIT;
    let reach = nodes * VARIABLES;
    let p = start.p_L - target.p_L;
    let at = |k: usize, i: usize| k * VARIABLES + i;
    for i in 0..3 {
        rows.row(&[(at(0, i), 1.0)], -p[i] / lr);
        rows.row(&[(at(0, 3 + i), 1.0)], -start.v_L[i] / lv);
        let end = at(nodes - 1, i);
        match wish {
            Wish::LeastPropellant => rows.row(&[(end, 1.0)], 0.0),
            Wish::Furthest(d) => rows.row(&[(end, 1.0), (reach, -d[i])], 0.0),
        }
        rows.row(&[(at(nodes - 1, 3 + i), 1.0)], -target.v_L[i] / lv);
    }
    rows.row(&[(at(0, 6), 1.0)], 0.0);
}

/// Motion between nodes, thrust and `pull` linear in between, and defects.
fn motion(
    rows: &mut Rows,
    pull: &[Vector3<f64>],
    defects: &[[Vector3<f64>; 2]],
    h: f64,
    exhaust_m_s: f64,
) {
    let [lr, lv, lu] = UNIT;
    let at = |k: usize, i: usize| k * VARIABLES + i;
    for k in 0..pull.len() - 1 {
        let (now, next) = (pull[k], pull[k + 1]);
        let [place, speed] = defects.get(k).copied().unwrap_or_default();
        for i in 0..3 {
            let drift = h * h * (now[i] / 3.0 + next[i] / 6.0);
            rows.row(
                &[
                    (at(k + 1, i), -1.0),
                    (at(k, i), 1.0),
                    (at(k, 3 + i), h * lv / lr),
                    (at(k, 7 + i), h * h / 3.0 * lu / lr),
                    (at(k + 1, 7 + i), h * h / 6.0 * lu / lr),
                ],
                (drift + place[i]) / lr,
            );
            rows.row(
                &[
                    (at(k + 1, 3 + i), -1.0),
                    (at(k, 3 + i), 1.0),
                    (at(k, 7 + i), 0.5 * h * lu / lv),
                    (at(k + 1, 7 + i), 0.5 * h * lu / lv),
                ],
                (0.5 * h * (now[i] + next[i]) + speed[i]) / lv,
            );
        }
        let spent = -0.5 * h * lu / exhaust_m_s;
        rows.row(
            &[(at(k + 1, 6), -1.0), (at(k, 6), 1.0), (at(k, 10), spent), (at(k + 1, 10), spent)],
            0.0,
        );
    }
}

/// The inequalities of the node whose variables begin at `first`.
fn node(
    rows: &mut Rows,
    first: usize,
    mass_kg: f64,
    start: &Start,
    limits: &Limits,
    between: bool,
) {
    let [lr, lv, lu] = UNIT;
    let (r, v, z, u, sigma) = (first, first + 3, first + 6, first + 7, first + 10);
    let z0 = libm::log(mass_kg / start.mass_kg);
    let [low, high] = limits.thrust_N.map(|thrust| thrust / mass_kg / lu);
    rows.cone(&[
        (&[(sigma, 1.0)], 0.0),
        (&[(u, 1.0)], 0.0),
        (&[(u + 1, 1.0)], 0.0),
        (&[(u + 2, 1.0)], 0.0),
    ]);
    // (z − z₀)² ≤ 2 e, e = σ/μ₁ − 1 + z − z₀.
    let both = [(sigma, 1.0 / low), (z, 1.0)];
    rows.cone(&[(&both, -0.5 - z0), (&both, -1.5 - z0), (&[(z, 1.0)], -z0)]);
    rows.row(&[(sigma, -1.0), (z, -high)], high * (1.0 + z0));
    rows.cones.push(SupportedConeT::NonnegativeConeT(1));
    if let Some(angle) = limits.pointing_rad {
        rows.row(&[(u + 2, 1.0), (sigma, -libm::cos(angle))], 0.0);
        rows.cones.push(SupportedConeT::NonnegativeConeT(1));
    }
    if !between {
        return;
    }
    if let Some(slope) = limits.glide_slope_rad {
        let (sine, cosine) = (libm::sin(slope), libm::cos(slope));
        rows.cone(&[
            (&[(r + 2, cosine)], cosine * limits.apex_m / lr),
            (&[(r, sine)], 0.0),
            (&[(r + 1, sine)], 0.0),
        ]);
    }
    if let Some(speed) = limits.speed_m_s {
        rows.cone(&[
            (&[(r + 2, limits.speed_per_m * lr / lv)], speed / lv),
            (&[(v, 1.0)], 0.0),
            (&[(v + 1, 1.0)], 0.0),
            (&[(v + 2, 1.0)], 0.0),
        ]);
    }
}

/// Clarabel with its own settings but for talk.
pub fn solve(problem: &Problem) -> Answer {
    let settings = DefaultSettingsBuilder::default().verbose(false).build().unwrap();
    let mut solver = DefaultSolver::new(
        &problem.square,
        &problem.cost,
        &problem.linear,
        &problem.right,
        &problem.cones,
        settings,
    )
    .unwrap();
    solver.solve();
    let x = &solver.solution.x;
    let z = x[(problem.nodes - 1) * VARIABLES + 6];
    Answer {
        status: solver.solution.status,
        propellant_kg: problem.mass_kg * (1.0 - libm::exp(z)),
        reach_m: x[problem.nodes * VARIABLES] * UNIT[0],
        steps: solver.solution.iterations,
    }
}
