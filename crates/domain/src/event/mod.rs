//! Events: facts, kept on the log and read by anyone at their own pace. No personal data, but for [`Buyer`], which has
//! an expiring topic of its own.

mod accounts;
mod mails;
mod orders;
mod payments;
mod stock;

pub use accounts::UserRegistered;
pub use mails::{MailFailed, MailSent};
pub use orders::{
    Buyer, InventoryReserved, OrderCancelled, OrderConfirmed, OrderRejected, PricedItem,
    RejectReason, TicketSold,
};
pub use payments::{
    PaymentFailed, PaymentFailure, PaymentProcessed, PaymentRefunded, RefundFailed,
};
pub use stock::{StockAdjusted, StockAdjustmentRejected, TicketTypeDefined};

use crate::{ANALYTICS_TOPIC, BUYERS_TOPIC, OrderId, Stock, Timestamp, USERS_TOPIC};
use serde::{Deserialize, Serialize};

/// Lists the event types once: the enum, its tag, and what all of them have.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal on $topic:expr, keyed by $key:ident;)*) => {
        /// A fact. The tag is the message's `event_type`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "event_type")]
        pub enum Event {
            $($(#[$doc])* #[serde(rename = $kind)] $name($name),)*
        }

        impl Event {
            /// The `event_type`.
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$name(_) => $kind,)* }
            }

            /// The topic that carries it.
            pub fn topic(&self) -> &'static str {
                match self { $(Event::$name(_) => $topic,)* }
            }

            /// When it happened.
            pub fn timestamp(&self) -> Timestamp {
                match self { $(Event::$name(event) => event.timestamp,)* }
            }

            /// What it is about, and the key that orders it on the log: the order, or for stock the ticket type.
            pub fn key(&self) -> String {
                match self { $(Event::$name(event) => event.$key.to_string(),)* }
            }

            /// Reads the payload of a message of type `kind`. `Ok(None)`: a type that this build does not know,
            /// which readers skip.
            ///
            /// # Errors
            /// The payload is not what its type promises.
            pub fn decode(kind: &str, payload: &[u8]) -> Result<Option<Event>, serde_json::Error> {
                match kind {
                    $($kind => serde_json::from_slice(payload).map(|event| Some(Event::$name(event))),)*
                    _ => Ok(None),
                }
            }
        }

        $(impl From<$name> for Event {
            fn from(event: $name) -> Event { Event::$name(event) }
        })*
    };
}

events! {
    /// Stock is held for an order.
    InventoryReserved = "INVENTORY_RESERVED" on ANALYTICS_TOPIC, keyed by order_id;
    /// An order came to nothing before anything was held.
    OrderRejected = "ORDER_REJECTED" on ANALYTICS_TOPIC, keyed by order_id;
    /// Who ordered.
    Buyer = "BUYER" on BUYERS_TOPIC, keyed by order_id;
    /// Money was captured.
    PaymentProcessed = "PAYMENT_PROCESSED" on ANALYTICS_TOPIC, keyed by order_id;
    /// No money was, nor will be, captured.
    PaymentFailed = "PAYMENT_FAILED" on ANALYTICS_TOPIC, keyed by order_id;
    /// Captured money went back.
    PaymentRefunded = "PAYMENT_REFUNDED" on ANALYTICS_TOPIC, keyed by order_id;
    /// Captured money could not be given back; a person must look.
    RefundFailed = "REFUND_FAILED" on ANALYTICS_TOPIC, keyed by order_id;
    /// One ticket is sold.
    TicketSold = "TICKET_SOLD" on ANALYTICS_TOPIC, keyed by order_id;
    /// All tickets of an order are sold.
    OrderConfirmed = "ORDER_CONFIRMED" on ANALYTICS_TOPIC, keyed by order_id;
    /// A held order was given up and its stock given back.
    OrderCancelled = "ORDER_CANCELLED" on ANALYTICS_TOPIC, keyed by order_id;
    /// There are more or fewer tickets.
    StockAdjusted = "STOCK_ADJUSTED" on ANALYTICS_TOPIC, keyed by ticket_type;
    /// A change of stock was not possible.
    StockAdjustmentRejected = "STOCK_ADJUSTMENT_REJECTED" on ANALYTICS_TOPIC, keyed by ticket_type;
    /// A ticket type came into being.
    TicketTypeDefined = "TICKET_TYPE_DEFINED" on ANALYTICS_TOPIC, keyed by ticket_type;
    /// A mail was taken by the mail server.
    MailSent = "MAIL_SENT" on ANALYTICS_TOPIC, keyed by order_id;
    /// A mail was given up; a person must look.
    MailFailed = "MAIL_FAILED" on ANALYTICS_TOPIC, keyed by order_id;
    /// An account exists.
    UserRegistered = "USER_REGISTERED" on USERS_TOPIC, keyed by user_id;
}

impl Event {
    /// The order that it is about, if any.
    pub fn order_id(&self) -> Option<OrderId> {
        match self {
            Event::InventoryReserved(e) => Some(e.order_id),
            Event::OrderRejected(e) => Some(e.order_id),
            Event::Buyer(e) => Some(e.order_id),
            Event::PaymentProcessed(e) => Some(e.order_id),
            Event::PaymentFailed(e) => Some(e.order_id),
            Event::PaymentRefunded(e) => Some(e.order_id),
            Event::RefundFailed(e) => Some(e.order_id),
            Event::TicketSold(e) => Some(e.order_id),
            Event::OrderConfirmed(e) => Some(e.order_id),
            Event::OrderCancelled(e) => Some(e.order_id),
            Event::MailSent(e) => Some(e.order_id),
            Event::MailFailed(e) => Some(e.order_id),
            Event::StockAdjusted(_)
            | Event::StockAdjustmentRejected(_)
            | Event::TicketTypeDefined(_)
            | Event::UserRegistered(_) => None,
        }
    }

    /// The stock levels that it carries.
    pub fn stock(&self) -> Option<Stock> {
        match self {
            Event::InventoryReserved(e) => Some(e.stock.clone()),
            Event::OrderConfirmed(e) => Some(e.stock.clone()),
            Event::OrderCancelled(e) => Some(e.stock.clone()),
            Event::StockAdjusted(e) => Some(e.stock.clone()),
            Event::TicketTypeDefined(e) => Some(Stock::from([(e.ticket_type.clone(), e.level)])),
            _ => None,
        }
    }
}
