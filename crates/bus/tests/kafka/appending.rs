//! Appended means acknowledged.

use crate::{
    broker::{Broker, read, take},
    brokers::{eventually, message, soon},
};
use bus::{Message, Positions, Topic};
use domain::{
    Amount, Currency, Event, MessageId, OrderId, TicketTypeId, Timestamp, event::TicketSold,
};
use futures_util::{StreamExt, future::join_all};
use rdkafka::{
    Message as _,
    admin::AdminOptions,
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
