//! What became of the cells: the table, and what all of them amount to.

use crate::cells::Cell;
use campaign::runs::Row;
use campaign::runs::worst::{Scales, least, worse};
use campaign::slurm::quoted;
use rig::statistics::Share;
use rig::verdict::Outcome;
use std::fmt::Write;
use std::path::Path;

/// What became of a cell.
pub struct Line {
    /// The cell.
    pub cell: Cell,
    /// At rest on its legs.
    pub survived: Share,
    /// Within the touchdown limits.
    pub landed: Share,
    lost: u64,
    dry: u64,
    false_landed: u64,
    shut_out: u64,
    seed: u64,
    worst: String,
}

impl Line {
    pub fn new(cell: Cell, rows: &[Row], seed: u64, scales: &Scales, file: &Path) -> Self {
        let of = rows.len() as u64;
        let count = |is: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
        let stands = |row: &Row| matches!(row.outcome, Outcome::Landed | Outcome::HardLanding);
        let some = |value: Option<f64>| value.is_some_and(|x| x > 0.0);
        let worst = rows.iter().filter(|row| row.outcome != Outcome::Landed);
        let worst = worst.map(|row| (row, least(&row.margins, scales)));
        let worst = worst.min_by(|(a, x), (b, y)| worse((a.grade, x, a.run), (b.grade, y, b.run)));
        let worst = worst.map_or(String::new(), |(row, _)| {
            let (run, file) = (row.run, quoted(&file.display().to_string()));
            format!("{}: frigoris fly {file} --seed {seed} --run {run}", row.outcome.name())
        });
        Self {
            survived: Share::new(count(&stands), of),
            landed: Share::new(count(&|row| row.outcome == Outcome::Landed), of),
            lost: count(&|row| row.outcome == Outcome::Lost),
            dry: count(&|row| row.outcome == Outcome::RanDry),
            false_landed: count(&|row| some(row.measures.false_landed)),
            shut_out: count(&|row| some(row.measures.sensors_shut_out)),
            seed,
            worst,
            cell,
        }
    }

    /// Whether what is asked is met: by the share that was seen.
    pub fn met(&self, others: &[Line]) -> &'static str {
        let share = self.survived.count as f64 / self.survived.of.max(1) as f64;
        let twin = others.iter().find(|o| o.cell.name == self.cell.twin());
        let fewer = twin.is_some_and(|twin| twin.survived.count > self.survived.count);
        let sound = self.cell.as_flown || self.false_landed + self.shut_out == 0;
        match self.cell.asked {
            _ if fewer => "fewer than as flown",
            _ if !sound => "no",
            Some(asked) if share < asked => "no",
            Some(_) => "yes",
            None => "",
        }
    }

    pub fn cells(&self, others: &[Line]) -> Vec<String> {
        let percent = |share: &Share| {
            let p = 100.0 * share.count as f64 / share.of.max(1) as f64;
            format!("{p:.1} [{:.1}, {:.1}]", 100.0 * share.low, 100.0 * share.high)
        };
        let asked = self.cell.asked.map_or(String::new(), |asked| format!("{:.1}", 100.0 * asked));
        vec![
            self.cell.name.clone(),
            self.survived.of.to_string(),
            percent(&self.survived),
            asked,
            self.met(others).to_string(),
            percent(&self.landed),
            self.lost.to_string(),
            self.dry.to_string(),
            self.false_landed.to_string(),
            self.shut_out.to_string(),
            self.seed.to_string(),
            self.worst.clone(),
        ]
    }
}

const HEADS: [&str; 12] = [
    "cell",
    "runs",
    "survived, % [95 %]",
    "asked, %",
    "met",
    "landed, % [95 %]",
    "lost",
    "dry",
    "ground announced in flight",
    "sensors shut out",
    "seed",
    "worst",
];

/// The table of all cells, as Markdown and with semicolons.
pub fn table(lines: &[Line]) -> (String, String) {
    let (mut markdown, mut csv) = (format!("| {} |\n", HEADS.join(" | ")), HEADS.join(";") + "\n");
    let _ = writeln!(markdown, "|{}", "---|".repeat(HEADS.len()));
    for line in lines {
        let cells = line.cells(lines);
        let _ = writeln!(markdown, "| {} |", cells.join(" | "));
        let _ = writeln!(csv, "{}", cells.join(";"));
    }
    (markdown, csv)
}

/// What all cells with the resilient logic amount to, as Markdown.
pub fn totals(lines: &[Line]) -> String {
    let ours: Vec<&Line> = lines.iter().filter(|line| !line.cell.as_flown).collect();
    let single: Vec<&Line> = ours.iter().copied().filter(|line| line.cell.single).collect();
    let mut out = String::from("| | runs | share [95 %] |\n|---|--:|--:|\n");
    let mut row = |what: &str, lines: &[&Line], count: fn(&Line) -> u64| {
        let of = lines.iter().map(|line| line.survived.of).sum();
        let share = Share::new(lines.iter().map(|line| count(line)).sum(), of);
        let percent = 100.0 * share.count as f64 / share.of.max(1) as f64;
        let (low, high) = (100.0 * share.low, 100.0 * share.high);
        let (count, of) = (share.count, share.of);
        let _ =
            writeln!(out, "| {what} | {count} of {of} | {percent:.3} [{low:.3}, {high:.3}] % |");
    };
    for name in ["a-nominal", "b-nominal"] {
        let cell: Vec<&Line> = ours.iter().copied().filter(|line| line.cell.name == name).collect();
        if !cell.is_empty() {
            row(&format!("{name}: survived"), &cell, |line| line.survived.count);
            row(&format!("{name}: landed"), &cell, |line| line.landed.count);
        }
    }
    if !single.is_empty() {
        row("single faults: survived", &single, |line| line.survived.count);
    }
    row("all: survived", &ours, |line| line.survived.count);
    row("all: ground announced in flight", &ours, |line| line.false_landed);
    row("all: a sensor shut out at the end", &ours, |line| line.shut_out);
    let unmet = ours.iter().filter(|line| !matches!(line.met(lines), "yes" | "")).count();
    let _ = writeln!(out, "\n{unmet} of {} cells are not as asked.", ours.len());
    out
}
