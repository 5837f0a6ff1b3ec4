//! For the operator: alive, able to take orders, in numbers.

use crate::error::Problem;
use crate::state::App;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use std::time::Duration;

/// How long the queue may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /healthz`: this process answers.
pub(super) async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: orders can be taken, which takes the queue and nothing else.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    match tokio::time::timeout(PATIENCE, app.queue.ready()).await {
        Ok(Ok(_)) => Ok("ready\n"),
        Ok(Err(error)) => Err(not_ready(&error.to_string())),
        Err(_) => Err(not_ready("no answer")),
    }
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

fn not_ready(why: &str) -> Problem {
    tracing::warn!(why, "the queue cannot be used");
    Problem::unavailable("The queue cannot be used right now.")
}
