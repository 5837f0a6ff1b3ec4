//! WebSockets: who may open one, and how many there are.

use crate::access::{Access, KeyQuery};
use crate::accounts::Admin;
use crate::error::Problem;
use crate::http::{ClientAddress, Place};
use crate::live::{self, LARGEST_FRAME};
use crate::state::App;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use std::future::Future;

/// `/ws/shop`
pub(super) async fn shop(
    State(app): State<App>,
    Extension(client): Extension<ClientAddress>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let place = admit(&app, &headers, Some(client))?;
    Ok(serve(app.clone(), upgrade, place, |socket| {
        live::shop::serve(socket, app)
    }))
}

/// `/ws/orders/{id}?key=`
pub(super) async fn order(
    State(app): State<App>,
    Extension(client): Extension<ClientAddress>,
    Path(id): Path<String>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let access = Access::check(&app, &id, query.key.as_deref(), &headers)?;
    let place = admit(&app, &headers, Some(client))?;
    Ok(serve(app.clone(), upgrade, place, move |socket| {
        live::order::serve(socket, app, access)
    }))
}

/// How the dashboard's socket is asked for.
#[derive(Deserialize)]
pub(super) struct AdminQuery {
    since: Option<String>,
    tail: Option<usize>,
}

/// `/ws/admin`: each sale, or with `?tail=40` the last so many a few times a second, what is left out counted as a gap.
pub(super) async fn admin(
    State(app): State<App>,
    admin: Admin,
    Query(query): Query<AdminQuery>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let place = admit(&app, &headers, None)?;
    Ok(serve(app.clone(), upgrade, place, move |socket| {
        live::admin::serve(socket, app, admin, query.since, query.tail)
    }))
}

/// A browser sends a page's cookies with any socket that any site opens, so the page must be ours. Who has no client's
/// address here is an admin, for whom places are kept.
fn admit(app: &App, headers: &HeaderMap, client: Option<ClientAddress>) -> Result<Place, Problem> {
    if !app.origins.admits_socket(headers) {
        return Err(Problem::forbidden(
            "This was opened by a page of another site.",
        ));
    }
    let place = match client {
        Some(_) => app.sockets.take(client),
        None => app.sockets.take_reserved(),
    };
    place.ok_or_else(|| Problem::unavailable("Too many people are watching. Try again soon."))
}

fn serve<F, Fut>(app: App, upgrade: WebSocketUpgrade, place: Place, serve: F) -> Response
where
    F: FnOnce(WebSocket) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let tasks = app.tasks.clone();
    upgrade
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
        .on_upgrade(move |socket| {
            tasks.track_future(async move {
                metrics::gauge!("festflow_sockets").increment(1.0);
                serve(socket).await;
                metrics::gauge!("festflow_sockets").decrement(1.0);
                drop(place);
            })
        })
}
