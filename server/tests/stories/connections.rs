//! Who takes more connections, time or places than anybody needs. Everybody else goes on.

use crate::support::buyer::order_of;
use crate::support::server::limits;
use crate::support::{Buyer, Festival, Options, PATIENCE, Socket, TestServer, eventually};
use reqwest::StatusCode;
use server::HttpSettings;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Another address of this machine than the one that silent connections come from.
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

async fn with(festival: &Festival, http: HttpSettings) -> TestServer {
    let options = Options {
        http,
        ..Options::default()
    };
    TestServer::start(festival, "a", options).await
}

/// Connections that say nothing. Those for which there is no place are ended at once.
async fn silent(server: &TestServer, count: usize) -> Vec<TcpStream> {
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    silent
}

/// How many of them are still open.
fn open(connections: &[TcpStream]) -> usize {
    let is_open = |connection: &&TcpStream| {
        let read = connection.try_read(&mut [0; 256]);
        read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    connections.iter().filter(is_open).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_silent_connections_from_one_address_stop_nobody_else() {
    let festival = Festival::new();
    ops::raise_open_files();
    let http = HttpSettings {
        max_connections: 600,
        max_connections_per_address: 500,
        ..limits()
    };
    let server = with(&festival, http).await;
    let kim = Buyer::from(&server.base, Some(ELSEWHERE.into()));
    let admin = server.admin().await;
    let mut dashboard = Socket::open(&server, &admin, "/ws/admin").await;
    dashboard.next().await;

    let silent = silent(&server, 2_000).await;
    let ended = || async { (open(&silent) <= 500).then_some(()) };
    eventually("the end of those above the bound", ended).await;
    assert!(open(&silent) > 400, "the others are there");
    let reply = kim.try_order(&order_of("vip", 1), None).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    festival.facts().define("vip", 10).await;
    let stock = |frame: &domain::live::Frame| {
        matches!(&frame.news, domain::live::News::Stock(stock) if !stock.is_empty()).then_some(())
    };
    dashboard.until(stock).await;

    // Who says nothing has to go.
    let ended = || async { (open(&silent) == 0).then_some(()) };
    eventually("the end of the silent ones", ended).await;
    assert_eq!(kim.get("/").await.status, StatusCode::OK);
}

/// The negative control of the story above: with no bound per address they take all places, and nobody else comes in.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_bound_per_address_silent_connections_take_all_places() {
    let festival = Festival::new();
    let http = HttpSettings {
        max_connections: 600,
        max_connections_per_address: 600,
        ..limits()
    };
    let server = with(&festival, http).await;
    let _silent = silent(&server, 600).await;
    let address = server.base.trim_start_matches("http://").to_owned();
    eventually("no place", || async {
        let mut one = TcpStream::connect(&address).await.unwrap();
        let mut answer = String::new();
        let read = tokio::time::timeout(Duration::from_secs(1), one.read_to_string(&mut answer));
        matches!(read.await, Ok(Ok(_)))
            .then_some(())
            .filter(|()| answer.starts_with("HTTP/1.1 503"))
    })
    .await;
}

#[tokio::test]
async fn a_head_that_trickles_is_not_waited_for_and_a_kept_connection_is() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut kept = TcpStream::connect(&address).await.unwrap();
    let mut slow = TcpStream::connect(&address).await.unwrap();
    alive(&mut kept).await;
    let since = Instant::now();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ")
        .await
        .unwrap();
    while slow.write_all(b"x").await.is_ok() {
        assert!(since.elapsed() < Duration::from_secs(20), "it may go on");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(since.elapsed() > Duration::from_secs(9));
    alive(&mut kept).await;
}

/// Asks on this connection, which stays open.
async fn alive(connection: &mut TcpStream) {
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    connection.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"alive\n") {
        assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn sockets_are_bounded_by_address_and_the_dashboard_has_places_of_its_own() {
    let festival = Festival::new();
    let http = HttpSettings {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        max_sockets: 10,
        max_sockets_per_address: 6,
        ..limits()
    };
    let server = with(&festival, http).await;
    let (kim, admin) = (server.buyer(), server.admin().await);
    let open = async |from: &'static str| {
        let headers = [("x-forwarded-for", from)];
        Socket::try_open(&server, &kim, "/ws/shop", &headers).await
    };
    let mut sockets = Vec::new();
    for _ in 0..6 {
        sockets.push(open("198.51.100.1").await.unwrap());
    }
    assert_eq!(open("198.51.100.1").await.err(), Some(503), "its share");
    for _ in 0..3 {
        sockets.push(open("198.51.100.2").await.unwrap());
    }
    assert_eq!(open("198.51.100.3").await.err(), Some(503), "all but one");
    let _dashboard = Socket::open(&server, &admin, "/ws/admin").await;
    sockets.remove(0);
    eventually("a free place", || async { open("198.51.100.1").await.ok() }).await;
}

#[tokio::test]
async fn one_address_waits_for_so_much_news_and_no_more() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    let url = format!(
        "{}/api/orders/{}?key={}&wait=30",
        server.base, order.order_id, order.key
    );
    let client = reqwest::Client::new();
    let mut polls = tokio::task::JoinSet::new();
    for _ in 0..=100 {
        polls.spawn(client.get(&url).send());
    }
    let first = tokio::time::timeout(PATIENCE, polls.join_next()).await;
    let first = first.expect("nobody is refused").unwrap();
    let refused = first.unwrap().unwrap().status();
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    let now = url.replace("&wait=30", "");
    assert_eq!(
        client.get(now).send().await.unwrap().status(),
        StatusCode::OK
    );
}
