//! The brokers as processes of this machine.

use super::{Settings, kafka, postgres, rabbitmq};
use anyhow::Result;

/// Starts what is not running, all at once, and waits for each.
pub fn up(settings: &Settings) -> Result<()> {
    rabbitmq::start(settings)?;
    postgres::start(settings)?;
    kafka::start(settings)?;
    rabbitmq::wait(settings)?;
    postgres::wait(settings)?;
    kafka::wait(settings)
}

/// Stops whatever of ours runs, and with `purge` removes data that lies elsewhere.
pub fn down(purge: bool) -> Result<()> {
    kafka::stop()?;
    rabbitmq::stop()?;
    postgres::stop()?;
    if purge { postgres::purge() } else { Ok(()) }
}
