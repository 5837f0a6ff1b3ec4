//! What scripts of `e2e/` run with: Node, the system's Chromium, and what was built.

use crate::command::{command, find};
use crate::install::Tool;
use crate::paths;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

const CHROMIUM: Tool = Tool {
    programs: &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ],
    debian: &["chromium"],
    hint: "Chromium (Debian: chromium), or name one in the variable CHROMIUM",
};

/// Node, told where Chromium, the programs and the site are.
///
/// # Errors
/// There is no Chromium.
pub fn node() -> Result<Command> {
    let mut node = command("node");
    node.env("CHROMIUM", chromium()?)
        .env("FESTFLOW_BIN", paths::binaries(false))
        .env("FESTFLOW_SITE", paths::site());
    Ok(node)
}

fn chromium() -> Result<PathBuf> {
    match std::env::var("CHROMIUM") {
        Ok(named) => match find(&[&named]) {
            Some(found) => Ok(found),
            None => bail!("CHROMIUM names {named}, which is not there"),
        },
        Err(_) => CHROMIUM.require(),
    }
}
