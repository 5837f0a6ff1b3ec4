//! Charging: what a card answers is announced once, whoever asks and however often.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use bus::{Handler, Message, Outcome};
use domain::event::PaymentFailure;
use domain::{Amount, Timestamp};
use std::collections::HashSet;

story! {
    /// A good card pays.
    async fn a_good_card_pays(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let order = new_order();
        let paid = answer(&alone(&service, &charge(order, "tok_visa")).await);
        assert!(is_processed(&paid), "{paid:?}");
        assert_eq!(paid.key, order.to_string());
        let totals = gateway.totals().await.unwrap();
        assert_eq!((totals.captured, totals.charges), (PRICE, 1));
    }
}

story! {
    /// A bad card says why, in words that everybody knows.
    async fn a_bad_card_says_why(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let declined = [
            ("tok_chargeDeclined", PaymentFailure::CardDeclined),
            ("tok_chargeDeclinedInsufficientFunds", PaymentFailure::InsufficientFunds),
            ("tok_chargeDeclinedExpiredCard", PaymentFailure::ExpiredCard),
            ("tok_nobodyKnows", PaymentFailure::CardDeclined),
        ];
        let batch: Vec<Message> = declined
            .iter()
            .map(|(token, _)| charge(new_order(), token))
            .collect();
        let first = service.handle(&batch).await.unwrap();
        for (outcome, (token, reason)) in first.iter().zip(declined) {
            assert_eq!(failed_because(&answer(outcome)), Some(reason), "{token}");
        }
        assert_eq!(service.handle(&batch).await.unwrap(), first);
        assert_eq!(gateway.totals().await.unwrap().captured, Amount::ZERO);
    }
}

story! {
    /// A message that comes again gives the same bytes again, and moves no money.
    async fn a_repeated_message_gives_the_same_bytes(place: &Place) {
        let gateway = simulator(place).await;
        let before = service(place, gateway.clone()).await;
        let charge = charge(new_order(), "tok_visa");
        let once = alone(&before, &charge).await;
        let after_a_restart = service(place, gateway.clone()).await;
        assert_eq!(alone(&after_a_restart, &charge).await, once);
        let twice_in_a_batch = before.handle(&[charge.clone(), charge]).await.unwrap();
        assert_eq!(twice_in_a_batch, [once.clone(), once]);
        assert_eq!(gateway.totals().await.unwrap().captured, PRICE);
    }
}

story! {
    /// A hold that has ended before its charge arrived is not charged.
    async fn an_ended_hold_is_not_charged(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let late = charge_until(new_order(), "tok_visa", Timestamp::now());
        let failed = alone(&service, &late).await;
        assert_eq!(failed_because(&answer(&failed)), Some(PaymentFailure::HoldExpired));
        assert_eq!(alone(&service, &late).await, failed);
        assert_eq!(gateway.totals().await.unwrap().charges, 0);
    }
}

story! {
    /// What nobody can do is rejected, and takes nobody down with it.
    async fn nonsense_takes_nobody_down(place: &Place) {
        let service = service(place, simulator(place).await).await;
        let good = charge(new_order(), "tok_visa");
        let broken = Message { payload: "{".to_owned(), ..good.clone() };
        let unknown = Message {
            payload: r#"{"event_type":"CHARGE_TWICE"}"#.to_owned(),
            ..good.clone()
        };
        let future = Message { schema: domain::SCHEMA + 1, ..good.clone() };
        let strange = Message {
            payload: r#"{"event_type":"ADJUST_STOCK","timestamp":1.0,"change":1,"reason":"","actor":"",
                "adjustment_id":"00000000-0000-0000-0000-000000000001","ticket_type":"vip"}"#.to_owned(),
            ..good.clone()
        };
        let outcomes = service.handle(&[broken, good, unknown, future, strange]).await.unwrap();
        assert!(is_processed(&answer(&outcomes[1])));
        for index in [0, 2, 3, 4] {
            assert!(matches!(outcomes[index], Outcome::Reject(_)), "{:?}", outcomes[index]);
        }
    }
}

story! {
    /// Two workers get the same messages at the same time, charges and cancels mixed: each order has one answer, and
    /// no card is charged twice.
    async fn two_workers_with_the_same_messages_agree(place: &Place) {
        let gateway = simulator(place).await;
        let one = service(place, gateway.clone()).await;
        let other = service(place, gateway.clone()).await;
        let tokens = ["tok_visa", "tok_chargeDeclined", "tok_lostAnswer", "tok_gatewayDown"];
        let orders: Vec<_> = (0..40).map(|_| new_order()).collect();
        let charges: Vec<Message> = orders
            .iter()
            .zip(tokens.iter().cycle())
            .map(|(order, token)| charge(*order, token))
            .collect();
        let cancels: Vec<Message> = orders.iter().step_by(3).map(|order| cancel(*order)).collect();
        let mixed: Vec<Message> = cancels.iter().chain(charges.iter().rev()).cloned().collect();
        let (first, second, third) =
            tokio::join!(one.handle(&charges), other.handle(&mixed), other.handle(&charges));
        let mut answers: Vec<Message> = [first, second, third]
            .into_iter()
            .flat_map(|outcomes| outcomes.unwrap())
            .filter(|outcome| !matches!(outcome, Outcome::Retry(_)))
            .map(|outcome| answer(&outcome))
            .collect();
        for message in &mixed {
            answers.push(until_done(&one, message).await);
            answers.push(until_done(&other, message).await);
        }
        let processed = orders.iter().filter(|order| {
            let of_order: HashSet<(String, String)> = answers
                .iter()
                .filter(|answer| answer.key == order.to_string())
                .map(|answer| (answer.id.to_string(), answer.payload.clone()))
                .collect();
            assert_eq!(of_order.len(), 1, "{of_order:?}");
            of_order.iter().any(|(_, payload)| payload.contains("PAYMENT_PROCESSED"))
        });
        let processed = i64::try_from(processed.count()).unwrap();
        let totals = gateway.totals().await.unwrap();
        assert_eq!(totals.charged_twice, 0);
        assert_eq!(totals.charges, processed);
    }
}
