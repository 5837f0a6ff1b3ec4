//! Running the sale.

use crate::support::facts::some_order;
use crate::support::{Festival, eventually};
use bus::Queue;
use domain::Command;
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn the_dashboard_as_json() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let sold = some_order();
    facts.append(facts.whole_sale(sold, "hash", "vip", 3)).await;
    facts
        .append(vec![facts.reserved(some_order(), "hash", "vip", 2)])
        .await;
    server.buyer().order("vip", 1).await;

    let overview = eventually("the sale", || async {
        let overview = admin.get("/api/admin/overview").await.json();
        (overview["totals"]["held"] == 2).then_some(overview)
    })
    .await;
    let totals = &overview["totals"];
    assert_eq!(
        (&totals["sold"], &totals["remaining"]),
        (&json!(3), &json!(95))
    );
    assert_eq!(
        (&totals["revenue"], &totals["accepted"]),
        (&json!(15_000), &json!(1))
    );
    assert_eq!(overview["stock"][0]["level"]["sold"], 3);
    assert_eq!(overview["sales"].as_array().unwrap().len(), 3);
    assert_eq!(overview["sales"][0]["ticket_number"], 3, "newest first");
    assert_eq!(overview["orders"].as_array().unwrap().len(), 3);
    assert_eq!(overview["orders"][0]["status"], "received", "it waits");

    eventually("the sale is in the last minute", || async {
        let overview = admin.get("/api/admin/overview").await.json();
        let minute = &overview["history"][0];
        let sum = |counts: &Value| -> u64 {
            counts
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_u64)
                .sum()
        };
        assert_eq!(
            (&minute["span"], &minute["step"]),
            (&json!("minute"), &json!(1))
        );
        ((sum(&minute["placed"]), sum(&minute["sold"])) == (2, 3)).then_some(())
    })
    .await;

    let queues = admin.get("/api/admin/queues").await.json();
    let orders = queues["queues"]
        .as_array()
        .unwrap()
        .iter()
        .find(|q| q["name"] == "orders")
        .unwrap();
    assert_eq!((&orders["ready"], &orders["dead"]), (&json!(1), &json!(0)));
    let groups: Vec<_> = queues["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["group"].clone())
        .collect();
    assert!(
        groups.contains(&json!("inventory")) && groups.contains(&json!("email")),
        "{groups:?}"
    );

    let order = admin.get(&format!("/api/admin/orders/{sold}")).await.json();
    assert_eq!(order["status"], "confirmed");
    let page = admin.get(&format!("/admin/orders/{sold}")).await;
    assert!(
        page.body.contains("ticket 3 of 3, The vip ticket"),
        "{}",
        page.body
    );
    let nobodys = admin
        .get(&format!("/api/admin/orders/{}", some_order()))
        .await;
    assert_eq!(nobodys.status, StatusCode::NOT_FOUND);
    let nobodys = admin.get(&format!("/admin/orders/{}", some_order())).await;
    assert_eq!(nobodys.status, StatusCode::NOT_FOUND);
    assert!(nobodys.body.contains("To the dashboard"), "{nobodys:?}");
    let list = admin.get("/api/admin/orders?limit=1").await.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let wrong = admin.get("/api/admin/orders?limit=x").await;
    assert_eq!(wrong.wrong_fields(), ["limit"]);
}

#[tokio::test]
async fn all_sales_are_a_table_for_other_programs() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 5_000).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let empty = admin.get("/api/admin/sales.csv").await;
    assert_eq!(empty.status, StatusCode::OK);
    assert_eq!(
        empty.body.lines().count(),
        1,
        "the columns' names: {empty:?}"
    );
    // More than are read at a time.
    for _ in 0..250 {
        facts
            .append(facts.whole_sale(some_order(), "hash", "vip", 10))
            .await;
    }
    let table = eventually("all sales", || async {
        let table = admin.get("/api/admin/sales.csv").await;
        (table.body.lines().count() == 2_501).then_some(table)
    })
    .await;
    assert!(table.header("content-type").starts_with("text/csv"));
    let lines: Vec<Vec<&str>> = table
        .body
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    let columns = |line: &[&str]| line[3..8].join(" ");
    assert_eq!(
        columns(&lines[0]),
        "ticket_type ticket_number tickets_in_order price currency"
    );
    assert_eq!(columns(&lines[1]), "vip 1 10 50.00 EUR");
    let tickets: std::collections::HashSet<_> = lines[1..].iter().map(|line| line[1]).collect();
    assert_eq!(tickets.len(), 2_500, "each once");
    let nobody = server.buyer().get("/api/admin/sales.csv").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_adjustment_reaches_inventory_and_its_answer_the_page() {
    adjustment_answered_on(Festival::new()).await;
}

pub async fn adjustment_answered_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    server.sells("vip").await;
    let change = json!({ "ticket_type": "vip", "change": -20, "reason": "the meadow is smaller" });
    let asked = admin.post_json("/api/admin/stock", &change, &[]).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let command = festival.commands(Queue::Inventory, 1).await.remove(0);
    let Command::AdjustStock(command) = command else {
        panic!("{command:?}")
    };
    assert_eq!(
        asked.json()["adjustment_id"],
        command.adjustment_id.to_string()
    );
    assert_eq!(
        (command.change, command.reason.as_str()),
        (-20, "the meadow is smaller")
    );
    assert_eq!(command.actor, server::ADMIN_EMAIL);

    let form = [
        ("ticket_type", "vip"),
        ("change", "+50"),
        ("reason", "more room"),
        ("idempotency_key", "a-key-of-the-forms-own"),
    ];
    let sent = admin.post_form("/admin/stock", &form).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let pending = admin.get(sent.location()).await;
    assert!(pending.body.contains("not decided yet"), "{}", pending.body);
    let Command::AdjustStock(command) = festival.commands(Queue::Inventory, 1).await.remove(0)
    else {
        panic!()
    };
    assert_eq!(command.change, 50);
    let twice = admin.post_form("/admin/stock", &form).await;
    assert_eq!(
        twice.location(),
        sent.location(),
        "a double click is one change"
    );
    facts
        .append(vec![facts.adjusted(command.adjustment_id, "vip", 50)])
        .await;
    eventually("done", || async {
        let page = admin.get(sent.location()).await;
        page.body.contains(": done").then_some(())
    })
    .await;

    let again = [("idempotency-key", "a-key-of-its-own-1")];
    let one = admin
        .post_json("/api/admin/stock", &change, &again)
        .await
        .json();
    let two = admin
        .post_json("/api/admin/stock", &change, &again)
        .await
        .json();
    assert_eq!(one, two, "the same key is the same adjustment");
    let other = json!({ "ticket_type": "vip", "change": -21, "reason": "the meadow is smaller" });
    let refused = admin.post_json("/api/admin/stock", &other, &again).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.wrong_fields(), ["Idempotency-Key"]);
    let changed = form.map(|(name, value)| (name, if name == "change" { "60" } else { value }));
    let page = admin.post_form("/admin/stock", &changed).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("may not have been taken"));
    assert!(
        !page.body.contains("a-key-of-the-forms-own"),
        "it is another change, with a key of its own"
    );
}

#[tokio::test]
async fn a_wrong_adjustment_names_its_fields() {
    let festival = Festival::new();
    festival.facts().define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    server.sells("vip").await;
    let with = |field: &str, value: Value| {
        let mut change = json!({ "ticket_type": "vip", "change": 1, "reason": "why" });
        change[field] = value;
        change
    };
    for (change, field) in [
        (json!([]), "body"),
        (with("ticket_type", json!("loft")), "ticket_type"),
        (with("ticket_type", json!(1)), "ticket_type"),
        (with("change", json!(0)), "change"),
        (with("change", json!(1.5)), "change"),
        (with("change", json!("5")), "change"),
        (with("change", json!(1e30)), "change"),
        (with("reason", json!("")), "reason"),
        (with("reason", json!("x".repeat(201))), "reason"),
    ] {
        let refused = admin.post_json("/api/admin/stock", &change, &[]).await;
        assert_eq!(refused.wrong_fields(), [field], "{change}");
    }
    let form = [
        ("ticket_type", "vip"),
        ("change", "many"),
        ("reason", "why not"),
        ("idempotency_key", "a-key-of-the-forms-own"),
    ];
    let page = admin.post_form("/admin/stock", &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("value=\"many\"") && page.body.contains("value=\"why not\""));
    assert_eq!(
        festival
            .bus
            .queue
            .depth(Queue::Inventory)
            .await
            .unwrap()
            .ready,
        0
    );
}

#[tokio::test]
async fn the_ledger_balances_and_names_what_does_not() {
    ledger_balances_on(Festival::new()).await;
}

pub async fn ledger_balances_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let ledger = || async { admin.get("/api/admin/ledger").await.json() };
    let kim = server.buyer();
    kim.order("vip", 2).await;
    kim.order("vip", 1).await;
    let (sold, declined) = (festival.placed().await, festival.placed().await);
    facts
        .append(facts.whole_sale(sold.order_id, &sold.request_hash, "vip", 2))
        .await;
    facts
        .append(vec![facts.reserved(
            declined.order_id,
            &declined.request_hash,
            "vip",
            1,
        )])
        .await;
    facts
        .append(facts.declined(declined.order_id, "vip", 1))
        .await;
    let adjustment = domain::AdjustmentId(uuid::Uuid::now_v7());
    facts
        .append(vec![facts.adjusted(adjustment, "vip", 5)])
        .await;
    kim.order("vip", 1).await;
    let balanced = eventually("a balanced ledger", || async {
        let ledger = ledger().await;
        let read = ledger["checks"]
            .as_array()
            .unwrap()
            .iter()
            .any(|check| check["name"] == "capacity:vip" && check["left"] == 105);
        (read && ledger["balanced"] == true).then_some(ledger)
    })
    .await;
    let checks = balanced["checks"].as_array().unwrap();
    let left =
        |name: &str| checks.iter().find(|check| check["name"] == name).unwrap()["left"].clone();
    assert_eq!(left("accepted"), 3);
    assert_eq!(left("decisions"), 2);
    assert_eq!(left("capacity:vip"), 105);
    assert_eq!(left("sold:vip"), 2);
    assert_eq!(left("money"), 10_000);
    assert_eq!(left("mails"), 1);

    // The controls: an order is lost from the queue, money is taken twice, a mail is sent twice.
    festival.placed().await;
    facts
        .append(vec![
            facts.paid(sold.order_id, 2),
            facts.mailed(sold.order_id),
        ])
        .await;
    eventually("three differences", || async {
        let ledger = ledger().await;
        let wrong: Vec<_> = ledger["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| check["left"] != check["right"])
            .map(|check| check["name"].as_str().unwrap().to_owned())
            .collect();
        (wrong == ["accepted", "money", "mails"] && ledger["balanced"] == false).then_some(())
    })
    .await;
}
