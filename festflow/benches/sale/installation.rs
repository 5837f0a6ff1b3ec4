//! The real programs as processes: one for everything, or one for each service.

use crate::support::Place;
use crate::support::processes::{Processes, TOGETHER};
use anyhow::Result;
use serde_json::Value;

/// Plenty of one hot ticket type.
const CATALOGUE: &str = r#"
currency = "EUR"
[[event]]
id = "e"
name = "Evening"
venue = "Hall"
date = "2027-06-18T16:00:00+02:00"
[[event.ticket_type]]
id = "weekend"
name = "Weekend"
price = 9000
stock = 10000000
max_per_order = 8
"#;
const SERVER: &[&str] = &["festflow-server"];
/// All workers.
pub const ALL: &[&str] = &["festflow-inventory", "festflow-payment", "festflow-email"];
/// Those that sell, and not the one that writes mails.
pub const SELLERS: &[&str] = &["festflow-inventory", "festflow-payment"];
/// Nobody but who holds the stock.
pub const INVENTORY: &[&str] = &["festflow-inventory"];
/// Nobody but who charges.
pub const PAYMENT: &[&str] = &["festflow-payment"];
/// The gateway answers at once: it is outside. All buyers come from one address, and who guesses passwords comes through a
/// proxy.
const SETTINGS: &[(&str, &str)] = &[
    ("FESTFLOW_GATEWAY_LATENCY_MS", "0"),
    ("FESTFLOW_LOG", "warn"),
    ("FESTFLOW_MAX_CONNECTIONS_PER_ADDRESS", "5000"),
    ("FESTFLOW_TRUSTED_PROXIES", "127.0.0.1"),
];

/// A running installation.
pub struct Installation<'a> {
    place: &'a Place,
    server: Processes,
    workers: Option<Processes>,
    client: reqwest::Client,
    /// Of the admin.
    pub cookie: String,
}

impl<'a> Installation<'a> {
    /// Starts one process for everything.
    pub async fn together(place: &'a Place) -> Installation<'a> {
        Installation::start(place, TOGETHER, None).await
    }

    /// Starts a process for each service.
    pub async fn apart(place: &'a Place) -> Installation<'a> {
        Installation::start(place, SERVER, Some(ALL)).await
    }

    async fn start(
        place: &'a Place,
        server: &[&str],
        workers: Option<&[&str]>,
    ) -> Installation<'a> {
        let start = |programs| Processes::start(place, CATALOGUE, programs, SETTINGS);
        let (server, workers) = (start(server), workers.map(start));
        server.until_on_sale(CATALOGUE).await;
        server.until_ready().await;
        let cookie = server.visitor().sign_in().await;
        Installation {
            place,
            server,
            workers,
            client: reqwest::Client::new(),
            cookie,
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> &str {
        &self.server.address
    }

    /// Stops the workers that are processes of their own.
    pub async fn stop_workers(&mut self) {
        if let Some(workers) = self.workers.take() {
            workers.stop().await;
        }
    }

    /// Starts these workers, with these settings.
    pub fn start_workers(&mut self, programs: &[&str], settings: &[(&str, &str)]) {
        let settings = [SETTINGS, settings].concat();
        self.workers = Some(Processes::start(self.place, CATALOGUE, programs, &settings));
    }

    /// Stops everything.
    pub async fn stop(mut self) {
        self.stop_workers().await;
        self.server.stop().await;
    }

    /// Waits until so many mails are sent, as the log tells.
    pub async fn mails(&self, count: usize) {
        let mut before = 0;
        // Many thousands take their time; as long as there are more each time, all is well.
        loop {
            let now = self.mailed().await;
            if now >= count {
                return;
            }
            self.server
                .until("another mail is sent", async || {
                    self.mailed().await > before
                })
                .await;
            before = now;
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    async fn mailed(&self) -> usize {
        let ledger = self.admin("ledger").await.unwrap_or_default();
        let mut checks = ledger["checks"].as_array().into_iter().flatten();
        let sent = checks.find(|check| check["name"] == "mails");
        sent.and_then(|check| check["right"].as_u64()).unwrap_or(0) as usize
    }

    /// Waits until the ledger says that everything adds up.
    pub async fn balanced(&self) {
        let balanced = async || Some(self.admin("ledger").await.ok()?["balanced"] == true);
        self.server
            .until("the ledger balances", async || {
                balanced().await == Some(true)
            })
            .await;
    }

    /// Waits until so many messages wait in a queue.
    pub async fn until_waiting(&self, queue: &str, count: u64) {
        let waiting = async || self.ready(queue).await.is_some_and(|ready| ready >= count);
        self.server.until("they wait", waiting).await;
    }

    /// Waits until a worker has taken some of so many messages.
    pub async fn until_taken(&self, queue: &str, count: u64) {
        let taken = async || self.ready(queue).await.is_some_and(|ready| ready < count);
        self.server.until("some are taken", taken).await;
    }

    /// The messages of a queue that wait, as far as the server knows.
    async fn ready(&self, queue: &str) -> Option<u64> {
        let queues = self.admin("queues").await.ok()?;
        let mut queues = queues["queues"].as_array()?.iter();
        queues.find(|it| it["name"] == queue)?["ready"].as_u64()
    }

    /// What an admin is told.
    pub async fn admin(&self, what: &str) -> Result<Value> {
        let url = format!("http://{}/api/admin/{what}", self.address());
        let request = self.client.get(&url).header("cookie", &self.cookie);
        Ok(request.send().await?.json().await?)
    }
}
