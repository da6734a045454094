use rig::margins::Study;
use rig::scenario::Scenario;
fn main() -> miette::Result<()> {
    for file in std::env::args().skip(1) {
        let mut scenario = Scenario::read(std::path::Path::new(&file))?;
        if let (Ok(z), Some(t)) = (std::env::var("ZETA"), &mut scenario.vehicle.machine.tanks) {
            t.damping_ratio = z.parse().unwrap();
        }
        let study = Study::of(scenario, 0)?;
        println!("== {file}");
        let mut worst = [(0.0, 1e9, 0.0, 0.0); 3];
        let mut gm = [(1e9, 0.0); 3];
        let mut pm = [(1e9, 0.0); 3];
        let mut dm = [(1e9, 0.0); 3];
        let mut unstable = [0; 3];
        for p in &study.points {
            for a in 0..3 {
                let m = &p.margins[a];
                let open = p.loops[a].plant.open_slosh();
                let d = m.slosh.1 - open.1;
                if d < worst[a].1 { worst[a] = (p.at.t_s, d, m.slosh.1, open.1); }
                let g = 20.0 * (m.gain_up.log10().min(-m.gain_down.log10()));
                if g < gm[a].0 { gm[a] = (g, p.at.t_s); }
                if m.phase_rad.to_degrees() < pm[a].0 { pm[a] = (m.phase_rad.to_degrees(), p.at.t_s); }
                if m.delay_s < dm[a].0 { dm[a] = (m.delay_s, p.at.t_s); }
                if !m.stable { unstable[a] += 1; }
            }
        }
        for a in 0..3 {
            println!("  axis {a}: worst slosh change at {:.0} s {:+.2} % -> {:.2} % (open {:.2});  GM {:.1} dB at {:.0}; PM {:.1} at {:.0}; DM {:.0} ms at {:.0}; unstable {} of {}",
                worst[a].0, 100.0 * worst[a].1, 100.0 * worst[a].2, 100.0 * worst[a].3, gm[a].0, gm[a].1, pm[a].0, pm[a].1, 1e3 * dm[a].0, dm[a].1, unstable[a], study.points.len());
        }
        if std::env::var("SCAN").is_ok() {
            for (kr, kp, ki) in [(1.8,0.6,0.5),(2.4,0.6,0.5),(3.0,0.6,0.5),(3.6,0.6,0.5),(3.0,0.6,0.3),(3.0,0.9,0.5),(3.6,0.9,0.5)] {
                let mut w = [1e9f64; 8];
                let mut t = [0.0; 8];
                let mut up = |i: usize, x: f64, at: f64| if x < w[i] { w[i] = x; t[i] = at; };
                for p in study.points.iter().step_by(3) { for a in [0, 2] {
                    let mut l = p.loops[a];
                    l.gains.rate_1_s = kr; l.gains.attitude_1_s = kp; l.gains.integral_1_s2 = ki;
                    let m = l.margins();
                    let g = 20.0 * (m.gain_up.log10().min(-m.gain_down.log10()));
                    let o = 2 * a;
                    up(o, g, p.at.t_s); up(o + 1, m.phase_rad.to_degrees(), p.at.t_s); up(o + 2, 1e3 * m.delay_s, p.at.t_s); up(o + 3, 100.0 * m.slosh.1, p.at.t_s);
                } }
                println!("  {kr} {kp} {ki}: x GM {:.1}@{:.0} PM {:.0}@{:.0} DM {:.0}@{:.0} z {:.2}@{:.0} | z GM {:.1} PM {:.0} DM {:.0} z {:.2}", w[0],t[0],w[1],t[1],w[2],t[2],w[3],t[3],w[4],w[5],w[6],w[7]);
            }
        }
        if std::env::var("DUMP").is_ok() {
            for p in study.points.iter().rev().step_by(8) {
                let l = &p.loops[0].plant; let q = &l.liquid; let a = &l.actuator;
                println!("DUMP {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", p.at.t_s, l.inertia_kg_m2, p.loops[0].believed_kg_m2, q.takes, q.rides, q.free, q.leans, q.omega_rad_s, q.zeta, a.gain, a.delay_s, a.lag_s, a.held as u8, p.mass_kg, p.thrust_m_s2);
            }
        }
        if std::env::var("ALL").is_ok() {
            for p in study.points.iter().rev().step_by(5) {
                let l = &p.loops[0].plant;
                let m = &p.margins[0];
                println!("   {:7.0} m {:5.0} a {:.2} I {:.0} (b {:.0}) d {:.3} omega0 {:.2} zeta {:.4} free w {:.2} z {:.4} closed w {:.2} z {:.4}  cross {:.2} gain {:.3} delay {:.3} held {} up {:.1} down {:.3} pm {:.1}",
                   p.at.t_s, p.mass_kg, p.thrust_m_s2, l.inertia_kg_m2, p.loops[0].believed_kg_m2, l.liquid.rides, l.liquid.omega_rad_s, l.liquid.zeta, l.open_slosh().0, l.open_slosh().1, m.slosh.0, m.slosh.1, m.crossover_rad_s, l.actuator.gain, l.actuator.delay_s, l.actuator.held, m.gain_up, m.gain_down, m.phase_rad.to_degrees());
            }
        }
    }
    Ok(())
}
