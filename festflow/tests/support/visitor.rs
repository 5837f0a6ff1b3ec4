//! Somebody who visits a festival: buys, looks, signs in. What a server cannot do yet, or not just now, is asked for again,
//! as buyers and their programs do.

use super::{PASSWORD, PATIENCE};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// Between two attempts.
const AGAIN: Duration = Duration::from_millis(20);

/// Somebody with a browser, and the address of a server.
#[derive(Clone)]
pub struct Visitor {
    pub url: String,
    pub client: Client,
}

impl Visitor {
    /// Of the server at `address`.
    pub fn of(address: &str) -> Visitor {
        Visitor {
            url: format!("http://{address}"),
            client: Client::new(),
        }
    }

    /// Waits until every ticket type is on sale and orders are taken.
    pub async fn until_on_sale(&self, catalogue: &str) {
        let types = catalogue.matches("[[event.ticket_type]]").count();
        self.until("every ticket type is on sale", async |it| {
            it.tickets().await.len() == types
        })
        .await;
        self.until("orders are taken", async |it| it.is_ready().await)
            .await;
    }

    /// Whether it takes orders.
    pub async fn is_ready(&self) -> bool {
        let answer = self.client.get(format!("{}/readyz", self.url)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    /// Sends a request until it is not refused with 503.
    pub async fn send(&self, request: RequestBuilder) -> (StatusCode, Value) {
        self.try_send(request).await.unwrap()
    }

    /// The same, where the server may be killed meanwhile.
    async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<(StatusCode, Value)> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let response = request.try_clone().unwrap().send().await?;
            let status = response.status();
            let answer = response.json().await.unwrap_or_default();
            if status != StatusCode::SERVICE_UNAVAILABLE {
                return Ok((status, answer));
            }
            assert!(Instant::now() < deadline, "refused to the last: {answer}");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Orders; the status and what came with it. Whoever has no key makes one for this order: after a 503 nobody knows
    /// whether it was taken.
    pub async fn order(
        &self,
        items: &[(&str, i64)],
        token: &str,
        key: Option<&str>,
    ) -> (u16, Value) {
        let (status, order) = self.send(self.ordering(items, token, key)).await;
        (status.as_u16(), order)
    }

    /// An order that must be accepted, unless the server is killed before.
    pub async fn accepted_unless_killed(&self, items: &[(&str, i64)]) -> Option<Value> {
        let sent = self.try_send(self.ordering(items, "tok_visa", None)).await;
        let (status, order) = sent.ok()?;
        // An answer that was cut off says nothing.
        if order.is_null() {
            return None;
        }
        assert_eq!(status, 202, "{order}");
        Some(order)
    }

    fn ordering(&self, items: &[(&str, i64)], token: &str, key: Option<&str>) -> RequestBuilder {
        let items: Vec<_> = items
            .iter()
            .map(|(name, quantity)| json!({ "ticket_type": name, "quantity": quantity }))
            .collect();
        let body = json!({ "items": items, "email": "kim@example.org", "name": "Kim", "payment_token": token });
        let key = key.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let request = self.client.post(format!("{}/api/orders", self.url));
        request.json(&body).header("Idempotency-Key", key)
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
        self.send(self.client.get(url)).await.1
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
        let request = self.client.get(format!("{}/api/tickets", self.url));
        let (_, events) = self.send(request).await;
        let types = |event: &Value| event["ticket_types"].as_array().cloned();
        let events = events.as_array().cloned().unwrap_or_default();
        events.iter().flat_map(types).flatten().collect()
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

    /// Signs the admin in, once the accounts are there; the cookies to send from now on.
    pub async fn sign_in(&self) -> String {
        let body = json!({ "email": "admin@festflow.local", "password": PASSWORD });
        let url = format!("{}/api/session", self.url);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let response = self.client.post(&url).json(&body).send().await.unwrap();
            if response.status() == 204 {
                return cookies(&response);
            }
            assert_eq!(response.status(), 503);
            assert!(Instant::now() < deadline, "nobody can sign in");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// What an admin may read.
    pub async fn admin(&self, path: &str, cookie: &str) -> Value {
        let url = format!("{}/api/admin/{path}", self.url);
        let request = self.client.get(url).header("Cookie", cookie);
        self.send(request).await.1
    }

    /// Waits until the ledger says that everything adds up.
    pub async fn until_balanced(&self) {
        let cookie = self.sign_in().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ledger = self.admin("ledger", &cookie).await;
            if ledger["balanced"] == true {
                return;
            }
            assert!(Instant::now() < deadline, "no balance: {ledger:#}");
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Waits until `condition` holds.
    pub async fn until(&self, what: &str, condition: impl AsyncFn(&Visitor) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self).await {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// What a browser sends after this answer.
pub fn cookies(response: &reqwest::Response) -> String {
    let set = response.headers().get_all("set-cookie").iter();
    let pairs = set.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}
