//! Consumer groups of a log.

use crate::{bench::Bench, on_every_log, support::*};
use bus::{EventLog, Source, Topic};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::timeout;

on_every_log!(
    groups_read_independently,
    a_group_resumes_where_it_settled,
    what_was_not_settled_comes_again,
    settling_first_loses_records,
    a_new_group_reads_from_the_start,
    members_share_and_take_over,
    a_member_sees_keys_in_order,
    lag_is_exact,
);

const TOPIC: &[Topic] = &[Topic::Analytics];

async fn member(log: &Arc<dyn EventLog>, group: &str) -> Box<dyn Source> {
    log.subscribe(group, TOPIC).await.unwrap()
}

async fn settled(log: &Arc<dyn EventLog>, group: &str, lag: u64) {
    eventually(&format!("{group}'s lag is {lag}"), async || {
        log.lag(group, Topic::Analytics).await.unwrap() == lag
    })
    .await;
}

async fn groups_read_independently(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..30)).await.unwrap();
    let mut inventory = member(&log, "inventory").await;
    let mut email = member(&log, "email").await;
    drain(&mut *inventory, 30).await;
    settled(&log, "inventory", 0).await;
    assert_eq!(log.lag("email", Topic::Analytics).await.unwrap(), 30);
    drain(&mut *email, 30).await;
    settled(&log, "email", 0).await;
}

async fn a_group_resumes_where_it_settled(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..30)).await.unwrap();
    let mut first = member(&log, "group").await;
    drain(&mut *first, 30).await;
    settled(&log, "group", 0).await;
    drop(first);

    log.append(facts(30..40)).await.unwrap();
    let mut second = member(&log, "group").await;
    assert_eq!(
        numbers(&take(&mut *second, 10).await),
        (30..40).collect::<Vec<_>>()
    );
}

async fn what_was_not_settled_comes_again(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..10)).await.unwrap();
    let mut first = member(&log, "group").await;
    take(&mut *first, 10).await;
    drop(first);

    let mut second = member(&log, "group").await;
    assert_eq!(
        numbers(&take(&mut *second, 10).await),
        (0..10).collect::<Vec<_>>()
    );
}

/// The control of the one above: a member that settles before it has done the work, and fails, has lost it.
async fn settling_first_loses_records(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..10)).await.unwrap();
    let mut first = member(&log, "group").await;
    let taken = take(&mut *first, 10).await;
    first.settle(&receipts(&taken)).await.unwrap();
    settled(&log, "group", 0).await;
    drop(first);

    let mut second = member(&log, "group").await;
    nothing_comes(&mut *second).await;
}

async fn a_new_group_reads_from_the_start(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..30)).await.unwrap();
    let mut old = member(&log, "old").await;
    drain(&mut *old, 30).await;
    let mut new = member(&log, "new").await;
    assert_eq!(
        numbers(&take(&mut *new, 30).await),
        (0..30).collect::<Vec<_>>()
    );
}

async fn members_share_and_take_over(bench: &Bench) {
    let log = bench.log().await;
    let mut first = member(&log, "group").await;
    let mut second = member(&log, "group").await;
    log.append(facts(0..50)).await.unwrap();
    // Whoever it is given to: together they get all of it.
    let mut missing: BTreeSet<u32> = (0..50).collect();
    while !missing.is_empty() {
        let (taken, source) = soon("the members", async {
            tokio::select! {
                taken = first.take(10, LINGER) => (taken.unwrap(), &mut first),
                taken = second.take(10, LINGER) => (taken.unwrap(), &mut second),
            }
        })
        .await;
        source.settle(&receipts(&taken)).await.unwrap();
        for number in numbers(&taken) {
            missing.remove(&number);
        }
    }
    settled(&log, "group", 0).await;
    drop(first);
    log.append(facts(50..60)).await.unwrap();
    let taken = take(&mut *second, 10).await;
    assert_eq!(numbers(&taken), (50..60).collect::<Vec<_>>());
}

async fn a_member_sees_keys_in_order(bench: &Bench) {
    let log = bench.log().await;
    let record = |number: u32| {
        (
            Topic::Analytics,
            about(&format!("key-{}", number % 7), number),
        )
    };
    for batch in 0..10 {
        log.append((batch * 30..(batch + 1) * 30).map(record).collect())
            .await
            .unwrap();
    }
    let mut source = member(&log, "group").await;
    let taken = take(&mut *source, 300).await;
    for key in 0..7 {
        let of_key = taken
            .iter()
            .map(|delivery| number(&delivery.message))
            .filter(|number| number % 7 == key);
        assert!(of_key.is_sorted());
    }
}

async fn lag_is_exact(bench: &Bench) {
    let log = bench.log().await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 0);
    log.append(facts(0..40)).await.unwrap();
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 40);
    let mut source = member(&log, "group").await;
    let mut taken = take(&mut *source, 40).await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 40);
    // In the order in which they were taken.
    let rest = taken.split_off(15);
    source.settle(&receipts(&taken)).await.unwrap();
    settled(&log, "group", 25).await;
    log.append(facts(40..45)).await.unwrap();
    settled(&log, "group", 30).await;
    source.settle(&receipts(&rest)).await.unwrap();
    settled(&log, "group", 5).await;
    assert_eq!(log.lag("group", Topic::Buyers).await.unwrap(), 0);
    let none = timeout(
        QUIET,
        log.subscribe("group", &[Topic::Buyers])
            .await
            .unwrap()
            .take(1, Duration::ZERO),
    )
    .await;
    assert!(none.is_err(), "an empty topic");
}
