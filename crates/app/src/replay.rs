//! `frigoris replay`: the flight software run again on what a flight sent down, compared bit by bit.
//!
//! Owns: the arguments, the lines. Does not own: the replay (`rig::replay`).

use crate::overrides::Overrides;
use crate::plain::say;
use crate::shipped::Unpacked;
use miette::IntoDiagnostic;
use rig::replay::{End, Recorded, Replay as Replayed, replay};
use rig::scenario::Scenario;
use rig::stand::Stand;
use std::path::PathBuf;

/// Arguments of `frigoris replay`.
#[derive(clap::Args)]
#[command(
    after_help = "The scenario is the one that the record names, unless another file is given; its load \
must be the one that flew.\n\n\
Exit code: 0 what was received is bit-exact as far as it reaches, 1 it is not, 2 it cannot be replayed."
)]
pub struct Replay {
    /// Folder of a flight: record.parquet and telemetry.tm.
    folder: PathBuf,
    /// Scenario file, or name of a shipped scenario [default: as recorded].
    #[arg(long)]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

impl Replay {
    /// Replays and tells; `true` without a difference.
    pub fn run(&self) -> miette::Result<bool> {
        let recorded = Recorded::read(&self.folder)?;
        let named = self.scenario.clone().unwrap_or_else(|| PathBuf::from(&recorded.name));
        let mut unpacked = Unpacked::default();
        let mut scenario = Scenario::read(&unpacked.locate(&named)?)?;
        let seed = self.overrides.seed.or(Some(recorded.seed));
        Overrides { seed, ..self.overrides.clone() }.apply(&mut scenario);
        let stand = Stand::new(scenario)?;
        let replayed = replay(&stand, &recorded)?;
        let mut stdout = std::io::stdout().lock();
        say(
            &mut stdout,
            &format!("{}, seed {}, run {}", recorded.name, recorded.seed, recorded.run),
        )
        .into_diagnostic()?;
        for line in lines(&replayed) {
            say(&mut stdout, &line).into_diagnostic()?;
        }
        Ok(!matches!(replayed.end, End::Differs(_)))
    }
}

fn lines(replayed: &Replayed) -> Vec<String> {
    let Replayed { cycles, power_ups, snapshots, events, lost, end } = replayed;
    let mut out = vec![
        format!("  {cycles} cycles computed again, {power_ups} power-ups"),
        format!(
            "  {snapshots} lists of parameters and {events} events compared, {lost} packets lost"
        ),
    ];
    match end {
        End::Whole => out.push("  bit-exact".to_string()),
        End::Gap(Some(t)) => {
            out.push(format!("  bit-exact up to {t}; the cycles after it were not received"));
        }
        End::Gap(None) => {
            out.push("  nothing to compare: the first cycles were not received".to_string());
        }
        End::Differs(d) => out.push(format!(
            "  first difference at {}: {} was {}, is {}",
            d.t, d.what, d.downlinked, d.replayed
        )),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use icd::time::Time;
    use rig::replay::Difference;

    #[test]
    fn the_first_difference_is_told_with_both_values() {
        let difference = Difference {
            t: Time::from_tai_ns(0),
            what: "nav.altitude_m".to_string(),
            downlinked: "1.0".to_string(),
            replayed: "2.0".to_string(),
        };
        let end = End::Differs(difference);
        let lines =
            lines(&Replayed { cycles: 5, power_ups: 1, snapshots: 4, events: 0, lost: 0, end });
        assert!(lines[2].ends_with("nav.altitude_m was 1.0, is 2.0"), "{lines:?}");
    }
}
