//! From cargo's WebAssembly to what a browser loads: wasm-bindgen, and for releases whatever makes it small.

use super::{Profile, digest, is_fresh, read, set_fresh, shrink, unused};
use crate::{paths, ui};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// Makes a bundle's folder: `<bundle>.js`, `<bundle>.wasm`, and snippets where a crate brings some.
pub fn bind(bundle: &str, linked: &Path, profile: Profile) -> Result<PathBuf> {
    let folder = profile.work().join(bundle);
    let stamp = profile.work().join(format!("{bundle}.bound"));
    // The code itself names the version of wasm-bindgen, which is pinned to ours; the lock file stands for the others'.
    let key = digest([
        read(linked)?.as_slice(),
        shrink::recipe().as_bytes(),
        unused::recipe().as_bytes(),
        &read(&paths::root().join("package-lock.json"))?,
    ]);
    if is_fresh(&stamp, &key) && folder.is_dir() {
        return Ok(folder);
    }

    let since = Instant::now();
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("{} cannot be emptied", folder.display()))?;
    }
    let bound = || -> Result<()> {
        let mut binding = Bindgen::new();
        if profile.is_release() {
            binding.input_bytes(bundle, unused::without_unused(linked)?);
        } else {
            binding.input_path(linked).out_name(bundle);
        }
        binding
            .web(true)?
            .typescript(false)
            .omit_default_module_path(true)
            .remove_name_section(profile.is_release())
            .remove_producers_section(true)
            .generate(&folder)
    };
    bound().with_context(|| format!("wasm-bindgen cannot bind {bundle}"))?;
    let wasm = folder.join(format!("{bundle}.wasm"));
    fs::rename(folder.join(format!("{bundle}_bg.wasm")), &wasm)
        .context("wasm-bindgen's output cannot be renamed")?;
    if profile.is_release() {
        ui::begin(format_args!("{bundle}: shrink"));
        shrink::shrink(&folder, bundle)?;
    }
    set_fresh(&stamp, &key)?;
    let size = fs::metadata(&wasm).map_or(0, |data| data.len() as usize);
    ui::done(since, format_args!("{bundle}: bound, {}", ui::size(size)));
    Ok(folder)
}
