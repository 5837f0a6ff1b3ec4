//! Who may see the dashboard.

use crate::support::server::PASSWORD;
use crate::support::{Buyer, Festival, Options, TestServer, eventually};
use bus::{Positions, Topic};
use domain::Event;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

const ADMIN_PATHS: [&str; 5] = [
    "/api/admin/overview",
    "/api/admin/queues",
    "/api/admin/ledger",
    "/api/admin/orders",
    "/api/admin/orders/0190c2a4-7d5e-7a3b-8f10-000000000001",
];

async fn sign_in(server: &TestServer, email: &str, password: &str) -> StatusCode {
    let credentials = json!({ "email": email, "password": password });
    server
        .buyer()
        .post_json("/api/session", &credentials, &[])
        .await
        .status
}

#[tokio::test]
async fn everyone_else_is_turned_away() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    server.admin().await;
    let kim = server.buyer();
    for path in ADMIN_PATHS {
        let refused = kim.get(path).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
        refused.wrong_fields();
        let forged = [("cookie", "festflow_session=Zm9yZ2Vk")];
        let refused = kim.send(Method::GET, path, &forged, "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let adjust = json!({ "ticket_type": "vip", "change": 1, "reason": "mine" });
    assert_eq!(
        kim.post_json("/api/admin/stock", &adjust, &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        kim.post_form("/admin/stock", &[("change", "1")])
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    for path in [
        "/admin",
        "/admin/orders/0190c2a4-7d5e-7a3b-8f10-000000000001",
    ] {
        let page = kim.get(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(
            page.body.contains("type=\"password\""),
            "people get the form"
        );
        assert!(
            page.body.contains(&format!("value=\"{path}\"")),
            "and come back here"
        );
    }
    assert_eq!(
        festival
            .bus
            .queue
            .depth(bus::Queue::Inventory)
            .await
            .unwrap()
            .ready,
        0
    );
}

/// Where the form on this page leads.
fn next(page: &str) -> String {
    let field = page.split("name=\"next\"").nth(1).unwrap();
    let value = field.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn signing_in_leads_back_to_what_was_asked_for() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    server.admin().await;
    let admin = server.buyer();
    let search = "/admin/orders?q=kim%40example.org&status=confirmed";
    let asked = admin.get(search).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    assert_eq!(next(&asked.body), search);

    // A change of stock is not made by signing in; that is said, and nobody is led to where only forms go.
    let form = [("ticket_type", "vip"), ("change", "5"), ("reason", "r")];
    let refused = admin.post_form("/admin/stock", &form).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(
        refused.body.contains("nothing was changed"),
        "{}",
        refused.body
    );
    let form = [
        ("email", "admin@festflow.local"),
        ("password", PASSWORD),
        ("next", &*next(&refused.body)),
    ];
    let signed_in = admin.post_form("/admin/sign-in", &form).await;
    assert_eq!(admin.get(signed_in.location()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_in_and_out_by_the_form() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    server.admin().await;
    let admin = server.buyer();
    let form = |password| {
        [
            ("email", "Admin@FestFlow.local "),
            ("password", password),
            ("next", "/admin/orders/x"),
        ]
    };
    let wrong = admin.post_form("/admin/sign-in", &form("wrong")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("do not fit") && !wrong.body.contains("wrong"));
    let right = admin.post_form("/admin/sign-in", &form(PASSWORD)).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{right:?}");
    assert_eq!(right.location(), "/admin/orders/x");
    let cookie = right.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(admin.get("/admin").await.status, StatusCode::OK);

    // A page of another site cannot act with this browser's cookie.
    let cross = [("origin", "https://evil.example")];
    let forged = admin
        .send(Method::POST, "/admin/sign-out", &cross, "")
        .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.get("/admin").await.status, StatusCode::OK);

    let stolen = admin.cookies_for("/admin").unwrap();
    assert_eq!(
        admin.post_form("/admin/sign-out", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(admin.get("/admin").await.status, StatusCode::UNAUTHORIZED);
    let replayed = admin
        .send(Method::GET, "/api/admin/queues", &[("cookie", &stolen)], "")
        .await;
    assert_eq!(
        replayed.status,
        StatusCode::UNAUTHORIZED,
        "the session is over, not just the cookie"
    );
}

#[tokio::test]
async fn sessions_hold_on_every_server() {
    let festival = Festival::new();
    let (one, two) = (festival.server("a").await, festival.server("b").await);
    sessions_hold_on(&one, &two).await;
}

pub async fn sessions_hold_on(one: &TestServer, two: &TestServer) {
    let admin = one.admin().await;
    two.admin().await;
    let cookies = admin.cookies_for("/").unwrap();
    let cookie = [("cookie", cookies.as_str())];
    let there = two.buyer();
    assert_eq!(
        there.send(Method::GET, "/admin", &cookie, "").await.status,
        StatusCode::OK
    );
    assert_eq!(
        admin
            .send(Method::DELETE, "/api/session", &[], "")
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        there.send(Method::GET, "/admin", &cookie, "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

/// Tries to sign in from an address of its own, as a proxy tells it.
async fn try_from(who: &Buyer, address: &str, email: &str, password: &str) -> StatusCode {
    let credentials = json!({ "email": email, "password": password });
    let from = [("x-forwarded-for", address)];
    who.post_json("/api/session", &credentials, &from)
        .await
        .status
}

#[tokio::test]
async fn guessing_is_slowed_down_and_keeps_out_nobody_else() {
    let festival = Festival::new();
    let mut options = Options::default();
    options.http.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let server = TestServer::start(&festival, "a", options).await;
    let admin = server.admin().await;
    let (guesser, other) = (server.buyer(), server.buyer());
    // Whether the address exists makes no difference. Each failure doubles the wait, so a refusal comes however slow the
    // guesses are.
    let mut failures = 0;
    let guess = || try_from(&guesser, "198.51.100.1", "nobody@example.org", "a guess");
    while guess().await == StatusCode::UNAUTHORIZED {
        failures += 1;
    }
    assert!(
        (10..20).contains(&failures),
        "its address waits: {failures}"
    );
    // Nobody else behind this proxy does.
    let signed_in = try_from(&other, "198.51.100.2", server::ADMIN_EMAIL, PASSWORD).await;
    assert_eq!(signed_in, StatusCode::NO_CONTENT);

    // Many addresses guess the admin's password, until the account waits.
    let mut addresses = (0..20).map(|n| format!("203.0.113.{n}"));
    let refused = loop {
        let address = addresses.next().expect("the account waits for nobody");
        let guess = try_from(&guesser, &address, server::ADMIN_EMAIL, "a guess").await;
        if guess != StatusCode::UNAUTHORIZED {
            break guess;
        }
    };
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    // But not where the admin has signed in before, from wherever.
    let known = try_from(&admin, "203.0.113.1", server::ADMIN_EMAIL, PASSWORD).await;
    assert_eq!(known, StatusCode::NO_CONTENT);
    // Elsewhere the wait is one of seconds.
    let stranger = server.buyer();
    eventually("the end of the wait", || async {
        let status = try_from(&stranger, "203.0.113.99", server::ADMIN_EMAIL, PASSWORD).await;
        (status == StatusCode::NO_CONTENT).then_some(())
    })
    .await;
}

#[tokio::test]
async fn bad_credentials_are_refused_as_such() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    server.admin().await;
    for body in [
        json!({}),
        json!([]),
        json!({ "email": "a@b.org" }),
        json!({ "email": 1, "password": 2 }),
    ] {
        let refused = server.buyer().post_json("/api/session", &body, &[]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.wrong_fields(), ["body"]);
    }
}

#[tokio::test]
async fn the_admin_is_announced_once() {
    let festival = Festival::new();
    let one = festival.server("a").await;
    one.admin().await;
    let mut reader = festival
        .bus
        .log
        .read(&[Topic::Users], &Positions::default())
        .await
        .unwrap();
    let records = reader.take(10, Duration::from_millis(5)).await.unwrap();
    assert_eq!(records.len(), 1);
    let event = records[0].message.decode_event().unwrap().unwrap();
    assert!(
        matches!(event, Event::UserRegistered(user) if user.email.as_str() == server::ADMIN_EMAIL)
    );

    // Another server finds the admin there, and has nothing to say.
    let two = festival.server("b").await;
    two.admin().await;
    let again = reader.take(10, Duration::from_millis(5));
    assert!(
        tokio::time::timeout(Duration::from_millis(300), again)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_password_set_anew_ends_the_sessions_of_the_old_one() {
    let festival = Festival::new();
    let one = festival.server("a").await;
    let admin = one.admin().await;
    let cookies = admin.cookies_for("/").unwrap();
    one.stop().await;
    let options = Options {
        password: "another good password".to_owned(),
        ..Options::default()
    };
    let other = TestServer::start(&festival, "a", options).await;
    eventually("the new password", || async {
        let status = sign_in(&other, server::ADMIN_EMAIL, "another good password").await;
        (status == StatusCode::NO_CONTENT).then_some(())
    })
    .await;
    assert_eq!(
        sign_in(&other, server::ADMIN_EMAIL, PASSWORD).await,
        StatusCode::UNAUTHORIZED
    );
    let old = other
        .buyer()
        .send(Method::GET, "/admin", &[("cookie", &cookies)], "")
        .await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
}
