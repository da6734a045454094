//! Apollo's descent law: P63 braking, P64 approach, P66 rate of descent, in the form flown.
//!
//! Owns: the law, its throttle logic, the ignition condition, the targets of Apollo 11. Does not own: the
//! state (`nav`), the valves (`control`).
//! Frame `G`: origin at the site, fixed to the Moon, x up, y right, z forward along the ground from the
//! lander to the site. T, the target's time less now, counts up to zero and is negative; speeds are over
//! the ground.
//!
//! As published — [Klumpp1974], [Luminary099] pp. 807–819. T solves, by Newton's method from its last value,
//!     J_Dz T³ + 6 A_Dz T² + (18 V_Dz + 6 V_z) T − 24 (R_z − R_Dz) = 0
//! and ACG = ADG + 6 (VDG + VG)/T + 12 (RDG − RG)/T², taken at the time when it acts: with k = T_p/T, T_p =
//! T + 2.24 s, its terms carry 6k²−6k+1, (4k²−3k, 2k²−k) and 3k²−2k. Thrust is ACG less gravity; where
//! that exceeds the engine its forward share gives way.
//! P66: with ḣ_D the wished rate, θ the tilt and a what the accelerometers feel,
//!     a_c = ((ḣ_D − ḣ)/τ + g)/cos θ + (lag/τ) (g/cos θ − a)
//! The engine runs from 10 to 65 % or at its fixed point near 93 %: from HIGHCRIT up the fixed point is
//! commanded, and kept until the wish falls to LOWCRIT.
//! Ignition: with V at full throttle,
//!     R_z = RIGNZ + 16 KIGNX (R_x − RIGNX) + 256 KIGNY R_y² + 16 KIGNV (|V| − VIGN)
//!
//! As programmed: same forms, SI, floating point; the thrust commanded is absolute, where Luminary adds
//! the difference from the measured one. In P66 the horizontal speed, nulled by the pilot on Apollo 11, is
//! taken away as in P65, by V/τ with a longer τ, inside a tilt limit.
//! Refuses: redesignation, landing radar weighting, erosion of the nozzle.

use nalgebra::Vector3;

/// Newton steps of the time to go. Source: ROOTPSRS gives up after eight.
const ITERATIONS: usize = 8;
/// Change of the time to go at which it counts as found, relative: Luminary's 2⁻⁷ is refined.
const CONVERGED: f64 = 1e-9;
/// Shortest time to go that is divided by, s.
const LEAST_S: f64 = 1.0;

/// Foot and foot-pound units of the published targets, m and N.
const FT: f64 = 0.3048;
const LBF: f64 = 4.448_221_615_260_5;
/// Rated thrust of the engine, N. Source: [Luminary099], 10 500 lbf.
const RATED_N: f64 = 10_500.0 * LBF;

/// Where a phase aims, frame `G`, at T = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// Position, m.
    pub p_m: [f64; 3],
    /// Velocity over ground, m/s.
    pub v_m_s: [f64; 3],
    /// Acceleration, m/s².
    pub a_m_s2: [f64; 3],
    /// Forward jerk, m/s³.
    pub jerk_z_m_s3: f64,
}

/// When full throttle is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ignition {
    /// RIGNX and RIGNZ, m.
    pub p_xz_m: [f64; 2],
    /// VIGN, over ground, m/s.
    pub v_m_s: f64,
    /// 16 KIGNX, dimensionless.
    pub k_x: f64,
    /// 256 KIGNY, 1/m.
    pub k_y_per_m: f64,
    /// 16 KIGNV, s.
    pub k_v_s: f64,
}

/// The engine as the law sees it, N.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttling {
    /// MINFORCE and MAXFORCE: between them it throttles in P66.
    pub range_N: [f64; 2],
    /// Fixed point, by plan.
    pub fixed_N: f64,
    /// HIGHESTF: what the acceleration's forward share is limited with.
    pub highest_N: f64,
    /// LOWCRIT and HIGHCRIT.
    pub criteria_N: [f64; 2],
}

/// Everything the law is loaded with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// P63's aim.
    pub braking: Aim,
    /// P64's aim.
    pub approach: Aim,
    /// Added to T at the change from P63 to P64 (DELTTFAP), s.
    pub shift_s: f64,
    /// −T at which P63 and P64 end (TENDBRAK, TENDAPPR), s.
    pub ends_s: [f64; 2],
    /// Lag that the law looks ahead for (−LEADTIME), s.
    pub lead_s: f64,
    /// Trim at low throttle before full throttle: duration (ZOOMTIME), s, and thrust, N.
    pub trim: (f64, f64),
    /// Ignition.
    pub ignition: Ignition,
    /// Engine.
    pub throttling: Throttling,
    /// P66: time constant (TAUROD), s, and lag over it.
    pub rate: [f64; 2],
    /// Time constant of the horizontal speed in P66, s, and the largest tangent of tilt.
    pub level: [f64; 2],
    /// Rate of descent in P66, m/s.
    pub fall_m_s: f64,
}

/// A vector of feet in the plane of motion: (x, z).
const fn feet(x: f64, z: f64) -> [f64; 3] {
    [x * FT, 0.0, z * FT]
}

/// Apollo 11 as loaded. Source: targets decoded from its erasable load [Luminary099]; forces from the
/// same, counts of 2.817 lbf; fixed point and the rates of P66 by the planned descent [Bennett1970].
pub const APOLLO_11: Plan = Plan {
    braking: Aim {
        p_m: feet(171.83, -10_678.52),
        v_m_s: feet(-105.877, -1.040),
        a_m_s2: feet(0.624_10, -9.104_40),
        jerk_z_m_s3: -0.018_826_8 * FT,
    },
    approach: Aim {
        p_m: feet(111.14, -26.86),
        v_m_s: feet(-4.9924, 0.2478),
        a_m_s2: feet(-0.262_40, -0.512_00),
        jerk_z_m_s3: 0.001_807_7 * FT,
    },
    shift_s: -110.0,
    ends_s: [62.0, 12.0],
    lead_s: 2.24,
    // Assumed: the tenth of the rated thrust.
    trim: (26.0, 0.1 * RATED_N),
    ignition: Ignition {
        p_xz_m: [-130_519.8 * FT, -1_432_597.0 * FT],
        v_m_s: 5545.46 * FT,
        k_x: 16.0 * -0.617_631,
        k_y_per_m: 256.0 * -7.55e-7 / FT,
        k_v_s: 16.0 * -410.0,
    },
    throttling: Throttling {
        range_N: [4359.0, 28_024.0],
        fixed_N: 9870.0 * LBF,
        highest_N: 43_454.676_9,
        criteria_N: [2124.0 * 2.817 * LBF, 2348.0 * 2.817 * LBF],
    },
    rate: [1.5, 0.413],
    // Assumed: as the horizontal law of later flights; a tilt of 20°.
    level: [5.0, 0.364],
    fall_m_s: 3.0 * FT,
};

/// Programs of the descent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// Braking.
    P63,
    /// Approach.
    P64,
    /// Rate of descent.
    P66,
}

/// What the law is told, frame `G`.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Position from the site, m.
    pub p_m: Vector3<f64>,
    /// Velocity over ground, m/s.
    pub v_m_s: Vector3<f64>,
    /// Gravity, m/s².
    pub g_m_s2: Vector3<f64>,
    /// Mass, kg.
    pub mass_kg: f64,
    /// Thrust acceleration felt, m/s², and cosine of the tilt.
    pub felt: [f64; 2],
}

/// What the law asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// Direction of thrust, frame `G`, unit.
    pub d: Vector3<f64>,
    /// Thrust, N.
    pub thrust_N: f64,
}

/// The law's memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apollo {
    /// Program that runs.
    pub program: Program,
    /// T, s; negative before the target.
    pub t_s: f64,
    /// The engine is at its fixed point.
    pub fixed: bool,
}

/// T from the cubic, from `last_s`; `None` where Newton's method does not settle.
pub fn time_to_go(aim: &Aim, z_m: f64, v_z_m_s: f64, last_s: f64) -> Option<f64> {
    let a = [
        -24.0 * (z_m - aim.p_m[2]),
        18.0 * aim.v_m_s[2] + 6.0 * v_z_m_s,
        6.0 * aim.a_m_s2[2],
        aim.jerk_z_m_s3,
    ];
    let mut t = last_s;
    for _ in 0..ITERATIONS {
        let value = a[0] + t * (a[1] + t * (a[2] + t * a[3]));
        let slope = a[1] + t * (2.0 * a[2] + t * 3.0 * a[3]);
        let step = value / slope;
        if !step.is_finite() {
            return None;
        }
        t -= step;
        if step.abs() <= CONVERGED * t.abs() {
            break;
        }
    }
    // Luminary's own precision is what it calls converged with.
    let value = a[0] + t * (a[1] + t * (a[2] + t * a[3]));
    let slope = a[1] + t * (2.0 * a[2] + t * 3.0 * a[3]);
    (t < 0.0 && (value / slope).abs() < t.abs() / 128.0).then_some(t)
}

/// Acceleration, gravity included, that reaches `aim` after −T, looked ahead by `lead_s`; m/s².
pub fn acceleration(aim: &Aim, state: &State, t_s: f64, lead_s: f64) -> Vector3<f64> {
    let t = t_s.min(-LEAST_S);
    let k = (t + lead_s).min(0.0) / t;
    let k2 = k * k;
    let [p, v, a] = [aim.p_m, aim.v_m_s, aim.a_m_s2].map(Vector3::from);
    (p - state.p_m) * ((3.0 * k2 - 2.0 * k) * 12.0 / (t * t))
        + v * ((4.0 * k2 - 3.0 * k) * 6.0 / t)
        + state.v_m_s * ((2.0 * k2 - k) * 6.0 / t)
        + a * (6.0 * k2 - 6.0 * k + 1.0)
}

impl Ignition {
    /// How long until full throttle is due, s, by the state there; negative once it is over.
    ///
    /// - `p_m`, `v_m_s`: position and velocity over ground, frame `G`, at the trim's end.
    pub fn due_in_s(&self, p_m: Vector3<f64>, v_m_s: Vector3<f64>) -> f64 {
        let size = libm::sqrt(v_m_s.norm_squared());
        let [x, z] = self.p_xz_m;
        let early_m = z - p_m.z
            + self.k_x * (p_m.x - x)
            + self.k_y_per_m * p_m.y * p_m.y
            + self.k_v_s * (size - self.v_m_s);
        early_m / (v_m_s.z - self.k_x * v_m_s.x).max(1.0)
    }
}

impl Throttling {
    /// Thrust for a wish, N; `fixed` remembers the fixed point.
    fn thrust_N(&self, wish_N: f64, fixed: &mut bool) -> f64 {
        let [low, high] = self.criteria_N;
        *fixed = if *fixed { wish_N > low } else { wish_N >= high };
        if *fixed { self.fixed_N } else { wish_N.max(self.range_N[0]) }
    }
}

impl Apollo {
    /// Before ignition. The time to go is found from the target's distance and the speed.
    pub fn new(plan: &Plan, p_m: Vector3<f64>, v_m_s: Vector3<f64>) -> Self {
        let mut guess = 2.0 * (p_m.z - plan.braking.p_m[2]) / v_m_s.z.max(1.0);
        for _ in 0..4 {
            guess = time_to_go(&plan.braking, p_m.z, v_m_s.z, guess).unwrap_or(guess);
        }
        Self { program: Program::P63, t_s: guess, fixed: false }
    }

    /// One guidance cycle; `dt_s` since the last one.
    pub fn cycle(&mut self, plan: &Plan, state: &State, dt_s: f64) -> Command {
        self.t_s += dt_s;
        let aim = match self.program {
            Program::P63 => &plan.braking,
            Program::P64 => &plan.approach,
            Program::P66 => return self.rate_of_descent(plan, state),
        };
        if let Some(t_s) = time_to_go(aim, state.p_m.z, state.v_m_s.z, self.t_s) {
            self.t_s = t_s;
        }
        let mut a = acceleration(aim, state, self.t_s, plan.lead_s) - state.g_m_s2;
        let wish_N = libm::sqrt(a.norm_squared()) * state.mass_kg;
        let most = plan.throttling.highest_N / state.mass_kg.max(1.0);
        let forward = libm::sqrt((most * most - a.x * a.x - a.y * a.y).max(0.0));
        if a.z < -forward {
            a.z = -forward;
        }
        let thrust_N = plan.throttling.thrust_N(wish_N, &mut self.fixed);
        self.next(plan);
        Command { d: a / libm::sqrt(a.norm_squared()).max(1e-9), thrust_N }
    }

    /// The next program, where the present one's time is over.
    fn next(&mut self, plan: &Plan) {
        let [braking_s, approach_s] = plan.ends_s;
        match self.program {
            Program::P63 if self.t_s >= -braking_s => {
                self.program = Program::P64;
                self.t_s += plan.shift_s;
            }
            Program::P64 if self.t_s >= -approach_s => self.program = Program::P66,
            _ => {}
        }
    }

    fn rate_of_descent(&mut self, plan: &Plan, state: &State) -> Command {
        let [tau_s, lag] = plan.rate;
        let (g, [felt, tilt]) = (-state.g_m_s2.x, state.felt);
        let cos = tilt.max(0.5);
        let up = ((-plan.fall_m_s - state.v_m_s.x) / tau_s + g) / cos + lag * (g / cos - felt);
        let [least, most] = plan.throttling.range_N;
        let thrust_N = (up * state.mass_kg).max(least).min(most);
        let [level_s, tangent] = plan.level;
        let mut across = Vector3::new(0.0, state.v_m_s.y, state.v_m_s.z) / -level_s;
        let (size, limit) = (libm::sqrt(across.norm_squared()), g * tangent);
        if size > limit {
            across *= limit / size;
        }
        let a = Vector3::new(g, across.y, across.z);
        self.fixed = false;
        Command { d: a / libm::sqrt(a.norm_squared()).max(1e-9), thrust_N }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(p_m: Vector3<f64>, v_m_s: Vector3<f64>) -> State {
        State {
            p_m,
            v_m_s,
            g_m_s2: Vector3::new(-1.62, 0.0, 0.0),
            mass_kg: 12_000.0,
            felt: [1.62, 1.0],
        }
    }

    /// Position and velocity on the quartic through the aim with a snap chosen freely.
    fn on_a_quartic(aim: &Aim, jerk: Vector3<f64>, snap: Vector3<f64>, t: f64) -> State {
        let [p, v, a] = [aim.p_m, aim.v_m_s, aim.a_m_s2].map(Vector3::from);
        state(
            p + v * t
                + a * (t * t / 2.0)
                + jerk * (t * t * t / 6.0)
                + snap * (t * t * t * t / 24.0),
            v + a * t + jerk * (t * t / 2.0) + snap * (t * t * t / 6.0),
        )
    }

    #[test]
    fn on_a_quartic_the_law_asks_for_its_acceleration_and_finds_its_time() {
        let aim = APOLLO_11.braking;
        let (jerk, snap) =
            (Vector3::new(0.01, -0.02, aim.jerk_z_m_s3), Vector3::new(1e-4, 2e-4, 5e-5));
        for t in [-300.0, -120.0, -62.0] {
            let at = on_a_quartic(&aim, jerk, snap, t);
            let found = time_to_go(&aim, at.p_m.z, at.v_m_s.z, t * 1.05).unwrap();
            assert!((found / t - 1.0).abs() < 1e-9, "{found} {t}");
            let own = |t: f64| Vector3::from(aim.a_m_s2) + jerk * t + snap * (t * t / 2.0);
            assert!((acceleration(&aim, &at, t, 0.0) - own(t)).norm() < 1e-9);
            // Looked ahead: the acceleration that the same quartic will have then.
            assert!((acceleration(&aim, &at, t, 2.24) - own(t + 2.24)).norm() < 1e-9);
        }
    }

    #[test]
    fn the_throttle_goes_to_the_fixed_point_above_one_criterion_and_leaves_it_below_the_other() {
        let engine = APOLLO_11.throttling;
        let [low, high] = engine.criteria_N;
        let mut fixed = false;
        for (wish, thrust, then) in [
            (high - 1.0, high - 1.0, false),
            (high + 1.0, engine.fixed_N, true),
            (low + 1.0, engine.fixed_N, true),
            (low - 1.0, low - 1.0, false),
            (low + 1.0, low + 1.0, false),
            (100.0, engine.range_N[0], false),
        ] {
            assert_eq!((engine.thrust_N(wish, &mut fixed), fixed), (thrust, then), "{wish}");
        }
        // 57 and 63 % of the rated 10 500 lbf.
        assert!((low / RATED_N - 0.57).abs() < 0.001);
        assert!((high / RATED_N - 0.63).abs() < 0.001);
    }

    #[test]
    fn ignition_is_due_at_its_published_state_and_by_its_gains() {
        let ignition = APOLLO_11.ignition;
        let p = Vector3::new(ignition.p_xz_m[0], 0.0, ignition.p_xz_m[1]);
        let v = Vector3::new(0.0, 0.0, ignition.v_m_s);
        assert!(ignition.due_in_s(p, v).abs() < 1e-9);
        assert!((ignition.due_in_s(p - Vector3::z() * ignition.v_m_s, v) - 1.0).abs() < 1e-9);
        // A metre higher burns 9.9 m later, a metre a second faster 6560 m earlier.
        let metres = |s: f64, v: f64| s * v;
        assert!(
            (metres(ignition.due_in_s(p + Vector3::x(), v), v.z) + 16.0 * 0.617_631).abs() < 1e-9
        );
        let faster = v * (1.0 + 1.0 / ignition.v_m_s);
        assert!((metres(ignition.due_in_s(p, faster), faster.z) + 6560.0).abs() < 1e-6);
    }

    #[test]
    fn the_rate_of_descent_law_settles_at_its_rate() {
        let plan = APOLLO_11;
        let mut law = Apollo { program: Program::P66, t_s: 0.0, fixed: false };
        let mut at = state(Vector3::new(200.0, 0.0, 0.0), Vector3::new(-4.0, 1.0, 3.0));
        at.mass_kg = 8000.0;
        for _ in 0..60 {
            let command = law.cycle(&plan, &at, 1.0);
            let a = command.d * (command.thrust_N / at.mass_kg) + at.g_m_s2;
            at.p_m += at.v_m_s + a / 2.0;
            at.v_m_s += a;
            at.felt = [command.thrust_N / at.mass_kg, command.d.x];
        }
        assert!((at.v_m_s.x + plan.fall_m_s).abs() < 0.02, "{:?}", at.v_m_s);
        assert!(libm::hypot(at.v_m_s.y, at.v_m_s.z) < 0.01, "{:?}", at.v_m_s);
    }
}
