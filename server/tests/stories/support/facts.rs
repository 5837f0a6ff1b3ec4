//! Facts, as the workers would write them, for servers to read.

use bus::{EventLog, Message, Topic};
use domain::event::{
    Buyer, InventoryReserved, MailFailed, MailSent, OrderCancelled, OrderConfirmed, OrderRejected,
    PaymentFailed, PaymentFailure, PaymentProcessed, PaymentRefunded, PricedItem, RejectReason,
    StockAdjusted, TicketSold, TicketTypeDefined,
};
use domain::request::Item;
use domain::{
    AdjustmentId, Amount, Currency, EmailAddress, Event, MessageId, OrderId, PersonName, Quantity,
    Stock, TicketTypeId, Timestamp,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// The price of every ticket.
pub const PRICE: Amount = Amount(5_000);

/// Writes facts that fit together: each decision moves the stock.
pub struct Facts {
    log: Arc<dyn EventLog>,
    stock: Mutex<Stock>,
}

impl Facts {
    pub fn new(log: Arc<dyn EventLog>) -> Facts {
        Facts {
            log,
            stock: Mutex::default(),
        }
    }

    /// Appends events, each as a message of its own.
    pub async fn append(&self, events: Vec<Event>) {
        let messages = events.iter().map(message).collect();
        self.append_messages(messages).await;
    }

    /// Appends messages, each to its topic.
    pub async fn append_messages(&self, messages: Vec<Message>) {
        let batch = messages
            .into_iter()
            .map(|message| match message.kind.as_str() {
                "BUYER" => (Topic::Buyers, message),
                _ => (Topic::Analytics, message),
            });
        self.log.append(batch.collect()).await.unwrap();
    }

    /// A ticket type goes on sale.
    pub async fn define(&self, ticket_type: &str, capacity: i64) {
        let event = self.defined(ticket_type, capacity);
        self.append(vec![event]).await;
    }

    /// The fact that a ticket type goes on sale.
    pub fn defined(&self, ticket_type: &str, capacity: i64) -> Event {
        let level = self.moved(ticket_type, [capacity, 0, 0]);
        let id = id(ticket_type);
        Event::TicketTypeDefined(TicketTypeDefined {
            timestamp: Timestamp::now(),
            name: format!("The {ticket_type} ticket"),
            description: "Admits one.".to_owned(),
            event: "night".to_owned(),
            event_name: "Festival Night".to_owned(),
            venue: "The Meadow".to_owned(),
            event_date: "2027-06-18T16:00:00+02:00".to_owned(),
            price: PRICE,
            currency: Currency::EUR,
            capacity,
            max_per_order: 10,
            sale_starts: None,
            sale_ends: None,
            position: 0,
            level: level[&id],
            ticket_type: id,
        })
    }

    /// Stock is held for an order.
    pub fn reserved(
        &self,
        order_id: OrderId,
        hash: &str,
        ticket_type: &str,
        quantity: u32,
    ) -> Event {
        let number = i64::from(quantity);
        let now = Timestamp::now();
        Event::InventoryReserved(InventoryReserved {
            timestamp: now,
            order_id,
            items: vec![PricedItem {
                ticket_type: id(ticket_type),
                quantity: Quantity::parse(number).unwrap(),
                unit_price: PRICE,
            }],
            total: Amount(PRICE.0 * number),
            currency: Currency::EUR,
            expires_at: now.plus(Duration::from_secs(600)),
            placed_at: now,
            request_hash: hash.to_owned(),
            user_id: None,
            stock: self.moved(ticket_type, [-number, number, 0]),
        })
    }

    /// An order is turned down.
    pub fn rejected(
        &self,
        order_id: OrderId,
        hash: &str,
        ticket_type: &str,
        quantity: u32,
    ) -> Event {
        Event::OrderRejected(OrderRejected {
            timestamp: Timestamp::now(),
            order_id,
            reason: RejectReason::SoldOut,
            items: vec![Item {
                ticket_type: id(ticket_type),
                quantity: Quantity::parse(i64::from(quantity)).unwrap(),
            }],
            placed_at: Timestamp::now(),
            request_hash: hash.to_owned(),
            user_id: None,
        })
    }

    /// An order is paid.
    pub fn paid(&self, order_id: OrderId, quantity: u32) -> Event {
        Event::PaymentProcessed(PaymentProcessed {
            timestamp: Timestamp::now(),
            order_id,
            payment_id: order_id.payment(),
            amount: Amount(PRICE.0 * i64::from(quantity)),
            payment_status: "captured".to_owned(),
        })
    }

    /// An order's card was declined, and its stock is given back.
    pub fn declined(&self, order_id: OrderId, ticket_type: &str, quantity: u32) -> Vec<Event> {
        let number = i64::from(quantity);
        vec![
            Event::PaymentFailed(PaymentFailed {
                timestamp: Timestamp::now(),
                order_id,
                reason: PaymentFailure::CardDeclined,
            }),
            Event::OrderCancelled(OrderCancelled {
                timestamp: Timestamp::now(),
                order_id,
                reason: PaymentFailure::CardDeclined,
                stock: self.moved(ticket_type, [number, -number, 0]),
            }),
        ]
    }

    /// A paid order's tickets are sold, and it is confirmed.
    pub fn sold(&self, order_id: OrderId, ticket_type: &str, quantity: u32) -> Vec<Event> {
        let number = i64::from(quantity);
        let ticket = |ticket_number| {
            Event::TicketSold(TicketSold {
                ticket_id: order_id.ticket(ticket_number),
                timestamp: Timestamp::now(),
                order_id,
                ticket_type: id(ticket_type),
                ticket_number,
                tickets_in_order: quantity,
                price: PRICE,
                currency: Currency::EUR,
                event: "Festival Night".to_owned(),
                event_date: "2027-06-18T16:00:00+02:00".to_owned(),
            })
        };
        let mut events: Vec<_> = (1..=quantity).map(ticket).collect();
        events.push(Event::OrderConfirmed(OrderConfirmed {
            timestamp: Timestamp::now(),
            order_id,
            total: Amount(PRICE.0 * number),
            ticket_ids: (1..=quantity)
                .map(|number| order_id.ticket(number))
                .collect(),
            stock: self.moved(ticket_type, [0, -number, number]),
        }));
        events
    }

    /// A paid order's money went back.
    pub fn refunded(&self, order_id: OrderId, quantity: u32) -> Event {
        Event::PaymentRefunded(PaymentRefunded {
            timestamp: Timestamp::now(),
            order_id,
            payment_id: order_id.payment(),
            amount: Amount(PRICE.0 * i64::from(quantity)),
        })
    }

    /// Who ordered.
    pub fn buyer(&self, order_id: OrderId, email: &str) -> Event {
        Event::Buyer(Buyer {
            timestamp: Timestamp::now(),
            order_id,
            email: EmailAddress::parse(email).unwrap(),
            name: PersonName::parse("Kim").unwrap(),
            request_hash: String::new(),
        })
    }

    /// The mail with an order's tickets was given up.
    pub fn mail_given_up(&self, order_id: OrderId, attempts: u32, error: &str) -> Event {
        Event::MailFailed(MailFailed {
            timestamp: Timestamp::now(),
            order_id,
            kind: "tickets".to_owned(),
            attempts,
            error: error.to_owned(),
        })
    }

    /// The mail with an order's tickets was sent.
    pub fn mailed(&self, order_id: OrderId) -> Event {
        Event::MailSent(MailSent {
            timestamp: Timestamp::now(),
            order_id,
            kind: "tickets".to_owned(),
            attempts: 1,
        })
    }

    /// There are more tickets, or fewer.
    pub fn adjusted(&self, adjustment_id: AdjustmentId, ticket_type: &str, change: i64) -> Event {
        Event::StockAdjusted(StockAdjusted {
            timestamp: Timestamp::now(),
            adjustment_id,
            ticket_type: id(ticket_type),
            change,
            reason: "the meadow is larger".to_owned(),
            actor: "admin@festflow.local".to_owned(),
            stock: self.moved(ticket_type, [change, 0, 0]),
        })
    }

    /// All that happens to an order that goes well.
    pub fn whole_sale(
        &self,
        order_id: OrderId,
        hash: &str,
        ticket_type: &str,
        quantity: u32,
    ) -> Vec<Event> {
        let mut events = vec![
            self.reserved(order_id, hash, ticket_type, quantity),
            self.paid(order_id, quantity),
        ];
        events.extend(self.sold(order_id, ticket_type, quantity));
        events.push(self.mailed(order_id));
        events
    }

    fn moved(&self, ticket_type: &str, by: [i64; 3]) -> Stock {
        let id = id(ticket_type);
        let mut stock = self.stock.lock().unwrap();
        let level = stock.entry(id.clone()).or_default();
        level.remaining += by[0];
        level.held += by[1];
        level.sold += by[2];
        level.version += 1;
        BTreeMap::from([(id, *level)])
    }
}

/// An event as a message with an id of its own.
pub fn message(event: &Event) -> Message {
    Message::event("/tests", MessageId(Uuid::now_v7()), event)
}

/// An order that nobody placed.
pub fn some_order() -> OrderId {
    OrderId(Uuid::now_v7())
}

fn id(ticket_type: &str) -> TicketTypeId {
    TicketTypeId::parse(ticket_type).unwrap()
}
