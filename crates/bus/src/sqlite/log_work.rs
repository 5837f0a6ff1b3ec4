//! What the writer does to a log.

use super::{
    json::JsonArray,
    log_jobs::{LogJob, Topics},
    open::Database,
    writer::Work,
};
use crate::{Topic, Unavailable};
use domain::Timestamp;
use sqlx::SqliteConnection;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How often expired records are looked for.
const EXPIRY: Duration = Duration::from_secs(60);
/// Records deleted at a time; appends wait meanwhile.
const EXPIRED_AT_ONCE: i64 = 1000;

/// The writer's work on a log.
pub(super) struct LogWork {
    pub database: Arc<Database>,
    pub topics: Topics,
    /// Counts up whenever there may be something to read.
    pub changes: watch::Sender<u64>,
    /// When expired records are looked for again.
    pub expire_at: Instant,
}

impl Work for LogWork {
    type Job = LogJob;

    async fn apply(
        &mut self,
        transaction: &mut SqliteConnection,
        jobs: &mut [LogJob],
    ) -> Result<(), sqlx::Error> {
        let mut appended = BTreeMap::<Topic, JsonArray>::new();
        for job in jobs {
            match job {
                LogJob::Append { records, answer } => {
                    for (topic, message) in records {
                        appended.entry(*topic).or_default().push(message);
                    }
                    answer.set(Ok(()));
                }
                LogJob::Commit {
                    group,
                    positions,
                    answer,
                } => {
                    for (topic, next) in positions {
                        self.commit(transaction, group, *topic, *next).await?;
                    }
                    answer.set(Ok(()));
                }
            }
        }
        for (topic, records) in appended {
            let statements = self.topics.of(topic);
            let count = records.count;
            sqlx::query(statements.append())
                .bind(&statements.name)
                .bind(Timestamp::now().micros())
                .bind(records.finish())
                .bind(count)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(())
    }

    fn committed(&self, jobs: &[LogJob]) {
        if jobs.iter().any(|job| matches!(job, LogJob::Append { .. })) {
            self.changed_elsewhere();
        }
    }

    fn changed_elsewhere(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    async fn upkeep(&mut self, connection: &mut SqliteConnection) -> Result<(), Unavailable> {
        if Instant::now() < self.expire_at {
            return Ok(());
        }
        let mut more = false;
        for topic in Topic::ALL {
            if let Some(retention) = topic.retention() {
                let deleted = self
                    .expire(connection, topic, retention)
                    .await
                    .map_err(|error| self.database.unavailable(error))?;
                more |= deleted;
            }
        }
        if !more {
            self.expire_at = Instant::now() + EXPIRY;
        }
        Ok(())
    }
}

impl LogWork {
    /// A group never goes back: a member that was replaced may settle late.
    async fn commit(
        &self,
        transaction: &mut SqliteConnection,
        group: &str,
        topic: Topic,
        next: i64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO positions (consumer_group, topic, next) VALUES ($1, $2, $3)
             ON CONFLICT (consumer_group, topic) DO UPDATE SET next = max(next, excluded.next)",
        )
        .bind(group)
        .bind(&self.topics.of(topic).name)
        .bind(next)
        .execute(transaction)
        .await
        .map(|_| ())
    }

    async fn expire(
        &self,
        connection: &mut SqliteConnection,
        topic: Topic,
        retention: Duration,
    ) -> Result<bool, sqlx::Error> {
        let retention = i64::try_from(retention.as_micros()).unwrap_or(i64::MAX);
        let deleted = sqlx::query(self.topics.of(topic).expire())
            .bind(EXPIRED_AT_ONCE)
            .bind(Timestamp::now().micros().saturating_sub(retention))
            .execute(connection)
            .await?;
        Ok(deleted.rows_affected() > 0)
    }
}
