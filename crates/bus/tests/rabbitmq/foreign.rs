//! What somebody else has put on our queues.

use crate::{
    broker::{Broker, take},
    brokers::message,
};
use bus::{DeadLetter, DeadLetterQueue, Queue};
use lapin::{BasicProperties, options::BasicPublishOptions};

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
            reason: "nobody knows what this is".to_owned(),
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
