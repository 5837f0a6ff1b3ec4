//! What the HTTP API says and the pages show: plain data, made by the server's read model.

use crate::event::TicketSold;
use crate::fold::Reason;
use crate::{
    AdjustmentId, Amount, Currency, OrderId, OrderStatus, Quantity, StockLevel, TicketTypeId,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// An order, as its key holder may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderView {
    /// Which.
    pub order_id: OrderId,
    /// Where it is.
    pub status: OrderStatus,
    /// Why it came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was ordered; empty while that is not known here.
    pub items: Vec<OrderItemView>,
    /// The price of it all, in minor units.
    pub total: Option<Amount>,
    /// In which currency.
    pub currency: Option<Currency>,
    /// When it was accepted.
    pub placed_at: Option<Timestamp>,
    /// When the hold ends, if stock is or was held.
    pub expires_at: Option<Timestamp>,
    /// Its place in line, while it waits to be decided and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitView>,
    /// Whether the mail with the tickets was taken by the mail server.
    pub mail_sent: bool,
    /// Its tickets, by number.
    pub tickets: Vec<TicketView>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

impl OrderView {
    /// Whether the mail with the tickets was given up.
    pub fn mail_failed(&self) -> bool {
        !self.mail_sent
            && self
                .timeline
                .iter()
                .any(|step| step.event_type == "MAIL_FAILED")
    }
}

/// An order's place in the line of those that wait to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitView {
    /// About so many orders come before it.
    pub ahead: u64,
    /// How long they will take; absent while none is being decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<SecondsRange>,
}

/// A time that is not exactly known, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondsRange {
    /// Hardly less.
    pub from: u64,
    /// Hardly more.
    pub to: u64,
}

/// So many tickets of one type in an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItemView {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// Its name, for people.
    pub name: String,
    /// How many.
    pub quantity: Quantity,
    /// The price of one, once decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
}

/// One ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketView {
    /// What was sold.
    #[serde(flatten)]
    pub sold: TicketSold,
    /// The type's name, for people.
    pub name: String,
    /// What the QR code carries: the ticket's id, signed.
    pub code: String,
}

/// One step of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The event's type.
    pub event_type: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Which broker carried it: `queue` or `log`.
    pub carrier: Carrier,
    /// What it says beyond its type, for people; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What carried a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A command on RabbitMQ, or on the embedded queue.
    Queue,
    /// An event on Kafka, or on the embedded log.
    Log,
}

/// An event that tickets are sold for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShopEvent {
    /// The event's id.
    pub event: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub venue: String,
    /// When it begins, RFC 3339 with the place's offset.
    pub date: String,
    /// What is sold, in the shop's order.
    pub ticket_types: Vec<ShopTicketType>,
}

/// A ticket type with its stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShopTicketType {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// Its name.
    pub name: String,
    /// What it gives.
    pub description: String,
    /// The price of one, in minor units.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Tickets that can still be ordered.
    pub remaining: i64,
    /// All tickets there are.
    pub capacity: i64,
    /// The most that one order may have.
    pub max_per_order: u32,
    /// When sale begins; open when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_starts: Option<Timestamp>,
    /// When sale ends; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_ends: Option<Timestamp>,
}

/// The sale in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Tickets sold.
    pub sold: i64,
    /// Tickets held for orders whose payment is not decided.
    pub held: i64,
    /// Tickets that can still be ordered.
    pub remaining: i64,
    /// The totals of confirmed orders, in minor units.
    pub revenue: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Orders that this server accepted since it started.
    pub accepted: u64,
    /// Orders by status, decided ones only.
    pub orders: Vec<StatusCount>,
}

/// How many orders have a status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusCount {
    /// The status.
    pub status: OrderStatus,
    /// How many.
    pub count: i64,
}

/// How far back the sale is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistorySpan {
    /// The last minute, by the second.
    Minute,
    /// The last 15 minutes.
    Quarter,
    /// The last three hours.
    Hours,
    /// All of it.
    Whole,
}

impl HistorySpan {
    /// All of them, the shortest first.
    pub const ALL: [HistorySpan; 4] = [
        HistorySpan::Minute,
        HistorySpan::Quarter,
        HistorySpan::Hours,
        HistorySpan::Whole,
    ];
}

/// The sale over time: what happened in equally long steps, the last of which is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryView {
    /// How far back.
    pub span: HistorySpan,
    /// When the first step begins.
    pub from: Timestamp,
    /// A step, in seconds.
    pub step: u32,
    /// Orders that came, as far as they are decided.
    pub placed: Vec<u32>,
    /// Tickets sold.
    pub sold: Vec<u32>,
}

/// What is on the queues, and how far behind the readers of the log are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueuesView {
    /// The queues of commands.
    pub queues: Vec<QueueGauge>,
    /// The consumer groups of the log.
    pub groups: Vec<GroupGauge>,
    /// Set when a broker could not be asked: what it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// A queue of commands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueGauge {
    /// Its name.
    pub name: String,
    /// Messages that wait for a worker.
    pub ready: u64,
    /// Messages in a worker's hands; absent when the broker does not tell.
    pub unacked: Option<u64>,
    /// Workers; absent when the broker does not tell.
    pub consumers: Option<u64>,
    /// Messages in, per second; absent when the broker does not tell.
    pub in_per_second: Option<f64>,
    /// Messages done, per second; absent when the broker does not tell.
    pub out_per_second: Option<f64>,
    /// Messages in its dead-letter queue.
    pub dead: u64,
    /// How many waited lately, the oldest count first, one each two seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lately: Vec<u64>,
}

/// A consumer group of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupGauge {
    /// Its name.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// Events that it has not yet taken in.
    pub lag: u64,
}

/// A ticket type as the admin sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockRow {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// Its name.
    pub name: String,
    /// Its event's name.
    pub event: String,
    /// The price of one.
    pub price: Amount,
    /// Where its tickets are.
    pub level: StockLevel,
}

/// A change of stock that an admin asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustmentView {
    /// Which.
    pub adjustment_id: AdjustmentId,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets added; negative: taken away.
    pub change: i64,
    /// Where it is.
    pub decision: AdjustmentDecision,
}

/// Where a change of stock is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AdjustmentDecision {
    /// Nothing is known but that it was asked for.
    Pending,
    /// It is in the numbers.
    Done,
    /// It was not possible.
    Rejected {
        /// Why not, for people.
        reason: String,
    },
}

/// A change of stock that was decided, in the admin's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustmentRow {
    /// Which.
    pub adjustment_id: AdjustmentId,
    /// When it was decided.
    pub at: Timestamp,
    /// Whose stock.
    pub ticket_type: TicketTypeId,
    /// Tickets added; negative: taken away.
    pub change: i64,
    /// Which admin asked for it.
    pub actor: String,
    /// Why it was asked for; empty where it was refused, of which the log tells only why not.
    pub reason: String,
    /// Why it was not possible; absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// An order in the admin's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderRow {
    /// Which.
    pub order_id: OrderId,
    /// Where it is.
    pub status: OrderStatus,
    /// Why it came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How many tickets were ordered.
    pub tickets: u32,
    /// The price of it all, once decided.
    pub total: Option<Amount>,
    /// When it was accepted.
    pub placed_at: Option<Timestamp>,
    /// When something last happened to it.
    pub updated_at: Timestamp,
}

/// What the dashboard shows at first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The sale in numbers.
    pub totals: Totals,
    /// Stock by ticket type, in the shop's order.
    pub stock: Vec<StockRow>,
    /// Queues and groups.
    pub queues: QueuesView,
    /// The last tickets sold, newest first.
    pub sales: Vec<TicketSold>,
    /// The last orders, newest first.
    pub orders: Vec<OrderRow>,
    /// The sale over time, in each span.
    pub history: Vec<HistoryView>,
    /// Whether it all adds up.
    pub ledger: Ledger,
    /// The last changes of stock, newest first.
    pub adjustments: Vec<AdjustmentRow>,
}

/// The system's own proof: what must be equal, and whether it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Whether every check holds.
    pub balanced: bool,
    /// The checks.
    pub checks: Vec<LedgerCheck>,
}

/// Two numbers that must be equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerCheck {
    /// The check's name, such as `capacity:vip`.
    pub name: String,
    /// What is compared, for people.
    pub says: String,
    /// The left side.
    pub left: i64,
    /// The right side.
    pub right: i64,
}

impl LedgerCheck {
    /// Left minus right: zero when the check holds.
    pub fn difference(&self) -> i64 {
        self.left - self.right
    }
}

/// The answer to an accepted order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The order.
    pub order_id: OrderId,
    /// Always `received`.
    pub status: OrderStatus,
    /// The order's page.
    pub url: String,
    /// Who holds it may see the order.
    pub key: String,
}
