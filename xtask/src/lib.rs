#![doc = include_str!("../README.md")]

pub mod bench;
pub mod brokers;
pub mod browser;
pub mod build;
pub mod command;
pub mod install;
pub mod paths;
pub mod pictures;
mod repeat;
pub mod site;
pub mod test;
pub mod tools;
pub mod ui;
pub mod up;
pub mod watch;
