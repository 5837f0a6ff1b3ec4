//! Opening a database, and its transactions.

use crate::{Dialect, Location, OpenError, Trouble};
use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};
use std::ops::{Deref, DerefMut};
use std::{borrow::Cow, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A migration: its version, its name, and its SQL, which both databases understand.
pub type MigrationText = (i64, &'static str, &'static str);

/// A transaction. Rolled back when dropped without a commit.
#[derive(Debug)]
pub struct Tx {
    transaction: Transaction<'static, Any>,
    /// Given back after the transaction has ended.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Tx {
    /// Commits: on disk when it returns.
    ///
    /// # Errors
    /// It is not known to be committed.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.transaction
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}

/// How long a statement waits for a connection or for another writer before the database counts as unavailable.
const PATIENCE: Duration = Duration::from_secs(10);

/// A service's own database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: AnyPool,
    dialect: Dialect,
    /// Who may write to an SQLite file. It has one writer at a time, and who comes too late would sleep and ask again,
    /// and be overtaken; here they wait in order and are woken.
    writer: Arc<Semaphore>,
}

impl Database {
    /// Opens the database at `location`, makes it where it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// See [`OpenError`]: only `Unavailable` is worth another try.
    pub async fn open(
        location: &Location,
        migrations: &[MigrationText],
    ) -> Result<Database, OpenError> {
        sqlx::any::install_default_drivers();
        let unavailable = |why: String| OpenError::Unavailable {
            location: location.to_string(),
            why,
        };
        location.prepare()?;
        // A pool would try until its patience ends, and then tell of that instead of what was wrong.
        let first = try_out(location).await;
        first.map_err(|error| unavailable(error.to_string()))?;
        let dialect = location.dialect;
        let service = location.service.clone();
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                let setup = set_up(dialect, &service);
                Box::pin(async move {
                    connection.execute(sqlx::AssertSqlSafe(setup)).await?;
                    Ok(())
                })
            })
            .connect(&location.url)
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        migrator(migrations)
            .run(&pool)
            .await
            .map_err(|error| OpenError::Migration {
                location: location.to_string(),
                why: error.to_string(),
            })?;
        Ok(Database {
            pool,
            dialect,
            writer: Arc::new(Semaphore::new(1)),
        })
    }

    /// Which SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The connections, for single statements. What writes while others do had better [begin](Database::begin), and wait
    /// its turn.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that may write. On SQLite it takes the write lock at once, so that it never fails halfway
    /// because somebody else wrote first.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn begin(&self) -> Result<Tx, Trouble> {
        let unavailable = |error: sqlx::Error| Trouble::Unavailable(error.to_string());
        let (turn, begun) = match self.dialect {
            Dialect::Sqlite => {
                // Closed is what nobody does.
                let turn = self.writer.clone().acquire_owned().await.ok();
                (turn, self.pool.begin_with("BEGIN IMMEDIATE").await)
            }
            Dialect::Postgres => (None, self.pool.begin().await),
        };
        Ok(Tx {
            transaction: begun.map_err(unavailable)?,
            _turn: turn,
        })
    }

    /// Closes all connections, once they are idle.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn try_out(location: &Location) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(&location.url).await?;
    let setup = set_up(location.dialect, &location.service);
    connection.execute(sqlx::AssertSqlSafe(setup)).await?;
    connection.close().await
}

/// What every new connection is told first. A commit is on disk when it returns, on either database.
fn set_up(dialect: Dialect, service: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON;",
            PATIENCE.as_millis()
        ),
        // Statements are planned for the tables as they are, and go by their indexes: a plan that was made for empty tables,
        // and kept, would read all of them for ever. The lock keeps two replicas that start together from both creating the
        // schema.
        Dialect::Postgres => format!(
            "SET plan_cache_mode = force_custom_plan; SET jit = off; \
             SET enable_seqscan = off; SET enable_bitmapscan = off; \
             SELECT pg_advisory_lock(6027); CREATE SCHEMA IF NOT EXISTS \"{service}\"; \
             SELECT pg_advisory_unlock(6027);"
        ),
    }
}

fn migrator(migrations: &[MigrationText]) -> Migrator {
    Migrator::with_migrations(
        migrations
            .iter()
            .map(|(version, name, sql)| {
                Migration::new(
                    *version,
                    Cow::Borrowed(name),
                    MigrationType::Simple,
                    sqlx::SqlStr::from_static(sql),
                    false,
                )
            })
            .collect(),
    )
}
