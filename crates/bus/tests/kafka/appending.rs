//! Appended means acknowledged.

use crate::{
    broker::{Broker, read, take},
    brokers::{eventually, message, soon},
};
use bus::{EventLog, Message, Positions, Topic};
use domain::{
    Amount, Currency, Event, MessageId, OrderId, TicketTypeId, Timestamp, event::TicketSold,
};
use futures_util::{StreamExt, future::join_all};
use rdkafka::{
    Message as _,
    admin::{AdminOptions, AlterConfig, ResourceSpecifier},
    consumer::{Consumer as _, StreamConsumer},
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_as_it_was_appended() {
    let Some(broker) = Broker::get() else { return };
    let log = broker.open();
    let sent = message("one");
    log.append(vec![(Topic::Analytics, sent.clone())])
        .await
        .unwrap();

    let mut source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    assert_eq!(take(&mut *source, 1).await[0].message, sent);
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    assert_eq!(read(&mut *reader, 1).await[0].message, sent);
    broker.clear().await;
}

/// An older service, which knows three fields and nothing of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_plain_consumer_that_knows_three_fields_reads_our_events() {
    #[derive(Deserialize)]
    struct Known {
        event_type: String,
        ticket_id: String,
        timestamp: f64,
    }
    let Some(broker) = Broker::get() else { return };
    let log = broker.open();
    let order = OrderId(uuid::Uuid::from_u128(7));
    let sold = TicketSold {
        ticket_id: order.ticket(1),
        timestamp: Timestamp::from_micros(1_800_000_000_250_000),
        order_id: order,
        ticket_type: TicketTypeId::parse("vip").unwrap(),
        ticket_number: 1,
        tickets_in_order: 1,
        price: Amount(12_900),
        currency: Currency::EUR,
        event: "Sommerfest".to_owned(),
        event_date: "2027-06-18T16:00:00+02:00".to_owned(),
    };
    let id = MessageId(uuid::Uuid::from_u128(1));
    let event = Message::event("/inventory", id, &Event::from(sold.clone()));
    log.append(vec![(Topic::Analytics, event)]).await.unwrap();

    let mut config = broker.config();
    config
        .set("group.id", "some-older-service")
        .set("auto.offset.reset", "earliest");
    let consumer: StreamConsumer = config.create().unwrap();
    consumer
        .subscribe(&[&broker.topic(Topic::Analytics)])
        .unwrap();
    let seen = soon("the event comes", consumer.stream().next())
        .await
        .unwrap()
        .unwrap()
        .detach();
    let payload = seen.payload().unwrap();
    let known: Known = serde_json::from_slice(payload).unwrap();
    assert_eq!(known.event_type, "TICKET_SOLD");
    assert_eq!(known.ticket_id, sold.ticket_id.to_string());
    assert_eq!(known.timestamp, 1_800_000_000.25);
    assert_eq!(seen.key().unwrap(), order.to_string().as_bytes());
    assert!(payload.starts_with(br#"{"event_type":"TICKET_SOLD","ticket_id":"#));
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_one_after_the_other_under_a_key_is_read_in_that_order() {
    let Some(broker) = Broker::get() else { return };
    let log = broker.open();
    let writers = (0..20).map(|writer| {
        let log = Arc::clone(&log);
        async move {
            for batch in 0..10 {
                let events = (0..10).map(|event| {
                    let mut event_message = message(&writer.to_string());
                    event_message.payload = (batch * 10 + event).to_string();
                    (Topic::Analytics, event_message)
                });
                log.append(events.collect()).await.unwrap();
            }
        }
    });
    join_all(writers).await;

    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let mut seen = HashMap::<String, Vec<u32>>::new();
    for record in read(&mut *reader, 2_000).await {
        seen.entry(record.message.key)
            .or_default()
            .push(record.message.payload.parse().unwrap());
    }
    assert_eq!(seen.len(), 20);
    for (key, numbers) in seen {
        assert!(
            numbers.is_sorted() && numbers.len() == 100,
            "{key}: {numbers:?}"
        );
    }
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_somebody_deletes_is_made_again() {
    let Some(broker) = Broker::get() else { return };
    let log = broker.open();
    log.append(vec![(Topic::Users, message("before"))])
        .await
        .unwrap();
    let name = broker.topic(Topic::Users);
    broker
        .admin()
        .delete_topics(&[&name], &AdminOptions::new())
        .await
        .unwrap();

    eventually("appending works", async || {
        let appended = log.append(vec![(Topic::Users, message("after"))]).await;
        appended.is_ok()
            && log
                .ends(Topic::Users)
                .await
                .is_ok_and(|ends| ends.0.values().sum::<i64>() > 0)
    })
    .await;
    let mut reader = log
        .read(&[Topic::Users], &Positions::default())
        .await
        .unwrap();
    assert_eq!(read(&mut *reader, 1).await[0].message.key, "after");
    broker.clear().await;
}

/// An order's first fact is refused, its second is taken. Appended again, they stand on the log in their order, and what
/// other orders had on it is there once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_again_is_a_keys_rest_and_nothing_that_was_taken_before() {
    let Some(mut broker) = Broker::get() else {
        return;
    };
    // A request for each message, or the broker would refuse them together.
    broker.url += "?batch.num.messages=1&compression.type=none";
    let log = broker.open();
    log.append(vec![(Topic::Analytics, message("other"))])
        .await
        .unwrap();
    let limit_messages = async |bytes: &str| {
        let topic = broker.topic(Topic::Analytics);
        let changed = AlterConfig::new(ResourceSpecifier::Topic(&topic))
            .set("retention.ms", "-1")
            .set("max.message.bytes", bytes);
        let changed = broker
            .admin()
            .alter_configs([&changed], &AdminOptions::new())
            .await;
        changed.unwrap();
    };
    limit_messages("2000").await;
    let mut large = message("order");
    large.payload = "x".repeat(10_000);
    let batch = [large.clone(), message("order"), message("other")];
    // The broker's new limit is not everywhere at once.
    let mut refused = None;
    eventually("the large one is refused", async || {
        let batch = batch.clone().map(|message| (Topic::Analytics, message));
        refused = log.append(batch.into()).await.err();
        refused.is_some()
    })
    .await;
    let rest = refused.unwrap().rest;
    let ids: Vec<MessageId> = rest.iter().map(|(_, message)| message.id).collect();
    assert_eq!(ids, [batch[0].id, batch[1].id]);

    let before = on_the_log(&*log).await;
    let of = |id: MessageId, ids: &[MessageId]| ids.iter().filter(|it| **it == id).count();
    limit_messages("1000000").await;
    let mut rest = Some(rest);
    eventually("the rest is taken", async || {
        let appended = log.append(rest.take().unwrap_or_default()).await;
        rest = appended.err().map(|not_appended| not_appended.rest);
        rest.is_none()
    })
    .await;
    let after = on_the_log(&*log).await;
    assert_eq!(of(batch[2].id, &after), of(batch[2].id, &before));
    let last = |id| after.iter().rposition(|it| *it == id);
    assert!(last(batch[0].id) < last(batch[1].id), "{after:?}");
    broker.clear().await;
}

/// The ids of all there is, each partition's in order.
async fn on_the_log(log: &dyn EventLog) -> Vec<MessageId> {
    let ends = log.ends(Topic::Analytics).await.unwrap();
    let count = usize::try_from(ends.0.values().sum::<i64>()).unwrap();
    let start = Positions::default();
    let mut reader = log.read(&[Topic::Analytics], &start).await.unwrap();
    let records = read(&mut *reader, count).await;
    records.iter().map(|record| record.message.id).collect()
}
