//! Money without a hold goes back, once.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use async_trait::async_trait;
use bus::{Handler, Outcome};
use domain::{Amount, Event};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use workers::gateway::{
    Charge, ChargeStatus, Gateway, GatewayError, Refund, RefundStatus, Simulator,
};

fn is_refunded(message: &bus::Message) -> bool {
    matches!(message.decode_event(), Ok(Some(Event::PaymentRefunded(e))) if e.amount == PRICE)
}

fn refused(message: &bus::Message) -> Option<String> {
    match message.decode_event() {
        Ok(Some(Event::RefundFailed(event))) => Some(event.reason),
        _ => None,
    }
}

story! {
    /// However often the refund is asked for, the money goes back once, in the same words.
    async fn money_goes_back_once(place: &Place) {
        let gateway = simulator(place).await;
        let one = service(place, gateway.clone()).await;
        let other = service(place, gateway.clone()).await;
        let order = new_order();
        alone(&one, &charge(order, "tok_visa")).await;
        let back = [refund(order, PRICE), refund(order, PRICE)];
        let (first, second) = tokio::join!(one.handle(&back), other.handle(&back));
        let outcomes = [first.unwrap(), second.unwrap()].concat();
        assert!(is_refunded(&answer(&outcomes[0])));
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
        let totals = gateway.totals().await.unwrap();
        assert_eq!((totals.captured, totals.refunded), (PRICE, PRICE));
    }
}

story! {
    /// What the gateway refuses is announced, for a person to look at.
    async fn a_refused_refund_is_announced(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let stubborn = new_order();
        alone(&service, &charge(stubborn, "tok_refundFail")).await;
        let never_charged = new_order();
        let too_much = new_order();
        alone(&service, &charge(too_much, "tok_visa")).await;
        let batch = [
            refund(stubborn, PRICE),
            refund(never_charged, PRICE),
            refund(too_much, Amount(PRICE.0 + 1)),
        ];
        let outcomes = service.handle(&batch).await.unwrap();
        for (outcome, word) in outcomes.iter().zip(["bank", "no captured charge", "8900"]) {
            let why = refused(&answer(outcome)).unwrap();
            assert!(why.contains(word), "{why}");
        }
        assert_eq!(service.handle(&batch).await.unwrap(), outcomes);
        assert_eq!(gateway.totals().await.unwrap().refunded, Amount::ZERO);
    }
}

/// A gateway that refunds, and loses the first answer.
struct Forgetful(Arc<Simulator>, AtomicBool);

#[async_trait]
impl Gateway for Forgetful {
    async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, GatewayError> {
        self.0.charge(charge).await
    }

    async fn lookup(&self, key: &str) -> Result<Option<ChargeStatus>, GatewayError> {
        self.0.lookup(key).await
    }

    async fn cancel(&self, key: &str) -> Result<ChargeStatus, GatewayError> {
        self.0.cancel(key).await
    }

    async fn refund(&self, refund: &Refund) -> Result<RefundStatus, GatewayError> {
        let status = self.0.refund(refund).await?;
        if self.1.swap(false, Ordering::Relaxed) {
            return Err(GatewayError::Lost("in a tunnel".to_owned()));
        }
        Ok(status)
    }
}

story! {
    /// A refund whose answer is lost is asked for again, under the same key.
    async fn a_lost_refund_is_paid_once(place: &Place) {
        let gateway = simulator(place).await;
        let forgetful = Forgetful(gateway.clone(), AtomicBool::new(true));
        let service = service(place, Arc::new(forgetful)).await;
        let order = new_order();
        alone(&service, &charge(order, "tok_visa")).await;
        let back = refund(order, PRICE);
        assert!(matches!(alone(&service, &back).await, Outcome::Retry(_)));
        assert!(is_refunded(&answer(&alone(&service, &back).await)));
        assert_eq!(gateway.totals().await.unwrap().refunded, PRICE);
    }
}
