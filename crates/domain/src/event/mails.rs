//! Facts about mails, by the email service.

use crate::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};

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
