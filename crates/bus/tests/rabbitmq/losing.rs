//! Connections that break.

use crate::{
    broker::{Broker, keys, take},
    brokers::{LINGER, eventually, message, proxy::Proxy, soon},
    inspecting::close_connections,
};
use bus::Queue;
use futures_util::future::join_all;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// An order's sender must know within two seconds.
const IN_TIME: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_every_call_fails_in_time_and_all_works_when_it_comes() {
    let Some(broker) = Broker::get() else { return };
    let proxy = Proxy::before(broker.address()).await;
    proxy.down();
    let queue = broker.through(proxy.address()).open();

    let started = Instant::now();
    queue
        .send(vec![(Queue::Orders, message("early"))])
        .await
        .unwrap_err();
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());
    assert!(
        soon("an answer", queue.consume(Queue::Orders, 10))
            .await
            .is_err()
    );
    assert!(soon("an answer", queue.depth(Queue::Orders)).await.is_err());

    proxy.up();
    eventually("sending works", async || {
        queue
            .send(vec![(Queue::Orders, message("late"))])
            .await
            .is_ok()
    })
    .await;
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    assert_eq!(keys(&take(&mut *source, 1).await), ["late"]);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_says_nothing_fails_a_send_in_time() {
    let Some(broker) = Broker::get() else { return };
    let proxy = Proxy::before(broker.address()).await;
    let queue = broker.through(proxy.address()).ready().await;
    queue
        .send(vec![(Queue::Orders, message("before"))])
        .await
        .unwrap();

    proxy.freeze();
    let started = Instant::now();
    queue
        .send(vec![(Queue::Orders, message("unknown"))])
        .await
        .unwrap_err();
    assert!(started.elapsed() < IN_TIME, "{:?}", started.elapsed());

    proxy.up();
    eventually("sending works", async || {
        queue
            .send(vec![(Queue::Orders, message("after"))])
            .await
            .is_ok()
    })
    .await;
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_is_there_however_often_the_connection_breaks() {
    let Some(broker) = Broker::get() else { return };
    let proxy = Proxy::before(broker.address()).await;
    let queue = broker.through(proxy.address()).ready().await;
    let stop = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..50)
        .map(|sender| {
            let (queue, stop) = (Arc::clone(&queue), Arc::clone(&stop));
            tokio::spawn(async move {
                let (mut confirmed, mut failed) = (Vec::new(), 0);
                for number in 0.. {
                    let key = format!("{sender}-{number}");
                    match queue.send(vec![(Queue::Payments, message(&key))]).await {
                        Ok(()) => confirmed.push(key),
                        Err(_) => failed += 1,
                    }
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
                (confirmed, failed)
            })
        })
        .collect();
    for _ in 0..5 {
        eventually("sending works", async || {
            queue
                .send(vec![(Queue::Inventory, message("probe"))])
                .await
                .is_ok()
        })
        .await;
        proxy.cut();
    }
    stop.store(true, Ordering::Relaxed);
    let (mut confirmed, mut failed) = (Vec::new(), 0);
    for sender in senders {
        let (keys, failures) = sender.await.unwrap();
        confirmed.extend(keys);
        failed += failures;
    }

    // More may be there than was confirmed, in any order.
    let mut missing: HashSet<String> = confirmed.into_iter().collect();
    let queue = broker.ready().await;
    let mut source = queue.consume(Queue::Payments, 1_000).await.unwrap();
    while !missing.is_empty() {
        let what = format!(
            "{} confirmed messages, such as {:?}",
            missing.len(),
            missing.iter().next()
        );
        let taken = soon(&what, source.take(500, LINGER)).await.unwrap();
        let receipts: Vec<_> = taken.iter().map(|delivery| delivery.receipt).collect();
        for delivery in taken {
            missing.remove(&delivery.message.key);
        }
        source.settle(&receipts).await.unwrap();
    }
    // Five cuts with fifty senders were felt, or this shows nothing.
    assert!(failed > 0);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_says_once_that_it_lost_the_broker_then_goes_on() {
    let Some(broker) = Broker::get() else { return };
    let proxy = Proxy::before(broker.address()).await;
    let queue = broker.through(proxy.address()).ready().await;
    queue
        .send(vec![
            (Queue::Payments, message("one")),
            (Queue::Payments, message("two")),
        ])
        .await
        .unwrap();
    let mut source = queue.consume(Queue::Payments, 10).await.unwrap();
    let before = take(&mut *source, 2).await;

    proxy.cut();
    soon("the loss is noticed", source.take(10, LINGER))
        .await
        .unwrap_err();

    let again = take(&mut *source, 2).await;
    assert_eq!(keys(&again), ["one", "two"]);
    assert!(again.iter().all(|delivery| delivery.redeliveries > 0));
    // Receipts from before the loss mean nothing now. Their delivery tags are those of the new deliveries.
    let stale: Vec<_> = before.iter().map(|delivery| delivery.receipt).collect();
    source.settle(&stale).await.unwrap();
    drop(source);
    let mut source = queue.consume(Queue::Payments, 10).await.unwrap();
    assert_eq!(keys(&take(&mut *source, 2).await), ["one", "two"]);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_broker_closes_come_back() {
    let Some(broker) = Broker::get() else { return };
    let Some(management) = crate::inspecting::management() else {
        return;
    };
    let queue = broker.ready().await;
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();

    let both = ["publishing", "consuming"];
    close_connections(&management, &broker.options.prefix, &both).await;
    soon("the loss is noticed", source.take(10, LINGER))
        .await
        .unwrap_err();
    eventually("sending works", async || {
        queue
            .send(vec![(Queue::Orders, message("after"))])
            .await
            .is_ok()
    })
    .await;
    assert_eq!(keys(&take(&mut *source, 1).await), ["after"]);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_ask_but_cannot_send_is_not_ready() {
    let Some(broker) = Broker::get() else { return };
    let Some(management) = crate::inspecting::management() else {
        return;
    };
    let proxy = Proxy::before(broker.address()).await;
    let queue = broker.through(proxy.address()).ready().await;

    proxy.refuse();
    close_connections(&management, &broker.options.prefix, &["publishing"]).await;
    eventually("it knows that it cannot send", async || {
        queue.ready().await.is_err()
    })
    .await;
    // Questions go over the other connection, and are answered: they say nothing about sending.
    queue.depth(Queue::Orders).await.unwrap();

    proxy.up();
    eventually("it can send", async || queue.ready().await.is_ok()).await;
    queue
        .send(vec![(Queue::Orders, message("after"))])
        .await
        .unwrap();
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_somebody_deletes_is_declared_again_by_its_consumer() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    broker.delete(Queue::Orders).await;
    soon("the loss is noticed", source.take(10, LINGER))
        .await
        .unwrap_err();
    let taking = tokio::spawn(async move { take(&mut *source, 1).await });
    eventually("orders are taken", async || {
        // Until the consumer is back, nobody takes them.
        let _ = queue.send(vec![(Queue::Orders, message("after"))]).await;
        taking.is_finished()
    })
    .await;
    broker.clear().await;
}

/// Somebody else's queue makes an order routable, so the broker confirms it, whether `orders` is there or not. The deletion
/// of `orders` is found by looking; from then on nothing that was confirmed is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_found_and_made_again_whoever_else_is_bound() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let (_connection, channel) = broker.channel().await;
    broker.bind_another_queue(&channel).await;
    broker.delete(Queue::Orders).await;

    // Meanwhile the broker confirms orders that nobody will do.
    let lost = queue.send(vec![(Queue::Orders, message("lost"))]).await;
    lost.unwrap();
    eventually("the deletion is found", async || {
        broker.exists(Queue::Orders).await
    })
    .await;
    let sends = (0..1_000).map(|number| {
        let (queue, key) = (Arc::clone(&queue), number.to_string());
        async move {
            let sent = queue.send(vec![(Queue::Orders, message(&key))]).await;
            sent.is_ok().then_some(key)
        }
    });
    let confirmed: Vec<String> = join_all(sends).await.into_iter().flatten().collect();
    assert!(!confirmed.is_empty());
    let mut missing: HashSet<String> = confirmed.into_iter().collect();
    let mut source = queue.consume(Queue::Orders, 1_000).await.unwrap();
    while !missing.is_empty() {
        let what = format!("what was confirmed is there: {missing:?}");
        for delivery in soon(&what, source.take(500, LINGER)).await.unwrap() {
            missing.remove(&delivery.message.key);
        }
    }
    broker.clear().await;
}

/// A consumer whose queue is deleted does not wait for a sender to miss it.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_makes_its_deleted_queue_again_by_itself() {
    let Some(broker) = Broker::get() else { return };
    let consuming = broker.ready().await;
    for queue in Queue::ALL {
        let mut source = consuming.consume(queue, 10).await.unwrap();
        broker.delete(queue).await;
        soon("the loss is noticed", source.take(10, LINGER))
            .await
            .unwrap_err();
        let taking = tokio::spawn(async move { take(&mut *source, 1).await });
        let (_connection, channel) = broker.channel().await;
        eventually("the queue is there", async || {
            broker.publish(&channel, queue, "after").await;
            taking.is_finished()
        })
        .await;
        assert_eq!(keys(&taking.await.unwrap()), ["after"]);
    }
    broker.clear().await;
}
