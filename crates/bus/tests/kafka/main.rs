//! What only Kafka's adapter does; what all adapters do is in the conformance suite.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../brokers/mod.rs"]
mod brokers;

mod appending;
mod broker;
mod foreign;
mod losing;
mod opening;
mod reading;
