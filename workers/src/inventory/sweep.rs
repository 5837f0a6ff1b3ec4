//! What no message causes: holds whose time is over, ticket types that were not announced yet, and rejections that may be
//! forgotten. Each step reads by an index what is due, and no more, however much waits. It may be done twice, and is when the process dies in the middle: its messages have the same ids again.

use super::{Announcements, SOURCE, records};
use crate::failure::failed;
use crate::rows::among;
use bus::{Failure, Message, Queue};
use domain::command::CancelCharge;
use domain::{Command, OrderId, Timestamp};
use ops::Bus;
use sqlx::Row;
use std::time::Duration;
use store::{Database, Rows, Trouble};

/// The most orders that are looked at at once.
const MOST: i64 = 500;

/// After so long without an answer the payment service is asked again: longer than a command is tried before it goes to
/// the dead letters. Asked twice it answers the same, so what was lost on the way costs time, and no stock.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// Up to $2 holds that are over and due to be asked about at $1.
const HOLDS_OVER: &str = "SELECT order_id, expires_at FROM orders \
    WHERE status = 'held' AND due_at <= $1 ORDER BY due_at LIMIT $2";

/// Up to $2 rejections that may be forgotten at $1. Those of older builds have no such time, and stay.
const REJECTIONS_OVER: &str = "SELECT order_id FROM orders \
    WHERE status = 'rejected' AND due_at > 0 AND due_at <= $1 ORDER BY due_at LIMIT $2";

/// Sweeps the inventory's database.
#[derive(Clone)]
pub struct Sweep {
    db: Database,
    bus: Bus,
    announcements: Announcements,
}

impl Sweep {
    /// Sweeps `db`, sending on `bus`.
    pub fn new(db: Database, bus: Bus) -> Sweep {
        Sweep {
            announcements: Announcements::new(db.clone(), bus.clone()),
            db,
            bus,
        }
    }

    /// One round: announces new ticket types, asks the payment service about holds that are over at `now`, and forgets
    /// rejections.
    ///
    /// # Errors
    /// The database or a broker cannot be used; what was not done is done by the next round.
    pub async fn once(&self, now: Timestamp) -> Result<(), Failure> {
        self.announcements.announce().await?;
        self.end_holds(now).await?;
        self.forget_rejections(now).await
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
        let rows = sqlx::query(HOLDS_OVER)
            .bind(now.micros())
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
            .column("due_at", |_| now.plus(ASK_AGAIN).micros());
        let sql = |batch: &str| {
            format!(
                "UPDATE orders SET due_at = batch.due_at FROM {batch} WHERE orders.order_id = batch.order_id"
            )
        };
        self.mark(&rows, sql).await
    }

    async fn forget_rejections(&self, now: Timestamp) -> Result<(), Failure> {
        loop {
            let over = sqlx::query(REJECTIONS_OVER)
                .bind(now.micros())
                .bind(MOST)
                .fetch_all(self.db.pool())
                .await
                .map_err(failed)?;
            if over.is_empty() {
                return Ok(());
            }
            let orders = over.iter().map(|row| row.try_get("order_id"));
            let orders: Vec<String> = orders.collect::<Result<_, _>>().map_err(failed)?;
            let rows = Rows::of(&orders).column("order_id", String::as_str);
            let sql = |batch: &str| {
                format!(
                    "DELETE FROM orders WHERE status = 'rejected' AND {}",
                    among(batch)
                )
            };
            self.mark(&rows, sql).await.map_err(failed)?;
        }
    }

    /// Writes down that `rows` are done with.
    async fn mark<T>(
        &self,
        rows: &Rows<'_, T>,
        sql: impl FnOnce(&str) -> String,
    ) -> Result<(), Trouble> {
        self.db.execute(rows.query(self.db.dialect(), sql)).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::inventory::MIGRATIONS;
    use crate::story;
    use crate::support::{Place, plan};

    story! {
        /// However many holds wait for an answer, and however many rejections are kept: a round goes by an index of what is
        /// due to those that are, and reads no other row.
        async fn a_round_reads_what_is_due_and_no_more(place: &Place) {
            let db = place.database("inventory", MIGRATIONS).await;
            for status in ["held", "rejected"] {
                let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) \
                    INSERT INTO orders (order_id, request_hash, status, expires_at, due_at, decision) \
                    SELECT $1 || CAST(i AS TEXT), '', $1, 1, CASE WHEN i <= 10 THEN 1 ELSE 1000 END, '' FROM n";
                sqlx::query(sql).bind(status).execute(db.pool()).await.unwrap();
            }
            for (sql, index) in [(HOLDS_OVER, "orders_held"), (REJECTIONS_OVER, "orders_rejected")] {
                let due = sqlx::query(sql).bind(5).bind(MOST).fetch_all(db.pool()).await.unwrap();
                assert_eq!(due.len(), 10);
                let plan = plan(&db, sql, &[5, MOST]).await;
                assert!(plan.reads_only_by(index), "{plan:?}");
            }
        }
    }
}
