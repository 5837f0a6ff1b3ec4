//! The site: what browsers are served besides pages, in `target/site`.
//!
//! | file | what |
//! |---|---|
//! | `build.json` | `{"build":"<hash>","bundles":["shop","order","admin"]}`, written last |
//! | `pkg/<hash>/{shop,order,admin}.{js,wasm}` | the bundles: wasm-bindgen's module and the code |
//! | `pkg/<hash>/app.css` | Tailwind's output |
//! | `pkg/<hash>/boot.js` | starts a bundle on a page |
//! | `pkg/<hash>/*.br` | the same, compressed with Brotli (release builds) |
//! | `favicon.svg`, … | the rest of `style/public`, as it is |
//!
//! The hash covers everything under it, so whatever `pkg/` holds may be cached for ever.

mod bindgen;
mod client;
mod publish;
mod shrink;
mod styles;
mod unused;

use crate::paths;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// The bundles of the browser's code; each is a feature of the crate `client`.
pub const BUNDLES: [&str; 3] = ["shop", "order", "admin"];

/// How much the code is worked on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Soon ready.
    Dev,
    /// Small and fast.
    Release,
}

impl Profile {
    /// Release or not.
    pub fn new(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// Cargo's profile for the binaries.
    pub fn of_binaries(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    /// Cargo's profile for the browser's code.
    fn of_client(self) -> &'static str {
        match self {
            Self::Dev => "wasm-dev",
            Self::Release => "wasm-release",
        }
    }

    fn is_release(self) -> bool {
        self == Self::Release
    }

    /// Where a build keeps what lies between the sources and the site.
    fn work(self) -> PathBuf {
        paths::target().join("web").join(self.of_client())
    }
}

/// Builds what changed and publishes it.
///
/// # Errors
/// What a compiler or tool said.
pub fn build(profile: Profile) -> Result<()> {
    let mut parts = Vec::new();
    for bundle in BUNDLES {
        let wasm = client::compile(bundle, profile)?;
        parts.push(bindgen::bind(bundle, &wasm, profile)?);
    }
    let styles = styles::compile(profile)?;
    publish::publish(&parts, &styles, profile)
}

/// Whether `stamp` says that its output was made from exactly this input.
fn is_fresh(stamp: &Path, key: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|made_from| made_from == key)
}

/// Remembers from which input the output was made.
fn set_fresh(stamp: &Path, key: &str) -> Result<()> {
    fs::write(stamp, key).with_context(|| format!("{} cannot be written", stamp.display()))
}

/// A digest over byte strings, each with its length, so that no two lists look alike.
fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    format!("{:x}", hash.finalize())
}

/// Every file below a folder, in a stable order.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// Writes a file, and makes its folder where there is none.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    fs::write(file, bytes).with_context(|| format!("{} cannot be written", file.display()))
}
