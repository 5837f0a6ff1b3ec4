//! The document around a page: head, assets, body.

use crate::site::{Assets, Bundle};
use leptos::prelude::*;

/// What a page says about itself.
pub(crate) struct PageMeta {
    /// The window's title, without the site's name.
    pub title: String,
    /// What search engines and previews show.
    pub description: &'static str,
    /// Whether search engines may list it. Orders and the dashboard are nobody else's.
    pub listed: bool,
    /// The code that its islands need.
    pub bundle: Bundle,
    /// What it listens to.
    pub feed: Option<Feed>,
}

/// A page's WebSocket, and where on the log the page was rendered.
pub(crate) struct Feed {
    /// The socket's path.
    pub url: String,
    /// The cursor to resume after; empty asks for a snapshot.
    pub since: String,
}

/// Writes the whole document. All scripts carry the nonce, nothing is inline: the page is at home under
/// `script-src 'strict-dynamic' 'nonce-…' 'wasm-unsafe-eval'; style-src 'self'`.
pub(crate) fn document(meta: PageMeta, assets: &Assets, nonce: &str, body: AnyView) -> String {
    let files = assets.bundle(meta.bundle).cloned();
    let preloads = files.clone().map(|files| {
        view! {
            <link rel="modulepreload" href=files.js nonce=nonce.to_owned() />
            <link rel="preload" href=files.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        }
    });
    let boot = files.map(|files| {
        view! {
            <script src=assets.boot.clone() data-js=files.js data-wasm=files.wasm nonce=nonce.to_owned() defer></script>
        }
    });
    let (feed, since) = meta.feed.map(|feed| (feed.url, feed.since)).unzip();
    let title = format!("{} · FestFlow", meta.title);
    let html = view! {
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <title>{title}</title>
                <meta name="description" content=meta.description />
                <meta name="color-scheme" content="light dark" />
                {(!meta.listed).then(|| view! { <meta name="robots" content="noindex" /> })}
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="stylesheet" href=assets.css.clone() />
                {preloads}
                {boot}
            </head>
            <body data-build=assets.build.clone() data-feed=feed data-since=since>
                {body}
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", html.to_html())
}
