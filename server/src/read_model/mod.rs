#![doc = include_str!("README.md")]

mod batch;
mod changes;
mod feed;
mod history;
mod load;
mod mails;
mod now;
mod open;
mod order_view;
mod queries;
mod sales;
mod search;
mod timeline;
mod writer;

pub(crate) use feed::{Committed, OnCommit};
pub(crate) use now::{Now, counter};
pub(crate) use order_view::received;
pub(crate) use search::OrderFilter;

use crate::StartError;
use bus::EventLog;
use feed::Feed;
use open::ReadModelFile;
use sqlx::SqlitePool;
use std::path::Path;
use std::sync::Arc;
use tickets::TicketSigner;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use writer::Writer;

/// Reads the read model. Clones share it.
#[derive(Clone)]
pub(crate) struct ReadModel {
    now: watch::Receiver<Arc<Now>>,
    readers: SqlitePool,
    signer: Arc<TicketSigner>,
}

/// The part that writes it, before it is started.
pub(crate) struct Unfed {
    file: ReadModelFile,
    writer: Writer,
    now: watch::Sender<Arc<Now>>,
    keep_history: Option<String>,
}

impl ReadModel {
    /// Opens the file at `path`, which need not exist. The history with the fingerprint `keep_history` is kept where the log is
    /// another one.
    ///
    /// # Errors
    /// It cannot be made there, or another server has it.
    pub async fn open(
        path: &Path,
        signer: Arc<TicketSigner>,
        keep_history: Option<String>,
    ) -> Result<(ReadModel, Unfed), StartError> {
        let file = ReadModelFile::hold(path)?;
        let refuse = |error: sqlx::Error| StartError::Setting {
            variable: "FESTFLOW_READ_MODEL",
            why: format!("{}: {error}", path.display()),
        };
        let connection = file.writer().await.map_err(refuse)?;
        let writer = Writer::new(connection).await.map_err(refuse)?;
        let now = watch::Sender::new(Arc::new(writer.now().clone()));
        let read_model = ReadModel {
            now: now.subscribe(),
            readers: file.readers(),
            signer,
        };
        let unfed = Unfed {
            file,
            writer,
            now,
            keep_history,
        };
        Ok((read_model, unfed))
    }

    /// The sale at this moment.
    pub fn now(&self) -> Arc<Now> {
        self.now.borrow().clone()
    }

    /// Tells of each change of [`ReadModel::now`].
    pub fn changes(&self) -> watch::Receiver<Arc<Now>> {
        self.now.clone()
    }

    /// Lets go of the file.
    pub async fn close(&self) {
        self.readers.close().await;
    }
}

impl Unfed {
    /// Feeds it from the log until `shutdown`.
    pub async fn run(
        self,
        log: Arc<dyn EventLog>,
        on_commit: OnCommit,
        shutdown: CancellationToken,
    ) {
        let feed = Feed {
            log,
            _file: self.file,
            writer: self.writer,
            now: self.now,
            on_commit,
            end: None,
            foreign_log: None,
            keep_history: self.keep_history,
        };
        feed.run(shutdown).await;
    }
}
