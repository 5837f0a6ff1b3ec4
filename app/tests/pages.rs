//! What browsers get: whole documents, at home under a strict policy, and of use without scripts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../examples/preview/sample.rs"]
mod sample;

use app::pages::{
    AdminOrderPage, AdminPage, OrderPage, ProblemPage, ShopPage, SignInPage, StockForm,
};
use app::{Assets, Page, render};
use domain::event::PaymentFailure;
use domain::fold::Reason;
use domain::{FieldError, OrderStatus};

const NONCE: &str = "bm9uY2U";

fn html(page: Page) -> String {
    render(page, &Assets::published("0123456789abcdef"), NONCE)
}

fn shop() -> ShopPage {
    ShopPage {
        events: sample::events(),
        now: sample::NOW,
        cursor: "c3".to_owned(),
        form: sample::form(),
        notice: None,
        origin: "https://tickets.example.org".to_owned(),
    }
}

fn order(status: OrderStatus, reason: Option<Reason>) -> Page {
    Page::Order(OrderPage {
        view: sample::order(status, reason),
        now: sample::NOW,
        cursor: String::new(),
    })
}

fn dashboard() -> AdminPage {
    AdminPage {
        notice: None,
        overview: sample::overview(),
        cursor: String::new(),
        form_key: "a-key-for-this-page".to_owned(),
        admin: "admin@festflow.local".to_owned(),
        stock_form: None,
        adjustment: None,
    }
}

fn every_page() -> Vec<String> {
    let mut pages: Vec<_> = OrderStatus::ALL
        .into_iter()
        .map(|status| html(order(status, None)))
        .collect();
    pages.push(html(Page::Shop(shop())));
    pages.push(html(Page::Admin(Box::new(dashboard()))));
    pages.push(html(Page::AdminOrder(AdminOrderPage {
        view: sample::admin_order(),
        brokers: sample::BROKERS,
        admin: "admin@festflow.local".to_owned(),
    })));
    pages.push(html(Page::SignIn(SignInPage::default())));
    pages.push(html(Page::Problem(ProblemPage {
        status: 404,
        title: "Nothing here".to_owned(),
        detail: "Gone.".to_owned(),
        for_admin: false,
    })));
    pages
}

/// The opening tags of a kind.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    html.match_indices(&open)
        .filter(|(at, _)| {
            html[at + open.len()..]
                .starts_with(|next: char| !next.is_ascii_alphanumeric() && next != '-')
        })
        .map(|(at, _)| &html[at..at + html[at..].find('>').unwrap() + 1])
        .collect()
}

#[test]
fn nothing_on_a_page_offends_its_policy() {
    for html in every_page() {
        assert!(
            html.starts_with("<!DOCTYPE html><html lang=\"en\">"),
            "{html}"
        );
        assert!(
            !html.contains(" style=\"") && !html.contains("<style"),
            "inline style"
        );
        assert!(!html.contains(" onclick="), "inline handler");
        assert!(
            !html.contains("move |"),
            "code that the view macro took for text"
        );
        for script in tags(&html, "script") {
            assert!(
                script.contains(" src=\"/pkg/") && script.contains(&format!("nonce=\"{NONCE}\"")),
                "{script}"
            );
        }
        let (scripts, nonces) = (tags(&html, "script").len(), html.matches(NONCE).count());
        assert_eq!(
            nonces,
            2 * scripts,
            "the nonce stands on scripts and their preloads, nowhere else"
        );
    }
}

#[test]
fn a_page_loads_the_bundle_that_its_islands_are_in_and_no_other() {
    for (page, bundle) in [
        (Page::Shop(shop()), Some("shop")),
        (order(OrderStatus::Paid, None), Some("order")),
        (Page::Admin(Box::new(dashboard())), Some("admin")),
        (Page::SignIn(SignInPage::default()), None),
    ] {
        let html = html(page);
        assert_eq!(html.contains("<leptos-island"), bundle.is_some());
        for name in ["shop", "order", "admin"] {
            let wasm = format!("/pkg/0123456789abcdef/{name}.wasm");
            let expected = if bundle == Some(name) { 2 } else { 0 };
            assert_eq!(
                html.matches(&wasm).count(),
                expected,
                "{name}: preload and boot script"
            );
        }
    }
}

#[test]
fn the_order_form_is_whole_without_scripts() {
    let html = html(Page::Shop(shop()));
    let forms = tags(&html, "form");
    assert_eq!(
        forms,
        ["<form method=\"post\" action=\"/orders\" class=\"shop\">"]
    );
    for field in [
        "name=\"quantity.weekend\"",
        "name=\"quantity.day\"",
        "name=\"name\"",
        "name=\"email\"",
        "name=\"payment_token\"",
        "name=\"idempotency_key\" value=\"0123456789abcdef0123\"",
        "value=\"tok_chargeDeclinedInsufficientFunds\"",
    ] {
        assert!(html.contains(field), "{field}");
    }
    for label in tags(&html, "label") {
        let target = label
            .split("for=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert!(
            html.contains(&format!("id=\"{target}\"")),
            "{label} labels nothing"
        );
    }
}

#[test]
fn sale_windows_and_stock_decide_what_can_be_chosen() {
    let html = html(Page::Shop(shop()));
    for words in [
        "No longer on sale",
        "On sale from 2 May 2027, 14:00",
        "4,208 left",
        "Only 37 left",
        "Sold out",
    ] {
        assert!(html.contains(words), "{words}");
    }
    let closed: Vec<_> = tags(&html, "input")
        .into_iter()
        .filter(|input| input.contains("quantity.") && input.contains(" disabled"))
        .collect();
    for field in ["quantity.early", "quantity.sunrise", "quantity.vip"] {
        assert!(
            closed.iter().any(|input| input.contains(field)),
            "{field} cannot be bought"
        );
    }
    assert_eq!(closed.len(), 3);
    let hidden = tags(&html, "div")
        .iter()
        .filter(|tag| tag.contains("quantity") && tag.contains(" hidden"))
        .count();
    assert_eq!(hidden, 2, "what is not on sale has no field to see");
}

#[test]
fn what_was_typed_comes_back_with_what_is_wrong_beside_it() {
    let mut page = shop();
    page.form.name = "<b>\"Kim\"".to_owned();
    page.form.email = "kim@example".to_owned();
    page.form.payment_token = "tok_slow".to_owned();
    page.form.quantities = [("weekend".to_owned(), "99".to_owned())].into();
    page.form.errors = vec![
        FieldError::new("email", "must be an e-mail address"),
        FieldError::new("quantity.weekend", "must be at most 6"),
    ];
    let html = html(Page::Shop(page));
    assert!(html.contains("value=\"&lt;b&gt;&quot;Kim&quot;\""));
    assert!(!html.contains("<b>\"Kim"));
    let email = tags(&html, "input")
        .into_iter()
        .find(|input| input.contains("id=\"email\""))
        .unwrap();
    assert!(
        email.contains("value=\"kim@example\"")
            && email.contains("aria-invalid=\"true\"")
            && email.contains("aria-describedby=\"email.error\""),
        "{email}"
    );
    assert!(html.contains("id=\"email.error\""));
    assert!(html.contains("id=\"quantity.weekend.error\""));
    assert!(html.contains("href=\"#quantity.weekend\""));
    let weekend = tags(&html, "input")
        .into_iter()
        .find(|input| input.contains("quantity.weekend"))
        .unwrap();
    assert!(weekend.contains("value=\"99\""), "{weekend}");
    let slow = tags(&html, "option")
        .into_iter()
        .find(|option| option.contains("tok_slow"))
        .unwrap();
    assert!(slow.contains(" selected"), "{slow}");
}

#[test]
fn that_no_money_was_taken_is_said_only_where_that_is_certain() {
    let declined = Some(Reason::Payment(PaymentFailure::CardDeclined));
    for (status, reason, certain) in [
        (OrderStatus::Received, None, false),
        (OrderStatus::Reserved, None, false),
        (OrderStatus::Reserved, declined, true),
        (OrderStatus::Paid, None, false),
        (OrderStatus::Confirmed, None, false),
        (OrderStatus::Rejected, None, true),
        (OrderStatus::Cancelled, declined, true),
        (OrderStatus::Refunded, None, false),
    ] {
        let said = html(order(status, reason)).contains("No money was taken");
        assert_eq!(said, certain, "{status} {reason:?}");
    }
}

#[test]
fn a_confirmed_order_shows_its_tickets_and_their_codes() {
    let confirmed = html(order(OrderStatus::Confirmed, None));
    assert_eq!(confirmed.matches("class=\"qr\"").count(), 3);
    assert!(
        confirmed.contains("src=\"/orders/0190c2a4-7d5e-7a3b-8f10-0123456789ab/tickets/1.svg\"")
    );
    assert!(confirmed.contains("/api/orders/0190c2a4-7d5e-7a3b-8f10-0123456789ab/ticket.pdf"));
    let waiting = html(order(OrderStatus::Reserved, None));
    assert!(!waiting.contains("class=\"qr\""));
    let hidden = |html: &str| {
        let row = tags(html, "p")
            .into_iter()
            .find(|tag| tag.contains("\"row\""));
        row.unwrap().contains(" hidden")
    };
    assert!(hidden(&waiting) && !hidden(&confirmed));
    assert!(waiting.contains("Held for 9:31"));
}

#[test]
fn an_adjustment_that_was_refused_comes_back_in_its_own_card() {
    let mut page = dashboard();
    page.stock_form = Some(StockForm {
        ticket_type: "day".to_owned(),
        change: "-9000".to_owned(),
        reason: "Fewer tents".to_owned(),
        idempotency_key: "a-key-that-came-back".to_owned(),
        errors: vec![FieldError::new("change", "must leave what is sold")],
    });
    let html = html(Page::Admin(Box::new(page)));
    assert_eq!(html.matches("value=\"-9000\"").count(), 1);
    assert_eq!(html.matches("value=\"a-key-that-came-back\"").count(), 1);
    assert_eq!(html.matches("value=\"a-key-for-this-page.vip\"").count(), 1);
    assert!(html.contains("id=\"change.day.error\""));
    assert_eq!(
        tags(&html, "details")
            .iter()
            .filter(|tag| tag.contains(" open"))
            .count(),
        1
    );
}
