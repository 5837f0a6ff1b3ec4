//! What the page listens for. An island that asks for a topic brings the code that reads it; what no island of a bundle
//! shows is not in the bundle.

use super::Connection;
use super::topics::Topic;
use leptos::prelude::*;
use std::any::Any;
use std::cell::RefCell;

/// How the page stands with the server, and the topics that were asked for.
#[derive(Default)]
pub(super) struct Channels {
    #[cfg_attr(test, allow(dead_code, reason = "only a socket knows"))]
    pub connection: ArcRwSignal<Connection>,
    topics: RefCell<Vec<Box<dyn Channel>>>,
}

/// One topic, whichever it is.
trait Channel {
    fn topic(&self) -> &'static str;
    fn take(&mut self, data: &str);
    fn show(&mut self);
    fn shown(&self) -> &dyn Any;
}

struct Heard<T: Topic> {
    pending: T,
    /// Whether `pending` holds anything.
    news: bool,
    shown: ArcRwSignal<T::Shown>,
}

impl<T: Topic> Channel for Heard<T> {
    fn topic(&self) -> &'static str {
        T::TYPE
    }

    fn take(&mut self, data: &str) {
        self.news |= self.pending.take(data).is_some();
    }

    fn show(&mut self) {
        if std::mem::take(&mut self.news) {
            self.shown.update(|shown| self.pending.show(shown));
        }
    }

    fn shown(&self) -> &dyn Any {
        &self.shown
    }
}

impl Channels {
    /// What is shown of a topic: the same signal for everyone who asks.
    pub fn hear<T: Topic>(&self) -> ArcRwSignal<T::Shown> {
        let mut topics = self.topics.borrow_mut();
        let known = topics
            .iter()
            .find(|channel| channel.topic() == T::TYPE)
            .and_then(|channel| channel.shown().downcast_ref::<ArcRwSignal<T::Shown>>());
        if let Some(shown) = known {
            return shown.clone();
        }
        let shown = ArcRwSignal::default();
        topics.push(Box::new(Heard::<T> {
            pending: T::default(),
            news: false,
            shown: shown.clone(),
        }));
        shown
    }

    /// Takes in a message. What nobody listens for, or cannot be read, is skipped.
    pub fn take(&self, topic: &str, data: &str) {
        let mut topics = self.topics.borrow_mut();
        if let Some(channel) = topics.iter_mut().find(|known| known.topic() == topic) {
            channel.take(data);
        }
    }

    /// Shows all that was taken in.
    pub fn show(&self) {
        for channel in self.topics.borrow_mut().iter_mut() {
            channel.show();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Message;
    use super::super::topics::{Gaps, Gauge, Latest, Sales, StockLevels};
    use super::*;
    use domain::live::{Frame, News};
    use domain::view::{
        AdjustmentRow, HistoryView, Ledger, OrderRow, OrderView, QueuesView, Totals,
    };
    use domain::{Amount, Currency, Stock, StockLevel, TicketTypeId};

    fn say(channels: &Channels, news: News) {
        let frame = Frame {
            at: "c1".to_owned(),
            news,
        };
        let text = serde_json::to_string(&frame).unwrap();
        let message = Message::parse(&text).unwrap();
        channels.take(message.topic, message.data.get());
    }

    fn is_heard<T: Gauge + Clone + PartialEq + std::fmt::Debug>(news: fn(T) -> News, value: T) {
        let channels = Channels::default();
        let shown = channels.hear::<Latest<T>>();
        say(&channels, news(value.clone()));
        let said = || shown.get_untracked().get::<T>().cloned();
        assert_eq!(said(), None, "not between two frames");
        channels.show();
        assert_eq!(said(), Some(value));
    }

    #[test]
    fn everything_that_the_server_says_is_heard_by_who_listens() {
        is_heard(News::Queues, QueuesView::default());
        is_heard(News::Ledger, Ledger::default());
        is_heard(News::Orders, Vec::<OrderRow>::new());
        is_heard(News::History, Vec::<HistoryView>::new());
        is_heard(News::Adjustments, Vec::<AdjustmentRow>::new());
        is_heard(
            News::Totals,
            Totals {
                sold: 1,
                held: 2,
                remaining: 3,
                revenue: Amount(4),
                currency: Currency::EUR,
                accepted: 5,
                orders: Vec::new(),
            },
        );
        let order: OrderView = serde_json::from_value(serde_json::json!({
            "order_id": "0190c2a4-7d5e-7a3b-8f10-000000000001", "status": "received", "items": [], "total": null,
            "currency": null, "placed_at": 1.5, "expires_at": null, "mail_sent": false, "tickets": [], "timeline": []
        }))
        .unwrap();
        is_heard(|order| News::Order(Box::new(order)), order);

        let channels = Channels::default();
        let (stock, gaps) = (channels.hear::<StockLevels>(), channels.hear::<Gaps>());
        let vip = TicketTypeId::parse("vip").unwrap();
        let level = StockLevel {
            version: 1,
            ..StockLevel::default()
        };
        say(&channels, News::Stock(Stock::from([(vip.clone(), level)])));
        say(&channels, News::Gap { coalesced: 7 });
        say(&channels, News::Gap { coalesced: 2 });
        channels.show();
        assert_eq!(stock.get_untracked()[&vip], level);
        assert_eq!(gaps.get_untracked(), 9);
    }

    #[test]
    fn two_islands_that_show_the_same_share_its_signal() {
        let channels = Channels::default();
        let (one, other) = (channels.hear::<Gaps>(), channels.hear::<Gaps>());
        say(&channels, News::Gap { coalesced: 7 });
        channels.show();
        assert_eq!((one.get_untracked(), other.get_untracked()), (7, 7));
    }

    #[test]
    fn what_nobody_shows_or_nobody_understands_is_skipped() {
        let channels = Channels::default();
        let sales = channels.hear::<Sales>();
        channels.take("weather", r#"{"rain":true}"#);
        channels.take("sale", r#"{"ticket":"torn"}"#);
        say(&channels, News::Gap { coalesced: 7 });
        channels.show();
        assert!(sales.get_untracked().is_empty());
    }
}
