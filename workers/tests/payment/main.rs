//! Stories of the payment service and of its gateway, told message by message.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cancel;
mod charge;
mod crash;
mod gateway;
mod outage;
mod refund;
mod scene;
#[path = "../support/mod.rs"]
mod support;
