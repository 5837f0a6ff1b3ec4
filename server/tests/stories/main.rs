//! Stories of the server, told by HTTP and WebSocket against real servers on real sockets. Facts come from the log, to
//! which the tests append as the workers would.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod accounts;
mod admin;
mod any_order;
mod bad_input;
mod connections;
mod distributed;
mod intake;
mod live;
mod mails;
mod order_form;
mod orders;
mod outages;
mod pages;
mod read_model;
mod rebuilding;
mod searching;
mod sockets;
mod starting;
mod stopping;
mod turns;
mod waiting;
