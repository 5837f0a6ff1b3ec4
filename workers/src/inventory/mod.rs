#![doc = include_str!("README.md")]

mod adjustments;
mod announcements;
pub mod catalogue;
mod decide;
mod orders;
mod records;
mod settlements;
mod shelf;
mod sweep;

pub use adjustments::AdjustmentHandler;
pub use announcements::Announcements;
pub use catalogue::{Catalogue, CatalogueError, DefineError};
pub use orders::OrderHandler;
pub use settlements::SettlementHandler;
pub use sweep::Sweep;

use crate::crash_journal;
use crate::host::{Host, StartError};
use bus::{Limits, Queue, Topic};
use clap::Args;
use std::{path::PathBuf, sync::Arc, time::Duration};
use store::{Database, Location, MigrationText};

/// The name of the service: of its database, and its consumer group.
pub const SERVICE: &str = "inventory";
/// `ce_source` of what it sends.
pub(crate) const SOURCE: &str = "/inventory";

/// How often it is looked whether the log still has what was announced.
const CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// The schema.
pub const MIGRATIONS: &[MigrationText] = &[
    (1, "inventory", include_str!("migrations/1_inventory.sql")),
    (
        2,
        "asked again",
        include_str!("migrations/2_asked_again.sql"),
    ),
    (3, "due", include_str!("migrations/3_due.sql")),
    (4, "crash journal", crash_journal::SCHEMA),
    (
        5,
        "announced at",
        include_str!("migrations/5_announced_at.sql"),
    ),
];

/// What can be set about the service.
#[derive(Args, Clone, Debug)]
pub struct InventorySettings {
    /// Events, ticket types, prices and stock of a new installation [default: the built-in festival]
    #[arg(long, env = "FESTFLOW_CATALOGUE")]
    pub catalogue: Option<PathBuf>,
    /// Seconds for which stock is held while the payment is under way
    #[arg(long, env = "FESTFLOW_HOLD_SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub hold_seconds: u64,
}

impl InventorySettings {
    /// For how long stock is held.
    pub fn hold(&self) -> Duration {
        Duration::from_secs(self.hold_seconds)
    }
}

/// Starts the service on `host`: defines what is new in the catalogue and works until the host is told to stop.
///
/// # Errors
/// The catalogue is broken, or the database cannot be opened.
pub async fn start(
    host: &Host,
    location: &Location,
    settings: &InventorySettings,
) -> Result<(), StartError> {
    let catalogue = Catalogue::load(settings.catalogue.as_deref())?;
    let Some(db) = host.open_database(location, MIGRATIONS).await? else {
        return Ok(());
    };
    catalogue.define(&db).await?;
    run(host, db, settings);
    Ok(())
}

fn run(host: &Host, db: Database, settings: &InventorySettings) {
    let orders = Arc::new(OrderHandler::new(db.clone(), settings.hold()));
    host.work(
        "inventory/orders",
        Queue::Orders,
        orders,
        &db,
        Limits::default(),
    );
    let adjustments = Arc::new(AdjustmentHandler::new(db.clone()));
    host.work(
        "inventory/adjustments",
        Queue::Inventory,
        adjustments,
        &db,
        Limits::default(),
    );
    let settlements = Arc::new(SettlementHandler::new(db.clone()));
    host.follow(
        "inventory/log",
        SERVICE,
        &[Topic::Analytics],
        settlements,
        &db,
        Limits {
            batch: 1_000,
            ..Limits::default()
        },
    );
    let announcements = Announcements::new(db.clone(), host.bus().clone());
    host.repeat("inventory/announcements", CHECK_INTERVAL, move || {
        let announcements = announcements.clone();
        async move { announcements.check().await }
    });
    let sweep = Sweep::new(db, host.bus().clone());
    host.repeat("inventory/sweep", Duration::from_millis(500), move || {
        let sweep = sweep.clone();
        async move { sweep.once(domain::Timestamp::now()).await }
    });
}
