//! Buyers: many connections that order and order again. A bare HTTP client, since its work is done on the same cores.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use domain::OrderId;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;

/// Connections, each of which has one order on its way at a time.
pub struct Buyers {
    address: String,
    connections: Vec<SendRequest<Full<Bytes>>>,
}

/// An accepted order.
pub struct Accepted {
    pub order_id: OrderId,
    /// When it was sent.
    pub sent: Instant,
    /// From there to the answer.
    pub answered: Duration,
}

#[derive(Deserialize)]
struct Answer {
    order_id: OrderId,
}

impl Buyers {
    pub async fn connect(address: &str, connections: usize) -> Result<Buyers> {
        let connect = async || {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            anyhow::Ok(sender)
        };
        Ok(Buyers {
            address: address.to_owned(),
            connections: try_join_all((0..connections).map(|_| connect())).await?,
        })
    }

    /// All at once: `count` orders, as fast as the answers come.
    pub async fn rush(&mut self, count: usize) -> Result<Vec<Accepted>> {
        let next = AtomicUsize::new(0);
        let (next, address) = (&next, self.address.as_str());
        let lanes = self.connections.iter_mut().map(|connection| async move {
            let mut accepted = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < count {
                accepted.push(order(connection, address).await?);
            }
            anyhow::Ok(accepted)
        });
        Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
    }

    /// Evenly: `rate` orders a second, each on its way for as long as it takes.
    pub async fn steadily(&mut self, rate: f64, duration: Duration) -> Result<Vec<Accepted>> {
        let lanes = self.connections.len();
        let pause = Duration::from_secs_f64(lanes as f64 / rate);
        let address = self.address.as_str();
        let lanes = self.connections.iter_mut().enumerate();
        let count = (duration.as_secs_f64() / pause.as_secs_f64()) as usize;
        let lanes = lanes.map(|(lane, connection)| async move {
            let first = tokio::time::Instant::now() + Duration::from_secs_f64(lane as f64 / rate);
            let mut ticks = tokio::time::interval_at(first, pause);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut accepted = Vec::new();
            for _ in 0..count {
                ticks.tick().await;
                accepted.push(order(connection, address).await?);
            }
            anyhow::Ok(accepted)
        });
        Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
    }

    /// One order.
    pub async fn one(&mut self) -> Result<Accepted> {
        let connection = self.connections.first_mut().context("no connection")?;
        order(connection, &self.address).await
    }
}

/// One ticket, with a key as the shop's form has it.
async fn order(connection: &mut SendRequest<Full<Bytes>>, address: &str) -> Result<Accepted> {
    let body = r#"{"items":[{"ticket_type":"weekend","quantity":1}],"email":"buyer@example.org","name":"Some Buyer","payment_token":"tok_visa"}"#;
    let request = Request::post("/api/orders")
        .header("host", address)
        .header("content-type", "application/json")
        .header("idempotency-key", uuid::Uuid::new_v4().to_string())
        .body(Full::from(body))?;
    let sent = Instant::now();
    connection.ready().await?;
    let response = connection.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    ensure!(
        status == StatusCode::ACCEPTED,
        "{status}: {}",
        String::from_utf8_lossy(&body)
    );
    let Answer { order_id } = serde_json::from_slice(&body)?;
    Ok(Accepted {
        order_id,
        sent,
        answered: sent.elapsed(),
    })
}
