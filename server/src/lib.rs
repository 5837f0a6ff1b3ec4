#![doc = include_str!("../README.md")]

mod error;
mod intake;
mod live;
mod read_model;
mod routes;
mod run;
mod settings;
mod site;
mod start_error;
mod state;
mod web;

pub use run::{Server, ServerContext};
pub use settings::ServerSettings;
pub use start_error::StartError;
