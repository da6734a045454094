//! How the machine answers its commands: engines and jets.
pub(crate) mod body;
pub(crate) mod felt;
pub(crate) mod fit;
pub(crate) mod levels;
use crate::evidence::Evidence;
use crate::mission::Mission;
use crate::replayed::Replayed;
pub fn dev(mission: &Mission, evidence: &Evidence, replayed: &Replayed) {
    use levels::*;
    let vehicle = mission.stand.scenario.machine();
    let end = felt::airborne(evidence);
    let t0 = std::time::Instant::now();
    let course = Course::of(evidence, replayed, end);
    let series: Vec<Series> = (0..THRUSTERS).map(|n| course.series(&vehicle, n, &[])).collect();
    eprintln!("levels {:?} cycles {} of {}", t0.elapsed(), end, evidence.cycles.len());
    let used = felt::used_kg(&series, end);
    let felt = felt::Felt::of(
        &vehicle,
        evidence,
        &course.ticks,
        &used,
        mission.load.vehicle.propellant_kg,
    );
    eprintln!("felt {:?}", t0.elapsed());
    let r: Vec<body::Six> = (0..end)
        .map(|k| {
            let body = &felt.bodies[k / felt::BLOCK];
            let mut r = felt.pushed[k];
            for n in 0..THRUSTERS {
                let spec = engine(&vehicle, n);
                let g = body.to_force(
                    &spec.p_BA_B.into(),
                    &(nalgebra::Vector3::from(spec.d_B) * spec.thrust_N),
                );
                r -= fit::split(&g, series[n].level[k], series[n].turning[k]);
            }
            r
        })
        .collect();
    let dispersions = mission.stand.scenario.vehicle.dispersions;
    let given = fit::Given {
        vehicle: &vehicle,
        dispersions: &dispersions,
        felt: &felt,
        series: &series,
        used_kg: &used,
    };
    let fit = fit::Fit::of(&given, &r);
    eprintln!("fit {:?}", t0.elapsed());
    eprintln!(
        "in sigmas: {}",
        (45..55)
            .map(|i| format!("{:.1}", fit.coefficients[i] / fit.prior[i]))
            .collect::<Vec<_>>()
            .join(" ")
    );
    let mut block: Vec<[f64; 6]> = vec![];
    for k in 0..end {
        let x: [f64; 6] = std::array::from_fn(|c| fit.we[k][c] / fit.w[k][c].max(1e-9).sqrt());
        if felt.valid[k] == [true; 2] {
            block.push(x);
        }
        if k % 1500 == 1499 {
            let n = block.len().max(1) as f64;
            let mean: Vec<f64> =
                (0..6).map(|c| block.iter().map(|r| r[c]).sum::<f64>() / n * n.sqrt()).collect();
            let sd: Vec<f64> = (0..6)
                .map(|c| (block.iter().map(|r| (r[c]).powi(2)).sum::<f64>() / n).sqrt())
                .collect();
            let sd10: Vec<f64> = (0..6)
                .map(|c| {
                    let m: Vec<f64> = block
                        .chunks(25)
                        .map(|b| b.iter().map(|r| r[c]).sum::<f64>() / b.len() as f64)
                        .collect();
                    (m.iter().map(|x| x * x).sum::<f64>() / m.len().max(1) as f64).sqrt() * 5.0
                })
                .collect();
            let mx: Vec<f64> =
                (0..6).map(|c| block.iter().map(|r| r[c].abs()).fold(0.0, f64::max)).collect();
            let f =
                |v: &Vec<f64>| v.iter().map(|x| format!("{x:6.2}")).collect::<Vec<_>>().join(" ");
            eprintln!(
                "{k:6} n {n:5} mean*sqrt n {} | sd {} | sd25*5 {} | max {}",
                f(&mean),
                f(&sd),
                f(&sd10),
                f(&mx)
            );
            block.clear();
        }
    }
    let t1 = std::time::Instant::now();
    for i in [0, 1, 3, 8] {
        let (a, b) = fit.worth(&given, i, &series[i].level, &series[i].turning);
        eprintln!(
            "{i} along {a:.3e} square {b:.3e} best {:.4} gain {:.2} {:?}",
            a / b,
            a * a / b / 2.0,
            t1.elapsed()
        );
    }
}
