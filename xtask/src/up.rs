//! `cargo xtask up`: builds, and runs everything in one process.

use crate::command::command;
use crate::{build, paths};
use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;
use std::time::Duration;

/// How long the program may take to finish what it has in hand: its own 10 s, and a few for a busy machine.
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
        ..build::Args::default()
    })?;

    let program = paths::binaries(args.release).join("festflow");
    let mut festflow = command(&program);
    festflow.args(&args.festflow);
    if std::env::var_os("FESTFLOW_SITE").is_none() {
        festflow.env("FESTFLOW_SITE", paths::site());
    }
    let status = supervise(&mut festflow, PATIENCE)
        .with_context(|| format!("{} cannot be run", program.display()))?;
    Ok(exit_code(status))
}

/// Runs a program to its end, and passes on as SIGINT what is meant to end us. Not ended within `patience` after the first, it is killed.
fn supervise(program: &mut Command, patience: Duration) -> Result<ExitStatus> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let handle = signals.handle();
    // In a group of its own, or Ctrl-C would reach it twice: from the terminal and from us.
    let mut child = program.process_group(0).spawn()?;
    let pid = Pid::from_child(&child);
    let forwarder = thread::spawn(move || {
        let mut killer = None;
        for _ in signals.forever() {
            // It may have ended on its own; then there is nothing to tell.
            let _ = kill_process(pid, Signal::INT);
            killer.get_or_insert_with(|| thread::spawn(move || kill_after(pid, patience)));
        }
    });
    let status = child.wait()?;
    handle.close();
    // It has only to leave its loop.
    let _ = forwarder.join();
    Ok(status)
}

/// Ends a program that has not ended in time. When it has, so have we, and this thread with us.
fn kill_after(pid: Pid, patience: Duration) {
    thread::sleep(patience);
    eprintln!("error: not stopped within {patience:?}, so it is killed");
    let _ = kill_process(pid, Signal::KILL);
}

/// The program's own code; ended by a signal counts as failure.
fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => ExitCode::from(code),
        _ => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;
    use std::sync::Mutex;

    /// Signals reach the whole process, so one test at a time.
    static SIGNALS: Mutex<()> = Mutex::new(());

    /// A shell that says by a file that it is ready, and then waits.
    fn shell(trap: &str, ready: &Path) -> Command {
        let mut shell = Command::new("sh");
        let script = format!(
            "trap '{trap}' INT; touch {}; while :; do sleep 0.02; done",
            ready.display()
        );
        shell.args(["-c", &script]);
        shell
    }

    /// What a shell ends with when we get SIGTERM as soon as it is ready.
    fn ended(trap: &str, patience: Duration) -> ExitStatus {
        let _one_at_a_time = SIGNALS.lock();
        let folder = tempfile::tempdir().unwrap();
        let ready = folder.path().join("ready");
        let mut program = shell(trap, &ready);
        let supervisor = thread::spawn(move || supervise(&mut program, patience).unwrap());
        while !ready.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        kill_process(rustix::process::getpid(), Signal::TERM).unwrap();
        supervisor.join().unwrap()
    }

    #[test]
    fn a_signal_to_us_stops_the_program_and_its_code_is_ours() {
        assert_eq!(ended("exit 0", Duration::from_secs(60)).code(), Some(0));
        assert_eq!(ended("exit 7", Duration::from_secs(60)).code(), Some(7));
    }

    #[test]
    fn a_program_that_does_not_stop_is_killed() {
        assert_eq!(ended("", Duration::from_millis(300)).code(), None);
    }
}
