//! `cargo xtask build`: the site, then the binaries.

use crate::command::{cargo, run as run_command};
use crate::site::Profile;
use crate::{site, tools, ui};
use anyhow::Result;
use std::time::Instant;

/// Arguments of `cargo xtask build`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Small and fast code: wasm-opt, minified styles, Brotli; takes minutes
    #[arg(long)]
    pub release: bool,
    /// TLS and SASL towards Kafka; needs OpenSSL's development files (Debian: libssl-dev, pkg-config)
    #[arg(long)]
    pub kafka_tls: bool,
}

/// Builds everything that a running installation consists of. What is up to date is left alone.
///
/// # Errors
/// A missing tool (one line says which), or what a compiler said.
pub fn run(args: &Args) -> Result<()> {
    let since = Instant::now();
    tools::prepare()?;
    let profile = Profile::new(args.release);
    site::build(profile)?;
    binaries(profile, args.kafka_tls)?;
    ui::done(since, "built, all in all");
    Ok(())
}

/// What the tests run: the binaries as they are worked on, and the site as it is shipped, so that what a page loads is
/// measured and tried in the form that visitors get.
///
/// # Errors
/// A missing tool (one line says which), or what a compiler said.
pub fn for_tests() -> Result<()> {
    tools::prepare()?;
    site::build(Profile::Release)?;
    binaries(Profile::Dev, false)
}

/// `festflow`, the server and the workers: the workspace's default members.
fn binaries(profile: Profile, kafka_tls: bool) -> Result<()> {
    let since = Instant::now();
    ui::begin("server and workers");
    let mut build = cargo();
    build
        .arg("build")
        .args(["--profile", profile.of_binaries()]);
    if kafka_tls {
        build.args(["--features", "bus/kafka-tls"]);
    }
    run_command(&mut build)?;
    ui::done(since, "server and workers");
    Ok(())
}
