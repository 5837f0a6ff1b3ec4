//! The story of the pulled plug: everything is killed in the middle of the rush, and every order that was accepted still
//! ends, once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use domain::{OrderId, OrderStatus};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use support::{FIFTY, PATIENCE, Place, oracle, places};

const ORDERS: usize = 1_000;

/// `festflow` as a process that can be killed.
struct Process(Child);

impl Process {
    async fn start(place: &Place, address: &str) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_festflow"));
        command.args(place.arguments(FIFTY, address, &[]));
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let process = Process(child);
        let client = reqwest::Client::new();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let tickets = client
                .get(format!("http://{address}/api/tickets"))
                .send()
                .await;
            let tickets = match tickets {
                Ok(response) => response.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if tickets.contains("weekend") {
                return process;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "festflow does not get ready"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// kill -9.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

/// One order; the accepted answer, when there was one.
async fn order(client: &reqwest::Client, address: &str) -> Option<Value> {
    let body = json!({ "ticket_type": "weekend", "quantity": 1, "email": "kim@example.org" });
    let response = client
        .post(format!("http://{address}/api/orders"))
        .json(&body)
        .send()
        .await
        .ok()?;
    if response.status() != 202 {
        return None;
    }
    response.json().await.ok()
}

/// `count` buyers, some at a time; puts what was accepted into `accepted`.
async fn buyers(address: &str, count: usize, accepted: &Mutex<Vec<OrderId>>) {
    let client = reqwest::Client::new();
    let answers = stream::iter(0..count)
        .map(|_| order(&client, address))
        .buffer_unordered(50);
    answers
        .for_each(async |answer| {
            if let Some(answer) = answer {
                accepted
                    .lock()
                    .unwrap()
                    .push(answer["order_id"].as_str().unwrap().parse().unwrap());
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_order_ends_once_though_everything_is_killed() {
    for place in places().await {
        let address = free_address();
        let accepted = Mutex::new(Vec::new());
        let process = Process::start(&place, &address).await;
        let rush = buyers(&address, ORDERS / 2, &accepted);
        let plug = async {
            while accepted.lock().unwrap().len() < ORDERS / 4 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            process.kill();
        };
        tokio::join!(rush, plug);
        let before = accepted.lock().unwrap().len();
        assert!(
            (ORDERS / 4..ORDERS / 2).contains(&before),
            "killed in the middle of the rush, not after {before}"
        );

        let process = Process::start(&place, &address).await;
        buyers(&address, ORDERS / 2, &accepted).await;
        let accepted = accepted.into_inner().unwrap();
        let ended = |it: &oracle::Oracle, id: &OrderId| {
            it.orders.get(id).is_some_and(|o| o.status.is_final())
        };
        let facts =
            oracle::read_until(&place, FIFTY, |it| accepted.iter().all(|id| ended(it, id))).await;
        assert_eq!(facts.differences(), Vec::<String>::new());
        for id in &accepted {
            assert_eq!(facts.orders[id].status, OrderStatus::Confirmed);
        }
        process.kill();
    }
}
