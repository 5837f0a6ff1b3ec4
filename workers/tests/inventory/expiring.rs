//! Holds and rejections whose time is over.

use crate::messages::{bus_at, done, fact, facts, order};
use crate::support::Place;
use crate::{inventory, level, orders, placed, story};
use bus::Queue;
use domain::event::{PaymentFailed, PaymentFailure, RejectReason};
use domain::{Event, Timestamp};
use sqlx::Row as _;
use std::time::Duration;
use workers::inventory::{SettlementHandler, Sweep};

story! {
    /// Whatever became of the question, the stock of a hold that is over comes back.
    async fn a_hold_that_is_over_is_asked_about_until_it_is_settled(place: &Place) {
        let db = inventory(place).await;
        let bus = bus_at(place);
        let sweep = Sweep::new(db.clone(), bus.clone());
        let placed_order = order(1, &[("day", 2)]);
        done(&orders(&db), &[placed(placed_order.clone())]).await;
        let now = Timestamp::now();
        let minutes = |minutes: u64| now.plus(Duration::from_secs(60 * minutes));
        let asked = async |moment| {
            let before = bus.queue.depth(Queue::Payments).await.unwrap().ready;
            sweep.once(moment).await.unwrap();
            bus.queue.depth(Queue::Payments).await.unwrap().ready - before
        };
        assert_eq!(asked(minutes(9)).await, 0, "it is held for ten minutes");
        assert_eq!(asked(minutes(11)).await, 1);
        assert_eq!(asked(minutes(20)).await, 0, "the answer may be on its way");
        assert_eq!(asked(minutes(22)).await, 1, "the question or the answer is lost");
        let expired = fact(&Event::PaymentFailed(PaymentFailed {
            timestamp: now,
            order_id: placed_order.order_id,
            reason: PaymentFailure::HoldExpired,
        }));
        done(&SettlementHandler::new(db.clone()), &[expired]).await;
        assert_eq!(asked(minutes(60)).await, 0);
        assert_eq!(level(&db, "day").await, (50, 0, 0));
    }
}

story! {
    /// A rejection is kept for as long as its order could come again. An order that is older than that may have been
    /// rejected, and nobody knows: it is rejected, and never decided in two ways.
    async fn a_rejection_is_forgotten_and_not_revised(place: &Place) {
        let db = inventory(place).await;
        let sweep = Sweep::new(db.clone(), bus_at(place));
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        let rejected = order(1, &[("nope", 1)]);
        done(&orders(&db), &[placed(rejected), placed(order(2, &[("day", 1)]))]).await;
        let kept = async |at| {
            sweep.once(at).await.unwrap();
            let rows = sqlx::query("SELECT status FROM orders ORDER BY status");
            let rows = rows.fetch_all(db.pool()).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
        };
        let now = Timestamp::now();
        assert_eq!(kept(now.plus(days(7))).await, ["held", "rejected"]);
        assert_eq!(kept(now.plus(days(9))).await, ["held"]);
        let mut old = order(3, &[("day", 1)]);
        old.placed_at = Timestamp::from_micros(now.micros() - days(7).as_micros() as i64);
        let mut younger = order(4, &[("day", 1)]);
        younger.placed_at = old.placed_at.plus(Duration::from_secs(3600));
        let outputs = done(&orders(&db), &[placed(old), placed(younger)]).await;
        let decided = |of: usize| facts(&outputs[of..=of]).remove(0);
        assert!(matches!(decided(0), Event::OrderRejected(e) if e.reason == RejectReason::SaleClosed));
        assert!(matches!(decided(1), Event::InventoryReserved(_)));
    }
}
