//! What the HTTP API says and the pages show: plain data, made by the server's read model.

mod admin;
mod order;
mod shop;

pub use admin::{
    AdjustmentDecision, AdjustmentRow, AdjustmentView, AdminOrderView, GroupGauge, HistorySpan,
    HistoryView, Ledger, LedgerCheck, MailView, OrderRow, Overview, QueueGauge, QueuesView,
    StatusCount, StockRow, Totals,
};
pub use order::{
    Accepted, Carrier, OrderItemView, OrderView, SecondsRange, TicketView, TimelineEntry, WaitView,
};
pub use shop::{ShopEvent, ShopTicketType};
