//! What a new installation sells, from `festival.toml`.

use domain::event::TicketTypeDefined;
use domain::{Amount, Currency, StockLevel, TicketTypeId, Timestamp};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};
use store::{Database, Trouble};

/// The festival that is built in, for an installation without a file of its own.
const BUILT_IN: &str = include_str!("../../../config/festival.toml");

/// Events and their ticket types.
#[derive(Clone, Debug)]
pub struct Catalogue {
    definitions: Vec<TicketTypeDefined>,
}

/// A catalogue that cannot be used: one line for the terminal.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct CatalogueError {
    file: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
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

impl Catalogue {
    /// Reads the file at `path`, or the built-in festival.
    ///
    /// # Errors
    /// The file cannot be read or is not a catalogue; says where and what is allowed.
    pub fn load(path: Option<&Path>) -> Result<Catalogue, CatalogueError> {
        let Some(path) = path else {
            return Catalogue::parse("the built-in festival.toml", BUILT_IN);
        };
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| CatalogueError {
            file: file.clone(),
            why: error.to_string(),
        })?;
        Catalogue::parse(&file, &text)
    }

    /// Reads `text`, which came from `file`.
    ///
    /// # Errors
    /// It is not a catalogue; says where and what is allowed.
    pub fn parse(file: &str, text: &str) -> Result<Catalogue, CatalogueError> {
        let parsed: File = toml::from_str(text).map_err(|error| CatalogueError {
            file: match error.span() {
                Some(span) => format!("{file}, line {}", text[..span.start].lines().count().max(1)),
                None => file.to_owned(),
            },
            why: error.message().replace('\n', " "),
        })?;
        definitions(parsed)
            .map(|definitions| Catalogue { definitions })
            .map_err(|why| CatalogueError {
                file: file.to_owned(),
                why,
            })
    }

    /// The ticket types, in the shop's order.
    pub fn definitions(&self) -> &[TicketTypeDefined] {
        &self.definitions
    }

    /// Adds the ticket types that the database does not know, all at once, so that no sweep finds half of them. They are
    /// announced by the next sweep.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn define(&self, db: &Database) -> Result<(), Trouble> {
        let mut transaction = db.begin().await?;
        let mut definitions: Vec<_> = self.definitions.iter().collect();
        // In one order, whatever their files say: two replicas that start together do not lock each other out.
        definitions.sort_by_key(|definition| &definition.ticket_type);
        for definition in definitions {
            let sql = "INSERT INTO ticket_types (ticket_type, definition, remaining, held, sold, version, announced) \
                       VALUES ($1, $2, $3, 0, 0, 1, 0) ON CONFLICT (ticket_type) DO NOTHING";
            sqlx::query(sql)
                .bind(definition.ticket_type.as_str())
                .bind(serde_json::to_string(definition).unwrap_or_default())
                .bind(definition.capacity)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn definitions(file: File) -> Result<Vec<TicketTypeDefined>, String> {
    let currency = Currency::parse(&file.currency).map_err(|why| format!("currency {why}"))?;
    let mut definitions = Vec::new();
    let mut seen = BTreeSet::new();
    for event in &file.events {
        Timestamp::parse(&event.date).map_err(|why| format!("event {:?}: date {why}", event.id))?;
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
        sale_starts: moment("sale_starts", &entry.sale_starts)?,
        sale_ends: moment("sale_ends", &entry.sale_ends)?,
        position,
        level: StockLevel {
            remaining: entry.stock,
            held: 0,
            sold: 0,
            version: 1,
        },
    })
}
