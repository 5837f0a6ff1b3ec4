//! Reading, from connections of its own: readers never wait for the writer, nor it for them.

use super::ReadModel;
use super::changes::StoredOrder;
use super::load::{decode, from_text};
use super::order_view;
use super::timeline::StoredEvent;
use domain::view::{AdjustmentRow, OrderRow, OrderView};
use domain::{AdjustmentId, Order, OrderId, TicketTypeId, Timestamp};
use sqlx::{SqliteConnection, query_as, query_scalar};
use std::collections::BTreeMap;

impl ReadModel {
    /// The order as its events tell it, if there are any.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn order(&self, order_id: OrderId) -> Result<Option<Order>, sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        let stored = stored_order(&mut connection, order_id).await?;
        Ok(stored.map(|stored| stored.order))
    }

    /// The order with its timeline, if it has any events.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn order_view(
        &self,
        order_id: OrderId,
    ) -> Result<Option<(OrderView, Option<String>)>, sqlx::Error> {
        // One transaction: state and events are of the same moment.
        let mut transaction = self.readers.begin().await?;
        let Some(stored) = stored_order(&mut transaction, order_id).await? else {
            return Ok(None);
        };
        let events: Vec<(String, String)> = query_as(
            "SELECT kind, payload FROM events WHERE order_seq = (SELECT seq FROM orders WHERE order_id = $1)
             ORDER BY partition, offset",
        )
        .bind(order_id.to_string())
        .fetch_all(&mut *transaction)
        .await?;
        transaction.commit().await?;
        let events: Vec<_> = events
            .into_iter()
            .map(|(kind, payload)| StoredEvent { kind, payload })
            .collect();
        let request_hash = stored.order.request_hash.clone();
        let view = order_view::view(stored.order, &events, &self.now(), &self.signer);
        Ok(Some((view, request_hash)))
    }

    /// The orders that something happened to last, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn recent_orders(&self, limit: u32) -> Result<Vec<OrderRow>, sqlx::Error> {
        let rows: Vec<(String, i64)> = query_as(
            "SELECT state, updated_at FROM orders JOIN (
                 SELECT order_seq, max(seq) AS last FROM (
                     SELECT order_seq, seq FROM events ORDER BY seq DESC LIMIT $1 * 20
                 ) WHERE order_seq IS NOT NULL GROUP BY order_seq ORDER BY last DESC LIMIT $1
             ) AS recent ON orders.seq = recent.order_seq ORDER BY last DESC",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        order_rows(rows)
    }

    /// A change of stock, once it is decided.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn adjustment(
        &self,
        adjustment_id: AdjustmentId,
    ) -> Result<Option<AdjustmentRow>, sqlx::Error> {
        let row: Option<StoredAdjustment> = query_as(
            "SELECT adjustment_id, decided_at, ticket_type, change, actor, reason, refused FROM adjustments
             WHERE adjustment_id = $1",
        )
        .bind(adjustment_id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        row.map(adjustment_row).transpose()
    }

    /// The last changes of stock that were decided, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn last_adjustments(&self, limit: u32) -> Result<Vec<AdjustmentRow>, sqlx::Error> {
        let rows: Vec<StoredAdjustment> = query_as(
            "SELECT adjustment_id, decided_at, ticket_type, change, actor, reason, refused FROM adjustments
             ORDER BY decided_at DESC, adjustment_id LIMIT $1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(adjustment_row).collect()
    }

    /// Tickets added to each type since it was defined; negative: taken away.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn added_stock(&self) -> Result<BTreeMap<String, i64>, sqlx::Error> {
        let rows: Vec<(String, i64)> = query_as(
            "SELECT ticket_type, sum(change) FROM adjustments WHERE refused IS NULL GROUP BY ticket_type",
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().collect())
    }

    /// Which of these orders are known here.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn known_orders(&self, ids: &[OrderId]) -> Result<Vec<OrderId>, sqlx::Error> {
        let ids = serde_json::to_string(ids).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let known: Vec<String> = query_scalar(
            "SELECT order_id FROM orders WHERE order_id IN (SELECT value FROM json_each($1))",
        )
        .bind(ids)
        .fetch_all(&self.readers)
        .await?;
        Ok(known.iter().filter_map(|id| id.parse().ok()).collect())
    }
}

/// Id, moment, ticket type, change, actor, reason, refusal.
type StoredAdjustment = (String, i64, String, i64, String, String, Option<String>);

fn adjustment_row(stored: StoredAdjustment) -> Result<AdjustmentRow, sqlx::Error> {
    let (id, at, ticket_type, change, actor, reason, refused) = stored;
    Ok(AdjustmentRow {
        adjustment_id: id.parse().map_err(decode)?,
        at: Timestamp::from_micros(at),
        ticket_type: TicketTypeId::parse(ticket_type).map_err(decode)?,
        change,
        actor,
        reason,
        refused,
    })
}

/// Orders, each as its state and when something last happened to it.
pub(super) fn order_rows(rows: Vec<(String, i64)>) -> Result<Vec<OrderRow>, sqlx::Error> {
    rows.into_iter()
        .map(|row| Ok(order_row(stored(row)?)))
        .collect()
}

fn order_row(stored: StoredOrder) -> OrderRow {
    let order = stored.order;
    OrderRow {
        order_id: order.order_id,
        status: order.status,
        reason: order.reason,
        tickets: order
            .items
            .iter()
            .map(|item| item.item.quantity.get())
            .sum(),
        total: order.total,
        placed_at: order.placed_at,
        updated_at: stored.updated_at,
    }
}

async fn stored_order(
    connection: &mut SqliteConnection,
    order_id: OrderId,
) -> Result<Option<StoredOrder>, sqlx::Error> {
    let row: Option<(String, i64)> =
        query_as("SELECT state, updated_at FROM orders WHERE order_id = $1")
            .bind(order_id.to_string())
            .fetch_optional(connection)
            .await?;
    row.map(stored).transpose()
}

fn stored((state, updated_at): (String, i64)) -> Result<StoredOrder, sqlx::Error> {
    Ok(StoredOrder {
        order: from_text(&state)?,
        updated_at: Timestamp::from_micros(updated_at),
    })
}
