//! All sales as a table for other programs.

use crate::accounts::Admin;
use crate::error::Problem;
use crate::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::event::TicketSold;
use futures_util::stream;
use serde::Serialize;

/// Sales that are read at a time: however many there are, no more are in memory.
const AT_A_TIME: u32 = 1_000;

/// A line. `price` is in whole units of `currency`, with its decimals.
#[derive(Serialize)]
struct Line<'a> {
    sold_at: String,
    ticket_id: String,
    order_id: String,
    ticket_type: &'a str,
    ticket_number: u32,
    tickets_in_order: u32,
    price: String,
    currency: &'a str,
    event: &'a str,
    event_date: &'a str,
}

/// `GET /api/admin/sales.csv`: every ticket sold, a line each (RFC 4180).
pub(super) async fn download(
    State(app): State<App>,
    _: Admin,
) -> Result<impl IntoResponse, Problem> {
    // The first page before the answer begins: what cannot be read at all is a problem and no file.
    let first = page(&app, 0, true).await?;
    let rest = stream::try_unfold(first, move |(text, after)| {
        let app = app.clone();
        async move {
            let Some(after) = after else {
                return Ok::<_, std::io::Error>(
                    (!text.is_empty()).then(|| (text, (Vec::new(), None))),
                );
            };
            let next = page(&app, after, false).await;
            let next = next.map_err(|problem| std::io::Error::other(problem.detail))?;
            Ok(Some((text, next)))
        }
    });
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "text/csv; charset=utf-8; header=present",
            ),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"sales.csv\"",
            ),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Body::from_stream(rest),
    ))
}

/// Some lines, and behind which sale there may be more.
async fn page(app: &App, after: i64, header: bool) -> Result<(Vec<u8>, Option<i64>), Problem> {
    let sales = app.read_model.sales_heard(after, AT_A_TIME).await?;
    let more = sales
        .last()
        .map(|(seq, _)| *seq)
        .filter(|_| sales.len() == AT_A_TIME as usize);
    let mut writer = csv::WriterBuilder::new()
        .has_headers(header)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for (_, sale) in &sales {
        writer.serialize(line(sale)).map_err(Problem::internal)?;
    }
    let text = writer.into_inner().map_err(Problem::internal)?;
    Ok((text, more))
}

fn line(sale: &TicketSold) -> Line<'_> {
    let price = sale.price.display(sale.currency);
    let price = price.split(' ').next().unwrap_or_default().to_owned();
    Line {
        sold_at: sale.timestamp.rfc3339(),
        ticket_id: sale.ticket_id.to_string(),
        order_id: sale.order_id.to_string(),
        ticket_type: sale.ticket_type.as_str(),
        ticket_number: sale.ticket_number,
        tickets_in_order: sale.tickets_in_order,
        price,
        currency: sale.currency.code(),
        event: &sale.event,
        event_date: &sale.event_date,
    }
}
