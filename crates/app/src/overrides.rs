//! What the command line sets in place of a scenario's own values.
//!
//! Owns: `--seed` and `--terrain`. An override is written into the scenario's canonical text, so its hash
//! tells the flight from the file's.

use ::campaign::slurm::quoted;
use rig::scenario::{Scenario, digest_line};
use std::path::PathBuf;

/// The largest seed that a scenario file can have: its whole numbers have a sign.
const SEED_MAX: u64 = i64::MAX.unsigned_abs();

/// Values set on the command line.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Overrides {
    /// Seed of the random streams, instead of the scenario's.
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=SEED_MAX))]
    pub seed: Option<u64>,
    /// Measured elevation (GeoTIFF or PDS3) beside the scenario's tiles; may be given several times.
    #[arg(long)]
    pub terrain: Vec<PathBuf>,
}

impl Overrides {
    /// Sets them.
    pub fn apply(&self, scenario: &mut Scenario) {
        let mut lines = String::new();
        if let Some(seed) = self.seed.filter(|seed| *seed != scenario.seed) {
            scenario.seed = seed;
            lines += &format!("seed = {seed}\n");
        }
        for tile in &self.terrain {
            let tiles = &mut scenario.terrain.tiles;
            if !tiles.contains(tile) {
                lines +=
                    &format!("terrain.tiles[{}] = {tile:?}\n{}", tiles.len(), digest_line(tile));
                tiles.push(tile.clone());
            }
        }
        if !lines.is_empty() {
            scenario.canonical += &format!("[command line]\n{lines}");
        }
    }

    /// The same as arguments, for a command that repeats a run.
    pub fn arguments(&self) -> String {
        self.words().iter().map(|word| format!(" {}", quoted(word))).collect()
    }

    /// The same, word by word.
    pub fn words(&self) -> Vec<String> {
        let seed = self.seed.map(|seed| ["--seed".to_string(), seed.to_string()]);
        let tiles =
            self.terrain.iter().map(|tile| ["--terrain".to_string(), tile.display().to_string()]);
        seed.into_iter().chain(tiles).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repeating_command_carries_what_was_set() {
        let overrides = Overrides { seed: Some(7), terrain: vec!["a.tif".into(), "b.lbl".into()] };
        assert_eq!(overrides.arguments(), " --seed 7 --terrain a.tif --terrain b.lbl");
        assert_eq!(Overrides::default().arguments(), "");
    }
}
