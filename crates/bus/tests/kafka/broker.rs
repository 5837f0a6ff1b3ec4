//! The test's own way to the broker, besides the adapter.

use crate::brokers::{self, LINGER, soon};
use bus::{BusOptions, Delivery, EventLog, LogReader, Record, Source, Topic, open_log};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
};
use std::sync::Arc;

/// A broker with topics of the test's own.
pub struct Broker {
    pub url: String,
    pub options: BusOptions,
}

impl Broker {
    /// `None` where there is no broker to test with.
    pub fn get() -> Option<Broker> {
        let url = brokers::broker("FESTFLOW_TEST_LOG_URL")?;
        Some(Broker {
            url,
            options: brokers::options(),
        })
    }

    /// The adapter.
    pub fn open(&self) -> Arc<dyn EventLog> {
        open_log(&self.url, &self.options).unwrap()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.url
            .strip_prefix("kafka://")
            .unwrap()
            .split('?')
            .next()
            .unwrap()
    }

    /// A name on the broker.
    pub fn topic(&self, topic: Topic) -> String {
        format!("{}{}", self.options.prefix, topic.name())
    }

    /// A bare client's settings.
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.address());
        config
    }

    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    /// Leaves nothing behind.
    pub async fn clear(&self) {
        let topics = Topic::ALL.map(|topic| self.topic(topic));
        let topics = topics.each_ref().map(String::as_str);
        // Not every test has made all of them.
        let _ = self
            .admin()
            .delete_topics(&topics, &AdminOptions::new())
            .await;
    }
}

/// Takes exactly `count` deliveries.
pub async fn take(source: &mut dyn Source, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let more = soon("events come", source.take(count - taken.len(), LINGER)).await;
        taken.extend(more.unwrap());
    }
    taken
}

/// Reads exactly `count` records.
pub async fn read(reader: &mut dyn LogReader, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        let more = soon("records come", reader.take(count - records.len(), LINGER)).await;
        records.extend(more.unwrap());
    }
    records
}
