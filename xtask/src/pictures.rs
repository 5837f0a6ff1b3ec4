//! `cargo xtask pictures`: the pictures of README and docs, from a sale that runs.

use crate::command::run as run_command;
use crate::{browser, build, paths, tools, ui};
use anyhow::Result;
use std::time::Instant;

/// Builds, and has `e2e/pictures.mjs` sell for a while and look.
///
/// # Errors
/// Something cannot be built, or the sale did not work.
pub fn run() -> Result<()> {
    let since = Instant::now();
    tools::prepare()?;
    build::run(&build::Args::default())?;
    run_command(browser::node()?.arg(paths::root().join("e2e/pictures.mjs")))?;
    ui::done(since, "pictures are in docs/");
    Ok(())
}
