//! A runner on a queue.

use crate::{
    bench::Bench,
    faults::{Closable, Gone},
    handler::{Counter, RETRY, Running, Scripted},
    on_every_queue,
    support::*,
};
use bus::{
    CommandQueue, DeadLetterQueue, EventLog, Failure, Outcome, Outputs, Positions, Queue, Topic,
    Unavailable,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

on_every_queue!(
    a_poison_message_ends_in_the_dead_letters,
    a_message_that_breaks_its_batch_takes_nobody_down,
    retries_wait_longer_and_longer_and_block_nobody,
    what_blocks_everybody_is_unavailability,
    retries_are_bounded,
    an_unavailable_handler_pauses_and_counts_nothing,
    a_panic_is_one_messages_trouble,
    outputs_are_published,
    input_is_kept_until_its_outputs_are_confirmed,
    input_settled_before_its_outputs_loses_them,
    facts_go_onto_the_log_once_while_the_queue_is_gone,
    what_is_in_hand_is_finished_at_shutdown,
    a_handler_that_waits_for_ever_does_not_delay_the_shutdown,
    a_message_that_kills_its_process_is_dead_after_ten_deaths_alone,
    what_comes_again_thirty_times_is_neither_dead_nor_slower,
);

/// A process must end within ten seconds, and a runner is not all of it.
const IN_TIME: Duration = Duration::from_secs(8);
const DEAD: DeadLetterQueue = DeadLetterQueue::Of(Queue::Orders);

/// Waits until the queue is empty.
async fn finished(queue: &Arc<dyn CommandQueue>) {
    eventually("the queue is empty", async || {
        let depth = queue.depth(Queue::Orders).await.unwrap();
        depth.ready == 0 && depth.unacked.unwrap_or(0) == 0
    })
    .await;
}

async fn a_poison_message_ends_in_the_dead_letters(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::each(|_, number| match number {
        13 => Outcome::Reject(rejected("nobody can do 13")),
        _ => Outcome::nothing(),
    });
    queue.send(orders(0..50)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    let neighbours: Vec<u32> = (0..50).filter(|number| *number != 13).collect();
    eventually("the neighbours are done", async || {
        handler.done_once() == neighbours
    })
    .await;
    eventually("13 is dead", async || queue.dead(DEAD).await.unwrap() == 1).await;
    runner.stop().await;
    finished(&queue).await;
    assert_eq!(
        handler.tries(13).len(),
        1,
        "what nobody can do is not tried again"
    );
}

async fn a_message_that_breaks_its_batch_takes_nobody_down(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::batches(|_, batch| match batch.contains(&13) {
        true => Err(Failure::Batch("a constraint fails for 13".to_owned())),
        false => Ok(batch.iter().map(|_| Outcome::nothing()).collect()),
    });
    queue.send(orders(0..50)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    let neighbours: Vec<u32> = (0..50).filter(|number| *number != 13).collect();
    eventually("the neighbours are done", async || {
        handler.done_once() == neighbours
    })
    .await;
    eventually("13 is dead", async || queue.dead(DEAD).await.unwrap() == 1).await;
    runner.stop().await;
    finished(&queue).await;
}

async fn retries_wait_longer_and_longer_and_block_nobody(bench: &Bench) {
    let queue = bench.queue().await;
    let tries = Counter::default();
    let handler = Scripted::each(move |_, number| match number {
        0 if tries.next(0) < 5 => Outcome::Retry("not yet".to_owned()),
        _ => Outcome::nothing(),
    });
    let runner = Running::on_orders(bench, &handler).await;
    queue.send(orders([0])).await.unwrap();
    let mut next = 1;
    while !handler.done().contains(&0) {
        queue.send(orders([next])).await.unwrap();
        eventually("a neighbour is done", async || {
            handler.done().contains(&next)
        })
        .await;
        next += 1;
    }
    runner.stop().await;
    finished(&queue).await;

    let tries = handler.tries(0);
    assert_eq!(tries.len(), 6);
    let waits = tries.windows(2).map(|pair| pair[1] - pair[0]);
    let mut least = RETRY.first;
    for wait in waits {
        assert!(wait >= least, "{wait:?} is less than {least:?}");
        least = (least * 2).min(RETRY.longest);
    }
    assert!(next > 10, "only {next} neighbours in all that time");
    assert_eq!(queue.dead(DEAD).await.unwrap(), 0);
}

/// The control of the one above: if the message were not put aside, its neighbours would wait with it.
async fn what_blocks_everybody_is_unavailability(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::batches(|_, batch| match batch.contains(&0) {
        true => Err(Unavailable::new("database", "down").into()),
        false => Ok(batch.iter().map(|_| Outcome::nothing()).collect()),
    });
    queue.send(orders([0])).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    eventually("it is tried", async || !handler.calls().is_empty()).await;
    queue.send(orders(1..10)).await.unwrap();
    eventually("it is tried again", async || handler.tries(0).len() > 4).await;
    assert_eq!(handler.done(), [] as [u32; 0]);
    runner.stop().await;
}

async fn retries_are_bounded(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::each(|_, _| Outcome::Retry("not yet".to_owned()));
    queue.send(orders([0])).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    eventually("it is given up", async || {
        queue.dead(DEAD).await.unwrap() == 1
    })
    .await;
    runner.stop().await;
    finished(&queue).await;
    assert!(handler.tries(0).len() > 2);
}

async fn an_unavailable_handler_pauses_and_counts_nothing(bench: &Bench) {
    let queue = bench.queue().await;
    let down = Arc::new(AtomicBool::new(true));
    let handler = {
        let down = down.clone();
        Scripted::batches(move |_, batch| match down.load(Ordering::SeqCst) {
            true => Err(Unavailable::new("database", "down").into()),
            false => Ok(batch.iter().map(|_| Outcome::nothing()).collect()),
        })
    };
    queue.send(orders(0..30)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    eventually("it is tried for a while", async || {
        handler.calls().len() >= 5
    })
    .await;
    let calls = handler.calls();
    let pauses: Vec<_> = calls.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(pauses[3] > pauses[0], "the pauses do not grow: {pauses:?}");
    assert!(
        calls.windows(2).all(|pair| pair[0].1 == pair[1].1),
        "the same messages each time, none put aside: {calls:?}"
    );
    assert_eq!(handler.done(), [] as [u32; 0]);

    down.store(false, Ordering::SeqCst);
    eventually("all are done", async || {
        handler.done_once() == (0..30).collect::<Vec<_>>()
    })
    .await;
    runner.stop().await;
    finished(&queue).await;
    assert_eq!(queue.dead(DEAD).await.unwrap(), 0);
}

async fn a_panic_is_one_messages_trouble(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::each(|_, number| match number {
        13 => panic!("an error in our own code, for 13"),
        _ => Outcome::nothing(),
    });
    queue.send(orders(0..30)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    let neighbours: Vec<u32> = (0..30).filter(|number| *number != 13).collect();
    eventually("the neighbours are done", async || {
        handler.done_once() == neighbours
    })
    .await;
    eventually("13 is dead", async || queue.dead(DEAD).await.unwrap() == 1).await;
    runner.stop().await;
}

/// What follows from each order in these tests: a fact and a command, both with its number.
fn outputs(number: u32) -> Outcome {
    Outcome::Done(Outputs {
        events: vec![(Topic::Analytics, message(number))],
        commands: vec![(Queue::Payments, message(number))],
    })
}

async fn outputs_are_published(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::each(|_, number| outputs(number));
    queue.send(orders(0..50)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    let mut payments = queue.consume(Queue::Payments, 50).await.unwrap();
    drain(&mut *payments, 50).await;
    let log = bench.log().await;
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let mut facts: Vec<u32> = read(&mut *reader, 50)
        .await
        .iter()
        .map(|record| number(&record.message))
        .collect();
    facts.sort_unstable();
    assert_eq!(facts, (0..50).collect::<Vec<_>>());
    finished(&queue).await;
    runner.stop().await;
}

async fn input_is_kept_until_its_outputs_are_confirmed(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::each(|_, number| outputs(number));
    queue.send(orders(0..10)).await.unwrap();
    let runner = Running::on_orders_with(bench, queue.clone(), Arc::new(Gone), &handler).await;
    eventually("all are handled", async || handler.done_once().len() == 10).await;
    assert_eq!(
        queue.depth(Queue::Payments).await.unwrap().ready,
        0,
        "facts first, then commands"
    );
    runner.stop().await;
    eventually("all are back", async || {
        queue.depth(Queue::Orders).await.unwrap().ready == 10
    })
    .await;

    // With a log, the next worker finds them, and the same outputs follow.
    let runner = Running::on_orders(bench, &handler).await;
    let mut payments = queue.consume(Queue::Payments, 50).await.unwrap();
    drain(&mut *payments, 10).await;
    finished(&queue).await;
    runner.stop().await;
}

/// The control of the one above: whoever acknowledges first, and then cannot publish, has lost what follows.
async fn input_settled_before_its_outputs_loses_them(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders([1])).await.unwrap();
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let taken = take(&mut *source, 1).await;
    source.settle(&receipts(&taken)).await.unwrap();
    Gone.append(facts([1])).await.unwrap_err();
    drop(source);
    // The next worker finds only what came later.
    queue.send(orders([2])).await.unwrap();
    let handler = Scripted::each(|_, number| outputs(number));
    let runner = Running::on_orders(bench, &handler).await;
    eventually("the later one is done", async || !handler.done().is_empty()).await;
    finished(&queue).await;
    runner.stop().await;
    assert_eq!(handler.done(), [2]);
    assert_eq!(
        queue.depth(Queue::Payments).await.unwrap().ready,
        1,
        "the command of the first is nowhere"
    );
}

/// The facts of an order that waits for the queue are on the log already, and that is kept for ever.
async fn facts_go_onto_the_log_once_while_the_queue_is_gone(bench: &Bench) {
    let orders_queue = bench.queue().await;
    let payments = Closable::closed(orders_queue.clone());
    let log = bench.log().await;
    let handler = Scripted::each(|_, number| outputs(number));
    orders_queue.send(orders(0..10)).await.unwrap();
    let runner = Running::on_orders_with(bench, payments.clone(), log.clone(), &handler).await;
    eventually("it is tried again and again", async || {
        payments.refused() > 4
    })
    .await;
    payments.open();
    finished(&orders_queue).await;
    runner.stop().await;

    let ends = log.ends(Topic::Analytics).await.unwrap();
    assert_eq!(ends.0.values().sum::<i64>(), 10, "each fact is there once");
}

/// What a handler waits for may never come: a lock that somebody holds, a server that does not answer.
async fn a_handler_that_waits_for_ever_does_not_delay_the_shutdown(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::stuck(|_| true);
    queue.send(orders(0..10)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    eventually("it has begun", async || !handler.calls().is_empty()).await;
    let told = Instant::now();
    runner.stop().await;
    assert!(told.elapsed() < IN_TIME, "{:?}", told.elapsed());

    // Nothing of it was acknowledged.
    let handler = Scripted::each(|_, _| Outcome::nothing());
    let runner = Running::on_orders(bench, &handler).await;
    eventually("all are done", async || handler.done_once().len() == 10).await;
    runner.stop().await;
}

async fn what_is_in_hand_is_finished_at_shutdown(bench: &Bench) {
    let queue = bench.queue().await;
    let handler = Scripted::each(|_, number| {
        std::thread::sleep(QUIET / 20);
        outputs(number)
    });
    queue.send(orders(0..200)).await.unwrap();
    let runner = Running::on_orders(bench, &handler).await;
    eventually("it has begun", async || !handler.calls().is_empty()).await;
    runner.stop().await;
    let done = handler.done_once().len() as u64;
    assert!(done < 200, "it should have stopped");
    eventually(
        "what was handled is settled, and its outputs are there",
        async || {
            queue.depth(Queue::Orders).await.unwrap().ready == 200 - done
                && queue.depth(Queue::Payments).await.unwrap().ready == done
        },
    )
    .await;
}

/// A message that kills whoever handles it, among healthy ones: they are done, and it is put aside after ten deaths in which
/// nothing else was in hand.
async fn a_message_that_kills_its_process_is_dead_after_ten_deaths_alone(bench: &Bench) {
    let queue = bench.queue().await;
    let healthy: Vec<u32> = (0..60).filter(|number| *number != 13).collect();
    queue.send(orders(0..60)).await.unwrap();
    let (mut alone, mut done) = (0, BTreeSet::new());
    for process in 0.. {
        assert!(process < 40, "still not dead, {alone} deaths alone");
        let handler = Scripted::stuck(|batch| batch.contains(&13));
        let runner = Running::on_orders(bench, &handler).await;
        eventually("it is in the deadly hands, or put aside", async || {
            handler.is_stuck() || queue.dead(DEAD).await.is_ok_and(|dead| dead == 1)
        })
        .await;
        if queue.dead(DEAD).await.unwrap() == 1 {
            eventually("the healthy ones are done", async || {
                done.extend(handler.done());
                done.len() == healthy.len()
            })
            .await;
            runner.stop().await;
            break;
        }
        runner.kill().await;
        done.extend(handler.done());
        alone += usize::from(handler.calls().last().unwrap().1 == [13]);
    }
    assert_eq!(alone, 10);
    assert_eq!(done.into_iter().collect::<Vec<_>>(), healthy);
}

/// Stops during an outage deliver messages again, and count nothing against them.
async fn what_comes_again_thirty_times_is_neither_dead_nor_slower(bench: &Bench) {
    let queue = bench.queue().await;
    queue.send(orders(0..60)).await.unwrap();
    for _ in 0..30 {
        let down = Scripted::batches(|_, _| Err(Unavailable::new("gateway", "down").into()));
        let runner = Running::on_orders(bench, &down).await;
        eventually("it is tried", async || !down.calls().is_empty()).await;
        runner.stop().await;
    }
    let handler = Scripted::each(|_, _| Outcome::nothing());
    let runner = Running::on_orders(bench, &handler).await;
    eventually("all are done", async || handler.done_once().len() == 60).await;
    runner.stop().await;
    assert_eq!(queue.dead(DEAD).await.unwrap(), 0);
    let largest = handler.calls().iter().map(|(_, batch)| batch.len()).max();
    assert_eq!(largest, Some(20), "batches are as full as the first time");
}
