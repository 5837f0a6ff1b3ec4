//! The page of an order.

use crate::access::{Access, KeyQuery};
use crate::error::Problem;
use crate::state::App;
use crate::web::pages::Pages;
use app::Page;
use app::pages::OrderPage;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;

/// `GET /orders/{id}`: the page. With `?key=` the key is swapped for a cookie first, so that it is in no address that a
/// browser keeps, shows, or sends on.
pub(super) async fn page(
    State(app): State<App>,
    pages: Pages,
    Path(id): Path<String>,
    Query(query): Query<KeyQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let access = Access::check(&app, &id, query.key.as_deref(), &headers)?;
    let mut response = if query.key.is_some() {
        let location = format!("/orders/{}", access.order_id);
        let mut response = (
            StatusCode::SEE_OTHER,
            [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ],
        )
            .into_response();
        access.set_cookies(&app, &headers, response.headers_mut());
        response
    } else {
        // The cursor first: what happens in between is told again rather than never.
        let cursor = app.read_model.now().cursor();
        let page = OrderPage {
            view: access.view(&app).await?,
            now: Timestamp::now(),
            cursor,
        };
        pages.render(StatusCode::OK, Page::Order(page))
    };
    response.headers_mut().insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(response)
}
