//! What the command line sets in place of a scenario's own values.
//!
//! Owns: `--seed` and `--terrain`. An override is written into the scenario's canonical text, so its hash
//! tells the flight from the file's.

use rig::scenario::{Scenario, digest_line};
use std::path::PathBuf;

/// Values set on the command line.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Overrides {
    /// Seed of the random streams, instead of the scenario's.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Measured elevation (GeoTIFF or PDS3) instead of the scenario's tiles.
    #[arg(long)]
    pub terrain: Option<PathBuf>,
}

impl Overrides {
    /// Sets them.
    pub fn apply(&self, scenario: &mut Scenario) {
        let mut lines = String::new();
        if let Some(seed) = self.seed.filter(|seed| *seed != scenario.seed) {
            scenario.seed = seed;
            lines += &format!("seed = {seed}\n");
        }
        if let Some(tile) =
            self.terrain.clone().filter(|tile| *scenario.terrain.tiles != [tile.clone()])
        {
            lines += &format!("terrain.tiles[0] = {tile:?}\n{}", digest_line(&tile));
            scenario.terrain.tiles = vec![tile];
        }
        if !lines.is_empty() {
            scenario.canonical += &format!("[command line]\n{lines}");
        }
    }

    /// The same as arguments, for a command that repeats a run.
    pub fn arguments(&self) -> String {
        let seed = self.seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
        let tile = self.terrain.as_ref().map(|tile| format!(" --terrain {}", tile.display()));
        seed + &tile.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repeating_command_carries_what_was_set() {
        let overrides = Overrides { seed: Some(7), terrain: Some("a.tif".into()) };
        assert_eq!(overrides.arguments(), " --seed 7 --terrain a.tif");
        assert_eq!(Overrides::default().arguments(), "");
    }
}
