//! Postgres from the distribution's package, with a cluster of our own.

use super::daemon::Daemon;
use super::settings::{USER, write_private};
use super::{Settings, probe};
use crate::command::{command, succeeds};
use crate::install::Tool;
use crate::paths;
use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const INITDB: Tool = Tool {
    programs: &["initdb"],
    debian: &["postgresql"],
    hint: "Postgres 15 or newer (Debian: postgresql; macOS: brew install postgresql), or start Docker",
};

/// The server refuses to run as root, so root lends it the package's user.
struct Owner {
    uid: u32,
    gid: u32,
    home: PathBuf,
}

/// Makes the cluster where there is none, and starts it, unless it runs.
pub fn start(settings: &Settings) -> Result<()> {
    let programs = programs()?;
    let owner = owner()?;
    fs::create_dir_all(folder()).context("Postgres' folder cannot be made")?;
    let owner = owner.as_ref();
    let data = data(owner)?;
    if !data.join("PG_VERSION").is_file() {
        create(&programs, &data, owner, &settings.password)?;
    }
    let mut server = as_owner(programs.join("postgres"), owner);
    server.arg("-D").arg(&data);
    for setting in [
        "listen_addresses=127.0.0.1",
        &format!("port={}", settings.ports.postgres_port),
        "unix_socket_directories=",
        // Tests open many pools at once.
        "max_connections=200",
    ] {
        server.args(["-c", setting]);
    }
    daemon().start(&mut server, &[settings.ports.postgres_port])
}

/// Waits until clients are served.
pub fn wait(settings: &Settings) -> Result<()> {
    daemon().wait_healthy(|| probe::postgres(settings.ports.postgres_port))
}

/// Stops it: open sessions are ended, everything is flushed.
pub fn stop() -> Result<()> {
    daemon().stop(Signal::INT)
}

/// Removes the data where it does not lie under `target/brokers`.
pub fn purge() -> Result<()> {
    match owner()?.map(|owner| elsewhere(&owner)) {
        Some(data) if data.exists() => {
            fs::remove_dir_all(data).context("Postgres' data cannot be removed")
        }
        _ => Ok(()),
    }
}

/// A cluster with our user, who signs in by password, and our database. A half-made one is never mistaken for a cluster.
fn create(programs: &Path, data: &Path, owner: Option<&Owner>, password: &str) -> Result<()> {
    let half_made = data.with_extension("new");
    let password_file = data.with_extension("password");
    if half_made.exists() {
        fs::remove_dir_all(&half_made).context("a half-made cluster cannot be removed")?;
    }
    write_private(&password_file, password)?;
    if let Some(&Owner { uid, gid, .. }) = owner {
        chown(&password_file, Some(uid), Some(gid)).context("no file for Postgres' user")?;
    }
    let made = crate::command::capture(
        as_owner(programs.join("initdb"), owner)
            .args(["--username", USER, "--encoding=UTF8", "--locale=C"])
            .arg("--auth=scram-sha-256")
            .arg("--pwfile")
            .arg(&password_file)
            .arg(&half_made),
    );
    fs::remove_file(&password_file).context("the password file cannot be removed")?;
    made?;

    let mut single = as_owner(programs.join("postgres"), owner)
        .args(["--single", "-D"])
        .arg(&half_made)
        .arg("postgres")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("Postgres cannot be started")?;
    if let Some(mut input) = single.stdin.take() {
        writeln!(input, "CREATE DATABASE {USER}").context("Postgres does not listen")?;
    }
    let output = single.wait_with_output()?;
    ensure!(
        output.status.success(),
        "Postgres has made no database\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::rename(&half_made, data).context("the cluster cannot be moved into place")
}

/// The folder of the newest version's programs; Debian keeps them off PATH.
fn programs() -> Result<PathBuf> {
    if let Some(folder) = debian_programs() {
        return Ok(folder);
    }
    // On PATH, or installed by this call, and then again where Debian keeps them.
    let found = INITDB.require();
    if let Some(folder) = debian_programs() {
        return Ok(folder);
    }
    let program = fs::canonicalize(found?).context("initdb cannot be found")?;
    program
        .parent()
        .map(Path::to_owned)
        .context("initdb has no folder")
}

fn debian_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .max()
        .map(|(_, folder)| folder)
}

/// Nobody else, unless we are root.
fn owner() -> Result<Option<Owner>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
    let fields: Option<Vec<&str>> = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&"postgres"));
    let parse = |fields: Vec<&str>| -> Option<Owner> {
        Some(Owner {
            uid: fields.get(2)?.parse().ok()?,
            gid: fields.get(3)?.parse().ok()?,
            home: fields.get(5)?.into(),
        })
    };
    match fields.and_then(parse) {
        Some(owner) => Ok(Some(owner)),
        None => bail!(
            "Postgres does not run as root: run as another user, or install your distribution's package, which brings the user postgres"
        ),
    }
}

/// Where the data lies: with the other brokers', or, when the user postgres cannot go there (a repository in root's home), at its home.
fn data(owner: Option<&Owner>) -> Result<PathBuf> {
    let Some(owner) = owner else {
        return Ok(folder().join("data"));
    };
    for base in [folder().join("own"), elsewhere(owner)] {
        fs::create_dir_all(&base).context("Postgres' folder cannot be made")?;
        chown(&base, Some(owner.uid), Some(owner.gid))
            .context("Postgres' folder cannot be given away")?;
        if succeeds(as_owner("test", Some(owner)).arg("-w").arg(&base)) {
            return Ok(base.join("data"));
        }
    }
    bail!("the user postgres can write neither under target/brokers nor at home")
}

/// One folder for each repository, where only root and the user postgres can make one.
fn elsewhere(owner: &Owner) -> PathBuf {
    let digest = Sha256::digest(paths::root().as_os_str().as_encoded_bytes());
    let mut digest = format!("{digest:x}");
    digest.truncate(12);
    owner.home.join(format!("festflow-{digest}"))
}

fn as_owner(program: impl AsRef<std::ffi::OsStr>, owner: Option<&Owner>) -> Command {
    let mut command = command(program);
    command.current_dir("/");
    if let Some(&Owner { uid, gid, .. }) = owner {
        command.uid(uid).gid(gid);
    }
    command
}

fn daemon() -> Daemon {
    Daemon::new("postgres", folder())
}

fn folder() -> PathBuf {
    Settings::folder().join("postgres")
}
