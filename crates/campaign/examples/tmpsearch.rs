use campaign::search::{Against, Request, Study};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let request = Request {
        file: a[1].clone().into(),
        against: Against::Resilient,
        runs: a[2].parse().unwrap(),
        seed: a.get(4).map(|s| s.parse().unwrap()),
        folder: a[3].clone().into(),
        resume: true,
    };
    let began = std::time::Instant::now();
    let study = Study::of(&request, &|p| eprintln!("{:.0} s {p:?}", began.elapsed().as_secs_f64()))
        .unwrap();
    println!(
        "{:?} {} {} {} {}",
        study.counts, study.flights, study.dimensions, study.found, study.resumed
    );
    for (n, l) in study.failures.iter().enumerate() {
        println!(
            "{} {:.2} {:?} {:?} {:.2?}\n     {:?} {:?} | {:?} ",
            n + 1,
            l.log_likelihood,
            l.classes,
            l.what,
            l.sizes,
            l.own.outcome,
            l.own.dispersed,
            l.other.as_ref().map(|o| (o.outcome, o.dispersed))
        );
        for a in &l.alike {
            println!("       {a}");
        }
    }
}
