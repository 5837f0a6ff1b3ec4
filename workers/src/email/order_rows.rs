//! The rows of ticket types and tickets: what mails are made of.

use super::facts::Facts;
use crate::rows::{among, bad, order_ids};
use domain::{Amount, Currency, OrderId, TicketId};
use sqlx::{AnyConnection, Row as _, any::AnyRow};
use std::collections::HashMap;
use store::{Dialect, Rows};

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
    if facts.types.is_empty() {
        return Ok(());
    }
    let types: Vec<_> = facts.types.values().collect();
    let rows = Rows::of(&types)
        .column("ticket_type", |event| event.ticket_type.as_str())
        .column("name", |event| &*event.name)
        .column("venue", |event| &*event.venue);
    let sql = |batch: &str| {
        format!(
            "INSERT INTO ticket_types (ticket_type, name, venue) SELECT ticket_type, name, venue FROM {batch} WHERE TRUE \
             ON CONFLICT (ticket_type) DO UPDATE SET name = excluded.name, venue = excluded.venue"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

pub(super) async fn note_tickets(
    db: &mut AnyConnection,
    dialect: Dialect,
    facts: &Facts,
) -> sqlx::Result<()> {
    if facts.tickets.is_empty() {
        return Ok(());
    }
    let tickets: Vec<_> = facts.tickets.values().collect();
    let rows = Rows::of(&tickets)
        .column("order_id", |event| event.order_id.to_string())
        .column("ticket_number", |event| i64::from(event.ticket_number))
        .column("ticket_id", |event| event.ticket_id.to_string())
        .column("ticket_type", |event| event.ticket_type.as_str())
        .column("price", |event| event.price.0)
        .column("currency", |event| event.currency.code())
        .column("event", |event| &*event.event)
        .column("event_date", |event| &*event.event_date);
    let names = rows.names();
    let sql = |batch: &str| {
        format!(
            "INSERT INTO tickets ({names}) SELECT {names} FROM {batch} WHERE TRUE \
             ON CONFLICT (order_id, ticket_number) DO NOTHING"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

/// The tickets of these orders, by number. An order with a ticket whose row cannot be read has an error instead.
pub(super) async fn tickets_of(
    db: &mut AnyConnection,
    dialect: Dialect,
    orders: &[OrderId],
) -> sqlx::Result<HashMap<OrderId, sqlx::Result<Vec<SoldTicket>>>> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = |batch: &str| {
        format!(
            "SELECT order_id, ticket_id, ticket_number, ticket_types.name AS type_name, venue, price, currency, event, \
             event_date FROM tickets LEFT JOIN ticket_types ON ticket_types.ticket_type = tickets.ticket_type \
             WHERE {} ORDER BY order_id, ticket_number",
            among(batch)
        )
    };
    let rows = order_ids(orders).query(dialect, sql).fetch_all(db).await?;
    let mut tickets: HashMap<OrderId, sqlx::Result<Vec<SoldTicket>>> = HashMap::new();
    for row in &rows {
        let order_id: String = row.try_get("order_id")?;
        let order_id = order_id.parse().map_err(bad)?;
        let order = tickets.entry(order_id).or_insert_with(|| Ok(Vec::new()));
        match (&mut *order, read(row)) {
            (Ok(tickets), Ok(ticket)) => tickets.push(ticket),
            (order, Err(error)) => *order = Err(error),
            (Err(_), Ok(_)) => {}
        }
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
