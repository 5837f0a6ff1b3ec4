#![doc = include_str!("README.md")]

mod calls;
mod charge;
mod charge_rows;
mod handler;
mod refund;
mod refund_rows;
mod request;
mod store;

pub use handler::PaymentHandler;

use crate::crash_journal;
use crate::gateway::Gateway;
use crate::host::{Host, StartError};
use ::store::{Location, MigrationText};
use bus::{Limits, Queue};
use clap::Args;
use std::sync::Arc;
use std::time::Duration;

/// The name of the service: of its database.
pub const SERVICE: &str = "payments";

/// The schema.
pub const MIGRATIONS: &[MigrationText] = &[
    (1, "payments", include_str!("migrations/0001_payments.sql")),
    (2, "crash journal", crash_journal::SCHEMA),
];

/// The most messages in one batch, and so the most calls that a lane has at the gateway.
const BATCH: usize = 500;

/// How the payment service works.
#[derive(Args, Clone, Debug)]
pub struct PaymentSettings {
    /// Milliseconds after which a call to the payment gateway is given up, to be looked up later: more than it mostly takes
    #[arg(long, env = "FESTFLOW_PAYMENT_CALL_LIMIT_MS", default_value_t = PaymentSettings::default().payment_call_limit_ms,
        value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub payment_call_limit_ms: u64,
    /// Batches of payments that are worked on at the same time
    #[arg(long, env = "FESTFLOW_PAYMENT_LANES", default_value_t = PaymentSettings::default().payment_lanes,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub payment_lanes: u16,
}

impl Default for PaymentSettings {
    fn default() -> PaymentSettings {
        PaymentSettings {
            payment_call_limit_ms: 500,
            payment_lanes: 4,
        }
    }
}

/// Starts the service on `host`, which works until the host is told to stop. Its own database is at `location`.
///
/// # Errors
/// The database cannot be opened.
pub async fn start(
    host: &Host,
    location: &Location,
    gateway: Arc<dyn Gateway>,
    settings: &PaymentSettings,
) -> Result<(), StartError> {
    let Some(database) = host.open_database(location, MIGRATIONS).await? else {
        return Ok(());
    };
    let call_limit = Duration::from_millis(settings.payment_call_limit_ms);
    let handler = Arc::new(PaymentHandler::new(database.clone(), gateway, call_limit));
    let limits = Limits {
        batch: BATCH,
        ..Limits::default()
    };
    for _ in 0..settings.payment_lanes {
        host.work(
            "payment/payments",
            Queue::Payments,
            handler.clone(),
            &database,
            limits,
        );
    }
    Ok(())
}
