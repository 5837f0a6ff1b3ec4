//! Orders come in.

use crate::support::Festival;
use crate::support::buyer::order_of;
use domain::OrderStatus;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn an_order_is_accepted_and_waits_on_the_queue() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let reply = kim.try_order(&order_of("vip", 2), None).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
    let body = reply.json();
    let (id, key) = (
        body["order_id"].as_str().unwrap(),
        body["key"].as_str().unwrap(),
    );
    assert_eq!(body["status"], "received");
    assert_eq!(body["url"], format!("/orders/{id}?key={key}"));
    assert_eq!(reply.location(), format!("/api/orders/{id}?key={key}"));

    let placed = festival.placed().await;
    assert_eq!(placed.order_id.to_string(), id);
    assert_eq!(placed.email.as_str(), "kim@example.org");
    assert_eq!(placed.items[0].quantity.get(), 2);

    let seen = kim.get(reply.location()).await.json();
    assert_eq!(seen["status"], "received");
    assert_eq!(
        seen["items"][0]["quantity"], 2,
        "what was ordered is known where it was accepted"
    );
    assert_eq!(seen["timeline"][0]["event_type"], "ORDER_PLACED");
    server.stop().await;
}

#[tokio::test]
async fn the_short_form_is_an_order_too() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let order = json!({ "ticket_type": "vip", "quantity": 1, "email": "kim@example.org" });
    let reply = server.buyer().try_order(&order, None).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
    assert_eq!(festival.placed().await.name.as_str(), "kim");
}

#[tokio::test]
async fn one_key_sent_a_hundred_times_is_one_order() {
    one_key_one_order_on(Festival::new()).await;
}

pub async fn one_key_one_order_on(festival: Festival) {
    let (one, two) = (festival.server("a").await, festival.server("b").await);
    let key = "a-key-of-its-own-1";
    let order = order_of("vip", 1);
    let buyers = [one.buyer(), two.buyer()];
    let sent = (0..100).map(|n| buyers[n % 2].try_order(&order, Some(key)));
    let replies = futures_util::future::join_all(sent).await;
    let mut answers: Vec<_> = replies
        .iter()
        .map(|reply| {
            assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
            let body = reply.json();
            (body["order_id"].to_string(), body["key"].to_string())
        })
        .collect();
    answers.dedup();
    assert_eq!(answers.len(), 1);

    // Whatever reached the queue is the same message.
    let waiting = usize::try_from(festival.waiting().await).unwrap();
    let mut messages: Vec<_> = festival
        .messages(bus::Queue::Orders, waiting)
        .await
        .into_iter()
        .map(|message| message.id)
        .collect();
    messages.dedup();
    assert_eq!(messages.len(), 1);

    // Calm again: what is known to be on the queue is not sent once more.
    buyers[0].try_order(&order, Some(key)).await;
    assert_eq!(festival.waiting().await, 0);

    // The control: another key is another order.
    let other = buyers[0]
        .try_order(&order, Some("a-key-of-its-own-2"))
        .await;
    assert_ne!(other.json()["order_id"].to_string(), answers[0].0);
}

#[tokio::test]
async fn a_key_that_was_used_for_another_order_is_refused() {
    let festival = Festival::new();
    let key = "a-key-of-its-own-1";
    let first = festival.server("a").await;
    let reply = first
        .buyer()
        .try_order(&order_of("vip", 1), Some(key))
        .await;
    let other = first
        .buyer()
        .try_order(&order_of("vip", 2), Some(key))
        .await;
    assert_eq!(
        other.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "memory knows"
    );
    assert_eq!(other.wrong_fields(), ["Idempotency-Key"]);

    // A server that was not there learns it from the log.
    let placed = festival.placed().await;
    let facts = festival.facts();
    facts
        .append(facts.whole_sale(placed.order_id, &placed.request_hash, "vip", 1))
        .await;
    let second = festival.server("b").await;
    let accepted = serde_json::from_str(&reply.body).unwrap();
    second
        .buyer()
        .see_once(&accepted, OrderStatus::Confirmed)
        .await;
    let other = second
        .buyer()
        .try_order(&order_of("vip", 2), Some(key))
        .await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{other:?}");
    let same = second
        .buyer()
        .try_order(&order_of("vip", 1), Some(key))
        .await;
    assert_eq!(same.json()["order_id"], reply.json()["order_id"]);
    assert_eq!(festival.waiting().await, 0, "it is decided already");
}

#[tokio::test]
async fn what_slipped_through_opens_nothing() {
    let festival = Festival::new();
    let key = "a-key-of-its-own-1";
    let (one, two) = (festival.server("a").await, festival.server("b").await);
    let right = one.buyer().try_order(&order_of("vip", 1), Some(key)).await;
    // The other server knows nothing of it yet.
    let wrong = two.buyer().try_order(&order_of("vip", 2), Some(key)).await;
    assert_eq!(wrong.status, StatusCode::ACCEPTED);
    assert_eq!(right.json()["order_id"], wrong.json()["order_id"]);
    assert_ne!(right.json()["key"], wrong.json()["key"]);
    let placed = festival.placed().await;
    let facts = festival.facts();
    facts
        .append(facts.whole_sale(placed.order_id, &placed.request_hash, "vip", 1))
        .await;
    let (opens, opens_nothing) = if placed.items[0].quantity.get() == 1 {
        (right, wrong)
    } else {
        (wrong, right)
    };
    let accepted = serde_json::from_str(&opens.body).unwrap();
    one.buyer()
        .see_once(&accepted, OrderStatus::Confirmed)
        .await;
    let refused = one.buyer().get(opens_nothing.location()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_order_opens_with_its_own_key_only() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let (mine, other) = (kim.order("vip", 1).await, kim.order("vip", 1).await);
    for (id, key) in [
        (mine.order_id, other.key.as_str()),
        (mine.order_id, ""),
        (mine.order_id, &mine.key[1..]),
        (other.order_id, &mine.key),
    ] {
        for path in ["/api/orders", "/orders"] {
            let reply = kim.get(&format!("{path}/{id}?key={key}")).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{reply:?}");
        }
        let pdf = kim
            .get(&format!("/api/orders/{id}/ticket.pdf?key={key}"))
            .await;
        assert_eq!(pdf.status, StatusCode::FORBIDDEN);
    }
    kim.see(&mine).await;
}
