#![doc = include_str!("../README.md")]

mod batcher;
mod database;
mod dialect;
mod error;
mod location;
mod rows;
mod waits;

pub use batcher::Batcher;
pub use database::{Database, MigrationText, Tx, within_limit};
pub use dialect::Dialect;
pub use error::{OpenError, Trouble};
pub use location::Location;
pub use rows::{Cell, Rows, Value};
pub use waits::Blocker;
