//! What servers know of the sale comes from the log, whatever happens to their files.

use crate::support::facts::{message, some_order};
use crate::support::{Festival, Options, TestServer, eventually};
use bus::{Message, Positions, Topic};
use domain::{AdjustmentId, MessageId};
use serde_json::{Value, json};
use sqlx::{Connection, Row, SqliteConnection};
use std::path::Path;
use uuid::Uuid;

/// All tables as text, without what is local to the file: the order of arrival, and which counters were ever counted.
pub async fn dump(path: &Path) -> Vec<String> {
    let mut file = SqliteConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    let mut rows = Vec::new();
    for (table, columns) in [
        ("positions", "topic, partition, next, last_id"),
        (
            "events LEFT JOIN orders ON orders.seq = order_seq",
            "id, partition, offset, kind, order_id, payload",
        ),
        ("orders", "order_id, updated_at, state"),
        ("ticket_types", "ticket_type, definition"),
        ("stock", "ticket_type, remaining, held, sold, version"),
        (
            "adjustments",
            "adjustment_id, decided_at, ticket_type, change, actor, reason, refused",
        ),
        ("counters WHERE value <> 0", "name, value"),
        ("periods", "length, start, placed, sold"),
        ("unreadable", "partition, offset, kind, why, payload"),
    ] {
        let sql = format!("SELECT json_array({columns}) FROM {table} ORDER BY 1");
        for row in sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut file)
            .await
            .unwrap()
        {
            let name = table.split(' ').next().unwrap();
            rows.push(format!("{name} {}", row.get::<String, _>(0)));
        }
    }
    rows
}

/// Waits until a server has read the whole log.
pub async fn up_to_date(festival: &Festival, server: &TestServer) {
    let ends = festival.bus.log.ends(Topic::Analytics).await.unwrap();
    eventually("the read model", || async {
        let page = server.buyer().get("/").await.body;
        let cursor = page.split("data-since=\"").nth(1)?.split('"').next()?;
        let at: Positions = cursor.parse().unwrap();
        let read = |(lane, end): (&(Topic, i32), &i64)| *end == 0 || at.0.get(lane) == Some(end);
        ends.0.iter().all(read).then_some(())
    })
    .await;
}

fn tickets_of(reply: &Value) -> Vec<Value> {
    reply[0]["ticket_types"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

async fn tell_a_sale(festival: &Festival) {
    let facts = festival.facts();
    facts.define("vip", 100).await;
    facts.define("day", 50).await;
    for number in 1..=20 {
        let order = some_order();
        let events = match number % 4 {
            0 => vec![facts.rejected(order, "hash", "vip", 3)],
            1 => {
                let mut events = vec![facts.reserved(order, "hash", "day", 1)];
                events.extend(facts.declined(order, "day", 1));
                events
            }
            _ => facts.whole_sale(order, "hash", "vip", 2),
        };
        // Everything comes twice, as a log may have it.
        let messages: Vec<_> = events.iter().map(message).collect();
        facts.append_messages(messages.clone()).await;
        facts.append_messages(messages).await;
    }
    let adjustment = AdjustmentId(Uuid::now_v7());
    facts
        .append(vec![facts.adjusted(adjustment, "vip", 7)])
        .await;
}

#[tokio::test]
async fn deleted_it_is_made_again_and_is_equal() {
    rebuilt_equal_on(Festival::new()).await;
}

pub async fn rebuilt_equal_on(festival: Festival) {
    tell_a_sale(&festival).await;
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    let tickets = server.buyer().get("/api/tickets").await.json();
    let path = server.read_model.clone();
    server.stop().await;
    let before = dump(&path).await;
    assert!(before.len() > 100, "there is something to compare");

    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    assert_eq!(server.buyer().get("/api/tickets").await.json(), tickets);
    server.stop().await;
    assert_eq!(dump(&path).await, before);

    // The control: one event more and it is not equal.
    let facts = festival.facts();
    facts.append(vec![facts.mailed(some_order())]).await;
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    server.stop().await;
    assert_ne!(dump(&path).await, before);
}

#[tokio::test]
async fn repeats_count_once() {
    let festival = Festival::new();
    tell_a_sale(&festival).await;
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    let tickets = tickets_of(&server.buyer().get("/api/tickets").await.json());
    let vip = tickets.iter().find(|t| t["ticket_type"] == "vip").unwrap();
    assert_eq!(
        (&vip["remaining"], &vip["capacity"]),
        (&json!(87), &json!(107))
    );
    let path = server.read_model.clone();
    server.stop().await;
    let rows = dump(&path).await;
    let periods = rows.iter().filter_map(|row| row.strip_prefix("periods "));
    let (placed, sold) = periods
        .map(|row| serde_json::from_str::<[i64; 4]>(row).unwrap())
        .filter(|[length, ..]| *length == 1)
        .fold((0, 0), |(placed, sold), [_, _, more, went]| {
            (placed + more, sold + went)
        });
    assert_eq!((placed, sold), (20, 20));
    let counters: Vec<_> = rows
        .into_iter()
        .filter(|row| row.contains("counters"))
        .collect();
    for counter in [
        r#"counters ["tickets:vip",20]"#,
        r#"counters ["orders:confirmed",10]"#,
        r#"counters ["orders:cancelled",5]"#,
        r#"counters ["orders:rejected",5]"#,
        r#"counters ["amount:confirmed",100000]"#,
        r#"counters ["captured",100000]"#,
        r#"counters ["mails_sent",10]"#,
    ] {
        assert!(
            counters.contains(&counter.to_owned()),
            "{counter} is not in {counters:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_and_stops_nobody() {
    unreadable_set_aside_on(Festival::new()).await;
}

pub async fn unreadable_set_aside_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let order = some_order();
    let good = message(&facts.reserved(order, "hash", "vip", 1));
    let broken = |kind: &str, payload: &str, schema: u32| Message {
        id: MessageId(Uuid::now_v7()),
        kind: kind.to_owned(),
        payload: payload.to_owned(),
        schema,
        ..good.clone()
    };
    let absurd = r#"{"timestamp":1,"adjustment_id":"0190c2a4-7d5e-7a3b-8f10-000000000001","ticket_type":"vip",
        "change":1,"reason":"","actor":"","stock":{"vip":{"remaining":9223372036854775807,"held":1,"sold":1,"version":99}}}"#;
    facts
        .append_messages(vec![
            broken("TICKET_SOLD", "{", domain::SCHEMA),
            broken("ORDER_CONFIRMED", "\u{0}\u{fffd}", domain::SCHEMA),
            broken("TICKET_SOLD", &good.payload, 99),
            broken("STOCK_ADJUSTED", absurd, domain::SCHEMA),
            broken("SOMETHING_NEW", r#"{"timestamp":1.5}"#, domain::SCHEMA),
            good.clone(),
        ])
        .await;
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    let tickets = tickets_of(&server.buyer().get("/api/tickets").await.json());
    assert_eq!(tickets[0]["remaining"], 9, "what came behind them counts");
    let path = server.read_model.clone();
    server.stop().await;
    let rows = dump(&path).await;
    let count = |table: &str| rows.iter().filter(|row| row.starts_with(table)).count();
    assert_eq!(count("unreadable"), 4, "{rows:?}");
    assert_eq!(count("events"), 3, "an unknown type is kept");
}

#[tokio::test]
async fn a_log_that_was_made_again_is_not_read_until_somebody_says_which_counts() {
    made_again_on(Festival::new(), Festival::new()).await;
}

/// The topic was deleted, and made again by whoever came first: the second festival's log is what was found then.
pub async fn made_again_on(festival: Festival, other: Festival) {
    tell_a_sale(&festival).await;
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    let path = server.read_model.clone();
    server.stop().await;
    let history = dump(&path).await;

    // More than was ever known, so that positions alone say nothing.
    other.facts().define("camp", 5).await;
    let sales = (0..100).flat_map(|_| {
        let order = some_order();
        other.facts().whole_sale(order, "hash", "camp", 1)
    });
    other.facts().append(sales.collect()).await;
    let file = other.path().join("a.db");
    std::fs::copy(&path, &file).unwrap();

    let server = other.server("a").await;
    let fingerprint = eventually("the dashboard asks which counts", async || {
        let page = server.admin().await.get("/admin").await.body;
        let (_, rest) = page.split_once("FESTFLOW_KEEP_HISTORY=")?;
        Some(rest[..12].to_owned())
    })
    .await;
    let ready = server.buyer().get("/readyz").await;
    assert_eq!(ready.status, 503);
    let parts = ready.json()["parts"].clone();
    let log = parts
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "log");
    assert_eq!(log.unwrap()["ready"], false, "{parts}");
    assert_eq!(
        ticket_types(&server).await,
        ["day", "vip"],
        "the history is shown"
    );
    server.stop().await;
    assert_eq!(dump(&file).await, history, "and kept as it was");

    // Another history's name says nothing about this one.
    let keeping = async |fingerprint: &str| {
        let options = Options {
            keep_history: Some(fingerprint.to_owned()),
            ..Options::default()
        };
        TestServer::start(&other, "a", options).await
    };
    let server = keeping("0123456789ab").await;
    eventually("it asks again", async || {
        let page = server.admin().await.get("/admin").await.body;
        page.contains(&fingerprint).then_some(())
    })
    .await;
    server.stop().await;

    let server = keeping(&fingerprint).await;
    up_to_date(&other, &server).await;
    server.ready().await;
    assert_eq!(ticket_types(&server).await.len(), 3);
    server.stop().await;
    let kept = dump(&file).await;
    let lines = |rows: &[String], table: &str| {
        let rows = rows.iter().filter(|row| row.starts_with(table));
        rows.count()
    };
    assert_eq!(lines(&kept, "orders"), lines(&history, "orders") + 100);

    // That is said once: from now on this is the log.
    let server = other.server("a").await;
    server.ready().await;
    server.stop().await;

    // The other answer: the log counts.
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    let server = other.server("a").await;
    up_to_date(&other, &server).await;
    server.ready().await;
    assert_eq!(ticket_types(&server).await, ["camp"]);
    server.stop().await;
}

async fn ticket_types(server: &TestServer) -> Vec<String> {
    let tickets = tickets_of(&server.buyer().get("/api/tickets").await.json());
    let ids = tickets
        .iter()
        .map(|it| it["ticket_type"].as_str().unwrap().to_owned());
    ids.collect()
}

#[tokio::test]
async fn a_damaged_file_is_made_anew() {
    let festival = Festival::new();
    festival.facts().define("vip", 5).await;
    std::fs::write(
        festival.path().join("a.db"),
        "not a database at all, but long enough ".repeat(99),
    )
    .unwrap();
    let server = festival.server("a").await;
    up_to_date(&festival, &server).await;
    assert_eq!(
        tickets_of(&server.buyer().get("/api/tickets").await.json()).len(),
        1
    );
}
