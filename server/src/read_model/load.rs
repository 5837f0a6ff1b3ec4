//! Reading back what was written: the state at the start, and JSON in columns.

use super::now::Now;
use bus::{KnownRecords, Topic};
use domain::event::TicketTypeDefined;
use domain::{StockLevel, TicketTypeId};
use sqlx::{SqliteConnection, query_as, query_scalar};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The state that the file holds.
///
/// # Errors
/// It cannot be read, or it is not ours.
pub(super) async fn now(connection: &mut SqliteConnection) -> Result<Now, sqlx::Error> {
    let lanes: Vec<(String, i32, i64, String)> =
        query_as("SELECT topic, partition, next, last_id FROM positions")
            .fetch_all(&mut *connection)
            .await?;
    let stock: Vec<(String, i64, i64, i64, i64)> =
        query_as("SELECT ticket_type, remaining, held, sold, version FROM stock")
            .fetch_all(&mut *connection)
            .await?;
    let types: Vec<String> = query_scalar("SELECT definition FROM ticket_types")
        .fetch_all(&mut *connection)
        .await?;
    let counters: Vec<(String, i64)> = query_as("SELECT name, value FROM counters")
        .fetch_all(&mut *connection)
        .await?;
    let types = types
        .iter()
        .map(|definition| {
            let defined: TicketTypeDefined = from_text(definition)?;
            Ok((defined.ticket_type.clone(), defined))
        })
        .collect::<Result<BTreeMap<_, _>, sqlx::Error>>()?;
    let stock = stock
        .into_iter()
        .map(|(ticket_type, remaining, held, sold, version)| {
            let ticket_type = TicketTypeId::parse(ticket_type).map_err(decode)?;
            let level = StockLevel {
                remaining,
                held,
                sold,
                version,
            };
            Ok((ticket_type, level))
        });
    let mut last_records = KnownRecords::default();
    for (topic, partition, next, last_id) in lanes {
        let Some(topic) = Topic::parse(&topic) else {
            continue;
        };
        let last_id = last_id.parse().map_err(decode)?;
        last_records
            .0
            .insert((topic, partition), (next - 1, last_id));
    }
    Ok(Now {
        positions: last_records.positions(),
        last_records,
        types: Arc::new(types),
        stock: stock.collect::<Result<_, sqlx::Error>>()?,
        counters: counters.into_iter().collect(),
        caught_up: false,
        foreign_log: None,
    })
}

/// What a column holds as JSON.
///
/// # Errors
/// It is something else.
pub(super) fn from_text<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, sqlx::Error> {
    serde_json::from_str(text).map_err(decode)
}

/// The error of a column that holds something else.
pub(super) fn decode(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
