//! An order's tickets as a file to print.

use crate::access::{Access, KeyQuery};
use crate::error::Problem;
use crate::read_model::Now;
use crate::state::App;
use crate::web::private_file::private_file;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::OrderStatus;
use domain::view::{OrderView, TicketView};
use domain::when::for_people;
use tickets::{Ticket, TicketSheet};

/// `GET /api/orders/{id}/ticket.pdf?key=`: a page for each ticket of a confirmed order.
pub(super) async fn download(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let access = Access::check(&app, &id, query.key.as_deref(), &headers)?;
    let view = access.view(&app).await?;
    if view.status != OrderStatus::Confirmed || view.tickets.is_empty() {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            format!(
                "The order is {}: there are tickets once it is confirmed.",
                view.status
            ),
        ));
    }
    let sheet = sheet(&view, &app.read_model.now());
    let pdf = app.ticket_files.pdf(sheet).await?;
    let name = format!("tickets-{}.pdf", view.order_id);
    Ok(private_file("application/pdf", &name, pdf))
}

/// The buyer's name is not on the fact log, so it is not on these.
fn sheet(view: &OrderView, now: &Now) -> TicketSheet {
    let ticket = |ticket: &TicketView| Ticket {
        ticket_id: ticket.ticket_id,
        event: ticket.event.clone(),
        date: for_people(&ticket.event_date),
        place: now
            .types
            .get(&ticket.ticket_type)
            .map(|defined| defined.venue.clone())
            .unwrap_or_default(),
        ticket_type: ticket.name.clone(),
        number: ticket.ticket_number,
        of: ticket.tickets_in_order,
        price: ticket.price.display(ticket.currency),
    };
    TicketSheet {
        order_id: view.order_id,
        holder: String::new(),
        tickets: view.tickets.iter().map(ticket).collect(),
    }
}
