//! `frigoris investigate FILE.toml --points`: what a few published points say of a loss.
//!
//! Owns: the progress, the lines, the files. Does not own: the method (`inquiry::points`).

use crate::plain::say;
use crate::progress::bar;
use crate::shipped::Unpacked;
use inquiry::points::{Options, Points, Told, investigate, sheet, words};
use inquiry::report;
use inquiry::work::Work;
use miette::IntoDiagnostic;
use std::path::{Path, PathBuf};

/// Families and sets of causes that are told on the terminal.
const TOLD: usize = 8;

/// Investigates, tells, writes. Always `true`: nothing is judged.
///
/// - `out`: folder for the report and the journal; `None`: beside the current folder's other results.
pub fn run(file: &Path, out: Option<&Path>, options: &Options) -> miette::Result<bool> {
    let mut unpacked = Unpacked::default();
    let path = unpacked.locate_points(file)?;
    let points = Points::read(&path)?;
    let name =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let out = out.map_or_else(|| PathBuf::from("out").join(&name), Path::to_path_buf);
    let work = Work::open(&out, &format!("points {}", campaign::code())).into_diagnostic()?;
    let bar = bar(None, "{msg}  {elapsed}");
    let tell = |what: &str| {
        bar.set_message(what.to_string());
        if bar.is_hidden() {
            let _ = say(&mut std::io::stdout().lock(), what);
        }
    };
    let told = investigate(&points, options, &work, &tell).into_diagnostic()?;
    bar.finish_and_clear();
    let quoted = |path: &Path| campaign::slurm::quoted(&path.display().to_string());
    let Options { flights, seed } = options;
    let repeat = format!(
        "frigoris investigate {} --points --flights {flights} --seed {seed} --out {}",
        quoted(file),
        quoted(&out)
    );
    let written = report::write(&out, &sheet(&points, &told, vec![repeat])).into_diagnostic()?;
    let mut stdout = std::io::stdout().lock();
    for line in lines(&told) {
        say(&mut stdout, &line).into_diagnostic()?;
    }
    for file in written {
        say(&mut stdout, &format!("written: {}", file.display())).into_diagnostic()?;
    }
    Ok(true)
}

/// What is told, in a few lines.
fn lines(told: &Told) -> Vec<String> {
    let percent = |p: f64, sigma: f64| format!("{:5.1} % ± {:4.1}", 100.0 * p, 100.0 * sigma);
    let mut out = vec![told.title.clone()];
    out.extend(told.points.iter().map(|point| format!("  {point}")));
    out.push(told.answer.clone());
    if !told.enough {
        return out;
    }
    let shares = [
        ("Families of causes, alone or with others:", &told.families),
        ("Exact combinations of them:", &told.together),
    ];
    for (head, shares) in shares {
        out.push(head.to_string());
        for share in shares.iter().take(TOLD).filter(|share| share.probability > 1e-3) {
            out.push(format!("  {}  {}", percent(share.probability, share.sigma), share.name));
        }
    }
    out.push("Evidence, natural logarithm (prior beside it):".to_string());
    for of in told.evidence.iter().take(TOLD) {
        let (ln, sigma) = of.ln_evidence;
        out.push(format!("  {ln:6.2} ± {sigma:4.2}  ({:.4})  {}", of.prior, words(of)));
    }
    out.push("Sets of causes:".to_string());
    for of in told.combinations.iter().take(TOLD) {
        out.push(format!("  {}  {}", percent(of.share.probability, of.share.sigma), of.share.name));
    }
    out.push("What remains unknown:".to_string());
    out.extend(told.unknown.iter().map(|line| format!("  {line}")));
    out
}
