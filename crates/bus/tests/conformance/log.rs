//! A log and its readers without a group.

use crate::{
    bench::{Bench, connected_log},
    on_every_log,
    support::*,
};
use bus::{BusOptions, EventLog, KnownRecords, Positions, Topic, find_records};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::timeout};

on_every_log!(
    a_record_comes_as_it_was_appended,
    what_was_appended_is_there_when_opened_again,
    a_reader_that_waits_gets_what_comes,
    everything_can_be_read_again_from_the_start,
    a_reader_resumes_without_gap_or_repeat,
    a_position_one_too_far_leaves_a_gap,
    events_of_one_key_stay_in_order,
    a_repeat_is_a_second_record,
    topics_are_separate,
    a_cancelled_take_loses_nothing,
    ends_are_exact,
    a_log_that_was_made_again_is_told_from_the_one_that_was_known,
    records_are_found_by_their_ids,
);

async fn a_record_comes_as_it_was_appended(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts([7])).await.unwrap();
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let records = read(&mut *reader, 1).await;
    assert_eq!(records[0].message, message(7));
    assert_eq!(records[0].topic, Topic::Analytics);
}

async fn what_was_appended_is_there_when_opened_again(bench: &Bench) {
    bench.log().await.append(facts(0..100)).await.unwrap();
    assert_eq!(
        all(&bench.log().await, 100).await,
        (0..100).collect::<Vec<_>>()
    );
}

async fn a_reader_that_waits_gets_what_comes(bench: &Bench) {
    let log = bench.log().await;
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let waiting = tokio::spawn(async move { read(&mut *reader, 1).await });
    log.append(facts([1])).await.unwrap();
    assert_eq!(
        number(&soon("wake up", waiting).await.unwrap()[0].message),
        1
    );
}

async fn everything_can_be_read_again_from_the_start(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..50)).await.unwrap();
    let first = all(&log, 50).await;
    assert_eq!(first, (0..50).collect::<Vec<_>>());
    assert_eq!(all(&log, 50).await, first);
}

async fn a_reader_resumes_without_gap_or_repeat(bench: &Bench) {
    let log = bench.log().await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    // Each time another reader, which knows nothing but the cursor.
    for round in 0..5 {
        log.append(facts(round * 20..(round + 1) * 20))
            .await
            .unwrap();
        let mut positions: Positions = cursor.parse().unwrap();
        let mut reader = log.read(&[Topic::Analytics], &positions).await.unwrap();
        for record in read(&mut *reader, 15).await {
            assert!(!positions.includes(record.topic, record.partition, record.offset));
            positions.advance(&record);
            seen.push(number(&record.message));
        }
        cursor = positions.to_string();
    }
    let mut reader = log
        .read(&[Topic::Analytics], &cursor.parse().unwrap())
        .await
        .unwrap();
    seen.extend(
        read(&mut *reader, 25)
            .await
            .iter()
            .map(|record| number(&record.message)),
    );
    seen.sort_unstable();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

/// The control of the one above: with a position that is one too far, a record is missing.
async fn a_position_one_too_far_leaves_a_gap(bench: &Bench) {
    let log = bench.log().await;
    let numbers =
        |from: u32| (from..from + 2).map(|number| (Topic::Analytics, about("one key", number)));
    log.append(numbers(0).collect()).await.unwrap();
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let mut positions = Positions::default();
    for mut record in read(&mut *reader, 2).await {
        record.offset += 1;
        positions.advance(&record);
    }
    log.append(numbers(2).collect()).await.unwrap();
    let mut reader = log.read(&[Topic::Analytics], &positions).await.unwrap();
    assert_eq!(number(&read(&mut *reader, 1).await[0].message), 3);
}

async fn events_of_one_key_stay_in_order(bench: &Bench) {
    const KEYS: u32 = 20;
    const EACH: u32 = 30;
    let log = bench.log().await;
    let mut writers = JoinSet::new();
    for key in 0..KEYS {
        let log = log.clone();
        writers.spawn(async move {
            for batch in 0..EACH / 3 {
                let record = |number| {
                    (
                        Topic::Analytics,
                        about(&format!("key-{key}"), key * EACH + batch * 3 + number),
                    )
                };
                log.append((0..3).map(record).collect()).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let mut keys = BTreeMap::<String, Vec<u32>>::new();
    for record in read(&mut *reader, (KEYS * EACH) as usize).await {
        keys.entry(record.message.key.clone())
            .or_default()
            .push(number(&record.message));
    }
    assert_eq!(keys.len(), KEYS as usize);
    for (key, numbers) in keys {
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
    }
}

async fn a_repeat_is_a_second_record(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts([1])).await.unwrap();
    log.append(facts([1])).await.unwrap();
    assert_eq!(all(&log, 2).await, [1, 1]);
}

async fn topics_are_separate(bench: &Bench) {
    let log = bench.log().await;
    log.append(vec![
        (Topic::Analytics, message(1)),
        (Topic::Buyers, message(2)),
        (Topic::Users, message(3)),
    ])
    .await
    .unwrap();
    let mut reader = log
        .read(&[Topic::Buyers, Topic::Users], &Positions::default())
        .await
        .unwrap();
    let mut records = read(&mut *reader, 2).await;
    records.sort_by_key(|record| record.topic);
    assert_eq!(number(&records[0].message), 2);
    assert_eq!(records[0].topic, Topic::Buyers);
    assert_eq!(number(&records[1].message), 3);
    assert!(
        timeout(QUIET, reader.take(1, LINGER)).await.is_err(),
        "a topic that was not asked for"
    );
}

async fn a_cancelled_take_loses_nothing(bench: &Bench) {
    let log = bench.log().await;
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let appending = tokio::spawn(async move {
        for number in 0..300 {
            log.append(facts([number])).await.unwrap();
        }
    });
    let mut seen = Vec::new();
    let mut patience = 0;
    while seen.len() < 300 {
        patience = (patience + 700) % 9000;
        let some = reader.take(50, Duration::from_millis(3));
        if let Ok(some) = timeout(Duration::from_micros(patience), some).await {
            seen.extend(some.unwrap().iter().map(|record| number(&record.message)));
        }
    }
    appending.await.unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (0..300).collect::<Vec<_>>());
}

async fn ends_are_exact(bench: &Bench) {
    let log = bench.log().await;
    let count = async || -> i64 { log.ends(Topic::Analytics).await.unwrap().0.values().sum() };
    assert_eq!(count().await, 0);
    log.append(facts(0..10)).await.unwrap();
    assert_eq!(count().await, 10);
    // Who reads from there sees only what comes now.
    let ends = log.ends(Topic::Analytics).await.unwrap();
    let mut reader = log.read(&[Topic::Analytics], &ends).await.unwrap();
    log.append(facts([10])).await.unwrap();
    assert_eq!(number(&read(&mut *reader, 1).await[0].message), 10);
}

async fn a_log_that_was_made_again_is_told_from_the_one_that_was_known(bench: &Bench) {
    let log = bench.log().await;
    let mut known = KnownRecords::default();
    assert!(
        known.are_on(&*log).await.unwrap(),
        "who knows nothing misses nothing"
    );
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    log.append(facts(0..30)).await.unwrap();
    for record in read(&mut *reader, 30).await {
        known.learn(&record);
    }
    assert!(known.are_on(&*log).await.unwrap());
    log.append(facts(30..60)).await.unwrap();
    assert!(known.are_on(&*log).await.unwrap(), "a log grows");

    // Under another name nothing is there yet; then less than was known, and then more.
    let other = BusOptions {
        prefix: format!("{}other-", bench.prefix),
        ..bench.options()
    };
    let other = connected_log(&bench.log_url, &other).await;
    assert!(!known.are_on(&*other).await.unwrap());
    other.append(facts(100..105)).await.unwrap();
    assert!(!known.are_on(&*other).await.unwrap());
    other.append(facts(105..200)).await.unwrap();
    assert!(!known.are_on(&*other).await.unwrap());
    assert!(known.are_on(&*log).await.unwrap());
}

async fn records_are_found_by_their_ids(bench: &Bench) {
    let log = bench.log().await;
    log.append(facts(0..20)).await.unwrap();
    let from = log.ends(Topic::Analytics).await.unwrap();
    log.append(facts(20..60)).await.unwrap();
    let ids = [25, 59].map(|number| message(number).id);
    let found = find_records(&*log, Topic::Analytics, &from, ids.into()).await;
    let mut found: Vec<u32> = found
        .unwrap()
        .iter()
        .map(|record| number(&record.message))
        .collect();
    found.sort_unstable();
    assert_eq!(found, [25, 59]);
    assert!(
        find_records(&*log, Topic::Analytics, &from, [].into())
            .await
            .unwrap()
            .is_empty()
    );
}

/// The numbers of the log's first `count` records, sorted.
async fn all(log: &Arc<dyn EventLog>, count: usize) -> Vec<u32> {
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let records = read(&mut *reader, count).await;
    let mut numbers: Vec<u32> = records
        .iter()
        .map(|record| number(&record.message))
        .collect();
    numbers.sort_unstable();
    numbers
}
