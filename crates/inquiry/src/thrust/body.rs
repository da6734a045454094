//! How the machine answers a force: accelerations at the inertial unit per engine, liquid included.
//!
//! Owns: [`Body`] (mass, liquid and the answer at one filling), [`Sway`] (the liquid's motion, driven by what was
//! sensed). Does not own: mass properties and the liquid's figures (`truth::dynamics`).
//! As published — `truth::dynamics` (rigid body about its centre of mass) and `truth::dynamics::slosh` ([Abramson1966]).
//! As programmed: with A the acceleration of the centre of mass, α that of the body and u that of the liquid in x, y and
//! around the ring, M its mass and d its place,
//!     m A + M u = f,     I α + P u = τ,     S (A + α × d) + u = w,     w = −ω² x − 2 ζ ω ẋ
//! is solved once a filling, so that the answer to each engine is a constant. The liquid's own motion is that of a
//! pendulum hung where the accelerometers say: no engine enters it, and so no fault of one.
//! Refuses: streams on their way out and the gradient of gravity (0.1 N m), the liquid's shift in the inertia.

use nalgebra::{Matrix3, SMatrix, SVector, Vector3};
use truth::dynamics::mass_properties;
use truth::dynamics::slosh::SloshMass;
use truth::vehicle::Vehicle;

/// Specific force at the inertial unit, m/s², and angular acceleration, rad/s².
pub(super) type Six = SVector<f64, 6>;

/// The machine at one filling.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub mass_kg: f64,
    /// Centre of mass and arm of the inertial unit from it, m.
    pub p_BC_B: Vector3<f64>,
    pub arm_B: Vector3<f64>,
    pub inertia_kg_m2: Matrix3<f64>,
    liquid: Option<SloshMass>,
    /// From the centre of mass to the liquid that moves, m.
    d_B: Vector3<f64>,
    /// (f, τ, w) to what the inertial unit senses.
    answer: SMatrix<f64, 6, 9>,
}

impl Body {
    /// The vehicle with `propellant_kg` in its tanks. Less than nothing is what commands leave when engines gave less
    /// than they were asked for; the machine is then lighter than empty, so that what they did not use can be added.
    pub fn of(vehicle: &Vehicle, propellant_kg: f64) -> Self {
        let lacking_kg = propellant_kg.min(0.0).max(-0.5 * vehicle.dry.mass_kg);
        let propellant_kg = propellant_kg.clamp(0.0, vehicle.propellant.capacity_kg);
        let mut mass = mass_properties(&vehicle.dry, &vehicle.propellant, propellant_kg);
        mass.mass_kg += lacking_kg;
        let moving = |tanks| SloshMass::new(tanks, &vehicle.propellant, propellant_kg);
        let liquid = vehicle.tanks.as_ref().map(moving);
        let d = liquid.map_or(Vector3::zeros(), |liquid| liquid.p_BS_B - mass.p_BC_B);
        let (m, ring) = liquid.map_or((0.0, 0.0), |liquid| (liquid.mass_kg, liquid.ring_kg_m2));
        let mut ties = SMatrix::<f64, 9, 9>::identity();
        for n in 0..3 {
            ties[(n, n)] = mass.mass_kg;
            for other in 0..3 {
                ties[(3 + n, 3 + other)] = mass.inertia_kg_m2[(n, other)];
            }
        }
        for n in 0..2 {
            ties[(n, 6 + n)] = m;
            ties[(6 + n, n)] = 1.0;
        }
        let pulls = [(4, 6, d.z), (5, 6, -d.y), (3, 7, -d.z), (5, 7, d.x)];
        pulls.iter().for_each(|(row, column, arm)| ties[(*row, *column)] = m * arm);
        ties[(5, 8)] = ring;
        let shifts = [(6, 4, d.z), (6, 5, -d.y), (7, 5, d.x), (7, 3, -d.z), (8, 5, 1.0)];
        shifts.iter().for_each(|(row, column, arm)| ties[(*row, *column)] = *arm);
        let solved = ties.try_inverse().unwrap_or_else(SMatrix::identity);
        let arm_B = Vector3::from(vehicle.imu.p_BA_B) - mass.p_BC_B;
        let mut answer = SMatrix::<f64, 6, 9>::zeros();
        for column in 0..9 {
            let at = |row: usize| solved[(row, column)];
            let (a, alpha) = (Vector3::new(at(0), at(1), at(2)), Vector3::new(at(3), at(4), at(5)));
            let s = a + alpha.cross(&arm_B);
            for n in 0..3 {
                (answer[(n, column)], answer[(3 + n, column)]) = (s[n], alpha[n]);
            }
        }
        let (mass_kg, p_BC_B, inertia_kg_m2) = (mass.mass_kg, mass.p_BC_B, mass.inertia_kg_m2);
        Self { mass_kg, p_BC_B, arm_B, inertia_kg_m2, liquid, d_B: d, answer }
    }

    /// What is sensed of a force at a point.
    pub fn to_force(&self, p_B: &Vector3<f64>, f_B: &Vector3<f64>) -> Six {
        self.to(f_B, &(p_B - self.p_BC_B).cross(f_B), &Vector3::zeros())
    }

    /// What is sensed of a torque.
    pub fn to_torque(&self, t_B: &Vector3<f64>) -> Six {
        self.to(&Vector3::zeros(), t_B, &Vector3::zeros())
    }

    fn to(&self, f: &Vector3<f64>, t: &Vector3<f64>, w: &Vector3<f64>) -> Six {
        self.answer * SVector::<f64, 9>::from_iterator(f.iter().chain(t).chain(w).copied())
    }

    /// What is sensed without engines: the liquid's springs and the turning of the body at `w_B`.
    ///
    /// - `s_B`: specific force, m/s²: its axial part is what the springs come from, and thrust turns the body about the
    ///   centre of mass where the liquid has moved it to.
    pub fn unpushed(&self, sway: &Sway, w_B: &Vector3<f64>, s_B: &Vector3<f64>) -> Six {
        let turning = w_B.cross(&(w_B.cross(&self.arm_B)));
        let gyroscopic = -w_B.cross(&(self.inertia_kg_m2 * w_B));
        let moving_kg = self.liquid.map_or(0.0, |liquid| liquid.mass_kg);
        let moved = Vector3::new(sway.shift_B.x, sway.shift_B.y, 0.0) * moving_kg;
        let w = self.springs(sway, s_B.z);
        let mut out = self.to(&Vector3::zeros(), &(gyroscopic - moved.cross(s_B)), &w);
        (0..3).for_each(|n| out[n] += turning[n]);
        out
    }

    /// What springs and dampers give the liquid, m/s² and rad/s².
    fn springs(&self, sway: &Sway, axial_m_s2: f64) -> Vector3<f64> {
        let Some(liquid) = &self.liquid else { return Vector3::zeros() };
        let (omega2, damping) = liquid.spring(axial_m_s2, &sway.shift_B);
        -sway.shift_B * omega2 - sway.rate_B * damping
    }
}

/// Shift and rate of the liquid: x and y in m and m/s, around the ring in rad and rad/s.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sway {
    pub shift_B: Vector3<f64>,
    pub rate_B: Vector3<f64>,
}

impl Sway {
    /// The same a little later.
    pub fn ahead(&self, dt_s: f64) -> Self {
        Self { shift_B: self.shift_B + self.rate_B * dt_s, ..*self }
    }

    /// One cycle of `dt_s` on, under what was sensed at the inertial unit: specific force, rate, angular acceleration.
    pub fn step(
        &mut self,
        body: &Body,
        s_A: &Vector3<f64>,
        w: &Vector3<f64>,
        alpha: &Vector3<f64>,
        dt_s: f64,
    ) {
        if body.liquid.is_none() {
            return;
        }
        let arm = body.d_B - body.arm_B;
        let here = s_A + alpha.cross(&arm) + w.cross(&w.cross(&arm));
        let v = Vector3::new(self.rate_B.x, self.rate_B.y, 0.0);
        let turning = w.cross(&v) * 2.0;
        let driven = Vector3::new(here.x + turning.x, here.y + turning.y, alpha.z);
        let half = *self;
        let u = body.springs(&half, s_A.z) - driven;
        // The middle of the step has the springs of its own shift.
        let middle = Self {
            shift_B: half.shift_B + half.rate_B * (0.5 * dt_s),
            rate_B: half.rate_B + u * (0.5 * dt_s),
        };
        let u = body.springs(&middle, s_A.z) - driven;
        self.shift_B += middle.rate_B * dt_s;
        self.rate_B += u * dt_s;
    }
}

/// An answer to a level that pushes and one that turns.
pub(super) fn split(answer: &Six, level: f64, turning: f64) -> Six {
    let mut out = *answer;
    (0..3).for_each(|n| (out[n], out[3 + n]) = (out[n] * level, out[3 + n] * turning));
    out
}

/// Two directions across `d`.
pub(super) fn across(d: &Vector3<f64>) -> (Vector3<f64>, Vector3<f64>) {
    let other = if d.z.abs() < 0.9 { Vector3::z() } else { Vector3::x() };
    let a = d.cross(&other).normalize();
    (a, d.cross(&a))
}
