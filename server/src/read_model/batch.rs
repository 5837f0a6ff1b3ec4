//! Records as they come from the log.

use super::now::Now;
use bus::{KnownRecords, Record};
use domain::{Event, MessageId, OrderId, Timestamp};
use std::collections::HashSet;

/// More tickets than any festival has. Numbers beyond it are nonsense, and their sums would overflow.
const MOST_TICKETS: i64 = 1_000_000_000_000;

/// An event with its place on the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The partition.
    pub partition: i32,
    /// The place in the partition.
    pub offset: i64,
    /// By which repeats are known.
    pub id: MessageId,
    /// The event's type.
    pub kind: String,
    /// The order that it is about.
    pub order_id: Option<OrderId>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// As it was sent.
    pub payload: String,
    /// As we read it; absent for a type that this build does not know.
    pub event: Option<Event>,
}

/// A record that cannot be read.
#[derive(Clone, Debug)]
pub(super) struct Unreadable {
    pub partition: i32,
    pub offset: i64,
    pub kind: String,
    pub why: String,
    pub payload: String,
}

/// What was read in one go.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Events, each once.
    pub entries: Vec<Entry>,
    pub unreadable: Vec<Unreadable>,
    /// The last record of each partition.
    pub last_records: KnownRecords,
}

impl Batch {
    /// Nothing yet after `before`.
    fn after(before: &Now) -> Batch {
        Batch {
            last_records: before.last_records.clone(),
            ..Batch::default()
        }
    }

    /// Decodes records that follow `before`.
    pub fn decode(records: Vec<Record>, before: &Now) -> Batch {
        let mut batch = Batch::after(before);
        batch.entries.reserve(records.len());
        let mut seen = HashSet::with_capacity(records.len());
        for record in records {
            batch.last_records.learn(&record);
            let (partition, offset, message) = (record.partition, record.offset, record.message);
            let decoded = message
                .decode_event()
                .map_err(|error| error.to_string())
                .and_then(plausible);
            match decoded {
                Ok(_) if !seen.insert(message.id) => {}
                Ok(event) => batch.entries.push(Entry {
                    partition,
                    offset,
                    id: message.id,
                    order_id: match &event {
                        Some(event) => event.order_id(),
                        None => message.key.parse().ok(),
                    },
                    timestamp: event.as_ref().map_or(message.time, Event::timestamp),
                    kind: message.kind,
                    payload: message.payload,
                    event,
                }),
                Err(why) => batch.unreadable.push(Unreadable {
                    partition,
                    offset,
                    kind: message.kind,
                    why,
                    payload: message.payload,
                }),
            }
        }
        batch
    }

    /// The orders that its events are about, some of them several times.
    pub fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.entries.iter().filter_map(|entry| entry.order_id)
    }

    /// A record after `before` that was decoded and could not be written all the same.
    pub fn aside(record: Record, before: &Now, why: String) -> Batch {
        let mut batch = Batch::after(before);
        batch.last_records.learn(&record);
        batch.unreadable.push(Unreadable {
            partition: record.partition,
            offset: record.offset,
            kind: record.message.kind,
            why,
            payload: record.message.payload,
        });
        batch
    }
}

fn plausible(event: Option<Event>) -> Result<Option<Event>, String> {
    let levels = event.as_ref().and_then(Event::stock).unwrap_or_default();
    let fits = levels
        .values()
        .flat_map(|level| [level.remaining, level.held, level.sold])
        .all(|number| number.unsigned_abs() <= MOST_TICKETS.unsigned_abs());
    if fits {
        Ok(event)
    } else {
        Err("its stock is beyond all numbers of tickets".to_owned())
    }
}
