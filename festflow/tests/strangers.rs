//! Stories of people who ask for more than anybody needs: they get what they are given, and the sale goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use futures_util::future::join_all;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use support::processes::{Processes, TOGETHER, free_address};
use support::{FIFTY, PATIENCE, Place, Visitor};
use tokio::time::Instant;

/// A festival, and where its operators ask.
async fn on_sale(place: &Place) -> (Processes, String) {
    let operators = free_address();
    let variables = [("FESTFLOW_OPS_LISTEN", &*operators)];
    let processes = Processes::start(place, FIFTY, TOGETHER, &variables);
    processes.until_on_sale(FIFTY).await;
    processes.until_ready().await;
    (processes, operators)
}

/// Confirmed orders, each of two tickets.
async fn bought(visitor: &Visitor, orders: usize) -> Vec<Value> {
    let buy = || async {
        let accepted = visitor.accepted(&[("weekend", 2)], "tok_visa").await;
        assert_eq!(visitor.ended(&accepted).await["status"], "confirmed");
        accepted
    };
    join_all((0..orders).map(|_| buy())).await
}

async fn pdf(visitor: &Visitor, accepted: &Value) -> Response {
    let of = |name: &str| accepted[name].as_str().unwrap().to_owned();
    let (url, id, key) = (&visitor.url, of("order_id"), of("key"));
    let url = format!("{url}/api/orders/{id}/ticket.pdf?key={key}");
    visitor.client.get(url).send().await.unwrap()
}

/// The PDF; who is told to come again does.
async fn pdf_at_last(visitor: &Visitor, accepted: &Value) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = pdf(visitor, accepted).await;
        if answer.status() == StatusCode::OK {
            let content = answer.bytes().await.unwrap();
            assert!(content.starts_with(b"%PDF"));
            return content.len();
        }
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
        assert!(Instant::now() < deadline, "refused to the last");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// One metric's value.
async fn metric(operators: &str, name: &str) -> u64 {
    let answer = reqwest::get(format!("http://{operators}/metrics")).await;
    let text = answer.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0, |value| value.trim().parse().unwrap())
}

const PDFS_MADE: &str = "festflow_ticket_files_made_total{kind=\"pdf\"} ";

/// Orders one after the other for as long as `work` takes; all of them must be accepted.
async fn while_others_order<T>(visitor: &Visitor, work: impl Future<Output = T>) -> T {
    let done = AtomicBool::new(false);
    let order = async {
        loop {
            visitor.accepted(&[("weekend", 1)], "tok_visa").await;
            if done.load(Ordering::Relaxed) {
                return;
            }
        }
    };
    let work = async {
        let result = work.await;
        done.store(true, Ordering::Relaxed);
        result
    };
    tokio::join!(work, order).0
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_downloads_of_the_same_pdf_at_once_print_it_once_and_orders_go_on() {
    let place = Place::embedded();
    let (processes, operators) = on_sale(&place).await;
    let visitor = processes.visitor();
    let order = &bought(&visitor, 1).await[0];
    let downloads = join_all((0..200).map(|_| pdf_at_last(&visitor, order)));
    let lengths = while_others_order(&visitor, downloads).await;
    assert!(lengths.iter().all(|length| *length == lengths[0]));
    assert_eq!(metric(&operators, PDFS_MADE).await, 1);
    processes.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_downloads_their_pdf_twice_at_once_and_orders_go_on() {
    let place = Place::embedded();
    let (processes, operators) = on_sale(&place).await;
    let visitor = processes.visitor();
    let orders = bought(&visitor, 150).await;
    let downloads = join_all(
        orders
            .iter()
            .chain(&orders)
            .map(|order| pdf_at_last(&visitor, order)),
    );
    while_others_order(&visitor, downloads).await;
    assert_eq!(metric(&operators, PDFS_MADE).await, 150);
    // Whose key it is not is asked for it before anything kept is looked for.
    let mut forged = orders[0].clone();
    forged["key"] = orders[1]["key"].clone();
    assert_eq!(pdf(&visitor, &forged).await.status(), StatusCode::FORBIDDEN);
    processes.stop().await;
}
