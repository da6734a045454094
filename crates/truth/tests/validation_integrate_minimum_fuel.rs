//! Validation: minimum-fuel descents from perilune to the ground, solved by the primer vector.
//! Source: optimality conditions of [Lawden1963] ch. 3 (thrust along the primer, the adjoint of velocity);
//! table of optima computed with another tool: planar, central gravity, Moon not turning, constant full
//! thrust, free range, rest at 1737.4 km, Isp 311 s, GM [DE440]; T/W is first thrust over the weight at
//! 1737.4 km. The last row is of the class of Apollo's lander: 15.24 by 111.12 km, 9870 lbf, 15 270 kg, 303 s.
//! Compared: velocity change, burn time and range of the two-point problem solved on this integrator.
//! Tolerance: half a unit of the last digit printed, well inside the required 0.05 % and 0.1 %.
#![allow(non_snake_case)]

use icd::constants::{GM_MOON_M3_S2, MOON_RADIUS_M, STANDARD_GRAVITY_M_S2};
use nalgebra::{Matrix3, Vector3};
use truth::integrate::dop853::{Settings, propagate};

struct Descent {
    perilune_m: f64,
    apolune_m: f64,
    mass_kg: f64,
    thrust_N: f64,
    exhaust_m_s: f64,
}

/// Radius, range angle, radial and transverse speed; adjoints of radius and of both speeds.
type State = [f64; 7];

impl Descent {
    fn flow(&self, t_s: f64, y: &State) -> State {
        let [r, _, u, v, lr, lu, lv] = *y;
        let mass_kg = self.mass_kg - self.thrust_N / self.exhaust_m_s * t_s;
        let a = self.thrust_N / mass_kg / (lu * lu + lv * lv).sqrt();
        let g = GM_MOON_M3_S2 / (r * r);
        [
            u,
            v / r,
            v * v / r - g - a * lu,
            -u * v / r - a * lv,
            lu * (v * v / (r * r) - 2.0 * g / r) - lv * u * v / (r * r),
            lv * v / r - lr,
            (lv * u - 2.0 * lu * v) / r,
        ]
    }

    /// End of a burn with the adjoints (lr, lu, 1) at its start.
    fn end(&self, guess: &Vector3<f64>) -> State {
        let gm = GM_MOON_M3_S2;
        let speed =
            (gm * (2.0 / self.perilune_m - 2.0 / (self.perilune_m + self.apolune_m))).sqrt();
        let start = [self.perilune_m, 0.0, 0.0, speed, guess[0], guess[1], 1.0];
        let settings = Settings { relative: 1e-12, ..Settings::within(1e-12) };
        let system = |t: f64, y: &State| Some(self.flow(t, y));
        propagate(system, (0.0, guess[2]), start, settings, &[]).unwrap().y
    }

    /// What is left of height (m) and of both speeds (m/s) at the end.
    fn miss(&self, guess: &Vector3<f64>) -> Vector3<f64> {
        let y = self.end(guess);
        Vector3::new(y[0] - MOON_RADIUS_M, y[2], y[3])
    }

    /// Newton's method on the two adjoints and the time, derivatives by central differences.
    fn solve(&self, burn_s: f64) -> (f64, f64, f64) {
        let mut guess = Vector3::new(2e-3, 0.1, burn_s);
        for _ in 0..40 {
            let miss = self.miss(&guess);
            if miss.norm() < 1e-7 {
                break;
            }
            let mut slope = Matrix3::zeros();
            for (j, h) in [1e-8, 1e-6, 1e-4].into_iter().enumerate() {
                let mut d = Vector3::zeros();
                d[j] = h;
                slope.set_column(
                    j,
                    &((self.miss(&(guess + d)) - self.miss(&(guess - d))) / (2.0 * h)),
                );
            }
            let step = slope.lu().solve(&-miss).unwrap();
            // Shorten steps that would leave the neighbourhood where the linearisation means anything.
            let shorten = (1.0
                / (step[0].abs() / 1e-3 + step[1].abs() / 0.1 + step[2].abs() / 20.0))
                .min(1.0);
            guess += step * shorten;
        }
        assert!(self.miss(&guess).norm() < 1e-6, "not converged: {}", self.miss(&guess));
        let flow_kg_s = self.thrust_N / self.exhaust_m_s;
        let dv_m_s = -self.exhaust_m_s * (1.0 - flow_kg_s * guess[2] / self.mass_kg).ln();
        (dv_m_s, guess[2], self.end(&guess)[1] * MOON_RADIUS_M / 1e3)
    }
}

#[test]
fn the_printed_optima_are_found() {
    let weight = GM_MOON_M3_S2 / (MOON_RADIUS_M * MOON_RADIUS_M);
    // T/W; printed velocity change, burn, range with half their last digits; propellant fraction.
    for (ratio, dv, burn, range, fraction) in [
        (4.0, 1742.936, 204.350, 186.31, 0.43531),
        (2.5, 1752.196, 328.247, 297.79, 0.43702),
        (1.8, 1781.798, 461.571, 416.24, 0.44246),
    ] {
        let exhaust_m_s = 311.0 * STANDARD_GRAVITY_M_S2;
        let descent = Descent {
            perilune_m: MOON_RADIUS_M + 15e3,
            apolune_m: MOON_RADIUS_M + 100e3,
            mass_kg: 1000.0,
            thrust_N: ratio * 1000.0 * weight,
            exhaust_m_s,
        };
        let (found_dv, found_burn, found_range) = descent.solve(burn);
        println!("T/W {ratio}: {found_dv:.4} m/s, {found_burn:.4} s, {found_range:.4} km");
        assert!((found_dv - dv).abs() <= 5.1e-4, "{ratio}: {found_dv} m/s");
        assert!((found_burn - burn).abs() <= 6e-4, "{ratio}: {found_burn} s");
        assert!((found_range - range).abs() <= 5.1e-3, "{ratio}: {found_range} km");
        assert!((1.0 - (-found_dv / exhaust_m_s).exp() - fraction).abs() <= 5.1e-6, "{ratio}");
    }
}

#[test]
fn a_lander_of_apollos_class_needs_what_is_printed() {
    let descent = Descent {
        perilune_m: MOON_RADIUS_M + 15_240.0,
        apolune_m: MOON_RADIUS_M + 111_120.0,
        mass_kg: 15_270.0,
        thrust_N: 9870.0 * 4.448_221_615_260_5,
        exhaust_m_s: 303.0 * STANDARD_GRAVITY_M_S2,
    };
    let (dv, burn, range) = descent.solve(466.7);
    println!("Apollo class: {dv:.4} m/s, {burn:.4} s, {range:.4} km");
    assert!((dv - 1785.18).abs() <= 5.1e-3 && (burn - 466.7).abs() <= 0.051);
    assert!((range - 422.4).abs() <= 0.051, "{range} km");
}

#[test]
fn the_adjoints_keep_the_hamiltonian() {
    // Time-free optimum: H = λ · ẏ with the mass's own adjoint left out changes only by the thrust's growth:
    // dH/dt = −|λ_v| d(T/m)/dt, which the integral along the path must show.
    let descent = Descent {
        perilune_m: MOON_RADIUS_M + 15e3,
        apolune_m: MOON_RADIUS_M + 100e3,
        mass_kg: 1000.0,
        thrust_N: 4000.0,
        exhaust_m_s: 3000.0,
    };
    let mut y: State = [1_752_400.0, 0.0, -3.0, 1690.0, 2e-3, 0.1, 1.0];
    let hamiltonian = |t: f64, y: &State| {
        let f = descent.flow(t, y);
        y[4] * f[0] + y[5] * f[2] + y[6] * f[3]
    };
    let growth = |t: f64, y: &State| {
        let flow_kg_s = descent.thrust_N / descent.exhaust_m_s;
        let mass_kg = descent.mass_kg - flow_kg_s * t;
        -(y[5] * y[5] + y[6] * y[6]).sqrt() * descent.thrust_N * flow_kg_s / (mass_kg * mass_kg)
    };
    let (start, mut integral, step) = (hamiltonian(0.0, &y), 0.0, 1.0);
    for n in 0..200 {
        let t = f64::from(n) * step;
        let system = |t: f64, y: &State| Some(descent.flow(t, y));
        let to = |from: f64, y: State, to: f64| {
            propagate(system, (from, to), y, Settings::within(1e-13), &[]).unwrap().y
        };
        let middle = to(t, y, t + 0.5 * step);
        let end = to(t + 0.5 * step, middle, t + step);
        // Simpson's rule.
        integral += step / 6.0
            * (growth(t, &y) + 4.0 * growth(t + 0.5 * step, &middle) + growth(t + step, &end));
        y = end;
    }
    let change = hamiltonian(200.0, &y) - start;
    assert!((change - integral).abs() < 1e-9 && change.abs() > 0.1, "{change} {integral}");
}
