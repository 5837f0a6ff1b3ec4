//! Stories of the inventory: who gets tickets, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod announcing;
mod crashes;
mod expiring;
mod messages;
mod settling;
mod stops;
#[path = "../support/mod.rs"]
mod support;

use async_trait::async_trait;
use bus::{Failure, Handler, Message, Outcome};
use domain::command::{AdjustStock, OrderPlaced};
use domain::event::RejectReason;
use domain::{AdjustmentId, Command, Event, Timestamp};
use messages::{command, done, facts, order};
use sqlx::Row;
use std::{sync::Arc, time::Duration};
use store::Database;
use support::{Place, random_id};
use workers::inventory::{AdjustmentHandler, Catalogue, MIGRATIONS, OrderHandler};

const FESTIVAL: &str = r#"
    currency = "EUR"
    [[event]]
    id = "e"
    name = "Evening"
    venue = "Hall"
    date = "2027-06-18T16:00:00Z"
    [[event.ticket_type]]
    id = "day"
    name = "Day"
    price = 5000
    stock = 50
    max_per_order = 4
    [[event.ticket_type]]
    id = "vip"
    name = "VIP"
    price = 9000
    stock = 50
    max_per_order = 4
"#;

async fn inventory(place: &Place) -> Database {
    let db = place.database("inventory", MIGRATIONS).await;
    Catalogue::parse("test", FESTIVAL)
        .unwrap()
        .define(&db)
        .await
        .unwrap();
    db
}

fn orders(db: &Database) -> OrderHandler {
    OrderHandler::new(db.clone(), Duration::from_secs(600))
}

fn placed(order: OrderPlaced) -> Message {
    command(Command::OrderPlaced(order))
}

/// Remaining, held, sold of a type.
async fn level(db: &Database, ticket_type: &str) -> (i64, i64, i64) {
    let row = sqlx::query("SELECT remaining, held, sold FROM ticket_types WHERE ticket_type = $1")
        .bind(ticket_type)
        .fetch_one(db.pool())
        .await
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}

/// 200 buyers for 50 tickets, through two handlers at once, in small batches; how many got one.
async fn rush(handlers: [Arc<dyn Handler>; 2]) -> usize {
    let mut tasks = Vec::new();
    for (half, handler) in handlers.into_iter().enumerate() {
        tasks.push(tokio::spawn(async move {
            let mut sold = 0;
            for batch in 0..20_u32 {
                let messages: Vec<_> = (0..5)
                    .map(|n| placed(order(half as u32 * 1000 + batch * 5 + n, &[("day", 1)])))
                    .collect();
                let outcomes = handler.handle(&messages).await.unwrap_or_default();
                sold += outcomes
                    .iter()
                    .filter(
                        |outcome| matches!(outcome, Outcome::Done(out) if !out.commands.is_empty()),
                    )
                    .count();
            }
            sold
        }));
    }
    let mut sold = 0;
    for task in tasks {
        sold += task.await.unwrap();
    }
    sold
}

story! {
    async fn two_workers_sell_exactly_what_there_is(place: &Place) {
        let db = inventory(place).await;
        let sold = rush([Arc::new(orders(&db)), Arc::new(orders(&db))]).await;
        assert_eq!(sold, 50);
        assert_eq!(level(&db, "day").await, (0, 50, 0));
    }
}

/// The negative control: a worker that looks at the stock and takes it in two steps sells too much in the same rush.
struct Careless(Database);

#[async_trait]
impl Handler for Careless {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let mut outcomes = Vec::new();
        for message in batch {
            let (remaining, _, _) = level(&self.0, "day").await;
            tokio::task::yield_now().await;
            let mut outputs = bus::Outputs::default();
            if remaining > 0 {
                outputs
                    .commands
                    .push((bus::Queue::Payments, message.clone()));
                sqlx::query("UPDATE ticket_types SET remaining = $1 WHERE ticket_type = 'day'")
                    .bind(remaining - 1)
                    .execute(self.0.pool())
                    .await
                    .unwrap();
            }
            outcomes.push(Outcome::Done(outputs));
        }
        Ok(outcomes)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_lock_the_same_rush_sells_too_much() {
    let place = Place::sqlite();
    let db = inventory(&place).await;
    let sold = rush([
        Arc::new(Careless(db.clone())),
        Arc::new(Careless(db.clone())),
    ])
    .await;
    assert!(sold > 50, "the rush was no rush: {sold} sold");
}

story! {
    async fn a_message_that_comes_again_gives_the_same_bytes_and_takes_no_more(place: &Place) {
        let db = inventory(place).await;
        let message = placed(order(1, &[("day", 2), ("vip", 1)]));
        let first = done(&orders(&db), &[message.clone(), message.clone()]).await;
        let again = done(&orders(&db), std::slice::from_ref(&message)).await;
        assert_eq!(first[0], first[1]);
        assert_eq!(first[0], again[0]);
        assert_eq!(first[0].events.len(), 2, "INVENTORY_RESERVED and BUYER");
        assert_eq!(level(&db, "day").await, (48, 2, 0));
        assert_eq!(level(&db, "vip").await, (49, 1, 0));
    }
}

#[tokio::test]
async fn another_order_under_the_same_id_changes_nothing() {
    let place = Place::sqlite();
    let db = inventory(&place).await;
    let first = order(1, &[("day", 2)]);
    let mut second = order(1, &[("day", 4)]);
    second.request_hash = "another".to_owned();
    done(&orders(&db), &[placed(first)]).await;
    let outputs = done(&orders(&db), &[placed(second)]).await;
    assert!(outputs[0].is_empty());
    assert_eq!(level(&db, "day").await, (48, 2, 0));
}

#[tokio::test]
async fn what_cannot_be_read_is_rejected_and_its_neighbours_are_decided() {
    let place = Place::sqlite();
    let db = inventory(&place).await;
    let mut garbage = placed(order(1, &[("day", 1)]));
    garbage.payload = "{\"event_type\":\"ORDER_PLACED\"".to_owned();
    let mut future = placed(order(2, &[("day", 1)]));
    future.schema = 99;
    let misplaced = command(Command::AdjustStock(adjustment(1)));
    let batch = [garbage, placed(order(3, &[("day", 1)])), future, misplaced];
    let outcomes = orders(&db).handle(&batch).await.unwrap();
    assert!(matches!(outcomes[0], Outcome::Reject(_)));
    assert!(matches!(outcomes[1], Outcome::Done(_)));
    assert!(matches!(outcomes[2], Outcome::Reject(_)));
    assert!(matches!(outcomes[3], Outcome::Reject(_)));
    assert_eq!(level(&db, "day").await, (49, 1, 0));
}

fn adjustment(change: i64) -> AdjustStock {
    AdjustStock {
        timestamp: Timestamp::now(),
        adjustment_id: AdjustmentId(random_id()),
        ticket_type: domain::TicketTypeId::parse("day").unwrap(),
        change,
        reason: "more room".to_owned(),
        actor: "admin@festflow.local".to_owned(),
    }
}

story! {
    async fn stock_is_adjusted_once_and_never_below_what_is_held(place: &Place) {
        let db = inventory(place).await;
        done(&orders(&db), &[placed(order(1, &[("day", 4)]))]).await;
        let handler = AdjustmentHandler::new(db.clone());
        let more = command(Command::AdjustStock(adjustment(10)));
        let first = done(&handler, &[more.clone(), more.clone()]).await;
        assert_eq!(first[0], first[1]);
        assert_eq!(level(&db, "day").await, (56, 4, 0));
        let too_few = done(&handler, &[command(Command::AdjustStock(adjustment(-57)))]).await;
        assert!(matches!(facts(&too_few)[..], [Event::StockAdjustmentRejected(_)]));
        let huge = done(&handler, &[command(Command::AdjustStock(adjustment(i64::MAX)))]).await;
        assert!(matches!(facts(&huge)[..], [Event::StockAdjustmentRejected(_)]));
        let all = done(&handler, &[command(Command::AdjustStock(adjustment(-56)))]).await;
        assert!(matches!(facts(&all)[..], [Event::StockAdjusted(_)]));
        assert_eq!(level(&db, "day").await, (0, 4, 0));
        let outputs = done(&orders(&db), &[placed(order(2, &[("day", 1)]))]).await;
        assert!(matches!(&facts(&outputs)[0], Event::OrderRejected(e) if e.reason == RejectReason::SoldOut));
    }
}

story! {
    /// Prices in two currencies cannot be added up, and what is on sale keeps its own.
    async fn another_currency_than_the_one_on_sale_is_refused(place: &Place) {
        let db = inventory(place).await;
        let define = async |from: &str, to: &str| {
            Catalogue::parse("new.toml", &FESTIVAL.replace(from, to)).unwrap().define(&db).await
        };
        let refused = define("EUR", "JPY").await.unwrap_err().to_string();
        assert!(refused.starts_with("new.toml: currency must be EUR"), "{refused}");
        define("price = 9000", "price = 1").await.unwrap();
        let held = done(&orders(&db), &[placed(order(1, &[("vip", 1)]))]).await;
        assert!(matches!(&facts(&held)[0], Event::InventoryReserved(e) if e.total == domain::Amount(9_000)));
    }
}

#[test]
fn a_broken_catalogue_says_where_and_what() {
    for (change, expected) in [
        (("price = 5000", "price = -1"), "price must be"),
        (("stock = 50", "stock = \"many\""), "line "),
        (
            ("max_per_order = 4", "max_per_order = 0"),
            "max_per_order must be",
        ),
        (("id = \"day\"", "id = \"Day Ticket\""), "id must be"),
        (("id = \"vip\"", "id = \"day\""), "used twice"),
        (
            ("currency = \"EUR\"", "currency = \"euros\""),
            "currency must be",
        ),
        (("2027-06-18T16:00:00Z", "next summer"), "date must be"),
        (("venue = \"Hall\"", "venu = \"Hall\""), "unknown field"),
        (("    venue = \"Hall\"", "venu = \"Hall\""), "line 6"),
        (("name = \"Day\"", "name = \" \""), "name must be"),
        (("name = \"Evening\"", "name = \"\""), "name must be"),
        (
            (
                "max_per_order = 4",
                "max_per_order = 4\n    sale_starts = \"2027-02-01T10:00:00Z\"\n    sale_ends = \"2027-02-01T10:00:00Z\"",
            ),
            "sale_ends must be after",
        ),
        (
            (
                "    [[event]]",
                "    [[event]]\n    id = \"e\"\n    name = \"n\"\n    venue = \"v\"\n    date = \"2027-06-18T16:00:00Z\"\n    [[event]]",
            ),
            "used twice",
        ),
    ] {
        let text = FESTIVAL.replacen(change.0, change.1, 1);
        let error = Catalogue::parse("festival.toml", &text)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected) && error.starts_with("festival.toml"),
            "{change:?}: {error}"
        );
        assert!(!error.contains('\n'), "one line: {error}");
    }
}
