//! The types of messages that islands show: how what arrives becomes what is shown. However much arrives between two
//! frames of the screen, it stays small: of a gauge the latest is kept, of stock the highest version, the tail keeps its
//! length, and gaps are counted.

#![cfg_attr(
    not(any(target_arch = "wasm32", test)),
    allow(dead_code, reason = "on the server nothing arrives")
)]

use crate::lean::Lean;
use domain::event::TicketSold;
use domain::view::{AdjustmentRow, HistoryView, Ledger, OrderRow, OrderView, QueuesView, Totals};
use domain::{Stock, stock};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many sales the live tail keeps.
pub(crate) const TAIL: usize = 40;

/// A type of message, and what of it is not on the screen yet.
pub(super) trait Topic: Default + 'static {
    /// The message's `type`.
    const TYPE: &'static str;
    /// What islands show.
    type Shown: Default + Send + Sync + 'static;

    /// Takes in a message's `data`; `None` when it cannot be read, which a newer server's may not.
    fn take(&mut self, data: &str) -> Option<()>;

    /// Moves everything taken in to what is shown.
    fn show(&mut self, shown: &mut Self::Shown);
}

/// A type of message of which only the latest counts.
pub(crate) trait Gauge: DeserializeOwned + Send + Sync + 'static {
    /// The message's `type`.
    const TYPE: &'static str;
}

impl Gauge for OrderView {
    const TYPE: &'static str = "order";
}
impl Gauge for Totals {
    const TYPE: &'static str = "totals";
}
impl Gauge for QueuesView {
    const TYPE: &'static str = "queues";
}
impl Gauge for Vec<OrderRow> {
    const TYPE: &'static str = "orders";
}
impl Gauge for Vec<HistoryView> {
    const TYPE: &'static str = "history";
}
impl Gauge for Vec<AdjustmentRow> {
    const TYPE: &'static str = "adjustments";
}
impl Gauge for Ledger {
    const TYPE: &'static str = "ledger";
}

/// What was last said of a gauge, whichever it is: a signal for each type is as much code again.
#[derive(Clone, Default)]
pub(super) struct Said(Option<Arc<dyn Any + Send + Sync>>);

impl Said {
    /// This.
    pub fn new<T: Gauge>(gauge: T) -> Said {
        Said(Some(Arc::new(gauge)))
    }

    /// What it was, once something was said.
    pub fn get<T: Gauge>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }
}

/// A gauge.
pub(super) struct Latest<T>(Option<T>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Latest(None)
    }
}

impl<T: Gauge> Topic for Latest<T> {
    const TYPE: &'static str = T::TYPE;
    type Shown = Said;

    fn take(&mut self, data: &str) -> Option<()> {
        self.0 = Some(read(data)?);
        Some(())
    }

    fn show(&mut self, shown: &mut Said) {
        if let Some(gauge) = self.0.take() {
            *shown = Said::new(gauge);
        }
    }
}

/// Stock: per ticket type the highest version counts.
#[derive(Default)]
pub(super) struct StockLevels(Stock);

impl Topic for StockLevels {
    const TYPE: &'static str = "stock";
    type Shown = Stock;

    fn take(&mut self, data: &str) -> Option<()> {
        stock::merge(&mut self.0, &read(data)?);
        Some(())
    }

    fn show(&mut self, shown: &mut Stock) {
        stock::merge(shown, &std::mem::take(&mut self.0));
    }
}

/// The live tail of sales, newest first.
#[derive(Default)]
pub(super) struct Sales(VecDeque<TicketSold>);

impl Topic for Sales {
    const TYPE: &'static str = "sale";
    type Shown = VecDeque<TicketSold>;

    fn take(&mut self, data: &str) -> Option<()> {
        self.0.push_front(read(data)?);
        self.0.truncate(TAIL);
        Some(())
    }

    fn show(&mut self, shown: &mut VecDeque<TicketSold>) {
        for sale in std::mem::take(&mut self.0).into_iter().rev() {
            // A socket that resumes may repeat what the page already shows.
            if shown.iter().all(|known| known.ticket_id != sale.ticket_id) {
                shown.push_front(sale);
            }
        }
        shown.truncate(TAIL);
    }
}

/// Messages that were merged or dropped for this reader.
#[derive(Default)]
pub(super) struct Gaps(u64);

#[derive(Deserialize)]
struct Gap {
    coalesced: u64,
}

impl Topic for Gaps {
    const TYPE: &'static str = "gap";
    type Shown = u64;

    fn take(&mut self, data: &str) -> Option<()> {
        self.0 += read::<Gap>(data)?.coalesced;
        Some(())
    }

    fn show(&mut self, shown: &mut u64) {
        *shown += std::mem::take(&mut self.0);
    }
}

fn read<T: DeserializeOwned>(data: &str) -> Option<T> {
    T::deserialize(Lean(&mut serde_json::Deserializer::from_str(data))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Amount, Currency, OrderId, StockLevel, TicketTypeId, Timestamp};

    fn sale(number: u32) -> String {
        let order_id: OrderId = "0190c2a4-7d5e-7a3b-8f10-000000000001".parse().unwrap();
        let sale = TicketSold {
            ticket_id: order_id.ticket(number),
            timestamp: Timestamp::from_micros(i64::from(number)),
            order_id,
            ticket_type: TicketTypeId::parse("vip").unwrap(),
            ticket_number: number,
            tickets_in_order: 1,
            price: Amount(100),
            currency: Currency::EUR,
            event: "Night".to_owned(),
            event_date: "2027-06-18T16:00:00+02:00".to_owned(),
        };
        serde_json::to_string(&sale).unwrap()
    }

    #[test]
    fn ten_thousand_sales_between_two_frames_leave_the_last_of_them() {
        let (mut pending, mut shown) = (Sales::default(), VecDeque::new());
        for number in 1..=10_000 {
            pending.take(&sale(number)).unwrap();
        }
        pending.show(&mut shown);
        assert_eq!(shown.len(), TAIL);
        assert_eq!(shown[0].ticket_number, 10_000);
        assert_eq!(shown[TAIL - 1].ticket_number, 10_001 - TAIL as u32);
    }

    #[test]
    fn a_repeated_sale_is_shown_once() {
        let (mut pending, mut shown) = (Sales::default(), VecDeque::new());
        for numbers in [[1, 2], [2, 3]] {
            for number in numbers {
                pending.take(&sale(number)).unwrap();
            }
            pending.show(&mut shown);
        }
        let numbers: Vec<_> = shown.iter().map(|sale| sale.ticket_number).collect();
        assert_eq!(numbers, [3, 2, 1]);
    }

    #[test]
    fn stock_that_arrives_late_changes_nothing() {
        let vip = TicketTypeId::parse("vip").unwrap();
        let mut shown = Stock::new();
        for (version, remaining) in [(2, 8), (1, 9)] {
            let level = StockLevel {
                remaining,
                version,
                ..StockLevel::default()
            };
            let news = Stock::from([(vip.clone(), level)]);
            let mut pending = StockLevels::default();
            pending
                .take(&serde_json::to_string(&news).unwrap())
                .unwrap();
            pending.show(&mut shown);
        }
        assert_eq!(shown[&vip].remaining, 8);
    }
}
