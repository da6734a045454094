use rig::closed_loop::{Simulation, Stand};
use rig::scenario::Scenario;
use std::path::Path;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let every: u64 = args.get(2).map_or(500, |a| a.parse().unwrap());
    let run: u64 = args.get(3).map_or(0, |a| a.parse().unwrap());
    let stand = Stand::new(Scenario::read(Path::new(&args[1])).unwrap()).unwrap();
    let load = stand.load(run);
    let mut s = Simulation::new(&stand, &load, run).unwrap();
    let mut n = 0u64;
    let mut phase = None;
    while s.world().ended().is_none() && n < 200_000 {
        s.step();
        let d = *s.flight().down();
        for e in s.flight().events() {
            println!("      {:.2} {}", n as f64 * 0.02, e.name());
        }
        if n % every == 0 || phase != Some(d.phase) {
            let w = s.world().state();
            println!(
                "{:7.2} {:10} alt {:8.1} navalt {:8.1} v_up {:7.2} vh {:7.2} dr {:9.1} tgo {:6.1} thr {:.3} main {} m {:.1} prop {:.1} err {:.3} scale",
                n as f64 * 0.02,
                d.phase.name(),
                d.guidance.altitude_m,
                d.nav.altitude_m,
                d.nav.v_up_m_s,
                d.nav.v_horizontal_m_s,
                d.guidance.downrange_m,
                d.guidance.tgo_s,
                d.guidance.throttle,
                d.control.main,
                d.nav.mass_kg,
                w.propellant_kg,
                nalgebra::Vector3::from(d.control.error_B_rad).norm()
            );
            phase = Some(d.phase);
        }
        n += 1;
    }
    println!("{:?} {:?}", n as f64 * 0.02, s.world().ended());
}
