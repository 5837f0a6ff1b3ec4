#![doc = include_str!("README.md")]

mod charge_rows;
mod charges;
mod ledger;
mod refunds;
mod settings;
mod simulator;
mod tokens;

pub use ledger::Totals;
pub use settings::GatewaySettings;
pub use simulator::Simulator;

use crate::host::{Host, StartError};
use async_trait::async_trait;
use domain::{Amount, Currency, OrderId, PaymentToken, event::PaymentFailure};
use std::sync::Arc;
use store::{Location, MigrationText};

/// The name of the simulator's database.
pub const SERVICE: &str = "gateway";

/// Its schema.
pub const MIGRATIONS: &[MigrationText] =
    &[(1, "ledger", include_str!("migrations/0001_ledger.sql"))];

/// Starts the simulator on `host`, with its ledger at `location`. `None`: it was time to stop before the ledger was
/// there.
///
/// # Errors
/// The database cannot be opened.
pub async fn start(
    host: &Host,
    location: &Location,
    settings: &GatewaySettings,
) -> Result<Option<Arc<Simulator>>, StartError> {
    let database = host.open_database(location, MIGRATIONS).await?;
    Ok(database.map(|database| Arc::new(Simulator::new(database, settings))))
}

/// What we ask of a payment gateway. All calls may be repeated: the key says which charge or refund is meant.
///
/// Dropping a call's future tells nothing about its outcome, as with any request over a network.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Captures money. A key that the gateway knows is answered from its books and moves no money again.
    ///
    /// # Errors
    /// See [`GatewayError`].
    async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, GatewayError>;

    /// What became of the charge with this key; `None` when the gateway never accepted one.
    ///
    /// # Errors
    /// See [`GatewayError`].
    async fn lookup(&self, key: &str) -> Result<Option<ChargeStatus>, GatewayError>;

    /// Sees to it that the charge with this key never captures, whether or not it was asked for yet, and says how it
    /// stands then. [`ChargeStatus::Captured`]: it was too late.
    ///
    /// # Errors
    /// See [`GatewayError`].
    async fn cancel(&self, key: &str) -> Result<ChargeStatus, GatewayError>;

    /// Gives captured money back.
    ///
    /// # Errors
    /// See [`GatewayError`].
    async fn refund(&self, refund: &Refund) -> Result<RefundStatus, GatewayError>;
}

/// Money to capture.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    /// Names this charge, the same at each try.
    pub key: String,
    /// The order that is paid; for the gateway's books, it decides nothing.
    pub reference: OrderId,
    /// How much, in minor units.
    pub amount: Amount,
    /// In which currency.
    pub currency: Currency,
    /// From which payment method.
    pub token: PaymentToken,
}

/// Money to give back.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    /// Names this refund, the same at each try.
    pub key: String,
    /// The key of the charge.
    pub charge: String,
    /// How much, in minor units.
    pub amount: Amount,
}

/// How a charge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeStatus {
    /// The money is taken.
    Captured,
    /// It never will be, by the card's bank.
    Declined(Decline),
    /// It never will be, because we said so.
    Cancelled,
    /// The gateway is still at it.
    Pending,
}

/// Why a card was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decline {
    /// Without a word why.
    CardDeclined,
    /// Not enough money on the account.
    InsufficientFunds,
    /// The card is no longer valid.
    ExpiredCard,
}

impl From<Decline> for PaymentFailure {
    fn from(decline: Decline) -> PaymentFailure {
        match decline {
            Decline::CardDeclined => PaymentFailure::CardDeclined,
            Decline::InsufficientFunds => PaymentFailure::InsufficientFunds,
            Decline::ExpiredCard => PaymentFailure::ExpiredCard,
        }
    }
}

/// How a refund ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// The money is on its way back.
    Refunded,
    /// It will not be given back, with the gateway's words why.
    Refused(String),
}

/// Why a call brought no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The gateway cannot be reached: nothing was done, and no other call fares better.
    #[error("the payment gateway is down: {0}")]
    Down(String),
    /// The gateway refused this call for now: nothing was done, and other calls may pass.
    #[error("the payment gateway is busy: {0}")]
    Busy(String),
    /// The call went out and no answer came back: anything may have been done.
    #[error("the payment gateway's answer was lost: {0}")]
    Lost(String),
}
