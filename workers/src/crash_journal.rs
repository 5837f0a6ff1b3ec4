//! Which messages a service was handling when its process died, as rows in the service's database.

use async_trait::async_trait;
use bus::{CrashJournal, Crashes, Unavailable};
use domain::{MessageId, Timestamp};
use sqlx::{Any, Row, any::AnyArguments, query::Query};
use std::collections::HashMap;
use std::{sync::Arc, time::Duration};
use store::{Database, Dialect, Rows, Trouble};

/// The table, which each service has in its own database.
pub const SCHEMA: &str = include_str!("crash_journal.sql");

/// What another process wrote down so long ago is no message's any more.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// The journal of one handler.
pub struct HandlingRows {
    database: Database,
    handler: &'static str,
    process: Arc<str>,
}

impl HandlingRows {
    /// The journal of `handler`, in a process that no other one is called as, ever.
    pub fn new(database: Database, handler: &'static str, process: Arc<str>) -> HandlingRows {
        HandlingRows {
            database,
            handler,
            process,
        }
    }

    fn rows<'a>(&'a self, messages: &'a [MessageId]) -> Rows<'a, MessageId> {
        Rows::of(messages)
            .column("handler", |_| self.handler)
            .column("message_id", MessageId::to_string)
    }

    async fn known(&self, messages: &[MessageId]) -> Result<HashMap<MessageId, Crashes>, Trouble> {
        let rows = self.rows(messages).column("process", |_| &*self.process);
        let query = rows.query(self.database.dialect(), |batch| {
            format!(
                "SELECT handling.message_id, handling.together, handling.crashed_alone FROM {batch} \
                 JOIN handling ON handling.handler = batch.handler AND handling.message_id = batch.message_id \
                 WHERE handling.process <> batch.process"
            )
        });
        let found = query.fetch_all(self.database.pool()).await?;
        let crashes = found.iter().map(|row| {
            let id: String = row.try_get("message_id")?;
            let id = id.parse().map_err(crate::rows::bad)?;
            let (together, alone): (i64, i64) =
                (row.try_get("together")?, row.try_get("crashed_alone")?);
            // The death that left the row.
            let alone = alone + i64::from(together == 1);
            let crashes = Crashes {
                together: u32::try_from(together).unwrap_or(u32::MAX),
                alone: u32::try_from(alone).unwrap_or(u32::MAX),
            };
            Ok((id, crashes))
        });
        Ok(crashes.collect::<Result<_, sqlx::Error>>()?)
    }

    async fn write_down(&self, messages: &[MessageId], crashed_alone: u32) -> Result<(), Trouble> {
        let together = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        let now = Timestamp::now().micros();
        let rows = self
            .rows(messages)
            .column("process", |_| &*self.process)
            .column("together", |_| together)
            .column("crashed_alone", |_| i64::from(crashed_alone))
            .column("begun_at", |_| now);
        let names = rows.names();
        let query = rows.query(self.database.dialect(), |batch| {
            format!(
                "INSERT INTO handling ({names}) SELECT DISTINCT {names} FROM {batch} WHERE true \
                 ON CONFLICT (handler, message_id) DO UPDATE SET process = excluded.process, \
                 together = excluded.together, crashed_alone = excluded.crashed_alone, begun_at = excluded.begun_at"
            )
        });
        self.write(query).await
    }

    async fn strike_out(&self, messages: &[MessageId]) -> Result<(), Trouble> {
        let rows = self.rows(messages);
        let query = rows.query(self.database.dialect(), |batch| {
            format!(
                "DELETE FROM handling WHERE (handler, message_id) IN \
                 (SELECT batch.handler, batch.message_id FROM {batch})"
            )
        });
        self.write(query).await
    }

    async fn strike_out_own(&self) -> Result<(), Trouble> {
        let query = sqlx::query("DELETE FROM handling WHERE handler = $1 AND process = $2")
            .bind(self.handler)
            .bind(&*self.process);
        self.write(query).await
    }

    /// Forgets what nobody asked for: messages that somebody else has done meanwhile.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn forget_old(&self, now: Timestamp) -> Result<(), Trouble> {
        let kept = i64::try_from(KEPT.as_micros()).unwrap_or(i64::MAX);
        let query = sqlx::query("DELETE FROM handling WHERE handler = $1 AND begun_at < $2")
            .bind(self.handler)
            .bind(now.micros().saturating_sub(kept));
        self.write(query).await
    }

    /// A process' death loses nothing that was committed, synced or not; and what a machine's death loses here is a count.
    async fn write(&self, query: Query<'_, Any, AnyArguments>) -> Result<(), Trouble> {
        let mut tx = self.database.begin().await?;
        if self.database.dialect() == Dialect::Postgres {
            sqlx::query("SET LOCAL synchronous_commit = off")
                .execute(&mut *tx)
                .await?;
        }
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

#[async_trait]
impl CrashJournal for HandlingRows {
    async fn crashes(
        &self,
        messages: &[MessageId],
    ) -> Result<HashMap<MessageId, Crashes>, Unavailable> {
        limited(self.known(messages)).await
    }

    async fn begin(&self, messages: &[MessageId], crashed_alone: u32) -> Result<(), Unavailable> {
        limited(self.write_down(messages, crashed_alone)).await
    }

    async fn end(&self, messages: &[MessageId]) -> Result<(), Unavailable> {
        limited(self.strike_out(messages)).await
    }

    async fn end_all(&self) -> Result<(), Unavailable> {
        limited(self.strike_out_own()).await
    }
}

/// A runner waits for its journal, and for nothing else meanwhile.
async fn limited<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Unavailable> {
    let done = store::within_limit(work).await;
    done.map_err(|trouble| Unavailable::new("database", trouble))
}
