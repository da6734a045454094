//! Random states from which a descent exists by construction.
//!
//! A random thrust history within the limits is integrated backwards from the target; where its path keeps
//! to glide slope and speed, its first state is feasible, and the history is the witness. No solver decides.
#![allow(dead_code)] // tests, bench and examples each use a part

use flight::guidance::convex::{Field, Limits, Start, Target};
use nalgebra::Vector3;

/// Share of thrust that the witness keeps away from both bounds: the bound above is linear in mass, which
/// takes up to 0.3 % from it.
const MARGIN: f64 = 0.01;

/// Numbers between 0 and 1 from a counter [Steele2014].
pub struct Random(pub u64);

impl Random {
    pub fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

/// The Moon, with the shape of its field and its rotation at a latitude of 60° [IAU2015B3]; rounded.
pub fn moon() -> Field {
    let rate = 2.6617e-6;
    Field {
        gravity_m_s2: 1.622,
        curvature_per_m: 1.0 / 1.7374e6,
        w_L: Vector3::new(0.0, 0.5 * rate, 0.866 * rate),
    }
}

/// A lander of the class flown here: main engine always on, six assist engines from none to full; assumed.
pub fn lander() -> Limits {
    Limits {
        thrust_N: [420.0, 1716.0],
        exhaust_m_s: 2900.0,
        dry_kg: 340.0,
        pointing_rad: Some(45f64.to_radians()),
        turning: None,
        upright: None,
        glide_slope_rad: Some(10f64.to_radians()),
        apex_m: 2.0,
        speed_m_s: Some(40.0),
        speed_per_m: 0.05,
    }
}

pub fn target() -> Target {
    Target { p_L: Vector3::zeros(), v_L: Vector3::new(0.0, 0.0, -1.0) }
}

/// A state and a duration in which it reaches the target, for `nodes` nodes.
pub fn feasible(random: &mut Random, limits: &Limits, field: &Field, nodes: usize) -> (Start, f64) {
    loop {
        if let Some(found) = draw(random, limits, field, nodes) {
            return found;
        }
    }
}

fn draw(random: &mut Random, limits: &Limits, field: &Field, nodes: usize) -> Option<(Start, f64)> {
    let duration_s = random.between(15.0, 70.0);
    let h = duration_s / (nodes - 1) as f64;
    let [low, high] = limits.thrust_N;
    let (low, high) = (low * (1.0 + MARGIN), high * (1.0 - MARGIN));
    let most = limits.pointing_rad.unwrap() - 0.01;
    // Smooth histories: a mean and two waves each, limited.
    let mut wave = |mean: f64, size: f64| {
        let (a, b) = (random.between(-size, size), random.between(-size, size));
        let (c, d) = (random.between(1.0, 6.0), random.between(1.0, 12.0));
        let (e, f) = (random.between(0.0, 6.3), random.between(0.0, 6.3));
        move |part: f64| mean + a * libm::sin(c * part + e) + b * libm::sin(d * part + f)
    };
    let (thrust, east, north) = (wave(950.0, 700.0), wave(0.0, 0.6), wave(0.0, 0.6));
    let mut mass_kg = random.between(limits.dry_kg, limits.dry_kg + 120.0);
    let at = |k: usize, mass_kg: f64| {
        let part = k as f64 / (nodes - 1) as f64;
        let (x, y) = (east(part), north(part));
        let tilt = libm::hypot(x, y);
        let angle = tilt.min(most);
        let across = libm::sin(angle) / tilt.max(1e-9);
        let d = Vector3::new(x * across, y * across, libm::cos(angle));
        d * (thrust(part).clamp(low, high) / mass_kg)
    };
    let end = target();
    let (mut p, mut v) = (end.p_L, end.v_L);
    let mut later = at(nodes - 1, mass_kg);
    for k in (0..nodes - 1).rev() {
        // Mass and thrust acceleration of the node before depend on each other.
        let (mut before_kg, mut now) = (mass_kg, later);
        for _ in 0..8 {
            let spent = 0.5 * h * (now.norm() + later.norm()) / limits.exhaust_m_s;
            before_kg = mass_kg * libm::exp(spent);
            now = at(k, before_kg);
        }
        // Gravity changes little over a step: evaluated at its end twice, then at the path found.
        let (after, mut place, mut speed) = (field.acceleration(&p, &v), p, v);
        for _ in 0..3 {
            let pull = field.acceleration(&place, &speed);
            speed = v - (now + later + pull + after) * (0.5 * h);
            place = p - speed * h - (now + pull) * (h * h / 3.0) - (later + after) * (h * h / 6.0);
        }
        (p, v, mass_kg, later) = (place, speed, before_kg, now);
        if k > 0 && !inside(&p, &v, limits) {
            return None;
        }
    }
    Some((Start { p_L: p, v_L: v, mass_kg }, duration_s))
}

fn inside(p: &Vector3<f64>, v: &Vector3<f64>, limits: &Limits) -> bool {
    let slope = limits.glide_slope_rad.unwrap();
    let across = libm::hypot(p.x, p.y) * libm::sin(slope);
    across <= (p.z + limits.apex_m) * libm::cos(slope)
        && v.norm() <= limits.speed_m_s.unwrap() + limits.speed_per_m * p.z
}

/// A target at rest but for the last metre a second.
pub fn at(p_L: &Vector3<f64>) -> Target {
    Target { p_L: *p_L, v_L: Vector3::new(0.0, 0.0, -1.0) }
}

/// 500 m up in the approach, with 16 kg for the rest of the descent; the ground is the only limit of place,
/// so that it does not depend on the target.
pub fn divert() -> (Start, Limits, Field) {
    let start = Start {
        p_L: Vector3::new(0.0, 0.0, 500.0),
        v_L: Vector3::new(4.0, 0.0, -18.0),
        mass_kg: 450.0,
    };
    let limits = Limits {
        dry_kg: 434.0,
        glide_slope_rad: Some(0.0),
        pointing_rad: Some(20f64.to_radians()),
        ..lander()
    };
    (start, limits, moon())
}

/// Furthest place in the direction `d_L` that can be reached at all, m: over durations of two seconds' grid,
/// then of a twentieth of a second about the best, for the reach has a sharp peak where propellant runs out.
pub fn furthest_m(
    start: &Start,
    limits: &Limits,
    field: &Field,
    d_L: &Vector3<f64>,
    nodes: usize,
) -> f64 {
    let asked = (start, &at(&Vector3::zeros()), limits, field);
    let mut best = (0.0, 40.0);
    let mut look = |s: f64| {
        let wish = super::reference::Wish::Furthest(*d_L);
        let problem = super::reference::problem::<3>(asked, s, nodes, None, &wish);
        let answer = super::reference::solve(&problem);
        if answer.solved() && answer.reach_m > best.0 {
            best = (answer.reach_m, s);
        }
        best.1
    };
    let mut about = 40.0;
    for i in 10..35 {
        about = look(2.0 * f64::from(i));
    }
    for i in -39..40 {
        look(about + 0.05 * f64::from(i));
    }
    best.0
}

/// Furthest target in that direction to which a divert is planned, m; bisection.
pub fn used_m(
    start: &Start,
    limits: &Limits,
    field: &Field,
    d_L: &Vector3<f64>,
    far_m: f64,
) -> f64 {
    let mut planner = flight::guidance::convex::Planner::<50>::new(*field);
    let (mut low, mut high) = (0.0, 1.2 * far_m);
    for _ in 0..10 {
        let middle = 0.5 * (low + high);
        let course = planner.divert(start, &at(&(d_L * middle)), limits);
        if matches!(course, flight::guidance::convex::Course::Planned(_)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}
