//! `ADJUST_STOCK`: more or fewer tickets, never fewer than are held or sold.

use super::SOURCE;
use super::shelf::Shelf;
use crate::failure::failed;
use async_trait::async_trait;
use bus::{Cause, Failure, Handler, Message, Outcome, Outputs, Queue};
use domain::command::AdjustStock;
use domain::event::{Event, StockAdjusted, StockAdjustmentRejected};
use domain::{Command, Timestamp};
use sqlx::Row;
use std::collections::BTreeSet;
use store::{Database, Trouble, Tx};

/// Adjusts stock.
pub struct AdjustmentHandler {
    db: Database,
}

impl AdjustmentHandler {
    /// Adjusts the stock in `db`.
    pub fn new(db: Database) -> AdjustmentHandler {
        AdjustmentHandler { db }
    }

    /// The decision about each of `commands`, made now or before.
    async fn decide(&self, commands: &[&AdjustStock]) -> Result<Vec<Event>, Trouble> {
        let types: BTreeSet<_> = commands
            .iter()
            .map(|command| command.ticket_type.clone())
            .collect();
        let mut tx = self.db.begin().await?;
        let mut shelf = Shelf::lock(&mut tx, self.db.dialect(), &types).await?;
        let mut decisions = Vec::with_capacity(commands.len());
        for command in commands {
            let decision = match known(&mut tx, command).await? {
                Some(decision) => decision,
                None => {
                    let decision = adjust(&mut shelf, command, Timestamp::now());
                    keep(&mut tx, command, &decision).await?;
                    decision
                }
            };
            decisions.push(decision);
        }
        shelf.save(&mut tx, self.db.dialect()).await?;
        tx.commit().await?;
        Ok(decisions)
    }
}

#[async_trait]
impl Handler for AdjustmentHandler {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let commands: Vec<Result<AdjustStock, Cause>> = batch.iter().map(read).collect();
        let readable: Vec<&AdjustStock> = commands.iter().flatten().collect();
        let mut decisions = self.decide(&readable).await.map_err(failed)?.into_iter();
        let outcome = |(message, command): (&Message, &Result<AdjustStock, Cause>)| match command {
            Err(cause) => Outcome::Reject(cause.clone()),
            Ok(_) => match decisions.next() {
                Some(decision) => {
                    let mut outputs = Outputs::default();
                    outputs.event(SOURCE, message.id.caused(decision.kind(), 0), &decision);
                    Outcome::Done(outputs)
                }
                None => Outcome::Retry("the adjustment has no decision".to_owned()),
            },
        };
        Ok(batch.iter().zip(&commands).map(outcome).collect())
    }
}

fn read(message: &Message) -> Result<AdjustStock, Cause> {
    match message.decode_command() {
        Ok(Command::AdjustStock(command)) => Ok(command),
        Ok(other) => Err(Cause::misrouted(&other, Queue::Inventory)),
        Err(malformed) => Err(malformed.into()),
    }
}

fn adjust(shelf: &mut Shelf, command: &AdjustStock, now: Timestamp) -> Event {
    let refused = |reason: String| {
        Event::StockAdjustmentRejected(StockAdjustmentRejected {
            timestamp: now,
            adjustment_id: command.adjustment_id,
            ticket_type: command.ticket_type.clone(),
            change: command.change,
            actor: command.actor.clone(),
            reason,
        })
    };
    let Some(slot) = shelf.get_mut(&command.ticket_type) else {
        return refused(format!("there is no ticket type {}", command.ticket_type));
    };
    let Some(remaining) = slot
        .level
        .remaining
        .checked_add(command.change)
        .filter(|left| *left >= 0)
    else {
        return refused(format!(
            "only {} of {} tickets are unsold and not held",
            slot.level.remaining,
            slot.level.capacity()
        ));
    };
    slot.decide(|level| level.remaining = remaining);
    Event::StockAdjusted(StockAdjusted {
        timestamp: now,
        adjustment_id: command.adjustment_id,
        ticket_type: command.ticket_type.clone(),
        change: command.change,
        reason: command.reason.clone(),
        actor: command.actor.clone(),
        stock: shelf.levels([&command.ticket_type]),
    })
}

async fn known(tx: &mut Tx, command: &AdjustStock) -> Result<Option<Event>, Trouble> {
    let row = sqlx::query("SELECT decision FROM adjustments WHERE adjustment_id = $1")
        .bind(command.adjustment_id.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    serde_json::from_str(row.try_get("decision")?)
        .map(Some)
        .map_err(|error| Trouble::Data(format!("a kept event: {error}")))
}

async fn keep(tx: &mut Tx, command: &AdjustStock, decision: &Event) -> Result<(), Trouble> {
    sqlx::query("INSERT INTO adjustments (adjustment_id, decision) VALUES ($1, $2)")
        .bind(command.adjustment_id.to_string())
        .bind(serde_json::to_string(decision).unwrap_or_default())
        .execute(&mut **tx)
        .await?;
    Ok(())
}
