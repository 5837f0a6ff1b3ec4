//! Stories of the rush: many buyers, few tickets, and nothing sold twice.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use domain::OrderStatus;
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::BTreeSet;
use support::dashboard::{Dashboard, Seen};
use support::{FIFTY, Festival, oracle, places};

async fn buy(festival: &Festival, buyers: usize) -> Vec<Value> {
    let orders = join_all((0..buyers).map(|_| festival.accepted(&[("day", 1)], "tok_visa"))).await;
    join_all(orders.iter().map(|order| festival.ended(order))).await
}

fn count(orders: &[Value], status: &str) -> usize {
    orders
        .iter()
        .filter(|order| order["status"] == status)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_buyers_for_fifty_tickets() {
    for place in places().await {
        let festival = Festival::open(&place, FIFTY, &[]).await;
        let orders = buy(&festival, 200).await;
        assert_eq!(
            (count(&orders, "confirmed"), count(&orders, "rejected")),
            (50, 150)
        );
        assert!(
            orders
                .iter()
                .filter(|order| order["status"] == "rejected")
                .all(|o| o["reason"] == "sold_out")
        );
        assert_eq!(festival.remaining("day").await, 0);

        let facts = oracle::read_until(&place, FIFTY, |it| {
            it.count(OrderStatus::Confirmed) + it.count(OrderStatus::Rejected) == 200
        })
        .await;
        assert_eq!(facts.tickets_sold, 50);
        assert_eq!(facts.differences(), Vec::<String>::new());
        festival.until_balanced().await;
        festival.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_everything_sell_exactly_what_there_is() {
    for place in places().await {
        let second_model = place.path().join("second.db").display().to_string();
        let first = Festival::open(&place, FIFTY, &[]).await;
        let second = Festival::open(&place, FIFTY, &["--read-model", &second_model]).await;
        let dashboards = [
            Dashboard::open(&first).await,
            Dashboard::open(&second).await,
        ];
        let (here, there) = tokio::join!(buy(&first, 60), buy(&second, 60));
        assert_eq!(count(&here, "confirmed") + count(&there, "confirmed"), 50);
        let facts = oracle::read_until(&place, FIFTY, |it| it.tickets_sold == 50).await;
        for dashboard in &dashboards {
            let all = |seen: &Seen| seen.sales + seen.coalesced >= 50 && seen.total == Some(50);
            let seen = dashboard.until("every sale", all).await;
            assert_eq!(seen.sales + seen.coalesced, 50, "none is told twice");
            assert_eq!(seen.tickets.len() as u64, seen.sales);
            assert!(seen.tickets.is_subset(&facts.tickets["day"]));
        }
        // The control: who comes later begins with the last of them, and has not seen all.
        let late = Dashboard::open(&first).await;
        let seen = late.until("the last sales", |seen| seen.sales > 0).await;
        assert!(seen.sales < 50 && seen.total == Some(50), "{seen:?}");
        first.close().await;
        second.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_a_hundred_times_is_one_order() {
    for place in places().await {
        let festival = Festival::open(&place, FIFTY, &[]).await;
        let key = Some("a-key-of-one-buyer-0001");
        let items = [("day", 2)];
        let answers = join_all((0..100).map(|_| festival.order(&items, "tok_visa", key))).await;
        assert!(
            answers.iter().all(|(status, _)| *status == 202),
            "{answers:?}"
        );
        let ids: BTreeSet<_> = answers
            .iter()
            .map(|(_, order)| order["order_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(festival.ended(&answers[0].1).await["status"], "confirmed");
        assert_eq!(festival.remaining("day").await, 48);

        let (status, problem) = festival.order(&[("day", 3)], "tok_visa", key).await;
        assert_eq!(status, 422, "{problem}");
        // Without the key the same hundred orders would be a hundred orders.
        let unkeyed = join_all((0..3).map(|_| festival.order(&items, "tok_visa", None))).await;
        let ids: BTreeSet<_> = unkeyed
            .iter()
            .map(|(_, order)| order["order_id"].to_string())
            .collect();
        assert_eq!(ids.len(), 3);
        festival.close().await;
    }
}

#[test]
fn the_oracle_notices_a_double_sale() {
    let mut facts = oracle::Oracle::default();
    let ticket: domain::Event = serde_json::from_value(serde_json::json!({
        "event_type": "TICKET_SOLD", "ticket_id": "00000000-0000-0000-0000-000000000001", "timestamp": 1.0,
        "order_id": "00000000-0000-0000-0000-000000000002", "ticket_type": "day", "ticket_number": 1,
        "tickets_in_order": 1, "price": 1, "currency": "EUR", "event": "E", "event_date": "",
    }))
    .unwrap();
    let id = |n| domain::MessageId(uuid::Uuid::from_u128(n));
    facts.take(id(1), &ticket);
    facts.take(id(1), &ticket);
    assert!(facts.differences().is_empty(), "a repeat is no second sale");
    facts.take(id(2), &ticket);
    assert_eq!(facts.differences().len(), 1);
}
