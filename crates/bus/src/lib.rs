#![doc = include_str!("../README.md")]

mod attempt;
mod cause;
mod connect;
mod crash_journal;
mod error;
mod handler;
pub mod kafka;
mod known_records;
mod log;
mod message;
mod names;
mod pace;
mod queue;
pub mod rabbitmq;
pub mod runner;
mod source;
pub mod sqlite;

pub use attempt::Reminder;
pub use cause::{Cause, CauseCode};
pub use connect::{BusOptions, UrlError, make_folder, open_log, open_queue};
pub use crash_journal::{CrashJournal, Crashes};
pub use error::Unavailable;
pub use handler::{Failure, Handler, Outcome, Outputs};
pub use known_records::{KnownRecords, find_records};
pub use log::{EventLog, LogReader, NotAppended, Positions, Record};
pub use message::{Malformed, Message};
pub use names::{DeadLetterQueue, Queue, Topic};
pub use pace::Pace;
pub use queue::{CommandQueue, DeadLetter, Depth};
pub use runner::{Limits, RetryPolicy, Runner};
pub use source::{Delivery, Receipt, Source};
