//! Who gets tickets: decided in memory, on locked stock.

use super::records::MAY_WAIT;
use super::shelf::Shelf;
use domain::command::OrderPlaced;
use domain::event::{Event, InventoryReserved, OrderRejected, PricedItem, RejectReason};
use domain::{Amount, Timestamp};
use std::time::Duration;

/// Holds stock for `order` or rejects it. An order gets all that it asks for or nothing, and one that does not fit any
/// more leaves what remains to the next that does. One that has waited for too long is rejected, whatever is left.
pub fn decide(shelf: &mut Shelf, order: &OrderPlaced, now: Timestamp, hold: Duration) -> Event {
    let priced = if order.placed_at.plus(MAY_WAIT) <= now {
        Err(RejectReason::SaleClosed)
    } else {
        price(shelf, order)
    };
    match priced {
        Ok((items, total)) => {
            for item in &items {
                if let Some(slot) = shelf.get_mut(&item.ticket_type) {
                    let quantity = i64::from(item.quantity.get());
                    slot.decide(|level| {
                        level.remaining -= quantity;
                        level.held += quantity;
                    });
                }
            }
            reserved(shelf, order, items, total, now, hold)
        }
        Err(reason) => Event::OrderRejected(OrderRejected {
            timestamp: now,
            order_id: order.order_id,
            reason,
            items: order.items.clone(),
            placed_at: order.placed_at,
            request_hash: order.request_hash.clone(),
            user_id: order.user_id,
        }),
    }
}

fn price(shelf: &Shelf, order: &OrderPlaced) -> Result<(Vec<PricedItem>, Amount), RejectReason> {
    let mut items = Vec::with_capacity(order.items.len());
    let mut total = Amount::ZERO;
    for item in &order.items {
        let slot = shelf
            .get(&item.ticket_type)
            .ok_or(RejectReason::UnknownTicketType)?;
        let definition = &slot.definition;
        let opened = definition
            .sale_starts
            .is_none_or(|starts| order.placed_at >= starts);
        let closed = definition
            .sale_ends
            .is_some_and(|ends| order.placed_at >= ends);
        if !opened || closed {
            return Err(RejectReason::SaleClosed);
        }
        if item.quantity.get() > definition.max_per_order {
            return Err(RejectReason::OverLimit);
        }
        if i64::from(item.quantity.get()) > slot.level.remaining {
            return Err(RejectReason::SoldOut);
        }
        let price = definition
            .price
            .times(item.quantity.get())
            .ok_or(RejectReason::OverLimit)?;
        total = total + price;
        items.push(PricedItem {
            ticket_type: item.ticket_type.clone(),
            quantity: item.quantity,
            unit_price: definition.price,
        });
    }
    if order
        .expected_total
        .is_some_and(|expected| expected != total)
    {
        return Err(RejectReason::PriceChanged);
    }
    Ok((items, total))
}

fn reserved(
    shelf: &Shelf,
    order: &OrderPlaced,
    items: Vec<PricedItem>,
    total: Amount,
    now: Timestamp,
    hold: Duration,
) -> Event {
    let currency = items
        .iter()
        .find_map(|item| shelf.get(&item.ticket_type))
        .map_or(domain::Currency::EUR, |slot| slot.definition.currency);
    Event::InventoryReserved(InventoryReserved {
        timestamp: now,
        order_id: order.order_id,
        stock: shelf.levels(items.iter().map(|item| &item.ticket_type)),
        items,
        total,
        currency,
        expires_at: now.plus(hold),
        placed_at: order.placed_at,
        request_hash: order.request_hash.clone(),
        user_id: order.user_id,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::inventory::Catalogue;
    use domain::request::Item;
    use domain::{EmailAddress, OrderId, PaymentToken, PersonName, Quantity, TicketTypeId};

    const NOON: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
    const FESTIVAL: &str = r#"
        currency = "EUR"
        [[event]]
        id = "e"
        name = "E"
        venue = "V"
        date = "2027-06-18T16:00:00Z"
        [[event.ticket_type]]
        id = "day"
        name = "Day"
        price = 5000
        stock = 5
        max_per_order = 4
        [[event.ticket_type]]
        id = "later"
        name = "Later"
        price = 5000
        stock = 5
        max_per_order = 4
        sale_starts = "2030-01-01T00:00:00Z"
    "#;

    fn shelf() -> Shelf {
        Shelf::of(
            Catalogue::parse("test", FESTIVAL)
                .unwrap()
                .definitions()
                .to_vec(),
        )
    }

    fn order(items: &[(&str, i64)]) -> OrderPlaced {
        OrderPlaced {
            timestamp: NOON,
            order_id: OrderId(uuid::Uuid::nil()),
            items: items
                .iter()
                .map(|(name, quantity)| Item {
                    ticket_type: TicketTypeId::parse(*name).unwrap(),
                    quantity: Quantity::parse(*quantity).unwrap(),
                })
                .collect(),
            email: EmailAddress::parse("kim@example.org").unwrap(),
            name: PersonName::parse("Kim").unwrap(),
            payment_token: PaymentToken::parse("tok_visa").unwrap(),
            expected_total: None,
            user_id: None,
            placed_at: NOON,
            request_hash: String::new(),
        }
    }

    fn outcome(shelf: &mut Shelf, order: &OrderPlaced) -> Result<Amount, RejectReason> {
        match decide(shelf, order, NOON, Duration::from_secs(60)) {
            Event::InventoryReserved(event) => Ok(event.total),
            Event::OrderRejected(event) => Err(event.reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_last_tickets_go_to_who_fits() {
        let mut shelf = shelf();
        assert_eq!(
            outcome(&mut shelf, &order(&[("day", 3)])),
            Ok(Amount(15_000))
        );
        assert_eq!(
            outcome(&mut shelf, &order(&[("day", 3)])),
            Err(RejectReason::SoldOut)
        );
        assert_eq!(
            outcome(&mut shelf, &order(&[("day", 2)])),
            Ok(Amount(10_000))
        );
        assert_eq!(
            outcome(&mut shelf, &order(&[("day", 1)])),
            Err(RejectReason::SoldOut)
        );
        let level = shelf
            .get(&TicketTypeId::parse("day").unwrap())
            .unwrap()
            .level;
        assert_eq!((level.remaining, level.held, level.version), (0, 5, 3));
    }

    #[test]
    fn an_order_that_cannot_be_had_whole_takes_nothing() {
        let mut shelf = shelf();
        let unknown = order(&[("day", 1), ("nope", 1)]);
        assert_eq!(
            outcome(&mut shelf, &unknown),
            Err(RejectReason::UnknownTicketType)
        );
        assert_eq!(
            outcome(&mut shelf, &order(&[("day", 1), ("later", 1)])),
            Err(RejectReason::SaleClosed)
        );
        assert_eq!(
            outcome(&mut shelf, &order(&[("day", 5)])),
            Err(RejectReason::OverLimit)
        );
        let mut cheaper = order(&[("day", 1)]);
        cheaper.expected_total = Some(Amount(4_000));
        assert_eq!(
            outcome(&mut shelf, &cheaper),
            Err(RejectReason::PriceChanged)
        );
        assert_eq!(
            shelf
                .get(&TicketTypeId::parse("day").unwrap())
                .unwrap()
                .level
                .remaining,
            5
        );
    }
}
