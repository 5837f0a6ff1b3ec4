#![doc = include_str!("../README.md")]

mod failure;
pub mod host;
pub mod inventory;

pub use host::{Host, StartError};
