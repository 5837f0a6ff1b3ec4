#![doc = include_str!("../README.md")]

pub mod email;
mod failure;
pub mod gateway;
pub mod host;
pub mod inventory;
pub mod payment;
pub mod process;
mod rows;

pub use host::{Host, StartError};
