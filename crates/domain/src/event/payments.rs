//! Facts about money, decided by the payment service.

use crate::{Amount, OrderId, PaymentId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

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

impl fmt::Display for PaymentFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
