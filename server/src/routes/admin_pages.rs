//! The dashboard's pages.

use super::admin_api;
use super::shop::new_key;
use crate::accounts::Admin;
use crate::error::Problem;
use crate::order_search::Search;
use crate::state::App;
use crate::web::pages::Pages;
use crate::web::session::AdminOfPage;
use app::Page;
use app::pages::{AdminOrderPage, AdminOrdersPage, AdminPage, StockForm};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::view::AdjustmentView;
use serde::Deserialize;

/// The most orders on a page.
const MOST_FOUND: u32 = 100;

/// How the dashboard is asked for.
#[derive(Deserialize)]
pub(super) struct DashboardQuery {
    adjustment: Option<String>,
}

/// `GET /admin`: the dashboard; after an adjustment of stock, with what came of it.
pub(super) async fn dashboard(
    AdminOfPage(admin): AdminOfPage,
    State(app): State<App>,
    pages: Pages,
    Query(query): Query<DashboardQuery>,
) -> Result<Response, Problem> {
    let asked = query.adjustment.and_then(|id| id.parse().ok());
    let adjustment = match asked {
        Some(id) => app.adjustments.view(&app.read_model, id).await?,
        None => None,
    };
    render(&app, &pages, StatusCode::OK, admin, None, adjustment).await
}

/// What is looked for.
#[derive(Deserialize)]
pub(super) struct OrdersQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    status: String,
}

/// `GET /admin/orders`: orders by number, its end, the buyer's address, or status.
pub(super) async fn orders(
    AdminOfPage(admin): AdminOfPage,
    State(app): State<App>,
    pages: Pages,
    Query(query): Query<OrdersQuery>,
) -> Result<Response, Problem> {
    let found = match Search::parse(Some(&query.q), Some(&query.status)) {
        Ok(search) => search.run(&app, &admin, MOST_FOUND).await,
        Err(problem) => Err(problem),
    };
    let (status, errors, orders) = match found {
        Ok(orders) => (StatusCode::OK, Vec::new(), orders),
        Err(problem) if !problem.errors.is_empty() => (problem.status, problem.errors, Vec::new()),
        Err(problem) => return Err(problem),
    };
    let page = AdminOrdersPage {
        q: query.q,
        status: query.status,
        errors,
        orders,
        most: MOST_FOUND as usize,
        currency: app.read_model.now().currency(),
        admin: admin.email,
    };
    Ok(pages.render(status, Page::AdminOrders(page)))
}

/// `GET /admin/orders/{id}`: one order's timeline.
pub(super) async fn order(
    AdminOfPage(admin): AdminOfPage,
    State(app): State<App>,
    pages: Pages,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let page = AdminOrderPage {
        view: admin_api::find(&app, &id).await?,
        brokers: app.brokers,
        admin: admin.email,
    };
    Ok(pages.render(StatusCode::OK, Page::AdminOrder(page)))
}

/// The dashboard, also with a form that came back.
///
/// # Errors
/// The read model cannot be read.
pub(super) async fn render(
    app: &App,
    pages: &Pages,
    status: StatusCode,
    admin: Admin,
    stock_form: Option<StockForm>,
    adjustment: Option<AdjustmentView>,
) -> Result<Response, Problem> {
    // The cursor first: what happens in between is told again rather than never.
    let cursor = app.read_model.now().cursor();
    let page = AdminPage {
        overview: admin_api::load(app).await?,
        cursor,
        notice: app
            .read_model
            .now()
            .foreign_log
            .as_ref()
            .map(|foreign| format!("The log is another one than before: {foreign}.")),
        form_key: new_key(),
        admin: admin.email,
        stock_form,
        adjustment,
    };
    Ok(pages.render(status, Page::Admin(Box::new(page))))
}
