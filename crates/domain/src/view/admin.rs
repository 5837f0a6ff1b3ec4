//! The sale, as those see it who run it.

use super::OrderView;
use crate::event::TicketSold;
use crate::fold::Reason;
use crate::{
    AdjustmentId, Amount, Currency, OrderId, OrderStatus, StockLevel, TicketTypeId, Timestamp,
};
use serde::{Deserialize, Serialize};

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

impl HistoryView {
    /// A span of which nothing is known.
    pub fn empty(span: HistorySpan) -> HistoryView {
        HistoryView {
            span,
            from: Timestamp::default(),
            step: 1,
            placed: Vec::new(),
            sold: Vec::new(),
        }
    }
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

impl AdjustmentRow {
    /// What was decided.
    pub fn decision(&self) -> AdjustmentDecision {
        match &self.refused {
            None => AdjustmentDecision::Done,
            Some(why) => AdjustmentDecision::Rejected {
                reason: why.clone(),
            },
        }
    }
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

/// A mail about an order, of which somebody told the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailView {
    /// Which mail; `tickets`.
    pub kind: String,
    /// When it was sent, or given up.
    pub at: Timestamp,
    /// Tries, the last included.
    pub attempts: u32,
    /// What the mail server said last, where the mail was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An order as the admin sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminOrderView {
    /// What its buyer sees.
    #[serde(flatten)]
    pub order: OrderView,
    /// Its mails, oldest first.
    pub mails: Vec<MailView>,
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
