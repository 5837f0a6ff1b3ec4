//! Receiving, the same for members of a group and for readers of their own positions.

use super::{
    context::{Context, Trouble},
    record::Topics,
    unavailable,
};
use crate::{Record, Unavailable};
use futures_util::StreamExt as _;
use rdkafka::{consumer::StreamConsumer, error::KafkaError, message::BorrowedMessage};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Why receiving stopped.
pub(super) enum Stopped {
    /// The broker is gone; the same consumer can go on later.
    Unavailable(Unavailable),
    /// This consumer is of no more use.
    Dead(Unavailable),
}

/// Waits for a first record, then adds to `received` what comes within `linger`, up to `limit`.
pub(super) async fn receive(
    consumer: &StreamConsumer<Context>,
    topics: &Topics,
    received: &mut Vec<Record>,
    limit: usize,
    linger: Duration,
) -> Result<(), Stopped> {
    let mut messages = consumer.stream();
    while received.is_empty() {
        let Some(next) = messages.next().await else {
            break;
        };
        received.extend(record(topics, next)?);
    }
    let deadline = Instant::now() + linger;
    while received.len() < limit {
        match timeout_at(deadline, messages.next()).await {
            Ok(Some(next)) => received.extend(record(topics, next)?),
            Ok(None) | Err(_) => break,
        }
    }
    Ok(())
}

fn record(
    topics: &Topics,
    next: Result<BorrowedMessage<'_>, KafkaError>,
) -> Result<Option<Record>, Stopped> {
    match next {
        Ok(message) => Ok(topics.record(&message)),
        Err(error) => match Trouble::of(&error) {
            Trouble::Passing => {
                tracing::debug!(%error, "reading goes on");
                Ok(None)
            }
            Trouble::Unavailable => Err(Stopped::Unavailable(unavailable(error))),
            Trouble::Fatal => Err(Stopped::Dead(unavailable(error))),
        },
    }
}
