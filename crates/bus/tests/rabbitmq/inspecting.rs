//! Depths, settings and mistakes.

use crate::{
    broker::{Broker, take},
    brokers::{self, eventually, message, soon},
};
use bus::{BusOptions, Queue, open_queue};
use serde::Deserialize;
use url::Url;

/// The management API, where the tests have one.
pub fn management() -> Option<Url> {
    let url = brokers::broker("FESTFLOW_TEST_RABBITMQ_MANAGEMENT_URL")?;
    Some(url.parse().unwrap())
}

/// Closes the adapter's connections for these purposes as an operator would.
pub async fn close_connections(management: &Url, prefix: &str, purposes: &[&str]) {
    let names: Vec<String> = purposes
        .iter()
        .map(|purpose| format!("festflow {prefix}{purpose}"))
        .collect();
    #[derive(Deserialize)]
    struct Connection {
        name: String,
        client_properties: ClientProperties,
    }
    #[derive(Deserialize)]
    struct ClientProperties {
        connection_name: Option<String>,
    }
    let client = reqwest::Client::new();
    let mut url = management.clone();
    url.set_path("/api/connections");
    let mut ours = Vec::new();
    eventually("the API knows our connections", async || {
        let all: Vec<Connection> = client
            .get(url.clone())
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap_or_default();
        ours = all;
        ours.retain(|connection| {
            let name = connection.client_properties.connection_name.as_deref();
            name.is_some_and(|name| names.iter().any(|wanted| wanted == name))
        });
        ours.len() == names.len()
    })
    .await;
    for connection in &ours {
        let mut url = url.clone();
        url.path_segments_mut().unwrap().push(&connection.name);
        client
            .delete(url)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn depth_is_exact_at_once_and_the_management_api_tells_the_rest() {
    let Some(mut broker) = Broker::get() else {
        return;
    };
    let Some(management) = management() else {
        return;
    };
    broker.options.rabbitmq_management_url = Some(management);
    let queue = broker.ready().await;
    queue
        .send((0..50).map(|_| (Queue::Payments, message("one"))).collect())
        .await
        .unwrap();
    assert_eq!(queue.depth(Queue::Payments).await.unwrap().ready, 50);
    let mut source = queue.consume(Queue::Payments, 30).await.unwrap();
    take(&mut *source, 30).await;
    let depth = queue.depth(Queue::Payments).await.unwrap();
    assert_eq!((depth.ready, depth.consumers), (20, Some(1)));
    eventually("the API has counted", async || {
        let depth = queue.depth(Queue::Payments).await.unwrap();
        depth.unacked == Some(30) && depth.in_per_second.is_some() && depth.out_per_second.is_some()
    })
    .await;
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn depth_does_without_the_management_api() {
    let Some(mut broker) = Broker::get() else {
        return;
    };
    broker.options.rabbitmq_management_url = Some("http://127.0.0.1:1".parse().unwrap());
    let queue = broker.ready().await;
    let depth = soon("an answer", queue.depth(Queue::Payments))
        .await
        .unwrap();
    assert_eq!(
        (depth.ready, depth.unacked, depth.in_per_second),
        (0, None, None)
    );
    broker.clear().await;
}

/// Queues are taken as they are, so nobody has to delete one, and what is on it, to change something.
#[tokio::test(flavor = "multi_thread")]
async fn another_bound_needs_a_restart_and_nothing_else() {
    let Some(mut broker) = Broker::get() else {
        return;
    };
    broker.options.orders_max_length = Some(1);
    let queue = broker.ready().await;
    let order = |number: u32| vec![(Queue::Orders, message(&number.to_string()))];
    queue.send(order(1)).await.unwrap();
    eventually("the queue is full", async || {
        queue.send(order(2)).await.is_err()
    })
    .await;
    broker.options.orders_max_length = Some(1_000);
    let restarted = broker.ready().await;
    restarted.send(order(3)).await.unwrap();
    broker.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_a_clear_error() {
    let Some(mut broker) = Broker::get() else {
        return;
    };
    broker.url.set_username("nobody").unwrap();
    broker.url.set_password(Some("wrong-secret")).unwrap();
    let queue = broker.open();
    let refused = soon("an answer", queue.depth(Queue::Orders))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("ACCESS"), "{refused}");
    assert!(!refused.to_string().contains("wrong-secret"), "{refused}");
}

#[tokio::test]
async fn what_is_no_url_of_rabbitmq_is_refused() {
    for url in [
        "amqp://host/%2f?heartbeat=soon",
        "http://host",
        "amqp",
        "amqp://host:port",
    ] {
        assert!(open_queue(url, &BusOptions::default()).is_err(), "{url}");
    }
}
