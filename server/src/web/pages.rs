//! Rendering a page, with a policy that lets only its own scripts run.

use crate::error::Problem;
use crate::state::App;
use app::Page;
use app::pages::ProblemPage;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::convert::Infallible;

/// Renders pages for the host that was asked.
pub(crate) struct Pages {
    app: App,
    host: Option<String>,
    for_admin: bool,
}

impl FromRequestParts<App> for Pages {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Pages, Infallible> {
        Ok(Pages::new(app, parts))
    }
}

impl Pages {
    /// For the request with these parts.
    pub fn new(app: &App, parts: &Parts) -> Pages {
        let host = parts.headers.get(header::HOST);
        Pages {
            app: app.clone(),
            host: host.and_then(|host| host.to_str().ok()).map(str::to_owned),
            for_admin: parts.uri.path().starts_with("/admin"),
        }
    }

    /// Where the reader reaches us; empty when that is not known.
    pub fn origin(&self) -> String {
        self.app
            .origins
            .address(self.host.as_deref())
            .unwrap_or_default()
    }

    /// The page as an answer. Nobody keeps it: it holds stock of this moment and a nonce for this answer.
    pub fn render(&self, status: StatusCode, page: Page) -> Response {
        let nonce = STANDARD_NO_PAD.encode(rand::random::<[u8; 16]>());
        let html = app::render(page, &self.app.assets, &nonce);
        let mut sockets = self.app.origins.sockets(self.host.as_deref());
        if let Some(port) = self.app.reload_port {
            sockets += &format!(" ws://127.0.0.1:{port}");
        }
        let policy = format!(
            "default-src 'self'; script-src 'strict-dynamic' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             worker-src 'self'; \
             img-src 'self' data:; connect-src 'self' {sockets}; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'self'"
        );
        let mut response = (
            status,
            [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("text/html; charset=utf-8"),
                ),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            html,
        )
            .into_response();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response
                .headers_mut()
                .insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    /// A problem as a page.
    pub fn problem(&self, problem: &Problem) -> Response {
        let page = ProblemPage {
            status: problem.status.as_u16(),
            title: problem.title().to_owned(),
            detail: problem.for_people(),
            for_admin: self.for_admin,
        };
        self.render(problem.status, Page::Problem(page))
    }
}
