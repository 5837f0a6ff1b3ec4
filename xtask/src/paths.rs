//! Where things are.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Cargo's target directory: `target`, or `CARGO_TARGET_DIR`.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The site the server serves: `target/site`.
pub fn site() -> PathBuf {
    target().join("site")
}

/// The folder of the binaries: `target/debug` or `target/release`.
pub fn binaries(release: bool) -> PathBuf {
    target().join(if release { "release" } else { "debug" })
}
