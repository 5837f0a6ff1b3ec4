//! Several consumers of one queue.

use crate::{bench::Bench, on_every_queue, support::*};
use bus::Queue;
use std::collections::BTreeMap;
use tokio::task::JoinSet;

on_every_queue!(
    competing_consumers_share,
    many_senders_and_consumers_lose_nothing,
    nobody_has_more_in_hand_than_asked_for,
    what_one_leaves_another_gets,
);

async fn competing_consumers_share(bench: &Bench) {
    const MESSAGES: usize = 600;
    let queue = bench.queue().await;
    let mut consumers = JoinSet::new();
    let (done, all_done) = tokio::sync::watch::channel(0);
    for consumer in 0..3 {
        let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
        let (done, mut all_done) = (done.clone(), all_done.clone());
        consumers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                let taken = tokio::select! {
                    taken = source.take(10, LINGER) => taken.unwrap(),
                    _ = all_done.wait_for(|count| *count >= MESSAGES) => return (consumer, mine),
                };
                source.settle(&receipts(&taken)).await.unwrap();
                mine.extend(numbers(&taken));
                done.send_modify(|count| *count += taken.len());
            }
        });
    }
    // One by one, so that there is something for everybody.
    for number in 0..MESSAGES as u32 {
        queue.send(orders([number])).await.unwrap();
    }
    let shares: BTreeMap<i32, Vec<u32>> = soon("all consumers", consumers.join_all())
        .await
        .into_iter()
        .collect();
    let mut all: Vec<u32> = shares.values().flatten().copied().collect();
    all.sort_unstable();
    assert_eq!(
        all,
        (0..MESSAGES as u32).collect::<Vec<_>>(),
        "each message once"
    );
    let busy = shares.values().filter(|share| !share.is_empty()).count();
    assert!(busy >= 2, "one consumer had it all");
}

async fn many_senders_and_consumers_lose_nothing(bench: &Bench) {
    const SENDERS: u32 = 50;
    const EACH: u32 = 40;
    let queue = bench.queue().await;
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        // Some share a connection, and some have their own.
        let queue = if sender % 25 == 0 {
            bench.queue().await
        } else {
            queue.clone()
        };
        senders.spawn(async move {
            for number in 0..EACH {
                queue.send(orders([sender * EACH + number])).await.unwrap();
            }
        });
    }
    let mut source = queue.consume(Queue::Orders, 500).await.unwrap();
    assert_eq!(drain(&mut *source, SENDERS * EACH).await, 0);
    senders.join_all().await;
    let depth = queue.depth(Queue::Orders).await.unwrap();
    assert_eq!(depth.ready, 0);
}

async fn nobody_has_more_in_hand_than_asked_for(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..15)).await.unwrap();
    let mut first = queue.consume(Queue::Orders, 10).await.unwrap();
    let mine = take(&mut *first, 10).await;
    nothing_comes(&mut *first).await;
    // The rest is for somebody else.
    let mut second = queue.consume(Queue::Orders, 10).await.unwrap();
    take(&mut *second, 5).await;
    drop(second);
    first.settle(&receipts(&mine)).await.unwrap();
    take(&mut *first, 5).await;
}

async fn what_one_leaves_another_gets(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..10)).await.unwrap();
    let mut first = queue.consume(Queue::Orders, 10).await.unwrap();
    let taken = take(&mut *first, 10).await;
    first.settle(&receipts(&taken[..4])).await.unwrap();
    let mut second = queue.consume(Queue::Orders, 10).await.unwrap();
    let waiting = tokio::spawn(async move { take(&mut *second, 6).await });
    drop(first);
    let left = soon("the second consumer", waiting).await.unwrap();
    assert_eq!(numbers(&left), numbers(&taken[4..]));
}
