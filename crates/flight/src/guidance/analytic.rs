//! Laws in closed form: what steers when nothing better may be flown, and what the better is held against.
//!
//! Owns: E-guidance, the law of D'Souza with its time to go, the fractional polynomial law, the gravity turn.
//! Published, r and v from the target, g the acceleration of gravity, T the time to go:
//! - E-guidance, [Cherry1964]:  a = 6 ZEM / T² − 2 ZEV / T,  ZEM = −(r + v T + g T²/2), ZEV = v_f − v − g T;
//! - [DSouza1997]:  a = −4 v / T − 6 r / T² − g,  (Γ + g²/2) T⁴ − 2 v² T² − 12 v·r T − 18 r² = 0;
//! - [Lu2020]:  a = γ (k / (2 (γ+2)) − 1) a_f + (γ k / (2 (γ+2)) − γ − 1) g + (γ+1)/T (1 − k/(γ+2)) (v_f − v)
//!   + k/T² (r_f − r − v T),  γ ≥ 0, k ≥ 2 (γ+2); γ = 1 is E-guidance with k = 6, Apollo's law with k = 12;
//! - gravity turn, [Cheng1964], thrust n times the weight against the motion, ψ its angle from vertical:
//!   v = C zⁿ⁻¹ (1 + z²), z = tan(ψ/2).
//!
//! Programmed: the same. Accelerations are of thrust. Refuses: limits of thrust and of place; the caller's.

use nalgebra::Vector3;

/// Times that are tried for a change of sign of the quartic, and bisections of each.
const TRIES: u32 = 48;
const BISECTIONS: u32 = 80;

/// E-guidance: thrust acceleration that brings `p` to zero and `v` to `v_end` in `tgo_s`, m/s².
pub fn e_guidance(
    p: &Vector3<f64>,
    v: &Vector3<f64>,
    v_end: &Vector3<f64>,
    g: &Vector3<f64>,
    tgo_s: f64,
) -> Vector3<f64> {
    let miss = -(p + v * tgo_s + g * (0.5 * tgo_s * tgo_s));
    let fault = v_end - v - g * tgo_s;
    miss * (6.0 / (tgo_s * tgo_s)) - fault * (2.0 / tgo_s)
}

/// Thrust acceleration of [DSouza1997], m/s²: to rest at the target in `tgo_s`.
pub fn dsouza(p: &Vector3<f64>, v: &Vector3<f64>, g: &Vector3<f64>, tgo_s: f64) -> Vector3<f64> {
    v * (-4.0 / tgo_s) - p * (6.0 / (tgo_s * tgo_s)) - g
}

/// Time to go of [DSouza1997], s: the least of ∫ |a|²/2 + Γ dt, Γ in m²/s⁴. `None` at the target, and
/// without gravity or Γ, where longer is always better.
pub fn dsouza_time_s(
    p: &Vector3<f64>,
    v: &Vector3<f64>,
    g: &Vector3<f64>,
    gamma: f64,
) -> Option<f64> {
    let lead = gamma + 0.5 * g.dot(g);
    let (vv, vr, rr) = (v.dot(v), v.dot(p), p.dot(p));
    let quartic = |t: f64| ((lead * t * t - 2.0 * vv) * t - 12.0 * vr) * t - 18.0 * rr;
    let cost = |t: f64| lead * t + 2.0 * vv / t + 6.0 * vr / (t * t) + 6.0 * rr / (t * t * t);
    if !(lead > 0.0 && rr > 0.0 && vv.is_finite() && rr.is_finite()) {
        return None;
    }
    // No root is beyond the bound of Lagrange: twice the largest (|c_k| / c_4)^(1/(4−k)).
    let bound = libm::sqrt(2.0 * vv / lead)
        .max(libm::cbrt(12.0 * vr.abs() / lead))
        .max(libm::sqrt(libm::sqrt(18.0 * rr / lead)));
    let step = 2.0 * bound / f64::from(TRIES);
    let mut best: Option<(f64, f64)> = None;
    for i in 0..TRIES {
        let (mut low, mut high) = (step * f64::from(i), step * f64::from(i + 1));
        if !(quartic(low) < 0.0 && quartic(high) >= 0.0) {
            continue;
        }
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if quartic(middle) < 0.0 { low = middle } else { high = middle }
        }
        if best.is_none_or(|(_, least)| cost(high) < least) {
            best = Some((high, cost(high)));
        }
    }
    best.map(|(t, _)| t)
}

/// Aim and shape of the fractional polynomial law.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// Position at the end, m.
    pub p: Vector3<f64>,
    /// Velocity at the end, m/s.
    pub v: Vector3<f64>,
    /// Thrust acceleration at the end, m/s²; reached where k > 2 (γ+2).
    pub a: Vector3<f64>,
    /// γ.
    pub gamma: f64,
    /// k.
    pub k: f64,
}

/// Thrust acceleration of [Lu2020], m/s².
pub fn fractional(
    p: &Vector3<f64>,
    v: &Vector3<f64>,
    aim: &Aim,
    g: &Vector3<f64>,
    tgo_s: f64,
) -> Vector3<f64> {
    let (gamma, k) = (aim.gamma, aim.k);
    let half = gamma * k / (2.0 * (gamma + 2.0));
    aim.a * (half - gamma)
        + g * (half - gamma - 1.0)
        + (aim.v - v) * ((gamma + 1.0) / tgo_s * (1.0 - k / (gamma + 2.0)))
        + (aim.p - p - v * tgo_s) * (k / (tgo_s * tgo_s))
}

/// A gravity turn to rest over flat ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GravityTurn {
    /// Duration, s.
    pub time_s: f64,
    /// Distance along the ground, m.
    pub along_m: f64,
    /// Height lost, m.
    pub height_m: f64,
}

/// From `speed_m_s` at `psi_rad` from vertical with thrust `n` times the weight, n > 1, to rest.
pub fn gravity_turn(gravity_m_s2: f64, n: f64, speed_m_s: f64, psi_rad: f64) -> GravityTurn {
    let z = libm::tan(0.5 * psi_rad);
    let c = speed_m_s / (libm::pow(z, n - 1.0) * (1.0 + z * z));
    let (z2, z4) = (z * z, z * z * z * z);
    let even = c * c / gravity_m_s2 * libm::pow(z, 2.0 * n - 2.0);
    GravityTurn {
        time_s: c / gravity_m_s2 * libm::pow(z, n - 1.0) * (1.0 / (n - 1.0) + z2 / (n + 1.0)),
        along_m: 2.0 * even * z * (1.0 / (2.0 * n - 1.0) + z2 / (2.0 * n + 1.0)),
        height_m: even * (0.5 / (n - 1.0) - 0.5 * z4 / (n + 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, relative: f64) -> bool {
        (a - b).abs() <= relative * b.abs()
    }

    const P: Vector3<f64> = Vector3::new(-2000.0, 0.0, 1500.0);
    const V: Vector3<f64> = Vector3::new(80.0, 0.0, -40.0);
    const G: Vector3<f64> = Vector3::new(0.0, 0.0, -1.622);

    /// Values computed independently for these numbers; tolerance 1e-7, or the digits given.
    #[test]
    fn the_law_of_dsouza_gives_the_published_form_its_numbers() {
        for (gamma, tgo, ax, az) in [
            (0.0, 57.065_989_75, -1.922_636_1, 1.662_091_3),
            (1.0, 52.677_844_15, -1.750_266_1, 1.416_034_5),
        ] {
            let t = dsouza_time_s(&P, &V, &G, gamma).unwrap();
            assert!(near(t, tgo, 1e-7), "{t}");
            let a = dsouza(&P, &V, &G, t);
            assert!(near(a.x, ax, 1e-7) && near(a.z, az, 1e-7) && a.y == 0.0, "{a:?}");
        }
    }

    #[test]
    fn no_other_duration_costs_less_where_the_quartic_has_three_roots() {
        // Fast and straight at the target: J has two minima.
        let (p, v, g) = (Vector3::new(-3000.0, 0.0, 0.0), Vector3::new(120.0, 0.0, 0.0), G * 0.1);
        let t = dsouza_time_s(&p, &v, &g, 0.0).unwrap();
        let cost = |t: f64| {
            0.5 * g.dot(&g) * t
                + 2.0 * v.dot(&v) / t
                + 6.0 * v.dot(&p) / (t * t)
                + 6.0 * p.dot(&p) / (t * t * t)
        };
        assert!((1..4000).all(|i| cost(f64::from(i) * 0.5) >= cost(t) - 1e-9), "{t}");
        assert!(dsouza_time_s(&Vector3::zeros(), &v, &g, 0.0).is_none());
        assert!(dsouza_time_s(&p, &v, &Vector3::zeros(), 0.0).is_none());
    }

    #[test]
    fn the_fractional_law_contains_e_guidance_and_apollos() {
        let aim = Aim {
            p: Vector3::new(10.0, -20.0, 30.0),
            v: Vector3::new(0.5, 0.2, -1.5),
            a: Vector3::new(0.1, 0.0, 2.1),
            gamma: 1.0,
            k: 6.0,
        };
        for tgo in [11.0, 40.0, 57.0] {
            let e = e_guidance(&(P - aim.p), &V, &aim.v, &G, tgo);
            let law = fractional(&P, &V, &aim, &G, tgo);
            assert!((e - law).norm() < 1e-7 * e.norm(), "{e:?} {law:?}");
            // Apollo, total acceleration: a_d + 6 (v_d + v)/TTF + 12 (r_d − r)/TTF², TTF = −tgo.
            let apollo = aim.a + G - (aim.v + V) * (6.0 / tgo) + (aim.p - P) * (12.0 / (tgo * tgo));
            let law = fractional(&P, &V, &Aim { k: 12.0, ..aim }, &G, tgo) + G;
            assert!((apollo - law).norm() < 1e-7 * apollo.norm(), "{apollo:?} {law:?}");
        }
        // To rest at the origin, E-guidance is D'Souza's law.
        let (e, d) = (e_guidance(&P, &V, &Vector3::zeros(), &G, 57.0), dsouza(&P, &V, &G, 57.0));
        assert!((e - d).norm() < 1e-12);
    }

    #[test]
    fn the_fractional_law_arrives_with_place_speed_and_thrust() {
        let aim = Aim {
            p: Vector3::zeros(),
            v: Vector3::new(0.0, 0.0, -1.5),
            a: Vector3::new(0.0, 0.0, 2.0),
            gamma: 1.0,
            k: 12.0,
        };
        let (mut p, mut v, mut t) = (P, V, 0.0);
        let mut a = Vector3::zeros();
        while 60.0 - t > 0.05 {
            a = fractional(&p, &v, &aim, &G, 60.0 - t);
            let mean = v + (a + G) * 0.0005;
            p += mean * 0.001;
            v += (a + G) * 0.001;
            t += 0.001;
        }
        let left = 60.0 - t;
        assert!((p + aim.v * left).norm() < 0.01 && (v - aim.v).norm() < 0.1, "{p:?} {v:?}");
        assert!((a - aim.a).norm() < 0.2, "{a:?}");
    }

    #[test]
    fn the_gravity_turn_has_its_closed_form() {
        let turn = gravity_turn(1.622, 2.0, 100.0, core::f64::consts::PI / 3.0);
        assert!(near(turn.time_s, 51.376_900_9, 1e-7), "{turn:?}");
        assert!(near(turn.along_m, 1_601.773_25, 1e-7), "{turn:?}");
        assert!(near(turn.height_m, 1_669.749_28, 1e-7), "{turn:?}");
    }
}
