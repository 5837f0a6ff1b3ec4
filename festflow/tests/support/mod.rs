//! What the stories share: a festival that sells for real, embedded and on brokers, and the oracle that reads the log.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, missing_docs)]

pub mod oracle;

use clap::Parser;
use festflow::{Installation, Settings};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a story waits for what must happen, on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A festival with 50 day tickets, and plenty of weekend passes.
pub const FIFTY: &str = r#"
currency = "EUR"
[[event]]
id = "e"
name = "Evening"
venue = "Hall"
date = "2027-06-18T16:00:00+02:00"
[[event.ticket_type]]
id = "day"
name = "Day"
price = 5000
stock = 50
max_per_order = 4
[[event.ticket_type]]
id = "weekend"
name = "Weekend"
price = 9000
stock = 100000
max_per_order = 8
"#;

/// Where a festival keeps everything: files of its own, or shared brokers and a Postgres database of its own.
pub struct Place {
    pub directory: TempDir,
    /// Flags that name brokers and databases; none when embedded.
    flags: Vec<String>,
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

/// The places that the stories run at: embedded always; distributed where brokers are named, which CI must have.
pub async fn places() -> Vec<Place> {
    let mut places = vec![Place::embedded()];
    match ["QUEUE_URL", "LOG_URL", "DATABASE_URL"]
        .map(|name| std::env::var(format!("FESTFLOW_TEST_{name}")))
    {
        [Ok(queue), Ok(log), Ok(database)] => {
            places.push(Place::distributed(&queue, &log, &database).await)
        }
        _ if std::env::var_os("CI").is_some() => {
            panic!("CI needs FESTFLOW_TEST_{{QUEUE,LOG,DATABASE}}_URL")
        }
        _ => eprintln!("skipped on brokers: FESTFLOW_TEST_{{QUEUE,LOG,DATABASE}}_URL are not set"),
    }
    places
}

impl Place {
    pub fn embedded() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
            flags: Vec::new(),
        }
    }

    async fn distributed(queue: &str, log: &str, database: &str) -> Place {
        let name = format!("story_{}", Uuid::new_v4().simple());
        let flags = [
            ("--queue-url", queue.to_owned()),
            ("--log-url", log.to_owned()),
            ("--bus-prefix", format!("{name}.")),
            ("--database-url", own_database(database, &name).await),
        ];
        Place {
            directory: tempfile::tempdir().unwrap(),
            flags: flags
                .into_iter()
                .flat_map(|(flag, value)| [flag.to_owned(), value])
                .collect(),
        }
    }

    /// Whether it is on brokers.
    pub fn is_distributed(&self) -> bool {
        !self.flags.is_empty()
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The arguments of `festflow` for a festival with this catalogue.
    pub fn arguments(&self, catalogue: &str, address: &str, extra: &[&str]) -> Vec<String> {
        let file = self.path().join("festival.toml");
        std::fs::write(&file, catalogue).unwrap();
        let mut arguments = vec![
            "--data".to_owned(),
            self.path().join("data").display().to_string(),
            "--catalogue".to_owned(),
            file.display().to_string(),
            "--listen".to_owned(),
            address.to_owned(),
            "--site".to_owned(),
            site().display().to_string(),
            "--admin-password".to_owned(),
            PASSWORD.to_owned(),
            "--gateway-latency-ms".to_owned(),
            "1".to_owned(),
        ];
        arguments.extend(self.flags.iter().cloned());
        arguments.extend(extra.iter().map(|&flag| flag.to_owned()));
        arguments
    }

    pub fn settings(&self, catalogue: &str, extra: &[&str]) -> Settings {
        let arguments = std::iter::once("festflow".to_owned()).chain(self.arguments(
            catalogue,
            "127.0.0.1:0",
            extra,
        ));
        Flags::try_parse_from(arguments)
            .unwrap_or_else(|error| panic!("{error}"))
            .settings
    }
}

pub const PASSWORD: &str = "a password for stories";

/// The site that `cargo xtask build` has made, or an empty one: these stories need no scripts.
fn site() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site")
}

async fn own_database(url: &str, name: &str) -> String {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await
        .unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// A running festival.
pub struct Festival {
    pub url: String,
    pub client: reqwest::Client,
    shutdown: CancellationToken,
    running: JoinHandle<std::io::Result<()>>,
}

impl Festival {
    pub async fn open(place: &Place, catalogue: &str, extra: &[&str]) -> Festival {
        let shutdown = CancellationToken::new();
        let settings = place.settings(catalogue, extra);
        let installation = Installation::open(settings, shutdown.clone())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let url = format!("http://{}", installation.listener().local_addr().unwrap());
        let running = tokio::spawn(installation.run());
        let festival = Festival {
            url,
            client: reqwest::Client::new(),
            shutdown,
            running,
        };
        festival
            .until("every ticket type is on sale", async |it| {
                it.tickets().await.len() == catalogue.matches("[[event.ticket_type]]").count()
            })
            .await;
        festival
    }

    /// Stops as SIGTERM does.
    pub async fn close(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Orders; the status and what came with it.
    pub async fn order(
        &self,
        items: &[(&str, i64)],
        token: &str,
        key: Option<&str>,
    ) -> (u16, Value) {
        let items: Vec<_> = items
            .iter()
            .map(|(name, quantity)| json!({ "ticket_type": name, "quantity": quantity }))
            .collect();
        let body = json!({ "items": items, "email": "kim@example.org", "name": "Kim", "payment_token": token });
        let mut request = self
            .client
            .post(format!("{}/api/orders", self.url))
            .json(&body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await.unwrap();
        (
            response.status().as_u16(),
            response.json().await.unwrap_or_default(),
        )
    }

    /// An order that must be accepted.
    pub async fn accepted(&self, items: &[(&str, i64)], token: &str) -> Value {
        let (status, order) = self.order(items, token, None).await;
        assert_eq!(status, 202, "{order}");
        order
    }

    /// The order, as its key holder sees it.
    pub async fn look_up(&self, accepted: &Value) -> Value {
        let (id, key) = (
            accepted["order_id"].as_str().unwrap(),
            accepted["key"].as_str().unwrap(),
        );
        let url = format!("{}/api/orders/{id}?key={key}", self.url);
        self.client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// The order once nothing more happens to it.
    pub async fn ended(&self, accepted: &Value) -> Value {
        let is_final = |order: &Value| {
            let status = order["status"]
                .as_str()
                .and_then(domain::OrderStatus::parse);
            status.is_some_and(domain::OrderStatus::is_final)
        };
        self.until("the order ends", async |it| {
            is_final(&it.look_up(accepted).await)
        })
        .await;
        self.look_up(accepted).await
    }

    /// All ticket types.
    pub async fn tickets(&self) -> Vec<Value> {
        let events: Vec<Value> = self
            .client
            .get(format!("{}/api/tickets", self.url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        events
            .iter()
            .flat_map(|event| {
                event["ticket_types"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default()
            })
            .collect()
    }

    /// What remains of a type.
    pub async fn remaining(&self, ticket_type: &str) -> i64 {
        let tickets = self.tickets().await;
        let found = tickets
            .iter()
            .find(|entry| entry["ticket_type"] == ticket_type);
        found
            .and_then(|entry| entry["remaining"].as_i64())
            .unwrap_or(-1)
    }

    /// Signs the admin in; the session's cookie.
    pub async fn sign_in(&self) -> String {
        let body = json!({ "email": "admin@festflow.local", "password": PASSWORD });
        let response = self
            .client
            .post(format!("{}/api/session", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 204);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// What an admin may read.
    pub async fn admin(&self, path: &str, cookie: &str) -> Value {
        let url = format!("{}/api/admin/{path}", self.url);
        self.client
            .get(url)
            .header("Cookie", cookie)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Waits until `condition` holds.
    pub async fn until(&self, what: &str, condition: impl AsyncFn(&Festival) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !condition(self).await {
            assert!(
                tokio::time::Instant::now() < deadline,
                "waited in vain until {what}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
