//! For load balancers and operators: able to take orders.

use crate::readiness::Readiness;
use crate::state::App;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

/// `GET /readyz`: whether orders can be taken and it is known what is sold, with each part that this server works with.
pub(crate) async fn ready(State(app): State<App>) -> impl IntoResponse {
    let readiness = Readiness::of(&app).await;
    let status = if readiness.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (status, no_store, Json(readiness))
}
