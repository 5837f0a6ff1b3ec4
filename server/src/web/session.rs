//! Who is signed in.

use super::cookies::{Cookie, cookie, set};
use super::pages::Pages;
use crate::accounts::{Admin, LIFETIME, SessionId, Token};
use crate::error::Problem;
use crate::state::App;
use app::Page;
use app::pages::SignInPage;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// The cookie that holds the token.
const NAME: &str = "festflow_session";

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Admin, Problem> {
        let token = cookie(&parts.headers, NAME).ok_or_else(Problem::unauthorized)?;
        app.accounts
            .admin(token)
            .await?
            .ok_or_else(Problem::unauthorized)
    }
}

/// An admin who asks for a page. Who is not signed in gets the form for it, and comes back here afterwards.
pub(crate) struct AdminOfPage(pub Admin);

impl FromRequestParts<App> for AdminOfPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<AdminOfPage, Response> {
        match Admin::from_request_parts(parts, app).await {
            Ok(admin) => Ok(AdminOfPage(admin)),
            Err(problem) if problem.status == StatusCode::UNAUTHORIZED => {
                let (next, error) = match (&parts.method, parts.uri.path_and_query()) {
                    (&Method::GET, Some(asked)) => (asked.to_string(), None),
                    _ => {
                        let told = "You were signed out, so nothing was changed.";
                        ("/admin".to_owned(), Some(told.to_owned()))
                    }
                };
                let page = SignInPage {
                    next,
                    error,
                    ..SignInPage::default()
                };
                Err(Pages::new(app, parts).render(StatusCode::UNAUTHORIZED, Page::SignIn(page)))
            }
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// The session whose token these headers carry, whether it lasts or not.
pub(crate) fn session_of(headers: &HeaderMap) -> Option<SessionId> {
    cookie(headers, NAME).map(SessionId::of)
}

/// Gives the browser its token; without one, takes it away.
pub(crate) fn set_session(
    app: &App,
    headers: &HeaderMap,
    answer: &mut HeaderMap,
    token: Option<&Token>,
) {
    let cookie = Cookie {
        name: NAME,
        value: token.map_or("", Token::as_str),
        path: "/",
        max_age: token.map_or(Duration::ZERO, |_| LIFETIME),
        secure: app.origins.secure(headers),
    };
    set(answer, [cookie]);
}
