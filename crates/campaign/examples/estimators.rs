//! Every estimator on every problem of known probability, many times: `estimators [REPETITIONS [SEED]]`.

use campaign::rare::proof::{CASES, PROBABILITIES, repeat};

fn main() {
    let number = |place: usize, otherwise: u64| {
        std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let (repetitions, seed) = (number(1, 1000), number(2, 1));
    println!(
        "| method | problem | p | batches × particles | covered | mean/p | scatter (claimed) | runs | plain Monte Carlo needs |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    for case in CASES.iter().filter(|c| {
        std::env::args().nth(3).is_none_or(|m| c.method.name() == m)
            && std::env::args().nth(4).is_none_or(|m| c.known.name().contains(&m))
    }) {
        for (which, p) in PROBABILITIES.iter().enumerate() {
            let score = repeat(case, which, repetitions, seed << 32);
            let (batches, particles) = case.size[which];
            println!(
                "| {} | {} | {p:.0e} | {batches} × {particles} | {:.1} % | {:.3} ± {:.3} | {:.3} ({:.3}) | {:.0} | × {:.1} |",
                case.method.name(),
                case.known.name(),
                100.0 * score.covered as f64 / score.repetitions as f64,
                score.mean,
                score.error,
                score.scatter,
                score.claimed,
                score.runs,
                score.gain
            );
        }
    }
}
