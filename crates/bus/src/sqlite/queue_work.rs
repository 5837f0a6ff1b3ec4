//! What the writer does to a file of queues.

use super::{
    claims,
    json::JsonArray,
    locks::{Session, blocking},
    open::Database,
    queue_jobs::{Changes, Names, QueueJob},
    rates::Rates,
    writer::Work,
};
use crate::{Queue, Unavailable};
use sqlx::SqliteConnection;
use std::{collections::BTreeMap, sync::Arc};

/// The writer's work on a file of queues.
pub(super) struct QueueWork {
    pub database: Arc<Database>,
    pub names: Names,
    pub changes: Arc<Changes>,
    pub rates: Arc<Rates>,
    /// The most orders on their queue.
    pub orders_max_length: Option<u64>,
    /// Begins with the connection: shows other processes that this one lives.
    pub session: Option<Session>,
}

impl Work for QueueWork {
    type Job = QueueJob;

    async fn apply(
        &mut self,
        transaction: &mut SqliteConnection,
        jobs: &mut [QueueJob],
    ) -> Result<(), sqlx::Error> {
        if jobs.iter().any(|job| matches!(job, QueueJob::Join { .. })) {
            self.be_seen().await?;
        }
        self.send(transaction, jobs).await?;
        for job in jobs {
            self.apply_one(transaction, job).await?;
        }
        Ok(())
    }

    fn committed(&self, jobs: &[QueueJob]) {
        for job in jobs {
            match job {
                QueueJob::Send { messages, .. } => {
                    messages
                        .iter()
                        .for_each(|(queue, _)| self.changes.wake(*queue));
                }
                QueueJob::Leave { queue, .. } => self.changes.wake(*queue),
                _ => {}
            }
        }
    }

    fn changed_elsewhere(&self) {
        self.changes.wake_all();
    }

    async fn upkeep(&mut self, connection: &mut SqliteConnection) -> Result<(), Unavailable> {
        let seen = self.be_seen().await;
        let trouble = |error| self.database.unavailable(error);
        seen.map_err(|error| trouble(error.into()))?;
        self.sample_rates(connection).await.map_err(trouble)?;
        let others: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT session FROM consumers WHERE session <> $1")
                .bind(self.session_name())
                .fetch_all(&mut *connection)
                .await
                .map_err(trouble)?;
        if others.is_empty() {
            return Ok(());
        }
        let dead = self.dead_among(others).await?;
        for session in dead {
            claims::recover(connection, &session)
                .await
                .map_err(trouble)?;
            Session::clear(&self.database.locks(), &session);
            self.changes.wake_all();
        }
        Ok(())
    }
}

impl QueueWork {
    /// All messages of all jobs, one statement for each queue.
    async fn send(
        &self,
        transaction: &mut SqliteConnection,
        jobs: &mut [QueueJob],
    ) -> Result<(), sqlx::Error> {
        if !jobs.iter().any(|job| matches!(job, QueueJob::Send { .. })) {
            return Ok(());
        }
        let totals: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT name, sent, settled FROM queues")
                .fetch_all(&mut *transaction)
                .await?;
        let mut next = totals.iter().map(|(_, sent, _)| sent).sum::<i64>() + 1;
        let orders = self.names.queue(Queue::Orders);
        let waiting = totals
            .iter()
            .find(|(name, ..)| name == orders)
            .map_or(0, |(_, sent, settled)| sent - settled);
        for (queue, bodies) in self.admit(jobs, waiting) {
            let count = bodies.count;
            sqlx::query(
                "INSERT INTO messages (seq, body) SELECT $1 + key, value FROM json_each($2);
                 INSERT INTO ready (queue, seq) SELECT $3, seq FROM messages WHERE seq >= $1;
                 UPDATE queues SET sent = sent + $4 WHERE name = $3",
            )
            .bind(next)
            .bind(bodies.finish())
            .bind(self.names.queue(queue))
            .bind(count)
            .execute(&mut *transaction)
            .await?;
            next += count;
        }
        Ok(())
    }

    /// What may be sent; jobs that would take the orders beyond their length are refused whole.
    fn admit(&self, jobs: &mut [QueueJob], waiting: i64) -> BTreeMap<Queue, JsonArray> {
        let max = self
            .orders_max_length
            .map_or(i64::MAX, |max| i64::try_from(max).unwrap_or(i64::MAX));
        let mut room = max.saturating_sub(waiting);
        let mut admitted = BTreeMap::<Queue, JsonArray>::new();
        for job in jobs {
            let QueueJob::Send { messages, answer } = job else {
                continue;
            };
            let orders = messages
                .iter()
                .filter(|(queue, _)| *queue == Queue::Orders)
                .count();
            let orders = i64::try_from(orders).unwrap_or(i64::MAX);
            if orders > room.max(0) {
                let why = format!("full: it may hold {max} messages");
                answer.set(Err(Unavailable::new(
                    format!("queue {}", Queue::Orders),
                    why,
                )));
                continue;
            }
            room -= orders;
            for (queue, body) in messages {
                admitted.entry(*queue).or_default().push(body);
            }
            answer.set(Ok(()));
        }
        admitted
    }

    async fn apply_one(
        &self,
        transaction: &mut SqliteConnection,
        job: &mut QueueJob,
    ) -> Result<(), sqlx::Error> {
        match job {
            QueueJob::Send { .. } => {}
            QueueJob::Bury {
                queue,
                message,
                reason,
                attempts,
                at,
                answer,
            } => {
                sqlx::query(
                    "INSERT INTO dead_letters (queue, message, reason, attempts, buried)
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(self.names.dead(*queue))
                .bind(&*message)
                .bind(&*reason)
                .bind(*attempts)
                .bind(at.rfc3339())
                .execute(transaction)
                .await?;
                answer.set(Ok(()));
            }
            QueueJob::Join {
                consumer,
                queue,
                answer,
            } => {
                sqlx::query("INSERT INTO consumers (id, queue, session) VALUES ($1, $2, $3)")
                    .bind(*consumer)
                    .bind(self.names.queue(*queue))
                    .bind(self.session_name())
                    .execute(transaction)
                    .await?;
                answer.set(Ok(()));
            }
            QueueJob::Claim {
                consumer,
                queue,
                limit,
                answer,
            } => {
                let queue = self.names.queue(*queue);
                let claimed = claims::claim(transaction, *consumer, queue, *limit).await?;
                // Not joined: its lock was lost, such as by somebody who cleared the folder.
                let lost = || self.database.unavailable("the consumer was taken for dead");
                answer.set(claimed.ok_or_else(lost));
            }
            QueueJob::Settle {
                consumer,
                queue,
                messages,
                answer,
            } => {
                let queue = self.names.queue(*queue);
                claims::settle(transaction, *consumer, queue, messages).await?;
                answer.set(Ok(()));
            }
            QueueJob::Leave { consumer, .. } => claims::leave(transaction, *consumer).await?,
        }
        Ok(())
    }

    fn session_name(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.name)
    }

    /// Begins a session where there is none that others can see: at first, and after somebody cleared the folder. What was
    /// in hand in the one before goes back like that of a dead process.
    async fn be_seen(&mut self) -> std::io::Result<()> {
        if !self.session.as_ref().is_some_and(Session::is_seen) {
            let folder = self.database.locks();
            self.session = Some(blocking(move || Session::begin(&folder)).await?);
        }
        Ok(())
    }

    async fn sample_rates(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let totals: Vec<(String, i64, i64)> =
            sqlx::query_as("SELECT name, sent, settled FROM queues")
                .fetch_all(connection)
                .await?;
        for queue in Queue::ALL {
            let name = self.names.queue(queue);
            if let Some((_, sent, settled)) = totals.iter().find(|(known, ..)| known == name) {
                self.rates.sample(queue, *sent, *settled);
            }
        }
        Ok(())
    }

    async fn dead_among(&self, mut sessions: Vec<String>) -> Result<Vec<String>, Unavailable> {
        let folder = self.database.locks();
        blocking(move || {
            // A folder that cannot be read says nothing about anybody's life.
            sessions.retain(|session| Session::is_dead(&folder, session).unwrap_or(false));
            Ok(sessions)
        })
        .await
        .map_err(|error| self.database.unavailable(error))
    }
}
