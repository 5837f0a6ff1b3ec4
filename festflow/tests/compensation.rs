//! Stories of what goes wrong with money, and how it is made good.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use domain::OrderStatus;
use support::{FIFTY, Festival, oracle, places};

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_gives_the_stock_back() {
    for place in places().await {
        let festival = Festival::open(&place, FIFTY, &[]).await;
        for (token, reason) in [
            ("tok_chargeDeclined", "card_declined"),
            ("tok_chargeDeclinedInsufficientFunds", "insufficient_funds"),
            ("tok_chargeDeclinedExpiredCard", "expired_card"),
        ] {
            let order = festival.accepted(&[("day", 4)], token).await;
            let ended = festival.ended(&order).await;
            assert_eq!(
                (&ended["status"], &ended["reason"]),
                (&"cancelled".into(), &reason.into())
            );
        }
        festival
            .until("the stock is back", async |it| {
                it.remaining("day").await == 50
            })
            .await;
        // The same order with a card that is good does take stock: the check above can fail.
        let order = festival.accepted(&[("day", 4)], "tok_visa").await;
        assert_eq!(festival.ended(&order).await["status"], "confirmed");
        assert_eq!(festival.remaining("day").await, 46);
        festival.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_looked_up_and_charged_once() {
    for place in places().await {
        let festival = Festival::open(&place, FIFTY, &[]).await;
        let order = festival.accepted(&[("day", 1)], "tok_lostAnswer").await;
        assert_eq!(festival.ended(&order).await["status"], "confirmed");
        let facts =
            oracle::read_until(&place, FIFTY, |it| it.count(OrderStatus::Confirmed) == 1).await;
        assert_eq!(facts.differences(), Vec::<String>::new());
        festival.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_expires_while_payment_is_slow_ends_once() {
    for place in places().await {
        // The gateway takes about as long as the hold lasts, so some orders end either way.
        let flags = ["--hold-seconds", "1", "--gateway-slow-ms", "1200"];
        let festival = Festival::open(&place, FIFTY, &flags).await;
        let mut orders = Vec::new();
        for _ in 0..8 {
            orders.push(festival.accepted(&[("day", 1)], "tok_slow").await);
        }
        let mut sold = 0;
        for order in &orders {
            let ended = festival.ended(order).await;
            match ended["status"].as_str() {
                Some("confirmed") => sold += 1,
                Some("cancelled") => assert_eq!(ended["reason"], "hold_expired"),
                other => panic!("ended as {other:?}"),
            }
        }
        festival
            .until("what was not sold is back", async |it| {
                it.remaining("day").await == 50 - sold
            })
            .await;
        let facts = oracle::read_until(&place, FIFTY, |it| {
            it.count(OrderStatus::Confirmed) + it.count(OrderStatus::Cancelled) == 8
        })
        .await;
        assert_eq!(facts.differences(), Vec::<String>::new());
        festival.until_balanced().await;
        festival.close().await;
    }
}
