//! `cargo xtask test`: everything, one named step after the other, and the first failure ends it.

use crate::brokers::{self, Ports, docker};
use crate::command::{cargo, command, run as run_command, succeeds};
use crate::install::Tool;
use crate::site::BUNDLES;
use crate::tools::{self, WASM_TARGET};
use crate::{browser, build, paths, repeat, ui};
use anyhow::{Context, Result, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Debian's own package is the older program; for checking a file it does as well.
const DOCKER_COMPOSE: Tool = Tool {
    programs: &["docker-compose"],
    debian: &["docker-compose"],
    hint: "Docker with its compose plug-in",
};

/// Arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave the brokers out: only what runs on SQLite is tested
    #[arg(long)]
    pub embedded: bool,
    /// Nothing but the stories, so many times, beside two busy loops; counts how often they pass
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: Option<u32>,
    /// With --repeat: only the stories whose name contains this
    #[arg(requires = "repeat")]
    pub name: Option<String>,
    /// Where brokers are started that do not run yet
    #[command(flatten)]
    pub ports: Ports,
}

/// Runs all steps.
///
/// # Errors
/// The name of the step that failed, and what is wrong.
pub fn run(args: &Args) -> Result<()> {
    let since = Instant::now();
    ensure!(
        !(args.embedded && is_ci()),
        "with CI=true nothing is left out, so --embedded is not for it"
    );
    // Ctrl-C ends the step that runs, which fails; so we live to stop the brokers that we have started.
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, stopped.clone()).context("no signals")?;
    }
    if let Some(times) = args.repeat {
        let name = args.name.as_deref();
        on_brokers(args, |brokers| repeat::run(times, name, brokers, &stopped))?;
        ui::done(since, "all of them passed");
        return Ok(());
    }

    step("tools", tools::prepare)?;
    step("format", || {
        run_command(cargo().args(["fmt", "--all", "--check"]))
    })?;
    step("lints", lints)?;
    step("lints of the browser's code", lints_of_the_browser)?;
    step("compose.yaml", compose_file)?;
    step("build", build::for_tests)?;
    on_brokers(args, tests)?;
    ui::done(since, "all tests passed");
    Ok(())
}

/// Calls `work` with the brokers' variables, or without any where brokers are left out.
fn on_brokers(args: &Args, work: impl FnOnce(&[(String, String)]) -> Result<()>) -> Result<()> {
    if args.embedded {
        ui::note("without brokers, since --embedded says so");
        return work(&[]);
    }
    brokers::during(&args.ports, |settings| work(&settings.test_variables()))
}

/// Whether this is a machine that decides, where a step that cannot run has failed.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1")
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let since = Instant::now();
    eprintln!("\n== {name}");
    let result = work().with_context(|| format!("step `{name}` failed"))?;
    ui::done(since, format_args!("{name}: passed"));
    Ok(result)
}

fn lints() -> Result<()> {
    run_command(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// The native lints see neither the crate `client` nor the islands as browsers run them. Each bundle for itself: what only
/// another one needs is unused in it.
fn lints_of_the_browser() -> Result<()> {
    BUNDLES.iter().try_for_each(|bundle| {
        run_command(
            cargo()
                .args(["clippy", "--package", "client", "--package", "app"])
                .args(["--target", WASM_TARGET])
                .args(["--features", &format!("client/{bundle}")])
                .args(["--", "-D", "warnings"]),
        )
    })
}

/// Is the file for the distributed form valid, once its secrets are set?
fn compose_file() -> Result<()> {
    let plugin = || {
        let mut docker = command("docker");
        docker.arg("compose");
        docker
    };
    let mut compose = if succeeds(plugin().arg("version")) {
        plugin()
    } else {
        match DOCKER_COMPOSE.require() {
            Ok(program) => command(program),
            Err(error) if is_ci() => return Err(error),
            Err(error) => {
                ui::note(format_args!("skipped: {error}"));
                return Ok(());
            }
        }
    };
    for required in docker::REQUIRED {
        compose.env(required, "checked");
    }
    run_command(compose.args(["config", "--quiet"]))
}

/// What runs code of ours, with the brokers' URLs where there are brokers.
fn tests(brokers: &[(String, String)]) -> Result<()> {
    let brokers = || brokers.iter().map(|(name, url)| (name, url));
    step("cargo test", || {
        run_command(cargo().args(["test", "--workspace"]).envs(brokers()))
    })?;
    step("browser tests", || {
        run_command(&mut browser_tests(|_| true)?)
    })?;
    if brokers().next().is_some() {
        step("browser tests on brokers", || {
            let mut tests = browser_tests(|name| ON_BROKERS.contains(&name))?;
            run_command(tests.envs(brokers()).env("FESTFLOW_ON", "brokers"))
        })?;
    }
    Ok(())
}

/// What people do is tried on brokers too; what pages look like and weigh is the same there.
const ON_BROKERS: [&str; 2] = ["buying.test.mjs", "dashboard.test.mjs"];

/// Node's own test runner over those of `e2e/*.test.mjs`, with Playwright's client and the system's Chromium.
fn browser_tests(wanted: impl Fn(&str) -> bool) -> Result<Command> {
    let folder = paths::root().join("e2e");
    let mut tests: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".test.mjs") && wanted(&name)
        })
        .collect();
    tests.sort();
    ensure!(!tests.is_empty(), "there are no such tests in e2e/");
    let mut node = browser::node()?;
    // One file after the other: a browser, a festival and a measurement want the machine for themselves.
    node.args(["--test", "--test-concurrency=1"]).args(tests);
    Ok(node)
}
