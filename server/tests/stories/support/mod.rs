//! What the stories are told with: a festival in a temporary directory, its servers, and clients as people use them.

pub mod buyer;
pub mod facts;
pub mod server;
pub mod socket;
pub mod trouble;

pub use buyer::Buyer;
pub use facts::Facts;
pub use server::{Options, TestServer};
pub use socket::Socket;

use bus::{Message, Queue, Source};
use domain::{Command, command::OrderPlaced};
use ops::{Bus, BusSettings, DataSettings, Secrets};
use std::future::Future;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An installation: its brokers, its secret, its site. Servers are started in it.
pub struct Festival {
    directory: TempDir,
    pub bus: Bus,
    pub secrets: Secrets,
}

impl Festival {
    /// A new one, where nothing is sold yet, on SQLite.
    pub fn new() -> Festival {
        Festival::with(BusSettings {
            queue_url: None,
            log_url: None,
            rabbitmq_management_url: None,
            bus_prefix: String::new(),
            orders_max_length: BusSettings::ORDERS_MAX_LENGTH,
        })
    }

    /// A new one on RabbitMQ and Kafka, as `cargo xtask brokers` names them; under names of its own there.
    pub fn on_brokers() -> Option<Festival> {
        let (queue_url, log_url) = (
            setting("FESTFLOW_TEST_QUEUE_URL")?,
            setting("FESTFLOW_TEST_LOG_URL")?,
        );
        Some(Festival::with(BusSettings {
            queue_url: Some(queue_url),
            log_url: Some(log_url),
            rabbitmq_management_url: None,
            bus_prefix: format!(
                "server-{}.",
                &uuid::Uuid::new_v4().simple().to_string()[..8]
            ),
            orders_max_length: BusSettings::ORDERS_MAX_LENGTH,
        }))
    }

    fn with(bus: BusSettings) -> Festival {
        let directory = tempfile::tempdir().unwrap();
        let site = directory.path().join("site");
        std::fs::create_dir_all(site.join("pkg/b1")).unwrap();
        std::fs::write(site.join("pkg/b1/app.css"), "body{}").unwrap();
        std::fs::write(site.join("pkg/b1/app.css.br"), "compressed").unwrap();
        std::fs::write(site.join("pkg/festflow.css"), "body{}").unwrap();
        std::fs::write(site.join("favicon.svg"), "<svg/>").unwrap();
        std::fs::write(site.join("build.json"), r#"{"build":"b1","bundles":[]}"#).unwrap();
        let data = DataSettings {
            path: directory.path().to_owned(),
        };
        Festival {
            bus: bus.open(&data).unwrap(),
            secrets: Secrets::new(vec!["a secret of the tests, long enough".to_owned()]).unwrap(),
            directory,
        }
    }

    /// Where its files are.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A server of it, called `name`.
    pub async fn server(&self, name: &str) -> TestServer {
        TestServer::start(self, name, Options::default()).await
    }

    /// Facts for its log.
    pub fn facts(&self) -> Facts {
        Facts::new(self.bus.log.clone())
    }

    /// The commands that wait on a queue, taken off it.
    pub async fn commands(&self, queue: Queue, count: usize) -> Vec<Command> {
        let messages = self.messages(queue, count).await;
        messages
            .iter()
            .map(|message| message.decode_command().unwrap())
            .collect()
    }

    /// The messages that wait on a queue, taken off it.
    pub async fn messages(&self, queue: Queue, count: usize) -> Vec<Message> {
        let mut source: Box<dyn Source> = self.bus.queue.consume(queue, 1_000).await.unwrap();
        let mut taken = Vec::new();
        while taken.len() < count {
            let wanted = count - taken.len();
            let deliveries =
                tokio::time::timeout(PATIENCE, source.take(wanted, Duration::from_millis(5)));
            let deliveries = deliveries.await.expect("nothing came").unwrap();
            let receipts: Vec<_> = deliveries.iter().map(|d| d.receipt).collect();
            source.settle(&receipts).await.unwrap();
            taken.extend(deliveries.into_iter().map(|delivery| delivery.message));
        }
        taken
    }

    /// The next order on the queue.
    pub async fn placed(&self) -> OrderPlaced {
        match self.commands(Queue::Orders, 1).await.remove(0) {
            Command::OrderPlaced(placed) => placed,
            other => panic!("not an order: {other:?}"),
        }
    }

    /// How many orders wait.
    pub async fn waiting(&self) -> u64 {
        self.bus.queue.depth(Queue::Orders).await.unwrap().ready
    }
}

/// Asks again and again until the answer is `Some`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let found = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// A broker's URL. Without one a test is skipped, but never where everything must be tested.
pub fn setting(variable: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(url) => Some(url),
        Err(_) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("{variable} must be set")
        }
        Err(_) => {
            eprintln!("skipped: {variable} is not set");
            None
        }
    }
}
