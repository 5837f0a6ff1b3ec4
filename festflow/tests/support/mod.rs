//! What the stories share: a festival that sells for real, embedded and on brokers, and the oracle that reads the log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    dead_code,
    unused_imports,
    missing_docs
)]

pub mod brokers;
pub mod dashboard;
pub mod oracle;
mod place;
pub mod processes;
pub mod visitor;

pub use place::{FIFTY, PASSWORD, Place, places, places_on_brokers};
pub use visitor::Visitor;

use festflow::Installation;
use std::ops::Deref;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a story waits for what must happen, on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running festival, and somebody who visits it.
pub struct Festival {
    visitor: Visitor,
    shutdown: CancellationToken,
    running: JoinHandle<Result<(), festflow::StartError>>,
}

impl Festival {
    pub async fn open(place: &Place, catalogue: &str, extra: &[&str]) -> Festival {
        let shutdown = CancellationToken::new();
        let settings = place.settings(catalogue, extra);
        let installation = Installation::open(settings, shutdown.clone())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let visitor = Visitor::of(&installation.listener().local_addr().unwrap().to_string());
        let running = tokio::spawn(installation.run());
        visitor.until_on_sale(catalogue).await;
        Festival {
            visitor,
            shutdown,
            running,
        }
    }

    /// Stops as SIGTERM does.
    pub async fn close(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }
}

impl Deref for Festival {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}
