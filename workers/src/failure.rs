//! A database's trouble in the words of the bus.

use bus::{Failure, Unavailable};
use store::Trouble;

/// What a handler answers when its database said no.
pub fn failed(trouble: impl Into<Trouble>) -> Failure {
    match trouble.into() {
        Trouble::Unavailable(why) => Failure::Unavailable(Unavailable::new("database", why)),
        Trouble::Data(why) => Failure::Batch(why),
    }
}
