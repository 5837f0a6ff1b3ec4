//! Where the writer's task sits: it writes when it is this process's turn, and looks after the file in between.

use super::{
    locks::Turn,
    open::Database,
    writer::{Job, Work},
};
use crate::Unavailable;
use sqlx::{Connection, SqliteConnection};
use std::sync::Arc;

/// What the writer's task works with: its connection, and its turn.
pub(super) struct Desk<W> {
    work: W,
    database: Arc<Database>,
    connection: Option<Open>,
    trouble: bool,
}

struct Open {
    connection: SqliteConnection,
    /// Whether commits sync now; a new connection's do.
    syncs: bool,
    /// Changes when another connection has committed.
    data_version: i64,
    turn: Turn,
}

impl<W: Work> Desk<W> {
    /// Nothing is opened yet.
    pub fn new(work: W, database: Arc<Database>) -> Desk<W> {
        Desk {
            work,
            database,
            connection: None,
            trouble: false,
        }
    }

    /// Writes `jobs` in one transaction and answers them.
    pub async fn write(&mut self, mut jobs: Vec<W::Job>) {
        let result = self.transact(&mut jobs).await;
        self.note(&result);
        if result.is_ok() {
            self.work.committed(&jobs);
        }
        for job in jobs {
            job.finish(&result);
        }
    }

    async fn transact(&mut self, jobs: &mut [W::Job]) -> Result<(), Unavailable> {
        let mut open = self.open().await?;
        let durable = jobs.iter().any(Job::durable);
        let turn = open.turn.take().await;
        let _turn = turn.map_err(|error| self.database.unavailable(error))?;
        open.commit(&mut self.work, jobs, durable)
            .await
            .map_err(|error| self.database.unavailable(error))?;
        // Only now: after an error a new connection starts from a state that we know.
        self.connection = Some(open);
        Ok(())
    }

    async fn open(&mut self) -> Result<Open, Unavailable> {
        if let Some(open) = self.connection.take() {
            return Ok(open);
        }
        let turn =
            Turn::new(&self.database.locks()).map_err(|error| self.database.unavailable(error))?;
        let mut connection = self.database.writer().await?;
        self.work.upkeep(&mut connection).await?;
        let data_version = data_version(&mut connection)
            .await
            .map_err(|error| self.database.unavailable(error))?;
        self.work.changed_elsewhere();
        Ok(Open {
            connection,
            syncs: true,
            data_version,
            turn,
        })
    }

    /// Looks after the file.
    pub async fn upkeep(&mut self) {
        let result = async {
            let mut open = self.open().await?;
            self.work.upkeep(&mut open.connection).await?;
            self.connection = Some(open);
            Ok(())
        }
        .await;
        self.note(&result);
    }

    /// Looks whether another process has written.
    pub async fn poll(&mut self) {
        let Some(mut open) = self.connection.take() else {
            return;
        };
        match data_version(&mut open.connection).await {
            Ok(version) => {
                if version != open.data_version {
                    open.data_version = version;
                    self.work.changed_elsewhere();
                }
                self.connection = Some(open);
            }
            Err(error) => self.note(&Err(self.database.unavailable(error))),
        }
    }

    /// Says so when trouble begins and ends, and not for every call in between.
    fn note(&mut self, result: &Result<(), Unavailable>) {
        match result {
            Ok(()) if self.trouble => tracing::info!("the file can be used again"),
            Err(error) if !self.trouble => tracing::warn!(%error, "the file cannot be used"),
            _ => {}
        }
        self.trouble = result.is_err();
    }

    /// Closes the file.
    pub async fn close(&mut self) {
        self.database.close().await;
        if let Some(open) = self.connection.take() {
            // Copies the write-ahead log into the file when nobody else has it open.
            let _ = open.connection.close().await;
        }
    }
}

impl Open {
    async fn commit<W: Work>(
        &mut self,
        work: &mut W,
        jobs: &mut [W::Job],
        durable: bool,
    ) -> Result<(), sqlx::Error> {
        if durable != self.syncs {
            let synchronous = if durable {
                "PRAGMA synchronous = FULL"
            } else {
                "PRAGMA synchronous = NORMAL"
            };
            sqlx::query(synchronous)
                .execute(&mut self.connection)
                .await?;
            self.syncs = durable;
        }
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        work.apply(&mut transaction, jobs).await?;
        transaction.commit().await
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}
