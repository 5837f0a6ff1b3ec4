//! The story of the pulled plug: everything is killed in the middle of the rush, in one process or in several, and every
//! order that was accepted still ends, once.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use domain::{OrderId, OrderStatus};
use futures_util::{StreamExt, stream};
use std::sync::Mutex;
use std::time::Duration;
use support::processes::{APART, Processes, TOGETHER};
use support::{FIFTY, Place, Visitor, oracle, places};

const ORDERS: usize = 1_000;

/// `count` buyers, some at a time; puts what was accepted into `accepted`.
async fn buyers(visitor: &Visitor, count: usize, accepted: &Mutex<Vec<OrderId>>) {
    let answers = stream::iter(0..count)
        .map(|_| visitor.accepted_unless_killed(&[("weekend", 1)]))
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

/// The rush, with the plug pulled in the middle of it.
async fn killed_in_the_rush(place: &Place, programs: &[&str]) {
    let accepted = Mutex::new(Vec::new());
    let processes = Processes::on_sale(place, FIFTY, programs).await;
    let visitor = processes.visitor();
    let rush = buyers(&visitor, ORDERS / 2, &accepted);
    let plug = async {
        while accepted.lock().unwrap().len() < ORDERS / 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        processes.kill();
    };
    tokio::join!(rush, plug);
    let before = accepted.lock().unwrap().len();
    assert!(
        (ORDERS / 4..ORDERS / 2).contains(&before),
        "killed in the middle of the rush, not after {before}"
    );

    let processes = Processes::on_sale(place, FIFTY, programs).await;
    buyers(&processes.visitor(), ORDERS / 2, &accepted).await;
    let accepted = accepted.into_inner().unwrap();
    assert_eq!(accepted.len(), before + ORDERS / 2);
    let ended =
        |it: &oracle::Oracle, id: &OrderId| it.orders.get(id).is_some_and(|o| o.status.is_final());
    let facts =
        oracle::read_until(place, FIFTY, |it| accepted.iter().all(|id| ended(it, id))).await;
    assert_eq!(facts.differences(), Vec::<String>::new());
    for id in &accepted {
        assert_eq!(facts.orders[id].status, OrderStatus::Confirmed);
    }
    processes.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_order_ends_once_though_everything_is_killed() {
    for place in places().await {
        killed_in_the_rush(&place, TOGETHER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_order_ends_once_though_every_process_is_killed() {
    for place in places().await {
        killed_in_the_rush(&place, APART).await;
    }
}
