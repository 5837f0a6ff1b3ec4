//! For the operator: alive, able to take orders, in numbers.

use crate::readiness::Readiness;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;

/// `GET /healthz`: this process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: whether orders can be taken and it is known what is sold, with each part that this server works with.
pub(super) async fn ready(State(app): State<App>) -> impl IntoResponse {
    let readiness = Readiness::of(&app).await;
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (status, no_store, Json(readiness))
}

/// `GET /metrics`: Prometheus' text format.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    metrics::gauge!("festflow_read_model_unreadable").set(
        app.read_model
            .now()
            .count(crate::read_model::counter::UNREADABLE) as f64,
    );
    (
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
        )],
        app.metrics.render(),
    )
}
