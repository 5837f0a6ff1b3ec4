#![doc = include_str!("../README.md")]

pub mod crash_journal;
pub mod email;
mod failure;
pub mod gateway;
pub mod host;
pub mod inventory;
pub mod payment;
pub mod process;
mod rows;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use host::{Host, StartError};
