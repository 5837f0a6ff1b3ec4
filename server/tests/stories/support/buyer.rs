//! Somebody who uses the server by HTTP: with cookies, and without following redirects.

use super::eventually;
use domain::OrderStatus;
use domain::view::{Accepted, OrderView};
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Mutex;

/// A cookie jar of one person.
pub struct Buyer {
    client: Client,
    base: String,
    /// Path, name, value.
    cookies: Mutex<Vec<(String, String, String)>>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The wrong fields that a problem names.
    pub fn wrong_fields(&self) -> Vec<String> {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        problem["errors"]
            .as_array()
            .map(|errors| {
                errors
                    .iter()
                    .map(|e| e["field"].as_str().unwrap().to_owned())
                    .collect()
            })
            .unwrap_or_default()
    }
}

impl Buyer {
    pub fn new(base: &str) -> Buyer {
        Buyer::from(base, None)
    }

    /// Who comes from this address of this machine.
    pub fn from(base: &str, address: Option<IpAddr>) -> Buyer {
        let client = Client::builder()
            .redirect(Policy::none())
            .local_address(address);
        Buyer {
            client: client.build().unwrap(),
            base: base.to_owned(),
            cookies: Mutex::default(),
        }
    }

    /// Sends any request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .body(body);
        if let Some(cookies) = self.cookies_for(path) {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let reply = Reply {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        };
        self.keep_cookies(&reply);
        reply
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    pub async fn post_json(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.send(Method::POST, path, &all, body.to_string()).await
    }

    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &kind, body).await
    }

    /// Orders tickets that a test card pays.
    pub async fn order(&self, ticket_type: &str, quantity: u32) -> Accepted {
        let reply = self.try_order(&order_of(ticket_type, quantity), None).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
        serde_json::from_str(&reply.body).unwrap()
    }

    /// Sends an order.
    pub async fn try_order(&self, order: &Value, key: Option<&str>) -> Reply {
        let key: Vec<_> = key
            .map(|key| ("idempotency-key", key))
            .into_iter()
            .collect();
        self.post_json("/api/orders", order, &key).await
    }

    /// The order, by its key.
    pub async fn see(&self, order: &Accepted) -> OrderView {
        let reply = self
            .get(&format!("/api/orders/{}?key={}", order.order_id, order.key))
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        serde_json::from_str(&reply.body).unwrap()
    }

    /// The order, once it has this status.
    pub async fn see_once(&self, order: &Accepted, status: OrderStatus) -> OrderView {
        eventually(status.as_str(), || async {
            let view = self.see(order).await;
            (view.status == status).then_some(view)
        })
        .await
    }

    /// A cookie that this path would be sent.
    pub fn cookies_for(&self, path: &str) -> Option<String> {
        let path = path.split('?').next().unwrap();
        let jar = self.cookies.lock().unwrap();
        let pairs: Vec<_> = jar
            .iter()
            .filter(|(scope, _, _)| {
                scope == "/" || path == scope || path.starts_with(&format!("{scope}/"))
            })
            .map(|(_, name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep_cookies(&self, reply: &Reply) {
        let mut jar = self.cookies.lock().unwrap();
        for header in reply.headers.get_all(SET_COOKIE) {
            let mut parts = header.to_str().unwrap().split("; ");
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let attributes: Vec<_> = parts.collect();
            let scope = attributes
                .iter()
                .find_map(|attribute| attribute.strip_prefix("Path="))
                .unwrap();
            assert!(attributes.contains(&"HttpOnly"), "{header:?}");
            jar.retain(|(path, known, _)| !(path == scope && known == name));
            if !attributes.contains(&"Max-Age=0") {
                jar.push((scope.to_owned(), name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// An order that nothing is wrong with.
pub fn order_of(ticket_type: &str, quantity: u32) -> Value {
    json!({
        "items": [{ "ticket_type": ticket_type, "quantity": quantity }],
        "email": "kim@example.org",
        "name": "Kim",
        "payment_token": "tok_visa",
    })
}
