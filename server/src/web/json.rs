//! A body that says it is JSON.

use crate::error::Problem;
use crate::state::App;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::response::Response;

/// The bytes of a body of type `application/json`. A form of another site cannot send that without asking first.
pub(crate) struct JsonBytes(pub Bytes);

impl FromRequest<App> for JsonBytes {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<JsonBytes, Response> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_json = kind
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON, with Content-Type: application/json.",
            )
            .into_response());
        }
        // Its refusal has the right status, and becomes a problem like all others.
        let bytes = Bytes::from_request(request, app).await;
        bytes.map(JsonBytes).map_err(IntoResponse::into_response)
    }
}
