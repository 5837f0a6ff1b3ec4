//! Whoever binds a queue to the orders' exchange sees the orders, and takes none from anybody.

use crate::{
    broker::{Broker, take},
    brokers::{message, soon},
    live_orders::LiveOrders,
};
use bus::Queue;
use futures_util::future::join_all;
use std::sync::Arc;

async fn watched(broker: &Broker) -> LiveOrders {
    let exchange = broker.name(Queue::Orders.name());
    LiveOrders::watch(broker.url.as_str(), exchange.as_str())
        .await
        .unwrap()
}

/// The example, on a real broker.
#[tokio::test(flavor = "multi_thread")]
async fn the_example_sees_orders_arrive() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let mut orders = watched(&broker).await;

    let sent = message("one");
    queue
        .send(vec![(Queue::Orders, sent.clone())])
        .await
        .unwrap();
    let seen = soon("the order comes", orders.next()).await.unwrap();
    assert_eq!(seen.unwrap()["order_id"], "one");
    // And the worker has it too.
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    assert_eq!(take(&mut *source, 1).await[0].message, sent);
    broker.clear().await;
}

/// What it does not take the broker drops, for it alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_who_does_not_look_holds_nobody_up() {
    let Some(broker) = Broker::get() else { return };
    let queue = broker.ready().await;
    let orders = watched(&broker).await;
    let sends = (0..1_000).map(|number| {
        let queue = Arc::clone(&queue);
        async move {
            let order = message(&number.to_string());
            queue.send(vec![(Queue::Orders, order)]).await
        }
    });
    for sent in join_all(sends).await {
        sent.unwrap();
    }
    let waiting = queue.depth(Queue::Orders).await.unwrap();
    assert_eq!(waiting.ready, 1_000);
    drop(orders);
    broker.clear().await;
}
