//! A gateway that is down is nobody's fault; a gateway that is busy is the trouble of one message.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use bus::{Failure, Handler, Outcome};
use workers::payment::{CallLimits, PaymentHandler};

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
    /// A gateway that takes requests and never answers in time is down too. As soon as it answers anybody, what takes long is
    /// the trouble of that message.
    async fn silence_counts_against_nobody(place: &Place) {
        let gateway = simulator(place).await;
        let hasty = hasty_service(place, gateway.clone()).await;
        let slow: Vec<_> = (0..2).map(|_| charge(new_order(), "tok_slow")).collect();
        let Err(Failure::Unavailable(error)) = hasty.handle(&slow).await else {
            panic!("nobody was answered");
        };
        assert!(error.to_string().contains("no answer"), "{error}");

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
        let service = PaymentHandler::new(database.clone(), gateway.clone(), CallLimits::default());
        database.close().await;
        let failure = service.handle(&[charge(new_order(), "tok_visa")]).await;
        assert!(matches!(failure, Err(Failure::Unavailable(_))), "{failure:?}");
        assert_eq!(gateway.totals().await.unwrap().charges, 0);
    }
}
