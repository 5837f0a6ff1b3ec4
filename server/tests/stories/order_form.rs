//! Buying with the form, scripts switched off.

use super::pages::{festival_on_sale, shop};
use reqwest::StatusCode;

/// The value of the form's hidden Idempotency-Key.
fn hidden_key(html: &str) -> String {
    let field = html
        .split("<input")
        .find(|field| field.contains("name=\"idempotency_key\""))
        .unwrap_or_else(|| panic!("no key in {html}"));
    field
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn buying_works_without_scripts() {
    let festival = festival_on_sale().await;
    let server = festival.server("a").await;
    let key = hidden_key(&shop(&server).await);
    let kim = server.buyer();
    let form = [
        ("quantity.vip", "2"),
        ("quantity.day", "0"),
        ("name", "Kim"),
        ("email", "kim@example.org"),
        ("payment_token", "tok_visa"),
        ("idempotency_key", &key),
    ];
    let sent = kim.post_form("/orders", &form).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let page = sent.location().to_owned();
    assert!(
        !page.contains("key"),
        "the key is in the cookie, not in the address"
    );
    let seen = kim.get(&page).await;
    assert_eq!(seen.status, StatusCode::OK);
    assert_eq!(seen.header("cache-control"), "no-store");
    assert_eq!(seen.header("referrer-policy"), "no-referrer");
    assert!(
        seen.body.contains("Festival Night"),
        "its lines say what they are for: {}",
        seen.body
    );

    // Sent twice, it is one order.
    let again = kim.post_form("/orders", &form).await;
    assert_eq!(again.location(), page);
    assert_eq!(festival.waiting().await, 1);

    // Nobody else sees it.
    assert_eq!(
        server.buyer().get(&page).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    let festival = festival_on_sale().await;
    let server = festival.server("a").await;
    let key = hidden_key(&shop(&server).await);
    let form = [
        ("quantity.vip", "11"),
        ("name", "Kim <Kim>"),
        ("email", "kim@"),
        ("payment_token", "tok_visa"),
        ("idempotency_key", &key),
    ];
    let kim = server.buyer();
    let sent = kim.post_form("/orders", &form).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(sent.header("content-type").starts_with("text/html"));
    assert!(sent.body.contains("value=\"kim@\""), "{}", sent.body);
    assert!(
        !sent.body.contains("<Kim>"),
        "what was typed is text, not markup"
    );
    assert_eq!(hidden_key(&sent.body), key, "still the same order");
    assert_eq!(festival.waiting().await, 0);
}

#[tokio::test]
async fn a_quantity_that_is_none_is_told_how_many_of_its_type_may_be_had() {
    let festival = festival_on_sale().await;
    let server = festival.server("a").await;
    shop(&server).await;
    for wrong in ["two", "101", "-1"] {
        let sent = server
            .buyer()
            .post_form("/orders", &[("quantity.vip", wrong)])
            .await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let told = "must be a whole number from 0 to 10";
        assert!(sent.body.contains(told), "{wrong}: {}", sent.body);
    }
}
