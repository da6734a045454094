use super::page::{colour, luminance};
use super::*;
use crate::runs::{Campaign, MARGINS, Row};
use rig::measures::Measures;
use rig::statistics::Share;
use rig::verdict::{Grade, Outcome};
use std::path::PathBuf;

/// An empty folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("frigoris-matrix-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn repository(path: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap().join(path).display().to_string()
}

const PLAIN: &str = "[[site]]\nname = \"Plain\"\nlatitude_deg = 60.454\nlongitude_deg = -4.604\n";
const VEHICLE: &str = "[[vehicle]]\nname = \"A\"\nfile = \"VEHICLE\"\n";
const RESILIENT: &str = "[[configuration]]\nname = \"resilient\"\nconfiguration = \"resilient\"\n";

fn head(azimuths: &str) -> String {
    format!(
        "title = \"Two by two\"\npurpose = \"a test\"\nscenario = {:?}\nseed = 61\nruns = 2\n\
         approach_azimuth_deg = [{azimuths}]\n",
        repository("scenarios/m2-nominal-from-ignition.toml")
    )
}

/// Writes a matrix file and reads it.
fn read(name: &str, text: &str) -> Result<Plan, MatrixError> {
    let file = folder(name).join("matrix.toml");
    let text = text.replace("VEHICLE", &repository("vehicles/resilience.toml"));
    std::fs::write(&file, text).unwrap();
    Plan::read(&file, &folder(&format!("{name}-out")))
}

fn refused(name: &str, text: &str) -> String {
    let error = read(name, text).expect_err("a faulty matrix");
    let help = miette::Diagnostic::help(&error).map_or(String::new(), |help| help.to_string());
    format!("{error}; {help}")
}

#[test]
fn cells_run_site_by_site_and_the_later_list_wins() {
    let hill = "[[site]]\nname = \"Hill (far)\"\nlatitude_deg = -10.5\nlongitude_deg = 200\n\
                set.terrain = { seed = 5, tiles = [\"tile.tif\"] }\nset.duration_s_max = 900.0\n";
    let fast = "[[configuration]]\nname = \"as flown\"\nconfiguration = \"as-flown\"\n\
                set.flight.velocimeter = false\nset.terrain.seed = 6\n\
                [[configuration.set.fault]]\non = \"rangefinder\"\nkind = \"dead\"\nat_s = { min = 1.0, max = 2.0 }\n";
    let text = format!("{}{PLAIN}{hill}{VEHICLE}{RESILIENT}{fast}", head("10, -90.5"));
    let plan = read("order", &text).unwrap();
    let names: Vec<&str> = plan.cells.iter().map(|cell| &*cell.name).collect();
    assert_eq!(
        names[..3],
        ["plain-10deg-a-resilient", "plain-10deg-a-as-flown", "plain-minus-90-5deg-a-resilient"]
    );
    assert_eq!(names.len(), 8);
    let last = plan.cells.last().unwrap();
    assert_eq!((last.at, &*last.name), ([1, 1, 0, 1], "hill-far-minus-90-5deg-a-as-flown"));
    for line in [
        "site.longitude_deg = 200.0",
        "orbit.approach_azimuth_deg = -90.5",
        "terrain.seed = 6",
        "flight.configuration = \"as-flown\"",
        "flight.velocimeter = false",
        "fault = [{ at_s = { max = 2.0, min = 1.0 }, kind = \"dead\", on = \"rangefinder\" }]",
        "duration_s_max = 900.0",
        "seed = 61",
        "expect.band = []",
    ] {
        assert!(last.toml.lines().any(|written| written == line), "{line} in\n{}", last.toml);
    }
    // A path is one beside the matrix file, wherever the cell stands.
    let beside = plan.file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let tile = format!("../../{beside}/tile.tif");
    assert!(last.toml.contains(&format!("terrain.tiles = [{tile:?}]")), "{}", last.toml);
}

#[test]
fn what_is_wrong_with_a_matrix_is_answered_with_file_key_and_value() {
    let whole = |middle: &str| format!("{}{middle}{VEHICLE}{RESILIENT}", head("10"));
    for (name, text, said) in [
        ("no-site", whole(""), "`site` is an empty list"),
        (
            "no-sites",
            format!("{}site = []\n{VEHICLE}{RESILIENT}", head("10")),
            "`site` is an empty list",
        ),
        (
            "no-azimuth",
            head("") + PLAIN + VEHICLE + RESILIENT,
            "approach_azimuth_deg must be a list of 1 to 72 numbers",
        ),
        (
            "azimuth",
            head("10, 400") + PLAIN + VEHICLE + RESILIENT,
            "approach_azimuth_deg[1] = 400 ° lies outside [-180, 360]",
        ),
        (
            "same-azimuth",
            head("10, 10.0") + PLAIN + VEHICLE + RESILIENT,
            "two entries of `approach_azimuth_deg` are named \"10°\"",
        ),
        (
            "same-site",
            whole(&format!("{PLAIN}{PLAIN}")),
            "two entries of `site` are named \"Plain\"",
        ),
        (
            "latitude",
            whole(&PLAIN.replace("60.454", "91")),
            "site[0].latitude_deg = 91 ° lies outside [-90, 90]",
        ),
        (
            "nameless",
            whole(&PLAIN.replace("Plain", "!")),
            "site[0].name must be a name with letters or digits in it",
        ),
        ("key", whole(&format!("{PLAIN}height_m = 3\n")), "`site[0].height_m` is not a key"),
        (
            "extends",
            whole(&format!("{PLAIN}set.extends = \"x.toml\"\n")),
            "`site[0].set.extends` is not a key",
        ),
        ("vehicle", whole(PLAIN).replace("VEHICLE", "no-such.toml"), "vehicle[0].file"),
        (
            "logic",
            whole(PLAIN).replace("= \"resilient\"\n", "= \"brave\"\n"),
            "configuration[0].configuration knows no `brave`; known: as-flown, resilient",
        ),
        ("runs", whole(PLAIN).replace("runs = 2", "runs = 0"), "runs = 0 lies outside"),
    ] {
        // The replaced name of the configuration above is its logic's too.
        let text =
            if name == "logic" { text.replace("name = \"brave\"", "name = \"b\"") } else { text };
        let message = refused(name, &text);
        let known =
            message.contains(said) || (name == "vehicle" && message.contains("no-such.toml"));
        assert!(known && message.contains("matrix.toml"), "{name}: {message}");
    }
}

#[test]
fn a_cell_that_is_no_scenario_stops_the_matrix_before_anything_flies() {
    let text = format!(
        "{}{PLAIN}{}{VEHICLE}{RESILIENT}",
        head("10"),
        "[[site]]\nname = \"Nowhere\"\nlatitude_deg = 0\nlongitude_deg = 0\nset.terrain.landforms = [\"olympus\"]\n"
    );
    let plan = read("landform", &text).unwrap();
    let out = plan.folder.clone();
    let error = fly(&plan, false, |_| {}, |_| Ok(())).unwrap_err();
    let help = miette::Diagnostic::help(&error).map_or(String::new(), |help| help.to_string());
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        error.to_string().contains("the cell nowhere-10deg-a-resilient is no scenario"),
        "{error}"
    );
    assert!(
        reason.contains("landforms knows no `olympus`") && help.contains("atlas"),
        "{reason}; {help}"
    );
    assert!(!out.join("runs").exists());
}

fn row(run: u64, outcome: Outcome, margins: [f64; MARGINS.len()]) -> Row {
    let measures = Measures { first_valid_range_m: Some(3000.0), ..Measures::default() };
    Row { run, outcome, grade: Grade::Fail, measures, margins, digest: 0, wall_ms: 1.0 }
}

fn cell(at: [usize; 4], name: &str) -> Cell {
    Cell { name: name.to_string(), at, toml: String::new() }
}

/// A plan of two rows and two columns, and one cell of each kind.
fn synthetic() -> (Plan, Vec<Summary>) {
    let text = format!(
        "{}{PLAIN}{VEHICLE}{RESILIENT}{}",
        head("10, 190"),
        "[[configuration]]\nname = \"<as flown>\"\nconfiguration = \"as-flown\"\n"
    );
    let plan = read("synthetic", &text).unwrap();
    let file = PathBuf::from("cells/x.toml");
    let expect = Scenario::read(repository("scenarios/m2-nominal.toml").as_ref()).unwrap().expect;
    let good = [1.0, 0.9, 6.0, 60.0, 40.0];
    let landed = |n: u64| (1..=n).map(|run| row(run, Outcome::Landed, good)).collect::<Vec<_>>();
    let of = |n: usize, rows: Vec<Row>| {
        let campaign = Campaign { rows, resumed: 0 };
        Summary::of(&plan.cells[n], &file, &campaign, &expect)
    };
    let mut mixed = landed(2);
    mixed[1].margins[2] = 0.1;
    mixed.push(row(3, Outcome::HardLanding, [1.0, 0.9, -4.0, 60.0, 40.0]));
    let mut dry = row(4, Outcome::RanDry, [-130.0, 0.9, f64::NAN, 60.0, 0.0]);
    dry.measures.height_at_estimate_zero_m = Some(5000.0);
    mixed.push(dry);
    let last = Summary::without_approach(&plan.cells[3], &file, "no apolune <here>".to_string());
    let cells = vec![of(0, landed(20)), of(1, mixed), of(2, landed(3)), last];
    (plan, cells)
}

#[test]
fn a_summary_counts_outcomes_and_names_the_worst_run_and_the_main_cause() {
    let (_, cells) = synthetic();
    let mixed = &cells[1];
    assert_eq!((mixed.survived, mixed.landed), (Share::new(3, 4), Share::new(2, 4)));
    let (cause, n) = mixed.cause.clone().unwrap();
    assert_eq!((&*cause, n), ("ran dry, believed itself down while high", 1));
    let worst = mixed.worst.clone().unwrap();
    assert_eq!((worst.run, worst.limit, worst.margin), (4, "v_vertical_m_s", -130.0));
    assert_eq!(mixed.replay().unwrap(), "frigoris fly cells/x.toml --run 4");
    // All landed: the worst is the one nearest to a limit, as a share of that limit.
    let good = cells[0].worst.clone().unwrap();
    assert_eq!((good.run, good.limit), (1, "v_vertical_m_s"));
    assert_eq!((cells[0].cause.clone(), cells[3].replay()), (None, None));
}

#[test]
fn the_page_shows_every_cell_with_number_colour_counts_and_command() {
    let (plan, cells) = synthetic();
    let page = page(&plan, &cells);
    for text in [
        "<b>100</b>",
        "[83.2, 100.0]",
        "<b>75</b>",
        "href=\"#plain-10deg-a-as-flown\"",
        "id=\"plain-10deg-a-as-flown\"",
        "2 landed, 1 hard landing, 1 ran dry",
        "frigoris fly cells/x.toml --run 4",
        "no apolune &lt;here&gt;",
        "&lt;as flown&gt;",
        "background:#2166ac;color:#ffffff",
    ] {
        assert!(page.contains(text), "{text} is not on the page");
    }
    assert!(!page.contains("<as flown>") && !page.contains("<script") && !page.contains("http"));
    assert_eq!(page.matches("<tr id=").count(), cells.len());
    // One that is not finished says so and shows what there is.
    assert!(super::page(&plan, &cells[..3]).contains("Unfinished: 3 of 4 cells."));
}

#[test]
fn every_colour_can_be_read_and_more_survivors_are_never_more_orange() {
    let mut last = None;
    for n in 0..=100 {
        let (rgb, white) = colour(f64::from(n) / 100.0);
        let own = luminance(rgb);
        let contrast = if white { 1.05 / (own + 0.05) } else { (own + 0.05) / 0.05 };
        // [WCAG2] 1.4.3 asks for 4.5.
        assert!(contrast >= 4.5, "{n} %: {contrast}");
        let redness = i32::from(rgb[0]) - i32::from(rgb[2]);
        assert!(last.is_none_or(|last| redness <= last), "{n} %");
        last = Some(redness);
    }
    // No colour stands for two shares.
    assert!(colour(0.25).0 != colour(0.75).0);
}

#[test]
fn only_what_all_runs_did_is_a_hundred_percent() {
    let percent = |k, n| super::text::percent(&Share::new(k, n));
    assert_eq!(
        [percent(1000, 1000), percent(999, 1000), percent(1, 1000), percent(0, 9)],
        ["100", "99", "1", "0"]
    );
}

#[test]
fn the_tables_have_one_line_a_cell() {
    let (plan, cells) = synthetic();
    let csv = csv(&plan, &cells);
    let lines_of: Vec<&str> = csv.lines().collect();
    assert_eq!(lines_of.len(), 1 + cells.len());
    let columns = lines_of[0].split(';').count();
    assert!(lines_of.iter().all(|line| line.split(';').count() == columns), "{csv}");
    assert!(
        lines_of[2].contains(";4;3;") && lines_of[2].contains("ran dry, believed itself down"),
        "{csv}"
    );
    let shown = lines(&plan, &cells).join("\n");
    assert!(shown.contains("no approach") && shown.contains("75 / 50"), "{shown}");
    let file = folder("parquet").join("matrix.parquet");
    write_parquet(&plan, &cells, &file).unwrap();
    let (keys, rows) = rig::parquet_file::read(&file).unwrap();
    let of = |key: &str| keys.iter().position(|other| other == key).unwrap();
    assert_eq!(rows.len(), cells.len());
    assert_eq!((rows[1][of("survived")], rows[1][of("outcome.ran_dry")]), (3.0, 1.0));
    let facts = rig::parquet_file::facts(&file).unwrap();
    assert!(facts.contains(&("frigoris.configurations".into(), "resilient\n<as flown>".into())));
    let _ = cell([0; 4], "x");
}

/// Four cells of two runs, flown, stopped and flown again. The approaches differ by 180°, the machines not: what
/// is drawn of the machine and of the orbit's determination is the same in all.
#[test]
fn a_small_matrix_flies_is_resumed_cell_by_cell_and_shares_its_draws() {
    let text = format!(
        "{}{PLAIN}{VEHICLE}{RESILIENT}{}",
        head("10, 190"),
        "[[configuration]]\nname = \"as flown\"\nconfiguration = \"as-flown\"\n"
    );
    let plan = read("small", &text).unwrap();
    let out = plan.folder.clone();
    let count = std::sync::atomic::AtomicU64::new(0);
    let tell = |step: Step<'_>| {
        assert_eq!((step.cell.1, step.progress.total), (4, 2));
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let mut sizes = vec![];
    let cells = fly(&plan, false, tell, |cells| {
        sizes.push(cells.len());
        Ok(())
    })
    .unwrap();
    assert_eq!((sizes, count.into_inner()), (vec![1, 2, 3, 4], 8));
    assert!(
        cells.iter().all(|cell| cell.survived.of == 2 && cell.survived.count == 2),
        "{cells:?}"
    );
    // Again, after one cell was lost and another damaged: only those are flown, and the result is the same.
    std::fs::remove_dir_all(out.join("runs").join(&plan.cells[1].name)).unwrap();
    std::fs::write(out.join("runs").join(&plan.cells[2].name).join("campaign.parquet"), "x")
        .unwrap();
    let count = std::sync::atomic::AtomicU64::new(0);
    let tell = |_: Step<'_>| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    assert_eq!(fly(&plan, false, tell, |_| Ok(())).unwrap(), cells);
    assert_eq!(count.into_inner(), 4);
    // With another seed nothing is touched until it is asked for; then only the cells' own runs go.
    let file = out.join("runs").join(&plan.cells[0].name).join("campaign.parquet");
    let (cell, before) = (std::fs::read(&cells[0].file).unwrap(), std::fs::read(&file).unwrap());
    let other = plan.clone().with(Some(62), None);
    let error = fly(&other, false, |_| {}, |_| Ok(())).unwrap_err();
    let help = miette::Diagnostic::help(&error).map_or(String::new(), |help| help.to_string());
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(reason.contains("runs of another") && help.contains("--fresh"), "{reason}; {help}");
    assert_eq!(std::fs::read(&cells[0].file).unwrap(), cell);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let foreign = out.join("runs/not-of-this-matrix");
    std::fs::create_dir_all(&foreign).unwrap();
    assert_eq!(fly(&other, true, |_| {}, |_| Ok(())).unwrap().len(), 4);
    assert_ne!(std::fs::read(&file).unwrap(), before);
    assert!(foreign.exists());
    assert_eq!(fly(&plan, true, |_| {}, |_| Ok(())).unwrap(), cells);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    // A cell is a scenario: it flies the same run by itself.
    let scenario = Scenario::read(&cells[3].file).unwrap();
    let stand = Stand::new(scenario).unwrap();
    let flown = rig::closed_loop::fly(&stand, 2, rig::record::Recording::Off, |_| {}).unwrap();
    let rows =
        runs::read_rows(&out.join("runs").join(&cells[3].name).join("campaign.parquet")).unwrap();
    assert!(Row::of(&flown, 0.0).same_flight(&rows[1]));
    // Common random numbers: the errors of orbit determination are the same relative to each orbit.
    let errors = |n: usize| {
        let stand = Stand::new(Scenario::read(&cells[n].file).unwrap()).unwrap();
        let start = stand.start(2);
        let nav = rig::load::nav_start(&stand.scenario, &start, 2);
        let R = rig::load::radial_along_across(&start);
        R.transpose() * (nav.p_MB_I - start.p_MB_I).si()
    };
    let (north, south) = (errors(0), errors(2));
    assert!((north - south).norm() < 1e-6 && north.norm() > 1.0, "{north} {south}");
}

#[test]
fn an_approach_that_does_not_exist_is_an_answer_and_not_the_end() {
    let text = format!(
        "{}{PLAIN}{VEHICLE}{RESILIENT}{}",
        head("10").replace("runs = 2", "runs = 1"),
        "[[configuration]]\nname = \"from above\"\nconfiguration = \"resilient\"\n\
         set.orbit = { altitude_m = 15000.0 }\n"
    );
    let plan = read("approach", &text).unwrap();
    let cells = fly(&plan, false, |_| {}, |_| Ok(())).unwrap();
    assert_eq!((cells[0].survived.of, cells[1].survived.of), (1, 0));
    let reason = cells[1].no_approach.clone().unwrap();
    assert!(reason.contains("perilune") || reason.contains("apolune"), "{reason}");
}
