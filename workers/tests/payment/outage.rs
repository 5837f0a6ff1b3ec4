//! A gateway that is down is nobody's fault; a gateway that is busy is the trouble of one message.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use bus::{Failure, Handler, Outcome};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use workers::Host;
use workers::payment::{PaymentHandler, PaymentSettings};

story! {
    /// While the gateway is down everybody waits; afterwards everybody is charged, once.
    async fn an_outage_counts_against_nobody(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let batch: Vec<_> = (0..5).map(|_| charge(new_order(), "tok_visa")).collect();
        gateway.set_down(true);
        for _ in 0..3 {
            let Err(Failure::Unavailable(error)) = service.handle(&batch).await else {
                panic!("the gateway is down");
            };
            assert!(error.to_string().contains("payment gateway"), "{error}");
        }
        gateway.set_down(false);
        let outcomes = service.handle(&batch).await.unwrap();
        assert!(outcomes.iter().all(|outcome| is_processed(&answer(outcome))));
        let totals = gateway.totals().await.unwrap();
        assert_eq!((totals.charges, totals.charged_twice), (5, 0));
    }
}

story! {
    /// What was decided before the outage is answered during it.
    async fn an_outage_hides_no_old_answers(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let charge = charge(new_order(), "tok_visa");
        let paid = alone(&service, &charge).await;
        gateway.set_down(true);
        assert_eq!(alone(&service, &charge).await, paid);
    }
}

story! {
    /// A gateway that takes requests and answers nobody is down too.
    async fn silence_counts_against_nobody(place: &Place) {
        let silent = hasty_service(place, Arc::new(Silent)).await;
        let charge = charge(new_order(), "tok_visa");
        let Err(Failure::Unavailable(error)) = silent.handle(std::slice::from_ref(&charge)).await else {
            panic!("nobody was answered");
        };
        assert!(error.to_string().contains("no answer"), "{error}");
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        assert!(is_processed(&answer(&alone(&service, &charge).await)));
    }
}

story! {
    /// A gateway that would answer others is not down: charges that take long are the trouble of their messages, which wait,
    /// however few come with them.
    async fn slow_charges_count_against_themselves(place: &Place) {
        let gateway = simulator(place).await;
        let hasty = hasty_service(place, gateway.clone()).await;
        let slow: Vec<_> = (0..2).map(|_| charge(new_order(), "tok_slow")).collect();
        for outcome in hasty.handle(&slow).await.unwrap() {
            assert!(matches!(outcome, Outcome::Retry(_)), "{outcome:?}");
        }
        let batch = [charge(new_order(), "tok_slow"), charge(new_order(), "tok_visa")];
        let outcomes = hasty.handle(&batch).await.unwrap();
        assert!(matches!(outcomes[0], Outcome::Retry(_)));
        assert!(is_processed(&answer(&outcomes[1])));
        for message in slow {
            assert!(is_processed(&until_done(&hasty, &message).await));
        }
        assert_eq!(gateway.totals().await.unwrap().charged_twice, 0);
    }
}

story! {
    /// The gateway never answers one charge, which is alone in the only lane: whoever comes next is answered all the same.
    async fn a_silent_call_holds_no_lane(place: &Place) {
        let gateway = Arc::new(Stuck(simulator(place).await, Moment::BeforeTheCharge));
        let url = |name: &str| format!("sqlite:{}", place.directory().join(name).display());
        let options = bus::BusOptions::default();
        let bus = ops::Bus {
            queue: bus::open_queue(&url("queue.db"), &options).unwrap(),
            log: bus::open_log(&url("log.db"), &options).unwrap(),
        };
        let shutdown = CancellationToken::new();
        let host = Host::new(bus.clone(), shutdown.clone());
        let settings = PaymentSettings { payment_call_limit_ms: 200, payment_lanes: 1 };
        let location = place.location("payments");
        workers::payment::start(&host, &location, gateway.clone(), &settings).await.unwrap();
        let (silent, next) = (new_order(), new_order());
        bus.queue.send(vec![(bus::Queue::Payments, charge(silent, "tok_visa"))]).await.unwrap();
        until(async || charges_noted(place).await == 1).await;
        // Only charges are never answered; a cancellation is.
        bus.queue.send(vec![(bus::Queue::Payments, cancel(next))]).await.unwrap();
        until(async || total(&bus.log.ends(bus::Topic::Analytics).await.unwrap()) == 1).await;
        shutdown.cancel();
        host.finished().await.unwrap();
    }
}

async fn charges_noted(place: &Place) -> i64 {
    let noted = sqlx::query("SELECT COUNT(*) FROM charges");
    let row = noted.fetch_one(payments(place).await.pool()).await.unwrap();
    sqlx::Row::get(&row, 0)
}

fn total(ends: &bus::Positions) -> i64 {
    ends.0.values().sum()
}

story! {
    /// A gateway that has no time for one charge has time for the others.
    async fn a_busy_gateway_holds_up_one_charge(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let unlucky = charge(new_order(), "tok_gatewayDown");
        let lucky = charge(new_order(), "tok_visa");
        let outcomes = service.handle(&[unlucky.clone(), lucky]).await.unwrap();
        assert!(matches!(outcomes[0], Outcome::Retry(_)));
        assert!(is_processed(&answer(&outcomes[1])));
        assert!(matches!(alone(&service, &unlucky).await, Outcome::Retry(_)));
        assert!(is_processed(&until_done(&service, &unlucky).await));
        assert_eq!(gateway.totals().await.unwrap().charges, 2);
    }
}

story! {
    /// A database that is gone is nobody's fault either.
    async fn a_lost_database_counts_against_nobody(place: &Place) {
        let gateway = simulator(place).await;
        let database = payments(place).await;
        let service = PaymentHandler::new(database.clone(), gateway.clone(), Duration::from_secs(60));
        database.close().await;
        let failure = service.handle(&[charge(new_order(), "tok_visa")]).await;
        assert!(matches!(failure, Err(Failure::Unavailable(_))), "{failure:?}");
        assert_eq!(gateway.totals().await.unwrap().charges, 0);
    }
}
