//! Tickets as files, for their holders: a PDF to print, a picture of the code. Making one takes milliseconds of a core, and
//! anybody who has bought something may ask for it as often as they like. So few are made at a time, a file that is asked for
//! several times at once is made once, and it is kept for a while.

use crate::bulkhead::{Bulkhead, Full};
use crate::error::Problem;
use axum::body::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::time::Duration;
use tickets::{QrSymbol, TicketPrinter, TicketSheet, TicketSigner};
use tokio::time::timeout;

/// Files that may wait to be made.
const WAITING: usize = 100;
/// How long somebody waits for a file.
const FILE_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of files that are kept: those of some hundred orders.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
/// About as many files as that is.
const KEPT_FILES: usize = 1_000;

/// Makes files and keeps them.
pub(crate) struct TicketFiles {
    printer: Arc<TicketPrinter>,
    signer: Arc<TicketSigner>,
    making: Bulkhead,
    kept: Cache<TicketFile, Bytes, ByLength>,
    /// How long somebody waits for a file, making it included.
    timeout: Duration,
}

/// A file, by all that is in it: what is kept is never out of date.
#[derive(Clone, PartialEq, Eq, Hash)]
enum TicketFile {
    Pdf(TicketSheet),
    Qr { code: String, label: String },
}

impl TicketFile {
    fn kind(&self) -> &'static str {
        match self {
            TicketFile::Pdf(_) => "pdf",
            TicketFile::Qr { .. } => "qr",
        }
    }
}

#[derive(Clone)]
struct ByLength;

impl Weighter<TicketFile, Bytes> for ByLength {
    fn weight(&self, _: &TicketFile, content: &Bytes) -> u64 {
        content.len() as u64
    }
}

impl TicketFiles {
    /// Made by all cores but one at the most.
    pub fn new(printer: TicketPrinter, signer: Arc<TicketSigner>) -> TicketFiles {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        TicketFiles {
            printer: Arc::new(printer),
            signer,
            making: Bulkhead::new(cores.saturating_sub(1).max(1), WAITING),
            kept: Cache::with_weighter(KEPT_FILES, KEPT_BYTES, ByLength),
            timeout: FILE_TIMEOUT,
        }
    }

    /// The PDF of an order's tickets.
    ///
    /// # Errors
    /// There is too much to do (503), or it cannot be printed.
    pub async fn pdf(&self, sheet: TicketSheet) -> Result<Bytes, Problem> {
        let (printer, signer) = (self.printer.clone(), self.signer.clone());
        let printed = sheet.clone();
        self.file(TicketFile::Pdf(sheet), move || {
            printer.print(&printed, &signer).map_err(Problem::internal)
        })
        .await
    }

    /// A ticket's code as an SVG picture that is called `label`.
    ///
    /// # Errors
    /// There is too much to do (503), or the code is too long.
    pub async fn qr(&self, code: String, label: String) -> Result<Bytes, Problem> {
        let (drawn, called) = (code.clone(), label.clone());
        self.file(TicketFile::Qr { code, label }, move || {
            let symbol = QrSymbol::encode(&drawn).map_err(Problem::internal)?;
            Ok(symbol.svg(&called).into_bytes())
        })
        .await
    }

    async fn file(
        &self,
        file: TicketFile,
        make: impl FnOnce() -> Result<Vec<u8>, Problem> + Send + 'static,
    ) -> Result<Bytes, Problem> {
        let kind = file.kind();
        let making = async {
            let turn = self.making.enter().await.map_err(|Full| too_much())?;
            // Whoever asked may go: the turn lasts as long as the work.
            let made = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                make()
            });
            let made = made.await.map_err(Problem::internal)??;
            metrics::counter!("festflow_ticket_files_made_total", "kind" => kind).increment(1);
            Ok(Bytes::from(made))
        };
        timeout(self.timeout, self.kept.get_or_insert_async(&file, making))
            .await
            .unwrap_or_else(|_| Err(too_much()))
    }
}

fn too_much() -> Problem {
    Problem::unavailable("Too many tickets are asked for right now. Try again in a moment.")
}

#[cfg(test)]
#[path = "ticket_files_tests.rs"]
mod tests;
