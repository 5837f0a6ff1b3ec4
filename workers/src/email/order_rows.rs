//! The rows of ticket types and tickets: what mails are made of.

use super::facts::Facts;
use crate::rows::{among_order_ids, bad, json, order_ids};
use domain::{Amount, Currency, OrderId, TicketId};
use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _, any::AnyRow};
use std::collections::HashMap;
use store::Dialect;

/// A sold ticket. What its type is called and where the event is are absent until the type's definition was read.
#[derive(Clone, Debug)]
pub(super) struct SoldTicket {
    pub ticket_id: TicketId,
    pub number: u32,
    pub type_name: Option<String>,
    pub venue: Option<String>,
    pub price: Amount,
    pub currency: Currency,
    pub event: String,
    pub event_date: String,
}

pub(super) async fn note_types(
    db: &mut AnyConnection,
    dialect: Dialect,
    facts: &Facts,
) -> sqlx::Result<()> {
    #[derive(Serialize)]
    struct NewRow<'a> {
        ticket_type: &'a str,
        name: &'a str,
        venue: &'a str,
    }
    if facts.types.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = facts
        .types
        .values()
        .map(|event| NewRow {
            ticket_type: event.ticket_type.as_str(),
            name: &event.name,
            venue: &event.venue,
        })
        .collect();
    let columns = [("ticket_type", "TEXT"), ("name", "TEXT"), ("venue", "TEXT")];
    let sql = format!(
        "INSERT INTO ticket_types (ticket_type, name, venue) SELECT ticket_type, name, venue FROM {} WHERE TRUE \
         ON CONFLICT (ticket_type) DO UPDATE SET name = excluded.name, venue = excluded.venue",
        dialect.json_rows("$1", &columns)
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(json(&rows)?)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn note_tickets(
    db: &mut AnyConnection,
    dialect: Dialect,
    facts: &Facts,
) -> sqlx::Result<()> {
    #[derive(Serialize)]
    struct NewRow<'a> {
        order_id: OrderId,
        ticket_number: u32,
        ticket_id: TicketId,
        ticket_type: &'a str,
        price: i64,
        currency: &'a str,
        event: &'a str,
        event_date: &'a str,
    }
    if facts.tickets.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = facts
        .tickets
        .values()
        .map(|event| NewRow {
            order_id: event.order_id,
            ticket_number: event.ticket_number,
            ticket_id: event.ticket_id,
            ticket_type: event.ticket_type.as_str(),
            price: event.price.0,
            currency: event.currency.code(),
            event: &event.event,
            event_date: &event.event_date,
        })
        .collect();
    let columns = [
        ("order_id", "TEXT"),
        ("ticket_number", "BIGINT"),
        ("ticket_id", "TEXT"),
        ("ticket_type", "TEXT"),
        ("price", "BIGINT"),
        ("currency", "TEXT"),
        ("event", "TEXT"),
        ("event_date", "TEXT"),
    ];
    let names = columns.map(|(name, _)| name).join(", ");
    let sql = format!(
        "INSERT INTO tickets ({names}) SELECT {names} FROM {} WHERE TRUE \
         ON CONFLICT (order_id, ticket_number) DO NOTHING",
        dialect.json_rows("$1", &columns)
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(json(&rows)?)
        .execute(db)
        .await?;
    Ok(())
}

/// The tickets of these orders, by number.
pub(super) async fn tickets_of(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: impl Iterator<Item = OrderId>,
) -> sqlx::Result<HashMap<OrderId, Vec<SoldTicket>>> {
    let sql = format!(
        "SELECT order_id, ticket_id, ticket_number, ticket_types.name AS type_name, venue, price, currency, event, \
         event_date FROM tickets LEFT JOIN ticket_types ON ticket_types.ticket_type = tickets.ticket_type \
         WHERE {} ORDER BY order_id, ticket_number",
        among_order_ids(dialect)
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(order_ids(orders)?)
        .fetch_all(db)
        .await?;
    let mut tickets: HashMap<OrderId, Vec<SoldTicket>> = HashMap::new();
    for row in &rows {
        let order_id: String = row.try_get("order_id")?;
        let order_id = order_id.parse().map_err(bad)?;
        tickets.entry(order_id).or_default().push(read(row)?);
    }
    Ok(tickets)
}

fn read(row: &AnyRow) -> sqlx::Result<SoldTicket> {
    let text = |column| row.try_get::<String, _>(column);
    let number: i64 = row.try_get("ticket_number")?;
    Ok(SoldTicket {
        ticket_id: text("ticket_id")?.parse().map_err(bad)?,
        number: u32::try_from(number).map_err(bad)?,
        type_name: row.try_get("type_name")?,
        venue: row.try_get("venue")?,
        price: Amount(row.try_get("price")?),
        currency: Currency::parse(&text("currency")?).map_err(bad)?,
        event: text("event")?,
        event_date: text("event_date")?,
    })
}
