//! Apollo 11's powered descent again: its law with its targets over a spherical, turning Moon.
//!
//! Planar: the lander flies west over the equator of a Moon that turns against it. A point mass that points
//! where the law says and knows where it is. Only the distance at which the engine is lit may be shifted.
//! Refuses: attitude, landing radar, redesignation: the pilot's share is not in the plan.

use flight::guidance::apollo::{APOLLO_11, Apollo, Command, Program, State};
use icd::constants::{GM_MOON_M3_S2, MOON_ROTATION_RAD_S, STANDARD_GRAVITY_M_S2};
use nalgebra::{Vector2, Vector3};

/// A foot, m.
pub const FT: f64 = 0.3048;
const LB: f64 = 0.453_592_37;
/// Radius of the site, m: its vector in the erasable load.
const SITE_M: f64 = 1_735_418.0;
/// Perilune's state as planned: altitude, m, inertial speed and rate, m/s.
const IGNITION: [f64; 3] = [48_814.0 * FT, 5560.0 * FT, -4.0 * FT];
const MASS_KG: f64 = 33_664.0 * LB;
/// Specific impulse at the fixed point and throttled, s.
const ISP_S: [f64; 2] = [303.5, 299.0];
const CYCLE_S: f64 = 2.0;
const STEP_S: f64 = 0.1;

/// The lander at one time.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    pub t_s: f64,
    pub program: Program,
    pub fixed: bool,
    pub thrust_N: f64,
    /// Inertial speed, its vertical share, and speed over ground, m/s.
    pub speed_m_s: f64,
    pub v_up_m_s: f64,
    pub ground_m_s: f64,
    pub altitude_m: f64,
    pub to_go_m: f64,
    pub dv_m_s: f64,
}

/// Position and velocity in the plane, inertial, mass, and velocity change.
#[derive(Clone, Copy)]
struct Body {
    p: Vector2<f64>,
    v: Vector2<f64>,
    mass_kg: f64,
    dv_m_s: f64,
}

fn rate(body: &Body, thrust: Vector2<f64>) -> (Vector2<f64>, Vector2<f64>) {
    let r = body.p.norm();
    (body.v, body.p * (-GM_MOON_M3_S2 / (r * r * r)) + thrust / body.mass_kg)
}

/// One step of Runge and Kutta under a constant thrust.
fn step(body: &mut Body, thrust: Vector2<f64>, flow_kg_s: f64, h: f64) {
    let at = |k: (Vector2<f64>, Vector2<f64>), w: f64| Body {
        p: body.p + k.0 * w,
        v: body.v + k.1 * w,
        mass_kg: body.mass_kg - flow_kg_s * w,
        ..*body
    };
    let k1 = rate(body, thrust);
    let k2 = rate(&at(k1, 0.5 * h), thrust);
    let k3 = rate(&at(k2, 0.5 * h), thrust);
    let k4 = rate(&at(k3, h), thrust);
    body.p += (k1.0 + (k2.0 + k3.0) * 2.0 + k4.0) * (h / 6.0);
    body.v += (k1.1 + (k2.1 + k3.1) * 2.0 + k4.1) * (h / 6.0);
    let left_kg = body.mass_kg - flow_kg_s * h;
    if flow_kg_s > 0.0 {
        body.dv_m_s += thrust.norm() / flow_kg_s * libm::log(body.mass_kg / left_kg);
    }
    body.mass_kg = left_kg;
}

/// Up and forward (against the Moon's turn) at the site, which stands at `angle_rad`.
fn axes(angle_rad: f64) -> [Vector2<f64>; 2] {
    let (sin, cos) = libm::sincos(angle_rad);
    [Vector2::new(cos, sin), Vector2::new(sin, -cos)]
}

fn ground_speed(body: &Body) -> Vector2<f64> {
    body.v - Vector2::new(-body.p.y, body.p.x) * MOON_ROTATION_RAD_S
}

/// What the law is told, the site at `angle_rad`.
fn seen(body: &Body, angle_rad: f64, felt_m_s2: f64, tilt: f64) -> State {
    let [up, forward] = axes(angle_rad);
    let to_G = |v: Vector2<f64>| Vector3::new(v.dot(&up), 0.0, v.dot(&forward));
    State {
        p_m: to_G(body.p - up * SITE_M),
        v_m_s: to_G(ground_speed(body)),
        g_m_s2: to_G(rate(body, Vector2::zeros()).1),
        mass_kg: body.mass_kg,
        felt: [felt_m_s2, tilt],
    }
}

/// The whole descent.
pub struct Descent {
    /// One a second, from ignition to contact.
    pub points: Vec<Point>,
    /// Along the ground from ignition to the site, m.
    pub range_m: f64,
}

/// One row of the plan.
#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub t_s: f64,
    pub speed_m_s: f64,
    pub v_up_m_s: f64,
    pub altitude_m: f64,
    pub dv_m_s: f64,
}

/// The planned table.
pub fn planned() -> Vec<Event> {
    let text = include_str!("../../../../data/apollo-11/planned.csv");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |k: usize| cells[k].parse::<f64>().unwrap();
        Event {
            name: cells[0].to_string(),
            t_s: number(1),
            speed_m_s: number(2) * FT,
            v_up_m_s: number(3) * FT,
            altitude_m: number(4) * FT,
            dv_m_s: number(5) * FT,
        }
    };
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(row).collect()
}

impl Descent {
    /// Where the flight met an event of the plan: what the law decides is met when it decides it, low gate and
    /// contact at their altitude, the rest at its time.
    pub fn at(&self, event: &Event) -> &Point {
        let met = |point: &&Point| match event.name.as_str() {
            "throttle recovery" => point.t_s > APOLLO_11.trim.0 && !point.fixed,
            "high gate" => point.program != Program::P63,
            "low gate" | "probe contact" => point.altitude_m <= event.altitude_m,
            _ => point.t_s >= event.t_s,
        };
        self.points.iter().find(met).unwrap_or_else(|| panic!("{} was not met", event.name))
    }
}

/// Ignition by the rule, `shift_m` earlier along the ground.
fn ignition(shift_m: f64) -> (Body, f64) {
    let [altitude_m, speed_m_s, v_up] = IGNITION;
    let forward = (speed_m_s * speed_m_s - v_up * v_up).sqrt();
    // At the angle zero, moving towards negative angles.
    let start = Body {
        p: Vector2::new(SITE_M + altitude_m, 0.0),
        v: Vector2::new(v_up, -forward),
        mass_kg: MASS_KG,
        dv_m_s: 0.0,
    };
    let (trim_s, trim_N) = APOLLO_11.trim;
    let mut full = start;
    for _ in 0..(trim_s / STEP_S).round() as u32 {
        let against = full.v / -full.v.norm();
        step(&mut full, against * trim_N, trim_N / (ISP_S[1] * STANDARD_GRAVITY_M_S2), STEP_S);
    }
    let early_s = |angle_rad: f64| {
        let at = seen(&full, angle_rad, 0.0, 1.0);
        APOLLO_11.ignition.due_in_s(at.p_m, at.v_m_s)
    };
    let (mut near, mut far) = (-0.2, -0.4);
    for _ in 0..60 {
        let middle = 0.5 * (near + far);
        if early_s(middle) > 0.0 { far = middle } else { near = middle }
    }
    let turned = MOON_ROTATION_RAD_S * trim_s;
    (start, near - turned - shift_m / SITE_M)
}

/// Flies it; `shift_m`: how much farther from the site than by the rule the engine is lit.
pub fn descent(shift_m: f64) -> Descent {
    let (mut body, site_rad) = ignition(shift_m);
    let plan = APOLLO_11;
    let first = seen(&body, site_rad, 0.0, 1.0);
    let mut law = Apollo::new(&plan, first.p_m, first.v_m_s);
    let mut command = Command { d: Vector3::x(), thrust_N: 0.0 };
    let mut points = Vec::new();
    let steps = (CYCLE_S / STEP_S).round() as u32;
    for n in 0..1200 * steps / 2 {
        let t_s = f64::from(n) * STEP_S;
        let angle_rad = site_rad + MOON_ROTATION_RAD_S * t_s;
        let [up, forward] = axes(angle_rad);
        let every = if law.program == Program::P66 { steps / 2 } else { steps };
        if n % every == 0 {
            let at = seen(&body, angle_rad, command.thrust_N / body.mass_kg, command.d.x);
            command = law.cycle(&plan, &at, if n == 0 { 0.0 } else { f64::from(every) * STEP_S });
            if t_s < plan.trim.0 - 0.5 * STEP_S {
                law.fixed = true;
                command.thrust_N = plan.trim.1;
            }
        }
        if n % 10 == 0 {
            let local = body.p / body.p.norm();
            let ground = ground_speed(&body);
            let angle = libm::atan2(body.p.dot(&forward), body.p.dot(&up));
            points.push(Point {
                t_s,
                program: law.program,
                fixed: law.fixed,
                thrust_N: command.thrust_N,
                speed_m_s: body.v.norm(),
                v_up_m_s: body.v.dot(&local),
                ground_m_s: ground.norm(),
                altitude_m: body.p.norm() - SITE_M,
                to_go_m: -angle * SITE_M,
                dv_m_s: body.dv_m_s,
            });
        }
        if points.last().is_some_and(|point: &Point| point.altitude_m <= 12.0 * FT) {
            break;
        }
        let isp_s = if law.fixed && t_s >= plan.trim.0 { ISP_S[0] } else { ISP_S[1] };
        let flow_kg_s = command.thrust_N / (isp_s * STANDARD_GRAVITY_M_S2);
        let thrust = (up * command.d.x + forward * command.d.z) * command.thrust_N;
        step(&mut body, thrust, flow_kg_s, STEP_S);
    }
    let range_m = points[0].to_go_m;
    Descent { points, range_m }
}
