//! A program that goes on after we end: started in a process group of its own, known by its pid file, ended by it.
//!
//! The pid file keeps the time of start beside the pid, so that a pid that the system has given to another program is never mistaken for ours.

use crate::command::{capture, command};
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a daemon may take to become healthy; the first start on a slow disk is the slow one.
const START: Duration = Duration::from_secs(90);
/// How long a daemon may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(30);
/// How often we look.
const LOOK: Duration = Duration::from_millis(100);

/// A program of ours, by name and folder.
pub struct Daemon {
    name: &'static str,
    folder: PathBuf,
}

impl Daemon {
    /// Names a daemon whose pid file and log lie in this folder.
    pub fn new(name: &'static str, folder: PathBuf) -> Self {
        Self { name, folder }
    }

    /// Starts it, unless it runs. `ports` are those it will listen on.
    pub fn start(&self, command: &mut Command, ports: &[u16]) -> Result<()> {
        if self.pid().is_some() {
            return Ok(());
        }
        for port in ports {
            if let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, *port)) {
                bail!(
                    "{}: port {port} cannot be had ({error}); another one can be chosen, see `cargo xtask brokers up --help`",
                    self.name
                );
            }
        }
        let log = File::create(self.log()).with_context(|| format!("no log for {}", self.name))?;
        let child = command
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.name))?;
        let pid = Pid::from_child(&child);
        let started = started_at(pid).unwrap_or_default();
        fs::write(
            self.pid_file(),
            format!("{} {started}", pid.as_raw_nonzero()),
        )
        .with_context(|| format!("no pid file for {}", self.name))
    }

    /// Waits until it is healthy, as `probe` says.
    ///
    /// # Errors
    /// The end of its log, when it has ended or takes too long.
    pub fn wait_healthy(&self, probe: impl Fn() -> Result<()>) -> Result<()> {
        let since = Instant::now();
        loop {
            let Err(error) = probe() else { return Ok(()) };
            if self.pid().is_none() {
                bail!("{} has ended:\n{}", self.name, self.end_of_log());
            }
            if since.elapsed() > START {
                bail!(
                    "{} is not healthy: {error:#}\n{}",
                    self.name,
                    self.end_of_log()
                );
            }
            thread::sleep(LOOK);
        }
    }

    /// Tells it to stop, waits, and kills its group when that takes too long.
    pub fn stop(&self, signal: Signal) -> Result<()> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let since = Instant::now();
        // It may end between the look and the signal.
        let _ = kill_process(pid, signal);
        while self.pid().is_some() {
            if since.elapsed() > STOP {
                kill_process_group(pid, Signal::KILL)
                    .with_context(|| format!("{} cannot be killed", self.name))?;
            }
            thread::sleep(LOOK);
        }
        fs::remove_file(self.pid_file()).with_context(|| format!("{}'s pid file stays", self.name))
    }

    /// Its process, when that is alive and still ours.
    pub fn pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.pid_file()).ok()?;
        let (pid, started) = text.split_once(' ')?;
        let pid = Pid::from_raw(pid.parse().ok()?)?;
        (started_at(pid)? == started).then_some(pid)
    }

    fn pid_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pid", self.name))
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn end_of_log(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let end = lines
            .get(lines.len().saturating_sub(20)..)
            .unwrap_or_default();
        format!("{}\n({})", end.join("\n"), self.log().display())
    }
}

/// When a living process was started, in whatever words the system has for it. A zombie is not alive.
fn started_at(pid: Pid) -> Option<String> {
    let pid = pid.as_raw_nonzero().to_string();
    if Path::new("/proc/self/stat").exists() {
        // proc(5): after the name in parentheses come the state and, as field 22, the start in clock ticks since boot.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?;
        return (state != "Z").then(|| fields.nth(18).map(str::to_owned))?;
    }
    let line = capture(command("ps").args(["-o", "state=,lstart=", "-p", &pid])).ok()?;
    let (state, started) = line.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sleeper() -> Command {
        let mut sleeper = Command::new("sleep");
        sleeper.arg("600");
        sleeper
    }

    #[test]
    fn a_daemon_is_started_once_and_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Daemon::new("sleeper", folder.path().to_owned());
        daemon.start(&mut sleeper(), &[]).unwrap();
        let first = daemon.pid().unwrap();
        daemon.start(&mut sleeper(), &[]).unwrap();
        assert_eq!(daemon.pid(), Some(first));
        daemon.stop(Signal::TERM).unwrap();
        assert_eq!(daemon.pid(), None);
        daemon.stop(Signal::TERM).unwrap();
    }

    #[test]
    fn a_process_of_someone_else_is_not_ours_though_it_has_our_pid() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Daemon::new("sleeper", folder.path().to_owned());
        let mut other = sleeper().spawn().unwrap();
        let pid = Pid::from_child(&other);
        fs::write(daemon.pid_file(), format!("{} 1", pid.as_raw_nonzero())).unwrap();
        assert_eq!(daemon.pid(), None);
        daemon.stop(Signal::TERM).unwrap();
        assert!(other.try_wait().unwrap().is_none(), "it was ended");

        // The control: with its own time of start it would have been.
        let started = started_at(pid).unwrap();
        fs::write(
            daemon.pid_file(),
            format!("{} {started}", pid.as_raw_nonzero()),
        )
        .unwrap();
        assert_eq!(daemon.pid(), Some(pid));
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_port_in_use_and_an_early_end_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = Daemon::new("sleeper", folder.path().to_owned());
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = daemon.start(&mut sleeper(), &[port]).unwrap_err();
        assert!(error.to_string().contains(&port.to_string()), "{error}");

        let mut failing = Command::new("sh");
        failing.args(["-c", "echo the disk is full >&2; exit 1"]);
        daemon.start(&mut failing, &[]).unwrap();
        let error = daemon.wait_healthy(|| bail!("no answer")).unwrap_err();
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
}
