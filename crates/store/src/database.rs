//! Opening a database, and its transactions.

use crate::waits::{Blocker, Waits};
use crate::{Dialect, Location, OpenError, Trouble};
use sqlx::any::{AnyArguments, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::{borrow::Cow, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::AbortOnDropHandle;

/// A migration: its version, its name, and its SQL, which both databases understand.
pub type MigrationText = (i64, &'static str, &'static str);

/// A transaction. Rolled back when dropped without a commit.
#[derive(Debug)]
pub struct Tx {
    transaction: Transaction<'static, Any>,
    /// Given back after the transaction has ended.
    _turn: Option<OwnedSemaphorePermit>,
    /// Looks for who keeps the transaction waiting.
    _watch: Option<AbortOnDropHandle<()>>,
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

/// How long a statement waits for a connection, or for another writer to an SQLite file, before the database counts as
/// unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection may take to say that it is there. After a silent outage each of them is tried once.
const ACQUIRE_TEST_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection that is given back may take to say that it is idle again. One that does not is closed: its peer is
/// silent.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long work with a database may take before its peer counts as silent: longer than a statement, which Postgres ends by
/// itself where it still hears us.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(15);

/// What Postgres ends by itself, in milliseconds where there is no unit. A lock that is not given within its time makes the
/// database count as unavailable: the batch that waits for it is tried again. A client that is frozen in the middle of a
/// transaction, or gone without a word, loses its session and with it its locks.
const LIMITS: &str = "SET lock_timeout = '4s'; SET statement_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '5s'; SET tcp_user_timeout = '10s'; \
     SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; ";

/// A service's own database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: AnyPool,
    dialect: Dialect,
    /// Who may write to an SQLite file. It has one writer at a time, and who comes too late would sleep and ask again,
    /// and be overtaken; here they wait in order and are woken.
    writer: Arc<Semaphore>,
    waits: Arc<Waits>,
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
        // A pool would try until its time is over, and then tell of that instead of what was wrong.
        let first = try_out(location).await;
        first.map_err(|error| unavailable(error.to_string()))?;
        migrate(location, migrations)
            .await
            .map_err(|error| match error {
                MigrateError::Execute(error) => unavailable(error.to_string()),
                MigrateError::ExecuteMigration(error, _) if is_trouble(&error) => {
                    unavailable(error.to_string())
                }
                error => OpenError::Migration {
                    location: location.to_string(),
                    why: error.to_string(),
                },
            })?;
        let dialect = location.dialect;
        let service = location.service.clone();
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(move |connection, _| {
                let setup = set_up(dialect, &service);
                Box::pin(async move {
                    connection.execute(sqlx::AssertSqlSafe(setup)).await?;
                    Ok(())
                })
            })
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(answers(connection, ACQUIRE_TEST_TIMEOUT)))
            .after_release(|connection, _| Box::pin(answers(connection, RELEASE_TIMEOUT)))
            .connect(&location.url)
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        Ok(Database {
            pool,
            dialect,
            writer: Arc::new(Semaphore::new(1)),
            waits: Arc::new(Waits::new(&location.url)),
        })
    }

    /// Which SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Who holds a lock that transactions of this process wait for, or waited for a moment ago.
    pub fn blocker(&self) -> Option<Blocker> {
        self.waits.blocker()
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
        let (turn, watch, begun) = match self.dialect {
            Dialect::Sqlite => {
                // Closed is what nobody does.
                let turn = self.writer.clone().acquire_owned().await.ok();
                let begun = self.pool.begin_with("BEGIN IMMEDIATE").await;
                (turn, None, begun)
            }
            Dialect::Postgres => {
                let begun = self.pool.begin().await;
                let watch = tokio::spawn(self.waits.clone().watch());
                (None, Some(AbortOnDropHandle::new(watch)), begun)
            }
        };
        Ok(Tx {
            transaction: begun.map_err(unavailable)?,
            _turn: turn,
            _watch: watch,
        })
    }

    /// Executes `query` in a transaction of its own.
    ///
    /// # Errors
    /// It is not known to be committed.
    pub async fn execute(&self, query: Query<'_, Any, AnyArguments>) -> Result<(), Trouble> {
        let mut tx = self.begin().await?;
        query.execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Closes all connections, once they are idle.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Does `work` with a database. A connection whose peer has gone without a word in the middle of it would wait for ever.
///
/// # Errors
/// What `work` says, or that there was no end to it within 15 s: then it is not known what it came to.
pub async fn within_limit<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let done = tokio::time::timeout(SILENCE_TIMEOUT, work).await;
    done.unwrap_or_else(|_| {
        let why = format!("no end within {SILENCE_TIMEOUT:?}");
        Err(Trouble::Unavailable(why))
    })
}

/// Whether the database answers on this connection. One on which it says nothing is an error, so that it is dropped, and not
/// closed with a word to somebody who does not listen.
async fn answers(connection: &mut AnyConnection, limit: Duration) -> Result<bool, sqlx::Error> {
    let silent = |_| sqlx::Error::Protocol("the database says nothing".to_owned());
    let answered = tokio::time::timeout(limit, connection.ping()).await;
    answered.map_err(silent).flatten().map(|()| true)
}

async fn try_out(location: &Location) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(&location.url).await?;
    let setup = set_up(location.dialect, &location.service);
    connection.execute(sqlx::AssertSqlSafe(setup)).await?;
    connection.close().await
}

/// Brings the schema up to date, on a connection of its own: to change many rows may take long.
async fn migrate(location: &Location, migrations: &[MigrationText]) -> Result<(), MigrateError> {
    let unlimited = match location.dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => "SET statement_timeout = 0;",
    };
    let setup = set_up(location.dialect, &location.service) + unlimited;
    let pool = AnyPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |connection, _| {
            let setup = setup.clone();
            Box::pin(async move {
                connection.execute(sqlx::AssertSqlSafe(setup)).await?;
                Ok(())
            })
        })
        .connect(&location.url)
        .await?;
    let migrated = migrator(migrations).run(&pool).await;
    pool.close().await;
    migrated
}

/// Whether another try may go better.
fn is_trouble(error: &sqlx::Error) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    match error {
        sqlx::Error::Database(refusal) => refusal.code().as_deref() == Some(LOCK_NOT_AVAILABLE),
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

/// What every new connection is told first. A commit is on disk when it returns, on either database.
fn set_up(dialect: Dialect, service: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!(
            "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON;",
            ACQUIRE_TIMEOUT.as_millis()
        ),
        // Statements are planned for the tables as they are, and go by their indexes: a plan that was made for empty tables,
        // and kept, would read all of them for ever. The lock keeps two replicas that start together from both creating the
        // schema.
        Dialect::Postgres => format!(
            "{LIMITS} SET plan_cache_mode = force_custom_plan; SET jit = off; \
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
