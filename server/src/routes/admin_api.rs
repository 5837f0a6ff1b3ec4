//! What the dashboard shows, as JSON.

use crate::accounts::Admin;
use crate::error::Problem;
use crate::ledger;
use crate::live::TAIL;
use crate::live::gauges::{LAST_ADJUSTMENTS, RECENT_ORDERS};
use crate::live::waiting::Arrival;
use crate::order_search::Search;
use crate::read_model::received;
use crate::state::App;
use crate::web::query::number;
use axum::Json;
use axum::extract::{Path, Query, State};
use domain::view::{AdminOrderView, Ledger, OrderRow, Overview, QueuesView};
use domain::{OrderId, Timestamp};
use serde::Deserialize;

/// The most orders in one answer.
const MOST_ORDERS: u32 = 500;

/// `GET /api/admin/overview`
pub(super) async fn overview(State(app): State<App>, _: Admin) -> Result<Json<Overview>, Problem> {
    load(&app).await.map(Json)
}

/// `GET /api/admin/queues`
pub(super) async fn queues(State(app): State<App>, _: Admin) -> Json<QueuesView> {
    Json(app.queues.view().await)
}

/// `GET /api/admin/ledger`
pub(super) async fn ledger(State(app): State<App>, _: Admin) -> Result<Json<Ledger>, Problem> {
    ledger::ledger(&app).await.map(Json)
}

/// Which orders are asked for, and how many.
#[derive(Deserialize)]
pub(super) struct OrdersQuery {
    q: Option<String>,
    status: Option<String>,
    limit: Option<String>,
}

/// `GET /api/admin/orders?q=&status=&limit=`: the orders that wait for a decision, and those that something happened to
/// last; with `q` (a number, its end, an address) or `status` those that fit.
pub(super) async fn orders(
    State(app): State<App>,
    admin: Admin,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<Vec<OrderRow>>, Problem> {
    let limit = number("limit", query.limit.as_deref(), MOST_ORDERS.into())?.unwrap_or(50);
    let limit = u32::try_from(limit).unwrap_or(MOST_ORDERS);
    let search = Search::parse(query.q.as_deref(), query.status.as_deref())?;
    search.run(&app, &admin, limit).await.map(Json)
}

/// `GET /api/admin/orders/{id}`: what its buyer sees, and its mails.
pub(super) async fn order(
    State(app): State<App>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Json<AdminOrderView>, Problem> {
    find(&app, &id).await.map(Json)
}

/// What the dashboard shows at first.
///
/// # Errors
/// The read model cannot be read.
pub(super) async fn load(app: &App) -> Result<Overview, Problem> {
    // The numbers first: the lists then have at least what the numbers say.
    let now = app.read_model.now();
    let (sales, orders, queues, history, adjustments) = tokio::join!(
        app.read_model.last_sales(TAIL),
        app.arrivals.recent_orders(&app.read_model, RECENT_ORDERS),
        app.queues.view(),
        app.read_model.history(Timestamp::now()),
        app.read_model.last_adjustments(LAST_ADJUSTMENTS),
    );
    Ok(Overview {
        totals: now.totals(app.intake.memory().accepted()),
        stock: now.stock_rows(),
        queues,
        sales: sales?,
        orders: orders?,
        history: history?,
        ledger: ledger::ledger(app).await?,
        adjustments: adjustments?,
    })
}

/// An order that somebody decided, or that was accepted here.
///
/// # Errors
/// There is none, or the read model cannot be read.
pub(super) async fn find(app: &App, id: &str) -> Result<AdminOrderView, Problem> {
    let nothing = || Problem::not_found("There is no such order here.");
    let order_id: OrderId = id.parse().map_err(|_| nothing())?;
    if let Some((order, _)) = app.read_model.order_view(order_id).await? {
        let mails = app.read_model.mails(order_id).await?;
        return Ok(AdminOrderView { order, mails });
    }
    let known = app.intake.memory().get(order_id).ok_or_else(nothing)?;
    let now = app.read_model.now();
    let wait = app.waiting_line.place_of(Arrival::of(&known), &now);
    let placed = Some((known.placed_at, &*known.items));
    Ok(AdminOrderView {
        order: received(order_id, placed, wait, &now),
        mails: Vec::new(),
    })
}
