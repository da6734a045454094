//! Everything a person can write wrongly is refused with file, key, value and limit.
//!
//! GIVEN a scenario that extends the nominal one, WHEN one thing in it is wrong, THEN reading it names
//! that thing, and the place in the file where there is one.

#[path = "scenario_errors/commands.rs"]
mod commands;
#[path = "scenario_errors/laws.rs"]
mod laws;

use flight::load::FaultManagement;
use miette::Diagnostic;
use rig::closed_loop::Stand;
use rig::scenario::{Scenario, ScenarioError};
use std::path::{Path, PathBuf};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

/// A folder of this test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("frigoris-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads the nominal scenario with `lines` laid over it.
fn read(name: &str, lines: &str) -> Result<Scenario, ScenarioError> {
    let folder = Folder::new(name);
    let nominal = shipped("scenarios/m2-nominal.toml");
    let text = format!("extends = {:?}\n{lines}\n", nominal.display().to_string());
    Scenario::read(&folder.write("s.toml", &text))
}

fn refused(name: &str, lines: &str) -> ScenarioError {
    read(name, lines).map(|scenario| scenario.title).unwrap_err()
}

fn help(error: &ScenarioError) -> String {
    error.help().map_or(String::new(), |help| help.to_string())
}

/// The text that the error underlines.
fn underlined(error: &ScenarioError) -> String {
    let label = error.labels().unwrap().next().unwrap();
    let source = error.source_code().unwrap();
    let span = source.read_span(label.inner(), 0, 0).unwrap();
    String::from_utf8(span.data().to_vec()).unwrap()
}

#[test]
fn every_shipped_scenario_is_accepted() {
    let mut seen = 0;
    for entry in std::fs::read_dir(shipped("scenarios")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            Scenario::read(&file).unwrap_or_else(|error| panic!("{error}: {}", help(&error)));
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen}");
}

#[test]
fn a_number_out_of_range_is_named_with_its_unit_and_limits() {
    let error = refused("range", "[orbit]\naltitude_m = 5.0");
    assert!(
        error.to_string().ends_with("orbit.altitude_m = 5 m lies outside [10000, 1000000]"),
        "{error}"
    );
    assert_eq!(underlined(&error), "5.0");
}

#[test]
fn what_is_not_a_number_is_out_of_every_range() {
    for value in ["nan", "inf", "-inf"] {
        let error = refused("nan", &format!("[orbit]\naltitude_m = {value}"));
        assert!(matches!(error, ScenarioError::OutOfRange { .. }), "{error}");
    }
}

#[test]
fn a_wrong_unit_is_answered_with_the_right_key() {
    let error = refused("unit", "[orbit]\naltitude_km = 100.0");
    assert!(matches!(&error, ScenarioError::UnknownKey { key, .. } if key == "orbit.altitude_km"));
    assert!(help(&error).contains("`altitude_m`"), "{}", help(&error));
    assert_eq!(underlined(&error), "100.0");
}

#[test]
fn a_wrong_unit_in_a_file_that_extends_nothing_is_answered_too() {
    let folder = Folder::new("unit-alone");
    let nominal = std::fs::read_to_string(shipped("scenarios/m2-nominal.toml")).unwrap();
    let vehicle = shipped("vehicles/resilience.toml").display().to_string();
    let text = nominal
        .replace("\"../vehicles/resilience.toml\"", &format!("{vehicle:?}"))
        .replace("latitude_deg  = 60.454", "latitude_rad = 1.055");
    let error = Scenario::read(&folder.write("s.toml", &text)).map(|s| s.title).unwrap_err();
    assert!(
        help(&error).contains("`latitude_deg`: this value is given in °"),
        "{error} {}",
        help(&error)
    );
}

#[test]
fn a_crater_needs_a_place_and_a_relief_that_can_be() {
    let place = "latitude_deg = 60.0\nlongitude_deg = -4.6\n";
    let error = refused("crater", &format!("[[terrain.crater]]\n{place}relief = 7.0"));
    assert!(error.to_string().contains("relief = 7") && error.to_string().ends_with("[0, 3]"));
    let error = refused("crater-key", &format!("[[terrain.crater]]\n{place}depth_m = 7.0"));
    assert!(error.to_string().contains("terrain.crater[0].relief"), "{error}");
    let error = refused("orbit-error", "[knowledge]\norbit_error_m = [0.0, 1e9, 0.0]");
    assert!(error.to_string().contains("knowledge.orbit_error_m[1] = 1000000000 m"), "{error}");
}

#[test]
fn an_unknown_key_lists_the_known_ones() {
    let error = refused("key", "[terrain]\nroughness = 3.0");
    assert!(error.to_string().contains("`terrain.roughness`"), "{error}");
    assert!(help(&error).contains("age_gyr"), "{}", help(&error));
}

#[test]
fn a_missing_key_is_named() {
    let folder = Folder::new("missing");
    let vehicle = shipped("vehicles/resilience.toml").display().to_string();
    let file = folder.write("s.toml", &format!("title = \"x\"\nvehicle = {vehicle:?}"));
    let error = Scenario::read(&file).map(|scenario| scenario.title).unwrap_err();
    assert!(matches!(&error, ScenarioError::MissingKey { key, .. } if key == "site"), "{error}");
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_what_was_found() {
    let error = refused("kind", "seed = \"lucky\"");
    assert!(
        error.to_string().ends_with("seed must be a whole number, not the text \"lucky\""),
        "{error}"
    );
}

#[test]
fn a_negative_sigma_is_refused() {
    let error = refused("sigma", "[start]\nradial_m = { mean = 0.0, sigma = -1.0 }");
    assert!(error.to_string().contains("start.radial_m.sigma = -1 m"), "{error}");
}

#[test]
fn a_uniform_range_the_wrong_way_round_is_refused() {
    let error = refused("uniform", "[start]\nradial_m = { min = 5.0, max = -5.0 }");
    assert!(
        error.to_string().contains("start.radial_m.max = -5 m lies outside [5, 100000]"),
        "{error}"
    );
}

#[test]
fn a_dispersed_value_is_drawn_per_run_and_leaves_the_others_alone() {
    let wide = read("drawn", "[start]\nradial_m = { mean = 10.0, sigma = 5.0 }").unwrap();
    let stand = Stand::new(wide).unwrap();
    let planned = stand.planned_start();
    let offsets: Vec<_> =
        (0..3).map(|run| (stand.start(run).p_MB_I - planned.p_MB_I).norm()).collect();
    assert!(offsets[0] != offsets[1] && offsets[1] != offsets[2], "{offsets:?}");
    assert_eq!(stand.start(1).p_MB_I, stand.start(1).p_MB_I);
    assert_eq!(stand.start(1).v_MB_I, planned.v_MB_I);
}

#[test]
fn an_unknown_device_lists_the_devices() {
    let error = refused("device", "[[fault]]\non = \"altimeter\"\nkind = \"dead\"\nat_s = 0.0");
    assert!(error.to_string().contains("fault[0].on knows no `altimeter`"), "{error}");
    assert!(
        help(&error).contains("rangefinder") && help(&error).contains("jet.7"),
        "{}",
        help(&error)
    );
    assert_eq!(underlined(&error), "\"altimeter\"");
}

#[test]
fn an_unknown_fault_lists_those_of_the_device() {
    let error = refused("fault", "[[fault]]\non = \"imu\"\nkind = \"stuck_on\"\nat_s = 0.0");
    assert!(help(&error).contains("unfit, stuck, dropout"), "{}", help(&error));
    assert!(!help(&error).contains("range_limit"), "{}", help(&error));
}

#[test]
fn a_fault_number_out_of_range_is_refused() {
    let lines = "[[fault]]\non = \"rangefinder\"\nkind = \"ghost\"\nprobability = 1.5\nrange_m = 3.0\nat_s = 0.0";
    let error = refused("ghost", lines);
    assert!(
        error.to_string().contains("fault[0].probability = 1.5 lies outside [0, 1]"),
        "{error}"
    );
}

#[test]
fn a_change_takes_the_other_configurations_value_and_nothing_else() {
    let plain = read("unchanged", "").unwrap().flight;
    let text = "[flight]\nchanges = [\"gate\", \"velocimeter\"]";
    let changed = read("changed", text).unwrap().flight;
    let (resilient, as_flown) = (FaultManagement::RESILIENT, FaultManagement::AS_FLOWN);
    assert_eq!(plain.fault_management(), resilient);
    let gate = FaultManagement { gate: as_flown.gate, ..resilient };
    assert_eq!(changed.fault_management(), gate);
    assert!(plain.uses_velocimeter() && !changed.uses_velocimeter() && changed.uses_camera());
    let every = "changes = [\"map\", \"gate\", \"re-acquisition\", \"corridor\", \"bank\"]";
    let turned = read("turned", &format!("[flight]\n{every}")).unwrap().flight;
    assert_eq!(turned.fault_management(), as_flown);
}

#[test]
fn a_change_that_is_unknown_or_not_carried_is_refused() {
    let error = refused("change", "[flight]\nchanges = [\"luck\"]");
    assert!(help(&error).contains("re-acquisition, corridor"), "{}", help(&error));
    assert_eq!(underlined(&error), "\"luck\"");
    let error = refused("carried", "[flight]\nchanges = [\"map\", \"camera\"]");
    assert!(matches!(error, ScenarioError::NotCarried { .. }), "{error}");
    let said = error.to_string();
    assert!(
        said.ends_with("flight.changes names `camera`, which RESILIENCE, reading A does not carry"),
        "{said}"
    );
    assert_eq!(underlined(&error), "\"camera\"");
}

#[test]
fn an_unknown_configuration_outcome_event_and_measure_are_refused() {
    for (name, lines, known) in [
        ("configuration", "[flight]\nconfiguration = \"brave\"", "as-flown, resilient"),
        ("outcome", "[expect]\noutcome = \"parked\"", "hard landing"),
        ("event", "[expect]\nevents = [\"Landet\"]", "Landed"),
        (
            "measure",
            "[[expect.band]]\nmeasure = \"speed\"\nwithin = [0.0, 1.0]",
            "impact_speed_m_s",
        ),
    ] {
        let error = refused(name, lines);
        assert!(matches!(error, ScenarioError::UnknownChoice { .. }), "{name}: {error}");
        assert!(help(&error).contains(known), "{name}: {}", help(&error));
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    let error = refused("time", "[epoch]\nplanned_touchdown_utc = \"tomorrow\"");
    assert!(error.to_string().contains("a time in UTC"), "{error}");
}

#[test]
fn an_absent_scenario_and_an_absent_vehicle_are_named() {
    let error = Scenario::read(Path::new("no/such.toml")).map(|s| s.title).unwrap_err();
    assert!(error.to_string().starts_with("no/such.toml"), "{error}");
    let error = refused("vehicle", "vehicle = \"ghost-ship.toml\"");
    let said = error.to_string();
    assert!(said.contains("vehicle = \"ghost-ship.toml\" cannot be read"), "{error}");
    assert!(error.labels().is_some(), "{error:?}");
}

#[test]
fn an_absent_file_to_extend_is_named_with_the_file_that_names_it() {
    let folder = Folder::new("extends");
    let file = folder.write("s.toml", "extends = \"nowhere.toml\"\n");
    let error = Scenario::read(&file).map(|s| s.title).unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with(&file.display().to_string()), "{said}");
    assert!(said.contains("extends = \"nowhere.toml\" cannot be read"), "{said}");
    assert!(error.labels().is_some(), "{error:?}");
}

#[test]
fn what_is_not_toml_is_shown_where_it_stops_being_so() {
    let folder = Folder::new("toml");
    let error =
        Scenario::read(&folder.write("s.toml", "seed = = 3\n")).map(|s| s.title).unwrap_err();
    assert!(matches!(error, ScenarioError::NotToml { .. }), "{error}");
    assert!(error.labels().is_some());
}

#[test]
fn a_file_that_extends_itself_is_refused() {
    let folder = Folder::new("self");
    let error = Scenario::read(&folder.write("s.toml", "extends = \"s.toml\""))
        .map(|s| s.title)
        .unwrap_err();
    assert!(matches!(error, ScenarioError::ExtendsItself { .. }), "{error}");
}

#[test]
fn an_absent_and_a_corrupt_terrain_tile_are_named() {
    let folder = Folder::new("tile");
    let corrupt = folder.write("tile.tif", "not an image");
    for tile in [corrupt.display().to_string(), "absent.tif".to_string()] {
        let scenario = read("tile-scenario", &format!("[terrain]\ntiles = [{tile:?}]")).unwrap();
        let error = Stand::new(scenario).map(|_| ()).unwrap_err();
        assert!(matches!(error, ScenarioError::Terrain { .. }), "{error}");
        assert!(error.to_string().contains(".tif cannot be used"), "{error}");
    }
}

#[test]
fn an_absent_and_a_wrong_kernel_are_named() {
    let folder = Folder::new("kernel");
    let wrong = folder.write("frames.tf", "KPL/FK");
    let outside = folder.write("gm.tpc", "KPL/PCK\n\\begindata\nBODY399_GM = 4000000");
    for (kernel, said) in [
        ("absent.bsp".to_string(), "absent.bsp: cannot be read"),
        (wrong.display().to_string(), "begins with \"KPL/FK\""),
        (outside.display().to_string(), "BODY399_GM = 4000000000000000 m3/s2 lies outside"),
    ] {
        let scenario =
            read("kernel-scenario", &format!("[truth]\nkernels = [{kernel:?}]")).unwrap();
        let error = Stand::new(scenario).map(|_| ()).unwrap_err();
        assert!(matches!(error, ScenarioError::Kernel { .. }), "{error}");
        let reason = std::error::Error::source(&error).unwrap().to_string();
        assert!(reason.contains(said), "{reason}");
    }
}

#[test]
fn a_kernel_is_used_and_named_by_its_contents() {
    let folder = Folder::new("kernel-used");
    let kernel = |gm_km3_s2: &str| {
        let text = format!("KPL/PCK\n\\begindata\nBODY399_GM = ( {gm_km3_s2} )\n");
        let file = folder.write("gm.tpc", &text).display().to_string();
        read("kernel-used-scenario", &format!("[truth]\nkernels = [{file:?}]")).unwrap()
    };
    let (one, other) = (kernel("398600.5"), kernel("398600.4"));
    assert_ne!(one.hash(), other.hash());
    let stand = Stand::new(other).unwrap();
    assert_eq!(stand.environment.gm_earth_m3_s2, 398_600.4 * 1e9);
}

#[test]
fn the_hash_covers_what_is_in_the_tiles() {
    let folder = Folder::new("tile-contents");
    let with = |contents: &str| {
        let tile = folder.write("tile.tif", contents).display().to_string();
        read("tile-contents-scenario", &format!("[terrain]\ntiles = [{tile:?}]")).unwrap().hash()
    };
    let (one, other) = (with("one"), with("other"));
    assert_ne!(one, other);
    assert_eq!(one, with("one"));
}

#[test]
fn the_hash_does_not_ask_where_the_files_lie() {
    let (here, there) = (Folder::new("checkout-here"), Folder::new("checkout-there"));
    let hash = |folder: &Folder, contents: &str| {
        let base = shipped("vehicles/resilience.toml").display().to_string();
        let vehicle = folder.write("v.toml", &format!("extends = {base:?}")).display().to_string();
        let tile = folder.write("tile.tif", contents).display().to_string();
        let base = shipped("scenarios/m2-nominal.toml").display().to_string();
        let text =
            format!("extends = {base:?}\nvehicle = {vehicle:?}\n[terrain]\ntiles = [{tile:?}]");
        Scenario::read(&folder.write("s.toml", &text)).unwrap().hash()
    };
    assert_eq!(hash(&here, "one"), hash(&there, "one"));
    assert_ne!(hash(&here, "one"), hash(&there, "other"));
}

#[test]
fn the_hash_covers_what_is_in_the_gravity_file() {
    let folder = Folder::new("gravity-contents");
    let with = |contents: &str| {
        let file = folder.write("own.gfc", contents).display().to_string();
        read("gravity-contents-scenario", &format!("[truth]\ngravity_file = {file:?}"))
            .unwrap()
            .hash()
    };
    let (one, other) = (with("one"), with("other"));
    assert_ne!(one, other);
    assert_eq!(one, with("one"));
}

#[test]
fn the_hash_covers_an_image_and_its_label_whichever_is_named() {
    let folder = Folder::new("image-and-label");
    let image = folder.write("ground.img", "samples").display().to_string();
    let label = folder.write("ground.lbl", "one").display().to_string();
    let hash = |tile: &str| {
        read("image-scenario", &format!("[terrain]\ntiles = [{tile:?}]")).unwrap().hash()
    };
    let before = (hash(&image), hash(&label));
    folder.write("ground.lbl", "other");
    assert_ne!(hash(&image), before.0);
    assert_ne!(hash(&label), before.1);
    folder.write("ground.lbl", "one");
    assert_eq!((hash(&image), hash(&label)), before);
    folder.write("ground.img", "other samples");
    assert_ne!(hash(&label), before.1);
}

#[test]
fn a_vehicle_that_cannot_be_built_is_refused_with_its_key() {
    let folder = Folder::new("vehicle-file");
    let base = shipped("vehicles/resilience.toml").display().to_string();
    let file = folder.write("v.toml", &format!("extends = {base:?}\n[dry]\nmass_kg = -340.0"));
    let error = refused("vehicle-number", &format!("vehicle = {:?}", file.display().to_string()));
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.contains("dry.mass_kg = -340 kg"), "{error}: {reason}");
}

#[test]
fn a_grade_that_is_not_there_is_shown_where_it_is_named() {
    let folder = Folder::new("grade");
    let base = shipped("vehicles/resilience.toml").display().to_string();
    let text = format!("extends = {base:?}\n[imu]\ngrade = \"imu/gold.toml\"");
    let file = folder.write("v.toml", &text);
    let error = refused("grade-named", &format!("vehicle = {:?}", file.display().to_string()));
    assert!(
        matches!(&error, ScenarioError::UnreadableLink { key, named, .. }
            if *key == "grade" && named == "imu/gold.toml"),
        "{error}"
    );
    assert_eq!(underlined(&error), "\"imu/gold.toml\"");
}

#[test]
fn an_approach_that_does_not_exist_is_refused() {
    let scenario = read("approach", "[orbit]\nignition_above_target_m = 15000.0").unwrap();
    let error = Stand::new(scenario).map(|_| ()).unwrap_err();
    assert!(matches!(error, ScenarioError::Arrival { .. }), "{error}");
}

#[test]
fn a_list_of_faults_replaces_the_one_it_extends() {
    let folder = Folder::new("replace");
    let base = shipped("scenarios/m2-as-flown.toml").display().to_string();
    let none = folder.write("none.toml", &format!("extends = {base:?}\nfault = []"));
    assert_eq!(Scenario::read(Path::new(&base)).unwrap().faults.len(), 3);
    assert!(Scenario::read(&none).unwrap().faults.is_empty());
}

#[test]
fn the_hash_names_the_meaning_and_not_the_layout() {
    let plain = read("hash-a", "seed = 7").unwrap();
    let same = read("hash-b", "# a remark\nseed   =   7").unwrap();
    let other = read("hash-c", "seed = 8").unwrap();
    assert_eq!(plain.hash(), same.hash());
    assert_ne!(plain.hash(), other.hash());
}

#[test]
fn a_gravity_file_is_read_from_beside_the_scenario_and_its_faults_are_told() {
    let folder = Folder::new("gravity");
    let nominal = shipped("scenarios/m2-nominal.toml").display().to_string();
    let lines =
        "[truth]\ngravity_file = \"own.gfc\"\ngravity_degree = 2\n[terrain]\nrelief = false";
    let file = folder.write("s.toml", &format!("extends = {nominal:?}\n{lines}\n"));
    let stand = || Scenario::read(&file).and_then(Stand::new);
    let refused = stand().map(|s| s.site).unwrap_err();
    assert!(matches!(refused, ScenarioError::Gravity { .. }), "{refused}");

    let head = "earth_gravity_constant 4.9e12\nradius 1738000\nmax_degree 2\nend_of_head\n";
    folder.write("own.gfc", &format!("{head}gfc 2 0 -9.09e-5 0\ngfc 2 1 0 0\ngfc 2 2 3.47e-5 x\n"));
    let refused = stand().map(|s| s.site).unwrap_err();
    let reason = std::error::Error::source(&refused).unwrap().to_string();
    assert!(reason.contains("own.gfc, line 7: \"x\" is not a number"), "{reason}");

    folder.write("own.gfc", &format!("{head}gfc 2 0 -9.09e-5 0\ngfc 2 1 0 0\ngfc 2 2 3.47e-5 0\n"));
    let gravity = &stand().unwrap().environment.gravity;
    assert_eq!((gravity.gm_m3_s2(), gravity.degree()), (4.9e12, 2));
}

#[test]
fn a_degree_beyond_the_built_in_field_needs_a_file() {
    let error = refused("degree", "[truth]\ngravity_degree = 300");
    assert!(
        error.to_string().ends_with("truth.gravity_degree = 300 lies outside [0, 150]"),
        "{error}"
    );
    assert!(read("degree-file", "[truth]\ngravity_degree = 300\ngravity_file = \"a.tab\"").is_ok());
}
