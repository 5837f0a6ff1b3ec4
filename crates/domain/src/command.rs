//! Commands: one thing to do, done by one worker. They travel on RabbitMQ and may carry personal data.

use crate::request::Item;
use crate::{
    AdjustmentId, Amount, Currency, EmailAddress, MessageId, OrderId, PaymentId, PaymentToken,
    PersonName, TicketTypeId, Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

/// What a worker can be told to do. The tag is the message's `event_type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event_type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Command {
    /// To inventory, on `orders`: decide about this order.
    OrderPlaced(OrderPlaced),
    /// To payment: capture the money for a held order.
    ChargePayment(ChargePayment),
    /// To payment: the hold is over; answer once, whether money was taken or never will be.
    CancelCharge(CancelCharge),
    /// To payment: give captured money back.
    RefundPayment(RefundPayment),
    /// To inventory, on `inventory`: change how many tickets there are.
    AdjustStock(AdjustStock),
}

/// A buyer's order, accepted but not decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// When the message was made.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// At least one, each type once, sorted by type.
    pub items: Vec<Item>,
    /// Where the tickets go.
    pub email: EmailAddress,
    /// The name on the tickets.
    pub name: PersonName,
    /// How it is paid.
    pub payment_token: PaymentToken,
    /// What the buyer was shown; another total rejects the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Amount>,
    /// The signed-in buyer, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// When the server accepted it; sale windows are judged by this.
    pub placed_at: Timestamp,
    /// A keyed hash of the request: tells a repeated order from another one under the same key.
    pub request_hash: String,
}

/// Capture money for a held order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChargePayment {
    /// When the stock was held.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// By which payment method.
    pub payment_token: PaymentToken,
    /// When the hold ends.
    pub expires_at: Timestamp,
}

/// The hold is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CancelCharge {
    /// When it was noticed.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
}

/// Give money back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundPayment {
    /// When it was decided.
    pub timestamp: Timestamp,
    /// The order.
    pub order_id: OrderId,
    /// The capture that is given back.
    pub payment_id: PaymentId,
    /// How much.
    pub amount: Amount,
    /// Why, for people.
    pub reason: String,
}

/// Change a ticket type's capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustStock {
    /// When the admin asked.
    pub timestamp: Timestamp,
    /// This change.
    pub adjustment_id: AdjustmentId,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets to add; negative takes unsold ones away.
    pub change: i64,
    /// Why, for people.
    pub reason: String,
    /// Which admin.
    pub actor: String,
}

impl Command {
    /// The `event_type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Command::OrderPlaced(_) => "ORDER_PLACED",
            Command::ChargePayment(_) => "CHARGE_PAYMENT",
            Command::CancelCharge(_) => "CANCEL_CHARGE",
            Command::RefundPayment(_) => "REFUND_PAYMENT",
            Command::AdjustStock(_) => "ADJUST_STOCK",
        }
    }

    /// The queue that takes it.
    pub fn queue(&self) -> &'static str {
        match self {
            Command::OrderPlaced(_) => crate::ORDERS_QUEUE,
            Command::ChargePayment(_) | Command::CancelCharge(_) | Command::RefundPayment(_) => {
                crate::PAYMENTS_QUEUE
            }
            Command::AdjustStock(_) => crate::INVENTORY_QUEUE,
        }
    }

    /// What it is about: the order, or the ticket type.
    pub fn key(&self) -> String {
        match self {
            Command::OrderPlaced(c) => c.order_id.to_string(),
            Command::ChargePayment(c) => c.order_id.to_string(),
            Command::CancelCharge(c) => c.order_id.to_string(),
            Command::RefundPayment(c) => c.order_id.to_string(),
            Command::AdjustStock(c) => c.ticket_type.to_string(),
        }
    }

    /// When it was made.
    pub fn timestamp(&self) -> Timestamp {
        match self {
            Command::OrderPlaced(c) => c.timestamp,
            Command::ChargePayment(c) => c.timestamp,
            Command::CancelCharge(c) => c.timestamp,
            Command::RefundPayment(c) => c.timestamp,
            Command::AdjustStock(c) => c.timestamp,
        }
    }

    /// The message's id. It follows from what the command is about, so that the same command sent twice is one
    /// message to every reader.
    pub fn id(&self) -> MessageId {
        match self {
            Command::OrderPlaced(c) => c
                .order_id
                .message(&format!("ORDER_PLACED/{}", c.request_hash)),
            Command::RefundPayment(c) => c
                .order_id
                .message(&format!("REFUND_PAYMENT/{}", c.payment_id)),
            Command::ChargePayment(c) => c.order_id.message("CHARGE_PAYMENT"),
            Command::CancelCharge(c) => c.order_id.message("CANCEL_CHARGE"),
            Command::AdjustStock(c) => c.adjustment_id.message("ADJUST_STOCK"),
        }
    }
}
