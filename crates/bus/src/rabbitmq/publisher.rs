//! Publishing: one task owns the channel, many messages are in flight.
//!
//! lapin takes a message's number and queues its frames under two locks, so that a channel that several tasks publish
//! on can confuse their confirms. Here one task does both in one step, and callers hand it their messages.

use super::{
    connection::{ANSWER_TIMEOUT, Backoff, Endpoint, answer_within},
    gone,
    ledger::{Confirmed, Job, Ledger, Publishing},
};
use crate::{Unavailable, attempt::Reminder};
use futures_util::{StreamExt, stream::FuturesUnordered};
use lapin::{
    Channel, Connection, Event,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

/// How long a send may take: an order's sender must have its answer within two seconds.
const PATIENCE: Duration = Duration::from_millis(1500);
/// And more for each message of a batch, or a slow disk would make a big batch fail for ever.
const PATIENCE_PER_MESSAGE: Duration = Duration::from_millis(10);
/// Messages in flight before the next batch waits. Beyond a thousand more only adds latency.
const MOST_IN_FLIGHT: usize = 2_000;
/// Batches that wait for the task.
const MOST_WAITING: usize = 1_024;
/// A connection on which nothing is confirmed for so long is given up.
const STALLED: Duration = Duration::from_secs(10);

/// Publishes in the background until it is dropped.
pub(super) struct Publisher {
    jobs: mpsc::Sender<Job>,
    link: watch::Receiver<Link>,
}

/// Whether messages can be published now.
enum Link {
    Up,
    Down(Unavailable),
}

impl Publisher {
    pub(super) fn start(endpoint: Arc<Endpoint>) -> Publisher {
        let (jobs, waiting) = mpsc::channel(MOST_WAITING);
        let connecting = Link::Down(Unavailable::new("RabbitMQ", "not connected yet"));
        let (state, link) = watch::channel(connecting);
        tokio::spawn(run(endpoint, waiting, state));
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

async fn run(endpoint: Arc<Endpoint>, mut jobs: mpsc::Receiver<Job>, link: watch::Sender<Link>) {
    let mut backoff = Backoff::new();
    let mut reminder = Reminder::default();
    loop {
        let why = match Session::open(&endpoint).await {
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

/// One connection's life.
struct Session {
    connection: Connection,
    channel: Channel,
}

impl Session {
    async fn open(endpoint: &Endpoint) -> Result<Session, Unavailable> {
        let connection = endpoint.connect("publishing").await?;
        let opening = async {
            let channel = connection.create_channel().await.map_err(gone)?;
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await
                .map_err(gone)?;
            Ok(channel)
        };
        let channel = answer_within(ANSWER_TIMEOUT, opening).await?;
        Ok(Session {
            connection,
            channel,
        })
    }

    /// Publishes until all senders are gone.
    ///
    /// # Errors
    /// The connection is lost, and with it the outcome of everything in flight.
    async fn run(
        self,
        jobs: &mut mpsc::Receiver<Job>,
        link: &watch::Sender<Link>,
    ) -> Result<(), Unavailable> {
        let mut ledger = Ledger::default();
        let ended = self.publish_all(jobs, &mut ledger, link).await;
        match &ended {
            Err(why) => ledger.fail_all(why),
            Ok(()) => {
                let closing = self.connection.close(200, "done".into());
                let _ = timeout(ANSWER_TIMEOUT, closing).await;
            }
        }
        ended
    }

    async fn publish_all(
        &self,
        jobs: &mut mpsc::Receiver<Job>,
        ledger: &mut Ledger,
        link: &watch::Sender<Link>,
    ) -> Result<(), Unavailable> {
        let mut events = std::pin::pin!(self.connection.events_listener());
        let mut in_flight = FuturesUnordered::new();
        let mut check = tokio::time::interval(STALLED / 10);
        let mut progress = Instant::now();
        let mut blocked = false;
        let mut senders = true;
        loop {
            if in_flight.is_empty() {
                progress = Instant::now();
                if !senders {
                    return Ok(());
                }
            }
            tokio::select! {
                Some(first) = in_flight.next(), if !in_flight.is_empty() => {
                    progress = Instant::now();
                    ledger.settle(round(first, &mut in_flight))?;
                }
                job = jobs.recv(), if senders && !blocked && in_flight.len() < MOST_IN_FLIGHT => {
                    let mut next = job;
                    senders = next.is_some();
                    while let Some(job) = next {
                        for (key, message) in ledger.open(job) {
                            in_flight.push(publish(&self.channel, key, message));
                        }
                        let room = in_flight.len() < MOST_IN_FLIGHT;
                        next = if room { jobs.try_recv().ok() } else { None };
                    }
                }
                Some(event) = events.next() => match event {
                    Event::Error(error) => return Err(gone(error)),
                    Event::ConnectionBlocked(reason) => {
                        blocked = true;
                        let why = format!("it accepts no messages now: {reason}");
                        link.send_replace(Link::Down(Unavailable::new("RabbitMQ", why)));
                    }
                    Event::ConnectionUnblocked => {
                        blocked = false;
                        progress = Instant::now();
                        link.send_replace(Link::Up);
                    }
                    _ => {}
                },
                _ = check.tick() => {
                    if !self.channel.status().connected() {
                        return Err(Unavailable::new("RabbitMQ", "the channel was closed"));
                    }
                    if !blocked && progress.elapsed() > STALLED {
                        let why = format!("nothing was confirmed for {STALLED:?}");
                        return Err(Unavailable::new("RabbitMQ", why));
                    }
                }
            }
        }
    }
}

/// Publishes when it is polled first, and is done when the broker has confirmed.
async fn publish(channel: &Channel, job: u64, message: Publishing) -> Confirmed {
    let Publishing {
        route,
        id,
        properties,
        payload,
    } = message;
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let (exchange, routing_key) = route.clone();
    let confirming = async {
        let published = channel.basic_publish(exchange, routing_key, options, &payload, properties);
        published.await?.await
    };
    let outcome = confirming.await;
    Confirmed {
        job,
        route,
        id,
        outcome,
    }
}

/// `first` and everything else that is confirmed by now.
///
/// lapin hands a returned message over with whichever confirm comes next, not with its own. That confirm came before
/// its own, so when a round is complete, whatever was returned is known before anything in it is called a success.
fn round<F: Future<Output = Confirmed>>(
    first: Confirmed,
    in_flight: &mut FuturesUnordered<F>,
) -> Vec<Confirmed> {
    let mut round = vec![first];
    let again = Arc::new(Again::default());
    let waker = Waker::from(Arc::clone(&again));
    loop {
        match in_flight.poll_next_unpin(&mut Context::from_waker(&waker)) {
            Poll::Ready(Some(confirmed)) => round.push(confirmed),
            Poll::Ready(None) => return round,
            // It may pause although more is ready; then it asks to be polled again.
            Poll::Pending if again.0.swap(false, Ordering::AcqRel) => {}
            Poll::Pending => return round,
        }
    }
}

#[derive(Default)]
struct Again(AtomicBool);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}
