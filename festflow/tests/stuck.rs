//! Stories of what hangs: a frozen process, a lock that somebody else holds, a database that says nothing. Nothing waits for it
//! for ever, and what it is can be read.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use futures_util::future::join_all;
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Executor};
use std::time::{Duration, Instant};
use support::brokers::Broker;
use support::processes::{Process, Processes, free_address};
use support::{FIFTY, Place, Visitor, oracle, places_on_brokers};

/// All but the inventories.
const OTHERS: &[&str] = &["festflow-server", "festflow-payment", "festflow-email"];
const INVENTORY: &[&str] = &["festflow-inventory"];
const ORDERS: usize = 400;

async fn on_sale(place: &Place) -> Processes {
    let processes = Processes::start(place, FIFTY, OTHERS, &[]);
    let first = Processes::start(place, FIFTY, INVENTORY, &[]);
    processes.until_on_sale(FIFTY).await;
    processes.until_ready().await;
    first.stop().await;
    processes
}

/// An inventory, and where operators ask it.
async fn inventory(place: &Place) -> (Process, String) {
    let health = free_address();
    let variables = [("FESTFLOW_OPS_LISTEN", &*health)];
    let mut started = Processes::start(place, FIFTY, INVENTORY, &variables);
    started.until_ready_at(&health).await;
    (started.all.remove(0), health)
}

async fn buy(visitor: &Visitor, orders: usize) -> Vec<Value> {
    let buyers = (0..orders).map(|_| visitor.accepted(&[("weekend", 1)], "tok_visa"));
    join_all(buyers).await
}

async fn until_all(visitor: &Visitor, orders: &[Value], what: &str, is: fn(&str) -> bool) {
    for order in orders {
        visitor
            .until(what, async |it| {
                is(it.look_up(order).await["status"]
                    .as_str()
                    .unwrap_or_default())
            })
            .await;
    }
}

/// SIGSTOP in the middle of a rush: with messages that it has prefetched, and perhaps in the middle of a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_inventories_is_frozen_and_orders_are_decided_again_within_fifteen_seconds() {
    for place in places_on_brokers().await {
        let others = on_sale(&place).await;
        let (frozen, _) = inventory(&place).await;
        let (lively, _) = inventory(&place).await;
        let visitor = others.visitor();
        let mut orders = buy(&visitor, ORDERS / 4).await;
        until_all(&visitor, &orders, "it sells", |status| {
            status == "confirmed"
        })
        .await;

        let rush = buy(&visitor, ORDERS / 2);
        let freeze = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            frozen.signal("STOP");
            Instant::now()
        };
        let (rush, since) = tokio::join!(rush, freeze);
        orders.extend(rush);
        orders.extend(buy(&visitor, ORDERS / 4).await);
        until_all(&visitor, &orders, "it is decided", |it| it != "received").await;
        let took = since.elapsed();
        assert!(
            took < Duration::from_secs(15),
            "decided again after {took:?}"
        );

        // Awake again, it does nothing twice.
        frozen.signal("CONT");
        until_all(&visitor, &orders, "it is sold", |it| it == "confirmed").await;
        let all = |it: &oracle::Oracle| it.tickets_sold == ORDERS;
        let facts = oracle::read_until(&place, FIFTY, all).await;
        assert_eq!(facts.differences(), Vec::<String>::new());
        visitor.until_balanced().await;
        frozen.stop().await;
        lively.stop().await;
        others.stop().await;
    }
}

/// Somebody looks at the stock by hand, locks it, and goes to lunch.
async fn forgotten_terminal(place: &Place) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let url = place.flag("--database-url");
    let mut terminal = AnyConnection::connect(url).await.unwrap();
    let begin = "SET application_name = 'a forgotten terminal'; BEGIN; \
                 SELECT * FROM inventory.ticket_types FOR UPDATE;";
    terminal.execute(begin).await.unwrap();
    terminal
}

async fn readiness(health: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{health}/readyz")).await;
    match answer {
        Ok(answer) => (
            answer.status().as_u16(),
            answer.text().await.unwrap_or_default(),
        ),
        Err(error) => (0, error.to_string()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_held_elsewhere_is_named_and_keeps_nobody_from_stopping() {
    for place in places_on_brokers().await {
        let others = on_sale(&place).await;
        let (stuck, health) = inventory(&place).await;
        let terminal = forgotten_terminal(&place).await;
        let visitor = others.visitor();
        let orders = buy(&visitor, 5).await;
        visitor
            .until("the operator is told whose lock it is", async |_| {
                let (status, why) = readiness(&health).await;
                status == 503 && why.contains("a forgotten terminal")
            })
            .await;
        let log = stuck.log();
        assert!(log.contains("a forgotten terminal"), "{log}");
        // It has ten seconds.
        stuck.stop().await;

        // The control: without the lock another one sells what waits, and none of it is dead.
        terminal.close().await.unwrap();
        let (another, health) = inventory(&place).await;
        until_all(&visitor, &orders, "it is sold", |it| it == "confirmed").await;
        assert_eq!(readiness(&health).await.0, 200);
        visitor.until_balanced().await;
        another.stop().await;
        others.stop().await;
    }
}

/// Its host is gone without a word: nothing is refused, nothing answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_falls_silent_is_connected_to_again() {
    for mut place in places_on_brokers().await {
        let others = on_sale(&place).await;
        let network = Broker::Database.behind_proxy(&mut place).await;
        let (inventory, _) = inventory(&place).await;
        let visitor = others.visitor();
        let orders = buy(&visitor, 1).await;
        until_all(&visitor, &orders, "it is sold", |it| it == "confirmed").await;
        network.strand();
        let orders = buy(&visitor, 5).await;
        until_all(&visitor, &orders, "it is sold", |it| it == "confirmed").await;
        inventory.stop().await;
        others.stop().await;
    }
}
