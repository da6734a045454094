//! One landing on an even slope: nature's contact, the flight software's law after contact.
//!
//! Owns: the release, the loop of cycles and pulse frames, the figures. Does not own: the draw.
//! As programmed: thrust carries the weight through the centre of mass until two cycles after the first pad
//! presses, as long as the contact logic takes; from then on valves are open for their share of each pulse
//! frame. Attitude and rate on board are the true ones.

use super::{After, Draw, Drop, Meeting, Study, Way};
use crate::measures::Measures;
use crate::verdict::{Class, End, Expect, Outcome, outcome};
use flight::control::allocate::Jets;
use flight::control::settle::{Settling, Touching};
use flight::faults::table;
use icd::bus::{ASSIST_ENGINES, CYCLE, JETS, PULSE_FRAME};
use icd::constants::MOON_GRAVITY_M_S2;
use icd::frames::{L, Vector};
use icd::rotation::Quaternion;
use nalgebra::Vector3;
use truth::contact::{REGOLITH, SUBSTEP, Soil};
use truth::dynamics::slosh::{Slosh, SloshMass};
use truth::dynamics::{MassProperties, mass_properties};
use truth::vehicle::{Engine, Legs};
use truth::world::End as Nature;
use truth::world::drop_test::{DropTest, Floor, Release};

/// Longest landing that is followed, s.
const FOLLOWED_S: f64 = 15.0;
/// At rest: m/s and rad/s, for so long, s: what counts as landed on board. Liquid that still swings moves it less.
const REST: f64 = 0.02;
const REST_S: f64 = 2.0;
/// Slower than this in the end a lander rocks, moved by its liquid, and slides no more, m/s. Assumed.
const SLIDES_M_S: f64 = 0.1;
/// Leans this far: fell over. As a flight: cosine of 60°.
const TIPPED_COS: f64 = 0.5;
/// The centre of mass is so far beyond an edge that no jet brings it back, rad: 20°. Assumed.
const LOST_RAD: f64 = 0.35;
/// Free height of the lowest pad at release, m.
const ABOVE_M: f64 = 0.01;
/// Cycles from the first switch to contact.
const CONTACT_CYCLES: u32 = 2;
const NO_JETS: [f64; JETS] = [0.0; JETS];
const NO_ASSIST: [f64; ASSIST_ENGINES] = [0.0; ASSIST_ENGINES];

/// What the flight software does in one landing.
struct OnBoard<'a> {
    study: &'a Study,
    after: After,
    settling: Settling,
    jets: Jets,
    pressed: u32,
    contact: bool,
    cut: bool,
    still_s: f64,
    duties: ([f64; ASSIST_ENGINES], [f64; JETS]),
}

impl OnBoard<'_> {
    /// One cycle; `frame`: a pulse frame begins with it.
    fn cycle(&mut self, test: &DropTest, mass: &MassProperties, frame: bool) {
        let closed = test.closed();
        let rate_rad_s = test.w_LB_B().norm();
        if !self.contact {
            self.pressed =
                if closed.contains(&true) || self.pressed > 0 { self.pressed + 1 } else { 0 };
            self.contact = self.pressed >= CONTACT_CYCLES;
            if self.contact {
                self.settling = Settling::new(
                    &self.study.believed,
                    self.after == After::Settled,
                    test.w_LB_B().si(),
                );
            }
            return;
        }
        if self.settling.follow(closed, table::LAID.threshold, test.w_LB_B().si()) && !self.cut {
            (self.cut, self.duties) = (true, (NO_ASSIST, NO_JETS));
        }
        let still = self.cut && test.touching() && rate_rad_s < table::LANDED.threshold;
        self.still_s = if still { self.still_s + CYCLE.s() } else { 0.0 };
        if !frame {
            return;
        }
        let landed = self.still_s >= table::LANDED.persistence_s;
        self.duties = if landed || self.after == After::Shut {
            (NO_ASSIST, NO_JETS)
        } else {
            let touching = Touching {
                inertia: mass.inertia_kg_m2.diagonal(),
                mass_kg: mass.mass_kg,
                cm_z_m: mass.p_BC_B.z,
                up_B: test.q_LB().rotation().si().tr_mul(&Vector3::z()),
            };
            let out = [false; ASSIST_ENGINES];
            touching.duties(&self.study.believed, &self.settling, &mut self.jets, out)
        };
    }

    /// Force and torque about the body origin at a time within the frame.
    fn wrench(&self, mass: &MassProperties, share: f64) -> (Vector3<f64>, Vector3<f64>) {
        if !self.contact {
            let f_B = Vector3::new(0.0, 0.0, mass.mass_kg * MOON_GRAVITY_M_S2);
            return (f_B, mass.p_BC_B.cross(&f_B));
        }
        let (assist, jets) = &self.duties;
        let machine = &self.study.machine;
        let open = |(engine, duty): (&Engine, &f64)| {
            let f_B = Vector3::from(engine.d_B) * if share < *duty { engine.thrust_N } else { 0.0 };
            (f_B, Vector3::from(engine.p_BA_B).cross(&f_B))
        };
        let each = machine.assist.iter().zip(assist).chain(machine.jets.iter().zip(jets)).map(open);
        each.fold(Default::default(), |(f, t), (df, dt)| (f + df, t + dt))
    }
}

/// The lander of a draw as it is released over the slope.
fn released(study: &Study, meeting: &Meeting, draw: &Draw) -> (DropTest, MassProperties) {
    let (machine, spread) = (&study.machine, &study.spread);
    let mut dry = machine.dry;
    dry.mass_kg += spread.dry_mass_sigma_kg * draw.mass[0];
    dry.p_BC_B[0] += spread.cm_sigma_m * draw.mass[1];
    dry.p_BC_B[1] += spread.cm_sigma_m * draw.mass[2];
    let left_kg = draw.left * machine.propellant.capacity_kg;
    let mass = mass_properties(&dry, &machine.propellant, left_kg);
    let soil = Soil {
        cohesive_N_m2: REGOLITH.cohesive_N_m2 * draw.soil,
        frictional_N_m3: REGOLITH.frictional_N_m3 * draw.soil,
        cohesion_N_m2: REGOLITH.cohesion_N_m2 * draw.soil,
        ..REGOLITH
    };
    // The floor falls along x.
    let fall = libm::tan(meeting.slope_rad);
    let floor = Floor { soil, rise: [-fall, 0.0], gravity_m_s2: MOON_GRAVITY_M_S2 };
    let tilt: Quaternion<L, L> = Quaternion::exp(Vector3::new(draw.tilt[0], draw.tilt[1], 0.0));
    let q_LB = tilt * Quaternion::exp(Vector3::new(0.0, 0.0, draw.heading_rad));
    let R_LB = q_LB.rotation().si();
    let above = |p: &[f64; 3]| {
        let p_L = R_LB * Vector3::from(*p);
        p_L.z + fall * p_L.x
    };
    let low_m = machine.legs.p_BF_B.iter().map(above).fold(f64::INFINITY, f64::min);
    let way_rad = match meeting.way {
        Way::Down => 0.0,
        Way::Across => core::f64::consts::FRAC_PI_2,
        Way::Any => draw.way_rad,
    };
    let (sin, cos) = libm::sincos(way_rad);
    let release = Release {
        p_LB_L: Vector::new(0.0, 0.0, ABOVE_M - low_m),
        v_LB_L: Vector::new(meeting.v_m_s * cos, meeting.v_m_s * sin, -draw.v_down_m_s),
        q_LB,
        w_LB_B: Vector::from_si(Vector3::from(draw.rate)),
    };
    let legs = Legs { friction: draw.friction, ..machine.legs };
    let mut test = DropTest::new(&legs, &machine.hull, mass, &floor, &release, SUBSTEP.s());
    if let Some(tanks) = &machine.tanks {
        let stiffness_per_m = SloshMass::new(tanks, &machine.propellant, left_kg).stiffness_per_m;
        let [x, y] = draw.slosh.map(|tilt_rad| tilt_rad / stiffness_per_m);
        let slosh = Slosh { shift_B: Vector3::new(x, y, 0.0), ..Slosh::default() };
        test = test.with_liquid(tanks, &machine.propellant, left_kg, slosh);
    }
    (test, mass)
}

/// What has been seen of a landing so far.
#[derive(Default)]
struct Seen {
    touched: bool,
    bounce_m: f64,
    margin_J_kg: f64,
    rest_s: f64,
}

impl Seen {
    /// After a cycle: how it ended, if it did.
    fn look(&mut self, test: &DropTest) -> Option<Nature> {
        self.touched |= test.touching();
        if !self.touched {
            return None;
        }
        let stability = test.stability();
        self.margin_J_kg = self.margin_J_kg.min(stability.margin_J_kg);
        if !test.touching() && test.clearance_m().is_finite() {
            self.bounce_m = self.bounce_m.max(test.clearance_m());
        }
        let slow = test.v_LC_L().norm() < REST && test.w_LB_B().norm() < REST;
        self.rest_s = if slow && test.touching() { self.rest_s + CYCLE.s() } else { 0.0 };
        if test.hull().1 {
            return Some(Nature::Impact);
        }
        if test.axis_L().z < TIPPED_COS || stability.angle_rad < -LOST_RAD {
            return Some(Nature::TippedOver);
        }
        (self.rest_s > REST_S).then_some(Nature::AtRest)
    }
}

/// Lands once.
pub(super) fn fall(study: &Study, meeting: &Meeting, draw: &Draw) -> Drop {
    let (mut test, mass) = released(study, meeting, draw);
    let (cycles, steps) = (PULSE_FRAME.ns() / CYCLE.ns(), CYCLE.ns() / SUBSTEP.ns());
    let mut board = OnBoard {
        study,
        after: meeting.after,
        settling: Settling::NONE,
        jets: Jets::new(),
        pressed: 0,
        contact: false,
        cut: false,
        still_s: 0.0,
        duties: (NO_ASSIST, NO_JETS),
    };
    let mut seen = Seen { margin_J_kg: f64::INFINITY, ..Seen::default() };
    let first = (draw.frame * cycles as f64) as i64;
    let last = (FOLLOWED_S / CYCLE.s()) as i64;
    let mut end = End::Duration;
    for n in first..first + last {
        let in_frame = n % cycles;
        board.cycle(&test, &mass, in_frame == 0);
        for k in 0..steps {
            let share = (in_frame * steps + k) as f64 / (cycles * steps) as f64;
            let (f_B, t_B) = board.wrench(&mass, share);
            test.push(f_B, t_B);
            test.step();
        }
        if let Some(found) = seen.look(&test) {
            end = End::Nature(found);
            break;
        }
    }
    if end == End::Duration && test.v_LC_L().norm() < SLIDES_M_S {
        end = End::Nature(Nature::AtRest);
    }
    judged(&test, &seen, draw, meeting, end)
}

fn judged(test: &DropTest, seen: &Seen, draw: &Draw, meeting: &Meeting, end: End) -> Drop {
    let legs = test.legs();
    let stability = test.stability();
    let measures = Measures {
        v_vertical_m_s: Some(draw.v_down_m_s),
        v_horizontal_m_s: Some(meeting.v_m_s),
        residual_tilt_deg: Some(libm::acos(test.axis_L().z.clamp(-1.0, 1.0)).to_degrees()),
        leg_stroke_share: Some(legs.iter().map(|leg| leg.stroke_share).fold(0.0, f64::max)),
        legs_broken: Some(legs.iter().filter(|leg| leg.broken).count() as f64),
        hull_load_N: Some(test.hull().0),
        bounce_m: Some(seen.bounce_m),
        stability_deg: Some(stability.angle_rad.to_degrees()),
        topple_margin_J_kg: Some(seen.margin_J_kg),
        ..Measures::default()
    };
    // No limit of a scenario applies.
    let expect = Expect {
        outcome: Outcome::Landed,
        v_vertical_m_s_max: f64::INFINITY,
        v_horizontal_m_s_max: f64::INFINITY,
        tilt_deg_max: f64::INFINITY,
        miss_m_max: f64::INFINITY,
        propellant_kg_min: 0.0,
        bands: vec![],
        events: vec![],
    };
    let outcome = outcome(end, false, &measures, &expect);
    let class = Class::of(outcome, &measures).unwrap_or(Class::Crash);
    Drop { class, rests: end == End::Nature(Nature::AtRest), measures }
}
