//! The port of events on a file.

use super::{
    consumer::parse,
    group::Member,
    log_jobs::{LogJob, Topics},
    log_work::LogWork,
    open::{Database, Registry, absolute},
    reader::Reader,
    writer::Writer,
};
use crate::{
    BusOptions, EventLog, LogReader, Message, NotAppended, Positions, Source, Topic, Unavailable,
};
use async_trait::async_trait;
use sqlx::SqlitePool;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use tokio::sync::watch;

/// A file has one partition: it has one writer, and one disk below it.
pub(super) const PARTITION: i32 = 0;

static OPEN: Registry<(PathBuf, String), LogFile> = Registry::new();

/// The log in a file that other processes on the machine may share.
pub struct SqliteLog {
    file: Arc<LogFile>,
}

/// What all who use the same file in this process share.
pub(super) struct LogFile {
    pub database: Arc<Database>,
    pub topics: Topics,
    pub writer: Writer<LogWork>,
    pub changes: watch::Sender<u64>,
}

impl SqliteLog {
    /// The log in the file at `path`. It is created and opened when it is first needed: a file that cannot be used
    /// makes calls fail as unavailable, not this one.
    pub fn open(path: &Path, options: &BusOptions) -> SqliteLog {
        let path = absolute(path);
        let key = (path.clone(), options.prefix.clone());
        SqliteLog {
            file: OPEN.get_or_open(key, || LogFile::new(&path, &options.prefix)),
        }
    }
}

impl LogFile {
    fn new(path: &Path, prefix: &str) -> LogFile {
        let topics = Topics::new(prefix);
        let database = Arc::new(Database::new("log", path, topics.schema()));
        let changes = watch::Sender::new(0);
        let writer = Writer::new(database.clone(), {
            let (database, topics, changes) = (database.clone(), topics.clone(), changes.clone());
            move || LogWork {
                database: database.clone(),
                topics: topics.clone(),
                changes: changes.clone(),
                expire_at: Instant::now(),
            }
        });
        LogFile {
            database,
            topics,
            writer,
            changes,
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

    async fn append(&self, batch: &[(Topic, Message)]) -> Result<(), Unavailable> {
        if batch.is_empty() {
            return Ok(());
        }
        let records = batch
            .iter()
            .map(|(topic, message)| Ok((*topic, serde_json::to_string(message)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|error| self.database.unavailable(error))?;
        self.writer
            .ask(|answer| LogJob::Append { records, answer })
            .await
    }

    /// Up to `limit` messages of `topic` from offset `from`, with their offsets.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn read(
        &self,
        topic: Topic,
        from: i64,
        limit: usize,
    ) -> Result<Vec<(i64, Message)>, Unavailable> {
        let rows: Vec<(i64, String)> = sqlx::query_as(self.topics.of(topic).read())
            .bind(from)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.readers().await?)
            .await
            .map_err(|error| self.database.unavailable(error))?;
        let parsed = |(offset, text): (i64, String)| (offset, parse(&text));
        Ok(rows.into_iter().map(parsed).collect())
    }

    /// The offset behind the last record of `topic`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn end(&self, topic: Topic) -> Result<i64, Unavailable> {
        sqlx::query_scalar("SELECT next FROM topics WHERE name = $1")
            .bind(&self.topics.of(topic).name)
            .fetch_one(self.readers().await?)
            .await
            .map_err(|error| self.database.unavailable(error))
    }

    /// The offset that `group` (as it is called in the file) reads next, if it ever settled anything.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn position(&self, group: &str, topic: Topic) -> Result<Option<i64>, Unavailable> {
        sqlx::query_scalar("SELECT next FROM positions WHERE consumer_group = $1 AND topic = $2")
            .bind(group)
            .bind(&self.topics.of(topic).name)
            .fetch_optional(self.readers().await?)
            .await
            .map_err(|error| self.database.unavailable(error))
    }
}

#[async_trait]
impl EventLog for SqliteLog {
    fn broker(&self) -> &'static str {
        "SQLite"
    }

    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        // One transaction: all of it or nothing.
        let appended = self.file.append(&batch).await;
        appended.map_err(|error| NotAppended::nothing(batch, error))
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable> {
        let member = Member::join(self.file.clone(), group, topics).await?;
        Ok(Box::new(member))
    }

    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable> {
        let reader = Reader::start(self.file.clone(), topics, from).await?;
        Ok(Box::new(reader))
    }

    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        let end = self.file.end(topic).await?;
        Ok(Positions([((topic, PARTITION), end)].into()))
    }

    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        // In this order, so that what is appended meanwhile makes the lag larger and never negative.
        let settled = self
            .file
            .position(&self.file.topics.group(group), topic)
            .await?;
        let first: Option<i64> = sqlx::query_scalar(self.file.topics.of(topic).first())
            .fetch_one(self.file.readers().await?)
            .await
            .map_err(|error| self.file.database.unavailable(error))?;
        let end = self.file.end(topic).await?;
        let from = settled.unwrap_or(0).max(first.unwrap_or(end));
        Ok(u64::try_from(end - from).unwrap_or(0))
    }
}
