//! What goes wrong, and who is told what.
//!
//! - A handler returns `Result<_, Problem>`. A [`Problem`] says what the caller can know and do: never SQL, addresses of
//!   brokers, or what a library said. That goes to the log, at the place where it becomes a `Problem`.
//! - The caller's fault is 4xx and names the field or header. Ours is 500 and says nothing else. What cannot be used right
//!   now is 503 with `Retry-After`; after a 503 to an order the outcome is unknown, so it says to send the same again.
//! - Programs get RFC 9457 `application/problem+json`, people a page; the path decides (`web::problems`). That goes for
//!   what the framework itself refuses too: unknown routes, wrong methods, bodies that are too large.
//! - Nothing from outside may panic. Should it happen all the same, it becomes a 500 and a line in the log.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bus::Unavailable;
use domain::FieldError;
use serde::Serialize;
use std::sync::Arc;
use store::Trouble;

/// The media type of RFC 9457.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// What a 503 asks callers to wait, in seconds.
const RETRY_AFTER: u32 = 2;

/// An answer that is no success.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// What happened and what to do, for people.
    pub detail: String,
    /// The fields that are wrong.
    pub errors: Vec<FieldError>,
    /// When to try again, in seconds.
    pub retry_after: Option<u32>,
}

/// RFC 9457, with the extension member `errors`. `type` is `about:blank`, so `title` is the status' phrase.
#[derive(Serialize)]
struct ProblemBody<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem that says no more than its status and `detail`.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            status,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// Well-formed, but these fields are not what they must be.
    pub fn fields(errors: Vec<FieldError>) -> Problem {
        let detail = match errors.as_slice() {
            [one] => one.to_string(),
            many => format!("{} fields are wrong", many.len()),
        };
        let malformed = errors.iter().any(|error| error.field == "body");
        Problem {
            errors,
            ..Problem::new(
                if malformed {
                    StatusCode::BAD_REQUEST
                } else {
                    StatusCode::UNPROCESSABLE_ENTITY
                },
                detail,
            )
        }
    }

    /// One field is wrong.
    pub fn field(name: &str, message: impl Into<String>) -> Problem {
        Problem::fields(vec![FieldError::new(name, message)])
    }

    /// There is nothing here.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// Nobody is signed in.
    pub fn unauthorized() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "Sign in first.")
    }

    /// Whoever asks may not.
    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, detail)
    }

    /// Something that is needed cannot be used right now.
    pub fn unavailable(detail: impl Into<String>) -> Problem {
        Problem {
            retry_after: Some(RETRY_AFTER),
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// Too many tries; again in so many seconds.
    pub fn too_many(detail: impl Into<String>, retry_after: u32) -> Problem {
        Problem {
            retry_after: Some(retry_after),
            ..Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }

    /// Our fault. The cause is logged, not told.
    pub fn internal(cause: impl std::fmt::Display) -> Problem {
        tracing::error!(%cause, "a request failed");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong on our side.",
        )
    }

    /// The status' phrase, such as `Not Found`.
    pub fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    /// The fields that are wrong in one line for a page, or the detail.
    pub fn for_people(&self) -> String {
        if self.errors.is_empty() {
            return self.detail.clone();
        }
        let lines: Vec<_> = self.errors.iter().map(ToString::to_string).collect();
        lines.join("; ")
    }
}

impl IntoResponse for Problem {
    /// As problem+json. The problem itself goes along as an extension, from which `web::problems` makes pages.
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.title(),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let mut response = (
            self.status,
            [
                (header::CONTENT_TYPE, PROBLEM_JSON),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            Json(body),
        )
            .into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<Unavailable> for Problem {
    fn from(cause: Unavailable) -> Problem {
        tracing::warn!(%cause, "unavailable");
        Problem::unavailable("A part of the service cannot be used right now. Try again soon.")
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Problem {
        match trouble {
            Trouble::Unavailable(cause) => Unavailable::new("a database", cause).into(),
            Trouble::Data(cause) => Problem::internal(cause),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Problem {
        Trouble::from(error).into()
    }
}
