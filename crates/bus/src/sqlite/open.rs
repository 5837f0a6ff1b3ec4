//! Opening a file, and the connections to it.

use crate::Unavailable;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    collections::HashMap,
    fmt::Display,
    hash::Hash,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::{sync::OnceCell, time::Instant};

/// How long a connection waits for another process's transaction before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers at the same time; each is a thread.
const READERS: u32 = 4;
/// Pages (of 4 KiB) in the write-ahead log before they are copied into the file. More than SQLite's 1,000: copying
/// costs two more syncs, in the middle of somebody's commit.
const CHECKPOINT_PAGES: &str = "4000";
/// What is left of the write-ahead log when it starts anew after a long one.
const WAL_SIZE_LIMIT: &str = "67108864";

/// A file with its tables, opened by the first who needs it.
pub(super) struct Database {
    what: &'static str,
    path: PathBuf,
    schema: String,
    readers: OnceCell<SqlitePool>,
}

impl Database {
    /// The file at `path`, which holds a `what` with the tables of `schema`. Nothing is opened yet.
    pub fn new(what: &'static str, path: &Path, schema: String) -> Database {
        Database {
            what,
            path: path.to_owned(),
            schema,
            readers: OnceCell::new(),
        }
    }

    /// The folder next to the file that holds the locks by which processes see each other live.
    pub fn locks(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push("-locks");
        name.into()
    }

    /// `error` as what the port says.
    pub fn unavailable(&self, error: impl Display) -> Unavailable {
        Unavailable::new(format!("{} {}", self.what, self.path.display()), error)
    }

    /// Connections for reading. A reader never blocks the writer, nor the writer a reader.
    ///
    /// # Errors
    /// The file cannot be opened; the next call tries again.
    pub async fn readers(&self) -> Result<&SqlitePool, Unavailable> {
        self.readers
            .get_or_try_init(|| async {
                self.create().await?;
                Ok(SqlitePoolOptions::new()
                    .max_connections(READERS)
                    .acquire_timeout(BUSY_TIMEOUT)
                    .connect_lazy_with(self.options().pragma("query_only", "ON")))
            })
            .await
    }

    /// A connection for writing, with the tables in place.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub async fn writer(&self) -> Result<SqliteConnection, Unavailable> {
        self.readers().await?;
        self.connect()
            .await
            .map_err(|error| self.unavailable(error))
    }

    /// Closes the connections for reading.
    pub async fn close(&self) {
        if let Some(readers) = self.readers.get() {
            readers.close().await;
        }
    }

    async fn create(&self) -> Result<(), Unavailable> {
        if let Some(folder) = self.path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(|error| {
                self.unavailable(format!("cannot create {}: {error}", folder.display()))
            })?;
        }
        // Two processes that create the same file at once may lock each other out without SQLite waiting.
        let deadline = Instant::now() + BUSY_TIMEOUT;
        loop {
            match self.try_create().await {
                Err(error) if is_busy(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                result => return result.map_err(|error| self.unavailable(error)),
            }
        }
    }

    async fn try_create(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.connect().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::raw_sql(AssertSqlSafe(self.schema.clone()))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        connection.close().await
    }

    async fn connect(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.options()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .connect()
            .await
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("journal_size_limit", WAL_SIZE_LIMIT)
            .row_buffer_size(1024)
            .disable_statement_logging()
    }
}

/// Another connection was in the way (`SQLITE_BUSY` and its extended codes).
fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: i32 = 5;
    error
        .as_database_error()
        .and_then(|error| error.code()?.parse::<i32>().ok())
        .is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

/// What this process has open, so that all who open the same file share one writer and wake each other at once.
pub(super) struct Registry<K, V>(Mutex<Option<HashMap<K, Weak<V>>>>);

impl<K: Hash + Eq, V> Registry<K, V> {
    /// Nothing is open.
    pub const fn new() -> Registry<K, V> {
        Registry(Mutex::new(None))
    }

    /// What is open as `key`, else what `open` makes.
    pub fn get_or_open(&self, key: K, open: impl FnOnce() -> V) -> Arc<V> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = entries.get_or_insert_default();
        if let Some(open) = entries.get(&key).and_then(Weak::upgrade) {
            return open;
        }
        entries.retain(|_, entry| entry.strong_count() > 0);
        let opened = Arc::new(open());
        entries.insert(key, Arc::downgrade(&opened));
        opened
    }
}

/// `path` as everyone in this process would call it.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// `text` as a literal of SQL.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
