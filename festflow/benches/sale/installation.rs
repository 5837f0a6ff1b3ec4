//! The real programs as processes: one for everything, or one for each service.

use crate::support::processes::{Processes, TOGETHER};
use crate::support::visitor::cookies;
use crate::support::{PASSWORD, Place};
use anyhow::Result;
use serde_json::{Value, json};
use std::path::PathBuf;

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
const WORKERS: &[&str] = &["festflow-inventory", "festflow-payment", "festflow-email"];
const SELLERS: &[&str] = &["festflow-inventory", "festflow-payment"];
/// The gateway answers at once: it is outside.
const SETTINGS: &[(&str, &str)] = &[
    ("FESTFLOW_GATEWAY_LATENCY_MS", "0"),
    ("FESTFLOW_LOG", "warn"),
];

/// A running installation.
pub struct Installation<'a> {
    place: &'a Place,
    server: Processes,
    workers: Option<Processes>,
    client: reqwest::Client,
}

impl<'a> Installation<'a> {
    /// Starts one process for everything.
    pub async fn together(place: &'a Place) -> Installation<'a> {
        Installation::start(place, TOGETHER, None).await
    }

    /// Starts a process for each service.
    pub async fn apart(place: &'a Place) -> Installation<'a> {
        Installation::start(place, SERVER, Some(WORKERS)).await
    }

    async fn start(
        place: &'a Place,
        server: &[&str],
        workers: Option<&[&str]>,
    ) -> Installation<'a> {
        let start = |programs| Processes::start(place, CATALOGUE, programs, SETTINGS);
        let (server, workers) = (start(server), workers.map(start));
        server.until_on_sale(CATALOGUE).await;
        Installation {
            place,
            server,
            workers,
            client: reqwest::Client::new(),
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

    /// Starts them again.
    pub fn start_workers(&mut self) {
        self.workers = Some(Processes::start(self.place, CATALOGUE, WORKERS, SETTINGS));
    }

    /// Starts those that sell, and not the one that writes mails.
    pub fn start_sellers(&mut self) {
        self.workers = Some(Processes::start(self.place, CATALOGUE, SELLERS, SETTINGS));
    }

    /// Stops everything.
    pub async fn stop(mut self) {
        self.stop_workers().await;
        self.server.stop().await;
    }

    /// Signs the admin in, as soon as there is one; the cookies to send from now on.
    pub async fn sign_in(&self) -> Result<String> {
        let body = json!({ "email": "admin@festflow.local", "password": PASSWORD });
        let url = format!("http://{}/api/session", self.address());
        let sign_in = async || self.client.post(&url).json(&body).send().await;
        let there = async || sign_in().await.is_ok_and(|it| it.status().is_success());
        self.server.until("the admin can sign in", there).await;
        Ok(cookies(&sign_in().await?))
    }

    /// Waits until so many mails are written.
    pub async fn mails(&self, count: usize) {
        let folder: PathBuf = self.place.path().join("data/mail");
        let written = async || {
            let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let names = files.map(|file| file.file_name());
            names
                .filter(|name| name.to_string_lossy().ends_with(".eml"))
                .count()
        };
        let mut before = 0;
        // Many thousands take their time; as long as there are more each time, all is well.
        loop {
            let now = written().await;
            if now >= count {
                return;
            }
            self.server
                .until("another mail is written", async || written().await > before)
                .await;
            before = now;
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Waits until the ledger says that everything adds up.
    pub async fn balanced(&self, cookie: &str) {
        let url = format!("http://{}/api/admin/ledger", self.address());
        let balanced = async || {
            let request = self.client.get(&url).header("cookie", cookie);
            let ledger = request.send().await?.json::<Value>().await?;
            reqwest::Result::Ok(ledger["balanced"] == true)
        };
        self.server
            .until("the ledger balances", async || {
                balanced().await.unwrap_or(false)
            })
            .await;
    }
}
