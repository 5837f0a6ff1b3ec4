//! Answers that are lost, and workers that are killed in the middle: the card is charged once.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use bus::{Handler, Outcome};
use std::sync::Arc;
use std::time::Duration;
use workers::gateway::Gateway;

story! {
    /// The gateway captures, and its answer is lost: it is looked up.
    async fn a_lost_answer_is_looked_up(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, gateway.clone()).await;
        let charge = charge(new_order(), "tok_lostAnswer");
        let Outcome::Retry(why) = alone(&service, &charge).await else {
            panic!("a lost answer is no answer");
        };
        assert!(why.contains("lost"), "{why}");
        assert!(is_processed(&answer(&alone(&service, &charge).await)));
        let totals = gateway.totals().await.unwrap();
        assert_eq!((totals.captured, totals.charged_twice), (PRICE, 0));
    }
}

story! {
    /// The control: a service that tries again with a new key instead of looking up takes the money twice, and the
    /// gateway's ledger shows it.
    async fn without_the_lookup_a_lost_answer_is_charged_twice(place: &Place) {
        let gateway = simulator(place).await;
        let service = service(place, Arc::new(Guessing(gateway.clone()))).await;
        let charge = charge(new_order(), "tok_lostAnswer");
        assert!(matches!(alone(&service, &charge).await, Outcome::Retry(_)));
        assert!(matches!(alone(&service, &charge).await, Outcome::Retry(_)));
        let totals = gateway.totals().await.unwrap();
        assert_eq!((totals.captured.0, totals.charged_twice), (2 * PRICE.0, 1));
    }
}

story! {
    /// kill -9 before or after the gateway captured: the next worker finds the note and asks.
    async fn a_killed_worker_is_taken_over(place: &Place) {
        let gateway = simulator(place).await;
        let mut charged = 0;
        for moment in [Moment::BeforeTheCharge, Moment::AfterTheCharge] {
            let stuck: Arc<dyn Gateway> = Arc::new(Stuck(gateway.clone(), moment));
            let doomed = service(place, stuck).await;
            let charge = charge(new_order(), "tok_visa");
            let handled = charge.clone();
            let worker = tokio::spawn(async move { doomed.handle(&[handled]).await });
            if moment == Moment::AfterTheCharge {
                while gateway.totals().await.unwrap().charges == charged {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
            worker.abort();
            let _ = worker.await;
            let successor = service(place, gateway.clone()).await;
            assert!(is_processed(&until_done(&successor, &charge).await));
            charged += 1;
            let totals = gateway.totals().await.unwrap();
            assert_eq!((totals.charges, totals.charged_twice), (charged, 0));
        }
    }
}

story! {
    /// A slow charge makes its neighbours wait a little, not until it is done.
    async fn a_slow_charge_holds_up_nobody(place: &Place) {
        let gateway = simulator(place).await;
        let service = hasty_service(place, gateway.clone()).await;
        let mut batch = vec![charge(new_order(), "tok_slow")];
        batch.extend((0..20).map(|_| charge(new_order(), "tok_visa")));
        let outcomes = service.handle(&batch).await.unwrap();
        // Had the neighbours waited for it, the slow one would be done as well.
        assert!(matches!(outcomes[0], Outcome::Retry(_)));
        assert!(outcomes[1..].iter().all(|outcome| is_processed(&answer(outcome))));
        assert!(is_processed(&until_done(&service, &batch[0]).await));
        assert_eq!(gateway.totals().await.unwrap().charges, 21);
    }
}
