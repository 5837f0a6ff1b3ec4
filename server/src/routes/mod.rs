//! The routes: a file for each group. What they have in common is in `web`.

mod admin_api;
mod admin_pages;
mod calendar;
pub(crate) mod health;
mod order_form;
mod order_page;
mod orders;
mod sales_csv;
mod session;
mod shop;
mod sockets;
mod stock;
mod ticket_pdf;
mod ticket_qr;

use crate::site;
use crate::state::App;
use crate::web::{headers, origin, problems, telemetry};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Request, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// The largest body.
const BODY_LIMIT: usize = 64 * 1024;
/// Longer than any answer takes, long polls included; what takes longer is a body that does not arrive.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(45);

/// All routes with what is around them.
pub(crate) fn router(app: App) -> Router {
    let around = ServiceBuilder::new()
        // Only the path is logged: queries may hold keys.
        // A failure is logged where its cause is known, and there only so often.
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request<_>| {
                    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
                })
                .on_failure(()),
        )
        .layer(from_fn(telemetry::measure))
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn_with_state(app.clone(), problems::present))
        .layer(CatchPanicLayer::custom(problems::panicked))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIMEOUT,
        ))
        .layer(from_fn_with_state(app.clone(), origin::guard))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    Router::new()
        .route("/", get(shop::page))
        .route("/api/tickets", get(shop::tickets))
        .route("/api/orders", post(orders::place))
        .route("/api/orders/{id}", get(orders::show))
        .route("/api/orders/{id}/ticket.pdf", get(ticket_pdf::download))
        .route("/api/orders/{id}/calendar.ics", get(calendar::download))
        .route("/orders", post(order_form::place).get(order_form::again))
        .route("/orders/{id}", get(order_page::page))
        .route("/orders/{id}/tickets/{file}", get(ticket_qr::picture))
        .route(
            "/api/session",
            post(session::sign_in).delete(session::sign_out),
        )
        .route("/api/admin/stock", post(stock::adjust))
        .route("/api/admin/overview", get(admin_api::overview))
        .route("/api/admin/queues", get(admin_api::queues))
        .route("/api/admin/ledger", get(admin_api::ledger))
        .route("/api/admin/sales.csv", get(sales_csv::download))
        .route("/api/admin/orders", get(admin_api::orders))
        .route("/api/admin/orders/{id}", get(admin_api::order))
        .route("/admin", get(admin_pages::dashboard))
        .route("/admin/orders", get(admin_pages::orders))
        .route("/admin/orders/{id}", get(admin_pages::order))
        .route("/admin/stock", post(stock::adjust_by_form))
        .route(
            "/admin/sign-in",
            get(session::form).post(session::sign_in_by_form),
        )
        .route("/admin/sign-out", post(session::sign_out_by_form))
        .route("/ws/shop", get(sockets::shop))
        .route("/ws/orders/{id}", get(sockets::order))
        .route("/ws/admin", get(sockets::admin))
        .route("/healthz", get(ops::alive))
        .route("/readyz", get(health::ready))
        .fallback(site::file)
        .layer(around)
        .with_state(app)
}

/// Pages and long lists. The site's files bring their compressed form along, tickets are compressed inside, and no page has a
/// secret beside what a stranger may have put there.
fn worth_compressing() -> impl Predicate {
    SizeAbove::new(1_024)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/pdf"))
        .and(NotForContentType::const_new("application/wasm"))
        .and(NotForContentType::const_new("font/"))
}
