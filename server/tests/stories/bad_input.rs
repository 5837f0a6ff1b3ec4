//! Orders that are none, or not quite.

use crate::support::Festival;
use crate::support::buyer::order_of;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_wrong_names_itself_and_reaches_no_queue() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let kim = server.buyer();
    server.sells("vip").await;
    let item = |ticket_type: &str, quantity: Value| json!({ "ticket_type": ticket_type, "quantity": quantity });
    let items = |items: Vec<Value>| {
        let mut order = order_of("vip", 1);
        order["items"] = Value::Array(items);
        order
    };
    let with = |field: &str, value: Value| {
        let mut order = order_of("vip", 1);
        order[field] = value;
        order
    };
    let vip = |quantity: Value| items(vec![item("vip", quantity)]);
    for (order, field) in [
        (json!([]), "body"),
        (items(vec![]), "items"),
        (with("items", json!("vip")), "items"),
        (
            items(vec![item("vip", json!(1)); 2]),
            "items[1].ticket_type",
        ),
        (
            items((0..21).map(|n| item(&format!("t{n}"), json!(1))).collect()),
            "items",
        ),
        (items(vec![json!("vip")]), "items[0]"),
        (items(vec![item("V I P", json!(1))]), "items[0].ticket_type"),
        (vip(json!(0)), "items[0].quantity"),
        (vip(json!(-1)), "items[0].quantity"),
        (vip(json!(1.5)), "items[0].quantity"),
        (vip(json!("2")), "items[0].quantity"),
        (vip(json!(11)), "items[0].quantity"),
        (vip(json!(1_000_000_000_000_u64)), "items[0].quantity"),
        (with("email", json!("kim")), "email"),
        (
            with("email", json!("kim@example.org\nBcc: all@example.org")),
            "email",
        ),
        (with("email", Value::Null), "email"),
        (with("name", json!("")), "name"),
        (with("name", json!("x".repeat(101))), "name"),
        (
            with("payment_token", json!("4242424242424242")),
            "payment_token",
        ),
        (with("payment_token", json!(7)), "payment_token"),
        (with("expected_total", json!(-1)), "expected_total"),
        (
            json!({ "ticket_type": "vip", "quantity": 11, "email": "a@b.org" }),
            "quantity",
        ),
    ] {
        let reply = kim.try_order(&order, None).await;
        assert!(
            matches!(reply.status.as_u16(), 400 | 422),
            "{order}: {reply:?}"
        );
        assert_eq!(reply.wrong_fields(), [field], "{order}");
    }
    let all = kim.try_order(&json!({}), None).await;
    assert_eq!(
        all.wrong_fields(),
        ["items", "email", "name", "payment_token"]
    );
    let short = kim.try_order(&order_of("vip", 1), Some("short")).await;
    assert_eq!(short.wrong_fields(), ["Idempotency-Key"]);
    assert_eq!(festival.waiting().await, 0);

    // The control: with nothing wrong it goes through.
    kim.order("vip", 10).await;
    assert_eq!(festival.waiting().await, 1);
}

#[tokio::test]
async fn what_is_no_order_at_all_is_refused_as_such() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let json = [("content-type", "application/json")];
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let big = order_of("vip", 1).to_string() + &" ".repeat(64 * 1024);
    for (method, path, headers, body, status) in [
        (Method::POST, "/api/orders", &json[..], "{".to_owned(), 400),
        (Method::POST, "/api/orders", &json[..], String::new(), 400),
        (
            Method::POST,
            "/api/orders",
            &json[..],
            "[".repeat(60_000),
            400,
        ),
        (Method::POST, "/api/orders", &json[..], big, 413),
        (
            Method::POST,
            "/api/orders",
            &form[..],
            order_of("vip", 1).to_string(),
            415,
        ),
        (
            Method::POST,
            "/api/orders",
            &[],
            order_of("vip", 1).to_string(),
            415,
        ),
        (Method::PUT, "/api/orders", &json[..], "{}".to_owned(), 405),
        (Method::GET, "/api/nothing", &[], String::new(), 404),
        (
            Method::POST,
            "/api/nothing",
            &json[..],
            "{}".to_owned(),
            404,
        ),
        (
            Method::GET,
            "/api/orders/not-an-id?key=x",
            &[],
            String::new(),
            404,
        ),
        (
            Method::GET,
            "/api/orders/0190c2a4-7d5e-7a3b-8f10-000000000001",
            &[],
            String::new(),
            403,
        ),
    ] {
        let reply = kim.send(method.clone(), path, headers, body).await;
        assert_eq!(reply.status.as_u16(), status, "{method} {path}: {reply:?}");
        reply.wrong_fields();
    }
    let page = kim.get("/nothing").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.header("content-type").starts_with("text/html"));
    let cross = [json[0], ("sec-fetch-site", "cross-site")];
    let reply = kim
        .send(
            Method::POST,
            "/api/orders",
            &cross,
            order_of("vip", 1).to_string(),
        )
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(festival.waiting().await, 0);
}
