//! The site that was built: which files pages name, and serving them.

use crate::StartError;
use crate::error::Problem;
use crate::state::App;
use app::Assets;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use serde::Deserialize;
use std::path::Path;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// What lies under the hash of its build never changes (RFC 8246).
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What lies elsewhere, such as the icon.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// What another build may replace under the same name.
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// A service worker is under its own file's policy, and all that it does is to load.
const WORKER_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; connect-src 'self'");

/// `build.json`, which `cargo xtask build` writes last.
#[derive(Deserialize)]
struct Build {
    build: String,
}

/// The files that pages name: those of the build in `site`, or of `cargo leptos watch`.
///
/// # Errors
/// Nothing was built there.
pub(crate) fn assets(site: &Path, leptos_output_name: Option<&str>) -> Result<Assets, StartError> {
    if let Some(name) = leptos_output_name {
        return Ok(Assets::watched(name));
    }
    let path = site.join("build.json");
    let refuse = |why: &dyn std::fmt::Display| StartError::Setting {
        variable: "FESTFLOW_SITE",
        why: format!("{}: {why}; `cargo xtask build` makes it", path.display()),
    };
    let text = std::fs::read(&path).map_err(|error| refuse(&error))?;
    let build: Build = serde_json::from_slice(&text).map_err(|error| refuse(&error))?;
    // It becomes part of addresses.
    let plain = !build.build.is_empty() && build.build.bytes().all(|b| b.is_ascii_alphanumeric());
    if !plain {
        return Err(refuse(&"its build must be letters and digits"));
    }
    Ok(Assets::published(&build.build))
}

/// The files, the compressed ones where they lie beside them.
pub(crate) fn directory(site: &Path) -> ServeDir {
    ServeDir::new(site)
        .append_index_html_on_directories(false)
        .precompressed_br()
}

/// What no route knows: a file, or nothing.
pub(crate) async fn file(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let nothing = || Problem::not_found("There is nothing at this address.");
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(nothing());
    }
    let caching = caching(request.uri().path(), app.reload_port.is_some());
    let keeps = request.uri().path() == app::KEEP;
    let Ok(response) = app.files.clone().oneshot(request).await;
    if response.status().is_client_error() {
        return Err(nothing());
    }
    let mut response = response.map(Body::new);
    if response.status().is_success() {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, caching);
    }
    if keeps {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, WORKER_POLICY);
    }
    Ok(response)
}

/// How long a file is kept. `/pkg/<hash>/…` names a build; `cargo leptos watch` hashes nothing.
fn caching(path: &str, watched: bool) -> HeaderValue {
    match path.strip_prefix("/pkg/") {
        _ if watched => ASK_FIRST,
        Some(rest) if rest.contains('/') => FOREVER,
        Some(_) => ASK_FIRST,
        // A font's name has its version.
        None if path.starts_with("/fonts/") => FOREVER,
        None => AN_HOUR,
    }
}
