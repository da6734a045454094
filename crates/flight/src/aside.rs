//! Ground that a lander would not stand on: up again, a few metres aside, and down once more.
//!
//! Owns: when a touchdown is given up, where the next one is tried, how high and how fast that is flown.
//! Derived: upright within 4° until a foot meets the ground, a lander that leans more has the ground to
//! thank for it, and leans the more the further its other feet have to go. Turning about the edge of two feet,
//! x from the axis and z below the centre of mass, takes g √(x² + z²) (1 − cos(β − α)) on a slope α, with
//! tan β = x/z: 0.2 J/kg on 10°, 0.05 J/kg on 20°, and falls below what the descent itself brings along.
//! The lower side is where the lander is pushed already: no speed has to be turned round.
//! Does not own: seeing such ground from above (there is no sensor for it here).

use crate::Flight;
use crate::faults::table;
use icd::bus::PULSE_FRAME;
use icd::events::Event;
use icd::frames::Position;
use icd::frames::{I, Vector};
use nalgebra::Vector3;

/// How far the lander goes before it stops, m, how fast, m/s, and how high over the ground, m. Assumed: with the
/// way to stop twice its own width, and two legs' height over what may lie there.
const GO_M: f64 = 2.5;
const GO_M_S: f64 = 1.0;
const HEIGHT_M: f64 = 5.0;
/// Fastest climb, m/s, and its rate, 1/s.
const CLIMB_M_S: f64 = 1.5;
const CLIMB_PER_S: f64 = 0.5;
/// Stopped: horizontal speed, m/s; or the longest way, s.
const STOPPED_M_S: f64 = 0.35;
const WAY_S_MAX: f64 = 15.0;
/// Altitude below which leaning is the ground's doing, m, and its deviations.
const LOW_M: f64 = 3.0;
const LOW_SIGMAS: f64 = 2.0;
/// Propellant that a second try takes, as hover time, s; deviations of what is left to be kept beyond it where a
/// try is hardly needed, none from the further tilt on, rad, where without one few landers stay upright. Assumed.
const TRY_S: f64 = 15.0;
const KEPT_SIGMAS: f64 = 2.0;
const FAR_RAD: f64 = 0.28;

/// Memory about touchdowns that were given up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aside {
    /// Velocity of the way aside, `L`, m/s; `None` where there is none to go.
    pub v_L: Option<Vector3<f64>>,
    along_L: Vector3<f64>,
    gone_m: f64,
    way_s: f64,
    tries: u32,
}

impl Aside {
    /// None was.
    pub const fn new() -> Self {
        let zero = Vector3::new(0.0, 0.0, 0.0);
        Self { v_L: None, along_L: zero, gone_m: 0.0, way_s: 0.0, tries: 0 }
    }
}

impl Flight<'_> {
    /// Descent speed of the way aside, m/s, negative upwards; `None` where there is none to go.
    pub(crate) fn aside_m_s(&mut self) -> Option<f64> {
        if self.aside.v_L.is_none() && self.leans() {
            let R_IL = self.nav.R_IM * self.site.R_ML;
            let z_I = self.nav.q_IB.rotation().si() * Vector3::z();
            let z_L = (R_IL.inverse() * Vector::<Position, I>::from_si(z_I)).si();
            let along_L = Vector3::new(z_L.x, z_L.y, 0.0) / libm::hypot(z_L.x, z_L.y).max(1e-6);
            let tries = self.aside.tries + 1;
            self.aside = Aside { along_L, tries, ..Aside::new() };
            self.contact.again();
            self.guide.hover_s = 0.0;
            self.announce.now(Event::TouchdownGivenUp);
        } else {
            self.aside.v_L?;
        }
        self.aside.way_s += PULSE_FRAME.s();
        let v_L = self.nav.v_LB_L(self.load, &self.site).si();
        // By speed alone: the position over ground is corrected by metres now and then.
        self.aside.gone_m += v_L.dot(&self.aside.along_L) * PULSE_FRAME.s();
        let gone = self.aside.gone_m > GO_M;
        let stopped = gone && libm::hypot(v_L.x, v_L.y) < STOPPED_M_S;
        if stopped || self.aside.way_s > WAY_S_MAX {
            self.aside.v_L = None;
            return None;
        }
        self.aside.v_L = Some(self.aside.along_L * if gone { 0.0 } else { GO_M_S });
        let to_go_m = HEIGHT_M - self.guide.altitude_m;
        Some((-CLIMB_PER_S * to_go_m).clamp(-CLIMB_M_S, CLIMB_M_S))
    }

    /// Whether the ground turns the lander over, and a second try can be afforded.
    fn leans(&self) -> bool {
        let up_I = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let upright = (self.nav.q_IB.rotation().si() * Vector3::z()).dot(&up_I);
        let (altitude_m, sigma_m) = (self.guide.altitude_m, self.guide.sigma_m);
        let low = altitude_m < LOW_M + LOW_SIGMAS * sigma_m.min(LOW_M);
        let least_rad = table::LEANING.threshold.to_radians();
        let share = (libm::acos(upright.clamp(-1.0, 1.0)) - least_rad) / (FAR_RAD - least_rad);
        let again = f64::from(self.aside.tries) < table::TRIES.threshold;
        let kept = KEPT_SIGMAS * (1.0 - share).clamp(0.0, 1.0);
        share > 0.0 && low && again && self.hover_s_left(kept) > TRY_S
    }

    /// Whether a lander that cannot try again leans so far that thrust would push it sideways.
    pub(crate) fn lies(&self) -> bool {
        let up_I = self.nav.p_MB_I.si() / self.nav.p_MB_I.norm().max(1.0);
        let upright = (self.nav.q_IB.rotation().si() * Vector3::z()).dot(&up_I);
        self.aside.v_L.is_none() && self.contact.touches && upright < libm::cos(FAR_RAD)
    }
}
