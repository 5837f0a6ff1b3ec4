//! Sockets that should not be, and how they end.

use crate::support::{Festival, Socket};
use reqwest::{Method, StatusCode};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[tokio::test]
async fn garbage_ends_a_socket_with_a_code_and_nobody_else() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let mut quiet = Socket::open(&server, &kim, "/ws/shop").await;
    let mut broken = Frame::message(vec![0xff_u8, 0xfe], OpCode::Data(Data::Text), true);
    broken.header_mut().rsv1 = true;
    for (message, code) in [
        (Message::text("{\"type\":\"sale\"}"), 1003),
        (Message::binary(vec![0_u8; 100]), 1003),
        (Message::text("x".repeat(100_000)), 1009),
        (Message::Frame(broken), 1002),
    ] {
        let mut socket = Socket::open(&server, &kim, "/ws/shop").await;
        socket.next().await;
        socket.say(message).await;
        assert_eq!(socket.closed().await, code);
    }
    let (admin, order) = (server.admin().await, kim.order("vip", 1).await);
    let mine = format!("/ws/orders/{}?key={}", order.order_id, order.key);
    for (who, path) in [(&kim, mine.as_str()), (&admin, "/ws/admin")] {
        let mut socket = Socket::open(&server, who, path).await;
        socket.say(Message::text("{")).await;
        assert_eq!(socket.closed().await, 1003, "{path}");
    }
    quiet.next().await;
    quiet.say(Message::Ping(Vec::new().into())).await;
    festival.facts().define("vip", 10).await;
    quiet.next().await;
}

#[tokio::test]
async fn who_may_not_watch_is_told_before_the_socket_opens() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let (kim, admin) = (server.buyer(), server.admin().await);
    let order = kim.order("vip", 1).await;
    let open = |who, path: String, headers| {
        let server = &server;
        async move { Socket::try_open(server, who, &path, headers).await.err() }
    };
    let mine = format!("/ws/orders/{}?key={}", order.order_id, order.key);
    assert_eq!(open(&kim, mine.clone(), &[]).await, None);
    assert_eq!(
        open(
            &kim,
            format!("/ws/orders/{}?key=wrong", order.order_id),
            &[]
        )
        .await,
        Some(403)
    );
    assert_eq!(
        open(&kim, format!("/ws/orders/{}", order.order_id), &[]).await,
        Some(403)
    );
    assert_eq!(
        open(&kim, "/ws/orders/nonsense".to_owned(), &[]).await,
        Some(404)
    );
    assert_eq!(open(&kim, "/ws/admin".to_owned(), &[]).await, Some(401));
    assert_eq!(open(&admin, "/ws/admin".to_owned(), &[]).await, None);
    // Another site's page, in this browser.
    let evil = [("origin", "https://evil.example")];
    for path in ["/ws/admin", "/ws/shop"] {
        assert_eq!(open(&admin, path.to_owned(), &evil).await, Some(403));
    }
    let own = [("origin", server.base.as_str())];
    assert_eq!(open(&admin, "/ws/admin".to_owned(), &own).await, None);
    // No socket at all.
    let plain = kim.get("/ws/shop").await;
    assert!(plain.status.is_client_error());
    plain.wrong_fields();
}

#[tokio::test]
async fn signing_out_ends_the_dashboards_of_that_session() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let (one, other) = (server.admin().await, server.admin().await);
    let mut tabs = [
        Socket::open(&server, &one, "/ws/admin").await,
        Socket::open(&server, &one, "/ws/admin").await,
    ];
    let mut stays = Socket::open(&server, &other, "/ws/admin").await;
    let out = one.send(Method::DELETE, "/api/session", &[], "").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    for tab in &mut tabs {
        assert_eq!(tab.closed().await, 1008);
    }
    festival.facts().define("vip", 10).await;
    stays
        .until(|frame| {
            matches!(frame.news, domain::live::News::Stock(ref s) if !s.is_empty()).then_some(())
        })
        .await;
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_is_gone_within_ten_seconds() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let (kim, admin) = (server.buyer(), server.admin().await);
    let order = kim.order("vip", 1).await;
    let path = format!("/ws/orders/{}?key={}", order.order_id, order.key);
    let mut sockets = [
        Socket::open(&server, &kim, "/ws/shop").await,
        Socket::open(&server, &kim, &path).await,
        Socket::open(&server, &admin, "/ws/admin").await,
    ];
    // One that answers nothing must not hold it up.
    let _deaf = Socket::open(&server, &kim, "/ws/shop").await;
    let poll = format!("/api/orders/{}?key={}&wait=30", order.order_id, order.key);
    let polling = tokio::spawn(async move { kim.get(&poll).await.status });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let since = Instant::now();
    server.begin_to_stop();
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, 1001);
    }
    assert_eq!(polling.await.unwrap(), StatusCode::OK);
    server.stop().await;
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
}
