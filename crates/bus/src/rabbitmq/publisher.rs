//! Publishing: one task owns the channel, many messages are in flight.
//!
//! lapin takes a message's number and queues its frames under two locks, so that a channel that several tasks publish
//! on can confuse their confirms. Here one task does both in one step, and callers hand it their messages.

use super::{
    connection::{Backoff, Endpoint},
    ledger::{Job, Publishing},
    room::Room,
    session::Session,
};
use crate::{Unavailable, attempt::Reminder};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

/// How long a send may take: an order's sender must have its answer within two seconds.
const PATIENCE: Duration = Duration::from_millis(1500);
/// And more for each message of a batch, or a slow disk would make a big batch fail for ever.
const PATIENCE_PER_MESSAGE: Duration = Duration::from_millis(10);
/// Batches that wait for the task.
const MOST_WAITING: usize = 1_024;

/// Publishes in the background until it is dropped.
pub(super) struct Publisher {
    jobs: mpsc::Sender<Job>,
    link: watch::Receiver<Link>,
}

/// Whether messages can be published now.
pub(super) enum Link {
    Up,
    Down(Unavailable),
}

impl Publisher {
    /// `room` is kept up to date by looking at the orders' queue.
    pub(super) fn start(endpoint: Arc<Endpoint>, room: Arc<Room>) -> Publisher {
        let (jobs, waiting) = mpsc::channel(MOST_WAITING);
        let connecting = Link::Down(Unavailable::new("RabbitMQ", "not connected yet"));
        let (state, link) = watch::channel(connecting);
        tokio::spawn(run(endpoint, room, waiting, state));
        Publisher { jobs, link }
    }

    /// Messages can be published right now.
    pub(super) fn ready(&self) -> Result<(), Unavailable> {
        match &*self.link.borrow() {
            Link::Up => Ok(()),
            Link::Down(why) => Err(why.clone()),
        }
    }

    /// Publishes `messages` and returns when all of them are confirmed. Waits for a lost connection to come back, but
    /// not longer than [`PATIENCE`].
    pub(super) async fn send(&self, messages: Vec<Publishing>) -> Result<(), Unavailable> {
        if messages.is_empty() {
            return Ok(());
        }
        let batch = u32::try_from(messages.len()).unwrap_or(u32::MAX);
        let wait = PATIENCE.saturating_add(PATIENCE_PER_MESSAGE.saturating_mul(batch));
        let mut link = self.link.clone();
        let sending = async {
            let stopped = || Unavailable::new("RabbitMQ", "publishing has stopped");
            link.wait_for(|link| matches!(link, Link::Up))
                .await
                .map_err(|_| stopped())?;
            let (done, outcome) = oneshot::channel();
            self.jobs
                .send(Job { messages, done })
                .await
                .map_err(|_| stopped())?;
            outcome.await.map_err(|_| stopped())?
        };
        timeout(wait, sending).await.unwrap_or_else(|_| {
            Err(match &*self.link.borrow() {
                Link::Down(why) => why.clone(),
                Link::Up => Unavailable::new("RabbitMQ", format!("not confirmed within {wait:?}")),
            })
        })
    }
}

async fn run(
    endpoint: Arc<Endpoint>,
    room: Arc<Room>,
    mut jobs: mpsc::Receiver<Job>,
    link: watch::Sender<Link>,
) {
    let mut backoff = Backoff::new();
    let mut reminder = Reminder::default();
    loop {
        let why = match Session::open(&endpoint, &room).await {
            Ok(session) => {
                backoff = Backoff::new();
                reminder = Reminder::default();
                link.send_replace(Link::Up);
                match session.run(&mut jobs, &link).await {
                    Ok(()) => return,
                    Err(why) => why,
                }
            }
            Err(why) => why,
        };
        if reminder.is_due() {
            tracing::warn!(%why, "publishing is interrupted");
        }
        link.send_replace(Link::Down(why));
        if jobs.is_closed() {
            return;
        }
        backoff.wait().await;
    }
}
