//! The dashboard's pages.

use super::admin_api;
use super::shop::new_key;
use crate::accounts::Admin;
use crate::error::Problem;
use crate::state::App;
use crate::web::pages::Pages;
use crate::web::session::AdminOfPage;
use app::Page;
use app::pages::{AdminOrderPage, AdminPage, StockForm};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::view::AdjustmentView;
use serde::Deserialize;

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

/// `GET /admin/orders/{id}`: one order's timeline.
pub(super) async fn order(
    AdminOfPage(admin): AdminOfPage,
    State(app): State<App>,
    pages: Pages,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let page = AdminOrderPage {
        view: admin_api::find(&app, &id).await?,
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
        form_key: new_key(),
        admin: admin.email,
        stock_form,
        adjustment,
    };
    Ok(pages.render(status, Page::Admin(Box::new(page))))
}
