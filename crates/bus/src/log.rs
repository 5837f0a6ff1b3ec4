//! The port of events.

use crate::{Message, Source, Topic, Unavailable};
use async_trait::async_trait;
use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

/// A log of facts: kept, read by anyone at their own pace, replayable from the start.
///
/// At least once; events of one key stay in order; between keys nothing is promised.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The broker's name, as people call it.
    fn broker(&self) -> &'static str;

    /// Appends all of `batch`, in order, and returns when all of it is acknowledged.
    ///
    /// # Errors
    /// At least one was not acknowledged; the caller appends all of them again, and readers drop the repeats by id.
    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), Unavailable>;

    /// Joins the consumer group `group`. Its members share the topics; together they read on from where the group
    /// settled last, or from the earliest message when it never did.
    ///
    /// # Errors
    /// The broker is gone.
    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable>;

    /// Reads all partitions of `topics` without a group, each from its position in `from`, or from the earliest.
    ///
    /// # Errors
    /// The broker is gone.
    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable>;

    /// The positions behind the last message of each partition of `topic`.
    ///
    /// # Errors
    /// The broker is gone.
    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable>;

    /// How many messages of `topic` the group has not settled.
    ///
    /// # Errors
    /// The broker is gone.
    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable>;
}

/// Reads the log from positions that the reader keeps itself.
#[async_trait]
pub trait LogReader: Send {
    /// Waits for a first record, then adds what comes within `linger`, up to `limit`. Cancel safe.
    ///
    /// # Errors
    /// The broker is gone. Calling again connects again and goes on behind the last record that was returned.
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Record>, Unavailable>;
}

/// A message with its place on the log.
#[derive(Clone, Debug)]
pub struct Record {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: i32,
    /// The place in the partition.
    pub offset: i64,
    /// The message.
    pub message: Message,
}

/// The next offset to read, per partition; partitions without one are read from the earliest. As text it is a cursor:
/// `analytics_topic.0:17,analytics_topic.1:4`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions(pub BTreeMap<(Topic, i32), i64>);

impl Positions {
    /// Moves on behind `record`.
    pub fn advance(&mut self, record: &Record) {
        self.0
            .insert((record.topic, record.partition), record.offset + 1);
    }

    /// Whether everything before `ends` is already read by whoever is here. Where a partition is empty there is nothing to read.
    pub fn reach(&self, ends: &Positions) -> bool {
        ends.0
            .iter()
            .all(|(lane, end)| *end == 0 || self.0.get(lane).is_some_and(|next| next >= end))
    }

    /// Whether `record` is behind these positions: already read by whoever is here.
    pub fn includes(&self, topic: Topic, partition: i32, offset: i64) -> bool {
        self.0
            .get(&(topic, partition))
            .is_some_and(|next| offset < *next)
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((topic, partition), next)) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{topic}.{partition}:{next}")?;
        }
        Ok(())
    }
}

impl FromStr for Positions {
    type Err = String;
    fn from_str(text: &str) -> Result<Positions, String> {
        text.split(',')
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (lane, next) = part.split_once(':')?;
                let (topic, partition) = lane.rsplit_once('.')?;
                Some((
                    (Topic::parse(topic)?, partition.parse().ok()?),
                    next.parse().ok()?,
                ))
            })
            .collect::<Option<BTreeMap<_, _>>>()
            .map(Positions)
            .ok_or_else(|| format!("not a cursor: {text:?}"))
    }
}
