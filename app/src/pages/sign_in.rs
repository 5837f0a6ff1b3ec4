//! The form that signs an admin in.

use crate::document::PageMeta;
use crate::site::Bundle;
use leptos::prelude::*;

/// `POST /admin/sign-in` with `email`, `password`, `next`.
#[derive(Clone, Debug, Default)]
pub struct SignInPage {
    /// The address, as typed.
    pub email: String,
    /// Where to go then, such as `/admin`.
    pub next: String,
    /// Why it did not work.
    pub error: Option<String>,
}

pub(crate) fn view(_page: SignInPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Sign in".to_owned(),
        description: "For those who run the sale.",
        listed: false,
        bundle: Bundle::None,
        feed: None,
    };
    (meta, view! { <main></main> }.into_any())
}
