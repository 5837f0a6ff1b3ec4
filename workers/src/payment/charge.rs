//! The one payment of an order: its states, and the events that announce them.

use crate::gateway::{self, ChargeStatus};
use bus::Outputs;
use domain::event::{PaymentFailed, PaymentFailure, PaymentProcessed};
use domain::{Amount, Currency, Event, OrderId, PaymentToken, Timestamp};

/// What the payment service calls itself in messages.
pub(super) const SOURCE: &str = "/payment";

/// The payment of an order, as its row says.
#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub order_id: OrderId,
    pub state: State,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    /// The gateway was or is being asked; nobody knows the answer yet.
    Calling(Intent),
    /// The money is ours.
    Captured { amount: Amount, at: Timestamp },
    /// It never will be.
    Failed {
        reason: PaymentFailure,
        at: Timestamp,
    },
}

/// What the gateway is asked for.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub amount: Amount,
    pub currency: Currency,
    pub token: PaymentToken,
    pub expires_at: Timestamp,
}

/// How a payment was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Captured,
    Failed(PaymentFailure),
}

impl Decision {
    /// The decision that follows from the gateway's; `None`: it has not decided.
    pub fn of(status: ChargeStatus) -> Option<Decision> {
        match status {
            ChargeStatus::Captured => Some(Decision::Captured),
            ChargeStatus::Declined(decline) => Some(Decision::Failed(decline.into())),
            ChargeStatus::Cancelled => Some(Decision::Failed(PaymentFailure::HoldExpired)),
            ChargeStatus::Pending => None,
        }
    }
}

/// Names an order's charge at the gateway.
pub(super) fn key(order_id: OrderId) -> String {
    format!("charge:{order_id}")
}

impl Intent {
    /// The charge that the gateway is asked for.
    pub fn charge(&self, order_id: OrderId) -> gateway::Charge {
        gateway::Charge {
            key: key(order_id),
            reference: order_id,
            amount: self.amount,
            currency: self.currency,
            token: self.token.clone(),
        }
    }
}

impl Payment {
    /// The event that announces the decision; `None` while there is none. It is made from the row alone, and its id
    /// from the order alone, so that every message that leads here gives the same bytes.
    pub fn announcement(&self) -> Option<Outputs> {
        let order_id = self.order_id;
        let event: Event = match self.state {
            State::Calling(_) => return None,
            State::Captured { amount, at } => PaymentProcessed {
                timestamp: at,
                order_id,
                payment_id: order_id.payment(),
                amount,
                payment_status: "captured".to_owned(),
            }
            .into(),
            State::Failed { reason, at } => PaymentFailed {
                timestamp: at,
                order_id,
                reason,
            }
            .into(),
        };
        Some(announce(order_id, &event))
    }
}

/// An event about an order's payment. The order has one payment, so each of its events happens at most once.
pub(super) fn announce(order_id: OrderId, event: &Event) -> Outputs {
    let cause = order_id.message("PAYMENT");
    let mut outputs = Outputs::default();
    outputs.event(SOURCE, cause.caused(event.kind(), 0), event);
    outputs
}
