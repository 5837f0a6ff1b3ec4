//! Reading what the socket says. The envelope is read at once, the data only where this bundle shows it: reading a
//! whole `domain::live::Frame` brings code for every type to every page, and a buffer between, a third of a bundle.

use domain::live::News;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// Types that only one of the bundles shows. The tests run with both.
const SHOP: bool = cfg!(any(feature = "ssr", feature = "shop"));
const ADMIN: bool = cfg!(any(feature = "ssr", feature = "admin"));

/// A message, its data unread.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    /// The cursor.
    pub at: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Hello {
    build: String,
}

#[derive(Deserialize)]
struct Gap {
    coalesced: u64,
}

impl Message<'_> {
    /// Reads the envelope.
    pub fn parse(text: &str) -> Option<Message<'_>> {
        serde_json::from_str(text).ok()
    }

    /// Reads the data. `None`: a type that this bundle does not show or this build does not know.
    pub fn news(&self) -> Option<News> {
        match self.kind.as_str() {
            "hello" => self.read().map(|Hello { build }| News::Hello { build }),
            "stock" => self.read().map(News::Stock),
            "order" if SHOP => self.read().map(News::Order),
            "sale" if ADMIN => self.read().map(News::Sale),
            "queues" if ADMIN => self.read().map(News::Queues),
            "totals" if ADMIN => self.read().map(News::Totals),
            "orders" if ADMIN => self.read().map(News::Orders),
            "history" if ADMIN => self.read().map(News::History),
            "ledger" if ADMIN => self.read().map(News::Ledger),
            "adjustments" if ADMIN => self.read().map(News::Adjustments),
            "gap" if ADMIN => self.read().map(|Gap { coalesced }| News::Gap { coalesced }),
            _ => None,
        }
    }

    fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.data.get()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::live::Frame;
    use domain::view::{Ledger, QueuesView, Totals};
    use domain::{Amount, Currency, Stock, StockLevel, TicketTypeId};

    #[test]
    fn everything_that_the_server_says_is_understood() {
        let vip = TicketTypeId::parse("vip").unwrap();
        let totals = Totals {
            sold: 1,
            held: 2,
            remaining: 3,
            revenue: Amount(4),
            currency: Currency::EUR,
            accepted: 5,
            orders: Vec::new(),
        };
        for news in [
            News::Hello {
                build: "b".to_owned(),
            },
            News::Stock(Stock::from([(vip, StockLevel::default())])),
            News::Queues(QueuesView::default()),
            News::Totals(totals),
            News::Orders(Vec::new()),
            News::History(Vec::new()),
            News::Ledger(Ledger::default()),
            News::Adjustments(Vec::new()),
            News::Gap { coalesced: 7 },
        ] {
            let frame = Frame {
                at: "c1".to_owned(),
                news,
            };
            let text = serde_json::to_string(&frame).unwrap();
            let message = Message::parse(&text).unwrap();
            assert_eq!(message.at, "c1");
            assert_eq!(message.news(), Some(frame.news), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_skipped() {
        for text in ["", "[]", "{}", r#"{"at":1,"type":"stock","data":{}}"#] {
            assert!(Message::parse(text).is_none(), "{text}");
        }
        for text in [
            r#"{"at":"c","type":"weather","data":{"rain":true}}"#,
            r#"{"at":"c","type":"stock","data":{"vip":"many"}}"#,
        ] {
            assert_eq!(Message::parse(text).unwrap().news(), None, "{text}");
        }
    }
}
