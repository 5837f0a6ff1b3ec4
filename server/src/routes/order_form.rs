//! Buying with the form, which needs no script.

use super::shop;
use crate::access::Access;
use crate::error::Problem;
use crate::intake::form;
use crate::intake::keys::IdempotencyKey;
use crate::state::App;
use crate::web::pages::Pages;
use app::pages::{Notice, OrderForm};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::FieldError;
use domain::view::Accepted;

/// `POST /orders`: on to the order's page, or the shop again with what was typed and what is wrong with it.
pub(super) async fn place(
    State(app): State<App>,
    pages: Pages,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let mut form = form::typed(fields);
    match accept(&app, &headers, &form).await {
        Ok(accepted) => to_order(&app, &headers, &accepted),
        Err(problem) => {
            let notice = notice(&problem);
            if problem
                .errors
                .iter()
                .any(|error| error.field == "Idempotency-Key")
            {
                // The key belongs to another order by now, so this is a new one.
                form.idempotency_key = shop::new_key();
            } else {
                form.errors = problem.errors.clone();
            }
            let mut page = shop::render(&app, &pages, problem.status, form, notice);
            if let Some(seconds) = problem.retry_after {
                page.headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            page
        }
    }
}

/// `GET /orders`: who asks for the address of a form that came back gets a new one.
pub(super) async fn again() -> Redirect {
    Redirect::to("/")
}

async fn accept(app: &App, headers: &HeaderMap, form: &OrderForm) -> Result<Accepted, Problem> {
    let request =
        form::parse(form, |ticket_type| app.intake.most(ticket_type)).map_err(Problem::fields)?;
    let wrong: Vec<FieldError> = app
        .intake
        .check(&request)
        .into_iter()
        .map(form::item_error)
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::fields(wrong));
    }
    let key = IdempotencyKey::parse(&form.idempotency_key)
        .map_err(|message| Problem::field("idempotency_key", message))?;
    let trace = super::orders::traceparent(headers);
    app.intake.accept(request, Some(&key), trace).await
}

/// The key goes into a cookie at once, so that it stands in no address.
fn to_order(app: &App, headers: &HeaderMap, accepted: &Accepted) -> Response {
    let id = accepted.order_id.to_string();
    let mut response = (
        StatusCode::SEE_OTHER,
        [
            (header::LOCATION, format!("/orders/{id}")),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
    )
        .into_response();
    if let Ok(access) = Access::check(app, &id, Some(&accepted.key), headers) {
        access.set_cookies(app, headers, response.headers_mut());
    }
    response
}

/// What to say above the form when no field is to blame.
fn notice(problem: &Problem) -> Option<Notice> {
    let (title, detail) = match problem.status {
        StatusCode::SERVICE_UNAVAILABLE => (
            "We could not take your order just now",
            "Nothing was charged. Press the button again: however often you do, it is one order.",
        ),
        _ if problem
            .errors
            .iter()
            .any(|error| error.field == "Idempotency-Key") =>
        {
            (
                "This form was sent before, with another order",
                "That order counts. To place this one as well, press the button again.",
            )
        }
        _ if problem.errors.is_empty() => ("Your order was not taken", problem.detail.as_str()),
        _ => return None,
    };
    Some(Notice {
        title: title.to_owned(),
        detail: detail.to_owned(),
    })
}
