//! Opening the read model's file.

use crate::StartError;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Executor, SqliteConnection};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The version of `schema.sql` and of what is written by it. A file of another version is made anew.
const VERSION: i64 = 8;
const SCHEMA: &str = include_str!("schema.sql");
/// Connections for reading; the writer has its own.
const READERS: u32 = 4;

/// The file, held by this process alone.
pub(super) struct ReadModelFile {
    path: PathBuf,
    /// Keeps other servers away as long as it is open.
    _lock: File,
}

impl ReadModelFile {
    /// Takes hold of the file at `path`, which need not exist.
    ///
    /// # Errors
    /// Its directory cannot be written, or another server has it.
    pub fn hold(path: &Path) -> Result<ReadModelFile, StartError> {
        let refuse = |why: String| StartError::Setting {
            variable: "FESTFLOW_READ_MODEL",
            why: format!("{}: {why}", path.display()),
        };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|error| refuse(error.to_string()))?;
        }
        let lock =
            File::create(sibling(path, ".lock")).map_err(|error| refuse(error.to_string()))?;
        match lock.try_lock() {
            Ok(()) => Ok(ReadModelFile {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(refuse(
                "another server uses it; each needs a file of its own".to_owned(),
            )),
            Err(TryLockError::Error(error)) => Err(refuse(error.to_string())),
        }
    }

    /// Opens it for writing, made anew where it is missing, damaged, or of another version.
    ///
    /// # Errors
    /// It cannot be made.
    pub async fn writer(&self) -> Result<SqliteConnection, sqlx::Error> {
        match self.open_current().await {
            Ok(Some(connection)) => return Ok(connection),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, path = %self.path.display(), "the read model cannot be used and is made anew");
            }
        }
        self.delete()?;
        let mut connection = self.options().create_if_missing(true).connect().await?;
        let script = format!("BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;");
        connection.execute(sqlx::AssertSqlSafe(script)).await?;
        Ok(connection)
    }

    /// Deletes it; only what the log does not have is lost, which is nothing.
    ///
    /// # Errors
    /// The system does not let us.
    fn delete(&self) -> Result<(), std::io::Error> {
        for suffix in ["", "-wal", "-shm"] {
            match std::fs::remove_file(sibling(&self.path, suffix)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Connections that only read. They connect when they are first needed.
    pub fn readers(&self) -> SqlitePool {
        SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(self.options().pragma("query_only", "ON"))
    }

    async fn open_current(&self) -> Result<Option<SqliteConnection>, sqlx::Error> {
        if !self.path.exists() {
            return Ok(None);
        }
        let mut connection = self.options().connect().await?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&mut connection)
            .await?;
        Ok((version == VERSION).then_some(connection))
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .journal_mode(SqliteJournalMode::Wal)
            // Losing power may undo the last transactions, rows and positions together: they are read again.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-65536")
            .disable_statement_logging()
    }
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
