//! Reading from positions that the reader keeps.

use super::{
    admin::Admin,
    config::Config,
    context::Context,
    group::close,
    record::Topics,
    stream::{Receiving, Stopped},
    unavailable,
};
use crate::{LogReader, Positions, Record, Topic, Unavailable};
use async_trait::async_trait;
use rdkafka::{
    consumer::{Consumer as _, StreamConsumer},
    topic_partition_list::{Offset, TopicPartitionList},
};
use std::{sync::Arc, time::Duration};

/// librdkafka wants a group's name from every consumer. Nothing is committed for it, and nobody joins it.
const NO_GROUP: &str = "readers";

/// Reads all partitions of its topics.
pub(super) struct Reader {
    config: Config,
    admin: Arc<Admin>,
    topics: Topics,
    /// Behind the last record that was received.
    next: Positions,
    consumer: Option<StreamConsumer<Context>>,
    /// Received for a `take` that was cancelled or failed.
    received: Vec<Record>,
}

impl Reader {
    pub(super) async fn open(
        config: Config,
        admin: Arc<Admin>,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Reader, Unavailable> {
        let topics = Topics::new(&config, topics);
        let next = from.clone();
        let mut reader = Reader {
            config,
            admin,
            topics,
            next,
            consumer: None,
            received: Vec::new(),
        };
        reader.connect().await?;
        Ok(reader)
    }

    async fn connect(&mut self) -> Result<(), Unavailable> {
        self.admin.ensure(self.topics.all()).await?;
        if self.consumer.is_none() {
            let consumer: StreamConsumer<Context> =
                self.config.onlooker(NO_GROUP).map_err(unavailable)?;
            consumer
                .assign(&self.assignment().map_err(unavailable)?)
                .map_err(unavailable)?;
            self.consumer = Some(consumer);
        }
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            close(consumer);
        }
    }

    fn assignment(&self) -> rdkafka::error::KafkaResult<TopicPartitionList> {
        let mut assignment = TopicPartitionList::new();
        for topic in self.topics.all() {
            for partition in 0..Topic::PARTITIONS {
                let next = self.next.0.get(&(topic, partition));
                let offset = next.map_or(Offset::Beginning, |next| Offset::Offset(*next));
                assignment.add_partition_offset(&self.config.topic(topic), partition, offset)?;
            }
        }
        Ok(assignment)
    }
}

#[async_trait]
impl LogReader for Reader {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Record>, Unavailable> {
        let limit = limit.max(1);
        self.connect().await?;
        let Some(consumer) = &self.consumer else {
            return Ok(Vec::new());
        };
        let receiving = Receiving {
            consumer,
            admin: &self.admin,
            topics: &self.topics,
        };
        match receiving.receive(&mut self.received, limit, linger).await {
            Ok(()) => {}
            Err(Stopped::Unavailable(_)) if !self.received.is_empty() => {}
            Err(Stopped::Unavailable(error)) => {
                self.admin.forget().await;
                return Err(error);
            }
            Err(Stopped::Dead(error)) => {
                self.received.clear();
                self.leave();
                return Err(error);
            }
        }
        let count = limit.min(self.received.len());
        let taken: Vec<Record> = self.received.drain(..count).collect();
        for record in &taken {
            self.next.advance(record);
        }
        Ok(taken)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.leave();
    }
}
