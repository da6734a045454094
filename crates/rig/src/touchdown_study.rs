//! What a vehicle can land on: slope against horizontal speed, with the contact model that flies.
//!
//! Owns: the draws, the boundary, the closed forms. Does not own: one landing (`drop`), the envelope
//! (`envelope`), contact (`truth::contact`), the law after contact (`flight::control::settle`), classes (`verdict`).
//! A draw is a landing with everything but slope and speed settled by chance: direction and heading, sink
//! rate, tilt, rate, friction, soil, masses, liquid. Its critical speed on a slope is the one up to which it
//! stands, found in tenths; the boundary is the least over the draws. Beside it stand, in closed form, with
//! L² = h² + b² and the centre of mass h over the feet and b inside their edge,
//! - the static limit, tan φ = b / h: the centre of mass over the lower edge;
//! - the speed that trips feet that stick, v = √(2 g L (1 − cos(φ − θ)) (k² + L²)) / h, of the energy margin
//!   [Messuri1985];
//! - the speed at which level feet fall over the upper ones and trip on the lower ones.
//!
//! The last is two plastic impacts, as of a block that rocks [Housner1963]; with I = k² + L² and the sink rate w
//!     ω₁ = (h v + b w) / I,   ω₂² = ω₁² + 2 g (h (1 − cos θ) + b sin θ) / I,   ω₃ = ω₂ (k² + h² − b²) / I,
//! and it topples where ½ I ω₃² exceeds g L (1 − cos(φ − θ)).
//! Refuses: craters and rocks (whole flights meet them), errors of attitude on board, lag of valves.

mod drop;
mod envelope;
mod page;
mod text;

pub use envelope::{
    ASKED, CHOSEN, Envelope, Landings, Margin, SLOPE_DEG_MAX, SURVEY_M_S_MAX, Spot, Survey,
};
pub use page::{page, picture};
pub use text::lines;

use crate::load::unaided;
use crate::measures::Measures;
use crate::scenario::VehicleFile;
use crate::verdict::Class;
use flight::load as board;
use rayon::prelude::*;
use std::f64::consts::TAU;
use truth::dynamics::{MassProperties, mass_properties};
use truth::random::Stream;
use truth::vehicle::{Dispersions, Vehicle};

/// Fastest and slowest sink rate of a draw, m/s: the upper one is the limit of the scenarios; assumed.
pub const V_DOWN_M_S: [f64; 2] = [0.4, 2.0];
/// Largest tilt of a draw, degrees: what Apollo's lander was made for, remembered. Whole flights come with 1.
pub const TILT_DEG: f64 = 6.0;
/// Largest rate of a draw, degrees per second. Assumed: twice what Apollo's lander was made for, for whole flights
/// come with up to 3.
pub const RATE_DEG_S: f64 = 4.0;
/// Friction of a draw: the span of what is used for pads on regolith. Assumed.
pub const FRICTION: [f64; 2] = [0.3, 0.8];
/// Stiffness and cohesion of the soil, as a factor on [`truth::contact::REGOLITH`]. Assumed.
pub const SOIL: [f64; 2] = [0.5, 2.0];
/// Propellant left, as a share of the tanks. Assumed.
pub const LEFT: [f64; 2] = [0.0, 0.15];
/// Largest tilt of the liquid's surface at contact, degrees. Assumed.
pub const SLOSH_DEG: f64 = 5.0;

/// Sink rate of the closed form of rocking, m/s: that of a planned touchdown.
pub const ROCKS_M_S: f64 = 1.0;
/// Slopes of the boundary, degrees.
pub const SLOPES_DEG: [f64; 9] = [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0];
/// Fastest horizontal speed that is looked at, and the step of the search, m/s.
pub const V_M_S_MAX: f64 = 2.5;
const V_STEP_M_S: f64 = 0.1;

/// Which way a lander moves over the slope at contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Downhill.
    Down,
    /// Across the slope.
    Across,
    /// As the draw says.
    Any,
}

/// What the engines do after contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Everything is shut.
    Shut,
    /// Assist engines lay the lander down, jets damp it: as flown by us.
    Settled,
}

/// Everything about one landing that chance settles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    way_rad: f64,
    heading_rad: f64,
    v_down_m_s: f64,
    tilt: [f64; 2],
    rate: [f64; 3],
    friction: f64,
    soil: f64,
    left: f64,
    mass: [f64; 3],
    slosh: [f64; 2],
    frame: f64,
    /// Shares of the envelope's slope and speed.
    shares: [f64; 2],
}

impl Draw {
    fn new(seed: u64, number: u64) -> Self {
        let mut stream = Stream::new(seed, number, "touchdown");
        let mut between = |[min, max]: [f64; 2]| stream.uniform_between(min, max);
        let angle = [0.0, TAU];
        let (way_rad, heading_rad, v_down_m_s) =
            (between(angle), between(angle), between(V_DOWN_M_S));
        let (tilt_rad, tilt_to) = (between([0.0, TILT_DEG.to_radians()]), between(angle));
        let (rate, rate_to, rate_z) =
            (between([0.0, RATE_DEG_S.to_radians()]), between(angle), between([-1.0, 1.0]));
        let (friction, soil) = (between(FRICTION), libm::exp2(between(SOIL.map(libm::log2))));
        let (left, frame) = (between(LEFT), between([0.0, 1.0]));
        let (slosh_rad, slosh_to) = (between([0.0, SLOSH_DEG.to_radians()]), between(angle));
        let shares = [between([0.0, 1.0]), between([0.0, 1.0])];
        let mass = [stream.normal(), stream.normal(), stream.normal()];
        let towards = |size: f64, to_rad: f64| [size * libm::cos(to_rad), size * libm::sin(to_rad)];
        let [rate_x, rate_y] = towards(rate * libm::sqrt(1.0 - rate_z * rate_z), rate_to);
        Self {
            way_rad,
            heading_rad,
            v_down_m_s,
            tilt: towards(tilt_rad, tilt_to),
            rate: [rate_x, rate_y, rate * rate_z],
            friction,
            soil,
            left,
            mass,
            slosh: towards(slosh_rad, slosh_to),
            frame,
            shares,
        }
    }
}

/// Slope and motion of one landing.
#[derive(Clone, Copy, Debug)]
pub struct Meeting {
    /// Slope of the plane, rad.
    pub slope_rad: f64,
    /// Horizontal speed, m/s.
    pub v_m_s: f64,
    /// Its direction.
    pub way: Way,
    /// What the engines do then.
    pub after: After,
}

/// What became of one landing.
#[derive(Clone, Copy, Debug)]
pub struct Drop {
    /// The class of the touchdown.
    pub class: Class,
    /// It came to rest; one that slides on down a slope does not.
    pub rests: bool,
    /// Its figures, as a flight has them.
    pub measures: Measures,
}

impl Drop {
    /// Whether it stands as it should.
    pub fn upright(&self) -> bool {
        self.rests && self.class == Class::Upright
    }

    /// Whether it stands on its legs.
    pub fn stands(&self) -> bool {
        self.rests && self.class < Class::Hard
    }
}

/// One line of the stability map.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// Direction of the speed.
    pub way: Way,
    /// What the engines do after contact.
    pub after: After,
    /// Slope, degrees; least and median critical speed, m/s.
    pub points: Vec<(f64, f64, f64)>,
}

/// The study of one vehicle.
#[derive(Clone, Debug)]
pub struct Study {
    /// Name of the vehicle.
    pub vehicle: String,
    pub(crate) machine: Vehicle,
    pub(crate) spread: Dispersions,
    pub(crate) believed: board::Vehicle,
    seed: u64,
}

/// What the study finds.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Name of the vehicle.
    pub vehicle: String,
    /// The closed forms.
    pub geometry: Geometry,
    /// Draws at each point of the map.
    pub draws: u64,
    /// The map.
    pub boundaries: Vec<Boundary>,
    /// Landings over the whole box, by which the envelope is chosen.
    pub survey: Survey,
    /// The envelope.
    pub envelope: Envelope,
    /// Landings inside the envelope.
    pub inside: Landings,
    /// The same ones with everything shut at contact.
    pub inside_shut: Landings,
    /// Landings with slope and speed at the envelope's limits.
    pub corner: Landings,
}

impl Findings {
    /// The landings with their headings.
    pub fn tables(&self) -> [(&'static str, &Landings); 3] {
        [
            ("Inside", &self.inside),
            ("Inside, everything shut at contact", &self.inside_shut),
            ("At the envelope's corner, steepest and fastest", &self.corner),
        ]
    }
}

/// Figures of the closed forms.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// Distance of the nearest edge of the feet from the centre of mass, across it, m.
    pub edge_m: f64,
    /// Height of the centre of mass over the feet, m.
    pub height_m: f64,
    /// Radius of gyration about the horizontal, squared, m².
    pub gyration_m2: f64,
}

impl Geometry {
    /// Slope on which the centre of mass stands over the lower edge, rad.
    pub fn static_rad(&self) -> f64 {
        libm::atan2(self.edge_m, self.height_m)
    }

    /// Downhill speed at which a level lander whose feet stick falls over its upper feet and trips on the lower
    /// ones, m/s; infinite where the second impact stops it. Too high where ω₁ b exceeds the sink rate: the upper
    /// feet lift off then. See the head of this module.
    pub fn rocks_m_s(&self, slope_rad: f64, v_down_m_s: f64) -> f64 {
        let gravity = icd::constants::MOON_GRAVITY_M_S2;
        let (b, h) = (self.edge_m, self.height_m);
        let inertia = self.gyration_m2 + b * b + h * h;
        let (sin, cos) = libm::sincos(slope_rad);
        let lift = 1.0 - libm::cos((self.static_rad() - slope_rad).max(0.0));
        let w3_2 = 2.0 * gravity * libm::hypot(b, h) * lift / inertia;
        let kept = (self.gyration_m2 + h * h - b * b) / inertia;
        if kept <= 0.0 {
            return f64::INFINITY;
        }
        let w2_2 = w3_2 / (kept * kept);
        let w1_2 = w2_2 - 2.0 * gravity * (h * (1.0 - cos) + b * sin) / inertia;
        ((inertia * libm::sqrt(w1_2.max(0.0)) - b * v_down_m_s) / h).max(0.0)
    }

    /// Downhill speed that trips a lander whose feet stick, m/s; see the head of this module.
    pub fn trips_m_s(&self, slope_rad: f64) -> f64 {
        let gravity = icd::constants::MOON_GRAVITY_M_S2;
        let arm_m = libm::hypot(self.edge_m, self.height_m);
        let lift = 1.0 - libm::cos((self.static_rad() - slope_rad).max(0.0));
        let inertia = self.gyration_m2 + arm_m * arm_m;
        libm::sqrt(2.0 * gravity * arm_m * lift * inertia) / self.height_m
    }
}

impl Study {
    /// The study of a vehicle file; `seed` keys all draws.
    pub fn of(file: &VehicleFile, seed: u64) -> Self {
        Self {
            vehicle: file.machine.name.clone(),
            machine: file.machine.clone(),
            spread: file.dispersions,
            believed: unaided(file, LEFT[1] * file.machine.propellant.capacity_kg),
            seed,
        }
    }

    /// The same study with other draws.
    pub fn with_seed(&self, seed: u64) -> Self {
        Self { seed, ..self.clone() }
    }

    /// The whole study: `draws` landings at each point of the map, a survey of `surveyed`, then `landings` inside
    /// the envelope and a quarter of them in each other table, drawn by `fresh`, a seed that has chosen nothing.
    pub fn findings(&self, draws: u64, surveyed: u64, landings: u64, fresh: u64) -> Findings {
        let lines =
            [(Way::Down, After::Shut), (Way::Down, After::Settled), (Way::Across, After::Settled)];
        let survey = self.survey(After::Settled, surveyed);
        let envelope = survey.envelope();
        let other = self.with_seed(fresh);
        let tried = |after, at_limits, count| other.inside(&envelope, after, at_limits, count);
        Findings {
            vehicle: self.vehicle.clone(),
            geometry: self.geometry(),
            draws,
            boundaries: lines
                .iter()
                .map(|(way, after)| self.boundary(*way, *after, draws))
                .collect(),
            survey,
            envelope,
            inside: tried(After::Settled, false, landings),
            inside_shut: tried(After::Shut, false, landings.div_ceil(4)),
            corner: tried(After::Settled, true, landings.div_ceil(4)),
        }
    }

    pub(crate) fn mass(&self, propellant_kg: f64) -> MassProperties {
        mass_properties(&self.machine.dry, &self.machine.propellant, propellant_kg)
    }

    /// The lander of the closed forms, with the propellant of a median draw.
    pub fn geometry(&self) -> Geometry {
        let mass = self.mass(0.5 * (LEFT[0] + LEFT[1]) * self.machine.propellant.capacity_kg);
        let feet = &self.machine.legs.p_BF_B;
        let low_m = feet.iter().map(|p| p[2]).fold(f64::INFINITY, f64::min);
        let mut around: Vec<[f64; 2]> = feet.iter().map(|p| [p[0], p[1]]).collect();
        around.sort_by(|a, b| libm::atan2(a[1], a[0]).total_cmp(&libm::atan2(b[1], b[0])));
        let edges = around.iter().zip(around.iter().cycle().skip(1));
        let edge_m = edges.map(|(a, b)| {
            let length_m = libm::hypot(b[0] - a[0], b[1] - a[1]);
            (a[0] * b[1] - a[1] * b[0]).abs() / length_m
        });
        Geometry {
            edge_m: edge_m.fold(f64::INFINITY, f64::min),
            height_m: mass.p_BC_B.z - low_m,
            gyration_m2: mass.inertia_kg_m2[(0, 0)] / mass.mass_kg,
        }
    }

    /// Landing number `number` of the study.
    pub fn land(&self, meeting: &Meeting, number: u64) -> Drop {
        drop::fall(self, meeting, &Draw::new(self.seed, number))
    }

    /// Speed up to which draw `number` stands, m/s; 0 when it does not stand at rest either. Not halved: one
    /// that slides fast may stand where a slower one trips.
    fn critical_m_s(&self, slope_rad: f64, way: Way, after: After, number: u64) -> f64 {
        let stands =
            |v_m_s: f64| self.land(&Meeting { slope_rad, v_m_s, way, after }, number).stands();
        let steps = (V_M_S_MAX / V_STEP_M_S).round() as u32;
        let speeds = (0..=steps).map(|n| f64::from(n) * V_STEP_M_S);
        speeds.take_while(|v_m_s| stands(*v_m_s)).last().unwrap_or(0.0)
    }

    /// The boundary by `draws` draws at every slope of [`SLOPES_DEG`].
    pub fn boundary(&self, way: Way, after: After, draws: u64) -> Boundary {
        let all: Vec<(usize, u64)> =
            (0..SLOPES_DEG.len()).flat_map(|n| (0..draws).map(move |draw| (n, draw))).collect();
        let speeds: Vec<f64> = all
            .par_iter()
            .map(|(n, draw)| self.critical_m_s(SLOPES_DEG[*n].to_radians(), way, after, *draw))
            .collect();
        let points =
            SLOPES_DEG.iter().zip(speeds.chunks(draws.max(1) as usize)).map(|(deg, of)| {
                let mut of = of.to_vec();
                of.sort_by(f64::total_cmp);
                (
                    *deg,
                    of.first().copied().unwrap_or(0.0),
                    of.get(of.len() / 2).copied().unwrap_or(0.0),
                )
            });
        Boundary { way, after, points: points.collect() }
    }
}

#[cfg(test)]
mod tests;
