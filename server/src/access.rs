//! Who may see an order: whoever holds its key, in the query or in the cookie that the order's page has set.

use crate::error::Problem;
use crate::live::waiting::Arrival;
use crate::read_model::received;
use crate::state::App;
use crate::web::cookies::{Cookie, cookie};
use axum::http::HeaderMap;
use domain::view::OrderView;
use domain::{OrderId, Timestamp};
use ops::RequestHash;
use serde::Deserialize;
use std::time::Duration;

/// The cookie that stands for the key. Each order has its own, by its path.
const NAME: &str = "festflow_order";
/// How long a browser keeps it: until most festivals are over.
const KEPT: Duration = Duration::from_secs(180 * 24 * 3600);

/// The key in the query of whatever shows an order.
#[derive(Deserialize)]
pub(crate) struct KeyQuery {
    /// The key, where no cookie stands for it.
    pub key: Option<String>,
}

/// An order that the caller may see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    /// The order.
    pub order_id: OrderId,
    request_hash: RequestHash,
    /// When the caller asked: where this server did not take the order, it came no later.
    asked_at: Timestamp,
}

impl Access {
    /// Checks the key in the query, or else the one in the cookie.
    ///
    /// # Errors
    /// There is no such order id; there is no key; or it is not this order's.
    pub fn check(
        app: &App,
        id: &str,
        key: Option<&str>,
        headers: &HeaderMap,
    ) -> Result<Access, Problem> {
        let order_id = id
            .parse::<OrderId>()
            .map_err(|_| Problem::not_found("There is no such order."))?;
        let Some(key) = key.or_else(|| cookie(headers, NAME)) else {
            return Err(Problem::forbidden(
                "An order is opened by its key: use the link that came with it.",
            ));
        };
        match app.keys.verify(order_id, key) {
            Some(request_hash) => Ok(Access {
                order_id,
                request_hash,
                asked_at: Timestamp::now(),
            }),
            None => Err(Problem::forbidden("This key does not open this order.")),
        }
    }

    /// The order as it is known here: received, until somebody has decided it.
    ///
    /// # Errors
    /// The order under this id is another one than the key was made for, or the read model cannot be read.
    pub async fn view(&self, app: &App) -> Result<OrderView, Problem> {
        // Of an order whose decision was not read yet, nobody knows for which request it is.
        if let Some((view, Some(request_hash))) = app.read_model.order_view(self.order_id).await? {
            return if request_hash == self.request_hash.to_string() {
                Ok(view)
            } else {
                Err(Problem::forbidden("This key does not open this order."))
            };
        }
        let known = app
            .intake
            .memory()
            .get(self.order_id)
            .filter(|known| known.request_hash == self.request_hash);
        let now = app.read_model.now();
        let arrival = known
            .as_ref()
            .map_or_else(|| Arrival::by(self.asked_at), Arrival::of);
        let wait = app.waiting_line.place_of(arrival, &now);
        let known = known.as_ref().map(|known| (known.placed_at, &*known.items));
        Ok(received(self.order_id, known, wait, &now))
    }

    /// The cookies that stand for the key on the order's page, in its API, and on its socket.
    pub fn set_cookies(&self, app: &App, headers: &HeaderMap, answer: &mut HeaderMap) {
        let key = app.keys.access_key(self.order_id, self.request_hash);
        let secure = app.origins.secure(headers);
        for prefix in ["/orders", "/api/orders", "/ws/orders"] {
            let path = format!("{prefix}/{}", self.order_id);
            let cookie = Cookie {
                name: NAME,
                value: &key,
                path: &path,
                max_age: KEPT,
                secure,
            };
            crate::web::cookies::set(answer, [cookie]);
        }
    }
}
