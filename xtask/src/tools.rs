//! What a build needs on the machine, checked before anything slow begins.

use crate::command::{capture, command, find, run};
use crate::install::Tool;
use crate::{paths, ui};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The browser's target.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The oldest Node.js that the tools and the tests run on.
const OLDEST_NODE: u32 = 20;

/// C code among the dependencies: SQLite, librdkafka, cryptography.
const C_COMPILER: Tool = Tool {
    programs: &["cc"],
    debian: &["build-essential"],
    hint: "a C compiler (Debian: build-essential; macOS: xcode-select --install)",
};
const MAKE: Tool = Tool {
    programs: &["make"],
    debian: &["build-essential"],
    hint: "make (Debian: build-essential; macOS: xcode-select --install)",
};

/// Sees to compilers, target and Node packages.
///
/// # Errors
/// One line that says what to install.
pub fn prepare() -> Result<()> {
    C_COMPILER.require()?;
    MAKE.require()?;
    wasm_target()?;
    node()?;
    node_packages()
}

/// A program of the Node packages, such as `tailwindcss`.
pub fn node_program(name: &str) -> PathBuf {
    node_programs().join(name)
}

/// The folder of the Node packages' programs.
pub fn node_programs() -> PathBuf {
    paths::root().join("node_modules/.bin")
}

/// Asks the compiler rather than rustup: a distribution's Rust has no rustup, and may have the target all the same.
fn wasm_target() -> Result<()> {
    let libraries =
        capture(command("rustc").args(["--print", "target-libdir", "--target", WASM_TARGET]))?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if find(&["rustup"]).is_none() {
        bail!(
            "Rust's target {WASM_TARGET} is missing: install Rust by rustup (https://rustup.rs), or your distribution's package for it"
        );
    }
    let since = Instant::now();
    // Said explicitly, since rustup may be told not to install anything by itself.
    run(command("rustup").args(["target", "add", WASM_TARGET]))?;
    ui::done(since, format_args!("rustup target add {WASM_TARGET}"));
    Ok(())
}

fn node() -> Result<()> {
    let missing = format!(
        "Node.js {OLDEST_NODE} or newer with npm is missing: install it from https://nodejs.org or your distribution"
    );
    if find(&["npm"]).is_none() {
        bail!(missing);
    }
    let version = capture(command("node").arg("--version")).context(missing)?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!(
            "Node.js {} is too old: install {OLDEST_NODE} or newer",
            version.trim()
        ),
    }
}

/// `npm ci`, when the lock file is not the one that was installed.
fn node_packages() -> Result<()> {
    let lock = fs::read(paths::root().join("package-lock.json"))
        .context("package-lock.json cannot be read")?;
    let key = format!("{:x}", Sha256::digest(&lock));
    let installed = paths::root().join("node_modules/.festflow-lock");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == key) {
        return Ok(());
    }
    let since = Instant::now();
    ui::begin("npm ci");
    capture(command("npm").args(["ci", "--no-progress"]))?;
    fs::write(&installed, key).context("node_modules cannot be written")?;
    ui::done(since, "Node packages installed");
    Ok(())
}
