//! A member of a consumer group.

use super::{
    admin::Admin,
    config::Config,
    context::Context,
    record::Topics,
    stream::{Receiving, Stopped},
    unavailable,
};
use crate::{Delivery, Receipt, Record, Source, Topic, Unavailable};
use async_trait::async_trait;
use rdkafka::{
    consumer::{Consumer as _, StreamConsumer},
    error::{KafkaError, RDKafkaErrorCode},
    topic_partition_list::{Offset, TopicPartitionList},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Shares topics with the group's other members.
pub(super) struct GroupSource {
    config: Config,
    admin: Arc<Admin>,
    group: String,
    topics: Topics,
    consumer: Option<StreamConsumer<Context>>,
    /// Received for a `take` that was cancelled or failed.
    received: Vec<Record>,
}

impl GroupSource {
    pub(super) async fn join(
        config: Config,
        admin: Arc<Admin>,
        group: &str,
        topics: &[Topic],
    ) -> Result<GroupSource, Unavailable> {
        let topics = Topics::new(&config, topics);
        let group = group.to_owned();
        let mut source = GroupSource {
            config,
            admin,
            group,
            topics,
            consumer: None,
            received: Vec::new(),
        };
        source.connect().await?;
        Ok(source)
    }

    async fn connect(&mut self) -> Result<(), Unavailable> {
        self.admin.ensure(self.topics.all()).await?;
        if self.consumer.is_none() {
            let consumer: StreamConsumer<Context> =
                self.config.member(&self.group).map_err(unavailable)?;
            consumer
                .subscribe(&self.topics.names())
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
}

#[async_trait]
impl Source for GroupSource {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Delivery>, Unavailable> {
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
            // What came before the trouble is good, and the trouble will be met again.
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
        Ok(self.received.drain(..count).map(delivery).collect())
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<(), Unavailable> {
        let Some(consumer) = &self.consumer else {
            return Ok(());
        };
        let mut highest = BTreeMap::<u32, u64>::new();
        for receipt in receipts {
            let next = receipt.position + 1;
            highest
                .entry(receipt.lane)
                .and_modify(|most| *most = next.max(*most))
                .or_insert(next);
        }
        for (lane, next) in highest {
            let Some((topic, partition)) = partition(lane) else {
                continue;
            };
            let mut position = TopicPartitionList::with_capacity(1);
            let next = Offset::Offset(i64::try_from(next).unwrap_or(i64::MAX));
            let stored = position
                .add_partition_offset(&self.config.topic(topic), partition, next)
                .and_then(|()| consumer.store_offsets(&position));
            match stored {
                Ok(()) => {}
                // The partition went to another member, who reads on from what was committed before.
                Err(KafkaError::StoreOffset(RDKafkaErrorCode::State)) => {
                    tracing::debug!(%topic, partition, "settled too late");
                }
                Err(error) => return Err(unavailable(error)),
            }
        }
        Ok(())
    }
}

impl Drop for GroupSource {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Leaving commits what was settled, and waits for the broker's answer, so it gets a thread where it may block.
pub(super) fn close(consumer: StreamConsumer<Context>) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(consumer))),
        Err(_) => drop(consumer),
    }
}

/// A topic's place in [`Topic::ALL`], and the partition.
fn lane(topic: Topic, partition: i32) -> u32 {
    let topic = Topic::ALL
        .iter()
        .position(|other| *other == topic)
        .unwrap_or_default();
    (topic as u32) << 16 | u32::from(partition as u16)
}

fn partition(lane: u32) -> Option<(Topic, i32)> {
    Some((
        *Topic::ALL.get((lane >> 16) as usize)?,
        (lane & 0xFFFF) as i32,
    ))
}

fn delivery(record: Record) -> Delivery {
    let position = u64::try_from(record.offset).unwrap_or_default();
    Delivery {
        receipt: Receipt {
            lane: lane(record.topic, record.partition),
            position,
        },
        message: record.message,
        // Kafka does not count.
        redeliveries: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_a_partition_of_a_topic() {
        for topic in Topic::ALL {
            for number in 0..Topic::PARTITIONS {
                assert_eq!(partition(lane(topic, number)), Some((topic, number)));
            }
        }
        assert_eq!(partition(u32::MAX), None);
    }
}
