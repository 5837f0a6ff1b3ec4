//! A message as Kafka carries it: the envelope as headers, the payload as value.

use super::config::Config;
use crate::{Message, Record, Topic};
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};

pub(super) fn headers(message: &Message) -> OwnedHeaders {
    let headers = message.headers();
    headers.iter().fold(
        OwnedHeaders::new_with_capacity(headers.len()),
        |all, (key, value)| {
            all.insert(Header {
                key,
                value: Some(value),
            })
        },
    )
}

/// Finds our topics by their names on the broker.
pub(super) struct Topics(Vec<(Topic, String)>);

impl Topics {
    pub(super) fn new(config: &Config, topics: &[Topic]) -> Topics {
        Topics(
            topics
                .iter()
                .map(|topic| (*topic, config.topic(*topic)))
                .collect(),
        )
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(_, name)| name.as_str()).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Topic> {
        self.0.iter().map(|(topic, _)| *topic)
    }

    /// `None` for a message of a topic that was not asked for.
    pub(super) fn record(&self, message: &BorrowedMessage<'_>) -> Option<Record> {
        let (topic, _) = self.0.iter().find(|(_, name)| name == message.topic())?;
        Some(Record {
            topic: *topic,
            partition: message.partition(),
            offset: message.offset(),
            message: envelope(message),
        })
    }
}

fn envelope(message: &BorrowedMessage<'_>) -> Message {
    let headers = message
        .headers()
        .into_iter()
        .flat_map(|headers| headers.iter());
    let headers =
        headers.filter_map(|header| Some((header.key, std::str::from_utf8(header.value?).ok()?)));
    let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
    Message::from_parts(key, headers, message.payload().unwrap_or_default())
}
