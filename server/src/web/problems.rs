//! Every answer that is no success is a problem: problem+json for programs, a page for people.

use super::pages::Pages;
use crate::error::Problem;
use crate::state::App;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;

/// The paths that programs ask.
const FOR_PROGRAMS: [&str; 4] = ["/api/", "/ws/", "/healthz", "/readyz"];

/// Turns the framework's own refusals into problems, and problems into pages where people asked.
pub(crate) async fn present(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let for_programs = path == "/api" || FOR_PROGRAMS.iter().any(|prefix| path.starts_with(prefix));
    let pages = (!for_programs).then(|| Pages::new(&app, &parts));
    let response = next.run(Request::from_parts(parts, body)).await;

    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    // The framework's own refusals are plain text, or have no body at all.
    let has_its_own_body = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| {
            kind == "application/json" || kind.as_bytes().starts_with(b"text/html")
        });
    let known = response.extensions().get::<Arc<Problem>>().cloned();
    let (allow, retry_after) = (header::ALLOW, header::RETRY_AFTER);
    match (known, pages) {
        // A form that came back with its errors, or a server that says why it is not ready.
        _ if has_its_own_body => response,
        (Some(_), None) => response,
        (Some(problem), Some(pages)) => {
            keep(response, pages.problem(&problem), [retry_after, allow])
        }
        (None, pages) => {
            let problem = Problem::new(status, refusal(status));
            let presented = match pages {
                Some(pages) => pages.problem(&problem),
                None => problem.into_response(),
            };
            keep(response, presented, [retry_after, allow])
        }
    }
}

fn keep(from: Response, mut to: Response, names: [header::HeaderName; 2]) -> Response {
    for name in names {
        if let Some(value) = from.headers().get(&name) {
            to.headers_mut().insert(name, value.clone());
        }
    }
    to
}

/// What the framework means by a status.
fn refusal(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "There is nothing at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take this method.",
        StatusCode::PAYLOAD_TOO_LARGE => "The body may have 64 KiB at most.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body is of a type that is not taken here.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive.",
        status if status.is_server_error() => "Something went wrong on our side.",
        _ => "The request is not what this address takes.",
    }
}

/// A panic in a handler. Its message may hold anything, so it goes to the log only.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Problem::internal(format_args!("panic: {message}")).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn falls_over() -> &'static str {
        panic!("with a secret in its message")
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing() {
        let router = Router::new()
            .route("/", get(falls_over))
            .layer(CatchPanicLayer::custom(panicked));
        let request = axum::http::Request::new(Body::empty());
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let body = to_bytes(response.into_body(), 4_096).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
