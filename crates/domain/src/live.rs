//! What the WebSockets say: `{"at":cursor,"type":…,"data":…}`.

use crate::Stock;
use crate::event::TicketSold;
use crate::view::{AdjustmentRow, HistoryView, Ledger, OrderRow, OrderView, QueuesView, Totals};
use serde::{Deserialize, Serialize};

/// One message of a socket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Where the reader is on the log once it has taken this in; opaque. `?since=` resumes after it, on any replica.
    pub at: String,
    /// What it says.
    #[serde(flatten)]
    pub news: News,
}

/// What a message says. Readers skip types that they do not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum News {
    /// The first message: which build the server runs. A page of another build loads itself anew.
    Hello {
        /// The build's id.
        build: String,
    },
    /// A ticket was sold.
    Sale(TicketSold),
    /// Queue depths and lags: a gauge, only the latest counts.
    Queues(QueuesView),
    /// Stock levels that changed; per type the highest version wins.
    Stock(Stock),
    /// The sale in numbers: a gauge, only the latest counts.
    Totals(Totals),
    /// The sale over time, in each span: a gauge, only the latest counts.
    History(Vec<HistoryView>),
    /// Whether it all adds up: a gauge, only the latest counts.
    Ledger(Ledger),
    /// The last changes of stock, newest first: a gauge, only the latest counts.
    Adjustments(Vec<AdjustmentRow>),
    /// The last orders, newest first: a gauge, only the latest counts.
    Orders(Vec<OrderRow>),
    /// The order that is watched, whole.
    Order(Box<OrderView>),
    /// So many messages were merged or dropped for this reader; a snapshot follows.
    Gap {
        /// How many; 0 when the server cannot know.
        coalesced: u64,
    },
}
