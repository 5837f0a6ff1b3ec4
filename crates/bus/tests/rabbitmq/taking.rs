//! Taking and settling.

use crate::{
    broker::{Broker, keys, take},
    brokers::{LINGER, message, soon},
};
use bus::{CommandQueue, Queue};
use std::{collections::HashSet, time::Duration};

async fn with_messages(broker: &Broker, count: usize) -> std::sync::Arc<dyn CommandQueue> {
    let queue = broker.ready().await;
    let batch = (0..count).map(|number| (Queue::Payments, message(&number.to_string())));
    queue.send(batch.collect()).await.unwrap();
    queue
}

#[tokio::test(flavor = "multi_thread")]
async fn settling_out_of_order_settles_just_these() {
    let Some(broker) = Broker::get() else { return };
    let queue = with_messages(&broker, 6).await;
    let mut source = queue.consume(Queue::Payments, 10).await.unwrap();
    let taken = take(&mut *source, 6).await;
    let receipts: Vec<_> = taken.iter().map(|delivery| delivery.receipt).collect();

    source.settle(&[receipts[3], receipts[1]]).await.unwrap();
    // Twice does not hurt.
    source.settle(&[receipts[1]]).await.unwrap();
    // The oldest, and beyond the gap that is settled already, in one.
    source.settle(&[receipts[0], receipts[2]]).await.unwrap();
    drop(source);

    let mut source = queue.consume(Queue::Payments, 10).await.unwrap();
    let rest = take(&mut *source, 2).await;
    assert_eq!(keys(&rest), keys(&taken[4..]));
    assert_eq!(queue.depth(Queue::Payments).await.unwrap().ready, 0);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_source_gives_back_at_once_what_it_had() {
    let Some(broker) = Broker::get() else { return };
    let queue = with_messages(&broker, 20).await;
    let mut source = queue.consume(Queue::Payments, 20).await.unwrap();
    take(&mut *source, 5).await;
    drop(source);

    let mut source = queue.consume(Queue::Payments, 20).await.unwrap();
    let again = tokio::time::timeout(Duration::from_secs(2), take(&mut *source, 20))
        .await
        .unwrap();
    assert_eq!(again.len(), 20);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_in_hand_than_was_asked_for() {
    let Some(broker) = Broker::get() else { return };
    let queue = with_messages(&broker, 10).await;
    let mut source = queue.consume(Queue::Payments, 4).await.unwrap();
    let taken = take(&mut *source, 4).await;
    tokio::time::timeout(Duration::from_millis(200), source.take(10, LINGER))
        .await
        .unwrap_err();
    source.settle(&[taken[0].receipt]).await.unwrap();
    assert_eq!(
        soon("one more", source.take(10, LINGER))
            .await
            .unwrap()
            .len(),
        1
    );
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_take_loses_nothing() {
    let Some(broker) = Broker::get() else { return };
    let queue = with_messages(&broker, 500).await;
    let mut source = queue.consume(Queue::Payments, 500).await.unwrap();
    let mut seen = HashSet::new();
    let mut cancelled = 0;
    while seen.len() < 500 {
        // It waits for more than there is, so that it is cancelled with messages in its hands.
        let linger = Duration::from_millis(1 + cancelled % 3);
        let taking = source.take(40, linger);
        match tokio::time::timeout(Duration::from_millis(2), taking).await {
            Ok(taken) => {
                for delivery in taken.unwrap() {
                    assert!(seen.insert(delivery.message.key), "twice");
                }
            }
            Err(_) => cancelled += 1,
        }
    }
    assert_eq!(seen.len(), 500);
    broker.clear().await;
}
