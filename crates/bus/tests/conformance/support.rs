//! What tests say often.

use bus::{Cause, CauseCode, Delivery, LogReader, Message, Queue, Receipt, Record, Source, Topic};
use domain::{MessageId, Timestamp};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, timeout};

/// The longest that anything may take.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a `take` waits for more.
pub const LINGER: Duration = Duration::from_millis(5);
/// How long we look at what should stay as it is.
pub const QUIET: Duration = Duration::from_millis(300);

/// The message with the number `number`, about a key of its own.
pub fn message(number: u32) -> Message {
    about(&format!("key-{number}"), number)
}

/// The message with the number `number` about `key`.
pub fn about(key: &str, number: u32) -> Message {
    Message {
        id: id(number),
        kind: "CANCEL_CHARGE".to_owned(),
        key: key.to_owned(),
        source: "/test".to_owned(),
        time: Timestamp::from_micros(1_800_000_000_123_456),
        schema: domain::SCHEMA,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        payload: format!(
            r#"{{"event_type":"CANCEL_CHARGE","order_id":"{key}","number":{number},"text":"\"Grüße\"\n\u0000 😀"}}"#
        ),
    }
}

/// The id of the message `number`.
pub fn id(number: u32) -> MessageId {
    MessageId(uuid::Uuid::from_u128(u128::from(number) + 1))
}

/// The number of a message.
pub fn number(message: &Message) -> u32 {
    u32::try_from(message.id.0.as_u128() - 1).unwrap()
}

/// Messages for the orders' queue.
pub fn orders(numbers: impl IntoIterator<Item = u32>) -> Vec<(Queue, Message)> {
    numbers
        .into_iter()
        .map(|number| (Queue::Orders, message(number)))
        .collect()
}

/// Messages for the log.
pub fn facts(numbers: impl IntoIterator<Item = u32>) -> Vec<(Topic, Message)> {
    numbers
        .into_iter()
        .map(|number| (Topic::Analytics, message(number)))
        .collect()
}

/// The receipts of `deliveries`.
pub fn receipts(deliveries: &[Delivery]) -> Vec<Receipt> {
    deliveries.iter().map(|delivery| delivery.receipt).collect()
}

/// Why a handler rejects a message.
pub fn rejected(text: &str) -> Cause {
    Cause::new(CauseCode::Rejected, text)
}

/// The numbers of `deliveries`, sorted.
pub fn numbers(deliveries: &[Delivery]) -> Vec<u32> {
    let mut numbers: Vec<u32> = deliveries
        .iter()
        .map(|delivery| number(&delivery.message))
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Takes `count` messages, however many batches they come in, and settles none.
pub async fn take(source: &mut dyn Source, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let what = format!("{count} messages, of which {} came", taken.len());
        taken.extend(
            soon(&what, source.take(count - taken.len(), LINGER))
                .await
                .unwrap(),
        );
    }
    taken
}

/// Takes and settles until every message below `count` has come, and tells how often one came again.
pub async fn drain(source: &mut dyn Source, count: u32) -> usize {
    let mut missing: BTreeSet<u32> = (0..count).collect();
    let mut repeats = 0;
    while !missing.is_empty() {
        let what = format!(
            "{} more messages, such as {:?}",
            missing.len(),
            missing.first()
        );
        let taken = soon(&what, source.take(250, LINGER)).await.unwrap();
        for delivery in &taken {
            if !missing.remove(&number(&delivery.message)) {
                repeats += 1;
            }
        }
        source.settle(&receipts(&taken)).await.unwrap();
    }
    repeats
}

/// Reads `count` records, however many batches they come in.
pub async fn read(reader: &mut dyn LogReader, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        let what = format!("{count} records, of which {} came", records.len());
        records.extend(
            soon(&what, reader.take(count - records.len(), LINGER))
                .await
                .unwrap(),
        );
    }
    records
}

/// Asserts that nothing comes for a while.
pub async fn nothing_comes(source: &mut dyn Source) {
    if let Ok(taken) = timeout(QUIET, source.take(1, Duration::ZERO)).await {
        panic!("nothing should have come: {taken:?}");
    }
}

/// Waits until `condition` holds.
pub async fn eventually(what: &str, condition: impl AsyncFnMut() -> bool) {
    within(PATIENCE, what, condition).await;
}

/// Waits until `condition` holds, at most `patience`.
pub async fn within(patience: Duration, what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !condition().await {
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Fails when `future` takes longer than it may.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(done) => done,
        Err(_) => panic!("not within {PATIENCE:?}: {what}"),
    }
}
