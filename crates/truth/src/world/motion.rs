//! How a world moves: one step of integration, and what counts as an end.

use super::*;

/// The lander as seen from the ground.
pub(super) struct Local {
    pub p_MB_M: Vector<Position, M>,
    pub v_over_ground_M: Vector<Velocity, M>,
    /// Local vertical in body axes.
    pub up_B: Vector3<f64>,
    pub v_up_m_s: f64,
    pub v_horizontal_m_s: f64,
    pub tilt_rad: f64,
}

impl World {
    pub(super) fn local(&self) -> Local {
        let state = &self.state;
        let R_IM = self.moon.R_IM(state.t);
        let (p, R_IB) = (state.p_MB_I.si(), state.q_IB.rotation().si());
        let up_I = p / p.norm();
        let v_I = state.v_MB_I.si() - self.moon.w_IM_I.cross(&p);
        let v_up_m_s = v_I.dot(&up_I);
        let up_B = R_IB.tr_mul(&up_I);
        let across = libm::hypot(up_B.x, up_B.y);
        Local {
            p_MB_M: R_IM.inverse() * state.p_MB_I,
            v_over_ground_M: R_IM.inverse() * Vector::from_si(v_I),
            up_B,
            v_up_m_s,
            v_horizontal_m_s: (v_I - up_I * v_up_m_s).norm(),
            tilt_rad: libm::atan2(across, up_B.z),
        }
    }

    /// Brings the Moon's orientation to the present; where none is known, the run ends.
    pub(super) fn follow_moon(&mut self) {
        if self.moon.follow(&self.environment.orientation, self.state.t).is_none() {
            self.ended.get_or_insert(End::OutsideEphemeris);
        }
    }

    /// One step of integration; `share` is its share of the cycle.
    pub(super) fn integrate(&mut self, share: f64) {
        let t = self.state.t;
        let thrust = self.propulsion.over_step(t, self.state.propellant_kg);
        self.thrust.accumulate(&thrust, share);
        let exposure_m2_kg = self.vehicle.optics.exposure_m2_kg(self.mass_kg());
        let here = (self.state.p_MB_I, self.state.v_MB_I.si());
        if self.perturbation.follow(&self.environment, here, t, exposure_m2_kg).is_none() {
            self.ended = Some(End::OutsideEphemeris);
            return;
        }
        let mut motion = Motion { slosh: self.slosh, ..Motion::of(&self.state) };
        let mut held = self.held(&motion, &thrust, self.perturbation.at(t));
        let p_MC_B = motion.R_IB().tr_mul(&motion.p_I) + held.mass.p_BC_B;
        held.thrust.t_B += held.mass.gravity_gradient(&p_MC_B, held.gm_m3_s2);
        match self.axes_near() {
            Some(axes) => self.integrate_on_ground(motion, &held, &axes),
            None => {
                let none = |_: &Motion, _: &Matrix3<f64>, _: f64| Wrench::default();
                let dt_s = self.step.s();
                rigid_body_step(&mut motion, 0.0, dt_s, &held, &none, &mut self.increments);
                self.place(&mut motion, &held, &thrust.early);
                motion.write(&mut self.state);
                self.slosh = motion.slosh;
            }
        }
        self.state.propellant_kg = (self.state.propellant_kg - thrust.used_kg).max(0.0);
        self.state.t = t + self.step;
    }

    /// Mass properties, engines and liquid over the step that begins with `motion`, and the perturbation
    /// of gravity with its slope.
    fn held(
        &mut self,
        motion: &Motion,
        thrust: &Thrust,
        (perturbation_I, perturbation_slope_I): (Vector3<f64>, Vector3<f64>),
    ) -> Held {
        let (dry, propellant) = (&self.vehicle.dry, &self.vehicle.propellant);
        let mid_kg = self.state.propellant_kg - 0.5 * thrust.used_kg;
        let dt_s = self.step.s();
        let mut mass = mass_properties(dry, propellant, mid_kg);
        let mut slosh = None;
        if let (Some(liquid), Some(tanks)) = (&mut self.slosh_mass, &self.vehicle.tanks) {
            liquid.follow(tanks, propellant, mid_kg);
            let middle = motion.slosh.shift_B + motion.slosh.rate_B * (0.5 * dt_s);
            let shift_B = Vector3::new(middle.x, middle.y, 0.0);
            mass = mass.shifted(liquid.mass_kg, &liquid.p_BS_B, &shift_B);
            slosh = Some(Coupling::new(liquid, &mass, &shift_B));
        }
        let exits = (&thrust.exits_kg_m, &thrust.exits_kg_m2);
        Held {
            mass,
            thrust: thrust.wrench,
            perturbation_I,
            perturbation_slope_I,
            gm_m3_s2: self.environment.gravity.gm_m3_s2(),
            p_BA_B: Vector3::from(self.vehicle.imu.p_BA_B),
            liquid: Liquid {
                slosh,
                streams: Streams::new(propellant, mid_kg, thrust.used_kg, exits, dt_s),
            },
        }
    }

    /// Moves on what a step under mean thrust leaves behind, as its impulses came `early`.
    fn place(&mut self, motion: &mut Motion, held: &Held, early: &Wrench) {
        if *early == Wrench::default() {
            return;
        }
        let (r, mass) = (held.mass.p_BC_B, &held.mass);
        let torque_C = early.t_B - r.cross(&early.f_B);
        let (moved_N_s2, turn_B) = match &held.liquid.slosh {
            Some(coupling) => {
                let still = Slosh::default();
                let zero = Vector3::zeros();
                let answer = coupling.answer(&still, mass, &zero, &early.f_B, &torque_C);
                motion.slosh.shift_B += answer.acceleration_B;
                (answer.f_B, answer.alpha_B)
            }
            None => (early.f_B, mass.inertia_inverse * torque_C),
        };
        motion.p_I += motion.R_IB() * (moved_N_s2 / mass.mass_kg - turn_B.cross(&r));
        motion.turn(&turn_B);
        self.increments.dtheta_B += turn_B;
    }

    /// Whether the run has ended with this cycle.
    pub(super) fn judge(&mut self) {
        let state = self.state;
        let sum = state.p_MB_I.norm() + state.v_MB_I.norm() + state.w_IB_B.norm();
        if !sum.is_finite() {
            self.ended = Some(End::NotFinite);
            return;
        }
        if self.touchdown.is_none() || self.ended == Some(End::Impact) {
            return;
        }
        let local = self.local();
        self.follow_landing(&local);
        let speed_m_s = local.v_over_ground_M.norm();
        let slow = speed_m_s < REST_SPEED && state.w_IB_B.norm() < REST_SPEED;
        let quiet = self.thrust.main_N + self.thrust.assist_N <= 0.0;
        if !(slow && quiet && self.feet.touching()) {
            self.moved_last = self.state.t;
        }
        let at_rest = self.state.t - self.moved_last >= REST;
        let tipped = local.up_B.z < TIPPED_COS;
        if !tipped {
            self.upright_last = self.state.t;
        }
        // A lander that fell over is followed until it lies still, but not for ever.
        if tipped && (at_rest || self.state.t - self.upright_last >= FALL) {
            self.ended = Some(End::TippedOver);
        } else if at_rest {
            self.ended = Some(End::AtRest);
        }
    }
}
