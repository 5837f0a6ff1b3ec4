//! What only RabbitMQ's adapter does; what all adapters do is in the conformance suite.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../brokers/mod.rs"]
mod brokers;
#[path = "../../examples/live_orders.rs"]
mod live_orders;

mod alarm;
mod broker;
mod foreign;
mod inspecting;
mod losing;
mod publishing;
mod taking;
mod watching;
