//! What went wrong, in plain words.

use crate::components::frame::public_frame;
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
    /// Whether it happened to somebody who runs the sale.
    pub for_admin: bool,
}

pub(crate) fn view(page: ProblemPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: page.title.clone(),
        description: "Something went wrong.",
        preview: None,
        bundle: Bundle::None,
        kept: false,
        feed: None,
    };
    let (home, name) = if page.for_admin {
        ("/admin", "To the dashboard")
    } else {
        ("/", "To the shop")
    };
    let content = view! {
        <section class="panel problem">
            <p class="display problem-status" aria-hidden="true">{page.status}</p>
            <h1 class="display section-title">{page.title}</h1>
            <p>{page.detail}</p>
            <p><a class="button" href=home>{name}</a></p>
        </section>
    };
    (meta, public_frame(content.into_any(), false))
}
