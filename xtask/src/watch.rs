//! `cargo xtask watch`: what `cargo leptos watch` needs, then `cargo leptos watch`.
//!
//! It rebuilds and reloads on every edit. It makes one bundle of all islands and gives it plain names (`pkg/festflow.js`), and it clears the
//! site's folder of files that are not its own, `build.json` among them: that is how the server knows which of the two sites it serves.

use crate::command::{capture, command, find};
use crate::{paths, tools};
use anyhow::{Context, Result, bail};
use std::os::unix::process::CommandExt;

/// The version that was seen to work here, and that builds with `--locked` on our Rust.
const CARGO_LEPTOS: &str = "0.3.7";

/// Arguments of `cargo xtask watch`.
#[derive(clap::Args)]
pub struct Args {
    /// Arguments of `cargo leptos watch`
    #[arg(last = true)]
    pub leptos: Vec<String>,
}

/// Checks and provides, and then becomes `cargo leptos watch`.
///
/// # Errors
/// A missing tool; one line says how to install it.
pub fn run(args: &Args) -> Result<()> {
    tools::prepare()?;
    if find(&["cargo-leptos"]).is_none() {
        bail!(
            "cargo-leptos is missing: cargo install cargo-leptos --version {CARGO_LEPTOS} --locked (about ten minutes)"
        );
    }
    wasm_bindgen()?;

    // Tailwind and wasm-opt are taken from here; else it would download its own.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::iter::once(tools::node_programs()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(programs).context("PATH cannot be extended")?;
    let mut watch = command("cargo");
    watch
        .args(["leptos", "watch"])
        .args(&args.leptos)
        .env("PATH", path);
    // It writes the site where the server looks for it, and waits for the server where that listens.
    let site = std::env::var_os("FESTFLOW_SITE").unwrap_or_else(|| paths::site().into());
    watch
        .env("FESTFLOW_SITE", &site)
        .env("LEPTOS_SITE_ROOT", site);
    if let Some(address) = std::env::var_os("FESTFLOW_LISTEN") {
        watch.env("LEPTOS_SITE_ADDR", address);
    }
    Err(watch.exec()).context("cargo leptos cannot be started")
}

/// The program and the library in `client` speak to each other only in the same version.
fn wasm_bindgen() -> Result<()> {
    let wanted = pinned_wasm_bindgen()?;
    let install = format!("cargo install wasm-bindgen-cli --version {wanted}");
    if find(&["wasm-bindgen"]).is_none() {
        bail!("wasm-bindgen is missing: {install}");
    }
    let version = capture(command("wasm-bindgen").arg("--version"))?;
    let version = version.split_whitespace().nth(1).unwrap_or_default();
    if version != wanted {
        bail!("wasm-bindgen is {version} and must be {wanted}: {install}");
    }
    Ok(())
}

/// The version of wasm-bindgen in the lock file.
fn pinned_wasm_bindgen() -> Result<String> {
    let lock = std::fs::read_to_string(paths::root().join("Cargo.lock"))
        .context("Cargo.lock cannot be read")?;
    lock.split("[[package]]")
        .find(|package| package.contains("name = \"wasm-bindgen\"\n"))
        .and_then(|package| package.split("version = \"").nth(1))
        .and_then(|rest| rest.split('"').next())
        .map(str::to_owned)
        .context("Cargo.lock names no version of wasm-bindgen")
}
