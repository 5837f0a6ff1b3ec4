//! Putting the parts together under the hash of all of them.

use super::{BUNDLES, Profile, digest, files_below, read, write};
use crate::{paths, ui};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Starts a bundle on a page. It lies among the public files, where `cargo leptos` finds it too.
const BOOT: &str = "boot.js";
/// The public files that are not served from the site's root: the one goes under the hash, the other is for `cargo leptos watch` alone.
const NOT_AT_ROOT: [&str; 2] = [BOOT, "reload.js"];

/// A file of the package: where it goes below `pkg/<hash>/`, and what is in it.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Publishes the bundles' folders and the style sheet. A site of the same hash is left as it is.
pub fn publish(bundles: &[PathBuf], styles: &Path, profile: Profile) -> Result<()> {
    let since = Instant::now();
    let public = paths::root().join("style/public");
    let site = paths::site();
    let files = package(bundles, styles, &public)?;
    let hash = hash(&files, profile);

    let packages = site.join("pkg");
    let package = packages.join(&hash);
    if !package.is_dir() {
        write_package(&packages, &hash, &files, profile)?;
    }
    for file in files_below(&public)? {
        let path = file.strip_prefix(&public)?;
        if !NOT_AT_ROOT.iter().any(|name| path == Path::new(name)) {
            write(&site.join(path), &read(&file)?)?;
        }
    }
    let before = described(&site);
    let description = serde_json::json!({ "build": hash, "bundles": BUNDLES }).to_string();
    // In one step: a server that starts meanwhile reads the old or the new one.
    write(&site.join("build.json.new"), description.as_bytes())?;
    fs::rename(site.join("build.json.new"), site.join("build.json"))
        .context("build.json cannot be replaced")?;
    if before.as_deref() != Some(&hash) {
        forget_old(&packages, &[Some(hash.clone()), before])?;
        ui::done(since, format_args!("site {hash}"));
    }
    Ok(())
}

fn package(bundles: &[PathBuf], styles: &Path, public: &Path) -> Result<Vec<File>> {
    let mut files = vec![
        File {
            path: "app.css".into(),
            bytes: read(styles)?,
        },
        File {
            path: BOOT.into(),
            bytes: read(&public.join(BOOT))?,
        },
    ];
    for bundle in bundles {
        for file in files_below(bundle)? {
            let path = file.strip_prefix(bundle)?.to_owned();
            // Several bundles may bring the same snippet of a dependency.
            if !files.iter().any(|other| other.path == path) {
                files.push(File {
                    path,
                    bytes: read(&file)?,
                });
            }
        }
    }
    Ok(files)
}

/// 16 hexadecimal digits over names, contents, and whether compressed files lie beside them.
fn hash(files: &[File], profile: Profile) -> String {
    let parts = files
        .iter()
        .flat_map(|file| [file.path.as_os_str().as_encoded_bytes(), &file.bytes])
        .chain([profile.of_binaries().as_bytes()]);
    let mut hash = digest(parts);
    hash.truncate(16);
    hash
}

/// Written aside and moved into place, so that a folder under `pkg/` is always whole.
fn write_package(packages: &Path, hash: &str, files: &[File], profile: Profile) -> Result<()> {
    let aside = packages.join(format!(".{hash}"));
    if aside.exists() {
        fs::remove_dir_all(&aside)
            .with_context(|| format!("{} cannot be emptied", aside.display()))?;
    }
    for file in files {
        let target = aside.join(&file.path);
        write(&target, &file.bytes)?;
        if profile.is_release() {
            let compressed = brotli(&file.bytes)?;
            let since = Instant::now();
            write(&target.with_added_extension("br"), &compressed)?;
            let (from, to) = (ui::size(file.bytes.len()), ui::size(compressed.len()));
            ui::done(
                since,
                format_args!("{}: {from}, {to} compressed", file.path.display()),
            );
        }
    }
    fs::rename(&aside, packages.join(hash))
        .with_context(|| format!("{} cannot be moved into place", aside.display()))
}

/// Brotli at its best quality (RFC 7932); done once, served many times.
fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)
        .context("Brotli cannot compress")?;
    Ok(compressed)
}

/// The hash of the build that the site says it is.
fn described(site: &Path) -> Option<String> {
    let text = fs::read_to_string(site.join("build.json")).ok()?;
    let description: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(description.get("build")?.as_str()?.to_owned())
}

/// Removes older builds. The last one stays: pages that are open in a browser still load from it.
fn forget_old(packages: &Path, keep: &[Option<String>]) -> Result<()> {
    for entry in fs::read_dir(packages).context("pkg cannot be read")? {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        if path.is_dir() && !keep.contains(&name) {
            fs::remove_dir_all(&path)
                .with_context(|| format!("{} cannot be removed", path.display()))?;
        }
    }
    Ok(())
}
