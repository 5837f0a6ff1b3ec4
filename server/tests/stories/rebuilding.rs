//! Orders while a server does not know the whole catalogue: it refuses none for what it may have yet to read.

use crate::support::buyer::order_of;
use crate::support::trouble::Dripping;
use crate::support::{Festival, Options, TestServer};
use reqwest::StatusCode;

#[tokio::test]
async fn while_the_catalogue_is_being_read_no_order_is_refused_for_its_ticket_type() {
    while_the_catalogue_is_being_read_on(Festival::new()).await;
}

pub async fn while_the_catalogue_is_being_read_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 10).await;
    // A server reads the log from its start, and has come to the first type.
    facts.define("day", 10).await;
    let log = Dripping::new(festival.bus.log.clone(), 1);
    let options = Options {
        log: Some(log.clone()),
        ..Options::default()
    };
    let rebuilding = TestServer::start(&festival, "b", options).await;
    rebuilding.sells("ticket_type").await;
    let kim = rebuilding.buyer();
    for ticket_type in ["vip", "day", "loft"] {
        let reply = kim.try_order(&order_of(ticket_type, 1), None).await;
        assert_eq!(
            reply.status,
            StatusCode::ACCEPTED,
            "{ticket_type}: {reply:?}"
        );
    }
    assert_eq!(festival.waiting().await, 3, "inventory decides");

    // Once it has read on, it still leaves that to inventory: a log has no end.
    log.flow();
    rebuilding.sells("vip").await;
    rebuilding.sells("day").await;
    kim.order("loft", 1).await;
}
