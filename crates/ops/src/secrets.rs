//! The installation's secrets: the first signs, all verify, so that a secret can be replaced without a break.

use crate::settings::{DataSettings, SettingsError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use std::{fmt, io::Write, path::Path};

/// The fewest characters of a secret.
const SHORTEST: usize = 32;

/// Where the secrets come from.
#[derive(Args, Clone, Debug)]
pub struct SecretSettings {
    /// Secrets that sign order ids, access keys and tickets, newest first, separated by commas; each at least 32
    /// characters [default: one is made and kept in the data directory]
    #[arg(
        long = "secret",
        env = "FESTFLOW_SECRET",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub secrets: Vec<String>,
}

/// The secrets, newest first; at least one.
#[derive(Clone)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl SecretSettings {
    /// The given secrets, or the one that is kept in the data directory, made at first.
    ///
    /// # Errors
    /// A secret is too short, or the file cannot be read or written.
    pub fn load(&self, data: &DataSettings) -> Result<Secrets, SettingsError> {
        if self.secrets.is_empty() {
            let path = data.path.join("secret");
            return kept(&path)
                .map(|secret| Secrets(vec![secret]))
                .map_err(|error| SettingsError::Data {
                    path: path.display().to_string(),
                    why: error.to_string(),
                });
        }
        match self
            .secrets
            .iter()
            .position(|secret| secret.len() < SHORTEST)
        {
            Some(index) => Err(SettingsError::Secret(format!(
                "secret {} has fewer than {SHORTEST} characters",
                index + 1
            ))),
            None => Ok(Secrets(self.secrets.clone())),
        }
    }
}

impl Secrets {
    /// Given secrets, newest first; for callers that have them already. `None` when there is none.
    pub fn new(secrets: Vec<String>) -> Option<Secrets> {
        (!secrets.is_empty()).then_some(Secrets(secrets))
    }

    /// The one that signs.
    pub fn newest(&self) -> &[u8] {
        self.0.first().map(String::as_bytes).unwrap_or_default()
    }

    /// All that verify, newest first.
    pub fn all(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(String::as_bytes)
    }
}

/// The secret in the file at `path`, made there when there is none. Two processes that start together get the same.
fn kept(path: &Path) -> std::io::Result<String> {
    if !path.exists() {
        let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", std::process::id()));
        let mut file = private_file(Path::new(&draft))?;
        file.write_all(secret.as_bytes())?;
        file.sync_all()?;
        // A hard link fails where somebody else was first, and then theirs counts.
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    let secret = std::fs::read_to_string(path)?.trim().to_owned();
    if secret.len() < SHORTEST {
        return Err(std::io::Error::other(
            "holds no secret of 32 characters or more",
        ));
    }
    Ok(secret)
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_made_secret_is_kept_and_short_ones_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let data = DataSettings {
            path: directory.path().to_owned(),
        };
        let none = SecretSettings {
            secrets: Vec::new(),
        };
        let made = none.load(&data).unwrap();
        assert_eq!(none.load(&data).unwrap().newest(), made.newest());
        let short = SecretSettings {
            secrets: vec!["x".repeat(40), "short".to_owned()],
        };
        let error = short.load(&data).unwrap_err().to_string();
        assert!(
            error.contains("FESTFLOW_SECRET") && error.contains("secret 2"),
            "{error}"
        );
    }
}
