use rig::touchdown_study::*;
use rig::scenario::VehicleFile;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let file = VehicleFile::read(std::path::Path::new(&a[0])).unwrap();
    let s = Study::of(&file, 4711);
    println!("{:?} static {:.1}", s.geometry(), s.geometry().static_rad().to_degrees());
    let draws: u64 = a[1].parse().unwrap();
    for after in [After::Shut, After::Settled] { for way in [Way::Down, Way::Across, Way::Up] {
        let t = std::time::Instant::now();
        let b = s.boundary(way, after, draws);
        println!("{way:?} {after:?} {:.1} s", t.elapsed().as_secs_f64());
        for (d, l, m) in &b.points { print!(" {d}:{l:.2}/{m:.2}"); }
        println!();
    }}
    for v in [0.5, 0.8, 1.0] { for after in [After::Shut, After::Settled] { for lim in [false, true] {
    let l = s.inside(v, after, lim, 1000, 200);
    println!("v {v} {after:?} limits {lim}: stand {:?} {:?}", l.stand.count, l.classes.iter().map(|c| c.1.count).collect::<Vec<_>>());
    }}}
}
