//! One connection's life: publishing on it, and looking after the orders' queue.

use super::{
    connection::{ANSWER_TIMEOUT, Endpoint, answer_within},
    gone,
    ledger::{Confirmed, Job, Ledger, Publishing},
    publisher::Link,
    room::Room,
    topology::queue_length,
};
use crate::{Queue, Unavailable};
use futures_util::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture},
    stream::FuturesUnordered,
};
use lapin::{
    Channel, Connection, Event,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
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
    sync::{mpsc, watch},
    time::timeout,
};

/// Messages in flight before the next batch waits. Beyond a thousand more only adds latency.
const MOST_IN_FLIGHT: usize = 2_000;
/// A connection on which nothing is confirmed for so long is given up.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is looked whether the orders' queue is there, and how long it is.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// One connection.
pub(super) struct Session<'a> {
    connection: Connection,
    /// For publishing alone.
    channel: Channel,
    /// For looking at the orders' queue: the broker closes it when the queue is gone.
    looking: Channel,
    orders: ShortString,
    room: &'a Room,
}

impl<'a> Session<'a> {
    pub(super) async fn open(
        endpoint: &Endpoint,
        room: &'a Room,
    ) -> Result<Session<'a>, Unavailable> {
        let (connection, waiting) = endpoint.connect("publishing").await?;
        let opening = async {
            let channel = connection.create_channel().await.map_err(gone)?;
            channel
                .confirm_select(ConfirmSelectOptions::default())
                .await
                .map_err(gone)?;
            let looking = connection.create_channel().await.map_err(gone)?;
            Ok((channel, looking))
        };
        let (channel, looking) = answer_within(ANSWER_TIMEOUT, opening).await?;
        room.looked(waiting, 0);
        Ok(Session {
            connection,
            channel,
            looking,
            orders: endpoint.topology.queue(Queue::Orders),
            room,
        })
    }

    /// Publishes until all senders are gone.
    ///
    /// # Errors
    /// The connection or the orders' queue is lost, and with it the outcome of everything in flight.
    pub(super) async fn run(
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
        let mut look = std::pin::pin!(Fuse::terminated());
        let mut check = tokio::time::interval(LOOK_INTERVAL);
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
                waiting = &mut look => self.room.looked(waiting?, in_flight.len()),
                Some(event) = events.next() => match event {
                    Event::Error(error) => return Err(gone(error)),
                    Event::ConnectionBlocked(reason) => {
                        blocked = true;
                        // It reads nothing from this connection now, questions neither.
                        look.set(Fuse::terminated());
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
                    if !blocked && progress.elapsed() > CONFIRM_TIMEOUT {
                        let why = format!("nothing was confirmed for {CONFIRM_TIMEOUT:?}");
                        return Err(Unavailable::new("RabbitMQ", why));
                    }
                    if !blocked && look.is_terminated() {
                        look.set(self.orders_waiting().fuse());
                    }
                }
            }
        }
    }

    /// How many orders wait.
    ///
    /// # Errors
    /// Their queue is gone. While another queue is bound to the exchange, the broker goes on confirming orders that only
    /// that one has; so whatever is in flight now has failed, and the next session makes the queue again.
    async fn orders_waiting(&self) -> Result<u64, Unavailable> {
        let asking = queue_length(&self.looking, &self.orders);
        answer_within(ANSWER_TIMEOUT, asking)
            .await?
            .ok_or_else(|| Unavailable::new(format!("queue {}", self.orders), "it was deleted"))
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
