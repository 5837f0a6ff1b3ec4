//! Reads the log for ever, without a group: every server has all of it. A batch at a time goes into the file; then
//! whoever wants to know is told.

use super::batch::Batch;
use super::changes::Changes;
use super::now::{ForeignLog, Now};
use super::open::ReadModelFile;
use super::writer::Writer;
use bus::{EventLog, LogReader, Pace, Positions, Record, Topic, Unavailable};
use std::sync::Arc;
use std::time::Duration;
use store::Trouble;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The most records in one transaction. A rebuild has large ones, a live sale what came in a few milliseconds.
const BATCH: usize = 4_000;
/// How long a batch waits for more once it has a first record.
const LINGER: Duration = Duration::from_millis(2);
/// The longest rest between transactions.
const REST: Duration = Duration::from_millis(50);
/// The waits after trouble: doubling from the first to the last.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What to do after each transaction.
pub(crate) type OnCommit = Box<dyn Fn(&Committed<'_>) + Send + Sync>;

/// What a transaction brought.
pub(crate) struct Committed<'a> {
    /// The state before it.
    pub before: &'a Now,
    /// The new events.
    pub entries: &'a [super::batch::Entry],
}

/// Keeps the read model up to date.
pub(super) struct Feed {
    pub log: Arc<dyn EventLog>,
    /// Held as long as it is written.
    pub _file: ReadModelFile,
    pub writer: Writer,
    pub now: watch::Sender<Arc<Now>>,
    pub on_commit: OnCommit,
    /// The log's end when it was opened; absent while it cannot be read.
    pub end: Option<Positions>,
    /// The log, when it is not the one that was read before.
    pub foreign_log: Option<ForeignLog>,
    /// The history that is kept although the log is another one, by its fingerprint.
    pub keep_history: Option<String>,
}

impl Feed {
    /// Reads until `shutdown`, through all outages.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut wait = WAITS.0;
        loop {
            let end = shutdown.run_until_cancelled(self.read(&mut wait)).await;
            let Some(Err(error)) = end else { break };
            self.end = None;
            self.publish();
            tracing::warn!(%error, "the log cannot be read; trying again");
            let pause = tokio::time::sleep(wait);
            if shutdown.run_until_cancelled(pause).await.is_none() {
                break;
            }
            wait = (wait * 2).min(WAITS.1);
        }
        if let Err(error) = self.writer.close().await {
            tracing::warn!(%error, "the read model was not closed");
        }
    }

    /// Reads until something fails. May be dropped at any point: a transaction is whole or not at all.
    async fn read(&mut self, wait: &mut Duration) -> Result<(), Unavailable> {
        self.check_log().await?;
        let topics = [Topic::Analytics];
        let mut reader: Box<dyn LogReader> =
            self.log.read(&topics, &self.writer.now().positions).await?;
        let mut pace = Pace::new(REST);
        loop {
            pace.rest().await;
            let records = reader.take(BATCH, LINGER).await?;
            let (began, full) = (Instant::now(), records.len() >= BATCH);
            *wait = WAITS.0;
            self.take(records).await?;
            pace.worked(began, full);
        }
    }

    /// Looks how far the log goes, and whether it is the one that was read before.
    async fn check_log(&mut self) -> Result<(), Unavailable> {
        let unusable = |error| Unavailable::new("the read model", error);
        let ends = self.log.ends(Topic::Analytics).await?;
        let known = &self.writer.now().last_records;
        self.foreign_log = None;
        if !known.are_on(&*self.log).await? {
            let foreign = ForeignLog {
                fingerprint: known.fingerprint(),
                events: self.writer.count_events().await.map_err(unusable)?,
                records: ends.0.values().sum(),
            };
            if self.keep_history.as_ref() != Some(&foreign.fingerprint) {
                let why = Unavailable::new("the log", &foreign);
                self.foreign_log = Some(foreign);
                return Err(why);
            }
            tracing::warn!(
                events = foreign.events,
                "the history is kept, and the log is read from its start"
            );
            self.writer.keep_history().await.map_err(unusable)?;
        }
        self.end = Some(ends);
        self.publish();
        Ok(())
    }

    async fn take(&mut self, records: Vec<Record>) -> Result<(), Unavailable> {
        let before = self.writer.now().clone();
        let goes_back = |it: &Record| before.positions.includes(it.topic, it.partition, it.offset);
        if records.iter().any(goes_back) {
            return Err(Unavailable::new("the log", "it begins anew"));
        }
        let batch = Batch::decode(records.clone(), &before);
        match self
            .writer
            .write(batch)
            .await
            .map_err(|error| (Trouble::from(error), records))
        {
            Ok(changes) => self.tell(&before, &changes),
            Err((Trouble::Unavailable(why), _)) => {
                return Err(Unavailable::new("the read model", why));
            }
            Err((Trouble::Data(why), records)) => self.one_by_one(records, &why).await?,
        }
        Ok(())
    }

    /// A batch that the file refuses: one record is to blame, and is set aside.
    async fn one_by_one(&mut self, records: Vec<Record>, why: &str) -> Result<(), Unavailable> {
        tracing::warn!(why, "a batch was refused; its records are tried one by one");
        for record in records {
            let before = self.writer.now().clone();
            let batch = Batch::decode(vec![record.clone()], &before);
            let written = match self.writer.write(batch).await.map_err(Trouble::from) {
                Err(Trouble::Data(why)) => {
                    let aside = Batch::aside(record, &before, why);
                    self.writer.write(aside).await.map_err(Trouble::from)
                }
                written => written,
            };
            match written {
                Ok(changes) => self.tell(&before, &changes),
                Err(error) => return Err(Unavailable::new("the read model", error)),
            }
        }
        Ok(())
    }

    /// Shows everybody what was written.
    fn publish(&self) {
        let mut now = self.writer.now().clone();
        now.caught_up = self
            .end
            .as_ref()
            .is_some_and(|end| now.positions.reach(end));
        now.foreign_log.clone_from(&self.foreign_log);
        self.now.send_replace(Arc::new(now));
    }

    fn tell(&self, before: &Now, changes: &Changes) {
        metrics::counter!("festflow_read_model_events_total")
            .increment(changes.entries.len() as u64);
        self.publish();
        (self.on_commit)(&Committed {
            before,
            entries: &changes.entries,
        });
    }
}
