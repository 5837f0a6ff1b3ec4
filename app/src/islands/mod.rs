//! The parts of pages that live: a file each. The server renders them with what it knows, the browser goes on from
//! there. Each seeds the page's feed with its first data, so that the same signal says what is shown on both sides.

// The macro writes public items of its own, which it leaves without a word.
#![allow(missing_docs)]

#[cfg(any(feature = "ssr", feature = "shop"))]
mod cart;
#[cfg(any(feature = "ssr", feature = "shop"))]
mod choice;
#[cfg(any(feature = "ssr", feature = "order"))]
mod order;

#[cfg(any(feature = "ssr", feature = "admin", feature = "shop"))]
pub use connection::ConnectionState;
#[cfg(any(feature = "ssr", feature = "order"))]
pub use order::LiveOrder;
#[cfg(any(feature = "ssr", feature = "shop"))]
pub use {cart::OrderTotal, choice::TicketChoice};

#[cfg(any(feature = "ssr", feature = "admin"))]
mod adjustments;
#[cfg(any(feature = "ssr", feature = "admin", feature = "shop"))]
mod connection;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod history;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod ledger;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod orders;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod queues;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod sales;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod stock;
#[cfg(any(feature = "ssr", feature = "admin"))]
mod totals;

#[cfg(feature = "ssr")]
pub(crate) use adjustments::standing_of;
#[cfg(any(feature = "ssr", feature = "admin"))]
pub use {
    adjustments::{AdjustmentHistory, AdjustmentState},
    history::SalesHistory,
    ledger::LedgerBoard,
    orders::RecentOrders,
    queues::QueueBoard,
    sales::SalesTail,
    stock::StockNow,
    totals::TotalsBoard,
};
