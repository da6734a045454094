//! Frames and typed vectors: the frame and the kind of quantity live in the type, SI inside.
//!
//! Owns: frame tags, quantity tags, [`Vector`] and the products that make sense.
//! Does not own: rotations (see [`crate::rotation`]).
//! Two escape hatches, both greppable: `from_si` and `si`; legal inside a model, never in a signature.

use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use nalgebra::Vector3;

macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $($(#[$doc])* #[derive(Clone, Copy, Debug, PartialEq, Eq)] pub enum $name {})+
    };
}

tags! {
    /// Frame: Moon-centred inertial, ICRF axes.
    I,
    /// Frame: Moon-fixed, mean Earth / polar axis (ME); latitude and longitude are of this frame.
    M,
    /// Frame: Moon-fixed, principal axes (PA); the gravity field is of this frame.
    P,
    /// Frame: landing site, origin on the target, x east, y north, z up.
    L,
    /// Frame: vehicle body, z along the main thrust ("up" when landed), origin on the base plane.
    B,
    /// Frame: a sensor's own.
    S,
}

tags! {
    /// Metres.
    Position,
    /// Metres per second.
    Velocity,
    /// Metres per second squared.
    Acceleration,
    /// Angular rate, radians per second.
    Rate,
    /// Newtons.
    Force,
    /// Newton metres.
    Torque,
    /// Unit direction, dimensionless.
    Direction,
}

/// A 3-vector of quantity `Q` with components in frame `F`, SI units.
pub struct Vector<Q, F>(Vector3<f64>, PhantomData<(Q, F)>);

impl<Q, F> Clone for Vector<Q, F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Q, F> Copy for Vector<Q, F> {}
impl<Q, F> core::fmt::Debug for Vector<Q, F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "[{}, {}, {}]", self.0.x, self.0.y, self.0.z)
    }
}
impl<Q, F> PartialEq for Vector<Q, F> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<Q, F> Default for Vector<Q, F> {
    fn default() -> Self {
        Self::zero()
    }
}

impl<Q, F> Vector<Q, F> {
    /// Claims that `raw` is a quantity `Q` in frame `F`, SI units.
    pub const fn from_si(raw: Vector3<f64>) -> Self {
        Self(raw, PhantomData)
    }
    /// The three components, SI units.
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self(Vector3::new(x, y, z), PhantomData)
    }
    /// The raw components, SI units.
    pub const fn si(self) -> Vector3<f64> {
        self.0
    }
    /// The zero vector.
    pub const fn zero() -> Self {
        Self::new(0.0, 0.0, 0.0)
    }
    /// First component.
    pub fn x(self) -> f64 {
        self.0.x
    }
    /// Second component.
    pub fn y(self) -> f64 {
        self.0.y
    }
    /// Third component.
    pub fn z(self) -> f64 {
        self.0.z
    }
    /// Euclidean length, in the quantity's unit.
    pub fn norm(self) -> f64 {
        libm::sqrt(self.0.norm_squared())
    }
    /// Scalar product with a vector of any quantity in the same frame, product of the units.
    pub fn dot<Q2>(self, other: Vector<Q2, F>) -> f64 {
        self.0.dot(&other.0)
    }
    /// Vector product; the quantity follows from the pair (for example `Rate × Position = Velocity`).
    pub fn cross<Q2>(self, other: Vector<Q2, F>) -> Vector<<Q as Cross<Q2>>::Output, F>
    where
        Q: Cross<Q2>,
    {
        Vector::from_si(self.0.cross(&other.0))
    }
    /// The unit vector along `self`; `None` when the length is zero or not finite.
    pub fn direction(self) -> Option<Vector<Direction, F>> {
        let n = self.norm();
        (n > 0.0 && n.is_finite()).then(|| Vector::from_si(self.0 / n))
    }
}

/// Which quantity a vector product yields.
pub trait Cross<Q2> {
    /// The product's quantity.
    type Output;
}
impl Cross<Position> for Rate {
    type Output = Velocity;
}
impl Cross<Velocity> for Rate {
    type Output = Acceleration;
}
impl Cross<Force> for Position {
    type Output = Torque;
}
impl Cross<Direction> for Direction {
    type Output = Direction;
}

impl<Q, F> Add for Vector<Q, F> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from_si(self.0 + other.0)
    }
}
impl<Q, F> Sub for Vector<Q, F> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::from_si(self.0 - other.0)
    }
}
impl<Q, F> AddAssign for Vector<Q, F> {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}
impl<Q, F> SubAssign for Vector<Q, F> {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}
impl<Q, F> Neg for Vector<Q, F> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::from_si(-self.0)
    }
}
impl<Q, F> Mul<f64> for Vector<Q, F> {
    type Output = Self;
    fn mul(self, k: f64) -> Self {
        Self::from_si(self.0 * k)
    }
}
impl<Q, F> Div<f64> for Vector<Q, F> {
    type Output = Self;
    fn div(self, k: f64) -> Self {
        Self::from_si(self.0 / k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spinning_arm_moves_at_rate_cross_arm() {
        let w_LB_L: Vector<Rate, L> = Vector::new(0.0, 0.0, 2.0);
        let p_BA_L: Vector<Position, L> = Vector::new(3.0, 0.0, 0.0);
        let v_BA_L: Vector<Velocity, L> = w_LB_L.cross(p_BA_L);
        assert_eq!(v_BA_L, Vector::new(0.0, 6.0, 0.0));
    }

    #[test]
    fn a_zero_vector_has_no_direction() {
        assert!(Vector::<Position, I>::zero().direction().is_none());
        let d = Vector::<Position, I>::new(0.0, -4.0, 3.0).direction().unwrap();
        assert!((d.norm() - 1.0).abs() < 1e-15 && (d.y() + 0.8).abs() < 1e-15);
    }
}
