//! Topics, their ends, and how far groups are behind. librdkafka's questions block, so they are asked on threads where
//! that hurts nobody.

use super::{config::Config, context::Context, unavailable};
use crate::{Positions, Topic, Unavailable, attempt::LastFailure};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    topic_partition_list::{Offset, TopicPartitionList},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long a question to the brokers may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is looked whether a new topic, or a partition's leader, is known everywhere.
const LEADER_POLL: Duration = Duration::from_millis(50);

/// Asks and administers.
pub(super) struct Admin {
    config: Config,
    client: Arc<AdminClient<Context>>,
    ready: Mutex<Ready>,
    /// A client for each group whose positions were asked for.
    groups: Mutex<HashMap<String, Arc<BaseConsumer<Context>>>>,
}

#[derive(Default)]
struct Ready {
    /// Topics that are known to be there, with the partitions that they must have.
    topics: BTreeSet<Topic>,
    failure: LastFailure,
}

/// First and next offset of a partition.
type Watermarks = (i64, i64);

impl Admin {
    /// # Errors
    /// librdkafka does not take a property.
    pub(super) fn new(config: Config) -> Result<Admin, KafkaError> {
        let client = Arc::new(config.client()?);
        Ok(Admin {
            config,
            client,
            ready: Mutex::default(),
            groups: Mutex::default(),
        })
    }

    /// Creates those of `topics` that are missing. Whoever stops waiting does not stop it.
    ///
    /// # Errors
    /// The brokers do not answer; or a topic has other partitions than it must have.
    pub(super) async fn ensure(
        self: &Arc<Self>,
        topics: impl IntoIterator<Item = Topic>,
    ) -> Result<(), Unavailable> {
        let asked = Instant::now();
        let missing: Vec<Topic> = {
            let ready = self.ready.lock().await;
            let missing = topics
                .into_iter()
                .filter(|topic| !ready.topics.contains(topic));
            missing.collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let admin = Arc::clone(self);
        let ensuring = tokio::spawn(async move {
            let mut ready = admin.ready.lock().await;
            ready.failure.check(asked)?;
            let ensured = admin.ensure_all(missing, &mut ready.topics).await;
            ready.failure.note(ensured)
        });
        ensuring
            .await
            .map_err(|error| Unavailable::new("Kafka", error))?
    }

    /// Looks again the next time, since something was wrong.
    pub(super) async fn forget(&self) {
        self.ready.lock().await.topics.clear();
    }

    async fn ensure_all(
        &self,
        topics: Vec<Topic>,
        ready: &mut BTreeSet<Topic>,
    ) -> Result<(), Unavailable> {
        for topic in topics {
            if !ready.contains(&topic) {
                self.ensure_one(topic).await?;
                ready.insert(topic);
            }
        }
        Ok(())
    }

    async fn ensure_one(&self, topic: Topic) -> Result<(), Unavailable> {
        let name = self.config.topic(topic);
        let mut found = self.partitions(&name).await?;
        if found == 0 {
            self.create(topic, &name).await?;
            let deadline = Instant::now() + ANSWER_TIMEOUT;
            while found == 0 && Instant::now() < deadline {
                tokio::time::sleep(LEADER_POLL).await;
                found = self.partitions(&name).await?;
            }
        }
        if found == Topic::PARTITIONS as usize {
            return Ok(());
        }
        let needed = Topic::PARTITIONS;
        let why = format!("topic {name} has {found} partitions, but must have {needed}");
        tracing::error!("{why}");
        Err(Unavailable::new("Kafka", why))
    }

    async fn create(&self, topic: Topic, name: &str) -> Result<(), Unavailable> {
        let retention = match topic.retention() {
            Some(kept) => kept.as_millis().to_string(),
            None => "-1".to_owned(),
        };
        // Minus one is the brokers' default.
        let new = NewTopic::new(name, Topic::PARTITIONS, TopicReplication::Fixed(-1))
            .set("cleanup.policy", "delete")
            .set("retention.bytes", "-1")
            .set("retention.ms", &retention);
        let options = AdminOptions::new()
            .request_timeout(Some(ANSWER_TIMEOUT))
            .operation_timeout(Some(ANSWER_TIMEOUT));
        let created = self
            .client
            .create_topics([&new], &options)
            .await
            .map_err(unavailable)?;
        for result in created {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, error)) => {
                    let why = format!("topic {name} cannot be created: {error}");
                    return Err(Unavailable::new("Kafka", why));
                }
            }
        }
        Ok(())
    }

    /// How many partitions the topic has; none when it is missing.
    async fn partitions(&self, name: &str) -> Result<usize, Unavailable> {
        let name = name.to_owned();
        self.ask(move |client| {
            let metadata = client.inner().fetch_metadata(Some(&name), ANSWER_TIMEOUT)?;
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            Ok(topic.map_or(0, |topic| topic.partitions().len()))
        })
        .await
    }

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
        self.ask(move |client| {
            let deadline = Instant::now() + ANSWER_TIMEOUT;
            (0..Topic::PARTITIONS)
                .map(|partition| partition_watermarks(client, &name, partition, deadline))
                .collect()
        })
        .await
    }

    /// The next offset to read of each partition, where the group has committed one.
    async fn committed(&self, group: &str, topic: Topic) -> Result<Vec<Option<i64>>, Unavailable> {
        let client = self.group_client(group).await?;
        let name = self.config.topic(topic);
        blocking(move || {
            let mut partitions = TopicPartitionList::new();
            partitions.add_partition_range(&name, 0, Topic::PARTITIONS - 1);
            let committed = client.committed_offsets(partitions, ANSWER_TIMEOUT)?;
            // Its events are of no interest, but would pile up.
            while client.poll(Duration::ZERO).is_some() {}
            let offset = |partition| match committed.find_partition(&name, partition)?.offset() {
                Offset::Offset(next) => Some(next),
                _ => None,
            };
            Ok((0..Topic::PARTITIONS).map(offset).collect())
        })
        .await
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

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&AdminClient<Context>) -> KafkaResult<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let client = Arc::clone(&self.client);
        blocking(move || question(&client)).await
    }
}

/// Asks again while the partition, which may be new, has no leader.
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

async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> KafkaResult<T> + Send + 'static,
) -> Result<T, Unavailable> {
    let answer = tokio::task::spawn_blocking(question).await;
    answer
        .map_err(|error| Unavailable::new("Kafka", error))?
        .map_err(unavailable)
}
