//! The stock rows that a transaction has locked, and their new levels.

use domain::event::TicketTypeDefined;
use domain::{Stock, StockLevel, TicketTypeId};
use sqlx::Row;
use std::collections::{BTreeMap, BTreeSet};
use store::{Dialect, Rows, Trouble, Tx};

/// Ticket types with their stock, locked until the transaction ends.
#[derive(Debug, Default)]
pub struct Shelf {
    types: BTreeMap<TicketTypeId, Slot>,
}

/// A ticket type on the shelf.
#[derive(Debug)]
pub struct Slot {
    /// What it is.
    pub definition: TicketTypeDefined,
    /// Where its tickets are.
    pub level: StockLevel,
    changed: bool,
}

impl Slot {
    /// Moves tickets and counts the decision.
    pub fn decide(&mut self, change: impl FnOnce(&mut StockLevel)) {
        change(&mut self.level);
        self.level.version += 1;
        self.changed = true;
    }
}

impl Shelf {
    /// A shelf of these types, for decisions without a database.
    #[cfg(test)]
    pub fn of(definitions: impl IntoIterator<Item = TicketTypeDefined>) -> Shelf {
        let slot = |definition: TicketTypeDefined| {
            let level = definition.level;
            (
                definition.ticket_type.clone(),
                Slot {
                    definition,
                    level,
                    changed: false,
                },
            )
        };
        Shelf {
            types: definitions.into_iter().map(slot).collect(),
        }
    }

    /// Locks the rows of `types`, in the order of their types, as every path does, so that no two transactions wait
    /// for each other.
    pub async fn lock(
        tx: &mut Tx,
        dialect: Dialect,
        types: &BTreeSet<TicketTypeId>,
    ) -> Result<Shelf, Trouble> {
        let names: Vec<_> = types.iter().collect();
        let sql = |batch: &str| {
            format!(
                "SELECT ticket_type, definition, remaining, held, sold, version FROM ticket_types \
                 WHERE ticket_type IN (SELECT ticket_type FROM {batch}) ORDER BY ticket_type {}",
                dialect.for_update(),
            )
        };
        let rows = Rows::of(&names)
            .column("ticket_type", |name| name.as_str())
            .query(dialect, sql)
            .fetch_all(&mut **tx)
            .await?;
        let mut shelf = Shelf::default();
        for row in rows {
            let definition: TicketTypeDefined = serde_json::from_str(row.try_get("definition")?)
                .map_err(|error| Trouble::Data(format!("a ticket type's definition: {error}")))?;
            let level = StockLevel {
                remaining: row.try_get("remaining")?,
                held: row.try_get("held")?,
                sold: row.try_get("sold")?,
                version: row.try_get("version")?,
            };
            shelf.types.insert(
                definition.ticket_type.clone(),
                Slot {
                    definition,
                    level,
                    changed: false,
                },
            );
        }
        Ok(shelf)
    }

    /// The type's slot, if there is such a type.
    pub fn get(&self, ticket_type: &TicketTypeId) -> Option<&Slot> {
        self.types.get(ticket_type)
    }

    /// The type's slot, to decide about it.
    pub fn get_mut(&mut self, ticket_type: &TicketTypeId) -> Option<&mut Slot> {
        self.types.get_mut(ticket_type)
    }

    /// The present levels of `types`, as events carry them.
    pub fn levels<'a>(&self, types: impl IntoIterator<Item = &'a TicketTypeId>) -> Stock {
        types
            .into_iter()
            .filter_map(|name| self.types.get(name).map(|slot| (name.clone(), slot.level)))
            .collect()
    }

    /// Writes the levels that have changed.
    pub async fn save(&self, tx: &mut Tx, dialect: Dialect) -> Result<(), Trouble> {
        let changed: Vec<_> = self.types.iter().filter(|(_, slot)| slot.changed).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let rows = Rows::of(&changed)
            .column("ticket_type", |(name, _)| name.as_str())
            .column("remaining", |(_, slot)| slot.level.remaining)
            .column("held", |(_, slot)| slot.level.held)
            .column("sold", |(_, slot)| slot.level.sold)
            .column("version", |(_, slot)| slot.level.version);
        let sql = |batch: &str| {
            format!(
                "UPDATE ticket_types SET remaining = batch.remaining, held = batch.held, sold = batch.sold, \
                 version = batch.version FROM {batch} WHERE ticket_types.ticket_type = batch.ticket_type"
            )
        };
        rows.query(dialect, sql).execute(&mut **tx).await?;
        Ok(())
    }
}
