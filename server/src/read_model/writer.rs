//! One transaction for a batch: rows and positions together. The statements are few and the same whatever the batch's
//! size: each takes its rows as one JSON text.

use super::batch::Batch;
use super::changes::{Changes, StoredOrder};
use super::load::{self, from_text};
use super::now::Now;
use bus::{KnownRecords, Positions};
use domain::{Order, OrderId, Timestamp};
use serde::Serialize;
use serde_json::json;
use sqlx::{Connection, Executor, SqliteConnection, query, query_as, query_scalar};
use std::collections::{HashMap, HashSet};

/// The one connection that writes.
pub(super) struct Writer {
    connection: SqliteConnection,
    now: Now,
}

impl Writer {
    /// Reads what the file says.
    ///
    /// # Errors
    /// It cannot be read, or it is not ours.
    pub async fn new(mut connection: SqliteConnection) -> Result<Writer, sqlx::Error> {
        let now = load::now(&mut connection).await?;
        Ok(Writer { connection, now })
    }

    /// The state after the last transaction.
    pub fn now(&self) -> &Now {
        &self.now
    }

    /// How many events there are.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn count_events(&mut self) -> Result<i64, sqlx::Error> {
        query_scalar("SELECT count(*) FROM events")
            .fetch_one(&mut self.connection)
            .await
    }

    /// Keeps what was read, and reads another log from its start. What was read goes to offsets below 0, in the same order:
    /// the log's are free for its own records.
    ///
    /// # Errors
    /// Everything is as it was.
    pub async fn keep_history(&mut self) -> Result<(), sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        // Further than they are apart: none comes to where another one still is.
        let shift: i64 = query_scalar(
            "SELECT coalesce(max(offset) - min(0, min(offset)) + 1, 0)
             FROM (SELECT offset FROM events UNION ALL SELECT offset FROM unreadable)",
        )
        .fetch_one(&mut *transaction)
        .await?;
        for sql in [
            "UPDATE events SET offset = offset - $1",
            "UPDATE unreadable SET offset = offset - $1",
        ] {
            query(sql).bind(shift).execute(&mut *transaction).await?;
        }
        transaction.execute("DELETE FROM positions").await?;
        transaction.commit().await?;
        self.now.positions = Positions::default();
        self.now.last_records = KnownRecords::default();
        Ok(())
    }

    /// Closes the file.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        self.connection.close().await
    }

    /// Writes a batch. Repeats in it change nothing but the positions.
    ///
    /// # Errors
    /// Nothing was written.
    pub async fn write(&mut self, mut batch: Batch) -> Result<Changes, sqlx::Error> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let connection = &mut *transaction;
        let repeats = known_events(connection, &batch).await?;
        batch
            .entries
            .retain(|entry| !repeats.contains(&entry.id.to_string()));
        let orders = known_orders(connection, &batch).await?;
        let changes = Changes::compute(&self.now, batch, orders);
        write_orders(connection, &changes).await?;
        write_events(connection, &changes).await?;
        write_rest(connection, &changes).await?;
        transaction.commit().await?;
        self.now = changes.now.clone();
        Ok(changes)
    }
}

/// The ids of events that the file may have and the batch repeats: all of its orders', and those that are about no order.
async fn known_events(
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> Result<HashSet<String>, sqlx::Error> {
    let orders: HashSet<_> = batch.orders().collect();
    let others = batch
        .entries
        .iter()
        .filter(|entry| entry.order_id.is_none());
    let others: Vec<_> = others.map(|entry| entry.id).collect();
    let known: Vec<String> = query_scalar(
        "SELECT id FROM events WHERE order_seq IN
             (SELECT seq FROM orders WHERE order_id IN (SELECT value FROM json_each($1)))
         UNION ALL
         SELECT id FROM events WHERE order_seq IS NULL AND id IN (SELECT value FROM json_each($2))",
    )
    .bind(text(&orders)?)
    .bind(text(&others)?)
    .fetch_all(connection)
    .await?;
    Ok(known.into_iter().collect())
}

async fn known_orders(
    connection: &mut SqliteConnection,
    batch: &Batch,
) -> Result<HashMap<OrderId, StoredOrder>, sqlx::Error> {
    let ids: HashSet<_> = batch.orders().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i64)> = query_as(
        "SELECT state, updated_at FROM orders WHERE order_id IN (SELECT value FROM json_each($1))",
    )
    .bind(text(&ids)?)
    .fetch_all(connection)
    .await?;
    let parsed = rows.into_iter().map(|(state, updated_at)| {
        let order: Order = from_text(&state)?;
        let updated_at = Timestamp::from_micros(updated_at);
        Ok((order.order_id, StoredOrder { order, updated_at }))
    });
    parsed.collect()
}

/// The events' orders must be there.
async fn write_events(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    if !changes.entries.is_empty() {
        let rows: Vec<_> = changes
            .entries
            .iter()
            .map(|e| (e.id, e.partition, e.offset, &e.kind, e.order_id, &e.payload))
            .collect();
        query(
            "INSERT INTO events (id, partition, offset, kind, order_seq, payload)
             SELECT value->>0, value->>1, value->>2, value->>3,
                 (SELECT seq FROM orders WHERE order_id = value->>4), value->>5 FROM json_each($1)",
        )
        .bind(text(&rows)?)
        .execute(&mut *connection)
        .await?;
    }
    if !changes.unreadable.is_empty() {
        let rows: Vec<_> = changes
            .unreadable
            .iter()
            .map(|u| (u.partition, u.offset, &u.kind, &u.why, &u.payload))
            .collect();
        query(
            "INSERT OR REPLACE INTO unreadable (partition, offset, kind, why, payload)
             SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each($1)",
        )
        .bind(text(&rows)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn write_orders(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    if changes.orders.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = changes
        .orders
        .iter()
        .map(|(order_id, stored)| Ok((order_id, stored.updated_at.micros(), text(&stored.order)?)))
        .collect::<Result<_, sqlx::Error>>()?;
    query(
        "INSERT INTO orders (order_id, updated_at, state)
         SELECT value->>0, value->>1, value->>2 FROM json_each($1) WHERE true
         ON CONFLICT (order_id) DO UPDATE SET updated_at = excluded.updated_at, state = excluded.state",
    )
    .bind(text(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Positions always; the others where something changed.
async fn write_rest(
    connection: &mut SqliteConnection,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    let now = &changes.now;
    let last_records = now.last_records.0.iter();
    let positions = last_records
        .map(|((topic, partition), (offset, id))| json!([topic.name(), partition, offset + 1, id]));
    let stock = changes.stock.iter().filter_map(|ticket_type| {
        let level = now.stock.get(ticket_type)?;
        Some(json!([
            ticket_type,
            level.remaining,
            level.held,
            level.sold,
            level.version
        ]))
    });
    let types = changes.types.iter().filter_map(|ticket_type| {
        let definition = serde_json::to_string(now.types.get(ticket_type)?).ok()?;
        Some(json!([ticket_type, definition]))
    });
    let adjustments = changes.adjustments.iter().map(|a| {
        json!([
            a.adjustment_id,
            a.at.micros(),
            a.ticket_type,
            a.change,
            a.actor,
            a.reason,
            a.refused
        ])
    });
    let counters = changes
        .counters
        .iter()
        .map(|name| json!([name, now.count(name)]));
    let periods = changes
        .periods
        .iter()
        .map(|((length, start), added)| json!([length, start, added.placed, added.sold]));
    for (statement, rows) in [
        (
            "INSERT OR REPLACE INTO positions
             SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each($1)",
            positions.collect::<Vec<_>>(),
        ),
        (
            "INSERT OR REPLACE INTO stock
             SELECT value->>0, value->>1, value->>2, value->>3, value->>4 FROM json_each($1)",
            stock.collect(),
        ),
        (
            "INSERT OR REPLACE INTO ticket_types SELECT value->>0, value->>1 FROM json_each($1)",
            types.collect(),
        ),
        (
            "INSERT OR REPLACE INTO adjustments
             SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each($1)",
            adjustments.collect(),
        ),
        (
            "INSERT OR REPLACE INTO counters SELECT value->>0, value->>1 FROM json_each($1)",
            counters.collect(),
        ),
        (
            "INSERT INTO periods SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each($1) WHERE true
             ON CONFLICT DO UPDATE SET placed = placed + excluded.placed, sold = sold + excluded.sold",
            periods.collect(),
        ),
    ] {
        if !rows.is_empty() {
            query(statement)
                .bind(text(&rows)?)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

fn text(value: &impl Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
