//! Who has which message in hand: claimed, settled, given back.

use super::{json::json_numbers, queue_jobs::ConsumerId};
use sqlx::{Connection, SqliteConnection};

/// Up to `limit` messages that are ready become the consumer's. `None`: it is not a consumer (any more).
pub(super) async fn claim(
    transaction: &mut SqliteConnection,
    consumer: ConsumerId,
    queue: &str,
    limit: usize,
) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let joined: Option<i64> = sqlx::query_scalar("SELECT id FROM consumers WHERE id = $1")
        .bind(consumer)
        .fetch_optional(&mut *transaction)
        .await?;
    if joined.is_none() {
        return Ok(None);
    }
    sqlx::query_scalar(
        "INSERT INTO claims (consumer, seq)
         SELECT $1, seq FROM ready WHERE queue = $2 ORDER BY seq LIMIT $3
         RETURNING seq;
         DELETE FROM ready WHERE queue = $2 AND seq IN (
             SELECT seq FROM ready WHERE queue = $2 ORDER BY seq LIMIT $3)",
    )
    .bind(consumer)
    .bind(queue)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(transaction)
    .await
    .map(Some)
}

/// Messages that the consumer has claimed, and still has, are done.
pub(super) async fn settle(
    transaction: &mut SqliteConnection,
    consumer: ConsumerId,
    queue: &str,
    messages: &[i64],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM messages WHERE seq IN (
             SELECT seq FROM claims
             WHERE consumer = $1 AND seq IN (SELECT value FROM json_each($2)));
         UPDATE queues SET settled = settled + changes() WHERE name = $3;
         DELETE FROM claims
         WHERE consumer = $1 AND seq IN (SELECT value FROM json_each($2))",
    )
    .bind(consumer)
    .bind(json_numbers(messages))
    .bind(queue)
    .execute(transaction)
    .await
    .map(|_| ())
}

/// What the consumer has goes back to the front of its queue, and the consumer goes.
pub(super) async fn leave(
    transaction: &mut SqliteConnection,
    consumer: ConsumerId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE messages SET redeliveries = redeliveries + 1
         WHERE seq IN (SELECT seq FROM claims WHERE consumer = $1);
         INSERT INTO ready (queue, seq)
         SELECT queue, seq FROM claims JOIN consumers ON id = consumer WHERE consumer = $1;
         DELETE FROM claims WHERE consumer = $1;
         DELETE FROM consumers WHERE id = $1",
    )
    .bind(consumer)
    .execute(transaction)
    .await
    .map(|_| ())
}

/// What the consumers of a dead session had goes back, and they go.
pub(super) async fn recover(
    connection: &mut SqliteConnection,
    session: &str,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let consumers: Vec<ConsumerId> =
        sqlx::query_scalar("SELECT id FROM consumers WHERE session = $1")
            .bind(session)
            .fetch_all(&mut *transaction)
            .await?;
    for consumer in consumers {
        leave(&mut transaction, consumer).await?;
    }
    transaction.commit().await?;
    tracing::info!(
        session,
        "its process is gone; its work goes back to the queue"
    );
    Ok(())
}
