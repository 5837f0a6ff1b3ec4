//! `cargo xtask up`: builds, and runs everything in one process.

use crate::command::command;
use crate::{build, paths};
use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitCode, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// How long the program may take to finish what it has in hand.
const PATIENCE: Duration = Duration::from_secs(15);

/// Arguments of `cargo xtask up`.
#[derive(clap::Args)]
pub struct Args {
    /// Build and run the release binaries
    #[arg(long)]
    pub release: bool,
    /// Arguments of the program itself; see `festflow --help`
    #[arg(last = true)]
    pub festflow: Vec<String>,
}

/// Builds and runs `festflow` until it ends or is told to.
///
/// # Errors
/// What the build said, or why the program cannot be started.
pub fn run(args: &Args) -> Result<ExitCode> {
    build::run(&build::Args {
        release: args.release,
    })?;

    let program = paths::binaries(args.release).join("festflow");
    let mut festflow = command(&program);
    festflow.args(&args.festflow);
    if std::env::var_os("FESTFLOW_SITE").is_none() {
        festflow.env("FESTFLOW_SITE", paths::site());
    }
    // In a group of its own, or Ctrl-C would reach it twice: from the terminal and from us.
    festflow.process_group(0);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("no signals")?;
    let child = festflow
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;

    let pid = Pid::from_child(&child);
    thread::spawn(move || {
        let mut deadline = None;
        for _ in signals.forever() {
            // It may have ended on its own; then there is nothing to tell.
            let _ = kill_process(pid, Signal::INT);
            deadline.get_or_insert_with(|| thread::spawn(move || insist(pid)));
        }
    });
    Ok(exit_code(wait(child)?))
}

fn wait(mut child: Child) -> Result<ExitStatus> {
    child.wait().context("festflow cannot be waited for")
}

/// Ends a program that has not ended in time.
fn insist(pid: Pid) {
    let since = Instant::now();
    thread::sleep(PATIENCE);
    eprintln!(
        "error: festflow has not stopped within {} s, so it is killed",
        since.elapsed().as_secs()
    );
    let _ = kill_process(pid, Signal::KILL);
}

/// The program's own code; ended by a signal counts as failure.
fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    }
}
