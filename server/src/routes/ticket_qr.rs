//! A ticket's QR code, for the order's page.

use crate::access::{Access, KeyQuery};
use crate::error::Problem;
use crate::state::App;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use domain::OrderStatus;
use domain::view::{OrderView, TicketView};

/// `GET /orders/{id}/tickets/{number}.svg`: the code that admits, once the order is confirmed.
pub(super) async fn picture(
    State(app): State<App>,
    Path((id, file)): Path<(String, String)>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let access = Access::check(&app, &id, query.key.as_deref(), &headers)?;
    let view = access.view(&app).await?;
    let ticket = ticket(&view, &file)
        .ok_or_else(|| Problem::not_found("The order has no such ticket, or not yet."))?;
    let label = format!(
        "Ticket {} of {}",
        ticket.ticket_number, ticket.tickets_in_order
    );
    let svg = app.ticket_files.qr(ticket.code.clone(), label).await?;
    Ok((
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            // The code never changes, but it admits: it stays with who was shown it.
            (header::CACHE_CONTROL, "private, max-age=86400"),
            (header::REFERRER_POLICY, "no-referrer"),
        ],
        svg,
    ))
}

fn ticket<'a>(view: &'a OrderView, file: &str) -> Option<&'a TicketView> {
    let number: u32 = file.strip_suffix(".svg")?.parse().ok()?;
    let confirmed = view.status == OrderStatus::Confirmed;
    view.tickets
        .iter()
        .find(|ticket| confirmed && ticket.ticket_number == number)
}
