//! Telling one log from another: a log that was deleted and made again has other records at the same places.

use crate::{EventLog, Positions, Record, Topic, Unavailable};
use domain::MessageId;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};
use tokio::time::timeout;
use uuid::Uuid;

/// How long looking for records may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// Records in one go.
const BATCH: usize = 1_000;
/// How long a batch waits for more once it has a first record.
const LINGER: Duration = Duration::from_millis(1);

/// One record of each partition, by its place and its id: what somebody has seen of a log that is kept for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownRecords(pub BTreeMap<(Topic, i32), (i64, MessageId)>);

impl KnownRecords {
    /// Knows `record` from now on, instead of an earlier one of its partition.
    pub fn learn(&mut self, record: &Record) {
        let partition = (record.topic, record.partition);
        self.insert(partition, record.offset, record.message.id);
    }

    /// Knows the record with the id `id` from now on, instead of an earlier one of its partition.
    pub fn insert(&mut self, partition: (Topic, i32), offset: i64, id: MessageId) {
        let latest = self.0.entry(partition).or_insert((offset, id));
        *latest = (offset, id).max(*latest);
    }

    /// The positions behind them.
    pub fn positions(&self) -> Positions {
        let next = self.0.iter();
        Positions(
            next.map(|(lane, (offset, _))| (*lane, offset + 1))
                .collect(),
        )
    }

    /// Reads them again. False when `log` has another record, or none, at the place of one of them: it is another log, or it
    /// has lost what it had.
    ///
    /// # Errors
    /// The log cannot be read, or not in time.
    pub async fn are_on(&self, log: &dyn EventLog) -> Result<bool, Unavailable> {
        let topics: Vec<Topic> = self.topics().into_iter().collect();
        for topic in &topics {
            let ends = log.ends(*topic).await?;
            let mut known = self.0.iter().filter(|((it, _), _)| it == topic);
            if known.any(|(lane, (offset, _))| ends.0.get(lane).is_none_or(|end| offset >= end)) {
                return Ok(false);
            }
        }
        let places = self.0.iter().map(|(lane, (offset, _))| (*lane, *offset));
        let mut open = self.0.clone();
        let mut same = true;
        visit(log, &topics, &Positions(places.collect()), |record| {
            // The first of a partition is the one at the place where reading begins.
            if let Some(known) = open.remove(&(record.topic, record.partition)) {
                same &= known == (record.offset, record.message.id);
            }
            same && !open.is_empty()
        })
        .await?;
        Ok(same)
    }

    /// A short name for exactly these records.
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        for ((topic, partition), (offset, id)) in &self.0 {
            // Writing to a string cannot fail.
            let _ = write!(text, "{topic}.{partition}:{offset}:{id},");
        }
        let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes());
        hash.simple().to_string()[..12].to_owned()
    }

    fn topics(&self) -> BTreeSet<Topic> {
        self.0.keys().map(|(topic, _)| *topic).collect()
    }
}

/// Finds the records of `topic` with these ids, of which all must be behind `from`.
///
/// # Errors
/// The log cannot be read, or they do not come in time.
pub async fn find_records(
    log: &dyn EventLog,
    topic: Topic,
    from: &Positions,
    mut ids: BTreeSet<MessageId>,
) -> Result<Vec<Record>, Unavailable> {
    let mut found = Vec::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(found);
    }
    visit(log, &[topic], from, |record| {
        if ids.remove(&record.message.id) {
            found.push(record);
        }
        !ids.is_empty()
    })
    .await?;
    Ok(found)
}

/// Reads on as long as `wants_more`.
async fn visit(
    log: &dyn EventLog,
    topics: &[Topic],
    from: &Positions,
    mut wants_more: impl FnMut(Record) -> bool,
) -> Result<(), Unavailable> {
    if topics.is_empty() {
        return Ok(());
    }
    let reading = async {
        let mut reader = log.read(topics, from).await?;
        loop {
            for record in reader.take(BATCH, LINGER).await? {
                if !wants_more(record) {
                    return Ok(());
                }
            }
        }
    };
    timeout(LOOKUP_TIMEOUT, reading).await.unwrap_or_else(|_| {
        Err(Unavailable::new(
            log.broker(),
            "records were not found in time",
        ))
    })
}
