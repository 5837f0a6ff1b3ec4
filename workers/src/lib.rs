//! The services behind the queue: inventory, payment and email.

mod attach;
pub mod gateway;
pub mod payment;
