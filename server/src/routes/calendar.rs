//! When an order's events are, for the buyer's calendar.

use crate::access::{Access, KeyQuery};
use crate::error::Problem;
use crate::read_model::Now;
use crate::state::App;
use crate::web::private_file::private_file;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use domain::view::{OrderView, TicketView};
use domain::{OrderStatus, Timestamp};
use icalendar::{Calendar, Component, Event, EventLike};

/// `GET /api/orders/{id}/calendar.ics?key=`: an entry for each event that a confirmed order admits to (RFC 5545).
pub(super) async fn download(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let access = Access::check(&app, &id, query.key.as_deref(), &headers)?;
    let view = access.view(&app).await?;
    if view.status != OrderStatus::Confirmed {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            format!(
                "The order is {}: there is a date to keep once it is confirmed.",
                view.status
            ),
        ));
    }
    let name = format!("tickets-{}.ics", view.order_id);
    let calendar = calendar(&view, &app.read_model.now()).to_string();
    Ok(private_file(
        "text/calendar; charset=utf-8",
        &name,
        calendar,
    ))
}

fn calendar(view: &OrderView, now: &Now) -> Calendar {
    let mut calendar = Calendar::new();
    // Tickets come by number, and those of one event need not be neighbours.
    let mut events: Vec<(&str, Vec<&TicketView>)> = Vec::new();
    for ticket in &view.tickets {
        match events.iter_mut().find(|(event, _)| *event == ticket.event) {
            Some((_, tickets)) => tickets.push(ticket),
            None => events.push((&ticket.event, vec![ticket])),
        }
    }
    for (event, tickets) in events {
        if let Some(entry) = entry(view, event, &tickets, now) {
            calendar.push(entry);
        }
    }
    calendar
}

/// An event in the calendar. Its end is not known, so the entry has none.
fn entry(view: &OrderView, event: &str, tickets: &[&TicketView], now: &Now) -> Option<Event> {
    let first = tickets.first()?;
    let names: Vec<_> = tickets
        .iter()
        .map(|ticket| {
            format!(
                "{} ({}/{})",
                ticket.name, ticket.ticket_number, ticket.tickets_in_order
            )
        })
        .collect();
    let mut entry = Event::new();
    entry
        .uid(&format!("{}.{}", view.order_id, first.ticket_number))
        .summary(event)
        .description(&format!(
            "Tickets: {}\nOrder {}",
            names.join(", "),
            view.order_id
        ))
        .add_property("DTSTAMP", utc(first.timestamp))
        .add_property("DTSTART", utc(Timestamp::parse(&first.event_date).ok()?));
    if let Some(defined) = now.types.get(&first.ticket_type) {
        entry.location(&defined.venue);
    }
    Some(entry.done())
}

/// A moment as RFC 5545 writes it in UTC: `20270618T140000Z`.
fn utc(moment: Timestamp) -> String {
    let whole = Timestamp::from_micros(moment.micros() / 1_000_000 * 1_000_000);
    whole.rfc3339().replace(['-', ':'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc_and_whole_seconds() {
        let moment = Timestamp::parse("2027-06-18T16:00:00.25+02:00").unwrap();
        assert_eq!(utc(moment), "20270618T140000Z");
    }
}
