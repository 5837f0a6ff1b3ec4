//! The one way in which a port fails.

use std::fmt;

/// A broker, a database or a gateway cannot be used right now. Nobody's message is to blame: whoever gets this waits
/// with backoff and tries again. After an `Unavailable` from a publish the outcome is unknown, not negative.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Unavailable {
    /// What cannot be used, such as `queue orders`.
    pub what: String,
    /// What it or the network said.
    pub why: String,
}

impl Unavailable {
    /// `what` cannot be used because of `why`.
    pub fn new(what: impl Into<String>, why: impl fmt::Display) -> Unavailable {
        Unavailable {
            what: what.into(),
            why: why.to_string(),
        }
    }
}
