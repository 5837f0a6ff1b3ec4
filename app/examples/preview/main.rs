//! Writes every page with sample data as a file, for a look at them without a server:
//! `cargo run -p app --features ssr --example preview -- target/preview`
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod sample;

use app::pages::{
    AdminOrderPage, AdminPage, Notice, OrderPage, ProblemPage, ShopPage, SignInPage, StockForm,
};
use app::{Assets, BundleFiles, Page, render};
use domain::FieldError;
use domain::event::{PaymentFailure, RejectReason};
use domain::fold::Reason;
use domain::view::{AdjustmentDecision, AdjustmentView};
use domain::{AdjustmentId, OrderStatus, TicketTypeId};
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "target/preview".to_owned()),
    );
    std::fs::create_dir_all(&folder)?;
    let none = BundleFiles {
        js: "shop.js".to_owned(),
        wasm: "shop.wasm".to_owned(),
    };
    let assets = Assets {
        build: "preview".to_owned(),
        css: "app.css".to_owned(),
        boot: "boot.js".to_owned(),
        shop: none.clone(),
        order: none.clone(),
        admin: none,
    };
    for (name, page) in pages() {
        std::fs::write(
            folder.join(name).with_extension("html"),
            render(page, &assets, "preview"),
        )?;
    }
    Ok(())
}

fn pages() -> Vec<(&'static str, Page)> {
    let order = |status, reason| {
        Page::Order(OrderPage {
            view: sample::order(status, reason),
            now: sample::NOW,
            cursor: String::new(),
        })
    };
    let admin = "admin@festflow.local".to_owned();
    let shop = ShopPage {
        events: sample::events(),
        now: sample::NOW,
        cursor: String::new(),
        form: sample::form(),
        notice: None,
        origin: "https://tickets.example.org".to_owned(),
    };
    let mut wrong = shop.clone();
    wrong.form.quantities = [
        ("weekend".to_owned(), "2".to_owned()),
        ("vip".to_owned(), "9".to_owned()),
    ]
    .into();
    wrong.form.name = "Kim Example".to_owned();
    wrong.form.email = "kim@example".to_owned();
    wrong.form.payment_token = "tok_slow".to_owned();
    wrong.form.errors = vec![
        FieldError::new("quantity.vip", "must be a whole number from 0 to 4"),
        FieldError::new(
            "email",
            "must be an e-mail address such as name@example.org",
        ),
    ];
    let mut busy = shop.clone();
    busy.notice = Some(Notice {
        title: "The order could not be taken in".to_owned(),
        detail: "Send it again in a moment: the same order is never taken twice.".to_owned(),
    });
    let dashboard = AdminPage {
        notice: None,
        overview: sample::overview(),
        cursor: String::new(),
        form_key: "a-key-for-this-page".to_owned(),
        admin: admin.clone(),
        stock_form: Some(StockForm {
            ticket_type: "vip".to_owned(),
            change: "0".to_owned(),
            reason: "More room".to_owned(),
            idempotency_key: "a-key-that-came-back".to_owned(),
            errors: vec![FieldError::new(
                "change",
                "must be a whole number other than 0",
            )],
        }),
        adjustment: Some(AdjustmentView {
            adjustment_id: AdjustmentId(uuid::Uuid::nil()),
            ticket_type: TicketTypeId::parse("weekend").unwrap(),
            change: 50,
            decision: AdjustmentDecision::Done,
        }),
    };
    let nothing = ShopPage {
        events: Vec::new(),
        ..shop.clone()
    };
    vec![
        ("shop", Page::Shop(shop)),
        ("shop-wrong", Page::Shop(wrong)),
        ("shop-busy", Page::Shop(busy)),
        ("shop-empty", Page::Shop(nothing)),
        ("order-received", order(OrderStatus::Received, None)),
        ("order-reserved", order(OrderStatus::Reserved, None)),
        ("order-confirmed", order(OrderStatus::Confirmed, None)),
        (
            "order-declined",
            order(
                OrderStatus::Cancelled,
                Some(Reason::Payment(PaymentFailure::CardDeclined)),
            ),
        ),
        (
            "order-sold-out",
            order(
                OrderStatus::Rejected,
                Some(Reason::Rejected(RejectReason::SoldOut)),
            ),
        ),
        ("admin", Page::Admin(Box::new(dashboard))),
        (
            "admin-order",
            Page::AdminOrder(AdminOrderPage {
                view: sample::admin_order(),
                brokers: sample::BROKERS,
                admin,
            }),
        ),
        (
            "sign-in",
            Page::SignIn(SignInPage {
                email: "admin@festflow.local".to_owned(),
                next: "/admin".to_owned(),
                error: Some("Address and password do not belong together.".to_owned()),
            }),
        ),
        (
            "problem",
            Page::Problem(ProblemPage {
                status: 404,
                title: "There is nothing here".to_owned(),
                detail: "The address may be misspelt, or what was here is gone.".to_owned(),
                for_admin: false,
            }),
        ),
    ]
}
