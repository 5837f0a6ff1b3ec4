//! What takes long is done one at a time for each admin: nobody's windows take the server from the sale or from other admins.

use crate::support::facts::some_order;
use crate::support::server::PASSWORD;
use crate::support::trouble::{Mood, Switched};
use crate::support::{Buyer, Festival, Options, PATIENCE, TestServer, eventually};
use bus::EventLog;
use domain::Event;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const TABLE: &str = "/api/admin/sales.csv";
const SALES: usize = 3_000;
/// So long that the table is larger than all buffers between a server and a client that reads nothing.
const EVENT_NAME: usize = 4_000;

/// An admin with an account of their own.
async fn another_admin(festival: &Festival, server: &TestServer) -> Buyer {
    let file = festival.path().join("accounts.db").display().to_string();
    let mut accounts = SqliteConnection::connect(&format!("sqlite:{file}"))
        .await
        .unwrap();
    let add = "INSERT INTO users (user_id, email, name, password_hash, created_at, announced)
               SELECT 'lee', 'lee@example.org', 'Lee', password_hash, created_at, 1 FROM users";
    sqlx::query(add).execute(&mut accounts).await.unwrap();
    let lee = server.buyer();
    let credentials = json!({ "email": "lee@example.org", "password": PASSWORD });
    let reply = lee.post_json("/api/session", &credentials, &[]).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    lee
}

/// A server that knows of many sales.
async fn after_many_sales(festival: &Festival) -> TestServer {
    let facts = festival.facts();
    facts.define("vip", SALES as i64).await;
    for _ in 0..SALES / 500 {
        let sales = (0..50).flat_map(|_| facts.whole_sale(some_order(), "hash", "vip", 10));
        let with_a_long_name = sales.map(|mut event| {
            if let Event::TicketSold(sold) = &mut event {
                sold.event = "x".repeat(EVENT_NAME);
            }
            event
        });
        facts.append(with_a_long_name.collect()).await;
    }
    let server = festival.server("a").await;
    let admin = server.admin().await;
    eventually("all sales", || async { whole(&admin).await.then_some(()) }).await;
    server
}

/// Whether somebody gets the whole table, which may be refused once for another one that is on its way.
async fn whole(admin: &Buyer) -> bool {
    let table = admin.get(TABLE).await;
    if table.status == StatusCode::TOO_MANY_REQUESTS {
        return false;
    }
    assert_eq!(table.status, StatusCode::OK);
    table.body.lines().count() == SALES + 1
}

/// A download of which only the beginning is read.
async fn stalled(server: &TestServer, admin: &Buyer) -> TcpStream {
    let address = server.base.trim_start_matches("http://");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stalled = socket.connect(address.parse().unwrap()).await.unwrap();
    let cookies = admin.cookies_for(TABLE).unwrap();
    let request = format!("GET {TABLE} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\n\r\n");
    stalled.write_all(request.as_bytes()).await.unwrap();
    let mut beginning = [0; 12];
    stalled.read_exact(&mut beginning).await.unwrap();
    assert_eq!(beginning, *b"HTTP/1.1 200");
    stalled
}

#[tokio::test]
async fn an_admin_downloads_one_table_at_a_time_and_another_admin_theirs() {
    let festival = Festival::new();
    let server = after_many_sales(&festival).await;
    // In two browsers.
    let (kim, again) = (server.admin().await, server.admin().await);
    let lee = another_admin(&festival, &server).await;
    let begun = stalled(&server, &kim).await;
    for browser in [&kim, &again] {
        let second = browser.get(TABLE).await;
        assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(
            second.json()["detail"]
                .as_str()
                .unwrap()
                .contains("already")
        );
        assert_eq!(second.header("retry-after"), "5");
    }
    assert!(whole(&lee).await, "nobody hinders another admin");
    // Who goes away is not waited for.
    drop(begun);
    eventually("the next table", || async {
        whole(&again).await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_download_of_which_nothing_is_taken_is_ended_and_the_next_one_begins() {
    let festival = Festival::new();
    let server = after_many_sales(&festival).await;
    let admin = server.admin().await;
    let _held = stalled(&server, &admin).await;
    assert!(!whole(&admin).await, "one at a time");
    let since = Instant::now();
    while !whole(&admin).await {
        assert!(since.elapsed() < 2 * PATIENCE, "it may stall for ever");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = since.elapsed();
    assert!(took > Duration::from_secs(20), "only slow: {took:?}");
}

const BY_ADDRESS: &str = "/api/admin/orders?q=kim@example.org";
const BY_STATUS: &str = "/api/admin/orders?status=confirmed";

async fn refused(admin: &Buyer, path: &str) {
    eventually("one too many", || async {
        let reply = admin.get(path).await;
        (reply.status == StatusCode::TOO_MANY_REQUESTS).then_some(reply)
    })
    .await;
}

#[tokio::test]
async fn an_admin_searches_for_one_thing_at_a_time_and_hinders_no_other_admin() {
    let festival = Festival::new();
    let log = Switched::new(festival.bus.log.clone());
    let options = Options {
        log: Some(log.clone() as Arc<dyn EventLog>),
        ..Options::default()
    };
    let server = TestServer::start(&festival, "a", options).await;
    let (kim, again) = (server.admin().await, server.admin().await);
    let lee = another_admin(&festival, &server).await;

    // The log does not answer Kim's first search, and answers whoever asks later.
    log.set(Mood::Silent);
    let (client, url) = (
        reqwest::Client::new(),
        format!("{}{BY_ADDRESS}", server.base),
    );
    let cookies = kim.cookies_for(BY_ADDRESS).unwrap();
    let first = client.request(Method::GET, url).header("cookie", cookies);
    let first = tokio::spawn(first.send());
    refused(&again, BY_STATUS).await;
    log.set(Mood::Well);
    let problem = again.get(BY_STATUS).await;
    assert_eq!(problem.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        problem.json()["detail"]
            .as_str()
            .unwrap()
            .contains("earlier search")
    );
    assert!(!problem.header("retry-after").is_empty());
    let page = again.get("/admin/orders?status=confirmed").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.body.contains("earlier search"), "{}", page.body);
    // What is no search does not wait for one.
    assert_eq!(again.get("/api/admin/orders").await.status, StatusCode::OK);
    assert_eq!(lee.get(BY_ADDRESS).await.status, StatusCode::OK);
    assert_eq!(lee.get(BY_STATUS).await.status, StatusCode::OK);

    // Who waits has a turn as soon as the earlier search is given up.
    let waiting = tokio::spawn(async move { again.get(BY_ADDRESS).await });
    first.abort();
    assert_eq!(waiting.await.unwrap().status, StatusCode::OK);
}
