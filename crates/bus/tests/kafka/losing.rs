//! Brokers that go away, on librdkafka's own imitation of a cluster, which can be switched off and on.

use crate::{
    broker::{read, take},
    brokers::{LINGER, eventually, message, soon},
};
use bus::{BusOptions, EventLog, Message, Positions, Topic, open_log};
use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

type Cluster = MockCluster<'static, DefaultProducerContext>;

/// The imitation has one broker, with this id.
const BROKER: i32 = 1;

fn cluster() -> (Cluster, Arc<dyn EventLog>) {
    let cluster = MockCluster::new(1).unwrap();
    for topic in Topic::ALL {
        cluster
            .create_topic(topic.name(), Topic::PARTITIONS, 1)
            .unwrap();
    }
    let log = open_log(
        &format!("kafka://{}", cluster.bootstrap_servers()),
        &BusOptions::default(),
    );
    (cluster, log.unwrap())
}

async fn append(log: &dyn EventLog, key: &str) -> Message {
    let appended = message(key);
    eventually("appending works", async || {
        log.append(vec![(Topic::Analytics, appended.clone())])
            .await
            .is_ok()
    })
    .await;
    appended
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_readers_go_on_soon_after_a_long_outage() {
    let (cluster, log) = cluster();
    let before = append(&*log, "before").await;
    let mut member = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let taken = take(&mut *member, 1).await;
    assert_eq!(taken[0].message, before);
    member.settle(&[taken[0].receipt]).await.unwrap();
    eventually("it is committed", async || {
        log.lag("group", Topic::Analytics).await.unwrap() == 0
    })
    .await;
    assert_eq!(read(&mut *reader, 1).await[0].message, before);

    cluster.broker_down(BROKER).unwrap();
    for _ in 0..2 {
        let (member, reader) = tokio::join!(
            soon("noticed", member.take(1, LINGER)),
            soon("noticed", reader.take(1, LINGER))
        );
        member.unwrap_err();
        reader.unwrap_err();
    }
    cluster.broker_up(BROKER).unwrap();

    let after = append(&*log, "after").await;
    let back = Instant::now();
    // Nobody has to hear again and again of an outage that is over.
    assert_eq!(
        soon("read", reader.take(1, LINGER)).await.unwrap()[0].message,
        after
    );
    assert_eq!(
        soon("taken", member.take(1, LINGER)).await.unwrap()[0].message,
        after
    );
    assert!(
        back.elapsed() < Duration::from_secs(10),
        "{:?}",
        back.elapsed()
    );
}

#[test]
fn stopping_during_an_outage_takes_no_longer_than_it_may() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (log, sources) = runtime.block_on(async {
        let (cluster, log) = cluster();
        append(&*log, "before").await;
        let mut member = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
        let mut reader = log
            .read(&[Topic::Analytics], &Positions::default())
            .await
            .unwrap();
        let taken = take(&mut *member, 1).await;
        read(&mut *reader, 1).await;
        assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 1);
        cluster.broker_down(BROKER).unwrap();
        member.settle(&[taken[0].receipt]).await.unwrap();
        (log, (member, reader))
    });
    let started = Instant::now();
    runtime.block_on(async { drop((log, sources)) });
    drop(runtime);
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_during_an_outage_fails_in_time() {
    let (cluster, log) = cluster();
    append(&*log, "before").await;
    cluster.broker_down(BROKER).unwrap();
    let started = Instant::now();
    log.append(vec![(Topic::Analytics, message("lost"))])
        .await
        .unwrap_err();
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    cluster.broker_up(BROKER).unwrap();
    append(&*log, "after").await;
}
