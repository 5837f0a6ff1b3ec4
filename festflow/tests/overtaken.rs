//! The story of a reservation that is on the log only after the cancellation of its own hold.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use futures_util::future::join_all;
use serde_json::Value;
use std::sync::Mutex;
use support::brokers::Broker;
use support::processes::Processes;
use support::{FIFTY, Visitor, oracle, places_on_brokers};

/// All but an inventory that is cut off.
const OTHERS: &[&str] = &[
    "festflow-server",
    "festflow-inventory",
    "festflow-payment",
    "festflow-email",
];

async fn ended(visitor: &Visitor, orders: &[Value]) -> Vec<Value> {
    join_all(orders.iter().map(|order| visitor.ended(order))).await
}

fn count(orders: &[Value], status: &str) -> usize {
    orders.iter().filter(|it| it["status"] == status).count()
}

/// Cancelled orders, as the dashboard counts them.
fn cancelled(overview: &Value) -> u64 {
    let counts = overview["totals"]["orders"].as_array().unwrap();
    let cancelled = counts.iter().find(|it| it["status"] == "cancelled");
    cancelled.unwrap()["count"].as_u64().unwrap()
}

/// One inventory of two is cut off from the log for longer than a hold: what it reserved is cancelled by the other one before
/// it can say so.
#[tokio::test(flavor = "multi_thread")]
async fn holds_that_expire_before_their_reservation_is_on_the_log_are_cancelled_everywhere() {
    for mut place in places_on_brokers().await {
        let hold = ("FESTFLOW_HOLD_SECONDS", "1");
        let others = Processes::start(&place, FIFTY, OTHERS, &[hold]);
        others.until_on_sale(FIFTY).await;
        others.until_ready().await;
        let network = Broker::Log.comes_late(&mut place).await;
        let cut_off = Processes::start(&place, FIFTY, &["festflow-inventory"], &[hold]);

        // Buyers come until one has waited for longer than a hold.
        let visitor = others.visitor();
        let cookie = visitor.sign_in().await;
        let orders = Mutex::new(Vec::new());
        visitor
            .until("a hold has expired", async |it| {
                let order = it.accepted(&[("weekend", 1)], "tok_visa").await;
                orders.lock().unwrap().push(order);
                cancelled(&it.admin("overview", &cookie).await) > 0
            })
            .await;
        network.up();
        let orders = orders.into_inner().unwrap();

        let ended = ended(&visitor, &orders).await;
        let sold = count(&ended, "confirmed");
        assert_eq!(sold + count(&ended, "cancelled"), orders.len(), "{ended:?}");
        let cancelled = ended.iter().filter(|it| it["status"] == "cancelled");
        for order in cancelled {
            assert_eq!(order["reason"], "hold_expired");
            assert_eq!(
                order["items"][0]["quantity"], 1,
                "what was ordered is known"
            );
        }
        let all = |it: &oracle::Oracle| {
            it.orders.values().filter(|it| it.status.is_final()).count() == orders.len()
        };
        let facts = oracle::read_until(&place, FIFTY, all).await;
        assert_eq!(facts.differences(), Vec::<String>::new());
        assert!(!facts.overtaken.is_empty(), "none was overtaken");
        visitor
            .until("what was not sold is back", async |it| {
                it.remaining("weekend").await == 100_000 - i64::try_from(sold).unwrap()
            })
            .await;
        visitor.until_balanced().await;
        cut_off.stop().await;
        others.stop().await;
    }
}
