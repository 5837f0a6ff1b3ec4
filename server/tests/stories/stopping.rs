//! A server is stopped while people order, wait and watch: nothing that was begun is cut.

use crate::support::buyer::order_of;
use crate::support::server::limits;
use crate::support::{Festival, Options, Socket, TestServer, eventually};
use reqwest::{Client, StatusCode};
use server::HttpSettings;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn draining(festival: &Festival, seconds: u64) -> TestServer {
    let http = HttpSettings {
        drain_seconds: seconds,
        ..limits()
    };
    let options = Options {
        http,
        ..Options::default()
    };
    TestServer::start(festival, "a", options).await
}

/// Orders until there is nobody to connect to. What else goes wrong is counted by `cut`.
async fn buyer_in_a_rush(base: String, keep: bool, taken: Arc<AtomicUsize>, cut: Arc<AtomicUsize>) {
    let client = || {
        let kept = if keep { usize::MAX } else { 0 };
        Client::builder()
            .pool_max_idle_per_host(kept)
            .build()
            .unwrap()
    };
    let client = client();
    loop {
        let order = client.post(format!("{base}/api/orders"));
        let order = order.header("content-type", "application/json");
        let sent = order.body(order_of("vip", 1).to_string()).send().await;
        let accepted = match sent {
            Err(error) if error.is_connect() => return,
            Err(_) => false,
            Ok(reply) => reply.status() == StatusCode::ACCEPTED && reply.bytes().await.is_ok(),
        };
        let count = if accepted { &taken } else { &cut };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_a_rush_cuts_no_request() {
    for _ in 0..3 {
        let festival = Festival::new();
        let server = draining(&festival, 1).await;
        let (taken, cut) = (Arc::default(), Arc::default());
        let buyers: Vec<_> = (0..16)
            .map(|n| {
                let base = server.base.clone();
                let counts = (Arc::clone(&taken), Arc::clone(&cut));
                tokio::spawn(buyer_in_a_rush(base, n % 2 == 0, counts.0, counts.1))
            })
            .collect();
        let some = |taken: &AtomicUsize| taken.load(Ordering::Relaxed) > 100;
        eventually("a rush", || async { some(&taken).then_some(()) }).await;
        server.stop().await;
        for buyer in buyers {
            buyer.await.unwrap();
        }
        assert_eq!(cut.load(Ordering::Relaxed), 0);
        let accepted = taken.load(Ordering::Relaxed) as u64;
        assert_eq!(festival.waiting().await, accepted, "the queue has them all");
    }
}

#[tokio::test]
async fn a_server_that_stops_first_says_so_then_sends_everybody_elsewhere() {
    let festival = Festival::new();
    let server = draining(&festival, 2).await;
    festival.facts().define("vip", 10).await;
    server.sells("vip").await;
    let (kim, admin) = (server.buyer(), server.admin().await);
    assert_eq!(kim.get("/readyz").await.status, StatusCode::OK);
    let mut dashboard = Socket::open(&server, &admin, "/ws/admin").await;
    let order = kim.order("vip", 1).await;
    let poll = format!("/api/orders/{}?key={}&wait=30", order.order_id, order.key);
    let polling = tokio::spawn(async move { kim.get(&poll).await });
    server.begin_to_stop();
    let told = polling.await.unwrap();
    assert_eq!(told.status, StatusCode::OK, "who waits is answered");
    assert_eq!(told.header("connection"), "close");
    let late = server.buyer();
    for asked in [&late, &server.operator()] {
        let ready = asked.get("/readyz").await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let order = late.try_order(&order_of("vip", 1), None).await;
    assert_eq!(
        order.status,
        StatusCode::ACCEPTED,
        "and still it takes orders"
    );
    assert_eq!(order.header("connection"), "close");
    // What is sold meanwhile is still shown.
    festival.facts().define("day", 10).await;
    let day = |frame: &domain::live::Frame| {
        let domain::live::News::Stock(stock) = &frame.news else {
            return None;
        };
        (stock.len() == 2).then_some(())
    };
    dashboard.until(day).await;
    assert_eq!(dashboard.closed().await, 1001);
    let ports = [server.base.clone(), server.operators.clone()];
    server.stop().await;
    for port in ports {
        let nobody = Client::new().get(format!("{port}/healthz")).send().await;
        assert!(nobody.unwrap_err().is_connect());
    }
}

#[tokio::test]
async fn a_request_whose_body_is_on_its_way_is_answered() {
    let festival = Festival::new();
    let server = draining(&festival, 0).await;
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&address).await.unwrap();
    let order = order_of("vip", 1).to_string();
    let head = format!(
        "POST /api/orders HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        order.len()
    );
    let (first, rest) = order.split_at(10);
    let begun = format!("{head}{first}");
    connection.write_all(begun.as_bytes()).await.unwrap();
    server.begin_to_stop();
    eventually("no more connections", || async {
        TcpStream::connect(&address).await.err()
    })
    .await;
    connection.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    server.stop().await;
}
