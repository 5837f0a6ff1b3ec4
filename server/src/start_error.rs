//! Why a server cannot start: one line for the terminal.

use ops::SettingsError;
use std::fmt::Display;
use store::OpenError;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting of the server's own.
    #[error("{variable}: {why}")]
    Setting {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A setting that all processes have.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The database of the accounts.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The system does not give what the process needs.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// A part of this build cannot be used.
    #[error("this build is broken: {0}")]
    Build(String),
}

impl StartError {
    /// A part of this build cannot be used.
    pub(crate) fn broken(why: impl Display) -> StartError {
        StartError::Build(why.to_string())
    }
}
