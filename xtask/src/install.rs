//! Installing what is missing, where that is ours to do: as root on Debian and its kin. Everywhere else one line says what to install.

use crate::command::{command, find, succeeds};
use crate::ui;
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::time::Instant;

/// A program and where it comes from.
pub struct Tool {
    /// Names on PATH or absolute paths, the preferred one first.
    pub programs: &'static [&'static str],
    /// The Debian packages that bring it.
    pub debian: &'static [&'static str],
    /// What to tell people elsewhere.
    pub hint: &'static str,
}

impl Tool {
    /// Finds the program, installing it first where possible.
    ///
    /// # Errors
    /// One line that says what to install.
    pub fn require(&self) -> Result<PathBuf> {
        if let Some(found) = find(self.programs) {
            return Ok(found);
        }
        if can_install() {
            self.apt_install();
        }
        match find(self.programs) {
            Some(found) => Ok(found),
            None => bail!("{} is missing: install {}", self.name(), self.hint),
        }
    }

    /// The program's plain name.
    fn name(&self) -> &str {
        let program = self.programs.first().copied().unwrap_or_default();
        program.rsplit('/').next().unwrap_or(program)
    }

    /// Best effort: whether it worked shows in whether the program is there afterwards.
    fn apt_install(&self) {
        let since = Instant::now();
        ui::begin(format_args!("apt-get install {}", self.debian.join(" ")));
        let install = || {
            let mut apt = command("apt-get");
            apt.args(["install", "--yes", "--no-install-recommends"])
                .args(self.debian)
                .env("DEBIAN_FRONTEND", "noninteractive");
            succeeds(&mut apt)
        };
        // The package lists of a fresh machine are empty or old.
        let installed = install() || (succeeds(command("apt-get").arg("update")) && install());
        if installed {
            ui::done(since, format_args!("installed {}", self.debian.join(" ")));
        }
    }
}

/// Root on a system with apt.
fn can_install() -> bool {
    rustix::process::geteuid().is_root() && find(&["/usr/bin/apt-get"]).is_some()
}
