//! The rows of table `orders`: what was decided, and how it ended.

use crate::rows::{among, order_ids};
use domain::event::{Event, InventoryReserved};
use domain::{OrderId, Timestamp};
use sqlx::Row;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use store::{Dialect, Rows, Trouble, Tx};

/// How long an order may wait to be decided. An older one of which there is no record may have been rejected before, and that
/// forgotten, so it is rejected (again).
pub const MAY_WAIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long rejections are kept: a day longer, since clocks differ.
const REJECTIONS_KEPT: Duration = Duration::from_secs(8 * 24 * 3600);

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

    /// When the sweep is to look at it: when the hold is over, or when the rejection may be forgotten.
    fn due_at(&self) -> Timestamp {
        match &self.decision {
            Event::InventoryReserved(event) => event.expires_at,
            decision => decision.timestamp().plus(REJECTIONS_KEPT),
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
    orders: &[OrderId],
) -> Result<HashMap<OrderId, OrderRecord>, Trouble> {
    let sql = |batch: &str| {
        format!(
            "SELECT order_id, request_hash, status, decision, settlement FROM orders WHERE {}",
            among(batch)
        )
    };
    let rows = order_ids(orders)
        .query(dialect, sql)
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

/// Those of `orders` whose stock is still held. They are found by their ids, and looked at here: asked for what is held, a
/// database that last looked when nothing was would read the whole index of holds.
pub async fn held(
    tx: &mut Tx,
    dialect: Dialect,
    orders: &[OrderId],
) -> Result<HashSet<OrderId>, Trouble> {
    let sql = |batch: &str| format!("SELECT order_id, status FROM orders WHERE {}", among(batch));
    let rows = order_ids(orders)
        .query(dialect, sql)
        .fetch_all(&mut **tx)
        .await?;
    let mut held = HashSet::new();
    for row in rows {
        if HoldStatus::parse(row.try_get("status")?)? == HoldStatus::Held {
            held.insert(order_id(row.try_get("order_id")?)?);
        }
    }
    Ok(held)
}

/// An order's id in a row.
pub fn order_id(text: &str) -> Result<OrderId, Trouble> {
    text.parse()
        .map_err(|error| Trouble::Data(format!("an order's id: {error}")))
}

/// Writes new records.
pub async fn insert(
    tx: &mut Tx,
    dialect: Dialect,
    records: &[(OrderId, &OrderRecord)],
) -> Result<(), Trouble> {
    if records.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(records)
        .column("order_id", |(id, _)| id.to_string())
        .column("request_hash", |(_, record)| &*record.request_hash)
        .column("status", |(_, record)| record.status.as_str())
        .column("expires_at", |(_, record)| {
            record
                .reserved()
                .map_or(0, |event| event.expires_at.micros())
        })
        .column("due_at", |(_, record)| record.due_at().micros())
        .column("decision", |(_, record)| text(&record.decision));
    let names = rows.names();
    let sql = |batch: &str| format!("INSERT INTO orders ({names}) SELECT {names} FROM {batch}");
    rows.query(dialect, sql).execute(&mut **tx).await?;
    Ok(())
}

/// Writes how orders ended.
pub async fn settle(
    tx: &mut Tx,
    dialect: Dialect,
    records: &[(OrderId, &OrderRecord)],
) -> Result<(), Trouble> {
    if records.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(records)
        .column("order_id", |(id, _)| id.to_string())
        .column("status", |(_, record)| record.status.as_str())
        .column("settlement", |(_, record)| text(&record.settlement));
    let sql = |batch: &str| {
        format!(
            "UPDATE orders SET status = batch.status, settlement = batch.settlement FROM {batch} \
             WHERE orders.order_id = batch.order_id"
        )
    };
    rows.query(dialect, sql).execute(&mut **tx).await?;
    Ok(())
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Trouble> {
    serde_json::from_str(text).map_err(|error| Trouble::Data(format!("a kept event: {error}")))
}
