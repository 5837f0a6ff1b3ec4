//! Pages as a browser gets them.

use crate::support::buyer::Reply;
use crate::support::{Festival, Options, TestServer, eventually};
use reqwest::{Method, StatusCode};

pub(super) async fn festival_on_sale() -> Festival {
    let festival = Festival::new();
    festival.facts().define("vip", 100).await;
    festival
}

pub(super) async fn shop(server: &TestServer) -> String {
    let kim = server.buyer();
    eventually("the shop", || async {
        let page = kim.get("/").await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        page.body.contains("The vip ticket").then_some(page.body)
    })
    .await
}

#[tokio::test]
async fn a_link_with_a_key_is_swapped_for_a_cookie() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    let swapped = kim.get(&order.url).await;
    assert_eq!(swapped.status, StatusCode::SEE_OTHER);
    assert_eq!(swapped.location(), format!("/orders/{}", order.order_id));
    assert_eq!(swapped.header("referrer-policy"), "no-referrer");
    assert_eq!(kim.get(swapped.location()).await.status, StatusCode::OK);
    // The page's own requests carry the cookie too.
    let api = format!("/api/orders/{}", order.order_id);
    assert_eq!(kim.get(&api).await.status, StatusCode::OK);
    assert_eq!(
        kim.get("/orders/0190c2a4-7d5e-7a3b-8f10-000000000001")
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn pages_let_only_their_own_scripts_run() {
    let festival = festival_on_sale().await;
    let server = festival.server("a").await;
    let kim = server.buyer();
    let (one, two) = (kim.get("/").await, kim.get("/").await);
    let policy = one.header("content-security-policy");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(one.body.contains(&format!("nonce=\"{nonce}\"")));
    assert!(
        !two.header("content-security-policy").contains(nonce),
        "a nonce is used once"
    );
    let authority = server.base.trim_start_matches("http://");
    for part in [
        "script-src 'strict-dynamic' 'nonce-",
        "'wasm-unsafe-eval'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        &format!("ws://{authority}"),
    ] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    assert!(
        !one.body.contains(" style=\""),
        "inline styles would be refused"
    );
    assert_eq!(one.header("x-content-type-options"), "nosniff");
    assert_eq!(one.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_shared_address_shows_what_is_sold_and_nobodys_order() {
    let festival = festival_on_sale().await;
    let server = festival.server("a").await;
    let page = shop(&server).await;
    let origin = &server.base;
    for tag in [
        format!("<meta property=\"og:image\" content=\"{origin}/social.png\""),
        format!("<meta property=\"og:url\" content=\"{origin}/\""),
    ] {
        assert!(page.contains(&tag), "{tag}");
    }
    assert!(page.contains("og:title") && !page.contains("noindex"));
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    let sent = kim
        .get(&format!("/orders/{}?key={}", order.order_id, order.key))
        .await;
    let page = kim.get(sent.location()).await;
    assert!(page.body.contains("noindex") && !page.body.contains("og:"));
}

#[tokio::test]
async fn pages_travel_compressed() {
    let festival = festival_on_sale().await;
    let server = festival.server("a").await;
    shop(&server).await;
    let plain = server.buyer().get("/").await;
    let asked = server
        .buyer()
        .send(Method::GET, "/", &[("accept-encoding", "gzip")], "")
        .await;
    assert_eq!(asked.header("content-encoding"), "gzip");
    assert!(asked.header("vary").contains("accept-encoding"));
    assert_eq!(plain.headers.get("content-encoding"), None);
}

#[tokio::test]
async fn files_of_a_build_are_kept_forever_and_come_compressed() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let kim = server.buyer();
    let brotli = [("accept-encoding", "br")];
    let css = kim
        .send(reqwest::Method::GET, "/pkg/b1/app.css", &brotli, "")
        .await;
    assert_eq!(css.header("content-encoding"), "br");
    assert_eq!(css.body, "compressed");
    assert!(css.header("cache-control").contains("immutable"));
    assert_eq!(kim.get("/pkg/b1/app.css").await.body, "body{}");
    let icon = kim.get("/favicon.svg").await;
    assert_eq!(icon.status, StatusCode::OK);
    assert!(!icon.header("cache-control").contains("immutable"));
    for nothing in [
        "/pkg/b2/app.css",
        "/pkg/",
        "/pkg/../../secret",
        "/..%2fsecret",
        "/pkg/b1",
    ] {
        let reply = kim.get(nothing).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{nothing}");
        assert!(!reply.header("cache-control").contains("immutable"));
    }
}

#[tokio::test]
async fn while_somebody_works_on_pages_nothing_is_kept_and_pages_may_be_told_to_load_anew() {
    let festival = Festival::new();
    let options = Options {
        watched: true,
        ..Options::default()
    };
    let watched = TestServer::start(&festival, "a", options).await.buyer();
    let page = watched.get("/").await;
    assert!(page.body.contains("/pkg/festflow.js"), "{}", page.body);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains(" ws://127.0.0.1:3002;"), "{policy}");
    for file in ["/pkg/festflow.css", "/pkg/b1/app.css", "/favicon.svg"] {
        let reply = watched.get(file).await;
        assert_eq!(reply.header("cache-control"), "no-cache", "{file}");
    }

    // The control: a published site speaks to nobody else, and only a plain name in it may change.
    let published = festival.server("b").await.buyer();
    let page = published.get("/").await;
    assert!(!page.header("content-security-policy").contains("3002"));
    let plain = published.get("/pkg/festflow.css").await;
    assert_eq!(plain.header("cache-control"), "no-cache");
    let hashed = published.get("/pkg/b1/app.css").await;
    assert!(hashed.header("cache-control").contains("immutable"));
}

#[tokio::test]
async fn cookies_are_secure_where_people_come_by_tls() {
    let festival = Festival::new();
    let options = Options {
        public_url: Some("https://tickets.example.org".to_owned()),
        ..Options::default()
    };
    let public = TestServer::start(&festival, "a", options).await;
    let home = festival.server("b").await;
    for (server, secure) in [(public, true), (home, false)] {
        let kim = server.buyer();
        let order = kim.order("vip", 1).await;
        let swapped = kim.get(&order.url).await;
        let cookies: Vec<_> = swapped.headers.get_all("set-cookie").iter().collect();
        assert_eq!(cookies.len(), 3);
        for cookie in cookies {
            assert_eq!(
                cookie.to_str().unwrap().contains("; Secure"),
                secure,
                "{cookie:?}"
            );
        }
        assert_eq!(
            !swapped.header("strict-transport-security").is_empty(),
            secure
        );
    }
}

#[tokio::test]
async fn the_operator_sees_that_it_lives_and_takes_orders() {
    let festival = Festival::new();
    // Its accounts' database is not there, which no order needs.
    let options = Options {
        accounts: Some("postgres://127.0.0.1:9/none".to_owned()),
        ..Options::default()
    };
    let server = TestServer::start(&festival, "a", options).await;
    let operator = server.buyer();
    assert_eq!(operator.get("/healthz").await.status, StatusCode::OK);
    // Orders could be taken, but nobody knows yet what is sold.
    let empty = operator.get("/readyz").await;
    assert_eq!(empty.status, StatusCode::SERVICE_UNAVAILABLE);
    let of = |reply: &Reply, name: &str| {
        let parts = reply.json()["parts"].as_array().unwrap().clone();
        let part = parts.into_iter().find(|part| part["name"] == name);
        part.unwrap()["ready"].as_bool().unwrap()
    };
    assert_eq!(empty.json()["ready"], false);
    assert!(of(&empty, "orders") && !of(&empty, "catalogue"));
    festival.facts().define("vip", 10).await;
    server.sells("vip").await;
    let ready = operator.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::OK);
    assert_eq!(ready.json()["ready"], true);
    assert!(of(&ready, "catalogue") && !of(&ready, "accounts"));
}

#[tokio::test]
async fn metrics_are_for_operators_and_readiness_is_for_load_balancers_too() {
    let festival = Festival::new();
    festival.facts().define("vip", 10).await;
    let server = festival.server("a").await;
    server.sells("vip").await;
    let (kim, operator) = (server.buyer(), server.operator());
    kim.order("vip", 1).await;
    let metrics = operator.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain"));
    for name in [
        "festflow_orders_accepted_total",
        "festflow_read_model_unreadable 0",
    ] {
        assert!(metrics.body.contains(name), "{}", metrics.body);
    }
    for anybody in [&kim, &operator] {
        assert_eq!(anybody.get("/healthz").await.body, "alive\n");
        assert_eq!(anybody.get("/readyz").await.json()["ready"], true);
    }
    assert_eq!(kim.get("/metrics").await.status, StatusCode::NOT_FOUND);
    for not_theirs in ["/", "/api/tickets", "/admin"] {
        let reply = operator.get(not_theirs).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{not_theirs}");
    }
}
