//! Whoever binds a queue to the exchange sees the orders: an older consumer, or our own tap.

use crate::{
    broker::{Broker, take},
    brokers::{eventually, message, proxy::Proxy, soon},
};
use bus::{BusOptions, CommandQueue, Queue, rabbitmq::Tap};
use futures_util::StreamExt;
use lapin::{
    options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_with_an_exclusive_queue_of_its_own_sees_our_orders() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let (_connection, channel) = broker.channel().await;
    let none = FieldTable::default;
    let own = QueueDeclareOptions::exclusive();
    let name = channel
        .queue_declare("".into(), own, none())
        .await
        .unwrap()
        .name()
        .clone();
    let bind = QueueBindOptions::default();
    channel
        .queue_bind(name.clone(), broker.name("orders"), "".into(), bind, none())
        .await
        .unwrap();
    let auto_ack = BasicConsumeOptions {
        no_ack: true,
        ..BasicConsumeOptions::default()
    };
    let mut orders = channel
        .basic_consume(name, "".into(), auto_ack, none())
        .await
        .unwrap();

    let sent = message("one");
    queue
        .send(vec![(Queue::Orders, sent.clone())])
        .await
        .unwrap();

    let seen = soon("the order comes", orders.next())
        .await
        .unwrap()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&seen.data).unwrap();
    assert_eq!(json["order_id"], "one");
    // And the worker has it too.
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    assert_eq!(take(&mut *source, 1).await[0].message, sent);
    broker.clear().await;
}

/// A tap that is known to see what is sent from now on.
async fn open_tap(broker: &Broker, queue: &dyn CommandQueue) -> Tap {
    let mut tap = Tap::open(broker.url.as_str(), &broker.options).unwrap();
    sees_something(&mut tap, queue).await;
    tap
}

async fn sees_something(tap: &mut Tap, queue: &dyn CommandQueue) {
    soon("the tap sees an order", async {
        loop {
            let _ = queue.send(vec![(Queue::Orders, message("probe"))]).await;
            if tokio::time::timeout(Duration::from_millis(50), tap.next())
                .await
                .is_ok()
            {
                return;
            }
        }
    })
    .await;
}

async fn next(tap: &mut Tap) -> bus::Message {
    loop {
        let seen = soon("the tap sees an order", tap.next()).await;
        if seen.key != "probe" {
            return seen;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_sees_orders_arrive_and_takes_none_away() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let mut tap = open_tap(&broker, &*queue).await;
    let before = queue.depth(Queue::Orders).await.unwrap().ready;
    for number in 0..1_000 {
        queue
            .send(vec![(Queue::Orders, message(&number.to_string()))])
            .await
            .unwrap();
        assert_eq!(next(&mut tap).await.key, number.to_string());
    }
    assert_eq!(
        queue.depth(Queue::Orders).await.unwrap().ready,
        before + 1_000
    );
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_that_does_not_keep_up_loses_the_oldest_and_stops_nobody() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let mut tap = open_tap(&broker, &*queue).await;
    let sent = 5_000;
    for batch in 0..sent / 500 {
        let orders = (0..500).map(|n| (Queue::Orders, message(&(batch * 500 + n).to_string())));
        queue.send(orders.collect()).await.unwrap();
    }
    let mut seen = vec![next(&mut tap).await.key];
    while seen.last() != Some(&(sent - 1).to_string()) {
        seen.push(next(&mut tap).await.key);
    }
    assert!(
        seen.len() < sent / 2,
        "{} of {sent} were kept for it",
        seen.len()
    );
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_comes_back_by_itself() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let proxy = Proxy::before(broker.address()).await;
    let mut tap = open_tap(&broker.through(proxy.address()), &*queue).await;
    proxy.cut();
    sees_something(&mut tap, &*queue).await;
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_tap() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let tap = open_tap(&broker, &*queue).await;
    broker.delete(Queue::Orders).await;
    drop(tap);
    // With the queue and the tap gone no one takes orders, and that shows.
    eventually("the tap's queue is gone", async || {
        queue
            .send(vec![(Queue::Orders, message("one"))])
            .await
            .is_err()
    })
    .await;
    broker.ready().await;
    broker.clear().await;
}

#[tokio::test]
async fn there_is_no_tap_on_other_queues() {
    assert!(Tap::open("sqlite:queue.db", &BusOptions::default()).is_err());
}
