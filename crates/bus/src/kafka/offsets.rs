//! Where topics end, and how far groups are behind.

use super::{
    admin::{ANSWER_TIMEOUT, Admin, blocking},
    context::Context,
    unavailable,
};
use crate::{Positions, Topic, Unavailable};
use rdkafka::{
    admin::AdminClient,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    topic_partition_list::{Offset, TopicPartitionList},
};
use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

/// How often it is looked whether a partition, which may be new, has a leader.
const LEADER_POLL: Duration = Duration::from_millis(50);

/// First and next offset of a partition.
type Watermarks = (i64, i64);

impl Admin {
    /// The ends of all partitions.
    pub(super) async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        let watermarks = self.watermarks(topic).await?;
        let ends = (0..)
            .zip(watermarks)
            .map(|(partition, (_, end))| ((topic, partition), end));
        Ok(Positions(ends.collect()))
    }

    /// How many messages of `topic` the group has not settled.
    pub(super) async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        let committed = self.committed(group, topic).await?;
        let watermarks = self.watermarks(topic).await?;
        let behind = watermarks
            .into_iter()
            .zip(committed)
            .map(|((start, end), committed)| {
                let next = committed.unwrap_or(start).max(start);
                u64::try_from(end - next).unwrap_or(0)
            });
        Ok(behind.sum())
    }

    async fn watermarks(&self, topic: Topic) -> Result<Vec<Watermarks>, Unavailable> {
        let name = self.config.topic(topic);
        let partitions = self.numbers(&name).await?;
        self.ask(move |client| {
            let deadline = Instant::now() + ANSWER_TIMEOUT;
            partitions
                .map(|partition| partition_watermarks(client, &name, partition, deadline))
                .collect()
        })
        .await
    }

    /// The next offset to read of each partition, where the group has committed one.
    async fn committed(&self, group: &str, topic: Topic) -> Result<Vec<Option<i64>>, Unavailable> {
        let client = self.group_client(group).await?;
        let name = self.config.topic(topic);
        let partitions = self.numbers(&name).await?;
        blocking(move || {
            let mut asked = TopicPartitionList::new();
            for partition in partitions.clone() {
                asked.add_partition(&name, partition);
            }
            let committed = client.committed_offsets(asked, ANSWER_TIMEOUT)?;
            // Its events are of no interest, but would pile up.
            while client.poll(Duration::ZERO).is_some() {}
            let offset = |partition| match committed.find_partition(&name, partition)?.offset() {
                Offset::Offset(next) => Some(next),
                _ => None,
            };
            Ok(partitions.map(offset).collect())
        })
        .await
    }

    /// The partitions that the topic of that name has now.
    pub(super) async fn numbers(&self, name: &str) -> Result<Range<i32>, Unavailable> {
        let count = self.partitions(name).await?;
        Ok(0..i32::try_from(count).unwrap_or(i32::MAX))
    }

    async fn group_client(&self, group: &str) -> Result<Arc<BaseConsumer<Context>>, Unavailable> {
        let mut groups = self.groups.lock().await;
        if let Some(client) = groups.get(group) {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(self.config.onlooker(group).map_err(unavailable)?);
        groups.insert(group.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}

/// Asks again while the partition has no leader.
fn partition_watermarks(
    client: &AdminClient<Context>,
    name: &str,
    partition: i32,
    deadline: Instant,
) -> KafkaResult<Watermarks> {
    use RDKafkaErrorCode::{LeaderNotAvailable, NotLeaderForPartition, UnknownTopicOrPartition};
    loop {
        let watermarks = client
            .inner()
            .fetch_watermarks(name, partition, ANSWER_TIMEOUT);
        match watermarks {
            Err(KafkaError::MetadataFetch(
                LeaderNotAvailable | NotLeaderForPartition | UnknownTopicOrPartition,
            )) if Instant::now() < deadline => std::thread::sleep(LEADER_POLL),
            decided => return decided,
        }
    }
}
