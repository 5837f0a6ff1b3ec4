//! Where services run: their tasks, their consumers, and what a process with workers shows to operators.

use crate::crash_journal::HandlingRows;
use crate::inventory::{CatalogueError, DefineError};
use async_trait::async_trait;
use bus::{
    DeadLetterQueue, Failure, Handler, Limits, Message, Outcome, Queue, Reminder, Runner, Source,
    Topic, Unavailable,
};
use domain::Timestamp;
use ops::{Bus, SettingsError, Tasks};
use std::sync::{Arc, Mutex, PoisonError};
use std::{future::Future, time::Duration};
use store::{Blocker, Database, Dialect, Location, MigrationText, OpenError, Trouble};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Why a service cannot start: one line for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The catalogue.
    #[error("FESTFLOW_CATALOGUE: {0}")]
    Catalogue(#[from] CatalogueError),
    /// The catalogue does not go with what is on sale.
    #[error(transparent)]
    Define(#[from] DefineError),
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The database was opened, but not usable.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// A task has panicked.
    #[error(transparent)]
    Panicked(#[from] ops::Panicked),
    /// Something of the system's.
    #[error("{what}: {why}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        why: std::io::Error,
    },
}

/// Runs services' tasks until it is told to stop.
#[derive(Clone)]
pub struct Host {
    bus: Bus,
    /// What the process is called in journals: like no other one, ever.
    process: Arc<str>,
    shutdown: CancellationToken,
    tasks: Tasks,
    /// Of the services that have started.
    databases: Arc<Mutex<Vec<Database>>>,
}

/// How long handling a batch, or a round, may take. What takes longer waits for a peer that says nothing: it is given up, as
/// if the process had been killed, and tried again on other connections.
const HANDLING_TIMEOUT: Duration = Duration::from_secs(30);

/// A handler that does not wait for ever.
struct Limited(Arc<dyn Handler>);

#[async_trait]
impl Handler for Limited {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        within_limit(self.0.handle(batch)).await
    }
}

async fn within_limit<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(HANDLING_TIMEOUT, work)
        .await
        .unwrap_or_else(|_| {
            let why = format!("no end within {HANDLING_TIMEOUT:?}");
            Err(Unavailable::new("something that a handler waits for", why).into())
        })
}

/// How often something is tried again that was not there.
const AGAIN: Duration = Duration::from_secs(1);

impl Host {
    /// A host on `bus`, stopped by `shutdown`.
    pub fn new(bus: Bus, shutdown: CancellationToken) -> Host {
        Host {
            bus,
            process: Uuid::from_u128(rand::random()).to_string().into(),
            tasks: Tasks::new(shutdown.clone()),
            shutdown,
            databases: Arc::default(),
        }
    }

    /// Who holds a lock in a database that a service here waits for.
    pub fn blocker(&self) -> Option<Blocker> {
        let databases = self
            .databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        databases.iter().find_map(Database::blocker)
    }

    /// Both ports.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Cancelled when it is time to stop.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Runs `task` until it ends; it has to watch [`Host::shutdown`] itself.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Waits until every task has finished what was in hand, once the host was told to stop.
    ///
    /// # Errors
    /// It was a task's panic that told it.
    pub async fn finished(&self) -> Result<(), StartError> {
        self.shutdown.cancelled().await;
        Ok(self.tasks.finished().await?)
    }

    /// Opens a service's database. One on a server that is not there yet is waited for; `None` when it is time to
    /// stop before that.
    ///
    /// # Errors
    /// Waiting would not help.
    pub async fn open_database(
        &self,
        location: &Location,
        migrations: &[MigrationText],
    ) -> Result<Option<Database>, OpenError> {
        let mut reminder = Reminder::default();
        loop {
            let opening = Database::open(location, migrations);
            let Some(opened) = self.shutdown.run_until_cancelled(opening).await else {
                return Ok(None);
            };
            match opened {
                Err(error @ OpenError::Unavailable { .. })
                    if location.dialect == Dialect::Postgres =>
                {
                    if reminder.is_due() {
                        tracing::warn!(%error, "waiting for the database");
                    }
                    if !self.pause().await {
                        return Ok(None);
                    }
                }
                Ok(database) => {
                    let databases = self.databases.lock();
                    let mut databases = databases.unwrap_or_else(PoisonError::into_inner);
                    databases.push(database.clone());
                    return Ok(Some(database));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Has `handler`, whose database is `database`, do the commands on `queue`.
    pub fn work(
        &self,
        name: &'static str,
        queue: Queue,
        handler: Arc<dyn Handler>,
        database: &Database,
        limits: Limits,
    ) {
        let (host, crashes) = (self.clone(), self.crashes(name, database));
        self.spawn(async move {
            let consume = || host.bus.queue.consume(queue, limits.in_hand());
            if let Some(source) = host.until_there(name, consume).await {
                let dead_letters = DeadLetterQueue::Of(queue);
                host.run(name, source, handler, dead_letters, crashes, limits)
                    .await;
            }
        });
    }

    /// Has `handler`, whose database is `database`, read the log as a member of `group`. Most facts are not a reader's business, so its batches may be large.
    pub fn follow(
        &self,
        name: &'static str,
        group: &'static str,
        topics: &'static [Topic],
        handler: Arc<dyn Handler>,
        database: &Database,
        limits: Limits,
    ) {
        let (host, crashes) = (self.clone(), self.crashes(name, database));
        self.spawn(async move {
            let subscribe = || host.bus.log.subscribe(group, topics);
            if let Some(source) = host.until_there(name, subscribe).await {
                let dead_letters = DeadLetterQueue::Log;
                host.run(name, source, handler, dead_letters, crashes, limits)
                    .await;
            }
        });
    }

    fn crashes(&self, handler: &'static str, database: &Database) -> HandlingRows {
        HandlingRows::new(database.clone(), handler, self.process.clone())
    }

    /// Calls `round` every `period`. One that fails is logged, and made up for by the next, as is one that it is time to stop
    /// in the middle of.
    pub fn repeat<F, Fut>(&self, name: &'static str, period: Duration, round: F)
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send,
    {
        let shutdown = self.shutdown.clone();
        self.spawn(async move {
            while let Some(done) = shutdown.run_until_cancelled(within_limit(round())).await {
                if let Err(error) = done {
                    tracing::warn!(task = name, %error, "a round failed");
                }
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = tokio::time::sleep(period) => {}
                }
            }
        });
    }

    async fn run(
        &self,
        name: &str,
        source: Box<dyn Source>,
        handler: Arc<dyn Handler>,
        dead_letters: DeadLetterQueue,
        crashes: HandlingRows,
        limits: Limits,
    ) {
        if let Err(error) = crashes.forget_old(Timestamp::now()).await {
            tracing::warn!(handler = name, %error, "old rows of crashes are still there");
        }
        let runner = Runner {
            name: name.to_owned(),
            source,
            handler: Arc::new(Limited(handler)),
            queue: self.bus.queue.clone(),
            log: self.bus.log.clone(),
            dead_letters,
            crashes: Arc::new(crashes),
            limits,
        };
        runner.run(self.shutdown.clone()).await;
    }

    async fn until_there<F, Fut>(&self, name: &str, open: F) -> Option<Box<dyn Source>>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Box<dyn Source>, Unavailable>>,
    {
        let mut reminder = Reminder::default();
        loop {
            match open().await {
                Ok(source) => return Some(source),
                Err(error) if reminder.is_due() => {
                    tracing::warn!(handler = name, %error, "waiting for the broker");
                }
                Err(_) => {}
            }
            if !self.pause().await {
                return None;
            }
        }
    }

    /// Waits a moment. Returns false, at once, when it is time to stop.
    async fn pause(&self) -> bool {
        tokio::select! {
            () = self.shutdown.cancelled() => false,
            () = tokio::time::sleep(AGAIN) => true,
        }
    }
}
