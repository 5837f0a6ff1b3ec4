//! Who keeps transactions waiting. Postgres says which sessions hold the locks that others wait for, so whoever has to end one
//! of them by hand need not look for it.

use sqlx::{AnyConnection, Connection, Row};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a transaction lasts before it is looked what it waits for, and between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// How long a look may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a blocker is shown after it was seen: longer than from a lock's timeout to the next attempt.
const SHOWN_FOR: Duration = Duration::from_secs(10);

/// The sessions at the end of the chains of those that block ours, but for our own.
const BLOCKERS: &str = "WITH RECURSIVE blocking (pid) AS (
        SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = current_setting('application_name')
        UNION SELECT unnest(pg_blocking_pids(pid)) FROM blocking
    )
    SELECT CAST(pid AS BIGINT) AS pid, COALESCE(application_name, '') AS application_name,
        COALESCE(to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '') AS since
    FROM blocking JOIN pg_stat_activity USING (pid)
    WHERE cardinality(pg_blocking_pids(pid)) = 0 AND application_name <> current_setting('application_name')
    ORDER BY xact_start LIMIT 1";

/// A session of Postgres that holds a lock for which others wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// Its process on the database's server: `SELECT pg_terminate_backend(pid)` ends it.
    pub pid: i64,
    /// What it calls itself; may be empty.
    pub application_name: String,
    /// When its transaction began, RFC 3339; empty where we may not know.
    pub since: String,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Blocker {
            pid,
            application_name,
            since,
        } = self;
        write!(
            f,
            "a lock in the database is held by its process {pid} ({application_name:?}), whose transaction began at {since}"
        )
    }
}

/// What is known of who keeps transactions on one database waiting.
#[derive(Debug)]
pub(crate) struct Waits {
    url: String,
    seen: Mutex<Option<(Blocker, Instant)>>,
}

impl Waits {
    pub fn new(url: &str) -> Waits {
        Waits {
            url: url.to_owned(),
            seen: Mutex::default(),
        }
    }

    /// Who was seen a moment ago.
    pub fn blocker(&self) -> Option<Blocker> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (blocker, at) = seen.as_ref()?;
        (at.elapsed() < SHOWN_FOR).then(|| blocker.clone())
    }

    /// Looks, as long as a transaction lasts, what it may be waiting for.
    pub async fn watch(self: std::sync::Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            match tokio::time::timeout(LOOK_TIMEOUT, self.look()).await {
                Ok(Ok(Some(blocker))) => self.note(blocker),
                Ok(Ok(None)) | Err(_) => {}
                Ok(Err(error)) => {
                    tracing::debug!(%error, "nobody knows what a transaction waits for")
                }
            }
        }
    }

    fn note(&self, blocker: Blocker) {
        if self.blocker().as_ref() != Some(&blocker) {
            tracing::warn!(
                pid = blocker.pid,
                application_name = blocker.application_name,
                since = blocker.since,
                "transactions wait for a lock that another session holds"
            );
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((blocker, Instant::now()));
    }

    async fn look(&self) -> Result<Option<Blocker>, sqlx::Error> {
        // Not one of the pool's, which may all be waiting.
        let mut connection = AnyConnection::connect(&self.url).await?;
        let row = sqlx::query(BLOCKERS)
            .fetch_optional(&mut connection)
            .await?;
        let blocker = row.map(|row| {
            Ok::<_, sqlx::Error>(Blocker {
                pid: row.try_get("pid")?,
                application_name: row.try_get("application_name")?,
                since: row.try_get("since")?,
            })
        });
        let blocker = blocker.transpose()?;
        connection.close().await?;
        Ok(blocker)
    }
}
