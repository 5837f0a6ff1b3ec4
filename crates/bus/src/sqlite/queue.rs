//! The port of commands on a file.

use super::{
    consumer::Consumer,
    open::{Database, Registry, absolute, literal},
    queue_jobs::{Changes, Names, QueueJob},
    queue_work::QueueWork,
    rates::Rates,
    writer::Writer,
};
use crate::{
    BusOptions, CommandQueue, DeadLetter, DeadLetterQueue, Depth, Message, Queue, Source,
    Unavailable,
};
use async_trait::async_trait;
use domain::Timestamp;
use sqlx::SqlitePool;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

type Key = (PathBuf, String, Option<u64>);
static OPEN: Registry<Key, QueueFile> = Registry::new();

/// Queues in a file that other processes on the machine may share.
pub struct SqliteQueue {
    file: Arc<QueueFile>,
}

/// What all who use the same file in this process share.
pub(super) struct QueueFile {
    pub database: Arc<Database>,
    pub names: Names,
    pub writer: Writer<QueueWork>,
    pub changes: Arc<Changes>,
    rates: Arc<Rates>,
}

impl SqliteQueue {
    /// The queues in the file at `path`. It is created and opened when it is first needed: a file that cannot be
    /// used makes calls fail as unavailable, not this one.
    pub fn open(path: &Path, options: &BusOptions) -> SqliteQueue {
        let path = absolute(path);
        let key = (
            path.clone(),
            options.prefix.clone(),
            options.orders_max_length,
        );
        SqliteQueue {
            file: OPEN.get_or_open(key, || QueueFile::new(&path, options)),
        }
    }
}

impl QueueFile {
    fn new(path: &Path, options: &BusOptions) -> QueueFile {
        let names = Names::new(&options.prefix);
        let mut schema = include_str!("queue.sql").to_owned();
        for queue in Queue::ALL {
            let name = literal(names.queue(queue));
            schema.push_str(&format!(
                "INSERT OR IGNORE INTO queues (name) VALUES ({name});\n"
            ));
        }
        let database = Arc::new(Database::new("queue", path, schema));
        let changes = Arc::new(Changes::default());
        let rates = Arc::new(Rates::default());
        let writer = Writer::new(database.clone(), {
            let (database, names) = (database.clone(), names.clone());
            let (changes, rates, max) = (changes.clone(), rates.clone(), options.orders_max_length);
            move || QueueWork {
                database: database.clone(),
                names: names.clone(),
                changes: changes.clone(),
                rates: rates.clone(),
                orders_max_length: max,
                session: None,
            }
        });
        QueueFile {
            database,
            names,
            writer,
            changes,
            rates,
        }
    }

    /// Connections for reading. The writer runs too from now on: it looks after the file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub async fn readers(&self) -> Result<&SqlitePool, Unavailable> {
        self.writer.start();
        self.database.readers().await
    }
}

#[async_trait]
impl CommandQueue for SqliteQueue {
    fn broker(&self) -> &'static str {
        "SQLite"
    }

    async fn send(&self, batch: Vec<(Queue, Message)>) -> Result<(), Unavailable> {
        if batch.is_empty() {
            return Ok(());
        }
        let messages = batch
            .into_iter()
            .map(|(queue, message)| Ok((queue, serde_json::to_string(&message)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|error| self.file.database.unavailable(error))?;
        self.file
            .writer
            .ask(|answer| QueueJob::Send { messages, answer })
            .await
    }

    async fn bury(&self, queue: DeadLetterQueue, letter: DeadLetter) -> Result<(), Unavailable> {
        let message = serde_json::to_string(&letter.message)
            .map_err(|error| self.file.database.unavailable(error))?;
        self.file
            .writer
            .ask(|answer| QueueJob::Bury {
                queue,
                message,
                reason: letter.cause.to_string(),
                attempts: letter.attempts,
                at: Timestamp::now(),
                answer,
            })
            .await
    }

    async fn consume(&self, queue: Queue, in_hand: u16) -> Result<Box<dyn Source>, Unavailable> {
        let consumer = Consumer::join(self.file.clone(), queue, in_hand).await?;
        Ok(Box::new(consumer))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.depth(Queue::Orders).await.map(|_| ())
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, Unavailable> {
        let (length, unacked, consumers): (i64, i64, i64) = sqlx::query_as(
            "SELECT sent - settled,
                    (SELECT count(*) FROM claims JOIN consumers ON id = consumer WHERE queue = name),
                    (SELECT count(*) FROM consumers WHERE queue = name)
             FROM queues WHERE name = $1",
        )
        .bind(self.file.names.queue(queue))
        .fetch_one(self.file.readers().await?)
        .await
        .map_err(|error| self.file.database.unavailable(error))?;
        let (in_per_second, out_per_second) = self.file.rates.of(queue);
        Ok(Depth {
            ready: u64::try_from(length - unacked).unwrap_or(0),
            unacked: u64::try_from(unacked).ok(),
            consumers: u64::try_from(consumers).ok(),
            in_per_second,
            out_per_second,
        })
    }

    async fn dead(&self, queue: DeadLetterQueue) -> Result<u64, Unavailable> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM dead_letters WHERE queue = $1")
            .bind(self.file.names.dead(queue))
            .fetch_one(self.file.readers().await?)
            .await
            .map_err(|error| self.file.database.unavailable(error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
