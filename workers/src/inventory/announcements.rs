//! Telling the log what is sold: ticket types that it was not told of yet, and all of them again when it is another log than
//! the one that was told.

use super::SOURCE;
use crate::failure::failed;
use crate::rows::bad;
use bus::{Failure, KnownRecords, Message, Record, Topic, find_records};
use domain::event::{Event, TicketTypeDefined};
use domain::{MessageId, StockLevel};
use ops::Bus;
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use store::{Database, Rows, Trouble};
use uuid::Uuid;

/// Announces the ticket types of a database. Done twice, an announcement has the same id again.
#[derive(Clone)]
pub struct Announcements {
    db: Database,
    bus: Bus,
}

impl Announcements {
    /// Of the ticket types in `db`, on `bus`.
    pub fn new(db: Database, bus: Bus) -> Announcements {
        Announcements { db, bus }
    }

    /// Announces what was not announced yet. All in one append: whoever reads one of them has a good chance to read them all,
    /// and to know what is sold.
    ///
    /// # Errors
    /// The database or the log cannot be used; the next call does what was not done.
    pub async fn announce(&self) -> Result<(), Failure> {
        let new = self.select("announced = 0").await?;
        if new.is_empty() {
            return Ok(());
        }
        let log = &*self.bus.log;
        let from = log.ends(Topic::Analytics).await?;
        let messages = new.iter().map(|it| (Topic::Analytics, it.message.clone()));
        log.append(messages.collect()).await?;
        let ids = new.iter().map(|it| it.message.id).collect();
        let found = find_records(log, Topic::Analytics, &from, ids).await;
        let records = found.unwrap_or_else(|error| {
            tracing::warn!(%error, "announcements were not found on the log; they are sent once more");
            Vec::new()
        });
        self.mark(&new, &records).await.map_err(failed)
    }

    /// Looks whether the log still has what was announced. One that was deleted and made again has not: the next
    /// [`Announcements::announce`] announces everything again.
    ///
    /// # Errors
    /// The database or the log cannot be used; the next call looks again.
    pub async fn check(&self) -> Result<(), Failure> {
        let announced = self.select("announced = 1").await?;
        let mut known = KnownRecords::default();
        for it in &announced {
            if let Some((partition, offset)) = it.place {
                known.insert((Topic::Analytics, partition), offset, it.message.id);
            }
        }
        let missing = if !known.are_on(&*self.bus.log).await? {
            tracing::warn!("the log has not what was announced: ticket types are announced again");
            "TRUE"
        } else if announced.iter().any(|it| it.place.is_none()) {
            "log_offset IS NULL"
        } else {
            return Ok(());
        };
        let sql =
            format!("UPDATE ticket_types SET announced = 0 WHERE announced = 1 AND {missing}");
        let again = sqlx::query(AssertSqlSafe(sql));
        self.db.execute(again).await.map_err(failed)
    }

    async fn select(&self, condition: &str) -> Result<Vec<Announcement>, Failure> {
        let sql = format!(
            "SELECT definition, remaining, held, sold, version, log_partition, log_offset \
             FROM ticket_types WHERE {condition}"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(self.db.pool())
            .await;
        let rows = rows.map_err(failed)?;
        let read = rows.iter().map(Announcement::read);
        read.collect::<Result<_, _>>().map_err(failed)
    }

    /// They are announced, and stand on the log where `records` are.
    async fn mark(&self, announced: &[Announcement], records: &[Record]) -> Result<(), Trouble> {
        let record = |it: &Announcement| {
            records
                .iter()
                .find(|record| record.message.id == it.message.id)
        };
        let rows = Rows::of(announced)
            .column("ticket_type", |it| it.message.key.as_str())
            .column("log_partition", |it| {
                record(it).map(|it| i64::from(it.partition))
            })
            .column("log_offset", |it| record(it).map(|it| it.offset));
        let query = rows.query(self.db.dialect(), |batch| {
            format!(
                "UPDATE ticket_types SET announced = 1, log_partition = batch.log_partition, log_offset = batch.log_offset \
                 FROM {batch} WHERE ticket_types.ticket_type = batch.ticket_type"
            )
        });
        self.db.execute(query).await
    }
}

/// A ticket type as the log is told of it.
struct Announcement {
    message: Message,
    /// The partition and the offset where it stands.
    place: Option<(i32, i64)>,
}

impl Announcement {
    /// With the present stock: on a log that was made again, what was sold before is said nowhere else.
    fn read(row: &AnyRow) -> Result<Announcement, sqlx::Error> {
        let mut definition: TicketTypeDefined =
            serde_json::from_str(row.try_get("definition")?).map_err(bad)?;
        definition.level = StockLevel {
            remaining: row.try_get("remaining")?,
            held: row.try_get("held")?,
            sold: row.try_get("sold")?,
            version: row.try_get("version")?,
        };
        let (partition, offset): (Option<i64>, Option<i64>) =
            (row.try_get("log_partition")?, row.try_get("log_offset")?);
        let partition: Option<i32> = partition.map(i32::try_from).transpose().map_err(bad)?;
        Ok(Announcement {
            message: message(definition),
            place: partition.zip(offset),
        })
    }
}

/// The event of a ticket type, with the same id each time.
fn message(definition: TicketTypeDefined) -> Message {
    let name = format!(
        "TICKET_TYPE_DEFINED/{}/{}",
        definition.ticket_type,
        definition.timestamp.micros()
    );
    let id = MessageId(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()));
    Message::event(SOURCE, id, &Event::TicketTypeDefined(definition))
}
