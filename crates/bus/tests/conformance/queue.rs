//! One consumer and its queue.

use crate::{
    bench::{Bench, connected_queue},
    on_every_queue,
    support::*,
};
use bus::{BusOptions, DeadLetter, DeadLetterQueue, Queue};
use std::time::Duration;
use tokio::time::timeout;

on_every_queue!(
    a_message_comes_as_it_was_sent,
    what_was_sent_is_there_when_opened_again,
    a_consumer_that_waits_gets_what_comes,
    unacknowledged_work_returns,
    what_is_settled_does_not_return,
    settling_a_part_leaves_the_rest,
    settling_first_loses_work,
    a_receipt_of_a_lost_connection_is_ignored,
    a_cancelled_take_loses_nothing,
    queues_are_separate,
    installations_are_separate,
    dead_letters_are_counted,
    a_full_queue_refuses,
    depth_is_exact,
);

async fn a_message_comes_as_it_was_sent(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders([7])).await.unwrap();
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let taken = take(&mut *source, 1).await;
    assert_eq!(taken[0].message, message(7));
    assert_eq!(taken[0].redeliveries, 0);
}

async fn what_was_sent_is_there_when_opened_again(bench: &Bench) {
    bench.queue().await.send(orders(0..100)).await.unwrap();
    let mut source = bench
        .queue()
        .await
        .consume(Queue::Orders, 100)
        .await
        .unwrap();
    assert_eq!(drain(&mut *source, 100).await, 0);
}

async fn a_consumer_that_waits_gets_what_comes(bench: &Bench) {
    let queue = bench.queue().await;
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let waiting = tokio::spawn(async move { take(&mut *source, 1).await });
    queue.send(orders([1])).await.unwrap();
    assert_eq!(numbers(&soon("wake up", waiting).await.unwrap()), [1]);
}

async fn unacknowledged_work_returns(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..20)).await.unwrap();
    let mut source = queue.consume(Queue::Orders, 20).await.unwrap();
    take(&mut *source, 20).await;
    drop(source);

    let mut source = queue.consume(Queue::Orders, 20).await.unwrap();
    let again = take(&mut *source, 20).await;
    assert_eq!(numbers(&again), (0..20).collect::<Vec<_>>());
    assert!(again.iter().all(|delivery| delivery.redeliveries >= 1));
}

async fn what_is_settled_does_not_return(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..20)).await.unwrap();
    let mut source = queue.consume(Queue::Orders, 20).await.unwrap();
    let taken = take(&mut *source, 20).await;
    source.settle(&receipts(&taken)).await.unwrap();
    drop(source);

    let mut source = queue.consume(Queue::Orders, 20).await.unwrap();
    nothing_comes(&mut *source).await;
}

async fn settling_a_part_leaves_the_rest(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..10)).await.unwrap();
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let taken = take(&mut *source, 10).await;
    let (odd, even): (Vec<_>, Vec<_>) = taken
        .into_iter()
        .partition(|delivery| number(&delivery.message) % 2 == 1);
    source.settle(&receipts(&odd)).await.unwrap();
    drop(source);

    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    assert_eq!(
        numbers(&take(&mut *source, even.len()).await),
        numbers(&even)
    );
    nothing_comes(&mut *source).await;
}

/// The control of the two above: a consumer that settles before it has done the work, and fails, has lost it.
async fn settling_first_loses_work(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders([1])).await.unwrap();
    let mut done = Vec::new();
    for fails in [true, false] {
        let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
        let Ok(taken) = timeout(QUIET, source.take(1, LINGER)).await else {
            continue;
        };
        let taken = taken.unwrap();
        source.settle(&receipts(&taken)).await.unwrap();
        if !fails {
            done.extend(numbers(&taken));
        }
    }
    assert_eq!(
        done,
        [] as [u32; 0],
        "the second attempt found work that was given away"
    );
}

async fn a_receipt_of_a_lost_connection_is_ignored(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..2)).await.unwrap();
    let mut first = queue.consume(Queue::Orders, 1).await.unwrap();
    let stale = receipts(&take(&mut *first, 1).await);
    drop(first);

    let mut second = queue.consume(Queue::Orders, 2).await.unwrap();
    let stale: Vec<_> = stale
        .into_iter()
        .map(|receipt| bus::Receipt {
            lane: receipt.lane + 1000,
            ..receipt
        })
        .collect();
    let taken = take(&mut *second, 2).await;
    second.settle(&stale).await.unwrap();
    second.settle(&receipts(&taken[..1])).await.unwrap();
    drop(second);

    let mut third = queue.consume(Queue::Orders, 2).await.unwrap();
    assert_eq!(numbers(&take(&mut *third, 1).await), numbers(&taken[1..]));
}

async fn a_cancelled_take_loses_nothing(bench: &Bench) {
    let queue = bench.queue().await;
    let mut source = queue.consume(Queue::Orders, 1000).await.unwrap();
    let sending = tokio::spawn(async move {
        for number in 0..300 {
            queue.send(orders([number])).await.unwrap();
        }
    });
    let mut taken = Vec::new();
    let mut patience = 0;
    while taken.len() < 300 {
        // From cancelled at once to barely not cancelled.
        patience = (patience + 700) % 9000;
        let some = source.take(50, Duration::from_millis(3));
        if let Ok(some) = timeout(Duration::from_micros(patience), some).await {
            taken.extend(some.unwrap());
        }
    }
    sending.await.unwrap();
    assert_eq!(numbers(&taken), (0..300).collect::<Vec<_>>());
    source.settle(&receipts(&taken)).await.unwrap();
    drop(source);
    let queue = bench.queue().await;
    eventually("nothing is left", async || {
        let depth = queue.depth(Queue::Orders).await.unwrap();
        depth.ready == 0 && depth.unacked.unwrap_or(0) == 0
    })
    .await;
}

async fn queues_are_separate(bench: &Bench) {
    let queue = bench.queue().await;
    let sent = vec![
        (Queue::Payments, message(1)),
        (Queue::Inventory, message(2)),
    ];
    queue.send(sent).await.unwrap();
    let mut payments = queue.consume(Queue::Payments, 10).await.unwrap();
    let mut inventory = queue.consume(Queue::Inventory, 10).await.unwrap();
    assert_eq!(numbers(&take(&mut *payments, 1).await), [1]);
    assert_eq!(numbers(&take(&mut *inventory, 1).await), [2]);
    nothing_comes(&mut *payments).await;
}

async fn installations_are_separate(bench: &Bench) {
    let queue = bench.queue().await;
    let options = BusOptions {
        prefix: format!("{}other.", bench.prefix),
        ..BusOptions::default()
    };
    let other = connected_queue(&bench.queue_url, &options).await;
    queue.send(orders([1])).await.unwrap();
    other.send(orders([2])).await.unwrap();
    let mut source = other.consume(Queue::Orders, 10).await.unwrap();
    assert_eq!(numbers(&take(&mut *source, 1).await), [2]);
    nothing_comes(&mut *source).await;
    assert_eq!(queue.depth(Queue::Orders).await.unwrap().ready, 1);
}

async fn dead_letters_are_counted(bench: &Bench) {
    let queue = bench.queue().await;
    for dead in DeadLetterQueue::ALL {
        assert_eq!(queue.dead(dead).await.unwrap(), 0);
    }
    let letter = |number| DeadLetter {
        message: message(number),
        cause: rejected("nobody can"),
        attempts: 3,
    };
    let payments = DeadLetterQueue::Of(Queue::Payments);
    queue.bury(payments, letter(1)).await.unwrap();
    queue.bury(payments, letter(2)).await.unwrap();
    queue.bury(DeadLetterQueue::Log, letter(3)).await.unwrap();
    assert_eq!(queue.dead(payments).await.unwrap(), 2);
    assert_eq!(queue.dead(DeadLetterQueue::Log).await.unwrap(), 1);
    assert_eq!(
        queue
            .dead(DeadLetterQueue::Of(Queue::Orders))
            .await
            .unwrap(),
        0
    );
    assert_eq!(bench.queue().await.dead(payments).await.unwrap(), 2);
}

async fn a_full_queue_refuses(bench: &Bench) {
    let options = BusOptions {
        orders_max_length: Some(10),
        ..bench.options()
    };
    let queue = connected_queue(&bench.queue_url, &options).await;
    // A broker may let a few more in than it was told.
    let mut sent = 0;
    let refused = loop {
        match queue.send(orders([sent])).await {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 100, "100 orders on a queue of 10");
    };
    assert!(sent >= 10, "only {sent}: {refused}");
    // Others have their own queues.
    queue
        .send(vec![(Queue::Payments, message(1))])
        .await
        .unwrap();

    let mut source = queue.consume(Queue::Orders, 100).await.unwrap();
    let taken = take(&mut *source, 10).await;
    source.settle(&receipts(&taken)).await.unwrap();
    eventually("there is room again", async || {
        queue.send(orders([1000])).await.is_ok()
    })
    .await;
}

async fn depth_is_exact(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..50)).await.unwrap();
    let expect = async |ready: u64, unacked: u64, consumers: u64| {
        let what = format!("{ready} ready, {unacked} unacked, {consumers} consumers");
        eventually(&what, async || {
            let depth = queue.depth(Queue::Orders).await.unwrap();
            depth.ready == ready
                && depth.unacked.is_none_or(|count| count == unacked)
                && depth.consumers.is_none_or(|count| count == consumers)
        })
        .await;
    };
    expect(50, 0, 0).await;
    // As many as it may have in hand, so that nobody can have taken more than it returned.
    let mut source = queue.consume(Queue::Orders, 20).await.unwrap();
    let taken = take(&mut *source, 20).await;
    expect(30, 20, 1).await;
    drop(source);
    expect(50, 0, 0).await;
    let mut source = queue.consume(Queue::Orders, 50).await.unwrap();
    let all = take(&mut *source, 50).await;
    expect(0, 50, 1).await;
    source.settle(&receipts(&all)).await.unwrap();
    expect(0, 0, 1).await;
    drop((source, taken));
    expect(0, 0, 0).await;
}
