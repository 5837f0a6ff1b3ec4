//! What has arrived since the page was last brought up to date. However much that is, it stays small: gauges keep the
//! latest, stock keeps the highest version, the tail keeps its length, and the rest is counted.

use super::{Feed, TAIL};
use domain::event::TicketSold;
use domain::live::News;
use domain::view::{AdjustmentRow, HistoryView, Ledger, OrderRow, OrderView, QueuesView, Totals};
use domain::{Stock, stock};
use leptos::prelude::*;
use std::collections::VecDeque;

/// News that is not on the screen yet.
#[derive(Default)]
pub(super) struct Pending {
    stock: Stock,
    order: Option<OrderView>,
    totals: Option<Totals>,
    queues: Option<QueuesView>,
    sales: VecDeque<TicketSold>,
    orders: Option<Vec<OrderRow>>,
    history: Option<Vec<HistoryView>>,
    adjustments: Option<Vec<AdjustmentRow>>,
    ledger: Option<Ledger>,
    coalesced: u64,
}

impl Pending {
    /// Takes in one message.
    pub fn take(&mut self, news: News) {
        match news {
            News::Stock(levels) => stock::merge(&mut self.stock, &levels),
            News::Order(order) => self.order = Some(*order),
            News::Totals(totals) => self.totals = Some(totals),
            News::Queues(queues) => self.queues = Some(queues),
            News::Orders(orders) => self.orders = Some(orders),
            News::History(history) => self.history = Some(history),
            News::Adjustments(adjustments) => self.adjustments = Some(adjustments),
            News::Ledger(ledger) => self.ledger = Some(ledger),
            News::Gap { coalesced } => self.coalesced += coalesced,
            News::Sale(sale) => {
                self.sales.push_front(sale);
                self.sales.truncate(TAIL);
            }
            News::Hello { .. } => {}
        }
    }

    /// Shows it all, and is empty again.
    pub fn show(&mut self, feed: &Feed) {
        let news = std::mem::take(self);
        if !news.stock.is_empty() {
            feed.stock.update(|known| stock::merge(known, &news.stock));
        }
        if let Some(order) = news.order {
            feed.order.set(Some(order));
        }
        if let Some(totals) = news.totals {
            feed.totals.set(Some(totals));
        }
        if let Some(queues) = news.queues {
            feed.queues.set(queues);
        }
        if let Some(orders) = news.orders {
            feed.orders.set(orders);
        }
        if let Some(history) = news.history {
            feed.history.set(history);
        }
        if let Some(adjustments) = news.adjustments {
            feed.adjustments.set(adjustments);
        }
        if let Some(ledger) = news.ledger {
            feed.ledger.set(Some(ledger));
        }
        if news.coalesced > 0 {
            feed.coalesced.update(|known| *known += news.coalesced);
        }
        if !news.sales.is_empty() {
            feed.sales.update(|known| {
                for sale in news.sales.into_iter().rev() {
                    // A socket that resumes may repeat what the page already shows.
                    if known.iter().all(|shown| shown.ticket_id != sale.ticket_id) {
                        known.push_front(sale);
                    }
                }
                known.truncate(TAIL);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Amount, Currency, OrderId, StockLevel, TicketTypeId, Timestamp};

    fn sale(number: u32) -> TicketSold {
        let order_id: OrderId = "0190c2a4-7d5e-7a3b-8f10-000000000001".parse().unwrap();
        TicketSold {
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
        }
    }

    #[test]
    fn ten_thousand_sales_between_two_frames_leave_the_last_of_them() {
        let feed = Feed::default();
        let mut pending = Pending::default();
        for number in 1..=10_000 {
            pending.take(News::Sale(sale(number)));
        }
        pending.show(&feed);
        let shown = feed.sales.get_untracked();
        assert_eq!(shown.len(), TAIL);
        assert_eq!(shown[0].ticket_number, 10_000);
        assert_eq!(shown[TAIL - 1].ticket_number, 10_001 - TAIL as u32);
    }

    #[test]
    fn a_repeated_sale_is_shown_once() {
        let feed = Feed::default();
        let mut pending = Pending::default();
        for numbers in [[1, 2], [2, 3]] {
            for number in numbers {
                pending.take(News::Sale(sale(number)));
            }
            pending.show(&feed);
        }
        let shown: Vec<_> = feed
            .sales
            .get_untracked()
            .iter()
            .map(|sale| sale.ticket_number)
            .collect();
        assert_eq!(shown, [3, 2, 1]);
    }

    #[test]
    fn stock_that_arrives_late_changes_nothing() {
        let feed = Feed::default();
        let vip = TicketTypeId::parse("vip").unwrap();
        for (version, remaining) in [(2, 8), (1, 9)] {
            let level = StockLevel {
                remaining,
                version,
                ..StockLevel::default()
            };
            let mut pending = Pending::default();
            pending.take(News::Stock(Stock::from([(vip.clone(), level)])));
            pending.show(&feed);
        }
        assert_eq!(feed.stock.get_untracked()[&vip].remaining, 8);
    }
}
