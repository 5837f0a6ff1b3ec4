//! The link from a mail to its order's page.

use domain::OrderId;
use ops::{AccessKeys, RequestHash};
use url::Url;

/// Where people find their orders.
pub struct OrderLinks {
    site: Url,
    keys: AccessKeys,
}

impl OrderLinks {
    /// On the site that people reach at `site`, with the keys that its server knows.
    pub fn new(site: Url, keys: AccessKeys) -> OrderLinks {
        OrderLinks { site, keys }
    }

    /// The order's page. Who has the link may see the order.
    pub(super) fn link(&self, order_id: OrderId, hash: RequestHash) -> String {
        let key = self.keys.key(order_id.0, hash);
        let site = self.site.as_str().trim_end_matches('/');
        format!("{site}/orders/{order_id}?key={key}")
    }
}
