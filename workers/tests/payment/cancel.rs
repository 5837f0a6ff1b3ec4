//! A hold that ends asks once more: was it charged, or will it never be?

use crate::scene::*;
use crate::story;
use crate::support::Place;
use domain::Amount;
use domain::event::PaymentFailure;
use std::time::Duration;

const EXPIRED: Option<PaymentFailure> = Some(PaymentFailure::HoldExpired);

story! {
    /// The cancel overtakes its charge: the charge finds the tombstone.
    async fn a_cancel_that_comes_first_leaves_a_tombstone(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let order = new_order();
        let cancelled = alone(&service, &cancel(order)).await;
        assert_eq!(failed_because(&answer(&cancelled)), EXPIRED);
        assert_eq!(alone(&service, &charge(order, "tok_visa")).await, cancelled);
        assert_eq!(alone(&service, &cancel(order)).await, cancelled);
        assert_eq!(gateway.totals().await.unwrap().charges, 0);
    }
}

story! {
    /// The cancel comes too late: its answer is that the money was taken.
    async fn a_cancel_after_the_charge_hears_that_it_was_paid(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let order = new_order();
        let paid = alone(&service, &charge(order, "tok_visa")).await;
        assert!(is_processed(&answer(&paid)));
        assert_eq!(alone(&service, &cancel(order)).await, paid);
        assert_eq!(gateway.totals().await.unwrap().captured, PRICE);
    }
}

story! {
    /// The hold ends while the gateway is slow: no money is taken, not even later.
    async fn a_slow_charge_is_cancelled(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let order = new_order();
        let charge = charge(order, "tok_slow");
        let hasty = hasty_service(place, gateway.clone()).await;
        give_up(&hasty, &charge).await;
        let cancelled = alone(&service, &cancel(order)).await;
        assert_eq!(failed_because(&answer(&cancelled)), EXPIRED);
        assert_eq!(alone(&service, &charge).await, cancelled);
        // The same charge without a cancel is the control: once it is captured, this one would have been as well.
        let control = crate::scene::charge(new_order(), "tok_slow");
        assert!(is_processed(&until_done(&service, &control).await));
        assert_eq!(gateway.totals().await.unwrap().captured, PRICE);
        assert_eq!(alone(&service, &charge).await, cancelled);
    }
}

story! {
    /// The gateway was slow, but quicker than the cancel.
    async fn a_slow_charge_that_is_done_is_paid(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let order = new_order();
        let charge = charge(order, "tok_slow");
        let hasty = hasty_service(place, gateway.clone()).await;
        give_up(&hasty, &charge).await;
        while gateway.totals().await.unwrap().captured == Amount::ZERO {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let paid = alone(&service, &cancel(order)).await;
        assert!(is_processed(&answer(&paid)));
        assert_eq!(alone(&service, &charge).await, paid);
    }
}

story! {
    /// Charge and cancel come together: one answer for both.
    async fn a_cancel_in_the_same_batch_wins(place: &Place) {
        use bus::Handler as _;
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let order = new_order();
        let outcomes = service
            .handle(&[charge(order, "tok_visa"), cancel(order)])
            .await
            .unwrap();
        assert_eq!(outcomes[0], outcomes[1]);
        assert_eq!(failed_because(&answer(&outcomes[0])), EXPIRED);
        assert_eq!(gateway.totals().await.unwrap().charges, 0);
    }
}

story! {
    /// The worker was killed somewhere in a charge; then the hold ends. Whatever the gateway did is the answer.
    async fn a_cancel_after_a_crash_asks_the_gateway(place: &Place) {
        for (moment, paid) in [(Moment::BeforeTheCharge, false), (Moment::AfterTheCharge, true)] {
            let gateway = simulator(place).await;
            let order = new_order();
            let charge = charge(order, "tok_visa");
            let killed = hasty_service(place, std::sync::Arc::new(Stuck(gateway.clone(), moment))).await;
            give_up(&killed, &charge).await;
            let service = service(place, gateway.clone()).await;
            let answered = alone(&service, &cancel(order)).await;
            assert_eq!(is_processed(&answer(&answered)), paid);
            assert_eq!(alone(&service, &charge).await, answered);
        }
    }
}
