//! A runner on a log.

use crate::{
    bench::Bench,
    faults::Closable,
    handler::{Running, Scripted},
    on_every_log,
    support::*,
};
use bus::{DeadLetterQueue, EventLog, Failure, Message, Outcome, Topic, Unavailable};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

on_every_log!(
    a_poison_record_ends_in_the_dead_letters,
    a_record_that_breaks_its_batch_takes_nobody_down,
    an_unavailable_handler_pauses_and_keeps_the_order,
    a_restarted_runner_resumes,
    what_was_given_up_stays_given_up,
);

/// All about one key, so that they have an order.
fn records(numbers: std::ops::Range<u32>) -> Vec<(Topic, Message)> {
    numbers
        .map(|number| (Topic::Analytics, about("one key", number)))
        .collect()
}

async fn finished(log: &Arc<dyn EventLog>) {
    eventually("the lag is 0", async || {
        log.lag("group", Topic::Analytics)
            .await
            .is_ok_and(|lag| lag == 0)
    })
    .await;
}

async fn a_poison_record_ends_in_the_dead_letters(bench: &Bench) {
    let log = bench.log().await;
    let handler = Scripted::each(|_, number| match number {
        13 => Outcome::Reject(rejected("nobody can read 13")),
        _ => Outcome::nothing(),
    });
    log.append(records(0..50)).await.unwrap();
    let runner = Running::on_log(bench, &handler).await;
    finished(&log).await;
    runner.stop().await;
    let neighbours: Vec<u32> = (0..50).filter(|number| *number != 13).collect();
    assert_eq!(handler.done(), neighbours);
    assert_eq!(
        bench
            .queue()
            .await
            .dead(DeadLetterQueue::Log)
            .await
            .unwrap(),
        1
    );
}

async fn a_record_that_breaks_its_batch_takes_nobody_down(bench: &Bench) {
    let log = bench.log().await;
    let handler = Scripted::batches(|_, batch| match batch.contains(&13) {
        true => Err(Failure::Batch("a constraint fails for 13".to_owned())),
        false => Ok(batch.iter().map(|_| Outcome::nothing()).collect()),
    });
    log.append(records(0..50)).await.unwrap();
    let runner = Running::on_log(bench, &handler).await;
    finished(&log).await;
    runner.stop().await;
    let neighbours: Vec<u32> = (0..50).filter(|number| *number != 13).collect();
    assert_eq!(handler.done(), neighbours);
    assert_eq!(
        bench
            .queue()
            .await
            .dead(DeadLetterQueue::Log)
            .await
            .unwrap(),
        1
    );
}

async fn an_unavailable_handler_pauses_and_keeps_the_order(bench: &Bench) {
    let log = bench.log().await;
    let down = Arc::new(AtomicBool::new(true));
    let handler = {
        let down = down.clone();
        Scripted::batches(move |_, batch| match down.load(Ordering::SeqCst) {
            true => Err(Unavailable::new("database", "down").into()),
            false => Ok(batch.iter().map(|_| Outcome::nothing()).collect()),
        })
    };
    log.append(records(0..30)).await.unwrap();
    let runner = Running::on_log(bench, &handler).await;
    eventually("it is tried for a while", async || {
        handler.calls().len() >= 4
    })
    .await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 30);
    down.store(false, Ordering::SeqCst);
    finished(&log).await;
    runner.stop().await;
    assert_eq!(
        handler.done(),
        (0..30).collect::<Vec<_>>(),
        "each once, in order"
    );
    assert_eq!(
        bench
            .queue()
            .await
            .dead(DeadLetterQueue::Log)
            .await
            .unwrap(),
        0
    );
}

async fn a_restarted_runner_resumes(bench: &Bench) {
    let log = bench.log().await;
    let mut seen = Vec::new();
    for round in 0..3 {
        log.append(records(round * 50..(round + 1) * 50))
            .await
            .unwrap();
        let handler = Scripted::each(|_, _| Outcome::nothing());
        let runner = Running::on_log(bench, &handler).await;
        finished(&log).await;
        runner.stop().await;
        seen.extend(handler.done());
    }
    assert_eq!(seen, (0..150).collect::<Vec<_>>());
}

/// A record that nobody can read waits for the dead letters' queue, which is gone, when the runner is told to stop. What
/// came behind it must not be acknowledged: on a log that would acknowledge the record, too.
async fn what_was_given_up_stays_given_up(bench: &Bench) {
    let (queue, log) = (bench.queue().await, bench.log().await);
    let unreadable = |_: &Scripted, number| match number {
        0 => Outcome::Reject(rejected("nobody can read 0")),
        _ => Outcome::nothing(),
    };
    let handler = Scripted::each(unreadable);
    let gone = Closable::closed(queue.clone());
    let runner = Running::on_log_with(gone.clone(), bench, &handler).await;
    log.append(records(0..1)).await.unwrap();
    eventually("it waits for the queue", async || gone.refused() > 0).await;
    log.append(records(1..2)).await.unwrap();
    eventually("the next one is handled", async || handler.done() == [1]).await;
    runner.stop().await;

    let handler = Scripted::each(unreadable);
    let runner = Running::on_log(bench, &handler).await;
    finished(&log).await;
    runner.stop().await;
    assert_eq!(handler.tries(0).len(), 1, "the record comes again");
    assert_eq!(queue.dead(DeadLetterQueue::Log).await.unwrap(), 1);
}
