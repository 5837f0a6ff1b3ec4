//! What somebody else has put on our topics.

use crate::{
    broker::{Broker, read},
    brokers::message,
};
use bus::{Positions, Topic};
use rdkafka::producer::{FutureProducer, FutureRecord};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_our_headers_is_read_and_stops_nobody() {
    let Some(broker) = Broker::get() else { return };
    let log = broker.open();
    let good = message("good");
    log.append(vec![(Topic::Analytics, good.clone())])
        .await
        .unwrap();
    let producer: FutureProducer = broker.config().create().unwrap();
    let topic = broker.topic(Topic::Analytics);
    for payload in [
        &b"\xff\xfe\x00 no text"[..],
        b"",
        b"{\"event_type\":\"TICKET_SOLD\"}",
    ] {
        let record = FutureRecord::<[u8], [u8]>::to(&topic)
            .key(b"\xff")
            .payload(payload);
        producer
            .send(record, Duration::from_secs(10))
            .await
            .unwrap();
    }
    // Deleted by key, as a compacted topic would have it.
    let tombstone = FutureRecord::<str, [u8]>::to(&topic).key("gone");
    producer
        .send(tombstone, Duration::from_secs(10))
        .await
        .unwrap();

    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let records = read(&mut *reader, 5).await;
    let ours: Vec<_> = records.iter().filter(|r| r.message.key == "good").collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0].message, good);
    let sold = records.iter().find(|r| r.message.kind == "TICKET_SOLD");
    assert!(sold.unwrap().message.decode_event().is_err());
    broker.clear().await;
}
