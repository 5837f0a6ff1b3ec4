//! What no message causes: holds whose time is over, and ticket types that were not announced yet. Each step may be
//! done twice, and is when the process dies in the middle: its messages have the same ids again.

use super::{SOURCE, records};
use crate::failure::failed;
use bus::{Failure, Message, Queue, Topic};
use domain::command::CancelCharge;
use domain::event::{Event, TicketTypeDefined};
use domain::{Command, MessageId, OrderId, Timestamp};
use ops::Bus;
use sqlx::Row;
use std::time::Duration;
use store::{Database, Rows, Trouble};

/// The most holds that one sweep asks about.
const MOST: i64 = 500;

/// After so long without an answer the payment service is asked again: longer than a command is tried before it goes to
/// the dead letters. Asked twice it answers the same, so what was lost on the way costs time, and no stock.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// Sweeps the inventory's database.
#[derive(Clone)]
pub struct Sweep {
    db: Database,
    bus: Bus,
}

impl Sweep {
    /// Sweeps `db`, sending on `bus`.
    pub fn new(db: Database, bus: Bus) -> Sweep {
        Sweep { db, bus }
    }

    /// One round: announces new ticket types, and asks the payment service about holds that are over at `now`.
    ///
    /// # Errors
    /// The database or a broker cannot be used; what was not done is done by the next round.
    pub async fn once(&self, now: Timestamp) -> Result<(), Failure> {
        self.announce_types().await?;
        self.end_holds(now).await
    }

    /// All in one append: whoever reads one of them has a good chance to read them all, and to know what is sold.
    async fn announce_types(&self) -> Result<(), Failure> {
        let rows =
            sqlx::query("SELECT ticket_type, definition FROM ticket_types WHERE announced = 0")
                .fetch_all(self.db.pool())
                .await
                .map_err(failed)?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut announcements = Vec::with_capacity(rows.len());
        let mut ticket_types = Vec::with_capacity(rows.len());
        for row in rows {
            let ticket_type: String = row.try_get("ticket_type").map_err(failed)?;
            let text: String = row.try_get("definition").map_err(failed)?;
            announcements.push((Topic::Analytics, announcement(&ticket_type, &text)?));
            ticket_types.push(ticket_type);
        }
        self.bus.log.append(announcements).await?;
        let rows = Rows::of(&ticket_types).column("ticket_type", String::as_str);
        let sql = |batch: &str| {
            format!(
                "UPDATE ticket_types SET announced = 1 WHERE ticket_type IN (SELECT ticket_type FROM {batch})"
            )
        };
        self.mark(&rows, sql).await.map_err(failed)
    }

    async fn end_holds(&self, now: Timestamp) -> Result<(), Failure> {
        loop {
            let over = self.holds_over_at(now).await.map_err(failed)?;
            if over.is_empty() {
                return Ok(());
            }
            let commands = over.iter().map(|(order_id, expires_at)| {
                let cancel = CancelCharge {
                    timestamp: *expires_at,
                    order_id: *order_id,
                };
                (
                    Queue::Payments,
                    Message::command(SOURCE, &Command::CancelCharge(cancel)),
                )
            });
            self.bus.queue.send(commands.collect()).await?;
            self.mark_asked(&over, now).await.map_err(failed)?;
        }
    }

    async fn holds_over_at(&self, now: Timestamp) -> Result<Vec<(OrderId, Timestamp)>, Trouble> {
        let sql = "SELECT order_id, expires_at FROM orders \
                   WHERE status = 'held' AND expires_at <= $1 AND cancel_sent <= $2 ORDER BY expires_at LIMIT $3";
        let ask_again = i64::try_from(ASK_AGAIN.as_micros()).unwrap_or(i64::MAX);
        let rows = sqlx::query(sql)
            .bind(now.micros())
            .bind(now.micros() - ask_again)
            .bind(MOST)
            .fetch_all(self.db.pool())
            .await?;
        rows.iter()
            .map(|row| {
                let id = records::order_id(row.try_get("order_id")?)?;
                Ok((id, Timestamp::from_micros(row.try_get("expires_at")?)))
            })
            .collect()
    }

    async fn mark_asked(
        &self,
        orders: &[(OrderId, Timestamp)],
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let rows = Rows::of(orders)
            .column("order_id", |(id, _)| id.to_string())
            .column("asked_at", |_| now.micros());
        let sql = |batch: &str| {
            format!(
                "UPDATE orders SET cancel_sent = batch.asked_at FROM {batch} WHERE orders.order_id = batch.order_id"
            )
        };
        self.mark(&rows, sql).await
    }

    /// Writes down that `rows` are done with.
    async fn mark<T>(
        &self,
        rows: &Rows<'_, T>,
        sql: impl FnOnce(&str) -> String,
    ) -> Result<(), Trouble> {
        let query = rows.query(self.db.dialect(), sql);
        let mut tx = self.db.begin().await?;
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// The event of a ticket type, with the same id each time.
fn announcement(ticket_type: &str, definition: &str) -> Result<Message, Failure> {
    let definition: TicketTypeDefined =
        serde_json::from_str(definition).map_err(|error| Failure::Batch(error.to_string()))?;
    let name = format!(
        "TICKET_TYPE_DEFINED/{ticket_type}/{}",
        definition.timestamp.micros()
    );
    let id = MessageId(uuid::Uuid::new_v5(
        &uuid::Uuid::NAMESPACE_OID,
        name.as_bytes(),
    ));
    Ok(Message::event(
        SOURCE,
        id,
        &Event::TicketTypeDefined(definition),
    ))
}
