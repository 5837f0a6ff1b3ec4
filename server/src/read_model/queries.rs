//! Reading, from connections of its own: readers never wait for the writer, nor it for them.

use super::ReadModel;
use super::changes::{Adjustment, StoredOrder};
use super::order_view;
use super::timeline::StoredEvent;
use bus::{Positions, Topic};
use domain::event::TicketSold;
use domain::view::{OrderRow, OrderView};
use domain::{AdjustmentId, Order, OrderId, TicketTypeId, Timestamp};
use sqlx::{SqliteConnection, query_as, query_scalar};
use std::collections::BTreeMap;

/// Tickets sold after a place on the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sales {
    /// Oldest first, each with the place behind it.
    pub sales: Vec<(Positions, TicketSold)>,
    /// How many more there were than asked for: the oldest, left out.
    pub left_out: u64,
    /// Where on the log this is.
    pub positions: Positions,
}

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
            "SELECT kind, payload FROM events WHERE order_id = $1 ORDER BY partition, offset",
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
        let view = order_view::view(stored.order, &events, &self.now(), self.signer());
        Ok(Some((view, request_hash)))
    }

    /// The orders that something happened to last, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn recent_orders(&self, limit: u32) -> Result<Vec<OrderRow>, sqlx::Error> {
        let rows: Vec<(String, i64)> = query_as(
            "SELECT state, updated_at FROM orders JOIN (
                 SELECT order_id, max(seq) AS last FROM (
                     SELECT order_id, seq FROM events ORDER BY seq DESC LIMIT $1 * 20
                 ) WHERE order_id IS NOT NULL GROUP BY order_id ORDER BY last DESC LIMIT $1
             ) USING (order_id) ORDER BY last DESC",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|row| Ok(order_row(stored(row)?)))
            .collect()
    }

    /// The last tickets sold, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn last_sales(&self, limit: u32) -> Result<Vec<TicketSold>, sqlx::Error> {
        let found = self.sales(&Positions::default(), limit, false).await?;
        let mut sales: Vec<_> = found.sales.into_iter().map(|(_, sale)| sale).collect();
        sales.reverse();
        Ok(sales)
    }

    /// The tickets sold after `since`, the newest `limit` of them.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn sales_after(&self, since: &Positions, limit: u32) -> Result<Sales, sqlx::Error> {
        self.sales(since, limit, true).await
    }

    async fn sales(
        &self,
        since: &Positions,
        limit: u32,
        count: bool,
    ) -> Result<Sales, sqlx::Error> {
        let mut transaction = self.readers.begin().await?;
        let lanes: Vec<(i32, i64)> =
            query_as("SELECT partition, next FROM positions WHERE topic = $1")
                .bind(Topic::Analytics.name())
                .fetch_all(&mut *transaction)
                .await?;
        let mut found = Vec::new();
        let mut all = 0;
        for (partition, _) in &lanes {
            let lane = (Topic::Analytics, *partition);
            let from = since.0.get(&lane).copied().unwrap_or(0);
            if count {
                all += count_sales(&mut transaction, *partition, from).await?;
            }
            found.extend(sales_of(&mut transaction, *partition, from, limit).await?);
        }
        transaction.commit().await?;
        found.sort_by_key(|sale| (sale.moment, sale.partition, sale.offset));
        let kept = found.split_off(found.len().saturating_sub(limit as usize));
        let position = |(partition, next)| ((Topic::Analytics, partition), next);
        Ok(Sales {
            left_out: all.saturating_sub(kept.len() as u64),
            sales: with_places(since, kept),
            positions: Positions(lanes.into_iter().map(position).collect()),
        })
    }

    /// A change of stock, once it is decided.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn adjustment(
        &self,
        adjustment_id: AdjustmentId,
    ) -> Result<Option<Adjustment>, sqlx::Error> {
        let row: Option<(String, i64, Option<String>)> = query_as(
            "SELECT ticket_type, change, reason FROM adjustments WHERE adjustment_id = $1",
        )
        .bind(adjustment_id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        row.map(|(ticket_type, change, reason)| {
            Ok(Adjustment {
                adjustment_id,
                ticket_type: TicketTypeId::parse(ticket_type).map_err(decode)?,
                change,
                reason,
            })
        })
        .transpose()
    }

    /// Tickets added to each type since it was defined; negative: taken away.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn added_stock(&self) -> Result<BTreeMap<String, i64>, sqlx::Error> {
        let rows: Vec<(String, i64)> = query_as(
            "SELECT ticket_type, sum(change) FROM adjustments WHERE reason IS NULL GROUP BY ticket_type",
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

/// A sale with its place in one partition.
struct PlacedSale {
    /// By which sales of several partitions are put in order: between partitions the log has none. It never goes back
    /// within a partition, or a cursor between two sales would leave one out.
    moment: Timestamp,
    partition: i32,
    offset: i64,
    sale: TicketSold,
}

async fn sales_of(
    connection: &mut SqliteConnection,
    partition: i32,
    from: i64,
    limit: u32,
) -> Result<Vec<PlacedSale>, sqlx::Error> {
    let rows: Vec<(i64, String)> = query_as(
        "SELECT offset, payload FROM events
         WHERE kind = 'TICKET_SOLD' AND partition = $1 AND offset >= $2 ORDER BY offset DESC LIMIT $3",
    )
    .bind(partition)
    .bind(from)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let mut moment = Timestamp::default();
    let placed = rows.into_iter().rev().map(|(offset, payload)| {
        let sale: TicketSold = serde_json::from_str(&payload).map_err(decode)?;
        moment = moment.max(sale.timestamp);
        Ok(PlacedSale {
            moment,
            partition,
            offset,
            sale,
        })
    });
    placed.collect()
}

/// How many sales there are from an offset on; of more than a hundred thousand it is enough to know that.
async fn count_sales(
    connection: &mut SqliteConnection,
    partition: i32,
    from: i64,
) -> Result<u64, sqlx::Error> {
    let count: i64 = query_scalar(
        "SELECT count(*) FROM (SELECT 1 FROM events
         WHERE kind = 'TICKET_SOLD' AND partition = $1 AND offset >= $2 LIMIT 100000)",
    )
    .bind(partition)
    .bind(from)
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The place behind each sale: everything up to it in its partition, and in the others what was given before it.
fn with_places(since: &Positions, sales: Vec<PlacedSale>) -> Vec<(Positions, TicketSold)> {
    let mut place = since.clone();
    let advance = |placed: PlacedSale| {
        let lane = (Topic::Analytics, placed.partition);
        place.0.insert(lane, placed.offset + 1);
        (place.clone(), placed.sale)
    };
    sales.into_iter().map(advance).collect()
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
        order: serde_json::from_str(&state).map_err(decode)?,
        updated_at: Timestamp::from_micros(updated_at),
    })
}

fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
