//! The matrix as a table in text, as CSV and as Parquet.

use super::plan::Plan;
use super::summary::Summary;
use rig::parquet_file;
use rig::record::WriteError;
use rig::statistics::Share;
use rig::verdict::Outcome;
use std::fmt::Write;
use std::path::Path;

/// Width of a column on the screen; longer heads are cut.
const COLUMN: usize = 15;

/// A share in percent, rounded the cautious way: only what all runs did is 100 %.
pub(super) fn percent(share: &Share) -> String {
    let percent = 100.0 * share.count as f64 / share.of.max(1) as f64;
    let shown = if share.count < share.of { percent.clamp(1.0, 99.0) } else { percent };
    if share.count == 0 { "0".to_string() } else { format!("{shown:.0}") }
}

/// The interval in percent.
pub(super) fn interval(share: &Share) -> String {
    format!("[{:.1}, {:.1}]", 100.0 * share.low, 100.0 * share.high)
}

/// Head of a row.
pub(super) fn row_name(plan: &Plan, at: [usize; 4]) -> String {
    format!("{}, {}°", plan.sites[at[0]], plan.azimuths_deg[at[1]])
}

/// Head of a column.
pub(super) fn column_name(plan: &Plan, at: [usize; 4]) -> String {
    format!("{}, {}", plan.vehicles[at[2]], plan.configurations[at[3]])
}

/// Outcomes with their numbers.
pub(super) fn outcomes(summary: &Summary) -> String {
    let each = summary.outcomes.iter().map(|(outcome, n)| format!("{n} {}", outcome.name()));
    each.collect::<Vec<_>>().join(", ")
}

/// One cell on one line, while the matrix is flown.
pub fn line(cell: &Summary) -> String {
    match &cell.no_approach {
        Some(reason) => format!("{}: no approach: {reason}", cell.name),
        None => format!("{}: {}", cell.name, outcomes(cell)),
    }
}

/// The matrix on the screen: survived and landed, then what is not landed with the command that repeats the worst.
pub fn lines(plan: &Plan, cells: &[Summary]) -> Vec<String> {
    let columns = plan.vehicles.len() * plan.configurations.len();
    let heads = cells.iter().take(columns).map(|cell| column_name(plan, cell.at));
    let heads: Vec<String> = heads.collect();
    let wide = cells.iter().map(|cell| row_name(plan, cell.at).chars().count()).max().unwrap_or(0);
    let mut out = vec![
        plan.title.clone(),
        format!("{} runs a cell, seed {}; survived / landed, %", plan.runs, plan.seed),
        String::new(),
    ];
    out.extend(heads.iter().enumerate().map(|(n, head)| format!("  {}: {head}", n + 1)));
    out.push(String::new());
    let numbers: String = (1..=heads.len()).map(|n| format!("{n:>COLUMN$}")).collect();
    out.push(format!("{:wide$}{numbers}", ""));
    for row in cells.chunks(columns.max(1)) {
        let Some(first) = row.first() else { continue };
        let shown = row.iter().map(|cell| match &cell.no_approach {
            Some(_) => format!("{:>COLUMN$}", "no approach"),
            None => {
                format!(
                    "{:>COLUMN$}",
                    format!("{} / {}", percent(&cell.survived), percent(&cell.landed))
                )
            }
        });
        let name = row_name(plan, first.at);
        out.push(format!("{name:wide$}{}", shown.collect::<String>()));
    }
    out.push(String::new());
    out.extend(cells.iter().flat_map(|cell| remarks(plan, cell)));
    out
}

/// What is to be said of a cell in which not all landed.
fn remarks(plan: &Plan, cell: &Summary) -> Vec<String> {
    let name = format!("{}; {}", row_name(plan, cell.at), column_name(plan, cell.at));
    if let Some(reason) = &cell.no_approach {
        return vec![format!("{name}: no approach: {reason}")];
    }
    let (Some((cause, n)), Some(replay)) = (&cell.cause, cell.replay()) else { return vec![] };
    let survived = interval(&cell.survived);
    vec![
        format!("{name}: {}; survived {survived} %; most: {cause} ({n})", outcomes(cell)),
        format!("    {replay}"),
    ]
}

/// One line a cell, semicolons between.
pub fn csv(plan: &Plan, cells: &[Summary]) -> String {
    let mut out = String::from(
        "cell;site;approach_azimuth_deg;vehicle;configuration;runs;survived;survived_low;survived_high;\
         landed;landed_low;landed_high;passed",
    );
    Outcome::ALL.iter().for_each(|outcome| {
        let _ = write!(out, ";{}", outcome.name());
    });
    out += ";cause;cause_runs;worst_run;worst_limit;worst_margin;worst_unit;miss_median_m;miss_largest_m;\
            propellant_least_kg;no_approach;replay\n";
    for cell in cells {
        let [site, azimuth, vehicle, configuration] = cell.at;
        let text = |text: &str| text.replace(['\n', ';'], ",");
        let share = |share: &Share| format!("{};{:.6};{:.6}", share.count, share.low, share.high);
        let _ = write!(
            out,
            "{};{};{};{};{};{};{};{};{}",
            cell.name,
            text(&plan.sites[site]),
            plan.azimuths_deg[azimuth],
            text(&plan.vehicles[vehicle]),
            text(&plan.configurations[configuration]),
            cell.survived.of,
            share(&cell.survived),
            share(&cell.landed),
            cell.passed.count
        );
        for outcome in Outcome::ALL {
            let _ = write!(out, ";{}", count(cell, outcome));
        }
        let (cause, runs) = cell.cause.clone().unwrap_or_default();
        let _ = write!(out, ";{};{runs}", text(&cause));
        let _ = match &cell.worst {
            Some(worst) => {
                write!(out, ";{};{};{};{}", worst.run, worst.limit, worst.margin, worst.unit)
            }
            None => write!(out, ";;;;"),
        };
        let [median_m, largest_m] = cell.miss_m;
        let reason = text(cell.no_approach.as_deref().unwrap_or(""));
        let replay = text(&cell.replay().unwrap_or_default());
        let _ = writeln!(out, ";{median_m};{largest_m};{};{reason};{replay}", cell.propellant_kg);
    }
    out
}

fn count(cell: &Summary, outcome: Outcome) -> u64 {
    cell.outcomes.iter().find(|(one, _)| *one == outcome).map_or(0, |(_, n)| *n)
}

/// The figures of every cell as Parquet, one row each; names are places in the lists kept as key-value metadata.
///
/// # Errors
/// A file that cannot be written.
pub fn write_parquet(plan: &Plan, cells: &[Summary], file: &Path) -> Result<(), WriteError> {
    let azimuth = |cell: &Summary| plan.azimuths_deg[cell.at[1]];
    type Read<'a> = Box<dyn Fn(&Summary) -> f64 + 'a>;
    let mut heads: Vec<(String, &str, Read<'_>)> = vec![
        ("site".into(), "", Box::new(|cell| cell.at[0] as f64)),
        ("approach_azimuth_deg".into(), "deg", Box::new(azimuth)),
        ("vehicle".into(), "", Box::new(|cell| cell.at[2] as f64)),
        ("configuration".into(), "", Box::new(|cell| cell.at[3] as f64)),
        ("runs".into(), "", Box::new(|cell| cell.survived.of as f64)),
        ("survived".into(), "", Box::new(|cell| cell.survived.count as f64)),
        ("survived_low".into(), "", Box::new(|cell| cell.survived.low)),
        ("survived_high".into(), "", Box::new(|cell| cell.survived.high)),
        ("landed".into(), "", Box::new(|cell| cell.landed.count as f64)),
        ("landed_low".into(), "", Box::new(|cell| cell.landed.low)),
        ("landed_high".into(), "", Box::new(|cell| cell.landed.high)),
        ("passed".into(), "", Box::new(|cell| cell.passed.count as f64)),
        ("worst_run".into(), "", Box::new(|c| c.worst.as_ref().map_or(f64::NAN, |w| w.run as f64))),
        ("miss_median_m".into(), "m", Box::new(|cell| cell.miss_m[0])),
        ("miss_largest_m".into(), "m", Box::new(|cell| cell.miss_m[1])),
        ("propellant_least_kg".into(), "kg", Box::new(|cell| cell.propellant_kg)),
    ];
    for outcome in Outcome::ALL {
        let key = format!("outcome.{}", outcome.name().replace(' ', "_"));
        heads.push((key, "", Box::new(move |cell| count(cell, outcome) as f64)));
    }
    let values: Vec<Vec<f64>> =
        heads.iter().map(|(_, _, read)| cells.iter().map(read).collect()).collect();
    let columns: Vec<parquet_file::Column<'_>> = heads
        .iter()
        .zip(&values)
        .map(|((key, unit, _), values)| (&key[..], *unit, &values[..]))
        .collect();
    let facts = [
        ("frigoris.title", plan.title.clone()),
        ("frigoris.seed", plan.seed.to_string()),
        ("frigoris.sites", plan.sites.join("\n")),
        ("frigoris.vehicles", plan.vehicles.join("\n")),
        ("frigoris.configurations", plan.configurations.join("\n")),
    ];
    parquet_file::write(file, &columns, &facts)
}
