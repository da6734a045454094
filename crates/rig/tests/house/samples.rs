//! Small bad samples: every check of the house must be able to fail.

use super::checks::{self, Walls};
use super::source::{self, File, root};
use std::collections::BTreeMap;

const ROOMS: &Walls = &[("icd", &[]), ("flight", &["icd"]), ("truth", &["icd"])];
const LINTS: &str = "[lints]\nworkspace = true\n";

fn one(path: &str, text: &str) -> [File; 1] {
    [File::new(path, text)]
}

#[test]
fn a_forbidden_import_is_found_in_every_kind_of_dependency() {
    let good = format!("[dependencies]\nicd.workspace = true\nlibm = \"0.2\"\n{LINTS}");
    assert!(checks::walls(&one("crates/flight/Cargo.toml", &good), ROOMS).is_empty());
    for table in [
        "[dependencies]\ntruth.workspace = true\n",
        "[dev-dependencies]\ntruth = { path = \"../truth\" }\n",
        "[build-dependencies]\nmoon = { package = \"frigoris-truth\", path = \"../truth\" }\n",
        "[target.'cfg(unix)'.dependencies]\ntruth.workspace = true\n",
    ] {
        let bad = one("crates/flight/Cargo.toml", &format!("{table}{LINTS}"));
        assert_eq!(checks::walls(&bad, ROOMS).len(), 1, "{table}");
    }
}

#[test]
fn a_new_room_a_feature_and_a_missing_lint_table_are_found() {
    let wrong = checks::walls(&one("crates/attic/Cargo.toml", LINTS), ROOMS);
    assert!(wrong[0].contains("no such room"), "{wrong:?}");
    let wrong = checks::walls(&one("crates/icd/Cargo.toml", "[features]\nextra = []\n"), ROOMS);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
}

#[test]
fn a_module_that_looks_over_its_wall_is_found() {
    let walls: &Walls = &[("nav", &["load"])];
    let good = "use crate::load::Load;\n// crate::guidance is not used\nuse crate::nav::Nav;\n";
    let bad = "use crate::guidance::Demand;\n";
    let path = "crates/flight/src/nav/filter.rs";
    assert!(checks::inner_walls(&one(path, good), "flight", walls).is_empty());
    assert_eq!(checks::inner_walls(&one(path, bad), "flight", walls).len(), 1);
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let body = "const A: u8 = 0;\n".repeat(6);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{body}}}\n");
    let sizes = |text: &str| checks::sizes(&one("crates/icd/src/a.rs", text), 10, 70, &[]);
    assert!(sizes(&format!("{body}{tests}")).is_empty());
    assert_eq!(sizes(&format!("{tests}{body}{body}")).len(), 1, "tests first hide nothing");
    assert_eq!(sizes(&format!("{body}{body}")).len(), 1);
    let excepted = ["crates/icd/src/a.rs"];
    let long = one("crates/icd/src/a.rs", &body.repeat(2));
    assert!(checks::sizes(&long, 10, 70, &excepted).is_empty());
}

#[test]
fn a_file_of_tests_alone_may_be_long() {
    let long = "const A: u8 = 0;\n".repeat(12);
    let parent = File::new("crates/icd/src/lib.rs", "#[cfg(test)]\nmod tests;\n");
    let child = File::new("crates/icd/src/tests.rs", &long);
    assert!(checks::sizes(&[parent, child.clone()], 10, 70, &[]).is_empty());
    assert_eq!(checks::sizes(&[child], 10, 70, &[]).len(), 1);
}

#[test]
fn a_long_function_is_found() {
    let text = |n: usize| format!("fn f(a: [u8; 3]) {{\n{}}}\n", "    let x = '{';\n".repeat(n));
    assert!(checks::sizes(&one("crates/icd/src/a.rs", &text(8)), 500, 10, &[]).is_empty());
    let wrong = checks::sizes(&one("crates/icd/src/a.rs", &text(9)), 500, 10, &[]);
    assert_eq!(wrong, ["crates/icd/src/a.rs:1: `f` has 11 lines, 10 allowed"]);
}

#[test]
fn a_panic_on_board_is_found_in_code_and_only_there() {
    let forbidden = [".unwrap()", ".expect( ", "panic!", "std::", "assert!(", ".sin("];

    let words = |text| checks::words(&one("crates/flight/src/a.rs", text), &["flight"], &forbidden);
    assert_eq!(words("fn f() { x.unwrap() }").len(), 1);
    assert_eq!(words("fn f() { panic!(\"no\") }").len(), 1);
    assert_eq!(words("fn f() { let y = x.sin(); }").len(), 1);
    assert_eq!(words("fn f() { x.expect(\"a number\"); self.expect(load); }").len(), 1);
    assert!(words("// never panic!\nfn f() { debug_assert!(true); \".unwrap()\"; }").is_empty());
    assert!(words("#[cfg(test)]\nmod tests { fn f() { x.unwrap() } }").is_empty());
    assert_eq!(words("#[cfg(test)]\nmod tests { }\nfn f() { x.unwrap() }").len(), 1);
}

#[test]
fn an_ignored_test_and_a_gap_are_found() {
    let forbidden = ["#[ignore", "todo!"];
    let text = "#[test]\n#[ignore = \"slow\"]\nfn f() { todo!() }\n";
    assert_eq!(checks::words_anywhere(&one("crates/icd/src/a.rs", text), &forbidden).len(), 2);
    let said = "// todo! and #[ignore] are words here\n";
    assert!(checks::words_anywhere(&one("crates/icd/src/a.rs", said), &forbidden).is_empty());
}

#[test]
fn a_place_on_one_machine_is_found() {
    let place = format!("/{}/", "home");
    let bad = one("README.md", &format!("see {place}me/moon.tif"));
    assert_eq!(checks::text(&bad, std::slice::from_ref(&place)).len(), 1);
    assert!(checks::text(&one("README.md", "see the/homely/moon"), &[place]).is_empty());
}

#[test]
fn a_false_map_is_found() {
    let folders = ["crates/rig/src".to_owned()];
    let good = "`crates/rig/src/` and `Cargo.toml`, `icd::time`, `cargo test`, `1/2 kg`";
    assert!(checks::map(good, &root(), &folders).is_empty());
    let wrong = checks::map("`crates/rig/src` and `crates/attic/old.rs`", &root(), &folders);
    assert_eq!(wrong, ["names crates/attic/old.rs: no such path"]);
    assert_eq!(checks::map("`Cargo.toml`", &root(), &folders).len(), 1);
}

#[test]
fn keys_are_told_from_links() {
    let text = "[Sola2017] §2, [ABC], [`Event`], [Event], [Doc2020](x.md), [List2][a], v[N], [M2], `a [RUN]`";
    let keys: Vec<_> = checks::keys(text).into_iter().collect();
    assert_eq!(keys, ["ABC", "Sola2017"]);
}

#[test]
fn a_missing_an_idle_and_a_doubled_reference_are_found() {
    let used = |key: &str| BTreeMap::from([(key.to_owned(), "a.rs".to_owned())]);
    let list = "# References\n\n- **[Sola2017]** J. Solà.\n";
    assert!(checks::references(list, &used("Sola2017")).is_empty());
    assert_eq!(checks::references(list, &used("Battin1999")).len(), 2);
    assert_eq!(checks::references(&format!("{list}{list}"), &used("Sola2017")).len(), 1);
}

#[test]
fn a_requirement_without_a_test_is_found() {
    let file =
        |body: &str| one("crates/icd/src/lib.rs", &format!("//! | A-1 | be | `b` |\n{body}"));
    assert!(checks::requirements(&file("#[test]\nfn b() {}\n"), |_| false).is_empty());
    assert!(checks::requirements(&file(""), |path| path == "crates/icd/b").is_empty());
    assert_eq!(checks::requirements(&file("// fn b() {}\n"), |_| false).len(), 1);
}

#[test]
fn a_proof_with_other_dependencies_is_found() {
    let lock = |v: &str| format!("[[package]]\nname = \"libm\"\nversion = \"{v}\"\n");
    assert!(checks::locks(&lock("0.2.16"), &lock("0.2.16")).is_empty());
    assert_eq!(checks::locks(&lock("0.2.16"), &lock("0.2.15")).len(), 1);
}

#[test]
fn literals_comments_and_lifetimes_are_told_apart() {
    let text = "fn a<'x>(b: &'x str) -> char { let s = r#\"fn \"c\" {\"#; '\\'' } // fn d() {}\n";
    let masked = source::mask(text);
    assert_eq!(masked.code.len(), text.len());
    assert_eq!(source::functions(&masked.code), [("a".to_owned(), 1, 1)]);
    assert_eq!(masked.comments.trim(), "// fn d() {}");
}
