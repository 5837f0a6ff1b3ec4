//! The payment service's answers, read from the log: a hold becomes a sale, or is given back.

use super::SOURCE;
use super::records::{self, HoldStatus, OrderRecord};
use super::shelf::Shelf;
use crate::failure::failed;
use async_trait::async_trait;
use bus::{Cause, Failure, Handler, Message, Outcome, Outputs};
use domain::command::RefundPayment;
use domain::event::{
    Event, InventoryReserved, OrderCancelled, OrderConfirmed, PaymentFailure, PaymentProcessed,
    TicketSold,
};
use domain::{Command, OrderId, Timestamp};
use std::collections::{BTreeSet, HashMap};
use store::{Database, Trouble};

/// Follows the payment service.
pub struct SettlementHandler {
    db: Database,
}

/// What the payment service said about an order.
enum Answer {
    Paid(PaymentProcessed),
    NotPaid(OrderId, PaymentFailure),
}

impl Answer {
    fn order_id(&self) -> OrderId {
        match self {
            Answer::Paid(event) => event.order_id,
            Answer::NotPaid(order_id, _) => *order_id,
        }
    }
}

impl SettlementHandler {
    /// Settles the holds in `db`.
    pub fn new(db: Database) -> SettlementHandler {
        SettlementHandler { db }
    }

    async fn settle(&self, answers: &[&Answer]) -> Result<HashMap<OrderId, OrderRecord>, Trouble> {
        let dialect = self.db.dialect();
        let ids: Vec<_> = answers.iter().map(|answer| answer.order_id()).collect();
        let mut tx = self.db.begin().await?;
        let mut known = records::load(&mut tx, dialect, &ids).await?;
        let types: BTreeSet<_> = known
            .values()
            .filter_map(OrderRecord::reserved)
            .flat_map(|reserved| reserved.items.iter().map(|item| item.ticket_type.clone()))
            .collect();
        let mut shelf = Shelf::lock(&mut tx, dialect, &types).await?;
        // What was ordered never changes, so it may be read before the stock is locked; but until then another replica may
        // have settled some.
        let held = records::held(&mut tx, dialect, &ids).await?;
        let overtaken: Vec<_> = known
            .iter()
            .filter(|(id, record)| record.status == HoldStatus::Held && !held.contains(id))
            .map(|(id, _)| *id)
            .collect();
        if !overtaken.is_empty() {
            known.extend(records::load(&mut tx, dialect, &overtaken).await?);
        }
        let now = Timestamp::now();
        let mut settled = BTreeSet::new();
        for answer in answers {
            if let Some(record) = known.get_mut(&answer.order_id())
                && record.status == HoldStatus::Held
            {
                settle_one(&mut shelf, record, answer, now);
                settled.insert(answer.order_id());
            }
        }
        let settled: Vec<_> = settled
            .into_iter()
            .filter_map(|id| Some((id, known.get(&id)?)))
            .collect();
        records::settle(&mut tx, dialect, &settled).await?;
        shelf.save(&mut tx, dialect).await?;
        tx.commit().await?;
        Ok(known)
    }
}

#[async_trait]
impl Handler for SettlementHandler {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let answers: Vec<Result<Option<Answer>, Cause>> = batch.iter().map(read).collect();
        let readable: Vec<&Answer> = answers.iter().flatten().flatten().collect();
        let records = if readable.is_empty() {
            HashMap::new()
        } else {
            self.settle(&readable).await.map_err(failed)?
        };
        let outcome = |(message, answer): (&Message, &Result<Option<Answer>, Cause>)| match answer {
            Err(cause) => Outcome::Reject(cause.clone()),
            Ok(None) => Outcome::nothing(),
            Ok(Some(answer)) => {
                Outcome::Done(outputs(message, answer, records.get(&answer.order_id())))
            }
        };
        Ok(batch.iter().zip(&answers).map(outcome).collect())
    }
}

/// `Ok(None)`: a fact that is none of our business. Most are, so the payload is read only where it is.
fn read(message: &Message) -> Result<Option<Answer>, Cause> {
    if !matches!(
        message.kind.as_str(),
        "PAYMENT_PROCESSED" | "PAYMENT_FAILED"
    ) {
        return Ok(None);
    }
    match message.decode_event()? {
        Some(Event::PaymentProcessed(event)) => Ok(Some(Answer::Paid(event))),
        Some(Event::PaymentFailed(event)) => {
            Ok(Some(Answer::NotPaid(event.order_id, event.reason)))
        }
        _ => Ok(None),
    }
}

fn settle_one(shelf: &mut Shelf, record: &mut OrderRecord, answer: &Answer, now: Timestamp) {
    let Some(reserved) = record.reserved().cloned() else {
        return;
    };
    for item in &reserved.items {
        if let Some(slot) = shelf.get_mut(&item.ticket_type) {
            let quantity = i64::from(item.quantity.get());
            slot.decide(|level| {
                level.held -= quantity;
                match answer {
                    Answer::Paid(_) => level.sold += quantity,
                    Answer::NotPaid(..) => level.remaining += quantity,
                }
            });
        }
    }
    let stock = shelf.levels(reserved.items.iter().map(|item| &item.ticket_type));
    match answer {
        Answer::Paid(_) => {
            record.status = HoldStatus::Sold;
            let tickets = tickets(shelf, &reserved, now);
            let confirmed = OrderConfirmed {
                timestamp: now,
                order_id: reserved.order_id,
                total: reserved.total,
                ticket_ids: tickets.iter().map(|ticket| ticket.ticket_id).collect(),
                stock,
            };
            record.settlement = tickets.into_iter().map(Event::TicketSold).collect();
            record.settlement.push(Event::OrderConfirmed(confirmed));
        }
        Answer::NotPaid(order_id, reason) => {
            record.status = HoldStatus::Released;
            let cancelled = OrderCancelled {
                timestamp: now,
                order_id: *order_id,
                reason: *reason,
                stock,
            };
            record.settlement = vec![Event::OrderCancelled(cancelled)];
        }
    }
}

fn tickets(shelf: &Shelf, reserved: &InventoryReserved, now: Timestamp) -> Vec<TicketSold> {
    let count = reserved.items.iter().map(|item| item.quantity.get()).sum();
    let each = reserved
        .items
        .iter()
        .flat_map(|item| std::iter::repeat_n(item, item.quantity.get() as usize));
    (1..)
        .zip(each)
        .map(|(number, item)| {
            let definition = shelf.get(&item.ticket_type).map(|slot| &slot.definition);
            TicketSold {
                ticket_id: reserved.order_id.ticket(number),
                timestamp: now,
                order_id: reserved.order_id,
                ticket_type: item.ticket_type.clone(),
                ticket_number: number,
                tickets_in_order: count,
                price: item.unit_price,
                currency: reserved.currency,
                event: definition
                    .map(|known| known.event_name.clone())
                    .unwrap_or_default(),
                event_date: definition
                    .map(|known| known.event_date.clone())
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// What follows from an answer: how the order was settled by it, or a refund of money that has no hold.
fn outputs(message: &Message, answer: &Answer, record: Option<&OrderRecord>) -> Outputs {
    let mut outputs = Outputs::default();
    let status = record.map(|record| record.status);
    match (answer, status) {
        (Answer::Paid(_), Some(HoldStatus::Sold))
        | (Answer::NotPaid(..), Some(HoldStatus::Released)) => {
            for (ordinal, event) in record
                .iter()
                .flat_map(|record| &record.settlement)
                .enumerate()
            {
                outputs.event(SOURCE, message.id.caused(event.kind(), ordinal), event);
            }
        }
        (Answer::Paid(paid), _) => {
            tracing::warn!(order_id = %paid.order_id, "money without a hold; it goes back");
            let refund = RefundPayment {
                timestamp: paid.timestamp,
                order_id: paid.order_id,
                payment_id: paid.payment_id,
                amount: paid.amount,
                reason: "no stock is held for the order".to_owned(),
            };
            outputs.command(SOURCE, &Command::RefundPayment(refund));
        }
        (Answer::NotPaid(..), _) => {}
    }
    outputs
}
