//! `cargo xtask brokers`: RabbitMQ, Kafka and Postgres for development and tests, on this machine's loopback only.
//!
//! By Docker where an engine answers (the services of `compose.yaml`), else natively from the distribution's packages and Maven.
//! Either way the same ports, the same credentials (made once, kept in `target/brokers`), and data under `target/brokers` or in volumes of our own.

mod daemon;
pub mod docker;
mod kafka;
mod management;
mod native;
mod postgres;
mod probe;
mod rabbitmq;
mod settings;

pub use settings::{Host, Ports, Settings};

use crate::ui;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::time::Instant;

/// What to do with the brokers.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Start what is not running, wait until all are healthy, print their URLs
    Up(Ports),
    /// Stop them; what they keep stays
    Down {
        /// Forget what they keep, too
        #[arg(long)]
        purge: bool,
    },
    /// Say which of them are healthy, and their URLs
    Status,
}

/// Runs a subcommand.
///
/// # Errors
/// What is missing, or why a broker does not start.
pub fn run(command: &Command) -> Result<()> {
    match command {
        Command::Up(ports) => {
            let settings = up(ports)?;
            print!("{}", settings::lines(&settings.variables()));
            Ok(())
        }
        Command::Down { purge } => down(*purge),
        Command::Status => status(),
    }
}

/// Starts what is not running and waits until all are healthy. What runs already is left alone, on the ports that it has.
///
/// # Errors
/// What is missing, or why a broker does not start.
pub fn up(ports: &Ports) -> Result<Settings> {
    let since = Instant::now();
    let _lock = lock()?;
    if let Some(running) = running() {
        ui::note(format_args!("brokers are running ({})", running.host));
        return Ok(running);
    }
    // What is left of a start on other ports would be in the way.
    let last = Settings::load();
    let settings = Settings::prepare(ports)?;
    if let Some(last) = last.filter(|last| !last.listens_like(&settings)) {
        stop(&last, false)?;
    }
    match settings.host {
        Host::Docker => docker::up(&settings)?,
        Host::Native => native::up(&settings)?,
    }
    management::let_tests_expire(&settings)?;
    settings.write_environment()?;
    ui::done(since, format_args!("brokers are up ({})", settings.host));
    Ok(settings)
}

/// Starts them for as long as `work` takes. Those that run already go on running afterwards.
///
/// # Errors
/// As [`up`] and [`down`], and what `work` said.
pub fn during(ports: &Ports, work: impl FnOnce(&Settings) -> Result<()>) -> Result<()> {
    let ran = running().is_some();
    let result = up(ports).and_then(|settings| work(&settings));
    if ran {
        return result;
    }
    let stopped = down(false);
    result.and(stopped)
}

/// The brokers' settings, when all three are healthy.
pub fn running() -> Option<Settings> {
    let settings = Settings::load()?;
    probe::all(&settings)
        .iter()
        .all(|(_, health)| health.is_ok())
        .then_some(settings)
}

/// Stops them, and with `purge` forgets what they keep.
///
/// # Errors
/// One that cannot be stopped.
pub fn down(purge: bool) -> Result<()> {
    let since = Instant::now();
    let _lock = lock()?;
    if let Some(settings) = Settings::load() {
        stop(&settings, purge)?;
    }
    if purge && Settings::folder().exists() {
        fs::remove_dir_all(Settings::folder())?;
    }
    ui::done(since, "brokers are down");
    Ok(())
}

fn stop(settings: &Settings, purge: bool) -> Result<()> {
    match settings.host {
        Host::Docker => docker::down(settings, purge),
        Host::Native => native::down(purge),
    }
}

/// Two calls at once wait for each other.
fn lock() -> Result<File> {
    let lock = File::create(Settings::folder().with_extension("lock"))
        .context("target/brokers.lock cannot be written")?;
    lock.lock()
        .context("target/brokers.lock cannot be locked")?;
    Ok(lock)
}

fn status() -> Result<()> {
    let Some(settings) = Settings::load() else {
        anyhow::bail!("no brokers: start them with `cargo xtask brokers up`");
    };
    let mut healthy = true;
    for (name, health) in probe::all(&settings) {
        match health {
            Ok(()) => println!("{name:<12} healthy"),
            Err(error) => {
                healthy = false;
                println!("{name:<12} {error:#}");
            }
        }
    }
    print!("{}", settings::lines(&settings.variables()));
    anyhow::ensure!(healthy, "not all brokers are healthy");
    Ok(())
}
