//! Stories of brokers that are not there yet when the programs start: nobody crashes, and all goes on when they come.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use reqwest::Response;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::brokers::Broker;
use support::processes::{APART, Processes, TOGETHER};
use support::{FIFTY, places_on_brokers};

/// What is ordered.
const ONE: &[(&str, i64)] = &[("day", 1)];

/// The first answer to an order.
async fn order_once(processes: &Processes) -> Response {
    let order = json!({ "ticket_type": "day", "quantity": 1, "email": "kim@example.org" });
    let url = format!("http://{}/api/orders", processes.address);
    let client = reqwest::Client::new();
    client.post(url).json(&order).send().await.unwrap()
}

async fn get(processes: &Processes, path: &str) -> Option<Response> {
    let url = format!("http://{}{path}", processes.address);
    reqwest::get(url).await.ok()
}

async fn status(processes: &Processes, path: &str) -> u16 {
    get(processes, path)
        .await
        .map_or(0, |response| response.status().as_u16())
}

/// Whether the server says that it can use this part of it.
async fn part_is_ready(processes: &Processes, name: &str) -> bool {
    let Some(answer) = get(processes, "/readyz").await else {
        return false;
    };
    let readiness: Value = answer.json().await.unwrap();
    let parts = readiness["parts"].as_array().unwrap();
    parts
        .iter()
        .any(|part| part["name"] == name && part["ready"] == true)
}

/// What people see while the broker is away; the order, where it was taken.
async fn without(broker: Broker, processes: &Processes) -> Option<Value> {
    processes
        .until("it answers", async || {
            status(processes, "/healthz").await == 200
        })
        .await;
    if broker != Broker::Queue {
        let taken = async || part_is_ready(processes, "orders").await;
        processes.until("orders are taken", taken).await;
    }
    let complaint = match broker {
        Broker::Queue => "RabbitMQ",
        Broker::Log => "Kafka",
        Broker::Database => "waiting for the database",
    };
    processes
        .until("it says what it waits for", async || {
            processes.logs().contains(complaint)
        })
        .await;
    if broker == Broker::Queue {
        let since = Instant::now();
        let answer = order_once(processes).await;
        let took = since.elapsed();
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after"));
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(!part_is_ready(processes, "orders").await);
        return None;
    }
    // An order takes the queue only.
    let accepted = processes.visitor().accepted(ONE, "tok_visa").await;
    assert_eq!(
        status(processes, "/readyz").await,
        503,
        "it does not know what is sold"
    );
    Some(accepted)
}

async fn comes_late(broker: Broker, programs: &[&str]) {
    for mut place in places_on_brokers().await {
        let network = broker.comes_late(&mut place).await;
        let processes = Processes::start(&place, FIFTY, programs, &[]);
        let early = without(broker, &processes).await;
        let said = processes.logs().lines().count();
        assert!(
            said < 100,
            "once in a while is enough: {}",
            processes.logs()
        );

        network.up();
        processes.until_on_sale(FIFTY).await;
        processes
            .until("it is ready", async || {
                status(&processes, "/readyz").await == 200
            })
            .await;
        let visitor = processes.visitor();
        let late = visitor.accepted(ONE, "tok_visa").await;
        for accepted in early.into_iter().chain([late]) {
            assert_eq!(visitor.ended(&accepted).await["status"], "confirmed");
        }
        assert!(
            !processes.logs().contains("panicked"),
            "{}",
            processes.logs()
        );
        processes.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_comes_late() {
    comes_late(Broker::Queue, TOGETHER).await;
    comes_late(Broker::Queue, APART).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_comes_late() {
    comes_late(Broker::Log, TOGETHER).await;
    comes_late(Broker::Log, APART).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_that_come_late() {
    comes_late(Broker::Database, TOGETHER).await;
    comes_late(Broker::Database, APART).await;
}

/// The control: a broker that stays away is waited for, and the programs stop cleanly all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_broker_can_be_stopped() {
    for broker in Broker::ALL {
        for mut place in places_on_brokers().await {
            let _down = broker.comes_late(&mut place).await;
            let processes = Processes::start(&place, FIFTY, APART, &[]);
            without(broker, &processes).await;
            processes.stop().await;
        }
    }
}
