//! Two risks against each other: outrunning the rangefinder, and running dry.
//!
//! Owns: how many standard deviations the corridor may keep off the ground with the propellant left.
//! Derived. The ground is first sensed at a true altitude R: the planned one with probability 1 − p, else
//! anywhere below (uniform). The believed altitude is then R − e, e Gaussian with the filter's σ, in
//! a share of the flights with a multiple of it: Mission 2's altitude was wrong by three of them. The
//! reference speed there rises with altitude and passes v_s, the fastest that still stops within R, at h*:
//!     v_s²/2a_n + v_s τ = R − reserve,      P(outrun | R) = P(R − e > h*) = Φ((R − h*)/σ).
//! To land takes, with T the time by the reference down to R and by the plan from there,
//!     Δv = v + g T,    m_p = m (1 − exp(−Δv/c)),    P(dry | R) = Φ((m_p − left)/s),
//!     s² = σ_left² + m_p(g σ/v)²,
//! the last term being an altitude error flown at the speed v of the plan or of the search.
//! Chosen is the k with the least p-weighted sum. Beyond an even chance the second risk goes on as its
//! tangent and a square: as a convex function of the shortage it makes k fall with the propellant, to none (the planned
//! profile) when there is none.
//! Refuses: a sensor that never comes back; that is for other sensors to solve.

use super::corridor::{CREEP_M_S, Corridor};
use icd::constants::MOON_GRAVITY_M_S2;

/// Choices of k: from none to all by equal steps.
pub const CHOICES: usize = 9;
/// Altitude steps of the descent time; every fourth, from the second, is a first range.
const STEPS: usize = 24;
const RANGES: usize = STEPS / 4;
/// Share of flights whose σ is wrong, and by what factor. Assumed.
const WRONG_SHARE: f64 = 0.1;
const WRONG_TIMES: f64 = 2.5;
/// What the cost of the held choice counts. Assumed.
const STAYS: f64 = 0.8;
/// Room left after a stop, m. Source: prototype §4.3.
const STOP_RESERVE_M: f64 = 20.0;

/// What is weighed.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    /// The corridor; its `k` is what is chosen.
    pub corridor: Corridor,
    /// Believed altitude from which the descent by the reference begins, m.
    pub altitude_m: f64,
    /// Speed then, m/s.
    pub v_m_s: f64,
    /// Mass then, kg.
    pub mass_kg: f64,
    /// Propellant then, kg, and its standard deviation.
    pub propellant_kg: (f64, f64),
    /// Exhaust speed of the engines that work, m/s.
    pub exhaust_m_s: f64,
    /// Altitude at which the rangefinder sees the ground by the plan, m.
    pub seen_m: f64,
    /// Probability that it will not.
    pub late: f64,
}

/// The two risks of one choice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Risk {
    /// Standard deviations that the corridor keeps.
    pub k: f64,
    /// Probability that the speed at the first range cannot be stopped.
    pub outrun: f64,
    /// Probability that the tanks are empty before the ground.
    pub dry: f64,
    /// What is minimised: the sum, the second part without its upper bound.
    pub cost: f64,
}

/// Standard normal distribution function.
fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2)
}

/// The same with a tail: a share of the flights has a σ that is several times what the filter believes.
fn tailed(x: f64) -> f64 {
    (1.0 - WRONG_SHARE) * normal(x) + WRONG_SHARE * normal(x / WRONG_TIMES)
}

/// The same below an even chance; above it the tangent and a square: convex, without bound.
fn shortage(x: f64) -> f64 {
    const SLOPE: f64 = 0.398_942_280_401_432_7; // 1/√2π
    if x < 0.0 { normal(x) } else { 0.5 + (SLOPE + 0.5 * x) * x }
}

impl Outlook {
    /// Propellant that a velocity change takes, kg.
    pub fn propellant_for_kg(&self, dv_m_s: f64) -> f64 {
        self.mass_kg * (1.0 - libm::exp(-dv_m_s.max(0.0) / self.exhaust_m_s.max(1.0)))
    }

    /// Largest speed at a first range of `range_m` that still stops, m/s.
    fn stoppable_m_s(&self, range_m: f64) -> f64 {
        let a = self.corridor.net_m_s2.max(0.1);
        let late = a * self.corridor.reaction_s.max(0.0);
        libm::sqrt(late * late + 2.0 * a * (range_m - STOP_RESERVE_M).max(0.0)) - late
    }

    /// (outrun, dry, dry without its bound) if the ground is first sensed at `range_m`, `t_s` from here.
    fn at_range(&self, range_m: f64, t_s: f64) -> [f64; 3] {
        let sigma_m = self.corridor.sigma_m.max(1.0);
        let h_m = self.corridor.altitude_of_speed(self.stoppable_m_s(range_m));
        let outrun = tailed((range_m - h_m) / sigma_m);
        let dv_m_s = self.v_m_s + MOON_GRAVITY_M_S2 * (t_s + self.corridor.planned_s(range_m));
        let need_kg = self.propellant_for_kg(dv_m_s);
        // The speed of the plan or of the search: the same for every k, else k could hide in its own spread.
        let search_m_s = self.corridor.planned(range_m).0.max(CREEP_M_S);
        let wait_kg = self.propellant_for_kg(MOON_GRAVITY_M_S2 * sigma_m / search_m_s);
        let spread_kg = libm::hypot(self.propellant_kg.1, wait_kg).max(0.1);
        let x = (need_kg - self.propellant_kg.0) / spread_kg;
        [outrun, normal(x), shortage(x)]
    }

    /// Both risks with the corridor as it stands.
    pub fn weigh(&self) -> Risk {
        let top_m = self.altitude_m.max(1.0);
        let step_m = top_m / STEPS as f64;
        let seen_m = self.seen_m.min(top_m);
        let (mut t_s, mut seen_s) = (0.0, 0.0);
        let mut v_above = self.corridor.reference(top_m).0;
        let mut sum = [0.0; 3];
        for i in (0..STEPS).rev() {
            let h_m = i as f64 * step_m;
            let v = self.corridor.reference(h_m).0;
            let dt_s = 2.0 * step_m / (v + v_above).max(0.1);
            seen_s += dt_s * ((h_m + step_m - seen_m) / step_m).clamp(0.0, 1.0);
            t_s += dt_s;
            v_above = v;
            if i % 4 == 2 {
                let risk = self.at_range(h_m, t_s);
                sum.iter_mut().zip(&risk).for_each(|(s, r)| *s += self.late * r / RANGES as f64);
            }
        }
        let planned = self.at_range(seen_m, seen_s);
        sum.iter_mut().zip(&planned).for_each(|(s, r)| *s += (1.0 - self.late) * r);
        Risk { k: self.corridor.k, outrun: sum[0], dry: sum[1], cost: sum[0] + sum[2] }
    }
}

/// The choice with the least cost; of equal ones the largest k. The one that is held stays until another is
/// clearly better.
///
/// - `most`: largest k; `outlook`: what is weighed for a given k; `held`: the k of the last choice.
pub fn choose(most: f64, held: Option<f64>, outlook: impl Fn(f64) -> Outlook) -> Risk {
    let mut best: Option<(f64, Risk)> = None;
    for i in (0..CHOICES).rev() {
        let k = most * i as f64 / (CHOICES - 1) as f64;
        let risk = outlook(k).weigh();
        let stays = held.is_some_and(|held| (held - k).abs() < 1e-9);
        let cost = if stays { STAYS * risk.cost } else { risk.cost };
        if cost.is_finite() && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, risk));
        }
    }
    best.map_or(Risk { k: most, ..Risk::default() }, |(_, risk)| risk)
}

#[cfg(test)]
mod tests {
    use super::super::corridor::{K_SIGMA, LAST, plan};
    use super::*;

    const PROFILE: [(f64, f64); 5] =
        [(0.0, 1.0), (20.0, 4.7), (192.0, 14.0), (1000.0, 33.0), (3000.0, 76.0)];

    /// Reading B at the gate.
    fn outlook(k: f64, sigma_m: f64, left_kg: f64, late: f64) -> Outlook {
        let corridor = Corridor {
            plan: plan(&PROFILE, Some(LAST)),
            gate_m_s: 76.0,
            sigma_m,
            k,
            net_m_s2: 1.45,
            reaction_s: 2.0,
        };
        Outlook {
            corridor,
            altitude_m: 3000.0,
            v_m_s: 76.0,
            mass_kg: 380.0,
            propellant_kg: (left_kg, 3.5),
            exhaust_m_s: 2850.0,
            seen_m: 3000.0,
            late,
        }
    }

    #[test]
    fn the_normal_distribution_has_its_tabulated_values() {
        for (x, p) in [(0.0, 0.5), (1.0, 0.841_344_7), (-2.0, 0.022_750_1), (-3.0, 0.001_349_9)] {
            assert!((normal(x) - p).abs() < 5e-8, "{x}");
        }
        let (below, above) = (shortage(-1e-9), shortage(1e-9));
        assert!((above - below - 2e-9 * 0.398_942_280_4).abs() < 1e-12);
    }

    #[test]
    fn a_healthy_sensor_and_a_known_altitude_leave_the_risk_of_the_propellant_alone() {
        // The need by the plan: v + g T through the rocket equation; left exactly that, the chance is even.
        let o = outlook(4.0, 1.0, 0.0, 0.0);
        let need_kg = o.propellant_for_kg(76.0 + MOON_GRAVITY_M_S2 * o.corridor.planned_s(3000.0));
        let even = outlook(4.0, 1.0, need_kg, 0.0).weigh();
        assert!((even.dry - 0.5).abs() < 1e-3 && even.outrun < 1e-9, "{even:?}");
        let sigma = outlook(4.0, 1.0, need_kg + 2.0 * 3.5, 0.0).weigh();
        assert!((sigma.dry - 0.022_75).abs() < 1e-3, "{sigma:?}");
    }

    #[test]
    fn with_ample_propellant_the_whole_corridor_is_kept_and_with_none_the_plan_is_flown() {
        for sigma_m in [50.0, 200.0, 470.0, 700.0] {
            for late in [0.05, 0.5, 0.99] {
                let ample = choose(K_SIGMA, None, |k| outlook(k, sigma_m, 300.0, late));
                assert!((ample.k - K_SIGMA).abs() < 1e-9 && ample.dry < 1e-6, "{ample:?}");
                let none = choose(K_SIGMA, None, |k| outlook(k, sigma_m, 0.0, late));
                let corridor = outlook(none.k, sigma_m, 0.0, late).corridor;
                for h_m in [2900.0, 2000.0, 1000.0, 500.0, 100.0] {
                    let plan = corridor.planned(h_m).0.max(CREEP_M_S.min(sigma_m));
                    assert!(
                        corridor.reference(h_m).0 > 0.9 * plan,
                        "{sigma_m} {late} {h_m} {none:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_choice_never_rises_as_the_propellant_falls() {
        for sigma_m in [30.0, 100.0, 300.0, 470.0, 900.0] {
            for late in [0.01, 0.05, 0.3, 0.99] {
                let mut last = K_SIGMA;
                for tenth in (0..1200).rev() {
                    let left_kg = 0.1 * f64::from(tenth);
                    let best = choose(K_SIGMA, None, |k| outlook(k, sigma_m, left_kg, late));
                    assert!(best.k <= last + 1e-12, "{sigma_m} {late} {left_kg}: {best:?}");
                    last = best.k;
                }
            }
        }
    }

    #[test]
    fn what_is_held_stays_until_another_is_clearly_better() {
        let free = choose(K_SIGMA, None, |k| outlook(k, 470.0, 40.0, 0.2));
        for i in 0..CHOICES {
            let held = choose(K_SIGMA, Some(0.5 * i as f64), |k| outlook(k, 470.0, 40.0, 0.2));
            assert!(held.k == free.k || held.cost * STAYS <= free.cost, "{held:?} {free:?}");
            assert_eq!(choose(K_SIGMA, Some(held.k), |k| outlook(k, 470.0, 40.0, 0.2)).k, held.k);
        }
    }

    #[test]
    fn keeping_further_off_the_ground_outruns_less_and_takes_more() {
        for sigma_m in [50.0, 300.0, 700.0] {
            let risks: [Risk; CHOICES] =
                core::array::from_fn(|i| outlook(0.5 * i as f64, sigma_m, 35.0, 0.5).weigh());
            for pair in risks.windows(2) {
                assert!(pair[1].outrun <= pair[0].outrun + 1e-12, "{pair:?}");
                assert!(pair[1].dry >= pair[0].dry - 1e-3, "{pair:?}");
            }
        }
    }

    #[test]
    fn a_sensor_that_is_surely_seen_in_time_costs_nothing_to_outrun() {
        assert!(outlook(0.0, 470.0, 35.0, 0.0).weigh().outrun < 1e-9);
        assert!(outlook(0.0, 470.0, 35.0, 1.0).weigh().outrun > 0.05);
    }
}
