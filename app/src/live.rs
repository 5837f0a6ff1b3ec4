//! What a page hears while it is open: one feed of signals, shared by all islands of the page.
//!
//! On the server the signals hold what an island seeds them with. In the browser the first island that asks for the
//! feed opens the page's WebSocket; what arrives between two frames of the screen is put together and shown at once.

#[cfg(any(target_arch = "wasm32", test))]
mod message;
#[cfg(any(target_arch = "wasm32", test))]
mod pending;
#[cfg(target_arch = "wasm32")]
mod socket;

use domain::Stock;
use domain::event::TicketSold;
use domain::view::{AdjustmentRow, HistoryView, Ledger, OrderRow, OrderView, QueuesView, Totals};
use leptos::prelude::*;
use std::collections::VecDeque;

/// How many sales the live tail keeps.
pub(crate) const TAIL: usize = 40;

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(
        dead_code,
        reason = "on the server a page is always about to open its socket"
    )
)]
pub(crate) enum Connection {
    /// The socket is opening for the first time, or there is no script.
    #[default]
    Opening,
    /// What is shown is what is.
    Live,
    /// The socket broke and is being opened again.
    Reconnecting,
    /// The browser says that it has no network.
    Offline,
    /// The server has ended it, as at sign-out. It is not opened again.
    Ended,
}

/// The signals. They belong to no island, so none of them can take one along when it goes.
#[derive(Clone, Default)]
pub(crate) struct Feed {
    /// How the page stands with the server.
    pub connection: ArcRwSignal<Connection>,
    /// Stock, by type.
    pub stock: ArcRwSignal<Stock>,
    /// The order that is watched.
    pub order: ArcRwSignal<Option<OrderView>>,
    /// The sale in numbers.
    pub totals: ArcRwSignal<Option<Totals>>,
    /// Queues and groups.
    pub queues: ArcRwSignal<QueuesView>,
    /// The last tickets sold, newest first, at most [`TAIL`].
    pub sales: ArcRwSignal<VecDeque<TicketSold>>,
    /// The last orders, newest first.
    pub orders: ArcRwSignal<Vec<OrderRow>>,
    /// The last changes of stock, newest first.
    pub adjustments: ArcRwSignal<Vec<AdjustmentRow>>,
    /// The sale over time, in each span.
    pub history: ArcRwSignal<Vec<HistoryView>>,
    /// Whether it all adds up.
    pub ledger: ArcRwSignal<Option<Ledger>>,
    /// Messages that were merged or dropped for this page.
    pub coalesced: ArcRwSignal<u64>,
}

/// The page's feed.
#[cfg(target_arch = "wasm32")]
pub(crate) fn feed() -> Feed {
    thread_local! {
        static FEED: std::cell::OnceCell<Feed> = const { std::cell::OnceCell::new() };
    }
    FEED.with(|feed| {
        feed.get_or_init(|| {
            let feed = Feed::default();
            socket::open(&feed);
            feed
        })
        .clone()
    })
}

/// The page's feed: on the server one that says nothing.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn feed() -> Feed {
    Feed::default()
}
