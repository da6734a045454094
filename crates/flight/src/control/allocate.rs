//! Allocation: torque and collective to pulse widths of assist engines and jets.
//!
//! Assist engines push along +z from a ring: engine i gives the force F and the torque (y_i F, −x_i F, 0).
//! Wanted are the duties nearest to equal ones that give force and torque,
//!     min Σ (d_i − d̄)²,   Σ d_i = n,   Σ d_i (y_i, −x_i) = τ / F,   each d_i inside its limits,
//! solved by the pseudo-inverse; the duty furthest outside is put on its limit and the rest solved again, as
//! the redistributed pseudo-inverse of [Bodson2002]. Torque goes before thrust: where both cannot be had the
//! force nearest to the wanted one is sought by halving. An engine that is out is no longer among those
//! asked, and the one opposite may then be shut.
//! Jets come as four pods of two opposite ones; signed pod forces follow from the pseudo-inverse of the
//! pods' torques, and impulses below the shortest pulse are saved up until they are long enough.

use crate::load::Vehicle;
use icd::bus::{ASSIST_ENGINES, JETS, PULSE_FRAME};
use nalgebra::{Matrix3, Vector3};

/// Duty limits of a burning assist engine. Source: prototype §1.1, 10–95 %.
pub const DUTY_MIN: f64 = 0.10;
/// Upper duty limit.
pub const DUTY_MAX: f64 = 0.95;
/// The same with an engine out: the share kept for attitude is better had from those that must give way anyhow.
pub const DUTY_MAX_SHORT: f64 = 1.0;
/// Halvings in the search for the force that goes with the torque: to 1 % of what is in question.
const HALVINGS: usize = 7;

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

/// Share of [`working`] that `duties` give.
pub fn collective_of(
    vehicle: &Vehicle,
    duties: &[f64; ASSIST_ENGINES],
    out: [bool; ASSIST_ENGINES],
) -> f64 {
    duties.iter().sum::<f64>() / working(vehicle, out)
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
    let ring = Ring::new(vehicle, out);
    let turn = (torque - beyond_assist(vehicle, torque)) / vehicle.assist.thrust_N.max(1e-3);
    let wanted = collective * working(vehicle, out);
    let (mut duties, met) = ring.nearest(Some(wanted), wanted, turn);
    if !met {
        // What the torque leaves of the force, from what it surely leaves towards what is wanted.
        let (mut sure, _) = ring.nearest(None, wanted, turn);
        let (mut near, mut far) = (sure.iter().sum::<f64>(), wanted);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (near + far);
            let (tried, met) = ring.nearest(Some(middle), middle, turn);
            if met {
                (sure, near) = (tried, middle);
            } else {
                far = middle;
            }
        }
        duties = sure;
    }
    ring.openable(duties)
}

/// The engines that can be asked.
struct Ring {
    /// Force and torque of each at full duty, in units of its force.
    rows: [Vector3<f64>; ASSIST_ENGINES],
    burns: [bool; ASSIST_ENGINES],
    low: f64,
    high: f64,
    /// Least duty that opens a valve.
    least: f64,
}

impl Ring {
    fn new(vehicle: &Vehicle, out: [bool; ASSIST_ENGINES]) -> Self {
        let rows = vehicle.p_assist_B.map(|p| Vector3::new(1.0, p[1], -p[0]));
        let short = out.contains(&true);
        let least = duty_min(vehicle);
        let (low, high) = if short { (0.0, DUTY_MAX_SHORT) } else { (least, DUTY_MAX) };
        let mut burns = out.map(|out| !out);
        for burns in burns.iter_mut().skip(vehicle.assist_count) {
            *burns = false;
        }
        Self { rows, burns, low, high, least }
    }

    /// Duties nearest to equal ones of the sum `level` that give `turn` and, where asked for, the sum
    /// `force`; and whether they do.
    fn nearest(
        &self,
        force: Option<f64>,
        level: f64,
        turn: Vector3<f64>,
    ) -> ([f64; ASSIST_ENGINES], bool) {
        let count = self.burns.iter().filter(|burns| **burns).count().max(1) as f64;
        let even = (level / count).max(self.low).min(self.high);
        let weigh = Vector3::new(if force.is_some() { 1.0 } else { 0.0 }, 1.0, 1.0);
        let wanted = Vector3::new(force.unwrap_or(0.0), turn.x, turn.y);
        let mut duties = self.burns.map(|burns| if burns { even } else { 0.0 });
        let mut free = self.burns;
        for _ in 0..ASSIST_ENGINES {
            let mut normal: Matrix3<f64> = Matrix3::zeros();
            // Where the force is free its row is a dummy, so that the matrix keeps its inverse.
            normal[(0, 0)] = 1.0 - weigh.x;
            let mut left = wanted;
            for ((row, free), duty) in self.rows.iter().zip(&free).zip(&mut duties) {
                let v = row.component_mul(&weigh);
                if *free {
                    *duty = even;
                    normal += v * v.transpose();
                }
                left -= v * *duty;
            }
            // About an axis that no engine stands off nothing is asked of them.
            for k in 1..3 {
                if normal[(k, k)] < ARM_M_MIN * ARM_M_MIN {
                    normal[(k, k)] = 1.0;
                }
            }
            let Some(inverse) = invert(&normal) else { break };
            let push = inverse * left;
            let mut worst: Option<(usize, f64, f64)> = None;
            for (i, ((row, free), duty)) in self.rows.iter().zip(&free).zip(&mut duties).enumerate()
            {
                if !*free {
                    continue;
                }
                *duty += row.component_mul(&weigh).dot(&push);
                let inside = if *duty > self.high {
                    self.high
                } else if *duty < self.low {
                    self.low
                } else {
                    continue;
                };
                let by = (*duty - inside).abs();
                if worst.is_none_or(|(_, most, _)| by > most) {
                    worst = Some((i, by, inside));
                }
            }
            let Some((i, by, limit)) = worst else { return (duties, true) };
            if by < 1e-9 {
                return (duties, true);
            }
            for (slot, value) in free.iter_mut().zip(&mut duties).skip(i).take(1) {
                (*slot, *value) = (false, limit);
            }
        }
        (duties, false)
    }

    /// Inside the limits, and shut where a valve could not open for so short a time.
    fn openable(&self, duties: [f64; ASSIST_ENGINES]) -> [f64; ASSIST_ENGINES] {
        let mut out = [0.0; ASSIST_ENGINES];
        for ((slot, duty), burns) in out.iter_mut().zip(&duties).zip(&self.burns) {
            let shut = *duty < 0.5 * self.least && self.low < self.least;
            let least = if shut { 0.0 } else { self.least };
            // This way round, for `clamp` panics on bounds that are not numbers.
            *slot = if *burns { duty.min(self.high).max(least) } else { 0.0 };
        }
        out
    }
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
pub(crate) fn invert(m: &Matrix3<f64>) -> Option<Matrix3<f64>> {
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
    fn with_an_engine_out_nearly_all_that_can_be_had_without_torque_is_given() {
        let vehicle = load().vehicle;
        for dead in 0..ASSIST_ENGINES {
            let out = core::array::from_fn(|i| i == dead);
            let duty = assist(&vehicle, DUTY_MAX_SHORT, Vector3::zeros(), out);
            // Two pairs in full; the engine opposite the dead one has nobody to balance it.
            assert!(duty.iter().sum::<f64>() > 3.98, "{duty:?}");
            assert!(torque_of(&vehicle, &duty).norm() < 1.0, "{duty:?}");
            assert!(duty[(dead + 3) % ASSIST_ENGINES] < 0.01, "{duty:?}");
        }
    }

    #[test]
    fn a_steady_torque_takes_less_thrust_than_moving_every_engine_down_would() {
        let vehicle = load().vehicle;
        let wanted = Vector3::new(0.0, 45.0, 0.0);
        let duty = assist(&vehicle, DUTY_MAX, wanted, NONE);
        assert!((torque_of(&vehicle, &duty) - wanted).norm() < 1e-6);
        let arm_m = libm::hypot(vehicle.p_assist_B[0][0], vehicle.p_assist_B[0][1]);
        let moved = 45.0 / (vehicle.assist.thrust_N * arm_m) / 3.0;
        let lost = 6.0 * DUTY_MAX - duty.iter().sum::<f64>();
        assert!(lost < 0.75 * 6.0 * moved, "{lost} {moved}");
    }

    #[test]
    fn torque_comes_first_with_two_neighbours_out() {
        let vehicle = load().vehicle;
        let out = [true, true, false, false, false, false];
        // Two are left without a partner: they can turn the lander one way only, and it is this one.
        let wanted = Vector3::new(-12.0, 8.0, 0.0);
        let duty = assist(&vehicle, 0.9, wanted, out);
        let given = torque_of(&vehicle, &duty);
        // Valves that cannot open for less than a tenth of a frame leave so much.
        let step = 0.5 * DUTY_MIN * vehicle.assist.thrust_N;
        assert!((given - wanted).norm() < step, "{duty:?} {given:?}");
    }

    #[test]
    fn what_is_not_a_number_opens_no_valve_beyond_its_limits() {
        let vehicle = load().vehicle;
        for out in [NONE, [true, false, false, false, false, false]] {
            let duty = assist(&vehicle, f64::NAN, Vector3::new(f64::NAN, 1e9, 0.0), out);
            assert!(duty.iter().all(|u| *u >= 0.0 && *u <= 1.0), "{duty:?}");
        }
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
