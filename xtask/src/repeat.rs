//! `cargo xtask test --repeat`: the stories again and again on a machine that has something else to do. A story that asks once for
//! what takes time passes on an idle machine and fails on a busy one.

use crate::command::{capture, cargo, run as run_command};
use crate::ui;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The packages whose tests are stories.
const PACKAGES: [&str; 3] = ["festflow", "server", "workers"];
/// As many as the smallest machine that we test on has cores.
const BUSY_LOOPS: usize = 2;

/// Runs the stories `times` times, with the brokers' variables where there are brokers.
///
/// # Errors
/// How many of them did not pass, or it was stopped.
pub fn run(
    times: u32,
    name: Option<&str>,
    brokers: &[(String, String)],
    stopped: &AtomicBool,
) -> Result<()> {
    let programs = programs()?;
    // Of the workspace, not of these packages: their dependencies have the same features then as in any other build.
    let stories = || {
        let mut test = cargo();
        test.args(["test", "--quiet", "--no-fail-fast", "--workspace"]);
        test.args(programs.iter().flat_map(|program| ["--test", program]));
        test.envs(brokers.iter().map(|(name, url)| (name, url)));
        test
    };
    ui::begin("the stories are built");
    run_command(stories().arg("--no-run"))?;
    let over = AtomicBool::new(false);
    let passed = std::thread::scope(|threads| {
        for _ in 0..BUSY_LOOPS {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let passed = rounds(times, name, stories, stopped);
        over.store(true, Ordering::Relaxed);
        passed
    })?;
    ensure!(passed == times, "{passed} of {times} passed");
    Ok(())
}

/// The names of the test programs that hold the stories.
fn programs() -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        targets: Vec<Target>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
        kind: Vec<String>,
    }
    let told = capture(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Metadata =
        serde_json::from_str(&told).context("cargo's metadata cannot be read")?;
    let packages = metadata.packages.into_iter();
    let targets = packages
        .filter(|package| PACKAGES.contains(&&*package.name))
        .flat_map(|package| package.targets);
    let tests = targets.filter(|target| target.kind.iter().any(|kind| kind == "test"));
    Ok(tests.map(|target| target.name).collect())
}

/// How many rounds passed.
fn rounds(
    times: u32,
    name: Option<&str>,
    stories: impl Fn() -> Command,
    stopped: &AtomicBool,
) -> Result<u32> {
    let mut passed = 0;
    for round in 1..=times {
        let since = Instant::now();
        let mut test = stories();
        if let Some(name) = name {
            test.args(["--", name]);
        }
        let output = test
            .stdin(Stdio::null())
            .output()
            .context("cargo cannot be started")?;
        if stopped.load(Ordering::Relaxed) {
            bail!("stopped in round {round}; {passed} had passed");
        }
        let said = String::from_utf8_lossy(&output.stdout);
        if output.status.success() {
            passed += 1;
        } else {
            eprintln!("{said}{}", String::from_utf8_lossy(&output.stderr));
        }
        ensure!(
            ran(&said) > 0,
            "no story ran: none is called so, or they were not built"
        );
        ui::done(since, format_args!("{passed} of {round} passed"));
    }
    Ok(passed)
}

/// How many stories ran, as the test harnesses say: `test result: ok. 3 passed; 1 failed; …`.
fn ran(said: &str) -> u32 {
    let results = said
        .lines()
        .filter(|line| line.starts_with("test result: "));
    let numbers = results.flat_map(|line| {
        line.split(['.', ';'])
            .filter(|part| part.ends_with(" passed") || part.ends_with(" failed"))
            .filter_map(|part| part.split_whitespace().next()?.parse::<u32>().ok())
    });
    numbers.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_counted_over_all_programs() {
        let said = "\nrunning 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 0 ignored; finished in 0.1s\n\
                    test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; finished in 0.1s\n";
        assert_eq!(ran(said), 6);
        assert_eq!(ran("test result: ok. 0 passed; 0 failed; 0 ignored"), 0);
    }
}
