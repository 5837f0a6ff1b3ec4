//! What is sold.

use crate::state::App;
use crate::web::pages::Pages;
use app::Page;
use app::pages::{Notice, OrderForm, ShopPage};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use uuid::Uuid;

/// `GET /`: the shop.
pub(super) async fn page(State(app): State<App>, pages: Pages) -> Response {
    let form = OrderForm {
        idempotency_key: new_key(),
        ..OrderForm::default()
    };
    render(&app, &pages, StatusCode::OK, form, None)
}

/// `GET /api/tickets`: the same as JSON.
pub(super) async fn tickets(State(app): State<App>) -> impl IntoResponse {
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(app.read_model.now().shop()),
    )
}

/// A key for an empty form: however often it is sent, it is one order.
pub(super) fn new_key() -> String {
    Uuid::now_v7().simple().to_string()
}

/// The shop with a form, empty or as it came back.
pub(super) fn render(
    app: &App,
    pages: &Pages,
    status: StatusCode,
    form: OrderForm,
    notice: Option<Notice>,
) -> Response {
    let now = app.read_model.now();
    let page = ShopPage {
        events: now.shop(),
        now: Timestamp::now(),
        cursor: now.cursor(),
        form,
        notice,
        origin: pages.origin(),
    };
    pages.render(status, Page::Shop(page))
}
