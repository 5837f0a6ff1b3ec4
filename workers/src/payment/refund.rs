//! Money that is given back: its states, and the events that announce them.

use super::charge::{announce, key};
use crate::gateway;
use bus::Outputs;
use domain::event::{PaymentRefunded, RefundFailed};
use domain::{Amount, Event, OrderId, PaymentId, Timestamp};

/// A refund, as its row says.
#[derive(Clone, Debug)]
pub(super) struct Refund {
    pub payment_id: PaymentId,
    pub order_id: OrderId,
    pub amount: Amount,
    pub state: RefundState,
}

#[derive(Clone, Debug)]
pub(super) enum RefundState {
    /// The gateway was or is being asked; nobody knows the answer yet.
    Calling,
    /// The money went back.
    Refunded { at: Timestamp },
    /// The gateway will not give it back.
    Refused { why: String, at: Timestamp },
}

impl Refund {
    /// What the gateway is asked for.
    pub fn call(&self) -> gateway::Refund {
        gateway::Refund {
            key: format!("refund:{}", self.payment_id),
            charge: key(self.order_id),
            amount: self.amount,
        }
    }

    /// The event that announces the decision; `None` while there is none. As for a payment, always the same bytes.
    pub fn announcement(&self) -> Option<Outputs> {
        let Refund {
            payment_id,
            order_id,
            amount,
            ..
        } = *self;
        let event: Event = match &self.state {
            RefundState::Calling => return None,
            RefundState::Refunded { at } => PaymentRefunded {
                timestamp: *at,
                order_id,
                payment_id,
                amount,
            }
            .into(),
            RefundState::Refused { why, at } => RefundFailed {
                timestamp: *at,
                order_id,
                payment_id,
                amount,
                reason: why.clone(),
            }
            .into(),
        };
        Some(announce(order_id, &event))
    }
}
