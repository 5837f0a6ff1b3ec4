//! From cargo's WebAssembly to what a browser loads: wasm-bindgen, and for releases wasm-opt.

use super::{Profile, digest, is_fresh, read, set_fresh};
use crate::command::{capture, command};
use crate::{paths, tools, ui};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use wasm_bindgen_cli_support::Bindgen;

/// Named one by one, and nothing else: with `--all-features` binaryen writes imports that browsers refuse.
/// These are what rustc's wasm32 target emits, and every current browser knows them.
const WASM_OPT: [&str; 10] = [
    "-Oz",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-call-indirect-overlong",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-extended-const",
];

/// Makes a bundle's folder: `<bundle>.js`, `<bundle>.wasm`, and snippets where a crate brings some.
pub fn bind(bundle: &str, linked: &Path, profile: Profile) -> Result<PathBuf> {
    let folder = profile.work().join(bundle);
    let stamp = profile.work().join(format!("{bundle}.bound"));
    // The code itself names the version of wasm-bindgen, which is pinned to ours; the lock file stands for wasm-opt's.
    let key = digest([
        read(linked)?.as_slice(),
        WASM_OPT.join(" ").as_bytes(),
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
        Bindgen::new()
            .input_path(linked)
            .out_name(bundle)
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
        ui::begin(format_args!("{bundle}: wasm-opt"));
        capture(
            command(tools::node_program("wasm-opt"))
                .args(WASM_OPT)
                .arg(&wasm)
                .arg("-o")
                .arg(&wasm),
        )?;
    }
    set_fresh(&stamp, &key)?;
    let size = fs::metadata(&wasm).map_or(0, |data| data.len() as usize);
    ui::done(since, format_args!("{bundle}: bound, {}", ui::size(size)));
    Ok(folder)
}
