//! How fast the SQLite adapters are on this machine's disk, beside a bare loop of batches of 100:
//! `cargo run --release -p bus --example sqlite_rates [folder]`.

use bus::{
    BusOptions, CommandQueue, EventLog, Message, Positions, Queue, Topic,
    sqlite::{SqliteLog, SqliteQueue},
};
use domain::{MessageId, Timestamp};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{
    error::Error,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const SENDERS: usize = 1_000;
const MESSAGES: usize = 100_000;
const BATCH: usize = 250;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(folder)?;
    bare(&folder.path().join("bare.db")).await?;
    queue(&folder.path().join("queue.db")).await?;
    log(&folder.path().join("log.db")).await
}

/// What this disk does at best: one writer, batches of 100, each committed with a sync.
async fn bare(path: &Path) -> Result<()> {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .disable_statement_logging()
        .connect()
        .await?;
    sqlx::query("CREATE TABLE messages (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        .execute(&mut connection)
        .await?;
    let body = serde_json::to_string(&message(0))?;
    let started = Instant::now();
    for _ in 0..MESSAGES / 4 / 100 {
        let mut transaction = connection.begin().await?;
        for _ in 0..100 {
            sqlx::query("INSERT INTO messages (body) VALUES ($1)")
                .bind(&body)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    report("bare: inserts in batches of 100", MESSAGES / 4, started);
    Ok(())
}

async fn queue(path: &Path) -> Result<()> {
    let queue = Arc::new(SqliteQueue::open(path, &BusOptions::default()));
    let started = Instant::now();
    send_all(&queue).await?;
    report(
        "queue: sends, one message each, 1,000 senders",
        MESSAGES,
        started,
    );

    let started = Instant::now();
    for _ in 0..100 {
        queue.depth(Queue::Orders).await?;
    }
    println!(
        "queue: depth with {MESSAGES} messages ready: {:?}",
        started.elapsed() / 100
    );

    let started = Instant::now();
    let mut source = queue.consume(Queue::Orders, 2 * BATCH as u16).await?;
    let mut taken = 0;
    while taken < MESSAGES {
        let batch = source.take(BATCH, Duration::ZERO).await?;
        taken += batch.len();
        let receipts: Vec<_> = batch.iter().map(|delivery| delivery.receipt).collect();
        source.settle(&receipts).await?;
    }
    report(
        "queue: taken and settled in batches of 250, one consumer",
        MESSAGES,
        started,
    );

    let started = Instant::now();
    let consumer = tokio::spawn(async move {
        let mut taken = 0;
        while taken < MESSAGES {
            let batch = source.take(BATCH, Duration::from_millis(3)).await?;
            taken += batch.len();
            let receipts: Vec<_> = batch.iter().map(|delivery| delivery.receipt).collect();
            source.settle(&receipts).await?;
        }
        Ok::<_, bus::Unavailable>(())
    });
    send_all(&queue).await?;
    consumer.await??;
    report(
        "queue: sent, taken and settled at the same time",
        MESSAGES,
        started,
    );
    Ok(())
}

async fn send_all(queue: &Arc<SqliteQueue>) -> Result<()> {
    let queue = queue.clone();
    each_sender(move |number| {
        let queue = queue.clone();
        async move { Ok(queue.send(vec![(Queue::Orders, message(number))]).await?) }
    })
    .await
}

async fn log(path: &Path) -> Result<()> {
    let log = Arc::new(SqliteLog::open(path, &BusOptions::default()));
    let started = Instant::now();
    let writing = log.clone();
    each_sender(move |number| {
        let log = writing.clone();
        async move {
            Ok(log
                .append(vec![(Topic::Analytics, message(number))])
                .await?)
        }
    })
    .await?;
    report(
        "log: appends, one message each, 1,000 senders",
        MESSAGES,
        started,
    );

    let started = Instant::now();
    let mut reader = log.read(&[Topic::Analytics], &Positions::default()).await?;
    let mut read = 0;
    while read < MESSAGES {
        read += reader.take(1000, Duration::ZERO).await?.len();
    }
    report("log: read in batches of 1,000", MESSAGES, started);

    let started = Instant::now();
    let mut member = log.subscribe("group", &[Topic::Analytics]).await?;
    let mut taken = 0;
    while taken < MESSAGES {
        let batch = member.take(BATCH, Duration::ZERO).await?;
        taken += batch.len();
        let receipts: Vec<_> = batch.iter().map(|delivery| delivery.receipt).collect();
        member.settle(&receipts).await?;
    }
    report(
        "log: taken and settled by a group in batches of 250",
        MESSAGES,
        started,
    );
    Ok(())
}

async fn each_sender<F, R>(send: F) -> Result<()>
where
    F: Fn(usize) -> R + Clone + Send + 'static,
    R: Future<Output = Result<()>> + Send,
{
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let send = send.clone();
        senders.spawn(async move {
            for number in (sender..MESSAGES).step_by(SENDERS) {
                send(number).await?;
            }
            Result::Ok(())
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended??;
    }
    Ok(())
}

/// As large as an order.
fn message(number: usize) -> Message {
    Message {
        id: MessageId(uuid::Uuid::from_u128(number as u128)),
        kind: "ORDER_PLACED".to_owned(),
        key: number.to_string(),
        source: "/server".to_owned(),
        time: Timestamp::now(),
        schema: 1,
        traceparent: None,
        payload: format!(
            r#"{{"event_type":"ORDER_PLACED","timestamp":1803700000.123456,"order_id":"{number:036}","items":[{{"ticket_type":"vip","quantity":2}}],"email":"buyer{number}@example.org","name":"Some Buyer","payment_token":"tok_visa","placed_at":1803700000.123456,"request_hash":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}"#
        ),
    }
}

fn report(what: &str, count: usize, started: Instant) {
    let rate = count as f64 / started.elapsed().as_secs_f64();
    println!("{what}: {rate:.0}/s");
}
