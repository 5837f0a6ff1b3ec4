//! Finding orders by what people know of them: the number, its end as lists show it, the buyer's address, how it stands.
//!
//! Addresses are nowhere but in mails and on the topic `buyers`, which expires; so a search for one reads that topic from
//! its start. That takes a second for each some hundred thousand orders, and nothing has to be forgotten afterwards.

use crate::accounts::Admin;
use crate::bulkhead::{Bulkheads, Full, Turn};
use crate::error::Problem;
use crate::read_model::OrderFilter;
use crate::state::App;
use bus::{EventLog, Positions, Topic};
use domain::view::OrderRow;
use domain::{EmailAddress, Event, OrderId, OrderStatus};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The longest that a search of the topic may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Records in one go, and how long to wait for more of them.
const BATCH: usize = 10_000;
const LINGER: Duration = Duration::from_millis(2);
/// Nothing more comes after so long.
const SILENCE: Duration = Duration::from_secs(3);
/// How long a search waits for earlier ones of the same admin's, ...
const TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// ... how many may, ...
const WAITING: usize = 4;
/// ... and when the others may try again, in seconds.
const RETRY_AFTER: u32 = 2;
/// The fewest characters of an id's end.
const SHORTEST_END: usize = 4;

/// What is looked for, as it was typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Search {
    who: Option<Who>,
    status: Option<OrderStatus>,
}

#[derive(Clone, Debug, PartialEq)]
enum Who {
    Order(OrderId),
    Ending(String),
    Buyer(EmailAddress),
}

impl Search {
    /// Reads the form's fields `q` and `status`; empty ones say nothing.
    ///
    /// # Errors
    /// Says what each may be.
    pub fn parse(q: Option<&str>, status: Option<&str>) -> Result<Search, Problem> {
        let given = |text: Option<&str>| {
            text.map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_lowercase)
        };
        let status = given(status).map(|text| {
            let names = OrderStatus::ALL.map(OrderStatus::as_str).join(", ");
            OrderStatus::parse(&text)
                .ok_or_else(|| Problem::field("status", format!("must be one of {names}")))
        });
        Ok(Search {
            who: given(q).map(|text| who(&text)).transpose()?,
            status: status.transpose()?,
        })
    }

    /// The orders that fit, up to `limit`.
    ///
    /// # Errors
    /// The log or the read model cannot be read, a search for an address took too long, or an earlier one of the same admin's
    /// did.
    pub async fn run(
        &self,
        app: &App,
        admin: &Admin,
        limit: u32,
    ) -> Result<Vec<OrderRow>, Problem> {
        if *self == Search::default() {
            return Ok(app.arrivals.recent_orders(&app.read_model, limit).await?);
        }
        let _turn = app.searches.turn(admin).await?;
        if self.status == Some(OrderStatus::Received) {
            let mut waiting = app.arrivals.recent_orders(&app.read_model, limit).await?;
            waiting.retain(|row| {
                row.status == OrderStatus::Received
                    && self.who.as_ref().is_none_or(|who| who.is(row.order_id))
            });
            return Ok(waiting);
        }
        let mut filter = OrderFilter {
            status: self.status,
            ..OrderFilter::default()
        };
        match &self.who {
            None => {}
            Some(Who::Order(id)) => filter.ids = Some(vec![*id]),
            Some(Who::Ending(end)) => filter.ending = Some(end.clone()),
            Some(Who::Buyer(email)) => filter.ids = Some(app.buyers.orders_of(email).await?),
        }
        Ok(app.read_model.find_orders(&filter, limit).await?)
    }
}

impl Who {
    /// Whether an order that waits is meant. Whose it is, nobody here knows yet.
    fn is(&self, order_id: OrderId) -> bool {
        match self {
            Who::Order(id) => *id == order_id,
            Who::Ending(end) => order_id.to_string().ends_with(end),
            Who::Buyer(_) => false,
        }
    }
}

fn who(text: &str) -> Result<Who, Problem> {
    if text.contains('@') {
        return EmailAddress::parse(text)
            .map(Who::Buyer)
            .map_err(|why| Problem::field("q", why));
    }
    if let Ok(id) = text.parse() {
        return Ok(Who::Order(id));
    }
    let end = text.trim_start_matches('…');
    if end.len() >= SHORTEST_END && end.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return Ok(Who::Ending(end.to_owned()));
    }
    Err(Problem::field(
        "q",
        format!(
            "must be an order’s number, the last {SHORTEST_END} or more characters of it, or an e-mail address"
        ),
    ))
}

/// Whose turn it is to search: an admin searches for one thing at a time, in however many windows, and hinders nobody else.
pub(crate) struct Searches(Bulkheads);

impl Default for Searches {
    fn default() -> Searches {
        Searches(Bulkheads::new(1, WAITING))
    }
}

impl Searches {
    /// Waits until the earlier ones have ended, and not for long.
    async fn turn(&self, admin: &Admin) -> Result<Turn, Problem> {
        let turn = timeout(TURN_TIMEOUT, self.0.enter(&admin.email)).await;
        turn.unwrap_or(Err(Full)).map_err(|Full| {
            Problem::too_many(
                "An earlier search of yours has not ended yet. Try again in a moment.",
                RETRY_AFTER,
            )
        })
    }
}

/// The topic `buyers`.
pub(crate) struct Buyers {
    log: Arc<dyn EventLog>,
}

impl Buyers {
    /// On this log.
    pub fn new(log: Arc<dyn EventLog>) -> Buyers {
        Buyers { log }
    }

    async fn orders_of(&self, email: &EmailAddress) -> Result<Vec<OrderId>, Problem> {
        let unavailable = |_| {
            Problem::unavailable(
                "The log cannot be read at the moment, and only it knows addresses.",
            )
        };
        let found = timeout(PATIENCE, self.read(email)).await.map_err(|_| {
            Problem::unavailable("The search took too long. Try again in a moment.")
        })?;
        found.map_err(unavailable)
    }

    async fn read(&self, email: &EmailAddress) -> Result<Vec<OrderId>, bus::Unavailable> {
        let ends = self.log.ends(Topic::Buyers).await?;
        let mut positions = Positions::default();
        let mut reader = self.log.read(&[Topic::Buyers], &positions).await?;
        let mut orders = Vec::new();
        while !positions.reach(&ends) {
            // What has expired leaves a gap before the end, and then nothing comes.
            let Ok(records) = timeout(SILENCE, reader.take(BATCH, LINGER)).await else {
                break;
            };
            for record in records? {
                positions.advance(&record);
                if let Ok(Some(Event::Buyer(buyer))) = record.message.decode_event()
                    && buyer.email.as_str().eq_ignore_ascii_case(email.as_str())
                {
                    orders.push(buyer.order_id);
                }
            }
        }
        Ok(orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_know_of_an_order_is_understood() {
        let id = "0190c2a4-7d5e-7a3b-8f10-000000000001";
        for (typed, expected) in [
            (id, Who::Order(id.parse().unwrap())),
            ("…000000000001", Who::Ending("000000000001".to_owned())),
            (" 0001 ", Who::Ending("0001".to_owned())),
            (
                "Kim@Example.org",
                Who::Buyer(EmailAddress::parse("kim@example.org").unwrap()),
            ),
        ] {
            assert_eq!(
                Search::parse(Some(typed), None).unwrap().who,
                Some(expected),
                "{typed}"
            );
        }
        for typed in ["001", "kim", "kim@", "' or 1=1"] {
            assert!(Search::parse(Some(typed), None).is_err(), "{typed}");
        }
        assert!(Search::parse(None, Some("lost")).is_err());
        assert_eq!(
            Search::parse(Some(" "), Some("")).unwrap(),
            Search::default()
        );
    }
}
