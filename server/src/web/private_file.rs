//! A file that belongs to whoever asked for it.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A download that nobody on the way keeps, under this name.
pub(crate) fn private_file(content_type: &str, name: &str, content: impl IntoResponse) -> Response {
    (
        [
            (header::CONTENT_TYPE, content_type.to_owned()),
            (
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
            (header::CACHE_CONTROL, "no-store".to_owned()),
            (header::REFERRER_POLICY, "no-referrer".to_owned()),
        ],
        content,
    )
        .into_response()
}
