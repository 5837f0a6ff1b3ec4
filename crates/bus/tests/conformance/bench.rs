//! What a test works on: ports of its own, which it can close and open again.

use crate::{
    faults::Journal,
    support::{PATIENCE, eventually},
};
use bus::{BusOptions, CommandQueue, EventLog, Topic, open_log, open_queue};
use std::{env, sync::Arc, time::Duration};
use tempfile::TempDir;

/// The ports of one test. Nobody else uses the same queues and topics.
pub struct Bench {
    pub queue_url: String,
    pub log_url: String,
    pub prefix: String,
    /// How soon work of a killed process must be back. A broker decides that by its own timeouts.
    pub recovery: Duration,
    /// What the processes of this test died of.
    pub crashes: Journal,
    folder: TempDir,
}

impl Bench {
    /// Both ports on SQLite.
    pub fn sqlite() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let url = |name| format!("sqlite:{}", folder.path().join(name).display());
        Bench {
            queue_url: url("queue.db"),
            log_url: url("log.db"),
            prefix: String::new(),
            recovery: Duration::from_secs(2),
            crashes: Journal::default(),
            folder,
        }
    }

    /// The queue on RabbitMQ, the log on SQLite.
    pub fn rabbitmq() -> Option<Bench> {
        let queue_url = broker("FESTFLOW_TEST_QUEUE_URL")?;
        Some(Bench {
            queue_url,
            ..Bench::on_a_broker()
        })
    }

    /// The log on Kafka, the queue on SQLite.
    pub fn kafka() -> Option<Bench> {
        let log_url = broker("FESTFLOW_TEST_LOG_URL")?;
        Some(Bench {
            log_url,
            ..Bench::on_a_broker()
        })
    }

    fn on_a_broker() -> Bench {
        Bench {
            prefix: format!("test-{:08x}.", rand::random::<u32>()),
            recovery: PATIENCE,
            ..Bench::sqlite()
        }
    }

    /// Opens the queue; once more, if it is open.
    pub async fn queue(&self) -> Arc<dyn CommandQueue> {
        connected_queue(&self.queue_url, &self.options()).await
    }

    /// Opens the log; once more, if it is open.
    pub async fn log(&self) -> Arc<dyn EventLog> {
        connected_log(&self.log_url, &self.options()).await
    }

    pub fn options(&self) -> BusOptions {
        BusOptions {
            prefix: self.prefix.clone(),
            ..BusOptions::default()
        }
    }

    /// Where SQLite's files are.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// The queues at `url`, once their broker answers: until then, calls say that it does not.
pub async fn connected_queue(url: &str, options: &BusOptions) -> Arc<dyn CommandQueue> {
    let queue = open_queue(url, options).unwrap();
    eventually("the queue's broker answers", async || {
        queue.ready().await.is_ok()
    })
    .await;
    queue
}

/// The log at `url`, once its broker answers.
pub async fn connected_log(url: &str, options: &BusOptions) -> Arc<dyn EventLog> {
    let log = open_log(url, options).unwrap();
    for topic in Topic::ALL {
        eventually("the log's broker answers", async || {
            log.ends(topic).await.is_ok()
        })
        .await;
    }
    log
}

fn broker(variable: &str) -> Option<String> {
    match env::var(variable) {
        Ok(url) => Some(url),
        Err(_) if env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{variable} must be set"),
        Err(_) => {
            eprintln!("skipped: {variable} is not set");
            None
        }
    }
}
