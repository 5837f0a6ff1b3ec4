//! Sent means confirmed.

use crate::{
    broker::{Broker, take},
    brokers::{eventually, message},
};
use bus::{Cause, CauseCode, DeadLetter, DeadLetterQueue, Queue};
use futures_util::{StreamExt, future::join_all, stream};
use lapin::{
    BasicProperties, Confirmation,
    options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_comes_as_it_was_sent() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let sent = message("one");
    queue
        .send(vec![(Queue::Orders, sent.clone())])
        .await
        .unwrap();

    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let taken = take(&mut *source, 1).await;

    assert_eq!(taken[0].message, sent);
    assert_eq!(taken[0].redeliveries, 0);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_wire_it_is_a_persistent_cloud_event_in_plain_json() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let sent = message("one");
    queue
        .send(vec![(Queue::Payments, sent.clone())])
        .await
        .unwrap();

    let (_connection, channel) = broker.channel().await;
    let name = broker.name("payments");
    let got = channel
        .basic_get(name, BasicGetOptions { no_ack: true })
        .await
        .unwrap()
        .unwrap();

    let properties = &got.properties;
    assert_eq!(properties.delivery_mode(), &Some(2));
    assert_eq!(
        properties.content_type().as_ref().unwrap().as_str(),
        "application/json"
    );
    assert_eq!(
        properties.message_id().as_ref().unwrap().as_str(),
        sent.id.to_string()
    );
    assert_eq!(properties.timestamp(), &Some(1_800_000_000));
    let headers = properties.headers().as_ref().unwrap().inner();
    for name in [
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_time",
        "ce_specversion",
        "schema",
        "traceparent",
    ] {
        assert!(headers.contains_key(name), "{name} in {headers:?}");
    }
    assert_eq!(got.data, sent.payload.as_bytes());
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_senders_at_once_are_all_confirmed_and_nothing_is_lost_or_doubled() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let sends = stream::iter(0..5_000)
        .map(|number| queue.send(vec![(Queue::Payments, message(&number.to_string()))]))
        .buffer_unordered(1_000);
    let outcomes: Vec<_> = sends.collect().await;
    assert!(
        outcomes.iter().all(Result::is_ok),
        "{:?}",
        outcomes.iter().find(|o| o.is_err())
    );
    assert_eq!(queue.depth(Queue::Payments).await.unwrap().ready, 5_000);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_queue_takes_is_not_sent_and_the_queue_is_declared_again() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    queue
        .send(vec![(Queue::Payments, message("before"))])
        .await
        .unwrap();
    broker.delete(Queue::Payments).await;

    let lost = queue.send(vec![(Queue::Payments, message("lost"))]).await;
    assert!(
        lost.unwrap_err()
            .to_string()
            .contains("no queue takes the message")
    );

    eventually("the queue is back", async || {
        queue
            .send(vec![(Queue::Payments, message("after"))])
            .await
            .is_ok()
    })
    .await;
    broker.clear().await;
}

/// The control: the broker itself calls such a message confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn without_mandatory_a_lost_message_would_be_confirmed() {
    let Some(broker) = Broker::get() else { return };
    let (_connection, channel) = broker.channel().await;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    let nowhere = broker.name("nowhere");
    let options = BasicPublishOptions::default();
    let properties = BasicProperties::default();
    let published = channel
        .basic_publish("".into(), nowhere, options, b"{}", properties)
        .await
        .unwrap();
    assert_eq!(published.await.unwrap(), Confirmation::Ack(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_missing_no_message_is_confirmed_that_is_not_there() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    for _ in 0..5 {
        let sends = (0..600).map(|number| {
            let to = if number % 2 == 0 {
                Queue::Payments
            } else {
                Queue::Inventory
            };
            let queue = Arc::clone(&queue);
            async move {
                let confirmed = queue.send(vec![(to, message("many"))]).await.is_ok();
                u64::from(confirmed && to == Queue::Inventory)
            }
        });
        let (confirmed, ()) = tokio::join!(join_all(sends), broker.delete(Queue::Payments));
        let confirmed: u64 = confirmed.into_iter().sum();
        eventually("RabbitMQ is there again", async || {
            queue
                .send(vec![(Queue::Payments, message("again"))])
                .await
                .is_ok()
        })
        .await;
        // Deleting one queue made nobody believe that messages are on the other one.
        let there = queue.depth(Queue::Inventory).await.unwrap().ready;
        assert!(there >= confirmed, "{confirmed} confirmed, {there} there");
        broker.purge(Queue::Inventory).await;
    }
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_in_time_and_takes_again_when_there_is_room() {
    let Some(mut broker) = Broker::get() else {
        return;
    };
    broker.options.orders_max_length = Some(100);
    let queue = broker.ready().await;
    let sends = (0..2_000).map(|number| {
        let queue = Arc::clone(&queue);
        async move {
            let started = Instant::now();
            let outcome = queue
                .send(vec![(Queue::Orders, message(&number.to_string()))])
                .await;
            assert!(
                started.elapsed() < Duration::from_secs(2),
                "{:?}",
                started.elapsed()
            );
            outcome
        }
    });
    let outcomes = join_all(sends).await;
    let confirmed = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    let refusals: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(!refusals.is_empty());
    assert!(
        refusals
            .iter()
            .all(|refusal| refusal.to_string().contains("full")),
        "{refusals:?}"
    );
    // Which confirm is whose is what a channel shared between tasks gets wrong.
    assert_eq!(queue.depth(Queue::Orders).await.unwrap().ready, confirmed);

    broker.purge(Queue::Orders).await;
    eventually("there is room", async || {
        queue
            .send(vec![(Queue::Orders, message("next"))])
            .await
            .is_ok()
    })
    .await;
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_says_why_and_how_often_it_was_tried() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let cause = Cause::new(CauseCode::Rejected, "the order has no items");
    for dead in DeadLetterQueue::ALL {
        let letter = DeadLetter {
            message: message("bad"),
            cause: cause.clone(),
            attempts: 7,
        };
        queue.bury(dead, letter.clone()).await.unwrap();
        assert_eq!(queue.dead(dead).await.unwrap(), 1);

        let (_connection, channel) = broker.channel().await;
        let options = BasicGetOptions { no_ack: true };
        let got = channel
            .basic_get(broker.name(dead.name()), options)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(got.data, letter.message.payload.as_bytes());
        let headers = got.properties.headers().as_ref().unwrap().inner();
        let text = |name: &str| headers[name].as_long_string().unwrap().to_string();
        assert_eq!(text("x-cause"), "rejected");
        assert_eq!(text("x-cause-text"), cause.text());
        assert_eq!(text("ce_id"), letter.message.id.to_string());
        assert_eq!(headers["x-attempts"].as_long_long_int(), Some(7));
    }
    broker.clear().await;
}
