//! The API of orders.

use crate::access::Access;
use crate::error::Problem;
use crate::http::ClientAddress;
use crate::intake::ItemError;
use crate::intake::keys::IdempotencyKey;
use crate::state::App;
use crate::web::json::JsonBytes;
use crate::web::query::number;
use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::view::OrderView;
use domain::{FieldError, OrderRequest};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// The longest that a caller may wait for the next change, in seconds.
const LONGEST_WAIT: u64 = 30;

/// `POST /api/orders`: 202 once the queue has it.
pub(super) async fn place(
    State(app): State<App>,
    headers: HeaderMap,
    JsonBytes(body): JsonBytes,
) -> Result<impl IntoResponse, Problem> {
    let key = idempotency_key(&headers)?;
    let request = OrderRequest::parse_json(&body).map_err(Problem::fields)?;
    let wrong = app.intake.check(&request);
    if !wrong.is_empty() {
        let named = wrong.into_iter().map(|error| named_as_sent(error, &body));
        return Err(Problem::fields(named.collect()));
    }
    let accepted = app
        .intake
        .accept(request, key.as_ref(), traceparent(&headers))
        .await?;
    let location = format!("/api/orders/{}?key={}", accepted.order_id, accepted.key);
    Ok((
        StatusCode::ACCEPTED,
        [
            (header::LOCATION, location),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        Json(accepted),
    ))
}

/// How an order is asked for.
#[derive(Deserialize)]
pub(super) struct ShowQuery {
    key: Option<String>,
    wait: Option<String>,
}

/// `GET /api/orders/{id}?key=`: the order; with `wait=5` once something has happened to it, or after so many seconds.
pub(super) async fn show(
    State(app): State<App>,
    Extension(client): Extension<ClientAddress>,
    Path(id): Path<String>,
    Query(query): Query<ShowQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let access = Access::check(&app, &id, query.key.as_deref(), &headers)?;
    let wait =
        Duration::from_secs(number("wait", query.wait.as_deref(), LONGEST_WAIT)?.unwrap_or(0));
    let mut watcher = app.watchers.watch(access.order_id);
    let mut view = access.view(&app).await?;
    if !wait.is_zero() && !is_settled(&view) {
        let _place = app.long_polls.take(Some(client)).ok_or_else(|| {
            Problem::unavailable("Too many requests wait for news. Try again soon.")
        })?;
        tokio::select! {
            () = watcher.news() => view = access.view(&app).await?,
            () = tokio::time::sleep(wait) => {}
            () = app.draining.cancelled() => {}
        }
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)))
}

/// Whether nothing more is expected, the mail included.
fn is_settled(view: &OrderView) -> bool {
    view.status.is_final() && (view.mail_sent || view.mail_failed() || view.tickets.is_empty())
}

/// The header `Idempotency-Key`, if there is one.
///
/// # Errors
/// It is too short, too long, or of other characters.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    const NAME: &str = "Idempotency-Key";
    headers
        .get(NAME)
        .map(|value| IdempotencyKey::parse(value.to_str().unwrap_or_default()))
        .transpose()
        .map_err(|message| Problem::field(NAME, message))
}

/// The caller's trace (W3C Trace Context, version 00), carried on to whoever handles the order.
pub(super) fn traceparent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let fits = lengths == [2, 32, 16, 2]
        && text
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    fits.then(|| text.to_owned())
}

/// Items are sorted by the time they are checked: this finds the place where the caller wrote the type.
fn named_as_sent(error: ItemError, body: &[u8]) -> FieldError {
    let sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let index = sent["items"].as_array().and_then(|items| {
        items
            .iter()
            .position(|item| item["ticket_type"] == error.ticket_type.as_str())
    });
    let field = match index {
        Some(index) => format!("items[{index}].{}", error.field),
        None => error.field.to_owned(),
    };
    FieldError::new(field, error.message)
}
