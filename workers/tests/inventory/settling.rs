//! Stories of what becomes of held stock once the payment is decided.

use crate::messages::{commands, done, fact, facts, order};
use crate::support::Place;
use crate::{inventory, level, orders, placed, story};
use bus::Message;
use domain::command::OrderPlaced;
use domain::event::{PaymentFailed, PaymentFailure, PaymentProcessed};
use domain::{Amount, Command, Event, Timestamp};
use std::time::Duration;
use store::Database;
use workers::inventory::SettlementHandler;

fn paid(order: &OrderPlaced, amount: i64) -> Message {
    fact(&Event::PaymentProcessed(PaymentProcessed {
        timestamp: Timestamp::now(),
        order_id: order.order_id,
        payment_id: order.order_id.payment(),
        amount: Amount(amount),
        payment_status: "captured".to_owned(),
    }))
}

story! {
    async fn a_paid_hold_becomes_a_sale_once(place: &Place) {
        let db = inventory(place).await;
        let placed_order = order(1, &[("day", 2), ("vip", 1)]);
        done(&orders(&db), &[placed(placed_order.clone())]).await;
        let settlements = SettlementHandler::new(db.clone());
        let answer = paid(&placed_order, 19_000);
        let first = done(&settlements, std::slice::from_ref(&answer)).await;
        let again = done(&settlements, std::slice::from_ref(&answer)).await;
        assert_eq!(first, again);
        let sold: Vec<_> =
            facts(&first).into_iter().filter(|event| matches!(event, Event::TicketSold(_))).collect();
        assert_eq!(sold.len(), 3);
        assert!(matches!(facts(&first).last(), Some(Event::OrderConfirmed(e)) if e.total == Amount(19_000)));
        assert_eq!(level(&db, "day").await, (48, 0, 2));
        assert_eq!(level(&db, "vip").await, (49, 0, 1));
    }
}

story! {
    async fn a_declined_payment_gives_the_stock_back_and_late_money_is_refunded(place: &Place) {
        let db = inventory(place).await;
        let placed_order = order(1, &[("day", 4)]);
        done(&orders(&db), &[placed(placed_order.clone())]).await;
        let settlements = SettlementHandler::new(db.clone());
        let declined = fact(&Event::PaymentFailed(PaymentFailed {
            timestamp: Timestamp::now(),
            order_id: placed_order.order_id,
            reason: PaymentFailure::CardDeclined,
        }));
        let outputs = done(&settlements, &[declined]).await;
        assert!(matches!(facts(&outputs)[..], [Event::OrderCancelled(_)]));
        assert_eq!(level(&db, "day").await, (50, 0, 0));

        let late = done(&settlements, &[paid(&placed_order, 20_000)]).await;
        assert!(matches!(&commands(&late)[..], [Command::RefundPayment(refund)] if refund.amount == Amount(20_000)));
        assert_eq!(level(&db, "day").await, (50, 0, 0));
    }
}

/// How many transactions wait for the stock of `db`.
async fn waiting_for_stock(db: &Database) -> i64 {
    sqlx::query_scalar(
        "SELECT count(DISTINCT waiting.pid) FROM pg_locks waiting JOIN pg_locks taken ON taken.pid = waiting.pid \
         WHERE NOT waiting.granted AND taken.relation = CAST('ticket_types' AS regclass)",
    )
    .fetch_one(db.pool())
    .await
    .unwrap()
}

/// After a rebalance two replicas may have the same answers in hand. Here both have read what was ordered, and that it is
/// held, before one of them gets at the stock.
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_that_settle_the_same_holds_at_once_sell_them_once() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let db = inventory(&place).await;
    let placed_orders: Vec<_> = (0..10).map(|number| order(number, &[("day", 2)])).collect();
    let holds: Vec<_> = placed_orders.iter().cloned().map(placed).collect();
    done(&orders(&db), &holds).await;
    let answers: Vec<_> = placed_orders
        .iter()
        .map(|order| paid(order, 10_000))
        .collect();

    let mut stock = db.begin().await.unwrap();
    sqlx::query("SELECT remaining FROM ticket_types FOR UPDATE")
        .fetch_all(&mut *stock)
        .await
        .unwrap();
    let workers = [0, 1].map(|_| {
        let (handler, answers) = (SettlementHandler::new(db.clone()), answers.clone());
        tokio::spawn(async move { done(&handler, &answers).await })
    });
    let both_wait = async {
        while waiting_for_stock(&db).await < 2 {
            tokio::task::yield_now().await;
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, both_wait).await.unwrap();
    stock.commit().await.unwrap();
    let [one, other] = workers;

    assert_eq!(one.await.unwrap(), other.await.unwrap());
    assert_eq!(level(&db, "day").await, (30, 0, 20));
    db.close().await;
    place.clean().await;
}
