//! What a service does with messages.

use crate::{Cause, Message, NotAppended, Queue, Topic, Unavailable};
use async_trait::async_trait;
use domain::{Command, Event, MessageId};

/// Maps messages to outcomes. It owns its transaction; it never acknowledges, sleeps, spawns or publishes. It is
/// idempotent by state: a message that comes again finds its decision and gives the same outputs again.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles a batch: one transaction, one outcome for each message, in order.
    ///
    /// # Errors
    /// Nothing of the batch was done; [`Failure`] says whose fault it is.
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure>;
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is done, and these follow from it.
    Done(Outputs),
    /// This message, later: something that it needs will be there.
    Retry(String),
    /// Nobody can ever do it: to the dead letters.
    Reject(Cause),
}

impl From<NotAppended> for Failure {
    fn from(not_appended: NotAppended) -> Failure {
        Failure::Unavailable(not_appended.error)
    }
}

impl Outcome {
    /// Done, and nothing follows.
    pub fn nothing() -> Outcome {
        Outcome::Done(Outputs::default())
    }
}

/// Why nothing of a batch was done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The database or the gateway is down: the source pauses, nothing is counted against the messages.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The transaction fails because of a message in it: they are tried one by one.
    #[error("the batch failed: {0}")]
    Batch(String),
}

/// What follows from a message: published events first, then commands, then the acknowledgement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    /// Facts for the log.
    pub events: Vec<(Topic, Message)>,
    /// Commands for other workers.
    pub commands: Vec<(Queue, Message)>,
}

impl Outputs {
    /// Adds a fact.
    pub fn event(&mut self, source: &str, id: MessageId, event: &Event) {
        let topic = Topic::parse(event.topic()).unwrap_or(Topic::Analytics);
        self.events.push((topic, Message::event(source, id, event)));
    }

    /// Adds a command.
    pub fn command(&mut self, source: &str, command: &Command) {
        self.commands
            .push((Queue::of(command), Message::command(source, command)));
    }

    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.commands.is_empty()
    }

    /// Adds all of `other`, behind what is there.
    pub fn extend(&mut self, other: Outputs) {
        self.events.extend(other.events);
        self.commands.extend(other.commands);
    }
}
