//! Lists the scenario, vehicle, matrix and point files of the repository, so that the program carries all of them.

use std::fmt::Write;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let mut list = String::from("&[\n");
    for folder in ["scenarios", "vehicles", "vehicles/imu", "vehicles/radio", "matrices", "points"]
    {
        let path = root.join(folder);
        println!("cargo::rerun-if-changed={}", path.display());
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        for name in names.iter().filter(|name| name.ends_with(".toml")) {
            let file = path.join(name);
            let below = format!("{folder}/{name}");
            let _ = writeln!(list, "Shipped {{ path: {below:?}, text: include_str!({file:?}) }},");
        }
    }
    list.push(']');
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    std::fs::write(Path::new(&out).join("shipped.rs"), list)
}
