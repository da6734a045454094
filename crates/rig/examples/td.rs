use rig::scenario::VehicleFile;
use rig::touchdown_study::*;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let file = VehicleFile::read(std::path::Path::new(&a[0])).unwrap();
    let s = Study::of(&file, 4711);
    let n: u64 = a[1].parse().unwrap();
    for v in [0.0, 0.6, 1.0] {
        for after in [After::Shut, After::Settled] {
            let l = s.inside(v, after, false, 5000, n);
            println!(
                "v {v} {after:?}: stand {:?} sliding {} {:?}",
                l.stand.count,
                l.sliding.count,
                l.classes.iter().map(|c| c.1.count).collect::<Vec<_>>()
            );
        }
    }
    for k in 0..60u64 {
        let d = s.land(
            &Meeting { slope_rad: 0.1, v_m_s: 0.0, way: Way::Any, after: After::Settled },
            5000 + k,
        );
        if !d.rests {
            println!(
                "{k} {:?} {:?} bounce {:?} tilt {:?} hull {:?}",
                d.class,
                d.last,
                d.measures.bounce_m,
                d.measures.residual_tilt_deg,
                d.measures.hull_load_N
            );
        }
    }
}
