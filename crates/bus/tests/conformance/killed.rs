//! What remains when a process is killed.

mod queue {
    use crate::{
        bench::Bench,
        child::{Child, Role},
        on_every_queue,
        support::*,
    };
    use bus::Queue;
    use std::collections::BTreeSet;
    use tokio::time::{Instant, timeout};

    on_every_queue!(
        what_was_confirmed_survives,
        what_was_not_confirmed_is_lost,
        work_in_hand_comes_back,
        work_that_was_settled_first_is_lost,
        a_depth_forgets_the_dead,
    );

    async fn what_was_confirmed_survives(bench: &Bench) {
        let missing = lost(bench, Role::Send).await;
        assert_eq!(missing, BTreeSet::new(), "confirmed and lost");
    }

    /// The control of the one above.
    async fn what_was_not_confirmed_is_lost(bench: &Bench) {
        let missing = lost(bench, Role::SendCarelessly).await;
        assert!(!missing.is_empty(), "this test would not notice a loss");
    }

    /// What a killed process said was sent, and is not there.
    async fn lost(bench: &Bench, role: Role) -> BTreeSet<u32> {
        let mut child = Child::start(bench, role);
        let mut missing: BTreeSet<u32> = child.numbers(500).await.into_iter().collect();
        missing.extend(child.kill().await);

        let queue = bench.queue().await;
        let mut source = queue.consume(Queue::Orders, 500).await.unwrap();
        loop {
            // What was sent is there, so nothing has to be waited for but the broker itself.
            match timeout(10 * QUIET, source.take(500, LINGER)).await {
                Ok(taken) => {
                    let taken = taken.unwrap();
                    source.settle(&receipts(&taken)).await.unwrap();
                    for number in numbers(&taken) {
                        missing.remove(&number);
                    }
                }
                Err(_) => return missing,
            }
            if missing.is_empty() {
                return missing;
            }
        }
    }

    async fn work_in_hand_comes_back(bench: &Bench) {
        let queue = bench.queue().await;
        queue.send(orders(0..10)).await.unwrap();
        let mut child = Child::start(bench, Role::TakeOrders);
        let taken = child.numbers(10).await;
        let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
        nothing_comes(&mut *source).await;
        child.kill().await;

        let killed = Instant::now();
        let again = take(&mut *source, 10).await;
        let waited = killed.elapsed();
        assert!(waited < bench.recovery, "it took {waited:?}");
        assert_eq!(numbers(&again), taken);
        assert!(again.iter().all(|delivery| delivery.redeliveries >= 1));
    }

    /// The control of the one above.
    async fn work_that_was_settled_first_is_lost(bench: &Bench) {
        let queue = bench.queue().await;
        queue.send(orders(0..10)).await.unwrap();
        let mut child = Child::start(bench, Role::TakeOrdersCarelessly);
        child.numbers(10).await;
        child.kill().await;
        let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
        nothing_comes(&mut *source).await;
    }

    async fn a_depth_forgets_the_dead(bench: &Bench) {
        let queue = bench.queue().await;
        queue.send(orders(0..30)).await.unwrap();
        let mut child = Child::start(bench, Role::TakeOrders);
        child.numbers(10).await;
        assert_eq!(queue.depth(Queue::Orders).await.unwrap().ready, 20);
        child.kill().await;
        within(bench.recovery, "30 ready and nobody there", async || {
            let depth = queue.depth(Queue::Orders).await.unwrap();
            depth.ready == 30 && depth.consumers.is_none_or(|consumers| consumers == 0)
        })
        .await;
    }
}

mod log {
    use crate::{
        bench::Bench,
        child::{Child, Role},
        on_every_log,
        support::*,
    };
    use bus::{Positions, Topic};
    use std::collections::BTreeSet;
    use tokio::time::Instant;

    on_every_log!(what_was_confirmed_survives, another_member_takes_over);

    async fn what_was_confirmed_survives(bench: &Bench) {
        let mut child = Child::start(bench, Role::Append);
        let mut missing: BTreeSet<u32> = child.numbers(500).await.into_iter().collect();
        missing.extend(child.kill().await);

        let log = bench.log().await;
        let mut reader = log
            .read(&[Topic::Analytics], &Positions::default())
            .await
            .unwrap();
        while !missing.is_empty() {
            let what = format!(
                "{} confirmed records, such as {:?}",
                missing.len(),
                missing.first()
            );
            for record in soon(&what, reader.take(500, LINGER)).await.unwrap() {
                missing.remove(&number(&record.message));
            }
        }
    }

    async fn another_member_takes_over(bench: &Bench) {
        let log = bench.log().await;
        let record = |number| (Topic::Analytics, about("one key", number));
        log.append((0..10).map(record).collect()).await.unwrap();
        let mut child = Child::start(bench, Role::TakeRecords);
        let in_hand = child.numbers(5).await;
        child.kill().await;

        let killed = Instant::now();
        let mut source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
        let taken = take(&mut *source, 5).await;
        let waited = killed.elapsed();
        assert!(waited < bench.recovery, "it took {waited:?}");
        assert_eq!(numbers(&taken), in_hand);
    }
}
