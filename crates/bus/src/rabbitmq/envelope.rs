//! A message as AMQP carries it: the envelope as headers, the payload as body.

use super::topology::{number, text};
use crate::{DeadLetter, Message};
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldTable},
};
use std::borrow::Cow;

/// AMQP's delivery mode for messages that outlive a restart of the broker.
const PERSISTENT: u8 = 2;

pub(super) fn properties(message: &Message) -> BasicProperties {
    with_headers(message, headers(message))
}

/// The same for a dead letter, with `x-cause`, `x-cause-text` and `x-attempts`.
pub(super) fn dead_letter_properties(letter: &DeadLetter) -> BasicProperties {
    let mut headers = headers(&letter.message);
    text(&mut headers, "x-cause", letter.cause.code().name());
    text(&mut headers, "x-cause-text", letter.cause.text());
    number(&mut headers, "x-attempts", i64::from(letter.attempts));
    with_headers(&letter.message, headers)
}

fn headers(message: &Message) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in message.headers() {
        if name != "content-type" {
            text(&mut table, name, &value);
        }
    }
    table
}

fn with_headers(message: &Message, headers: FieldTable) -> BasicProperties {
    // AMQP's timestamp has whole seconds.
    let seconds = u64::try_from(message.time.micros() / 1_000_000).unwrap_or_default();
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_message_id(message.id.to_string().into())
        .with_timestamp(seconds)
        .with_headers(headers)
}

/// The message of a delivery, and how often it was delivered before.
pub(super) fn message(delivery: &Delivery) -> (Message, u32) {
    let table = delivery.properties.headers().as_ref();
    let mut headers: Vec<(&str, Cow<'_, str>)> = Vec::new();
    // Whoever sends no CloudEvents headers may still have given it an id.
    if let Some(id) = delivery.properties.message_id() {
        headers.push(("ce_id", id.as_str().into()));
    }
    for (name, value) in table.into_iter().flat_map(|table| table.inner()) {
        if let Some(value) = as_text(value) {
            headers.push((name.as_str(), value));
        }
    }
    let pairs = headers.iter().map(|(name, value)| (*name, value.as_ref()));
    let message = Message::from_parts(None, pairs, &delivery.data);
    (message, redeliveries(delivery, table))
}

/// Quorum queues count deliveries; of anything else one knows only that there was one.
fn redeliveries(delivery: &Delivery, headers: Option<&FieldTable>) -> u32 {
    headers
        .and_then(|table| table.inner().get("x-delivery-count"))
        .and_then(as_text)
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| u32::from(delivery.redelivered))
}

fn as_text(value: &AMQPValue) -> Option<Cow<'_, str>> {
    Some(match value {
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()),
        AMQPValue::ShortString(text) => text.as_str().into(),
        AMQPValue::Boolean(value) => value.to_string().into(),
        AMQPValue::ShortShortInt(value) => value.to_string().into(),
        AMQPValue::ShortShortUInt(value) => value.to_string().into(),
        AMQPValue::ShortInt(value) => value.to_string().into(),
        AMQPValue::ShortUInt(value) => value.to_string().into(),
        AMQPValue::LongInt(value) => value.to_string().into(),
        AMQPValue::LongUInt(value) => value.to_string().into(),
        AMQPValue::LongLongInt(value) => value.to_string().into(),
        _ => return None,
    })
}
