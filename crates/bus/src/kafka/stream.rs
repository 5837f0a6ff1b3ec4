//! Receiving, the same for members of a group and for readers of their own positions.

use super::{
    admin::Admin,
    context::{Context, Trouble},
    record::Topics,
    unavailable,
};
use crate::{Record, Unavailable};
use futures_util::{FutureExt as _, StreamExt as _};
use rdkafka::{
    consumer::{MessageStream, StreamConsumer},
    error::KafkaError,
    message::BorrowedMessage,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Why receiving stopped.
pub(super) enum Stopped {
    /// The same consumer can go on later.
    Unavailable(Unavailable),
    /// This consumer is of no more use.
    Dead(Unavailable),
}

enum Next {
    Record(Option<Record>),
    /// No broker could be reached.
    Lost,
}

/// Receives from one consumer.
pub(super) struct Receiving<'a> {
    pub(super) consumer: &'a StreamConsumer<Context>,
    pub(super) admin: &'a Arc<Admin>,
    pub(super) topics: &'a Topics,
}

impl Receiving<'_> {
    /// Waits for a first record, then adds to `received` what comes within `linger`, up to `limit`.
    pub(super) async fn receive(
        &self,
        received: &mut Vec<Record>,
        limit: usize,
        linger: Duration,
    ) -> Result<(), Stopped> {
        let mut messages = self.consumer.stream();
        while received.is_empty() {
            let Some(next) = messages.next().await else {
                break;
            };
            match self.next(next)? {
                Next::Record(record) => received.extend(record),
                Next::Lost => self.check(&mut messages, received).await?,
            }
        }
        let deadline = Instant::now() + linger;
        while received.len() < limit {
            match timeout_at(deadline, messages.next()).await {
                Ok(Some(next)) => match self.next(next)? {
                    Next::Record(record) => received.extend(record),
                    // What has come is good, and the loss will be met again.
                    Next::Lost => break,
                },
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// librdkafka notes every second that no broker can be reached, and its notes wait here, behind each other, until
    /// somebody receives. So they are taken away together, and the brokers are asked whether it is still true.
    async fn check(
        &self,
        messages: &mut MessageStream<'_, Context>,
        received: &mut Vec<Record>,
    ) -> Result<(), Stopped> {
        while let Some(Some(next)) = messages.next().now_or_never() {
            if let Next::Record(Some(record)) = self.next(next)? {
                received.push(record);
                return Ok(());
            }
        }
        self.admin.forget().await;
        self.admin
            .ensure(self.topics.all())
            .await
            .map_err(Stopped::Unavailable)
    }

    fn next(&self, next: Result<BorrowedMessage<'_>, KafkaError>) -> Result<Next, Stopped> {
        let error = match next {
            Ok(message) => return Ok(Next::Record(self.topics.record(&message))),
            Err(error) => error,
        };
        match Trouble::of(&error) {
            Trouble::Passing => {
                tracing::debug!(%error, "reading goes on");
                Ok(Next::Record(None))
            }
            Trouble::Lost => Ok(Next::Lost),
            Trouble::Refused => Err(Stopped::Unavailable(unavailable(error))),
            Trouble::Fatal => Err(Stopped::Dead(unavailable(error))),
        }
    }
}
