//! The form that signs an admin in.

use crate::components::field::{Field, field};
use crate::components::frame::public_frame;
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

pub(crate) fn view(page: SignInPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Sign in".to_owned(),
        description: "For those who run the sale.",
        preview: None,
        bundle: Bundle::None,
        kept: false,
        feed: None,
    };
    let error = page
        .error
        .map(|error| view! { <p class="notice" role="alert">{error}</p> });
    let content = view! {
        <form class="panel sign-in" method="post" action="/admin/sign-in">
            <h1 class="display section-title">"Sign in"</h1>
            {error}
            <input type="hidden" name="next" value=page.next />
            {field(EMAIL, page.email, &[])}
            {field(PASSWORD, String::new(), &[])}
            <button class="button button-big" type="submit">"Sign in"</button>
        </form>
    };
    (meta, public_frame(content.into_any(), false))
}

const EMAIL: Field = Field {
    name: "email",
    label: "E-mail",
    kind: "email",
    autocomplete: "username",
};
const PASSWORD: Field = Field {
    name: "password",
    label: "Password",
    kind: "password",
    autocomplete: "current-password",
};
