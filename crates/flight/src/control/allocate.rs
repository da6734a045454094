//! Allocation: torque and collective to pulse widths of assist engines and jets.
//!
//! Assist engines push along +z from a ring: engine i gives the torque (y_i F, −x_i F, 0), so that the
//! least-squares change of duty for a torque is Δ_i = (τ_x y_i / Σy² − τ_y x_i / Σx²) / F. Torque goes
//! before thrust: the collective gives way until every engine is inside its limits.
//! Jets come as four pods of two opposite ones; signed pod forces follow from the pseudo-inverse of the
//! pods' torques, and impulses below the shortest pulse are saved up until they are long enough.

use crate::load::Vehicle;
use icd::bus::{ASSIST_ENGINES, JETS, PULSE_FRAME};
use nalgebra::{Matrix3, Vector3};

/// Duty limits of a burning assist engine. Source: prototype §1.1, 10–95 %.
pub const DUTY_MIN: f64 = 0.10;
/// Upper duty limit.
pub const DUTY_MAX: f64 = 0.95;

/// Arm below which an engine counts as on the axis, m.
const ARM_M_MIN: f64 = 0.05;

/// Pods of two opposite jets.
const PODS: usize = JETS / 2;

/// How many engines' thrust there is without torque while those `out` give none: one that is out costs
/// the opposite one's too.
pub fn working(vehicle: &Vehicle, out: [bool; ASSIST_ENGINES]) -> f64 {
    let lost = out.iter().filter(|out| **out).count();
    let fitted = vehicle.assist_count;
    (fitted.saturating_sub(2 * lost)).max(fitted.min(2)) as f64
}

/// Least duty of a burning assist engine: of its shortest pulse or lowest throttle, at least [`DUTY_MIN`].
pub fn duty_min(vehicle: &Vehicle) -> f64 {
    DUTY_MIN.max(vehicle.assist.on_s_min / PULSE_FRAME.s())
}

/// The torque that assist engines of these places cannot give: about the long axis, and about an axis that
/// none of them stands off.
pub fn beyond_assist(vehicle: &Vehicle, torque: Vector3<f64>) -> Vector3<f64> {
    let fitted = vehicle.p_assist_B.iter().take(vehicle.assist_count);
    let (x, y) = fitted.fold((0.0f64, 0.0f64), |(x, y), p| (x.max(p[0].abs()), y.max(p[1].abs())));
    let left = |arm_m: f64, torque: f64| if arm_m < ARM_M_MIN { torque } else { 0.0 };
    Vector3::new(left(y, torque.x), left(x, torque.y), torque.z)
}

/// Duty of each assist engine; those `out` get none, and `collective` is the share of what
/// [`working`] leaves.
pub fn assist(
    vehicle: &Vehicle,
    collective: f64,
    torque: Vector3<f64>,
    out: [bool; ASSIST_ENGINES],
) -> [f64; ASSIST_ENGINES] {
    if collective <= 0.0 {
        return [0.0; ASSIST_ENGINES];
    }
    let mut duties = ring(vehicle, collective, torque - beyond_assist(vehicle, torque), out);
    for duty in duties.iter_mut().skip(vehicle.assist_count) {
        *duty = 0.0;
    }
    duties
}

/// The same for every place of the ring, fitted or not.
fn ring(
    vehicle: &Vehicle,
    collective: f64,
    torque: Vector3<f64>,
    out: [bool; ASSIST_ENGINES],
) -> [f64; ASSIST_ENGINES] {
    if out.contains(&true)
        && let Some(duties) = without(vehicle, collective, torque, out)
    {
        return duties;
    }
    let force = vehicle.assist.thrust_N.max(1e-3);
    let square = |k: usize| {
        let fitted = vehicle.p_assist_B.iter().take(vehicle.assist_count);
        fitted.filter_map(|p| p.get(k)).map(|x| x * x).sum::<f64>().max(1e-6)
    };
    let (xx, yy) = (square(0), square(1));
    let change = |p: &[f64; 3]| (torque.x * p[1] / yy - torque.y * p[0] / xx) / force;
    let mut delta = [0.0; ASSIST_ENGINES];
    for (d, p) in delta.iter_mut().zip(vehicle.p_assist_B.iter().take(vehicle.assist_count)) {
        *d = change(p);
    }
    let high = delta.iter().copied().fold(0.0, f64::max);
    let low = delta.iter().copied().fold(0.0, f64::min);
    let span = high - low;
    let scale = if span > DUTY_MAX - DUTY_MIN { (DUTY_MAX - DUTY_MIN) / span } else { 1.0 };
    let (floor, roof) = (DUTY_MIN - low * scale, DUTY_MAX - high * scale);
    // This way round, for `clamp` panics on bounds that are not numbers.
    let centre = if floor <= roof { collective.clamp(floor, roof) } else { 0.5 * (floor + roof) };
    delta.map(|d| (centre + d * scale).clamp(DUTY_MIN, DUTY_MAX))
}

/// Least-squares duties of the engines that are not out: d_i = v_i·λ with v_i = (1, y_i, −x_i), so that
/// force and both torques are met; thrust gives way until every duty is inside its limit.
fn without(
    vehicle: &Vehicle,
    collective: f64,
    torque: Vector3<f64>,
    out: [bool; ASSIST_ENGINES],
) -> Option<[f64; ASSIST_ENGINES]> {
    let force = vehicle.assist.thrust_N.max(1e-3);
    let rows = vehicle.p_assist_B.map(|p| Vector3::new(1.0, p[1], -p[0]));
    let mut normal: Matrix3<f64> = Matrix3::zeros();
    for (v, out) in rows.iter().zip(&out).take(vehicle.assist_count) {
        if !out {
            normal += v * v.transpose();
        }
    }
    let inverse = invert(&normal)?;
    let lift = inverse * Vector3::new(collective * working(vehicle, out), 0.0, 0.0);
    let turn = inverse * Vector3::new(0.0, torque.x / force, torque.y / force);
    let mut share: f64 = 1.0;
    for (v, out) in rows.iter().zip(&out) {
        let (l, t) = (v.dot(&lift), v.dot(&turn).clamp(-0.5, 0.5));
        if !out && l > 1e-6 {
            share = share.min(((DUTY_MAX - t) / l).max(0.0));
        }
    }
    let mut duties = [0.0; ASSIST_ENGINES];
    for (duty, (v, out)) in duties.iter_mut().zip(rows.iter().zip(&out)) {
        if !out {
            let wanted = v.dot(&lift) * share + v.dot(&turn).clamp(-0.5, 0.5);
            *duty = if wanted > DUTY_MIN { wanted.min(DUTY_MAX) } else { DUTY_MIN };
        }
    }
    Some(duties)
}

/// Jets' allocation and the impulses not yet given.
#[derive(Clone, Copy, Debug)]
pub struct Jets {
    saved: [f64; PODS],
}

impl Jets {
    /// Nothing saved.
    pub const fn new() -> Self {
        Self { saved: [0.0; PODS] }
    }

    /// Duty of each jet for a torque, N m; `quiet` drops what was saved and fires nothing.
    pub fn duties(&mut self, vehicle: &Vehicle, cm_z_m: f64, torque: Vector3<f64>) -> [f64; JETS] {
        let mut duties = [0.0; JETS];
        if torque.norm_squared() < 1e-12 {
            self.saved = [0.0; PODS];
            return duties;
        }
        let arms = pods(vehicle, cm_z_m);
        let mut normal: Matrix3<f64> = Matrix3::zeros();
        for arm in &arms {
            normal += arm * arm.transpose();
        }
        let Some(inverse) = invert(&normal) else { return duties };
        let y = inverse * torque;
        let min = vehicle.jet.on_s_min / PULSE_FRAME.s();
        let pairs = duties.chunks_exact_mut(2).zip(arms.iter().zip(&mut self.saved));
        for (pair, (arm, saved)) in pairs {
            let wanted = *saved + arm.dot(&y);
            let size = wanted.abs().min(1.0);
            let [plus, minus] = pair else { continue };
            if size < min {
                *saved = wanted;
                continue;
            }
            *saved = 0.0;
            if wanted > 0.0 {
                *plus = size;
            } else {
                *minus = size;
            }
        }
        duties
    }
}

impl Default for Jets {
    fn default() -> Self {
        Self::new()
    }
}

/// Torque of each pod's first jet at full thrust, about the centre of mass.
fn pods(vehicle: &Vehicle, cm_z_m: f64) -> [Vector3<f64>; PODS] {
    let mut out = [Vector3::zeros(); PODS];
    let firsts = vehicle.p_jet_B.iter().zip(&vehicle.d_jet_B).step_by(2);
    for (slot, (p, d)) in out.iter_mut().zip(firsts) {
        let arm = Vector3::new(p[0], p[1], p[2] - cm_z_m);
        *slot = arm.cross(&Vector3::new(d[0], d[1], d[2])) * vehicle.jet.thrust_N;
    }
    out
}

/// Inverse of a 3×3 matrix by cofactors; `None` when singular.
fn invert(m: &Matrix3<f64>) -> Option<Matrix3<f64>> {
    let (a, b, c) = (m.column(0), m.column(1), m.column(2));
    let (a, b, c) = (a.into_owned(), b.into_owned(), c.into_owned());
    let (r0, r1, r2) = (b.cross(&c), c.cross(&a), a.cross(&b));
    let det = a.dot(&r0);
    if det.is_nan() || det.abs() < 1e-9 {
        return None;
    }
    Some(Matrix3::from_rows(&[r0.transpose(), r1.transpose(), r2.transpose()]) / det)
}

/// Duty as a pulse width in µs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to the frame
pub fn width_us(duty: f64) -> u32 {
    libm::round(duty.clamp(0.0, 1.0) * PULSE_FRAME.s() * 1e6) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    const NONE: [bool; ASSIST_ENGINES] = [false; ASSIST_ENGINES];
    use crate::test_load::load;

    fn torque_of(vehicle: &Vehicle, duty: &[f64; ASSIST_ENGINES]) -> Vector3<f64> {
        let each = vehicle.p_assist_B.iter().zip(duty);
        each.map(|(p, u)| Vector3::new(p[1], -p[0], 0.0) * (u * vehicle.assist.thrust_N)).sum()
    }

    #[test]
    fn assist_engines_give_the_torque_and_the_collective_asked_for() {
        let vehicle = load().vehicle;
        let wanted = Vector3::new(30.0, -40.0, 0.0);
        let duty = assist(&vehicle, 0.6, wanted, NONE);
        assert!((torque_of(&vehicle, &duty) - wanted).norm() < 1e-9);
        assert!((duty.iter().sum::<f64>() / 6.0 - 0.6).abs() < 1e-12);
    }

    #[test]
    fn at_the_limit_thrust_gives_way_and_torque_stays() {
        let vehicle = load().vehicle;
        let wanted = Vector3::new(60.0, 0.0, 0.0);
        let duty = assist(&vehicle, 0.95, wanted, NONE);
        assert!((torque_of(&vehicle, &duty) - wanted).norm() < 1e-9);
        assert!(duty.iter().all(|u| (DUTY_MIN..=DUTY_MAX).contains(u)));
        assert!(duty.iter().sum::<f64>() / 6.0 < 0.95);
    }

    #[test]
    fn with_an_engine_out_the_others_give_force_and_torque() {
        let vehicle = load().vehicle;
        for dead in 0..ASSIST_ENGINES {
            let out = core::array::from_fn(|i| i == dead);
            let wanted = Vector3::new(20.0, -10.0, 0.0);
            let duty = assist(&vehicle, 0.6, wanted, out);
            assert_eq!(duty[dead], 0.0);
            assert!((torque_of(&vehicle, &duty) - wanted).norm() < 1e-6, "{duty:?}");
            assert!(
                (duty.iter().sum::<f64>() - 0.6 * working(&vehicle, out)).abs() < 1e-9,
                "{duty:?}"
            );
        }
    }

    #[test]
    fn engines_that_are_not_fitted_get_nothing_and_jets_take_what_a_short_ring_cannot() {
        let mut vehicle = load().vehicle;
        vehicle.assist_count = 4;
        for (n, p) in vehicle.p_assist_B.iter_mut().enumerate() {
            let a = 45f64.to_radians() + 90f64.to_radians() * n as f64;
            *p = [0.9 * libm::cos(a), 0.9 * libm::sin(a), 0.0];
        }
        let wanted = Vector3::new(30.0, -40.0, 5.0);
        let duty = assist(&vehicle, 0.6, wanted, NONE);
        assert!(duty[4..] == [0.0; 2] && (duty.iter().sum::<f64>() - 2.4).abs() < 1e-12);
        assert!((torque_of(&vehicle, &duty) - Vector3::new(30.0, -40.0, 0.0)).norm() < 1e-9);
        assert_eq!(beyond_assist(&vehicle, wanted), Vector3::new(0.0, 0.0, 5.0));
        // Two abreast turn about x alone, one in the middle about nothing.
        vehicle.assist_count = 2;
        (vehicle.p_assist_B[0], vehicle.p_assist_B[1]) = ([0.0, 0.5, 0.0], [0.0, -0.5, 0.0]);
        assert_eq!(beyond_assist(&vehicle, wanted), Vector3::new(0.0, -40.0, 5.0));
        let duty = assist(&vehicle, 0.6, wanted, NONE);
        assert!((torque_of(&vehicle, &duty) - Vector3::new(30.0, 0.0, 0.0)).norm() < 1e-9);
        (vehicle.assist_count, vehicle.p_assist_B[0]) = (1, [0.0; 3]);
        assert_eq!(beyond_assist(&vehicle, wanted), wanted);
        assert_eq!(assist(&vehicle, 0.6, wanted, NONE), [0.6, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(working(&vehicle, NONE), 1.0);
    }

    #[test]
    fn jets_give_the_torque_asked_for() {
        let vehicle = load().vehicle;
        let wanted = Vector3::new(18.0, -14.0, 12.0);
        let duty = Jets::new().duties(&vehicle, 0.9, wanted);
        let mut given = Vector3::zeros();
        for ((p, d), u) in vehicle.p_jet_B.iter().zip(&vehicle.d_jet_B).zip(duty) {
            let arm = Vector3::new(p[0], p[1], p[2] - 0.9);
            given += arm.cross(&Vector3::from(*d)) * (u * vehicle.jet.thrust_N);
        }
        assert!((given - wanted).norm() < 1e-9, "{given:?}");
    }

    #[test]
    fn small_impulses_are_saved_until_the_valve_can_give_them() {
        let vehicle = load().vehicle;
        let (mut jets, mut total) = (Jets::new(), 0.0);
        for _ in 0..1000 {
            let duty = jets.duties(&vehicle, 0.9, Vector3::new(0.0, 0.0, 1.0));
            assert!(duty.iter().all(|u| *u == 0.0 || *u >= 0.1 - 1e-12));
            total += duty.iter().sum::<f64>();
        }
        // 1 N m from pods at 1.1 m with 20 N each: 1/88 of each of the four pods' full torque.
        assert!((total / 1000.0 - 4.0 / 88.0).abs() < 1e-3, "{total}");
    }
}
