//! Signing in and out: by the API, and by the form.

use crate::accounts::{Token, Trier};
use crate::error::Problem;
use crate::http::ClientAddress;
use crate::state::App;
use crate::web::browser::{known_browser, remember_browser};
use crate::web::json::JsonBytes;
use crate::web::pages::Pages;
use crate::web::session::{session_of, set_session};
use app::Page;
use app::pages::SignInPage;
use axum::extract::{Extension, Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// What signs in.
#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

/// `POST /api/session`: 204 and the cookie.
pub(super) async fn sign_in(
    State(app): State<App>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    JsonBytes(body): JsonBytes,
) -> Result<Response, Problem> {
    let credentials: Credentials = serde_json::from_slice(&body)
        .map_err(|_| Problem::field("body", "must be {\"email\", \"password\"}"))?;
    let trier = trier(&app, client, &headers, credentials.email);
    let token = app.accounts.sign_in(&trier, credentials.password).await?;
    let signed_in = StatusCode::NO_CONTENT.into_response();
    Ok(signed_in_as(&trier, &app, &headers, signed_in, &token))
}

/// `DELETE /api/session`: 204, whether there was a session or not.
pub(super) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    end(&app, &headers).await?;
    Ok(with_session(
        &app,
        &headers,
        StatusCode::NO_CONTENT.into_response(),
        None,
    ))
}

/// Where the form leads.
#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

/// `GET /admin/sign-in`: the form.
pub(super) async fn form(pages: Pages, Query(query): Query<Next>) -> Response {
    let page = SignInPage {
        next: local(query.next.as_deref().unwrap_or_default()).to_owned(),
        ..SignInPage::default()
    };
    pages.render(StatusCode::OK, Page::SignIn(page))
}

/// The form's fields.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /admin/sign-in`: on to the dashboard, or the form again with what is wrong.
pub(super) async fn sign_in_by_form(
    State(app): State<App>,
    pages: Pages,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Response {
    let next = local(&form.next);
    let trier = trier(&app, client, &headers, form.email);
    match app.accounts.sign_in(&trier, form.password).await {
        Ok(token) => signed_in_as(&trier, &app, &headers, to(next), &token),
        Err(problem) => {
            let page = SignInPage {
                next: next.to_owned(),
                email: trier.email,
                error: Some(problem.detail),
            };
            let mut response = pages.render(problem.status, Page::SignIn(page));
            if let Some(seconds) = problem.retry_after {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

/// `POST /admin/sign-out`: out, and to the shop.
pub(super) async fn sign_out_by_form(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    end(&app, &headers).await?;
    Ok(with_session(&app, &headers, to("/"), None))
}

async fn end(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    match session_of(headers) {
        Some(session) => app.accounts.sign_out(session).await,
        None => Ok(()),
    }
}

fn trier(app: &App, address: ClientAddress, headers: &HeaderMap, email: String) -> Trier {
    Trier {
        address,
        browser: known_browser(&app.keys, headers, &email),
        email,
    }
}

/// From now on this browser is known to this account.
fn signed_in_as(
    trier: &Trier,
    app: &App,
    headers: &HeaderMap,
    mut response: Response,
    token: &Token,
) -> Response {
    remember_browser(app, headers, response.headers_mut(), &trier.email);
    with_session(app, headers, response, Some(token))
}

fn with_session(
    app: &App,
    headers: &HeaderMap,
    mut response: Response,
    token: Option<&Token>,
) -> Response {
    set_session(app, headers, response.headers_mut(), token);
    response
}

fn to(location: &str) -> Response {
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location.to_owned())],
    )
        .into_response()
}

/// A page of the dashboard: nobody is sent elsewhere by a link to the form.
fn local(next: &str) -> &str {
    let below = next.strip_prefix("/admin").unwrap_or("elsewhere");
    let fits = (below.is_empty() || below.starts_with(['/', '?']))
        && below.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if fits { next } else { "/admin" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn signing_in_leads_to_the_dashboard_only() {
        for page in [
            "/admin",
            "/admin?adjustment=0190c2a4",
            "/admin/orders/0190c2a4",
            "/admin/orders?q=kim%2Bvip%40example.org&status=any",
        ] {
            assert_eq!(local(page), page);
        }
        for elsewhere in [
            "",
            "/",
            "//evil.example",
            "https://evil.example",
            "/adminx",
            "/admin/\\evil",
            "/admin\r\n",
        ] {
            assert_eq!(local(elsewhere), "/admin", "{elsewhere}");
        }
    }
}
