//! The port of crashes: which messages were being handled when a process died.

use crate::Unavailable;
use async_trait::async_trait;
use domain::MessageId;
use std::collections::HashMap;

/// Remembers, beyond a process' death, which messages one handler had in its hands.
///
/// A broker counts deliveries, and those say nothing: plain stops, lost connections and outages deliver a message again as
/// often as its handler's death does. So a message that was delivered before is written down before it is handled, and
/// struck out when its handler has returned, whatever it answered. One that is found written down by another process was in
/// the hands of that process when it died.
#[async_trait]
pub trait CrashJournal: Send + Sync {
    /// What is known of those of `messages` in whose handling another process has died; others are absent.
    ///
    /// # Errors
    /// The journal cannot be read.
    async fn crashes(
        &self,
        messages: &[MessageId],
    ) -> Result<HashMap<MessageId, Crashes>, Unavailable>;

    /// `messages` are handled together from now on. `crashed_alone` deaths were counted for them before; only a message
    /// that is handled alone has any.
    ///
    /// # Errors
    /// It is not written down.
    async fn begin(&self, messages: &[MessageId], crashed_alone: u32) -> Result<(), Unavailable>;

    /// The handler has returned.
    ///
    /// # Errors
    /// They are not struck out.
    async fn end(&self, messages: &[MessageId]) -> Result<(), Unavailable>;

    /// Nothing that this process has begun is handled any more.
    ///
    /// # Errors
    /// It is not struck out.
    async fn end_all(&self) -> Result<(), Unavailable>;
}

/// Deaths in the handling of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crashes {
    /// How many messages were handled together in the last death: any of them may have been the cause.
    pub together: u32,
    /// How often a process died while it handled this message and nothing else.
    pub alone: u32,
}
