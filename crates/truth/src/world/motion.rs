//! How a world moves: one step of integration, the ground below, and what counts as an end.

use super::*;

/// The step of which `SUBSTEPS` make 1 ms.
const USUAL_STEP: Span = Span::from_ms(5);

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

    /// Measures the height over the terrain as often as the lander could come near it: the next look
    /// is due before a fifth of the height over [`WATCH_M`] can be covered, at most a second later.
    pub(super) fn look_at_ground(&mut self) {
        if self.state.t < self.look_next {
            return;
        }
        let local = self.local();
        let height_m = self.environment.terrain.altitude_m(local.p_MB_M);
        self.altitude_m = height_m + self.feet.lowest_m(local.up_B);
        let holds = self.feet.closed().contains(&true);
        if self.altitude_m < WATCH_M {
            if !holds {
                self.ground = Some(self.ground_under(&local, height_m));
            }
            if height_m <= 0.0 && !holds && self.touchdown.is_none() {
                self.touch(); // not on the legs
                self.ended = Some(End::Impact);
            }
            return;
        }
        self.ground = None;
        let speed_m_s = local.v_over_ground_M.norm();
        let wait_s = (0.2 * (self.altitude_m - WATCH_M) / (speed_m_s + 1.0)).min(1.0);
        self.look_next = self.state.t + Span::from_s(wait_s);
    }

    fn ground_under(&self, local: &Local, height_m: f64) -> Ground {
        let p = local.p_MB_M.si();
        let p_MG_M = p - p * (height_m / p.norm());
        let n_M = self.environment.terrain.normal(Vector::from_si(p_MG_M), FOOTPRINT_M).si();
        Ground { p_MG_M, n_M }
    }

    /// One step of integration; `share` is its share of the cycle.
    pub(super) fn integrate(&mut self, share: f64) {
        let t = self.state.t;
        let thrust = self.propulsion.over_step(t, self.state.propellant_kg);
        self.thrust.accumulate(&thrust, share);
        if self.perturbation.follow(&self.environment, self.state.p_MB_I, t).is_none() {
            self.ended = Some(End::OutsideEphemeris);
            return;
        }
        let mut motion = Motion { slosh: self.slosh, ..Motion::of(&self.state) };
        let mut held = self.held(&motion, &thrust, self.perturbation.at(t));
        let p_MC_B = motion.R_IB().tr_mul(&motion.p_I) + held.mass.p_BC_B;
        held.thrust.t_B += held.mass.gravity_gradient(&p_MC_B, held.gm_m3_s2);
        match self.plane_near() {
            Some(plane) => self.integrate_on_ground(motion, &held, &plane),
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
        if early.f_B == Vector3::zeros() {
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

    /// The plane of the ground when a foot may meet it within this step or holds it already.
    fn plane_near(&self) -> Option<Plane> {
        let ground = self.ground.as_ref()?;
        let R_IM = self.moon.R_IM(self.state.t).si();
        let plane = Plane {
            p_MG_I: R_IM * ground.p_MG_M,
            n_I: R_IM * ground.n_M,
            w_IM_I: self.moon.w_IM_I,
            R_IM,
        };
        let p = self.state.p_MB_I.si();
        let n_B = self.state.q_IB.rotation().si().tr_mul(&plane.n_I);
        let height_m = (p - plane.p_MG_I).dot(&plane.n_I) + self.feet.lowest_m(n_B);
        let v_I = self.state.v_MB_I.si() - self.moon.w_IM_I.cross(&p);
        // A foot sits about 1.5 m from the origin: allow for the rate at twice that arm.
        let speed_m_s = v_I.norm() + 3.0 * self.state.w_IB_B.norm();
        (height_m < 0.05 + 2.0 * speed_m_s * self.step.s()).then_some(plane)
    }

    fn integrate_on_ground(&mut self, mut motion: Motion, held: &Held, plane: &Plane) {
        // Steps of 1 ms, however long those in the air are.
        let substeps = (self.step.ns() * SUBSTEPS / USUAL_STEP.ns()).max(1);
        let dt_s = self.step.s() / substeps as f64;
        for n in 0..substeps {
            let start_s = dt_s * n as f64;
            let before = motion;
            let feet = &self.feet;
            let push = |motion: &Motion, R_IB: &Matrix3<f64>, elapsed_s: f64| {
                feet.wrench(plane, motion, R_IB, elapsed_s)
            };
            rigid_body_step(&mut motion, start_s, dt_s, held, &push, &mut self.increments);
            self.feet.settle(plane, &motion, start_s + dt_s);
            if self.touchdown.is_none() && self.feet.closed().contains(&true) {
                let t = self.state.t;
                before.write(&mut self.state);
                self.state.t = t + Span::from_s(start_s);
                self.touch();
                self.state.t = t;
            }
        }
        motion.write(&mut self.state);
        self.slosh = motion.slosh;
    }

    /// Records the first contact from the present state.
    fn touch(&mut self) {
        let local = self.local();
        let p_LB_L = self.site.p_LA_L(local.p_MB_M);
        let w_IM_B = self.state.q_IB.rotation().si().tr_mul(&self.moon.w_IM_I);
        let up_M = local.p_MB_M.si() / local.p_MB_M.norm();
        let slope_cos = self.ground.map_or(1.0, |ground| ground.n_M.dot(&up_M));
        let touchdown = Touchdown {
            t: self.state.t,
            p_LB_L,
            v_up_m_s: local.v_up_m_s,
            v_horizontal_m_s: local.v_horizontal_m_s,
            tilt_rad: local.tilt_rad,
            rate_rad_s: (self.state.w_IB_B.si() - w_IM_B).norm(),
            miss_m: libm::hypot(p_LB_L.x(), p_LB_L.y()),
            slope_rad: libm::acos(slope_cos.clamp(-1.0, 1.0)),
            propellant_kg: self.state.propellant_kg,
        };
        let speed_m_s = libm::hypot(touchdown.v_up_m_s, touchdown.v_horizontal_m_s);
        if speed_m_s > self.vehicle.legs.crash_speed_m_s {
            self.ended = Some(End::Impact);
        }
        self.touchdown = Some(touchdown);
    }

    /// Whether the run has ended with this cycle.
    pub(super) fn judge(&mut self) {
        let state = &self.state;
        let sum = state.p_MB_I.norm() + state.v_MB_I.norm() + state.w_IB_B.norm();
        if !sum.is_finite() {
            self.ended = Some(End::NotFinite);
            return;
        }
        if self.touchdown.is_none() || self.ended == Some(End::Impact) {
            return;
        }
        let local = self.local();
        let speed_m_s = local.v_over_ground_M.norm();
        let slow = speed_m_s < REST_SPEED && state.w_IB_B.norm() < REST_SPEED;
        let quiet = self.thrust.main_N + self.thrust.assist_N <= 0.0;
        if !(slow && quiet && self.feet.closed().contains(&true)) {
            self.moved_last = self.state.t;
        }
        if local.up_B.z < TIPPED_COS {
            self.ended = Some(End::TippedOver);
        } else if self.state.t - self.moved_last >= REST {
            self.ended = Some(End::AtRest);
        }
    }
}
