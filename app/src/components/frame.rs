//! What stands around every page.

use crate::islands::ConnectionState;
use leptos::prelude::*;

const MAIN: &str = "main";

/// A page for buyers. `live`: whether it says how it stands with the server.
pub(crate) fn public_frame(content: AnyView, live: bool) -> AnyView {
    view! {
        <a class="skip" href=format!("#{MAIN}")>"Skip to the content"</a>
        <header class="masthead">
            {wordmark("/")}
            {live.then(|| view! { <div class="with-script"><ConnectionState /></div> })}
        </header>
        <main id=MAIN class="page">{content}</main>
        <footer class="footer">
            <p>"Tickets by FestFlow"</p>
            <a href="/admin">"For organisers"</a>
        </footer>
    }
    .into_any()
}

/// A page for those who run the sale. `live`: whether the page listens.
pub(crate) fn admin_frame(admin: String, live: bool, content: AnyView) -> AnyView {
    view! {
        <a class="skip" href=format!("#{MAIN}")>"Skip to the content"</a>
        <header class="masthead masthead-admin">
            {wordmark("/admin")}
            {live.then(|| view! {
                <ConnectionState />
                <noscript><p class="connection">"Without scripts these numbers stand still."</p></noscript>
            })}
            <nav class="masthead-nav" aria-label="Account">
                <a href="/">"Shop"</a>
                <span class="masthead-who">{admin}</span>
                <form method="post" action="/admin/sign-out">
                    <button class="button-plain">"Sign out"</button>
                </form>
            </nav>
        </header>
        <main id=MAIN class="page page-wide">{content}</main>
    }
    .into_any()
}

fn wordmark(href: &'static str) -> impl IntoView {
    view! {
        <a class="wordmark" href=href aria-label="FestFlow">
            <span class="wordmark-fest">"Fest"</span>
            <span class="wordmark-flow">"Flow"</span>
        </a>
    }
}
