//! What somebody else has put on our queues.

use crate::{
    broker::{Broker, take},
    brokers::{eventually, message, soon},
};
use async_trait::async_trait;
use bus::{
    Cause, CauseCode, CrashJournal, Crashes, DeadLetter, DeadLetterQueue, Failure, Handler, Limits,
    Message, Outcome, Queue, Runner, Unavailable, open_log,
};
use domain::MessageId;
use lapin::{BasicProperties, options::BasicPublishOptions};
use std::{collections::HashMap, sync::Arc};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_our_headers_is_taken_and_can_be_put_aside() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let (_connection, channel) = broker.channel().await;
    let name = broker.name(Queue::Orders.name());
    for body in [
        &b"\xff\xfe\x00 no text"[..],
        b"",
        b"{\"event_type\":\"HELLO\"}",
    ] {
        channel
            .basic_publish(
                "".into(),
                name.as_str().into(),
                BasicPublishOptions::default(),
                body,
                BasicProperties::default(),
            )
            .await
            .unwrap();
    }
    let good = message("good");
    queue
        .send(vec![(Queue::Payments, good.clone())])
        .await
        .unwrap();

    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    for delivery in take(&mut *source, 3).await {
        assert!(delivery.message.decode_command().is_err());
        let letter = DeadLetter {
            message: delivery.message,
            cause: Cause::new(CauseCode::Rejected, "nobody knows what this is"),
            attempts: 1,
        };
        let dead = DeadLetterQueue::Of(Queue::Orders);
        queue.bury(dead, letter).await.unwrap();
        source.settle(&[delivery.receipt]).await.unwrap();
    }
    let dead = DeadLetterQueue::Of(Queue::Orders);
    assert_eq!(queue.dead(dead).await.unwrap(), 3);

    // The control: one of ours comes as it was sent.
    let mut source = queue.consume(Queue::Payments, 10).await.unwrap();
    assert_eq!(take(&mut *source, 1).await[0].message, good);
    broker.clear().await;
}

/// Somebody sends nonsense that is larger than a frame may be. What is said of it in headers must fit into one, or the
/// broker would close the connection with every attempt to put it aside.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_of_any_length_ends_in_the_dead_letters() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let (_connection, channel) = broker.channel().await;
    let long = "A".repeat(200_000);
    let nonsense = [
        format!(r#"{{"event_type":"ORDER_PLACED","timestamp":"{long}"}}"#),
        format!(r#"{{"event_type":"{long}"}}"#),
        long,
    ];
    for payload in &nonsense {
        channel
            .basic_publish(
                broker.name("orders"),
                "".into(),
                BasicPublishOptions::default(),
                payload.as_bytes(),
                BasicProperties::default(),
            )
            .await
            .unwrap();
    }
    let limits = Limits::default();
    let prefetch = limits.in_hand();
    let runner = Runner {
        name: "test/orders".to_owned(),
        source: queue.consume(Queue::Orders, prefetch).await.unwrap(),
        handler: Arc::new(Decodes),
        queue: queue.clone(),
        log: open_log("sqlite:unused.db", &broker.options).unwrap(),
        dead_letters: DeadLetterQueue::Of(Queue::Orders),
        crashes: Arc::new(NoCrashes),
        limits,
    };
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(runner.run(shutdown.clone()));
    let dead = DeadLetterQueue::Of(Queue::Orders);
    eventually("all of it is put aside", async || {
        queue.dead(dead).await.is_ok_and(|dead| dead == 3)
    })
    .await;
    shutdown.cancel();
    soon("the runner stops", running).await.unwrap();
    assert_eq!(queue.depth(Queue::Orders).await.unwrap().ready, 0);
    broker.clear().await;
}

/// Nothing dies here.
struct NoCrashes;

#[async_trait]
impl CrashJournal for NoCrashes {
    async fn crashes(&self, _: &[MessageId]) -> Result<HashMap<MessageId, Crashes>, Unavailable> {
        Ok(HashMap::new())
    }
    async fn begin(&self, _: &[MessageId], _: u32) -> Result<(), Unavailable> {
        Ok(())
    }
    async fn end(&self, _: &[MessageId]) -> Result<(), Unavailable> {
        Ok(())
    }
    async fn end_all(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

/// Does every command that it can read.
struct Decodes;

#[async_trait]
impl Handler for Decodes {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let outcome = |message: &Message| match message.decode_command() {
            Ok(_) => Outcome::nothing(),
            Err(malformed) => Outcome::Reject(malformed.into()),
        };
        Ok(batch.iter().map(outcome).collect())
    }
}
