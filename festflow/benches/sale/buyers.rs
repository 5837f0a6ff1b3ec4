//! Buyers: many connections that order and order again. They say and understand just enough HTTP for that, since their work
//! is done on the same cores.

use anyhow::{Context, Result, bail, ensure};
use domain::OrderId;
use futures_util::future::try_join_all;
use serde::Deserialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;

/// Connections, each of which has one order on its way at a time.
pub struct Buyers {
    connections: Vec<Connection>,
}

/// A connection that is kept alive.
struct Connection {
    address: String,
    stream: TcpStream,
    /// What was read of the answer.
    read: Vec<u8>,
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
        let connections = (0..connections).map(|_| Connection::open(address.to_owned()));
        Ok(Buyers {
            connections: try_join_all(connections).await?,
        })
    }

    /// Connects again: a server closes connections that are silent for long.
    pub async fn reconnect(&mut self) -> Result<()> {
        let addresses = self.connections.drain(..).map(|it| it.address);
        let connections = addresses.map(Connection::open);
        self.connections = try_join_all(connections.collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// All at once: `count` orders, as fast as the answers come.
    pub async fn rush(&mut self, count: usize) -> Result<Vec<Accepted>> {
        let next = AtomicUsize::new(0);
        let next = &next;
        let lanes = self.connections.iter_mut().map(|connection| async move {
            let mut accepted = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < count {
                accepted.push(connection.order().await?);
            }
            anyhow::Ok(accepted)
        });
        Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
    }

    /// Evenly: `rate` orders a second, each on its way for as long as it takes.
    pub async fn steadily(&mut self, rate: f64, duration: Duration) -> Result<Vec<Accepted>> {
        let lanes = self.connections.len();
        let pause = Duration::from_secs_f64(lanes as f64 / rate);
        let lanes = self.connections.iter_mut().enumerate();
        let count = (duration.as_secs_f64() / pause.as_secs_f64()) as usize;
        let lanes = lanes.map(|(lane, connection)| async move {
            let first = tokio::time::Instant::now() + Duration::from_secs_f64(lane as f64 / rate);
            let mut ticks = tokio::time::interval_at(first, pause);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut accepted = Vec::new();
            for _ in 0..count {
                ticks.tick().await;
                accepted.push(connection.order().await?);
            }
            anyhow::Ok(accepted)
        });
        Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
    }

    /// One order.
    pub async fn one(&mut self) -> Result<Accepted> {
        let connection = self.connections.first_mut().context("no connection")?;
        connection.order().await
    }
}

impl Connection {
    async fn open(address: String) -> Result<Connection> {
        let stream = TcpStream::connect(&address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            address,
            stream,
            read: Vec::new(),
        })
    }

    /// One ticket, with a key as the shop's form has it.
    async fn order(&mut self) -> Result<Accepted> {
        let body = r#"{"items":[{"ticket_type":"weekend","quantity":1}],"email":"buyer@example.org","name":"Some Buyer","payment_token":"tok_visa"}"#;
        let request = format!(
            "POST /api/orders HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             idempotency-key: {}\r\n\r\n{body}",
            self.address,
            body.len(),
            uuid::Uuid::now_v7(),
        );
        let sent = Instant::now();
        self.stream.write_all(request.as_bytes()).await?;
        let body = self.answer().await?;
        let Answer { order_id } = serde_json::from_slice(&self.read[body..])?;
        Ok(Accepted {
            order_id,
            sent,
            answered: sent.elapsed(),
        })
    }

    /// Reads an answer, which must be 202 and says how long it is; gives where its body begins.
    async fn answer(&mut self) -> Result<usize> {
        self.read.clear();
        loop {
            let more = self.stream.read_buf(&mut self.read).await?;
            ensure!(more > 0, "the server hung up");
            let Some(head) = self.read.windows(4).position(|end| end == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&self.read[..head])?;
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .context("an answer without a length")?
                .parse()?;
            if !text.starts_with("HTTP/1.1 202 ") {
                bail!("{}", String::from_utf8_lossy(&self.read));
            }
            if self.read.len() == head + 4 + length {
                return Ok(head + 4);
            }
        }
    }
}
