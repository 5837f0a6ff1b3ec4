//! The port of commands.

use crate::{Cause, DeadLetterQueue, Message, Queue, Source, Unavailable};
use async_trait::async_trait;

/// Queues of commands: each message is done by one worker, and stays until it is.
///
/// At least once: a message may come again, and nothing is promised about order, not even within a queue.
#[async_trait]
pub trait CommandQueue: Send + Sync {
    /// The broker's name, as people call it.
    fn broker(&self) -> &'static str;

    /// Sends all of `batch` and returns when every message is durable on its queue.
    ///
    /// # Errors
    /// At least one was not confirmed, or its queue is full: unknown which, so the caller sends all of them again or
    /// tells its own caller that the outcome is unknown.
    async fn send(&self, batch: Vec<(Queue, Message)>) -> Result<(), Unavailable>;

    /// Puts a message aside for people to look at; returns when that is durable.
    ///
    /// # Errors
    /// As for [`CommandQueue::send`].
    async fn bury(&self, queue: DeadLetterQueue, letter: DeadLetter) -> Result<(), Unavailable>;

    /// Takes work from `queue`, with at most `in_hand` messages unacknowledged at a time.
    ///
    /// # Errors
    /// The broker is gone.
    async fn consume(&self, queue: Queue, in_hand: u16) -> Result<Box<dyn Source>, Unavailable>;

    /// Commands can be sent and taken right now. An answer to a question says less: sending may go over a connection of
    /// its own.
    ///
    /// # Errors
    /// They cannot.
    async fn ready(&self) -> Result<(), Unavailable>;

    /// How much is on `queue` right now. Exact when nobody is sending or taking.
    ///
    /// # Errors
    /// The broker is gone.
    async fn depth(&self, queue: Queue) -> Result<Depth, Unavailable>;

    /// How many messages are in `queue`.
    ///
    /// # Errors
    /// The broker is gone.
    async fn dead(&self, queue: DeadLetterQueue) -> Result<u64, Unavailable>;
}

/// How much is on a queue. What a broker does not tell is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Depth {
    /// Messages that wait for a worker.
    pub ready: u64,
    /// Messages in workers' hands.
    pub unacked: Option<u64>,
    /// Workers.
    pub consumers: Option<u64>,
    /// Messages in, per second.
    pub in_per_second: Option<f64>,
    /// Messages acknowledged, per second.
    pub out_per_second: Option<f64>,
}

/// A message that was put aside.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// The message as it came.
    pub message: Message,
    /// Why no handler can do it.
    pub cause: Cause,
    /// How often it was tried.
    pub attempts: u32,
}
