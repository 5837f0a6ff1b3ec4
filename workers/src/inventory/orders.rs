//! `ORDER_PLACED`: holds stock or rejects.

use super::records::{self, HoldStatus, OrderRecord};
use super::shelf::Shelf;
use super::{SOURCE, decide};
use crate::failure::failed;
use async_trait::async_trait;
use bus::{Cause, Failure, Handler, Message, Outcome, Outputs, Queue};
use domain::command::{ChargePayment, OrderPlaced};
use domain::event::Buyer;
use domain::{Command, Event, OrderId, Timestamp};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use store::{Database, Trouble};

/// Decides about orders.
pub struct OrderHandler {
    db: Database,
    hold: Duration,
}

impl OrderHandler {
    /// Decides on the stock in `db`; holds last for `hold`.
    pub fn new(db: Database, hold: Duration) -> OrderHandler {
        OrderHandler { db, hold }
    }

    /// The records of all `orders`: those that were decided before, and new decisions for the rest.
    async fn decide(
        &self,
        orders: &[&OrderPlaced],
    ) -> Result<HashMap<OrderId, OrderRecord>, Trouble> {
        let types: BTreeSet<_> = orders
            .iter()
            .flat_map(|order| order.items.iter().map(|item| item.ticket_type.clone()))
            .collect();
        let dialect = self.db.dialect();
        let mut tx = self.db.begin().await?;
        let mut shelf = Shelf::lock(&mut tx, dialect, &types).await?;
        let ids: Vec<_> = orders.iter().map(|order| order.order_id).collect();
        let mut known = records::load(&mut tx, dialect, &ids).await?;
        let now = Timestamp::now();
        let mut new = Vec::new();
        for order in orders {
            if let Entry::Vacant(slot) = known.entry(order.order_id) {
                slot.insert(OrderRecord::decided(decide::decide(
                    &mut shelf, order, now, self.hold,
                )));
                new.push(order.order_id);
            }
        }
        let new: Vec<_> = new
            .into_iter()
            .filter_map(|id| Some((id, known.get(&id)?)))
            .collect();
        records::insert(&mut tx, dialect, &new).await?;
        shelf.save(&mut tx, dialect).await?;
        tx.commit().await?;
        Ok(known)
    }
}

#[async_trait]
impl Handler for OrderHandler {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let orders: Vec<Result<OrderPlaced, Cause>> = batch.iter().map(read).collect();
        let readable: Vec<&OrderPlaced> = orders.iter().flatten().collect();
        let records = self.decide(&readable).await.map_err(failed)?;
        let outcome = |(message, order): (&Message, &Result<OrderPlaced, Cause>)| match order {
            Err(cause) => Outcome::Reject(cause.clone()),
            Ok(order) => match records.get(&order.order_id) {
                Some(record) => Outcome::Done(outputs(message, order, record)),
                None => Outcome::Retry("the order has no record".to_owned()),
            },
        };
        Ok(batch.iter().zip(&orders).map(outcome).collect())
    }
}

fn read(message: &Message) -> Result<OrderPlaced, Cause> {
    match message.decode_command() {
        Ok(Command::OrderPlaced(order)) => Ok(order),
        Ok(other) => Err(Cause::misrouted(&other, Queue::Orders)),
        Err(malformed) => Err(malformed.into()),
    }
}

/// What follows from the decision. Of another order under the same id nothing does: the first one was decided.
fn outputs(message: &Message, order: &OrderPlaced, record: &OrderRecord) -> Outputs {
    let mut outputs = Outputs::default();
    if record.request_hash != order.request_hash {
        tracing::warn!(order_id = %order.order_id, "another order under the id of a decided one; it changes nothing");
        return outputs;
    }
    let decision = &record.decision;
    outputs.event(SOURCE, message.id.caused(decision.kind(), 0), decision);
    let buyer = Event::Buyer(Buyer {
        timestamp: decision.timestamp(),
        order_id: order.order_id,
        email: order.email.clone(),
        name: order.name.clone(),
        request_hash: order.request_hash.clone(),
    });
    outputs.event(SOURCE, message.id.caused(buyer.kind(), 0), &buyer);
    // Once the order is settled the payment was decided, and asking again would only be answered the same.
    if let (Some(reserved), HoldStatus::Held) = (record.reserved(), record.status) {
        let charge = Command::ChargePayment(ChargePayment {
            timestamp: reserved.timestamp,
            order_id: order.order_id,
            amount: reserved.total,
            currency: reserved.currency,
            payment_token: order.payment_token.clone(),
            expires_at: reserved.expires_at,
        });
        outputs.command(SOURCE, &charge);
    }
    outputs
}
