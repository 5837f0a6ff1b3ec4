//! What there is to be reached: the same bytes on the same machine, with nothing of ours in between.

use anyhow::{Result, ensure};
use futures_util::{StreamExt, stream};
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _};
use std::path::Path;
use std::time::Instant;

/// Orders that the bare loops write.
const ORDERS: usize = 40_000;
/// Rows to a transaction of the bare SQLite loop.
const BATCH: usize = 100;
/// Publishes in flight of the bare RabbitMQ loop.
const IN_FLIGHT: usize = 1_000;

/// An order as it travels, about as long as they are.
pub fn order() -> String {
    format!(
        r#"{{"event_type":"ORDER_PLACED","timestamp":1803700000.123456,"order_id":"{}","items":[{{"ticket_type":"weekend","quantity":1}}],"email":"buyer@example.org","name":"Some Buyer","payment_token":"tok_visa","placed_at":1803700000.123456,"request_hash":"{}"}}"#,
        uuid::Uuid::new_v4(),
        "0123456789abcdef".repeat(4),
    )
}

/// One writer, batches of 100, each committed with a sync of its own: rows per second.
pub async fn sqlite(file: &Path) -> Result<f64> {
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        .execute(&mut connection)
        .await?;
    let body = order();
    let since = Instant::now();
    for _ in 0..ORDERS / BATCH {
        let mut transaction = connection.begin().await?;
        for _ in 0..BATCH {
            sqlx::query("INSERT INTO orders (body) VALUES ($1)")
                .bind(&body)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    Ok(ORDERS as f64 / since.elapsed().as_secs_f64())
}

/// One task, one channel, a quorum queue, 1,000 publishes in flight: confirms per second of an order's body alone, and with
/// the headers that it travels with.
pub async fn rabbitmq(url: &str) -> Result<(f64, f64)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let queue = format!("bare-{}", uuid::Uuid::new_v4().simple());
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    channel
        .queue_declare(queue.as_str().into(), durable, arguments)
        .await?;
    let alone = confirms(&channel, &queue, FieldTable::default()).await?;
    let with_headers = confirms(&channel, &queue, headers()).await?;
    channel
        .queue_delete(queue.as_str().into(), QueueDeleteOptions::default())
        .await?;
    connection.close(200, "done".into()).await?;
    Ok((alone, with_headers))
}

/// As long as an order's.
fn headers() -> FieldTable {
    let mut headers = FieldTable::default();
    let id = uuid::Uuid::new_v4().to_string();
    for (name, value) in [
        ("ce_id", id.as_str()),
        ("ce_type", "ORDER_PLACED"),
        ("ce_source", "/server"),
        ("ce_time", "2026-11-20T12:00:00.123456Z"),
        ("ce_specversion", "1.0"),
        ("schema", "1"),
        ("ce_subject", id.as_str()),
    ] {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    headers
}

async fn confirms(channel: &Channel, queue: &str, headers: FieldTable) -> Result<f64> {
    let body = order();
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_headers(headers);
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let since = Instant::now();
    let publishes = stream::iter(0..ORDERS).map(|_| async {
        let published = channel.basic_publish(
            "".into(),
            queue.into(),
            options,
            body.as_bytes(),
            properties.clone(),
        );
        published.await?.await
    });
    let mut publishes = std::pin::pin!(publishes.buffer_unordered(IN_FLIGHT));
    while let Some(confirmation) = publishes.next().await {
        ensure!(
            matches!(confirmation?, Confirmation::Ack(None)),
            "a publish was refused"
        );
    }
    Ok(ORDERS as f64 / since.elapsed().as_secs_f64())
}
