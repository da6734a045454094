use rig::closed_loop::{Simulation, Stand};
use rig::scenario::Scenario;
use std::path::Path;
fn main() -> miette::Result<()> {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let stand = Stand::new(Scenario::read(Path::new(&a[0]))?)?;
    let run: u64 = a[1].parse().unwrap();
    let load = stand.load(run);
    let mut sim = Simulation::new(&stand, &load, run)?;
    let mut touched = None;
    let mut n = 0u64;
    loop {
        let e = sim.step();
        n += 1;
        let v = sim.world().view();
        if v.altitude_m < 0.9 && touched.is_none() {
            touched = Some(n);
        }
        if let Some(t0) = touched {
            if (n - t0) % 5 == 0 || e.sensors.touchdown.contains(&true) && n - t0 < 120 {
                let w = v.w_IB_B.si();
                println!(
                    "{:6.2} col {:4.2} ph {:?} alt {:6.3} vu {:6.3} v {:6.3} {:6.3} tilt {:5.1} w {:6.3} {:6.3} {:6.3} sw {:?} assist {:6.0} jets {:5.1} main {} margin {:?}",
                    (n - t0) as f64 * 0.02,
                    sim.flight().down().guidance.throttle,
                    sim.flight().down().phase,
                    v.altitude_m,
                    v.v_up_m_s,
                    v.v_LB_L.x(),
                    v.v_LB_L.y(),
                    v.tilt_rad.to_degrees(),
                    w.x,
                    w.y,
                    w.z,
                    e.sensors.touchdown.map(|b| b as u8),
                    v.assist_thrust_N,
                    v.jets_thrust_N,
                    v.main_thrust_N,
                    sim.world().landing().map(|l| (
                        l.stability.angle_rad.to_degrees() as i32,
                        (l.stability.margin_J_kg * 1e3) as i32
                    ))
                );
            }
            if n - t0 > 450 {
                break;
            }
        }
        if n > 200_000 {
            break;
        }
    }
    println!("{:?}", sim.world().touchdown());
    Ok(())
}
