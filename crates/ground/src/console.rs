//! The console's pages as they travel inside the program. What npm brings does not.

macro_rules! pages {
    ($($name:literal)+) => {
        &[$(($name, include_bytes!(concat!("../../../console/", $name)))),+]
    };
}

/// Every page, by its name in the folder `console`.
const FILES: &[(&str, &[u8])] = pages! {
    "index.html"
    "view.html"
    "broadcast.html"
    "home.html"
    "lib/alarms.js"
    "lib/api.js"
    "lib/chart.js"
    "lib/clock.js"
    "lib/command.js"
    "lib/confirm.js"
    "lib/displays.js"
    "lib/dom.js"
    "lib/format.js"
    "lib/landing.js"
    "lib/moon.js"
    "lib/plugin.js"
    "lib/scene.js"
    "lib/series.js"
    "lib/signal.js"
    "lib/start.js"
    "lib/view.js"
    "lib/style.css"
};

/// A page of the console.
pub fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, octets)| *octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_page_of_the_console_is_inside_the_program() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../console"));
        for (folder, ends) in [("", "html"), ("lib/", "js"), ("lib/", "css")] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if name.ends_with(&format!(".{ends}")) {
                    assert!(file(&format!("{folder}{name}")).is_some(), "{folder}{name}");
                }
            }
        }
    }
}
