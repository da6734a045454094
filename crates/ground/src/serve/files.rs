//! Pages: those inside the program, and what npm has put beside them.
//!
//! Owns: which path is which file, what kind of file it is. Nothing outside the console's folder can be asked for: a
//! path with anything but plain names is refused before the disk is touched, and links are not followed out of it.

use super::Shared;
use super::api::refused;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::path::{Path, PathBuf};

/// Where `npm ci` was run when no folder is named.
const FOLDER: &str = "console";
/// Octets of a file at the most.
const FILE_MAX: u64 = 64 << 20;

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// A path's names, if they are plain: letters, digits and `._-@`, none beginning with a dot.
fn plain(path: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let fits = |name: &&str| {
        !name.starts_with('.')
            && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-@".contains(&c))
    };
    names.iter().all(fits).then_some(names)
}

/// The console's file behind a path.
fn file_of(path: &str) -> Option<String> {
    let inside = match path {
        "/" | "/home.html" => "home.html",
        "/broadcast" | "/broadcast/" | "/broadcast.html" => "broadcast.html",
        "/console" | "/console/" => "index.html",
        path => path.strip_prefix("/console/")?,
    };
    let names = plain(inside)?;
    (!names.is_empty()).then(|| names.join("/"))
}

pub(super) async fn page(State(room): State<Shared>, uri: Uri) -> Response {
    let path = uri.path().to_owned();
    if path == "/console" {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/console/")]).into_response();
    }
    let Some(name) = file_of(&path) else {
        return refused(StatusCode::NOT_FOUND, "there is nothing here");
    };
    let folder = room.config.console.clone();
    let read = tokio::task::spawn_blocking({
        let name = name.clone();
        move || on_disk(folder.as_deref(), Path::new(FOLDER), &name)
    });
    let found = read.await.ok().flatten();
    let embedded = || super::super::console::file(&name).map(<[u8]>::to_vec);
    match found.or_else(embedded) {
        Some(octets) => {
            // Pages change with the program; what npm brings has its version in the lock file.
            let keep = if name.starts_with("node_modules/") { "max-age=3600" } else { "no-cache" };
            let headers = [(header::CONTENT_TYPE, kind(&name)), (header::CACHE_CONTROL, keep)];
            (headers, octets).into_response()
        }
        None if name.starts_with("node_modules/") => refused(
            StatusCode::NOT_FOUND,
            "not installed: run `npm ci` in the folder `console`, and name it with --console",
        ),
        None => refused(StatusCode::NOT_FOUND, "there is nothing here"),
    }
}

/// What the disk has: of a folder that was named everything, else only what npm has put beside us.
fn on_disk(console: Option<&Path>, beside: &Path, name: &str) -> Option<Vec<u8>> {
    match console {
        Some(folder) => read(folder, name),
        None if name.starts_with("node_modules/") => read(beside, name),
        None => None,
    }
}

fn read(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let root = folder.canonicalize().ok()?;
    let file: PathBuf = root.join(name).canonicalize().ok()?;
    let inside = file.starts_with(&root)
        && file.metadata().is_ok_and(|m| m.is_file() && m.len() <= FILE_MAX);
    inside.then(|| std::fs::read(file).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_reach_the_disk() {
        assert_eq!(file_of("/"), Some("home.html".into()));
        assert_eq!(file_of("/console/lib/api.js"), Some("lib/api.js".into()));
        assert_eq!(file_of("/console/"), Some("index.html".into()));
        for path in [
            "/console/../Cargo.toml",
            "/console/.git/config",
            "/console/%2e%2e/x",
            "/console/a\\b",
            "/etc/passwd",
            "/console/a/../../b",
            "//console",
        ] {
            assert_eq!(file_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_link_out_of_the_folder_is_not_followed() {
        let folder = std::env::temp_dir().join(format!("frigoris-files-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("console")).unwrap();
        std::fs::write(folder.join("secret"), "x").unwrap();
        std::fs::write(folder.join("console/page.html"), "y").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.join("secret"), folder.join("console/link.html"))
            .unwrap();
        assert_eq!(read(&folder.join("console"), "page.html"), Some(b"y".to_vec()));
        assert_eq!(read(&folder.join("console"), "link.html"), None);
        assert_eq!(read(&folder.join("console"), "absent.html"), None);
        // A folder that nobody named replaces no page.
        let beside = folder.join("console");
        std::fs::create_dir_all(beside.join("node_modules")).unwrap();
        std::fs::write(beside.join("node_modules/x.js"), "z").unwrap();
        assert_eq!(on_disk(Some(&beside), &folder, "page.html"), Some(b"y".to_vec()));
        assert_eq!(on_disk(None, &beside, "page.html"), None);
        assert_eq!(on_disk(None, &beside, "node_modules/x.js"), Some(b"z".to_vec()));
    }
}
