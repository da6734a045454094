//! Navigation errors of one flight against their own standard deviations:
//! `cargo run --release -p frigoris-rig --example navigation -- FILE [EVERY_S [FROM_S [RUN]]]`.

use icd::frames::{B, I};
use icd::rotation::Quaternion;
use rig::closed_loop::{Stand, fly};
use rig::record::Recording;
use rig::scenario::Scenario;
use std::path::Path;

fn main() -> miette::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |i: usize, other: f64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(other);
    let file = arguments.first().map_or("scenarios/m2-nominal.toml", String::as_str);
    let (every_s, from_s) = (number(1, 60.0), number(2, 0.0));
    let stand = Stand::new(Scenario::read(Path::new(file))?)?;
    let mut next_s = from_s;
    println!(
        "     t_s  error: along  across      up  σ horizontal  σ up   v along across  up      σ horizontal  up     σ attitude"
    );
    fly(&stand, number(3, 0.0).abs() as u64, Recording::Full, |frame| {
        if frame.t_s < next_s {
            return;
        }
        next_s = frame.t_s + every_s - 1e-6;
        let nav = &frame.telemetry.nav;
        let (p, v) = (frame.view.p_LB_L.si(), frame.view.v_LB_L.si());
        let moon = stand.site.p_ML_M.norm();
        let up = nalgebra::Vector3::new(p.x, p.y, p.z + moon).normalize();
        let forward = (v - up * v.dot(&up)).normalize();
        let right = forward.cross(&up);
        let dp = nalgebra::Vector3::from(nav.p_LB_L) - p;
        let dv = nalgebra::Vector3::from(nav.v_LB_L) - v;
        let estimate: Quaternion<I, B> = Quaternion::from_si(nav.q_IB);
        let turn = (frame.view.q_IB.inverse() * estimate).log();
        println!(
            "{:8.1} {:10.1} {:9.1} {:9.1} {:10.1} {:9.1} {:10.3} {:7.3} {:7.3} {:10.3} {:8.3} {:10.6} {:9.6} {:9.6} {:9.6}",
            frame.t_s,
            dp.dot(&forward),
            dp.dot(&right),
            dp.dot(&up),
            nav.sigma_horizontal_m,
            nav.sigma_altitude_m,
            dv.dot(&forward),
            dv.dot(&right),
            dv.dot(&up),
            nav.sigma_v_horizontal_m_s,
            nav.sigma_v_up_m_s,
            nav.sigma_attitude_rad,
            turn.x,
            turn.y,
            turn.z,
        );
    })?;
    Ok(())
}
