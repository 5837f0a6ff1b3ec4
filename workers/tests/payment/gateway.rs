//! The simulated gateway keeps its promises, and its ledger would show it if we did not keep ours.

use crate::scene::{PRICE, SLOW, new_order, simulator};
use crate::story;
use crate::support::Place;
use domain::{Amount, Currency, PaymentToken};
use futures_util::future::join_all;
use std::time::Instant;
use workers::gateway::{Charge, ChargeStatus, Gateway, Refund, RefundStatus};

fn charge(key: &str, token: &str) -> Charge {
    Charge {
        key: key.to_owned(),
        reference: new_order(),
        amount: PRICE,
        currency: Currency::EUR,
        token: PaymentToken::parse(token).unwrap(),
    }
}

story! {
    /// One key moves money once, whichever of the gateway's machines is asked.
    async fn a_key_is_charged_once(place: &Place) {
        let (one, other) = (simulator(place).await, simulator(place).await);
        let charge = charge("a", "tok_visa");
        let calls = (0..40).map(|index| {
            let gateway = if index % 2 == 0 { &one } else { &other };
            gateway.charge(&charge)
        });
        for status in join_all(calls).await {
            assert_eq!(status, Ok(ChargeStatus::Captured));
        }
        let totals = other.totals().await.unwrap();
        assert_eq!((totals.captured, totals.charges, totals.charged_twice), (PRICE, 1, 0));
    }
}

story! {
    /// The control: one order under two keys is charged twice, and shows.
    async fn an_order_under_two_keys_shows(place: &Place) {
        let gateway = simulator(place).await;
        let first = charge("a", "tok_visa");
        let second = Charge { key: "b".to_owned(), ..first.clone() };
        gateway.charge(&first).await.unwrap();
        gateway.charge(&second).await.unwrap();
        assert_eq!(gateway.totals().await.unwrap().charged_twice, 1);
    }
}

story! {
    /// A cancelled key never captures, before or during the charge; after it, it is too late.
    async fn a_cancelled_key_never_captures(place: &Place) {
        let gateway = simulator(place).await;
        assert_eq!(gateway.lookup("early").await, Ok(None));
        assert_eq!(gateway.cancel("early").await, Ok(ChargeStatus::Cancelled));
        assert_eq!(gateway.charge(&charge("early", "tok_visa")).await, Ok(ChargeStatus::Cancelled));
        assert_eq!(gateway.lookup("early").await, Ok(Some(ChargeStatus::Cancelled)));

        gateway.charge(&charge("late", "tok_visa")).await.unwrap();
        assert_eq!(gateway.cancel("late").await, Ok(ChargeStatus::Captured));

        let slow = charge("slow", "tok_slow");
        let (charged, cancelled) = tokio::join!(gateway.charge(&slow), async {
            while gateway.lookup("slow").await == Ok(None) {}
            gateway.cancel("slow").await
        });
        assert_eq!(cancelled, Ok(ChargeStatus::Cancelled));
        assert_eq!(charged, Ok(ChargeStatus::Cancelled));
        assert_eq!(gateway.totals().await.unwrap().captured, PRICE);
    }
}

story! {
    /// A slow charge takes its time, and nobody else's.
    async fn a_slow_charge_takes_its_time(place: &Place) {
        let gateway = simulator(place).await;
        let began = Instant::now();
        let slow = charge("slow", "tok_slow");
        let (status, ()) = tokio::join!(gateway.charge(&slow), async {
            gateway.charge(&charge("quick", "tok_visa")).await.unwrap();
            assert_eq!(gateway.lookup("slow").await, Ok(Some(ChargeStatus::Pending)));
        });
        assert_eq!(status, Ok(ChargeStatus::Captured));
        assert!(began.elapsed() >= SLOW);
    }
}

story! {
    /// No more goes back than was taken, and one key sends it back once.
    async fn a_refund_has_its_limits(place: &Place) {
        let gateway = simulator(place).await;
        gateway.charge(&charge("a", "tok_visa")).await.unwrap();
        let part = Amount(PRICE.0 - 100);
        let refund = |key: &str, amount| Refund {
            key: key.to_owned(),
            charge: "a".to_owned(),
            amount,
        };
        assert_eq!(gateway.refund(&refund("r1", part)).await, Ok(RefundStatus::Refunded));
        assert_eq!(gateway.refund(&refund("r1", part)).await, Ok(RefundStatus::Refunded));
        for (key, amount) in [("r2", Amount(101)), ("r3", Amount(0)), ("r4", Amount(-5))] {
            let refused = gateway.refund(&refund(key, amount)).await;
            assert!(matches!(refused, Ok(RefundStatus::Refused(_))), "{refused:?}");
        }
        assert_eq!(gateway.refund(&refund("r5", Amount(100))).await, Ok(RefundStatus::Refunded));
        let totals = gateway.totals().await.unwrap();
        assert_eq!((totals.captured, totals.refunded), (PRICE, PRICE));
    }
}
