#![doc = include_str!("../README.md")]

mod access;
mod allocator;
mod logs;
mod metrics;
mod open_files;
mod operators;
mod program;
mod secrets;
mod settings;
mod shutdown;
mod tasks;
mod whole;

pub use access::{AccessKeys, NoRequestHash, RequestHash};
pub use logs::{LogFormat, LogSettings};
pub use metrics::Metrics;
pub use open_files::raise_open_files;
pub use operators::{OperatorsPort, OperatorsSettings, alive};
pub use program::{arguments, ended};
pub use secrets::{SecretSettings, Secrets};
pub use settings::{Bus, BusSettings, DataSettings, DatabaseSettings, SettingsError};
pub use shutdown::shutdown_signal;
pub use store::Location;
pub use tasks::{Panicked, Tasks};
