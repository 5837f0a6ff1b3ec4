//! Which batches wait for which confirms.

use crate::Unavailable;
use lapin::{BasicProperties, Confirmation, types::ShortString};
use std::collections::{HashMap, HashSet};
use tokio::sync::oneshot;

/// Exchange and routing key.
pub(super) type Route = (ShortString, ShortString);

/// A message to publish.
pub(super) struct Publishing {
    pub(super) route: Route,
    /// The message id, by which a returned message is recognised.
    pub(super) id: String,
    pub(super) properties: BasicProperties,
    pub(super) payload: Vec<u8>,
}

/// A batch, and who waits for it.
pub(super) struct Job {
    pub(super) messages: Vec<Publishing>,
    pub(super) done: oneshot::Sender<Result<(), Unavailable>>,
}

/// What became of a message.
pub(super) struct Confirmed {
    pub(super) job: u64,
    pub(super) route: Route,
    pub(super) id: String,
    pub(super) outcome: lapin::Result<Confirmation>,
}

/// The batches in flight on one channel.
#[derive(Default)]
pub(super) struct Ledger {
    jobs: HashMap<u64, Open>,
    last: u64,
    /// Returned by the broker, and not yet confirmed.
    returned: HashSet<(Route, String)>,
}

struct Open {
    unconfirmed: usize,
    failure: Option<Unavailable>,
    done: oneshot::Sender<Result<(), Unavailable>>,
}

impl Ledger {
    /// Takes a batch in; its messages, with the batch's key, are to be published now. There are none when nobody waits
    /// for it any more.
    pub(super) fn open(&mut self, job: Job) -> impl Iterator<Item = (u64, Publishing)> + use<> {
        self.last += 1;
        let key = self.last;
        let mut messages = job.messages;
        if job.done.is_closed() {
            messages.clear();
        } else {
            let open = Open {
                unconfirmed: messages.len(),
                failure: None,
                done: job.done,
            };
            self.jobs.insert(key, open);
        }
        messages.into_iter().map(move |message| (key, message))
    }

    /// Takes a round of confirms in and answers the batches that are complete.
    ///
    /// # Errors
    /// The channel is lost, or a queue is missing and must be declared again.
    pub(super) fn settle(&mut self, mut round: Vec<Confirmed>) -> Result<(), Unavailable> {
        for confirmed in &mut round {
            if let Ok(Confirmation::Ack(returned) | Confirmation::Nack(returned)) =
                &mut confirmed.outcome
                && let Some(message) = returned.take()
                && let Some(id) = message.properties.message_id()
            {
                let route = (message.exchange.clone(), message.routing_key.clone());
                self.returned.insert((route, id.to_string()));
            }
        }
        let mut lost = Ok(());
        for Confirmed {
            job,
            route,
            id,
            outcome,
        } in round
        {
            let queue = queue_of(&route);
            let failure = match outcome {
                Ok(Confirmation::Ack(_)) if self.returned.remove(&(route, id)) => {
                    let missing = Unavailable::new(queue, "no queue takes the message");
                    lost = Err(missing.clone());
                    Some(missing)
                }
                Ok(Confirmation::Ack(_)) => None,
                Ok(Confirmation::Nack(_)) => Some(Unavailable::new(
                    queue,
                    "the broker refused a message; the queue is full",
                )),
                Ok(Confirmation::NotRequested) => {
                    Some(Unavailable::new(queue, "the channel does not confirm"))
                }
                Err(error) => {
                    let error = super::gone(error);
                    lost = Err(error.clone());
                    Some(error)
                }
            };
            self.count(job, failure);
        }
        lost
    }

    fn count(&mut self, job: u64, failure: Option<Unavailable>) {
        let Some(open) = self.jobs.get_mut(&job) else {
            return;
        };
        open.unconfirmed -= 1;
        open.failure = open.failure.take().or(failure);
        if open.unconfirmed == 0
            && let Some(open) = self.jobs.remove(&job)
        {
            // Whoever no longer waits does not want to know.
            let _ = open.done.send(open.failure.map_or(Ok(()), Err));
        }
    }

    /// The connection is lost: nobody knows what became of the rest.
    pub(super) fn fail_all(&mut self, why: &Unavailable) {
        for (_, open) in self.jobs.drain() {
            let _ = open.done.send(Err(why.clone()));
        }
    }
}

/// For people: the default exchange leads to the queue of the routing key's name.
fn queue_of((exchange, routing_key): &Route) -> String {
    let name = if exchange.as_str().is_empty() {
        routing_key
    } else {
        exchange
    };
    format!("queue {name}")
}
