mod fixture;
use fixture::*;
use truth::world::World;
fn cpu_ns() -> u64 { std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse().unwrap() }
#[test]
fn dbg() {
    let environment = environment(50);
    for (h, sensors) in [(400_000.0, false), (400_000.0, true), (14_000.0, true)] {
    for _ in 0..3 {
    let mut config = config(&environment, h);
    imperfect(&mut config);
    config.start.propellant_kg = 465.0;
    let mut world = World::new(&config, environment.clone(), 42, 7).unwrap();
    let t = cpu_ns();
    let mut n = 0; let mut rays=0;
    while n < 37000 && world.ended().is_none() {
        let s = if sensors { let s = world.sense(); rays += usize::from(s.rangefinder.is_some()); s.t } else { world.state().t };
        let mut a = icd::bus::Actuators::safe(s); a.new_frame = n % 5 == 0; a.main_open = true; a.assist_on_us = [95_000; 6]; a.jet_on_us = [12_000,0,0,12_000,0,12_000,12_000,0];
        if h < 20_000.0 { a.main_open = false; a.assist_on_us = [25_000;6]; }
        world.step(&a); n += 1;
    }
    println!("{h} sensors {sensors}: {n} cycles, {} ms, {} ns/step, {rays} {:?}", (cpu_ns() - t) as f64 * 1e-6, (cpu_ns() - t) / (4 * n as u64), world.ended());
    }}
}
