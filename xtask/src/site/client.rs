//! Compiling a bundle with cargo.
//!
//! All bundles are the same crate with another feature, and cargo writes all of them to the same file (a cdylib's name has no hash), while it remembers
//! for each of them separately whether it is fresh. So it may say that `shop` is fresh when the file holds `admin`. Therefore each bundle is copied
//! away as soon as it is linked, and the file's time of modification, remembered, tells whether cargo has linked again.

use super::{BUNDLES, Profile};
use crate::command::{cargo, run};
use crate::tools::WASM_TARGET;
use crate::{paths, ui};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Instant, UNIX_EPOCH};

/// Compiles a bundle where needed, and says where its code lies.
pub fn compile(bundle: &str, profile: Profile) -> Result<PathBuf> {
    let since = Instant::now();
    let linked = paths::target()
        .join(WASM_TARGET)
        .join(profile.of_client())
        .join("deps/client.wasm");
    let work = profile.work();
    let memory = work.join("linked");
    let kept = |bundle: &str| work.join(format!("{bundle}.linked.wasm"));
    fs::create_dir_all(&work).with_context(|| format!("{} cannot be made", work.display()))?;

    let known = time_of(&linked);
    if known.is_none() || known != fs::read_to_string(&memory).ok() {
        // Someone else has linked since, or we were interrupted: no copy can be trusted.
        for bundle in BUNDLES {
            remove(&kept(bundle))?;
        }
    }
    if !kept(bundle).exists() {
        remove(&linked)?;
    }
    let before = time_of(&linked);

    ui::begin(format_args!("{bundle}: compile"));
    run(cargo()
        .args(["build", "--package", "client", "--lib"])
        .args(["--target", WASM_TARGET])
        .args(["--profile", profile.of_client()])
        .args(["--features", bundle]))?;

    let after = time_of(&linked);
    let Some(now) = &after else {
        bail!("cargo has left no {}", linked.display());
    };
    if before != after {
        fs::copy(&linked, kept(bundle))
            .with_context(|| format!("{} cannot be copied", linked.display()))?;
        fs::write(&memory, now)
            .with_context(|| format!("{} cannot be written", memory.display()))?;
    }
    ui::done(since, format_args!("{bundle}: compiled"));
    Ok(kept(bundle))
}

/// When the file was written, or `None` when there is none.
fn time_of(file: &Path) -> Option<String> {
    let modified = fs::metadata(file).and_then(|data| data.modified()).ok()?;
    let since_epoch = modified.duration_since(UNIX_EPOCH).ok()?;
    Some(since_epoch.as_nanos().to_string())
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        _ => Ok(()),
    }
}
