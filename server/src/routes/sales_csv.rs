//! All sales as a table for other programs.

use crate::accounts::Admin;
use crate::bulkhead::{Full, Turn};
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

/// When to ask again while another table is on its way, in seconds.
const RETRY_AFTER: u32 = 5;

/// A table on its way. When it is dropped, sent or not, its admin may have the next one.
struct Download {
    app: App,
    /// Lines to be sent.
    text: Vec<u8>,
    /// Behind which sale there may be more.
    after: Option<i64>,
    _turn: Turn,
}

/// `GET /api/admin/sales.csv`: every ticket sold, a line each (RFC 4180). An admin gets one at a time.
pub(super) async fn download(
    State(app): State<App>,
    admin: Admin,
) -> Result<impl IntoResponse, Problem> {
    let turn = app.sales_tables.enter(&admin.email).await;
    let turn = turn.map_err(|Full| {
        Problem::too_many(
            "You are downloading the sales already. Try again when that has ended.",
            RETRY_AFTER,
        )
    })?;
    // The first page before the answer begins: what cannot be read at all is a problem and no file.
    let (text, after) = page(&app, 0, true).await?;
    let first = Download {
        app,
        text,
        after,
        _turn: turn,
    };
    let rest = stream::try_unfold(first, |mut download| async move {
        let text = std::mem::take(&mut download.text);
        if let Some(after) = download.after {
            let next = page(&download.app, after, false).await;
            (download.text, download.after) =
                next.map_err(|problem| std::io::Error::other(problem.detail))?;
        }
        Ok::<_, std::io::Error>((!text.is_empty()).then_some((text, download)))
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
