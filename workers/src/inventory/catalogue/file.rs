//! `festival.toml`: what may stand in it.

use domain::event::TicketTypeDefined;
use domain::{Amount, Currency, StockLevel, TicketTypeId, Timestamp};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    currency: String,
    #[serde(default, rename = "event")]
    events: Vec<EventEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventEntry {
    id: String,
    name: String,
    venue: String,
    date: String,
    #[serde(default, rename = "ticket_type")]
    ticket_types: Vec<TicketTypeEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TicketTypeEntry {
    id: String,
    name: String,
    #[serde(default)]
    description: String,
    price: i64,
    stock: i64,
    max_per_order: u32,
    sale_starts: Option<String>,
    sale_ends: Option<String>,
}

/// The most tickets of one type, so that sums stay far inside of 64 bits.
const MOST_STOCK: i64 = 100_000_000;

/// The ticket types, in the order of the file.
///
/// # Errors
/// Says where and what is allowed.
pub(super) fn definitions(file: File) -> Result<Vec<TicketTypeDefined>, String> {
    let currency = Currency::parse(&file.currency).map_err(|why| format!("currency {why}"))?;
    let mut definitions = Vec::new();
    let mut seen = BTreeSet::new();
    let mut events = BTreeSet::new();
    for event in &file.events {
        check_event(event).map_err(|why| format!("event {:?}: {why}", event.id))?;
        if !events.insert(&event.id) {
            return Err(format!("event {:?}: id is used twice", event.id));
        }
        for entry in &event.ticket_types {
            let position = i64::try_from(definitions.len()).unwrap_or(i64::MAX);
            let definition = definition(event, entry, currency, position)
                .map_err(|why| format!("ticket_type {:?}: {why}", entry.id))?;
            if !seen.insert(definition.ticket_type.clone()) {
                return Err(format!("ticket_type {:?}: id is used twice", entry.id));
            }
            definitions.push(definition);
        }
    }
    if definitions.is_empty() {
        return Err(
            "has no ticket type; add an [[event]] with an [[event.ticket_type]]".to_owned(),
        );
    }
    Ok(definitions)
}

fn check_event(event: &EventEntry) -> Result<(), String> {
    for (field, text) in [
        ("id", &event.id),
        ("name", &event.name),
        ("venue", &event.venue),
    ] {
        check_text(field, text)?;
    }
    Timestamp::parse(&event.date)
        .map(|_| ())
        .map_err(|why| format!("date {why}"))
}

/// What people read is there, and is one line.
fn check_text(field: &str, text: &str) -> Result<(), String> {
    let fits = !text.trim().is_empty()
        && text.chars().count() <= 200
        && !text.chars().any(char::is_control);
    if fits {
        Ok(())
    } else {
        Err(format!("{field} must be 1 to 200 characters on one line"))
    }
}

fn definition(
    event: &EventEntry,
    entry: &TicketTypeEntry,
    currency: Currency,
    position: i64,
) -> Result<TicketTypeDefined, String> {
    let moment = |field: &str, text: &Option<String>| {
        text.as_deref()
            .map(Timestamp::parse)
            .transpose()
            .map_err(|why| format!("{field} {why}"))
    };
    check_text("name", &entry.name)?;
    let sale_starts = moment("sale_starts", &entry.sale_starts)?;
    let sale_ends = moment("sale_ends", &entry.sale_ends)?;
    if sale_starts
        .zip(sale_ends)
        .is_some_and(|(starts, ends)| ends <= starts)
    {
        return Err("sale_ends must be after sale_starts".to_owned());
    }
    if !(0..=100_000_000).contains(&entry.price) {
        return Err(format!(
            "price must be 0 to 100000000 minor units, not {}",
            entry.price
        ));
    }
    if !(0..=MOST_STOCK).contains(&entry.stock) {
        return Err(format!(
            "stock must be 0 to {MOST_STOCK}, not {}",
            entry.stock
        ));
    }
    if !(1..=domain::Quantity::MAX).contains(&entry.max_per_order) {
        return Err(format!(
            "max_per_order must be 1 to {}, not {}",
            domain::Quantity::MAX,
            entry.max_per_order
        ));
    }
    Ok(TicketTypeDefined {
        timestamp: Timestamp::now(),
        ticket_type: TicketTypeId::parse(&*entry.id).map_err(|why| format!("id {why}"))?,
        name: entry.name.clone(),
        description: entry.description.clone(),
        event: event.id.clone(),
        event_name: event.name.clone(),
        venue: event.venue.clone(),
        event_date: event.date.clone(),
        price: Amount(entry.price),
        currency,
        capacity: entry.stock,
        max_per_order: entry.max_per_order,
        sale_starts,
        sale_ends,
        position,
        level: StockLevel {
            remaining: entry.stock,
            held: 0,
            sold: 0,
            version: 1,
        },
    })
}
