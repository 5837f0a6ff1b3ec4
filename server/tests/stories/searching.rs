//! Finding an order by what people know of it.

use crate::support::facts::some_order;
use crate::support::{Festival, eventually};
use domain::OrderId;
use reqwest::StatusCode;

#[tokio::test]
async fn an_order_is_found_by_number_end_address_and_status() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let (kim, lee, stuck) = (some_order(), some_order(), some_order());
    facts.append(facts.whole_sale(kim, "hash", "vip", 1)).await;
    facts.append(facts.whole_sale(lee, "hash", "vip", 1)).await;
    facts
        .append(vec![
            facts.reserved(stuck, "hash", "vip", 2),
            facts.buyer(kim, "kim@example.org"),
            facts.buyer(lee, "lee@example.org"),
            facts.buyer(stuck, "Kim@Example.org"),
        ])
        .await;
    let number = kim.to_string();
    let end = number.get(24..).unwrap();
    for (query, expected) in [
        (format!("q={number}"), vec![kim]),
        (format!("q={end}"), vec![kim]),
        ("q=lee@example.org".to_owned(), vec![lee]),
        ("q=KIM@example.org".to_owned(), vec![kim, stuck]),
        ("q=kim@example.org&status=reserved".to_owned(), vec![stuck]),
        ("status=reserved".to_owned(), vec![stuck]),
        ("q=nobody@example.org".to_owned(), vec![]),
    ] {
        let mut expected: Vec<String> = expected.iter().map(OrderId::to_string).collect();
        expected.sort();
        eventually(&query, || async {
            let answer = admin.get(&format!("/api/admin/orders?{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let rows = answer.json();
            let mut found: Vec<String> = rows
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["order_id"].as_str().unwrap().to_owned())
                .collect();
            found.sort();
            (found == expected).then_some(())
        })
        .await;
    }
    let page = admin.get("/admin/orders?q=kim%40example.org").await;
    assert!(page.body.contains("2 orders") && page.body.contains(&number));
}

#[tokio::test]
async fn among_orders_that_wait_one_is_found_by_its_number() {
    let festival = Festival::new();
    festival.facts().define("vip", 100).await;
    let server = festival.server("a").await;
    let (admin, buyer) = (server.admin().await, server.buyer());
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(buyer.order("vip", 1).await.order_id);
    }
    let number = orders[1].to_string();
    for (q, found) in [
        ("", 3),
        (number.as_str(), 1),
        (&number[24..], 1),
        ("kim@example.org", 0),
    ] {
        let waiting = admin
            .get(&format!("/api/admin/orders?status=received&q={q}"))
            .await
            .json();
        assert_eq!(waiting.as_array().unwrap().len(), found, "{q}: {waiting}");
    }
}

#[tokio::test]
async fn what_is_no_number_nor_address_is_told_beside_the_field() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let wrong = admin.get("/api/admin/orders?q=kim").await;
    assert_eq!(wrong.wrong_fields(), ["q"]);
    let wrong = admin.get("/api/admin/orders?status=lost").await;
    assert_eq!(wrong.wrong_fields(), ["status"]);
    let page = admin.get("/admin/orders?q=kim").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("id=\"q.error\"") && page.body.contains("value=\"kim\""));
    let page = admin.get("/admin/orders?status=lost").await;
    assert!(page.body.contains("id=\"status.error\"") && page.body.contains("must be one of"));
    for path in ["/api/admin/orders?q=kim@example.org", "/admin/orders"] {
        let stranger = server.buyer().get(path).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}
