//! Properties of the fold: whatever repeats, strays or comes from the future, an order tells the same story.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::event::{
    Event, InventoryReserved, MailSent, OrderCancelled, OrderConfirmed, OrderRejected,
    PaymentFailed, PaymentFailure, PaymentProcessed, PaymentRefunded, PricedItem, RejectReason,
    TicketSold,
};
use domain::request::Item;
use domain::{
    Amount, Currency, Order, OrderId, OrderStatus, Quantity, Stock, StockLevel, TicketTypeId,
    Timestamp,
};
use proptest::prelude::*;
use uuid::Uuid;

fn ours() -> OrderId {
    OrderId(Uuid::from_u128(1))
}

fn vip() -> TicketTypeId {
    TicketTypeId::parse("vip").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// Every kind of event of an order, for two tickets.
fn events_of(order_id: OrderId) -> Vec<Event> {
    let quantity = Quantity::parse(2).unwrap();
    let stock = Stock::from([(
        vip(),
        StockLevel {
            remaining: 8,
            held: 2,
            sold: 0,
            version: 2,
        },
    )]);
    let ticket = |ticket_number| TicketSold {
        ticket_id: order_id.ticket(ticket_number),
        timestamp: at(4),
        order_id,
        ticket_type: vip(),
        ticket_number,
        tickets_in_order: 2,
        price: Amount(9_000),
        currency: Currency::EUR,
        event: "Evening".to_owned(),
        event_date: "2027-06-18T16:00:00+02:00".to_owned(),
    };
    vec![
        InventoryReserved {
            timestamp: at(1),
            order_id,
            items: vec![PricedItem {
                ticket_type: vip(),
                quantity,
                unit_price: Amount(9_000),
            }],
            total: Amount(18_000),
            currency: Currency::EUR,
            expires_at: at(601),
            placed_at: at(0),
            request_hash: "h".to_owned(),
            user_id: None,
            stock: stock.clone(),
        }
        .into(),
        PaymentProcessed {
            timestamp: at(2),
            order_id,
            payment_id: order_id.payment(),
            amount: Amount(18_000),
            payment_status: "captured".to_owned(),
        }
        .into(),
        ticket(1).into(),
        ticket(2).into(),
        OrderConfirmed {
            timestamp: at(4),
            order_id,
            total: Amount(18_000),
            ticket_ids: vec![order_id.ticket(1), order_id.ticket(2)],
            stock: stock.clone(),
        }
        .into(),
        PaymentFailed {
            timestamp: at(2),
            order_id,
            reason: PaymentFailure::CardDeclined,
        }
        .into(),
        OrderCancelled {
            timestamp: at(3),
            order_id,
            reason: PaymentFailure::CardDeclined,
            stock,
        }
        .into(),
        OrderRejected {
            timestamp: at(1),
            order_id,
            reason: RejectReason::SoldOut,
            items: vec![Item {
                ticket_type: vip(),
                quantity,
            }],
            placed_at: at(0),
            request_hash: "h".to_owned(),
            user_id: None,
        }
        .into(),
        PaymentRefunded {
            timestamp: at(9),
            order_id,
            payment_id: order_id.payment(),
            amount: Amount(18_000),
        }
        .into(),
        MailSent {
            timestamp: at(5),
            order_id,
            kind: "tickets".to_owned(),
            attempts: 1,
        }
        .into(),
    ]
}

/// How orders go, by the kinds of their events in the order in which they happen, and how they end.
const STORIES: [(&[usize], OrderStatus); 8] = [
    (&[0], OrderStatus::Reserved),
    (&[0, 1], OrderStatus::Paid),
    (&[0, 1, 2, 3, 4, 9], OrderStatus::Confirmed),
    (&[7], OrderStatus::Rejected),
    (&[0, 5], OrderStatus::Reserved),
    (&[0, 5, 6], OrderStatus::Cancelled),
    // Money for an order that was given up goes back, and the order stays given up.
    (&[0, 5, 6, 1, 8], OrderStatus::Cancelled),
    (&[0, 1, 2, 3, 4, 9, 8], OrderStatus::Refunded),
];

fn fold(kinds: &[usize]) -> Order {
    let mut order = Order::received(ours());
    let events = events_of(ours());
    for kind in kinds {
        order.apply(&events[*kind]);
    }
    order
}

/// Calls `each` with every permutation of `kinds` (Heap's algorithm).
fn permutations(kinds: &mut [usize], length: usize, each: &mut impl FnMut(&[usize])) {
    if length <= 1 {
        return each(kinds);
    }
    for at in 0..length {
        permutations(kinds, length - 1, each);
        kinds.swap(if length.is_multiple_of(2) { at } else { 0 }, length - 1);
    }
}

#[test]
fn every_story_ends_the_same_in_whatever_order_a_log_shows_it() {
    for (story, status) in STORIES {
        let told = fold(story);
        assert_eq!(told.status, status, "{story:?}");
        let mut seen = 0;
        permutations(&mut story.to_vec(), story.len(), &mut |kinds| {
            assert_eq!(fold(kinds), told, "{kinds:?}");
            seen += 1;
        });
        assert_eq!(seen, (1..=story.len()).product::<usize>());
    }
}

#[test]
fn tickets_that_come_after_the_confirmation_are_there_in_their_order() {
    let order = fold(&[0, 1, 4, 3, 2]);
    assert_eq!(order.status, OrderStatus::Confirmed);
    let numbers: Vec<_> = order.tickets.iter().map(|it| it.ticket_number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn a_cancellation_before_the_reservation_leaves_an_order_cancelled_and_knows_what_was_ordered() {
    let order = fold(&[6, 0]);
    assert_eq!(order.status, OrderStatus::Cancelled);
    assert_eq!(
        order.reason.map(|it| it.as_str()),
        Some("card_declined"),
        "why is not forgotten"
    );
    assert_eq!(order.total, Some(Amount(18_000)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any set of events, such as no decider would ever give, in any order, with repeats and with other orders' events
    /// in between.
    #[test]
    fn the_state_depends_on_the_set_of_events_alone(
        kinds in prop::sample::subsequence((0..10_usize).collect::<Vec<_>>(), 0..=10),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        strays in prop::collection::vec(0..10_usize, 0..10),
    ) {
        let mut shuffled: Vec<usize> = order.iter().filter(|_| !kinds.is_empty()).map(|at| *at.get(&kinds)).collect();
        shuffled.extend(kinds.iter().rev());
        let mut told = Order::received(ours());
        for (at, kind) in shuffled.iter().enumerate() {
            told.apply(&events_of(ours())[*kind]);
            if let Some(stray) = strays.get(at) {
                told.apply(&events_of(OrderId(Uuid::from_u128(2)))[*stray]);
            }
        }
        prop_assert_eq!(told, fold(&kinds));
    }

    /// A moment survives the way through JSON to the microsecond.
    #[test]
    fn moments_survive_json(micros in 0_i64..((1 << 32) * 1_000_000)) {
        let moment = Timestamp::from_micros(micros);
        let text = serde_json::to_string(&moment).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), moment);
    }
}

#[test]
fn events_survive_json_and_newer_fields_are_skipped() {
    for event in events_of(ours()) {
        let mut json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["event_type"], event.kind());
        json["a_field_of_the_future"] = true.into();
        let text = json.to_string();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        assert_eq!(
            Event::decode(event.kind(), text.as_bytes()).unwrap(),
            Some(event)
        );
    }
}

#[test]
fn an_event_of_the_future_is_skipped_and_a_broken_one_is_told() {
    assert_eq!(Event::decode("TICKET_SCANNED", b"{}").unwrap(), None);
    assert!(Event::decode("TICKET_SOLD", b"{}").is_err());
}

#[test]
fn existing_consumers_find_their_fields_first() {
    let text = serde_json::to_string(&events_of(ours())[2]).unwrap();
    assert!(
        text.starts_with(r#"{"event_type":"TICKET_SOLD","ticket_id":""#),
        "{text}"
    );
    assert!(text.contains(r#"","timestamp":4.0,"#), "{text}");
}
