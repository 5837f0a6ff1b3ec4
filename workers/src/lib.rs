//! The services behind the queue: inventory, payment and email.
