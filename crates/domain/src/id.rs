//! Identifiers. All are UUIDs (RFC 9562) in a newtype each, so that a ticket cannot be passed for an order.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! uuid_newtype {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

uuid_newtype! {
    /// One order. A UUIDv7, or derived from the buyer's e-mail and Idempotency-Key.
    OrderId,
    /// One ticket of an order; derived from the order, so that a repeated decision names the same ticket.
    TicketId,
    /// One capture of money at the gateway.
    PaymentId,
    /// One change of stock asked for by an admin.
    AdjustmentId,
    /// A registered user.
    UserId,
    /// One message on a queue or on the log (`ce_id`). Readers of the log drop repeats by it.
    MessageId,
}

impl OrderId {
    /// The id of the order's `number`th ticket, counted from 1: UUIDv5 in the order's own namespace.
    pub fn ticket(self, number: u32) -> TicketId {
        TicketId(Uuid::new_v5(&self.0, format!("ticket/{number}").as_bytes()))
    }

    /// The id of the one payment that this order may have.
    pub fn payment(self) -> PaymentId {
        PaymentId(Uuid::new_v5(&self.0, b"payment"))
    }

    /// The id of a message that follows from the order alone, whoever sends it and however often.
    pub fn message(self, kind: &str) -> MessageId {
        MessageId(Uuid::new_v5(&self.0, kind.as_bytes()))
    }
}

impl AdjustmentId {
    /// The id of a message that follows from the adjustment alone.
    pub fn message(self, kind: &str) -> MessageId {
        MessageId(Uuid::new_v5(&self.0, kind.as_bytes()))
    }
}

impl MessageId {
    /// The id of the `ordinal`th message of type `kind` that this message causes. A redelivered cause thus
    /// gives the same ids again, which is what lets readers drop repeats.
    pub fn caused(self, kind: &str, ordinal: usize) -> MessageId {
        MessageId(Uuid::new_v5(
            &self.0,
            format!("{kind}/{ordinal}").as_bytes(),
        ))
    }
}
