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
    error::KafkaResult,
    topic_partition_list::{Offset, TopicPartitionList},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// librdkafka wants a group's name from every consumer. Nothing is committed for it, and nobody joins it.
const NO_GROUP: &str = "readers";

/// How often it is looked whether a topic has grown.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Reads all partitions of its topics.
pub(super) struct Reader {
    config: Config,
    admin: Arc<Admin>,
    topics: Topics,
    /// Behind the last record that was received.
    next: Positions,
    consumer: Option<StreamConsumer<Context>>,
    /// What the consumer reads.
    assigned: BTreeSet<(Topic, i32)>,
    /// When it is time to look whether a topic has grown.
    look_at: Instant,
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
            assigned: BTreeSet::new(),
            look_at: Instant::now(),
            received: Vec::new(),
        };
        reader.connect().await?;
        Ok(reader)
    }

    async fn connect(&mut self) -> Result<(), Unavailable> {
        self.admin.ensure(self.topics.all()).await?;
        if self.consumer.is_none() {
            let consumer = self.config.onlooker(NO_GROUP).map_err(unavailable)?;
            self.consumer = Some(consumer);
            self.assigned.clear();
            if let Err(error) = self.assign_new_partitions().await {
                self.leave();
                return Err(error);
            }
        }
        Ok(())
    }

    fn leave(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            close(consumer);
        }
    }

    /// Reads those partitions too that are not read yet: all of them at first, and later those by which a topic has grown.
    async fn assign_new_partitions(&mut self) -> Result<(), Unavailable> {
        let mut new = BTreeSet::new();
        for topic in self.topics.all() {
            let partitions = self.admin.numbers(&self.config.topic(topic)).await?;
            let partitions = partitions.map(|partition| (topic, partition));
            new.extend(partitions.filter(|it| !self.assigned.contains(it)));
        }
        self.look_at = Instant::now() + LOOK_INTERVAL;
        if let (Some(consumer), false) = (&self.consumer, new.is_empty()) {
            let assignment = self.positions(&new).map_err(unavailable)?;
            consumer
                .incremental_assign(&assignment)
                .map_err(unavailable)?;
            self.assigned.extend(new);
        }
        Ok(())
    }

    fn positions(&self, partitions: &BTreeSet<(Topic, i32)>) -> KafkaResult<TopicPartitionList> {
        let mut positions = TopicPartitionList::new();
        for (topic, partition) in partitions {
            let next = self.next.0.get(&(*topic, *partition));
            let offset = next.map_or(Offset::Beginning, |next| Offset::Offset(*next));
            positions.add_partition_offset(&self.config.topic(*topic), *partition, offset)?;
        }
        Ok(positions)
    }

    /// Receives, looking now and then whether a topic has grown.
    async fn receive(&mut self, limit: usize, linger: Duration) -> Result<(), Stopped> {
        loop {
            let Some(consumer) = &self.consumer else {
                return Ok(());
            };
            let receiving = Receiving {
                consumer,
                admin: &self.admin,
                topics: &self.topics,
            };
            tokio::select! {
                received = receiving.receive(&mut self.received, limit, linger) => return received,
                () = sleep_until(self.look_at) => {}
            }
            if let Err(error) = self.assign_new_partitions().await {
                // The brokers are asked again soon, and what they still send is read meanwhile.
                tracing::debug!(%error, "it is not known whether a topic has grown");
                self.look_at = Instant::now() + LOOK_INTERVAL;
            }
        }
    }
}

#[async_trait]
impl LogReader for Reader {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Record>, Unavailable> {
        let limit = limit.max(1);
        self.connect().await?;
        match self.receive(limit, linger).await {
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
