//! Facts about accounts, by the server.

use crate::{EmailAddress, PersonName, Timestamp, UserId};
use serde::{Deserialize, Serialize};

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
