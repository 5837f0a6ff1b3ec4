//! The rows of table `orders`: what was decided, and how it ended.

use crate::rows::{among_order_ids, order_ids};
use domain::event::{Event, InventoryReserved};
use domain::{OrderId, Timestamp};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row};
use std::collections::{HashMap, HashSet};
use store::{Dialect, Trouble, Tx};

/// What became of an order's hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldStatus {
    /// Stock is held.
    Held,
    /// It was sold.
    Sold,
    /// It was given back.
    Released,
    /// There never was a hold.
    Rejected,
}

impl HoldStatus {
    fn as_str(self) -> &'static str {
        match self {
            HoldStatus::Held => "held",
            HoldStatus::Sold => "sold",
            HoldStatus::Released => "released",
            HoldStatus::Rejected => "rejected",
        }
    }

    fn parse(text: &str) -> Result<HoldStatus, Trouble> {
        [
            HoldStatus::Held,
            HoldStatus::Sold,
            HoldStatus::Released,
            HoldStatus::Rejected,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| Trouble::Data(format!("an order has the unknown status {text:?}")))
    }
}

/// An order that was decided. It keeps the events themselves, so that a message that comes again gives the same bytes.
#[derive(Clone, Debug)]
pub struct OrderRecord {
    /// A keyed hash of the request that was decided.
    pub request_hash: String,
    /// What became of the hold.
    pub status: HoldStatus,
    /// `INVENTORY_RESERVED` or `ORDER_REJECTED`.
    pub decision: Event,
    /// `TICKET_SOLD`s and `ORDER_CONFIRMED`, or `ORDER_CANCELLED`, once settled.
    pub settlement: Vec<Event>,
}

impl OrderRecord {
    /// The record of a decision that was just made.
    pub fn decided(decision: Event) -> OrderRecord {
        let (status, request_hash) = match &decision {
            Event::InventoryReserved(event) => (HoldStatus::Held, event.request_hash.clone()),
            Event::OrderRejected(event) => (HoldStatus::Rejected, event.request_hash.clone()),
            _ => (HoldStatus::Rejected, String::new()),
        };
        OrderRecord {
            request_hash,
            status,
            decision,
            settlement: Vec::new(),
        }
    }

    /// What is or was held, if anything.
    pub fn reserved(&self) -> Option<&InventoryReserved> {
        match &self.decision {
            Event::InventoryReserved(event) => Some(event),
            _ => None,
        }
    }
}

/// The records of `orders`, those that there are.
pub async fn load(
    tx: &mut Tx,
    dialect: Dialect,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashMap<OrderId, OrderRecord>, Trouble> {
    let sql = format!(
        "SELECT order_id, request_hash, status, decision, settlement FROM orders \
         WHERE {}",
        among_order_ids(dialect),
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(order_ids(orders)?)
        .fetch_all(&mut **tx)
        .await?;
    let mut records = HashMap::with_capacity(rows.len());
    for row in rows {
        let id = order_id(row.try_get("order_id")?)?;
        let settlement: Option<String> = row.try_get("settlement")?;
        let record = OrderRecord {
            request_hash: row.try_get("request_hash")?,
            status: HoldStatus::parse(row.try_get("status")?)?,
            decision: read(row.try_get("decision")?)?,
            settlement: settlement
                .as_deref()
                .map(read)
                .transpose()?
                .unwrap_or_default(),
        };
        records.insert(id, record);
    }
    Ok(records)
}

/// Those of `orders` whose stock is still held.
pub async fn held(
    tx: &mut Tx,
    dialect: Dialect,
    orders: impl IntoIterator<Item = OrderId>,
) -> Result<HashSet<OrderId>, Trouble> {
    let sql = format!(
        "SELECT order_id FROM orders WHERE status = 'held' AND {}",
        among_order_ids(dialect),
    );
    let held: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(order_ids(orders)?)
        .fetch_all(&mut **tx)
        .await?;
    held.iter().map(|id| order_id(id)).collect()
}

/// An order's id in a row.
pub fn order_id(text: &str) -> Result<OrderId, Trouble> {
    text.parse()
        .map_err(|error| Trouble::Data(format!("an order's id: {error}")))
}

/// Writes new records.
pub async fn insert<'a>(
    tx: &mut Tx,
    dialect: Dialect,
    records: impl IntoIterator<Item = (OrderId, &'a OrderRecord)>,
) -> Result<(), Trouble> {
    let rows: Vec<_> = records
        .into_iter()
        .map(|(id, record)| {
            let expires_at = record.reserved().map_or(Timestamp::default(), |event| event.expires_at);
            json!({
                "order_id": id, "request_hash": record.request_hash, "status": record.status.as_str(),
                "expires_at": expires_at.micros(), "decision": text(&record.decision),
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO orders (order_id, request_hash, status, expires_at, cancel_sent, decision) \
         SELECT order_id, request_hash, status, expires_at, 0, decision FROM {}",
        dialect.json_rows(
            "$1",
            &[
                ("order_id", "TEXT"),
                ("request_hash", "TEXT"),
                ("status", "TEXT"),
                ("expires_at", "BIGINT"),
                ("decision", "TEXT"),
            ]
        ),
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(serde_json::Value::from(rows).to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes how orders ended.
pub async fn settle<'a>(
    tx: &mut Tx,
    dialect: Dialect,
    records: impl IntoIterator<Item = (OrderId, &'a OrderRecord)>,
) -> Result<(), Trouble> {
    let rows: Vec<_> = records
        .into_iter()
        .map(|(id, record)| {
            json!({
                "order_id": id, "status": record.status.as_str(), "settlement": text(&record.settlement),
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE orders SET status = batch.status, settlement = batch.settlement FROM {} \
         WHERE orders.order_id = batch.order_id",
        dialect.json_rows(
            "$1",
            &[
                ("order_id", "TEXT"),
                ("status", "TEXT"),
                ("settlement", "TEXT")
            ]
        ),
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(serde_json::Value::from(rows).to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Trouble> {
    serde_json::from_str(text).map_err(|error| Trouble::Data(format!("a kept event: {error}")))
}
