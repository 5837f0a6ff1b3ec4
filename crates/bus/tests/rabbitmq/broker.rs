//! The test's own way to the broker, besides the adapter.

use crate::brokers::{self, eventually, soon};
use bus::{BusOptions, CommandQueue, DeadLetterQueue, Delivery, Queue, Source, open_queue};
use lapin::{
    Channel, Connection, ConnectionProperties,
    options::{ExchangeDeleteOptions, QueueDeleteOptions, QueuePurgeOptions},
};
use std::sync::Arc;
use url::Url;

/// A broker with an installation of the test's own.
pub struct Broker {
    pub url: Url,
    pub options: BusOptions,
}

impl Broker {
    /// `None` where there is no broker to test with.
    pub fn get() -> Option<Broker> {
        let url = brokers::broker("FESTFLOW_TEST_QUEUE_URL")?;
        Some(Broker {
            url: url.parse().unwrap(),
            options: brokers::options(),
        })
    }

    /// The adapter.
    pub fn open(&self) -> Arc<dyn CommandQueue> {
        open_queue(self.url.as_str(), &self.options).unwrap()
    }

    /// The adapter, once everything is declared.
    pub async fn ready(&self) -> Arc<dyn CommandQueue> {
        let queue = self.open();
        eventually("RabbitMQ is there", async || queue.ready().await.is_ok()).await;
        queue
    }

    /// Host and port.
    pub fn address(&self) -> String {
        let host = self.url.host_str().unwrap();
        format!("{host}:{}", self.url.port().unwrap_or(5672))
    }

    /// The same broker, reached by another way.
    pub fn through(&self, address: std::net::SocketAddr) -> Broker {
        let mut url = self.url.clone();
        url.set_host(Some(&address.ip().to_string())).unwrap();
        url.set_port(Some(address.port())).unwrap();
        Broker {
            url,
            options: self.options.clone(),
        }
    }

    /// A name on the broker.
    pub fn name(&self, name: &str) -> lapin::types::ShortString {
        format!("{}{name}", self.options.prefix).into()
    }

    /// A bare channel, and the connection that it lives on.
    pub async fn channel(&self) -> (Connection, Channel) {
        let properties = ConnectionProperties::default();
        let connection = Connection::connect(self.url.as_str(), properties)
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        (connection, channel)
    }

    /// Deletes a queue behind the adapter's back.
    pub async fn delete(&self, queue: Queue) {
        let (_connection, channel) = self.channel().await;
        let name = self.name(queue.name());
        channel
            .queue_delete(name, QueueDeleteOptions::default())
            .await
            .unwrap();
    }

    /// Empties a queue behind the adapter's back.
    pub async fn purge(&self, queue: Queue) {
        let (_connection, channel) = self.channel().await;
        let name = self.name(queue.name());
        channel
            .queue_purge(name, QueuePurgeOptions::default())
            .await
            .unwrap();
    }

    /// Leaves nothing behind.
    pub async fn clear(&self) {
        let (_connection, channel) = self.channel().await;
        let dead = DeadLetterQueue::ALL.map(DeadLetterQueue::name);
        for name in Queue::ALL.map(Queue::name).into_iter().chain(dead) {
            channel
                .queue_delete(self.name(name), QueueDeleteOptions::default())
                .await
                .unwrap();
        }
        let exchange = self.name(Queue::Orders.name());
        channel
            .exchange_delete(exchange, ExchangeDeleteOptions::default())
            .await
            .unwrap();
    }
}

/// Takes exactly `count` deliveries.
pub async fn take(source: &mut dyn Source, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let more = soon(
            "messages come",
            source.take(count - taken.len(), brokers::LINGER),
        )
        .await;
        taken.extend(more.unwrap());
    }
    taken
}

/// What the deliveries are about, sorted.
pub fn keys(deliveries: &[Delivery]) -> Vec<String> {
    let mut keys: Vec<String> = deliveries
        .iter()
        .map(|delivery| delivery.message.key.clone())
        .collect();
    keys.sort();
    keys
}
