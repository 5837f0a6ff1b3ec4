//! The test's own way to the broker, besides the adapter.

use crate::brokers::{self, eventually, soon};
use bus::{BusOptions, CommandQueue, DeadLetterQueue, Delivery, Queue, Source, open_queue};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicPublishOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
        QueueDeleteOptions, QueuePurgeOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};
use std::{collections::BTreeMap, sync::Arc};
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

    /// Binds a queue to the orders' exchange that lives as long as `channel`'s connection.
    pub async fn bind_another_queue(&self, channel: &Channel) {
        let none = FieldTable::default;
        let own = QueueDeclareOptions::exclusive();
        let declared = channel.queue_declare("".into(), own, none()).await.unwrap();
        let bind = QueueBindOptions::default();
        let exchange = self.name(Queue::Orders.name());
        channel
            .queue_bind(declared.name().clone(), exchange, "".into(), bind, none())
            .await
            .unwrap();
    }

    /// Publishes a command about `key` past the adapter, which drops it where the queue is missing.
    pub async fn publish(&self, channel: &Channel, queue: Queue, key: &str) {
        let message = brokers::message(key);
        let headers = message.headers().into_iter().map(|(name, value)| {
            let value = AMQPValue::LongString(value.into());
            (name.into(), value)
        });
        let properties = BasicProperties::default()
            .with_headers(headers.collect::<BTreeMap<ShortString, AMQPValue>>().into());
        let options = BasicPublishOptions::default();
        let queue = self.name(queue.name());
        let payload = message.payload.as_bytes();
        let publishing = channel.basic_publish("".into(), queue, options, payload, properties);
        publishing.await.unwrap();
    }

    /// Whether a queue is there.
    pub async fn exists(&self, queue: Queue) -> bool {
        let (_connection, channel) = self.channel().await;
        let (name, passive) = (
            self.name(queue.name()),
            QueueDeclareOptions::default().passive(),
        );
        let asked = channel.queue_declare(name, passive, FieldTable::default());
        asked.await.is_ok()
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
