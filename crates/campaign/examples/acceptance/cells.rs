//! The cells of the matrix: which scenario, vehicle, ground, configuration and fault, and what is asked.

use rig::random::Stream;
use rig::severity::SEVERITIES;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// One cell.
pub struct Cell {
    /// Name, also of its files.
    pub name: String,
    /// Share of runs that must survive, 0 to 1; `None` where only the comparison counts.
    pub asked: Option<f64>,
    /// The same cell with the as-flown logic, or the cell it belongs to.
    pub as_flown: bool,
    /// One fault on a vehicle with every sensor.
    pub single: bool,
    /// The scenario file.
    pub toml: String,
}

/// How the name of a cell with the as-flown logic ends.
const AS_FLOWN: &str = "-as-flown";

impl Cell {
    /// The seed of its runs: its own and its twin's alone. Below 2^53, as a number in a file of floats.
    pub fn seed(&self, seed: u64) -> u64 {
        let pair = self.name.strip_suffix(AS_FLOWN).unwrap_or(&self.name);
        Stream::new(seed, 0, pair).bits() >> 11
    }

    /// The name of its twin with the as-flown logic.
    pub fn twin(&self) -> String {
        format!("{}{AS_FLOWN}", self.name)
    }
}

/// A reading of the vehicle with the landings fitted to it.
struct Reading {
    name: &'static str,
    nominal: &'static str,
    sensors: &'static str,
    /// Mission 1, as it was lost.
    m1: &'static str,
}

const READINGS: [Reading; 2] = [
    Reading {
        name: "a",
        nominal: "m2-nominal-from-ignition",
        sensors: "resilience-sensors",
        m1: "m1-as-flown-a",
    },
    Reading {
        name: "b",
        nominal: "m2-nominal-b-from-ignition",
        sensors: "resilience-b-sensors",
        m1: "m1-as-flown",
    },
];
/// What one case lays over its base.
struct Case {
    name: String,
    asked: f64,
    /// Of the missions and ranges: flown over measured ground too, and asked of reading A alone where `only_a`.
    mission: bool,
    only_a: bool,
    m1: bool,
    /// On the vehicle with radar altimeter and camera.
    sensors: bool,
    flight: &'static str,
    faults: String,
}

impl Case {
    fn new(name: &str, asked: f64, faults: String) -> Self {
        let name = name.to_string();
        let (mission, only_a, m1, sensors, flight) = (true, false, false, false, "");
        Self { name, asked, mission, only_a, m1, sensors, flight, faults }
    }
}

/// Every cell. `tiles`: mission and file of measured ground.
pub fn cells(root: &Path, tiles: &[(String, PathBuf)]) -> std::io::Result<Vec<Cell>> {
    let mut cells = Vec::new();
    let cases = cases(root)?;
    for reading in &READINGS {
        for case in &cases {
            let mission = if case.m1 { "m1" } else { "m2" };
            let measured = tiles.iter().filter(|(of, _)| case.mission && of == mission);
            let grounds = std::iter::once(None).chain(measured.map(|(_, file)| Some(&**file)));
            let logics = if reading.name == "b" { &[false, true][..] } else { &[false] };
            for tile in grounds {
                for as_flown in logics.iter().copied() {
                    let compared = as_flown || (case.only_a && reading.name == "b");
                    let ground = if tile.is_some() { "-measured" } else { "" };
                    let logic = if as_flown { AS_FLOWN } else { "" };
                    cells.push(Cell {
                        name: format!("{}-{}{ground}{logic}", reading.name, case.name),
                        asked: (!compared).then_some(case.asked),
                        as_flown,
                        single: !case.mission || case.name == "rangefinder-dead",
                        toml: case.toml(root, reading, tile, as_flown)?,
                    });
                }
            }
        }
    }
    Ok(cells)
}

fn cases(root: &Path) -> std::io::Result<Vec<Case>> {
    let mission_2 = faults_of(&root.join("scenarios/m2-as-flown.toml"))?;
    let range_limit = |m| {
        format!(
            "[[fault]]\non = \"rangefinder\"\nkind = \"range_limit\"\nrange_m_max = {m}\nat_s = 0.0\n"
        )
    };
    let dead = "[[fault]]\non = \"rangefinder\"\nkind = \"dead\"\nat_s = 0.0\n".to_string();
    let mut cases = vec![
        Case::new("nominal", 0.998, String::new()),
        Case { sensors: true, ..Case::new("nominal-all-sensors", 0.998, String::new()) },
        Case { m1: true, ..Case::new("m1", 0.99, String::new()) },
        Case {
            m1: true,
            flight: "velocimeter = false\n",
            ..Case::new("m1-same-sensors", 0.99, String::new())
        },
        Case::new("m2", 0.99, mission_2.clone()),
        Case {
            flight: "velocimeter = false\n",
            ..Case::new("m2-same-sensors", 0.99, mission_2.clone())
        },
        Case { sensors: true, ..Case::new("m2-all-sensors", 0.99, mission_2) },
        Case { only_a: true, ..Case::new("first-lock-300", 0.99, range_limit("300.0")) },
        Case { sensors: true, ..Case::new("rangefinder-dead", 0.95, dead) },
    ];
    // Engines lost for good at any time of the powered descent, as long as it takes on either reading.
    let lost =
        |on: &str, when: &str| format!("[[fault]]\non = \"{on}\"\nkind = \"dead\"\n{when}\n");
    cases.extend((0..6).map(|n| {
        let faults = lost(&format!("assist.{n}"), "at_s = { min = 60.0, max = 900.0 }");
        Case {
            mission: false,
            sensors: true,
            ..Case::new(&format!("lost-assist-{n}"), 0.99, faults)
        }
    }));
    let low = lost("main", "below_m = { min = 1.0, max = 3000.0 }");
    cases.push(Case { mission: false, sensors: true, ..Case::new("lost-main-low", 0.95, low) });
    // A dead rangefinder is flown above, over measured ground too.
    let others = SEVERITIES.iter().filter(|severity| severity.name() != "rangefinder-dead");
    cases.extend(others.map(|severity| Case {
        mission: false,
        sensors: true,
        ..Case::new(&severity.name(), 0.95, severity.toml())
    }));
    Ok(cases)
}

/// The faults of a scenario file, as they stand there.
fn faults_of(file: &Path) -> std::io::Result<String> {
    let text = std::fs::read_to_string(file)?;
    let tables = text.split("\n[[fault]]").skip(1);
    Ok(tables.fold(String::new(), |mut out, table| {
        let own = table.split("\n[").next().unwrap_or("");
        let _ = writeln!(out, "[[fault]]{own}");
        out
    }))
}

impl Case {
    /// The scenario file of one cell.
    fn toml(
        &self,
        root: &Path,
        reading: &Reading,
        tile: Option<&Path>,
        as_flown: bool,
    ) -> std::io::Result<String> {
        let vehicle = |name: &str| {
            let file = root.join(format!("vehicles/{name}.toml"));
            format!("vehicle = {:?}\n", file.display().to_string())
        };
        let base = if self.m1 { reading.m1 } else { reading.nominal };
        let base = root.join(format!("scenarios/{base}.toml"));
        let mut out = format!("extends = {:?}\n", base.display().to_string());
        let _ = writeln!(out, "title = \"{}, reading {}\"", self.name, reading.name);
        if self.sensors {
            out += &vehicle(reading.sensors);
        }
        if self.m1 {
            out += &start(root, reading)?;
        }
        if let Some(tile) = tile {
            let _ = writeln!(out, "[terrain]\ntiles = [{:?}]", tile.display().to_string());
            if self.m1 {
                out += "landforms = []\n";
            }
        }
        let logic = if as_flown { "as-flown" } else { "resilient" };
        let _ = writeln!(out, "[flight]\nconfiguration = \"{logic}\"");
        out += if self.flight.is_empty() { "velocimeter = true\n" } else { self.flight };
        out += "radar_altimeter = true\ncamera = true\n";
        out += "[expect]\noutcome = \"landed\"\nevents = []\nband = []\n";
        Ok(out + &self.faults)
    }
}

/// How the nominal landing of a reading starts at braking ignition: `[start]` of its file.
fn start(root: &Path, reading: &Reading) -> std::io::Result<String> {
    let text = std::fs::read_to_string(root.join(format!("scenarios/{}.toml", reading.nominal)))?;
    let own = text.split("\n[start]").nth(1).unwrap_or("");
    Ok(format!("[start]{}\n", own.split("\n[").next().unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_cell_shares_its_draws_with_its_twin_alone() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let cells = cells(&root, &[]).unwrap();
        let mut by_seed: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for cell in &cells {
            assert!(cell.seed(1969) < 1 << 53 && cell.seed(1969) != cell.seed(1970));
            by_seed.entry(cell.seed(1969)).or_default().push(&cell.name);
        }
        for names in by_seed.values() {
            match names[..] {
                [_] => {}
                [own, twin] => assert_eq!(twin, format!("{own}-as-flown")),
                _ => panic!("{names:?} share their draws"),
            }
        }
        assert!(cells.iter().any(|cell| cell.as_flown));
    }
}
