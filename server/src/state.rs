//! What handlers share.

use crate::accounts::Accounts;
use crate::adjustments::Adjustments;
use crate::bulkhead::Bulkheads;
use crate::http::Places;
use crate::intake::Intake;
use crate::intake::keys::Keys;
use crate::live::arrivals::Arrivals;
use crate::live::gauges::Gauges;
use crate::live::hub::Hub;
use crate::live::queues::Queues;
use crate::live::waiting::WaitingLine;
use crate::live::watchers::Watchers;
use crate::order_search::{Buyers, Searches};
use crate::read_model::ReadModel;
use crate::readiness::QueueProbe;
use crate::ticket_files::TicketFiles;
use crate::web::origin::Origins;
use app::Assets;
use app::pages::Brokers;
use bus::CommandQueue;
use std::ops::Deref;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::services::ServeDir;

/// Handlers' state. Clones share it.
#[derive(Clone)]
pub(crate) struct App(pub Arc<Parts>);

/// Its parts.
pub(crate) struct Parts {
    /// The addresses of the site's files.
    pub assets: Assets,
    /// The site's files.
    pub files: ServeDir,
    /// The port from which `cargo leptos watch` speaks to pages; absent where nobody works on them.
    pub reload_port: Option<u16>,
    /// Whose pages may act here.
    pub origins: Origins,
    /// Ids and access keys.
    pub keys: Keys,
    /// The way in for orders.
    pub intake: Intake,
    /// What is known of the sale.
    pub read_model: ReadModel,
    /// Who waits for news of an order.
    pub watchers: Watchers,
    /// How long orders wait for a decision.
    pub waiting_line: WaitingLine,
    /// Orders that wait for a decision.
    pub arrivals: Arrivals,
    /// Where sales are announced.
    pub hub: Hub,
    /// The latest stock, totals, orders, queues.
    pub gauges: Gauges,
    /// How much waits on queues and log.
    pub queues: Queues,
    /// Who may see the dashboard.
    pub accounts: Accounts,
    /// Searches for orders, by admin.
    pub searches: Searches,
    /// Tables of all sales that are on their way, by admin.
    pub sales_tables: Bulkheads,
    /// Whose orders are whose.
    pub buyers: Buyers,
    /// Changes of stock asked for lately.
    pub adjustments: Adjustments,
    /// Places for sockets.
    pub sockets: Places,
    /// Places for requests that wait for news.
    pub long_polls: Places,
    /// What must end before the server has: sockets, and the tasks behind them.
    pub tasks: TaskTracker,
    /// Tickets as files.
    pub ticket_files: TicketFiles,
    /// The queue, for its depth.
    pub queue: Arc<dyn CommandQueue>,
    /// Whether the queue can be used.
    pub queue_probe: QueueProbe,
    /// What carries messages.
    pub brokers: Brokers,
    /// Cancelled when the server is told to stop: it is not ready any more, and each answer is its connection's last.
    pub draining: CancellationToken,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
