#![doc = include_str!("../README.md")]

mod access;
mod accounts;
mod adjustments;
mod bulkhead;
mod error;
mod http;
mod intake;
mod ledger;
mod live;
mod order_search;
mod read_model;
mod readiness;
mod routes;
mod run;
mod settings;
mod site;
mod start_error;
mod state;
mod ticket_files;
mod web;

pub use accounts::{ADMIN_EMAIL, NewAdmin};
pub use http::HttpSettings;
pub use run::{Server, ServerContext};
pub use settings::ServerSettings;
pub use start_error::StartError;
