//! Rotations between frames: matrices for use, quaternions for storage and integration.
//!
//! Owns: [`Rotation`], [`Quaternion`] (scalar first, Hamilton product, `q_AB` in the same sense as
//! `R_AB`), the exponential of a small rotation vector.
//! Convention, worked by hand in the tests: `R_AB` takes components in `B` to components in `A`;
//! its columns are B's axes seen in A; `v_A = q_AB ⊗ v_B ⊗ q_AB*`, as in [Sola2017] §2.

use crate::frames::Vector;
use core::marker::PhantomData;
use core::ops::Mul;
use nalgebra::{Matrix3, Vector3};

/// `R_AB`: takes components in `B` to components in `A`. Its columns are B's axes seen in A.
///
/// ```
/// # use icd::{frames::*, rotation::*};
/// fn right(R_LB: Rotation<L, B>, v_LB_B: Vector<Velocity, B>) -> Vector<Velocity, L> { R_LB * v_LB_B }
/// ```
/// ```compile_fail
/// # use icd::{frames::*, rotation::*};
/// fn wrong(R_LB: Rotation<L, B>, v_LB_M: Vector<Velocity, M>) -> Vector<Velocity, L> { R_LB * v_LB_M }
/// ```
pub struct Rotation<A, B>(Matrix3<f64>, PhantomData<(A, B)>);

impl<A, B> Clone for Rotation<A, B> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A, B> Copy for Rotation<A, B> {}
impl<A, B> core::fmt::Debug for Rotation<A, B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.0.data)
    }
}

impl<A, B> Rotation<A, B> {
    /// Claims that `raw` is a proper rotation from `B` components to `A` components.
    pub const fn from_si(raw: Matrix3<f64>) -> Self {
        Self(raw, PhantomData)
    }
    /// The raw matrix.
    pub const fn si(self) -> Matrix3<f64> {
        self.0
    }
    /// `R_AB` when the axes of `A` and `B` coincide.
    pub fn identity() -> Self {
        Self::from_si(Matrix3::identity())
    }
    /// `R_BA`.
    pub fn inverse(self) -> Rotation<B, A> {
        Rotation::from_si(self.0.transpose())
    }
    /// From B's axes as seen in A; the caller states that they are orthonormal and right-handed.
    pub fn from_columns(x: Vector3<f64>, y: Vector3<f64>, z: Vector3<f64>) -> Self {
        Self::from_si(Matrix3::from_columns(&[x, y, z]))
    }
    /// Components in `B` of B's z axis are (0, 0, 1): this is that axis in `A`.
    pub fn z_axis<Q>(self) -> Vector<Q, A> {
        Vector::from_si(self.0.column(2).into_owned())
    }
}

impl<A, B, Q> Mul<Vector<Q, B>> for Rotation<A, B> {
    type Output = Vector<Q, A>;
    fn mul(self, v: Vector<Q, B>) -> Vector<Q, A> {
        Vector::from_si(self.0 * v.si())
    }
}
impl<A, B, C> Mul<Rotation<B, C>> for Rotation<A, B> {
    type Output = Rotation<A, C>;
    fn mul(self, other: Rotation<B, C>) -> Rotation<A, C> {
        Rotation::from_si(self.0 * other.0)
    }
}

/// `q_AB`, scalar first, Hamilton; same sense as [`Rotation`] `R_AB`.
pub struct Quaternion<A, B>([f64; 4], PhantomData<(A, B)>);

impl<A, B> Clone for Quaternion<A, B> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A, B> Copy for Quaternion<A, B> {}
impl<A, B> core::fmt::Debug for Quaternion<A, B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
impl<A, B> PartialEq for Quaternion<A, B> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<A, B> Quaternion<A, B> {
    /// Claims that `wxyz` is `q_AB`; normalises it. A zero or non-finite input becomes the identity.
    pub fn from_si(wxyz: [f64; 4]) -> Self {
        let n2 = wxyz.iter().map(|c| c * c).sum::<f64>();
        if !(n2.is_finite() && n2 > 0.0) {
            return Self::identity();
        }
        let k = 1.0 / libm::sqrt(n2);
        Self(wxyz.map(|c| c * k), PhantomData)
    }
    /// Scalar first components, unit norm.
    pub const fn si(self) -> [f64; 4] {
        self.0
    }
    /// No rotation.
    pub const fn identity() -> Self {
        Self([1.0, 0.0, 0.0, 0.0], PhantomData)
    }
    /// `q_BA`.
    pub fn inverse(self) -> Quaternion<B, A> {
        let [w, x, y, z] = self.0;
        Quaternion([w, -x, -y, -z], PhantomData)
    }
    /// Exponential of a rotation vector, radians: [Sola2017] eq. 101.
    pub fn exp(rotation_rad: Vector3<f64>) -> Self {
        let angle2 = rotation_rad.norm_squared();
        let (w, k) = if angle2 < 1e-8 {
            (1.0 - angle2 / 8.0, 0.5 - angle2 / 48.0)
        } else {
            let angle = libm::sqrt(angle2);
            (libm::cos(0.5 * angle), libm::sin(0.5 * angle) / angle)
        };
        Self::from_si([w, k * rotation_rad.x, k * rotation_rad.y, k * rotation_rad.z])
    }
    /// Rotation vector of `q_AB`, radians, length in [0, π]: [Sola2017] eq. 105.
    pub fn log(self) -> Vector3<f64> {
        let [w, x, y, z] = if self.0[0] < 0.0 { self.0.map(|c| -c) } else { self.0 };
        let v = Vector3::new(x, y, z);
        let s = libm::sqrt(v.norm_squared());
        if s < 1e-9 { v * 2.0 } else { v * (2.0 * libm::atan2(s, w) / s) }
    }
    /// The same attitude as a matrix.
    pub fn rotation(self) -> Rotation<A, B> {
        let [w, x, y, z] = self.0;
        Rotation::from_si(Matrix3::new(
            1.0 - 2.0 * (y * y + z * z),
            2.0 * (x * y - w * z),
            2.0 * (x * z + w * y),
            2.0 * (x * y + w * z),
            1.0 - 2.0 * (x * x + z * z),
            2.0 * (y * z - w * x),
            2.0 * (x * z - w * y),
            2.0 * (y * z + w * x),
            1.0 - 2.0 * (x * x + y * y),
        ))
    }
    /// From a matrix, by Shepperd's largest-element rule [Shepperd1978].
    pub fn from_rotation(R_AB: Rotation<A, B>) -> Self {
        let m = R_AB.si();
        let t = m.trace();
        let (a, b, c) = (m[(0, 0)], m[(1, 1)], m[(2, 2)]);
        let q = if t >= a && t >= b && t >= c {
            [1.0 + t, m[(2, 1)] - m[(1, 2)], m[(0, 2)] - m[(2, 0)], m[(1, 0)] - m[(0, 1)]]
        } else if a >= b && a >= c {
            [m[(2, 1)] - m[(1, 2)], 1.0 + 2.0 * a - t, m[(0, 1)] + m[(1, 0)], m[(0, 2)] + m[(2, 0)]]
        } else if b >= c {
            [m[(0, 2)] - m[(2, 0)], m[(0, 1)] + m[(1, 0)], 1.0 + 2.0 * b - t, m[(1, 2)] + m[(2, 1)]]
        } else {
            [m[(1, 0)] - m[(0, 1)], m[(0, 2)] + m[(2, 0)], m[(1, 2)] + m[(2, 1)], 1.0 + 2.0 * c - t]
        };
        Self::from_si(q)
    }
}

impl<A, B, C> Mul<Quaternion<B, C>> for Quaternion<A, B> {
    type Output = Quaternion<A, C>;
    fn mul(self, other: Quaternion<B, C>) -> Quaternion<A, C> {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Quaternion::from_si([
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        ])
    }
}

/// `[v×]`, the matrix of the vector product with `v` on the left.
pub fn skew(v: Vector3<f64>) -> Matrix3<f64> {
    Matrix3::new(0.0, -v.z, v.y, v.z, 0.0, -v.x, -v.y, v.x, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::{B, L, Position};
    use proptest::prelude::*;

    #[test]
    fn a_quarter_turn_about_up_takes_body_x_to_site_y() {
        // By hand: B is L turned by +90° about z, so B's x axis points along L's y.
        let half = core::f64::consts::FRAC_PI_4;
        let q_LB = Quaternion::<L, B>::from_si([libm::cos(half), 0.0, 0.0, libm::sin(half)]);
        let p_L = q_LB.rotation() * Vector::<Position, B>::new(1.0, 0.0, 0.0);
        assert!((p_L.si() - Vector3::y()).norm() < 1e-15);
    }

    proptest! {
        #[test]
        fn exp_and_log_are_inverse(x in -1.8f64..1.8, y in -1.8f64..1.8, z in -1.8f64..1.8) {
            let r = Vector3::new(x, y, z);
            prop_assert!((Quaternion::<L, B>::exp(r).log() - r).norm() < 1e-12);
        }

        #[test]
        fn matrix_and_quaternion_agree(x in -3.0f64..3.0, y in -3.0f64..3.0, z in -3.0f64..3.0,
                                       u in -3.0f64..3.0, v in -3.0f64..3.0) {
            let q_LB = Quaternion::<L, B>::exp(Vector3::new(x, y, z));
            let q_BL = Quaternion::<B, L>::exp(Vector3::new(u, v, x));
            let product = (q_LB * q_BL).rotation().si();
            prop_assert!((product - (q_LB.rotation() * q_BL.rotation()).si()).norm() < 1e-13);
            let back = Quaternion::from_rotation(q_LB.rotation());
            prop_assert!((back.rotation().si() - q_LB.rotation().si()).norm() < 1e-13);
        }
    }
}
