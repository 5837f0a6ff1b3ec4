//! What went wrong, in plain words.

use crate::document::PageMeta;
use crate::site::Bundle;
use leptos::prelude::*;

/// An error page.
#[derive(Clone, Debug)]
pub struct ProblemPage {
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub title: String,
    /// What it means, and what to do now.
    pub detail: String,
}

pub(crate) fn view(page: ProblemPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: page.title.clone(),
        description: "Something went wrong.",
        listed: false,
        bundle: Bundle::None,
        feed: None,
    };
    (meta, view! { <main></main> }.into_any())
}
