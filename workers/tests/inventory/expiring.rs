//! Holds whose time is over.

use crate::messages::{bus_at, done, fact, order};
use crate::support::Place;
use crate::{inventory, level, orders, placed, story};
use bus::Queue;
use domain::event::{PaymentFailed, PaymentFailure};
use domain::{Event, Timestamp};
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
