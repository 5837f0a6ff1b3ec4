//! What people see while a broker is away.

use crate::support::buyer::order_of;
use crate::support::trouble::{Mood, Switched};
use crate::support::{Festival, Options, TestServer, eventually};
use bus::{CommandQueue, EventLog};
use domain::OrderStatus;
use domain::view::Accepted;
use reqwest::StatusCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn with_queue(festival: &Festival) -> (TestServer, Arc<Switched<dyn CommandQueue>>) {
    let queue: Arc<Switched<dyn CommandQueue>> = Switched::new(festival.bus.queue.clone());
    let options = Options {
        queue: Some(queue.clone()),
        ..Options::default()
    };
    (TestServer::start(festival, "a", options).await, queue)
}

#[tokio::test]
async fn without_a_queue_orders_are_refused_soon_and_may_be_sent_again() {
    let festival = Festival::new();
    festival.facts().define("vip", 10).await;
    let (server, queue) = with_queue(&festival).await;
    server.sells("vip").await;
    let kim = server.buyer();
    let order = order_of("vip", 1);
    let key = Some("a-key-of-its-own-1");
    let ready = async |wanted| {
        eventually("it says so", async || {
            (kim.get("/readyz").await.status == wanted).then_some(())
        })
        .await;
    };
    for mood in [Mood::Gone, Mood::Silent] {
        queue.set(mood);
        let since = Instant::now();
        let refused = kim.try_order(&order, key).await;
        assert!(
            since.elapsed() < Duration::from_secs(2),
            "{:?}",
            since.elapsed()
        );
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
        refused.wrong_fields();
        ready(StatusCode::SERVICE_UNAVAILABLE).await;
        assert_eq!(kim.get("/healthz").await.status, StatusCode::OK);
    }
    queue.set(Mood::Well);
    assert_eq!(
        kim.try_order(&order, key).await.status,
        StatusCode::ACCEPTED
    );
    ready(StatusCode::OK).await;
    assert_eq!(festival.waiting().await, 1);
}

#[tokio::test]
async fn without_a_queue_the_form_comes_back_with_a_word() {
    let festival = Festival::new();
    festival.facts().define("vip", 10).await;
    let (server, queue) = with_queue(&festival).await;
    let kim = server.buyer();
    eventually("the shop", || async {
        kim.get("/")
            .await
            .body
            .contains("The vip ticket")
            .then_some(())
    })
    .await;
    queue.set(Mood::Gone);
    let form = [
        ("quantity.vip", "2"),
        ("name", "Kim"),
        ("email", "kim@example.org"),
        ("payment_token", "tok_visa"),
        ("idempotency_key", "a-key-of-its-own-1"),
    ];
    let page = kim.post_form("/orders", &form).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        page.body.contains("could not take your order"),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("value=\"kim@example.org\"") && page.body.contains("a-key-of-its-own-1")
    );
    queue.set(Mood::Well);
    assert_eq!(
        kim.post_form("/orders", &form).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn without_a_log_orders_are_taken_and_shown_as_received() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let log: Arc<Switched<dyn EventLog>> = Switched::new(festival.bus.log.clone());
    log.set(Mood::Gone);
    let options = Options {
        log: Some(log.clone()),
        ..Options::default()
    };
    let server = TestServer::start(&festival, "a", options).await;
    let kim = server.buyer();
    let order: Accepted = kim.order("vip", 1).await;
    let placed = festival.placed().await;
    facts
        .append(facts.whole_sale(placed.order_id, &placed.request_hash, "vip", 1))
        .await;
    assert_eq!(kim.see(&order).await.status, OrderStatus::Received);
    let admin = server.admin().await;
    let queues = admin.get("/api/admin/queues").await.json();
    assert!(queues["trouble"].is_string(), "{queues}");
    assert_eq!(
        queues["queues"].as_array().unwrap().len(),
        3,
        "the queue still answers"
    );

    log.set(Mood::Well);
    kim.see_once(&order, OrderStatus::Confirmed).await;
    eventually("no trouble", || async {
        let queues = admin.get("/api/admin/queues").await.json();
        queues["trouble"].is_null().then_some(())
    })
    .await;
}
