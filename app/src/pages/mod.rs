//! The pages: functions of plain data. A file each.

mod admin;
mod admin_order;
mod admin_orders;
mod order;
mod problem;
mod shop;
mod sign_in;

pub use admin::{AdminPage, StockForm};
pub use admin_order::{AdminOrderPage, Brokers};
pub use admin_orders::AdminOrdersPage;
pub use order::OrderPage;
pub use problem::ProblemPage;
pub use shop::{Notice, OrderForm, ShopPage};
pub use sign_in::SignInPage;

use crate::document::{PageMeta, document};
use crate::site::Assets;
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use std::sync::Arc;

/// A page with all that it shows.
#[derive(Clone, Debug)]
pub enum Page {
    /// `/`: what is sold, and the form that buys it.
    Shop(ShopPage),
    /// `/orders/{id}`: one order, for who holds its key.
    Order(OrderPage),
    /// `/admin`: the dashboard.
    Admin(Box<AdminPage>),
    /// `/admin/orders/{id}`: one order's timeline.
    AdminOrder(AdminOrderPage),
    /// `/admin/orders`: orders that were looked for.
    AdminOrders(AdminOrdersPage),
    /// The form that signs an admin in.
    SignIn(SignInPage),
    /// What went wrong.
    Problem(ProblemPage),
}

/// Renders a page as a whole HTML document, from `<!DOCTYPE html>` on. Pages wait for nothing, so neither does this.
pub fn render(page: Page, assets: &Assets, nonce: &str) -> String {
    // Islands' views are numbered and marked for the browser by this context; all else is plain HTML.
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| {
        let (meta, body) = page.into_parts();
        document(meta, assets, nonce, body)
    });
    owner.unset_with_forced_cleanup();
    html
}

impl Page {
    fn into_parts(self) -> (PageMeta, AnyView) {
        match self {
            Page::Shop(page) => shop::view(page),
            Page::Order(page) => order::view(page),
            Page::Admin(page) => admin::view(*page),
            Page::AdminOrder(page) => admin_order::view(page),
            Page::AdminOrders(page) => admin_orders::view(page),
            Page::SignIn(page) => sign_in::view(page),
            Page::Problem(page) => problem::view(page),
        }
    }
}
