//! Topics, and brokers that are not there.

use crate::{
    broker::{Broker, read, take},
    brokers::{eventually, message, proxy::Proxy, soon},
};
use bus::{BusOptions, Positions, Topic, open_log};
use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_with_six_partitions_and_their_retention() {
    let Some(broker) = Broker::get() else { return };
    let log = broker.open();
    let admin = broker.admin();
    let kept = [
        (Topic::Analytics, "-1".to_owned()),
        (Topic::Buyers, (90 * 24 * 3_600_000_i64).to_string()),
        (Topic::Users, (90 * 24 * 3_600_000_i64).to_string()),
    ];
    for (topic, retention) in kept {
        assert_eq!(log.ends(topic).await.unwrap().0.len(), 6);
        let name = broker.topic(topic);
        let asked = [ResourceSpecifier::Topic(&name)];
        let described = admin
            .describe_configs(&asked, &AdminOptions::new())
            .await
            .unwrap();
        let config = described.into_iter().next().unwrap().unwrap();
        let value = |name: &str| config.get(name).unwrap().value.clone().unwrap();
        assert_eq!(value("retention.ms"), retention, "{topic}");
        assert_eq!(value("retention.bytes"), "-1");
        assert_eq!(value("cleanup.policy"), "delete");
    }
    broker.clear().await;
}

/// A consumer was there before us, and its broker made the topic for it, with one partition. Later it gets more.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_read_with_as_many_partitions_as_it_has_and_gets() {
    let Some(broker) = Broker::get() else { return };
    let (name, options) = (broker.topic(Topic::Analytics), AdminOptions::new());
    let one = NewTopic::new(&name, 1, TopicReplication::Fixed(1));
    let admin = broker.admin();
    admin.create_topics([&one], &options).await.unwrap();

    let log = broker.open();
    let append = async |count: u32| {
        let numbered = |number: u32| (Topic::Analytics, message(&number.to_string()));
        log.append((0..count).map(numbered).collect())
            .await
            .unwrap();
    };
    append(20).await;
    let ends = log.ends(Topic::Analytics).await.unwrap();
    assert_eq!(ends.0, [((Topic::Analytics, 0), 20)].into());
    let topics = &[Topic::Analytics];
    let mut source = log.subscribe("group", topics).await.unwrap();
    let mut reader = log.read(topics, &Positions::default()).await.unwrap();
    take(&mut *source, 20).await;
    read(&mut *reader, 20).await;

    let grown = NewPartitions::new(&name, 4);
    admin.create_partitions([&grown], &options).await.unwrap();
    eventually("all know of the new ones", async || {
        append(20).await;
        let records = read(&mut *reader, 20).await;
        take(&mut *source, 20).await;
        records.iter().any(|record| record.partition == 3)
    })
    .await;
    assert_eq!(log.ends(Topic::Analytics).await.unwrap().0.len(), 4);
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_every_call_fails_in_time_and_all_works_when_it_comes() {
    let Some(broker) = Broker::get() else { return };
    let proxy = Proxy::before(broker.address().to_owned()).await;
    proxy.down();
    // Connecting goes through the proxy; then the broker says where it really is.
    let log = open_log(&format!("kafka://{}", proxy.address()), &broker.options).unwrap();

    let started = Instant::now();
    let start = Positions::default();
    let (appended, subscribed, read, ends, lag) = tokio::join!(
        log.append(vec![(Topic::Analytics, message("early"))]),
        log.subscribe("group", &[Topic::Analytics]),
        log.read(&[Topic::Analytics], &start),
        log.ends(Topic::Analytics),
        log.lag("group", Topic::Analytics),
    );
    assert!(appended.is_err() && subscribed.is_err() && read.is_err());
    assert!(ends.is_err() && lag.is_err());
    assert!(
        started.elapsed() < Duration::from_secs(12),
        "{:?}",
        started.elapsed()
    );

    proxy.up();
    eventually("appending works", async || {
        log.append(vec![(Topic::Analytics, message("late"))])
            .await
            .is_ok()
    })
    .await;
    let mut source = soon("joined", log.subscribe("group", &[Topic::Analytics]))
        .await
        .unwrap();
    assert_eq!(take(&mut *source, 1).await[0].message.key, "late");
    broker.clear().await;
}

#[tokio::test]
async fn what_is_no_url_of_kafka_is_refused_and_nothing_secret_is_shown() {
    let no_protocol = "kafka://ada:hidden@127.0.0.1:9092";
    let no_property = "kafka://127.0.0.1:9092?no.such.property=hidden";
    let no_value = "kafka://127.0.0.1:9092?compression.type=tight";
    for url in [
        no_protocol,
        no_property,
        no_value,
        "kafka://",
        "kafka:9092",
        "http://127.0.0.1",
    ] {
        let refused = open_log(url, &BusOptions::default()).err().unwrap();
        assert!(!refused.to_string().contains("hidden"), "{refused}");
    }
}
