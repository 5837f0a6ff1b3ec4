//! Half a distributed installation is worse than none: a worker on shared brokers with a database of its own would sell the
//! whole stock once more.

use crate::SettingsError;

/// What begins the URL of a server that other processes share, where nothing is wrong with it.
const SHARED: [&str; 5] = ["amqp:", "amqps:", "kafka:", "postgres:", "postgresql:"];

/// A part of an installation: the variable that says where it is, its value, and what a process has without it.
pub(crate) struct Part<'a> {
    variable: &'a str,
    url: Option<&'a String>,
    instead: &'static str,
}

impl<'a> Part<'a> {
    pub(crate) fn new(
        variable: &'a str,
        url: Option<&'a String>,
        instead: &'static str,
    ) -> Part<'a> {
        Part {
            variable,
            url,
            instead,
        }
    }

    fn is_shared(&self) -> bool {
        let begins = |url: &String| SHARED.iter().any(|scheme| url.starts_with(scheme));
        self.url.is_some_and(begins)
    }
}

/// # Errors
/// One of them is shared with other processes, and another one is a file by default.
pub(crate) fn check(parts: &[Part<'_>]) -> Result<(), SettingsError> {
    let shared = parts.iter().find(|part| part.is_shared());
    let missing = parts.iter().find(|part| part.url.is_none());
    match (shared, missing) {
        (Some(shared), Some(missing)) => Err(SettingsError::Half {
            missing: missing.variable.to_owned(),
            shared: shared.variable.to_owned(),
            instead: missing.instead,
        }),
        _ => Ok(()),
    }
}
