#![doc = include_str!("README.md")]

mod budget;
pub(crate) mod form;
pub(crate) mod keys;
pub(crate) mod memory;

use crate::error::Problem;
use crate::live::arrivals::Arrivals;
use crate::read_model::ReadModel;
use axum::http::StatusCode;
use budget::Budget;
use bus::{CommandQueue, Message, Queue};
use domain::command::OrderPlaced;
use domain::request::Item;
use domain::view::Accepted;
use domain::{
    Command, FieldError, OrderId, OrderRequest, OrderStatus, Quantity, TicketTypeId, Timestamp,
};
use keys::{IdempotencyKey, Keys};
use memory::{Claim, Memory, Remembered};
use ops::RequestHash;
use std::sync::Arc;
use std::time::Duration;

/// How long the queue may take to confirm. With what comes before and after it, a 503 is out within 2 s.
pub(crate) const QUEUE_DEADLINE: Duration = Duration::from_millis(1_500);
/// Orders that are remembered: with their items about 30 MB.
const REMEMBERED: usize = 100_000;
/// Looks into the read model's file in a second, for repeated keys that memory does not know.
const LOOKS: u32 = 100;
/// How long one may take.
const LOOK_DEADLINE: Duration = Duration::from_millis(100);
/// What says who made a message.
pub(crate) const SOURCE: &str = "/server";

/// What is wrong with an item. Items are sorted by now, so it is named by its ticket type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemError {
    /// Whose.
    pub ticket_type: TicketTypeId,
    /// Which of the item's fields.
    pub field: &'static str,
    /// What is allowed, to be read after the field's name.
    pub message: String,
}

/// Takes orders in.
pub(crate) struct Intake {
    queue: Arc<dyn CommandQueue>,
    keys: Keys,
    memory: Arc<Memory>,
    read_model: ReadModel,
    arrivals: Arrivals,
    /// For looks into the read model's file. In a rush most orders go without.
    looks: Budget,
    /// For lines in the log: an outage in a rush would fill it.
    complaints: Budget,
}

impl Intake {
    /// In front of this queue.
    pub fn new(
        queue: Arc<dyn CommandQueue>,
        keys: Keys,
        read_model: ReadModel,
        arrivals: Arrivals,
    ) -> Intake {
        Intake {
            queue,
            keys,
            memory: Arc::new(Memory::new(REMEMBERED)),
            read_model,
            arrivals,
            looks: Budget::new(LOOKS),
            complaints: Budget::new(1),
        }
    }

    /// The orders accepted lately.
    pub fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    /// How many of a ticket type one order may have, as far as it is known here.
    pub fn most(&self, ticket_type: &str) -> u32 {
        let now = self.read_model.now();
        let sold = TicketTypeId::parse(ticket_type)
            .ok()
            .and_then(|ticket_type| now.types.get(&ticket_type));
        sold.map_or(Quantity::MAX, |sold| sold.max_per_order)
    }

    /// What inventory would reject is better said at once, as far as it is known here: more of a ticket type than an order
    /// may have. Whether a type is sold at all only inventory knows: one that is missing here may be on its way.
    pub fn check(&self, request: &OrderRequest) -> Vec<ItemError> {
        let now = self.read_model.now();
        let refused = |item: &Item| {
            let most = now.types.get(&item.ticket_type)?.max_per_order;
            (item.quantity.get() > most).then(|| ItemError {
                ticket_type: item.ticket_type.clone(),
                field: "quantity",
                message: format!("may be {most} at most"),
            })
        };
        request.items.iter().filter_map(refused).collect()
    }

    /// Takes an order: when this returns, the queue has it on disk.
    ///
    /// # Errors
    /// Its key was used for another order, or the queue did not confirm in time.
    pub async fn accept(
        &self,
        request: OrderRequest,
        key: Option<&IdempotencyKey>,
        traceparent: Option<String>,
    ) -> Result<Accepted, Problem> {
        let order_id = self.keys.order_id(&request.email, key);
        let request_hash = self.keys.request_hash(&request);
        let order = Remembered {
            request_hash,
            placed_at: Timestamp::now(),
            items: request.items.as_slice().into(),
            number: None,
        };
        let placed_at = match self.memory.claim(order_id, order.clone()) {
            Claim::Other => return Err(other_body()),
            Claim::Known(known) if known.number.is_some() => {
                return Ok(self.accepted(order_id, request_hash));
            }
            // Its outcome is unknown, or it is under way: the same message again does no harm.
            Claim::Known(known) => known.placed_at,
            Claim::New => {
                if key.is_some() && self.is_decided(order_id, request_hash).await? {
                    return Ok(self.accepted(order_id, request_hash));
                }
                order.placed_at
            }
        };
        let items = order.items.clone();
        let mut message = placed(order_id, request_hash, request, placed_at);
        message.traceparent = traceparent;
        self.send(Queue::Orders, message).await?;
        self.memory.sent(order_id);
        self.arrivals.note(order_id, &items, placed_at);
        metrics::counter!("festflow_orders_accepted_total").increment(1);
        Ok(self.accepted(order_id, request_hash))
    }

    /// Puts a command on its queue, within the deadline.
    ///
    /// # Errors
    /// It was not confirmed in time: nobody knows whether the queue has it.
    pub async fn send(&self, queue: Queue, message: Message) -> Result<(), Problem> {
        let refused = |why: String| {
            if self.complaints.take() {
                tracing::warn!(%queue, why, "commands are not confirmed");
            }
            metrics::counter!("festflow_commands_unconfirmed_total").increment(1);
            Problem::unavailable(
                "The queue did not confirm in time, so it is not known whether this was taken. \
                 Send the same again, with the same Idempotency-Key.",
            )
        };
        match tokio::time::timeout(QUEUE_DEADLINE, self.queue.send(vec![(queue, message)])).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Err(_) => Err(refused("no answer".to_owned())),
        }
    }

    /// Whether the read model has the order already, from another server or from before a restart.
    async fn is_decided(&self, order_id: OrderId, hash: RequestHash) -> Result<bool, Problem> {
        if !self.looks.take() {
            return Ok(false);
        }
        // An order is accepted without a database, so one that cannot be read knows nothing.
        let look = tokio::time::timeout(LOOK_DEADLINE, self.read_model.order(order_id)).await;
        let Ok(Ok(Some(order))) = look else {
            return Ok(false);
        };
        let Some(known) = order.request_hash else {
            // What it was made from, no event has said yet.
            return Ok(false);
        };
        self.memory.forget(order_id);
        if known == hash.to_string() {
            Ok(true)
        } else {
            Err(other_body())
        }
    }

    fn accepted(&self, order_id: OrderId, hash: RequestHash) -> Accepted {
        let key = self.keys.access_key(order_id, hash);
        Accepted {
            order_id,
            status: OrderStatus::Received,
            url: format!("/orders/{order_id}?key={key}"),
            key,
        }
    }
}

fn placed(
    order_id: OrderId,
    hash: RequestHash,
    request: OrderRequest,
    placed_at: Timestamp,
) -> Message {
    let command = Command::OrderPlaced(OrderPlaced {
        timestamp: placed_at,
        order_id,
        items: request.items,
        email: request.email,
        name: request.name,
        payment_token: request.payment_token,
        expected_total: request.expected_total,
        user_id: None,
        placed_at,
        request_hash: hash.to_string(),
    });
    Message::command(SOURCE, &command)
}

/// An Idempotency-Key came again with something else.
pub(crate) fn other_body() -> Problem {
    Problem {
        errors: vec![FieldError::new(
            "Idempotency-Key",
            "was used for another request",
        )],
        ..Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used for another request. A new one needs a new key.",
        )
    }
}
