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

/// Sales that are read at a time: however many there are, no more are in memory.
const AT_A_TIME: u32 = 1_000;

/// What a line tells. `price` is in whole units of `currency`, with its decimals.
const COLUMNS: [&str; 10] = [
    "sold_at",
    "ticket_id",
    "order_id",
    "ticket_type",
    "ticket_number",
    "tickets_in_order",
    "price",
    "currency",
    "event",
    "event_date",
];

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
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    if header {
        writer.write_record(COLUMNS).map_err(Problem::internal)?;
    }
    for (_, sale) in &sales {
        writer.write_record(line(sale)).map_err(Problem::internal)?;
    }
    let text = writer.into_inner().map_err(Problem::internal)?;
    Ok((text, more))
}

fn line(sale: &TicketSold) -> [String; COLUMNS.len()] {
    [
        sale.timestamp.rfc3339(),
        sale.ticket_id.to_string(),
        sale.order_id.to_string(),
        sale.ticket_type.to_string(),
        sale.ticket_number.to_string(),
        sale.tickets_in_order.to_string(),
        sale.price.decimal(sale.currency),
        sale.currency.code().to_owned(),
        sale.event.clone(),
        sale.event_date.clone(),
    ]
}
