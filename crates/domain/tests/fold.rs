//! Properties of the fold: whatever repeats, strays or comes from the future, an order tells the same story.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use domain::event::{
    Event, InventoryReserved, OrderCancelled, OrderConfirmed, OrderRejected, PaymentFailed,
    PaymentFailure, PaymentProcessed, PaymentRefunded, PricedItem, RejectReason, TicketSold,
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
    ]
}

/// The way of an order that ends well.
const WAY: [usize; 5] = [0, 1, 2, 3, 4];

fn fold(events: impl IntoIterator<Item = Event>) -> Order {
    let mut order = Order::received(ours());
    for event in events {
        order.apply(&event);
    }
    order
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Repeats of what was already said, and other orders' events in between, change nothing.
    #[test]
    fn repeats_and_strays_change_nothing(
        noise in prop::collection::vec((0..WAY.len(), any::<bool>(), 0..9_usize), 0..40)
    ) {
        let clean = fold(WAY.iter().map(|kind| events_of(ours())[*kind].clone()));
        prop_assert_eq!(clean.status, OrderStatus::Confirmed);
        let mut noisy = Vec::new();
        for (step, kind) in WAY.iter().enumerate() {
            noisy.push(events_of(ours())[*kind].clone());
            for (after, stray, what) in &noise {
                if *after == step && *stray {
                    noisy.push(events_of(OrderId(Uuid::from_u128(2)))[*what].clone());
                } else if *after == step {
                    noisy.push(events_of(ours())[WAY[what % (step + 1)]].clone());
                }
            }
        }
        prop_assert_eq!(fold(noisy), clean);
    }

    /// Whatever comes in whatever order: what is final stays, but for a refund, and no ticket is there twice.
    #[test]
    fn what_is_final_stays(kinds in prop::collection::vec(0..9_usize, 0..60)) {
        let mut order = Order::received(ours());
        for kind in kinds {
            let before = order.status;
            order.apply(&events_of(ours())[kind]);
            if before.is_final() && order.status != before {
                prop_assert_eq!((before, order.status), (OrderStatus::Confirmed, OrderStatus::Refunded));
            }
        }
        let mut tickets: Vec<_> = order.tickets.iter().map(|ticket| ticket.ticket_id).collect();
        tickets.dedup();
        prop_assert_eq!(tickets.len(), order.tickets.len());
        prop_assert!(order.tickets.len() <= 2);
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
