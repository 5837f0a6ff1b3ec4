//! A buyer follows an order.

use crate::support::buyer::order_of;
use crate::support::{Festival, eventually};
use domain::OrderStatus;
use domain::view::{Accepted, OrderView};
use reqwest::StatusCode;
use std::time::{Duration, Instant};

#[tokio::test]
async fn an_order_is_followed_to_its_tickets_on_any_server() {
    order_followed_on(Festival::new()).await;
}

pub async fn order_followed_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let (one, two) = (festival.server("a").await, festival.server("b").await);
    one.sells("vip").await;
    two.sells("vip").await;
    let kim = one.buyer();
    let order = kim.order("vip", 2).await;
    let placed = festival.placed().await;
    let (id, hash) = (placed.order_id, placed.request_hash);

    let early = kim
        .get(&format!("/api/orders/{id}/ticket.pdf?key={}", order.key))
        .await;
    assert_eq!(
        early.status,
        StatusCode::CONFLICT,
        "there are no tickets yet"
    );
    let early = kim
        .get(&format!("/api/orders/{id}/calendar.ics?key={}", order.key))
        .await;
    assert_eq!(early.status, StatusCode::CONFLICT, "nor a date to keep");

    facts
        .append(vec![facts.reserved(id, &hash, "vip", 2)])
        .await;
    let held = kim.see_once(&order, OrderStatus::Reserved).await;
    assert_eq!(held.items[0].name, "The vip ticket");
    assert!(held.expires_at.is_some() && held.tickets.is_empty());

    facts.append(vec![facts.paid(id, 2)]).await;
    kim.see_once(&order, OrderStatus::Paid).await;
    facts.append(facts.sold(id, "vip", 2)).await;
    facts.append(vec![facts.mailed(id)]).await;

    let elsewhere = two.buyer();
    let view = eventually("the mail", || async {
        Some(elsewhere.see(&order).await).filter(|view| view.mail_sent)
    })
    .await;
    assert_eq!(view.status, OrderStatus::Confirmed);
    assert_eq!(view.tickets.len(), 2);
    assert_ne!(view.tickets[0].code, view.tickets[1].code);
    assert!(view.tickets[0].code.starts_with("FF1."));
    let steps: Vec<_> = view
        .timeline
        .iter()
        .map(|step| step.event_type.as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "ORDER_PLACED",
            "INVENTORY_RESERVED",
            "PAYMENT_PROCESSED",
            "TICKET_SOLD",
            "TICKET_SOLD",
            "ORDER_CONFIRMED",
            "MAIL_SENT"
        ]
    );
    let pdf = elsewhere
        .get(&format!("/api/orders/{id}/ticket.pdf?key={}", order.key))
        .await;
    assert_eq!(
        pdf.header("content-type"),
        "application/pdf",
        "{:?}",
        pdf.status
    );
    assert!(pdf.body.starts_with("%PDF-"));

    let calendar = elsewhere
        .get(&format!("/api/orders/{id}/calendar.ics?key={}", order.key))
        .await;
    assert_eq!(
        calendar.header("content-type"),
        "text/calendar; charset=utf-8"
    );
    let lines: Vec<_> = calendar.body.lines().collect();
    assert!(lines.contains(&"DTSTART:20270618T140000Z"), "{lines:?}");
    let entries = lines.iter().filter(|line| **line == "BEGIN:VEVENT");
    assert_eq!(entries.count(), 1, "two tickets, one evening");

    let tickets = elsewhere.get("/api/tickets").await.json();
    let vip = &tickets[0]["ticket_types"][0];
    assert_eq!(
        (vip["remaining"].as_i64(), vip["capacity"].as_i64()),
        (Some(8), Some(10))
    );
    assert_eq!(
        (&vip["price"], &vip["currency"]),
        (&5_000.into(), &"EUR".into())
    );
}

#[tokio::test]
async fn a_declined_card_is_told_with_its_reason() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let server = festival.server("a").await;
    let kim = server.buyer();
    let order = kim.order("vip", 2).await;
    let placed = festival.placed().await;
    facts
        .append(vec![facts.reserved(
            placed.order_id,
            &placed.request_hash,
            "vip",
            2,
        )])
        .await;
    facts
        .append(facts.declined(placed.order_id, "vip", 2))
        .await;
    kim.see_once(&order, OrderStatus::Cancelled).await;
    let view = kim
        .get(&format!("/api/orders/{}?key={}", order.order_id, order.key))
        .await
        .json();
    assert_eq!(view["reason"], "card_declined");
    let tickets = kim.get("/api/tickets").await.json();
    assert_eq!(tickets[0]["ticket_types"][0]["remaining"], 10, "given back");
}

#[tokio::test]
async fn a_long_poll_ends_with_the_next_change_or_in_time() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let server = festival.server("a").await;
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    let placed = festival.placed().await;
    let address = |wait: u32| {
        format!(
            "/api/orders/{}?key={}&wait={wait}",
            order.order_id, order.key
        )
    };
    let view = |body: &str| serde_json::from_str::<OrderView>(body).unwrap();

    let since = Instant::now();
    let reply = kim.get(&address(1)).await;
    assert_eq!(view(&reply.body).status, OrderStatus::Received);
    assert!(
        since.elapsed() >= Duration::from_secs(1),
        "nothing happened, so it waited"
    );

    let since = Instant::now();
    let path = address(20);
    let (reply, ()) = tokio::join!(kim.get(&path), async {
        // Something else happens first, which is nobody's news here.
        let other = crate::support::facts::some_order();
        facts
            .append(vec![facts.reserved(other, "other", "vip", 1)])
            .await;
        facts
            .append(vec![facts.reserved(
                placed.order_id,
                &placed.request_hash,
                "vip",
                1,
            )])
            .await;
    });
    assert_eq!(view(&reply.body).status, OrderStatus::Reserved);
    assert!(since.elapsed() < Duration::from_secs(10));

    facts
        .append(facts.declined(placed.order_id, "vip", 1))
        .await;
    kim.see_once(&order, OrderStatus::Cancelled).await;
    let since = Instant::now();
    kim.get(&address(20)).await;
    assert!(
        since.elapsed() < Duration::from_secs(5),
        "nothing more will happen, so it does not wait"
    );
}

#[tokio::test]
async fn a_server_stops_soon_although_somebody_polls() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    let path = format!("/api/orders/{}?key={}&wait=30", order.order_id, order.key);
    let since = Instant::now();
    let poll = tokio::spawn(async move { kim.get(&path).await });
    // Stopped while the request is under way, or just before: it is answered either way, or never taken.
    let lou = server.buyer();
    lou.get("/healthz").await;
    server.stop().await;
    assert!(since.elapsed() < Duration::from_secs(10));
    if let Ok(reply) = poll.await {
        assert_eq!(reply.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn accepted_orders_are_counted_per_request_not_per_try() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let reply = kim
        .try_order(&order_of("vip", 1), Some("a-key-of-its-own-1"))
        .await;
    let again = kim
        .try_order(&order_of("vip", 1), Some("a-key-of-its-own-1"))
        .await;
    let parse = |body: &str| serde_json::from_str::<Accepted>(body).unwrap();
    assert_eq!(parse(&reply.body), parse(&again.body));
    assert_eq!(festival.waiting().await, 1);
}
