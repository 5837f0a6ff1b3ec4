//! Groups and readers.

use crate::{
    broker::{Broker, read, take},
    brokers::{LINGER, eventually, message},
};
use bus::{EventLog, Positions, Topic};
use std::{collections::HashSet, sync::Arc, time::Duration};

async fn with_events(broker: &Broker, count: usize) -> Arc<dyn EventLog> {
    let log = broker.open();
    let events = (0..count).map(|number| (Topic::Analytics, message(&number.to_string())));
    log.append(events.collect()).await.unwrap();
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn lag_counts_what_is_not_settled_and_a_group_that_never_settled_lags_by_all() {
    let Some(broker) = Broker::get() else { return };
    let log = with_events(&broker, 100).await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 100);
    assert_eq!(log.lag("group", Topic::Buyers).await.unwrap(), 0);

    let mut source = log
        .subscribe("group", &[Topic::Analytics, Topic::Buyers])
        .await
        .unwrap();
    let taken = take(&mut *source, 100).await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 100);
    let receipts: Vec<_> = taken.iter().map(|delivery| delivery.receipt).collect();
    source.settle(&receipts[..60]).await.unwrap();
    eventually("60 are settled", async || {
        log.lag("group", Topic::Analytics).await.unwrap() == 40
    })
    .await;
    assert_eq!(log.lag("another", Topic::Analytics).await.unwrap(), 100);
    let ends: i64 = log.ends(Topic::Analytics).await.unwrap().0.values().sum();
    assert_eq!(ends, 100);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_leaves_commits_what_it_settled_and_gives_the_rest_to_others() {
    let Some(broker) = Broker::get() else { return };
    let log = with_events(&broker, 100).await;
    let mut source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    let taken = take(&mut *source, 100).await;
    let receipts: Vec<_> = taken.iter().map(|delivery| delivery.receipt).collect();
    source.settle(&receipts[..60]).await.unwrap();
    drop(source);

    let mut source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    let again = take(&mut *source, 40).await;
    let again: HashSet<_> = again.iter().map(|delivery| delivery.message.id).collect();
    let rest: HashSet<_> = taken[60..]
        .iter()
        .map(|delivery| delivery.message.id)
        .collect();
    assert_eq!(again, rest);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settling_after_the_partitions_went_to_another_member_is_no_error() {
    let Some(broker) = Broker::get() else { return };
    let log = with_events(&broker, 600).await;
    let mut first = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    let taken = take(&mut *first, 600).await;
    let mut second = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    // A member serves the group when it takes, so both do until the second one has its share.
    let mut shared = Vec::new();
    eventually("the second member has a share", async || {
        let (_, from_second) = tokio::join!(
            tokio::time::timeout(Duration::from_millis(50), first.take(1, LINGER)),
            tokio::time::timeout(Duration::from_millis(50), second.take(1_000, LINGER)),
        );
        shared.extend(from_second.into_iter().flatten().flatten());
        !shared.is_empty()
    })
    .await;
    let receipts: Vec<_> = taken.iter().map(|delivery| delivery.receipt).collect();
    first.settle(&receipts).await.unwrap();
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_goes_on_from_the_positions_that_it_kept() {
    let Some(broker) = Broker::get() else { return };
    let log = with_events(&broker, 300).await;
    let mut positions = Positions::default();
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let mut reader = log.read(&[Topic::Analytics], &positions).await.unwrap();
        for record in read(&mut *reader, 100).await {
            positions.advance(&record);
            assert!(seen.insert(record.message.id), "twice");
        }
    }
    assert_eq!(positions, log.ends(Topic::Analytics).await.unwrap());
    // From the start again, and a reader leaves no group behind.
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    assert_eq!(read(&mut *reader, 300).await.len(), 300);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_take_loses_nothing() {
    let Some(broker) = Broker::get() else { return };
    let log = with_events(&broker, 500).await;
    let mut source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let (mut taken, mut read) = (HashSet::new(), HashSet::new());
    let mut cancelled = 0;
    while taken.len() < 500 || read.len() < 500 {
        let linger = Duration::from_millis(1 + cancelled % 3);
        let wait = Duration::from_millis(2);
        match tokio::time::timeout(wait, source.take(40, linger)).await {
            Ok(deliveries) => {
                taken.extend(
                    deliveries
                        .unwrap()
                        .into_iter()
                        .map(|delivery| delivery.message.id),
                );
            }
            Err(_) => cancelled += 1,
        }
        match tokio::time::timeout(wait, reader.take(40, linger)).await {
            Ok(records) => {
                read.extend(records.unwrap().into_iter().map(|record| record.message.id))
            }
            Err(_) => cancelled += 1,
        }
        assert!(
            cancelled < 10_000,
            "{} taken, {} read",
            taken.len(),
            read.len()
        );
    }
    broker.clear().await;
}
