//! Stories of the email service: from facts on the log to mails that arrive.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod announcing;
mod due;
mod failing;
mod letters;
mod mail_server;
mod scene;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
