//! The port of events.

use crate::{Message, Source, Topic, Unavailable};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    str::FromStr,
    time::Duration,
};

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
    /// At least one was not acknowledged; [`NotAppended::rest`] is what the caller appends again.
    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended>;

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

/// A batch of which not all was acknowledged. What was acknowledged stays on a log that is kept for ever, so it is not
/// appended again.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct NotAppended {
    /// Why the first of them was not.
    pub error: Unavailable,
    /// Per topic and key, everything from its first unacknowledged message on, in order: what was acknowledged behind
    /// one that was not has to follow it once more. Readers drop the repeat by its id.
    pub rest: Vec<(Topic, Message)>,
}

impl NotAppended {
    /// `acknowledged` says it of each message of `batch`.
    pub(crate) fn of(
        batch: Vec<(Topic, Message)>,
        acknowledged: &[bool],
        error: Unavailable,
    ) -> NotAppended {
        let mut open = HashSet::<(Topic, &str)>::new();
        let again: Vec<bool> = batch
            .iter()
            .zip(acknowledged)
            .map(|((topic, message), acknowledged)| {
                let key = (*topic, message.key.as_str());
                if !acknowledged {
                    open.insert(key);
                }
                open.contains(&key)
            })
            .collect();
        let rest = batch.into_iter().zip(again);
        NotAppended {
            error,
            rest: rest
                .filter_map(|(record, again)| again.then_some(record))
                .collect(),
        }
    }

    /// Nothing of `batch` was acknowledged.
    pub fn nothing(batch: Vec<(Topic, Message)>, error: Unavailable) -> NotAppended {
        NotAppended { error, rest: batch }
    }
}

impl From<NotAppended> for Unavailable {
    fn from(not_appended: NotAppended) -> Unavailable {
        not_appended.error
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{MessageId, Timestamp};

    fn record(key: &str, number: u128) -> (Topic, Message) {
        let message = Message {
            id: MessageId(uuid::Uuid::from_u128(number)),
            kind: "TEST".to_owned(),
            key: key.to_owned(),
            source: "/test".to_owned(),
            time: Timestamp::default(),
            schema: domain::SCHEMA,
            traceparent: None,
            payload: String::new(),
        };
        (Topic::Analytics, message)
    }

    #[test]
    fn a_keys_records_follow_its_first_that_was_not_acknowledged_and_no_other() {
        let batch = vec![
            record("a", 1),
            record("b", 2),
            record("a", 3),
            record("b", 4),
            record("a", 5),
            record("c", 6),
        ];
        // a's second was not, b's second was not, c's was.
        let acknowledged = [true, true, false, false, true, true];
        let error = Unavailable::new("log", "timed out");
        let rest = NotAppended::of(batch, &acknowledged, error).rest;
        let rest: Vec<u128> = rest.iter().map(|(_, it)| it.id.0.as_u128()).collect();
        assert_eq!(rest, [3, 4, 5]);
    }
}
