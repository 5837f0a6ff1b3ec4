#![doc = include_str!("README.md")]

mod admin;
mod config;
mod context;
mod group;
mod offsets;
mod producer;
mod reader;
mod record;
mod stream;

pub(crate) use config::redacted;

use crate::{
    BusOptions, EventLog, LogReader, Message, NotAppended, Positions, Source, Topic, Unavailable,
};
use admin::Admin;
use async_trait::async_trait;
use config::Config;
use producer::Producer;
use rdkafka::error::KafkaError;
use std::{collections::BTreeSet, sync::Arc};

/// The log on Kafka.
pub struct Kafka {
    config: Config,
    producer: Producer,
    admin: Arc<Admin>,
}

impl Kafka {
    /// Connects in the background. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// The URL is malformed, or librdkafka does not take one of its properties.
    pub(crate) fn open(url: &str, options: &BusOptions) -> Result<Kafka, String> {
        let config = Config::parse(url, options)?;
        let producer = Producer::new(config.clone()).map_err(refused)?;
        let admin = Arc::new(Admin::new(config.clone()).map_err(refused)?);
        Ok(Kafka {
            config,
            producer,
            admin,
        })
    }
}

#[async_trait]
impl EventLog for Kafka {
    fn broker(&self) -> &'static str {
        "Kafka"
    }

    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        let topics: BTreeSet<Topic> = batch.iter().map(|(topic, _)| *topic).collect();
        if let Err(error) = self.admin.ensure(topics).await {
            return Err(NotAppended::nothing(batch, error));
        }
        let appended = self.producer.append(batch).await;
        if appended.is_err() {
            self.admin.forget().await;
        }
        appended
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable> {
        let admin = Arc::clone(&self.admin);
        let source = group::GroupSource::join(self.config.clone(), admin, group, topics).await?;
        Ok(Box::new(source))
    }

    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable> {
        let admin = Arc::clone(&self.admin);
        let reader = reader::Reader::open(self.config.clone(), admin, topics, from).await?;
        Ok(Box::new(reader))
    }

    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        self.admin.ensure([topic]).await?;
        self.admin.ends(topic).await
    }

    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        self.admin.ensure([topic]).await?;
        self.admin.lag(group, topic).await
    }
}

/// Why librdkafka does not take our settings. Its own words would show a setting's value, which may be secret.
fn refused(error: KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, why, ..) => why,
        error => error.to_string(),
    }
}

/// Whatever goes wrong between us and the brokers.
fn unavailable(error: KafkaError) -> Unavailable {
    Unavailable::new("Kafka", error)
}
