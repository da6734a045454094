//! Who may ask what.
//!
//! Owns: the checks before any handler, the headers after it.
//! As decided: a request must name a host that is served (so a foreign name that resolves to this machine is of no
//! use), a page that asks must be of that host, and what changes anything needs the token. The token is compared in a
//! time that does not depend on it.

use super::{Config, Shared};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What pages may do; `{host}` is the one that was asked.
const POLICY: &str = "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; \
    frame-ancestors 'self'; connect-src 'self' ws://{host} wss://{host}; img-src 'self' data: blob:; \
    font-src 'self' data:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; script-src 'self' ";
/// Home and broadcast are one file each, with their script inside.
const SCRIPTS_INLINE: &str = "'unsafe-inline'";
/// Open MCT compiles templates in the browser.
const SCRIPTS_COMPILED: &str = "'unsafe-eval'";

/// A new token: 256 random bits, hexadecimal.
pub fn token() -> Result<String, crate::command::key::KeyError> {
    crate::command::key::random_hex()
}

/// Values of the `Host` header that are answered.
pub(super) fn hosts(config: &Config) -> Vec<String> {
    let port = config.address.port();
    let mut hosts = vec![config.address.to_string()];
    if config.address.ip().is_loopback() || config.address.ip().is_unspecified() {
        hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")));
    }
    hosts.extend(config.hosts.iter().cloned());
    hosts.iter().map(|host| host.to_ascii_lowercase()).collect()
}

/// Equal or not, in a time that depends on the lengths alone.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differ = a.iter().zip(b).fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)));
    a.len() == b.len() && differ == 0
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Why a request is not even looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Barred {
    Host,
    Origin,
    Token,
}

impl Barred {
    fn says(self) -> (StatusCode, &'static str) {
        match self {
            Barred::Host => (StatusCode::FORBIDDEN, "this name is not served here"),
            Barred::Origin => (StatusCode::FORBIDDEN, "asked by a page from elsewhere"),
            Barred::Token => {
                (StatusCode::UNAUTHORIZED, "a token is needed: Authorization: Bearer ...")
            }
        }
    }
}

fn check(room: &Shared, method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Barred> {
    let host = text(headers, header::HOST).ok_or(Barred::Host)?.to_ascii_lowercase();
    if !room.hosts.contains(&host) {
        return Err(Barred::Host);
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().map_err(|_| Barred::Origin)?.to_ascii_lowercase();
        let own =
            origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
        if own.is_none_or(|(_, name)| name != host) {
            return Err(Barred::Origin);
        }
    }
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let foreign = matches!(site, Some("cross-site" | "same-site"));
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if foreign && (!reads || path.starts_with("/api/")) {
        return Err(Barred::Origin);
    }
    if !reads {
        let given = text(headers, header::AUTHORIZATION).and_then(|t| t.strip_prefix("Bearer "));
        let known = given.is_some_and(|t| same(t.trim().as_bytes(), room.config.token.as_bytes()));
        if !known || room.config.token.is_empty() {
            return Err(Barred::Token);
        }
    }
    Ok(())
}

/// Before and after every request.
pub(super) async fn guard(State(room): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let host = text(request.headers(), header::HOST).unwrap_or_default().to_owned();
    let mut response = match check(&room, request.method(), &path, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(barred) => {
            let (status, why) = barred.says();
            if request.method() != Method::GET {
                let what =
                    format!("{} {}", request.method(), path.chars().take(80).collect::<String>());
                let room = room.clone();
                // The journal is on a disk. Whether the line could be written changes nothing here.
                let _ =
                    tokio::task::spawn_blocking(move || room.desk.note_refusal(&what, why)).await;
            }
            (status, Json(json!({ "error": why }))).into_response()
        }
    };
    let scripts = match path.as_str() {
        "/" | "/home.html" | "/broadcast" | "/broadcast.html" => SCRIPTS_INLINE,
        path if path.starts_with("/console") => SCRIPTS_COMPILED,
        _ => "",
    };
    let host = if room.hosts.contains(&host.to_ascii_lowercase()) { host } else { String::new() };
    let policy = POLICY.replace("{host}", &host) + scripts;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if path.starts_with("/api/") {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_equal_and_nothing_else() {
        assert!(same(b"abc", b"abc") && same(b"", b""));
        assert!(!same(b"abc", b"abd") && !same(b"abc", b"ab") && !same(b"ab", b"abc"));
    }

    #[test]
    fn tokens_are_256_bits_and_never_alike() {
        let (a, b) = (token().unwrap(), token().unwrap());
        assert!(a.len() == 64 && a != b);
    }
}
