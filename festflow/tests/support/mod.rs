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

pub use place::{FIFTY, PASSWORD, Place, places};

use festflow::Installation;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a story waits for what must happen, on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running festival.
pub struct Festival {
    pub url: String,
    pub client: reqwest::Client,
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
