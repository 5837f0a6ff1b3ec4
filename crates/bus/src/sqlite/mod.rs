#![doc = include_str!("README.md")]

mod claims;
mod consumer;
mod desk;
mod group;
mod json;
mod locks;
mod log;
mod log_jobs;
mod log_work;
mod open;
mod queue;
mod queue_jobs;
mod queue_work;
mod rates;
mod reader;
mod writer;

pub use log::SqliteLog;
pub use queue::SqliteQueue;
