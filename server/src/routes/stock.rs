//! Adjusting stock: by the API, and by the dashboard's form.

use super::admin_pages;
use super::orders::idempotency_key;
use super::shop::new_key;
use crate::accounts::Admin;
use crate::adjustments::Change;
use crate::error::Problem;
use crate::intake::keys::IdempotencyKey;
use crate::state::App;
use crate::web::json::JsonBytes;
use crate::web::pages::Pages;
use crate::web::session::AdminOfPage;
use app::pages::StockForm;
use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{AdjustmentId, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer to a change that was asked for.
#[derive(Serialize)]
struct Asked {
    adjustment_id: AdjustmentId,
}

/// `POST /api/admin/stock`: 202 once the queue has it. Inventory decides.
pub(super) async fn adjust(
    admin: Admin,
    State(app): State<App>,
    headers: HeaderMap,
    JsonBytes(body): JsonBytes,
) -> Result<impl IntoResponse, Problem> {
    let key = idempotency_key(&headers)?;
    let Ok(Value::Object(fields)) = serde_json::from_slice(&body) else {
        return Err(Problem::field("body", "must be a JSON object"));
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let change = Change::parse(
        text("ticket_type"),
        fields.get("change").and_then(Value::as_i64),
        text("reason"),
    )
    .map_err(Problem::fields)?;
    let adjustment_id = ask(&app, &admin, change, key.as_ref()).await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { adjustment_id })))
}

/// The form's fields.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct StockFields {
    ticket_type: String,
    change: String,
    reason: String,
    idempotency_key: String,
}

/// `POST /admin/stock`: back to the dashboard, which says what came of it; or the form again with what is wrong.
pub(super) async fn adjust_by_form(
    AdminOfPage(admin): AdminOfPage,
    State(app): State<App>,
    pages: Pages,
    Form(fields): Form<StockFields>,
) -> Result<Response, Problem> {
    let typed = fields.change.trim().trim_start_matches('+').parse().ok();
    let asked = match Change::parse(Some(&fields.ticket_type), typed, Some(&fields.reason)) {
        Ok(change) => match IdempotencyKey::parse(&fields.idempotency_key) {
            Ok(key) => ask(&app, &admin, change, Some(&key)).await,
            Err(message) => Err(Problem::field("idempotency_key", message)),
        },
        Err(errors) => Err(Problem::fields(errors)),
    };
    match asked {
        Ok(id) => {
            let location = format!("/admin?adjustment={id}#stock.{}", fields.ticket_type);
            Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
        }
        Err(problem) => {
            let mut form = StockForm {
                ticket_type: fields.ticket_type,
                change: fields.change,
                reason: fields.reason,
                idempotency_key: fields.idempotency_key,
                errors: problem.errors,
            };
            let for_people = form
                .errors
                .iter()
                .all(|error| ["ticket_type", "change", "reason"].contains(&&*error.field));
            if !for_people {
                // Sent before, with other values: what is in the form now is another change.
                form.idempotency_key = new_key();
            }
            if !for_people || form.errors.is_empty() {
                form.errors = vec![FieldError::new(
                    "change",
                    "may not have been taken: look at the stock before trying again",
                )];
            }
            admin_pages::render(&app, &pages, problem.status, admin, Some(form), None).await
        }
    }
}

async fn ask(
    app: &App,
    admin: &Admin,
    change: Change,
    key: Option<&IdempotencyKey>,
) -> Result<AdjustmentId, Problem> {
    let by = (&app.intake, &app.keys, &app.read_model);
    app.adjustments.ask(by, change, &admin.email, key).await
}
