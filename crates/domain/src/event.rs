//! Events: facts, kept on the log and read by anyone at their own pace. No personal data, but for [`Buyer`], which has
//! an expiring topic of its own.

use crate::request::Item;
use crate::{
    ANALYTICS_TOPIC, AdjustmentId, Amount, BUYERS_TOPIC, Currency, EmailAddress, OrderId,
    PaymentId, PersonName, Quantity, Stock, StockLevel, TicketId, TicketTypeId, Timestamp,
    USERS_TOPIC, UserId,
};
use serde::{Deserialize, Serialize};
use std::fmt;

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

/// So many tickets of one type at a price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricedItem {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, in minor units.
    pub unit_price: Amount,
}

/// Stock is held for an order until `expires_at`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InventoryReserved {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// What was ordered, with prices.
    pub items: Vec<PricedItem>,
    /// The price of it all.
    pub total: Amount,
    /// In which currency.
    pub currency: Currency,
    /// When the hold ends.
    pub expires_at: Timestamp,
    /// When the order was accepted.
    pub placed_at: Timestamp,
    /// A keyed hash of the request.
    pub request_hash: String,
    /// Who ordered, if signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The levels after this decision.
    pub stock: Stock,
}

/// An order came to nothing before anything was held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderRejected {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: RejectReason,
    /// What was ordered.
    pub items: Vec<Item>,
    /// When the order was accepted.
    pub placed_at: Timestamp,
    /// A keyed hash of the request.
    pub request_hash: String,
    /// Who ordered, if signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

/// Who ordered. On the expiring topic only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Buyer {
    /// When the order was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Where the tickets go.
    pub email: EmailAddress,
    /// The name on the tickets.
    pub name: PersonName,
}

/// Money was captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentProcessed {
    /// When the answer was known.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// The capture.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Amount,
    /// What the gateway calls it; `captured`.
    pub payment_status: String,
}

/// No money was, nor will be, captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentFailed {
    /// When the answer was known.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: PaymentFailure,
}

/// Captured money went back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentRefunded {
    /// When the gateway confirmed it.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// The capture.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Amount,
}

/// Captured money could not be given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundFailed {
    /// When the answer was known.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// The capture.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Amount,
    /// What the gateway said.
    pub reason: String,
}

/// One ticket is sold. Existing consumers of the topic parse `event_type`, `ticket_id` and `timestamp`: they stay first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketSold {
    /// The ticket.
    pub ticket_id: TicketId,
    /// When it was sold.
    pub timestamp: Timestamp,
    /// Its order.
    pub order_id: OrderId,
    /// What it is for.
    pub ticket_type: TicketTypeId,
    /// Which of the order's tickets, from 1.
    pub ticket_number: u32,
    /// How many tickets the order has.
    pub tickets_in_order: u32,
    /// Its price.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// The event that it admits to, by name.
    pub event: String,
    /// When the event begins, RFC 3339 with the place's offset.
    pub event_date: String,
}

/// All tickets of an order are sold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderConfirmed {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// What was paid.
    pub total: Amount,
    /// Its tickets, by number.
    pub ticket_ids: Vec<TicketId>,
    /// The levels after this decision.
    pub stock: Stock,
}

/// A held order was given up and its stock given back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderCancelled {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Why.
    pub reason: PaymentFailure,
    /// The levels after this decision.
    pub stock: Stock,
}

/// There are more or fewer tickets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockAdjusted {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The change.
    pub adjustment_id: AdjustmentId,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets added; negative: taken away.
    pub change: i64,
    /// Why, for people.
    pub reason: String,
    /// Which admin.
    pub actor: String,
    /// The level after this decision.
    pub stock: Stock,
}

/// A change of stock was not possible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockAdjustmentRejected {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The change.
    pub adjustment_id: AdjustmentId,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets that should have been added.
    pub change: i64,
    /// Which admin.
    pub actor: String,
    /// Why not, for people.
    pub reason: String,
}

/// A ticket type came into being.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketTypeDefined {
    /// When.
    pub timestamp: Timestamp,
    /// Which.
    pub ticket_type: TicketTypeId,
    /// Its name, for people.
    pub name: String,
    /// What it gives, for people.
    #[serde(default)]
    pub description: String,
    /// The event's id.
    pub event: String,
    /// The event's name.
    pub event_name: String,
    /// Where it is.
    pub venue: String,
    /// When the event begins, RFC 3339 with the place's offset.
    pub event_date: String,
    /// The price of one.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How many there are at first.
    pub capacity: i64,
    /// The most that one order may have.
    pub max_per_order: u32,
    /// When sale begins; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts: Option<Timestamp>,
    /// When sale ends; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends: Option<Timestamp>,
    /// Where it stands in the shop, from 0.
    pub position: i64,
    /// The level at the beginning.
    pub level: StockLevel,
}

/// A mail was taken by the mail server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailSent {
    /// When.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Which mail about it; `tickets`.
    pub kind: String,
    /// Tries, this one included.
    pub attempts: u32,
}

/// A mail was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailFailed {
    /// When.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// Which mail about it; `tickets`.
    pub kind: String,
    /// Tries.
    pub attempts: u32,
    /// What the mail server said last.
    pub error: String,
}

/// An account exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserRegistered {
    /// When.
    pub timestamp: Timestamp,
    /// The account.
    pub user_id: UserId,
    /// Its address.
    pub email: EmailAddress,
    /// Its name.
    pub name: PersonName,
}

/// Why an order came to nothing before anything was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Not enough tickets remained.
    SoldOut,
    /// There is no such ticket type.
    UnknownTicketType,
    /// More than an order may have.
    OverLimit,
    /// Placed before sale began or after it ended.
    SaleClosed,
    /// The price is not the one that the buyer was shown.
    PriceChanged,
}

/// Why no money was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentFailure {
    /// The card was declined without a word why.
    CardDeclined,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The card is no longer valid.
    ExpiredCard,
    /// The hold ended before the money was captured.
    HoldExpired,
}

impl RejectReason {
    /// The reason as messages spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            RejectReason::SoldOut => "sold_out",
            RejectReason::UnknownTicketType => "unknown_ticket_type",
            RejectReason::OverLimit => "over_limit",
            RejectReason::SaleClosed => "sale_closed",
            RejectReason::PriceChanged => "price_changed",
        }
    }
}

impl PaymentFailure {
    /// The reason as messages spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentFailure::CardDeclined => "card_declined",
            PaymentFailure::InsufficientFunds => "insufficient_funds",
            PaymentFailure::ExpiredCard => "expired_card",
            PaymentFailure::HoldExpired => "hold_expired",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PaymentFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
